"""Gains by hand: waste, material, CO2 with its own carbon and what is burnt anyway, money."""

from dataclasses import replace

import pytest

from discoveries import bought, found, kind, only, park, replaced, slag
from lichen.discover.gains import co2_of, price
from lichen.discover.streams import demands, supplies
from lichen.discover.values import Span
from lichen.vocabulary.factors import factor
from parks import flow

GRID = "grid_guizhou_2022"
COAL = 0.0946 * 0.93  # tCO2/GJ: 94.6 kg/GJ, 93 % oxidised
CLINKER = 0.538 + 0.115 * factor("coal_clinker").to("GJ/t") / 0.115 * COAL
FIRED = bought("raw coal", 100, role="fuel", heating_value=(20.0, "GJ/t"))


def gains(*flows, grid="", **more):
    return only(found(park(*flows), kind(**more), grid=grid)).gains


# --- CO2 of what is replaced -----------------------------------------------------------------------------------------
def test_co2_of_a_tonne_by_hand():
    assert factor("coal_clinker").to("GJ/t") == pytest.approx(0.115 * 29.3076, rel=1e-4)
    assert co2_of("cement.clinker", "t/a") == pytest.approx(CLINKER)
    assert co2_of("cement.clinker", "t/a", grid=GRID) == pytest.approx(CLINKER + 68 * 0.4989e-3)
    assert co2_of("metal.iron.pig", "t/a") == factor("co2_iron").value
    assert co2_of("heat.steam.low", "GJ/a") == 0.11
    assert co2_of("heat.district", "GJ/a") == 0.11
    assert co2_of("electricity.grid", "GJ/a", grid=GRID) == pytest.approx(0.4989 / 3.6)
    assert co2_of("electricity", "GJ/a") is None


@pytest.mark.parametrize(
    ("material", "unit", "expected"),
    [
        ("metal.aluminium", "t/a", 1.6), ("metal.aluminium.secondary", "t/a", None), ("metal.aluminium.profile", "t/a", None),
        ("cement.lime", "t/a", 0.75), ("cement.lime.hydrated", "t/a", 0.75 * 0.75687), ("cement.portland", "t/a", None),
        ("heat.waste.low", "GJ/a", 0.0), ("heat.cold", "GJ/a", None), ("heat.steam", "t/a", None), ("mineral.limestone", "t/a", None),
        ("electricity.photovoltaic", "GJ/a", 0.0), ("biomass.chips", "t/a", 0.0), ("gas.fuel", "GJ/a", None), ("cement.clinker", "m3/a", None),
    ],
)  # fmt: skip
def test_a_factor_is_only_for_what_is_made_that_way(material, unit, expected):
    found_co2 = co2_of(material, unit, grid=GRID)
    assert found_co2 == (None if expected is None else pytest.approx(expected))


def test_a_fuel_by_its_own_heat():
    assert co2_of("coal.raw", "t/a", [FIRED]) == pytest.approx(20 * COAL)
    assert co2_of("coal.raw", "t/a") is None
    assert co2_of("coal.raw", "GJ/a") == pytest.approx(COAL)


def test_co2_of_clinker_saved():
    found_gains = gains(slag(100), bought("cement clinker", 800), replaces=[replaced("cement.clinker", rate=0.9)])
    assert found_gains.waste.value == 100
    assert found_gains.resource == Span(pytest.approx(85.5), pytest.approx(90), pytest.approx(94.5))
    assert found_gains.co2.value == pytest.approx(90 * CLINKER)
    assert found_gains.co2.low == pytest.approx(85.5 * CLINKER)


def test_without_a_demand_what_is_replaced_counts_in_the_streams_unit():
    found_gains = gains(slag(100), replaces=[replaced("cement.clinker", "mass")])
    assert found_gains.co2.value == pytest.approx(100 * CLINKER)
    assert gains(slag(100), replaces=[]).resource is None
    assert gains(slag(100), bought("limestone", 5), replaces=[replaced("mineral.limestone", "mass")]).co2 is None


# --- carbon of the stream itself -------------------------------------------------------------------------------------
GANGUE = {
    "streams": ["coal.gangue"],
    "replaces": [replaced("coal.raw", "heat")],
    "carbon": "fossil",
    "carbon_factor": "co2_heat_bituminous",
}


def gangue(fate="stored", value=100, heat=6.0):
    return flow("steel", "", "out", "waste", "coal gangue", value, fate=fate, heating_value=(heat, "GJ/t"))


def test_a_fossil_stream_in_place_of_a_fossil_fuel_saves_no_co2_on_site():
    found_gains = gains(gangue(), FIRED, **GANGUE)
    assert found_gains.resource.value == pytest.approx(30)
    assert found_gains.co2.value == pytest.approx(0, abs=1e-9)


def test_what_is_burnt_today_gives_off_its_co2_in_any_case():
    assert gains(gangue("incinerated"), FIRED, **GANGUE).co2.value == pytest.approx(600 * COAL)
    half = gains(gangue("incinerated", 50), gangue("stored", 50), FIRED, **GANGUE)
    assert half.co2.value == pytest.approx(300 * COAL)


def test_the_ends_of_a_loss_stay_in_order():
    gas = flow("steel", "", "out", "by-product", "coke oven gas", 1000, "GJ/a", fate="discharged")
    gas = replace(gas, quantity=replace(gas.quantity, unit="GJ/a"), material="coal.gangue", given="coal gangue")
    need = bought("natural gas", 1e6, "Nm3/a", role="fuel", heating_value=(36.0, "MJ/Nm3"))
    found_gains = gains(gas, need, streams=["coal.gangue"], replaces=[replaced("gas.natural", "heat")], carbon="fossil")
    lost = 1000 * (0.0561 * 0.99 - COAL)
    assert found_gains.co2 == Span(pytest.approx(lost * 1.05), pytest.approx(lost), pytest.approx(lost * 0.95))


