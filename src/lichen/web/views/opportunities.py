"""Opportunities: for a facilitator all of them, for a firm what concerns it, as far as both sides consent."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe

from lichen.discover.values import Span
from lichen.errors import Language
from lichen.report.discovery import SCALES, WAY_COLOURS, amount_text
from lichen.report.svg import format_number
from lichen.vocabulary.materials import material
from lichen.web.consent import STEPS, record_of, set_consent, state_of, states
from lichen.web.consent import State as ConsentState
from lichen.web.disclosure import OTHER
from lichen.web.drafts import material_said
from lichen.web.middleware import Request, current
from lichen.web.models import FlowRow, JobFile, Opportunity
from lichen.web.opportunities import Facts, Found
from lichen.web.opportunity_lists import UNITS, filter_facts, filter_views, found_for, sees_all, views_of
from lichen.web.pictures import Tie, firms_in_reach, map_values, map_with_links
from lichen.web.policy import Action, Scope, reach, rule
from lichen.web.sent import whole_number
from lichen.web.store import Conflict
from lichen.web.texts import words
from lichen.web.views.jobs import RENEW_S

PAGE = 50
MOST_WAYS = 60
"""Ways between two firms that the map shows, the best."""
MOST_NAMED = 8
"""Opportunities that a line of the map tells."""


@rule(get=Action.SEE_OPPORTUNITIES)
def listing(request: Request, **named: Any) -> HttpResponse:
    """Show opportunities, ranked for a facilitator; for a firm in an order that tells nothing but what is shown."""
    scope, lang = request.scope, current()
    found = found_for(scope)
    shown: dict[str, Any] = {"standing": found.standing, "renew": RENEW_S if found.standing.open else 0,
                             "chosen": request.GET, "units": UNITS}  # fmt: skip
    if not sees_all(scope):
        mine = views_of(scope, found, lang)
        rows: list[Any] = filter_views(mine, request.GET)
        streams = sorted({one["stream"] for one in mine} | {one["replaces"] for one in mine} - {"–"})
        shown |= {"any": bool(mine), "page": _paged(request, rows), "streams": streams}
        return render(request, "web/opportunities_own.html", shown)
    facts = list(found.facts.values())
    fitting = filter_facts(facts, request.GET)
    page = _paged(request, fitting)
    consents = states(found.handles[f["key"]] for f in page)
    page.object_list = [row_of(f, found, consents[found.handles[f["key"]].pk], lang) for f in page.object_list]
    shown |= {
        "any": bool(facts),
        "page": page,
        "map": _map(scope, fitting, found, lang),
        **_choices(facts, lang),
        **_summary(found, lang),
    }
    return render(request, "web/opportunities.html", shown)


def _paged(request: Request, rows: list[Any]) -> Any:
    return Paginator(rows, PAGE).get_page(request.GET.get("page"))


def _choices(facts: list[Facts], lang: Language) -> dict[str, Any]:
    """Return what a facilitator can filter by: only what there is."""
    ends = {side: sorted({(f[side]["code"], f[side]["name"]) for f in facts}, key=lambda e: e[1]) for side in OTHER}
    streams = sorted({(f["stream"], material(f["stream"]).name(lang)) for f in facts}, key=lambda e: e[1])
    return {"donors": ends["donor"], "receivers": ends["receiver"], "streams": streams, "ways": list(WAY_COLOURS),
            "colours": list(WAY_COLOURS.items())}  # fmt: skip


def _map(scope: Scope, fitting: list[Facts], found: Found, lang: Language) -> dict[str, Any]:
    """Return the values of the map of opportunities, best first, as far as it has room for their ways."""
    pairs: dict[tuple[str, str], list[Facts]] = {}
    for f in fitting:
        pairs.setdefault((f["donor"]["code"], f["receiver"]["code"]), []).append(f)
    ways = list(pairs.items())[:MOST_WAYS]
    mass = {ends: max((f["quantity"][1] for f in rows if f["unit"] == "t/a"), default=0.0) for ends, rows in ways}
    most = max(mass.values(), default=0.0) or 1.0
    ties = []
    for ends, rows in ways:
        items = [
            (f"{material(f['stream']).name(lang)} · {amount_of(f['quantity'], f['unit'])}",
             reverse("opportunity", args=[scope.park.slug, found.handles[f["key"]].pk]))
            for f in rows[:MOST_NAMED]
        ]  # fmt: skip
        if len(rows) > MOST_NAMED:
            items.append((words("more", lang, count=len(rows) - MOST_NAMED), ""))
        ties.append(Tie(*ends, tuple(items), max(0.1, mass[ends] / most), WAY_COLOURS[rows[0]["way"]]))
    values = map_with_links(scope, map_values(firms_in_reach(scope), ties, lang), lang)
    return values and values | {"of": len(pairs)}


def _summary(found: Found, lang: Language) -> dict[str, Any]:
    done = found.standing.done
    if done is None or done.result is None:
        return {}
    files = JobFile.objects.filter(job=done, name__in=(f"{lang}-map.svg", f"{lang}-network.svg"))
    pictures = {f.name.split("-")[1][:-4]: mark_safe(bytes(f.content).decode()) for f in files}  # noqa: S308  # ours
    return {"summary": done.result[lang], "pictures": pictures}


def row_of(f: Facts, found: Found, state: ConsentState, lang: Language) -> dict[str, Any]:
    """Return a row of a facilitator's list."""
    least = "" if f["bounded"] else "≤ "
    return {
        "id": str(found.handles[f["key"]].pk), "place": f["place"], "score": f["score"], "way": f["way"],
        "donor": _name(f["donor"], lang), "receiver": _name(f["receiver"], lang),
        "stream": material(f["stream"]).name(lang), "replaces": f["replaces"] and material(f["replaces"]).name(lang),
        "quantity": least + amount_of(f["quantity"], f["unit"]), "distance": f["distance"], "kind": f["supply"]["kind"],
        "questions": len(f["questions"]), "step": state.step,
    }  # fmt: skip


