"""The front between two objectives: the least of one for each bound on the other (ε-constraint).

The bound goes from tight to loose, so that each network holds under the next bound and is its start. The second
objective counts a little in the first, so that of two networks with the same first the better second is taken.

Haimes, Y. Y. et al. (1971) IEEE Trans. Syst. Man Cybern. 1(3), 296–297; Mavrotas, G. (2009) Appl. Math. Comput. 213(2),
455–465, doi:10.1016/j.amc.2009.03.037.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from time import perf_counter
from typing import Any

import numpy as np
import scipy.sparse as sp

from lichen.design._highs import Lp, Raw, opened, run_from
from lichen.design.build import build
from lichen.design.graph import Graph
from lichen.design.network import Network
from lichen.design.program import Program, program
from lichen.design.solve import Settings, linear, objective_weights
from lichen.design.split import useless
from lichen.labelled import Array

Objective = str | Mapping[str, float]
LITTLE = 1e-4
"""Weight of the second objective in the first, as a share of their ranges."""


@dataclass(frozen=True, eq=False)
class Point:
    """A network on the front.

    Parameters
    ----------
    first, second
        Both objectives, as they are minimised.
    most
        Bound on the second that it was found under.
    gap
        How much better the first could be under this bound, as a share of it [1].
    proven
        Whether the gap is the one asked for.
    x
        Columns of the program.
    """

    first: float
    second: float
    most: float
    gap: float
    proven: bool
    x: Array


@dataclass(frozen=True, eq=False)
class Front:
    """Points of which none is better than another in both, by rising first objective; and how it went.

    Parameters
    ----------
    graph, program
        What was asked.
    points
        The front.
    dropped
        Points that others dominate, which can happen where gaps are not closed.
    complete
        Whether every bound was solved.
    seconds
        That it took.
    """

    graph: Graph
    program: Program
    points: tuple[Point, ...]
    dropped: tuple[Point, ...]
    complete: bool
    seconds: float


def front(
    network: Network | Graph, first: Objective, second: Objective, points: int = 11, settings: Settings | None = None
) -> Front:
    """Return the front between two objectives.

    Parameters
    ----------
    network
        As values, or as arrays.
    first, second
        Objectives as for :func:`lichen.design.solve.solve`; the second is the one that is bounded.
    points
        Bounds, evenly between the best second and the second of the best first; 2 or more.
    settings
        Gap of each point; time of all.
    """
    begun = perf_counter()
    settings = settings or Settings()
    graph = build(network) if isinstance(network, Network) else network
    whole = program(graph)
    sweep = _Sweep(graph, whole, objective_weights(graph, first), objective_weights(graph, second), settings, points)
    found = sweep.all(max(points, 2))
    kept = filtered(found)
    dropped = tuple(p for p in found if not any(p is k for k in kept))
    return Front(graph, whole, kept, dropped, len(found) == max(points, 2), perf_counter() - begun)


def filtered(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the points that no other is as good as in both objectives, by rising first; of equal ones the first."""
    best, found = inf, []
    for point in sorted(points, key=lambda p: (p.first, p.second)):
        if point.second < best - 1e-9 * max(1.0, abs(point.second)):
            found.append(point)
            best = point.second
    return tuple(found)


class _Sweep:
    """One optimiser for all points; its last row bounds the second objective."""

    def __init__(
        self, graph: Graph, whole: Program, first: Array, second: Array, settings: Settings, points: int
    ) -> None:
        self.whole, self.settings, self.begun = whole, settings, perf_counter()
        self.left = points + 3
        keep = np.ones(len(whole.low), bool)
        if settings.prune:
            idle = useless(graph, first) & useless(graph, second)
            keep[: graph.n_periods * graph.n_links] = ~np.tile(idle, graph.n_periods)
        self.keep = keep
        self.a, self.b = linear(whole, first, keep), (second @ whole.coefficients)[keep]
        self.start_a, self.start_b = float(first @ whole.constant), float(second @ whole.constant)
        self.scale = max(float(np.abs(self.b).max(initial=0.0)), 1e-12)
        row = sp.csc_array(self.b[None, :] / self.scale)
        lp = self.a
        self.joined = Lp(
            sp.csc_array(sp.vstack([lp.A, row])), np.append(lp.row_low, -inf), np.append(lp.row_high, inf),
            lp.low, lp.high, lp.whole, lp.cost,
        )  # fmt: skip
        self.row = len(lp.row_low)
        self.h: Any = opened(self.joined, settings.gap)

    def _run(self, cost: Array, offset: float, most: float, start: Array | None) -> Raw:
        """Minimise a sum of columns with the second objective bounded."""
        spent = perf_counter() - self.begun
        time_s = (self.settings.time_s - spent) / max(self.left, 1)
        self.left -= 1
        self.h.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), np.ascontiguousarray(cost))
        self.h.changeObjectiveOffset(offset)
        self.h.changeRowBounds(self.row, -inf, most / self.scale)
        row_high = self.joined.row_high.copy()
        row_high[self.row] = most / self.scale
        return run_from(self.h, replace(self.joined, row_high=row_high, cost=cost, offset=offset), start, time_s)

    def all(self, count: int) -> list[Point]:
        """Return a point for each bound, from the tightest to the loosest."""
        b = self._run(self.b, self.start_b, inf, None)
        loose = self._run(self.a.cost, self.start_a, inf, b.x if b.found else None)
        if not b.found or not loose.found:
            return []
        low, high = float(self.b @ b.x), float(self.b @ loose.x)
        spread = float(self.a.cost @ b.x) - float(self.a.cost @ loose.x)
        little = LITTLE * spread / (high - low) if high - low > 1e-9 * self.scale else LITTLE
        cost = self.a.cost + max(little, 0.0) * self.b
        found: list[Point] = []
        start = b.x
        slack = 1e-9 * max(1.0, abs(low), abs(high))
        for most in np.linspace(low, max(high, low), count):
            raw = self._run(cost, self.start_a, float(most) + slack, start)
            if not raw.found:
                continue
            found.append(self._point(raw, float(most), cost))
            start = raw.x
        return found

    def _point(self, raw: Raw, most: float, cost: Array) -> Point:
        first = float(self.a.cost @ raw.x)
        gap = (raw.value - raw.bound) / max(abs(first + self.start_a), 1e-9)
        x = np.zeros(len(self.keep))
        x[self.keep] = raw.x
        second = float(self.b @ raw.x)
        return Point(
            first + self.start_a, second + self.start_b, most + self.start_b, max(float(gap), 0.0),
            raw.status == "optimal", x,
        )  # fmt: skip
