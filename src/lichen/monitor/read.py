"""Read ``follow-up/``: CSV or XLSX, Chinese or English headings; every problem with its file, row and column."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lichen.errors import LANGUAGES, FileError, Problem, Problems, UnitError, Where
from lichen.figures import Figure
from lichen.inventory.fields import parse_cell
from lichen.labelled import suggest
from lichen.monitor.board import check_log
from lichen.monitor.dictionary import ENTITIES, FILES, FOLDER, Entity, columns
from lichen.monitor.parties import network_names
from lichen.monitor.terms import bounds_kept, latest_terms, refuse_overlaps
from lichen.monitor.values import Agreed, Event, FollowUp, Measure, Milestone, Target, Told
from lichen.numerals import Decimal, decimal_of
from lichen.sheets import Sheet, find_sheet, is_blank, read_sheets
from lichen.units import currency_of, factor, parse_unit, same_dimension

ENDINGS: Final = (".csv", ".xlsx", ".xls", ".ods")
MOST_ROWS: Final = 100_000


def has_follow_up(folder: str | Path) -> bool:
    """Whether a study's folder has a file that is followed."""
    return any(_paths(Path(folder), entity) for entity in ENTITIES)


def _paths(folder: Path, entity: Entity) -> list[Path]:
    return [path for end in ENDINGS if (path := folder / FOLDER / f"{FILES[entity]}{end}").is_file()]


def read_follow_up(folder: str | Path) -> FollowUp:
    """Return what the files in ``follow-up/`` of a study's folder say.

    Parameters
    ----------
    folder
        The study's folder; each file may be missing.

    Raises
    ------
    FileError
        With every problem of all files.
    """
    problems = Problems()
    sheets: dict[Entity, Sheet] = {}
    for entity in ENTITIES:
        sheet = _sheet(Path(folder), entity, problems)
        if sheet is not None:
            sheets[entity] = sheet
    found = follow_up_of(sheets, problems)
    problems.raise_if_errors(FileError)
    return found


def read_terms(folder: str | Path) -> dict[str, Agreed]:
    """Return what is agreed in a study's folder: exchange → its terms that begin last.

    An exchange is called as in design and appraisal, DONOR>STREAM>RECEIVER, where ``parties.csv`` says that it came
    from such a one; else as in the log.

    Raises
    ------
    FileError
        With every problem of the file of terms, and of ``parties.csv``.
    """
    problems = Problems()
    sheet = _sheet(Path(folder), "terms", problems)
    found = follow_up_of({"terms": sheet} if sheet is not None else {}, problems)
    names = network_names(folder, problems)
    problems.raise_if_errors(FileError)
    return {names.get(name, name): terms for name, terms in latest_terms(found.terms).items()}


def follow_up_of(sheets: Mapping[Entity, Sheet], problems: Problems | None = None, own: bool = False) -> FollowUp:
    """Return what sheets say; rows with errors are left out, and every problem is in ``problems`` of the result.

    Parameters
    ----------
    sheets
        One for each kind of row; each may be missing.
    problems
        What is known already; those of the sheets are added to it.
    own
        Whether the sheets are ours: then a point is the decimal sign.
    """
    problems = Problems() if problems is None else problems
    rows = {entity: _rows(sheets[entity], entity, problems, own) if entity in sheets else [] for entity in ENTITIES}
    made: dict[Entity, list[Any]] = {
        entity: [value for row in rows[entity] if not row.faulty and (value := _MAKE[entity](row, problems))]
        for entity in ENTITIES
    }
    for entity in ("planned", "actual"):
        _refuse_doubles(made[entity], problems)
    refuse_overlaps(made["terms"], problems)
    problems.extend(check_log(made["event"]))
    return FollowUp(
        tuple(made["event"]), tuple(made["planned"]), tuple(made["actual"]), tuple(made["measure"]),
        tuple(made["milestone"]), tuple(made["target"]), problems.as_tuple(), tuple(made["terms"]),
    )  # fmt: skip


