"""Runs of designs, appraisals, settlement checks and scenarios: their pages, their files, letting firms see them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe

from lichen.errors import Language
from lichen.report.html import body_html
from lichen.report.texts import Words
from lichen.web import jobs
from lichen.web.job_files import HIDDEN, run_file
from lichen.web.middleware import Request, current
from lichen.web.models import JobFile, JobState
from lichen.web.pictures import Tie, firms_in_reach, map_values, map_with_links
from lichen.web.policy import Action, Scope, rule
from lichen.web.run_edits import PAYERS, ask_appraisal, show_firms
from lichen.web.run_edits import remove as remove_run
from lichen.web.run_edits import stop as stop_job
from lichen.web.run_models import Run, RunKind, RunRelease
from lichen.web.run_shown import asked_of, own_rows
from lichen.web.texts import words
from lichen.web.views.jobs import RENEW_S
from lichen.web.views.opportunities import amount_of
from lichen.web.work.designs import page_name

PAGES: Mapping[str, str] = {
    RunKind.DESIGN: "design.html.j2", RunKind.APPRAISAL: "appraise.html.j2", RunKind.SETTLEMENT: "settle.html.j2",
    RunKind.SCENARIO: "scenario.html.j2",
}  # fmt: skip
"""Page of the report that tells a run."""
LISTS: Mapping[str, str] = {
    RunKind.DESIGN: "designs", RunKind.APPRAISAL: "designs", RunKind.SETTLEMENT: "settlement",
    RunKind.SCENARIO: "scenarios",
}  # fmt: skip
"""Where the runs of a kind are listed."""
ASKED_FIRST = 10
"""Questions that are shown at once; the rest on request."""


@rule(get=Action.READ_RUNS)
def page(request: Request, **named: Any) -> HttpResponse:
    """Show a run: how far it is, or what it found; to a firm, what a design holds for it alone."""
    scope, run, lang = request.scope, request.scope.row, current()
    shown: dict[str, Any] = {"run": run, "job": run, "list": LISTS[run.kind], "kind": run.kind}
    if not scope.everywhere(Action.READ_RUNS):
        return render(request, "web/run_own.html", shown | {"rows": own_rows(scope, run, lang)})
    if run.state == JobState.DONE:
        shown |= {
            "body": _body(request, run, lang), "files": _files(run, lang),
            "released": RunRelease.objects.filter(run=run).select_related("by").first(),
            "appraisals": Run.objects.filter(park=scope.park, kind=RunKind.APPRAISAL, params__of=str(run.pk)),
        }  # fmt: skip
        if run.kind == RunKind.DESIGN:
            asked = [one for one in asked_of(scope, run, lang) if not one["note"]]
            shown |= {
                "payers": PAYERS,
                "asked": asked,
                "asked_top": asked[:ASKED_FIRST],
                "asked_more": asked[ASKED_FIRST:],
            }
    else:
        shown |= {"said": [p.get(lang, "") for p in run.problems], "renew": RENEW_S if run.open else 0}
    return render(request, "web/run.html", shown)


def _body(request: Request, run: Run, lang: Language) -> SafeString:
    """Return the report's own page of a run, with a way to the board beside each exchange."""
    kept = json.loads(bytes(JobFile.objects.get(job=run, name=page_name(lang)).content))
    if run.kind == RunKind.DESIGN:
        ways = _ways_to_board(request, run, lang)
        kept["asked"] = []  # the page shows them itself, with a form each
        kept["beside"] = lambda name: ways.get(name, "")
        drawn = _map(request.scope, run, lang)
        if drawn:
            label, picture = Words(lang)("network_map"), mark_safe(kept["map_svg"])  # noqa: S308  # made by the report
            kept["map_svg"] = render_to_string("web/_map.html", {"map": drawn, "drawn": picture, "label": label})
    return mark_safe(body_html(PAGES[run.kind], Words(lang), kept))  # noqa: S308  # made by the report, which escapes


