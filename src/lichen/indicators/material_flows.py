"""Material flows of a park as economy-wide accounts have them, and what circulates: totals, rates, waste utilisation.

Definitions, names in both languages and sources stand in ``material_flows.toml``: each indicator is a sum of accounts,
or a sum over another. An account is a set of flows; one flow may stand in several, with a factor.

References
----------
Eurostat (2018) Economy-wide material flow accounts handbook.
Eurostat (2018) Circular material use rate: calculation method. doi:10.2785/132630
Haas, W., Krausmann, F., Wiedenhofer, D. & Heinz, M. (2015) J. Ind. Ecol. 19(5), 765-777. doi:10.1111/jiec.12244
Mayer, A. et al. (2019) J. Ind. Ecol. 23(1), 62-76. doi:10.1111/jiec.12809
HJ 274-2015 Standard for national demonstration eco-industrial parks.
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from lichen.figures import Text
from lichen.indicators._links import Link, links
from lichen.inventory.amounts import Amount, is_plain_water
from lichen.inventory.values import Flow, Inventory
from lichen.vocabulary.materials import descends, material

INDUSTRY = range(6, 47)
"""Divisions of GB/T 4754-2017 that are industry: mining, manufacturing, supply of energy and water."""
_WEAK = ("estimated", "assumed")


@dataclass(frozen=True)
class Entry:
    """A flow with the accounts it stands in: name → factor [1]."""

    link: Link
    accounts: Mapping[str, float]


@dataclass(frozen=True)
class Total:
    """A sum of flows with its standard deviation [t/a]."""

    value: float
    sd: float


@dataclass(frozen=True)
class Indicator:
    """A number that says something about a park.

    Parameters
    ----------
    name, definition
        In English and Chinese.
    value, sd
        The number and its standard deviation [unit]; ``None``: there is nothing to divide by.
    unit
        "t/a", or "1" for a share.
    numerator, denominator
        What is divided by what; no denominator: it is a total.
    estimated
        Share of the mass in numerator and denominator that was estimated or assumed [1].
    left_out
        Flows that belong to it and whose mass cannot be said, and those that may belong to it.
    source
        Where the definition is from.
    ours
        Whether the definition, or part of it, is ours.
    """

    name: Text
    definition: Text
    value: float | None
    sd: float | None
    unit: str
    numerator: Total
    denominator: Total | None
    estimated: float
    left_out: tuple[Flow, ...]
    source: str
    ours: bool


@functools.cache
def definitions() -> Mapping[str, Mapping[str, Any]]:
    """Return the definitions by name, in the order they are shown."""
    text = (files("lichen.indicators") / "material_flows.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def flow_indicators(inventory: Inventory, year: int) -> dict[str, Indicator]:
    """Return the indicators of a park's material flows in a year, by name.

    Parameters
    ----------
    inventory
        Firms, processes and flows; with estimates or without.
    year
        The year.

    Returns
    -------
    dict of Indicator
        Keys and order as in :func:`definitions`. Standard deviations take flows as independent of each other.
    """
    found = accounts(inventory, year)
    places: dict[str, list[tuple[int, float]]] = {}
    for i, entry in enumerate(found):
        for name, factor in entry.accounts.items():
            if factor:
                places.setdefault(name, []).append((i, factor))
    all_links = [entry.link for entry in found]
    return {name: _indicator(all_links, places, defined) for name, defined in definitions().items()}


def accounts(inventory: Inventory, year: int) -> tuple[Entry, ...]:
    """Return each flow of a park in a year, once, with the accounts it stands in."""
    industrial = {f.id for f in inventory.firms if f.industry[:2].isdigit() and int(f.industry[:2]) in INDUSTRY}
    found = [Entry(x, {**_economy(x), **_secondary(x), **_waste(x, industrial)}) for x in links(inventory, year)]
    found += [Entry(x, _water(x)) for x in links(inventory, year, is_plain_water)]
    return tuple(found)


def _economy(link: Link) -> dict[str, float]:
    """Return the accounts of the mass balance."""
    stock = link.from_stock
    if link.extracted and not link.used and link.way != "export" and not _is_ore(link):
        return {"unused": 1.0}
    found = {"withdrawn": stock}
    if link.extracted:
        found["extraction"] = 1 - stock
    if link.way == "import":
        return found | {"import": 1 - stock}
    if link.way == "between" and link.disposed and all(f.direction == "out" for f in link.told):
        kept = any(f.fate in ("landfill", "stored") for f in link.told)
        found["store" if kept else "treated"] = 1.0  # the receiver tells nothing of it
    return found | {link.way: 1.0}


def _is_ore(link: Link) -> bool:
    """Whether an extracted flow is a product, or tailings: part of the ore that was taken out."""
    return any(
        f.role not in ("by-product", "waste") or (f.material and descends(f.material, "tailings")) for f in link.told
    )


def _secondary(link: Link) -> dict[str, float]:
    """Return the accounts of what is used a second time."""
    if not (link.secondary and link.used):
        return {}
    place = {"import": "secondary_import", "export": "secondary_export"}.get(link.way, "secondary_inside")
    found = {f"{place}_fuel" if link.as_fuel else place: 1 - link.from_stock if link.way == "import" else 1.0}
    if link.way == "between":
        found["exchanged"] = 1.0
    return found


def _waste(link: Link, industrial: set[str]) -> dict[str, float]:
    """Return the accounts of solid waste of industry: generated, used, from stock; hazardous apart."""
    outs = [f for f in link.told if f.direction == "out"]
    is_waste = any(f.role in ("by-product", "waste") for f in outs) if outs else link.secondary
    if link.giver not in industrial or not is_waste:
        return {}
    told = outs or list(link.told)
    solid = [_is_solid(f) for f in told]
    if not any(solid):
        return {"form_unknown": 1.0} if None in solid else {}
    kind = "hazardous" if any(_is_hazardous(f) for f in told) else "waste"
    found = {f"{kind}_generated": 1 - link.from_stock}
    if link.used:
        return found | {f"{kind}_used": 1.0, f"{kind}_stock_used": link.from_stock}
    if not link.disposed:
        found[f"{kind}_unknown"] = 1 - link.from_stock
    return found


def _is_solid(flow: Flow) -> bool | None:
    """Whether a flow is solid, by its phase or else its material; ``None``: neither is known."""
    if flow.phase:
        return flow.phase in ("solid", "slurry")
    return material(flow.material).form == "solid" if flow.material else None


def _is_hazardous(flow: Flow) -> bool:
    if flow.hazard in ("yes", "no"):
        return flow.hazard == "yes"
    return bool(flow.material) and material(flow.material).hazard == "yes"


def _water(link: Link) -> dict[str, float]:
    """Return the accounts of water: fresh from outside, and used again in the park."""
    if link.way in ("inside", "between") and link.used:
        return {"water_reused": 1.0}
    reclaimed = bool(link.flow.material) and descends(link.flow.material, "water.reclaimed")
    return {"water_fresh": 1.0} if link.way == "import" and not reclaimed else {}


Places = Mapping[str, list[tuple[int, float]]]
"""Account → numbers of the flows that stand in it, each with its factor [1]."""


def _indicator(all_links: list[Link], places: Places, defined: Mapping[str, Any]) -> Indicator:
    above, below = _factors(places, defined["numerator"]), _factors(places, defined.get("denominator", {}))
    touched = [(all_links[i], above.get(i, 0.0), below.get(i, 0.0)) for i in sorted({*above, *below})]
    doubtful = [all_links[i].flow for i in _factors(places, defined.get("left_out", {}))]
    known = [(x.amount, n, d) for x, n, d in touched if x.amount is not None]
    is_rate = "denominator" in defined
    numerator = _total((a, n) for a, n, _ in known)
    denominator = _total((a, d) for a, _, d in known) if is_rate else None
    value, sd = _divided(known, numerator, denominator)
    mass = sum(a.value * max(abs(n), abs(d)) for a, n, d in known)
    weak = sum(a.value * max(abs(n), abs(d)) for a, n, d in known if a.kind in _WEAK)
    return Indicator(
        Text(defined["en"], defined["zh"]), Text(defined["definition_en"], defined["definition_zh"]), value, sd,
        "1" if is_rate else "t/a", numerator, denominator, weak / mass if mass else 0.0,
        (*(x.flow for x, _, _ in touched if x.amount is None), *doubtful), defined["source"],
        defined["ours"],
    )  # fmt: skip


def _factors(places: Places, terms: Mapping[str, float]) -> dict[int, float]:
    """Return number of a flow → its factor in a sum of accounts [1], for flows that stand in any of them."""
    found: dict[int, float] = {}
    for name, times in terms.items():
        for i, factor in places.get(name, ()):
            found[i] = found.get(i, 0.0) + times * factor
    return {i: factor for i, factor in found.items() if factor}


def _total(parts: Iterable[tuple[Amount, float]]) -> Total:
    some = tuple(parts)
    return Total(sum(a.value * x for a, x in some), math.sqrt(sum((a.sd * x) ** 2 for a, x in some)))


def _divided(
    known: list[tuple[Amount, float, float]], above: Total, below: Total | None
) -> tuple[float | None, float | None]:
    """Return a ratio and its standard deviation; a flow in both parts moves both at once."""
    if below is None:
        return above.value, above.sd
    if below.value <= 0:
        return None, None
    ratio = above.value / below.value
    return ratio, math.sqrt(sum((a.sd * (n - ratio * d) / below.value) ** 2 for a, n, d in known))
