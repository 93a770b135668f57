"""An exchange as payments: its cash flows are those of its figures, and NPV as a function agrees with them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.appraise import Discounting, measure, npv, together
from lichen.appraise.exchange import (
    QUANTITY,
    RATE,
    Exchange,
    Payment,
    amounts,
    cash_flows,
    deal_of,
    extended,
    npv_of,
)
from lichen.figures import Figure

YEARS = (2012, 2013, 2014, 2015)
FLOWS = np.array([0.0, 100.0, 200.0, 200.0])
DISCOUNTING = Discounting(0.08, "real", 2012)
RATE_FIGURE = Figure(0.08, "1/a", "reported", "test")


def figure(value, unit, low=None, high=None):
    return Figure(value, unit, "estimated", "test", low, high, 2012)


def exchange(every=0, **more):
    """Return ash that saves disposal and clinker: hand-made numbers, one figure in another unit."""
    built = np.array([1.0, 0.0, 0.0, 0.0])
    payments = (
        Payment("disposal", "donor", "saving", figure(20, "CNY/t"), "CNY/t", FLOWS),
        Payment("price", "receiver", "saving", figure(0.26, "CNY/kg"), "CNY/t", FLOWS, "rate"),
        Payment("treatment", "receiver", "operation", figure(15, "CNY/t"), "CNY/t", FLOWS),
        Payment("investment", "receiver", "investment", figure(3, "万元"), "CNY", built, once=True, every=every),
    )
    plain = {
        "id": "a>b>c", "unit": "t", "currency": "CNY", "price_year": 2012, "years": YEARS, "payments": payments, "quantity": FLOWS,
        "amount": figure(200, "t/a", 150, 220), "co2": 0.5 * FLOWS, "also": {"rate": figure(0.7, "1")},
    }  # fmt: skip
    return Exchange(**(plain | more))


def test_both_sides_by_hand():
    donor, receiver = cash_flows(exchange())
    assert donor.net.tolist() == [0, 2000, 4000, 4000]
    assert receiver.net == pytest.approx([-30000, 100 * (182 - 15), 200 * 167, 200 * 167])
    assert [line.name for line in receiver.lines] == ["price", "treatment", "investment"]


def test_a_side_without_payments_pays_nothing():
    donor, _ = cash_flows(exchange().without("disposal"))
    assert not donor.net.any()


def test_other_values_change_what_they_should():
    one = exchange()
    twice = cash_flows(one, {QUANTITY: 400.0})[1]
    assert twice.of("investment").tolist() == [-30000, 0, 0, 0]
    assert twice.of("saving")[2] == pytest.approx(400 * 182)
    dearer = cash_flows(one, {"investment": 6.0, "rate": 0.35})[1]
    assert dearer.of("investment")[0] == -60000
    assert dearer.of("saving")[2] == pytest.approx(200 * 91)
    assert {p.name for p, _ in amounts(one)} == {"disposal", "price", "treatment", "investment"}


share = st.floats(0.0, 3.0)


@given(share, share, share, share, share, st.floats(-0.2, 0.5))
def test_the_function_is_the_npv_of_the_cash_flow(quantity, price, treatment, investment, rate, discount):
    one = exchange()
    values = {
        QUANTITY: 200 * quantity, "price": 0.26 * price, "treatment": 15 * treatment, "investment": 3 * investment, "rate": 0.7 * rate,
    }  # fmt: skip
    other = Discounting(discount, "real", 2012)
    by_flow = npv(together(*cash_flows(one, values)), other)
    found = npv_of(one, DISCOUNTING)(values | {RATE: discount})
    assert found == pytest.approx(by_flow, rel=1e-9, abs=1e-6)


def test_figures_are_all_there_and_at_their_values_the_function_gives_the_npv():
    one = exchange()
    figures = one.figures(RATE_FIGURE)
    assert list(figures) == [QUANTITY, "disposal", "price", "treatment", "investment", "rate", RATE]
    values = {name: f.value for name, f in figures.items()}
    assert npv_of(one, DISCOUNTING)(values) == pytest.approx(measure(together(*cash_flows(one)), DISCOUNTING).npv)


def test_longer_goes_on_as_in_the_last_year():
    longer = extended(exchange(), 2)
    assert longer.years == (2012, 2013, 2014, 2015, 2016, 2017)
    assert longer.quantity.tolist() == [0, 100, 200, 200, 200, 200]
    assert longer.co2.tolist() == [0, 50, 100, 100, 100, 100]
    assert cash_flows(longer)[1].of("investment").tolist() == [-30000, 0, 0, 0, 0, 0]
    assert extended(exchange(), 0).years == YEARS


def test_what_wears_out_is_paid_again_but_not_in_the_last_year():
    longer = extended(exchange(every=3), 4)
    assert cash_flows(longer)[1].of("investment").tolist() == [-30000, 0, 0, -30000, 0, 0, -30000, 0]
    assert cash_flows(extended(exchange(every=3), 3))[1].of("investment").tolist() == [-30000, 0, 0, -30000, 0, 0, 0]


def test_each_side_has_its_own_rate():
    deal = deal_of(exchange(), DISCOUNTING, Discounting(0.2, "real", 2012))
    assert deal.unit == "t"
    assert deal.npv_at(0.0)[0] == pytest.approx(npv(deal.donor, DISCOUNTING))
    assert deal.receiver_discounting.rate == 0.2
    assert exchange().invests
    assert not exchange().without("investment").invests
