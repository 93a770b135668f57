"""The best network: against every choice by force, in parts and whole, with links left out, in other orders and units."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.design.build import build
from lichen.design.graph import fixed_charges, graph
from lichen.design.network import Blend, Demand, Facility, Limit, Link, Network, Node, Period, Step, Stream, Supply
from lichen.design.solve import Settings, solve
from lichen.errors import InputError
from networks import CO2, COST, ash_and_cement, best_by_force, networks

FEW = settings(max_examples=30, deadline=None)
WHOLE = Settings(split=False, prune=False, explain=False)


def test_the_network_by_hand():
    """Large mill, all the ash ground that cement needs; west's rest to the bricks.

    Ground 90 t needs 100 t of ash: all of east's. A t of west's to the bricks saves 20 + 5 for 3.
    """
    found = solve(ash_and_cement())
    assert found.status == "optimal"
    assert found.gap == pytest.approx(0, abs=1e-6)
    assert found.flow("grinding") == pytest.approx(100)
    assert found.flow("west>bricks") == pytest.approx(40)
    assert found.steps() == {"mill": "large"}
    by_hand = 100 * (2 + 10) + 90 * 1 + 2400 + 40 * 3 + 10 * 20
    assert found.objective == pytest.approx(by_hand)
    assert found.measures["cost"] == pytest.approx(by_hand)
    assert found.measures["co2"] == pytest.approx(100 * 0.06 + 90 * 0.005 + 40 * 0.02)


def test_a_carbon_price_is_a_weight():
    found = solve(ash_and_cement(), {"cost": 1.0, "co2": 100.0})
    assert found.objective == pytest.approx(found.measures["cost"] + 100 * found.measures["co2"])
    with pytest.raises(InputError, match="no objective"):
        solve(ash_and_cement(), "profit")
    with pytest.raises(InputError, match="does not count"):
        solve(ash_and_cement(), "jobs")
    with pytest.raises(InputError, match="no finite number"):
        solve(ash_and_cement(), {"cost": inf})


def test_most_jobs_are_many():
    jobs = replace(CO2, id="jobs", unit="person")
    network = Network(
        (COST, jobs), (Stream("ash", "t"),), (Node("a"), Node("b")), (Supply("a", "ash", 10.0, {"cost": 0.0}),),
        (Demand("b", "ash", 10.0, {"cost": 0.0}),), (Link("k", "a", "b", "ash", {"cost": 1.0, "jobs": 0.5}),),
    )  # fmt: skip
    assert solve(network, "jobs").measures["jobs"] == pytest.approx(5)
    assert solve(network, "cost").measures["jobs"] == pytest.approx(0)


@FEW
@given(networks())
def test_no_choice_of_steps_is_better(network):
    best = best_by_force(network, {"cost": 1.0})
    found = solve(network, settings=Settings(explain=False))
    assert (found.status == "infeasible") == (best == inf)
    if best < inf:
        assert found.objective == pytest.approx(best, rel=1e-6, abs=1e-5)


@FEW
@given(networks(periods=3, decisions=False))
def test_periods_are_weighed(network):
    best = best_by_force(network, {"cost": 1.0})
    found = solve(network, settings=Settings(explain=False))
    assert found.objective == pytest.approx(best, rel=1e-7, abs=1e-6)


@FEW
@given(networks())
def test_parts_and_links_left_out_change_nothing(network):
    ways = [solve(network, settings=s) for s in (Settings(explain=False), Settings(prune=False, explain=False), WHOLE)]
    assert len({w.status for w in ways}) == 1
    assert [w.objective for w in ways] == pytest.approx([ways[0].objective] * 3, rel=1e-6, abs=1e-5)
    assert ways[2].way == "whole"
    assert ways[2].pruned == 0


@FEW
@given(networks(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(network, random):
    def mixed(items):
        items = list(items)
        random.shuffle(items)
        return tuple(items)

    other = replace(
        network, links=mixed(network.links), supplies=mixed(network.supplies), demands=mixed(network.demands),
        facilities=mixed(network.facilities), nodes=mixed(network.nodes),
    )  # fmt: skip
    one, two = (solve(n, settings=Settings(explain=False)) for n in (network, other))
    assert one.status == two.status
    assert one.objective == pytest.approx(two.objective, rel=1e-6, abs=1e-5)


@FEW
@given(networks(decisions=False, musts=False), st.sampled_from([1e-3, 10.0, 1e4]))
def test_units_of_amounts_do_not_matter(network, k):
    """Amounts times k and costs per unit over k: the same money."""

    def per(given):
        return {m: c / k for m, c in given.items()}

    other = replace(
        network,
        supplies=tuple(replace(s, amount=s.amount * k, left=per(s.left)) for s in network.supplies),
        demands=tuple(replace(d, amount=d.amount * k, short=per(d.short)) for d in network.demands),
        links=tuple(replace(e, capacity=e.capacity * k, per_unit=per(e.per_unit)) for e in network.links),
        limits=tuple(replace(e, high=e.high * k) for e in network.limits),
    )  # fmt: skip
    assert solve(other).objective == pytest.approx(solve(network).objective, rel=1e-5, abs=1e-3)


@FEW
@given(networks(decisions=False))
def test_flows_hold_every_balance_and_the_duals_are_optimal(network):
    found = solve(network, settings=Settings(explain=False))
    if found.status == "infeasible":
        return
    p = found.program
    activity = p.A @ found.x
    assert (activity >= p.row_low - 1e-6).all()
    assert (activity <= p.row_high + 1e-6).all()
    y, reduced = found.row_dual, found.col_dual
    low, high = np.where(np.isfinite(p.row_low), p.row_low, 0), np.where(np.isfinite(p.row_high), p.row_high, 0)
    upper = np.where(np.isfinite(p.high), p.high, 0)
    dual = np.maximum(y, 0) @ low + np.minimum(y, 0) @ high + np.minimum(reduced, 0) @ upper
    assert (np.maximum(reduced, 0) * p.low).sum() == 0
    assert dual + found.weights @ p.constant == pytest.approx(found.objective, rel=1e-6, abs=1e-5)


def test_a_network_apart_is_solved_apart():
    one = ash_and_cement()
    names = {n.id: f"{n.id}2" for n in one.nodes}
    two = replace(
        one, nodes=(*one.nodes, *(Node(n) for n in names.values())),
        supplies=(*one.supplies, *(replace(s, node=names[s.node]) for s in one.supplies)),
        demands=(*one.demands, *(replace(d, node=names[d.node]) for d in one.demands)),
        links=(*one.links, *(replace(k, id=f"{k.id}2", origin=names[k.origin], target=names[k.target]) for k in one.links)),
        facilities=(*one.facilities, Facility("mill2", {"grinding2": 1.0}, one.facilities[0].steps)),
    )  # fmt: skip
    found = solve(two)
    assert found.way == "parts"
    assert found.count == 2
    assert found.objective == pytest.approx(2 * solve(one).objective)
    assert any("2 parts" in note.text("en") for note in found.notes())
    bound = replace(two, limits=(Limit("budget", high=10_000.0, measures={"cost": 1.0}),))
    assert solve(bound).way == "whole"
    assert any("whole" in note.text("en") for note in solve(bound).notes())
    assert solve(bound).objective == pytest.approx(found.objective)


def test_a_bound_that_forces_a_losing_link_keeps_it():
    """East's ash to the bricks loses money, yet it alone keeps what is landfilled low enough."""
    waste = replace(CO2, id="waste", unit="t")
    base = Network(
        (COST, waste), (Stream("ash", "t"),), (Node("a"), Node("b")),
        (Supply("a", "ash", 10.0, {"cost": 1.0, "waste": 1.0}),), (Demand("b", "ash", 10.0, {"cost": 1.0}),),
        (Link("k", "a", "b", "ash", {"cost": 5.0}),),
    )  # fmt: skip
    assert solve(base).pruned == 1
    assert solve(base).flow("k") == 0
    forced = solve(replace(base, limits=(Limit("landfill", high=4.0, measures={"waste": 1.0}),)))
    assert forced.pruned == 0
    assert forced.flow("k") == pytest.approx(6)
    least = solve(replace(base, links=(replace(base.links[0], least=2.0),)))
    assert least.flow("k") == pytest.approx(2)
    mixed = solve(replace(base, blends=(Blend("b", {"k": 0.1}, high=0.2),)))
    assert mixed.pruned == 0


