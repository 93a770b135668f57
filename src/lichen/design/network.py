"""A network to be designed, as values: who has what, who needs what, what can join them, what limits it.

All amounts are those of one period. What can wait (a storable stream) is balanced over the periods of a stage together,
all else in each period. A place is a node and a stream: a link takes a stream at its origin and hands over
the same stream, or what it ``becomes``, at its target. A treatment is therefore a link from a node to itself. A plant
is a :class:`Facility` over such links, in steps of capacity of which at most one is built.

What is counted (money, CO2, what is landfilled, fresh water, jobs) is a :class:`Measure`. Links, what is left over,
what is short and steps each say how much of it they bring per unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Literal

from lichen.figures import Figure

Rate = float | Figure | None
"""A number in the unit of the measure per unit of the stream, a figure that is converted to it, or ``None``: not known,
which is asked for."""
Coefficients = Mapping[str, Rate]
"""Measure → how much of it one unit brings."""
State = Literal["new", "kept", "free"]


@dataclass(frozen=True)
class Measure:
    """Something that is counted.

    Parameters
    ----------
    id, unit
        Code; unit of its total, e.g. CNY or tCO2. "1" for money of an instance that names no currency.
    money
        Whether it is discounted; then the unit needs a currency (or is "1").
    asked
        Whether every link and step has to tell it, be it 0.
    """

    id: str
    unit: str
    money: bool = False
    asked: bool = False


@dataclass(frozen=True)
class Stream:
    """Something that flows.

    Parameters
    ----------
    id, unit
        Code; unit of its amounts in a period, e.g. t, GJ, m3, or "1".
    storable
        Whether it can wait, as goods in a yard do and heat, gas and electricity do not. Its balance at a node is then
        that of a stage, in which each period comes as often as it does: a stock as large as needed that costs nothing
        and is at the end what it was at the start. What is left or short is that of the stage.
    """

    id: str
    unit: str
    storable: bool = False


@dataclass(frozen=True)
class Node:
    """A firm, a plant, a place of transshipment."""

    id: str
    name: str = ""


@dataclass(frozen=True)
class Period:
    """A season or a year.

    Parameters
    ----------
    id
        Code.
    stage
        What is built is built at the start of a stage and stays; periods of one year share one, and what can wait
        waits within it. Empty: the first.
    times
        How often it comes in its stage; measures of flows are multiplied by it.
    discount
        Present value of one unit of money then [1].
    """

    id: str
    stage: str = ""
    times: float = 1.0
    discount: float = 1.0


@dataclass(frozen=True)
class Supply:
    """What is there at a node.

    Parameters
    ----------
    node, stream, amount
        Where, of what, how much [unit of the stream]; one number for all periods or one for each.
    left
        What a unit brings that nobody takes: landfilled, the cost of getting rid of it.
    must
        Whether all of it has to go.
    """

    node: str
    stream: str
    amount: float | tuple[float, ...]
    left: Coefficients = field(default_factory=dict)
    must: bool = False


@dataclass(frozen=True)
class Demand:
    """What is needed at a node; more is not taken.

    Parameters
    ----------
    node, stream, amount
        As for :class:`Supply`.
    short
        What a unit brings that the network does not deliver: bought elsewhere.
    must
        Whether the network has to deliver all of it.
    """

    node: str
    stream: str
    amount: float | tuple[float, ...]
    short: Coefficients = field(default_factory=dict)
    must: bool = False


@dataclass(frozen=True)
class Link:
    """A way from a node to another, or a treatment within one.

    Parameters
    ----------
    id, origin, target, stream
        Code; from where to where; what is taken at the origin.
    per_unit
        What a unit taken at the origin brings of each measure.
    becomes, rate
        What is handed over (empty: the same stream), and how much of it per unit taken.
    capacity, least
        At most and at least, taken at the origin in a period [unit of the stream].
    length_km
        Of the way; for the record.
    """

    id: str
    origin: str
    target: str
    stream: str
    per_unit: Coefficients = field(default_factory=dict)
    becomes: str = ""
    rate: float = 1.0
    capacity: float = inf
    least: float = 0.0
    length_km: float | None = None


@dataclass(frozen=True)
class Step:
    """One size that a facility can have.

    Parameters
    ----------
    id, capacity
        Code; at most in a period.
    fixed
        What building it brings, once, in the unit of each measure.
    least
        If it is built, at least so much flows in each period.
    """

    id: str
    capacity: float
    fixed: Coefficients = field(default_factory=dict)
    least: float = 0.0


@dataclass(frozen=True)
class Facility:
    """A plant, a pipe, a fleet: what flows over its links needs one of its steps.

    Parameters
    ----------
    id, links
        Code; link → how much of the capacity one unit takes up.
    steps
        Sizes, of which at most one is built, once.
    state
        "new"; "kept": its first step stands and stays; "free": its first step stands and may be given up.
    standing
        Capacity that is there without any step.
    """

    id: str
    links: Mapping[str, float]
    steps: tuple[Step, ...]
    state: State = "new"
    standing: float = 0.0


@dataclass(frozen=True)
class Limit:
    """A bound on a sum: a budget, a bound on CO2, the links that one road carries.

    Parameters
    ----------
    id, low, high
        Code; bounds of the sum.
    measures, links
        Measure → factor, link → factor.
    periods
        Those that it adds up; empty: all. Steps count in the first of a stage's periods.
    each
        Whether it holds in each of them alone.
    """

    id: str
    low: float = -inf
    high: float = inf
    measures: Mapping[str, float] = field(default_factory=dict)
    links: Mapping[str, float] = field(default_factory=dict)
    periods: tuple[str, ...] = ()
    each: bool = False


@dataclass(frozen=True)
class Blend:
    """A window for the mean content of what comes in over some links, in each period.

    ``links``: link → content of a unit handed over [1]. A cap on a group's share is a blend in which the group
    has content 1 and the rest 0.
    """

    id: str
    links: Mapping[str, float]
    low: float = -inf
    high: float = inf


@dataclass(frozen=True)
class Network:
    """Everything that can be and everything that limits it."""

    measures: tuple[Measure, ...]
    streams: tuple[Stream, ...]
    nodes: tuple[Node, ...]
    supplies: tuple[Supply, ...]
    demands: tuple[Demand, ...]
    links: tuple[Link, ...]
    facilities: tuple[Facility, ...] = ()
    limits: tuple[Limit, ...] = ()
    blends: tuple[Blend, ...] = ()
    periods: tuple[Period, ...] = (Period("all"),)


MEASURES: tuple[Measure, ...] = (
    Measure("cost", "CNY", money=True, asked=True),
    Measure("co2", "tCO2"),
    Measure("waste", "t"),
    Measure("water", "m3"),
    Measure("jobs", "person"),
)
"""The usual ones: cost less savings, CO2 emitted less avoided, landfilled, fresh water taken, jobs."""
