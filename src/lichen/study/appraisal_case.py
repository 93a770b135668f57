"""The payments of a designed network's exchanges, year by year, as the design has them: each figure with its kind.

What the network decides is taken over: quantities by stage, what goes through a shared plant, when something is
built. A stage's years are alike; what is built for it is paid at the end of the year before. So the sum of all
exchanges' net present values is that of the design, unless something wears out within the years that count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lichen.appraise.costs import converted
from lichen.appraise.exchange import Exchange, Payment
from lichen.appraise.parties import Side
from lichen.design.carriage import Carriage, carriage
from lichen.design.layout import Plant, Via
from lichen.design.opportunities import Chosen
from lichen.design.terms import Terms
from lichen.discover.distance import road_distance
from lichen.figures import KINDS, Figure
from lichen.inventory.values import Firm
from lichen.labelled import Array
from lichen.study.appraisal_ways import Ways, years_of
from lichen.study.config import SharedPlant
from lichen.study.config_appraisal import Appraising
from lichen.study.design import DesignResult
from lichen.study.design_frame import frame_vias

CARBON, REPLACED = "carbon price", "replacement rate"
OWN = ("disposal", "price", "treatment", "carriage", "investment")
"""Names of payments of an exchange that goes its own way; those of a shared plant name the plant."""


@dataclass(frozen=True, eq=False)
class Shared:
    """A plant that is built: what it is told to be, its size, its share by exchange, the year it is paid.

    Parameters
    ----------
    told, plant, firm
        As the study says it, in the money of the design, and where it stands.
    size
        Position of the size that is built.
    year
        In which it is paid.
    intake
        Exchange → what it brings to the plant each year ``(n,)`` [unit/a].
    """

    told: SharedPlant
    plant: Plant
    firm: Firm | None
    size: int
    year: int
    intake: Mapping[str, Array]

    @property
    def shares(self) -> dict[str, float]:
        """Exchange → its part of all that the plant takes in [1]."""
        sums = {name: float(amount.sum()) for name, amount in self.intake.items()}
        return {name: amount / sum(sums.values()) for name, amount in sums.items()}


def shared_of(found: DesignResult, ways: Mapping[str, Ways]) -> dict[str, Shared]:
    """Return the plants that are built and used, by their ids."""
    steps, names = found.solution.steps(), found.solution.graph.names
    made: dict[str, Shared] = {}
    for told, plant, firm in found.frame.plants:
        intake = {n: w.through[plant.id] / plant.delivered for n, w in ways.items() if plant.id in w.through}
        if plant.id not in steps or not intake:
            continue
        size = [s.id for s in plant.sizes].index(steps[plant.id])
        of = [k for k, f in enumerate(found.solution.graph.plants.of) if names.of("facilities", int(f)) == plant.id]
        stage = int(np.flatnonzero(found.solution.built[of[size]])[0])
        made[plant.id] = Shared(told, plant, firm, size, found.frame.layout.stages[stage].start - 1, intake)
    return made


def exchanges_of(
    found: DesignResult,
    given: Appraising,
    chosen: Sequence[Chosen],
    ways: Mapping[str, Ways],
    shared: Mapping[str, Shared],
) -> dict[str, Exchange]:
    """Return the exchanges of a designed network as payments, by their ids.

    Parameters
    ----------
    found
        The network.
    given
        Who pays and receives what.
    chosen, ways, shared
        What flows, from :mod:`lichen.study.appraisal_ways`, and the plants from :func:`shared_of`.
    """
    vias = {(v.terms.one.id, v.plant.id): v for v in frame_vias(found.frame, [c.terms for c in chosen])}
    return {c.terms.one.id: _exchange(found, given, c, ways[c.terms.one.id], shared, vias) for c in chosen}


def payer_of(given: Appraising, name: str) -> Side:
    """Return who pays for treatment, carriage and equipment of an exchange."""
    for told in given.exchange:
        if told.id == name and told.paid_by:
            return told.paid_by
    return given.paid_by


def _exchange(
    found: DesignResult, given: Appraising, one: Chosen, way: Ways, shared: Mapping[str, Shared],
    vias: Mapping[tuple[str, str], Via],
) -> Exchange:  # fmt: skip
    terms, money, payer = one.terms, found.money, payer_of(given, one.terms.one.id)
    used = [(shared[p], q, vias[terms.one.id, p]) for p, q in way.through.items()]
    co2 = way.direct * (terms.co2 or 0.0) + sum((q * via.co2 for _, q, via in used), np.zeros(len(way.direct)))
    got = way.direct * (terms.line.delivered if terms.line is not None else 1.0)
    got = got + sum(way.through.values(), np.zeros(len(got)))
    rows = [
        *_two_sides(terms, way, used, got),
        *_own_way(found, terms, way, payer),
        *_heat_line(found, terms, way, payer),
    ]
    for plant, quantity, _ in used:
        rows += _plant_rows(found, terms, plant, quantity, payer)
    if money.carbon_price is not None:
        per = f"{money.currency}/tCO2"
        rows.append(Payment(CARBON, given.carbon_to, "revenue", money.carbon_price, per, co2))
    return Exchange(
        terms.one.id, terms.unit, money.currency, money.price_year, years_of(found), tuple(rows), got,
        _amount(one, float(got.max())), co2, {REPLACED: _rate(found, terms)},
    )  # fmt: skip


def _two_sides(
    terms: Terms, way: Ways, used: Sequence[tuple[Shared, Array, Via]], got: Array
) -> Iterator[Payment]:  # fmt: skip
    """Yield what the donor no longer pays for disposal and the receiver no longer buys."""
    given_away = way.direct + sum((q / s.plant.delivered for s, q, _ in used), np.zeros(len(way.direct)))
    if terms.disposal is not None:
        yield Payment("disposal", "donor", "saving", terms.disposal, f"{terms.currency}/{terms.unit}", given_away)
    if terms.price is not None:
        per = f"{terms.currency}/{terms.replaced_unit}"
        yield Payment("price", "receiver", "saving", terms.price, per, got, REPLACED)


def _own_way(found: DesignResult, terms: Terms, way: Ways, payer: Side) -> Iterator[Payment]:
    """Yield treatment, carriage and equipment of what does not go through a shared plant."""
    if not way.direct.any():
        return
    per = f"{terms.currency}/{terms.unit}"
    if terms.treatment is not None:
        yield Payment("treatment", payer, "operation", terms.treatment, per, way.direct)
    if terms.carriage is not None:
        yield Payment("carriage", payer, "operation", terms.carriage.cost, per, way.direct)
    if terms.investment is not None and terms.investment.value:
        life = _life(found, terms)
        times = np.zeros(len(way.direct))
        first = int(np.flatnonzero(way.direct)[0]) - 1
        times[first : len(times) - 1 : life or len(times)] = 1.0
        yield Payment("investment", payer, "investment", terms.investment, terms.currency, times, once=True, every=life)


def _heat_line(found: DesignResult, terms: Terms, way: Ways, payer: Side) -> Iterator[Payment]:
    """Yield the hot-water line that is built, of the size that the network chose; again where it wears out."""
    facility = f"line {terms.one.id}"
    size = found.solution.steps().get(facility, "")
    if terms.line is None or not size or not way.direct.any():
        return
    steps = {s.id: s for f in found.prepared.network.facilities if f.id == facility for s in f.steps}
    told, paid = terms.line.cost_per_m[size], steps[size].fixed["cost"]
    cost = paid.to(terms.currency) if isinstance(paid, Figure) else float(paid or 0.0)
    low, high = (None if end is None else cost * end / told.value for end in (told.low, told.high))
    note = f"{size}: {told.value:g} {told.unit}"
    figure = Figure(cost, terms.currency, told.kind, told.source, low, high, told.year, note)
    life = found.frame.lookup("life", "heat-pipe", per="a")
    every = 0 if life is None else max(1, int(life.to("a")))
    times = np.zeros(len(way.direct))
    first = int(np.flatnonzero(way.direct)[0]) - 1
    times[first : len(times) - 1 : every or len(times)] = 1.0
    yield Payment("heat line", payer, "investment", figure, terms.currency, times, once=True, every=every)


def _life(found: DesignResult, terms: Terms) -> int:
    """Return how long an exchange's own equipment serves [a]: its first known treatment step; 0: nobody said.

    A whole number of years; what serves 12.5 years is paid again after 12.
    """
    base = found.discovery.base
    steps = [step.id for name in terms.one.types if name in base.types for step in base.types[name].treatment]
    told = found.frame.lookup("life", *steps, per="a") if steps else None
    return 0 if told is None else max(1, int(told.to("a")))


def _plant_rows(
    found: DesignResult, terms: Terms, shared: Shared, quantity: Array, payer: Side
) -> Iterator[Payment]:  # fmt: skip
    """Yield an exchange's part of a shared plant: ways, operation, and investment by quantity."""
    money, plant, book = found.money, shared.plant, found.frame.book
    per, intake = f"{money.currency}/{terms.unit}", quantity / plant.delivered
    there, onward = _legs(found, terms, shared.firm)
    for name, leg, times in ((f"way to {plant.id}", there, intake), (f"way from {plant.id}", onward, quantity)):
        if leg is not None:
            yield Payment(name, payer, "operation", leg.cost, per, times)
    operation = converted(book, shared.told.operation, per, plant.id)
    yield Payment(f"operation of {plant.id}", payer, "operation", operation, per, intake)
    size = shared.told.size[shared.size]
    whole = converted(book, size.investment, money.currency, plant.id)
    times = np.zeros(len(quantity))
    times[shared.year - years_of(found)[0]] = shared.shares[terms.one.id]
    yield Payment(f"investment in {plant.id}", payer, "investment", whole, money.currency, times, once=True)


