"""A released table: what anybody may see, and beside it, for those who keep the data, why each cell is as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from lichen.errors import LabelError, Language, Problem
from lichen.labelled import suggest
from lichen.release.rules import Rules, Why
from lichen.release.suppress import Pattern, choose
from lichen.release.table import Dimension, SumTable

State = Literal["released", "no firm", "withheld"]
"""What anybody sees of a cell; whether it fails a rule or protects another is told to nobody outside."""
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True)
class ReleasedCell:
    """One cell as anybody may see it.

    Parameters
    ----------
    nodes
        Where it stands: a node of each side.
    state
        Whether it is told; "no firm": nobody reports for it.
    value
        The sum, rounded as the rules say; ``None`` where it is withheld.
    firms
        How many contribute; ``None`` where it is withheld.
    """

    nodes: tuple[str, ...]
    state: State
    value: float | None
    firms: int | None

    def text(self, lang: Language) -> str:
        """Return in words why it is told or not."""
        return Problem(f"release.{self.state.replace(' ', '_')}", values={"firms": self.firms}).found(lang)


@dataclass(frozen=True)
class Released:
    """A table that may leave the house: nothing in it comes closer to a firm than the rules allow."""

    dimensions: tuple[Dimension, ...]
    cells: tuple[ReleasedCell, ...]

    def cell(self, *nodes: str) -> ReleasedCell:
        """Return a cell by its nodes.

        Raises
        ------
        LabelError
            If there is none; the nearest name is told.
        """
        by_nodes: Mapping[tuple[str, ...], ReleasedCell] = {c.nodes: c for c in self.cells}
        if nodes not in by_nodes:
            known = [node for d in self.dimensions for node in d.nodes]
            wrong = next((n for n in nodes if n not in known), "")
            values = {"nodes": list(nodes), "near": suggest(wrong, known) or "–"}
            raise LabelError((Problem("release.no_cell", values=values),))
        return by_nodes[nodes]


@dataclass(frozen=True)
class Reasoned:
    """Why a cell is told or withheld, for those who keep the data; it never leaves the house.

    Parameters
    ----------
    nodes
        Where it stands.
    why
        Rules that it fails; empty where it is told, or withheld for others.
    note
        The reason in words.
    """

    nodes: tuple[str, ...]
    why: tuple[Why, ...]
    note: Problem


@dataclass(frozen=True, eq=False)
class Release:
    """What may leave the house, and the reasons that may not.

    Parameters
    ----------
    released
        For anybody.
    reasons
        By cell, for those who keep the data.
    pattern
        Which cells are withheld.
    """

    released: Released
    reasons: tuple[Reasoned, ...]
    pattern: Pattern

    @property
    def told(self) -> float:
        """Share of the cells with firms that are released [1]; 1 where there is none."""
        states = [c.state for c in self.released.cells if c.state != "no firm"]
        return states.count("released") / len(states) if states else 1.0


def release(table: SumTable, rules: Rules | None = None) -> Release:
    """Return a table without the cells that tell too much about a firm, and without those that would give them away.

    Parameters
    ----------
    table
        Contributions, see :func:`lichen.release.table.sum_table`.
    rules
        What a sum must pass; ``None``: the rules that ship.

    References
    ----------
    Hundepool et al. (2012) Statistical Disclosure Control, Wiley, doi:10.1002/9781118348239.
    """
    rules = rules or Rules()
    pattern = choose(table, rules)
    return Release(publish(table, pattern, rules), _reasons(table, pattern, rules), pattern)


def publish(table: SumTable, pattern: Pattern, rules: Rules) -> Released:
    """Return a table without what is withheld, its sums rounded."""
    firms = (table.shares != 0).sum(axis=0)
    reported = table.reported
    cells = []
    for cell, total in enumerate(table.sums):
        if pattern.withheld[cell]:
            cells.append(ReleasedCell(table.nodes(cell), "withheld", None, None))
        else:
            state: State = "released" if reported[cell] else "no firm"
            cells.append(ReleasedCell(table.nodes(cell), state, _rounded(float(total), rules.base), int(firms[cell])))
    return Released(table.dimensions, tuple(cells))


def _rounded(value: float, base: float) -> float:
    """Return the nearest multiple of ``base``; it tells less than the sum itself, never more."""
    return float(np.rint(value / base) * base) + 0.0 if base else value


def _reasons(table: SumTable, pattern: Pattern, rules: Rules) -> tuple[Reasoned, ...]:
    reported = table.reported
    found = []
    for cell, judgement in enumerate(pattern.judgements):
        firms = int((table.shares[:, cell] != 0).sum())
        values = {"firms": firms, "least": rules.least_firms, "dominant": rules.dominant,
                  "dominance": f"{rules.dominance:.0%}", "closeness": f"{rules.closeness:.0%}"}  # fmt: skip
        if judgement.why:
            code = f"release.why_{judgement.why[0]}"
        elif pattern.withheld[cell]:
            code = "release.why_complement"
        else:
            code = "release.released" if reported[cell] else "release.no_firm"
        note = Problem(code, severity="note", values=values)
        found.append(Reasoned(table.nodes(cell), judgement.why, note))
    return tuple(found)
