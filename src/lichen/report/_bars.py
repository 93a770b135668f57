"""Bars from zero: grouped with ranges, stacked, diverging, and the waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lichen.report import _frame, svg
from lichen.report._frame import Band, Better, Scale
from lichen.report.svg import Caption

NOTE_SHARE = 0.16


@dataclass(frozen=True)
class Bar:
    """A value, with the ends of its range where they are known."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class BarRow:
    """One row of a bar chart: a bar for each series."""

    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class StackRow:
    """One row of a stacked bar chart: a part for each series, in the legend's order."""

    label: str
    parts: tuple[float, ...]


@dataclass(frozen=True)
class DeltaRow:
    """One row of winners and losers; ``note`` stands small behind the number, for example the relative change."""

    label: str
    change: float
    note: str = ""


@dataclass(frozen=True)
class WaterfallStep:
    """One contribution between the reference and the scenario."""

    label: str
    change: float


def interval(value: float, low: float | None, high: float | None, label: str) -> tuple[float, ...]:
    """Value and range, checked; the range is empty or both ends."""
    checked = svg.finite(value, label)
    if (low is None) != (high is None):
        raise ValueError(f"“{svg.clean(label)}” has one end of a range: give both ends or neither")
    if low is None or high is None:
        return (checked,)
    ends = svg.finite(low, label), svg.finite(high, label)
    if ends[0] > ends[1]:
        raise ValueError(f"“{svg.clean(label)}” has a range from {ends[0]} to {ends[1]}: give the low end first")
    return (checked, *ends)


def same_length(label: str, found: int, series: Sequence[str]) -> None:
    """Refuse a row that has more or fewer values than there are series."""
    if found != len(series) or not series:
        raise ValueError(f"“{svg.clean(label)}” has {found} values for {len(series)} series: give one for each")


def bar_chart(caption: Caption, series: Sequence[str], rows: Sequence[BarRow]) -> str:
    """Horizontal bars, grouped by row, with range whiskers where a range is given."""
    drawn: list[list[tuple[float, ...]]] = []
    for row in rows:
        same_length(row.label, len(row.bars), series)
        drawn.append([interval(bar.value, bar.low, bar.high, row.label) for bar in row.bars])
    everything = [bar for row_bars in drawn for bar in row_bars]
    keys = [_frame.swatch(_frame.colour(index), name) for index, name in enumerate(series)]
    thickness = 14.0 if len(series) == 1 else 10.0
    frame = _frame.rows_frame(
        caption,
        [row.label for row in rows],
        [value for bar in everything for value in bar],
        band_height=(thickness + 2) * len(series) + (10 if len(series) == 1 else 12),
        room=_room(caption, [bar[0] for bar in everything]),
        keys=keys if len(series) > 1 else (),
    )
    marks = []
    for row, bars, band in zip(rows, drawn, frame.bands, strict=True):
        top = band.middle - (thickness + 2) * len(series) / 2 + 1
        for index, bar in enumerate(bars):
            names = row.label if len(series) == 1 else f"{row.label} · {series[index]}"
            middle = top + (thickness + 2) * index + thickness / 2
            marks.append(_bar(caption, frame.scale, bar, middle, thickness, _frame.colour(index), names))
    return frame.document(marks)


def _room(
    caption: Caption, values: Sequence[float], notes: Sequence[str] = (), *, plus: bool = False
) -> tuple[float, float]:
    notes = notes or [""] * len(values)
    texts = [
        (value, svg.format_number(value, caption.digits, plus=plus) + (f"  {note}" if note else ""))
        for value, note in zip(values, notes, strict=True)
    ]
    left = _frame.room_for([text for value, text in texts if value < 0])
    return left, _frame.room_for([text for value, text in texts if value >= 0]) or 12.0


def _bar(
    caption: Caption, scale: Scale, bar: tuple[float, ...], y: float, thickness: float, colour: str, names: str
) -> str:
    hint = f"{names}: {caption.quantity(bar[0])}"
    if len(bar) > 1:
        hint += f" [{svg.format_number(bar[1], caption.digits)} … {svg.format_number(bar[2], caption.digits)}]"
    opacity = "0.55" if len(bar) > 1 else None  # a range is to be seen on its bar
    parts = [bar_mark(scale, 0.0, bar[0], y, thickness, colour, hint, opacity)]
    if len(bar) > 1:
        parts.append(whisker(scale, bar[1], bar[2], y))
    end = scale.at(min(bar) if bar[0] < 0 else max(bar))
    parts.append(_frame.beside(end, y, svg.format_number(bar[0], caption.digits), left=bar[0] < 0))
    return "".join(parts)


