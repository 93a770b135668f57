"""Kernel of heat targets: heat cascades of segments on shifted temperatures.

A segment gives (heat > 0) or needs (heat < 0) its heat evenly between its top and its bottom. Where both are the same
it is isothermal: it gives or needs all of it at this level. Nothing is approximated: at an isothermal level the cascade
has two rows, before and after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lichen.labelled import Array

TOLERANCE = 1e-9
"""Heat below this share of all heat counts as none [1]."""


@dataclass(frozen=True, eq=False)
class Segments:
    """Segments: ``top``, ``bottom`` [°C, shifted] and ``heat`` [any unit], each of shape ``(n,)``."""

    top: Array
    bottom: Array
    heat: Array

    @property
    def scale(self) -> float:
        """Sum of all heat, given and needed."""
        return float(np.abs(self.heat).sum())

    def below(self, kelvin: float) -> Segments:
        """Return the same segments ``kelvin`` colder."""
        return Segments(np.round(self.top - kelvin, 9), np.round(self.bottom - kelvin, 9), self.heat)


def join(parts: list[Segments]) -> Segments:
    """Return all segments of ``parts`` as one."""
    if not parts:
        return Segments(np.empty(0), np.empty(0), np.empty(0))
    return Segments(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("top", "bottom", "heat")))


def cascade(segments: Segments) -> tuple[Array, Array]:
    """Return levels, falling, and the heat that flows down across each without utilities.

    A level with isothermal segments stands twice: before and after them.
    """
    top, bottom, heat = segments.top, segments.bottom, segments.heat
    rising = np.unique(np.concatenate([top, bottom]))
    levels, last = rising[::-1], len(rising) - 1
    flat = top <= bottom
    CP = heat[~flat] / (top[~flat] - bottom[~flat])
    change = np.zeros(len(levels))
    np.add.at(change, last - np.searchsorted(rising, top[~flat]), CP)
    np.add.at(change, last - np.searchsorted(rising, bottom[~flat]), -CP)
    step, steps = np.zeros(len(levels)), np.zeros(len(levels), dtype=bool)
    where = last - np.searchsorted(rising, top[flat])
    np.add.at(step, where, heat[flat])
    steps[where] = True
    between = np.cumsum(change)[:-1] * -np.diff(levels)
    before = np.concatenate([np.zeros(min(1, len(levels))), np.cumsum(between + step[:-1])])
    keep = np.stack([np.ones(len(levels), dtype=bool), steps], axis=1).ravel()
    return np.repeat(levels, 2)[keep], np.stack([before, before + step], axis=1).ravel()[keep]


def hot_utility(flow: Array, scale: float) -> float:
    """Return the least heat from above that keeps every flow of a cascade at 0 or more."""
    least = -float(flow.min(initial=0.0))
    return least if least > TOLERANCE * scale else 0.0


def profiles(levels: Array, flow: Array) -> tuple[Segments, Segments]:
    """Return what a cascade with its utility still needs, at the lowest levels, and still gives, at the highest.

    Pockets, where a part of the cascade serves a lower part of itself, are left out. Segments that give have positive
    heat, segments that need negative heat.
    """
    low, high = slice(None, -1), slice(1, None)
    need = flow[:1] - flow
    most = np.maximum.accumulate(need)
    more = most[high] - most[low]
    share = _share(most[low] - need[low], need[high] - need[low])
    start = levels[low] + share * (levels[high] - levels[low])
    needs = _kept(start, levels[high], -more)
    least = np.minimum.accumulate(flow[::-1])[::-1]
    free = least[high] - least[low]
    share = _share(least[high] - flow[low], flow[high] - flow[low])
    end = levels[low] + share * (levels[high] - levels[low])
    return needs, _kept(levels[low], end, free)


def _share(part: Array, whole: Array) -> Array:
    return np.clip(np.divide(part, whole, out=np.zeros_like(part), where=whole != 0), 0.0, 1.0)


def _kept(top: Array, bottom: Array, heat: Array) -> Segments:
    keep = np.abs(heat) > TOLERANCE * np.abs(heat).sum()
    top, bottom = np.round(top[keep], 9), np.round(bottom[keep], 9)
    return Segments(top, np.minimum(top, bottom), heat[keep])


def recoverable(hot: Segments, cold: Segments) -> Array:
    """Return the heat that a hot segment can pass to a cold one, element by element; shapes broadcast.

    Least utility of a cascade of two: the largest lack above any of their four levels.
    """
    lack = np.zeros(np.broadcast_shapes(hot.heat.shape, cold.heat.shape, hot.top.shape, cold.top.shape))
    for level in (hot.top, hot.bottom, cold.top, cold.bottom):
        for including in (False, True):
            lack = np.maximum(lack, _above(cold, level, including) - _above(hot, level, including))
    return np.asarray(cold.heat - lack)


def _above(segment: Segments, level: Array, including: bool) -> Array:
    span = segment.top - segment.bottom
    sloped = np.clip((segment.top - level) / np.where(span > 0, span, 1.0), 0.0, 1.0)
    flat = segment.top >= level if including else segment.top > level
    return np.asarray(segment.heat * np.where(span > 0, sloped, flat))
