"""The Leontief system: I − A, factorised once; changes of a few columns as low-rank updates.

Textbook symbols: ``Z`` flows, ``x`` output, ``A = Z x̂⁻¹``, ``L = (I − A)⁻¹``, ``f`` final demand, ``S`` intensities.
Nothing is inverted unless the inverse itself is asked for.

References
----------
Miller, R. E. & Blair, P. D. (2009) Input-Output Analysis, 2nd ed., ch. 2. doi:10.1017/CBO9780511626982
Sherman, J. & Morrison, W. J. (1950) Ann. Math. Stat. 21(1), 124-127; Woodbury (1950): the update.
Çetinay, H. et al. (2020) J. Ind. Ecol. 24(5), 976-985. doi:10.1111/jiec.13013: low-rank scenarios.
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np
import scipy.linalg.lapack as lapack

from lichen.economy.table import inverse_or_zero
from lichen.errors import EconomyError, Problems
from lichen.labelled import Array

LARGE_CONDITION = 1e10
"""Condition number of I − A above which a result is doubtful: about six digits are left of sixteen."""

ONE_BY_ONE = 96
"""Up to this many sectors right-hand sides are solved one by one: for two or more of whatever size OpenBLAS wakes its
threads, which on a busy machine takes milliseconds, where one column of 42 takes four microseconds."""

ROWS_AT_ONCE = 1 << 17
"""Cells of a block of rows that fits a processor's cache (1 MiB), so that several sums take one pass over memory."""


class System(Protocol):
    """Anything that solves with I − A: a factorised table or an update of one."""

    n: int

    def solve(self, f: Array) -> Array:
        """Return L f."""

    def solve_transposed(self, s: Array) -> Array:
        """Return Lᵀ s."""


class Leontief:
    """I − A of flows ``Z (n, n)`` and output ``x (n,)``, factorised; n² numbers of memory beside ``Z``.

    ``Z`` and ``x`` are kept (not copied) for :attr:`condition` and must not be changed afterwards.

    Raises
    ------
    EconomyError
        If I − A is singular.
    """

    def __init__(self, Z: Array, x: Array) -> None:
        # I − A is built in the order of Z (by rows) and factorised as its transpose, which LAPACK takes in place.
        M = np.multiply(Z, -inverse_or_zero(x), order="C")
        M.flat[:: len(x) + 1] += 1.0
        self.n, self._Z, self._x = len(x), Z, x
        self._lu, self._pivots, info = lapack.dgetrf(M.T, overwrite_a=True)
        if info > 0:
            problems = Problems()
            problems.add("table.singular", position=int(info))
            problems.raise_if_errors(EconomyError)
        self._lu.flags.writeable = False

    def solve(self, f: Array) -> Array:
        """Return L f, the output needed for final demand ``f`` of shape ``(n,)`` or ``(n, r)``."""
        return self._back(f, transposed=1)

    def solve_transposed(self, s: Array) -> Array:
        """Return Lᵀ s, the multipliers of intensities ``s`` of shape ``(n,)`` or ``(n, r)``."""
        return self._back(s, transposed=0)

    def _back(self, b: Array, transposed: int) -> Array:
        if b.size == 0:
            return np.zeros(b.shape)
        if b.ndim == 2 and self.n <= ONE_BY_ONE:
            y = np.empty_like(b, dtype=np.float64, order="F")
            for r in range(b.shape[1]):
                y[:, r], _ = lapack.dgetrs(self._lu, self._pivots, b[:, r], trans=transposed)
            return y
        y, _ = lapack.dgetrs(self._lu, self._pivots, b, trans=transposed)
        return np.asarray(y)

    @cached_property
    def condition(self) -> float:
        """Estimated condition number of I − A in the 1-norm."""
        inverse = inverse_or_zero(self._x)
        diagonal = self._Z.diagonal() * inverse
        columns = column_sums_of_magnitudes(self._Z) * np.abs(inverse) - np.abs(diagonal) + np.abs(1.0 - diagonal)
        # the factors are of the transpose; its maximum norm is the 1-norm of I − A
        rcond, _ = lapack.dgecon(self._lu, float(columns.max()), norm="I")
        return float(np.inf) if rcond == 0 else float(1.0 / rcond)

    def inverse(self) -> Array:
        """Return the Leontief inverse L ``(n, n)``; only for those who want its cells."""
        return self.solve(np.eye(self.n))

    def updated(self, columns: Array | list[int], dA: Array) -> Updated:
        """Return the system of A with ``dA (n, k)`` added to ``columns``: k solves, no factorisation."""
        return Updated(self, np.asarray(columns, dtype=np.intp), dA)


