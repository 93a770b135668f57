"""Blocks of different width side by side (an abatement cost curve), and bars about a base (a tornado)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lichen.report import _frame, svg
from lichen.report._frame import Scale
from lichen.report.svg import Caption


@dataclass(frozen=True)
class BlockPart:
    """A block: what it is, how wide and how high; ``plain`` blocks are shaded, their height ranks nothing."""

    label: str
    width: float
    height: float
    plain: bool = False


@dataclass(frozen=True)
class SwingRow:
    """A row of a tornado: the result at the low and the high end of an input."""

    label: str
    at_low: float
    at_high: float


def block_chart(
    caption: Caption, blocks: Sequence[BlockPart], across_label: str, keys: tuple[str, str], *, height: float = 340.0
) -> str:
    """Blocks from left to right: width on one axis, height on the other, each numbered in its place.

    Parameters
    ----------
    caption
        Its ``value_label`` stands over the axis of heights.
    blocks
        In the order drawn.
    across_label
        What widths are.
    keys
        What coloured and what shaded blocks are.
    height
        Of the picture [px].
    """
    if not blocks:
        raise ValueError(f"“{svg.clean(caption.title)}” has no blocks: a chart needs at least one")
    widths = [svg.finite(b.width, b.label) for b in blocks]
    heights = [svg.finite(b.height, b.label) for b in blocks]
    if min(widths) <= 0:
        raise ValueError(f"“{svg.clean(caption.title)}” has a block without width: leave it out")
    drawn, top = _frame.legend(_keys(blocks, keys), caption.width)
    ticks = svg.nice_ticks(min(0.0, *heights), max(0.0, *heights), 5)
    left = _frame.room_for(svg.format_ticks(ticks)) + 12
    across = Scale(0.0, sum(widths), left, caption.width - 14)
    up = Scale(ticks[0], ticks[-1], height - 40, top + 34.0)
    body = [*drawn, svg.label(0, top + 10, caption.value_label, size=_frame.NUMBER_SIZE, fill=svg.MUTED)]
    for tick, text in zip(ticks, svg.format_ticks(ticks), strict=True):
        y = up.at(tick)
        body.append(svg.line(left, y, caption.width - 14, y, svg.AXIS if tick == 0 else svg.GRID))
        body.append(svg.label(left - 6, y, text, size=_frame.NUMBER_SIZE, anchor="end", fill=svg.MUTED))
    body += _across(across, across_label, height)
    body += _drawn(caption, blocks, widths, across, up)
    return svg.document(caption, caption.width, height, body)


def _keys(blocks: Sequence[BlockPart], keys: tuple[str, str]) -> list[_frame.Key]:
    found = [(svg.BETTER, keys[0], False), (svg.NEUTRAL, keys[1], True)]
    return [_frame.swatch(colour, label) for colour, label, plain in found if any(b.plain == plain for b in blocks)]


def _across(across: Scale, label: str, height: float) -> list[str]:
    body, last = [], float("-inf")
    ticks = [t for t in svg.nice_ticks(0.0, across.high, 6) if t <= across.high * (1 + 1e-9)]
    for tick, text in zip(ticks, svg.format_ticks(ticks), strict=True):
        x = across.at(tick)
        if x - last > svg.text_width(text, _frame.NUMBER_SIZE) + 10:
            body.append(svg.label(x, height - 26, text, size=_frame.NUMBER_SIZE, anchor="middle", fill=svg.MUTED))
            last = x
    body.append(svg.label(across.right, height - 8, label, size=_frame.NUMBER_SIZE, anchor="end", fill=svg.MUTED))
    return body


def _drawn(
    caption: Caption, blocks: Sequence[BlockPart], widths: Sequence[float], across: Scale, up: Scale
) -> list[str]:
    edges = [0.0]
    for width in widths:
        edges.append(edges[-1] + width)
    body = []
    for number, (block, (start, end)) in enumerate(zip(blocks, pairwise(edges), strict=True), 1):
        x, right = across.at(start), across.at(end)
        ends = sorted((up.at(0.0), up.at(block.height)))
        hint = f"{number}. {block.label}: {caption.quantity(block.height)}"
        fill = svg.NEUTRAL if block.plain else svg.BETTER
        body.append(svg.rect(x, ends[0], max(right - x - 0.8, 0.8), max(ends[1] - ends[0], 1.0), fill, hint))
        if right - x > svg.text_width(str(number), _frame.NUMBER_SIZE) + 2:
            inside = ends[1] - ends[0] > 18
            base = -9.0 if (block.height >= 0) == inside else 9.0  # in the block at its foot, or beyond the axis
            body.append(svg.label((x + right) / 2, up.at(0.0) + base, str(number), size=_frame.NUMBER_SIZE,
                                  anchor="middle", fill=svg.PAPER if inside else svg.INK))  # fmt: skip
    return body


def tornado_chart(caption: Caption, base: float, rows: Sequence[SwingRow], keys: tuple[str, str]) -> str:
    """Bars from the base to the result at both ends of each input, the widest first as given.

    Parameters
    ----------
    caption
        Its ``value_label`` stands over the axis.
    base
        Result with all inputs at their values.
    rows
        One an input.
    keys
        What the colour of the low and of the high end means.
    """
    values = [svg.finite(v, r.label) for r in rows for v in (r.at_low, r.at_high)]
    texts = [svg.format_number(v, caption.digits) for v in (*values, base)]
    frame = _frame.rows_frame(
        caption, [r.label for r in rows], [*values, svg.finite(base, caption.title)], band_height=22,
        room=(_frame.room_for(texts), _frame.room_for(texts)), from_zero=False,
        keys=[_frame.swatch(svg.NEUTRAL, keys[0]), _frame.swatch(svg.BETTER, keys[1])],
    )  # fmt: skip
    marks = []
    for row, band in zip(rows, frame.bands, strict=True):
        for end, colour, word in ((row.at_low, svg.NEUTRAL, keys[0]), (row.at_high, svg.BETTER, keys[1])):
            start, stop = sorted((frame.scale.at(base), frame.scale.at(end)))
            hint = f"{row.label} · {word}: {caption.quantity(end)}"
            marks.append(svg.rect(start, band.middle - 6, max(stop - start, 0.6), 12, colour, hint))
        low, high = sorted((row.at_low, row.at_high, base))[::2]
        marks.append(_frame.beside(frame.scale.at(low), band.middle, svg.format_number(low, caption.digits), left=True))
        marks.append(_frame.beside(frame.scale.at(high), band.middle, svg.format_number(high, caption.digits)))
    x = frame.scale.at(base)
    marks.append(svg.line(x, frame.bands[0].top, x, frame.bands[-1].top + frame.bands[-1].height, svg.INK))
    return frame.document(marks)
