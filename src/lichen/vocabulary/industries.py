"""Industries of GB/T 4754-2017, and the sectors of other lists that their divisions belong to."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lichen.errors import LabelError, Language, Problem, current_language
from lichen.labelled import suggest
from lichen.vocabulary._files import rows, unknown
from lichen.vocabulary.names import alike, is_chinese, plain

Level = Literal["division", "group", "class"]
LINKED = ("CN42-2007", "ISIC4")
"""Lists that divisions are linked to: the 42 sectors of 2007, and divisions of ISIC Rev. 4."""
NEAR = 65.0
"""How alike a name must be to what is looked for, where none holds it [0 to 100]: our choice."""


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
        """Return the name in ``lang`` (default: the current language).

        Where there is no English one, it is that of the group or division with the code: ``Glass products (3053)``.
        """
        if (lang or current_language()) == "zh":
            return self.name_zh
        return self.name_en or f"{_english_above(self)} ({self.code})"

    @property
    def division(self) -> str:
        """Code of its division."""
        return self.code[:2]


def _english_above(item: Industry) -> str:
    """Return the English name of the nearest industry above one; every division has one."""
    above = industry(item.parent)
    return above.name_en or _english_above(above)


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


@functools.cache
def industries(level: Level | None = None) -> tuple[Industry, ...]:
    """Return every industry, or those of one level, by code."""
    return tuple(item for item in _table().values() if level in (None, item.level))


def industry(code: str) -> Industry:
    """Return the industry ``code``, e.g. ``3011``.

    Raises
    ------
    LabelError
        If there is no such code; the nearest, or what bears such a name, is said.
    """
    table = _table()
    if code not in table:
        near = suggest(code, list(table)) or [f"{i.code} {i.name()}" for i in find_industries(code)[:3]]
        raise LabelError((Problem("labels.no_industry", values={"label": code, "near": near}),))
    return table[code]


def find_industries(text: str) -> tuple[Industry, ...]:
    """Return the industries that ``text`` may mean.

    Parameters
    ----------
    text
        The beginning of a code; or a part of a name, Chinese or English.

    Returns
    -------
    tuple of Industry
        Those whose code begins with it or whose name holds it, by code; if there are none, those of a name like it,
        the likest first; at last, for a Chinese text, the ten whose names share most of their characters with it.

    >>> [item.code for item in find_industries("steelmaking")]
    ['312', '3120']
    """
    key = plain(text)
    if not key:
        return ()
    names = {item: (plain(item.name_zh), plain(item.name_en)) for item in industries()}
    found = [item for item, own in names.items() if item.code.startswith(key) or any(key in name for name in own)]
    if found:
        return tuple(found)
    scores = {item: max(alike(key, name) for name in own if name) for item, own in names.items()}
    like = sorted((item for item in scores if scores[item] >= NEAR), key=lambda item: -scores[item])
    if like or not is_chinese(key):
        return tuple(like)
    shared = {item: len(set(key) & set(own[0])) / len(own[0]) for item, own in names.items() if own[0]}
    return tuple(sorted((item for item in shared if shared[item]), key=lambda item: -shared[item])[:10])


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
