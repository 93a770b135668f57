"""The part of the API that speaks of costs and prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from ninja import File, Form, Query, Router, Schema, Status, UploadedFile

from lichen.appraise.cost_table import cost_columns
from lichen.errors import Problem
from lichen.web import costs as kept
from lichen.web.api_base import (
    ABSENT,
    REFUSED,
    UNSEEN,
    Pages,
    ProblemOut,
    Value,
    file_of,
    listed,
    page_of,
    refused,
    seen,
    texts_of,
    too_large,
    unknown_keys,
)
from lichen.web.cost_files import LARGEST, costs_answer, take_file
from lichen.web.cost_forms import shipped as shipped_by_item
from lichen.web.middleware import Request, current
from lichen.web.policy import Action, reach, rule
from lichen.web.run_models import CostRow
from lichen.web.sent import XLSX, plain_name

router = Router()
COSTS = "/parks/{slug:park}/costs"
COST = f"{COSTS}/{{int:cost}}"


class CostOut(Schema):
    """A cost or price: texts by the columns of a table of costs."""

    id: int
    version: int
    values: dict[str, str]


class CostsOut(Schema):
    """Some costs, and how many there are."""

    count: int
    rows: list[CostOut]


class CostIn(Schema):
    """Values by the columns of a table of costs; what is left out is empty."""

    values: dict[str, Value]


def _cost(row: CostRow) -> dict[str, Any]:
    return {"id": row.pk, "version": row.version, "values": row.values}


def _tagged(response: HttpResponse, row: CostRow) -> dict[str, Any]:
    response["ETag"] = f'"{row.version}"'
    return _cost(row)


def _save(request: Request, response: HttpResponse, row: CostRow | None, body: CostIn) -> Any:
    wrong = unknown_keys(body.values, {c.name for c in cost_columns()})
    if wrong:
        return wrong
    version = seen(request) if row is not None else None
    if row is not None and version is None:
        return UNSEEN
    done = kept.save(request.scope.park, row, texts_of(body.values), version, request.user, "API")
    if done.outcome in ("saved", "unchanged") and done.row is not None:
        shown = _tagged(response, done.row)
        return Status(201, shown) if row is None else shown
    return _refused(done.outcome, done.problems or {})


def _refused(outcome: str, problems: Mapping[str, Sequence[Problem]]) -> Any:
    if outcome in ("conflict", "gone"):
        return Status(409, {"detail": outcome})
    return refused(problems, detail=outcome)


@router.get(COSTS, response={200: CostsOut, **REFUSED}, url_name="costs")
@rule(get=Action.READ_COSTS)
def costs(request: Request, park: str, pages: Query[Pages]) -> Any:
    """List the costs of the park."""
    return page_of(reach(request.scope, Action.READ_COSTS, CostRow), pages, _cost)


@router.post(COSTS, response={201: CostOut, **REFUSED}, url_name="add_cost")
@rule(post=Action.WRITE_COSTS)
def add_cost(request: Request, response: HttpResponse, park: str, body: CostIn) -> Any:
    """Add a cost."""
    return _save(request, response, None, body)


@router.get(COST, response={200: CostOut, **REFUSED}, url_name="cost")
@rule(get=Action.READ_COSTS)
def cost(request: Request, response: HttpResponse, park: str, cost: int) -> Any:
    """Return a cost."""
    return _tagged(response, request.scope.row)


@router.put(COST, response={200: CostOut, **REFUSED}, url_name="put_cost")
@rule(put=Action.WRITE_COSTS)
def put_cost(request: Request, response: HttpResponse, park: str, cost: int, body: CostIn) -> Any:
    """Change a cost."""
    return _save(request, response, request.scope.row, body)


@router.delete(COST, response={204: None, **REFUSED}, url_name="delete_cost")
@rule(delete=Action.WRITE_COSTS)
def delete_cost(request: Request, park: str, cost: int) -> Any:
    """Remove a cost."""
    version = seen(request)
    if version is None:
        return UNSEEN
    done = kept.remove(request.scope.park, request.scope.row, version, request.user)
    return Status(204, None) if done.outcome == "saved" else _refused(done.outcome, {})


class CostsTakenOut(Schema):
    """How many costs a file held, how many rows that changed, and what is worth knowing."""

    rows: int
    changed: int
    problems: list[ProblemOut]


@router.post(f"{COSTS}/table", response={200: CostsTakenOut, **REFUSED}, url_name="send_costs")
@rule(post=Action.WRITE_COSTS)
def send_costs(request: Request, park: str, file: File[UploadedFile], whole: Form[bool] = False) -> Any:
    """Take a file of costs over; with ``whole`` rows that it does not hold go. Nothing is taken where it is wrong."""
    wrong = too_large(file, LARGEST)
    if wrong:
        return wrong
    done = take_file(request.scope.park, plain_name(file.name or "", "costs"), file.read(), whole, request.user)
    if not done.ok:
        return refused({}, done.problems)
    return {"rows": done.rows, "changed": done.changed, "problems": listed({}, done.problems)}


@router.get(f"{COSTS}/workbook", response=REFUSED, url_name="costs_workbook", openapi_extra=file_of(XLSX))
@rule(get=Action.READ_COSTS)
def workbook(request: Request, park: str) -> HttpResponse:
    """Return the costs as a workbook, to be changed and sent back."""
    return costs_answer(request.scope, current(), request.user)


@router.get(f"{COSTS}/shipped", response={200: list[dict[str, str]], **ABSENT}, url_name="shipped_costs")
@rule(get=Action.READ_COSTS)
def shipped(request: Request, park: str) -> Any:
    """List the costs that ship with Lichen, which the park's own go before; values as in a table of costs."""
    return [dict(line.values) for group in shipped_by_item(current()) for line in group.lines]
