"""Rows of a table of costs: read cell by cell; everything that is wrong is told with its cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lichen.appraise._checks import LARGEST
from lichen.appraise._cost_items import (
    EXCHANGE,
    PAIR,
    SIZE,
    Item,
    Rule,
    cost_columns,
    dimension,
    known_keys,
    plain_word,
    rules,
)
from lichen.errors import Problem, Problems, UnitError, Where
from lichen.figures import KINDS, Figure, Kind, Text
from lichen.knowledge.values import Knowledge
from lichen.labelled import suggest
from lichen.numerals import Decimal, decimal_of, parse_number
from lichen.sheets import Cell, Sheet, is_blank
from lichen.units import currency_of, factor, parse_unit
from lichen.vocabulary.materials import match_material, material_named, materials

MOST_ROWS = 10_000
LONGEST = 1000
MOST_SUGGESTIONS = 300
"""Problems of a file after which no nearest key is looked for; a wall of junk would cost minutes."""
_NUMBERS = ("value", "low", "high")
_YEAR = re.compile(r"((?:19|20|21)[0-9]{2}) ?年?")
_KINDS: Mapping[str, Kind] = {
    **{kind: kind for kind in KINDS}, "实测": "measured", "报表": "reported", "推算": "estimated", "假设": "assumed",
}  # fmt: skip
"""Spellings of kinds, as a survey has them."""
_NAMED = [Text(kind, word) for word, kind in _KINDS.items() if word != kind]
_ITEMS = Text(", ".join(rules()), "、".join(rule.heading_zh for rule in rules().values()))


@dataclass
class CostRow:
    """One row: its cells by column, its place, and where problems are told.

    Parameters
    ----------
    sheet, number
        Which row of which sheet, counted from 0.
    places
        Column → position in the sheet.
    decimal
        Decimal sign of the sheet; ``None``: it does not show.
    problems
        Where what is wrong is told.
    faulty
        Whether something is.
    """

    sheet: Sheet
    number: int
    places: Mapping[str, int]
    decimal: Decimal | None
    problems: Problems
    faulty: bool = field(default=False)

    def where(self, name: str) -> Where:
        """Return the place of a cell; the row's first one if the column is not there."""
        return self.sheet.where(self.number, self.places.get(name, 0))

    def cell(self, name: str) -> Cell:
        """Return what a cell holds."""
        return self.sheet.cell(self.number, self.places[name]) if name in self.places else None

    def text(self, name: str) -> str:
        """Return the text of a cell with single blanks; empty if there is none."""
        cell = self.cell(name)
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        return "" if cell is None else " ".join(str(cell).split())

    def tell(self, code: str, name: str, **values: Any) -> None:
        """Tell an error of a cell."""
        self.faulty = True
        heading = next(c.heading_zh for c in cost_columns() if c.name == name)
        self.problems.add(f"costs.{code}", self.where(name), column=name, zh=heading, **values)

    def pass_on(self, problems: Sequence[Problem], name: str) -> None:
        """Tell problems of another module at a cell."""
        self.faulty = True
        self.problems.extend([Problem(p.code, self.where(name), p.severity, p.values) for p in problems])


@dataclass(frozen=True)
class Found:
    """A row without an error: its rule, its key, its figure, and the dimension of its unit."""

    rule: Rule
    key: str
    figure: Figure
    dimension: str


def read_rows(sheets: Sequence[Sheet], base: Knowledge, problems: Problems) -> list[Found]:
    """Return the rows of all sheets that have the headings of a table of costs."""
    found: list[Found] = []
    first: dict[tuple[str, str, str, int], Where] = {}
    keys = {rule.item: known_keys(rule, base) for rule in rules().values()}
    headed = [(sheet, heading) for sheet in sheets if (heading := _heading(sheet)) is not None]
    if not headed:
        needed = [c.name for c in cost_columns() if c.needed]
        problems.add("costs.no_table", Where(sheets[0].file if sheets else ""), needed=needed)
    for sheet, (number, places) in headed:
        for row in _rows(sheet, number, places, problems):
            read = _read(row, keys)
            if read is not None and _is_new(row, read, first):
                found.append(read)
    return found


def _is_new(row: CostRow, read: Found, first: dict[tuple[str, str, str, int], Where]) -> bool:
    """Whether no row before says the same thing; one that does is told. ``first``: what was said where."""
    year = read.figure.year if read.rule.by_year else 0
    here = row.where("key")
    before = first.setdefault((read.rule.item, read.key, read.dimension, year), here)
    if before is not here:
        years = [rule.name for rule in rules().values() if rule.by_year]
        row.tell("doubled", "key", item=read.rule.name, key=read.key, first=before.text(), years=years)
    return before is here


