"""Places for the labels of links: on the link where there is room, else near it with a leader, never over another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lichen.report._sankey_layout import PlacedLink

SHORT = 120.0
ALONG = (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.15, 0.85)
ASIDE = (10.0, -10.0, 16.0, -16.0, 24.0, -24.0, 34.0, -34.0, 46.0, -46.0, 60.0, -60.0)


@dataclass(frozen=True)
class Area:
    """A rectangle that is taken."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Area) -> bool:
        """Whether two rectangles overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True)
class Spot:
    """Middle of a label, and the point of its link that it belongs to."""

    x: float
    y: float
    anchor_x: float
    anchor_y: float

    @property
    def displaced(self) -> bool:
        """Whether the label stands off its link."""
        return self.y != self.anchor_y


def around(x: float, y: float, width: float, height: float) -> Area:
    """Rectangle around a middle."""
    return Area(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def spots(
    links: Sequence[PlacedLink], sizes: Sequence[tuple[float, float] | None], taken: Sequence[Area], bounds: Area
) -> list[Spot | None]:
    """A spot for each label that has a size; thick links choose first, None where there is no room at all."""
    areas = list(taken)
    found: list[Spot | None] = [None] * len(links)
    order = sorted(range(len(links)), key=lambda index: (not _short(links[index]), -links[index].thickness, index))
    for aside in (False, True):
        for index in order:
            size = sizes[index]
            if size is None or found[index] is not None:
                continue
            spot = _free(links[index], size, areas, bounds, aside=aside or _short(links[index]))
            if spot is not None:
                found[index] = spot
                areas.append(around(spot.x, spot.y, *size))
    return found


def _short(link: PlacedLink) -> bool:
    """Whether a loop is so short that its label stands under it and not on it."""
    return link.loop and link.points[2][0] - link.points[3][0] < SHORT


def _free(
    link: PlacedLink, size: tuple[float, float], areas: Sequence[Area], bounds: Area, *, aside: bool
) -> Spot | None:
    for away in ASIDE if aside else (0.0,):
        for share in (0.5,) if _short(link) else ALONG:
            x, y = course(link, share)
            at = min(max(x, bounds.left + size[0] / 2), bounds.right - size[0] / 2) if _short(link) else x
            label_y = y + away + (math.copysign(link.thickness / 2, away) if away else 0.0)
            area = around(at, label_y, *size)
            inside = area.left >= bounds.left and area.right <= bounds.right
            inside = inside and area.top >= bounds.top and area.bottom <= bounds.bottom
            if inside and not any(area.meets(other) for other in areas):
                return Spot(at, label_y, x, y)
    return None


def course(link: PlacedLink, share: float) -> tuple[float, float]:
    """A point of the link's middle line: along the track of a loop, along all of a ribbon."""
    if link.loop:
        (right, track), (left, _) = link.points[2], link.points[3]
        return left + share * (right - left), track
    first, last = link.points[0][0], link.points[-1][0]
    x = first + share * (last - first)
    (x0, y0), (x1, y1) = next((a, b) for a, b in pairwise(link.points) if a[0] <= x <= b[0])
    t = _parameter((x - x0) / (x1 - x0))
    return x, y0 + (y1 - y0) * (3 * t * t - 2 * t * t * t)


def _parameter(share: float) -> float:
    """Parameter of a cubic with control points at the middle, at a share of its width; by bisection."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        at = 1.5 * middle * (1 - middle) * (1 - middle) + 1.5 * middle * middle * (1 - middle) + middle**3
        low, high = (middle, high) if at < share else (low, middle)
    return (low + high) / 2
