"""Read survey workbooks: every cell is checked, every problem told with its cell; correct firms come through whole.

A sheet is known by its headings, in English or Chinese or by the keys of the dictionary, wherever the heading row
stands.
A firm with an error anywhere in its rows waits as a whole; nothing of it goes in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lichen.errors import FileError, InputError, Problem, Problems, UnitError, Where
from lichen.figures import Figure
from lichen.inventory._rows import MOST_ROWS, Nearest, Row, Told, find_heading, read_rows
from lichen.inventory.checks import FLOW_CHECKS, PROCESS_CHECKS, doubled_names, far_from_others
from lichen.inventory.dictionary import ENTITIES, SHEETS, Entity
from lichen.inventory.fields import Named, share_of
from lichen.inventory.places import to_wgs84
from lichen.inventory.values import Datum, Firm, Flow, Inventory, Place, Process
from lichen.numerals import Decimal
from lichen.sheets import Sheet, read_sheets

__all__ = ["MOST_ROWS", "Survey", "read_survey", "survey_of"]


@dataclass(frozen=True)
class Survey:
    """What one file holds.

    Parameters
    ----------
    file
        Its name.
    inventory
        Firms without an error, with their processes and flows.
    waiting
        Ids of firms with errors; nothing of them is in ``inventory``.
    problems
        All problems with their cells.
    entities
        Which entities it has a sheet for; of the others it says nothing.
    """

    file: str
    inventory: Inventory
    waiting: tuple[str, ...]
    problems: tuple[Problem, ...]
    entities: tuple[Entity, ...] = ENTITIES

    @property
    def ok(self) -> bool:
        """Whether no problem is an error."""
        return not any(p.severity == "error" for p in self.problems)


def read_survey(path: str | Path, decimal: Decimal | None = None) -> Survey:
    """Read one survey workbook (or a CSV with the headings of one entity).

    Parameters
    ----------
    path
        The file.
    decimal
        Its decimal sign; ``None``: not known, then a lone ``1.234`` is refused.

    Raises
    ------
    FileError
        If the file cannot be opened; what is wrong inside it is in ``problems``.
    """
    return survey_of(Path(path).name, read_sheets(path), decimal=decimal)


def survey_of(file: str, sheets: Sequence[Sheet], own: bool = False, decimal: Decimal | None = None) -> Survey:
    """Return what sheets that were read already hold; see :func:`read_survey`.

    Parameters
    ----------
    file, sheets
        Name of the file and its sheets.
    own
        Whether they are the files of a study: then every sheet and row must be read, and numbers have a decimal point.
    decimal
        The decimal sign of numbers written as text; ``None``: the one that they leave no doubt of, if any.
    """
    problems = Told()
    rows: list[Row] = []
    found: set[Entity] = set()
    names = {name.lower() for pair in SHEETS.values() for name in pair}
    lost = False
    for sheet in sheets:
        problems.extend(sheet.notes)
        heading = find_heading(sheet)
        if heading is None:
            if sheet.rows and (own or sheet.name.strip().lower() in names):
                problems.add("inventory.no_heading", sheet.where(0, 0))
                lost = True
            continue
        found.add(heading.entity)
        if sheet.hidden:
            problems.add("inventory.hidden_sheet", sheet.place, "warning")
        below = read_rows(sheet, heading, problems, own, decimal)
        rows += below or []
        lost |= below is None
    if not found:
        problems.add("inventory.no_sheet", Where(file=file), names=[n for pair in SHEETS.values() for n in pair])
        problems.raise_if_errors(FileError)
    survey = _survey(file, rows, problems, lost)
    return replace(survey, entities=tuple(e for e in ENTITIES if e in found))


def _survey(file: str, rows: list[Row], problems: Problems, lost: bool) -> Survey:
    known, bad = _firms(rows, problems)
    bad |= set(known) if lost else set()
    bad |= _orphans(rows, known, problems)
    bad |= _doubled(rows, problems)
    made: dict[Entity, list[tuple[Any, Row]]] = {"firm": [], "process": [], "flow": []}
    for row in rows:
        owner = row.values["id"] if row.entity == "firm" else row.values["firm"]
        if not owner or owner in bad or row.faulty:
            if owner:
                bad.add(owner)
            continue
        try:
            made[row.entity].append((_MAKE[row.entity](row, file), row))
        except (UnitError, InputError) as error:
            problems.extend([replace(p, where=row.where("quantity")) for p in error.problems])
            bad.add(owner)
    _implausible(made, bad, problems)
    good = Inventory(
        tuple(f for f, _ in made["firm"] if f.id not in bad), tuple(p for p, _ in made["process"] if p.firm not in bad),
        tuple(f for f, _ in made["flow"] if f.firm not in bad),
    )  # fmt: skip
    return Survey(file, good, tuple(sorted(bad)), problems.as_tuple())


def _firms(rows: Sequence[Row], problems: Problems) -> tuple[dict[str, Row], set[str]]:
    """Return the rows of firms by code, and the firms whose row is faulty or stands twice."""
    known: dict[str, Row] = {}
    folded: dict[str, str] = {}
    bad: set[str] = set()
    for row in rows:
        name = row.values["id"]
        if row.entity != "firm" or not name:
            continue
        like = folded.setdefault(unicodedata.normalize("NFKC", name).casefold(), name)
        if like != name:
            cell = known[like].where("id").cell
            problems.add("inventory.like_firm", row.where("id"), firm=name, first=like, cell=cell)
            bad |= {name, like}
        if name in known:
            problems.add("inventory.doubled_firm", row.where("id"), firm=name, first=known[name].where("id").cell)
            bad.add(name)
        known.setdefault(name, row)
        if row.faulty:
            bad.add(name)
    return known, bad


def _orphans(rows: Sequence[Row], known: Mapping[str, Row], problems: Problems) -> set[str]:
    """Report rows of firms and processes that are not in their sheets; return the firms they may belong to.

    A row without a firm may be any firm's, so all wait; one with an unknown code may be the nearest's.
    """
    processes: dict[str, set[str]] = {}
    for row in rows:
        if row.entity == "process" and row.values["firm"] and row.values["id"]:
            processes.setdefault(row.values["firm"], set()).add(row.values["id"])
    bad: set[str] = set()
    nearest, nearest_process = Nearest(), Nearest()
    for row in rows:
        if row.entity == "firm":
            continue
        name, process = row.values["firm"], row.values["process"]
        if not name:
            bad |= set(known)
        elif name not in known:
            near = nearest.to(name, known)
            problems.add("inventory.unknown_firm", row.where("firm"), firm=name, near=near or "–")
            row.faulty = True
            bad |= {near} if near else set(known) if len(known) == 1 or nearest.tired else set()
        if row.entity == "flow" and name and process and process not in processes.get(name, ()):
            mine = processes.get(name, set())
            problems.add("inventory.unknown_process", row.where("process"), process=process,
                         near=nearest_process.to(process, sorted(mine), of=name) or "–")  # fmt: skip
            row.faulty = True
            bad.add(name)
    return bad


_SAME: dict[Entity, tuple[str, ...]] = {
    "process": ("firm", "id"),
    "flow": ("firm", "process", "direction", "role", "material", "year", "fate", "partner"),
}


def _doubled(rows: Sequence[Row], problems: Problems) -> set[str]:
    """Report processes and flows that stand twice."""
    keys: dict[tuple[Any, ...], Row] = {}
    bad: set[str] = set()
    for row in rows:
        if row.entity == "firm" or row.faulty:
            continue
        values = (row.values[k] for k in _SAME[row.entity])
        key = (row.entity, *(_same_material(v) if isinstance(v, Named) else v for v in values))
        first = keys.setdefault(key, row)
        if first is not row:
            problems.add("inventory.doubled_row", row.where("firm"), first=first.where("firm").cell)
            bad.add(row.values["firm"])
    return bad


def _same_material(named: Named) -> str:
    """Return what tells materials apart: the code in the vocabulary, else the name as given."""
    return named.code or named.given


def _implausible(made: Mapping[Entity, Sequence[tuple[Any, Row]]], bad: set[str], problems: Problems) -> None:
    """Report what the checks find in the firms that are correct."""
    firms = {firm.id: firm for firm, _ in made["firm"] if firm.id not in bad}
    places = {firm.id: row for firm, row in made["firm"]}
    found = [(places[firm.id], f) for check in (doubled_names, far_from_others) for firm, f in check(firms.values())]
    flows: dict[tuple[str, str], list[Flow]] = {}
    for flow, row in made["flow"]:
        if flow.firm in firms:
            flows.setdefault((flow.firm, flow.process), []).append(flow)
            found += [(row, f) for check in FLOW_CHECKS for f in check(flow, firms[flow.firm])]
    for process, row in made["process"]:
        if process.firm in firms:
            own = flows.get((process.firm, process.id), [])
            found += [(row, f) for check in PROCESS_CHECKS for f in check(process, own)]
    for row, finding in found:
        problems.add(finding.code, row.where(finding.key), "warning", **finding.values)


def _firm(row: Row, file: str) -> Firm:
    v = row.values
    place = None
    if v["latitude"] is not None and v["longitude"] is not None:
        datum: Datum = v["datum"] or "WGS84"
        place = Place(v["latitude"], v["longitude"], datum, to_wgs84(v["latitude"], v["longitude"], datum))
    employees = None if v["employees"] is None else int(v["employees"])
    return Firm(v["id"], v["name"], v["industry"], place, employees, v["revenue"],
                v["disclosure"] or "park", v["size"] or "")  # fmt: skip


def _process(row: Row, file: str) -> Process:
    v = row.values
    return Process(v["firm"], v["id"], v["name"], v["product"].given if v["product"] else "", _with_unit(v, "capacity"),
                   _with_unit(v, "output"), v["hours"], v["season"] or (), v["closed"] or ())  # fmt: skip


def _flow(row: Row, file: str) -> Flow:
    v = row.values
    amount, half = v["quantity"], v["uncertainty"]
    half = None if half is None or not amount else round(half, 9)
    low, high = (None, None) if half is None else (amount * max(0.0, 1 - half / 100), amount * (1 + half / 100))
    source = v["source"] or _name_of(file, row.where("quantity").cell)
    quantity = Figure(amount, v["quantity unit"], v["quality"], source, low, high, int(v["year"]))
    return Flow(
        v["firm"], v["process"] or "", v["direction"], v["role"], v["material"].code, v["material"].given, quantity,
        int(v["year"]), _share(v["moisture"]), v["composition"] or {},
        _with_unit(v, "heating_value"), v["temperature"], v["fate"] or "", v["partner"] or "", _with_unit(v, "price"),
        _with_unit(v, "stock"), v["months"] or (), v["disclosure"] or "", v["note"] or "",
        _share(v["from_stock"]), v["pedigree"] or (), v["pressure"], v["phase"] or "", v["hazard"] or "",
        v["given_by"] or "", v["given_on"] or "",
    )  # fmt: skip


def _share(percent: float | None) -> float | None:
    return None if percent is None else share_of(percent)


def _name_of(file: str, cell: str) -> str:
    """Return file and cell as a source: printable and no longer than a text may be."""
    return f"{' '.join(''.join(c for c in file if c.isprintable()).split())[:400]} {cell}".strip()


def _with_unit(values: Mapping[str, Any], name: str) -> tuple[float, str] | None:
    number = values[name]
    return None if number is None else (number, values[f"{name} unit"])


_MAKE = {"firm": _firm, "process": _process, "flow": _flow}
