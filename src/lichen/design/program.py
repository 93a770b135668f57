"""A network as a mixed-integer linear program, in arrays.

Columns: what flows over each link in each period, what is short where something may also be left, and for each step and
stage whether it is built then. What is left over or short elsewhere is no column: it follows from the balance of its
place, so what it brings is folded into the links and a constant. A place whose stream can wait has one balance for all
periods of a stage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from lichen.design.graph import FREE, KEPT, Flags, Graph, Positions
from lichen.labelled import Array

PLACE, CAPACITY, LEAST, CHOICE, STRONG, BOUND, WINDOW = range(7)
"""Kinds of rows; ``item`` of a row is a place, a facility, a bound or a window."""
FLOW, SHORT, STEP = range(3)
"""Kinds of columns; ``item`` of a column is a link, a place or a step."""
MOST_STRONG = 200_000
"""Rows that tie each link of a shared plant to its steps are left out where there would be more."""
Small = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Program:
    """min c x, low ≤ A x ≤ high, column by column.

    Parameters
    ----------
    A, row_low, row_high
        Constraints ``(rows, columns)`` in CSC.
    low, high, whole
        Bounds of columns, and which are whole numbers ``(columns,)``.
    coefficients, constant
        Measures as sums over columns ``(m, columns)``, and what they start from ``(m,)``.
    starts
        What they start from at each balance of a place; these are the first rows ``(m, balances)``.
    row_kind, row_item, row_period, col_kind, col_item, col_period
        What rows and columns mean; the period of a step is its stage.
    """

    A: sp.csc_array
    row_low: Array
    row_high: Array
    low: Array
    high: Array
    whole: Flags
    coefficients: Array
    constant: Array
    starts: Array
    row_kind: Small
    row_item: Positions
    row_period: Positions
    col_kind: Small
    col_item: Positions
    col_period: Positions


@dataclass
class _Rows:
    """Rows as they come: entries, bounds, meaning."""

    size: int = 0

    def __post_init__(self) -> None:
        self.entries: list[tuple[Positions, Positions, Array]] = []
        self.low: list[Array] = []
        self.high: list[Array] = []
        self.kind: list[Small] = []
        self.item: list[Positions] = []
        self.period: list[Positions] = []

    def add(self, kind: int, item: Positions, period: Positions, low: Array, high: Array) -> Positions:
        """Add rows and return their positions."""
        count = len(item)
        self.low.append(np.broadcast_to(np.asarray(low, float), (count,)))
        self.high.append(np.broadcast_to(np.asarray(high, float), (count,)))
        self.kind.append(np.full(count, kind, np.int8))
        self.item.append(np.asarray(item, np.int64))
        self.period.append(np.broadcast_to(np.asarray(period, np.int64), (count,)))
        self.size += count
        return np.arange(self.size - count, self.size)

    def put(self, row: Positions, column: Positions, value: Array) -> None:
        """Add entries; several of one cell add up."""
        shape = np.broadcast_shapes(np.shape(row), np.shape(column), np.shape(value))
        self.entries.append(tuple(np.broadcast_to(part, shape).ravel() for part in (row, column, value)))  # type: ignore[arg-type]


def most_on_link(graph: Graph) -> Array:
    """Return the most that can flow over each link in each period ``(T, n)``: its capacity, what is there, what is
    needed, where nothing else comes in or goes out. What can wait may all flow in one period.
    """
    there, takes = _ends(graph)
    if graph.storable.any():
        once = np.where(graph.storable, graph.times[:, None], 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            there, takes = (np.where(once > 0, part / once, np.inf) for part in (there, takes))
    return np.minimum(np.minimum(there[:, graph.origin], _taken(graph, takes)), graph.capacity)


def most_in_stages(graph: Graph) -> Array:
    """Return amounts ``(T, n)`` as :func:`most_on_link`, lowered in shares so that what can wait flows once.

    Added up over the periods of a stage, each as often as it comes, they are no less than what can flow in all of it.
    """
    most = most_on_link(graph)
    if not graph.storable.any():
        return most
    there, takes = (np.where(graph.storable, part, np.inf) for part in _ends(graph))
    ends = np.minimum(there[:, graph.origin], _taken(graph, takes))
    for s, first in enumerate(graph.first_periods()):
        mine = np.flatnonzero(graph.stage == s)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = ends[first] / (graph.times[mine] @ most[mine])
        most[mine] *= np.where(share < 1, share, 1.0)
    return most


def _ends(graph: Graph) -> tuple[Array, Array]:
    """Return what a balance has to give and takes ``(T, v)``; without end where links bring it or take it away."""
    v = graph.n_places
    fed = np.bincount(graph.target, minlength=v) > 0
    drained = np.bincount(graph.origin, minlength=v) > 0
    supply, demand = graph.balanced(graph.supply), graph.balanced(graph.demand)
    there = np.where(fed, np.inf, supply + np.where(graph.may_lack, demand, 0.0))
    return there, np.where(drained | graph.may_leave, np.inf, demand)


def _taken(graph: Graph, takes: Array) -> Array:
    """Return what a link has to take so that its target gets so much ``(T, n)``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(graph.rate > 0, takes[:, graph.target] / graph.rate, np.inf)


