"""Who may do what to what: the one place that decides it.

Every route declares its rule with :func:`rule`, one for each method; :class:`lichen.web.middleware.Guard` refuses a
route without one. A rule names an action; :data:`ALLOWED` says which roles may do it in their park. What an account may
not do to a thing, and a thing that is not there, get the same answer: 404.

Rows come from :func:`reach` alone: the rows of the park that the account's roles open for the action. Of a row that is
reached, :func:`shown` says which fields are seen.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import Http404

from lichen.figures import Text
from lichen.inventory.dictionary import columns
from lichen.monitor.dictionary import Entity as Followed
from lichen.web.followed_models import Document, Exchange, FollowRow, LogRow, ReleasedTable
from lichen.web.models import (
    DETAILS,
    NAMES,
    Audit,
    Change,
    Consent,
    FirmRow,
    FlowRow,
    Job,
    JobState,
    Membership,
    Opportunity,
    Park,
    ProcessRow,
    Role,
    Row,
    Upload,
    User,
)
from lichen.web.run_models import CostRow, Run, RunKind

View = TypeVar("View", bound=Callable[..., Any])
M = TypeVar("M", bound=Model)


class Action(StrEnum):
    """What can be done in a park."""

    SEE_PARK = "see park"
    LIST_FIRMS = "list firms"
    READ_ROWS = "read rows"
    WRITE_ROWS = "write rows"
    ADD_FIRMS = "add firms"
    REMOVE_FIRMS = "remove firms"
    READ_HISTORY = "read history"
    SEND_SURVEYS = "send surveys"
    CARRY_STUDY = "carry study"
    MANAGE_MEMBERS = "manage members"
    READ_AUDIT = "read audit"
    # board, follow-up, release, reports
    SEE_BOARD = "see board"
    WRITE_BOARD = "write board"
    NOTE_BOARD = "note on board"
    READ_FOLLOW = "read follow-up"
    WRITE_FOLLOW = "write follow-up"
    READ_RELEASED = "read released"
    MAKE_RELEASE = "make release"
    READ_REPORTS = "read reports"
    READ_PARK_REPORTS = "read park reports"
    # jobs, balance, opportunities, knowledge
    RUN_JOBS = "run jobs"
    SEE_OPPORTUNITIES = "see opportunities"
    GIVE_CONSENT = "give consent"
    READ_KNOWLEDGE = "read knowledge"
    # design, appraisal, scenarios
    READ_COSTS = "read costs"
    WRITE_COSTS = "write costs"
    READ_RUNS = "read runs"
    START_RUNS = "start runs"
    READ_SETTINGS = "read settings"
    WRITE_SETTINGS = "write settings"


FIRM, FACILITATOR, ADMINISTRATOR, AUDITOR = Role.FIRM, Role.FACILITATOR, Role.ADMINISTRATOR, Role.AUDITOR
ALLOWED: Mapping[Action, frozenset[Role]] = {
    Action.SEE_PARK: frozenset({FIRM, FACILITATOR, ADMINISTRATOR, AUDITOR}),
    Action.LIST_FIRMS: frozenset({FIRM, FACILITATOR, ADMINISTRATOR}),
    Action.READ_ROWS: frozenset({FIRM, FACILITATOR}),
    Action.WRITE_ROWS: frozenset({FIRM, FACILITATOR}),
    Action.ADD_FIRMS: frozenset({FACILITATOR}),
    Action.REMOVE_FIRMS: frozenset({FACILITATOR}),
    Action.READ_HISTORY: frozenset({FIRM, FACILITATOR}),
    Action.SEND_SURVEYS: frozenset({FIRM, FACILITATOR}),
    Action.CARRY_STUDY: frozenset({FACILITATOR}),
    Action.MANAGE_MEMBERS: frozenset({FACILITATOR, ADMINISTRATOR}),
    Action.READ_AUDIT: frozenset({ADMINISTRATOR, AUDITOR}),
    # board, follow-up, release, reports
    Action.SEE_BOARD: frozenset({FIRM, FACILITATOR}),
    Action.WRITE_BOARD: frozenset({FACILITATOR}),
    Action.NOTE_BOARD: frozenset({FIRM, FACILITATOR}),
    Action.READ_FOLLOW: frozenset({FIRM, FACILITATOR}),
    Action.WRITE_FOLLOW: frozenset({FIRM, FACILITATOR}),
    Action.READ_RELEASED: frozenset({FIRM, FACILITATOR, ADMINISTRATOR, AUDITOR}),
    Action.MAKE_RELEASE: frozenset({FACILITATOR, ADMINISTRATOR}),
    Action.READ_REPORTS: frozenset({FIRM, FACILITATOR}),
    Action.READ_PARK_REPORTS: frozenset({FACILITATOR}),
    # jobs, balance, opportunities, knowledge
    Action.RUN_JOBS: frozenset({FACILITATOR}),
    Action.SEE_OPPORTUNITIES: frozenset({FIRM, FACILITATOR}),
    Action.GIVE_CONSENT: frozenset({FIRM}),
    Action.READ_KNOWLEDGE: frozenset({FIRM, FACILITATOR, ADMINISTRATOR, AUDITOR}),
    # design, appraisal, scenarios
    Action.READ_COSTS: frozenset({FACILITATOR, ADMINISTRATOR}),
    Action.WRITE_COSTS: frozenset({FACILITATOR, ADMINISTRATOR}),
    Action.READ_RUNS: frozenset({FIRM, FACILITATOR}),
    Action.START_RUNS: frozenset({FACILITATOR}),
    Action.READ_SETTINGS: frozenset({FACILITATOR, ADMINISTRATOR}),
    Action.WRITE_SETTINGS: frozenset({FACILITATOR, ADMINISTRATOR}),
}
"""Roles that may do an action in their park; the role of a firm only to what is that firm's."""
NAME_FIELDS = ("id", "name", "industry")
"""What an administrator sees of a firm: enough to know it, nothing that it told in confidence."""
MAY_GIVE: Mapping[Role, frozenset[Role]] = {
    FACILITATOR: frozenset({FIRM}), ADMINISTRATOR: frozenset({FIRM, FACILITATOR, ADMINISTRATOR, AUDITOR}),
}  # fmt: skip
"""Roles that who has a role may give to others, and take from them."""

