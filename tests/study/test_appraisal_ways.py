"""What a shared plant mixes: both sums hold, nothing flows where there is no pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appraisals import ASH, CEMENT, CLINKER, COSTS, FIRMS, flow, study
from discoveries import firm
from lichen.study.appraisal_ways import _mixed, going, ways_of
from lichen.study.design import run_design

PLANT = """
[[design.plant]]
id = "mill"
serves = ["ash.fly.coal"]
at = "cement"
delivered = { value = 0.9, unit = "1", kind = "reported", source = "made-up" }
operation = { value = 5, unit = "CNY/t", kind = "reported", source = "made-up", year = 2012 }
[[design.plant.size]]
id = "one"
capacity = { value = 900, unit = "kt/a", kind = "reported", source = "made-up" }
investment = { value = 0.3, unit = "百万元", kind = "reported", source = "made-up", year = 2012 }
"""
amount = st.floats(0.1, 1e6)


@given(st.lists(amount, min_size=1, max_size=5), st.lists(amount, min_size=1, max_size=5))
def test_each_taker_gets_a_mix_in_proportion(brought, shares):
    pairs = [(d, t) for d in range(len(brought)) for t in range(len(shares))]
    total = sum(brought)
    wanted = np.array(shares) / sum(shares) * total
    told = np.array([wanted[t] if d == 0 else 0.0 for d, t in pairs])  # the network says the first donor's
    mix = _mixed(pairs, np.array(brought), told, len(shares))
    by_hand = [brought[d] * wanted[t] / total for d, t in pairs]
    assert mix == pytest.approx(by_hand, rel=1e-6)


def test_only_pairs_exchange():
    pairs = [(0, 0), (1, 0), (1, 1)]
    mix = _mixed(pairs, np.array([30.0, 70.0]), np.array([60.0, 0.0, 40.0]), 2)
    assert mix == pytest.approx([30, 30, 40])


def test_what_cannot_be_mixed_stays_as_told():
    told = np.array([50.0, 40.0])
    assert _mixed([(0, 0), (1, 1)], np.array([40.0, 50.0]), told, 2).tolist() == told.tolist()
    assert not _mixed([(0, 0)], np.array([0.0]), np.array([0.0]), 1).any()


def test_donors_of_a_plant_are_told_apart(tmp_path):
    firms = (*FIRMS, firm("power2", "4411", (26.2, 106.0)))
    flows = (ASH, flow("power2", "out", "by-product", "ash.fly.coal", 30, fate="landfill"), CLINKER, CEMENT)
    costs = COSTS.replace("treatment,ash.fly.coal,15,10,25", "treatment,ash.fly.coal,100,90,110")
    folder = study(tmp_path / "s", costs, flows, firms, PLANT)
    found = run_design(folder, overrides={"months": False})
    ways = ways_of(found)
    totals = {name: way.total.max() for name, way in ways.items()}
    assert totals == pytest.approx({"power>ash.fly.coal>cement": 45_000, "power2>ash.fly.coal>cement": 27_000})
    assert {c.terms.one.id: c.quantity for c in going(found, ways)} == pytest.approx(totals)
    assert {c.plant for c in going(found, ways)} == {"mill"}
    (total,) = [c.quantity for c in found.chosen if c.quantity]
    assert sum(totals.values()) == pytest.approx(total)
