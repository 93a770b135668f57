"""What is wrong with a network: every name, number, price and unit, told together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, isnan

from lichen.design.network import Coefficients, Facility, Link, Measure, Network, Period, Rate
from lichen.errors import Problems, UnitError, Where
from lichen.figures import Figure
from lichen.labelled import suggest
from lichen.units import currency_of, same_dimension


def check(network: Network) -> Problems:
    """Return every problem of a network: errors, and warnings for what cannot matter.

    Names that are doubled or not known; amounts, capacities and rates that are negative or no numbers; measures without
    unit or currency; prices that are missing or of another unit; places that nothing reaches; limits that contradict
    themselves.
    """
    problems = Problems()
    _measures(network, problems)
    _names(network, problems)
    if not problems.ok:
        return problems  # what follows looks names up
    _ends(network, problems)
    _links(network, problems)
    _facilities(network, problems)
    _limits(network, problems)
    _periods(network, problems)
    _reached(network, problems)
    return problems


def converted(rate: Rate, measure: Measure, per: str, where: Where, problems: Problems) -> float:
    """Return a coefficient as a number in the measure's unit per ``per`` (empty: the measure's own unit).

    A figure of another dimension, a missing price and what is no number become problems; then 0 is returned, which is
    never used, since errors are raised.
    """
    wanted = measure.unit if per in ("", "1") else f"{measure.unit}/{per}"
    if rate is None:
        problems.add("design.missing", where, measure=measure.id, unit=wanted)
    elif isinstance(rate, Figure):
        try:
            if same_dimension(rate.unit, wanted):
                return rate.to(wanted)
        except UnitError:
            pass
        problems.add("design.unit", where, measure=measure.id, found=rate.unit, wanted=wanted)
    elif isinstance(rate, bool) or not isfinite(rate):
        problems.add("design.not_a_number", where, what=measure.id, found=rate)
    else:
        return float(rate)
    return 0.0


def _measures(network: Network, problems: Problems) -> None:
    for measure in network.measures:
        where = Where(key=f"measure {measure.id}")
        if not measure.unit.strip():
            problems.add("design.no_unit", where, measure=measure.id)
            continue
        try:
            currency = currency_of(measure.unit)
        except UnitError as error:
            problems.extend(error.problems)
            continue
        if measure.money and not currency and measure.unit != "1":
            problems.add("design.no_currency", where, measure=measure.id, found=measure.unit)


def _names(network: Network, problems: Problems) -> None:
    """Check that codes are there once and that those that are named exist."""
    known: dict[str, set[str]] = {}
    kinds: Sequence[tuple[str, Iterable[str]]] = (
        ("measure", (m.id for m in network.measures)), ("stream", (s.id for s in network.streams)),
        ("node", (n.id for n in network.nodes)), ("link", (k.id for k in network.links)),
        ("facility", (f.id for f in network.facilities)), ("limit", (k.id for k in network.limits)),
        ("blend", (b.id for b in network.blends)), ("period", (p.id for p in network.periods)),
        ("supply", (f"{s.node} · {s.stream}" for s in network.supplies)),
        ("demand", (f"{d.node} · {d.stream}" for d in network.demands)),
    )  # fmt: skip
    for kind, ids in kinds:
        counted = Counter(ids)
        known[kind] = set(counted)
        for name, count in counted.items():
            if count > 1 or not name.strip():
                problems.add("design.doubled", Where(key=kind), name=name, count=count)
    for kind, name, where in _named(network):
        if name not in known[kind]:
            near = suggest(name, sorted(known[kind])) or "–"
            problems.add("design.unknown", Where(key=where), kind=kind, name=name, near=near)
    if not network.periods:
        problems.add("design.no_period")


def _named(network: Network) -> Iterable[tuple[str, str, str]]:
    """Yield kind, name and place of all that is referred to."""
    for link in network.links:
        yield from (("node", name, f"link {link.id}") for name in (link.origin, link.target))
        yield from (("stream", s, f"link {link.id}") for s in (link.stream, link.becomes or link.stream))
        yield from (("measure", m, f"link {link.id}") for m in link.per_unit)
    for kind, ends in (("supply", network.supplies), ("demand", network.demands)):
        for end in ends:
            where = f"{kind} {end.node} · {end.stream}"
            yield "node", end.node, where
            yield "stream", end.stream, where
            yield from (("measure", m, where) for m in (end.left if hasattr(end, "left") else end.short))
    for plant in network.facilities:
        yield from (("link", name, f"facility {plant.id}") for name in plant.links)
        yield from (("measure", m, f"facility {plant.id}") for step in plant.steps for m in step.fixed)
    for limit in network.limits:
        for one, names in (("measure", limit.measures), ("link", limit.links), ("period", limit.periods)):
            yield from ((one, name, f"limit {limit.id}") for name in names)
    for blend in network.blends:
        yield from (("link", name, f"blend {blend.id}") for name in blend.links)


def _amount(value: float, what: str, where: Where, problems: Problems, *, endless: bool = False) -> None:
    """Check that an amount is a number that is not negative."""
    if isnan(value) or (not endless and not isfinite(value)):
        problems.add("design.not_a_number", where, what=what, found=value)
    elif value < 0:
        problems.add("design.negative", where, what=what, found=value)


def _ends(network: Network, problems: Problems) -> None:
    units = {s.id: s.unit for s in network.streams}
    for kind, ends in (("supply", network.supplies), ("demand", network.demands)):
        for end in ends:
            where = Where(key=f"{kind} {end.node} · {end.stream}")
            amounts = end.amount if isinstance(end.amount, tuple) else (end.amount,)
            if isinstance(end.amount, tuple) and len(amounts) != len(network.periods):
                problems.add("design.periods", where, found=len(amounts), wanted=len(network.periods))
            for value in amounts:
                _amount(value, "amount", where, problems)
            given = end.left if hasattr(end, "left") else end.short
            if not end.must:
                asked = [m for m in network.measures if m.asked] if kind == "demand" or given else []
                _coefficients(given, network, asked, units[end.stream], where, problems)


def _coefficients(
    given: Coefficients, network: Network, asked: Sequence[Measure], per: str, where: Where, problems: Problems
) -> None:
    measures = {m.id: m for m in network.measures}
    for name, rate in given.items():
        converted(rate, measures[name], per, where, problems)
    for measure in asked:
        if measure.id not in given:
            converted(None, measure, per, where, problems)


def _links(network: Network, problems: Problems) -> None:
    units = {s.id: s.unit for s in network.streams}
    asked = [m for m in network.measures if m.asked]
    for link in network.links:
        where = Where(key=f"link {link.id}")
        _amount(link.capacity, "capacity", where, problems, endless=True)
        _amount(link.least, "least", where, problems)
        _amount(link.rate, "rate", where, problems)
        if link.length_km is not None:
            _amount(link.length_km, "length_km", where, problems)
        if link.least > link.capacity:
            problems.add("design.contradiction", where, low=link.least, high=link.capacity)
        if link.origin == link.target and (link.becomes or link.stream) == link.stream:
            problems.add("design.loop", where, node=link.origin)
        _coefficients(link.per_unit, network, asked, units[link.stream], where, problems)


def _facilities(network: Network, problems: Problems) -> None:
    links = {link.id: link for link in network.links}
    asked = [m for m in network.measures if m.asked]
    for plant in network.facilities:
        where = Where(key=f"facility {plant.id}")
        _amount(plant.standing, "standing", where, problems)
        if not plant.links:
            problems.add("design.empty", where)
        if plant.state != "new" and not plant.steps:
            problems.add("design.no_step", where, state=plant.state)
        for weight in plant.links.values():
            _amount(weight, "weight", where, problems)
        for step in plant.steps:
            at = Where(key=f"facility {plant.id}, step {step.id}")
            _amount(step.capacity, "capacity", at, problems)
            _amount(step.least, "least", at, problems)
            if step.least > step.capacity:
                problems.add("design.contradiction", at, low=step.least, high=step.capacity)
            _coefficients(step.fixed, network, asked, "", at, problems)
        _room(plant, links, where, problems)


def _room(plant: Facility, links: Mapping[str, Link], where: Where, problems: Problems) -> None:
    """Check that what its links take at least fits in."""
    least = sum(links[name].least * weight for name, weight in plant.links.items())
    room = plant.standing + max((s.capacity for s in plant.steps), default=0.0)
    if least > room:
        problems.add("design.contradiction", where, low=least, high=room)


def _limits(network: Network, problems: Problems) -> None:
    bounds = [("limit", k.id, k.low, k.high, bool(k.measures or k.links)) for k in network.limits]
    bounds += [("blend", b.id, b.low, b.high, bool(b.links)) for b in network.blends]
    for kind, name, low, high, filled in bounds:
        where = Where(key=f"{kind} {name}")
        if isnan(low) or isnan(high):
            problems.add("design.not_a_number", where, what=kind, found=[low, high])
        elif low > high:
            problems.add("design.contradiction", where, low=low, high=high)
        if not filled:
            problems.add("design.empty", where)


def _periods(network: Network, problems: Problems) -> None:
    for period in network.periods:
        where = Where(key=f"period {period.id}")
        _amount(period.times, "times", where, problems)
        _amount(period.discount, "discount", where, problems)
    _waits(network, problems)


def _waits(network: Network, problems: Problems) -> None:
    """Check that what can wait waits among periods of one discount, and that limits count what it leaves whole."""
    waits = {s.id for s in network.streams if s.storable}
    stages: dict[str, list[Period]] = {}
    for period in network.periods:
        stages.setdefault(period.stage, []).append(period)
    if not waits:
        return
    for stage, inside in stages.items():
        found = sorted({p.discount for p in inside})
        if len(found) > 1:
            problems.add("design.discounts", Where(key=f"stage {stage}"), found=found, streams=sorted(waits))
    brought = {m for s in network.supplies if s.stream in waits and not s.must for m in s.left}
    brought |= {m for d in network.demands if d.stream in waits and not d.must for m in d.short}
    for limit in network.limits:
        counted = sorted(brought & {m for m, factor in limit.measures.items() if factor})
        for inside in stages.values():
            chosen = [p for p in inside if not limit.periods or p.id in limit.periods]
            if counted and chosen and len(inside) > 1 and (limit.each or len(chosen) < len(inside)):
                problems.add("design.part_of_stage", Where(key=f"limit {limit.id}"), measures=counted)
                break


def _reached(network: Network, problems: Problems) -> None:
    """Name places that no link touches: an error where something must leave or arrive, else a warning."""
    leaves = {(k.origin, k.stream) for k in network.links}
    arrives = {(k.target, k.becomes or k.stream) for k in network.links}
    for kind, ends, touched in (("supply", network.supplies, leaves), ("demand", network.demands, arrives)):
        for end in ends:
            if (end.node, end.stream) not in touched:
                where = Where(key=f"{kind} {end.node} · {end.stream}")
                bare = end.amount if isinstance(end.amount, tuple) else (end.amount,)
                bad = end.must and max(bare, default=0.0) > 0
                problems.add("design.unconnected", where, "error" if bad else "warning", node=end.node, kind=kind)
    met = {k.origin for k in network.links} | {k.target for k in network.links}
    met |= {e.node for ends in (network.supplies, network.demands) for e in ends}
    idle = [n.id for n in network.nodes if n.id not in met]
    if idle:
        problems.add("design.idle", None, "warning", nodes=idle)
