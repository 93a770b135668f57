"""From a network of values to its arrays; every problem is told first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from lichen.design.check import check, converted
from lichen.design.graph import FREE, KEPT, NEW, Bound, Graph, Names, Plants, Window
from lichen.design.network import Coefficients, Link, Network
from lichen.errors import InputError, Problems, Where
from lichen.labelled import Array

_STATES = {"new": NEW, "kept": KEPT, "free": FREE}
Place = tuple[str, str]


def build(network: Network) -> Graph:
    """Return a network as arrays.

    Raises
    ------
    InputError
        With every problem that :func:`lichen.design.check.check` finds.
    """
    check(network).raise_if_errors(InputError)
    places = _places(network)
    units = {s.id: s.unit for s in network.streams}
    waits = {s.id for s in network.streams if s.storable}
    periods = [p.id for p in network.periods]
    stages = list(dict.fromkeys(p.stage for p in network.periods))
    links = {link.id: row for row, link in enumerate(network.links)}
    there, needed = np.zeros((2, len(periods), len(places)))
    may_leave, may_lack = np.zeros((2, len(places)), bool)
    for s in network.supplies:
        there[:, places[s.node, s.stream]] = s.amount
        may_leave[places[s.node, s.stream]] = not s.must
    for d in network.demands:
        needed[:, places[d.node, d.stream]] = d.amount
        may_lack[places[d.node, d.stream]] = not d.must
    ends = [places[k.origin, k.stream] for k in network.links], [places[_arrival(k)] for k in network.links]
    return Graph(
        network.measures, np.array(ends[0], np.int64), np.array(ends[1], np.int64),
        np.array([k.rate for k in network.links], float), np.array([k.capacity for k in network.links], float),
        np.array([k.least for k in network.links], float),
        _matrix(network, [(row, k.per_unit, units[k.stream]) for row, k in enumerate(network.links)], len(links)),
        there, needed,
        _matrix(network, [(places[s.node, s.stream], s.left, units[s.stream]) for s in network.supplies], len(places)),
        _matrix(network, [(places[d.node, d.stream], d.short, units[d.stream]) for d in network.demands], len(places)),
        may_leave, may_lack, np.array([p.times for p in network.periods]),
        np.array([p.discount for p in network.periods]),
        np.array([stages.index(p.stage) for p in network.periods], np.int64),
        _plants(network, links), _bounds(network, links), _windows(network, links),
        Names(
            tuple(places), tuple(links), tuple(f.id for f in network.facilities),
            tuple(s.id for f in network.facilities for s in f.steps), tuple(periods), tuple(stages),
        ),
        np.array([stream in waits for _, stream in places], bool),
    )  # fmt: skip


def _arrival(link: Link) -> Place:
    return link.target, link.becomes or link.stream


def _places(network: Network) -> dict[Place, int]:
    """Return every pair of node and stream that something happens at, in a fixed order."""
    found: dict[Place, int] = {}
    ends: list[Place] = [(s.node, s.stream) for s in network.supplies]
    ends += [(d.node, d.stream) for d in network.demands]
    ends += [place for k in network.links for place in ((k.origin, k.stream), _arrival(k))]
    for place in ends:
        found.setdefault(place, len(found))
    return found


def _matrix(network: Network, rows: Iterable[tuple[int, Coefficients, str]], size: int) -> Array:
    """Return coefficients as an array ``(m, size)``; what is not told is 0 (what is asked for was checked)."""
    found = np.zeros((len(network.measures), size))
    problems = Problems()
    for column, given, per in rows:
        for place, measure in enumerate(network.measures):
            if measure.id in given:
                found[place, column] = converted(given[measure.id], measure, per, Where(), problems)
    problems.raise_if_errors(InputError)
    return found


def _plants(network: Network, links: Mapping[str, int]) -> Plants:
    members = [(f, links[name], w) for f, plant in enumerate(network.facilities) for name, w in plant.links.items()]
    steps = [(f, step) for f, plant in enumerate(network.facilities) for step in plant.steps]
    return Plants(
        np.array([m[0] for m in members], np.int64), np.array([m[1] for m in members], np.int64),
        np.array([m[2] for m in members], float),
        np.array([f for f, _ in steps], np.int64), np.array([s.capacity for _, s in steps], float),
        np.array([s.least for _, s in steps], float),
        _matrix(network, [(k, s.fixed, "") for k, (_, s) in enumerate(steps)], len(steps)),
        np.array([f.standing for f in network.facilities], float),
        np.array([_STATES[f.state] for f in network.facilities], np.int8),
    )  # fmt: skip


def _terms(given: Mapping[str, float], links: Mapping[str, int]) -> tuple[np.ndarray, Array]:
    return np.array([links[name] for name in given], np.int64), np.array(list(given.values()), float)


def _bounds(network: Network, links: Mapping[str, int]) -> tuple[Bound, ...]:
    periods: Sequence[str] = [p.id for p in network.periods]
    found = []
    for limit in network.limits:
        link, weight = _terms(limit.links, links)
        measures = np.array([limit.measures.get(m.id, 0.0) for m in network.measures])
        chosen = [periods.index(p) for p in limit.periods] or list(range(len(periods)))
        found.append(
            Bound(limit.id, limit.low, limit.high, measures, link, weight, np.array(chosen, np.int64), limit.each)
        )
    return tuple(found)


def _windows(network: Network, links: Mapping[str, int]) -> tuple[Window, ...]:
    return tuple(Window(b.id, b.low, b.high, *_terms(b.links, links)) for b in network.blends)