def column_sums_of_magnitudes(Z: Array) -> Array:
    """Return the column sums of |Z| ``(n,)`` without a second matrix."""
    step = max(1, ROWS_AT_ONCE // max(1, Z.shape[1]))
    total = np.zeros(Z.shape[1])
    for start in range(0, Z.shape[0], step):
        total += np.abs(Z[start : start + step]).sum(axis=0)
    return total


class Inverted:
    """The inverse L itself as a system: for very many small solves, where a call of LAPACK costs more than its work."""

    def __init__(self, system: System) -> None:
        self.n = system.n
        self._inverse = system.solve(np.eye(system.n))

    def solve(self, f: Array) -> Array:
        """Return L f."""
        return np.asarray(self._inverse @ f)

    def solve_transposed(self, s: Array) -> Array:
        """Return Lᵀ s."""
        return np.asarray(self._inverse.T @ s)


class Updated:
    """I − A − dA Eᵀ, where E selects ``columns``: the Woodbury identity on a factorised system.

    Raises
    ------
    EconomyError
        If the changed matrix is singular.
    """

    def __init__(self, base: System, columns: Array, dA: Array) -> None:
        self.n, self._base, self._columns, self._dA = base.n, base, columns, dA
        self._W = base.solve(dA)
        small = np.eye(len(columns)) - self._W[columns]
        self._small, self._pivots, info = lapack.dgetrf(small) if len(columns) else (small, small, 0)
        if info > 0:
            problems = Problems()
            problems.add("table.singular_change")
            problems.raise_if_errors(EconomyError)

    def solve(self, f: Array) -> Array:
        """Return L f of the changed system."""
        return self.corrected(self._base.solve(f))

    def corrected(self, y: Array) -> Array:
        """Return L f of the changed system, where ``y`` is L f of the base: no solve at all."""
        if not len(self._columns):
            return y
        t, _ = lapack.dgetrs(self._small, self._pivots, y[self._columns])
        return np.asarray(y + self._W @ t)

    def solve_transposed(self, s: Array) -> Array:
        """Return Lᵀ s of the changed system."""
        y = self._base.solve_transposed(s)
        if not len(self._columns):
            return y
        lifted = np.zeros_like(y)
        lifted[self._columns] = self._transposed_shares(y)
        return np.asarray(y + self._base.solve_transposed(lifted))

    def corrected_transposed(self, y: Array) -> Array:
        """Return Lᵀ s of the changed system, where ``y`` is Lᵀ s of the base: a solve for :attr:`rows`, once."""
        if not len(self._columns):
            return y
        return np.asarray(y + self.rows @ self._transposed_shares(y))

    @cached_property
    def rows(self) -> Array:
        """The rows of the base's L at the changed columns, transposed ``(n, k)``."""
        chosen = np.zeros((self.n, len(self._columns)))
        chosen[self._columns, np.arange(len(self._columns))] = 1.0
        return self._base.solve_transposed(chosen)

    def _transposed_shares(self, y: Array) -> Array:
        t, _ = lapack.dgetrs(self._small, self._pivots, self._dA.T @ y, trans=1)
        return np.asarray(t)


def ghosh_output(system: System, x: Array, v: Array) -> Array:
    """Return the output that primary inputs ``v`` push through the fixed allocation of the Ghosh model.

    x' = v (I − B)⁻¹ with B = x̂⁻¹ Z; since I − B = x̂⁻¹ (I − A) x̂, the factorised I − A serves.

    Parameters
    ----------
    system
        Factorised I − A.
    x, v
        Output and primary inputs (with imports) ``(n,)`` [unit/a].

    References
    ----------
    Ghosh, A. (1958) Economica 25(97), 58-64. doi:10.2307/2550694
    """
    return np.asarray(x * system.solve_transposed(v * inverse_or_zero(x)))
