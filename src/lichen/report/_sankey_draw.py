"""Marks of a Sankey diagram: ribbons, loops with arrow heads, nodes, labels."""

from __future__ import annotations

from collections.abc import Sequence

from lichen.report import svg
from lichen.report._sankey_labels import SHORT, Area, Spot, around, course
from lichen.report._sankey_layout import PlacedLink, PlacedNode
from lichen.report._sankey_stage import NODE_WIDTH

NODE_COLOUR = "#3A4853"
OPACITY = "0.5"
ARROW = 9.0


def drawn_link(link: PlacedLink, colour: str, hint: str, *, dashed: bool, to_scale: bool) -> str:
    """A ribbon, a loop, or a dashed hairline where the link is not to scale."""
    if link.loop:
        return _drawn_loop(link, colour, hint, dashed=dashed or not to_scale)
    if not to_scale:
        return svg.path(_middle_line(link), hint, fill="none", stroke=colour, stroke_width=1.6, stroke_dasharray="4 3")
    if dashed:
        return svg.path(_outline(link), hint, fill=colour, fill_opacity="0.12", stroke=colour, stroke_dasharray="4 3")
    return svg.path(_outline(link), hint, fill=colour, fill_opacity=OPACITY)


def _curve(x0: float, x1: float, y1: float, y0: float) -> str:
    middle = svg.coordinate((x0 + x1) / 2)
    return f"C{middle} {svg.coordinate(y0)} {middle} {svg.coordinate(y1)} {svg.coordinate(x1)} {svg.coordinate(y1)}"


def _edge(points: Sequence[tuple[float, float]]) -> str:
    """Curves between columns, straight pieces through them."""
    parts = []
    for position in range(1, len(points)):
        (x0, y0), (x1, y1) = points[position - 1], points[position]
        level = position % 2 == 0
        parts.append(f"L{svg.coordinate(x1)} {svg.coordinate(y1)}" if level else _curve(x0, x1, y1, y0))
    return "".join(parts)


def _outline(link: PlacedLink) -> str:
    half = link.thickness / 2
    above = [(x, y - half) for x, y in link.points]
    below = [(x, y + half) for x, y in reversed(link.points)]
    start = f"M{svg.coordinate(above[0][0])} {svg.coordinate(above[0][1])}"
    return f"{start}{_edge(above)}V{svg.coordinate(below[0][1])}{_edge(below)}Z"


def _middle_line(link: PlacedLink) -> str:
    return f"M{svg.coordinate(link.points[0][0])} {svg.coordinate(link.points[0][1])}{_edge(link.points)}"


def _drawn_loop(link: PlacedLink, colour: str, hint: str, *, dashed: bool) -> str:
    dash = "5 3" if dashed else None
    opacity = "0.3" if dashed and link.thickness > 4 else "0.55" if link.thickness > 4 else "0.8"
    course_ = svg.path(
        _rounded(link.points, link.thickness / 2 + 6),
        hint,
        fill="none",
        stroke=colour,
        stroke_width=link.thickness,
        stroke_opacity=opacity,
        stroke_dasharray=dash,
    )
    return course_ + "".join(_arrow(x, y, link.thickness, colour) for x, y in arrows(link))


def arrows(link: PlacedLink) -> list[tuple[float, float]]:
    """Where a loop carries arrow heads: near both ends of its track, one only where the track is short."""
    if not link.loop:
        return []
    length = link.points[2][0] - link.points[3][0]
    return [course(link, share) for share in ((0.12, 0.88) if length > SHORT else (0.5,))]


def arrow_area(place: tuple[float, float], thickness: float) -> Area:
    """Room that an arrow head takes."""
    return around(*place, ARROW + 6, max(ARROW, thickness))


def _arrow(x: float, y: float, thickness: float, colour: str) -> str:
    """The flow on a track runs to the left: a triangle on a thin loop, a light chevron in a thick one."""
    half = ARROW / 2
    if thickness < 12:
        tip = f"M{_pair((x - half, y))}l{_pair((ARROW, -half))}v{ARROW:g}z"
        return svg.path(tip, fill=colour)
    tall = min(thickness / 2 - 2, 9.0)
    sides = f"M{svg.coordinate(x + tall / 2)} {svg.coordinate(y - tall)}l{svg.coordinate(-tall)} {svg.coordinate(tall)}"
    sides += f"l{svg.coordinate(tall)} {svg.coordinate(tall)}"
    return svg.path(sides, fill="none", stroke=svg.PAPER, stroke_width=2, stroke_linejoin="round")


def _rounded(points: Sequence[tuple[float, float]], radius: float) -> str:
    """Straight pieces joined by quarter turns of the radius, or less where a piece is short."""
    parts = [f"M{svg.coordinate(points[0][0])} {svg.coordinate(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        first = abs(corner[0] - before[0]) + abs(corner[1] - before[1])
        second = abs(after[0] - corner[0]) + abs(after[1] - corner[1])
        turn = min(radius, first * (1 if before is points[0] else 0.5), second * (1 if after is points[-1] else 0.5))
        start, end = _toward(corner, before, turn), _toward(corner, after, turn)
        a, b = _toward(corner, before, 0.45 * turn), _toward(corner, after, 0.45 * turn)
        parts.append("L" + _pair(start) + "C" + " ".join((_pair(a), _pair(b), _pair(end))))
    return "".join(parts) + "L" + _pair(points[-1])


def _toward(start: tuple[float, float], goal: tuple[float, float], distance: float) -> tuple[float, float]:
    length = abs(goal[0] - start[0]) + abs(goal[1] - start[1])
    share = distance / length if length > 0 else 0.0
    return start[0] + (goal[0] - start[0]) * share, start[1] + (goal[1] - start[1]) * share


def _pair(point: tuple[float, float]) -> str:
    return f"{svg.coordinate(point[0])} {svg.coordinate(point[1])}"


def drawn_node(node: PlacedNode, colour: str | None, lines: Sequence[str], hint: str, size: float, lead: float) -> str:
    """The node's bar and its label."""
    bar = svg.rect(node.x, node.y, NODE_WIDTH, node.height, colour or NODE_COLOUR, hint, rx=1)
    return bar + svg.label_lines(
        node.label_x, node.label_y, lines, size=size, lead=lead, anchor=node.anchor, halo=True, hint=hint
    )


def drawn_text(text: str, spot: Spot, size: float, hint: str, link: PlacedLink) -> str:
    """A link's label; one that stands off its link has a leader to it."""
    leader, inside = "", link.thickness > 1.4 * size and not spot.displaced
    if abs(spot.y - spot.anchor_y) > link.thickness / 2 + size + 2:
        edge = spot.y + (size * 0.6 if spot.anchor_y > spot.y else -size * 0.6)
        leader = svg.line(spot.x, edge, spot.anchor_x, spot.anchor_y, svg.MUTED, 0.8)
        leader += svg.circle(spot.anchor_x, spot.anchor_y, 1.6, svg.MUTED)
    return leader + svg.label(spot.x, spot.y, text, size=size, anchor="middle", halo=not inside, hint=hint)


def label_area(node: PlacedNode, width: float, height: float) -> Area:
    """Rectangle of a node's label."""
    left = node.label_x - width if node.anchor == "end" else node.label_x
    return Area(left - 2, node.label_y - height / 2, left + width + 2, node.label_y + height / 2)
