"""Opportunities as an account reaches them, and the filters of their lists, for pages and the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lichen.errors import Language
from lichen.web.consent import states
from lichen.web.disclosure import OTHER, levels_now, order_of, view
from lichen.web.models import Opportunity
from lichen.web.opportunities import Facts, Found, found_in
from lichen.web.policy import Action, Scope, reach

UNITS = ("t/a", "GJ/a", "m3/a", "Nm3/a")
"""Units of quantities that lists are filtered by."""


def found_for(scope: Scope) -> Found:
    """Return what discovery found as far as the account reaches it."""
    handles = reach(scope, Action.SEE_OPPORTUNITIES, Opportunity)
    return found_in(scope.park, handles if sees_all(scope) else handles.select_related("donor", "receiver"))


def sees_all(scope: Scope) -> bool:
    """Whether the account sees everything of every opportunity."""
    return scope.everywhere(Action.SEE_OPPORTUNITIES)


def views_of(scope: Scope, found: Found, lang: Language, only: Opportunity | None = None) -> list[dict[str, Any]]:
    """Return what a firm's account sees of its opportunities, or of one: one view for each side that is its own."""
    keys = list(found.facts) if only is None else [only.key] if only.key in found.facts else []
    handles = [found.handles[key] for key in keys]
    firms = {f.code: f for handle in handles for f in (handle.donor, handle.receiver) if f is not None}
    levels = levels_now((found.facts[key] for key in keys), firms)
    consents = states(handles)
    made = [
        view(handle, found.facts[handle.key], side, consents[handle.pk], levels, lang)
        for handle in handles
        for side in ("donor", "receiver")
        if getattr(handle, f"{side}_id") in scope.firms
    ]
    return sorted(made, key=order_of)


def _least(wishes: Mapping[str, str]) -> float:
    """Return the least quantity that is wished for; 0 if it is no number."""
    try:
        value = float(str(wishes.get("least", "")).strip() or 0)
    except ValueError:
        return 0.0
    return value if 0 <= value < 1e15 else 0.0


def filter_views(rows: Iterable[dict[str, Any]], wishes: Any) -> list[dict[str, Any]]:
    """Return those of a firm's views that fit, judged by what they show."""
    side, stream, unit, least = (wishes.get("side"), wishes.get("stream"), wishes.get("unit"), _least(wishes))
    return [
        one for one in rows
        if (side not in OTHER or one["side"] == side)
        and (not stream or stream in (one["stream"], one["replaces"]))
        and (unit not in UNITS or one["unit"] == unit)
        and (not least or (one["quantity_low"] is not None and one["quantity_low"] >= least))
    ]  # fmt: skip


def filter_facts(facts: Iterable[Facts], wishes: Any) -> list[Facts]:
    """Return the opportunities that fit a facilitator's filters, best first."""
    tests = {"donor": lambda f: f["donor"]["code"], "receiver": lambda f: f["receiver"]["code"],
             "stream": lambda f: f["stream"], "way": lambda f: f["way"], "unit": lambda f: f["unit"]}  # fmt: skip
    given = {name: wishes.get(name) for name in tests if wishes.get(name)}
    least = _least(wishes)
    rows = [
        f for f in facts if all(tests[n](f) == v for n, v in given.items()) and f["quantity"][1] >= least
    ]  # fmt: skip
    if wishes.get("best"):
        first: dict[tuple[str, str], Facts] = {}
        for f in rows:
            first.setdefault((f["donor"]["code"], f["stream"]), f)
        rows = list(first.values())
    return rows
