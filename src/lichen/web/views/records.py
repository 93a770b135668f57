"""The history of every value, the audit, and the study as a whole."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from lichen.web.middleware import Request
from lichen.web.models import Audit, Change
from lichen.web.policy import Action, log, reach, rule
from lichen.web.studies import zipped
from lichen.web.views.pages import paged


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
