"""The part of the API that speaks of accounts: logging in without a browser, what an account may do.

Logging in is django-allauth's headless client for programs; what is opened of it stands here. Nobody signs up, and
passwords and second factors are changed on pages alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.headless.account.views import LoginView, SessionView
from allauth.headless.constants import Client
from allauth.headless.mfa.views import AuthenticateView
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from lichen.web.api_base import NOBODY, ProblemsOut
from lichen.web.middleware import Request
from lichen.web.people import roles_of
from lichen.web.policy import rule

router = Router()
Answer = Callable[[HttpRequest], HttpResponse]
_log_in: Answer = LoginView.as_api_view(client=Client.APP)
_second_factor: Answer = AuthenticateView.as_api_view(client=Client.APP)
_session: Answer = SessionView.as_api_view(client=Client.APP)


class LogInIn(Schema):
    """Address and password."""

    model_config = ConfigDict(extra="forbid")
    email: str = Field(max_length=254)
    password: str = Field(max_length=1000)


class CodeIn(Schema):
    """A code of the second factor, or one for recovery."""

    model_config = ConfigDict(extra="forbid")
    code: str = Field(max_length=100)


class MetaOut(Schema):
    """Whether somebody is logged in now; the token to be sent as ``X-Session-Token`` from here on, if it is new."""

    is_authenticated: bool | None = None
    session_token: str | None = None


class SessionOut(Schema):
    """How far a log-in is: ``data.user`` once it is done; before, in ``data.flows`` what is still asked for."""

    status: int
    data: dict[str, Any] = Field(default_factory=dict)
    meta: MetaOut = Field(default_factory=MetaOut)


class FaultOut(Schema):
    """Something wrong with what was sent."""

    message: str
    code: str
    param: str = ""


class FaultsOut(Schema):
    """Why nobody was logged in."""

    status: int
    errors: list[FaultOut] = Field(default_factory=list)


class StateOut(Schema):
    """A refusal as a number."""

    status: int


ASKED: dict[Any, Any] = {
    200: SessionOut, 400: FaultsOut | ProblemsOut, 401: SessionOut | ProblemsOut, 410: SessionOut, 422: ProblemsOut,
}  # fmt: skip


@router.post(
    "/auth/login", auth=None, response={**ASKED, 409: StateOut, 429: StateOut | ProblemsOut}, url_name="log_in"
)
@rule(post="anyone")
def log_in(request: Request, body: LogInIn) -> HttpResponse:
    """Log in, without a cookie; 401 with a token and the flow ``mfa_authenticate`` asks for the second factor."""
    return _log_in(request)


@router.post("/auth/2fa/authenticate", auth=None, response={**ASKED, 429: ProblemsOut}, url_name="second_factor")
@rule(post="anyone")
def second_factor(request: Request, body: CodeIn) -> HttpResponse:
    """Finish a log-in by a code, with the token that it began with; the answer has the token that counts."""
    return _second_factor(request)


TOLD: dict[Any, Any] = {400: ProblemsOut, 401: SessionOut | ProblemsOut, 410: SessionOut}


@router.get("/auth/session", auth=None, response={200: SessionOut, **TOLD}, url_name="session")
@rule(get="anyone")
def session(request: Request) -> HttpResponse:
    """Say whose a token is."""
    return _session(request)


@router.delete("/auth/session", auth=None, response=TOLD, url_name="log_out")
@rule(delete="anyone")
def log_out(request: Request) -> HttpResponse:
    """Log out: the token counts no more, which is what 401 says."""
    return _session(request)


class RoleOut(Schema):
    """A role in a park; of a firm, which one."""

    park: str
    role: str
    firm: int | None
    firm_code: str


class AccountOut(Schema):
    """An account and its roles."""

    email: str
    name: str
    operator: bool
    roles: list[RoleOut]


@router.get("/account", response={200: AccountOut, **NOBODY}, url_name="account")
@rule(get="account")
def account(request: Request) -> Any:
    """Say who is logged in, and with which roles."""
    person = request.user
    return {"email": person.email, "name": person.name, "operator": person.is_superuser, "roles": [
        {"park": held.park.slug, "role": held.role, "firm": held.firm.pk if held.firm else None,
         "firm_code": held.firm.code if held.firm else ""} for held in roles_of(person)
    ]}  # fmt: skip
