"""What crosses the boundary of a firm: what it buys and sells, apart from what it makes and uses itself.

A flow stays inside where the firm says so: its partner is the firm, or it leaves with the fate "reused on site". Often
only one side is told. Then flows of the same material that name no partner are taken as the other side, up to the same
amount; so are an output of one process and an input of another that both say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lichen.inventory.amounts import amount
from lichen.inventory.partners import firms_by_name, partner_of, plain_name
from lichen.inventory.values import Flow, Inventory

INSIDE = "reused on site"
_OPEN: tuple[str, ...] = ("", "unknown")
"""Fates that do not say where something goes."""


@dataclass(frozen=True)
class Crossing:
    """A flow and how much of it crosses the firm's boundary.

    Parameters
    ----------
    flow
        The flow.
    share
        Share that crosses [1].
    inside
        Whether the firm says that it stays inside.
    partner
        Code of the other firm of the inventory; empty: none, or one outside.
    named
        Whether another party is named.
    """

    flow: Flow
    share: float
    inside: bool
    partner: str
    named: bool


def crossings(inventory: Inventory, year: int) -> tuple[Crossing, ...]:
    """Return every flow of a year with the share of it that crosses its firm's boundary, in the inventory's order."""
    known = firms_by_name(inventory)
    flows = [flow for flow in inventory.flows if flow.year == year]
    inside = [_inside(flow, known) for flow in flows]
    groups: dict[tuple[str, str], list[int]] = {}
    for i, flow in enumerate(flows):
        groups.setdefault((flow.firm, flow.material or plain_name(flow.given)), []).append(i)
    shares = [0.0 if within else 1.0 for within in inside]
    for members in groups.values():
        for i, share in _settled([flows[i] for i in members], [inside[i] for i in members]).items():
            shares[members[i]] = share
    return tuple(
        Crossing(flow, share, within, *_partner(flow, known))
        for flow, share, within in zip(flows, shares, inside, strict=True)
    )


def _inside(flow: Flow, known: Mapping[str, str]) -> bool:
    own = flow.firm in (partner_of(flow, known), flow.partner)
    return own or (flow.direction == "out" and flow.fate == INSIDE)


def _partner(flow: Flow, known: Mapping[str, str]) -> tuple[str, bool]:
    found = partner_of(flow, known)
    own = flow.firm in (found, flow.partner)
    return ("", False) if own else (found, bool(flow.partner.strip()))


def _settled(flows: list[Flow], inside: list[bool]) -> dict[int, float]:
    """Return place → share that crosses, of the flows of one material that name no partner."""
    sides = {flow.direction for flow in flows}
    layer = next((n for n in ("energy", "mass") if all(amount(f, n) is not None for f in flows)), "")
    if len(sides) < 2 or not layer:
        return {}
    sizes = [found.value if (found := amount(f, layer)) else 0.0 for f in flows]
    places = range(len(flows))
    unnamed = [i for i in places if not inside[i] and not flows[i].partner.strip() and flows[i].fate in _OPEN]
    open_in = [i for i in unnamed if flows[i].direction == "in"]
    open_out = [i for i in unnamed if flows[i].direction == "out"]
    told = {d: sum(sizes[i] for i in places if inside[i] and flows[i].direction == d) for d in ("in", "out")}
    shares: dict[int, float] = {}
    _take(open_in, told["out"] - told["in"], sizes, shares)
    _take(open_out, told["in"] - told["out"], sizes, shares)
    from_, to = {flows[i].process for i in open_out}, {flows[i].process for i in open_in}
    if "" not in from_ | to and not from_ & to and not any(inside):
        both = min(sum(sizes[i] for i in open_in), sum(sizes[i] for i in open_out))
        _take(open_in, both, sizes, shares)
        _take(open_out, both, sizes, shares)
    return shares


def _take(places: list[int], size: float, sizes: list[float], shares: dict[int, float]) -> None:
    """Lower the shares of flows so that ``size`` of them stays inside."""
    total = sum(sizes[i] for i in places)
    if size > 0 and total > 0:
        for i in places:
            shares[i] = max(1 - size / total, 0.0)
