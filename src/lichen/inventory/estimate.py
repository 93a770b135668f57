"""A start with little data: sector profiles estimate what a firm did not fill in, or say what to ask it.

An estimate is a flow of kind "estimated" whose source begins with :data:`PREFIX`. It stands only where the firm tells
how much it made (or took in, as the profile counts) and nothing of the flow itself. Nothing is stored: who needs
estimates makes them anew, so that a flow the firm tells later takes the place of the estimate by itself.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from lichen.figures import KINDS, Figure, Kind, Text
from lichen.inventory._activity import (
    BASES,
    TAKEN,
    Activity,
    Case,
    Group,
    Question,
    cases,
    choose,
    groups,
    measure,
    of_year,
    told,
)
from lichen.inventory.amounts import amount, is_water, unit_of
from lichen.inventory.values import Direction, Flow, Inventory
from lichen.numerals import shown
from lichen.units import same_dimension
from lichen.vocabulary.materials import descends, material, material_named, material_text
from lichen.vocabulary.profiles import Profile, profiles

__all__ = ["FAR", "PREFIX", "Estimated", "Question", "Shares", "estimate", "is_estimate", "share_by_kind"]

PREFIX = "profile: "
"""What the source, and the note, of an estimated flow begin with."""
FAR = 2.0
"""How many times beyond the usual range a told flow may lie before it is asked about: our choice."""
_SUM = "not to be added"
"""Words in the note of a row that checks the sum of others."""
_PEOPLE = Text("people served", "服务人口")


@dataclass(frozen=True)
class Estimated:
    """An inventory with estimates, and what is left to ask.

    Parameters
    ----------
    inventory
        What was told, with the estimates added.
    added
        The estimates alone.
    questions
        What could not be estimated, and what was told far from the usual.
    """

    inventory: Inventory
    added: tuple[Flow, ...]
    questions: tuple[Question, ...]


def is_estimate(flow: Flow) -> bool:
    """Whether a flow was filled in from a sector profile."""
    return flow.kind == "estimated" and flow.quantity.source.startswith(PREFIX)


def estimate(inventory: Inventory, year: int) -> Estimated:
    """Return an inventory in which sector profiles fill what firms did not tell of a year.

    A process that is declared completely listed for mass is left as it is.

    Parameters
    ----------
    inventory
        What firms told; estimates of an earlier call do not count as told.
    year
        The year to fill.

    Returns
    -------
    Estimated
        Every flow that was told stays as it is. Questions stand in the order of the firms.

    Raises
    ------
    LabelError
        A firm's industry is not in GB/T 4754-2017.
    """
    own = replace(inventory, flows=tuple(f for f in inventory.flows if not is_estimate(f)))
    added: list[Flow] = []
    questions: list[Question] = []
    listed = {(p.firm, p.id) for p in own.processes if "mass" in p.closed}
    for case in cases(own, year):
        flows, asked = _fill(case, year)
        added += (f for f in flows if (f.firm, f.process) not in listed)
        questions += asked
    return Estimated(replace(own, flows=(*own.flows, *added)), tuple(added), tuple(questions))


@dataclass(frozen=True)
class _Usual:
    """What a row of a profile makes of an activity: a flow."""

    row: Profile
    activity: Activity
    flow: Flow


def _fill(case: Case, year: int) -> tuple[list[Flow], list[Question]]:
    """Return the estimates for one firm, and what to ask it."""
    code = case.firm.industry
    rows = profiles(code) if code else ()
    fitting = [p for p in rows if code.startswith(p.industry)]
    if rows and not fitting:
        classes = list(dict.fromkeys(p.industry for p in rows))
        return [], [case.ask("estimate.industry", code=code, classes=classes)]
    found, questions = _activities(case, groups(fitting))
    usual = [u for a in found for u in _usual(case, a, year)]
    before = _before(case, {p.activity for p in fitting})
    added: list[Flow] = []
    for u in usual:
        if _is_told(case, u):
            continue
        about = _to_ask(u.row, fitting) or ("estimate.bought" if (u.row.direction, u.row.material) in before else "")
        if about and _SUM not in u.row.ratio.note:
            said = {"amount": shown(u.flow.quantity.value), "unit": u.flow.quantity.unit}
            questions.append(case.ask(about, u.row.material, material=material_text(u.row.material), **said))
        elif not about and u.flow.quantity.value > 0:
            added.append(u.flow)
    return _joined(added), [*questions, *_far(case, usual)]


def _activities(case: Case, all_groups: tuple[Group, ...]) -> tuple[list[Activity], list[Question]]:
    """Return the activities that a firm tells, each by the way it is done, and what to ask about them."""
    found: list[Activity] = []
    questions: list[Question] = []
    untold: list[Group] = []
    is_any = False
    known = frozenset(g.first.activity for g in all_groups)
    for code in dict.fromkeys(g.first.activity for g in all_groups):
        variants = [g for g in all_groups if g.first.activity == code]
        if all(_covered(case, p) for g in variants for p in g.rows) and not _told_any(case, variants):
            continue
        places, asked = told(case, variants[0], known)
        questions += asked
        if not places:
            untold += [] if asked else variants
            continue
        is_any = True
        split, sure = choose(case, variants, places)
        if not sure:
            ways = [g.first.process_name for g in variants]
            questions.append(case.ask("estimate.variant", code, activity=material_text(code), variants=ways))
        for group, mine in split:
            measured = measure(case, group, mine)
            if isinstance(measured, Activity):
                found.append(measured)
            elif not all(_covered(case, p) for p in group.rows):
                questions.append(measured)
    return found, [*questions, *_untold(case, untold, is_any or bool(questions))]


def _told_any(case: Case, variants: list[Group]) -> bool:
    return bool(told(case, variants[0], frozenset())[0])


def _untold(case: Case, untold: list[Group], others: bool) -> list[Question]:
    """Return one question for activities of which nothing is told: all, or what stands beside those that are told."""
    asked = [g for g in untold if not others or g.first.basis == "removed"]
    names = [_name(g) for g in asked]
    return [case.ask("estimate.activity", activities=list(dict.fromkeys(names)))] if names else []


def _name(group: Group) -> Text:
    """Return the name of an activity, with what of it is counted."""
    code, basis = group.first.activity, group.first.basis
    if not code:
        return _PEOPLE
    name = material_text(code)
    return Text(f"{name.en} ({BASES[basis].en})", f"{name.zh}（{BASES[basis].zh}）") if basis else name


def _usual(case: Case, activity: Activity, year: int) -> list[_Usual]:
    """Return what each row makes of an activity."""
    made = []
    for p in activity.group.rows:
        q = p.ratio
        low, high = (None if x is None else x * activity.value for x in (q.low, q.high))
        unit = f"{q.unit.partition('/')[0]}/a"
        figure = Figure(q.value * activity.value, unit, "estimated", PREFIX + q.source, low, high)
        note = (f"{PREFIX}{p.industry} | {p.process} | {p.activity} | {q.value:g} {q.unit} | "
                f"{activity.value:.6g} {activity.group.unit}")  # fmt: skip
        flow = Flow(
            case.firm.id, activity.process, p.direction, p.role, p.material, material(p.material).name_en, figure,
            year, moisture=0.0 if p.basis == "dry" else None, fate="unknown" if p.direction == "out" else "", note=note,
        )  # fmt: skip
        made.append(_Usual(p, activity, flow))
    return made


def _covered(case: Case, row: Profile) -> bool:
    """Whether a firm tells of a flow of this direction and material, or of one above or below it."""
    return any(
        f.direction == row.direction and (descends(f.material, row.material) or descends(row.material, f.material))
        for f in case.flows
        if f.material
    )


def _is_told(case: Case, usual: _Usual) -> bool:
    """Whether a firm tells of a flow; any other fuel (water) of its group is it too, or any of a process with one."""
    row = usual.row
    if _covered(case, row):
        return True
    if row.role not in ("fuel", "water") or row.direction != "in":
        return False
    fuels = [f.material for f in case.flows if f.direction == "in" and f.role == row.role and f.material]
    only = sum(p.role == row.role for p in usual.activity.group.rows) == 1
    parent = material(row.material).parent
    return any(only or (parent and descends(code, parent)) for code in fuels)


def _to_ask(row: Profile, fitting: Iterable[Profile]) -> str:
    """Return why a row is asked about and not filled in; empty: it is filled in."""
    if material(row.material).group:
        return "estimate.group"
    if {"where", "scrap-only"} & set(row.ratio.note.split()):  # the note says on what it depends
        return "estimate.condition"
    made = {g.first.activity for g in groups(fitting) if not g.taken}
    at_home = row.material in made or material(row.material).gbt4754 == row.industry
    return "estimate.own" if row.direction == "in" and at_home else ""


def _before(case: Case, own: set[str]) -> set[tuple[Direction, str]]:
    """Return what goes with making what a firm takes in as an intermediate and makes none of: it may all be elsewhere.

    A steelworks that takes in hot metal may have no blast furnace; then ore, coking coal and the furnace's slag are
    another firm's.
    """
    made = {f.material for f in case.flows if f.direction == "out" and f.material}
    made |= {named.code for p in case.processes if (named := material_named(p.product))}
    goods = [f for f in case.flows if f.direction == "in" and f.role in ("raw material", "fuel")]
    taken, chains = {f.material for f in goods if f.material}, _chains()
    return {
        step for code, chain in chains.items() if code not in own
        if any(descends(one, code) for one in taken) and not any(descends(one, code) for one in made)
        for step in chain
    }  # fmt: skip


@functools.cache
def _chains() -> dict[str, frozenset[tuple[Direction, str]]]:
    """Return for every material that a profile counts by what goes in and out where it is made, and before that.

    Energy and water serve every process, so they tell of none.
    """
    rows: dict[str, list[Profile]] = {}
    for p in profiles():
        made = p.activity and not p.basis and (p.industry, p.activity) not in TAKEN
        if made and material(p.activity).form not in ("heat", "electricity", "water"):
            rows.setdefault(p.activity, []).append(p)

    def chain(code: str, seen: frozenset[str]) -> frozenset[tuple[Direction, str]]:
        found: set[tuple[Direction, str]] = set()
        for p in rows.get(code, ()) if code not in seen else ():
            if p.role in ("raw material", "by-product", "waste"):
                found.add((p.direction, p.material))
            if p.direction == "in":
                found |= chain(p.material, seen | {code})
        return frozenset(found)

    return {code: chain(code, frozenset()) for code in rows}


def _joined(flows: list[Flow]) -> list[Flow]:
    """Return flows with those of equal key added up: two products that take the same material."""
    found: dict[tuple[object, ...], Flow] = {}
    for f in flows:
        first = found.get(f.key)
        found[f.key] = f if first is None else _sum(first, f)
    return list(found.values())


def _sum(a: Flow, b: Flow) -> Flow:
    p, q = a.quantity, b.quantity
    unit, ranged = p.unit, p.high is not None or q.high is not None
    lows, highs = zip(p.range_in(unit), q.range_in(unit), strict=True)
    source = p.source if p.source == q.source else f"{p.source}; {q.source.removeprefix(PREFIX)}"
    figure = Figure(p.value + q.to(unit), unit, "estimated", source, *((sum(lows), sum(highs)) if ranged else ()))
    return replace(a, quantity=figure, note=f"{a.note}; {b.note.removeprefix(PREFIX)}")


def _far(case: Case, usual: list[_Usual]) -> list[Question]:
    """Return a question for each flow that a firm tells far from what is usual."""
    questions = []
    for side, code in dict.fromkeys((u.row.direction, u.row.material) for u in usual):
        same = [u for u in usual if (u.row.direction, u.row.material) == (side, code)]
        mine = [] if material(code).group else _comparable(case, same[0].flow)
        ratio = _ratio([of_year(f) for f in mine], [u.flow for u in same]) if mine else None
        q = _joined([replace(u.flow, process="") for u in same])[0].quantity
        low, high = q.range_in(q.unit)
        if ratio is None or low / FAR <= ratio * q.value <= high * FAR:
            continue
        per, unit = (same[0].activity.value, same[0].row.ratio.unit) if len(same) == 1 else (1.0, q.unit)
        said = {k: shown(v / per) for k, v in (("found", ratio * q.value), ("low", low), ("high", high))}
        direction = Text("in", "投入") if side == "in" else Text("out", "产出")
        questions.append(
            case.ask("estimate.far", code, material=material_text(code), direction=direction, unit=unit, **said)
        )
    return questions


def _comparable(case: Case, usual: Flow) -> list[Flow]:
    """Return the flows that a firm tells of what is usual: of the material itself, else of what is below it.

    What is usual as dry mass is compared with dry mass, and electricity from heat not with the heat.
    """
    mine = [f for f in case.flows if f.direction == usual.direction and f.material]
    if usual.role in ("electricity", "heat"):
        mine = [f for f in mine if f.role == usual.role]
    same = [f for f in mine if f.material == usual.material]
    found = same or [f for f in mine if descends(f.material, usual.material)]
    if usual.moisture is None:
        return found
    if any(f.moisture is None for f in found):
        return []
    return [_dry(f) for f in found]


def _dry(flow: Flow) -> Flow:
    """Return a flow without its water."""
    q = flow.quantity
    return replace(flow, quantity=replace(q, value=q.value * (1 - (flow.moisture or 0.0)), low=None, high=None))


def _ratio(mine: list[Flow], usual: list[Flow]) -> float | None:
    """Return told over usual [1], in the first unit or layer that all can be said in; ``None``: they cannot be."""
    unit = usual[0].quantity.unit
    if all(same_dimension(f.quantity.unit, unit) for f in (*mine, *usual)):
        below = sum(f.quantity.to(unit) for f in usual)
        return sum(f.quantity.to(unit) for f in mine) / below if below else None
    for layer in ("mass", "energy"):
        values = [[amount(f, layer) for f in flows] for flows in (mine, usual)]
        above, below = (sum(a.value for a in some if a is not None) for some in values)
        if all(a is not None for some in values for a in some):
            return above / below if below else None
    return None


@dataclass(frozen=True)
class Shares:
    """How the flows of a year are known, by amount.

    Parameters
    ----------
    unit, total
        Unit of the layer, and all flows in and out together [t/a or GJ/a]; a flow that two firms tell counts twice.
    shares
        Kind → its share of the total [1]; empty if there is nothing. A flow counts as how its quantity is known.
    filled
        Share that was filled in from sector profiles [1]; part of "estimated".
    converted
        Share that needed a figure of the vocabulary (density, heating value) to be counted in this layer [1].
    unconverted
        Flows of this layer whose amount cannot be said in it.
    """

    unit: str
    total: float
    shares: Mapping[Kind, float]
    filled: float
    converted: float
    unconverted: tuple[Flow, ...]


def share_by_kind(inventory: Inventory, year: int, layer: str = "mass") -> Shares:
    """Return how much of a year's flows is measured, reported, estimated and assumed.

    Parameters
    ----------
    inventory
        Firms' flows; with those of :func:`estimate` for the headline of a result that rests on them.
    year
        The year.
    layer
        "mass" (without water, electricity and heat, which would drown or have none), "energy" (fuels, electricity,
        heat, and what has a heating value), "water", or the symbol of an element.
    """
    flows = [f for f in inventory.flows if f.year == year and _in_layer(f, layer)]
    amounts = [(f, amount(f, layer)) for f in flows]
    known = [(f, a) for f, a in amounts if a is not None]
    total = sum(a.value for _, a in known)

    def share(of: Iterable[float]) -> float:
        return sum(of) / total

    shares = {kind: share(a.value for f, a in known if f.kind == kind) for kind in KINDS} if total else {}
    filled = share(a.value for f, a in known if is_estimate(f)) if total else 0.0
    converted = share(a.value for _, a in known if a.by) if total else 0.0
    return Shares(unit_of(layer), total, shares, filled, converted, tuple(f for f, a in amounts if a is None))


def _in_layer(flow: Flow, layer: str) -> bool:
    """Whether a flow is of a layer: whether an amount that cannot be said is missing there."""
    if layer == "mass":
        return not is_water(flow) and flow.role not in ("electricity", "heat")
    if layer == "water":
        return is_water(flow) or flow.moisture is not None
    if layer == "energy":
        return flow.role in ("fuel", "electricity", "heat") or amount(flow, layer) is not None
    return amount(flow, layer) is not None