def program(graph: Graph) -> Program:
    """Return a network as a program."""
    T, n, S, K = graph.n_periods, graph.n_links, graph.n_stages, len(graph.plants.of)
    both = np.flatnonzero(graph.may_leave & graph.may_lack & (graph.demand.max(axis=0, initial=0.0) > 0))
    first_short, first_step = T * n, T * n + T * len(both)
    columns = first_step + K * S
    rows = _Rows()
    _place_rows(graph, rows, both, first_short)
    _plant_rows(graph, rows, first_step)
    coefficients, starts = _measures(graph, both)
    _bound_rows(graph, rows, coefficients, both, first_step)
    _window_rows(graph, rows)
    low, high = _column_bounds(graph, both)
    parts = list(zip(*rows.entries, strict=True))
    row, column, value = (np.concatenate(part) for part in parts)
    A = sp.coo_array((value, (row, column)), shape=(rows.size, columns)).tocsc()
    period = np.repeat(np.arange(T), n), np.repeat(np.arange(T), len(both)), np.tile(np.arange(S), K)
    item = np.tile(np.arange(n), T), np.tile(both, T), np.repeat(np.arange(K), S)
    kind = np.repeat(np.array([FLOW, SHORT, STEP], np.int8), [first_short, first_step - first_short, K * S])
    return Program(
        A, np.concatenate(rows.low), np.concatenate(rows.high), low, high, kind == STEP,
        coefficients, starts.sum(axis=1), starts,
        np.concatenate(rows.kind), np.concatenate(rows.item), np.concatenate(rows.period),
        kind, np.concatenate(item), np.concatenate(period),
    )  # fmt: skip


def _place_rows(graph: Graph, rows: _Rows, both: Positions, first_short: int) -> None:
    """In less out: between what has to come in and what may."""
    T, n, v = graph.n_periods, graph.n_links, graph.n_places
    supply = graph.balanced(graph.supply)
    need = graph.balanced(graph.demand) - supply
    high = np.where(graph.may_leave, np.inf, need)
    drained = np.bincount(graph.origin, minlength=v) > 0
    spare = np.where(drained, -supply, -np.inf)  # nothing goes out: nothing has to come in
    low = np.where(graph.may_lack & ~graph.may_leave, spare, need)
    at, place, period = graph.balances()
    rows.add(PLACE, place, period, low[period, place], high[period, place])
    factor = np.where(graph.storable, graph.times[:, None], 1.0) if graph.storable.any() else np.ones((1, v))
    flow = np.arange(T * n).reshape(T, n)
    rows.put(at[:, graph.origin], flow, -factor[:, graph.origin])
    rows.put(at[:, graph.target], flow, graph.rate * factor[:, graph.target])
    rows.put(at[:, both], first_short + np.arange(T * len(both)).reshape(T, len(both)), factor[:, both])


