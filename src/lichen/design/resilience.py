"""What is lost if one firm, stream or link is lost (N−1), with what is built as it is, and built anew.

A lost firm takes no part: nothing flows over its links, and nothing is asked of its places. The loss is what the
network brought through it and cannot bring another way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Literal

import numpy as np

from lichen.design._highs import Lp, opened, run_from
from lichen.design.graph import Positions
from lichen.design.program import LEAST, PLACE
from lichen.design.solve import Solution, linear
from lichen.labelled import Array

Element = Literal["firm", "stream", "link"]


@dataclass(frozen=True)
class Loss:
    """The loss of one element.

    Parameters
    ----------
    kind, name
        "firm", "stream" or "link"; which.
    links
        Links that go with it and were used.
    flow
        What flowed over them in all periods, by the objective's streams added up; compare only like with like.
    fixed
        Rise of the objective if flows are arranged anew and what is built stays paid for; ``inf``: what must be
        delivered cannot be.
    free
        Rise if everything is designed anew without it; ``None``: not asked for.
    """

    kind: Element
    name: str
    links: int
    flow: float
    fixed: float
    free: float | None


def losses(
    solution: Solution, kinds: Iterable[Element] = ("firm", "stream", "link"), *, free: bool = True,
    time_s: float = inf, gap: float = 1e-6, unused: bool = False,
) -> tuple[Loss, ...]:  # fmt: skip
    """Return the loss of each firm, stream or link that is used, the largest first.

    Parameters
    ----------
    solution
        The network.
    kinds
        What is lost, one at a time.
    free
        Whether the network is also designed anew without it; slow where there are many decisions.
    time_s, gap
        Of each new design.
    unused
        Whether elements that the network does not use are listed too; their loss is 0.
    """
    if not solution.found:
        return ()
    again, anew = _Again(solution, True), _Again(solution, False) if free else None
    found = []
    for kind in kinds:
        for name, links, places in elements(solution, kind):
            flow = solution.flows[:, links]
            used = int((flow.max(axis=0, initial=0.0) > 1e-9).sum())
            if not used and not unused:
                continue
            lost, x = again.without(links, places, inf, gap) if used else (solution.objective, solution.x)
            new = None if anew is None else min(anew.without(links, places, time_s, gap, x)[0], lost)
            found.append(
                Loss(kind, name, used, float(flow.sum()), max(lost - solution.objective, 0.0),
                     None if new is None else max(new - solution.objective, 0.0))
            )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.fixed, one.kind, one.name)))


def elements(solution: Solution, kind: Element) -> Iterable[tuple[str, Positions, Positions]]:
    """Yield each element with its links, and the places that are asked nothing any more."""
    graph, none = solution.graph, np.empty(0, np.int64)
    if kind == "link":
        for link in range(graph.n_links):
            yield graph.names.of("links", link), np.array([link]), none
        return
    part = 0 if kind == "firm" else 1
    names = np.array([place[part] for place in graph.names.places], dtype=object)
    for name in dict.fromkeys(names):
        mine = np.flatnonzero(names == name)
        touched = np.isin(graph.origin, mine) | np.isin(graph.target, mine)
        yield str(name), np.flatnonzero(touched), mine


class _Again:
    """The program once more, with some links closed."""

    def __init__(self, solution: Solution, fixed: bool) -> None:
        self.solution, self.program = solution, solution.program
        lp = linear(solution.program, solution.weights)
        low, high, cost, whole = lp.low.copy(), lp.high.copy(), lp.cost.copy(), lp.whole.copy()
        paid = float(solution.weights @ solution.program.constant)
        if fixed and whole.any():
            built = np.round(solution.x[whole])
            paid += float(cost[whole] @ built)  # it stays paid for, used or not
            high[whole], cost[whole] = built, 0.0
            if not (solution.program.row_kind == LEAST).any():
                low[whole], whole = built, np.zeros(len(low), bool)
        self.low, self.high = low, high
        self.lp = Lp(lp.A, lp.row_low, lp.row_high, low, high, whole, cost, paid)
        self.h: Any = opened(self.lp)

    def without(
        self, links: Positions, places: Positions, time_s: float, gap: float, start: Array | None = None
    ) -> tuple[float, Array | None]:
        """Return the best objective without some links, with nothing asked of some places, and its columns; ``inf``:
        there is none.
        """
        graph = self.solution.graph
        columns = (np.arange(graph.n_periods)[:, None] * graph.n_links + links).ravel().astype(np.int32)
        of_place = (self.program.row_kind == PLACE) & np.isin(self.program.row_item, places)
        rows = np.flatnonzero(of_place).astype(np.int32)
        zero = np.zeros(len(columns))
        self.h.changeColsBounds(len(columns), columns, zero, zero)
        if len(rows):
            self.h.changeRowsBounds(len(rows), rows, np.full(len(rows), -inf), np.full(len(rows), inf))
        self.h.setOptionValue("mip_rel_gap", gap)
        low, high = self.low.copy(), self.high.copy()
        low[columns] = high[columns] = 0.0
        row_low, row_high = self.lp.row_low.copy(), self.lp.row_high.copy()
        row_low[rows], row_high[rows] = -inf, inf
        now = replace(self.lp, low=low, high=high, row_low=row_low, row_high=row_high)
        raw = run_from(self.h, now, start, time_s)
        self.h.changeColsBounds(len(columns), columns, self.low[columns], self.high[columns])
        if len(rows):
            self.h.changeRowsBounds(len(rows), rows, self.lp.row_low[rows], self.lp.row_high[rows])
        return (raw.value, raw.x) if raw.found else (inf, None)
