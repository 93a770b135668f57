"""The part of the API that speaks of opportunities, consent and jobs."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router, Schema, Status
from pydantic import Field

from lichen.errors import Language
from lichen.web import jobs
from lichen.web.api_base import ABSENT, REFUSED, Pages, page_of
from lichen.web.consent import record_of, set_consent, states
from lichen.web.middleware import Request, current
from lichen.web.models import Job, Opportunity
from lichen.web.opportunities import Facts, Found
from lichen.web.opportunity_lists import filter_facts, filter_views, found_for, sees_all, views_of
from lichen.web.policy import Action, reach, rule
from lichen.web.run_edits import stop as stop_job
from lichen.web.store import Conflict

router = Router()


class FoundOut(Schema):
    """Some opportunities, how many there are, and whether they are being found anew."""

    count: int
    rows: list[dict[str, Any]]
    as_of: str = ""
    being_renewed: bool = False


class Wishes(Pages):
    """Which opportunities are wanted; of firms' accounts only side, stream, unit and least have a meaning."""

    side: str = Field("", max_length=20)
    donor: str = Field("", max_length=500)
    receiver: str = Field("", max_length=500)
    stream: str = Field("", max_length=200)
    way: str = Field("", max_length=40)
    unit: str = Field("", max_length=10)
    least: float = Field(0.0, ge=0, le=1e15)
    best: bool = False


class ConsentIn(Schema):
    """To which step a side consents; ``seen`` as the opportunity said it."""

    side: Literal["donor", "receiver"]
    step: int = Field(ge=1, le=3)
    seen: int = Field(ge=0, le=2**31)


class AnsweredOut(Schema):
    """What a firm consented to: since when, by whom, and when and by whom that ended."""

    firm: str
    step: int
    given: str
    by: str
    ended: str
    ended_by: str


class JobOut(Schema):
    """A job."""

    id: str
    kind: str
    params: dict[str, Any]
    state: str
    share: float
    created: str
    ended: str
    result: Any = None
    problems: list[str] = Field(default_factory=list)
    files: list[str] = Field(default_factory=list)


class JobsOut(Schema):
    """Some jobs, newest first, and how many there are."""

    count: int
    rows: list[JobOut]


@router.get("/parks/{slug:park}/opportunities", response={200: FoundOut, **REFUSED}, url_name="opportunities")
@rule(get=Action.SEE_OPPORTUNITIES)
def opportunities(request: Request, park: str, wishes: Query[Wishes]) -> Any:
    """List opportunities: ranked for a facilitator; for a firm what concerns it, as far as both sides consent."""
    scope, lang = request.scope, current()
    found = found_for(scope)
    given = wishes.dict() | {"least": str(wishes.least)}
    done = found.standing.done
    whens = {"as_of": done.ended.isoformat() if done and done.ended else "", "being_renewed": bool(found.standing.open)}
    if not sees_all(scope):
        mine = filter_views(views_of(scope, found, lang), given)
        return page_of(mine, wishes, dict) | whens
    rows = filter_facts(found.facts.values(), given)
    return {
        "count": len(rows),
        "rows": _whole(rows[wishes.offset : wishes.offset + wishes.limit], found, lang),
        **whens,
    }


def _whole(rows: list[Facts], found: Found, lang: Language) -> list[dict[str, Any]]:
    """Return everything of some opportunities, in one language."""
    consents = states(found.handles[f["key"]] for f in rows)
    made = []
    for f in rows:
        handle = found.handles[f["key"]]
        state = consents[handle.pk]
        said = {name: [p[lang] for p in f[name]] for name in ("reasons", "remedies")}
        said["questions"] = [{"of": q["of"], "text": q[lang]} for q in f["questions"]]
        said["checks"] = [{"text": c[lang], "verdict": c["verdict"], "severity": c["severity"]} for c in f["checks"]]
        said["treatment"] = [t["id"] for t in f["treatment"]]
        consent = {"donor": state.donor, "receiver": state.receiver, "step": state.step}
        hidden = ("key", "rivals")
        made.append({**{k: v for k, v in f.items() if k not in hidden}, **said, "id": str(handle.pk),
                     "consent": consent})  # fmt: skip
    return made


ONE = "/parks/{slug:park}/opportunities/{uuid:opportunity}"


