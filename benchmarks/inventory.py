"""Time and memory of the import of a large survey, beside a plain load of the same file.

``python -m benchmarks.inventory [--rows 100000] [--rounds 3] [--folder FOLDER] [--json]``

The survey: firms of four processes each, every process with 25 flows; names, units and choices repeat as they do in
real surveys, numbers do not. It is written once as a workbook and once as three CSV files. Each task runs in a process
of its own, so that peak memory is that task's; the workbook's child process counts. The peer loads the cells of the
same file and checks nothing: ``pandas.read_excel`` (by openpyxl and by calamine), openpyxl alone, ``pandas.read_csv``.
A ratio is the time of the import from the file to the written study over the time of the peer, both from this run.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lichen.inventory.dictionary import ENTITIES, SHEETS, columns

FLOWS_OF_A_PROCESS, PROCESSES_OF_A_FIRM = 25, 4
MATERIALS = (
    "钢渣",
    "blast furnace slag",
    "粉煤灰",
    "coal gangue",
    "石灰石",
    "raw coal",
    "冶金焦",
    "磷石膏",
    "pig iron",
    "赤泥",
)
FATES = ("sold", "stored", "landfill", "reused on site", "treated")
CSV_NAMES = {"firm": "firms.csv", "process": "processes.csv", "flow": "flows.csv"}


def records(rows: int, seed: int = 1) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each sheet by column key; the same for the same seed."""
    chance = random.Random(seed)
    found: dict[str, list[dict[str, Any]]] = {entity: [] for entity in ENTITIES}
    for number in range(rows):
        process, place = divmod(number, FLOWS_OF_A_PROCESS)
        firm, step = divmod(process, PROCESSES_OF_A_FIRM)
        if place == 0 and step == 0:
            found["firm"].append({
                "id": f"firm-{firm:05}", "name": f"示例企业 {firm}", "industry": "3120", "datum": "GCJ-02",
                "latitude": 26 + chance.random(), "longitude": 106 + chance.random(),
                "employees": chance.randrange(10, 5000)})  # fmt: skip
        if place == 0:
            found["process"].append({
                "firm": f"firm-{firm:05}", "id": f"p{step}", "name": "转炉炼钢", "product": "粗钢",
                "capacity": 1e9, "capacity unit": "t/a", "hours": 7800})  # fmt: skip
        found["flow"].append(_flow(f"firm-{firm:05}", f"p{step}", place, chance))
    return found


def _flow(firm: str, process: str, place: int, chance: random.Random) -> dict[str, Any]:
    kind, number = divmod(place, len(MATERIALS))
    flow = {
        "firm": firm, "process": process, "direction": ("out", "in", "out")[kind],
        "role": ("by-product", "raw material", "waste")[kind], "material": MATERIALS[number],
        "quantity": round(chance.lognormvariate(8, 2), 3), "quantity unit": ("t/a", "万吨/年", "kt/a")[place % 3],
        "year": 2012, "quality": ("measured", "reported", "estimated")[place % 3],
        "uncertainty": (5, 10, 25)[place % 3],
    }  # fmt: skip
    if place % 2:
        flow |= {"moisture": round(chance.uniform(2, 30), 1), "source": f"地磅台账 {chance.randrange(1000)}"}
    if kind != 1:
        flow |= {"fate": FATES[number % len(FATES)], "price": round(chance.uniform(-50, 200), 2), "price unit": "CNY/t"}
    if place % 5 == 0:
        flow |= {"composition": f"CaO {chance.uniform(20, 50):.1f}; SiO2 {chance.uniform(10, 30):.1f}"}
    return flow


def write_xlsx(rows: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Write the survey as a workbook."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        for entity in ENTITIES:
            sheet = book.add_worksheet(SHEETS[entity][0])
            keys = [c.key for c in columns(entity)]
            sheet.write_row(0, 0, [c.label("en") for c in columns(entity)])
            for i, row in enumerate(rows[entity], start=1):
                for key, value in row.items():
                    sheet.write(i, keys.index(key), value)


def write_csv(rows: dict[str, list[dict[str, Any]]], folder: Path) -> None:
    """Write the survey as three CSV files."""
    for entity in ENTITIES:
        keys = [c.key for c in columns(entity)]
        with (folder / CSV_NAMES[entity]).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, keys)
            writer.writeheader()
            writer.writerows(rows[entity])


# --- what is measured: each runs in a process of its own ---------------------------------------------------------


