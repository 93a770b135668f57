"""What is said of an opportunity: why it stands where it does, what to ask, what would make it better.

Each is a note with words in both languages (``messages/discover.toml``).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from lichen.discover.gains import price
from lichen.discover.streams import UNTOLD
from lichen.discover.values import Opportunity
from lichen.discover.water_quality import stand_ins
from lichen.errors import Problem, Where
from lichen.figures import Text
from lichen.inventory.values import Inventory
from lichen.knowledge.values import CITY, Case, Knowledge
from lichen.vocabulary.materials import match_material, material, material_text
from lichen.vocabulary.meaning import NameModel


@functools.lru_cache(65_536)
def _note(code: str, where: Where | None = None, /, **values: object) -> Problem:
    """Return a note; two that say the same of the same place are one object, for many opportunities share them."""
    return Problem(code, where or Where(), "note", values)


@functools.lru_cache(65_536)
def _at(firm: str) -> Where:
    return Where(key=firm)


def _once(notes: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return notes without those that say the same of the same place."""
    return tuple({id(note): note for note in notes}.values())


def _short(case: Case) -> Text:
    """Return the place of a case: what stands before the colon of its name."""
    return Text(case.name.en.split(":")[0], case.name.zh.split("：")[0])


def reasons(one: Opportunity, base: Knowledge) -> tuple[Problem, ...]:
    """Return why an opportunity is one."""
    return _once(_reasons(one, base))


def _reasons(one: Opportunity, base: Knowledge) -> Iterator[Problem]:
    known = base.known(one.types)
    if one.way == "documented":
        states = {e.status for item in known for e in item.evidence}
        done = [c for item in known for e in item.evidence if e.case and (c := base.cases.get(e.case))
                and e.status == ("implemented" if "implemented" in states else e.status)]  # fmt: skip
        cases = list(dict.fromkeys(done))
        code = "discover.implemented" if "implemented" in states else "discover.documented"
        if cases:
            yield _note(code, cases=tuple(_short(c) for c in cases[:6]))
        else:
            yield _note("discover.known_type", name=known[0].name)
    elif one.supposed:
        yield _note("discover.usual_input", material=material_text(one.replaces))
    elif one.way == "same material":
        yield _note("discover.same_material", material=material_text(one.replaces))
    elif one.way == "known substitute" and one.demand is not None:
        yield _note("discover.known_substitute", material=material_text(one.replaces))
    elif one.way == "known substitute" and known[0].id in base.listed:
        yield _note("discover.listed", name=known[0].name)
    elif one.way == "known substitute":
        yield _note("discover.known_receiver", name=known[0].name)
    elif one.likeness is not None:
        like = one.likeness
        yield _note("discover.by_names", material=material_text(like.material), model=like.model,
                    similarity=f"{like.similarity:.2f}", types=tuple(t.name for t in known))  # fmt: skip
    elif one.way == "similar" and known:
        yield _note("discover.similar", name=known[0].name)
    elif one.way == "similar":
        yield _note("discover.akin", material=material_text(one.replaces))
    else:
        yield _note("discover.good_enough", material=material_text(one.replaces))
    if one.doubtful:
        yield _note("discover.doubtful", material=material_text(one.replaces))
    elif one.fit == "possible" and not one.supposed:
        yield _note("discover.only_possible")
    for limit in one.limits if one.bounded else ():
        yield _note(f"discover.limited_by_{limit}")
    for item in known:
        if item.additionality.en:
            yield _note("discover.additionality", text=item.additionality)
        if item.hazard.en:
            yield _note("discover.hazard", text=item.hazard)
    if one.supply.used.value > 0:
        share = one.supply.used.value / (one.supply.used.value + one.supply.unused.value)
        yield _note("discover.partly_used", share=f"{share:.0%}")
    if material(one.stream).hazard == "yes" or any(f.hazard == "yes" for f in one.supply.flows):
        yield _note("discover.hazardous", material=material_text(one.stream))


def questions(one: Opportunity) -> tuple[Problem, ...]:
    """Return what must be asked before anybody decides."""
    return _once(_questions(one))


