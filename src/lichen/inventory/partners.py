"""Who a flow goes to or comes from: outside, another firm of the inventory, or the own firm.

A *handover* is what one firm gives another, or one process of a firm another: the giver's rows and the taker's rows
speak of the same material. Both sides may tell it, or one.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lichen.inventory.values import Flow, Inventory
from lichen.vocabulary.materials import descends


@dataclass(frozen=True)
class Handover:
    """A material that one firm hands to another, or to itself.

    Parameters
    ----------
    donor, receiver
        Codes of the firms; equal for what stays in a firm.
    material
        Code in the vocabulary, or the name as given where it has none.
    out, into
        The donor's and the receiver's rows; one of them may be empty.
    """

    donor: str
    receiver: str
    material: str
    out: tuple[Flow, ...]
    into: tuple[Flow, ...]

    @property
    def internal(self) -> bool:
        """Whether it stays in one firm."""
        return self.donor == self.receiver

    @property
    def both_tell(self) -> bool:
        """Whether giver and taker both speak of it."""
        return bool(self.out and self.into)


def firms_by_name(inventory: Inventory) -> dict[str, str]:
    """Return codes and names → code; a name that two firms have stands for none. Case and width do not matter."""
    names = Counter(plain_name(f.name) for f in inventory.firms)
    found = {plain_name(f.name): f.id for f in inventory.firms if names[plain_name(f.name)] == 1}
    return found | {plain_name(f.id): f.id for f in inventory.firms}


def plain_name(text: str) -> str:
    """Return a name without differences of case, width and blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def partner_of(flow: Flow, known: Mapping[str, str]) -> str:
    """Return the code of the firm that a flow goes to or comes from; empty: outside, or not told.

    Parameters
    ----------
    flow
        A flow.
    known
        As :func:`firms_by_name` returns it.
    """
    if not flow.partner and flow.fate == "reused on site":
        return flow.firm
    return known.get(plain_name(flow.partner), "") if flow.partner else ""


def same_material(one: Flow, other: Flow) -> bool:
    """Whether two flows are of one material, or one of a kind of the other."""
    if not one.material or not other.material:
        return one.given.lower() == other.given.lower()
    return descends(one.material, other.material) or descends(other.material, one.material)


def handovers(flows: Iterable[Flow], known: Mapping[str, str]) -> tuple[Handover, ...]:
    """Return what firms hand to each other and within themselves, in the order of the flows."""
    groups: dict[tuple[str, str], list[list[Flow]]] = {}
    for flow in flows:
        partner = partner_of(flow, known)
        if not partner:
            continue
        ends = (flow.firm, partner) if flow.direction == "out" else (partner, flow.firm)
        mine = groups.setdefault(ends, [])
        group = next((g for g in mine if same_material(g[0], flow)), None)
        if group is None:
            mine.append([flow])
        else:
            group.append(flow)
    return tuple(
        Handover(
            donor, receiver, group[0].material or group[0].given,
            tuple(f for f in group if f.direction == "out"), tuple(f for f in group if f.direction == "in"),
        )
        for (donor, receiver), found in groups.items() for group in found
    )  # fmt: skip
