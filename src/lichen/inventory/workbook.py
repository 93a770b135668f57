"""Survey workbooks: the empty template, an inventory as a workbook, and a copy with the faulty cells marked.

All three are written from the data dictionary; text is never a formula or a link.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter

from lichen.errors import FileError, Language, Problem, Where
from lichen.inventory.dictionary import ENTITIES, SHEETS, Column, Entity, columns
from lichen.inventory.records import as_records
from lichen.inventory.values import Inventory
from lichen.sheets import Sheet

OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
ROWS_WITH_LISTS = 2000
"""Rows of the template that carry drop-down lists."""
HEADING, HELP, FIRST = 0, 1, 2
LONGEST_CELL, LONGEST_COMMENT = 32_767, 2000

_INSTRUCTIONS = {
    "en": (
        "Survey of material and energy flows",
        "1. Fill the sheets Firms, Processes and Flows. Grey headings must be filled, the others as far as known.",
        "2. One row for each flow into or out of a process (or of the firm as a whole) in a year.",
        "3. Give the unit beside each number. Choose from the lists where there is one; Chinese and English both do.",
        "4. Say how each number is known: measured, reported, estimated or assumed. An estimate beats a blank.",
        "5. The sheet Example shows a filled row of each kind. It is not read.",
        "6. Who sees what: the column “Who may see it”. Prices and partners of private rows stay with the facilitator.",
        "7. Send the file back. If something does not fit you get a copy with the cells marked.",
    ),
    "zh": (
        "物质流与能流调查表",
        "1. 请填写“企业”“工序”“物流能流”三张表。灰底标题为必填，其余按所知填写。",
        "2. 每个工序（或全厂）每年每种投入或产出占一行。",
        "3. 数值旁请注明单位。有下拉列表的请从中选择；中英文均可识别。",
        "4. 请注明每个数值的来源类型：实测、报表、推算或假设。如实的推算好过空白。",
        "5. “示例”表给出填写样例，不会被读取。",
        "6. 保密：见“保密级别”一栏。保密行的名称、价格和对象仅协调机构可见。",
        "7. 填好后请交回。如有不符，您会收到一份标出单元格的副本。",
    ),
}


def write_template(
    path: str | Path, lang: Language, prefilled: Mapping[Entity, Sequence[Mapping[str, Any]]] | None = None
) -> Path:
    """Write an empty survey workbook.

    Parameters
    ----------
    path
        File to write, ``.xlsx``.
    lang
        Language of headings, help and lists.
    prefilled
        Rows to start from, by entity: what such a firm usually has.
    """
    path = Path(path)
    with _book(path) as book:
        formats = _formats(book)
        sheet = book.add_worksheet("说明" if lang == "zh" else "Instructions")
        sheet.set_column(0, 0, 110)
        for i, line in enumerate(_INSTRUCTIONS[lang]):
            sheet.write_string(i, 0, line, formats["title"] if i == 0 else formats["wrap"])
        lists = _Lists(book, lang)
        for entity in ENTITIES:
            made = book.add_worksheet(SHEETS[entity][lang == "zh"])
            _headings(made, entity, lang, formats)
            lists.validate(made, entity)
            rows = (prefilled or {}).get(entity, ())
            _rows(made, entity, rows, lang, formats["start"])
        example = book.add_worksheet("示例" if lang == "zh" else "Example")
        _example(example, lang, formats)
        lists.sheet.hide()
    return path


@contextmanager
def _book(path: Path) -> Iterator[Any]:
    """Open a workbook to write; a place that cannot be written to is an error of the caller, told as such."""
    book = xlsxwriter.Workbook(str(path), OPTIONS)
    yield book
    try:
        book.close()
    except (xlsxwriter.exceptions.XlsxFileError, OSError) as error:
        reason = getattr(error.args[0] if error.args else error, "strerror", None) or type(error).__name__
        problem = Problem("inventory.no_file_written", Where(path.name), values={"reason": reason})
        raise FileError((problem,)) from None


def _formats(book: Any) -> dict[str, Any]:
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "wrap": book.add_format({"text_wrap": True}),
        "required": book.add_format(
            {"bold": True, "bg_color": "#D9DEE3", "text_wrap": True, "valign": "top", "border": 1}
        ),
        "optional": book.add_format(
            {"bold": True, "bg_color": "#F3F5F6", "text_wrap": True, "valign": "top", "border": 1}
        ),
        "help": book.add_format(
            {"italic": True, "font_color": "#5B6875", "text_wrap": True, "valign": "top", "font_size": 9}
        ),
        "start": book.add_format({"font_color": "#8A4B08"}),
        "bad": book.add_format({"bg_color": "#F8B9A0"}),
        "warn": book.add_format({"bg_color": "#FBE7B2"}),
    }


def _headings(sheet: Any, entity: Entity, lang: Language, formats: Mapping[str, Any], row: int = HEADING) -> None:
    for j, column in enumerate(columns(entity)):
        kind = "required" if column.field.required else "optional"
        sheet.write_string(row, j, column.label(lang), formats[kind])
        if row == HEADING:
            sheet.write_string(HELP, j, "" if column.is_unit else column.field.help(lang), formats["help"])
            sheet.set_column(j, j, 14 if column.is_unit or column.field.type in ("number", "integer", "year") else 20)
    if row == HEADING:
        sheet.set_row(HEADING, 46)
        sheet.set_row(HELP, 62)
        sheet.freeze_panes(FIRST, 2)


class _Lists:
    """The hidden sheet of drop-down lists, and the validations that point to it."""

    def __init__(self, book: Any, lang: Language) -> None:
        self.lang: Language = lang
        self.sheet = book.add_worksheet("Lists")
        self.next = 0

    def validate(self, sheet: Any, entity: Entity) -> None:
        for j, column in enumerate(columns(entity)):
            words = column.field.units if column.is_unit else column.field.words(self.lang)
            shown = [w for w in words if w]
            if shown:
                for i, word in enumerate(shown):
                    self.sheet.write_string(i, self.next, word)
                letter = xlsxwriter.utility.xl_col_to_name(self.next)
                source = f"=Lists!${letter}$1:${letter}${len(shown)}"
                # a warning, not a stop: other spellings are understood, and told if they are not
                sheet.data_validation(FIRST, j, FIRST + ROWS_WITH_LISTS, j, {
                    "validate": "list", "source": source, "error_type": "warning"})  # fmt: skip
                self.next += 1


def _example(sheet: Any, lang: Language, formats: Mapping[str, Any]) -> None:
    top = 0
    for entity in ENTITIES:
        sheet.write_string(top, 0, SHEETS[entity][lang == "zh"], formats["title"])
        for j, column in enumerate(columns(entity)):
            # the heading stands in words of its own, so that the sheet is not taken for data
            sheet.write_string(top + 1, j, f"· {column.label(lang)}", formats["help"])
            value = column.field.example
            if column.is_unit:
                value = column.field.units[0] if column.field.example not in ("", None) else ""
            if isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(top + 2, j, value)
            else:
                sheet.write_string(top + 2, j, str(value))
        top += 5


def _rows(sheet: Any, entity: Entity, rows: Iterable[Mapping[str, Any]], lang: Language, style: Any = None) -> None:
    for i, row in enumerate(rows, start=FIRST):
        for j, column in enumerate(columns(entity)):
            _cell(sheet, i, j, _shown(column, row.get(column.key), lang), style)


def _shown(column: Column, value: Any, lang: Language) -> Any:
    """Return a stored value as its cell shows it: choices in the language of the sheet."""
    field = column.field
    if field.choices and not column.is_unit and value in field.choices:
        return field.words(lang)[field.choices.index(value)]
    return value


class _Exact(float):
    """A number that is written with all its digits: a workbook written with sixteen would not read back the same."""

    def __format__(self, spec: str) -> str:
        return repr(float(self))


def _cell(sheet: Any, row: int, column: int, value: Any, style: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        sheet.write_string(row, column, str(value)[:LONGEST_CELL], style)
    else:
        sheet.write_number(row, column, _Exact(value), style)


def write_inventory(inventory: Inventory, path: str | Path, lang: Language) -> Path:
    """Write an inventory as a survey workbook; reading it again gives the same inventory."""
    path = Path(path)
    records = as_records(inventory)
    with _book(path) as book:
        formats = _formats(book)
        for entity in ENTITIES:
            sheet = book.add_worksheet(SHEETS[entity][lang == "zh"])
            _headings(sheet, entity, lang, formats)
            _rows(sheet, entity, records[entity], lang)
    return path


def write_marked(sheets: Sequence[Sheet], problems: Iterable[Problem], path: str | Path, lang: Language) -> Path:
    """Write a copy of a file as it was read, its faulty cells coloured and commented with problem and remedy.

    The copy holds values only; formulas, pictures and macros of the original do not come along.
    """
    path = Path(path)
    marks: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        marks.setdefault((problem.where.sheet, problem.where.cell), []).append(problem)
    with _book(path) as book:
        formats = _formats(book)
        taken: set[str] = set()
        for number, sheet in enumerate(sheets):
            made = book.add_worksheet(_sheet_name(sheet.name, number, taken))
            for i, row in enumerate(sheet.rows):
                for j, cell in enumerate(row):
                    found = marks.pop((sheet.name, sheet.where(i, j).cell), [])
                    style = None
                    if found:
                        worst = "bad" if any(p.severity == "error" for p in found) else "warn"
                        style = formats[worst]
                        made.write_comment(i, j, _comment(found, lang), {"x_scale": 2.5, "y_scale": 1.6})
                        if cell is None or cell == "":
                            made.write_blank(i, j, None, style)
                    _cell(made, i, j, cell, style)
            _remaining(made, sheet, marks, formats, lang)
    return path


def _sheet_name(name: str, number: int, taken: set[str]) -> str:
    """Return a name that a workbook allows: no reserved signs, 31 characters, none twice."""
    plain = re.sub(r"[\[\]:*?/\\]", "_", name).strip("'")[:31] or f"Sheet{number + 1}"
    if plain.lower() in taken or plain.lower() == "history":
        plain = f"{plain[:24]}~{number + 1}"
    taken.add(plain.lower())
    return plain


def _comment(problems: Iterable[Problem], lang: Language) -> str:
    """Return what a faulty cell's comment says; control characters would break the file."""
    text = "\n".join(f"{p.found(lang)} {p.mend(lang)}" for p in problems)
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)[:LONGEST_COMMENT]


def _remaining(made: Any, sheet: Sheet, marks: dict[tuple[str, str], list[Problem]], formats: Mapping[str, Any],
               lang: Language) -> None:  # fmt: skip
    """Mark cells beyond the filled area, e.g. a required one at the end of a row."""
    for name, cell in [key for key in marks if key[0] == sheet.name and key[1]]:
        found = marks.pop((name, cell))
        row, column = xlsxwriter.utility.xl_cell_to_rowcol(cell)
        made.write_blank(row, column, None, formats["bad"])
        made.write_comment(row, column, _comment(found, lang))
