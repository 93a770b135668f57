"""A network problem from what discovery found: rivals share a supply, a demand and a cap; costs come from the caller.

What a supply costs to get rid of and what a demand costs to buy stand at their places, so that an exchange saves both.
An exchange whose costs are not all known takes no part, and what is missing is asked for: nothing is taken as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from lichen.design.network import (
    MEASURES,
    Demand,
    Facility,
    Link,
    Network,
    Node,
    Period,
    Step,
    Stream,
    Supply,
)
from lichen.design.solve import Solution
from lichen.errors import Problem, Where
from lichen.figures import Figure
from lichen.inventory.amounts import is_water
from lichen.inventory.values import Firm, Flow
from lichen.units import currency_of, factor, same_dimension

CURRENCY = "CNY"


class Amount(Protocol):
    """A quantity with its range."""

    @property
    def value(self) -> float:
        """The quantity."""


class There(Protocol):
    """What a donor has."""

    @property
    def unused(self) -> Amount:
        """What goes to waste."""

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Rows that tell it."""


class Needed(Protocol):
    """What a receiver needs."""

    @property
    def material(self) -> str:
        """Code."""

    @property
    def amount(self) -> Amount:
        """How much a year."""

    @property
    def unit(self) -> str:
        """Its unit."""

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Rows that tell it."""


class Gained(Protocol):
    """What an opportunity would bring."""

    @property
    def co2(self) -> Amount | None:
        """Avoided [tCO2/a]."""


class Possible(Protocol):
    """What is read of an opportunity (:class:`lichen.discover.values.Opportunity` is one)."""

    @property
    def id(self) -> str:
        """What tells it from others."""

    @property
    def donor(self) -> Firm:
        """Who gives."""

    @property
    def receiver(self) -> Firm:
        """Who takes."""

    @property
    def stream(self) -> str:
        """What is given."""

    @property
    def replaces(self) -> str:
        """What it replaces."""

    @property
    def types(self) -> tuple[str, ...]:
        """Exchange types behind it."""

    @property
    def supply(self) -> There:
        """What is there."""

    @property
    def demand(self) -> Needed | None:
        """What is needed."""

    @property
    def rate(self) -> float | None:
        """Replaced by one unit."""

    @property
    def quantity(self) -> Amount:
        """Feasible a year."""

    @property
    def unit(self) -> str:
        """Of the quantity."""

    @property
    def limits(self) -> Sequence[str]:
        """What bounds it."""

    @property
    def distance_km(self) -> float | None:
        """By road."""

    @property
    def gains(self) -> Gained:
        """What it would bring."""


@dataclass(frozen=True)
class Costs:
    """What exchanges cost, as figures with source.

    Parameters
    ----------
    transport
        Unit of amounts ("t", "GJ", "m3", "Nm3") → cost of one unit and kilometre, e.g. CNY/(t km).
    transport_co2
        The same for CO2, e.g. tCO2/(t km); not counted where it is not told.
    treatment
        Opportunity, exchange type, or stream (the first that is told) → cost per unit taken.
    disposal, price
        Stream → cost per unit left; material → price per unit bought; for firms that told no price.
    fixed
        Opportunity → cost once of a pipe or a plant of its own.
    """

    transport: Mapping[str, Figure] = field(default_factory=dict)
    transport_co2: Mapping[str, Figure] = field(default_factory=dict)
    treatment: Mapping[str, Figure] = field(default_factory=dict)
    disposal: Mapping[str, Figure] = field(default_factory=dict)
    price: Mapping[str, Figure] = field(default_factory=dict)
    fixed: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared:
    """A network, and what stands in the way.

    Parameters
    ----------
    network
        Links carry the ids of their opportunities.
    left_out
        Opportunities that lack a cost.
    questions
        One for each figure that is missing, and notes on what is not counted.
    """

    network: Network
    left_out: tuple[str, ...]
    questions: tuple[Problem, ...]


@dataclass(frozen=True)
class Chosen:
    """What the network makes of an opportunity: quantity a period [unit], and its share of what is feasible alone."""

    id: str
    quantity: float
    unit: str
    share: float


def prepare(found: Iterable[Possible], costs: Costs, period: Period | None = None) -> Prepared:
    """Return the network of opportunities in one period, a year.

    Parameters
    ----------
    found
        Opportunities; of two with one id the first counts.
    costs
        What is known of costs.
    period
        A year; ``times`` and ``discount`` say how many it stands for, where fixed costs count once.
    """
    every = list({one.id: one for one in reversed(list(found))}.values())[::-1]
    asked: dict[tuple[str, str], Problem] = {}
    kept = [one for one in every if _complete(one, costs, asked)]
    for one in kept:
        if one.gains.co2 is None:
            asked["co2", one.id] = Problem("design.carbon_unknown", Where(key=one.id), "note", {"name": one.id})
    left_out = tuple(sorted({one.id for one in every} - {one.id for one in kept}))
    return Prepared(_network(kept, costs, period or Period("year")), left_out, tuple(asked.values()))


def chosen(solution: Solution, found: Iterable[Possible]) -> tuple[Chosen, ...]:
    """Return what the network makes of each opportunity that took part, in their order."""
    totals = dict(zip(solution.graph.names.links, solution.flows.sum(axis=0), strict=True))
    return tuple(
        Chosen(one.id, float(totals[one.id]), one.unit, float(totals[one.id]) / one.quantity.value)
        for one in found if one.id in totals
    )  # fmt: skip


def _per(unit: str) -> str:
    return unit.split("/")[0]


def _need(one: Possible) -> str:
    """Return the stream that a receiver's need is: apart from what it may throw away of the same material."""
    return f"for {one.demand.material if one.demand else one.replaces}"


