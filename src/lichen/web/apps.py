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
        from lichen.web import walls

        walls.watch()
        user_logged_in.connect(_logged_in, dispatch_uid="lichen.logged_in")
        user_login_failed.connect(_login_failed, dispatch_uid="lichen.login_failed")


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
