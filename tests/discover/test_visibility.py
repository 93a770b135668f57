"""What others may see: never an exact number of the park, never anything private."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discoveries import CEMENT, STEEL, bought, cap, firm, found, kind, made, only, park, replaced, slag
from lichen.discover.match import CITY_FIRM
from lichen.discover.values import Span
from lichen.discover.visibility import band, level_of, shown_amount, shown_name, strictest

NUMBERS = st.floats(min_value=1e-300, max_value=1e300)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(37, (20, 50)), (20, (20, 50)), (19.999, (10, 20)), (1, (1, 2)), (0.003, (0.002, 0.005)), (1e6, (1e6, 2e6)), (0, (0, 0)),
     (-37, (-50, -20)), (5e-324, None), (1.7e308, None)],
)  # fmt: skip
def test_bands(value, expected):
    low, high = band(value)
    assert low <= value < high or value <= 0
    if expected:
        assert (low, high) == expected


@given(NUMBERS)
def test_a_band_holds_its_value_and_begins_with_1_2_or_5(value):
    low, high = band(value)
    assert low <= value < high
    assert high / low == pytest.approx(2) or high / low == pytest.approx(2.5)
    assert f"{low:e}".replace(".000000", "")[0] in "125"
    assert band(-value) == (-high, -low)


@given(NUMBERS, st.floats(0, 1), st.floats(1, 2))
def test_amounts_by_level(value, low, high):
    span = Span(low * value, value, high * value)
    assert shown_amount(span, "public") is span
    assert shown_amount(span, "private") is None
    seen = shown_amount(span, "park")
    assert (seen.low, seen.high) == band(value)
    assert seen.low < seen.value < seen.high
    other = seen.low * (1 + (seen.high / seen.low - 1) / 3)
    if band(other) == band(value):
        assert shown_amount(Span(0, other, other), "park") == seen


def test_a_loss_is_shown_as_a_loss():
    assert shown_amount(Span(-40, -30, -20), "park") == Span(-50, pytest.approx(-math.sqrt(1000)), -20)


def test_a_flow_has_its_own_level_or_its_firms():
    owner = firm("a", STEEL, disclosure="private")
    assert level_of(owner) == "private"
    assert level_of(owner, [slag(1, disclosure="public")]) == "public"
    assert level_of(owner, [slag(1, disclosure="public"), slag(1)]) == "private"
    assert level_of(firm("a", STEEL), [slag(1)]) == "park"


def test_a_private_firm_goes_by_its_industry_in_both_languages():
    secret = firm("a", STEEL, disclosure="private")
    assert "Firm a" not in shown_name(secret).text("en") + shown_name(secret).text("zh")
    assert "炼钢" in shown_name(secret).text("zh")
    assert shown_name(firm("a", STEEL)).text("zh") == "Firm a"
    assert shown_name(CITY_FIRM).text("en") == "the city"
    assert shown_name(replace(secret, id="city")).text("en") != "the city"


def levels(donor="public", receiver="public", need="", slag_level="", product=""):
    firms = (firm("steel", STEEL, disclosure=donor), firm("cement", CEMENT, disclosure=receiver))
    flows = [slag(100, disclosure=slag_level)]
    flows += [bought("limestone", 50, disclosure=need)] if need else []
    flows += [made("portland cement", 100, disclosure=product)] if product else []
    return park(*flows, firms=firms)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, "public"), ({"donor": "park"}, "park"), ({"receiver": "private"}, "public"),
        ({"receiver": "private", "need": "public"}, "public"), ({"need": "park"}, "park"), ({"need": "private"}, "private"),
        ({"slag_level": "private"}, "private"), ({"product": "private"}, "private"), ({"product": "park", "need": "public"}, "park"),
    ],
)  # fmt: skip
def test_what_comes_of_both_sides_is_as_strict_as_the_stricter(told, expected):
    one = only(
        found(
            levels(**told), kind(replaces=[replaced("mineral.limestone", rate=1.0)], caps=[cap("cement.portland", 0.2)])
        )
    )
    assert strictest(one) == expected
    if expected == "private":
        assert shown_amount(one.quantity, strictest(one)) is None
