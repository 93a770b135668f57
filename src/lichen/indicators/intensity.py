"""What a firm uses and gives off a year, and that over its value added, output, land: the numbers parks set limits to.

Only what the firm tells counts; what cannot be said in a unit makes the total unknown, never smaller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from lichen.errors import Problem, Where
from lichen.figures import Figure, Text
from lichen.indicators.material_flows import Entry, accounts
from lichen.inventory.amounts import amount, is_plain_water
from lichen.inventory.boundary import crossings
from lichen.inventory.emissions import emission_inventory
from lichen.inventory.values import Firm, Inventory
from lichen.units import factor, same_dimension

Counted = Literal["energy", "water", "waste", "hazardous waste", "co2", "waste used", "value added", "revenue"]
Per = Literal["value added", "revenue", "land", "waste", "employees"]
COUNTED: tuple[Counted, ...] = get_args(Counted)
UNITS: dict[str, str] = {
    "energy": "GJ", "water": "m3", "waste": "t", "hazardous waste": "t", "co2": "tCO2", "waste used": "t",
    "value added": "CNY", "revenue": "CNY", "land": "ha", "employees": "person",
}  # fmt: skip
"""Unit of each quantity: a year's amount, or what there is."""
NAMES: dict[str, Text] = {
    "energy": Text("energy", "能源"), "water": Text("fresh water", "新鲜水"), "waste": Text("solid waste", "固体废物"),
    "hazardous waste": Text("hazardous solid waste", "危险固体废物"), "co2": Text("CO2", "二氧化碳"),
    "waste used": Text("solid waste used", "利用的固体废物"), "value added": Text("value added", "增加值"),
    "revenue": Text("output value", "产值"), "land": Text("land", "用地"), "employees": Text("employees", "职工人数"),
}  # fmt: skip
CARRIERS = ("fuel", "electricity", "heat")
PER_REVENUE = 10_000.0
"""A survey tells output value in 10 000 CNY."""


@dataclass(frozen=True)
class Quantity:
    """An amount of a firm; ``value`` is ``None`` where it is not known, and ``lacks`` says why."""

    name: str
    value: float | None
    unit: str
    lacks: tuple[Problem, ...] = ()


def quantities(
    inventory: Inventory, firm: Firm, year: int, grid: str = "", value_added: Figure | None = None,
    land: Figure | None = None,
) -> dict[str, Quantity]:  # fmt: skip
    """Return what a firm uses, gives off, makes and covers, by name.

    Parameters
    ----------
    inventory
        Holds the firm's flows as told.
    firm, year
        Whose, and of which year.
    grid
        Factor of electricity by its id; empty: CO2 is not known where electricity is bought.
    value_added, land
        [CNY/a or CNY], [ha]; ``None``: not told.
    """
    own = inventory.of_firm(firm.id)
    entries, now = accounts(own, year), [f for f in own.flows if f.year == year]
    wastes = any(f.direction == "out" and f.role in ("by-product", "waste") for f in now)
    waters = any(f.direction == "in" and is_plain_water(f) for f in now)
    found = [
        _energy(own, firm, year), _sum(firm, "water", entries, waters, "water_fresh"),
        _sum(firm, "waste", entries, wastes, "waste_generated", "hazardous_generated"),
        _sum(firm, "hazardous waste", entries, wastes, "hazardous_generated"),
        _sum(firm, "waste used", entries, wastes, "waste_used", "hazardous_used"), _co2(own, firm, year, grid),
        _told(firm, "value added", value_added), _told(firm, "land", land),
        _plain(firm, "revenue", None if firm.revenue is None else firm.revenue * PER_REVENUE),
        _plain(firm, "employees", None if firm.employees is None else float(firm.employees)),
    ]  # fmt: skip
    return {one.name: one for one in found}


