"""What an opportunity would bring a year: waste kept out, material no longer bought, CO2, money. As ranges.

CO2 avoided is that of making or burning what is replaced (``data/avoided.csv``, and the fuels' factors), less what the
stream itself gives off where it is burnt; what of it is burnt today already gives off the same and is not taken off.
Only fossil CO2 counts. Transport and treatment are not in it. What is not known stays ``None``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from lichen.discover.limits import rows
from lichen.discover.match import Candidate
from lichen.discover.quantity import rate_range
from lichen.discover.streams import heat_per_unit, span_of, sum_of
from lichen.discover.values import Demand, Gains, Span, Supply
from lichen.figures import Figure
from lichen.inventory.values import Flow
from lichen.units import currency_of, factor, same_dimension
from lichen.vocabulary.emission_links import NONE, EmissionLink, Use, emission_link
from lichen.vocabulary.factors import factor as known_factor
from lichen.vocabulary.materials import ancestors


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
    resource = _resource(candidate, quantity, rate) if rate is not None and candidate.replaces else None
    return Gains(
        quantity, resource, _co2(candidate, quantity, resource, grid), _money(candidate, quantity, resource),
        _own_carbon(candidate),
    )  # fmt: skip


def _resource(candidate: Candidate, quantity: Span, rate: float) -> Span:
    """Return what is no longer bought: at most what is bought today."""
    by = rate_range(candidate, rate)
    found = Span(quantity.low * by.low, quantity.value * rate, quantity.high * by.high)
    return found if candidate.demand is None else found.least(candidate.demand.amount)


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
    """Return the fossil CO2 of burning a fuel, or of making a material, per unit of it [tCO2 per t, GJ, m3 or Nm3].

    ``None`` where the vocabulary has no factor. ``flows`` are flows of it, for their heating value.
    """
    link = emission_link(material, "fuel")
    if link is not None and link.biogenic:
        return 0.0
    if link is not None and link.has_factor:
        return _burning(link, flows, unit)
    code, parts = next(((c, p) for c in (material, *ancestors(material)) if (p := _avoided(c))), ("", ()))
    ratio = _ratio(material, code) if parts else None
    if ratio is None:
        return None
    found = 0.0
    for row in parts:
        if "grid" in row["factors"].split("*") and not grid:
            continue
        if not same_dimension(f"{row['unit'].split('/')[1]}/a", unit):
            return None
        found += _product(row["factors"], row["unit"], grid)
    return found * ratio if found or not ratio else None


@functools.cache
def _avoided(code: str) -> tuple[Mapping[str, str], ...]:
    return tuple(row for row in rows("avoided.csv") if row["material"] == code)


def _ratio(material: str, code: str) -> float | None:
    """Return what the CO2 of ``code`` is times for ``material`` below it; ``None``: it is made another way.

    The vocabulary knows: profiles are formed from aluminium, and secondary aluminium has no anodes; hydrated lime holds
    less lime; power from the sun and waste heat carry no CO2.
    """
    use: Use = "heat" if code == "heat" else "electricity" if code == "electricity" else "product"
    link, above = emission_link(material, use), emission_link(code, use)
    if link is None or above is None or material == code:
        return 1.0
    if link.factor == NONE and use != "product":
        return 0.0
    if use == "heat":
        return link.ratio if link.has_factor else None
    return link.ratio / above.ratio if link.factor == above.factor else None


def _product(names: str, unit: str, grid: str) -> float:
    """Return the product of factors in ``unit``."""
    value, spelled = 1.0, ""
    for name in names.split("*"):
        figure = known_factor(grid if name == "grid" else name)
        value *= figure.value
        spelled = f"{spelled}*({figure.unit})" if spelled else f"({figure.unit})"
    return value * factor(spelled, unit)


def _burning(link: EmissionLink, flows: Iterable[Flow], unit: str) -> float | None:
    """Return the CO2 of burning a unit of some flows, less what stays unburnt; ``None``: their heat is not known."""
    found = _per_unit(known_factor(link.factor), flows, unit)
    oxidation = known_factor(link.oxidation).value if link.oxidation else 1.0
    return None if found is None else found * oxidation * link.ratio


def _per_unit(figure: Figure, flows: Iterable[Flow], unit: str) -> float | None:
    """Return a factor per unit of some flows: as it is, or by their heat."""
    per = f"tCO2/{unit.split('/')[0]}"
    if same_dimension(figure.unit, per):
        return figure.to(per)
    heat = heat_per_unit(flows, unit) if same_dimension(figure.unit, "tCO2/GJ") else None
    return None if heat is None else figure.to("tCO2/GJ") * heat


def _own_carbon(candidate: Candidate) -> float | None:
    """Return the fossil CO2 that a unit of the stream gives off beyond today's; ``None``: it burns, no factor.

    What is incinerated or flared today gives it off in any case.
    """
    found = _burnt(candidate)
    idle = candidate.supply.idle
    total = sum_of(idle, candidate.supply.unit).value
    if not found or not total:
        return found
    today = sum_of((f for f in idle if f.fate == "incinerated"), candidate.supply.unit).value
    return found * (1 - today / total)


def _burnt(candidate: Candidate) -> float | None:
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
        return _burning(link, supply.idle, supply.unit)
    named = next((item.carbon_factor for item in candidate.types if item.carbon_factor), "")
    return _per_unit(known_factor(named), supply.idle, supply.unit) if named else None


def _money(candidate: Candidate, quantity: Span, resource: Span | None) -> Span | None:
    """Return what both save together [CNY/a]: the price of what is replaced, and what getting rid of the stream costs.

    What the receiver pays the donor stays between them. A price that is not told is not in it; ``None``: neither is.
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
    """Return the mean price that a firm told for a material, weighted by amount [CNY per unit]; ``None``: none told.

    Of a supply, the price of what is unused: negative where the firm pays to get rid of it.
    """
    per = f"CNY/{side.unit.split('/')[0]}"
    total = size = 0.0
    for flow in side.idle if isinstance(side, Supply) else side.flows:
        if flow.price is None or currency_of(flow.price[1]) != "CNY" or not same_dimension(flow.price[1], per):
            continue
        value = span_of(flow, side.unit).value
        total += value * flow.price[0] * factor(flow.price[1], per)
        size += value
    return total / size if size else None
