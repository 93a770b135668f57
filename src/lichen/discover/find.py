"""Find what firms could do together: how much, how far, what it brings, what to ask; ranked, with reasons."""

from __future__ import annotations

import gc
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from lichen.discover.anchors import anchors
from lichen.discover.distance import road_distance
from lichen.discover.gains import gains
from lichen.discover.match import Candidate, candidates, hottest
from lichen.discover.quantity import Books, books, caps, feasible, rate_of, storable
from lichen.discover.score import Carried, evidence, fit, nearness, out_of_reach, ranked, sureness, used_share
from lichen.discover.settings import Settings, setting, table
from lichen.discover.streams import demands, part_of, span_of, supplies, supposed
from lichen.discover.values import MOST_RIVALS, Check, Discovery, Opportunity, Supply
from lichen.discover.water_quality import replaceable
from lichen.discover.words import name_questions, questions, reasons, remedies
from lichen.figures import Text
from lichen.inventory.checks import far_from_others
from lichen.inventory.values import Inventory
from lichen.knowledge.conditions import Facts, check
from lichen.knowledge.values import Condition, Knowledge, Reference
from lichen.vocabulary.materials import descends, material


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the search for cycles of objects: many objects are made, none of them in a cycle, and it takes a third."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@_uncollected()
def discover(
    inventory: Inventory, year: int, base: Knowledge, settings: Settings | None = None,
    water: Mapping[str, tuple[str, ...]] | None = None,
) -> Discovery:  # fmt: skip
    """Return what the firms of an inventory could do together, best first.

    Parameters
    ----------
    inventory
        Firms and flows; estimated flows are found too, and marked.
    year
        Year of the flows that count.
    base
        What is known to work elsewhere.
    settings
        Weights, distances, the grid; default: as they ship.
    water
        Water → waters whose place it can take; default: as :mod:`lichen.discover.water_quality` says.
    """
    settings = settings or Settings()
    settings = replace(settings, misplaced=settings.misplaced | _misplaced(inventory))
    water = replaceable() if water is None else water
    there = [s for s in supplies(inventory, year) if s.unused.value > 0]
    needed = demands(inventory, year)
    types = tuple(base.types.values())
    run = _Run(books(inventory, year), base, settings)
    joined = candidates(
        there, needed, inventory.firms, (*types, *base.listed.values()), water, setting("heat_approach"),
        supposed(inventory, year), settings.names,
    )  # fmt: skip
    kept = _nearest_kin(joined, run)
    made = [found for candidate in kept if (found := _assessed(candidate, run)) is not None]
    good = ranked([o for o in made if not o.fails], settings)
    return Discovery(
        _with_rivals(good), tuple(sorted((o for o in made if o.fails), key=lambda o: o.id)),
        anchors(there, inventory.firms, types), name_questions(inventory, year, settings.names),
        len(joined) - len(kept),
    )  # fmt: skip


def _misplaced(inventory: Inventory) -> frozenset[str]:
    """Return the firms whose place is so far from all others that it is likely wrong: nothing is ranked by it."""
    return frozenset(firm.id for firm, _ in far_from_others(inventory.firms))


@dataclass(frozen=True)
class _Run:
    """What all candidates are assessed with, and what was found out once for many of them.

    Parameters
    ----------
    rows, base, settings
        Rows by firm, what is known, what was chosen.
    ways
        Ways by donor and receiver.
    checks
        Checked conditions by supply, conditions, temperature needed and distance; with the supply, so that it stays
        itself.
    """

    rows: Books
    base: Knowledge
    settings: Settings
    ways: dict[tuple[str, str], float | None] = field(default_factory=dict)
    checks: dict[tuple[Any, ...], tuple[Supply, tuple[Check, ...]]] = field(default_factory=dict)

    def way(self, one: Candidate) -> float | None:
        """Return the way between the two firms [km]; ``None``: not known, or not believed."""
        key = (one.supply.firm.id, one.receiver.id)
        if key not in self.ways:
            chosen = self.settings
            self.ways[key] = road_distance(
                one.supply.firm, one.receiver, chosen.road_factor, chosen.distances, chosen.misplaced
            )
        return self.ways[key]


