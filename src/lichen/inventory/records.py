"""An inventory as plain rows by the dictionary's columns."""

from __future__ import annotations

from typing import Any

from lichen.inventory.dictionary import Entity
from lichen.inventory.values import Firm, Flow, Inventory, Process


def as_records(inventory: Inventory) -> dict[Entity, list[dict[str, Any]]]:
    """Return the rows of each entity by column key; what is not given is ``None``."""
    return {
        "firm": [_firm(f) for f in inventory.firms], "process": [_process(p) for p in inventory.processes],
        "flow": [_flow(f) for f in inventory.flows],
    }  # fmt: skip


def _firm(firm: Firm) -> dict[str, Any]:
    place = firm.place
    return {
        "id": firm.id, "name": firm.name, "industry": firm.industry, "latitude": place and place.latitude,
        "longitude": place and place.longitude, "datum": place and place.datum, "employees": firm.employees,
        "revenue": firm.revenue, "size": firm.size or None, "disclosure": firm.disclosure,
    }  # fmt: skip


def _process(process: Process) -> dict[str, Any]:
    return {
        "firm": process.firm, "id": process.id, "name": process.name, "product": process.product or None,
        **_pair("capacity", process.capacity), **_pair("output", process.output), "hours": process.hours,
        "season": _months(process.season), "closed": "; ".join(process.closed) or None,
    }  # fmt: skip


def _flow(flow: Flow) -> dict[str, Any]:
    q = flow.quantity
    half = None if q.high is None or not q.value else (q.high / q.value - 1) * 100
    return {
        "firm": flow.firm, "process": flow.process or None, "direction": flow.direction, "role": flow.role,
        "material": flow.given, "quantity": q.value, "quantity unit": q.unit, "year": flow.year, "quality": q.kind,
        "pedigree": "; ".join(map(str, flow.pedigree)) or None,
        "uncertainty": None if half is None else round(half, 9), "moisture": _percent(flow.moisture),
        "composition": "; ".join(f"{k} {v * 100:.12g}" for k, v in flow.composition.items()) or None,
        **_pair("heating_value", flow.heating_value), "temperature": flow.temperature, "pressure": flow.pressure,
        "phase": flow.phase or None, "hazard": flow.hazard or None, "fate": flow.fate or None,
        "partner": flow.partner or None, **_pair("price", flow.price), **_pair("stock", flow.stock),
        "from_stock": _percent(flow.from_stock), "months": _months(flow.months), "source": q.source,
        "given_by": flow.given_by or None, "given_on": flow.given_on or None, "disclosure": flow.disclosure or None,
        "note": flow.note or None,
    }  # fmt: skip


def _percent(share: float | None) -> float | None:
    return None if share is None else float(f"{share * 100:.12g}")


def _months(shares: tuple[float, ...]) -> str | None:
    return "; ".join(repr(m) for m in shares) or None


def _pair(name: str, value: tuple[float, str] | None) -> dict[str, Any]:
    return {name: value[0] if value else None, f"{name} unit": value[1] if value else None}
