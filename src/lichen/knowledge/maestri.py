"""Reader of the MAESTRI Exchanges Database's layout; the user brings the file.

The workbook has known faults, and each is told: gases that carry a code of slag or of peroxides, rows of case 16 that
name a paper on other cities, codes that are not in the European list, hazards that the list denies. The name of a
waste goes before its code. What cannot be mapped stays open and is told; nothing is guessed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lichen.errors import FileError, Problem, Problems, Severity, Where
from lichen.knowledge._files import rows
from lichen.knowledge.references import WRONG_SOURCE
from lichen.knowledge.values import CITY, Status
from lichen.labelled import suggest
from lichen.sheets import Cell, Sheet, find_sheet, read_sheets
from lichen.vocabulary.industries import industries, links
from lichen.vocabulary.materials import match_material, material, material_named

NEEDED = (
    "exchange_id", "donor_business", "donor_nace", "receiver_business", "receiver_nace", "waste", "ewc", "status",
)  # fmt: skip
OPTIONAL = ("donor_company", "receiver_company", "ewc_hazardous", "final_use", "treatment")
STATUS: Mapping[str, Status] = {
    "implemented": "implemented", "planned": "planned", "under feasibility study": "feasibility",
}  # fmt: skip
_ID = re.compile(r"(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})")
_NOTHING = ("", "nd", "n.d.", "na", "n/a")
_GAS_CODES = ("160504", "160505")
"""Codes of gases in pressure vessels: the only ones of the list that a gas can have."""
_OPEN_CODES = ("100101",)
"""Codes that do not say which of several materials it is: bottom ash of any fuel."""


@dataclass(frozen=True)
class Party:
    """Donor or receiver of a row.

    Parameters
    ----------
    company, business, nace
        As written; empty where the row has none.
    industries
        Divisions of GB/T 4754-2017 that the NACE code may mean, or ``("city",)``; one: it is clear.
    """

    company: str
    business: str
    nace: str
    industries: tuple[str, ...]


@dataclass(frozen=True)
class MaestriExchange:
    """A row of the database.

    Parameters
    ----------
    case, source, number
        What its id is made of.
    donor, receiver
        The two parties.
    waste, material
        Name as written, and the material of the vocabulary, which may be a heading (steam); empty: not known there.
    codes, hazardous
        Codes of waste that stand the checks, and what the European list says of them; ``None``: no code.
    status
        State; ``None``: a word that is not known.
    use
        What it is used for, as written.
    """

    case: int
    source: int
    number: int
    donor: Party
    receiver: Party
    waste: str
    material: str
    codes: tuple[str, ...]
    hazardous: bool | None
    status: Status | None
    use: str

    @property
    def id(self) -> str:
        """The row's id, as knowledge rows cite it."""
        return f"M:{self.case},{self.source},{self.number}"


@dataclass(frozen=True)
class MaestriReport:
    """What a file holds, and everything that is wrong with it or could not be mapped."""

    exchanges: tuple[MaestriExchange, ...]
    problems: tuple[Problem, ...]


def read_maestri(path: str | Path, sheet: str | None = None) -> MaestriReport:
    """Read a file of the database's layout, CSV or workbook.

    Parameters
    ----------
    path
        The user's file.
    sheet
        Sheet of a workbook, if several are filled.

    Raises
    ------
    FileError
        If the file cannot be opened or has another layout. Faults of rows are in ``problems``.
    """
    return maestri_of(find_sheet(read_sheets(path), sheet))


def is_maestri(sheet: Sheet) -> bool:
    """Whether a sheet has the layout of the database."""
    return _heading(sheet) is not None


def maestri_of(sheet: Sheet) -> MaestriReport:
    """Return what a sheet that was read already holds; see :func:`read_maestri`."""
    problems = Problems()
    problems.extend(list(sheet.notes))
    heading = _heading(sheet)
    if heading is None:
        first = {_key(cell) for cell in (sheet.rows[0] if sheet.rows else ())}
        missing = [name for name in NEEDED if name not in first]
        problems.add("knowledge.maestri_layout", sheet.place, missing=missing)
        raise FileError(problems.as_tuple())
    number, cells = heading
    seen: dict[str, int] = {}
    told: set[str] = set()
    found = []
    for row in range(number + 1, len(sheet.rows)):
        line = _Line(sheet, row, cells, problems, told)
        exchange = _exchange(line) if any(line.text(name) for name in NEEDED) else None
        if exchange is None:
            continue
        if exchange.id in seen:
            line.tell("maestri_doubled", "exchange_id", "error", found=exchange.id, row=seen[exchange.id] + 1)
            continue
        seen[exchange.id] = row
        found.append(exchange)
    return MaestriReport(tuple(found), problems.as_tuple())


def _key(cell: Cell) -> str:
    return "_".join(str(cell).lower().split()) if cell is not None else ""


