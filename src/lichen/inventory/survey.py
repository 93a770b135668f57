"""Read survey workbooks: every cell is checked, every problem told with its cell; correct firms come through whole.

A sheet is known by its headings, in English or Chinese or by the keys of the dictionary, wherever the heading row
stands.
A firm with an error anywhere in its rows waits as a whole; nothing of it goes in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lichen.errors import FileError, InputError, Problem, Problems, UnitError, Where
from lichen.figures import Figure
from lichen.inventory.dictionary import ENTITIES, SHEETS, Column, Entity, columns
from lichen.inventory.fields import Parsed, parse_cell
from lichen.inventory.places import to_wgs84
from lichen.inventory.values import Datum, Firm, Flow, Inventory, Place, Process
from lichen.labelled import suggest
from lichen.sheets import Cell, Sheet, is_blank, read_sheets

MOST_ROWS = 500_000


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
    """

    file: str
    inventory: Inventory
    waiting: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether no problem is an error."""
        return not any(p.severity == "error" for p in self.problems)


@dataclass
class _Row:
    """One row of a sheet as parsed: values by column key, its place, and whether a cell was faulty."""

    entity: Entity
    sheet: Sheet
    number: int
    values: dict[str, Any]
    cells: dict[str, int]
    faulty: bool = False

    def where(self, key: str) -> Where:
        return self.sheet.where(self.number, self.cells.get(key, 0))


def read_survey(path: str | Path) -> Survey:
    """Read one survey workbook (or a CSV with the headings of one entity).

    Raises
    ------
    FileError
        If the file cannot be opened; what is wrong inside it is in ``problems``.
    """
    return survey_of(Path(path).name, read_sheets(path))


def survey_of(file: str, sheets: Sequence[Sheet]) -> Survey:
    """Return what sheets that were read already hold; see :func:`read_survey`."""
    problems = Problems()
    rows: list[_Row] = []
    found: set[Entity] = set()
    for sheet in sheets:
        heading = _heading(sheet)
        if heading is None:
            continue
        entity, row, cells = heading
        found.add(entity)
        rows += _rows(sheet, entity, row, cells, problems)
    if not found:
        problems.add("inventory.no_sheet", Where(file=file), names=[n for pair in SHEETS.values() for n in pair])
        problems.raise_if_errors(FileError)
    return _survey(file, rows, problems)


def _heading(sheet: Sheet) -> tuple[Entity, int, dict[str, int]] | None:
    """Return entity, heading row and column positions of a sheet; ``None`` if it is none of ours."""
    best: tuple[int, Entity, int, dict[str, int]] | None = None
    for number, row in enumerate(sheet.rows[:30]):
        texts = {" ".join(str(cell).split()).lower(): j for j, cell in enumerate(row) if isinstance(cell, str)}
        for entity in ENTITIES:
            cells = {}
            for column in columns(entity):
                names = {column.key, column.label("en"), column.label("zh")}
                place = next((texts[n.lower()] for n in names if n.lower() in texts), None)
                if place is not None:
                    cells[column.key] = place
            required = [c.key for c in columns(entity) if c.field.required and not c.is_unit]
            if sum(key in cells for key in required) >= max(2, len(required) - 1):
                score = len(cells)
                if best is None or score > best[0]:
                    best = (score, entity, number, cells)
    return None if best is None else best[1:]


def _rows(sheet: Sheet, entity: Entity, heading: int, cells: dict[str, int], problems: Problems) -> list[_Row]:
    for column in columns(entity):
        if column.field.required and column.key not in cells:
            problems.add(
                "inventory.no_column", sheet.where(heading, 0), column=column.label("en"), zh=column.label("zh")
            )
    rows, left = [], 0
    for number in range(heading + 1, min(len(sheet.rows), heading + 1 + MOST_ROWS)):
        cellsof = sheet.rows[number]
        if all(is_blank(cellsof[j]) for j in cells.values() if j < len(cellsof)) or _is_help(cellsof, cells, entity):
            continue
        if _is_left_open(cellsof, cells, entity):
            left += 1
            continue
        rows.append(_parsed(sheet, entity, number, cells, problems))
    if left:
        problems.add("inventory.left_open", sheet.place, severity="note", count=left)
    return rows


def _is_left_open(row: Sequence[Cell], cells: Mapping[str, int], entity: Entity) -> bool:
    """Whether a row that came filled in by the template was left without a firm, and a flow without a quantity."""
    keys = {"firm": (), "process": ("firm",), "flow": ("firm", "quantity")}[entity]
    return bool(keys) and all(cells.get(k, -1) >= len(row) or k in cells and is_blank(row[cells[k]]) for k in keys)


def _is_help(row: Sequence[Cell], cells: Mapping[str, int], entity: Entity) -> bool:
    """Whether a row holds the template's help, keys or headings and not a firm's data."""
    said = {str(c).strip() for c in row if isinstance(c, str)}
    own = {
        t
        for c in columns(entity)
        for t in (c.key, c.label("en"), c.label("zh"), c.field.help("en"), c.field.help("zh"))
    }
    return len(said & own) >= 2


def _parsed(sheet: Sheet, entity: Entity, number: int, cells: dict[str, int], problems: Problems) -> _Row:
    row = _Row(entity, sheet, number, {}, cells)
    for column in columns(entity):
        if column.key not in cells:
            row.values[column.key] = None
            continue
        result: Parsed = parse_cell(
            column, sheet.cell(number, cells[column.key]), sheet.where(number, cells[column.key])
        )
        problems.extend(list(result.problems))
        row.faulty |= any(p.severity == "error" for p in result.problems)
        row.values[column.key] = result.value
    _check_units(row, problems)
    return row


def _check_units(row: _Row, problems: Problems) -> None:
    """A number with several units needs one; a unit without a number is nothing."""
    for column in columns(row.entity):
        if not column.field.units or column.is_unit:
            continue
        unit = Column(column.field, is_unit=True).key
        if row.values.get(column.key) is not None and not row.values.get(unit):
            problems.add("inventory.no_unit", row.where(unit if unit in row.cells else column.key),
                         field=column.label("en"), zh=column.label("zh"), allowed=list(column.field.units))  # fmt: skip
            row.faulty = True


def _survey(file: str, rows: list[_Row], problems: Problems) -> Survey:
    firms = [r for r in rows if r.entity == "firm"]
    known: dict[str, _Row] = {}
    bad: set[str] = set()
    for row in firms:
        name = row.values["id"]
        if name in known:
            problems.add("inventory.doubled_firm", row.where("id"), firm=name, first=known[name].where("id").cell)
            bad.add(name)
        elif name:
            known[name] = row
        if row.faulty and name:
            bad.add(name)
    bad |= _orphans(rows, known, problems)
    bad |= _doubled(rows, problems)
    made: dict[str, list[Any]] = {"firm": [], "process": [], "flow": []}
    for row in rows:
        owner = row.values["id"] if row.entity == "firm" else row.values["firm"]
        if not owner or owner in bad or row.faulty:
            if owner:
                bad.add(owner)
            continue
        try:
            made[row.entity].append(_MAKE[row.entity](row, file))
        except (UnitError, InputError) as error:
            problems.extend([Problem(p.code, row.where("quantity"), p.severity, p.values) for p in error.problems])
            bad.add(owner)
    good = Inventory(
        tuple(f for f in made["firm"] if f.id not in bad), tuple(p for p in made["process"] if p.firm not in bad),
        tuple(f for f in made["flow"] if f.firm not in bad),
    )  # fmt: skip
    return Survey(file, good, tuple(sorted(bad)), problems.as_tuple())


def _orphans(rows: list[_Row], known: Mapping[str, _Row], problems: Problems) -> set[str]:
    """Report rows of firms and processes that are not in their sheets."""
    processes = {(r.values["firm"], r.values["id"]) for r in rows if r.entity == "process"}
    bad: set[str] = set()
    for row in rows:
        if row.entity == "firm":
            continue
        name = row.values["firm"]
        if name and name not in known:
            problems.add("inventory.unknown_firm", row.where("firm"), firm=name, near=suggest(name, list(known)) or "–")
            row.faulty = True
        if row.entity == "flow" and row.values["process"] and (name, row.values["process"]) not in processes:
            mine = [p for firm, p in processes if firm == name and p]
            problems.add("inventory.unknown_process", row.where("process"), process=row.values["process"],
                         near=suggest(row.values["process"], mine) or "–")  # fmt: skip
            row.faulty = True
            bad.add(name)
    return bad


def _doubled(rows: list[_Row], problems: Problems) -> set[str]:
    """Report processes and flows that stand twice."""
    keys: dict[tuple[Any, ...], _Row] = {}
    bad: set[str] = set()
    wanted = {
        "process": ("firm", "id"),
        "flow": ("firm", "process", "direction", "role", "material", "year", "fate", "partner"),
    }
    for row in rows:
        if row.entity == "firm" or row.faulty:
            continue
        material = row.values.get("material")
        key = (
            row.entity,
            *(material.given if k == "material" and material else row.values.get(k) for k in wanted[row.entity]),
        )
        if key in keys:
            problems.add("inventory.doubled_row", row.where("firm"), first=keys[key].where("firm").cell)
            bad.add(row.values["firm"])
        keys.setdefault(key, row)
    return bad


def _firm(row: _Row, file: str) -> Firm:
    v = row.values
    place = None
    if v["latitude"] is not None and v["longitude"] is not None:
        datum: Datum = v["datum"] or "WGS84"
        place = Place(v["latitude"], v["longitude"], datum, to_wgs84(v["latitude"], v["longitude"], datum))
    employees = None if v["employees"] is None else int(v["employees"])
    return Firm(v["id"], v["name"], v["industry"], place, employees, v["revenue"], v["disclosure"] or "park")


def _process(row: _Row, file: str) -> Process:
    v = row.values
    return Process(v["firm"], v["id"], v["name"], v["product"].given if v["product"] else "", _with_unit(v, "capacity"),
                   _with_unit(v, "output"), v["hours"])  # fmt: skip


def _flow(row: _Row, file: str) -> Flow:
    v = row.values
    amount, half = v["quantity"], v["uncertainty"]
    low, high = (None, None) if half is None else (amount * max(0.0, 1 - half / 100), amount * (1 + half / 100))
    source = v["source"] or f"{file} {row.where('quantity').cell}"
    quantity = Figure(amount, v["quantity unit"], v["quality"], source, low, high, int(v["year"]))
    return Flow(
        v["firm"], v["process"] or "", v["direction"], v["role"], v["material"].code, v["material"].given, quantity,
        int(v["year"]), None if v["moisture"] is None else v["moisture"] / 100, v["composition"] or {},
        _with_unit(v, "heating_value"), v["temperature"], v["fate"] or "", v["partner"] or "", _with_unit(v, "price"),
        _with_unit(v, "stock"), v["months"] or (), v["disclosure"] or "", v["note"] or "",
    )  # fmt: skip


def _with_unit(values: Mapping[str, Any], name: str) -> tuple[float, str] | None:
    number = values[name]
    return None if number is None else (number, values[f"{name} unit"])


_MAKE = {"firm": _firm, "process": _process, "flow": _flow}
