"""Columns of the tables that a user may bring: how each cell is read, and what it means in both languages."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, get_args

from lichen.errors import Language

TableName = Literal["exchange_types", "conditions"]
TABLES: tuple[TableName, ...] = get_args(TableName)
CellType = Literal[
    "id", "text", "industries", "materials", "choice", "number", "unit", "kind", "source", "conditions", "technologies",
    "standards", "factor", "known", "columns",
]  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column.

    Parameters
    ----------
    name, type
        Heading in files, and how a cell is read.
    needed
        Whether it must be filled.
    places
        Name of the column beside whose entries its own stand, one by one; empty: none.
    choices
        Allowed words; empty: any.
    heading_zh, meanings
        Heading in Chinese, which is understood too, and the meaning in English and Chinese.
    """

    name: str
    type: CellType
    needed: bool
    places: str
    choices: tuple[str, ...]
    heading_zh: str
    meanings: tuple[str, str]

    def meaning(self, lang: Language) -> str:
        """Return what it holds, in ``lang``."""
        return self.meanings[lang == "zh"]


@functools.cache
def columns(table: TableName) -> tuple[Column, ...]:
    """Return the columns of a table, in their order."""
    data = tomllib.loads((files("lichen.knowledge") / "columns.toml").read_text(encoding="utf-8"))
    return tuple(
        Column(
            name, entry["type"], entry.get("needed", False), entry.get("places", ""), tuple(entry.get("choices", ())),
            entry["heading_zh"], (entry["en"], entry["zh"]),
        )
        for name, entry in data[table].items()
    )  # fmt: skip


def column(table: TableName, name: str) -> Column:
    """Return one column; ``KeyError`` if there is none."""
    return {c.name: c for c in columns(table)}[name]
