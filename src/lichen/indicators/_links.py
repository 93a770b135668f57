"""Where the flows of a park go: from and to outside, between firms, inside firms, to nature, to store; each once.

A partner that is the code or the name of a firm of the inventory is that firm; any other partner, or none, is outside.
What two firms both tell is one flow; the side that is known better counts, the giver's where both are known alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from lichen.inventory.amounts import Amount, amount, is_water
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


def is_plain_water(flow: Flow) -> bool:
    """Whether a flow is water, not steam."""
    return is_water(flow) and not (flow.material and descends(flow.material, "heat"))


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
    firms = {f.id: f for f in inventory.firms}
    known = _names(inventory.firms)
    flows = [f for f in inventory.flows if f.year == year and keep(f)]
    pairs: dict[tuple[str, str], tuple[list[Flow], list[Flow]]] = {}
    found: list[Link] = []
    for f in flows:
        other = _partner(f, known)
        if not other or (other == f.firm and f.direction == "out" and f.fate in DISPOSED):
            found.append(_outward(f, bool(f.partner.strip()) and not other))
        elif f.direction == "out":
            pairs.setdefault((f.firm, other), ([], []))[0].append(f)
        else:
            pairs.setdefault((other, f.firm), ([], []))[1].append(f)
    for (giver, receiver), (outs, ins) in pairs.items():
        for some_outs, some_ins in _together(outs, ins):
            found += _once(giver, receiver, some_outs, some_ins)
    taken = _extracted(flows, firms)
    return tuple(_with(link, taken) for link in found)


def _names(firms: Iterable[Firm]) -> dict[str, str]:
    """Return code and plain name → code of a firm; names that two firms share are left out."""
    firms = tuple(firms)
    count = Counter(plain(f.name) for f in firms)
    by_name = {plain(f.name): f.id for f in firms if count[plain(f.name)] == 1}
    return by_name | {plain(f.id): f.id for f in firms} | {f.id: f.id for f in firms}


def _partner(flow: Flow, known: dict[str, str]) -> str:
    """Return the code of the firm at the other end; empty: outside."""
    other = (known.get(flow.partner) or known.get(plain(flow.partner))) if flow.partner.strip() else ""
    if not other and flow.direction == "out" and flow.fate == "reused on site":
        return flow.firm
    return other or ""


def _outward(flow: Flow, someone: bool) -> Link:
    """Return a flow whose other end is no firm of the park; ``someone``: a partner outside is named."""
    if flow.direction == "in":
        return Link("import", flow, "", flow.firm, amount(flow, "mass"))
    return Link(_way_out(flow, someone), flow, flow.firm, "", amount(flow, "mass"))


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


def _alike(a: Flow, b: Flow) -> bool:
    """Whether two flows are of one material, or one is of a material above the other's."""
    if a.material and b.material:
        return descends(a.material, b.material) or descends(b.material, a.material)
    return not a.material and not b.material and plain(a.given) == plain(b.given)


def _together(outs: list[Flow], ins: list[Flow]) -> list[tuple[list[Flow], list[Flow]]]:
    """Return what a giver and a receiver tell, by material."""
    clusters: list[list[Flow]] = []
    for f in (*outs, *ins):
        near = [c for c in clusters if any(_alike(f, other) for other in c)]
        if not near:
            clusters.append([f])
            continue
        near[0] += [*(other for c in near[1:] for other in c), f]
        clusters = [c for c in clusters if not any(c is other for other in near[1:])]
    return [([f for f in c if f.direction == "out"], [f for f in c if f.direction == "in"]) for c in clusters]


def _once(giver: str, receiver: str, outs: list[Flow], ins: list[Flow]) -> list[Link]:
    """Return one or more links for what was told of one material by both sides."""
    way: Way = "inside" if giver == receiver else "between"
    mixed = len({f.role == "fuel" for f in ins}) == 2 and not _doubt(ins)[0]
    sides = [ins] if mixed else [side for side in (outs, ins) if side]  # only the receiver says which part is burnt
    best = min(sides, key=_doubt)
    others = tuple(ins if best is outs else outs)
    return [Link(way, f, giver, receiver, amount(f, "mass"), others) for f in best]


def _doubt(side: list[Flow]) -> tuple[bool, float]:
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
    if _alike(a, b):
        return True
    return bool(a.material and b.material) and material(a.material).parent == material(b.material).parent != ""


def _with(link: Link, taken: set[int]) -> Link:
    if not any(id(f) in taken for f in link.told):
        return link
    return Link(link.way, link.flow, link.giver, link.receiver, link.amount, link.peers, extracted=True)
