"""Distances: great circle, road factor, a user's own."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discoveries import firm
from lichen.discover.distance import road_distance
from lichen.inventory.places import RADIUS_KM, great_circle

PLACES = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def test_a_degree_on_the_sphere():
    degree = math.pi * RADIUS_KM / 180
    assert great_circle((0, 0), (1, 0)) == pytest.approx(degree)
    assert great_circle((0, 179.5), (0, -179.5)) == pytest.approx(degree)
    assert great_circle((60, 0), (60, 1)) == pytest.approx(degree / 2, rel=1e-4)
    assert great_circle((90, 0), (-90, 77)) == pytest.approx(180 * degree)


@given(PLACES, PLACES, PLACES)
def test_it_is_a_distance(a, b, c):
    assert great_circle(a, b) == pytest.approx(great_circle(b, a), abs=1e-6)
    assert great_circle(a, a) == 0
    assert great_circle(a, c) <= great_circle(a, b) + great_circle(b, c) + 1e-4


def test_the_road_is_longer_and_the_users_own_goes_before():
    one, other = firm("a", "3120", (26.0, 106.0)), firm("b", "3011", (26.09, 106.0))
    straight = great_circle((26.0, 106.0), (26.09, 106.0))
    assert road_distance(one, other, 1.33) == pytest.approx(1.33 * straight)
    assert straight == pytest.approx(10.0075, abs=1e-3)
    assert road_distance(one, other, 1.33, {("a", "b"): 7.0}) == 7
    assert road_distance(one, other, 1.33, {("b", "a"): 8.0}) == 8
    assert road_distance(one, other, 1.33, {("a", "b"): 7.0, ("b", "a"): 8.0}) == 7
    assert road_distance(one, other, 1.33, {("a", "c"): 0.0}) == pytest.approx(1.33 * straight)
    assert road_distance(one, other, 1.33, {("a", "b"): 0.0}) == 0


def test_without_a_place_nothing_is_guessed():
    one, nowhere = firm("a", "3120", (26.0, 106.0)), firm("b", "3011")
    assert road_distance(one, nowhere, 1.33) is None
    assert road_distance(nowhere, one, 1.33) is None
    assert road_distance(one, nowhere, 1.33, {("b", "a"): 3.0}) == 3
