"""Tests for gross errors: is there one, where, and what remains if the suspects are released.

- Global test: γ = Σ((x − x̂)/sd)² against χ² with the degrees of freedom of the reconciliation.
- Measurement test: z = |a| / sd(a), a the adjustment. VDI 2048 asks for z / 1.96 ≤ 1.
- Nodal test: |r| / sd(r), r the residual of one constraint at the measured values.
- Serial elimination: the measurement that stands out most is released, all is reconciled again, until the global test
  passes or there is a reason to stop.

References
----------
Narasimhan, S. & Jordache, C. (1999) Data Reconciliation and Gross Error Detection, ch. 7-8. ISBN 978-0-88415-255-2.
Mah, R. S. H. & Tamhane, A. C. (1982) AIChE J. 28(5), 828-830. doi:10.1002/aic.690280519: measurement test.
Ripps, D. L. (1965) Chem. Eng. Prog. Symp. Ser. 61, 8-13: serial elimination.
VDI 2048 Part 1 (2017): local quality.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import chdtrc, gammaincinv, ndtri

from lichen.balance.reconcile import Estimate, Reconciliation, reconcile
from lichen.balance.system import System
from lichen.inventory.amounts import HALF_WIDTH

Stop = Literal["accepted", "no redundancy", "nothing stands out", "tied", "limit"]
TIED = 1e-6
"""Measurements whose z differ by less than this share cannot be told apart."""


@dataclass(frozen=True)
class GlobalTest:
    """Global test: ``gamma`` [-] against ``critical``, the quantile of χ² with ``freedom``; ``p`` its probability."""

    gamma: float
    freedom: int
    critical: float
    p: float

    @property
    def passed(self) -> bool:
        """Whether the measurements contradict each other no more than their errors explain."""
        return self.freedom == 0 or self.gamma <= self.critical


def global_test(result: Reconciliation, level: float = 0.95) -> GlobalTest:
    """Return the global test at a confidence ``level`` [-]; without redundancy there is nothing to test and p is 1."""
    if result.freedom == 0:
        return GlobalTest(result.objective, 0, 0.0, 1.0)
    critical, p = 2 * gammaincinv(result.freedom / 2, level), chdtrc(result.freedom, result.objective)
    return GlobalTest(result.objective, result.freedom, float(critical), float(p))


def measurement_test(result: Reconciliation) -> dict[str, float | None]:
    """Return z = |a| / sd(a) [-] by measured or constant variable; None where nothing can be adjusted."""
    return {e.name: _z(e) for e in result.estimates if e.measured is not None or e.status == "constant"}


def local_quality(result: Reconciliation) -> dict[str, float | None]:
    """Return z / 1.96 [-] by measured or constant variable; VDI 2048 accepts up to 1."""
    return {name: None if z is None else z / HALF_WIDTH for name, z in measurement_test(result).items()}


def _z(estimate: Estimate) -> float | None:
    if not estimate.adjustment_sd or estimate.adjustment is None:
        return None
    return abs(estimate.adjustment) / estimate.adjustment_sd


def nodal_test(system: System) -> dict[str, float | None]:
    """Return |r| / sd(r) [-] by constraint at the measured values.

    None for a constraint with an unmeasured variable, whose residual is unknown, and for one of constants only.
    Bilinear constraints are linearised at the measured values.
    """
    x = np.nan_to_num(system.given)
    J = system.jacobian(x)
    sd = np.sqrt((J * J) @ np.nan_to_num(system.sd) ** 2)
    r = np.abs(system.residuals(x))
    known = set(np.flatnonzero(~np.isnan(system.given)).tolist())
    tests: dict[str, float | None] = {}
    for k, c in enumerate(system.constraints):
        testable = sd[k] > 0 and all(system.position[name] in known for name in c.names())
        tests[c.name] = float(r[k] / sd[k]) if testable else None
    return tests


@dataclass(frozen=True)
class Deletion:
    """What is left of γ [-] if one measurement is not used, how much it drops, and what its value would be."""

    name: str
    gamma: float
    drop: float
    estimate: float


def deletions(result: Reconciliation) -> dict[str, Deletion]:
    """Return for each redundant measurement what its deletion would do, without solving again.

    drop = z², estimate = x̂ + a sd² / sd(a)² with a = x − x̂. Exact in a linear system without active bounds; to first
    order otherwise.
    """
    found = {}
    for e in result.estimates:
        z = _z(e)
        if z is None or e.measured is None or e.measured_sd is None or not e.adjustment_sd or e.adjustment is None:
            continue
        if e.status == "redundant":
            estimate = e.measured + e.adjustment * (e.measured_sd / e.adjustment_sd) ** 2
            found[e.name] = Deletion(e.name, result.objective - z * z, z * z, estimate)
    return found


@dataclass(frozen=True)
class GrossError:
    """A released measurement: what it read, what the others say (None if they do not), and the tests around it."""

    name: str
    measured: float
    estimate: float
    sd: float | None
    z: float
    before: GlobalTest
    after: GlobalTest

    @property
    def error(self) -> float:
        """Measured less estimated value, in the unit of the variable."""
        return self.measured - self.estimate


@dataclass(frozen=True, eq=False)
class Elimination:
    """Outcome of serial elimination.

    Parameters
    ----------
    gross_errors
        Released measurements, in order.
    result
        The reconciliation that is left.
    stopped
        "accepted": the global test passes. "no redundancy": nothing is left to test. "nothing stands out": the global
        test fails, but no single measurement does. "tied": the measurements of ``suspects`` explain the error equally
        well, more measurements are needed to tell them apart. "limit": ``most`` were released.
    suspects
        The measurements that stand out most at the end, unless accepted.
    """

    gross_errors: tuple[GrossError, ...]
    result: Reconciliation
    stopped: Stop
    suspects: tuple[str, ...] = ()


def serial_elimination(system: System, level: float = 0.95, most: int = 10) -> Elimination:
    """Find gross errors one by one: release the measurement with the largest z until the global test passes.

    Parameters
    ----------
    system
        The system with all measurements.
    level
        Confidence of the global test [-]; the measurement test uses level^(1/n) for n measurements (Šidák).
    most
        Most measurements that are released.
    """
    result, found = reconcile(system), list[GrossError]()
    while True:
        before = global_test(result, level)
        stopped, suspects = _decide(result, before, level, len(found) >= most)
        if stopped is not None:
            return Elimination(tuple(found), result, stopped, suspects)
        suspect = result[suspects[0]]
        result = reconcile(_released(result.system, suspect.name))
        new = result[suspect.name]
        found.append(
            GrossError(
                suspect.name, float(suspect.measured or 0.0), new.value, new.sd, float(_z(suspect) or 0.0), before,
                global_test(result, level),
            )
        )  # fmt: skip


def _decide(result: Reconciliation, test: GlobalTest, level: float, full: bool) -> tuple[Stop | None, tuple[str, ...]]:
    """Return the reason to stop, None for going on, and who stands out most."""
    if test.freedom == 0:
        return "no redundancy", ()
    if test.passed:
        return "accepted", ()
    tests = {name: z for name, z in measurement_test(result).items() if z is not None}
    largest = max(tests.values(), default=0.0)
    suspects = tuple(name for name, z in tests.items() if z >= largest * (1 - TIED))
    if full:
        return "limit", suspects
    if largest <= ndtri(0.5 + 0.5 * level ** (1 / max(len(tests), 1))):
        return "nothing stands out", suspects
    return ("tied" if len(suspects) > 1 else None), suspects


def _released(system: System, name: str) -> System:
    """Return the system with one variable unmeasured; the search starts where it was measured."""
    variables = [replace(v, value=None, sd=None, guess=v.value) if v.name == name else v for v in system.variables]
    return System(tuple(variables), system.constraints)
