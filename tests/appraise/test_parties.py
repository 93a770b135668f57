"""Two sides: prices at which both gain, what opens none, how a gain is shared; heat with two prices."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import at, codes, flow, lines
from lichen.appraise import (
    Deal,
    HeatSupply,
    annuity,
    carbon_price,
    equal_gain,
    heat_price,
    landfill_tax,
    npv,
    price_interval,
    proportional_gain,
    shortest_contract,
    subsidy,
    together,
    what_opens,
)
from lichen.errors import InputError

RELAXED = settings(deadline=None, max_examples=80)
SIZES = st.floats(1, 1e5)
YEARS = 6


def deal(
    disposal=20.0, saved=30.0, donor_pays=100.0, receiver_pays=150.0, amount=10.0, rates=(0.08, 0.08), years=YEARS
):
    """Return a deal: avoided disposal, avoided purchase, both invest once [CNY, t]."""
    later = [0.0] + [1.0] * (years - 1)
    once = [1.0] + [0.0] * (years - 1)
    return Deal(
        lines(investment=[-donor_pays * k for k in once], saving=[disposal * k for k in later]),
        lines(investment=[-receiver_pays * k for k in once], saving=[saved * k for k in later]),
        amount * np.array(later), "t", at(rates[0]), at(rates[1]),
    )  # fmt: skip


# --- interval ------------------------------------------------------------------------------------------------------------
def test_the_interval_by_hand():
    one = deal()
    factor = 1 / annuity(1, 0.08, YEARS - 1)
    found = price_interval(one)
    assert found.low == pytest.approx((100 / factor - 20) / 10)
    assert found.high == pytest.approx((30 - 150 / factor) / 10)
    assert found.unit == "CNY/t"
    assert found.empty
    assert found.width == pytest.approx(found.high - found.low)
    assert not price_interval(deal(saved=60)).empty


@RELAXED
@given(SIZES, SIZES, SIZES, SIZES, SIZES, st.floats(0, 0.3), st.floats(0, 0.3))
def test_each_side_gains_nothing_at_its_limit(disposal, saved, donor_pays, receiver_pays, amount, rate_d, rate_r):
    one = deal(disposal, saved, donor_pays, receiver_pays, amount, (rate_d, rate_r))
    found, scale = price_interval(one), disposal + saved + donor_pays + receiver_pays
    assert one.npv_at(found.low)[0] == pytest.approx(0, abs=1e-8 * scale)
    assert one.npv_at(found.high)[1] == pytest.approx(0, abs=1e-8 * scale)
    inside = found.low + 0.3 * found.width
    gains = one.npv_at(inside)
    if abs(found.width) * amount > 1e-6 * scale:
        assert (min(gains) > 0) == (not found.empty)


@RELAXED
@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(0, 0.3))
def test_the_price_moves_money_and_makes_none(price, other, rate):
    one = deal(rates=(rate, rate))
    assert sum(one.npv_at(price)) == pytest.approx(sum(one.npv_at(other)), abs=1e-7 * (1 + abs(price) + abs(other)))
    both = one.donor_at(price).net + one.receiver_at(price).net
    assert both == pytest.approx(one.donor.net + one.receiver.net, abs=1e-9 * (1 + abs(price)))


def test_a_negative_price_is_paid_by_the_donor():
    one = deal()
    assert one.donor_at(-5).of("operation").tolist() == [0] + [-50] * 5
    assert one.receiver_at(-5).of("revenue").tolist() == [0] + [50] * 5
    assert price_interval(deal(disposal=200.0)).low < 0


@RELAXED
@given(st.floats(0.01, 1000), SIZES, SIZES)
def test_units_currency_and_split_firms(factor, disposal, saved):
    one = deal(disposal, saved)
    found = price_interval(one)
    kilograms = price_interval(replace(one, quantity=one.quantity * 1000, unit="kg"))
    assert (kilograms.low * 1000, kilograms.high * 1000) == pytest.approx((found.low, found.high), rel=1e-9, abs=1e-9)
    money = replace(one, donor=one.donor.scaled(factor), receiver=one.receiver.scaled(factor))
    assert price_interval(money).low == pytest.approx(factor * found.low, rel=1e-9, abs=1e-9)
    half = replace(one, donor=one.donor.scaled(0.5), receiver=one.receiver.scaled(0.5), quantity=one.quantity / 2)
    assert (price_interval(half).low, price_interval(half).high) == pytest.approx(
        (found.low, found.high), rel=1e-9, abs=1e-9
    )
    idle = replace(one, donor=together(one.donor, flow([0.0] * YEARS)))
    assert price_interval(idle).low == pytest.approx(found.low)
    assert sum(half.npv_at(3.0)) * 2 == pytest.approx(sum(one.npv_at(3.0)), rel=1e-9, abs=1e-6)


# --- what opens it -------------------------------------------------------------------------------------------------------
def apply(one, lever, value):
    donor = together(one.donor, flow(value * lever.donor))
    return replace(one, donor=donor, receiver=together(one.receiver, flow(value * lever.receiver)))


def test_each_lever_opens_at_its_value_and_not_before():
    one = deal()
    tonnes = np.array([0, 4, 4, 4, 4, 4.0])
    levers = [carbon_price(one, receiver_t=tonnes), carbon_price(one, tonnes, tonnes), landfill_tax(one, one.quantity),
              subsidy(one, "donor", 2020), subsidy(one, "receiver", 2022), carbon_price(one, -tonnes)]  # fmt: skip
    openings = what_opens(one, levers)
    for opening in openings[:5]:
        assert price_interval(apply(one, opening.lever, opening.value)).width == pytest.approx(0, abs=1e-9)
        assert price_interval(apply(one, opening.lever, opening.value * 0.99)).empty
        assert not price_interval(apply(one, opening.lever, opening.value * 1.01)).empty
    assert openings[5].value is None
    assert openings[0].value == pytest.approx(2 * openings[1].value)
    assert (openings[0].lever.unit, openings[2].lever.unit, openings[3].lever.unit) == ("CNY/tCO2", "CNY/t", "CNY")
    assert openings[2].lever.name.text("zh") == "填埋税"
    assert openings[3].value == pytest.approx(-sum(one.npv_at(0.0)))
    assert [o.value for o in what_opens(deal(saved=90.0), levers)] == [0.0] * 6


def test_a_longer_contract_opens_it():
    shortest = shortest_contract(lambda years: deal(years=years + 1), range(1, 30))
    assert shortest > YEARS - 1
    assert not price_interval(deal(years=shortest + 1)).empty
    assert price_interval(deal(years=shortest)).empty
    assert shortest_contract(lambda years: deal(years=years + 1, saved=1.0, disposal=1.0), range(1, 50)) is None


def test_lever_faults():
    one = deal()
    for call, expected in (
        (lambda: carbon_price(one, [1, 2]), "shape"), (lambda: landfill_tax(one, 3.0), "shape"),
        (lambda: subsidy(one, "city", 2020), "choice"), (lambda: subsidy(one, "donor", 1999), "years_outside"),
    ):  # fmt: skip
        with pytest.raises(InputError) as error:
            call()
        assert codes(error) == [expected]


# --- sharing -------------------------------------------------------------------------------------------------------------
@RELAXED
@given(SIZES, SIZES, SIZES, SIZES, st.floats(0, 0.2), st.floats(0, 0.2))
def test_sharing_rules_do_what_they_say(disposal, saved, donor_pays, receiver_pays, rate_d, rate_r):
    one = deal(disposal, saved, donor_pays, receiver_pays, rates=(rate_d, rate_r))
    interval = price_interval(one)
    if interval.empty:
        for rule in (equal_gain, proportional_gain):
            with pytest.raises(InputError) as error:
                rule(one)
            assert codes(error) == ["no_price"]
        return
    scale = disposal + saved + donor_pays + receiver_pays
    equal, proportional = equal_gain(one), proportional_gain(one)
    assert equal.donor == pytest.approx(equal.receiver, abs=1e-8 * scale)
    assert proportional.donor * receiver_pays == pytest.approx(
        proportional.receiver * donor_pays, abs=1e-8 * scale * scale
    )
    for found in (equal, proportional):
        assert (found.donor, found.receiver) == pytest.approx(one.npv_at(found.price), abs=1e-7 * scale)
        assert interval.low - 1e-9 * scale <= found.price <= interval.high + 1e-9 * scale
    if rate_d == rate_r:
        assert equal.price == pytest.approx((interval.low + interval.high) / 2)


def test_no_investment_is_no_measure():
    with pytest.raises(InputError) as error:
        proportional_gain(deal(saved=90, donor_pays=0.0, receiver_pays=0.0))
    assert codes(error) == ["no_investment"]
    alone = proportional_gain(deal(saved=90, donor_pays=0.0))
    assert alone.donor == pytest.approx(0)


def test_deal_faults_come_together():
    one = deal()
    with pytest.raises(InputError) as error:
        Deal(
            one.donor,
            lines(2021, 2019, "USD", saving=[1, 2]),
            [0.0] * 6,
            "tonn",
            at(0.1),
            at(0.1, 2021, basis="nominal"),
        )
    assert codes(error) == [
        "mixed_currencies", "mixed_price_years", "other_years", "no_quantity", "units.unknown", "basis", "base_years",
    ]  # fmt: skip
    assert str(2021) in error.value.text("zh")
    with pytest.raises(InputError) as error:
        replace(one, quantity=[0, -1, 1, 1, 1, 1])
    assert codes(error) == ["amounts"]


# --- heat ----------------------------------------------------------------------------------------------------------------
SUPPLY = HeatSupply(2000.0, 30_000.0, 400_000.0, 8.0, 250_000.0, 35.0, "CNY", 2020)


@pytest.mark.parametrize("donor_share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("variable_share", [0.0, 0.4, 1.0])
def test_heat_in_a_normal_year(donor_share, variable_share):
    gain = SUPPLY.highest_bill - SUPPLY.lowest_bill
    assert gain == pytest.approx(250_000 - 400_000 + 27 * 30_000)
    price = heat_price(SUPPLY, donor_share, variable_share)
    assert price.gains(30_000) == pytest.approx((donor_share * gain, (1 - donor_share) * gain))
    assert 8 <= price.variable <= 35
    assert price.bill(30_000) == pytest.approx(SUPPLY.lowest_bill + donor_share * gain)


def test_who_bears_a_year_with_less_heat():
    donor_safe, buyer_safe = heat_price(SUPPLY, 0.5, 0.0), heat_price(SUPPLY, 0.5, 1.0)
    assert donor_safe.gains(10_000)[0] == pytest.approx(donor_safe.gains(30_000)[0])
    assert buyer_safe.gains(10_000)[1] == pytest.approx(buyer_safe.gains(30_000)[1])
    for price in (donor_safe, buyer_safe, heat_price(SUPPLY, 0.5, 0.5)):
        lost = [full - less for full, less in zip(price.gains(30_000), price.gains(10_000), strict=True)]
        assert min(lost) >= -1e-6
        assert sum(lost) == pytest.approx(27 * 20_000)


def test_heat_that_cannot_be_priced():
    for change, expected in (({"donor_marginal": 36.0}, "heat_marginal"), ({"donor_fixed": 2e6}, "no_price")):
        with pytest.raises(InputError) as error:
            heat_price(replace(SUPPLY, **change), 0.5, 0.5)
        assert codes(error) == [expected]
    with pytest.raises(InputError) as error:
        heat_price(SUPPLY, 1.5, -0.1)
    assert codes(error) == ["out_of_range", "out_of_range"]
    with pytest.raises(InputError) as error:
        HeatSupply(0.0, float("nan"), -1.0, 1.0, 1.0, 1.0, "", 0)
    assert codes(error) == ["not_above", "not_number", "out_of_range", "currency", "price_year"]
    cheap = heat_price(replace(SUPPLY, donor_fixed=0.0, buyer_fixed=0.0), 0.0, 1.0)
    assert [n.code for n in cheap.notes] == ["appraise.heat_capacity"]
    assert cheap.capacity < 0
    assert heat_price(SUPPLY, 0.5, 0.5).notes == ()


def test_both_prices_follow_from_a_cash_flow():
    """What a donor gets in normal years is what its cash flow needs: fixed costs as an annuity of the pipe."""
    supply = replace(SUPPLY, donor_fixed=annuity(3e6, 0.06, 15))
    price = heat_price(supply, 0.0, 0.3)
    yearly = price.bill(supply.heat_gj) - supply.donor_marginal * supply.heat_gj
    assert npv(flow([-3e6] + [yearly] * 15), at(0.06)) == pytest.approx(0, abs=1e-6)
