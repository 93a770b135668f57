"""What cannot be, or hardly can, though every cell of it may stand as it is: checks of values against each other.

Each check is small, named, and looks at values only; a finding names the field at fault, and who reads a survey knows
its cell. All are warnings: something that a person must look at.
"""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lichen.inventory.amounts import HALF_WIDTH, amount, is_water, unit_of
from lichen.inventory.places import great_circle
from lichen.inventory.values import LAYER_NAMES, Firm, Flow, Process
from lichen.numerals import shown, shown_apart
from lichen.units import factor, same_dimension
from lichen.vocabulary.materials import material

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Finding:
    """What a check found: the key of the column at fault, the problem's code, and the values of its words."""

    key: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


FlowCheck = Callable[[Flow, Firm], Iterator[Finding]]
ProcessCheck = Callable[[Process, Sequence[Flow]], Iterator[Finding]]


# --- one flow ----------------------------------------------------------------------------------------------------


def electricity_is_energy(flow: Flow, firm: Firm) -> Iterator[Finding]:
    """Electricity has neither mass nor volume."""
    if _carries(flow) == "electricity" and not same_dimension(flow.quantity.unit, "GJ/a"):
        yield Finding("quantity unit", "inventory.electricity_unit", _told(flow))


def heat_is_energy(flow: Flow, firm: Firm) -> Iterator[Finding]:
    """Heat in tonnes or cubic metres says nothing of how much heat it is; steam is also weighed."""
    if flow.material and _carries(flow) == "heat" and not is_water(flow) and amount(flow, "energy") is None:
        yield Finding("quantity unit", "inventory.heat_unit", _told(flow))


def matter_has_a_mass(flow: Flow, firm: Firm) -> Iterator[Finding]:
    """A volume or an energy of matter is of little use where neither density nor heating value say its mass.

    Gases are counted by volume, so a gas is asked about only where it is told in energy.
    """
    unit = flow.quantity.unit
    if not flow.material or same_dimension(unit, "t/a") or _carries(flow) in ("electricity", "heat"):
        return
    by_volume = same_dimension(unit, "m3/a") or same_dimension(unit, "Nm3/a")
    gas = flow.phase == "gas" or (not flow.phase and _form(flow.material) == "gas")
    if not (gas and by_volume) and amount(flow, "mass") is None:
        yield Finding("quantity unit", "inventory.no_mass", _told(flow))


def heating_value_fits(flow: Flow, firm: Firm) -> Iterator[Finding]:
    """A heating value by volume says nothing of tonnes, nor one by mass of cubic metres."""
    burns = flow.role not in ("electricity", "heat", "water", "emission")
    if burns and flow.heating_value is not None and amount(flow, "energy") is None:
        values = {**_told(flow), "by": flow.heating_value[1]}
        yield Finding("heating_value unit", "inventory.heating_value_unit", values)


def no_exchange_with_oneself(flow: Flow, firm: Firm) -> Iterator[Finding]:
    """What is sold or given away goes to somebody else; what a firm uses itself is reused on site."""
    if flow.fate in ("sold", "given away") and flow.partner.casefold() in (firm.id.casefold(), firm.name.casefold()):
        yield Finding("partner", "inventory.own_partner", values={"partner": flow.partner, "fate": flow.fate})


def stock_leaves_only(flow: Flow, firm: Firm) -> Iterator[Finding]:
    """What comes in was not taken from the firm's own yard."""
    if flow.direction == "in" and flow.from_stock:
        yield Finding("from_stock", "inventory.stock_of_input")


FLOW_CHECKS: tuple[FlowCheck, ...] = (
    electricity_is_energy, heat_is_energy, matter_has_a_mass, heating_value_fits, no_exchange_with_oneself,
    stock_leaves_only,
)  # fmt: skip


@functools.cache
def _form(code: str) -> str:
    return material(code).form


def _carries(flow: Flow) -> str:
    """Return the form of a flow's material; of one that the vocabulary does not know, its role."""
    return _form(flow.material) if flow.material else flow.role


def _told(flow: Flow) -> dict[str, str]:
    return {"material": flow.given, "unit": flow.quantity.unit}


# --- a process and its flows -------------------------------------------------------------------------------------


