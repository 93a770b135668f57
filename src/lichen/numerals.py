"""Numbers as people write them: ``1,234.5``, ``1.234,5``, ``12 万``, ``3.5 %``. Read exactly or refused, never guessed.

The rules (each has a test):

1. A cell is a number, a problem, or nothing in between: an empty cell is not zero, a dash is "no value".
2. ``1.234`` and ``1,234`` alone may be 1.234 or 1234. They are refused until the decimal sign of the file is known, by
   the caller's word or by :func:`decimal_of` from cells that leave no doubt.
3. Thousands stand in groups of three; another grouping (``1,23,456``) is refused.
4. NaN, infinity, truth values and dates are no numbers.
5. Text beyond :data:`LONGEST` characters is refused before it is looked at, so time is bounded.

Full-width signs are read as plain ones. Other characters that Unicode folds to digits (``10²``, ``①``) are refused:
folding would read ten squared as 102.
"""

from __future__ import annotations

import datetime
import math
import numbers
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, Literal, get_args

from lichen.errors import Problem, UnitError, Where

Decimal = Literal[".", ","]
"""The decimal sign of a file."""
DECIMALS: Final[tuple[Decimal, ...]] = get_args(Decimal)

LONGEST: Final = 64
"""Longest text that is looked at [characters]; the longest float written in full needs fewer than 30."""

_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_PLAIN |= dict.fromkeys(map(ord, "\u2212\u2010\u2011\ufe63\u207b"), ord("-"))
_PLAIN |= dict.fromkeys(map(ord, "\u00a0\u2007\u2008\u2009\u200a\u202f\u3000\u2002\u2003\t"), ord(" "))
_PLAIN |= dict.fromkeys(map(ord, "\u2019\u02bc\u2032`"), ord("'"))

_SHAPE = re.compile(r"([+-]?)([0-9][0-9.,' ]*|[.,][0-9]+)(?:[eE]([+-]?[0-9]{1,6}))? ?(%|[千万萬亿億]|万亿|萬億)?")
_BARE = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
"""What is a number to everybody where the decimal sign is a point."""
_SCALE = {None: 0, "%": -2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8, "万亿": 12, "萬億": 12}
_NO_VALUE = frozenset(
    ["-", "--", "–", "—", "――", "——", "…", "...", "……", "/", "x", "n/a", "na", "n.a.", "null", "none", "无", "不详"]
)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|∞)")


def parse_number(value: object, decimal: Decimal | None = None, where: Where | None = None) -> float | Problem:
    """Return the number that a cell holds, or the problem why it holds none.

    Parameters
    ----------
    value
        A cell: text, a native number, or what else a sheet may hold.
    decimal
        The decimal sign of the file; ``None``: not known, then a single ``1.234`` is refused as ambiguous.
    where
        The place of the cell, for the problem.

    Returns
    -------
    float or Problem
        A finite number; or a problem of the codes ``numerals.empty``, ``no_value``, ``ambiguous``, ``contradicts``,
        ``grouping``, ``not_finite``, ``too_long``, ``truth``, ``date``, ``error_cell`` or ``not_a_number``.
    """
    if type(value) is float and math.isfinite(value):
        return value
    found = _parse_text(value, decimal) if isinstance(value, str) else _parse_native(value)
    return replace(found, where=where) if isinstance(found, Problem) and where else found


def read_number(value: object, decimal: Decimal | None = None, where: Where | None = None) -> float:
    """Return the number that a cell holds; see :func:`parse_number`.

    Raises
    ------
    UnitError
        If the cell holds no number, or one that can be read in two ways.
    """
    found = parse_number(value, decimal, where)
    if isinstance(found, Problem):
        raise UnitError((found,))
    return found


def shown(value: float, digits: int = 3) -> str:
    """Return a number as a reader writes it: to ``digits`` significant digits, thousands parted by blanks.

    Numbers of more than fifteen digits, and those below 0.0001, keep their power of ten.

    >>> shown(29_412.3), shown(0.04567), shown(-12), shown(1e20)
    ('29 400', '0.0457', '-12', '1e+20')
    """
    rounded = float(f"{value:.{digits}g}") + 0.0  # no minus before a zero
    if not math.isfinite(rounded) or abs(rounded) >= 1e15 or 0 < abs(rounded) < 1e-4:
        return f"{rounded:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded)))) if rounded else 0
    text = f"{rounded:,.{decimals}f}".replace(",", " ")
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown_apart(*values: float, digits: int = 3) -> list[str]:
    """Return numbers as :func:`shown` does, with as many digits more as it takes to tell different ones apart.

    >>> shown_apart(100.4, 100.1, 5)
    ['100.4', '100.1', '5']
    """
    for more in range(digits, 17):
        texts = [shown(value, more) for value in values]
        if len(set(texts)) == len(set(values)):
            break
    return texts


def decimal_of(cells: Iterable[object]) -> Decimal | Problem | None:
    """Return the decimal sign that the unmistakable texts among ``cells`` use.

    Unmistakable are ``12.5``, ``0.123``, ``1234.567``, ``1,234.5``, ``1.234.567``, ``1 234.567``, ``1.234e5``. Native
    numbers and text that is no number say nothing.

    Returns
    -------
    "." or "," or None or Problem
        ``None`` if no cell decides; the problem ``numerals.contradiction`` if two cells decide differently.
    """
    first: dict[Decimal, str] = {}
    for cell in cells:
        if isinstance(cell, str) and not _says_nothing_new(cell, first):
            sign = _sign_of(cell)
            if sign and sign not in first:
                first[sign] = cell
                if len(first) == len(DECIMALS):
                    return Problem("numerals.contradiction", values={"point": first["."], "comma": first[","]})
    return next(iter(first), None)


