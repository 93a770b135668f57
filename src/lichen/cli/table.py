"""``lichen table …`` and ``lichen footprint``: tables without a study."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from lichen.economy.table import Satellites, Table

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Read, check and change input-output tables. 投入产出表。"
)


class LayoutName(StrEnum):
    """Layouts of tables."""

    auto = "auto"
    plain = "plain"
    published = "published"
    pymrio = "pymrio"


class Quotient(StrEnum):
    """Location quotients."""

    SLQ = "SLQ"
    CILQ = "CILQ"
    FLQ = "FLQ"
    AFLQ = "AFLQ"


Source = Annotated[Path, typer.Argument(metavar="TABLE", help="CSV, XLSX, XLS, or a folder saved by pymrio.")]
SheetName = Annotated[str | None, typer.Option("--sheet", help="Sheet of the workbook.")]
LayoutOption = Annotated[LayoutName, typer.Option("--layout", help="Layout; auto looks at the file.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="File to write: .csv or .xlsx in the plain layout.")]


def _open(path: Path, sheet: str | None, layout: LayoutName) -> Table:
    from lichen.economy.open import open_table

    return open_table(path, sheet, layout.value)


def _write(table: Table, out: Path) -> None:
    from lichen.economy.write import write_table

    write_table(table, out)
    tell(table.findings)
    wrote(out)


@app.command()
def show(path: Source, sheet: SheetName = None, layout: LayoutOption = LayoutName.auto, json: Json = False,
         lang: Lang = None) -> None:  # fmt: skip
    """Show what a table is: region, year, unit, totals, sectors with output and value added."""
    set_language(lang)
    table = _open(path, sheet, layout)
    if json:
        print_json(_summary(table))
        return
    from rich.table import Table as Grid

    out = console()
    origin = table.origin
    out.print(f"{origin.region or path.name}  {origin.year or ''}  {origin.classification}  "
              + say(f"{table.n} sectors, unit {table.unit}, imports: {table.treatment}, {origin.kind}",
                    f"{table.n} 个部门，单位 {table.unit}，进口处理：{table.treatment}，{origin.kind}"))  # fmt: skip
    grid = Grid(box=None, pad_edge=False)
    for head in (say("sector", "部门"), say("name", "名称"), say("output", "总产出"), say("value added", "增加值"),
                 say("final demand", "最终使用")):  # fmt: skip
        grid.add_column(head, justify="left" if head in (say("sector", "部门"), say("name", "名称")) else "right")
    names = _names(table)
    for i, sector in enumerate(table.sectors):
        grid.add_row(sector, names.get(sector, ""), f"{table.output[i]:,.0f}",
                     f"{table.value_added[:, i].sum():,.0f}", f"{table.final_demand[i].sum():,.0f}")  # fmt: skip
    out.print(grid)
    tell(table.findings)


def _names(table: Table) -> dict[str, str]:
    from lichen.vocabulary.sectors import classifications, sectors

    known = table.origin.classification in classifications()
    return sectors(table.origin.classification).names() if known else {}


def _summary(table: Table) -> dict[str, Any]:
    return {
        "region": table.origin.region, "year": table.origin.year, "classification": table.origin.classification,
        "kind": table.origin.kind, "source": table.origin.source, "note": table.origin.note, "unit": table.unit,
        "treatment": table.treatment, "sectors": list(table.sectors), "output": table.output.tolist(),
        "value_added": dict(zip(table.value_added_labels, table.value_added.sum(axis=1).tolist(), strict=True)),
        "final_demand": dict(zip(table.final_labels, table.final_demand.sum(axis=0).tolist(), strict=True)),
        "problems": problems_json(table.findings),
    }  # fmt: skip


@app.command()
def check(path: Source, sheet: SheetName = None, layout: LayoutOption = LayoutName.auto, json: Json = False,
          lang: Lang = None) -> None:  # fmt: skip
    """Check a table: balance, zero output, negatives, productivity, conditioning. Exit code 1 if there is an error."""
    set_language(lang)
    from lichen.economy.checks import check_productive, check_table
    from lichen.economy.leontief import Leontief
    from lichen.errors import LichenError, Problems

    problems = Problems()
    try:
        table = _open(path, sheet, layout)
        problems.extend(check_table(table))
        problems.extend(check_productive(table, Leontief(table.intermediate, table.output)))
    except LichenError as error:
        problems.extend(error.problems)
    if json:
        print_json({"ok": problems.ok, "problems": problems_json(problems.as_tuple())})
    else:
        tell(problems, stderr=False)
        typer.echo(say("the table can be used", "该表可以使用") if problems.ok
                   else say("the table cannot be used", "该表不能使用"))  # fmt: skip
    if not problems.ok:
        raise typer.Exit(INPUT_ERRORS)


@app.command()
def aggregate(
    path: Source,
    out: Out,
    to: Annotated[str, typer.Option("--to", help="Target classification of the vocabulary, e.g. UIS13.")] = "",
    by: Annotated[Path | None, typer.Option("--by", help="File with columns from, to, share instead.")] = None,
    sheet: SheetName = None,
    layout: LayoutOption = LayoutName.auto,
    lang: Lang = None,
) -> None:
    """Add sectors up to another classification, or by a concordance of your own."""
    set_language(lang)
    if bool(to) == (by is not None):
        raise typer.BadParameter(say("give either --to or --by", "请给出 --to 或 --by 之一"))
    from lichen.economy.aggregate import aggregate as add_up
    from lichen.study.vectors import read_concordance
    from lichen.vocabulary.sectors import concordance

    table = _open(path, sheet, layout)
    sizes = dict(zip(table.sectors, table.output, strict=True))
    if by is not None:
        _write(add_up(table, read_concordance(by, table.sectors, sizes)), out)
        return
    _write(add_up(table, concordance(_classification(table), to, sizes)), out)


def _classification(table: Table) -> str:
    """Return the classification of a table; an error that says how to give it if it has none."""
    from lichen.errors import InputError, Problems

    problems = Problems()
    if not table.origin.classification:
        problems.add("study.no_sector_classification", id=table.origin.region or "–", what=say("the table", "该表"))
    problems.raise_if_errors(InputError)
    return table.origin.classification


@app.command()
def regionalise(
    path: Source, shares: Annotated[Path, typer.Option("--shares", help="File of shares by sector and year.")],
    year: Annotated[int, typer.Option("--year", help="Year of the shares to take.")],
    region: Annotated[str, typer.Option("--region", help="Name of the region.")], out: Out,
    method: Annotated[Quotient, typer.Option("--method", help="Location quotient.")] = Quotient.FLQ,
    delta: Annotated[float, typer.Option("--delta", help="δ of FLQ and AFLQ.")] = 0.3, sheet: SheetName = None,
    layout: LayoutOption = LayoutName.auto, lang: Lang = None,
) -> None:  # fmt: skip
    """Make a city's table from its province's by location quotients and the city's shares of output."""
    set_language(lang)
    from lichen.economy.regionalise import regionalise as make
    from lichen.study.vectors import in_order, read_figures

    table = _open(path, sheet, layout)
    figures = read_figures(shares, "sector", year, "share", "1")
    by_sector = in_order(figures, table.sectors, "1", shares.name)
    output = {s: by_sector[s] * x for s, x in zip(table.sectors, table.output, strict=True)}
    kinds = {figure.kind for figure in figures.values()}
    made = make(table, output, region=region, source=shares.name, method=method.value, delta=delta,
                year=table.origin.year or year, kind="assumed" if "assumed" in kinds else "estimated")  # fmt: skip
    _write(made, out)


