"""How much of a stream could go: what is unused, what the receiver needs and may take, month by month where known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lichen.discover.match import Candidate
from lichen.discover.streams import heat_per_unit, is_heat, monthly, sum_of
from lichen.discover.values import Limit, Room, Span, Supply
from lichen.figures import Figure
from lichen.inventory.amounts import amount
from lichen.inventory.partners import firms_by_name, partner_of
from lichen.inventory.values import Flow, Inventory
from lichen.knowledge.values import Cap, Substitution
from lichen.units import same_dimension
from lichen.vocabulary.materials import ancestors, descends, material

GOOD_AS = ("same material", "water quality", "heat level")
"""Ways in which a stream does what is replaced did."""
ONE_FOR_ONE = {"mass": ("t/a",), "volume": ("m3/a", "Nm3/a")}
"""Basis of a substitution → units in which it means one for one."""


def rate_of(candidate: Candidate) -> float | None:
    """Return how much is replaced by one unit of the stream, in the demand's unit; ``None``: not known.

    As the exchange type says it, where its unit is that of the two flows; else one for one where the material is the
    same; else one for one by mass or volume, or equal heat, where the type says that this is what counts. Heat does not
    replace a fuel by its heat: how hot it is decides that. Without a demand the amount replaced is in the stream's own
    unit.
    """
    demand, supply, substitution = candidate.demand, candidate.supply, candidate.substitution
    unit = supply.unit if demand is None else demand.unit
    if substitution is not None and substitution.rate is not None:
        return _in_units(substitution.rate, unit, supply.unit)
    if demand is not None and (candidate.way in GOOD_AS or descends(supply.material, demand.material)):
        return 1.0 if unit == supply.unit else _heat_ratio(candidate)
    if substitution is None:
        return None
    if substitution.basis == "heat":
        return _heat_ratio(candidate)
    return 1.0 if unit == supply.unit and _one_for_one(substitution, supply) else None


def _one_for_one(substitution: Substitution, supply: Supply) -> bool:
    if supply.unit == "m3/a" and material(supply.material).form == "water":
        return substitution.basis in ("mass", "volume")
    return supply.unit in ONE_FOR_ONE.get(substitution.basis, ())


def _in_units(rate: Figure, of: str, per: str) -> float | None:
    """Return a published rate for amounts in ``of`` per amount in ``per``; ``None``: it speaks of other quantities."""
    over, under = of.split("/")[0], per.split("/")[0]
    first, _, second = rate.unit.partition("/")
    if second and not (same_dimension(first, over) and same_dimension(second, under)):
        return None
    wanted = f"{over}/{under}"
    return rate.to(wanted) if same_dimension(rate.unit, wanted) and (second or of == per) else None


def _heat_ratio(candidate: Candidate) -> float | None:
    """Return the demand's amount that holds the heat of one unit of the stream."""
    demand, supply = candidate.demand, candidate.supply
    if demand is None or (is_heat(supply.flows) and not is_heat(demand.flows)):
        return None
    ours, theirs = heat_per_unit(supply.idle, supply.unit), heat_per_unit(demand.flows, demand.unit)
    return None if not ours or not theirs else ours / theirs


def rate_range(candidate: Candidate, rate: float) -> Span:
    """Return a rate with the range that its source gives; without one it stands for itself."""
    figure = candidate.substitution.rate if candidate.substitution is not None else None
    if figure is None or not figure.value:
        return Span(rate, rate, rate)
    low, high = figure.range_in(figure.unit)
    return Span(rate * low / figure.value, rate, rate * high / figure.value)


@dataclass(frozen=True)
class Books:
    """What firms' rows of a year say, by code of a firm.

    Parameters
    ----------
    own
        Its rows that name a material.
    handed
        Rows of other firms of what they hand to it.
    """

    own: Mapping[str, Sequence[Flow]]
    handed: Mapping[str, Sequence[Flow]]


def books(inventory: Inventory, year: int) -> Books:
    """Return the rows of a year by firm."""
    known = firms_by_name(inventory)
    own: dict[str, list[Flow]] = {}
    handed: dict[str, list[Flow]] = {}
    for flow in inventory.flows:
        if flow.year != year or not flow.material:
            continue
        own.setdefault(flow.firm, []).append(flow)
        partner = partner_of(flow, known) if flow.direction == "out" else ""
        if partner not in ("", flow.firm):
            handed.setdefault(partner, []).append(flow)
    return Books(own, handed)


