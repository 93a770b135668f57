"""Data reconciliation: the values nearest to the measurements, in units of their errors, that meet all constraints.

    min Σ ((x_i − x̂_i) / sd_i)²   with f(x) = 0,  lower ≤ x ≤ upper

Bilinear constraints are linearised at the last values, f(x) ≈ f(x_k) + J (x − x_k), and the linear problem is solved
until nothing changes (successive linearisation). Unmeasured variables are projected out by sparse elimination, so a
network of 10 000 flows takes seconds. Standard deviations are propagated through the last linearisation.

References
----------
Narasimhan, S. & Jordache, C. (1999) Data Reconciliation and Gross Error Detection. Gulf. ISBN 978-0-88415-255-2.
Cencic, O. (2016) Sustain. Environ. Res. 26(6), 291-298. doi:10.1016/j.serj.2016.06.002: nonlinear, as in STAN.
Crowe, C. M., García Campos, Y. A. & Hrymak, A. (1983) AIChE J. 29(6), 881-888. doi:10.1002/aic.690290602
VDI 2048 Part 1 (2017) Control and quality improvement of process data and their uncertainties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from lichen.balance._bounds import FITS, Conflict, Linearised, Sides, bounded, strict
from lichen.balance._elimination import Mask
from lichen.balance._projection import ZERO, Projection
from lichen.balance._start import starting_point
from lichen.balance.system import System
from lichen.errors import BalanceError, LabelError, Problems
from lichen.labelled import Array

Status = Literal["redundant", "non-redundant", "observable", "unobservable", "constant", "at bound"]
UNCHANGED = 1e-11
"""The search ends when no value changes by more than this share of its size."""
ROUNDING = 1e-6
"""Or when changes below this share no longer shrink: rounding, where constraints nearly depend on each other."""
CALM = 5
"""Calm linearisations after which constraints that still do not hold are taken to contradict each other."""
HALVED_AFTER = 25
"""Linearisations after which steps are halved, for systems that swing."""
TOLD = 20
"""Contradictions that one error tells."""


@dataclass(frozen=True)
class Estimate:
    """What reconciliation says of one variable, in the unit of the variable.

    Parameters
    ----------
    name
        The variable.
    value
        Reconciled value. Of an unobservable variable it is only one of many that fit.
    sd
        Standard deviation; None if unobservable; 0 if constant or decided by a bound.
    status
        Measured: "redundant" (could be computed from the others) or "non-redundant". Unmeasured: "observable" or
        "unobservable". "constant"; "at bound": a bound decides the value.
    measured, measured_sd
        What was measured; None if not.
    adjustment_sd
        Standard deviation of measured less reconciled value; None if not measured, 0 if non-redundant.
    """

    name: str
    value: float
    sd: float | None
    status: Status
    measured: float | None = None
    measured_sd: float | None = None
    adjustment_sd: float | None = None

    @property
    def adjustment(self) -> float | None:
        """Reconciled less measured value."""
        return None if self.measured is None else self.value - self.measured


@dataclass(frozen=True, eq=False)
class Reconciliation:
    """Reconciled values of a system.

    Parameters
    ----------
    system
        What was reconciled.
    estimates
        One for each variable, in the system's order.
    objective
        Σ((x − x̂)/sd)² [-].
    freedom
        Degrees of freedom: independent constraints among measured variables, plus measured variables at a bound.
    iterations
        Linearisations.
    residual
        Largest |f_k(x)| relative to the sum of the magnitudes of the terms of the constraint [-].
    """

    system: System
    estimates: tuple[Estimate, ...]
    objective: float
    freedom: int
    iterations: int
    residual: float
    _projection: Projection = field(repr=False)

    def __getitem__(self, name: str) -> Estimate:
        return self.estimates[self._position(name)]

    @cached_property
    def values(self) -> Array:
        """Reconciled values ``(n,)``, in the system's order; they meet all constraints."""
        values = np.array([e.value for e in self.estimates], dtype=np.float64)
        values.flags.writeable = False
        return values

    def names(self, status: Status) -> tuple[str, ...]:
        """Return the variables of one status."""
        return tuple(e.name for e in self.estimates if e.status == status)

    def covariance(self, names: Sequence[str]) -> Array:
        """Return the covariance matrix ``(k, k)`` of some variables [product of their units].

        Raises
        ------
        LabelError
            If a variable is unknown or unobservable.
        """
        problems = Problems()
        for name in names:
            if name in self.system.position and self[name].status == "unobservable":
                problems.add("reconcile.unobservable", name=name)
        problems.raise_if_errors(LabelError)
        return self._projection.covariance(np.array([self._position(name) for name in names], dtype=np.intp))

    def _position(self, name: str) -> int:
        if name not in self.system.position:
            problems = Problems()
            problems.add("reconcile.no_variable", name=name)
            problems.raise_if_errors(LabelError)
        return self.system.position[name]


def reconcile(system: System, *, iterations: int = 100) -> Reconciliation:
    """Reconcile the measurements of a system with its constraints.

    Parameters
    ----------
    system
        Variables and constraints.
    iterations
        Most linearisations of a bilinear system; a linear one takes one.

    Returns
    -------
    Reconciliation
        Values that meet every constraint to 1e-9 of the sum of its terms, standard deviations, classification.

    Raises
    ------
    BalanceError
        If constants contradict each other, if bounds leave no solution (naming the constraints), or if the search
        does not end.

    Notes
    -----
    Valid where errors are independent and near to normal, and small enough for f to be nearly linear within them. A
    variable that a bound decides is treated as constant in all standard deviations and tests.
    """
    x, problem, at, taken, settled = _search(system, iterations)
    residual = _largest_residual(system, problem, at, x, taken, settled)
    pressed = strict(problem, at, x)
    # the last linearisation, at the values themselves, with only those bounds that decide something
    sides = np.where(pressed, at, 0).astype(np.int8)
    if system.linear:
        projection = problem.projection(sides)
    else:
        projection = Linearised(system, system.jacobian(x), problem.h, x).projection(sides)
    freedom = projection.rank + int(np.count_nonzero(pressed & system.measured))
    estimates = _estimates(system, x, projection, pressed)
    return Reconciliation(system, estimates, problem.objective(x), freedom, taken, residual, projection)


