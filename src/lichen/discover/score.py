"""Rank opportunities: six components from 0 to 1, their weighted mean, and how the ranks move with the weights.

    score = Σ w_i c_i / Σ w_i

- evidence: is it known to work, and between such firms;
- fit: which of its conditions hold; an open question counts half, a stream without conditions half;
- quantity: how much of what is unused would be used; one half where the receiver's need is not known;
- distance: 1 / (1 + d/d½), d½ the distance at which it is one half;
- gain: size beside the largest of the same unit, on a logarithmic scale of four decades; half of it where the need is
  not known;
- data: how sure the quantities are.

Weights, scales, reaches and evidence stand in ``data/settings.csv``; the weights and the scales of evidence and data
are our judgement.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from lichen.discover.match import Candidate
from lichen.discover.settings import Settings, setting
from lichen.discover.values import COMPONENTS, Check, Component, Opportunity, Span
from lichen.figures import Kind

SPREAD = 20.0
"""Concentration of the Dirichlet distribution that weights are drawn from: a weight of 0.3 varies by ±0.1."""


Carried = Literal["road", "water", "network"]
"""How a stream travels: on the road, in a pipe for water, in pipes and cables that somebody must lay."""
HALF_AT: Mapping[Carried, str] = {
    "road": "distance_median", "water": "distance_median_water", "network": "distance_median_network",
}  # fmt: skip


def evidence(candidate: Candidate) -> float:
    """Return how well an opportunity is known to work [1]."""
    if candidate.way in ("similar", "names"):
        known = [setting(f"evidence_{item.status or 'none'}") for item in candidate.types]
        base = max(known, default=setting("evidence_same_material"))
        base *= setting("evidence_similar") * candidate.kinship
    elif candidate.way == "same material":
        base = setting("evidence_same_material")
    elif candidate.way in ("water quality", "heat level"):
        base = setting("evidence_quality")
    else:
        base = max(setting(f"evidence_{item.status or 'none'}") for item in candidate.types)
        base *= setting("evidence_substitute") if candidate.way == "known substitute" else 1.0
    base *= setting("evidence_possible") if candidate.fit == "possible" else 1.0
    return base * (setting("evidence_doubtful") if candidate.doubtful else 1.0)


def fit(checks: Sequence[Check]) -> float:
    """Return how far conditions are known to hold [1]."""
    worth = {"met": 1.0, "told": 1.0, "ask": 0.5, "not met": 0.0}
    return sum(worth[c.verdict] for c in checks) / len(checks) if checks else 0.5


def nearness(distance_km: float | None, carried: Carried) -> float:
    """Return how near two firms are [1]; one half where a place is not known."""
    return 0.5 if distance_km is None else 1 / (1 + distance_km / setting(HALF_AT[carried]))


def out_of_reach(distance_km: float | None, carried: Carried) -> bool:
    """Whether nobody would lay a pipe so long; on the road everything is in reach."""
    return carried != "road" and distance_km is not None and distance_km > setting(f"reach_{carried}")


def used_share(quantity: Span, unused: Span, bounded: bool) -> float:
    """Return the share of what is unused that would be used [1]; one half where the need is not known."""
    if not bounded:
        return 0.5
    return min(quantity.value / unused.value, 1.0) if unused.value else 0.0


def sureness(kinds: Sequence[Kind | None]) -> float:
    """Return how sure the quantities of both sides are [1]; a side that told nothing counts 0."""
    return sum(0.0 if kind is None else setting(f"data_{kind}") for kind in kinds) / len(kinds)


def ranked(opportunities: Sequence[Opportunity], settings: Settings) -> tuple[Opportunity, ...]:
    """Return opportunities with gain component, score and range of ranks, best first; ties by their id."""
    largest: dict[str, float] = {}
    for one in opportunities:
        largest[one.unit] = max(largest.get(one.unit, 0.0), one.quantity.value)
    parts = [{**(one.components or {}), "gain": gain(one, largest[one.unit])} for one in opportunities]
    scores = [score_of(components, settings.weights) for components in parts]
    order = sorted(range(len(scores)), key=lambda i: (-round(scores[i], 12), opportunities[i].id))
    ranges = _ranges([parts[i] for i in order], settings)
    return tuple(
        opportunities[i].changed(components=parts[i], score=scores[i], rank_range=place)
        for i, place in zip(order, ranges, strict=True)
    )


def gain(one: Opportunity, largest: float) -> float:
    """Return how large an opportunity is beside the largest of its unit [1]; half of it where the need is not known."""
    return size(one.quantity.value, largest) * (1.0 if one.bounded else 0.5)


def size(quantity: float, largest: float) -> float:
    """Return how large an amount is beside the largest [1]: 1 for it, 0 for a ten-thousandth of it and less.

    On a logarithmic scale; only the ratio counts, so that tonnes and kilotonnes rank alike.
    """
    if quantity <= 0 or largest <= 0:
        return 0.0
    return max(0.0, 1 + math.log10(quantity / largest) / setting("gain_decades"))


def score_of(components: Mapping[Component, float], weights: Mapping[Component, float]) -> float:
    """Return the weighted mean of the components [1]."""
    total = sum(weights[name] for name in COMPONENTS)
    return sum(weights[name] * components[name] for name in COMPONENTS) / total


def _ranges(parts: Sequence[Mapping[Component, float]], settings: Settings) -> list[tuple[int, int]]:
    """Return the ranks that each takes in 90 of 100 draws of the weights around the ones chosen."""
    if not parts or not settings.draws:
        return [(i, i) for i in range(1, len(parts) + 1)]
    weights = np.array([settings.weights[name] for name in COMPONENTS])
    weights = np.maximum(weights / weights.sum(), 1e-6)
    draws = np.random.default_rng(settings.seed).dirichlet(SPREAD * weights, settings.draws)
    values = np.array([[components[name] for name in COMPONENTS] for components in parts])
    ranks = np.empty((settings.draws, len(parts)), dtype=np.int32)
    for row, draw in zip(ranks, draws, strict=True):
        row[np.argsort(-(values @ draw), kind="stable")] = np.arange(1, len(parts) + 1)
    first, last = (round(share * (settings.draws - 1)) for share in (0.05, 0.95))
    ranks = np.ascontiguousarray(ranks.T)  # a row an opportunity, so that what is compared lies side by side
    ranks.partition([first, last], axis=1)
    low, high = ranks[:, first], ranks[:, last]
    return list(zip(low.tolist(), high.tolist(), strict=True))
