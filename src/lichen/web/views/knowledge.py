"""The library: exchange types, cases, technologies, standards."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render

from lichen.web.knowledge import KINDS, base_of, entries, found, lines, related
from lichen.web.middleware import Request, current
from lichen.web.policy import Action, rule


@rule(get=Action.READ_KNOWLEDGE)
def search(request: Request, **named: Any) -> HttpResponse:
    """Show the entries of a kind, or those that words may mean."""
    base, lang = base_of(request.scope), current()
    wanted = request.GET.get("q", "").strip()[:100]
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else KINDS[0]
    rows = found(base, wanted, lang) if wanted else entries(base, kind, lang)
    sizes = zip(KINDS, (base.types, base.cases, base.technologies, base.standards), strict=True)
    return render(request, "web/knowledge.html", {
        "q": wanted, "kind": "" if wanted else kind, "kinds": [(name, len(table)) for name, table in sizes],
        "page": Paginator(rows, 100).get_page(request.GET.get("page")),
    })  # fmt: skip


@rule(get=Action.READ_KNOWLEDGE)
def entry(request: Request, **named: Any) -> HttpResponse:
    """Show everything about an entry, with its sources."""
    base = base_of(request.scope)
    kind, name = request.GET.get("kind", ""), request.GET.get("id", "")
    said = lines(base, kind, name)
    if said is None:
        raise Http404
    shown = {"kind": kind, "name": said[0][1], "lines": said[1:], "related": related(base, kind, name, current())}
    return render(request, "web/knowledge_entry.html", shown)
