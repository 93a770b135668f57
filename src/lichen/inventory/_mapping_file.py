"""What a mapping file says, as values. Nothing here reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lichen.figures import Text
from lichen.inventory._mapping_values import Ref, Value
from lichen.numerals import Decimal

Fields = Mapping[str, Value]
"""Column key of an entity → what it is taken from."""


@dataclass(frozen=True)
class Condition:
    """A row is kept where the cell of a column is (or is not) one of some texts, or is filled (or empty).

    Parameters
    ----------
    key
        Place in the mapping file.
    ref
        The column.
    texts
        Texts as they are compared; ``None``: the question is whether the cell is filled.
    wanted
        Whether the answer must be yes.
    """

    key: str
    ref: Ref
    texts: frozenset[str] | None
    wanted: bool


@dataclass(frozen=True)
class FlowRule:
    """One flow of each row.

    Parameters
    ----------
    key
        Place in the mapping file, e.g. ``flow[2]``.
    fields
        Its fields.
    only
        Conditions; all must hold.
    skip_empty, skip_zero
        Whether a row without a quantity, or with 0, has no such flow.
    """

    key: str
    fields: Fields
    only: tuple[Condition, ...] = ()
    skip_empty: bool = True
    skip_zero: bool = False


@dataclass(frozen=True)
class MatrixRow:
    """A row of a matrix: its label, and what it says of firm, process and flows."""

    key: str
    label: str
    optional: bool
    firm: Fields
    process: Fields
    flow: Fields


@dataclass(frozen=True)
class MatrixColumn:
    """A column of a matrix: its label, the unit the sheet must state, and what it says of flows."""

    key: str
    label: str
    optional: bool
    stated: str
    flow: Fields


@dataclass(frozen=True)
class Matrix:
    """A sheet whose cells are flows of a row (a firm or process) of a column (a material).

    Parameters
    ----------
    labels
        Column that holds the labels of rows.
    units
        How many rows below the headings the units stand; 0: nowhere.
    begin, end
        Labels of the rows between which it is read; empty: from the top, to the end.
    total
        Label of the row that the rows must add up to; empty: none.
    rows, columns
        What is read.
    left_rows, left_columns
        Labels that are left out on purpose, as they are compared.
    """

    labels: Ref
    units: int
    begin: str
    end: str
    total: str
    rows: tuple[MatrixRow, ...]
    columns: tuple[MatrixColumn, ...]
    left_rows: frozenset[str]
    left_columns: frozenset[str]


@dataclass(frozen=True)
class MappingFile:
    """How a foreign table becomes firms, processes and flows.

    Parameters
    ----------
    name, file
        What it is called by, and the name of its file.
    title
        What the foreign table is called.
    source, quality
        What it states of its flows as a whole, for lists.
    cautions
        What a user must know; told at every use.
    sheet
        Name or number (from 1) of the sheet; 0: the first that has the headings; ``*``: every sheet that has them.
    heading
        Rows of the headings, from 1; empty: they are looked for. ``(0,)``: there are none.
    first, last
        First and last row of data, from 1; 0: below the headings, to the end.
    decimal, thousands
        Signs of numbers written as text; ``None``: by the cells.
    columns
        Plain heading → (as written, place in the mapping file) of all columns that it names.
    """

    name: str
    file: str
    title: Text
    source: str
    quality: str
    cautions: tuple[Text, ...] = ()
    sheet: str | int = 0
    heading: tuple[int, ...] = ()
    first: int = 0
    last: int = 0
    decimal: Decimal | None = None
    thousands: str | None = None
    only: tuple[Condition, ...] = ()
    parts: Fields = field(default_factory=dict)
    firm: Fields = field(default_factory=dict)
    process: Fields = field(default_factory=dict)
    flows: tuple[FlowRule, ...] = ()
    matrix: Matrix | None = None
    columns: Mapping[str, tuple[str, str]] = field(default_factory=dict)
