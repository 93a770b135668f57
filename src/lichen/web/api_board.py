"""The part of the API that speaks of the exchange board: exchanges, their events, their documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from ninja import File, Form, Query, Router, Schema, Status, UploadedFile
from pydantic import Field

from lichen.errors import InputError
from lichen.monitor.dictionary import columns
from lichen.monitor.values import State
from lichen.web.api_base import (
    ABSENT,
    REFUSED,
    UNSEEN,
    Pages,
    Value,
    file_of,
    page_of,
    refused,
    seen,
    texts_of,
    unknown_keys,
)
from lichen.web.api_follow import FollowedOut, followed_told
from lichen.web.board import Card, card, cards, fitting, terms_of
from lichen.web.follow_edits import (
    add_document,
    edit_exchange,
    put_on_board,
    read_document,
    remove_document,
    write_event,
)
from lichen.web.followed_models import Document, Exchange, FollowRow, LogRow
from lichen.web.middleware import Request, current
from lichen.web.models import FirmRow
from lichen.web.policy import Action, event_shown, reach, rule

router = Router()
BOARD = "/parks/{slug:park}/board"
EXCHANGE = f"{BOARD}/{{int:exchange}}"
DOCUMENT = f"{EXCHANGE}/documents/{{int:document}}"


class EventOut(Schema):
    """An event of an exchange, as far as the account sees it; ``from_study``: it came in with one."""

    time: str
    from_study: bool = False
    shared: bool
    values: dict[str, Value]


class ExchangeOut(Schema):
    """An exchange on the board; terms as far as they open.

    ``key``, its name in the log, and what its form holds are for the facilitator alone.
    """

    id: int
    version: int = 0
    key: str = ""
    title_zh: str = ""
    origin: str = ""
    named: bool = False
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


class BoardWanted(Pages):
    """Which exchanges are wanted; ``q``: words of what is seen of them."""

    q: str = Field("", max_length=100)
    state: State | None = None
    owner: str = Field("", max_length=500)
    late: bool = False


class ExchangeEdit(Schema):
    """What an exchange is called, and who takes part in it; firms by their codes."""

    title: str
    title_zh: str = ""
    donor: str = ""
    receiver: str = ""
    origin: str = ""
    named: bool = False


class ExchangeIn(ExchangeEdit):
    """An exchange to be put on the board: the same, its name in the log, and since when it is an idea."""

    title: str = ""
    key: str = ""
    date: str = ""


class DocumentOut(Schema):
    """A file of an exchange; ``mine``: the account may remove it."""

    id: int
    name: str
    size: int
    digest: str
    shared: bool
    created: str
    mine: bool


class DocumentsOut(Schema):
    """The files of an exchange."""

    count: int
    rows: list[DocumentOut]


class EventIn(Schema):
    """An event, its values by the keys of follow-up's dictionary; ``shared``: the firms read its words too."""

    values: dict[str, Value]
    shared: bool = False


def _exchange(
    request: Request, one: Card, told: Iterable[LogRow] = (), terms: Iterable[FollowRow] = ()
) -> dict[str, Any]:
    scope, at = request.scope, one.standing
    standing = {} if at is None else {"since": str(at.since), "owner": at.owner, "next_step": at.next_step,
                                      "due": str(at.due or ""), "days_late": at.overdue_days}  # fmt: skip
    row = one.exchange
    form = {"version": row.version, "key": row.key, "title_zh": row.title_zh, "origin": row.origin,
            "named": row.named} if scope.may(Action.WRITE_BOARD) else {}  # fmt: skip
    return standing | form | {
        "id": row.pk,
        "title": one.name(current()), "state": one.state,
        "donor": one.donor.code if one.donor else "", "receiver": one.receiver.code if one.receiver else "",
        "terms": [followed_told(request, row) for row in terms],
        "log": [
            {"time": r.time.isoformat(), "from_study": r.author is not None, "shared": r.shared,
             "values": event_shown(scope, r)} for r in told
        ],
    }  # fmt: skip


@router.get(BOARD, response={200: ExchangesOut, **REFUSED}, url_name="board")
@rule(get=Action.SEE_BOARD)
def board(request: Request, park: str, wishes: Query[BoardWanted]) -> Any:
    """List the exchanges in reach, with where they stand today."""
    wanted = {"q": wishes.q, "state": wishes.state or "", "owner": wishes.owner, "late": "yes" if wishes.late else ""}
    found = fitting(request.scope, cards(request.scope), wanted, current())
    return page_of(found, wishes, lambda one: _exchange(request, one))


def _given(request: Request, body: ExchangeEdit) -> dict[str, str] | str:
    """Return what a body says as a form would, firms by their numbers; or why that cannot be."""
    given = {key: str(value).strip() for key, value in body.dict().items()} | {"named": "yes" if body.named else ""}
    codes = dict(reach(request.scope, Action.LIST_FIRMS, FirmRow).values_list("code", "pk"))
    for end in ("donor", "receiver"):
        if given[end] and given[end] not in codes:
            return f"{end}: no such firm"
        given[end] = str(codes.get(given[end], ""))
    return given


