"""The Sankey: to scale, conserved, inside the picture, cycles drawn, nothing over anything, the same every time."""

from __future__ import annotations

import itertools
import math
import random
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.report import _sankey_graph as graph
from lichen.report import svg
from lichen.report.sankey import (
    SankeyKind,
    SankeyLink,
    SankeyNode,
    exchange_kinds,
    exchange_network,
    layout,
    sankey,
)
from lichen.report.svg import Caption

NS = "{http://www.w3.org/2000/svg}"
CAPTION = Caption("Network", unit="kt/a")
HOSTILE = ["<script>", "\"'&", "\x00", "\u202eabc", "水泥" * 150, "", "A long label without end " * 12]
KINDS = exchange_kinds("existing", "new", "left out")

PARK = [
    "焦化厂",
    "钢铁厂",
    "水泥厂",
    "热电厂",
    "化肥厂",
    "磷酸厂",
    "硫酸厂",
    "铝厂",
    "造纸厂",
    "污水处理厂",
    "城市居民",
    "建材厂",
    "塑料再生厂",
    "食品厂",
    "沼气站",
]
PARK_FLOWS = [
    (0, 1, 300), (1, 0, 60), (1, 2, 180), (3, 2, 120), (2, 2, 40), (5, 11, 200), (11, 2, 80), (6, 5, 150), (7, 6, 30),
    (3, 8, 220), (8, 9, 160), (9, 3, 90), (9, 14, 25), (13, 14, 70), (14, 3, 35), (14, 4, 45), (10, 12, 22),
    (12, 1, 18), (3, 10, 140), (10, 9, 130), (5, 4, 110), (4, 13, 12), (0, 4, 28), (1, 11, 3), (8, 11, 0.2),
]  # fmt: skip


def nodes(count: int) -> list[SankeyNode]:
    return [SankeyNode(str(n), f"firm {n}") for n in range(count)]


def links(flows: list[tuple[int, int, float]]) -> list[SankeyLink]:
    return [SankeyLink(str(s), str(t), v, f"stream {n}") for n, (s, t, v) in enumerate(flows)]


def guiyang() -> list[SankeyLink]:
    return [
        SankeyLink("钢铁厂", "水泥厂", 30, "钢渣", "existing", text=""),
        SankeyLink("钢铁厂", "水泥厂", 90, "钢渣", "new", text="钢渣 30 → 120 kt/a"),
        SankeyLink("磷化工", "水泥厂", 500, "磷渣", "new"),
        SankeyLink("铝厂", "水泥厂", 400, "铝渣", "new"),
        SankeyLink("煤矿洗选", "电厂", 100, "煤矸石", "new"),
        SankeyLink("电厂", "水泥厂", 200, "粉煤灰", "new"),
        SankeyLink("城市", "钢铁厂与水泥窑", 10, "废塑料", "new"),
        SankeyLink("钢铁厂", "城市", 300, "余热", "excluded", unit="t/a（单位存疑）"),
        SankeyLink("城市", "钢铁厂", 100, "废钢", "new"),
    ]


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.encode())


def size(root: ET.Element) -> tuple[float, float]:
    _, _, width, height = (float(part) for part in (root.get("viewBox") or "").split())
    return width, height


def texts(root: ET.Element) -> list[str]:
    return [node.text or "" for node in root.iter(f"{NS}text")]


def box(mark: ET.Element) -> tuple[float, float, float, float]:
    high = float(mark.get("font-size") or 0)
    wide, x, y = svg.text_width(mark.text or "", high), float(mark.get("x") or 0), float(mark.get("y") or 0)
    left = x - wide * {"middle": 0.5, "end": 1.0}.get(mark.get("text-anchor") or "", 0.0)
    return left, y - 0.8 * high, left + wide, y + 0.1 * high


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] - 0.5 and b[0] < a[2] - 0.5 and a[1] < b[3] - 0.5 and b[1] < a[3] - 0.5


def assert_clear(root: ET.Element) -> None:
    """No text over another text or over a node, all of it in the picture."""
    width, height = size(root)
    boxes = [box(mark) for mark in root.iter(f"{NS}text")]
    bars = [
        (
            float(r.get("x") or 0),
            float(r.get("y") or 0),
            float(r.get("x") or 0) + 12,
            float(r.get("y") or 0) + float(r.get("height") or 0),
        )
        for r in root.iter(f"{NS}rect")
        if r.get("rx") == "1"
    ]
    for a, b in itertools.combinations(boxes, 2):
        assert not overlap(a, b), (a, b)
    for a, b in itertools.product(boxes, bars):
        assert not overlap(a, b), (a, b)
    for left, top, right, bottom in boxes:
        assert -2 <= left <= right <= width + 2
        assert -2 <= top <= bottom <= height + 2


