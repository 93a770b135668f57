"""Eco-efficiency beside the absolute change; decoupling in all its states."""

import math

import numpy as np
import pytest

from lichen.economy.accounts import Economy
from lichen.errors import LabelError
from lichen.indicators import EcoEfficiency, compare_outcomes, decoupling, eco_efficiency
from lichen.scenario.changes import Changes, solve
from lichen.testing import small_satellites, small_table


def of(value_before, value_after, impact_before, impact_after) -> EcoEfficiency:
    vb, va, ib, ia = (np.array(v, dtype=float) for v in (value_before, value_after, impact_before, impact_after))
    return EcoEfficiency(
        tuple(f"s{i}" for i in range(len(vb))), eco_efficiency(vb, ib), eco_efficiency(va, ia), ib, ia, vb, va
    )


def test_value_over_impact():
    np.testing.assert_array_equal(eco_efficiency(np.array([10.0, 5.0]), np.array([2.0, 4.0])), [5, 1.25])


def test_it_does_not_exist_without_a_positive_impact():
    """A net-import sector of a table as published has a negative footprint; nearer to zero is not more efficient."""
    found = eco_efficiency(np.array([10.0, 10.0, 0.0, -3.0]), np.array([0.0, -2.0, 0.0, 1.0]))
    np.testing.assert_array_equal(np.isnan(found), [True, True, True, False])
    assert found[3] == -3


def test_an_efficiency_gain_can_hide_a_rise():
    #          gain, falls   gain, rises   loss, rises   loss, falls   gain, same   no impact
    found = of([10] * 6, [10, 30, 10, 4, 12, 10], [5] * 5 + [0], [4, 6, 6, 4, 5, 0])
    assert found.hidden_rise.tolist() == [False, True, False, False, False, False]


def test_relative_change_is_to_the_size_of_before():
    found = of([10, -10, 0, 10], [20, -20, 5, 10], [5, 5, 5, 0], [5, 5, 5, 5])
    np.testing.assert_allclose(found.relative_change, [1, -1, np.nan, np.nan])


def test_arrays_are_read_only():
    found = of([1], [1], [1], [1])
    with pytest.raises(ValueError, match="read-only"):
        found.before[0] = 2


@pytest.fixture
def outcomes():
    """Agriculture's intensity of 0.5 is halved; then its direct demand grows by 350."""
    economy = Economy(small_table(), small_satellites())
    none = Changes.none(economy)
    greener = Changes(
        (), none.intermediate, none.imported, np.array([[350.0], [0.0]]), np.array([[-250.0, 0.0]]), none.direct
    )
    return solve(economy, none), solve(economy, greener)


def test_outcomes_compared(outcomes):
    found = compare_outcomes(*outcomes, "CO2", impact="production")
    x = 1000 + 350 * 1.254125
    assert found.before[0] == pytest.approx(2)
    assert found.after[0] == pytest.approx(4)
    assert found.value_after[0] == pytest.approx(x, rel=1e-6)
    assert found.impact_after[0] == pytest.approx(0.25 * x, rel=1e-6)
    assert math.isnan(found.after[1])  # manufacturing emits nothing itself
    added = compare_outcomes(*outcomes, "CO2", value="value_added", impact="production")
    assert added.before[0] == pytest.approx(1.3)
    footprint = compare_outcomes(*outcomes, "CO2")
    assert footprint.before[1] == pytest.approx(2000 / (0.1650165 * 1700), rel=1e-6)


def test_groups_are_added_up_before_dividing(outcomes):
    found = compare_outcomes(*outcomes, "CO2", groups=np.ones((2, 1)), labels=("all",))
    assert found.sectors == ("all",)
    assert found.before[0] == pytest.approx(3000 / 500)


def test_groups_need_their_labels(outcomes):
    for given in (
        {"groups": np.ones((2, 1))},
        {"groups": np.ones((2, 2)), "labels": ("a", "a")},
        {"groups": np.ones((3, 1)), "labels": ("a",)},
    ):
        with pytest.raises(LabelError):
            compare_outcomes(*outcomes, "CO2", **given)
    with pytest.raises(LabelError):
        compare_outcomes(*outcomes, "SO2")


@pytest.mark.parametrize(("values", "impacts", "elasticity", "state"), [
    ((100, 125), (100, 90), -0.4, "absolute decoupling"), ((100, 125), (100, 100), 0, "relative decoupling"),
    ((100, 125), (100, 119.9), 0.796, "relative decoupling"), ((100, 125), (100, 120), 0.8, "coupling"),
    ((100, 125), (100, 130), 1.2, "coupling"), ((100, 125), (100, 130.1), 1.204, "expansive negative decoupling"),
    ((100, 75), (100, 69.9), 1.204, "recessive decoupling"), ((100, 75), (100, 70), 1.2, "recessive coupling"),
    ((100, 75), (100, 80), 0.8, "recessive coupling"), ((100, 75), (100, 80.1), 0.796, "weak negative decoupling"),
    ((100, 75), (100, 100), 0, "weak negative decoupling"), ((100, 75), (100, 101), -0.04, "strong negative decoupling"),
])  # fmt: skip
def test_states_of_decoupling(values, impacts, elasticity, state):
    found = decoupling(*values, *impacts)
    assert found[0] == pytest.approx(elasticity, abs=1e-12)
    assert found[1] == state


def test_decoupling_where_there_is_nothing_to_grow_from():
    assert decoupling(100, 100, 1, 2)[1] == "no growth"
    assert math.isnan(decoupling(100, 100, 1, 2)[0])
    assert math.isnan(decoupling(0, 100, 1, 2)[0])
    assert decoupling(100, 125, 0, 1) == (math.inf, "expansive negative decoupling")
    assert decoupling(100, 75, 0, 1) == (-math.inf, "strong negative decoupling")
    assert decoupling(100, 125, 0, 0) == (0, "relative decoupling")
