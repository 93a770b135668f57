"""Sector profiles: codes exist, units parse and agree, ranges hold, and balances are not absurd."""

from collections import Counter
from dataclasses import replace
from typing import get_args

import pytest

from lichen.errors import LabelError
from lichen.units import parse_unit, same_dimension
from lichen.vocabulary._files import rows
from lichen.vocabulary.industries import industry
from lichen.vocabulary.materials import material
from lichen.vocabulary.names import is_chinese
from lichen.vocabulary.profiles import Checked, profiled, profiles, usual_inputs

ALL = profiles()
AMOUNTS = ("t", "m3", "Nm3", "GJ")


def ids(profile):
    return f"{profile.process}:{profile.direction}:{profile.material}"


def test_there_are_enough_and_the_asked_industries_are_there():
    assert len(ALL) >= 80
    assert {"3110", "3120", "2521", "3011", "3216", "2619", "2622", "4411", "2621", "2611", "2221", "1513", "1340",
            "4620", "7820"} <= {p.industry for p in ALL}  # fmt: skip


@pytest.mark.parametrize("profile", ALL, ids=ids)
def test_a_row_is_sound(profile):
    assert industry(profile.industry).level == "class"
    assert material(profile.material)
    assert not profile.activity or material(profile.activity)
    assert profile.direction in ("in", "out")
    assert profile.checked in ("seen", "recalled", "derived")
    assert profile.process
    assert profile.ratio.source
    assert profile.ratio.value > 0
    parse_unit(profile.activity_unit)
    over, _, under = profile.ratio.unit.partition("/")
    assert any(same_dimension(over, amount) for amount in AMOUNTS)
    assert profile.activity_unit in under


def test_no_ratio_stands_twice():
    keys = Counter((p.industry, p.process, p.activity, p.basis, p.material, p.direction) for p in ALL)
    assert [key for key, count in keys.items() if count > 1] == []


def test_what_is_estimated_or_assumed_has_a_range_or_is_exact_chemistry():
    for profile in ALL:
        if profile.ratio.kind in ("estimated", "assumed") and profile.ratio.low is None:
            assert profile.checked == "derived" or "Greenpeace" in profile.ratio.source, ids(profile)


def test_materials_without_water_never_give_more_than_a_multiple_of_the_product():
    for profile in ALL:
        if profile.ratio.unit == "t/t":
            assert profile.ratio.value <= 12


@pytest.mark.parametrize(
    ("code", "material_code", "low", "high"),
    [("3216", "sludge.red-mud", 1, 1.5), ("2619", "slag.phosphorus", 8, 10), ("2622", "gypsum.phospho", 4.5, 5.5),
     ("3110", "slag.bf", 0.25, 0.55), ("1513", "food.spent-grain", 0.15, 0.25)],
)  # fmt: skip
def test_ratios_that_are_known(code, material_code, low, high):
    (found,) = [p for p in profiles(code) if p.material == material_code]
    assert low <= found.ratio.value <= high


def test_profiles_of_a_division_or_of_one_class():
    assert {p.industry[:2] for p in profiles("31")} == {"31"}
    assert {p.industry for p in profiles("3011")} == {"3011"}
    assert profiles("2110") == ()
    with pytest.raises(LabelError):
        profiles("9999")


def test_every_process_has_names_that_tell_it_apart():
    named = {row["process"]: row for row in rows("process_names.csv")}
    assert set(named) == {p.process for p in ALL}
    for lang in ("en", "zh"):
        assert len({row[lang] for row in named.values()}) == len(named)
    for row in named.values():
        assert is_chinese(row["zh"])
        assert not is_chinese(row["en"])
        assert row["source"]
    bof = next(p for p in ALL if p.process == "bf-bof")
    assert bof.process_name.text("zh").startswith("高炉—转炉炼钢")
    assert replace(bof, process="no such").process_name.text("zh") == "no such"


def test_the_industries_with_a_profile():
    assert profiled() == tuple(sorted({p.industry for p in ALL}))
    assert all(profiles(code) for code in profiled())


def test_a_chain_closes():
    """Phosphorus in the rock of a furnace is at least what is in the product."""
    (rock,) = [p for p in profiles("2619") if p.material == "ore.phosphate"]
    assert rock.ratio.value * 0.30 * 2 * 30.974 / 141.943 >= 1


def test_usual_inputs_are_those_of_the_profile_and_of_the_classes_explanation():
    assert usual_inputs("3011")[:2] == tuple(p.material for p in profiles("3011") if p.direction == "in")[:2]
    assert {"cement.clinker", "gypsum.natural"} <= set(usual_inputs("3011"))
    assert usual_inputs("2914") == ("waste.rubber",)
    assert "waste.glass" in usual_inputs("3041"), "the explanation of the group holds for its classes"
    assert "waste.rubber" not in usual_inputs("29"), "what one class takes in is not what its division does"
    assert len(set(usual_inputs("3120"))) == len(usual_inputs("3120"))
    with pytest.raises(LabelError):
        usual_inputs("no such")


def test_explanations_name_industries_and_materials_once():
    found = rows("usual_inputs.csv")
    assert len({(row["industry"], row["material"]) for row in found}) == len(found) > 100
    for row in found:
        assert not material(row["material"]).group or row["material"] == "heat.steam"
        assert row["source"].startswith("GB/T 4754-2017")
        assert row["industry"][:2] in row["source"]
        assert row["checked"] in get_args(Checked)
