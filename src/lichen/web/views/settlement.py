"""New firms: a newcomer's workbook against what the park asks."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.web.middleware import Request, current
from lichen.web.models import FlowRow
from lichen.web.policy import Action, reach, rule
from lichen.web.run_edits import amounts_of, ask_settlement
from lichen.web.run_models import Run, RunKind
from lichen.web.surveys import LARGEST
from lichen.web.texts import words
from lichen.web.views.jobs import RENEW_S
from lichen.web.views.pages import paged
from lichen.web.work.settlements import AMOUNTS


@rule(get=Action.START_RUNS, post=Action.START_RUNS)
def page(request: Request, **named: Any) -> HttpResponse:
    """Take a newcomer's workbook, and show the checks before."""
    scope, error = request.scope, ""
    written, problems = amounts_of(request.POST)
    if request.method == "POST":
        sent = request.FILES.get("file")
        if sent is not None and (sent.size or 0) > LARGEST:
            error = words("too_large", current(), most=LARGEST // 2**20)
        if not error and not problems:
            made = ask_settlement(scope.park, written, sent, request.user)
            return redirect("run", park=scope.park.slug, run=made.pk)
    runs = reach(scope, Action.START_RUNS, Run).filter(kind=RunKind.SETTLEMENT).select_related("user")
    shown = paged(request, runs, 30)
    return render(request, "web/settlement.html", {
        "page": shown, "renew": RENEW_S if request.method == "GET" and any(run.open for run in shown) else 0,
        "error": error, "has_flows": FlowRow.objects.filter(park=scope.park).exists(),
        "amounts": [(name, written[name], problems.get(name, ())) for name in AMOUNTS],
    }, status=422 if error or problems else 200)  # fmt: skip
