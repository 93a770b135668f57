"""What a firm uses over what it makes, by hand; what cannot be said makes it unknown, never smaller."""

from dataclasses import replace

import pytest

from appraisals import flow
from discoveries import firm
from lichen.errors import UnitError
from lichen.figures import Figure
from lichen.indicators.intensity import COUNTED, NAMES, UNITS, quantities, ratio
from lichen.inventory.values import Inventory

BRICK = replace(firm("brick", "3031", (26.05, 106.0)), revenue=12_000.0, employees=150)
FLOWS = (
    flow("brick", "in", "raw material", "mineral.clay", 80), flow("brick", "in", "fuel", "coal.raw", 6),
    flow("brick", "out", "waste", "ash.bottom.coal", 1, fate="sold"), flow("brick", "out", "waste", "ash.bottom.coal", 3, fate="landfill"),
    flow("brick", "in", "water", "water.fresh", 30), flow("brick", "in", "electricity", "electricity", 2000, "MWh/a"),
)  # fmt: skip
ADDED, LAND = Figure(4000, "万元/a", "reported", "t"), Figure(30, "亩", "reported", "t")


def known(flows=FLOWS, who=BRICK, **more):
    return quantities(Inventory((who,), (), tuple(flows)), who, 2012, **({"grid": "grid_guizhou_2022"} | more))


def lacks(found):
    return [p.code.split(".")[1] for p in found.lacks]


def test_totals_by_hand():
    found = known(value_added=ADDED, land=LAND)
    assert found["energy"].value == pytest.approx(6000 * 20.908 + 2000 * 3.6)
    assert found["water"].value == pytest.approx(30_000)
    assert found["waste"].value == pytest.approx(4000)
    assert found["waste used"].value == pytest.approx(1000)
    assert found["hazardous waste"].value == 0
    assert found["revenue"].value == 1.2e8
    assert found["value added"].value == pytest.approx(4e7)
    assert found["land"].value == pytest.approx(2)
    assert found["employees"].value == 150
    assert found["co2"].value > 6000 * 1.5
    assert set(found) == set(UNITS)
    assert set(NAMES) == set(UNITS)
    assert set(COUNTED) <= set(UNITS)


def test_ratios_in_the_units_that_parks_use():
    found = known(value_added=ADDED, land=LAND)
    energy = (6000 * 20.908 + 7200) / 29.3076
    assert ratio(found, "energy", "value added", "tce/万元").value == pytest.approx(energy / 4000, rel=1e-4)
    assert ratio(found, "water", "value added", "m3/万元").value == pytest.approx(7.5)
    assert ratio(found, "value added", "land", "亿元/km2").value == pytest.approx(20)
    assert ratio(found, "value added", "land", "万元/(ha·a)").value == pytest.approx(2000)
    assert ratio(found, "waste used", "waste", "%").value == pytest.approx(25)
    assert ratio(found, "revenue", "employees", "万元/人").value == pytest.approx(80)
    assert ratio(found, "revenue", "value added", "1").value == pytest.approx(3)
    with pytest.raises(UnitError):
        ratio(found, "water", "value added", "t/ha")


def test_units_of_the_survey_change_nothing():
    other = [
        replace(f, quantity=Figure(f.quantity.value * 1e6, "kg/a", "measured", "s")) if f.quantity.unit == "kt/a" else f
        for f in FLOWS
    ]
    for name, one in known().items():
        assert (
            known(other)[name].value == pytest.approx(one.value)
            if one.value is not None
            else known(other)[name].value is None
        )


def test_what_is_not_told_is_not_known():
    found = known(flows=(), who=replace(BRICK, revenue=None, employees=None))
    assert {name for name, q in found.items() if q.value is None} == set(UNITS)
    assert lacks(found["energy"]) == ["nothing_told"]
    assert lacks(found["revenue"]) == ["not_told"]
    missing = ratio(found, "energy", "value added", "tce/万元")
    assert missing.value is None
    assert lacks(missing) == ["nothing_told", "not_told"]
    for problem in missing.lacks:
        assert problem.text("zh") != problem.text("en")


def test_bought_electricity_without_a_grid_leaves_co2_open():
    assert lacks(known(grid="")["co2"]) == ["no_grid"]
    assert known(FLOWS[:-1], grid="")["co2"].value is not None


def test_a_fuel_of_unknown_heat_leaves_energy_open():
    odd = replace(FLOWS[1], material="", given="mystery fuel")
    found = known((*FLOWS, odd))["energy"]
    assert found.value is None
    assert lacks(found) == ["no_amount"]


def test_heat_that_is_given_away_is_taken_off():
    sold = flow("brick", "out", "heat", "heat.waste.medium", 7200, "GJ/a", fate="sold")
    assert known((*FLOWS, sold))["energy"].value == pytest.approx(6000 * 20.908)


def test_nothing_is_divided_by_nothing():
    none = replace(FLOWS[2], quantity=Figure(0, "t/a", "measured", "s"))
    found = known((none,))
    assert lacks(ratio(found, "waste used", "waste", "%")) == ["zero"]
