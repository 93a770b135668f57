"""Jobs: what runs, what waits, what was made; stopping, and running again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.web import jobs
from lichen.web.job_files import job_file
from lichen.web.middleware import Request, current
from lichen.web.models import Job, JobFile
from lichen.web.policy import Action, reach, rule
from lichen.web.run_edits import stop as stop_job
from lichen.web.run_models import RunKind
from lichen.web.texts import words
from lichen.web.views.pages import paged

RENEW_S = 3
"""How often a page with a job under way is loaded again [s]."""
SHOWN = {"overview": ("park", "overview"), "balance": ("balance", "balance"),
         "opportunities": ("opportunities", "opportunities"), "study": ("park", "overview")}  # fmt: skip
"""Kind of job: the route of the page that shows what it made, and what that is called."""


@rule(get=Action.RUN_JOBS)
def listing(request: Request, **named: Any) -> HttpResponse:
    """Show the jobs of the park, newest first."""
    rows = reach(request.scope, Action.RUN_JOBS, Job).select_related("user").defer("result")
    page = paged(request, rows, 50)
    renew = RENEW_S if any(job.open for job in page) else 0
    return render(request, "web/jobs.html", {"page": page, "renew": renew})


@rule(get=Action.RUN_JOBS)
def page(request: Request, **named: Any) -> HttpResponse:
    """Show a job: how far it is, or what it made."""
    job: Job = request.scope.row
    if job.kind in RunKind.values:  # its result has a page of its own
        return redirect("run", park=request.scope.park.slug, run=job.pk)
    files = JobFile.objects.filter(job=job).values_list("name", flat=True)
    said = [problem.get(current(), "") for problem in job.problems]
    renew = RENEW_S if job.open else 0
    at, told = SHOWN.get(job.kind, ("", ""))
    shown = {"job": job, "files": files, "said": said, "renew": renew, "shown_at": at, "shown_as": told}
    return render(request, "web/job.html", shown)


@rule(post=Action.RUN_JOBS)
def stop(request: Request, **named: Any) -> HttpResponse:
    """Stop a job."""
    job: Job = request.scope.row
    if stop_job(job, request.user):
        messages.success(request, words("job_stopping", current()))
    return redirect("job", park=request.scope.park.slug, job=job.pk)


@rule(post=Action.RUN_JOBS)
def again(request: Request, **named: Any) -> HttpResponse:
    """Run a job once more that ended without a result."""
    job: Job = request.scope.row
    made = jobs.run_again(job, request.user) if job.again else job
    return redirect("job", park=request.scope.park.slug, job=made.pk)


@rule(get=Action.RUN_JOBS)
def file(request: Request, **named: Any) -> HttpResponse:
    """Return a file that a job made, to be saved."""
    return job_file(request.scope.row, request.GET.get("name", ""))
