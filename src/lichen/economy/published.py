"""Chinese provincial and national input-output tables as published: read by what their headers mean.

Competitive tables (one row a sector, imports and inflow as columns) keep the treatment "as published", with imports and
inflow negative. Non-competitive tables (a domestic and an import block) become "domestic" with imported flows apart.
Subtotals are checked against their parts and left out. What is odd is a finding and never silently changed.
"""

from __future__ import annotations

import csv
import functools
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np

from lichen.economy import _published_findings as findings
from lichen.economy._cells import Cells
from lichen.economy._published_layout import LEAF_ROLES, PARTS, Layout, bare, find_layout, has_table
from lichen.economy.table import Origin, Table
from lichen.errors import FileError, InputError, Problem, Where
from lichen.labelled import Array
from lichen.sheets import Sheet, find_sheet, read_sheets

_VALUE_ADDED = ("compensation", "production_tax", "depreciation", "surplus")
_SIGNED = ("import", "inflow", "error")
_USUAL = {"import": -1.0, "inflow": -1.0, "error": 1.0}
_UNITS = {"万元": "10000 CNY", "亿元": "100000000 CNY", "百万元": "1000000 CNY", "元": "CNY"}
_SPARE_SIGNS = str.maketrans("", "", "、,，;；()（）和与及的")


def read_published(
    path: str | Path, sheet: str | None = None, *, region: str = "", year: int = 0, unit: str = "",
    blank_is_zero: bool = False,
) -> Table:  # fmt: skip
    """Read one published table.

    Parameters
    ----------
    path
        Workbook or CSV.
    sheet
        Name of the sheet; needed if several sheets hold a table.
    region, year, unit
        What the sheet does not say; where it does, what is given here wins.
    blank_is_zero
        Take empty cells inside the table as 0, with a finding that counts them; otherwise each is an error.

    Returns
    -------
    Table
        Labels are two-digit codes where the names are those of a known classification, else the names.

    Raises
    ------
    FileError
        The file cannot be opened, or the sheet holds no published table.
    InputError
        With every cell, row and column that cannot be used.
    """
    sheets = read_sheets(path, None if sheet is None else [sheet])
    if sheet is None:
        with_table = [s for s in sheets if has_table(s)]
        if len(with_table) > 1:
            names = [s.name for s in with_table]
            raise FileError((Problem("sheets.choose", Where(sheets[0].file), values={"names": names}),))
        chosen = with_table[0] if with_table else max(sheets, key=lambda s: len(s.rows))
    else:
        chosen = find_sheet(sheets, sheet)
    return published_table(chosen, region=region, year=year, unit=unit, blank_is_zero=blank_is_zero)


def published_sheets(path: str | Path) -> tuple[str, ...]:
    """Return the names of the sheets of a file that hold a published table."""
    return tuple(sheet.name for sheet in read_sheets(path) if has_table(sheet))


def read_all_published(path: str | Path) -> dict[str, Table]:
    """Return all published tables of a file by the name of their sheet, opening the file once."""
    return {sheet.name: published_table(sheet) for sheet in read_sheets(path) if has_table(sheet)}


def published_table(
    sheet: Sheet, *, region: str = "", year: int = 0, unit: str = "", blank_is_zero: bool = False
) -> Table:
    """Return the published table on a sheet; see :func:`read_published`."""
    cells = Cells(sheet, blank_is_zero=blank_is_zero)
    layout = find_layout(cells)
    if layout is None:
        filled = sum(cell is not None for row in sheet.rows for cell in row)
        raise FileError((Problem("published.no_table", sheet.place, values={"filled": filled}),))
    for name in ("sectors", "output", "value_added"):
        if not _has(layout, name):
            cells.add(f"published.no_{name}", layout.header, 0)
    cells.finish(InputError)
    parts = _Parts(cells, layout)
    origin, found_unit = _origin(cells, layout, region, year)
    labels, classification = _labels(cells, layout)
    block = _numbers(parts, blank_is_zero)
    final, signs = _signed(parts, block)
    table = Table(
        labels, block.flows, final, parts.leaves, tuple(LEAF_ROLES[leaf] for leaf in parts.leaves),
        block.added, parts.added, block.output, unit or found_unit, (),
        "domestic" if parts.imported_rows else "as published", block.imported_flows, block.imported_final,
        replace(origin, classification=classification), (), False,
    )  # fmt: skip
    findings.about_place(cells, layout, unit or found_unit, table.origin)
    findings.about_numbers(cells, layout, table, parts.sector_rows, parts.columns, signs)
    findings.about_totals(cells, layout, parts.sector_rows, table)
    cells.problems.extend(sheet.notes)
    return replace(table, findings=cells.finish(InputError), copy=False)


