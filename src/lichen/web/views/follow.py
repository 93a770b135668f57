"""Follow-up: planned against actual, measures, milestones, targets; registers with forms, files and pasted rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from lichen.monitor.dictionary import TITLES, Entity, columns
from lichen.report.follow import follow_context
from lichen.report.texts import Words
from lichen.web.follow_edits import drop_row, save_row, take_table
from lichen.web.followed import (
    followed,
    row_name,
    titles,
    today,
)
from lichen.web.followed_models import Exchange, FollowRow
from lichen.web.middleware import Request, current
from lichen.web.models import Change
from lichen.web.policy import Action, Scope, reach, registers, rule
from lichen.web.registers import (
    RowDraft,
    Table,
    exchange_name,
    read_table,
    register_answer,
    row_entries,
    values_told,
)
from lichen.web.rows import field_text
from lichen.web.sent import plain_name, whole_number
from lichen.web.surveys import LARGEST
from lichen.web.texts import words
from lichen.web.views.pages import paged

MOST_SHOWN = 300
SHOWN: dict[Entity, tuple[str, ...]] = {
    "planned": ("exchange", "year", "quantity", "low", "high", "co2", "money", "kind", "source", "note"),
    "actual": ("exchange", "year", "quantity", "low", "high", "co2", "money", "kind", "source", "note"),
    "measure": ("measure", "firm", "category", "state", "year", "count", "investment", "saving", "energy", "co2",
                "kind", "source"),
    "terms": ("exchange", "start", "end", "price", "price_low", "price_high", "adjustment", "quantity", "low", "high",
              "source"),
    "milestone": ("milestone", "exchange", "due", "done", "owner", "note"),
    "target": ("indicator", "year", "direction", "target", "value", "unit", "source"),
}  # fmt: skip
"""Columns of a register's table."""


@rule(get=Action.READ_FOLLOW)
def page(request: Request, **named: Any) -> HttpResponse:
    """Show where exchanges and measures stand against what was planned."""
    scope, lang = request.scope, current()
    year = whole_number(request.GET.get("year", ""))
    found = followed(scope, year=year if 1900 < year < 2200 else 0)
    years = sorted({t.year for t in (*found.follow.planned, *found.follow.actual)}, reverse=True)
    shown = follow_context(found, Words(lang))
    return render(request, "web/follow.html", {
        "f": shown, "years": years, "year": found.year, "tabs": _tabs(scope), "here": "", "today": today(),
        "any": any(shown[k] for k in ("lines", "terms", "measures", "milestones", "targets")),
        "own": not scope.everywhere(Action.READ_FOLLOW),
    })  # fmt: skip


def _tabs(scope: Scope) -> list[tuple[Entity, str]]:
    return [(e, TITLES[e][current() == "zh"]) for e in registers(scope, Action.READ_FOLLOW)]


def _wanted(request: Request, action: Action) -> Entity:
    """Return the register that an address asks for; ``Http404`` if it is not the account's to see or write."""
    wanted = request.GET.get("of", "")
    for entity in registers(request.scope, action):
        if entity == wanted:
            return entity
    raise Http404