def ratio(known: dict[str, Quantity], of: Counted, per: Per, unit: str) -> Quantity:
    """Return a quantity over another, in a unit such as "tce/万元"; what it lacks where one of them is not known.

    Parameters
    ----------
    known
        From :func:`quantities`.
    of, per
        Which.
    unit
        Of the answer; a year in it, as in 万元/(ha·a), is understood.

    Raises
    ------
    UnitError
        If the unit does not fit.
    """
    above, below = known[of], known[per]
    lacks = (*above.lacks, *below.lacks)
    name = f"{of} / {per}"
    base = f"{UNITS[of]}/{UNITS[per]}" if UNITS[of] != UNITS[per] else "1"
    if same_dimension(unit, f"{UNITS[of]}/({UNITS[per]}·a)"):
        base = f"{UNITS[of]}/({UNITS[per]}·a)"
    scale = factor(base, unit)
    if above.value is None or below.value is None:
        return Quantity(name, None, unit, lacks)
    if below.value <= 0:
        return Quantity(name, None, unit, (_problem("intensity.zero", known_name=NAMES[per]),))
    return Quantity(name, above.value / below.value * scale, unit)


def _problem(code: str, firm: str = "", **values: object) -> Problem:
    return Problem(code, Where(key=firm), "warning", values)


def _energy(own: Inventory, firm: Firm, year: int) -> Quantity:
    """Return the energy that comes in less what goes out, as fuel, electricity and heat [GJ/a]."""
    total, lacks, any_told = 0.0, [], False
    for crossing in crossings(own, year):
        flow = crossing.flow
        if flow.role not in CARRIERS or not crossing.share:
            continue
        any_told = True
        found = amount(flow, "energy")
        if found is None:
            lacks.append(_problem("intensity.no_amount", firm.id, flow=flow.given, of=NAMES["energy"]))
        else:
            total += (1 if flow.direction == "in" else -1) * found.value * crossing.share
    if not any_told:
        lacks.append(_problem("intensity.nothing_told", firm.id, of=NAMES["energy"]))
    return Quantity("energy", None if lacks else total, "GJ", tuple(lacks))


def _sum(firm: Firm, name: str, entries: Iterable[Entry], told: bool, *names: str) -> Quantity:
    """Return the sum of some accounts of material flows [t/a]; of water a tonne is a cubic metre."""
    total, lacks = 0.0, []
    for entry in entries:
        share = sum(entry.accounts.get(n, 0.0) for n in names)
        if share and entry.link.amount is None:
            lacks.append(_problem("intensity.no_amount", firm.id, flow=entry.link.flow.given, of=NAMES[name]))
        elif share and entry.link.amount is not None:
            total += share * entry.link.amount.value
        elif "form_unknown" in entry.accounts and name != "water":
            lacks.append(_problem("intensity.no_amount", firm.id, flow=entry.link.flow.given, of=NAMES[name]))
    if not told:
        lacks.append(_problem("intensity.nothing_told", firm.id, of=NAMES[name]))
    return Quantity(name, None if lacks else total, UNITS[name], tuple(lacks))


def _co2(own: Inventory, firm: Firm, year: int, grid: str) -> Quantity:
    """Return CO2 of scopes 1 and 2 without biogenic [tCO2/a]."""
    found = emission_inventory(own, year, grid=grid)
    lacks = [u.problem for u in found.unknowns]
    bought = any(f.role == "electricity" and f.direction == "in" and f.year == year for f in own.flows)
    if bought and not grid:
        lacks.append(_problem("intensity.no_grid", firm.id))
    sums = found.by_firm()
    if firm.id not in sums or not any(f.role in (*CARRIERS, "raw material") and f.year == year for f in own.flows):
        lacks.append(_problem("intensity.nothing_told", firm.id, of=NAMES["co2"]))
    return Quantity("co2", None if lacks else sums[firm.id].value_t, "tCO2", tuple(lacks))


def _told(firm: Firm, name: str, figure: Figure | None) -> Quantity:
    if figure is None:
        return _plain(firm, name, None)
    unit = UNITS[name]
    return _plain(firm, name, figure.to(f"{unit}/a") if same_dimension(figure.unit, f"{unit}/a") else figure.to(unit))


def _plain(firm: Firm, name: str, value: float | None) -> Quantity:
    lacks = () if value is not None else (_problem("intensity.not_told", firm.id, of=NAMES[name]),)
    return Quantity(name, value, UNITS[name], lacks)
