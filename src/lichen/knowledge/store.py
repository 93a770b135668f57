"""A study's own exchange types: ``knowledge/exchange_types.csv`` and ``conditions.csv``, replaced whole, never half."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lichen.errors import InputError
from lichen.files import alone, replace_files
from lichen.knowledge.columns import TABLES, TableName, columns
from lichen.knowledge.read import OWN, Additions, knowledge, read_additions, with_additions
from lichen.knowledge.values import Knowledge

Record = Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """One difference: which table and row; "new" or "changed"; for "changed" the column and its values."""

    table: TableName
    id: str
    what: str
    column: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Planned:
    """What an import would do, before it is done: the rows of each table after it, and the differences."""

    records: Mapping[TableName, tuple[Record, ...]]
    changes: tuple[Change, ...]


def file_of(study: str | Path, table: TableName) -> Path:
    """Return the place of a study's own table."""
    return Path(study) / OWN / f"{table}.csv"


def own_additions(study: str | Path) -> Additions:
    """Return a study's own rows; none if it has no files.

    Raises
    ------
    InputError
        If the files were changed by hand into something that is wrong, with every cell.
    """
    files = [file for table in TABLES if (file := file_of(study, table)).exists()]
    found = read_additions(files, own=True)
    if not found.ok:
        raise InputError(found.problems)
    return found


def load(study: str | Path) -> Knowledge:
    """Return the knowledge base with a study's own rows beside the library's."""
    return with_additions(knowledge(), own_additions(study))


def prepare_import(study: str | Path, found: Additions) -> Planned:
    """Return what importing a user's rows into a study would change; a row of the same id is replaced.

    Raises
    ------
    InputError
        If a row is faulty, or what the study then holds does not fit together.
    """
    if not found.ok:
        raise InputError(found.problems)
    before = own_additions(study).records
    changes: list[Change] = []
    after: dict[TableName, tuple[Record, ...]] = {}
    for table in TABLES:
        old = {row["id"]: _full(table, row) for row in before.get(table, ())}
        new = {row["id"]: _full(table, row) for row in found.records.get(table, ())}
        changes += _differences(table, old, new)
        after[table] = tuple({**old, **new}.values())
    return Planned(after, tuple(changes))


def _full(table: TableName, row: Record) -> Record:
    return {c.name: row.get(c.name, "") for c in columns(table)}


def _differences(table: TableName, old: Mapping[str, Record], new: Mapping[str, Record]) -> list[Change]:
    found: list[Change] = []
    for name, row in new.items():
        if name not in old:
            found.append(Change(table, name, "new"))
            continue
        found += [Change(table, name, "changed", key, old[name][key], value) for key, value in row.items()
                  if value != old[name][key]]  # fmt: skip
    return found


def apply_import(study: str | Path, planned: Planned) -> tuple[Path, ...]:
    """Write a prepared import; all files are replaced when all are written."""
    texts = {file_of(study, table): csv_text(table, rows) for table, rows in planned.records.items() if rows}
    with alone(Path(study)):
        (Path(study) / OWN).mkdir(exist_ok=True)
        replace_files(texts)
    return tuple(texts)


def csv_text(table: TableName, rows: Iterable[Record]) -> str:
    """Return rows as the text of a CSV with every column of the table."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [c.name for c in columns(table)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(dict(_full(table, row)) for row in rows)
    return out.getvalue()
