"""Losses of one element, the shape of networks, cascades, decisions for several futures."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings

from lichen.design.binding import binding, with_decisions_fixed
from lichen.design.build import build
from lichen.design.network import Blend, Demand, Limit, Link, Network, Node, Stream, Supply
from lichen.design.resilience import losses
from lichen.design.robust import Scenario, corners, robust, scenario_graph
from lichen.design.solve import Settings, solve
from lichen.design.structure import cascade, flows_of, structure
from lichen.errors import InputError
from networks import COST, ash_and_cement, networks


def one(found, kind, name):
    return next(loss for loss in found if (loss.kind, loss.name) == (kind, name))


def test_losses_by_hand():
    """Without cement the mill is idle but paid: 5 400 − 90 − 1 000 more; built anew, the mill is saved too."""
    network = ash_and_cement()
    solution = solve(network)
    found = losses(solution)
    gain = 90 * 60 + 100 * 20 - 100 * 12 - 90
    assert one(found, "firm", "cement").fixed == pytest.approx(gain)
    assert one(found, "firm", "cement").free == pytest.approx(gain - 2400)
    assert one(found, "link", "west>bricks").fixed == pytest.approx(40 * (25 - 3))
    assert one(found, "firm", "cement").flow == pytest.approx(90)
    assert one(found, "firm", "cement").links == 1
    assert [loss.fixed for loss in found] == sorted((loss.fixed for loss in found), reverse=True)
    west = one(found, "link", "east>mill")
    assert west.free <= west.fixed
    again = solve(replace(network, links=tuple(k for k in network.links if k.id != "east>mill")))
    assert west.free == pytest.approx(again.objective - solution.objective)


def test_links_that_are_not_used_are_lost_without_loss():
    found = losses(solve(ash_and_cement()), ("link",), unused=True, free=False)
    assert one(found, "link", "east>bricks").fixed == 0
    assert one(found, "link", "east>bricks").free is None
    assert len(found) == 6


def test_a_delivery_that_must_come_cannot_be_lost():
    network = ash_and_cement()
    must = replace(network, demands=(Demand("cement", "ground", 90.0, must=True), network.demands[1]))
    found = losses(solve(must))
    assert one(found, "link", "mill>cement").fixed == inf
    assert one(found, "link", "mill>cement").free == inf
    assert one(found, "firm", "cement").fixed < inf  # who is gone asks for nothing


@settings(max_examples=25, deadline=None)
@given(networks(musts=False))
def test_to_design_anew_is_never_worse_and_a_loss_is_never_a_gain(network):
    solution = solve(network, settings=Settings(explain=False))
    if not solution.found:
        return
    for loss in losses(solution, ("firm", "link")):
        assert loss.fixed >= 0
        assert loss.free <= loss.fixed + 1e-6
        if loss.kind == "link":
            anew = solve(without(network, loss.name), settings=Settings(explain=False))
            assert loss.free == pytest.approx(max(anew.objective - solution.objective, 0), abs=1e-4)


def without(network, link):
    return replace(network, links=tuple(replace(k, capacity=0.0) if k.id == link else k for k in network.links))


def test_what_binds_and_what_it_would_bring():
    """One more tonne for the bricks costs 3 and spares a tonne of west's the landfill."""
    network = ash_and_cement()
    found = {(b.kind, b.name): b for b in binding(solve(network))}
    assert with_decisions_fixed(solve(network)).objective == pytest.approx(solve(network).objective)
    assert found["demand", "bricks · ash"].price == pytest.approx(3 - 20)
    assert found["demand", "bricks · ash"].limit == 40
    for bound in found.values():
        assert bound.price < 0
        assert bound.problem().text("en")
        assert bound.problem().text("zh")


def test_every_kind_of_limit_can_bind():
    network = Network(
        (COST,), (Stream("slag", "t"),), (Node("a"), Node("b"), Node("k")),
        (Supply("a", "slag", 6.0), Supply("b", "slag", 100.0)), (Demand("k", "slag", 10.0, must=True),),
        (Link("cheap", "a", "k", "slag", {"cost": 1.0}), Link("dear", "b", "k", "slag", {"cost": 3.0})),
    )  # fmt: skip
    prices = {(b.kind, b.name): b.price for b in binding(solve(network))}
    assert prices == pytest.approx({("supply", "a · slag"): -2.0, ("must", "k · slag"): -3.0})
    capped = replace(network, links=(replace(network.links[0], capacity=4.0), network.links[1]))
    assert {b.kind: b.price for b in binding(solve(capped))} == pytest.approx({"capacity": -2.0, "must": -3.0})
    road = replace(network, limits=(Limit("road", high=4.0, links={"cheap": 1.0}),))
    assert {b.kind: b.price for b in binding(solve(road))} == pytest.approx({"limit": -2.0, "must": -3.0})
    mixed = replace(network, blends=(Blend("chlorine", {"cheap": 0.08, "dear": 0.02}, high=0.05),))
    found = {b.kind: b for b in binding(solve(mixed))}
    assert found["blend"].limit == 0.05
    assert found["blend"].price < 0
    mill = ash_and_cement()
    small = replace(mill, facilities=(replace(mill.facilities[0], steps=mill.facilities[0].steps[:1]),))
    plant = next(b for b in binding(solve(small)) if b.kind == "plant")
    assert (plant.name, plant.limit) == ("mill", 60)
    assert plant.price < 0


