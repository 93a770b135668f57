"""Charts: marks as long as their values, inside the picture, whole in hostile hands, the same every time."""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.report import svg
from lichen.report.charts import (
    Bar,
    BarRow,
    Caption,
    ChangeRow,
    DeltaRow,
    Estimate,
    Line,
    StackRow,
    WaterfallStep,
    bar_chart,
    comparison_chart,
    diverging_bar_chart,
    dumbbell_chart,
    line_chart,
    stacked_bar_chart,
    waterfall_chart,
)

NS = "{http://www.w3.org/2000/svg}"
CAPTION = Caption("Title", "Description", value_label="CO₂ (kt/a)", unit="kt/a")
HOSTILE = ["<script>", "\"'&", "\x00\x1b", "\u202eabc", "水泥" * 150, "", "A long label without end " * 12]
LABELS = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec=None), max_size=30))
VALUES = st.one_of(
    st.floats(-1e15, 1e15),
    st.floats(-1e-9, 1e-9),
    st.sampled_from([0.0, -0.0, 1e-200, 1e150, -1e150, 5e-324]),
)

# Each chart drawn from a list of (label, number): what must hold for all of them is tested for all of them.
CHARTS: dict[str, Callable[[list[tuple[str, float]]], str]] = {
    "bar": lambda rows: bar_chart(CAPTION, ["a"], [BarRow(name, (Bar(value),)) for name, value in rows]),
    "grouped": lambda rows: bar_chart(
        CAPTION,
        ["a", "b"],
        [BarRow(name, (Bar(value), Bar(-value / 2, -abs(value), abs(value)))) for name, value in rows],
    ),
    "stacked": lambda rows: stacked_bar_chart(
        CAPTION, ["a", "b", "c"], [StackRow(name, (value, -value / 3, value / 7)) for name, value in rows]
    ),
    "diverging": lambda rows: diverging_bar_chart(
        CAPTION, [DeltaRow(name, value, name) for name, value in rows], better_label="less", worse_label="more"
    ),
    "waterfall": lambda rows: waterfall_chart(
        CAPTION,
        WaterfallStep("start", 100),
        [WaterfallStep(name, value) for name, value in rows],
        "end",
        cut_note="cut",
    ),
    "dumbbell": lambda rows: dumbbell_chart(
        CAPTION,
        [ChangeRow(name, value, value * 0.9) for name, value in rows],
        before_label="before",
        after_label="after",
    ),
    "comparison": lambda rows: comparison_chart(
        CAPTION,
        [Estimate(name, value, ours=True, source=name) for name, value in rows],
        ours_label="o",
        published_label="p",
    ),
    "line": lambda rows: line_chart(CAPTION, [Line(name, ((2002, value), (2012, value / 2))) for name, value in rows]),
}
ROWS = [("Cement", 120.0), ("钢铁", -30.0), ("Power and heat", 0.0), ("Tiny", 1e-6)]


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.encode())


def size(root: ET.Element) -> tuple[float, float]:
    _, _, width, height = (float(part) for part in (root.get("viewBox") or "").split())
    return width, height


def bars(root: ET.Element) -> list[ET.Element]:
    return [mark for mark in root.iter(f"{NS}rect") if mark.find(f"{NS}title") is not None]


def texts(root: ET.Element) -> list[str]:
    return [(node.text or "").replace(svg.THIN_SPACE, " ") for node in root.iter(f"{NS}text")]


def number(mark: ET.Element, name: str) -> float:
    return float(mark.get(name) or "nan")


def assert_inside(root: ET.Element) -> None:
    """Rectangles, discs, lines and text lie in the picture."""
    width, height = size(root)
    assert width > 0
    for mark in root.iter():
        spans = {
            f"{NS}rect": lambda m: (number(m, "x"), number(m, "x") + number(m, "width"), number(m, "y")),
            f"{NS}circle": lambda m: (number(m, "cx") - 3, number(m, "cx") + 3, number(m, "cy")),
            f"{NS}line": lambda m: (*sorted((number(m, "x1"), number(m, "x2"))), number(m, "y2")),
            f"{NS}text": text_span,
        }
        if mark.tag in spans:
            left, right, y = spans[mark.tag](mark)
            assert -8 <= left <= right <= width + 8, ET.tostring(mark)
            assert -1 <= y <= height + 1, ET.tostring(mark)


