"""Rates of return of a cash flow: all internal ones, and the modified one.

An internal rate of return is a rate at which NPV is 0. A cash flow that changes its sign more than once can have
several, or none; common software returns one of them, found from a starting guess. Here all of them above −100 % are
found, each with its multiplicity and whether NPV falls or rises through it.

References
----------
Lin, S. A. Y. (1976) The modified internal rate of return and investment criterion. The Engineering Economist 21(4).
Hazen, G. B. (2003) A new perspective on multiple internal rates of return. The Engineering Economist 48(1), 31-51.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lichen.appraise._checks import check_choice, check_rate
from lichen.appraise._roots import roots
from lichen.appraise.cash_flow import CashFlow
from lichen.appraise.discounting import Discounting, Timing, times
from lichen.errors import InputError, Problem, Problems, Where
from lichen.labelled import Array

Direction = Literal["falling", "rising", "touching"]
_LOWEST, _HIGHEST = -36.0, 700.0
"""Range of ln(1 + r) outside which a rate is −100 % or infinite to the precision of the machine."""


@dataclass(frozen=True)
class InternalRate:
    """One rate at which NPV is 0.

    Parameters
    ----------
    rate
        [1/a]
    multiplicity
        1 for a plain crossing, 2 where NPV touches 0 and turns, 3 and more likewise.
    direction
        How NPV goes through 0 as the rate rises: "falling" as of an investment, "rising" as of a loan, or "touching".
    """

    rate: float
    multiplicity: int
    direction: Direction


@dataclass(frozen=True)
class InternalRates:
    """All internal rates of return of a cash flow, in rising order.

    Parameters
    ----------
    all
        Every rate above −1 at which NPV is 0.
    always
        Sign of NPV where there is no such rate: 1 positive, −1 negative at every rate; 0 elsewhere.
    empty
        Whether nothing is paid at all, so that every rate would do.
    """

    all: tuple[InternalRate, ...]
    always: int = 0
    empty: bool = False

    @property
    def only(self) -> float | None:
        """The rate, where there is exactly one and NPV falls through it [1/a]; ``None`` elsewhere."""
        usual = len(self.all) == 1 and self.all[0].direction == "falling"
        return self.all[0].rate if usual else None

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What to say where the rate of return does not answer the question."""
        shown = [f"{one.rate:.6g}" for one in self.all]
        if self.empty:
            code = "appraise.irr_empty"
        elif not self.all:
            code = "appraise.irr_none_positive" if self.always > 0 else "appraise.irr_none_negative"
        elif len(self.all) > 1:
            code = "appraise.irr_several"
        elif self.all[0].direction != "falling":
            code = f"appraise.irr_{self.all[0].direction}"
        else:
            return ()
        return (Problem(code, Where(), "warning", {"rates": shown}),)


def internal_rates(flow: CashFlow, timing: Timing = "end", base_year: int | None = None) -> InternalRates:
    """Return all internal rates of return above −1, real for real amounts, nominal for nominal ones.

    Parameters
    ----------
    flow
        Cash flow.
    timing
        "end" or "middle" of the year, as in :mod:`lichen.appraise.discounting`.
    base_year
        Base year for "middle"; the first year unless given.
    """
    problems = Problems()
    check_choice(problems, "timing", timing, ("end", "middle"))
    problems.raise_if_errors(InputError)
    return rates_of(flow.net, times(flow.years, flow.years[0] if base_year is None else base_year, timing))


def rates_of(amounts: Array, when: Array) -> InternalRates:
    """Return all internal rates of return of amounts ``(n,)`` [currency] paid at times ``(n,)`` [a].

    Rates above 1e300, or nearer to −1 than a double can tell, are left out.
    """
    paid = np.flatnonzero(amounts)
    if not len(paid):
        return InternalRates((), 0, empty=True)
    found = [(s, k) for s, k in roots(amounts, when) if _LOWEST < s < _HIGHEST]
    if not found:
        return InternalRates((), int(np.sign(amounts[paid[-1]])))
    # near −1 the last payment outweighs all others, and decides where NPV comes from
    sign, rates = float(np.sign(amounts[paid[-1]])), []
    for s, multiplicity in found:
        direction: Direction = "touching" if multiplicity % 2 == 0 else "falling" if sign > 0 else "rising"
        rates.append(InternalRate(float(np.expm1(s)), multiplicity, direction))
        sign = sign if multiplicity % 2 == 0 else -sign
    return InternalRates(tuple(rates))


def modified_rate(flow: CashFlow, discounting: Discounting, finance: float, reinvest: float) -> float | None:
    """Return the modified internal rate of return [1/a].

    What is spent is discounted at ``finance``, what is earned is reinvested at ``reinvest`` to the last payment;
    ``None`` where nothing is spent, nothing is earned, or all at one time.

    Parameters
    ----------
    flow, discounting
        Cash flow; only the timing and base year of ``discounting`` are used.
    finance, reinvest
        Rates of the basis of the amounts [1/a].
    """
    problems = Problems()
    check_rate(problems, "finance", finance)
    check_rate(problems, "reinvest", reinvest)
    problems.raise_if_errors(InputError)
    paid = np.flatnonzero(flow.net)
    if not len(paid):
        return None
    amounts = flow.net[paid]
    when = times(flow.years, discounting.base_year, discounting.timing)[paid]
    when, span = when - when[0], float(when[-1] - when[0])
    spent = -float(np.minimum(amounts, 0.0) @ (1 + finance) ** -when)
    earned = float(np.maximum(amounts, 0.0) @ (1 + reinvest) ** (span - when))
    return (earned / spent) ** (1 / span) - 1 if spent > 0 and earned > 0 and span > 0 else None
