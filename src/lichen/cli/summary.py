"""The answer of a study in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lichen.cli.common import say
from lichen.errors import current_language
from lichen.study.answer import answer, scaled

if TYPE_CHECKING:
    from rich.console import Console

    from lichen.scenario.assess import Assessment
    from lichen.study.result import StudyResult


def print_summary(result: StudyResult, out: Console) -> None:
    """Print title, answer, exchanges, comparison and the share of weak figures."""
    lang = current_language()
    study = result.loaded.study
    out.print(study.title.text(lang), style="bold")
    for sentence in answer(result, lang):
        out.print(sentence)
    out.print()
    if result.headline is not None:
        out.print(_exchanges(result, result.headline))
    if result.compared:
        out.print()
        out.print(_comparison(result))


def _exchanges(result: StudyResult, assessment: Assessment) -> object:
    from rich.table import Table as Grid

    lang = current_language()
    report = result.loaded.study.report
    grid = Grid(box=None, pad_edge=False, title=say(f"Exchanges, {assessment.scenario} against {assessment.reference}",
                f"各项交换：{assessment.scenario} 相对 {assessment.reference}"), title_justify="left")  # fmt: skip
    for i, head in enumerate(
        (
            say("exchange", "交换"),
            say("more [kt/a]", "增量 [kt/a]"),
            say(f"on site [{report.unit}/a]", f"现场 [{report.unit}/a]"),
            say("upstream", "上游"),
            say("total", "合计"),
            say("donor [M]", "供方 [百万]"),
            say("receiver [M]", "受方 [百万]"),
        )
    ):
        grid.add_column(head, justify="right" if i else "left")
    names = {e.id: e.name.text(lang) for e in result.loaded.book.exchanges}
    money = scaled(result, "money", assessment)
    flow = scaled(result, "account", assessment)
    for one in assessment.exchanges:
        on, up = one.onsite[report.account] * flow, one.upstream[report.account] * flow
        grid.add_row(
            names[one.id],
            f"{one.amount / 1000:,.0f}",
            f"{on:+.3f}",
            f"{up:+.3f}",
            f"{on + up:+.3f}",
            f"{one.donor_money * money:+,.1f}",
            f"{one.receiver_money * money:+,.1f}",
        )
    return grid


def _comparison(result: StudyResult) -> object:
    from rich.table import Table as Grid

    lang = current_language()
    grid = Grid(box=None, pad_edge=False, title=say("Beside the literature", "与文献对照"), title_justify="left")
    for i, head in enumerate((say("measure", "指标"), say("ours", "本研究"), say("published", "文献"))):
        grid.add_column(head, justify="right" if i else "left")
    for line in result.compared:
        ours = f"{line.value:.2f} {line.unit}"
        if line.low is not None:
            ours += f" ({line.low:.2f} – {line.high:.2f})"
        theirs = ", ".join(f"{p.figure.value:.4g} {p.figure.unit}" for p in line.published)
        grid.add_row(line.published[0].what.text(lang) if line.published else line.comparison.measure, ours, theirs)
    return grid
