"""RAS, GRAS and the table of another year."""

from dataclasses import replace

import numpy as np
import pytest

from lichen.economy.balance import gras, ras, update_table
from lichen.economy.table import Origin, Table
from lichen.economy.treatment import domestic
from lichen.errors import EconomyError, LabelError
from lichen.testing import assert_balanced, small_table


def code_of(error) -> str:
    return error.value.problems[0].code


def competitive() -> Table:
    """Return a competitive table of three sectors; the third is imported only."""
    Z = np.array([[20.0, 30.0, 0.0], [10.0, 40.0, 0.0], [5.0, 15.0, 0.0]])
    F = np.array([[40.0, -2.0, 20.0, -8.0], [50.0, 4.0, 6.0, -10.0], [2.0, 0.0, 0.0, -22.0]])
    x = Z.sum(axis=1) + F.sum(axis=1)
    return Table(
        ("farm", "works", "oil"), Z, F, ("households", "stocks", "exports", "imports"),
        ("consumption", "inventory", "export", "import"), (x - Z.sum(axis=0))[None, :] * np.array([[0.7], [0.3]]),
        ("wages", "surplus"), x, unit="USD", origin=Origin("Land", 2007, source="s"),
    )  # fmt: skip


def test_ras_meets_margins_and_keeps_zeros():
    Z0 = np.array([[1.0, 0.0, 2.0], [3.0, 4.0, 0.0]])
    result = ras(Z0, (10, 20), (9, 15, 6))
    np.testing.assert_allclose(result.matrix.sum(axis=1), (10, 20), rtol=1e-12)
    np.testing.assert_allclose(result.matrix.sum(axis=0), (9, 15, 6), rtol=1e-12)
    assert ((result.matrix == 0) == (Z0 == 0)).all()
    np.testing.assert_allclose(result.matrix, result.r[:, None] * Z0 * result.s)
    assert result.residual <= 1e-12
    assert result.iterations >= 1
    assert not result.matrix.flags.writeable


def test_a_balanced_matrix_stays():
    Z0 = np.array([[1.0, -2.0], [3.0, 4.0]])
    result = gras(Z0, Z0.sum(axis=1), Z0.sum(axis=0))
    np.testing.assert_allclose(result.matrix, Z0, rtol=1e-11)


def test_gras_with_an_only_negative_row():
    Z0 = np.array([[-1.0, -2.0, 0.0], [3.0, 4.0, 5.0]])
    result = gras(Z0, (-6, 20), (1, 3, 10))
    np.testing.assert_allclose(result.matrix.sum(axis=1), (-6, 20), rtol=1e-12)
    assert (np.sign(result.matrix) == np.sign(Z0)).all()


def test_gras_is_optimal():
    """Log multipliers are additive: log r_i + log s_j for positives, minus that for negatives."""
    Z0 = np.array([[7.0, 3.0, -5.0], [2.0, 9.0, 8.0]])
    result = gras(Z0, (8, 25), (11, 20, 2))
    factor = np.log(np.abs(result.matrix / Z0)) * np.sign(Z0)
    np.testing.assert_allclose(factor, np.log(result.r)[:, None] + np.log(result.s), atol=1e-10)


def test_newton_steps_help_where_scaling_is_slow():
    e = 1e-5
    Z0 = np.array([[1.0, e], [e, 1.0]])
    result = ras(Z0, (2, 1), (1, 2))
    np.testing.assert_allclose(result.matrix.sum(axis=1), (2, 1), rtol=1e-12)
    assert result.iterations < 200


def test_without_newton_steps_it_still_converges(monkeypatch):
    def singular(*_):
        raise np.linalg.LinAlgError

    monkeypatch.setattr(np.linalg, "solve", singular)
    Z0 = np.array([[1.0, 0.02], [0.02, 1.0]])
    result = ras(Z0, (2, 1), (1, 2))
    assert result.iterations > 20
    assert result.residual <= 1e-12


def test_a_line_of_one_sign_with_margin_zero_becomes_zero():
    result = gras([[1.0, 2.0, 3.0], [4.0, 5.0, -1.0]], (0, 6), (3, 5, -2))
    assert (result.matrix[0] == 0).all()
    assert result.r[0] == 0
    np.testing.assert_allclose(result.matrix[1], (3, 5, -2))


