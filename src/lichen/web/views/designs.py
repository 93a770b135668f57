"""Designs: the list, the form of a new one, several side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.errors import Language, Problem
from lichen.report.texts import Words
from lichen.web.comparing import comparable, currency_of, exchanges_of, figures_of, named_in, sectors_of
from lichen.web.designs import (
    EXISTING,
    MONEY,
    NUMBERS,
    OBJECTIVES,
    WAYS,
    read_settings,
    said_by_study,
)
from lichen.web.middleware import Request, current
from lichen.web.models import FlowRow, JobState
from lichen.web.policy import Action, reach, rule
from lichen.web.run_edits import ask
from lichen.web.run_models import Run, RunKind, RunRelease
from lichen.web.texts import words
from lichen.web.views.jobs import RENEW_S
from lichen.web.views.pages import paged

FIELDS = ("name", "objective", "second", "existing", *MONEY, *NUMBERS)


@rule(get=Action.READ_RUNS)
def listing(request: Request, **named: Any) -> HttpResponse:
    """Show the designs and appraisals in reach, newest first."""
    scope = request.scope
    everything = scope.everywhere(Action.READ_RUNS)
    runs = reach(scope, Action.READ_RUNS, Run).filter(kind__in=(RunKind.DESIGN, RunKind.APPRAISAL))
    page = paged(request, runs.select_related("user", "released"), 30)
    shared = set(RunRelease.objects.filter(run__in=list(page)).values_list("run_id", flat=True))
    renew = RENEW_S if any(run.open for run in page) else 0
    has_flows = everything and FlowRow.objects.filter(park=scope.park).exists()
    return render(request, "web/designs.html", {
        "page": page, "renew": renew, "everything": everything, "shared": shared, "has_flows": has_flows,
        "currency": currency_of(run for run in page if everything and run.state == JobState.DONE),
    })  # fmt: skip


@rule(get=Action.START_RUNS, post=Action.START_RUNS)
def new(request: Request, **named: Any) -> HttpResponse:
    """Ask for a design; ``from`` names a run whose settings the form begins with."""
    scope, lang = request.scope, current()
    problems: Mapping[str, tuple[Problem, ...]] = {}
    if request.method == "POST":
        written = {name: request.POST.get(name, "") for name in FIELDS}
        ways, what_ifs = request.POST.getlist("ways"), request.POST.get("what_ifs", "")
        asked = read_settings(written, ways, what_ifs)
        if not asked.problems:
            made = ask(scope.park, RunKind.DESIGN, asked.settings, request.user)
            return redirect("run", park=scope.park.slug, run=made.pk)
        problems = asked.problems
    else:
        before = named_in(scope, [request.GET.get("from", "")])
        told: Mapping[str, Any] = before[0].params if before and before[0].kind == RunKind.DESIGN else {}
        written = {name: str(told.get(name, "")) for name in FIELDS}
        ways, what_ifs = list(told.get("ways", ())), "\n".join(told.get("what_ifs", ()))
    return render(request, "web/design_new.html", {
        "written": written, "what_ifs": what_ifs, "problems": problems, "choices": _choices(lang),
        "ways": [(way, Words(lang).known("way", way), way in ways) for way in WAYS],
        "money": [(name, written[name], problems.get(name, ())) for name in MONEY],
        "numbers": [(name, written[name], problems.get(name, ())) for name in NUMBERS],
        "said": said_by_study(scope.park), "errors": sum(map(len, problems.values())),
    }, status=422 if problems else 200)  # fmt: skip


def _choices(lang: Language) -> dict[str, list[tuple[str, str]]]:
    """Return values and words of the fields to choose from."""
    said = Words(lang)
    objectives = [(name, said.known("gain", name)) for name in OBJECTIVES]
    return {
        "objective": [("", words("as_study_says", lang)), *objectives],
        "second": [("", words("no_front", lang)), *objectives],
        "existing": [("", words("as_study_says", lang)), *((n, words(f"existing_{n}", lang)) for n in EXISTING)],
    }


@rule(get=Action.START_RUNS)
def compare(request: Request, **named: Any) -> HttpResponse:
    """Show runs of one kind side by side: what they bring, which exchanges they share."""
    runs = comparable(named_in(request.scope, request.GET.getlist("run")))
    if runs and runs[0].kind == RunKind.SCENARIO:
        return render(request, "web/compare_scenarios.html", {"runs": runs, "sectors": sectors_of(runs, current())})
    shown = {"runs": runs, "figures": figures_of(runs), "rows": exchanges_of(runs, current()),
             "currency": currency_of(runs)}  # fmt: skip
    return render(request, "web/compare.html", shown)
