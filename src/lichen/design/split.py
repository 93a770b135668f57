"""Take a program apart where nothing couples, and leave out links that no network gains by.

Both are exact. Parts share no row: no place, plant, blend, budget or bound. A link is left out only if every network
that uses it is as good or better without it, in the objective and in every measure that is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from lichen.design._highs import Lp
from lichen.design.graph import NEW, Flags, Graph, Positions
from lichen.design.program import most_in_stages
from lichen.labelled import Array

SMALL = 1_000
"""Linear parts of fewer columns are solved together: opening the optimiser costs more than solving them."""


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a program: positions of its columns and rows, and its arrays."""

    columns: Positions
    rows: Positions
    lp: Lp


def labels(A: sp.csc_array) -> tuple[int, Positions, Positions]:
    """Return the number of parts, and the part of each row and column; a column without rows is in part -1."""
    rows, columns = A.shape
    same = np.ones(max(A.nnz - 1, 0), bool)
    starts = A.indptr[1:-1]
    same[starts[(starts > 0) & (starts < A.nnz)] - 1] = False
    one, other = A.indices[:-1][same], A.indices[1:][same]
    joined = sp.coo_array((np.ones(len(one), np.int8), (one, other)), shape=(rows, rows))
    count, row_label = connected_components(joined, directed=False)
    sizes = np.diff(A.indptr)
    column_label = np.full(columns, -1, np.int64)
    filled = sizes > 0
    column_label[filled] = row_label[A.indices[A.indptr[:-1][filled]]]
    return int(count), row_label.astype(np.int64), column_label


def parts(lp: Lp, starts: Array) -> list[Part]:
    """Return the parts of a program that share no row; small linear ones are put together.

    ``starts``: what the objective starts from at the first rows; a part starts from what its own rows bring.
    """
    count, row_label, column_label = labels(lp.A)
    bundle = _bundles(lp, count, column_label)
    row_label = bundle[row_label]
    column_label = (
        np.where(column_label < 0, bundle.max(initial=-1) + 1, bundle[column_label]) if count else column_label * 0
    )
    total = int(max(row_label.max(initial=-1), column_label.max(initial=-1))) + 1
    if total <= 1:
        return [Part(np.arange(lp.A.shape[1]), np.arange(lp.A.shape[0]), lp)]
    offset = np.zeros(len(row_label))
    offset[: len(starts)] = starts
    cut = _cut(lp, total, row_label, column_label)
    return [replace(part, lp=replace(part.lp, offset=float(offset[part.rows].sum()))) for part in cut]


def _bundles(lp: Lp, count: int, column_label: Positions) -> Positions:
    """Return for each part the bundle it is put into."""
    inside = column_label >= 0
    sizes = np.bincount(column_label[inside], minlength=count)
    whole = np.bincount(column_label[inside], lp.whole[inside], minlength=count) > 0
    bundle, now, held = np.empty(count, np.int64), -1, SMALL
    for part in range(count):
        if whole[part]:
            continue
        if held >= SMALL:
            now, held = now + 1, 0
        bundle[part] = now
        held += sizes[part]
    bundle[whole] = now + 1 + np.arange(whole.sum())
    return bundle


def _cut(lp: Lp, total: int, row_label: Positions, column_label: Positions) -> Iterator[Part]:
    columns, rows = np.argsort(column_label, kind="stable"), np.argsort(row_label, kind="stable")
    first_column = np.searchsorted(column_label[columns], np.arange(total + 1))
    first_row = np.searchsorted(row_label[rows], np.arange(total + 1))
    local = np.empty(len(rows), np.int32)
    local[rows] = np.arange(len(rows)) - first_row[row_label[rows]]
    ordered = sp.csc_array(lp.A[:, columns])
    indices = local[ordered.indices]
    for part in range(total):
        a, b = first_column[part], first_column[part + 1]
        mine, of_rows = columns[a:b], rows[first_row[part] : first_row[part + 1]]
        if not len(mine) and not len(of_rows):
            continue
        start = ordered.indptr[a : b + 1]
        block = sp.csc_array(
            (ordered.data[start[0] : start[-1]], indices[start[0] : start[-1]], start - start[0]),
            shape=(len(of_rows), len(mine)),
        )
        piece = Lp(
            block, lp.row_low[of_rows], lp.row_high[of_rows], lp.low[mine], lp.high[mine], lp.whole[mine], lp.cost[mine]
        )
        yield Part(mine, of_rows, piece)