def assert_ribbons_inside(root: ET.Element) -> None:
    """End and control points of every path lie in the picture, so the curves do."""
    width, height = size(root)
    for path in root.iter(f"{NS}path"):
        if "l" in (path.get("d") or ""):
            continue  # arrow heads are written in relative steps
        stroke = float(path.get("stroke-width") or 0) / 2 if path.get("stroke") else 0.0
        for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d") or ""):
            assert stroke - 0.1 <= float(x) <= width - stroke + 0.1, path.get("d")
            assert stroke - 0.1 <= float(y) <= height - stroke + 0.1, path.get("d")


FLOWS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 5),
        st.one_of(st.floats(0, 1e9, allow_subnormal=False), st.sampled_from([1e-9, 1e150])),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(FLOWS)
def test_any_network_lies_inside_and_is_conserved(flows: list[tuple[int, int, float]]) -> None:
    found = layout(CAPTION, nodes(6), links(flows))
    root = parsed(sankey(CAPTION, nodes(6), links(flows)))
    assert_ribbons_inside(root)
    assert_clear(root)
    for number, node in enumerate(found.nodes):
        incoming = sum(link.thickness for link, flow in zip(found.links, flows, strict=True) if flow[1] == number)
        outgoing = sum(link.thickness for link, flow in zip(found.links, flows, strict=True) if flow[0] == number)
        assert node.height == pytest.approx(max(2, incoming, outgoing))
        assert node.y >= 0
        assert node.y + node.height <= found.height
    for link, (_, _, value) in zip(found.links, flows, strict=True):
        assert link.thickness == pytest.approx(max(1.0, value * found.scale) if svg.finite(value, "") > 0 else 1.2)


@settings(max_examples=100, deadline=None)
@given(FLOWS)
def test_ends_of_links_fill_their_nodes_without_overlap(flows: list[tuple[int, int, float]]) -> None:
    found = layout(CAPTION, nodes(6), links(flows))
    for end, point, edge in ((0, 0, 12.0), (1, -1, 0.0)):
        for number, node in enumerate(found.nodes):
            spans = []
            for link, flow in zip(found.links, flows, strict=True):
                if flow[end] == number:
                    x, y = link.points[point]
                    assert x == pytest.approx(node.x + edge)
                    spans.append((y - link.thickness / 2, y + link.thickness / 2))
            spans.sort()
            assert all(a[1] <= b[0] + 1e-6 for a, b in itertools.pairwise(spans))
            if spans:
                assert node.y - 1e-6 <= spans[0][0]
                assert spans[-1][1] <= node.y + node.height + 1e-6


def test_nodes_do_not_overlap() -> None:
    found = layout(CAPTION, nodes(15), links(PARK_FLOWS))
    for a, b in itertools.combinations(found.nodes, 2):
        assert a.x != b.x or a.y + a.height < b.y or b.y + b.height < a.y


def test_in_equals_out_fills_both_sides() -> None:
    found = layout(CAPTION, nodes(4), links([(0, 1, 30), (0, 1, 70), (1, 2, 60), (1, 3, 40)]))
    assert found.nodes[1].height == pytest.approx(sum(link.thickness for link in found.links[:2]))
    assert found.nodes[1].height == pytest.approx(sum(link.thickness for link in found.links[2:]))
    assert found.links[1].thickness / found.links[0].thickness == pytest.approx(7 / 3)


def test_tiny_flows_are_one_px_and_unknown_ones_hairlines() -> None:
    mixed = [
        SankeyLink("0", "1", 1e6),
        SankeyLink("0", "1", 1e-3, "trace"),
        SankeyLink("0", "1", None, "unknown"),
        SankeyLink("0", "1", 300, "heat", unit="t/a?"),
    ]
    found = layout(CAPTION, nodes(2), mixed)
    assert [link.thickness for link in found.links[1:]] == [1.0, 1.2, 1.2]
    root = parsed(sankey(CAPTION, nodes(2), mixed))
    dashed = [path for path in root.iter(f"{NS}path") if path.get("stroke-dasharray")]
    assert len(dashed) == 2
    assert "heat 300 t/a?" in texts(root)
    assert "unknown" in texts(root)


