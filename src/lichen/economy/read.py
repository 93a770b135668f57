"""Tables and satellite accounts in Lichen's plain layouts, CSV or workbook; ``docs/table-layout.md`` describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from lichen.economy._cells import Cells, label_of
from lichen.economy._read_satellites import read_satellites
from lichen.economy.table import KINDS, ROLES, TREATMENTS, Kind, Origin, Role, Table, Treatment
from lichen.errors import FileError, InputError, Problem
from lichen.labelled import Array, suggest
from lichen.numerals import Decimal
from lichen.sheets import Sheet, find_sheet, is_blank, read_sheets

__all__ = ["METADATA", "read_satellites", "read_table", "table_of"]

METADATA = ("lichen", "region", "year", "unit", "prices", "treatment", "classification", "kind", "source", "note")
"""Keys above a table; only the first is needed."""
ROW_ROLES = ("unit", "intermediate", "imported", "value_added", "output")
COLUMN_ROLES = ("intermediate", *ROLES, "output")


@dataclass
class _Header:
    """Columns by what they hold, and their labels; rows by role."""

    row: int
    intermediate: list[int] = field(default_factory=list)
    final: list[int] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    output: int = -1
    sectors: list[str] = field(default_factory=list)
    final_labels: list[str] = field(default_factory=list)
    width: int = 0
    rows: dict[str, list[int]] = field(default_factory=lambda: {role: [] for role in ROW_ROLES})


def read_table(path: str | Path, sheet: str | None = None, decimal: Decimal | None = None) -> Table:
    """Read a table in the plain layout.

    Parameters
    ----------
    path
        CSV or workbook.
    sheet
        Name of the sheet; needed only if several sheets are filled and not exactly one of them begins with ``lichen``.
    decimal
        The decimal sign; ``None``: taken from the file where a cell leaves no doubt.

    Returns
    -------
    Table
        Rows in another order than the columns are put in the columns' order, with a finding.

    Raises
    ------
    FileError
        The file cannot be opened, or holds no table in this layout.
    InputError
        With every cell, label, role and key that cannot be used.
    """
    return table_of(_sheet_of(read_sheets(path), sheet), decimal)


def _sheet_of(sheets: tuple[Sheet, ...], name: str | None) -> Sheet:
    marked = [s for s in sheets if label_of(s.cell(0, 0)).lower() == "lichen"]
    return marked[0] if name is None and len(marked) == 1 else find_sheet(sheets, name)


def table_of(sheet: Sheet, decimal: Decimal | None = None) -> Table:
    """Return the table on a sheet; see :func:`read_table`."""
    cells = Cells(sheet, decimal)
    start = next((r for r, row in enumerate(sheet.rows) if row and label_of(row[0]).lower() == "role"), None)
    if label_of(sheet.cell(0, 0)).lower() != "lichen" or start is None:
        missing = "role,label,…" if start is None else "lichen,table,1"
        raise FileError((Problem("read.no_table", sheet.place, values={"missing": missing}),))
    metadata = _metadata(cells, start)
    header = _header(cells, start)
    _sort_rows(cells, header)
    values = _values(cells, header)
    cells.problems.extend(sheet.notes)
    findings = cells.finish(InputError)
    return Table(**metadata, **values, findings=findings, copy=False)


# --- the lines above the table -----------------------------------------------------------------------------------


def _metadata(cells: Cells, end: int) -> dict[str, Any]:
    """Return the fields of a table that its metadata lines give."""
    given: dict[str, tuple[int, str]] = {}
    for row in range(end):
        key = label_of(cells.sheet.cell(row, 0)).lower()
        if not key and all(is_blank(cell) for cell in cells.sheet.rows[row]):
            continue
        if key not in METADATA:
            cells.add("read.key", row, 0, found=key, near=suggest(key, METADATA) or "–", allowed=list(METADATA))
        elif key in given:
            cells.add("read.key_doubled", row, 0, found=key, first=given[key][0] + 1)
        else:
            given[key] = (row, label_of(cells.sheet.cell(row, 1)))
            cells.nothing_in(row, range(3 if key == "lichen" else 2, len(cells.sheet.rows[row])), "read.beside_key")
    row, what = given["lichen"]
    version = label_of(cells.sheet.cell(row, 2))
    if what != "table" or version != "1":
        cells.add("read.version", row, 1, found=f"{what} {version}".strip())
    text = {key: value for key, (_, value) in given.items()}
    note = "; ".join(p for p in (f"prices: {text['prices']}" if text.get("prices") else "", text.get("note", "")) if p)
    origin = Origin(
        text.get("region", ""), _year(cells, given), text.get("classification", ""),
        cast(Kind, _word(cells, given, "kind", KINDS, "reported")), text.get("source", ""), note,
    )  # fmt: skip
    treatment = cast(Treatment, _word(cells, given, "treatment", TREATMENTS, "as published"))
    return {"unit": text.get("unit", ""), "treatment": treatment, "origin": origin}


def _year(cells: Cells, given: dict[str, tuple[int, str]]) -> int:
    row, text = given.get("year", (0, ""))
    if text and not (text.isascii() and text.isdigit() and len(text) == 4):
        cells.add("read.year", row, 1, found=text)
        return 0
    return int(text or 0)


def _word(cells: Cells, given: dict[str, tuple[int, str]], key: str, allowed: tuple[str, ...], default: str) -> str:
    row, text = given.get(key, (0, ""))
    return cells.one_of(row, 1, f"read.{key}", allowed) or default if text else default


# --- header and rows ---------------------------------------------------------------------------------------------


def _header(cells: Cells, start: int) -> _Header:
    """Read the two header rows: a role and a label for each column."""
    sheet, header = cells.sheet, _Header(start)
    if label_of(sheet.cell(start, 1)).lower() != "label" or label_of(sheet.cell(start + 1, 0)).lower() != "label":
        cells.add("read.header", start, 0)
    header.width = max(len(sheet.rows[start]), len(sheet.rows[start + 1]) if start + 1 < len(sheet.rows) else 0)
    for column in range(2, header.width):
        label = label_of(sheet.cell(start + 1, column))
        role = label_of(sheet.cell(start, column))
        if role in ("imported", "value_added", "unit"):
            cells.add("read.role_place", start, column, found=role, allowed=list(COLUMN_ROLES))
        elif role == "output":
            if header.output >= 0:
                cells.add("read.output_twice", start, column)
            header.output = column
        elif cells.one_of(start, column, "read.role", COLUMN_ROLES):
            if not label:
                cells.add("read.no_label", start + 1, column)
            if role == "intermediate":
                header.intermediate.append(column)
                header.sectors.append(label)
            else:
                header.final.append(column)
                header.roles.append(cast(Role, role))
                header.final_labels.append(label)
    _check_header(cells, header)
    return header


def _check_header(cells: Cells, header: _Header) -> None:
    if header.output < 0:
        cells.add("read.no_output", header.row, 0)
    if not header.sectors:
        cells.add("read.no_sectors", header.row, 0)
    for labels, columns in ((header.sectors, header.intermediate), (header.final_labels, header.final)):
        cells.unique(labels, [(header.row + 1, column) for column in columns])


def _sort_rows(cells: Cells, header: _Header) -> None:
    """Give each row below the header to its role."""
    sheet = cells.sheet
    for row in range(header.row + 2, len(sheet.rows)):
        if all(is_blank(cell) for cell in sheet.rows[row]):
            continue
        role = label_of(sheet.cell(row, 0))
        if role in get_args(Role):
            cells.add("read.role_place", row, 0, found=role, allowed=list(ROW_ROLES))
        elif cells.one_of(row, 0, "read.role", ROW_ROLES):
            header.rows[role].append(row)
            cells.nothing_in(row, range(header.width, len(sheet.rows[row])), "read.beyond")
            if not label_of(sheet.cell(row, 1)) and role not in ("unit", "output"):
                cells.add("read.no_label", row, 1)
    for role in ("unit", "output"):
        for row in header.rows[role][1:]:
            cells.add("read.row_twice", row, 0, found=role)


def _order(cells: Cells, header: _Header, role: str) -> list[int]:
    """Return the rows of ``role`` in the order of the columns' sectors."""
    rows = [row for row in header.rows[role] if label_of(cells.sheet.cell(row, 1))]
    labels = [label_of(cells.sheet.cell(row, 1)) for row in rows]
    at = cells.unique(labels, [(row, 1) for row in rows])
    known = set(header.sectors)
    for label, i in at.items():
        if label not in known:
            cells.add("read.unknown_row", rows[i], 1, label=label, near=suggest(label, header.sectors) or "–")
    for column, label in zip(header.intermediate, header.sectors, strict=True):
        if label and label not in at:
            cells.add("read.no_row", header.row + 1, column, label=label, role=role)
    order = [rows[at[label]] for label in header.sectors if label in at]
    if order != sorted(order):
        cells.add("read.reordered", severity="note", role=role)
    return order


