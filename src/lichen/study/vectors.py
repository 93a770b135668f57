"""Read ``year,sector,value`` files of a study: outputs, shares, totals; each row a figure with its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lichen.errors import FileError, InputError, LabelError, Problem, Problems, UnitError, Where
from lichen.figures import KINDS, Figure
from lichen.labelled import suggest
from lichen.numerals import decimal_of, parse_number
from lichen.sheets import Cell, Sheet, find_sheet, is_blank, read_sheets
from lichen.vocabulary.concordance import Concordance

OPTIONAL = ("low", "high", "kind", "source", "note")


def read_figures(
    path: Path, key: str, year: int, value: str = "value", unit: str = "", sheet: str | None = None
) -> dict[str, Figure]:
    """Return the figures of one year by the labels in column ``key``.

    Parameters
    ----------
    path
        CSV or workbook with the columns year, ``key``, ``value``, unit (unless ``unit`` is given), kind, source; and,
        for estimated and assumed figures, low and high.
    key, value
        Names of the label and value columns.
    year
        Year whose rows are taken.
    unit
        Unit of all values; empty: the file's unit column.
    sheet
        Name of the sheet, if several are filled.

    Raises
    ------
    InputError
        With every cell that cannot be used.
    """
    reader = _Reader(find_sheet(read_sheets(path), sheet), key, value, unit)
    return reader.figures(year)


class _Reader:
    def __init__(self, sheet: Sheet, key: str, value: str, unit: str) -> None:
        self.sheet, self.key, self.value, self.unit = sheet, key, value, unit
        self.problems = Problems()
        head = [str(c).strip() if c is not None else "" for c in sheet.rows[0]] if sheet.rows else []
        wanted = ["year", key, value, "kind", "source", *([] if unit else ["unit"])]
        missing = [name for name in wanted if name not in head]
        if missing:
            self.problems.add("study.columns", sheet.where(0, 0), missing=missing, wanted=wanted)
        self.problems.raise_if_errors(FileError)
        self.column = {name: head.index(name) for name in [*wanted, *OPTIONAL] if name in head}
        found = decimal_of(cell for row in sheet.rows[1:] for cell in row if isinstance(cell, str))
        self.decimal = None if isinstance(found, Problem) else found

    def cell(self, row: int, name: str) -> Cell:
        return self.sheet.cell(row, self.column[name]) if name in self.column else None

    def text(self, row: int, name: str) -> str:
        return _text(self.cell(row, name))

    def number(self, row: int, name: str) -> float | None:
        if is_blank(self.cell(row, name)):
            return None
        number = parse_number(self.cell(row, name), self.decimal, self.sheet.where(row, self.column[name]))
        if isinstance(number, Problem):
            self.problems.extend([number])
            return None
        return number

    def figures(self, year: int) -> dict[str, Figure]:
        result: dict[str, Figure] = {}
        years = set()
        for row in range(1, len(self.sheet.rows)):
            if all(is_blank(cell) for cell in self.sheet.rows[row]):
                continue
            years.add(self.text(row, "year"))
            if self.text(row, "year") != str(year):
                continue
            label = self.text(row, self.key)
            if label in result:
                self.add("study.doubled_cell", row, self.key, sector=label, year=year)
            figure = self.figure(row, label)
            if figure is not None:
                result[label] = figure
        if not result and self.problems.ok:
            self.problems.add("study.no_year", self.sheet.place, year=year, years=sorted(years))
        self.problems.raise_if_errors(InputError)
        return result

    def figure(self, row: int, label: str) -> Figure | None:
        kind = self.text(row, "kind")
        if kind not in KINDS:
            self.add("study.cell_kind", row, "kind", found=kind, allowed=list(KINDS))
            return None
        if is_blank(self.cell(row, self.value)):
            self.add("labels.missing", row, self.value, what=self.value, label=label)
            return None
        value, low, high = (self.number(row, name) for name in (self.value, "low", "high"))
        if value is None:
            return None
        try:
            return Figure(value, self.unit or self.text(row, "unit"), kind, self.text(row, "source"), low, high,
                          int(self.text(row, "year")), self.text(row, "note"))  # fmt: skip
        except UnitError as error:
            for problem in error.problems:
                self.add(problem.code, row, self.value, **problem.values)
            return None

    def add(self, code: str, row: int, name: str, **values: object) -> None:
        self.problems.extend([Problem(code, self.sheet.where(row, self.column.get(name, 0)), "error", values)])


def _text(cell: Cell) -> str:
    """Return a cell as text; 2012.0 is 2012, and an empty cell is an empty text."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


def read_concordance(path: Path, sources: Sequence[str], sizes: Mapping[str, float]) -> Concordance:
    """Return the concordance in a file with the columns from, to and share (a number, or ``output``).

    Parameters
    ----------
    path
        CSV or workbook; targets keep the order in which they first occur.
    sources
        Sectors that must be mapped.
    sizes
        Sizes of sectors by label, for shares by output.

    Raises
    ------
    InputError
        Missing columns; unknown, unmapped or doubled sectors; shares that do not add up to 1.
    """
    sheet = find_sheet(read_sheets(path))
    head = [str(c).strip() if c is not None else "" for c in sheet.rows[0]] if sheet.rows else []
    problems = Problems()
    wanted = ("from", "to", "share")
    if missing := [name for name in wanted if name not in head]:
        problems.add("study.columns", sheet.where(0, 0), missing=missing, wanted=list(wanted))
    problems.raise_if_errors(FileError)
    at = [head.index(name) for name in wanted]
    cells = [[_text(sheet.cell(i, j)) for j in at] for i in range(1, len(sheet.rows))]
    rows = [(a, b, share or "1") for a, b, share in cells if a or b]
    targets = list(dict.fromkeys(b for _, b, _ in rows))
    try:
        return Concordance.from_rows(rows, source_labels=sources, target_labels=targets, sizes=sizes, target=path.stem)
    except LabelError as error:
        raise LabelError(tuple(replace(p, where=sheet.place) for p in error.problems)) from None


def in_order(figures: dict[str, Figure], labels: Sequence[str], unit: str, file: str) -> dict[str, float]:
    """Return the values of ``figures`` in ``unit`` by label; the labels must be the same set as ``labels``."""
    problems = Problems()
    for label in labels:
        if label not in figures:
            problems.add("labels.missing", Where(file=file), what="sectors", label=label)
    for label in figures:
        if label not in labels:
            problems.add("labels.unknown", Where(file=file), what="sectors", label=label,
                         near=suggest(label, list(labels)) or "–")  # fmt: skip
    problems.raise_if_errors(LabelError)
    return {label: figures[label].to(unit) for label in labels}
