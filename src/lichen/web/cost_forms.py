"""The table and the form of costs, made from the dictionary of a table of costs."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lichen.appraise.cost_table import Column, Item, Record, closed_keys, cost_columns, cost_record, rules
from lichen.appraise.costs import shipped_costs
from lichen.errors import Language, Problem
from lichen.figures import KINDS
from lichen.knowledge.values import Knowledge
from lichen.report.texts import Words
from lichen.web.drafts import Entry, material_names
from lichen.web.texts import words

_KINDS = {
    "item": "choice", "kind": "choice", "key": "material", "value": "number", "low": "number", "high": "number",
    "year": "year",
}  # fmt: skip
"""How the fields of a form are written in; a key is chosen from a list, or written."""
ON_PAGE = frozenset({"item", "key", "low", "kind"})
"""Columns whose meaning in a file is told otherwise on a page."""


def cost_heading(column: Column, lang: Language) -> str:
    """Return the heading of a column."""
    return column.heading_zh if lang == "zh" else words(f"cost_{column.name}", lang)


def item_name(item: str, lang: Language) -> str:
    """Return what an item is called."""
    rule = rules().get(item)  # type: ignore[call-overload]
    return (rule.heading_zh if lang == "zh" else item.replace("_", " ")) if rule else item


def key_name(item: str, key: str, lang: Language) -> str:
    """Return what the key of an item is called, where it is no code of firms and exchanges."""
    rule = rules().get(item)  # type: ignore[call-overload]
    closed = closed_keys(rule.keys) if rule is not None else {}
    if key in closed:
        return closed[key] if lang == "zh" else key.replace("_", " ")
    if rule is not None and rule.keys == "pair":
        return " → ".join(material_names(lang).get(part, part) for part in key.split(">"))
    return material_names(lang).get(key, key)


@dataclass(frozen=True)
class Line:
    """A cost as it is shown: its row where it is the park's own, and its texts."""

    row: Any
    item: str
    key: str
    values: Record


@dataclass(frozen=True)
class Group:
    """The costs of an item."""

    item: str
    name: str
    help: str
    lines: tuple[Line, ...]


def groups_of(rows: Sequence[Any], lang: Language) -> list[Group]:
    """Return rows of costs (of the database, or records) by item, in the order of the dictionary."""
    lines = [(r if hasattr(r, "pk") else None, r.values if hasattr(r, "pk") else r) for r in rows]
    found = []
    for item, rule in rules().items():
        mine = tuple(
            Line(row, item, key_name(item, v.get("key", ""), lang), v) for row, v in lines if v.get("item") == item
        )
        if mine:
            found.append(Group(item, item_name(item, lang), rule.meaning(lang), mine))
    return found


@functools.cache
def shipped(lang: Language) -> list[Group]:
    """Return what ships, by item."""
    return groups_of([cost_record(cost) for cost in shipped_costs()], lang)


def entries_of(written: Record, problems: Mapping[str, tuple[Problem, ...]], lang: Language) -> list[Entry]:
    """Return the fields of a row's form, with what is written and what is wrong at each."""
    choices = {
        "item": (("", "–"), *((i, f"{item_name(i, lang)} · {r.meaning(lang)}") for i, r in rules().items())),
        "kind": (("", "–"), *((kind, Words(lang)(kind)) for kind in KINDS)),
    }  # fmt: skip
    return [
        Entry(c.name, cost_heading(c, lang), _help(c, written, lang),
              _KINDS.get(c.name, "text"),
              written.get(c.name, ""), c.needed, problems.get(c.name, ()), choices.get(c.name, ()))
        for c in cost_columns()
    ]  # fmt: skip


def _help(column: Column, written: Record, lang: Language) -> str:
    """Return the meaning of a column; of the unit, which ones its item has."""
    meaning = words(f"cost_help_{column.name}", lang) if column.name in ON_PAGE else column.meanings[lang == "zh"]
    rule = rules().get(written.get("item", ""))  # type: ignore[call-overload]
    if rule is None or column.name != "unit":
        return meaning
    allowed = words("cost_units", lang, units=", ".join(rule.units))
    return f"{meaning} {allowed}"


def offered_keys(item: str, base: Knowledge, lang: Language) -> list[tuple[str, str]]:
    """Return keys to choose from with their names; all materials where no item was chosen yet."""
    rule = rules().get(item)  # type: ignore[call-overload]
    if rule is None or rule.keys in ("material", "treatment"):
        known = (*base.types, *base.technologies) if rule is not None and rule.keys == "treatment" else ()
        return [*material_names(lang).items(), *((key, "") for key in known)]
    return [(key, name if lang == "zh" else "") for key, name in closed_keys(rule.keys).items()]


def first_values(item: str, key: str, unit: str) -> dict[str, str]:
    """Return what a new row begins with: what a question asks for, or what ships of the same."""
    known: Item | str = item if item in rules() else ""
    return {"item": known, "key": key[:200], "unit": unit[:40], "kind": "reported"}
