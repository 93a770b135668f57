"""What a flow amounts to: mass, energy, water and elements a year, each with its standard deviation.

A flow is told in tonnes, cubic metres, gigajoules or kilowatt-hours. Where another quantity is asked for, it is
converted by what the firm says (heating value, moisture, composition), else by the vocabulary's figure of the material
(density, heating value, carbon); then the amount is an estimate and names the figure. What cannot be converted is
``None``: unknown, not zero.

Gases: a *normal* cubic metre (Nm3) is at 0 °C and 101.325 kPa; a cubic metre of gas without that word is at 20 °C, as
gas is metered and counted in Chinese statistics (GB/T 19205-2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lichen.figures import KINDS, Figure, Kind
from lichen.inventory.values import LAYERS, Flow
from lichen.units import factor, same_dimension
from lichen.vocabulary.elements import mass_shares
from lichen.vocabulary.materials import Material, descends, material
from lichen.vocabulary.quality import variation

HALF_WIDTH = 1.96
"""A 95 % half-width in standard deviations, as VDI 2048 rounds it."""
METERED = 293.15 / 273.15
"""Volume of a gas at 20 °C over its volume at 0 °C, at equal pressure [1]."""
UNITS = {"mass": "t/a", "water": "t/a", "energy": "GJ/a"}
"""Units of the layers; elements are in t/a."""


@dataclass(frozen=True)
class Amount:
    """An amount a year in the unit of its layer.

    Parameters
    ----------
    value, sd
        Amount and its standard deviation [t/a or GJ/a].
    kind
        How it is known: as the quantity, but at best "estimated" where a figure of the vocabulary was needed.
    by
        Figures of the vocabulary it was converted with: what, value, unit, source.
    """

    value: float
    sd: float
    kind: Kind
    by: tuple[str, ...] = ()


def unit_of(layer: str) -> str:
    """Return the unit of a layer: GJ/a for energy, else t/a."""
    return UNITS.get(layer, "t/a")


def relative_sd(flow: Flow) -> float:
    """Return standard deviation over value of a flow's quantity [1].

    From the uncertainty that the firm gives (a 95 % half-width), else from its quality scores, else from how it is
    known; see :mod:`lichen.vocabulary.quality`.
    """
    q = flow.quantity
    if q.high is not None and q.value > 0 and q.high > q.value:
        return (q.high / q.value - 1) / HALF_WIDTH
    return variation(flow.kind, flow.pedigree)


def amount(flow: Flow, layer: str) -> Amount | None:
    """Return what a flow amounts to in a layer, or ``None`` if that cannot be said.

    Parameters
    ----------
    flow
        A flow of a firm.
    layer
        "mass" (moist, as it is measured), "water" (water itself, steam and moisture), "energy" (fuels by lower heating
        value, electricity, heat), or the symbol of an element.
    """
    if layer == "energy":
        return _energy(flow)
    if layer == "mass":
        return _mass(flow)
    found = _mass(flow)
    if found is None:
        return None
    share = _water_share(flow) if layer == "water" else element_share(flow, layer)
    if share is not None:
        return _times(found, share)
    carbon = _figure(flow, "carbon") if layer == "C" else None
    return None if carbon is None else _times(found, carbon.value, f"carbon {carbon.value:g} t/t: {carbon.source}")


def element_share(flow: Flow, element: str) -> float | None:
    """Return the share of an element in a flow as measured [t/t], from its composition; ``None``: it names none of it.

    The composition is of the dry mass; moisture that is not given counts as none.
    """
    shares = [mass_shares(name).get(element, 0.0) * share for name, share in flow.composition.items()]
    named = any(element in mass_shares(name) for name in flow.composition)
    return sum(shares) * (1 - (flow.moisture or 0.0)) if named else None


def _water_share(flow: Flow) -> float | None:
    if is_water(flow):
        return 1.0
    return flow.moisture


def is_water(flow: Flow) -> bool:
    """Whether a flow is water or steam."""
    return flow.role == "water" or any(_is(flow, group) for group in ("water", "heat.steam"))


def is_plain_water(flow: Flow) -> bool:
    """Whether a flow is water, not steam."""
    return is_water(flow) and not _is(flow, "heat")


def _is(flow: Flow, group: str) -> bool:
    return bool(flow.material) and descends(flow.material, group)


def _material(flow: Flow) -> Material | None:
    return material(flow.material) if flow.material else None


def _figure(flow: Flow, name: str) -> Figure | None:
    found = _material(flow)
    return found.figures.get(name) if found else None


def _given(flow: Flow, unit: str) -> Amount | None:
    """Return a flow's quantity in ``unit``, where it is of that dimension."""
    if not same_dimension(flow.quantity.unit, unit):
        return None
    value = flow.quantity.to(unit)
    return Amount(value, value * relative_sd(flow), flow.kind)


