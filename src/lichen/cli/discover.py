"""``lichen discover``: what a study's firms could do together."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lichen.cli.common import Json, Lang, console, print_json, say, set_language, tell
from lichen.cli.study import Folder
from lichen.errors import current_language

if TYPE_CHECKING:
    from lichen.discover.values import Opportunity


def discover(
    folder: Folder,
    firm: Annotated[str, typer.Option("--for", help="Only what concerns this firm, by its code.")] = "",
    top: Annotated[int, typer.Option("--top", min=1, max=1000, help="Opportunities shown in terminal and page.")] = 20,
    year: Annotated[int, typer.Option("--year", help="Year of the flows. Default: the newest with flows.")] = 0,
    grid: Annotated[
        str, typer.Option("--grid", help="Factor of electricity, e.g. grid_guizhou_2021. Default: as the study says.")
    ] = "",
    sheets: Annotated[
        int, typer.Option("--sheets", min=0, max=200, help="One-page sheets (HTML, PDF) for so many of the best.")
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for results. Default: results in STUDY; with --for, a folder in it."),
    ] = None,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Find and rank what a study's firms could exchange; write discover.html, opportunities as CSV, XLSX and JSON.

    Each opportunity says how much, how far, what it brings, why it ranks where it does, and what to ask.
    """
    set_language(lang)
    began = time.perf_counter()
    from lichen.report.discovery import write_discovery_report
    from lichen.report.sheet import write_sheets
    from lichen.study.discovery import only_for_firm, run_discovery
    from lichen.study.discovery_tables import discovery_as_dict, write_discovery
    from lichen.study.flows import home

    result = run_discovery(folder, year, grid)
    if firm:
        result = only_for_firm(result, firm)
    results = home(folder) / "results"
    if out is None and firm:
        results /= "for-" + re.sub(r"[^\w-]+", "_", firm)[:60]  # the park's own results stay
    target = results if out is None else out
    spoken = current_language()
    written = [*write_discovery(result, target, spoken), write_discovery_report(result, target, spoken, top)]
    written += write_sheets(result, target / "sheets", spoken, sheets)
    if json:
        print_json(discovery_as_dict(result, spoken))
        return
    from lichen.discover.find import best_of_each

    _print(best_of_each(result.found)[:top])
    tell([p for p in result.findings if p.severity == "warning"])
    count, page = len(result.found.opportunities), target / "discover.html"
    typer.echo(say(f"{count} opportunities; shown: the best of each stream. {len(written)} files in {target}, "
                   f"{time.perf_counter() - began:.1f} s. Open {page}",
                   f"共 {count} 个机会（此处列出每种物料流的最佳者）。{target} 中共 {len(written)} 个文件，"
                   f"用时 {time.perf_counter() - began:.1f} 秒。请打开 {page}"))  # fmt: skip


def _print(shown: tuple[Opportunity, ...]) -> None:
    """Print opportunities with their ranks, a row each."""
    from rich.table import Table as Grid

    from lichen.report.discovery import amount_text
    from lichen.report.park_pictures import material_name
    from lichen.report.texts import Words

    words = Words(current_language())
    grid = Grid(box=None, pad_edge=False)
    heads = (say("rank", "名次"), say("score", "评分"), say("donor", "供方"), say("stream", "物料流"),
             say("receiver", "受方"), say("in place of", "替代"), say("feasible", "可行数量"), say("way", "距离"),
             say("ask", "待问"))  # fmt: skip
    for i, head in enumerate(heads):
        grid.add_column(head, no_wrap=i not in (3, 5), overflow="fold")
    for one in shown:
        distance = "–" if one.distance_km is None else f"{one.distance_km:.0f} km"
        quantity = ("" if one.bounded else "≤ ") + amount_text(one.quantity, one.unit)
        replaces = material_name(one.replaces, words) if one.replaces else "–"
        grid.add_row(str(one.place), f"{one.score:.2f}", one.donor.id, material_name(one.stream, words),
                     one.receiver.id, replaces, quantity, distance, str(len(one.questions)))  # fmt: skip
    console().print(grid)
