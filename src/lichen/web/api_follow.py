"""The part of the API that speaks of the exchange board, the registers of follow-up, and released tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from django.http import Http404, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from lichen.errors import Problem
from lichen.monitor.dictionary import Entity, columns
from lichen.web.api_base import REFUSED, Pages
from lichen.web.board import Card, card, cards, terms_of
from lichen.web.follow_edits import drop_row, put_on_board, save_row, write_event
from lichen.web.followed_models import Exchange, FollowRow, LogRow, ReleasedTable
from lichen.web.middleware import Request, current
from lichen.web.models import FirmRow
from lichen.web.policy import Action, event_shown, reach, registers, rule
from lichen.web.rows import text_of
from lichen.web.views.pages import whole_number

router = Router()
Value = str | int | float | None
Register = Literal["planned", "actual", "terms", "measure", "milestone", "target"]
PARK = "/parks/{slug:park}"


class EventOut(Schema):
    """An event of an exchange, as far as the account sees it; ``from_study``: it came in with one."""

    time: str
    from_study: bool = False
    shared: bool
    values: dict[str, Value]


class FollowedOut(Schema):
    """A row of a register."""

    id: int
    of: str
    version: int
    values: dict[str, Value]


class ExchangeOut(Schema):
    """An exchange on the board; ``key``, its name in the log, for the facilitator alone; terms as far as they open."""

    id: int
    key: str = ""
    title: str
    state: str
    since: str = ""
    donor: str = ""
    receiver: str = ""
    owner: str = ""
    next_step: str = ""
    due: str = ""
    days_late: int = 0
    log: list[EventOut] = Field(default_factory=list)
    terms: list[FollowedOut] = Field(default_factory=list)


class ExchangesOut(Schema):
    """Some exchanges, and how many there are."""

    count: int
    rows: list[ExchangeOut]


class ExchangeIn(Schema):
    """An exchange to be put on the board; firms by their codes."""

    title: str = ""
    title_zh: str = ""
    key: str = ""
    donor: str = ""
    receiver: str = ""
    origin: str = ""
    date: str = ""
    named: bool = False


class EventIn(Schema):
    """An event, its values by the keys of follow-up's dictionary; ``shared``: the firms read its words too."""

    values: dict[str, Value]
    shared: bool = False


class FollowedRowsOut(Schema):
    """Some rows of a register, and how many there are."""

    count: int
    rows: list[FollowedOut]


class FollowedIn(Schema):
    """Values by the keys of follow-up's dictionary; what is left out is empty."""

    values: dict[str, Value]


class CellOut(Schema):
    """A cell of a released table; no value where it is withheld."""

    node: str
    state: str
    value: float | None = None
    firms: int | None = None


class ReleasedOut(Schema):
    """A released table: sums by sector."""

    id: int
    figure: str
    year: int
    unit: str
    time: str
    rules: dict[str, float]
    cells: list[CellOut]


class ReleasesOut(Schema):
    """Some released tables, newest first, and how many there are."""

    count: int
    rows: list[ReleasedOut]


def _whole(request: Request, row: Exchange) -> dict[str, Any]:
    """Return an exchange with its log and what was agreed, as far as the account sees them."""
    scope = request.scope
    told = reach(scope, Action.SEE_BOARD, LogRow).filter(exchange=row)
    return _exchange(request, card(scope, row), told, terms_of(scope, row))


def _exchange(
    request: Request, one: Card, told: Iterable[LogRow] = (), terms: Iterable[FollowRow] = ()
) -> dict[str, Any]:
    scope, at = request.scope, one.standing
    standing = {} if at is None else {"since": str(at.since), "owner": at.owner, "next_step": at.next_step,
                                      "due": str(at.due or ""), "days_late": at.overdue_days}  # fmt: skip
    return standing | {
        "id": one.exchange.pk, "key": one.exchange.key if scope.may(Action.WRITE_BOARD) else "",
        "title": one.name(current()), "state": one.state,
        "donor": one.donor.code if one.donor else "", "receiver": one.receiver.code if one.receiver else "",
        "terms": [_followed(request, row) for row in terms],
        "log": [
            {"time": r.time.isoformat(), "from_study": r.author is not None, "shared": r.shared,
             "values": event_shown(scope, r)} for r in told
        ],
    }  # fmt: skip


