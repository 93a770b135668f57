"""What binds, and what a relaxed limit would bring: shadow prices, with what is built as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lichen.design._highs import Lp, solve_lp
from lichen.design.graph import Graph
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
        which period, or in which of a stage where the stream can wait; amounts are then the stage's.
    limit
        Where it binds [unit of the stream or of the sum].
    price
        Change of the objective per unit that the limit is relaxed, at best; never above 0. With what is built as it
        is; where two limits bind at once, to relax one of them can bring less.
    left
        What a unit of a supply would bring that is left over; beside doing nothing one more unit gains it too.
    """

    kind: str
    name: str
    period: str
    limit: float
    price: float
    left: float = 0.0

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
    ends = _ends(priced)
    found: list[Binding] = []
    for row in map(int, np.flatnonzero(np.abs(priced.row_dual) > TOLERANCE)):
        kind, item, period = int(program.row_kind[row]), int(program.row_item[row]), int(program.row_period[row])
        dual = float(priced.row_dual[row])
        label = graph.names.of("periods", period)
        if kind == PLACE:
            found += _of_place(graph, ends, item, period, dual)
        elif kind in (CAPACITY, STRONG):
            found += _of_plant(priced, row, kind, item, period, dual, label)
        elif kind in (BOUND, WINDOW):
            one = graph.bounds[item] if kind == BOUND else graph.windows[item]
            edge = one.high if dual < 0 else one.low
            found.append(Binding("limit" if kind == BOUND else "blend", one.id, label, edge, -abs(dual)))
    found += _of_links(priced)
    return tuple(sorted(found, key=lambda b: (b.price, b.kind, b.name, b.period)))


def _label(graph: Graph, place: int, period: int) -> str:
    """Return a period by name; the first and the last of its stage where the stream can wait."""
    inside = np.flatnonzero(graph.stage == graph.stage[period])
    waits = graph.storable.any() and graph.storable[place] and len(inside) > 1
    return "–".join(graph.names.of("periods", int(t)) for t in (inside[[0, -1]] if waits else [period]))


@dataclass(frozen=True, eq=False)
class _Ends:
    """What each place has, needs and has left in its balance, and what a unit left or short brings ``(T, v)``."""

    supply: Array
    demand: Array
    spare: Array
    left: Array
    short: Array


def _ends(solution: Solution) -> _Ends:
    graph, flows = solution.graph, solution.flows
    weights = np.einsum("m,mtv->mtv", solution.weights, graph.balance_weights())
    lacks = graph.may_lack & ~graph.may_leave
    spare = graph.supply - graph.demand
    for t, flow in enumerate(flows):
        np.add.at(spare[t], graph.target, flow * graph.rate)
        np.subtract.at(spare[t], graph.origin, flow)
    return _Ends(
        graph.balanced(graph.supply), graph.balanced(graph.demand), graph.balanced(spare),
        np.where(graph.may_leave, np.einsum("mtv,mv->tv", weights, graph.left), 0.0),
        np.where(lacks, np.einsum("mtv,mv->tv", weights, graph.short), 0.0),
    )  # fmt: skip


def _of_place(graph: Graph, ends: _Ends, place: int, period: int, dual: float) -> list[Binding]:
    """Return a supply or a demand of which one more unit, or a demand of which one unit less, lowers the objective."""
    at = period, place
    supply, demand, left, short = (float(part[at]) for part in (ends.supply, ends.demand, ends.left, ends.short))
    idle = ends.spare[at] > TOLERANCE * max(1.0, supply)
    name, label = graph.names.of("places", place), _label(graph, place, period)
    found = []
    more_supply = -dual + left - short  # change of the objective with one more unit there; left and short are folded in
    more_demand = dual - left + short
    if supply > 0 and more_supply < -TOLERANCE and not idle:
        found.append(Binding("supply", name, label, supply, more_supply, left))
    if demand > 0 and more_demand < -TOLERANCE:
        found.append(Binding("demand", name, label, demand, more_demand))
    if demand > 0 and more_demand > TOLERANCE and not graph.may_lack[place]:
        found.append(Binding("must", name, label, demand, -more_demand))
    return found


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
