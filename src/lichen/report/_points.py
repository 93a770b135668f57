"""Points instead of bars: before and after, estimates with ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lichen.report import _frame, svg
from lichen.report._bars import interval
from lichen.report._frame import Band, Better, Scale
from lichen.report.svg import Caption

PUBLISHED = "#6F7B84"


@dataclass(frozen=True)
class ChangeRow:
    """One row of a dumbbell chart: the value in the reference and in the scenario."""

    label: str
    before: float
    after: float


@dataclass(frozen=True)
class Estimate:
    """One row of a comparison: a value, a range, or both; ``shown`` replaces the number (“almost 3 %”)."""

    label: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    ours: bool = False
    shown: str = ""
    source: str = ""


def dumbbell_chart(
    caption: Caption,
    rows: Sequence[ChangeRow],
    *,
    before_label: str,
    after_label: str,
    better: Better = "lower",
    log: bool = False,
) -> str:
    """An arrow from before to after in each row; the numbers and the relative change stand in a column on the right."""
    pairs = [(svg.finite(row.before, row.label), svg.finite(row.after, row.label)) for row in rows]
    for row, pair in zip(rows, pairs, strict=True):
        if log and min(pair) <= 0:
            raise ValueError(f"“{svg.clean(row.label)}” is {min(pair)}: a logarithmic axis needs values above zero")
    texts = [_change_texts(pair, caption.digits) for pair in pairs]
    widths = [max((svg.text_width(text[place], _frame.NUMBER_SIZE) for text in texts), default=0) for place in range(3)]
    frame = _frame.rows_frame(
        caption,
        [row.label for row in rows],
        [value for pair in pairs for value in pair],
        band_height=24 if len(rows) < 20 else 21,
        room=(8.0, sum(widths) + 66),
        keys=(
            _frame.Key(before_label, lambda x, y: _hollow(x + 5, y, svg.MUTED)),
            _frame.Key(after_label, lambda x, y: svg.circle(x + 5, y, 4.5, svg.MUTED)),
        ),
        log=log,
    )
    marks = []
    for row, pair, text, band in zip(rows, pairs, texts, frame.bands, strict=True):
        hint = f"{row.label}: {caption.quantity(pair[0])} → {caption.quantity(pair[1])}{text[2] and f' ({text[2]})'}"
        fill = _frame.verdict(pair[1] - pair[0], better)
        marks.append(svg.element("g", {}, svg.tooltip(hint), _arrow(frame.scale, pair, band.middle, fill)))
        marks.append(_columns(text, widths, caption.width - _frame.MARGIN, band.middle, fill))
    return frame.document(marks)


def _change_texts(pair: tuple[float, float], digits: int) -> tuple[str, str, str]:
    before, after = pair
    change = (after / before - 1) * 100 if before != 0 and abs(after / before) < 1e9 else None
    relative = "" if change is None else f"{svg.format_number(change, 2, plus=True)}{svg.THIN_SPACE}%"
    exact = digits
    while exact < 6 and before != after and svg.format_number(before, exact) == svg.format_number(after, exact):
        exact += 1  # two numbers that differ must not look the same
    return svg.format_number(before, exact), svg.format_number(after, exact), relative


def _columns(texts: Sequence[str], widths: Sequence[float], right: float, y: float, fill: str) -> str:
    after = right - widths[2] - 14
    before = after - widths[1] - 24
    size = _frame.NUMBER_SIZE
    return (
        svg.label(before, y, texts[0], size=size, anchor="end", fill=svg.MUTED)
        + svg.label(before + 12, y, "→", size=size, anchor="middle", fill=svg.MUTED)
        + svg.label(after, y, texts[1], size=size, anchor="end")
        + svg.label(right, y, texts[2], size=size, anchor="end", fill=svg.MUTED if fill == svg.NEUTRAL else fill)
    )


def _hollow(x: float, y: float, stroke: str) -> str:
    return svg.circle(x, y, 3.8, svg.PAPER, stroke=stroke, stroke_width=1.5)


def _arrow(scale: Scale, pair: tuple[float, float], y: float, fill: str) -> str:
    start, end = scale.at(pair[0]), scale.at(pair[1])
    direction = 1 if end > start else -1
    after = svg.circle(end, y, 4.5, fill)
    if abs(end - start) < 16:  # too near for an arrow: the two dots say it
        shaft = svg.line(start, y, end, y, fill, 2.5) if start != end else ""
        return shaft + (_hollow(start, y, fill) + after if abs(end - start) > 1.5 else after)
    head = end - direction * 6
    tip = f"M{svg.coordinate(head)} {svg.coordinate(y)}l{-6 * direction} -4v8z"
    shaft = svg.line(start, y, head - direction * 4, y, fill, 2)
    return shaft + svg.path(tip, fill=fill) + _hollow(start, y, fill) + after


def comparison_chart(
    caption: Caption, rows: Sequence[Estimate], *, ours_label: str = "", published_label: str = ""
) -> str:
    """Our estimates with their ranges beside published figures; a row's source stands small under its number."""
    values = [_estimate_values(row) for row in rows]
    texts = [_estimate_text(caption, row) for row in rows]
    sources = [svg.fit(row.source, 0.25 * caption.width, 10) for row in rows]
    room = max(_frame.room_for(texts), max((svg.text_width(text, 10) for text in sources), default=0.0)) + 14
    frame = _frame.rows_frame(
        caption,
        [row.label for row in rows],
        [value for found in values for value in found],
        band_height=36 if any(sources) else 28,
        room=(8.0, room + 16),
        keys=(
            _frame.Key(ours_label, lambda x, y: svg.circle(x + 5, y, 5, svg.BETTER)),
            _frame.Key(published_label, lambda x, y: _diamond(x + 5, y, PUBLISHED)),
        ),
    )
    marks = []
    left = caption.width - room + 6
    for row, text, source, band in zip(rows, texts, sources, frame.bands, strict=True):
        marks.append(_estimate(caption, frame.scale, row, band))
        shift = 7 if source else 0
        weight = "600" if row.ours else None
        marks.append(svg.label(left, band.middle - shift, text, size=_frame.NUMBER_SIZE, weight=weight))
        marks.append(svg.label(left, band.middle + 8, source, size=10, fill=svg.MUTED, hint=row.source))
    return frame.document(marks)


