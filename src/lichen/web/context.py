"""What every page shows: language, the account's scope and parks, the menu of the park, the version."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from lichen.web.middleware import current
from lichen.web.policy import Action, Scope, parks_of

VERSION = version("lichen")
MENU: Mapping[str, tuple[tuple[str, str, Action | None], ...]] = {
    "overview": (("overview", "park", None),),
    "menu_data": (
        ("firms", "firms", Action.LIST_FIRMS), ("flows", "flows", Action.READ_ROWS),
        ("surveys", "surveys", Action.SEND_SURVEYS), ("balance", "balance", Action.READ_ROWS),
        ("history", "history", Action.READ_HISTORY),
    ),
    "menu_exchanges": (
        ("opportunities", "opportunities", Action.SEE_OPPORTUNITIES), ("board", "board", Action.SEE_BOARD),
        ("knowledge", "knowledge", Action.READ_KNOWLEDGE),
    ),
    "menu_plans": (
        ("designs", "designs", Action.READ_RUNS), ("scenarios", "scenarios", Action.START_RUNS),
        ("costs", "costs", Action.READ_COSTS), ("settings", "settings", Action.READ_SETTINGS),
    ),
    "follow_up": (("follow_up", "follow", Action.READ_FOLLOW),),
    "menu_results": (("reports", "reports", Action.READ_REPORTS), ("released", "releases", Action.READ_RELEASED)),
    "menu_admin": (
        ("members", "members", Action.MANAGE_MEMBERS), ("jobs", "jobs", Action.RUN_JOBS),
        ("audit", "audit", Action.READ_AUDIT),
    ),
}  # fmt: skip
"""Groups of pages: each page's word, the name of its route, and the action that opens it."""
BELONGS = {"runs": "designs", "compare": "designs", "settlement": "designs", "released": "releases"}
"""Where addresses belong that do not begin as their page's does: first part below the park, name of the page."""


def page(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of a page needs."""
    user = getattr(request, "user", None)
    scope = getattr(request, "scope", None)
    return {
        "lang": current(), "scope": scope, "version": VERSION,
        "may": {action.name: scope.may(action) for action in Action} if scope else {},
        "menu": menu(scope, request.path) if scope else [],
        "my_parks": parks_of(user)[:50] if user is not None and user.is_authenticated else [],
    }  # fmt: skip


def menu(scope: Scope, path: str) -> list[dict[str, Any]]:
    """Return the groups of pages that an account may open, each with its pages, and where among them it is."""
    urls = _urls(scope.park.slug)
    below = path.removeprefix(urls["park"]).split("/")[0]
    here = BELONGS.get(below, below) or "park"
    groups = []
    for group, pages in MENU.items():
        shown = []
        for word, name, action in pages:
            if action is None or scope.may(action):
                at = "page" if path == urls[name] else "true"
                shown.append({"word": word, "url": urls[name], "here": at if name == here else ""})
        if shown:
            own = next((p["here"] for p in shown if p["here"]), "")
            only = shown[0]["word"] if len(shown) == 1 else group
            groups.append({"word": only, "url": shown[0]["url"], "here": own, "pages": shown})
    return groups


@functools.lru_cache(1000)
def _urls(slug: str) -> Mapping[str, str]:
    return {name: reverse(name, args=[slug]) for pages in MENU.values() for _, name, _ in pages}
