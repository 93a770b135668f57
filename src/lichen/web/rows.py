"""Rows of the database and the library's values: the one way from one to the other.

Rows become sheets with the dictionary's headings and are read by :func:`lichen.inventory.survey.survey_of`, as the
files of a study are; values become rows by :func:`lichen.inventory.records.as_records`. So a study says the same in a
folder and here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection
from xlsxwriter.utility import xl_cell_to_rowcol

from lichen.errors import FileError, Problem
from lichen.inventory.dictionary import ENTITIES, Entity, columns
from lichen.inventory.records import as_records
from lichen.inventory.store import FILES, FOLDER
from lichen.inventory.survey import Survey, survey_of
from lichen.inventory.values import Firm, Flow, Inventory, Process
from lichen.sheets import Sheet
from lichen.web.kept import Kept
from lichen.web.models import FirmRow, FlowRow, Park, ProcessRow, Row
from lichen.web.policy import Action, Scope, reach

Record = Mapping[str, Any]
Item = Firm | Process | Flow
TABLES: Mapping[Entity, type[Row]] = {"firm": FirmRow, "process": ProcessRow, "flow": FlowRow}


def text_of(value: Any) -> str:
    """Return a value of a record as the files of a study spell it."""
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def field_text(value: Any) -> str:
    """Return a value of a record as it stands in a form: a whole number without its decimals."""
    return text_of(value).removesuffix(".0") if isinstance(value, float) else text_of(value)


def sheet_of(entity: Entity, records: Iterable[Record]) -> Sheet:
    """Return records of an entity as the sheet that a study's file of them would be."""
    keys = [c.key for c in columns(entity)]
    rows = [tuple(text_of(record.get(key)) or None for key in keys) for record in records]
    return Sheet(FILES[entity], "", (tuple(keys), *rows))


def read(records: Mapping[Entity, Sequence[Record]]) -> Survey:
    """Return what records mean, with every problem at its cell; see :func:`place_of`."""
    return survey_of(FOLDER, [sheet_of(entity, records.get(entity, ())) for entity in ENTITIES], own=True)


def place_of(problem: Problem) -> tuple[Entity, int, str] | None:
    """Return entity, number of the record (from 0) and column key that a problem of :func:`read` speaks of."""
    entity = next((e for e in ENTITIES if FILES[e] == problem.where.file), None)
    if entity is None or not problem.where.cell:
        return None
    row, column = xl_cell_to_rowcol(problem.where.cell)
    keys = [c.key for c in columns(entity)]
    return (entity, row - 1, keys[column]) if row > 0 and column < len(keys) else None


def items(inventory: Inventory) -> dict[Entity, tuple[Item, ...]]:
    """Return the items of an inventory by entity."""
    return {"firm": inventory.firms, "process": inventory.processes, "flow": inventory.flows}


def only(entity: Entity, item: Item) -> Inventory:
    """Return an inventory that holds one item."""
    name = {"firm": "firms", "process": "processes", "flow": "flows"}[entity]
    return Inventory(**{name: (item,)})  # type: ignore[arg-type]


def record_of(entity: Entity, item: Item) -> dict[str, Any]:
    """Return the record of an item without what is not given."""
    return {key: value for key, value in as_records(only(entity, item))[entity][0].items() if value is not None}


def key_of(entity: Entity, item: Item) -> str:
    """Return what makes an item one row: a digest, since texts may be longer than an index holds.

    The material is told apart as the survey's check of rows that stand twice does: by its code, else by its name.
    """
    if isinstance(item, Firm):
        parts: tuple[str, ...] = (item.id,)
    elif isinstance(item, Process):
        parts = (item.firm, item.id)
    else:
        parts = (item.firm, item.process, item.direction, item.role, item.material or item.given, str(item.year),
                 item.fate, item.partner)  # fmt: skip
    return hashlib.sha256("\0".join((entity, *parts)).encode()).hexdigest()


def columns_of(item: Item) -> dict[str, Any]:
    """Return what stands in columns of its own beside an item's values."""
    if isinstance(item, Firm):
        return {"code": item.id, "name": item.name, "industry": item.industry}
    if isinstance(item, Process):
        return {"code": item.id}
    return {
        "process": item.process, "direction": item.direction, "role": item.role,
        "material": item.material or item.given, "year": item.year, "quality": item.kind, "partner": item.partner,
    }  # fmt: skip