def records_of(sheet: Sheet, entity: Entity, problems: Problems, own: bool = False) -> tuple[dict[str, Any], ...]:
    """Return the rows of a sheet that have no error as plain values by column key; what is empty is left out.

    Parameters
    ----------
    sheet, entity
        The sheet, and what its rows are.
    problems
        Every problem of a cell is added to it.
    own
        Whether the sheet is ours: then a point is the decimal sign.
    """
    rows = [row for row in _rows(sheet, entity, problems, own) if not row.faulty]
    return tuple({key: _cell(value) for key, value in row.values.items() if value not in (None, "")} for row in rows)


def _cell(value: Any) -> Any:
    """Return a value as a file can hold it."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value if isinstance(value, str | int | float) else str(value)


@dataclass
class _Row:
    """One row: values by column key, and whether a cell was faulty."""

    sheet: Sheet
    number: int
    places: Mapping[str, int]
    values: dict[str, Any]
    faulty: bool = False

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def text(self, key: str) -> str:
        return self.values.get(key) or ""

    def where(self, key: str) -> Where:
        return self.sheet.where(self.number, self.places.get(key, 0))

    def amount(self, key: str, to: str) -> float | None:
        """Return a number in ``to``; ``None`` where it is empty or of another kind."""
        unit = self.get(f"{key} unit")
        if self.get(key) is None or unit is None or not same_dimension(unit, to):
            return None
        return float(self.get(key)) * factor(unit, to)


def _sheet(folder: Path, entity: Entity, problems: Problems) -> Sheet | None:
    """Return the sheet of a kind of row; ``None`` where there is no file, or none that can be opened."""
    paths = _paths(folder, entity)
    if len(paths) > 1:
        problems.add("follow.two_files", Where(file=paths[0].name), other=paths[1].name)
    if len(paths) != 1:
        return None
    try:
        return find_sheet(read_sheets(paths[0]))
    except FileError as error:
        problems.extend(error.problems)
        return None


def _rows(sheet: Sheet, entity: Entity, problems: Problems, own: bool = False) -> list[_Row]:
    problems.extend(sheet.notes)
    found = _heading(sheet, entity)
    if found is None:
        problems.add("follow.no_heading", sheet.place, wanted=[c.key for c in columns(entity) if c.field.required])
        return []
    top, places = found
    if len(sheet.rows) - top > MOST_ROWS:
        problems.add("inventory.too_many_rows", sheet.place, most=MOST_ROWS)
        return []
    _check_heading(sheet, entity, top, places, problems)
    decimal = "." if own else _decimal(sheet, entity, top, places, problems)
    numbers = range(top + 1, len(sheet.rows))
    return [
        _row(sheet, number, entity, places, decimal, problems)
        for number in numbers if not all(map(is_blank, sheet.rows[number]))
    ]  # fmt: skip


@functools.cache
def _known(entity: Entity) -> Mapping[str, str]:
    """Return heading in small letters → column key."""
    labels = {_folded(c.label(lang)): c.key for c in reversed(columns(entity)) for lang in LANGUAGES}
    return labels | {_folded(c.key): c.key for c in columns(entity)} | {
        _folded(c.key.replace("_", " ")): c.key for c in columns(entity)
    }  # fmt: skip


def _folded(text: object) -> str:
    return " ".join(str(text).split()).lower()


def _heading(sheet: Sheet, entity: Entity) -> tuple[int, dict[str, int]] | None:
    """Return the row of the headings and the place of each column: the first row that names two needed columns."""
    known = _known(entity)
    required = [c.key for c in columns(entity) if c.field.required]
    for number, row in enumerate(sheet.rows[:30]):
        places: dict[str, int] = {}
        for j, cell in enumerate(row):
            key = known.get(_folded(cell)) if isinstance(cell, str) else None
            if key is not None:
                places.setdefault(key, j)
        if sum(key in places for key in required) >= 2:
            return number, places
    return None


def _check_heading(sheet: Sheet, entity: Entity, top: int, places: Mapping[str, int], problems: Problems) -> None:
    known = _known(entity)
    for column in columns(entity):
        if column.field.required and not column.is_unit and column.key not in places:
            problems.add("inventory.no_column", sheet.where(top, 0), column=column.label("en"), zh=column.label("zh"))
    labels = [c.label(lang) for c in columns(entity) for lang in LANGUAGES]
    for j, cell in enumerate(sheet.rows[top]):
        key = known.get(_folded(cell))
        if is_blank(cell):
            continue
        if key is None:
            near = suggest(str(cell)[:60], labels) or "–"
            problems.add("inventory.unknown_column", sheet.where(top, j), "warning", column=str(cell)[:60], near=near)
        elif places[key] != j:
            problems.add("inventory.doubled_column", sheet.where(top, j), column=str(cell)[:60],
                         first=sheet.where(top, places[key]).cell)  # fmt: skip


def _decimal(
    sheet: Sheet, entity: Entity, top: int, places: Mapping[str, int], problems: Problems
) -> Decimal | None:  # fmt: skip
    """Return the decimal sign that a file leaves no doubt of; without one, what can be read in two ways is refused."""
    numbers = [places[c.key] for c in columns(entity)
               if c.field.type == "number" and not c.is_unit and c.key in places]  # fmt: skip
    found = decimal_of(row[j] for row in sheet.rows[top + 1 :] for j in numbers if j < len(row))
    if isinstance(found, Problem):
        problems.add(found.code, sheet.place, **found.values)
        return None
    return found


def _row(
    sheet: Sheet, number: int, entity: Entity, places: Mapping[str, int], decimal: Decimal | None, problems: Problems
) -> _Row:
    row = _Row(sheet, number, places, {})
    for column in columns(entity):
        if column.key not in places:
            row.faulty |= column.field.required and not column.is_unit
            continue
        parsed = parse_cell(column, sheet.cell(number, places[column.key]), row.where(column.key), decimal)
        problems.extend(list(parsed.problems))
        row.faulty |= any(p.severity == "error" for p in parsed.problems)
        row.values[column.key] = parsed.value
    _check_units(row, entity, problems)
    return row


def _check_units(row: _Row, entity: Entity, problems: Problems) -> None:
    for column in columns(entity):
        if not column.is_unit and column.field.units and row.get(column.key) is not None:
            key = f"{column.key} unit"
            unit_cell = row.sheet.cell(row.number, row.places[key]) if key in row.places else None
            if row.get(key) is None and is_blank(unit_cell):
                row.faulty = True
                problems.add("inventory.no_unit", row.where(key if key in row.places else column.key),
                             field=column.label("en"), zh=column.label("zh"),
                             allowed=list(column.field.units))  # fmt: skip


def _refuse_doubles(rows: Iterable[Told], problems: Problems) -> None:
    first: dict[tuple[str, int], Where] = {}
    for row in rows:
        key = (row.exchange, row.year)
        if key in first:
            problems.add("follow.doubled", row.where, exchange=row.exchange, year=row.year, first=first[key].cell)
        first.setdefault(key, row.where)


# --- rows to values ----------------------------------------------------------------------------------------------
def _event(row: _Row, problems: Problems) -> Event:
    return Event(
        row.text("exchange"), row.get("date"), row.get("state"), row.text("owner"), row.text("next_step"),
        row.get("due"), row.text("note"), row.text("who"), row.text("source"), row.where("exchange"),
    )  # fmt: skip


def _asked(row: _Row, counted: bool, problems: Problems) -> bool:
    """Return whether a row says something: a number, or what was told with a question."""
    if not counted and not row.text("told"):
        problems.add("follow.nothing", row.where("quantity"))
        return False
    if row.text("told") and not row.text("question"):
        problems.add("follow.no_question", row.where("question"), told=row.text("told"))
        return False
    return True


def _told(row: _Row, problems: Problems) -> Told | None:
    quantity = None
    if row.get("quantity") is not None:
        try:
            quantity = Figure(float(row.get("quantity")), row.get("quantity unit"), row.get("kind"),
                              row.text("source"), row.get("low"), row.get("high"), int(row.get("year")))  # fmt: skip
        except UnitError as error:
            problems.extend([Problem(p.code, row.where("quantity"), p.severity, p.values) for p in error.problems])
            return None
    if not _asked(row, quantity is not None, problems):
        return None
    currency = currency_of(row.get("money unit")) if row.get("money unit") else ""
    return Told(
        row.text("exchange"), int(row.get("year")), quantity, row.text("source"), row.amount("co2", "tCO2/a"),
        row.amount("money", f"{currency}/a") if currency else None, currency, row.text("told"), row.text("question"),
        row.text("note"), row.where("exchange"),
    )  # fmt: skip


_NUMBERS = ("investment", "saving", "energy", "co2")


def _agreed(row: _Row, problems: Problems) -> Agreed | None:
    """Return agreed terms that say something, in an order that can be."""
    before = len(problems.as_tuple())
    if all(row.get(key) is None for key in ("price", "quantity", "low", "high")):
        problems.add("follow.no_terms", row.where("price"))
    for key, ends in (("price", ("price_low", "price_high")), ("quantity", ("low", "high"))):
        if not row.text(f"{key} unit") and any(row.get(end) is not None for end in ends):
            problems.add("follow.no_unit_of_bounds", row.where(f"{key} unit"))
        low, high = (row.get(end) for end in ends)
        if not bounds_kept(low, row.get(key), high):
            at = ends[0] if low is not None else ends[1]
            problems.add("follow.terms_bounds", row.where(at), low=low, value=row.get(key), high=high)
    start, end = row.get("start"), row.get("end")
    if end is not None and end.last < start.first:
        problems.add("follow.terms_order", row.where("end"), start=str(start), end=str(end))
    if len(problems.as_tuple()) > before:
        return None
    return Agreed(
        row.text("exchange"), start, row.text("source"), end, row.get("price"), row.text("price unit"),
        row.get("price_low"), row.get("price_high"), int(row.get("price_year") or start.first.year),
        row.text("adjustment"), row.text("index"), row.get("quantity"), row.get("low"), row.get("high"),  # type: ignore[arg-type]  # the dictionary's choices
        row.text("quantity unit"), row.text("note"), row.where("start"),
    )  # fmt: skip


def _measure(row: _Row, problems: Problems) -> Measure | None:
    if row.text("told") and not _asked(row, True, problems):
        return None
    units = [row.get(f"{key} unit") for key in ("investment", "saving") if row.get(f"{key} unit")]
    currencies = list(dict.fromkeys(currency_of(unit) for unit in units))
    if len(currencies) > 1:
        problems.add("follow.two_currencies", row.where("saving unit"), found=currencies)
        return None
    money = currencies[0] if currencies else ""
    return Measure(
        row.text("firm"), row.text("measure"), row.text("category"), row.get("state"), row.text("source"),
        int(row.get("count") or 1), row.text("size"), int(row.get("year") or 0),
        row.amount("investment", money) if money else None, row.amount("saving", f"{money}/a") if money else None,
        row.amount("saving", money) if money else None, money, row.amount("energy", "GJ/a"),
        row.amount("co2", "tCO2/a"), row.amount("co2", "tCO2"), row.text("kind"), row.text("told"),
        row.text("question"), row.text("note"), row.where("firm"),
    )  # fmt: skip


def _milestone(row: _Row, problems: Problems) -> Milestone:
    return Milestone(row.text("milestone"), row.get("due"), row.text("exchange"), row.get("done"), row.text("owner"),
                     row.text("note"), row.where("milestone"))  # fmt: skip


def _target(row: _Row, problems: Problems) -> Target | None:
    try:
        parse_unit(row.text("unit"))
    except UnitError as error:
        problems.extend([Problem(p.code, row.where("unit"), p.severity, p.values) for p in error.problems])
        return None
    return Target(row.text("indicator"), int(row.get("year")), row.get("direction"), row.text("unit"),
                  row.text("source"), row.get("target"), row.get("value"), row.text("note"),
                  row.where("indicator"))  # fmt: skip


_MAKE: Mapping[Entity, Callable[[_Row, Problems], Any]] = {
    "event": _event, "planned": _told, "actual": _told, "terms": _agreed, "measure": _measure, "milestone": _milestone,
    "target": _target,
}  # fmt: skip