Who = Literal["anyone", "account", "operator", "closed"]
"""Of routes outside a park: anyone; who is logged in; who operates the installation; nobody."""


@dataclass(frozen=True)
class Scope:
    """An account in a park: its roles there, and the firms (ids of rows) that it speaks for.

    ``firm`` and ``row`` are what the address names, once they were found in reach.
    """

    user: User
    park: Park
    roles: frozenset[Role]
    firms: frozenset[int]
    firm: FirmRow | None = field(default=None, compare=False)
    row: Any = field(default=None, compare=False)

    def may(self, action: Action) -> bool:
        """Whether a role of the account opens an action at all."""
        return bool(ALLOWED[action] & self.roles)

    def everywhere(self, action: Action) -> bool:
        """Whether a role opens an action for the whole park, not for own firms alone."""
        return bool((ALLOWED[action] & self.roles) - {FIRM})

    @functools.cached_property
    def met(self) -> frozenset[tuple[str, int | None, int | None]]:
        """Opportunities of the account's firms in which both sides agreed to names: id or key, donor, receiver."""
        return self._agreed_to(NAMES)

    @functools.cached_property
    def opened(self) -> frozenset[tuple[str, int | None, int | None]]:
        """Those in which both sides agreed to composition and prices too."""
        return self._agreed_to(DETAILS)

    def _agreed_to(self, step: int) -> frozenset[tuple[str, int | None, int | None]]:
        given: dict[tuple[str, str, int | None, int | None], set[int]] = {}
        rows = Consent.objects.filter(park=self.park, ended=None, step__gte=step).filter(
            Q(opportunity__donor__in=self.firms) | Q(opportunity__receiver__in=self.firms)
        )
        for pk, key, donor, receiver, firm in rows.values_list(
            "opportunity", "opportunity__key", "opportunity__donor", "opportunity__receiver", "firm"
        ):
            given.setdefault((str(pk), key, donor, receiver), set()).add(firm)
        both = [known for known, firms in given.items() if {known[2], known[3]} - {None} <= firms]
        return frozenset((name, donor, receiver) for pk, key, donor, receiver in both for name in (pk, key))

    @property
    def gives(self) -> frozenset[Role]:
        """Roles that the account may give to others."""
        return frozenset().union(*(MAY_GIVE.get(role, frozenset()) for role in self.roles))


