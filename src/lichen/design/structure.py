"""The shape of a network: connectance, degrees, betweenness, and how far a loss spreads.

Freeman, L. C. (1977) Sociometry 40(1), 35–41, doi:10.2307/3033543 (betweenness). Brandes, U. (2001) J. Math. Sociol.
25(2), 163–177, doi:10.1080/0022250X.2001.9990249 (algorithm).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lichen.design.solve import Solution

Flow = tuple[str, str, float]
"""From, to, amount."""


@dataclass(frozen=True)
class Structure:
    """Measures of a directed network of firms.

    Parameters
    ----------
    firms, links
        Number of firms that take part; of pairs between which something flows.
    connectance
        Pairs that are joined, of all ordered pairs of two firms [1].
    into, out_of
        Firm → how many give to it, take from it.
    betweenness
        Firm → share of shortest ways between two others that lead through it [1].
    """

    firms: int
    links: int
    connectance: float
    into: Mapping[str, int]
    out_of: Mapping[str, int]
    betweenness: Mapping[str, float]

    @property
    def hub(self) -> str:
        """Firm with the most partners; of equal ones the one most ways lead through, then the first by name."""
        order = sorted(self.into, key=lambda f: (-self.into[f] - self.out_of[f], -self.betweenness[f], f))
        return order[0] if order else ""


def flows_of(solution: Solution) -> tuple[Flow, ...]:
    """Return what flows between nodes in all periods; what stays within a node is left out."""
    graph, totals = solution.graph, solution.flows.sum(axis=0)
    found = []
    for link in range(graph.n_links):
        one, other = graph.names.places[graph.origin[link]][0], graph.names.places[graph.target[link]][0]
        if totals[link] > 1e-9 and one != other:
            found.append((one, other, float(totals[link])))
    return tuple(found)


def structure(flows: Sequence[Flow]) -> Structure:
    """Return the measures of a network of flows."""
    firms = sorted({f for one, other, _ in flows for f in (one, other)})
    after: dict[str, list[str]] = {firm: [] for firm in firms}
    for one, other in sorted({(a, b) for a, b, _ in flows if a != b}):
        after[one].append(other)
    n, links = len(firms), sum(map(len, after.values()))
    into = dict.fromkeys(firms, 0)
    for others in after.values():
        for other in others:
            into[other] += 1
    pairs = (n - 1) * (n - 2)
    between = _betweenness(after)
    return Structure(
        n, links, links / (n * (n - 1)) if n > 1 else 0.0, into, {f: len(after[f]) for f in firms},
        {f: between[f] / pairs if pairs else 0.0 for f in firms},
    )  # fmt: skip


def _betweenness(after: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Return for each node the sum over ordered pairs of the share of shortest ways through it (Brandes)."""
    total = dict.fromkeys(after, 0.0)
    for source in after:
        count, distance = dict.fromkeys(after, 0.0), {source: 0}
        before: dict[str, list[str]] = {node: [] for node in after}
        count[source] = 1.0
        order, queue = [], deque([source])
        while queue:
            node = queue.popleft()
            order.append(node)
            for other in after[node]:
                if other not in distance:
                    distance[other] = distance[node] + 1
                    queue.append(other)
                if distance[other] == distance[node] + 1:
                    count[other] += count[node]
                    before[other].append(node)
        share = dict.fromkeys(after, 0.0)
        for node in reversed(order):
            for earlier in before[node]:
                share[earlier] += count[earlier] / count[node] * (1 + share[node])
            if node != source:
                total[node] += share[node]
    return total


def cascade(flows: Sequence[Flow], first: str, threshold: float) -> tuple[tuple[str, ...], ...]:
    """Return the firms that fall, wave by wave, if one falls.

    A firm falls if it loses more than a share ``threshold`` of what it takes in through the network, or of what it
    gives. The threshold is the caller's: it is a judgement on how much firms can replace in the time that counts.

    Parameters
    ----------
    flows
        From, to, amount; amounts of one firm are added up, so give them in one unit (mass, energy or money).
    first
        Firm that falls first.
    threshold
        Share from 0 to 1.
    """
    fallen = {first}
    waves: list[tuple[str, ...]] = [(first,)]
    while waves[-1]:
        nodes = sorted({f for one, other, _ in flows for f in (one, other)} - fallen)
        wave = tuple(
            f for f in nodes if _lost(flows, f, fallen, 1) > threshold or _lost(flows, f, fallen, 0) > threshold
        )
        waves.append(wave)
        fallen |= set(wave)
    return tuple(waves[:-1])


def _lost(flows: Sequence[Flow], firm: str, fallen: set[str], end: int) -> float:
    """Return the share of a firm's intake (end 1) or output (end 0) whose other side has fallen."""
    mine = [(flow[1 - end], flow[2]) for flow in flows if flow[end] == firm]
    total = sum(amount for _, amount in mine)
    return sum(amount for other, amount in mine if other in fallen) / total if total else 0.0
