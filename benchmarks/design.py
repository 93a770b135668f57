"""Time, gap and memory of the design of networks beside HiGHS called by hand on the whole model, in one run.

``python -m benchmarks.design [--sizes 10000 100000 1000000] [--charges 10000] [--seconds 120] [--points 11]
[--pareto 1000] [--seed 1]``, or, for an instance in the layout of the OR-Library that you bring,
``python -m benchmarks.design --file cap41.txt [--capacity 5000] [--optimum 1040444.375]``.

The instance: as many streams as there are hundreds of links squared (100 suppliers × 100 users each, all joined; a
single stream of so many is measured too), places at random in 100 km × 100 km, amounts log-normal. What is left costs
30 a tonne, what is short 20; a tonne and kilometre costs 0.5. With fixed charges each link costs 150 to 450 once and
carries 200 at most; there are ten streams.

By hand: the same program as arrays made with numpy, without a column for what is left or short, passed to HiGHS whole,
one thread. Counted is the clock from the arrays of the instance to the answer, building included. Every answer comes
from a process of its own; the peak of memory that is resident includes instance and libraries.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp

SIDE = 100
AGAIN = 5
"""Runs of a short case; the best counts."""
LEFT, SHORT, PER_KM, ROOM = 30.0, 20.0, 0.5, 200.0


def instance(streams: int, side: int, seed: int) -> dict[str, np.ndarray]:
    """Return columns of an instance: ends, cost per unit, supply, demand."""
    rng = np.random.default_rng(seed)
    v = 2 * side * streams
    first = 2 * side * np.repeat(np.arange(streams), side * side)
    origin = first + np.tile(np.repeat(np.arange(side), side), streams)
    target = first + side + np.tile(np.tile(np.arange(side), side), streams)
    xy = rng.uniform(0, 100, (v, 2))
    gives = (np.arange(v) // side) % 2 == 0
    amount = rng.lognormal(3, 1, v)
    return {
        "origin": origin, "target": target, "cost": PER_KM * np.hypot(*(xy[origin] - xy[target]).T),
        "supply": np.where(gives, amount, 0.0), "demand": np.where(gives, 0.0, amount),
        "charge": 300.0 * np.random.default_rng(seed + 5).uniform(0.5, 1.5, len(origin)),
        "co2": rng.uniform(0, 0.05, len(origin)),
    }  # fmt: skip


def by_hand(given: dict[str, np.ndarray], charged: bool, seconds: float, gap: float) -> tuple[float, float]:
    """Return objective and gap of HiGHS on the whole model."""
    import highspy

    n, v = len(given["origin"]), len(given["supply"])
    link = np.arange(n)
    most = np.minimum(np.minimum(given["supply"][given["origin"]], given["demand"][given["target"]]), ROOM)
    rows, columns = [given["origin"], given["target"]], [link, link]
    values = [np.ones(n), np.ones(n)]
    cost, high, upper = given["cost"] - LEFT - SHORT, np.full(n, np.inf), np.maximum(given["supply"], given["demand"])
    whole = np.zeros(n, np.int32)
    if charged:
        rows += [v + link, v + link]
        columns += [link, n + link]
        values += [np.ones(n), -most]
        cost, high = np.append(cost, given["charge"]), np.append(high, np.ones(n))
        upper, whole = np.append(upper, np.zeros(n)), np.append(whole, np.ones(n, np.int32))
    shape = (len(upper), len(cost))
    A = sp.coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape).tocsc()
    start = LEFT * given["supply"].sum() + SHORT * given["demand"].sum()
    h = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("time_limit", seconds), ("mip_rel_gap", gap)):
        h.setOptionValue(name, value)
    h.passModel(
        shape[1], shape[0], A.nnz, 1, 1, start, cost, np.zeros(shape[1]), high, np.full(shape[0], -np.inf), upper,
        A.indptr.astype(np.int32), A.indices.astype(np.int32), A.data, whole,
    )  # fmt: skip
    h.run()
    info = h.getInfo()
    value = info.objective_function_value
    bound = info.mip_dual_bound if charged else value
    return value, (value - bound) / abs(value)


def network(given: dict[str, np.ndarray], charged: bool):
    """Return the instance as a network in arrays."""
    from lichen.design.graph import fixed_charges, graph
    from lichen.design.network import Measure

    n, needs = len(given["origin"]), given["demand"] > 0
    plants = None
    if charged:
        plants = fixed_charges(np.arange(n), np.full(n, ROOM), np.stack([given["charge"], np.zeros(n)]))
    return graph(
        [Measure("cost", "CNY", money=True), Measure("co2", "tCO2")], given["origin"], given["target"],
        {"cost": given["cost"], "co2": given["co2"] * (60 - given["cost"])}, given["supply"], given["demand"],
        left={"cost": np.where(needs, 0, LEFT)},
        short={"cost": np.where(needs, SHORT, 0), "co2": np.where(needs, 1.0, 0)}, may_lack=needs, plants=plants,
    )  # fmt: skip


def designed(given: dict[str, np.ndarray], charged: bool, seconds: float, gap: float) -> tuple[float, float]:
    """Return objective and gap of the design."""
    from lichen.design.solve import Settings, solve

    found = solve(network(given, charged), "cost", Settings(time_s=seconds, gap=gap))
    print(f"    {found.way}, {found.count} parts, {found.pruned} links left out", file=sys.stderr)
    return found.objective, found.gap


def pareto(given: dict[str, np.ndarray], points: int, seconds: float, gap: float) -> tuple[float, float]:
    """Return the number of points of a front between cost and CO2, and their largest gap."""
    from lichen.design.pareto import front
    from lichen.design.solve import Settings

    found = front(network(given, True), "cost", "co2", points, Settings(time_s=seconds, gap=gap))
    return float(len(found.points)), max(p.gap for p in found.points)


def child(name: str, streams: int, side: int, seed: int, seconds: float, gap: float, points: int) -> None:
    """Run one case and print its seconds, peak memory [bytes], value and gap."""
    given = instance(streams, side, seed)
    import highspy  # noqa: F401  (loaded before the clock starts)

    import lichen.design.pareto  # noqa: F401

    tool, _, charged = name.partition("+")
    spent = float("inf")
    for _ in range(AGAIN if tool != "pareto" and not charged and len(given["origin"]) <= 100_000 else 1):
        start = time.perf_counter()
        if tool == "pareto":
            value, found = pareto(given, points, seconds, gap)
        else:
            value, found = (designed if tool == "lichen" else by_hand)(given, bool(charged), seconds, gap)
        spent = min(spent, time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps([spent, peak, value, found]))


def case(*words: object) -> list[float]:
    """Run a case in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.design", "--child", *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ})
    found: list[float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def brought(file: Path, capacity: float | None, optimum: float | None, seconds: float) -> None:
    """Print what the design makes of an instance of the OR-Library, and how far that is from its known optimum."""
    from lichen.design.plain import from_cap, read_plain
    from lichen.design.solve import Settings, solve

    with tempfile.TemporaryDirectory() as folder:
        nodes, arcs = Path(folder, "nodes.csv"), Path(folder, "arcs.csv")
        for path, text in zip((nodes, arcs), from_cap(file.read_text(), capacity), strict=True):
            path.write_text(text)
        found = solve(read_plain(nodes, arcs), settings=Settings(time_s=seconds, gap=1e-9))
    known = "" if optimum is None else f", known {optimum:.3f}, off by {found.objective - optimum:.3g}"
    print(f"{file.name}: {found.status}, {found.objective:.3f}{known}, gap {found.gap:.1e}, {found.seconds:.2f} s")


def main() -> None:
    """Print every case with its ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", nargs=7)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--charges", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--pareto", type=int, default=1_000)
    parser.add_argument("--points", type=int, default=11)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--capacity", type=float)
    parser.add_argument("--optimum", type=float)
    given = parser.parse_args()
    if given.file:
        brought(given.file, given.capacity, given.optimum, given.seconds)
        return
    if given.child:
        name, *numbers, seconds, gap, points = given.child
        child(name, *map(int, numbers), float(seconds), float(gap), int(points))
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for size in given.sizes:
        shapes = [(max(size // SIDE**2, 1), SIDE)]
        if size > SIDE**2:
            shapes.append((1, int(size**0.5)))
        for streams, side in shapes:
            hand, ours = (case(t, streams, side, given.seed, 1e9, 1e-6, 0) for t in ("hand", "lichen"))
            same = abs(hand[2] - ours[2]) <= 1e-6 * abs(hand[2])
            print(
                f"LP, {streams * side * side} links, {streams} streams: "
                f"by hand {hand[0]:.3f} s, {hand[1] / 1e9:.2f} GB; "
                f"Lichen {ours[0]:.3f} s, {ours[1] / 1e9:.2f} GB; ratio {ours[0] / hand[0]:.2f}; same optimum: {same}",
                flush=True,
            )
    if given.charges:
        side = int((given.charges / 10) ** 0.5)
        hand, ours = (case(t, 10, side, given.seed, given.seconds, 0.0025, 0) for t in ("hand+f", "lichen+f"))
        print(
            f"Fixed charges, {10 * side * side} links: "
            f"by hand {hand[0]:.0f} s, gap {100 * hand[3]:.3f} %, {hand[2]:.0f}; "
            f"Lichen {ours[0]:.0f} s, gap {100 * ours[3]:.3f} %, {ours[2]:.0f}",
            flush=True,
        )
    if given.pareto:
        side = int(given.pareto**0.5)
        found = case("pareto", 1, side, given.seed, 2 * given.seconds, 0.005, given.points)
        print(f"Front of {found[2]:.0f} of {given.points} points, {side * side} links with charges: {found[0]:.0f} s, "
              f"largest gap {100 * found[3]:.2f} %")  # fmt: skip


if __name__ == "__main__":
    main()