def test_a_blend_keeps_its_window():
    """Cheap slag with 8 % of chlorine, dear slag with 2 %: half of each makes 5 %."""
    network = Network(
        (COST,), (Stream("slag", "t"),), (Node("a"), Node("b"), Node("k")),
        (Supply("a", "slag", 100.0), Supply("b", "slag", 100.0)), (Demand("k", "slag", 10.0, must=True),),
        (Link("cheap", "a", "k", "slag", {"cost": 1.0}), Link("dear", "b", "k", "slag", {"cost": 3.0})),
        blends=(Blend("chlorine", {"cheap": 0.08, "dear": 0.02}, high=0.05),),
    )  # fmt: skip
    found = solve(network)
    assert (found.flow("cheap"), found.flow("dear")) == pytest.approx((5, 5))
    low = replace(network, blends=(Blend("share of dear", {"cheap": 0.0, "dear": 1.0}, low=0.7),))
    assert solve(low).flow("dear") == pytest.approx(7)


def test_steps_are_built_once_and_stay():
    """Two years, one plant: it pays to build in the second only, when there is something to take."""
    network = Network(
        (COST,), (Stream("ash", "t"),), (Node("a"), Node("b")), (Supply("a", "ash", (1.0, 100.0)),),
        (Demand("b", "ash", (100.0, 100.0), {"cost": 10.0}),), (Link("k", "a", "b", "ash", {"cost": 1.0}),),
        (Facility("pipe", {"k": 1.0}, (Step("s", 100.0, {"cost": 400.0}),)),),
        periods=(Period("2030", "2030"), Period("2031", "2031", discount=0.9)),
    )  # fmt: skip
    found = solve(network)
    assert found.built.tolist() == [[0.0, 1.0]]
    assert found.objective == pytest.approx(100 * 10 + 0.9 * (400 + 100))
    assert found.flows.tolist() == [[0.0], [100.0]]
    kept = replace(network, facilities=(replace(network.facilities[0], state="kept"),))
    assert solve(kept).built.tolist() == [[1.0, 0.0]]
    assert solve(kept).objective == pytest.approx(400 + 1 + 99 * 10 + 0.9 * 100)
    free = replace(network, facilities=(replace(network.facilities[0], state="free"),))
    assert solve(free).built.tolist() == [[1.0, 0.0]]
    budget = replace(network, limits=(Limit("of 2031", high=300.0, measures={"cost": 1.0}, periods=("2031",)),))
    late = solve(budget, settings=Settings(explain=False))
    assert late.status == "optimal"
    assert late.built.tolist() == [[1.0, 0.0]]


