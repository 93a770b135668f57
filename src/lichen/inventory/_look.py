"""How sheets of a survey look: headings, help, widths, drop-down lists, and the sheet of material names."""

from __future__ import annotations

import functools
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from lichen.errors import LANGUAGES, Language
from lichen.inventory.dictionary import ENTITIES, Column, Entity, columns
from lichen.inventory.prefill import usual_unit
from lichen.vocabulary.materials import Material, material, materials

LISTS = "Lists"
"""Name of the hidden sheet that the drop-down lists point to."""
MATERIALS = "Materials · 物料名称"
"""Name of the sheet of material names."""
ROWS_WITH_LISTS = 2000
"""Rows below those that are filled that carry drop-down lists."""
HEADING, HELP, FIRST = 0, 1, 2
LONGEST_CELL = 32_767
HIGH_HEADING, HIGH_HELP = 46, 76
"""Heights of the rows of headings and of help [points]; the second holds six lines."""
_HELP_LINES, _WIDEST = 6, 60
_FROZEN = 8
"""Last row of headings that is frozen: below it, frozen rows would leave no room on a screen."""


def formats_of(book: Any) -> dict[str, Any]:
    """Return the formats of a workbook by name."""
    head = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "wrap": book.add_format({"text_wrap": True}),
        "required": book.add_format({**head, "bg_color": "#D9DEE3"}),
        "optional": book.add_format({**head, "bg_color": "#F3F5F6"}),
        "help": book.add_format(
            {"italic": True, "font_color": "#5B6875", "text_wrap": True, "valign": "top", "font_size": 9}
        ),
        "start": book.add_format({"font_color": "#8A4B08"}),
        "bad": book.add_format({"bg_color": "#F8B9A0"}),
        "warn": book.add_format({"bg_color": "#FBE7B2"}),
    }


def style_of(column: Column) -> str:
    """Return the name of the format of a column's heading."""
    return "required" if column.field.required else "optional"


def write_headings(sheet: Any, entity: Entity, lang: Language, formats: Mapping[str, Any]) -> None:
    """Write headings and help into the first two rows, and give the sheet its look."""
    for j, column in enumerate(columns(entity)):
        sheet.write_string(HEADING, j, column.label(lang), formats[style_of(column)])
        write_cell(sheet, HELP, j, "" if column.is_unit else column.field.help(lang), formats["help"])
    dress(sheet, entity, lang, {c.key: j for j, c in enumerate(columns(entity))}, HEADING, True)


def dress(sheet: Any, entity: Entity, lang: Language, places: Mapping[str, int], row: int, has_help: bool) -> None:
    """Set widths, heights and frozen rows of a sheet whose headings stand in ``row``, columns at ``places`` by key."""
    for column in columns(entity):
        if column.key in places:
            sheet.set_column(places[column.key], places[column.key], _width(column, lang))
    sheet.set_row(row, HIGH_HEADING)
    if has_help:
        sheet.set_row(row + 1, HIGH_HELP)
    if row <= _FROZEN:
        sheet.freeze_panes(row + 1 + has_help, 2)


def _width(column: Column, lang: Language) -> float:
    """Return the width that holds a column's help in the lines that are there [characters]."""
    least = 14 if column.is_unit or column.field.type in ("number", "integer", "year") else 20
    text = "" if column.is_unit else column.field.help(lang)
    signs = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return min(max(least, math.ceil(signs / _HELP_LINES)), _WIDEST)


