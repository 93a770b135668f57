"""The history of every value, the audit, and the study as a whole."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.errors import LichenError, Problem
from lichen.web.middleware import Request, current
from lichen.web.models import Audit, Change, FirmRow, Park
from lichen.web.policy import Action, log, reach, rule
from lichen.web.store import Conflict, Origin
from lichen.web.studies import import_study, zipped
from lichen.web.texts import words
from lichen.web.views.pages import paged, plain_name
from lichen.web.zips import unpack

LARGEST_ZIP = 20 * 2**20
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
def study(request: Request, **named: Any) -> HttpResponse:
    """Return the park's study as a ZIP file, for the command line and the library."""
    park = request.scope.park
    log("study exported", park=park, by=request.user)
    return HttpResponse(zipped(park), content_type="application/zip",
                        headers={"Content-Disposition": f'attachment; filename="{park.slug}.zip"'})  # fmt: skip


@rule(get=Action.CARRY_STUDY, post=Action.CARRY_STUDY)
def bring(request: Request, **named: Any) -> HttpResponse:
    """Fill an empty park with a study that was sent as a ZIP file."""
    park, error = request.scope.park, ""
    problems: tuple[Problem, ...] = ()
    sent = request.FILES.get("file")
    if request.method == "POST":
        if sent is None or sent.size is None:
            error = words("no_zip", current())
        elif sent.size > LARGEST_ZIP:
            error = words("too_large", current(), most=LARGEST_ZIP // 2**20)
        else:
            try:
                _taken_over(request, park, plain_name(sent.name or "", "study.zip"), sent.read())
            except Conflict:
                error = words("study_not_empty", current())
            except LichenError as found:
                problems = found.problems
            else:
                messages.success(request, words("study_brought", current()))
                return redirect("park", park=park.slug)
    empty = not FirmRow.objects.filter(park=park).exists()
    shown = {"problems": problems[:MOST_PROBLEMS], "error": error, "empty": empty, "most": LARGEST_ZIP // 2**20}
    return render(request, "web/study.html", shown, status=422 if problems or error else 200)


def _taken_over(request: Request, park: Park, name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="lichen-") as folder:
        study = unpack(name, content, Path(folder))
        import_study(park, study, Origin(request.user, name))
