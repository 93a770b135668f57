"""The part of the API that speaks of follow-up: where things stand, and the registers, by row and by table."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from django.http import Http404, HttpResponse
from ninja import File, Form, Query, Router, Schema, Status, UploadedFile
from pydantic import Field

from lichen.monitor.dictionary import Entity, columns
from lichen.report.follow import follow_context
from lichen.report.texts import Words
from lichen.web.api_base import (
    REFUSED,
    UNSEEN,
    Pages,
    Value,
    file_of,
    page_of,
    refused,
    seen,
    texts_of,
    too_large,
    unknown_keys,
)
from lichen.web.follow_edits import drop_row, save_row, take_table
from lichen.web.followed import followed as followed_by
from lichen.web.followed_models import FollowRow
from lichen.web.middleware import Request, current
from lichen.web.policy import Action, reach, registers, rule
from lichen.web.registers import read_table, register_answer, values_told
from lichen.web.sent import XLSX, plain_name
from lichen.web.surveys import LARGEST

router = Router()
Register = Literal["planned", "actual", "terms", "measure", "milestone", "target"]
PARK = "/parks/{slug:park}"


class FollowOut(Schema):
    """Where exchanges, measures, milestones and targets stand against what was planned, in words of the report.

    ``lines``: planned beside actual, an exchange and year each; ``years``, ``cumulative``: their sums; ``measures``:
    groups of efficiency measures with totals; ``questions``: of what, what is told, what is asked.
    """

    date: str
    year: int
    late: list[str]
    standings: list[dict[str, Any]]
    lines: list[dict[str, Any]]
    years: list[dict[str, Any]]
    cumulative: list[dict[str, Any]]
    measures: list[Any]
    milestones: list[Any]
    targets: list[Any]
    questions: list[Any]


class FollowedOut(Schema):
    """A row of a register."""

    id: int
    of: str
    version: int
    values: dict[str, Value]


class FollowedRowsOut(Schema):
    """Some rows of a register, and how many there are."""

    count: int
    rows: list[FollowedOut]


class FollowedIn(Schema):
    """Values by the keys of follow-up's dictionary; what is left out is empty."""

    values: dict[str, Value]


class RowProblemOut(Schema):
    """Something wrong, or worth knowing, with a table, at its cell."""

    code: str
    severity: str
    place: str
    text: str


class SentTableOut(Schema):
    """What a table holds, and everything wrong with it; once it was taken, how many rows came or changed, and went."""

    rows: int
    ok: bool
    taken: bool
    changed: int = 0
    gone: int = 0
    problems: list[RowProblemOut] = Field(default_factory=list)


def _row(request: Request, response: HttpResponse, row: FollowRow) -> dict[str, Any]:
    response["ETag"] = f'"{row.version}"'
    return followed_told(request, row)


def followed_told(request: Request, row: FollowRow) -> dict[str, Any]:
    """Return a row of a register as far as the account sees it."""
    values = values_told(request.scope, row)
    return {"id": row.pk, "of": row.entity, "version": row.version, "values": values}


def _register(request: Request, of: Register, action: Action) -> Entity:
    found = next((e for e in registers(request.scope, action) if e == of), None)
    if found is None:
        raise Http404
    return found


def _saved(request: Request, response: HttpResponse, entity: Entity, row: FollowRow | None, body: FollowedIn) -> Any:
    wrong = unknown_keys(body.values, {c.key for c in columns(entity)})
    if wrong:
        return wrong
    version = seen(request)
    if row is not None and version is None:
        return UNSEEN
    done = save_row(request.scope, entity, row, texts_of(body.values), version or 0, request.user, "API")
    if done.outcome == "conflict":
        return Status(409, {"detail": "conflict"})
    if done.outcome != "saved" or done.row is None:
        return refused(done.draft.at_fields, done.draft.others, done.outcome)
    shown = _row(request, response, done.row)
    return Status(201, shown) if row is None else shown


@router.get(f"{PARK}/follow", response={200: FollowOut, **REFUSED}, url_name="follow")
@rule(get=Action.READ_FOLLOW)
def follow(request: Request, park: str, year: int = 0) -> Any:
    """Say where exchanges and measures stand against what was planned, of a year or of the newest."""
    found = followed_by(request.scope, year=year if 1900 < year < 2200 else 0)
    shown = follow_context(found, Words(current()))
    return {name: shown[name] for name in FollowOut.model_fields if name != "year"} | {"year": found.year}


@router.get(f"{PARK}/register", response={200: FollowedRowsOut, **REFUSED}, url_name="register")
@rule(get=Action.READ_FOLLOW)
def register(request: Request, park: str, pages: Query[Pages], of: Register) -> Any:
    """List the rows of a register in reach: planned, actual, terms, measure, milestone or target."""
    entity = _register(request, of, Action.READ_FOLLOW)
    rows = reach(request.scope, Action.READ_FOLLOW, FollowRow).filter(entity=entity)
    return page_of(rows, pages, partial(followed_told, request))


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
    version = seen(request)
    if version is None:
        return UNSEEN
    gone = drop_row(request.scope, request.scope.row, version, request.user, "API")
    return Status(204, None) if gone else Status(409, {"detail": "conflict"})


@router.post(f"{PARK}/register/table", response={200: SentTableOut, **REFUSED}, url_name="send_register")
@rule(post=Action.WRITE_FOLLOW)
def send_register(
    request: Request, park: str, of: Register, file: File[UploadedFile], take: Form[bool] = False,
    replace: Form[bool] = False,
) -> Any:  # fmt: skip
    """Check a table of a register, e.g. ``?of=measure``; with ``take`` and no error, take its rows over.

    With ``replace`` rows that the table does not hold go, as far as the account may write them.
    """
    scope, entity = request.scope, _register(request, of, Action.WRITE_FOLLOW)
    wrong = too_large(file, LARGEST)
    if wrong:
        return wrong
    name = plain_name(file.name or "", "table")
    found = read_table(scope, entity, name, file.read())
    lang = current()
    told = {"rows": len(found.records), "ok": found.ok, "taken": False, "problems": [
        {"code": p.code, "severity": p.severity, "place": str(p.where), "text": f"{p.found(lang)} {p.mend(lang)}"}
        for p in found.problems
    ]}  # fmt: skip
    if not (take and found.ok):
        return told
    changed, gone = take_table(scope, entity, name, found, replace, request.user)
    return {**told, "taken": True, "changed": changed, "gone": gone}


@router.get(f"{PARK}/register/workbook", response=REFUSED, url_name="register_workbook", openapi_extra=file_of(XLSX))
@rule(get=Action.READ_FOLLOW)
def register_workbook(request: Request, park: str, of: Register) -> Any:
    """Return a register as a workbook that can be filled and sent back."""
    return register_answer(request.scope, _register(request, of, Action.READ_FOLLOW), current())
