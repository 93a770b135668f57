"""Turn the rows of a foreign sheet into rows of our survey, each cell with the place it comes from."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lichen.errors import Problem, Where
from lichen.inventory._mapping_file import Condition, Fields, FlowRule, MappingFile
from lichen.inventory._mapping_values import Found, Opened, Origin, Spot, Told, Value, column_of, find, plain, text_of
from lichen.inventory.dictionary import ENTITIES, Column, Entity, columns
from lichen.inventory.fields import PERCENT
from lichen.numerals import Decimal, parse_number
from lichen.sheets import Cell, Sheet, is_blank

_SIGN = re.compile(r"(?<=[0-9])[,.' ](?=[0-9])")
_COLUMNS: Mapping[Entity, Mapping[str, Column]] = {e: {c.key: c for c in columns(e)} for e in ENTITIES}
_NUMBERS: Mapping[Entity, Mapping[str, Column]] = {
    e: {k: c for k, c in own.items() if c.field.type in ("number", "integer", "year") and not c.is_unit}
    for e, own in _COLUMNS.items()
}


@dataclass
class Rows:
    """Rows of one entity in the making: cells by column key, and where each comes from."""

    keys: tuple[str, ...]
    cells: list[tuple[Cell, ...]] = field(default_factory=list)
    origins: list[tuple[tuple[Sheet, Origin], ...]] = field(default_factory=list)
    told: set[tuple[int, int]] = field(default_factory=set)
    """Rows and columns of cells whose fault was told already."""


def number_of(cell: Cell, decimal: Decimal | None) -> float | None:
    """Return the number of a cell; ``None`` if it is empty or none."""
    found = parse_number(cell, decimal)
    return None if isinstance(found, Problem) else found


class Built:
    """What was read so far.

    Parameters
    ----------
    mapping
        The mapping file; the keys it fills become the columns.
    """

    def __init__(self, mapping: MappingFile) -> None:
        self.mapping = mapping
        self.told = Told(mapping.file)
        self.rows = {entity: Rows(keys) for entity, keys in _keys(mapping).items()}
        self.bad: set[str] = set()
        self.incomplete = False
        self.left: dict[str, Counter[str]] = {}
        self._first: dict[tuple[Entity, str, str], int] = {}

    # --- one value ------------------------------------------------------------------------------------------------

    def _take(self, entity: Entity, key: str, value: Value, spot: Spot) -> Found:
        """Return what a field holds; numbers are read by the signs of the file and multiplied."""
        found = find(value, spot, self.told)
        column = _NUMBERS[entity].get(key)
        if not found.good or is_blank(found.cell):
            return replace(found, cell=None)
        if column is None:
            return found
        cell = found.cell
        if isinstance(cell, str) and (percent := PERCENT.fullmatch(cell)):
            if column.field.unit != "%":
                return found  # the survey's own check tells it
            cell = percent[1]
        where = spot.where(found.origin, self.told.file)
        decimal: Decimal | None = "." if isinstance(found.origin, str) else spot.opened.decimal
        number = parse_number(cell, decimal, where)
        if isinstance(number, Problem):
            if number.code not in ("numerals.empty", "numerals.no_value"):
                self.told.problems.extend([number])
                return Found(None, found.origin, False)
            return self._take(entity, key, value.instead, spot) if value.instead else Found(None, found.origin)
        if isinstance(cell, str) and not isinstance(found.origin, str) and (sign := self._strange(cell, spot)):
            self.told.problems.add("mapping.thousands", where, text=cell[:60], sign=sign)
            return Found(None, found.origin, False)
        return Found(number if value.times == 1.0 else number * value.times, found.origin)

    def _strange(self, text: str, spot: Spot) -> str:
        """Return a sign between the digits of a number that the mapping file does not allow there."""
        allowed = self.mapping.thousands
        plain_text = unicodedata.normalize("NFKC", text).replace("’", "'")
        signs = (c for c in _SIGN.findall(plain_text) if c not in (allowed, spot.opened.decimal))
        return "" if allowed is None else next(signs, "")

    # --- rows -----------------------------------------------------------------------------------------------------

    def firm(self, fields: Fields, spot: Spot) -> str | None:
        """Add the firm of a row, unless it is there; return its code, ``None`` if the row gives none."""
        found = self._take("firm", "id", fields["id"], spot)
        name = text_of(found.cell)
        if not name:
            if found.good:
                self.told.problems.add("mapping.no_id", spot.where(found.origin, self.told.file), key=fields["id"].key)
            return None
        self._add("firm", name, name, {"id": replace(found, cell=name)}, fields, spot)
        return name

    def process(self, fields: Fields, spot: Spot, firm: str) -> Found:
        """Add the process of a row, unless it is there or there is none; return its code."""
        if not fields:
            return Found(None, "process.id")
        found = self._take("process", "id", fields["id"], spot)
        if found.good and is_blank(found.cell):
            return found
        self._add("process", text_of(found.cell), firm, {"firm": Found(firm, found.origin), "id": found}, fields, spot)
        return found

    def flow(self, fields: Fields, spot: Spot, firm: str, process: Found, rule: FlowRule, key: str) -> bool:
        """Add one flow of a row, if it has it; return whether it does."""
        quantity = self._take("flow", "quantity", fields["quantity"], spot)
        if quantity.good and quantity.cell is None and rule.skip_empty:
            self.count(key, "empty")
            return False
        if quantity.cell == 0 and rule.skip_zero:
            self.count(key, "zero")
            return False
        first = {"firm": Found(firm, quantity.origin), "quantity": quantity}
        if "process" not in fields:
            first["process"] = process
        self._add("flow", "", firm, first, fields, spot)
        return True

    def _add(
        self, entity: Entity, name: str, firm: str, first: Mapping[str, Found], fields: Fields, spot: Spot
    ) -> None:
        rows = self.rows[entity]
        cells: list[Cell] = []
        origins: list[tuple[Sheet, Origin]] = []
        bad: list[int] = []
        for j, key in enumerate(rows.keys):
            found = first.get(key) or (self._take(entity, key, fields[key], spot) if key in fields else _NOTHING)
            cells.append(found.cell)
            origins.append((spot.opened.sheet, found.origin or next(iter(first.values())).origin))
            if not found.good:
                bad.append(j)
        if bad:
            self.bad.add(firm)
        if entity != "flow" and name and not self._is_new(entity, name, firm, cells, origins):
            return
        rows.told |= {(len(rows.cells), j) for j in bad}
        rows.cells.append(tuple(cells))
        rows.origins.append(tuple(origins))

    def _is_new(self, entity: Entity, name: str, firm: str, cells: list[Cell],
                origins: list[tuple[Sheet, Origin]]) -> bool:  # fmt: skip
        """Whether a firm or process was not read before; report where a second row says something else of it."""
        rows = self.rows[entity]
        at = self._first.setdefault((entity, firm, name), len(rows.cells))
        if at == len(rows.cells):
            return True
        for j, (before, now) in enumerate(zip(rows.cells[at], cells, strict=True)):
            if before != now:
                column = _COLUMNS[entity][rows.keys[j]]
                self.told.problems.add("mapping.differs", self.place(*origins[j]), name=name, field=column.label("en"),
                                       zh=column.label("zh"), found=text_of(now), before=text_of(before),
                                       first=self.place(*rows.origins[at][j]).text())  # fmt: skip
                self.bad.add(firm)
        return False

    def place(self, sheet: Sheet, origin: Origin) -> Where:
        """Return the place of an origin."""
        return Where(file=self.told.file, key=origin) if isinstance(origin, str) else sheet.where(*origin)

    def count(self, key: str, why: str) -> None:
        """Count what was left out, by rule and reason."""
        self.left.setdefault(key, Counter())[why] += 1

    # --- what comes out --------------------------------------------------------------------------------------------

    def sheets(self, file: str) -> list[Sheet]:
        """Return the rows as sheets of our survey."""
        return [Sheet(file, entity, (rows.keys, *rows.cells)) for entity, rows in self.rows.items()]

    def moved(self, problem: Problem) -> Problem | None:
        """Return a problem of those sheets at the place it comes from; ``None`` if its cell was told already."""
        rows = self.rows.get(problem.where.sheet)  # type: ignore[call-overload]
        at = _cell(problem.where.cell)
        if rows is None or at is None or at[0] == 0:
            return problem
        row, column = at[0] - 1, at[1]
        if (row, column) in rows.told:
            return None
        values = dict(problem.values)
        first = _cell(str(values.get("first", "")))
        if first is not None and first[0] > 0:
            values["first"] = self.place(*rows.origins[first[0] - 1][first[1]]).text()
        return replace(problem, where=self.place(*rows.origins[row][column]), values=values)


_NOTHING = Found(None, "")


def _keys(mapping: MappingFile) -> dict[Entity, tuple[str, ...]]:
    """Return the columns of each entity that a mapping file fills, in the order of the dictionary."""
    matrix = mapping.matrix
    rows, heads = (matrix.rows, matrix.columns) if matrix else ((), ())
    named: dict[Entity, set[str]] = {
        "firm": {*mapping.firm, *(k for r in rows for k in r.firm)},
        "process": {*mapping.process, *(k for r in rows for k in r.process)},
        "flow": {k for f in mapping.flows for k in f.fields} | {k for c in heads for k in c.flow}
        | {k for r in rows for k in r.flow},
    }  # fmt: skip
    if named["process"]:
        named["flow"] |= {"process"} if named["flow"] else set()
    own = {e: tuple(c.key for c in columns(e) if c.key in keys or c.key == "firm") for e, keys in named.items() if keys}
    return own


def _cell(name: str) -> tuple[int, int] | None:
    """Return row and column of ``B3``."""
    match = re.fullmatch(r"([A-Z]{1,3})([0-9]+)", name)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def holds(condition: Condition, spot: Spot) -> bool:
    """Whether a row meets a condition."""
    cell = spot.opened.sheet.cell(spot.row, column_of(condition.ref, spot.opened))
    answer = not is_blank(cell) if condition.texts is None else plain(text_of(cell)) in condition.texts
    return answer == condition.wanted


def read_by_rows(mapping: MappingFile, opened: Opened, built: Built) -> None:
    """Add the firms, processes and flows of a sheet with one foreign row a line."""
    sheet = opened.sheet
    last = min(mapping.last or len(sheet.rows), len(sheet.rows))
    bare: list[int] = []
    for number in range(opened.first, last):
        if all(is_blank(c) for c in sheet.rows[number]):
            continue
        spot = Spot(opened, mapping.parts, number)
        failed = next((c for c in mapping.only if not holds(c, spot)), None)
        if failed is not None:
            built.count(failed.key, "filtered")
            continue
        firm = built.firm(mapping.firm, spot)
        if firm is None:
            continue
        process = built.process(mapping.process, spot, firm)
        has = False
        for rule in mapping.flows:
            if all(holds(c, spot) for c in rule.only):
                has |= built.flow(rule.fields, spot, firm, process, rule, rule.key)
            else:
                built.count(rule.key, "filtered")
        if mapping.flows and not has:
            bare.append(number)
    if bare:
        built.told.problems.add("mapping.bare_rows", sheet.where(bare[0], 0), "note", count=len(bare))


def tell_left_out(built: Built) -> None:
    """Note what was left out, by rule and reason."""
    for key, why in built.left.items():
        where = built.told.where(key)
        if key == "matrix":
            built.told.problems.add("mapping.bare_cells", where, "note", empty=why["empty"], zero=why["zero"])
        elif key.startswith("read."):
            built.told.problems.add("mapping.filtered", where, "note", count=why["filtered"])
        else:
            built.told.problems.add("mapping.skipped", where, "note", empty=why["empty"], zero=why["zero"],
                                    filtered=why["filtered"])  # fmt: skip
