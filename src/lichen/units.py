"""Units: a closed table of spellings, Chinese and English, onto canonical units; conversion by pint.

A spelling that is not in ``units.toml`` is refused with the nearest known one; nothing is guessed. ``t CO2`` is a unit
of its own, so that it never adds up with tonnes of limestone; each currency is one too. An accounting year ``a`` has
8760 h. ``a/b·c`` is (a/b)·c, ``a/b c`` is a/(b·c), ``a/(b/c)`` is a·c/b; 万, 亿 and the like may stand before any unit.
"""

from __future__ import annotations

import functools
import math
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

from lichen.errors import Language, Problems, UnitError, Where
from lichen.labelled import suggest

if TYPE_CHECKING:
    import pint

T = TypeVar("T")
LONGEST = 60
_SCALES = {"万": 1e4, "亿": 1e8, "千": 1e3, "百万": 1e6, "10000": 1e4, "10^4": 1e4, "10^6": 1e6, "10^8": 1e8,
           "1e4": 1e4, "1e6": 1e6, "1e8": 1e8, "M": 1e6, "million": 1e6}  # fmt: skip
"""Words before a unit; those of letters stand alone, ``M CNY``."""
_PREFIXES = sorted((s for s in _SCALES if not (s.isascii() and s.isalpha())), key=len, reverse=True)
_SCALE = re.compile("^(" + "|".join(map(re.escape, _PREFIXES)) + r")\s*(?=\S)")
_SIGNS = ("/", "·", "*", "×")
_BEFORE = ("", "(", *_SIGNS)


@dataclass(frozen=True)
class Unit:
    """A unit as Lichen understands it.

    Parameters
    ----------
    text
        As the user wrote it.
    scale
        Multiplier before the unit, 1e4 for 万.
    powers
        Canonical units and their powers, e.g. ``(("CNY", 1), ("t", -1))``.
    """

    text: str
    scale: float
    powers: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        over = "·".join(name for name, power in self.powers for _ in range(power))
        under = "·".join(name for name, power in self.powers for _ in range(-power))
        unit = (over or "1") + (f"/({under})" if "·" in under else f"/{under}" if under else "")
        return f"{self.scale:g} {unit}" if self.scale != 1 else unit


