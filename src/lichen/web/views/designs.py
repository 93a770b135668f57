"""Designs: the list, the form of a new one, several side by side."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.errors import Language, Problem
from lichen.report.texts import Words
from lichen.web import jobs
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
from lichen.web.policy import Action, log, reach, rule
from lichen.web.run_models import Run, RunKind, RunRelease
from lichen.web.texts import words
from lichen.web.views.jobs import RENEW_S
from lichen.web.views.pages import paged

MOST_COMPARED = 4
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
        "currency": _currency(run for run in page if everything and run.state == JobState.DONE),
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
            made = jobs.submit(scope.park, RunKind.DESIGN, asked.settings, request.user)
            log(
                "design started",
                park=scope.park,
                by=request.user,
                about=f"{asked.settings['name']} #{str(made.pk)[:8]}",
            )
            return redirect("run", park=scope.park.slug, run=made.pk)
        problems = asked.problems
    else:
        before = _named(request, [request.GET.get("from", "")])
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


def _named(request: Request, names: Sequence[str]) -> list[Run]:
    """Return the runs that an address names, as far as the account may start such runs itself."""
    found = []
    for name in dict.fromkeys(names):
        try:
            key = uuid.UUID(name)
        except ValueError:
            continue
        found += list(reach(request.scope, Action.START_RUNS, Run).filter(pk=key)[:1])
    return found


@rule(get=Action.START_RUNS)
def compare(request: Request, **named: Any) -> HttpResponse:
    """Show runs of one kind side by side: what they bring, which exchanges they share."""
    named_runs = _named(request, request.GET.getlist("run")[: 2 * MOST_COMPARED])
    runs = [run for run in named_runs if run.state == JobState.DONE]
    runs = [run for run in runs if run.kind == runs[0].kind and run.kind in (RunKind.DESIGN, RunKind.SCENARIO)]
    runs = runs[:MOST_COMPARED]
    if runs and runs[0].kind == RunKind.SCENARIO:
        return render(request, "web/compare_scenarios.html", {"runs": runs, **_sectors(runs, current())})
    shown = {"runs": runs, "figures": _figures(runs), "rows": _exchanges(runs, current()), "currency": _currency(runs)}
    return render(request, "web/compare.html", shown)


def _currency(runs: Iterable[Run]) -> str:
    """Return the currency of some results; where they differ, all of them in the order of the runs."""
    return " / ".join(dict.fromkeys(run.told["currency"] for run in runs if "currency" in run.told)) or "–"


FIGURES = (
    ("gain", 1e-6, "compare_gain"), ("co2_t", 1e-3, "compare_co2"), ("waste_t", 1e-3, "compare_waste"),
    ("water_m3", 1e-3, "compare_water"), ("investment", 1e-6, "compare_investment"), ("count", 1, "compare_count"),
    ("asked", 1, "compare_asked"),
)  # fmt: skip
"""Figures of a design, the factor to the unit that is shown, and their words."""


def _figures(runs: Sequence[Run]) -> list[tuple[str, list[float | None]]]:
    return [
        (said, [None if run.told[name] is None else run.told[name] * factor for run in runs])
        for name, factor, said in FIGURES
    ]


def _exchanges(runs: Sequence[Run], lang: Language) -> list[dict[str, Any]]:
    """Return every exchange of some designs with its amounts in each; those that all share first."""
    found: dict[str, dict[str, Any]] = {}
    for place, run in enumerate(runs):
        for one in run.told["exchanges"]:
            row = found.setdefault(one["id"], {
                "donor": one["donor_name"], "receiver": one["receiver_name"], "stream": one["stream"][lang],
                "unit": one["unit"], "amounts": [None] * len(runs),
            })  # fmt: skip
            row["amounts"][place] = one["quantity"]
    rows = [row | {"shared": None not in row["amounts"]} for row in found.values()]
    return sorted(rows, key=lambda row: (not row["shared"], -max(a or 0.0 for a in row["amounts"])))


def _sectors(runs: Sequence[Run], lang: Language) -> dict[str, Any]:
    """Return changes of sectors side by side; a sector that a run does not know has none there."""
    found: dict[str, dict[str, Any]] = {}
    for place, run in enumerate(runs):
        for one in run.told["sectors"]:
            row = found.setdefault(one["code"], {"name": one["name"][lang], "changes": [None] * len(runs)})
            row["changes"][place] = one
    return {"sectors": list(found.values())}
