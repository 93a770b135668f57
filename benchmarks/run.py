"""Run the benchmarks and write docs/benchmarks.md: ``python -m benchmarks.run [--quick] [--out FILE]``."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import data, page

REPOSITORY = Path(__file__).resolve().parent.parent
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
TUNING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP")
"""Left out of the measured processes: with them the BLAS would not be the one a user has, nor the import."""

MAIN = ("floor", "lichen", "pymrio", "mario")
EQUAL = 1e-10


@dataclass(frozen=True)
class Size:
    """How often a size is measured: processes per tool, and repetitions in each."""

    n: int
    processes: int
    repetitions: int


FULL = (Size(42, 5, 60), Size(1000, 5, 7), Size(2000, 5, 3), Size(5000, 2, 2))
QUICK = (Size(42, 2, 30), Size(300, 2, 10), Size(1000, 2, 3))


@dataclass
class Findings:
    """Everything measured; seconds per process, so that the spread between processes can be shown."""

    machine: dict[str, Any]
    sizes: tuple[Size, ...]
    seconds: dict[tuple[str, int], list[list[float]]] = field(default_factory=dict)
    default_threads: dict[str, list[list[float]]] = field(default_factory=dict)
    heavy: dict[str, list[list[float]]] = field(default_factory=dict)
    errors: dict[tuple[str, int], float] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    input_bytes: int = 0
    updates: dict[str, list[float]] = field(default_factory=dict)
    update_error: float = 0.0
    imports: dict[str, list[float]] = field(default_factory=dict)
    help_seconds: list[float] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def environment(one_thread: bool = True) -> dict[str, str]:
    """Return the environment of a measured process."""
    kept = {key: value for key, value in os.environ.items() if key not in (*THREADS, *TUNING)}
    return kept | (dict.fromkeys(THREADS, "1") if one_thread else {})


def child(*arguments: object, one_thread: bool = True) -> dict[str, Any]:
    """Run one task of :mod:`benchmarks.child` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.child", *map(str, arguments)],
        env=environment(one_thread), cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} {arguments[1:2]}: {done.stderr.strip().splitlines()[-1:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def cpu_of(*command: str) -> float:
    """Return user and system CPU seconds of a whole command."""
    process = subprocess.Popen(command, env=environment(), cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def import_cpu(statement: str) -> float:
    """Return the CPU seconds of an import in a process that has loaded numpy and nothing else."""
    code = f"import numpy, time; t = time.process_time(); {statement}; print(time.process_time() - t)"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=environment(), cwd=REPOSITORY,
                          capture_output=True, text=True, check=True)  # fmt: skip
    return float(done.stdout.splitlines()[-1])


def measure_accounts(found: Findings, size: Size, folder: Path, scratch: Path) -> None:
    """Time all tools in turns, so that a busy moment of the machine meets each of them; compare their results."""
    extra = ("lichen, with the inverse",) if size.n <= 2000 else ("lichen, arrays copied",)
    for turn in range(size.processes):
        for name in (*MAIN, *extra):
            if name in found.left_out:
                continue
            output = [scratch / f"{name}.npz"] if turn == 0 and name in MAIN else []
            try:
                answer = child("accounts", name, folder, size.repetitions, *output)
            except RuntimeError as error:
                if name != "mario":
                    raise
                found.left_out[name] = str(error)
                continue
            found.seconds.setdefault((name, size.n), []).append(answer["seconds"])
            say(f"n = {size.n}, {name}: {np.median(answer['seconds']):.5f} s")
    for name in MAIN:
        if name != "lichen" and name not in found.left_out:
            found.errors[name, size.n] = largest_gap(scratch / "lichen.npz", scratch / f"{name}.npz")


def largest_gap(first: Path, second: Path) -> float:
    """Return the largest relative difference of any number of two results; fail if it is not negligible."""
    with np.load(first) as ours, np.load(second) as theirs:
        gap = max(float(np.abs(theirs[name] / ours[name] - 1.0).max()) for name in ours.files)
    assert gap <= EQUAL, f"{second.stem} differs by {gap:.1e}"
    return gap


def measure(sizes: tuple[Size, ...]) -> Findings:
    """Measure everything."""
    found = Findings(child("machine"), sizes)
    largest, middle = sizes[-1].n, sizes[-2].n if len(sizes) > 3 else sizes[-1].n
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for size in sizes:
            data.save(scratch / str(size.n), data.make(size.n))
            measure_accounts(found, size, scratch / str(size.n), scratch)
        for _ in range(3):
            for tool in MAIN:
                if tool not in found.left_out:
                    answer = child("accounts", tool, scratch / "42", 60, one_thread=False)
                    found.default_threads.setdefault(tool, []).append(answer["seconds"])
        for tool in (*MAIN, "lichen, arrays copied"):
            if tool not in found.left_out:
                runs = [child("memory", tool, scratch / str(largest)) for _ in range(2)]
                found.memory[tool], found.input_bytes = max(run["bytes"] for run in runs), runs[0]["input"]
                say(f"n = {largest}, {tool}: {found.memory[tool] / 1e6:.0f} MB")
        data.save(scratch / "heavy", data.make(middle, heavy_column=True))
        for _ in range(3):
            for kind in ("heavy", str(middle)):
                found.heavy.setdefault(kind, []).append(child("accounts", "lichen", scratch / kind, 4)["seconds"])
            answer = child("updates", scratch / str(middle), 9)
            for task, times in answer["seconds"].items():
                found.updates.setdefault(task, []).extend(times)
            found.update_error = max(found.update_error, answer["error"])
    assert found.update_error <= EQUAL, f"the scenario differs from a new solve by {found.update_error:.1e}"
    measure_start(found)
    return found


def measure_start(found: Findings) -> None:
    """Time imports and ``lichen --help``; each once before, so that byte code is there."""
    statements = {
        "import lichen": "import lichen", "from lichen import Economy, Table": "from lichen import Economy, Table",
        "import pymrio": "import pymrio", "import mario": "import mario",
    }  # fmt: skip
    for label, statement in statements.items():
        if label == "import mario" and "mario" in found.left_out:
            continue
        import_cpu(statement)
        found.imports[label] = [import_cpu(statement) for _ in range(7)]
    command = str(Path(sys.executable).parent / "lichen")
    cpu_of(command, "--help")
    found.help_seconds = [cpu_of(command, "--help") for _ in range(11)]


def say(text: str) -> None:
    """Tell how far the run is."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller tables, fewer repetitions; writes no page")
    parser.add_argument("--out", type=Path, help="page to write (default: docs/benchmarks.md, none with --quick)")
    options = parser.parse_args()
    found = measure(QUICK if options.quick else FULL)
    text = page.text(found)
    print(text)
    out = options.out or (None if options.quick else REPOSITORY / "docs" / "benchmarks.md")
    if out:
        out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
