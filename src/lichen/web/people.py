"""People and what they are to parks: invited, given roles, taken them, let set a password; parks and who runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import slugify

from lichen.web import walls
from lichen.web.accounts import end_links, password_link
from lichen.web.middleware import current
from lichen.web.models import FirmRow, Membership, Park, Role, User
from lichen.web.policy import MAY_GIVE, Action, Scope, log, reach
from lichen.web.texts import words


class NotMade(Exception):  # noqa: N818  # it is an answer, in words of the request's language
    """Why something of people was not done."""


def invited(address: str, name: str = "") -> User:
    """Return the person with an address; who is not known yet is made, without a password.

    Raises
    ------
    ValidationError
        If it is no e-mail address.
    """
    address = address.strip().lower()
    validate_email(address)
    return User.objects.filter(email=address).first() or User.objects.create_user(address, name=name[:150])


@dataclass(frozen=True)
class Held:
    """A role that an account has, its park, and of a firm which one."""

    park: Park
    role: str
    firm: FirmRow | None


def roles_of(person: User) -> list[Held]:
    """Return the roles of an account; each park is opened for the firm that the account speaks for there."""
    found = []
    for row in Membership.objects.filter(user=person).select_related("park").order_by("park__name", "role", "pk"):
        with walls.inside(row.park):
            firm = FirmRow.objects.filter(pk=row.firm_id).first() if row.firm_id is not None else None
            found.append(Held(row.park, row.role, firm))
    return found


def members(scope: Scope) -> QuerySet[Membership]:
    """Return the people whose roles an account may give and take."""
    found = reach(scope, Action.MANAGE_MEMBERS, Membership)
    return found.select_related("user", "firm").order_by("role", "user__email", "pk")


@transaction.atomic
def give_role(scope: Scope, email: str, name: str, role: str, firm: int | None, by: User) -> Membership:
    """Give a role to a person, who is invited if nobody has the address; for a firm's role, ``firm`` is its number.

    Raises
    ------
    ValidationError
        If the role, the firm or the address cannot be.
    """
    if role not in scope.gives:
        raise ValidationError("role")
    of = _firm(scope, firm) if role == Role.FIRM else None
    person = invited(email, name)
    # addresses are not verified, so an account that others made is trusted by who operates the installation alone
    theirs = Membership.objects.filter(user=person)
    if person.is_superuser or (theirs.exists() and not theirs.filter(park=scope.park).exists()):
        raise ValidationError("foreign")
    made, new = Membership.objects.get_or_create(park=scope.park, user=person, role=role, firm=of)
    if new:
        log("role given", park=scope.park, by=by, about=_said(made))
    return made


def _firm(scope: Scope, number: int | None) -> FirmRow:
    found = reach(scope, Action.LIST_FIRMS, FirmRow).filter(pk=number or 0).first()
    if found is None:
        raise ValidationError("firm")
    return found


def _said(row: Membership) -> str:
    return f"{row.user.email}: {row.role}{f' {row.firm.code}' if row.firm else ''}"


@transaction.atomic
def change_role(scope: Scope, row: Membership, role: str, firm: int | None, by: User) -> Membership:
    """Give a person another role, or the same for another firm, in place of one.

    Raises
    ------
    ValidationError
        If the role or the firm cannot be, or the person operates the installation.
    NotMade
        If the park would be without an administrator.
    """
    if role not in scope.gives:
        raise ValidationError("role")
    if row.user.is_superuser:
        raise ValidationError("foreign")
    of = _firm(scope, firm) if role == Role.FIRM else None
    if (row.role, row.firm) == (role, of):
        return row
    take_role(scope, row, by)
    made, new = Membership.objects.get_or_create(park=scope.park, user=row.user, role=role, firm=of)
    if role not in MAY_GIVE[Role.FACILITATOR]:  # who made a link for the old role may not give the new one
        end_links(row.user)
    if new:
        log("role given", park=scope.park, by=by, about=_said(made))
    return made


@transaction.atomic
def take_role(scope: Scope, row: Membership, by: User) -> None:
    """Take a role from a person.

    Raises
    ------
    NotMade
        If it is the park's last administrator, who stays.
    """
    Park.objects.select_for_update().get(pk=scope.park.pk)
    others = Membership.objects.filter(park=scope.park, role=Role.ADMINISTRATOR).exclude(pk=row.pk)
    if row.role == Role.ADMINISTRATOR and not others.exists():
        raise NotMade(words("last_administrator", current()))
    Membership.objects.filter(pk=row.pk).delete()
    log("role taken", park=scope.park, by=by, about=_said(row))


def may_link(scope: Scope, person: User) -> bool:
    """Whether the account may let a person set a password: all that the person may do is the account's to give.

    Who has a password already gets a link from an administrator alone, since it replaces theirs.
    """
    others = Membership.objects.filter(user=person).exclude(pk__in=reach(scope, Action.MANAGE_MEMBERS, Membership))
    known = person.has_usable_password() and Role.ADMINISTRATOR not in scope.roles
    return not (known or person.is_superuser or others.exists())


def link_for(scope: Scope, person: User, by: User) -> str:
    """Return the path at which a person sets a password: the first one, or one in place of a password forgotten.

    Raises
    ------
    NotMade
        If that is not the account's to give.
    """
    if not may_link(scope, person):
        raise NotMade(words("no_link", current()))
    log("link for a password", park=scope.park, by=by, about=person.email)
    return password_link(person)


def first_link(scope: Scope, person: User, by: User) -> str:
    """Return the path at which who was just given a role sets a first password; empty where they have one."""
    wanted = not person.has_usable_password() and may_link(scope, person)
    return link_for(scope, person, by) if wanted else ""


@transaction.atomic
def made_park(operator: Any, slug: str, name: str, name_zh: str, email: str) -> tuple[Park, User, str]:
    """Make a park with its administrator; return both, and a link for a password if they have none.

    Raises
    ------
    NotMade
        If it has no name, or its short name is none or another park's.
    ValidationError
        If that is no e-mail address.
    """
    slug = slugify(slug)[:60]
    if not name.strip() or not slug or Park.objects.filter(slug=slug).exists():
        raise NotMade(words("park_not_made", current()))
    park = Park.objects.create(slug=slug, name=name.strip()[:200], name_zh=name_zh.strip()[:200])
    person = invited(email)
    Membership.objects.create(park=park, user=person, role=Role.ADMINISTRATOR)
    log("park made", park=park, by=operator, about=f"{park.name}; administrator {person.email}")
    return park, person, "" if person.has_usable_password() else password_link(person)
