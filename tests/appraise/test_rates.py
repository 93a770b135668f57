"""Internal rates of return: all of them, from polynomials with known roots, textbooks, and a second library."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import at, codes, flow
from lichen.appraise import internal_rates, modified_rate, npv
from lichen.appraise.rates import rates_of
from lichen.errors import InputError

RELAXED = settings(deadline=None, max_examples=150)


def from_roots(rates, scale=1.0, rest=(1.0,)):
    """Return amounts whose NPV is 0 at these rates: Π (1 + r_i − (1 + r)), times a polynomial without positive zeros."""
    amounts = np.array(rest) * scale
    for rate in rates:
        amounts = np.convolve(amounts, [-1.0, 1.0 + rate])
    return amounts


def found(amounts, **more):
    return [one.rate for one in internal_rates(flow(list(amounts)), **more).all]


# --- a second library: numpy-financial 1.0.0 ------------------------------------------------------------------------------
@pytest.mark.parametrize(("amounts", "rate"), [
    ([-100, 39, 59, 55, 20], 0.28094842115996066), ([-100, 0, 0, 74], -0.0954958303489728),
    ([-250000, 100000, 150000, 200000, 250000, 300000], 0.5672303344358536), ([-100, 0, 50, 0, 120], 0.17201119990903324),
    ([-3000, 400, -150, 900, 1200, -50, 1300], 0.04487232003199937),
    ([-100, 100, 0, -7], -0.08329966618493256), ([-5, 10.5, 1, -8, 1], 0.08859833852775534),
    ([-50, -100, 600, 300, -100], -0.7688954706807808),
])  # fmt: skip
def test_the_rate_of_a_second_library_is_among_them(amounts, rate):
    assert min(abs(one - rate) for one in found(amounts)) < 1e-9 * (1 + abs(rate))


def test_a_loan_of_480_months():
    """Iterative solvers have been seen to return −199 % of this one; numpy-financial 1.0.0 gives the same rate."""
    amounts = np.array([-172545.848122807] + [787.735232517999] * 480)
    rates = rates_of(amounts, np.arange(481.0)).all
    assert [one.rate for one in rates] == pytest.approx([0.0038401048125720205], rel=1e-9)


def test_the_second_root_that_others_leave_out():
    """−76.9 % is what a widely used library returns; the other root is the one that is meant."""
    rates = internal_rates(flow([-50, -100, 600, 300, -100]))
    assert [round(one.rate, 2) for one in rates.all] == [-0.77, 1.85]
    assert [one.direction for one in rates.all] == ["rising", "falling"]
    assert rates.only is None
    assert [note.code for note in rates.notes] == ["appraise.irr_several"]
    assert "1.85442" in rates.notes[0].text("zh")


@pytest.mark.parametrize(("amounts", "mirr"), [
    ([-100, 39, 59, 55, 20], 0.20437673767455267), ([-250000, 100000, 150000, 200000, 250000, 300000], 0.3682761087226081),
    ([-1000, 3900, -5030, 2145], 0.10917328806313686), ([-100, 0, 0, 74], -0.09549583034897247),
])  # fmt: skip
def test_modified_rate_of_a_second_library(amounts, mirr):
    assert modified_rate(flow(amounts), at(0.0), 0.1, 0.12) == pytest.approx(mirr, rel=1e-9)


def test_modified_rate_where_there_is_none():
    for amounts in ([-1, -2], [3, 4], [0, 0], [0, 5, 0]):
        assert modified_rate(flow(amounts), at(0.0), 0.1, 0.1) is None
    with pytest.raises(InputError) as error:
        modified_rate(flow([-1, 2]), at(0.0), -1, float("inf"))
    assert codes(error) == ["rate", "not_number"]


# --- textbooks -----------------------------------------------------------------------------------------------------------
def test_the_oil_pump():
    """Lorie & Savage (1955): a larger pump, 25 % and 400 %."""
    assert found([-1600, 10000, -10000]) == pytest.approx([0.25, 4.0], abs=1e-12)


def test_no_rate_at_all():
    """Brealey, Myers & Allen: +1000, −3000, +2500 has no rate of return, and NPV of +339 at 10 %."""
    one = flow([1000, -3000, 2500])
    rates = internal_rates(one)
    assert (rates.all, rates.always, rates.only) == ((), 1, None)
    assert round(npv(one, at(0.1))) == 339
    assert [n.code for n in rates.notes] == ["appraise.irr_none_positive"]
    assert [n.code for n in internal_rates(flow([-1000, 3000, -2500])).notes] == ["appraise.irr_none_negative"]


def test_an_investment_and_a_loan():
    investment, loan = internal_rates(flow([-1000, 1500])), internal_rates(flow([1000, -1500]))
    assert investment.only == pytest.approx(0.5)
    assert investment.notes == ()
    assert loan.only is None
    assert loan.all[0].rate == pytest.approx(0.5)
    assert [n.code for n in loan.notes] == ["appraise.irr_rising"]


def test_nothing_and_one_sign():
    empty = internal_rates(flow([0, 0, 0]))
    assert empty.empty
    assert [n.code for n in empty.notes] == ["appraise.irr_empty"]
    assert internal_rates(flow([-1, 0, -2])).always == -1
    assert internal_rates(flow([0, 3])).always == 1
    with pytest.raises(InputError):
        internal_rates(flow([-1, 2]), timing="start")


# --- known roots ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rates", [
    (0.1, 0.3, 0.5), (-0.9, -0.5, 0.0, 0.5, 2.0), (0.08, 0.081), (-0.99, 9.0), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7), (0.0, 100.0),
])  # fmt: skip
def test_all_of_many_roots(rates):
    assert found(from_roots(rates, 1000)) == pytest.approx(sorted(rates), abs=1e-6)
    assert all(one.multiplicity == 1 for one in internal_rates(flow(list(from_roots(rates)))).all)


@pytest.mark.parametrize(("rates", "expected"), [
    ((0.1, 0.1), [(0.1, 2)]), ((0.1, 0.1, 0.1), [(0.1, 3)]), ((0.1, 0.1, 0.5), [(0.1, 2), (0.5, 1)]),
    ((-0.5, 0.1, 0.1, 0.1, 1.0, 1.0), [(-0.5, 1), (0.1, 3), (1.0, 2)]), ((0.25,) * 4, [(0.25, 4)]),
])  # fmt: skip
def test_multiplicities(rates, expected):
    result = internal_rates(flow(list(from_roots(rates, 100)))).all
    assert [one.multiplicity for one in result] == [m for _, m in expected]
    assert [one.rate for one in result] == pytest.approx([r for r, _ in expected], abs=1e-5)
    for one in result:
        assert (one.direction == "touching") == (one.multiplicity % 2 == 0)


def test_a_double_root_in_whole_numbers():
    """−100 + 220 v − 121 v² = −(10 − 11 v)²: NPV touches 0 at 10 %."""
    rates = internal_rates(flow([-100, 220, -121]))
    assert [(round(one.rate, 9), one.multiplicity) for one in rates.all] == [(0.1, 2)]
    assert rates.only is None
    assert [n.code for n in rates.notes] == ["appraise.irr_touching"]
    assert found([-100, 220, -121.001]) == []
    assert len(found([-100, 220, -120.999])) == 2


@RELAXED
@given(
    st.lists(st.integers(-18, 60), min_size=1, max_size=5, unique=True), st.sampled_from([1e-3, 1.0, -1e9]),
    st.sampled_from([(1.0,), (1.0, 0.5), (2.0, 1.0, 3.0)]), st.integers(0, 3),
)  # fmt: skip
def test_roots_that_were_put_in_come_out(twentieths, scale, rest, later):
    """``rest`` has no positive zeros, a shift in time changes nothing, and the sign of all amounts neither."""
    rates = sorted(k / 20 for k in twentieths)
    amounts = np.concatenate([np.zeros(later), from_roots(rates, scale, rest)])
    assert found(amounts) == pytest.approx(rates, abs=1e-6)


def distinct_positive_zeros(coefficients):
    """Return how many different positive zeros Σ c_k x^k has, by Sturm's theorem in exact fractions."""
    p = [Fraction(int(c)) for c in np.trim_zeros(np.array(coefficients))]
    chain = [p, [k * c for k, c in enumerate(p)][1:]]
    while len(chain[-1]) > 1:
        rest, by = list(chain[-2]), chain[-1]
        while len(rest) >= len(by):
            ratio = rest[-1] / by[-1]
            for k in range(len(by)):
                rest[len(rest) - len(by) + k] -= ratio * by[k]
            rest.pop()
        while rest and rest[-1] == 0:
            rest.pop()
        if not rest:
            break
        chain.append([-c for c in rest])
    changes = []
    for end in (0, -1):
        signs = [q[end] > 0 for q in chain if q and q[end] != 0]
        changes.append(sum(a != b for a, b in pairwise(signs)))
    return changes[0] - changes[1]


