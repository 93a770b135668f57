"""How much could go: by hand, at the limits, and never more than each of them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discoveries import bought, cap, found, kind, made, only, park, replaced, slag
from lichen.discover.match import candidates
from lichen.discover.quantity import books, caps, feasible, rate_of, rate_range, storable
from lichen.discover.streams import demands, supplies
from lichen.discover.values import Span
from parks import flow

HALF_YEAR = (1 / 6,) * 6 + (0.0,) * 6
OTHER_HALF = HALF_YEAR[::-1]


def candidate(inventory, *types, water=None):
    """The one candidate of a park."""
    (one,) = (
        c for c in candidates(supplies(inventory, 2012), demands(inventory, 2012), inventory.firms, types, water or {}, 10.0)
        if c.receiver.id == "cement"
    )  # fmt: skip
    return one


def rate(inventory, *types, **more):
    return rate_of(candidate(inventory, *types, **more))


# --- rates -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("substitution", "expected"),
    [
        (replaced("mineral.limestone", rate=0.8), 0.8),
        (replaced("mineral.limestone", "mass", rate=0.8), 0.8),
        (replaced("mineral.limestone", rate=800, unit="kg/t"), 0.8),
        (replaced("mineral.limestone", rate=0.8, unit="1"), 0.8),
        (replaced("mineral.limestone", rate=80, unit="%"), 0.8),
        (replaced("mineral.limestone", rate=0.8, unit="GJ/t"), None),
        (replaced("mineral.limestone", rate=0.8, unit="m3/t"), None),
        (replaced("mineral.limestone", rate=0.8, unit="GJ/GJ"), None),
        (replaced("mineral.limestone", "mass"), 1.0),
        (replaced("mineral.limestone", "volume"), None),
        (replaced("mineral.limestone", "content"), None),
        (replaced("mineral.limestone", "heat"), None),
        (replaced("mineral.limestone"), None),
    ],
)
def test_a_rate_is_what_the_type_says_in_its_unit(substitution, expected):
    item = kind(replaces=[substitution])
    for inventory in (park(slag(), bought("limestone", 10)), park(slag())):
        found_rate = rate(inventory, item)
        assert found_rate == (None if expected is None else pytest.approx(expected))


def test_a_rate_between_units_is_only_taken_in_these_units():
    steam = bought("low-pressure steam", 90, "GJ/a", role="heat")
    inventory = park(slag(), steam)
    assert rate(inventory, kind(replaces=[replaced("heat.steam", rate=3.0, unit="GJ/t")])) == 3.0
    assert rate(inventory, kind(replaces=[replaced("heat.steam", rate=3.0, unit="MJ/kg")])) == pytest.approx(3.0)
    assert rate(inventory, kind(replaces=[replaced("heat.steam", rate=3.0)])) is None
    assert rate(inventory, kind(replaces=[replaced("heat.steam", rate=3.0, unit="1")])) is None
    one = only(found(inventory, kind(replaces=[replaced("heat.steam", rate=3.0, unit="GJ/t")])))
    assert (one.quantity.value, one.gains.resource.value, one.limits) == (30, 90, ("demand",))


def test_equal_heat_by_heating_values():
    gas = flow(
        "steel",
        "",
        "out",
        "by-product",
        "coke oven gas",
        1000,
        "Nm3/a",
        fate="discharged",
        heating_value=(17.4, "MJ/Nm3"),
    )
    coal = bought("raw coal", 10, role="fuel", heating_value=(20.0, "GJ/t"))
    item = kind(streams=["gas.coke-oven"], replaces=[replaced("coal.raw", "heat")], carbon="fossil")
    assert rate(park(gas, coal), item) == pytest.approx(0.0174 / 20)
    assert (
        rate(
            park(replace(gas, material="gas.co", given="carbon monoxide", heating_value=None), coal),
            kind(streams=["gas.co"], replaces=[replaced("coal.raw", "heat")]),
        )
        is None
    )
    assert rate(park(gas), item) is None


def test_the_heat_of_what_is_used_already_does_not_count():
    idle = flow("steel", "", "out", "waste", "raw coal", 10, fate="stored", heating_value=(10.0, "GJ/t"))
    sold = replace(idle, fate="sold", heating_value=(30.0, "GJ/t"))
    need = bought("natural gas", 100, "Nm3/a", role="fuel", heating_value=(36.0, "MJ/Nm3"))
    item = kind(streams=["coal.raw"], replaces=[replaced("gas.natural", "heat")], carbon="fossil")
    assert rate(park(idle, sold, need), item) == pytest.approx(10 / 0.036)


def test_the_same_material_is_one_for_one_or_equal_heat():
    need = bought("steel slag", 10)
    assert rate(park(slag(), need)) == 1
    coke = flow(
        "steel",
        "",
        "out",
        "by-product",
        "coke oven gas",
        1000,
        "Nm3/a",
        fate="discharged",
        heating_value=(17.4, "MJ/Nm3"),
    )
    gas = bought("coke oven gas", 100, "m3/a", role="fuel", heating_value=(16.0, "MJ/m3"))
    assert rate(park(coke, gas)) == pytest.approx(0.0174 / 0.016)


def test_water_counts_by_volume_and_by_mass():
    water = flow("steel", "", "out", "water", "reclaimed water", 100, "t/a", fate="discharged")
    cooling = bought("cooling water", 40, "m3/a", role="water")
    assert rate(park(water, cooling), water={"water.reclaimed": ("water.cooling",)}) == 1
    for basis in ("mass", "volume"):
        item = kind(streams=["water.reclaimed"], replaces=[replaced("water.cooling", basis)])
        assert rate(park(water, cooling), item) == 1
    solid = park(slag(), bought("limestone", 4))
    assert rate(solid, kind(replaces=[replaced("mineral.limestone", "volume")])) is None


def test_the_range_of_a_rate_widens_what_it_bounds():
    item = kind(replaces=[replaced("mineral.limestone", rate=0.8, low=0.5, high=1.0)])
    inventory = park(slag(1000), bought("limestone", 80))
    one = candidate(inventory, item)
    assert rate_range(one, 0.8) == Span(0.5, 0.8, 1.0)
    assert rate_range(replace_substitution(one, None), 1.0) == Span(1, 1, 1)
    quantity, limits, _ = feasible(one, 0.8, None)
    assert quantity == Span(pytest.approx(76), pytest.approx(100), pytest.approx(168))
    assert limits == ("demand",)
    shown = only(found(inventory, item))
    assert shown.gains.resource == Span(pytest.approx(38), pytest.approx(80), pytest.approx(84))
    none = kind(replaces=[replaced("mineral.limestone", rate=0.8, low=0.0, high=1.0)])
    assert feasible(candidate(inventory, none), 0.8, None)[0].high == 1050


def replace_substitution(one, substitution):
    one = replace(one)
    one.substitution = substitution
    return one


# --- caps ------------------------------------------------------------------------------------------------------------
def room(inventory, *types):
    return caps(candidate(inventory, *types), books(inventory, 2012))


def test_a_cap_is_a_share_of_the_product():
    assert room(park(slag(), made("portland cement", 1000)), kind(caps=[cap("cement.portland", 0.2)])).left == Span(
        190, 200, 210
    )
    assert room(park(slag(), made("portland cement", 1000)), kind()) is None
    assert room(park(slag()), kind(caps=[cap("cement.portland", 0.2)])) is None
    assert room(park(slag(), made("slag cement", 1000)), kind(caps=[cap("cement.portland", 0.2)])) is None
    assert (
        room(park(slag(), made("portland cement", 1000, year=2011)), kind(caps=[cap("cement.portland", 0.2)])) is None
    )


def test_a_cap_is_a_share_of_the_input_where_there_is_no_product():
    found_room = room(park(slag(), bought("raw coal", 500, role="fuel")), kind(caps=[cap("coal.raw", 0.2)]))
    assert found_room.left.value == 100
    assert [f.given for f in found_room.counted] == ["raw coal"]


def test_each_row_counts_once_by_the_cap_that_names_it_most_closely():
    both = kind(caps=[cap("cement", 0.4), cap("cement.portland", 0.2)])
    assert room(park(slag(), made("portland cement", 1000)), both).left.value == 200
    assert room(park(slag(), made("portland cement", 1000), made("slag cement", 100)), both).left.value == 240


def test_what_is_made_and_used_on_site_does_not_count_beside_the_product():
    clinker = made("cement clinker", 800, fate="reused on site")
    into = bought("cement clinker", 800, partner="cement")
    assert (
        room(park(slag(), clinker, into, made("portland cement", 1000)), kind(caps=[cap("cement", 0.4)])).left.value
        == 400
    )
    assert room(park(slag(), clinker, into), kind(caps=[cap("cement.clinker", 0.1)])).left.value == 80
    assert room(park(slag(), clinker), kind(caps=[cap("cement.clinker", 0.1)])).left.value == 80


def test_what_is_taken_already_counts_against_the_cap():
    item = kind(caps=[cap("cement.portland", 0.2)])
    cement = made("portland cement", 1000)
    told = room(park(slag(), cement, bought("steel slag", 150)), item)
    assert told.left == Span(pytest.approx(190 - 157.5), 50, pytest.approx(210 - 142.5))
    assert len(told.counted) == 2
    assert room(park(slag(), cement, bought("steel slag", 300)), item).left == Span(0, 0, 0)
    assert found(park(slag(), cement, bought("steel slag", 300, partner="steel")), item).opportunities == ()


def test_what_only_the_donor_tells_is_taken_too_and_counts_once():
    item = kind(caps=[cap("cement.portland", 0.2)])
    cement, given_on = made("portland cement", 1000), slag(150, fate="sold", partner="cement")
    assert room(park(slag(), cement, given_on), item).left.value == 50
    assert room(park(slag(), cement, given_on, bought("steel slag", 160, partner="steel")), item).left.value == 40


def test_the_strictest_type_holds_and_caps_without_an_upper_end_do_not():
    cement = made("portland cement", 1000)
    one, other = kind("a", caps=[cap("cement.portland", 0.2)]), kind("b", caps=[cap("cement.portland", 0.1)])
    assert room(park(slag(), cement), one, other).left.value == 100
    assert room(park(slag(), cement), other, one).left.value == 100
    assert room(park(slag(), cement), kind(caps=[cap("cement.portland", None)])) is None


def test_a_cap_in_tonnes_does_not_bound_cubic_metres():
    water = flow("steel", "", "out", "water", "reclaimed water", 1000, "m3/a", fate="discharged")
    one = only(
        found(
            park(water, made("portland cement", 100)),
            kind(streams=["water.reclaimed"], caps=[cap("cement.portland", 0.2)]),
        )
    )
    assert (one.quantity.value, one.bounded, one.limits) == (1000, False, ("supply",))


# --- feasible --------------------------------------------------------------------------------------------------------
ONE_TO_ONE = kind(replaces=[replaced("mineral.limestone", "mass")], caps=[cap("cement.portland", 0.2)])


@pytest.mark.parametrize(
    ("supply", "need", "cement", "quantity", "limits"),
    [
        (50, 100, 1000, 50, ("supply",)), (100, 50, 1000, 50, ("demand",)), (100, 100, 1000, 100, ("supply", "demand")),
        (300, 400, 1000, 200, ("cap",)), (200, 200, 1000, 200, ("supply", "demand", "cap")),
    ],
)  # fmt: skip
def test_the_smallest_of_supply_demand_and_cap(supply, need, cement, quantity, limits):
    one = only(found(park(slag(supply), bought("limestone", need), made("portland cement", cement)), ONE_TO_ONE))
    assert (one.quantity.value, one.limits, one.bounded) == (quantity, limits, True)


def test_without_a_need_and_a_cap_it_is_only_what_is_unused():
    one = only(found(park(slag(300)), ONE_TO_ONE))
    assert (one.quantity.value, one.bounded, one.demand, one.rate) == (300, False, None, 1.0)
    one = only(found(park(slag(300), bought("limestone", 10)), kind(replaces=[replaced("mineral.limestone")])))
    assert (one.quantity.value, one.bounded, one.rate) == (300, False, None)
    assert (one.gains.resource, one.gains.co2, one.gains.waste.value) == (None, None, 300)


@pytest.mark.parametrize("value", [0.0, 1e-12])
def test_nothing_flows_where_one_side_has_nothing(value):
    result = found(park(slag(value), bought("limestone", 10), made("portland cement", 1)), ONE_TO_ONE)
    assert len(result.opportunities) == (value > 0)
    assert found(park(slag(10), bought("limestone", 0.0)), ONE_TO_ONE).opportunities == ()


@given(
    st.floats(0.001, 1e6), st.floats(0.001, 1e6), st.floats(0.001, 1e6), st.floats(0.01, 10),
    st.none() | st.sampled_from([HALF_YEAR, OTHER_HALF]), st.none() | st.sampled_from([HALF_YEAR, OTHER_HALF]),
)  # fmt: skip
def test_never_more_than_each_limit(supply, need, cement, rate, there, needed):
    item = kind(replaces=[replaced("mineral.limestone", rate=rate)], caps=[cap("cement.portland", 0.2)])
    inventory = park(
        slag(supply, months=there or ()),
        bought("limestone", need, months=needed or ()),
        made("portland cement", cement),
    )
    one = only(found(inventory, item))
    most = 1 + 1e-9
    assert 0 < one.quantity.value <= supply * most
    assert one.quantity.value * rate <= need * most
    assert one.quantity.value <= 0.2 * cement * most
    assert 0 <= one.quantity.low <= one.quantity.value <= one.quantity.high
    assert one.gains.resource.value <= need * most
    assert sum(one.months) <= one.quantity.value * most
    assert one.limits


# --- months ----------------------------------------------------------------------------------------------------------
def steam(value, **more):
    return flow("steel", "", "out", "heat", "low-pressure steam", value, "GJ/a", fate="discharged", **more)


def needs_steam(value, **more):
    return bought("low-pressure steam", value, "GJ/a", role="heat", **more)


def test_heat_flows_in_the_months_that_both_have():
    one = only(found(park(steam(120, months=HALF_YEAR), needs_steam(120))))
    assert one.months == (pytest.approx(10),) * 6 + (0.0,) * 6
    assert one.quantity.value == pytest.approx(60)
    assert one.quantity.low == pytest.approx(57)
    assert one.limits == ("months",)


def test_heat_without_a_common_month_does_not_flow():
    assert found(park(steam(120, months=HALF_YEAR), needs_steam(120, months=OTHER_HALF))).opportunities == ()


def test_even_months_bound_nothing():
    one = only(found(park(steam(120, months=(1 / 12,) * 12), needs_steam(60))))
    assert (one.quantity.value, one.limits) == (60, ("demand",))
    assert one.months == (pytest.approx(5),) * 12


def test_months_without_a_need_are_those_of_the_supply():
    item = kind(streams=["heat.steam"], replaces=[replaced("heat.district", "heat")])
    one = only(found(park(steam(120, months=HALF_YEAR)), item))
    assert (one.months, one.limits) == ((20.0,) * 6 + (0.0,) * 6, ("supply",))
    assert only(found(park(steam(120)), item)).months == ()


def test_solids_wait_in_a_yard():
    inventory = park(slag(120, months=HALF_YEAR), bought("limestone", 120, months=OTHER_HALF))
    one = only(found(inventory, ONE_TO_ONE))
    assert (one.quantity.value, one.months) == (120, ())


def test_months_say_nothing_of_what_can_wait():
    one = only(found(park(slag(120, months=HALF_YEAR), made("portland cement", 300)), ONE_TO_ONE))
    assert one.quantity.value == 60
    assert one.months == ()


def test_heat_replaces_no_fuel_by_its_heat():
    warm = flow(
        "steel", "", "out", "heat", "low-temperature waste heat", 500, "GJ/a", fate="discharged", temperature=60
    )
    coal = flow("cement", "", "in", "fuel", "raw coal", 1000)
    one = only(found(park(warm, coal), kind(streams=["heat.waste"], replaces=[replaced("coal", "heat")])))
    assert (one.rate, one.bounded, one.gains.co2) == (None, False, None)


def test_months_of_what_is_used_already_do_not_count():
    sold = steam(1200, months=OTHER_HALF)
    one = only(found(park(steam(120, months=HALF_YEAR), replace(sold, fate="sold"), needs_steam(240))))
    assert one.quantity.value == pytest.approx(120)


@pytest.mark.parametrize(
    ("name", "role", "unit", "waits"),
    [("steel slag", "by-product", "t/a", True), ("hydrogen", "by-product", "t/a", False), ("reclaimed water", "water", "t/a", False),
     ("low-pressure steam", "heat", "t/a", False), ("coke oven gas", "by-product", "GJ/a", False)],
)  # fmt: skip
def test_what_can_wait(name, role, unit, waits):
    (one,) = supplies(park(flow("steel", "", "out", role, name, 5, unit)), 2012)
    assert storable(one) is waits
