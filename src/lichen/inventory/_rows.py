"""Sheets of a survey as rows: which sheet is which, where its columns stand, and what every cell holds.

Surveys are long and repeat themselves: a column remembers what it made of a text, and the place of a cell is worked
out only where there is a problem to tell.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lichen.errors import LANGUAGES, Problem, Problems, Severity, Where
from lichen.inventory.dictionary import ENTITIES, Column, Entity, columns
from lichen.inventory.dictionary import field as field_of
from lichen.inventory.fields import Parsed, parse_cell
from lichen.labelled import suggest
from lichen.numerals import Decimal, decimal_of, shown
from lichen.sheets import Cell, Sheet, is_blank
from lichen.units import factor, same_dimension

MOST_ROWS = 500_000
MOST_TOLD = 1000
"""Problems of one kind in one sheet that are told with their cells."""
MOST_SUGGESTIONS = 300
"""Different unknown names of one kind that the nearest known one is looked for; a wall of junk would cost minutes."""
MOST_REMEMBERED = 10_000
"""Different cells of a column whose value is kept."""
_REMEMBERED = (str, float, type(None))
"""Types of cells whose value is kept; a truth value would be taken for the number that it is equal to."""
_NOWHERE = Where()


class Told(Problems):
    """The problems of a file; of one kind in one sheet the first :data:`MOST_TOLD` are kept, the others counted."""

    def __init__(self) -> None:
        super().__init__()
        self._count: dict[tuple[str, str, str, Severity], int] = {}
        self._first: dict[tuple[str, str, str, Severity], Where] = {}

    def add(self, code: str, where: Where | None = None, severity: Severity = "error", **values: Any) -> None:
        """Add one problem."""
        self.extend([Problem(code, where or _NOWHERE, severity, values)])

    def extend(self, problems: Iterable[Problem]) -> None:
        """Add many problems."""
        for problem in problems:
            key = (problem.where.file, problem.where.sheet, problem.code, problem.severity)
            self._first.setdefault(key, problem.where)
            self._count[key] = self._count.get(key, 0) + 1
            if self._count[key] <= MOST_TOLD:
                super().extend([problem])

    def as_tuple(self) -> tuple[Problem, ...]:
        """Return the problems as they came, then how many more there are of each kind."""
        more = [
            Problem("inventory.more", Where(key[0], key[1]), key[3],
                    {"count": count - MOST_TOLD, "first": self._first[key].cell})
            for key, count in self._count.items() if count > MOST_TOLD
        ]  # fmt: skip
        return (*super().as_tuple(), *more)


class Nearest:
    """The known name nearest to an unknown one; each is looked for once, and :data:`MOST_SUGGESTIONS` at most."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], str] = {}

    @property
    def tired(self) -> bool:
        """Whether no further name is looked for."""
        return len(self._found) >= MOST_SUGGESTIONS

    def to(self, name: str, known: Iterable[str], of: str = "") -> str:
        """Return the nearest of ``known``, or an empty text; ``of`` tells one set of known names from another."""
        if (of, name) not in self._found and not self.tired:
            self._found[of, name] = suggest(name, list(known))
        return self._found.get((of, name), "")


class Values(dict[str, Any]):
    """What a row gives by column key; what it does not give is ``None``."""

    def __missing__(self, key: str) -> None:
        return None


@dataclass(slots=True)
class Row:
    """One row of a sheet as parsed: values by column key, its place, and whether a cell was faulty."""

    entity: Entity
    sheet: Sheet
    number: int
    cells: Mapping[str, int]
    values: Values = field(default_factory=Values)
    faulty: bool = False

    def where(self, key: str) -> Where:
        """Return the place of the cell in a column; of the row's first cell where the sheet has no such column."""
        return self.sheet.where(self.number, self.cells.get(key, 0))

    def blank(self, key: str) -> bool:
        """Whether the sheet has no such column or the cell in it is blank."""
        return key not in self.cells or is_blank(self.sheet.cell(self.number, self.cells[key]))


@dataclass(frozen=True)
class Heading:
    """Where a sheet has its headings: its entity, the row, and the place of each column by key."""

    entity: Entity
    row: int
    cells: Mapping[str, int]


