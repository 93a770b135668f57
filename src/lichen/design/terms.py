"""What an opportunity costs and saves per unit, each number with where it comes from.

Money is in one currency at the prices of one year: that of the lookup. A firm's own price comes first, then what the
lookup knows. What is not known is asked for; only treatment counts as 0 where no exchange type names any, and that is
said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lichen.design.carriage import (
    MODE_NAMES,
    Carriage,
    HeatLine,
    Line,
    Lookup,
    carriage,
    given_off,
    heat_line,
    per_what,
    tariffs,
    together,
)
from lichen.discover.find import carried
from lichen.discover.streams import is_heat, span_of
from lichen.discover.values import Opportunity
from lichen.errors import Problem, Where
from lichen.figures import Figure, Text
from lichen.inventory.values import Flow
from lichen.knowledge.values import Knowledge
from lichen.units import currency_of, same_dimension
from lichen.vocabulary.factors import factor as known_factor
from lichen.vocabulary.materials import material


@dataclass(frozen=True)
class Terms:
    """What an opportunity costs and saves.

    Parameters
    ----------
    one
        The opportunity.
    currency
        Of all money.
    disposal
        What the donor pays for a unit that is left [currency/unit].
    price
        What the receiver pays for a unit of what is replaced [currency/unit of it].
    treatment
        Of a unit of the stream [currency/unit].
    carriage
        From donor to receiver.
    investment
        Paid once for equipment of its own [currency]; ``None``: none is told.
    co2
        Avoided by a unit of the stream, after treatment and carriage [tCO2/unit]; ``None``: not known.
    jobs
        That a unit a year brings [person/(unit/a)]; ``None``: not told.
    line
        Hot-water line that may be built in place of a carriage by cost per km; ``None``: none.
    reach_km
        How far the modes whose cost is known go [km]; ``None``: none is known.
    questions
        What is missing, and what counts as 0.
    """

    one: Opportunity
    currency: str
    disposal: Figure | None
    price: Figure | None
    treatment: Figure | None
    carriage: Carriage | None
    investment: Figure | None
    co2: float | None
    jobs: Figure | None = None
    line: Line | None = None
    reach_km: float | None = None
    questions: tuple[Problem, ...] = ()

    @property
    def unit(self) -> str:
        """Unit of the stream without the year, e.g. "t"."""
        return per_what(self.one.unit)

    @property
    def replaced_unit(self) -> str:
        """Unit of what is replaced without the year."""
        return per_what(self.one.demand.unit if self.one.demand else self.one.unit)

    @property
    def known(self) -> bool:
        """Whether nothing that costs or saves money is missing."""
        return None not in (self.disposal, self.price, self.treatment, self.carriage or self.line)

    @property
    def too_far(self) -> bool:
        """Whether no mode whose cost is known goes as far."""
        km = self.one.distance_km
        return self.reach_km is not None and km is not None and km > self.reach_km

    @property
    def sized(self) -> bool:
        """Whether it is known how much the receiver can take, and what that replaces."""
        return self.one.bounded and self.one.rate is not None

    @property
    def cost(self) -> float:
        """What a unit costs on its way: carriage and treatment [currency/unit]; what is not known counts as 0."""
        per = f"{self.currency}/{self.unit}"
        way = self.carriage.cost if self.carriage is not None else None
        return sum(figure.to(per) for figure in (self.treatment, way) if figure is not None)

    @property
    def saved(self) -> float:
        """What a unit saves both sides together: disposal and purchases [currency/unit], before what it costs."""
        disposal = self.disposal.to(f"{self.currency}/{self.unit}") if self.disposal else 0.0
        price = self.price.to(f"{self.currency}/{self.replaced_unit}") if self.price else 0.0
        return disposal + price * (self.one.rate or 0.0)

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Return the figures by name: disposal, price, treatment, carriage, carriage CO2, investment, jobs."""
        way = self.carriage
        pairs = (
            ("disposal", self.disposal), ("price", self.price), ("treatment", self.treatment),
            ("carriage", way.cost if way else None), ("carriage CO2", way.co2 if way else None),
            ("investment", self.investment), ("jobs", self.jobs),
        )  # fmt: skip
        yield from ((name, figure) for name, figure in pairs if figure is not None)


