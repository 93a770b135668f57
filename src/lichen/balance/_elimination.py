"""Which equations are independent, and for which variables they are solved.

Gaussian elimination of a sparse matrix: first over unmeasured columns, the one with
fewest entries first; then over measured columns, the one with the largest standard deviation first. Of the rows that
could be the pivot the shortest is taken, so that short rows are added to long ones: for balances of a network the work
grows as flows × log(processes). Rows without a pivot depend on the others; their number is m less the rank.

The second order is what makes later steps stable: variables with large errors are expressed by those with small
errors, so no large variance has to cancel. Columns of which little is left after earlier steps wait until the end: at
the solution of a bilinear system some of them may vanish.

References
----------
Markowitz, H. M. (1957) Manage. Sci. 3(3), 255-269. doi:10.1287/mnsc.3.3.255: fewest entries first.
Crowe, C. M., García Campos, Y. A. & Hrymak, A. (1983) AIChE J. 29(6), 881-888. doi:10.1002/aic.690290602: projection.
Duff, I. S., Erisman, A. M. & Reid, J. K. (2017) Direct Methods for Sparse Matrices, 2nd ed.
doi:10.1093/acprof:oso/9780198508380.001.0001: threshold pivoting.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from lichen.labelled import Array

Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
CANCELLED = 1e-10
"""An entry that is left of two larger ones counts as zero below this share of them."""
THRESHOLD = 0.1
"""A pivot is at least this share of the largest entry of its column."""
SMALL, NOTHING = 1e-3, 1e-10
"""Columns with no entry above SMALL wait; at NOTHING or below they count as empty. Entries are scaled to about 1."""
PASSES = 6
"""Passes of scaling; each brings rows and columns nearer to a geometric mean of 1."""


@dataclass(frozen=True, eq=False)
class Basis:
    """Independent rows and the columns they are solved for.

    Parameters
    ----------
    rows, columns
        Pivots, in order ``(rank,)``.
    unmeasured
        How many of the first columns are unmeasured.
    dependent
        Rows without a pivot.
    reduced
        The pivot rows as elimination left them, divided by their pivots ``(rank, n)``: unit upper triangular in the
        pivot columns.
    """

    rows: Indices
    columns: Indices
    unmeasured: int
    dependent: Indices
    reduced: sp.csr_array


def scales(J: sp.csr_array) -> tuple[Array, Array]:
    """Return row and column factors, powers of 2, that bring the entries of ``J (m, n)`` near to 1.

    Geometric means are taken in turn; units of variables and constraints drop out.
    """
    entries = J.tocoo()
    rows, columns = entries.coords
    size = np.log2(np.abs(entries.data))
    r, c = np.zeros(J.shape[0]), np.zeros(J.shape[1])
    row_count = np.maximum(np.bincount(rows, minlength=J.shape[0]), 1)
    column_count = np.maximum(np.bincount(columns, minlength=J.shape[1]), 1)
    for _ in range(PASSES):
        r = -np.bincount(rows, size + c[columns], J.shape[0]) / row_count
        c = -np.bincount(columns, size + r[rows], J.shape[1]) / column_count
    return np.exp2(np.round(r)), np.exp2(np.round(c))


class _Rows:
    """The rows that are left, as dictionaries, and for each column the rows that hold it."""

    def __init__(self, J: sp.csr_array) -> None:
        self.rows: list[dict[int, float]] = [
            dict(zip(J.indices[a:b].tolist(), J.data[a:b].tolist(), strict=True))
            for a, b in zip(J.indptr[:-1], J.indptr[1:], strict=True)
        ]
        self.holders: list[set[int]] = [set() for _ in range(J.shape[1])]
        for r, row in enumerate(self.rows):
            for j in row:
                self.holders[j].add(r)
        self.done: list[tuple[int, int, float, dict[int, float]]] = []
        """Row, column, pivot and the rest of the row of each step."""

    def largest(self, j: int) -> float:
        """Return the largest magnitude in column ``j``."""
        return max((abs(self.rows[r][j]) for r in self.holders[j]), default=0.0)

    def eliminate(self, j: int) -> None:
        """Solve one row for column ``j`` and take the column out of all others."""
        least = THRESHOLD * self.largest(j)
        able = [r for r in self.holders[j] if abs(self.rows[r][j]) >= least]
        pivot = min(able, key=lambda r: (len(self.rows[r]), r))
        source = self.rows[pivot]
        for k in source:
            self.holders[k].discard(pivot)
        head = source.pop(j)
        for r in self.holders[j]:
            self._add(r, source, -self.rows[r].pop(j) / head)
        self.holders[j] = set()
        self.rows[pivot] = {}
        self.done.append((pivot, j, head, source))

    def reduced(self, n: int) -> sp.csr_array:
        """Return the pivot rows divided by their pivots ``(rank, n)``."""
        data, columns, lengths = [], [], [0]
        for _, j, head, rest in self.done:
            columns += [j, *rest]
            data += [head, *rest.values()]
            lengths.append(len(columns))
        heads = np.array([head for _, _, head, _ in self.done], dtype=np.float64)
        indptr = np.array(lengths)
        values = np.array(data, dtype=np.float64) / np.repeat(heads, np.diff(indptr))
        return sp.csr_array((values, np.array(columns, dtype=np.intp), indptr), shape=(len(heads), n))

    def _add(self, r: int, source: dict[int, float], factor: float) -> None:
        target = self.rows[r]
        for k, value in source.items():
            change = factor * value
            old = target.get(k)
            if old is None:
                target[k] = change
                self.holders[k].add(r)
            elif abs(old + change) <= CANCELLED * (abs(old) + abs(change)):
                del target[k]
                self.holders[k].discard(r)
            else:
                target[k] = old + change


def eliminate(J: sp.csr_array, unmeasured: Mask, weight: Array) -> Basis:
    """Return independent rows and basic columns of ``J (m, n)``, scaled, without explicit zeros.

    Parameters
    ----------
    J
        Matrix ``(m, n)``.
    unmeasured
        Columns to be eliminated first ``(n,)``.
    weight
        Standard deviation of the other columns in the units of the matrix ``(n,)``.
    """
    left = _Rows(J)
    _largest_first(left, _sparsest_first(left, np.flatnonzero(unmeasured).tolist()), np.ones(len(weight)))
    first = len(left.done)
    _largest_first(left, np.flatnonzero(~unmeasured).tolist(), weight)
    rows = np.array([step[0] for step in left.done], dtype=np.intp)
    columns = np.array([step[1] for step in left.done], dtype=np.intp)
    dependent = np.setdiff1d(np.arange(J.shape[0], dtype=np.intp), rows)
    return Basis(rows, columns, first, dependent, left.reduced(J.shape[1]))


def _sparsest_first(left: _Rows, columns: list[int]) -> list[int]:
    """Eliminate ``columns``, those with few entries first; return those that wait."""
    heap = [(len(left.holders[j]), j) for j in columns]
    heapq.heapify(heap)
    waiting = []
    while heap:
        count, j = heapq.heappop(heap)
        now = len(left.holders[j])
        if now == 0:
            continue
        if now > count:
            heapq.heappush(heap, (now, j))
        elif left.largest(j) < SMALL:
            waiting.append(j)
        else:
            left.eliminate(j)
    return waiting


def _largest_first(left: _Rows, columns: list[int], weight: Array) -> None:
    """Eliminate ``columns``, those with the largest weighted entry first, as it is when their turn comes."""
    heap = [(-left.largest(j) * float(weight[j]), j) for j in columns]
    heapq.heapify(heap)
    while heap:
        stored, j = heapq.heappop(heap)
        largest = left.largest(j)
        if largest <= NOTHING:
            continue
        now = -largest * float(weight[j])
        if now > 0.5 * stored:  # less than half is left
            heapq.heappush(heap, (now, j))
        else:
            left.eliminate(j)
