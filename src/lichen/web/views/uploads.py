"""Surveys: the workbook to fill, sending it back, what it would change, the marked copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.errors import Language
from lichen.vocabulary.industries import industry
from lichen.vocabulary.profiles import profiled
from lichen.web.middleware import Request, current
from lichen.web.models import JobState, Upload
from lichen.web.policy import Action, reach, rule
from lichen.web.sent import plain_name
from lichen.web.store import Conflict
from lichen.web.survey_files import inventory_answer, marked_answer, template_answer
from lichen.web.surveys import LARGEST, is_large, keep, look, take_over
from lichen.web.texts import words
from lichen.web.views.jobs import RENEW_S
from lichen.web.work.surveys import CHECK, TAKE, drop, jobs_of, submit

MOST_LISTED = 200


@rule(get=Action.SEND_SURVEYS, post=Action.SEND_SURVEYS)
def send(request: Request, **named: Any) -> HttpResponse:
    """Take a survey, as a file or pasted from a spreadsheet, and show what it would change."""
    scope, error = request.scope, ""
    if request.method == "POST":
        sent = request.FILES.get("file")
        pasted = request.POST.get("pasted", "")
        if sent is not None and sent.size is not None and sent.size > LARGEST:
            error = words("too_large", current(), most=LARGEST // 2**20)
        elif sent is None and not pasted.strip():
            error = words("no_file", current())
        else:
            name = plain_name(sent.name or "", "survey") if sent is not None else "pasted.tsv"
            content = sent.read() if sent is not None else pasted.encode()
            return redirect("survey", park=scope.park.slug, upload=keep(scope, name, content).pk)
    waiting = reach(scope, Action.SEND_SURVEYS, Upload).exclude(content=b"").defer("content").order_by("-created")[:20]
    lang = current()
    sectors = [(code, f"{code} {industry(code).name(lang)}") for code in profiled()]
    return render(request, "web/surveys.html", {"error": error, "waiting": waiting, "sectors": sectors},
                  status=422 if error else 200)  # fmt: skip


@rule(get=Action.SEND_SURVEYS, post=Action.SEND_SURVEYS)
def preview(request: Request, **named: Any) -> HttpResponse:
    """Show what a survey would change; with a yes, change it."""
    scope, upload = request.scope, request.scope.row
    if request.method == "POST":
        answer = request.POST.get("answer")
        if answer in ("no", "close"):
            drop(upload)
            if answer == "close":
                return redirect("firms", park=scope.park.slug)
            messages.success(request, words("survey_dropped", current()))
            return redirect("surveys", park=scope.park.slug)
        if is_large(upload) and answer in ("yes", "again"):
            submit(upload, TAKE if answer == "yes" else CHECK, request.user, current())
        elif answer == "yes":
            try:
                count = take_over(scope, upload)
            except Conflict:
                messages.error(request, words("survey_conflict", current()))
            else:
                messages.success(request, words("survey_done", current(), count=count))
                return redirect("firms", park=scope.park.slug)
        return redirect("survey", park=scope.park.slug, upload=upload.pk)
    return _preview_later(request, upload) if is_large(upload) else _shown(request, upload, look(scope, upload))


def _preview_later(request: Request, upload: Upload) -> HttpResponse:
    """Show how far the check of a large survey is, or its taking over; or what came of it."""
    job = jobs_of(upload).first() or submit(upload, CHECK, request.user, current())
    found: Any = job.result
    if job.state == JobState.DONE and job.kind == CHECK:
        return _shown(request, upload, found)
    said = [p[current()] for p in job.problems]
    shown = {"upload": upload, "job": job, "said": said, "renew": RENEW_S if job.open else 0}
    return render(request, "web/survey_waits.html", shown)


def _shown(request: Request, upload: Upload, found: Mapping[str, Any]) -> HttpResponse:
    lang = current()
    problems = [{**p, "text": p[lang]} for p in found["problems"]]
    return render(request, "web/survey.html", {
        "upload": upload, "found": found, "problems": problems, "new": _listed(found["new"], lang),
        "waiting": _listed(found["waiting"], lang),
        "more_problems": found["wrong"] - len(problems), "more_changes": found["changed"] - len(found["changes"]),
    })  # fmt: skip


def _listed(codes: Sequence[str], lang: Language) -> str:
    """Return codes of firms in a line, as far as it has room."""
    return ("、" if lang == "zh" else ", ").join([*codes[:MOST_LISTED], *["…"] * (len(codes) > MOST_LISTED)])


@rule(get=Action.SEND_SURVEYS)
def marked(request: Request, **named: Any) -> HttpResponse:
    """Return the survey with the cells marked."""
    return marked_answer(request.scope, request.scope.row, current())


@rule(get=Action.SEND_SURVEYS)
def template(request: Request, **named: Any) -> HttpResponse:
    """Return an empty workbook, or one with what firms of an industry usually have."""
    return template_answer(request.GET.get("sector", ""), current())


@rule(get=Action.READ_ROWS)
def export(request: Request, **named: Any) -> HttpResponse:
    """Return what the account may read as a survey workbook."""
    return inventory_answer(request.scope, current(), request.user)
