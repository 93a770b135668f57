"""Chemical elements, and what share of a substance each of them is: ``CaO`` is 71.5 % calcium."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from lichen.errors import Language, current_language
from lichen.vocabulary._files import rows

_TOKEN = re.compile(r"([A-Z][a-z]?)|(\()|(\))|(\d+(?:\.\d+)?)|([·.*])")
_LONGEST = 60


@dataclass(frozen=True)
class Element:
    """An element: symbol, names, and standard atomic weight [g/mol]."""

    symbol: str
    name_en: str
    name_zh: str
    weight: float

    def name(self, lang: Language | None = None) -> str:
        """Return the name in ``lang`` (default: the current language)."""
        return self.name_zh if (lang or current_language()) == "zh" else self.name_en


@functools.cache
def elements() -> Mapping[str, Element]:
    """Return the elements that occur in firms' flows, by symbol."""
    return {
        r["symbol"]: Element(r["symbol"], r["name_en"], r["name_zh"], float(r["weight"])) for r in rows("elements.csv")
    }


@functools.lru_cache(4096)
def mass_shares(formula: str) -> Mapping[str, float]:
    """Return element → its share of the mass of a substance [1]; empty if the text is no formula of known elements.

    Parameters
    ----------
    formula
        ``Fe2O3``, ``Ca3(PO4)2``, ``CaSO4·2H2O``, or the symbol of an element.

    >>> round(mass_shares("CaO")["Ca"], 4)
    0.7147
    >>> mass_shares("free lime")
    {}
    """
    counts = _counts(formula)
    known = elements()
    if not counts or any(symbol not in known for symbol in counts):
        return {}
    weights = {symbol: known[symbol].weight * count for symbol, count in counts.items()}
    total = sum(weights.values())
    return {symbol: weight / total for symbol, weight in weights.items()}


def respelled(name: str) -> str:
    """Return the formula that a name is but for capitals; empty if it is one already, or none.

    A word in small letters alone is no formula: ``ash`` is not AsH. ``SIO2`` would be one with iodine, and never is.

    >>> respelled("SIO2"), respelled("Cao"), respelled("CaO"), respelled("ash")
    ('SiO2', 'CaO', '', '')
    """
    word = name.casefold() in _WORDS or (name.islower() and name.isalpha())
    told = mass_shares(name)
    if word or len(name) > _LONGEST or (told and "I" not in told):
        return ""
    symbols = {symbol.lower(): symbol for symbol in elements()}
    found = re.sub(
        r"[a-z]{1,2}",
        lambda m: symbols.get(m[0]) or "".join(symbols.get(letter, letter) for letter in m[0]),
        name.lower(),
    )
    return found if found != name and mass_shares(found) else ""


_WORDS = ("ash",)


def _counts(formula: str) -> dict[str, float]:
    """Return element → atoms in a formula; empty if it cannot be read as one."""
    if len(formula) > _LONGEST:
        return {}
    total: dict[str, float] = {}
    for part in re.split(r"[·•*]", formula):
        found = re.fullmatch(r"(\d*)(.+)", part.strip())
        inner = _group(found.group(2)) if found else {}
        if found is None or not inner:
            return {}
        for symbol, count in inner.items():
            total[symbol] = total.get(symbol, 0.0) + count * float(found.group(1) or 1)
    return total


def _group(text: str) -> dict[str, float]:
    """Return element → atoms of a formula without dots; empty if a sign is out of place."""
    stack: list[dict[str, float]] = [{}]
    last: dict[str, float] = {}
    end = 0
    for token in _TOKEN.finditer(text):
        symbol, opening, closing, number, dot = token.groups()
        if token.start() != end or dot or (number and not last) or (closing and len(stack) == 1):
            return {}
        end = token.end()
        if opening:
            stack.append({})
            last = {}
            continue
        times = 1.0
        if number:
            times = float(number) - 1  # the group was counted once when it was read
        elif closing:
            last = stack.pop()
        else:
            last = {symbol: 1.0}
        for name, count in last.items():
            stack[-1][name] = stack[-1].get(name, 0.0) + count * times
        if number:
            last = {}
    return stack[0] if end == len(text) and len(stack) == 1 else {}