def _has(layout: Layout, name: str) -> bool:
    return {
        "sectors": bool(layout.sector_columns and layout.sector_rows),
        "output": "output" in layout.columns,
        "value_added": any(row in layout.rows for row in (*_VALUE_ADDED, "value_added")),
    }[name]


# --- which rows and columns --------------------------------------------------------------------------------------


class _Parts:
    """Rows and columns to read: sectors matched, leaves of final demand and value added chosen."""

    def __init__(self, cells: Cells, layout: Layout) -> None:
        self.cells, self.layout = cells, layout
        self.columns = layout.sector_columns
        self.sector_rows = _matched(cells, layout)
        self.imported_rows = _imported(cells, layout)
        cells.finish(InputError)
        self.leaves = _leaves([name for name in layout.columns if name in LEAF_ROLES], layout.columns)
        self.added = _leaves([name for name in (*_VALUE_ADDED, "value_added") if name in layout.rows], layout.rows)


def _leaves(names: Sequence[str], given: dict[str, int]) -> tuple[str, ...]:
    """Return the names without those whose parts are given too."""
    return tuple(name for name in names if not any(part in given for part in PARTS.get(name, ())))


def _matched(cells: Cells, layout: Layout) -> list[int]:
    """Return the rows of the sectors in the order of the columns: by code, by name, or by place."""
    rows, n = layout.sector_rows, len(layout.sector_columns)
    if len(rows) != n:
        cells.add("published.not_square", layout.header, layout.left, rows=len(rows), columns=n)
        return rows
    for by, columns in ((layout.row_codes, layout.column_codes), (layout.row_names, layout.column_names)):
        keys = [key.lstrip("0") for key in by]
        wanted = [key.lstrip("0") for key in columns]
        if all(keys) and len(set(keys)) == n and set(keys) == set(wanted):
            order = [keys.index(key) for key in wanted]
            break
    else:
        order = list(range(n))
        cells.add("published.by_place", layout.header, layout.left, "warning")
    if order != sorted(order):
        cells.add("published.reordered", layout.header, layout.left, "note")
    layout.row_names = [layout.row_names[i] for i in order]
    layout.row_codes = [layout.row_codes[i] for i in order]
    pairs = zip(layout.row_names, layout.column_names, strict=True)
    if differ := [f"{a} ≠ {b}" for a, b in pairs if a and b and a != b]:
        cells.add("published.names_differ", layout.header, layout.left, "warning", names=differ)
    return [rows[i] for i in order]


def _imported(cells: Cells, layout: Layout) -> list[int]:
    """Return the rows of imported flows in the order of the domestic ones as they stand on the sheet."""
    rows = layout.imported_rows
    if rows and len(rows) != len(layout.sector_columns):
        cells.add("published.not_square", rows[0], layout.left, rows=len(rows), columns=len(layout.sector_columns))
    return rows


# --- numbers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Block:
    """Numbers as they stand: Z ``(n, n)``, F ``(n, k)``, V ``(p, n)``, x ``(n,)``, imported flows [unit/a]."""

    flows: Array
    final: Array
    added: Array
    output: Array
    imported_flows: Array | None = None
    imported_final: Array | None = None


def _numbers(parts: _Parts, blank_is_zero: bool) -> _Block:
    cells, layout = parts.cells, parts.layout
    final = [layout.columns[leaf] for leaf in parts.leaves]
    columns = [*parts.columns, *final]
    n, k = len(parts.columns), len(final)

    def rows(numbers: Sequence[int], wanted: list[int]) -> Array:
        return np.array([cells.numbers(row, wanted) for row in numbers]).reshape(len(numbers), len(wanted))

    main = rows(parts.sector_rows, columns)
    added = rows([layout.rows[name] for name in parts.added], parts.columns)
    output = rows(parts.sector_rows, [layout.columns["output"]])[:, 0]
    imported = rows(parts.imported_rows, columns) if parts.imported_rows else None
    if blank_is_zero and cells.blanks:
        cells.add("published.blanks", layout.header, layout.left, "warning", count=cells.blanks)
    cells.finish(InputError)
    if imported is None:
        return _Block(main[:, :n], main[:, n:], added, output)
    return _Block(main[:, :n], main[:, n : n + k], added, output, imported[:, :n], imported[:, n:])


