"""Prices of an exchange's stream: what firms told, what opens an empty interval, and heat in two parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lichen.appraise.exchange import Exchange, amounts, deal_of, extended
from lichen.appraise.heat_price import HeatPrice, HeatSupply, heat_price
from lichen.appraise.measures import annuity_factor
from lichen.appraise.parties import (
    Deal,
    Opening,
    carbon_price,
    landfill_tax,
    shortest_contract,
    subsidy,
    what_opens,
)
from lichen.design.opportunities import Chosen
from lichen.errors import LichenError, Problem
from lichen.inventory.values import Direction
from lichen.study.appraisal_frame import Given
from lichen.study.design import DesignResult
from lichen.units import currency_of, factor, same_dimension

MONTHS_HOURS = 8760 / 12
"""Hours of a month [h]; a year has 8760."""
GAIN_SHARE = 0.5
"""Heat is priced so that both sides have the same gain in a normal year: the rule of equal gain."""


@dataclass(frozen=True)
class Told:
    """A price that a firm told for the same stream: who, whether it gives or takes it, the price, its year."""

    firm: str
    direction: Direction
    price: float
    unit: str
    year: int


def prices_told(design: DesignResult, one: Chosen) -> tuple[Told, ...]:
    """Return what firms told of prices of an exchange's stream, in the currency of the design, as they told it."""
    terms = one.terms
    per = f"{terms.currency}/{terms.unit}"
    found = []
    for flow in design.discovery.flows.inventory.flows:
        if flow.material != terms.one.stream or flow.price is None:
            continue
        value, unit = flow.price
        if currency_of(unit) == terms.currency and same_dimension(unit, per):
            found.append(Told(flow.firm, flow.direction, value * factor(unit, per), per, flow.year))
    return tuple(found)


def openings(deal: Deal, one: Exchange, given: Given) -> tuple[Opening, ...]:
    """Return what opens an empty interval of prices, each lever alone: carbon price, landfill tax, subsidies.

    A carbon price is that on top of the one that is counted already.
    """
    to_donor = given.settings.carbon_to == "donor"
    levers = [carbon_price(deal, one.co2 if to_donor else 0.0, 0.0 if to_donor else one.co2)]
    if one.unit == "t":
        levers.append(landfill_tax(deal, one.quantity))
    levers += [subsidy(deal, "donor", one.years[0]), subsidy(deal, "receiver", one.years[0])]
    return what_opens(deal, levers)


def shortest(one: Exchange, deal: Deal, given: Given) -> int | None:
    """Return the shortest contract, longer than the years that count, at which some price leaves neither a loss [a]."""
    counted = len(one.years) - 1

    def longer(years: int) -> Deal:
        return deal_of(extended(one, years - counted), deal.donor_discounting, deal.receiver_discounting)

    return shortest_contract(longer, range(counted + 1, given.settings.longest + 1))


def heat_prices(design: DesignResult, given: Given, chosen: Chosen, one: Exchange) -> tuple[HeatPrice, ...] | Problem:
    """Return prices of heat in two parts; nothing for what is no heat, or why there is none.

    Heat is priced where it is handed over: pipe, exchanger and upkeep are the donor's costs here, whoever pays them,
    and the receiver saves what its own heat costs per GJ. Two prices show both ends where the study does not say who
    bears a year with less heat.
    """
    if one.unit != "GJ":
        return ()
    supply = _heat_supply(design, given, chosen, one)
    shares = (0.0, 1.0) if given.settings.variable_share is None else (given.settings.variable_share,)
    try:
        return tuple(heat_price(supply, GAIN_SHARE, share) for share in shares)
    except LichenError as error:
        return error.problems[0]


def _heat_supply(design: DesignResult, given: Given, chosen: Chosen, one: Exchange) -> HeatSupply:
    heat = float(one.quantity.max())
    full = int(np.argmax(one.quantity))
    discounting = design.money.discounting
    factors = discounting.factors(one.years)
    fixed = donor = buyer = 0.0
    for payment, paid in amounts(one):
        if payment.once:
            fixed -= float(factors @ paid) * annuity_factor(discounting.rate, design.money.years)
        elif payment.name == "price":
            buyer += float(paid[full])
        else:
            donor -= float(paid[full])
    return HeatSupply(
        capacity_kw(chosen, given, heat), heat, fixed, donor / heat, 0.0, buyer / heat, one.currency, one.price_year
    )


def capacity_kw(chosen: Chosen, given: Given, heat_gj: float) -> float:
    """Return the capacity of a supply of heat [kW]: as told, else the least it needs in its fullest month or year.

    Parameters
    ----------
    chosen, given
        The exchange, and what is told of it.
    heat_gj
        Delivered a year [GJ/a].
    """
    told = given.of(chosen.terms.one.id)
    if told is not None and told.capacity is not None:
        return told.capacity.to("kW")
    months = chosen.terms.one.months
    share = max(months) / sum(months) if months and sum(months) else 1 / 12
    return heat_gj * share / MONTHS_HOURS * factor("GJ", "kWh")