def test_zero_rows_with_zero_margins_stay():
    result = gras(np.zeros((2, 2)), (0, 0), (0, 0))
    assert (result.matrix == 0).all()
    assert gras(np.zeros((0, 0)), (), ()).matrix.shape == (0, 0)


def test_rounding_of_totals_is_spread():
    result = ras(np.ones((2, 2)), (1, 1), (1, 1 + 1e-10))
    assert result.residual <= 1e-12


def test_scale_does_not_matter():
    Z0, u, v = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([4.0, 6.0]), np.array([5.0, 5.0])
    for scale in (1e-200, 1e200):
        np.testing.assert_allclose(
            ras(Z0 * scale, u * scale, v * scale).matrix / scale, ras(Z0, u, v).matrix, rtol=1e-10
        )


@pytest.mark.parametrize(
    ("Z0", "u", "v", "code"),
    [
        (np.ones((2, 2)), (1, 1), (1, 2), "balance.totals_differ"),
        ([[1, 1], [0, 0]], (1, 1), (1, 1), "balance.empty_rows"),
        ([[1, 0], [1, 0]], (1, 1), (1, 1), "balance.empty_columns"),
        ([[1, 1], [1, 1]], (-1, 3), (1, 1), "balance.sign_rows"),
        ([[-1, 1], [-1, 1]], (1, 1), (1, 1), "balance.sign_columns"),
        ([[1, 1, 0], [1, 1, 0], [0, 0, 1]], (1, 1, 2), (2, 1, 1), "balance.not_converged"),
    ],
)
def test_infeasible_margins_are_named(Z0, u, v, code):
    with pytest.raises(EconomyError) as error:
        gras(Z0, u, v, max_iterations=300)
    assert code_of(error) == code
    for lang in ("en", "zh"):
        assert error.value.text(lang)


def test_labels_are_in_messages():
    with pytest.raises(EconomyError, match="coal"):
        ras([[1, 1], [0, 0]], (1, 1), (1, 1), rows=("steel", "coal"), columns=("a", "b"))
    with pytest.raises(EconomyError, match="steel × b"):
        ras([[1, -1], [0, 1]], (1, 1), (1, 1), rows=("steel", "coal"), columns=("a", "b"))
    with pytest.raises(EconomyError, match=r"Worst rows: .*coal"):
        ras([[1, 0], [0, 1]], (1, 2), (2, 1), rows=("steel", "coal"), columns=("a", "b"))


def test_a_margin_emptied_by_other_zeros_is_named():
    with pytest.raises(EconomyError) as error:
        ras([[1, 1], [1, 0]], (2, 1), (0, 3))
    assert code_of(error) == "balance.empty_rows"


@pytest.mark.parametrize(("Z0", "u", "v"), [([[1, np.nan]], [1], [1, 0]), ([[1, 2]], [1, 2], [1, 2]), ([[1]], 1, [1])])
def test_shapes_and_cells_are_checked(Z0, u, v):
    with pytest.raises(LabelError):
        gras(Z0, u, v)


def test_update_holds_margins_and_says_what_it_did():
    table = competitive()
    new = update_table(table, {"works": 130.0, "oil": 0.0, "farm": 90.0}, year=2012, source="yearbook 2013")
    assert_balanced(new, 1e-11)
    np.testing.assert_array_equal(new.output, (90, 130, 0))
    ratio = 220 / table.output.sum()
    np.testing.assert_allclose(new.final_demand.sum(axis=0), ratio * table.final_demand.sum(axis=0), rtol=1e-11)
    np.testing.assert_allclose(new.value_added.sum(axis=1), ratio * table.value_added.sum(axis=1), rtol=1e-11)
    assert (new.origin.kind, new.origin.year, new.origin.source) == ("estimated", 2012, "s; yearbook 2013")
    for words in ("GRAS", "2007", "yearbook 2013", "final-demand totals ×", "value-added totals ×"):
        assert words in new.origin.note
    assert [p.code for p in new.findings] == ["balance.met_by_imports"]
    assert (new.intermediate[2] > 0).sum() == 2, "oil stays in use, met by imports"


def test_the_same_outputs_give_the_same_table():
    table = competitive()
    new = update_table(table, table.output, year=2008, source="s")
    np.testing.assert_allclose(new.intermediate, table.intermediate, rtol=1e-10)
    np.testing.assert_allclose(new.final_demand, table.final_demand, rtol=1e-10)


