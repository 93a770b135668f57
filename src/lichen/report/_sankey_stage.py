"""First half of a Sankey's layout: columns, thicknesses, order within columns, heights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from lichen.report import _sankey_graph as graph

NODE_WIDTH = 12.0
GAP, PASSING_GAP = 14.0, 7.0
HAIRLINE = 1.2
LABEL_HEIGHT = 15.0
SELF_GAP = 9.0
MOST_LOOP, LEAST_FLOW, MOST_FLOW = 34.0, 170.0, 420.0


@dataclass(frozen=True)
class Box:
    """What is known of a node before layout: its fixed column, the size of its label in px."""

    column: int | None
    label_width: float
    label_height: float


@dataclass(frozen=True)
class Flow:
    """What is known of a link before layout; a value of 0 is drawn as a hairline."""

    source: int
    target: int
    value: float
    labelled: bool


@dataclass(frozen=True)
class Stage:
    """Columns, order and thicknesses; items are the nodes, then one for each column that a long link passes.

    ``chains`` are the items a forward link visits from source to target, and empty for links drawn as loops.
    """

    boxes: Sequence[Box]
    flows: Sequence[Flow]
    column: Sequence[int]
    chains: Sequence[tuple[int, ...]]
    layers: Sequence[Sequence[int]]
    thickness: Sequence[float]
    tall: Sequence[float]
    scale: float

    @property
    def last(self) -> int:
        """Number of the last column."""
        return len(self.layers) - 1

    def loops(self) -> list[int]:
        """Links that run back over columns; self loops are not among them."""
        return [index for index, flow in enumerate(self.flows) if not self.chains[index] and flow.source != flow.target]

    def self_loops(self, node: int) -> list[int]:
        """Links from the node to itself."""
        turning = self.turning(self.column[node], out=True)
        return [index for index in turning if self.flows[index].source == self.flows[index].target == node]

    def outer(self, node: int) -> bool:
        """Whether the node's label stands beside the diagram; else, or where loops pass there, above the node."""
        number = self.column[node]
        return (number == 0 and not self.turning(0, out=False)) or (
            number == self.last > 0 and not self.turning(number, out=True)
        )

    def turning(self, number: int, *, out: bool) -> list[int]:
        """Links drawn as loops that turn in the lanes right (``out``) or left of a column."""
        return self._turns.get((number, out), [])

    @cached_property
    def _turns(self) -> dict[tuple[int, bool], list[int]]:
        turns: dict[tuple[int, bool], list[int]] = {}
        for index, flow in enumerate(self.flows):
            if not self.chains[index]:
                turns.setdefault((self.column[flow.source], True), []).append(index)
                turns.setdefault((self.column[flow.target], False), []).append(index)
        return turns


def stage(boxes: Sequence[Box], flows: Sequence[Flow]) -> Stage:
    """Columns, chains of long links, order and thicknesses."""
    edges = [(flow.source, flow.target, max(flow.value, 1e-9)) for flow in flows]
    column = graph.columns([box.column for box in boxes], edges)
    items = list(column)
    chains: list[tuple[int, ...]] = []
    owner: list[int] = []
    for index, flow in enumerate(flows):
        first, last = column[flow.source], column[flow.target]
        between = range(len(items), len(items) + max(0, last - first - 1))
        chains.append((flow.source, *between, flow.target) if last > first else ())
        items += range(first + 1, last)
        owner += [index] * len(between)
    layers = [[item for item, found in enumerate(items) if found == number] for number in range(max(column) + 1)]
    heaviest = max(edge[2] for edge in edges)
    weight = [(edge[2] / heaviest) ** 0.5 + 0.01 for edge in edges]
    pieces = [(a, b, weight[index]) for index, chain in enumerate(chains) for a, b in pairwise(chain)]
    scale = _scale(boxes, flows, column, chains, [[*layer] for layer in layers], owner)
    thickness = [max(1.0, flow.value * scale) if flow.value > 0 else HAIRLINE for flow in flows]
    tall = [max(2.0, *sides) for sides in _side_sums(len(boxes), flows, thickness)]
    tall += [thickness[index] for index in owner]
    return Stage(boxes, flows, column, chains, graph.ordered(layers, pieces), thickness, tall, scale)


def _side_sums(count: int, flows: Sequence[Flow], sizes: Sequence[float]) -> list[tuple[float, float]]:
    incoming, outgoing = [0.0] * count, [0.0] * count
    for flow, size in zip(flows, sizes, strict=True):
        outgoing[flow.source] += size
        incoming[flow.target] += size
    return list(zip(incoming, outgoing, strict=True))