def _nearest_kin(joined: Sequence[Candidate], run: _Run) -> list[Candidate]:
    """Return candidates with only the nearest of the similar ones of each stream: they are many and say little.

    Those by names alone are counted apart, so that a model takes the place of none.
    """
    similar: dict[tuple[int, str], list[Candidate]] = {}
    for one in joined:
        if one.way in ("similar", "names"):
            similar.setdefault((id(one.supply), one.way), []).append(one)
    most = round(setting("most_similar"))
    best: set[int] = set()
    for found in similar.values():
        if len(found) > most:
            found.sort(key=lambda c: _how_near(c, run))
        best.update(id(one) for one in found[:most])
    return [one for one in joined if one.way not in ("similar", "names") or id(one) in best]


def _how_near(one: Candidate, run: _Run) -> tuple[float, bool, float, str]:
    way = run.way(one)
    return -one.kinship, one.demand is None, math.inf if way is None else way, one.receiver.id


def _assessed(candidate: Candidate, run: _Run) -> Opportunity | None:
    """Return a candidate as an opportunity without score; ``None`` if it is too far or nothing could flow."""
    supply, receiver, demand, settings = candidate.supply, candidate.receiver, candidate.demand, run.settings
    distance = run.way(candidate)
    if settings.most_km and distance is not None and distance > settings.most_km:
        return None
    if out_of_reach(distance, carried(supply)):
        return None
    need = needed_temperature(candidate)
    if need is not None:
        candidate.supply = supply = _hot_part(supply, need)
    rate = rate_of(candidate)
    room = caps(candidate, run.rows) if supply.unit == "t/a" else None
    quantity, limits, months = feasible(candidate, rate, room.left if room else None)
    if quantity.value <= 0:
        return None
    checks = _checks(candidate, distance, need, run)
    bounded = room is not None or (demand is not None and bool(rate))
    found = Opportunity(
        donor=supply.firm, receiver=receiver, stream=supply.material, replaces=candidate.replaces, way=candidate.way,
        types=tuple(item.id for item in candidate.types), fit=candidate.fit, doubtful=candidate.doubtful,
        supposed=candidate.supposed, likeness=candidate.likeness,
        misplaced=tuple(f.id for f in (supply.firm, receiver) if f.id in settings.misplaced),
        supply=supply, demand=demand, rate=rate, quantity=quantity, bounded=bounded, unit=supply.unit, limits=limits,
        months=months,
        distance_km=distance, gains=gains(candidate, quantity, rate, settings.grid), checks=checks,
        counted=room.counted if room else (), rooms=room.by_type if room else {},
        components={
            "evidence": evidence(candidate), "fit": fit(checks),
            "quantity": used_share(quantity, supply.unused, bounded), "distance": nearness(distance, carried(supply)),
            "data": sureness((supply.kind, demand.kind if demand else None)),
        },
    )  # fmt: skip
    return found.changed(
        reasons=reasons(found, run.base), questions=questions(found), remedies=remedies(found, run.base)
    )  # fmt: skip


def carried(supply: Supply) -> Carried:
    """Return how a stream travels: solids and liquids by road, water by its pipe, heat, gas and power by a network."""
    if storable(supply):
        return "road"
    return "water" if material(supply.material).form == "water" else "network"


def needed_temperature(candidate: Candidate) -> float | None:
    """Return what a source of heat must have [°C]: the need and the approach of an exchanger; ``None``: not told.

    Where the receiver takes in the same carrier, steam for steam, there is no exchanger between them.
    """
    supply, demand = candidate.supply, candidate.demand
    if demand is None or not all(f.role == "heat" for f in supply.flows):
        return None
    need = hottest(demand.flows)
    same = descends(supply.material, demand.material)
    return None if need is None else need if same else need + setting("heat_approach")


def _hot_part(supply: Supply, need: float) -> Supply:
    """Return what of a supply is known to be hot enough; else what may be; else all of it, which then fails."""
    hot = tuple(f for f in supply.idle if f.temperature is not None and f.temperature >= need)
    untold = tuple(f for f in supply.idle if f.temperature is None)
    part = hot or untold
    return part_of(supply, part) if part and len(part) < len(supply.idle) else supply


def _checks(candidate: Candidate, distance: float | None, need: float | None, run: _Run) -> tuple[Check, ...]:
    """Check the conditions of all types against what is known of the stream; each condition once."""
    conditions = {c.id: c for item in candidate.types for c in item.conditions}
    if need is not None:
        conditions[HOT_ENOUGH] = _hot_enough(need)
    if not conditions:
        return ()
    far = distance if any(c.quantity == "distance" for c in conditions.values()) else None
    key = (id(candidate.supply), *conditions, need, far)
    if key not in run.checks:
        facts = facts_of(candidate.supply, distance)
        run.checks[key] = candidate.supply, tuple(Check(c, check(c, facts)) for c in conditions.values())
    return run.checks[key][1]


