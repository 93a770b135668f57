"""A table that is released again after its figures changed: neither table, nor both together, tell on a firm.

The tables of one figure are taken as one table with a further side, versions: the newer is the older plus the change.
What anybody can work out from all of them is then bounded as for a single table, see :mod:`lichen.release.attack`; that
somebody's figures did not change counts as known to everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lichen.release.attack import Bools, breaches
from lichen.release.publish import Released, publish
from lichen.release.rules import SLACK, Rules
from lichen.release.suppress import choose, judge_cells, open_unions
from lichen.release.table import Dimension, SumTable, flat, sum_table

Contributions = Mapping[str, tuple[str, float]]
"""Firm → the leaf it stands in, and how much it contributes."""


@dataclass(frozen=True)
class Version:
    """A table that was released before.

    Parameters
    ----------
    contributions
        Who contributed what to it.
    withheld
        Its nodes that were not told.
    """

    contributions: Contributions
    withheld: frozenset[str]


def release_again(
    contributions: Contributions, total: str, earlier: Sequence[Version] = (), rules: Rules | None = None
) -> Released | None:  # fmt: skip
    """Return a table of sums by leaf under one total that may be released beside earlier ones; ``None``: none may.

    Parameters
    ----------
    contributions
        Who contributes what; who reports zero is in it too.
    total
        Name of the sum of all leaves.
    earlier
        Tables of the same figure that were released, oldest first; also those that were withdrawn.
    rules
        What a sum must pass; ``None``: the rules that ship.
    """
    rules = rules or Rules()
    table = _single(contributions, total)
    pattern = choose(table, rules)
    known = {node for version in earlier for node in version.withheld}
    names = table.dimensions[0].nodes
    again = np.array([node in known for node in names]) & table.reported
    for withheld in (pattern.withheld, pattern.withheld | again):
        now = Version(contributions, frozenset(n for n, hidden in zip(names, withheld, strict=True) if hidden))
        if not earlier or _stands([*earlier, now], total, rules):
            return publish(table, replace(pattern, withheld=withheld), rules)
    return None


def _single(contributions: Contributions, total: str) -> SumTable:
    leaves = sorted({leaf for leaf, _ in contributions.values()})
    places, values = [[leaf] for leaf, _ in contributions.values()], [value for _, value in contributions.values()]
    return sum_table([flat("by", leaves, total)], list(contributions), places, values)


def _stands(versions: Sequence[Version], total: str, rules: Rules) -> bool:
    """Whether nothing that follows from all versions together comes too close to a firm."""
    table, withheld = _joint(versions, total)
    sizes = np.abs(table.shares[table.shares != 0])
    least = rules.closeness * float(sizes.min()) if len(sizes) else 1.0
    judged = judge_cells(table, rules, least)
    if any(j.why and not hidden for j, hidden in zip(judged, withheld, strict=True)):
        return False
    if any(True for _ in open_unions(table, withheld, rules)):
        return False
    return not breaches(table, withheld, np.array([j.need for j in judged]), rules)


def _joint(versions: Sequence[Version], total: str) -> tuple[SumTable, Bools]:
    """Return all versions as one table, and which of its cells nobody was told; a change that follows is told."""
    last = len(versions) - 1
    nodes = [f"v{i}" for i in range(last, -1, -1)] + [f"c{i}" for i in range(1, last + 1)]
    parents = [-1, *range(last)] + [last - i for i in range(1, last + 1)]
    by = Dimension("version", tuple(nodes), tuple(parents))
    leaves = sorted({leaf for v in versions for leaf, _ in v.contributions.values()})
    side = flat("by", leaves, total)
    rows = [(f, (leaf, "v0"), value) for f, (leaf, value) in versions[0].contributions.items()]
    for i in range(1, last + 1):
        rows += _changes(versions[i - 1].contributions, versions[i].contributions, f"c{i}")
    table = sum_table([side, by], [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])
    hidden = np.zeros((len(side.nodes), len(nodes)), dtype=bool)
    for j, node in enumerate(side.nodes):
        for i, version in enumerate(versions):
            hidden[j, last - i] = node in version.withheld
        for i in range(1, last + 1):
            hidden[j, last + i] = hidden[j, last - i] or hidden[j, last - i + 1]
    return table, hidden.ravel() & table.reported


def _changes(before: Contributions, after: Contributions, name: str) -> list[tuple[str, tuple[str, str], float]]:
    """Return what each firm's figures changed by, leaf by leaf; who changed nothing is not in it."""
    found: list[tuple[str, tuple[str, str], float]] = []
    for firm in dict.fromkeys((*before, *after)):
        old, new = before.get(firm), after.get(firm)
        if old is not None and new is not None and old[0] == new[0]:
            change = new[1] - old[1]
            if abs(change) > SLACK * max(abs(old[1]), abs(new[1])):
                found.append((firm, (old[0], name), change))
            continue
        if old is not None:
            found.append((firm, (old[0], name), -old[1]))
        if new is not None:
            found.append((firm, (new[0], name), new[1]))
    return found
