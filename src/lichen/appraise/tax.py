"""Tax on the profit of a project, with depreciation. Optional: nothing is taxed unless rules are given.

The rules, in the order in which they are applied, each year in nominal money:

1. Every investment is written off from the year it is paid, or from ``in_service`` if that is later, over ``years``
   years. Straight line: equal parts. Declining balance: ``decline`` of what is left, and the rest in the last year.
2. What is not written off at the end is written off in the last year of the cash flow.
3. Profit = saving + revenue + operation + residual (+ subsidy, where it is taxed) − depreciation.
4. Tax = rate × profit. A loss is either set off at once against other profits of the firm ("refunded": a negative tax),
   or carried forward against later profits, oldest first, for ``carry_years`` years ("carried"). What is left lapses.

Tax law works in nominal money, so a real cash flow is refused. Local law has more rules than these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lichen.appraise._checks import check_choice, check_number, check_whole, check_year
from lichen.appraise.cash_flow import CashFlow, Line
from lichen.errors import InputError, Problems, Where
from lichen.labelled import Array

Method = Literal["straight line", "declining balance"]
Losses = Literal["refunded", "carried"]


@dataclass(frozen=True)
class TaxRules:
    """Rules of a tax on profit.

    Parameters
    ----------
    rate
        Share of the profit, 0 to 1 [1].
    years
        Years over which an investment is written off [a].
    in_service
        First year of depreciation.
    losses
        "refunded" or "carried".
    source
        The law or the firm's own statement.
    method
        "straight line" or "declining balance".
    decline
        Share of the book value that is written off each year of a declining balance [1/a].
    carry_years
        Years for which a loss is carried.
    tax_subsidy
        Whether subsidies are taxed.
    """

    rate: float
    years: int
    in_service: int
    losses: Losses
    source: str
    method: Method = "straight line"
    decline: float = 0.0
    carry_years: int = 100
    tax_subsidy: bool = True

    def __post_init__(self) -> None:
        problems = Problems()
        check_number(problems, "rate", self.rate, 0.0, 1.0)
        check_whole(problems, "years", self.years, 1, 200)
        check_year(problems, "in_service", self.in_service)
        check_choice(problems, "losses", self.losses, ("refunded", "carried"))
        if check_choice(problems, "method", self.method, ("straight line", "declining balance")):
            declining = self.method == "declining balance"
            check_number(problems, "decline", self.decline, 0.0, 1.0, above=declining)
        check_whole(problems, "carry_years", self.carry_years, 0, 200)
        if not self.source.strip():
            problems.add("appraise.no_source", Where(key="tax"))
        problems.raise_if_errors(InputError)


def depreciation(flow: CashFlow, rules: TaxRules) -> Array:
    """Return what is written off each year ``(n,)`` [currency]; all investment is written off in the end."""
    written = np.zeros(len(flow.years))
    for position, paid in enumerate(-flow.of("investment")):
        if paid:
            start = min(max(position, rules.in_service - flow.years[0]), len(flow.years) - 1)
            parts = paid * _schedule(rules)
            last = len(flow.years) - start
            written[start : start + len(parts)] += parts[:last]
            written[-1] += parts[last:].sum()
    return written


def with_tax(flow: CashFlow, rules: TaxRules) -> CashFlow:
    """Return a nominal cash flow with a line of tax on profit.

    Raises
    ------
    InputError
        If the cash flow is real.
    """
    problems = Problems()
    if flow.is_real:
        problems.add("appraise.tax_real", Where(key="price_year"))
    problems.raise_if_errors(InputError)
    income = flow.of("saving", "revenue", "operation", "residual")
    income += flow.of("subsidy") if rules.tax_subsidy else 0.0
    profit = income - depreciation(flow, rules)
    taxed = profit if rules.losses == "refunded" else _after_losses(profit, rules.carry_years)
    return flow.with_lines(Line("tax", -rules.rate * taxed, "tax on profit"))


def _schedule(rules: TaxRules) -> Array:
    """Return the shares of an investment that are written off, year after year; they add up to 1."""
    if rules.method == "straight line":
        return np.full(rules.years, 1 / rules.years)
    left = (1 - rules.decline) ** np.arange(rules.years)
    shares = rules.decline * left
    shares[-1] = left[-1]
    return np.asarray(shares)


def _after_losses(profit: Array, carry_years: int) -> Array:
    """Return taxable profit after losses of earlier years, oldest first ``(n,)``."""
    taxed = np.maximum(profit, 0.0)
    losses = np.maximum(-profit, 0.0)
    for year in range(len(profit)):
        for earlier in range(max(0, year - carry_years), year):
            used = min(losses[earlier], taxed[year])
            losses[earlier] -= used
            taxed[year] -= used
    return taxed
