"""The normal matrix S = I + W Wᵀ of scaled measurements, and the parts of its inverse that variances need.

With measurements divided by their standard deviations the constraints that are left after projection read
y_B + W y_N = d. The adjustment is [I W]ᵀ S⁻¹ r, and only diagonals are wanted of its covariance:

    var(y_N) = 1 − diag(Wᵀ S⁻¹ W)      var(y_B) = diag(S⁻¹ W Wᵀ)

All eigenvalues of S are at least 1, so it is factorised by Cholesky without pivots, after three reductions:

1. Rows of W with one entry (two instruments on one flow) are pooled: they only scale a column, D = I + W₁ᵀ W₁,
   and S becomes I + W₂ D⁻¹ W₂ᵀ.
2. Rows that are multiples of each other, W₂ D^(−1/2) = Q W₃ with orthonormal Q, are joined:
   S⁻¹ = I − Q Qᵀ + Q (I + W₃ W₃ᵀ)⁻¹ Qᵀ.
3. What is left falls into parts that share no measurement, each with its own S.

Up to :data:`DENSE` constraints the S of a part is dense and inverted once (m constraints: m² numbers); columns of W
with few entries then need only few cells of it. Above that S stays sparse, is factorised by SuperLU, and S⁻¹ W is made
and used in blocks of columns.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from scipy.linalg import lapack
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from lichen.balance._elimination import Indices
from lichen.labelled import Array

DENSE = 5000
"""Constraints of one part up to which S is a dense array (200 MB)."""
BLOCK = 256
"""Columns that are solved for at once."""
ALIKE = 12
"""Decimals to which rows, divided by their largest entry, are the same."""
SPARSE_SHARE = 0.1
"""Share of non-zeros of W below which single cells of the inverse are looked up."""


class Normal:
    """S = I + W Wᵀ for ``W (m, n)``."""

    def __init__(self, W: sp.csc_array) -> None:
        self.m, self.n = W.shape
        rows = sp.csr_array(W)
        self.one = np.flatnonzero(np.diff(rows.indptr) == 1)
        self.rest = np.flatnonzero(np.diff(rows.indptr) > 1)
        self._W1, self._W2 = sp.csr_array(rows[self.one]), sp.csr_array(rows[self.rest])
        self._pooled = np.asarray((self._W1 * self._W1).sum(axis=0), dtype=np.float64)  # D − I
        self._root = 1.0 / np.sqrt(1.0 + self._pooled)
        pooled = sp.csr_array(self._W2 @ sp.diags_array(self._root))
        self._Q = _alike(pooled)
        self._W = sp.csc_array(self._Q.T @ pooled)
        self._parts = [_Part(self._W[r][:, c], r, c) for r, c in _parts(self._W)]

    def _inner(self, b: Array) -> Array:
        """Return (I + W₃ W₃ᵀ)⁻¹ b ``(m₃, …)``."""
        y = np.empty_like(b)
        for part in self._parts:
            y[part.rows] = part.solve(b[part.rows])
        return y

    def _middle(self, b: Array) -> Array:
        """Return (I + W₂ D⁻¹ W₂ᵀ)⁻¹ b ``(m₂,)``."""
        c = np.asarray(self._Q.T @ b)
        return np.asarray(b + self._Q @ (self._inner(c) - c))

    def solve(self, b: Array) -> Array:
        """Return S⁻¹ b for ``b (m,)``."""
        y = b.copy()  # rows of W without entries stay as they are
        if len(self.one):
            pooled = self._root**2 * (self._W1.T @ b[self.one])
            y[self.rest] = self._middle(b[self.rest] - self._W2 @ pooled)
            left = b[self.one] - self._W1 @ (self._W2.T @ y[self.rest])
            y[self.one] = left - self._W1 @ (self._root**2 * (self._W1.T @ left))
        else:
            y[self.rest] = self._middle(b[self.rest])
        return y

    def diagonals(self) -> tuple[Array, Array, Array]:
        """Return diag(Wᵀ S⁻¹ W) ``(n,)``, diag(S⁻¹ W Wᵀ) ``(m,)`` and diag(S⁻¹) ``(m,)``."""
        columns, rows, inverse = np.zeros(self.n), np.zeros(self.m), np.ones(self.m)
        reduced = np.zeros((2, self._W.shape[0]))
        for part in self._parts:
            columns[part.columns], reduced[0, part.rows], reduced[1, part.rows] = part.diagonals()
        square = self._Q * self._Q
        rows[self.rest] = square @ reduced[0]
        inverse[self.rest] = np.maximum(1.0 - square @ np.ones(square.shape[1]), 0.0) + square @ reduced[1]
        D = 1.0 + self._pooled
        variance = (1.0 - columns) / D
        rows[self.one] = (self._W1 * self._W1) @ variance
        inverse[self.one] = 1.0 - rows[self.one]
        return np.asarray((self._pooled + columns) / D), rows, inverse

    def variances(self, R: sp.csr_array) -> Array:
        """Return diag(R (I − Wᵀ S⁻¹ W) Rᵀ) ``(k,)`` for ``R (k, n)``: variances of combinations of y_N."""
        R = sp.csr_array(R @ sp.diags_array(self._root))
        variances = np.asarray((R * R).sum(axis=1), dtype=np.float64)
        for start in range(0, R.shape[0] if len(self.rest) else 0, BLOCK):
            q = (self._W @ R[start : start + BLOCK].T).toarray()
            variances[start : start + BLOCK] -= (q * self._inner(q)).sum(axis=0)
        return np.maximum(variances, 0.0)

    def covariance(self, R: Array) -> Array:
        """Return R (I − Wᵀ S⁻¹ W) Rᵀ ``(k, k)`` for ``R (k, n)``."""
        R = R * self._root
        q = np.asarray(self._W @ R.T)
        return np.asarray(R @ R.T - q.T @ self._inner(q))


def _alike(W: sp.csr_array) -> sp.csr_array:
    """Return orthonormal Q ``(m, k)`` with W = Q W₃, where rows of ``W`` that are multiples of each other share one."""
    groups: dict[tuple[bytes, bytes], int] = {}
    W.sort_indices()
    column, size = np.zeros(W.shape[0], dtype=np.intp), np.zeros(W.shape[0])
    for i, (a, b) in enumerate(zip(W.indptr[:-1], W.indptr[1:], strict=True)):
        largest = W.data[a + np.abs(W.data[a:b]).argmax()]
        key = W.indices[a:b].tobytes(), np.round(W.data[a:b] / largest, ALIKE).tobytes()
        column[i], size[i] = groups.setdefault(key, len(groups)), largest
    size /= np.sqrt(np.bincount(column, size**2, len(groups)))[column]
    return sp.csr_array((size, (np.arange(len(size)), column)), shape=(len(size), len(groups)))


def _parts(W: sp.csc_array) -> list[tuple[Indices, Indices]]:
    """Return rows and columns of each part of ``W`` that shares nothing with the others; empty columns are left out."""
    m, n = W.shape
    if m == 0:
        return []
    entries = W.tocoo()
    rows, columns = entries.coords
    graph = sp.coo_array((np.ones(len(rows)), (rows, columns + m)), shape=(m + n, m + n))
    count, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(label, minlength=count))[:-1])
    return [(g[g < m], g[g >= m] - m) for g in groups if g[0] < m]


class _Part:
    """I + W Wᵀ of one part."""

    def __init__(self, W: sp.csc_array, rows: Indices, columns: Indices) -> None:
        self.W, self.rows, self.columns, m = sp.csc_array(W), rows, columns, len(rows)
        self.few = W.nnz <= SPARSE_SHARE * m * W.shape[1]
        self.dense = m <= DENSE

    @cached_property
    def _factor(self) -> Array:
        """Cholesky factor of a dense S; its upper triangle is not set."""
        S = np.eye(len(self.rows))
        if self.few:
            S += (self.W @ self.W.T).toarray()
        else:
            for start in range(0, self.W.shape[1], 16 * BLOCK):
                block = self.W[:, start : start + 16 * BLOCK].toarray()
                S += block @ block.T
        return np.asarray(la.cholesky(S, lower=True, overwrite_a=True, check_finite=False))

    @cached_property
    def _lu(self) -> Any:
        """Factors of a sparse S."""
        return splu(sp.csc_array(sp.eye_array(len(self.rows)) + self.W @ self.W.T), permc_spec="MMD_AT_PLUS_A")

    def solve(self, b: Array) -> Array:
        """Return S⁻¹ b."""
        if not self.dense:
            return np.asarray(self._lu.solve(b))
        return np.asarray(la.cho_solve((self._factor, True), b, check_finite=False))

    def diagonals(self) -> tuple[Array, Array, Array]:
        """Return diag(Wᵀ S⁻¹ W), diag(S⁻¹ W Wᵀ) and diag(S⁻¹)."""
        columns, rows = np.zeros(self.W.shape[1]), np.zeros(len(self.rows))
        inverse = self._inverse() if self.dense else None
        if inverse is not None and self.few:
            self._look_up(inverse, columns, rows)
        else:
            for start in range(0, self.W.shape[1], BLOCK):
                w = self.W[:, start : start + BLOCK].toarray()
                product = w * (self._lu.solve(w) if inverse is None else inverse @ w)
                columns[start : start + BLOCK] = product.sum(axis=0)
                rows += product.sum(axis=1)
        return columns, rows, 1.0 - rows if inverse is None else inverse.diagonal()

    def _inverse(self) -> Array:
        inverse, _ = lapack.dpotri(self._factor, lower=1)
        upper = np.triu_indices(len(inverse), 1) if len(inverse) < BLOCK else None
        if upper is not None:
            inverse[upper] = inverse.T[upper]
            return np.asarray(inverse)
        return np.asarray(np.tril(inverse) + np.tril(inverse, -1).T)

    def _look_up(self, inverse: Array, columns: Array, rows: Array) -> None:
        """Add up what few cells of the inverse give, column by column."""
        indptr, indices, data = self.W.indptr, self.W.indices, self.W.data
        for j in range(self.W.shape[1]):
            place, w = indices[indptr[j] : indptr[j + 1]], data[indptr[j] : indptr[j + 1]]
            product = w * (inverse[place[:, None], place] @ w)
            columns[j] = product.sum()
            rows[place] += product
