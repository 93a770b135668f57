"""The JSON API: the same things under the same policy as the pages.

A row is ``{"id", "version", "values"}``; values stand under the keys of the data dictionary, as in a study's files. Who
changes or removes a row says which version they saw, in ``If-Match``; a row that somebody else changed answers 409.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Query, Router, Schema, Status
from ninja.errors import HttpError, ValidationError
from ninja.security import django_auth
from pydantic import Field

from lichen.errors import InputError, Problem
from lichen.inventory.dictionary import Entity, columns
from lichen.web import api_files, api_follow, api_found, api_runs, api_settings
from lichen.web.api_base import REFUSED, Pages, ProblemsOut, TextParser
from lichen.web.edits import Edit, remove, save
from lichen.web.middleware import Request
from lichen.web.models import Change, FirmRow, FlowRow, ProcessRow, Row
from lichen.web.overview import figures_of
from lichen.web.policy import Action, Rule, parks_of, reach, rule, values_shown
from lichen.web.rows import text_of
from lichen.web.store import Origin
from lichen.web.views.pages import whole_number

Value = str | int | float | None


class ParkOut(Schema):
    """A park."""

    slug: str
    name: str
    name_zh: str


class FiguresOut(ParkOut):
    """A park with the figures of what the account may read; amounts in t/a and tCO2/a."""

    revision: int
    year: int | None = None
    firms: int = 0
    flows: int = 0
    share_by_kind: dict[str, float] = Field(default_factory=dict)
    mass_in: float | None = None
    mass_out: float | None = None
    direct_co2: float | None = None


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


class ValuesIn(Schema):
    """Values by column key of the data dictionary; what is left out is empty."""

    values: dict[str, Value]


class ChangeOut(Schema):
    """One change of a value; ``author``: who did it, as the study says that it came in with; none of changes here."""

    time: str
    by: str
    author: str | None = None
    file: str
    entity: str
    firm: str
    row: str
    what: str
    field: str
    before: str
    after: str


class ChangesOut(Schema):
    """Some changes, newest first, and how many there are."""

    count: int
    rows: list[ChangeOut]


router = Router()


@router.get("/parks", response=list[ParkOut], url_name="parks")
@rule("account")
def parks(request: Request) -> Any:
    """List the parks of the account."""
    return list(parks_of(request.user))


@router.get("/parks/{slug:park}", response={200: FiguresOut, 404: ProblemsOut}, url_name="park")
@rule(get=Action.SEE_PARK)
def park(request: Request, park: str) -> Any:
    """Return a park with its figures of the newest year."""
    own, (found, _) = request.scope.park, figures_of(request.scope)
    base = {"slug": own.slug, "name": own.name, "name_zh": own.name_zh, "revision": own.revision}
    if found is None:
        return base
    return {**found, **base, "share_by_kind": found["shares"]}


def _rows(request: Request, table: type[Row], pages: Pages, **only: Any) -> dict[str, Any]:
    rows = reach(request.scope, Action.READ_ROWS, table).filter(**only)
    chosen = rows[pages.offset : pages.offset + pages.limit]
    return {"count": rows.count(), "rows": [_shown(request, row) for row in chosen]}


def _shown(request: Request, row: Row) -> dict[str, Any]:
    return {"id": row.pk, "firm": getattr(row, "firm_id", None), "version": row.version,
            "values": values_shown(request.scope, row)}  # fmt: skip


def _one(request: Request, response: HttpResponse, row: Row | None) -> dict[str, Any]:
    """Return a row, its version as its ETag."""
    assert row is not None
    response["ETag"] = f'"{row.version}"'
    return _shown(request, row)


def _seen(request: HttpRequest) -> int | None:
    """Return the version that a request says it saw; ``None`` if it says none that could be."""
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    return whole_number(text) or None


def _save(request: Request, response: HttpResponse, entity: Entity, body: ValuesIn, new: bool) -> Any:
    """Save a row and return it, or say why not."""
    known = {c.key for c in columns(entity)}
    unknown = sorted(set(body.values) - known)
    if unknown:
        return Status(422, {"detail": f"unknown keys: {', '.join(k[:60] for k in unknown[:8])}"})
    written = {key: text_of(value) for key, value in body.values.items()}
    firm = request.scope.firm
    if entity != "firm" and firm is not None:
        written["firm"] = firm.code
    if entity != "flow" and not new:
        row: Row = firm if entity == "firm" else request.scope.row  # type: ignore[assignment]
        written["id"] = row.values["id"]
    if entity == "flow" and not written.get("source", "").strip():
        written["source"] = "API"
    version = None if new else _seen(request)
    if version is None and not new:
        return Status(428, {"detail": "say in If-Match which version you saw"})
    done = save(request.scope, entity, written, version, Origin(request.user, "API"))
    if done.outcome in ("saved", "unchanged"):
        shown = _one(request, response, done.row)
        return Status(201, shown) if new else shown
    return _refused(done)


def _refused(done: Edit) -> Any:
    if done.outcome in ("conflict", "gone", "in use"):
        return Status(409, {"detail": done.outcome})
    problems: list[tuple[str, Problem]] = []
    if done.draft is not None:
        problems = [(key, p) for key, found in done.draft.at_fields.items() for p in found]
        problems += [("", p) for p in done.draft.others]
    return Status(422, {"detail": done.outcome, "problems": [
        {"field": key, "code": p.code, "severity": p.severity, "found": p.found(), "mend": p.mend()}
        for key, p in problems
    ]})  # fmt: skip


def _remove(request: Request, entity: Entity) -> Any:
    version = _seen(request)
    if version is None:
        return Status(428, {"detail": "say in If-Match which version you saw"})
    done = remove(request.scope, entity, version, request.user)
    return Status(204, None) if done.outcome == "saved" else _refused(done)


FIRMS = "/parks/{slug:park}/firms"
FIRM = f"{FIRMS}/{{int:firm}}"
ROW: Mapping[int, Any] = {200: RowOut, **REFUSED}
NEW: Mapping[int, Any] = {201: RowOut, **REFUSED}
GONE: Mapping[int, Any] = {204: None, **REFUSED}


@router.get(FIRMS, response={200: RowsOut, **REFUSED}, url_name="firms")
@rule(get=Action.READ_ROWS)
def firms(request: Request, park: str, pages: Query[Pages]) -> Any:
    """List the firms in reach."""
    return _rows(request, FirmRow, pages)


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
def flows(request: Request, park: str, pages: Query[Pages], year: int | None = None) -> Any:
    """List the flows in reach, of one year or all."""
    return _rows(request, FlowRow, pages, **({} if year is None else {"year": max(0, min(year, 9999))}))


@router.get("/parks/{slug:park}/history", response={200: ChangesOut, **REFUSED}, url_name="history")
@rule(get=Action.READ_HISTORY)
def history(request: Request, park: str, pages: Query[Pages]) -> Any:
    """List every change in reach, newest first."""
    rows = reach(request.scope, Action.READ_HISTORY, Change).order_by("-id").select_related("by")
    names = ("file", "entity", "firm", "row", "what", "field", "before", "after")
    return {"count": rows.count(), "rows": [
        {"time": c.time.isoformat(), "by": str(c.by or ""), "author": c.author, **{n: getattr(c, n) for n in names}}
        for c in rows[pages.offset : pages.offset + pages.limit]
    ]}  # fmt: skip


ROUTERS = (router, api_files.router, api_follow.router, api_found.router, api_runs.router, api_settings.router)


def _made() -> NinjaAPI:
    made = NinjaAPI(title="Lichen", version="1", description=__doc__, docs_url=None, auth=django_auth,
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

    @made.exception_handler(HttpError)
    def _refused_as_a_whole(request: HttpRequest, error: Any) -> HttpResponse:
        if isinstance(error.__cause__, InputError):  # what the parser says of a body
            problems = [
                {"field": p.where.key, "code": p.code, "severity": p.severity, "found": p.found(), "mend": p.mend()}
                for p in error.__cause__.problems
            ]
            return made.create_response(request, {"detail": "problems", "problems": problems}, status=422)
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
