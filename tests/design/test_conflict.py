"""Why there is no network: a smallest set of limits, in words, and what would open it."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings

from lichen.design.network import Blend, Demand, Facility, Limit, Link, Network, Node, Step, Stream, Supply
from lichen.design.solve import solve
from networks import COST, ash_and_cement, best_by_force, networks


def impossible():
    network = ash_and_cement()
    demands = (Demand("cement", "ground", 90.0, must=True), network.demands[1])
    return replace(network, demands=demands, limits=(Limit("budget", high=3000.0, measures={"cost": 1.0}),))


def conflict(network):
    found = solve(network)
    assert found.status == "infeasible"
    assert not found.found
    return found.conflict[0], found.conflict[1:]


def test_a_budget_against_a_demand():
    """Without the demand 2320 would do, with it 4010 are needed; a mill that costs nothing would do as well."""
    first, rest = conflict(impossible())
    assert {m.code for m in first.values["members"]} == {
        "design.member_demand", "design.member_limit", "design.member_plant",
    }  # fmt: skip
    text = first.text("en")
    assert "cement · ground has to get 90" in text
    assert "limit budget" in text
    assert "不能同时成立" in first.text("zh")
    amounts = {note.values["member"].code: note.values["amount"] for note in rest}
    cheapest = solve(replace(impossible(), limits=())).objective
    assert amounts["design.member_limit"] == pytest.approx(cheapest - 3000, rel=1e-4)
    assert cheapest == pytest.approx(4010)
    opened = replace(impossible(), limits=(Limit("budget", high=cheapest + 1, measures={"cost": 1.0}),))
    assert solve(opened).found


def test_supply_too_small_for_a_demand():
    network = Network(
        (COST,), (Stream("ash", "t"),), (Node("a"), Node("b"), Node("c")), (Supply("a", "ash", 10.0),),
        (Demand("b", "ash", 7.0, must=True), Demand("c", "ash", 5.0, must=True)),
        (Link("ab", "a", "b", "ash", {"cost": 1.0}), Link("ac", "a", "c", "ash", {"cost": 1.0})),
    )  # fmt: skip
    first, rest = conflict(network)
    assert sorted(m.code for m in first.values["members"]) == [
        "design.member_demand", "design.member_demand", "design.member_supply",
    ]  # fmt: skip
    assert [note.values["amount"] for note in rest] == pytest.approx([2.0] * 3)
    narrow = replace(
        network, supplies=(Supply("a", "ash", 20.0),), links=(replace(network.links[0], capacity=3.0), network.links[1])
    )
    first, rest = conflict(narrow)
    assert {m.code for m in first.values["members"]} == {"design.member_demand", "design.member_capacity"}
    assert "carries 3 at most" in first.text("en")


def test_plants_blends_and_least_amounts_are_named():
    network = Network(
        (COST,), (Stream("slag", "t"),), (Node("a"), Node("k")), (Supply("a", "slag", 50.0),),
        (Demand("k", "slag", 10.0, must=True),), (Link("s", "a", "k", "slag", {"cost": 1.0}),),
        (Facility("pipe", {"s": 1.0}, (Step("small", 4.0, {"cost": 1.0}), Step("large", 6.0, {"cost": 2.0}))),),
    )  # fmt: skip
    first, _ = conflict(network)
    assert "pipe holds 6 at most" in first.text("en")
    mixed = replace(network, facilities=(), blends=(Blend("chlorine", {"s": 0.08}, high=0.05),))
    first, _ = conflict(mixed)
    assert "blend chlorine" in first.text("en")
    least = replace(network, facilities=(), links=(replace(network.links[0], least=20.0),))
    first, _ = conflict(least)
    assert "carries 20 at least" in first.text("en")
    must = replace(network, supplies=(Supply("a", "slag", 50.0, must=True),), facilities=())
    first, _ = conflict(must)
    assert "has to get rid of 50" in first.text("en")


def test_a_conflict_of_decisions_alone():
    """The linear program has a solution, no choice of sizes does: 5 is too little for the one and too much for none."""
    network = Network(
        (COST,), (Stream("slag", "t"),), (Node("a"), Node("k")), (Supply("a", "slag", 50.0),),
        (Demand("k", "slag", 5.0, must=True),), (Link("s", "a", "k", "slag", {"cost": 1.0}),),
        (Facility("pipe", {"s": 1.0}, (Step("small", 4.0, {"cost": 1.0}), Step("large", 10.0, {"cost": 2.0}, least=8.0))),),
    )  # fmt: skip
    first, _ = conflict(network)
    assert {m.code for m in first.values["members"]} == {"design.member_demand", "design.member_plant"}


@settings(max_examples=40, deadline=None)
@given(networks(decisions=False))
def test_whatever_has_no_network_has_a_reason_and_nothing_else_has(network):
    found = solve(network)
    assert bool(found.conflict) == (found.status == "infeasible") == (best_by_force(network, {"cost": 1.0}) == inf)
    if found.conflict:
        assert 1 <= found.conflict[0].values["count"] <= len(found.conflict[0].values["members"])
        assert found.conflict[0].text("en").count("None") == 0
