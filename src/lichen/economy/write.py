"""A table written in the plain layout, so that reading it again gives the same numbers bit by bit."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lichen.economy.table import Table
from lichen.errors import FileError, Problem, Where
from lichen.labelled import Array
from lichen.sheets import XLSX_OPTIONS

_Line = list[Any]


def write_table(table: Table, path: str | Path) -> None:
    """Write a table in the plain layout; the ending says in which form, ``.csv`` or ``.xlsx``.

    Text stays text: in a workbook a label that begins with ``=``, ``+``, ``-`` or ``@`` is a text cell, no formula.
    A CSV knows no types, so such a label stands there as it is, and a spreadsheet program may take it for a formula:
    give a workbook to those who open files in such programs. Findings are not written.

    Parameters
    ----------
    table
        The table.
    path
        The file; one that exists is replaced, at once and only when all is written.

    Raises
    ------
    FileError
        If the ending is another one, or the file cannot be written.
    """
    path = Path(path)
    make = {".csv": _as_csv, ".xlsx": _as_xlsx}.get(path.suffix.lower())
    if make is None:
        raise FileError((Problem("read.ending", Where(path.name), values={"found": path.suffix}),))
    new = path.with_name(path.name + ".part")
    try:
        new.write_bytes(make(list(_lines(table))))
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        reason = error.strerror or type(error).__name__
        raise FileError((Problem("sheets.not_written", Where(path.name), values={"reason": reason}),)) from None


def _lines(table: Table) -> Iterator[_Line]:
    origin = table.origin
    yield ["lichen", "table", "1"]
    metadata = {
        "region": origin.region, "year": str(origin.year or ""), "unit": table.unit, "treatment": table.treatment,
        "classification": origin.classification, "kind": origin.kind, "source": origin.source, "note": origin.note,
    }  # fmt: skip
    yield from ([key, value] for key, value in metadata.items() if value)
    yield []
    yield ["role", "label", *["intermediate"] * table.n, *table.final_roles, "output"]
    yield ["label", "", *table.sectors, *table.final_labels, "output"]
    if table.hybrid:
        yield ["unit", "", *table.sector_units]
    yield from _block("intermediate", table, table.intermediate, table.final_demand, table.output)
    if table.imported_intermediate is not None:
        final = 0.0 * table.final_demand if table.imported_final is None else table.imported_final
        yield from _block("imported", table, table.imported_intermediate, final)
    for label, row in zip(table.value_added_labels, table.value_added.tolist(), strict=True):
        yield ["value_added", label, *row]
    yield ["output", "output", *table.output.tolist()]


def _block(role: str, table: Table, flows: Array, final: Array, output: Array | None = None) -> Iterator[_Line]:
    for i, label in enumerate(table.sectors):
        yield [role, label, *flows[i].tolist(), *final[i].tolist(), *([] if output is None else [float(output[i])])]


def _as_csv(lines: list[_Line]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(lines)  # writes floats by repr: the shortest text that reads back
    return text.getvalue().encode("utf-8")


class _Exact(float):
    """A float that a workbook shows with all its digits; XlsxWriter would round to 16."""

    def __format__(self, spec: str) -> str:
        return repr(float(self))


def _as_xlsx(lines: list[_Line]) -> bytes:
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {**XLSX_OPTIONS, "in_memory": True}) as book:
        sheet = book.add_worksheet("table")
        for row, line in enumerate(lines):
            for column, value in enumerate(line):
                if isinstance(value, float):
                    sheet.write_number(row, column, _Exact(value))
                elif value:
                    sheet.write_string(row, column, str(value))
        start = lines.index([])
        sheet.freeze_panes(start + 3, 2)
    return stream.getvalue()
