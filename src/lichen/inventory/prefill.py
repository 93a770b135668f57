"""What a firm of an industry usually has: rows to start a survey from, quantities left to the firm."""

from __future__ import annotations

from typing import Any

from lichen.errors import Language
from lichen.inventory.dictionary import Entity, field
from lichen.inventory.values import ROLES
from lichen.units import parse_unit
from lichen.vocabulary.materials import material
from lichen.vocabulary.profiles import profiles


def usual_rows(industry: str, lang: Language) -> dict[Entity, list[dict[str, Any]]]:
    """Return processes and flows that an industry usually has, from the vocabulary's profiles; empty if it has none.

    Names are filled, quantities are not: what a plant has is for the plant to say.

    Parameters
    ----------
    industry
        Code of GB/T 4754-2017.
    lang
        Language of the names.

    Raises
    ------
    LabelError
        If there is no such industry.
    """
    found = profiles(industry)
    processes = [{"id": name, "name": name} for name in dict.fromkeys(p.process for p in found)]
    flows = []
    for p in found:
        if p.role in ROLES and p.material:
            named = material(p.material)
            name = named.name_zh if lang == "zh" else named.name_en
            row = {"process": p.process, "direction": p.direction, "role": p.role, "material": name,
                   "quantity unit": _unit_of(p.ratio.unit)}  # fmt: skip
            if row not in flows:
                flows.append(row)
    return {"process": processes, "flow": flows}


def _unit_of(ratio: str) -> str:
    """Return the yearly unit of a ratio's numerator that the survey offers: t/t → t/a; empty if there is none."""
    offered = field("flow", "quantity").units
    wanted = f"{ratio.split('/')[0]}/a"
    known = {str(parse_unit(unit)): unit for unit in offered}
    return known.get(str(parse_unit(wanted)), "")
