"""How much of a stream could go: what is unused, what the receiver needs and may take, month by month where known."""

from __future__ import annotations

from collections.abc import Iterable

from lichen.discover.match import Candidate
from lichen.discover.streams import monthly, span_of
from lichen.discover.values import Demand, Limit, Span, Supply
from lichen.inventory.amounts import amount
from lichen.inventory.values import Flow, Inventory
from lichen.vocabulary.materials import descends, material


def rate_of(candidate: Candidate) -> float | None:
    """Return how much is replaced by one unit of the stream, in the demand's unit; ``None``: not known.

    As the exchange type says it; else one for one by mass or volume, or equal heat, where the type says that this is
    what counts; else one for one where the material is the same.
    """
    demand, supply = candidate.demand, candidate.supply
    substitution = candidate.substitution
    if substitution is not None and substitution.rate is not None:
        return substitution.rate.value
    if demand is None:
        return 1.0 if substitution is not None and substitution.basis in ("mass", "volume") else None
    if candidate.way in ("same material", "water quality", "heat level"):
        return 1.0 if demand.unit == supply.unit else _heat_ratio(supply, demand)
    if substitution is not None and substitution.basis in ("mass", "volume") and demand.unit == supply.unit:
        return 1.0
    if substitution is not None and substitution.basis == "heat":
        return _heat_ratio(supply, demand)
    return None


def _heat_ratio(supply: Supply, demand: Demand) -> float | None:
    """Return the demand's amount that holds the heat of one unit of the stream."""
    ours, theirs = _heat_per_unit(supply.flows, supply.unit), _heat_per_unit(demand.flows, demand.unit)
    return None if not ours or not theirs else ours / theirs


def _heat_per_unit(flows: Iterable[Flow], unit: str) -> float | None:
    heat = amounts = 0.0
    for flow in flows:
        found = amount(flow, "energy")
        if found is None:
            return None
        heat, amounts = heat + found.value, amounts + span_of(flow, unit).value
    return heat / amounts if amounts else None


def caps(candidate: Candidate, inventory: Inventory, year: int) -> Span | None:
    """Return how much of the stream the receiver may still take [t/a]; ``None``: no limit is known to apply.

    A standard caps the stream's share in the receiver's product or input. What the receiver takes of such streams
    already counts against it.
    """
    mine = [f for f in inventory.flows if f.firm == candidate.receiver.id and f.year == year and f.material]
    best: Span | None = None
    for item in candidate.types:
        allowed = Span(0, 0, 0)
        applies = False
        for cap in item.caps:
            for flow in mine:
                if cap.high is not None and _counts(flow, cap.of) and amount(flow, "mass") is not None:
                    allowed, applies = allowed.plus(span_of(flow, "t/a").times(cap.high)), True
        if not applies:
            continue
        inputs = (f for f in mine if f.direction == "in" and any(descends(f.material, s) for s in item.streams))
        taken = sum(span_of(f, "t/a").value for f in inputs if amount(f, "mass") is not None)
        left = Span(max(allowed.low - taken, 0), max(allowed.value - taken, 0), max(allowed.high - taken, 0))
        best = left if best is None else best.least(left)
    return best


def _counts(flow: Flow, of: str) -> bool:
    """Whether a flow is the product or the input whose share is capped."""
    return descends(flow.material, of) and (flow.role == "product" or flow.direction == "in")


def feasible(
    candidate: Candidate, rate: float | None, cap: Span | None
) -> tuple[Span, tuple[Limit, ...], tuple[float, ...]]:
    """Return the feasible amount a year, what bounds it, and the amounts by month where a profile is told.

    Solids can wait in a yard: the year counts. Heat, gas, water and electricity flow in the month in which both sides
    have them.
    """
    supply, demand = candidate.supply, candidate.demand
    bounds: list[tuple[Limit, Span]] = [("supply", supply.unused)]
    if demand is not None and rate:
        bounds.append(("demand", demand.amount.times(1 / rate)))
    if cap is not None and supply.unit == "t/a":
        bounds.append(("cap", cap))
    quantity = bounds[0][1]
    for _, span in bounds[1:]:
        quantity = quantity.least(span)
    limits = tuple(name for name, span in bounds if span.value <= quantity.value * (1 + 1e-9))
    months = _months(candidate, rate)
    if months and not storable(supply):
        overlap = sum(months)
        if overlap < quantity.value:
            ratio = overlap / quantity.value if quantity.value else 0.0
            return quantity.times(ratio), ("months",), months
    return quantity, limits, months


def storable(supply: Supply) -> bool:
    """Whether a stream can wait: solids and liquids in tonnes can, heat, gas and water cannot."""
    return supply.unit == "t/a" and material(supply.material).form in ("solid", "liquid")


def _months(candidate: Candidate, rate: float | None) -> tuple[float, ...]:
    """Return in each month the smaller of what is there and what is needed; empty if no side tells a profile."""
    supply, demand = candidate.supply, candidate.demand
    unused = [f for f in supply.flows if f.fate not in ("sold", "given away", "reused on site")]
    there = monthly(unused, supply.unit)
    if demand is None or not rate:
        return there
    needed = monthly(demand.flows, demand.unit)
    if not there and not needed:
        return ()
    there = there or (supply.unused.value / 12,) * 12
    needed = needed or (demand.amount.value / 12,) * 12
    return tuple(min(a, b / rate) for a, b in zip(there, needed, strict=True))
