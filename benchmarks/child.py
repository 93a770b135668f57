"""One measurement in a process of its own: ``python -m benchmarks.child TASK FOLDER …`` prints one line of JSON.

No array library is imported before the environment is set: the parent sets it.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import data as inputs
from benchmarks.tools import TOOLS


def seconds(tool: Any, data: dict[str, Any], repetitions: int) -> list[float]:
    """Return the CPU seconds of each repetition, all on objects of their own."""
    times = []
    for _ in range(repetitions):
        prepared = tool.prepare(data)
        if len(data["x"]) >= 1000:  # what the last one left in cycles
            gc.collect()
        start = time.process_time()
        answer = tool.work(prepared)
        times.append(time.process_time() - start)
        del prepared, answer
    return times


def accounts(name: str, folder: str, repetitions: str, output: str = "") -> dict[str, Any]:
    """Time the accounts; with ``output`` also write the results there."""
    tool, data = TOOLS[name], inputs.load(Path(folder))
    seconds(tool, inputs.make(12), 3)  # loads what is loaded late, and the workspace of the BLAS
    times = seconds(tool, data, int(repetitions))
    if output:
        np.savez(output, **tool.results(tool.work(tool.prepare(data))))
    return {"seconds": times}


def memory(name: str, folder: str) -> dict[str, Any]:
    """Return the peak of resident memory beyond what is resident when the work starts [bytes].

    Linux keeps the peak itself (VmHWM) and sets it back on request, so nothing is sampled and no peak is missed.
    """
    tool = TOOLS[name]
    seconds(tool, inputs.make(200), 2)
    prepared = tool.prepare(inputs.load(Path(folder)))
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    answer = tool.work(prepared)
    peak = _status("VmHWM")
    del answer
    return {"bytes": peak - before, "input": sum(array.nbytes for array in inputs.load(Path(folder)).values())}


def _status(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {key}")


def updates(folder: str, repetitions: str, count: str = "10") -> dict[str, Any]:
    """Time a new final demand and a scenario of ``count`` changed sectors against one factorisation, in turns."""
    from scipy.linalg import lapack

    from lichen.economy.leontief import Leontief
    from lichen.scenario.changes import solve

    data = inputs.load(Path(folder))
    n, x = len(data["x"]), data["x"]
    tool = TOOLS["lichen"]
    economy = tool.economy(tool.prepare(data))
    economy.accounts()
    changes = _changes(data, int(count))
    demand = data["Y"].sum(axis=1) * np.linspace(0.9, 1.1, n)
    M = np.asfortranarray(np.eye(n) - data["Z"] / x)
    tasks = {
        "factorisation": lambda ready: lapack.dgetrf(ready, overwrite_a=True),
        "factorisation in Lichen": lambda _: Leontief(data["Z"], x),
        "new final demand": lambda _: economy.output_for(demand),
        "scenario": lambda _: solve(economy, changes),
    }
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for round_ in range(int(repetitions) + 1):
        for name, task in tasks.items():
            ready = M.copy(order="F") if name == "factorisation" else None
            start = time.process_time()
            task(ready)
            if round_:  # the first round loads and caches
                times[name].append(time.process_time() - start)
    return {"seconds": times, "error": _scenario_error(data, changes, solve(economy, changes).accounts)}


def _changes(data: dict[str, Any], count: int) -> Any:
    """Return changes as exchanges make them: a buyer replaces one purchase, pays two others, and emits less."""
    from lichen.scenario.changes import Changes

    n, k, m = len(data["x"]), data["Y"].shape[1], len(data["F"])
    random = np.random.default_rng(7)
    columns = tuple(sorted(random.choice(n, count, replace=False).tolist()))
    bought, flows = np.zeros((n, count)), np.zeros((m, n))
    for place, j in enumerate(columns):
        replaced = int(data["Z"][:, j].argmax())
        others = random.choice(n, 2, replace=False)
        bought[replaced, place] -= 0.5 * data["Z"][replaced, j]
        bought[others, place] += 0.1 * data["Z"][replaced, j]
        flows[:, j] -= 0.1 * data["F"][:, j]
    return Changes(columns, bought, np.zeros((n, count)), np.zeros((n, k)), flows, np.zeros(m))


def _scenario_error(data: dict[str, Any], changes: Any, accounts: Any) -> float:
    """Return the largest relative difference to a table that is changed and solved anew."""
    Z = data["Z"].copy()
    Z[:, list(changes.columns)] += changes.intermediate
    system = np.eye(len(data["x"])) - Z / data["x"]
    output = np.linalg.solve(system, data["Y"].sum(axis=1))
    multipliers = np.linalg.solve(system.T, ((data["F"] + changes.satellites) / data["x"]).T).T
    gaps = [np.abs(accounts.output / output - 1.0).max(), np.abs(accounts.multipliers / multipliers - 1.0).max()]
    return float(max(gaps))


def machine() -> dict[str, Any]:
    """Return the versions of the libraries and of the BLAS behind them."""
    import importlib.metadata
    import platform

    import scipy.linalg  # noqa: F401  # its BLAS is a second one
    from threadpoolctl import threadpool_info

    names = ("lichen", "numpy", "scipy", "pandas", "pymrio", "mariopy")
    blas = sorted({f"{i['internal_api']} {i['version']} ({i.get('architecture', '?')})" for i in threadpool_info()})
    return {
        "python": platform.python_version(), "blas": blas,
        "versions": {name: importlib.metadata.version(name) for name in names},
    }  # fmt: skip


TASKS = {task.__name__: task for task in (accounts, memory, updates, machine)}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
