"""Existing exchanges that may be given up: what flows today becomes part of what is to be arranged.

The donor has the stream to give, and the receiver needs again what it replaces. Only an exchange whose terms are known,
and whose receiver told a need of what it replaces, can be freed; the others stay as they are, and that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from lichen.discover.find import discover
from lichen.discover.streams import span_of, unit_of_flow
from lichen.discover.values import Opportunity, Span
from lichen.errors import Problem, Where
from lichen.inventory.partners import Handover, firms_by_name, handovers
from lichen.inventory.values import Flow, Inventory
from lichen.study.discovery import DiscoveryResult

GIVEN = ("by-product", "waste", "heat", "water")
UNUSED = {"by-product": "stored", "waste": "stored", "heat": "discharged", "water": "discharged"}
"""Role → what becomes of it where nobody takes it."""


@dataclass(frozen=True)
class Existing:
    """An exchange that flows today and may be given up: opportunity id, and what flows a year [unit]."""

    id: str
    quantity: float
    unit: str


def freed(
    result: DiscoveryResult, takes_part: Callable[[Opportunity], bool]
) -> tuple[DiscoveryResult, tuple[Existing, ...], tuple[Problem, ...]]:
    """Return opportunities in which existing exchanges are to be arranged anew, what was freed, and what was not.

    Parameters
    ----------
    result
        What discovery found beside the existing exchanges.
    takes_part
        Whether all is known that an exchange needs to take part in the design.
    """
    inventory, year = result.flows.inventory, result.flows.year
    known = firms_by_name(inventory)
    every = [
        h for h in handovers([f for f in inventory.flows if f.year == year], known)
        if not h.internal and h.out and h.out[0].role in GIVEN and h.out[0].material and unit_of_flow(h.out[0])
    ]  # fmt: skip
    tried = _with(result, inventory, every)
    free = [h for h in every if (one := _match(tried, h)) is not None and takes_part(one)]
    kept = [h for h in every if h not in free]
    found = _with(result, inventory, free) if kept else tried
    extra, existing = _needs(found, free)
    opportunities = tuple(_grown(o, extra) for o in found.found.opportunities)
    notes = tuple(
        Problem("design.not_freed", Where(key=f"{h.donor}>{h.material}>{h.receiver}"), "note", {}) for h in kept
    )
    return replace(found, found=replace(found.found, opportunities=opportunities)), existing, notes


def _with(result: DiscoveryResult, inventory: Inventory, free: Sequence[Handover]) -> DiscoveryResult:
    """Return what discovery finds where some exchanges do not flow."""
    gone = {id(flow) for h in free for flow in h.into}
    given = {id(flow) for h in free for flow in h.out}
    flows = tuple(_let_go(f) if id(f) in given else f for f in inventory.flows if id(f) not in gone)
    changed = replace(inventory, flows=flows)
    return replace(result, found=discover(changed, result.flows.year, result.base, result.settings))


def _let_go(flow: Flow) -> Flow:
    return replace(flow, fate=UNUSED[flow.role], partner="", price=None)  # type: ignore[arg-type]


def _match(result: DiscoveryResult, one: Handover) -> Opportunity | None:
    """Return the opportunity that an existing exchange would be."""
    wanted = f"{one.donor}>{one.out[0].material}>{one.receiver}"
    return next(
        (o for o in result.found.opportunities if o.id == wanted and o.rate and o.demand is not None), None
    )  # fmt: skip


Needs = Mapping[tuple[str, str], float]
"""Firm and material → what it needs again where an exchange does not flow [unit of its demand]."""


def _needs(result: DiscoveryResult, free: Sequence[Handover]) -> tuple[Needs, tuple[Existing, ...]]:
    extra: dict[tuple[str, str], float] = {}
    existing = []
    for one in free:
        found = _match(result, one)
        if found is None or found.demand is None or not found.rate:
            continue
        quantity = sum(span_of(f, found.unit).value for f in one.out)
        key = (found.receiver.id, found.demand.material)
        extra[key] = extra.get(key, 0.0) + quantity * found.rate
        existing.append(Existing(found.id, quantity, found.unit.split("/")[0]))
    return extra, tuple(existing)


def _grown(one: Opportunity, extra: Needs) -> Opportunity:
    """Return an opportunity whose receiver needs more: as much more of the stream is feasible, as far as there is."""
    more = extra.get((one.receiver.id, one.demand.material), 0.0) if one.demand is not None else 0.0
    if not more or one.demand is None or not one.rate:
        return one
    amount = one.demand.amount.plus(Span(more, more, more))
    grown = replace(one, demand=replace(one.demand, amount=amount))
    if "cap" in one.limits:
        return grown
    room = min(one.supply.unused.value, amount.value / one.rate)
    ratio = max(room / one.quantity.value, 1.0)
    gains = replace(
        one.gains, waste=one.gains.waste.times(ratio),
        co2=one.gains.co2.times(ratio) if one.gains.co2 is not None else None,
        resource=one.gains.resource.times(ratio) if one.gains.resource is not None else None,
        money=one.gains.money.times(ratio) if one.gains.money is not None else None,
    )  # fmt: skip
    return replace(grown, quantity=one.quantity.times(ratio), gains=gains)