def text_span(mark: ET.Element) -> tuple[float, float, float]:
    wide, x = svg.text_width(mark.text or "", number(mark, "font-size")), number(mark, "x")
    share = {"middle": 0.5, "end": 1.0}.get(mark.get("text-anchor") or "", 0.0)
    return x - share * wide, x + (1 - share) * wide, number(mark, "y")


@pytest.mark.parametrize("name", CHARTS)
def test_usual_rows_lie_inside_and_are_images(name: str) -> None:
    root = parsed(CHARTS[name](ROWS))
    assert_inside(root)
    assert root.get("role") == "img"
    assert root[0].text == "Title"
    assert any(mark.find(f"{NS}title") is not None for mark in list(root.iter())[1:])
    assert not {"style", "script", "foreignObject"} & {mark.tag.removeprefix(NS) for mark in root.iter()}
    assert not any(mark.get("id") or mark.get("style") or mark.get("class") for mark in root.iter())


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("width", [320, 480, 1200])
def test_narrow_and_wide(name: str, width: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "CAPTION", Caption("Title", value_label="CO₂ (kt/a)", unit="kt/a", width=width))
    assert size(parsed(CHARTS[name](ROWS)))[0] == width
    assert_inside(parsed(CHARTS[name](ROWS)))


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("scale", [1, 1e6, -1e-3])
def test_no_text_stands_on_another(name: str, scale: float) -> None:
    root = parsed(CHARTS[name]([(label, value * scale) for label, value in ROWS]))
    boxes = []
    for mark in root.iter(f"{NS}text"):
        left, right, y = text_span(mark)
        boxes.append((left, y - 0.75 * number(mark, "font-size"), right, y, mark.text))
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1, (a, b)


@pytest.mark.parametrize("name", CHARTS)
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(LABELS, VALUES), min_size=1, max_size=6))
def test_any_labels_and_numbers_give_a_whole_picture(name: str, rows: list[tuple[str, float]]) -> None:
    text = CHARTS[name](rows)
    root = parsed(text)
    assert "<script" not in text
    for mark in root.iter():
        for attribute in ("x", "y", "width", "height", "cx", "cy", "x1", "x2"):
            if mark.get(attribute) is not None:
                assert math.isfinite(number(mark, attribute))
    assert_inside(root)


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("rows", [[("only", 5.0)], [("a", 0.0), ("b", 0.0)], [("neg", -3.0)], [("x" * 300, 7.0)]])
def test_few_zero_and_long(name: str, rows: list[tuple[str, float]]) -> None:
    assert_inside(parsed(CHARTS[name](rows)))


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused_by_its_label(name: str, value: float) -> None:
    with pytest.raises(ValueError, match="Zementwerk"):
        CHARTS[name]([("other", 1.0), ("Zementwerk", value)])


@pytest.mark.parametrize("name", [name for name in CHARTS if name != "waterfall"])
def test_no_rows_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="Title"):
        CHARTS[name]([])


def test_the_same_bytes_in_another_process() -> None:
    program = (
        "import hashlib, sys; from lichen.report.charts import *; "
        "s = stacked_bar_chart(Caption('t'), ['a', 'b'], [StackRow('r', (1, 2)), StackRow('q', (3, -4))]); "
        "sys.stdout.write(hashlib.sha256(s.encode()).hexdigest())"
    )
    path = os.pathsep.join(part for part in sys.path if part)
    seen = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": path},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_bars_are_as_long_as_their_values() -> None:
    root = parsed(bar_chart(CAPTION, ["a"], [BarRow(str(v), (Bar(v),)) for v in (10, 20, -5, 0)]))
    ten, twenty, minus, zero = bars(root)
    assert number(twenty, "width") == pytest.approx(2 * number(ten, "width"), abs=0.02)
    assert number(minus, "width") == pytest.approx(number(ten, "width") / 2, abs=0.02)
    assert number(minus, "x") + number(minus, "width") == pytest.approx(number(ten, "x"), abs=0.02)
    assert number(zero, "width") == 0
    assert {"10", "20", "−5", "0"} <= set(texts(root))


def test_a_tiny_value_is_still_seen() -> None:
    root = parsed(bar_chart(CAPTION, ["a"], [BarRow("big", (Bar(1e9),)), BarRow("tiny", (Bar(1e-3),))]))
    assert number(bars(root)[1], "width") == 1


