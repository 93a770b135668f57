"""The part of the API that speaks of costs, designs, appraisals and scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from lichen.appraise.cost_table import cost_columns
from lichen.errors import LichenError, Problem
from lichen.web import costs as kept
from lichen.web import jobs
from lichen.web.api_base import REFUSED, Pages
from lichen.web.designs import MONEY, NUMBERS, WAYS, read_settings
from lichen.web.middleware import Request, current
from lichen.web.models import JobState
from lichen.web.policy import Action, log, reach, rule
from lichen.web.rows import text_of
from lichen.web.run_models import CostRow, Run, RunKind
from lichen.web.scenarios import read_picks, study_with
from lichen.web.views.pages import whole_number
from lichen.web.views.runs import asked_of, own_rows

router = Router()
Value = str | int | float | None
Settings = ("name", "objective", "second", "existing", *MONEY, *NUMBERS)


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


class DesignIn(Schema):
    """Settings of a design, as the form has them; what is left out is as the study says."""

    name: str = Field("", max_length=200)
    objective: str = ""
    second: str = ""
    existing: str = ""
    budget: str = ""
    carbon_price: str = ""
    rate: str = ""
    years: int | None = None
    year: int | None = None
    points: int | None = None
    time_s: int | None = None
    ways: list[str] = Field(default_factory=list, max_length=len(WAYS))
    what_ifs: list[str] = Field(default_factory=list, max_length=100)


class ScenarioIn(Schema):
    """Quantities a year by exchange, e.g. "60 kt/a", beside a scenario of the study; a design whose exchanges count."""

    name: str = Field("", max_length=200)
    reference: str
    quantities: dict[str, str]
    design: UUID | None = None


class RunOut(Schema):
    """A run: what was asked, how far it is, why it failed, what it found; to a firm its own part alone."""

    id: UUID
    kind: str
    name: str
    state: str
    share: float
    created: str
    by: str
    revision: int | None
    settings: dict[str, Any]
    problems: list[str]
    result: Any = None


class RunsOut(Schema):
    """Some runs without their results, newest first, and how many there are."""

    count: int
    rows: list[RunOut]


class RunPages(Pages):
    """Which runs are wanted."""

    kind: str = Field("", max_length=20)


STARTED = {
    RunKind.DESIGN: "design started", RunKind.APPRAISAL: "appraisal started", RunKind.SCENARIO: "scenario started",
}  # fmt: skip


# --- costs -----------------------------------------------------------------------------------------------------------
def _cost(response: HttpResponse, row: CostRow) -> dict[str, Any]:
    response["ETag"] = f'"{row.version}"'
    return {"id": row.pk, "version": row.version, "values": row.values}


def _save(request: Request, response: HttpResponse, row: CostRow | None, body: CostIn) -> Any:
    unknown = sorted(set(body.values) - {c.name for c in cost_columns()})
    if unknown:
        return Status(422, {"detail": f"unknown keys: {', '.join(k[:60] for k in unknown[:8])}"})
    written = {key: text_of(value) for key, value in body.values.items()}
    version = _seen(request) if row is not None else None
    if row is not None and version is None:
        return Status(428, {"detail": "say in If-Match which version you saw"})
    done = kept.save(request.scope.park, row, written, version, request.user, "API")
    if done.outcome in ("saved", "unchanged") and done.row is not None:
        shown = _cost(response, done.row)
        return Status(201, shown) if row is None else shown
    return _refused(done.outcome, done.problems or {})


def _seen(request: Request) -> int | None:
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    return whole_number(text) or None


def _refused(outcome: str, problems: Mapping[str, Sequence[Problem]]) -> Any:
    if outcome in ("conflict", "gone"):
        return Status(409, {"detail": outcome})
    return Status(422, {"detail": outcome, "problems": [
        {"field": key, "code": p.code, "severity": p.severity, "found": p.found(), "mend": p.mend()}
        for key, found in problems.items() for p in found
    ]})  # fmt: skip


COSTS = "/parks/{slug:park}/costs"
COST = f"{COSTS}/{{int:cost}}"
RUNS = "/parks/{slug:park}/runs"
RUN = f"{RUNS}/{{uuid:run}}"


@router.get(COSTS, response={200: CostsOut, **REFUSED}, url_name="costs")
@rule(get=Action.READ_COSTS)
def costs(request: Request, park: str, pages: Query[Pages]) -> Any:
    """List the costs of the park."""
    rows = reach(request.scope, Action.READ_COSTS, CostRow)
    chosen = rows[pages.offset : pages.offset + pages.limit]
    return {"count": rows.count(), "rows": [{"id": r.pk, "version": r.version, "values": r.values} for r in chosen]}


@router.post(COSTS, response={201: CostOut, **REFUSED}, url_name="add_cost")
@rule(post=Action.WRITE_COSTS)
def add_cost(request: Request, response: HttpResponse, park: str, body: CostIn) -> Any:
    """Add a cost."""
    return _save(request, response, None, body)


@router.get(COST, response={200: CostOut, **REFUSED}, url_name="cost")
@rule(get=Action.READ_COSTS)
def cost(request: Request, response: HttpResponse, park: str, cost: int) -> Any:
    """Return a cost."""
    return _cost(response, request.scope.row)


@router.put(COST, response={200: CostOut, **REFUSED}, url_name="put_cost")
@rule(put=Action.WRITE_COSTS)
def put_cost(request: Request, response: HttpResponse, park: str, cost: int, body: CostIn) -> Any:
    """Change a cost."""
    return _save(request, response, request.scope.row, body)


@router.delete(COST, response={204: None, **REFUSED}, url_name="delete_cost")
@rule(delete=Action.WRITE_COSTS)
def delete_cost(request: Request, park: str, cost: int) -> Any:
    """Remove a cost."""
    version = _seen(request)
    if version is None:
        return Status(428, {"detail": "say in If-Match which version you saw"})
    done = kept.remove(request.scope.park, request.scope.row, version, request.user)
    return Status(204, None) if done.outcome == "saved" else _refused(done.outcome, {})


# --- runs ------------------------------------------------------------------------------------------------------------
def _run(request: Request, run: Run, result: bool) -> dict[str, Any]:
    """Return a run as far as the account sees it."""
    scope, lang = request.scope, current()
    everything = scope.everywhere(Action.READ_RUNS)
    found = (run.result if everything else own_rows(scope, run, lang)) if result else None
    return {
        "id": run.pk, "kind": run.kind, "name": run.name, "state": run.state, "share": run.share,
        "created": run.created.isoformat(), "by": str(run.user or "") if everything else "",
        "revision": run.revision if everything else None, "settings": run.params if everything else {},
        "problems": [p.get(lang, "") for p in run.problems] if everything else [], "result": found,
    }  # fmt: skip


@router.get(RUNS, response={200: RunsOut, **REFUSED}, url_name="runs")
@rule(get=Action.READ_RUNS)
def runs(request: Request, park: str, pages: Query[RunPages]) -> Any:
    """List the runs in reach, of one kind or all."""
    rows = reach(request.scope, Action.READ_RUNS, Run).defer("result").select_related("user")
    rows = rows.filter(kind=pages.kind) if pages.kind else rows
    chosen = rows[pages.offset : pages.offset + pages.limit]
    return {"count": rows.count(), "rows": [_run(request, run, result=False) for run in chosen]}


@router.get(RUN, response={200: RunOut, **REFUSED}, url_name="run")
@rule(get=Action.READ_RUNS)
def run(request: Request, park: str, run: UUID) -> Any:
    """Return a run with what it found."""
    return _run(request, request.scope.row, result=True)


@router.delete(RUN, response={204: None, **REFUSED}, url_name="delete_run")
@rule(delete=Action.START_RUNS)
def delete_run(request: Request, park: str, run: UUID) -> Any:
    """Stop a run that is under way; remove one that has ended."""
    found: Run = request.scope.row
    if found.open:
        jobs.stop(found)
    else:
        found.delete()
    log("job stopped" if found.open else "run removed", park=request.scope.park, by=request.user, about=found.name)
    return Status(204, None)


@router.get(f"{RUN}/questions", response={200: list[dict[str, Any]], **REFUSED}, url_name="questions")
@rule(get=Action.START_RUNS)
def questions(request: Request, park: str, run: UUID) -> Any:
    """List what a design asks, with the row of costs that answers it where one does."""
    return asked_of(request.scope, request.scope.row, current())


@router.post(f"{RUN}/appraisals", response={202: RunOut, **REFUSED}, url_name="add_appraisal")
@rule(post=Action.START_RUNS)
def add_appraisal(request: Request, park: str, run: UUID) -> Any:
    """Ask for the appraisal of a design that is done."""
    found: Run = request.scope.row
    if found.kind != RunKind.DESIGN or found.state != JobState.DONE:
        return Status(409, {"detail": "only a design that is done can be appraised"})
    params = {"of": str(found.pk), "name": found.name, "settings": dict(found.params)}
    return _submitted(request, RunKind.APPRAISAL, params)


@router.post("/parks/{slug:park}/designs", response={202: RunOut, **REFUSED}, url_name="add_design")
@rule(post=Action.START_RUNS)
def add_design(request: Request, park: str, body: DesignIn) -> Any:
    """Ask for a design."""
    written = {key: text_of(getattr(body, key)) for key in Settings}
    asked = read_settings(written, body.ways, "\n".join(body.what_ifs))
    if asked.problems:
        return _refused("problems", asked.problems)
    return _submitted(request, RunKind.DESIGN, dict(asked.settings))


@router.post("/parks/{slug:park}/scenarios", response={202: RunOut, **REFUSED}, url_name="add_scenario")
@rule(post=Action.START_RUNS)
def add_scenario(request: Request, park: str, body: ScenarioIn) -> Any:
    """Ask for a scenario."""
    scope = request.scope
    designs = reach(scope, Action.START_RUNS, Run).filter(kind=RunKind.DESIGN, state=JobState.DONE)
    design = designs.filter(pk=body.design).first() if body.design is not None else None
    if body.design is not None and design is None:
        return Status(422, {"detail": "no such design"})
    try:
        loaded = study_with(scope.park, design)
    except LichenError as error:
        return _refused("problems", {"": error.problems})
    if loaded is None:
        return Status(422, {"detail": "the park has no economy with scenarios"})
    unknown = sorted(set(body.quantities) - {e.id for e in loaded.book.included()})
    if unknown or body.reference not in {s.id for s in loaded.study.scenario}:
        return Status(422, {"detail": f"not known: {', '.join([*unknown, body.reference])[:400]}"})
    picked, problems = read_picks(loaded, body.quantities)
    if problems or not picked:
        return _refused("problems", problems)
    params = {"name": body.name.strip(), "reference": body.reference, "quantities": picked,
              "design": str(design.pk) if design is not None else ""}  # fmt: skip
    return _submitted(request, RunKind.SCENARIO, params)


def _submitted(request: Request, kind: RunKind, params: dict[str, Any]) -> Any:
    made = jobs.submit(request.scope.park, kind, params, request.user)
    log(STARTED[kind], park=request.scope.park, by=request.user, about=f"{params['name']} {made.pk}")
    return Status(202, _run(request, Run.objects.get(pk=made.pk), result=False))
