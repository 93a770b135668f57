"""Pictures of a park's flows: where its mass, energy or water comes from, who hands it to whom, where it ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from lichen.inventory.amounts import amount, is_water
from lichen.inventory.partners import firms_by_name, handovers, partner_of
from lichen.inventory.values import Firm, Flow, Inventory
from lichen.report import svg
from lichen.report.sankey import SankeyKind, SankeyLink, SankeyNode, sankey
from lichen.report.svg import Caption
from lichen.report.texts import Words
from lichen.vocabulary.industries import industry
from lichen.vocabulary.materials import material, materials

By = Literal["firm", "sector"]
SHOWN_UNITS: Mapping[str, str] = {"mass": "kt/a", "water": "kt/a", "energy": "TJ/a"}
MOST_UNITS: Mapping[By, int] = {"firm": 16, "sector": 14}
"""Units drawn by name; the smaller ones are added up."""
LEAST = 0.002
"""Flows below this share of the largest are left out of the picture, and the picture says so."""
OTHERS = "unit others"
"""Node of the units that are added up."""
SOURCES = {"fuel": "from_fuel", "electricity": "from_power", "heat": "from_power", "water": "from_water"}
ENDS = {
    "sold": "end_used", "given away": "end_used", "reused on site": "end_used", "treated": "end_treated",
    "incinerated": "end_treated", "landfill": "end_stored", "stored": "end_stored", "discharged": "end_nature",
    "unknown": "end_unknown", "": "end_unknown",
}  # fmt: skip


@dataclass(frozen=True)
class _Stream:
    source: str
    target: str
    value: float
    kind: str
    label: str


def park_sankey(inventory: Inventory, year: int, layer: str, by: By, words: Words, width: float = 960) -> str:
    """Return the park's flows in one layer as a Sankey diagram; empty if there are none.

    Parameters
    ----------
    inventory, year
        The flows of a year.
    layer
        "mass" (without water), "energy", "water", or an element.
    by
        Whether firms or sectors (divisions of GB/T 4754) are the nodes.
    words
        Words of the page's language.
    width
        Width of the picture [px].
    """
    found = _streams(inventory, year, layer, by)
    if not found:
        return ""
    names = _names(inventory, by, words)
    units = {end for s in found for end in (s.source, s.target) if end in names}
    merged = _merged(found, units - _largest(found, units, MOST_UNITS[by]))
    top = max(s.value for s in merged)
    shown = [s for s in merged if s.value >= LEAST * top]
    unit = SHOWN_UNITS.get(layer, "kt/a")
    ends = dict.fromkeys(end for s in shown for end in (s.source, s.target))
    nodes = [SankeyNode(i, names[i]) if i in names else SankeyNode(i, words(i), colour=svg.MUTED) for i in ends]
    links = [SankeyLink(s.source, s.target, s.value, material_name(s.label, words), s.kind) for s in shown]
    caption = Caption(words(f"sankey_{layer}") if layer in SHOWN_UNITS else words("sankey_element", name=layer),
                      words("sankey_lead"), unit=unit, width=width)  # fmt: skip
    return sankey(caption, nodes, links, _kinds(words))


def _kinds(words: Words) -> tuple[SankeyKind, ...]:
    return (
        SankeyKind("input", words("kind_input"), "#8FA3B0"),
        SankeyKind("product", words("kind_product"), svg.BETTER),
        SankeyKind("exchange", words("kind_exchange"), "#2F8F6B"),
        SankeyKind("waste", words("kind_waste"), svg.WORSE),
    )


def _streams(inventory: Inventory, year: int, layer: str, by: By) -> list[_Stream]:
    known = firms_by_name(inventory)
    unit = {f.id: _unit(f, by) for f in inventory.firms}
    scale = 1e-3
    found: list[_Stream] = []
    flows = [f for f in inventory.flows if f.year == year and not (layer == "mass" and is_water(f))]
    for flow in flows:
        value = amount(flow, layer)
        if value is None or value.value <= 0 or partner_of(flow, known):
            continue
        found.append(_outside(flow, unit[flow.firm], value.value * scale))
    for h in handovers(flows, known):
        told = [a.value for f in (h.out or h.into) if (a := amount(f, layer)) is not None]
        if not h.internal and sum(told) > 0:
            kind = "product" if all(f.role == "product" for f in h.out) and h.out else "exchange"
            found.append(_Stream(unit[h.donor], unit[h.receiver], sum(told) * scale, kind, h.material))
    return found


def _unit(firm: Firm, by: By) -> str:
    """Return the node of a firm: no end has a blank in its name."""
    return f"unit {firm.id if by == 'firm' else firm.industry[:2]}"


def _outside(flow: Flow, unit: str, value: float) -> _Stream:
    """Return a flow from or to outside the park."""
    if flow.direction == "in":
        return _Stream(SOURCES.get(flow.role, "from_materials"), unit, value, "input", "")
    if flow.role == "product" and flow.fate in ("", "sold", "unknown"):
        return _Stream(unit, "end_product", value, "product", "")
    end = "end_nature" if flow.role == "emission" else ENDS[flow.fate]
    return _Stream(unit, end, value, "exchange" if end == "end_used" else "waste", "")


def _largest(streams: Iterable[_Stream], units: set[str], most: int) -> set[str]:
    """Return the units with the largest throughput; all of them if there are no more than ``most``."""
    size = dict.fromkeys(sorted(units), 0.0)
    for stream in streams:
        for end in (stream.source, stream.target):
            if end in size:
                size[end] += stream.value
    ranked = sorted(size, key=lambda u: -size[u])
    return set(ranked if len(ranked) <= most else ranked[: most - 1])


def _merged(streams: Iterable[_Stream], small: set[str]) -> list[_Stream]:
    """Add up streams with the same ends and kind; small units become one."""
    sums: dict[tuple[str, str, str], float] = {}
    labels: dict[tuple[str, str, str], dict[str, float]] = {}
    for s in streams:
        key = (OTHERS if s.source in small else s.source, OTHERS if s.target in small else s.target, s.kind)
        sums[key] = sums.get(key, 0.0) + s.value
        mine = labels.setdefault(key, {})
        mine[s.label] = mine.get(s.label, 0.0) + s.value
    return [
        _Stream(*key[:2], value, key[2], max(labels[key], key=lambda name: labels[key][name]))
        for key, value in sums.items()
    ]


def _names(inventory: Inventory, by: By, words: Words) -> dict[str, str]:
    return {OTHERS: words("other_units")} | {
        _unit(f, by): f.name if by == "firm" else industry(f.industry[:2]).name(words.lang) for f in inventory.firms
    }


def material_name(code: str, words: Words) -> str:
    """Return the name of a material in the page's language; a name outside the vocabulary stays as it was given."""
    return material(code).name(words.lang) if code in {m.code for m in materials()} else code
