"""People of a park and their roles."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.web.middleware import Request, current
from lichen.web.models import FirmRow, Role, User
from lichen.web.people import NotMade, first_link, give_role, link_for, may_link, members, take_role
from lichen.web.policy import Action, reach, rule
from lichen.web.sent import whole_number
from lichen.web.texts import words


@rule(get=Action.MANAGE_MEMBERS, post=Action.MANAGE_MEMBERS)
def listing(request: Request, **named: Any) -> HttpResponse:
    """Show the people whose roles the account may give, and invite others."""
    scope, error = request.scope, ""
    given = {key: request.POST.get(key, "").strip() for key in ("email", "name", "role", "firm")}
    if request.method == "POST":
        firm = whole_number(given["firm"])
        try:
            made = give_role(scope, given["email"], given["name"], given["role"], firm, request.user)
        except ValidationError:
            error = words("member_not_made", current())
        else:
            path = first_link(scope, made.user, request.user)
            if path:
                return _show_link(request, made.user, path)
            messages.success(request, words("member_made", current(), person=made.user))
            return redirect("members", park=scope.park.slug)
    firms = reach(scope, Action.LIST_FIRMS, FirmRow).order_by("name")
    return render(request, "web/members.html", {
        "people": [(m, may_link(scope, m.user)) for m in members(scope)],
        "roles": [r for r in Role if r in scope.gives], "firms": firms, "given": given, "error": error,
    }, status=422 if error else 200)  # fmt: skip


@rule(post=Action.MANAGE_MEMBERS)
def link(request: Request, **named: Any) -> HttpResponse:
    """Show a new link for a password: the first one, or one in place of a password that was forgotten."""
    person = request.scope.row.user
    try:
        return _show_link(request, person, link_for(request.scope, person, request.user))
    except NotMade as error:
        messages.error(request, str(error))
        return redirect("members", park=request.scope.park.slug)


def _show_link(request: Request, person: User, path: str) -> HttpResponse:
    return render(request, "web/link.html", {"person": person, "link": request.build_absolute_uri(path)})


@rule(post=Action.MANAGE_MEMBERS)
def remove(request: Request, **named: Any) -> HttpResponse:
    """Take a role from a person; the last administrator of a park stays."""
    try:
        take_role(request.scope, request.scope.row, request.user)
    except NotMade as error:
        messages.error(request, str(error))
    else:
        messages.success(request, words("removed", current()))
    return redirect("members", park=request.scope.park.slug)
