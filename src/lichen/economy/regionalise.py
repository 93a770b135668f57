"""From a province to a city: location quotients, and the city's table made with them.

Textbook symbols: ``xr``, ``xn`` output (or employment) of region and nation, ``SLQ``, ``CILQ``, ``FLQ``, ``AFLQ``,
``λ``. A quotient below 1 says which part of an input the region supplies itself; the rest comes from outside.

References
----------
Miller, R. E. & Blair, P. D. (2009) Input-Output Analysis, 2nd ed., ch. 8. doi:10.1017/CBO9780511626982
Flegg, A. T. & Webber, C. D. (1997) Reg. Studies 31(8), 795-805: the revised FLQ used here.
McCann, P. & Dewhurst, J. H. Ll. (1998) Reg. Studies 32(5), 435-444: the case for specialisation.
Flegg, A. T. & Webber, C. D. (2000) Reg. Studies 34(6), 563-569: AFLQ.
Flegg, A. T. & Tohmo, T. (2013) Reg. Studies 47(5), 703-721. doi:10.1080/00343404.2011.592138: choice of δ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from lichen.economy.balance import Values, cited, vector
from lichen.economy.table import Kind, Role, Table, inverse_or_zero
from lichen.errors import EconomyError, Problems
from lichen.labelled import Array, frozen

Method = Literal["SLQ", "CILQ", "FLQ", "AFLQ"]
METHODS: tuple[Method, ...] = get_args(Method)
_STAYS: tuple[Role, ...] = ("consumption", "investment", "inventory")


def slq(xr: npt.ArrayLike, xn: npt.ArrayLike, labels: Sequence[str] = ()) -> Array:
    """Return the simple location quotient SLQ_i = (xr_i / Σ xr) / (xn_i / Σ xn).

    Parameters
    ----------
    xr, xn
        Output or employment of region and nation by sector ``(n,)``, one unit [unit/a], 0 or more.
    labels
        n labels for messages.

    Returns
    -------
    Array
        ``(n,)`` [-]; 0 where neither region nor nation has the sector.

    Raises
    ------
    EconomyError
        Negative values; a total of 0; a sector of the region that the nation does not have.
    """
    xr, xn = _sizes(xr, xn, labels)
    return np.asarray(xr / xr.sum() * inverse_or_zero(xn) * xn.sum())


def cilq(xr: npt.ArrayLike, xn: npt.ArrayLike, labels: Sequence[str] = ()) -> Array:
    """Return the cross-industry quotient CILQ_ij = SLQ_i / SLQ_j of supplier i and buyer j; SLQ_i on the diagonal.

    Parameters and errors as for :func:`slq`.

    Returns
    -------
    Array
        ``(n, n)`` [-]; 0 off the diagonal in the column of a buyer that the region does not have.
    """
    q = slq(xr, xn, labels)
    result = np.outer(q, inverse_or_zero(q))
    np.fill_diagonal(result, q)
    return result


def flq(xr: npt.ArrayLike, xn: npt.ArrayLike, delta: float = 0.3, labels: Sequence[str] = ()) -> Array:
    """Return Flegg's quotient FLQ_ij = λ CILQ_ij, λ = [log2(1 + Σ xr / Σ xn)]^δ: small regions import more.

    Parameters
    ----------
    xr, xn, labels
        As for :func:`slq`. Σ xr may not exceed Σ xn, so that λ is at most 1.
    delta
        δ [-], 0 ≤ δ < 1; with 0 it is CILQ. 0.3 is Flegg & Webber's (1997) approximation; Flegg & Tohmo
        (2013) estimate it from the region's size.

    Returns
    -------
    Array
        ``(n, n)`` [-].
    """
    return _size_factor(xr, xn, delta) * cilq(xr, xn, labels)


def aflq(xr: npt.ArrayLike, xn: npt.ArrayLike, delta: float = 0.3, labels: Sequence[str] = ()) -> Array:
    """Return the augmented quotient AFLQ_ij = FLQ_ij log2(1 + SLQ_j) where SLQ_j > 1, else FLQ_ij.

    Where the region is specialised in the buying sector j, suppliers of j are taken to be there too.
    Parameters as for :func:`flq`.
    """
    specialised = np.log2(1.0 + np.maximum(slq(xr, xn, labels), 1.0))
    return flq(xr, xn, delta, labels) * specialised


def _size_factor(xr: npt.ArrayLike, xn: npt.ArrayLike, delta: float) -> float:
    """Return λ [-] after checking δ and the totals."""
    region, nation = float(np.sum(xr)), float(np.sum(xn))
    problems = Problems()
    if not 0 <= delta < 1:
        problems.add("regionalise.delta", found=str(delta))
    if region > nation:
        problems.add("regionalise.total_larger", region=f"{region:.6g}", parent=f"{nation:.6g}")
    problems.raise_if_errors(EconomyError)
    return float(np.log2(1.0 + region / nation) ** delta) if nation else 0.0


def _sizes(xr: npt.ArrayLike, xn: npt.ArrayLike, labels: Sequence[str]) -> tuple[Array, Array]:
    n = (len(np.atleast_1d(np.asarray(xn))),)
    xr, xn = frozen(xr, n, "sizes of the region's sectors"), frozen(xn, n, "sizes of the parent's sectors")
    names = list(labels) if len(labels) == len(xn) else [str(i + 1) for i in range(len(xn))]
    problems = Problems()
    for what, values in (("region", xr), ("parent", xn)):
        if (values < 0).any():
            problems.add("regionalise.negative", what=what, names=[names[i] for i in np.flatnonzero(values < 0)])
        elif not values.sum() > 0:
            problems.add("regionalise.no_total", what=what)
    if (lost := (xr > 0) & (xn == 0)).any():
        problems.add("regionalise.not_in_parent", names=[names[i] for i in np.flatnonzero(lost)])
    problems.raise_if_errors(EconomyError)
    return xr, xn


def quotients(
    xr: npt.ArrayLike, xn: npt.ArrayLike, method: Method = "FLQ", delta: float = 0.3, labels: Sequence[str] = ()
) -> Array:
    """Return the share of each input that the region supplies, min(1, quotient), ``(n, n)`` [-]."""
    problems = Problems()
    if method not in METHODS:
        problems.add("regionalise.method", found=str(method), allowed=list(METHODS))
    problems.raise_if_errors(EconomyError)
    if method == "SLQ":
        q = slq(xr, xn, labels)
        return np.minimum(1.0, np.repeat(q[:, None], len(q), axis=1))
    if method == "CILQ":
        return np.minimum(1.0, cilq(xr, xn, labels))
    return np.minimum(1.0, (flq if method == "FLQ" else aflq)(xr, xn, delta, labels))


def regionalise(
    table: Table, output: Values, *, region: str, source: str, method: Method = "FLQ", delta: float = 0.3,
    final_share: float | Mapping[str, float] | None = None, year: int | None = None, kind: Kind = "estimated",
) -> Table:  # fmt: skip
    """Make the table of a region from the table of the larger area it lies in.

    Each sector is taken to need the parent's inputs and value added per unit of output (technical coefficients); the
    quotient, at most 1, says which part of an input is of local origin, the rest is imported. Final demand of residents
    is the parent's times a share; min(1, SLQ_i) of it is local. A sector cannot supply more than it makes: what is
    missing is imported, for final demand first, then for intermediate uses. What local users leave flows out.
    Negative cells (stocks drawn down) are split like the others and never cut: they add to what is there to supply.

    Parameters
    ----------
    table
        Parent's table "as published" (competitive), in money, columns balanced to 1e-6 [unit/a].
    output
        Output of the region by sector, or ``(n,)`` in the table's order [unit/a], 0 or more.
    region, source, year, kind
        For the origin of the result; the parent's source is cited too; the year is the parent's if not given.
    method, delta
        "SLQ", "CILQ", "FLQ" or "AFLQ"; δ [-] for the last two, 0 ≤ δ < 1.
    final_share
        Region's share of the parent's final demand [-], 0…1: one number, or one for each consumption, investment and
        inventory column. Default: the region's share of the parent's value added.

    Returns
    -------
    Table
        Treatment "domestic"; final demand: the parent's consumption, investment and inventory columns and ``outflow``;
        the parent's exports, imports, flows from and to other provinces and error do not carry over. Z + F adds up to
        output by rows, Z + imports + V by columns. Cuts are in ``findings``.

    Raises
    ------
    EconomyError
        A parent that is domestic, hybrid or unbalanced; negative output, or output where the parent has none; shares
        outside 0…1; unknown method, δ out of range.
    """
    x = vector(output, table.sectors, "output of the region")
    problems = _require_parent(table)
    local = quotients(x, table.output, method, delta, table.sectors)
    if (larger := x > table.output * (1 + 1e-9)).any():
        names = [table.sectors[i] for i in np.flatnonzero(larger)]
        problems.add("regionalise.larger", severity="warning", names=names)
    growth = x * inverse_or_zero(table.output)
    needs = table.intermediate * growth
    added = _closing_value_added(table) * growth
    wanted, labels, roles, words = _resident_demand(table, added, final_share)
    supply = _supplied(x, local * needs, np.minimum(1.0, slq(x, table.output))[:, None] * wanted, table.sectors)
    left = np.maximum(0.0, x - supply.intermediate.sum(axis=1) - supply.final.sum(axis=1))  # below 0 by rounding only
    outflow = "outflow" if "outflow" not in labels else "outflow (rest)"
    what = (
        f"{region} from {table.origin.region or 'its parent'} by {method}"
        + (f" (δ = {delta:g})" if "FLQ" in method else "")
        + f", capped at 1, technology of the parent; final demand of residents: {words}; local supply at most output"
    )
    return replace(
        table, intermediate=supply.intermediate, final_demand=np.column_stack([supply.final, left]),
        final_labels=(*labels, outflow), final_roles=(*roles, "outflow"), value_added=added, output=x,
        treatment="domestic", imported_intermediate=needs - supply.intermediate,
        imported_final=np.column_stack([wanted - supply.final, np.zeros(table.n)]),
        origin=table.origin.derived(
            what, region=region, year=table.origin.year if year is None else year, kind=kind,
            source=cited(table, source),
        ),
        findings=(*table.findings, *problems, *supply.problems), copy=True,
    )  # fmt: skip


def _require_parent(table: Table) -> Problems:
    problems = Problems()
    if table.treatment != "as published":
        problems.add("regionalise.treatment", found=table.treatment)
    if table.hybrid:
        problems.add("regionalise.hybrid")
    gap = table.intermediate.sum(axis=0) + table.value_added.sum(axis=0) - table.output
    bad = (np.abs(gap) > 1e-6 * np.abs(table.output)) & (table.output != 0)
    if bad.any() and not table.hybrid:
        problems.add("regionalise.parent_unbalanced", names=[table.sectors[i] for i in np.flatnonzero(bad)])
    problems.raise_if_errors(EconomyError)
    return problems


def _closing_value_added(table: Table) -> Array:
    """Return V ``(p, n)`` scaled by the rounding that keeps the parent's columns from adding up exactly."""
    wanted = table.output - table.intermediate.sum(axis=0)
    return np.asarray(table.value_added * np.where(
        table.value_added.sum(axis=0) != 0, wanted * inverse_or_zero(table.value_added.sum(axis=0)), 1.0
    ))  # fmt: skip