def scope_of(user: Any, slug: str) -> Scope:
    """Return an account's scope in a park; ``Http404`` if it has no role there."""
    found = list(Membership.objects.filter(user=user, park__slug=slug).select_related("park"))
    if not found:
        raise Http404
    roles = frozenset(Role(m.role) for m in found)
    return Scope(user, found[0].park, roles, frozenset(m.firm_id for m in found if m.firm_id is not None))


def parks_of(user: User) -> QuerySet[Park]:
    """Return the parks in which an account has a role."""
    return Park.objects.filter(memberships__user=user).distinct().order_by("name")


_HISTORIES: Mapping[Action, str] = {Action.READ_COSTS: "cost", Action.READ_SETTINGS: "setting"}
"""What of the history who may read a thing sees with it."""
_FIRM_OF: Mapping[type[Model], str] = {FirmRow: "pk__in", ProcessRow: "firm__in", FlowRow: "firm__in"}


def reach(scope: Scope, action: Action, model: type[M]) -> QuerySet[M]:
    """Return the rows of a table that ``action`` may be done to: none, those of own firms, or the park's."""
    rows = model._default_manager.filter(park=scope.park)
    if not scope.may(action):
        return rows.none()
    if model is Upload:
        return rows.filter(user=scope.user)
    if scope.everywhere(action):
        if model is Membership:
            return rows.filter(role__in=scope.gives)
        if model is Job:  # what a survey says is its sender's until it is taken over
            return rows.filter(Q(user=scope.user) | ~Q(kind__startswith="survey"))
        if model is Change and action in _HISTORIES:
            return rows.filter(entity=_HISTORIES[action])
        return rows
    if model is Run:
        return rows.filter(kind=RunKind.DESIGN, state=JobState.DONE, released__isnull=False)
    if model is Change:
        return rows.filter(firm__in=FirmRow.objects.filter(pk__in=scope.firms).values_list("code", flat=True))
    if model is Opportunity:
        return rows.filter(Q(donor__in=scope.firms) | Q(receiver__in=scope.firms))
    if model in _FIRM_OF:
        return rows.filter(**{_FIRM_OF[model]: scope.firms})
    if model in _FOLLOWED:
        return rows.filter(_FOLLOWED[model](scope, action))
    return rows.none()


def own_exchanges(scope: Scope) -> QuerySet[Exchange]:
    """Return the exchanges that the account's firms take part in."""
    return Exchange.objects.filter(park=scope.park).filter(
        Q(donor__in=scope.firms) | Q(receiver__in=scope.firms)
    )  # fmt: skip


REGISTERS: tuple[Followed, ...] = ("planned", "actual", "terms", "measure", "milestone", "target")
"""What follow-up keeps beside the log."""


def registers(scope: Scope, action: Action) -> tuple[Followed, ...]:
    """Return the registers of which an account may read or write rows; of a firm it is never all rows."""
    if scope.everywhere(action):
        return REGISTERS
    if not scope.may(action):
        return ()
    return tuple(r for r in REGISTERS if r != "target") if action is Action.READ_FOLLOW else ("measure",)


