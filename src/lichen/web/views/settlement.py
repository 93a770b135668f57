"""New firms: a newcomer's workbook against what the park asks."""

from __future__ import annotations

import uuid
from pathlib import PurePath
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.errors import LichenError, Problem
from lichen.web import jobs
from lichen.web.middleware import Request, current
from lichen.web.models import FlowRow, JobFile
from lichen.web.policy import Action, log, reach, rule
from lichen.web.run_models import Run, RunKind
from lichen.web.surveys import LARGEST
from lichen.web.texts import words
from lichen.web.views.jobs import RENEW_S
from lichen.web.views.pages import paged, plain_name
from lichen.web.work.settlements import AMOUNTS, amount

ENDS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv", ".txt")


@rule(get=Action.START_RUNS, post=Action.START_RUNS)
def page(request: Request, **named: Any) -> HttpResponse:
    """Take a newcomer's workbook, and show the checks before."""
    scope, error = request.scope, ""
    problems: dict[str, tuple[Problem, ...]] = {}
    written = {name: request.POST.get(name, "").strip()[:60] for name in AMOUNTS}
    if request.method == "POST":
        sent = request.FILES.get("file")
        if sent is not None and (sent.size or 0) > LARGEST:
            error = words("too_large", current(), most=LARGEST // 2**20)
        for name, text in written.items():
            try:
                amount(name, text) if text else None
            except LichenError as found:
                problems[name] = found.problems
        if not error and not problems:
            made = _submitted(request, written, sent)
            log(
                "settlement started",
                park=scope.park,
                by=request.user,
                about=f"{made.params['name']} #{str(made.pk)[:8]}",
            )
            return redirect("run", park=scope.park.slug, run=made.pk)
    runs = reach(scope, Action.START_RUNS, Run).filter(kind=RunKind.SETTLEMENT).select_related("user")
    shown = paged(request, runs, 30)
    return render(request, "web/settlement.html", {
        "page": shown, "renew": RENEW_S if request.method == "GET" and any(run.open for run in shown) else 0,
        "error": error, "has_flows": FlowRow.objects.filter(park=scope.park).exists(),
        "amounts": [(name, written[name], problems.get(name, ())) for name in AMOUNTS],
    }, status=422 if error or problems else 200)  # fmt: skip


def _submitted(request: Request, written: dict[str, str], sent: Any) -> Any:
    """Ask for a check; the workbook is kept with the job under a name of its own."""
    name = plain_name(sent.name or "", "newcomer") if sent is not None else ""
    end = PurePath(name).suffix.lower()
    file = f"newcomer-{uuid.uuid4().hex}{end if end in ENDS else '.xlsx'}" if sent is not None else ""
    params = {"name": name, "file": file, **{key: text for key, text in written.items() if text}}
    with transaction.atomic():
        made = jobs.submit(request.scope.park, RunKind.SETTLEMENT, params, request.user)
        if sent is not None:
            JobFile.objects.create(job=made, name=file, content=sent.read())
    return made
