"""Reports: pages of the library about what the account may read, a PDF, a workbook."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.errors import LichenError, StudyError
from lichen.report.sustainability import PublicTable, sustainability_html
from lichen.report.sustainability import sustainability as shown_of
from lichen.report.sustainability import sustainability_pdf as pdf_of
from lichen.study.follow_tables import write_follow
from lichen.web.followed import followed
from lichen.web.middleware import Request, current
from lichen.web.models import FirmRow
from lichen.web.policy import Action, log, public_tables, reach, rule
from lichen.web.reports import balance_page, committee_page, discovery_page, firm_page, follow_page, served
from lichen.web.texts import words
from lichen.web.views.released import cells, newest
from lichen.web.views.uploads import XLSX


@rule(get=Action.READ_REPORTS)
def listing(request: Request, **named: Any) -> HttpResponse:
    """Show which reports there are."""
    firms = reach(request.scope, Action.READ_ROWS, FirmRow).order_by("name")
    return render(request, "web/reports.html", {"firms": firms})


def _page(request: Request, name: str, made: Any) -> HttpResponse:
    """Serve a page; where the library finds nothing to tell, say why."""
    scope = request.scope
    try:
        html = made()
    except LichenError as error:
        for problem in error.problems[:5]:
            messages.error(request, f"{problem.found(current())} {problem.mend(current())}")
        return redirect("reports", park=scope.park.slug)
    log("report read", park=scope.park, by=request.user, about=name)
    return served(html)


@rule(get=Action.READ_PARK_REPORTS)
def committee(request: Request, **named: Any) -> HttpResponse:
    """Show the report to the steering committee."""
    return _page(request, "committee", lambda: committee_page(request.scope, current()))


@rule(get=Action.READ_PARK_REPORTS)
def follow_up(request: Request, **named: Any) -> HttpResponse:
    """Show the report of follow-up."""
    return _page(request, "follow-up", lambda: follow_page(request.scope, current()))


@rule(get=Action.READ_PARK_REPORTS)
def balance(request: Request, **named: Any) -> HttpResponse:
    """Show the report of flows and balances."""
    return _page(request, "balance", lambda: balance_page(request.scope.park, current()))


@rule(get=Action.READ_PARK_REPORTS)
def discover(request: Request, **named: Any) -> HttpResponse:
    """Show the report of what the firms could do together."""
    return _page(request, "discover", lambda: discovery_page(request.scope.park, current()))


@rule(get=Action.READ_ROWS)
def firm(request: Request, **named: Any) -> HttpResponse:
    """Show a firm's report about itself."""
    row = request.scope.firm
    assert row is not None
    return _page(request, f"firm {row.code}", lambda: firm_page(request.scope, row, current()))


@rule(get=Action.READ_PARK_REPORTS)
def sustainability(request: Request, **named: Any) -> HttpResponse:
    """Show the sustainability report of the park."""
    return _page(request, "sustainability", lambda: sustainability_html(_sustainability(request)))


@rule(get=Action.READ_PARK_REPORTS)
def sustainability_pdf(request: Request, **named: Any) -> HttpResponse:
    """Return the sustainability report as PDF."""
    park = request.scope.park
    try:
        content = pdf_of(_sustainability(request))
    except StudyError as error:
        for problem in error.problems:
            messages.error(request, f"{problem.found(current())} {problem.mend(current())}")
        return redirect("reports", park=park.slug)
    log("report read", park=park, by=request.user, about="sustainability.pdf")
    return HttpResponse(content, content_type="application/pdf", headers={
        "Content-Disposition": f'attachment; filename="{park.slug}-sustainability.pdf"'})  # fmt: skip


def _sustainability(request: Request) -> dict[str, Any]:
    park, lang = request.scope.park, current()
    tables = [
        PublicTable(
            f"{words(f'figure_{row.figure}', lang)}, {row.year}",
            f"{words('released_on', lang, time=row.time.date())} {words(f'figure_about_{row.figure}', lang)}",
            row.table["unit"], [(name, c["value"]) for name, c in cells(row.table)],
        )
        for row in newest(list(public_tables(park.slug)))
    ]  # fmt: skip
    title = (park.name_zh if lang == "zh" else park.name) or park.name
    return shown_of(title, tables, followed(request.scope), lang)


@rule(get=Action.READ_PARK_REPORTS)
def workbook(request: Request, **named: Any) -> HttpResponse:
    """Return the tables of follow-up as a workbook."""
    park = request.scope.park
    with tempfile.TemporaryDirectory(prefix="lichen-") as folder:
        paths = write_follow(followed(request.scope), Path(folder), current())
        content = next(p for p in paths if p.suffix == ".xlsx").read_bytes()
    log("report read", park=park, by=request.user, about="follow-up.xlsx")
    return HttpResponse(content, content_type=XLSX, headers={
        "Content-Disposition": f'attachment; filename="{park.slug}-follow-up.xlsx"'})  # fmt: skip
