"""Firms summed to sectors beside the sectors' statistics."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.balance.coverage import co2_by_firm, coverage
from lichen.economy.table import Satellites
from lichen.errors import LabelError, UnitError
from lichen.figures import Figure
from lichen.inventory.emissions import SCOPES, emission_inventory
from lichen.inventory.values import Firm, Flow, Inventory
from lichen.vocabulary.industries import industries
from lichen.vocabulary.sectors import sectors

CODES = sectors("CN42-2007").codes
FIRMS = (Firm("s", "Steel", "3110", revenue=500.0), Firm("c", "Cement", "3011"), Firm("d", "Cement 2", "30", revenue=20.0),
         Firm("m", "Castings", "3391"), Firm("x", "Nobody knows", ""))  # fmt: skip


def accounts(unit="Mt CO2", labels=CODES, **values):
    """Return an account CO2 of coal and process, half of each sector's value in either."""
    found = np.array([[values.get(f"s{code}", 0.0) / 2 for code in labels]] * 2)
    return Satellites(("CO2", "CO2"), ("coal", "process"), (unit, unit), tuple(labels), found, source="yearbook")


def codes_of(found):
    return [n.code.partition(".")[2] for n in found.notes]


def test_firms_are_added_up_by_sector_in_the_unit_of_the_account():
    found = coverage({"s": 2e6, "c": 1e6, "d": 5e5}, "tCO2", FIRMS, accounts(s13=6, s14=2.5, s01=1), "CO2")
    assert (found["13"].firms_sum, found["13"].statistic, found["13"].share) == pytest.approx((1.5, 6, 0.25))
    assert found["13"].firms == ("c", "d")
    assert found["14"].share == pytest.approx(0.8)
    assert (found["01"].firms_sum, found["01"].share, found["01"].firms) == (0, 0, ())
    assert found["02"].share is None
    assert not found["02"].above
    assert (found.firms_sum, found.statistic, found.share) == pytest.approx((3.5, 9.5, 3.5 / 9.5))
    assert (found.unit, found.source, found.account, found.classification) == ("Mt CO2", "yearbook", "CO2", "CN42-2007")
    assert found.notes == ()
    assert len(found.sectors) == 42


def test_one_part_of_an_account():
    found = coverage({"s": 1e6}, "tCO2", FIRMS, accounts(s14=4), "CO2", component="process")
    assert found["14"].share == pytest.approx(0.5)


@pytest.mark.parametrize(("firms", "flagged"), [(2.5e6, False), (2.6e6, True)])
def test_more_than_the_statistic_is_told(firms, flagged):
    found = coverage({"s": firms}, "tCO2", FIRMS, accounts(s14=2.5), "CO2")
    assert found["14"].above == flagged
    assert codes_of(found) == ["above_statistic"] * flagged
    if flagged:
        assert "2.6 Mt CO2" in found.notes[0].text("en")
        assert "2.5" in found.notes[0].text("zh")


def test_a_sector_without_statistics_and_with_firms_is_told():
    found = coverage({"s": 1.0}, "tCO2", FIRMS, accounts(s13=1), "CO2")
    assert found["14"].above
    assert found["14"].share is None
    assert "above_statistic" in codes_of(found)


def test_firms_without_a_sector_stay_visible():
    found = coverage({"x": 3e6, "stranger": 1e6, "s": 1e6}, "tCO2", FIRMS, accounts(s14=2), "CO2")
    assert found.unmapped == pytest.approx({"x": 3, "stranger": 1})
    assert codes_of(found) == ["unmapped"]
    assert "stranger" in found.notes[0].text("zh")
    assert found.firms_sum == pytest.approx(5)
    assert found.share == pytest.approx(0.5)


def test_an_industry_in_several_sectors_counts_in_its_main_one_and_is_told():
    found = coverage({"m": 1e6}, "tCO2", FIRMS, accounts(s15=4, s16=4), "CO2")
    assert (found["15"].firms_sum, found["16"].firms_sum) == (1, 0)
    assert found["15"].divided == ("m",)
    assert codes_of(found) == ["divided"]
    assert coverage({"s": 1e6}, "tCO2", FIRMS, accounts(s14=4), "CO2")["14"].divided == ()


