"""Small helpers that write SVG by hand: escaping, text measure, numbers, ticks, colours, shapes.

Every helper is pure and returns text, so a picture is the same byte for byte wherever it is drawn. Style is given
in presentation attributes only: nothing leaks into the page around the picture, and a PDF typesetter reads it too.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

FONT_FAMILY = "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',Helvetica,Arial,sans-serif"
INK = "#22303A"
MUTED = "#5A6872"
AXIS = "#8E9AA2"
GRID = "#E2E7EA"
STRIPE = "#F6F8F9"
PAPER = "#FFFFFF"
BETTER = "#2B6C8C"
WORSE = "#C9742A"
NEUTRAL = "#8A959C"
# Neighbours differ in lightness as well as in hue, so that they stay apart for colour-blind readers and in grey print.
PALETTE = ("#235A7C", "#E3A857", "#6F9E86", "#9C5443", "#B5CBDF", "#5C4F7A", "#D8C9AE", "#7B8891")

THIN_SPACE = "\u202f"
MINUS = "\u2212"
ELLIPSIS = "\u2026"
LARGEST, SMALLEST = 1e200, 1e-200

_BLANK = re.compile("[\t\n\r\u0085\u2028\u2029]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PLANE_ENDS = "".join(chr(plane * 0x10000 + 0xFFFE) + chr(plane * 0x10000 + 0xFFFF) for plane in range(17))
_REFUSED = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_PLANE_ENDS}]")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NOT_FIRST = frozenset("，。、；：？！）》」』】〉…·,.;:!?)]}%‰")
_NOT_LAST = frozenset("（《「『【〈([{")
_NARROW = frozenset("iljI|!.,:;'` ")
_BROAD = frozenset("mwMW@%&—…\u00b7")  # the middle dot is an em wide in Chinese letters


@dataclass(frozen=True)
class Caption:
    """What is said about a picture: by whom it is read aloud, what its axis measures, how wide it is.

    ``title`` and ``description`` are for screen readers and tooltips; the page or the report prints its own heading.
    ``value_label`` stands over the axis and carries the unit; ``unit`` follows the numbers in tooltips.
    ``width`` is in px of the picture's own coordinates; ``digits`` are the significant digits of printed numbers.
    """

    title: str
    description: str = ""
    value_label: str = ""
    unit: str = ""
    width: float = 760.0
    digits: int = 3

    def __post_init__(self) -> None:
        if not 320 <= self.width <= 10_000:
            raise ValueError(f"width of “{self.title}” is {self.width}: give a width from 320 to 10000 px")
        if not 1 <= self.digits <= 15:
            raise ValueError(f"digits of “{self.title}” is {self.digits}: give 1 to 15 significant digits")

    def quantity(self, value: float, *, plus: bool = False) -> str:
        """The number as printed, with the unit where there is one."""
        number = format_number(value, self.digits, plus=plus)
        return f"{number} {self.unit}" if self.unit else number


# --- text -----------------------------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """Text as one line that XML may hold: no control characters, no direction overrides, no stray surrogates."""
    return _REFUSED.sub("\ufffd", _BIDI.sub("", _BLANK.sub(" ", text))).strip()


def escape(text: str) -> str:
    """Cleaned text, safe as element content and inside a quoted attribute, in XML and in HTML."""
    safe = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace('"', "&quot;").replace("'", "&#39;").replace("`", "&#96;")


def text_width(text: str, size: float) -> float:
    """Estimated width of a line of text in px, at a font size in px: wide characters are 1 em."""
    return size * sum(_em(character) for character in text)


@lru_cache(maxsize=8192)
def _em(character: str) -> float:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if character == THIN_SPACE:
        return 0.2
    if character in _NARROW:
        return 0.3
    if character in _BROAD:
        return 0.92
    width = unicodedata.east_asian_width(character)
    if width in "WF":
        return 1.0
    if width == "A":
        return 0.8
    return 0.66 if character.isupper() else 0.57


def fit(text: str, width: float, size: float) -> str:
    """The text, or as much of it as fits the width with an ellipsis."""
    text = clean(text)
    if text_width(text, size) <= width:
        return text
    room, kept = width - text_width(ELLIPSIS, size), ""
    for character in text:
        room -= size * _em(character)
        if room < 0:
            break
        kept += character
    return kept.rstrip() + ELLIPSIS


def wrap(text: str, width: float, size: float, lines: int = 2) -> tuple[str, ...]:
    """The text in at most so many lines; what does not fit ends in an ellipsis. Chinese breaks between characters."""
    done: list[str] = []
    line = ""
    pieces = _pieces(clean(text))
    for position, piece in enumerate(pieces):
        if not line or text_width(line + piece.rstrip(), size) <= width:
            line += piece
            continue
        if len(done) == lines - 1:
            return (*done, fit(line + "".join(pieces[position:]), width, size))
        done.append(fit(line.rstrip(), width, size))
        line = piece
    return (*done, fit(line, width, size))


def _pieces(text: str) -> list[str]:
    """Where a line may break: after a space, hyphen or stroke, and beside wide characters."""
    pieces: list[str] = []
    for character in text:
        wide = unicodedata.east_asian_width(character) in "WF"
        last = pieces[-1][-1] if pieces else " "
        after_wide = unicodedata.east_asian_width(last) in "WF"
        glued = character in _NOT_FIRST or last in _NOT_LAST or unicodedata.combining(character) > 0
        breaks = wide or after_wide or (last in " -/–" and character != " ")
        if not pieces or (breaks and not glued and character != " "):
            pieces.append(character)
        else:
            pieces[-1] += character
    return pieces


# --- numbers --------------------------------------------------------------------------------------------------------


def finite(value: float, label: str) -> float:
    """The value as a float that can be drawn; NaN and infinities are refused by the label of what they stand for."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"“{clean(label)}” is {number}: a picture needs a finite number; leave the row out or mend it")
    if abs(number) > LARGEST:
        raise ValueError(f"“{clean(label)}” is {number}: larger than {LARGEST:g}, which no picture can hold")
    return 0.0 if abs(number) < SMALLEST else number


