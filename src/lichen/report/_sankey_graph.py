"""Which node stands in which column, and in which order: cycles, layers, crossings.

Nodes are numbers from 0, links are (source, target, weight). Ties fall to the order given, so the result is the same
every time. Links that run against the layers are left to the caller, who draws them as loops.
"""

from __future__ import annotations

from collections.abc import Sequence

Edge = tuple[int, int, float]


def feedback(count: int, edges: Sequence[Edge]) -> frozenset[int]:
    """Positions of links whose removal leaves no cycle: few and light, and none that could be kept.

    Greedy order of Eades, Lin and Smyth (1993, doi 10.1016/0020-0190(93)90079-O), weighted; then every link taken out
    is put back, heaviest first, unless it closes a cycle. Self loops are always taken out.
    """
    place = {node: position for position, node in enumerate(_greedy_order(count, edges))}
    out = [index for index, (source, target, _) in enumerate(edges) if place[source] >= place[target]]
    ahead: list[set[int]] = [set() for _ in range(count)]
    for source, target, _ in edges:
        if place[source] < place[target]:
            ahead[source].add(target)
    kept: set[int] = set()
    for index in sorted(out, key=lambda found: (-edges[found][2], found)):
        source, target, _ = edges[index]
        if source != target and not _reaches(ahead, target, source):
            ahead[source].add(target)
            kept.add(index)
    return frozenset(out) - kept


def _greedy_order(count: int, edges: Sequence[Edge]) -> list[int]:
    incoming: list[dict[int, float]] = [{} for _ in range(count)]
    outgoing: list[dict[int, float]] = [{} for _ in range(count)]
    for source, target, weight in edges:
        if source != target:
            outgoing[source][target] = outgoing[source].get(target, 0.0) + weight
            incoming[target][source] = incoming[target].get(source, 0.0) + weight
    left = dict.fromkeys(range(count))
    first: list[int] = []
    last: list[int] = []
    while left:
        sinks = [node for node in left if not outgoing[node]]
        sources = [node for node in left if not incoming[node] and outgoing[node]]
        if not sinks and not sources:
            sources = [max(left, key=lambda node: (sum(outgoing[node].values()) - sum(incoming[node].values()), -node))]
        for node in (*sources, *sinks):
            (first if node in sources else last).append(node)
            del left[node]
            for target in outgoing[node]:
                incoming[target].pop(node, None)
            for source in incoming[node]:
                outgoing[source].pop(node, None)
    return first + last[::-1]


def _reaches(ahead: Sequence[set[int]], start: int, goal: int) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        for target in ahead[waiting.pop()]:
            if target == goal:
                return True
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return start == goal


def columns(fixed: Sequence[int | None], edges: Sequence[Edge]) -> list[int]:
    """Column of every node: fixed, or one right of the furthest that feeds it; columns are counted without gaps."""
    count = len(fixed)
    out = feedback(count, edges)
    kept = [edge for index, edge in enumerate(edges) if index not in out]
    order = _topological(count, kept)
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target, _ in kept:
        before[target].append(source)
        after[source].append(target)
    column = [0] * count
    for node in order:
        given = fixed[node]
        column[node] = given if given is not None else max((column[source] + 1 for source in before[node]), default=0)
    for node in reversed(order):  # a node that nothing feeds stands beside the first node it feeds
        if fixed[node] is None and after[node] and not before[node]:
            column[node] = max(column[node], min(column[target] for target in after[node]) - 1)
    used = {found: position for position, found in enumerate(sorted(set(column)))}
    return [used[found] for found in column]


def _topological(count: int, edges: Sequence[Edge]) -> list[int]:
    waiting_for = [0] * count
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target, _ in edges:
        waiting_for[target] += 1
        after[source].append(target)
    order = [node for node in range(count) if not waiting_for[node]]
    for node in order:
        for target in after[node]:
            waiting_for[target] -= 1
            if not waiting_for[target]:
                order.append(target)
    return order


Neighbours = dict[int, list[tuple[int, float]]]
MOST_EXCHANGES = 150


