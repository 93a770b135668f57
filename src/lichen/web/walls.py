"""The second wall: PostgreSQL itself shows a connection the rows of one park, or none, whatever the pages ask for.

Every table with a park has a policy that compares it with the connection's setting ``lichen.park``: the number of a
park, ``all``, or nothing, which shows nothing. The guard sets it for each request, to the park that the policy opened.
Commands at the command line work on all parks. SQLite has no such wall, nor has a role that is a superuser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.backends.signals import connection_created

if TYPE_CHECKING:
    from lichen.web.models import Park

ALL, CLOSED = "all", ""
OPEN = frozenset({"membership", "audit"})
"""Models with a park that are asked before it is known, or about all parks of a person: who they are, what they did."""
POLICY = "one_park"
_usual = ALL


def close() -> None:
    """From here on this process shows no rows of any park, but where :func:`inside` opens one; the server calls it."""
    global _usual
    _usual = CLOSED
    connection.close()
    connection.lichen_park = CLOSED  # type: ignore[attr-defined]


@contextmanager
def as_before() -> Iterator[None]:
    """Show after the block what was shown before it."""
    before = getattr(connection, "lichen_park", None)
    try:
        yield
    finally:
        if getattr(connection, "lichen_park", None) != before:
            connection.lichen_park = None  # type: ignore[attr-defined]  # what a broken transaction undoes is not known
            if not (connection.in_atomic_block and connection.needs_rollback):
                _set(connection, _usual if before is None else before)


def enter(park: Park | None) -> None:
    """From here on show the rows of a park, or of none."""
    _set(connection, CLOSED if park is None else str(park.pk))


@contextmanager
def inside(park: Park | None) -> Iterator[None]:
    """Show the rows of a park, or of none, to what the block asks of the database."""
    with as_before():
        enter(park)
        yield


@contextmanager
def everywhere() -> Iterator[None]:
    """Show the rows of all parks to what the block asks: for the server's care of its own work, never for requests."""
    with as_before():
        _set(connection, ALL)
        yield


def _set(one: Any, park: str) -> None:
    if one.vendor != "postgresql" or getattr(one, "lichen_park", None) == park:
        return
    with one.cursor() as cursor:
        cursor.execute("SELECT set_config('lichen.park', %s, false)", [park])
    one.lichen_park = park


def _connected(sender: Any, connection: Any, **more: Any) -> None:
    """Give a new connection what its predecessor had, in the middle of a request too."""
    park = getattr(connection, "lichen_park", None)
    connection.lichen_park = None  # whatever it is, the new connection has not heard of it
    _set(connection, _usual if park is None else park)


def watch() -> None:
    """Hear of new connections."""
    connection_created.connect(_connected, dispatch_uid="lichen.walls")


def passed() -> bool:
    """Whether the wall does not hold this process's role: it is a superuser, or may pass policies."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


@dataclass(frozen=True)
class Wall:
    """A table and what shows its rows: its park, or the row of a walled table that it belongs to (column, table)."""

    table: str
    parent: tuple[str, str] | None = None


def walled(models: Iterable[Any]) -> list[Wall]:
    """Return the walls that models want: all with a park but the open ones, and what belongs to those."""
    own = [m._meta for m in models if m._meta.app_label == "web" and m._meta.model_name not in OPEN]
    found = {meta.db_table: Wall(meta.db_table) for meta in own if any(f.name == "park" for f in meta.fields)}
    for meta in own:
        keys = [f for f in meta.fields if f.is_relation and f.related_model._meta.db_table in found]
        if meta.db_table not in found and keys:
            found[meta.db_table] = Wall(meta.db_table, (keys[0].column, keys[0].related_model._meta.db_table))
    return sorted(found.values(), key=lambda wall: wall.table)


HERE = "(SELECT current_setting('lichen.park', true))"
NUMBER = "(SELECT nullif(nullif(current_setting('lichen.park', true), 'all'), '')::bigint)"


def build(editor: Any, walls: Iterable[Wall]) -> None:
    """Build walls; the owner of a table is held by it too."""
    if editor.connection.vendor != "postgresql":
        return
    for wall in walls:
        table, shown = editor.quote_name(wall.table), f"park_id = {NUMBER} OR {HERE} = 'all'"
        if wall.parent is not None:
            column, parent = map(editor.quote_name, wall.parent)
            shown = f"EXISTS (SELECT 1 FROM {parent} WHERE {parent}.id = {table}.{column})"  # noqa: S608  # our names
        editor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        editor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        editor.execute(f"CREATE POLICY {POLICY} ON {table} USING ({shown})")


def take_down(editor: Any, walls: Iterable[Wall]) -> None:
    """Undo :func:`build`."""
    if editor.connection.vendor != "postgresql":
        return
    for table in (editor.quote_name(wall.table) for wall in walls):
        editor.execute(f"DROP POLICY {POLICY} ON {table}")
        editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