@router.get(ONE, response={200: list[dict[str, Any]], **REFUSED}, url_name="opportunity")
@rule(get=Action.SEE_OPPORTUNITIES)
def opportunity(request: Request, park: str, opportunity: UUID) -> Any:
    """Return an opportunity: everything for a facilitator; for a firm, as each side that is its own.

    Empty where it is found no more, or not yet.
    """
    return _shown(request, request.scope.row)


def _shown(request: Request, handle: Opportunity) -> Any:
    found, lang = found_for(request.scope), current()
    if handle.key not in found.facts:
        return []
    if not sees_all(request.scope):
        return views_of(request.scope, found, lang, handle)
    return _whole([found.facts[handle.key]], found, lang)


@router.put(f"{ONE}/consent", response={200: list[dict[str, Any]], **REFUSED}, url_name="consent")
@rule(put=Action.GIVE_CONSENT)
def consent(request: Request, park: str, opportunity: UUID, body: ConsentIn) -> Any:
    """Let a firm consent to a step: 1 withdraws, 2 names, 3 composition and price."""
    try:
        set_consent(request.scope, request.scope.row, body.side, body.step, body.seen, request.user)
    except ValueError:
        return Status(404, {"detail": "not found"})
    except Conflict:
        return Status(409, {"detail": "conflict"})
    return _shown(request, request.scope.row)


@router.get(f"{ONE}/consents", response={200: list[AnsweredOut], **REFUSED}, url_name="consents")
@rule(get=Action.SEE_OPPORTUNITIES)
def consents(request: Request, park: str, opportunity: UUID) -> Any:
    """List what was consented to and withdrawn, oldest first: of own firms, or of both sides for a facilitator."""
    return [
        {"firm": c.firm.code, "step": c.step, "given": c.given.isoformat(), "by": str(c.by or ""),
         "ended": c.ended.isoformat() if c.ended else "", "ended_by": str(c.ended_by or "")}
        for c in record_of(request.scope, request.scope.row)
    ]  # fmt: skip


def job_out(job: Job, whole: bool) -> dict[str, Any]:
    """Return a job as the API tells it; ``whole``: with its result."""
    made = {
        "id": str(job.pk), "kind": job.kind, "params": job.params, "state": job.state, "share": job.share,
        "created": job.created.isoformat(), "ended": job.ended.isoformat() if job.ended else "",
    }  # fmt: skip
    if not whole:
        return made
    said = [problem.get(current(), "") for problem in job.problems]
    return made | {"result": job.result, "problems": said, "files": [f.name for f in job.files.defer("content")]}


@router.get("/parks/{slug:park}/jobs", response={200: JobsOut, **REFUSED}, url_name="jobs")
@rule(get=Action.RUN_JOBS)
def listing(request: Request, park: str, pages: Query[Pages]) -> Any:
    """List the jobs of the park, newest first, without their results."""
    rows = reach(request.scope, Action.RUN_JOBS, Job).defer("result")
    return page_of(rows, pages, lambda job: job_out(job, False))


JOB = "/parks/{slug:park}/jobs/{uuid:job}"


@router.get(JOB, response={200: JobOut, **ABSENT}, url_name="job")
@rule(get=Action.RUN_JOBS)
def job(request: Request, park: str, job: UUID) -> Any:
    """Return a job with its result."""
    return job_out(request.scope.row, True)


@router.post(f"{JOB}/stop", response={200: JobOut, **REFUSED}, url_name="stop_job")
@rule(post=Action.RUN_JOBS)
def stop(request: Request, park: str, job: UUID) -> Any:
    """Stop a job; 409 if it had ended."""
    row: Job = request.scope.row
    if not stop_job(row, request.user):
        return Status(409, {"detail": "it had ended"})
    return job_out(Job.objects.get(pk=row.pk), True)


@router.post(f"{JOB}/again", response={200: JobOut, **REFUSED}, url_name="again_job")
@rule(post=Action.RUN_JOBS)
def again(request: Request, park: str, job: UUID) -> Any:
    """Run a job once more that ended without a result, and return the new one; 409 if it has a result or is open."""
    row: Job = request.scope.row
    return job_out(jobs.run_again(row, request.user), True) if row.again else Status(409, {"detail": row.state})