def terms(
    one: Opportunity, find: Lookup, base: Knowledge, currency: str = "CNY", modes: Sequence[str] = ("road",),
    grid: str = "", heat: HeatLine | None = None,
) -> Terms:  # fmt: skip
    """Return what an opportunity costs and saves.

    Parameters
    ----------
    one
        The opportunity.
    find
        Knows costs and prices; items are "disposal", "price", "treatment", "transport", "handling", "transport_co2",
        "reach", "investment", "jobs" and "rate".
    base
        The knowledge base, for the treatment steps of exchange types.
    currency
        Of the lookup.
    modes
        How goods may be carried; the cheapest that is known is taken. Heat, gas, power and water go by pipe.
    grid
        Factor of electricity by its id; empty: the CO2 of treatment is not counted.
    heat
        How hot-water lines are laid; ``None``: none is.
    """
    unit = per_what(one.unit)
    one = _with_rate(one, find)
    questions: list[Problem] = []
    disposal = _disposal(one, find, currency)
    price = _price(one, find, currency)
    treatment = _treatment(one, find, base, f"{currency}/{unit}", questions)
    way = carriage(one, one.distance_km, find, currency, modes)
    investment = find("investment", one.id, *one.types, per=currency)
    co2 = _co2(one, way, base, grid)
    jobs = find("jobs", one.id, *one.types, one.stream, per=f"person/({unit}/a)")
    reach = max((reach for _, _, reach in tariffs(one, find, currency, modes)), default=None)
    line = heat_line(one, find, currency, heat) if way is None and heat is not None else None
    found = Terms(one, currency, disposal, price, treatment, way, investment, co2, jobs, line, reach)
    return replace(found, questions=() if found.too_far else (*_missing(found), *questions))


def _with_rate(one: Opportunity, find: Lookup) -> Opportunity:
    """Return an opportunity with the rate that the study tells where no exchange type does; its CO2 stays unknown."""
    needed = one.demand.material if one.demand else one.replaces
    if one.rate is not None or not needed:
        return one
    unit = per_what(one.demand.unit if one.demand else one.unit)
    pairs = dict.fromkeys(f"{one.stream}>{material}" for material in (needed, one.replaces) if material)
    told = find("rate", *pairs, per=f"{unit}/{per_what(one.unit)}")
    if told is None:
        return one
    bounded, quantity = one.bounded, one.quantity
    if one.demand is not None:
        bounded, quantity = True, quantity.least(one.demand.amount.times(1 / told.value))
    return replace(one, rate=told.value, bounded=bounded, quantity=quantity)


def _disposal(one: Opportunity, find: Lookup, currency: str) -> Figure | None:
    """Return what the donor pays to get rid of a unit, as it told or as it is known; heat let off costs nothing."""
    per = f"{currency}/{per_what(one.unit)}"
    told = _told(one.supply.idle, one.unit, currency)
    if told is not None:
        return replace(told, value=-told.value)  # a price below 0 is what the donor pays
    found = find("disposal", one.stream, per=per)
    if found is None and is_heat(one.supply.flows):
        return Figure(0.0, per, "assumed", "heat that is let off costs nothing", 0.0, 0.0)
    return found


def _price(one: Opportunity, find: Lookup, currency: str) -> Figure | None:
    told = _told(one.demand.flows, one.demand.unit, currency) if one.demand else None
    if told is not None or not one.replaces:
        return told
    own = one.demand.material if one.demand else one.replaces
    unit = per_what(one.demand.unit if one.demand else one.unit)
    return find("price", *dict.fromkeys((own, one.replaces)), per=f"{currency}/{unit}")


def _told(flows: Iterable[Flow], unit: str, currency: str) -> Figure | None:
    """Return the mean price that a firm told, weighted by amount; ``None``: none."""
    per, total, size = f"{currency}/{per_what(unit)}", 0.0, 0.0
    rows = []
    for flow in flows:
        if flow.price is None or currency_of(flow.price[1]) != currency or not same_dimension(flow.price[1], per):
            continue
        amount = span_of(flow, unit).value
        total += amount * Figure(*flow.price, "reported", "firm").to(per)
        size += amount
        rows.append(flow)
    if not size:
        return None
    guessed = any(f.quantity.kind in ("estimated", "assumed") for f in rows)
    return Figure(total / size, per, "estimated" if guessed else "reported", f"survey: {rows[0].firm}",
                  year=rows[0].year)  # fmt: skip


