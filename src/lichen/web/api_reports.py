"""The part of the API that speaks of what leaves the house: reports, released tables, the public's view of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from django.http import Http404, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from lichen.errors import LichenError
from lichen.web.api_base import ABSENT, REFUSED, Pages, file_of, page_of, refused
from lichen.web.followed_models import ReleasedTable
from lichen.web.middleware import Request, current
from lichen.web.policy import Action, reach, rule
from lichen.web.releases import (
    FIGURES,
    UNITS,
    Figure,
    as_table,
    cells,
    csv_answer,
    make_release,
    newest,
    opened,
    propose,
    withdraw_release,
    years_of,
)
from lichen.web.reports import FILES, FIRM, PAGES, made
from lichen.web.texts import words

router = Router()
PARK = "/parks/{slug:park}"
Report = Literal[
    "committee", "sustainability", "follow-up", "balance", "discover", "sustainability.pdf", "follow-up.xlsx"
]
KIND: dict[str, Any] = {"responses": {200: {"content": {
    kind: {"schema": {"type": "string", "format": "binary"}}
    for kind in ("text/html", *(kind for kind, _ in FILES.values()))
}}}}  # fmt: skip


class ReportsOut(Schema):
    """Names of the reports that the account may read: pages and files of the park; and firms' reports, by address."""

    pages: list[str]
    files: list[str]


class CellOut(Schema):
    """A cell of a released table; no value where it is withheld."""

    node: str
    name: str
    state: str
    value: float | None = None
    firms: int | None = None


class TableOut(Schema):
    """A table by sector, as it would be released or was."""

    figure: str
    year: int
    unit: str
    cells: list[CellOut]


class ReleasedOut(TableOut):
    """A released table: sums by sector."""

    id: int
    time: str
    rules: dict[str, float]
    withdrawn: str = ""


class ReleasesOut(Schema):
    """Some released tables, newest first, and how many there are; what could be released, by who may do it."""

    count: int
    rows: list[ReleasedOut]
    figures: list[str] = Field(default_factory=list)
    years: list[int] = Field(default_factory=list)


class ReleaseIn(Schema):
    """Which table is to be released."""

    figure: Figure
    year: int = Field(ge=1, le=9999)


class PublicTableOut(TableOut):
    """A table that anybody may see."""

    released_on: str


class PublicOut(Schema):
    """What a park tells everybody: the newest table of each figure and year."""

    slug: str
    name: str
    name_zh: str
    tables: list[PublicTableOut]


@router.get(f"{PARK}/reports", response={200: ReportsOut, **ABSENT}, url_name="reports")
@rule(get=Action.READ_REPORTS)
def reports(request: Request, park: str) -> Any:
    """List the reports of the park; a firm has its own at ``…/firms/ID/report``."""
    everything = request.scope.may(Action.READ_PARK_REPORTS)
    return {"pages": list(PAGES) if everything else [], "files": list(FILES) if everything else []}


def _report(request: Request, name: str) -> Any:
    try:
        return made(request.scope, name, current(), request.user)
    except LichenError as error:
        return refused({}, error.problems)


@router.get(f"{PARK}/report", response=REFUSED, url_name="report", openapi_extra=KIND)
@rule(get=Action.READ_PARK_REPORTS)
def report(request: Request, park: str, name: Report) -> Any:
    """Return a report of the park as HTML, PDF or XLSX, e.g. ``?name=committee``."""
    return _report(request, name)


@router.get(f"{PARK}/firms/{{int:firm}}/report", response=REFUSED, url_name="firm_report",
            openapi_extra=file_of("text/html"))  # fmt: skip
@rule(get=Action.READ_ROWS)
def firm_report(request: Request, park: str, firm: int) -> Any:
    """Return a firm's report about itself, as HTML."""
    return _report(request, FIRM)


# --- released tables -------------------------------------------------------------------------------------------------
def _cells(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**cell, "name": name} for name, cell in cells(table)]


def _released(row: ReleasedTable) -> dict[str, Any]:
    gone = getattr(row, "withdrawal", None)
    return {
        "id": row.pk, "figure": row.figure, "year": row.year, "unit": row.table["unit"], "time": row.time.isoformat(),
        "rules": row.rules, "cells": _cells(row.table), "withdrawn": gone.time.isoformat() if gone else "",
    }  # fmt: skip


