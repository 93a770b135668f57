"""One set of decisions for several futures: what is built is common, what flows is arranged in each.

The worst case over a set of scenarios is exact for that set. For ranges of supply and demand the set is made of corners
of the box; where more supply or more demand can only help, the lowest corner is the worst of the whole box, else a
corner that is not in the set could be worse.

Two-stage robust design by enumeration of scenarios: Mulvey, J. M. et al. (1995) Oper. Res. 43(2), 264–281,
doi:10.1287/opre.43.2.264.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Literal

import numpy as np
import scipy.sparse as sp

from lichen.design._highs import Lp, Status, solve_lp
from lichen.design.build import build
from lichen.design.graph import Flags, Graph
from lichen.design.network import Network
from lichen.design.program import Program, program
from lichen.design.solve import Settings, linear, objective_weights
from lichen.errors import InputError, Problems
from lichen.labelled import Array

Criterion = Literal["worst", "mean"]


@dataclass(frozen=True)
class Scenario:
    """A future: supplies and demands times factors; ``share`` counts for the mean.

    ``supply``, ``demand``: (node, stream) → factor; one number: for all. What is not named stays.
    """

    id: str
    supply: float | Mapping[tuple[str, str], float] = 1.0
    demand: float | Mapping[tuple[str, str], float] = 1.0
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class Robust:
    """Decisions for all scenarios.

    Parameters
    ----------
    status, gap
        How it ended; how much better the criterion could be, as a share of it.
    value
        The worst or mean objective.
    objectives
        Scenario → objective in it.
    built
        Whether each step is built in each stage ``(K, S)``.
    flows
        Scenario → what flows over each link ``(T, n)``.
    """

    status: Status
    gap: float
    value: float
    objectives: Mapping[str, float]
    built: Array
    flows: Mapping[str, Array]


def corners(low: float, high: float, demand_low: float = 1.0, demand_high: float = 1.0) -> tuple[Scenario, ...]:
    """Return the scenarios of a box in which supplies and demands each move together, and the middle as given."""
    found = [Scenario("given")]
    for s_name, s in (("low", low), ("high", high)):
        for d_name, d in (("low", demand_low), ("high", demand_high)):
            found.append(Scenario(f"supply {s_name}, demand {d_name}", s, d))
    return tuple(found)


def scenario_graph(graph: Graph, scenario: Scenario) -> Graph:
    """Return a network in a future.

    Raises
    ------
    InputError
        If a factor is negative or belongs to no place.
    """
    problems, places = Problems(), list(graph.names.places)

    def factors(given: float | Mapping[tuple[str, str], float]) -> Array:
        found = np.ones(graph.n_places)
        pairs = [(None, given)] if isinstance(given, int | float) else list(given.items())
        for place, factor in pairs:
            if not 0 <= factor < inf:
                problems.add("design.bad_factor", None, name=scenario.id, found=factor)
            elif place is None:
                found[:] = factor
            elif place not in places:
                problems.add("design.unknown", None, kind="place", name=" · ".join(place), near="–")
            else:
                found[places.index(place)] = factor
        return found

    supply, demand = factors(scenario.supply), factors(scenario.demand)
    problems.raise_if_errors(InputError)
    return replace(graph, supply=graph.supply * supply, demand=graph.demand * demand)


def robust(
    network: Network | Graph, scenarios: Sequence[Scenario], objective: str | Mapping[str, float] = "cost",
    criterion: Criterion = "worst", settings: Settings | None = None,
) -> Robust:  # fmt: skip
    """Return the decisions whose worst (or mean) objective over scenarios is least; solved whole.

    Raises
    ------
    InputError
        If there is no scenario, the network has errors, or a factor is wrong.
    """
    settings = settings or Settings()
    problems = Problems()
    if not scenarios:
        problems.add("design.no_scenario")
    problems.raise_if_errors(InputError)
    graph = build(network) if isinstance(network, Network) else network
    weights = objective_weights(graph, objective)
    programs = [program(scenario_graph(graph, s)) for s in scenarios]
    lp, step = _joined(programs, weights, scenarios, criterion)
    raw = solve_lp(lp, settings.time_s, settings.gap)
    if not raw.found:
        return Robust(raw.status, inf, inf, {}, np.empty((0, graph.n_stages)), {})
    K, n = int(step.sum()), int((~step).sum())
    built = raw.x[:K]
    objectives, flows = {}, {}
    for s, (one, scenario) in enumerate(zip(programs, scenarios, strict=True)):
        x = np.empty(len(step))
        x[step], x[~step] = built, raw.x[K + s * n : K + (s + 1) * n]
        objectives[scenario.id] = float(weights @ (one.coefficients @ x + one.constant))
        flows[scenario.id] = x[: graph.n_periods * graph.n_links].reshape(graph.n_periods, graph.n_links)
    gap = (raw.value - raw.bound) / max(abs(raw.value), 1e-9) if raw.value != raw.bound else 0.0
    return Robust(raw.status, gap, raw.value, objectives, np.round(built).reshape(-1, graph.n_stages), flows)


def _joined(
    programs: Sequence[Program], weights: Array, scenarios: Sequence[Scenario], criterion: Criterion
) -> tuple[Lp, Flags]:
    """Return one program: common steps, the flows of each scenario, and the criterion as the last column."""
    lps = [linear(one, weights) for one in programs]
    step = lps[0].whole
    starts = np.array([weights @ one.constant for one in programs])
    last = sp.csc_array(np.ones((1, 1)))
    blocks: list[list[sp.csc_array | None]] = []
    for s, lp in enumerate(lps):
        line: list[sp.csc_array | None] = [lp.A[:, step], *[None] * len(lps), None]
        line[1 + s] = lp.A[:, ~step]
        blocks.append(line)
    shares = np.array([s.share for s in scenarios]) / sum(s.share for s in scenarios)
    if criterion == "worst":  # z − c_s x ≥ what the scenario starts from
        for s, lp in enumerate(lps):
            line = [sp.csc_array(-lp.cost[step][None]), *[None] * len(lps), last]
            line[1 + s] = sp.csc_array(-lp.cost[~step][None])
            blocks.append(line)
        tail = starts
    else:
        mean = [sp.csc_array(-w * lp.cost[~step][None]) for w, lp in zip(shares, lps, strict=True)]
        blocks.append([sp.csc_array(-lps[0].cost[step][None]), *mean, last])
        tail = np.array([shares @ starts])
    A = sp.csc_array(sp.block_array(blocks, format="csc"))
    flows = [~step] * len(lps)
    columns = A.shape[1]
    cost = np.zeros(columns)
    cost[-1] = 1.0
    return Lp(
        A, np.concatenate([*(lp.row_low for lp in lps), tail]),
        np.concatenate([*(lp.row_high for lp in lps), np.full(len(tail), inf)]),
        np.concatenate([lps[0].low[step], *(lp.low[f] for lp, f in zip(lps, flows, strict=True)), [-inf]]),
        np.concatenate([lps[0].high[step], *(lp.high[f] for lp, f in zip(lps, flows, strict=True)), [inf]]),
        np.concatenate([step[step], np.zeros(columns - int(step.sum()), bool)]), cost,
    ), step  # fmt: skip
