"""The best network: flows, what is built, how sure it is that no network is better, and how it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf, isfinite
from time import perf_counter
from typing import Literal

import numpy as np
import scipy.sparse as sp

from lichen.design._highs import Lp, Raw, Status, solve_lp
from lichen.design._sift import sift, worth_it
from lichen.design._start import good_start
from lichen.design.build import build
from lichen.design.conflict import conflicts
from lichen.design.graph import NEW, Flags, Graph
from lichen.design.network import Network
from lichen.design.program import STEP, Program, program
from lichen.design.split import Part, parts, useless
from lichen.errors import InputError, Problem, Problems
from lichen.labelled import Array, suggest

Way = Literal["whole", "parts"]
OBJECTIVES: Mapping[str, Mapping[str, float]] = {
    "cost": {"cost": 1.0}, "npv": {"cost": 1.0}, "co2": {"co2": 1.0}, "waste": {"waste": 1.0},
    "water": {"water": 1.0}, "jobs": {"jobs": -1.0},
}  # fmt: skip
"""Objectives by name: what is minimised. The net present value is largest where costs less savings are least."""


@dataclass(frozen=True)
class Settings:
    """How to solve.

    Parameters
    ----------
    time_s, gap
        At most so long [s]; stop where it is proven that no network is better by more than this share [1].
    split, prune, explain
        Whether to take apart what nothing couples, to leave out links that cannot gain, and to say why there is no
        network where there is none.
    """

    time_s: float = inf
    gap: float = 1e-6
    split: bool = True
    prune: bool = True
    explain: bool = True


@dataclass(frozen=True, eq=False)
class Solution:
    """A network that was designed.

    Parameters
    ----------
    graph, program, weights
        What was asked; weights of the measures in the objective ``(m,)``.
    status
        "optimal" (to the gap), "feasible" (time was up), "infeasible", "unbounded", or "unknown" (nothing in time).
    objective, bound
        Of this network; no network is below.
    x
        Columns of the program; empty without a network.
    row_dual, col_dual
        Of a linear program; empty where there are decisions (see :func:`lichen.design.binding.with_decisions_fixed`).
    way, count, pruned
        Whether it was solved whole or in parts, in how many, and how many links were left out as useless.
    seconds
        That it took.
    conflict
        Where there is no network: which limits cannot hold together, and what would open each.
    """

    graph: Graph
    program: Program
    weights: Array
    status: Status
    objective: float
    bound: float
    x: Array
    row_dual: Array
    col_dual: Array
    way: Way
    count: int
    pruned: int
    seconds: float
    conflict: tuple[Problem, ...] = field(default=())

    @property
    def found(self) -> bool:
        """Whether there is a network."""
        return self.status in ("optimal", "feasible")

    @property
    def gap(self) -> float:
        """How much better a network could be, as a share of the objective [1]."""
        if not self.found:
            return inf
        return 0.0 if self.objective == self.bound else (self.objective - self.bound) / max(abs(self.objective), 1e-9)

    @property
    def flows(self) -> Array:
        """What flows over each link in each period ``(T, n)``."""
        T, n = self.graph.n_periods, self.graph.n_links
        return np.asarray(self.x[: T * n].reshape(T, n))

    @property
    def built(self) -> Array:
        """Whether each step is built in each stage ``(K, S)``."""
        return np.asarray(np.round(self.x[self.program.col_kind == STEP]).reshape(-1, self.graph.n_stages))

    @property
    def measures(self) -> dict[str, float]:
        """Total of each measure."""
        totals = self.program.coefficients @ self.x + self.program.constant
        return {m.id: float(t) for m, t in zip(self.graph.measures, totals, strict=True)}

    def flow(self, link: str) -> float:
        """Return what flows over a link in all periods."""
        return float(self.flows[:, list(self.graph.names.links).index(link)].sum())

    def steps(self) -> dict[str, str]:
        """Return which step each facility has; those without any are left out."""
        names, plants = self.graph.names, self.graph.plants
        chosen = np.flatnonzero(self.built.sum(axis=1) > 0)
        return {names.of("facilities", int(plants.of[k])): names.of("steps", int(k)) for k in chosen}

    def notes(self) -> tuple[Problem, ...]:
        """Return how it was found, how sure it is, and what stands in the way."""
        said: list[Problem] = []
        if self.way == "parts":
            said.append(Problem("design.in_parts", severity="note", values={"count": self.count}))
        else:
            said.append(Problem("design.whole", severity="note", values={}))
        if self.pruned:
            said.append(Problem("design.pruned", severity="note", values={"count": self.pruned}))
        if self.status == "feasible":
            values = {"seconds": self.seconds, "gap": 100 * self.gap}
            said.append(Problem("design.time_up", severity="warning", values=values))
        if self.status == "unknown":
            said.append(Problem("design.nothing_yet", severity="error", values={"seconds": self.seconds}))
        if self.status == "unbounded":
            said.append(Problem("design.endless", severity="error", values={}))
        return (*said, *self.conflict)


def objective_weights(graph: Graph, objective: str | Mapping[str, float]) -> Array:
    """Return weights of the measures, from the name of an objective or from measure → weight.

    Raises
    ------
    InputError
        If a name is no objective, or a measure is not counted in this network.
    """
    problems, ids = Problems(), [m.id for m in graph.measures]
    if isinstance(objective, str) and objective not in OBJECTIVES:
        near = suggest(objective, list(OBJECTIVES)) or "–"
        problems.add("design.objective", None, name=objective, known=list(OBJECTIVES), near=near)
        problems.raise_if_errors(InputError)
    wanted = OBJECTIVES[objective] if isinstance(objective, str) else objective
    for name, weight in wanted.items():
        if name not in ids:
            problems.add("design.no_measure", None, name=name, known=ids)
        elif not isfinite(weight):
            problems.add("design.not_a_number", None, what=name, found=weight)
    problems.raise_if_errors(InputError)
    return np.array([wanted.get(name, 0.0) for name in ids])


def solve(
    network: Network | Graph, objective: str | Mapping[str, float] = "cost", settings: Settings | None = None,
    start: Array | None = None,
) -> Solution:  # fmt: skip
    """Return the network with the least objective.

    Parameters
    ----------
    network
        As values, or as arrays.
    objective
        "cost", "npv", "co2", "waste", "water", "jobs" (most), or measure → weight, e.g. cost 1 and co2 a carbon price.
    settings
        Time, gap, ways.
    start
        Columns of a network to start from.

    Raises
    ------
    InputError
        If the network has errors, or the objective is none of its measures.
    """
    begun = perf_counter()
    settings = settings or Settings()
    graph = build(network) if isinstance(network, Network) else network
    weights = objective_weights(graph, objective)
    whole = program(graph)
    return solve_program(graph, whole, weights, settings, start, begun)


def solve_program(
    graph: Graph, whole: Program, weights: Array, settings: Settings, start: Array | None = None,
    begun: float | None = None,
) -> Solution:  # fmt: skip
    """Return the best network of a program that was built before; see :func:`solve`."""
    begun = perf_counter() if begun is None else begun
    dropped = useless(graph, weights) if settings.prune else np.zeros(graph.n_links, bool)
    keep = _kept(graph, whole, weights, dropped)
    lp = linear(whole, weights, keep)
    lp = replace(lp, offset=float(weights @ whole.constant))
    pieces = (
        parts(lp, weights @ whole.starts)
        if settings.split
        else [Part(np.arange(len(lp.cost)), np.arange(len(lp.row_low)), lp)]
    )
    begin = None if start is None else start[keep]
    raws = _solve_parts(pieces, settings, begin, begun)
    raw = _merged(pieces, raws, lp)
    x = np.zeros(len(whole.low))
    if raw.found:
        x[keep] = raw.x
    col_dual = weights @ whole.coefficients - whole.A.T @ raw.row_dual if len(raw.row_dual) else raw.col_dual
    found = Solution(
        graph, whole, weights, raw.status, raw.value, raw.bound, x if raw.found else raw.x,
        raw.row_dual, col_dual, "parts" if len(pieces) > 1 else "whole", len(pieces), int(dropped.sum()),
        perf_counter() - begun,
    )  # fmt: skip
    if found.status == "feasible" and found.gap <= settings.gap:
        found = replace(found, status="optimal")
    if found.status == "infeasible" and settings.explain:
        bad = [part for part, one in zip(pieces, raws, strict=False) if one.status == "infeasible"]
        kept = np.flatnonzero(keep)
        found = replace(found, conflict=tuple(p for part in bad[:1] for p in conflicts(graph, whole, part, kept)))
    return found


def _kept(graph: Graph, whole: Program, weights: Array, dropped: Flags) -> Flags:
    """Return which columns stay: not the links that are left out, nor the steps that serve nothing else."""
    keep, plants = np.ones(len(whole.low), bool), graph.plants
    keep[: graph.n_periods * graph.n_links] = ~np.tile(dropped, graph.n_periods)
    serves = np.zeros(len(plants.standing), bool)
    serves[plants.facility[~dropped[plants.link]]] = True
    idle = ~serves[plants.of] & (plants.state[plants.of] == NEW) & (weights @ plants.fixed >= 0)
    if dropped.any():
        keep[whole.col_kind == STEP] = ~np.repeat(idle, graph.n_stages)
    return keep


def linear(whole: Program, weights: Array, keep: Flags | None = None) -> Lp:
    """Return a program with its objective, without some columns."""
    cost = weights @ whole.coefficients
    if keep is None or keep.all():
        return Lp(whole.A, whole.row_low, whole.row_high, whole.low, whole.high, whole.whole, cost)
    A = sp.csc_array(whole.A[:, np.flatnonzero(keep)])
    return Lp(A, whole.row_low, whole.row_high, whole.low[keep], whole.high[keep], whole.whole[keep], cost[keep])


def _solve_parts(pieces: list[Part], settings: Settings, start: Array | None, begun: float) -> list[Raw]:
    """Solve one part after the other; then give what time is left to those whose gaps are largest."""
    raws: list[Raw] = []
    for place, part in enumerate(pieces):
        left = settings.time_s - (perf_counter() - begun)
        share = left / (len(pieces) - place)
        raws.append(_solve_part(part.lp, share, settings.gap, None if start is None else start[part.columns]))
        if raws[-1].status in ("infeasible", "unbounded"):
            return raws
    while isfinite(settings.time_s):
        left = settings.time_s - (perf_counter() - begun)
        open_parts = [k for k, raw in enumerate(raws) if raw.status in ("feasible", "unknown")]
        total = sum(raw.value for raw in raws)
        missing = total - sum(raw.bound for raw in raws)
        if len(pieces) == 1 or not open_parts or left < 1.0 or missing <= settings.gap * abs(total):
            break
        worst = max(open_parts, key=lambda k: raws[k].value - raws[k].bound)
        again = _solve_part(pieces[worst].lp, left, settings.gap, raws[worst].x if raws[worst].found else None)
        raws[worst] = _better(raws[worst], again)
    return raws


def _better(old: Raw, new: Raw) -> Raw:
    """Return the better network of two runs, with the better bound."""
    best = new if new.value <= old.value else old
    bound = min(max(old.bound, new.bound), best.value)
    status = new.status if new.status == "optimal" else best.status
    return replace(best, bound=bound, status=status)


def _solve_part(lp: Lp, time_s: float, gap: float, start: Array | None) -> Raw:
    if worth_it(lp):
        return sift(lp, time_s)
    if lp.whole.any() and start is None:
        start = good_start(lp, time_s)
    return solve_lp(lp, time_s, gap, start)


def _merged(pieces: list[Part], raws: list[Raw], lp: Lp) -> Raw:
    """Return the parts as one."""
    order: tuple[Status, ...] = ("infeasible", "unbounded", "unknown", "feasible", "optimal")
    status: Status = min((raw.status for raw in raws), key=order.index, default="optimal")
    empty = np.empty(0)
    if status not in ("feasible", "optimal"):
        endless = -inf if status == "unbounded" else inf
        bound = sum(raw.bound for raw in raws) if status == "unknown" else endless
        return Raw(status, endless, bound, empty, empty, empty)
    x, y = np.zeros(len(lp.cost)), np.zeros(len(lp.row_low))
    duals = all(len(raw.row_dual) == len(part.rows) for part, raw in zip(pieces, raws, strict=True))
    for part, raw in zip(pieces, raws, strict=True):
        x[part.columns] = raw.x
        if duals:
            y[part.rows] = raw.row_dual
    value, bound = sum(raw.value for raw in raws), sum(raw.bound for raw in raws)
    return Raw(status, value, bound, x, y if duals and not lp.whole.any() else empty, empty)
