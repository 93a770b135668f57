"""Why there is no network: limits that cannot hold together, of which none can be spared, and what would open each.

What asks or bounds (demands, supplies, capacities, limits, blends, plants) is a member. A dual ray of the linear
program names few candidates; of these a smallest set is found by division (Junker, U. (2004) QuickXplain, AAAI-04,
167–172). Without the rest there is still no network, and without any one member there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp

from lichen.design._highs import FEASIBLE, Lp, opened, run
from lichen.design.graph import Graph, Positions
from lichen.design.program import BOUND, FLOW, PLACE, WINDOW, Program
from lichen.errors import Problem, Where
from lichen.labelled import Array

SECONDS = 20.0
"""For one question whether a network exists."""
MOST_MEMBERS = 400
"""Candidates of a mixed-integer program that are looked at one by one."""


class Piece(Protocol):
    """A part of a program."""

    @property
    def columns(self) -> Positions:
        """Positions of its columns."""

    @property
    def rows(self) -> Positions:
        """Positions of its rows."""

    @property
    def lp(self) -> Lp:
        """Its arrays."""


@dataclass(frozen=True)
class Member:
    """Something that can be relaxed: rows, and lower or upper bounds of columns, of a part.

    ``kind``: "place", "plant", "limit", "blend", "capacity" or "least"; ``item``: which.
    """

    kind: str
    item: int
    rows: Positions
    low: Positions
    high: Positions


def conflicts(graph: Graph, program: Program, part: Piece, kept: Positions) -> tuple[Problem, ...]:
    """Return which limits of an infeasible part contradict each other, then what would open each of them.

    Parameters
    ----------
    graph, program, part
        What was asked, and the part without a network.
    kept
        Position in the program of each column that was solved.
    """
    members = _members(graph, program, part, kept[part.columns])
    asked = _Question(part.lp, members)
    candidates = asked.candidates()
    if asked.possible(candidates):  # the rest of the program is not at fault, but time was short
        candidates = list(range(len(members)))
    core = asked.smallest(candidates)
    words = [_words(graph, members[k]) for k in core]
    where = Where(key="design")
    found = [Problem("design.conflict", where, values={"members": words, "count": len(words)})]
    for k, word in zip(core, words, strict=True):
        amount = asked.would_open(k)
        if amount is not None:
            found.append(Problem("design.would_open", where, "note", {"member": word, "amount": amount}))
        elif len(core) > 1:
            found.append(Problem("design.not_alone", where, "note", {"member": word}))
    return tuple(found)


def _members(graph: Graph, program: Program, part: Piece, columns: Positions) -> list[Member]:
    """Return all that can be relaxed; balances of places without supply or demand cannot."""
    none = np.empty(0, np.int64)
    kinds, items = program.row_kind[part.rows], program.row_item[part.rows]
    ends = (graph.supply + graph.demand).max(axis=0) > 0
    found: list[Member] = []
    groups: dict[tuple[str, int], list[int]] = {}
    for row, (kind, item) in enumerate(zip(kinds, items, strict=True)):
        if kind == PLACE and not ends[item]:
            continue
        name = {PLACE: "place", BOUND: "limit", WINDOW: "blend"}.get(int(kind), "plant")
        groups.setdefault((name, int(item)), []).append(row)
    found += [Member(name, item, np.array(rows), none, none) for (name, item), rows in groups.items()]
    flows = np.flatnonzero(program.col_kind[columns] == FLOW)
    links = program.col_item[columns[flows]]
    for kind, values in (("capacity", np.isfinite(part.lp.high[flows])), ("least", part.lp.low[flows] > 0)):
        for link in np.unique(links[values]):
            at = flows[links == link]
            low, high = (none, at) if kind == "capacity" else (at, none)
            found.append(Member(kind, int(link), none, low, high))
    return found


class _Question:
    """Asks whether a network exists if only some members hold."""

    def __init__(self, lp: Lp, members: Sequence[Member]) -> None:
        self.lp, self.members = lp, members
        self.whole = bool(lp.whole.any())
        self.h = opened(lp, gap=inf)
        columns = len(lp.cost)
        self.h.changeColsCost(columns, np.arange(columns, dtype=np.int32), np.zeros(columns))

    def _bounds(self, held: Sequence[int]) -> tuple[Array, Array, Array, Array]:
        lp = self.lp
        row_low, row_high, low, high = lp.row_low.copy(), lp.row_high.copy(), lp.low.copy(), lp.high.copy()
        holds = set(held)
        for k, member in enumerate(self.members):
            if k not in holds:
                row_low[member.rows], row_high[member.rows] = -inf, inf
                low[member.low], high[member.high] = 0.0, inf
        return row_low, row_high, low, high

    def possible(self, held: Sequence[int]) -> bool:
        """Whether a network exists if these members hold and the others need not."""
        row_low, row_high, low, high = self._bounds(held)
        if (row_low > row_high).any() or (low > high).any():
            return False
        rows, columns = len(row_low), len(low)
        self.h.changeRowsBounds(rows, np.arange(rows, dtype=np.int32), row_low, row_high)
        self.h.changeColsBounds(columns, np.arange(columns, dtype=np.int32), low, high)
        return run(self.h, self.whole, SECONDS).status != "infeasible"

    def candidates(self) -> list[int]:
        """Return the members that a proof of infeasibility of the linear program rests on; else all."""
        weights = _proof(self.lp)
        everyone = list(range(len(self.members)))
        if weights is None:
            return everyone
        rows, pull = weights
        return [
            k for k, m in enumerate(self.members)
            if rows[m.rows].any() or (pull[m.high] > FEASIBLE).any() or (pull[m.low] < -FEASIBLE).any()
        ]  # fmt: skip

    def smallest(self, candidates: list[int]) -> list[int]:
        """Return a smallest set of members that leaves no network: none of it can be spared."""
        return sorted(self._explain([], False, candidates)) if not self.possible(candidates) else candidates[:1]

    def _explain(self, held: list[int], new: bool, rest: list[int]) -> list[int]:
        if new and not self.possible(held):
            return []
        if len(rest) <= 1:
            return rest
        half = len(rest) // 2
        first, second = rest[:half], rest[half:]
        of_second = self._explain([*held, *first], bool(first), second)
        of_first = self._explain([*held, *of_second], bool(of_second), first)
        return [*of_first, *of_second]

    def would_open(self, member: int) -> float | None:
        """Return by how much a member has to give way in all if the others stay, or ``None``: that is not enough."""
        lp, m = self.lp, self.members[member]
        columns = len(lp.cost)
        slack: list[tuple[int, float]] = []
        for row in m.rows:
            slack += [(int(row), 1.0)] * bool(np.isfinite(lp.row_low[row]))
            slack += [(int(row), -1.0)] * bool(np.isfinite(lp.row_high[row]))
        if not slack:
            return None
        row, sign = np.array([r for r, _ in slack]), np.array([s for _, s in slack])
        extra = sp.coo_array((sign, (row, np.arange(len(slack)))), shape=(len(lp.row_low), len(slack)))
        zero = np.zeros(len(slack))
        eased = Lp(
            sp.csc_array(sp.hstack([lp.A, extra])), lp.row_low, lp.row_high, np.append(lp.low, zero),
            np.append(lp.high, zero + inf), np.append(lp.whole, zero.astype(bool)),
            np.append(np.zeros(columns), zero + 1.0),
        )  # fmt: skip
        raw = run(opened(eased), self.whole, SECONDS)
        return float(raw.value) if raw.status in ("optimal", "feasible") else None


def _proof(lp: Lp) -> tuple[Any, Array] | None:
    """Return the rows of a proof (Farkas) that the linear program has no solution, and the pull on each column."""
    rows, columns = lp.A.shape
    eye = sp.eye_array(rows, format="csc")
    zero = np.zeros(rows)
    eased = Lp(
        sp.csc_array(sp.hstack([lp.A, eye, -eye])), lp.row_low, lp.row_high,
        np.concatenate([lp.low, zero, zero]), np.concatenate([lp.high, zero + inf, zero + inf]),
        np.zeros(columns + 2 * rows, bool), np.concatenate([np.zeros(columns), zero + 1.0, zero + 1.0]),
    )  # fmt: skip
    raw = run(opened(eased), False, SECONDS)
    if raw.status != "optimal" or raw.value <= FEASIBLE:
        return None
    y = np.where(np.abs(raw.row_dual) > FEASIBLE, raw.row_dual, 0.0)
    return y != 0, np.asarray(lp.A.T @ y)


def _words(graph: Graph, member: Member) -> Problem:
    """Return a member in words."""
    names, item = graph.names, member.item
    if member.kind == "place":
        values = {
            "name": names.of("places", item), "supply": float(graph.supply[:, item].sum()),
            "demand": float(graph.demand[:, item].sum()),
        }  # fmt: skip
        must_come = values["demand"] and not graph.may_lack[item]
        must_go = values["supply"] and not graph.may_leave[item]
        if must_come:
            return Problem("design.member_demand", severity="note", values=values)
        return Problem("design.member_must_go" if must_go else "design.member_supply", severity="note", values=values)
    if member.kind == "plant":
        plants = graph.plants
        most = plants.standing[item] + plants.capacity[plants.of == item].max(initial=0.0)
        values = {"name": names.of("facilities", item), "most": float(most)}
        return Problem("design.member_plant", severity="note", values=values)
    if member.kind in ("limit", "blend"):
        one = graph.bounds[item] if member.kind == "limit" else graph.windows[item]
        values = {"name": one.id, "low": one.low, "high": one.high}
        return Problem(f"design.member_{member.kind}", severity="note", values=values)
    amount = graph.capacity[item] if member.kind == "capacity" else graph.least[item]
    values = {"name": names.of("links", item), "amount": float(amount)}
    return Problem(f"design.member_{member.kind}", severity="note", values=values)
