"""Filters of the lists of firms and flows, for pages and the API."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q, QuerySet

from lichen.inventory.dictionary import field
from lichen.vocabulary.materials import materials
from lichen.web.models import FirmRow, FlowRow
from lichen.web.sent import whole_number

FILTERS = ("direction", "role", "quality")
"""Choices of the dictionary that the table is filtered by."""


def wanted_of(rows: QuerySet[FirmRow], words: str) -> QuerySet[FirmRow]:
    """Return the firms whose code or name holds some words, or whose industry begins so."""
    wanted = words.strip()
    found = Q(code__icontains=wanted) | Q(name__icontains=wanted) | Q(industry__startswith=wanted)
    return rows.filter(found) if wanted else rows


def filtered(rows: QuerySet[FlowRow], wishes: Mapping[str, str]) -> QuerySet[FlowRow]:
    """Return the rows that a table's filters leave."""
    for name in FILTERS:
        if wishes.get(name) in field("flow", name).choices:
            rows = rows.filter(**{name: wishes[name]})
    year = whole_number(wishes.get("year", ""))
    if 0 < year < 10_000:
        rows = rows.filter(year=year)
    text = wishes.get("q", "").strip()[:100]
    if text:
        named = [m.code for m in materials() if any(text.lower() in n.lower() for n in m.names())]
        rows = rows.filter(
            Q(material__in=named) | Q(material__icontains=text) | Q(values__material__icontains=text)
            | Q(firm__name__icontains=text) | Q(firm__code__icontains=text) | Q(partner__icontains=text)
        )  # fmt: skip
    return rows
