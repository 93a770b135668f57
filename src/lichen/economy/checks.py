"""Checks of a table, made once where an economy is made: balance, zero output, negatives, productivity, conditioning."""

from __future__ import annotations

import numpy as np

from lichen.economy.leontief import LARGE_CONDITION, Leontief
from lichen.economy.table import Satellites, Table, inverse_or_zero
from lichen.errors import EconomyError, Problems
from lichen.labelled import Array

BALANCE_TOLERANCE = 1e-4
"""Largest residual of a row or column, relative to its output or to the mean output of all sectors, whichever is larger.

Published tables are rounded to two decimals of 10 000 CNY and balance to about 1e-9; a residual of 1e-4 is a mistake, not
rounding.
"""


def check_table(table: Table, tolerance: float = BALANCE_TOLERANCE) -> Problems:
    """Return everything that is wrong or noteworthy about a table, without solving it.

    Parameters
    ----------
    table
        The table.
    tolerance
        Largest relative residual of rows and columns that is not an error.
    """
    problems = Problems()
    problems.extend(table.findings)
    _check_balance(table, tolerance, problems)
    _check_zero_output(table, problems)
    _check_signs(table, problems)
    for j in np.flatnonzero(_column_sums(table) > 1.0):
        problems.add("checks.column_above_one", severity="warning", sector=table.sectors[j],
                     total=f"{_column_sums(table)[j]:.3f}")  # fmt: skip
    return problems


def residuals(table: Table) -> tuple[Array, Array]:
    """Return what rows and columns lack to their output, each ``(n,)`` [unit/a]; columns of hybrid tables are zero."""
    rows = table.output - table.intermediate.sum(axis=1) - table.final_demand.sum(axis=1)
    if table.hybrid:
        return np.asarray(rows), np.zeros(table.n)
    columns = table.output - table.intermediate.sum(axis=0) - table.value_added.sum(axis=0)
    if table.imported_intermediate is not None:
        columns = columns - table.imported_intermediate.sum(axis=0)
    return np.asarray(rows), np.asarray(columns)


def _check_balance(table: Table, tolerance: float, problems: Problems) -> None:
    scale = np.maximum(np.abs(table.output), 0.0 if table.hybrid else np.abs(table.output).mean())
    scale[scale == 0] = 1.0
    for what, gap in zip(("row", "column"), residuals(table), strict=True):
        for i in np.flatnonzero(np.abs(gap) > tolerance * scale):
            problems.add(f"checks.unbalanced_{what}", sector=table.sectors[i], output=f"{table.output[i]:,.2f}",
                         gap=f"{gap[i]:,.2f}", relative=f"{gap[i] / scale[i]:.2e}")  # fmt: skip


def _check_zero_output(table: Table, problems: Problems) -> None:
    inputs = np.abs(table.intermediate).sum(axis=0)
    for j in np.flatnonzero(table.output == 0):
        if inputs[j] > 0:
            problems.add("checks.zero_output_inputs", sector=table.sectors[j], inputs=f"{inputs[j]:,.2f}")
        else:
            problems.add("checks.zero_output", severity="note", sector=table.sectors[j])
    for j in np.flatnonzero(table.output < 0):
        problems.add("checks.negative_output", sector=table.sectors[j], output=f"{table.output[j]:,.2f}")


def _check_signs(table: Table, problems: Problems) -> None:
    if table.intermediate.size and table.intermediate.min() < 0:
        for i, j in np.argwhere(table.intermediate < 0):
            problems.add("checks.negative_flow", severity="warning", row=table.sectors[i], column=table.sectors[j],
                         value=f"{table.intermediate[i, j]:,.2f}")  # fmt: skip
    for p, j in np.argwhere(table.value_added < 0):
        problems.add("checks.negative_value_added", severity="note", row=table.value_added_labels[p],
                     column=table.sectors[j], value=f"{table.value_added[p, j]:,.2f}")  # fmt: skip


def _column_sums(table: Table) -> Array:
    if table.hybrid:
        return np.zeros(table.n)
    return np.asarray(table.intermediate.sum(axis=0) * inverse_or_zero(table.output))


def check_productive(table: Table, system: Leontief) -> Problems:
    """Return an error where A is not productive (spectral radius of A not below 1), with the sectors at fault.

    For A ≥ 0, if y = (I − A)⁻¹·1 is positive then A y = y − 1 < y, hence the spectral radius is below 1; conversely a
    productive A gives y ≥ 1. One solve decides (Hawkins & Simon 1949, doi:10.2307/1905526). Where Z has negative cells
    the condition is tested on |A|, which is sufficient; if only that fails, a warning says so.
    """
    problems = Problems()
    negative = bool(table.intermediate.size and table.intermediate.min() < 0)
    y = system.solve(np.ones(table.n))
    if not (y > 0).all():
        sums = _column_sums(table)
        fault = np.flatnonzero(y <= 0)
        fault = fault[np.argsort(-sums[fault], kind="stable")]
        heavy = [f"{table.sectors[j]} ({sums[j]:.3f})" for j in np.argsort(-sums, kind="stable")[:3]]
        problems.add("checks.unproductive", sectors=[table.sectors[j] for j in fault], heavy=heavy)
    elif negative:
        radius = spectral_radius(np.abs(table.coefficients()))
        if radius >= 1:
            problems.add("checks.maybe_unproductive", severity="warning", radius=f"{radius:.4f}")
    if system.condition > LARGE_CONDITION:
        problems.add("checks.ill_conditioned", severity="warning", condition=f"{system.condition:.1e}")
    return problems


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
