"""Treatment of imports: from a competitive table "as published" to domestic flows.

References
----------
Miller, R. E. & Blair, P. D. (2009) Input-Output Analysis, 2nd ed., ch. 4.7. doi:10.1017/CBO9780511626982
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lichen.economy.table import ENTERING, LEAVING, Table, inverse_or_zero
from lichen.errors import EconomyError, Problems
from lichen.labelled import Array


def import_shares(table: Table, reexports: bool = False) -> Array:
    """Return m, the share of imports and inflow in the uses of each row ``(n,)`` [-], 0…1.

    m_i = −(import + inflow)_i / (Σ_j Z_ij + Σ_k F_ik) over domestic final uses k (consumption, investment, inventory);
    with ``reexports`` over exports and outflow too. 0 for a row without imports.

    Raises
    ------
    EconomyError
        Naming the rows whose share is not between 0 and 1.
    """
    entering = -table.final_demand[:, table.columns(*ENTERING)].sum(axis=1)
    use = table.intermediate.sum(axis=1) + table.final_demand[:, _mixed(table, reexports)].sum(axis=1)
    m: Array = np.asarray(entering * inverse_or_zero(use))
    m[(use == 0) & (entering != 0)] = np.inf
    bad = (m < -1e-12) | (m > 1 + 1e-12)
    problems = Problems()
    if bad.any():
        names = [f"{table.sectors[i]} (m = {m[i]:.4g})" for i in np.flatnonzero(bad)]
        problems.add("treatment.share_of_all" if reexports else "treatment.share", names=names)
    problems.raise_if_errors(EconomyError)
    return m


def _mixed(table: Table, reexports: bool) -> list[int]:
    """Return the final-demand columns that imports serve."""
    return table.columns("consumption", "investment", "inventory", *(LEAVING if reexports else ()))


def domestic(table: Table, reexports: bool = False) -> Table:
    """Take imports and inflow out of a competitive table, in proportion to use: A_d = (I − m̂) A.

    Parameters
    ----------
    table
        Table; one that is domestic already is returned as it is.
    reexports
        Whether imports serve exports and outflow too. Without it all exports are of domestic origin.

    Returns
    -------
    Table
        Treatment "domestic": Z and F without imports, these in ``imported_intermediate`` and ``imported_final``; import
        and inflow columns dropped, an error column kept. Rows add up to the same output, columns with the imports too.

    Raises
    ------
    EconomyError
        If an import share is not between 0 and 1.
    """
    if table.treatment == "domestic":
        return table
    m = import_shares(table, reexports)[:, None]
    served = np.zeros_like(table.final_demand)
    mixed = _mixed(table, reexports)
    served[:, mixed] = table.final_demand[:, mixed]
    keep = [k for k, role in enumerate(table.final_roles) if role not in ENTERING]
    exports = "served by imports in proportion" if reexports else "of domestic origin only (no re-exports)"
    return replace(
        table, intermediate=(1.0 - m) * table.intermediate, imported_intermediate=m * table.intermediate,
        final_demand=(table.final_demand - m * served)[:, keep], imported_final=(m * served)[:, keep],
        final_labels=tuple(table.final_labels[k] for k in keep), final_roles=tuple(table.final_roles[k] for k in keep),
        treatment="domestic", copy=True,
        origin=table.origin.derived(
            f"domestic treatment: imports and inflow taken out of each row in proportion to its uses, exports {exports}"
        ),
    )  # fmt: skip
