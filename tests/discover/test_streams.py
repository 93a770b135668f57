"""What firms have and need: by material, in one unit, what is used apart from what is not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discoveries import bought, firm, made, park, slag
from lichen.discover.streams import demands, heat_per_unit, monthly, part_of, span_of, supplies, unit_of_flow, weakest
from lichen.discover.values import Span
from lichen.inventory.values import FATES, Inventory
from parks import flow, steelworks

UNUSED = {"", "treated", "landfill", "stored", "incinerated", "discharged", "unknown"}


@pytest.mark.parametrize("fate", FATES)
def test_a_fate_is_use_or_not(fate):
    (one,) = supplies(park(slag(100, fate=fate)), 2012)
    assert (one.unused.value, one.used.value) == ((100, 0) if fate in UNUSED else (0, 100))
    assert len(one.idle) == (fate in UNUSED)


def test_rows_of_one_material_are_added_up_and_used_ones_kept_apart():
    (one,) = supplies(park(slag(100), slag(50, fate="landfill"), slag(30, fate="sold")), 2012)
    assert one.unused == Span(142.5, 150, 157.5)
    assert one.used == Span(28.5, 30, 31.5)
    assert [f.quantity.value for f in one.flows] == [100, 50, 30]
    assert [f.quantity.value for f in one.idle] == [100, 50]
    assert (one.unit, one.kind, one.firm.id) == ("t/a", "measured", "steel")
    assert part_of(one, one.idle[:1]).unused.value == 100


def test_what_goes_to_a_neighbour_is_used_where_no_fate_says_otherwise():
    for fate in ("", "unknown"):
        (one,) = supplies(park(slag(100, fate=fate, partner="Firm cement")), 2012)
        assert (one.unused.value, one.used.value) == (0, 100)
    (one,) = supplies(park(slag(100, fate="landfill", partner="cement")), 2012)
    assert one.unused.value == 100
    (one,) = supplies(park(slag(100, fate="", partner="somebody outside")), 2012)
    assert one.unused.value == 100


def test_products_other_years_and_unknown_names_are_not_there():
    inventory = park(
        made("crude steel", 100, who="steel"), slag(5, year=2011), flow("steel", "", "out", "waste", "mystery", 3),
        flow("steel", "", "in", "product", "pig iron", 4),
    )  # fmt: skip
    assert supplies(inventory, 2012) == ()
    assert demands(inventory, 2012) == ()
    assert supplies(Inventory(), 2012) == demands(Inventory(), 2012) == ()


def test_demands_come_from_outside_the_firm():
    inventory = park(
        bought("limestone", 70),
        bought("limestone", 30, partner="cement"),
        bought("cement clinker", 5, partner="Firm cement"),
    )
    (one,) = demands(inventory, 2012)
    assert (one.material, one.amount.value, len(one.flows)) == ("mineral.limestone", 70, 1)


def test_what_is_a_neighbours_by_product_already_is_no_demand():
    taken = bought("steel slag", 40, partner="steel")
    assert [
        d.material for d in demands(park(slag(40, fate="sold", partner="cement"), taken, bought("limestone", 7)), 2012)
    ] == ["mineral.limestone"]
    assert len(demands(park(taken), 2012)) == 1
    product = flow("steel", "", "out", "product", "steel slag", 40, fate="sold")
    assert len(demands(park(product, taken), 2012)) == 1


@pytest.mark.parametrize(
    ("role", "name", "unit", "joined", "value"),
    [
        ("by-product", "steel slag", "kg/a", "t/a", 0.001),
        ("water", "reclaimed water", "m3/a", "m3/a", 1),
        ("water", "reclaimed water", "t/a", "m3/a", 1),
        ("waste", "reclaimed water", "m3/a", "m3/a", 1),
        ("heat", "low-pressure steam", "t/a", "t/a", 1),
        ("heat", "low-pressure steam", "GJ/a", "GJ/a", 1),
        ("electricity", "electricity", "kWh/a", "GJ/a", 0.0036),
        ("fuel", "raw coal", "GJ/a", "t/a", 1 / 20.908),
        ("by-product", "coke oven gas", "Nm3/a", "Nm3/a", 1),
        ("by-product", "hydrogen", "Nm3/a", "t/a", 8.994e-05),
    ],
)
def test_flows_are_joined_in_one_unit(role, name, unit, joined, value):
    one = flow("steel", "", "out", role, name, 1, unit)
    assert unit_of_flow(one) == joined
    assert span_of(one, joined).value == pytest.approx(value)


def test_water_in_tonnes_and_in_cubic_metres_adds_up():
    tonnes, volume = (flow("steel", "", "out", "water", "reclaimed water", 50, unit) for unit in ("t/a", "m3/a"))
    (one,) = supplies(park(tonnes, volume), 2012)
    assert (one.unused.value, one.unit) == (100, "m3/a")


def test_a_converted_amount_is_at_best_estimated():
    told, converted = slag(100), flow("steel", "", "out", "by-product", "hydrogen", 1000, "Nm3/a")
    assert weakest([told], "t/a") == "measured"
    assert weakest([told, converted], "t/a") == "estimated"
    guessed = replace(told, quantity=replace(told.quantity, kind="assumed"))
    assert weakest([told, guessed], "t/a") == "assumed"


def test_a_range_wider_than_the_value_ends_at_zero():
    assert span_of(slag(10, half=0.05), "t/a") == Span(9.5, 10, 10.5)
    wide = slag(10)
    assert span_of(replace(wide, quantity=replace(wide.quantity, low=0, high=40)), "t/a") == Span(0, 10, 20)


def test_months_are_even_where_only_others_tell_them():
    first = (1.0, *(0.0,) * 11)
    assert monthly([slag(12)], "t/a") == ()
    assert monthly([slag(12), slag(24, months=first)], "t/a") == (25.0, *(1.0,) * 11)


def test_heat_of_a_unit_is_known_only_where_that_of_every_row_is():
    coal = bought("raw coal", 10, heating_value=(20.0, "GJ/t"))
    better = bought("raw coal", 30, heating_value=(24.0, "MJ/kg"))
    assert heat_per_unit([coal, better], "t/a") == pytest.approx(23)
    assert heat_per_unit([coal, slag(1)], "t/a") is None
    assert heat_per_unit([], "t/a") is None
    assert heat_per_unit([bought("raw coal", 0)], "t/a") is None


@given(st.permutations(range(12)))
def test_the_order_of_rows_does_not_matter(order):
    inventory = steelworks()
    shuffled = replace(inventory, flows=tuple(inventory.flows[i] for i in order))

    def plain(sides):
        return sorted((s.firm.id, s.material, s.unit, s.kind) for s in sides)

    assert plain(supplies(inventory, 2012)) == plain(supplies(shuffled, 2012))
    assert plain(demands(inventory, 2012)) == plain(demands(shuffled, 2012))


def test_the_steelworks_by_hand():
    assert {(s.material, s.unused.value, s.used.value) for s in supplies(steelworks(), 2012)} == {
        ("slag.bf.granulated", 300, 0), ("slag.steel", 0, 200), ("scrap.steel", 0, 5),
    }  # fmt: skip
    assert {(d.firm.id, d.material, round(d.amount.value, 3)) for d in demands(steelworks(), 2012)} == {
        ("steel", "ore.iron", 1500), ("steel", "coke.metallurgical", 450), ("cement", "cement.clinker", 800),
        ("cement", "electricity", 144),
    }  # fmt: skip


def test_firms_are_looked_up_by_code():
    firms = (firm("a", "3120"), firm("b", "3120"))
    assert [s.firm.id for s in supplies(park(slag(1, who="b"), slag(1, who="a"), firms=firms), 2012)] == ["b", "a"]