class Lists:
    """The sheet of material names and the hidden one of drop-down lists, at the end of a workbook."""

    def __init__(self, book: Any, lang: Language, formats: Mapping[str, Any]) -> None:
        self.lang: Language = lang
        self.names = _write_materials(book.add_worksheet(MATERIALS), lang, formats)
        self.sheet = book.add_worksheet(LISTS)
        self.sheet.hide()
        self.next = 0

    def offer(self, sheet: Any, entity: Entity, places: Mapping[str, int], first: int, last: int) -> None:
        """Give the cells of a sheet from row ``first`` to ``last`` the lists of their columns."""
        for column in columns(entity):
            source = self._source(column) if column.key in places else ""
            if source:
                j = places[column.key]
                # a warning, not a stop: other spellings are understood, and told if they are not
                sheet.data_validation(first, j, last, j, {
                    "validate": "list", "source": source, "error_type": "warning"})  # fmt: skip

    def _source(self, column: Column) -> str:
        """Return where the list of a column stands; empty if it has none."""
        if column.field.type == "material":
            return self.names
        words = [w for w in (column.field.units if column.is_unit else column.field.words(self.lang)) if w]
        if not words:
            return ""
        for i, word in enumerate(words):
            self.sheet.write_string(i, self.next, word)
        letter = xl_col_to_name(self.next)
        self.next += 1
        return f"={LISTS}!${letter}$1:${letter}${len(words)}"


def offer_all(lists: Lists, sheets: Mapping[Entity, Any], filled: Mapping[Entity, Sequence[Any]]) -> None:
    """Give sheets that begin with headings and help their lists."""
    for entity, sheet in sheets.items():
        places = {c.key: j for j, c in enumerate(columns(entity))}
        lists.offer(sheet, entity, places, FIRST, FIRST + len(filled.get(entity, ())) + ROWS_WITH_LISTS)


@functools.cache
def listed_words() -> frozenset[str]:
    """Return every word that the sheet of lists can hold, in any language."""
    every = [c for entity in ENTITIES for c in columns(entity)]
    choices = {w for c in every for lang in LANGUAGES for w in c.field.words(lang)}
    return frozenset(choices | {u for c in every for u in c.field.units})


def listed_materials() -> tuple[Material, ...]:
    """Return the materials whose names the survey offers: all that a flow may name."""
    return tuple(m for m in materials() if not m.group)


def _write_materials(sheet: Any, lang: Language, formats: Mapping[str, Any]) -> str:
    """Write the sheet of material names; return where the names in ``lang`` stand."""
    other: Language = "en" if lang == "zh" else "zh"
    heads = (
        ("物料名称", "英文名称", "类别", "常用单位") if lang == "zh" else ("Name", "Chinese name", "Kind", "Usual unit")
    )
    for j, (head, width) in enumerate(zip(heads, (36, 36, 28, 14), strict=True)):
        sheet.write_string(0, j, head, formats["optional"])
        sheet.set_column(j, j, width)
    listed = listed_materials()
    for i, m in enumerate(listed, start=1):
        above = material(m.parent).name(lang) if m.parent else ""
        for j, text in enumerate((m.name(lang), m.name(other), above, usual_unit(m, lang))):
            sheet.write_string(i, j, text)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(listed), len(heads) - 1)
    return f"='{MATERIALS}'!$A$2:$A${len(listed) + 1}"


class _Exact(float):
    """A number that is written with all its digits: a workbook written with sixteen would not read back the same."""

    def __format__(self, spec: str) -> str:
        return repr(float(self))


def write_cell(sheet: Any, row: int, column: int, value: Any, style: Any = None) -> None:
    """Write one value: text is never a formula or a link, a number keeps all its digits."""
    if value is None or value == "":
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        sheet.write_string(row, column, str(value)[:LONGEST_CELL], style)
    else:
        sheet.write_number(row, column, _Exact(value), style)


def write_rows(
    sheet: Any, entity: Entity, rows: Iterable[Mapping[str, Any]], lang: Language, style: Any = None, first: int = FIRST
) -> None:
    """Write rows by column key, from row ``first`` on; choices in ``lang``."""
    for i, row in enumerate(rows, start=first):
        for j, column in enumerate(columns(entity)):
            write_cell(sheet, i, j, _said(column, row.get(column.key), lang), style)


def _said(column: Column, value: Any, lang: Language) -> Any:
    """Return a stored value as its cell shows it: choices in the language of the sheet."""
    field = column.field
    if field.choices and not column.is_unit and value in field.choices:
        return field.words(lang)[field.choices.index(value)]
    return value
