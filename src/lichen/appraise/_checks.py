"""Checks that several modules of appraisal share. Each adds what is wrong to the caller's problems."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lichen.errors import Problems, Where
from lichen.labelled import Array
from lichen.units import CURRENCIES

PriceYear = int | str
"""Year whose prices amounts are given at, or ``"nominal"``: each amount in the money of its own year."""
NOMINAL = "nominal"
LARGEST = 1e18
"""Largest amount of money or quantity that is taken."""


def check_number(
    problems: Problems, what: str, value: Any, lower: float = -LARGEST, upper: float = LARGEST, above: bool = False
) -> bool:
    """Return whether ``value`` is a number from ``lower`` (not itself, where ``above``) to ``upper``."""
    plain = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not plain or (isinstance(value, int) and abs(value) > 10**300) or not math.isfinite(value):
        problems.add("appraise.not_number", Where(key=what), found=str(value))
        return False
    if value < lower or value > upper or (above and value == lower):
        code = "appraise.not_above" if above else "appraise.out_of_range"
        problems.add(code, Where(key=what), found=f"{value:g}", lower=f"{lower:g}", upper=f"{upper:g}")
        return False
    return True


def check_whole(problems: Problems, what: str, value: Any, lower: int, upper: int) -> bool:
    """Return whether ``value`` is a whole number from ``lower`` to ``upper``."""
    plain = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not plain or not lower <= value <= upper:
        problems.add("appraise.not_whole", Where(key=what), found=str(value), lower=lower, upper=upper)
        return False
    return True


def check_rate(problems: Problems, what: str, value: Any) -> bool:
    """Return whether ``value`` is a rate above −100 % a year."""
    if not check_number(problems, what, value):
        return False
    if value <= -1:
        problems.add("appraise.rate", Where(key=what), found=f"{value:g}")
        return False
    return True


def check_choice(problems: Problems, what: str, value: Any, allowed: Sequence[str]) -> bool:
    """Return whether ``value`` is one of ``allowed``."""
    if value not in allowed:
        problems.add("appraise.choice", Where(key=what), found=str(value), allowed=list(allowed))
        return False
    return True


def check_year(problems: Problems, what: str, value: Any) -> bool:
    """Return whether ``value`` is a calendar year."""
    return check_whole(problems, what, value, 1900, 2300)


def check_money(problems: Problems, currency: Any, price_year: Any) -> None:
    """Add what is wrong with a currency and a price year."""
    if currency not in CURRENCIES:
        problems.add("appraise.currency", Where(key="currency"), found=str(currency or "–"), allowed=list(CURRENCIES))
    if price_year != NOMINAL and (
        isinstance(price_year, str) or not isinstance(price_year, int | np.integer) or not price_year
    ):
        problems.add("appraise.price_year", Where(key="price_year"), found=str(price_year or "–"))
    elif price_year != NOMINAL:
        check_year(problems, "price_year", price_year)


def check_same_money(problems: Problems, moneys: Sequence[tuple[str, str, PriceYear]]) -> None:
    """Add a problem where things (name, currency, price year) are not in one money."""
    for position, code in ((1, "appraise.mixed_currencies"), (2, "appraise.mixed_price_years")):
        found = list(dict.fromkeys(str(money[position]) for money in moneys))
        if len(found) > 1:
            odd = next(money[0] for money in moneys if str(money[position]) != found[0])
            problems.add(code, Where(key=odd), found=found)


def series(
    problems: Problems, what: str, values: npt.ArrayLike, years: Sequence[int], lower: float = -LARGEST
) -> Array | None:
    """Return ``values`` as a read-only array with one number a year ``(n,)``; ``None`` where it cannot be."""
    try:
        raw = np.asarray(values)
        if raw.dtype.kind not in "iuf":
            raise TypeError
        array = np.array(raw, dtype=np.float64)
    except (TypeError, ValueError):
        problems.add("appraise.not_numbers", Where(key=what))
        return None
    if array.shape != (len(years),):
        problems.add("appraise.shape", Where(key=what), found=str(array.shape), wanted=len(years))
        return None
    inside = np.isfinite(array) & (array >= lower) & (array <= LARGEST)
    if not inside.all():
        bad = [f"{year}: {value:g}" for year, value, good in zip(years, array, inside, strict=True) if not good]
        problems.add("appraise.amounts", Where(key=what), found=bad, lower=f"{lower:g}", upper=f"{LARGEST:g}")
        return None
    array.flags.writeable = False
    return array
