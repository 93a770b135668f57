"""Balancing: RAS and GRAS to given margins, and the table of another year as a GRAS update.

Textbook symbols: ``Z0`` starting matrix, ``u``, ``v`` row and column margins, ``r``, ``s`` multipliers; ``P`` and ``N``
the positive part of ``Z0`` and the size of its negative part, so that Z = r̂ P ŝ − r̂⁻¹ N ŝ⁻¹.

References
----------
Stone, R. (1961) Input-Output and National Accounts. OECD: RAS.
Junius, T. & Oosterhaven, J. (2003) Econ. Syst. Res. 15(1), 87-96. doi:10.1080/0953531032000056954
Lenzen, M., Wood, R. & Gallego, B. (2007) Econ. Syst. Res. 19(4), 461-465. doi:10.1080/09535310601020850
Temurshoev, U., Miller, R. E. & Bouwmeester, M. C. (2013) Econ. Syst. Res. 25(3), 361-367.
    doi:10.1080/09535314.2012.746645: rows and columns with only negatives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lichen.economy.table import ENTERING, Table, inverse_or_zero
from lichen.errors import EconomyError, Problem, Problems
from lichen.labelled import Array, aligned, frozen

TOTALS_TOLERANCE = 1e-9
"""Relative difference of the two totals that is taken for rounding and spread over the columns."""
_NEWTON_EVERY, _NEWTON_SIZE = 20, 1000


@dataclass(frozen=True, eq=False)
class Balanced:
    """A matrix that meets its margins.

    Parameters
    ----------
    matrix
        Z ``(n, m)`` [unit of the margins].
    r, s
        Row multipliers ``(n,)`` and column multipliers ``(m,)`` [-]; a positive cell is multiplied by ``r_i s_j``, a
        negative one divided by it. They are unique up to a factor. 0 marks a line that its margin 0 sets to zero.
    iterations
        Number of sweeps over rows and columns.
    residual
        Largest |margin met − margin wanted| of all lines, relative to the sum of the line's absolute cells [-].
    """

    matrix: Array
    r: Array
    s: Array
    iterations: int
    residual: float


def ras(
    Z0: npt.ArrayLike, u: npt.ArrayLike, v: npt.ArrayLike, *, rows: Sequence[str] = (), columns: Sequence[str] = (),
    tolerance: float = 1e-12, max_iterations: int = 2000,
) -> Balanced:  # fmt: skip
    """Balance a matrix without negatives to margins: Z = r̂ Z0 ŝ. To update A0, give ``A0 * x`` and divide by ``x``.

    Parameters and errors are those of :func:`gras`; negative cells are refused.
    """
    Z = np.asarray(Z0, dtype=float)
    if Z.ndim == 2 and (Z < 0).any():
        names = (_names(rows, Z.shape[0]), _names(columns, Z.shape[1]))
        cells = [f"{names[0][i]} × {names[1][j]}" for i, j in np.argwhere(Z < 0)]
        problems = Problems()
        problems.add("balance.negative_cells", cells=cells)
        problems.raise_if_errors(EconomyError)
    return gras(Z0, u, v, rows=rows, columns=columns, tolerance=tolerance, max_iterations=max_iterations)


def gras(
    Z0: npt.ArrayLike, u: npt.ArrayLike, v: npt.ArrayLike, *, rows: Sequence[str] = (), columns: Sequence[str] = (),
    tolerance: float = 1e-12, max_iterations: int = 2000,
) -> Balanced:  # fmt: skip
    """Balance a matrix with cells of any sign to margins, with the least loss of information.

    Zero cells stay zero and no cell changes its sign. Rows and columns are scaled in turn; where that is slow, Newton
    steps on the same (convex) problem help. A line of one sign with margin 0 becomes zero.

    Parameters
    ----------
    Z0
        Starting matrix ``(n, m)``, any unit, e.g. flows [unit/a]; finite.
    u, v
        Wanted row sums ``(n,)`` and column sums ``(m,)`` [unit/a]. Their totals must agree to 1e-9 relative; a smaller
        difference is rounding and is spread over the columns.
    rows, columns
        Labels for messages; numbers from 1 if not given.
    tolerance
        Largest residual accepted, relative to the sum of a line's absolute cells [-]; 1e-15 … 1e-3.
    max_iterations
        Number of sweeps after which it is given up.

    Raises
    ------
    EconomyError
        Totals that differ; a margin on a line without cells; a sign that cannot be reached; no convergence, naming the
        worst lines.
    """
    Z, u, v = _finite_problem(Z0, u, v)
    names = (_names(rows, len(u)), _names(columns, len(v)))
    v = _same_total(u, v)
    open_cells, shut_rows, shut_columns = _without_forced_zeros(Z, u, v)
    _require_reachable(open_cells, u, v, names)
    P, N = np.maximum(open_cells, 0.0), np.maximum(-open_cells, 0.0)
    r, s, iterations = _scaled(P, N, u, v, tolerance, max_iterations)
    with np.errstate(over="ignore", invalid="ignore"):
        matrix = r[:, None] * P * s - N / r[:, None] / s
    residual = _require_margins(matrix, u, v, tolerance, iterations, names)
    result = Balanced(matrix, np.where(shut_rows, 0.0, r), np.where(shut_columns, 0.0, s), iterations, residual)
    for array in (result.matrix, result.r, result.s):
        array.flags.writeable = False
    return result


def _finite_problem(Z0: npt.ArrayLike, u: npt.ArrayLike, v: npt.ArrayLike) -> tuple[Array, Array, Array]:
    n, m = np.shape(u)[:1] or (0,), np.shape(v)[:1] or (0,)
    return frozen(Z0, n + m, "matrix to balance"), frozen(u, n, "row margins"), frozen(v, m, "column margins")


def _names(labels: Sequence[str], n: int) -> Sequence[str]:
    return labels if len(labels) == n else [str(i + 1) for i in range(n)]


def _same_total(u: Array, v: Array) -> Array:
    """Return ``v`` with the total of ``u``; the two may differ by rounding only."""
    gap, size = u.sum() - v.sum(), np.abs(v).sum()
    if abs(gap) > TOTALS_TOLERANCE * max(size, np.abs(u).sum()):
        problems = Problems()
        problems.add("balance.totals_differ", rows=f"{u.sum():.12g}", columns=f"{v.sum():.12g}")
        problems.raise_if_errors(EconomyError)
    return np.asarray(v + gap * (np.abs(v) / size)) if size else v


def _without_forced_zeros(Z: Array, u: Array, v: Array) -> tuple[Array, Array, Array]:
    """Return Z without the lines of one sign whose margin is 0, and which rows and columns these are."""
    Z = Z.copy()
    rows, columns = np.zeros(len(u), dtype=bool), np.zeros(len(v), dtype=bool)
    while True:
        positive, negative = Z > 0, Z < 0
        new_rows = (u == 0) & (positive.any(axis=1) != negative.any(axis=1))
        new_columns = (v == 0) & (positive.any(axis=0) != negative.any(axis=0))
        if not new_rows.any() and not new_columns.any():
            return Z, rows, columns
        Z[new_rows] = 0.0
        Z[:, new_columns] = 0.0
        rows, columns = rows | new_rows, columns | new_columns


def _require_reachable(Z: Array, u: Array, v: Array, names: tuple[Sequence[str], Sequence[str]]) -> None:
    """Raise EconomyError naming the lines whose margin no positive multipliers can reach."""
    problems = Problems()
    for axis, (side, margin) in enumerate((("rows", u), ("columns", v))):
        positive, negative = (Z > 0).any(axis=1 - axis), (Z < 0).any(axis=1 - axis)
        empty = (margin != 0) & ~positive & ~negative
        sign = ((margin > 0) & ~positive | (margin < 0) & ~negative) & ~empty
        for fault, which in (("empty", empty), ("sign", sign)):
            if which.any():
                problems.add(f"balance.{fault}_{side}", names=[names[axis][int(i)] for i in np.flatnonzero(which)])
    problems.raise_if_errors(EconomyError)


def _multiplier(p: Array, n: Array, u: Array) -> Array:
    """Return the positive root of p m² − u m − n = 0, without cancellation; 1 where p = n = 0."""
    root = np.hypot(u, 2.0 * np.sqrt(p) * np.sqrt(n))
    above = np.where(u >= 0, u + root, 2.0 * n)
    below = np.where(u >= 0, 2.0 * p, root - u)
    return np.divide(above, below, out=np.ones_like(above), where=below > 0)


def _sweep(P: Array, N: Array, u: Array, v: Array, s: Array) -> tuple[Array, Array, float]:
    """Scale rows, then columns; return both multipliers and the largest relative residual of the rows."""
    r = _multiplier(P @ s, N @ (1.0 / s), u)
    s = _multiplier(r @ P, (1.0 / r) @ N, v)
    plus, minus = r * (P @ s), (N @ (1.0 / s)) / r
    gross = plus + minus
    return r, s, float(np.max(np.abs(plus - minus - u) / np.where(gross > 0, gross, 1.0), initial=0.0))


def _scaled(P: Array, N: Array, u: Array, v: Array, tolerance: float, max_iterations: int) -> tuple[Array, Array, int]:
    """Return r, s and the number of sweeps; stops without complaint when it must give up."""
    r, s, residual = np.ones(len(u)), np.ones(len(v)), np.inf
    with np.errstate(all="ignore"):
        for iteration in range(1, max_iterations + 1):
            r, s, residual = _sweep(P, N, u, v, s)
            if residual <= 0.5 * tolerance or not np.isfinite(residual):
                return r, s, iteration
            if iteration % _NEWTON_EVERY == 0 and len(u) + len(v) <= _NEWTON_SIZE:
                near = _sweep(P, N, u, v, s * _newton(P, N, u, v, r, s))
                if near[2] < residual and np.isfinite(near[0]).all() and np.isfinite(near[1]).all():
                    r, s, residual = near
    return r, s, max_iterations


def _newton(P: Array, N: Array, u: Array, v: Array, r: Array, s: Array) -> Array:
    """Return the factor of a Newton step for ``s`` in log r, log s, where the problem is convex."""
    plus, minus = r[:, None] * P * s, N / r[:, None] / s
    W, Z = plus + minus, plus - minus
    H = np.block([[np.diag(W.sum(axis=1)), W], [W.T, np.diag(W.sum(axis=0))]])
    diagonal = np.einsum("ii->i", H)
    diagonal *= 1.0 + 1e-10  # log r + c, log s − c is the same matrix: the shift picks one
    diagonal[diagonal == 0] = 1.0
    gradient = np.concatenate([Z.sum(axis=1) - u, Z.sum(axis=0) - v])
    try:
        step = np.linalg.solve(H, -gradient)
    except np.linalg.LinAlgError:
        return np.ones_like(s)
    return np.asarray(np.exp(np.clip(step[len(u) :], -3.0, 3.0)))


def _require_margins(
    Z: Array, u: Array, v: Array, tolerance: float, iterations: int, names: tuple[Sequence[str], Sequence[str]]
) -> float:
    """Return the largest relative residual; raise EconomyError with the worst lines if it is above ``tolerance``."""
    gaps = []
    for axis, margin in enumerate((u, v)):
        gross = np.maximum(np.abs(Z).sum(axis=1 - axis), np.abs(margin))
        gap = np.abs(Z.sum(axis=1 - axis) - margin) / np.where(gross > 0, gross, 1.0)
        gaps.append(np.where(np.isfinite(gap), gap, np.inf))
    residual = float(max(gap.max(initial=0.0) for gap in gaps))
    if residual > tolerance:
        worst = [
            [f"{names[a][i]} ({gap[i]:.1e})" for i in np.argsort(-gap, kind="stable")[:5] if gap[i] > tolerance] or "–"
            for a, gap in enumerate(gaps)
        ]
        problems = Problems()
        problems.add(
            "balance.not_converged", iterations=iterations, residual=f"{residual:.1e}", rows=worst[0], columns=worst[1]
        )
        problems.raise_if_errors(EconomyError)
    return residual


Values = Mapping[str, float] | npt.ArrayLike
"""Values by label, or an array in the order of the labels."""


def vector(values: Values, labels: Sequence[str], what: str) -> Array:
    """Return ``values`` in the order of ``labels`` ``(len(labels),)``; a mapping must have exactly these labels."""
    return aligned(values, labels, what) if isinstance(values, Mapping) else frozen(values, (len(labels),), what)


def update_table(
    table: Table, output: Values, *, year: int, source: str, final_totals: Values | None = None,
    value_added_totals: Values | None = None, tolerance: float = 1e-12,
) -> Table:  # fmt: skip
    """Estimate the table of another year: a GRAS update of [Z F; V 0] to new outputs, as rows and as columns.

    Parameters
    ----------
    table
        Table of the base year in one unit of money, either treatment. Imported flows, where it keeps them apart, are
        rows between Z and V; their row totals are scaled by the ratio of total outputs.
    output
        New output by sector, or ``(n,)`` in the table's order [table's unit/a], 0 or more. A sector with output 0 gets
        a column of zeros; its row becomes zero too, unless it holds imports: then its uses stay, met by imports.
    year, source
        Year of the new table and source of the new outputs, cited beside the table's.
    final_totals
        Totals of the final-demand columns, by label or ``(k,)`` [unit/a], imports negative. Default: those of the table
        times the ratio of total outputs (or, where value added is given, in the same proportions to its total).
    value_added_totals
        Totals of the value-added rows, by label or ``(p,)`` [unit/a]. Default: value added is updated as one row, to
        the total of final demand, and split in each column as in the base table. Row by row a loss (a negative cell)
        would grow where a sector shrinks, since GRAS moves cells of opposite sign in opposite directions.
    tolerance
        Largest relative residual [-].

    Returns
    -------
    Table
        Of kind "estimated", with what was done in the note of its origin.

    Raises
    ------
    EconomyError
        A hybrid table; negative outputs; sectors with output and no structure; margins that cannot be met.

    References
    ----------
    See the module; Miller & Blair (2009) ch. 7 for what such updates can and cannot tell. doi:10.1017/CBO9780511626982
    """
    if value_added_totals is None and len(table.value_added_labels) > 1:
        whole = replace(table, value_added=table.value_added.sum(axis=0, keepdims=True), value_added_labels=("all",))
        made = update_table(
            whole,
            vector(output, table.sectors, "new output"),
            year=year,
            source=source,
            final_totals=final_totals,
            value_added_totals=None,
            tolerance=tolerance,
        )
        return _with_parts_of(table, made)
    x = vector(output, table.sectors, "new output")
    _require_updatable(table, x)
    n, k = table.n, len(table.final_labels)
    block, findings = _block(table, x)
    final, extra, how = _other_margins(table, x, final_totals, value_added_totals)
    imports = [f"imported {s}" for s in table.sectors] if table.imported_intermediate is not None else []
    result = gras(
        block, np.concatenate([x, extra]), np.concatenate([x, final]), tolerance=tolerance,
        rows=[*table.sectors, *imports, *table.value_added_labels], columns=[*table.sectors, *table.final_labels],
    )  # fmt: skip
    Z, m = result.matrix, n + len(imports)
    what = (
        f"estimated for {year}: GRAS update of [Z F; V 0] of {table.origin.year or 'the base year'} to new outputs "
        f"({source}) as row and column totals, {how}; {result.iterations} sweeps, residual {result.residual:.0e}"
    )
    return replace(
        table, intermediate=Z[:n, :n], final_demand=Z[:n, n:], value_added=Z[m:, :n], output=x,
        imported_intermediate=Z[n:m, :n] if imports else None,
        imported_final=Z[n:m, n : n + k] if imports and table.imported_final is not None else None,
        origin=table.origin.derived(what, year=year, kind="estimated", source=cited(table, source)),
        findings=(*table.findings, *findings), copy=True,
    )  # fmt: skip


def cited(table: Table, source: str) -> str:
    """Return the table's source and a further one."""
    return "; ".join(dict.fromkeys(s for s in (table.origin.source, source) if s))


