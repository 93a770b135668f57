"""A front: what can be gained of two things at once, each point a choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lichen.report import _frame, svg
from lichen.report._frame import Scale
from lichen.report.svg import Caption

LEFT, BOTTOM, TOP, RIGHT = 84.0, 46.0, 30.0, 24.0


@dataclass(frozen=True)
class FrontPoint:
    """A choice: how much of each it brings, and whether it is the one that the page speaks of."""

    across: float
    up: float
    chosen: bool = False
    note: str = ""


def front_chart(caption: Caption, points: Sequence[FrontPoint], up_label: str, *, height: float = 320.0) -> str:
    """Points joined by a line; ``caption.value_label`` names the axis across, ``up_label`` the one up."""
    ordered = sorted(points, key=lambda p: svg.finite(p.across, p.note or "point"))
    xs, ys = [p.across for p in ordered], [svg.finite(p.up, p.note or "point") for p in ordered]
    x_ticks, y_ticks = svg.nice_ticks(min(xs), max(xs)), svg.nice_ticks(min(ys), max(ys))
    across = Scale(min(*x_ticks, *xs), max(*x_ticks, *xs), LEFT, caption.width - RIGHT)
    up = Scale(min(*y_ticks, *ys), max(*y_ticks, *ys), height - BOTTOM, TOP)
    body = []
    for tick, text in zip(x_ticks, svg.format_ticks(x_ticks), strict=True):
        x = across.at(tick)
        body.append(svg.line(x, TOP, x, height - BOTTOM, svg.GRID))
        body.append(svg.label(x, height - BOTTOM + 14, text, size=_frame.NUMBER_SIZE, anchor="middle", fill=svg.MUTED))
    for tick, text in zip(y_ticks, svg.format_ticks(y_ticks), strict=True):
        y = up.at(tick)
        body.append(svg.line(LEFT, y, caption.width - RIGHT, y, svg.GRID))
        body.append(svg.label(LEFT - 8, y, text, size=_frame.NUMBER_SIZE, anchor="end", fill=svg.MUTED))
    middle = (LEFT + caption.width - RIGHT) / 2
    body.append(svg.label(middle, height - 10, caption.value_label, anchor="middle", fill=svg.MUTED))
    body.append(svg.label(LEFT, 14, up_label, fill=svg.MUTED))
    places = [(across.at(x), up.at(y)) for x, y in zip(xs, ys, strict=True)]
    commands = "M" + "L".join(f"{svg.coordinate(x)} {svg.coordinate(y)}" for x, y in places)
    body.append(svg.path(commands, fill="none", stroke=svg.AXIS, stroke_width=1.5))
    for point, (x, y) in zip(ordered, places, strict=True):
        fill = svg.WORSE if point.chosen else svg.BETTER
        body.append(svg.circle(x, y, 6.5 if point.chosen else 4.5, fill, point.note, stroke=svg.PAPER))
    return svg.document(caption, caption.width, height, body)
