"""Change the values of a TOML file, and nothing else in it: comments, order and layout stay."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from lichen.errors import Problem, StudyError


def edited(text: str, wanted: Mapping[str, Any]) -> str:
    """Return TOML that says what is wanted, changed no more than needed: comments and order stay.

    Raises
    ------
    StudyError
        If the file is laid out so that it cannot be changed so.
    """
    try:
        document = tomlkit.parse(text)
        _follow(document, tomllib.loads(text), wanted)
        found = tomlkit.dumps(document)
        if tomllib.loads(found) == wanted and found.encode():  # a lone surrogate cannot be written
            return found
    except (TOMLKitError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        pass
    raise StudyError((Problem("workbench.settings_layout"),))


def _follow(place: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Change a table of a document where its values are no longer the same."""
    for key in [k for k in before if k not in after]:
        del place[key]
    for key, value in after.items():
        old = before.get(key)
        if key in before and old == value:
            continue
        if isinstance(old, dict) and isinstance(value, dict):
            _follow(place[key], old, value)
        elif isinstance(old, list) and isinstance(value, list) and _tables(old) and _tables(value):
            _follow_list(place[key], old, value)
        else:
            place[key] = _item(value)


def _follow_list(place: Any, before: list[Any], after: list[Any]) -> None:
    """Change a list of tables: each in its place, new ones at its end, one that is gone taken out where it stood."""
    if len(after) < len(before):
        gone = next((n for n, one in enumerate(after) if before[n] != one), len(after))
        del place[gone]
        before = [*before[:gone], *before[gone + 1 :]]
    inline = not isinstance(place, tomlkit.items.AoT)
    for n, value in enumerate(after):
        if n >= len(before):
            place.append(_item(value, inline))
        elif before[n] != value:
            _follow(place[n], before[n], value)


def _tables(values: list[Any]) -> bool:
    return all(isinstance(one, dict) for one in values)


def _item(value: Any, inline: bool = False) -> Any:
    """Return a value as TOML: figures and texts in one line, lists of tables below."""
    if isinstance(value, list) and value and _tables(value) and not inline:
        tables = tomlkit.aot()
        for one in value:
            tables.append(_item(one))
        return tables
    if isinstance(value, dict) and (inline or {"en"} <= set(value) or {"value"} <= set(value)):
        table = tomlkit.inline_table()
        table.update(value)
        return table
    if isinstance(value, dict):
        found = tomlkit.table()
        for key, one in value.items():
            found[key] = _item(one)
        return found
    return tomlkit.item(value)