@settings(max_examples=30, deadline=None)
@given(networks(decisions=False, musts=False))
def test_a_price_is_what_a_little_more_brings(network):
    """Prices are one-sided slopes of a convex function: a little more never brings more than the price says."""
    solution = solve(network)
    for bound in binding(solution):
        if bound.kind not in ("supply", "demand"):
            continue
        node, stream = bound.name.split(" · ")
        name = "supplies" if bound.kind == "supply" else "demands"
        more = replace(network, **{name: tuple(
            replace(e, amount=e.amount + 0.01) if (e.node, e.stream) == (node, stream) else e for e in getattr(network, name)
        )})  # fmt: skip
        assert solve(more).objective - solution.objective >= 0.01 * bound.price - 1e-6


def test_the_shape_of_a_chain_and_a_star():
    chain = structure([("a", "b", 1.0), ("b", "c", 2.0), ("b", "c", 1.0)])
    assert (chain.firms, chain.links) == (3, 2)
    assert chain.connectance == pytest.approx(2 / 6)
    assert chain.betweenness == {"a": 0, "b": pytest.approx(1 / 2), "c": 0}
    star = structure([("hub", f"x{k}", 1.0) for k in range(4)])
    assert star.hub == "hub"
    assert star.out_of["hub"] == 4
    assert structure([]).hub == ""
    two_ways = structure([("a", "b", 1), ("a", "c", 1), ("b", "d", 1), ("c", "d", 1)])
    assert two_ways.betweenness["b"] == pytest.approx(0.5 / 6)
    assert structure(flows_of(solve(ash_and_cement()))).hub == "mill"


def test_a_cascade_runs_as_far_as_the_threshold_lets_it():
    flows = [("a", "b", 9.0), ("x", "b", 1.0), ("b", "c", 1.0), ("x", "c", 1.0)]
    assert cascade(flows, "a", 0.8) == (("a",), ("b",))
    assert cascade(flows, "a", 0.4) == (("a",), ("b",), ("c", "x"))
    assert cascade(flows, "a", 1.0) == (("a",),)


def test_decisions_for_the_worst_future():
    """If ash may fail, the small mill is the better bet; if the mean counts, the large one."""
    network = ash_and_cement()
    futures = [Scenario("given", share=9.0), Scenario("half", supply=0.5)]
    worst, mean = robust(network, futures), robust(network, futures, criterion="mean")
    assert worst.value == pytest.approx(max(worst.objectives.values()))
    assert mean.value == pytest.approx(0.9 * mean.objectives["given"] + 0.1 * mean.objectives["half"])
    assert worst.value <= max(mean.objectives.values()) + 1e-6
    assert mean.value <= 0.9 * worst.objectives["given"] + 0.1 * worst.objectives["half"] + 1e-6
    for scenario in futures:
        alone = solve(scenario_graph(build(network), scenario))
        assert alone.objective <= min(worst.objectives[scenario.id], mean.objectives[scenario.id]) + 1e-6
    single = robust(network, futures[:1])
    assert single.value == pytest.approx(solve(network).objective)
    assert single.built.sum() == 1
    assert single.gap == pytest.approx(0, abs=1e-6)


def test_scenarios_are_checked():
    names = [s.id for s in corners(0.5, 1.5, 0.8, 1.2)]
    assert names[0] == "given"
    assert len(set(names)) == 5
    with pytest.raises(InputError, match="no scenario"):
        robust(ash_and_cement(), [])
    with pytest.raises(InputError, match="factor -1"):
        robust(ash_and_cement(), [Scenario("x", supply=-1.0)])
    with pytest.raises(InputError, match="no place"):
        robust(ash_and_cement(), [Scenario("x", demand={("nowhere", "ash"): 2.0})])
    assert robust(ash_and_cement(), [Scenario("x", demand={("cement", "ground"): 0.0})]).built.sum() == 0
