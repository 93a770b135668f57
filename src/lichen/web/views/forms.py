"""Forms of firms, processes and flows: made from the dictionary, checked by the library, saved by the store."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from lichen.errors import Language
from lichen.inventory.dictionary import Entity, columns
from lichen.web.drafts import Draft, draft, entries, material_said
from lichen.web.edits import Edit, remove, save
from lichen.web.middleware import Request, current
from lichen.web.models import Change, FirmRow, FlowRow, ProcessRow, Row
from lichen.web.policy import Action, reach, rule, values_shown
from lichen.web.rows import field_text, rows_of
from lichen.web.sent import whole_number
from lichen.web.store import Origin
from lichen.web.texts import words

STATUS = {"problems": 422, "taken": 422, "conflict": 409}


@rule(get=Action.ADD_FIRMS, post=Action.ADD_FIRMS)
def new_firm(request: Request, **named: Any) -> HttpResponse:
    """Make a firm."""
    return _answer(request, "firm", None)


@rule(get=Action.READ_ROWS, post=Action.WRITE_ROWS)
def edit_firm(request: Request, **named: Any) -> HttpResponse:
    """Change a firm's own fields."""
    return _answer(request, "firm", request.scope.firm)


@rule(get=Action.WRITE_ROWS, post=Action.WRITE_ROWS)
def new_process(request: Request, **named: Any) -> HttpResponse:
    """Add a process to a firm."""
    return _answer(request, "process", None)


@rule(get=Action.READ_ROWS, post=Action.WRITE_ROWS)
def edit_process(request: Request, **named: Any) -> HttpResponse:
    """Show a process with its history, and change it."""
    return _answer(request, "process", request.scope.row)


@rule(get=Action.WRITE_ROWS, post=Action.WRITE_ROWS)
def new_flow(request: Request, **named: Any) -> HttpResponse:
    """Add a flow to a firm."""
    return _answer(request, "flow", None)


@rule(get=Action.READ_ROWS, post=Action.WRITE_ROWS)
def edit_flow(request: Request, **named: Any) -> HttpResponse:
    """Show a flow with its history, and change it."""
    return _answer(request, "flow", request.scope.row)


@rule(post=Action.REMOVE_FIRMS)
def remove_firm(request: Request, **named: Any) -> HttpResponse:
    """Remove a firm with all that belongs to it; its history stays."""
    return _removed(request, "firm", request.scope.firm)


@rule(post=Action.WRITE_ROWS)
def remove_process(request: Request, **named: Any) -> HttpResponse:
    """Remove a process that no flow names."""
    return _removed(request, "process", request.scope.row)


@rule(post=Action.WRITE_ROWS)
def remove_flow(request: Request, **named: Any) -> HttpResponse:
    """Remove a flow; its history stays."""
    return _removed(request, "flow", request.scope.row)


def _removed(request: Request, entity: Entity, row: Row | None) -> HttpResponse:
    scope = request.scope
    assert row is not None
    assert scope.firm is not None
    done = remove(scope, entity, whole_number(request.POST.get("version", "")), request.user)
    if done.outcome in ("conflict", "gone"):
        return _conflict(request)
    if done.outcome == "in use":
        messages.error(request, words("process_in_use", current()))
        return redirect("process", park=scope.park.slug, firm=scope.firm.pk, process=row.pk)
    messages.success(request, words("removed", current()))
    if entity == "firm":
        return redirect("firms", park=scope.park.slug)
    return redirect("firm", park=scope.park.slug, firm=scope.firm.pk)


def _answer(request: Request, entity: Entity, row: Row | None) -> HttpResponse:
    """Show a row's form, or save what was written in it."""
    scope = request.scope
    written = _written(request, entity, row)
    if request.method != "POST":
        rows = rows_of(scope.firm) if scope.firm else {}
        found = draft(rows, entity, row, written) if row else Draft(entity, {}, None, None, {}, ())
        return _page(request, row, found, "shown")
    version = None if row is None else whole_number(request.POST.get("version", ""))
    done = save(scope, entity, written, version, Origin(request.user, "browser"))
    if done.outcome == "gone" or done.draft is None:
        return _conflict(request)
    if done.outcome in STATUS:
        return _page(request, done.row, done.draft, done.outcome)
    messages.success(request, words("saved" if done.outcome == "saved" else "nothing_changed", current()))
    for problem in (p for problems in done.draft.at_fields.values() for p in problems):
        messages.warning(request, f"{problem.found()} {problem.mend()}")
    return redirect("firm", park=scope.park.slug, firm=_firm_of(done))


