"""Survey workbooks: the empty template, an inventory as a workbook, and a copy with the faulty cells marked.

All three are written from the data dictionary; text is never a formula or a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter

from lichen.errors import FileError, Language, Problem, Where
from lichen.inventory._look import (
    LISTS,
    MATERIALS,
    ROWS_WITH_LISTS,
    Lists,
    dress,
    formats_of,
    listed_words,
    offer_all,
    style_of,
    write_cell,
    write_headings,
    write_rows,
)
from lichen.inventory._rows import Heading, find_heading, is_help
from lichen.inventory.dictionary import ENTITIES, SHEETS, Entity, columns, examples
from lichen.inventory.records import as_records
from lichen.inventory.values import Inventory
from lichen.sheets import XLSX_OPTIONS, Sheet, is_blank
from lichen.vocabulary.names import is_chinese

LONGEST_COMMENT = 2000

_INSTRUCTIONS = {
    "en": (
        "Survey of material and energy flows",
        "1. Fill the sheets Firms, Processes and Flows. Grey headings must be filled, the others as far as known.",
        "2. One row for each flow into or out of a process (or of the firm as a whole) in a year.",
        "3. Give the unit beside each number. Choose from the lists where there is one; Chinese and English both do.",
        f"4. Names of materials are in the sheet {MATERIALS}. If yours is not there, write it as you call it.",
        "5. Rows that are there already show what such a firm usually has: add your firm code and the quantity where "
        "you have it, and leave the others as they are.",
        "6. Say how each number is known: measured, reported, estimated or assumed. An estimate beats a blank.",
        "7. The sheet Example shows filled rows of each kind. It is not read.",
        "8. Who sees what: the column “Who may see it”. Prices and partners of private rows stay with the facilitator.",
        "9. Send the file back. If something does not fit you get a copy with the cells marked.",
    ),
    "zh": (
        "物质流与能流调查表",
        "1. 请填写“企业”“工序”“物流能流”三张表。灰底标题为必填，其余按所知填写。",
        "2. 每个工序（或全厂）每年每种投入或产出占一行。",
        "3. 数值旁请注明单位。有下拉列表的请从中选择；中英文均可识别。",
        f"4. 物料名称见“{MATERIALS}”表；表中没有的，请按贵企业的叫法填写。",
        "5. 已预填的行为此类企业常见的工序和物流：如贵企业有，请补填企业代码和数量；没有的行保持原样即可。",
        "6. 请注明每个数值的来源类型：实测、报表、推算或假设。如实的推算好过空白。",
        "7. “示例”表给出填写样例，不会被读取。",
        "8. 保密：见“保密级别”一栏。保密行的名称、价格和对象仅协调机构可见。",
        "9. 填好后请交回。如有不符，您会收到一份标出单元格的副本。",
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
    path, prefilled = Path(path), prefilled or {}
    with _book(path) as book:
        formats = formats_of(book)
        sheet = book.add_worksheet("说明" if lang == "zh" else "Instructions")
        sheet.set_column(0, 0, 110)
        for i, line in enumerate(_INSTRUCTIONS[lang]):
            sheet.write_string(i, 0, line, formats["title"] if i == 0 else formats["wrap"])
        made = _data_sheets(book, prefilled, lang, formats, formats["start"])
        _example(book.add_worksheet("示例" if lang == "zh" else "Example"), lang, formats)
        offer_all(Lists(book, lang, formats), made, prefilled)
    return path


@contextmanager
def _book(path: Path) -> Iterator[Any]:
    """Open a workbook to write; a place that cannot be written to is an error of the caller, told as such."""
    book = xlsxwriter.Workbook(str(path), {**XLSX_OPTIONS, "in_memory": True})
    yield book
    try:
        book.close()
    except (xlsxwriter.exceptions.XlsxFileError, OSError) as error:
        reason = getattr(error.args[0] if error.args else error, "strerror", None) or type(error).__name__
        problem = Problem("sheets.not_written", Where(path.name), values={"reason": reason})
        raise FileError((problem,)) from None


def _data_sheets(
    book: Any, rows: Mapping[Entity, Sequence[Mapping[str, Any]]], lang: Language, formats: Mapping[str, Any],
    style: Any = None,
) -> dict[Entity, Any]:  # fmt: skip
    """Write the sheet of each entity with its rows."""
    made: dict[Entity, Any] = {}
    for entity in ENTITIES:
        made[entity] = book.add_worksheet(SHEETS[entity][lang == "zh"])
        write_headings(made[entity], entity, lang, formats)
        write_rows(made[entity], entity, rows.get(entity, ()), lang, style)
    return made


def _example(sheet: Any, lang: Language, formats: Mapping[str, Any]) -> None:
    top = 0
    for entity in ENTITIES:
        sheet.write_string(top, 0, SHEETS[entity][lang == "zh"], formats["title"])
        for j, column in enumerate(columns(entity)):
            # the heading stands in words of its own, so that the sheet is not taken for data
            sheet.write_string(top + 1, j, f"· {column.label(lang)}", formats["help"])
        rows = examples(entity, lang)
        write_rows(sheet, entity, rows, lang, first=top + 2)
        top += len(rows) + 4
    sheet.set_column(0, max(len(columns(entity)) for entity in ENTITIES) - 1, 18)


def write_inventory(inventory: Inventory, path: str | Path, lang: Language) -> Path:
    """Write an inventory as a survey workbook; reading it again gives the same inventory."""
    path = Path(path)
    records = as_records(inventory)
    with _book(path) as book:
        formats = formats_of(book)
        made = _data_sheets(book, records, lang, formats)
        offer_all(Lists(book, lang, formats), made, records)
    return path


def write_marked(sheets: Sequence[Sheet], problems: Iterable[Problem], path: str | Path, lang: Language) -> Path:
    """Write a copy of a file as it was read, its faulty cells coloured and commented with problem and remedy.

    Sheets with the headings of a survey look like those of the template, so that the firm can go on filling them; the
    template's own lists are made anew. The copy holds values only; formulas, pictures and macros of the original do
    not come along.
    """
    path = Path(path)
    marks: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        marks.setdefault((problem.where.sheet, problem.where.cell), []).append(problem)
    headings = {id(sheet): heading for sheet in sheets if (heading := find_heading(sheet)) is not None}
    kept = [sheet for sheet in sheets if not headings or id(sheet) in headings or not _is_list(sheet)]
    with _book(path) as book:
        formats = formats_of(book)
        taken = {LISTS.lower(), MATERIALS.lower()} if headings else set()
        made = [book.add_worksheet(_sheet_name(sheet.name, i, taken)) for i, sheet in enumerate(kept)]
        for copy, sheet in zip(made, kept, strict=True):
            _copy(copy, sheet, headings.get(id(sheet)), marks, formats, lang)
        _hide(made, kept)
        if headings:
            _continue_lists(book, list(zip(made, kept, strict=True)), headings, formats, lang)
    return path


def _is_list(sheet: Sheet) -> bool:
    """Whether a sheet is one of the template's lists, which are made anew."""
    if sheet.name != LISTS:
        return sheet.name == MATERIALS
    return {str(cell) for row in sheet.rows for cell in row if not is_blank(cell)} <= listed_words()


