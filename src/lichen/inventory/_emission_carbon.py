"""What CO2 a flow holds, by a factor, by its carbon, by its carbonates; with standard deviation and what was used."""

from __future__ import annotations

from dataclasses import dataclass

from lichen.figures import KINDS, Figure, Kind, Used
from lichen.inventory._emission_values import Method
from lichen.inventory.amounts import HALF_WIDTH, METERED, Amount, amount, element_share, relative_sd
from lichen.inventory.values import Flow
from lichen.units import same_dimension
from lichen.vocabulary.elements import elements, mass_shares
from lichen.vocabulary.emission_links import CARBON, EmissionLink, FactorSet, emission_link
from lichen.vocabulary.factors import factor
from lichen.vocabulary.materials import material
from lichen.vocabulary.quality import variation

CARBON_TO_CO2 = 44 / 12
"""CO2 over carbon by mass [1], as guidelines round it."""


@dataclass(frozen=True)
class Held:
    """CO2 that a flow holds [tCO2/a], its two standard deviations, and how it was found."""

    co2_t: float
    sd_amount_t: float
    sd_factor_t: float
    factor: str
    kind: Kind
    method: Method
    used: tuple[Used, ...] = ()
    by: tuple[str, ...] = ()
    oxidation: float = 1.0

    def oxidised(self, id: str) -> Held:  # noqa: A002
        """Return this with the share of carbon oxidised; an empty id: all of it."""
        if not id:
            return self
        figure = factor(id)
        share = figure.to("1")
        return Held(
            self.co2_t * share, self.sd_amount_t * share, self.sd_factor_t * share, self.factor,
            _weaker(self.kind, "estimated"), self.method, (*self.used, Used(id, figure)), self.by, share,
        )  # fmt: skip


def _weaker(*kinds: Kind) -> Kind:
    return KINDS[max(KINDS.index(kind) for kind in kinds)]


def relative_spread(figure: Figure) -> float:
    """Return the standard deviation of a factor over its value [1].

    From its range, a 95 % interval as the IPCC gives it; where there is none, from how it is known.
    """
    if figure.low is None or figure.high is None or not figure.value:
        return variation(figure.kind)
    return (figure.high - figure.low) / (2 * HALF_WIDTH * figure.value)


def held(flow: Flow, link: EmissionLink | None) -> Held | None:
    """Return the CO2 that a flow holds: by its own composition, else by the link's factor, else by known carbon."""
    if element_share(flow, "C") is not None:
        return by_carbon(flow)
    if link is not None and link.has_factor:
        return by_factor(flow, link.factor, link.ratio)
    return by_carbon(flow) if link is None or link.factor == CARBON else None


def by_factor(flow: Flow, id: str, ratio: float = 1.0) -> Held | None:  # noqa: A002
    """Return amount × factor; the factor's unit says which amount; ``None``: the flow does not tell it."""
    figure = factor(id)
    units: tuple[tuple[str, str, Method], ...] = (
        ("tCO2/GJ", "energy", "heat"), ("tCO2/t", "mass", "quantity"), ("tCO2/m3", "volume", "quantity"),
    )  # fmt: skip
    for unit, layer, method in units:
        if same_dimension(figure.unit, unit):
            found = metered_volume(flow) if layer == "volume" else amount(flow, layer)
            return None if found is None else _times(found, figure.to(unit) * ratio, figure, id, method)
    return None


def _times(found: Amount, each: float, figure: Figure, id: str, method: Method) -> Held:  # noqa: A002
    co2 = found.value * each
    kind = _weaker(found.kind, "estimated", figure.kind)
    return Held(co2, found.sd * each, co2 * relative_spread(figure), id, kind, method, (Used(id, figure),), found.by)


def metered_volume(flow: Flow) -> Amount | None:
    """Return the volume of a gas as it is metered, at 20 °C [m3/a]; ``None``: it is not told as a volume."""
    q = flow.quantity
    for unit, ratio in (("m3/a", 1.0), ("Nm3/a", METERED)):
        if same_dimension(q.unit, unit):
            value = q.to(unit) * ratio
            return Amount(value, value * relative_sd(flow), flow.kind)
    return None


def by_carbon(flow: Flow) -> Held | None:
    """Return carbon × 44/12: carbon of the firm's composition, of the vocabulary, or of the formula."""
    found = amount(flow, "C") or _by_formula(flow)
    if found is None:
        return None
    co2 = found.value * CARBON_TO_CO2
    own = element_share(flow, "C") is not None
    spread = 0.0 if own else co2 * variation("reported")
    name = f"carbon {flow.material or flow.given}"
    return Held(co2, found.sd * CARBON_TO_CO2, spread, f"{flow.firm} {name}" if own else name, found.kind, "carbon",
                (), found.by)  # fmt: skip


def _by_formula(flow: Flow) -> Amount | None:
    formula = material(flow.material).formula if flow.material else ""
    mass, shares = amount(flow, "mass"), mass_shares(formula) if formula else {}
    if mass is None or not shares:
        return None
    share = shares.get("C", 0.0) * (1 - (flow.moisture or 0.0))
    by = f"carbon {share:.4g} t/t: stoichiometry of {formula}"
    return Amount(mass.value * share, mass.sd * share, _weaker(mass.kind, "estimated"), (*mass.by, by))


def by_carbonate(flow: Flow, link: EmissionLink) -> Held | None:
    """Return the CO2 that a carbonate sets free: by its carbon or its CaO and MgO where told, else as if it were pure.

    Calcium and magnesium are taken as carbonates, all of them.
    """
    if element_share(flow, "C") is not None:
        found = by_carbon(flow)
        return None if found is None else _as_carbonate(found)
    calcium, magnesium = element_share(flow, "Ca"), element_share(flow, "Mg")
    if calcium is None and magnesium is None:
        found = by_factor(flow, link.factor, link.ratio)
        return None if found is None else _as_carbonate(found)
    mass, weights = amount(flow, "mass"), elements()
    if mass is None:
        return None
    co2_weight = weights["C"].weight + 2 * weights["O"].weight
    moles = sum((share or 0.0) / weights[name].weight for name, share in (("Ca", calcium), ("Mg", magnesium)))
    each = moles * co2_weight
    name = f"{flow.firm} carbonate {flow.material}"
    return Held(mass.value * each, mass.sd * each, 0.0, name, mass.kind, "carbonate", (), mass.by)


def _as_carbonate(found: Held) -> Held:
    return Held(found.co2_t, found.sd_amount_t, found.sd_factor_t, found.factor, found.kind, "carbonate", found.used,
                found.by)  # fmt: skip


def held_as_input(flow: Flow, factor_set: FactorSet = "ipcc") -> Held | None:
    """Return all the CO2 that an input or product of a process holds: as a fuel, as a carbonate, or by its carbon."""
    if not flow.material:
        return by_carbon(flow)
    carbonate = emission_link(flow.material, "carbonate", industry=None)
    if carbonate is not None and carbonate.has_factor:
        return by_carbonate(flow, carbonate)
    link = emission_link(flow.material, "fuel", factor_set=factor_set)
    found = held(flow, link)
    return found if found is not None else by_carbon(flow)
