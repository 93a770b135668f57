"""The exchange board: where each exchange stands on a day, as the log of events says; nothing else is kept.

A log is only ever added to. The state on a day is that of the last event by then; an event told of a month or a year
counts from its last day. What was wrong is put right by a further event.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lichen.errors import Problems
from lichen.figures import Text
from lichen.monitor.dictionary import word
from lichen.monitor.values import OVER, Event, Milestone, State
from lichen.periods import Period

FORWARD: Final[Mapping[State, tuple[State, ...]]] = {
    "idea": ("contact", "feasibility", "agreed", "implemented", "scaled down", "rejected"),
    "contact": ("feasibility", "agreed", "implemented", "scaled down", "rejected"),
    "feasibility": ("agreed", "implemented", "scaled down", "rejected"),
    "agreed": ("implemented", "scaled down", "rejected"),
    "implemented": ("scaled down", "stopped"),
    "scaled down": ("implemented", "stopped"),
    "stopped": (),
    "rejected": (),
}
"""State → states that may follow it; steps may be passed over, since logs begin late. What ran is not rejected."""
BACK: Final[Mapping[State, tuple[State, ...]]] = {
    "idea": (),
    "contact": ("idea",),
    "feasibility": ("idea", "contact"),
    "agreed": ("idea", "contact", "feasibility"),
    "implemented": (),
    "scaled down": (),
    "stopped": ("contact", "feasibility", "agreed", "implemented", "scaled down"),
    "rejected": ("idea", "contact", "feasibility", "agreed"),
}
"""State → states that may follow it with a reason: a step back, or taken up again."""


@dataclass(frozen=True)
class Standing:
    """Where an exchange stands on a day.

    Parameters
    ----------
    exchange, state
        What, and how far.
    since, days
        Since when it is in this state, and for how many days.
    owner
        Who sees to it: the last that was named.
    next_step, due, overdue_days
        What is open, until when, and by how many days it is late (0: it is not).
    quiet_days
        Days since the last event.
    history
        Its events up to the day, oldest first.
    """

    exchange: str
    state: State
    since: Period
    days: int
    owner: str
    next_step: str
    due: Period | None
    overdue_days: int
    quiet_days: int
    history: tuple[Event, ...]

    @property
    def open(self) -> bool:
        """Whether something may still come of it that has not yet."""
        return self.state not in (*OVER, "implemented", "scaled down")

    def stalls(self, after_days: int) -> bool:
        """Whether it has been in one state, and nothing was built, for more than so many days."""
        return self.open and self.days > after_days


def in_order(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Return exchange → its events by date; those of one date as they stand in the file."""
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.exchange, []).append(event)
    return {name: sorted(rows, key=lambda e: e.date.last) for name, rows in found.items()}


def may_follow(before: State, after: State) -> bool:
    """Whether a state may follow another, with a reason where it goes back."""
    return after == before or after in FORWARD[before] or after in BACK[before]


def goes_back(before: State, after: State) -> bool:
    """Whether a change of state is a step back or takes up again what had ended: then a reason is asked."""
    return after in BACK[before]


def check_log(events: Sequence[Event]) -> Problems:
    """Return what is wrong with a log: states that cannot follow, steps back without a reason, rows out of order."""
    problems = Problems()
    latest: dict[str, Event] = {}
    for event in events:
        earlier = latest.setdefault(event.exchange, event)
        if event.date.last < earlier.date.last:
            problems.add("follow.out_of_order", event.where, "warning", exchange=event.exchange,
                         date=str(event.date), earlier=str(earlier.date))  # fmt: skip
        else:
            latest[event.exchange] = event
    for name, rows in in_order(events).items():
        for before, after in pairwise(rows):
            _check_step(name, before, after, problems)
        for event in rows:
            if event.state in OVER and not event.note:
                problems.add("follow.say_why", event.where, "warning", exchange=name, state=_word(event.state))
            if event.next_step and event.due is None:
                problems.add("follow.no_due", event.where, "note", exchange=name, step=event.next_step)
    return problems


def _check_step(name: str, before: Event, after: Event, problems: Problems) -> None:
    was, becomes = _word(before.state), _word(after.state)
    if not may_follow(before.state, after.state):
        allowed = [_word(s) for s in (*FORWARD[before.state], *BACK[before.state])]
        problems.add("follow.cannot_follow", after.where, exchange=name, before=was, after=becomes,
                     allowed=allowed)  # fmt: skip
    elif goes_back(before.state, after.state) and not after.note:
        problems.add("follow.no_reason", after.where, exchange=name, before=was, after=becomes)


def _word(state: State) -> Text:
    return word("event", "state", state)


def board(events: Sequence[Event], date: datetime.date) -> tuple[Standing, ...]:
    """Return where each exchange stands on ``date``; one whose first event is later is not on the board yet.

    Parameters
    ----------
    events
        The log.
    date
        The day that is asked for.
    """
    found = []
    for name, rows in in_order(events).items():
        history = [event for event in rows if event.date.last <= date]
        if history:
            found.append(_standing(name, tuple(history), date))
    return tuple(found)


def _standing(name: str, history: tuple[Event, ...], date: datetime.date) -> Standing:
    last = history[-1]
    since = last
    for event in reversed(history):
        if event.state != last.state:
            break
        since = event
    owner = next((event.owner for event in reversed(history) if event.owner), "")
    late = (date - last.due.last).days if last.next_step and last.due else 0
    return Standing(
        name, last.state, since.date, (date - since.date.last).days, owner, last.next_step,
        last.due if last.next_step else None, max(late, 0), (date - last.date.last).days, history,
    )  # fmt: skip


@dataclass(frozen=True)
class Reached:
    """A milestone on a day: whether it is done, and by how many days it is or was late (negative: early)."""

    milestone: Milestone
    done: bool
    late_days: int


def milestones_on(milestones: Iterable[Milestone], date: datetime.date) -> tuple[Reached, ...]:
    """Return the milestones by due date; one that was done after ``date`` is not done yet."""
    found = []
    for one in sorted(milestones, key=lambda m: m.due.last):
        done = one.done is not None and one.done.last <= date
        end = one.done.last if done and one.done else date
        found.append(Reached(one, done, (end - one.due.last).days))
    return tuple(found)
