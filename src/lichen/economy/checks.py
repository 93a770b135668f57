"""Checks of a table, made once where an economy is made: balance, zero output, negatives, productivity, condition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lichen.economy.leontief import LARGE_CONDITION, ROWS_AT_ONCE, Leontief, column_sums_of_magnitudes
from lichen.economy.table import Satellites, Table, inverse_or_zero
from lichen.errors import EconomyError, Problems
from lichen.labelled import Array

BALANCE_TOLERANCE = 1e-4
"""Largest residual of a row or column, relative to its output or to the mean output of all sectors: the larger one.

Published tables are rounded to two decimals of 10 000 CNY and balance to about 1e-9; a residual of 1e-4 is a mistake,
not rounding.
"""


@dataclass(frozen=True, eq=False)
class Sums:
    """What the checks need of Z: its row sums and column sums ``(n,)`` [unit/a] and its smallest cell."""

    rows: Array
    columns: Array
    smallest: float


def sums(table: Table) -> Sums:
    """Return the sums of a table's Z in one pass over memory."""
    Z, n = table.intermediate, table.n
    step = max(1, ROWS_AT_ONCE // n)
    rows, columns, smallest = np.empty(n), np.zeros(n), np.inf
    for start in range(0, n, step):
        block = Z[start : start + step]
        rows[start : start + step] = block.sum(axis=1)
        columns += block.sum(axis=0)
        smallest = min(smallest, float(block.min()))
    return Sums(rows, columns, smallest)


def check_table(table: Table, tolerance: float = BALANCE_TOLERANCE, of: Sums | None = None) -> Problems:
    """Return everything that is wrong or noteworthy about a table, without solving it.

    Parameters
    ----------
    table
        The table.
    tolerance
        Largest relative residual of rows and columns that is not an error.
    of
        The table's :func:`sums`, where they are at hand.
    """
    of = of or sums(table)
    problems = Problems()
    problems.extend(table.findings)
    _check_balance(table, tolerance, of, problems)
    _check_zero_output(table, problems)
    _check_signs(table, of, problems)
    share = _column_shares(table, of)
    for j in np.flatnonzero(share > 1.0):
        problems.add("checks.column_above_one", severity="warning", sector=table.sectors[j], total=f"{share[j]:.3f}")
    return problems


def residuals(table: Table, of: Sums | None = None) -> tuple[Array, Array]:
    """Return what rows and columns lack to their output, each ``(n,)`` [unit/a]; columns of hybrid tables are zero."""
    of = of or sums(table)
    rows = table.output - of.rows - table.final_demand.sum(axis=1)
    if table.hybrid:
        return np.asarray(rows), np.zeros(table.n)
    columns = table.output - of.columns - table.value_added.sum(axis=0)
    if table.imported_intermediate is not None:
        columns = columns - table.imported_intermediate.sum(axis=0)
    return np.asarray(rows), np.asarray(columns)


def _check_balance(table: Table, tolerance: float, of: Sums, problems: Problems) -> None:
    scale = np.maximum(np.abs(table.output), 0.0 if table.hybrid else np.abs(table.output).mean())
    scale[scale == 0] = 1.0
    for what, gap in zip(("row", "column"), residuals(table, of), strict=True):
        for i in np.flatnonzero(np.abs(gap) > tolerance * scale):
            problems.add(f"checks.unbalanced_{what}", sector=table.sectors[i], output=f"{table.output[i]:,.2f}",
                         gap=f"{gap[i]:,.2f}", relative=f"{gap[i] / scale[i]:.2e}")  # fmt: skip


def _check_zero_output(table: Table, problems: Problems) -> None:
    for j in np.flatnonzero(table.output == 0):
        inputs = np.abs(table.intermediate[:, j]).sum()
        if inputs > 0:
            problems.add("checks.zero_output_inputs", sector=table.sectors[j], inputs=f"{inputs:,.2f}")
        else:
            problems.add("checks.zero_output", severity="note", sector=table.sectors[j])
    for j in np.flatnonzero(table.output < 0):
        problems.add("checks.negative_output", sector=table.sectors[j], output=f"{table.output[j]:,.2f}")


def _check_signs(table: Table, of: Sums, problems: Problems) -> None:
    if of.smallest < 0:
        for i, j in np.argwhere(table.intermediate < 0):
            problems.add("checks.negative_flow", severity="warning", row=table.sectors[i], column=table.sectors[j],
                         value=f"{table.intermediate[i, j]:,.2f}")  # fmt: skip
    for p, j in np.argwhere(table.value_added < 0):
        problems.add("checks.negative_value_added", severity="note", row=table.value_added_labels[p],
                     column=table.sectors[j], value=f"{table.value_added[p, j]:,.2f}")  # fmt: skip


def _column_shares(table: Table, of: Sums) -> Array:
    if table.hybrid:
        return np.zeros(table.n)
    return np.asarray(of.columns * inverse_or_zero(table.output))


def check_productive(table: Table, system: Leontief, of: Sums | None = None) -> Problems:
    """Return an error where A is not productive (spectral radius of A not below 1), with the sectors at fault.

    For A ≥ 0, if y = (I − A)⁻¹·1 is positive then A y = y − 1 < y, hence the spectral radius is below 1; conversely a
    productive A gives y ≥ 1. One solve decides (Hawkins & Simon 1949, doi:10.2307/1905526). Where Z has negative cells
    the condition is tested on |A|, which is sufficient; if only that fails, a warning says so.

    Where every column of |A| adds up to less than one, nothing is solved: with c the largest of these sums, ρ(|A|) ≤ c
    and the condition number of I − A in the 1-norm is at most (1 + c)/(1 − c).

    Parameters
    ----------
    table, system
        The table and its factorised I − A.
    of
        The table's :func:`sums`, where they are at hand.
    """
    of = of or sums(table)
    problems = Problems()
    negative = of.smallest < 0
    contracting = _largest_column(table, of) < 1.0 - 4.0 / LARGE_CONDITION
    if contracting and not negative and (table.output >= 0).all():
        return problems
    y = system.solve(np.ones(table.n))
    if not (y > 0).all():
        share = _column_shares(table, of)
        fault = np.flatnonzero(y <= 0)
        fault = fault[np.argsort(-share[fault], kind="stable")]
        heavy = [f"{table.sectors[j]} ({share[j]:.3f})" for j in np.argsort(-share, kind="stable")[:3]]
        problems.add("checks.unproductive", sectors=[table.sectors[j] for j in fault], heavy=heavy)
    elif negative and not contracting and not _productive_magnitudes(table):
        radius = spectral_radius(np.abs(table.coefficients()))
        problems.add("checks.maybe_unproductive", severity="warning", radius=f"{radius:.4f}")
    if not contracting and system.condition > LARGE_CONDITION:
        problems.add("checks.ill_conditioned", severity="warning", condition=f"{system.condition:.1e}")
    return problems


def _largest_column(table: Table, of: Sums) -> float:
    """Return the 1-norm of A: the largest column sum of |A|."""
    columns = of.columns if of.smallest >= 0 else column_sums_of_magnitudes(table.intermediate)
    return float(np.abs(columns * inverse_or_zero(table.output)).max())


def _productive_magnitudes(table: Table) -> bool:
    """Return whether ρ(|A|) < 1, by one factorisation and one solve instead of eigenvalues."""
    try:
        y = Leontief(np.abs(table.intermediate), np.abs(table.output)).solve(np.ones(table.n))
    except EconomyError:  # singular: the radius is one, or above
        return False
    return bool((y > 0).all())


def spectral_radius(A: Array) -> float:
    """Return the spectral radius ρ(A)."""
    return float(np.abs(np.linalg.eigvals(A)).max()) if A.size else 0.0


def check_satellites(table: Table, satellites: Satellites) -> Problems:
    """Return an error for every sector that has flows in an account but no output: its intensity does not exist."""
    problems = Problems()
    problems.extend(satellites.findings)
    for i, j in np.argwhere((satellites.values != 0) & (table.output == 0)):
        problems.add("checks.zero_output_emissions", sector=table.sectors[j], account=satellites.labels[i],
                     value=f"{satellites.values[i, j]:,.6g}", unit=satellites.units[i])  # fmt: skip
    return problems


def require_productive_change(y: Array, sectors: tuple[str, ...]) -> None:
    """Raise :class:`EconomyError` if a changed system gives a sector no positive output for positive demand."""
    if not (y > 0).all():
        problems = Problems()
        problems.add("checks.unproductive", sectors=[sectors[j] for j in np.flatnonzero(y <= 0)], heavy="–")
        problems.raise_if_errors(EconomyError)
