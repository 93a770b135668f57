"""Small tables of our own beside a study's follow-up: read with every problem at its cell, always written the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lichen.errors import FileError, Problems, Where
from lichen.figures import Text
from lichen.sheets import cell_name, read_sheets
from lichen.web.models import User

LONGEST_NAME = 150
"""Characters of a person's name."""
ALLOWED = {
    "name": Text("a file's name without a folder, at most 120 characters", "不带文件夹的文件名，至多 120 个字符"),
    "shared": Text("yes, no", "yes、no"), "named": Text("yes, no", "yes、no"),
    "by": Text("a name of at most 150 characters", "姓名，至多 150 个字符"),
    "time": Text("a time such as 2024-05-31T08:00:00+00:00", "时间，如 2024-05-31T08:00:00+00:00"),
    "exchange": Text("one line of at most 500 characters", "一行文字，至多 500 个字符"),
    **dict.fromkeys(("title", "title_zh", "origin"),
                    Text("one line of at most 200 characters", "一行文字，至多 200 个字符")),
}  # fmt: skip
"""What columns hold that several tables have."""


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
        problems.add("workbench.table_columns", Where(file, cell="A1"), wanted=list(keys))
        return []
    places = {key: head.index(key) for key in keys}
    return [
        Line(file, n, places, {key: str(sheet.cell(n, places[key]) or "") for key in keys})
        for n in range(1, len(sheet.rows)) if sheet.rows[n]
    ]  # fmt: skip


def write_table(path: Path, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a table: its heading, and a line for each row."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([row[key] for key in keys] for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(out.getvalue(), encoding="utf-8", newline="")


def moment(text: object) -> datetime | None:
    """Return a time that names its zone, as ``2024-05-31T08:00:00+00:00``; ``None`` if it is none."""
    try:
        found = datetime.fromisoformat(text)  # type: ignore[arg-type]
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (TypeError, ValueError, OverflowError):
        return None


def is_name(text: object) -> bool:
    """Whether a text can be the name of a person: printable, and not long."""
    return isinstance(text, str) and text.isprintable() and len(text) <= LONGEST_NAME


def who(one: Any) -> str:
    """Return who did something, for a study that goes out: a name; of an address no more than what stands before @."""
    if one.author is not None:
        return str(one.author)
    return "" if one.by is None else called(one.by)


def called(user: User) -> str:
    """Return what a person is called in what goes out: a name, or what stands before the @ of an address."""
    return "".join(c for c in user.name or user.email.partition("@")[0] if c.isprintable())[:LONGEST_NAME]
