"""What every page shows: language, the account's scope and parks, the version."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from django.http import HttpRequest

from lichen.web.middleware import current
from lichen.web.policy import Action, parks_of

VERSION = version("lichen")


def page(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of a page needs."""
    user = getattr(request, "user", None)
    scope = getattr(request, "scope", None)
    return {
        "lang": current(), "scope": scope, "version": VERSION,
        "may": {action.name: scope.may(action) for action in Action} if scope else {},
        "my_parks": list(parks_of(user)[:50]) if user is not None and user.is_authenticated else [],
    }  # fmt: skip