def output_within_capacity(process: Process, flows: Sequence[Flow]) -> Iterator[Finding]:
    """A process makes no more than it can."""
    if process.capacity is None or process.output is None:
        return
    (capacity, unit), (output, spelled) = process.capacity, process.output
    if same_dimension(unit, spelled) and output * factor(spelled, unit) > capacity * (1 + _ROUNDING):
        made, most = shown(output, 6), shown(capacity, 6)
        values = {"output": f"{made} {spelled}", "capacity": f"{most} {unit}"}
        yield Finding("output", "inventory.above_capacity", values)


def closed_gives_no_more_than_it_takes(process: Process, flows: Sequence[Flow]) -> Iterator[Finding]:
    """Of what is completely listed, no more leaves a process in a year than enters it, within the uncertainty.

    What is taken from earlier years' stock did not enter in that year. A year in which nothing is told that enters, or
    in which a flow's amount is not known, is left out.
    """
    for layer in process.closed:
        for year in sorted({f.year for f in flows if f.direction == "in"}):
            own = [f for f in flows if f.year == year]
            into = _sum(layer, (f for f in own if f.direction == "in"))
            out = _sum(layer, (f for f in own if f.direction == "out"))
            if into is None or out is None:
                continue
            half = HALF_WIDTH * (into[1] ** 2 + out[1] ** 2) ** 0.5
            if out[0] - into[0] > half + _ROUNDING * out[0]:
                values = {"layer": LAYER_NAMES.get(layer, layer), "year": year, "unit": unit_of(layer)}
                values["out"], values["into"] = shown_apart(out[0], into[0])
                if lacking := _without_content(layer, own):
                    yield Finding("closed", "inventory.content_lacking", {**values, "flows": lacking})
                else:
                    yield Finding("closed", "inventory.output_above_input", {**values, "half": shown(half)})


PROCESS_CHECKS: tuple[ProcessCheck, ...] = (output_within_capacity, closed_gives_no_more_than_it_takes)


def _without_content(layer: str, flows: Iterable[Flow]) -> list[str]:
    """Return the names of what enters and does not say how much of an element, or of water, it holds."""
    if layer in ("mass", "energy"):
        return []
    entering = (f for f in flows if f.direction == "in" and _carries(f) not in ("electricity", "heat"))
    return list(dict.fromkeys(f.given for f in entering if amount(f, layer) is None))


def _sum(layer: str, flows: Iterable[Flow]) -> tuple[float, float] | None:
    """Return amount and standard deviation of flows in a layer; ``None`` if a flow's mass or energy is not known.

    In a layer that is completely listed, matter without a content of water or of an element is free of it, and what
    neither burns nor carries heat is without energy.
    """
    value = variance = 0.0
    for flow in flows:
        told = amount(flow, layer)
        if told is not None:
            share = 1 - (flow.from_stock or 0.0)
            value, variance = value + told.value * share, variance + (told.sd * share) ** 2
        elif (layer == "mass" and _carries(flow) not in ("electricity", "heat")) or (
            layer == "energy" and flow.role in ("fuel", "electricity", "heat")
        ):
            return None
    return value, variance**0.5


# --- firms -------------------------------------------------------------------------------------------------------


def doubled_names(firms: Iterable[Firm]) -> Iterator[tuple[Firm, Finding]]:
    """A registered name under two codes is likely one firm told twice, unless the two stand in different places."""
    first: dict[str, Firm] = {}
    for firm in firms:
        other = first.setdefault(firm.name.casefold(), firm)
        apart = firm.place is not None and other.place is not None and firm.place.wgs84 != other.place.wgs84
        if other is not firm and not apart:
            yield firm, Finding("name", "inventory.doubled_name", {"name": firm.name, "other": other.id})


NEAR_KM, TIMES_FARTHER, FEWEST_PLACES = 300.0, 10.0, 4
"""A firm is far from the others beyond this, and beyond so many times the middle distance; of fewer places none is."""


def far_from_others(firms: Iterable[Firm]) -> Iterator[tuple[Firm, Finding]]:
    """A firm very far from all others likely has latitude and longitude swapped, or zeros for what is not known."""
    placed = [(firm, firm.place.wgs84) for firm in firms if firm.place is not None]
    if len(placed) < FEWEST_PLACES:
        return
    middle = (statistics.median(p[0] for _, p in placed), statistics.median(p[1] for _, p in placed))
    away = [great_circle(middle, place) for _, place in placed]
    most = max(NEAR_KM, TIMES_FARTHER * statistics.median(away))
    for (firm, _), km in zip(placed, away, strict=True):
        if km > most:
            yield firm, Finding("latitude", "inventory.far_away", {"firm": firm.id, "km": shown(km, 3)})
