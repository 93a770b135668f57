"""The table of flows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render

from lichen.inventory.dictionary import field
from lichen.web.middleware import Request, current
from lichen.web.models import FirmRow, FlowRow
from lichen.web.policy import Action, Scope, reach, rule
from lichen.web.row_lists import FILTERS, filtered
from lichen.web.views.pages import paged

ORDERS = {
    "firm": ("firm__name", "position"), "material": ("material", "position"), "year": ("-year", "position"),
    "role": ("role", "material", "position"), "quality": ("quality", "position"),
}  # fmt: skip


@rule(get=Action.READ_ROWS)
def table(request: Request, **named: Any) -> HttpResponse:
    """Show the flows in reach, filtered and ordered as the address says."""
    everything = reach(request.scope, Action.READ_ROWS, FlowRow)
    years = sorted(everything.values_list("year", flat=True).order_by().distinct(), reverse=True)
    rows = filtered(everything, request.GET)
    order = request.GET.get("order", "")
    rows = rows.order_by(*ORDERS.get(order, ("position",)))
    lang = current()
    choices = {n: list(zip(field("flow", n).choices, field("flow", n).words(lang), strict=True)) for n in FILTERS}
    page = paged(request, rows, 100, told)
    return render(request, "web/flows.html", {
        "page": page, "partners": partners(request.scope, page), "years": years, "choices": choices,
        "chosen": request.GET,
        "filtered": any(request.GET.get(n) for n in (*FILTERS, "q", "year")), "order": order, "any": bool(years),
        "orders": [(name, f"col_{name}") for name in ORDERS],
    })  # fmt: skip


def told(rows: QuerySet[FlowRow]) -> QuerySet[Any]:
    """Return of flows what a table of them shows, without making an object of the database of each."""
    return rows.values_list(
        "pk", "firm_id", "firm__name", "process", "direction", "role", "material", "year", "quality", "partner",
        "values", named=True,
    )  # fmt: skip


def partners(scope: Scope, rows: Iterable[Any]) -> dict[str, str]:
    """Return the names of the firms that rows tell by their codes, as far as the account may list them."""
    codes = {row.partner for row in rows}
    return dict(reach(scope, Action.LIST_FIRMS, FirmRow).filter(code__in=codes).values_list("code", "name"))