def test_another_list_by_its_concordance_and_labels():
    names = sectors("UIS13").codes
    labels = {code: f"sector {code}" for code in names}
    statistics = Satellites(("CO2",), ("",), ("kt CO2/a",), tuple(labels.values()), np.full((1, 13), 1000.0))
    found = coverage({"s": 5e5, "c": 2e5}, "tCO2/a", FIRMS, statistics, "CO2", classification="UIS13", labels=labels)
    reached = {item.sector: item.firms_sum for item in found.sectors if item.firms}
    assert reached == pytest.approx({"sector IN_MMI": 500, "sector IN_NMMI": 200})
    assert found["sector IN_MMI"].share == pytest.approx(0.5)


@pytest.mark.parametrize(("unit", "of"), [("tCO2", "Mt CO2/a"), ("tCO2/a", "Mt CO2"), ("tCO2/a", "Mt CO2/a")])
def test_a_year_may_be_written_or_not(unit, of):
    assert coverage({"s": 1e6}, unit, FIRMS, accounts(of, s14=4), "CO2")["14"].share == pytest.approx(0.25)


def test_what_does_not_fit_is_refused():
    with pytest.raises(UnitError):
        coverage({"s": 1.0}, "t", FIRMS, accounts(s14=1), "CO2")
    for account, component in (("CO", ""), ("CO2", "coals")):
        with pytest.raises(LabelError) as error:
            coverage({"s": 1.0}, "tCO2", FIRMS, accounts(s14=1), account, component=component)
        assert ("CO2" if not component else "coal") in error.value.text("en")
    with pytest.raises(LabelError):
        coverage({"s": 1.0}, "tCO2", FIRMS, accounts(labels=CODES[:-1]), "CO2")
    with pytest.raises(LabelError):
        coverage({"s": 1.0}, "tCO2", FIRMS, accounts(), "CO2", classification="CN43")


def flow(firm, role, material, value, unit, direction="in", **more):
    return Flow(firm, "", direction, role, material, material, Figure(value, unit, "measured", "x"), 2012, **more)


INVENTORY = Inventory(FIRMS, (), (
    flow("s", "fuel", "coal.raw", 100, "t/a"), flow("s", "fuel", "coal.cleaned", 50, "t/a"),
    flow("s", "fuel", "coal.slime", 10, "t/a"), flow("s", "fuel", "coal.raw", 7, "t/a", "out", fate="sold"),
    flow("c", "fuel", "coal.raw", 20, "t/a", partner="c"), flow("c", "fuel", "coal.raw", 209.08, "GJ/a"),
    flow("c", "fuel", "oil.diesel", 5, "t/a"), flow("c", "electricity", "electricity", 1, "MWh/a"),
))  # fmt: skip


def test_co2_of_an_emission_inventory():
    found = emission_inventory(INVENTORY, 2012, grid="grid_guizhou_2021")
    direct, both = co2_by_firm(found), co2_by_firm(found, SCOPES)
    assert both["c"] - direct["c"] == pytest.approx(0.5182)
    assert direct["d"] == 0
    covered = coverage(direct, "tCO2", FIRMS, accounts("t CO2", s13=1e3, s14=1e3), "CO2")
    assert covered["14"].firms_sum == pytest.approx(direct["s"])
    assert covered["13"].firms_sum == pytest.approx(direct["c"])


EVERY = [item.code for item in industries("division")]


@given(st.lists(st.tuples(st.sampled_from(["", *EVERY]), st.floats(-1e6, 1e6)), max_size=30))
def test_every_tonne_is_in_one_sector_or_told_as_without(members):
    firms = tuple(Firm(str(i), "x", industry) for i, (industry, _) in enumerate(members))
    amounts = {str(i): value for i, (_, value) in enumerate(members)}
    found = coverage(amounts, "tCO2", firms, accounts("t CO2"), "CO2")
    scale = sum(map(abs, amounts.values()))
    assert found.firms_sum == pytest.approx(math.fsum(amounts.values()), abs=1e-9 * scale + 1e-12)
    assert sorted(name for item in found.sectors for name in item.firms) == sorted(set(amounts) - set(found.unmapped))
