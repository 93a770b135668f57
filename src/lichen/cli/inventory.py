"""``lichen inventory …``: the flow database of a study, filled from survey workbooks."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lichen.cli import inventory_names
from lichen.cli.common import (
    CHANGES,
    INPUT_ERRORS,
    Json,
    Lang,
    agree,
    console,
    existing,
    print_json,
    problems_json,
    say,
    set_language,
    show_changes,
    tell,
    writing,
    wrote,
)
from lichen.errors import current_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lichen.errors import Problem
    from lichen.inventory.survey import Survey
    from lichen.inventory.values import Inventory
    from lichen.numerals import Decimal as Sign


class Decimal(StrEnum):
    """Decimal signs of a file."""

    point = "."
    comma = ","


app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Firms and their flows, from survey workbooks. 企业物流能流数据库。",
)

Files = Annotated[list[Path], typer.Argument(metavar="FILES...", help="Survey workbooks or CSV files.")]
StudyFolder = Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of the study.")]
Into = Annotated[Path, typer.Option("--into", help="Folder of the study.")]
Firm = Annotated[str, typer.Option("--firm", help="Only this firm.")]
Marked = Annotated[
    Path | None, typer.Option("--marked", help="Folder for copies of faulty files, the cells marked and commented.")
]


DecimalOption = Annotated[
    Decimal | None,
    typer.Option("--decimal", help="Decimal sign of numbers written as text, where cells do not show it."),
]
MappingOption = Annotated[
    str,
    typer.Option(
        "--mapping", help="Mapping file (.toml) for foreign tables, or the name of one that comes with Lichen."
    ),
]


app.command()(inventory_names.sectors)
app.command()(inventory_names.materials)


@app.command()
def template(
    out: Annotated[Path, typer.Option("--out", "-o", help="Workbook to write (.xlsx).")],
    sector: Annotated[
        str,
        typer.Option(
            "--sector", help="Industry (GB/T 4754) whose usual processes and flows are filled in; see sectors."
        ),
    ] = "",
    lang: Lang = None,
) -> None:
    """Write an empty survey workbook: instructions, drop-down lists, units, an example."""
    set_language(lang)
    from lichen.inventory.prefill import usual_rows
    from lichen.inventory.workbook import write_template

    _writable(out)
    rows = usual_rows(sector, current_language()) if sector else {}
    if sector and not rows["flow"]:
        tell([_no_profile(sector)])
    wrote(write_template(out, current_language(), rows))


@app.command()
def check(
    files: Files, mapping: MappingOption = "", decimal: DecimalOption = None, marked: Marked = None, json: Json = False,
    lang: Lang = None,
) -> None:  # fmt: skip
    """Check survey workbooks without importing them. Exit code 1 if a firm has an error."""
    set_language(lang)
    surveys, problems = _read(files, marked, mapping, decimal)
    ok = not any(p.severity == "error" for p in problems)
    if json:
        print_json({"ok": ok, "files": [_summary(s) for s in surveys], "problems": problems_json(problems)})
    else:
        tell(problems, stderr=False)
        for survey in surveys:
            _say_counts(survey)
    if not ok:
        raise typer.Exit(INPUT_ERRORS)


@app.command("import")
def import_(
    files: Files,
    into: Into,
    mapping: MappingOption = "",
    decimal: DecimalOption = None,
    marked: Marked = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Import without asking.")] = False,
    lang: Lang = None,
) -> None:
    """Import correct firms into a study; faulty ones wait. Differences to what was there are shown first."""
    set_language(lang)
    from lichen.inventory.store import FOLDER, apply_import, prepare_import
    from lichen.inventory.waiting import RETURNED

    marked = into / FOLDER / RETURNED if marked is None else marked
    surveys, problems = _read(files, marked, mapping, decimal)
    tell(problems)
    if not surveys:
        raise typer.Exit(INPUT_ERRORS)
    planned = prepare_import(into, surveys)
    show_changes(planned.changes, lambda c: f"{c.entity}  {c.row}", lambda c: c.field)
    if planned.changes:
        agree(yes, len(planned.changes))
        with writing(into):
            apply_import(into, planned)
        typer.echo(say("imported", "已导入"))
    for survey in surveys:
        _say_counts(survey)
    if any(p.severity == "error" for p in problems):
        raise typer.Exit(INPUT_ERRORS)


@app.command()
def mappings(json: Json = False, lang: Lang = None) -> None:
    """List the mapping files that come with Lichen: layouts of foreign tables that --mapping reads by name."""
    set_language(lang)
    from lichen.inventory.mapping import shipped_mappings

    found = shipped_mappings()
    if json:
        print_json([{"name": m.name, "title": m.title.text(current_language()), "source": m.source,
                     "quality": m.quality} for m in found])  # fmt: skip
        return
    for m in found:
        typer.echo(f"{m.name}  {m.title.text(current_language())}  {m.quality}  {m.source}")


@app.command()
def merge(
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="Study whose firms are taken over.")],
    into: Into,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Merge without asking.")] = False,
    lang: Lang = None,
) -> None:
    """Take over the firms of another study; firms of the same code are replaced, the differences shown first."""
    set_language(lang)
    from lichen.inventory.store import apply_import, load, prepare_import
    from lichen.inventory.survey import Survey

    existing(other)
    planned = prepare_import(into, [Survey(other.resolve().name, load(other), (), ())])
    show_changes(planned.changes, lambda c: f"{c.entity}  {c.row}", lambda c: c.field)
    if planned.changes:
        agree(yes, len(planned.changes))
        with writing(into):
            apply_import(into, planned)
        typer.echo(say("merged", "已合并"))


@app.command()
def show(study: StudyFolder, firm: Firm = "", json: Json = False, lang: Lang = None) -> None:
    """Show the firms of a study, or the flows of one firm."""
    set_language(lang)
    from lichen.inventory.records import as_records
    from lichen.inventory.store import load

    existing(study)
    inventory = load(study)
    found = _of_firm(inventory, firm)
    if json:
        print_json(as_records(found))
        return
    from rich.table import Table as Grid

    from lichen.numerals import shown

    grid = Grid(box=None, pad_edge=False)
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]
    if firm:
        heads = (say("process", "工序"), say("in/out", "投入/产出"), say("material", "物料"), say("quantity", "数量"),
                 say("year", "年份"), say("how known", "类型"), say("goes to", "去向"))  # fmt: skip
        rows = [(f.process or "–", f.direction, f.given, f"{shown(f.quantity.value, 6)} {f.quantity.unit}", str(f.year),
                 f.kind, f.fate or "–") for f in found.flows]  # fmt: skip
    else:
        heads = (say("firm", "企业"), say("name", "名称"), say("industry", "行业"), say("flows", "流数"))
        counts = Counter(f.firm for f in inventory.flows)
        rows = [(f.id, f.name, f.industry, str(counts[f.id])) for f in found.firms]
    for head in heads:
        grid.add_column(head)
    for row in rows:
        grid.add_row(*row)
    console().print(grid)


@app.command()
def export(
    study: StudyFolder,
    out: Annotated[Path, typer.Option("--out", "-o", help="Workbook to write (.xlsx).")],
    firm: Firm = "",
    lang: Lang = None,
) -> None:
    """Write a study's inventory as a survey workbook; importing it again changes nothing."""
    set_language(lang)
    from lichen.inventory.store import load
    from lichen.inventory.workbook import write_inventory

    existing(study)
    _writable(out)
    wrote(write_inventory(_of_firm(load(study), firm), out, current_language()))