def useless(graph: Graph, weights: Array) -> Flags:
    """Return which links can be left out: no network gains by them ``(n,)``.

    A link qualifies where what it would take may be left and what it would bring may be short, nothing asks for it (no
    least amount, blend, or bound on links or from below), and its best gain is not above the fixed charge it alone
    bears. In every measure that is bounded from above the link must not gain either, for the bound could force it.

    Parameters
    ----------
    graph
        The network.
    weights
        Objective as a sum of measures ``(m,)``.
    """
    n = graph.n_links
    free = graph.may_leave[graph.origin] & graph.may_lack[graph.target] & ~graph.may_leave[graph.target]
    drained = np.bincount(graph.origin, minlength=graph.n_places) > 0
    free &= ~drained[graph.target] & (graph.least == 0)  # what it brings is not passed on
    for window in graph.windows:
        free[window.link] = False
    for bound in graph.bounds:
        free[bound.link] = False
        if bound.low > -np.inf and bound.measures.any():
            return np.zeros(n, bool)
    if not free.any():
        return free
    alone, fixed = _own_charge(graph, free)
    most = most_in_stages(graph)
    for test in (weights, *(b.measures for b in graph.bounds if b.measures.any())):
        free &= _no_gain(graph, test, most, alone, fixed)
    return free


def _own_charge(graph: Graph, free: Flags) -> tuple[Flags, Array]:
    """Return which links bear a new facility's charge alone, and that charge ``(m, n)``, the least of its steps.

    A link of a shared, kept or least-filled facility cannot be left out by itself, and is struck from ``free``, unless
    the facility only asks for capacity.
    """
    plants, n = graph.plants, graph.n_links
    alone, fixed = np.zeros(n, bool), np.zeros((len(graph.measures), n))
    if not len(plants.link):
        return alone, fixed
    F = len(plants.standing)
    filled = np.bincount(plants.of, plants.least, F) > 0
    members = np.bincount(plants.facility, minlength=F)
    times = np.bincount(plants.link, minlength=n)
    own = (members[plants.facility] == 1) & (times[plants.link] == 1) & (plants.standing[plants.facility] == 0)
    own &= plants.state[plants.facility] == NEW
    free[plants.link[filled[plants.facility] & ~own]] = False
    alone[plants.link[own]] = True
    charge = np.full((len(graph.measures), F), np.inf)
    least = plants.fixed * graph.stage_weights().min(axis=1)[:, None]
    for row in range(len(least)):
        np.minimum.at(charge[row], plants.of, least[row])
    fixed[:, plants.link[own]] = charge[:, plants.facility[own]]
    return alone, np.where(np.isfinite(fixed), fixed, 0.0)


def _no_gain(graph: Graph, weights: Array, most: Array, alone: Flags, fixed: Array) -> Flags:
    """Return which links lower a sum of measures by nothing, whatever flows over them."""
    per_period = weights[:, None] * graph.weights()  # (m, T)
    change = graph.per_unit - graph.left[:, graph.origin] - graph.rate * graph.short[:, graph.target]
    slope = per_period.T @ change  # (T, n)
    size = np.where(alone, most, 1.0)  # without a charge the sign of the slope decides, so that prices stay right
    with np.errstate(invalid="ignore"):
        best = np.where(slope < 0, slope * size, 0.0).sum(axis=0)
    charge = np.where(alone, weights @ fixed, 0.0)
    nonnegative = (weights[:, None] * graph.plants.fixed >= 0).all() if graph.plants.fixed.size else True
    return (best + charge >= 0) if nonnegative else np.zeros(graph.n_links, bool)
