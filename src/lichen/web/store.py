"""The only writer of flow databases: rows, their history and their audit change together or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Max
from django.utils import timezone

from lichen.inventory.dictionary import ENTITIES, Entity
from lichen.inventory.store import Change as Difference
from lichen.inventory.store import differences
from lichen.inventory.values import Inventory
from lichen.web.models import Change, FirmRow, FlowRow, Park, ProcessRow, Row, User
from lichen.web.policy import log
from lichen.web.rows import NOTHING, TABLES, Item, Stored, columns_of, items, key_of, of_firm, only, record_of

try:
    import fcntl
except ImportError:  # Windows, where one process answers
    fcntl = None  # type: ignore[assignment]


class Conflict(Exception):  # noqa: N818  # it is no error: somebody else was faster
    """What somebody wants to change was changed meanwhile."""


@dataclass(frozen=True)
class Origin:
    """Who changes something, and from where the values come: a file, or a form."""

    by: User | None
    file: str
    time: datetime | None = None


_turn = threading.Lock()


def _in_turn() -> AbstractContextManager[Any]:
    """Let writers wait for each other here: SQLite has its writers ask again and again, unfairly.

    Who holds SQLite's own lock already does not wait, or two could wait for each other.
    """
    return nullcontext() if connection.vendor != "sqlite" or connection.in_atomic_block else _turn_of_all()


@contextmanager
def _turn_of_all() -> Iterator[None]:
    """Wait for the other threads, then for the other processes that answer browsers; the system wakes who is next."""
    with _turn:
        if fcntl is None:
            yield
            return
        with (settings.DATA / "turn.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def learn_sizes() -> None:
    """Let SQLite learn how large its tables are, as PostgreSQL does by itself: it plans its ways by that."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit=1000")
            cursor.execute("PRAGMA optimize=0x10002")


@contextmanager
def snapshot() -> Iterator[None]:
    """Show the block the database as it is when it first asks, whatever others write meanwhile; it only reads.

    Nobody waits for it: it holds no lock. Inside another transaction the block sees what that one sees.
    """
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()  # what a new connection is told comes before the transaction
    with ExitStack() as stack:
        usual = getattr(connection, "transaction_mode", None)
        try:
            connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]  # on SQLite: no lock of a writer
            stack.enter_context(transaction.atomic())
        finally:
            connection.transaction_mode = usual  # type: ignore[attr-defined]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@contextmanager
def locked(park: Park) -> Iterator[Park]:
    """Keep other writers of a park out inside the ``with`` block; all is written at its end, or nothing."""
    with _in_turn(), transaction.atomic():
        yield Park.objects.select_for_update().get(pk=park.pk)


def write_firm(park: Park, code: str, after: Inventory, origin: Origin, *, seen: int | None) -> int:
    """Make a firm's rows say ``after``, and return how many changes that were.

    Parameters
    ----------
    park, code
        The park and the firm's code there; a firm that is not there is made, one with an empty ``after`` goes.
    after
        The firm with all that belongs to it.
    origin
        Who does it.
    seen
        The firm's revision that the change was made from; ``None``: there was no such firm.

    Raises
    ------
    Conflict
        If the firm has another revision now.
    """
    with locked(park) as park:
        firm = FirmRow.objects.filter(park=park, code=code).first()
        if (firm.revision if firm else None) != seen:
            raise Conflict
        return write_over(park, of_firm(firm) if firm else NOTHING, after, origin)


def write_over(park: Park, before: Stored, after: Inventory, origin: Origin,
               renamed: Mapping[Entity, tuple[int, str]] | None = None) -> int:  # fmt: skip
    """Make a firm's rows, as they are now, say ``after`` in a park that is :func:`locked`; return how many changes.

    Parameters
    ----------
    park, before, after, origin
        The park; the firm with all that belongs to it; what it shall be; who changes it.
    renamed
        Rows (ids) that are now found by another key, by entity; they keep their history.
    """
    writer = _Writer(park, before.firm, origin, dict(renamed or {}))
    for entity in ENTITIES:
        writer.match(entity, before, items(after)[entity])
    return writer.finish()


