"""Result tables as files: CSV, one XLSX, JSON. No cell is ever run by a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lichen.errors import Language, Problem, Problems, StudyError
from lichen.sheets import XLSX_OPTIONS

Cells = list[Sequence[Any]]
"""A table to write: a heading and rows."""


def write_tables(
    folder: Path, name: str, tables: Mapping[str, Cells], texts: Mapping[str, str] | None = None
) -> list[Path]:
    """Write texts, each table as CSV, and all tables as ``<name>.xlsx``; return the paths.

    Raises
    ------
    StudyError
        If the folder cannot be written to.
    """
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in (texts or {}).items():
            written.append(_write_text(folder / file, text))
        for table, cells in tables.items():
            written.append(_write_text(folder / f"{table}.csv", as_csv(cells)))
        written.append(_write_xlsx(folder / f"{name}.xlsx", tables))
    except OSError as error:
        problems = Problems()
        problems.add("study.cannot_write", path=str(folder), reason=str(error))
        problems.raise_if_errors(StudyError)
    return written


def _write_text(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def as_csv(cells: Cells) -> str:
    """Return a table as CSV text."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[_plain(cell) for cell in row] for row in cells])
    return "\ufeff" + out.getvalue()  # the mark lets Excel read Chinese


def _plain(cell: Any) -> Any:
    """Return a cell that no spreadsheet runs: text that looks like a formula gets an apostrophe; NaN is empty."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + cell
    if isinstance(cell, float | np.floating):
        return "" if math.isnan(cell) else float(cell)
    return cell


def _write_xlsx(path: Path, tables: Mapping[str, Cells]) -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {**XLSX_OPTIONS, "nan_inf_to_errors": True}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for name, cells in tables.items():
            sheet = book.add_worksheet(name[:31])
            sheet.freeze_panes(1, 0)
            for j, head in enumerate(cells[0]):
                sheet.write(0, j, head, bold)
                widest = max([len(str(row[j])) for row in cells if j < len(row)] or [8])
                sheet.set_column(j, j, min(max(10, widest + 2), 48))
            for i, row in enumerate(cells[1:], start=1):
                for j, cell in enumerate(row):
                    if isinstance(cell, float | np.floating) and math.isnan(cell):
                        continue
                    sheet.write(i, j, float(cell) if isinstance(cell, np.floating) else cell)
    return path


def or_nan(value: float | None) -> float:
    """Return a number, or NaN where there is none: an empty cell."""
    return math.nan if value is None else value


def finding_rows(findings: Iterable[Problem], lang: Language) -> Iterator[Sequence[Any]]:
    """Return problems as rows: severity, place, finding, remedy."""
    yield ("severity", "where", "found", "remedy")
    for p in findings:
        yield (p.severity, p.where.text(lang), p.found(lang), p.mend(lang))


def as_objects(cells: Cells) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON objects by heading; what does not exist is null."""
    return [dict(zip(cells[0], map(json_value, row), strict=True)) for row in cells[1:]]


def json_value(value: Any) -> Any:
    """Return a value that JSON knows; what is not finite is null."""
    if isinstance(value, float | np.floating):
        return None if not math.isfinite(value) else float(value)
    if isinstance(value, np.bool_):
        return bool(value)
    return value
