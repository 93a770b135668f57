"""Tables that left the house: made by who runs the park, seen by its auditor, and by anybody on the public page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from lichen.web.followed_models import ReleasedTable
from lichen.web.middleware import Request, current
from lichen.web.policy import Action, public_tables, reach, rule
from lichen.web.releases import (
    FIGURES,
    UNITS,
    Figure,
    as_table,
    cells,
    csv_answer,
    make_release,
    newest,
    opened,
    propose,
    withdraw_release,
    years_of,
)
from lichen.web.sent import whole_number
from lichen.web.texts import words


@rule(get=Action.READ_RELEASED)
def listing(request: Request, **named: Any) -> HttpResponse:
    """Show the tables that were released, and what could be."""
    return _listing(request, {})


def _listing(request: Request, more: dict[str, Any]) -> HttpResponse:
    scope = request.scope
    rows = reach(scope, Action.READ_RELEASED, ReleasedTable).select_related("withdrawal", "by")
    years = years_of(scope.park) if scope.may(Action.MAKE_RELEASE) else []
    return render(request, "web/releases.html", {
        "rows": rows, "years": years, "figures": FIGURES, "previews": scope.everywhere(Action.READ_ROWS),
        "open": public_tables(scope.park.slug).exists(), **more,
    })  # fmt: skip


@rule(post=Action.MAKE_RELEASE)
def make(request: Request, **named: Any) -> HttpResponse:
    """Release a table; who may read the firms' flows can look at it first."""
    scope, lang = request.scope, current()
    figure = next((f for f in FIGURES if f == request.POST.get("figure")), None)
    year = whole_number(request.POST.get("year", ""))
    if figure is None or year not in years_of(scope.park):
        raise Http404
    if request.POST.get("answer") == "look" and scope.everywhere(Action.READ_ROWS):
        return _preview(request, figure, year)
    made = make_release(scope.park, figure, year, request.user)
    if made is None:
        messages.error(request, words("release_refused", lang))
        return redirect("releases", park=scope.park.slug)
    messages.success(request, words("release_made", lang))
    return redirect("release", park=scope.park.slug, release=made.pk)


def _preview(request: Request, figure: Figure, year: int) -> HttpResponse:
    found = propose(request.scope.park, figure, year)
    table = as_table(figure, found.released) if found.released else None
    return _listing(request, {"preview": table and cells(table), "refused": table is None, "figure": figure,
                              "year": year, "unit": UNITS[figure]})  # fmt: skip


@rule(get=Action.READ_RELEASED)
def page(request: Request, **named: Any) -> HttpResponse:
    """Show a released table."""
    row = request.scope.row
    return render(request, "web/release.html", {"row": row, "cells": cells(row.table)})


@rule(post=Action.MAKE_RELEASE)
def withdraw(request: Request, **named: Any) -> HttpResponse:
    """Show a released table no more."""
    withdraw_release(request.scope.row, request.user)
    messages.success(request, words("release_withdrawn", current()))
    return redirect("releases", park=request.scope.park.slug)


@rule("anyone")
def public(request: HttpRequest, open: str) -> HttpResponse:  # noqa: A002  # the name in the address
    """Show the released tables of a park to anybody; of a park without any, nothing is said."""
    rows = opened(open)
    if not rows:
        raise Http404
    return render(request, "web/public.html", {
        "park": rows[0].park, "slug": open, "tables": [(row, cells(row.table)) for row in newest(rows)],
    })  # fmt: skip


@rule("anyone")
def public_csv(request: HttpRequest, open: str) -> HttpResponse:  # noqa: A002  # the name in the address
    """Return the released tables as CSV."""
    rows = opened(open)
    if not rows:
        raise Http404
    return csv_answer(rows, open)
