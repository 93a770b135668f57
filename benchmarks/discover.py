"""Time and peak memory of the candidate search beside pandas, DuckDB and polars, on one region in one run.

``python -m benchmarks.discover [--sizes 10000 100000 1000000] [--most 1000] [--seed 1] [--runs 1] [--seconds 300]
[--gigabytes 12] [--pairs 400000000] [--tools NAME …]``

The region is described in :mod:`benchmarks.discover_data`: as many supplies as demands. Every tool runs in a process
of its own, on all cores it wants. Counted are seconds of the clock and of CPU for the whole search, and the peak of the
memory that is resident then, input and libraries included (Linux). The best candidates of all tools are compared with
Lichen's. A peer is left out if it is not installed; a tool without a grid also where rules allow more pairs than
``--pairs``.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import pickle
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import discover_data as data
from benchmarks.discover_tools import NEEDS, NO_GRID, TOOLS

SIZES = (10_000, 100_000, 1_000_000)
EQUAL = 1e-9


def child(name: str, given: str, most: str, answer: str) -> None:
    """Run one tool and write its seconds, CPU seconds, peak of memory [bytes] and result."""
    tool = TOOLS[name]
    prepared = tool.prepare(*pickle.loads(Path(given).read_bytes()))
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak back to what is resident now
    start, used = time.perf_counter(), os.times()
    best = tool.work(prepared, int(most))
    seconds, now = time.perf_counter() - start, os.times()
    cpu = sum(now[:4]) - sum(used[:4])  # of its own and of processes that it started and that have ended
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    Path(answer).write_bytes(pickle.dumps((seconds, cpu, int(lines["VmHWM"].split()[0]) * 1024, best)))


def measured(
    name: str, given: Path, most: int, seconds: float, gigabytes: float
) -> tuple[float, float, float, Any] | str:
    """Return seconds, CPU seconds, peak [bytes] and result of a tool, or why there is none."""
    answer = given.with_suffix(".answer")
    answer.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.discover", "--child", name, str(given), str(most), str(answer)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        start = time.perf_counter()
        while process.poll() is None:
            time.sleep(0.1)
            why = ""
            if time.perf_counter() - start > seconds:
                why = f"more than {seconds:g} s"
            elif resident(process.pid) > gigabytes * 1e9:
                why = f"more than {gigabytes:g} GB"
            if why:
                process.kill()
                process.wait()
                return why
        error = process.stderr.read() if process.stderr else ""
    if process.returncode or not answer.is_file():
        return f"failed: {(error.strip().splitlines() or ['?'])[-1][:100]}"
    found: tuple[float, float, float, Any] = pickle.loads(answer.read_bytes())
    return found


def resident(pid: int) -> int:
    """Return the resident memory of a process [bytes]; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def agreement(best: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> str:
    """Say whether two results are the same: scores to 1e-9, and all pairs above the last score."""
    a, b = best["score"], other["score"]
    if len(a) != len(b) or not np.allclose(a, b, rtol=EQUAL, atol=0):
        return "NO"
    pairs = [
        {t for t, score in zip(zip(*(r[k].tolist() for k in ("supply", "demand", "rule")), strict=True), r["score"],
                               strict=True) if score > a[-1] * (1 + EQUAL)}
        for r in (best, other)
    ]  # fmt: skip
    if pairs[0] != pairs[1] or ("found" in other and int(other["found"]) != int(best["found"])):
        return "NO"
    return "yes"


def size(n: int, options: argparse.Namespace, folder: Path) -> None:
    """Print the table of one size."""
    sides, source = data.region(n, options.seed)
    rules = data.rules(options.seed)
    pairs = data.pairs_before_distance(sides, rules)
    given = folder / "region"
    given.write_bytes(pickle.dumps((sides, rules)))
    print(f"\n{n:,} supplies × {n:,} demands ({source}); {len(rules)} rules allow {pairs:,} pairs wherever they are\n")
    print("| tool | seconds | CPU seconds | peak [GB] | same best |\n|---|---|---|---|---|", flush=True)
    lichen = None
    for name in options.tools:
        if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
            result: Any = "not installed"
        elif name in NO_GRID and pairs > options.pairs:
            result = f"not run: {pairs:,} pairs"
        else:
            runs = [
                measured(name, given, options.most, options.seconds, options.gigabytes) for _ in range(options.runs)
            ]
            good = [run for run in runs if not isinstance(run, str)]
            result = min(good, key=lambda run: run[0]) if good else runs[0]
        if isinstance(result, str):
            print(f"| {name} | {result} | | | |", flush=True)
            continue
        seconds, cpu, peak, best = result
        if name == "lichen":
            lichen = best
        same = agreement(lichen, best) if lichen is not None else "–"
        shown = "–" if "processes" in name else f"{peak / 1e9:.2f}"
        print(f"| {name} | {seconds:.2f} | {cpu:.2f} | {shown} | {same} |", flush=True)
    if lichen is not None:
        print(f"\n{int(lichen['found']):,} pairs within {data.MAX_KM:g} km; the best {len(lichen['score'])} returned.")


def main() -> None:
    """Print one table for each size."""
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--most", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1, help="runs of each tool; the fastest is shown")
    parser.add_argument("--seconds", type=float, default=300.0, help="a tool that takes longer is stopped")
    parser.add_argument("--gigabytes", type=float, default=12.0, help="a tool that takes more is stopped")
    parser.add_argument("--pairs", type=float, default=4e8, help="most pairs for tools without a grid")
    parser.add_argument("--tools", nargs="+", default=list(TOOLS), choices=list(TOOLS))
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        for n in options.sizes:
            size(n, options, Path(folder))


if __name__ == "__main__":
    main()
