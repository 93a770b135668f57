"""Accounts by django-allauth: nobody signs up, people are invited; the link of an invitation sets their password."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from lichen.web.middleware import current
from lichen.web.models import User
from lichen.web.texts import words


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts of people who were invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing: the installation may have no mail; links are handed over by who invites."""

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Leave it to axes to count wrong passwords, by address and network; allauth counts wrong codes alone."""


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Log-in by OpenID Connect, for people who were invited with the same address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody signs up by themselves."""
        return False


class LongEnough(MinimumLengthValidator):
    """Django's rule about the length of passwords, whose message Django has in English alone."""

    def get_error_message(self) -> str:
        """Return what is wrong with a password that is too short."""
        return words("password_short", current(), least=self.min_length)


def display(user: User) -> str:
    """Return how a person is called."""
    return str(user)


def locked_out(request: HttpRequest, answer: HttpResponse | None, credentials: Any) -> HttpResponse:
    """Answer an address whose wrong passwords were too many: a page, or JSON to programs."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "too many wrong passwords or codes: try again in an hour"}, status=429)
    return render(request, "web/locked.html", status=429)


def login_name(request: Any, credentials: dict[str, Any] | None) -> str:
    """Return the name that a log-in was tried with; attempts are counted by it and the address of the network."""
    credentials = credentials or {}
    found = credentials.get("email") or credentials.get("login") or credentials.get("username")
    if not found and request is not None:
        found = request.POST.get("login", "")
    return str(found or "").lower()[:200]


def end_links(user: User) -> None:
    """Let no link count any more that was made for a person without a password: its holder may less."""
    if not user.has_usable_password():
        new = make_password(None)
        if User.objects.filter(pk=user.pk, password=user.password).update(password=new):  # nobody set one meanwhile
            user.password = new


def password_link(user: User) -> str:
    """Return the path at which a person sets a password: once, within :setting:`PASSWORD_RESET_TIMEOUT`.

    Of several first links of a person the last one counts.
    """
    end_links(user)
    key = default_token_generator.make_token(user)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