def _need_unit(one: Possible) -> str:
    return _per(one.demand.unit if one.demand else one.unit)


def _complete(one: Possible, costs: Costs, asked: dict[tuple[str, str], Problem]) -> bool:
    """Whether all that an exchange costs and saves is known; what is not is asked for, once."""
    unit, where = _per(one.unit), Where(key=one.id)
    per = f"{CURRENCY}/{unit}"
    missing: list[tuple[str, str, dict[str, str]]] = []
    if unit not in costs.transport:
        wanted = f"{CURRENCY}/({unit} km)"
        missing.append(("transport", unit, {"unit": unit, "stream": one.stream, "wanted": wanted}))
    if one.distance_km is None:
        missing.append(("distance", one.id, {"donor": one.donor.name, "receiver": one.receiver.name}))
    if _treatment(one, costs) is None:
        missing.append(("treatment", one.stream, {"stream": one.stream, "wanted": per}))
    if _disposal(one, costs) is None:
        key = f"{one.donor.id} {one.stream}"
        missing.append(("disposal", key, {"donor": one.donor.name, "stream": one.stream, "wanted": per}))
    if _price(one, costs) is None:
        wanted = f"{CURRENCY}/{_need_unit(one)}"
        values = {"receiver": one.receiver.name, "material": one.replaces or "?", "wanted": wanted}
        missing.append(("price", f"{one.receiver.id} {one.replaces}", values))
    if one.rate is None:
        missing.append(
            ("rate", f"{one.stream} {one.replaces}", {"material": one.replaces or "?", "stream": one.stream})
        )
    for kind, key, values in missing:
        asked.setdefault((kind, key), Problem(f"design.ask_{kind}", where, "warning", values))
    return not missing


def _treatment(one: Possible, costs: Costs) -> Figure | None:
    return next((costs.treatment[key] for key in (one.id, *one.types, one.stream) if key in costs.treatment), None)


def _disposal(one: Possible, costs: Costs) -> float | Figure | None:
    told = _told(one.supply.flows, one.unit, unused=True)
    if told is not None:
        return -told  # a price below 0 is what the donor pays
    return costs.disposal.get(one.stream)


def _price(one: Possible, costs: Costs) -> float | Figure | None:
    told = _told(one.demand.flows, one.demand.unit, unused=False) if one.demand else None
    return told if told is not None else costs.price.get(one.replaces)


def _told(flows: Iterable[Flow], unit: str, *, unused: bool) -> float | None:
    """Return the mean price that a firm told, weighted by amount [CNY per unit]; ``None``: none."""
    total = size = 0.0
    for flow in flows:
        per = f"{CURRENCY}/{_per(unit)}"
        if flow.price is None or currency_of(flow.price[1]) != CURRENCY or not same_dimension(flow.price[1], per):
            continue
        if unused and flow.fate in ("sold", "given away", "reused on site"):
            continue
        if not same_dimension(flow.quantity.unit, unit):
            continue
        amount = flow.quantity.to(unit)
        total, size = total + amount * flow.price[0] * factor(flow.price[1], per), size + amount
    return total / size if size else None


