"""Long tables in pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

Shape = Callable[[QuerySet[Any]], QuerySet[Any]]


class _Pages(Paginator):  # type: ignore[type-arg]  # Django's own takes no argument when it runs
    """Pages whose rows are found by their ids: what stands before a page is passed over in the index alone."""

    def __init__(self, rows: QuerySet[Any], count: int, shape: Shape) -> None:
        super().__init__(rows, count)
        self.shape = shape

    def page(self, number: Any) -> Page[Any]:
        """Return a page with its rows read."""
        found = super().page(number)
        rows = found.object_list
        if isinstance(rows, QuerySet):
            ids = list(rows.values_list("pk", flat=True))
            every: QuerySet[Any] = self.object_list  # type: ignore[assignment]
            known = {row.pk: row for row in self.shape(every.order_by().filter(pk__in=ids))}
            found.object_list = [known[pk] for pk in ids if pk in known]
        return found


def paged(request: HttpRequest, rows: QuerySet[Any], count: int, shape: Shape = lambda rows: rows) -> Page[Any]:
    """Return the page of a table that the address asks for; the nearest one there is.

    Parameters
    ----------
    request, rows, count
        The request, all rows in their order, and how many a page shows.
    shape
        What is read of the rows shown: other tables joined, or single columns with ``pk`` among them.
    """
    return _Pages(rows, count, shape).get_page(request.GET.get("page"))
