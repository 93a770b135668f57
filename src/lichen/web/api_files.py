"""The part of the API that carries files: surveys and whole studies in, studies and what jobs made out; the balance."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import File, Query, Router, Schema, Status, UploadedFile
from pydantic import Field

from lichen.web import job_files, jobs
from lichen.web.api_base import ABSENT, REFUSED, Pages, file_of, page_of, too_large
from lichen.web.api_found import JobOut, job_out
from lichen.web.balance import own_balance
from lichen.web.middleware import Request, current
from lichen.web.models import FlowRow, JobState, Upload
from lichen.web.policy import Action, reach, rule
from lichen.web.sent import XLSX, plain_name
from lichen.web.store import Conflict
from lichen.web.studies import is_empty
from lichen.web.study_zip import refused, study_answer
from lichen.web.survey_files import inventory_answer, marked_answer, template_answer
from lichen.web.surveys import LARGEST, is_large, keep, look, take_over
from lichen.web.work import studies
from lichen.web.work.surveys import CHECK, TAKE, drop, jobs_of, submit

router = Router()


XLSX_FILE = file_of(XLSX)


class SurveyOut(Schema):
    """A survey: whether it is being looked at ("checking"), waits for a yes ("checked"), is being or was taken over
    ("taking", "taken"), or that failed; what it would change, and what is wrong with it, at its cells.
    """

    id: UUID
    name: str
    state: str
    new: list[str] = Field(default_factory=list)
    waiting: list[str] = Field(default_factory=list)
    changed: int = 0
    changes: list[dict[str, str]] = Field(default_factory=list)
    problems: list[dict[str, str]] = Field(default_factory=list)


class WaitingOut(Schema):
    """A survey of the account that waits."""

    id: UUID
    name: str
    created: str


class WaitingRowsOut(Schema):
    """Some surveys of the account, newest first, and how many there are."""

    count: int
    rows: list[WaitingOut]


class TakenOut(Schema):
    """How many changes a survey made; nothing yet where it is large and taken over in the background."""

    count: int | None


class BalanceOut(Schema):
    """The balance of a year as its page shows it; nothing yet where it is being made."""

    balance: dict[str, Any] | None
    being_renewed: bool


SURVEYS = "/parks/{slug:park}/surveys"
SURVEY = f"{SURVEYS}/{{uuid:upload}}"


@router.get(SURVEYS, response={200: WaitingRowsOut, **REFUSED}, url_name="surveys")
@rule(get=Action.SEND_SURVEYS)
def surveys(request: Request, park: str, pages: Query[Pages]) -> Any:
    """List the account's surveys that were not taken over or dropped."""
    rows = reach(request.scope, Action.SEND_SURVEYS, Upload).exclude(content=b"").defer("content").order_by("-created")
    return page_of(rows, pages, lambda u: {"id": u.pk, "name": u.name, "created": u.created.isoformat()})


@router.post(SURVEYS, response={201: SurveyOut, **REFUSED}, url_name="add_survey")
@rule(post=Action.SEND_SURVEYS)
def add_survey(request: Request, park: str, file: File[UploadedFile]) -> Any:
    """Send a survey, and learn what it would change; nothing is written before it is taken over."""
    wrong = too_large(file, LARGEST)
    if wrong:
        return wrong
    upload = keep(request.scope, plain_name(file.name or "", "survey"), file.read())
    return Status(201, _survey(request, upload))


@router.get(SURVEY, response={200: SurveyOut, **ABSENT}, url_name="survey")
@rule(get=Action.SEND_SURVEYS)
def survey(request: Request, park: str, upload: UUID) -> Any:
    """Return a survey that its sender has not taken over or dropped."""
    return _survey(request, request.scope.row)


def _survey(request: Request, upload: Upload) -> dict[str, Any]:
    lang, base = current(), {"id": upload.pk, "name": upload.name}
    found: Any
    if is_large(upload):
        job = jobs_of(upload).first() or submit(upload, CHECK, request.user, lang)
        if job.state != JobState.DONE or job.kind == TAKE:
            doing = {CHECK: "checking", TAKE: "taking"}[job.kind]
            state = doing if job.open else "taken" if job.state == JobState.DONE else "failed"
            return {**base, "state": state, "problems": [{"severity": "error", "text": p[lang]} for p in job.problems]}
        found = job.result
    else:
        found = look(request.scope, upload)
    problems = [{"severity": p["severity"], "place": p["place"], "text": p[lang]} for p in found["problems"]]
    shown = {name: found[name] for name in ("new", "waiting", "changed", "changes")}
    return {**base, "state": "checked", **shown, "problems": problems}