# --- numbers -----------------------------------------------------------------------------------------------------


def _values(cells: Cells, header: _Header) -> dict[str, Any]:
    """Return the arrays and labels of the table; zeros stand where a problem was found."""
    order = _order(cells, header, "intermediate")
    flows = _block(cells, header, order)
    added = header.rows["value_added"]
    labels = [label_of(cells.sheet.cell(row, 1)) for row in added]
    cells.unique(labels, [(row, 1) for row in added])
    for row in added:
        cells.nothing_in(row, [*header.final, *_present(header.output)], "read.extra")
    output = np.array([cells.number(row, header.output) if header.output >= 0 else 0.0 for row in order])
    _check_output(cells, header, output)
    n = len(header.sectors)
    result: dict[str, Any] = {
        "sectors": tuple(header.sectors), "final_labels": tuple(header.final_labels),
        "final_roles": tuple(header.roles), "value_added_labels": tuple(labels),
        "intermediate": flows[:, :n], "final_demand": flows[:, n:], "output": output,
        "value_added": _array([cells.numbers(row, header.intermediate) for row in added], n),
        "sector_units": _units(cells, header),
    }  # fmt: skip
    if header.rows["imported"]:
        imported = _block(cells, header, _order(cells, header, "imported"))
        result |= {"imported_intermediate": imported[:, :n], "imported_final": imported[:, n:]}
        for row in header.rows["imported"]:
            cells.nothing_in(row, _present(header.output), "read.extra")
    return result


