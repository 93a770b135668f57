"""Costs and prices of a park: kept as rows of text, read by the library as a study's own, with the history of each.

The table is always whole: a row that is saved or sent is read together with all others, so that what the library
refuses of a file is refused here, at its cell.
"""

from __future__ import annotations

import functools
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Literal

from django.db.models import F, Max, Q
from django.utils import timezone
from xlsxwriter.utility import xl_cell_to_rowcol

from lichen.appraise.cost_table import (
    FILE,
    Record,
    cost_columns,
    cost_key,
    cost_record,
    costs_csv,
    sheet_of,
    write_costs,
)
from lichen.appraise.costs import Cost, costs_of
from lichen.errors import LichenError, Problem
from lichen.inventory.store import FOLDER as INVENTORY
from lichen.knowledge.read import OWN, knowledge
from lichen.knowledge.store import load as load_knowledge
from lichen.knowledge.values import Knowledge
from lichen.monitor.dictionary import FOLDER as FOLLOW
from lichen.sheets import LIMITS, Sheet, read_sheets
from lichen.web.kept import Kept
from lichen.web.models import Change, Park, StudyFile, User
from lichen.web.run_models import CostRow
from lichen.web.store import locked

ENTITY = "cost"
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
OTHERS = (INVENTORY, FOLLOW)
"""Folders of a study that hold tables of another kind."""
Outcome = Literal["saved", "unchanged", "problems", "conflict", "gone"]
_bases = Kept(8)


@dataclass(frozen=True)
class Told:
    """What rows say: costs where nothing is wrong, and every problem."""

    costs: tuple[Cost, ...]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def at(self, row: int) -> dict[str, tuple[Problem, ...]]:
        """Return the problems of a row (counted from 0) by column."""
        found: dict[str, tuple[Problem, ...]] = {}
        names = [c.name for c in cost_columns()]
        for problem in self.problems:
            line, column = xl_cell_to_rowcol(problem.where.cell) if problem.where.cell else (0, 0)
            if line == row + 1 and column < len(names):
                found[names[column]] = (*found.get(names[column], ()), problem)
        return found


@dataclass(frozen=True)
class Saved:
    """What became of a row: its state in the database, and the problems by column."""

    outcome: Outcome
    row: CostRow | None = None
    problems: Mapping[str, tuple[Problem, ...]] | None = None


# --- reading ---------------------------------------------------------------------------------------------------------
def base_of(park: Park) -> Knowledge:
    """Return what counts as known in a park: a study's own exchange types may be keys of costs."""
    files = list(StudyFile.objects.filter(park=park, path__startswith=f"{OWN}/"))
    if not files:
        return knowledge()
    return _bases.get((park.pk, park.revision), functools.partial(_own_base, files))


def _own_base(files: Sequence[StudyFile]) -> Knowledge:
    with tempfile.TemporaryDirectory(prefix="lichen-") as name:
        for file in files:
            path = Path(name) / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(file.content))
        return load_knowledge(name)


def rows_of(park: Park) -> list[CostRow]:
    """Return the costs of a park in their order."""
    return list(CostRow.objects.filter(park=park))


def read(records: Iterable[Record], park: Park) -> Told:
    """Return what records mean, read as a file of them would be."""
    return read_file([sheet_of(records)], park)


def read_file(sheets: Sequence[Sheet], park: Park) -> Told:
    """Return what the sheets of a file mean."""
    try:
        return Told(costs_of(sheets, base_of(park)), ())
    except LichenError as error:
        return Told((), error.problems)


def costs_of_park(park: Park) -> tuple[Cost, ...]:
    """Return the costs of a park, for the library.

    Raises
    ------
    InputError
        If rows cannot be read any more, with every cell at fault.
    """
    return costs_of([sheet_of(row.values for row in rows_of(park))], base_of(park))


# --- writing ---------------------------------------------------------------------------------------------------------
def save(park: Park, row: CostRow | None, written: Record, version: int | None, by: User, file: str) -> Saved:
    """Save a row, or a new one, where the whole table is still sound with it."""
    own = {c.name: written.get(c.name, "").strip() for c in cost_columns()}
    with locked(park) as park:
        rows = rows_of(park)
        place = len(rows) if row is None else next((n for n, r in enumerate(rows) if r.pk == row.pk), -1)
        if place < 0:
            return Saved("gone")
        now = rows[place] if row is not None else None
        if now is not None and now.version != version:
            return Saved("conflict", now)
        records: list[Record] = [r.values for r in rows]
        records[place : place + 1] = [own if any(own.values()) else {**own, "item": "–"}]
        told = read(records, park)
        mine = told.at(place)
        if mine or (not told.ok and read((r.values for r in rows), park).ok):
            return Saved("problems", now, mine or {"": told.problems})
        value = own if told.problems else cost_record(told.costs[place])
        if now is not None and now.values == value:
            return Saved("unchanged", now)
        return Saved("saved", _write(park, now, value, by, file))


def remove(park: Park, row: CostRow, version: int, by: User) -> Saved:
    """Remove a row; its history stays."""
    with locked(park) as park:
        now = CostRow.objects.filter(park=park, pk=row.pk).first()
        if now is None:
            return Saved("gone")
        if now.version != version:
            return Saved("conflict", now)
        _history(park, now.pk, now.values, {}, by, "browser")
        now.delete()
        _count_up(park)
        return Saved("saved")


