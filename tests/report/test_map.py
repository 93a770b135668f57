"""The map: true to scale, north up, nothing covered, nothing of a name at work."""

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.inventory.places import RADIUS_KM
from lichen.report.map import DOT, MapLine, MapPoint, park_map
from lichen.report.svg import Caption

CAPTION = Caption("Map", width=900)
NS = "{http://www.w3.org/2000/svg}"


def drawn(points, lines=()):
    return ElementTree.fromstring(park_map(CAPTION, points, lines))


def dots(root):
    return [(float(c.get("cx")), float(c.get("cy"))) for c in root.iter(f"{NS}circle")]


def labels(root):
    return ["".join(t.itertext()) for t in root.iter(f"{NS}text")]


def scale(root):
    """Pixels of a kilometre, by the bar."""
    (bar,) = root.iter(f"{NS}line")
    (km,) = [float(label[:-3]) for label in labels(root) if label.endswith(" km")]
    return (float(bar.get("x2")) - float(bar.get("x1"))) / km


def test_no_places_no_map():
    assert park_map(CAPTION, [], []) == ""


def test_distances_on_the_map_are_those_on_the_ground():
    south, north, east = (
        MapPoint("s", "South", 26.0, 106.0),
        MapPoint("n", "North", 26.1, 106.0),
        MapPoint("e", "East", 26.0, 106.2),
    )
    root = drawn([south, north, east])
    (xs, ys), (xn, yn), (xe, ye) = dots(root)
    degree = math.pi * RADIUS_KM / 180
    px = scale(root)
    assert xn == pytest.approx(xs, abs=0.2)
    assert ye == pytest.approx(ys, abs=0.2)
    assert (ys - yn) / px == pytest.approx(0.1 * degree, rel=5e-3)
    assert (xe - xs) / px == pytest.approx(0.2 * degree * math.cos(math.radians(26.03)), rel=5e-3)


def test_one_firm_or_all_at_one_place():
    for points in ([MapPoint("a", "A", 26, 106)], [MapPoint("a", "A", 26, 106), MapPoint("b", "B", 26, 106)]):
        root = drawn(points, [MapLine("a", "b", 1.0), MapLine("a", "a", 1.0)])
        assert len(dots(root)) == len(points)
        assert all(map(math.isfinite, sum(dots(root), ())))


def test_lines_go_where_both_ends_are_and_both_ways_apart():
    points = [MapPoint("a", "A", 26, 106), MapPoint("b", "B", 26.1, 106.1)]
    lines = [
        MapLine("a", "b", 1.0, note="out"),
        MapLine("b", "a", 0.5, note="back"),
        MapLine("a", "x", 1.0),
        MapLine("x", "b", 1.0),
    ]
    paths = [p for p in drawn(points, lines).iter(f"{NS}path") if p.get("stroke-opacity")]
    assert len({p.get("d") for p in paths}) == 2
    assert [float(p.get("stroke-width")) for p in paths] == [6, 3.5]
    assert ["".join(p.itertext()) for p in paths] == ["out", "back"]
    wide = [
        p
        for p in drawn(points, [MapLine("a", "b", w) for w in (9.0, -1.0)]).iter(f"{NS}path")
        if p.get("stroke-opacity")
    ]
    assert [float(p.get("stroke-width")) for p in wide] == [6, 1]


def test_labels_that_would_cover_each_other_are_left_out_and_the_first_stay():
    points = [MapPoint(f"p{i}", f"Firm number {i}", 26.0, 106.0) for i in range(5)] + [
        MapPoint("far", "Far away", 26.5, 106.5)
    ]
    root = drawn(points)
    shown = labels(root)
    assert len(dots(root)) == 6
    assert "Far away" in shown
    assert sum(label.startswith("Firm number") for label in shown) <= 1
    titles = ["".join(c.itertext()) for c in root.iter(f"{NS}circle")]
    assert titles == [p.label for p in points]


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><g onload="x()">', "名" * 500, "\x00\x1b\n", "&amp;", "]]>"]
)
def test_names_do_nothing(name):
    root = drawn(
        [MapPoint("a", name, 26, 106, note=name), MapPoint("b", "B", 26.2, 106)], [MapLine("a", "b", 1, note=name)]
    )
    assert not list(root.iter(f"{NS}script"))
    assert not any(k.startswith("on") for e in root.iter() for k in e.attrib)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-89, 89), st.floats(-180, 180), st.text(max_size=20)), min_size=1, max_size=12))
def test_everything_is_inside_the_picture(places):
    points = [MapPoint(str(i), label, latitude, longitude) for i, (latitude, longitude, label) in enumerate(places)]
    root = drawn(points)
    width, height = map(float, re.findall(r"[\d.]+", root.get("viewBox"))[2:])
    assert width == 900
    assert height <= 621
    for x, y in dots(root):
        assert DOT <= x <= width - DOT
        assert DOT <= y <= height - DOT
    assert scale(root) > 0