def _questions(one: Opportunity) -> Iterator[Problem]:
    donor, receiver = _at(one.donor.id), _at(one.receiver.id)
    for item in one.checks:
        if item.verdict == "ask":
            if item.condition.asked_of == "receiver":
                yield _note("discover.ask_plant", receiver, ask=item.condition.ask)
            else:
                yield _note("discover.ask_condition", donor, ask=item.condition.ask)
    yield from _quality_questions(one)
    if one.demand is None and one.receiver.industry != CITY and one.replaces:
        yield _note("discover.ask_demand", receiver, material=material_text(one.replaces))
    if one.rate is None and not one.supposed:
        yield _note("discover.ask_rate", receiver, material=material_text(one.stream))
    if one.demand is not None and one.rate and price(one.demand) is None:
        yield _note("discover.ask_price", receiver, material=material_text(one.demand.material))
    if one.supply.kind == "estimated":
        yield _note("discover.ask_supply", donor, material=material_text(one.stream))
    if one.demand is not None and one.demand.kind == "estimated":
        yield _note("discover.ask_estimated_demand", receiver, material=material_text(one.demand.material))
    if all(f.fate in UNTOLD for f in one.supply.idle):
        yield _note("discover.ask_fate", donor, material=material_text(one.stream))
    for code in one.misplaced if one.distance_km is None else ():
        yield _note("discover.ask_far_place", _at(code))
    if one.distance_km is None and not one.misplaced and one.receiver.industry != CITY:
        yield _note("discover.ask_place", donor if one.donor.place is None else receiver)


def _quality_questions(one: Opportunity) -> Iterator[Problem]:
    """Yield what must hold so that a water or a heat is good enough, where it is not known to be."""
    if one.way == "water quality":
        for row in stand_ins(one.replaces):
            if row.water == one.stream:
                yield _note("discover.ask_condition", _at(one.donor.id), ask=row.condition)
    if one.demand is None or any(f.role != "heat" for f in one.supply.idle):
        return
    if all(f.temperature is None for f in one.demand.flows):
        yield _note("discover.ask_need_temperature", _at(one.receiver.id),
                    material=material_text(one.demand.material))  # fmt: skip
        if any(f.temperature is None for f in one.supply.idle):
            yield _note("discover.ask_temperature", _at(one.donor.id), material=material_text(one.stream))


def remedies(one: Opportunity, base: Knowledge) -> tuple[Problem, ...]:
    """Return what would make an opportunity better."""
    return _once(_remedies(one, base))


def _remedies(one: Opportunity, base: Knowledge) -> Iterator[Problem]:
    known = base.known(one.types)
    steps = {t.id: t.name for item in known for t in item.treatment}
    if steps:
        yield _note("discover.treatment", steps=tuple(steps.values()))
    for item in one.checks:
        if item.verdict == "not met":
            yield _note("discover.not_met", ask=item.condition.ask)
    if one.bounded and one.limits == ("supply",) and one.demand is not None:
        yield _note("discover.more_donors", material=material_text(one.stream))
    if "cap" in one.limits or one.limits == ("demand",):
        yield _note("discover.more_receivers", material=material_text(one.stream))
    if "months" in one.limits:
        yield _note("discover.storage")


def name_questions(inventory: Inventory, year: int, names: NameModel | None = None) -> tuple[Problem, ...]:
    """Return a question for each flow whose material is not in the vocabulary: it can be matched with nothing.

    Parameters
    ----------
    inventory, year
        Flows of a year.
    names
        A model that proposes names that are spelled otherwise, beside those that are spelled alike.
    """
    found = []
    for flow in inventory.flows:
        if flow.year == year and not flow.material:
            spelled = match_material(flow.given, most=3)
            near = [m.name for m in spelled]
            where = Where(key=" · ".join(part for part in (flow.firm, flow.process) if part))
            meant = (
                [m for m in names.nearest(flow.given, 3) if m.code not in {s.code for s in spelled}] if names else []
            )
            found.append(_note("discover.ask_name", where, name=flow.given, near=tuple(near or "–"),
                               meant=tuple(f"{m.name} ({m.score:.0f} %)" for m in meant),
                               model=names.name if names else ""))  # fmt: skip
    return _once(found)
