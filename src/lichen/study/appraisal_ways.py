"""How each exchange of a designed network flows, year by year: on its own way, and through shared plants.

A plant mixes what its donors bring, so the network says what each brings and what each receiver gets, and not whose it
is. Each receiver is taken to get a mix in proportion to what the donors bring, as far as they are a pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lichen.design.opportunities import Chosen
from lichen.labelled import Array
from lichen.study.design import SMALL, DesignResult

MOST_ROUNDS, NEAR = 1000, 1e-9
"""Rounds of proportional fitting, and how near sums must be [1]."""


@dataclass(frozen=True, eq=False)
class Ways:
    """How an exchange flows.

    Parameters
    ----------
    direct
        On its own way, each year ``(n,)`` [unit/a].
    through
        Plant → handed over by it each year ``(n,)`` [unit/a].
    """

    direct: Array
    through: Mapping[str, Array]

    @property
    def total(self) -> Array:
        """All that the receiver gets each year ``(n,)`` [unit/a]."""
        return np.asarray(self.direct + sum(self.through.values(), np.zeros_like(self.direct)))


def years_of(found: DesignResult) -> tuple[int, ...]:
    """Return the years of all payments: the one before the first of operation, and those that count."""
    money = found.money
    return tuple(range(money.start - 1, money.start + money.years))


def ways_of(found: DesignResult) -> dict[str, Ways]:
    """Return how each exchange that flows does, by its id."""
    links = _by_link(found)
    none = np.zeros(len(years_of(found)))
    through: dict[str, dict[str, Array]] = {}
    for _, plant, _ in found.frame.plants:
        for name, series in _of_plant(found, links, plant.id, plant.delivered).items():
            if series.any():
                through.setdefault(name, {})[plant.id] = series
    ways = {
        c.terms.one.id: Ways(links.get(c.terms.one.id, none), through.get(c.terms.one.id, {})) for c in found.chosen
    }
    least = {c.terms.one.id: SMALL * c.terms.one.quantity.value for c in found.chosen}
    return {name: way for name, way in ways.items() if way.total.max() > least[name]}


def going(found: DesignResult, ways: Mapping[str, Ways]) -> tuple[Chosen, ...]:
    """Return the exchanges that flow with what each brings in each stage; see :func:`ways_of`."""
    first = years_of(found)[0]
    made = []
    for one in found.chosen:
        way = ways.get(one.terms.one.id)
        if way is not None:
            by_stage = tuple(float(way.total[stage.start - first]) for stage in found.frame.layout.stages)
            plants = {"": float(way.direct.sum()), **{p: float(q.sum()) for p, q in way.through.items()}}
            made.append(replace(one, by_stage=by_stage, plant=max(plants, key=lambda p: plants[p])))
    return tuple(made)


def _by_link(found: DesignResult) -> dict[str, Array]:
    """Return what flows over each link each year ``(n,)`` [unit/a]."""
    graph, flows = found.solution.graph, found.solution.flows
    stages = np.unique(graph.stage)
    sums = np.array([flows[graph.stage == s].sum(axis=0) for s in stages])
    return {name: _by_year(found, sums[:, row].tolist()) for row, name in enumerate(graph.names.links)}


def _by_year(found: DesignResult, by_stage: Sequence[float]) -> Array:
    years = years_of(found)
    series = np.zeros(len(years))
    for stage, quantity in zip(found.frame.layout.stages, by_stage, strict=True):
        first = stage.start - years[0]
        series[first : first + stage.years] = quantity
    return series


def _of_plant(found: DesignResult, links: Mapping[str, Array], plant: str, delivered: float) -> dict[str, Array]:
    """Return exchange → what a plant hands over of it each year; all streams of the plant."""
    shares: dict[str, Array] = {}
    by_stream: dict[str, list[Chosen]] = {}
    for one in found.chosen:
        if f"{one.terms.one.id}@{plant}" in links:
            by_stream.setdefault(one.terms.one.stream, []).append(one)
    for stream, members in by_stream.items():
        donors = list(dict.fromkeys(c.terms.one.donor.id for c in members))
        takers = list(dict.fromkeys(c.terms.one.receiver.id for c in members))
        pairs = [(donors.index(c.terms.one.donor.id), takers.index(c.terms.one.receiver.id)) for c in members]
        told = np.array([links[f"{c.terms.one.id}@{plant}"] for c in members])
        brought = np.array([links[f"{donor}>{stream}>{plant}"] * delivered for donor in donors])
        for year in range(told.shape[1]):
            given = _mixed(pairs, brought[:, year], told[:, year], len(takers))
            for one, amount in zip(members, given, strict=True):
                shares.setdefault(one.terms.one.id, np.zeros(told.shape[1]))[year] = amount
    return shares


def _mixed(pairs: Sequence[tuple[int, int]], brought: Array, told: Array, takers: int) -> Array:
    """Return what each pair exchanges so that both its sums hold; as it was told where no such mix is found.

    Parameters
    ----------
    pairs
        Donor and taker of each, by their positions.
    brought
        Sum of each donor.
    told
        Of each pair, as the network has it; the takers' sums are right.
    takers
        How many there are.
    """
    rows, columns = (np.array(side, int) for side in zip(*pairs, strict=True))
    wanted = np.bincount(columns, told, takers)
    if not wanted.any():
        return told
    mix = brought[rows] * wanted[columns] / max(float(brought.sum()), 1e-300)
    for _ in range(MOST_ROUNDS):
        sums = np.bincount(rows, mix, len(brought))
        mix = mix * np.divide(brought, sums, out=np.zeros_like(sums), where=sums > 0)[rows]
        sums = np.bincount(columns, mix, takers)
        mix = mix * np.divide(wanted, sums, out=np.zeros_like(sums), where=sums > 0)[columns]
        off = np.abs(np.bincount(rows, mix, len(brought)) - brought).max()
        if off <= NEAR * wanted.sum() and abs(float(mix.sum() - wanted.sum())) <= NEAR * wanted.sum():
            return np.asarray(mix)
    return told
