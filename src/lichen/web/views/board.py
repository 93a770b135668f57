"""The exchange board: by state, as a table, one exchange with its log and documents."""

from __future__ import annotations

import datetime
import re
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.errors import InputError
from lichen.monitor.values import STATES
from lichen.periods import parse_period
from lichen.web.board import Card, agreed, by_state, card, cards, event_entries, fitting, terms_of
from lichen.web.documents import KINDS, LARGEST
from lichen.web.follow_edits import (
    add_document,
    edit_exchange,
    put_on_board,
    read_document,
    remove_document,
    write_event,
)
from lichen.web.followed import is_opportunity, known_from, opportunity_of, own_name, today
from lichen.web.followed_models import Document, Exchange, LogRow
from lichen.web.middleware import Request, current
from lichen.web.models import FirmRow
from lichen.web.own_tables import called
from lichen.web.policy import Action, event_shown, reach, rule, terms_shown
from lichen.web.sent import whole_number
from lichen.web.texts import words

GIVEN = ("key", "title", "title_zh", "donor", "receiver", "origin", "named", "date")


@rule(get=Action.SEE_BOARD)
def page(request: Request, **named: Any) -> HttpResponse:
    """Show the board: columns by state, or a table."""
    everything = cards(request.scope)
    found = fitting(request.scope, everything, request.GET, current())
    owners = sorted({c.standing.owner for c in everything if c.standing and c.standing.owner})
    return render(request, "web/board.html", {
        "any": bool(everything), "states": by_state(found), "found": found, "names": STATES, "owners": owners,
        "chosen": request.GET, "table": request.GET.get("view") == "table", "late": sum(c.late > 0 for c in everything),
        "filtered": any(request.GET.get(n) for n in ("q", "state", "owner", "late")),
    })  # fmt: skip


@rule(get=Action.WRITE_BOARD, post=Action.WRITE_BOARD)
def add(request: Request, **named: Any) -> HttpResponse:
    """Put an exchange on the board, e.g. one that an opportunity or a design proposes."""
    scope = request.scope
    given = _given(request, request.POST if request.method == "POST" else request.GET)
    given["date"] = given["date"] or today().isoformat()
    error: str | None = None
    known = known_from(scope.park, given["origin"])
    if known is not None:
        return redirect("exchange", park=scope.park.slug, exchange=known.pk)
    if request.method == "POST":
        row, error = put_on_board(scope, given, request.user)
        if row is not None:
            messages.success(request, words("exchange_added", current()))
            return redirect("exchange", park=scope.park.slug, exchange=row.pk)
    return _form(request, None, given, error)


@rule(get=Action.WRITE_BOARD, post=Action.WRITE_BOARD)
def edit(request: Request, **named: Any) -> HttpResponse:
    """Change what an exchange is called, and who takes part in it."""
    scope, row = request.scope, request.scope.row
    if request.method != "POST":
        given = {"key": row.key, "title": row.title, "title_zh": row.title_zh, "donor": str(row.donor_id or ""),
                 "receiver": str(row.receiver_id or ""), "origin": row.origin,
                 "named": "yes" if row.named else ""}  # fmt: skip
        return _form(request, row, given, "")
    given = _given(request, request.POST) | {"key": row.key}
    version = whole_number(request.POST.get("version", ""))
    fresh, error = edit_exchange(scope, row, given, version, request.user)
    if not fresh:
        return render(request, "web/error.html", {"status": 409, "key": "conflict"}, status=409)
    if error:
        return _form(request, row, given, error)
    messages.success(request, words("saved", current()))
    return redirect("exchange", park=scope.park.slug, exchange=row.pk)


def _given(request: Request, wishes: Any) -> dict[str, str]:
    found = {key: str(wishes.get(key, "")).strip() for key in GIVEN}
    # `exchange` names an opportunity or a design's exchange: where it came from, and where that can be read, its name
    own = str(wishes.get("exchange", "")).strip()
    if own:
        name = own_name(request.scope.park, found["title"]) if is_opportunity(own) else own
        found["key"] = found["key"] or re.sub(r"\s+", "-", name)[:120]
        found["origin"] = found["origin"] or own[:200]
    for end in ("donor", "receiver"):
        # a link names a firm by its code, the form by its number
        if found[end] and (own or not found[end].isdigit()):
            firm = reach(request.scope, Action.LIST_FIRMS, FirmRow).filter(code=found[end]).first()
            found[end] = str(firm.pk) if firm else found[end] if found[end].isdigit() else ""
    return found


