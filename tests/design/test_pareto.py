"""Fronts: no point is dominated, the ends are the best of each, every point is what its bound allows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.design.graph import Bound, fixed_charges, graph
from lichen.design.network import Measure
from lichen.design.pareto import Point, filtered, front
from lichen.design.program import program
from lichen.design.solve import Settings, solve
from networks import ash_and_cement

MONEY, CARBON = Measure("cost", "CNY", money=True), Measure("co2", "tCO2")


def conflicted(m=6, charges=False):
    """Cheap links emit much: cost and CO2 pull apart."""
    rng = np.random.default_rng(4)
    origin, target = np.repeat(np.arange(m), m), m + np.tile(np.arange(m), m)
    demand = np.where(np.arange(2 * m) >= m, rng.uniform(1, 9, 2 * m), 0)
    cost = rng.uniform(1, 9, m * m)
    plants = None
    if charges:
        plants = fixed_charges(
            np.arange(m * m), np.full(m * m, 9.0), np.stack([rng.uniform(1, 9, m * m), np.zeros(m * m)])
        )
    return graph(
        [MONEY, CARBON], origin, target, {"cost": cost, "co2": 10 - cost + rng.uniform(-1, 1, m * m)},
        np.where(demand > 0, 0, 9.0), demand, short={"cost": np.full(2 * m, 9.0), "co2": np.full(2 * m, 9.0)},
        may_lack=demand > 0, plants=plants,
    )  # fmt: skip


@pytest.mark.parametrize("charges", [False, True])
def test_a_front_falls_and_its_ends_are_the_best(charges):
    network = conflicted(charges=charges)
    found = front(network, "cost", "co2", 7, Settings(gap=1e-6))
    first, second = [p.first for p in found.points], [p.second for p in found.points]
    assert found.complete
    assert len(first) >= 5
    assert first == sorted(first)
    assert second == sorted(second, reverse=True)
    assert first[0] == pytest.approx(solve(network, "cost").objective, rel=1e-3)
    assert second[-1] == pytest.approx(solve(network, "co2").objective, rel=1e-6)
    assert all(p.proven and p.gap <= 1e-5 for p in found.points)


def test_each_point_is_the_best_under_its_bound():
    network = conflicted(charges=True)
    for point in front(network, "cost", "co2", 4, Settings(gap=1e-6)).points:
        none = np.empty(0, np.int64)
        bound = Bound("co2", -np.inf, point.most + 1e-6, np.array([0.0, 1.0]), none, np.empty(0), np.array([0]))
        alone = solve(replace(network, bounds=(bound,)))
        assert point.first == pytest.approx(alone.objective, rel=1e-3)
        assert point.second <= point.most + 1e-5
        totals = found_totals(network, point)
        assert totals == pytest.approx((point.first, point.second))


def found_totals(network, point):
    whole = program(network)
    return tuple(whole.coefficients @ point.x + whole.constant)


def test_objectives_that_agree_have_one_point():
    found = front(ash_and_cement(), "cost", {"cost": 2.0}, 5)
    assert len(found.points) == 1
    assert found.points[0].second == pytest.approx(2 * found.points[0].first)
    assert len(found.dropped) == 4


def test_time_that_is_short_is_told():
    found = front(conflicted(20, charges=True), "cost", "co2", 5, Settings(gap=1e-9, time_s=1.0))
    assert found.seconds < 10
    assert any(not p.proven and p.gap > 0 for p in found.points) or not found.complete


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_filtering_keeps_what_nothing_dominates(pairs):
    points = [Point(float(a), float(b), 0.0, 0.0, True, np.empty(0)) for a, b in pairs]
    kept = {(p.first, p.second) for p in filtered(points)}
    force = {
        (a, b) for a, b in pairs if not any((c <= a and d <= b) and (c, d) != (a, b) for c, d in pairs)
    }  # fmt: skip
    assert kept == force
    assert len(filtered(points)) == len(kept)
