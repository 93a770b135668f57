"""Changes of an economy's accounts, and what follows when it is solved again.

A change is written at base outputs: money that a column spends more or less on a row, flows that happen more or less at
a sector, final demand that rises or falls. Coefficients follow by division, and the system is solved as a low-rank
update of the factorised base.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lichen.economy.accounts import Accounts, Economy
from lichen.economy.checks import require_productive_change
from lichen.economy.leontief import Leontief, System, Updated
from lichen.economy.table import inverse_or_zero
from lichen.errors import LabelError, Problems, ScenarioError
from lichen.labelled import Array


@dataclass(frozen=True, eq=False)
class Changes:
    """Changes of an economy with n sectors, m accounts and k final-demand categories.

    Parameters
    ----------
    columns
        c positions of sectors whose purchases change.
    intermediate, imported
        Change of local and of imported purchases ``(n, c)`` [money/a at base output].
    final
        Change of final demand ``(n, k)`` [money/a].
    satellites
        Change of flows at the sectors ``(m, n)`` [unit/a at base output].
    direct
        Change of flows of final users ``(m,)`` [unit/a].
    to_city
        What sectors pay the city for streams ``(n,)`` [money/a at base output]; nothing if not given.
    """

    columns: tuple[int, ...]
    intermediate: Array
    imported: Array
    final: Array
    satellites: Array
    direct: Array
    to_city: Array = None  # type: ignore[assignment]  # nothing: replaced by zeros below

    def __post_init__(self) -> None:
        if self.to_city is None:
            object.__setattr__(self, "to_city", np.zeros(self.satellites.shape[1]))

    @classmethod
    def none(cls, economy: Economy) -> Changes:
        """Return no change."""
        n, k, m = economy.table.n, len(economy.table.final_labels), len(economy.satellites.accounts)
        return cls((), np.zeros((n, 0)), np.zeros((n, 0)), np.zeros((n, k)), np.zeros((m, n)), np.zeros(m))

    def __mul__(self, factor: float) -> Changes:
        return Changes(
            self.columns, self.intermediate * factor, self.imported * factor, self.final * factor,
            self.satellites * factor, self.direct * factor, self.to_city * factor,
        )  # fmt: skip

    __rmul__ = __mul__


def add(first: Changes, *others: Changes) -> Changes:
    """Return the sum of changes of the same economy."""
    everything = (first, *others)
    columns = tuple(sorted({j for change in everything for j in change.columns}))
    place = {j: i for i, j in enumerate(columns)}
    n = first.satellites.shape[1]
    local, imported = np.zeros((n, len(columns))), np.zeros((n, len(columns)))
    for change in everything:
        at = [place[j] for j in change.columns]
        local[:, at] += change.intermediate
        imported[:, at] += change.imported
    return Changes(
        columns, local, imported, _sum(c.final for c in everything), _sum(c.satellites for c in everything),
        _sum(c.direct for c in everything), _sum(c.to_city for c in everything),
    )  # fmt: skip


def _sum(arrays: Iterable[Array]) -> Array:
    return np.asarray(sum(arrays))


@dataclass(frozen=True, eq=False)
class Outcome:
    """An economy after changes.

    Parameters
    ----------
    accounts
        Footprint accounts of the changed economy.
    value_added
        Value added by sector ``(n,)`` [money/a], with what it pays the city for streams (income of households), so that
        value added and imports add up to final demand; zero for hybrid tables, whose columns do not add up.
    final
        Final demand ``(n, k)`` [money/a].
    to_city
        What sectors pay the city for streams ``(n,)`` [money/a].
    """

    accounts: Accounts
    value_added: Array
    final: Array
    to_city: Array

    @property
    def value_kept(self) -> Array:
        """Value added that stays with the sector: without what it pays the city ``(n,)`` [money/a]."""
        return np.asarray(self.value_added - self.to_city)

    def __post_init__(self) -> None:
        self.value_added.flags.writeable = False
        self.final.flags.writeable = False
        self.to_city.flags.writeable = False


def changed_system(economy: Economy, changes: Changes) -> System:
    """Return I − A of the changed economy: an update where few columns change, a new factorisation otherwise."""
    columns = list(changes.columns)
    x = economy.table.output
    if 4 * len(columns) > economy.table.n and economy.table.n > 16:
        Z = economy.table.intermediate.copy()
        Z[:, columns] += changes.intermediate
        return Leontief(Z, x)
    return economy.leontief.updated(columns, changes.intermediate * inverse_or_zero(x)[columns])


def solve(economy: Economy, changes: Changes) -> Outcome:
    """Return the outcome of ``changes``.

    Raises
    ------
    EconomyError
        If the changed table cannot be solved or is not productive.
    ScenarioError
        If a sector is left with a negative output.
    """
    table, base = economy.table, economy.satellites
    final = table.final_demand + changes.final
    f = final.sum(axis=1)
    intensities = (base.values + changes.satellites) * inverse_or_zero(table.output)
    output, certificate, multipliers = _solved(economy, changes, f, intensities)
    require_productive_change(certificate, table.sectors)
    _require_positive(economy, output)
    accounts = Accounts(
        labels=base.labels, units=base.units, sectors=table.sectors, final_labels=table.final_labels, output=output,
        intensities=intensities, multipliers=multipliers, production=intensities * output, consumption=multipliers * f,
        by_category=multipliers @ final, direct=base.direct_total + changes.direct, treatment=table.treatment,
    )  # fmt: skip
    paid = changes.to_city * output * inverse_or_zero(table.output)
    return Outcome(accounts, _value_added(economy, changes, output), final, paid)


def _solved(economy: Economy, changes: Changes, f: Array, intensities: Array) -> tuple[Array, Array, Array]:
    """Return L f, L·1 (positive if the changed table is productive) and S L of the changed economy.

    Where few sectors change, the base's own solutions are corrected: with k changed sectors, k right-hand sides for the
    columns L dA and k for the rows of L at these sectors, whatever the number of accounts.
    """
    n, moved = economy.table.n, np.flatnonzero(changes.satellites.any(axis=0))
    sectors = sorted({*changes.columns, *moved.tolist()})
    if 4 * len(sectors) > n > 16:
        system = changed_system(economy, changes)
        y = system.solve(np.column_stack([f, np.ones(n)]))
        return y[:, 0].copy(), y[:, 1], system.solve_transposed(intensities.T).T
    columns = list(changes.columns)
    dA = np.zeros((n, len(sectors)), order="F")
    dA[:, np.searchsorted(sectors, columns)] = changes.intermediate * inverse_or_zero(economy.table.output)[columns]
    update = economy.leontief.updated(sectors, dA)
    y = economy.solved
    if changes.final.any():
        y = y.copy()
        y[:, 0] += economy.leontief.solve(changes.final.sum(axis=1))
    y = update.corrected(y)
    moves = (intensities - economy.intensities)[:, sectors]
    multipliers = update.corrected_transposed(economy.accounts().multipliers.T + update.rows @ moves.T).T
    return y[:, 0].copy(), y[:, 1], multipliers


def total_after(economy: Economy, changes: Changes, account: str, system: System) -> float:
    """Return the total of one account after ``changes`` [unit/a]; as :func:`solve`, for many draws.

    ``system`` is the economy's I − A in whatever form serves many solves best.
    """
    table, base = economy.table, economy.satellites
    rows = rows_of(economy, account)
    f = (table.final_demand + changes.final).sum(axis=1)
    columns = list(changes.columns)
    dA = changes.intermediate * inverse_or_zero(table.output)[columns]
    output = Updated(system, np.asarray(columns, dtype=np.intp), dA).solve(f)
    intensities = (base.values[rows] + changes.satellites[rows]).sum(axis=0) * inverse_or_zero(table.output)
    return float(intensities @ output + base.direct_total[rows].sum() + changes.direct[rows].sum())


def rows_of(economy: Economy, account: str) -> list[int]:
    """Return the rows of an account: the one of this label, or all parts of the account of this name."""
    base = economy.satellites
    if account in base.labels:
        return [base.labels.index(account)]
    rows = [i for i, name in enumerate(base.accounts) if name == account]
    if not rows:
        problems = Problems()
        problems.add("labels.missing", what="satellite accounts", label=account)
        problems.raise_if_errors(LabelError)
    return rows


def _require_positive(economy: Economy, output: Array) -> None:
    table, problems = economy.table, Problems()
    slack = economy.tolerance * np.maximum(table.output, 0.0 if table.hybrid else table.output.mean())
    # a sector without output stands for imports: what moves there in a table as published moves imports
    for j in np.flatnonzero((output < -slack) & (table.output > 0)):
        problems.add("scenario.negative_output", sector=table.sectors[j], output=f"{output[j]:,.6g}",
                     unit=table.sector_units[j] if table.hybrid else table.unit)  # fmt: skip
    problems.raise_if_errors(ScenarioError)


def _value_added(economy: Economy, changes: Changes, output: Array) -> Array:
    table = economy.table
    if table.hybrid:
        return np.zeros(table.n)
    columns = list(changes.columns)
    bought = economy.purchases.copy()
    bought[columns] += changes.intermediate.sum(axis=0) + changes.imported.sum(axis=0)
    return np.asarray(output * (1.0 - bought * inverse_or_zero(table.output)) * (table.output != 0))
