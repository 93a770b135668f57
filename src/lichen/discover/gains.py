"""What an opportunity would bring a year: waste kept out, material no longer bought, CO2, money. As ranges.

CO2 avoided is that of making or burning what is replaced (``data/avoided.csv``, and the fuels' factors), less what the
stream itself gives off where it is burnt. Transport and treatment are not in it. What is not known stays ``None``.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Iterable
from importlib.resources import files

from lichen.discover.match import Candidate
from lichen.discover.streams import span_of
from lichen.discover.values import Demand, Gains, Span, Supply
from lichen.figures import Figure
from lichen.inventory.amounts import amount
from lichen.inventory.values import Flow
from lichen.units import currency_of, factor, same_dimension
from lichen.vocabulary.emission_links import EmissionLink, emission_link
from lichen.vocabulary.factors import factor as known_factor
from lichen.vocabulary.materials import ancestors


@functools.cache
def _avoided() -> tuple[dict[str, str], ...]:
    text = (files("lichen.discover") / "data" / "avoided.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text)))


def gains(candidate: Candidate, quantity: Span, rate: float | None, grid: str) -> Gains:
    """Return what ``quantity`` of the stream would bring.

    Parameters
    ----------
    candidate
        Who, what, in place of what.
    quantity
        Amount of the stream a year, in its unit.
    rate
        Amount replaced by one unit; ``None``: not known, then only waste is.
    grid
        Factor of electricity by its id; empty: not counted.
    """
    resource = quantity.times(rate) if rate is not None and candidate.replaces else None
    return Gains(quantity, resource, _co2(candidate, quantity, resource, grid), _money(candidate, quantity, resource))


def _co2(candidate: Candidate, quantity: Span, resource: Span | None, grid: str) -> Span | None:
    """Return the CO2 avoided [tCO2/a]."""
    if resource is None:
        return None
    unit = candidate.demand.unit if candidate.demand else candidate.supply.unit
    flows = candidate.demand.flows if candidate.demand else ()
    per_unit = co2_of(candidate.replaces, unit, flows, grid)
    if per_unit is None:
        return None
    own = _own_carbon(candidate)
    if own is None:
        return None
    saved = resource.times(per_unit)
    low, value, high = (a - b for a, b in zip(_ends(saved), _ends(quantity.times(own)), strict=True))
    return Span(min(low, high), value, max(low, high))


def _ends(span: Span) -> tuple[float, float, float]:
    return span.low, span.value, span.high


def co2_of(material: str, unit: str, flows: Iterable[Flow] = (), grid: str = "") -> float | None:
    """Return the CO2 of burning a fuel, or of making a material, per unit of it [tCO2 per t, GJ, m3 or Nm3].

    ``None`` where the vocabulary has no factor. ``flows`` are flows of it, for their heating value.
    """
    flows = tuple(flows)
    link = emission_link(material, "fuel")
    if link is not None and link.has_factor:
        heat = 1.0 if unit == "GJ/a" else _heat_per_unit(flows, unit)
        return None if heat is None else heat * _by_heat(link)
    parts = next(
        (p for code in (material, *ancestors(material)) if (p := [r for r in _avoided() if r["material"] == code])), []
    )
    found = 0.0
    for row in parts:
        if "grid" in row["factors"].split("*") and not grid:
            continue
        if not same_dimension(f"{row['unit'].split('/')[1]}/a", unit):
            return None
        found += _product(row["factors"], row["unit"], grid)
    return found or None


def _product(names: str, unit: str, grid: str) -> float:
    """Return the product of factors in ``unit``."""
    value, spelled = 1.0, ""
    for name in names.split("*"):
        figure = known_factor(grid if name == "grid" else name)
        value *= figure.value
        spelled = f"{spelled}*({figure.unit})" if spelled else f"({figure.unit})"
    return value * factor(spelled, unit)


def _by_heat(link: EmissionLink) -> float:
    """Return the CO2 of a fuel by its heat, with what stays unburnt [tCO2/GJ]."""
    oxidation = known_factor(link.oxidation).value if link.oxidation else 1.0
    return known_factor(link.factor).to("tCO2/GJ") * oxidation * link.ratio


def _heat_per_unit(flows: Iterable[Flow], unit: str) -> float | None:
    for flow in flows:
        heat = amount(flow, "energy")
        size = span_of(flow, unit).value
        if heat is not None and size:
            return heat.value / size
    return None


def _own_carbon(candidate: Candidate) -> float | None:
    """Return the fossil CO2 that a unit of the stream gives off in its new use; ``None``: it burns, no factor."""
    carbons = {item.carbon for item in candidate.types}
    replaced_is_fuel = bool(candidate.replaces) and emission_link(candidate.replaces, "fuel") is not None
    if candidate.types and carbons <= {"none", "biogenic"}:
        return 0.0
    if not candidate.types and not replaced_is_fuel:
        return 0.0
    if not replaced_is_fuel and "fossil" not in carbons and "mixed" not in carbons:
        return 0.0
    supply: Supply = candidate.supply
    link = emission_link(supply.material, "fuel")
    if link is not None and link.biogenic:
        return 0.0
    if link is not None and link.has_factor:
        heat = 1.0 if supply.unit == "GJ/a" else _heat_per_unit(supply.flows, supply.unit)
        return None if heat is None else heat * _by_heat(link)
    named = next((item.carbon_factor for item in candidate.types if item.carbon_factor), "")
    return _named_carbon(known_factor(named), supply) if named else None


def _named_carbon(figure: Figure, supply: Supply) -> float | None:
    """Return a factor per unit of the stream."""
    per = f"tCO2/{supply.unit.split('/')[0]}"
    if same_dimension(figure.unit, per):
        return figure.to(per)
    heat = _heat_per_unit(supply.flows, supply.unit)
    return None if heat is None or not same_dimension(figure.unit, "tCO2/GJ") else figure.to("tCO2/GJ") * heat


def _money(candidate: Candidate, quantity: Span, resource: Span | None) -> Span | None:
    """Return what both save together [CNY/a]: the price of what is replaced, and what getting rid of the stream costs.

    What the receiver pays the donor stays between them. ``None`` where neither price is told.
    """
    demand, supply = candidate.demand, candidate.supply
    bought = price(demand) if demand is not None else None
    disposal = price(supply)
    saved: Span | None = None
    if bought is not None and resource is not None and bought > 0:
        saved = resource.times(bought)
    if disposal is not None and disposal < 0:
        avoided = quantity.times(-disposal)
        saved = avoided if saved is None else saved.plus(avoided)
    return saved


def price(side: Demand | Supply) -> float | None:
    """Return the mean price that a firm told for a material, weighted by amount [CNY per unit]; ``None``: none told."""
    total = size = 0.0
    for flow in side.flows:
        if flow.price is None or currency_of(flow.price[1]) != "CNY":
            continue
        per = f"CNY/{side.unit.split('/')[0]}"
        if not same_dimension(flow.price[1], per):
            continue
        if isinstance(side, Supply) and flow.fate in ("sold", "given away", "reused on site"):
            continue
        value = span_of(flow, side.unit).value
        total += value * flow.price[0] * factor(flow.price[1], per)
        size += value
    return total / size if size else None
