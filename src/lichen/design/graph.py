"""A network as arrays: one row a link. What a million links are given as; a :class:`Network` becomes one by its names.

Symbols: n links, v places (node and stream), T periods, S stages, m measures, F facilities, K steps of all facilities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lichen.design.network import Measure
from lichen.labelled import Array

Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
NEW, KEPT, FREE = 0, 1, 2
"""States of a facility."""


@dataclass(frozen=True)
class Names:
    """Names for words; an empty sequence: positions are said."""

    places: Sequence[tuple[str, str]] = ()
    links: Sequence[str] = ()
    facilities: Sequence[str] = ()
    steps: Sequence[str] = ()
    periods: Sequence[str] = ()
    stages: Sequence[str] = ()

    def of(self, kind: str, position: int) -> str:
        """Return what a thing is called."""
        names: Sequence[Any] = getattr(self, kind)
        if position >= len(names):
            return f"#{position + 1}"
        name = names[position]
        return " · ".join(name) if isinstance(name, tuple) else str(name)


@dataclass(frozen=True, eq=False)
class Plants:
    """Facilities as arrays.

    Parameters
    ----------
    facility, link, weight
        Members ``(members,)``: which facility, which link, capacity that a unit takes up.
    of, capacity, least, fixed
        Steps ``(K,)``: whose, at most, at least; what it brings ``(m, K)``.
    standing, state
        Of each facility ``(F,)``.
    """

    facility: Positions
    link: Positions
    weight: Array
    of: Positions
    capacity: Array
    least: Array
    fixed: Array
    standing: Array
    state: npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Bound:
    """A limit as arrays: factors of measures ``(m,)``, of some links, and the periods it adds up."""

    id: str
    low: float
    high: float
    measures: Array
    link: Positions
    weight: Array
    periods: Positions
    each: bool = False


@dataclass(frozen=True, eq=False)
class Window:
    """A blend as arrays: links and the content of what they hand over."""

    id: str
    low: float
    high: float
    link: Positions
    content: Array


@dataclass(frozen=True, eq=False)
class Graph:
    """A network as arrays.

    Parameters
    ----------
    measures
        What is counted.
    origin, target
        Places that a link joins ``(n,)``.
    rate, capacity, least
        Handed over per unit; at most and at least in a period ``(n,)``.
    per_unit
        What a unit brings ``(m, n)``.
    supply, demand
        There and needed ``(T, v)``.
    left, short
        What a unit left over, or not delivered, brings ``(m, v)``.
    may_leave, may_lack
        Whether something may be left, or may be short ``(v,)``.
    times, discount, stage
        Of each period ``(T,)``.
    plants, bounds, windows, names
        Facilities, limits, blends, names.
    storable
        Whether the stream of a place can wait within a stage, whose periods then have one discount ``(v,)``; empty:
        nothing can.
    """

    measures: tuple[Measure, ...]
    origin: Positions
    target: Positions
    rate: Array
    capacity: Array
    least: Array
    per_unit: Array
    supply: Array
    demand: Array
    left: Array
    short: Array
    may_leave: Flags
    may_lack: Flags
    times: Array
    discount: Array
    stage: Positions
    plants: Plants
    bounds: tuple[Bound, ...] = ()
    windows: tuple[Window, ...] = ()
    names: Names = field(default_factory=Names)
    storable: Flags = field(default_factory=lambda: np.zeros(0, bool))

    @property
    def n_links(self) -> int:
        """Number of links."""
        return len(self.origin)

    @property
    def n_places(self) -> int:
        """Number of places."""
        return len(self.may_leave)

    @property
    def n_periods(self) -> int:
        """Number of periods."""
        return len(self.times)

    @property
    def n_stages(self) -> int:
        """Number of stages."""
        return int(self.stage.max()) + 1

    def weights(self) -> Array:
        """Return how much a unit of each measure counts in each period ``(m, T)``."""
        money = np.array([m.money for m in self.measures])
        return np.where(money[:, None], self.times * self.discount, self.times)

    def stage_weights(self) -> Array:
        """Return how much what a step brings counts in each stage ``(m, S)``: money at the stage's first period."""
        money = np.array([m.money for m in self.measures])
        return np.where(money[:, None], self.discount[self.first_periods()], 1.0)

    def balance_weights(self) -> Array:
        """Return how much a unit in the balance of each place and period counts of each measure ``(m, T, v)``."""
        weights = self.weights()[:, :, None]
        if not self.storable.any():
            return np.broadcast_to(weights, (*weights.shape[:2], self.n_places))
        return np.where(self.storable, self.stage_weights()[:, self.stage, None], weights)

    def first_periods(self) -> Positions:
        """Return the first period of each stage ``(S,)``."""
        return np.array([np.flatnonzero(self.stage == s)[0] for s in range(self.n_stages)], np.int64)

    def balanced(self, amounts: Array) -> Array:
        """Return amounts as they count in the balance of each place and period ``(T, v)``.

        They are those of the period; where the stream can wait, those of all periods of its stage, each as often as it
        comes.
        """
        if not self.storable.any():
            return amounts
        total = np.zeros((self.n_stages, self.n_places))
        np.add.at(total, self.stage, self.times[:, None] * amounts)
        return np.where(self.storable, total[self.stage], amounts)

    def balances(self) -> tuple[Positions, Positions, Positions]:
        """Return which balance a place has in a period ``(T, v)``, and the place and period of each balance.

        Periods of a stage share one where the stream can wait; its period is then the first of them.
        """
        own = np.arange(self.n_periods * self.n_places).reshape(self.n_periods, -1)
        if not self.storable.any():
            return own, own.ravel() % max(self.n_places, 1), own.ravel() // max(self.n_places, 1)
        shared = np.where(self.storable, own[self.first_periods()[self.stage]], own)
        kept, at = np.unique(shared, return_inverse=True)
        return at.reshape(own.shape), kept % self.n_places, kept // self.n_places

    def position(self, measure: str) -> int:
        """Return the row of a measure."""
        return [m.id for m in self.measures].index(measure)