@app.command()
def balance(path: Source, out: Out, sheet: SheetName = None, layout: LayoutOption = LayoutName.auto,
            lang: Lang = None) -> None:  # fmt: skip
    """Balance a table to its own outputs by GRAS."""
    set_language(lang)
    from lichen.economy.balance import update_table

    table = _open(path, sheet, layout)
    _write(update_table(table, table.output, year=table.origin.year, source=say("its own outputs", "自身产出")), out)


@app.command()
def update(
    path: Source,
    margins: Annotated[Path, typer.Option("--margins", help="File of outputs by sector and year.")],
    year: Annotated[int, typer.Option("--year", help="Year to make.")],
    out: Out,
    sheet: SheetName = None,
    layout: LayoutOption = LayoutName.auto,
    lang: Lang = None,
) -> None:
    """Estimate the table of another year from its outputs by GRAS."""
    set_language(lang)
    from lichen.economy.balance import update_table
    from lichen.study.vectors import in_order, read_figures

    table = _open(path, sheet, layout)
    figures = read_figures(margins, "sector", year)
    output = in_order(figures, table.sectors, table.unit, margins.name)
    _write(update_table(table, output, year=year, source=margins.name), out)


@app.command()
def export(path: Source, out: Annotated[Path, typer.Option("--out", "-o", help=".csv, .xlsx, or a folder for pymrio.")],
           sheet: SheetName = None, layout: LayoutOption = LayoutName.auto, lang: Lang = None) -> None:  # fmt: skip
    """Write a table in the plain layout (.csv, .xlsx) or as a folder that pymrio loads."""
    set_language(lang)
    table = _open(path, sheet, layout)
    if out.suffix.lower() in (".csv", ".xlsx"):
        _write(table, out)
        return
    from lichen.economy.bridge import write_pymrio
    from lichen.economy.table import no_satellites

    write_pymrio(table, no_satellites(table.sectors), out)
    wrote(out)


