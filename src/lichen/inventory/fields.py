"""One cell of a survey: from what a firm wrote to a value, or the problem with it."""

from __future__ import annotations

import datetime
import functools
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

from lichen.errors import Problem, UnitError, Where
from lichen.figures import Text
from lichen.inventory.dictionary import Column, Field
from lichen.labelled import suggest
from lichen.numerals import Decimal, parse_number, shown
from lichen.periods import parse_period
from lichen.sheets import Cell, is_blank
from lichen.units import parse_unit, same_dimension
from lichen.vocabulary.elements import elements, respelled
from lichen.vocabulary.industries import industries
from lichen.vocabulary.materials import match_material, material_named

LONGEST_TEXT = 500
PEDIGREE = ("reliability", "completeness", "year", "place", "technology")
"""What the five scores of a quantity's quality speak of."""
_PART = re.compile(
    r"\s*(?:([A-Za-z][A-Za-z0-9()]*)(?:\s*[:：=＝]\s*|\s+)|([\u4e00-\u9fff]+)\s*[:：=＝]?\s*)([^\s;；%％]+)\s*[%％]?\s*"
)
"""A substance and its share; between letters and a number stands a sign or a blank: ``CaO42`` could be CaO4 2."""
PERCENT = re.compile(r"(.*[^%％\s])\s*[%％]\s*")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A cell's value and what is wrong with it; the value is ``None`` where there is none or it cannot be used."""

    value: Any
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Named:
    """A material as a firm names it, and its code in the vocabulary; empty if it is not known there."""

    given: str
    code: str


def parse_cell(column: Column, cell: Cell, where: Where, decimal: Decimal | None = None, near: bool = True) -> Parsed:
    """Return the value of a cell by the dictionary's rules.

    Parameters
    ----------
    column, cell, where
        The column, what the cell holds, and its place.
    decimal
        The decimal sign of the file, if known.
    near
        Whether the nearest known name is looked for where a name is not known; that takes some milliseconds.
    """
    field = column.field
    if is_blank(cell):
        if field.required and not column.is_unit:
            return _fault("empty", where, field)
        return Parsed(field.default or None if not column.is_unit else None)
    if column.is_unit:
        return _unit(field, _text(cell), where, near)
    if field.type in ("number", "integer", "year"):
        return _number(field, cell, where, decimal)
    if field.type in _OF_NAMES:
        return _OF_NAMES[field.type](field, cell, where, near)
    return _BY_TYPE[field.type](field, cell, where)


def _fault(name: str, where: Where, field: Field, severity: Any = "error", **values: Any) -> Parsed:
    told = {"field": field.label("en"), "zh": field.label("zh"), **values}
    return Parsed(None, (Problem(f"inventory.{name}", where, severity, told),))


def _text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(str(cell).split())


def _plain(field: Field, cell: Cell, where: Where) -> Parsed:
    text = _text(cell)
    if len(text) > LONGEST_TEXT:
        return _fault("too_long", where, field, longest=LONGEST_TEXT)
    if not text.isprintable():
        return _fault("control", where, field)
    return Parsed(text)


def _choice(field: Field, cell: Cell, where: Where, near: bool) -> Parsed:
    text = _text(cell)
    for words in (field.choices, field.choices_zh):
        lowered = [w.lower() for w in words]
        if text.lower() in lowered:
            return Parsed(field.choices[lowered.index(text.lower())])
    allowed = [Text(*pair) for pair in zip(field.choices, field.choices_zh, strict=True) if pair[0]]
    nearest = suggest(text[:60], [word for choice in allowed for word in (choice.en, choice.zh)]) if near else ""
    return _fault("not_one_of", where, field, found=text[:60], near=nearest or "–", allowed=allowed)


def _number(field: Field, cell: Cell, where: Where, decimal: Decimal | None) -> Parsed:
    if isinstance(cell, str) and (percent := PERCENT.fullmatch(cell)):
        if field.unit != "%":
            return _fault("percent", where, field, found=cell[:60])
        cell = percent[1]
    found = parse_number(cell, decimal, where)
    if isinstance(found, Problem):
        return Parsed(None, (found,))
    # the upper end of a number with several units counts in one of them: where the unit is known
    below = field.low is not None and found < field.low
    if below or (field.high is not None and not field.units and found > field.high):
        low, high = (shown(field.low or 0, 6), "") if below else ("", shown(field.high or 0, 6))
        return _fault("range", where, field, found=shown(found, 6), low=low, high=high)
    if field.type in ("integer", "year") and found != int(found):
        return _fault("not_whole", where, field, found=f"{found:g}")
    if field.unit == "%" and 0 < found < 1 and not isinstance(cell, str):
        told = {"field": field.label("en"), "zh": field.label("zh"), "found": f"{found:g}", "meant": f"{found * 100:g}"}
        return Parsed(found, (Problem("inventory.small_percent", where, "warning", told),))
    return Parsed(found)


@functools.lru_cache(4096)
def _fits(text: str, units: tuple[str, ...], near: bool) -> bool:
    """Whether a unit is of the kind of one of ``units``; rows repeat a handful of them."""
    parse_unit(text, near=near)
    return any(same_dimension(text, allowed) for allowed in units)


def _unit(field: Field, text: str, where: Where, near: bool) -> Parsed:
    try:
        fits = _fits(text, field.units, near)
    except UnitError as error:
        return Parsed(None, tuple(replace(p, where=where) for p in error.problems))
    if not fits:
        return _fault("unit_misfit", where, field, found=text[:60], allowed=list(field.units))
    return Parsed(text)


