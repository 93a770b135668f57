"""Long tables in pages."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest


class _Pages(Paginator):  # type: ignore[type-arg]  # Django's own takes no argument when it runs
    """Pages whose rows are found by their ids: what stands before a page is passed over in the index alone."""

    def page(self, number: Any) -> Page[Any]:
        """Return a page with its rows read."""
        found = super().page(number)
        rows = found.object_list
        if isinstance(rows, QuerySet):
            ids = list(rows.values_list("pk", flat=True))
            every: QuerySet[Any] = self.object_list  # type: ignore[assignment]
            known = {row.pk: row for row in every.order_by().filter(pk__in=ids)}
            found.object_list = [known[pk] for pk in ids if pk in known]
        return found


def paged(request: HttpRequest, rows: QuerySet[Any], count: int) -> Page[Any]:
    """Return the page of a table that the address asks for; the nearest one there is."""
    return _Pages(rows, count).get_page(request.GET.get("page"))


def whole_number(text: str) -> int:
    """Return a number that came with a request; 0 if it is none that a database holds."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def plain_name(name: str, otherwise: str) -> str:
    """Return a sent file's name as one printable line; the folder it came from is nobody's business."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[-120:] or otherwise
