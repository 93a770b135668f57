"""An exchange as payments of two sides, each with its figure: cash flows, and NPV as a function of every figure.

A payment of every year is a figure per unit times what flows; one that is paid once is a figure times 1 in the years it
is paid in. NPV of both sides together is then ``Σ_p v_p · u_p · s · Σ_y f_y(r) t_py``, with the value ``v_p`` of the
figure, ``u_p`` of a figure that it is multiplied with (a replacement rate), the quantity over the planned one ``s``
(1 for what is paid once), discount factors ``f`` and times ``t``. No payment between the two sides is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from lichen.appraise.cash_flow import CashFlow, CashKind, Line
from lichen.appraise.discounting import Discounting
from lichen.appraise.parties import Deal, Side
from lichen.figures import Figure
from lichen.labelled import Array
from lichen.units import factor

QUANTITY, RATE = "quantity", "discount rate"
"""Names of the figures that every exchange has beside those of its payments."""
_OUT: tuple[CashKind, ...] = ("investment", "operation", "tax")


@dataclass(frozen=True, eq=False)
class Payment:
    """What one side pays or saves.

    Parameters
    ----------
    name
        What it is; unique in its exchange.
    side, kind
        Whose; "investment", "operation", "saving" …
    figure, per
        How much of it, and the unit it is counted in [currency/unit, or currency].
    times
        Units that it is paid for in each year ``(n,)`` [unit/a]; of what is paid once 1 in its years.
    also
        Name of a figure that it is multiplied with, e.g. a replacement rate; empty: none.
    once
        Whether it does not change with the quantity.
    every
        Paid again after so many years [a]; 0: never.
    """

    name: str
    side: Side
    kind: CashKind
    figure: Figure
    per: str
    times: Array
    also: str = ""
    once: bool = False
    every: int = 0

    @property
    def sign(self) -> int:
        """1 where it comes in, −1 where it goes out."""
        return -1 if self.kind in _OUT else 1


@dataclass(frozen=True, eq=False)
class Exchange:
    """An exchange, without the price that one side pays the other.

    Parameters
    ----------
    id, unit
        Which; unit of the stream without the year.
    currency, price_year, years
        Money and years of all payments; nothing flows in the first.
    payments
        Of both sides.
    quantity
        Delivered each year ``(n,)`` [unit/a].
    amount
        Delivered a year once all is built, with its range [unit/a].
    co2
        Avoided each year ``(n,)`` [tCO2/a].
    also
        Figures that payments are multiplied with, by name.
    """

    id: str
    unit: str
    currency: str
    price_year: int
    years: tuple[int, ...]
    payments: tuple[Payment, ...]
    quantity: Array
    amount: Figure
    co2: Array
    also: Mapping[str, Figure] = field(default_factory=dict)

    @property
    def invests(self) -> bool:
        """Whether anything is paid for once."""
        return any(p.kind == "investment" and p.figure.value for p in self.payments)

    def figures(self, rate: Figure) -> dict[str, Figure]:
        """Return all figures by name, with the discount rate."""
        return {QUANTITY: self.amount, **{p.name: p.figure for p in self.payments}, **self.also, RATE: rate}

    def without(self, *names: str) -> Exchange:
        """Return the exchange without some payments."""
        return replace(self, payments=tuple(p for p in self.payments if p.name not in names))


def amounts(one: Exchange, values: Mapping[str, float] | None = None) -> list[tuple[Payment, Array]]:
    """Return what each payment comes to ``(n,)`` [currency]; in is positive.

    Parameters
    ----------
    one
        The exchange.
    values
        Other values of figures, each in its figure's own unit; ``None``: as they are.
    """
    values = values or {}
    scale = values.get(QUANTITY, one.amount.value) / one.amount.value
    found = []
    for p in one.payments:
        value = values.get(p.name, p.figure.value) * factor(p.figure.unit, p.per)
        if p.also:
            value *= values.get(p.also, one.also[p.also].value)
        found.append((p, p.sign * value * (1.0 if p.once else scale) * p.times))
    return found


def cash_flows(one: Exchange, values: Mapping[str, float] | None = None) -> tuple[CashFlow, CashFlow]:
    """Return the cash flows of donor and receiver, without the price between them."""
    found = amounts(one, values)

    def side(name: Side) -> CashFlow:
        lines = tuple(Line(p.kind, paid, p.name) for p, paid in found if p.side == name)
        nothing = (Line("saving", np.zeros(len(one.years)), "–"),)
        return CashFlow(one.years, lines or nothing, one.currency, one.price_year)

    return side("donor"), side("receiver")


def npv_of(one: Exchange, discounting: Discounting) -> Callable[[Mapping[str, float]], float]:
    """Return NPV of both sides together as a function of the values of all figures [currency]."""
    steady = amounts(one)
    rows = [(p, p.sign * factor(p.figure.unit, p.per) * p.times) for p, _ in steady]
    planned = {QUANTITY: one.amount.value, **{p.name: p.figure.value for p, _ in rows}}
    planned |= {name: figure.value for name, figure in one.also.items()}
    base = discounting.factors(one.years)
    present = [(p, float(base @ times)) for p, times in rows]

    def worth(values: Mapping[str, float]) -> float:
        rate = values.get(RATE, discounting.rate)
        known = present
        if rate != discounting.rate:
            factors = replace(discounting, rate=rate).factors(one.years)
            known = [(p, float(factors @ times)) for p, times in rows]
        scale = values.get(QUANTITY, planned[QUANTITY]) / planned[QUANTITY]
        total = 0.0
        for p, each in known:
            also = values.get(p.also, planned[p.also]) if p.also else 1.0
            total += values.get(p.name, planned[p.name]) * also * (1.0 if p.once else scale) * each
        return total

    return worth


def deal_of(one: Exchange, donor: Discounting, receiver: Discounting) -> Deal:
    """Return the two sides of an exchange, each with its own discount rate."""
    flows = cash_flows(one)
    return Deal(flows[0], flows[1], one.quantity, one.unit, donor, receiver)


def extended(one: Exchange, more: int) -> Exchange:
    """Return an exchange that goes on for ``more`` years as in its last; what wears out is paid again."""
    if more <= 0:
        return one
    years = (*one.years, *range(one.years[-1] + 1, one.years[-1] + 1 + more))

    def longer(p: Payment) -> Payment:
        if not p.once:
            return replace(p, times=_held(p.times, more))
        times = np.concatenate([p.times, np.zeros(more)])
        paid = np.flatnonzero(p.times)
        if p.every and len(paid):
            times[paid[-1] + p.every : len(years) - 1 : p.every] = p.times[paid[-1]]
        return replace(p, times=times)

    return replace(
        one, years=years, payments=tuple(longer(p) for p in one.payments), quantity=_held(one.quantity, more),
        co2=_held(one.co2, more),
    )  # fmt: skip


def _held(series: Array, more: int) -> Array:
    return np.concatenate([series, np.full(more, series[-1])])