@router.post(f"{SURVEY}/take", response={200: TakenOut, 202: TakenOut, **REFUSED}, url_name="take_survey")
@rule(post=Action.SEND_SURVEYS)
def take(request: Request, park: str, upload: UUID) -> Any:
    """Take a survey over; 409 where a firm was changed since it was looked at, which looks at it again."""
    row: Upload = request.scope.row
    if is_large(row):
        submit(row, TAKE, request.user, current())
        return Status(202, {"count": None})
    try:
        return {"count": take_over(request.scope, row)}
    except Conflict:
        return Status(409, {"detail": "conflict"})


@router.delete(SURVEY, response={204: None, **ABSENT}, url_name="drop_survey")
@rule(delete=Action.SEND_SURVEYS)
def drop_survey(request: Request, park: str, upload: UUID) -> Any:
    """Forget a survey."""
    drop(request.scope.row)
    return Status(204, None)


@router.get(f"{SURVEYS}/template", response=ABSENT, url_name="survey_template", openapi_extra=XLSX_FILE)
@rule(get=Action.SEND_SURVEYS)
def template(request: Request, park: str, sector: str = "") -> HttpResponse:
    """Return an empty survey workbook, or one with what firms of an industry usually have."""
    return template_answer(sector, current())


@router.get(f"{SURVEY}/marked", response=ABSENT, url_name="survey_marked", openapi_extra=XLSX_FILE)
@rule(get=Action.SEND_SURVEYS)
def marked(request: Request, park: str, upload: UUID) -> HttpResponse:
    """Return a survey with the cells at fault marked; 404 for what cannot be opened."""
    return marked_answer(request.scope, request.scope.row, current())


@router.get("/parks/{slug:park}/inventory", response=ABSENT, url_name="inventory", openapi_extra=XLSX_FILE)
@rule(get=Action.READ_ROWS)
def inventory(request: Request, park: str) -> HttpResponse:
    """Return what the account may read as a survey workbook."""
    return inventory_answer(request.scope, current(), request.user)


STUDY = "/parks/{slug:park}/study"


@router.get(STUDY, response=REFUSED, url_name="study", openapi_extra=file_of("application/zip"))
@rule(get=Action.CARRY_STUDY)
def study(request: Request, park: str) -> Any:
    """Return the park's study as a ZIP file, for the command line and the library."""
    return study_answer(request.scope.park, request.user)


@router.post(STUDY, response={202: JobOut, **REFUSED}, url_name="bring_study")
@rule(post=Action.CARRY_STUDY)
def bring_study(request: Request, park: str, file: File[UploadedFile]) -> Any:
    """Fill an empty park with a study, sent as a ZIP file, in the background; the job says what came of it."""
    own = request.scope.park
    if not is_empty(own):
        return Status(409, {"detail": "the park is not empty"})
    error = refused(file, empty=True)
    if error:
        return Status(422, {"detail": error})
    made = studies.submit(own, plain_name(file.name or "", "study.zip"), file.read(), request.user)
    return Status(202, job_out(made, True))


@router.get(
    "/parks/{slug:park}/jobs/{uuid:job}/file", response=REFUSED, url_name="job_file", openapi_extra=file_of("*/*")
)
@rule(get=Action.RUN_JOBS)
def job_file(request: Request, park: str, job: UUID, name: str) -> HttpResponse:
    """Return a file that a job made."""
    return job_files.job_file(request.scope.row, name)


@router.get(
    "/parks/{slug:park}/runs/{uuid:run}/file", response=REFUSED, url_name="run_file", openapi_extra=file_of("*/*")
)
@rule(get=Action.START_RUNS)
def run_file(request: Request, park: str, run: UUID, name: str) -> HttpResponse:
    """Return a file that a run made."""
    return job_files.run_file(request.scope.row, name, request.user)


@router.get("/parks/{slug:park}/balance", response={200: BalanceOut, **REFUSED}, url_name="balance")
@rule(get=Action.READ_ROWS)
def balance(request: Request, park: str, year: int = 0) -> Any:
    """Return the balance of a year, the newest if none is named: the park's, or of what the account may read."""
    scope, lang = request.scope, current()
    flows = reach(scope, Action.READ_ROWS, FlowRow)
    if not (flows.filter(year=year) if 0 < year < 10_000 else flows).exists() or year < 0 or year >= 10_000:
        return Status(404, {"detail": "no flows of that year"})
    if not scope.everywhere(Action.READ_ROWS):
        found = own_balance(scope, year)
        return {"balance": found[0][lang] if found else None, "being_renewed": False}
    now = jobs.standing(scope.park, "balance", {"year": year})
    value: Any = now.done.result if now.done is not None else {lang: None}
    return {"balance": value[lang], "being_renewed": now.open is not None}
