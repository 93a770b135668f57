"""Small tables beside a study's follow-up: read with every problem at its cell, always written the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lichen.errors import FileError, Problems, Where
from lichen.sheets import cell_name, read_sheets


@dataclass(frozen=True)
class Line:
    """A row of a table: its file, its number there (from 0), the place of each column, and its texts."""

    file: str
    number: int
    places: Mapping[str, int]
    values: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.values[key]

    def where(self, key: str) -> Where:
        """Return the place of a value."""
        return Where(self.file, cell=cell_name(self.number, self.places[key]))


def read_table(folder: Path, file: str, keys: Sequence[str], problems: Problems) -> list[Line]:
    """Return the rows of a table of a study; none where there is no such file, or its heading is another."""
    path = folder / file
    if not path.is_file() or path.is_symlink():
        return []
    try:
        (sheet,) = read_sheets(path)
    except FileError as error:
        problems.extend([replace(p, where=replace(p.where, file=file)) for p in error.problems])
        return []
    head = ["" if cell is None else str(cell).strip() for cell in sheet.rows[0]] if sheet.rows else []
    if not set(keys) <= set(head) or len(set(head)) < len(head):
        problems.add("follow.table_columns", Where(file, cell="A1"), wanted=list(keys))
        return []
    places = {key: head.index(key) for key in keys}
    return [
        Line(file, n, places, {key: str(sheet.cell(n, places[key]) or "") for key in keys})
        for n in range(1, len(sheet.rows)) if sheet.rows[n]
    ]  # fmt: skip


def write_table(path: Path, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a table as UTF-8 CSV: its heading, and a line for each row; what a row does not hold is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([_text(row.get(key)) for key in keys] for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(out.getvalue(), encoding="utf-8", newline="")


def _text(value: Any) -> str:
    """Return a value as a file spells it: a number that nobody takes for thousands."""
    if value is None:
        return ""
    text = repr(value) if isinstance(value, float) else str(value)
    _, point, rest = text.partition(".")
    return f"{text}0" if isinstance(value, float) and point and len(rest) == 3 and rest.isdigit() else text
