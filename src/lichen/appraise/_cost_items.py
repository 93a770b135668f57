"""What a table of costs may hold: its columns, its items, and what the keys of each item are."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, get_args

from lichen.errors import Language
from lichen.figures import Text
from lichen.knowledge.values import Knowledge
from lichen.units import CURRENCIES, parse_unit, same_dimension
from lichen.vocabulary.materials import materials
from lichen.vocabulary.names import plain

Item = Literal[
    "transport", "handling", "transport_co2", "reach", "treatment", "investment", "disposal", "waste_tax", "price",
    "heat_pipe", "heat_pipe_loss", "water_pipe", "carbon_price", "discount_rate", "tax_rate", "life", "jobs", "rate",
]  # fmt: skip
"""What a cost or price is of; the meanings are in ``costs.toml``."""
ITEMS: tuple[Item, ...] = get_args(Item)
EXCHANGE = re.compile(r"[^>]+>[^>]+>[^>]+")
"""An exchange between two firms: DONOR>STREAM>RECEIVER."""
PAIR = re.compile(r"([^>]+)>([^>]+)")
"""A stream and what it replaces: STREAM>MATERIAL."""
SIZE = re.compile(r"DN\s*([1-9][0-9]{1,3})", re.IGNORECASE)
SIZES = (
    "DN20", "DN25", "DN32", "DN40", "DN50", "DN65", "DN80", "DN100", "DN125", "DN150", "DN200", "DN250", "DN300",
    "DN350", "DN400", "DN450", "DN500", "DN600", "DN700", "DN800", "DN900", "DN1000", "DN1200", "DN1400", "DN1600",
)  # fmt: skip
"""Nominal sizes of pipes that are usual; only these are keys."""


@dataclass(frozen=True)
class Column:
    """A column: its heading in English and Chinese, whether it must be filled, its meaning in both."""

    name: str
    heading_zh: str
    needed: bool
    meanings: tuple[str, str]


@dataclass(frozen=True)
class Rule:
    """What holds for the rows of an item.

    Parameters
    ----------
    item, heading_zh
        Its name in English and Chinese.
    keys
        What its key names: ``mode``, ``material``, ``treatment``, ``size``, ``market``, ``rate``, ``tax``, ``lasting``.
    units
        Units of each allowed dimension; CNY stands for any currency.
    low, high
        Bounds of its values [first of ``units``]; ``None``: none.
    above
        Whether ``low`` itself is out of bounds.
    by_year
        Whether figures of several years may stand beside one another.
    same_role
        Whether what holds for a product does not hold for a waste or by-product below it, nor the other way round.
    meanings
        In English and Chinese.
    """

    item: Item
    heading_zh: str
    keys: str
    units: tuple[str, ...]
    low: float | None
    high: float | None
    above: bool
    by_year: bool
    same_role: bool
    meanings: tuple[str, str]

    @property
    def name(self) -> Text:
        """Its name in both languages, for messages."""
        return Text(self.item, self.heading_zh)

    @property
    def in_money(self) -> bool:
        """Whether its units name a currency."""
        return "CNY" in self.units[0]

    @property
    def has_ancestors(self) -> bool:
        """Whether a figure of a material holds for the materials below it."""
        return self.keys in ("material", "treatment")

    def meaning(self, lang: Language) -> str:
        """Return what it is, in ``lang``."""
        return self.meanings[lang == "zh"]


@functools.cache
def _said() -> Mapping[str, Any]:
    return tomllib.loads((files("lichen.appraise") / "costs.toml").read_text(encoding="utf-8"))


@functools.cache
def cost_columns() -> tuple[Column, ...]:
    """Return the columns of a table of costs, in their order."""
    return tuple(
        Column(name, entry["heading_zh"], entry.get("needed", False), (entry["en"], entry["zh"]))
        for name, entry in _said()["column"].items()
    )


@functools.cache
def rules() -> Mapping[Item, Rule]:
    """Return what holds for each item."""
    said = _said()["item"]
    return {
        item: Rule(
            item, said[item]["heading_zh"], said[item]["keys"], tuple(said[item]["units"]), said[item].get("low"),
            said[item].get("high"), said[item].get("above", False), said[item].get("by_year", False),
            said[item].get("same_role", False), (said[item]["en"], said[item]["zh"]),
        )
        for item in ITEMS
    }  # fmt: skip


def closed_keys(keys: str) -> Mapping[str, str]:
    """Return the keys of a closed list by name, each with its Chinese name; empty for what is no closed list."""
    found: Mapping[str, str] = _said()["keys"].get(keys, {})
    return found


def dimension(unit: str, rule: Rule) -> str:
    """Return the unit among the rule's that has the dimension of ``unit``, or an empty text."""
    own = without_currency(unit)
    return next((u for u in rule.units if same_dimension(own, u)), "")


@functools.lru_cache(1024)
def without_currency(unit: str) -> str:
    """Return a unit with CNY in place of its currency."""
    parsed = parse_unit(unit)
    over = [name for name, power in parsed.powers for _ in range(power)]
    under = [name for name, power in parsed.powers for _ in range(-power)]
    over, under = (["CNY" if name in CURRENCIES else name for name in names] for names in (over, under))
    return ("·".join(over) or "1") + (f"/({'·'.join(under)})" if under else "")


@functools.lru_cache(64)
def _spellings(keys: str) -> Mapping[str, str]:
    """Return the spellings of a closed list → key."""
    found: dict[str, str] = {}
    for key, name in closed_keys(keys).items():
        found |= {key: key, key.replace("_", " "): key, key.replace("_", "-"): key, name: key}
    return found


def known_keys(rule: Rule, base: Knowledge) -> Mapping[str, str]:
    """Return spelling → key of everything that may be a key of an item, besides names of materials."""
    found = dict(_spellings(rule.keys))
    if rule.keys in ("treatment", "lasting"):
        found |= {key: key for key in base.technologies}
    if rule.keys == "treatment":
        found = {item.code: item.code for item in materials()} | {key: key for key in base.types} | found
    if rule.keys == "material":
        found |= {item.code: item.code for item in materials()}
    if rule.keys == "size":
        found |= {size: size for size in SIZES}
    return found


def plain_word(text: str) -> str:
    """Return a heading, item or kind as it is compared."""
    return plain(text.replace("_", " "))