@functools.cache
def _tables() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return spellings → canonical name and canonical name → pint definition."""
    data = tomllib.loads(files("lichen").joinpath("units.toml").read_text(encoding="utf-8"))
    spellings: dict[str, str] = {}
    for name, entry in data.items():
        for spelling in [name, *entry["spellings"]]:
            key = _plain(spelling)
            assert spellings.setdefault(key, name) == name, f"{spelling} stands for two units"
    return spellings, {name: entry["is"] for name, entry in data.items()}


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).replace("₂", "2").replace("（", "(").replace("）", ")")
    return " ".join(text.split())


def parse_unit(text: str, where: Where | None = None, *, near: bool = True) -> Unit:
    """Return the unit that ``text`` spells, e.g. ``万吨/年``, ``kWh/t``, ``CNY/(t km)``, ``tCO2/t``.

    ``near``: name the nearest known spelling of an unknown one; to look for it takes about a millisecond.

    Raises
    ------
    UnitError
        If a part is not in the table of spellings; the nearest known spelling is named.
    """
    problems = Problems()
    if not isinstance(text, str) or not text.strip():
        problems.add("units.empty", where)
    elif len(text) > LONGEST:
        problems.add("units.too_long", where, text=text, longest=LONGEST)
    problems.raise_if_errors(UnitError)
    return _placed(_parse if near else _parse_alone, where, text)


def _placed(make: Callable[..., T], where: Where | None, *texts: str) -> T:
    """Call a cached function of texts; its problems get the place of this call."""
    try:
        return make(*texts)
    except UnitError as error:
        raise UnitError(tuple(replace(p, where=where or p.where) for p in error.problems)) from None


@functools.lru_cache(4096)
def _parse_alone(text: str) -> Unit:
    return _parse(text, near=False)


@functools.lru_cache(4096)
def _parse(text: str, near: bool = True) -> Unit:
    spellings, _ = _tables()
    rest = _plain(text)
    for spelling in (s for s in spellings if "·" in s):  # kW·h is one word
        rest = rest.replace(spelling, spelling.replace("·", ""))
    scale, sign, last = 1.0, 1, ""
    outer: list[int] = [1]  # the sign before each open bracket; ``a/(b/c)`` is ``a·c/b``
    powers: dict[str, int] = {}
    problems = Problems()
    broken = False
    for atom in _atoms(rest, spellings):
        # a sign or closing bracket wants a unit before it, a unit or opening bracket no closing bracket
        broken |= (last in _BEFORE) if atom in _SIGNS or atom == ")" else last == ")"
        broken |= (atom == "(" and last not in _BEFORE) or (atom == ")" and len(outer) == 1)
        last = atom
        if atom == "(":
            outer.append(outer[-1] * sign)
            sign = 1
        elif atom == ")":
            outer, sign = outer[:-1] or [1], 1
        elif atom in _SIGNS:
            sign = -1 if atom == "/" else 1
        elif atom in spellings:
            powers[spellings[atom]] = powers.get(spellings[atom], 0) + sign * outer[-1]
        elif atom in _SCALES:
            scale, last = scale * _SCALES[atom] ** (sign * outer[-1]), "·"
        else:
            problems.add("units.unknown", text=text, part=atom, near=(near and suggest(atom, list(spellings))) or "–")
    if (broken or len(outer) > 1 or last in _BEFORE) and not problems:
        problems.add("units.unknown", text=text, part=rest, near="–")
    problems.raise_if_errors(UnitError)
    kept = tuple((name, power) for name, power in powers.items() if power and name != "1")
    return Unit(text, scale, kept)


def _atoms(text: str, spellings: Mapping[str, str]) -> list[str]:
    """Split at ``/ · * × ( )``, at blanks and after 万, 亿; keep spellings that hold a blank (``t CO2``) whole."""
    atoms: list[str] = []
    for piece in re.split(r"\s*([/·*×()])\s*", text):
        if not piece:
            continue
        words = piece.split()
        while words:
            for size in range(len(words), 0, -1):
                word = " ".join(words[:size])
                if size == 1 and word not in spellings and (found := _SCALE.match(word)):
                    atoms.append(found.group(1))
                    words[0] = word[found.end() :]
                    break
                if word in spellings or size == 1:
                    atoms.append(word)
                    words = words[size:]
                    break
    return atoms


@functools.cache
def _registry() -> pint.UnitRegistry[Any]:
    import pint

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(None)
    for name, definition in _tables()[1].items():
        if name != "1":
            registry.define(f"{name} = {definition}")
    return registry


@functools.cache
def _factor(powers: tuple[tuple[str, int], ...], to: tuple[tuple[str, int], ...]) -> float | None:
    import pint

    registry = _registry()
    try:
        quantity = registry.Quantity(1.0, registry.UnitsContainer(dict(powers)))
        return float(quantity.to(registry.UnitsContainer(dict(to))).magnitude)
    except pint.DimensionalityError:
        return None


def factor(text: str, to: str, where: Where | None = None) -> float:
    """Return the number that turns an amount in ``text`` into an amount in ``to``.

    >>> factor("万吨/年", "t/a")
    10000.0

    Raises
    ------
    UnitError
        If a spelling is unknown or the dimensions differ (tonnes of heat).
    """
    return _placed(_ratio, where, text, to)


@functools.lru_cache(4096)
def _ratio(text: str, to: str) -> float:
    unit, target = parse_unit(text), parse_unit(to)
    ratio = _factor(unit.powers, target.powers)
    if ratio is None:
        problems = Problems()
        problems.add("units.does_not_fit", found=text, wanted=to)
        problems.raise_if_errors(UnitError)
    assert ratio is not None
    return ratio * unit.scale / target.scale


def convert(value: float, text: str, to: str, where: Where | None = None) -> float:
    """Return ``value`` given in ``text`` as an amount in ``to``; see :func:`factor`."""
    return value * factor(text, to, where)


@functools.lru_cache(4096)
def same_dimension(text: str, other: str) -> bool:
    """Whether the two units can be converted into one another."""
    return _factor(parse_unit(text).powers, parse_unit(other).powers) is not None


_SMALL = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def unit_name(text: str, lang: Language) -> str:
    """Return how a unit is written for a reader: one in Chinese characters by symbols in English, ``×10⁴ t/a``.

    What is no known unit, and in Chinese every unit, is as it was written.
    """
    if lang == "zh" or text.isascii():
        return text
    try:
        unit = parse_unit(text, near=False)
    except UnitError:
        return text
    ten = round(math.log10(unit.scale))
    plain = str(replace(unit, scale=1.0))
    if unit.scale == 1:
        return plain
    return f"×10{str(ten).translate(_SMALL)} {plain}" if unit.scale == 10**ten else str(unit)


@functools.lru_cache(4096)
def currency_of(text: str) -> str:
    """Return the currency in a unit, e.g. ``CNY``, or an empty text."""
    return next((name for name, _ in parse_unit(text).powers if name in CURRENCIES), "")


CURRENCIES = ("CNY", "USD", "EUR", "JPY", "KRW", "GBP")
