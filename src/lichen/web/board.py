"""The exchange board: cards by state, as far as an account sees them; events that the library checked."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from lichen.errors import Language, Problem
from lichen.figures import Text
from lichen.monitor.board import BACK, FORWARD, Standing, board
from lichen.monitor.dictionary import columns
from lichen.monitor.terms import terms_on
from lichen.monitor.values import STATES, State
from lichen.report.follow import terms_row
from lichen.report.texts import Words
from lichen.web.drafts import Entry, entry
from lichen.web.followed import events_of, place_of, read, today
from lichen.web.followed_models import Exchange, FollowRow, LogRow
from lichen.web.models import FirmRow
from lichen.web.policy import Action, Scope, partner_shown, reach, title_shown

START: State = "idea"
"""State of an exchange of whose log an account sees nothing yet."""


@dataclass(frozen=True)
class Card:
    """An exchange on the board.

    Parameters
    ----------
    exchange, standing
        The row, and where it stands; ``None``: nothing is told of it yet.
    title
        What it is called, as far as the account sees it.
    donor, receiver
        Its firms, as far as the account sees them.
    """

    exchange: Exchange
    standing: Standing | None
    title: Text
    donor: FirmRow | None
    receiver: FirmRow | None

    @property
    def state(self) -> State:
        """How far it is."""
        return self.standing.state if self.standing else START

    @property
    def late(self) -> int:
        """By how many days its next step is late [d]; 0: it is not."""
        return self.standing.overdue_days if self.standing else 0

    def name(self, lang: Language) -> str:
        """Return what it is called."""
        return self.title.text(lang)


def cards(scope: Scope, date: datetime.date | None = None) -> list[Card]:
    """Return the exchanges that an account sees, with where they stand."""
    told = read({"event": events_of(scope)})
    standings = {one.exchange: one for one in board(told.events, date or today())}
    rows = reach(scope, Action.SEE_BOARD, Exchange).select_related("donor", "receiver")
    return [_card(scope, row, standings.get(row.key)) for row in rows]


def _card(scope: Scope, row: Exchange, standing: Standing | None) -> Card:
    donor, receiver = (firm if partner_shown(scope, row, firm) else None for firm in (row.donor, row.receiver))
    return Card(row, standing, title_shown(scope, row), donor, receiver)


def card(scope: Scope, row: Exchange) -> Card:
    """Return one exchange with where it stands."""
    return next(one for one in cards(scope) if one.exchange.pk == row.pk)


def terms_of(scope: Scope, row: Exchange) -> QuerySet[FollowRow]:
    """Return what was agreed for an exchange, as far as an account sees it."""
    return reach(scope, Action.READ_FOLLOW, FollowRow).filter(entity="terms", about=row.key)


def agreed(scope: Scope, row: FollowRow, lang: Language) -> dict[str, Any]:
    """Return agreed terms in words, whether they hold today, and whether what flows keeps to them."""
    actual = reach(scope, Action.READ_FOLLOW, FollowRow).filter(entity="actual", about=row.about)
    told = read({"terms": [row.values], "actual": [r.values for r in actual]})
    held = terms_on(told.terms, told.actual, today())
    return terms_row(held[0], Words(lang)) if held else {}


def fitting(scope: Scope, found: Iterable[Card], wishes: Mapping[str, str], lang: Language) -> list[Card]:
    """Return the cards that fit: words (``q``), ``state``, ``owner``, and whether only the ``late`` ones are wanted.

    Words are looked for in what the account sees: the name in the log, which may tell of the partner, is the
    facilitator's.
    """
    text = wishes.get("q", "").strip().lower()[:100]
    state, owner = wishes.get("state", ""), wishes.get("owner", "")

    def fits(one: Card) -> bool:
        firms = " ".join(f"{f.name} {f.code}" for f in (one.donor, one.receiver) if f)
        hay = f"{one.name(lang)} {one.exchange.key if scope.may(Action.WRITE_BOARD) else ''} {firms}".lower()
        return (
            (not text or text in hay)
            and (state not in STATES or one.state == state)
            and (not owner or (one.standing is not None and one.standing.owner == owner))
            and (not wishes.get("late") or one.late > 0)
        )

    return [one for one in found if fits(one)]


def by_state(found: list[Card]) -> list[tuple[State, list[Card]]]:
    """Return the cards of each state, the latest first."""
    return [(s, sorted((c for c in found if c.state == s), key=lambda c: -c.late)) for s in STATES]


def possible(state: State) -> tuple[State, ...]:
    """Return the states that an exchange may be in next, its own first."""
    return (state, *(s for s in STATES if s != state and (s in FORWARD[state] or s in BACK[state])))


@dataclass(frozen=True)
class EventDraft:
    """An event as somebody writes it.

    Parameters
    ----------
    record
        Its values as they will be kept; ``None`` where there is an error.
    at_fields
        Problems by column key.
    others
        Problems elsewhere.
    """

    record: Mapping[str, Any] | None
    at_fields: Mapping[str, tuple[Problem, ...]]
    others: tuple[Problem, ...]


def draft_event(row: Exchange, written: Mapping[str, str]) -> EventDraft:
    """Return what an event would mean beside the log of its exchange, with every problem at its field."""
    own = {key: text.strip() for key, text in written.items() if text.strip()} | {"exchange": row.key}
    log = [{**r.values, "exchange": row.key} for r in LogRow.objects.filter(exchange=row)]
    earlier = {str(p) for p in read({"event": log}).problems}
    found = read({"event": [*log, own]})
    at_fields: dict[str, list[Problem]] = {}
    others: list[Problem] = []
    for problem in found.problems:
        place = place_of(problem)
        if place and place[0] == len(log):
            # what the log as a whole says of this event speaks of its state
            key = "state" if place[1] == "exchange" else place[1]
            at_fields.setdefault(key, []).append(problem)
        elif str(problem) not in earlier:
            others.append(problem)
    wrong = any(p.severity == "error" for ps in (*at_fields.values(), others) for p in ps)
    record = None if wrong else {k: str(found.events[-1].date) if k == "date" else own[k] for k in own}
    if record is not None:
        last = found.events[-1]
        record |= {"state": last.state} | ({"due": str(last.due)} if last.due else {})
    return EventDraft(record, {k: tuple(v) for k, v in at_fields.items()}, tuple(others))


def event_entries(
    written: Mapping[str, str], problems: Mapping[str, tuple[Problem, ...]], lang: Language, state: State,
    changes: bool,
) -> list[Entry]:  # fmt: skip
    """Return the fields of a new event; who may not change states is offered the present one alone."""
    by_key = {c.key: c for c in columns("event")}
    said = dict(zip(by_key["state"].field.choices, by_key["state"].field.words(lang), strict=True))
    states = possible(state) if changes else (state,)
    offered = {"state": tuple((s, said[s]) for s in states)}
    keys = [key for key in by_key if key != "exchange"]
    return [entry(by_key, key, written, problems, lang, frozenset(), offered) for key in keys]