def no_plants(measures: int) -> Plants:
    """Return no facilities."""
    whole, real = np.empty(0, np.int64), np.empty(0)
    return Plants(whole, whole, real, whole, real, real, np.empty((measures, 0)), real, np.empty(0, np.int8))


def fixed_charges(links: Positions, capacity: Array, fixed: Array) -> Plants:
    """Return one facility of one step for each of some links: ``capacity`` ``(k,)``, ``fixed`` ``(m, k)``."""
    k = len(links)
    own, zero = np.arange(k), np.zeros(k)
    return Plants(own, links, np.ones(k), own, capacity, zero, fixed, zero, np.zeros(k, np.int8))


def graph(
    measures: Sequence[Measure], origin: npt.ArrayLike, target: npt.ArrayLike, per_unit: Mapping[str, npt.ArrayLike],
    supply: npt.ArrayLike, demand: npt.ArrayLike, *, left: Mapping[str, npt.ArrayLike] | None = None,
    short: Mapping[str, npt.ArrayLike] | None = None, may_leave: npt.ArrayLike | None = None,
    may_lack: npt.ArrayLike | None = None, rate: npt.ArrayLike | None = None, capacity: npt.ArrayLike | None = None,
    plants: Plants | None = None, bounds: tuple[Bound, ...] = (), windows: tuple[Window, ...] = (),
    names: Names | None = None,
) -> Graph:  # fmt: skip
    """Return a network of one period from columns.

    Parameters
    ----------
    measures, origin, target, per_unit
        What is counted; places that each link joins ``(n,)``; measure → what a unit brings ``(n,)``.
    supply, demand
        There and needed at each place ``(v,)``.
    left, short
        Measure → what a unit left over, or not delivered, brings ``(v,)``.
    may_leave, may_lack
        Default: where there is supply something may be left, where there is demand nothing may be short.
    rate, capacity, plants, bounds, windows, names
        As in :class:`Graph`; default: 1, without end, none.
    """
    start, end = np.asarray(origin, np.int64), np.asarray(target, np.int64)
    there, needed = np.atleast_2d(np.asarray(supply, float)), np.atleast_2d(np.asarray(demand, float))
    n, v = len(start), there.shape[1]

    def column(given: npt.ArrayLike | None, default: float) -> Array:
        return np.full(n, default) if given is None else np.broadcast_to(np.asarray(given, float), (n,)).copy()

    def rows(given: Mapping[str, npt.ArrayLike] | None, size: int) -> Array:
        found = np.zeros((len(measures), size))
        for place, measure in enumerate(measures):
            if given and measure.id in given:
                found[place] = np.asarray(given[measure.id], float)
        return found

    return Graph(
        tuple(measures), start, end, column(rate, 1.0), column(capacity, np.inf), np.zeros(n), rows(per_unit, n),
        there, needed, rows(left, v), rows(short, v),
        there[0] > 0 if may_leave is None else np.asarray(may_leave, bool),
        np.zeros(v, bool) if may_lack is None else np.asarray(may_lack, bool),
        np.ones(1), np.ones(1), np.zeros(1, np.int64), plants or no_plants(len(measures)), bounds, windows,
        names or Names(),
    )  # fmt: skip
