"""A map of firms and of what could flow between them, as SVG text: no tiles, no network, true to scale.

Latitude and longitude become kilometres on a plane that touches the Earth in the middle of the firms (equirectangular):
within 200 km the error is below 1 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lichen.inventory.places import RADIUS_KM
from lichen.report import svg
from lichen.report.svg import Caption

MARGIN, DOT, LABEL = 46.0, 5.0, 11.0
MOST_HEIGHT = 620.0


@dataclass(frozen=True)
class MapPoint:
    """A firm: its id, what is written beside it, where it is [°], and its colour."""

    id: str
    label: str
    latitude: float
    longitude: float
    colour: str = svg.INK
    note: str = ""


@dataclass(frozen=True)
class MapLine:
    """What goes from one firm to another: its weight in (0, 1] is its width."""

    source: str
    target: str
    weight: float
    colour: str = svg.BETTER
    note: str = ""


def park_map(caption: Caption, points: Sequence[MapPoint], lines: Sequence[MapLine]) -> str:
    """Return the map; empty if no point is known.

    Lines between points that are not on the map are left out. Labels that would cover each other are left out, those of
    the first points stay; every point tells its label when pointed at.
    """
    if not points:
        return ""
    middle = (
        sum(p.latitude for p in points) / len(points),
        sum(p.longitude for p in points) / len(points),
    )
    km = {p.id: _plane(p, middle) for p in points}
    xs, ys = [x for x, _ in km.values()], [y for _, y in km.values()]
    wide, high = max(max(xs) - min(xs), 1.0), max(max(ys) - min(ys), 1.0)
    room = caption.width - 2 * MARGIN
    scale = min(room / wide, (MOST_HEIGHT - 2 * MARGIN) / high)
    height = high * scale + 2 * MARGIN
    left = MARGIN + (room - wide * scale) / 2
    at = {name: (left + (x - min(xs)) * scale, MARGIN + (max(ys) - y) * scale) for name, (x, y) in km.items()}
    body = [svg.rect(0, 0, caption.width, height, svg.STRIPE)]
    body += [_line(line, at) for line in lines if line.source in at and line.target in at]
    body += [_dot(point, *at[point.id]) for point in points]
    body += _labels(points, at, caption.width)
    body += _scale_bar(scale, height)
    return svg.document(caption, caption.width, height, body)


def _plane(point: MapPoint, middle: tuple[float, float]) -> tuple[float, float]:
    """Return a place in km east and north of the middle."""
    east = math.radians(point.longitude - middle[1]) * math.cos(math.radians(middle[0]))
    return RADIUS_KM * east, RADIUS_KM * math.radians(point.latitude - middle[0])


def _line(line: MapLine, at: dict[str, tuple[float, float]]) -> str:
    """Return a curve from donor to receiver, bent to its right so that both ways can be told apart."""
    (x0, y0), (x1, y1) = at[line.source], at[line.target]
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    bend = min(0.18 * length, 40.0)
    cx, cy = (x0 + x1) / 2 - (y1 - y0) / length * bend, (y0 + y1) / 2 + (x1 - x0) / length * bend
    ends = " ".join(map(svg.coordinate, (x0, y0))), " ".join(map(svg.coordinate, (cx, cy, x1, y1)))
    width = 1.0 + 5.0 * min(max(line.weight, 0.0), 1.0)
    return svg.path(f"M{ends[0]}Q{ends[1]}", line.note, fill="none", stroke=line.colour, stroke_width=width,
                    stroke_opacity="0.55", stroke_linecap="round")  # fmt: skip


def _dot(point: MapPoint, x: float, y: float) -> str:
    return svg.circle(x, y, DOT, point.colour, point.note or point.label, stroke=svg.PAPER, stroke_width=1.5)


def _labels(points: Sequence[MapPoint], at: dict[str, tuple[float, float]], width: float) -> list[str]:
    taken: list[tuple[float, float, float, float]] = [(x - 6, y - 6, x + 6, y + 6) for x, y in at.values()]
    shown = []
    for point in points:
        x, y = at[point.id]
        text = svg.fit(point.label, 150.0, LABEL)
        size = svg.text_width(text, LABEL)
        right = x + 8 + size < width - 4
        box = (x + 8, y - 7, x + 8 + size, y + 6) if right else (x - 8 - size, y - 7, x - 8, y + 6)
        if any(_overlap(box, other) for other in taken):
            continue
        taken.append(box)
        shown.append(svg.label(box[0], y, text, size=LABEL, halo=True))
    return shown


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _scale_bar(scale: float, height: float) -> list[str]:
    """Return a bar of a round number of kilometres, and where north is."""
    wanted = 120.0 / scale
    size = 10.0 ** math.floor(math.log10(wanted))
    km = max(s * size for s in (1.0, 2.0, 5.0) if s * size <= wanted) if wanted >= size else size
    y = height - 14
    return [
        svg.line(14, y, 14 + km * scale, y, svg.INK, 2.0),
        svg.label(14, y - 10, f"{km:g} km", size=LABEL),
        svg.label(14, 18, "N ↑", size=LABEL),
    ]