def test_update_with_given_totals():
    table = competitive()
    final = {"households": 110.0, "stocks": 1.0, "exports": 20.0, "imports": -40.0}
    new = update_table(table, (90, 130, 0), year=2012, source="s", final_totals=final)
    np.testing.assert_allclose(new.final_demand.sum(axis=0), list(final.values()), rtol=1e-11)
    np.testing.assert_allclose(new.value_added.sum(), 91.0)
    added = {"wages": 50.0, "surplus": 30.0}
    new = update_table(table, (90, 130, 0), year=2012, source="s", value_added_totals=added)
    np.testing.assert_allclose(new.value_added.sum(axis=1), (50, 30), rtol=1e-11)
    np.testing.assert_allclose(new.final_demand.sum(), 80.0)
    assert "value-added totals given" in new.origin.note
    both = update_table(
        table,
        (90, 130, 0),
        year=2012,
        source="s",
        final_totals=final,
        value_added_totals={"wages": 60.0, "surplus": 31.0},
    )
    assert_balanced(both, 1e-11)
    with pytest.raises(EconomyError, match="total"):
        update_table(table, (90, 130, 0), year=2012, source="s", final_totals=final, value_added_totals=added)


def test_update_of_a_domestic_table_keeps_imports_apart():
    table = domestic(competitive())
    new = update_table(table, (90, 130, 0), year=2012, source="s")
    assert_balanced(new, 1e-11)
    assert new.treatment == "domestic"
    ratio = 220 / table.output.sum()
    before = table.imported_intermediate.sum(axis=1) + table.imported_final.sum(axis=1)
    after = new.imported_intermediate.sum(axis=1) + new.imported_final.sum(axis=1)
    np.testing.assert_allclose(after, ratio * before, rtol=1e-11)
    assert "imported rows" in new.origin.note
    no_final = replace(table, imported_final=None)
    assert update_table(no_final, (90, 130, 0), year=2012, source="s").imported_final is None


def test_a_closed_sector_is_zero_by_row_and_column():
    table = small_table()
    wide = Table(
        ("a", "b", "c"), np.pad(table.intermediate, (0, 1), constant_values=5.0), [[350.0], [1700.0], [85.0]], ("f",),
        ("consumption",), [[645.0, 1395.0, 85.0]], ("v",), [1005.0, 2005.0, 100.0],
    )  # fmt: skip
    new = update_table(wide, (1005, 2005, 0), year=1, source="s")
    assert not new.intermediate[2].any()
    assert not new.intermediate[:, 2].any()
    assert not new.value_added[:, 2].any()
    assert not new.final_demand[2].any()
    assert [p.code for p in new.findings] == ["balance.closed"]
    assert_balanced(new, 1e-11)


def test_what_cannot_be_updated_is_named():
    table = competitive()
    with pytest.raises(EconomyError, match="oil") as error:
        update_table(table, (90, 130, 7), year=2012, source="s")
    assert code_of(error) == "balance.no_structure"
    with pytest.raises(EconomyError, match="farm"):
        update_table(table, (-90, 130, 0), year=2012, source="s")
    with pytest.raises(EconomyError, match="units"):
        update_table(replace(table, sector_units=("t", "USD", "t")), (90, 130, 0), year=2012, source="s")
    with pytest.raises(LabelError, match="mining"):
        update_table(table, {"farm": 1.0, "works": 1.0, "mining": 0.0}, year=2012, source="s")
    empty = replace(table, final_demand=np.zeros((3, 4)), value_added=np.zeros((2, 3)))
    with pytest.raises(EconomyError):
        update_table(empty, (90, 130, 0), year=2012, source="s", value_added_totals=(1.0, 1.0))


def test_update_of_a_table_without_final_demand_and_value_added():
    """A closed economy: both totals are zero, the ratio of outputs serves."""
    closed = Table(
        ("a", "b"), np.array([[1.0, 2.0], [2.0, 3.0]]), np.zeros((2, 1)), ("f",), ("consumption",), np.zeros((1, 2)),
        ("v",), np.array([3.0, 5.0]),
    )  # fmt: skip
    assert_balanced(update_table(closed, (6, 10), year=1, source="s"), 1e-11)
