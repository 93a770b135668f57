"""Plan against actual; measures; targets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.figures import Figure
from lichen.monitor import (
    Measure,
    Target,
    Told,
    against_targets,
    by_category,
    by_size,
    by_year,
    compare,
    cumulative,
    overall,
    totals,
    with_sizes,
)
from lichen.monitor.plan import VERDICTS


def told(value, year=2018, unit="t/a", exchange="slag", low=None, high=None, **rest):
    quantity = None if value is None else Figure(value, unit, "reported", "s", low, high, year)
    return Told(exchange, year, quantity, "s", **rest)


ASKED = {"told": "300 tons", "question": "which unit?"}


@pytest.mark.parametrize(
    ("plan", "actual", "verdict", "difference", "share"),
    [
        (told(100), told(100), "reached", 0, 1.0),
        (told(100), told(120), "reached", 20, 1.2),
        (told(100), told(90, low=80, high=101), "within range", -10, 0.9),
        (told(100), told(90, low=80, high=99), "partly", -10, 0.9),
        (told(100), told(0), "none", -100, 0.0),
        (told(0), told(0), "reached", 0, None),
        (told(100), None, "not reported", None, None),
        (None, told(100), "not planned", None, None),
        (told(None, **ASKED), told(5), "to ask", None, None),
        (told(100), told(None, **ASKED), "to ask", None, None),
        (told(None, **ASKED), None, "to ask", None, None),
        (told(100), told(5, unit="GJ/a"), "unlike units", None, None),
        (told(0.1, unit="万吨/年"), told(1, unit="kt/a"), "reached", 0, 1.0),
    ],
)
def test_verdicts(plan, actual, verdict, difference, share):
    (line,) = compare([plan] if plan else [], [actual] if actual else [])
    assert line.verdict == verdict
    assert line.difference == pytest.approx(difference)
    assert line.share == pytest.approx(share)
    for lang in ("en", "zh"):
        assert line.note.text(lang)


def test_every_verdict_occurs_above():
    cases = test_verdicts.pytestmark[0].args[1]
    assert {case[2] for case in cases} == set(VERDICTS)


def test_a_year_that_is_not_reported_is_in_no_sum():
    plan = [told(100, y) for y in (2016, 2017, 2018)]
    lines = compare(plan, [told(80, 2016), told(100, 2018)])
    (total,) = cumulative(lines)
    assert (total.planned, total.actual, total.counted, total.unreported) == (200, 180, 2, ("2017",))
    assert total.share == pytest.approx(0.9)
    assert [t.share for t in totals(lines)] == [pytest.approx(0.8), None, pytest.approx(1.0)]
    assert [t.difference for t in totals(lines)] == [-20, None, 0]


def test_units_of_different_kinds_are_never_added():
    lines = compare(
        [told(100), told(5, unit="GJ/a", exchange="heat")], [told(50), told(5, unit="TJ/a", exchange="heat")]
    )
    mass, heat = totals(lines)
    assert (mass.unit, mass.actual) == ("t/a", 50)
    assert (heat.unit, heat.planned, heat.actual) == ("GJ/a", 5, pytest.approx(5000))


def test_later_years_are_left_out():
    assert [line.year for line in compare([told(1, 2018), told(1, 2020)], [told(1, 2019)], through=2019)] == [
        2018,
        2019,
    ]


def test_co2_and_money_stand_beside():
    plan = told(100, co2_t=10, money=1e6, currency="CNY")
    (line,) = compare([plan], [told(80, co2_t=7, money=5e5, currency="CNY")])
    assert (line.co2_planned_t, line.co2_actual_t, line.money_planned, line.money_actual) == (10, 7, 1e6, 5e5)
    (other,) = compare([plan], [told(80, money=5e5, currency="EUR")])
    assert other.money_actual is None
    assert other.currency == "CNY"


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(2010, 2015), st.floats(0, 1e6), st.booleans()), max_size=15)
)
def test_sums_by_year_and_by_exchange_agree(rows):
    rows = list({(name, year): (name, year, value, there) for name, year, value, there in rows}.values())
    plan = [told(value, year, exchange=name) for name, year, value, _ in rows]
    actual = [told(value / 2, year, exchange=name) for name, year, value, there in rows if there]
    lines = compare(plan, actual)
    for sums in (totals(lines), cumulative(lines)):
        assert sum(s.actual for s in sums) == pytest.approx(sum(t.quantity.value for t in actual))
        assert sum(len(s.unreported) for s in sums) == len(plan) - len(actual)


# --- measures --------------------------------------------------------------------------------------------------------
def measure(firm, category="pumps", **rest):
    return Measure(firm, "m", category, "implemented", "s", **{"currency": "CNY", **rest})


def test_payback_is_of_those_that_tell_both():
    rows = (
        measure("a", investment=100.0, saving=50.0),
        measure("b", investment=900.0),
        measure("c", saving=10.0, count=3),
    )
    (total,) = overall(rows)
    assert (total.count, total.payback_years, total.payback_of) == (5, 2.0, 1)
    assert (total.investment.value, total.investment.known) == (1000.0, 2)
    assert (total.saving.value, total.saving.known) == (60.0, 4)
    assert (total.co2_t.value, total.co2_t.known) == (None, 0)


def test_a_saving_told_without_a_year_gives_no_payback():
    (total,) = overall((measure("a", investment=100.0, saved_once=50.0, count=108, question="a year?", told="36"),))
    assert total.payback_years is None
    assert total.saved_once.value == 50.0
    assert total.questions == (("a", "36", "a year?"),)


def test_groups():
    rows = (measure("a", saving=5.0, year=2013), measure("b", "drives", saving=50.0, year=2012),
            measure("c", saving=1.0, currency="EUR", size="small"))  # fmt: skip
    assert [(t.name, t.currency) for t in by_category(rows)] == [("drives", "CNY"), ("pumps", "CNY"), ("pumps", "EUR")]
    sized = with_sizes(rows, {"a": "large", "c": "large"})
    assert {t.name for t in by_size(sized)} == {"large", "", "small"}
    assert [t.name for t in by_year(rows)] == ["", "2012", "2013"]


def test_measures_that_save_nothing_never_pay_back():
    assert overall((measure("a", investment=10.0, saving=0.0),))[0].payback_years is None
    assert overall((measure("a", investment=10.0, saving=-1.0),))[0].payback_years is None


# --- targets ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("direction", "target", "value", "met", "gap"),
    [("at least", 60.0, 70.0, "met", 10.0), ("at least", 60.0, 50.0, "not met", -10.0), ("at most", 5.0, 4.0, "met", 1.0),
     ("at most", 5.0, 6.0, "not met", -1.0), ("at least", 60.0, None, "not reported", None),
     ("at least", None, 50.0, "no target", None), ("at least", 0.3, 0.1 + 0.2, "met", 0.0)],
)  # fmt: skip
def test_targets(direction, target, value, met, gap):
    (line,) = against_targets([Target("x", 2015, direction, "%", "s", target, value)])
    assert line.met == met
    assert line.gap == (gap if gap is None else pytest.approx(gap))


def test_a_value_may_be_worked_out_and_a_told_one_counts_first():
    rows = [Target("use", 2015, "at least", "%", "s", 60.0), Target("use", 2016, "at least", "%", "s", 60.0, 10.0)]
    first, second = against_targets(rows, {("use", 2015): (0.7, "1"), ("use", 2016): (0.9, "1")})
    assert (first.value, first.computed, first.met) == (pytest.approx(70.0), True, "met")
    assert (second.value, second.computed) == (10.0, False)
    (unlike,) = against_targets(rows[:1], {("use", 2015): (5.0, "t/a")})
    assert unlike.met == "not reported"