def format_number(value: float, digits: int = 3, *, plus: bool = False) -> str:
    """A number for reading: significant digits, thin spaces between thousands, a proper minus, powers of ten."""
    rounded = Decimal(f"{value:.{digits - 1}e}")
    if rounded == 0:
        return "0"
    sign = MINUS if rounded < 0 else "+" if plus else ""
    size = abs(rounded)
    exponent = size.adjusted()
    if exponent >= 12 or exponent < -4:
        mantissa = format(size.scaleb(-exponent).normalize(), "f")
        return f"{sign}{mantissa}×10{str(exponent).translate(_SUPERSCRIPTS)}"
    return sign + _grouped(format(size.normalize(), "f"))


def _grouped(digits: str) -> str:
    whole, point, rest = digits.partition(".")
    return f"{int(whole):,}".replace(",", THIN_SPACE) + point + rest


def format_ticks(ticks: Sequence[float]) -> tuple[str, ...]:
    """Tick labels that share their number of decimals."""
    if len(ticks) < 2:
        return tuple(format_number(tick) for tick in ticks)
    step, largest = ticks[1] - ticks[0], max(abs(tick) for tick in ticks)
    exponent = math.floor(math.log10(step) + 1e-9)
    if largest >= 1e9 or largest < 1e-3:
        return tuple(format_number(tick, max(2, 2 + math.floor(math.log10(largest)) - exponent)) for tick in ticks)
    halves = 1 if abs(step / 10.0**exponent - 2.5) < 1e-6 else 0
    return tuple(_fixed(tick, max(0, halves - exponent)) for tick in ticks)


def _fixed(value: float, decimals: int) -> str:
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    sign = MINUS if rounded < 0 else ""
    return sign + _grouped(format(abs(rounded), "f"))


