"""``lichen knowledge …``: exchange types, cases, technologies and standards, and a user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lichen.cli.common import (
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

    from lichen.knowledge.maestri import MaestriReport
    from lichen.knowledge.values import Knowledge

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None,
    help="What is known to work: exchange types, cases, technologies, standards. 交换知识库。",
)  # fmt: skip

Study = Annotated[
    Path | None, typer.Option("--study", help="Folder of a study whose own exchange types are shown as well.")
]
Files = Annotated[list[Path], typer.Argument(metavar="FILES...", help="CSV files or workbooks.")]


@app.command("list")
def list_(
    donor: Annotated[str, typer.Option("--donor", help="Industry that gives: GB/T 4754 code, or city.")] = "",
    receiver: Annotated[str, typer.Option("--receiver", help="Industry that takes: GB/T 4754 code, or city.")] = "",
    material: Annotated[str, typer.Option("--material", help="Material given or replaced: its code.")] = "",
    case: Annotated[str, typer.Option("--case", help="Case that the exchange is known from: its id.")] = "",
    study: Study = None,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """List exchange types; with filters, those that fit all of them."""
    set_language(lang)
    from lichen.knowledge.records import type_record
    from lichen.knowledge.search import select

    base = _base(study)
    if case:
        _known(case, base.cases)
    found = select(base, donor, receiver, material, case)
    if json:
        print_json([type_record(item) for item in found])
        return
    heads = (
        say("id", "编号"),
        say("name", "名称"),
        say("donor", "供方"),
        say("receiver", "需方"),
        say("state", "状态"),
    )
    _grid(heads, [
        (t.id, t.name.text(current_language()), " ".join(t.donors), " ".join(t.receivers),
         _STATUS.get(t.status or "", ("–", "–"))[current_language() == "zh"])
        for t in found
    ])  # fmt: skip
    typer.echo(
        say(f"{len(found)} of {len(base.types)} exchange types", f"共 {len(base.types)} 种，符合 {len(found)} 种")
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="Id of a type, case, technology, standard or condition.")],
    study: Study = None,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Show everything about one exchange type, case, technology, standard or condition."""
    set_language(lang)
    from lichen.knowledge import records, words

    base = _base(study)
    if found := base.known([name]):
        record, lines = records.type_record(found[0]), words.type_lines(found[0])
    elif name in base.cases:
        known_from = [t for t in base.types.values() if name in t.cases]
        record = {**records.case_record(base.cases[name]), "exchange_types": [t.id for t in known_from]}
        lines = words.case_lines(base.cases[name], known_from)
    elif name in base.technologies:
        record, lines = (
            records.technology_record(base.technologies[name]),
            words.technology_lines(base.technologies[name]),
        )
    elif name in base.standards:
        record, lines = records.standard_record(base.standards[name]), words.standard_lines(base.standards[name])
    else:
        _known(
            name, {**base.types, **base.listed, **base.cases, **base.technologies, **base.standards, **base.conditions}
        )
        record, lines = records.condition_record(base.conditions[name]), words.condition_lines(base.conditions[name])
    if json:
        print_json(record)
        return
    for line in lines:
        typer.echo(line)