def _network(kept: Sequence[Possible], costs: Costs, period: Period) -> Network:
    streams = {one.stream: Stream(one.stream, _per(one.unit)) for one in kept}
    streams |= {_need(one): Stream(_need(one), _need_unit(one)) for one in kept}
    firms = {firm.id: firm for one in kept for firm in (one.donor, one.receiver)}
    return Network(
        tuple(replace(m, asked=False) if m.id != "cost" else m for m in MEASURES if m.id != "jobs"),
        tuple(streams.values()), tuple(Node(f.id, f.name) for f in firms.values()),
        _supplies(kept, costs), _demands(kept, costs), tuple(_link(one, costs) for one in kept),
        (*_own_plants(kept, costs), *_caps(kept)), periods=(period,),
    )  # fmt: skip


def _supplies(kept: Sequence[Possible], costs: Costs) -> tuple[Supply, ...]:
    found: dict[tuple[str, str], Supply] = {}
    for one in kept:
        left: dict[str, float | Figure | None] = {"cost": _disposal(one, costs)}
        if _per(one.unit) == "t":
            left["waste"] = 1.0
        found.setdefault((one.donor.id, one.stream), Supply(one.donor.id, one.stream, one.supply.unused.value, left))
    return tuple(found.values())


def _demands(kept: Sequence[Possible], costs: Costs) -> tuple[Demand, ...]:
    """Return what receivers need; where one told no need, what its donors could bring in all."""
    found: dict[tuple[str, str], Demand] = {}
    for one in kept:
        short: dict[str, float | Figure | None] = {"cost": _price(one, costs)}
        if one.demand is not None and one.demand.unit == "m3/a" and any(is_water(f) for f in one.demand.flows):
            short["water"] = 1.0
        key = (one.receiver.id, _need(one))
        if one.demand is not None:
            found[key] = Demand(*key, one.demand.amount.value, short)
        elif key not in found:
            rivals = [o for o in kept if (o.receiver.id, _need(o)) == key]
            amount = sum(o.quantity.value * (o.rate or 0.0) for o in rivals)
            found[key] = Demand(*key, amount, short)
    return tuple(found.values())


def _link(one: Possible, costs: Costs) -> Link:
    unit, km = _per(one.unit), one.distance_km or 0.0
    treatment = _treatment(one, costs)
    assert treatment is not None
    assert one.rate is not None
    per_unit: dict[str, float | Figure | None] = {
        "cost": costs.transport[unit].to(f"{CURRENCY}/({unit} km)") * km + treatment.to(f"{CURRENCY}/{unit}")
    }
    co2 = costs.transport_co2[unit].to(f"tCO2/({unit} km)") * km if unit in costs.transport_co2 else 0.0
    per_unit["co2"] = co2 - (one.gains.co2.value / one.quantity.value if one.gains.co2 else 0.0)
    return Link(
        one.id, one.donor.id, one.receiver.id, one.stream, per_unit, _need(one), one.rate, one.quantity.value,
        length_km=one.distance_km,
    )  # fmt: skip


def _own_plants(kept: Sequence[Possible], costs: Costs) -> tuple[Facility, ...]:
    return tuple(
        Facility(f"own {one.id}", {one.id: 1.0}, (Step("built", one.quantity.value, {"cost": costs.fixed[one.id]}),))
        for one in kept if one.id in costs.fixed
    )  # fmt: skip


def _caps(kept: Sequence[Possible]) -> tuple[Facility, ...]:
    """Return what a standard lets a receiver take of streams of one exchange type together.

    An opportunity tells its cap only where the cap is what bounds it; then its quantity is the cap.
    """
    groups: dict[tuple[str, str], list[Possible]] = {}
    for one in kept:
        for name in one.types:
            groups.setdefault((one.receiver.id, name), []).append(one)
    found = []
    for (receiver, name), group in groups.items():
        capped = [one.quantity.value for one in group if "cap" in one.limits]
        if capped and len(group) > 1:
            found.append(Facility(f"cap {receiver} {name}", {o.id: 1.0 for o in group}, (), standing=max(capped)))
    return tuple(found)
