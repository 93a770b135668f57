"""NPV, payback, annuity, levelised cost, ratios, cost per tonne; the abatement cost curve."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import at, codes, flow, lines
from lichen.appraise import (
    Discounting,
    Option,
    abatement_cost,
    abatement_curve,
    annuity,
    annuity_factor,
    benefit_cost_ratio,
    dominates,
    levelised_cost,
    measure,
    npv,
    pareto_layers,
    payback,
    together,
)
from lichen.errors import InputError

RELAXED = settings(deadline=None, max_examples=80)
AMOUNTS = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20)
RATES = st.floats(-0.5, 2.0)
PROJECT = lines(
    investment=[-1000, 0, 0, 0, 0], operation=[0, -40, -40, -40, -40], saving=[0, 300, 300, 300, 300], residual=[0, 0, 0, 0, 50],
    subsidy=[0, 20, 0, 0, 0],
)  # fmt: skip


# --- NPV -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("amounts", "rate", "expected"), [
    ([-40000, 5000, 8000, 12000, 30000], 0.08, 3065.2226681795255), ([-100, 39, 59, 55, 20], 0.1, 39.19745918994602),
    ([-250000, 100000, 150000, 200000, 250000, 300000], 0.1, 472168.75399718084), ([-100, 0, 50, 0, 120], 0.1, 23.283928693395232),
    ([-3000, 400, -150, 900, 1200, -50, 1300], 0.07, -276.44610789396813),
])  # fmt: skip
def test_npv_of_a_second_library(amounts, rate, expected):
    """numpy-financial 1.0.0."""
    assert npv(flow(amounts), at(rate)) == pytest.approx(expected, rel=1e-9)


def test_base_year_and_timing():
    one = flow([-100, 60, 60])
    assert npv(one, at(0.1, 2019)) == pytest.approx(npv(one, at(0.1)) / 1.1)
    assert npv(one, at(0.1, timing="middle")) == pytest.approx(-100 + 60 / 1.1**0.5 + 60 / 1.1**1.5)
    assert npv(one, at(0.1, 2021, "middle")) == pytest.approx(-110 + 60 + 60 / 1.1**0.5)


@RELAXED
@given(AMOUNTS, AMOUNTS, RATES, st.floats(0.01, 100))
def test_npv_is_linear(first, second, rate, factor):
    one, other = flow(first), flow(second, 2022)
    scale = 1 + sum(abs(npv(flow(np.abs(a)), at(rate))) for a in (first, second))
    both = npv(together(one, other), at(rate))
    assert both == pytest.approx(npv(one, at(rate)) + npv(other, at(rate)), abs=1e-9 * scale)
    assert npv(one.scaled(factor), at(rate)) == pytest.approx(factor * npv(one, at(rate)), abs=1e-9 * scale * factor)
    assert npv(together(one, flow([0.0] * 30)), at(rate)) == pytest.approx(npv(one, at(rate)), abs=1e-9 * scale)


def test_discounting_faults():
    with pytest.raises(InputError) as error:
        Discounting(-1.0, "money", 0, "noon")
    assert codes(error) == ["rate", "choice", "not_whole", "choice"]
    for rate in (float("nan"), float("inf"), "8%", None, -3, True, 10**400):
        with pytest.raises(InputError):
            at(rate)
    with pytest.raises(InputError) as error:
        npv(flow([1.0] * 60), at(-1 + 1e-9))
    assert codes(error) == ["rate"]


# --- payback -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("amounts", "expected"), [
    ([-100, 40, 40, 40], 2.5), ([-100, 50, 50, 50], 2.0), ([-100, 30, 30, 30], None), ([0, 5, 5], 0.0), ([10, -5, 20], 0.0),
    ([-100, 120, -50, 60], 2.5), ([-100, 200, -150], None), ([-50, -50, 200], 1.5),
    ([-100, 50, 49.5], None), ([-0.3, 0.1, 0.1, 0.1], 3.0),
])  # fmt: skip
def test_payback(amounts, expected):
    found = payback(flow(amounts), 2020)
    assert found is expected if expected is None else found == pytest.approx(expected)


def test_discounted_payback_is_later():
    one = flow([-100, 60, 60, 60])
    # 54.5455 + 49.5868 after two years, the first of them leaves 45.4545
    assert payback(one, 2020, at(0.1)) == pytest.approx(1 + 45.4545454545 / 49.5867768595)
    assert payback(one, 2020) == pytest.approx(1 + 40 / 60)
    assert payback(one, 2019) == pytest.approx(2 + 40 / 60)


@RELAXED
@given(st.floats(1, 1e6), st.lists(st.floats(1, 1e5), min_size=1, max_size=25), st.floats(0, 0.5))
def test_discounted_payback_exists_where_npv_is_not_negative(investment, savings, rate):
    one = flow([-investment, *savings])
    worth, found = npv(one, at(rate)), payback(one, 2020, at(rate))
    if abs(worth) > 1e-6 * investment:
        assert (found is not None) == (worth > 0)
    if found is not None:
        assert payback(one, 2020) <= found + 1e-9


# --- annuity, levelised cost, ratios -------------------------------------------------------------------------------------
def test_annuity():
    """numpy-financial 1.0.0, pmt; and what a series of 1 is worth, pv."""
    assert annuity(1000, 0.08, 15) == pytest.approx(116.82954493601999, rel=1e-9)
    assert annuity(200000, 0.075 / 12, 180) == pytest.approx(1854.0247200054619, rel=1e-9)
    assert 1 / annuity_factor(0.05, 10) == pytest.approx(7.721734929184817, rel=1e-9)
    assert annuity_factor(0.0, 4) == 0.25
    assert annuity_factor(1e-12, 4) == pytest.approx(0.25, rel=1e-9)
    with pytest.raises(InputError) as error:
        annuity_factor(-1, 0)
    assert codes(error) == ["rate", "not_above"]


@RELAXED
@given(st.floats(-0.5, 1.0), st.integers(1, 60))
def test_annuity_has_the_present_value_it_comes_from(rate, years):
    one = flow([0.0] + [annuity(1000.0, rate, years)] * years)
    assert npv(one, at(rate)) == pytest.approx(1000, rel=1e-9)


def test_levelised_cost_is_the_price_that_pays():
    quantity = np.array([0, 10, 12, 12, 8.0])
    cost = levelised_cost(PROJECT, quantity, at(0.08))
    sold = together(PROJECT, lines(saving=[0, -300, -300, -300, -300]), flow(cost * quantity))
    assert npv(sold, at(0.08)) == pytest.approx(0, abs=1e-9)
    only = lines(investment=[-1000, 0, 0], operation=[0, -50, -50])
    assert levelised_cost(only, [0, 100, 100], at(0.05)) == pytest.approx(1000 * annuity_factor(0.05, 2) / 100 + 0.5)
    for wrong, expected in (
        ([0] * 5, "no_quantity"),
        ([1, 2], "shape"),
        ([0, -1, 1, 1, 1], "amounts"),
        ("abc", "not_numbers"),
    ):
        with pytest.raises(InputError) as error:
            levelised_cost(PROJECT, wrong, at(0.08))
        assert codes(error) == [expected]


def test_benefit_cost_ratio_and_what_it_depends_on():
    ratio = benefit_cost_ratio(PROJECT, at(0.08))
    assert (ratio > 1) == (npv(PROJECT, at(0.08)) > 0)
    netted = benefit_cost_ratio(PROJECT, at(0.08), ("saving", "residual", "subsidy", "operation"), ("investment",))
    assert netted != pytest.approx(ratio, rel=1e-3)
    assert (netted > 1) == (ratio > 1)
    assert benefit_cost_ratio(flow([1, 2]), at(0.08)) is None


# --- cost per tonne ------------------------------------------------------------------------------------------------------
def test_cost_per_tonne_with_equal_tonnes_is_yearly_cost_over_tonnes():
    one = lines(investment=[-1000, 0, 0, 0], operation=[0, -10, -10, -10])
    found = abatement_cost(one, [0, 25, 25, 25], at(0.06))
    assert found.per_tonne == pytest.approx((1000 * annuity_factor(0.06, 3) + 10) / 25)
    assert found.rankable
    assert found.notes == ()


def test_negative_cost_warns_and_none_is_told():
    negative = abatement_cost(flow([-10, 50]), [0, 5], at(0.1))
    assert negative.per_tonne < 0
    assert not negative.rankable
    assert [n.code for n in negative.notes] == ["appraise.negative_cost"]
    none = abatement_cost(flow([-10, 50]), [0, -5], at(0.1))
    assert (none.per_tonne, none.rankable) == (None, False)
    assert [n.code for n in none.notes] == ["appraise.no_co2"]
    with pytest.raises(InputError):
        abatement_cost(flow([-10, 50]), [0, float("nan")], at(0.1))


def test_all_measures_together():
    found = measure(PROJECT, at(0.05), np.array([0, 5, 5, 5, 5.0]))
    assert found.npv == pytest.approx(npv(PROJECT, at(0.05)))
    assert found.worth_it == (found.npv > 0)
    assert found.yearly == pytest.approx(annuity(found.npv, 0.05, 4))
    assert found.rates.only is not None
    assert npv(PROJECT, at(found.rates.only)) == pytest.approx(0, abs=1e-9)
    assert (found.currency, found.price_year) == ("CNY", 2020)
    assert found.payback <= (found.discounted_payback or 99)
    assert found.abatement.per_tonne == pytest.approx(-found.npv / found.abatement.co2_t)
    assert next(iter(found.__dataclass_fields__)) == "npv"
    bad = measure(flow([100, -250, 160]), at(0.05))
    assert bad.abatement is None
    assert [n.code for n in bad.notes] == ["appraise.irr_none_positive"]
    assert json.dumps([n.as_dict("zh") for n in bad.notes])


# --- abatement cost curve ------------------------------------------------------------------------------------------------
def option(name, npv_, co2):
    return Option(name, npv_, co2, "CNY", 2020)


def order(curve):
    return [block.option.id for block in curve.blocks]


def test_cost_per_tonne_would_put_the_worse_measure_first():
    """Taylor (2012): two measures save the same money, one avoids less CO2 and has the more negative cost per tonne."""
    worse, better = option("worse", 100, 10), option("better", 100, 50)
    assert worse.per_tonne < better.per_tonne < 0
    assert dominates(better, worse)
    for ranking in ("npv", "pareto"):
        assert order(abatement_curve([worse, better], ranking)) == ["better", "worse"]


def test_the_order_of_the_curve():
    options = [
        option("dear", -300, 10), option("cheap", -50, 10), option("small gain", 5, 100), option("gain", 80, 20),
        option("free", 0, 7), option("dirty", 500, -3), option("both", 60, 15), option("idle", 9, 0),
    ]  # fmt: skip
    curve = abatement_curve(options)
    assert order(curve) == ["gain", "both", "small gain", "free", "cheap", "dear"]
    assert [o.id for o in curve.without_saving] == ["dirty", "idle"]
    assert [b.ranked_by for b in curve.blocks] == ["npv"] * 3 + ["cost"] * 3
    assert [b.layer for b in curve.blocks] == [0] * 6
    assert [n.code for n in curve.notes] == ["appraise.curve_npv", "appraise.curve_without"]
    layered = abatement_curve(options, "pareto")
    assert order(layered)[:3] == ["gain", "small gain", "both"]
    assert [b.layer for b in layered.blocks[:3]] == [1, 1, 2]
    assert curve.at_cost(0) == 142
    assert curve.at_cost(5) == 152
    assert curve.at_cost(-1) == 35


@RELAXED
@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0.1, 1e3)), min_size=1, max_size=15),
    st.sampled_from(["npv", "pareto"]),
)
def test_the_curve_keeps_totals_and_never_puts_a_dominated_gain_first(pairs, ranking):
    options = [option(f"o{i}", *pair) for i, pair in enumerate(pairs)]
    curve = abatement_curve(options, ranking)
    assert curve.blocks[-1].end_t == pytest.approx(sum(co2 for _, co2 in pairs))
    areas = [b.per_tonne * (b.end_t - b.start_t) for b in curve.blocks]
    assert sum(areas) == pytest.approx(-sum(n for n, _ in pairs), abs=1e-6)
    gains = [b.option for b in curve.blocks if b.option.npv > 0]
    assert not any(dominates(later, gains[i]) for i in range(len(gains)) for later in gains[i + 1 :])
    costs = [b.per_tonne for b in curve.blocks if b.ranked_by == "cost"]
    assert costs == sorted(costs)
    assert sum(len(layer) for layer in pareto_layers(options)) == len(options)


def test_curve_faults():
    with pytest.raises(InputError) as error:
        abatement_curve([option("a", float("nan"), 1), Option("a", 1, float("inf"), "USD", 2021)], "cost")
    assert codes(error) == ["choice", "doubled", "not_number", "not_number", "mixed_currencies", "mixed_price_years"]
    with pytest.raises(InputError) as error:
        abatement_curve([])
    assert codes(error) == ["no_options"]
    with pytest.raises(InputError) as error:
        abatement_curve([Option("a", 1, 1, "", 0)])
    assert codes(error) == ["currency", "price_year"]
