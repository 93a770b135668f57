"""The balance: what comes in and goes out, what does not add up, which flow is at fault."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from lichen.web import jobs
from lichen.web.balance import own_balance
from lichen.web.middleware import Request, current
from lichen.web.models import FlowRow, JobFile
from lichen.web.policy import Action, Scope, reach, rule
from lichen.web.sent import whole_number
from lichen.web.views.jobs import RENEW_S


@rule(get=Action.READ_ROWS)
def page(request: Request, **named: Any) -> HttpResponse:
    """Show the balance of a year: the park's, or of what the account may read."""
    scope, lang = request.scope, current()
    year = whole_number(request.GET.get("year", ""))
    shown: dict[str, Any] = {"own": not scope.everywhere(Action.READ_ROWS)}
    flows = reach(scope, Action.READ_ROWS, FlowRow)
    if not flows.exists() or (year and not flows.filter(year=year).exists()):
        return render(request, "web/balance.html", shown | {"empty": True})
    value: Any = None
    pictures: dict[str, SafeString] = {}
    if shown["own"]:
        found = own_balance(scope, year)
        assert found is not None
        value, svg = found[0], found[1]
        pictures = {name: _picture(text) for name, text in svg.items() if name.startswith(lang)}
    else:
        now = jobs.standing(scope.park, "balance", {"year": year})
        shown |= {"standing": now, "renew": RENEW_S if now.open else 0}
        if now.done is not None:
            value = now.done.result
            files = JobFile.objects.filter(job=now.done, name__startswith=f"{lang}-")
            pictures = {file.name: _picture(bytes(file.content).decode()) for file in files}
    if value is not None:
        shown |= {"value": value, "b": _shown(scope, value[lang], pictures)}
    return render(request, "web/balance.html", shown)


def _picture(text: str) -> SafeString:
    return mark_safe(text)  # noqa: S308  # made by the report, which escapes every name


def _shown(scope: Scope, values: dict[str, Any], pictures: dict[str, SafeString]) -> dict[str, Any]:
    """Return the values of a language with pictures in place, and the way to each flow's form."""
    keys = [row["key"] for row in values["reconciled"]]
    rows = reach(scope, Action.READ_ROWS, FlowRow).filter(key__in=keys).values_list("key", "firm", "pk")
    links = {key: reverse("flow", args=[scope.park.slug, firm, pk]) for key, firm, pk in rows}
    linked = {name: [row | {"link": links.get(row["key"], "")} for row in values[name]]
              for name in ("gross", "reconciled")}  # fmt: skip
    sankeys = [(heading, pictures[name], at_once) for heading, name, at_once in values["sankeys"] if name in pictures]
    failing = [group for group in values["groups"] if not group["quiet"]]
    return {**values, **linked, "sankeys": sankeys, "failing": failing,
            "open": [row for row in values["listed"] if row["suspicious"]],
            "balances": [entry for entry in values["balances"] if entry[2]]}  # fmt: skip
