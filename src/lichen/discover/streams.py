"""What firms have that nobody uses, and what they take in: the two sides that discovery joins.

Unused is what is stored, landfilled, treated, burnt or discharged today, or whose fate nobody told. What is sold, given
away or reused on site is used already, and so is what names another firm of the inventory and no fate: to move it
elsewhere saves nothing new. For the same reason what a firm has as a by-product from another is no demand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from lichen.discover.values import Demand, Span, Supply
from lichen.figures import KINDS, Kind
from lichen.inventory.amounts import HALF_WIDTH, Amount, amount, is_plain_water, relative_sd
from lichen.inventory.partners import firms_by_name, partner_of
from lichen.inventory.values import Firm, Flow, Inventory
from lichen.knowledge.values import CITY
from lichen.units import same_dimension
from lichen.vocabulary.materials import descends
from lichen.vocabulary.profiles import usual_inputs

USED = ("sold", "given away", "reused on site")
"""Fates that count as use."""
UNTOLD = ("", "unknown")
"""Fates that say nothing."""
GIVING = ("by-product", "waste", "heat", "emission", "water", "electricity")
TAKING = ("raw material", "fuel", "water", "heat", "electricity")
CAST_OFF = ("by-product", "waste")
UNITS = ("t/a", "GJ/a", "m3/a", "Nm3/a")
NOTHING = Span(0.0, 0.0, 0.0)


def unit_of_flow(flow: Flow) -> str:
    """Return the unit in which a flow is joined to others; empty: none.

    Water in m3/a, where it has a volume or a mass; else t/a where it has a mass, else its own kind.
    """
    if flow.role not in ("heat", "electricity") and amount(flow, "mass") is not None:
        return "m3/a" if is_plain_water(flow) else "t/a"
    return next((unit for unit in UNITS if same_dimension(flow.quantity.unit, unit)), "")


def is_heat(flows: Iterable[Flow]) -> bool:
    """Whether all of some flows are heat."""
    return all(f.role == "heat" for f in flows)


def _converted(flow: Flow, unit: str) -> Amount | None:
    """Return the mass where the flow is joined by mass; of water a tonne is a cubic metre."""
    return amount(flow, "mass") if unit == "t/a" or (unit == "m3/a" and is_plain_water(flow)) else None


def span_of(flow: Flow, unit: str) -> Span:
    """Return what a flow amounts to in ``unit``, with its 95 % range."""
    mass = _converted(flow, unit)
    value = mass.value if mass is not None else flow.quantity.to(unit)
    half = min(HALF_WIDTH * relative_sd(flow), 1.0) * value
    return Span(value - half, value, value + half)


def sum_of(flows: Iterable[Flow], unit: str) -> Span:
    """Return what some flows amount to together in ``unit``."""
    total = NOTHING
    for flow in flows:
        total = total.plus(span_of(flow, unit))
    return total


def is_used(flow: Flow, known: Mapping[str, str]) -> bool:
    """Whether somebody uses an out-flow today; ``known`` as :func:`~lichen.inventory.partners.firms_by_name` has it."""
    return flow.fate in USED or (flow.fate in UNTOLD and bool(partner_of(flow, known)))


def supplies(inventory: Inventory, year: int) -> tuple[Supply, ...]:
    """Return what firms have of each material beside their products, in the order of the inventory.

    Products, and flows whose material is not in the vocabulary, are not among them.
    """
    firms, known = _firms(inventory), firms_by_name(inventory)
    found = []
    for (firm, material, unit), flows in _groups(inventory, year, "out", GIVING).items():
        idle = tuple(f for f in flows if not is_used(f, known))
        used = sum_of((f for f in flows if is_used(f, known)), unit)
        found.append(
            Supply(firms[firm], material, tuple(flows), idle, sum_of(idle, unit), used, unit, weakest(flows, unit))
        )
    return tuple(found)


def part_of(supply: Supply, idle: tuple[Flow, ...]) -> Supply:
    """Return a supply with only some of what is unused."""
    return replace(supply, idle=idle, unused=sum_of(idle, supply.unit))


def demands(inventory: Inventory, year: int) -> tuple[Demand, ...]:
    """Return what firms take in of each material from outside themselves, in the order of the inventory.

    What comes from another firm of the inventory that tells it as a by-product or waste is an exchange already: to
    replace it would only move it, so it is no demand.
    """
    firms, known = _firms(inventory), firms_by_name(inventory)
    cast_off: dict[str, set[str]] = {}
    for flow in inventory.flows:
        if flow.year == year and flow.direction == "out" and flow.role in CAST_OFF and flow.material:
            cast_off.setdefault(flow.firm, set()).add(flow.material)
    found = []
    for (firm, material, unit), flows in _groups(inventory, year, "in", TAKING).items():
        bought = []
        for flow in flows:
            partner = partner_of(flow, known)
            theirs = cast_off.get(partner, ())
            if partner != firm and not any(descends(c, material) or descends(material, c) for c in theirs):
                bought.append(flow)
        if bought:
            kind = weakest(bought, unit)
            found.append(Demand(firms[firm], material, tuple(bought), sum_of(bought, unit), unit, kind))
    return tuple(found)


def supposed(inventory: Inventory, year: int) -> tuple[Demand, ...]:
    """Return what is usual in its industry for each firm that told nothing of what it takes in; amounts are 0."""
    telling = {f.firm for f in inventory.flows if f.year == year and f.direction == "in" and f.role in TAKING}
    return tuple(
        Demand(firm, material, (), NOTHING, "t/a", "assumed")
        for firm in inventory.firms if firm.id not in telling and firm.industry not in ("", CITY)
        for material in usual_inputs(firm.industry)
    )  # fmt: skip


def _firms(inventory: Inventory) -> Mapping[str, Firm]:
    return {f.id: f for f in inventory.firms}


def _groups(
    inventory: Inventory, year: int, direction: str, roles: Iterable[str]
) -> dict[tuple[str, str, str], list[Flow]]:
    groups: dict[tuple[str, str, str], list[Flow]] = {}
    for flow in inventory.flows:
        if flow.year == year and flow.direction == direction and flow.role in roles and flow.material:
            unit = unit_of_flow(flow)
            if unit:
                groups.setdefault((flow.firm, flow.material, unit), []).append(flow)
    return groups


def weakest(flows: Iterable[Flow], unit: str) -> Kind:
    """Return how the weakest of some amounts in ``unit`` is known: a converted one is at best estimated."""
    kinds = [mass.kind if (mass := _converted(f, unit)) is not None else f.kind for f in flows]
    return KINDS[max(KINDS.index(kind) for kind in kinds)]


def heat_per_unit(flows: Iterable[Flow], unit: str) -> float | None:
    """Return the heat that some flows hold per unit of them [GJ per unit]; ``None``: of one it is not known."""
    heat = amounts = 0.0
    for flow in flows:
        found = amount(flow, "energy")
        if found is None:
            return None
        heat, amounts = heat + found.value, amounts + span_of(flow, unit).value
    return heat / amounts if amounts else None


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
