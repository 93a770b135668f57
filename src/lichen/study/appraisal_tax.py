"""Tax on the profit of a network's exchanges: nominal, with depreciation, told at the prices of the design's year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lichen.appraise.cash_flow import CashFlow, together
from lichen.appraise.discounting import Discounting
from lichen.appraise.measures import npv
from lichen.appraise.prices import PriceIndex, nominal_rate, to_nominal
from lichen.appraise.tax import TaxRules, with_tax
from lichen.study.appraisal_frame import Given
from lichen.study.design import DesignResult

if TYPE_CHECKING:
    from lichen.study.appraisal import Appraised


@dataclass(frozen=True)
class Taxed:
    """Net present values after tax, at the prices of the design's year [currency].

    Parameters
    ----------
    rules, inflation
        What was reckoned with.
    whole
        Of all exchanges together, as of one tax payer.
    each
        Exchange → of both its sides together.
    sides
        Exchange → donor and receiver at the price of equal gain; none where no price leaves both a gain.
    """

    rules: TaxRules
    inflation: float
    whole: float
    each: Mapping[str, float]
    sides: Mapping[str, tuple[float, float]]


def taxed(design: DesignResult, given: Given, every: Sequence[Appraised], flow: CashFlow) -> Taxed:
    """Return net present values after tax.

    Real amounts become nominal by the yearly rise of prices; what is left after tax is discounted at the nominal rate
    and told at the prices of the design's year again. Each side discounts at its own rate.
    """
    assert given.tax is not None
    assert given.inflation is not None
    rules, rise, whole = given.tax, given.inflation.to("1/a"), design.money.discounting

    def worth(real: CashFlow, at: Discounting) -> float:
        return after_tax(real, at, rules, rise)

    sides = {}
    for one in every:
        if one.equal is not None:
            price, deal = one.equal.price, one.deal
            sides[one.id] = (worth(deal.donor_at(price), deal.donor_discounting),
                             worth(deal.receiver_at(price), deal.receiver_discounting))  # fmt: skip
    each = {one.id: worth(together(one.donor, one.receiver), whole) for one in every}
    return Taxed(rules, rise, worth(flow, whole), each, sides)


def after_tax(real: CashFlow, discounting: Discounting, rules: TaxRules, inflation: float) -> float:
    """Return the net present value after tax of real amounts, at the prices of their own price year [currency].

    Parameters
    ----------
    real
        Cash flow at the prices of one year.
    discounting
        At a real rate.
    rules
        Of the tax.
    inflation
        Yearly rise of all prices [1/a].
    """
    start, years = int(real.price_year), (int(real.price_year), discounting.base_year, *real.years)
    levels = {year: (1 + inflation) ** (year - start) for year in range(min(years), max(years) + 1)}
    nominal = with_tax(to_nominal(real, PriceIndex(levels, f"{inflation:.2%}", "inflation")), rules)
    at = Discounting(nominal_rate(discounting.rate, inflation), "nominal", discounting.base_year, discounting.timing)
    return npv(nominal, at) / levels[discounting.base_year]
