"""Follow-up edited, from a page or the API: locked, compared with what its writer saw, checked, written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.utils.text import slugify

from lichen.monitor.dictionary import Entity
from lichen.periods import parse_period
from lichen.web.board import EventDraft, card, draft_event
from lichen.web.documents import answer, drop, keep
from lichen.web.followed import (
    ABOUT,
    add_event,
    free_key,
    is_opportunity,
    key_of,
    known_from,
    remove_row,
    take_over,
    today,
    write_row,
)
from lichen.web.followed_models import Document, Exchange, FollowRow
from lichen.web.middleware import current
from lichen.web.models import FirmRow, User
from lichen.web.own_tables import called
from lichen.web.policy import Action, Scope, log, reach
from lichen.web.registers import RowDraft, Table, draft_row, foreign
from lichen.web.sent import whole_number
from lichen.web.store import locked
from lichen.web.texts import words

Outcome = Literal["saved", "problems", "conflict", "foreign"]


@dataclass(frozen=True)
class RowEdit:
    """What became of an edit of a register: the row as it is now, and what was written with its problems."""

    outcome: Outcome
    row: FollowRow | None
    draft: RowDraft


def save_row(scope: Scope, entity: Entity, row: FollowRow | None, written: Mapping[str, str], version: int, by: User,
             file: str) -> RowEdit:  # fmt: skip
    """Save a row of a register, or a new one; ``version`` is what its writer saw."""
    with locked(scope.park) as park:
        now = FollowRow.objects.filter(pk=row.pk).first() if row else None
        if row is not None and (now is None or now.version != version):
            return RowEdit("conflict", now, RowDraft(None, {}, ()))
        found = draft_row(park, entity, now, written)
        if found.record is None:
            return RowEdit("problems", now, found)
        if foreign(scope, entity, [found.record]):
            return RowEdit("foreign", now, found)
        same = now is not None and key_of(entity, now.values) == key_of(entity, found.record)
        key = now.key if now and same else free_key(park, entity, found.record, now.pk if now else 0)
        return RowEdit("saved", write_row(park, entity, found.record, key, now, by, file), found)


def drop_row(scope: Scope, row: FollowRow, version: int, by: User, file: str) -> bool:
    """Remove a row of a register; ``False`` if somebody else changed or removed it meanwhile."""
    with locked(scope.park) as park:
        now = FollowRow.objects.filter(pk=row.pk).first()
        if now is None or now.version != version:
            return False
        remove_row(now, by, file)
        log("register row removed", park=park, by=by, about=f"{row.entity} {row.values.get(ABOUT[now.entity])}")  # type: ignore[index]
        return True


def write_event(
    scope: Scope, row: Exchange, written: Mapping[str, str], shared: bool, by: User
) -> tuple[bool, EventDraft]:
    """Add an event to the log of an exchange; who may not move it writes of its present state, for both its firms.

    Returns
    -------
    bool, EventDraft
        Whether it was added, and what was written with its problems.
    """
    with locked(scope.park) as park:
        found = draft_event(row, written)
        moves = scope.may(Action.WRITE_BOARD)
        if found.record is None or not (moves or found.record["state"] == card(scope, row).state):
            return False, found
        add_event(row, found.record, shared=shared or not moves, by=by, firm=speaker(scope, row))
        log("event added", park=park, by=by, about=f"{row.key}: {found.record['state']}")
        return True, found


def speaker(scope: Scope, row: Exchange) -> FirmRow | None:
    """Return for which firm of an exchange an account speaks; ``None``: for the park."""
    if scope.may(Action.WRITE_BOARD):
        return None
    return next((f for f in (row.donor, row.receiver) if f is not None and f.pk in scope.firms), None)


def firm_in(scope: Scope, number: str) -> FirmRow | None:
    """Return the firm of a number that came with a form; ``None`` if it is none of the park's."""
    return reach(scope, Action.LIST_FIRMS, FirmRow).filter(pk=whole_number(number)).first()


def fields_of(scope: Scope, given: Mapping[str, str]) -> dict[str, Any]:
    """Return what a form says of an exchange, for its row."""
    return {
        "title": given["title"], "title_zh": given["title_zh"], "donor": firm_in(scope, given["donor"]),
        "receiver": firm_in(scope, given["receiver"]), "origin": given["origin"], "named": bool(given["named"]),
    }  # fmt: skip


