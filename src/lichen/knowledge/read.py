"""The knowledge base as it ships, and a user's own exchange types.

The library's data are in ``data/*.csv``; they pass the same checks as a user's rows. Columns: :mod:`.columns`.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from lichen.errors import FileError, InputError, Problem, Problems, Where
from lichen.figures import Figure, Kind, Text
from lichen.knowledge._build import Builder, condition, own_rows
from lichen.knowledge._files import rows, text
from lichen.knowledge._rows import is_table, tables_of
from lichen.knowledge.columns import TableName
from lichen.knowledge.listed import listed_uses
from lichen.knowledge.references import reference, sources
from lichen.knowledge.values import (
    Case,
    Checked,
    Condition,
    ExchangeType,
    Knowledge,
    Reference,
    Result,
    Standard,
    Technology,
)
from lichen.sheets import Sheet, is_blank, read_sheets

OWN = "knowledge"
"""Folder of a study that holds its own rows: ``exchange_types.csv`` and ``conditions.csv``."""


@dataclass(frozen=True)
class Additions:
    """What a user's files hold.

    Parameters
    ----------
    types, conditions
        Rows without an error, by id.
    records
        The same rows as texts, by table: what a study keeps.
    problems
        Everything that is wrong or worth knowing, with its cell.
    """

    types: Mapping[str, ExchangeType]
    conditions: Mapping[str, Condition]
    records: Mapping[TableName, tuple[Mapping[str, str], ...]]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether no problem is an error."""
        return not any(p.severity == "error" for p in self.problems)


@functools.cache
def knowledge() -> Knowledge:
    """Return the knowledge base as it ships.

    >>> knowledge().types["fly-ash-cement"].streams
    ('ash.fly.coal',)
    """
    technologies = {row["id"]: _technology(row) for row in rows("technologies.csv")}
    standards = {row["id"]: _standard(row) for row in rows("standards.csv")}
    results: dict[str, list[Result]] = {}
    for row in rows("case_results.csv"):
        results.setdefault(row["case"], []).append(Result(Text(row["what_en"], row["what_zh"]), _figure(row)))
    cases = {row["id"]: _case(row, results.get(row["id"], [])) for row in rows("cases.csv")}
    sheets = [_shipped("conditions.csv"), _shipped("exchange_types.csv")]
    base = Knowledge({}, {}, technologies, standards, cases, sources())
    found = additions(sheets, base)
    if not found.ok:
        raise InputError(found.problems)
    return replace(base, types=found.types, conditions=found.conditions, listed=listed_uses())


def read_exchange_types(path: str | Path, *more: str | Path) -> dict[str, ExchangeType]:
    """Return the exchange types of a user's own CSV or workbook.

    Parameters
    ----------
    path, more
        Files with the columns of ``exchange_types``, and of ``conditions`` where the types name conditions that the
        library does not have. A workbook may hold both, each in a sheet.

    Raises
    ------
    InputError
        With every problem of every row: unknown codes, ranges upside down, numbers without unit or source, doubled
        ids, rows without a source.
    """
    found = read_additions([path, *more])
    if not found.ok:
        raise InputError(found.problems)
    return dict(found.types)


def read_additions(paths: Sequence[str | Path], own: bool = False) -> Additions:
    """Return what a user's files hold, with all problems instead of an error; ``own``: they may be empty of types.

    Raises
    ------
    FileError
        If a file cannot be opened.
    """
    sheets: list[Sheet] = []
    problems = Problems()
    for path in paths:
        try:
            sheets += read_sheets(path)
        except FileError as error:
            problems.extend(list(error.problems))
    problems.raise_if_errors(FileError)
    return additions(sheets, knowledge(), own)


