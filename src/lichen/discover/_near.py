"""Pairs of places that are near each other on the sphere.

Places are unit vectors. Two places at an angle θ are a chord ``2 sin(θ/2)`` apart, so a ball around one holds exactly
the places within a great-circle distance, and a k-d tree finds them; neither poles nor the 180th meridian are special.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from lichen.inventory.places import RADIUS_KM
from lichen.labelled import Array

BLOCK = 2_000_000
"""Most pairs that are made at once (24 bytes each), but for one place that alone has more."""
Positions = npt.NDArray[np.int64]
Pairs = tuple[Positions, Positions, Array]
"""Positions in the first and the second array, and distances [km]."""


def vectors(latitude: Array, longitude: Array) -> Array:
    """Return unit vectors ``(n, 3)`` of places [°]; NaN where the place is not known."""
    north, east = np.radians(latitude), np.radians(longitude)
    level = np.cos(north)
    return np.column_stack([level * np.cos(east), level * np.sin(east), np.sin(north)])


def kilometres(chord: Array) -> Array:
    """Return great-circle distances [km] of chords between unit vectors."""
    return np.asarray(2.0 * RADIUS_KM * np.arcsin(np.minimum(0.5 * chord, 1.0)))


def within(ones: Array, others: Array, km: float) -> Iterator[Pairs]:
    """Yield the pairs of places at most ``km`` apart, in blocks.

    Parameters
    ----------
    ones, others
        Unit vectors ``(n, 3)`` and ``(m, 3)``. Where neighbours follow each other in ``ones``, it goes faster.
    km
        Largest great-circle distance [km].
    """
    if km >= math.pi * RADIUS_KM:
        yield from every(ones, others)
        return
    chord = 2.0 * math.sin(km / RADIUS_KM / 2.0)
    wide = chord * (1.0 + 1e-9) + 1e-12  # the distance itself decides, not the rounding of the chord
    tree = cKDTree(others)
    for first, last in _blocks(ones, tree, wide):
        found = cKDTree(ones[first:last]).sparse_distance_matrix(tree, wide, output_type="ndarray")
        distance = kilometres(found["v"])
        inside = distance <= km
        i, j = found["i"], found["j"]
        if not inside.all():
            i, j, distance = i[inside], j[inside], distance[inside]
        yield (i + first if first else i), j, distance


def _blocks(ones: Array, tree: cKDTree, chord: float) -> Iterator[tuple[int, int]]:
    """Yield first and last positions of parts of ``ones`` that have at most :data:`BLOCK` pairs."""
    if len(ones) * tree.n <= BLOCK:
        yield 0, len(ones)
        return
    counts = tree.query_ball_point(ones, chord, return_length=True)
    ends = np.cumsum(counts)
    first = 0
    while first < len(ones):
        before = int(ends[first - 1]) if first else 0
        last = max(int(np.searchsorted(ends, before + BLOCK, side="right")), first + 1)
        yield first, last
        first = last


def products(n: int, m: int) -> Iterator[tuple[Positions, Positions]]:
    """Yield all pairs of ``n`` with ``m`` positions, in blocks."""
    if not n or not m:
        return
    step = max(BLOCK // m, 1)
    for first in range(0, n, step):
        last = min(first + step, n)
        yield np.repeat(np.arange(first, last), m), np.tile(np.arange(m), last - first)


def every(ones: Array, others: Array) -> Iterator[Pairs]:
    """Yield all pairs of places with their distances [km], in blocks."""
    for i, j in products(len(ones), len(others)):
        yield i, j, kilometres(np.sqrt(((ones[i] - others[j]) ** 2).sum(axis=1)))
