"""The JSON API: the same things under the same policy as the pages; here firms, processes and flows, and its frame.

A row is ``{"id", "version", "values"}``; values stand under the keys of the data dictionary, as in a study's files. Who
changes or removes a row says which version they saw, in ``If-Match``; a row that somebody else changed answers 409.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Query, Router, Schema, Status
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from lichen.errors import InputError
from lichen.inventory.dictionary import Entity, columns
from lichen.web import (
    api_account,
    api_board,
    api_costs,
    api_files,
    api_follow,
    api_found,
    api_knowledge,
    api_park,
    api_people,
    api_reports,
    api_runs,
    api_settings,
)
from lichen.web.api_base import (
    REFUSED,
    UNSEEN,
    Pages,
    TextParser,
    Value,
    listed,
    page_of,
    refused,
    seen,
    texts_of,
    unknown_keys,
)
from lichen.web.edits import Edit, remove, save
from lichen.web.middleware import Request
from lichen.web.models import FirmRow, FlowRow, ProcessRow, Row
from lichen.web.policy import Action, Rule, reach, rule, values_shown
from lichen.web.row_lists import filtered, wanted_of
from lichen.web.store import Origin
from lichen.web.tokens import WAYS_IN


class RowOut(Schema):
    """A row of the flow database."""

    id: int
    firm: int | None = None
    version: int
    values: dict[str, Value]


class RowsOut(Schema):
    """Some rows, and how many there are."""

    count: int
    rows: list[RowOut]


class FirmsWanted(Pages):
    """Which firms are wanted; ``q``: of code or name, or the beginning of the industry."""

    q: str = Field("", max_length=100)


class FlowsWanted(Pages):
    """Which flows are wanted; ``q``: of material, firm or partner."""

    year: int | None = None
    direction: str = Field("", max_length=20)
    role: str = Field("", max_length=40)
    quality: str = Field("", max_length=40)
    q: str = Field("", max_length=100)


class ValuesIn(Schema):
    """Values by column key of the data dictionary; what is left out is empty."""

    values: dict[str, Value]


router = Router()


def _rows(request: Request, table: type[Row], pages: Pages, **only: Any) -> dict[str, Any]:
    return _told(request, reach(request.scope, Action.READ_ROWS, table).filter(**only), pages)


def _told(request: Request, rows: QuerySet[Any], pages: Pages) -> dict[str, Any]:
    return page_of(rows, pages, partial(_shown, request))


def _shown(request: Request, row: Row) -> dict[str, Any]:
    return {"id": row.pk, "firm": getattr(row, "firm_id", None), "version": row.version,
            "values": values_shown(request.scope, row)}  # fmt: skip


def _one(request: Request, response: HttpResponse, row: Row | None) -> dict[str, Any]:
    """Return a row, its version as its ETag."""
    assert row is not None
    response["ETag"] = f'"{row.version}"'
    return _shown(request, row)


def _save(request: Request, response: HttpResponse, entity: Entity, body: ValuesIn, new: bool) -> Any:
    """Save a row and return it, or say why not."""
    wrong = unknown_keys(body.values, {c.key for c in columns(entity)})
    if wrong:
        return wrong
    written = texts_of(body.values)
    firm = request.scope.firm
    if entity != "firm" and firm is not None:
        written["firm"] = firm.code
    if entity != "flow" and not new:
        row: Row = firm if entity == "firm" else request.scope.row  # type: ignore[assignment]
        written["id"] = row.values["id"]
    if entity == "flow" and not written.get("source", "").strip():
        written["source"] = "API"
    version = None if new else seen(request)
    if version is None and not new:
        return UNSEEN
    done = save(request.scope, entity, written, version, Origin(request.user, "API"))
    if done.outcome in ("saved", "unchanged"):
        shown = _one(request, response, done.row)
        return Status(201, shown) if new else shown
    return _refused(done)


def _refused(done: Edit) -> Any:
    if done.outcome in ("conflict", "gone", "in use"):
        return Status(409, {"detail": done.outcome})
    if done.draft is None:
        return refused({}, detail=done.outcome)
    return refused(done.draft.at_fields, done.draft.others, done.outcome)


def _remove(request: Request, entity: Entity) -> Any:
    version = seen(request)
    if version is None:
        return UNSEEN
    done = remove(request.scope, entity, version, request.user)
    return Status(204, None) if done.outcome == "saved" else _refused(done)


FIRMS = "/parks/{slug:park}/firms"
FIRM = f"{FIRMS}/{{int:firm}}"
ROW: Mapping[int, Any] = {200: RowOut, **REFUSED}
NEW: Mapping[int, Any] = {201: RowOut, **REFUSED}
GONE: Mapping[int, Any] = {204: None, **REFUSED}


@router.get(FIRMS, response={200: RowsOut, **REFUSED}, url_name="firms")
@rule(get=Action.LIST_FIRMS)
def firms(request: Request, park: str, wanted: Query[FirmsWanted]) -> Any:
    """List the firms in reach; an administrator sees code, name and industry."""
    return _told(request, wanted_of(reach(request.scope, Action.LIST_FIRMS, FirmRow), wanted.q), wanted)


@router.post(FIRMS, response=NEW, url_name="add_firm")
@rule(post=Action.ADD_FIRMS)
def add_firm(request: Request, response: HttpResponse, park: str, body: ValuesIn) -> Any:
    """Make a firm."""
    return _save(request, response, "firm", body, new=True)


@router.get(FIRM, response=ROW, url_name="firm")
@rule(get=Action.READ_ROWS)
def firm(request: Request, response: HttpResponse, park: str, firm: int) -> Any:
    """Return a firm."""
    return _one(request, response, request.scope.firm)


@router.put(FIRM, response=ROW, url_name="put_firm")
@rule(put=Action.WRITE_ROWS)
def put_firm(request: Request, response: HttpResponse, park: str, firm: int, body: ValuesIn) -> Any:
    """Change a firm."""
    return _save(request, response, "firm", body, new=False)


@router.delete(FIRM, response=GONE, url_name="delete_firm")
@rule(delete=Action.REMOVE_FIRMS)
def delete_firm(request: Request, park: str, firm: int) -> Any:
    """Remove a firm with all that belongs to it."""
    return _remove(request, "firm")


@router.get(f"{FIRM}/processes", response={200: RowsOut, **REFUSED}, url_name="processes")
@rule(get=Action.READ_ROWS)
def processes(request: Request, park: str, firm: int, pages: Query[Pages]) -> Any:
    """List the processes of a firm."""
    return _rows(request, ProcessRow, pages, firm=request.scope.firm)


@router.post(f"{FIRM}/processes", response=NEW, url_name="add_process")
@rule(post=Action.WRITE_ROWS)
def add_process(request: Request, response: HttpResponse, park: str, firm: int, body: ValuesIn) -> Any:
    """Add a process to a firm."""
    return _save(request, response, "process", body, new=True)


@router.get(f"{FIRM}/processes/{{int:process}}", response=ROW, url_name="process")
@rule(get=Action.READ_ROWS)
def process(request: Request, response: HttpResponse, park: str, firm: int, process: int) -> Any:
    """Return a process."""
    return _one(request, response, request.scope.row)


@router.put(f"{FIRM}/processes/{{int:process}}", response=ROW, url_name="put_process")
@rule(put=Action.WRITE_ROWS)
def put_process(request: Request, response: HttpResponse, park: str, firm: int, process: int, body: ValuesIn) -> Any:
    """Change a process."""
    return _save(request, response, "process", body, new=False)


@router.delete(f"{FIRM}/processes/{{int:process}}", response=GONE, url_name="delete_process")
@rule(delete=Action.WRITE_ROWS)
def delete_process(request: Request, park: str, firm: int, process: int) -> Any:
    """Remove a process that no flow names."""
    return _remove(request, "process")


@router.get(f"{FIRM}/flows", response={200: RowsOut, **REFUSED}, url_name="flows_of_firm")
@rule(get=Action.READ_ROWS)
def flows_of_firm(request: Request, park: str, firm: int, pages: Query[Pages]) -> Any:
    """List the flows of a firm."""
    return _rows(request, FlowRow, pages, firm=request.scope.firm)


@router.post(f"{FIRM}/flows", response=NEW, url_name="add_flow")
@rule(post=Action.WRITE_ROWS)
def add_flow(request: Request, response: HttpResponse, park: str, firm: int, body: ValuesIn) -> Any:
    """Add a flow to a firm."""
    return _save(request, response, "flow", body, new=True)


@router.get(f"{FIRM}/flows/{{int:flow}}", response=ROW, url_name="flow")
@rule(get=Action.READ_ROWS)
def flow(request: Request, response: HttpResponse, park: str, firm: int, flow: int) -> Any:
    """Return a flow."""
    return _one(request, response, request.scope.row)


@router.put(f"{FIRM}/flows/{{int:flow}}", response=ROW, url_name="put_flow")
@rule(put=Action.WRITE_ROWS)
def put_flow(request: Request, response: HttpResponse, park: str, firm: int, flow: int, body: ValuesIn) -> Any:
    """Change a flow."""
    return _save(request, response, "flow", body, new=False)


@router.delete(f"{FIRM}/flows/{{int:flow}}", response=GONE, url_name="delete_flow")
@rule(delete=Action.WRITE_ROWS)
def delete_flow(request: Request, park: str, firm: int, flow: int) -> Any:
    """Remove a flow."""
    return _remove(request, "flow")


@router.get("/parks/{slug:park}/flows", response={200: RowsOut, **REFUSED}, url_name="flows")
@rule(get=Action.READ_ROWS)
def flows(request: Request, park: str, wanted: Query[FlowsWanted]) -> Any:
    """List the flows in reach; all, or those that fit."""
    rows = reach(request.scope, Action.READ_ROWS, FlowRow)
    if wanted.year is not None:
        rows = rows.filter(year=max(0, min(wanted.year, 9999)))
    wishes = wanted.dict(include={"direction", "role", "quality", "q"})
    return _told(request, filtered(rows, wishes), wanted)


PARTS = (
    api_account, api_board, api_costs, api_files, api_follow, api_found, api_knowledge, api_park, api_people,
    api_reports, api_runs, api_settings,
)  # fmt: skip
ROUTERS = (router, *(part.router for part in PARTS))


def _made() -> NinjaAPI:
    made = NinjaAPI(title="Lichen", version="1", description=__doc__, docs_url=None, auth=WAYS_IN,
                    parser=TextParser(), docs_decorator=rule("account"), urls_namespace="api")  # fmt: skip
    for part in ROUTERS:
        made.add_router("", part)

    @made.exception_handler(Http404)
    def _not_found(request: HttpRequest, error: Any) -> HttpResponse:
        return made.create_response(request, {"detail": "not found"}, status=404)

    @made.exception_handler(ValidationError)
    def _not_as_described(request: HttpRequest, error: Any) -> HttpResponse:
        problems = [
            {"field": ".".join(map(str, e["loc"])), "code": "api.request", "severity": "error",
             "found": e["msg"], "mend": ""}
            for e in error.errors
        ]  # fmt: skip
        return made.create_response(request, {"detail": "not as described", "problems": problems}, status=422)

    @made.exception_handler(AuthenticationError)
    def _nobody(request: HttpRequest, error: Any) -> HttpResponse:
        return made.create_response(request, {"detail": "log in first"}, status=401)

    @made.exception_handler(HttpError)
    def _refused_as_a_whole(request: HttpRequest, error: Any) -> HttpResponse:
        if isinstance(error.__cause__, InputError):  # what the parser says of a body
            told = listed({}, error.__cause__.problems)
            return made.create_response(request, {"detail": "problems", "problems": told}, status=422)
        return made.create_response(request, {"detail": str(error)}, status=error.status_code)

    return made


api = _made()


def urls() -> tuple[list[Any], str, str]:
    """Return the API's addresses; each view carries the rules of all methods of its address."""
    patterns, app, name = api.urls
    operations = [op for part in ROUTERS for view in part.path_operations.values() for op in view.operations]
    rules: dict[Any, Any] = {op.url_name: vars(op.view_func)["rules"] for op in operations}
    by_route: dict[str, dict[str, Any]] = {}
    for pattern in patterns:
        by_route.setdefault(str(pattern.pattern), {}).update(rules.get(getattr(pattern, "name", ""), {}))
    for pattern in patterns:
        view: Any = pattern.callback
        if not hasattr(view, "rules"):
            view.rules = by_route[str(pattern.pattern)] or {"GET": Rule("closed")}
    return patterns, app, name