def bar_mark(
    scale: Scale,
    start: float,
    end: float,
    y: float,
    thickness: float,
    colour: str,
    hint: str,
    opacity: str | None = None,
) -> str:
    """A bar between two values; one that is not zero can be seen, however short."""
    left, right = scale.at(min(start, end)), scale.at(max(start, end))
    if start != end and right - left < 1:
        left, right = (left, left + 1) if end > start else (right - 1, right)
    return svg.rect(left, y - thickness / 2, right - left, thickness, colour, hint, fill_opacity=opacity)


def whisker(scale: Scale, low: float, high: float, y: float, stroke: str = svg.INK) -> str:
    """A thin range with caps."""
    left, right = scale.at(low), scale.at(high)
    return (
        svg.line(left, y, right, y, stroke)
        + svg.line(left, y - 3, left, y + 3, stroke)
        + svg.line(right, y - 3, right, y + 3, stroke)
    )


def stacked_bar_chart(caption: Caption, series: Sequence[str], rows: Sequence[StackRow]) -> str:
    """Horizontal bars of parts, the total behind each; negative parts stand left of zero."""
    drawn: list[list[float]] = []
    for row in rows:
        same_length(row.label, len(row.parts), series)
        drawn.append([svg.finite(part, f"{row.label} · {name}") for part, name in zip(row.parts, series, strict=True)])
    ends = [(sum(part for part in parts if part < 0), sum(part for part in parts if part > 0)) for parts in drawn]
    totals = [svg.format_number(sum(parts), caption.digits) for parts in drawn]
    frame = _frame.rows_frame(
        caption,
        [row.label for row in rows],
        [end for pair in ends for end in pair],
        band_height=24 if len(rows) < 20 else 21,
        room=(0.0, _frame.room_for(totals)),
        keys=[_frame.swatch(_frame.colour(index), name) for index, name in enumerate(series)],
    )
    marks = []
    for row, parts, total, pair, band in zip(rows, drawn, totals, ends, frame.bands, strict=True):
        marks += _stack(caption, frame.scale, row.label, series, parts, band)
        marks.append(_frame.beside(frame.scale.at(pair[1]), band.middle, total))
    return frame.document(marks)


def _stack(
    caption: Caption, scale: Scale, label: str, series: Sequence[str], parts: Sequence[float], band: Band
) -> list[str]:
    marks, above, below = [], 0.0, 0.0
    for index, (name, part) in enumerate(zip(series, parts, strict=True)):
        if part == 0:
            continue
        start = above if part > 0 else below
        hint = f"{label} · {name}: {caption.quantity(part)}"
        marks.append(bar_mark(scale, start, start + part, band.middle, 14, _frame.colour(index), hint))
        above, below = above + max(part, 0.0), below + min(part, 0.0)
        edge = scale.at(start)
        if start and abs(scale.at(start + part) - edge) > 3:
            marks.append(svg.line(edge, band.middle - 7, edge, band.middle + 7, svg.PAPER, 0.8))
    return marks


def diverging_bar_chart(
    caption: Caption,
    rows: Sequence[DeltaRow],
    *,
    better: Better = "lower",
    better_label: str = "",
    worse_label: str = "",
) -> str:
    """Winners and losers: each row's change left or right of zero, with its sign, in the order given."""
    changes = [svg.finite(row.change, row.label) for row in rows]
    notes = [svg.fit(row.note, NOTE_SHARE * caption.width, _frame.NUMBER_SIZE) for row in rows]
    frame = _frame.rows_frame(
        caption,
        [row.label for row in rows],
        changes,
        band_height=24 if len(rows) < 20 else 21,
        room=_room(caption, changes, notes, plus=True),
        keys=(_frame.swatch(svg.BETTER, better_label), _frame.swatch(svg.WORSE, worse_label)),
    )
    marks = []
    for row, change, note, band in zip(rows, changes, notes, frame.bands, strict=True):
        hint = f"{row.label}: {caption.quantity(change, plus=True)} {row.note}"
        fill = _frame.verdict(change, better)
        marks.append(bar_mark(frame.scale, 0.0, change, band.middle, 14, fill, hint))
        marks.append(_signed(caption, frame.scale.at(change), band.middle, change, note))
    return frame.document(marks)


