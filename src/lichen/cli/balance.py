"""``lichen balance``: what goes in and out of a study's firms, and whether it fits together."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lichen.cli.common import Json, Lang, console, print_json, say, set_language, tell
from lichen.cli.study import Folder
from lichen.errors import current_language

if TYPE_CHECKING:
    from lichen.study.flows import FlowResult


def balance(
    folder: Folder,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for results. Default: results in STUDY.")
    ] = None,
    year: Annotated[int, typer.Option("--year", help="Year to balance. Default: the newest with flows.")] = 0,
    grid: Annotated[
        str,
        typer.Option(
            "--grid", help="Factor of bought electricity, e.g. grid_guizhou_2021. Default: as the study says."
        ),
    ] = "",
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Balance, reconcile and count the flows of a study's firms; write balance.html, JSON, CSV tables, one XLSX.

    Balances of mass, energy, water and elements; gross errors; CO2; estimates of what is missing; material flow
    indicators.
    """
    set_language(lang)
    began = time.perf_counter()
    from lichen.report.flows import write_flow_report
    from lichen.study.flow_tables import flows_as_dict, write_flows
    from lichen.study.flows import home, run_flows

    result = run_flows(folder, year, grid)
    target = home(folder) / "results" if out is None else out
    written = [*write_flows(result, target, current_language()), write_flow_report(result, target, current_language())]
    if json:
        print_json(flows_as_dict(result, current_language()))
        return
    _print(result)
    tell([p for p in result.findings if p.severity == "warning"])
    seconds, page = time.perf_counter() - began, target / "balance.html"
    typer.echo(say(f"{len(written)} files in {target}, {seconds:.1f} s. Open {page}",
                   f"{target} 中共 {len(written)} 个文件，用时 {seconds:.1f} 秒。请打开 {page}"))  # fmt: skip


def _print(result: FlowResult) -> None:
    """Print the park's balances and the gross errors."""
    from rich.table import Table as Grid

    from lichen.balance.park import flow_text
    from lichen.inventory.amounts import HALF_WIDTH, unit_of
    from lichen.report.svg import format_number

    out = console()
    out.print(f"{result.title.text(current_language())} · {result.year}", style="bold")
    grid = Grid(box=None, pad_edge=False)
    for i, head in enumerate((say("the whole park", "全园区"), say("in", "投入"), say("out", "产出"),
                              say("not accounted for", "未计入"), "")):  # fmt: skip
        grid.add_column(head, justify="right" if i in (1, 2, 3) else "left")
    layers = {"mass": say("mass", "物质"), "energy": say("energy", "能"), "water": say("water", "水")}
    for b in (b for b in result.balances["park"] if b.layer in layers):
        rest = f"{format_number(b.residual, 3)} ± {format_number(HALF_WIDTH * b.sd, 2)}"
        grid.add_row(layers[b.layer], format_number(b.inputs.value, 4), format_number(b.outputs.value, 4), rest,
                     unit_of(b.layer))  # fmt: skip
    out.print(grid)
    mass = result.shares["mass"]
    weak = sum(mass.shares.get(kind, 0.0) for kind in ("estimated", "assumed"))
    co2, used = result.emissions.park, result.indicators["solid_waste_utilisation"].value
    out.print(say(f"estimated or assumed: {weak:.0%} of the mass; {len(result.estimated.added)} flows filled in, "
                  f"{len(result.estimated.questions)} questions to firms",
                  f"推算或假设：占质量 {weak:.0%}；补全 {len(result.estimated.added)} 条流，"
                  f"待问 {len(result.estimated.questions)} 个问题"))  # fmt: skip
    told, unknown = f"{co2.value_t / 1e6:.3g} ± {HALF_WIDTH * co2.sd_t / 1e6:.2g} Mt/a", len(result.emissions.unknowns)
    out.print(say(f"CO2: {told}, {unknown} flows without a factor", f"CO2：{told}，{unknown} 条流无因子"))
    if used is not None:
        out.print(say(f"industrial solid waste used: {used:.0%}", f"工业固体废物综合利用率：{used:.0%}"))
    found = result.reconciliation.gross_errors
    for r in found:
        half = format_number(HALF_WIDTH * (r.estimate.sd or 0.0), 2)
        others = f"{format_number(r.estimate.value, 3)} ± {half} {r.unit}"
        name, told = flow_text(r.flow).text(current_language()), f"{format_number(r.told, 3)} {r.unit}"
        out.print(say(f"gross error: {name}: told {told}, the others say {others}",
                      f"粗大误差：{name}：填报 {told}，由其他数据推得 {others}"))  # fmt: skip
