"""``lichen appraise``: what the exchanges of a study's designed network are worth, and to whom."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lichen.cli.common import Json, Lang, console, print_json, say, set_language, tell
from lichen.cli.study import Folder
from lichen.errors import current_language

if TYPE_CHECKING:
    from lichen.study.appraisal import AppraisalResult


class Payer(StrEnum):
    """Who pays."""

    donor = "donor"
    receiver = "receiver"


def appraise(
    folder: Folder,
    year: Annotated[int, typer.Option("--year", help="Year of the flows. Default: the newest with flows.")] = 0,
    grid: Annotated[
        str, typer.Option("--grid", help="Factor of electricity, e.g. grid_guizhou_2021. Default: as the study says.")
    ] = "",
    years: Annotated[int, typer.Option("--years", min=0, help="Years that count. Default: as the study says.")] = 0,
    rate: Annotated[str, typer.Option("--rate", help="Real discount rate, e.g. 6%. Default: as the study says.")] = "",
    carbon_price: Annotated[
        str, typer.Option("--carbon-price", help="Price of CO2, e.g. “60 CNY/tCO2”; a bare number is in CNY/tCO2.")
    ] = "",
    paid_by: Annotated[
        Payer | None,
        typer.Option("--paid-by", help="Who pays treatment, carriage and equipment. Default: as the study says."),
    ] = None,
    draws: Annotated[
        int, typer.Option("--draws", help="Draws of the range; 0: none. Default: as the study says.")
    ] = -1,
    top: Annotated[int, typer.Option("--top", min=1, max=1000, help="Exchanges told at length on the page.")] = 20,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for results. Default: results in STUDY.")
    ] = None,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Appraise the designed network; write appraise.html, tables as CSV, XLSX and JSON.

    For each exchange and all: net present value of both sides and of each, rates of return, payback, prices at which
    both gain and what opens none, abatement cost curve, tornado, risks, terms of a contract. New firms: see settle.
    """
    set_language(lang)
    began = time.perf_counter()
    from lichen.report.appraisal import write_appraisal_report
    from lichen.study.appraisal import run_appraisal
    from lichen.study.appraisal_tables import appraisal_as_dict, write_appraisal
    from lichen.study.flows import home
    from lichen.study.what_if import read_money

    overrides: dict[str, Any] = {"years": years} if years else {}
    if rate:
        overrides["discount_rate"] = read_money(f"{rate}/a" if rate.endswith(("%", "％")) else rate, "1/a", "--rate")
    if carbon_price:
        overrides["carbon_price"] = read_money(carbon_price, "CNY/tCO2", "--carbon-price")
    appraising: dict[str, Any] = {"paid_by": paid_by.value} if paid_by else {}
    if draws >= 0:
        appraising["draws"] = draws
    result = run_appraisal(folder, year, grid, overrides, appraising)
    target, spoken = home(folder) / "results" if out is None else out, current_language()
    written = [*write_appraisal(result, target, spoken), write_appraisal_report(result, target, spoken, top)]
    if json:
        print_json(appraisal_as_dict(result, spoken))
        return
    _print(result)
    tell([p for p in result.findings if p.severity == "warning"])
    page = target / "appraise.html"
    seconds = time.perf_counter() - began
    typer.echo(say(f"{len(written)} files in {target}, {seconds:.1f} s. Open {page}",
                   f"{target} 中共 {len(written)} 个文件，用时 {seconds:.1f} 秒。请打开 {page}"))  # fmt: skip


def _print(result: AppraisalResult) -> None:
    """Print what each exchange and the whole is worth."""
    from rich.table import Table as Grid

    from lichen.report.appraisal import millions, row_of
    from lichen.report.park_pictures import material_name
    from lichen.report.texts import Words

    words, currency = Words(current_language()), result.design.money.currency
    grid = Grid(box=None, pad_edge=False)
    heads = (
        say("exchange", "交换"), say("amount", "年数量"), say(f"NPV [M {currency}]", f"净现值 [百万 {currency}]"),
        say("return", "收益率"), say("both gain between", "双方受益价格"), say("equal gain", "等收益"),
    )  # fmt: skip
    for i, head in enumerate(heads):
        grid.add_column(head, justify="right" if i else "left", no_wrap=i > 0, min_width=0 if i else 18)
    for one in result.exchanges:
        row, terms = row_of(one, words), one.chosen.terms.one
        name = f"{terms.donor.id} → {terms.receiver.id}: {material_name(terms.stream, words)}"
        grid.add_row(name, row["quantity"], row["npv"], row["irr"], row["prices"], row["equal"])
    console().print(grid)
    if result.whole is not None:
        typer.echo(say(f"All together: net present value {millions(result.whole.npv)} million {currency}.",
                       f"合计：净现值 {millions(result.whole.npv)} 百万 {currency}。"))  # fmt: skip
