"""Time and memory of the reconciliation of a large random network, on one core.

``OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/reconcile.py [--flows 10000] [--processes 3000]
[--measured 0.5] [--twice 0.5] [--bounds] [--seed 1]``

The network: ``processes`` in a ring, so that all are joined; every further flow joins two processes drawn at random, or
one and the outside (one flow in five). True flows are positive and balance exactly: what enters a process leaves by
log-normal shares. A share ``measured`` of the flows is measured with 2 to 20 % error; a share ``twice`` of these has a
second instrument (a second variable and an equality). Same seed, same network.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from lichen.balance.gross_errors import global_test, measurement_test
from lichen.balance.reconcile import reconcile
from lichen.balance.system import Constraint, System, Variable

OUTSIDE_SHARE = 0.2


def ends(flows: int, processes: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return source and target of each flow; -1 is outside."""
    source, target = rng.integers(0, processes, (2, flows))
    source[:processes], target[:processes] = np.arange(processes), np.roll(np.arange(processes), -1)
    loops = source == target
    target[loops] = (target[loops] + 1) % processes
    outside = np.flatnonzero(rng.random(flows) < OUTSIDE_SHARE)
    outside = outside[outside >= processes]
    half = len(outside) // 2
    source[outside[:half]], target[outside[half:]] = -1, -1
    return source, target


def balanced(source: np.ndarray, target: np.ndarray, processes: int, rng: np.random.Generator) -> np.ndarray:
    """Return positive flows that balance: what enters a process leaves by log-normal shares, outside included."""
    start, end = np.where(source < 0, processes, source), np.where(target < 0, processes, target)
    share = rng.lognormal(0.0, 1.0, len(source))
    share /= np.bincount(start, share, processes + 1)[start]
    # throughput π of the processes: π = shares · π, with what comes from outside given
    n = processes + 1
    P = sp.csc_array((share, (end, start)), shape=(n, n))
    inner = sp.csc_array(sp.eye_array(processes) - P[:-1, :-1])
    throughput = np.append(spsolve(inner, P[:-1, [processes]].toarray()[:, 0]), 1.0)
    flow = throughput[start] * share
    return flow * 100.0 / np.median(flow)


def network(
    flows: int = 10_000, processes: int = 3_000, measured: float = 0.5, twice: float = 0.5, *,
    bounds: bool = False, seed: int = 1,
) -> System:  # fmt: skip
    """Return a random network as a system."""
    rng = np.random.default_rng(seed)
    source, target = ends(flows, processes, rng)
    true = balanced(source, target, processes, rng)
    sd = true * rng.uniform(0.02, 0.2, flows)
    read = true + sd * rng.standard_normal(flows)
    known = rng.random(flows) < measured
    again = np.flatnonzero(known & (rng.random(flows) < twice))
    lower = 0.0 if bounds else None
    variables = [
        Variable(f"F{i}", float(read[i]), float(sd[i]), lower=lower) if known[i] else Variable(f"F{i}", lower=lower)
        for i in range(flows)
    ]
    terms: list[dict[str, float]] = [{} for _ in range(processes)]
    for i in range(flows):
        if target[i] >= 0:
            terms[target[i]][f"F{i}"] = 1.0
        if source[i] >= 0:
            terms[source[i]][f"F{i}"] = -1.0
    constraints = [Constraint(f"P{k}", t) for k, t in enumerate(terms)]
    for i in again:
        second = float(true[i] + sd[i] * rng.standard_normal())
        variables.append(Variable(f"F{i}b", second, float(sd[i])))
        constraints.append(Constraint(f"F{i} twice", {f"F{i}": 1.0, f"F{i}b": -1.0}))
    return System(tuple(variables), tuple(constraints))


def main() -> None:
    """Print one line for the network that the command line describes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flows", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=3_000)
    parser.add_argument("--measured", type=float, default=0.5)
    parser.add_argument("--twice", type=float, default=0.5)
    parser.add_argument("--bounds", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    system = network(a.flows, a.processes, a.measured, a.twice, bounds=a.bounds, seed=a.seed)
    start, cpu = time.perf_counter(), time.process_time()
    result = reconcile(system)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    test = global_test(result)
    states = ("redundant", "non-redundant", "observable", "unobservable", "at bound")
    counts = {state: len(result.names(state)) for state in states}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform != "darwin" else 30))
    largest = max(z for z in measurement_test(result).values() if z is not None)
    print(f"{len(system.variables)} variables, {len(system.constraints)} constraints: {seconds:.2f} s")
    print(f"{cpu:.2f} s of CPU, peak {peak:.2f} GB, largest relative residual {result.residual:.1e}")
    print(f"γ {test.gamma:.1f}, freedom {test.freedom}, p {test.p:.3f}, largest z {largest:.2f}; {counts}")


if __name__ == "__main__":
    main()