def test_a_cycle_is_drawn_as_a_loop_that_runs_back_outside() -> None:
    found = layout(CAPTION, nodes(3), links([(0, 1, 50), (1, 2, 40), (2, 0, 10)]))
    assert [link.loop for link in found.links] == [False, False, True]
    loop = found.links[2]
    assert loop.points[0][0] > loop.points[-1][0]
    track = loop.points[2][1]
    assert all(track > node.y + node.height or track < node.y for node in found.nodes)
    root = parsed(sankey(CAPTION, nodes(3), links([(0, 1, 50), (1, 2, 40), (2, 0, 10)])))
    arrows = [path for path in root.iter(f"{NS}path") if "l" in (path.get("d") or "")]
    assert len(arrows) == 2


def test_the_lightest_link_of_a_cycle_runs_back() -> None:
    found = layout(CAPTION, nodes(3), links([(0, 1, 5), (1, 2, 40), (2, 0, 30)]))
    assert [link.loop for link in found.links] == [True, False, False]


def test_a_self_loop_hangs_below_its_node() -> None:
    found = layout(CAPTION, nodes(2), links([(0, 0, 5), (0, 1, 20)]))
    assert found.links[0].loop
    node = found.nodes[0]
    assert found.links[0].points[2][1] > node.y + node.height
    assert found.links[0].points[2][1] < node.y + node.height + 40


def test_a_heavy_loop_scales_the_diagram_and_does_not_fill_it() -> None:
    found = layout(CAPTION, nodes(2), links([(0, 1, 100), (1, 0, 90)]))
    assert found.links[1].thickness == pytest.approx(34)
    assert found.links[0].thickness == pytest.approx(34 / 0.9)


def test_loops_on_one_side_have_tracks_of_their_own() -> None:
    flows = [(0, 1, 50.0), (1, 2, 50), (2, 3, 50), (3, 0, 9), (2, 0, 8), (3, 1, 7), (2, 1, 6)]
    found = layout(CAPTION, nodes(4), links(flows))
    loops = [link for link in found.links if link.loop]
    assert len(loops) == 4
    for a, b in itertools.combinations(loops, 2):
        shared = a.points[3][0] < b.points[2][0] and b.points[3][0] < a.points[2][0]
        assert not shared or abs(a.points[2][1] - b.points[2][1]) > (a.thickness + b.thickness) / 2


def test_fixed_columns_are_kept_and_links_within_one_are_loops() -> None:
    fixed = [SankeyNode("0", "a", 5), SankeyNode("1", "b", 9), SankeyNode("2", "c", 5)]
    found = layout(CAPTION, fixed, links([(0, 1, 5), (0, 2, 5), (1, 2, 5)]))
    assert found.nodes[0].x == found.nodes[2].x < found.nodes[1].x
    assert [link.loop for link in found.links] == [False, True, True]


def test_donors_left_receivers_right_all_labels_shown() -> None:
    root = parsed(exchange_network(CAPTION, guiyang(), KINDS))
    assert_clear(root)
    assert_ribbons_inside(root)
    shown = [text.replace(svg.THIN_SPACE, " ") for text in texts(root)]
    wanted = {"钢渣 30 → 120 kt/a", "磷渣 500 kt/a", "粉煤灰 200 kt/a", "余热 300 t/a（单位存疑）", "废塑料 10 kt/a"}
    assert wanted | {"existing", "new", "left out"} <= set(shown)
    assert shown.count("电厂") == 2
    bars = [float(r.get("x") or 0) for r in root.iter(f"{NS}rect") if r.get("rx") == "1"]
    assert len(set(bars)) == 2


@pytest.mark.parametrize("width", [700, 1000])
def test_a_park_of_fifteen_firms_shows_every_label(width: float) -> None:
    caption = Caption("园区", unit="kt/a", width=width)
    firms = [SankeyNode(str(n), name) for n, name in enumerate(PARK)]
    root = parsed(sankey(caption, firms, links(PARK_FLOWS)))
    assert_clear(root)
    assert_ribbons_inside(root)
    assert set(PARK) <= set(texts(root))
    assert {f"stream {n} {svg.format_number(v)} kt/a" for n, (_, _, v) in enumerate(PARK_FLOWS)} <= set(texts(root))


def test_thick_ribbons_avoid_crossings() -> None:
    flows = [(0, 4, 10.0), (1, 3, 10), (2, 5, 10)]
    found = layout(CAPTION, nodes(6), links(flows))
    assert len({node.y for node in found.nodes[:3]}) == 3
    order = sorted(found.links, key=lambda link: link.points[0][1])
    assert order == sorted(found.links, key=lambda link: link.points[-1][1])


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_flows_that_cannot_be_are_refused_by_name(value: float) -> None:
    with pytest.raises(ValueError, match="Schlacke"):
        sankey(CAPTION, nodes(2), [SankeyLink("0", "1", value, "Schlacke")])


