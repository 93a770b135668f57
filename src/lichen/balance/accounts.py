"""Balances of processes, firms, sectors and the park: what goes in, what comes out, what is not accounted for.

    residual = Σ in − Σ out        sd² = Σ sd_i²

for mass, water, energy and each element. A process is balanced over its own flows. A firm leaves out what stays in it,
a sector what its firms give each other, the park what its firms give each other. Flows that cannot be said in a layer
are named, not taken for zero; only where a process is declared completely listed does a flow without a content count as
free of it.

A residual of mass is no error where a process takes in air or gives off gases that nobody listed. Above the process,
mass leaves water out, as economy-wide accounts do: it would hide everything else, and has a layer of its own.

References
----------
Brunner, P. H. & Rechberger, H. (2016) Handbook of Material Flow Analysis, 2nd ed., ch. 2. doi:10.1201/9781315313450
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lichen.inventory.amounts import HALF_WIDTH, Amount, amount, is_water, total
from lichen.inventory.partners import firms_by_name, partner_of
from lichen.inventory.values import LAYERS, Flow, Inventory

Level = Literal["process", "firm", "sector", "park"]
LEVELS: tuple[Level, ...] = ("process", "firm", "sector", "park")
_WITH_ENERGY = ("fuel", "electricity", "heat")


@dataclass(frozen=True)
class Balance:
    """The balance of one unit in one layer.

    Parameters
    ----------
    level, name
        What is balanced: "process" and ``(firm, process)``, "firm" and ``(firm,)``, "sector" and ``(division,)`` of
        GB/T 4754, "park" and ``()``.
    layer
        "mass", "water", "energy" or an element.
    inputs, outputs
        Sums of what is known [t/a or GJ/a].
    unknown
        Flows whose amount in the layer cannot be said.
    closed
        Whether all flows of the layer are declared to be listed: then the residual is an error of the data.
    """

    level: Level
    name: tuple[str, ...]
    layer: str
    inputs: Amount
    outputs: Amount
    unknown: tuple[Flow, ...] = ()
    closed: bool = False

    @property
    def residual(self) -> float:
        """Inputs less outputs [t/a or GJ/a]."""
        return self.inputs.value - self.outputs.value

    @property
    def sd(self) -> float:
        """Standard deviation of the residual [t/a or GJ/a]."""
        return float((self.inputs.sd**2 + self.outputs.sd**2) ** 0.5)

    @property
    def z(self) -> float | None:
        """Size of the residual in standard deviations [1]; ``None`` where there is none or something is unknown."""
        return abs(self.residual) / self.sd if self.sd and not self.unknown else None

    @property
    def suspicious(self) -> bool:
        """Whether a balance that must close does not, at 95 %."""
        return self.closed and self.z is not None and self.z > HALF_WIDTH


def belongs(flow: Flow, layer: str) -> bool:
    """Whether a flow could have an amount in a layer: ore has no energy, electricity no mass."""
    if layer == "energy":
        return flow.role in _WITH_ENERGY or flow.heating_value is not None or amount(flow, "energy") is not None
    if layer == "water":
        return amount(flow, "water") is not None
    return flow.role not in ("electricity", "heat") or amount(flow, "mass") is not None


def balances(inventory: Inventory, year: int, level: Level, layers: Sequence[str] = LAYERS) -> tuple[Balance, ...]:
    """Return the balances of one level in the order of the inventory; units without a flow in a layer are left out.

    Parameters
    ----------
    inventory
        Firms, processes, flows.
    year
        Only its flows are balanced.
    level
        What is balanced.
    layers
        "mass", "water", "energy", elements.
    """
    known = firms_by_name(inventory)
    division = {f.id: f.industry[:2] for f in inventory.firms}
    units: dict[Level, Callable[[Flow], tuple[str, ...]]] = {
        "process": lambda f: (f.firm, f.process),
        "firm": lambda f: (f.firm,),
        "sector": lambda f: (division[f.firm],),
        "park": lambda f: (),
    }
    of = units[level]
    groups: dict[tuple[str, ...], list[Flow]] = {}
    for flow in (f for f in inventory.flows if f.year == year):
        partner = partner_of(flow, known)
        within = partner and level != "process" and of(flow) == _unit(level, partner, division)
        if not within and (level != "process" or flow.process):
            groups.setdefault(of(flow), []).append(flow)
    closed = {(p.firm, p.id): set(p.closed) for p in inventory.processes}
    found = [
        _balance(level, name, layer, _in_layer(flows, level, layer),
                 level == "process" and layer in closed.get((name[0], name[1]), ()))
        for name, flows in groups.items() for layer in layers
    ]  # fmt: skip
    return tuple(b for b in found if b is not None)


def _in_layer(flows: Iterable[Flow], level: Level, layer: str) -> list[Flow]:
    """Return the flows that count in a layer: above the process, mass is without water."""
    dry = layer == "mass" and level != "process"
    return [f for f in flows if belongs(f, layer) and not (dry and is_water(f))]


def _unit(level: Level, firm: str, division: dict[str, str]) -> tuple[str, ...]:
    """Return the unit of a level that a firm is in."""
    return {"firm": (firm,), "sector": (division[firm],)}.get(level, ())


def _balance(level: Level, name: tuple[str, ...], layer: str, flows: Iterable[Flow], closed: bool) -> Balance | None:
    sides: dict[str, list[Amount]] = {"in": [], "out": []}
    unknown = []
    for flow in flows:
        told = amount(flow, layer)
        if told is not None:
            sides[flow.direction].append(told)
        elif not closed:
            unknown.append(flow)
    if not sides["in"] and not sides["out"]:
        return None
    return Balance(level, name, layer, total(sides["in"]), total(sides["out"]), tuple(unknown), closed)
