"""What is said of an opportunity: why it stands where it does, what to ask, what would make it better.

Each is a note with words in both languages (``messages/discover.toml``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lichen.discover.values import Opportunity
from lichen.errors import Problem, Where
from lichen.inventory.values import Inventory
from lichen.knowledge.values import CITY, Knowledge
from lichen.vocabulary.materials import match_material, material


def _note(code: str, where: Where | None = None, /, **values: object) -> Problem:
    return Problem(f"discover.{code}", where or Where(), "note", values)


def _once(notes: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return notes without those that say the same of the same place."""
    return tuple({note.text("en"): note for note in notes}.values())


def _names(code: str) -> dict[str, str]:
    """Return the name of a material in both languages, as messages take them."""
    found = material(code)
    return {"material": found.name_en, "material_zh": found.name_zh}


def reasons(one: Opportunity, base: Knowledge) -> tuple[Problem, ...]:
    """Return why an opportunity is one."""
    return _once(_reasons(one, base))


def _reasons(one: Opportunity, base: Knowledge) -> Iterator[Problem]:
    known = [base.types[name] for name in one.types if name in base.types]
    if one.way == "documented":
        states = {e.status for item in known for e in item.evidence}
        done = [c for item in known for e in item.evidence if e.case and (c := base.cases.get(e.case))
                and e.status == ("implemented" if "implemented" in states else e.status)]  # fmt: skip
        cases = list(dict.fromkeys(done))
        name = "implemented" if "implemented" in states else "documented"
        if cases:
            yield _note(name, cases=[c.name.en.split(":")[0] for c in cases][:6],
                        cases_zh=[c.name.zh.split("：")[0] for c in cases][:6])  # fmt: skip
        else:
            yield _note("known_type", name=known[0].name.en, name_zh=known[0].name.zh)
    elif one.way == "same material":
        yield _note("same_material", **_names(one.replaces))
    elif one.way == "known substitute":
        yield _note("known_substitute", **_names(one.replaces))
    else:
        yield _note("good_enough", **_names(one.replaces))
    if one.fit == "possible":
        yield _note("only_possible")
    for limit in one.limits:
        yield _note(f"limited_by_{limit}")
    for item in known:
        if item.additionality.en:
            yield _note("additionality", text=item.additionality.en, text_zh=item.additionality.zh)
        if item.hazard.en:
            yield _note("hazard", text=item.hazard.en, text_zh=item.hazard.zh)
    if one.supply.used.value > 0:
        share = one.supply.used.value / (one.supply.used.value + one.supply.unused.value)
        yield _note("partly_used", share=f"{share:.0%}")
    if material(one.stream).hazard == "yes" or any(f.hazard == "yes" for f in one.supply.flows):
        yield _note("hazardous", **_names(one.stream))


def questions(one: Opportunity) -> tuple[Problem, ...]:
    """Return what must be asked before anybody decides."""
    return _once(_questions(one))


def _questions(one: Opportunity) -> Iterator[Problem]:
    donor, receiver = Where(key=one.donor.id), Where(key=one.receiver.id)
    for item in one.checks:
        if item.verdict == "ask":
            yield _note("ask_condition", donor, ask=item.condition.ask.en, ask_zh=item.condition.ask.zh)
    if one.demand is None and one.receiver.id != CITY and one.replaces:
        yield _note("ask_demand", receiver, **_names(one.replaces))
    if one.rate is None:
        yield _note("ask_rate", receiver, **_names(one.stream))
    if one.supply.kind == "estimated":
        yield _note("ask_supply", donor, **_names(one.stream))
    if one.demand is not None and one.demand.kind == "estimated":
        yield _note("ask_estimated_demand", receiver, **_names(one.demand.material))
    if all(f.fate in ("", "unknown") for f in one.supply.flows):
        yield _note("ask_fate", donor, **_names(one.stream))
    if one.distance_km is None and one.receiver.id != CITY:
        yield _note("ask_place", donor if one.donor.place is None else receiver)


def remedies(one: Opportunity, base: Knowledge) -> tuple[Problem, ...]:
    """Return what would make an opportunity better."""
    return _once(_remedies(one, base))


def _remedies(one: Opportunity, base: Knowledge) -> Iterator[Problem]:
    known = [base.types[name] for name in one.types if name in base.types]
    steps = {t.id: t.name for item in known for t in item.treatment}
    if steps:
        yield _note("treatment", steps=[s.en for s in steps.values()], steps_zh=[s.zh for s in steps.values()])
    for item in one.checks:
        if item.verdict == "not met":
            yield _note("not_met", ask=item.condition.ask.en, ask_zh=item.condition.ask.zh)
    if one.limits == ("supply",) and one.demand is not None:
        yield _note("more_donors", **_names(one.stream))
    if "cap" in one.limits or one.limits == ("demand",):
        yield _note("more_receivers", **_names(one.stream))
    if "months" in one.limits:
        yield _note("storage")


def name_questions(inventory: Inventory, year: int) -> tuple[Problem, ...]:
    """Return a question for each flow whose material is not in the vocabulary: it can be matched with nothing."""
    found = []
    for flow in inventory.flows:
        if flow.year == year and not flow.material:
            near = [m.name for m in match_material(flow.given, most=3)]
            where = Where(key=" · ".join(part for part in (flow.firm, flow.process) if part))
            found.append(_note("ask_name", where, name=flow.given, near=near or ["–"]))
    return _once(found)
