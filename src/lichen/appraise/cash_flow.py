"""Cash flows: what is paid and received, year by year, in one currency at the prices of one year.

Money that comes in is positive, money that goes out is negative. Every line has a kind; the kind says which sign it may
have, so that a cost entered with the wrong sign is found. Amounts are either real, at the prices of ``price_year``, or
nominal, each in the money of its own year. The two are never added, and one becomes the other only by
:mod:`lichen.appraise.prices`, with an index that the caller gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from lichen.appraise._checks import (
    NOMINAL,
    PriceYear,
    check_choice,
    check_money,
    check_number,
    check_same_money,
    check_whole,
    series,
)
from lichen.errors import InputError, Problems, Where
from lichen.labelled import Array

CashKind = Literal["investment", "operation", "saving", "revenue", "residual", "tax", "subsidy"]
KINDS: tuple[CashKind, ...] = get_args(CashKind)
SIGNS: Mapping[CashKind, int] = {"investment": -1, "operation": -1, "subsidy": 1}
"""The sign a kind must have; the others may have either (a residual value can be a cost of dismantling)."""
BENEFITS: tuple[CashKind, ...] = ("saving", "revenue", "residual", "subsidy")
COSTS: tuple[CashKind, ...] = ("investment", "operation", "tax")


@dataclass(frozen=True, eq=False)
class Line:
    """Payments of one kind.

    Parameters
    ----------
    kind
        "investment", "operation", "saving", "revenue", "residual", "tax" or "subsidy".
    amounts
        One a year ``(n,)`` [currency]; in is positive, out is negative.
    name
        What it is.
    """

    kind: CashKind
    amounts: Array
    name: str = ""


@dataclass(frozen=True, eq=False)
class CashFlow:
    """Payments year by year.

    Parameters
    ----------
    years
        Calendar years, one after another ``(n,)``.
    lines
        Payments by kind.
    currency
        Code of the currency, e.g. ``CNY``.
    price_year
        Year whose prices the amounts are at, or "nominal": each in the money of its own year.

    Raises
    ------
    InputError
        With everything that is wrong: years with gaps, NaN, a wrong sign, a missing currency or price year.
    """

    years: tuple[int, ...]
    lines: tuple[Line, ...]
    currency: str
    price_year: PriceYear

    def __post_init__(self) -> None:
        problems = Problems()
        years = tuple(self.years)
        check_money(problems, self.currency, self.price_year)
        _check_years(problems, years)
        lines = [line for given in self.lines if (line := _checked(problems, given, years)) is not None]
        if not self.lines:
            problems.add("appraise.no_lines", Where(key="lines"))
        problems.raise_if_errors(InputError)
        object.__setattr__(self, "years", tuple(int(year) for year in years))
        object.__setattr__(self, "lines", tuple(lines))

    @property
    def is_real(self) -> bool:
        """Whether amounts are at the prices of one year."""
        return self.price_year != NOMINAL

    @property
    def net(self) -> Array:
        """What comes in less what goes out ``(n,)`` [currency]."""
        return self.of(*KINDS)

    def of(self, *kinds: CashKind) -> Array:
        """Return the payments of some kinds together ``(n,)`` [currency]."""
        total = np.zeros(len(self.years))
        for line in self.lines:
            if line.kind in kinds:
                total += line.amounts
        return total

    def with_lines(self, *lines: Line) -> CashFlow:
        """Return the cash flow with more lines."""
        return CashFlow(self.years, (*self.lines, *lines), self.currency, self.price_year)

    def scaled(self, factor: float | Array, currency: str = "", price_year: PriceYear = 0) -> CashFlow:
        """Return the cash flow with all amounts times a positive factor, one for all years or one a year ``(n,)``."""
        problems = Problems()
        check_number(problems, "factor", float(np.min(factor)), 0.0)
        problems.raise_if_errors(InputError)
        lines = tuple(Line(line.kind, line.amounts * factor, line.name) for line in self.lines)
        return CashFlow(self.years, lines, currency or self.currency, price_year or self.price_year)


def by_year(years: Sequence[int], amounts: Mapping[int, float]) -> Array:
    """Return amounts ``(n,)`` from a mapping of years; a year that is not named has none.

    Raises
    ------
    InputError
        If the mapping names a year outside ``years``.
    """
    problems = Problems()
    outside = [year for year in amounts if year not in years]
    if outside:
        problems.add("appraise.years_outside", found=outside, first=min(years), last=max(years))
    problems.raise_if_errors(InputError)
    return np.array([float(amounts.get(year, 0.0)) for year in years])


def together(*flows: CashFlow) -> CashFlow:
    """Return several cash flows as one; in a year outside its own years a cash flow pays nothing.

    Raises
    ------
    InputError
        If there is none, or currencies or price years differ.
    """
    problems = Problems()
    if not flows:
        problems.add("appraise.no_lines", Where(key="flows"))
    check_same_money(problems, [(f"flows.{i + 1}", flow.currency, flow.price_year) for i, flow in enumerate(flows)])
    problems.raise_if_errors(InputError)
    years = tuple(range(min(flow.years[0] for flow in flows), max(flow.years[-1] for flow in flows) + 1))
    lines = []
    for flow in flows:
        start = flow.years[0] - years[0]
        for line in flow.lines:
            amounts = np.zeros(len(years))
            amounts[start : start + len(flow.years)] = line.amounts
            lines.append(Line(line.kind, amounts, line.name))
    return CashFlow(years, tuple(lines), flows[0].currency, flows[0].price_year)


def _check_years(problems: Problems, years: tuple[int, ...]) -> None:
    if not years:
        problems.add("appraise.no_years", Where(key="years"))
        return
    wrong = [str(year) for year in years if not check_whole(Problems(), "years", year, 1900, 2300)]
    if wrong:
        problems.add("appraise.not_whole", Where(key="years"), found=wrong, lower=1900, upper=2300)
    else:
        gaps = [f"{a}, {b}" for a, b in pairwise(years) if b != a + 1]
        if gaps:
            problems.add("appraise.years_gap", Where(key="years"), found=gaps[0])


def _checked(problems: Problems, line: Line, years: tuple[int, ...]) -> Line | None:
    where = f"lines.{line.name or line.kind}"
    if not check_choice(problems, where, line.kind, KINDS):
        return None
    amounts = series(problems, where, line.amounts, years)
    if amounts is None:
        return None
    sign = SIGNS.get(line.kind, 0)
    wrong = [f"{year}: {value:g}" for year, value in zip(years, amounts, strict=True) if value * sign < 0]
    if wrong:
        wanted = "≤ 0" if sign < 0 else "≥ 0"
        problems.add("appraise.sign", Where(key=where), kind=line.kind, found=wrong, wanted=wanted)
        return None
    return Line(line.kind, amounts, line.name)
