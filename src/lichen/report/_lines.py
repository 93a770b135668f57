"""Lines over years, each named at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lichen.report import _frame, svg
from lichen.report._frame import Scale
from lichen.report.svg import Caption

_Series = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Line:
    """One line over years; years without a value are left out of the points."""

    label: str
    points: tuple[tuple[int, float], ...]
    dashed: bool = False


@dataclass(frozen=True)
class _Plot:
    caption: Caption
    across: Scale
    up: Scale
    ticks: tuple[float, ...]
    years: tuple[int, ...]


def line_chart(caption: Caption, lines: Sequence[Line], *, height: float = 300.0, from_zero: bool = True) -> str:
    """Lines over years, named at their ends; the axis starts at zero unless ``from_zero`` is False."""
    points = _checked(caption, lines)
    plot = _plot(caption, lines, points, height, from_zero=from_zero)
    body = _furniture(plot)
    ends = spread([plot.up.at(series[-1][1]) for series in points], 16, 8, height - 8)
    for index, (item, series, end) in enumerate(zip(lines, points, ends, strict=True)):
        body.append(_drawn(plot, item, series, _frame.colour(index)))
        body.append(_name(plot, item.label, series[-1], end, _frame.colour(index)))
    return svg.document(caption, caption.width, height, body)


def _checked(caption: Caption, lines: Sequence[Line]) -> list[_Series]:
    if not lines:
        raise ValueError(f"“{svg.clean(caption.title)}” has no lines: a chart needs at least one")
    points: list[_Series] = []
    for item in lines:
        if not item.points:
            raise ValueError(f"“{svg.clean(item.label)}” has no points: leave the line out")
        by_year = {year: svg.finite(value, f"{item.label} {year}") for year, value in item.points}
        if len(by_year) < len(item.points):
            raise ValueError(f"“{svg.clean(item.label)}” has a year twice: give one value a year")
        points.append(sorted(by_year.items()))
    return points


def _plot(
    caption: Caption,
    lines: Sequence[Line],
    points: Sequence[Sequence[tuple[int, float]]],
    height: float,
    *,
    from_zero: bool,
) -> _Plot:
    values = [value for series in points for _, value in series]
    years = sorted({year for series in points for year, _ in series})
    if from_zero or min(values) == max(values):
        values.append(0.0)
    ticks = svg.nice_ticks(min(values), max(values), 5)
    left = _frame.room_for(svg.format_ticks(ticks)) + 12
    names = max(svg.text_width(_fitted(caption, item.label), _frame.LABEL_SIZE) for item in lines)
    across = Scale(years[0], years[-1], left, caption.width - names - 34)
    up = Scale(ticks[0], ticks[-1], height - 28, 28.0 if svg.clean(caption.value_label) else 12.0)
    return _Plot(caption, across, up, ticks, tuple(years))


def _fitted(caption: Caption, name: str) -> str:
    return svg.fit(name, 0.28 * caption.width, _frame.LABEL_SIZE)


def _furniture(plot: _Plot) -> list[str]:
    left, right = plot.across.left - 6, plot.across.right + 6
    body = [svg.label(0, 8, plot.caption.value_label, size=_frame.NUMBER_SIZE, fill=svg.MUTED)]
    for tick, text in zip(plot.ticks, svg.format_ticks(plot.ticks), strict=True):
        y = plot.up.at(tick)
        body.append(svg.line(left, y, right, y, svg.AXIS if tick == 0 else svg.GRID))
        body.append(svg.label(left - 6, y, text, size=_frame.NUMBER_SIZE, anchor="end", fill=svg.MUTED))
    last = float("-inf")
    for year in plot.years:
        x = plot.across.at(year)
        if x - last > 42:  # a year is written where there is room for it
            body.append(
                svg.label(x, plot.up.left + 14, str(year), size=_frame.NUMBER_SIZE, anchor="middle", fill=svg.MUTED)
            )
            last = x
    return body


def _drawn(plot: _Plot, item: Line, series: _Series, stroke: str) -> str:
    places = [(plot.across.at(year), plot.up.at(value)) for year, value in series]
    commands = "M" + "L".join(f"{svg.coordinate(x)} {svg.coordinate(y)}" for x, y in places)
    dash = "5 4" if item.dashed else None
    marks = [
        svg.path(commands, fill="none", stroke=stroke, stroke_width=2, stroke_linejoin="round", stroke_dasharray=dash)
    ]
    for (x, y), (year, value) in zip(places, series, strict=True):
        hint = f"{item.label}, {year}: {plot.caption.quantity(value)}"
        marks.append(svg.circle(x, y, 3.2, stroke, hint, stroke=svg.PAPER))
    return "".join(marks)


def _name(plot: _Plot, name: str, last: tuple[int, float], y: float, stroke: str) -> str:
    x = plot.across.right + 26
    start, height = plot.across.at(last[0]) + 5, plot.up.at(last[1])
    leader = f"M{svg.coordinate(start)} {svg.coordinate(height)}L{svg.coordinate(x - 14)} {svg.coordinate(height)}"
    leader += f"L{svg.coordinate(x - 4)} {svg.coordinate(y)}"
    return svg.path(leader, fill="none", stroke=stroke, stroke_dasharray="1.5 2") + svg.label(
        x, y, _fitted(plot.caption, name), hint=name
    )


def spread(heights: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Heights moved apart to at least the gap, in their order, within top and bottom where there is room."""
    order = sorted(range(len(heights)), key=lambda index: (heights[index], index))
    placed = [heights[index] for index in order]
    for index in range(1, len(placed)):
        placed[index] = max(placed[index], placed[index - 1] + gap)
    overflow = max(0.0, placed[-1] - bottom) if placed else 0.0
    limit = bottom
    for index in range(len(placed) - 1, -1, -1):
        if overflow:
            placed[index] = min(placed[index], limit)
            limit = placed[index] - gap
    shift = max(0.0, top - placed[0]) if placed else 0.0
    moved = [0.0] * len(heights)
    for index, height in zip(order, placed, strict=True):
        moved[index] = height + (shift if overflow else 0.0)
    return moved
