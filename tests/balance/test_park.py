"""Reconciliation of a park's flows."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.balance.park import basis, flow_name, flow_text, laws, reconcile_park
from lichen.inventory.amounts import amount
from parks import flow, steelworks


def by_name(result):
    return {flow_name(r.flow): r for g in result.groups for r in g.flows}


def test_laws_are_listed_processes_and_what_both_sides_tell():
    found, one_sided, unlike = laws(steelworks(), 2012)
    assert [(law.kind, law.name, law.layer) for law in found] == [
        ("process", "bf", "Fe"), ("process", "bof", "Fe"), ("process", "mill", "mass"),
        ("inside", "metal.iron.pig", ""), ("between", "slag.steel", ""),
    ]  # fmt: skip
    assert [f.given for f in found[0].free] == ["metallurgical coke"]
    assert one_sided == unlike == ()
    assert found[4].text == "steel · cement · slag.steel"


def test_reconciled_flows_meet_the_laws():
    result = reconcile_park(steelworks(), 2012)
    (group,) = result.groups
    assert group.firms == ("steel", "cement")
    assert group.stopped == "accepted"
    assert group.before.passed
    rows = by_name(result)
    iron = [r.estimate.value for name, r in rows.items() if "pig iron" in name]
    assert iron[0] == pytest.approx(iron[1], rel=1e-9)
    assert 905 < iron[0] < 940
    slag = [r.estimate.value for name, r in rows.items() if "steel slag" in name]
    assert slag[0] == pytest.approx(slag[1], rel=1e-9)
    mill = {name: r.estimate.value for name, r in rows.items() if "mill" in name}
    assert sum(v for name, v in mill.items() if "cement ←" not in name and "→" not in name) == pytest.approx(
        next(v for name, v in mill.items() if "→" in name), rel=1e-9
    )
    assert all(r.estimate.sd < r.told_sd for r in rows.values() if r.estimate.status == "redundant")
    assert "metallurgical coke" not in " ".join(rows)


def test_a_gross_error_is_named():
    result = reconcile_park(steelworks(slag_taken=320.0), 2012)
    (gross,) = result.gross_errors
    assert flow_name(gross.flow) == "cement · mill · steel slag ← steel · raw material"
    assert gross.estimate.value == pytest.approx(205, rel=0.05)
    assert gross.z > 3
    assert not result.groups[0].before.passed
    assert result.groups[0].after.passed


def test_what_one_side_tells_is_kept_apart():
    park = steelworks()
    silent = replace(park, flows=tuple(f for f in park.flows if (f.firm, f.given) != ("cement", "steel slag")))
    result = reconcile_park(silent, 2012)
    assert [h.material for h in result.one_sided] == ["slag.steel"]
    assert not any("steel slag" in law.text for g in result.groups for law in g.laws)


def test_handovers_told_with_different_moistures_are_equal_when_dry():
    park = steelworks()
    coal = (
        flow("steel", "", "out", "product", "raw coal", 1000, half=0.02, moisture=0.10, partner="cement"),
        flow("cement", "", "in", "fuel", "raw coal", 930, half=0.02, moisture=0.02, partner="steel"),
    )
    (group,) = reconcile_park(replace(park, flows=coal), 2012).groups
    assert group.laws[0].layer == "dry"
    assert group.before.passed
    values = [r.estimate.value for r in group.flows]
    assert values[0] * 0.9 == pytest.approx(values[1] * 0.98, rel=0.01)
    told_alike = tuple(replace(f, moisture=0.1) for f in coal)
    assert not reconcile_park(replace(park, flows=told_alike), 2012).groups[0].before.passed


def test_reuse_on_site_without_a_partner_is_no_law():
    park = steelworks()
    gas = (
        flow("steel", "bf", "out", "by-product", "blast furnace gas", 10, "GJ/a", fate="reused on site"),
        flow("steel", "bof", "in", "fuel", "blast furnace gas", 4, "GJ/a", partner="steel"),
    )
    found, one_sided, _ = laws(replace(park, flows=gas), 2012)
    assert found == ()
    assert [h.internal for h in one_sided] == [True]


def test_units_that_cannot_be_compared_are_said():
    park = steelworks()
    heat = (
        flow("steel", "", "out", "heat", "steam", 10, "GJ/a", partner="cement"),
        flow("cement", "", "in", "heat", "steam", 4, "t/a", partner="steel"),
    )
    result = reconcile_park(replace(park, flows=(*park.flows, *heat)), 2012)
    assert [h.out[0].given for h in result.unlike] == ["steam"]
    assert basis(heat[0]) == "GJ/a"
    assert basis(flow("a", "", "in", "fuel", "nobody knows", 4, "GJ/a")) == "GJ/a"
    assert basis(flow("a", "", "in", "waste", "nobody knows", 4, "piece/a")) == ""


def test_a_group_without_a_solution_says_so_and_the_others_are_solved():
    park = steelworks()
    impossible = replace(
        park,
        processes=(*park.processes, type(park.processes[0])("shop", "p", "p", closed=("Zn",))),
        flows=(*park.flows, flow("shop", "p", "in", "raw material", "steel scrap", 1, composition={"Zn": 1.0}),
               flow("shop", "p", "out", "waste", "steel slag", 1, half=1e-9, composition={"Zn": 1e-9})),
    )  # fmt: skip
    result = reconcile_park(impossible, 2012)
    assert len(result.groups) == 2
    assert sum(bool(g.flows) for g in result.groups) >= 1


def test_flows_of_one_name_stay_two():
    park = steelworks()
    twice = replace(park, flows=(*park.flows, replace(park.flows[8], note="second delivery")))
    names = [r.estimate.name for g in reconcile_park(twice, 2012).groups for r in g.flows]
    assert len(set(names)) == len(names)
    assert any(name.endswith("#2") for name in names)


def test_a_year_without_flows_has_nothing_to_reconcile():
    result = reconcile_park(steelworks(), 1999)
    assert result.groups == result.one_sided == ()


@settings(deadline=None, max_examples=25)
@given(st.floats(150, 260), st.floats(150, 260), st.floats(850, 980))
def test_whatever_is_told_the_laws_hold_for_what_is_left(slag_sold, slag_taken, iron):
    park = steelworks(slag_sold, slag_taken, iron)
    for group in reconcile_park(park, 2012).groups:
        values = {id(r.flow): r.estimate.value for r in group.flows}
        for law in group.laws:
            if law.layer in ("", "mass"):
                net = sum((1 if f.direction == "in" else -1) * values[id(f)] for f in law.flows)
                assert abs(net) <= 1e-6 * sum(abs(values[id(f)]) for f in law.flows)


def test_the_order_of_rows_does_not_matter():
    park = steelworks()
    one, other = reconcile_park(park, 2012), reconcile_park(replace(park, flows=park.flows[::-1]), 2012)
    values = [
        {r.estimate.name: pytest.approx(r.estimate.value, rel=1e-7) for g in x.groups for r in g.flows}
        for x in (one, other)
    ]
    assert values[0] == {k: v.expected for k, v in values[1].items()}


def test_pure_streams_need_no_content():
    water = (
        flow("a", "wash", "in", "water", "fresh water", 100, "m3/a"),
        flow("a", "wash", "out", "waste", "industrial wastewater", 92, "m3/a"),
    )
    park = replace(
        steelworks(),
        processes=(type(steelworks().processes[0])("a", "wash", "washing", closed=("water",)),),
        flows=water,
    )
    (group,) = reconcile_park(park, 2012).groups
    assert [r.estimate.value for r in group.flows] == pytest.approx([95.7, 95.7], abs=0.5)
    assert amount(water[0], "water").value == 100


def test_a_flow_is_spoken_of_in_the_words_of_the_survey():
    one = flow("steel", "bof", "out", "by-product", "steel slag", 5, fate="stored")
    assert flow_text(one).en == flow_name(one) == "steel · bof · steel slag → stored · by-product"
    assert flow_text(one).zh == "steel · bof · steel slag → 堆存 · 副产品"
    assert flow_text(flow("steel", "", "in", "fuel", "coke", 5, partner="x")).zh == "steel · coke ← x · 燃料"
