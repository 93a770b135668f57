"""Rows of a table as read: text by column, its place, and the problems of reading it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from lichen.errors import Problem, Problems, UnitError, Where
from lichen.figures import KINDS, Figure, Kind
from lichen.knowledge.columns import TABLES, Column, TableName, columns
from lichen.knowledge.references import reference
from lichen.knowledge.values import CITY, STATUSES, Evidence, Reference, Status
from lichen.labelled import suggest
from lichen.numerals import Decimal, decimal_of, parse_number
from lichen.sheets import Cell, Sheet, is_blank
from lichen.units import parse_unit
from lichen.vocabulary.industries import industries
from lichen.vocabulary.materials import match_material, material_named, materials

MOST_ROWS = 10_000
LONGEST = 2000
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass
class Row:
    """One row: what is written, where, and a place to tell problems.

    Parameters
    ----------
    table, sheet, number
        Which table, and which row of which sheet, counted from 0.
    texts, cells
        Column → text without outer blanks, and → position in the sheet.
    problems
        Where what is wrong is told.
    decimal
        Decimal sign of the file; ``None``: it does not show.
    faulty, told
        Whether something is wrong with it, and columns whose number of entries was told already.
    """

    table: TableName
    sheet: Sheet
    number: int
    texts: Mapping[str, str]
    cells: Mapping[str, int]
    problems: Problems
    decimal: Decimal | None = None
    faulty: bool = False
    told: set[str] = field(default_factory=set)

    def where(self, name: str) -> Where:
        """Return the place of a cell; the row's first one if the column is not there."""
        return self.sheet.where(self.number, self.cells.get(name, 0))

    def tell(self, code: str, name: str, **values: Any) -> None:
        """Tell an error of a column's cell; the words get the names of the column besides ``values``."""
        self.faulty = True
        column = next(c for c in columns(self.table) if c.name == name)
        told = {"column": name, "zh": column.heading_zh, **values}
        self.problems.extend([Problem(code, self.where(name), values=told)])

    def extend(self, problems: Iterable[Problem], name: str) -> None:
        """Tell problems of another module at a column's cell."""
        self.faulty = True
        self.problems.extend([Problem(p.code, self.where(name), p.severity, p.values) for p in problems])

    def text(self, name: str) -> str:
        """Return the text of a cell; empty if there is none."""
        return self.texts.get(name, "")

    def record(self) -> dict[str, str]:
        """Return the texts as a study keeps them: numbers with a decimal point, whatever their file had."""
        kept = dict(self.texts)
        for column in columns(self.table):
            if column.type == "number" and self.text(column.name):
                read = ((part, parse_number(part, self.decimal)) for part in self.places(column.name))
                kept[column.name] = "; ".join(
                    part if not part or isinstance(found, Problem) else f"{found!r}".removesuffix(".0")
                    for part, found in read
                )
        return kept

    def parts(self, name: str) -> tuple[str, ...]:
        """Return the filled entries of a cell that are parted by semicolons."""
        return tuple(part for part in self.places(name) if part)

    def places(self, name: str) -> tuple[str, ...]:
        """Return the entries of a cell by place; an entry may be empty."""
        text = self.text(name).replace("；", ";")
        return tuple(part.strip() for part in text.split(";")) if text else ()

    def beside(self, name: str, count: int) -> tuple[str, ...]:
        """Return the entries of ``name`` for each of ``count`` entries of the column it stands beside."""
        found = self.places(name)
        if len(found) > count and name not in self.told:
            self.told.add(name)
            partner = next(c for c in columns(self.table) if c.name == name).places
            self.tell("knowledge.places", name, found=len(found), count=count, partner=partner)
        return (*found[:count], *[""] * (count - len(found)))


def tables_of(sheets: Sequence[Sheet], problems: Problems) -> dict[TableName, list[Row]]:
    """Return the rows of each table among the sheets; a sheet is known by its headings, wherever they stand."""
    found: dict[TableName, list[Row]] = {}
    for sheet in sheets:
        problems.extend(list(sheet.notes))
        heading = _heading(sheet)
        if heading is not None:
            table, number, cells = heading
            found.setdefault(table, []).extend(_rows(sheet, table, number, cells, problems))
    return found


def is_table(sheet: Sheet) -> bool:
    """Whether a sheet has the headings of a table."""
    return _heading(sheet) is not None


def _plain(cell: Cell) -> str:
    return " ".join(str(cell).split()).lower().replace(" ", "_") if cell is not None else ""