def _problems(problems: Mapping[str, Iterable[Problem]], others: Iterable[Problem]) -> list[dict[str, str]]:
    pairs = [(key, p) for key, found in problems.items() for p in found] + [("", p) for p in others]
    return [
        {"field": key, "code": p.code, "severity": p.severity, "found": p.found(), "mend": p.mend()} for key, p in pairs
    ]


def _texts(values: Mapping[str, Value], entity: Entity) -> dict[str, str] | None:
    """Return values as a form would send them; ``None`` if a key is none of the dictionary's."""
    keys = {c.key for c in columns(entity)}
    return None if set(values) - keys else {key: text_of(value) for key, value in values.items()}


@router.get(f"{PARK}/board", response={200: ExchangesOut, **REFUSED}, url_name="board")
@rule(get=Action.SEE_BOARD)
def board(request: Request, park: str, pages: Query[Pages]) -> Any:
    """List the exchanges in reach, with where they stand today."""
    found = cards(request.scope)
    shown = found[pages.offset : pages.offset + pages.limit]
    return {"count": len(found), "rows": [_exchange(request, one) for one in shown]}


@router.post(f"{PARK}/board", response={201: ExchangeOut, **REFUSED}, url_name="add_exchange")
@rule(post=Action.WRITE_BOARD)
def add_exchange(request: Request, park: str, body: ExchangeIn) -> Any:
    """Put an exchange on the board; one of the same key and origin is returned as it is."""
    given = {**body.dict(), "named": "yes" if body.named else ""}
    codes = dict(reach(request.scope, Action.LIST_FIRMS, FirmRow).values_list("code", "pk"))
    for end in ("donor", "receiver"):
        if given[end] and given[end] not in codes:
            return Status(422, {"detail": f"{end}: no such firm"})
        given[end] = str(codes.get(given[end], ""))
    row, error = put_on_board(request.scope, {k: v.strip() for k, v in given.items()}, request.user)
    if row is None:
        return Status(422, {"detail": error})
    return Status(201, _whole(request, row))


@router.get(f"{PARK}/board/{{int:exchange}}", response={200: ExchangeOut, **REFUSED}, url_name="exchange")
@rule(get=Action.SEE_BOARD)
def exchange(request: Request, park: str, exchange: int) -> Any:
    """Return an exchange with its log and the terms that were agreed."""
    return _whole(request, request.scope.row)


@router.post(f"{PARK}/board/{{int:exchange}}/events", response={201: ExchangeOut, **REFUSED}, url_name="add_event")
@rule(post=Action.NOTE_BOARD)
def add_event(request: Request, park: str, exchange: int, body: EventIn) -> Any:
    """Add an event to the log of an exchange."""
    scope, row = request.scope, request.scope.row
    written = _texts(body.values, "event")
    if written is None:
        return Status(422, {"detail": "unknown keys"})
    added, found = write_event(scope, row, written, body.shared, request.user)
    if not added:
        return Status(422, {"detail": "problems", "problems": _problems(found.at_fields, found.others)})
    return Status(201, _whole(request, row))


def _row(request: Request, response: HttpResponse, row: FollowRow) -> dict[str, Any]:
    response["ETag"] = f'"{row.version}"'
    return _followed(request, row)


def _followed(request: Request, row: FollowRow) -> dict[str, Any]:
    values = dict(row.values)
    if not request.scope.everywhere(Action.READ_FOLLOW):
        values.pop("exchange", None)  # its name in the log may tell of the partner
    return {"id": row.pk, "of": row.entity, "version": row.version, "values": values}


