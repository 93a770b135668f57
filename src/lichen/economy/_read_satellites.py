"""Satellite accounts in the plain long and wide layouts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np

from lichen.economy._cells import Cells, label_of
from lichen.economy.table import KINDS, Kind, Satellites
from lichen.errors import FileError, InputError, Problem
from lichen.labelled import suggest
from lichen.numerals import Decimal
from lichen.sheets import find_sheet, is_blank, read_sheets

LONG = ("account", "sector", "value", "unit")
OPTIONAL = ("component", "year", "kind", "source", "note")
DIRECT_PREFIX = "households"
_HEAD = re.compile(r"(?P<account>[^/\[\]]+)(?:/(?P<component>[^\[\]]+))?\[(?P<unit>[^\[\]]+)\]")


@dataclass
class _Found:
    """Cells of satellite accounts as they are met."""

    units: dict[tuple[str, str], str] = field(default_factory=dict)
    unit_of: dict[str, str] = field(default_factory=dict)
    kinds: dict[tuple[str, str], str] = field(default_factory=dict)
    values: dict[tuple[tuple[str, str], str], float] = field(default_factory=dict)
    rows: dict[tuple[tuple[str, str], str], int] = field(default_factory=dict)
    direct: dict[str, None] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)


def read_satellites(
    path: str | Path, sectors: Sequence[str], year: int | None = None, decimal: Decimal | None = None,
    sheet: str | None = None, direct: Sequence[str] = (),
) -> Satellites:  # fmt: skip
    """Read satellite accounts in the long (``account,sector,value,unit``) or the wide layout (``sector,CO2 [Mt],…``).

    Parameters
    ----------
    path
        CSV or workbook.
    sectors
        The n sectors of the table, whose order the result takes.
    year
        Needed if the file has rows of several years.
    decimal
        The decimal sign; ``None``: taken from the file where a cell leaves no doubt.
    sheet
        Name of the sheet, if several are filled.
    direct
        Labels of final users with flows of their own; labels that begin with ``households`` always are.

    Returns
    -------
    Satellites
        A sector without a row in the long layout flows 0: that layout lists what flows. A sector that no account
        names is a finding.

    Raises
    ------
    FileError
        The file cannot be opened, or has neither layout.
    InputError
        With every cell, label and unit that cannot be used.
    """
    chosen = find_sheet(read_sheets(path), sheet)
    cells = Cells(chosen, decimal)
    top = next((r for r, row in enumerate(chosen.rows) if any(not is_blank(cell) for cell in row)), 0)
    names = [label_of(chosen.cell(top, c)) for c in range(len(chosen.rows[top]))] if chosen.rows else []
    lower = [name.lower() for name in names]
    known = _Known(tuple(sectors), tuple(direct))
    if all(name in lower for name in LONG):
        found = _read_long(cells, top, lower, known, year)
    elif "sector" in lower:
        found = _read_wide(cells, top, names, lower.index("sector"), known)
    else:
        raise FileError((Problem("read.no_satellites", chosen.place, values={"found": names}),))
    for sector in sectors:
        if not any(label == sector for _, label in found.values):
            cells.add("read.sector_without", severity="note", label=sector)
    cells.problems.extend(chosen.notes)
    return _satellites(found, known, cells.finish(InputError))


@dataclass(frozen=True)
class _Known:
    """Labels that may stand in the sector column."""

    sectors: tuple[str, ...]
    direct: tuple[str, ...]

    def is_direct(self, label: str) -> bool:
        """Whether a label is a final user."""
        return label not in self.sectors and (label in self.direct or label.lower().startswith(DIRECT_PREFIX))


def _sector(cells: Cells, row: int, column: int, known: _Known, found: _Found) -> str:
    """Return the label of a row, empty with a problem if it is not known."""
    label = label_of(cells.sheet.cell(row, column))
    if known.is_direct(label):
        found.direct[label] = None
    elif label not in known.sectors:
        near = suggest(label, [*known.sectors, *known.direct]) or "–"
        cells.add("read.unknown_sector" if label else "read.no_label", row, column, label=label, near=near)
        return ""
    return label


def _put(cells: Cells, found: _Found, key: tuple[str, str], label: str, row: int, column: int) -> None:
    """Take up one value; a second one for the same place is a problem."""
    if (key, label) in found.values:
        cells.add("read.value_twice", row, column, account=_shown(key), label=label, first=found.rows[key, label] + 1)
        return
    found.values[key, label] = cells.number(row, column)
    found.rows[key, label] = row


def _shown(key: tuple[str, str]) -> str:
    return "/".join(part for part in key if part)


# --- long --------------------------------------------------------------------------------------------------------


def _read_long(cells: Cells, top: int, names: list[str], known: _Known, year: int | None) -> _Found:
    sheet, found = cells.sheet, _Found()
    for column, name in enumerate(names):
        if name not in (*LONG, *OPTIONAL):
            near = suggest(name, (*LONG, *OPTIONAL)) or "–"
            cells.add("read.column", top, column, found=name, near=near, allowed=[*LONG, *OPTIONAL])
        elif names.index(name) != column:
            cells.add("read.key_doubled", top, column, found=name, first=names.index(name) + 1)
    at = {name: names.index(name) for name in (*LONG, *OPTIONAL) if name in names}
    rows = [r for r in range(top + 1, len(sheet.rows)) if any(not is_blank(cell) for cell in sheet.rows[r])]
    for row in _of_year(cells, rows, at.get("year"), year):
        account = label_of(sheet.cell(row, at["account"]))
        component = label_of(sheet.cell(row, at["component"])) if "component" in at else ""
        if not account:
            cells.add("read.no_label", row, at["account"])
            continue
        key = (account, component)
        _unit(cells, found, key, row, at["unit"])
        _kind(cells, found, key, row, at.get("kind"))
        if label := _sector(cells, row, at["sector"], known, found):
            _put(cells, found, key, label, row, at["value"])
        if "source" in at and (source := label_of(sheet.cell(row, at["source"]))):
            found.sources[source] = None
    return found


def _of_year(cells: Cells, rows: list[int], column: int | None, year: int | None) -> list[int]:
    """Return the rows of the wanted year."""
    if column is None:
        return rows
    texts = {row: label_of(cells.sheet.cell(row, column)) for row in rows}
    for row, text in texts.items():
        if not (text.isascii() and text.isdigit() and len(text) == 4):
            cells.add("read.year", row, column, found=text)
    years = sorted(set(texts.values()))
    if year is None and len(years) > 1:
        cells.add("read.choose_year", severity="error", years=years)
        return []
    if year is not None and str(year) not in years:
        cells.add("read.year_absent", severity="error", year=year, years=years)
    return [row for row, text in texts.items() if year is None or text == str(year)]


def _unit(cells: Cells, found: _Found, key: tuple[str, str], row: int, column: int) -> None:
    unit = label_of(cells.sheet.cell(row, column))
    if not unit:
        cells.add("read.no_unit", row, column)
    elif found.unit_of.setdefault(key[0], unit) != unit:
        cells.add("read.unit_differs", row, column, account=key[0], first=found.unit_of[key[0]], second=unit)
    found.units.setdefault(key, unit)


def _kind(cells: Cells, found: _Found, key: tuple[str, str], row: int, column: int | None) -> None:
    """Keep the weakest kind of an account's cells."""
    kind = "reported"
    if column is not None and not is_blank(cells.sheet.cell(row, column)):
        kind = cells.one_of(row, column, "read.kind", KINDS) or kind
    found.kinds[key] = max(found.kinds.get(key, kind), kind, key=lambda k: KINDS.index(cast(Kind, k)))