def _heading(sheet: Sheet) -> tuple[TableName, int, dict[str, int]] | None:
    """Return table, row of the headings, and column positions; ``None`` if the sheet is none of ours."""
    best: tuple[TableName, int, dict[str, int]] | None = None
    for number, row in enumerate(sheet.rows[:20]):
        for table in TABLES:
            names = {_plain(word): c.name for c in columns(table) for word in (c.name, c.heading_zh)}
            cells: dict[str, int] = {}
            for position, cell in enumerate(row):
                if (name := names.get(_plain(cell))) is not None:
                    cells.setdefault(name, position)
            needed = {c.name for c in columns(table) if c.needed}
            # the columns that must be filled tell the tables apart
            if len(needed & set(cells)) * 2 > len(needed) and (best is None or len(cells) > len(best[2])):
                best = table, number, cells
    return best


def _rows(sheet: Sheet, table: TableName, heading: int, cells: Mapping[str, int], problems: Problems) -> list[Row]:
    """Return the filled rows below the headings; missing and unknown columns are told."""
    known = {c.name: c for c in columns(table)}
    for name, column in known.items():
        if column.needed and name not in cells:
            problems.add("knowledge.no_column", sheet.where(heading, 0), column=name, zh=column.heading_zh)
    for position, cell in enumerate(sheet.rows[heading]):
        if not is_blank(cell) and position not in cells.values():
            near = suggest(_plain(cell), list(known)) or "–"
            problems.add(
                "knowledge.unknown_column", sheet.where(heading, position), "warning", found=str(cell), near=near
            )
    filled = [n for n in range(heading + 1, len(sheet.rows)) if any(not is_blank(c) for c in sheet.rows[n])]
    if len(filled) > MOST_ROWS:
        problems.add("knowledge.too_many", sheet.place, found=len(filled), most=MOST_ROWS)
        filled = filled[:MOST_ROWS]
    decimal = _decimal(sheet, table, filled, cells, problems)
    return [_row(sheet, table, number, cells, problems, decimal) for number in filled]


def _decimal(
    sheet: Sheet, table: TableName, filled: Sequence[int], cells: Mapping[str, int], problems: Problems
) -> Decimal | None:
    """Return the decimal sign of the numbers of a table."""
    places = [cells[c.name] for c in columns(table) if c.type == "number" and c.name in cells]
    texts = [part for n in filled for p in places if isinstance(cell := sheet.cell(n, p), str)
             for part in cell.replace("；", ";").split(";")]  # fmt: skip
    found = decimal_of(texts)
    if isinstance(found, Problem):
        problems.extend([Problem(found.code, sheet.place, found.severity, found.values)])
        return None
    return found


def _row(
    sheet: Sheet, table: TableName, number: int, cells: Mapping[str, int], problems: Problems, decimal: Decimal | None
) -> Row:
    texts = {name: _text(sheet.cell(number, position)) for name, position in cells.items()}
    row = Row(table, sheet, number, texts, cells, problems, decimal)
    for column in columns(table):
        text = row.text(column.name)
        if column.needed and not text and column.name in cells:
            row.tell("knowledge.empty", column.name)
        if len(text) > LONGEST:
            row.tell("knowledge.too_long", column.name, longest=LONGEST)
        elif not text.isprintable():
            row.tell("knowledge.control", column.name)
    return row


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(str(cell).split())


# --- cells -------------------------------------------------------------------------------------------------------
def identifier(row: Row) -> str:
    """Return the id of a row; a text that is none is told."""
    text = row.text("id")
    if text and not _ID.fullmatch(text):
        row.tell("knowledge.bad_id", "id", found=text)
    return text


def industry_codes(row: Row, name: str) -> tuple[str, ...]:
    """Return the industries of a cell; unknown ones are told with the nearest."""
    known = [found.code for found in industries()]
    good = []
    for part in row.parts(name):
        if part.lower() in (CITY, "城市"):
            good.append(CITY)
        elif part in known:
            good.append(part)
        else:
            # a spreadsheet takes 0610 for the number 610
            near = f"0{part}" if f"0{part}" in known else suggest(part, known) or "–"
            row.tell("knowledge.unknown_industry", name, found=part, near=near)
    return tuple(dict.fromkeys(good))


def material_codes(row: Row, name: str) -> tuple[str, ...]:
    """Return the materials of a cell by code; a name is understood, a heading only by its code."""
    known = {item.code for item in materials()}
    good = []
    for part in row.parts(name):
        named = None if part in known else material_named(part)
        if part in known or named is not None:
            good.append(named.code if named else part)
        else:
            near = [f"{m.code} ({m.name})" for m in match_material(part, most=3)] or "–"
            row.tell("knowledge.unknown_material", name, found=part, near=near)
    return tuple(good)