def _legs(found: DesignResult, terms: Terms, firm: Firm | None) -> tuple[Carriage | None, Carriage | None]:
    """Return the ways to a plant and from it, as the design has them."""
    settings, one = found.discovery.settings, terms.one

    def leg(start: Firm, end: Firm) -> Carriage | None:
        km = road_distance(start, end, settings.road_factor, settings.distances)
        return carriage(one, km, found.frame.lookup, terms.currency, found.given.modes)

    if firm is None:
        return leg(one.donor, one.receiver), None
    return leg(one.donor, firm), leg(firm, one.receiver)


def _amount(one: Chosen, quantity: float) -> Figure:
    """Return what is delivered a year, with the range that both sides' amounts leave."""
    opportunity = one.terms.one
    span, demand = opportunity.quantity, opportunity.demand
    kind = max((opportunity.supply.kind, *((demand.kind,) if demand else ())), key=KINDS.index)
    low, high = (quantity * end / span.value for end in (span.low, span.high))
    source = "; ".join(dict.fromkeys(f.quantity.source for f in opportunity.supply.idle))
    return Figure(quantity, opportunity.unit, kind, source or "survey", min(low, quantity), max(high, quantity))


def _rate(found: DesignResult, terms: Terms) -> Figure:
    """Return the replacement rate; with the range of the exchange type where it is that type's number as it stands."""
    one, base = terms.one, found.discovery.base
    value = one.rate or 0.0
    for name in one.types:
        for told in base.types[name].replaces if name in base.types else ():
            if told.rate is not None and abs(told.rate.value - value) < 1e-9 and told.material == one.replaces:
                return replace(told.rate, unit="1")
    return Figure(value, "1", "estimated", "amount of what is replaced that a unit stands for, from what both contain")
