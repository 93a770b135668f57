"""What the charts share: a column of labels, rows, a scale with light gridlines, a legend."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from lichen.report import svg
from lichen.report.svg import Caption

LABEL_SIZE = 12.0
NUMBER_SIZE = 11.0
LEAD = 15.0
GAP = 10.0
NUMBER_GAP = 6.0
AXIS_HEIGHT = 24.0
MARGIN = 6.0

Better = Literal["lower", "higher"]


@dataclass(frozen=True)
class Scale:
    """Values to positions, linear or logarithmic."""

    low: float
    high: float
    left: float
    right: float
    log: bool = False

    def at(self, value: float) -> float:
        """Position of a value in px."""
        low, high = (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)
        here = math.log10(value) if self.log else value
        size = max(abs(low), abs(high))
        share = (here / size - low / size) / (high / size - low / size) if size > 0 and high > low else 0.0
        return self.left + share * (self.right - self.left)


@dataclass(frozen=True)
class Band:
    """One row of a chart: its full label and where it lies."""

    label: str
    top: float
    height: float

    @property
    def middle(self) -> float:
        """Height of the row's middle line in px."""
        return self.top + self.height / 2


@dataclass(frozen=True)
class Rows:
    """A chart made of rows: bands, scale, and the furniture behind the marks."""

    caption: Caption
    bands: tuple[Band, ...]
    scale: Scale
    furniture: tuple[str, ...]
    height: float

    def document(self, marks: Sequence[str]) -> str:
        """The picture with marks drawn over the furniture."""
        return svg.document(self.caption, self.caption.width, self.height, (*self.furniture, *marks))


@dataclass(frozen=True)
class Key:
    """One entry of a legend; ``draw`` gives the glyph for a place (left end, middle height)."""

    label: str
    draw: Callable[[float, float], str]
    width: float = 10.0


def swatch(colour: str, label: str) -> Key:
    """Legend entry with a square of the colour."""
    return Key(label, lambda x, y: svg.rect(x, y - 5, 10, 10, colour))


def legend(keys: Sequence[Key], width: float, left: float = 0.0) -> tuple[tuple[str, ...], float]:
    """Legend in as many lines as it needs, and its height in px."""
    shown = [key for key in keys if svg.clean(key.label)]
    x, y, parts = left, 10.0, []
    for key in shown:
        text = svg.fit(key.label, width - left - 30, LABEL_SIZE)
        size = key.width + 6 + svg.text_width(text, LABEL_SIZE)
        if x > left and x + size > width:
            x, y = left, y + 20
        parts += [
            key.draw(x, y),
            svg.label(x + key.width + 6, y, text, hint=key.label if text != svg.clean(key.label) else ""),
        ]
        x += size + 20
    return tuple(parts), (y + 18 if shown else 0.0)


def colour(index: int) -> str:
    """Colour of a series; the palette starts again when it is used up."""
    return svg.PALETTE[index % len(svg.PALETTE)]


def verdict(change: float, better: Better) -> str:
    """Colour of a change: for the better, for the worse, or none."""
    if change == 0:
        return svg.NEUTRAL
    return svg.BETTER if (change < 0) == (better == "lower") else svg.WORSE