@router.get(f"{PARK}/released", response={200: ReleasesOut, **REFUSED}, url_name="released")
@rule(get=Action.READ_RELEASED)
def released(request: Request, park: str, pages: Query[Pages]) -> Any:
    """List the tables that were released; those withdrawn for who may see them alone."""
    scope = request.scope
    rows = reach(scope, Action.READ_RELEASED, ReleasedTable).select_related("withdrawal")
    makes = scope.may(Action.MAKE_RELEASE)
    return {
        **page_of(rows, pages, _released),
        "figures": list(FIGURES) if makes else [], "years": years_of(scope.park) if makes else [],
    }  # fmt: skip


@router.post(f"{PARK}/released", response={201: ReleasedOut, **REFUSED}, url_name="add_released")
@rule(post=Action.MAKE_RELEASE)
def add_released(request: Request, park: str, body: ReleaseIn) -> Any:
    """Release a table; 409 where it would tell of single firms, also beside what was told before."""
    scope = request.scope
    if body.year not in years_of(scope.park):
        return Status(404, {"detail": "no flows of that year"})
    row = make_release(scope.park, body.figure, body.year, request.user)
    return Status(409, {"detail": words("release_refused", current())}) if row is None else Status(201, _released(row))


@router.get(f"{PARK}/released/preview", response={200: TableOut, **REFUSED}, url_name="release_preview")
@rule(get=Action.MAKE_RELEASE)
def preview(request: Request, park: str, wanted: Query[ReleaseIn]) -> Any:
    """Return what would be released, for who may read the firms' flows; 409 where nothing may."""
    scope = request.scope
    if not scope.everywhere(Action.READ_ROWS) or wanted.year not in years_of(scope.park):
        return Status(404, {"detail": "not found"})
    found = propose(scope.park, wanted.figure, wanted.year).released
    if found is None:
        return Status(409, {"detail": words("release_refused", current())})
    table = as_table(wanted.figure, found)
    return {"figure": wanted.figure, "year": wanted.year, "unit": UNITS[wanted.figure], "cells": _cells(table)}


@router.get(f"{PARK}/released/{{int:release}}", response={200: ReleasedOut, **ABSENT}, url_name="release")
@rule(get=Action.READ_RELEASED)
def release(request: Request, park: str, release: int) -> Any:
    """Return a released table."""
    return _released(request.scope.row)


@router.post(f"{PARK}/released/{{int:release}}/withdraw", response={200: ReleasedOut, **ABSENT}, url_name="withdraw")
@rule(post=Action.MAKE_RELEASE)
def withdraw(request: Request, park: str, release: int) -> Any:
    """Show a released table no more; it still counts as told."""
    withdraw_release(request.scope.row, request.user)
    return _released(ReleasedTable.objects.select_related("withdrawal").get(pk=request.scope.row.pk))


# --- anybody ---------------------------------------------------------------------------------------------------------
def _told(rows: Iterable[ReleasedTable]) -> list[dict[str, Any]]:
    return [
        {"figure": r.figure, "year": r.year, "unit": r.table["unit"], "cells": _cells(r.table),
         "released_on": str(r.time.date())} for r in rows
    ]  # fmt: skip


@router.get("/public/{slug:open}", auth=None, response={200: PublicOut, **ABSENT}, url_name="public")
@rule(get="anyone")
def public(request: Request, open: str) -> Any:  # noqa: A002  # the name in the address
    """Return the released tables of a park to anybody; of a park without any, nothing is said."""
    rows = opened(open)
    if not rows:
        return Status(404, {"detail": "not found"})
    own = rows[0].park
    return {"slug": own.slug, "name": own.name, "name_zh": own.name_zh, "tables": _told(newest(rows))}


@router.get("/public/{slug:open}/tables.csv", auth=None, response=ABSENT, url_name="public_csv",
            openapi_extra=file_of("text/csv"))  # fmt: skip
@rule(get="anyone")
def public_csv(request: Request, open: str) -> HttpResponse:  # noqa: A002  # the name in the address
    """Return the released tables of a park to anybody, as CSV."""
    rows = opened(open)
    if not rows:
        raise Http404
    return csv_answer(rows, open)