def _with_parts_of(table: Table, made: Table) -> Table:
    """Return ``made``, which has value added in one row, with the rows of ``table`` in its proportions by column."""
    parts = table.value_added * inverse_or_zero(table.value_added.sum(axis=0))
    return replace(
        made, value_added=parts * made.value_added, value_added_labels=table.value_added_labels,
        origin=made.origin.derived("value added updated as a whole, its parts in each column as in the base table"),
    )  # fmt: skip


def _require_updatable(table: Table, x: Array) -> None:
    problems = Problems()
    if table.hybrid:
        problems.add("balance.hybrid")
    if (x < 0).any():
        problems.add("balance.negative_output", names=[table.sectors[i] for i in np.flatnonzero(x < 0)])
    uses = (table.intermediate > 0).any(axis=1) | (table.final_demand > 0).any(axis=1)
    inputs = (_columns(table) > 0).any(axis=0)
    lost = (x > 0) & ~(uses & inputs)
    if lost.any():
        problems.add("balance.no_structure", names=[table.sectors[i] for i in np.flatnonzero(lost)])
    problems.raise_if_errors(EconomyError)


def _imported(table: Table) -> list[Array]:
    return [] if table.imported_intermediate is None else [table.imported_intermediate]


def _columns(table: Table) -> Array:
    """Return Z, imported flows and V above each other ``(n [+ n] + p, n)``."""
    return np.vstack([table.intermediate, *_imported(table), table.value_added])


