"""Cells of a sheet as labels and numbers, with every problem collected; shared by the readers of tables."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lichen.errors import InputError, Problem, Problems
from lichen.labelled import suggest
from lichen.numerals import Decimal, decimal_of, parse_number
from lichen.sheets import Cell, Row, Sheet, is_blank

MOST = 50
"""Problems of one kind that are told one by one; the rest are counted."""

_INTEGERS = re.compile(r"[0-9+,-]*")
_FLOATS = re.compile(r"[0-9+,.eE-]*")


def label_of(cell: Cell) -> str:
    """Return a cell as a label: text without outer blanks; a whole number without its point."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        cell = int(cell)
    return str(cell).strip()


class Cells:
    """Reads the cells of one sheet; problems go to ``problems``, at most :data:`MOST` of a kind.

    Parameters
    ----------
    sheet
        The sheet.
    decimal
        The decimal sign; ``None``: the first unmistakable cell decides, and cells that contradict it are problems.
    blank_is_zero
        Read empty cells as 0 and count them in ``blanks``.
    """

    def __init__(self, sheet: Sheet, decimal: Decimal | None = None, blank_is_zero: bool = False) -> None:
        self.sheet = sheet
        self.blank_is_zero, self.blanks = blank_is_zero, 0
        self.problems = Problems()
        self._counts: Counter[str] = Counter()
        self.decimal = decimal or _first_decimal(sheet)

    def add(self, code: str, row: int = -1, column: int = 0, severity: Any = "error", **values: Any) -> None:
        """Add a problem at a cell, or of the whole sheet."""
        where = self.sheet.place if row < 0 else self.sheet.where(row, column)
        self.put(Problem(code, where, severity, values))

    def put(self, problem: Problem) -> None:
        """Add a problem unless many of its kind were told already."""
        self._counts[problem.code] += 1
        if self._counts[problem.code] <= MOST:
            self.problems.extend([problem])

    def number(self, row: int, column: int) -> float:
        """Return the number in a cell; 0 with a problem if there is none."""
        cell = self.sheet.cell(row, column)
        if self.blank_is_zero and is_blank(cell):
            self.blanks += 1
            return 0.0
        found = parse_number(cell, self.decimal, self.sheet.where(row, column))
        if isinstance(found, Problem):
            self.put(found)
            return 0.0
        return found

    def numbers(self, row: int, columns: Sequence[int]) -> list[float]:
        """Return the numbers in some cells of a row, at once where they are plain."""
        quick = self._quick(self.sheet.rows[row], columns) if row < len(self.sheet.rows) else None
        return quick if quick is not None else [self.number(row, column) for column in columns]

    def _quick(self, cells: Row, columns: Sequence[int]) -> list[float] | None:
        """Return the numbers if all cells are native floats or plainly written, else None."""
        if not columns or max(columns) >= len(cells):
            return None
        wanted = [cells[c] for c in columns]
        kinds = {type(cell) for cell in wanted}
        if kinds <= {str}:
            shape = _FLOATS if self.decimal == "." else _INTEGERS
            if not shape.fullmatch(",".join(wanted)):  # type: ignore[arg-type]
                return None
        elif not kinds <= {float, int}:
            return None
        try:
            numbers = [float(cell) for cell in wanted]  # type: ignore[arg-type]
        except (ValueError, OverflowError):
            return None
        return numbers if math.isfinite(sum(numbers)) else None

    def one_of(self, row: int, column: int, code: str, allowed: Sequence[str]) -> str:
        """Return the word in a cell, which must be one of ``allowed``; empty with a problem if not."""
        word = label_of(self.sheet.cell(row, column))
        if word not in allowed:
            near = suggest(word.lower(), list(allowed)) or "–"
            self.add(code, row, column, found=word, near=near, allowed=list(allowed))
            return ""
        return word

    def nothing_in(self, row: int, columns: Sequence[int], code: str) -> None:
        """Add a problem for every cell that should be empty and is not."""
        for column in columns:
            if not is_blank(cell := self.sheet.cell(row, column)):
                self.add(code, row, column, found=label_of(cell))

    def unique(self, labels: Sequence[str], places: Sequence[tuple[int, int]]) -> dict[str, int]:
        """Return label → position; a doubled label is a problem at its place, empty ones are passed over."""
        found: dict[str, int] = {}
        for position, (label, (row, column)) in enumerate(zip(labels, places, strict=True)):
            if label in found:
                first = self.sheet.where(*places[found[label]]).cell
                self.add("read.doubled", row, column, label=label, first=first)
            elif label:
                found[label] = position
        return found

    def finish(self, kind: type[InputError]) -> tuple[Problem, ...]:
        """Raise all problems if one is an error; else return them."""
        for code, count in self._counts.items():
            if count > MOST:
                values = {"count": count - MOST, "code": code}
                self.problems.extend([Problem("read.more", self.sheet.place, "note", values)])
        self.problems.raise_if_errors(kind)
        return self.problems.as_tuple()


def _first_decimal(sheet: Sheet) -> Decimal | None:
    for cell in itertools.chain.from_iterable(sheet.rows):
        if isinstance(cell, str) and (sign := decimal_of((cell,))) and not isinstance(sign, Problem):
            return sign
    return None
