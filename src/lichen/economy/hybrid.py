"""Hybrid tables (HPIMO): physical rows and columns in t or GJ joined to a table of money.

Each row adds up to its output in its own unit; columns mix units and do not add up. Coefficients are per unit of the
column's output, whatever that is: t per money, money per t. The Leontief system is solved as always, and gives each
output in its own unit.

References
----------
Bullard, C. W. & Herendeen, R. A. (1975) Energy Policy 3(4), 268-278. doi:10.1016/0301-4215(75)90035-X
Miller, R. E. & Blair, P. D. (2009) Input-Output Analysis, 2nd ed., ch. 9-10. doi:10.1017/CBO9780511626982
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lichen.economy.balance import Values, vector
from lichen.economy.table import Table
from lichen.errors import EconomyError, Problems
from lichen.labelled import Array, suggest

ROW_TOLERANCE = 1e-9
"""Largest difference of uses and output of a physical row, relative to output."""


def with_physical_row(
    table: Table, sector: str, uses: Values, final_uses: Values, output: float, unit: str, *,
    imported_uses: Values | None = None, imported_final_uses: Values | None = None,
) -> Table:  # fmt: skip
    """Re-express the row of a sector, and so its output, in physical units.

    Where the physical uses are the money uses at one price, all results in money are as before.

    Parameters
    ----------
    table
        Table, of money or hybrid already.
    sector
        Its label.
    uses, final_uses
        Physical uses by sector ``(n,)`` and by final-demand column ``(k,)``, by label or in order [unit/a]; a
        competitive table has its imports as negative final uses.
    output
        Physical output [unit/a], above 0; the sum of all uses.
    unit
        Unit of the row, e.g. ``t`` or ``GJ``.
    imported_uses, imported_final_uses
        For a table that keeps imported flows apart: the imported part in the same unit, ``(n,)`` and ``(k,)``.

    Returns
    -------
    Table
        Table with ``sector_units``.

    Raises
    ------
    EconomyError
        An unknown sector, no unit, output not above 0, a row that does not balance, imports that are missing.
    LabelError
        Labels or numbers that cannot be used.
    """
    i = _place(table, sector)
    row, final = vector(uses, table.sectors, "uses"), vector(final_uses, table.final_labels, "final uses")
    _require_row(sector, unit, row.sum() + final.sum(), output)
    imported = [
        _imported_row(block, i, given, labels, f"{sector} in {unit}")
        for block, given, labels in (
            (table.imported_intermediate, imported_uses, table.sectors),
            (table.imported_final, imported_final_uses, table.final_labels),
        )
    ]
    units = list(table.sector_units or (table.unit,) * table.n)
    units[i] = unit
    return replace(
        table, intermediate=_row_set(table.intermediate, i, row), final_demand=_row_set(table.final_demand, i, final),
        output=_row_set(table.output, i, np.asarray(float(output))), sector_units=tuple(units),
        imported_intermediate=imported[0], imported_final=imported[1],
        origin=table.origin.derived(f"row {sector} in {unit}: physical uses and output"), copy=True,
    )  # fmt: skip


def with_physical_sector(
    table: Table, label: str, unit: str, uses: Values, final_uses: Values, output: float, inputs: Values, *,
    value_added: Values | None = None, own_use: float = 0.0, taken_from: str | None = None,
) -> Table:  # fmt: skip
    """Add a physical product: a row of its uses in physical units and a column of its inputs.

    What its makers bought and earned for it stood in some sector's column; that part moves to the new column, so that
    all rows still add up to their output, and base-year outputs stay as they are. Without inputs and value added (a row
    of energy or material use beside the money) nothing moves.

    Parameters
    ----------
    table
        Table, of money or hybrid already.
    label, unit
        Label of the product and unit of its row, e.g. ``t`` or ``GJ``.
    uses, final_uses
        Uses by sector ``(n,)`` and by final-demand column ``(k,)``, by label or in order [unit/a].
    output
        Output [unit/a], above 0; the sum of all uses and of ``own_use``.
    inputs
        Inputs from the table's sectors ``(n,)``, each in the unit of its row [unit of row/a].
    value_added
        Value added ``(p,)`` [money/a]; 0 by default.
    own_use
        Use of the product in making it [unit/a].
    taken_from
        Sector in whose column ``inputs`` and ``value_added`` stood; needed unless they are 0.

    Returns
    -------
    Table
        Table of n + 1 sectors, the product last. Imported flows, where kept apart, stay with the sectors that have
        them.

    Raises
    ------
    EconomyError
        A label that exists, no unit, output not above 0, a row that does not balance; inputs of unknown origin, or
        larger than what the other sector has.
    LabelError
        Labels or numbers that cannot be used.
    """
    problems = Problems()
    if label in table.sectors:
        problems.add("hybrid.exists", sector=label)
    problems.raise_if_errors(EconomyError)
    row, final = vector(uses, table.sectors, "uses"), vector(final_uses, table.final_labels, "final uses")
    _require_row(label, unit, row.sum() + final.sum() + own_use, output)
    column = vector(inputs, table.sectors, "inputs")
    added = np.zeros(len(table.value_added_labels))
    if value_added is not None:
        added = vector(value_added, table.value_added_labels, "value added")
    Z, V = _moved(table, label, column, added, taken_from)
    origin = table.origin.derived(
        f"product {label} in {unit} added" + (f", inputs and value added taken from {taken_from}" if taken_from else "")
    )
    imported = table.imported_intermediate, table.imported_final
    return replace(
        table, sectors=(*table.sectors, label),
        intermediate=np.block([[Z, column[:, None]], [row, np.array([own_use])]]),
        final_demand=np.vstack([table.final_demand, final]), value_added=np.column_stack([V, added]),
        output=np.append(table.output, output), sector_units=(*(table.sector_units or (table.unit,) * table.n), unit),
        imported_intermediate=None if imported[0] is None else np.pad(imported[0], (0, 1)), imported_final=None if
        imported[1] is None else np.pad(imported[1], ((0, 1), (0, 0))), origin=origin, copy=True,
    )  # fmt: skip


def _place(table: Table, sector: str) -> int:
    problems = Problems()
    if sector not in table.sectors:
        problems.add("hybrid.sector", sector=sector, near=suggest(sector, table.sectors) or "–")
    problems.raise_if_errors(EconomyError)
    return table.sectors.index(sector)


def _require_row(sector: str, unit: str, uses: float, output: float) -> None:
    """Raise EconomyError unless the row has a unit, an output above 0, and uses that add up to it."""
    problems = Problems()
    if not unit.strip():
        problems.add("hybrid.unit", sector=sector)
    if not 0 < output < np.inf:
        problems.add("hybrid.output", sector=sector, output=f"{output:g}", unit=unit)
    elif not abs(uses - output) <= ROW_TOLERANCE * output:
        problems.add("hybrid.row", sector=sector, uses=f"{uses:.12g}", output=f"{output:.12g}", unit=unit)
    problems.raise_if_errors(EconomyError)


def _imported_row(block: Array | None, i: int, given: Values | None, labels: tuple[str, ...], row: str) -> Array | None:
    """Return the imported block with row i in physical units; None where the table has no such block."""
    if block is None:
        return None
    if given is None:
        problems = Problems()
        problems.add("hybrid.imports", row=row)
        raise EconomyError(problems.as_tuple())
    return _row_set(block, i, vector(given, labels, "imported uses"))


def _row_set(block: Array, i: int, values: Array) -> Array:
    block = block.copy()
    block[i] = values
    return block


def _moved(table: Table, label: str, column: Array, added: Array, taken_from: str | None) -> tuple[Array, Array]:
    """Return Z and V without what moves to the new column."""
    Z, V = table.intermediate.copy(), table.value_added.copy()
    if not column.any() and not added.any():
        return Z, V
    problems = Problems()
    if taken_from is None:
        problems.add("hybrid.taken_from", sector=label)
        raise EconomyError(problems.as_tuple())
    j = _place(table, taken_from)
    names = (*table.sectors, *table.value_added_labels)
    before, taken = np.concatenate([Z[:, j], V[:, j]]), np.concatenate([column, added])
    over = taken > np.maximum(before, 0.0) * (1.0 + 1e-12)
    if over.any():
        problems.add("hybrid.more_than_there", sector=label, maker=taken_from,
                     names=[names[int(i)] for i in np.flatnonzero(over)])  # fmt: skip
    problems.raise_if_errors(EconomyError)
    Z[:, j] -= column
    V[:, j] -= added
    return Z, V
