"""Registers of follow-up in forms and tables: one row checked at its fields, many read from a file or pasted."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from django.http import HttpResponse

from lichen.errors import Language, LichenError, Problem, Problems, Where
from lichen.monitor.dictionary import FILES, TITLES, Entity, columns
from lichen.monitor.read import follow_up_of, records_of
from lichen.sheets import XLSX_OPTIONS, find_sheet
from lichen.web.drafts import Entry, entry
from lichen.web.followed import ABOUT, Record, place_of, read, sheet_of, titles
from lichen.web.followed_models import FollowRow
from lichen.web.models import FirmRow, Park
from lichen.web.policy import Action, Scope, reach
from lichen.web.sent import XLSX, saved
from lichen.web.surveys import sheets_of


@dataclass(frozen=True)
class RowDraft:
    """A row of a register as somebody writes it.

    Parameters
    ----------
    record
        Its values as they will be kept; ``None`` where there is an error.
    at_fields, others
        Problems by column key, and those elsewhere.
    """

    record: Record | None
    at_fields: Mapping[str, tuple[Problem, ...]]
    others: tuple[Problem, ...]


def draft_row(park: Park, entity: Entity, row: FollowRow | None, written: Mapping[str, str]) -> RowDraft:
    """Return what a row would mean beside the others of its register."""
    own = {key: text.strip() for key, text in written.items() if text.strip()}
    # quantities are told once an exchange and year, terms once a day; other rows have nothing to do with each other
    others_of = own.get("exchange", "") if entity in ("planned", "actual", "terms") else None
    same = FollowRow.objects.filter(park=park, entity=entity, about=others_of).exclude(pk=row.pk if row else 0)
    rest = [r.values for r in same] if others_of else []
    # the others come first, so that what is doubled is told of this row
    found = read({entity: [*rest, own or {columns(entity)[0].key: " "}]})
    at_fields: dict[str, list[Problem]] = {}
    others: list[Problem] = []
    for problem in found.problems:
        place = place_of(problem)
        if place and place[0] == len(rest):
            at_fields.setdefault(place[1], []).append(problem)
        elif problem.severity == "error":
            others.append(problem)
    if not own:
        needed = [c for c in columns(entity) if c.field.required and not c.is_unit]
        at_fields = {c.key: [Problem("inventory.empty", values={"field": c.label("en"), "zh": c.label("zh")})]
                     for c in needed}  # fmt: skip
    wrong = any(p.severity == "error" for ps in (*at_fields.values(), others) for p in ps)
    made = () if wrong else records_of(sheet_of(entity, [own]), entity, Problems(), own=True)
    return RowDraft(made[0] if made else None, {k: tuple(v) for k, v in at_fields.items()}, tuple(others))


def row_entries(scope: Scope, entity: Entity, written: Mapping[str, str], problems: Mapping[str, tuple[Problem, ...]],
                lang: Language) -> list[Entry]:  # fmt: skip
    """Return the fields of a row's form; exchanges, and a firm's own code, are chosen from what there is."""
    by_key = {c.key: c for c in columns(entity)}
    offered: dict[str, tuple[tuple[str, str], ...]] = {}
    if "exchange" in by_key and not scope.everywhere(Action.WRITE_FOLLOW):
        # its name in the log may tell of the partner
        offered["exchange"] = (("", exchange_name(scope, written.get("exchange", ""), lang)),)
        written = {**written, "exchange": ""}
    elif "exchange" in by_key:
        known = [(key, title.text(lang)) for key, title in titles(scope).items()]
        chosen = written.get("exchange", "")
        extra = [(chosen, chosen)] if chosen and chosen not in dict(known) else []
        offered["exchange"] = (("", "–"), *known, *extra)
    if entity == "measure" and not scope.everywhere(Action.WRITE_FOLLOW):
        offered["firm"] = tuple((f.code, f.name) for f in reach(scope, Action.WRITE_ROWS, FirmRow))
    keys = [key for key, c in by_key.items() if not c.is_unit]
    return [entry(by_key, key, written, problems, lang, frozenset(), offered) for key in keys]


def exchange_name(scope: Scope, key: str, lang: Language) -> str:
    """Return what an exchange is called; its name in the log only for who may write follow-up of all."""
    known = titles(scope).get(key)
    return known.text(lang) if known else key if scope.everywhere(Action.WRITE_FOLLOW) else "–"


def foreign(scope: Scope, entity: Entity, found: Sequence[Record]) -> list[str]:
    """Return what of rows an account may not write: of who speaks for firms, rows of other firms."""
    if scope.everywhere(Action.WRITE_FOLLOW):
        return []
    own = set(reach(scope, Action.WRITE_ROWS, FirmRow).values_list("code", flat=True))
    return sorted({str(r.get(ABOUT[entity], "")) for r in found} - own)


@dataclass(frozen=True)
class Table:
    """A table that was sent: its rows as records, and every problem with its cell."""

    records: tuple[Record, ...]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong and something is there."""
        return bool(self.records) and not any(p.severity == "error" for p in self.problems)


