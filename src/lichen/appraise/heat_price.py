"""The price of heat between two parties, with a part for capacity and a part for each unit of heat.

The donor must get back what delivery costs a year: fixed costs (pipe, exchanger, upkeep, as annuity) and a marginal
cost per GJ (fuel, power no longer made, pumping). The buyer can pay what its own heat would cost: fixed costs it
really saves (no boiler, or none at all where the boiler is kept in reserve) and the cost per GJ of its own fuel. The
variable price stands between marginal cost and substitution cost per GJ, so that neither is better off with less
heat; the capacity price brings the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from lichen.appraise._checks import PriceYear, check_money, check_number
from lichen.errors import InputError, Problem, Problems, Where


@dataclass(frozen=True)
class HeatSupply:
    """A supply of heat and what it costs each side a year.

    Parameters
    ----------
    capacity_kw
        Contracted capacity [kW].
    heat_gj
        Heat delivered in a normal year [GJ/a].
    donor_fixed, donor_marginal
        The donor's fixed costs [currency/a] and marginal cost [currency/GJ].
    buyer_fixed, buyer_marginal
        What the buyer saves: fixed costs [currency/a] and cost of its own heat [currency/GJ].
    currency, price_year
        Money of all of them.
    """

    capacity_kw: float
    heat_gj: float
    donor_fixed: float
    donor_marginal: float
    buyer_fixed: float
    buyer_marginal: float
    currency: str
    price_year: PriceYear

    def __post_init__(self) -> None:
        problems = Problems()
        check_number(problems, "capacity_kw", self.capacity_kw, 0.0, above=True)
        check_number(problems, "heat_gj", self.heat_gj, 0.0, above=True)
        for name in ("donor_fixed", "buyer_fixed"):
            check_number(problems, name, getattr(self, name), 0.0)
        for name in ("donor_marginal", "buyer_marginal"):
            check_number(problems, name, getattr(self, name))
        check_money(problems, self.currency, self.price_year)
        problems.raise_if_errors(InputError)

    @property
    def lowest_bill(self) -> float:
        """What the donor must get for a normal year [currency/a]."""
        return self.donor_fixed + self.donor_marginal * self.heat_gj

    @property
    def highest_bill(self) -> float:
        """What the buyer can pay for a normal year [currency/a]."""
        return self.buyer_fixed + self.buyer_marginal * self.heat_gj


@dataclass(frozen=True)
class HeatPrice:
    """A price in two parts.

    Parameters
    ----------
    capacity
        Per kW of contracted capacity a year [currency/(kW·a)].
    variable
        Per GJ delivered [currency/GJ].
    supply
        The supply it is for.
    notes
        What to know of it.
    """

    capacity: float
    variable: float
    supply: HeatSupply
    notes: tuple[Problem, ...] = ()

    def bill(self, heat_gj: float) -> float:
        """Return what the buyer pays in a year with so much heat [currency/a]."""
        return self.capacity * self.supply.capacity_kw + self.variable * heat_gj

    def gains(self, heat_gj: float) -> tuple[float, float]:
        """Return what donor and buyer gain in a year with so much heat [currency/a]."""
        paid, given = self.bill(heat_gj), self.supply
        donor = paid - given.donor_fixed - given.donor_marginal * heat_gj
        return donor, given.buyer_fixed + given.buyer_marginal * heat_gj - paid


def heat_price(supply: HeatSupply, donor_share: float, variable_share: float) -> HeatPrice:
    """Return the price in two parts.

    Parameters
    ----------
    supply
        Costs of both sides.
    donor_share
        Share of the gain of a normal year that the donor gets, 0 to 1 [1].
    variable_share
        Where the variable price stands between the donor's marginal cost (0) and the buyer's substitution cost (1)
        [1]: at 0 the buyer bears what a year with less heat costs, at 1 the donor does.

    Raises
    ------
    InputError
        If a share is not in 0 to 1, the donor's marginal cost is above the buyer's, or there is no gain to share.
    """
    problems = Problems()
    check_number(problems, "donor_share", donor_share, 0.0, 1.0)
    check_number(problems, "variable_share", variable_share, 0.0, 1.0)
    low, high = supply.donor_marginal, supply.buyer_marginal
    unit = f"{supply.currency}/GJ"
    if low > high:
        problems.add("appraise.heat_marginal", Where(key="supply"), donor=f"{low:g}", buyer=f"{high:g}", unit=unit)
    elif supply.lowest_bill > supply.highest_bill:
        bills = [f"{bill / supply.heat_gj:.6g}" for bill in (supply.lowest_bill, supply.highest_bill)]
        problems.add("appraise.no_price", Where(key="supply"), low=bills[0], high=bills[1], unit=unit)
    problems.raise_if_errors(InputError)
    variable = low + variable_share * (high - low)
    bill = supply.lowest_bill + donor_share * (supply.highest_bill - supply.lowest_bill)
    capacity = (bill - variable * supply.heat_gj) / supply.capacity_kw
    notes: tuple[Problem, ...] = ()
    if capacity < 0:
        notes = (Problem("appraise.heat_capacity", Where(key="supply"), "warning", {"capacity": f"{capacity:.6g}"}),)
    return HeatPrice(capacity, variable, supply, notes)