def test_whiskers_stand_at_the_ends_of_the_range() -> None:
    root = parsed(bar_chart(CAPTION, ["a"], [BarRow("x", (Bar(10, 5, 20),))]))
    (bar,) = bars(root)
    zero, unit = number(bar, "x"), number(bar, "width") / 10
    spans = [(number(m, "x1"), number(m, "x2")) for m in root.iter(f"{NS}line") if m.get("stroke") == svg.INK]
    assert (pytest.approx(zero + 5 * unit, abs=0.05), pytest.approx(zero + 20 * unit, abs=0.05)) in spans
    assert any("[5 … 20]" in (title.text or "") for title in root.iter(f"{NS}title"))


@pytest.mark.parametrize("bar", [Bar(1, 2, 1), Bar(1, 0.5), Bar(1, None, 3), Bar(1, math.nan, 3)])
def test_ranges_that_are_none_are_refused(bar: Bar) -> None:
    with pytest.raises(ValueError, match="Row"):
        bar_chart(CAPTION, ["a"], [BarRow("Row", (bar,))])


@pytest.mark.parametrize("draw", [
    lambda: bar_chart(CAPTION, ["a", "b"], [BarRow("Row", (Bar(1),))]),
    lambda: stacked_bar_chart(CAPTION, ["a"], [StackRow("Row", (1, 2))]),
])  # fmt: skip
def test_a_row_has_a_value_for_each_series(draw: Callable[[], str]) -> None:
    with pytest.raises(ValueError, match="Row"):
        draw()


def test_a_long_label_is_cut_and_its_tooltip_whole() -> None:
    name = "非常长的部门名称" * 40
    root = parsed(bar_chart(CAPTION, ["a"], [BarRow(name, (Bar(1),))]))
    assert any(text.endswith(svg.ELLIPSIS) for text in texts(root))
    assert name in [title.text for title in root.iter(f"{NS}title")]


def test_parts_are_stacked_end_to_end_and_the_total_is_written() -> None:
    root = parsed(stacked_bar_chart(CAPTION, ["a", "b", "c"], [StackRow("r", (30, 0, 20)), StackRow("q", (10, -5, 1))]))
    first, third, *_ = bars(root)
    assert number(first, "x") + number(first, "width") == pytest.approx(number(third, "x"), abs=0.02)
    assert number(first, "width") * 2 == pytest.approx(number(third, "width") * 3, abs=0.1)
    assert {"50", "6", "a", "b", "c"} <= set(texts(root))
    assert len(bars(root)) == 5  # nothing is drawn for a part that is zero


def test_forty_two_rows_do_not_overlap() -> None:
    rows = [StackRow(f"{n} Electricity, heat, gas and water production and supply", (n, 1)) for n in range(1, 43)]
    root = parsed(stacked_bar_chart(CAPTION, ["a", "b"], rows))
    heights = sorted({number(bar, "y") for bar in bars(root)})
    assert len(heights) == 42
    assert min(b - a for a, b in itertools.pairwise(heights)) >= 21
    assert_inside(root)


def test_winners_and_losers_have_sides_signs_and_colours() -> None:
    rows = [DeltaRow("down", -10, "−1 %"), DeltaRow("up", 5), DeltaRow("same", 0)]
    down, up, _ = bars(parsed(diverging_bar_chart(CAPTION, rows)))
    assert number(down, "x") + number(down, "width") == pytest.approx(number(up, "x"), abs=0.02)
    assert (down.get("fill"), up.get("fill")) == (svg.BETTER, svg.WORSE)
    flipped = bars(parsed(diverging_bar_chart(CAPTION, rows, better="higher")))
    assert [bar.get("fill") for bar in flipped[:2]] == [svg.WORSE, svg.BETTER]
    assert {"−10", "+5", "0", "−1 %"} <= set(texts(parsed(diverging_bar_chart(CAPTION, rows))))


def test_a_waterfall_ends_at_the_sum() -> None:
    steps = [WaterfallStep("a", -72), WaterfallStep("b", 14), WaterfallStep("c", -300)]
    root = parsed(waterfall_chart(CAPTION, WaterfallStep("BAU", 900), steps, "UIS", cut_note="axis is cut"))
    assert {"900", "−72", "+14", "−300", "542", "BAU", "UIS"} <= set(texts(root))
    start, *moves, end = bars(root)
    unit = number(start, "width") / 900
    assert number(end, "width") == pytest.approx(542 * unit, abs=0.1)
    assert number(moves[0], "x") + number(moves[0], "width") == pytest.approx(number(start, "x") + 900 * unit, abs=0.1)
    assert "axis is cut" not in texts(root)


