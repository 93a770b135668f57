"""Programs without a browser: they log in by django-allauth's headless client and name their session in each request.

A token is the name of a session like a browser's, with the same end and the same loss when the password changes. Who
sends one is who it says, and a cookie beside it counts for nothing; so such a request needs no CSRF token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.headless.contrib.ninja.security import XSessionTokenAuth, x_session_token_auth
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja.security import django_auth

from lichen.web.middleware import Answer

HEADER = "X-Session-Token"
PLACE = "/api/v1/"
"""Addresses at which a token counts; pages are for browsers."""
LONGEST = 64
"""Longest token that is looked for; names of sessions are half as long."""


def by_token(answer: Answer) -> Answer:
    """Let a request of the API be of the person whose token it carries; of nobody if that is none."""

    def with_person(request: HttpRequest) -> HttpResponse:
        token = request.headers.get(HEADER, "")
        if not token or not request.path.startswith(PLACE):
            return answer(request)
        if not (token.isascii() and token.isalnum() and len(token) <= LONGEST):
            return JsonResponse({"detail": "log in first"}, status=401)  # no session is called so
        request.user = x_session_token_auth(request) or AnonymousUser()
        return answer(request)

    return with_person


class SessionToken(XSessionTokenAuth):  # type: ignore[misc]
    """The token, as the description tells of it; whose it is was found by :func:`by_token`."""

    openapi_in = "header"
    openapi_name = HEADER

    def __call__(self, request: HttpRequest) -> Any:
        """Return the person, for whom no cookie is looked at and no CSRF token needed; ``None`` without a token."""
        return request.user if self.get_session_token(request) and request.user.is_authenticated else None


WAYS_IN: list[Callable[..., Any]] = [SessionToken(), django_auth]
"""How the API knows who asks: by token, or by a browser's cookie with its CSRF token."""