@dataclass(frozen=True)
class Stored:
    """Rows of the database by entity, and the values that they hold, in the same order."""

    rows: Mapping[Entity, tuple[Row, ...]]
    inventory: Inventory

    @property
    def firm(self) -> FirmRow | None:
        """The firm whose rows these are; ``None`` where there are none."""
        firm = next(iter(self.rows["firm"]), None)
        assert firm is None or isinstance(firm, FirmRow)
        return firm

    def pairs(self, entity: Entity) -> list[tuple[Row, Item]]:
        """Return each row with its value."""
        return list(zip(self.rows[entity], items(self.inventory)[entity], strict=True))


NOTHING = Stored(dict.fromkeys(ENTITIES, ()), Inventory())
"""What is stored of a firm that is not there yet."""


def stored(rows: Mapping[Entity, Sequence[Row]]) -> Stored:
    """Return rows with the values that they hold.

    Raises
    ------
    FileError
        If rows cannot be read any more, with every cell at fault.
    """
    found = read({entity: [row.values for row in rows[entity]] for entity in ENTITIES})
    errors = tuple(p for p in found.problems if p.severity == "error")
    if errors:
        raise FileError(errors)
    return Stored({entity: tuple(rows[entity]) for entity in ENTITIES}, found.inventory)


_firms = Kept(20_000)


def rows_of(firm: FirmRow) -> dict[Entity, tuple[Row, ...]]:
    """Return the rows of a firm in their order, itself with them."""
    return {
        "firm": (firm,), "process": tuple(ProcessRow.objects.filter(firm=firm)),
        "flow": tuple(FlowRow.objects.filter(firm=firm)),
    }  # fmt: skip


def of_firm(firm: FirmRow) -> Stored:
    """Return a firm with all that belongs to it; what its rows mean is not read again while they are the same."""
    rows = rows_of(firm)
    kept: Inventory | None = _firms.peek((firm.pk, firm.revision))
    if kept is not None:
        return Stored(rows, kept)
    found = stored(rows)
    if not connection.in_atomic_block:  # what is written there may yet be taken back
        _firms.put((firm.pk, firm.revision), found.inventory)
    return found


def whole(park: Park) -> Inventory:
    """Return the inventory of a park, for the library and for export; pages take :func:`reached`."""
    return stored(
        {entity: list(table._default_manager.filter(park=park)) for entity, table in TABLES.items()}
    ).inventory


_inventories = Kept(8)


def reader(scope: Scope) -> tuple[int, int, str]:
    """Return what results of reading a park are kept by: the park, its revision, and what the account may read."""
    if scope.everywhere(Action.READ_ROWS):
        who = "all"
    else:
        who = ",".join(map(str, sorted(scope.firms))) if scope.may(Action.READ_ROWS) else "none"
    return (scope.park.pk, scope.park.revision, who)


def reached(scope: Scope) -> Inventory:
    """Return the inventory as far as an account may read it, firm by firm."""
    return _inventories.get(reader(scope), lambda: gathered(list(reach(scope, Action.READ_ROWS, FirmRow))))


def _one(firm: FirmRow) -> Inventory:
    return of_firm(firm).inventory


def gathered(firms: Sequence[FirmRow]) -> Inventory:
    """Return some firms with all that belongs to them; only those that changed since are read again."""
    unread = [firm for firm in firms if (firm.pk, firm.revision) not in _firms]
    if unread:
        told = stored({
            "firm": unread, "process": list(ProcessRow.objects.filter(firm__in=unread)),
            "flow": list(FlowRow.objects.filter(firm__in=unread)),
        }).inventory  # fmt: skip
        parts: dict[str, tuple[list[Firm], list[Process], list[Flow]]] = {firm.code: ([], [], []) for firm in unread}
        for firm in told.firms:
            parts[firm.id][0].append(firm)
        for process in told.processes:
            parts[process.firm][1].append(process)
        for flow in told.flows:
            parts[flow.firm][2].append(flow)
        for row in unread:
            own_firm, processes, flows = parts[row.code]
            _firms.put((row.pk, row.revision), Inventory(tuple(own_firm), tuple(processes), tuple(flows)))
    found = [_firms.get((row.pk, row.revision), partial(_one, row)) for row in firms]
    return Inventory(
        tuple(f for part in found for f in part.firms), tuple(p for part in found for p in part.processes),
        tuple(f for part in found for f in part.flows),
    )  # fmt: skip