def find_heading(sheet: Sheet) -> Heading | None:
    """Return the headings of a sheet; ``None`` if it is none of ours."""
    best: Heading | None = None
    for number, row in enumerate(sheet.rows[:30]):
        for entity in ENTITIES:
            known = _headings(entity)
            cells: dict[str, int] = {}
            for j, cell in enumerate(row):
                key = known.get(_folded(cell)) if isinstance(cell, str) else None
                if key is not None:
                    cells.setdefault(key, j)
            required = [c.key for c in columns(entity) if c.field.required and not c.is_unit]
            enough = sum(key in cells for key in required) >= max(2, len(required) - 1)
            if enough and (best is None or len(cells) > len(best.cells)):
                best = Heading(entity, number, cells)
        if best is not None and len(best.cells) == len(columns(best.entity)):
            break  # all headings are there: no row below has more
    return best


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


def read_rows(
    sheet: Sheet, heading: Heading, problems: Problems, own: bool, decimal: Decimal | None = None
) -> list[Row] | None:
    """Return the rows of a sheet below its headings; blank ones, help and rows left as prefilled are left out.

    ``None``: there are more than :data:`MOST_ROWS`, so none was read.

    Parameters
    ----------
    sheet, heading
        The sheet and its headings.
    problems
        Where problems go.
    own
        Whether it is a file of a study: then every row counts, and numbers have a decimal point.
    decimal
        The decimal sign of numbers written as text; ``None``: the one that they leave no doubt of, if any.
    """
    first, cells = heading.row + 1, heading.cells
    whole = _check_headings(sheet, heading, problems)
    if len(sheet.rows) > first + MOST_ROWS:
        problems.add("inventory.too_many_rows", sheet.where(first + MOST_ROWS, 0), most=MOST_ROWS)
        return None
    readers = _readers(heading, "." if own else decimal or _decimal(sheet, heading))
    prefilled = {cells[key] for key in _PREFILLED[heading.entity] if key in cells}
    rows, left = [], 0
    for number in range(first, len(sheet.rows)):
        line = sheet.rows[number]
        if all(is_blank(line[j]) for j in cells.values() if j < len(line)):
            continue
        if not own and is_help(line, heading):
            continue
        if not own and prefilled and _is_left_open(line, cells, prefilled):
            left += 1
            continue
        row = _parsed(sheet, heading, number, readers, problems)
        row.faulty |= not whole
        rows.append(row)
    if left:
        problems.add("inventory.left_open", sheet.place, severity="note", count=left)
    return rows


def _check_headings(sheet: Sheet, heading: Heading, problems: Problems) -> bool:
    """Report columns that are missing, stand twice, or are not known; return whether the rows can be used."""
    whole = True
    for column in columns(heading.entity):
        if column.field.required and column.key not in heading.cells:
            whole = False
            problems.add("inventory.no_column", sheet.where(heading.row, 0), column=column.label("en"),
                         zh=column.label("zh"))  # fmt: skip
    known, nearest = _headings(heading.entity), Nearest()
    labels = [c.label(lang) for c in columns(heading.entity) for lang in LANGUAGES]
    unknown: list[tuple[int, str]] = []
    for j, cell in enumerate(sheet.rows[heading.row]):
        if is_blank(cell):
            continue
        key = known.get(_folded(str(cell)))
        if key is None:
            unknown.append((j, str(cell)[:60]))
        elif heading.cells[key] != j:
            whole = False
            problems.add("inventory.doubled_column", sheet.where(heading.row, j), column=str(cell)[:60],
                         first=sheet.where(heading.row, heading.cells[key]).cell)  # fmt: skip
    for j, text in unknown:
        problems.add("inventory.unknown_column", sheet.where(heading.row, j), "warning", column=text,
                     near=nearest.to(text, labels) or "–")  # fmt: skip
    return whole


def _decimal(sheet: Sheet, heading: Heading) -> Decimal | None:
    """Return the decimal sign that numbers written as text in a sheet leave no doubt of, if any."""
    numbers = [c.key for c in columns(heading.entity) if c.field.type == "number" and not c.is_unit]
    places = [heading.cells[key] for key in numbers if key in heading.cells]
    found = decimal_of(row[j] for row in sheet.rows[heading.row + 1 :] for j in places if j < len(row))
    return None if isinstance(found, Problem) else found


_PREFILLED: dict[Entity, tuple[str, ...]] = {
    "firm": ("industry",), "process": ("id", "name", "product"),
    "flow": ("process", "direction", "role", "material", "quantity unit", "note"),
}  # fmt: skip


