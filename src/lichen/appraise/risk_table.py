"""A risk register from a file: every row is checked, everything that is wrong is told with its cell."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from lichen.appraise._cost_items import plain_word
from lichen.appraise.risk import FAILURE_MODES, SCALES, FailureMode, Risk, mode_name, risk_register
from lichen.errors import InputError, Problem, Problems, Where
from lichen.labelled import suggest
from lichen.sheets import Sheet, is_blank, read_sheets

MOST_ROWS = 10_000
LONGEST = 1000


@functools.cache
def risk_columns() -> Mapping[str, Mapping[str, str]]:
    """Return the columns of a register by name: heading in Chinese, and meaning in both languages."""
    read = tomllib.loads((files("lichen.appraise") / "risks.toml").read_text(encoding="utf-8"))
    columns: Mapping[str, Mapping[str, str]] = read["column"]
    return columns


@dataclass(frozen=True)
class Register:
    """A register that was read: risks, the gravest product first, and warnings of rows that were left out."""

    risks: tuple[Risk, ...]
    notes: tuple[Problem, ...]


def read_risks(path: str | Path, exchanges: Collection[str]) -> Register:
    """Return a study's risks from a CSV or workbook with headings in English or Chinese.

    Parameters
    ----------
    path
        The file.
    exchanges
        Ids of the exchanges that are appraised; a row of another is left out, with a warning: networks change.

    Raises
    ------
    FileError
        If the file cannot be opened.
    InputError
        With every problem of every row: columns that are missing or unknown, empty cells, marks that are none.
    """
    return register_of(read_sheets(path), exchanges)


def register_of(sheets: Sequence[Sheet], exchanges: Collection[str]) -> Register:
    """Return a study's risks from sheets that were opened already; see :func:`read_risks`."""
    problems = Problems()
    rows = list(_rows(sheets, problems))
    found = [(row, risk) for row in rows if (risk := _risk(row, problems)) is not None]
    _doubled(found, problems)
    kept = []
    for row, risk in found:
        if risk.exchange in exchanges:
            kept.append(risk)
        else:
            near = suggest(risk.exchange, list(exchanges)) or "–"
            problems.add("risks.no_exchange", row.where("exchange"), "warning", found=risk.exchange, near=near)
    problems.raise_if_errors(InputError)
    return Register(risk_register(kept), problems.as_tuple())


@dataclass(frozen=True)
class _Row:
    sheet: Sheet
    number: int
    places: Mapping[str, int]

    def where(self, name: str) -> Where:
        return self.sheet.where(self.number, self.places.get(name, 0))

    def text(self, name: str) -> str:
        cell = self.sheet.cell(self.number, self.places[name]) if name in self.places else None
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        return "" if cell is None else " ".join(str(cell).split())


def _rows(sheets: Sequence[Sheet], problems: Problems) -> Iterator[_Row]:
    names = {plain_word(w): name for name, said in risk_columns().items() for w in (name, said["heading_zh"])}
    known = False
    for sheet in sheets:
        heading = next((n for n, row in enumerate(sheet.rows[:20]) if _is_heading(row, names)), None)
        if heading is None:
            continue
        known = True
        places = _places(sheet, heading, names, problems)
        filled = [n for n in range(heading + 1, len(sheet.rows)) if any(not is_blank(c) for c in sheet.rows[n])]
        if len(filled) > MOST_ROWS:
            problems.add("risks.too_many", sheet.place, found=len(filled), most=MOST_ROWS)
        yield from (_Row(sheet, n, places) for n in filled[:MOST_ROWS])
    if not known:
        file = sheets[0].file if sheets else ""
        problems.add("risks.no_table", Where(file), needed=list(risk_columns()))


def _is_heading(row: Any, names: Mapping[str, str]) -> bool:
    said = {names.get(plain_word(cell)) for cell in row if isinstance(cell, str)}
    return {"exchange", "mode"} <= said


def _places(sheet: Sheet, heading: int, names: Mapping[str, str], problems: Problems) -> dict[str, int]:
    """Return the place of each column; those that are missing, unknown or doubled are told."""
    places: dict[str, int] = {}
    for position, cell in enumerate(sheet.rows[heading]):
        name = names.get(plain_word(str(cell))) if not is_blank(cell) else None
        if name is not None and name not in places:
            places[name] = position
        elif not is_blank(cell):
            words = [w for n, said in risk_columns().items() for w in (n, said["heading_zh"])]
            near = suggest(str(cell).strip().lower(), words) or "–"
            problems.add("risks.unknown_column", sheet.where(heading, position), found=str(cell), near=near)
    for name, said in risk_columns().items():
        if name not in places:
            problems.add("risks.no_column", sheet.where(heading, 0), column=name, zh=said["heading_zh"])
    return places


def _risk(row: _Row, problems: Problems) -> Risk | None:
    """Return the risk of a row; ``None`` if something is wrong with it, which is told."""
    before = len(problems)

    def tell(code: str, name: str, **values: Any) -> None:
        heading = risk_columns()[name]["heading_zh"]
        problems.add(f"risks.{code}", row.where(name), column=name, zh=heading, **values)

    for name in risk_columns():
        text = row.text(name)
        if name in row.places and not text:
            tell("empty", name)
        elif len(text) > LONGEST or not text.isprintable():
            tell("bad_text", name, longest=LONGEST)
    mode = _mode(row.text("mode"))
    if row.text("mode") and mode is None:
        near = suggest(row.text("mode").lower(), [w for m in FAILURE_MODES for w in (m, mode_name(m).zh)])
        allowed = [f"{m} {mode_name(m).zh}" for m in FAILURE_MODES]
        tell("unknown_mode", "mode", found=row.text("mode"), allowed=", ".join(allowed), near=near or "–")
    marks = {}
    for scale in SCALES:
        text = row.text(scale)
        if text and not (text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= 10):
            tell("bad_mark", scale, found=text)
        elif text:
            marks[scale] = int(text)
    if len(problems) > before or mode is None or len(marks) < len(SCALES) or len(row.places) < len(risk_columns()):
        return None
    return Risk(row.text("exchange"), mode, row.text("description"), marks["severity"], marks["occurrence"],
                marks["detection"], row.text("owner"), row.text("mitigation"))  # fmt: skip


def _mode(text: str) -> FailureMode | None:
    known: dict[str, FailureMode] = {}
    for mode in FAILURE_MODES:
        name = mode_name(mode)
        known |= {plain_word(mode): mode, plain_word(name.en): mode, plain_word(name.zh): mode}
    return known.get(plain_word(text))


def _doubled(found: list[tuple[_Row, Risk]], problems: Problems) -> None:
    first: dict[tuple[str, str, str], Where] = {}
    for row, risk in found:
        before = first.setdefault((risk.exchange, risk.mode, risk.description), row.where("exchange"))
        if before != row.where("exchange"):
            problems.add("risks.doubled", row.where("exchange"), first=before.cell or before.text())
