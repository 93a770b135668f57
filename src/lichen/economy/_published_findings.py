"""What is odd about a published table: each finding a note or a warning with its sheet, cell or sector."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from lichen.economy._cells import Cells
from lichen.economy._published_layout import PARTS, Layout, bare
from lichen.economy.table import Origin, Table
from lichen.labelled import Array
from lichen.sheets import cell_name, is_blank

CLOSE = 1e-9
"""Relative difference that counts as none."""
LOOSE = 1e-4
"""Relative difference beyond rounding: a warning, not a note."""
LARGE_ERROR = 0.05
"""Share of an error column in output that is worth a warning."""


def about_place(cells: Cells, layout: Layout, unit: str, origin: Origin) -> None:
    """Tell where the table stands, what lies around it, which codes are missing and which names are padded."""
    cells.add("published.starts", layout.sector_rows[0], layout.left, "note")
    for name, said in (("region", origin.region), ("year", origin.year), ("unit", unit)):
        if not said:
            cells.add(f"published.no_{name}", severity="warning")
    _around(cells, layout)
    missing = [cell_name(row, 0) for row, code in zip(layout.sector_rows, layout.row_codes, strict=True) if not code]
    if missing and (len(missing) < len(layout.sector_rows)):
        cells.add("published.missing_codes", layout.sector_rows[0], 0, "note", cells=missing)
    _padded(cells, layout)


def _around(cells: Cells, layout: Layout) -> None:
    """Count the filled cells right of and below the table, and numbers above it."""
    counts = {"right": 0, "below": 0, "above": 0}
    first: tuple[int, int] | None = None
    right, bottom = layout.right, layout.bottom
    for r, row in enumerate(cells.sheet.rows):
        inside = layout.top <= r <= bottom
        for c, cell in enumerate(row[right + 1 :] if inside else row, right + 1 if inside else 0):
            if cell is None or is_blank(cell) or (r < layout.top and isinstance(cell, str)):
                continue
            counts["right" if inside else "above" if r < layout.top else "below"] += 1
            first = first or (r, c)
    if first:
        cells.add("published.around", *first, "note", **counts)


def _padded(cells: Cells, layout: Layout) -> None:
    """Names with blanks or line breaks in them."""
    rows = [*layout.sector_rows, *layout.rows.values(), *range(layout.top, layout.header + 1)]
    odd = [
        (row, c) for row in rows for c, cell in enumerate(cells.sheet.rows[row][: layout.right + 1])
        if isinstance(cell, str) and any("一" <= sign <= "鿿" for sign in cell) and bare(cell) != cell.lower()
        and len(cell) < 60 and any(sign.isspace() for sign in cell)
    ]  # fmt: skip
    if odd:
        cells.add("published.padded", *odd[0], "note", count=len(odd), name=bare(cells.sheet.cell(*odd[0])))


def about_numbers(
    cells: Cells, layout: Layout, table: Table, rows: Sequence[int], columns: Sequence[int], signs: dict[str, float]
) -> None:
    """Tell zero outputs, negatives, a large error, columns of A above 1, and signs that were chosen."""
    if signs:
        added = [name for name, sign in signs.items() if sign > 0 and name in table.final_labels]
        taken = [name for name, sign in signs.items() if sign < 0]
        cells.add("published.signs", layout.header, layout.left, "note", added=added or "–", subtracted=taken or "–")
    zero = [label for label, x in zip(table.sectors, table.output, strict=True) if x == 0]
    if zero:
        cells.add("published.zero_output", layout.header, layout.left, "note", sectors=zero)
    used = table.intermediate.sum(axis=0)
    idle = [s for s, x, u in zip(table.sectors, table.output, used, strict=True) if x <= 0 < abs(u)]
    if idle:
        cells.add("published.inputs_without_output", layout.header, layout.left, "warning", sectors=idle)
    _negatives(cells, layout, table, rows, columns)
    at = layout.columns
    if at.get("outflow", at.get("export", 0)) < at.get("export", 0) or at.get("inflow", 999) < at.get("import", 0):
        cells.add("published.unusual_order", layout.header, min(at.get("outflow", 0), at.get("export", 0)), "warning")
    A = table.coefficients().sum(axis=0)
    for j in np.flatnonzero(A > 1 + CLOSE):
        values = {"sector": table.sectors[j], "total": f"{A[j]:.3f}"}
        cells.add("published.column_above_one", layout.header, columns[int(j)], "warning", **values)
    _error_share(cells, layout, table)


def _negatives(cells: Cells, layout: Layout, table: Table, rows: Sequence[int], columns: Sequence[int]) -> None:
    places = np.argwhere(table.intermediate < 0)
    if len(places):
        i, j = places[0]
        spots = [f"{table.sectors[a]}→{table.sectors[b]}" for a, b in places]
        cells.add("published.negative_flows", rows[i], columns[j], "warning", count=len(places), spots=spots)
    places = np.argwhere(table.value_added < 0)
    if len(places):
        i, j = places[0]
        spots = [f"{table.value_added_labels[a]} {table.sectors[b]}" for a, b in places]
        row = layout.rows[table.value_added_labels[i]]
        cells.add("published.negative_value_added", row, columns[j], "note", count=len(places), spots=spots)
    whole = [s for s, v in zip(table.sectors, table.value_added.sum(axis=0), strict=True) if v < 0]
    if whole:
        cells.add("published.negative_total_value_added", layout.header, layout.left, "warning", sectors=whole)


def _error_share(cells: Cells, layout: Layout, table: Table) -> None:
    at = table.columns("error")
    total = float(table.output.sum())
    if not at or not total:
        return
    error = table.final_demand[:, at[0]]
    share = float(np.abs(error).sum()) / total
    net = float(error.sum()) / total
    if share > CLOSE:
        worst = int(np.argmax(np.abs(error)))
        own = abs(error[worst]) / table.output[worst] if table.output[worst] else np.inf
        cells.add("published.error_share", layout.header, layout.columns["error"],
                  "warning" if share > LARGE_ERROR else "note", share=f"{share * 100:.3g} %",
                  net=f"{net * 100:.3g} %", sector=table.sectors[worst], own=f"{own * 100:.2g} %")  # fmt: skip


# --- sums --------------------------------------------------------------------------------------------------------


def about_totals(cells: Cells, layout: Layout, rows: Sequence[int], table: Table) -> None:
    """Compare row and column sums with output, and printed subtotals with their parts."""
    scale = np.maximum(np.abs(table.output), float(np.abs(table.output).mean()) or 1.0)
    _tell(cells, "row_gap", table, (table.intermediate.sum(axis=1) + table.final_total() - table.output) / scale)
    inputs = table.intermediate.sum(axis=0) + table.value_added.sum(axis=0)
    if table.imported_intermediate is not None:
        inputs = inputs + table.imported_intermediate.sum(axis=0)
    _tell(cells, "column_gap", table, (inputs - table.output) / scale)
    _column_subtotals(cells, layout, rows, table, scale)
    columns = list(layout.sector_columns)
    for name, parts in _row_totals(layout, [*rows, *layout.imported_rows]).items():
        printed = np.array(cells.numbers(layout.rows[name], columns))
        gap = (printed - np.sum([cells.numbers(row, columns) for row in parts], axis=0)) / scale
        _tell(cells, "subtotal", table, gap, f"row {name}", row=layout.rows[name], columns=columns)
    if "input_total" in layout.rows:
        printed = np.array(cells.numbers(layout.rows["input_total"], columns))
        _tell(cells, "input_output", table, (printed - table.output) / scale)


def _column_subtotals(cells: Cells, layout: Layout, rows: Sequence[int], table: Table, scale: Array) -> None:
    """Compare the printed total columns with the sums of their parts."""
    totals = _column_totals(layout)
    columns = sorted({layout.columns[n] for n in totals} | set(itertools.chain.from_iterable(totals.values())))
    at = {column: i for i, column in enumerate(columns)}
    numbers = np.array([cells.numbers(row, columns) for row in rows]).reshape(len(rows), len(columns))
    for name, parts in totals.items():
        gap = (numbers[:, at[layout.columns[name]]] - numbers[:, [at[p] for p in parts]].sum(axis=1)) / scale
        _tell(cells, "subtotal", table, gap, f"column {name}", layout.columns[name], rows)


def _column_totals(layout: Layout) -> dict[str, list[int]]:
    """Return printed total columns that have parts, and the columns of these parts."""
    at = layout.columns
    groups = ("households_total", "consumption", "investment")
    totals = {name: [at[p] for p in PARTS[name] if p in at] for name in groups}
    totals["intermediate_total"] = list(layout.sector_columns)
    big = [[at[name]] if name in at else totals.get(name, []) for name in ("consumption", "investment")]
    if "consumption" not in at:
        big[0] = [at[p] for p in PARTS["consumption"] if p in at]
    if "investment" not in at:
        big[1] = [at[p] for p in PARTS["investment"] if p in at]
    totals["final_total"] = [*big[0], *big[1], *(at[n] for n in ("export", "outflow", "net_outflow") if n in at)]
    return {name: parts for name, parts in totals.items() if parts and name in at}


def _row_totals(layout: Layout, sectors: Sequence[int]) -> dict[str, list[int]]:
    totals = {"intermediate_total": list(sectors), "value_added": [layout.rows[p] for p in PARTS["value_added"]
                                                                   if p in layout.rows]}  # fmt: skip
    return {name: parts for name, parts in totals.items() if parts and name in layout.rows}


def _tell(
    cells: Cells, code: str, table: Table, gap: Array, what: str = "", column: int = -1, rows: Sequence[int] = (),
    row: int = -1, columns: Sequence[int] = (),
) -> None:  # fmt: skip
    """Add a finding if the largest of the relative gaps is more than none."""
    worst = int(np.argmax(np.abs(gap)))
    size = abs(float(gap[worst]))
    if size <= CLOSE:
        return
    at_row = row if row >= 0 else rows[worst] if rows else -1
    at_column = column if column >= 0 else columns[worst] if columns else 0
    count = int((np.abs(gap) > CLOSE).sum())
    severity = "warning" if size > LOOSE else "note"
    values = {"what": what, "size": f"{size:.2g}", "sector": table.sectors[worst], "count": count}
    cells.add(f"published.{code}", at_row, at_column, severity, **values)