def read_table(scope: Scope, entity: Entity, name: str, content: bytes) -> Table:
    """Return what a file or pasted rows say."""
    problems = Problems()
    try:
        sheet = find_sheet(sheets_of(name, content))
    except LichenError as error:
        return Table((), error.problems)
    follow_up_of({entity: sheet}, problems)
    found = records_of(sheet, entity, Problems())
    for firm in foreign(scope, entity, found):
        problems.add("workbench.foreign_firm", Where(file=name), firm=firm)
    return Table(found, problems.as_tuple())


def write_register(entity: Entity, rows: Sequence[Record], lang: Language) -> bytes:
    """Return a register as a workbook: headings, a line of help at each, and the rows; texts stay texts."""
    with tempfile.TemporaryDirectory(prefix="lichen-") as folder:
        path = Path(folder) / "register.xlsx"
        with xlsxwriter.Workbook(str(path), XLSX_OPTIONS) as book:
            sheet = book.add_worksheet(TITLES[entity][lang == "zh"][:31])
            bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
            for j, column in enumerate(columns(entity)):
                sheet.write_string(0, j, column.label(lang), bold)
                sheet.write_comment(0, j, column.field.help(lang) or column.label(lang))
                sheet.set_column(j, j, 18)
                choices = column.field.units if column.is_unit else column.field.words(lang)
                listed = [c for c in choices if c]
                if listed and sum(map(len, listed)) + len(listed) < 250:
                    sheet.data_validation(1, j, 5000, j, {"validate": "list", "source": listed})
            for i, row in enumerate(rows, start=1):
                for j, column in enumerate(columns(entity)):
                    _cell(sheet, i, j, _said(column, row.get(column.key), lang))
            sheet.freeze_panes(1, 1)
        return path.read_bytes()


def _said(column: Any, value: Any, lang: Language) -> Any:
    """Return a value in the words of the workbook's language."""
    if column.field.choices and not column.is_unit and isinstance(value, str):
        return dict(zip(column.field.choices, column.field.words(lang), strict=True)).get(value, value)
    return value


def _cell(sheet: Any, i: int, j: int, value: Any) -> None:
    if isinstance(value, int | float):
        sheet.write_number(i, j, value)
    elif value not in (None, ""):
        sheet.write_string(i, j, str(value))


def values_told(scope: Scope, row: FollowRow) -> Record:
    """Return a row's values; to who speaks for firms without the exchange's name in the log, which may tell of the
    partner.
    """
    if scope.everywhere(Action.READ_FOLLOW):
        return dict(row.values)
    return {key: value for key, value in row.values.items() if key != "exchange"}


def register_answer(scope: Scope, entity: Entity, lang: Language) -> HttpResponse:
    """Return what an account reads of a register as a workbook that can be filled and sent back."""
    rows = [values_told(scope, r) for r in reach(scope, Action.READ_FOLLOW, FollowRow).filter(entity=entity)]
    return saved(write_register(entity, rows, lang), f"{FILES[entity]}.xlsx", XLSX)
