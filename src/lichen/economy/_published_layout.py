"""Where things stand on the sheet of a published Chinese table: found by what the headers mean, never by position."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from lichen.economy._cells import Cells, label_of
from lichen.economy.table import Role
from lichen.numerals import parse_number
from lichen.sheets import Cell, Sheet, is_blank

COLUMNS: dict[str, tuple[str, ...]] = {
    "intermediate_total": ("tiu", "中间使用合计", "中间使用", "中间需求合计"),
    "rural_households": ("fu101", "rural", "农村", "农村消费", "农村居民", "农村居民消费", "农村居民消费支出"),
    "urban_households": ("fu102", "urban", "城镇", "城镇消费", "城镇居民", "城镇居民消费", "城镇居民消费支出"),
    "households": ("居民消费", "居民消费支出", "居民"),
    "households_total": ("thc", "居民消费支出合计", "居民消费支出小计", "居民消费合计", "居民消费小计"),
    "government": ("fu103", "gov", "政府", "政府消费", "政府消费支出"),
    "consumption": ("tc", "最终消费", "最终消费支出", "最终消费合计", "最终消费支出合计"),
    "fixed_capital": ("fu201", "gfcf", "固定资本形成", "固定资本形成总额"),
    "inventory": ("fu202", "inv", "存货增加", "存货变动"),
    "investment": ("gcf", "资本形成总额", "资本形成合计", "资本形成总额合计"),
    "export": ("ex", "exp", "出口"),
    "outflow": ("outflow", "调出", "流出", "省外调出", "国内省外流出", "国内省外调出", "省外流出", "流出省外"),
    "net_outflow": ("净调出", "净流出", "国内省外净流出"),
    "final_total": ("tfu", "最终使用合计", "最终使用"),
    "import": ("im", "imp", "进口"),
    "inflow": ("inflow", "调入", "流入", "省外购入", "国内省外流入", "国内省外调入", "省外流入", "省外调入"),
    "error": ("err", "其他", "误差", "误差项", "统计误差"),
    "output": ("go", "x", "总产出"),
}
ROWS: dict[str, tuple[str, ...]] = {
    "intermediate_total": ("tii", "中间投入合计", "中间投入"),
    "compensation": ("va001", "va_labour", "劳动者报酬", "劳动报酬"),
    "production_tax": ("va002", "va_nettax", "生产税净额"),
    "depreciation": ("va003", "va_depr", "固定资产折旧"),
    "surplus": ("va004", "va_surplus", "营业盈余"),
    "value_added": ("tva", "增加值合计", "增加值"),
    "input_total": ("ti", "总投入"),
}
LEAF_ROLES: dict[str, Role] = {
    "rural_households": "consumption", "urban_households": "consumption", "households": "consumption",
    "government": "consumption", "consumption": "consumption", "fixed_capital": "investment",
    "inventory": "inventory", "investment": "investment", "export": "export", "outflow": "outflow",
    "net_outflow": "outflow", "import": "import", "inflow": "inflow", "error": "error",
}  # fmt: skip
"""Columns that make up final demand; ``consumption`` and ``investment`` only where their parts are not printed."""
PARTS = {
    "households_total": ("rural_households", "urban_households"),
    "consumption": ("rural_households", "urban_households", "households", "government"),
    "investment": ("fixed_capital", "inventory"),
    "value_added": ("compensation", "production_tax", "depreciation", "surplus"),
}
_GROUPS = (("居民消费", "households_total"), ("最终消费", "consumption"), ("资本形成", "investment"),
           ("最终使用", "final_total"), ("中间使用", "intermediate_total"))  # fmt: skip
_DESCRIPTORS = ("description", "descriptioninchinese", "name", "名称", "部门名称")
_DOMESTIC, _IMPORTED = ("domestic", "国内"), ("imports", "imported", "进口")


def bare(cell: Cell) -> str:
    """Return a text without any blanks, full-width signs made plain, in lower case; numbers give an empty text."""
    if not isinstance(cell, str) or len(cell) > 300:
        return ""
    return "".join(unicodedata.normalize("NFKC", cell).split()).lower()


_COLUMN_OF = {spelling: name for name, spellings in COLUMNS.items() for spelling in spellings}
_ROW_OF = {spelling: name for name, spellings in ROWS.items() for spelling in spellings}


@dataclass
class Layout:
    """Rows and columns of a published table, counted from 0.

    Parameters
    ----------
    header
        Row of the codes, or of the names where there are no codes.
    left
        First column of numbers.
    columns, rows
        Meaning → column or row: keys of :data:`COLUMNS` and :data:`ROWS`.
    sector_columns, sector_rows, imported_rows
        Positions of the sectors, in the order of the sheet.
    column_names, column_codes, row_names, row_codes
        What stands beside them; empty texts where nothing does.
    """

    header: int
    left: int
    columns: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    sector_columns: list[int] = field(default_factory=list)
    sector_rows: list[int] = field(default_factory=list)
    imported_rows: list[int] = field(default_factory=list)
    column_names: list[str] = field(default_factory=list)
    column_codes: list[str] = field(default_factory=list)
    row_names: list[str] = field(default_factory=list)
    row_codes: list[str] = field(default_factory=list)
    top: int = 0

    @property
    def right(self) -> int:
        """Last column of the table."""
        return max([*self.columns.values(), *self.sector_columns], default=self.left)

    @property
    def bottom(self) -> int:
        """Last row of the table."""
        return max([*self.rows.values(), *self.sector_rows], default=self.header)


def has_table(sheet: Sheet) -> bool:
    """Whether a sheet has the header of a published table: sectors, output, and an intermediate or final total."""
    return _anchor(sheet) is not None


def _anchor(sheet: Sheet) -> tuple[int, bool] | None:
    """Return the header row and whether it is a row of codes; None if there is no header."""
    for number, row in enumerate(sheet.rows):
        if _has_code_word(row) and _meanings_above(sheet, number) >= 3:
            return number, True
        known = {_COLUMN_OF.get(bare(cell), "") for cell in row if isinstance(cell, str)} - {""}
        following = range(number, min(number + 9, len(sheet.rows)))
        if "output" in known and len(known) >= 3 and not any(_has_code_word(sheet.rows[r]) for r in following):
            return _last_header_row(sheet, following)
    return None


def _has_code_word(row: Sequence[Cell]) -> bool:
    return any(bare(cell) in ("代码", "code") for cell in row[:5])


def _last_header_row(sheet: Sheet, rows: Sequence[int]) -> tuple[int, bool] | None:
    """Return the row above the first row of numbers, or that row itself if its numbers are codes (1, 2, 3)."""
    for number in rows:
        found = [x for cell in sheet.rows[number] if isinstance(x := parse_number(cell, "."), float)]
        if len(found) >= 3:
            coded = found[:3] == [1.0, 2.0, 3.0]
            return (number, True) if coded else (number - 1, False) if number > rows[0] else None
    return None


def _meanings_above(sheet: Sheet, number: int) -> int:
    """Count the different meanings of columns in a code row and the header rows above it."""
    known = {_COLUMN_OF.get(bare(c), "") for row in sheet.rows[max(0, number - 8) : number + 1] for c in row}
    return len(known - {""})


def find_layout(cells: Cells) -> Layout | None:
    """Return where the table stands, or None if the sheet has none; doubtful rows and columns become problems."""
    anchor = _anchor(cells.sheet)
    if anchor is None:
        return None
    header, coded = anchor
    layout = Layout(header, _left(cells.sheet, header, coded))
    layout.top = _top(cells.sheet, header)
    _find_columns(cells, layout, coded)
    _find_rows(cells, layout, coded)
    return layout


def _top(sheet: Sheet, header: int) -> int:
    """Return the first header row: the highest of the rows above the codes that names a part of the table."""
    words = ("中间使用", "最终使用", "总产出", "最终消费")
    above = [r for r in range(max(0, header - 8), header) if any(bare(c) in words for c in sheet.rows[r])]
    return min(above, default=header)


def _left(sheet: Sheet, header: int, coded: bool) -> int:
    """Return the first column of numbers."""
    row = sheet.rows[header]
    if not coded:
        return next(c for c in range(1, len(row)) if not is_blank(row[c]))
    above = sheet.rows[_top(sheet, header) : header]
    starts = [c for r in above for c, cell in enumerate(r) if bare(cell) == "中间使用"]
    digits = [c for c, cell in enumerate(row) if re.fullmatch(r"[0-9]+", label_of(cell))]
    return min([*starts, *digits], default=1)


# --- columns -----------------------------------------------------------------------------------------------------


def _find_columns(cells: Cells, layout: Layout, coded: bool) -> None:
    sheet = cells.sheet
    rows = sheet.rows[layout.top : layout.header + (not coded or layout.top == layout.header)]
    width = max(len(row) for row in rows)
    for column in range(layout.left, width):
        name, meaning = _head(rows, column, layout.left)
        code = label_of(sheet.cell(layout.header, column)) if coded else ""
        if meaning and meaning not in layout.columns:
            layout.columns[meaning] = column
        elif meaning:
            cells.add("published.twice", layout.header, column, found=name, first=meaning)
        elif not layout.columns and (name or code):
            layout.sector_columns.append(column)
            layout.column_names.append("" if name == code else name)
            layout.column_codes.append(code)
        elif name or _filled(sheet, layout.header + 1, column):
            cells.add("published.unknown_column", layout.header, column, found=name or "–")
        if "output" in layout.columns:
            for later in range(column + 1, width):
                if _head(rows, later, layout.left)[1] == "output":
                    cells.add("published.twice", layout.header, later, found="总产出", first="output")
            return
    cells.add("published.no_output", layout.header, 0)


def _head(rows: Sequence[Sequence[Cell]], column: int, left: int) -> tuple[str, str]:
    """Return the lowest text above a column and its meaning; 小计 and 合计 take their meaning from their group."""
    own = [bare(row[column]) if column < len(row) else "" for row in rows]
    depth = max((i for i, text in enumerate(own) if text), default=-1)
    if depth < 0:
        return "", ""
    if own[depth] not in ("小计", "合计"):
        return own[depth], _COLUMN_OF.get(own[depth], "")
    for row in reversed(rows[: depth + 1]):
        before = (bare(row[c]) for c in range(min(column, len(row) - 1), left - 1, -1))
        group = next((text for text in before if text and text not in ("小计", "合计")), "")
        for word, meaning in _GROUPS:
            if group.startswith(word):
                return own[depth], meaning
    return own[depth], ""


def _filled(sheet: Sheet, start: int, column: int) -> bool:
    return any(not is_blank(sheet.cell(row, column)) for row in range(start, len(sheet.rows)))


# --- rows --------------------------------------------------------------------------------------------------------


def _find_rows(cells: Cells, layout: Layout, coded: bool) -> None:
    sheet = cells.sheet
    code_column = _code_column(sheet, layout) if coded else -1
    origin_column = _column_called(sheet, layout, ("origin", "来源"))
    names = [c for c in range(layout.left) if c not in (code_column, origin_column)]
    for row in range(layout.header + 1, len(sheet.rows)):
        texts = [sheet.cell(row, c) for c in names if not is_blank(sheet.cell(row, c))]
        name = bare(texts[-1]) if texts else ""
        code = label_of(sheet.cell(row, code_column)) if code_column >= 0 else ""
        meaning = _ROW_OF.get(name) or _ROW_OF.get(code.lower())
        if meaning and meaning not in layout.rows:
            layout.rows[meaning] = row
        elif meaning:
            cells.add("published.twice", row, 0, found=name or code, first=meaning)
        elif not layout.rows and (name or code):
            _sector_row(cells, layout, row, name, code, bare(sheet.cell(row, origin_column)))
        elif name or code:
            cells.add("published.unknown_row", row, 0, found=name or code)
        elif not layout.rows and any(not is_blank(cell) for cell in sheet.rows[row]):
            cells.add("published.unnamed_row", row, layout.left)
        if "input_total" in layout.rows:
            return


def _sector_row(cells: Cells, layout: Layout, row: int, name: str, code: str, origin: str) -> None:
    if origin in _IMPORTED:
        layout.imported_rows.append(row)
        return
    if origin and origin not in _DOMESTIC:
        cells.add("published.origin", row, 0, found=origin)
    layout.sector_rows.append(row)
    layout.row_names.append(name)
    layout.row_codes.append(code)


def _column_called(sheet: Sheet, layout: Layout, names: tuple[str, ...]) -> int:
    row = sheet.rows[layout.header]
    return next((c for c in range(min(layout.left, len(row))) if bare(row[c]) in names), -1)


def _code_column(sheet: Sheet, layout: Layout) -> int:
    """Return the column of the rows' codes: the one headed so beside descriptions, else the one with most numbers."""
    if _column_called(sheet, layout, _DESCRIPTORS) >= 0:
        return _column_called(sheet, layout, ("code", "代码"))
    counts = [
        sum(isinstance(parse_number(sheet.cell(r, c)), float) for r in range(layout.header + 1, len(sheet.rows)))
        for c in range(layout.left)
    ]
    most = max(counts, default=0)
    return counts.index(most) if most else -1