def test_a_plant_is_enlarged_by_a_second_way():
    """60 t at once, 60 more in the second year: by hand 100 + 0.9 · 90, and 1 a tonne."""
    links = tuple(Link(name, "a", "b", "ash", {"cost": 1.0}) for name in ("first", "more"))
    network = Network(
        (COST,), (Stream("ash", "t"),), (Node("a"), Node("b")), (Supply("a", "ash", (60.0, 120.0)),),
        (Demand("b", "ash", (120.0, 120.0), {"cost": 10.0}),), links,
        (Facility("plant", {"first": 1.0}, (Step("s", 60.0, {"cost": 100.0}),)),
         Facility("enlarged", {"more": 1.0}, (Step("s", 60.0, {"cost": 90.0}),), )),
        periods=(Period("2030", "2030"), Period("2031", "2031", discount=0.9)),
    )  # fmt: skip
    found = solve(network)
    later = 0.9 * (90 + 60) + 60 + 100 + 60 * 10 + 0.9 * 60
    other = 0.9 * (100 + 60) + 60 + 90 + 60 * 10 + 0.9 * 60  # nothing makes the enlargement wait for the plant
    assert found.objective == pytest.approx(min(later, other))
    assert found.built.sum() == 2
    assert found.flows.sum(axis=1) == pytest.approx([60, 120])


def test_a_minimum_quantity_keeps_a_plant_from_idling():
    network = ash_and_cement()
    mill = network.facilities[0]
    idle = replace(network, facilities=(replace(mill, state="kept", steps=(replace(mill.steps[1], least=120.0),)),))
    assert solve(idle).flow("grinding") == pytest.approx(120) if solve(idle).found else True
    poor = replace(network, supplies=network.supplies[:1])
    least = solve(replace(poor, facilities=(replace(mill, steps=(replace(mill.steps[1], least=110.0),)),)))
    assert least.flow("grinding") == 0