@rule(get=Action.READ_FOLLOW, post=Action.WRITE_FOLLOW)
def register(request: Request, **named: Any) -> HttpResponse:
    """Show a register; take rows from a file or pasted, once they were checked."""
    scope, lang = request.scope, current()
    entity = _wanted(request, Action.WRITE_FOLLOW if request.method == "POST" else Action.READ_FOLLOW)
    found: Table | None = None
    pasted, replace, error = request.POST.get("pasted", ""), request.POST.get("replace") == "yes", ""
    if request.method == "POST":
        sent = request.FILES.get("file")
        if sent is not None and (sent.size or 0) > LARGEST:
            error = words("too_large", lang, most=LARGEST // 2**20)
        elif sent is None and not pasted.strip():
            error = words("no_file", lang)
        else:
            name = plain_name(sent.name or "", "table") if sent is not None else "pasted.tsv"
            content = sent.read() if sent is not None else pasted.encode()
            found = read_table(scope, entity, name, content)
            if found.ok and request.POST.get("answer") == "take":
                count, gone = take_table(scope, entity, name, found, replace, request.user)
                messages.success(request, words("register_taken", lang, count=count, gone=gone))
                return redirect(f"{request.path}?of={entity}")
    rows = reach(scope, Action.READ_FOLLOW, FollowRow).filter(entity=entity)
    text = request.GET.get("q", "").strip().lower()[:100]
    if text:
        told = [(r.pk, " ".join(map(str, values_told(scope, r).values())).lower()) for r in rows]
        rows = rows.filter(pk__in=[pk for pk, said in told if text in said])
    ranked = sorted(found.problems, key=lambda p: ("error", "warning", "note").index(p.severity)) if found else []
    writes = entity in registers(scope, Action.WRITE_FOLLOW)
    mine = set(reach(scope, Action.WRITE_FOLLOW, FollowRow).filter(entity=entity).values_list("pk", flat=True))
    listed, names = paged(request, rows, 150), {key: t.text(lang) for key, t in titles(scope).items()}
    return render(request, "web/register.html", {
        "entity": entity, "title": TITLES[entity][lang == "zh"], "tabs": _tabs(scope), "here": entity,
        "page": listed, "shown": [(r, r.pk in mine, _cells(entity, r, names)) for r in listed], "q": text,
        "heads": [(key, _is_number(entity, key)) for key in SHOWN[entity]], "writes": writes,
        "found": found, "problems": ranked[:MOST_SHOWN], "more": max(0, len(ranked) - MOST_SHOWN),
        "pasted": pasted, "replace": replace, "error": error, "keys": ", ".join(c.label(lang) for c in columns(entity)
                                                                           if c.field.required and not c.is_unit),
    }, status=422 if error or (found and not found.ok) else 200)  # fmt: skip


def _is_number(entity: Entity, key: str) -> bool:
    return any(c.key == key and c.field.type in ("number", "integer", "year") for c in columns(entity))


def _cells(entity: Entity, row: FollowRow, names: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """Return the cells of a row in its table: column, type, value in words, unit."""
    lang = current()
    found: list[tuple[str, str, str, str]] = []
    by_key = {c.key: c for c in columns(entity)}
    for key in SHOWN[entity]:
        field, value = by_key[key].field, row.values.get(key)
        said = dict(zip(field.choices, field.words(lang), strict=True)).get(str(value), value)
        said = names.get(str(value), value) if key == "exchange" else said
        found.append((key, "year" if field.type in ("year", "integer") else field.type, "" if said is None else said,
                      str(row.values.get(f"{key} unit", ""))))  # fmt: skip
    return found


@rule(get=Action.READ_FOLLOW)
def workbook(request: Request, **named: Any) -> HttpResponse:
    """Return a register as a workbook that can be filled and sent back."""
    entity = _wanted(request, Action.READ_FOLLOW)
    return register_answer(request.scope, entity, current())


@rule(get=Action.WRITE_FOLLOW, post=Action.WRITE_FOLLOW)
def new(request: Request, **named: Any) -> HttpResponse:
    """Add a row to a register."""
    return _answer(request, _wanted(request, Action.WRITE_FOLLOW), None)


@rule(get=Action.READ_FOLLOW, post=Action.WRITE_FOLLOW)
def edit(request: Request, **named: Any) -> HttpResponse:
    """Show a row of a register with its history, and change it."""
    return _answer(request, request.scope.row.entity, request.scope.row)


def _answer(request: Request, entity: Entity, row: FollowRow | None) -> HttpResponse:
    scope = request.scope
    keys = [c.key for c in columns(entity)]
    if request.method != "POST":
        given = request.GET if row is None else row.values
        written = {key: field_text(given.get(key)) for key in keys}
        return _form(request, entity, row, written, RowDraft(None, {}, ()), 200)
    written = {key: request.POST.get(key, "") for key in keys}
    version = whole_number(request.POST.get("version", ""))
    done = save_row(scope, entity, row, written, version, request.user, "browser")
    if done.outcome == "conflict":
        return _conflict(request, entity, done.row, written)
    if done.outcome != "saved":
        return _form(request, entity, row, written, done.draft, 422)
    messages.success(request, words("saved", current()))
    for problem in (p for ps in done.draft.at_fields.values() for p in ps):
        messages.warning(request, f"{problem.found(current())} {problem.mend(current())}")
    if entity == "terms" and done.row is not None:  # they stand on the page of their exchange
        about = reach(scope, Action.SEE_BOARD, Exchange).filter(key=done.row.about).first()
        if about is not None:
            return redirect("exchange", park=scope.park.slug, exchange=about.pk)
    return redirect(f"/p/{scope.park.slug}/follow/register?of={entity}")


def _name(scope: Scope, entity: Entity, row: FollowRow) -> str:
    """Return what a row is called in a heading."""
    values = dict(row.values)
    if values.get("exchange"):
        values["exchange"] = exchange_name(scope, str(values["exchange"]), current())
    return row_name(entity, values)


def _form(request: Request, entity: Entity, row: FollowRow | None, written: dict[str, str], found: RowDraft,
          status: int, now: list[tuple[str, str, str]] | None = None) -> HttpResponse:  # fmt: skip
    scope, lang = request.scope, current()
    changes = reach(scope, Action.READ_HISTORY, Change).filter(entity=entity, row_id=row.pk if row else 0)
    wrong = sum(p.severity == "error" for ps in (*found.at_fields.values(), found.others) for p in ps)
    mine = row is None or reach(scope, Action.WRITE_FOLLOW, FollowRow).filter(pk=row.pk).exists()
    return render(request, "web/followed.html", {
        "entity": entity, "title": TITLES[entity][lang == "zh"], "row": row, "writes": mine, "found": found,
        "name": _name(scope, entity, row) if row else words("row_new", lang), "errors": wrong,
        "entries": row_entries(scope, entity, written, found.at_fields, lang), "now": now or [],
        "changes": changes.order_by("-id").select_related("by"),
    }, status=status)  # fmt: skip


def _conflict(request: Request, entity: Entity, now: FollowRow | None, written: dict[str, str]) -> HttpResponse:
    """Show a row that somebody else changed meanwhile beside what was written."""
    if now is None:
        return render(request, "web/error.html", {"status": 409, "key": "conflict"}, status=409)
    pairs = [(key, field_text(now.values.get(key)), text.strip()) for key, text in written.items()]
    unlike = [pair for pair in pairs if pair[1] != pair[2]]
    return _form(request, entity, now, written, RowDraft(None, {}, ()), 409, unlike)


@rule(post=Action.WRITE_FOLLOW)
def remove(request: Request, **named: Any) -> HttpResponse:
    """Remove a row of a register; its history stays."""
    scope, row = request.scope, request.scope.row
    if not drop_row(scope, row, whole_number(request.POST.get("version", "")), request.user, "browser"):
        return render(request, "web/error.html", {"status": 409, "key": "conflict"}, status=409)
    messages.success(request, words("removed", current()))
    return redirect(f"/p/{scope.park.slug}/follow/register?of={row.entity}")
