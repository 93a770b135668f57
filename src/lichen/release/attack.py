"""What somebody can work out from a released table: bounds on what is withheld, by linear programming.

An attacker knows the released sums, that sums add up, that nothing is negative (where nothing is), which cells nobody
reports for, and, where he is a firm, his own contributions and the cells he is alone in. See Hundepool et al. (2012),
Statistical Disclosure Control, Wiley, chapter 4; Cox (1980) J. Am. Stat. Assoc. 75, 377–385.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog

from lichen.release.rules import SLACK, Array, Rules
from lichen.release.table import Ints, SumTable

OUTSIDER: Final = -1
FAR: Final = 100.0
"""How many times what is wanted a cell is let move when bounds are looked for; that keeps numbers of one size."""
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Need:
    """That an attacker's bound on a sum of withheld cells must lie at least ``amount`` away from the truth.

    Parameters
    ----------
    cells
        The cells, added up.
    sign
        1: bound from above, -1: from below.
    attacker
        Place of a holding, or :data:`OUTSIDER`.
    amount
        [unit of the table].
    """

    cells: tuple[int, ...]
    sign: int
    attacker: int
    amount: float


@dataclass(frozen=True, eq=False)
class Found:
    """The farthest an attacker's bound can lie, and why not farther.

    Parameters
    ----------
    need
        What was wanted.
    reach
        How far the bound lies from the truth, at most ``FAR`` times the amount.
    move
        ``(n,)``, a change of cells that is as far and that the attacker cannot exclude.
    weights
        ``(n,)``: reach ≤ Σ weights over the withheld cells, whichever they are.
    """

    need: Need
    reach: float
    move: Array
    weights: Array

    @property
    def enough(self) -> bool:
        """Whether the bound lies far enough."""
        return self.reach >= self.need.amount * (1 - 1e-6)


def room(table: SumTable, attacker: int) -> tuple[Array, Array]:
    """Return how far each cell's sum could be below and above the truth for all that an attacker knows himself."""
    sums = table.sums
    down = np.full(len(sums), np.inf) if table.signed else sums.copy()
    up = np.full(len(sums), np.inf)
    reporters = table.reports.sum(axis=0)
    known = reporters == 0
    if attacker != OUTSIDER:
        if not table.signed:
            down = down - table.shares[attacker]
        known = known | ((reporters == 1) & table.reports[attacker])
    down[known] = up[known] = 0.0
    return np.maximum(down, 0.0), up


def bound(table: SumTable, withheld: Bools, need: Need) -> Found:
    """Return how far from the truth an attacker's bound lies when the cells of ``withheld`` are."""
    down, up = (np.minimum(part / need.amount, FAR) for part in room(table, need.attacker))
    columns = _together(table, withheld, need.cells)
    relations = table.relations[:, columns]
    touched = np.flatnonzero(np.abs(relations).sum(axis=1))
    equal: Any = sparse.csr_array(relations[touched]) if len(touched) else None  # scipy takes sparse ones
    wanted = np.zeros(len(withheld))
    wanted[list(need.cells)] = need.sign
    found: Any = linprog(
        -wanted[columns], A_eq=equal, b_eq=None if equal is None else np.zeros(len(touched)),
        bounds=list(zip(-down[columns], up[columns], strict=True)), method="highs-ds",
    )  # fmt: skip
    assert found.status == 0, found.message  # zero is always feasible and all is bounded
    prices = np.zeros(table.relations.shape[0])
    if len(touched):
        prices[touched] = found.eqlin.marginals
    slope = -wanted - table.relations.T @ prices
    move = np.zeros(len(withheld))
    move[columns] = found.x * need.amount
    weights = (np.maximum(slope, 0) * down + np.maximum(-slope, 0) * up) * need.amount
    return Found(need, -float(found.fun) * need.amount, move, weights)


def _together(table: SumTable, withheld: Bools, cells: tuple[int, ...]) -> Ints:
    """Return the withheld cells that hang together with ``cells`` by sums."""
    group = groups(table, withheld)
    return np.flatnonzero(withheld & np.isin(group, group[list(cells)]))


def groups(table: SumTable, withheld: Bools) -> Ints:
    """Return ``(n,)``, a number for each group of withheld cells that sums tie together; -1: released."""
    columns = np.flatnonzero(withheld)
    part = sparse.csr_array(np.abs(table.relations[:, columns]))
    _, labels = sparse.csgraph.connected_components(part.T @ part, directed=False)
    found = np.full(len(withheld), -1, dtype=np.int64)
    found[columns] = labels
    return found


