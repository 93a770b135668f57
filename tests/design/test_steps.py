"""Steps of plants: the power law by hand, and sizes that cannot be best."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.design.network import Step
from lichen.design.steps import scaled_steps, undominated
from lichen.errors import InputError
from lichen.figures import Figure


def test_the_six_tenths_rule_by_hand():
    """Twice the size costs 2^0.6 = 1.5157 times as much; a tenth of it 10^-0.6 = 0.2512."""
    steps = scaled_steps(100.0, 1000.0, 0.6, [200.0, 10.0, 100.0, 100.0])
    assert [s.id for s in steps] == ["10", "100", "200"]
    assert [s.fixed["cost"] for s in steps] == pytest.approx([251.2, 1000.0, 1515.7], rel=1e-4)
    dear = Figure(5.0, "万元", "estimated", "s", low=4.0, high=7.0)
    one = scaled_steps(100.0, dear, 1.0, [50.0], "capital")[0].fixed["capital"]
    assert (one.value, one.low, one.high, one.unit) == (2.5, 2.0, 3.5, "万元")
    assert one.source == "s"


def test_what_is_wrong_is_told_together():
    with pytest.raises(InputError) as caught:
        scaled_steps(0.0, -1.0, inf, [])
    assert len(caught.value.problems) == 4
    with pytest.raises(InputError, match="size"):
        scaled_steps(1.0, 1.0, 0.6, [-5.0])


number = st.integers(0, 4).map(float)


@given(st.lists(st.tuples(number, number, number), max_size=7))
def test_what_is_left_out_is_undercut_by_what_is_kept(rows):
    steps = [Step(f"{k}", capacity, {"cost": a, "co2": b}) for k, (capacity, a, b) in enumerate(rows)]
    kept = undominated(steps)

    def undercuts(one, other):
        return one.capacity >= other.capacity and all(one.fixed[m] <= other.fixed[m] for m in ("cost", "co2"))

    assert all(any(undercuts(k, s) for k in kept) for s in steps)
    assert not any(undercuts(a, b) for a in kept for b in kept if a is not b)
    assert [s.capacity for s in kept] == sorted(s.capacity for s in kept)


def test_what_cannot_be_compared_is_kept():
    small, large = Step("s", 1.0, {"cost": None}), Step("l", 2.0, {"cost": 1.0})
    assert undominated([small, large]) == (small, large)
    asks = Step("a", 2.0, {"cost": 0.0}, least=1.0)
    assert len(undominated([asks, large])) == 2
    cny, eur = (Step(u, 1.0, {"cost": Figure(1.0, u, "assumed", "s")}) for u in ("CNY", "EUR"))
    assert len(undominated([cny, eur])) == 2
