"""``lichen design``: which exchanges, how much, through which plants, at whose gain."""

from __future__ import annotations

import time
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lichen.cli.common import INPUT_ERRORS, Json, Lang, console, print_json, say, set_language, tell
from lichen.errors import FileError, LichenError, Problem, current_language

if TYPE_CHECKING:
    from lichen.study.design import DesignResult

MOST_ROWS, MOST_ASKED = 30, 8


class Objective(StrEnum):
    """What is best."""

    npv = "npv"
    cost = "cost"
    co2 = "co2"
    waste = "waste"
    water = "water"
    jobs = "jobs"


def design(
    folder: Annotated[
        Path | None, typer.Argument(help="The study's folder, or its study.toml. Not needed with --network.")
    ] = None,
    objective: Annotated[
        Objective | None,
        typer.Option("--objective", help="npv, cost, co2, waste, water or jobs. Default: as the study says."),
    ] = None,
    budget: Annotated[
        str, typer.Option("--budget", help="Most that may be invested, e.g. “50000000 CNY” or “5000 万元”.")
    ] = "",
    carbon_price: Annotated[
        str, typer.Option("--carbon-price", help="Price of CO2, e.g. “60 CNY/tCO2”; a bare number is in CNY/tCO2.")
    ] = "",
    pareto: Annotated[
        Objective | None, typer.Option("--pareto", help="Show the front between the objective and this one.")
    ] = None,
    points: Annotated[int, typer.Option("--points", min=2, max=101, help="Points of the front.")] = 9,
    what_if: Annotated[
        list[str] | None,
        typer.Option("--what-if", help="Try a change; may be repeated: close=FIRM, price=coal:+30%, disposal=ash:-50%, "
                     "transport:+20%, supply=FIRM:-40%, carbon=100, rate=6%."),
    ] = None,
    years: Annotated[
        int, typer.Option("--years", min=0, max=100, help="Years of operation that count. Default: as the study says.")
    ] = 0,
    seconds: Annotated[
        float, typer.Option("--time", help="Longest time for the optimiser [s]. Default: as the study says.")
    ] = 0.0,
    network: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--network", help="Solve a plain network from two tables instead: nodes.csv arcs.csv."),
    ] = None,
    year: Annotated[int, typer.Option("--year", help="Year of the flows. Default: the newest with flows.")] = 0,
    grid: Annotated[
        str, typer.Option("--grid", help="Factor of electricity, e.g. grid_guizhou_2021. Default: as the study says.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for results. Default: results in STUDY.")
    ] = None,
    json: Json = False,
    lang: Lang = None,
) -> None:  # fmt: skip
    """Design the network of a study's firms: exchanges, quantities, plants; what binds, what was left out and why.

    Writes design.html, tables as CSV, XLSX and JSON, and the network as exchanges that a scenario can use.
    """
    set_language(lang)
    if network is not None:
        if folder is not None or budget or carbon_price or pareto or what_if or years:
            raise FileError((Problem("design.plain_alone"),))
        _plain(network, objective, seconds, out, json)
        return
    if folder is None:
        raise FileError((Problem("design.no_study"),))
    began = time.perf_counter()
    from lichen.report.design import write_design_report
    from lichen.study.design import run_design
    from lichen.study.design_accounts import network_accounts
    from lichen.study.design_tables import design_as_dict, write_design
    from lichen.study.flows import home

    overrides = _overrides(objective, budget, carbon_price, years, seconds)
    result = run_design(folder, year, grid, overrides, what_if or (), pareto.value if pareto else "", points)
    accounts = None
    unsaid: tuple[Problem, ...] = ()
    try:
        accounts = network_accounts(result)
    except LichenError as error:  # the network stands, though the accounts cannot hold it
        unsaid = tuple(replace(p, severity="warning") for p in error.problems)
    target, spoken = home(folder) / "results" if out is None else out, current_language()
    written = [*write_design(result, accounts, target, spoken), write_design_report(result, accounts, target, spoken)]
    if json:
        print_json(design_as_dict(result, accounts, spoken))
        return
    _print(result)
    tell([p for p in (*result.discovery.findings, *result.findings, *unsaid) if p.severity == "warning"])
    page = target / "design.html"
    seconds_taken = time.perf_counter() - began
    typer.echo(say(f"{len(written)} files in {target}, {seconds_taken:.1f} s. Open {page}",
                   f"{target} 中共 {len(written)} 个文件，用时 {seconds_taken:.1f} 秒。请打开 {page}"))  # fmt: skip


