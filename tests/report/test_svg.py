"""The helpers under every picture: text that cannot break out, numbers, ticks, measure."""

from __future__ import annotations

import itertools
import math
import unicodedata
from xml.etree import ElementTree as ET

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lichen.report import svg

HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><svg onload=alert(1)>",
    "]]>&<!--",
    "&amp;&#0;",
    "NUL\x00 and \x1b[31m",
    "\u202egnp.exe\u2066",
    "\ud800\udfff\ufffe\U0001ffff",
    "水泥" * 150,
    "line\nbreak\ttab\u2028",
    "",
    "   ",
    "e\u0301" * 40,
]
ANY_TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec=None), max_size=60))


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.encode())  # encoding refuses stray surrogates


@given(ANY_TEXT)
def test_any_text_is_content_and_attribute_of_well_formed_xml(text: str) -> None:
    root = parsed(svg.element("g", {"data-name": text}, f"<title>{svg.escape(text)}</title>"))
    assert root.get("data-name") == svg.clean(text)
    assert (root[0].text or "") == svg.clean(text)
    assert [child.tag for child in root] == ["title"]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_escaped_for_both_kinds_of_quotes(text: str) -> None:
    assert not set("<>\"'`") & set(svg.escape(text))


def test_control_characters_are_shown_as_replaced_and_direction_overrides_are_gone() -> None:
    assert svg.clean("a\x00b") == "a\ufffdb"
    assert svg.clean("a\u202eb\u2067c") == "abc"
    assert svg.clean(" a\nb\t") == "a b"
    assert svg.clean("泥 é 😀") == "泥 é 😀"


def test_wide_characters_are_one_em_and_marks_take_no_room() -> None:
    assert svg.text_width("水泥", 12) == 24
    assert svg.text_width("e\u0301", 10) == svg.text_width("e", 10)
    assert svg.text_width("MMM", 10) > svg.text_width("iii", 10)


@given(ANY_TEXT, st.floats(30, 400), st.integers(1, 4))
def test_wrapped_lines_fit(text: str, width: float, lines: int) -> None:
    wrapped = svg.wrap(text, width, 12, lines)
    assert 1 <= len(wrapped) <= lines
    assert all(svg.text_width(line, 12) <= width + 1e-6 for line in wrapped)


@given(ANY_TEXT)
def test_wrapping_loses_nothing_where_there_is_room(text: str) -> None:
    wrapped = svg.wrap(text, 200, 12, 1000)
    if not any(line.endswith(svg.ELLIPSIS) for line in wrapped):
        assert "".join("".join(wrapped).split()) == "".join(svg.clean(text).split())


def test_chinese_breaks_anywhere_but_not_before_a_comma_and_words_stay_whole() -> None:
    assert svg.wrap("黑色金属，冶炼", 50, 12, 2) == ("黑色金", "属，冶炼")
    assert svg.wrap("metal smelting", 60, 12, 2) == ("metal", "smelting")
    assert svg.wrap("水泥" * 20, 60, 12, 2)[1].endswith(svg.ELLIPSIS)


def test_fit_keeps_short_text_and_cuts_long_text() -> None:
    assert svg.fit("slag", 100, 12) == "slag"
    assert svg.fit("slag" * 20, 100, 12).endswith(svg.ELLIPSIS)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (-1.5, "−1.5"),
        (0.12345, "0.123"),
        (999.6, "1 000"),
        (1234567, "1 230 000"),
        (-29874, "−29 900"),
        (1e15, "1×10¹⁵"),
        (1.236e-7, "1.24×10⁻⁷"),
        (9.996e11, "1×10¹²"),
    ],
)
def test_numbers_for_reading(value: float, shown: str) -> None:
    assert svg.format_number(value).replace(svg.THIN_SPACE, " ") == shown


def test_plus_and_digits() -> None:
    assert svg.format_number(3.14159, 4, plus=True) == "+3.142"
    assert svg.format_number(0, plus=True) == "0"