HOT_ENOUGH = "hot-enough"
"""Condition of every exchange of heat whose need tells its temperature."""


def _hot_enough(limit: float) -> Condition:
    ask = Text(
        f"Is the source at {limit:g} °C or more, where it is handed over?", f"热源交付温度是否不低于 {limit:g} °C？"
    )
    row = table()["heat_approach"]
    return Condition(HOT_ENOUGH, "temperature", (), ">=", limit, "degC", "required", ask, "judgement",
                     Reference("heat_approach", row["source"]))  # fmt: skip


def facts_of(supply: Supply, distance: float | None) -> Facts:
    """Return what is known of a stream: of several rows, the largest that tells something speaks."""
    ordered = sorted(supply.idle or supply.flows, key=lambda f: -span_of(f, supply.unit).value)
    first = ordered[0]
    form = {"slurry": "liquid"}.get(first.phase, first.phase) or material(supply.material).form
    return Facts(
        composition=next((f.composition for f in ordered if f.composition), {}),
        moisture=next((f.moisture for f in ordered if f.moisture is not None), None),
        heating_value=next((f.heating_value for f in ordered if f.heating_value is not None), None),
        temperature_c=next((f.temperature for f in ordered if f.temperature is not None), None),
        distance_km=distance, form=form,
    )  # fmt: skip


def _with_rivals(found: Sequence[Opportunity]) -> tuple[Opportunity, ...]:
    """Name for each the others that want the same supply or fill the same demand, by their places in the ranking."""
    by_end: dict[tuple[str, ...], list[int]] = {}
    pairs: Counter[tuple[tuple[str, ...], ...]] = Counter()
    for at, one in enumerate(found):
        ends = tuple(_ends(one))
        pairs[ends] += 1
        for key in ends:
            by_end.setdefault(key, []).append(at)
    heads = {key: places[: MOST_RIVALS + 1] for key, places in by_end.items()}
    firsts = {key: frozenset(places[:MOST_RIVALS]) for key, places in heads.items()}
    made = []
    for at, one in enumerate(found):
        ends = tuple(_ends(one))
        best = set().union(*(firsts[key] if at > heads[key][-1] else heads[key] for key in ends)) - {at}
        both = pairs[ends] if len(ends) > 1 else 0
        count = sum(len(by_end[key]) for key in ends) - both - 1
        made.append(one.changed(place=at + 1, rivals=tuple(sorted(best)), rival_count=count))
    return tuple(made)


def _ends(one: Opportunity) -> Iterable[tuple[str, ...]]:
    yield ("supply", one.donor.id, one.stream)
    if one.demand is not None:
        yield ("demand", one.receiver.id, one.demand.material)


def only_for(found: Discovery, firm: str) -> Discovery:
    """Return what concerns one firm, as donor or receiver.

    Places, ranges of ranks and the number of rivals stay those of the whole park. Rivals are named by their positions
    in what is returned; those that do not concern the firm are not among them.
    """
    kept = [i for i, o in enumerate(found.opportunities) if firm in (o.donor.id, o.receiver.id)]
    now = {before: i for i, before in enumerate(kept)}
    mine = (found.opportunities[i] for i in kept)
    return replace(
        found,
        opportunities=tuple(replace(o, rivals=tuple(now[r] for r in o.rivals if r in now)) for o in mine),
        failed=tuple(o for o in found.failed if firm in (o.donor.id, o.receiver.id)),
        anchors=tuple(a for a in found.anchors if firm in a.donors),
        questions=tuple(q for q in found.questions if q.where.key.split(" · ")[0] == firm),
    )  # fmt: skip


def best_of_each(found: Discovery) -> tuple[Opportunity, ...]:
    """Return for each donor's stream its best opportunity, best first: the others are alternatives to it."""
    best: dict[tuple[str, str], Opportunity] = {}
    for one in found.opportunities:
        best.setdefault((one.donor.id, one.stream), one)
    return tuple(best.values())


def ways(found: Discovery) -> Counter[str]:
    """Return how many opportunities were found each way."""
    return Counter(o.way for o in found.opportunities)
