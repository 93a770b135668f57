"""Costs and prices of a park: the table, the form, sending a file, the history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render

from lichen.appraise.cost_table import cost_columns
from lichen.errors import LichenError, Problem
from lichen.web import costs
from lichen.web.cost_files import LARGEST, costs_answer, take_file
from lichen.web.cost_forms import entries_of, first_values, groups_of, offered_keys, shipped
from lichen.web.middleware import Request, current
from lichen.web.models import Change, StudyFile
from lichen.web.policy import Action, reach, rule
from lichen.web.run_models import CostRow
from lichen.web.sent import plain_name, whole_number
from lichen.web.texts import words

MOST_CHANGES, MOST_PROBLEMS = 50, 200
STATUS = {"problems": 422, "conflict": 409}


@rule(get=Action.READ_COSTS, post=Action.WRITE_COSTS)
def table(request: Request, **named: Any) -> HttpResponse:
    """Show the costs of the park and what ships; take a file of them over."""
    scope, lang = request.scope, current()
    problems: tuple[Problem, ...] = ()
    error = ""
    if request.method == "POST":
        sent = request.FILES.get("file")
        if sent is None or sent.size is None or sent.size > LARGEST:
            error = words("no_file", lang) if sent is None else words("too_large", lang, most=LARGEST // 2**20)
        else:
            name, whole = plain_name(sent.name or "", "costs"), request.POST.get("whole") == "yes"
            taken = take_file(scope.park, name, sent.read(), whole, request.user)
            if taken.ok:
                messages.success(request, words("costs_done", lang, count=taken.changed, of=taken.rows))
            problems = taken.problems
            if not problems:
                return redirect("costs", park=scope.park.slug)
    rows = list(reach(scope, Action.READ_COSTS, CostRow))
    if not rows and not problems:
        problems = _left_in_file(request)
    changes = reach(scope, Action.READ_COSTS, Change).order_by("-id").select_related("by")[:MOST_CHANGES]
    return render(request, "web/costs.html", {
        "groups": groups_of(rows, lang), "shipped": shipped(lang), "problems": problems[:MOST_PROBLEMS], "error": error,
        "changes": changes, "columns": cost_columns(), "sent": request.method == "POST",
    }, status=422 if error or (problems and request.method == "POST") else 200)  # fmt: skip


def _left_in_file(request: Request) -> tuple[Problem, ...]:
    """Return what is wrong with the file of costs that the study came with, where nothing of it could be taken over."""
    park = request.scope.park
    name = costs.file_in(park)
    found = StudyFile.objects.filter(park=park, path=name).first()
    if found is None or Change.objects.filter(park=park, entity=costs.ENTITY, author=None).exists():
        return ()
    try:
        return costs.read_file(costs.sheets_in(Path(name).name, bytes(found.content)), park).problems
    except LichenError as error:
        return error.problems


@rule(get=Action.WRITE_COSTS, post=Action.WRITE_COSTS)
def new(request: Request, **named: Any) -> HttpResponse:
    """Add a cost; a question that a design asks comes with what it asks for."""
    return _form(request, None)


@rule(get=Action.READ_COSTS, post=Action.WRITE_COSTS)
def edit(request: Request, **named: Any) -> HttpResponse:
    """Change a cost."""
    return _form(request, request.scope.row)


@rule(post=Action.WRITE_COSTS)
def remove(request: Request, **named: Any) -> HttpResponse:
    """Remove a cost; its history stays."""
    scope = request.scope
    done = costs.remove(scope.park, scope.row, whole_number(request.POST.get("version", "")), request.user)
    if done.outcome != "saved":
        return render(request, "web/error.html", {"status": 409, "key": "conflict"}, status=409)
    messages.success(request, words("removed", current()))
    return redirect("costs", park=scope.park.slug)


@rule(get=Action.READ_COSTS)
def workbook(request: Request, **named: Any) -> HttpResponse:
    """Return the costs as a workbook, to be changed and sent back."""
    return costs_answer(request.scope, current(), request.user)


def _form(request: Request, row: CostRow | None) -> HttpResponse:
    """Show a row's form, or save what was written in it."""
    scope, lang = request.scope, current()
    names = [c.name for c in cost_columns()]
    problems: Any = {}
    outcome, back = "shown", _back(request)
    if request.method == "POST":
        written = {name: request.POST.get(name, "").strip() for name in names}
        version = None if row is None else whole_number(request.POST.get("version", ""))
        done = costs.save(scope.park, row, written, version, request.user, "browser")
        if done.outcome in ("saved", "unchanged"):
            messages.success(request, words("saved" if done.outcome == "saved" else "nothing_changed", lang))
            return HttpResponseRedirect(back) if back else redirect("costs", park=scope.park.slug)
        if done.outcome == "gone":
            return render(request, "web/error.html", {"status": 409, "key": "conflict"}, status=409)
        row, problems, outcome = done.row, done.problems or {}, done.outcome
    elif row is not None:
        written = {name: row.values.get(name, "") for name in names}
    else:
        written = first_values(*(request.GET.get(name, "") for name in ("item", "key", "unit")))
    keys = offered_keys(written.get("item", ""), costs.base_of(scope.park), lang)
    changes = reach(scope, Action.READ_COSTS, Change).filter(row_id=row.pk if row else 0).order_by("-id")
    now = [(n, row.values.get(n, ""), written[n]) for n in names if row.values.get(n, "") != written[n]] if row else []
    return render(request, "web/cost.html", {
        "row": row, "entries": entries_of(written, problems, lang), "outcome": outcome, "others": problems.get("", ()),
        "errors": sum(map(len, problems.values())), "keys": keys,
        "changes": changes.select_related("by"), "now": now if outcome == "conflict" else [], "back": back,
        "asked": request.GET.get("asked", "")[:400],
    }, status=STATUS.get(outcome, 200))  # fmt: skip


def _back(request: Request) -> str:
    """Return the page of this park that a form goes back to, where it was told one."""
    wanted = request.POST.get("back", "") or request.GET.get("back", "")
    start = f"/p/{request.scope.park.slug}/"
    plain = wanted.startswith(start) and "\\" not in wanted and ".." not in wanted and wanted.isprintable()
    return wanted if plain else ""
