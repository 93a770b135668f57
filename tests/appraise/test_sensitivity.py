"""Tornado, break-even, grids, draws: of a model that can be worked out by hand, and of a plan."""

import numpy as np
import pytest

from flows import at, codes, figure
from lichen.appraise import Plan, Yearly, break_even, npv, plan_cash_flow, sample, tornado, two_way
from lichen.errors import InputError
from lichen.uncertainty import draw_figures, triangular

FIGURES = {
    "price": figure(10.0, "CNY/t", 8.0, 14.0), "amount": figure(5.0, "t", 4.0, 5.5), "cost": figure(30.0, "CNY", 29.0, 33.0),
    "fixed": figure(2.0, "CNY"), "tight": figure(1.0, "CNY", 1.0, 1.0),
}  # fmt: skip


def model(values):
    return values["price"] * values["amount"] - values["cost"] - values["fixed"] - values["tight"]


def test_tornado_by_hand():
    found = tornado(model, FIGURES)
    assert found.base == 17
    assert [bar.names for bar in found.bars] == [("price",), ("amount",), ("cost",)]
    assert [(bar.at_low, bar.at_high) for bar in found.bars] == [(7, 37), (7, 22), (18, 14)]
    assert [bar.swing for bar in found.bars] == [30, 15, 4]
    assert found.without_range == ("fixed", "tight")
    assert not any(bar.turns for bar in found.bars)


def test_a_result_that_turns_inside_the_range_is_marked():
    found = tornado(lambda v: -((v["x"] - 1) ** 2), {"x": figure(1.0, "t", 0.0, 2.0)})
    assert found.bars[0].turns
    assert found.bars[0].swing == 1


def test_figures_with_one_cause_move_together():
    figures = {
        "heat": figure(10, "GJ/t", 8, 12, varies_with="coal"),
        "carbon": figure(1, "tCO2/t", 0.5, 1.5, varies_with="coal"),
    }
    found = tornado(lambda v: v["heat"] - 4 * v["carbon"], figures)
    assert [bar.names for bar in found.bars] == [("heat", "carbon")]
    assert (found.bars[0].at_low, found.bars[0].at_high) == (6, 6)
    drawn = sample(lambda v: v["heat"], figures, 100, 1).inputs
    assert np.corrcoef(drawn["heat"], drawn["carbon"])[0, 1] == pytest.approx(1)


def test_break_even_of_a_line_and_of_a_curve():
    assert break_even(model, FIGURES, "price", 0, 20).values == pytest.approx([33 / 5])
    assert break_even(model, FIGURES, "price").values == ()
    found = break_even(lambda v: (v["x"] - 1) * (v["x"] - 2) * (v["x"] - 3), {"x": figure(0, "t")}, "x", 0.5, 9.7)
    assert found.values == pytest.approx([1, 2, 3])
    assert (found.low, found.high) == (0.5, 9.7)
    on_the_grid = break_even(lambda v: v["x"], {"x": figure(0, "t")}, "x", -1, 1, steps=2)
    assert on_the_grid.values == (0.0,)
    assert break_even(model, FIGURES, "cost", 0, 100, target=17).values == pytest.approx([30])


def test_two_way_grid():
    grid = two_way(model, FIGURES, ("price", [8, 10]), ("amount", [4, 5, 6]))
    assert grid.tolist() == [[-1, 7, 15], [7, 17, 27]]
    assert two_way(model, FIGURES, ("price", []), ("amount", [1])).shape == (0, 1)


def test_draws_are_those_of_uncertainty():
    """The same figures and seed give the draws that scenarios get."""
    ranged = [f for f in FIGURES.values() if f.low is not None and f.high > f.low]
    expected = draw_figures(ranged, 64, 7)
    found = sample(model, FIGURES, 64, 7)
    for i, name in enumerate(("price", "amount", "cost")):
        np.testing.assert_array_equal(found.inputs[name], expected[:, i])
    values = {n: f.value for n, f in FIGURES.items()}
    assert found.results[3] == pytest.approx(model({**values, **{n: v[3] for n, v in found.inputs.items()}}))


def test_draws_meet_the_range_and_its_sign():
    found = sample(lambda v: v["x"], {"x": figure(1.0, "t", 0.0, 5.0)}, 4000, 0)
    assert found.results.min() == 0
    assert found.quantile(0.95) == pytest.approx(5, rel=0.02)
    low = triangular(-2.0, -1.0, 4.0)(np.array([0.05]))[0]
    assert sample(lambda v: v["x"], {"x": figure(-1.0, "t", -2.0, 4.0)}, 4000, 0).quantile(0.05) == pytest.approx(
        low, abs=0.02
    )
    negative = sample(lambda v: v["x"], {"x": figure(-1.0, "t", -2.0, 0.0)}, 500, 0)
    assert negative.results.max() == 0
    assert negative.chance_above(-100) == 1


def test_chances_and_correlations():
    found = sample(model, FIGURES, 500, 3)
    assert 0.9 < found.chance_above(0) <= 1
    ranks = found.rank_correlations()
    assert next(iter(ranks)) == "price"
    assert ranks["cost"] < 0 < ranks["amount"]
    still = sample(lambda v: 1.0, FIGURES, 10, 0)
    assert set(still.rank_correlations().values()) == {0.0}
    assert sample(model, {n: FIGURES[n] for n in ("fixed",)} | {"price": figure(1, "t"), "amount": figure(1, "t"), "cost": figure(1, "t"),
                  "tight": figure(1, "t")}, 3, 0).results.tolist() == [-3, -3, -3]  # fmt: skip


def test_the_same_seed_gives_the_same():
    assert (sample(model, FIGURES, 50, 1).results == sample(model, FIGURES, 50, 1).results).all()
    assert (sample(model, FIGURES, 50, 1).results != sample(model, FIGURES, 50, 2).results).any()


def test_faults():
    with pytest.raises(InputError) as error:
        two_way(model, FIGURES, ("prise", [float("nan")]), ("prise", [1]))
    assert codes(error) == ["no_figure", "not_number", "no_figure", "doubled"]
    for call in (lambda: break_even(model, FIGURES, "fixed"), lambda: break_even(model, FIGURES, "price", low=20)):
        with pytest.raises(InputError) as error:
            call()
        assert codes(error)[0] in ("no_range", "range")
    with pytest.raises(InputError) as error:
        break_even(model, FIGURES, "x", steps=0)
    assert codes(error) == ["no_figure", "not_whole"]
    with pytest.raises(InputError) as error:
        sample(model, FIGURES, 0, -1)
    assert codes(error) == ["not_whole", "not_whole"]
    for bad in (lambda v: None, lambda v: float("nan")):
        with pytest.raises(InputError) as error:
            tornado(bad, FIGURES)
        assert codes(error) == ["not_number"]


def test_a_plan_as_a_model():
    plan = Plan(
        2020, 5, figure(100, "万元", 90, 130), "CNY", 2020,
        yearly=(Yearly("saving", figure(40, "万元/a", 25, 45), "coal"), Yearly("operation", figure(5, "万元/a"), "upkeep")),
    )  # fmt: skip

    def worth(values):
        return npv(plan_cash_flow(plan.with_values(values)), at(0.08))

    figures = plan.figures()
    found = tornado(worth, figures)
    assert [bar.names for bar in found.bars] == [("yearly.coal",), ("investment",)]
    assert found.bars[1].at_high - found.bars[1].at_low == pytest.approx(-400_000)
    limit = break_even(worth, figures, "yearly.coal", 0, 100).values[0]
    assert worth({"yearly.coal": limit}) == pytest.approx(0, abs=1e-6)
