"""What every request passes: its language, and the guard that holds the policy and opens the database's own wall."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language

from lichen import errors
from lichen.errors import Language
from lichen.web import walls
from lichen.web.models import User
from lichen.web.policy import Rule, Scope, scope_of, target

Answer = Callable[[HttpRequest], HttpResponse]


class Request(HttpRequest):
    """A request that passed the guard: of a person; ``scope`` is set on addresses inside a park."""

    user: User
    scope: Scope


def current() -> Language:
    """Return the language that Django chose for this request, as the library names it."""
    return "zh" if (get_language() or "").startswith("zh") else "en"


def language(answer: Answer) -> Answer:
    """Let the library speak the language of the request."""

    def with_language(request: HttpRequest) -> HttpResponse:
        with errors.language(current()):
            return answer(request)

    return with_language


def rules_of(view: Any, name: str | None) -> Mapping[str, Rule]:
    """Return the rules of a route by method; empty if it declares none."""
    from lichen.web.urls import FOREIGN_RULES

    own = getattr(view, "rules", None)
    return own if own is not None else FOREIGN_RULES.get(name or "", {})


class Guard:
    """Default deny: a route without a rule, a foreign park, a thing out of reach are all "not found"."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request; what is behind a log-in is never kept by a browser or proxy."""
        with walls.as_before():
            response = self.answer(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Hold a route's rule before its view is called; its names become the scope's firm and row."""
        if any("\0" in text for sent in (request.GET, request.POST) for texts in sent.lists() for text in texts[1]):
            raise BadRequest("a null character")  # nothing that a person writes, and no database keeps it
        walls.enter(None)
        match = request.resolver_match
        rules = rules_of(view, match.url_name if match else None)
        if not rules:
            raise Http404
        method = "GET" if request.method == "HEAD" else request.method or ""
        rule = rules.get(method)
        if rule is None:
            return HttpResponseNotAllowed(sorted(rules))
        if rule.action is None and rule.who == "anyone":
            return None
        if rule.action is None and rule.who == "closed":
            raise Http404
        if not request.user.is_authenticated:
            if request.path.startswith("/api/"):
                return JsonResponse({"detail": "log in first"}, status=401)
            return redirect_to_login(request.get_full_path())
        if rule.action is None:
            if rule.who == "operator" and not request.user.is_superuser:
                raise Http404
            return None
        scope = scope_of(request.user, kwargs["park"])
        if not scope.may(rule.action):
            raise Http404
        walls.enter(scope.park)
        request.scope = target(scope, rule.action, kwargs)  # type: ignore[attr-defined]
        return None
