"""The part of the API that speaks of runs: designs, appraisals, scenarios, checks of new firms."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from ninja import File, Form, Query, Router, Schema, Status, UploadedFile
from pydantic import Field

from lichen.errors import LichenError
from lichen.web import jobs
from lichen.web.api_base import REFUSED, Pages, page_of, refused, too_large
from lichen.web.comparing import MOST, comparable, currency_of, exchanges_of, figures_of, named_in, sectors_of
from lichen.web.designs import MONEY, NUMBERS, WAYS, read_settings
from lichen.web.middleware import Request, current
from lichen.web.models import Job, JobState
from lichen.web.policy import Action, reach, rule
from lichen.web.rows import text_of
from lichen.web.run_edits import amounts_of, ask, ask_appraisal, ask_settlement, remove, show_firms, stop
from lichen.web.run_models import Run, RunKind
from lichen.web.run_shown import asked_of, own_rows
from lichen.web.scenarios import picks, read_picks, reference_of, starting, study_with
from lichen.web.surveys import LARGEST

router = Router()
Settings = ("name", "objective", "second", "existing", *MONEY, *NUMBERS)


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


class AppraisalIn(Schema):
    """Who pays treatment, carriage and equipment; as the study says where nobody is named."""

    paid_by: Literal["", "receiver", "donor"] = ""


class ShownIn(Schema):
    """Whether firms see what a design holds for each of them."""

    shown: bool


class ComparedOut(Schema):
    """Runs side by side, all amounts in their order: of designs figures and exchanges, of scenarios sectors."""

    runs: list[UUID]
    currency: str
    figures: dict[str, list[float | None]] = Field(default_factory=dict)
    exchanges: list[dict[str, Any]] = Field(default_factory=list)
    sectors: list[dict[str, Any]] = Field(default_factory=list)


class StepOut(Schema):
    """A scenario of the study, and the one that it stands beside."""

    id: str
    name: str
    note: str
    reference: str


class PickOut(Schema):
    """An exchange whose quantity a scenario sets; ``start``: what the form would begin with."""

    id: str
    name: str
    donor: str
    receiver: str
    unit: str
    existing: str
    designed: str
    start: str


class ChoicesOut(Schema):
    """What a scenario is made of: the study's scenarios, the usual reference, and exchanges."""

    scenarios: list[StepOut]
    reference: str
    exchanges: list[PickOut]


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
    shown_to_firms: bool = False
    result: Any = None


class RunsOut(Schema):
    """Some runs without their results, newest first, and how many there are."""

    count: int
    rows: list[RunOut]


class RunPages(Pages):
    """Which runs are wanted."""

    kind: str = Field("", max_length=20)


RUNS = "/parks/{slug:park}/runs"
RUN = f"{RUNS}/{{uuid:run}}"


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
        "shown_to_firms": run.kind == RunKind.DESIGN and getattr(run, "released", None) is not None,
    }  # fmt: skip


@router.get(RUNS, response={200: RunsOut, **REFUSED}, url_name="runs")
@rule(get=Action.READ_RUNS)
def runs(request: Request, park: str, pages: Query[RunPages]) -> Any:
    """List the runs in reach, of one kind or all."""
    rows = reach(request.scope, Action.READ_RUNS, Run).defer("result").select_related("user", "released")
    rows = rows.filter(kind=pages.kind) if pages.kind else rows
    return page_of(rows, pages, lambda run: _run(request, run, result=False))


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
    if not remove(found, request.user):
        stop(found, request.user)
    return Status(204, None)


@router.post(f"{RUN}/again", response={202: RunOut, **REFUSED}, url_name="run_again")
@rule(post=Action.START_RUNS)
def again(request: Request, park: str, run: UUID) -> Any:
    """Run once more what ended without a result, and return the new run; 409 if it has a result or is under way."""
    found: Run = request.scope.row
    if not found.again:
        return Status(409, {"detail": found.state})
    return _submitted(request, jobs.run_again(found, request.user))


@router.put(f"{RUN}/shown", response={200: RunOut, **REFUSED}, url_name="show_run")
@rule(put=Action.START_RUNS)
def show(request: Request, park: str, run: UUID, body: ShownIn) -> Any:
    """Let the firms see what a design holds for each of them, or take that back."""
    if not show_firms(request.scope.row, body.shown, request.user):
        return Status(409, {"detail": "only a design that is done can be shown"})
    return _run(request, request.scope.row, result=False)


@router.get("/parks/{slug:park}/compare", response={200: ComparedOut, **REFUSED}, url_name="compare")
@rule(get=Action.START_RUNS)
def compare(request: Request, park: str, run: Query[list[UUID]]) -> Any:
    """Return runs side by side, e.g. ``?run=…&run=…``: designs or scenarios that are done, of the first one's kind."""
    if len(run) > MOST:
        return Status(422, {"detail": f"{MOST} runs at most"})
    runs, lang = comparable(named_in(request.scope, [str(name) for name in run])), current()
    shown: dict[str, Any] = {"runs": [one.pk for one in runs], "currency": currency_of(runs)}
    if runs and runs[0].kind == RunKind.SCENARIO:
        return shown | {"sectors": sectors_of(runs, lang)}
    figures = {said.removeprefix("compare_"): values for said, values in figures_of(runs)}
    return shown | {"figures": figures, "exchanges": exchanges_of(runs, lang)}


