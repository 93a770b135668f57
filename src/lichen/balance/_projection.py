"""Constraints at one point, with unmeasured variables projected out: J x = h → x_B = d − T x_N.

Columns are of four sorts: unmeasured basic (u₁) and free (u₂), measured basic (x_B) and others (x_N). From the basis
of :mod:`lichen.balance._elimination`

    [u₁; x_B] = M⁻¹ h − T [u₂; x_N]

and all classification is read from T: u₂ and every u₁ whose row of T touches u₂ are unobservable; x_N is redundant if
its column touches some x_B, and so is every x_B.

References
----------
Crowe, C. M. (1989) AIChE J. 35(1), 110-123; Crowe et al. (1983) doi:10.1002/aic.690290602: projection matrix.
Kelly, J. D. (1998) A regularization approach to the reconciliation of constrained data sets. Comput. Chem. Eng. 22:
classes without a projection matrix.
Narasimhan, S. & Jordache, C. (1999) Data Reconciliation and Gross Error Detection, ch. 3-4.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import lsqr, splu

from lichen.balance._elimination import Basis, Indices, Mask, eliminate, scales
from lichen.balance._statistics import BLOCK, Normal
from lichen.labelled import Array

FILL = 40
"""T may have this many times the entries of the constraints before it is made by dense blocks."""
AGREES = 1e-12
"""Share by which T made of sparse products may miss the constraints before it is made by solving."""
ZERO = 1e-11
"""Entries of T below this share of the largest of their column are rounding; T is free of units."""


class Projection:
    """``J (m, n)`` at one point, for ``measured`` and ``unmeasured`` columns ``(n,)``; other columns are fixed.

    ``sd (n,)`` is read where measured.
    """

    def __init__(self, J: sp.csr_array, measured: Mask, unmeasured: Mask, sd: Array) -> None:
        self.J, self.measured, self.unmeasured, self.sd = J, measured, unmeasured, sd
        self.fixed = ~(measured | unmeasured)
        columns = np.flatnonzero(~self.fixed)
        K = sp.csr_array(J[:, columns])
        K.eliminate_zeros()
        self._r, c = scales(K)
        K = sp.csr_array(sp.diags_array(self._r) @ K @ sp.diags_array(c))
        weight = np.where(measured[columns], sd[columns], 1.0) / c
        basis = eliminate(K, unmeasured[columns], weight)
        self.c = np.ones(J.shape[1])
        self.c[columns] = c
        self.rows, self.dependent = basis.rows, basis.dependent
        self._place(basis, columns)
        self._factorise(K, basis, columns)

    def _place(self, basis: Basis, columns: Indices) -> None:
        """Set the columns of each sort."""
        self.basic = columns[basis.columns]
        self.u1, self.xB = self.basic[: basis.unmeasured], self.basic[basis.unmeasured :]
        rest = np.setdiff1d(columns, self.basic)
        self.u2, self.xN = rest[self.unmeasured[rest]], rest[self.measured[rest]]
        self.nonbasic = np.concatenate([self.u2, self.xN])

    def _factorise(self, K: sp.csr_array, basis: Basis, columns: Indices) -> None:
        """Set the factors of M and T, both in scaled units."""
        self._K, k, p = K, len(self.u1), len(self.u2)
        chosen = K[basis.rows]
        self._M = sp.csc_array(chosen[:, basis.columns])
        self._lu: Any = splu(self._M) if len(basis.rows) else None
        nonbasic = np.searchsorted(columns, self.nonbasic)
        N = sp.csc_array(chosen[:, nonbasic])
        quick = self._unrolled(sp.csr_array(basis.reduced[:, basis.columns]), basis.reduced[:, nonbasic])
        T = self._solved(N) if quick is None or not self._agrees(quick, N) else _rounded(quick)
        self.T_free, self.T_known = sp.csr_array(T[:k, :p]), sp.csr_array(T[:k, p:])
        to_sd = self.sd / self.c
        self.W = sp.csc_array(
            sp.diags_array(1.0 / to_sd[self.xB]) @ T[k:, p:] @ sp.diags_array(to_sd[self.xN])
            if len(self.xB) else sp.csc_array((0, len(self.xN)))
        )  # fmt: skip

    def _unrolled(self, U: sp.csr_array, R: sp.csr_array) -> sp.csr_array | None:
        """Return T = U⁻¹ R for unit upper triangular U = I − E, as (I + E)(I + E²)(I + E⁴)… R; None if that fills up.

        For a network U is nearly a tree, each E² as sparse as E, and the sparse products cost less than solving.
        """
        E = sp.csr_array(sp.eye_array(U.shape[0]) - U)
        E.eliminate_zeros()
        T, most = R, FILL * (U.nnz + R.nnz + U.shape[0])
        while E.nnz:
            T = T + E @ T
            E = sp.csr_array(E @ E)
            E.eliminate_zeros()
            if E.nnz + T.nnz > most:
                return None
        return sp.csr_array(T)

    def _agrees(self, T: sp.csr_array, N: sp.csc_array) -> bool:
        """Whether M T = N, tried on one vector of signs."""
        signs = np.where(np.arange(N.shape[1]) % 3 == 0, -1.0, 1.0)
        gap = np.abs(self._M @ (T @ signs) - N @ signs)
        return bool((gap <= AGREES * (abs(self._M) @ (abs(T) @ np.ones(N.shape[1])) + 1.0)).all())

    def _solved(self, N: sp.csc_array) -> sp.csc_array:
        """Return T = M⁻¹ N, block by block."""
        if self._lu is None or N.shape[1] == 0:
            return N
        blocks = []
        for start in range(0, N.shape[1], BLOCK):
            block = self._lu.solve(N[:, start : start + BLOCK].toarray())
            blocks.append(_rounded(sp.csc_array(block)))
        return sp.csc_array(sp.hstack(blocks))

    @cached_property
    def normal(self) -> Normal:
        """S = I + W Wᵀ of the projected constraints."""
        return Normal(self.W)

    @property
    def rank(self) -> int:
        """Number of independent constraints among measured variables: degrees of freedom of the global test."""
        return len(self.xB)

    @cached_property
    def unobservable(self) -> Mask:
        """Whether each variable is unmeasured and not determined ``(n,)``."""
        lost = np.zeros(self.J.shape[1], dtype=np.bool_)
        lost[self.u2] = True
        lost[self.u1] = np.diff(self.T_free.indptr) > 0
        return lost

    @cached_property
    def redundant(self) -> Mask:
        """Whether each variable is measured and could be computed from the others ``(n,)``."""
        found = np.zeros(self.J.shape[1], dtype=np.bool_)
        found[self.xB] = True
        found[self.xN] = np.diff(self.W.indptr) > 0
        return found

    def solve(self, h: Array, measurements: Array, start: Array) -> Array:
        """Return the x ``(n,)`` nearest to the measurements with J x = h in the independent rows.

        Fixed variables keep ``start``; unobservable ones end as near to it as they can, each relative to its size.
        """
        x = np.where(self.measured, measurements, start)
        x[self.basic] = 0.0
        xB, xN = self.xB, self.xN
        d = self._basic_values(h, x)[len(self.u1) :]
        y = self.normal.solve((d - measurements[xB]) / self.sd[xB])
        x[xN] += self.sd[xN] * (self.W.T @ y)
        if len(self.u1):
            self._settle(h, x, start)
        x[self.basic] = self._basic_values(h, x)
        return x

    def _settle(self, h: Array, x: Array, start: Array) -> None:
        """Move free unmeasured variables so that all unobservable ones stay near to the start."""
        if not self.T_free.nnz:
            return
        first = self._basic_values(h, x)[: len(self.u1)]
        size = np.where(start == 0, self.c, np.abs(start))
        touched = np.diff(self.T_free.indptr) > 0
        u = self.u1[touched]
        T = sp.diags_array(self.c[u] / size[u]) @ self.T_free[touched] @ sp.diags_array(size[self.u2] / self.c[self.u2])
        gap = (first[touched] - start[u]) / size[u]
        x[self.u2] += size[self.u2] * lsqr(sp.csr_array(T), gap, damp=1.0, atol=1e-13, btol=1e-13)[0]

    def _basic_values(self, h: Array, x: Array) -> Array:
        """Return the basic variables that meet J x = h, where ``x`` holds all others and 0 for them."""
        if self._lu is None:
            return np.zeros(0)
        right = (self._r * (h - self.J @ x))[self.rows]
        z = self._lu.solve(right)
        z += self._lu.solve(right - self._M @ z)
        return np.asarray(self.c[self.basic] * z)

    def multipliers(self, gradient: Array) -> Array:
        """Return μ = g + Jᵀ λ ``(n,)``, where λ makes it 0 for basic variables: the force on each fixed variable."""
        if self._lu is None:
            return gradient
        force = np.zeros(self.J.shape[0])
        force[self.rows] = self._lu.solve(-(self.c * gradient)[self.basic], trans="T")
        return np.asarray(gradient + self.J.T @ (self._r * force))

    def combination(self, row: int) -> Array:
        """Return y ``(m,)`` with yᵀ J = 0 in all columns that are not fixed and y = 1 in a dependent ``row``."""
        y = np.zeros(self.J.shape[0])
        if self._lu is not None:
            position = np.searchsorted(np.flatnonzero(~self.fixed), self.basic)
            wanted = self._K[[row]].toarray()[0, position]
            y[self.rows] = -self._lu.solve(wanted, trans="T")
        y[row] = 1.0
        y[np.abs(y) <= ZERO * np.abs(y).max()] = 0.0
        return np.asarray(y * self._r / self._r[row])

    def variances(self) -> tuple[Array, Array]:
        """Return the variances of all variables and of the adjustments of measured ones, both ``(n,)``.

        NaN for unobservable variables; 0 for fixed ones.
        """
        value, change = np.zeros(self.J.shape[1]), np.zeros(self.J.shape[1])
        value[self.unobservable] = np.nan
        columns, rows, inverse = self.normal.diagonals()
        value[self.xN] = np.maximum(1.0 - columns, 0.0) * self.sd[self.xN] ** 2
        value[self.xB] = np.clip(rows, 0.0, 1.0) * self.sd[self.xB] ** 2
        change[self.xN], change[self.xB] = columns * self.sd[self.xN] ** 2, inverse * self.sd[self.xB] ** 2
        known = np.flatnonzero(~self.unobservable[self.u1])
        value[self.u1[known]] = self.normal.variances(self._sensitivity(known))
        return value, change

    def _sensitivity(self, known: Indices) -> sp.csr_array:
        """Return ∂u₁/∂y_N ``(k, n_N)`` of some u₁, y_N being x_N over its sd."""
        u = self.u1[known]
        return sp.csr_array(
            sp.diags_array(self.c[u]) @ self.T_known[known] @ sp.diags_array((self.sd / self.c)[self.xN])
            if len(u) else sp.csr_array((0, len(self.xN)))
        )  # fmt: skip

    def covariance(self, wanted: Indices) -> Array:
        """Return the covariance ``(k, k)`` of the ``wanted`` variables, none of them unobservable."""
        n = self.J.shape[1]
        u1, xB, xN = (np.full(n, -1, dtype=np.intp) for _ in range(3))
        for place, columns in ((u1, self.u1), (xB, self.xB), (xN, self.xN)):
            place[columns] = np.arange(len(columns))
        R, W = np.zeros((len(wanted), len(self.xN))), sp.csr_array(self.W)
        for i, j in enumerate(wanted):
            if xN[j] >= 0:
                R[i, xN[j]] = self.sd[j]
            elif xB[j] >= 0:
                R[i] = -self.sd[j] * W[[xB[j]]].toarray()[0]
            elif u1[j] >= 0:
                R[i] = -self._sensitivity(u1[[j]]).toarray()[0]
        return self.normal.covariance(R)


def _rounded(T: sp.csr_array | sp.csc_array) -> sp.csc_array:
    """Return T without entries that are rounding."""
    T = sp.csc_array(T)
    T.data[np.abs(T.data) <= ZERO * np.repeat(_column_max(T), np.diff(T.indptr))] = 0.0
    T.eliminate_zeros()
    return T


def _column_max(T: sp.csc_array) -> Array:
    largest = np.zeros(T.shape[1])
    filled = np.flatnonzero(np.diff(T.indptr))
    if len(filled):
        largest[filled] = np.maximum.reduceat(np.abs(T.data), T.indptr[filled])
    return largest
