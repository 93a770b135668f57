"""What a firm of an industry usually has: rows to start a survey from, quantities left to the firm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen.errors import Language
from lichen.figures import Text
from lichen.inventory._activity import TAKEN, Group, groups
from lichen.inventory.dictionary import Entity
from lichen.vocabulary.industries import industry
from lichen.vocabulary.materials import Material, below, descends, material
from lichen.vocabulary.profiles import Profile, profiles

Row = dict[str, Any]
UNITS = {
    "mass": Text("t/a"), "gas": Text("Nm3/a", "万Nm3/年"), "water": Text("m3/a"), "heat": Text("GJ/a"),
    "electricity": Text("MWh/a", "万kWh/年"), "": Text(""),
}  # fmt: skip
"""Units that firms have on their meters and scales, by what is counted."""
_BY_VOLUME = ("gas.fuel", "gas.hydrogen", "gas.oxygen", "gas.nitrogen", "gas.argon", "gas.flue")
"""Gases that are metered; others are also weighed."""
_PARTS = ("composition of municipal waste",)
"""What profiles list as a process and is the parts of another flow."""
_ROLES = {"coal.raw": "fuel", "waste.msw": "waste", "water.sewage": "waste"}
"""Roles of what a plant takes in and its profile counts by; others are raw materials."""
_KIND = Text("Name the material; it is a kind of “{group}”{some}.", "请填写具体物料：属于“{group}”{some}。")
_SUCH = Text(", e.g. {some}", "，如{some}")
_SOME = 3
"""Materials that a note names as examples of a group."""


def usual_rows(code: str, lang: Language) -> dict[Entity, list[Row]]:
    """Return the industry, and the processes and flows that it usually has by the vocabulary's profiles.

    Names are filled, quantities are not: what a plant has is for the plant to say. Where a profile names a group of
    materials, the material is left to the firm and the note says which kind is meant.

    Parameters
    ----------
    code
        Code of GB/T 4754-2017.
    lang
        Language of the names.

    Returns
    -------
    dict
        Rows by entity; of an industry without a profile only the row of the firm.

    Raises
    ------
    LabelError
        If there is no such industry.
    """
    found: dict[Entity, list[Row]] = {"firm": [{"industry": industry(code).code}], "process": [], "flow": []}
    processes: dict[str, Row] = {}
    flows: dict[tuple[str, str, str], tuple[int, Row]] = {}
    for group in groups(profiles(code)):
        first = group.first
        if first.process in _PARTS:
            continue
        row = processes.setdefault(first.process, {"id": first.process, "name": first.process_name.text(lang)})
        if first.activity and not group.taken:
            row.setdefault("product", material(first.activity).name(lang))
        for rank, direction, role, of in _flows(group):
            made = _flow(first, direction, role, of, lang)
            flows.setdefault((first.process, direction, of), (rank, made))
    order = list(processes)
    ranked = sorted(flows.values(), key=lambda one: (order.index(one[1]["process"]), one[0]))
    found["process"], found["flow"] = list(processes.values()), [row for _, row in ranked]
    return found


def _flows(group: Group) -> Iterator[tuple[int, str, str, str]]:
    """Yield rank, direction, role and material of what a group counts by (0), takes (1) and gives (2)."""
    first = group.first
    if first.activity and (first.industry, first.activity) not in TAKEN:
        yield 0, "out", "electricity" if first.activity == "electricity" else "product", first.activity
    elif first.activity and first.basis != "removed":
        role = _ROLES.get(first.activity, "raw material")
        if not any((p.direction, p.role) == ("in", role) for p in profiles(first.industry)):
            yield 0, "in", role, first.activity
    for p in group.rows:
        yield 1 if p.direction == "in" else 2, p.direction, p.role, p.material


def _flow(of: Profile, direction: str, role: str, code: str, lang: Language) -> Row:
    meant = material(code)
    unit = UNITS["electricity"].text(lang) if role == "electricity" else usual_unit(meant, lang)
    row: Row = {"process": of.process, "direction": direction, "role": role, "material": meant.name(lang),
                "quantity unit": unit}  # fmt: skip
    if meant.group:
        row |= {"material": None, "note": _which(meant, of.industry if direction == "out" else "", lang)}
    return row


def _which(group: Material, maker: str, lang: Language) -> str:
    """Return what a firm is asked where a group is meant, with some examples; of an output those of its industry."""
    kinds = [m for m in map(material, below(group.code)) if not m.group and (not maker or m.gbt4754 == maker)]
    some = ("、" if lang == "zh" else ", ").join(m.name(lang) for m in kinds[:_SOME])
    such = _SUCH.text(lang).format(some=some) if some else ""
    return _KIND.text(lang).format(group=group.name(lang), some=such)


def usual_unit(meant: Material, lang: Language) -> str:
    """Return the unit in which firms usually count a material or energy carrier; empty where that is not sure."""
    if not meant.group:
        return UNITS[_counted(meant)].text(lang)
    ways = {_counted(material(c)) for c in below(meant.code) if not material(c).group}
    return UNITS[ways.pop() if len(ways) == 1 else ""].text(lang)


def _counted(meant: Material) -> str:
    """Return by what a material is counted: a key of :data:`UNITS`."""
    if meant.form in ("solid", "liquid") or descends(meant.code, "heat.steam") or meant.role == "emission":
        return "gas" if meant.code == "gas.flue" else "mass"
    if meant.form == "gas":
        return "gas" if any(descends(meant.code, gas) for gas in _BY_VOLUME) else ""
    return meant.form
