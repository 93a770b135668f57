"""People of a park and their roles."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render

from lichen.web.accounts import password_link
from lichen.web.middleware import Request, current
from lichen.web.models import FirmRow, Membership, Role, User
from lichen.web.people import invited
from lichen.web.policy import Action, Scope, log, reach, rule
from lichen.web.texts import words


@rule(get=Action.MANAGE_MEMBERS, post=Action.MANAGE_MEMBERS)
def listing(request: Request, **named: Any) -> HttpResponse:
    """Show the people whose roles the account may give, and invite others."""
    scope, error = request.scope, ""
    given = {key: request.POST.get(key, "").strip() for key in ("email", "name", "role", "firm")}
    if request.method == "POST":
        try:
            membership = _invite(request, given)
        except ValidationError:
            error = words("member_not_made", current())
        else:
            if not membership.user.has_usable_password() and may_link(scope, membership.user):
                return _show_link(request, membership)
            messages.success(request, words("member_made", current(), person=membership.user))
            return redirect("members", park=scope.park.slug)
    people = (
        reach(scope, Action.MANAGE_MEMBERS, Membership).select_related("user", "firm").order_by("role", "user__email")
    )
    firms = reach(scope, Action.LIST_FIRMS, FirmRow).order_by("name")
    return render(request, "web/members.html", {
        "people": [(m, may_link(scope, m.user)) for m in people],
        "roles": [r for r in Role if r in scope.gives], "firms": firms, "given": given, "error": error,
    }, status=422 if error else 200)  # fmt: skip


@transaction.atomic
def _invite(request: Request, given: dict[str, str]) -> Membership:
    """Give a role to a person; ``ValidationError`` if the role, the firm or the address cannot be."""
    scope = request.scope
    firm = None
    if given["role"] not in scope.gives:
        raise ValidationError("role")
    if given["role"] == Role.FIRM:
        number = (
            given["firm"] if given["firm"].isascii() and given["firm"].isdigit() and len(given["firm"]) < 19 else "0"
        )
        firm = reach(scope, Action.LIST_FIRMS, FirmRow).filter(pk=int(number)).first()
        if firm is None:
            raise ValidationError("firm")
    person = invited(given["email"], given["name"])
    # addresses are not verified, so an account that others made is trusted by who operates the installation alone
    theirs = Membership.objects.filter(user=person)
    if person.is_superuser or (theirs.exists() and not theirs.filter(park=scope.park).exists()):
        raise ValidationError("foreign")
    made, new = Membership.objects.get_or_create(park=scope.park, user=person, role=given["role"], firm=firm)
    if new:
        about = f"{person.email}: {made.role}{f' {firm.code}' if firm else ''}"
        log("role given", park=scope.park, by=request.user, about=about)
    return made


def may_link(scope: Scope, person: User) -> bool:
    """Whether the account may let a person set a password: all that the person may do is the account's to give.

    Who has a password already gets a link from an administrator alone, since it replaces theirs.
    """
    others = Membership.objects.filter(user=person).exclude(pk__in=reach(scope, Action.MANAGE_MEMBERS, Membership))
    known = person.has_usable_password() and Role.ADMINISTRATOR not in scope.roles
    return not (known or person.is_superuser or others.exists())


@rule(post=Action.MANAGE_MEMBERS)
def link(request: Request, **named: Any) -> HttpResponse:
    """Show a new link for a password: the first one, or one in place of a password that was forgotten."""
    membership = request.scope.row
    if not may_link(request.scope, membership.user):
        messages.error(request, words("no_link", current()))
        return redirect("members", park=request.scope.park.slug)
    return _show_link(request, membership)


def _show_link(request: Request, membership: Membership) -> HttpResponse:
    log("link for a password", park=request.scope.park, by=request.user, about=membership.user.email)
    address = request.build_absolute_uri(password_link(membership.user))
    return render(request, "web/link.html", {"person": membership.user, "link": address})


@rule(post=Action.MANAGE_MEMBERS)
def remove(request: Request, **named: Any) -> HttpResponse:
    """Take a role from a person; the last administrator of a park stays."""
    scope, membership = request.scope, request.scope.row
    others = Membership.objects.filter(park=scope.park, role=Role.ADMINISTRATOR).exclude(pk=membership.pk)
    if membership.role == Role.ADMINISTRATOR and not others.exists():
        messages.error(request, words("last_administrator", current()))
    else:
        membership.delete()
        log("role taken", park=scope.park, by=request.user, about=f"{membership.user.email}: {membership.role}")
        messages.success(request, words("removed", current()))
    return redirect("members", park=scope.park.slug)