@pytest.mark.parametrize(
    ("given_nodes", "given_links", "kinds", "told"),
    [
        ([], [], (), "no flows"),
        (nodes(2), [], (), "no flows"),
        (nodes(2), [SankeyLink("0", "nowhere", 1)], (), "nowhere"),
        ([*nodes(2), SankeyNode("1", "again")], links([(0, 1, 1)]), (), "twice"),
        (nodes(2), [SankeyLink("0", "1", 1, kind="odd")], KINDS, "odd"),
        (nodes(2), links([(0, 1, 1)]), (KINDS[0], SankeyKind("existing", "", "#000")), "twice"),
    ],
)
def test_what_does_not_fit_is_refused(
    given_nodes: list[SankeyNode], given_links: list[SankeyLink], kinds: tuple[SankeyKind, ...], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        sankey(CAPTION, given_nodes, given_links, kinds)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec=None), max_size=30)), min_size=4, max_size=4
    )
)
def test_hostile_names_give_a_whole_picture(names: list[str]) -> None:
    firms = [SankeyNode("a", names[0], note=names[1]), SankeyNode("b", names[1]), SankeyNode("c", names[2])]
    flows = [
        SankeyLink("a", "b", 5, names[3], "k", note=names[0]),
        SankeyLink("b", "a", 1, names[2], unit=names[1]),
        SankeyLink("b", "c", 2, text=names[0]),
        SankeyLink("c", "c", 1, names[1]),
    ]
    text = sankey(Caption(names[0], names[1], unit="t"), firms, flows, [SankeyKind("k", names[2], "#123456")])
    root = parsed(text)
    assert "<script" not in text
    assert root[0].text == (svg.clean(names[0]) or None)
    assert_clear(root)


def test_a_cut_name_is_whole_in_the_tooltip() -> None:
    name = "循环经济产业园区" * 30
    root = parsed(sankey(CAPTION, [SankeyNode("a", name), SankeyNode("b", "B")], [SankeyLink("a", "b", 1, name)]))
    titles = [title.text or "" for title in root.iter(f"{NS}title")]
    assert any(title.startswith(name) and "1 kt/a →" in title for title in titles)
    assert any(f"{name} → B: {name}, 1 kt/a" == title for title in titles)


def test_the_same_bytes_every_time_and_no_ids_to_clash() -> None:
    firms = nodes(15)
    first = sankey(CAPTION, firms, links(PARK_FLOWS))
    assert first == sankey(CAPTION, list(firms), links(list(PARK_FLOWS)))
    assert not re.search(r"\s(id|class|style)=|<style|<script|foreignObject", first)


def crowd(seed: int, count: int, many: int) -> list[tuple[int, int, float]]:
    chance = random.Random(seed)
    return [(chance.randrange(count), chance.randrange(count), chance.lognormvariate(2, 1.5)) for _ in range(many)]


def test_five_hundred_links() -> None:
    flows = links(crowd(3, 60, 500))
    text = sankey(CAPTION, nodes(60), flows)
    root = parsed(text)
    assert_ribbons_inside(root)
    assert_clear(root)


@settings(max_examples=100, deadline=None)
@given(FLOWS)
def test_without_feedback_there_is_no_cycle_and_none_is_taken_in_vain(flows: list[tuple[int, int, float]]) -> None:
    out = graph.feedback(6, flows)
    kept = [edge for index, edge in enumerate(flows) if index not in out]
    assert acyclic(kept)
    for index in out:
        assert not acyclic([*kept, flows[index]])


def acyclic(edges: list[tuple[int, int, float]]) -> bool:
    remaining = set(range(6))
    while remaining:
        free = {n for n in remaining if not any(t == n and s in remaining for s, t, _ in edges)}
        if not free:
            return False
        remaining -= free
    return True


def test_what_is_left_out_of_totals_is_dashed_at_its_scale() -> None:
    flows = [SankeyLink("0", "1", 60, kind="new"), SankeyLink("0", "1", 40, kind="excluded")]
    root = parsed(sankey(CAPTION, nodes(2), flows, KINDS))
    dashed = [path for path in root.iter(f"{NS}path") if path.get("stroke-dasharray")]
    assert len(dashed) == 1
    assert dashed[0].get("fill") == KINDS[2].colour
    assert layout(CAPTION, nodes(2), flows, KINDS).links[1].thickness > 10