@given(st.floats(-1e100, 1e100), st.integers(1, 15))
def test_a_shown_number_reads_back_to_its_digits(value: float, digits: int) -> None:
    shown = svg.format_number(value, digits).replace(svg.THIN_SPACE, "").replace(svg.MINUS, "-")
    mantissa, _, power = shown.partition("×10")
    exponent = int("".join(str(unicodedata.digit(c)) if c != "⁻" else "-" for c in power) or 0)
    assert math.isclose(float(f"{mantissa}e{exponent}"), value, rel_tol=0.51 * 10 ** (1 - digits), abs_tol=1e-300)


@given(st.floats(-1e12, 1e12), st.floats(1e-6, 1e12), st.integers(2, 8))
def test_ticks_cover_are_even_and_few(low: float, span: float, count: int) -> None:
    high = low + span
    assume(low < high)
    ticks = svg.nice_ticks(low, high, count)
    slack = 1e-6 * (high - low) + 1e-9 * abs(low)
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    assert 2 <= len(ticks) <= 4 * count + 6
    assert all(a < b for a, b in itertools.pairwise(ticks))


def test_ticks_are_round_numbers() -> None:
    assert svg.nice_ticks(0, 10, 5) == (0, 2, 4, 6, 8, 10)
    assert svg.nice_ticks(-30, 403, 5) == (-100, 0, 100, 200, 300, 400, 500)
    assert svg.nice_ticks(0, 0) == (0,)
    assert svg.format_ticks((0, 2.5, 5)) == ("0.0", "2.5", "5.0")
    assert svg.format_ticks((-1000, 0, 1000))[0].replace(svg.THIN_SPACE, " ") == "−1 000"
    assert svg.format_ticks((0, 0.25, 0.5)) == ("0.00", "0.25", "0.50")


@given(st.floats(-1e15, 1e15), st.floats(1e-9, 1e15))
def test_tick_labels_differ(low: float, span: float) -> None:
    ticks = svg.nice_ticks(low, low + span)
    if len(ticks) > 2:
        assert len(set(svg.format_ticks(ticks))) == len(ticks)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300])
def test_what_cannot_be_drawn_is_refused_by_name(value: float) -> None:
    with pytest.raises(ValueError, match="Zement"):
        svg.finite(value, "Zement")


def test_subnormal_is_drawn_as_zero() -> None:
    assert svg.finite(5e-324, "x") == 0


def test_coordinates_are_short_and_have_no_negative_zero() -> None:
    assert [svg.coordinate(x) for x in (-0.001, 1.0, 1.239, 100)] == ["0", "1", "1.24", "100"]


def test_a_document_is_an_image_with_title_and_description() -> None:
    caption = svg.Caption('Cement & "slag"', "What it shows")
    root = parsed(svg.document(caption, 400, 200, [svg.rect(0, 0, 10, 10, svg.INK, "hint")]))
    assert root.get("role") == "img"
    assert root.get("aria-label") == root[0].text == 'Cement & "slag"'
    assert root[0].tag.endswith("title")
    assert root[1].tag.endswith("desc")
    assert root[2][0].text == "hint"
    assert "Noto Sans CJK SC" in (root.get("font-family") or "")


@pytest.mark.parametrize(("field", "value"), [("width", 10), ("width", math.nan), ("digits", 0)])
def test_a_caption_has_limits(field: str, value: float) -> None:
    with pytest.raises(ValueError, match="Title"):
        svg.Caption("Title", **{field: value})  # type: ignore[arg-type]


def lightness(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_neighbours_in_the_palette_differ_in_grey() -> None:
    grey = [lightness(colour) for colour in svg.PALETTE]
    assert min(abs(a - b) for a, b in itertools.pairwise(grey)) > 0.1
    assert lightness(svg.MUTED) < 0.45  # small text on white
