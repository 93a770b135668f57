"""``lichen new``, ``lichen run``, ``lichen check``: whole studies."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lichen.cli.common import (
    INPUT_ERRORS,
    Json,
    Lang,
    console,
    print_json,
    problems_json,
    say,
    set_language,
    tell,
    wrote,
)
from lichen.errors import current_language

if TYPE_CHECKING:
    from lichen.study.result import StudyResult

Folder = Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of the study, or its study.toml.")]

STAGES = {
    "read": ("reading the study", "读取研究文件"), "build": ("making tables and accounts", "编制表和账户"),
    "check": ("checking exchanges", "检查交换"), "solve": ("solving scenarios", "求解情景"),
    "sample": ("drawing from the ranges", "按范围抽样"), "write": ("writing results", "写出结果"),
}  # fmt: skip


def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; it must be new or empty.")],
        lang: Lang = None) -> None:  # fmt: skip
    """Write a small study that runs as it is, to be filled with your own numbers."""
    set_language(lang)
    from lichen.study.new import new_study

    for path in new_study(folder):
        wrote(path)
    typer.echo(say(f"Next: lichen run {folder}", f"下一步：lichen run {folder}"))


def check(folder: Folder, json: Json = False, lang: Lang = None) -> None:
    """Check a study: every problem, where it is, how to mend it. Exit code 1 if there is an error."""
    set_language(lang)
    from lichen.study.run import NO_SCENARIOS, check_study

    problems = check_study(folder)
    ok = not any(p.severity == "error" for p in problems)
    firms_alone = any(p.code == NO_SCENARIOS for p in problems)
    if json:
        print_json({"ok": ok, "problems": problems_json(problems)})
    else:
        tell(problems, stderr=False)
        typer.echo(say("The study is in order.", "研究没有错误。") if ok and firms_alone
                   else say("The study can be run.", "研究可以运行。") if ok
                   else say("The study cannot be run.", "研究不能运行。"))  # fmt: skip
    if not ok:
        raise typer.Exit(INPUT_ERRORS)


def run(
    folder: Folder,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for results. Default: results in STUDY.")
    ] = None,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Run a study: print the answer, write report.html, results.json, tables as CSV and one XLSX."""
    set_language(lang)
    began = time.perf_counter()
    result = _run_with_progress(folder)
    from lichen.report import write_report
    from lichen.study.write import as_dict, write_results

    home = folder.parent if folder.name == "study.toml" else folder
    target = home / "results" if out is None else out
    written = [*write_results(result, target, current_language()), write_report(result, target, current_language())]
    if json:
        print_json(as_dict(result, current_language()))
        return
    from lichen.cli.summary import print_summary

    print_summary(result, console())
    tell([p for p in result.findings if p.severity == "warning"])
    seconds = time.perf_counter() - began
    typer.echo(
        say(
            f"{len(written)} files in {target}, {seconds:.1f} s. Open {target / 'report.html'}",
            f"{target} 中共 {len(written)} 个文件，用时 {seconds:.1f} 秒。请打开 {target / 'report.html'}",
        )
    )


def _run_with_progress(folder: Path) -> StudyResult:
    """Run a study, showing the stage under way where a person waits."""
    import sys

    from lichen.study.run import run_study

    if not sys.stderr.isatty():
        return run_study(folder)
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(STAGES))

        def stage(name: str) -> None:
            bar.update(task, description=say(*STAGES[name]), advance=1)

        return run_study(folder, stage)