def _scale(
    boxes: Sequence[Box],
    flows: Sequence[Flow],
    column: Sequence[int],
    chains: Sequence[tuple[int, ...]],
    layers: Sequence[Sequence[int]],
    owner: Sequence[int],
) -> float:
    """Px per unit: the fullest column gets a height that suits the number of links, the widest loop stays narrow."""
    values = [flow.value for flow in flows]
    sizes = [max(sides) for sides in _side_sums(len(boxes), flows, values)] + [values[index] for index in owner]
    fullest = max(sum(sizes[item] for item in layer) for layer in layers)
    if fullest <= 0:
        return 0.0
    scale = min(MOST_FLOW, max(LEAST_FLOW, 24.0 * len(flows))) / fullest
    widest = max((flow.value for flow, chain in zip(flows, chains, strict=True) if not chain), default=0.0)
    return min(scale, MOST_LOOP / widest) if widest > 0 else scale


def pads(found: Stage, item: int) -> tuple[float, float]:
    """Room an item needs above and below for its label and its self loops."""
    if item >= len(found.boxes):
        return 0.0, 0.0
    height = found.boxes[item].label_height
    loops = found.self_loops(item)
    depth = sum(found.thickness[index] + SELF_GAP for index in loops)
    depth += LABEL_HEIGHT if any(found.flows[index].labelled for index in loops) else 0.0
    if found.outer(item):
        spare = max(0.0, (height - found.tall[item]) / 2)
        return spare, max(spare, depth)
    return height + 5, depth


def _gap(found: Stage, item: int) -> float:
    """Room under an item; links that only pass lie closer."""
    return GAP if item < len(found.boxes) else PASSING_GAP


def heights(found: Stage) -> list[float]:
    """Top of every item: near the middle of what it is joined to, in the order found, without overlap."""
    room = {item: pads(found, item) for layer in found.layers for item in layer}
    needs = [
        sum(room[item][0] + found.tall[item] + room[item][1] + _gap(found, item) for item in layer)
        for layer in found.layers
    ]
    whole = max(needs)
    y = [0.0] * len(found.tall)
    for layer, need in zip(found.layers, needs, strict=True):
        extra = (whole - need) / (len(layer) + 1)
        at = extra
        for item in layer:
            y[item] = at + room[item][0]
            at = y[item] + found.tall[item] + room[item][1] + _gap(found, item) + extra * 0.5
    left, right = _joined(found)
    rounds = 16 if len(y) < 500 else 8
    for turn in range(rounds):
        forth = turn % 2 == 0
        numbers = range(len(found.layers)) if forth else reversed(range(len(found.layers)))
        pull = 0.9 if turn < rounds - 4 else 0.5
        for number in numbers:
            for item in found.layers[number]:
                y[item] += pull * _wish(found, item, y, left if forth else right)
            _separate(found, found.layers[number], y, room, whole)
    return y


Joined = list[tuple[list[tuple[int, float]], float]]


def _joined(found: Stage) -> tuple[Joined, Joined]:
    """What each item is joined to on its left and on its right, with thicknesses and their sum."""
    left: list[list[tuple[int, float]]] = [[] for _ in found.tall]
    right: list[list[tuple[int, float]]] = [[] for _ in found.tall]
    for index, chain in enumerate(found.chains):
        for source, target in pairwise(chain):
            right[source].append((target, found.thickness[index]))
            left[target].append((source, found.thickness[index]))
    summed = [[(others, sum(weight for _, weight in others)) for others in side] for side in (left, right)]
    return summed[0], summed[1]


def _wish(found: Stage, item: int, y: Sequence[float], joined: Joined) -> float:
    others, total = joined[item]
    if total <= 0:
        return 0.0
    wished = 0.0
    for other, weight in others:
        wished += (y[other] + found.tall[other] / 2) * weight
    return wished / total - (y[item] + found.tall[item] / 2)


def _separate(
    found: Stage, layer: Sequence[int], y: list[float], room: dict[int, tuple[float, float]], whole: float
) -> None:
    """Push items apart, down first and then up from the bottom, so that they keep their order and stay inside."""
    at = 0.0
    for item in layer:
        y[item] = max(y[item], at + room[item][0])
        at = y[item] + found.tall[item] + room[item][1] + _gap(found, item)
    at = whole
    for position in reversed(range(len(layer))):
        item = layer[position]
        y[item] = min(y[item], at - room[item][1] - found.tall[item])
        above = layer[position - 1] if position else item
        at = y[item] - room[item][0] - _gap(found, above)