def fault_of(scope: Scope, given: Mapping[str, str], taken: bool) -> str:
    """Return what is wrong with an exchange; empty if nothing is."""
    lang = current()
    if not given["title"] or len(given["title"]) > 200 or len(given["title_zh"]) > 200 or len(given["origin"]) > 200:
        return words("exchange_no_title", lang)
    if not given["key"] or len(given["key"]) > 120 or not all(v.isprintable() for v in given.values()):
        return words("exchange_no_key", lang)
    if taken:
        return words("exchange_taken", lang)
    if given.get("date") and parse_period(given["date"]) is None:
        return words("exchange_no_date", lang)
    if any(given[end] and firm_in(scope, given[end]) is None for end in ("donor", "receiver")):
        return words("exchange_no_firm", lang)
    return words("exchange_one_firm", lang) if given["donor"] and given["donor"] == given["receiver"] else ""


def put_on_board(scope: Scope, given: Mapping[str, str], by: User) -> tuple[Exchange | None, str]:
    """Put an exchange on the board; one that came from the same opportunity or design is there already.

    Returns
    -------
    Exchange or None, str
        The exchange, or why there is none.
    """
    title = given["title"] or given["origin"]
    key = given["key"] or slugify(title)[:60] or title[:60]
    given = {**given, "title": title, "key": key}
    with locked(scope.park) as park:
        known = Exchange.objects.filter(park=park, key=key).first()
        same = known_from(park, given["origin"])
        if same is not None or (known is not None and given["origin"] and known.origin == given["origin"]):
            return same or known, ""
        error = fault_of(scope, given, known is not None)
        if error:
            return None, error
        row = Exchange.objects.create(park=park, key=key, **fields_of(scope, given))
        date = parse_period(given["date"] or today())
        source = words("source_opportunity", current()) if is_opportunity(given["origin"]) else given["origin"]
        first = {"date": str(date), "state": "idea", "who": "" if by is None else called(by), "source": source}
        add_event(row, first, shared=True, by=by)
        log("exchange added", park=park, by=by, about=key)
        return row, ""


def edit_exchange(scope: Scope, row: Exchange, given: Mapping[str, str], version: int, by: User) -> tuple[bool, str]:
    """Change what an exchange is called, and who takes part in it; ``version`` is what the writer saw.

    Returns
    -------
    bool, str
        Whether it was still as its writer saw it, and why nothing was changed; empty if it was.
    """
    given = {**given, "key": row.key}
    with locked(scope.park):
        now = Exchange.objects.get(pk=row.pk)
        if now.version != version:
            return False, "conflict"
        error = fault_of(scope, given, False)
        if error:
            return True, error
        Exchange.objects.filter(pk=row.pk).update(version=now.version + 1, **fields_of(scope, given))
        ends = (firm_in(scope, given["donor"]), firm_in(scope, given["receiver"]))
        firms = " → ".join(f.code if f else "–" for f in ends)
        about = f"{row.key}: {given['title']}; {firms}; named: {given['named'] or 'no'}"
        log("exchange changed", park=scope.park, by=by, about=about)
    return True, ""


def add_document(scope: Scope, row: Exchange, sent: UploadedFile[Any], shared: bool, by: User) -> Document:
    """Keep a file of an exchange, with the name of the firm that its sender speaks for.

    Raises
    ------
    InputError
        As :func:`lichen.web.documents.keep` says.
    """
    with transaction.atomic():
        found = keep(row, sent, shared=shared, by=by, firm=speaker(scope, row))
        log("document added", park=scope.park, by=by, about=f"{row.key}: {found.name} {found.digest}")
        return found


def read_document(scope: Scope, found: Document, by: User) -> HttpResponse:
    """Return a document to be saved; the audit hears of it."""
    log("document read", park=scope.park, by=by, about=f"{found.exchange.key}: {found.name}")
    return answer(found)


def remove_document(scope: Scope, found: Document, by: User) -> None:
    """Remove a document; the audit keeps its name and digest."""
    about = f"{found.exchange.key}: {found.name} {found.digest}"
    drop(found)
    log("document removed", park=scope.park, by=by, about=about)


def take_table(scope: Scope, entity: Entity, name: str, found: Table, replace: bool, by: User) -> tuple[int, int]:
    """Take the rows of a table that was checked into a register; return how many came or changed, and how many went."""
    with locked(scope.park) as park:
        among = reach(scope, Action.WRITE_FOLLOW, FollowRow).filter(entity=entity)
        count, gone = take_over(park, entity, found.records, by, name, among, replace)
        log("register taken over", park=park, by=by, about=f"{entity} {name}: {count} + {gone}")
    return count, gone