def _estimate_values(row: Estimate) -> tuple[float, ...]:
    if row.value is not None:
        return interval(row.value, row.low, row.high, row.label)
    if row.low is None or row.high is None:
        raise ValueError(f"“{svg.clean(row.label)}” has neither a value nor both ends of a range: give one of them")
    return interval(row.low, row.low, row.high, row.label)


def _estimate_text(caption: Caption, row: Estimate) -> str:
    if row.shown:
        return svg.fit(row.shown, 0.25 * caption.width, _frame.NUMBER_SIZE)
    ends = [svg.format_number(end, caption.digits) for end in (row.low, row.high) if end is not None]
    if row.value is None:
        return "–".join(ends)
    return svg.format_number(row.value, caption.digits) + (f" ({'–'.join(ends)})" if ends else "")


def _estimate(caption: Caption, scale: Scale, row: Estimate, band: Band) -> str:
    fill = svg.BETTER if row.ours else PUBLISHED
    parts = [svg.tooltip(f"{row.label}: {_estimate_text(caption, row)} {caption.unit} {row.source}")]
    if row.low is not None and row.high is not None:
        left, right = scale.at(row.low), scale.at(row.high)
        parts.append(svg.rect(left, band.middle - 4, right - left, 8, fill, fill_opacity="0.28"))
        parts += [svg.line(x, band.middle - 5, x, band.middle + 5, fill) for x in (left, right)]
    if row.value is not None:
        x = scale.at(row.value)
        parts.append(svg.circle(x, band.middle, 5, fill) if row.ours else _diamond(x, band.middle, fill))
    return svg.element("g", {}, *parts)


def _diamond(x: float, y: float, fill: str) -> str:
    return svg.path(f"M{svg.coordinate(x - 5.5)} {svg.coordinate(y)}l5.5 -5.5l5.5 5.5l-5.5 5.5z", fill=fill)
