"""What was measured, as a page."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.data import STRESSORS

if TYPE_CHECKING:
    from benchmarks.run import Findings

NAMES = {"floor": "floor", "lichen": "Lichen", "pymrio": "pymrio", "mario": "MARIO"}


def text(found: Findings) -> str:
    """Return docs/benchmarks.md."""
    parts = (_head, _targets, _accounts, _memory, _updates, _start, _weak)
    return "\n\n".join(part(found) for part in parts) + "\n"


def _median(runs: Iterable[Sequence[float]]) -> float:
    return float(np.median([value for run in runs for value in run]))


def _seconds(found: Findings, tool: str, n: int) -> float:
    return _median(found.seconds[tool, n])


def _ratio(found: Findings, slow: str, quick: str, n: int) -> float:
    return _seconds(found, slow, n) / _seconds(found, quick, n)


def _spread(found: Findings, slow: str, quick: str, n: int) -> str:
    """Return the smallest and largest ratio over the turns, each turn running the tools one after the other."""
    pairs = zip(found.seconds[slow, n], found.seconds[quick, n], strict=True)
    ratios = [float(np.median(a) / np.median(b)) for a, b in pairs]
    return f"{min(ratios):.3g}–{max(ratios):.3g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join("---" for _ in head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _cpu() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def _head(found: Findings) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in found.machine["versions"].items())
    sizes = ", ".join(f"{s.n}: {s.processes} × {s.repetitions}" for s in found.sizes)
    return f"""# Benchmarks

Written by `make bench` (`python -m benchmarks.run`); every number below comes from one run.

**Machine**: {os.cpu_count()} cores of {_cpu()}, {platform.system()}, Python {found.machine["python"]}.
**Libraries**: {versions}; BLAS {", ".join(found.machine["blas"])}.

**Method.** Random tables of density 0.3 (half of output is final demand, seed fixed), {STRESSORS} stressors. Asked for
are the full accounts: multipliers, output, production and consumption accounts. Each tool runs in processes of its own,
in turns (processes × repetitions by n: {sizes}), with one BLAS thread; counted is the CPU time of the process, user and
system; given is the median of all repetitions, in brackets the smallest and largest ratio of the medians of one turn
(the machine is shared, so single turns scatter). Lichen's
clock holds the making of the table and the satellite accounts, every check, and the accounts; the arrays are handed
over (`copy=False`). The peers' clock starts when their data frames and objects are made (MARIO's `Database` alone
takes longer at n = 42 than its computation): pymrio `calc_all()`, MARIO
`calc_all(["z", "e", "w", "f", "F"])`. The *floor* is what no tool can do without: build I − A in one array, one LU in
place, the back-solves, with scipy, without labels or checks. Results of all tools are compared number by number."""


def _targets(found: Findings) -> str:
    rows = [_row(*target) for target in _list_of_targets(found)]
    missed = sum(row[3] == "**no**" for row in rows)
    verdict = "All targets are met." if not missed else f"{missed} of {len(rows)} targets are missed."
    return "## Targets\n\n" + _table(("what", "target", "measured", "met"), rows) + f"\n\n{verdict}"


def _row(what: str, bound: str, value: float, met: bool, form: str) -> tuple[str, ...]:
    return what, bound, form.format(value), "yes" if met else "**no**"


def _list_of_targets(found: Findings) -> Iterable[tuple[str, str, float, bool, str]]:
    for size in found.sizes:
        wanted = 8.0 if size.n <= 42 else 4.0
        ratio = _ratio(found, "pymrio", "lichen", size.n)
        yield f"accounts, n = {size.n}: times faster than pymrio", f"≥ {wanted:g}", ratio, ratio >= wanted, "{:.1f}"
    for size in found.sizes:
        if size.n >= 1000:
            ratio = _ratio(found, "lichen", "floor", size.n)
            yield f"accounts, n = {size.n}: over the floor", "≤ 1.5", ratio, ratio <= 1.5, "{:.2f}"
    ratio = found.memory["lichen"] / found.memory["floor"]
    yield f"extra memory, n = {found.sizes[-1].n}: over the floor's", "≤ 1.3", ratio, ratio <= 1.3, "{:.2f}"
    factorisation = _median([found.updates["factorisation"]])
    for task, bound in (("new final demand", 30), ("scenario", 8)):
        ratio = factorisation / _median([found.updates[task]])
        if _middle(found) == 2000:
            yield f"{task}, n = 2000: times in one factorisation", f"≥ {bound}", ratio, ratio >= bound, "{:.1f}"
    gap = max(value for (tool, _), value in found.errors.items() if tool == "pymrio")
    yield "largest relative difference to pymrio", "≤ 1e-10", gap, gap <= 1e-10, "{:.0e}"
    started = _median([found.imports["import lichen"]])
    yield "`import lichen` beyond numpy, CPU s", "< 0.1", started, started < 0.1, "{:.3f}"
    helped = _median([found.help_seconds])
    yield "`lichen --help`, CPU s", "< 0.3", helped, helped < 0.3, "{:.3f}"


def _accounts(found: Findings) -> str:
    tools = [tool for tool in NAMES if (tool, found.sizes[0].n) in found.seconds]
    seconds = [
        (str(size.n), *(f"{_seconds(found, tool, size.n):.3g}" for tool in tools),
         *(f"{_ratio(found, tool, 'lichen', size.n):.1f} ({_spread(found, tool, 'lichen', size.n)})"
           for tool in tools if tool in ("pymrio", "mario")),
         f"{_ratio(found, 'lichen', 'floor', size.n):.2f} ({_spread(found, 'lichen', 'floor', size.n)})")
        for size in found.sizes
    ]  # fmt: skip
    peers = [NAMES[tool] for tool in tools if tool in ("pymrio", "mario")]
    head = ("n", *(f"{NAMES[tool]} [s]" for tool in tools), *(f"{peer} / Lichen" for peer in peers), "Lichen / floor")
    gaps = ", ".join(
        f"{NAMES[tool]} {max(gap for (name, _), gap in found.errors.items() if name == tool):.0e}"
        for tool in tools if tool != "lichen"
    )  # fmt: skip
    missing = "".join(f"\n\n{NAMES[tool]} is left out: {why}" for tool, why in found.left_out.items())
    equal = f"Largest relative difference of any number to Lichen's: {gaps}.{missing}"
    return f"## Full accounts\n\n{_table(head, seconds)}\n\n{equal}"


def _memory(found: Findings) -> str:
    floor = found.memory["floor"]
    rows = [(NAMES.get(tool, tool.replace("lichen", "Lichen")), f"{size / 1e6:.0f}", f"{size / floor:.2f}")
            for tool, size in found.memory.items()]  # fmt: skip
    return f"""## Memory at n = {found.sizes[-1].n}