def _times(found: Amount, ratio: float, by: str = "") -> Amount:
    kind = KINDS[max(KINDS.index(found.kind), KINDS.index("estimated"))] if by else found.kind
    return Amount(found.value * ratio, found.sd * ratio, kind, (*found.by, by) if by else found.by)


def _mass(flow: Flow) -> Amount | None:
    """Return the moist mass [t/a]."""
    direct = _given(flow, "t/a")
    if direct is not None or (flow.role in ("electricity", "heat") and not is_water(flow)):
        return direct
    density = _figure(flow, "density")
    volume = _given(flow, "m3/a")
    if volume is not None and is_water(flow):
        return _times(volume, 1.0)  # a cubic metre of water is a tonne to within 0.5 % below 30 °C
    normal = _normal_volume(flow)
    if density is not None and (volume is not None or normal is not None):
        gas = _is_gas(flow)
        base = normal if gas else volume
        if base is not None:
            return _times(base, density.value, f"density {density.value:g} {density.unit}: {density.source}")
    energy = _given(flow, "GJ/a")
    heat = _figure(flow, "heating value")
    if energy is not None and flow.heating_value and same_dimension(flow.heating_value[1], "GJ/t"):
        own = flow.heating_value[0] * factor(flow.heating_value[1], "GJ/t")
        return _times(energy, 1 / own) if own else None
    if energy is not None and heat is not None:
        return _times(energy, 1 / heat.value, f"heating value {heat.value:g} {heat.unit}: {heat.source}")
    return None


def _is_gas(flow: Flow) -> bool:
    found = _material(flow)
    return flow.phase == "gas" or (not flow.phase and found is not None and found.form == "gas")


def _normal_volume(flow: Flow) -> Amount | None:
    """Return the volume of a gas at 0 °C [Nm3/a]."""
    normal = _given(flow, "Nm3/a")
    if normal is not None:
        return normal
    volume = _given(flow, "m3/a") if _is_gas(flow) else None
    return None if volume is None else _times(volume, 1 / METERED)


def _energy(flow: Flow) -> Amount | None:
    """Return the energy [GJ/a]: given as such, or by the lower heating value of a fuel."""
    direct = _given(flow, "GJ/a")
    if direct is not None or flow.role in ("electricity", "heat", "water", "emission"):
        return direct
    if flow.heating_value is not None:
        return _by_own_heat(flow, *flow.heating_value)
    mass, heat = _given(flow, "t/a"), _figure(flow, "heating value")
    if mass is not None and heat is not None:
        return _times(mass, heat.value, f"heating value {heat.value:g} {heat.unit}: {heat.source}")
    normal, heat = _normal_volume(flow), _figure(flow, "heating value by volume")
    if normal is not None and heat is not None:
        by = f"heating value {heat.value:g} {heat.unit}: {heat.source}"
        return _times(normal, heat.value * METERED / 1000, by)
    return None


def _by_own_heat(flow: Flow, value: float, unit: str) -> Amount | None:
    """Return the energy by the heating value that the firm gives."""
    if same_dimension(unit, "GJ/t"):
        mass = _given(flow, "t/a")
        return None if mass is None else _times(mass, value * factor(unit, "GJ/t"))
    normal = _normal_volume(flow)
    if normal is None:
        return None
    if same_dimension(unit, "GJ/Nm3"):
        return _times(normal, value * factor(unit, "GJ/Nm3"))
    return _times(normal, value * factor(unit, "GJ/m3") * METERED)


def total(amounts: list[Amount]) -> Amount:
    """Return the sum of amounts with independent errors; its kind is the weakest of them."""
    kind = KINDS[max((KINDS.index(a.kind) for a in amounts), default=0)]
    sd = math.hypot(*(a.sd for a in amounts))
    return Amount(sum(a.value for a in amounts), sd, kind, tuple(dict.fromkeys(b for a in amounts for b in a.by)))


def layers_of(flows: list[Flow]) -> tuple[str, ...]:
    """Return the layers that flows can be balanced in: mass, water, energy, and the elements in their compositions."""
    named = {e for f in flows for name in f.composition for e in mass_shares(name) if e not in ("O", "H")}
    return (*LAYERS, *sorted(named))
