"""Scenarios: the list, and picking exchanges and quantities for a new one."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.errors import LichenError, Problem
from lichen.web.middleware import Request, current
from lichen.web.models import JobState
from lichen.web.policy import Action, reach, rule
from lichen.web.run_edits import ask
from lichen.web.run_models import Run, RunKind
from lichen.web.scenarios import network_of, picks, read_picks, reference_of, starting, study_with, written_of
from lichen.web.texts import words
from lichen.web.views.jobs import RENEW_S
from lichen.web.views.pages import paged

MOST_DESIGNS = 50


@rule(get=Action.START_RUNS)
def listing(request: Request, **named: Any) -> HttpResponse:
    """Show the scenarios of the study and those that were picked; where there is no economy, what to do."""
    scope, lang = request.scope, current()
    problems: tuple[Problem, ...] = ()
    steps = []
    try:
        loaded = study_with(scope.park, None)
    except LichenError as error:
        loaded, problems = None, error.problems
    if loaded is not None:
        steps = [(s.id, s.name.text(lang), s.note.text(lang), s.reference) for s in loaded.study.scenario]
    page = paged(request, reach(scope, Action.START_RUNS, Run).filter(kind=RunKind.SCENARIO).select_related("user"), 30)
    renew = RENEW_S if any(run.open for run in page) else 0
    shown = {"page": page, "renew": renew, "steps": steps, "problems": problems, "economy": loaded is not None}
    return render(request, "web/scenarios.html", shown)


@rule(get=Action.START_RUNS, post=Action.START_RUNS)
def new(request: Request, **named: Any) -> HttpResponse:
    """Pick exchanges and quantities; it can begin with a scenario of the study, another run, or a design."""
    scope, lang = request.scope, current()
    given = request.POST if request.method == "POST" else request.GET
    before = run_named(request, given.get("from", ""), RunKind.SCENARIO)
    told = before.params if before is not None else {}
    design = run_named(request, given.get("design", "") or told.get("design", ""), RunKind.DESIGN)
    try:
        loaded = study_with(scope.park, design)
    except LichenError:
        loaded = None
    if loaded is None:
        return redirect("scenarios", park=scope.park.slug)
    steps = {s.id: s for s in loaded.study.scenario}
    start = steps.get(given.get("start", ""))
    wanted = given.get("reference", "") or told.get("reference", "") or (start.reference if start else "")
    reference = reference_of(loaded, wanted)
    problems: dict[str, tuple[Problem, ...]] = {}
    error = ""
    if request.method == "POST":
        written = {e.id: request.POST.get(f"q:{e.id}", "") for e in loaded.book.included()}
        picked, problems = read_picks(loaded, written)
        error = "" if picked else words("scenario_nothing", lang)
        if picked and not problems:
            name = request.POST.get("name", "").strip()[:200]
            params = {"name": name, "reference": reference.id, "quantities": picked,
                      "design": str(design.pk) if design is not None else ""}  # fmt: skip
            made = ask(scope.park, RunKind.SCENARIO, params, request.user)
            return redirect("run", park=scope.park.slug, run=made.pk)
    else:
        own = written_of(loaded, start) if start is not None else told.get("quantities", {})
        written = {**starting(loaded, design if before is None else None), **own}
    designs = reach(scope, Action.START_RUNS, Run).filter(kind=RunKind.DESIGN, state=JobState.DONE).defer("result")
    return render(request, "web/scenario_new.html", {
        "picks": picks(scope.park, loaded, written, problems, lang), "reference": reference.id, "design": design,
        "bare": design is not None and not network_of(design).exchange,
        "error": error,
        "references": [(s.id, s.name.text(lang) or s.id) for s in loaded.study.scenario],
        "designs": designs[:MOST_DESIGNS], "name": given.get("name", told.get("name", "")),
        "errors": sum(map(len, problems.values())),
    }, status=422 if error or problems else 200)  # fmt: skip


def run_named(request: Request, name: str, kind: RunKind) -> Run | None:
    """Return the run of a kind that an address or a form names, where the account may use it and it has a result."""
    try:
        key = uuid.UUID(name)
    except ValueError:
        return None
    runs = reach(request.scope, Action.START_RUNS, Run).filter(kind=kind)
    return (runs.filter(state=JobState.DONE) if kind == RunKind.DESIGN else runs).filter(pk=key).first()