def _language_of(sheet: Sheet, heading: Heading, lang: Language) -> Language:
    """Return the language of a sheet's headings; ``lang`` where they are the keys of the dictionary."""
    said = {key: str(sheet.cell(heading.row, j)) for key, j in heading.cells.items()}
    if any(map(is_chinese, said.values())):
        return "zh"
    return lang if all(key == text for key, text in said.items()) else "en"


def _copy(
    made: Any, sheet: Sheet, heading: Heading | None, marks: dict[tuple[str, str], list[Problem]],
    formats: Mapping[str, Any], lang: Language,
) -> None:  # fmt: skip
    """Write the cells of a sheet, with its look and its marks."""
    styles = _styles(sheet, heading, formats)
    if heading is not None:
        has_help = _has_help(sheet, heading)
        dress(made, heading.entity, _language_of(sheet, heading, lang), heading.cells, heading.row, has_help)
    for i, row in enumerate(sheet.rows):
        for j, cell in enumerate(row):
            found = marks.pop((sheet.name, sheet.where(i, j).cell), []) if marks else []
            style = styles.get((i, j))
            if found:
                worst = "bad" if any(p.severity == "error" for p in found) else "warn"
                style = formats[worst]
                made.write_comment(i, j, _comment(found, lang), {"x_scale": 2.5, "y_scale": 1.6})
                if cell is None or cell == "":
                    made.write_blank(i, j, None, style)
            write_cell(made, i, j, cell, style)
    _remaining(made, sheet, marks, formats, lang)


def _has_help(sheet: Sheet, heading: Heading) -> bool:
    return heading.row + 1 < len(sheet.rows) and is_help(sheet.rows[heading.row + 1], heading)


def _styles(sheet: Sheet, heading: Heading | None, formats: Mapping[str, Any]) -> dict[tuple[int, int], Any]:
    """Return the formats of the cells of headings and help."""
    if heading is None:
        return {}
    kinds = {c.key: style_of(c) for c in columns(heading.entity)}
    styles = {(heading.row, j): formats[kinds[key]] for key, j in heading.cells.items()}
    if _has_help(sheet, heading):
        styles |= {(heading.row + 1, j): formats["help"] for j in heading.cells.values()}
    return styles


def _hide(made: Sequence[Any], sheets: Sequence[Sheet]) -> None:
    """Hide what was hidden, as long as a sheet is left to be seen."""
    seen = [copy for copy, sheet in zip(made, sheets, strict=True) if not sheet.hidden]
    if seen and len(seen) < len(made):
        seen[0].activate()
        seen[0].set_first_sheet()
        for copy in made:
            if copy not in seen:
                copy.hide()


def _continue_lists(
    book: Any, copies: Sequence[tuple[Any, Sheet]], headings: Mapping[int, Heading], formats: Mapping[str, Any],
    lang: Language,
) -> None:  # fmt: skip
    """Give the sheets with headings of a survey its drop-down lists, in the language of the first."""
    ours = [(copy, sheet, headings[id(sheet)]) for copy, sheet in copies if id(sheet) in headings]
    lists = Lists(book, _language_of(*ours[0][1:], lang), formats)
    for copy, sheet, heading in ours:
        top = heading.row + 1 + _has_help(sheet, heading)
        lists.offer(copy, heading.entity, heading.cells, top, len(sheet.rows) + ROWS_WITH_LISTS)


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