def write_all(park: Park, inventory: Inventory, origin: Origin) -> None:
    """Fill an empty park with an inventory in its order; that is where its history begins.

    Raises
    ------
    Conflict
        If the park has firms already.
    """
    with locked(park) as park:
        if FirmRow.objects.filter(park=park).exists():
            raise Conflict
        made = [_new(FirmRow, park, n, "firm", item) for n, item in enumerate(inventory.firms, start=1)]
        firms = {row.code: row for row in FirmRow.objects.bulk_create(made)}
        for entity, table in (("process", ProcessRow), ("flow", FlowRow)):
            rows = [
                _new(table, park, n, entity, item, firm=firms[item.firm])  # type: ignore[arg-type,union-attr]
                for n, item in enumerate(items(inventory)[entity], start=1)  # type: ignore[index]
            ]
            table._default_manager.bulk_create(rows, batch_size=500)
        FirmRow.objects.filter(park=park).update(revision=1)
        Park.objects.filter(pk=park.pk).update(revision=F("revision") + 1)
        learn_sizes()
        log("study imported", park=park, by=origin.by, about=origin.file)


def _new(table: type[Any], park: Park, position: int, entity: Entity, item: Item, **more: Any) -> Any:
    return table(park=park, position=position, key=key_of(entity, item), values=record_of(entity, item),
                 **columns_of(item), **more)  # fmt: skip


class _Writer:
    """One change of one firm: what is written, and the history of it."""

    def __init__(
        self, park: Park, firm: FirmRow | None, origin: Origin, renamed: dict[Entity, tuple[int, str]]
    ) -> None:
        self.park, self.firm, self.origin, self.renamed = park, firm, origin, renamed
        self.found: list[tuple[Difference, int | None]] = []
        self.gone: list[Row] = []

    def match(self, entity: Entity, before: Stored, wanted: Iterable[Item]) -> None:
        """Bring the rows of an entity to what is wanted; rows that are not go when all is done."""
        old = {row.key: (row, item) for row, item in before.pairs(entity)}
        if entity in self.renamed:
            pk, key = self.renamed[entity]
            mine = next(pair for pair in old.values() if pair[0].pk == pk)
            del old[mine[0].key]
            old[key] = mine
        for item in wanted:
            key = key_of(entity, item)
            pair = old.pop(key) if key in old else None
            if pair is None:
                self._add(entity, key, item)
            elif pair[1] != item:
                self._change(entity, key, *pair, item)
        for row, item in old.values():
            self.gone.append(row)
            self._tell(entity, item, None, row.pk)

    def _add(self, entity: Entity, key: str, item: Item) -> None:
        table = TABLES[entity]
        last = table._default_manager.filter(park=self.park).aggregate(last=Max("position"))["last"] or 0
        more = {} if entity == "firm" else {"firm": self.firm}
        row = _new(table, self.park, last + 1, entity, item, **more)
        row.save()
        if isinstance(row, FirmRow):
            self.firm = row
        self._tell(entity, None, item, row.pk)

    def _change(self, entity: Entity, key: str, row: Row, before: Item, after: Item) -> None:
        for name, value in columns_of(after).items():
            setattr(row, name, value)
        row.key, row.values, row.version = key, record_of(entity, after), row.version + 1
        row.save()
        self._tell(entity, before, after, row.pk)

    def _tell(self, entity: Entity, before: Item | None, after: Item | None, pk: int | None) -> None:
        versions = [only(entity, item) if item is not None else Inventory() for item in (before, after)]
        self.found += [(difference, pk) for difference in differences(*versions)]

    def finish(self) -> int:
        """Remove what is gone, write the history, count the revisions up; return the number of changes."""
        for row in reversed(self.gone):
            row.delete()
        time = self.origin.time or timezone.now()
        Change.objects.bulk_create(
            Change(park=self.park, time=time, by=self.origin.by, file=self.origin.file[:500], row_id=pk, **vars(d))
            for d, pk in self.found
        )
        if self.found:
            Park.objects.filter(pk=self.park.pk).update(revision=F("revision") + 1)
            if self.firm is not None:
                FirmRow.objects.filter(pk=self.firm.pk).update(revision=F("revision") + 1)
        return len(self.found)
