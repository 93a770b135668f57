"""The application as Django knows it."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_login_failed


class WebConfig(AppConfig):
    """The workbench."""

    name = "lichen.web"
    label = "web"

    def ready(self) -> None:
        """Let the audit hear of log-ins, and the second wall of new connections."""
        from allauth.mfa.signals import authentication_failed

        from lichen.web import walls

        walls.watch()
        user_logged_in.connect(_logged_in, dispatch_uid="lichen.logged_in")
        user_login_failed.connect(_login_failed, dispatch_uid="lichen.login_failed")
        authentication_failed.connect(_wrong_code, dispatch_uid="lichen.wrong_code")


def _logged_in(sender: Any, user: Any, **more: Any) -> None:
    from lichen.web.policy import log, parks_of

    for park in parks_of(user) or ():
        log("logged in", park=park, by=user)


def _login_failed(sender: Any, credentials: dict[str, Any], **more: Any) -> None:
    """Tell the parks of an account that somebody failed to log in as it; of unknown addresses nothing is kept here."""
    from lichen.web.models import User
    from lichen.web.policy import log, parks_of

    name = str(credentials.get("email") or credentials.get("username") or "").lower()[:254]
    person = User.objects.filter(email=name).first() if name else None
    for park in parks_of(person) if person is not None else ():
        log("log-in failed", park=park, about=name)


def _wrong_code(sender: Any, request: Any, user: Any, **more: Any) -> None:
    """Let a wrong code of a second factor count as a wrong password does: by axes, and in the audit."""
    user_login_failed.send(sender=sender, credentials={"email": user.email}, request=request)