def test_sturm_counts_what_is_known():
    assert distinct_positive_zeros([-100, 220, -121]) == 1
    assert distinct_positive_zeros([-6, 11, -6, 1]) == 3
    assert distinct_positive_zeros([1, 0, 1]) == 0


@RELAXED
@given(st.lists(st.integers(-9, 9), min_size=2, max_size=14).filter(any))
def test_exactly_as_many_rates_as_sturm_counts(amounts):
    assert len(found(amounts)) == distinct_positive_zeros(amounts)


@RELAXED
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=1, max_size=5))
def test_multiplicities_of_whole_numbers_add_up(pairs):
    """NPV = Π (b v − a): each factor is one rate, b/a − 1; equal ones are one rate of a higher multiplicity."""
    amounts = np.array([1])
    for a, b in pairs:
        amounts = np.convolve(amounts, [-a, b])
    rates = internal_rates(flow(amounts)).all
    assert len(rates) == len({Fraction(b, a) for a, b in pairs}) == distinct_positive_zeros(amounts)
    assert sum(one.multiplicity for one in rates) == len(pairs)


@RELAXED
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=12))
def test_as_many_as_the_companion_matrix_has(amounts):
    """Where zeros are apart, the eigenvalues of the companion matrix give the same ones."""
    paid = np.trim_zeros(np.array(amounts, dtype=float))
    if len(paid) < 2:
        return
    zeros = np.roots(paid)
    if len(zeros) > 1 and np.abs(np.subtract.outer(zeros, zeros) + np.eye(len(zeros)) * 9).min() < 1e-3:
        return
    if (np.abs(zeros.imag)[np.abs(zeros.imag) > 0] < 1e-6).any():
        return
    real = sorted(float(z.real) - 1 for z in zeros if z.imag == 0 and z.real > 1e-12)
    assert found(amounts) == pytest.approx(real, rel=1e-6, abs=1e-7)


