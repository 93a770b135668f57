"""Real and nominal amounts, price years, currencies: each change is asked for, with an index or rate with a source.

``nominal_y = real_y · I_y / I_p``; ``real_q = real_p · I_q / I_p``; ``1 + i = (1 + r)(1 + π)``. No index ships with the
package: which one fits (consumer prices, producer prices, plant costs) depends on what is paid for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from lichen.appraise._checks import LARGEST, NOMINAL, check_number, check_rate, check_year
from lichen.appraise.cash_flow import CashFlow
from lichen.errors import InputError, Problems, UnitError, Where
from lichen.figures import Figure
from lichen.labelled import Array
from lichen.units import CURRENCIES, currency_of, factor, parse_unit, same_dimension


@dataclass(frozen=True)
class PriceIndex:
    """An index of prices by year.

    Parameters
    ----------
    values
        Year → level, any year as 100 or 1 [1].
    source
        Where it comes from; for an assumption of future years, who assumes it.
    name
        What it is an index of.
    """

    values: Mapping[int, float]
    source: str
    name: str = ""

    def __post_init__(self) -> None:
        problems = Problems()
        for year, level in self.values.items():
            if check_year(problems, "index", year):
                check_number(problems, f"index.{year}", level, 0.0, above=True)
        if not self.source.strip():
            problems.add("appraise.no_source", Where(key="index"))
        problems.raise_if_errors(InputError)
        object.__setattr__(self, "values", dict(self.values))

    def levels(self, years: Iterable[int]) -> Array:
        """Return the levels of ``years`` ``(n,)``; a year that the index lacks is refused."""
        years, problems = tuple(years), Problems()
        missing = [year for year in dict.fromkeys(years) if year not in self.values]
        if missing:
            problems.add("appraise.index_years", Where(key=self.name or "index"), missing=missing)
        problems.raise_if_errors(InputError)
        return np.array([self.values[year] for year in years])


def to_nominal(flow: CashFlow, index: PriceIndex) -> CashFlow:
    """Return a real cash flow in the money of each year."""
    _want(flow, real=True)
    levels = index.levels((int(flow.price_year), *flow.years))
    return flow.scaled(levels[1:] / levels[0], price_year=NOMINAL)


def to_real(flow: CashFlow, index: PriceIndex, price_year: int) -> CashFlow:
    """Return a nominal cash flow at the prices of ``price_year``."""
    _want(flow, real=False)
    levels = index.levels((price_year, *flow.years))
    return flow.scaled(levels[0] / levels[1:], price_year=price_year)


def to_price_year(flow: CashFlow, index: PriceIndex, price_year: int) -> CashFlow:
    """Return a real cash flow at the prices of another year."""
    _want(flow, real=True)
    levels = index.levels((int(flow.price_year), price_year))
    return flow.scaled(float(levels[1] / levels[0]), price_year=price_year)


def figure_at(figure: Figure, index: PriceIndex, price_year: int) -> Figure:
    """Return a price or cost at the prices of another year; its ``year`` says whose prices it is at.

    Raises
    ------
    InputError
        If the figure does not say its year, or the index lacks a year.
    """
    problems = Problems()
    if not figure.year:
        problems.add("appraise.figure_year", Where(key="figure"), value=figure.value, unit=figure.unit)
    problems.raise_if_errors(InputError)
    levels = index.levels((figure.year, price_year))
    note = "; ".join(part for part in (figure.note, f"{figure.year} → {price_year}: {index.source}") if part)
    return _times(figure, float(levels[1] / levels[0]), figure.unit, price_year, note)


def to_currency(flow: CashFlow, rate: Figure, currency: str) -> CashFlow:
    """Return a real cash flow in another currency.

    Parameters
    ----------
    flow
        At the prices of one year.
    rate
        Exchange rate of that year, in a unit such as ``CNY/USD`` (either way round), with its source.
    currency
        Code of the new currency.

    Raises
    ------
    InputError
        If the flow is nominal, or the rate is of another year, not positive, or in another unit.
    """
    _want(flow, real=True)
    problems = Problems()
    ratio = _exchange(problems, rate, flow.currency, currency)
    if rate.year != flow.price_year:
        problems.add("appraise.rate_year", Where(key="rate"), found=rate.year or "–", wanted=flow.price_year)
    problems.raise_if_errors(InputError)
    return flow.scaled(ratio, currency=currency)


def figure_in(figure: Figure, rate: Figure, currency: str) -> Figure:
    """Return a price or cost in another currency, at the exchange rate of the year of its prices."""
    problems = Problems()
    old = currency_of(figure.unit)
    if not old:
        problems.add("appraise.no_currency", Where(key="figure"), unit=figure.unit)
    ratio = _exchange(problems, rate, old or "–", currency) if old else math.nan
    if not figure.year or rate.year != figure.year:
        problems.add("appraise.rate_year", Where(key="rate"), found=rate.year or "–", wanted=figure.year or "–")
    problems.raise_if_errors(InputError)
    unit = parse_unit(figure.unit)
    powers = tuple((currency if name == old else name, power) for name, power in unit.powers)
    note = "; ".join(part for part in (figure.note, f"{rate.value:g} {rate.unit} ({rate.source})") if part)
    return _times(figure, ratio * unit.scale, str(replace(unit, scale=1.0, powers=powers)), figure.year, note)


def real_rate(nominal: float, inflation: float) -> float:
    """Return the real rate of a nominal one: ``(1 + i)/(1 + π) − 1`` [1/a]."""
    _check_rates(nominal=nominal, inflation=inflation)
    return (1 + nominal) / (1 + inflation) - 1


def nominal_rate(real: float, inflation: float) -> float:
    """Return the nominal rate of a real one: ``(1 + r)(1 + π) − 1`` [1/a]."""
    _check_rates(real=real, inflation=inflation)
    return (1 + real) * (1 + inflation) - 1


def _check_rates(**rates: float) -> None:
    problems = Problems()
    for name, rate in rates.items():
        check_rate(problems, name, rate)
    problems.raise_if_errors(InputError)


def _want(flow: CashFlow, real: bool) -> None:
    problems = Problems()
    if flow.is_real != real:
        problems.add("appraise.is_nominal" if real else "appraise.is_real", Where(key="price_year"))
    problems.raise_if_errors(InputError)


def _exchange(problems: Problems, rate: Figure, old: str, new: str) -> float:
    """Return the exchange rate [new/old], which may be given either way round."""
    if new not in CURRENCIES:
        problems.add("appraise.currency", Where(key="currency"), found=new or "–", allowed=list(CURRENCIES))
        return math.nan
    check_number(problems, "rate", rate.value, 0.0, LARGEST, above=True)
    try:
        if rate.value and same_dimension(rate.unit, f"{old}/{new}"):
            return 1 / (rate.value * factor(rate.unit, f"{old}/{new}"))
        return rate.value * factor(rate.unit, f"{new}/{old}")
    except UnitError as error:
        problems.extend(error.problems)
        return math.nan


def _times(figure: Figure, ratio: float, unit: str, year: int, note: str) -> Figure:
    low = None if figure.low is None else figure.low * ratio
    high = None if figure.high is None else figure.high * ratio
    return replace(figure, value=figure.value * ratio, unit=unit, low=low, high=high, year=year, note=note)