@app.command()
def history(
    study: StudyFolder,
    firm: Firm = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Also of costs, registers and settings, as the workbench writes them.")
    ] = False,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Show every change of a study's inventory: when, from which file, by whom, what was and what is."""
    set_language(lang)
    from lichen.inventory.store import history as changes_of
    from lichen.monitor.dictionary import TITLES
    from lichen.study.history import whole_history

    existing(study)
    entries = whole_history(study, firm) if everything else changes_of(study, firm)
    if json:
        print_json(entries)
        return
    if not entries:
        typer.echo(say("no change is written down", "尚无变更记录"))
    for e in entries:
        told = " → ".join(e.get(side, "–") for side in ("before", "after") if side in e or e["what"] == "changed")
        value = f" {e['field']}: {told}" if e.get("field") else ""
        origin = f"{e['file']} ({e['by']})" if e.get("by") else e["file"]
        row = f"{say(*TITLES[e['entity']])} · {e['row']}" if e["entity"] in TITLES else e["row"]
        typer.echo(f"{e['time']}  {origin}  {say(*CHANGES[e['what']])}  {row}{value}")


def _no_profile(code: str) -> Problem:
    """Return the problem that an industry has no profile, with those that have one."""
    from lichen.errors import Problem
    from lichen.figures import Text
    from lichen.vocabulary.industries import industry
    from lichen.vocabulary.profiles import profiled

    name = Text(industry(code).name("en"), industry(code).name_zh)
    values = {"code": code, "name": name, "codes": " ".join(profiled())}
    return Problem("inventory.no_profile", severity="warning", values=values)


