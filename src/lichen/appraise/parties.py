"""The two sides of an exchange: what donor and receiver gain at a price, at which prices both do, and what opens none.

``p`` is the price the receiver pays the donor per unit of the stream; it may be negative. With ``Q`` the present
value of the quantity, NPV of the donor is ``D + p Q_d`` and that of the receiver ``R − p Q_r``, where ``D`` and ``R``
are the NPV of all else. Both gain between ``−D/Q_d`` and ``R/Q_r``. What one pays the other receives: where both
discount at one rate, the price moves money and makes none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from lichen.appraise._checks import check_choice, check_same_money, series
from lichen.appraise.cash_flow import CashFlow, Line, by_year
from lichen.appraise.discounting import Discounting, check_basis
from lichen.appraise.measures import npv
from lichen.errors import InputError, LichenError, Problems, Where
from lichen.figures import Text
from lichen.labelled import Array
from lichen.units import parse_unit

Side = Literal["donor", "receiver"]


@dataclass(frozen=True, eq=False)
class Deal:
    """An exchange between two sides, without the price of the stream.

    Parameters
    ----------
    donor, receiver
        All payments of each side but the price, against what it would do without the exchange: avoided disposal,
        avoided purchases, treatment, transport, investment.
    quantity
        Amount of the stream delivered each year ``(n,)`` [unit/a].
    unit
        Unit of the stream, e.g. ``t`` or ``GJ``.
    donor_discounting, receiver_discounting
        Each side discounts at its own rate, to the end of one base year.
    """

    donor: CashFlow
    receiver: CashFlow
    quantity: Array
    unit: str
    donor_discounting: Discounting
    receiver_discounting: Discounting

    def __post_init__(self) -> None:
        problems = Problems()
        moneys = [("donor", self.donor.currency, self.donor.price_year)]
        moneys.append(("receiver", self.receiver.currency, self.receiver.price_year))
        check_same_money(problems, moneys)
        if self.donor.years != self.receiver.years:
            ours, theirs = ([str(flow.years[0]), str(flow.years[-1])] for flow in (self.donor, self.receiver))
            problems.add("appraise.other_years", Where(key="receiver"), donor=ours, receiver=theirs)
        quantity = series(problems, "quantity", self.quantity, self.donor.years, 0.0)
        if quantity is not None and not quantity.any():
            problems.add("appraise.no_quantity", Where(key="quantity"))
        try:
            parse_unit(self.unit, Where(key="unit"))
        except LichenError as error:
            problems.extend(error.problems)
        check_basis(problems, self.donor, self.donor_discounting, "donor")
        check_basis(problems, self.receiver, self.receiver_discounting, "receiver")
        if self.donor_discounting.base_year != self.receiver_discounting.base_year:
            years = [self.donor_discounting.base_year, self.receiver_discounting.base_year]
            problems.add("appraise.base_years", Where(key="base_year"), found=years)
        problems.raise_if_errors(InputError)
        object.__setattr__(self, "quantity", quantity)

    @property
    def price_unit(self) -> str:
        """Unit of the price."""
        return f"{self.donor.currency}/{self.unit}"

    def donor_at(self, price: float) -> CashFlow:
        """Return the donor's cash flow at a price per unit."""
        kind: Literal["revenue", "operation"] = "revenue" if price >= 0 else "operation"
        return self.donor.with_lines(Line(kind, price * self.quantity, "price of the stream"))

    def receiver_at(self, price: float) -> CashFlow:
        """Return the receiver's cash flow at a price per unit."""
        kind: Literal["revenue", "operation"] = "operation" if price >= 0 else "revenue"
        return self.receiver.with_lines(Line(kind, -price * self.quantity, "price of the stream"))

    def npv_at(self, price: float) -> tuple[float, float]:
        """Return NPV of donor and receiver at a price per unit [currency]."""
        donor = npv(self.donor_at(price), self.donor_discounting)
        return donor, npv(self.receiver_at(price), self.receiver_discounting)


@dataclass(frozen=True)
class PriceInterval:
    """Prices at which neither side loses.

    Parameters
    ----------
    low
        The donor's limit: below it the donor loses [currency/unit].
    high
        The receiver's limit: above it the receiver loses [currency/unit].
    unit
        Unit of both.
    """

    low: float
    high: float
    unit: str

    @property
    def empty(self) -> bool:
        """Whether there is no price at which neither loses."""
        return self.low > self.high

    @property
    def width(self) -> float:
        """From the donor's limit to the receiver's; negative where there is no such price: what is lacking per unit."""
        return self.high - self.low


def price_interval(deal: Deal) -> PriceInterval:
    """Return the prices at which neither side loses; they may be negative, and there may be none."""
    D, R, Qd, Qr = _terms(deal)
    return PriceInterval(-D / Qd, R / Qr, deal.price_unit)


@dataclass(frozen=True, eq=False)
class Lever:
    """Something outside the price that brings money to one or both sides, in proportion to its value.

    Parameters
    ----------
    id
        Which it is.
    name
        Name in English and Chinese.
    unit
        Unit of its value, e.g. ``CNY/tCO2``.
    donor, receiver
        What each side receives each year for one unit of its value ``(n,)`` [currency/a per unit of value].
    """

    id: str
    name: Text
    unit: str
    donor: Array
    receiver: Array


def carbon_price(deal: Deal, donor_t: npt.ArrayLike = 0.0, receiver_t: npt.ArrayLike = 0.0) -> Lever:
    """Return the lever of a carbon price; ``donor_t`` and ``receiver_t`` are what each avoids ``(n,)`` [tCO2/a]."""
    unit = f"{deal.donor.currency}/tCO2"
    return _lever(deal, "carbon_price", Text("carbon price", "碳价"), unit, donor_t, receiver_t)


