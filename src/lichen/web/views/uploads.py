"""Surveys: the workbook to fill, sending it back, what it would change, the marked copy."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from lichen.inventory.prefill import usual_rows
from lichen.inventory.workbook import write_inventory, write_marked, write_template
from lichen.vocabulary.industries import industry
from lichen.vocabulary.profiles import profiled
from lichen.web.middleware import Request, current
from lichen.web.models import Upload
from lichen.web.policy import Action, log, reach, rule
from lichen.web.rows import reached
from lichen.web.store import Conflict
from lichen.web.surveys import LARGEST, apply, plan
from lichen.web.texts import words
from lichen.web.views.pages import plain_name

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_SHOWN = 500
KEPT = datetime.timedelta(days=7)
"""How long a survey waits for a yes."""


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
            return redirect("survey", park=scope.park.slug, upload=_kept(request, name, content).pk)
    waiting = reach(scope, Action.SEND_SURVEYS, Upload).order_by("-created")[:20]
    lang = current()
    sectors = [(code, f"{code} {industry(code).name(lang)}") for code in profiled()]
    return render(request, "web/surveys.html", {"error": error, "waiting": waiting, "sectors": sectors},
                  status=422 if error else 200)  # fmt: skip


def _kept(request: Request, name: str, content: bytes) -> Upload:
    """Keep a survey until its sender has looked at it; older ones that nobody wanted go."""
    scope = request.scope
    Upload.objects.filter(created__lt=timezone.now() - KEPT).delete()
    log("survey sent", park=scope.park, by=request.user, about=name)
    return Upload.objects.create(park=scope.park, user=request.user, name=name, content=content)


@rule(get=Action.SEND_SURVEYS, post=Action.SEND_SURVEYS)
def preview(request: Request, **named: Any) -> HttpResponse:
    """Show what a survey would change; with a yes, change it."""
    scope, upload = request.scope, request.scope.row
    if request.method == "POST":
        if request.POST.get("answer") != "yes":
            upload.delete()
            messages.success(request, words("survey_dropped", current()))
            return redirect("surveys", park=scope.park.slug)
        try:
            count = apply(scope, upload, request.user)
        except Conflict:
            messages.error(request, words("survey_conflict", current()))
            return redirect("survey", park=scope.park.slug, upload=upload.pk)
        log("survey taken over", park=scope.park, by=request.user, about=f"{upload.name}: {count}")
        messages.success(request, words("survey_done", current(), count=count))
        return redirect("firms", park=scope.park.slug)
    found = plan(scope, upload.name, bytes(upload.content))
    Upload.objects.filter(pk=upload.pk).update(seen=dict(found.seen))
    ranked = sorted(found.problems, key=lambda p: ("error", "warning", "note").index(p.severity))
    return render(request, "web/survey.html", {
        "upload": upload, "found": found, "problems": ranked[:MOST_SHOWN], "changes": found.changes[:MOST_SHOWN],
        "more_problems": max(0, len(ranked) - MOST_SHOWN), "more_changes": max(0, len(found.changes) - MOST_SHOWN),
        "new_firms": [code for code, revision in found.seen.items() if revision is None],
    })  # fmt: skip


@rule(get=Action.SEND_SURVEYS)
def marked(request: Request, **named: Any) -> HttpResponse:
    """Return the survey with the cells marked."""
    upload = request.scope.row
    found = plan(request.scope, upload.name, bytes(upload.content))
    if not found.sheets:
        raise Http404  # what cannot be opened has no cells to mark
    return _workbook("to-mend", lambda path: write_marked(found.sheets, found.problems, path, current()))


@rule(get=Action.SEND_SURVEYS)
def template(request: Request, **named: Any) -> HttpResponse:
    """Return an empty workbook, or one with what firms of an industry usually have."""
    sector = request.GET.get("sector", "")
    rows = usual_rows(sector, current()) if sector in profiled() else {}
    return _workbook("survey", lambda path: write_template(path, current(), rows))


@rule(get=Action.READ_ROWS)
def export(request: Request, **named: Any) -> HttpResponse:
    """Return what the account may read as a survey workbook."""
    scope = request.scope
    log("inventory exported", park=scope.park, by=request.user)
    return _workbook(f"{scope.park.slug}-inventory", lambda path: write_inventory(reached(scope), path, current()))


def _workbook(name: str, write: Callable[[Path], Path]) -> HttpResponse:
    with tempfile.TemporaryDirectory(prefix="lichen-") as folder:
        content = write(Path(folder) / "book.xlsx").read_bytes()
    return HttpResponse(
        content, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    )
