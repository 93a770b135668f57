"""Values of discovery: what is there to give, what is needed, and what could come of it. Nothing here computes much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from lichen.errors import Problem
from lichen.figures import Kind
from lichen.inventory.values import Firm, Flow
from lichen.knowledge.conditions import Fit, Verdict
from lichen.knowledge.values import Condition

Way = Literal["documented", "same material", "known substitute", "water quality", "heat level", "similar", "names"]
"""How an opportunity was found. "documented": an exchange type with these sectors and this stream; "same material":
what one throws away is what the other buys; "known substitute": the stream replaces the material, but between others;
"water quality", "heat level": it is good enough for the use; "similar": known of something near by in the hierarchy;
"names": for a model of names the stream is called alike to what the receiver buys or takes."""
Limit = Literal["supply", "demand", "cap", "months"]
Component = Literal["evidence", "fit", "quantity", "distance", "gain", "data"]
COMPONENTS: tuple[Component, ...] = get_args(Component)
"""Parts of the score, from 0 to 1 each."""
MOST_RIVALS = 24
"""Rivals that an opportunity names at each end."""


@dataclass(frozen=True)
class Span:
    """A quantity with the range that holds it in 95 of 100 cases."""

    low: float
    value: float
    high: float

    def times(self, ratio: float) -> Span:
        """Return the span times a number that is not negative."""
        return Span(self.low * ratio, self.value * ratio, self.high * ratio)

    def plus(self, other: Span) -> Span:
        """Return the sum; ends add up, as if both were wrong the same way."""
        return Span(self.low + other.low, self.value + other.value, self.high + other.high)

    def least(self, other: Span) -> Span:
        """Return the smaller of two spans, end by end."""
        return Span(min(self.low, other.low), min(self.value, other.value), min(self.high, other.high))


def exactly(value: float) -> Span:
    """Return a quantity without a range."""
    return Span(value, value, value)


@dataclass(frozen=True)
class Supply:
    """What a firm has of a material that it does not sell as its product.

    Parameters
    ----------
    firm, material
        Whose; code in the vocabulary.
    flows, idle
        The rows that tell it; those of them that tell what is unused.
    unused, used
        What goes to waste today, and what others or the firm itself use already [unit].
    unit
        t/a, GJ/a, m3/a or Nm3/a.
    kind
        How the weakest of the quantities is known.
    """

    firm: Firm
    material: str
    flows: tuple[Flow, ...]
    idle: tuple[Flow, ...]
    unused: Span
    used: Span
    unit: str
    kind: Kind


@dataclass(frozen=True)
class Demand:
    """What a firm takes in of a material, beside what it has as a by-product from another firm already.

    Parameters
    ----------
    firm, material, unit, kind
        As for :class:`Supply`.
    flows
        The rows that tell it.
    amount
        What it takes a year [unit].
    """

    firm: Firm
    material: str
    flows: tuple[Flow, ...]
    amount: Span
    unit: str
    kind: Kind


@dataclass(frozen=True)
class Likeness:
    """That a stream is called alike to another material: the material, the similarity [0 to 1], the model's name."""

    material: str
    similarity: float
    model: str


