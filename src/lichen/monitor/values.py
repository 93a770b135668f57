"""What is followed: events, quantities planned and reached, measures, milestones, targets. Nothing computes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Literal, get_args

from lichen.errors import Problem, Where
from lichen.figures import Figure
from lichen.periods import Period
from lichen.scenario.exchange import STATES, State

Direction = Literal["at least", "at most"]
Adjustment = Literal["", "fixed", "general prices", "other index"]
"""How an agreed price is adjusted; empty: not told."""
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
BUILT: tuple[State, ...] = ("implemented", "scaled down")
"""States of what runs."""
OVER: tuple[State, ...] = ("stopped", "rejected")
"""States of what has ended, after it ran or before."""
__all__ = [
    "BUILT", "DIRECTIONS", "OVER", "STATES", "Adjustment", "Agreed", "Direction", "Event", "FollowUp", "Measure",
    "Milestone", "State", "Target", "Told",
]  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One row of the log: from ``date`` on an exchange is in ``state``.

    Parameters
    ----------
    exchange, date, state
        What, since when, in which state.
    owner, next_step, due
        Who sees to it (empty: as before), what is open, until when.
    note
        Reason or remark; a state that goes back needs one.
    who, source, where
        Who wrote the row, what it rests on, and where it stands.
    """

    exchange: str
    date: Period
    state: State
    owner: str = ""
    next_step: str = ""
    due: Period | None = None
    note: str = ""
    who: str = ""
    source: str = ""
    where: Where = field(default_factory=Where)


@dataclass(frozen=True)
class Told:
    """A quantity of one exchange in one year, planned or actual.

    Parameters
    ----------
    exchange, year
        What, and when.
    quantity
        The figure; ``None``: it was told in a way that cannot be counted.
    source
        What it rests on.
    co2_t
        CO2 avoided [tCO2/a], if told.
    money, currency
        Gain of all parties [currency/a], if told.
    told, question
        Word for word what was said, and what must be asked before it counts.
    """

    exchange: str
    year: int
    quantity: Figure | None
    source: str
    co2_t: float | None = None
    money: float | None = None
    currency: str = ""
    told: str = ""
    question: str = ""
    note: str = ""
    where: Where = field(default_factory=Where)


@dataclass(frozen=True)
class Agreed:
    """Terms that the two firms of an exchange agreed on.

    Parameters
    ----------
    exchange, start, end
        What; from the first day of ``start`` to the last of ``end`` (``None``: no end is agreed).
    source
        Contract, letter, minutes.
    price, price_unit
        What the receiver pays the donor [price_unit]; negative: the donor pays; ``None``: not agreed.
    price_low, price_high, price_year
        Bounds of what an adjustment may reach [price_unit]; the year at whose prices the price is told.
    adjustment, index
        How the price is adjusted; the index it is tied to, and when.
    quantity, low, high, unit
        Of a year, the least that must flow and the most [unit]; ``None``: not agreed.
    note
        What else was agreed.
    """

    exchange: str
    start: Period
    source: str
    end: Period | None = None
    price: float | None = None
    price_unit: str = ""
    price_low: float | None = None
    price_high: float | None = None
    price_year: int = 0
    adjustment: Adjustment = ""
    index: str = ""
    quantity: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    note: str = ""
    where: Where = field(default_factory=Where)

    def holds(self, first: datetime.date, last: datetime.date) -> bool:
        """Whether the terms hold on every day from ``first`` to ``last``."""
        return self.start.first <= first and (self.end is None or last <= self.end.last)


@dataclass(frozen=True)
class Measure:
    """One efficiency measure of a firm, or a row that stands for ``count`` of them.

    Parameters
    ----------
    investment, saving
        Paid once [currency]; saved [currency/a].
    saved_once
        Saved as told without a year [currency]: no payback follows from it.
    energy_gj, co2_t
        Saved energy [GJ/a] and avoided CO2 [tCO2/a].
    co2_once_t
        CO2 as told without a year [tCO2].
    """

    firm: str
    measure: str
    category: str
    state: State
    source: str
    count: int = 1
    size: str = ""
    year: int = 0
    investment: float | None = None
    saving: float | None = None
    saved_once: float | None = None
    currency: str = ""
    energy_gj: float | None = None
    co2_t: float | None = None
    co2_once_t: float | None = None
    kind: str = "reported"
    told: str = ""
    question: str = ""
    note: str = ""
    where: Where = field(default_factory=Where)


@dataclass(frozen=True)
class Milestone:
    """Something that is to be reached; an empty exchange means the whole programme."""

    milestone: str
    due: Period
    exchange: str = ""
    done: Period | None = None
    owner: str = ""
    note: str = ""
    where: Where = field(default_factory=Where)


@dataclass(frozen=True)
class Target:
    """What an indicator should be in a year, and what it is [unit]; ``None``: no target, or not reported."""

    indicator: str
    year: int
    direction: Direction
    unit: str
    source: str
    target: float | None = None
    value: float | None = None
    note: str = ""
    where: Where = field(default_factory=Where)


@dataclass(frozen=True)
class FollowUp:
    """All that a study's folder ``follow-up/`` holds."""

    events: tuple[Event, ...] = ()
    planned: tuple[Told, ...] = ()
    actual: tuple[Told, ...] = ()
    measures: tuple[Measure, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    targets: tuple[Target, ...] = ()
    problems: tuple[Problem, ...] = ()
    terms: tuple[Agreed, ...] = ()

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Exchanges in the order in which they first appear."""
        events = [event.exchange for event in self.events]
        told = [row.exchange for row in (*self.planned, *self.actual)]
        return tuple(dict.fromkeys([*events, *told, *(row.exchange for row in self.terms)]))
