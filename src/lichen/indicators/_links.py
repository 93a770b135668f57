"""Where the flows of a park go: from and to outside, between firms, inside firms, to nature, to store; each once.

A partner that is the code or the name of a firm of the inventory is that firm; any other partner, or none, is outside.
Where a firm gives and takes one material and names no partner, :mod:`lichen.inventory.boundary` says what stays inside.
What two firms both tell is one flow; the side that is known better counts, the giver's where both are known alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from lichen.inventory.amounts import Amount, amount, is_water
from lichen.inventory.boundary import crossings
from lichen.inventory.partners import Handover, firms_by_name, handovers, partner_of, same_material
from lichen.inventory.values import Firm, Flow, Inventory
from lichen.vocabulary.materials import descends, material
from lichen.vocabulary.names import plain

Way = Literal["import", "export", "between", "inside", "nature", "store", "treated", "unknown"]
DISPOSED = ("landfill", "stored", "incinerated", "treated", "discharged")
"""Fates of what is not used; all others are use, where the flow goes to someone."""
MINING = ("06", "07", "08", "09", "10", "11", "12")
"""Divisions of GB/T 4754-2017 that take from nature: section B, mining."""
_AIR = frozenset(plain(name) for name in ("air", "combustion air", "空气", "助燃空气"))
_MADE = ("product", "raw material", "fuel")
_LEFT = ("by-product", "waste")


@dataclass(frozen=True)
class Link:
    """One flow of a park.

    Parameters
    ----------
    way
        Where it goes.
    flow, peers
        What counts, and everything else that was told of it by either side.
    giver, receiver
        Codes of firms; empty: outside, nature or a store.
    amount
        How much; ``None``: it cannot be said.
    extracted
        Whether it was taken from nature in the park.
    """

    way: Way
    flow: Flow
    giver: str
    receiver: str
    amount: Amount | None
    peers: tuple[Flow, ...] = ()
    extracted: bool = False

    @property
    def told(self) -> tuple[Flow, ...]:
        """Everything that was told of it."""
        return (self.flow, *self.peers)

    @property
    def from_stock(self) -> float:
        """Share that was taken from earlier years' stock [1]; 0 where nothing is told."""
        return next((f.from_stock for f in self.told if f.from_stock is not None), 0.0)

    @property
    def secondary(self) -> bool:
        """Whether anyone calls it a by-product or waste, or it is usually one."""
        return any(f.role in _LEFT or (f.material and material(f.material).role in _LEFT) for f in self.told)

    @property
    def used(self) -> bool:
        """Whether it goes to someone who uses it: sold, given away, reused on site, or to a firm of the park."""
        if self.disposed:
            return False
        given = any(f.fate in ("sold", "given away") for f in self.told if f.direction == "out")
        return given or self.way in ("between", "inside", "import")

    @property
    def disposed(self) -> bool:
        """Whether the giver says that it is not used: landfill, store, treatment, discharge."""
        return any(f.fate in DISPOSED for f in self.told if f.direction == "out")

    @property
    def as_fuel(self) -> bool:
        """Whether it is burnt: the receiver calls it a fuel, or, where none tells, its material is below "fuel"."""
        takers = [f for f in self.told if f.direction == "in"]
        if takers:
            return all(f.role == "fuel" for f in takers)
        return bool(self.flow.material) and descends(self.flow.material, "fuel")


def is_material(flow: Flow) -> bool:
    """Whether a flow counts in economy-wide accounts: no water, steam, air, flue gas, electricity or heat."""
    if flow.role in ("electricity", "heat") or is_water(flow):
        return False
    if not flow.material:
        return plain(flow.given) not in _AIR
    return flow.material != "gas.flue" and material(flow.material).form != "water"


def links(inventory: Inventory, year: int, keep: Callable[[Flow], bool] = is_material) -> tuple[Link, ...]:
    """Return the flows of a park in a year, each once.

    Parameters
    ----------
    inventory
        Firms and their flows.
    year
        The year.
    keep
        Which flows to look at.
    """
    known = firms_by_name(inventory)
    flows = [f for f in inventory.flows if f.year == year and keep(f)]
    alone = [f for f in flows if _is_alone(f, known)]
    shared = _shared(inventory, year, alone)
    found = [x for f, share, rest in shared for x in _outward(f, share, rest, not partner_of(f, known))]
    partly = [f for f, share, _ in shared if share < 1]
    kept = {id(f) for f in alone}
    for pair in handovers((f for f in flows if id(f) not in kept), known):
        found += _once(pair, partly if pair.internal and not pair.both_tell else [])
    taken = _extracted(flows, {f.id: f for f in inventory.firms})
    return tuple(replace(x, extracted=True) if any(id(f) in taken for f in x.told) else x for x in found)