def _block(table: Table, x: Array) -> tuple[Array, list[Problem]]:
    """Return [Z F; (imported); V 0] with the columns and rows of closed sectors shut, and what is worth knowing."""
    n, k = table.n, len(table.final_labels)
    right = [table.final_demand]
    if table.imported_intermediate is not None:
        right.append(np.zeros((n, k)) if table.imported_final is None else table.imported_final)
    block = np.hstack([_columns(table), np.vstack([*right, np.zeros((len(table.value_added_labels), k))])])
    closed = np.flatnonzero(x == 0)
    block[:, closed] = 0.0
    entering = [n + j for j in table.columns(*ENTERING)]
    met = [i for i in closed if (block[i, entering] < 0).any() and (block[i] > 0).any()]
    shut = [i for i in closed if i not in met]
    block[shut] = 0.0
    was = [i for i in shut if table.output[i] != 0]
    problems = Problems()
    for code, which in (("balance.closed", was), ("balance.met_by_imports", met)):
        if which:
            problems.add(code, severity="note", names=[table.sectors[i] for i in which])
    return block, list(problems)


def _other_margins(
    table: Table, x: Array, final_totals: Values | None, value_added_totals: Values | None
) -> tuple[Array, Array, str]:
    """Return totals of final demand ``(k,)``, of imported rows and value added, and in words how they were set."""
    ratio = x.sum() / table.output.sum()
    final0, added0 = table.final_demand.sum(axis=0), table.value_added.sum(axis=1)
    imports = np.zeros(0)
    if table.imported_intermediate is not None:
        imports = table.imported_intermediate.sum(axis=1) * ratio
        if table.imported_final is not None:
            final0 = final0 + table.imported_final.sum(axis=0)
            imports = imports + table.imported_final.sum(axis=1) * ratio
    added = final = None
    if value_added_totals is not None:
        added = vector(value_added_totals, table.value_added_labels, "value-added totals")
    if final_totals is not None:
        final = vector(final_totals, table.final_labels, "final-demand totals")
        words = "final-demand totals given"
    else:
        factor = ratio if added is None or not final0.sum() else (added.sum() + imports.sum()) / final0.sum()
        final, words = final0 * factor, f"final-demand totals × {factor:.6g}"
    if added is not None:
        words += ", value-added totals given"
    else:
        factor = (final.sum() - imports.sum()) / added0.sum() if added0.sum() else ratio
        added, words = added0 * factor, f"{words}, value-added totals × {factor:.6g}"
    if len(imports):
        words += f", imported rows × {ratio:.6g}"
    return final, np.concatenate([imports, added]), words
