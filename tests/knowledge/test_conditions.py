"""Conditions: limits are met, failed or asked; industries and materials fit by their hierarchies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.errors import LabelError
from lichen.figures import Text
from lichen.knowledge.conditions import Facts, check, check_all, industry_fits, material_fits
from lichen.knowledge.read import knowledge
from lichen.knowledge.values import Condition, Reference


def limit(quantity, operator="<=", number=4.0, unit="%", substances=("fCaO", "游离氧化钙")):
    source = Reference("s", "s")
    return Condition("c", quantity, substances, operator, number, unit, "required", Text("?"), "seen", source)


@pytest.mark.parametrize(
    ("condition", "facts", "verdict"),
    [
        (limit("composition"), Facts({"fCaO": 0.04}), "met"),
        (limit("composition"), Facts({"fCaO": 0.0401}), "not met"),
        (limit("composition"), Facts({"游离氧化钙": 0.05}), "not met"),
        (limit("composition"), Facts({"FCAO": 0.01}), "met"),
        (limit("composition"), Facts({"CaO": 0.5}), "ask"),
        (limit("composition", "<", 0.04, "1"), Facts({"fCaO": 0.04}), "not met"),
        (limit("moisture", number=10.0), Facts(moisture=0.1), "met"),
        (limit("moisture"), Facts(), "ask"),
        (limit("heating value", ">=", 2.3, "GJ/t"), Facts(heating_value=(2300.0, "kJ/kg")), "met"),
        (limit("heating value", ">=", 2.3, "GJ/t"), Facts(heating_value=(500.0, "kcal/kg")), "not met"),
        (limit("heating value", ">=", 2.3, "GJ/t"), Facts(heating_value=(17.0, "MJ/m3")), "ask"),
        (limit("heating value", ">=", 2.3, "GJ/t"), Facts(heating_value=(17.0, "pound")), "ask"),
        (limit("temperature", ">", 70.0, "°C"), Facts(temperature_c=70.0), "not met"),
        (limit("temperature", ">=", 70.0, "°C"), Facts(temperature_c=70.0), "met"),
        (limit("distance", number=10.0, unit="km"), Facts(distance_km=10.1), "not met"),
        (limit("distance", number=10000.0, unit="m"), Facts(distance_km=10.0), "met"),
        (limit("distance", "=", 10.0, "km"), Facts(distance_km=10.0), "met"),
        (limit("form", "", None, "", ("solid", "liquid")), Facts(form="gas"), "not met"),
        (limit("form", "", None, "", ("solid",)), Facts(form="solid"), "met"),
        (limit("form", "", None, "", ("solid",)), Facts(), "ask"),
        (limit("form", "", None, "", ()), Facts(form="solid"), "told"),
        (limit("composition", "", None, ""), Facts({"fCaO": 0.04}), "told"),
        (limit("heating value", "", None, ""), Facts(heating_value=(1.0, "GJ/t")), "told"),
        (limit("moisture", "", None, ""), Facts(), "ask"),
        (limit("other", "", None, ""), Facts({"fCaO": 0.04}, 0.1, (1.0, "GJ/t"), 20.0, 1.0, "solid"), "ask"),
        (limit("grading", "", None, ""), Facts(), "ask"),
    ],
)
def test_verdicts(condition, facts, verdict):
    assert check(condition, facts) == verdict


@given(st.floats(0, 1), st.floats(0, 100), st.sampled_from(["<=", "<", ">=", ">"]))
def test_a_limit_in_per_cent_is_the_limit_as_a_share(share, percent, operator):
    facts = Facts({"fCaO": share})
    one = check(limit("composition", operator, percent, "%"), facts)
    if abs(share * 100 - percent) > 1e-9:
        assert one == check(limit("composition", operator, percent / 100, "1"), facts)


@given(st.floats(0.0, 1.0, exclude_max=True))
def test_a_limit_and_its_contrary_are_never_both_met(share):
    facts = Facts({"fCaO": share})
    verdicts = {check(limit("composition", sign), facts) for sign in ("<=", ">")}
    assert verdicts == {"met", "not met"}


def test_a_steel_slag_is_asked_what_it_does_not_say():
    conditions = knowledge().types["steel-slag-cement"].conditions
    known = check_all(conditions, Facts({"fCaO": 0.06}))
    assert list(known) == [c.id for c in conditions]
    assert known["free-lime-steel-slag"] == "not met"
    assert known["soundness"] == "ask"
    assert check_all(conditions, Facts())["free-lime-steel-slag"] == "ask"


def test_a_gangue_that_hardly_burns():
    conditions = {c.id: c for c in knowledge().types["gangue-power"].conditions}
    assert check(conditions["lhv-gangue"], Facts(heating_value=(400.0, "kcal/kg"))) == "not met"
    assert check(conditions["lhv-gangue"], Facts(heating_value=(6.3, "MJ/kg"))) == "met"


@pytest.mark.parametrize(
    ("industry", "wanted", "fit"),
    [
        ("3011", ("30",), "yes"), ("3011", ("3011",), "yes"), ("30", ("3011",), "possible"), ("3012", ("3011",), "no"),
        ("30", ("3011", "30"), "yes"), ("city", ("city",), "yes"), ("city", ("78",), "no"), ("3120", ("city",), "no"),
        ("3120", (), "no"), ("31", ("3110", "3120"), "possible"), ("3120", ("city", "31"), "yes"),
    ],
)  # fmt: skip
def test_industries_fit_by_leading_digits(industry, wanted, fit):
    assert industry_fits(industry, wanted) == fit


def test_an_unknown_industry_is_refused():
    with pytest.raises(LabelError):
        industry_fits("9999", ("30",))


@pytest.mark.parametrize(
    ("material", "wanted", "fit"),
    [
        ("slag.steel.bof", ("slag.steel",), "yes"), ("slag.steel", ("slag.steel.bof",), "possible"),
        ("slag.steel", ("slag.bf",), "no"), ("coal.raw", ("fuel",), "yes"), ("slag", ("slag.bf",), "possible"),
        ("slag.bf", (), "no"),
    ],
)  # fmt: skip
def test_materials_fit_by_the_hierarchy(material, wanted, fit):
    assert material_fits(material, wanted) == fit