def _signed(parts: _Parts, block: _Block) -> tuple[Array, dict[str, float]]:
    """Return final demand with the signs of imports, inflow and error under which the rows add up best."""
    present = [name for name in _SIGNED if name in parts.leaves]
    rest = block.flows.sum(axis=1) - block.output
    at = {name: parts.leaves.index(name) for name in present}
    others = [i for i in range(len(parts.leaves)) if i not in at.values()]
    rest = rest + block.final[:, others].sum(axis=1)
    best, least = dict.fromkeys(present, 1.0), np.inf
    choices = sorted(
        itertools.product((1.0, -1.0), repeat=len(present)),
        key=lambda signs: sum(sign != _USUAL[name] for sign, name in zip(signs, present, strict=True)),
    )
    for signs in choices:
        gap = rest + sum((s * block.final[:, at[name]] for s, name in zip(signs, present, strict=True)), 0.0 * rest)
        size = float(np.abs(gap).sum())
        if size < least - 1e-9 * float(np.abs(block.output).sum()) or least == np.inf:
            best, least = dict(zip(present, signs, strict=True)), size
    final = block.final.copy()
    for name, sign in best.items():
        final[:, at[name]] *= sign
    return final + 0.0, best


# --- labels and origin -------------------------------------------------------------------------------------------


def _labels(cells: Cells, layout: Layout) -> tuple[tuple[str, ...], str]:
    """Return the labels of the sectors, and the name of their classification if it is known."""
    names = [a or b for a, b in zip(layout.column_names, layout.row_names, strict=True)]
    codes = [a or b for a, b in zip(layout.column_codes, layout.row_codes, strict=True)]
    classification, known = _classified(names)
    if classification:
        odd = [f"{name} → {wanted}" for name, (_, wanted) in zip(names, known, strict=True) if name != bare(wanted)]
        if odd:
            cells.add("published.other_words", severity="note", classification=classification, names=odd)
        return tuple(code for code, _ in known), classification
    usable = all(names) and len(set(names)) == len(names)
    cells.add("published.no_classification", severity="note", count=len(names))
    return tuple(names if usable else codes), ""


def _classified(names: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
    """Return the classification of as many sectors whose names, in order, agree in nine of ten or more."""
    best, share = "", 0.9
    for name, sectors in _vocabulary().items():
        if len(sectors) == len(names):
            pairs = zip(names, sectors, strict=True)
            same = sum(_core(a) == _core(bare(b)) for a, (_, b) in pairs) / max(len(names), 1)
            if same >= share:
                best, share = name, same
    return best, _vocabulary()[best] if best else []


def _core(name: str) -> str:
    return name.translate(_SPARE_SIGNS)


@functools.cache
def _vocabulary() -> dict[str, list[tuple[str, str]]]:
    """Return the classifications of the vocabulary: name → (code, Chinese name) in order."""
    path = files("lichen.vocabulary") / "data" / "sectors.csv"
    found: dict[str, list[tuple[str, str]]] = {}
    for line in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        found.setdefault(line["classification"], []).append((line["code"], line["name_zh"]))
    return found


def _origin(cells: Cells, layout: Layout, region: str, year: int) -> tuple[Origin, str]:
    """Return what the lines above the table say of region, year, prices, maker; and the unit."""
    above = [bare(cell) for row in cells.sheet.rows[: layout.header] for cell in row if isinstance(cell, str)]
    title = next((m for t in above if (m := re.search(r"(\D*?)(\d{4})年.*投入产出(?:表|基本流量表)", t))), None)
    maker = next((m[1] for t in above if (m := re.search(r"制表单位[:：](.+)", t))), "")
    unit = next((m[1] for t in above if (m := re.search(r"单位[:：](万元|亿元|百万元|元)", t)) and "制表" not in t), "")
    prices = next((m[1] for t in above if (m := re.search(r"按(当年生产者价格|生产者价格|购买者价格)计算", t))), "")
    found_region = title[1] if title else ""
    sheet = f"sheet {cells.sheet.name}, " if cells.sheet.name else ""
    source = f"{maker + ': ' if maker else ''}{title[0] if title else 'published table'} ({sheet}{cells.sheet.file})"
    note = f"prices: {prices}" if prices else ""
    origin = Origin(region or found_region, year or int(title[2] if title else 0), "", "reported", source, note)
    return origin, _UNITS.get(unit, "")
