"""Balances of processes, firms, sectors and the park."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.balance.accounts import LEVELS, balances, belongs
from lichen.inventory.amounts import amount
from parks import flow, steelworks


def one(level, layer, *name, park=None):
    (found,) = [b for b in balances(park or steelworks(), 2012, level, [layer]) if b.name == name]
    return found


def test_a_process_is_balanced_over_its_own_flows():
    found = one("process", "mass", "steel", "bf")
    assert found.inputs.value == 1950
    assert found.outputs.value == 1240
    assert found.residual == 710
    assert not found.closed
    assert not found.suspicious
    sd = (sum(v * v for v in (1500, 450, 940, 300)) ** 0.5) * 0.05 / 1.96
    assert found.sd == pytest.approx(sd)
    assert found.z == pytest.approx(710 / sd)


def test_a_completely_listed_process_counts_flows_without_a_content_as_free_of_it():
    found = one("process", "Fe", "steel", "bf")
    assert found.closed
    assert found.unknown == ()
    assert found.inputs.value == pytest.approx(900)
    assert found.outputs.value == pytest.approx(940 * 0.94 + 300 * 0.01 * 55.845 / 71.844)
    assert not found.suspicious
    park = steelworks()
    open_park = replace(park, processes=tuple(replace(p, closed=()) for p in park.processes))
    assert [f.given for f in one("process", "Fe", "steel", "bf", park=open_park).unknown] == ["metallurgical coke"]
    assert one("process", "Fe", "steel", "bf", park=open_park).z is None


def test_a_firm_leaves_out_what_stays_in_it_and_the_park_what_its_firms_give_each_other():
    assert one("firm", "mass", "steel").outputs.value == 300 + 860 + 200
    assert one("firm", "mass", "steel").inputs.value == 1500 + 450
    assert one("park", "mass").outputs.value == 300 + 860 + 1010 + 5
    assert one("park", "mass").inputs.value == 1500 + 450 + 800
    assert one("sector", "mass", "31").outputs.value == 300 + 860 + 200
    assert one("sector", "mass", "30").inputs.value == 206 + 800


def test_firms_of_one_sector_give_within_it():
    park = steelworks()
    same = replace(park, firms=tuple(replace(f, industry="3120") for f in park.firms))
    assert one("sector", "mass", "31", park=same).outputs.value == one("park", "mass", park=park).outputs.value


def test_a_balance_that_must_close_and_does_not_is_suspicious():
    found = one("process", "mass", "cement", "mill", park=steelworks(slag_taken=400))
    assert found.suspicious
    assert not one("process", "mass", "cement", "mill").suspicious


def test_energy_and_water_know_what_belongs_to_them():
    assert one("firm", "energy", "cement").inputs.value == pytest.approx(144)
    assert one("firm", "energy", "cement").unknown == ()
    assert not belongs(flow("a", "", "in", "raw material", "iron ore", 1), "energy")
    assert not belongs(flow("a", "", "in", "electricity", "electricity", 1, "MWh/a"), "mass")
    assert belongs(flow("a", "", "in", "raw material", "iron ore", 1, moisture=0.1), "water")
    assert not belongs(flow("a", "", "in", "raw material", "iron ore", 1), "water")
    with_fuel = replace(steelworks(), flows=(flow("steel", "", "in", "fuel", "mystery fuel", 3),
                                             flow("steel", "", "in", "electricity", "electricity", 1, "GJ/a")))  # fmt: skip
    assert [f.given for f in one("firm", "energy", "steel", park=with_fuel).unknown] == ["mystery fuel"]


def test_mass_leaves_water_out_above_the_process():
    park = replace(steelworks(), flows=(flow("cement", "mill", "in", "water", "fresh water", 50, "m3/a"),
                                        flow("cement", "mill", "in", "raw material", "cement clinker", 10)))  # fmt: skip
    assert one("process", "mass", "cement", "mill", park=park).inputs.value == 60
    assert [one(level, "mass", *name, park=park).inputs.value for level, name in (
        ("firm", ("cement",)), ("sector", ("30",)), ("park", ()))] == [10, 10, 10]  # fmt: skip
    assert one("park", "water", park=park).inputs.value == 50


def test_other_years_are_left_out():
    assert balances(steelworks(), 2013, "park") == ()


@given(st.lists(st.floats(1, 1e6), min_size=12, max_size=12))
def test_firms_add_up_to_the_park_less_what_they_give_each_other(values):
    park = steelworks()
    flows = tuple(
        replace(f, quantity=replace(f.quantity, value=v, low=None, high=None))
        for f, v in zip(park.flows, values, strict=True)
    )
    park = replace(park, flows=flows)
    firms = balances(park, 2012, "firm", ["mass"])
    (whole,) = balances(park, 2012, "park", ["mass"])
    given_, taken = (amount(flows[i], "mass").value for i in (6, 7))
    assert sum(b.inputs.value for b in firms) - taken == pytest.approx(whole.inputs.value)
    assert sum(b.outputs.value for b in firms) - given_ == pytest.approx(whole.outputs.value)
    sectors = balances(park, 2012, "sector", ["mass"])
    assert sum(b.residual for b in firms) == pytest.approx(sum(b.residual for b in sectors))


def test_levels_are_named():
    assert [b.level for level in LEVELS for b in balances(steelworks(), 2012, level, ["energy"])] == [
        "process", "firm", "firm", "sector", "sector", "park",
    ]  # fmt: skip
