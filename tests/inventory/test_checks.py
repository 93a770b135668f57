"""Checks of values against each other: each finds what it is for, and nothing else."""

import pytest

from lichen.errors import Problem
from lichen.inventory.checks import (
    FLOW_CHECKS,
    PROCESS_CHECKS,
    closed_gives_no_more_than_it_takes,
    doubled_names,
    electricity_is_energy,
    far_from_others,
    heat_is_energy,
    heating_value_fits,
    matter_has_a_mass,
    no_exchange_with_oneself,
    output_within_capacity,
    stock_leaves_only,
)
from lichen.inventory.values import Firm, Place, Process
from parks import flow, steelworks

FIRM = Firm("s1", "Steelworks", "3120")


def made(name="steel slag", role="by-product", unit="t/a", direction="out", value=10.0, **more):
    return flow("s1", "p", direction, role, name, value, unit, **more)


def found(check, *flows):
    return [f.key for item in flows for f in check(item, FIRM)]


@pytest.mark.parametrize(
    ("check", "bad", "good"),
    [
        (electricity_is_energy, made("electricity", "electricity", "t/a"), made("electricity", "electricity", "kWh/a")),
        (electricity_is_energy, made("no such thing", "electricity", "m3/a"), made("no such thing", "product", "m3/a")),
        (heat_is_energy, made("district heat", "heat", "t/a"), made("district heat", "heat", "TJ/a")),
        (heat_is_energy, made("hot water", "heat", "m3/a"), made("low-pressure steam", "heat", "t/a")),
        (matter_has_a_mass, made(unit="m3/a"), made(unit="万吨/年")),
        (matter_has_a_mass, made(unit="GJ/a"), made(unit="GJ/a", heating_value=(5.0, "GJ/t"))),
        (matter_has_a_mass, made("limestone", "raw material", "m3/a"), made("hydrogen", "product", "Nm3/a")),
        (matter_has_a_mass, made("diesel oil", "fuel", "m3/a"), made("raw coal", "fuel", "tce/a")),
        (matter_has_a_mass, made("tap water", "water", "GJ/a"), made("tap water", "water", "m3/a")),
        (matter_has_a_mass, made(unit="m3/a", phase="solid"), made(unit="m3/a", phase="gas")),
        (heating_value_fits, made(heating_value=(5.0, "MJ/m3")), made(heating_value=(5.0, "MJ/kg"))),
        (heating_value_fits, made("natural gas", "fuel", "Nm3/a", heating_value=(50.0, "GJ/t")),
         made("natural gas", "fuel", "Nm3/a", heating_value=(35.0, "MJ/Nm3"))),
        (no_exchange_with_oneself, made(fate="sold", partner="STEELWORKS"), made(fate="reused on site", partner="s1")),
        (no_exchange_with_oneself, made(fate="given away", partner="S1"), made(fate="sold", partner="cement")),
        (no_exchange_with_oneself, made(fate="sold", partner="s1"), made(fate="landfill", partner="s1")),
        (stock_leaves_only, made(direction="in", from_stock=0.2), made(direction="out", from_stock=0.2)),
        (stock_leaves_only, made(direction="in", from_stock=0.2), made(direction="in", from_stock=0.0)),
    ],
)  # fmt: skip
def test_a_check_of_a_flow(check, bad, good):
    (finding,) = check(bad, FIRM)
    assert found(check, good) == []
    problem = Problem(finding.code, severity="warning", values=finding.values)
    for lang in ("en", "zh"):
        assert "{" not in problem.text(lang)
        assert all(str(v) in problem.text(lang) for v in finding.values.values())


def test_a_good_park_passes_every_check():
    park = steelworks()
    firms = {f.id: f for f in park.firms}
    assert [f for item in park.flows for check in FLOW_CHECKS for f in check(item, firms[item.firm])] == []
    for process in park.processes:
        own = [f for f in park.flows if (f.firm, f.process) == (process.firm, process.id)]
        assert [f.code for check in PROCESS_CHECKS for f in check(process, own)] == []


def process(**more):
    return Process("s1", "p", "P", **more)


@pytest.mark.parametrize(
    ("capacity", "output", "warned"),
    [((1.0, "kt/a"), (1001.0, "t/a"), True), ((1.0, "kt/a"), (1000.0, "t/a"), False), ((1.0, "MW"), (8761.0, "MWh/a"), True),
     ((1.0, "MW"), (8760.0, "MWh/a"), False), ((1.0, "MW"), (1e9, "t/a"), False), (None, (1.0, "t/a"), False),
     ((0.0, "t/a"), None, False), ((0.3, "t/a"), (0.1 + 0.2, "t/a"), False)],
)  # fmt: skip
def test_output_within_capacity(capacity, output, warned):
    assert [f.key for f in output_within_capacity(process(capacity=capacity, output=output), ())] == ["output"] * warned


def excess(layer, *flows):
    return [f.values["year"] for f in closed_gives_no_more_than_it_takes(process(closed=(layer,)), flows)]


def test_mass_in_and_out_of_a_closed_process():
    into, out = made(direction="in", value=100.0), made(value=120.0)
    assert excess("mass", into, out) == [2012]
    assert list(closed_gives_no_more_than_it_takes(process(), (into, out))) == []
    # 5 % of each: the difference may be sqrt(5**2 + 5.3**2) = 7.3
    assert excess("mass", into, made(value=107.0)) == []
    assert excess("mass", into, made(value=108.0)) == [2012]
    # what comes from the yard did not come in this year
    assert excess("mass", into, made(value=120.0, from_stock=0.15)) == []
    # each year on its own, and none where nothing is told that enters
    later = made(value=120.0, year=2013)
    assert excess("mass", into, later) == []
    assert excess("mass", into, later, made(direction="in", value=1.0, year=2013)) == [2013]
    # electricity has no mass, and a flow whose mass is not known keeps the year out
    assert excess("mass", into, out, made("electricity", "electricity", "MWh/a", "in")) == [2012]
    assert excess("mass", into, out, made(unit="m3/a", direction="in")) == []