Peak of resident memory beyond what is resident when the work starts (the kernel's own high-water mark, set back just
before: nothing is sampled), the larger of two runs. The input itself holds {found.input_bytes / 1e6:.0f} MB.

{_table(("tool", "extra peak [MB]", "over the floor's"), rows)}"""


def _updates(found: Findings) -> str:
    base = _median([found.updates["factorisation"]])
    rows = [(task, f"{_median([times]) * 1e3:.2f}", f"1/{base / _median([times]):.1f}")
            for task, times in found.updates.items()]  # fmt: skip
    return f"""## A new final demand, a scenario

At n = {_middle(found)}, in turns in one process, against one LU factorisation in place (`dgetrf` alone). The scenario
changes purchases and emissions of 10 sectors (`scenario.changes.solve`) and gives all accounts of the changed economy,
its value added and the proof that it is productive; the base economy has its accounts already. Largest relative
difference to a table changed and solved anew: {found.update_error:.0e}.

{_table(("task", "CPU [ms]", "of a factorisation"), rows)}"""


def _middle(found: Findings) -> int:
    return found.sizes[-2].n if len(found.sizes) > 3 else found.sizes[-1].n


def _start(found: Findings) -> str:
    rows = [(f"`{label}`, beyond numpy", f"{_median([times]):.3f}") for label, times in found.imports.items()]
    rows.append(("`lichen --help`, the whole process", f"{_median([found.help_seconds]):.3f}"))
    return "## Start\n\n" + _table(("what", "CPU [s]"), rows)


def _weak(found: Findings) -> str:
    n = _middle(found)
    heavy = _median(found.heavy["heavy"]) / _median(found.heavy[str(n)])
    inverse = [(size.n, _ratio(found, "pymrio", "lichen, with the inverse", size.n)) for size in found.sizes
               if ("lichen, with the inverse", size.n) in found.seconds]  # fmt: skip
    inverses = ", ".join(f"n = {size}: {ratio:.1f}" for size, ratio in inverse)
    threads = ", ".join(f"{NAMES[tool]} {_median(runs) * 1e3:.2f}" for tool, runs in found.default_threads.items())
    copied = ""
    if ("lichen, arrays copied", found.sizes[-1].n) in found.seconds:
        ratio = _ratio(found, "lichen, arrays copied", "floor", found.sizes[-1].n)
        copied = f" At n = {found.sizes[-1].n} that makes {ratio:.2f} of the floor's time."
    return f"""## Weak points

- The peers make the Leontief inverse on the way; Lichen does not. Whoever wants its cells asks for them
  (`economy.leontief.inverse()`), and is then faster than pymrio only by the factor of {inverses}.
- `copy=False` hands the arrays over. By default they are copied, which costs their size once more.{copied}
- Where a column of |A| adds up to one or more, or cells are negative, the short proof of productivity does not hold: a
  solve follows, in the first case also an estimate of the condition number (n = {n}: {heavy:.2f} times the time); where
  both hold, a second factorisation, of I − |A|.
- At n = 42 Lichen takes {_ratio(found, "lichen", "floor", 42):.1f} times the floor: labels and checks are most of it.
- With the BLAS's own number of threads, n = 42, CPU ms: {threads}. OpenBLAS wakes its threads for any two right-hand
  sides, which takes milliseconds when other processes hold the cores; Lichen solves small systems one by one and is
  spared this.
- All tables are dense for the solver. A sparse factorisation would gain on large tables of low density; not tried."""
