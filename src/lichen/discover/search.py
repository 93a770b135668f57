"""The candidate search: supplies and demands joined by rules, the best pairs first.

One engine for a park of some hundred flows and for a region of a million streams. Rule by rule, a code is expanded to
what stands below it, the streams that fit are taken from a list sorted by code and place, a k-d tree gives the pairs
within the distance, and only the best are kept while they come. Memory is bounded by the streams, by one block of
pairs, and by what is asked for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lichen.discover import _near
from lichen.discover._best import Best, Rows, best, joined
from lichen.discover.arrays import Codes, Rule, Streams, Weights, check_rules, check_weights, number, whole
from lichen.errors import InputError, LabelError, Problems
from lichen.labelled import Array
from lichen.vocabulary.materials import ancestors

Above = Callable[[str], Sequence[str]]
"""Returns the codes above a code."""
_CELLS_A_DEGREE = 4
"""Streams are sorted by cells of a quarter of a degree, so that neighbours lie near each other in memory."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs of a supply and a demand under a rule, the best first ``(n,)``.

    Parameters
    ----------
    supply, demand, rule
        Positions in what the search was given.
    distance_km
        Distance with the road factor [km]; NaN: a place is not known.
    quantity
        What can be exchanged at most [unit of the stream]; NaN: an amount or the rate is not known.
    score
        0 to 1; never NaN. Equal scores stand in the order of supply, demand and rule.
    found
        How many pairs the rules allow; the arrays hold the best of them.
    """

    supply: Codes
    demand: Codes
    rule: Codes
    distance_km: Array
    quantity: Array
    score: Array
    found: int

    def __len__(self) -> int:
        return len(self.score)


def search(
    supplies: Streams, demands: Streams, rules: Sequence[Rule], *, weights: Weights, most: int | None = None,
    per_supply: int | None = None, road_factor: float = 1.0, unknown_places: bool = True, above: Above = ancestors,
) -> Candidates:  # fmt: skip
    """Return the pairs of supply and demand that rules allow, the best first.

    A rule allows a pair if material and industry of both fit, the firms differ, the distance is within its limit or not
    known, and neither amounts nor capacity are 0::

        quantity = min(supply, demand / rate, cap · demand / rate, capacity)
        score    = evidenceᵃ · 2^(−distance/half_km) · fitᵇ · quantity / (quantity + half_quantity)
        fit      = quantity / min(supply, demand / rate)      the share of the smaller side that is used

    A part whose figure is not known counts ``weights.unknown``. A pair that several rules allow is there once for each.

    Parameters
    ----------
    supplies, demands
        The streams; a firm may stand in both.
    rules
        What may replace what.
    weights
        What counts in the score; the exponents a and b are its ``evidence`` and ``fit``.
    most
        How many candidates to return at most; ``None``: all, which may not fit in memory.
    per_supply
        How many of them one supply may have at most; taken first.
    road_factor
        Way by road for one kilometre as the crow flies, 1 or more.
    unknown_places
        Whether pairs are candidates of which a place is not known.
    above
        Returns the codes above a material's code; the vocabulary's by default.

    Raises
    ------
    InputError
        Rules, weights or options that cannot be; every one of them is told.
    LabelError
        A material that ``above`` does not know.
    """
    _check(rules, weights, most, per_supply, road_factor)
    assert demands.capacity is not None
    givers = _Side(supplies, supplies.quantity != 0, above)
    takers = _Side(demands, (demands.quantity != 0) & (demands.capacity != 0), above)
    _check_rule_codes(rules, above)
    kept, found = Best(most, per_supply, len(supplies)), 0
    for place, rule in enumerate(rules):
        s = givers.fitting(rule.streams, rule.donors)
        d = takers.fitting(rule.demands, rule.receivers) if len(s) else s
        if not len(s) or not len(d):
            continue
        fit = _Fit(rule, place, weights, givers, takers, s, d)
        for i, j, km in _pairs(givers.vectors[s], takers.vectors[d], rule.max_km, road_factor, unknown_places):
            rows = fit.rows(i, j, km)
            found += len(rows.score)
            kept.add(rows)
    return _candidates(kept.rows(), found)


def search_partitioned(
    supplies: Streams, demands: Streams, rules: Sequence[Rule], *, blocks: int,
    map_: Callable[..., Iterable[Any]] = map, most: int | None = None, per_supply: int | None = None, **options: Any,
) -> Candidates:  # fmt: skip
    """Return the same as :func:`search`, found in blocks of supplies.

    Parameters
    ----------
    supplies, demands, rules, most, per_supply
        As for :func:`search`.
    blocks
        Number of parts that the supplies are split into, 1 or more.
    map_
        Applies a function to each part and returns the results in the same order: ``map``, that of a process pool, or
        ``lambda f, parts: client.gather(client.map(f, parts))`` with a Dask client.
    options
        What else :func:`search` takes; ``weights`` must be among it.
    """
    problems = Problems()
    whole(blocks, "blocks", problems)
    problems.raise_if_errors(InputError)
    ends = [len(supplies) * k // blocks for k in range(blocks + 1)]
    bounds = [(a, b) for a, b in itertools.pairwise(ends) if a < b] or [(0, 0)]
    task = partial(search, demands=demands, rules=rules, most=most, per_supply=per_supply, **options)
    parts, found = [], 0
    for (first, _), part in zip(bounds, map_(task, [supplies.part(a, b) for a, b in bounds]), strict=True):
        supply = part.supply + first
        parts.append(Rows(supply, part.demand, part.rule, part.distance_km, part.quantity, part.score))
        found += part.found
    return _candidates(best(joined(parts), most, per_supply), found)


def _candidates(rows: Rows, found: int) -> Candidates:
    for column in rows:
        column.flags.writeable = False
    return Candidates(*rows, found)


def _check(
    rules: Sequence[Rule], weights: Weights, most: int | None, per_supply: int | None, road_factor: float
) -> None:
    problems = Problems()
    check_rules(rules, problems)
    check_weights(weights, problems)
    for name, value in (("most", most), ("per_supply", per_supply)):
        if value is not None:
            whole(value, name, problems)
    number(road_factor, "road_factor", 1.0, 100.0, problems)
    problems.raise_if_errors(InputError)


def _check_rule_codes(rules: Sequence[Rule], above: Above) -> None:
    problems = Problems()
    for code in dict.fromkeys(code for rule in rules for code in (*rule.streams, *rule.demands)):
        _above(code, above, problems)
    problems.raise_if_errors(LabelError)


def _above(code: str, above: Above, problems: Problems) -> Sequence[str]:
    try:
        return above(code)
    except LabelError as error:
        problems.extend(error.problems)
        return ()


class _Side:
    """Streams that are able to give or take, sorted by material and place, so that a rule's are found at once."""

    def __init__(self, streams: Streams, able: npt.NDArray[np.bool_], above: Above) -> None:
        self.streams = streams
        self.vectors = _near.vectors(streams.latitude, streams.longitude)
        cells = [
            np.floor(np.nan_to_num(place, nan=-999.0) * _CELLS_A_DEGREE)
            for place in (streams.latitude, streams.longitude)
        ]
        by_place = np.lexsort((cells[1], cells[0]))
        self._rank = np.empty(len(streams), np.int64)
        self._rank[by_place] = np.arange(len(streams))
        by_place = by_place[able[by_place]]
        self._order = by_place[np.argsort(streams.material[by_place], kind="stable")]
        self._starts = np.searchsorted(streams.material[self._order], np.arange(len(streams.materials) + 1))
        self._below: dict[str, list[int]] = {}
        problems = Problems()
        for k, code in enumerate(streams.materials):
            for one in dict.fromkeys((code, *_above(code, above, problems))):
                self._below.setdefault(one, []).append(k)
        problems.raise_if_errors(LabelError)
        self._industries: dict[tuple[str, ...], npt.NDArray[np.bool_]] = {}

    def fitting(self, codes: tuple[str, ...], industries: tuple[str, ...]) -> Codes:
        """Return the positions of streams of these materials from these industries, neighbours beside each other."""
        materials = sorted({k for code in codes for k in self._below.get(code, ())})
        parts = [part for k in materials if len(part := self._order[self._starts[k] : self._starts[k + 1]])]
        if not parts:
            return np.empty(0, np.int64)
        found = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if industries:
            found = found[self._allowed(industries)[self.streams.industry[found]]]
        return found if len(parts) == 1 else found[np.argsort(self._rank[found])]

    def _allowed(self, prefixes: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Return for each industry of the list, and last for the unknown one, whether it begins with a prefix."""
        if prefixes not in self._industries:
            known = [code.startswith(prefixes) for code in self.streams.industries]
            self._industries[prefixes] = np.array([*known, False])  # position -1 is the last
        return self._industries[prefixes]


def _pairs(
    ones: Array, others: Array, max_km: float | None, road_factor: float, unknown: bool
) -> Iterator[_near.Pairs]:
    """Yield positions in the two arrays and the distance by road [km], NaN where it is not known."""
    here, there = np.isfinite(ones[:, 0]), np.isfinite(others[:, 0])
    a, b = np.flatnonzero(here), np.flatnonzero(there)
    limit = np.inf if max_km is None else max_km
    if len(a) and len(b):
        for i, j, km in _near.within(ones[a], others[b], limit / road_factor):
            yield a[i], b[j], km * road_factor
    if not unknown:
        return
    for first, second in ((np.flatnonzero(~here), np.arange(len(others))), (a, np.flatnonzero(~there))):
        for i, j in _near.products(len(first), len(second)):
            yield first[i], second[j], np.full(len(i), np.nan)


class _Fit:
    """One rule and the streams that it joins."""

    def __init__(
        self, rule: Rule, place: int, weights: Weights, givers: _Side, takers: _Side, s: Codes, d: Codes
    ) -> None:
        self._place, self._weights, self._s, self._d = place, weights, s, d
        self._evidence = float(rule.evidence) ** weights.evidence
        self._donor = np.maximum(givers.streams.firm[s], -1)
        self._receiver = takers.streams.firm[d]
        self._receiver[self._receiver < 0] = -2  # an unknown firm is no other's
        self._supply = givers.streams.quantity[s]
        self._wanted = takers.streams.quantity[d] / (np.nan if rule.rate is None else rule.rate)
        capacity = takers.streams.capacity
        assert capacity is not None
        room = np.where(np.isnan(capacity[d]), np.inf, capacity[d])
        self._room = room if rule.cap is None else np.minimum(room, rule.cap * self._wanted)

    def rows(self, i: Codes, j: Codes, km: Array) -> Rows:
        """Return the pairs of two firms, with quantity and score."""
        smaller = np.minimum(self._supply[i], self._wanted[j])  # NaN stays NaN
        quantity = np.minimum(smaller, self._room[j])
        other = self._donor[i] != self._receiver[j]
        if not other.all():
            i, j, km, smaller, quantity = i[other], j[other], km[other], smaller[other], quantity[other]
        score = self._score(km, quantity, smaller)
        return Rows(self._s[i], self._d[j], np.full(len(i), self._place), km, quantity, score)

    def _score(self, km: Array, quantity: Array, smaller: Array) -> Array:
        w = self._weights
        score = np.full(len(km), self._evidence)
        if w.half_km is not None:
            score *= _known(np.exp2(km / -w.half_km), w.unknown)
        if w.fit:
            fit = _known(quantity / smaller, w.unknown)
            score *= fit if w.fit == 1 else fit**w.fit
        if w.half_quantity is not None:
            score *= _known(quantity / (quantity + w.half_quantity), w.unknown)
        return score


def _known(part: Array, unknown: float) -> Array:
    absent = np.isnan(part)
    if absent.any():
        part[absent] = unknown
    return part