def additions(sheets: Sequence[Sheet], base: Knowledge, own: bool = False) -> Additions:
    """Return what sheets that were read already add to ``base``; see :func:`read_additions`.

    Rows that are equal to the library's add nothing and are left out with a note.
    """
    problems = Problems()
    tables = tables_of(sheets, problems)
    if not tables and not own:
        problems.add("knowledge.no_table", Where(file=sheets[0].file if sheets else ""))
    for sheet in sheets if own else ():
        # a study's own files are tables of ours and nothing else; one whose headings are lost would be dropped silently
        if not is_table(sheet) and any(not is_blank(cell) for line in sheet.rows for cell in line):
            problems.add("knowledge.no_table", sheet.place)
    if tables and not own and not any(tables.values()) and problems.ok:
        problems.add("knowledge.no_rows", Where(file=sheets[0].file))
    for table, found_rows in tables.items():
        known = base.types if table == "exchange_types" else base.conditions
        taken = {row["id"]: row for row in rows(f"{table}.csv") if row["id"] in known}
        tables[table] = own_rows(found_rows, {**{name: {} for name in known}, **taken})
    conditions = {
        row.text("id"): c for row in tables.get("conditions", []) if (c := condition(row, base.standards)) is not None
    }
    # a faulty condition is known by name, lest its error be told again by every type that names it
    named = {row.text("id"): _FAULTY for row in tables.get("conditions", [])}
    builder = Builder({**base.conditions, **named, **conditions}, base.technologies, base.standards, base.cases)
    types = {
        row.text("id"): t for row in tables.get("exchange_types", []) if (t := builder.exchange_type(row)) is not None
    }
    records = {table: tuple(row.record() for row in found if not row.faulty) for table, found in tables.items()}
    return Additions(types, conditions, records, problems.as_tuple())


_FAULTY = Condition("", "other", (), "", None, "", "advisable", Text(""), "user", Reference("", ""))


def with_additions(base: Knowledge, found: Additions) -> Knowledge:
    """Return ``base`` with a user's exchange types and conditions beside its own."""
    return replace(
        base, types={**base.types, **found.types}, conditions={**base.conditions, **found.conditions}
    )  # fmt: skip


# --- what ships --------------------------------------------------------------------------------------------------
def _shipped(name: str) -> Sheet:
    records = csv.reader(io.StringIO(text(name)))
    return Sheet(name, "", tuple(tuple(cell or None for cell in record) for record in records))


def _figure(row: Mapping[str, str], prefix: str = "") -> Figure:
    """Return the figure of a row of the library; its columns are ``value`` … or ``<prefix>`` …."""
    value = row[prefix or "value"]
    names = [f"{prefix}_{key}" if prefix else key for key in ("unit", "kind", "source", "low", "high")]
    unit, kind, source, low, high = (row[name] for name in names)
    found = reference(source)
    assert found is not None
    return Figure(
        float(value), unit, cast(Kind, kind), found.citation, float(low) if low else None,
        float(high) if high else None, int(row.get("year") or 0), row["note"],
    )  # fmt: skip


def _technology(row: Mapping[str, str]) -> Technology:
    energy, cost = (_figure(row, name) if row[name] else None for name in ("energy", "cost"))
    name, what = Text(row["name_en"], row["name_zh"]), Text(row["what_en"], row["what_zh"])
    return Technology(row["id"], name, what, energy, cost, row["note"])


def _standard(row: Mapping[str, str]) -> Standard:
    return Standard(
        row["id"], row["code"], Text(row["title_en"], row["title_zh"]), row["status"],
        Text(row["limits_en"], row["limits_zh"]), cast(Checked, row["checked"]), row["source"], row["note"],
    )  # fmt: skip


def _case(row: Mapping[str, str], results: Sequence[Result]) -> Case:
    told = {name: Text(row[f"{name}_en"], row[f"{name}_zh"]) for name in STORY}
    keys = [key.strip() for key in row["sources"].split(";") if key.strip()]
    found = tuple(source for key in keys if (source := reference(key)) is not None)
    return Case(
        row["id"], Text(row["name_en"], row["name_zh"]), row["country"], row["place"], row["years"],
        int(row["maestri"] or 0), told["challenge"], told["barriers"], told["approach"], told["discovery"],
        told["preconditions"], told["lessons"], tuple(results), found, row["note"],
    )  # fmt: skip


STORY = ("challenge", "barriers", "approach", "discovery", "preconditions", "lessons")
"""Parts of a case's story."""