def test_a_biogenic_stream_saves_all_and_replaced_wood_saves_nothing():
    chips = flow("steel", "", "out", "waste", "wood chips", 100, fate="landfill", heating_value=(10.0, "GJ/t"))
    item = {"streams": ["biomass.chips"], "replaces": [replaced("coal.raw", "heat")], "carbon": "biogenic"}
    assert gains(chips, FIRED, **item).co2.value == pytest.approx(1000 * COAL)
    wood = bought("wood chips", 100, role="fuel", heating_value=(10.0, "GJ/t"))
    back = gains(gangue(), wood, **(GANGUE | {"replaces": [replaced("biomass.chips", "heat")]}))
    assert back.co2.value == pytest.approx(-600 * COAL)


def test_a_streams_own_factor_by_mass_and_by_heat():
    plastic = flow("steel", "", "out", "waste", "waste plastics", 10, fate="landfill", heating_value=(35.0, "GJ/t"))
    code = plastic.material
    assert code
    item = {"streams": [code], "replaces": [replaced("coal.raw", "heat")], "carbon": "fossil"}
    named = gains(plastic, FIRED, **item, carbon_factor="co2_waste_plastics")
    assert named.co2.value == pytest.approx(350 * COAL - 10 * 2.75)
    other = flow("steel", "", "out", "waste", "steel slag", 10, fate="landfill", heating_value=(35.0, "GJ/t"))
    item["streams"] = ["slag.steel"]
    assert gains(other, FIRED, **item).co2 is None
    by_heat = gains(other, FIRED, **item, carbon_factor="co2_heat_bituminous")
    assert by_heat.co2.value == pytest.approx(350 * COAL - 350 * 0.0946)
    by_length = gains(other, FIRED, **item, carbon_factor="oxidation_coke")
    assert by_length.co2 is None


def test_carbon_that_nobody_knows_is_not_counted_as_none():
    item = {"streams": ["slag.steel"], "replaces": [replaced("coal.raw", "mass")], "carbon": ""}
    assert gains(slag(), FIRED, **item).co2 is None
    assert (
        gains(
            slag(),
            bought("cement clinker", 8),
            streams=["slag.steel"],
            replaces=[replaced("cement.clinker", "mass")],
            carbon="",
        ).co2.value
        > 0
    )


def test_heat_in_place_of_bought_steam():
    hot = flow(
        "steel", "", "out", "heat", "high-temperature waste heat", 100, "GJ/a", fate="discharged", temperature=400
    )
    one = only(found(park(hot, bought("low-pressure steam", 40, "GJ/a", role="heat", temperature=150))))
    assert one.gains.co2.value == pytest.approx(40 * 0.11)
    warm = bought("low-temperature waste heat", 40, "GJ/a", role="heat", temperature=50)
    assert only(found(park(hot, warm))).gains.co2.value == 0


def test_waste_coal_in_place_of_bought_coal_is_the_same_carbon():
    waste = flow("steel", "", "out", "waste", "raw coal", 10, fate="landfill", heating_value=(20.0, "GJ/t"))
    assert only(found(park(waste, FIRED))).gains.co2.value == pytest.approx(0)


# --- money -----------------------------------------------------------------------------------------------------------
ONE = {"replaces": [replaced("mineral.limestone", "mass")]}


@pytest.mark.parametrize(
    ("paid", "bought_at", "expected"),
    [
        (None, None, None), ((-30, "CNY/t"), None, 3000), (None, (0.05, "元/kg"), 5000), ((-30, "CNY/t"), (50, "CNY/t"), 8000),
        ((20, "CNY/t"), None, None), ((20, "CNY/t"), (50, "CNY/t"), 5000), ((-30, "USD/t"), (50, "CNY/m3"), None),
    ],
)  # fmt: skip
def test_both_save_what_is_bought_and_what_disposal_costs(paid, bought_at, expected):
    money = gains(slag(100, price=paid), bought("limestone", 500, price=bought_at), **ONE).money
    assert money is None if expected is None else money.value == pytest.approx(expected)


def test_prices_are_weighted_and_those_of_what_is_sold_are_left_out():
    inventory = park(
        slag(10, price=(-10, "CNY/t")), slag(30, price=(-50, "CNY/t")), slag(60, fate="sold", price=(90, "CNY/t")), slag(5),
        bought("limestone", 10, price=(10, "CNY/t")), bought("limestone", 30, price=(30, "CNY/t")),
    )  # fmt: skip
    (supply,), (demand,) = supplies(inventory, 2012), demands(inventory, 2012)
    assert price(supply) == pytest.approx(-40)
    assert price(demand) == pytest.approx(25)
    assert price(supplies(park(slag(0, price=(-10, "CNY/t"))), 2012)[0]) is None


def test_a_stream_that_is_known_to_be_biogenic_gives_off_nothing_fossil_whatever_a_type_says():
    chips = flow("steel", "", "out", "waste", "wood chips", 100, fate="landfill", heating_value=(10.0, "GJ/t"))
    item = {"streams": ["biomass.chips"], "replaces": [replaced("coal.raw", "heat")], "carbon": "mixed"}
    assert gains(chips, FIRED, **item).co2.value == pytest.approx(1000 * COAL)