def _name(end: Facts, lang: Language) -> str:
    return words("the_city", lang) if end["city"] else str(end["name"])


def amount_of(span: list[float] | None, unit: str) -> str:
    """Return an amount with its range; a dash where it is not known."""
    value, ends = value_and_range(span, unit)
    return f"{value} ({ends})" if ends else value


def value_and_range(span: list[float] | None, unit: str) -> tuple[str, str]:
    """Return an amount in a unit of a fitting size, and its range in the same unit; empty where there is none."""
    if span is None:
        return "–", ""
    low, value, high = span
    scale = SCALES[unit][0] if abs(value) >= 1e3 else 1.0
    ends = [format_number(end / scale, 3) for end in sorted((low, high))]
    return amount_text(Span(*span), unit), "" if low == high else " … ".join(ends)


@rule(get=Action.SEE_OPPORTUNITIES, post=Action.GIVE_CONSENT)
def page(request: Request, **named: Any) -> HttpResponse:
    """Show an opportunity; a firm consents to more here, or to less."""
    scope, lang, handle = request.scope, current(), request.scope.row
    if request.method == "POST":
        return _answer(request, handle)
    found = found_for(scope)
    if handle.key not in found.facts:
        if found.standing.done is None:
            return redirect("opportunities", park=scope.park.slug)
        raise Http404
    if not sees_all(scope):
        own = views_of(scope, found, lang, handle)
        return render(request, "web/opportunity_own.html", {
            "views": own, "standing": found.standing, "record": record_of(scope, handle),
        })  # fmt: skip
    f = found.facts[handle.key]
    state = state_of(found.handles[handle.key])
    return render(request, "web/opportunity.html", {
        "o": row_of(f, found, state, lang), "f": f, "state": state, "standing": found.standing,
        "firms": {side: getattr(found.handles[handle.key], side) for side in OTHER},
        "links": _links(scope, f, lang), "record": record_of(scope, handle), **_details(f, found, lang),
    })  # fmt: skip


