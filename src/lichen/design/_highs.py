"""HiGHS, given arrays straight: one thread, a fixed seed, so that the same program has the same answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from time import perf_counter
from typing import Any, Literal

import highspy
import numpy as np
import scipy.sparse as sp

from lichen.design.graph import Flags
from lichen.labelled import Array

Status = Literal["optimal", "feasible", "infeasible", "unbounded", "unknown"]
"""Proven optimal to the gap; found but not proven; no network; endless gain; nothing found in time."""
FEASIBLE = 1e-7
"""The optimiser's tolerance for rows."""
_MINIMISE = 1
_STATUS = highspy.HighsModelStatus


@dataclass(frozen=True, eq=False)
class Raw:
    """What the optimiser says.

    Parameters
    ----------
    status, value, bound
        How it ended; objective of ``x``; no network is better than this.
    x, row_dual, col_dual
        Columns; change of the objective per unit of a row's bound; reduced costs. Empty where there are none.
    """

    status: Status
    value: float
    bound: float
    x: Array
    row_dual: Array
    col_dual: Array

    @property
    def found(self) -> bool:
        """Whether there is a network."""
        return self.status in ("optimal", "feasible")


@dataclass(frozen=True, eq=False)
class Lp:
    """Arrays of one program with its objective, which starts from ``offset``: gaps are shares of the whole."""

    A: sp.csc_array
    row_low: Array
    row_high: Array
    low: Array
    high: Array
    whole: Flags
    cost: Array
    offset: float = 0.0

    def value(self, x: Array) -> float:
        """Return the objective of columns."""
        return float(self.cost @ x) + self.offset


def _quiet() -> Any:
    """Return an optimiser that writes nothing: what ``Highs()`` adds are callbacks that print a banner."""
    h = highspy.Highs.__new__(highspy.Highs)
    highspy.Highs.__bases__[0].__init__(h)  # type: ignore[misc]
    h.setOptionValue("output_flag", False)
    return h


def opened(lp: Lp, gap: float = 1e-6) -> Any:
    """Return the optimiser with the program in it."""
    h = _quiet()
    h.setOptionValue("threads", 1)
    h.setOptionValue("random_seed", 0)
    h.setOptionValue("mip_rel_gap", gap)
    h.setOptionValue("mip_abs_gap", 1e-9)
    A = lp.A
    h.passModel(
        A.shape[1], A.shape[0], A.nnz, 1, _MINIMISE, lp.offset, np.ascontiguousarray(lp.cost), lp.low, lp.high,
        lp.row_low, lp.row_high, A.indptr.astype(np.int32), A.indices.astype(np.int32), A.data,
        lp.whole.astype(np.int32),
    )  # fmt: skip
    return h


def run(h: Any, whole: bool, time_s: float = inf) -> Raw:
    """Run the optimiser on what it holds, for at most ``time_s`` [s]."""
    h.setOptionValue("time_limit", max(time_s, 0.05))
    h.run()
    status = h.getModelStatus()
    if status == _STATUS.kUnboundedOrInfeasible:
        h.setOptionValue("presolve", "off")
        h.run()
        h.setOptionValue("presolve", "choose")
        status = h.getModelStatus()
    info, solution = h.getInfo(), h.getSolution()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    empty = np.empty(0)
    if status == _STATUS.kInfeasible:
        return Raw("infeasible", inf, inf, empty, empty, empty)
    if status in (_STATUS.kUnbounded, _STATUS.kUnboundedOrInfeasible):
        return Raw("unbounded", -inf, -inf, empty, empty, empty)
    value = info.objective_function_value if found else inf
    done = status == _STATUS.kOptimal or status == _STATUS.kModelEmpty
    bound = info.mip_dual_bound if whole else (value if done else -inf)
    if not found:
        return Raw("unknown", inf, bound, empty, empty, empty)
    duals = solution.dual_valid and not whole
    return Raw(
        "optimal" if done else "feasible", value, min(bound, value), np.array(solution.col_value),
        np.array(solution.row_dual) if duals else empty, np.array(solution.col_dual) if duals else empty,
    )  # fmt: skip


def holds(lp: Lp, x: Array) -> bool:
    """Whether columns are within their bounds, whole where they must be, and hold every row."""
    within = (x >= lp.low - FEASIBLE).all() and (x <= lp.high + FEASIBLE).all()
    whole = x[lp.whole]
    activity = lp.A @ x
    slack = FEASIBLE * np.maximum(1.0, np.abs(activity))
    kept = (activity >= lp.row_low - slack).all() and (activity <= lp.row_high + slack).all()
    return bool(within and kept and (np.abs(whole - np.round(whole)) <= FEASIBLE).all())


def run_from(h: Any, lp: Lp, start: Array | None, time_s: float = inf) -> Raw:
    """Run the optimiser on what it holds, ``lp``, from a network that is at hand, if that is one.

    What it found last is forgotten: under other bounds it need not be a network. HiGHS 1.16 can count the cost of a
    start wrongly after its presolve, and then call a worse network optimal. Such an answer does not have the cost it
    claims; the optimiser is then run without the start. A start that is better than what time allowed is kept.
    """
    begun = perf_counter()
    if not lp.whole.any():
        return run(h, False, time_s)
    h.clearSolver()
    given = start is not None and holds(lp, start)
    if start is not None and given:
        solution = highspy.HighsSolution()
        solution.col_value = list(start)
        h.setSolution(solution)
    raw = run(h, True, time_s)
    if given and raw.found and abs(raw.value - lp.value(raw.x)) > 1e-6 * max(1.0, abs(raw.value)):
        h.clearSolver()
        raw = run(h, True, time_s - (perf_counter() - begun))
    if given and start is not None and raw.status in ("feasible", "unknown") and lp.value(start) < raw.value:
        value = lp.value(start)
        return replace(raw, status="feasible", value=value, bound=min(raw.bound, value), x=start)
    return raw


def solve_lp(lp: Lp, time_s: float = inf, gap: float = 1e-6, start: Array | None = None) -> Raw:
    """Solve a program."""
    if not lp.A.shape[1]:
        held = bool((lp.row_low <= FEASIBLE).all() and (lp.row_high >= -FEASIBLE).all())
        zero = np.zeros(0)
        value = lp.offset if held else inf
        return Raw("optimal" if held else "infeasible", value, value, zero, np.zeros(len(lp.row_low)), zero)
    h = opened(lp, gap)
    return run_from(h, lp, start, time_s)