def _read(
    files: Sequence[Path], marked: Path | None, mapping: str, decimal: Decimal | None
) -> tuple[list[Survey], list[Problem]]:
    """Read all files; a file that cannot be opened is a problem like any other. Faulty ones get a marked copy."""
    from lichen.errors import LichenError
    from lichen.inventory.mapping import read_mapping, survey_by
    from lichen.inventory.survey import survey_of
    from lichen.inventory.workbook import write_marked
    from lichen.sheets import read_sheets

    layout = read_mapping(mapping) if mapping else None
    sign: Sign | None = None if decimal is None else "," if decimal is Decimal.comma else "."
    if layout and sign:
        layout = replace(layout, decimal=sign)
    surveys: list[Survey] = []
    problems: list[Problem] = []
    made: set[Path] = set()
    for path in files:
        try:
            sheets = read_sheets(path)
            survey = survey_by(layout, path.name, sheets) if layout else survey_of(path.name, sheets, decimal=sign)
        except LichenError as error:
            problems += error.problems
            continue
        surveys.append(survey)
        problems += survey.problems
        if not survey.ok and marked is not None:
            with writing(marked):
                marked.mkdir(parents=True, exist_ok=True)
            target = _free(marked, f"{path.stem}-{say('to-mend', '待更正')}", made)
            wrote(write_marked(sheets, survey.problems, target, current_language()))
    return surveys, problems


def _free(folder: Path, stem: str, made: set[Path]) -> Path:
    """Return a name that no other file has: two files may have one name, and an older copy may wait for its firm."""
    numbers = itertools.chain([""], (f"-{i}" for i in itertools.count(2)))
    names = (folder / f"{stem[:80]}{number}.xlsx" for number in numbers)
    target = next(path for path in names if path not in made and not path.exists())
    made.add(target)
    return target


def _summary(survey: Survey) -> dict[str, Any]:
    return {
        "file": survey.file, "firms": [f.id for f in survey.inventory.firms], "waiting": list(survey.waiting),
        "flows": len(survey.inventory.flows),
    }  # fmt: skip


def _say_counts(survey: Survey) -> None:
    good, flows, left = len(survey.inventory.firms), len(survey.inventory.flows), survey.waiting
    waiting = ", ".join(left[:20]) + (f" … ({len(left)})" if len(left) > 20 else "") or "–"
    typer.echo(say(f"{survey.file}: {good} firms with {flows} flows are correct; waiting: {waiting}",
                   f"{survey.file}：{good} 家企业、{flows} 条流正确；待更正：{waiting}"))  # fmt: skip


def _writable(out: Path) -> None:
    from lichen.errors import FileError, Problem, Where

    if out.suffix.lower() != ".xlsx" or not out.parent.is_dir() or out.is_dir():
        reason = say(
            "its name does not end in .xlsx, or its folder is not there", "文件名不以 .xlsx 结尾，或文件夹不存在"
        )
        raise FileError((Problem("sheets.not_written", Where(str(out)), values={"reason": reason}),))


def _of_firm(inventory: Inventory, firm: str) -> Inventory:
    """Return what belongs to a firm, or everything if none is named."""
    from lichen.errors import LabelError, Problem
    from lichen.labelled import suggest

    codes = [f.id for f in inventory.firms]
    if firm and firm not in codes:
        near = suggest(firm, codes) or "–"
        raise LabelError((Problem("inventory.no_such_firm", values={"firm": firm, "near": near}),))
    return inventory.of_firm(firm) if firm else inventory
