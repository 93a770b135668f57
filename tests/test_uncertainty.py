"""Sampling: the ranges are met, a seed is a result, and what is linear has a closed form."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.economy.accounts import Economy
from lichen.errors import LabelError
from lichen.figures import Figure, Text
from lichen.scenario.assess import Base, Scenario, assess
from lichen.scenario.exchange import Exchange, ExchangeBook, OnSite, Product, Replacement
from lichen.scenario.intervention import CellChange, Intervention
from lichen.testing import small_satellites, small_table
from lichen.uncertainty import Spread, draw_figures, figures_of, sample_changes, triangular


def figure(value, unit, *span, group="") -> Figure:
    low, high = span or (None, None)
    return Figure(value, unit, "assumed", "s", low, high, varies_with=group)


@settings(deadline=None)
@given(st.floats(-100, 100), st.floats(1e-3, 100), st.floats(1e-3, 100))
def test_low_and_high_are_the_5_and_95_percent_points(mode, left, right):
    quantile = triangular(mode - left, mode, mode + right)
    found = quantile(np.array([0.05, 0.95]))
    np.testing.assert_allclose(found, [mode - left, mode + right], atol=1e-6 * (left + right))


@settings(deadline=None)
@given(st.floats(0.01, 10), st.floats(0.01, 10))
def test_the_distribution_is_triangular_about_its_mode(left, right):
    """Its density rises and falls in straight lines: twice the step in probability at twice the distance squared."""
    quantile = triangular(5 - left, 5, 5 + right)
    ends = quantile(np.array([0.0, 1.0]))
    u = np.linspace(0, 1, 2001)
    x = quantile(u)
    assert (np.diff(x) > 0).all()
    a, b = ends
    expected = np.where(x < 5, (x - a) ** 2 / ((b - a) * (5 - a)), 1 - (b - x) ** 2 / ((b - a) * (b - 5)))
    np.testing.assert_allclose(u, expected, atol=1e-9)


def test_the_mode_at_an_end_and_a_point():
    quantile = triangular(1, 1, 3)
    np.testing.assert_allclose(quantile(np.array([0.0, 0.95])), [1, 3])
    quantile = triangular(1, 3, 3)
    np.testing.assert_allclose(quantile(np.array([0.05, 1.0])), [1, 3])
    np.testing.assert_array_equal(triangular(2, 2, 2)(np.array([0.0, 0.3, 1.0])), 2)


def test_a_range_on_one_side_of_zero_says_the_sign():
    drawn = draw_figures([figure(1, "t", 0, 4), figure(-1, "t", -4, 0), figure(0.01, "t", -1, 4)], 1000, 0)
    assert drawn[:, 0].min() == 0
    assert np.quantile(drawn[:, 0], 0.95) == pytest.approx(4, rel=0.01)
    assert drawn[:, 1].max() == 0
    assert drawn[:, 2].min() < -1


def test_figures_that_vary_together_share_one_draw():
    figures = [figure(6, "GJ/t", 2, 8, group="heat"), figure(60, "1", 20, 80, group="heat"), figure(6, "GJ/t", 2, 8)]
    drawn = draw_figures(figures, 400, 7)
    np.testing.assert_allclose(drawn[:, 1], 10 * drawn[:, 0])
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 2])[0, 1]) < 0.2
    assert draw_figures([], 5, 0).shape == (5, 0)


def test_draws_are_a_latin_hypercube_and_a_seed_is_a_result():
    figures = [figure(5, "t", 1, 8), figure(1, "t", 0.5, 3)]
    one, two, other = draw_figures(figures, 100, 3), draw_figures(figures, 100, 3), draw_figures(figures, 100, 4)
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()
    edges = triangular(1, 5, 8)(np.linspace(0, 1, 101))
    counts, _ = np.histogram(np.sort(one[:, 0]), edges)
    assert counts.tolist() == [1] * 100


def test_figures_are_found_once_each_wherever_they_are():
    shared = figure(1, "t/t", 0.5, 2)
    product = Product("p", "t", made_by="receiver", onsite=(OnSite("CO2", shared), OnSite("CO2", figure(1, "tCO2/t"))))
    assert len(list(figures_of((product, [shared], "text", None, 5)))) == 2


# --- scenarios ------------------------------------------------------------------------------------------------------
def simple(onsite: Figure, rate: Figure, **changes) -> tuple[Base, dict[str, tuple[Scenario, Scenario]]]:
    """Agriculture takes a stream of manufacturing; each unit of product saves on-site CO2 and nothing else."""
    product = Product("p", "t", made_by="receiver", onsite=(OnSite("CO2", onsite),))
    given = {
        "id": "e", "name": Text("e"), "stream": Text("e"), "donor": "manufacturing", "receiver": "agriculture",
        "designed": figure(1, "t/a"), "replaces": (Replacement("p", rate),),
    }  # fmt: skip
    base = Base(
        Economy(small_table(), small_satellites()), ExchangeBook((Exchange(**given | changes),), (product,)), {}
    )
    return base, {"s": (Scenario("s", {"e": 100.0}), Scenario("r", {}))}


def test_closed_form_of_a_linear_result():
    """Mean and variance of a triangle with ends a, b and mode c: (a + b + c)/3 and (a² + b² + c² − ab − ac − bc)/18."""
    base, pairs = simple(figure(1, "tCO2/t"), figure(0.8, "t/t", 0.5, 0.9))
    spread = sample_changes(base, pairs, "CO2", 4000, 1)["s"]
    a, b = triangular(0.5, 0.8, 0.9)(np.array([0.0, 1.0]))
    c = 0.8
    assert spread.samples.mean() == pytest.approx(-100 * (a + b + c) / 3, rel=1e-4)
    assert spread.samples.std() == pytest.approx(
        100 * np.sqrt((a * a + b * b + c * c - a * b - a * c - b * c) / 18), rel=1e-3
    )
    assert spread.quantile(0.05) == pytest.approx(-90, rel=1e-3)
    assert spread.quantile(0.95) == pytest.approx(-50, rel=1e-3)


def test_closed_form_of_a_product_of_two_that_vary_apart():
    """E[XY] = E[X] E[Y]; Var = (σx² + μx²)(σy² + μy²) − μx² μy²: as K12, where a multiplier takes several intensities."""
    base, pairs = simple(figure(1, "tCO2/t", 0.6, 1.4), figure(0.8, "t/t", 0.7, 0.9))
    samples = sample_changes(base, pairs, "CO2", 20_000, 2)["s"].samples
    sx, sy = (figure_width / (1 - np.sqrt(0.1)) / np.sqrt(6) for figure_width in (0.4, 0.1))
    assert samples.mean() == pytest.approx(-80, rel=2e-3)
    assert samples.std() == pytest.approx(100 * np.sqrt((sx**2 + 1) * (sy**2 + 0.64) - 0.64), rel=0.01)


def test_together_they_spread_wider_than_apart():
    apart = simple(figure(1, "tCO2/t", 0.6, 1.4), figure(0.8, "t/t", 0.5, 1.1))
    joint = simple(figure(1, "tCO2/t", 0.6, 1.4, group="g"), figure(0.8, "t/t", 0.5, 1.1, group="g"))
    first, second = (sample_changes(*given, "CO2", 500)["s"].samples.std() for given in (apart, joint))
    assert second > 1.2 * first


def test_points_have_no_spread_and_give_the_deterministic_value():
    base, pairs = simple(figure(1, "tCO2/t"), figure(0.8, "t/t", 0.8, 0.8))
    spread = sample_changes(base, pairs, "CO2", 20)["s"]
    assert np.ptp(spread.samples) == 0
    assert spread.samples[0] == pytest.approx(assess(base, *pairs["s"]).change("CO2"))


def test_a_drawn_share_never_exceeds_the_stream():
    base, pairs = simple(figure(1, "tCO2/t"), figure(1, "t/t"), additionality=figure(0.9, "1", 0.5, 1.0))
    samples = sample_changes(base, pairs, "CO2", 300)["s"].samples
    assert samples.min() == pytest.approx(-100)


def test_a_seed_is_a_result_and_progress_is_told():
    base, pairs = simple(figure(1, "tCO2/t"), figure(0.8, "t/t", 0.5, 0.9))
    done = []
    one = sample_changes(base, pairs, "CO2", 30, 5, done.append)["s"]
    two = sample_changes(base, pairs, "CO2", 30, 5)["s"]
    np.testing.assert_array_equal(one.samples, two.samples)
    assert one.seed == 5
    assert done == list(range(1, 31))
    assert not one.samples.flags.writeable
    assert (sample_changes(base, pairs, "CO2", 30, 6)["s"].samples != one.samples).any()


def test_scenarios_see_the_same_draws():
    base, pairs = simple(figure(1, "tCO2/t"), figure(0.8, "t/t", 0.5, 0.9))
    double = (Scenario("d", {"e": 200.0}), Scenario("r", {}))
    found = sample_changes(base, {**pairs, "d": double}, "CO2", 50)
    np.testing.assert_allclose(found["d"].samples, 2 * found["s"].samples)


def test_interventions_are_drawn_too():
    base, _ = simple(figure(1, "tCO2/t"), figure(0.8, "t/t"))
    change = CellChange("intensity", ("CO2",), ("agriculture",), figure(-0.2, "1", -0.3, -0.1), figure(1, "1"))
    pair = (Scenario("s", {}, (Intervention("i", "efficiency", (change,)),)), Scenario("r", {}))
    spread = sample_changes(base, {"s": pair}, "CO2", 400)["s"]
    assert spread.quantile(0.05) == pytest.approx(-150, rel=0.01)
    assert spread.quantile(0.95) == pytest.approx(-50, rel=0.02)
    assert spread.samples.mean() == pytest.approx(assess(base, *pair).change("CO2"), rel=1e-3)


def test_unknown_accounts_are_named():
    base, pairs = simple(figure(1, "tCO2/t"), figure(0.8, "t/t"))
    with pytest.raises(LabelError):
        sample_changes(base, pairs, "SO2", 2)


def test_spread_is_read_through_quantiles():
    spread = Spread(np.arange(101.0), 0)
    assert spread.quantile(0.5) == 50
    assert replace(spread, seed=3).seed == 3


def test_quantities_are_drawn_where_their_figures_are_given():
    base, pairs = simple(figure(1, "tCO2/t"), figure(0.8, "t/t"))
    amount = figure(0.1, "kt/a", 0.08, 0.12)
    spread = sample_changes(base, pairs, "CO2", 400, quantities={"s": {"e": amount, "left out": amount}})["s"]
    assert spread.quantile(0.05) == pytest.approx(-96, rel=0.01)
    assert spread.quantile(0.95) == pytest.approx(-64, rel=0.01)
    both = sample_changes(base, pairs, "CO2", 50, quantities={"s": {"e": amount}, "": {"e": amount}})["s"]
    # what flowed already is drawn with it: taken out of the reference it is the same stream
    np.testing.assert_allclose(both.samples, spread_of_one(base, pairs, amount, 50))


def spread_of_one(base, pairs, amount, draws):
    return sample_changes(base, pairs, "CO2", draws, quantities={"s": {"e": amount}})["s"].samples
