"""How each exchange of a designed network flows, year by year: on its own way, and through shared plants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lichen.design.opportunities import Chosen
from lichen.labelled import Array
from lichen.study.design import SMALL, DesignResult


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
        for one in found.chosen:
            name = one.terms.one.id
            series = links.get(f"{name}@{plant.id}", none)
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