def _map(scope: Scope, run: Run, lang: Language) -> dict[str, Any]:
    """Return the values of the map of a design's network; empty where no firm has a place."""
    pairs: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in run.told["exchanges"]:
        pairs.setdefault((one["donor"], one["receiver"]), []).append(one)
    mass = {ends: max((e["quantity"] for e in own if e["unit"] == "t/a"), default=0.0) for ends, own in pairs.items()}
    most = max(mass.values(), default=0.0) or 1.0
    ties = [
        Tie(*ends, tuple((f"{e['stream'][lang]} · {amount_of([e['quantity']] * 3, e['unit'])}", "") for e in own),
            max(0.1, mass[ends] / most))
        for ends, own in pairs.items()
    ]  # fmt: skip
    return map_with_links(scope, map_values(firms_in_reach(scope), ties, lang), lang)


def _ways_to_board(request: Request, run: Run, lang: Language) -> dict[str, SafeString]:
    """Return for each exchange of a design the button that puts it on the board; none where there is no board."""
    scope = request.scope
    try:
        address = reverse("board_add", args=[scope.park.slug])
    except NoReverseMatch:
        return {}
    return {
        one["id"]: render_to_string(
            "web/_to_board.html",
            {"address": address, "one": one, "title": title_of(one, "en"), "title_zh": title_of(one, "zh")},
            request=request,
        )
        for one in run.told["exchanges"]
    }


def title_of(one: Mapping[str, Any], lang: Language) -> str:
    """Return what an exchange is called."""
    return f"{one['donor_name']} → {one['receiver_name']}{'：' if lang == 'zh' else ': '}{one['stream'][lang]}"


def _files(run: Run, lang: Language) -> list[str]:
    """Return the files to download: those of the language, workbooks first, and those that have none."""
    names = JobFile.objects.filter(job=run).exclude(name__in=HIDDEN).values_list("name", flat=True)
    other = "zh" if lang == "en" else "en"
    order = (".xlsx", ".toml", ".zip", ".csv", ".json")
    return sorted(
        (n for n in names if f".{other}." not in n),
        key=lambda n: (next((i for i, end in enumerate(order) if n.endswith(end)), 9), n),
    )


@rule(get=Action.START_RUNS)
def file(request: Request, **named: Any) -> HttpResponse:
    """Return a file that a run made, to be saved."""
    return run_file(request.scope.row, request.GET.get("name", ""), request.user)


@rule(post=Action.START_RUNS)
def stop(request: Request, **named: Any) -> HttpResponse:
    """Stop a run."""
    run = request.scope.row
    if stop_job(run, request.user):
        messages.success(request, words("job_stopping", current()))
    return redirect("run", park=request.scope.park.slug, run=run.pk)


@rule(post=Action.START_RUNS)
def again(request: Request, **named: Any) -> HttpResponse:
    """Run once more what ended without a result."""
    run = request.scope.row
    made = jobs.run_again(run, request.user) if run.again else run
    return redirect("run", park=request.scope.park.slug, run=made.pk)


@rule(post=Action.START_RUNS)
def remove(request: Request, **named: Any) -> HttpResponse:
    """Remove a run that has ended, with its files."""
    run, park = request.scope.row, request.scope.park
    where, name = LISTS[run.kind], run.pk
    if not remove_run(run, request.user):
        return redirect("run", park=park.slug, run=name)
    messages.success(request, words("removed", current()))
    return redirect(where, park=park.slug)


@rule(post=Action.START_RUNS)
def release(request: Request, **named: Any) -> HttpResponse:
    """Let the firms see what a design holds for each of them, or take that back."""
    show_firms(request.scope.row, request.POST.get("answer") == "yes", request.user)
    return redirect("run", park=request.scope.park.slug, run=request.scope.row.pk)


@rule(post=Action.START_RUNS)
def appraise(request: Request, **named: Any) -> HttpResponse:
    """Appraise a design: who pays, how many draws."""
    made = ask_appraisal(request.scope.row, request.POST.get("paid_by", ""), request.user) or request.scope.row
    return redirect("run", park=request.scope.park.slug, run=made.pk)