@router.post(BOARD, response={201: ExchangeOut, **REFUSED}, url_name="add_exchange")
@rule(post=Action.WRITE_BOARD)
def add_exchange(request: Request, park: str, body: ExchangeIn) -> Any:
    """Put an exchange on the board; one of the same key and origin is returned as it is."""
    given = _given(request, body)
    if isinstance(given, str):
        return Status(422, {"detail": given})
    row, error = put_on_board(request.scope, given, request.user)
    if row is None:
        return Status(422, {"detail": error})
    return Status(201, _whole(request, row))


@router.get(EXCHANGE, response={200: ExchangeOut, **REFUSED}, url_name="exchange")
@rule(get=Action.SEE_BOARD)
def exchange(request: Request, response: HttpResponse, park: str, exchange: int) -> Any:
    """Return an exchange with its log and the terms that were agreed."""
    return _tagged(request, response, request.scope.row)


def _whole(request: Request, row: Exchange) -> dict[str, Any]:
    """Return an exchange with its log and what was agreed, as far as the account sees them."""
    scope = request.scope
    told = reach(scope, Action.SEE_BOARD, LogRow).filter(exchange=row)
    return _exchange(request, card(scope, row), told, terms_of(scope, row))


def _tagged(request: Request, response: HttpResponse, row: Exchange) -> dict[str, Any]:
    """Return an exchange, its version as its ETag for those who may write it."""
    if request.scope.may(Action.WRITE_BOARD):
        response["ETag"] = f'"{row.version}"'
    return _whole(request, row)


@router.put(EXCHANGE, response={200: ExchangeOut, **REFUSED}, url_name="put_exchange")
@rule(put=Action.WRITE_BOARD)
def put_exchange(request: Request, response: HttpResponse, park: str, exchange: int, body: ExchangeEdit) -> Any:
    """Change what an exchange is called, and who takes part in it."""
    scope, row, version = request.scope, request.scope.row, seen(request)
    if version is None:
        return UNSEEN
    given = _given(request, body)
    if isinstance(given, str):
        return Status(422, {"detail": given})
    fresh, error = edit_exchange(scope, row, given, version, request.user)
    if not fresh:
        return Status(409, {"detail": "conflict"})
    if error:
        return Status(422, {"detail": error})
    return _tagged(request, response, Exchange.objects.select_related("donor", "receiver").get(pk=row.pk))


@router.post(f"{EXCHANGE}/events", response={201: ExchangeOut, **REFUSED}, url_name="add_event")
@rule(post=Action.NOTE_BOARD)
def add_event(request: Request, park: str, exchange: int, body: EventIn) -> Any:
    """Add an event to the log of an exchange."""
    scope, row = request.scope, request.scope.row
    wrong = unknown_keys(body.values, {c.key for c in columns("event")})
    if wrong:
        return wrong
    added, found = write_event(scope, row, texts_of(body.values), body.shared, request.user)
    if not added:
        return refused(found.at_fields, found.others)
    return Status(201, _whole(request, row))


def _document(row: Document, mine: bool) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "size": row.size, "digest": row.digest, "shared": row.shared,
            "created": row.created.isoformat(), "mine": mine}  # fmt: skip


@router.get(f"{EXCHANGE}/documents", response={200: DocumentsOut, **REFUSED}, url_name="documents")
@rule(get=Action.SEE_BOARD)
def documents(request: Request, park: str, exchange: int, pages: Query[Pages]) -> Any:
    """List the files of an exchange in reach."""
    scope = request.scope
    rows = reach(scope, Action.SEE_BOARD, Document).filter(exchange=scope.row)
    mine = set(reach(scope, Action.NOTE_BOARD, Document).filter(exchange=scope.row).values_list("pk", flat=True))
    return page_of(rows, pages, lambda row: _document(row, row.pk in mine))


@router.post(f"{EXCHANGE}/documents", response={201: DocumentOut, **REFUSED}, url_name="add_document")
@rule(post=Action.NOTE_BOARD)
def send_document(
    request: Request, park: str, exchange: int, file: File[UploadedFile], shared: Form[bool] = False
) -> Any:
    """Keep a file of an exchange; ``shared``: the firms of the exchange read it too."""
    try:
        row = add_document(request.scope, request.scope.row, file, shared, request.user)
    except InputError as error:
        return refused({}, error.problems)
    return Status(201, _document(row, True))


@router.get(DOCUMENT, response=ABSENT, url_name="document", openapi_extra=file_of("application/octet-stream"))
@rule(get=Action.SEE_BOARD)
def document(request: Request, park: str, exchange: int, document: int) -> HttpResponse:
    """Return a file of an exchange."""
    return read_document(request.scope, request.scope.row, request.user)


@router.delete(DOCUMENT, response={204: None, **ABSENT}, url_name="delete_document")
@rule(delete=Action.NOTE_BOARD)
def delete_document(request: Request, park: str, exchange: int, document: int) -> Any:
    """Remove a file that the account sent, or any as a facilitator; the audit keeps its name and digest."""
    remove_document(request.scope, request.scope.row, request.user)
    return Status(204, None)