def _signed(caption: Caption, x: float, y: float, change: float, note: str) -> str:
    number = svg.format_number(change, caption.digits, plus=True)
    offset = svg.text_width(number + "  ", _frame.NUMBER_SIZE)
    if change >= 0:
        return _frame.beside(x, y, number) + _frame.beside(x + offset, y, note, fill=svg.MUTED)
    offset = svg.text_width(note + "  ", _frame.NUMBER_SIZE) if note else 0.0
    return _frame.beside(x - offset, y, number, left=True) + _frame.beside(x, y, note, left=True, fill=svg.MUTED)


def waterfall_chart(
    caption: Caption,
    start: WaterfallStep,
    steps: Sequence[WaterfallStep],
    end_label: str,
    *,
    better: Better = "lower",
    cut_note: str = "",
) -> str:
    """From the reference (``start``) by each contribution to the scenario, which is their sum.

    Where every level lies far from zero the axis is cut so that the contributions can be seen: the two totals then
    carry a break mark, and ``cut_note`` says so in words.
    """
    level = svg.finite(start.change, start.label)
    levels = [level]
    for step in steps:
        levels.append(svg.finite(levels[-1] + svg.finite(step.change, step.label), step.label))
    labels = [start.label, *(step.label for step in steps), end_label]
    texts = [_number(caption, levels[0]), *(_number(caption, step.change, plus=True) for step in steps)]
    texts.append(_number(caption, levels[-1]))
    cut = _is_cut(levels)
    room = _frame.room_for(texts)
    keys = (_frame.Key(cut_note, _cut_glyph, 12.0),) if cut else ()
    spread = _spread(levels) if cut else levels
    low, high = min(*spread, spread[0] if cut else 0.0), max(*spread, spread[0] if cut else 0.0)
    falls = [after for before, after in pairwise(levels) if after < before]
    room_left = room if min(levels) < 0 or any(after - low < 0.25 * (high - low) for after in falls) else 0.0
    frame = _frame.rows_frame(
        caption, labels, spread, band_height=26, room=(room_left, room), keys=keys, from_zero=not cut
    )
    marks = _waterfall_marks(caption, frame, levels, [step.change for step in steps], texts, better)
    if cut:
        marks += [_cut_glyph(_cut_place(frame.scale, levels[0]) - 8, frame.bands[place].middle) for place in (0, -1)]
    return frame.document(marks)


def _number(caption: Caption, value: float, *, plus: bool = False) -> str:
    return svg.format_number(value, max(caption.digits, 5) if not plus else caption.digits, plus=plus)


def _is_cut(levels: Sequence[float]) -> bool:
    low, high = min(levels), max(levels)
    return low != high and (low > 0.7 * high > 0 or high < 0.7 * low < 0)


def _spread(levels: Sequence[float]) -> list[float]:
    """Levels and a margin on the side of zero, so that totals keep a visible body."""
    low, high = min(levels), max(levels)
    margin = 0.35 * (high - low)
    return [low - margin, high] if low > 0 else [low, high + margin]


def _cut_place(scale: Scale, level: float) -> float:
    return scale.left + 14 if level > 0 else scale.right - 14


def _cut_glyph(x: float, y: float) -> str:
    """Two white strokes with grey edges across a bar: the axis does not start at zero."""
    slash = f"M{svg.coordinate(x + 4)} {svg.coordinate(y + 9)}l4 -18"
    return svg.path(slash, stroke=svg.PAPER, stroke_width=5, fill="none") + "".join(
        svg.path(f"M{svg.coordinate(x + shift)} {svg.coordinate(y + 9)}l4 -18", stroke=svg.MUTED, fill="none")
        for shift in (2, 6.5)
    )


def _waterfall_marks(
    caption: Caption,
    frame: _frame.Rows,
    levels: Sequence[float],
    changes: Sequence[float],
    texts: Sequence[str],
    better: Better,
) -> list[str]:
    scale, zero = frame.scale, min(max(0.0, frame.scale.low), frame.scale.high)
    spans = [(zero, levels[0]), *pairwise(levels), (zero, levels[-1])]
    fills = [svg.INK, *(_frame.verdict(change, better) for change in changes), svg.INK]
    marks = []
    for (first, last), fill, text, band in zip(spans, fills, texts, frame.bands, strict=True):
        unit = f" {caption.unit}" if caption.unit else ""
        marks.append(bar_mark(scale, first, last, band.middle, 16, fill, f"{band.label}: {text}{unit}"))
        leftward = last < first
        marks.append(_frame.beside(scale.at(last), band.middle, text, left=leftward))
    for level, band in zip(levels, frame.bands, strict=False):
        x = scale.at(level)
        marks.append(svg.line(x, band.middle + 8, x, band.middle + band.height - 8, svg.AXIS))
    return marks
