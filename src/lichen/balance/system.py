"""A reconciliation problem: variables with what is known of them, and constraints that must hold.

    f_k(x) = Σ_j a_kj x_j + Σ_p c_kp x_a(p) x_b(p) + b_k = 0

A constraint is linear (a mass balance) or bilinear (flow × concentration, transfer coefficient × inflow). The rules:

1. A variable is *measured* (value and sd), *constant* (value) or *unmeasured* (neither); anything between is refused.
2. A standard deviation is greater than 0; a value known without error is a constant.
3. A guess is where the search starts. It never binds.
4. Every name of a constraint is a variable; names are unique; numbers are finite.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import scipy.sparse as sp

from lichen.errors import InputError, Problems, Where
from lichen.labelled import Array, suggest

Kind = Literal["flow", "concentration", "transfer coefficient", "stock", "other"]
Sparse = sp.csr_array
LARGEST = 1e60
"""Largest magnitude of a number; 1/LARGEST is the smallest sd. Squares and products of such numbers stay finite."""
SUGGESTIONS = 20
"""Unknown names for which the nearest known name is looked up; a search through all names takes time."""


@dataclass(frozen=True)
class Variable:
    """A quantity of a reconciliation problem.

    Parameters
    ----------
    name
        Unique name.
    value
        Measured or constant value [any unit]; None if unmeasured.
    sd
        Standard deviation of the measurement [unit of the value], greater than 0; None if constant or unmeasured.
        A 95 % half-width as VDI 2048 prints it is 1.96 sd.
    constant
        The value is known without error and is not changed.
    lower, upper
        Bounds [unit of the value]; None for none.
    kind
        What is measured; unmeasured variables without a guess start at the median of their kind.
    guess
        Where the search starts if unmeasured [unit of the value]. Unobservable variables end as near to it as the
        constraints allow.
    """

    name: str
    value: float | None = None
    sd: float | None = None
    constant: bool = False
    lower: float | None = None
    upper: float | None = None
    kind: Kind = "flow"
    guess: float | None = None

    @property
    def measured(self) -> bool:
        """Whether the variable has a value with an error."""
        return self.value is not None and not self.constant


@dataclass(frozen=True)
class Constraint:
    """Σ coefficient · x + Σ coefficient · x_a · x_b + constant = 0.

    Parameters
    ----------
    name
        Name that errors and the nodal test tell.
    linear
        Coefficient by variable.
    products
        ``(coefficient, a, b)`` for each product of two variables.
    constant
        Number that is added.
    """

    name: str
    linear: Mapping[str, float] = field(default_factory=dict)
    products: tuple[tuple[float, str, str], ...] = ()
    constant: float = 0.0

    @property
    def bilinear(self) -> bool:
        """Whether the constraint has products."""
        return bool(self.products)

    def names(self) -> set[str]:
        """Return the variables of the constraint."""
        return set(self.linear) | {name for _, a, b in self.products for name in (a, b)}


@dataclass(frozen=True, eq=False)
class System:
    """Variables and constraints that fit each other.

    Parameters
    ----------
    variables
        n variables.
    constraints
        m constraints.

    Raises
    ------
    InputError
        Naming every variable and constraint that breaks a rule.
    """

    variables: tuple[Variable, ...]
    constraints: tuple[Constraint, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "variables", tuple(self.variables))
        object.__setattr__(self, "constraints", tuple(self.constraints))
        problems = Problems()
        _check_unique((v.name for v in self.variables), "variable", problems)
        _check_unique((c.name for c in self.constraints), "constraint", problems)
        for variable in self.variables:
            _check_variable(variable, problems)
        _check_names(self, problems)
        problems.raise_if_errors(InputError)

    @cached_property
    def position(self) -> dict[str, int]:
        """Position of each variable by name."""
        return {v.name: i for i, v in enumerate(self.variables)}

    @cached_property
    def measured(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether each variable is measured ``(n,)``."""
        return np.array([v.measured for v in self.variables], dtype=np.bool_)

    @cached_property
    def constant(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether each variable is constant ``(n,)``."""
        return np.array([v.constant for v in self.variables], dtype=np.bool_)

    @cached_property
    def given(self) -> Array:
        """Measured and constant values ``(n,)``; NaN where unmeasured [unit of each variable]."""
        return np.array([np.nan if v.value is None else v.value for v in self.variables], dtype=np.float64)

    @cached_property
    def sd(self) -> Array:
        """Standard deviations ``(n,)``; NaN where not measured [unit of each variable]."""
        return np.array([v.sd if v.measured and v.sd else np.nan for v in self.variables], dtype=np.float64)

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """Lower and upper bounds ``(n,)``, infinite where there is none; constants have none."""
        lower = [-math.inf if v.lower is None or v.constant else v.lower for v in self.variables]
        upper = [math.inf if v.upper is None or v.constant else v.upper for v in self.variables]
        return np.array(lower, dtype=np.float64), np.array(upper, dtype=np.float64)

    @property
    def linear(self) -> bool:
        """Whether every product has a constant factor, so that one linearisation is exact."""
        a, b = self._products[2:4]
        return bool((self.constant[a] | self.constant[b]).all())

    @cached_property
    def _linear(self) -> tuple[Sparse, Array]:
        """Linear coefficients ``(m, n)`` and constants ``(m,)``."""
        entries = [(k, self.position[n], a) for k, c in enumerate(self.constraints) for n, a in c.linear.items() if a]
        shape = (len(self.constraints), len(self.variables))
        constants = np.array([c.constant for c in self.constraints], dtype=np.float64)
        return _matrix(entries, shape), constants

    @cached_property
    def _products(self) -> tuple[np.ndarray, Array, np.ndarray, np.ndarray]:
        """Constraint, coefficient, first and second variable of every product."""
        found = [(k, p) for k, c in enumerate(self.constraints) for p in c.products if p[0]]
        rows = np.array([k for k, _ in found], dtype=np.intp)
        first = np.array([self.position[p[1]] for _, p in found], dtype=np.intp)
        second = np.array([self.position[p[2]] for _, p in found], dtype=np.intp)
        return rows, np.array([p[0] for _, p in found], dtype=np.float64), first, second

    def residuals(self, x: Array) -> Array:
        """Return f(x) ``(m,)`` at ``x (n,)`` [unit of each constraint]."""
        (K, b), (rows, c, first, second) = self._linear, self._products
        return np.asarray(K @ x + b + np.bincount(rows, c * x[first] * x[second], len(b)))

    def sizes(self, x: Array) -> Array:
        """Return the sum of the magnitudes of the terms of each constraint ``(m,)``: what a residual is relative to."""
        (K, b), (rows, c, first, second) = self._linear, self._products
        magnitude = np.abs(x)
        products = np.bincount(rows, np.abs(c) * magnitude[first] * magnitude[second], len(b))
        return np.asarray(abs(K) @ magnitude + np.abs(b) + products)

    def jacobian(self, x: Array) -> Sparse:
        """Return ∂f/∂x ``(m, n)`` at ``x (n,)``."""
        K, (rows, c, first, second) = self._linear[0], self._products
        if not len(rows):
            return K
        where = (np.concatenate([rows, rows]), np.concatenate([first, second]))
        return sp.csr_array(K + sp.csr_array((np.concatenate([c * x[second], c * x[first]]), where), shape=K.shape))


def _matrix(entries: list[tuple[int, int, float]], shape: tuple[int, int]) -> Sparse:
    rows = np.array([e[0] for e in entries], dtype=np.intp)
    columns = np.array([e[1] for e in entries], dtype=np.intp)
    return sp.csr_array((np.array([e[2] for e in entries], dtype=np.float64), (rows, columns)), shape=shape)


def _check_unique(names: Iterable[str], what: str, problems: Problems) -> None:
    seen: set[str] = set()
    for position, name in enumerate(names):
        if not isinstance(name, str) or not name.strip() or name != name.strip():
            problems.add("reconcile.name", what=what, position=position + 1, found=str(name))
        elif name in seen:
            problems.add("reconcile.doubled", what=what, name=name)
        seen.add(name)


def _plain(number: float | None) -> bool:
    return number is None or (not isinstance(number, str) and math.isfinite(number) and abs(number) <= LARGEST)


def _check_variable(variable: Variable, problems: Problems) -> None:
    """Add what breaks rules 1, 2 and 4."""
    v, where = variable, Where(key=variable.name)
    for what in ("value", "sd", "lower", "upper", "guess"):
        if not _plain(number := getattr(v, what)):
            problems.add("reconcile.number", where, what=what, found=str(number))
            return
    if v.constant and v.value is None:
        problems.add("reconcile.constant_without_value", where)
    elif v.constant and v.sd:
        problems.add("reconcile.constant_with_sd", where, sd=v.sd)
    elif v.measured and v.sd is None:
        problems.add("reconcile.without_sd", where, value=v.value)
    elif v.value is None and v.sd is not None:
        problems.add("reconcile.sd_alone", where, sd=v.sd)
    elif v.measured and v.sd is not None and v.sd < 1 / LARGEST:
        problems.add("reconcile.sd", where, sd=v.sd)
    lower = -math.inf if v.lower is None else v.lower
    upper = math.inf if v.upper is None else v.upper
    if lower > upper:
        problems.add("reconcile.bounds_crossed", where, lower=lower, upper=upper)
    elif v.constant and v.value is not None and not lower <= v.value <= upper:
        problems.add("reconcile.constant_outside", where, value=v.value, lower=lower, upper=upper)


def _check_names(system: System, problems: Problems) -> None:
    """Add unknown names and numbers that are not finite."""
    known = {v.name for v in system.variables}
    asked: set[str] = set()
    for c in system.constraints:
        where = Where(key=c.name)
        if not c.names():
            problems.add("reconcile.empty", where)
        for name in sorted(c.names() - known):
            near = suggest(name, list(known)) if name not in asked and len(asked) < SUGGESTIONS else ""
            asked.add(name)
            problems.add("reconcile.unknown", where, name=name, near=near or "–")
        for number in (c.constant, *c.linear.values(), *(p[0] for p in c.products)):
            if not _plain(number):
                problems.add("reconcile.number", where, what="coefficient", found=str(number))
