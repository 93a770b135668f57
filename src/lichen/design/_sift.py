"""Linear programs with far more columns than rows: solved over a few columns, the others priced, until none is better.

The answer is that of the whole program: at the end no column that was left out has a reduced cost below the optimiser's
own tolerance (sifting: Bixby, R. E. et al. (1992) Oper. Res. 40(5), 885–897, doi:10.1287/opre.40.5.885).
"""

from __future__ import annotations

from math import inf
from time import perf_counter
from typing import Any

import numpy as np
import scipy.sparse as sp

from lichen.design._highs import Lp, Raw, opened, run, solve_lp
from lichen.design.graph import Flags, Positions
from lichen.labelled import Array

TOLERANCE = 1e-7
LEAST_COLUMNS, RATIO = 5_000, 8
"""Programs with fewer columns, or fewer of them per row, are solved at once."""
FIRST, MORE = 3, 3
"""Columns per row at the start, and added per row in a round."""
MOST_ROUNDS = 200


def worth_it(lp: Lp) -> bool:
    """Whether a program has many more columns than rows and could be sifted."""
    rows, columns = lp.A.shape
    return columns >= LEAST_COLUMNS and columns > RATIO * rows and not lp.whole.any()


def sift(lp: Lp, time_s: float = inf) -> Raw:
    """Solve a linear program by sifting; at once where a few columns do not suffice to hold its rows."""
    begun = perf_counter()
    inside = (lp.low != 0) | _cheapest(lp.cost, lp, FIRST)
    chosen = np.flatnonzero(inside)
    h = opened(_some(lp, chosen))
    y = np.zeros(lp.A.shape[0])
    across = sp.csr_array(lp.A.T)
    for _ in range(MOST_ROUNDS):
        raw = run(h, False, time_s - (perf_counter() - begun))
        if raw.status != "optimal":
            break
        y = raw.row_dual
        reduced = lp.cost - across @ y
        wanted = (reduced < -TOLERANCE) & ~inside & (lp.high > 0)
        if not wanted.any():
            x = np.zeros(lp.A.shape[1])
            x[chosen] = raw.x
            return Raw("optimal", raw.value, raw.bound, x, y, reduced)
        new = np.flatnonzero(_cheapest(np.where(wanted, reduced, inf), lp, MORE) & wanted)
        _add(h, lp, new)
        inside[new] = True
        chosen = np.concatenate([chosen, new])
    return solve_lp(lp, time_s - (perf_counter() - begun))


def _some(lp: Lp, chosen: Positions) -> Lp:
    return Lp(
        sp.csc_array(lp.A[:, chosen]), lp.row_low, lp.row_high, lp.low[chosen], lp.high[chosen], lp.whole[chosen],
        lp.cost[chosen], lp.offset,
    )  # fmt: skip


def _add(h: Any, lp: Lp, new: Positions) -> None:
    part = sp.csc_array(lp.A[:, new])
    h.addCols(
        len(new), lp.cost[new], lp.low[new], lp.high[new], part.nnz,
        part.indptr[:-1].astype(np.int32), part.indices.astype(np.int32), part.data,
    )  # fmt: skip


def _cheapest(cost: Array, lp: Lp, count: int) -> Flags:
    """Return which columns are among the ``count`` cheapest of one of their rows."""
    finite = np.flatnonzero(np.isfinite(cost))
    order = finite[np.argsort(cost[finite], kind="stable")]
    part = sp.csc_array(lp.A[:, order])
    rows = part.indices
    column = np.repeat(np.arange(len(order)), np.diff(part.indptr))
    by_row = np.argsort(rows, kind="stable")  # cheapest first within a row
    start = np.searchsorted(rows[by_row], np.arange(lp.A.shape[0]))
    rank = np.arange(len(rows)) - start[rows[by_row]]
    found = np.zeros(lp.A.shape[1], bool)
    found[order[column[by_row[rank < count]]]] = True
    return found