def test_a_waterfall_far_from_zero_is_cut_and_says_so() -> None:
    root = parsed(
        waterfall_chart(CAPTION, WaterfallStep("BAU", 29900), [WaterfallStep("a", -72)], "UIS", cut_note="axis is cut")
    )
    assert {"axis is cut", "29 900", "29 828"} <= set(texts(root))
    assert number(bars(root)[1], "width") > 100
    assert len([path for path in root.iter(f"{NS}path") if path.get("stroke") == svg.PAPER]) == 3


def test_before_and_after_that_differ_never_look_the_same() -> None:
    root = parsed(dumbbell_chart(CAPTION, [ChangeRow("x", 10000, 10001)], before_label="b", after_label="a"))
    assert {"10 000", "10 001"} <= set(texts(root))


def test_arrows_point_from_before_to_after() -> None:
    root = parsed(
        dumbbell_chart(CAPTION, [ChangeRow("x", 10, 5), ChangeRow("y", 5, 10)], before_label="", after_label="")
    )
    hollow = [number(c, "cx") for c in root.iter(f"{NS}circle") if c.get("fill") == svg.PAPER]
    solid = [(number(c, "cx"), c.get("fill")) for c in root.iter(f"{NS}circle") if c.get("fill") != svg.PAPER]
    assert hollow[0] == solid[1][0] > solid[0][0] == hollow[1]
    assert [fill for _, fill in solid] == [svg.BETTER, svg.WORSE]
    assert {"−50 %", "+100 %"} <= set(texts(root))


def test_a_logarithmic_axis_spaces_powers_evenly_and_refuses_zero() -> None:
    rows = [ChangeRow(str(v), v, v) for v in (1, 10, 100)]
    root = parsed(dumbbell_chart(CAPTION, rows, before_label="", after_label="", log=True))
    a, b, c = (number(m, "cx") for m in root.iter(f"{NS}circle"))
    assert b - a == pytest.approx(c - b, abs=0.03)
    with pytest.raises(ValueError, match="Null"):
        dumbbell_chart(CAPTION, [ChangeRow("Null", 0, 1)], before_label="", after_label="", log=True)


def test_ours_stands_beside_the_published() -> None:
    rows = [
        Estimate("ours", 2.1, 1.4, 3.2, ours=True),
        Estimate("paper", 3.0, shown="almost 3 %", source="Sustainability"),
        Estimate("range only", None, 1, 2),
    ]
    root = parsed(comparison_chart(CAPTION, rows, ours_label="Ours", published_label="Published"))
    assert {"2.1 (1.4–3.2)", "almost 3 %", "Sustainability", "1–2", "Ours", "Published"} <= set(texts(root))
    with pytest.raises(ValueError, match="Leer"):
        comparison_chart(CAPTION, [Estimate("Leer")])


def test_names_of_lines_keep_apart() -> None:
    lines = [Line(f"line {n}", ((2002, 10.0), (2012, 20 + n / 100))) for n in range(8)]
    root = parsed(line_chart(CAPTION, lines))
    heights = sorted(number(t, "y") for t in root.iter(f"{NS}text") if (t.text or "").startswith("line"))
    assert len(heights) == 8
    assert min(b - a for a, b in itertools.pairwise(heights)) > 15.9
    assert {"2002", "2012"} <= set(texts(root))


@pytest.mark.parametrize("line", [Line("Leer", ()), Line("Leer", ((2002, 1.0), (2002, 2.0)))])
def test_lines_need_one_value_a_year(line: Line) -> None:
    with pytest.raises(ValueError, match="Leer"):
        line_chart(CAPTION, [line])


def test_a_long_legend_runs_over_lines_inside_the_picture() -> None:
    series = [f"Fuel with a rather long name {n}" for n in range(9)]
    root = parsed(stacked_bar_chart(CAPTION, series, [StackRow("row", tuple(range(1, 10)))]))
    assert set(series) <= set(texts(root))
    assert len({t.get("y") for t in root.iter(f"{NS}text") if (t.text or "").startswith("Fuel")}) > 1
    assert_inside(root)


def test_names_of_lines_that_end_at_the_bottom_are_moved_up() -> None:
    root = parsed(line_chart(CAPTION, [Line(f"line {n}", ((2002, 10.0), (2012, 0.0))) for n in range(5)]))
    heights = [number(t, "y") for t in root.iter(f"{NS}text") if (t.text or "").startswith("line")]
    assert max(heights) <= size(root)[1]
    assert len(set(heights)) == 5
