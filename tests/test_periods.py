"""Dates as people write them."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.periods import Period, day, parse_period

D = datetime.date


@pytest.mark.parametrize(
    ("cell", "text"),
    [("2018", "2018"), ("2018年", "2018"), (2018.0, "2018"), (2018, "2018"), ("2018-02", "2018-02"),
     ("2018年6月", "2018-06"), ("2018/6/3", "2018-06-03"), ("2018.6.3", "2018-06-03"), ("2018年6月3日", "2018-06-03"),
     ("２０１８-０６", "2018-06"), (" 2018 - 06 ", "2018-06"), (D(2018, 6, 3), "2018-06-03"),
     (datetime.datetime(2018, 6, 3, 12), "2018-06-03")],
)  # fmt: skip
def test_read(cell, text):
    assert str(parse_period(cell)) == text


@pytest.mark.parametrize("cell", ["", None, "3/4/2018", "2018-13", "2018-02-30", "2018-0-1", "18", "soon", True, 2018.5,
                                  "2018" * 50, float("nan"), float("inf"), 1e300, "0001-01-01", "9999", "-2018"])  # fmt: skip
def test_not_read(cell):
    assert parse_period(cell) is None


def test_a_year_holds_by_its_end():
    year, month = parse_period("2018"), parse_period("2018-02")
    assert year.last == D(2018, 12, 31)
    assert month == Period(D(2018, 2, 28), D(2018, 2, 1))
    assert month < year < day(D(2019, 1, 1))


@given(st.dates(D(1900, 1, 1), D(2200, 12, 31)))
def test_days_come_back(date):
    assert parse_period(str(day(date))) == day(date)


@given(st.text(max_size=30))
def test_any_text_is_a_period_or_none(text):
    parse_period(text)