def interval(table: SumTable, withheld: Bools, cell: int, attacker: int = OUTSIDER) -> tuple[float, float]:
    """Return the bounds that an attacker can put on the sum of a withheld cell; infinite beyond 100 times the sum."""
    amount = max(abs(float(table.sums[cell])), SLACK)
    ends = []
    for sign in (-1, 1):
        found = bound(table, withheld, Need((cell,), sign, attacker, amount))
        far = found.reach >= FAR * amount * (1 - 1e-9)
        ends.append(sign * (np.inf if far else found.reach) + float(table.sums[cell]))
    return ends[0], ends[1]


def needs(table: SumTable, withheld: Bools, needed: Array, rules: Rules) -> Iterator[Need]:
    """Yield what must hold for every attacker of every withheld cell, and of each firm's sum over what is withheld.

    ``needed`` is ``(n,)``: how far an outsider's bounds on each cell must lie from the truth.
    """
    group, leaf = groups(table, withheld), table.leaf()
    for number in range(group.max(initial=-1) + 1):
        members = np.flatnonzero(group == number)
        attackers = np.flatnonzero((table.shares[:, members] != 0).any(axis=1))
        for cell in members:
            if needed[cell] > 0:
                yield from _both(table, int(cell), float(needed[cell]))
            yield from _of_firms(table, (int(cell),), attackers, rules)
        leaves = members[leaf[members]]
        for victim in attackers:
            own = leaves[table.shares[victim, leaves] != 0]
            if len(own) > 1:
                yield from _of_firms(table, tuple(map(int, own)), np.append(attackers, OUTSIDER), rules, int(victim))


def _both(table: SumTable, cell: int, amount: float) -> Iterator[Need]:
    yield Need((cell,), 1, OUTSIDER, amount)
    below = amount if table.signed else min(amount, float(table.sums[cell]))
    if below > 0:
        yield Need((cell,), -1, OUTSIDER, below)


def _of_firms(
    table: SumTable, cells: tuple[int, ...], attackers: Ints, rules: Rules, victim: int | None = None
) -> Iterator[Need]:
    """Yield that no attacker gets closer than p % to the largest other contributor, or to ``victim``."""
    sizes = np.abs(table.shares[:, list(cells)].sum(axis=1))
    order = np.argsort(-sizes, kind="stable")[:2]
    total = float(sizes.sum())
    for attacker in attackers:
        own = float(sizes[attacker]) if attacker != OUTSIDER else 0.0
        one = victim if victim is not None else int(order[0] if order[0] != attacker or len(order) < 2 else order[1])
        size = float(sizes[one])
        others = total - own - size
        if one == attacker or size <= SLACK * total:
            continue
        amount = rules.closeness * size - others
        if amount > SLACK * total:
            yield Need(cells, 1, int(attacker), amount)
            if others <= SLACK * total:
                yield Need(cells, -1, int(attacker), rules.closeness * size)


class Moves:
    """Changes of cells found before: one that an attacker cannot exclude either proves a need without a new program."""

    def __init__(self, table: SumTable) -> None:
        self._table = table
        self._rooms: dict[int, tuple[Array, Array]] = {}
        self._moves: list[Array] = []

    def add(self, move: Array) -> None:
        """Keep a change."""
        self._moves.append(move)

    def prove(self, need: Need, withheld: Bools) -> bool:
        """Whether a kept change, made larger or smaller, meets the need."""
        if need.attacker not in self._rooms:
            self._rooms[need.attacker] = room(self._table, need.attacker)
        down, up = self._rooms[need.attacker]
        for move in reversed(self._moves):
            reach = need.sign * float(move[list(need.cells)].sum())
            if reach <= 1e-9 * float(np.abs(move).max()):
                continue
            scaled = move * (need.amount / reach)
            slack = 1e-7 * need.amount
            if (scaled >= -down - slack).all() and (scaled <= up + slack).all() and not scaled[~withheld].any():
                return True
        return False


def breaches(table: SumTable, withheld: Bools, needed: Array, rules: Rules, moves: Moves | None = None) -> list[Found]:
    """Return every need that is not met, with the proof; none: the table can be released."""
    kept = moves or Moves(table)
    found = []
    for need in needs(table, withheld, needed, rules):
        if kept.prove(need, withheld):
            continue
        seen = bound(table, withheld, need)
        if seen.enough:
            kept.add(seen.move)
        else:
            found.append(seen)
    return found