def _register(request: Request, of: Register, action: Action) -> Entity:
    found = next((e for e in registers(request.scope, action) if e == of), None)
    if found is None:
        raise Http404
    return found


def _seen(request: Request) -> int | None:
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    return whole_number(text) or None


def _saved(request: Request, response: HttpResponse, entity: Entity, row: FollowRow | None, body: FollowedIn) -> Any:
    written = _texts(body.values, entity)
    if written is None:
        return Status(422, {"detail": "unknown keys"})
    version = _seen(request)
    if row is not None and version is None:
        return Status(428, {"detail": "say in If-Match which version you saw"})
    done = save_row(request.scope, entity, row, written, version or 0, request.user, "API")
    if done.outcome == "conflict":
        return Status(409, {"detail": "conflict"})
    if done.outcome != "saved" or done.row is None:
        return Status(422, {"detail": done.outcome, "problems": _problems(done.draft.at_fields, done.draft.others)})
    shown = _row(request, response, done.row)
    return Status(201, shown) if row is None else shown


@router.get(f"{PARK}/register", response={200: FollowedRowsOut, **REFUSED}, url_name="register")
@rule(get=Action.READ_FOLLOW)
def register(request: Request, park: str, pages: Query[Pages], of: Register) -> Any:
    """List the rows of a register in reach: planned, actual, terms, measure, milestone or target."""
    entity = _register(request, of, Action.READ_FOLLOW)
    rows = reach(request.scope, Action.READ_FOLLOW, FollowRow).filter(entity=entity)
    shown = rows[pages.offset : pages.offset + pages.limit]
    return {"count": rows.count(), "rows": [_followed(request, row) for row in shown]}


@router.post(f"{PARK}/register", response={201: FollowedOut, **REFUSED}, url_name="add_followed")
@rule(post=Action.WRITE_FOLLOW)
def add_followed(request: Request, response: HttpResponse, park: str, body: FollowedIn, of: Register) -> Any:
    """Add a row to a register."""
    return _saved(request, response, _register(request, of, Action.WRITE_FOLLOW), None, body)


@router.get(f"{PARK}/register/{{int:followed}}", response={200: FollowedOut, **REFUSED}, url_name="followed")
@rule(get=Action.READ_FOLLOW)
def followed(request: Request, response: HttpResponse, park: str, followed: int) -> Any:
    """Return a row of a register."""
    return _row(request, response, request.scope.row)


@router.put(f"{PARK}/register/{{int:followed}}", response={200: FollowedOut, **REFUSED}, url_name="put_followed")
@rule(put=Action.WRITE_FOLLOW)
def put_followed(request: Request, response: HttpResponse, park: str, followed: int, body: FollowedIn) -> Any:
    """Change a row of a register."""
    return _saved(request, response, request.scope.row.entity, request.scope.row, body)


@router.delete(f"{PARK}/register/{{int:followed}}", response={204: None, **REFUSED}, url_name="delete_followed")
@rule(delete=Action.WRITE_FOLLOW)
def delete_followed(request: Request, park: str, followed: int) -> Any:
    """Remove a row of a register; its history stays."""
    version = _seen(request)
    if version is None:
        return Status(428, {"detail": "say in If-Match which version you saw"})
    gone = drop_row(request.scope, request.scope.row, version, request.user, "API")
    return Status(204, None) if gone else Status(409, {"detail": "conflict"})


@router.get(f"{PARK}/released", response={200: ReleasesOut, **REFUSED}, url_name="released")
@rule(get=Action.READ_RELEASED)
def released(request: Request, park: str, pages: Query[Pages]) -> Any:
    """List the tables that were released."""
    rows = reach(request.scope, Action.READ_RELEASED, ReleasedTable)
    return {"count": rows.count(), "rows": [
        {"id": r.pk, "figure": r.figure, "year": r.year, "unit": r.table["unit"], "time": r.time.isoformat(),
         "rules": r.rules, "cells": r.table["cells"]} for r in rows[pages.offset : pages.offset + pages.limit]
    ]}  # fmt: skip
