"""Aggregation of tables and satellite accounts by a concordance: Wᵀ Z W, Wᵀ F, V W, F W; totals are kept.

A source that goes to several targets is split by its weights in all its flows alike. A table with such a source is
"estimated", and a note among the findings names it; so does one on satellite accounts.

References
----------
Miller, R. E. & Blair, P. D. (2009) Input-Output Analysis, 2nd ed., ch. 4.9. doi:10.1017/CBO9780511626982
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lichen.economy.table import KINDS, Satellites, Table
from lichen.errors import EconomyError, Problem, Problems
from lichen.labelled import Array, Labels, match
from lichen.vocabulary.concordance import Concordance


def aggregate(table: Table, concordance: Concordance) -> Table:
    """Return the table in the target sectors of ``concordance``.

    Parameters
    ----------
    table
        Table of n sectors, the sources of the concordance (any order).
    concordance
        n sources, m targets.

    Returns
    -------
    Table
        Table of m sectors [unit/a]; treatment, final demand and value-added rows as they were.

    Raises
    ------
    LabelError
        If the table's sectors are not the sources.
    EconomyError
        If rows in different units would be added up, or the concordance has final users.
    """
    if concordance.final_users:
        problems = Problems()
        problems.add("concordance.final_users", names=list(concordance.final_users))
        problems.raise_if_errors(EconomyError)
    W = _weights(concordance, table.sectors)
    imported = table.imported_intermediate, table.imported_final
    split = _splits(W, table.sectors, table.output != 0)
    name = concordance.target or f"{len(concordance.target_labels)} sectors"
    return replace(
        table, sectors=concordance.target_labels, intermediate=W.T @ table.intermediate @ W,
        final_demand=W.T @ table.final_demand, value_added=table.value_added @ W, output=W.T @ table.output,
        sector_units=_units(table, concordance, W),
        imported_intermediate=None if imported[0] is None else W.T @ imported[0] @ W,
        imported_final=None if imported[1] is None else W.T @ imported[1],
        origin=table.origin.derived(
            f"aggregated from {table.n} sectors to {name}", classification=concordance.target,
            kind=max(table.origin.kind, "estimated", key=KINDS.index) if split else table.origin.kind,
        ),
        findings=(*table.findings, *split), copy=True,
    )  # fmt: skip


def aggregate_satellites(satellites: Satellites, concordance: Concordance) -> Satellites:
    """Return the accounts in the target sectors of ``concordance``.

    What goes to final users is added to their direct flows; these stay as they are otherwise.

    Raises
    ------
    LabelError
        If the sectors of the accounts are not the sources.
    """
    W = _weights(concordance, satellites.sectors)
    values = dict(zip(concordance.target_labels, (satellites.values @ W).T, strict=True))
    assert satellites.direct is not None
    direct = dict(zip(satellites.direct_labels, satellites.direct.T, strict=True))
    for label in concordance.final_users:
        direct[label] = direct.get(label, 0.0) + values.pop(label)
    m = len(satellites.accounts)
    return replace(
        satellites, sectors=tuple(values), values=np.reshape(list(values.values()), (len(values), m)).T,
        direct_labels=tuple(direct), direct=np.reshape(list(direct.values()), (len(direct), m)).T, copy=True,
        findings=(*satellites.findings, *_splits(W, satellites.sectors, np.asarray(satellites.values.any(axis=0)))),
    )  # fmt: skip


def _weights(concordance: Concordance, sectors: Labels) -> Array:
    """Return W ``(n, m)`` with its rows in the order of ``sectors``."""
    return concordance.weights[match(concordance.source_labels, sectors, "sources of the concordance")]


def _splits(W: Array, sectors: Labels, used: npt.NDArray[np.bool_]) -> tuple[Problem, ...]:
    """Return a note that names the sources that are not empty and go to several targets."""
    split = used & ((W != 0).sum(axis=1) > 1)
    problems = Problems()
    if split.any():
        names = [sectors[i] for i in np.flatnonzero(split)]
        problems.add("concordance.split", severity="note", names=names)
    return problems.as_tuple()


def _units(table: Table, concordance: Concordance, W: Array) -> tuple[str, ...]:
    """Return the unit of each target row; empty for a table in one unit."""
    if not table.hybrid:
        return ()
    problems, units = Problems(), []
    for j, target in enumerate(concordance.target_labels):
        found = list(dict.fromkeys(table.sector_units[i] for i in np.flatnonzero(W[:, j])))
        if len(found) > 1:
            problems.add("concordance.units_differ", target=target, units=found)
        units.append(found[0] if found else table.unit)
    problems.raise_if_errors(EconomyError)
    return tuple(units)
