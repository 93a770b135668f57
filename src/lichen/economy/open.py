"""Open a table of any layout that Lichen reads, by looking at it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from lichen.economy.table import Table
from lichen.numerals import Decimal

Layout = Literal["auto", "plain", "published", "pymrio"]
"""``plain``: Lichen's own; ``published``: Chinese tables as published; ``pymrio``: a folder saved by pymrio."""


def open_table(
    path: str | Path, sheet: str | None = None, layout: Layout = "auto", decimal: Decimal | None = None
) -> Table:
    """Return the table in a file or folder.

    Parameters
    ----------
    path
        CSV or workbook, or a folder saved by pymrio.
    sheet
        Name of the sheet, if several are filled.
    layout
        "auto" takes a folder for pymrio's, a file whose first cell is ``lichen`` for the plain layout, and any other
        file for a published table.
    decimal
        The decimal sign of a plain CSV; ``None``: taken from the file where a cell leaves no doubt.

    Raises
    ------
    InputError
        With everything that cannot be read.
    """
    path = Path(path)
    if layout == "auto":
        layout = "pymrio" if path.is_dir() else "plain" if _is_plain(path, sheet) else "published"
    if layout == "pymrio":
        from lichen.economy.bridge import read_pymrio

        return read_pymrio(path)[0]
    if layout == "published":
        from lichen.economy.published import read_published

        return read_published(path, sheet)
    from lichen.economy.read import read_table

    return read_table(path, sheet, decimal)


def _is_plain(path: Path, sheet: str | None) -> bool:
    from lichen.sheets import read_sheets

    wanted = [sheet] if sheet else None
    firsts = [s.cell(0, 0) for s in read_sheets(path, wanted) if s.rows and (sheet is None or s.name in (sheet, ""))]
    return any(isinstance(cell, str) and cell.strip().lower() == "lichen" for cell in firsts)