def landfill_tax(deal: Deal, donor_t: npt.ArrayLike) -> Lever:
    """Return the lever of a tax on landfill, which the donor saves on ``donor_t`` ``(n,)`` [t/a]."""
    unit = f"{deal.donor.currency}/t"
    return _lever(deal, "landfill_tax", Text("landfill tax", "填埋税"), unit, donor_t, 0.0)


def subsidy(deal: Deal, side: Side, year: int) -> Lever:
    """Return the lever of a subsidy, or tax credit, paid once to one side."""
    problems = Problems()
    check_choice(problems, "side", side, ("donor", "receiver"))
    problems.raise_if_errors(InputError)
    paid, none = by_year(deal.donor.years, {year: 1.0}), np.zeros(len(deal.donor.years))
    sides = (paid, none) if side == "donor" else (none, paid)
    return _lever(deal, "subsidy", Text("subsidy or tax credit", "补贴或税收抵免"), deal.donor.currency, *sides)


@dataclass(frozen=True)
class Opening:
    """The value of a lever from which both sides can gain; ``None``: it never does, 0: they can without it."""

    lever: Lever
    value: float | None


def what_opens(deal: Deal, levers: Sequence[Lever]) -> tuple[Opening, ...]:
    """Return for each lever alone the smallest value, 0 or more, at which some price leaves neither side a loss."""
    D, R, Qd, Qr = _terms(deal)
    gap = -D / Qd - R / Qr
    openings = []
    for lever in levers:
        gained = float(deal.donor_discounting.factors(deal.donor.years) @ lever.donor) / Qd
        gained += float(deal.receiver_discounting.factors(deal.donor.years) @ lever.receiver) / Qr
        value = 0.0 if gap <= 0 else gap / gained if gained > 0 else None
        openings.append(Opening(lever, value))
    return tuple(openings)


def shortest_contract(deal_of: Callable[[int], Deal], lengths: Iterable[int]) -> int | None:
    """Return the first of ``lengths`` [a] at which some price leaves neither side with a loss; ``None``: none of them.

    Parameters
    ----------
    deal_of
        Gives the deal of a contract of so many years.
    lengths
        Lengths to try, in their order.
    """
    return next((length for length in lengths if not price_interval(deal_of(length)).empty), None)


@dataclass(frozen=True)
class Sharing:
    """A price, and what it leaves to each side.

    Parameters
    ----------
    rule
        "equal gain" or "proportional to investment".
    price
        Price per unit of the stream [currency/unit].
    donor, receiver
        NPV of each [currency].
    """

    rule: Literal["equal gain", "proportional to investment"]
    price: float
    donor: float
    receiver: float


def equal_gain(deal: Deal) -> Sharing:
    """Return the price at which both sides have the same NPV.

    Raises
    ------
    InputError
        If there is no price at which neither loses.
    """
    D, R, Qd, Qr = _gain_terms(deal)
    price = (R - D) / (Qd + Qr)
    return Sharing("equal gain", price, D + price * Qd, R - price * Qr)


def proportional_gain(deal: Deal) -> Sharing:
    """Return the price at which NPV of both sides is the same share of the present value of what each invests.

    Raises
    ------
    InputError
        If there is no price at which neither loses, or nobody invests.
    """
    D, R, Qd, Qr = _gain_terms(deal)
    Id = -float(deal.donor_discounting.factors(deal.donor.years) @ deal.donor.of("investment"))
    Ir = -float(deal.receiver_discounting.factors(deal.receiver.years) @ deal.receiver.of("investment"))
    problems = Problems()
    if Id + Ir <= 0:
        problems.add("appraise.no_investment", Where(key="deal"))
    problems.raise_if_errors(InputError)
    price = (R * Id - D * Ir) / (Qd * Ir + Qr * Id)
    return Sharing("proportional to investment", price, D + price * Qd, R - price * Qr)


def _terms(deal: Deal) -> tuple[float, float, float, float]:
    """Return NPV without the price, and present quantity, of donor and receiver: D, R, Q_d, Q_r."""
    Qd, Qr = (
        float(d.factors(deal.donor.years) @ deal.quantity) for d in (deal.donor_discounting, deal.receiver_discounting)
    )
    return npv(deal.donor, deal.donor_discounting), npv(deal.receiver, deal.receiver_discounting), Qd, Qr


def _gain_terms(deal: Deal) -> tuple[float, float, float, float]:
    interval, problems = price_interval(deal), Problems()
    if interval.empty:
        low, high = f"{interval.low:.6g}", f"{interval.high:.6g}"
        problems.add("appraise.no_price", Where(key="deal"), low=low, high=high, unit=interval.unit)
    problems.raise_if_errors(InputError)
    return _terms(deal)


def _lever(deal: Deal, name: str, words: Text, unit: str, donor: npt.ArrayLike, receiver: npt.ArrayLike) -> Lever:
    years, problems, sides = deal.donor.years, Problems(), []
    for side, given in (("donor", donor), ("receiver", receiver)):
        every = np.zeros(len(years)) if np.ndim(given) == 0 and not np.any(given) else given
        sides.append(series(problems, f"{name}.{side}", every, years))
    problems.raise_if_errors(InputError)
    assert sides[0] is not None
    assert sides[1] is not None
    return Lever(name, words, unit, sides[0], sides[1])
