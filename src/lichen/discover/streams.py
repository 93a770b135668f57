"""What firms have that nobody uses, and what they take in: the two sides that discovery joins.

Unused is what is stored, landfilled, treated, burnt or discharged today, or whose fate nobody told. What is sold, given
away or reused on site is used already: to move it elsewhere saves nothing new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lichen.discover.values import Demand, Span, Supply
from lichen.figures import KINDS, Kind
from lichen.inventory.amounts import HALF_WIDTH, amount, relative_sd
from lichen.inventory.partners import firms_by_name, partner_of
from lichen.inventory.values import Firm, Flow, Inventory
from lichen.units import same_dimension

USED = ("sold", "given away", "reused on site")
"""Fates that count as use."""
GIVING = ("by-product", "waste", "heat", "emission", "water", "electricity")
TAKING = ("raw material", "fuel", "water", "heat", "electricity")
UNITS = ("t/a", "GJ/a", "m3/a", "Nm3/a")


def unit_of_flow(flow: Flow) -> str:
    """Return the unit in which a flow is joined to others: t/a where it has a mass, else its own kind; empty: none."""
    if flow.role not in ("water", "heat", "electricity") and amount(flow, "mass") is not None:
        return "t/a"
    return next((unit for unit in UNITS if same_dimension(flow.quantity.unit, unit)), "")


def span_of(flow: Flow, unit: str) -> Span:
    """Return what a flow amounts to in ``unit``, with its 95 % range."""
    mass = amount(flow, "mass") if unit == "t/a" else None
    value = mass.value if mass is not None else flow.quantity.to(unit)
    half = min(HALF_WIDTH * relative_sd(flow), 1.0) * value
    return Span(value - half, value, value + half)


def supplies(inventory: Inventory, year: int) -> tuple[Supply, ...]:
    """Return what firms have of each material beside their products, in the order of the inventory.

    What goes to a firm of the inventory as its product, or whose material is not in the vocabulary, is not among them.
    """
    found = []
    for (firm, material, unit), flows in _groups(inventory, year, "out", GIVING).items():
        unused, used = Span(0, 0, 0), Span(0, 0, 0)
        for flow in flows:
            if flow.fate in USED:
                used = used.plus(span_of(flow, unit))
            else:
                unused = unused.plus(span_of(flow, unit))
        found.append(Supply(_firms(inventory)[firm], material, tuple(flows), unused, used, unit, weakest(flows)))
    return tuple(found)


def demands(inventory: Inventory, year: int) -> tuple[Demand, ...]:
    """Return what firms take in of each material from outside themselves, in the order of the inventory."""
    known = firms_by_name(inventory)
    found = []
    for (firm, material, unit), flows in _groups(inventory, year, "in", TAKING).items():
        outside = [f for f in flows if partner_of(f, known) != firm]
        if outside:
            taken = Span(0, 0, 0)
            for flow in outside:
                taken = taken.plus(span_of(flow, unit))
            found.append(Demand(_firms(inventory)[firm], material, tuple(outside), taken, unit, weakest(outside)))
    return tuple(found)


def _firms(inventory: Inventory) -> Mapping[str, Firm]:
    return {f.id: f for f in inventory.firms}


def _groups(
    inventory: Inventory, year: int, direction: str, roles: Iterable[str]
) -> dict[tuple[str, str, str], list[Flow]]:
    groups: dict[tuple[str, str, str], list[Flow]] = {}
    for flow in inventory.flows:
        unit = unit_of_flow(flow)
        if flow.year == year and flow.direction == direction and flow.role in roles and flow.material and unit:
            groups.setdefault((flow.firm, flow.material, unit), []).append(flow)
    return groups


def weakest(flows: Iterable[Flow]) -> Kind:
    """Return how the weakest of some quantities is known."""
    return KINDS[max(KINDS.index(f.kind) for f in flows)]


def monthly(flows: Iterable[Flow], unit: str) -> tuple[float, ...]:
    """Return what some flows amount to in each of twelve months [unit/month]; empty if none tells a profile."""
    flows = list(flows)
    if not any(f.months for f in flows):
        return ()
    total = [0.0] * 12
    for flow in flows:
        value = span_of(flow, unit).value
        for i, share in enumerate(flow.months or (1 / 12,) * 12):
            total[i] += value * share
    return tuple(total)