def _firm_of(done: Edit) -> int:
    return done.row.pk if isinstance(done.row, FirmRow) else done.row.firm_id  # type: ignore[union-attr]


def _written(request: Request, entity: Entity, row: Row | None) -> dict[str, str]:
    """Return what stands in the fields: as posted, else the row's values, else what a new row begins with."""
    keys = [c.key for c in columns(entity)]
    firm = request.scope.firm
    if request.method == "POST":
        written = {key: request.POST.get(key, "") for key in keys}
    elif row is not None:
        written = {key: field_text(value) for key, value in values_shown(request.scope, row).items()}
    else:
        written = {key: request.GET.get(key, "") for key in keys if key in ("process", "year", "direction")}
    if entity != "firm" and firm is not None:
        written["firm"] = firm.code
    for key in _fixed(entity, row):
        written[key] = field_text(row.values.get(key)) if row is not None else written.get(key, "")
    if entity == "flow" and request.method == "POST" and not written["source"].strip():
        written["source"] = words("form_source", current(), date=datetime.datetime.now(datetime.UTC).date())
    return written


def _fixed(entity: Entity, row: Row | None) -> frozenset[str]:
    """Return the keys that cannot be changed: codes, which other rows and the history name."""
    return frozenset({"id"}) if row is not None and entity in ("firm", "process") else frozenset()


def _page(request: Request, row: Row | None, found: Draft, outcome: str) -> HttpResponse:
    """Show a form with what is written in it, and what is wrong at the fields."""
    scope, lang, entity = request.scope, current(), found.entity
    offered = {}
    if entity == "flow":
        rows = reach(scope, Action.READ_ROWS, ProcessRow).filter(firm=scope.firm)
        known = tuple((p.code, f"{p.code} · {p.values['name']}") for p in rows)
        offered["process"] = (("", words("firm_as_a_whole", lang)), *known)
    changes = reach(scope, Action.READ_HISTORY, Change).filter(entity=entity, row_id=row.pk if row else 0)
    errors = [p for problems in found.at_fields.values() for p in problems if p.severity == "error"]
    written = found.written or _written(request, entity, row)
    remove_url = ""
    if row is not None and entity != "firm" and scope.firm is not None:
        remove_url = reverse(f"{entity}_remove", args=[scope.park.slug, scope.firm.pk, row.pk])
    return render(request, "web/form.html", {
        "heading": _heading(entity, row, lang), "remove_url": remove_url,
        "entity": entity, "row": row, "firm": scope.firm, "outcome": outcome, "found": found,
        "groups": entries(entity, written, found.at_fields, lang, _fixed(entity, row), offered),
        "errors": len(errors) + len(found.others) + (outcome == "taken"),
        "changes": changes.order_by("-id").select_related("by"),
        "now": _now(row, written) if outcome == "conflict" else [],
    }, status=STATUS.get(outcome, 200))  # fmt: skip


def _heading(entity: Entity, row: Row | None, lang: Language) -> str:
    if row is None:
        return words(f"form_new_{entity}", lang)
    name = material_said(row.material, lang) if isinstance(row, FlowRow) else row.values.get("name", "")
    return f"{words(f'form_{entity}', lang)}{'：' if lang == 'zh' else ': '}{name}"


def _now(row: Row | None, written: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return where a row that somebody else changed differs from what is written: key, theirs, mine."""
    if row is None:
        return []
    keys = [c.key for c in columns(row.entity) if c.key != "firm"]
    pairs = [(key, field_text(row.values.get(key)), written.get(key, "")) for key in keys]
    return [(key, theirs, mine) for key, theirs, mine in pairs if theirs != mine]


def _conflict(request: Request) -> HttpResponse:
    return render(request, "web/error.html", {"status": 409, "key": "conflict"}, status=409)