def _code(field: Field, cell: Cell, where: Where, near: bool) -> Parsed:
    text = _text(cell).upper()
    codes = [found.code for found in industries()]
    if text in codes:
        return Parsed(text)
    # a spreadsheet takes 0610 for the number 610
    nearest = f"0{text}" if f"0{text}" in codes else suggest(text[:60], codes) if near else ""
    return _fault("unknown_industry", where, field, found=text[:60], near=nearest or "–")


def _material(field: Field, cell: Cell, where: Where, near: bool) -> Parsed:
    text = _plain(field, cell, where)
    if text.value is None:
        return text
    known = material_named(text.value)
    if known is not None:
        return Parsed(Named(text.value, known.code))
    nearest = [match.name for match in match_material(text.value, most=3)] if near else []
    problem = Problem("inventory.unknown_material", where, "warning", {"found": text.value, "near": nearest or "–"})
    return Parsed(Named(text.value, ""), (problem,))


def share_of(percent: float) -> float:
    """Return a share [1] of per cent, rounded so that writing and reading it again gives the same number."""
    return float(f"{percent:.12g}") / 100


def _composition(field: Field, cell: Cell, where: Where) -> Parsed:
    """Return substance → share [1] of ``CaO 42; SiO2 15``."""
    shares: dict[str, float] = {}
    for part in re.split(r"[;；\r\n]", str(cell)):
        if not part.strip():
            continue
        found = _PART.fullmatch(part)
        number = parse_number(found.group(3), ".", where) if found else None
        if found is None or number is None or isinstance(number, Problem):
            return _fault("composition", where, field, found=part.strip()[:60])
        name = found.group(1) or found.group(2)
        if name in shares:
            return _fault("composition_twice", where, field, found=name)
        if not 0 <= number <= 100:
            low, high = ("0", "") if number < 0 else ("", "100")
            return _fault("range", where, field, found=f"{name} {shown(number, 6)}", low=low, high=high)
        shares[name] = share_of(number)
    if sum(shares.values()) > 1.005:
        return _fault("composition_sum", where, field, total=f"{sum(shares.values()):.1%}")
    doubtful = [(name, meant) for name in shares if (meant := respelled(name))]
    told = {"field": field.label("en"), "zh": field.label("zh")}
    return Parsed(shares, tuple(
        Problem("inventory.substance", where, "warning", {**told, "found": name, "meant": meant})
        for name, meant in doubtful
    ))  # fmt: skip


def _months(field: Field, cell: Cell, where: Where) -> Parsed:
    parts = [p for p in re.split(r"[;；,，\s]+", _text(cell)) if p]
    numbers = [parse_number(p, ".", where) for p in parts]
    good = [n for n in numbers if not isinstance(n, Problem) and n >= 0]
    if len(numbers) != 12 or len(good) != 12 or sum(good) <= 0:
        return _fault("months", where, field, count=len(numbers))
    total = sum(good)
    # shares that add up to 1 stay as they are, so that writing and reading them again changes nothing
    shares = tuple(good) if abs(total - 1) < 1e-9 else tuple(n / total for n in good)
    if not abs(sum(shares) - 1) < 1e-9:
        return _fault("months", where, field, count=len(numbers))
    return Parsed(shares)


_LAYER_NAMES = {
    "mass": "mass", "质量": "mass", "物质": "mass", "water": "water", "水": "water", "energy": "energy", "能": "energy",
    "能量": "energy",
}  # fmt: skip


def _layers(field: Field, cell: Cell, where: Where) -> Parsed:
    """Return the layers of ``mass; Fe``: mass, water, energy, or symbols of elements."""
    found: list[str] = []
    for part in re.split(r"[;；,，、\s]+", _text(cell).strip()):
        layer = _LAYER_NAMES.get(part.lower(), part if part in elements() else "")
        if part and not layer:
            return _fault("layers", where, field, found=part[:60])
        if layer and layer not in found:
            found.append(layer)
    return Parsed(tuple(found))


def _pedigree(field: Field, cell: Cell, where: Where) -> Parsed:
    parts = [p for p in re.split(r"[;；,，、\s]+", unicodedata.normalize("NFKC", _text(cell))) if p]
    if len(parts) != len(PEDIGREE) or any(p not in ("1", "2", "3", "4") for p in parts):
        return _fault("pedigree", where, field, found=_text(cell)[:60])
    return Parsed(tuple(int(p) for p in parts))


def _date(field: Field, cell: Cell, where: Where) -> Parsed:
    if isinstance(cell, datetime.datetime):
        return Parsed(cell.date().isoformat())
    if isinstance(cell, datetime.date):
        return Parsed(cell.isoformat())
    try:
        return Parsed(datetime.date.fromisoformat(unicodedata.normalize("NFKC", _text(cell))).isoformat())
    except ValueError:
        return _fault("date", where, field, found=_text(cell)[:60])


def _period(field: Field, cell: Cell, where: Where) -> Parsed:
    found = parse_period(cell)
    return _fault("period", where, field, found=_text(cell)[:60]) if found is None else Parsed(found)


_OF_NAMES = {"choice": _choice, "code": _code, "material": _material}
_BY_TYPE = {
    "text": _plain, "composition": _composition, "months": _months, "layers": _layers, "pedigree": _pedigree,
    "date": _date, "period": _period,
}  # fmt: skip