def _form(request: Request, row: Exchange | None, given: dict[str, str], error: str | None) -> HttpResponse:
    firms = reach(request.scope, Action.LIST_FIRMS, FirmRow).order_by("name")
    ends = [(end, given[end]) for end in ("donor", "receiver")]
    return render(request, "web/exchange_form.html", {
        "row": row, "given": given, "error": error, "firms": firms, "ends": ends,
        "from_opportunity": is_opportunity(given["origin"]),
    }, status=422 if error else 200)  # fmt: skip


@rule(get=Action.SEE_BOARD, post=Action.NOTE_BOARD)
def exchange(request: Request, **named: Any) -> HttpResponse:
    """Show an exchange with its log, and add to it."""
    scope, row, lang = request.scope, request.scope.row, current()
    one = card(scope, row)
    keys = ("date", "state", "owner", "next_step", "due", "note", "who", "source")
    written = {"date": today().isoformat(), "state": one.state, "who": called(request.user)}
    problems: Any = {}
    others: Any = ()
    if request.method == "POST":
        written = {key: request.POST.get(key, "") for key in keys}
        added, found = write_event(scope, row, written, request.POST.get("shared") == "yes", request.user)
        if added:
            messages.success(request, words("event_added", lang))
            for problem in (p for ps in found.at_fields.values() for p in ps):
                messages.warning(request, f"{problem.found(lang)} {problem.mend(lang)}")
            return redirect("exchange", park=scope.park.slug, exchange=row.pk)
        problems, others = found.at_fields, found.others
    return _shown(request, one, written, problems, others)


def _newest(pair: tuple[dict[str, Any], LogRow]) -> tuple[datetime.date, int]:
    """Return what an event is ordered by: the last day that its date speaks of, then as it came."""
    date = parse_period(pair[0].get("date"))
    return (date.last if date else datetime.date.min, pair[1].pk)


def _shown(request: Request, one: Card, written: dict[str, str], problems: Any, others: Any) -> HttpResponse:
    scope, lang = request.scope, current()
    terms = [(row, agreed(scope, row, lang)) for row in terms_of(scope, one.exchange)]
    rows = reach(scope, Action.SEE_BOARD, LogRow).filter(exchange=one.exchange).select_related("by")
    told = sorted(((event_shown(scope, row), row) for row in rows), key=_newest, reverse=True)
    documents = reach(scope, Action.SEE_BOARD, Document).filter(exchange=one.exchange).select_related("by")
    mine = set(reach(scope, Action.NOTE_BOARD, Document).filter(exchange=one.exchange).values_list("pk", flat=True))
    wrong = any(p.severity == "error" for ps in (*problems.values(), others) for p in ps)
    return render(request, "web/exchange.html", {
        "card": one, "name": one.name(lang), "origin": opportunity_of(one.exchange),
        "terms": terms, "terms_open": terms_shown(scope, one.exchange), "told": told, "others": others, "wrong": wrong,
        "entries": event_entries(written, problems, lang, one.state, scope.may(Action.WRITE_BOARD)),
        "documents": [(d, d.pk in mine) for d in documents], "kinds": ", ".join(sorted(KINDS)),
        "accept": ",".join(f".{kind}" for kind in sorted(KINDS)), "most": LARGEST // 2**20,
    }, status=422 if request.method == "POST" else 200)  # fmt: skip


@rule(post=Action.NOTE_BOARD)
def document_add(request: Request, **named: Any) -> HttpResponse:
    """Keep a file of an exchange."""
    scope, row, lang = request.scope, request.scope.row, current()
    sent = request.FILES.get("file")
    if sent is None:
        messages.error(request, words("no_document", lang))
        return redirect("exchange", park=scope.park.slug, exchange=row.pk)
    try:
        add_document(scope, row, sent, request.POST.get("shared") == "yes", request.user)
    except InputError as error:
        for problem in error.problems:
            messages.error(request, f"{problem.found(lang)} {problem.mend(lang)}")
    else:
        messages.success(request, words("document_added", lang))
    return redirect("exchange", park=scope.park.slug, exchange=row.pk)


@rule(get=Action.SEE_BOARD)
def document(request: Request, **named: Any) -> HttpResponse:
    """Return a document to be saved."""
    return read_document(request.scope, request.scope.row, request.user)


@rule(post=Action.NOTE_BOARD)
def document_remove(request: Request, **named: Any) -> HttpResponse:
    """Remove a document that the account sent, or any as a facilitator; the audit keeps its name and digest."""
    exchange = request.scope.row.exchange
    remove_document(request.scope, request.scope.row, request.user)
    messages.success(request, words("removed", current()))
    return redirect("exchange", park=request.scope.park.slug, exchange=exchange.pk)