def ordered(layers: Sequence[Sequence[int]], edges: Sequence[Edge], sweeps: int = 12) -> list[list[int]]:
    """Order within each layer: weighted barycentres forth and back, then exchanges of neighbours that pay.

    ``edges`` join neighbouring layers only (long links are cut into pieces by the caller). A crossing counts by the
    product of the two weights, so that thick ribbons cross least; the best order met is kept.
    """
    current = [list(layer) for layer in layers]
    layer_of = {item: number for number, layer in enumerate(layers) for item in layer}
    left: Neighbours = {item: [] for item in layer_of}
    right: Neighbours = {item: [] for item in layer_of}
    for source, target, weight in edges:
        right[source].append((target, weight))
        left[target].append((source, weight))
    each_time = len(layer_of) <= MOST_EXCHANGES  # in a large diagram only the best order is bettered by exchanges
    best, fewest = current, _crossings(current, right)
    for sweep in range(sweeps if each_time else sweeps // 2):
        found = _exchanged(current, left, right) if each_time else current
        crossings = _crossings(found, right)
        if crossings < fewest * (1 - 1e-9):
            best, fewest = found, crossings
        if not fewest:
            break
        current = _swept(current, left if sweep % 2 == 0 else right, forth=sweep % 2 == 0)
    return _exchanged(best, left, right)


def _swept(layers: Sequence[Sequence[int]], neighbours: Neighbours, *, forth: bool) -> list[list[int]]:
    place = {item: (position + 0.5) / len(layer) for layer in layers for position, item in enumerate(layer)}
    swept = [list(layer) for layer in layers]
    for number in range(len(layers)) if forth else reversed(range(len(layers))):
        wish = {item: (_mean(neighbours[item], place, place[item]), place[item]) for item in swept[number]}
        swept[number] = sorted(swept[number], key=wish.__getitem__)
        place |= {item: (position + 0.5) / len(swept[number]) for position, item in enumerate(swept[number])}
    return swept


def _mean(neighbours: Sequence[tuple[int, float]], place: dict[int, float], alone: float) -> float:
    total = sum(weight for _, weight in neighbours)
    return sum(place[item] * weight for item, weight in neighbours) / total if total > 0 else alone


def _exchanged(
    layers: Sequence[Sequence[int]], left: Neighbours, right: Neighbours, rounds: int = 4
) -> list[list[int]]:
    """Exchange neighbours in a layer as long as that lessens crossings."""
    order = [list(layer) for layer in layers]
    place = {item: position for layer in order for position, item in enumerate(layer)}
    for _ in range(rounds):
        moved = False
        for layer in order:
            for position in range(len(layer) - 1):
                upper, lower = layer[position], layer[position + 1]
                if _gain(left[upper], left[lower], place) + _gain(right[upper], right[lower], place) > 1e-9:
                    layer[position], layer[position + 1] = lower, upper
                    place[upper], place[lower] = position + 1, position
                    moved = True
        if not moved:
            break
    return order


def _gain(upper: Sequence[tuple[int, float]], lower: Sequence[tuple[int, float]], place: dict[int, int]) -> float:
    """Crossings between the links of two neighbours, less those there would be if they changed places."""
    gain = 0.0
    for a, w in upper:
        for b, v in lower:
            if place[a] > place[b]:
                gain += w * v
            elif place[a] < place[b]:
                gain -= w * v
    return gain


def _crossings(layers: Sequence[Sequence[int]], right: Neighbours) -> float:
    """Weighted crossings, by a Fenwick tree over the places of each next layer."""
    place = {item: position for layer in layers for position, item in enumerate(layer)}
    total = 0.0
    for layer in layers:
        pieces = sorted((place[item], place[other], weight) for item in layer for other, weight in right[item])
        tree = [0.0] * (max((target for _, target, _ in pieces), default=0) + 2)
        passed = 0.0
        for _, target, weight in pieces:
            at, below = target + 1, 0.0
            while at > 0:
                below, at = below + tree[at], at - (at & -at)
            total += weight * max(0.0, passed - below)
            passed, at = passed + weight, target + 1
            while at < len(tree):
                tree[at], at = tree[at] + weight, at + (at & -at)
    return total
