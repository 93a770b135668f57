"""Abatement curves and tornados: marks as wide and high as their values, and hostile labels are text."""

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from lichen.report import svg
from lichen.report.charts import BlockPart, Caption, SwingRow, block_chart, tornado_chart

NS = "{http://www.w3.org/2000/svg}"
CAPTION = Caption("Title", "Description", value_label="CNY/t", unit="CNY/t", width=700)
KEYS = ("by cost", "by value")


def parsed(picture):
    return ET.fromstring(picture)


def boxes(root, fill):
    """Rectangles of a colour with a tooltip: left, top, width, height."""
    names = ("x", "y", "width", "height")
    found = [r for r in root.iter(f"{NS}rect") if r.get("fill") == fill and r.find(f"{NS}title") is not None]
    return [tuple(float(r.get(n, "0")) for n in names) for r in found]


def texts(root):
    return ["".join(t.itertext()) for t in root.iter(f"{NS}text")]


def test_blocks_are_as_wide_and_high_as_they_say():
    parts = [BlockPart("a", 10, -40, plain=True), BlockPart("b", 30, 20), BlockPart("c", 60, 40)]
    root = parsed(block_chart(CAPTION, parts, "kt", KEYS))
    (first,) = boxes(root, svg.NEUTRAL)
    second, third = boxes(root, svg.BETTER)
    assert (second[2] + 0.8) / (first[2] + 0.8) == pytest.approx(3, rel=0.02)
    assert (third[2] + 0.8) / (first[2] + 0.8) == pytest.approx(6, rel=0.02)
    assert third[3] / second[3] == pytest.approx(2, rel=0.02)
    assert first[1] == pytest.approx(second[1] + second[3], abs=0.2)  # one hangs from zero, the other stands on it
    for one, other in pairwise((first, second, third)):
        assert one[0] + one[2] + 0.8 == pytest.approx(other[0], abs=0.2)
    assert {"1", "2", "3", "kt", *KEYS} <= set(texts(root))


def test_a_legend_names_only_what_is_drawn():
    root = parsed(block_chart(CAPTION, [BlockPart("a", 1, 5)], "kt", KEYS))
    assert "by cost" in texts(root)
    assert "by value" not in texts(root)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [BlockPart("a", 0, 1)],
        [BlockPart("a", -1, 1)],
        [BlockPart("a", float("nan"), 1)],
        [BlockPart("a", 1, float("inf"))],
    ],
)
def test_blocks_that_cannot_be_drawn(parts):
    with pytest.raises(ValueError):
        block_chart(CAPTION, parts, "kt", KEYS)


@pytest.mark.parametrize("label", ["<script>", "\"'&", "\x00", "水泥" * 150, ""])
def test_hostile_labels_are_text(label):
    many = [BlockPart(label, 1e-9 + i, (-1) ** i * 1e6, plain=i % 2 == 0) for i in range(40)]
    for picture in (
        block_chart(CAPTION, many, label, (label, label)),
        tornado_chart(CAPTION, 0.0, [SwingRow(label, -1, 1)], (label, label)),
    ):
        assert parsed(picture).tag == f"{NS}svg"
        assert "<script" not in picture


def test_a_tornado_reaches_from_the_base_to_both_ends():
    rows = [SwingRow("price", -10, 30), SwingRow("cost", 25, 5), SwingRow("none", 10, 10)]
    root = parsed(tornado_chart(CAPTION, 10.0, rows, ("low", "high")))
    low, high = boxes(root, svg.NEUTRAL), boxes(root, svg.BETTER)
    assert low[0][2] == pytest.approx(high[0][2], rel=0.02)  # −10 and 30 about 10
    assert low[0][0] + low[0][2] == pytest.approx(high[0][0], abs=0.2)
    assert low[1][0] == pytest.approx(high[0][0], abs=0.2)  # the low end of a cost is the better one
    assert low[1][2] / high[0][2] == pytest.approx(15 / 20, rel=0.02)
    assert low[2][2] == pytest.approx(0.6)
    assert {"−10", "30", "25", "5"} <= set(texts(root))


@pytest.mark.parametrize("end", [float("nan"), float("inf")])
def test_a_tornado_of_what_is_no_number(end):
    with pytest.raises(ValueError):
        tornado_chart(CAPTION, 0.0, [SwingRow("a", end, 1)], ("low", "high"))