def caps(candidate: Candidate, rows: Books) -> Room | None:
    """Return how much of the stream the receiver may still take; ``None``: no limit is known to apply.

    A standard caps the stream's share in the receiver's product or input. Each row counts once, by the cap that names
    it most closely. What the receiver takes of such streams already counts against it, by its own rows or by those of
    who hands them to it, whichever tell more. Of several types with caps the strictest holds.
    """
    mine = rows.own.get(candidate.receiver.id, ())
    best: Room | None = None
    by_type: dict[tuple[str, str], float] = {}
    for item in candidate.types:
        counted, allowed = _allowed(item.caps, mine)
        if not counted:
            continue
        told = [f for f in mine if f.direction == "in" and _is_any(f, item.streams)]
        handed = [f for f in rows.handed.get(candidate.receiver.id, ()) if _is_any(f, item.streams)]
        taken = max((_mass_of(told), _mass_of(handed)), key=lambda span: span.value)
        low, value, high = allowed.low - taken.high, allowed.value - taken.value, allowed.high - taken.low
        left = Span(max(low, 0.0), max(value, 0.0), max(high, 0.0))
        by_type[item.id, "+".join(sorted({cap.of for cap in item.caps}))] = left.value
        if best is None or left.value < best.left.value:
            best = Room(left, (*counted, *told), by_type)
    return best


def _allowed(known: Sequence[Cap], mine: Sequence[Flow]) -> tuple[list[Flow], Span]:
    """Return the rows that caps count with, and how much of the stream they allow [t/a]."""
    counted: dict[int, Flow] = {}
    allowed = Span(0.0, 0.0, 0.0)
    for cap in sorted(known, key=lambda c: -len(ancestors(c.of))):
        for flow in _capped(cap, mine):
            if cap.high is not None and id(flow) not in counted and amount(flow, "mass") is not None:
                counted[id(flow)] = flow
                allowed = allowed.plus(_mass_of([flow]).times(cap.high))
    return list(counted.values()), allowed


def _capped(cap: Cap, mine: Sequence[Flow]) -> list[Flow]:
    """Return the rows whose share is capped: products that leave, else what comes in, else what is made for itself."""
    of = [f for f in mine if descends(f.material, cap.of)]
    products = [f for f in of if f.role == "product" and f.direction == "out"]
    leaving = [f for f in products if f.fate != "reused on site"]
    return leaving or [f for f in of if f.direction == "in"] or products


def _is_any(flow: Flow, streams: Iterable[str]) -> bool:
    return any(descends(flow.material, stream) for stream in streams)


def _mass_of(flows: Iterable[Flow]) -> Span:
    return sum_of((f for f in flows if amount(f, "mass") is not None), "t/a")


def feasible(
    candidate: Candidate, rate: float | None, cap: Span | None
) -> tuple[Span, tuple[Limit, ...], tuple[float, ...]]:
    """Return the feasible amount a year, what bounds it, and the amounts by month where a profile is told.

    Solids and liquids can wait in a yard: the year counts, and months say nothing. Heat, gas, water and electricity
    flow in the month in which both sides have them. A cap [t/a] bounds streams in tonnes only.
    """
    supply, demand = candidate.supply, candidate.demand
    bounds: list[tuple[Limit, Span]] = [("supply", supply.unused)]
    if demand is not None and rate:
        by, need = rate_range(candidate, rate), demand.amount
        high = need.high / by.low if by.low > 0 else float("inf")
        bounds.append(("demand", Span(need.low / by.high, need.value / rate, high)))
    if cap is not None and supply.unit == "t/a":
        bounds.append(("cap", cap))
    quantity = bounds[0][1]
    for _, span in bounds[1:]:
        quantity = quantity.least(span)
    limits = tuple(name for name, span in bounds if span.value <= quantity.value * (1 + 1e-9))
    months = () if storable(supply) else _months(candidate, rate)
    overlap = sum(months)
    if months and overlap < quantity.value * (1 - 1e-9):
        return quantity.times(overlap / quantity.value), ("months",), months
    if overlap > quantity.value:
        months = tuple(m * quantity.value / overlap for m in months)
    return quantity, limits, months


def storable(supply: Supply) -> bool:
    """Whether a stream can wait and travel by road: solids and liquids in tonnes can, heat, gas and water cannot."""
    return supply.unit == "t/a" and material(supply.material).form in ("solid", "liquid")


def _months(candidate: Candidate, rate: float | None) -> tuple[float, ...]:
    """Return in each month the smaller of what is there and what is needed; empty if no side tells a profile."""
    supply, demand = candidate.supply, candidate.demand
    there = monthly(supply.idle, supply.unit)
    if demand is None or not rate:
        return there
    needed = monthly(demand.flows, demand.unit)
    if not there and not needed:
        return ()
    there = there or (supply.unused.value / 12,) * 12
    needed = needed or (demand.amount.value / 12,) * 12
    return tuple(min(a, b / rate) for a, b in zip(there, needed, strict=True))