@app.command()
def search(
    text: Annotated[list[str], typer.Argument(metavar="WORDS...", help="Words, Chinese or English.")],
    most: Annotated[int, typer.Option("--top", min=1, help="Most hits to show.")] = 20,
    study: Study = None,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Find exchange types and cases by words: materials, industries, places, names."""
    set_language(lang)
    from lichen.knowledge.search import search as find

    hits = find(_base(study), " ".join(text), most)
    if json:
        print_json([vars(hit) for hit in hits])
        return
    heads = (say("score", "匹配度"), say("what", "类别"), say("id", "编号"), say("name", "名称"))
    kinds = {"exchange type": say("exchange type", "交换类型"), "case": say("case", "案例")}
    _grid(heads, [(f"{hit.score:.0f}", kinds[hit.kind], hit.id, hit.name) for hit in hits])
    if not hits:
        typer.echo(say("nothing found", "未找到"))


@app.command()
def check(files: Files, json: Json = False, lang: Lang = None) -> None:
    """Check your own exchange types, or a file of the MAESTRI Exchanges Database. Exit code 1 if a row has an error."""
    set_language(lang)
    from lichen.knowledge.maestri import is_maestri, maestri_of
    from lichen.knowledge.read import additions, knowledge
    from lichen.sheets import read_sheets

    sheets = [sheet for path in files for sheet in read_sheets(path)]
    databases = [sheet for sheet in sheets if is_maestri(sheet)]
    reports = [maestri_of(sheet) for sheet in databases]
    own = [sheet for sheet in sheets if sheet not in databases]
    found = additions(own, knowledge()) if any(s.rows for s in own) or not reports else None
    problems = [p for report in reports for p in report.problems] + list(found.problems if found else ())
    ok = not any(p.severity == "error" for p in problems)
    counts = {
        "exchange_types": len(found.types) if found else 0, "conditions": len(found.conditions) if found else 0,
        "maestri": [_maestri_counts(report) for report in reports],
    }  # fmt: skip
    if json:
        print_json({"ok": ok, **counts, "problems": problems_json(problems)})
    else:
        tell(problems, stderr=False)
        _say_counts(counts)
    if not ok:
        raise typer.Exit(INPUT_ERRORS)


@app.command("import")
def import_(
    files: Files,
    into: Annotated[Path, typer.Option("--into", help="Folder of the study.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Import without asking.")] = False,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Put your own exchange types into a study; a faulty row refuses the file. Differences are shown first."""
    set_language(lang)
    from lichen.knowledge.read import read_additions
    from lichen.knowledge.store import apply_import, prepare_import

    found = read_additions(files)
    planned = prepare_import(into, found)
    tell(found.problems)
    if json:
        print_json({"changes": [vars(change) for change in planned.changes], "written": yes and bool(planned.changes)})
    else:
        show_changes(planned.changes, lambda c: f"{c.table}  {c.id}", lambda c: c.column)
    if not planned.changes:
        return
    agree(yes, len(planned.changes))
    with writing(into):
        for path in apply_import(into, planned):
            wrote(path)


@app.command()
def export(
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write: .csv (types) or .xlsx (with conditions).")],
    study: Study = None,
    own: Annotated[bool, typer.Option("--own", help="Only the study's own rows.")] = False,
    lang: Lang = None,
) -> None:
    """Write exchange types in the layout that is read: a start for your own."""
    set_language(lang)
    from lichen.knowledge.store import own_additions
    from lichen.knowledge.write import export as write
    from lichen.knowledge.write import records

    if study is not None:
        existing(study)
    found = records(study)
    if own:
        kept = own_additions(study).records if study is not None else {}
        found = {table: kept.get(table, ()) for table in found}
    wrote(write(out, found, current_language()))


_STATUS = {
    "implemented": ("implemented", "已实施"), "planned": ("planned", "规划"), "feasibility": ("feasibility", "可研"),
    "studied": ("studied", "研究"), "reported": ("reported", "有报道"),
}  # fmt: skip


def _base(study: Path | None) -> Knowledge:
    from lichen.knowledge.read import knowledge
    from lichen.knowledge.store import load

    if study is None:
        return knowledge()
    existing(study)
    return load(study)


def _known(name: str, known: dict[str, Any] | Any) -> None:
    """Refuse an id that is not there, with the nearest."""
    from lichen.errors import LabelError, Problem
    from lichen.labelled import suggest

    if name not in known:
        near = suggest(name, list(known)) or "–"
        raise LabelError((Problem("knowledge.no_such", values={"found": name, "near": near}),))


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; ids stay whole, since they are typed again."""
    from rich.table import Table as Grid

    grid = Grid(box=None, pad_edge=False)
    for head in heads:
        grid.add_column(head, no_wrap=head == say("id", "编号"))
    for row in rows:
        grid.add_row(*row)
    console().print(grid)


def _maestri_counts(report: MaestriReport) -> dict[str, int]:
    found = report.exchanges
    return {
        "rows": len(found), "material": sum(bool(e.material) for e in found),
        "donor": sum(len(e.donor.industries) == 1 for e in found),
        "receiver": sum(len(e.receiver.industries) == 1 for e in found),
    }  # fmt: skip


def _say_counts(counts: dict[str, Any]) -> None:
    if counts["exchange_types"] or counts["conditions"] or not counts["maestri"]:
        types, conditions = counts["exchange_types"], counts["conditions"]
        typer.echo(say(f"{types} exchange types and {conditions} conditions are correct",
                       f"{types} 种交换类型、{conditions} 项条件正确"))  # fmt: skip
    for found in counts["maestri"]:
        line = say("MAESTRI: {rows} rows; clear: material {material}, donor {donor}, receiver {receiver}",
                   "MAESTRI：{rows} 行；可确定：物料 {material}、供方 {donor}、需方 {receiver}")  # fmt: skip
        typer.echo(line.format(**found))
