"""A network problem from what discovery found: rivals share a supply, a demand, a cap, a plant, a budget.

What a supply costs to get rid of and what a demand costs to buy stand at their places, so that an exchange saves both.
An exchange whose terms are not all known takes no part where money counts: nothing is taken as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from lichen.design.layout import Content, Layout, Via
from lichen.design.network import (
    MEASURES,
    Demand,
    Facility,
    Limit,
    Link,
    Measure,
    Network,
    Node,
    Period,
    Step,
    Stream,
    Supply,
)
from lichen.design.pipes import HOURS_OF_MONTHS, heat_pipe_steps
from lichen.design.solve import Solution
from lichen.design.terms import Terms
from lichen.discover.quantity import storable
from lichen.discover.streams import monthly, span_of
from lichen.figures import Figure
from lichen.inventory.amounts import is_water
from lichen.labelled import Array

MONTHS = 12
NEED = "for "
"""Before the code of a material: the stream that a receiver's need is, apart from what it may throw away of it."""
OWN_SIZE = "built"
"""Name of the one size that an exchange's own equipment has."""


@dataclass(frozen=True)
class Prepared:
    """A network, and what stands in the way.

    Parameters
    ----------
    network
        Links carry the ids of their opportunities; through a plant "ID@PLANT".
    kept, left_out
        Opportunities that take part; those that lack something, which their questions tell.
    vias
        Their ways through shared plants.
    """

    network: Network
    kept: tuple[Terms, ...]
    left_out: tuple[Terms, ...]
    vias: tuple[Via, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """What the network makes of an opportunity in a stage.

    Parameters
    ----------
    terms
        Which.
    by_stage
        Quantity a year in each stage ``(S,)`` [unit/a].
    plant
        Shared plant that most of it goes through; empty: none.
    saved, cost
        What a unit saves both sides together, and costs, on the ways it takes [currency/unit].
    co2
        Avoided by a unit on these ways [tCO2/unit]; ``None``: not known.
    """

    terms: Terms
    by_stage: tuple[float, ...]
    plant: str = ""
    saved: float = 0.0
    cost: float = 0.0
    co2: float | None = None

    @property
    def priced(self) -> bool:
        """Whether all that it costs and saves is known; a shared plant treats and carries for it."""
        return self.terms.known or bool(self.plant)

    @property
    def quantity(self) -> float:
        """Quantity a year once all is built [unit/a]."""
        return self.by_stage[-1]

    @property
    def share(self) -> float:
        """Of what is feasible alone [1]."""
        return self.quantity / self.terms.one.quantity.value


def prepare(every: Iterable[Terms], layout: Layout | None = None, vias: Sequence[Via] = ()) -> Prepared:
    """Return the network of opportunities.

    Parameters
    ----------
    every
        Opportunities with their terms; of two with one id the first counts.
    layout
        What bounds and steers it; default: one year, money counts.
    vias
        Ways through shared plants.
    """
    layout = layout or Layout()
    found = list({t.one.id: t for t in reversed(list(every))}.values())[::-1]
    through = {via.terms.one.id for via in vias}
    kept = [t for t in found if _takes_part(t, layout, t.one.id in through)]
    ids = {t.one.id for t in kept}
    through_plants = [via for via in vias if via.terms.one.id in ids]
    return Prepared(
        _network(kept, through_plants, layout), tuple(kept), tuple(t for t in found if t.one.id not in ids),
        tuple(through_plants),
    )  # fmt: skip


def _takes_part(terms: Terms, layout: Layout, shared: bool) -> bool:
    """Whether all is known that counts; what a shared plant treats needs no treatment and carriage of its own."""
    if not terms.sized or terms.too_far:
        return False
    own = terms.known or (shared and terms.disposal is not None and terms.price is not None)
    return own or not layout.money


def chosen(solution: Solution, prepared: Prepared) -> tuple[Chosen, ...]:
    """Return what the network makes of each opportunity that took part, in their order."""
    graph = solution.graph
    by_link: dict[str, Array] = {}
    stages = np.unique(graph.stage)
    for row, link in enumerate(graph.names.links):
        by_link[link] = np.array([solution.flows[graph.stage == s, row].sum() for s in stages])
    found = []
    for terms in prepared.kept:
        ways = {name: flow for name, flow in by_link.items() if name.split("@")[0] == terms.one.id}
        if ways:
            best = max(ways, key=lambda name: ways[name].sum())
            total = np.maximum(np.sum(list(ways.values()), axis=0), 0.0)  # the optimiser may end a hair below
            plant = best.partition("@")[2] if total.any() else ""
            found.append(_on_its_ways(Chosen(terms, tuple(map(float, total)), plant), ways, prepared))
    return tuple(found)


def _on_its_ways(one: Chosen, ways: Mapping[str, Array], prepared: Prepared) -> Chosen:
    """Return an exchange with what a unit that arrives saves, costs and avoids, in the mean of its ways."""
    terms, vias = one.terms, {f"{v.terms.one.id}@{v.plant.id}": v for v in prepared.vias}
    sizes = {name: float(flow.sum()) for name, flow in ways.items()}
    if not sum(sizes.values()):
        sizes = {terms.one.id: 1.0}
    saved = cost = avoided = 0.0
    for name, size in sizes.items():
        via = vias.get(name)
        if via is None:
            parts = terms.saved, terms.cost, terms.co2 or 0.0
        else:
            taken = 1 / via.plant.delivered  # of a unit that arrives
            disposal = terms.disposal.to(f"{terms.currency}/{terms.unit}") if terms.disposal is not None else 0.0
            parts = (
                terms.saved + disposal * (taken - 1),
                (via.there + via.plant.operation) * taken + via.onward, via.co2,
            )  # fmt: skip
        saved, cost, avoided = (a + size * b for a, b in zip((saved, cost, avoided), parts, strict=True))
    total = sum(sizes.values())
    return replace(one, saved=saved / total, cost=cost / total, co2=None if terms.co2 is None else avoided / total)


def need(terms: Terms) -> str:
    """Return the stream that the receiver's need is: :data:`NEED` and the code of what it uses."""
    one = terms.one
    return NEED + (one.demand.material if one.demand else one.replaces)


def _network(kept: Sequence[Terms], vias: Sequence[Via], layout: Layout) -> Network:
    waits = {t.one.stream: storable(t.one.supply) for t in kept}
    streams = {t.one.stream: Stream(t.one.stream, t.unit, waits[t.one.stream]) for t in kept}
    streams |= {need(t): Stream(need(t), t.replaced_unit, t.replaced_unit == "t") for t in kept}
    nodes = {firm.id: Node(firm.id, firm.name) for t in kept for firm in (t.one.donor, t.one.receiver)}
    nodes |= {via.plant.id: Node(via.plant.id, via.plant.name) for via in vias}
    streams |= {
        name: Stream(name, via.terms.unit, waits[via.terms.one.stream])
        for via in vias for name in (_brought(via), _treated(via))
    }  # fmt: skip
    currency = kept[0].currency if kept else "CNY"
    measures = (
        *(replace(m, asked=False, unit=currency if m.money else m.unit) for m in MEASURES),
        Measure("investment", currency),
    )  # fmt: skip
    direct = [t for t in kept if (_way_known(t) and t.treatment is not None) or not layout.money]
    return Network(
        measures, tuple(streams.values()), tuple(nodes.values()), _supplies(kept, layout), _demands(kept, layout),
        (*(_link(t, layout) for t in direct), *_plant_links(vias, layout)),
        (*_own_equipment(direct, layout), *_heat_lines(direct, layout), *_shared(vias, layout)),
        (*_caps(direct, vias, layout), *_content_limits(direct, vias, layout), *_budget(layout), *layout.limits),
        periods=_periods(layout),
    )  # fmt: skip


def _way_known(terms: Terms) -> bool:
    return terms.carriage is not None or terms.line is not None


def _periods(layout: Layout) -> tuple[Period, ...]:
    found = []
    for stage in layout.stages:
        for month in range(1, MONTHS + 1) if layout.months else (0,):
            name = f"{stage.start}-{month:02d}" if month else str(stage.start)
            found.append(Period(name, str(stage.start), float(stage.years), stage.discount, stage.built))
    return tuple(found)


def _amounts(value: float, months: Sequence[float], layout: Layout) -> float | tuple[float, ...]:
    """Return a year's amount for all periods; month by month where a profile is told."""
    if not layout.months:
        return value
    total = sum(months)
    shares = [m / total for m in months] if total else [1 / MONTHS] * MONTHS
    return tuple(value * share for share in shares) * len(layout.stages)


def _supplies(kept: Sequence[Terms], layout: Layout) -> tuple[Supply, ...]:
    found: dict[tuple[str, str], Supply] = {}
    for terms in kept:
        one = terms.one
        left: dict[str, float | Figure | None] = {}
        if terms.disposal is not None:
            left["cost"] = terms.disposal
        if terms.unit == "t":
            left["waste"] = 1.0
        amount = _amounts(one.supply.unused.value, monthly(one.supply.idle, one.unit), layout)
        found.setdefault((one.donor.id, one.stream), Supply(one.donor.id, one.stream, amount, left))
    return tuple(found.values())


def _demands(kept: Sequence[Terms], layout: Layout) -> tuple[Demand, ...]:
    """Return what receivers buy; where one buys none but a cap is known, what it uses of its own making, or as much as
    its donors could bring.
    """
    found: dict[tuple[str, str], Demand] = {}
    for terms in kept:
        one, key = terms.one, (terms.one.receiver.id, need(terms))
        short: dict[str, float | Figure | None] = {} if terms.price is None else {"cost": terms.price}
        if one.demand is not None:
            if one.demand.unit == "m3/a" and any(is_water(f) for f in one.demand.flows):
                short["water"] = 1.0
            amount = _amounts(one.demand.amount.value, monthly(one.demand.flows, one.demand.unit), layout)
            found[key] = Demand(*key, amount, short)
        elif key not in found:
            rivals = [t for t in kept if (t.one.receiver.id, need(t)) == key]
            total = sum(t.one.quantity.value * (t.one.rate or 0.0) for t in rivals)
            used = layout.needs.get((one.receiver.id, one.replaces), total)
            found[key] = Demand(*key, _amounts(used, (), layout), short)
    return tuple(found.values())


def _link(terms: Terms, layout: Layout) -> Link:
    one = terms.one
    brings = _brings(terms.cost, terms.co2 or 0.0, layout)
    if terms.jobs is not None:
        brings["jobs"] = terms.jobs.to(f"person/({terms.unit}/a)")
    return Link(
        one.id, one.donor.id, one.receiver.id, one.stream, brings, need(terms),
        (one.rate or 0.0) * (terms.line.delivered if terms.line is not None else 1.0),
        inf if layout.months or storable(one.supply) else one.quantity.value, length_km=one.distance_km,
    )  # fmt: skip


def _brings(cost: float, avoided: float, layout: Layout) -> dict[str, float | Figure | None]:
    """Return what a unit brings; a carbon price is part of the cost."""
    return {"cost": cost - layout.carbon_price * avoided, "co2": -avoided}


def _brought(via: Via) -> str:
    """Return the stream that a donor brings to a plant: apart from others', so that it is known whose goes where."""
    return f"{via.terms.one.stream} of {via.terms.one.donor.id} at {via.plant.id}"


def _treated(via: Via) -> str:
    return f"{_brought(via)}, treated"


def _treating(via: Via) -> str:
    """Return the id of the link that a plant's treatment of one donor's stream is."""
    return f"{via.plant.id}>{via.terms.one.stream}>{via.terms.one.donor.id}"


def _plant_links(vias: Sequence[Via], layout: Layout) -> Iterator[Link]:
    """Yield the ways to, through and from shared plants; what several exchanges have in common once."""
    seen: set[str] = set()
    for via in vias:
        one, plant = via.terms.one, via.plant
        ways = (
            Link(f"{one.donor.id}>{one.stream}>{plant.id}", one.donor.id, plant.id, one.stream, {"cost": via.there},
                 _brought(via)),
            Link(_treating(via), plant.id, plant.id, _brought(via), {"cost": plant.operation}, _treated(via),
                 plant.delivered),
        )  # fmt: skip
        for way in ways:
            if way.id not in seen:
                seen.add(way.id)
                yield way
        yield Link(
            f"{one.id}@{plant.id}", plant.id, one.receiver.id, _treated(via),
            _brings(via.onward, via.co2, layout), need(via.terms), one.rate or 0.0,
        )  # fmt: skip


def _own_equipment(direct: Sequence[Terms], layout: Layout) -> Iterator[Facility]:
    """Yield what an exchange has to build for itself, or the least that it is worth starting for.

    It serves all that the donor has. What flows today needs nothing new.
    """
    for terms in direct:
        one, paid = terms.one, 0.0
        if terms.investment is not None:
            paid = terms.investment.to(terms.currency)
        least = 0.0 if layout.months else layout.least
        if paid or least:
            step = Step(
                OWN_SIZE, one.supply.unused.value, {"cost": paid, "investment": paid}, least * one.quantity.value
            )  # fmt: skip
            yield Facility(f"own {one.id}", {one.id: 1.0}, (step,), standing=layout.today.get(one.id, 0.0))


def _heat_lines(direct: Sequence[Terms], layout: Layout) -> Iterator[Facility]:
    """Yield the sizes of hot-water lines; month by month a size carries what its power delivers in the shortest one."""
    for terms in direct:
        line, km = terms.line, terms.one.distance_km
        if line is None or not km:
            continue
        load = ((max(mw for mw, _ in line.load), min(HOURS_OF_MONTHS)),) if layout.months else line.load
        steps = heat_pipe_steps(km, line.operation, load, line.cost_per_m)
        sized = tuple(replace(step, fixed={**step.fixed, "investment": step.fixed["cost"]}) for step in steps)
        yield Facility(f"line {terms.one.id}", {terms.one.id: 1.0}, sized)


def _shared(vias: Sequence[Via], layout: Layout) -> Iterator[Facility]:
    """Yield shared plants; month by month each works a twelfth of its year's capacity."""
    year = MONTHS if layout.months else 1
    plants = {via.plant.id: via.plant for via in vias}
    for plant in plants.values():
        links = {_treating(via): 1.0 for via in vias if via.plant.id == plant.id}
        steps = tuple(
            Step(s.id, s.capacity / year, {"cost": s.investment, "investment": s.investment}) for s in plant.sizes
        )
        yield Facility(plant.id, links, steps)


def _caps(direct: Sequence[Terms], vias: Sequence[Via], layout: Layout) -> Iterator[Limit]:
    """Yield what a standard lets a receiver take of the streams of one exchange type together, and of all types whose
    caps are a share of the same: together they get no more than the largest of these caps leaves.
    """
    ways = [(t.one.id, t) for t in direct] + [(f"{v.terms.one.id}@{v.plant.id}", v.terms) for v in vias]
    groups: dict[str, tuple[dict[str, float], float]] = {}
    for link, terms in ways:
        for (kind, of), left in terms.one.rooms.items():
            for name in (f"cap {terms.one.receiver.id} {kind}", f"cap {terms.one.receiver.id} {of}"):
                links, most = groups.get(name, ({}, 0.0))
                groups[name] = {**links, link: 1.0}, max(most, left)
    for name, (links, most) in groups.items():
        for stage in layout.stages:
            periods = tuple(p.id for p in _periods(layout) if p.stage == str(stage.start))
            yield Limit(f"{name} {stage.start}", high=most, links=links, periods=periods)


def content_of(terms: Terms, content: Content) -> float | None:
    """Return how much of some substances a tonne of a stream holds [t/t]; ``None``: its composition does not say."""
    told = [f for f in terms.one.supply.idle if any(name in f.composition for name in content.substances)]
    if not told:
        return None
    first = max(told, key=lambda f: span_of(f, terms.one.unit).value)
    dry = 1 - (first.moisture or 0.0)
    return dry * sum(first.composition.get(name, 0.0) * weight for name, weight in content.substances.items())


def _content_limits(direct: Sequence[Terms], vias: Sequence[Via], layout: Layout) -> Iterator[Limit]:
    """Yield what may get into products, over the streams whose content is known."""
    ways = [(t.one.id, t) for t in direct] + [(f"{v.terms.one.id}@{v.plant.id}", v.terms) for v in vias]
    for content in layout.contents:
        links = {
            link: held for link, t in ways
            if t.one.receiver.id == content.receiver and t.unit == "t" and (held := content_of(t, content))
        }  # fmt: skip
        for stage in layout.stages if links else ():
            periods = tuple(p.id for p in _periods(layout) if p.stage == str(stage.start))
            yield Limit(f"{content.id} {stage.start}", high=content.most, links=links, periods=periods)


def contents_not_known(kept: Sequence[Terms], layout: Layout) -> Iterator[tuple[Terms, Content]]:
    """Yield the streams whose content of what is limited is not known, with the limit."""
    for content in layout.contents:
        for t in kept:
            if t.one.receiver.id == content.receiver and t.unit == "t" and content_of(t, content) is None:
                yield t, content


def _budget(layout: Layout) -> Iterator[Limit]:
    for start, most in layout.budget.items():
        periods = tuple(p.id for p in _periods(layout) if start in (0, int(p.stage)))
        yield Limit(f"budget {start}" if start else "budget", high=most, measures={"investment": 1.0}, periods=periods)
