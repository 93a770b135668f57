"""What a mapping file takes a field from: a constant, a cell, a text with cells in it, a part of a text, a table.

``{Heading}`` in a text stands for the cell of that column in the row that is read, ``{@C}`` for the cell of column C,
``{part}`` for an entry of ``[part]``, ``{@sheet}``, ``{@file}`` and ``{@row}`` for names of the place; in a matrix
``{@label}``, ``{@heading}`` and ``{@value}`` for a row's label, a column's label and the cell where they meet.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lichen.errors import Problems, Where
from lichen.labelled import suggest
from lichen.numerals import Decimal
from lichen.sheets import Cell, Sheet, is_blank

Origin = tuple[int, int] | str
"""Where a value comes from: row and column of the foreign sheet, counted from 0, or a key of the mapping file."""
Kind = Literal["column", "letter", "part", "sheet", "file", "row", "label", "heading", "value"]
PLACES = ("@sheet", "@file", "@row")
MATRIX_PLACES = ("@label", "@heading", "@value")
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True)
class Ref:
    """What a pair of braces stands for: its kind, and its name as it is compared."""

    kind: Kind
    name: str
    written: str


@dataclass(frozen=True)
class Table:
    """A translation: plain text of a cell → the text as the mapping file writes it, and what it becomes."""

    name: str
    entries: Mapping[str, tuple[str, Cell]]


@dataclass(frozen=True)
class Value:
    """What a field is taken from.

    Parameters
    ----------
    key
        Place in the mapping file, e.g. ``firm.industry``.
    constant
        The value itself; used where there are neither pieces nor a cell.
    pieces
        Text and references, in order.
    cell
        A fixed cell of the sheet, row and column from 0.
    after, before
        Only what stands between these signs is taken.
    table, otherwise
        Translation, and what an unknown text becomes; ``None``: it is an error.
    times
        What a number is multiplied by.
    instead
        What is taken where this gives nothing.
    """

    key: str
    constant: Cell = None
    pieces: tuple[str | Ref, ...] = ()
    cell: tuple[int, int] | None = None
    after: str = ""
    before: str = ""
    table: Table | None = None
    otherwise: Cell = None
    times: float = 1.0
    instead: Value | None = None

    @property
    def is_constant(self) -> bool:
        """Whether it is the same everywhere."""
        return not self.pieces and self.cell is None


@dataclass(frozen=True)
class Opened:
    """A sheet whose headings were found.

    Parameters
    ----------
    sheet, heading, first
        The sheet, its last heading row (−1: none), and its first row of data.
    columns
        Plain heading → column; headings that stand twice are not in it.
    headings
        Headings as written, column by column.
    decimal
        Decimal sign of its numbers, if known.
    """

    sheet: Sheet
    heading: int
    first: int
    columns: Mapping[str, int]
    headings: tuple[str, ...] = ()
    decimal: Decimal | None = None


@dataclass(frozen=True)
class Spot:
    """The row, and in a matrix the column, that is being read."""

    opened: Opened
    parts: Mapping[str, Value]
    row: int
    label: int = -1
    column: int = -1

    def where(self, origin: Origin, file: str) -> Where:
        """Return a place in the foreign sheet, or in the mapping file ``file``."""
        return Where(file=file, key=origin) if isinstance(origin, str) else self.opened.sheet.where(*origin)


@dataclass(frozen=True)
class Found:
    """What a value gives: the cell, where it is from, and whether it could be taken at all."""

    cell: Cell
    origin: Origin
    good: bool = True


@dataclass
class Told:
    """Collects problems under the name of the mapping file; a fault of the file itself is told once."""

    file: str
    problems: Problems = field(default_factory=Problems)

    def where(self, key: str) -> Where:
        """Return a place in the mapping file."""
        return Where(file=self.file, key=key)


def plain(text: str) -> str:
    """Return a heading or label as it is compared: full width, case and blanks do not matter."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).lower()


