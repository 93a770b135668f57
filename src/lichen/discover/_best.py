"""The best of many rows, kept while they come, so that memory stays bounded.

The order is total: score (falling), then supply, demand and rule (rising). What is kept therefore does not depend on
the order in which rows come. A row is dropped at once if it cannot be among the best any more: the bar only rises, for
whatever comes later replaces a row by a better one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lichen.labelled import Array

Positions = npt.NDArray[np.int64]
_ROOM = 1_000_000
"""Rows that may wait before they are sorted (48 bytes each)."""


class Rows(NamedTuple):
    """Candidates as columns ``(n,)``."""

    supply: Positions
    demand: Positions
    rule: Positions
    distance_km: Array
    quantity: Array
    score: Array

    def take(self, places: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Rows:
        """Return some of the rows."""
        return Rows(
            self.supply[places], self.demand[places], self.rule[places],
            self.distance_km[places], self.quantity[places], self.score[places],
        )  # fmt: skip


def joined(parts: list[Rows]) -> Rows:
    """Return all rows of ``parts``."""
    if not parts:
        whole, real = np.empty(0, np.int64), np.empty(0, np.float64)
        return Rows(whole, whole, whole, real, real, real)
    return parts[0] if len(parts) == 1 else Rows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def best(rows: Rows, most: int | None, per_supply: int | None) -> Rows:
    """Return the best ``most`` of what is among the best ``per_supply`` of its supply, in order; ``None``: all."""
    if per_supply is not None:
        order = np.lexsort((rows.rule, rows.demand, -rows.score, rows.supply))
        supply = rows.supply[order]
        rows = rows.take(order[_rank(supply) < per_supply])
    if most is not None and 0 < most < len(rows.score):
        bar = np.partition(rows.score, len(rows.score) - most)[len(rows.score) - most]
        rows = rows.take(rows.score >= bar)
    order = np.lexsort((rows.rule, rows.demand, rows.supply, -rows.score))
    return rows.take(order[:most])


def _rank(groups: Positions) -> Positions:
    """Return the position of each entry in its run of equal entries ``(n,)``."""
    if not len(groups):
        return groups
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    lengths = np.diff(np.r_[starts, len(groups)])
    return np.arange(len(groups)) - np.repeat(starts, lengths)


class Best:
    """Takes rows and keeps the best.

    Parameters
    ----------
    most, per_supply
        As for :func:`best`.
    supplies
        Number of supplies.
    """

    def __init__(self, most: int | None, per_supply: int | None, supplies: int) -> None:
        self._most, self._per_supply = most, per_supply
        self._parts: list[Rows] = []
        self._size, self._room = 0, _ROOM
        self._bar = -np.inf
        self._last = (np.inf, np.inf)  # supply and demand of the last row kept: of equal scores, later ones are dropped
        own = supplies if per_supply is not None else 0
        self._own_bar = np.full(own, -np.inf)
        self._own_last = np.full(own, np.iinfo(np.int64).max)

    def add(self, rows: Rows) -> None:
        """Take rows."""
        rows = self._hopeful(rows)
        if not len(rows.score):
            return
        self._parts.append(rows)
        self._size += len(rows.score)
        if self._size > self._room and (self._most is not None or self._per_supply is not None):
            self._sort()

    def rows(self) -> Rows:
        """Return the best rows, in order."""
        return best(joined(self._parts), self._most, self._per_supply)

    def _hopeful(self, rows: Rows) -> Rows:
        """Return the rows that may still be among the best."""
        if self._bar > -np.inf:
            hopeful = rows.score >= self._bar
            if not hopeful.all():
                rows = rows.take(hopeful)
            last_supply, last_demand = self._last
            late = (rows.supply > last_supply) | ((rows.supply == last_supply) & (rows.demand > last_demand))
            late &= rows.score == self._bar
            if late.any():
                rows = rows.take(~late)
        if self._per_supply is not None and len(rows.score):
            bar = self._own_bar[rows.supply]
            hopeful = (rows.score > bar) | ((rows.score == bar) & (rows.demand <= self._own_last[rows.supply]))
            if not hopeful.all():
                rows = rows.take(hopeful)
        return rows

    def _sort(self) -> None:
        """Drop all but the best, and raise the bars to the last of them."""
        rows = best(joined(self._parts), self._most, self._per_supply)
        self._parts, self._size = [rows], len(rows.score)
        self._room = 2 * self._size + _ROOM
        if self._most is not None and self._size == self._most:
            self._bar = rows.score[-1]
            self._last = (rows.supply[-1], rows.demand[-1])
        if self._per_supply is not None:
            order = np.argsort(rows.supply, kind="stable")  # within a supply they stand in order already
            full = order[_rank(rows.supply[order]) == self._per_supply - 1]
            self._own_bar[rows.supply[full]] = rows.score[full]
            self._own_last[rows.supply[full]] = rows.demand[full]