def _is_left_open(line: Sequence[Cell], cells: Mapping[str, int], prefilled: set[int]) -> bool:
    """Whether a row holds only what the template filled in: the firm added nothing, not even its code."""
    return all(is_blank(line[j]) for j in cells.values() if j < len(line) and j not in prefilled)


def is_help(line: Sequence[Cell], heading: Heading) -> bool:
    """Whether a row holds the template's help, keys or headings and not a firm's data."""
    own = _helps(heading.entity)
    filled = 0
    for key, j in heading.cells.items():
        cell = line[j] if j < len(line) else None
        if is_blank(cell):
            continue
        if not isinstance(cell, str) or _folded(cell) not in own[key]:
            return False
        filled += 1
    return filled >= 2


class _Reader:
    """One column of a sheet, and what its cells were found to hold."""

    def __init__(self, column: Column, place: int, decimal: Decimal | None) -> None:
        self.column, self.key, self.place, self.decimal = column, column.key, place, decimal
        self.may_be_empty = column.is_unit or not (column.field.required or column.field.default)
        self._known: dict[Cell, Parsed] = {}
        self._faulty = 0

    def read(self, cell: Cell) -> Parsed:
        """Return what a cell holds; its problems have no place yet."""
        if type(cell) not in _REMEMBERED:
            return self._parse(cell)
        found = self._known.get(cell)
        if found is None:
            found = self._parse(cell)
            if len(self._known) < MOST_REMEMBERED:
                self._known[cell] = found
        return found

    def _parse(self, cell: Cell) -> Parsed:
        found = parse_cell(self.column, cell, _NOWHERE, self.decimal, near=self._faulty < MOST_SUGGESTIONS)
        self._faulty += bool(found.problems)
        return found


def _readers(heading: Heading, decimal: Decimal | None) -> list[_Reader]:
    return [_Reader(c, heading.cells[c.key], decimal) for c in columns(heading.entity) if c.key in heading.cells]


def _parsed(sheet: Sheet, heading: Heading, number: int, readers: Sequence[_Reader], problems: Problems) -> Row:
    row = Row(heading.entity, sheet, number, heading.cells)
    line, values = sheet.rows[number], row.values
    width = len(line)
    for reader in readers:
        cell = line[reader.place] if reader.place < width else None
        if cell is None and reader.may_be_empty:
            continue
        found = reader.read(cell)
        if found.value is not None:
            values[reader.key] = found.value
        if found.problems:
            where = sheet.where(number, reader.place)
            problems.extend([replace(p, where=where) for p in found.problems])
            row.faulty |= any(p.severity == "error" for p in found.problems)
    for problem in (*_unit_problems(row), *_place_problems(row)):
        problems.extend([problem])
        row.faulty = True
    return row


@functools.cache
def _with_units(entity: Entity) -> tuple[tuple[Column, str], ...]:
    """Return the columns of numbers that have a unit beside them, and the key of that unit's column."""
    return tuple((c, Column(c.field, is_unit=True).key) for c in columns(entity) if c.field.units and not c.is_unit)


def _unit_problems(row: Row) -> Iterator[Problem]:
    """A number with several units needs one, and its range counts in the first of its kind; a unit alone is nothing."""
    for column, unit in _with_units(row.entity):
        number = row.values[column.key]
        if number is None:
            continue
        told = {"field": column.label("en"), "zh": column.label("zh")}
        spelled = row.values[unit]
        if spelled is None and row.blank(unit):
            place = row.where(unit if unit in row.cells else column.key)
            yield Problem("inventory.no_unit", place, values={**told, "allowed": list(column.field.units)})
        if spelled is not None and column.field.high is not None:
            base = next(u for u in column.field.units if same_dimension(u, spelled))
            if number * factor(spelled, base) > column.field.high:
                high = f"{shown(column.field.high, 6)} {base}"
                values = {**told, "found": f"{shown(number, 6)} {spelled}", "low": "", "high": high}
                yield Problem("inventory.range", row.where(column.key), values=values)


def _place_problems(row: Row) -> Iterator[Problem]:
    """Half a place is none."""
    if row.entity != "firm" or (row.values["latitude"] is None) == (row.values["longitude"] is None):
        return
    missing = "latitude" if row.values["latitude"] is None else "longitude"
    if row.blank(missing):
        label = field_of("firm", missing)
        yield Problem(
            "inventory.empty", row.where(missing), values={"field": label.label("en"), "zh": label.label("zh")}
        )
