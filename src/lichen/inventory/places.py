"""Coordinates of Chinese maps to WGS84, and how far places are apart.

GCJ-02 (used by law on Chinese maps) shifts WGS84 by a known smooth function; BD-09 shifts GCJ-02 once more. The inverse
is found by iteration to better than 1e-7 degrees (1 cm). Outside China the two are equal to WGS84.

References
----------
The formulas are public in many places under the name "eviltransform"; the ellipsoid is Krasovsky 1940.
"""

from __future__ import annotations

import math

from lichen.inventory.values import Datum

RADIUS_KM = 6371.0088
"""Mean radius of the Earth [km] (Moritz 2000, Geodetic Reference System 1980, J. Geod. 74, 128-133)."""
_A, _EE = 6378245.0, 0.00669342162296594323


def _shift(latitude: float, longitude: float) -> tuple[float, float]:
    """Return what GCJ-02 adds to a place in WGS84 [°]."""
    x, y = longitude - 105.0, latitude - 35.0
    root = math.sqrt(abs(x))
    waves = 20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + (
        waves + 20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)
        + 160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)
    ) * 2 / 3  # fmt: skip
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + (
        waves + 20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)
        + 150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)
    ) * 2 / 3  # fmt: skip
    magic = 1 - _EE * math.sin(math.radians(latitude)) ** 2
    per_north = _A * (1 - _EE) / (magic * math.sqrt(magic)) * math.pi / 180
    per_east = _A / math.sqrt(magic) * math.cos(math.radians(latitude)) * math.pi / 180
    return north / per_north, east / per_east


def in_china(latitude: float, longitude: float) -> bool:
    """Whether a place lies in the rectangle in which GCJ-02 is shifted."""
    return 0.8293 <= latitude <= 55.8271 and 72.004 <= longitude <= 137.8347


def from_wgs84(latitude: float, longitude: float, datum: Datum) -> tuple[float, float]:
    """Return a place given in WGS84 in another datum [°]."""
    if datum == "WGS84" or not in_china(latitude, longitude):
        return latitude, longitude
    north, east = _shift(latitude, longitude)
    latitude, longitude = latitude + north, longitude + east
    if datum == "GCJ-02":
        return latitude, longitude
    k = math.pi * 3000 / 180
    far = math.hypot(longitude, latitude) + 0.00002 * math.sin(latitude * k)
    angle = math.atan2(latitude, longitude) + 0.000003 * math.cos(longitude * k)
    return far * math.sin(angle) + 0.006, far * math.cos(angle) + 0.0065


def to_wgs84(latitude: float, longitude: float, datum: Datum) -> tuple[float, float]:
    """Return a place given in ``datum`` in WGS84 [°], to 1e-9."""
    if datum == "WGS84" or not in_china(latitude, longitude):
        return latitude, longitude
    guess = (latitude, longitude)
    for _ in range(30):
        found = from_wgs84(*guess, datum)
        error = (latitude - found[0], longitude - found[1])
        guess = (guess[0] + error[0], guess[1] + error[1])
        if max(map(abs, error)) < 1e-10:
            break
    return guess


def great_circle(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance of two places (latitude, longitude) [°] on a sphere [km], by the haversine formula."""
    a, b = map(math.radians, (one[0], other[0]))
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(other[1] - one[1]) / 2) ** 2
    return 2 * RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))