@router.get(f"{RUN}/questions", response={200: list[dict[str, Any]], **REFUSED}, url_name="questions")
@rule(get=Action.START_RUNS)
def questions(request: Request, park: str, run: UUID) -> Any:
    """List what a design asks, with the row of costs that answers it where one does."""
    return asked_of(request.scope, request.scope.row, current())


@router.post(f"{RUN}/appraisals", response={202: RunOut, **REFUSED}, url_name="add_appraisal")
@rule(post=Action.START_RUNS)
def add_appraisal(request: Request, park: str, run: UUID, body: AppraisalIn | None = None) -> Any:
    """Ask for the appraisal of a design that is done."""
    made = ask_appraisal(request.scope.row, body.paid_by if body is not None else "", request.user)
    if made is None:
        return Status(409, {"detail": "only a design that is done can be appraised"})
    return _submitted(request, made)


@router.post("/parks/{slug:park}/designs", response={202: RunOut, **REFUSED}, url_name="add_design")
@rule(post=Action.START_RUNS)
def add_design(request: Request, park: str, body: DesignIn) -> Any:
    """Ask for a design."""
    written = {key: text_of(getattr(body, key)) for key in Settings}
    asked = read_settings(written, body.ways, "\n".join(body.what_ifs))
    if asked.problems:
        return refused(asked.problems)
    return _submitted(request, ask(request.scope.park, RunKind.DESIGN, asked.settings, request.user))


@router.get("/parks/{slug:park}/scenarios", response={200: ChoicesOut, **REFUSED}, url_name="scenario_choices")
@rule(get=Action.START_RUNS)
def choices(request: Request, park: str, design: UUID | None = None) -> Any:
    """Return what a scenario can be made of; with a design, its exchanges too. Scenarios made are runs."""
    scope, lang = request.scope, current()
    found, answer = _study(request, design)
    if found is None:
        return answer
    row, loaded = found
    steps = [{"id": s.id, "name": s.name.text(lang) or s.id, "note": s.note.text(lang), "reference": s.reference}
             for s in loaded.study.scenario]  # fmt: skip
    rows = picks(scope.park, loaded, starting(loaded, row), {}, lang)
    return {"scenarios": steps, "reference": reference_of(loaded).id, "exchanges": [
        {"id": p.exchange.id, "name": p.name, "donor": p.donor, "receiver": p.receiver, "unit": p.unit,
         "existing": p.existing, "designed": p.designed, "start": p.written} for p in rows
    ]}  # fmt: skip


def _study(request: Request, design: UUID | None) -> tuple[tuple[Run | None, Any] | None, Any]:
    """Return a design and the study with its exchanges; or nothing, and the answer that says why."""
    designs = reach(request.scope, Action.START_RUNS, Run).filter(kind=RunKind.DESIGN, state=JobState.DONE)
    row = designs.filter(pk=design).first() if design is not None else None
    if design is not None and row is None:
        return None, Status(422, {"detail": "no such design"})
    try:
        loaded = study_with(request.scope.park, row)
    except LichenError as error:
        return None, refused({"": error.problems})
    if loaded is None:
        return None, Status(422, {"detail": "the park has no economy with scenarios"})
    return (row, loaded), None


@router.post("/parks/{slug:park}/scenarios", response={202: RunOut, **REFUSED}, url_name="add_scenario")
@rule(post=Action.START_RUNS)
def add_scenario(request: Request, park: str, body: ScenarioIn) -> Any:
    """Ask for a scenario."""
    found, answer = _study(request, body.design)
    if found is None:
        return answer
    design, loaded = found
    unknown = sorted(set(body.quantities) - {e.id for e in loaded.book.included()})
    if unknown or body.reference not in {s.id for s in loaded.study.scenario}:
        return Status(422, {"detail": f"not known: {', '.join([*unknown, body.reference])[:400]}"})
    picked, problems = read_picks(loaded, body.quantities)
    if problems or not picked:
        return refused(problems)
    params = {"name": body.name.strip(), "reference": body.reference, "quantities": picked,
              "design": str(design.pk) if design is not None else ""}  # fmt: skip
    return _submitted(request, ask(request.scope.park, RunKind.SCENARIO, params, request.user))


@router.post("/parks/{slug:park}/settlement", response={202: RunOut, **REFUSED}, url_name="add_settlement")
@rule(post=Action.START_RUNS)
def add_settlement(
    request: Request, park: str, file: File[UploadedFile | None] = None, value_added: Form[str] = "",
    land: Form[str] = "",
) -> Any:  # fmt: skip
    """Ask whether a newcomer meets what the study asks of new firms; nothing of its workbook is taken over."""
    wrong = too_large(file, LARGEST)
    if wrong:
        return wrong
    written, problems = amounts_of({"value_added": value_added, "land": land})
    if problems:
        return refused(problems)
    return _submitted(request, ask_settlement(request.scope.park, written, file, request.user))


def _submitted(request: Request, made: Job) -> Any:
    return Status(202, _run(request, Run.objects.get(pk=made.pk), result=False))
