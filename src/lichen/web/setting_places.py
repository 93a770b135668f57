"""Places in a park's settings that addresses name: tables of ``study.toml``, and values that stand under a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lichen.appraise.risk import contract_outline
from lichen.errors import Language
from lichen.figures import Text
from lichen.study.schema import NAMED, SECTIONS, Setting, section, settings_of
from lichen.web.texts import catalogue, words

Data = MutableMapping[str, Any]
NAME, VALUE = "name", "value"
"""Fields of the form of what stands under a name."""


@dataclass(frozen=True)
class Place:
    """A table of the settings that an address names.

    Parameters
    ----------
    path
        Keys and places in lists from the top of ``study.toml``; the last is ``None`` for one that is to be added.
    setting
        The key that it stands under.
    """

    path: tuple[str | int | None, ...]
    setting: Setting

    @property
    def text(self) -> str:
        """As addresses have it, ``design.plant.0``."""
        return ".".join("new" if part is None else str(part) for part in self.path)

    @property
    def new(self) -> bool:
        """Whether it is to be added."""
        return self.path[-1] is None

    @property
    def named(self) -> bool:
        """Whether it is a figure or a text that stands under a name of its own, as the budget of a stage does."""
        return self.setting.shape in NAMED

    @property
    def above(self) -> str:
        """The table that it stands in, as addresses have it; empty for a section."""
        alone = isinstance(self.path[-1], str) and not self.named
        return ".".join(map(str, self.path[:-1] if alone else self.path[:-2]))

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The keys that its form asks for; of what stands under a name that name, and the value."""
        setting = self.setting
        if setting.record is not None:
            return settings_of(setting.record)
        label = Text(words(f"setting_name_{setting.key}", "en"), words(f"setting_name_{setting.key}", "zh"))
        terms = _terms_of(self) if setting.key == "agreed" else ()
        name = Setting(NAME, "choice" if terms else "text", label, Text(""), True, None, terms)
        return name, Setting(VALUE, NAMED[setting.shape], setting.name, Text(""), True, None)

    def table(self, data: Any) -> Mapping[str, Any] | None:
        """Return what stands at the place; empty where it is to be added, ``None`` where there is no such place."""
        if not self.named or self.new:
            return table_at(data, self.path)
        under = table_at(data, self.path[:-1]) or {}
        name = str(self.path[-1])
        return {NAME: name, VALUE: under[name]} if name in under else None


REGISTERED = frozenset({"price", "quantity", "duration"})
"""Terms of a contract that stand in the register of agreed terms, which fewer people see than settings."""


def _terms_of(place: Place) -> tuple[str, ...]:
    """Return the terms of a contract that may be chosen: of what is in the register only the one that stands there."""
    own = {} if place.new else {str(place.path[-1])}
    return tuple(t.id for t in contract_outline(heat=True) if t.id not in REGISTERED or t.id in own)


def place_of(text: str) -> Place | None:
    """Return the table that an address names; ``None`` if there can be none."""
    parts = text.split(".")
    if parts[0] not in SECTIONS or len(parts) > 9:
        return None
    setting = section(parts[0])
    path: list[str | int | None] = [parts[0]]
    rest = parts[1:]
    while rest:
        found = next((s for s in settings_of(setting.record or object) if s.key == rest[0]), None)
        if found is None or path[-1] is None or not (found.record is not None or found.shape in NAMED):
            return None
        setting = found
        path.append(rest.pop(0))
        if setting.shape == "records":
            number = rest.pop(0) if rest else ""
            if not re.fullmatch(r"new|[0-9]{1,3}", number):
                return None
            path.append(None if number == "new" else int(number))
        elif setting.shape in NAMED:
            if not rest:
                return None
            path.append(None if rest == ["new"] else ".".join(rest))
            break
    return Place(tuple(path), setting)


def setting_path(text: str, lang: Language) -> list[str]:
    """Return what the keys on a way through the settings are called, ``design.plant[mill].size`` step by step."""
    settings: Sequence[Setting] = [section(name) for name in SECTIONS]
    found, named = [], False
    for own, key in re.findall(r"\[([^\]]*)\]|([^.\[\]]+)", text):
        setting = next((s for s in settings if s.key == key), None) if key and not named else None
        if setting is None:
            found.append(own or (part_name(key, lang) if not named else key))
            named = False
            continue
        found.append(setting.name.text(lang))
        settings = settings_of(setting.record) if setting.record is not None else ()
        named = setting.shape in NAMED
    return found


def part_name(key: str, lang: Language) -> str:
    """Return what a part of a figure or text is called, ``unit``; the key itself where it is none."""
    return words(f"setting_{key}", lang) if f"setting_{key}" in catalogue() else key


def part_text(key: str) -> Text:
    """Return what a part of a figure is called, in both languages."""
    return Text(part_name(key, "en"), part_name(key, "zh"))


def table_at(data: Any, path: Iterable[str | int | None]) -> Mapping[str, Any] | None:
    """Return a table of the settings; empty where it is to be added, ``None`` where its list has no such place."""
    for part in path:
        if part is None:
            return {}
        if isinstance(part, int):
            if not isinstance(data, list) or part >= len(data):
                return None
            data = data[part]
        else:
            data = data.get(part, {}) if isinstance(data, Mapping) else {}
    return data if isinstance(data, Mapping) else {}


def count_at(data: Any, place: Place) -> int:
    """Return how many tables or values stand beside a place already."""
    above = table_at(data, place.path[:-2]) or {}
    found = above.get(str(place.path[-2]), ())
    return len(found) if isinstance(found, list | Mapping) else 0


def first_tables(place: Place) -> tuple[Setting, ...]:
    """Return the lists of tables that cannot be empty, of a table to be added: its form asks for their first."""
    return tuple(s for s in place.settings if place.new and s.needed and s.shape == "records")


def put(data: Any, path: Sequence[str | int | None], table: Mapping[str, Any]) -> None:
    """Put a table at its place, making what it stands in."""
    for part, following in pairwise(path):
        empty: Any = {} if isinstance(following, str) else []
        data = data[part] if isinstance(part, int) else data.setdefault(part, empty)
    last = path[-1]
    if last is None:
        data.append(dict(table))
    else:
        data[last] = dict(table)


def put_named(data: Any, place: Place, name: str, value: Mapping[str, Any]) -> None:
    """Put a value under a name, in the place of the one that it had before."""
    under = dict(table_at(data, place.path[:-1]) or {})
    old = place.path[-1]
    if old is None:
        under[name] = value
    else:
        under = {name if key == old else key: value if key == old else one for key, one in under.items()}
    put(data, place.path[:-1], under)


def drop(data: Any, path: Sequence[str | int | None]) -> None:
    """Take out what stands at a place."""
    for part in path[:-1]:
        data = data[part]
    del data[path[-1]]