def take(park: Park, sheets: Sequence[Sheet], whole: bool, by: User | None, file: str) -> tuple[Told, int]:
    """Take the rows of a file over and return how many changed; nothing is written where anything is wrong.

    Parameters
    ----------
    park, sheets, by, file
        What is taken over, by whom, from which file.
    whole
        Whether rows that the file does not have go.
    """
    with locked(park) as park:
        told = read_file(sheets, park)
        if not told.ok:
            return told, 0
        rows = rows_of(park)
        before = read([row.values for row in rows], park)
        known = {cost_key(c): row for c, row in zip(before.costs, rows, strict=True)} if before.ok else {}
        count = 0
        for cost in told.costs:
            row, value = known.pop(cost_key(cost), None), cost_record(cost)
            if row is None or row.values != value:
                _write(park, row, value, by, file)
                count += 1
        gone = ([*known.values()] if before.ok else rows) if whole or not before.ok else []
        for row in gone:
            _history(park, row.pk, row.values, {}, by, file)
            row.delete()
        return told, count + len(gone)


def _write(park: Park, row: CostRow | None, value: Record, by: User | None, file: str) -> CostRow:
    before: Record = row.values if row is not None else {}
    if row is None:
        last = CostRow.objects.filter(park=park).aggregate(last=Max("position"))["last"] or 0
        row = CostRow.objects.create(park=park, position=last + 1, values=dict(value))
    else:
        row.values, row.version = dict(value), row.version + 1
        row.save()
    _history(park, row.pk, before, value, by, file)
    _count_up(park)
    return row


def _count_up(park: Park) -> None:
    Park.objects.filter(pk=park.pk).update(revision=F("revision") + 1)


def _history(park: Park, pk: int, before: Record, after: Record, by: User | None, file: str) -> None:
    """Write what changes in a row."""
    told = after or before
    common: dict[str, Any] = {
        "park": park, "time": timezone.now(), "by": by, "file": file[:500], "entity": ENTITY, "firm": "",
        "row": " ".join(filter(None, (told.get("item", ""), told.get("key", ""), told.get("year", "")))),
        "row_id": pk, "what": "changed" if before and after else "new" if after else "gone",
    }  # fmt: skip
    fields = [c.name for c in cost_columns() if before.get(c.name, "") != after.get(c.name, "")]
    Change.objects.bulk_create(
        Change(**common, field=name, before=before.get(name, ""), after=after.get(name, "")) for name in fields
    )


# --- studies in and out ----------------------------------------------------------------------------------------------
def sheets_in(name: str, content: bytes) -> tuple[Sheet, ...]:
    """Return the sheets of a file that was sent.

    Raises
    ------
    FileError
        If it cannot be opened.
    """
    with tempfile.TemporaryDirectory(prefix="lichen-") as folder:
        path = Path(folder) / (name or FILE)
        path.write_bytes(content)
        return read_sheets(path, limits=LIMITS)


def file_of(study: bytes | None) -> str:
    """Return the name of the costs' file that a ``study.toml`` gives, or the usual one where no table can stand so."""
    try:
        name = tomllib.loads((study or b"").decode("utf-8-sig"))["design"]["costs"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return FILE
    path = PurePath(name if isinstance(name, str) else "")
    inside = not path.is_absolute() and ".." not in path.parts and path.suffix.lower() in ENDINGS
    known = inside and path.parts[0] not in OTHERS and all(len(part.encode()) < 256 for part in path.parts)
    return str(name) if known else FILE


def file_in(park: Park) -> str:
    """Return where a park's study has its costs; the usual place where other files of the study are in the way."""
    files = StudyFile.objects.filter(park=park)
    found = files.filter(path="study.toml").first()
    name = file_of(bytes(found.content) if found is not None else None)
    above = [folder.as_posix() for folder in PurePath(name).parents]
    in_the_way = files.filter(Q(path__startswith=f"{name}/") | Q(path__in=above)).exists()
    return FILE if in_the_way else name


def records_in(name: str, content: bytes, base: Knowledge | None = None) -> list[dict[str, str]]:
    """Return the rows of a file of costs; none where it is wrong: it stays a file, and the page of costs tells why."""
    try:
        return [cost_record(cost) for cost in costs_of(sheets_in(Path(name).name, content), base)]
    except LichenError:
        return []


def import_costs(park: Park) -> None:
    """Take over the costs that a study came with; that is where their history begins."""
    name = file_in(park)
    found = StudyFile.objects.filter(park=park, path=name).first()
    records = records_in(name, bytes(found.content), base_of(park)) if found is not None else []
    CostRow.objects.filter(park=park).delete()
    CostRow.objects.bulk_create(CostRow(park=park, position=n, values=r) for n, r in enumerate(records, start=1))


def export_costs(park: Park, folder: Path) -> None:
    """Write a park's costs where its study has them; a file that says the same already stays as it is."""
    path = folder / file_in(park)
    records: list[Record] = [row.values for row in rows_of(park)]
    if path.exists():
        try:
            said = read_file(read_sheets(path), park)
        except LichenError as error:
            said = Told((), error.problems)
        if (said.ok and [cost_record(c) for c in said.costs] == records) or (not said.ok and not records):
            return
    elif not records:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        path.write_text(costs_csv(records), encoding="utf-8", newline="")
    else:
        write_costs(records, path, "en")