def _own_rows(scope: Scope, action: Action) -> Q:
    codes = FirmRow.objects.filter(pk__in=scope.firms).values_list("code", flat=True)
    found = Q(entity="measure", about__in=codes)
    if action is Action.READ_FOLLOW:
        found |= Q(entity__in=("planned", "actual", "milestone"), about__in=own_exchanges(scope).values("key"))
        found |= Q(entity="terms", about__in=[one.key for one in own_exchanges(scope) if terms_shown(scope, one)])
    return found


_FOLLOWED: Mapping[type[Model], Callable[[Scope, Action], Q]] = {
    Exchange: lambda scope, action: Q(pk__in=own_exchanges(scope)),
    LogRow: lambda scope, action: Q(exchange__in=own_exchanges(scope)),
    Document: lambda scope, action: (
        Q(exchange__in=own_exchanges(scope))
        & (Q(firm__in=scope.firms) | (Q(shared=True) if action is Action.SEE_BOARD else Q(pk__in=())))
    ),
    FollowRow: _own_rows,
    ReleasedTable: lambda scope, action: Q(withdrawal=None),
}
"""Of exchanges and registers: which rows who speaks for firms reaches; documents of others only to read."""
HIDDEN_WORDS = ("owner", "next_step", "due", "note", "who", "source")


def event_shown(scope: Scope, row: LogRow) -> dict[str, Any]:
    """Return an event's values as far as the account sees them: state and date, and its words if they are shared."""
    if scope.everywhere(Action.SEE_BOARD) or row.shared or (row.firm is not None and row.firm in scope.firms):
        return dict(row.values)
    return {key: value for key, value in row.values.items() if key not in HIDDEN_WORDS}


def partner_shown(scope: Scope, exchange: Exchange, firm: FirmRow | None) -> bool:
    """Whether the account sees who a firm of an exchange is: itself, or a partner that it was told of.

    It was told where both agreed to names in the opportunity that the exchange came from, as long as they do, or where
    the facilitator notes that the two know of each other.
    """
    if firm is None:
        return False
    if scope.everywhere(Action.SEE_BOARD) or exchange.named or firm.pk in scope.firms:
        return True
    return any((name, exchange.donor_id, exchange.receiver_id) in scope.met for name in _opportunity_names(exchange))


def _opportunity_names(exchange: Exchange) -> tuple[str, str]:
    """Return by what an exchange names its opportunity: the id, or, from a design, the name whose digest is the key."""
    return exchange.origin, hashlib.sha256(exchange.origin.encode()).hexdigest()


_OF_OPPORTUNITY = re.compile(r"[0-9a-f-]{36}|[^>]+>[^>]+>[^>]+")
"""Origin of an exchange that came from an opportunity: its id, or from a design its name DONOR>STREAM>RECEIVER."""


def terms_shown(scope: Scope, exchange: Exchange) -> bool:
    """Whether the account sees what the two firms of an exchange agreed on: price, quantity, duration.

    A firm sees it where both consent to composition and price in the opportunity that the exchange came from; where it
    came from none, so that nobody could be asked, where the facilitator notes that the two know of each other.
    """
    if scope.everywhere(Action.READ_FOLLOW):
        return True
    if not {exchange.donor_id, exchange.receiver_id} & scope.firms:
        return False
    if _OF_OPPORTUNITY.fullmatch(exchange.origin):
        ends = (exchange.donor_id, exchange.receiver_id)
        return any((name, *ends) in scope.opened for name in _opportunity_names(exchange))
    return exchange.named


HIDDEN = Text("a partner", "合作方")
"""What stands for a firm that an account was not told of."""


