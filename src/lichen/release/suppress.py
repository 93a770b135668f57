"""Which cells to withhold: those that fail the rules, and as few others as it takes that nobody can work them out.

Cells are chosen by a mixed-integer program whose constraints are added as attackers are found that still come too
close (Fischetti & Salazar-González 2001, Management Science 47(7), 1008–1027). After :data:`MOST_ROUNDS` rounds what is
withheld only grows, so that the search ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from lichen.release.attack import Bools, Found, Moves, breaches
from lichen.release.rules import Array, Judgement, Rules, judge
from lichen.release.table import SumTable, families

MOST_ROUNDS: Final = 40
MOST_NODES: Final = 2_000
"""Nodes of one mixed-integer program; the best pattern found by then is taken."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """What is withheld, and why.

    Parameters
    ----------
    judgements
        By cell, what the rules say of it.
    withheld
        ``(n,)``, cells that are not told.
    rounds
        Programs it took.
    """

    judgements: tuple[Judgement, ...]
    withheld: Bools
    rounds: int

    @property
    def primary(self) -> Bools:
        """``(n,)``, cells that fail a rule themselves."""
        return np.array([bool(j.why) for j in self.judgements])


@dataclass
class _Rows:
    """Constraints: Σ weights of the withheld cells is at least a number."""

    count: int
    weights: list[Array] = field(default_factory=list)
    least: list[float] = field(default_factory=list)

    def add(self, weights: Array, least: float) -> None:
        self.weights.append(weights)
        self.least.append(least)


def choose(table: SumTable, rules: Rules) -> Pattern:
    """Return which cells of a table are withheld so that no attacker comes too close to a firm.

    Parameters
    ----------
    table
        Contributions by holding and cell.
    rules
        What a sum must pass.
    """
    sizes = np.abs(table.shares[table.shares != 0])
    least = rules.closeness * float(sizes.min()) if len(sizes) else 1.0
    judged = judge_cells(table, rules, least)
    primary = np.array([bool(j.why) for j in judged])
    needed = np.array([j.need for j in judged])
    usable = table.reported
    rows = _partners(table, primary, usable)
    withheld, moves, rounds = primary, Moves(table), 0
    while primary.any():
        rounds += 1
        floor = withheld if rounds > MOST_ROUNDS else primary
        withheld = _cheapest(table, rows, floor, usable)
        unions = [*open_unions(table, withheld, rules)]
        for cells, others in unions:
            _add_union(rows, cells, others & usable, primary)
        found = [] if unions else breaches(table, withheld, needed, rules, moves)
        for one in found:
            _add_breach(rows, one, primary)
        if not unions and not found:
            break
    return Pattern(judged, withheld, rounds)


def judge_cells(table: SumTable, rules: Rules, least: float) -> tuple[Judgement, ...]:
    """Return what the rules say of each cell."""
    reporters = table.reports.sum(axis=0)
    return tuple(
        judge(table.shares[:, cell], rules, int(reporters[cell]), least) for cell in range(table.shares.shape[1])
    )


def _partners(table: SumTable, primary: Bools, usable: Bools) -> _Rows:
    """Return the first constraints: whatever is withheld is not alone in a sum, or the sum tells it."""
    rows = _Rows(len(primary))
    for _, parent, parts in families(table.dimensions):
        cells = [cell for cell in (parent, *parts) if usable[cell]]
        for cell in cells:
            weights = np.zeros(len(primary))
            weights[cells] = 1.0
            weights[cell] = 0.0 if primary[cell] else -1.0
            rows.add(weights, 1.0 if primary[cell] else 0.0)
    return rows


def costs(table: SumTable) -> Array:
    """Return what is lost with each cell [1]: a little for each, its share of the largest, and twice that for sums."""
    sizes = np.abs(table.sums)
    cost = 0.05 + sizes / max(float(sizes.max(initial=0.0)), 1e-300)
    return np.where(table.leaf(), cost, 2 * cost)


def _cheapest(table: SumTable, rows: _Rows, floor: Bools, usable: Bools) -> Bools:
    """Return the cheapest pattern that meets the constraints and withholds ``floor``; all cells if there is none."""
    cost = costs(table)
    bounds = Bounds(floor.astype(float), (floor | usable).astype(float))
    constraints = []
    if rows.weights:
        matrix = sparse.csr_array(np.array(rows.weights))
        constraints = [LinearConstraint(matrix, np.array(rows.least), np.inf)]
    found = milp(cost, integrality=np.ones(len(cost), dtype=np.int64), bounds=bounds, constraints=constraints,
                 options={"node_limit": MOST_NODES, "mip_rel_gap": 0.001})  # fmt: skip
    return floor | usable if found.x is None else np.asarray(found.x > 0.5)


def open_unions(table: SumTable, withheld: Bools, rules: Rules) -> Iterator[tuple[tuple[int, ...], Bools]]:
    """Yield each set of withheld cells whose sum a difference tells and that fails the rules, and what could join."""
    kin: dict[tuple[int, int], tuple[int, ...]] = {(side, p): parts for side, p, parts in families(table.dimensions)}
    for (side, parent), parts in kin.items():
        if withheld[parent] or not withheld[list(parts)].any():
            continue
        others = np.zeros(len(withheld), dtype=bool)
        others[[parent, *_below(kin, side, parts)]] = True
        others &= ~withheld
        hidden = tuple(cell for cell in parts if withheld[cell])
        for cells in {hidden, tuple(_remainder(kin, side, hidden, withheld))}:
            if cells and judge(table.shares[:, list(cells)].sum(axis=1), rules).why:
                yield cells, others


def _below(kin: dict[tuple[int, int], tuple[int, ...]], side: int, cells: Sequence[int]) -> Iterator[int]:
    for cell in cells:
        yield cell
        yield from _below(kin, side, kin.get((side, cell), ()))


def _remainder(
    kin: dict[tuple[int, int], tuple[int, ...]], side: int, cells: Sequence[int], withheld: Bools
) -> Iterator[int]:
    """Yield what is left of withheld cells when the released ones below them are taken away."""
    for cell in cells:
        parts = [c for c in _below(kin, side, kin.get((side, cell), ())) if not withheld[c]]
        if parts:
            yield from _remainder(kin, side, [c for c in kin[side, cell] if withheld[c]], withheld)
        else:
            yield cell


def _add_union(rows: _Rows, cells: Sequence[int], others: Bools, primary: Bools) -> None:
    """Demand that another cell is withheld too, as long as these are."""
    _add_while(rows, others.astype(float), cells, primary)


def _add_breach(rows: _Rows, found: Found, primary: Bools) -> None:
    """Demand what the proof of a breach says is missing, as long as its cells are withheld."""
    weights = np.minimum(found.weights / found.need.amount, 1.0)
    weights[weights < 1e-9] = 0.0
    _add_while(rows, weights, found.need.cells, primary)


def _add_while(rows: _Rows, weights: Array, cells: Sequence[int], primary: Bools) -> None:
    optional = [cell for cell in cells if not primary[cell]]
    weights = weights.copy()
    weights[optional] -= 1.0
    rows.add(weights, 1.0 - len(optional))
