"""Where nodes, ribbons and loops of a Sankey diagram lie: numbers in, positions out, nothing is drawn here.

Thickness is value times one factor for the whole diagram, at least 1 px. A node is as high as the thicker of its two
sides, so drawn flows are conserved wherever values are. Links that run against the columns leave their node on the
right, turn, run back above or below all nodes on a track of their own, and enter their target from the left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lichen.report._sankey_stage import (
    LABEL_HEIGHT,
    NODE_WIDTH,
    SELF_GAP,
    Box,
    Flow,
    Stage,
    heights,
    pads,
    stage,
)

LANE_START, LANE_GAP = 9.0, 5.0
TRACK_GAP = 8.0
LEAST_GUTTER = 80.0
LABEL_GAP = 8.0


@dataclass(frozen=True)
class PlacedNode:
    """A node's rectangle and where its label is: beside it (outer columns) or above it."""

    x: float
    y: float
    height: float
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True)
class PlacedLink:
    """A link's course: points from source to target; a loop has corners, a ribbon has level pieces and curves."""

    thickness: float
    points: tuple[tuple[float, float], ...]
    loop: bool


@dataclass(frozen=True)
class Layout:
    """The whole diagram, its size in px, and the px of one unit of value."""

    nodes: tuple[PlacedNode, ...]
    links: tuple[PlacedLink, ...]
    width: float
    height: float
    scale: float


@dataclass(frozen=True)
class _Loops:
    """How links that run back are led: above or below, on which track, in which lanes, how deep the tracks are."""

    up: Mapping[int, bool]
    rank: Mapping[int, int]
    offset: Mapping[int, float]
    depth: tuple[float, float]


def place(boxes: Sequence[Box], flows: Sequence[Flow], width: float, top: float) -> Layout:
    """Lay the diagram out under ``top`` px of room for a legend."""
    found = stage(boxes, flows)
    y = heights(found)
    loops = _loops(found, y)
    leaving, entering = _ports(found, y, loops)
    right, left = _lanes(found, loops, leaving, out=True), _lanes(found, loops, entering, out=False)
    x, whole = _columns(found, width, left, right)
    ceiling = min(y[item] - pads(found, item)[0] for layer in found.layers for item in layer)
    floor = max(y[item] + found.tall[item] + pads(found, item)[1] for layer in found.layers for item in layer)
    shift = top + loops.depth[0] - ceiling + 4
    links = []
    for index, flow in enumerate(flows):
        start = (x[found.column[flow.source]] + NODE_WIDTH, leaving[index])
        end = (x[found.column[flow.target]], entering[index])
        if found.chains[index]:
            points = _ribbon(found, index, start, end, x, y)
        else:
            track = _track(found, loops, index, y, ceiling, floor)
            points = _loop(start, end, start[0] + right[index], end[0] - left[index], track)
        moved = tuple((px, py + shift) for px, py in points)
        links.append(PlacedLink(found.thickness[index], moved, not found.chains[index]))
    nodes = tuple(_node(found, node, x, y, shift) for node in range(len(boxes)))
    return Layout(nodes, tuple(links), whole, floor + shift + loops.depth[1] + 4, found.scale)


def _loops(found: Stage, y: Sequence[float]) -> _Loops:
    middle = [y[node] + found.tall[node] / 2 for node in range(len(found.boxes))]
    centre = (min(middle) + max(middle)) / 2
    up: dict[int, bool] = {}
    keys: dict[int, tuple[float, ...]] = {}
    for index in found.loops():
        flow = found.flows[index]
        mean = (middle[flow.source] + middle[flow.target]) / 2
        up[index] = mean < centre - 1e-6
        span = found.column[flow.source] - found.column[flow.target]
        keys[index] = (span, mean if up[index] else -mean, index)
    rank = {index: place for place, index in enumerate(sorted(keys, key=lambda found: keys[found]))}
    offset: dict[int, float] = {}
    depth = []
    for side in (True, False):
        offsets, deepest = _tracks(found, [index for index in rank if up[index] == side])
        offset |= offsets
        depth.append(deepest)
    return _Loops(up, rank, offset, (depth[0], depth[1]))


def _tracks(found: Stage, shallow_first: Sequence[int]) -> tuple[dict[int, float], float]:
    """Distance of each loop's middle line from the nodes; loops whose columns do not meet may share a track."""
    levels: list[list[int]] = []
    for index in shallow_first:
        level = 1 + max(
            (n for n, others in enumerate(levels) if any(_meet(found, index, o) for o in others)), default=-1
        )
        levels[level:] = levels[level:] or [[]]
        levels[level].append(index)
    offsets, at, gap = {}, 0.0, TRACK_GAP if len(levels) <= 12 else 2.0
    for others in levels:
        pitch = max(
            max(found.thickness[index], LABEL_HEIGHT if found.flows[index].labelled else 0.0) for index in others
        )
        for index in others:
            offsets[index] = at + gap + pitch / 2
        at += gap + pitch
    return offsets, at + (TRACK_GAP if levels else 0.0)


def _meet(found: Stage, first: int, second: int) -> bool:
    a, b = found.flows[first], found.flows[second]
    return found.column[a.target] <= found.column[b.source] and found.column[b.target] <= found.column[a.source]