def _measures(graph: Graph, both: Positions) -> tuple[Array, Array]:
    """Return measures as sums over columns and what they start from by place, left and short folded in."""
    weights, n_measures = graph.weights(), len(graph.measures)
    leave, lack = graph.may_leave, graph.may_lack & ~graph.may_leave
    worth = np.where(leave, graph.left, 0.0) - np.where(lack, graph.short, 0.0)  # of one more unit at a place (m, v)
    flow = graph.per_unit + graph.rate * worth[:, graph.target] - worth[:, graph.origin]
    short = (graph.short + graph.left)[:, both]
    once = np.concatenate([
        (weights[:, :, None] * part[:, None, :]).reshape(n_measures, -1) for part in (flow, short)
    ], axis=1)  # fmt: skip
    steps = (graph.plants.fixed[:, :, None] * graph.stage_weights()[:, None, :]).reshape(n_measures, -1)
    start = np.einsum("mv,tv,mt->mtv", worth, graph.supply - graph.demand, weights).reshape(n_measures, -1)
    if graph.storable.any():
        at, place, _ = graph.balances()
        every, start = start, np.zeros((n_measures, len(place)))
        np.add.at(start.T, at.ravel(), every.T)
    return np.concatenate([once, steps], axis=1), start


def _column_bounds(graph: Graph, both: Positions) -> tuple[Array, Array]:
    T, S, plants = graph.n_periods, graph.n_stages, graph.plants
    low, high = np.zeros((len(plants.of), S)), np.ones((len(plants.of), S))
    first = np.zeros(len(plants.of), bool)
    first[np.unique(plants.of, return_index=True)[1]] = True
    standing = first & np.isin(plants.state[plants.of], (KEPT, FREE))
    high[standing, 1:] = 0.0  # it stands from the start, or never
    low[first & (plants.state[plants.of] == KEPT), 0] = 1.0
    return (
        np.concatenate([np.tile(graph.least, T), np.zeros(T * len(both)), low.ravel()]),
        np.concatenate([np.tile(graph.capacity, T), graph.demand[:, both].ravel(), high.ravel()]),
    )


def _plant_rows(graph: Graph, rows: _Rows, first_step: int) -> None:
    """What flows through a facility needs its steps, of which at most one is built, and fills them at least so far."""
    T, S, n, plants = graph.n_periods, graph.n_stages, graph.n_links, graph.plants
    F, K = len(plants.standing), len(plants.of)
    if not F:
        return
    most = most_on_link(graph)
    sums = np.zeros((T, F))
    for t in range(T):
        np.add.at(sums[t], plants.facility, plants.weight * most[t, plants.link])
    room = np.maximum(sums - plants.standing, 0.0)
    step = first_step + np.arange(K * S).reshape(K, S)
    members, steps = np.bincount(plants.facility, minlength=F), np.bincount(plants.of, minlength=F)
    at = rows.add(CAPACITY, np.tile(np.arange(F), T), np.repeat(np.arange(T), F), -np.inf, np.tile(plants.standing, T))  # type: ignore[arg-type]
    at = at.reshape(T, F)
    least = np.flatnonzero(np.bincount(plants.of, plants.least, F) > 0)
    filled = rows.add(LEAST, np.tile(least, T), np.repeat(np.arange(T), len(least)), 0.0, np.inf).reshape(T, -1)  # type: ignore[arg-type]
    where = np.full(F, -1)
    where[least] = np.arange(len(least))
    for t in range(T):
        flow = t * n + plants.link
        rows.put(at[t, plants.facility], flow, plants.weight)
        capacity = np.minimum(plants.capacity, room[t, plants.of])
        has = where[plants.facility] >= 0
        rows.put(filled[t, where[plants.facility[has]]], flow[has], plants.weight[has])
        fills = where[plants.of] >= 0
        for s in range(int(graph.stage[t]) + 1):
            rows.put(at[t, plants.of], step[:, s], -capacity)
            rows.put(filled[t, where[plants.of[fills]]], step[fills, s], -plants.least[fills])
    many = np.flatnonzero(steps * S > 1)
    choice = rows.add(CHOICE, many, np.zeros(len(many), np.int64), -np.inf, 1.0)  # type: ignore[arg-type]
    where[:] = -1
    where[many] = np.arange(len(many))
    chosen = where[plants.of] >= 0
    rows.put(choice[where[plants.of[chosen]]][:, None], step[chosen], np.array(1.0))
    _strong_rows(graph, rows, most, step, members)


