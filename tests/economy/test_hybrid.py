"""Physical rows and products in a table of money."""

from dataclasses import replace

import numpy as np
import pytest

from lichen.economy.accounts import Economy
from lichen.economy.checks import residuals
from lichen.economy.hybrid import with_physical_row, with_physical_sector
from lichen.economy.leontief import Leontief
from lichen.economy.treatment import domestic
from lichen.errors import EconomyError, LabelError
from lichen.testing import small_table

PRICE = 0.4
COAL = {"unit": "t", "output": 1000 / PRICE}


def system_of(table):
    return Leontief(table.intermediate, table.output)


def coal_row(table=None, **changes):
    table = table or small_table()
    given = {"uses": np.array([150.0, 500.0]) / PRICE, "final_uses": [350 / PRICE], **COAL} | changes
    return with_physical_row(table, "agriculture", **given)


def test_a_row_at_one_price_changes_nothing_in_money():
    money, hybrid = small_table(), coal_row()
    assert hybrid.sector_units == ("t", "USD")
    assert hybrid.hybrid
    for f in ((350.0, 1700.0), (600.0, 1500.0), (0.0, 1.0)):
        x = system_of(money).solve(np.array(f))
        y = system_of(hybrid).solve(np.array([f[0] / PRICE, f[1]]))
        np.testing.assert_allclose(y, (x[0] / PRICE, x[1]), rtol=1e-12)
    np.testing.assert_allclose(residuals(hybrid)[0], 0, atol=1e-9)
    assert "row agriculture in t" in hybrid.origin.note
    Economy(hybrid)


def test_a_row_at_other_prices_balances_in_its_own_unit():
    hybrid = coal_row(
        uses={"manufacturing": 900.0, "agriculture": 100.0}, final_uses={"consumption": 500.0}, output=1500.0
    )
    np.testing.assert_allclose(system_of(hybrid).solve(np.array([500.0, 1700.0])), (1500, 2000))


def test_two_rows():
    both = with_physical_row(coal_row(), "manufacturing", [20.0, 10.0], [170.0], 200.0, "GJ")
    assert both.sector_units == ("t", "GJ")


def test_imports_kept_apart_are_needed_in_the_unit_too():
    table = domestic(small_table())
    with pytest.raises(EconomyError, match="agriculture in t") as error:
        coal_row(table)
    assert error.value.text("zh")
    hybrid = coal_row(table, imported_uses=[0.0, 5.0], imported_final_uses={"consumption": 7.0})
    np.testing.assert_allclose(hybrid.imported_intermediate[0], (0, 5))
    np.testing.assert_allclose(hybrid.imported_final[0], 7)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"output": 2000.0}, "hybrid.row"),
        ({"output": 0.0}, "hybrid.output"),
        ({"output": float("nan")}, "hybrid.output"),
        ({"unit": " "}, "hybrid.unit"),
    ],
)
def test_rows_that_are_refused(changes, code):
    for make in (coal_row, product):
        with pytest.raises(EconomyError) as error:
            make(**changes)
        assert error.value.problems[0].code == code
        for lang in ("en", "zh"):
            assert error.value.text(lang)


def test_unknown_labels_are_named():
    with pytest.raises(EconomyError, match="agriculture") as error:
        with_physical_row(small_table(), "agricultur", [0, 0], [1], 1.0, "t")
    assert error.value.text("zh")
    with pytest.raises(LabelError):
        coal_row(uses={"agriculture": 1.0})


def product(**changes):
    """Return the small table with slag, of which manufacturing makes 400 t and uses 300, agriculture 100."""
    given = {
        "label": "slag",
        "unit": "t",
        "uses": [100.0, 300.0],
        "final_uses": [0.0],
        "output": 400.0,
        "inputs": [0.0, 0.0],
    }
    given |= changes
    table = given.pop("table", None) or small_table()
    return with_physical_sector(table, **given)


def test_a_product_without_inputs_changes_no_output_in_money():
    hybrid = product()
    assert hybrid.sectors == ("agriculture", "manufacturing", "slag")
    assert hybrid.sector_units == ("USD", "USD", "t")
    for f in ((350.0, 1700.0), (600.0, 1500.0)):
        x = system_of(small_table()).solve(np.array(f))
        y = system_of(hybrid).solve(np.array([*f, 0.0]))
        np.testing.assert_allclose(y[:2], x, rtol=1e-12)
        np.testing.assert_allclose(y[2], 100 * x[0] / 1000 + 300 * x[1] / 2000)


def test_a_product_that_takes_its_inputs_from_its_maker():
    """All of manufacturing's inputs go through a product used by manufacturing in proportion to output."""
    hybrid = product(
        uses=[0.0, 400.0], inputs={"agriculture": 500.0, "manufacturing": 100.0}, value_added=[1400.0],
        taken_from="manufacturing",
    )  # fmt: skip
    assert not hybrid.intermediate[:2, 1].any()
    for f in ((350.0, 1700.0), (600.0, 1500.0)):
        np.testing.assert_allclose(
            system_of(hybrid).solve(np.array([*f, 0.0]))[:2], system_of(small_table()).solve(np.array(f)), rtol=1e-12
        )
    np.testing.assert_allclose(hybrid.value_added, [[650, 0, 1400]])
    assert "taken from manufacturing" in hybrid.origin.note


def test_own_use_and_a_hybrid_base():
    hybrid = product(table=coal_row(), uses=[100.0, 290.0], own_use=10.0)
    assert hybrid.sector_units == ("t", "USD", "t")
    assert hybrid.intermediate[2, 2] == 10
    np.testing.assert_allclose(residuals(hybrid)[0], 0, atol=1e-9)


def test_imports_stay_with_their_sectors():
    hybrid = product(table=domestic(small_table()))
    assert hybrid.imported_intermediate.shape == (3, 3)
    assert hybrid.imported_final.shape == (3, 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"label": "manufacturing"}, "hybrid.exists"),
        ({"inputs": [5.0, 0.0]}, "hybrid.taken_from"),
        ({"value_added": [5.0]}, "hybrid.taken_from"),
        ({"inputs": [5.0, 0.0], "taken_from": "mining"}, "hybrid.sector"),
        ({"inputs": [5.0, 150.0], "taken_from": "manufacturing"}, "hybrid.more_than_there"),
        ({"value_added": [2000.0], "taken_from": "manufacturing"}, "hybrid.more_than_there"),
    ],
)
def test_products_that_are_refused(changes, code):
    with pytest.raises(EconomyError) as error:
        product(**changes)
    assert error.value.problems[0].code == code
    for lang in ("en", "zh"):
        assert error.value.text(lang)


def test_a_table_without_imported_final_keeps_none():
    table = replace(domestic(small_table()), imported_final=None)
    assert product(table=table).imported_final is None
    assert coal_row(table, imported_uses=[0.0, 0.0]).imported_final is None
