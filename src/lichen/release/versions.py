"""A table that is released again after its figures changed: neither table, nor both together, tell on a firm.

The tables of one figure are taken as one table: the newer is the older plus what came less what went, firm by firm.
What anybody can work out from all of them is then bounded as for a single table, see :mod:`lichen.release.attack`; that
somebody's figures did not change counts as known to everybody.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

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
    if any(value < 0 for v in versions for _, value in v.contributions.values()):
        return False  # bounds rest on that nothing is negative
    table, withheld = _joint(versions, total)
    sizes = table.shares[table.shares != 0]
    least = rules.closeness * float(sizes.min()) if len(sizes) else 1.0
    judged = judge_cells(table, rules, least)
    if any(j.why and not hidden for j, hidden in zip(judged, withheld, strict=True)):
        return False
    if any(True for _ in open_unions(table, withheld, rules)):
        return False
    return not breaches(table, withheld, np.array([j.need for j in judged]), rules)


def _joint(versions: Sequence[Version], total: str) -> tuple[SumTable, Bools]:
    """Return all versions as one table, and which of its cells nobody was told.

    Beside the versions stand what came and what went between any two of them; both are never told, and nothing of them
    is negative.
    """
    last = len(versions)
    pairs = list(itertools.combinations(range(last), 2))
    names = [f"v{i}" for i in range(last)] + [f"{way}{i}-{j}" for i, j in pairs for way in ("came", "went")]
    leaves = sorted({leaf for v in versions for leaf, _ in v.contributions.values()})
    side, by = flat("by", leaves, total), Dimension("version", tuple(names), (-1,) * len(names))
    rows = [(firm, (leaf, f"v{i}"), x) for i, v in enumerate(versions) for firm, (leaf, x) in v.contributions.items()]
    for i, j in pairs:
        rows += _changes(versions[i].contributions, versions[j].contributions, f"{i}-{j}")
    table = sum_table([side, by], [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])
    places = np.arange(len(side.nodes) * len(names)).reshape(len(side.nodes), len(names))
    ties = []
    for row in places:
        for number, (i, j) in enumerate(pairs):
            tie = np.zeros(places.size)
            tie[row[j]], tie[row[i]] = 1.0, -1.0
            tie[row[last + 2 * number]], tie[row[last + 2 * number + 1]] = -1.0, 1.0
            ties.append(tie)
    relations = sparse.vstack([table.relations, sparse.csr_array(np.array(ties))]).tocsr()
    hidden = np.ones(places.shape, dtype=bool)
    for j, node in enumerate(side.nodes):
        hidden[j, :last] = [node in version.withheld for version in versions]
    return replace(table, relations=relations), hidden.ravel() & table.reported


def _changes(before: Contributions, after: Contributions, pair: str) -> list[tuple[str, tuple[str, str], float]]:
    """Return what each firm's figures rose and fell by, leaf by leaf; who changed nothing is not in it."""
    found: list[tuple[str, tuple[str, str], float]] = []
    for firm in dict.fromkeys((*before, *after)):
        old, new = before.get(firm), after.get(firm)
        for leaf in dict.fromkeys(pair[0] for pair in (old, new) if pair is not None):
            was = old[1] if old is not None and old[0] == leaf else 0.0
            becomes = new[1] if new is not None and new[0] == leaf else 0.0
            if abs(becomes - was) > SLACK * max(was, becomes):
                way = "came" if becomes > was else "went"
                found.append((firm, (leaf, f"{way}{pair}"), abs(becomes - was)))
    return found
