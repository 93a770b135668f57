"""The part of the API that speaks of the people of a park, and of the audit."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from ninja import Query, Router, Schema, Status
from pydantic import Field

from lichen.web.api_base import ABSENT, REFUSED, Pages, page_of
from lichen.web.middleware import Request, current
from lichen.web.models import Audit, Membership
from lichen.web.people import NotMade, change_role, first_link, give_role, link_for, may_link, members, take_role
from lichen.web.policy import Action, reach, rule
from lichen.web.texts import words

router = Router()
MEMBERS = "/parks/{slug:park}/members"
MEMBER = f"{MEMBERS}/{{int:membership}}"


class MemberOut(Schema):
    """A role of a person; ``may_link``: the account may give them a link for a password."""

    id: int
    email: str
    name: str
    role: str
    firm: int | None
    firm_code: str
    may_link: bool


class MembersOut(Schema):
    """Some roles, how many there are, and which ones the account may give."""

    count: int
    rows: list[MemberOut]
    gives: list[str]


class RoleIn(Schema):
    """A role that the account may give; with ``firm`` the number of a firm, and nothing else."""

    role: str = Field(max_length=20)
    firm: int | None = Field(None, ge=0, lt=2**63)


class MemberIn(RoleIn):
    """A person and the role that is given to them; who is not known yet is invited."""

    email: str = Field(max_length=254)
    name: str = Field("", max_length=150)


class InvitedOut(MemberOut):
    """A role that was given; a link with which the person sets a password, where they have none."""

    link: str


class LinkOut(Schema):
    """A link with which a person sets a password, once."""

    link: str


class AuditedOut(Schema):
    """Something that somebody did."""

    time: str
    by: str
    action: str
    about: str


class AuditOut(Schema):
    """Some lines of the audit, newest first, and how many there are."""

    count: int
    rows: list[AuditedOut]


def _told(request: Request, row: Membership) -> dict[str, Any]:
    return {
        "id": row.pk, "email": row.user.email, "name": row.user.name, "role": row.role, "firm": row.firm_id,
        "firm_code": row.firm.code if row.firm else "", "may_link": may_link(request.scope, row.user),
    }  # fmt: skip


def _impossible() -> Any:
    return Status(422, {"detail": words("member_not_made", current())})


@router.get(MEMBERS, response={200: MembersOut, **REFUSED}, url_name="members")
@rule(get=Action.MANAGE_MEMBERS)
def listing(request: Request, park: str, pages: Query[Pages]) -> Any:
    """List the people whose roles the account may give and take."""
    found = page_of(members(request.scope), pages, partial(_told, request))
    return {**found, "gives": sorted(request.scope.gives)}


@router.post(MEMBERS, response={201: InvitedOut, **REFUSED}, url_name="add_member")
@rule(post=Action.MANAGE_MEMBERS)
def add_member(request: Request, park: str, body: MemberIn) -> Any:
    """Give a role to a person; who has that role already keeps it."""
    scope = request.scope
    try:
        made = give_role(scope, body.email, body.name.strip(), body.role, body.firm, request.user)
    except ValidationError:
        return _impossible()
    path = first_link(scope, made.user, request.user)
    return Status(201, {**_told(request, made), "link": request.build_absolute_uri(path) if path else ""})


@router.put(MEMBER, response={200: MemberOut, **REFUSED}, url_name="put_member")
@rule(put=Action.MANAGE_MEMBERS)
def put_member(request: Request, park: str, membership: int, body: RoleIn) -> Any:
    """Give a person another role, or the same for another firm, in place of one; that makes a new membership."""
    try:
        return _told(request, change_role(request.scope, request.scope.row, body.role, body.firm, request.user))
    except ValidationError:
        return _impossible()
    except NotMade as error:
        return Status(409, {"detail": str(error)})


@router.delete(MEMBER, response={204: None, **REFUSED}, url_name="delete_member")
@rule(delete=Action.MANAGE_MEMBERS)
def delete_member(request: Request, park: str, membership: int) -> Any:
    """Take a role from a person; 409 for the last administrator of a park, who stays."""
    try:
        take_role(request.scope, request.scope.row, request.user)
    except NotMade as error:
        return Status(409, {"detail": str(error)})
    return Status(204, None)


@router.post(f"{MEMBER}/link", response={200: LinkOut, **REFUSED}, url_name="member_link")
@rule(post=Action.MANAGE_MEMBERS)
def link(request: Request, park: str, membership: int) -> Any:
    """Make a link with which a person sets a password: the first one, or one in place of one that was forgotten."""
    try:
        path = link_for(request.scope, request.scope.row.user, request.user)
    except NotMade as error:
        return Status(409, {"detail": str(error)})
    return {"link": request.build_absolute_uri(path)}


@router.get("/parks/{slug:park}/audit", response={200: AuditOut, 422: REFUSED[422], **ABSENT}, url_name="audit")
@rule(get=Action.READ_AUDIT)
def audit(request: Request, park: str, pages: Query[Pages]) -> Any:
    """List who did what, newest first."""
    rows = reach(request.scope, Action.READ_AUDIT, Audit).order_by("-id").select_related("by")
    return page_of(rows, pages, lambda a: {
        "time": a.time.isoformat(), "by": str(a.by or ""), "action": a.action, "about": a.about,
    })  # fmt: skip
