"""What can wait from one season to the next: by hand, against every choice by force, and what must not change it."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.design.binding import binding
from lichen.design.build import build
from lichen.design.check import check
from lichen.design.network import Demand, Facility, Limit, Link, Network, Node, Period, Step, Stream, Supply
from lichen.design.pareto import front
from lichen.design.program import most_in_stages, most_on_link, program
from lichen.design.resilience import losses
from lichen.design.robust import Scenario, robust
from lichen.design.solve import Settings, solve
from lichen.errors import InputError
from networks import CO2, COST, best_by_force, networks

FEW = settings(max_examples=40, deadline=None)
QUIET = Settings(explain=False)


def ash(*, waits=True, capacity=inf, **changes):
    """90 t of ash a winter month, 10 a summer month; the cement works take 20 and 60; half a year each."""
    given = {
        "measures": (COST, CO2),
        "streams": (Stream("ash", "t", storable=waits),),
        "nodes": (Node("power"), Node("cement")),
        "supplies": (Supply("power", "ash", (90.0, 10.0), {"cost": 20.0, "co2": 0.0}),),
        "demands": (Demand("cement", "ash", (20.0, 60.0), {"cost": 50.0, "co2": 0.5}),),
        "links": (Link("road", "power", "cement", "ash", {"cost": 2.0, "co2": 0.01}, capacity=capacity),),
        "periods": (Period("winter", times=6.0), Period("summer", times=6.0)),
    }
    return Network(**(given | changes))


def test_ash_waits_for_the_summer():
    """600 t a year are there, 480 are taken; without a yard 20 and 10 a month are."""
    found = solve(ash())
    assert found.objective == pytest.approx(480 * 2 + 120 * 20)
    assert found.flows.sum() * 6 == pytest.approx(480)
    bound = solve(ash(waits=False))
    assert bound.flows.ravel() == pytest.approx([20, 10])
    assert bound.objective == pytest.approx(6 * (30 * 2 + 70 * 20 + 50 * 50))
    narrow = solve(ash(capacity=35.0))
    assert narrow.flows.ravel() == pytest.approx([35, 35])
    assert narrow.objective == pytest.approx(420 * 2 + 180 * 20 + 60 * 50)


@FEW
@given(networks(periods=3, waits=True))
def test_no_choice_of_steps_and_stocks_is_better(network):
    best = best_by_force(network, {"cost": 1.0})
    ways = [solve(network, settings=s) for s in (QUIET, Settings(split=False, prune=False, explain=False))]
    for found in ways:
        assert (found.status == "infeasible") == (best == inf)
        if best < inf:
            assert found.objective == pytest.approx(best, rel=1e-6, abs=1e-5)


@FEW
@given(networks(periods=3, waits=True), st.sampled_from([1e-3, 0.9]))
def test_to_wait_never_harms(network, discount):
    network = replace(network, periods=tuple(replace(p, discount=discount) for p in network.periods))
    never = replace(network, streams=tuple(replace(s, storable=False) for s in network.streams))
    one, other = solve(network, settings=QUIET), solve(never, settings=QUIET)
    if other.found:
        assert one.found
        assert one.objective <= other.objective + 1e-6 * max(1.0, abs(other.objective))


@FEW
@given(networks(waits=True), st.integers(2, 4))
def test_one_period_or_many_equal_ones(network, k):
    """Once a year with times k, or k equal periods: what waits gains nothing where all periods are the same."""
    network = replace(network, limits=())
    once = replace(network, periods=(Period("year", times=float(k)),))
    many = replace(network, periods=tuple(Period(f"p{t}") for t in range(k)))
    one, other = solve(once, settings=QUIET), solve(many, settings=QUIET)
    assert one.status == other.status
    if one.found:
        assert one.objective == pytest.approx(other.objective, rel=1e-6, abs=1e-5)
        assert one.objective == pytest.approx(best_by_force(once, {"cost": 1.0}), rel=1e-6, abs=1e-5)


@FEW
@given(networks(decisions=False, periods=12, streams=1, waits=True))
def test_twelve_months_are_a_year_where_no_capacity_binds(network):
    def whole(ends):
        return tuple(replace(e, amount=float(np.dot(e.amount, [p.times for p in network.periods]))) for e in ends)

    wide = replace(network, limits=(), links=tuple(replace(k, capacity=inf) for k in network.links))
    year = replace(
        wide, supplies=whole(wide.supplies), demands=whole(wide.demands), periods=(Period("year"),),
        streams=tuple(Stream(s.id, s.unit) for s in wide.streams),
    )  # fmt: skip
    one, other = solve(wide, settings=QUIET), solve(year, settings=QUIET)
    assert one.status == other.status
    if one.found:
        assert one.objective == pytest.approx(other.objective, rel=1e-7, abs=1e-5)
        narrow = solve(replace(network, limits=()), settings=QUIET)
        assert not narrow.found or narrow.objective >= other.objective - 1e-6


def test_nothing_waits_from_one_stage_to_the_next():
    years = (Period("winter 1", "1", 6.0), Period("summer 1", "1", 6.0), Period("winter 2", "2", 6.0, 0.5))
    network = ash(
        supplies=(Supply("power", "ash", (90.0, 10.0, 5.0), {"cost": 20.0}),),
        demands=(Demand("cement", "ash", (20.0, 60.0, 9.0), {"cost": 50.0}),), periods=years,
    )  # fmt: skip
    found = solve(network)
    assert found.objective == pytest.approx(480 * 2 + 120 * 20 + 6 * 0.5 * (5 * 2 + 4 * 50))
    assert found.measures["cost"] == pytest.approx(found.objective)
    assert len(program(build(network)).row_kind) == 4  # two places, two stages


@FEW
@given(networks(decisions=False, periods=4, waits=True))
def test_stages_are_solved_as_if_alone(network):
    """Two seasons in each of two years: what one year costs and what the other does, discounted."""
    network = replace(network, limits=())
    stages = tuple(
        replace(p, stage=str(t % 2), discount=(1.0, 0.5)[t % 2]) for t, p in enumerate(network.periods)
    )  # seasons need not stand together
    both, total = solve(replace(network, periods=stages), settings=QUIET), 0.0
    for year in (0, 1):

        def part(ends, year=year):
            return tuple(replace(e, amount=e.amount[year::2]) for e in ends)

        alone = replace(
            network, periods=network.periods[year::2], supplies=part(network.supplies), demands=part(network.demands)
        )
        total += (1.0, 0.5)[year] * best_by_force(alone, {"cost": 1.0})
    assert (both.status == "infeasible") == (total == inf)
    if both.found:
        assert both.objective == pytest.approx(total, rel=1e-6, abs=1e-5)


@FEW
@given(networks(decisions=False, periods=3, waits=True))
def test_flows_hold_every_balance_and_the_duals_are_optimal(network):
    found = solve(network, settings=QUIET)
    if not found.found:
        return
    p = found.program
    activity = p.A @ found.x
    assert (activity >= p.row_low - 1e-6).all()
    assert (activity <= p.row_high + 1e-6).all()
    y, reduced = found.row_dual, found.col_dual
    low, high = np.where(np.isfinite(p.row_low), p.row_low, 0), np.where(np.isfinite(p.row_high), p.row_high, 0)
    upper = np.where(np.isfinite(p.high), p.high, 0)
    dual = np.maximum(y, 0) @ low + np.minimum(y, 0) @ high + np.minimum(reduced, 0) @ upper
    assert dual + found.weights @ p.constant == pytest.approx(found.objective, rel=1e-6, abs=1e-5)


def test_prices_are_those_of_the_stage():
    """A tonne more of need, whenever, spares a tonne of waste: 20 less 2."""
    prices = {(b.kind, b.name): b for b in binding(solve(ash()))}
    assert set(prices) == {("demand", "cement · ash")}
    one = prices["demand", "cement · ash"]
    assert (one.limit, one.price, one.period) == (pytest.approx(480), pytest.approx(-18), "winter–summer")
    scarce = ash(supplies=(Supply("power", "ash", (9.0, 10.0), {"cost": 20.0}),))
    more = {(b.kind, b.name): b for b in binding(solve(scarce))}
    assert more["supply", "power · ash"].price == pytest.approx(-48)
    assert more["supply", "power · ash"].limit == pytest.approx(114)
    single = replace(ash(), periods=(Period("year", times=2.0),), supplies=(Supply("power", "ash", 60.0, {"cost": 20.0}),),
                     demands=(Demand("cement", "ash", 40.0, {"cost": 50.0}),))  # fmt: skip
    assert [b.period for b in binding(solve(single))] == ["year"]


@FEW
@given(networks(decisions=False, musts=False, periods=2, waits=True))
def test_a_price_is_what_a_little_more_brings(network):
    solution = solve(network)
    for bound in binding(solution):
        if bound.kind not in ("supply", "demand"):
            continue
        name = "supplies" if bound.kind == "supply" else "demands"
        at = next((t for t, p in enumerate(network.periods) if p.id == bound.period), 0)
        times = 1.0 if "–" not in bound.period else network.periods[at].times

        def more(end, place=bound.name, at=at, little=0.01 / times):
            if f"{end.node} · {end.stream}" != place:
                return end
            return replace(end, amount=tuple(a + little * (t == at) for t, a in enumerate(end.amount)))

        other = replace(network, **{name: tuple(more(e) for e in getattr(network, name))})
        assert solve(other).objective - solution.objective >= 0.01 * bound.price - 1e-6


def test_why_there_is_no_network():
    must = ash(demands=(Demand("cement", "ash", (70.0, 60.0), must=True),))
    found = solve(must)
    assert found.status == "infeasible"
    assert {m.code for m in found.conflict[0].values["members"]} == {"design.member_demand", "design.member_supply"}
    assert "has to get 780" in found.conflict[0].text("en")
    assert [note.values["amount"] for note in found.conflict[1:]] == pytest.approx([180, 180])
    poor = ash(demands=(Demand("cement", "ash", (20.0, 60.0), must=True),),
               limits=(Limit("budget", high=3000.0, measures={"cost": 1.0}),))  # fmt: skip
    found = solve(poor)
    amounts = {n.values["member"].code: n.values["amount"] for n in found.conflict[1:]}
    assert amounts["design.member_limit"] == pytest.approx(360, rel=1e-4)
    assert solve(replace(poor, limits=(replace(poor.limits[0], high=3361.0),))).found


@FEW
@given(networks(decisions=False, periods=2, waits=True))
def test_whatever_has_no_network_has_a_reason(network):
    found = solve(network)
    assert bool(found.conflict) == (found.status == "infeasible") == (best_by_force(network, {"cost": 1.0}) == inf)


@settings(max_examples=15, deadline=None)
@given(networks(periods=2, musts=False, waits=True))
def test_losses_and_futures(network):
    solution = solve(network, settings=QUIET)
    if not solution.found:
        return
    assert robust(network, [Scenario("given")]).value == pytest.approx(solution.objective, rel=1e-6, abs=1e-5)
    for loss in losses(solution, ("link",)):
        closed = tuple(replace(k, capacity=0.0) if k.id == loss.name else k for k in network.links)
        anew = solve(replace(network, links=closed), settings=QUIET)
        assert 0 <= loss.free <= loss.fixed + 1e-6
        assert loss.free == pytest.approx(max(anew.objective - solution.objective, 0), abs=1e-4)


@settings(max_examples=15, deadline=None)
@given(networks(periods=2, musts=False, waits=True))
def test_points_of_a_front_are_the_best_under_their_bounds(network):
    network = replace(
        network, measures=(COST, CO2),
        links=tuple(replace(k, per_unit={**k.per_unit, "co2": float(j % 3)}) for j, k in enumerate(network.links)),
        demands=tuple(replace(d, short={**d.short, "co2": 2.5}) for d in network.demands),
    )  # fmt: skip
    for point in front(network, "cost", "co2", 9).points:
        bound = Limit("CO2", high=point.second + 1e-6, measures={"co2": 1.0})
        again = solve(replace(network, limits=(*network.limits, bound)), settings=QUIET)
        assert point.first == pytest.approx(again.objective, rel=1e-5, abs=1e-3)


def test_a_pipe_that_cannot_pay_is_left_out_though_months_are_many():
    """Waiting, all 12 t could come in any month, but only once: 12 t save 12 · 68, less than the pipe costs."""
    months = tuple(Period(f"m{t}") for t in range(12))
    network = ash(
        supplies=(Supply("power", "ash", 1.0, {"cost": 20.0}),), demands=(Demand("cement", "ash", 50.0, {"cost": 50.0}),),
        facilities=(Facility("pipe", {"road": 1.0}, (Step("s", 100.0, {"cost": 1000.0}),)),), periods=months,
    )  # fmt: skip
    found = solve(network)
    assert found.pruned == 1
    assert found.objective == pytest.approx(12 * 20 + 600 * 50)
    graph = build(network)
    assert most_on_link(graph).ravel() == pytest.approx([12] * 12)
    assert most_in_stages(graph).sum() == pytest.approx(12)
    cheap = replace(network, facilities=(Facility("pipe", {"road": 1.0}, (Step("s", 100.0, {"cost": 800.0}),)),))
    assert solve(cheap).pruned == 0
    assert solve(cheap).objective == pytest.approx(588 * 50 + 12 * 2 + 800)


def test_periods_that_never_come_bring_nothing():
    found = solve(ash(periods=(Period("winter", times=6.0), Period("never", times=0.0))))
    assert found.objective == pytest.approx(6 * (20 * 2 + 70 * 20))


def test_what_waits_needs_one_discount_and_limits_over_whole_stages():
    late = ash(periods=(Period("winter"), Period("summer", discount=0.9)))
    with pytest.raises(InputError, match="discounts") as caught:
        build(late)
    assert "折现系数" in str(caught.value.problems[0].text("zh"))
    assert check(replace(late, streams=(Stream("ash", "t"),))).ok
    for wrong in (
        Limit("k", high=9.0, measures={"cost": 1.0}, each=True),
        Limit("k", high=9.0, measures={"co2": 1.0}, periods=("summer",)),
    ):
        with pytest.raises(InputError, match="part of a stage"):
            build(ash(limits=(wrong,)))
    for right in (
        Limit("k", high=9.0, measures={"cost": 1.0}), Limit("k", high=9.0, links={"road": 1.0}, each=True),
        Limit("k", high=9.0, measures={"cost": 1.0}, periods=("winter", "summer")),
        Limit("k", high=9.0, measures={"co2": 0.0}, links={"road": 1.0}, periods=("summer",)),
    ):  # fmt: skip
        assert check(ash(limits=(right,))).ok