# --- headings --------------------------------------------------------------------------------------------------------
def _heading(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Return the row of the headings and the places of the columns; ``None`` if the sheet is no table of costs."""
    names = {plain_word(word): c.name for c in cost_columns() for word in (c.name, c.heading_zh)}
    best: tuple[int, dict[str, int]] | None = None
    for number, row in enumerate(sheet.rows[:20]):
        places: dict[str, int] = {}
        for position, cell in enumerate(row):
            if isinstance(cell, str) and (name := names.get(plain_word(cell))) is not None:
                places.setdefault(name, position)
        if {"item", "key"} <= set(places) and (best is None or len(places) > len(best[1])):
            best = number, places
    return best


def _rows(sheet: Sheet, heading: int, places: Mapping[str, int], problems: Problems) -> Iterator[CostRow]:
    """Yield the filled rows below the headings; columns that are missing, unknown or doubled are told."""
    known = {c.name: c for c in cost_columns()}
    for name, column in known.items():
        if column.needed and name not in places:
            problems.add("costs.no_column", sheet.where(heading, 0), column=name, zh=column.heading_zh)
    for position, cell in enumerate(sheet.rows[heading]):
        if not is_blank(cell) and position not in places.values():
            near = suggest(str(cell).strip().lower(), [*known, *(c.heading_zh for c in known.values())]) or "–"
            problems.add("costs.unknown_column", sheet.where(heading, position), found=str(cell), near=near)
    filled = [n for n in range(heading + 1, len(sheet.rows)) if any(not is_blank(c) for c in sheet.rows[n])]
    if len(filled) > MOST_ROWS:
        problems.add("costs.too_many", sheet.place, found=len(filled), most=MOST_ROWS)
        filled = filled[:MOST_ROWS]
    decimal = decimal_of(sheet.cell(n, places[name]) for n in filled for name in _NUMBERS if name in places)
    if isinstance(decimal, Problem):
        problems.extend([Problem(decimal.code, sheet.place, decimal.severity, decimal.values)])
        decimal = None
    for number in filled:
        yield CostRow(sheet, number, places, decimal, problems)


# --- cells -----------------------------------------------------------------------------------------------------------
def _read(row: CostRow, keys: Mapping[Item, Mapping[str, str]]) -> Found | None:
    """Return what a row says; ``None`` if something is wrong with it, which is told."""
    _check_texts(row)
    rule = _rule(row)
    key = _key(row, rule, keys[rule.item]) if rule is not None else ""
    unit, measured = _unit(row, rule)
    value, low, high = (_number(row, name, unit) for name in _NUMBERS)
    kind, year = _kind(row), _year(row)
    if rule is not None and measured:
        _check_bounds(row, rule, unit, (value, low, high))
    if row.faulty or rule is None or value is None or kind is None:
        return None
    try:
        figure = Figure(value, unit, kind, row.text("source"), low, high, year, row.text("note"))
    except UnitError as error:
        row.pass_on(error.problems, "value")
        return None
    return Found(rule, key, figure, measured)


def _check_texts(row: CostRow) -> None:
    """Tell needed cells that are empty, and texts that are too long or hold control characters."""
    for column in cost_columns():
        text = row.text(column.name)
        if column.needed and not text and column.name in row.places:
            row.tell("empty", column.name)
        elif len(text) > LONGEST:
            row.tell("too_long", column.name, longest=LONGEST)
        elif not text.isprintable():
            row.tell("control", column.name)
        row.faulty |= column.needed and column.name not in row.places


def _rule(row: CostRow) -> Rule | None:
    text = row.text("item")
    known = {plain_word(word): rule for rule in rules().values() for word in (rule.item, rule.heading_zh)}
    found = known.get(plain_word(text))
    if text and found is None:
        near = suggest(text.lower(), [*rules(), *(rule.heading_zh for rule in rules().values())]) or "–"
        row.tell("unknown_item", "item", found=text, near=near, allowed=_ITEMS)
    return found


def _key(row: CostRow, rule: Rule, known: Mapping[str, str]) -> str:
    """Return the key of a row; one that the item does not have is told with the nearest."""
    text = row.text("key")
    size = SIZE.fullmatch(text) if rule.keys == "size" else None
    spelled = f"DN{size[1]}" if size else text if text in known else text.lower()
    if rule.keys == "treatment" and EXCHANGE.fullmatch(text):
        return text
    if rule.keys == "pair" and (pair := PAIR.fullmatch(text)) is not None:
        codes = [plain_code(part) for part in pair.groups()]
        if all(codes):
            return ">".join(codes)
    if not text or spelled in known:
        return known.get(spelled, "")
    named = material_named(text) if rule.has_ancestors else None
    if named is not None:
        return named.code
    near: list[str] = []
    if len(row.problems) < MOST_SUGGESTIONS:
        near = [found] if (found := suggest(spelled, list(known))) else []
        near += [f"{m.code} ({m.name})" for m in match_material(text, most=3)] if rule.has_ancestors else []
    row.tell("unknown_key", "key", found=text, item=rule.name, near=near or "–")
    return ""


def plain_code(text: str) -> str:
    """Return the code of a material by its code or name; empty: there is none."""
    known = {m.code for m in materials()}
    named = material_named(text.strip())
    return text.strip() if text.strip() in known else named.code if named is not None else ""


def _unit(row: CostRow, rule: Rule | None) -> tuple[str, str]:
    """Return the unit and the dimension it has among those of the item; both empty where it cannot be."""
    text = row.text("unit")
    if not text:
        return "", ""
    try:
        parse_unit(text)
    except UnitError as error:
        row.pass_on(error.problems, "unit")
        return "", ""
    if rule is None:
        return text, ""
    if rule.in_money and not currency_of(text):
        row.tell("no_currency", "unit", found=text, allowed=list(rule.units))
        return text, ""
    measured = dimension(text, rule)
    if not measured:
        row.tell("unit_misfit", "unit", found=text, item=rule.name, allowed=list(rule.units))
    return text, measured


def _number(row: CostRow, name: str, unit: str) -> float | None:
    """Return the number of a cell; ``None`` if it is empty or cannot be read, which is told."""
    cell = row.cell(name)
    if is_blank(cell):
        return None
    found = parse_number(cell, row.decimal, row.where(name))
    if isinstance(found, Problem):
        row.pass_on([found], name)
        return None
    if isinstance(cell, str) and cell.strip().endswith(("%", "％")) and "percent" in str(unit and parse_unit(unit)):
        row.tell("percent_twice", name, found=cell.strip(), unit=unit)
    return found


def _kind(row: CostRow) -> Kind | None:
    text = row.text("kind")
    found = _KINDS.get(text.lower())
    if text and found is None:
        row.tell("unknown_kind", "kind", found=text, near=suggest(text.lower(), list(_KINDS)) or "–", allowed=_NAMED)
    return found


def _year(row: CostRow) -> int:
    text = row.text("year")
    found = _YEAR.fullmatch(text)
    if text and found is None:
        row.tell("bad_year", "year", found=text)
    return int(found[1]) if found else 0


def _check_bounds(row: CostRow, rule: Rule, unit: str, numbers: Sequence[float | None]) -> None:
    """Tell numbers beyond the bounds of the item, and ranges that are half or upside down."""
    value, low, high = numbers
    ratio = 1.0 if rule.in_money else factor(unit, dimension(unit, rule))  # the bounds of money are no amounts
    least, most = _bounds(rule)
    for name, number in zip(_NUMBERS, numbers, strict=True):
        scaled = None if number is None else number * ratio
        if scaled is not None and (not least <= scaled <= most or (rule.above and scaled == least)):
            row.tell("out_of_bounds", name, found=f"{number:g}", unit=unit, item=rule.name, allowed=_span(rule))
    if low is not None and high is not None:
        if value is not None and not low <= value <= high:
            row.tell("range", "value", value=f"{value:g}", low=f"{low:g}", high=f"{high:g}")
    elif (low is None) != (high is None) and is_blank(row.cell(lacking := "low" if low is None else "high")):
        row.tell("half_range", lacking)


def _bounds(rule: Rule) -> tuple[float, float]:
    return -LARGEST if rule.low is None else rule.low, LARGEST if rule.high is None else rule.high


def _span(rule: Rule) -> str:
    """Return the bounds of an item in signs."""
    least, most = _bounds(rule)
    unit = "" if rule.in_money or rule.units[0] == "1" else f" {rule.units[0]}"
    return f"{'>' if rule.above else '≥'} {least:g}, ≤ {most:g}{unit}"