def _overrides(
    objective: Objective | None, budget: str, carbon_price: str, years: int, seconds: float
) -> dict[str, Any]:  # fmt: skip
    """Return what the call asks instead of the study."""
    from lichen.study.what_if import read_money

    found: dict[str, Any] = {}
    if objective is not None:
        found["objective"] = objective.value
    if budget:
        found["budget"] = read_money(budget, "CNY", "--budget")
    if carbon_price:
        found["carbon_price"] = read_money(carbon_price, "CNY/tCO2", "--carbon-price")
    if years:
        found["years"] = years
    if seconds:
        found["time_s"] = seconds
    return found


def _print(result: DesignResult) -> None:
    """Print the network, what it brings, and what to ask first."""
    from rich.table import Table as Grid

    from lichen.discover.values import exactly
    from lichen.report.design import money_text, outcome_text, what_if_text
    from lichen.report.discovery import amount_text
    from lichen.report.park_pictures import material_name
    from lichen.report.texts import Words

    words, lang = Words(current_language()), current_language()
    grid = Grid(box=None, pad_edge=False)
    heads = (say("donor", "供方"), say("stream", "物料流"), say("receiver", "受方"), say("in place of", "替代"),
             say("a year", "每年"), say("way", "距离"), say("gain [M/a]", "收益[百万/年]"),
             "CO2 [t/a]")  # fmt: skip
    for i, head in enumerate(heads):
        grid.add_column(head, no_wrap=i in (0, 2, 4, 5), justify="right" if i > 3 else "left", overflow="fold")
    for one in result.flowing[:MOST_ROWS]:
        o = one.terms.one
        distance = "–" if o.distance_km is None else f"{o.distance_km:.0f} km"
        gain = f"{result.frame.margin(one) * one.quantity / 1e6:,.2f}" if one.priced else "–"
        avoided = f"{one.co2 * one.quantity:,.0f}" if one.co2 is not None else "–"
        amounts = " → ".join(dict.fromkeys(amount_text(exactly(q), o.unit) for q in one.by_stage))
        grid.add_row(o.donor.id, material_name(o.stream, words), o.receiver.id, material_name(o.replaces, words),
                     amounts, distance, gain, avoided)  # fmt: skip
    console().print(grid)
    if len(result.flowing) > MOST_ROWS:
        rest = len(result.flowing) - MOST_ROWS
        typer.echo(say(f"… and {rest} more in design.html", f"……另有 {rest} 项，见 design.html"))
    typer.echo(outcome_text(result, words))
    for tried in result.tried:
        total = tried.outcome.gain if tried.outcome is not None else None
        typer.echo(f"{what_if_text(tried.what_if, result, words)}: {money_text(total, result, words)}")
    asked = [a for a in result.asked if a.question.severity != "note"]
    if asked:
        typer.echo(say(f"Ask first ({len(asked)} figures are missing):", f"请先询问（缺 {len(asked)} 项数据）："))
    for one_asked in asked[:MOST_ASKED]:
        question = one_asked.question
        typer.echo(f"  {one_asked.count:4d} × {question.found(lang)} {question.mend(lang)}")


def _plain(
    files: tuple[Path, Path], objective: Objective | None, seconds: float, out: Path | None, as_json: bool
) -> None:  # fmt: skip
    """Solve a network from two tables; print and write what flows."""
    from math import inf, isfinite

    from lichen.design.plain import read_plain
    from lichen.design.solve import Settings, solve
    from lichen.study.tables import Cells, write_tables

    found = solve(read_plain(*files), objective.value if objective else "cost", Settings(time_s=seconds or inf))
    names, totals = found.graph.names, found.flows.sum(axis=0) if found.found else ()
    flows = [(names.of("links", i), float(f)) for i, f in enumerate(totals) if f > 1e-9]
    if out is not None and found.found:
        steps: Cells = [("plant", "size"), *found.steps().items()]
        write_tables(out, "network", {"flows": [("link", "flow"), *flows], "built": steps})
    if as_json:
        gap = found.gap if isfinite(found.gap) else None
        print_json({"status": found.status, "objective": found.objective if found.found else None,
                    "bound": found.bound if isfinite(found.bound) else None, "gap": gap, "measures":
                    found.measures if found.found else {}, "flows": dict(flows), "built": found.steps()
                    if found.found else {}})  # fmt: skip
    else:
        for name, flow in flows[:MOST_ROWS]:
            typer.echo(f"{name}: {flow:,.6g}")
        tell(found.notes(), stderr=False)
        if found.found:
            typer.echo(say(f"{found.status}: {found.objective:,.6f} (no network below {found.bound:,.6f}), "
                           f"{len(flows)} links flow, {found.seconds:.1f} s",
                           f"{found.status}：{found.objective:,.6f}（下界 {found.bound:,.6f}），"
                           f"{len(flows)} 条连线有流量，用时 {found.seconds:.1f} 秒"))  # fmt: skip
    if not found.found:
        raise typer.Exit(INPUT_ERRORS)