def _answer(request: Request, handle: Opportunity) -> HttpResponse:
    """Take a firm's answer to how much the other side may see."""
    post = request.POST
    side, step, seen = post.get("side", ""), whole_number(post.get("step", "")), whole_number(post.get("seen", ""))
    if side not in OTHER or step not in STEPS:
        return render(request, "web/error.html", {"status": 400, "key": "bad_request"}, status=400)
    try:
        set_consent(request.scope, handle, side, step, seen, request.user)
    except ValueError:
        raise Http404 from None
    except Conflict:
        return render(request, "web/error.html", {"status": 409, "key": "conflict"}, status=409)
    messages.success(request, words("consent_saved", current()))
    return redirect("opportunity", park=request.scope.park.slug, opportunity=handle.pk)


def _links(scope: Scope, f: Facts, lang: Language) -> dict[str, list[tuple[str, str]]]:
    """Return the forms of the flows that an opportunity rests on, by side."""
    rows = {row.key: row for row in reach(scope, Action.READ_ROWS, FlowRow).filter(
        key__in=[key for side in OTHER for key in f[side]["flows"]])}  # fmt: skip
    return {
        side: [(_row_text(rows[key], lang), reverse("flow", args=[scope.park.slug, rows[key].firm_id, rows[key].pk]))
               for key in f[side]["flows"] if key in rows]
        for side in OTHER
    }  # fmt: skip


def _row_text(row: FlowRow, lang: Language) -> str:
    """Return what a flow's row says, in a line: process, material, quantity, year."""
    amount = f"{format_number(row.values['quantity'], 4)} {row.values['quantity unit']}"
    return " · ".join(part for part in (row.process, material_said(row.material, lang), amount, str(row.year)) if part)


def _card(span: list[float] | None, unit: str) -> tuple[str, str, str]:
    """Return number, unit and range of an amount, each to be shown in its own size."""
    value, ends = value_and_range(span, unit)
    amount, _, its_unit = value.partition(" ")
    return amount, its_unit, ends


def _details(f: Facts, found: Found, lang: Language) -> dict[str, Any]:
    """Return the words and numbers of an opportunity's page for a facilitator."""
    rivals = [found.facts[key] for key in f["rivals"] if key in found.facts]
    short = [(str(found.handles[r["key"]].pk), r["place"],
              f"{_name(r['donor'], lang)} → {_name(r['receiver'], lang)}: {material(r['stream']).name(lang)}",
              r["donor"]["code"] == f["donor"]["code"], r["stream"] == f["stream"]) for r in rivals]  # fmt: skip
    gains = f["gains"]
    return {
        "unused": amount_of(f["supply"]["unused"], f["unit"]),
        "need": f["demand"] and amount_of(f["demand"]["amount"], f["demand"]["unit"]),
        "cards": [
            (name, *_card(span, unit)) for name, span, unit in (
                ("feasible", f["quantity"], f["unit"]), ("saved_co2", gains["co2"], "tCO2/a"),
                ("saved_money", gains["money"], "CNY/a"), ("saved_material", gains["resource"], gains["resource_unit"]))
        ],
        "reasons": [p[lang] for p in f["reasons"]], "remedies": [p[lang] for p in f["remedies"]],
        "questions": {side: [q[lang] for q in f["questions"] if q["of"] == side] for side in OTHER},
        "checks": [(c[lang], c["verdict"]) for c in f["checks"]],
        "treatment": [(t["id"], t[lang]) for t in f["treatment"]],
        "alternatives": [r[:3] for r in short if r[3] and r[4]][:6], "rivals": [r[:3] for r in short if not r[3]][:6],
    }  # fmt: skip
