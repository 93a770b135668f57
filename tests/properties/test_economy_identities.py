"""Identities that hold for any table."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lichen.economy.aggregate import aggregate, aggregate_satellites
from lichen.economy.balance import gras, update_table
from lichen.economy.decomposition import footprint, footprint_factors, lmdi, structural
from lichen.economy.hybrid import with_physical_row
from lichen.economy.leontief import Leontief
from lichen.economy.paths import structural_paths
from lichen.economy.regionalise import METHODS, regionalise
from lichen.economy.table import Satellites, Table
from lichen.economy.treatment import domestic
from lichen.testing import assert_balanced
from lichen.vocabulary.concordance import Concordance

RELAXED = settings(deadline=None, max_examples=60)
SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(2, 12)


def competitive(seed: int, n: int, density: float = 0.6) -> Table:
    """Return a balanced competitive table with stocks of both signs and imports below domestic use."""
    rng = np.random.default_rng(seed)
    A = rng.random((n, n)) * (rng.random((n, n)) < density)
    A *= rng.uniform(0.1, 0.9, n) / np.maximum(A.sum(axis=0), 1e-9)
    homes, stocks, exports = rng.random(n) + 0.1, rng.normal(0, 0.02, n), rng.random(n) + 0.1
    m = rng.random(n) * 0.8
    x = np.linalg.solve(np.eye(n) - (1 - m)[:, None] * A, (1 - m) * (homes + stocks) + exports)
    Z = A * x
    F = np.column_stack([homes, stocks, exports, -m * (Z.sum(axis=1) + homes + stocks)])
    added = (x - Z.sum(axis=0)) * rng.dirichlet((1, 1), n).T
    return Table(
        tuple(f"s{i}" for i in range(n)), Z, F, ("homes", "stocks", "exports", "imports"),
        ("consumption", "inventory", "export", "import"), added, ("wages", "surplus"), x, unit="USD",
    )  # fmt: skip


def permuted(table: Table, order: np.ndarray) -> Table:
    return replace(
        table, sectors=tuple(table.sectors[i] for i in order), intermediate=table.intermediate[np.ix_(order, order)],
        final_demand=table.final_demand[order], value_added=table.value_added[:, order], output=table.output[order],
    )  # fmt: skip


@RELAXED
@given(SEEDS, st.integers(1, 9), st.integers(1, 9), st.floats(0, 0.6))
def test_gras_meets_margins_and_keeps_zeros_and_signs(seed, n, m, negatives):
    rng = np.random.default_rng(seed)
    Z0 = rng.lognormal(0, 2, (n, m)) * (rng.random((n, m)) < 0.7) * np.where(rng.random((n, m)) < negatives, -1, 1)
    factor = np.outer(rng.lognormal(0, 1, n), rng.lognormal(0, 1, m))
    target = np.where(Z0 > 0, Z0 * factor, Z0 / factor)
    u, v = target.sum(axis=1), target.sum(axis=0)
    result = gras(Z0, u, v)
    size = np.abs(result.matrix)
    assert (np.abs(result.matrix.sum(axis=1) - u) <= 1e-11 * size.sum(axis=1)).all()
    assert (np.abs(result.matrix.sum(axis=0) - v) <= 1e-11 * size.sum(axis=0)).all()
    assert (np.sign(result.matrix) == np.sign(Z0)).all()
    np.testing.assert_allclose(result.matrix, target, rtol=1e-5, atol=1e-7 * np.abs(target).max(initial=0.0))


@RELAXED
@given(SEEDS, SIZES)
def test_an_update_balances(seed, n):
    rng = np.random.default_rng(seed)
    table = competitive(seed, n, density=1.0)  # with few cells, margins can be out of reach
    new = update_table(table, table.output * rng.uniform(0.8, 1.25, n), year=1, source="s")
    assert_balanced(new, 1e-10)
    assert ((new.intermediate == 0) == (table.intermediate == 0)).all()


@RELAXED
@given(SEEDS, SIZES)
def test_the_order_of_rows_does_not_matter(seed, n):
    rng = np.random.default_rng(seed)
    order, table = rng.permutation(n), competitive(seed, n, density=1.0)
    other, x = permuted(table, order), table.output * rng.uniform(0.4, 0.6, n)
    for change in (
        lambda t, y: update_table(t, y, year=1, source="s"),
        lambda t, y: regionalise(t, y, region="R", source="s"),
        lambda t, y: domestic(t),
    ):
        one, two = change(table, x), change(other, dict(zip(table.sectors, x, strict=True)))
        for block in ("intermediate", "final_demand"):
            first = getattr(one, block)[order]
            first = first[:, order] if block == "intermediate" else first
            np.testing.assert_allclose(getattr(two, block), first, rtol=1e-6, atol=1e-9)


@RELAXED
@given(SEEDS, SIZES, st.integers(1, 4))
def test_aggregation_keeps_totals(seed, n, m):
    assume(m <= n)
    rng = np.random.default_rng(seed)
    W = rng.dirichlet(np.full(m, 0.5), n)
    table = domestic(competitive(seed, n))
    join = Concordance(table.sectors, tuple(f"t{j}" for j in range(m)), W)
    after = aggregate(table, join)
    assert_balanced(after, 1e-10)
    for block in ("intermediate", "final_demand", "value_added", "imported_intermediate"):
        np.testing.assert_allclose(getattr(after, block).sum(), getattr(table, block).sum())
    accounts = Satellites(("CO2",), ("",), ("t",), table.sectors, rng.random((1, n)))
    np.testing.assert_allclose(aggregate_satellites(accounts, join).values.sum(), accounts.values.sum())


@RELAXED
@given(SEEDS, SIZES)
def test_decompositions_add_up(seed, n):
    years = []
    for i in range(2):
        table = competitive(seed + i, n)
        system = Leontief(table.intermediate, table.output)
        S = np.random.default_rng(seed + i).random((2, n))
        years.append(footprint_factors(S, system.inverse(), table.final_demand[:, [0, 2]]))
    for method in ("mean", "polar"):
        result = structural(*years, combine=footprint, method=method)
        scale = np.abs(result.effects).sum()
        np.testing.assert_allclose(result.effects.sum(axis=0), result.change, atol=1e-12 * scale)


@RELAXED
@given(st.lists(st.tuples(*[st.floats(0, 1e6)] * 6), min_size=1, max_size=8))
def test_lmdi_adds_up_with_zeros(cells):
    values = np.where(np.array(cells) < 1e-6, 0.0, cells)
    first = dict(zip("abc", values[:, :3].T, strict=True))
    last = dict(zip("abc", values[:, 3:].T, strict=True))
    result = lmdi(first, last)
    np.testing.assert_allclose(result.effects.sum(axis=0), result.change, rtol=1e-9, atol=1e-9 * values.max() ** 3)


@RELAXED
@given(SEEDS, SIZES, st.floats(1e-5, 1e-2))
def test_paths_and_remainder_are_the_total(seed, n, threshold):
    table, rng = domestic(competitive(seed, n)), np.random.default_rng(seed)
    system, s, f = Leontief(table.intermediate, table.output), rng.random(n), table.final_total()
    paths = structural_paths(system, table.coefficients(), s, f, table.sectors, threshold=threshold, max_paths=200)
    total = s @ system.solve(np.array(f))
    np.testing.assert_allclose(paths.contributions.sum() + paths.remainder, total)
    assert paths.coverage <= 1 + 1e-9 or (f < 0).any()


@RELAXED
@given(SEEDS, SIZES, st.integers(0, 3))
def test_a_low_rank_update_is_a_new_solve(seed, n, k):
    table, rng = competitive(seed, n), np.random.default_rng(seed)
    A, columns = table.coefficients(), rng.choice(n, min(k, n), replace=False)
    dA = -A[:, columns] * rng.random((n, len(columns)))
    changed = A.copy()
    changed[:, columns] += dA
    updated = Leontief(table.intermediate, table.output).updated(columns, dA)
    fresh = Leontief(changed, np.ones(n))
    f = rng.random(n)
    np.testing.assert_allclose(updated.solve(f), fresh.solve(f), rtol=1e-8)
    np.testing.assert_allclose(updated.solve_transposed(f), fresh.solve_transposed(f), rtol=1e-8)


@RELAXED
@given(SEEDS, SIZES, st.booleans())
def test_domestic_tables_balance(seed, n, reexports):
    table = competitive(seed, n)
    after = domestic(table, reexports)
    assert_balanced(after, 1e-10)
    assert (after.intermediate >= 0).all()
    np.testing.assert_allclose(
        after.imported_intermediate.sum() + after.imported_final.sum(), -table.final_demand[:, 3].sum()
    )


@RELAXED
@given(SEEDS, SIZES, st.sampled_from(METHODS), st.floats(0, 0.9), st.floats(0, 1))
def test_regionalised_tables_balance(seed, n, method, delta, share):
    table, rng = competitive(seed, n), np.random.default_rng(seed)
    x = table.output * rng.random(n) * (rng.random(n) < 0.9)
    assume(x.sum() > 0)
    after = regionalise(table, x, region="R", source="s", method=method, delta=delta, final_share=share)
    assert_balanced(after, 1e-12)
    np.testing.assert_allclose(
        x, after.intermediate.sum(axis=0) + after.imported_intermediate.sum(axis=0) + after.value_added.sum(axis=0)
    )
    final, imported = after.final_demand[:, [0, 2]], after.imported_final[:, [0, 2]]
    for block in (after.intermediate, after.imported_intermediate, final, imported):
        assert (block >= 0).all()


@RELAXED
@given(SEEDS, SIZES, st.floats(1e-3, 1e3))
def test_a_physical_row_at_one_price_changes_nothing_in_money(seed, n, price):
    table = competitive(seed, n)
    hybrid = with_physical_row(
        table, "s0", table.intermediate[0] / price, table.final_demand[0] / price, table.output[0] / price, "t"
    )
    unit = np.ones(n)
    unit[0] = price
    f = np.random.default_rng(seed).random(n)
    one = Leontief(table.intermediate, table.output).solve(f)
    two = Leontief(hybrid.intermediate, hybrid.output).solve(f / unit)
    np.testing.assert_allclose(two * unit, one, rtol=1e-8)
