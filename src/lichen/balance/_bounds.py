"""Least squares with bounds at one linearisation: which variables stand at a bound, and whether anything fits at all.

First all variables beyond a bound are put on it and all that are pulled off it by their multiplier are released, at
once (block pivoting), and if that goes in circles one at a time. If this does not end, or if too many bounds leave
the balances without solution, a feasible point is sought by linear programming, and a primal active set walks from
there, one bound at a time. No feasible point: the dual values of the linear programme name the balances and bounds that
contradict each other (Farkas).

References
----------
Júdice, J. J. & Pires, F. M. (1994) Comput. Oper. Res. 21(5), 587-596. doi:10.1016/0305-0548(94)90106-6: block pivoting.
Nocedal, J. & Wright, S. J. (2006) Numerical Optimization, 2nd ed., ch. 16. doi:10.1007/978-0-387-40065-5
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import linprog

from lichen.balance._elimination import Indices, Mask
from lichen.balance._projection import Projection
from lichen.balance.system import System
from lichen.labelled import Array

Sides = npt.NDArray[np.int8]
"""−1 where a variable stands at its lower bound, 1 at its upper, 0 where free."""
OUTSIDE = 1e-11
"""A variable is beyond its bound from this share of its size on."""
PULL = 1e-9
"""Forces below this, relative to the objective, do not release a bound."""
PASSES, PATIENCE, MOST_STEPS = 200, 10, 10_000
FITS = 1e-9
"""Residual of a balance, relative to the sum of its terms, below which it holds."""
INFEASIBLE = 1e-7
"""Sum of scaled residuals of the linear programme above which nothing fits."""


class Conflict(Exception):  # noqa: N818  caught and told as a BalanceError
    """Balances ``rows`` and variables ``bounded`` whose bounds no values meet together."""

    def __init__(self, rows: Indices, bounded: Indices) -> None:
        self.rows, self.bounded = rows, bounded
        super().__init__(rows, bounded)


class Linearised:
    """min Σ((x − x̂)/sd)² with J x = h and bounds, at one point; ``start`` is where undetermined values stay."""

    def __init__(self, system: System, J: sp.csr_array, h: Array, start: Array) -> None:
        self.system, self.J, self.h, self.start = system, J, h, start
        self.lower, self.upper = system.bounds
        measured = np.nan_to_num(np.maximum(np.abs(system.given), np.nan_to_num(system.sd)))
        bounds = [np.where(np.isfinite(b), np.abs(b), 0.0) for b in system.bounds]
        self.size = np.maximum.reduce([measured, np.abs(start), *bounds])
        self.size[self.size == 0] = 1.0
        self._last: tuple[bytes, Projection] | None = None

    def projection(self, at: Sides) -> Projection:
        """Return the projection with the variables at a bound fixed."""
        key = at.tobytes()
        if self._last is None or self._last[0] != key:
            free = (at == 0) & ~self.system.constant
            measured = self.system.measured
            self._last = key, Projection(self.J, measured & free, ~measured & free, self.system.sd)
        return self._last[1]

    def solve(self, at: Sides) -> Array:
        """Return the least-squares values with the variables at a bound fixed, other bounds ignored."""
        start = np.where(at < 0, self.lower, np.where(at > 0, self.upper, self.start))
        return self.projection(at).solve(self.h, self.system.given, start)

    def objective(self, x: Array) -> float:
        """Return Σ((x − x̂)/sd)²."""
        return float(np.nansum(((x - self.system.given) / self.system.sd) ** 2))

    def pulled(self, at: Sides, x: Array) -> Array:
        """Return the force that presses each variable on its bound, positive if it must stay; 0 if free."""
        gradient = np.nan_to_num((x - self.system.given) / self.system.sd**2)
        force = -at * self.projection(at).multipliers(gradient) * self.size / (1.0 + self.objective(x))
        return np.asarray(np.where(np.abs(force) <= PULL, 0.0, force))

    def beyond(self, at: Sides, x: Array) -> Sides:
        """Return −1 or 1 for free variables below or above their bounds."""
        slack = OUTSIDE * self.size
        low, high = x < self.lower - slack, x > self.upper + slack
        return np.asarray(np.where(at != 0, 0, high.astype(np.int8) - low.astype(np.int8)), dtype=np.int8)

    def fits(self, at: Sides, x: Array) -> bool:
        """Whether the balances hold that depend on others because variables stand at a bound."""
        dependent = self.projection(at).dependent
        gap = np.abs(self.J @ x - self.h)[dependent]
        return bool((gap <= FITS * (abs(self.J) @ np.abs(x) + np.abs(self.h))[dependent]).all())


def bounded(problem: Linearised, at: Sides) -> tuple[Array, Sides]:
    """Return the values within bounds, and which stand at a bound; ``at`` is a first guess of these.

    Raises
    ------
    Conflict
        If no values meet all balances and bounds.
    """
    found = _block(problem, at)
    return found if found is not None else _walk(problem, *feasible(problem))


def _block(problem: Linearised, at: Sides) -> tuple[Array, Sides] | None:
    """Return the solution by block pivoting, or None if it does not come to an end."""
    fewest, patience, at = len(at) + 1, PATIENCE, at.copy()
    same = problem.lower == problem.upper
    for _ in range(PASSES):
        x = problem.solve(at)
        if at.any() and not problem.fits(at, x):
            return None
        beyond = problem.beyond(at, x)
        wrong = (problem.pulled(at, x) < 0) & ~same if at.any() else np.zeros(len(at), dtype=np.bool_)
        count = int(np.count_nonzero(beyond) + np.count_nonzero(wrong))
        if count == 0:
            return x, at
        patience = PATIENCE if count < fewest else patience - 1
        fewest = min(count, fewest)
        if patience < 0:  # in circles: only the last one (Murty's rule)
            last = int(np.flatnonzero((beyond != 0) | wrong)[-1])
            at[last] = beyond[last]
            continue
        at[wrong] = 0
        at += beyond
    return None


def feasible(problem: Linearised) -> tuple[Array, Sides]:
    """Return a point within all bounds that meets all balances, by linear programming.

    Raises
    ------
    Conflict
        With the balances and bounds whose dual values prove that there is none.
    """
    constant = problem.system.constant
    size = problem.size
    row = abs(problem.J) @ size + np.abs(problem.h)
    row[row == 0] = 1.0
    K = sp.diags_array(1 / row) @ problem.J @ sp.diags_array(size)
    m, n = K.shape
    low = np.where(constant, problem.start, problem.lower) / size
    high = np.where(constant, problem.start, problem.upper) / size
    slack, wide = np.zeros(2 * m), np.full(2 * m, np.inf)
    limits: Any = np.column_stack([np.concatenate([low, slack]), np.concatenate([high, wide])])
    A: Any = sp.csc_array(sp.hstack([K, sp.eye_array(m), -sp.eye_array(m)]))
    cost = np.concatenate([np.zeros(n), np.ones(2 * m)])
    answer = linprog(cost, A_eq=A, b_eq=problem.h / row, bounds=limits, method="highs")
    if answer.x is None or answer.fun is None or answer.fun > INFEASIBLE:
        rows = np.flatnonzero(np.abs(answer.eqlin.marginals) > INFEASIBLE)
        pressed = np.abs(answer.lower.marginals[:n]) + np.abs(answer.upper.marginals[:n])
        raise Conflict(rows, np.flatnonzero((pressed > INFEASIBLE) & ~constant))
    return np.asarray(answer.x[:n] * size), np.zeros(n, dtype=np.int8)


def _walk(problem: Linearised, x: Array, at: Sides) -> tuple[Array, Sides]:
    """Return the solution by a primal active set from a feasible point."""
    same = problem.lower == problem.upper
    for _ in range(MOST_STEPS):
        target = problem.solve(at)
        beyond = problem.beyond(at, target)
        blocked = np.flatnonzero(beyond)
        if len(blocked):
            wall = np.where(beyond < 0, problem.lower, problem.upper)[blocked]
            way = target[blocked] - x[blocked]
            share = np.clip(np.divide(wall - x[blocked], way, out=np.zeros(len(way)), where=way != 0), 0.0, 1.0)
            first = int(share.argmin())
            x = x + share[first] * (target - x)
            at[blocked[first]] = beyond[blocked[first]]
            continue
        x = target
        pulled = np.where(same, 0.0, problem.pulled(at, x)) if at.any() else np.zeros(len(at))
        if pulled.min() >= 0:
            return x, at
        at[pulled.argmin()] = 0
    return x, at


def strict(problem: Linearised, at: Sides, x: Array) -> Mask:
    """Return which variables are pressed on their bound, so that the bound decides their value ``(n,)``."""
    if not at.any():
        return np.zeros(len(at), dtype=np.bool_)
    return np.asarray((problem.pulled(at, x) > 0) | ((at != 0) & (problem.lower == problem.upper)))