def _treatment(
    one: Opportunity, find: Lookup, base: Knowledge, per: str, questions: list[Problem]
) -> Figure | None:  # fmt: skip
    """Return what treatment costs: of the opportunity, its type, its stream, or its type's steps together."""
    told = find("treatment", one.id, *one.types, one.stream, per=per)
    if told is not None:
        return told
    kinds = [base.types[name] for name in one.types if name in base.types]
    if all(not kind.treatment for kind in kinds):
        values = {"stream": _named(one.stream), "key": one.stream}
        questions.append(Problem("design.no_treatment", Where(key=one.id), "note", values))
        return Figure(0.0, per, "assumed", "no treatment is named for this exchange", 0.0, 0.0)
    for kind in kinds:
        steps = [find("treatment", step.id, per=per) for step in kind.treatment]
        if steps and None not in steps:
            return together([s for s in steps if s is not None], per)
    return None


def _co2(one: Opportunity, way: Carriage | None, base: Knowledge, grid: str) -> float | None:
    """Return the CO2 that a unit of the stream avoids, less what treatment and carriage give off."""
    if one.gains.co2 is None:
        return None
    unit = per_what(one.unit)
    avoided = one.gains.co2.value / one.quantity.value - given_off(way, unit)
    kind = next((base.types[name] for name in one.types if name in base.types), None)
    if kind is not None and grid:
        per = known_factor(grid).to("tCO2/kWh")
        needed = [s.energy for s in kind.treatment if s.energy and same_dimension(s.energy.unit, f"kWh/{unit}")]
        avoided -= sum(energy.to(f"kWh/{unit}") for energy in needed) * per
    return avoided


def _missing(found: Terms) -> Iterator[Problem]:
    """Return a question for each number that is missing."""
    one, unit, money = found.one, found.unit, found.currency
    where = Where(key=one.id)
    values: dict[str, Any]
    donor, receiver, stream = one.donor.name, one.receiver.name, _named(one.stream)
    per = f"{money}/{unit}"
    if one.distance_km is None:
        yield Problem("design.ask_distance", where, "warning", {"donor": donor, "receiver": receiver})
    elif found.carriage is None and found.line is None:
        mode = "road" if carried(one.supply) == "road" else "pipe"
        values = {"unit": unit, "mode": MODE_NAMES[mode], "key": mode, "wanted": f"{money}/({unit} km)"}
        yield Problem("design.ask_transport", where, "warning", values)
    if found.treatment is None:
        values = {"stream": stream, "key": one.stream, "wanted": per}
        yield Problem("design.ask_treatment", where, "warning", values)
    if found.disposal is None:
        values = {"stream": stream, "key": one.stream, "wanted": per, "donor": donor}
        yield Problem("design.ask_disposal", where, "warning", values)
    needed = one.demand.material if one.demand else one.replaces
    if not needed:
        yield Problem("design.ask_replaced", where, "warning", {"stream": stream, "receiver": receiver})
        return
    if found.price is None:
        values = {"material": _named(needed), "key": needed, "wanted": f"{money}/{found.replaced_unit}"}
        yield Problem("design.ask_price", where, "warning", values | {"receiver": receiver})
    if one.rate is None:
        wanted = f"{found.replaced_unit}/{unit}"
        values = {"material": _named(needed), "stream": stream, "key": f"{one.stream}>{needed}", "wanted": wanted}
        yield Problem("design.ask_rate", where, "warning", values)
    elif not one.bounded:
        yield Problem("design.ask_need", where, "warning", {"material": _named(needed), "receiver": receiver})
    if one.gains.co2 is None:
        yield Problem("design.carbon_unknown", where, "note", {"name": one.id})


def _named(code: str) -> Text:
    known = material(code)
    return Text(known.name("en"), known.name("zh"))