def test_energy_water_and_elements_of_a_closed_process():
    coal, slag = made("raw coal", "fuel", direction="in", value=10.0), made(direction="in", value=5.0)
    power = made("electricity", "electricity", "GJ/a", value=300.0)
    assert excess("energy", coal, slag, power) == [2012]  # 10 t of raw coal hold 209 GJ
    assert excess("energy", coal, made("electricity", "electricity", "GJ/a", value=60.0)) == []
    assert excess("energy", coal, power, made("no such thing", "fuel", direction="in")) == []
    assert excess("water", made(direction="in", moisture=0.1), made("tap water", "water", "m3/a", value=3.0)) == [2012]
    assert excess("water", made(direction="in", moisture=0.4), made("tap water", "water", "m3/a", value=3.0)) == []
    ore, iron = made("iron ore", "raw material", direction="in", value=100.0, composition={"Fe": 0.5}), {"Fe": 0.95}
    assert excess("Fe", ore, made("pig iron", "product", value=60.0, composition=iron)) == [2012]
    assert excess("Fe", ore, made("pig iron", "product", value=50.0, composition=iron), made(value=100.0)) == []


def told(layer, *flows):
    (finding,) = closed_gives_no_more_than_it_takes(process(closed=(layer,)), flows)
    return Problem(finding.code, severity="warning", values=finding.values)


def test_inputs_that_say_nothing_of_an_element_are_named():
    iron = made("pig iron", "product", value=60_000.0, composition={"Fe": 0.95})
    ore, coal = made("iron ore", "raw material", direction="in", value=1e5), made("raw coal", "fuel", direction="in")
    power = made("electricity", "electricity", "MWh/a", "in")
    found = told("Fe", iron, ore, coal, power)
    assert found.code == "inventory.content_lacking"
    for lang in ("en", "zh"):
        text = found.text(lang)
        assert "57 000 t/a" in text
        assert "iron ore" in text
        assert "raw coal" in text
        assert "electricity" not in text
    full = [made(name, direction="in", value=10.0, composition={"Fe": 0.5}) for name in ("iron ore", "sinter")]
    assert told("Fe", iron, *full).code == "inventory.output_above_input"
    assert told("mass", iron, made(direction="in")).code == "inventory.output_above_input"
    assert told("water", made(value=9.0, moisture=0.5), made(direction="in")).values["flows"] == ["steel slag"]


def test_numbers_that_differ_little_are_told_apart():
    into = made(direction="in", value=100_000.0, half=1e-6)
    text = told("mass", into, made(value=100_100.0, half=1e-6)).text("en")
    assert "more leaves (100 100 t/a) than enters (100 000 t/a)" in text


def test_one_name_under_two_codes():
    def firm(code, name, at=None):
        return Firm(code, name, "3120", at and Place(*at, "WGS84", at))

    a, b = firm("a", "Steelworks"), firm("b", "STEELWORKS")
    assert [(f.id, finding.values["other"]) for f, finding in doubled_names([a, b, firm("c", "Mill")])] == [("b", "a")]
    here, there = (26.5, 106.7), (26.6, 106.7)
    assert [*doubled_names([firm("a", "S", here), firm("b", "S", there)])] == []
    assert len([*doubled_names([firm("a", "S", here), firm("b", "S", here), firm("c", "S")])]) == 2


def test_a_firm_far_from_all_others_is_asked_about():
    def firms(*places):
        return [Firm(str(n), str(n), "3120", Place(*p, "WGS84", p)) for n, p in enumerate(places)]

    def far(*places):
        return [(f.id, finding.key, finding.code) for f, finding in far_from_others(firms(*places))]

    park = [(26.5, 106.7), (26.6, 106.7), (26.5, 106.8), (26.6, 106.9)]
    assert far(*park) == []
    assert far(*park, (0.0, 0.0)) == [("4", "latitude", "inventory.far_away")]
    assert far(*park, (26.5, -106.7)) == [("4", "latitude", "inventory.far_away")]
    assert far(*park[:2], (0.0, 0.0)) == [], "of three places none is the odd one"
    continent = [(38.0, -9.0), (41.0, 12.0), (52.0, 13.0), (60.0, 25.0), (48.0, 2.0)]
    assert far(*continent) == [], "where all are far apart"
    assert far(*park, (27.5, 106.7)) == [], "110 km is another part of the city"


def test_what_is_completely_listed_is_named_in_the_language_of_the_message():
    mill = Process("s1", "p", "", "", None, None, None, (), ("mass", "Fe"))
    given = (flow("s1", "p", "in", "raw material", "iron ore", 10, composition={"Fe": 0.6}),
             flow("s1", "p", "out", "product", "pig iron", 100, composition={"Fe": 0.95}))  # fmt: skip
    mass, iron = (Problem(f.code, values=f.values) for f in closed_gives_no_more_than_it_takes(mill, given))
    assert "物质 已完整填报" in mass.text("zh")
    assert "mass" in mass.text("en")
    assert "Fe 已完整填报" in iron.text("zh")
