"""``lichen follow``: what was planned, what was built, where exchanges stand."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lichen.cli.common import Json, Lang, console, existing, print_json, say, set_language, tell, writing, wrote
from lichen.cli.study import Folder
from lichen.errors import InputError, Problem, current_language

if TYPE_CHECKING:
    from lichen.study.follow import FollowResult


def follow(
    folder: Folder,
    date: Annotated[
        str, typer.Option("--date", help="Day that is asked for: 2018-06-30, 2018-06 or 2018. Default: today.")
    ] = "",
    year: Annotated[
        int, typer.Option("--year", help="Last year of plan and actual. Default: the year of the date.")
    ] = 0,
    stalled: Annotated[
        int | None, typer.Option("--stalled-after", min=1, help="Days in one state from which nothing built stalls.")
    ] = None,
    start: Annotated[
        bool, typer.Option("--start", help="Only write the missing files of follow-up, with headings.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for results. Default: results in STUDY.")
    ] = None,
    json: Json = False,
    lang: Lang = None,
) -> None:  # fmt: skip
    """Follow a study's exchanges and measures: board, plan against actual, milestones, targets; write follow-up.html.

    The files stand in the folder follow-up of the study; what is not reported counts as such, never as zero.
    """
    set_language(lang)
    from lichen.study.flows import home

    if start:
        _start(home(folder))
        return
    from lichen.report.follow import write_follow_report
    from lichen.study.follow import run_follow
    from lichen.study.follow_tables import follow_as_dict, write_follow

    result = run_follow(folder, _day(date), year)
    target = home(folder) / "results" if out is None else out
    spoken = current_language()
    written = [*write_follow(result, target, spoken), write_follow_report(result, target, spoken, stalled)]
    if json:
        print_json(follow_as_dict(result, spoken))
        return
    _print(result, stalled)
    tell([p for p in result.findings if p.severity == "warning"])
    page, count = target / "follow-up.html", len(written)
    typer.echo(say(f"{count} files in {target}. Open {page}", f"{target} 中共 {count} 个文件。请打开 {page}"))


def _day(text: str) -> datetime.date:
    from lichen.periods import parse_period

    if not text:
        return datetime.datetime.now(tz=datetime.UTC).astimezone().date()
    found = parse_period(text)
    if found is None:
        raise InputError((Problem("follow.bad_date", values={"found": text[:40]}),))
    return found.last


def _start(study: Path) -> None:
    existing(study)
    from lichen.study.follow_tables import start_follow

    with writing(study):
        for path in start_follow(study, current_language()):
            wrote(path)


def _print(result: FollowResult, stalled: int | None) -> None:
    """Print the board, plan against actual, measures, what is late and what to ask."""
    from lichen.study.follow_tables import not_kept, overdue, questions

    lang = current_language()
    typer.echo(say(f"as of {result.date}", f"截至 {result.date}"))
    _print_board(result, stalled)
    _print_plan(result)
    _print_terms(result)
    _print_measures(result)
    for problem in not_kept(result):
        typer.echo(say("agreed: ", "商定：") + problem.text(lang))
    for late in overdue(result):
        typer.echo(say("late: ", "逾期：") + late.text(lang))
    for of, told, question in questions(result):
        typer.echo(say("ask: ", "待问：") + f"{result.name(of).text(lang)}: “{told}” {question}")


def _print_board(result: FollowResult, stalled: int | None) -> None:
    from rich.table import Table as Grid

    from lichen.monitor.dictionary import word

    lang = current_language()
    if result.standings:
        grid = Grid(box=None, pad_edge=False)
        for head in (say("exchange", "交换"), say("state", "状态"), say("since", "始于"), say("days", "天数"),
                     say("owner", "负责人"), say("next step", "下一步"), say("due", "期限")):  # fmt: skip
            grid.add_column(head)
        for one in result.standings:
            mark = " !" if stalled is not None and one.stalls(stalled) else ""
            grid.add_row(result.name(one.exchange).text(lang), word("event", "state", one.state).text(lang) + mark,
                         str(one.since), str(one.days), one.owner, one.next_step, str(one.due or ""))  # fmt: skip
        console().print(grid)


def _print_plan(result: FollowResult) -> None:
    from rich.table import Table as Grid

    from lichen.numerals import shown

    lang = current_language()
    if result.lines:
        grid = Grid(box=None, pad_edge=False)
        for head in (say("exchange", "交换"), say("year", "年份"), say("planned", "计划"), say("actual", "实际"),
                     say("unit", "单位"), say("in words", "说明")):  # fmt: skip
            grid.add_column(head)
        for line in result.lines:
            numbers = ["–" if v is None else shown(v, 4) for v in (line.planned, line.actual)]
            grid.add_row(result.name(line.exchange).text(lang), str(line.year), *numbers, line.unit,
                         line.note.text(lang))  # fmt: skip
        console().print(grid)


def _print_terms(result: FollowResult) -> None:
    from rich.table import Table as Grid

    from lichen.monitor.terms import duration_text, price_text, quantity_text
    from lichen.report.texts import Words

    lang = current_language()
    if result.terms:
        grid, words = Grid(box=None, pad_edge=False), Words(lang)
        for head in ("exchange", "agreed_price", "agreed_quantity", "agreed_duration", "status"):
            grid.add_column(words(head))
        for one in result.terms:
            texts = [price_text(one.terms), quantity_text(one.terms), duration_text(one.terms)]
            grid.add_row(result.name(one.terms.exchange).text(lang), *(t.text(lang) if t else "–" for t in texts),
                         words.known("force", one.force))  # fmt: skip
        console().print(grid)


def _print_measures(result: FollowResult) -> None:
    from lichen.monitor.plan import summed
    from lichen.study.follow_tables import measure_groups

    for group, rows in measure_groups(result)[:2]:
        for one in rows:
            once = one.saving.value is None and one.saved_once.value is not None
            saving = (
                summed(one.saved_once.value, one.currency) if once else summed(one.saving.value, f"{one.currency}/a")
            )
            parts = [
                say(f"invested {summed(one.investment.value, one.currency)}",
                    f"投资 {summed(one.investment.value, one.currency)}"),
                say(f"saves {saving}", f"节约 {saving}"),
                summed(one.energy_gj.value, "GJ/a"), summed(one.co2_t.value, "tCO2/a"),
            ]  # fmt: skip
            what = say("implemented", "已实施") if group == "done" else say("still possible", "尚可实施")
            typer.echo(say(f"measures {what}: {one.count}; ", f"{what}的措施：{one.count} 项；") + "; ".join(parts))