def _is_alone(flow: Flow, known: Mapping[str, str]) -> bool:
    """Whether a flow has no firm of the park at its other end: outside, nature, or the firm's own landfill or store."""
    other = partner_of(flow, known)
    return not other or (other == flow.firm and flow.direction == "out" and flow.fate in DISPOSED)


def _shared(inventory: Inventory, year: int, alone: list[Flow]) -> list[tuple[Flow, float, float]]:
    """Return flows with the share that crosses the firm's fence, and the share that is a flow of its own inside [1]."""
    wanted = {id(f) for f in alone if f.fate not in DISPOSED}
    crossed = crossings(inventory, year)
    shares = {id(x.flow): x.share for x in crossed if id(x.flow) in wanted}
    told = {(x.flow.firm, x.flow.material or x.flow.given) for x in crossed if x.inside}
    found = []
    for f in alone:
        share = shares.get(id(f), 1.0)
        once = f.direction == "out" and (f.firm, f.material or f.given) not in told  # else it is there already
        found.append((f, share, 1 - share if once else 0.0))
    return found


def _outward(flow: Flow, share: float, rest: float, outside: bool) -> list[Link]:
    """Return a flow whose other end is no firm of the park, and what of it stays inside; ``outside``: nor its own."""
    size = amount(flow, "mass")
    found = []
    if share > 0:
        way: Way = "import" if flow.direction == "in" else _way_out(flow, outside and bool(flow.partner.strip()))
        ends = ("", flow.firm) if flow.direction == "in" else (flow.firm, "")
        found.append(Link(way, flow, *ends, _part(size, share)))
    if rest > 0:
        found.append(Link("inside", flow, flow.firm, flow.firm, _part(size, rest)))
    return found


def _part(size: Amount | None, share: float) -> Amount | None:
    return None if size is None else replace(size, value=size.value * share, sd=size.sd * share)


def _way_out(flow: Flow, someone: bool) -> Way:
    if flow.role == "emission" or flow.fate == "discharged":
        return "nature"
    if someone or flow.fate in ("sold", "given away"):
        return "export"
    if flow.fate in ("landfill", "stored"):
        return "store"
    if flow.fate in ("treated", "incinerated"):
        return "treated"
    return "export" if flow.role in _MADE else "unknown"


def _once(pair: Handover, partly: list[Flow]) -> list[Link]:
    """Return one or more links for what was told of one material by both sides.

    Of what one side tells of a flow inside a firm, the other side is among its flows that cross the fence ``partly``.
    """
    way: Way = "inside" if pair.internal else "between"
    sides = [side for side in (pair.out, pair.into) if side]
    if len({f.role == "fuel" for f in pair.into}) == 2 and not _doubt(pair.into)[0]:
        sides = [pair.into]  # only the receiver says which part is burnt
    best = min(sides, key=_doubt)
    others = pair.into if best is pair.out else pair.out
    others += tuple(f for f in partly if f.firm == pair.donor and same_material(f, best[0]))
    return [Link(way, f, pair.donor, pair.receiver, amount(f, "mass"), others) for f in best]


def _doubt(side: tuple[Flow, ...]) -> tuple[bool, float]:
    """Return how badly a side is known: whether an amount is missing, and the relative standard deviation [1]."""
    amounts = [amount(f, "mass") for f in side]
    some = [a for a in amounts if a is not None]
    value = sum(a.value for a in some)
    sd = sum(a.sd**2 for a in some) ** 0.5
    return len(some) < len(amounts), round(sd / value, 9) if value > 0 else float("inf")


def _extracted(flows: list[Flow], firms: dict[str, Firm]) -> set[int]:
    """Return the ids of out-flows of mining processes that take from nature: that take in nothing like what they give.

    A process whose products are of the material, or the group of materials, of one of its inputs works on what another
    one took out: a washery, a dressing plant.
    """
    taken: set[int] = set()
    mining = {code for code, firm in firms.items() if firm.industry[:2] in MINING}
    for code in mining:
        mine = [f for f in flows if f.firm == code]
        for process in {f.process for f in mine}:
            own = [f for f in mine if not process or f.process in (process, "")]
            products = [f for f in own if f.direction == "out" and f.role in _MADE]
            inputs = [f for f in own if f.direction == "in" and f.role != "fuel"]
            if products and not any(_kin(p, i) for p in products for i in inputs):
                taken |= {id(f) for f in mine if f.process == process and f.direction == "out" and f.role != "emission"}
    return taken


def _kin(a: Flow, b: Flow) -> bool:
    """Whether two flows are of one material or of one group of materials."""
    if same_material(a, b):
        return True
    return bool(a.material and b.material) and material(a.material).parent == material(b.material).parent != ""