def lichen_stages(folder: Path, kind: str, study: Path) -> dict[str, float]:
    """Import the survey into an empty study, and then again; return the time of each stage [s]."""
    from lichen.inventory.store import apply_import, load, prepare_import
    from lichen.inventory.survey import survey_of
    from lichen.sheets import read_sheets

    times = {}

    def timed(name: str, work: Any) -> Any:
        start = time.perf_counter()
        found = work()
        times[name] = time.perf_counter() - start
        return found

    names = ["s.xlsx"] if kind == "xlsx" else list(CSV_NAMES.values())
    sheets = timed("read", lambda: [sheet for name in names for sheet in read_sheets(folder / name)])
    survey = timed("check", lambda: survey_of("s", sheets))
    assert survey.ok, [p.text("en") for p in survey.problems[:3]]
    planned = timed("differences", lambda: prepare_import(study, [survey]))
    timed("save", lambda: apply_import(study, planned))
    times["import"] = sum(times.values())
    timed("load", lambda: load(study))
    again = timed("second import", lambda: prepare_import(study, [survey]))
    assert not again.changes
    return times


def command(folder: Path, study: Path) -> dict[str, float]:
    """Run ``lichen inventory import`` as a user does; return its time [s]."""
    start = time.perf_counter()
    call = [sys.executable, "-c", "from lichen.cli import main; main()", "inventory", "import", str(folder / "s.xlsx")]
    subprocess.run([*call, "--into", str(study), "--yes"], check=True, stdout=subprocess.DEVNULL)
    return {"command": time.perf_counter() - start}


def peer(folder: Path, tool: str) -> dict[str, float]:
    """Load the cells of the same file with another tool; return its time [s]."""
    import openpyxl
    import pandas as pd

    start = time.perf_counter()
    if tool == "pandas.read_csv":
        for name in CSV_NAMES.values():
            pd.read_csv(folder / name)
    elif tool == "openpyxl":
        book = openpyxl.load_workbook(folder / "s.xlsx", read_only=True)
        for sheet in book.worksheets:
            list(sheet.iter_rows(values_only=True))
    else:
        engine: Any = tool.rpartition(" ")[2]
        pd.read_excel(folder / "s.xlsx", sheet_name=None, engine=engine)
    return {tool: time.perf_counter() - start}


PEERS = ("pandas.read_excel calamine", "pandas.read_excel openpyxl", "openpyxl", "pandas.read_csv")


def _one(task: str, folder: Path) -> dict[str, Any]:
    """Run one task here; return its times [s] and the peak of memory of this process and of its children [bytes]."""
    with tempfile.TemporaryDirectory() as study:
        if task in ("xlsx", "csv"):
            times = lichen_stages(folder, task, Path(study))
        else:
            times = command(folder, Path(study)) if task == "command" else peer(folder, task)
    unit = 1 if sys.platform == "darwin" else 1024
    peaks = [resource.getrusage(who).ru_maxrss * unit for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {"times": times, "peak": peaks[1] if task == "command" else max(peaks)}


def measure(folder: Path, rounds: int) -> dict[str, dict[str, Any]]:
    """Return median times and peak memory of each task; tasks take turns, so that the machine's moods hit all alike."""
    tasks = ("xlsx", "csv", "command", *PEERS)
    found: dict[str, list[dict[str, Any]]] = {task: [] for task in tasks}
    for _ in range(rounds):
        for task in tasks:
            call = [sys.executable, "-m", "benchmarks.inventory", "--task", task, "--folder", str(folder)]
            found[task].append(json.loads(subprocess.run(call, check=True, stdout=subprocess.PIPE).stdout))
    return {
        task: {"times": {name: statistics.median(run["times"][name] for run in runs) for name in runs[0]["times"]},
               "peak": max(run["peak"] for run in runs)}
        for task, runs in found.items()
    }  # fmt: skip


def show(rows: int, found: dict[str, dict[str, Any]]) -> None:
    """Print the measurements, and the import as a multiple of each peer."""
    print(f"{rows} flow rows; median times, peak memory")
    for task, result in found.items():
        times = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in result["times"].items())
        print(f"{task:28} {times}; peak {result['peak'] / 2**20:.0f} MiB")
    for tool in PEERS:
        ours = found["csv" if tool == "pandas.read_csv" else "xlsx"]["times"]
        base = found[tool]["times"][tool]
        print(f"against {tool:28} import {ours['import'] / base:.2f}, reading {ours['read'] / base:.2f} times its time")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the survey is, or is to be written")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.task:
        print(json.dumps(_one(a.task, a.folder)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = a.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "s.xlsx").exists():
            made = records(a.rows)
            write_csv(made, folder)
            write_xlsx(made, folder / "s.xlsx")
        found = measure(folder, a.rounds)
    if a.json:
        print(json.dumps({"rows": a.rows, "found": found}))
    else:
        show(a.rows, found)


if __name__ == "__main__":
    main()