def test_a_million_ways_to_say_one_thing():
    """The same as arrays, with fixed charges; sifted and at once."""
    rng = np.random.default_rng(3)
    m = 80
    origin, target = np.repeat(np.arange(m), m), m + np.tile(np.arange(m), m)
    supply = np.where(np.arange(2 * m) < m, rng.uniform(1, 9, 2 * m), 0)
    demand = np.where(np.arange(2 * m) >= m, rng.uniform(1, 9, 2 * m), 0)
    big = graph(
        [COST], origin, target, {"cost": rng.uniform(1, 30, m * m)}, supply, demand,
        left={"cost": np.full(2 * m, 5.0)}, short={"cost": np.full(2 * m, 9.0)}, may_lack=demand > 0,
    )  # fmt: skip
    sifted, at_once = (
        solve(big, settings=Settings(prune=False)),
        solve(replace(big, capacity=np.full(m * m, 1e9)), settings=WHOLE),
    )
    assert sifted.objective == pytest.approx(at_once.objective, rel=1e-9)
    assert (sifted.col_dual > -1e-6).all()
    assert sifted.col_dual.size == m * m
    dear = np.arange(0, m * m, 50)
    charged = replace(big, plants=fixed_charges(dear, np.full(len(dear), 9.0), np.full((1, len(dear)), 1e6)))
    found = solve(charged, settings=Settings(gap=1e-4))
    assert found.pruned >= len(dear)
    assert found.built.sum() == 0
    assert found.objective >= sifted.objective - 1e-6


def test_what_time_allows_is_told():
    rng = np.random.default_rng(5)
    m = 110
    origin, target = np.repeat(np.arange(m), m), m + np.tile(np.arange(m), m)
    demand = np.where(np.arange(2 * m) >= m, rng.uniform(1, 9, 2 * m), 0)
    hard = graph(
        [COST], origin, target, {"cost": rng.uniform(1, 30, m * m)}, np.where(demand > 0, 0, 9.0), demand,
        short={"cost": np.full(2 * m, 100.0)}, may_lack=demand > 0,
        plants=fixed_charges(np.arange(m * m), np.full(m * m, 9.0), rng.uniform(50, 99, (1, m * m))),
    )  # fmt: skip
    found = next(  # a machine under load may need longer for a first network
        one for time_s in (0.8, 4.0, 20.0) if (one := solve(hard, settings=Settings(time_s=time_s))).status != "unknown"
    )  # fmt: skip
    assert found.status == "feasible"
    assert 0 < found.gap < 9
    assert any("Time was up" in n.text("en") and "%" in n.text("en") for n in found.notes())
    again = solve(hard, settings=Settings(time_s=1.0), start=found.x)
    assert again.objective <= found.objective + 1e-6


def test_gain_without_end_is_told():
    network = Network(
        (COST,), (Stream("ash", "t"), Stream("gold", "t")), (Node("a"),), (Supply("a", "gold", 0.0, {"cost": -1.0}),), (),
        (Link("more", "a", "a", "ash", {"cost": 0.0}, becomes="gold", rate=2.0),
         Link("back", "a", "a", "gold", {"cost": 0.0}, becomes="ash")),
    )  # fmt: skip
    found = solve(network)
    assert found.status == "unbounded"
    assert not found.found
    assert any("without end" in n.text("en") for n in found.notes())


def test_same_again():
    one, two = solve(ash_and_cement()), solve(build(ash_and_cement()))
    assert one.x.tolist() == two.x.tolist()


def test_a_start_that_is_no_network_is_ignored():
    """Completing it would count what is built twice: 7 245 is the least without the way from east to the mill."""
    network = ash_and_cement()
    begin = solve(network).x.copy()
    begin[0] = 0.0
    closed = replace(network, links=(replace(network.links[0], capacity=0.0), *network.links[1:]))
    assert solve(closed, start=begin).objective == pytest.approx(7245)
    assert solve(closed, start=solve(closed).x).objective == pytest.approx(7245)


def test_a_start_that_is_counted_wrongly_does_not_mislead():
    """A program on which one version of the optimiser counts the start's cost twice and calls it optimal."""
    network = ash_and_cement()
    closed = replace(network, links=(replace(network.links[0], capacity=0.0), *network.links[1:]))
    begin = np.array([0.0, 50.0, 50.0, 45.0, 0.0, 0.0, 0.0, 1.0])
    found = solve(closed, start=begin, settings=Settings(split=False, prune=False))
    assert found.objective == pytest.approx(7245)
    assert found.objective == pytest.approx(found.measures["cost"])
