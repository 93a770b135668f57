"""Production and consumption accounts of an economy."""

from dataclasses import replace

import numpy as np
import pytest

from lichen.economy.accounts import Economy
from lichen.economy.table import Satellites, Table
from lichen.errors import LabelError
from lichen.testing import small_satellites, small_table


@pytest.fixture
def economy() -> Economy:
    """Two sectors, exports and imports apart, an account in parts and direct flows of homes."""
    table = Table(
        ("a", "b"), [[20.0, 30], [10, 40]], [[40.0, 25, -15], [60, 0, -10]], ("homes", "abroad", "from abroad"),
        ("consumption", "export", "import"), [[70.0, 30]], ("v",), [100.0, 100], unit="USD",
    )  # fmt: skip
    return Economy(
        table, Satellites(("q", "w"), ("", ""), ("t", "m3"), ("a", "b"), [[50, 5], [0, 8]], ("homes",), [[3.0], [1.0]])
    )


def test_k1():
    economy = Economy(small_table(), small_satellites())
    accounts = economy.accounts()
    np.testing.assert_allclose(accounts.multipliers, [[0.627063, 0.165017]], atol=5e-7)
    np.testing.assert_allclose(accounts.consumption, [[0.6270627 * 350, 0.1650165 * 1700]], atol=5e-4)
    np.testing.assert_allclose(economy.output_multipliers(), (1.518152, 1.452145), atol=5e-7)
    np.testing.assert_allclose(
        economy.output_for({"manufacturing": 1500.0, "agriculture": 600.0}), (1247.5248, 1841.5842), atol=5e-5
    )
    np.testing.assert_allclose(economy.output_for(np.array([600.0, 1500.0])), (1247.5248, 1841.5842), atol=5e-5)
    np.testing.assert_allclose(economy.ghosh_output(np.array([650.0, 1400.0])), (1000, 2000))


def test_the_accounts_sum_to_one_total(economy):
    accounts = economy.accounts()
    np.testing.assert_allclose(accounts.production.sum(axis=1), [55, 8])
    np.testing.assert_allclose(accounts.consumption.sum(axis=1), [55, 8])
    np.testing.assert_allclose(accounts.by_category.sum(axis=1), [55, 8])
    assert accounts.total("q") == pytest.approx(58)
    assert accounts.total("w") == pytest.approx(9)
    np.testing.assert_allclose(accounts.direct, [3, 1])


def test_footprints_by_hand(economy):
    """L of A = [[.2, .3], [.1, .4]] is [[.6, .3], [.1, .8]] / .45; q intensities .5 and .05."""
    accounts = economy.accounts()
    multipliers = np.array([(0.5 * 0.6 + 0.05 * 0.1) / 0.45, (0.5 * 0.3 + 0.05 * 0.8) / 0.45])
    np.testing.assert_allclose(accounts.intensities[0], [0.5, 0.05])
    np.testing.assert_allclose(accounts.multipliers[0], multipliers)
    np.testing.assert_allclose(accounts.consumption[0], multipliers * [50, 50])
    np.testing.assert_allclose(economy.exported(), [multipliers[0] * 25, 0.3 * 0 + 25 * 0.08 * 0.1 / 0.45])
    np.testing.assert_allclose(economy.entering()[0], -multipliers @ [15, 10])


def test_accounts_are_read_only_and_made_once(economy):
    accounts = economy.accounts()
    assert economy.accounts() is accounts
    for name in ("output", "intensities", "multipliers", "production", "consumption", "by_category", "direct"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(accounts, name)[0] = 1
    np.testing.assert_array_equal(economy.table.output, 100)


def test_unknown_accounts_and_sectors_are_named(economy):
    with pytest.raises(LabelError) as error:
        economy.accounts().total("CO2")
    assert error.value.problems[0].values["label"] == "CO2"
    with pytest.raises(LabelError) as error:
        economy.output_for({"a": 1.0, "c": 1.0})
    assert [p.values["label"] for p in error.value.problems] == ["b", "c"]
    with pytest.raises(LabelError):
        economy.output_for(np.array([1.0, np.nan]))
    with pytest.raises(LabelError):
        economy.ghosh_output(np.ones(3))


def test_frames(economy):
    accounts = economy.accounts()
    assert accounts.frame("production").loc["q", "a"] == 50
    assert accounts.frame("by_category").columns.tolist() == ["homes", "abroad", "from abroad"]
    assert accounts.frame().loc["q"].sum() == pytest.approx(55)


def test_a_sector_without_output_takes_part_in_nothing(economy):
    table = Table(("a", "b", "oil"), [[20.0, 30, 0], [10, 40, 0], [5, 0, 0]], [[50.0, 0], [50, 0], [2, -7]], ("homes", "imports"),
                  ("consumption", "import"), [[65.0, 30, 0]], ("v",), [100.0, 100, 0], unit="USD")  # fmt: skip
    satellites = replace(economy.satellites, sectors=("a", "b", "oil"), values=[[50.0, 5, 0], [0, 8, 0]])
    with_oil = Economy(table, satellites)
    np.testing.assert_allclose(with_oil.leontief.solve(table.final_total()), table.output, atol=1e-12)
    np.testing.assert_allclose(with_oil.accounts().consumption.sum(axis=1), [55, 8])
    assert with_oil.accounts().multipliers[0, 2] == 0
