"""One row saved or removed, from a form or the API: locked, compared with what its writer saw, checked, written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from django.core.exceptions import ObjectDoesNotExist

from lichen.inventory.dictionary import Entity
from lichen.inventory.values import Inventory
from lichen.web.drafts import Draft, draft
from lichen.web.models import FirmRow, Row, User
from lichen.web.policy import Scope, again, log
from lichen.web.rows import NOTHING, TABLES, Stored, items, of_firm
from lichen.web.store import Origin, locked, write_over

Outcome = Literal["saved", "unchanged", "problems", "conflict", "gone", "taken", "in use"]


@dataclass(frozen=True)
class Edit:
    """What became of an edit.

    Parameters
    ----------
    outcome
        "conflict": somebody else changed the row meanwhile; "gone": removed it; "taken": a new firm's code is in use;
        "in use": a process that flows name cannot be removed.
    row
        The row as it is now.
    draft
        What was written, with its problems.
    """

    outcome: Outcome
    row: Row | None = None
    draft: Draft | None = None


def save(scope: Scope, entity: Entity, written: Mapping[str, str], version: int | None, origin: Origin) -> Edit:
    """Save the row that a scope names, or a new one.

    Parameters
    ----------
    scope
        The account, the firm, and the row that is changed; of a new row there is none (of a new firm, no firm either).
    entity, written
        What it is, and its texts by column key.
    version
        The version that the writer saw; ``None`` for a new row.
    origin
        Who writes, and from where.
    """
    # all is read before the others are kept out, and again only where the firm changed meanwhile
    before = of_firm(scope.firm) if scope.firm is not None else NOTHING
    found = draft(before.rows, entity, _row(scope, entity, version), written)
    with locked(scope.park) as park:
        try:
            scope = again(scope, park)
        except ObjectDoesNotExist:
            return Edit("gone")
        firm, row = scope.firm, _row(scope, entity, version)
        if firm is not None and before.firm is not None and firm.revision != before.firm.revision:
            before = of_firm(firm)
            found = draft(before.rows, entity, row, written)
        if row is not None and version != row.version:
            return Edit("conflict", row, found)
        if found.after is None:
            return Edit("problems", row, found)
        if firm is None and FirmRow.objects.filter(park=park, code=found.after.firms[0].id).exists():
            return Edit("taken", None, found)
        renamed: Mapping[Entity, tuple[int, str]] = {entity: (row.pk, found.key)} if row is not None else {}
        count = write_over(park, before, found.after, origin, renamed)
        saved = TABLES[entity]._default_manager.get(park=park, key=found.key)
        return Edit("saved" if count else "unchanged", saved, found)


def _row(scope: Scope, entity: Entity, version: int | None) -> Row | None:
    """Return the row that is changed; a new one has no version."""
    return None if version is None else scope.firm if entity == "firm" else scope.row


def remove(scope: Scope, entity: Entity, version: int, by: User) -> Edit:
    """Remove the row that a scope names, a firm with all that belongs to it; the history stays."""
    with locked(scope.park) as park:
        try:
            scope = again(scope, park)
        except ObjectDoesNotExist:
            return Edit("gone")
        firm = scope.firm
        assert firm is not None
        row: Row = firm if entity == "firm" else scope.row
        if version != row.version:
            return Edit("conflict", row)
        before = of_firm(firm)
        after = Inventory() if entity == "firm" else _without(before, entity, row)
        if entity == "process" and any(flow.process == row.values["id"] for flow in after.flows):
            return Edit("in use", row)
        write_over(park, before, after, Origin(by, "browser"))
        log(f"{entity} removed", park=park, by=by, about=f"{firm.code} {row.values.get('id', row.pk)}")
        return Edit("saved")


def _without(before: Stored, entity: Entity, row: Row) -> Inventory:
    """Return a firm without a process or a flow."""
    pairs = zip(before.rows[entity], items(before.inventory)[entity], strict=True)
    left = tuple(item for kept, item in pairs if kept.pk != row.pk)
    if entity == "process":
        return replace(before.inventory, processes=left)  # type: ignore[arg-type]
    return replace(before.inventory, flows=left)  # type: ignore[arg-type]
