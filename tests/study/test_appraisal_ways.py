"""Whose stream goes through a shared plant, and how much the plant works in a year of months."""

import pytest

from appraisals import ASH, CEMENT, CLINKER, COSTS, FIRMS, flow, study
from discoveries import firm
from lichen.study.appraisal_ways import going, ways_of
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
    assert {c.terms.one.id: c.quantity for c in found.chosen} == pytest.approx(totals)


def test_a_plant_works_its_capacity_in_a_year_of_months(tmp_path):
    costs = COSTS.replace("treatment,ash.fly.coal,15,10,25", "treatment,ash.fly.coal,900,800,1000")
    plant = PLANT.replace("value = 900,", "value = 20,").replace("0.3,", "0.0,")
    folder = study(tmp_path / "s", costs, (ASH, CLINKER, CEMENT), FIRMS, plant)
    for months in (False, True):
        found = run_design(folder, overrides={"months": months})
        assert sum(c.quantity for c in found.flowing) == pytest.approx(0.9 * 20_000)