def _present(column: int) -> list[int]:
    return [column] if column >= 0 else []


def _array(rows: list[list[float]], width: int) -> Array:
    return np.array(rows, dtype=float).reshape(len(rows), width)


def _block(cells: Cells, header: _Header, order: list[int]) -> Array:
    columns = [*header.intermediate, *header.final]
    return _array([cells.numbers(row, columns) for row in order], len(columns))


def _units(cells: Cells, header: _Header) -> tuple[str, ...]:
    """Return the unit of each sector where there is a unit row."""
    if not header.rows["unit"]:
        return ()
    row = header.rows["unit"][0]
    for column in header.intermediate:
        if not label_of(cells.sheet.cell(row, column)):
            cells.add("read.no_unit", row, column)
    return tuple(label_of(cells.sheet.cell(row, column)) for column in header.intermediate)


def _check_output(cells: Cells, header: _Header, output: Array) -> None:
    """The row of outputs, where given, must equal the column."""
    for row in header.rows["output"][:1] if header.output >= 0 else []:
        cells.nothing_in(row, header.final, "read.extra")
        given = cells.numbers(row, header.intermediate)
        if len(given) != len(output):
            continue
        for column, label, a, b in zip(header.intermediate, header.sectors, given, output, strict=True):
            if abs(a - b) > 1e-9 * max(abs(a), abs(b)):
                values = {"row_value": repr(a), "column_value": repr(float(b))}
                cells.add("read.output_differs", row, column, label=label, **values)
