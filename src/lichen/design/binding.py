"""What binds, and what a relaxed limit would bring: shadow prices, with what is built as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lichen.design._highs import Lp, solve_lp
from lichen.design.program import BOUND, CAPACITY, PLACE, STRONG, WINDOW
from lichen.design.solve import Solution, linear
from lichen.errors import Problem
from lichen.labelled import Array

TOLERANCE = 1e-7


@dataclass(frozen=True)
class Binding:
    """A limit that binds.

    Parameters
    ----------
    kind, name, period
        "supply", "demand", "must" (a demand that has to be met), "plant", "limit", "blend" or "capacity"; which; in
        which period.
    limit
        Where it binds [unit of the stream or of the sum].
    price
        Change of the objective per unit that the limit is relaxed, at best; never above 0. With what is built as it
        is; where two limits bind at once, to relax one of them can bring less.
    """

    kind: str
    name: str
    period: str
    limit: float
    price: float

    def problem(self) -> Problem:
        """Return it in words."""
        values = {"name": self.name, "limit": self.limit, "gain": -self.price, "period": self.period}
        return Problem(f"design.binds_{self.kind}", severity="note", values=values)


def with_decisions_fixed(solution: Solution) -> Solution:
    """Return the solution with prices: of the linear program in which what is built stays as it is."""
    if len(solution.row_dual) or not solution.found:
        return solution
    lp = linear(solution.program, solution.weights)
    low, high = lp.low.copy(), lp.high.copy()
    low[lp.whole] = high[lp.whole] = np.round(solution.x[lp.whole])
    fixed = Lp(lp.A, lp.row_low, lp.row_high, low, high, np.zeros(len(low), bool), lp.cost)
    raw = solve_lp(fixed)
    if raw.status != "optimal":
        return solution
    shift = float(solution.weights @ solution.program.constant)
    x = raw.x.copy()
    x[lp.whole] = low[lp.whole]
    return replace(solution, x=x, row_dual=raw.row_dual, col_dual=raw.col_dual, objective=raw.value + shift)


def binding(solution: Solution) -> tuple[Binding, ...]:
    """Return what binds and has a price, the dearest first.

    Of a solution with decisions, prices are those with what is built as it is. A plant's own capacity binds; that a
    larger one would pay is seen by solving again with larger steps.
    """
    priced = with_decisions_fixed(solution)
    if not len(priced.row_dual):
        return ()
    graph, program = priced.graph, priced.program
    found: list[Binding] = []
    for row in map(int, np.flatnonzero(np.abs(priced.row_dual) > TOLERANCE)):
        kind, item, period = int(program.row_kind[row]), int(program.row_item[row]), int(program.row_period[row])
        dual = float(priced.row_dual[row])
        label = graph.names.of("periods", period)
        if kind == PLACE:
            found += _of_place(priced, item, period, dual, label)
        elif kind in (CAPACITY, STRONG):
            found += _of_plant(priced, row, kind, item, period, dual, label)
        elif kind in (BOUND, WINDOW):
            one = graph.bounds[item] if kind == BOUND else graph.windows[item]
            edge = one.high if dual < 0 else one.low
            found.append(Binding("limit" if kind == BOUND else "blend", one.id, label, edge, -abs(dual)))
    found += _of_links(priced)
    return tuple(sorted(found, key=lambda b: (b.price, b.kind, b.name, b.period)))


def _of_place(solution: Solution, place: int, period: int, dual: float, label: str) -> list[Binding]:
    """Return a supply or a demand of which one more unit, or a demand of which one unit less, lowers the objective."""
    graph = solution.graph
    weights = solution.weights[:, None] * graph.weights()
    left = float((weights[:, period] * graph.left[:, place]).sum()) if graph.may_leave[place] else 0.0
    lacks = graph.may_lack[place] and not graph.may_leave[place]
    short = float((weights[:, period] * graph.short[:, place]).sum()) if lacks else 0.0
    name = graph.names.of("places", place)
    found = []
    supply, demand = float(graph.supply[period, place]), float(graph.demand[period, place])
    more_supply = -dual + left - short  # change of the objective with one more unit there; left and short are folded in
    more_demand = dual - left + short
    if supply > 0 and more_supply < -TOLERANCE and not _idle(solution, place, period):
        found.append(Binding("supply", name, label, supply, more_supply))
    if demand > 0 and more_demand < -TOLERANCE:
        found.append(Binding("demand", name, label, demand, more_demand))
    if demand > 0 and more_demand > TOLERANCE and not graph.may_lack[place]:
        found.append(Binding("must", name, label, demand, -more_demand))
    return found


def _idle(solution: Solution, place: int, period: int) -> bool:
    """Whether something is left over at a place."""
    graph, flows = solution.graph, solution.flows[period]
    out = flows[graph.origin == place].sum()
    come = (flows * graph.rate)[graph.target == place].sum()
    left = graph.supply[period, place] - graph.demand[period, place] + come - out
    return bool(left > TOLERANCE * max(1.0, graph.supply[period, place]))


def _of_plant(
    solution: Solution, row: int, kind: int, plant: int, period: int, dual: float, label: str
) -> list[Binding]:
    """Return a plant whose own capacity is full; rows that only tie links to a decision do not count."""
    graph, plants = solution.graph, solution.graph.plants
    if kind == STRONG:
        return []
    stage = int(graph.stage[period])
    built = solution.built[:, : stage + 1].sum(axis=1) > 0
    room = float(plants.standing[plant] + plants.capacity[(plants.of == plant) & built].sum())
    mine = plants.facility == plant
    used = float((plants.weight[mine] * solution.flows[period, plants.link[mine]]).sum())
    if used < room * (1 - 1e-6) or room <= 0:
        return []
    return [Binding("plant", graph.names.of("facilities", plant), label, room, -abs(dual))]


def _of_links(solution: Solution) -> list[Binding]:
    graph, program = solution.graph, solution.program
    n = graph.n_links
    found: list[Binding] = []
    dual: Array = solution.col_dual[: graph.n_periods * n]
    full = np.flatnonzero((dual < -TOLERANCE) & np.isfinite(program.high[: len(dual)]))
    for column in full:
        period, link = divmod(int(column), n)
        if solution.x[column] < graph.capacity[link] * (1 - TOLERANCE):
            continue
        name, label = graph.names.of("links", link), graph.names.of("periods", period)
        found.append(Binding("capacity", name, label, float(graph.capacity[link]), float(dual[column])))
    return found