class Book(StrEnum):
    """How flows are booked."""

    consumption = "consumption"
    production = "production"
    multipliers = "multipliers"


def _accounts(table: Table, path: Path, year: int | None, classification: str) -> Satellites:
    """Return satellite accounts in the table's sectors, mapped from their own list where one is named."""
    from lichen.economy.aggregate import aggregate_satellites
    from lichen.economy.read import read_satellites
    from lichen.vocabulary.sectors import concordance, sectors

    if not classification or classification == table.origin.classification:
        return read_satellites(path, table.sectors, year)
    raw = read_satellites(path, sectors(classification).codes, year)
    sizes = dict(zip(table.sectors, table.output, strict=True))
    return aggregate_satellites(raw, concordance(classification, _classification(table), sizes))


def footprint(
    path: Source,
    emissions: Annotated[Path, typer.Option("--emissions", help="Satellite accounts, CSV or XLSX.")],
    year: Annotated[int | None, typer.Option("--year", help="Year of the accounts, if the file has several.")] = None,
    by: Annotated[Book, typer.Option("--by", help="Booking to show.")] = Book.consumption,
    classification: Annotated[
        str,
        typer.Option("--classification", help="Sector list of the accounts if it is not the table's, e.g. CEADS47."),
    ] = "",
    domestic: Annotated[bool, typer.Option("--domestic", help="Take imports out proportionally first.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the accounts as CSV.")] = None,
    sheet: SheetName = None,
    layout: LayoutOption = LayoutName.auto,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Footprint of a table: production and consumption accounts of its satellite accounts."""
    set_language(lang)
    from lichen.economy.accounts import Economy
    from lichen.economy.treatment import domestic as without_imports

    table = _open(path, sheet, layout)
    table = without_imports(table) if domestic else table
    economy = Economy(table, _accounts(table, emissions, year, classification).totals())
    accounts = economy.accounts()
    frame = accounts.frame(by.value)
    if out is not None:
        frame.T.to_csv(out, lineterminator="\n", index_label="sector")
        wrote(out)
    if json:
        rows = dict(zip(accounts.labels, getattr(accounts, by.value).tolist(), strict=True))
        print_json({
            "treatment": accounts.treatment, "units": dict(zip(accounts.labels, accounts.units, strict=True)),
            "total": {a: accounts.total(a) for a in accounts.labels},
            "direct": dict(zip(accounts.labels, accounts.direct.tolist(), strict=True)),
            by.value: {a: dict(zip(accounts.sectors, row, strict=True)) for a, row in rows.items()},
        })  # fmt: skip
        return
    from rich.table import Table as Grid

    grid = Grid(box=None, pad_edge=False)
    for head in (
        say("sector", "部门"),
        say("name", "名称"),
        *(f"{a} [{u}]" for a, u in zip(accounts.labels, accounts.units, strict=True)),
    ):
        grid.add_column(head, justify="left" if head in (say("sector", "部门"), say("name", "名称")) else "right")
    names = _names(table)
    for i, sector in enumerate(accounts.sectors):
        grid.add_row(sector, names.get(sector, ""), *(f"{v:,.6g}" for v in getattr(accounts, by.value)[:, i]))
    grid.add_row("", say("final users, direct", "最终用户直接排放"), *(f"{v:,.6g}" for v in accounts.direct))
    grid.add_row("", say("total", "合计"), *(f"{accounts.total(a):,.6g}" for a in accounts.labels))
    console().print(grid)
    typer.echo(say(f"imports: {accounts.treatment}", f"进口处理：{accounts.treatment}"))
    tell(economy.findings)
