"""Coordinates of Chinese maps."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.inventory.places import from_wgs84, in_china, to_wgs84

# Published pairs, from the tests of the many libraries that carry this transform: WGS84, GCJ-02.
PAIRS = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),  # Shanghai
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),  # Shenzhen
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),  # Beijing
]


def metres(one, other):
    north = (one[0] - other[0]) * 111_320
    east = (one[1] - other[1]) * 111_320 * math.cos(math.radians(one[0]))
    return math.hypot(north, east)


@pytest.mark.parametrize(("wgs84", "gcj02"), PAIRS)
def test_known_pairs(wgs84, gcj02):
    assert metres(from_wgs84(*wgs84, "GCJ-02"), gcj02) < 0.5
    assert metres(to_wgs84(*gcj02, "GCJ-02"), wgs84) < 0.5


def test_known_place_on_the_three_maps():
    # Tiananmen: WGS84 39.90733 116.39106; Amap 39.90874 116.39731; Baidu 39.91506 116.40368
    assert metres(to_wgs84(39.90874, 116.39731, "GCJ-02"), (39.90733, 116.39106)) < 20
    assert metres(to_wgs84(39.91506, 116.40368, "BD-09"), (39.90733, 116.39106)) < 20


inside = st.tuples(st.floats(18.0, 53.5), st.floats(74.0, 134.7))


@given(inside, st.sampled_from(["GCJ-02", "BD-09"]))
def test_there_and_back(place, datum):
    shifted = from_wgs84(*place, datum)
    back = to_wgs84(*shifted, datum)
    assert back == pytest.approx(place, abs=1e-9)
    assert 5 < metres(place, shifted) < 2500


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_place_on_earth_has_an_answer(latitude, longitude):
    for datum in ("WGS84", "GCJ-02", "BD-09"):
        for found in (to_wgs84(latitude, longitude, datum), from_wgs84(latitude, longitude, datum)):
            assert all(map(math.isfinite, found))
            if datum == "WGS84" or not in_china(latitude, longitude):
                assert found == (latitude, longitude)


def test_outside_china_nothing_moves():
    for place in [(52.52, 13.405), (-33.87, 151.21), (35.68, 139.69), (0.0, 110.0)]:
        assert not in_china(*place)
        assert to_wgs84(*place, "BD-09") == place
