"""The second wall: PostgreSQL itself shows a connection the rows of one park, or none, whatever the pages ask for.

Every table with a park has a policy that compares it with the connection's setting ``lichen.park``: the number of a
park, ``all``, or nothing, which shows nothing. The guard sets it for each request, to the park that the policy opened.
Commands at the command line work on all parks. SQLite has no such wall, nor has a role that is a superuser.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
    """Show after the block what was shown before it; outside transactions."""
    before = getattr(connection, "lichen_park", _usual)
    try:
        yield
    finally:
        if not (connection.in_atomic_block and connection.needs_rollback):
            _set(connection, before)


def enter(park: Park | None) -> None:
    """From here on show the rows of a park, or of none."""
    _set(connection, CLOSED if park is None else str(park.pk))


@contextmanager
def inside(park: Park | None) -> Iterator[None]:
    """Show the rows of a park, or of none, to what the block asks of the database."""
    with as_before():
        enter(park)
        yield


def _set(one: Any, park: str) -> None:
    if one.vendor != "postgresql" or getattr(one, "lichen_park", _usual) == park:
        return
    with one.cursor() as cursor:
        cursor.execute("SELECT set_config('lichen.park', %s, false)", [park])
    one.lichen_park = park


def _connected(sender: Any, connection: Any, **more: Any) -> None:
    """Give a new connection what its predecessor had, in the middle of a request too."""
    park = getattr(connection, "lichen_park", _usual)
    connection.lichen_park = None  # whatever it is, the new connection has not heard of it
    _set(connection, park)


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


def walled(models: Any) -> list[str]:
    """Return the tables that have a wall: those of all models with a park but the open ones."""
    own = (m._meta for m in models if m._meta.app_label == "web" and m._meta.model_name not in OPEN)
    return sorted(meta.db_table for meta in own if any(f.name == "park" for f in meta.fields))


def build(editor: Any, tables: list[str]) -> None:
    """Build the wall around tables; the owner of a table is held by it too."""
    if editor.connection.vendor != "postgresql":
        return
    quote = editor.quote_name
    here = "(SELECT current_setting('lichen.park', true))"
    number = "(SELECT nullif(nullif(current_setting('lichen.park', true), 'all'), '')::bigint)"
    for table in tables:
        editor.execute(f"ALTER TABLE {quote(table)} ENABLE ROW LEVEL SECURITY")
        editor.execute(f"ALTER TABLE {quote(table)} FORCE ROW LEVEL SECURITY")
        editor.execute(f"CREATE POLICY {POLICY} ON {quote(table)} USING (park_id = {number} OR {here} = 'all')")


def take_down(editor: Any, tables: list[str]) -> None:
    """Undo :func:`build`."""
    if editor.connection.vendor != "postgresql":
        return
    for table in map(editor.quote_name, tables):
        editor.execute(f"DROP POLICY {POLICY} ON {table}")
        editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
