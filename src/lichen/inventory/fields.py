"""One cell of a survey: from what a firm wrote to a value, or the problem with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lichen.errors import Problem, UnitError, Where
from lichen.inventory.dictionary import Column, Field
from lichen.labelled import suggest
from lichen.numerals import parse_number
from lichen.sheets import Cell, is_blank
from lichen.units import parse_unit, same_dimension
from lichen.vocabulary.industries import industries
from lichen.vocabulary.materials import match_material, material_named

LONGEST_TEXT = 500
_PART = re.compile(r"\s*([A-Za-z][A-Za-z0-9()]*|[\u4e00-\u9fff]+)\s*[:：=]?\s*([^\s;；]+?)\s*%?\s*")


@dataclass(frozen=True)
class Parsed:
    """A cell's value and what is wrong with it; the value is ``None`` where there is none or it cannot be used."""

    value: Any
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Named:
    """A material as a firm names it, and its code in the vocabulary; empty if it is not known there."""

    given: str
    code: str


def parse_cell(column: Column, cell: Cell, where: Where) -> Parsed:
    """Return the value of a cell by the dictionary's rules."""
    field = column.field
    if is_blank(cell):
        if field.required and not column.is_unit:
            return _fault("empty", where, field)
        return Parsed(field.default or None if not column.is_unit else None)
    if column.is_unit:
        return _unit(field, _text(cell), where)
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
    if not text.isprintable() or any(ord(c) in range(0x202A, 0x2070) for c in text):
        return _fault("control", where, field)
    return Parsed(text)


def _choice(field: Field, cell: Cell, where: Where) -> Parsed:
    text = _text(cell)
    for words in (field.choices, field.choices_zh):
        lowered = [w.lower() for w in words]
        if text.lower() in lowered:
            return Parsed(field.choices[lowered.index(text.lower())])
    near = suggest(text, [*field.choices, *field.choices_zh]) or "–"
    return _fault("not_one_of", where, field, found=text, near=near, allowed=[*field.choices, *field.choices_zh])


def _number(field: Field, cell: Cell, where: Where) -> Parsed:
    found = parse_number(cell, None, where)
    if isinstance(found, Problem):
        return Parsed(None, (found,))
    if (field.low is not None and found < field.low) or (field.high is not None and found > field.high):
        low = "–" if field.low is None else f"{field.low:g}"
        high = "–" if field.high is None else f"{field.high:g}"
        return _fault("range", where, field, found=f"{found:g}", low=low, high=high)
    if field.type in ("integer", "year") and found != int(found):
        return _fault("not_whole", where, field, found=f"{found:g}")
    return Parsed(found)


def _unit(field: Field, text: str, where: Where) -> Parsed:
    try:
        parse_unit(text, where)
    except UnitError as error:
        return Parsed(None, error.problems)
    if not any(same_dimension(text, allowed) for allowed in field.units):
        return _fault("unit_misfit", where, field, found=text, allowed=list(field.units))
    return Parsed(text)


def _code(field: Field, cell: Cell, where: Where) -> Parsed:
    text = _text(cell).upper()
    if not any(found.code == text for found in industries()):
        near = suggest(text, [found.code for found in industries()]) or "–"
        return _fault("unknown_industry", where, field, found=text, near=near)
    return Parsed(text)


def _material(field: Field, cell: Cell, where: Where) -> Parsed:
    text = _plain(field, cell, where)
    if text.value is None:
        return text
    known = material_named(text.value)
    if known is not None:
        return Parsed(Named(text.value, known.code))
    near = [match.name for match in match_material(text.value, most=3)]
    problem = Problem("inventory.unknown_material", where, "warning", {"found": text.value, "near": near or "–"})
    return Parsed(Named(text.value, ""), (problem,))


def _composition(field: Field, cell: Cell, where: Where) -> Parsed:
    """Return substance → share [1] of ``CaO 42; SiO2 15``."""
    shares: dict[str, float] = {}
    for part in re.split(r"[;；\n]", _text(cell)):
        if not part.strip():
            continue
        found = _PART.fullmatch(part)
        number = parse_number(found.group(2), ".", where) if found else None
        if found is None or number is None or isinstance(number, Problem):
            return _fault("composition", where, field, found=part.strip())
        name = found.group(1)
        if name in shares:
            return _fault("composition_twice", where, field, found=name)
        if not 0 <= number <= 100:
            return _fault("range", where, field, found=f"{name} {number:g}", low="0", high="100")
        shares[name] = number / 100
    if sum(shares.values()) > 1.005:
        return _fault("composition_sum", where, field, total=f"{sum(shares.values()):.1%}")
    return Parsed(shares)


def _months(field: Field, cell: Cell, where: Where) -> Parsed:
    parts = [p for p in re.split(r"[;；,，\s]+", _text(cell)) if p]
    numbers = [parse_number(p, ".", where) for p in parts]
    good = [n for n in numbers if not isinstance(n, Problem) and n >= 0]
    if len(numbers) != 12 or len(good) != 12 or sum(good) <= 0:
        return _fault("months", where, field, count=len(numbers))
    return Parsed(tuple(n / sum(good) for n in good))


_BY_TYPE = {
    "text": _plain, "choice": _choice, "number": _number, "integer": _number, "year": _number, "code": _code,
    "material": _material, "composition": _composition, "months": _months,
}  # fmt: skip
