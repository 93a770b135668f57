"""Read survey workbooks: every cell is checked, every problem told with its cell; correct firms come through whole.

A sheet is known by its headings, in English or Chinese or by the keys of the dictionary, wherever the heading row
stands.
A firm with an error anywhere in its rows waits as a whole; nothing of it goes in.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lichen.errors import LANGUAGES, FileError, InputError, Problem, Problems, UnitError, Where
from lichen.figures import Figure
from lichen.inventory.dictionary import ENTITIES, SHEETS, Column, Entity, columns, field
from lichen.inventory.fields import Named, Parsed, parse_cell, share_of
from lichen.inventory.places import to_wgs84
from lichen.inventory.values import Datum, Firm, Flow, Inventory, Place, Process
from lichen.labelled import suggest
from lichen.numerals import Decimal, decimal_of
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


def survey_of(file: str, sheets: Sequence[Sheet], own: bool = False) -> Survey:
    """Return what sheets that were read already hold; see :func:`read_survey`.

    Parameters
    ----------
    file, sheets
        Name of the file and its sheets.
    own
        Whether they are the files of a study: then every sheet and row must be read, and numbers have a decimal point.
    """
    problems = Problems()
    rows: list[_Row] = []
    found: set[Entity] = set()
    names = {name.lower() for pair in SHEETS.values() for name in pair}
    lost = False
    for sheet in sheets:
        problems.extend(list(sheet.notes))
        heading = _heading(sheet)
        if heading is None:
            if sheet.rows and (own or sheet.name.strip().lower() in names):
                problems.add("inventory.no_heading", sheet.where(0, 0))
                lost = True
            continue
        entity, row, cells = heading
        found.add(entity)
        rows += _rows(sheet, entity, row, cells, problems, own)
    if not found:
        problems.add("inventory.no_sheet", Where(file=file), names=[n for pair in SHEETS.values() for n in pair])
        problems.raise_if_errors(FileError)
    survey = _survey(file, rows, problems, lost)
    return replace(survey, entities=tuple(e for e in ENTITIES if e in found))


def _heading(sheet: Sheet) -> tuple[Entity, int, dict[str, int]] | None:
    """Return entity, heading row and column positions of a sheet; ``None`` if it is none of ours."""
    best: tuple[int, Entity, int, dict[str, int]] | None = None
    for number, row in enumerate(sheet.rows[:30]):
        for entity in ENTITIES:
            known = _headings(entity)
            cells: dict[str, int] = {}
            for j, cell in enumerate(row):
                key = known.get(_folded(cell)) if isinstance(cell, str) else None
                if key is not None:
                    cells.setdefault(key, j)
            required = [c.key for c in columns(entity) if c.field.required and not c.is_unit]
            if sum(key in cells for key in required) >= max(2, len(required) - 1):
                score = len(cells)
                if best is None or score > best[0]:
                    best = (score, entity, number, cells)
    return None if best is None else best[1:]


def _folded(text: str) -> str:
    return " ".join(text.split()).lower()


@functools.cache
def _headings(entity: Entity) -> Mapping[str, str]:
    """Return heading in small letters → column key; the key itself counts before a label."""
    labels = {_folded(c.label(lang)): c.key for c in reversed(columns(entity)) for lang in LANGUAGES}
    return labels | {c.key: c.key for c in columns(entity)}


@functools.cache
def _helps(entity: Entity) -> Mapping[str, frozenset[str]]:
    """Return column key → what the template itself writes into that column."""
    return {
        c.key: frozenset(
            _folded(t) for t in (c.key, c.label("en"), c.label("zh"), c.field.help("en"), c.field.help("zh"))
        )
        for c in columns(entity)
    }


def _rows(
    sheet: Sheet, entity: Entity, heading: int, cells: dict[str, int], problems: Problems, own: bool
) -> list[_Row]:
    whole = _check_headings(sheet, entity, heading, cells, problems)
    if len(sheet.rows) > heading + 1 + MOST_ROWS:
        problems.add("inventory.too_many_rows", sheet.where(heading + 1 + MOST_ROWS, 0), most=MOST_ROWS)
        whole = False
    decimal = "." if own else _decimal(sheet, entity, heading, cells)
    rows, left = [], 0
    for number in range(heading + 1, min(len(sheet.rows), heading + 1 + MOST_ROWS)):
        cellsof = sheet.rows[number]
        if all(is_blank(cellsof[j]) for j in cells.values() if j < len(cellsof)):
            continue
        if not own and _is_help(cellsof, cells, entity):
            continue
        if not own and _is_left_open(cellsof, cells, entity):
            left += 1
            continue
        row = _parsed(sheet, entity, number, cells, problems, decimal)
        row.faulty |= not whole
        rows.append(row)
    if left:
        problems.add("inventory.left_open", sheet.place, severity="note", count=left)
    return rows


def _check_headings(sheet: Sheet, entity: Entity, heading: int, cells: Mapping[str, int], problems: Problems) -> bool:
    """Report columns that are missing, stand twice, or are not known; return whether the rows can be used."""
    count = len(problems)
    for column in columns(entity):
        if column.field.required and column.key not in cells:
            problems.add(
                "inventory.no_column", sheet.where(heading, 0), column=column.label("en"), zh=column.label("zh")
            )
    known = _headings(entity)
    twice: list[int] = []
    for j, cell in enumerate(sheet.rows[heading]):
        if is_blank(cell):
            continue
        key = known.get(_folded(str(cell)))
        if key is not None and cells[key] != j:
            twice.append(j)
            problems.add("inventory.doubled_column", sheet.where(heading, j), column=str(cell)[:60],
                         first=sheet.where(heading, cells[key]).cell)  # fmt: skip
    whole = len(problems) == count
    for j, cell in enumerate(sheet.rows[heading]):
        if not is_blank(cell) and _folded(str(cell)) not in known:
            near = suggest(str(cell)[:60], [c.label(lang) for c in columns(entity) for lang in LANGUAGES])
            problems.add("inventory.unknown_column", sheet.where(heading, j), "warning", column=str(cell)[:60],
                         near=near or "–")  # fmt: skip
    return whole


def _decimal(sheet: Sheet, entity: Entity, heading: int, cells: Mapping[str, int]) -> Decimal | None:
    """Return the decimal sign that numbers written as text in a sheet leave no doubt of, if any."""
    places = [cells[c.key] for c in columns(entity) if c.field.type == "number" and not c.is_unit and c.key in cells]
    found = decimal_of(row[j] for row in sheet.rows[heading + 1 :] for j in places if j < len(row))
    return None if isinstance(found, Problem) else found


_PREFILLED: dict[Entity, tuple[str, ...]] = {
    "firm": (), "process": ("id", "name"), "flow": ("process", "direction", "role", "material", "quantity unit"),
}  # fmt: skip


def _is_left_open(row: Sequence[Cell], cells: Mapping[str, int], entity: Entity) -> bool:
    """Whether a row holds only what the template filled in: the firm added nothing, not even its code."""
    allowed = {cells[key] for key in _PREFILLED[entity] if key in cells}
    return bool(allowed) and all(is_blank(row[j]) for j in cells.values() if j < len(row) and j not in allowed)


def _is_help(row: Sequence[Cell], cells: Mapping[str, int], entity: Entity) -> bool:
    """Whether a row holds the template's help, keys or headings and not a firm's data."""
    own = _helps(entity)
    filled = [(key, row[j]) for key, j in cells.items() if j < len(row) and not is_blank(row[j])]
    return len(filled) >= 2 and all(isinstance(c, str) and _folded(c) in own[key] for key, c in filled)


def _parsed(
    sheet: Sheet, entity: Entity, number: int, cells: dict[str, int], problems: Problems, decimal: Decimal | None
) -> _Row:
    row = _Row(entity, sheet, number, {}, cells)
    for column in columns(entity):
        if column.key not in cells:
            row.values[column.key] = None
            continue
        place = cells[column.key]
        result: Parsed = parse_cell(column, sheet.cell(number, place), sheet.where(number, place), decimal)
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
        left_blank = unit not in row.cells or is_blank(row.sheet.cell(row.number, row.cells[unit]))
        if row.values.get(column.key) is not None and left_blank:
            problems.add("inventory.no_unit", row.where(unit if unit in row.cells else column.key),
                         field=column.label("en"), zh=column.label("zh"), allowed=list(column.field.units))  # fmt: skip
            row.faulty = True
    if row.entity == "firm" and (row.values["latitude"] is None) != (row.values["longitude"] is None):
        missing = "latitude" if row.values["latitude"] is None else "longitude"
        if missing not in row.cells or is_blank(row.sheet.cell(row.number, row.cells[missing])):
            label = field("firm", missing)
            problems.add("inventory.empty", row.where(missing), field=label.label("en"), zh=label.label("zh"))
        row.faulty = True


def _survey(file: str, rows: list[_Row], problems: Problems, lost: bool) -> Survey:
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
    bad |= set(known) if lost else set()
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
    """Report rows of firms and processes that are not in their sheets; return the firms they may belong to.

    A row without a firm may be any firm's, so all wait; one with an unknown code may be the nearest's.
    """
    processes = {(r.values["firm"], r.values["id"]) for r in rows if r.entity == "process"}
    bad: set[str] = set()
    for row in rows:
        if row.entity == "firm":
            continue
        name = row.values["firm"]
        if not name:
            bad |= set(known)
        elif name not in known:
            near = suggest(name, list(known))
            problems.add("inventory.unknown_firm", row.where("firm"), firm=name, near=near or "–")
            row.faulty = True
            bad |= {near} if near else set(known) if len(known) == 1 else set()
        if row.entity == "flow" and name and row.values["process"] and (name, row.values["process"]) not in processes:
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
            *(
                _same_material(material) if k == "material" and material else row.values.get(k)
                for k in wanted[row.entity]
            ),
        )
        if key in keys:
            problems.add("inventory.doubled_row", row.where("firm"), first=keys[key].where("firm").cell)
            bad.add(row.values["firm"])
        keys.setdefault(key, row)
    return bad


def _same_material(named: Named) -> str:
    """Return what tells materials apart: the code in the vocabulary, else the name as given."""
    return named.code or named.given


def _firm(row: _Row, file: str) -> Firm:
    v = row.values
    place = None
    if v["latitude"] is not None and v["longitude"] is not None:
        datum: Datum = v["datum"] or "WGS84"
        place = Place(v["latitude"], v["longitude"], datum, to_wgs84(v["latitude"], v["longitude"], datum))
    employees = None if v["employees"] is None else int(v["employees"])
    return Firm(v["id"], v["name"], v["industry"], place, employees, v["revenue"],
                v["disclosure"] or "park", v["size"] or "")  # fmt: skip


def _process(row: _Row, file: str) -> Process:
    v = row.values
    return Process(v["firm"], v["id"], v["name"], v["product"].given if v["product"] else "", _with_unit(v, "capacity"),
                   _with_unit(v, "output"), v["hours"], v["season"] or (), v["closed"] or ())  # fmt: skip


def _flow(row: _Row, file: str) -> Flow:
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