def _resident_demand(
    table: Table, added: Array, final_share: float | Mapping[str, float] | None
) -> tuple[Array, tuple[str, ...], tuple[Role, ...], str]:
    """Return residents' final demand of any origin ``(n, k')``, its labels and roles, and in words how it was made."""
    stays = table.columns(*_STAYS)
    labels = tuple(table.final_labels[j] for j in stays)
    roles = tuple(table.final_roles[j] for j in stays)
    problems = Problems()
    if final_share is None:
        share = float(added.sum() / table.value_added.sum()) if table.value_added.sum() else np.nan
        if not 0 <= share <= 1:
            problems.add("regionalise.default_share", share=f"{share:.6g}")
        shares = np.full(len(stays), share)
        words = f"the parent's × {share:.6g}, the region's share of value added"
    else:
        given = final_share if isinstance(final_share, Mapping) else dict.fromkeys(labels, final_share)
        shares = vector(given, labels, "shares of final demand")
        bad = [f"{name}: {value:g}" for name, value in zip(labels, shares, strict=True) if not 0 <= value <= 1]
        if bad:
            problems.add("regionalise.share", shares=bad)
        words = "the parent's × " + ", ".join(f"{s:.6g} ({n})" for n, s in zip(labels, shares, strict=True))
    problems.raise_if_errors(EconomyError)
    return table.final_demand[:, stays] * shares, labels, roles, words


@dataclass(frozen=True, eq=False)
class _Supply:
    intermediate: Array
    final: Array
    problems: Problems


def _supplied(x: Array, Z: Array, F: Array, sectors: Sequence[str]) -> _Supply:
    """Cut what local users get of each sector to what it makes: final demand first, then intermediate uses."""
    problems = Problems()
    blocks = {"final": F, "intermediate": Z}
    for name in ("final", "intermediate"):
        block = blocks[name]
        excess = blocks["intermediate"].sum(axis=1) + blocks["final"].sum(axis=1) - x
        room = np.maximum(block, 0.0).sum(axis=1)
        cut = np.divide(np.clip(excess, 0.0, room), room, out=np.zeros_like(room), where=room > 0)
        blocks[name] = block - np.maximum(block, 0.0) * cut[:, None]
        if (short := cut > 1e-9).any():
            names = [sectors[int(i)] for i in np.flatnonzero(short)]
            problems.add(f"regionalise.{name}_cut", severity="warning", count=len(names), names=names)
    return _Supply(blocks["intermediate"], blocks["final"], problems)
