"""Industries of GB/T 4754-2017, and the sectors of other lists that their divisions belong to."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lichen.errors import Language, current_language
from lichen.vocabulary._files import rows, unknown

Level = Literal["division", "group", "class"]
LINKED = ("CN42-2007", "ISIC4")
"""Lists that divisions are linked to: the 42 sectors of 2007, and divisions of ISIC Rev. 4."""


@dataclass(frozen=True)
class Industry:
    """An industry of GB/T 4754-2017.

    Parameters
    ----------
    code
        Two digits for a division, three for a group, four for a class.
    level, parent
        What it is, and the code above it; empty for a division.
    name_zh, name_en
        Names; the English one is ours and is given for divisions and the classes that matter here, else empty.
    """

    code: str
    level: Level
    parent: str
    name_zh: str
    name_en: str

    def name(self, lang: Language | None = None) -> str:
        """Return the name in ``lang`` (default: the current language); the Chinese one where there is no other."""
        return self.name_zh if (lang or current_language()) == "zh" else self.name_en or self.name_zh

    @property
    def division(self) -> str:
        """Code of its division."""
        return self.code[:2]


@dataclass(frozen=True)
class Link:
    """A sector of another list that a division of GB/T 4754-2017 belongs to.

    Parameters
    ----------
    to
        Code of the sector.
    main
        Whether most of the division is there.
    one_to_one
        Whether the whole division is there; if not, ``note`` says what goes elsewhere.
    """

    to: str
    main: bool
    one_to_one: bool
    note: str


@functools.cache
def _table() -> Mapping[str, Industry]:
    return {
        row["code"]: Industry(row["code"], row["level"], row["parent"], row["name_zh"], row["name_en"])  # type: ignore[arg-type]
        for row in rows("industries.csv")
    }


def industries(level: Level | None = None) -> tuple[Industry, ...]:
    """Return every industry, or those of one level, by code."""
    return tuple(item for item in _table().values() if level in (None, item.level))


def industry(code: str) -> Industry:
    """Return the industry ``code``, e.g. ``3011``.

    Raises
    ------
    LabelError
        If there is no such code; the nearest is named.
    """
    table = _table()
    if code not in table:
        unknown("industries of GB/T 4754-2017", code, table)
    return table[code]


def links(code: str, to_classification: str) -> tuple[Link, ...]:
    """Return the sectors of another list that the division of ``code`` belongs to, the main one first.

    Parameters
    ----------
    code
        A division, group or class.
    to_classification
        One of :data:`LINKED`.

    Raises
    ------
    LabelError
        An unknown code or list.
    """
    if to_classification not in LINKED:
        unknown("classifications linked to GB/T 4754-2017", to_classification, LINKED)
    division = industry(code).division
    return tuple(
        Link(row["to"], row["main"] == "yes", row["one_to_one"] == "yes", row["note"])
        for row in rows("industry_links.csv")
        if (row["division"], row["to_classification"]) == (division, to_classification)
    )


def within(code: str, other: str) -> bool:
    """Whether ``code`` is ``other`` or a part of it: ``within("3011", "30")``."""
    return industry(code).code.startswith(industry(other).code)