@RELAXED
@given(
    st.lists(st.floats(-1e6, 1e6).map(lambda v: round(v, 2)), min_size=2, max_size=30),
    st.sampled_from(["end", "middle"]),
)
def test_npv_is_zero_at_every_rate_and_changes_sign_between(amounts, timing):
    one = flow(amounts)
    rates = internal_rates(one, timing)
    for each in rates.all:
        if not -0.99 < each.rate < 1e3:
            continue
        discounting = at(each.rate, timing=timing)
        size = float(np.abs(one.net) @ discounting.factors(one.years))
        assert abs(npv(one, discounting)) <= 1e-9 * size
    crossings = [each.direction for each in rates.all if each.direction != "touching"]
    assert all(a != b for a, b in pairwise(crossings))


def test_middle_of_the_year_needs_half_powers():
    """−100 now, 110 in the middle of the year: (1 + r)^½ = 1.1."""
    assert found([-100, 110], timing="middle") == pytest.approx([1.1**2 - 1], rel=1e-12)
    assert found([-100, 0, 110], timing="middle") == pytest.approx([1.1 ** (1 / 1.5) - 1], rel=1e-12)


def test_extreme_amounts_do_not_crash():
    assert rates_of(np.array([-1e-300, 1e18]), np.array([0.0, 1.0])).all == ()
    assert found([-1e-3, 1e15]) == pytest.approx([1e18], rel=1e-9)
    assert found([-1e15, 1e-3]) == []  # nearer to −100 % than a double can tell
    assert len(found([-1.0] * 100 + [3.0] * 100)) == 1


def test_long_cash_flows_with_many_changes_of_sign():
    """Sixty years with a replacement every third year: signs change forty times, and no rate is lost."""
    amounts = [-1000.0] + [90.0 if year % 3 else -60.0 for year in range(1, 61)]
    rates = found(amounts)
    grid = np.expm1(np.linspace(-3, 5, 20_001))
    values = np.array([npv(flow(amounts), at(rate)) for rate in grid])
    crossings = int((np.sign(values[1:]) != np.sign(values[:-1])).sum())
    assert len(rates) == crossings >= 1