def choice(row: Row, column: Column, text: str) -> str:
    """Return a word of a closed list; another one is told."""
    if not text:
        return ""
    lowered = text.lower()
    if lowered in column.choices:
        return lowered
    near = suggest(lowered, column.choices) or "–"
    row.tell("knowledge.not_one_of", column.name, found=text, near=near, allowed=list(column.choices))
    return ""


def number(row: Row, name: str, text: str) -> float | None:
    """Return the number of an entry; ``None`` if there is none or it cannot be read, which is told."""
    if not text:
        return None
    found = parse_number(text, row.decimal, row.where(name))
    if isinstance(found, Problem):
        row.extend([found], name)
        return None
    return found


def unit(row: Row, name: str, text: str) -> str:
    """Return a unit that is understood, or an empty text after telling the problem."""
    try:
        parse_unit(text)
    except UnitError as error:
        row.extend(error.problems, name)
        return ""
    return text


def known_ids(row: Row, name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of a cell that are known; others are told with the nearest."""
    allowed = list(known)
    good = []
    for part in row.parts(name):
        if part in allowed:
            good.append(part)
        else:
            row.tell("knowledge.unknown_id", name, found=part, near=suggest(part, allowed) or "–")
    return tuple(good)


def references(row: Row, name: str) -> tuple[Reference, ...]:
    """Return the sources of a cell."""
    return tuple(found for part in row.parts(name) if (found := one_reference(row, name, part)) is not None)


def one_reference(row: Row, name: str, text: str) -> Reference | None:
    """Return the source that an entry names; a MAESTRI reference that is none is told."""
    found = reference(text) if text else None
    if text and found is None:
        row.tell("knowledge.maestri_reference", name, found=text)
    return found


_LACKING = (
    ("_unit", "knowledge.no_unit"), ("_kind", "knowledge.no_kind"), ("_source", "knowledge.no_source"),
)  # fmt: skip
"""What a number must have beside it, and the problem if it has not."""


def figure(row: Row, prefix: str, place: int = 0, count: int = 1) -> Figure | None:
    """Return the figure that the columns ``prefix``, ``prefix_low`` … give at a place; what is wrong is told.

    The note of the row goes with it where there is one place only.
    """
    names = {key: f"{prefix}{key}" for key in ("", "_low", "_high", "_unit", "_kind", "_source")}
    texts = {key: row.beside(name, count)[place] for key, name in names.items()}
    if not texts[""]:
        for key, text in texts.items():
            if text:
                row.tell("knowledge.alone", names[key], number=prefix)
        return None
    before = len(row.problems)
    value, low, high = (number(row, names[key], texts[key]) for key in ("", "_low", "_high"))
    for key, code in _LACKING:
        if not texts[key]:
            row.tell(code, names[key], number=prefix)
    if texts["_kind"] and texts["_kind"] not in KINDS:
        near = suggest(texts["_kind"], KINDS) or "–"
        row.tell("knowledge.not_one_of", names["_kind"], found=texts["_kind"], near=near, allowed=list(KINDS))
    measured = unit(row, names["_unit"], texts["_unit"]) if texts["_unit"] else ""
    source = one_reference(row, names["_source"], texts["_source"])
    if len(row.problems) > before or value is None or source is None:
        return None
    kind: Kind = next(k for k in KINDS if k == texts["_kind"])
    try:
        note = row.text(f"{prefix}_note") if count == 1 else ""
        return Figure(value, measured, kind, source.citation, low, high, source.year, note)
    except UnitError as error:
        row.extend(error.problems, names[""])
        return None


def evidence(row: Row, name: str, cases: Iterable[str]) -> tuple[Evidence, ...]:
    """Return the entries ``case status source`` of a cell."""
    allowed = list(cases)
    good = []
    for part in row.parts(name):
        case, status, source = (*part.split(maxsplit=2), "", "", "")[:3]
        if status not in get_args(Status) or not source:
            row.tell("knowledge.known_entry", name, found=part, allowed=list(STATUSES))
        elif case not in ("-", *allowed):
            row.tell("knowledge.unknown_id", name, found=case, near=suggest(case, allowed) or "–")
        elif (found := one_reference(row, name, source)) is not None:
            kept: Status = next(s for s in STATUSES if s == status)
            good.append(Evidence("" if case == "-" else case, kept, found))
    return tuple(good)