def _says_nothing_new(text: str, first: Mapping[Decimal, str]) -> bool:
    """Whether a text has no sign, or only the one once that is already known to be the decimal sign."""
    points, commas = text.count(".") + text.count("．"), text.count(",") + text.count("，")
    return (
        (points, commas) == (0, 0)
        or ("." in first and (points, commas) == (1, 0))
        or ("," in first and (points, commas) == (0, 1))
    )


def _sign_of(text: str) -> Decimal | None:
    """Return the decimal sign that one text decides on, if any."""
    if len(text) > LONGEST or not (match := _SHAPE.fullmatch(text.translate(_PLAIN).strip())):
        return None
    split = _split(match[2].strip(), None, bool(match[3]))
    return split[2] if isinstance(split, tuple) else None


def _parse_native(value: object) -> float | Problem:
    if value is None:
        return Problem("numerals.empty")
    if isinstance(value, bool):
        return Problem("numerals.truth", values={"text": str(value)})
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return Problem("numerals.date", values={"text": str(value)})
    if not isinstance(value, numbers.Real):
        return Problem("numerals.not_a_number", values={"text": type(value).__name__})
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    return number if math.isfinite(number) else Problem("numerals.not_finite", values={"text": str(number)})


def _parse_text(text: str, decimal: Decimal | None) -> float | Problem:
    if len(text) > LONGEST:
        return Problem("numerals.too_long", values={"length": len(text), "longest": LONGEST, "text": text[:20]})
    if decimal == "." and _BARE.fullmatch(text):
        return float(text)
    plain = text.translate(_PLAIN).strip()
    match = _SHAPE.fullmatch(plain)
    if not match:
        return _not_a_number(plain, text)
    split = _split(match[2].strip(), decimal, bool(match[3]))
    if isinstance(split, str):
        return Problem(f"numerals.{split}", values={"text": text, "decimal": decimal or ""})
    whole, fraction, _ = split
    exponent = int(match[3] or 0) + _SCALE[match[4]]
    number = float(f"{match[1]}{whole or '0'}.{fraction or '0'}e{exponent}")
    return number if math.isfinite(number) else Problem("numerals.not_finite", values={"text": text})


def _not_a_number(plain: str, text: str) -> Problem:
    """Return the problem of a text that has not the shape of a number."""
    lower = plain.lower()
    if not plain:
        return Problem("numerals.empty")
    if lower in _NO_VALUE:
        return Problem("numerals.no_value", values={"text": text})
    if _NOT_FINITE.fullmatch(lower):
        return Problem("numerals.not_finite", values={"text": text})
    if plain.startswith("#"):
        return Problem("numerals.error_cell", values={"text": text})
    if re.fullmatch(r"[12][0-9]{3}[-/.年][0-9]{1,2}([-/.月][0-9]{1,2}日?|月)?", plain):
        return Problem("numerals.date", values={"text": text})
    return Problem("numerals.not_a_number", values={"text": text})


def _split(body: str, decimal: Decimal | None, scientific: bool) -> tuple[str, str, Decimal | None] | str:
    """Split digits and separators into whole part, fraction and evident decimal sign; or name the fault."""
    signs = [c for c in body if c in ".,"]
    spaced = " " in body or "'" in body
    if not signs:
        whole = _ungrouped(body)
        return "grouping" if whole is None else (whole, "", None)
    last = signs[-1]
    other: Decimal = "," if last == "." else "."
    if len(set(signs)) == 1 and len(signs) > 1:
        # 1.234.567: the sign repeats, so it groups
        whole = None if spaced else _ungrouped(body)
        return _checked(whole, "", other, decimal)
    whole_text, _, fraction = body.rpartition(last)
    evident = len(set(signs)) > 1 or spaced or scientific or _cannot_group(whole_text, fraction)
    if not evident:
        sign = decimal
        if sign is None:
            return "ambiguous"
        return (whole_text, fraction, None) if last == sign else (whole_text + fraction, "", None)
    whole = _ungrouped(whole_text) if whole_text else ""
    fits = fraction.isdigit() or not fraction
    return _checked(whole if fits else None, fraction, "." if last == "." else ",", decimal)


def _checked(
    whole: str | None, fraction: str, evident: Decimal, decimal: Decimal | None
) -> tuple[str, str, Decimal | None] | str:
    if whole is None:
        return "grouping"
    return "contradicts" if decimal and decimal != evident else (whole, fraction, evident)


def _cannot_group(whole: str, fraction: str) -> bool:
    """Whether a single sign between ``whole`` and ``fraction`` cannot stand for thousands."""
    return len(fraction) != 3 or not 1 <= len(whole) <= 3 or whole.startswith("0")


def _ungrouped(text: str) -> str | None:
    """Return the digits of a whole number, or None if its groups are not threes behind one and the same sign."""
    if text.isdigit():
        return text
    kinds = {c for c in text if not c.isdigit()}
    head, *groups = re.split(r"[.,' ]", text)
    fits = len(kinds) == 1 and 1 <= len(head) <= 3 and all(len(g) == 3 for g in groups)
    return head + "".join(groups) if fits and head != "0" else None
