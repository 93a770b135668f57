"""How a stream gets from donor to receiver: by road, rail, ship or belt at a tariff, by pipe, by a hot-water line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Protocol

from lichen.design.pipe_sizes import pipes
from lichen.design.pipes import (
    HOURS_OF_MONTHS,
    Load,
    Operation,
    Route,
    delivered_share,
    load_of_months,
    size_for,
)
from lichen.discover.find import carried
from lichen.discover.match import hottest
from lichen.discover.streams import is_heat
from lichen.discover.values import Opportunity
from lichen.figures import KINDS, Figure, Text

BY_PIPE = ("pipe",)
MODE_NAMES = {"road": Text("by road", "公路"), "pipe": Text("by pipe", "管道")}


class Lookup(Protocol):
    """Finds a cost or price: of the first key that is known, in the unit ``per``; ``None`` where none is."""

    def __call__(self, item: str, *keys: str, per: str) -> Figure | None:
        """Return the figure in the lookup's currency, at the prices of its year."""


@dataclass(frozen=True)
class Carriage:
    """How a stream is carried: the mode, what a unit costs and gives off over the whole way; ``None``: not known."""

    mode: str
    cost: Figure
    co2: Figure | None = None


@dataclass(frozen=True)
class HeatLine:
    """How hot-water lines are laid and run; ``full_load_hours`` [h/a] count where no months are told."""

    operation: Operation
    depth_m: float
    gap_m: float
    ground: float
    insulation: float
    full_load_hours: float


@dataclass(frozen=True)
class Line:
    """A hot-water line of an exchange.

    Parameters
    ----------
    load
        What it delivers at most: power [MW] and hours [h], over a year.
    cost_per_m
        Size → cost per metre of trench [currency/m].
    operation
        Temperatures and pressure.
    delivered
        Share of the heat sent that arrives, with the size that fits [1].
    """

    load: Load
    cost_per_m: Mapping[str, Figure]
    operation: Operation
    delivered: float


def per_what(unit: str) -> str:
    """Return a unit of a yearly amount without the year: "t/a" → "t"."""
    return unit.split("/")[0]


def carriage(
    one: Opportunity, km: float | None, find: Lookup, currency: str = "CNY", modes: Sequence[str] = ("road",)
) -> Carriage | None:
    """Return the cheapest way to carry the stream over ``km``; ``None``: none is known or reaches, or how far it is."""
    if km is None:
        return None
    unit = per_what(one.unit)
    found = []
    for mode, tariff, reach in tariffs(one, find, currency, modes):
        if km > reach:
            continue
        handling = find("handling", mode, per=f"{currency}/{unit}")
        parts = [_times(tariff, km, f"{currency}/({unit} km)", f"{currency}/{unit}"), *([handling] if handling else [])]
        co2 = find("transport_co2", mode, per=f"tCO2/({unit} km)")
        gives = None if co2 is None else _times(co2, km, f"tCO2/({unit} km)", f"tCO2/{unit}")
        found.append(Carriage(mode, together(parts, f"{currency}/{unit}"), gives))
    return min(found, key=lambda way: way.cost.to(f"{currency}/{unit}"), default=None)


def tariffs(
    one: Opportunity, find: Lookup, currency: str, modes: Sequence[str]
) -> Iterator[tuple[str, Figure, float]]:  # fmt: skip
    """Yield the modes whose tariff is known: mode, tariff, and how far it reaches [km]."""
    for mode in modes if carried(one.supply) == "road" else BY_PIPE:
        tariff = find("transport", mode, per=f"{currency}/({per_what(one.unit)} km)")
        reach = find("reach", mode, per="km")
        if tariff is not None:
            yield mode, tariff, inf if reach is None else reach.to("km")


def heat_line(one: Opportunity, find: Lookup, currency: str, heat: HeatLine) -> Line | None:
    """Return the hot-water line of an exchange of heat; ``None``: it is none, it is too hot, or no size is priced."""
    need = None if one.demand is None else hottest(one.demand.flows)
    wanted = one.unit == "GJ/a" and is_heat(one.supply.flows) and one.demand is not None and is_heat(one.demand.flows)
    if not wanted or not one.distance_km or need is None or need > heat.operation.supply_c:
        return None
    costs = {name: cost for name in pipes() if (cost := find("heat_pipe", name, per=f"{currency}/m")) is not None}
    if not costs:
        return None
    hours = heat.full_load_hours
    load = load_of_months(one.months) if one.months else ((one.quantity.value / (3.6 * hours), hours),)
    route = Route(one.distance_km, heat.depth_m, heat.gap_m, heat.ground, heat.insulation)
    size = size_for(max(mw for mw, _ in load), heat.operation)
    return Line(load, costs, heat.operation, delivered_share(size, route, heat.operation, load, sum(HOURS_OF_MONTHS)))


def _times(figure: Figure, ratio: float, before: str, after: str) -> Figure:
    low, high = figure.range_in(before)
    ends = (None, None) if figure.low is None else (low * ratio, high * ratio)
    note = "; ".join(part for part in (figure.note, f"× {ratio:.4g} km") if part)
    return replace(figure, value=figure.to(before) * ratio, unit=after, low=ends[0], high=ends[1], note=note)


def given_off(way: Carriage | None, unit: str) -> float:
    """Return the CO2 of carrying a unit [tCO2/unit]; what is not known is not counted."""
    return way.co2.to(f"tCO2/{unit}") if way is not None and way.co2 is not None else 0.0


def together(parts: Sequence[Figure], per: str) -> Figure:
    """Return the sum of some figures; it is known as the weakest of them, and ends add up."""
    if len(parts) == 1:
        return parts[0]
    ranges = [part.range_in(per) for part in parts]
    return Figure(
        sum(part.to(per) for part in parts), per, max((part.kind for part in parts), key=KINDS.index),
        "; ".join(dict.fromkeys(part.source for part in parts)), sum(low for low, _ in ranges),
        sum(high for _, high in ranges), max(part.year for part in parts),
        "; ".join(dict.fromkeys(part.note for part in parts if part.note)),
    )  # fmt: skip