# --- wide --------------------------------------------------------------------------------------------------------


def _read_wide(cells: Cells, top: int, names: list[str], at: int, known: _Known) -> _Found:
    found = _Found()
    heads: dict[int, tuple[str, str]] = {}
    for column, name in enumerate(names):
        if column == at:
            continue
        match = _HEAD.fullmatch(name)
        if not match:
            cells.add("read.head", top, column, found=name)
            continue
        key = (match["account"].strip(), (match["component"] or "").strip())
        if key in found.units:
            first = next(c for c, k in heads.items() if k == key)
            cells.add("read.key_doubled", top, column, found=name, first=first + 1)
            continue
        unit = match["unit"].strip()
        if found.unit_of.setdefault(key[0], unit) != unit:
            cells.add("read.unit_differs", top, column, account=key[0], first=found.unit_of[key[0]], second=unit)
        heads[column], found.units[key], found.kinds[key] = key, unit, "reported"
    _wide_rows(cells, top, at, heads, known, found)
    seen = {label for _, label in found.values}
    for sector in known.sectors:
        if heads and sector not in seen:
            cells.add("read.no_row", top, at, label=sector, role="sector")
    return found


def _wide_rows(
    cells: Cells, top: int, at: int, heads: dict[int, tuple[str, str]], known: _Known, found: _Found
) -> None:
    width = len(cells.sheet.rows[top])
    for row in range(top + 1, len(cells.sheet.rows)):
        if all(is_blank(cell) for cell in cells.sheet.rows[row]):
            continue
        cells.nothing_in(row, range(width, len(cells.sheet.rows[row])), "read.beyond")
        if label := _sector(cells, row, at, known, found):
            for column, key in heads.items():
                _put(cells, found, key, label, row, column)


def _satellites(found: _Found, known: _Known, findings: tuple[Problem, ...]) -> Satellites:
    keys = list(found.units)
    index = {key: i for i, key in enumerate(keys)}
    labels = {label: j for j, label in enumerate((*known.sectors, *found.direct))}
    data = np.zeros((len(keys), len(labels)))
    for (key, label), value in found.values.items():
        data[index[key], labels[label]] = value
    n = len(known.sectors)
    return Satellites(
        tuple(account for account, _ in keys), tuple(part for _, part in keys), tuple(found.units[key] for key in keys),
        known.sectors, data[:, :n], tuple(found.direct), data[:, n:],
        tuple(cast(Kind, found.kinds[key]) for key in keys), "; ".join(found.sources), findings,
    )  # fmt: skip
