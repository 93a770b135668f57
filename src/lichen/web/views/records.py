"""The history of every value, the audit, and the study as a whole."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from lichen.web.middleware import Request, current
from lichen.web.models import Audit, Change, Job
from lichen.web.policy import Action, reach, rule
from lichen.web.sent import plain_name
from lichen.web.studies import is_empty
from lichen.web.study_zip import LARGEST_ZIP, refused, study_answer
from lichen.web.views.jobs import RENEW_S
from lichen.web.views.pages import paged
from lichen.web.work import studies

MOST_PROBLEMS = 100


@rule(get=Action.READ_HISTORY)
def history(request: Request, **named: Any) -> HttpResponse:
    """Show every change in reach, newest first."""
    rows = reach(request.scope, Action.READ_HISTORY, Change).order_by("-id").select_related("by")
    wanted = request.GET.get("q", "").strip()[:100]
    if wanted:
        rows = rows.filter(row__icontains=wanted)
    return render(request, "web/history.html", {"page": paged(request, rows, 100), "q": wanted})


@rule(get=Action.READ_AUDIT)
def audit(request: Request, **named: Any) -> HttpResponse:
    """Show who did what, newest first."""
    rows = reach(request.scope, Action.READ_AUDIT, Audit).order_by("-id").select_related("by")
    return render(request, "web/audit.html", {"page": paged(request, rows, 100)})


@rule(get=Action.CARRY_STUDY)
def study(request: Request, **named: Any) -> HttpResponseBase:
    """Return the park's study as a ZIP file, for the command line and the library."""
    return study_answer(request.scope.park, request.user)


@rule(get=Action.CARRY_STUDY, post=Action.CARRY_STUDY)
def bring(request: Request, **named: Any) -> HttpResponse:
    """Take a study that fills an empty park, sent as a ZIP file; show how far it is, or what came of it."""
    park, error = request.scope.park, ""
    empty = is_empty(park)
    if request.method == "POST":
        sent: Any = request.FILES.get("file")
        error = refused(sent, empty)
        if not error:
            studies.submit(park, plain_name(sent.name or "", "study.zip"), sent.read(), request.user)
            return redirect("study_bring", park=park.slug)
    job = Job.objects.filter(park=park, kind=studies.KIND).order_by("-created", "-id").first()
    said = [problem[current()] for problem in job.problems[:MOST_PROBLEMS]] if job is not None else []
    return render(request, "web/study.html", {
        "job": job, "said": said, "error": error, "empty": empty, "most": LARGEST_ZIP // 2**20,
        "renew": RENEW_S if job is not None and job.open else 0,
    }, status=422 if error else 200)  # fmt: skip