def _search(system: System, iterations: int) -> tuple[Array, Linearised, Sides, int, bool]:
    """Return values, last linearisation, variables at a bound, how many linearisations, and whether it ended."""
    x = starting_point(system)
    at, change, calm = np.zeros(len(x), dtype=np.int8), np.inf, 0
    for taken in range(1, max(1, iterations) + 1):
        J = system.jacobian(x)
        # starting from x, undetermined values move as little as they can
        problem = Linearised(system, J, J @ x - system.residuals(x), x)
        try:
            new, at = bounded(problem, at) if np.isfinite(system.bounds).any() else (problem.solve(at), at)
        except (np.linalg.LinAlgError, RuntimeError):  # a swing has gone beyond what numbers hold
            return x, problem, at, taken, False
        except Conflict as conflict:
            if system.linear or taken == iterations:
                raise _infeasible(system, conflict) from None
            lower, upper = system.bounds
            new, at = np.clip(problem.solve(at * 0), lower, upper), at * 0
        moved = np.abs(new - x) / np.maximum(np.abs(new), problem.size)
        before, change = change, float(moved[~problem.projection(at).unobservable].max(initial=0.0))
        calm = calm + 1 if change <= UNCHANGED or before <= change <= ROUNDING else 0
        if system.linear or (taken > 1 and ((calm and _fits(system, new)) or calm > CALM)):
            return new, problem, at, taken, True
        x = new if taken < HALVED_AFTER else 0.5 * (x + new)
    return x, problem, at, taken, False


def _largest_residual(system: System, problem: Linearised, at: Sides, x: Array, taken: int, settled: bool) -> float:
    """Return the largest relative residual; what does not hold is an error.

    Raises
    ------
    BalanceError
        If a constraint does not hold: contradictory constants, or a search without end.
    """
    size = system.sizes(_magnitudes(system, x))
    gap = np.abs(system.residuals(x))
    relative = np.divide(gap, size, out=np.zeros(len(gap)), where=gap > 0)
    broken = np.flatnonzero(relative > FITS)
    if settled and not len(broken):
        return float(relative.max(initial=0.0))
    projection, problems = problem.projection(at), Problems()
    dependent = set(projection.dependent.tolist() if settled else [])
    for k in [int(k) for k in broken if int(k) in dependent][:TOLD]:
        y = projection.combination(k)
        constants = np.flatnonzero((np.abs(problem.J.T @ y) > ZERO) & projection.fixed)
        problems.add(
            "reconcile.contradiction", gap=float(gap[k]),
            constraints=[system.constraints[i].name for i in np.flatnonzero(y)],
            constants=[system.variables[j].name for j in constants] or ["–"],
        )  # fmt: skip
    if problems.ok:
        worst = [system.constraints[k].name for k in np.argsort(-relative)[:5]]
        problems.add("reconcile.no_end", iterations=taken, residual=float(relative.max()), constraints=worst)
    raise BalanceError(problems.as_tuple())


def _fits(system: System, x: Array) -> bool:
    """Whether all constraints hold, with two digits to spare."""
    return bool((np.abs(system.residuals(x)) <= 0.01 * FITS * system.sizes(_magnitudes(system, x))).all())


def _magnitudes(system: System, x: Array) -> Array:
    """Return what residuals are relative to: values, measurements, errors; near 0, a trace of what is balanced."""
    size = np.maximum.reduce([np.abs(x), np.nan_to_num(np.abs(system.given)), np.nan_to_num(system.sd)])
    J = system.jacobian(x).tocoo()
    rows, columns = J.coords
    share = np.divide(system.sizes(size)[rows], np.abs(J.data), out=np.zeros(len(rows)), where=J.data != 0)
    trace = np.zeros(len(x))
    np.maximum.at(trace, columns, 1e-6 * share)
    return np.asarray(np.where(system.measured | system.constant, size, np.maximum(size, trace)))


def _infeasible(system: System, conflict: Conflict) -> BalanceError:
    problems = Problems()
    problems.add(
        "reconcile.infeasible", constraints=[system.constraints[k].name for k in conflict.rows] or ["–"],
        bounds=[system.variables[j].name for j in conflict.bounded] or ["–"],
    )  # fmt: skip
    return BalanceError(problems.as_tuple())


def _estimates(system: System, x: Array, projection: Projection, pressed: Mask) -> tuple[Estimate, ...]:
    """Return one estimate for each variable."""
    variance, change = projection.variances()
    sd = np.sqrt(variance)
    adjustment_sd = np.where(pressed & system.measured, system.sd, np.sqrt(change))
    redundant, lost = projection.redundant, projection.unobservable
    estimates = []
    for i, v in enumerate(system.variables):
        status: Status
        if v.constant or pressed[i]:
            status = "constant" if v.constant else "at bound"
        elif v.measured:
            status = "redundant" if redundant[i] else "non-redundant"
        else:
            status = "unobservable" if lost[i] else "observable"
        own = (v.value, v.sd, float(adjustment_sd[i])) if v.measured else (None, None, None)
        estimates.append(Estimate(v.name, float(x[i]), None if lost[i] else float(sd[i]), status, *own))
    return tuple(estimates)
