"""``lichen settle``: what a park looks for in new firms, and how a newcomer fits it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lichen.cli.common import Json, Lang, console, print_json, say, set_language, tell
from lichen.cli.study import Folder
from lichen.errors import current_language

if TYPE_CHECKING:
    from lichen.study.settlement import Newcomer

MOST_LINKS = 12


def settle(
    folder: Folder,
    workbook: Annotated[
        Path | None, typer.Argument(help="The newcomer's survey workbook; without it only the criteria are written.")
    ] = None,
    value_added: Annotated[
        str, typer.Option("--value-added", help="Of the newcomer, e.g. “5000 万元/a”; a survey does not tell it.")
    ] = "",
    land: Annotated[str, typer.Option("--land", help="Of the newcomer, e.g. “12 ha” or “180 亩”.")] = "",
    year: Annotated[int, typer.Option("--year", help="Year of the flows. Default: the newest with flows.")] = 0,
    grid: Annotated[
        str, typer.Option("--grid", help="Factor of electricity, e.g. grid_guizhou_2021. Default: as the study says.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for results. Default: results in STUDY.")
    ] = None,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Check a new firm against the park's thresholds, and find the links it would open; write settle.html and tables.

    Nothing is imported: the park stays as it is.
    """
    set_language(lang)
    began = time.perf_counter()
    from lichen.report.settlement import write_settlement_report
    from lichen.study.flows import home
    from lichen.study.settlement import read_amount, run_settlement
    from lichen.study.settlement_tables import settlement_as_dict, write_settlement

    added = read_amount(value_added, "CNY/a", "--value-added", "5000 万元/a") if value_added else None
    covered = read_amount(land, "ha", "--land", "12 ha") if land else None
    result = run_settlement(folder, workbook, year, grid, added, covered)
    target, spoken = home(folder) / "results" if out is None else out, current_language()
    written = [*write_settlement(result, target, spoken), write_settlement_report(result, target, spoken)]
    if json:
        print_json(settlement_as_dict(result, spoken))
        return
    for new in result.newcomers:
        _print(new)
    tell([p for p in result.findings if p.severity == "warning"])
    page = target / "settle.html"
    seconds = time.perf_counter() - began
    typer.echo(say(f"{len(written)} files in {target}, {seconds:.1f} s. Open {page}",
                   f"{target} 中共 {len(written)} 个文件，用时 {seconds:.1f} 秒。请打开 {page}"))  # fmt: skip


def _print(new: Newcomer) -> None:
    """Print how a newcomer fits the park."""
    from rich.table import Table as Grid

    from lichen.report.settlement import check_row, link_row
    from lichen.report.texts import Words

    words = Words(current_language())
    typer.echo(f"{new.firm.id}  {new.firm.name}")
    if new.checks:
        typer.echo(say("thresholds: ", "门槛：") + words.known("settle", new.verdict))
        grid = Grid(box=None, pad_edge=False)
        for head in (say("threshold", "门槛"), say("newcomer", "新企业"), say("asked", "要求"), say("verdict", "结论")):
            grid.add_column(head)
        for check in new.checks:
            row = check_row(check, words)
            grid.add_row(row["name"], row["found"], row["ends"], row["verdict"])
        console().print(grid)
    links = Grid(box=None, pad_edge=False)
    for head in (say("donor", "供方"), say("stream", "物料流"), say("receiver", "受方"), say("feasible", "可行数量"),
                 say("way", "距离")):  # fmt: skip
        links.add_column(head)
    for one in (*new.gives, *new.takes)[:MOST_LINKS]:
        shown = link_row(one, words)
        links.add_row(one.donor.id, shown["stream"], one.receiver.id, shown["quantity"], shown["distance"])
    count, sure = len(new.gives) + len(new.takes), len(new.sure)
    typer.echo(say(f"{sure} links to firms of the park, and {count - sure} ideas from similar exchanges",
                   f"与园区企业的联系 {sure} 项，另有 {count - sure} 项相近设想"))  # fmt: skip
    if count:
        console().print(links)