@dataclass(frozen=True)
class Room:
    """How much of a stream a receiver may still take under caps [t/a], and its rows that this rests on.

    ``by_type``: exchange type, and the codes of what its caps are a share of → what is left under them [t/a].
    """

    left: Span
    counted: tuple[Flow, ...]
    by_type: Mapping[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """A condition and whether it holds."""

    condition: Condition
    verdict: Verdict

    @property
    def rules_out(self) -> bool:
        """Whether it is required and known not to hold."""
        return self.verdict == "not met" and self.condition.severity == "required"


@dataclass(frozen=True)
class Gains:
    """What an opportunity would bring a year; ``None``: not known, and why stands in its questions.

    Parameters
    ----------
    waste
        Kept out of yards, landfills, air and water [unit of the opportunity].
    resource
        No longer bought: material and amount [t/a, GJ/a or m3/a].
    co2
        Avoided [tCO2/a], on site and in making what is replaced; transport and treatment are not in it.
    money
        Saved by both together [CNY/a], before treatment, transport and investment.
    own_co2
        Fossil CO2 that a unit of the stream gives off in its new use beyond today's [tCO2/unit]; ``co2`` is less it.
    """

    waste: Span
    resource: Span | None = None
    co2: Span | None = None
    money: Span | None = None
    own_co2: float | None = None


@dataclass(frozen=True)
class Opportunity:
    """Something two firms could do.

    Parameters
    ----------
    donor, receiver
        Firms; the city is a firm of code "city".
    stream, replaces
        Codes of materials; ``replaces`` is empty where it is not known.
    way, types
        How it was found; ids of the exchange types behind it.
    fit
        Whether sectors and materials are what the types speak of, or only possibly.
    supply, demand
        What is there and what is needed; no demand: the receiver told none.
    rate
        Amount replaced by one unit of the stream; ``None``: not known.
    quantity, bounded, unit, limits
        Feasible a year, and whether the receiver's need or a cap is known: else it is only what is unused; what bounds
        it.
    months
        What both sides have in each month [unit/month], together at most ``quantity``: what can wait in a yard may come
        to more in the year than in its months. Empty where nobody told a profile.
    distance_km
        By road; ``None``: a place is not known.
    gains
        What it would bring.
    checks
        Conditions of the types.
    reasons, questions, remedies
        Why it ranks where it does; what to ask; what would make it better.
    components, score
        From 0 to 1 each; their weighted mean.
    rank_range
        Ranks that it takes in 90 of 100 draws of the weights.
    place
        Position in the ranking of the whole park, from 1; 0: not ranked.
    rivals
        Positions (from 0) of the best others that want the same supply, and of the best that fill the same demand; at
        most :data:`MOST_RIVALS` of each.
    rival_count
        How many such others there are.
    counted
        The receiver's rows that a cap was counted with.
    rooms
        Exchange type, and what its caps are a share of → what is left under them for all streams of the type [t/a].
    doubtful
        Whether the receiver told what it buys, and the need is not among it.
    supposed
        Whether the receiver told nothing, and ``replaces`` is what is usual in its industry.
    likeness
        What it is called alike to, where only names speak for it.
    misplaced
        Codes of the two firms whose place is not believed.
    """

    donor: Firm
    receiver: Firm
    stream: str
    replaces: str
    way: Way
    types: tuple[str, ...]
    fit: Fit
    supply: Supply
    demand: Demand | None
    rate: float | None
    quantity: Span
    bounded: bool
    unit: str
    limits: tuple[Limit, ...]
    months: tuple[float, ...]
    distance_km: float | None
    gains: Gains
    checks: tuple[Check, ...]
    reasons: tuple[Problem, ...] = ()
    questions: tuple[Problem, ...] = ()
    remedies: tuple[Problem, ...] = ()
    components: Mapping[Component, float] | None = None
    score: float = 0.0
    rank_range: tuple[int, int] = (0, 0)
    rivals: tuple[int, ...] = ()
    rival_count: int = 0
    place: int = 0
    counted: tuple[Flow, ...] = ()
    rooms: Mapping[tuple[str, str], float] = field(default_factory=dict)
    doubtful: bool = False
    supposed: bool = False
    likeness: Likeness | None = None
    misplaced: tuple[str, ...] = ()

    def changed(self, **values: Any) -> Opportunity:
        """Return a copy with other values, as :func:`dataclasses.replace` does, in a tenth of the time."""
        made = object.__new__(Opportunity)
        made.__dict__.update(self.__dict__, **values)
        return made

    @property
    def id(self) -> str:
        """What tells it from others: donor, stream, receiver."""
        return f"{self.donor.id}>{self.stream}>{self.receiver.id}"

    @property
    def fails(self) -> bool:
        """Whether a condition that is required does not hold."""
        return any(c.rules_out for c in self.checks)


@dataclass(frozen=True)
class Anchor:
    """A kind of firm that is not there and could take what is unused.

    Parameters
    ----------
    industry
        Code of GB/T 4754-2017.
    types
        Exchange types that it would make possible.
    takes
        Material → unused amount [t/a] that it could take; the receiver's size is not known.
    donors
        Firms that have it.
    """

    industry: str
    types: tuple[str, ...]
    takes: Mapping[str, Span]
    donors: tuple[str, ...]

    @property
    def total(self) -> Span:
        """All it could take [t/a]."""
        spans = list(self.takes.values())
        return Span(sum(s.low for s in spans), sum(s.value for s in spans), sum(s.high for s in spans))


@dataclass(frozen=True)
class Discovery:
    """What was found, best first, and what stood in the way.

    Parameters
    ----------
    opportunities
        Those that no known fact rules out.
    failed
        Those that a required condition rules out.
    anchors
        Missing kinds of firms, those that would take most first.
    questions
        What to ask firms so that more can be found: names that are not known, quantities that are missing.
    left_out
        Similar pairs that were not looked at: of each stream only the nearest are.
    """

    opportunities: tuple[Opportunity, ...]
    failed: tuple[Opportunity, ...]
    anchors: tuple[Anchor, ...]
    questions: tuple[Problem, ...]
    left_out: int = 0
