"""Reports: pages of the library about what the account may read, a PDF, a workbook."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.errors import LichenError
from lichen.web.middleware import Request, current
from lichen.web.models import FirmRow
from lichen.web.policy import Action, reach, rule
from lichen.web.reports import FIRM, made


@rule(get=Action.READ_REPORTS)
def listing(request: Request, **named: Any) -> HttpResponse:
    """Show which reports there are."""
    firms = reach(request.scope, Action.READ_ROWS, FirmRow).order_by("name")
    return render(request, "web/reports.html", {"firms": firms})


def _answer(request: Request, name: str) -> HttpResponse:
    """Serve a report; where the library finds nothing to tell, say why."""
    scope = request.scope
    try:
        return made(scope, name, current(), request.user)
    except LichenError as error:
        for problem in error.problems[:5]:
            messages.error(request, f"{problem.found(current())} {problem.mend(current())}")
        return redirect("reports", park=scope.park.slug)


@rule(get=Action.READ_PARK_REPORTS)
def committee(request: Request, **named: Any) -> HttpResponse:
    """Show the report to the steering committee."""
    return _answer(request, "committee")


@rule(get=Action.READ_PARK_REPORTS)
def follow_up(request: Request, **named: Any) -> HttpResponse:
    """Show the report of follow-up."""
    return _answer(request, "follow-up")


@rule(get=Action.READ_PARK_REPORTS)
def balance(request: Request, **named: Any) -> HttpResponse:
    """Show the report of flows and balances."""
    return _answer(request, "balance")


@rule(get=Action.READ_PARK_REPORTS)
def discover(request: Request, **named: Any) -> HttpResponse:
    """Show the report of what the firms could do together."""
    return _answer(request, "discover")


@rule(get=Action.READ_ROWS)
def firm(request: Request, **named: Any) -> HttpResponse:
    """Show a firm's report about itself."""
    return _answer(request, FIRM)


@rule(get=Action.READ_PARK_REPORTS)
def sustainability(request: Request, **named: Any) -> HttpResponse:
    """Show the sustainability report of the park."""
    return _answer(request, "sustainability")


@rule(get=Action.READ_PARK_REPORTS)
def sustainability_pdf(request: Request, **named: Any) -> HttpResponse:
    """Return the sustainability report as PDF."""
    return _answer(request, "sustainability.pdf")


@rule(get=Action.READ_PARK_REPORTS)
def workbook(request: Request, **named: Any) -> HttpResponse:
    """Return the tables of follow-up as a workbook."""
    return _answer(request, "follow-up.xlsx")
