"""Why there is no network: limits that cannot hold together, of which none can be spared, and what would open each.

What asks or bounds (demands, supplies, capacities, limits, blends, plants) is a member. A dual ray of the linear
program names few candidates; of these a smallest set is found by division (Junker, U. (2004) QuickXplain, AAAI-04,
167–172). Without the rest there is still no network, and without any one member there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from lichen.design._highs import FEASIBLE, Lp, opened, run
from lichen.design.graph import Graph, Positions
from lichen.design.program import BOUND, FLOW, PLACE, WINDOW, Program
from lichen.errors import Problem, Where
from lichen.labelled import Array

SECONDS = 20.0
"""For one question whether a network exists."""


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


@dataclass(frozen=True, eq=False)
class Member:
    """Something that can be relaxed.

    Parameters
    ----------
    kind, item
        "place", "plant", "limit", "blend", "capacity" or "least"; which.
    slack
        Columns of the eased program by which it gives way.
    low, high
        Columns whose lower or upper bound it is.
    """

    kind: str
    item: int
    slack: Positions
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
    eased, members = _eased(graph, program, part, kept[part.columns])
    asked = _Question(eased, members, len(part.columns))
    candidates = asked.candidates()
    if asked.possible(candidates):  # the linear program has a solution, or a question ran out of time
        candidates = list(range(len(members)))
    core = asked.smallest(candidates)
    first = {"limit": 0, "blend": 1, "plant": 2, "least": 3, "capacity": 4}  # what somebody set, then what is there
    core = sorted(core, key=lambda k: (first.get(members[k].kind, 5), k))
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


def _eased(graph: Graph, program: Program, part: Piece, columns: Positions) -> tuple[Lp, list[Member]]:
    """Return a part with columns by which its limits give way, and whose they are.

    A place gives way by more supply or less that must come (or by more need where something must go); what that brings
    is counted in bounds. Balances of places without supply or demand do not give way.
    """
    slacks: list[dict[int, float]] = []
    groups: dict[tuple[str, int], list[int]] = {}
    ends = (graph.supply + graph.demand).max(axis=0) > 0
    lp, rows = part.lp, part.rows
    brings = _brings(graph, program, rows)
    for row, (kind, item) in enumerate(zip(program.row_kind[rows], program.row_item[rows], strict=True)):
        if kind == PLACE and not ends[item]:
            continue
        name = {PLACE: "place", BOUND: "limit", WINDOW: "blend"}.get(int(kind), "plant")
        for edge, sign in ((lp.row_low[row], 1.0), (lp.row_high[row], -1.0)):
            if np.isfinite(edge):
                groups.setdefault((name, int(item)), []).append(len(slacks))
                extra = brings(int(item), int(program.row_period[rows[row]])) if kind == PLACE else {}
                slacks.append({row: sign} | {r: sign * v for r, v in extra.items()})
    none = np.empty(0, np.int64)
    first = len(columns)
    members = [Member(name, item, first + np.array(k), none, none) for (name, item), k in groups.items()]
    members += _column_members(program, part, columns)
    entries = [(r, k, v) for k, column in enumerate(slacks) for r, v in column.items()]
    where = np.array([r for r, _, _ in entries], np.int64), np.array([k for _, k, _ in entries], np.int64)
    values = np.array([v for _, _, v in entries], float)
    extra_columns = sp.coo_array((values, where), shape=(len(rows), len(slacks)))
    zero = np.zeros(len(slacks))
    return Lp(
        sp.csc_array(sp.hstack([lp.A, extra_columns])), lp.row_low, lp.row_high, np.append(lp.low, zero),
        np.append(lp.high, zero), np.append(lp.whole, zero.astype(bool)), np.append(np.zeros(first), zero + 1.0),
    ), members  # fmt: skip


def _brings(graph: Graph, program: Program, rows: Positions) -> Callable[[int, int], dict[int, float]]:
    """Return what one more unit at a place in a period brings to each row that bounds measures."""
    lack = graph.may_lack & ~graph.may_leave
    worth = np.where(graph.may_leave, graph.left, 0.0) - np.where(lack, graph.short, 0.0)
    weights = graph.balance_weights()
    bounds = [(int(r), int(program.row_item[rows[r]])) for r in np.flatnonzero(program.row_kind[rows] == BOUND)]

    def brought(place: int, period: int) -> dict[int, float]:
        found = {}
        for row, item in bounds:
            bound = graph.bounds[item]
            inside = [int(program.row_period[rows[row]])] if bound.each else [int(t) for t in bound.periods]
            value = float(bound.measures @ (weights[:, period, place] * worth[:, place]))
            if period in inside and value:
                found[row] = value
        return found

    return brought


def _column_members(program: Program, part: Piece, columns: Positions) -> list[Member]:
    none = np.empty(0, np.int64)
    flows = np.flatnonzero(program.col_kind[columns] == FLOW)
    links = program.col_item[columns[flows]]
    found = []
    for kind, holds in (("capacity", np.isfinite(part.lp.high[flows])), ("least", part.lp.low[flows] > 0)):
        for link in np.unique(links[holds]):
            at = flows[links == link]
            found.append(Member(kind, int(link), none, *((none, at) if kind == "capacity" else (at, none))))
    return found


class _Question:
    """Asks whether a network exists if only some members hold."""

    def __init__(self, eased: Lp, members: Sequence[Member], own: int) -> None:
        self.lp, self.members, self.own = eased, members, own
        self.whole = bool(eased.whole.any())
        self.h = opened(replace(eased, cost=np.zeros(len(eased.cost))), gap=inf)

    def _bounds(self, held: Sequence[int]) -> tuple[Array, Array]:
        low, high, holds = self.lp.low.copy(), self.lp.high.copy(), set(held)
        for k, member in enumerate(self.members):
            if k not in holds:
                high[member.slack], high[member.high], low[member.low] = inf, inf, 0.0
        return low, high

    def possible(self, held: Sequence[int]) -> bool:
        """Whether a network exists if these members hold and the others need not."""
        low, high = self._bounds(held)
        if (low > high).any():
            return False
        if self.whole:
            self.h.clearSolver()
        self.h.changeColsBounds(len(low), np.arange(len(low), dtype=np.int32), low, high)
        return run(self.h, self.whole, SECONDS).status != "infeasible"

    def candidates(self) -> list[int]:
        """Return the members that a proof (Farkas) that the linear program has no solution rests on; else all."""
        everyone = list(range(len(self.members)))
        high = self.lp.high.copy()
        high[self.own :] = inf
        raw = run(opened(replace(self.lp, high=high, whole=np.zeros(len(high), bool))), False, SECONDS)
        if raw.status != "optimal" or raw.value <= FEASIBLE:
            return everyone
        pull = np.asarray(self.lp.A.T @ raw.row_dual)
        return [
            k for k, m in enumerate(self.members)
            if (np.abs(pull[m.slack]) > FEASIBLE).any()
            or (pull[m.high] > FEASIBLE).any() or (pull[m.low] < -FEASIBLE).any()
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
        slack = self.members[member].slack
        if not len(slack):
            return None
        high = self.lp.high.copy()
        high[slack] = inf
        raw = run(opened(replace(self.lp, high=high)), self.whole, SECONDS)
        return float(raw.value) if raw.found else None


def _words(graph: Graph, member: Member) -> Problem:
    """Return a member in words."""
    names, item = graph.names, member.item
    if member.kind == "place":
        _, place, period = graph.balances()
        mine = period[place == item]
        supply, demand = (float(graph.balanced(part)[mine, item].sum()) for part in (graph.supply, graph.demand))
        values = {"name": names.of("places", item), "supply": supply, "demand": demand}
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