def _ports(found: Stage, y: Sequence[float], loops: _Loops) -> tuple[list[float], list[float]]:
    """Height at which each link leaves its source and enters its target."""
    leaving, entering = [0.0] * len(found.flows), [0.0] * len(found.flows)
    ends = (leaving, [flow.source for flow in found.flows], 1), (entering, [flow.target for flow in found.flows], -2)
    for ports, node_of, neighbour in ends:
        stacks: list[list[int]] = [[] for _ in found.boxes]
        for index, node in enumerate(node_of):
            stacks[node].append(index)
        for node, stack in enumerate(stacks):
            stack.sort(key=lambda index, neighbour=neighbour: _port_key(found, y, loops, index, neighbour))  # type: ignore[misc]
            at = y[node] + (found.tall[node] - sum(found.thickness[index] for index in stack)) / 2
            for index in stack:
                ports[index] = at + found.thickness[index] / 2
                at += found.thickness[index]
    return leaving, entering


def _port_key(found: Stage, y: Sequence[float], loops: _Loops, index: int, neighbour: int) -> tuple[float, float, int]:
    """Loops above first, then ribbons by where they come from or go, then loops below, self loops last."""
    chain = found.chains[index]
    if chain:
        other = chain[neighbour]
        return (1, y[other] + found.tall[other] / 2, index)
    if index not in loops.up:
        return (3, 0, -index)
    return (0, loops.rank[index], index) if loops.up[index] else (2, -loops.rank[index], index)


def _lanes(found: Stage, loops: _Loops, ports: Sequence[float], *, out: bool) -> dict[int, float]:
    """Distance from the node at which each loop turns; loops above and below have lanes of their own."""
    lanes: dict[int, float] = {}
    for number in range(len(found.layers)):
        gutter = found.turning(number, out=out)
        above = sorted((index for index in gutter if loops.up.get(index)), key=lambda index: (ports[index], index))
        below = sorted((index for index in gutter if not loops.up.get(index)), key=lambda index: (-ports[index], index))
        at, gap = LANE_START, LANE_GAP if len(gutter) <= 12 else 1.0
        for index in (*below, *above):
            lanes[index] = at + found.thickness[index] / 2
            at += found.thickness[index] + gap
    return lanes


def _lane_room(found: Stage, lanes: Mapping[int, float], column: int, *, out: bool) -> float:
    turning = found.turning(column, out=out)
    return max((lanes[index] + found.thickness[index] / 2 for index in turning), default=0.0)


def _columns(
    found: Stage, width: float, left: Mapping[int, float], right: Mapping[int, float]
) -> tuple[list[float], float]:
    """Left edge of every column, and the width of the whole: as wished, or more where the columns need it."""
    before = [_lane_room(found, left, number, out=False) for number in range(len(found.layers))]
    after = [_lane_room(found, right, number, out=True) for number in range(len(found.layers))]
    beside, over = _label_widths(found)
    first = beside[0] + LABEL_GAP + before[0]
    last = max(after[-1] + 4, beside[-1] + LABEL_GAP) if found.last else after[-1] + 4
    used = first + last + sum(before[1:]) + sum(after[:-1]) + NODE_WIDTH * len(found.layers)
    flexible = [max(LEAST_GUTTER, (width - used) / max(1, found.last))] * found.last
    for number in range(found.last):  # a label above a node reaches to its right, in the last column to its left
        needed = max(over[number], over[number + 1] if number + 1 == found.last else 0.0)
        flexible[number] = max(flexible[number], needed - after[number] - before[number + 1])
    x, at = [first], first
    for number in range(found.last):
        at += NODE_WIDTH + after[number] + flexible[number] + before[number + 1]
        x.append(at)
    return x, max(
        at + NODE_WIDTH + max(last, 0.0 if found.last else over[0] - NODE_WIDTH), width if found.last else 0.0
    )


def _label_widths(found: Stage) -> tuple[list[float], list[float]]:
    """For each column, the widest label beside its nodes and the widest above them."""
    beside, over = [0.0] * len(found.layers), [0.0] * len(found.layers)
    for node, number in enumerate(found.column):
        widths = beside if found.outer(node) else over
        widths[number] = max(widths[number], found.boxes[node].label_width)
    return beside, over


def _node(found: Stage, node: int, x: Sequence[float], y: Sequence[float], shift: float) -> PlacedNode:
    number = found.column[node]
    left, top, height = x[number], y[node] + shift, found.tall[node]
    if found.outer(node):
        label_x, anchor = (left - LABEL_GAP, "end") if number == 0 else (left + NODE_WIDTH + LABEL_GAP, "start")
        return PlacedNode(left, top, height, label_x, top + height / 2, anchor)
    leftward = number > 0 and (number == found.last or not found.turning(number, out=False))
    leftward = leftward and bool(found.turning(number, out=True))
    label_y = top - 4 - found.boxes[node].label_height / 2
    return PlacedNode(left, top, height, left + NODE_WIDTH * leftward, label_y, "end" if leftward else "start")


def _track(found: Stage, loops: _Loops, index: int, y: Sequence[float], ceiling: float, floor: float) -> float:
    if index in loops.up:
        return ceiling - loops.offset[index] if loops.up[index] else floor + loops.offset[index]
    node = found.flows[index].source
    depth = y[node] + found.tall[node]
    for other in found.self_loops(node):
        depth += SELF_GAP + found.thickness[other]
        if other == index:
            break
    return depth - found.thickness[index] / 2


def _loop(
    start: tuple[float, float], end: tuple[float, float], right: float, left: float, track: float
) -> list[tuple[float, float]]:
    return [start, (right, start[1]), (right, track), (left, track), (left, end[1]), end]


def _ribbon(
    found: Stage,
    index: int,
    start: tuple[float, float],
    end: tuple[float, float],
    x: Sequence[float],
    y: Sequence[float],
) -> list[tuple[float, float]]:
    points = [start]
    for offset, item in enumerate(found.chains[index][1:-1], start=1):
        at = x[found.column[found.flows[index].source] + offset]
        middle = y[item] + found.tall[item] / 2
        points += [(at, middle), (at + NODE_WIDTH, middle)]
    return [*points, end]
