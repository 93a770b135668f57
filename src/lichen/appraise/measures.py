"""Measures of a project: net present value first, then payback, levelised cost, annuity, cost per tonne.

Net present value (NPV) decides; the others say the same in other words, or less. A rate of return need not exist and
need not be the only one, payback forgets what comes after, a ratio depends on what is called a cost, and a negative
cost per tonne cannot rank anything.

References
----------
Brealey, R. A., Myers, S. C. & Allen, F., Principles of Corporate Finance: NPV and the pitfalls of rates of return.
Short, W., Packey, D. J. & Holt, T. (1995) A manual for the economic evaluation of energy efficiency and renewable
energy technologies, NREL/TP-462-5173: levelised cost. Taylor, S. (2012) Energy Policy 48, 430-438.
doi:10.1016/j.enpol.2012.05.065: negative costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lichen.appraise._checks import PriceYear, check_number, check_rate, series
from lichen.appraise.cash_flow import BENEFITS, COSTS, CashFlow, CashKind
from lichen.appraise.discounting import Discounting, check_basis, present
from lichen.appraise.rates import InternalRates, internal_rates, modified_rate
from lichen.errors import InputError, Problem, Problems, Where


def npv(flow: CashFlow, discounting: Discounting) -> float:
    """Return the net present value at the end of the base year [currency]."""
    return present(flow, flow.net, discounting)


def payback(flow: CashFlow, base_year: int, discounting: Discounting | None = None) -> float | None:
    """Return the time from the end of the base year after which all money is back for good [a].

    Payments of a year are taken as spread evenly over it, so the time lies between two years' ends. Where what is paid
    later (a replacement, dismantling) makes the sum negative again, the last crossing counts.

    Parameters
    ----------
    flow
        Cash flow.
    base_year
        Year at whose end time starts.
    discounting
        With it, discounted payback; ``None``: payments as they are.

    Returns
    -------
    float or None
        0 where the sum is never negative; ``None`` where the money is never back.
    """
    problems = Problems()
    if discounting is not None:
        check_basis(problems, flow, discounting)
    problems.raise_if_errors(InputError)
    amounts = flow.net if discounting is None else flow.net * discounting.factors(flow.years)
    total = np.cumsum(amounts)
    short = np.flatnonzero(total < -1e-12 * np.abs(amounts).sum())
    if not len(short):
        return 0.0
    last = int(short[-1])
    if last == len(total) - 1:
        return None
    return flow.years[last] - base_year + min(1.0, float(-total[last] / amounts[last + 1]))


def annuity_factor(rate: float, years: int) -> float:
    """Return what a present amount of 1 is as equal payments at the end of each of ``years`` years [1/a]."""
    problems = Problems()
    check_rate(problems, "rate", rate)
    check_number(problems, "years", years, 0.0, 1000.0, above=True)
    problems.raise_if_errors(InputError)
    return 1 / years if rate == 0 else float(rate / -np.expm1(-years * np.log1p(rate)))


def annuity(amount: float, rate: float, years: int) -> float:
    """Return a present amount as equal payments at the end of each of ``years`` years [currency/a]."""
    return amount * annuity_factor(rate, years)


def levelised_cost(
    flow: CashFlow, quantity: npt.ArrayLike, discounting: Discounting,
    kinds: tuple[CashKind, ...] = ("investment", "operation", "tax", "residual", "subsidy"),
) -> float:  # fmt: skip
    """Return the present value of costs over that of quantities [currency/unit].

    It is the constant price per unit at which selling ``quantity`` would just pay for ``kinds``.

    Parameters
    ----------
    flow
        Cash flow; at real prices and a real rate the result is a real price.
    quantity
        What is delivered each year ``(n,)`` [unit/a].
    discounting
        How to discount.
    kinds
        What counts as cost; a residual value and subsidies lower it. Savings and revenues are left out.
    """
    problems = Problems()
    amounts = series(problems, "quantity", quantity, flow.years, 0.0)
    if amounts is not None and not amounts.any():
        problems.add("appraise.no_quantity", Where(key="quantity"))
    problems.raise_if_errors(InputError)
    assert amounts is not None
    return -present(flow, flow.of(*kinds), discounting) / present(flow, amounts, discounting)


def benefit_cost_ratio(
    flow: CashFlow, discounting: Discounting, benefits: tuple[CashKind, ...] = BENEFITS,
    costs: tuple[CashKind, ...] = COSTS,
) -> float | None:  # fmt: skip
    """Return the present value of benefits over that of costs [1]; ``None`` where there are no costs.

    Above 1 just where NPV is above 0, if every kind is in one of the two. Its size depends on what is called a cost and
    what a smaller benefit, so it does not rank.
    """
    spent = -present(flow, flow.of(*costs), discounting)
    return present(flow, flow.of(*benefits), discounting) / spent if spent > 0 else None


@dataclass(frozen=True)
class AbatementCost:
    """What avoiding a tonne of CO2 costs.

    Parameters
    ----------
    per_tonne
        Minus NPV over discounted tonnes [currency/tCO2]; ``None`` where nothing is avoided.
    co2_t
        Discounted tonnes avoided [tCO2].
    notes
        What to know of it.
    """

    per_tonne: float | None
    co2_t: float
    notes: tuple[Problem, ...] = ()

    @property
    def rankable(self) -> bool:
        """Whether projects may be ranked by it: not where it is negative."""
        return self.per_tonne is not None and self.per_tonne >= 0


def abatement_cost(flow: CashFlow, co2_t: npt.ArrayLike, discounting: Discounting) -> AbatementCost:
    """Return the cost per tonne of CO2: minus NPV over the tonnes avoided, discounted at the same rate.

    With equal tonnes each year this is the yearly cost over the yearly tonnes.

    Parameters
    ----------
    flow, discounting
        Cash flow and how to discount it.
    co2_t
        CO2 avoided each year ``(n,)`` [tCO2/a]; negative where more is given off.
    """
    problems = Problems()
    tonnes = series(problems, "co2_t", co2_t, flow.years)
    problems.raise_if_errors(InputError)
    assert tonnes is not None
    avoided = present(flow, tonnes, discounting)
    if avoided <= 0:
        return AbatementCost(None, avoided, (_note("appraise.no_co2", co2=f"{avoided:.6g}"),))
    cost = -npv(flow, discounting) / avoided
    notes = (_note("appraise.negative_cost", cost=f"{cost:.6g}"),) if cost < 0 else ()
    return AbatementCost(cost, avoided, notes)


@dataclass(frozen=True)
class Measures:
    """All measures of one project; NPV leads.

    Parameters
    ----------
    npv
        Net present value [currency].
    currency, price_year
        Money of all amounts.
    discounting
        How it was discounted.
    rates
        All internal rates of return, of the basis of the amounts.
    modified_rate
        Modified internal rate of return at the rate of discounting [1/a]; ``None`` where nothing is spent or earned.
    payback, discounted_payback
        From the end of the base year [a]; ``None``: never.
    yearly
        NPV as equal payments over the years after the base year [currency/a].
    benefit_cost
        Benefits over costs [1].
    abatement
        Cost per tonne of CO2; ``None`` if no tonnes were given.
    """

    npv: float
    currency: str
    price_year: PriceYear
    discounting: Discounting
    rates: InternalRates
    modified_rate: float | None
    payback: float | None
    discounted_payback: float | None
    yearly: float
    benefit_cost: float | None
    abatement: AbatementCost | None

    @property
    def worth_it(self) -> bool:
        """Whether NPV is above 0."""
        return self.npv > 0

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What a reader must know of the measures."""
        return (*self.rates.notes, *(self.abatement.notes if self.abatement else ()))


def measure(flow: CashFlow, discounting: Discounting, co2_t: npt.ArrayLike | None = None) -> Measures:
    """Return all measures of a cash flow.

    Parameters
    ----------
    flow
        Cash flow.
    discounting
        How to discount; its rate also finances and reinvests in the modified rate of return.
    co2_t
        CO2 avoided each year ``(n,)`` [tCO2/a]; ``None``: not asked.
    """
    worth = npv(flow, discounting)
    span = max(flow.years[-1] - discounting.base_year, 1)
    return Measures(
        npv=worth, currency=flow.currency, price_year=flow.price_year, discounting=discounting,
        rates=internal_rates(flow, discounting.timing, discounting.base_year),
        modified_rate=modified_rate(flow, discounting, discounting.rate, discounting.rate),
        payback=payback(flow, discounting.base_year),
        discounted_payback=payback(flow, discounting.base_year, discounting),
        yearly=annuity(worth, discounting.rate, span),
        benefit_cost=benefit_cost_ratio(flow, discounting),
        abatement=None if co2_t is None else abatement_cost(flow, co2_t, discounting),
    )  # fmt: skip


def _note(code: str, **values: object) -> Problem:
    return Problem(code, Where(), "warning", values)