def _strong_rows(graph: Graph, rows: _Rows, most: Array, step: Positions, members: Positions) -> None:
    """Tie each link of a shared plant to its steps: no new network is ruled out, and bounds are much tighter."""
    plants, n = graph.plants, graph.n_links
    shared = np.flatnonzero((members[plants.facility] > 1) & (plants.standing[plants.facility] == 0))
    if not len(shared) or len(shared) * graph.n_periods > MOST_STRONG:
        return
    order = np.argsort(plants.of, kind="stable")
    start = np.searchsorted(plants.of[order], np.arange(len(plants.standing) + 1))
    for t in range(graph.n_periods):
        useful = shared[np.isfinite(most[t, plants.link[shared]])]
        owner = plants.facility[useful]
        at = rows.add(STRONG, owner, np.full(len(useful), t), -np.inf, 0.0)  # type: ignore[arg-type]
        rows.put(at, t * n + plants.link[useful], np.array(1.0))
        counts = start[owner + 1] - start[owner]
        row = np.repeat(np.arange(len(useful)), counts)
        within = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
        steps = order[np.repeat(start[owner], counts) + within]
        weight = plants.weight[useful][row]
        with np.errstate(divide="ignore"):
            holds = np.where(weight > 0, plants.capacity[steps] / weight, np.inf)
        value = -np.minimum(holds, most[t, plants.link[useful]][row])
        for s in range(int(graph.stage[t]) + 1):
            rows.put(at[row], step[steps, s], value)


def _bound_rows(graph: Graph, rows: _Rows, coefficients: Array, both: Positions, first_step: int) -> None:
    """Sums of measures and links over the periods of a bound."""
    T, n, S, K, B = graph.n_periods, graph.n_links, graph.n_stages, len(graph.plants.of), len(both)
    leave, lack = graph.may_leave, graph.may_lack & ~graph.may_leave
    worth = np.where(leave, graph.left, 0.0) - np.where(lack, graph.short, 0.0)
    starts = np.einsum("mv,tv,mt->mt", worth, graph.supply - graph.demand, graph.weights())
    first = {int(s): int(np.flatnonzero(graph.stage == s)[0]) for s in range(S)}
    for place, bound in enumerate(graph.bounds):
        groups = [[int(t)] for t in bound.periods] if bound.each else [[int(t) for t in bound.periods]]
        dense = bound.measures @ coefficients if bound.measures.any() else np.zeros(coefficients.shape[1])
        for group in groups:
            total = np.zeros(coefficients.shape[1])
            for t in group:
                total[t * n : (t + 1) * n] = dense[t * n : (t + 1) * n]
                short = slice(T * n + t * B, T * n + (t + 1) * B)
                total[short] = dense[short]
                np.add.at(total, t * n + bound.link, bound.weight)
            stages = [s for s in range(S) if first[s] in group]
            for s in stages:
                total[first_step + s :: S][:K] = dense[first_step + s :: S][:K]
            shift = float(bound.measures @ starts[:, group].sum(axis=1))
            used = np.flatnonzero(total)
            row = rows.add(BOUND, np.array([place]), np.array([group[0]]), bound.low - shift, bound.high - shift)  # type: ignore[arg-type]
            rows.put(row[0], used, total[used])


def _window_rows(graph: Graph, rows: _Rows) -> None:
    """Content of a mix within a window: Σ (content − high) arriving ≤ 0 ≤ Σ (content − low) arriving."""
    for place, window in enumerate(graph.windows):
        for t in range(graph.n_periods):
            for edge, low, high in ((window.high, -np.inf, 0.0), (window.low, 0.0, np.inf)):
                if np.isfinite(edge):
                    row = rows.add(WINDOW, np.array([place]), np.array([t]), low, high)  # type: ignore[arg-type]
                    value = (window.content - edge) * graph.rate[window.link]
                    rows.put(row[0], t * graph.n_links + window.link, value)