def nice_ticks(low: float, high: float, count: int = 5) -> tuple[float, ...]:
    """Round numbers (1, 2, 2.5, 5 times a power of ten) that cover low to high, about so many."""
    if not low < high:
        return (low,)
    if high - low < 1e-9 * max(abs(low), abs(high)):  # the span is lost in the size of the numbers
        return (low, high)
    rough = high / count - low / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(index * step for index in range(first, last + 1))


# --- shapes ---------------------------------------------------------------------------------------------------------


def coordinate(value: float) -> str:
    """A coordinate with two decimals at most, the same on every machine."""
    shown = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown in ("-0", "") else shown


def element(name: str, attributes: Mapping[str, str | float | None], *children: str) -> str:
    """An element; numbers are coordinates, text is escaped, None leaves the attribute out."""
    written = "".join(
        f' {key}="{escape(value) if isinstance(value, str) else coordinate(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(children)
    return f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>"


def tooltip(text: str) -> str:
    """The title child that browsers show beside the pointer; empty for empty text."""
    return f"<title>{escape(text)}</title>" if clean(text) else ""


def label(
    x: float,
    y: float,
    content: str,
    *,
    size: float = 12,
    anchor: str = "start",
    fill: str = INK,
    weight: str | None = None,
    halo: bool = False,
    hint: str = "",
) -> str:
    """One line of text whose middle is at height y."""
    attributes: dict[str, str | float | None] = {"x": x, "y": y + 0.36 * size, "font-size": size}
    attributes |= {"text-anchor": None if anchor == "start" else anchor, "fill": fill, "font-weight": weight}
    if halo:
        attributes |= {"stroke": PAPER, "stroke-opacity": 0.85, "stroke-width": 3, "stroke-linejoin": "round"}
        attributes |= {"paint-order": "stroke"}
    return element("text", attributes, escape(content), tooltip(hint)) if clean(content) else ""


def label_lines(
    x: float,
    y: float,
    lines: Sequence[str],
    *,
    size: float = 12,
    lead: float = 15,
    anchor: str = "start",
    fill: str = INK,
    halo: bool = False,
    hint: str = "",
) -> str:
    """Lines of text whose block has its middle at height y."""
    top = y - lead * (len(lines) - 1) / 2
    return "".join(
        label(x, top + lead * index, content, size=size, anchor=anchor, fill=fill, halo=halo, hint=hint)
        for index, content in enumerate(lines)
    )


def rect(x: float, y: float, width: float, height: float, fill: str, hint: str = "", **more: str | float | None) -> str:
    """A filled rectangle; attribute names are given with underscores."""
    attributes: dict[str, str | float | None] = {"x": x, "y": y, "width": width, "height": height, "fill": fill}
    return element("rect", attributes | _hyphened(more), tooltip(hint))


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1, **more: str | float | None) -> str:
    """A straight line."""
    attributes: dict[str, str | float | None] = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    attributes |= {"stroke": stroke, "stroke-width": width}
    return element("line", attributes | _hyphened(more))


def circle(x: float, y: float, radius: float, fill: str, hint: str = "", **more: str | float | None) -> str:
    """A disc."""
    attributes: dict[str, str | float | None] = {"cx": x, "cy": y, "r": radius, "fill": fill}
    return element("circle", attributes | _hyphened(more), tooltip(hint))


def path(commands: str, hint: str = "", **more: str | float | None) -> str:
    """A path; commands are written by the caller with ``coordinate``."""
    return element("path", {"d": commands} | _hyphened(more), tooltip(hint))


def _hyphened(attributes: Mapping[str, str | float | None]) -> dict[str, str | float | None]:
    return {key.replace("_", "-"): value for key, value in attributes.items()}


def document(caption: Caption, width: float, height: float, body: Sequence[str]) -> str:
    """The whole picture."""
    attributes: dict[str, str | float | None] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {coordinate(width)} {coordinate(height)}",
        "width": width,
        "height": height,
        "role": "img",
        "aria-label": caption.title,
        "font-family": FONT_FAMILY,
    }
    described = f"<desc>{escape(caption.description)}</desc>" if clean(caption.description) else ""
    return element("svg", attributes, f"<title>{escape(caption.title)}</title>", described, *body) + "\n"