def title_shown(scope: Scope, exchange: Exchange) -> Text:
    """Return what an exchange is called, without names and codes of a firm that the account was not told of."""
    found = Text(exchange.title, exchange.title_zh or exchange.title)
    for firm in (exchange.donor, exchange.receiver):
        if firm is not None and not partner_shown(scope, exchange, firm):
            for name in sorted({firm.name, firm.code}, key=len, reverse=True):
                found = Text(found.en.replace(name, HIDDEN.en), found.zh.replace(name, HIDDEN.zh))
    return found


def public_tables(slug: str) -> QuerySet[ReleasedTable]:
    """Return the tables of a park that anybody may see: released, and not withdrawn."""
    return ReleasedTable.objects.filter(park__slug=slug, withdrawal=None).select_related("park")


def shown(scope: Scope, row: Row) -> tuple[str, ...]:
    """Return the keys of a row's values that the account sees."""
    firm = row.pk if isinstance(row, FirmRow) else row.firm_id  # type: ignore[attr-defined]
    if FACILITATOR in scope.roles or firm in scope.firms:
        return tuple(c.key for c in columns(row.entity))
    return NAME_FIELDS if ADMINISTRATOR in scope.roles and isinstance(row, FirmRow) else ()


def values_shown(scope: Scope, row: Row) -> dict[str, Any]:
    """Return a row's values as far as the account sees them."""
    return {key: row.values[key] for key in shown(scope, row) if key in row.values}


@dataclass(frozen=True)
class Rule:
    """What a route's method needs: an action in the park that the address names, or, outside a park, ``who``."""

    who: Who = "closed"
    action: Action | None = None


OBJECTS: Mapping[str, type[Model]] = {
    "firm": FirmRow, "process": ProcessRow, "flow": FlowRow, "upload": Upload, "membership": Membership,
    "exchange": Exchange, "document": Document, "followed": FollowRow, "release": ReleasedTable,
    "job": Job, "opportunity": Opportunity,
    # design, appraisal, scenarios
    "cost": CostRow, "run": Run,
}  # fmt: skip
"""Names in addresses and the tables they speak of; the park itself is ``park``."""


def rule(who: Who = "closed", **needs: Action | Who) -> Callable[[View], View]:
    """Declare a route's rules: ``rule(get=Action.READ_ROWS, post=Action.WRITE_ROWS)``, ``rule("account")``, or, outside
    a park and for one method, ``rule(post="operator")``.
    """
    rules = {
        method.upper(): Rule(action=need) if isinstance(need, Action) else Rule(need) for method, need in needs.items()
    }
    if not needs:
        rules = {"GET": Rule(who), "POST": Rule(who)}

    def declare(view: View) -> View:
        view.rules = rules  # type: ignore[attr-defined]
        return view

    return declare


def target(scope: Scope, action: Action, named: Mapping[str, Any]) -> Scope:
    """Return the scope with the things that an address names; ``Http404`` if one is not in reach."""
    firm: FirmRow | None = None
    row: Any = None
    for name, value in named.items():
        if name == "park":
            continue
        rows = reach(scope, action, OBJECTS[name])
        if firm is not None:
            rows = rows.filter(firm=firm)
        if isinstance(row, Exchange):
            rows = rows.filter(exchange=row)
        found = rows.filter(pk=value).first()
        if found is None:
            raise Http404
        if isinstance(found, FirmRow):
            firm = found
        else:
            row = found
    return replace(scope, firm=firm, row=row)


def again(scope: Scope, park: Park) -> Scope:
    """Return a scope with the things that the address names as they are now.

    Raises
    ------
    ObjectDoesNotExist
        If one is gone.
    """
    firm = FirmRow.objects.get(pk=scope.firm.pk) if scope.firm is not None else None
    row = type(scope.row)._default_manager.get(pk=scope.row.pk) if scope.row is not None else None
    return replace(scope, park=park, firm=firm, row=row)


def log(action: str, *, park: Park | None = None, by: Any = None, about: str = "") -> None:
    """Add a line to the audit."""
    person = by if isinstance(by, User) else None
    Audit.objects.create(park=park, by=person, action=action, about=about[:2000])