def _heading(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    for number, row in enumerate(sheet.rows[:20]):
        cells: dict[str, int] = {}
        for position, cell in enumerate(row):
            cells.setdefault(_key(cell), position)
        if all(name in cells for name in NEEDED):
            return number, {name: cells[name] for name in (*NEEDED, *OPTIONAL) if name in cells}
    return None


@dataclass(frozen=True)
class _Line:
    """A row of the sheet; ``told``: what could not be mapped and was told of an earlier row."""

    sheet: Sheet
    number: int
    cells: Mapping[str, int]
    problems: Problems
    told: set[str]

    def text(self, name: str, digits: int = 0) -> str:
        """Return a cell's text; a number that a spreadsheet robbed of its zeros gets them back up to ``digits``."""
        cell = self.sheet.cell(self.number, self.cells[name]) if name in self.cells else None
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        if isinstance(cell, int) and digits and len(str(cell)) == digits - 1:
            return f"0{cell}"
        return "" if cell is None else " ".join(str(cell).split())

    def open(self, what: str, name: str, **values: object) -> None:
        """Tell once what could not be mapped."""
        if (found := str(values["found"])) not in self.told:
            self.told.add(found)
            self.tell(what, name, "note", **values)

    def where(self, name: str) -> Where:
        return self.sheet.where(self.number, self.cells.get(name, 0))

    def tell(self, what: str, name: str, severity: Severity, /, **values: object) -> None:
        self.problems.extend([Problem(f"knowledge.{what}", self.where(name), severity, values)])


def _exchange(line: _Line) -> MaestriExchange | None:
    found = _ID.fullmatch(line.text("exchange_id"))
    if found is None:
        line.tell("maestri_id", "exchange_id", "error", found=line.text("exchange_id") or "–")
        return None
    case, source, number = (int(part) for part in found.groups())
    if (case, source) in WRONG_SOURCE:
        line.tell("maestri_source", "exchange_id", "warning", id=found[0], case=case, source=source)
    written = line.text("status")
    status = STATUS.get(written.lower())
    if status is None:
        line.tell("maestri_status", "status", "warning", found=written or "–", allowed=list(STATUS))
    codes = _codes(line)
    name, codes = _material(line, codes)
    hazardous = None if not codes else any(_listed()[code] for code in codes)
    said = line.text("ewc_hazardous").lower()
    if codes and said in ("yes", "no") and (said == "yes") != hazardous:
        listed = "yes" if hazardous else "no"
        line.tell("maestri_hazard", "ewc_hazardous", "warning", said=said, code=", ".join(codes), listed=listed)
    return MaestriExchange(
        case, source, number, _party(line, "donor"), _party(line, "receiver"), line.text("waste"), name, codes,
        hazardous, status, line.text("final_use"),
    )  # fmt: skip


@functools.cache
def _listed() -> Mapping[str, bool]:
    """Return code of the European list of waste → whether it is hazardous."""
    return {row["code"]: row["hazardous"] == "yes" for row in rows("ewc_codes.csv")}


def _codes(line: _Line) -> tuple[str, ...]:
    """Return the codes of a row that are in the European list; others are told."""
    good = []
    for part in re.split(r"[/;,]", line.text("ewc", digits=6)):
        code = part.replace(" ", "").rstrip("*")
        if code.lower() in _NOTHING:
            continue
        if code in _listed():
            good.append(code)
        else:
            near = suggest(code, list(_listed())) or "–"
            line.tell("maestri_waste_code", "ewc", "warning", found=code, near=near)
    return tuple(dict.fromkeys(good))


def _names(text: str) -> Iterator[str]:
    """Yield the ways in which a row may name its waste: whole, without and inside brackets."""
    yield text
    if (found := re.fullmatch(r"(.*?)\s*\((.*)\)\s*", text)) is not None:
        yield from (part for part in found.groups() if part)


def _material(line: _Line, codes: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the material that a row means, and the codes that do not contradict it."""
    text = line.text("waste")
    name = next((found.code for part in _names(text) if (found := material_named(part)) is not None), "")
    if not name:
        name = _heading_or_coded(text, codes)
    if not name:
        if text.lower() not in _NOTHING:
            near = [m.code for m in match_material(text, most=3)] or "–"
            line.open("maestri_material", "waste", found=text, near=near)
        return "", codes
    item = material(name)
    if item.form in ("gas", "heat", "electricity") and (wrong := [c for c in codes if c not in _GAS_CODES]):
        usual = item.ewc or "–"
        line.tell(
            "maestri_contradicts", "ewc", "warning", waste=text, form=item.form, code=", ".join(wrong), usual=usual
        )
        codes = tuple(code for code in codes if code in _GAS_CODES)
    return name, codes


def _heading_or_coded(text: str, codes: tuple[str, ...]) -> str:
    """Return the heading that a text names (steam, sludge), or the one of several materials that the code decides."""
    near = match_material(text)
    if near and near[0].how == "group":
        return near[0].code
    telling = set(codes) - set(_OPEN_CODES)
    fits = [m.code for m in near if m.how == "ambiguous" and material(m.code).ewc in telling]
    return fits[0] if len(fits) == 1 else ""


@functools.cache
def divisions_of(nace: str) -> tuple[str, ...]:
    """Return the divisions of GB/T 4754-2017 whose main link is the division of a NACE Rev. 2 code.

    NACE Rev. 2 and ISIC Rev. 4 have the same divisions. One division: the mapping is clear.
    """
    return tuple(
        item.code
        for item in industries("division")
        if any(k.main and k.to == nace[:2] for k in links(item.code, "ISIC4"))
    )


def _party(line: _Line, side: str) -> Party:
    business, nace = line.text(f"{side}_business"), line.text(f"{side}_nace", digits=4)
    company = line.text(f"{side}_company")
    company = "" if company.lower() in _NOTHING else company
    if "urban entity" in business.lower():
        return Party(company, business, nace, (CITY,))
    parts: Sequence[str] = [part.strip() for part in re.split(r"[/;,]", nace)]
    found = tuple(
        dict.fromkeys(code for part in parts if re.fullmatch(r"\d{2,4}", part) for code in divisions_of(part))
    )
    if len(found) != 1 and business.lower() not in _NOTHING:
        written = f"{business}, NACE {nace or '–'}"
        line.open("maestri_industry", f"{side}_nace", found=written, column=side, near=list(found) or "–")
    return Party(company, business, nace, found)