def text_of(cell: Cell) -> str:
    """Return a cell as text: 12.0 is 12, a date is 2012-12-31."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        cell = cell.date()
    return "" if cell is None else " ".join(str(cell).split())


def pieces_of(text: str, parts: Mapping[str, object]) -> tuple[tuple[str | Ref, ...], tuple[str, ...]]:
    """Return the pieces of a text with braces, and what is wrong with it: names in braces that cannot be."""
    pieces: list[str | Ref] = []
    wrong: list[str] = []
    end = 0
    for match in _BRACES.finditer(text):
        pieces.append(text[end : match.start()])
        end = match.end()
        if match[0] in ("{{", "}}"):
            pieces.append(match[0][0])
        elif match[1] is None or not match[1].strip():
            wrong.append(match[0])
        elif (ref := _ref(match[1], parts)) is None:
            wrong.append(match[1])
        else:
            pieces.append(ref)
    pieces.append(text[end:])
    return tuple(p for p in pieces if p), tuple(wrong)


def _ref(name: str, parts: Mapping[str, object]) -> Ref | None:
    name = name.strip()
    if name in (*PLACES, *MATRIX_PLACES):
        return Ref(name[1:], "", name)  # type: ignore[arg-type]
    if name.startswith("@"):
        return Ref("letter", name[1:], name) if re.fullmatch("@[A-Z]{1,3}", name) else None
    return Ref("part", name, name) if name in parts else Ref("column", plain(name), name)


def column_of(ref: Ref, opened: Opened) -> int:
    """Return the column a reference stands for; −1 if there is none."""
    if ref.kind == "letter":
        number = 0
        for letter in ref.name:
            number = number * 26 + ord(letter) - 64
        return number - 1
    return opened.columns.get(ref.name, -1)


def find(value: Value, spot: Spot, told: Told) -> Found:
    """Return what a value gives at a spot; what is wrong is told at its cell."""
    found = _taken(value, spot, told)
    if found.good and not is_blank(found.cell) and (value.after or value.before):
        found = _cut(value, found, spot, told)
    if found.good and not is_blank(found.cell) and value.table is not None:
        found = _translated(value, found, spot, told)
    if found.good and is_blank(found.cell) and value.instead is not None:
        return find(value.instead, spot, told)
    return found


def _taken(value: Value, spot: Spot, told: Told) -> Found:
    if value.cell is not None:
        return Found(spot.opened.sheet.cell(*value.cell), value.cell)
    if not value.pieces:
        return Found(value.constant, value.key)
    if len(value.pieces) == 1 and isinstance(value.pieces[0], Ref):
        return _referred(value.pieces[0], value.key, spot, told)
    texts: list[str] = []
    origin: Origin = value.key
    for piece in value.pieces:
        if isinstance(piece, str):
            texts.append(piece)
            continue
        found = _referred(piece, value.key, spot, told)
        if not found.good or is_blank(found.cell):
            return Found(None, found.origin, found.good)
        origin = found.origin if isinstance(origin, str) else origin
        texts.append(text_of(found.cell))
    return Found("".join(texts), origin)


def _referred(ref: Ref, key: str, spot: Spot, told: Told) -> Found:
    sheet = spot.opened.sheet
    if ref.kind in ("heading", "value") and spot.column < 0:
        return Found(None, key)  # a firm stands for a whole row
    match ref.kind:
        case "part":
            return find(spot.parts[ref.name], spot, told)
        case "sheet":
            return Found(sheet.name, key)
        case "file":
            return Found(sheet.file, key)
        case "row":
            return Found(str(spot.row + 1), key)
        case "heading":
            return Found(spot.opened.headings[spot.column], (spot.opened.heading, spot.column))
        case "label":
            column, row = spot.label, spot.row
        case "value":
            column, row = spot.column, spot.row
        case _:
            column, row = column_of(ref, spot.opened), spot.row
    return Found(sheet.cell(row, column), (row, column))


def _cut(value: Value, found: Found, spot: Spot, told: Told) -> Found:
    text = " ".join(unicodedata.normalize("NFKC", text_of(found.cell)).split())
    for sign, after in ((value.after, True), (value.before, False)):
        left, met, right = text.partition(unicodedata.normalize("NFKC", sign)) if sign else ("", "", text)
        if sign and not met:
            told.problems.add("mapping.no_sign", spot.where(found.origin, told.file), text=text[:80], sign=sign,
                              key=value.key)  # fmt: skip
            return Found(None, found.origin, False)
        if sign:
            text = right if after else left
    return Found(text.strip() or None, found.origin)


def _translated(value: Value, found: Found, spot: Spot, told: Told) -> Found:
    assert value.table is not None
    text = text_of(found.cell)
    entry = value.table.entries.get(plain(text))
    if entry is not None:
        return Found(entry[1], f"table.{value.table.name}.{entry[0]}")
    if value.otherwise is not None:
        return Found(value.otherwise, f"{value.key}.else")
    known = [written for written, _ in value.table.entries.values()]
    told.problems.add("mapping.not_in_table", spot.where(found.origin, told.file), text=text[:60],
                      table=value.table.name, near=suggest(text[:60], known) or "–")  # fmt: skip
    return Found(None, found.origin, False)
