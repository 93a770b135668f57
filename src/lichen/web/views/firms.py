"""Lists of firms, and the page of one."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from lichen.web.drafts import warnings_of
from lichen.web.middleware import Request
from lichen.web.models import Change, FirmRow, FlowRow, ProcessRow, Row
from lichen.web.policy import Action, Scope, reach, rule, values_shown
from lichen.web.row_lists import wanted_of
from lichen.web.views.flows import partners, told
from lichen.web.views.pages import paged

RECENT = 20


@rule(get=Action.LIST_FIRMS)
def listing(request: Request, **named: Any) -> HttpResponse:
    """Show the firms in reach."""
    scope = request.scope
    wanted = request.GET.get("q", "").strip()[:100]
    rows = wanted_of(reach(scope, Action.LIST_FIRMS, FirmRow), wanted)
    page = paged(request, rows, 100, _told)
    flows = reach(scope, Action.READ_ROWS, FlowRow).filter(firm__in=[firm.pk for firm in page]).order_by()
    counts = {f["firm"]: f for f in flows.values("firm").annotate(count=Count("pk"), newest=Max("year"))}
    shown = [(firm, counts.get(firm.pk, {"count": 0, "newest": None})) for firm in page]
    reads = scope.may(Action.READ_ROWS)
    return render(request, "web/firms.html", {"page": page, "shown": shown, "q": wanted, "reads": reads})


def _told(rows: QuerySet[FirmRow]) -> QuerySet[Any]:
    """Return of firms what the list shows."""
    return rows.values_list("pk", "code", "name", "industry", "values", named=True)


@rule(get=Action.READ_ROWS)
def page(request: Request, **named: Any) -> HttpResponse:
    """Show a firm: what it is, its processes, its flows, and what changed last."""
    scope, firm = request.scope, request.scope.firm
    assert firm is not None
    flows = reach(scope, Action.READ_ROWS, FlowRow).filter(firm=firm).order_by("-year", "direction", "position")
    changes = (
        reach(scope, Action.READ_HISTORY, Change).filter(firm=firm.code).order_by("-id").select_related("by")[:RECENT]
    )
    warnings = [(f"{p.found()} {p.mend()}", link_of(scope, firm, row)) for p, row in warnings_of(firm)]
    shown = paged(request, flows, 200, told)
    return render(request, "web/firm.html", {
        "firm": firm, "values": values_shown(scope, firm), "warnings": warnings,
        "processes": reach(scope, Action.READ_ROWS, ProcessRow).filter(firm=firm), "changes": changes[:RECENT],
        "page": shown, "partners": partners(scope, shown),
    })  # fmt: skip


def link_of(scope: Scope, firm: FirmRow, row: Row | None) -> str:
    """Return the address of the form of a firm's row; empty if there is none."""
    if row is None:
        return ""
    if isinstance(row, FirmRow):
        return reverse("firm_edit", args=[scope.park.slug, firm.pk])
    return reverse(row.entity, args=[scope.park.slug, firm.pk, row.pk])
