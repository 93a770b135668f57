"""Pages of refusals: not found (or not for this account), bad requests, failures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def _answer(request: HttpRequest, status: int, key: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": key.replace("_", " ")}, status=status)
    return render(request, "web/error.html", {"status": status, "key": key}, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what cannot be understood."""
    return _answer(request, 400, "bad_request")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what is not allowed."""
    return _answer(request, 403, "forbidden")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what is not there, or not for this account."""
    return _answer(request, 404, "not_found")


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a failure of Lichen itself; nothing of the database is asked for."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "failed"}, status=500)
    return render(request, "web/failed.html", status=500)


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that does not come from its own page."""
    return _answer(request, 403, "csrf")
