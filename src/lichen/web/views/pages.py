"""Long tables in pages."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest


def paged(request: HttpRequest, rows: QuerySet[Any], count: int) -> Page[Any]:
    """Return the page of a table that the address asks for; the nearest one there is."""
    return Paginator(rows, count).get_page(request.GET.get("page"))


def query_without_page(request: HttpRequest) -> str:
    """Return the address's other wishes, for the links to other pages."""
    wishes = request.GET.copy()
    wishes.pop("page", None)
    return wishes.urlencode()
