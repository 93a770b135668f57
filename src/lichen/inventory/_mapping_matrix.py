"""Matrices in mapping files, such as an energy balance: each cell is a flow of its row, of its column's material."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lichen.inventory._mapping_file import MappingFile, Matrix, MatrixColumn, MatrixRow
from lichen.inventory._mapping_read import Reader, joined
from lichen.inventory._mapping_rows import Built, number_of
from lichen.inventory._mapping_values import Opened, Ref, Spot, column_of, plain, text_of
from lichen.inventory.dictionary import columns
from lichen.labelled import suggest

_KEYS = ("labels", "units", "begin", "end", "total", "leave_out_rows", "leave_out_columns", "row", "column")
_COLUMN = ("unit", "times", "stated", "optional")
CLOSE = 2e-3
"""How far rows may be from their total, of the total [1]: printed figures are rounded."""


# --- reading the mapping file ---------------------------------------------------------------------------------------


def read_matrix(reader: Reader, made: MappingFile) -> Matrix:
    """Return what ``[matrix]`` says; problems go to the reader."""
    data = reader.table(reader.data, "matrix", "")
    reader.known(data, "matrix", _KEYS)
    if len(made.flows) != 1:
        reader.missing("", "[[flow]]", "A matrix has one, with what all its flows have in common.",
                       "矩阵须有且只有一个，写明所有流的共同内容。")  # fmt: skip
    if made.heading == (0,):
        reader.wrong(0, "read.heading", "a row: a matrix has headings", "行号：矩阵须有标题行")
    rows = tuple(_row(reader, label, given) for label, given in reader.table(data, "row", "matrix").items())
    heads = tuple(_column(reader, label, given) for label, given in reader.table(data, "column", "matrix").items())
    for name, some in (("row", rows), ("column", heads)):
        if not some:
            reader.missing("matrix", name)
    begin, end, total = (plain(reader.text(data, name, "matrix")) for name in ("begin", "end", "total"))
    left = (_left_out(reader, data, "leave_out_rows"), _left_out(reader, data, "leave_out_columns"))
    matrix = Matrix(
        _labels(reader, data), reader.whole(data, "units", "matrix"), begin, end, total, rows, heads, *left
    )  # fmt: skip
    shared = made.flows[0].fields if made.flows else reader.everywhere
    for row in rows:
        reader.required("firm", {**made.firm, **row.firm}, row.key)
        if process := {**made.process, **row.process}:
            reader.required("process", process, row.key)
    for column in heads if made.flows else ():
        reader.required("flow", {**shared, **column.flow, **(rows[0].flow if rows else {})}, column.key)
    return matrix


def _labels(reader: Reader, data: Mapping[str, Any]) -> Ref:
    if not data.get("labels"):
        reader.missing("matrix", "labels")
        return Ref("letter", "A", "@A")
    pieces = reader.pieces("{" + reader.text(data, "labels", "matrix").strip("{}") + "}", "matrix.labels")
    if pieces and isinstance(pieces[0], Ref) and pieces[0].kind in ("column", "letter"):
        return pieces[0]
    if pieces:
        reader.wrong(
            data.get("labels"), "matrix.labels", 'the column of the labels, e.g. "{@A}"', '标签所在列，如 "{@A}"'
        )
    return Ref("letter", "A", "@A")


def _left_out(reader: Reader, data: Mapping[str, Any], name: str) -> frozenset[str]:
    found = data.get(name, [])
    if not isinstance(found, list) or not all(isinstance(t, str) for t in found):
        reader.wrong(found, f"matrix.{name}", "a list of texts", "文字列表")
        return frozenset()
    return frozenset(map(plain, found))


def _flag(reader: Reader, given: Mapping[str, Any], key: str) -> bool:
    found = given.get("optional", False)
    if not isinstance(found, bool):
        reader.wrong(found, f"{key}.optional", "true or false", "true 或 false")
    return bool(found)


def _row(reader: Reader, label: str, given: Any) -> MatrixRow:
    key = joined("matrix.row", label)
    if not isinstance(given, Mapping):
        reader.wrong(given, key, "a table", "表")
        given = {}
    apart = ("process", "flow", "optional")
    firm = reader.fields("firm", {k: v for k, v in given.items() if k not in apart}, key, apart)
    process = reader.fields("process", reader.table(given, "process", key), f"{key}.process")
    flow = reader.fields("flow", reader.table(given, "flow", key), f"{key}.flow")
    return MatrixRow(key, label, _flag(reader, given, key), firm, process, flow)


def _column(reader: Reader, label: str, given: Any) -> MatrixColumn:
    key = joined("matrix.column", label)
    if not isinstance(given, Mapping):
        reader.wrong(given, key, "a table", "表")
        given = {}
    data = {k: v for k, v in given.items() if k not in _COLUMN}
    flow = dict(reader.fields("flow", data, key, _COLUMN))
    if "quantity" not in data:
        own = {c.key: c for c in columns("flow")}
        times = {"times": given["times"]} if "times" in given else {}
        flow["quantity"] = reader.value({"from": "{@value}", **times}, key, own["quantity"])
        if "unit" in given:
            flow["quantity unit"] = reader.value(given["unit"], joined(key, "unit"), own["quantity unit"])
    elif "unit" in given or "times" in given:
        reader.problems.add("mapping.twice", reader.where(joined(key, "quantity")), first=joined(key, "unit"))
    return MatrixColumn(key, label, _flag(reader, given, key), plain(reader.text(given, "stated", key)), flow)


# --- reading a sheet by it ------------------------------------------------------------------------------------------


def read_by_matrix(mapping: MappingFile, opened: Opened, built: Built) -> None:
    """Add the firms, processes and flows of a sheet that is a matrix."""
    matrix = mapping.matrix
    assert matrix is not None
    at = column_of(matrix.labels, opened)
    heads = _columns(matrix, opened, at, built)
    rows = dict(_rows(matrix, opened, at, built))
    rule = mapping.flows[0]
    for label, number in rows.items():
        row = next(r for r in matrix.rows if plain(r.label) == label)
        spot = Spot(opened, mapping.parts, number, at)
        firm = built.firm({**mapping.firm, **row.firm}, spot)
        if firm is None:
            continue
        process = built.process({**mapping.process, **row.process}, spot, firm)
        for column, j in heads:
            cell = replace(spot, column=j)
            built.flow({**rule.fields, **column.flow, **row.flow}, cell, firm, process, rule, "matrix")
    _check_total(matrix, opened, at, heads, rows, built)


def _columns(matrix: Matrix, opened: Opened, at: int, built: Built) -> list[tuple[MatrixColumn, int]]:
    """Return the mapped columns of a sheet; report labels that are new, and units that are others than stated."""
    found: list[tuple[MatrixColumn, int]] = []
    known = {plain(c.label): c for c in matrix.columns}
    sheet = opened.sheet
    for j, written in enumerate(opened.headings):
        label = plain(written)
        if not label or j == at or label in matrix.left_columns:
            continue
        if label not in known:
            near = suggest(written[:60], [c.label for c in matrix.columns]) or "–"
            where = sheet.where(opened.heading, j)
            built.told.problems.add("mapping.new_label", where, "warning", label=written[:60], near=near)
            continue
        column = known[label]
        unit = sheet.cell(opened.heading + matrix.units, j) if matrix.units else None
        if column.stated and plain(text_of(unit)).strip("()") != column.stated.strip("()"):
            built.told.problems.add("mapping.other_unit", sheet.where(opened.heading + matrix.units, j),
                                    found=text_of(unit)[:60], stated=column.stated, key=column.key)  # fmt: skip
            built.incomplete = True
            continue
        found.append((column, j))
    return found


def _rows(matrix: Matrix, opened: Opened, at: int, built: Built) -> Iterator[tuple[str, int]]:
    """Yield label and row of the mapped rows; report labels that are new, doubled or missing."""
    sheet = opened.sheet
    known = {plain(r.label): r for r in matrix.rows}
    seen: dict[str, int] = {}
    reading = not matrix.begin
    ended = False
    for number in range(opened.first, len(sheet.rows)):
        label = plain(text_of(sheet.cell(number, at)))
        if matrix.end and label == matrix.end and reading:
            ended = True
            break
        if reading and label in known and label in seen:
            built.told.problems.add("mapping.doubled_label", sheet.where(number, at), label=known[label].label,
                                    first=sheet.where(seen[label], at).cell)  # fmt: skip
        elif reading and label in known:
            seen[label] = number
            yield label, number
        elif reading and label and label not in matrix.left_rows:
            written = text_of(sheet.cell(number, at))[:60]
            built.told.problems.add("mapping.new_label", sheet.where(number, at), "warning", label=written,
                                    near=suggest(written, [r.label for r in matrix.rows]) or "–")  # fmt: skip
        reading = reading or label == matrix.begin
    missing = [("matrix.begin", matrix.begin)] if not reading else []
    missing += [("matrix.end", matrix.end)] if matrix.end and not ended and reading else []
    missing += (
        [(r.key, r.label) for r in matrix.rows if plain(r.label) not in seen and not r.optional] if reading else []
    )
    for key, label in missing:
        built.told.problems.add("mapping.no_label", built.told.where(key), label=label, sheet=sheet.place.text())
        built.incomplete = True


def _check_total(matrix: Matrix, opened: Opened, at: int, heads: list[tuple[MatrixColumn, int]],
                 rows: Mapping[str, int], built: Built) -> None:  # fmt: skip
    """Warn where the rows that are read do not add up to the row of totals."""
    if not matrix.total:
        return
    sheet = opened.sheet
    total = next((i for i in range(opened.first, len(sheet.rows))
                  if plain(text_of(sheet.cell(i, at))) == matrix.total), None)  # fmt: skip
    if total is None:
        built.told.problems.add("mapping.no_label", built.told.where("matrix.total"), label=matrix.total,
                                sheet=sheet.place.text())  # fmt: skip
        built.incomplete = True
        return
    for _, j in heads:
        numbers = [number_of(sheet.cell(i, j), opened.decimal) for i in (total, *rows.values())]
        stated, *given = [0.0 if n is None else n for n in numbers]
        found = math.fsum(given)
        if not math.isclose(found, stated, rel_tol=CLOSE, abs_tol=1e-9):
            built.told.problems.add("mapping.total", sheet.where(total, j), "warning", stated=f"{stated:g}",
                                    found=f"{found:g}", column=opened.headings[j])  # fmt: skip


def labels_of(matrix: Matrix) -> dict[str, tuple[str, str]]:
    """Return plain label → (label, key) of the columns that a sheet must have."""
    return {plain(c.label): (c.label, c.key) for c in matrix.columns if not c.optional}
