"""Find the sheet, the headings and the signs of numbers of a foreign file that a mapping file speaks of."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from lichen.errors import FileError, Problem, Problems, Where
from lichen.inventory._mapping_file import MappingFile
from lichen.inventory._mapping_matrix import labels_of
from lichen.inventory._mapping_values import Opened, Ref, Value, column_of, plain, text_of
from lichen.inventory.dictionary import ENTITIES, columns
from lichen.labelled import suggest
from lichen.numerals import Decimal, decimal_of
from lichen.sheets import Sheet

SEARCHED = 30
"""How many rows from the top are searched for the headings."""


def opened_sheets(mapping: MappingFile, file: str, sheets: Sequence[Sheet], problems: Problems) -> list[Opened]:
    """Return the sheets that a mapping file speaks of, with their headings.

    Raises
    ------
    FileError
        If there is no such sheet, or it lacks a column that the mapping file names.
    """
    chosen = _chosen(mapping, file, sheets)
    wanted = {**mapping.columns, **(labels_of(mapping.matrix) if mapping.matrix else {})}
    found = [(sheet, _headings(mapping, sheet, wanted)) for sheet in chosen]
    good = [(sheet, *h) for sheet, h in found if h and not _faults(mapping, sheet, h[0], h[1], wanted)]
    if mapping.sheet == 0:
        good = good[:1]
    read = {id(sheet) for sheet, _, _ in good}
    others = [s.name for s in chosen if id(s) not in read and s.rows]
    if not good:
        _refuse(mapping, file, found, wanted)
    if others:
        problems.add("mapping.other_sheets", Where(file=file), "note", sheets=others)
    made = []
    for sheet, row, names in good:
        first = mapping.first - 1 if mapping.first else row + 1 + (mapping.matrix.units if mapping.matrix else 0)
        problems.extend(sheet.notes)
        made.append(_with_decimal(mapping, Opened(sheet, row, first, _once(names), tuple(names))))
    return made


def tell_meant(mapping: MappingFile, opened: Opened, problems: Problems) -> None:
    """Warn of texts that are spelled like a heading of the sheet: the column may be meant."""
    named = {c.key for e in ENTITIES for c in columns(e) if c.field.type == "text"}
    for fields in (mapping.firm, mapping.process, *(f.fields for f in mapping.flows)):
        for key, value in fields.items():
            text = text_of(value.constant)
            if key in named and value.is_constant and plain(text) in opened.columns:
                problems.add("mapping.column_meant", Where(file=mapping.file, key=value.key), "warning", text=text[:60])


def _chosen(mapping: MappingFile, file: str, sheets: Sequence[Sheet]) -> list[Sheet]:
    """Return the sheets to look at."""
    asked = mapping.sheet
    if asked in (0, "*"):
        return list(sheets)
    if isinstance(asked, int):
        found = [sheets[asked - 1]] if asked <= len(sheets) else []
    else:
        found = [s for s in sheets if plain(s.name) == plain(asked)]
    if not found:
        names = [s.name for s in sheets]
        near = suggest(str(asked), names) or "–"
        raise FileError((Problem("mapping.no_sheet", Where(file=file), values={
            "sheet": str(asked), "names": names, "near": near, "mapping": mapping.file}),))  # fmt: skip
    return found


def _headings(
    mapping: MappingFile, sheet: Sheet, wanted: Mapping[str, tuple[str, str]]
) -> tuple[int, list[str]] | None:
    """Return the last heading row and the headings of a sheet; ``None`` if no row has one that is wanted."""
    if mapping.heading == (0,):
        return -1, []
    if mapping.heading:
        rows = [r - 1 for r in mapping.heading]
        return rows[-1], _joined([sheet.rows[r] if r < len(sheet.rows) else () for r in rows])
    best: tuple[int, int, list[str]] | None = None
    for number, row in enumerate(sheet.rows[:SEARCHED]):
        names = [text_of(c) for c in row]
        score = len(wanted.keys() & set(map(plain, names)))
        if score and (best is None or score > best[0]):
            best = (score, number, names)
    return best and best[1:]


def _joined(rows: Sequence[Sequence[object]]) -> list[str]:
    """Return headings of one or more rows; the text of merged cells holds for the cells right of it."""
    width = max((len(r) for r in rows), default=0)
    texts = [[text_of(r[j]) if j < len(r) else "" for j in range(width)] for r in rows]  # type: ignore[arg-type]
    for upper, lower in itertools.pairwise(texts):
        for j in range(1, width):
            if not upper[j] and lower[j] and lower[j - 1]:
                upper[j] = upper[j - 1]
    return [" ".join(t for t in (row[j] for row in texts) if t) for j in range(width)]


def _once(names: Iterable[str]) -> dict[str, int]:
    """Return heading → column for headings that stand once."""
    listed = [plain(name) for name in names]
    return {name: j for j, name in enumerate(listed) if name and listed.count(name) == 1}


def _faults(mapping: MappingFile, sheet: Sheet, row: int, names: Sequence[str],
            wanted: Mapping[str, tuple[str, str]]) -> list[Problem]:  # fmt: skip
    """Return the columns that a sheet lacks or has twice."""
    found = []
    shown = [name for name in names if name]
    listed = [plain(name) for name in names]
    for name, (written, key) in wanted.items():
        count = listed.count(name)
        if count == 1:
            continue
        where = Where(file=mapping.file, key=key)
        told = {"column": written, "table": sheet.place.text(), "row": row + 1}
        if count:
            found.append(Problem("mapping.column_twice", where, values=told))
        else:
            near = suggest(written, shown) or suggest(name, listed) or "–"
            values = {**told, "near": near, "columns": ", ".join(shown) or "–"}
            found.append(Problem("mapping.no_column", where, values=values))
    return found


def _refuse(mapping: MappingFile, file: str, found: Sequence[tuple[Sheet, tuple[int, list[str]] | None]],
            wanted: Mapping[str, tuple[str, str]]) -> None:  # fmt: skip
    """Raise for the sheet that comes nearest: which columns it lacks; or that no sheet has any."""
    lacking = [_faults(mapping, sheet, *h, wanted) for sheet, h in found if h is not None]
    if lacking:
        fewest = min(len(faults) for faults in lacking)
        raise FileError(tuple(next(faults for faults in lacking if len(faults) == fewest)))
    names = [written for written, _ in wanted.values()]
    raise FileError((Problem("mapping.no_headings", Where(file=file), values={
        "columns": ", ".join(names) or "–", "rows": SEARCHED, "mapping": mapping.file}),))  # fmt: skip


def _with_decimal(mapping: MappingFile, opened: Opened) -> Opened:
    """Return the sheet with the decimal sign of the mapping file, or the one that its numbers leave no doubt of."""
    if mapping.decimal is not None:
        return replace(opened, decimal=mapping.decimal)
    places = {column_of(ref, opened) for ref in _number_refs(mapping)} - {-1}
    if mapping.matrix:
        places |= {j for name, j in opened.columns.items() if name in {plain(c.label) for c in mapping.matrix.columns}}
    rows = opened.sheet.rows[opened.first :]
    found = decimal_of(row[j] for row in rows for j in places if j < len(row))
    decimal: Decimal | None = None if isinstance(found, Problem) else found
    return replace(opened, decimal=decimal)


def _number_refs(mapping: MappingFile) -> Iterator[Ref]:
    """Yield the columns that numbers are taken from as they stand."""
    numbers = {c.key for e in ENTITIES for c in columns(e)
               if c.field.type == "number" and not c.is_unit}  # fmt: skip
    for fields in (mapping.firm, mapping.process, *(f.fields for f in mapping.flows)):
        for key, value in fields.items():
            if key in numbers and not value.after and not value.before:
                yield from _direct(value)


def _direct(value: Value) -> Iterator[Ref]:
    if len(value.pieces) == 1 and isinstance(ref := value.pieces[0], Ref) and ref.kind in ("column", "letter"):
        yield ref
    if value.instead is not None:
        yield from _direct(value.instead)