def rows_frame(
    caption: Caption,
    labels: Sequence[str],
    values: Sequence[float],
    *,
    band_height: float,
    room: tuple[float, float],
    keys: Sequence[Key] = (),
    from_zero: bool = True,
    log: bool = False,
) -> Rows:
    """Lay out rows; ``room`` is what the numbers left and right of the marks need in px."""
    if not labels:
        raise ValueError(f"“{svg.clean(caption.title)}” has no rows: a chart needs at least one")
    column = min(max(svg.text_width(svg.clean(text), LABEL_SIZE) for text in labels) + 1, 0.32 * caption.width)
    wrapped = [svg.wrap(text, column, LABEL_SIZE) for text in labels]
    left, right = column + GAP + room[0], caption.width - room[1] - MARGIN
    low, high, ticks = _domain(values, right - left, from_zero=from_zero, log=log)
    scale = Scale(low, high, left, max(right, left + 60), log)
    drawn, top = legend(keys, caption.width, column + GAP)
    title = svg.fit(caption.value_label, caption.width - column - GAP, NUMBER_SIZE)
    start = top + (20 if title else 4)
    bands = _bands(labels, wrapped, band_height, start)
    bottom = bands[-1].top + bands[-1].height
    furniture = (
        *drawn,
        svg.label(column + GAP, top + 8, title, size=NUMBER_SIZE, fill=svg.MUTED, hint=caption.value_label),
        *_stripes(bands, caption.width),
        *_grid(scale, ticks, start, bottom, caption.width),
        *(
            svg.label_lines(column, band.middle, lines, lead=LEAD, anchor="end", hint=_hint(band.label, lines))
            for band, lines in zip(bands, wrapped, strict=True)
        ),
    )
    return Rows(caption, bands, scale, furniture, bottom + AXIS_HEIGHT)


def _hint(text: str, lines: Sequence[str]) -> str:
    return text if any(shown.endswith(svg.ELLIPSIS) for shown in lines) else ""


def _bands(labels: Sequence[str], wrapped: Sequence[Sequence[str]], least: float, start: float) -> tuple[Band, ...]:
    bands = []
    for text, lines in zip(labels, wrapped, strict=True):
        height = max(least, LEAD * len(lines) + 6)
        bands.append(Band(text, start, height))
        start += height
    return tuple(bands)


def _domain(
    values: Sequence[float], width: float, *, from_zero: bool, log: bool
) -> tuple[float, float, tuple[float, ...]]:
    """Ends of the scale, and the ticks between them that have room for their numbers."""
    low, high = min(values), max(values)
    if log:
        ticks = _log_ticks(low, high)
        return ticks[0], ticks[-1], ticks
    if from_zero or low == high:
        low, high = min(low, 0.0), max(high, 0.0)
    for count in (6, 5, 4, 3, 2):
        ticks = svg.nice_ticks(low, high, count)
        needed = sum(svg.text_width(text, NUMBER_SIZE) + 14 for text in svg.format_ticks(ticks))
        if needed <= width:
            break
    slack = 1e-9 * (high - low)
    return low, high, tuple(tick for tick in ticks if low - slack <= tick <= high + slack)


def _log_ticks(low: float, high: float) -> tuple[float, ...]:
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    last = max(last, first + 1)
    step = max(1, math.ceil((last - first) / 6))
    return tuple(10.0**power for power in range(first, last + step, step))


def _stripes(bands: Sequence[Band], width: float) -> tuple[str, ...]:
    if len(bands) < 8:
        return ()
    return tuple(svg.rect(0, band.top, width, band.height, svg.STRIPE) for band in bands[1::2])


def _grid(scale: Scale, ticks: Sequence[float], top: float, bottom: float, width: float) -> tuple[str, ...]:
    parts = []
    texts = tuple(svg.format_number(tick) for tick in ticks) if scale.log else svg.format_ticks(ticks)
    for tick, text in zip(ticks, texts, strict=True):
        x = scale.at(tick)
        parts.append(svg.line(x, top, x, bottom, svg.AXIS if tick == 0 else svg.GRID))
        half = svg.text_width(text, NUMBER_SIZE) / 2
        x = min(max(x, half), width - half)  # a number at the edge stays in the picture
        parts.append(svg.label(x, bottom + 12, text, size=NUMBER_SIZE, anchor="middle", fill=svg.MUTED))
    return tuple(parts)


def room_for(texts: Sequence[str]) -> float:
    """Room in px that numbers beside marks need."""
    return max((svg.text_width(text, NUMBER_SIZE) for text in texts), default=0.0) + NUMBER_GAP if texts else 0.0


def beside(x: float, y: float, text: str, *, left: bool = False, fill: str = svg.INK) -> str:
    """A number beside the end of a mark."""
    place = x - NUMBER_GAP if left else x + NUMBER_GAP
    return svg.label(place, y, text, size=NUMBER_SIZE, anchor="end" if left else "start", fill=fill)
