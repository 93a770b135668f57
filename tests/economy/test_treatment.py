"""From competitive to domestic tables."""

from dataclasses import replace

import numpy as np
import pytest

from lichen.economy.leontief import Leontief
from lichen.economy.table import Table
from lichen.economy.treatment import domestic, import_shares
from lichen.errors import EconomyError
from lichen.testing import assert_balanced, small_table


def competitive(imports=(-30.0, -10.0), exports=(10.0, 60.0)) -> Table:
    Z = np.array([[20.0, 30.0], [10.0, 40.0]])
    F = np.column_stack(
        [(50.0, 80.0), (-2.0, 3.0), exports, np.array(imports) * 0.5, np.array(imports) * 0.5, (1.0, 0.0)]
    )
    x = Z.sum(axis=1) + F.sum(axis=1)
    return Table(
        ("a", "b"), Z, F, ("households", "stocks", "exports", "imports", "inflow", "other"),
        ("consumption", "inventory", "export", "import", "inflow", "error"), (x - Z.sum(axis=0))[None, :], ("v",), x,
    )  # fmt: skip


@pytest.mark.parametrize("reexports", [False, True])
def test_rows_and_columns_still_add_up(reexports):
    before = competitive()
    after = domestic(before, reexports)
    assert_balanced(after, 1e-12)
    assert after.treatment == "domestic"
    assert after.final_labels == ("households", "stocks", "exports", "other")
    assert after.final_roles == ("consumption", "inventory", "export", "error")
    np.testing.assert_allclose(after.intermediate + after.imported_intermediate, before.intermediate)
    np.testing.assert_allclose(after.final_demand + after.imported_final, before.final_demand[:, [0, 1, 2, 5]])
    np.testing.assert_allclose(
        after.imported_intermediate.sum(axis=1) + after.imported_final.sum(axis=1), (30.0, 10.0), rtol=1e-12
    )
    assert "domestic treatment" in after.origin.note


def test_shares():
    np.testing.assert_allclose(import_shares(competitive()), (30 / 98, 10 / 133))
    np.testing.assert_allclose(import_shares(competitive(), reexports=True), (30 / 108, 10 / 193))


def test_coefficients_are_those_of_the_textbook():
    before, after = competitive(), domestic(competitive())
    m = import_shares(before)
    np.testing.assert_allclose(after.coefficients(), (1 - m)[:, None] * before.coefficients())
    np.testing.assert_allclose(Leontief(after.intermediate, after.output).solve(after.final_total()), after.output)


def test_exports_are_domestic_unless_told():
    np.testing.assert_allclose(domestic(competitive()).imported_final[:, 2], 0)
    assert domestic(competitive(), reexports=True).imported_final[0, 2] > 0
    assert "no re-exports" in domestic(competitive()).origin.note
    assert "exports served" in domestic(competitive(), reexports=True).origin.note


def test_the_error_column_is_kept():
    np.testing.assert_allclose(domestic(competitive()).final_demand[:, 3], (1.0, 0.0))


def test_a_domestic_table_is_returned_as_it_is():
    after = domestic(competitive())
    assert domestic(after) is after


def test_a_table_without_imports():
    after = domestic(small_table())
    np.testing.assert_allclose(after.intermediate, small_table().intermediate)
    assert not after.imported_intermediate.any()


def test_imports_above_domestic_use_are_named_with_the_remedy():
    hub = competitive(imports=(-105.0, -10.0))
    with pytest.raises(EconomyError, match=r"a .m = 1.07.*reexports=True") as error:
        domestic(hub)
    assert "reexports=True" in error.value.text("zh")
    assert_balanced(domestic(hub, reexports=True), 1e-12)


def test_imports_with_the_wrong_sign_are_named():
    for reexports in (False, True):
        with pytest.raises(EconomyError, match=r"b .m = -"):
            domestic(competitive(imports=(-30.0, 10.0)), reexports)


def test_imports_that_nobody_uses_are_named():
    table = small_table()
    odd = replace(
        table, intermediate=[[0.0, 0.0], [200.0, 100.0]], final_demand=[[1003.0, -3.0], [1700.0, 0.0]],
        final_labels=("e", "m"), final_roles=("export", "import"),
    )  # fmt: skip
    with pytest.raises(EconomyError, match="inf"):
        domestic(odd)


def test_a_sector_that_is_all_imported():
    oil = Table(("oil", "b"), [[0.0, 20.0], [0.0, 0.0]], [[5.0, -25.0], [90.0, 0.0]], ("f", "m"),
                ("consumption", "import"), [[0.0, 70.0]], ("v",), [0.0, 90.0])  # fmt: skip
    after = domestic(oil)
    assert not after.intermediate[0].any()
    assert after.imported_intermediate[0, 1] == 20.0
    assert_balanced(after)
