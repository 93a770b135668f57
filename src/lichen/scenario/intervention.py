"""General interventions of circular-economy modelling: changes of purchases, final demand and intensities.

An intervention is one or more changes, the primary one and its ancillaries. Each change names rows, columns and by how
much: ``technical`` (what the technology does to a cell) times ``penetration`` (how much of the market adopts it), as in
pycirk's scenario sheets. Five types cover the field's taxonomy (Aguilar-Hernandez et al. 2018, J. Econ. Struct. 7:14,
doi:10.1186/s40008-018-0113-4; Donati et al. 2020, Resour. Conserv. Recycl. 152:104508,
doi:10.1016/j.resconrec.2019.104508):

========== ===================================================================================================
efficiency  the cells change by technical × penetration
substitution  as efficiency; what is no longer bought is bought from another row, times a factor
sharing  less is bought for the same service; ancillary changes add the service
life_extension  goods last ``technical`` longer, so that demand falls to 1 / (1 + technical) where adopted
rebound  of the money a final user saves, a share is spent again on his own mix of products
========== ===================================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lichen.economy.accounts import Economy
from lichen.errors import Problems, UnitError, Where
from lichen.figures import Figure, Text
from lichen.labelled import Array, suggest
from lichen.scenario.changes import Changes, add
from lichen.scenario.effects import Draw, central
from lichen.units import factor

InterventionType = Literal["efficiency", "substitution", "sharing", "life_extension", "rebound"]
Matrix = Literal["intermediate", "final_demand", "intensity"]
ALL = ("*",)


@dataclass(frozen=True)
class Substitute:
    """The row that takes over: ``factor`` money units are bought from it for each one no longer bought."""

    row: str
    factor: Figure


@dataclass(frozen=True)
class CellChange:
    """A relative change of cells.

    Parameters
    ----------
    matrix
        "intermediate" (rows: suppliers, columns: buyers), "final_demand" (rows: products, columns: categories) or
        "intensity" (rows: satellite accounts, columns: sectors).
    rows, columns
        Names; ``("*",)`` means all.
    technical
        Change where adopted, e.g. −10 % [1]; for ``life_extension`` how much longer goods last.
    penetration
        Share of the market that adopts it [1].
    substitute
        For substitution: what is bought in its place.
    """

    matrix: Matrix
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    technical: Figure
    penetration: Figure
    substitute: Substitute | None = None


@dataclass(frozen=True)
class Intervention:
    """A named intervention: its primary change first, ancillary changes after it.

    Parameters
    ----------
    rebound
        Share of the money saved in final demand that is spent again on the category's own mix [1].
    """

    id: str
    type: InterventionType
    change: tuple[CellChange, ...]
    name: Text = Text("")
    rebound: Figure | None = None
    note: str = ""


def relative_change(kind: InterventionType, technical: float, penetration: float) -> float:
    """Return the relative change of a cell [1].

    >>> round(relative_change("life_extension", 0.25, 1.0), 3)
    -0.2
    """
    return penetration * ((1 / (1 + technical) - 1) if kind == "life_extension" else technical)


def check_interventions(interventions: Sequence[Intervention], economy: Economy, file: str = "") -> Problems:
    """Return every unknown row or column, factor outside its range and missing substitute."""
    problems = Problems()
    table = economy.table
    names = {
        "intermediate": (table.sectors, table.sectors),
        "final_demand": (table.sectors, table.final_labels),
        "intensity": (tuple(dict.fromkeys(economy.satellites.accounts)), table.sectors),
    }
    for intervention in interventions:
        for number, change in enumerate(intervention.change):
            where = Where(file=file, key=f"intervention.{intervention.id}.change[{number}]")
            for given, known in zip((change.rows, change.columns), names[change.matrix], strict=True):
                for name in given:
                    if given != ALL and name not in known:
                        problems.add("scenario.unknown_cell", where, name=name, matrix=change.matrix,
                                     near=suggest(name, list(known)) or "–")  # fmt: skip
            _check_size(intervention, change, number, where, problems)
            if change.substitute is not None and change.matrix == "intensity":
                problems.add("scenario.substitute_intensity", where, id=intervention.id)
            if change.substitute is not None and change.substitute.row not in names[change.matrix][0]:
                problems.add("scenario.unknown_cell", where, name=change.substitute.row, matrix=change.matrix,
                             near=suggest(change.substitute.row, list(names[change.matrix][0])) or "–")  # fmt: skip
        where = Where(file=file, key=f"intervention.{intervention.id}.rebound")
        if intervention.rebound is not None:
            _check_share(intervention.rebound, where, problems)
        elif intervention.type == "rebound":
            problems.add("scenario.no_rebound", where, id=intervention.id)
    return problems


def _number(figure: Figure, where: Where, problems: Problems) -> float | None:
    try:
        return figure.to("1", where)
    except UnitError as error:
        problems.extend(error.problems)
        return None


def _check_share(figure: Figure, where: Where, problems: Problems) -> None:
    share = _number(figure, where, problems)
    if share is not None and not 0 <= share <= 1:
        problems.add("scenario.share", where, value=f"{share:g}")


def _check_size(intervention: Intervention, change: CellChange, number: int, where: Where, problems: Problems) -> None:
    _check_share(change.penetration, where, problems)
    technical = _number(change.technical, where, problems)
    if technical is not None and ((technical <= -1 and intervention.type == "life_extension") or technical < -1):
        problems.add("scenario.below_zero", where, value=f"{technical:g}")
    if change.substitute is not None:
        _number(change.substitute.factor, where, problems)
    if intervention.type == "substitution" and number == 0 and change.substitute is None:
        problems.add("scenario.no_substitute", where, id=intervention.id)


def intervention_changes(economy: Economy, intervention: Intervention, draw: Draw = central) -> Changes:
    """Return the changes an intervention makes to a (checked) economy; ``draw`` gives each figure its value."""
    total = Changes.none(economy)
    for change in intervention.change:
        technical = max(-1.0, _drawn(change.technical, draw))
        delta = relative_change(intervention.type, technical, _share(change.penetration, draw))
        instead = 0.0 if change.substitute is None else _drawn(change.substitute.factor, draw)
        total = add(total, _MATRICES[change.matrix](economy, change, delta, instead))
    if intervention.rebound is not None:
        total = add(total, _rebound(economy, total.final, _share(intervention.rebound, draw)))
    return total


def _drawn(figure: Figure, draw: Draw) -> float:
    return draw(figure) * factor(figure.unit, "1")


def _share(figure: Figure, draw: Draw) -> float:
    return min(1.0, max(0.0, _drawn(figure, draw)))


def _positions(given: tuple[str, ...], known: Sequence[str]) -> list[int]:
    return list(range(len(known))) if given == ALL else [i for i, name in enumerate(known) if name in given]


def _substituted(change: CellChange, delta: Array, sectors: Sequence[str], instead: float) -> Array:
    """Add to ``delta (n, c)`` the purchases from the row that takes over."""
    if change.substitute is not None:
        row = sectors.index(change.substitute.row)
        delta[row] -= delta.sum(axis=0) * instead
    return delta


def _intermediate(economy: Economy, change: CellChange, relative: float, instead: float) -> Changes:
    table, zero = economy.table, Changes.none(economy)
    rows, columns = _positions(change.rows, table.sectors), _positions(change.columns, table.sectors)
    blocks = []
    for block in (table.intermediate, table.imported_intermediate):
        delta = np.zeros((table.n, len(columns)))
        if block is not None:
            delta[rows] = block[np.ix_(rows, columns)] * relative
            delta = _substituted(change, delta, table.sectors, instead)
        blocks.append(delta)
    absent = table.output == 0  # what no local sector makes is imported
    blocks[1][absent] += blocks[0][absent]
    blocks[0][absent] = 0.0
    return Changes(tuple(columns), blocks[0], blocks[1], zero.final, zero.satellites, zero.direct)


def _final_demand(economy: Economy, change: CellChange, relative: float, instead: float) -> Changes:
    table, zero = economy.table, Changes.none(economy)
    rows, columns = _positions(change.rows, table.sectors), _positions(change.columns, table.final_labels)
    delta = np.zeros((table.n, len(columns)))
    delta[rows] = table.final_demand[np.ix_(rows, columns)] * relative
    final = zero.final.copy()
    final[:, columns] = _substituted(change, delta, table.sectors, instead)
    return Changes((), zero.intermediate, zero.imported, final, zero.satellites, zero.direct)


def _intensity(economy: Economy, change: CellChange, relative: float, instead: float) -> Changes:
    satellites, zero = economy.satellites, Changes.none(economy)
    columns = _positions(change.columns, satellites.sectors)
    flows = zero.satellites.copy()
    for i, account in enumerate(satellites.accounts):
        if change.rows == ALL or account in change.rows:
            flows[i, columns] = satellites.values[i, columns] * relative
    return Changes((), zero.intermediate, zero.imported, zero.final, flows, zero.direct)


_MATRICES = {"intermediate": _intermediate, "final_demand": _final_demand, "intensity": _intensity}


def _rebound(economy: Economy, saved: Array, share: float) -> Changes:
    """Return final demand that a share of the money saved in each consumption category causes again."""
    table, zero = economy.table, Changes.none(economy)
    again = zero.final.copy()
    for k in table.columns("consumption"):
        money, spending = -float(saved[:, k].sum()), table.final_demand[:, k]
        if money > 0 and spending.sum() > 0:
            again[:, k] = spending / spending.sum() * money * share
    return Changes((), zero.intermediate, zero.imported, again, zero.satellites, zero.direct)
