"""Water by quality: targets of published problems, allocation for several contaminants, what must always hold."""

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lichen.discover.limits import rows
from lichen.discover.water import (
    WaterFlow,
    WaterProcess,
    WaterSink,
    WaterSource,
    site_water,
    water_allocation,
    water_targets,
)
from lichen.discover.water_quality import quality_order, replaceable, stand_ins
from lichen.errors import InputError, LabelError
from lichen.vocabulary.materials import descends, material


def source(name, flow, concentration, firm="a", **more):
    return WaterSource(name, firm, flow, {"COD": concentration, **more})


def sink(name, flow, limit, firm="a", **more):
    return WaterSink(name, firm, flow, {"COD": limit, **more})


# Recomputed; data and results as published.
FOUR_PROCESSES = [
    WaterProcess("1", "a", "COD", 2000, 0, 100), WaterProcess("2", "a", "COD", 5000, 50, 100),
    WaterProcess("3", "b", "COD", 30000, 50, 800), WaterProcess("4", "b", "COD", 4000, 400, 800),
]  # fmt: skip
"""Wang & Smith (1994): loads of 2, 5, 30, 4 kg/h."""
POLLEY = (
    [source("S1", 50, 50), source("S2", 100, 100), source("S3", 70, 150), source("S4", 60, 250)],
    [sink("D1", 50, 20), sink("D2", 100, 50), sink("D3", 80, 100), sink("D4", 70, 200)],
)
"""Polley, G. T. & Polley, H. L. (2000) Design better water networks. Chem. Eng. Prog. 96(2), 47-52."""
ACETIC_ACID = (
    [source("absorber II", 1400, 0.14), source("primary tower", 9100, 0.25)],
    [sink("absorber I", 5100, 0.05), sink("absorber II", 10200, 0.10)],
)
"""El-Halwagi, Gabriel & Harell (2003): acetic acid as the resource, water as the impurity (shares)."""


# --- one contaminant -------------------------------------------------------------------------------------------------
def test_four_processes_need_90_instead_of_112_5():
    assert [p.limiting_flow_t for p in FOUR_PROCESSES] == [20, 100, 40, 10]
    assert sum(p.alone_t(0) for p in FOUR_PROCESSES) == 112.5
    sources, sinks = zip(*(p.pair() for p in FOUR_PROCESSES), strict=True)
    found = water_targets(sources, sinks, "COD", 0)
    assert (found.fresh_t, found.waste_t, found.reused_t) == pytest.approx((90, 90, 80))
    assert found.pinches == (100,)
    assert found.concentration.tolist() == [0, 50, 100, 400, 800]
    assert found.surplus_g == pytest.approx([0, 3500, 0, 15000, 31000])
    assert not found.surplus_g.flags.writeable


@pytest.mark.parametrize(("case", "fresh", "waste", "pinch"), [(POLLEY, 70, 50, 150), (ACETIC_ACID, 9584, 4784, 0.25)])
def test_published_sources_and_sinks(case, fresh, waste, pinch):
    found = water_targets(*case, "COD", 0)
    assert (found.fresh_t, found.waste_t) == pytest.approx((fresh, waste))
    assert found.pinches == (pinch,)
    assert water_allocation(*case, {"COD": 0}).fresh_t == pytest.approx(fresh)


def test_firms_alone_and_together():
    sources, sinks = zip(*(p.pair() for p in FOUR_PROCESSES), strict=True)
    found = site_water(sources, sinks, "COD", 0)
    assert [t.firm for t in found.alone] == ["a", "b"]
    # a: 7000 g at the pinch of 100; b: limiting profile of processes 3 and 4 touches 400 or 800
    assert [t.fresh_t for t in found.alone] == pytest.approx([70, max(40 * 350 / 400, 34000 / 800)])
    assert found.gain_t == pytest.approx(70 + 42.5 - 90)
    assert found.together.firm == ""


def test_flow_alone_decides_where_every_source_is_clean_enough():
    found = water_targets([source("s", 10, 5)], [sink("d", 30, 20)], "COD", 0)
    assert (found.fresh_t, found.waste_t, found.reused_t) == (20, 0, 10)
    assert found.pinches == ()


def test_no_fresh_water_is_needed_where_sources_do():
    found = water_targets([source("s", 30, 5)], [sink("d", 10, 20)], "COD", 0)
    assert (found.fresh_t, found.waste_t, found.reused_t) == (0, 20, 10)
    assert found.pinches == ()


def test_nothing_fits_or_nothing_is_there():
    found = water_targets([source("s", 30, 50)], [sink("d", 10, 0)], "COD", 0)
    assert (found.fresh_t, found.waste_t) == (10, 30)
    assert water_targets([], [], "COD", 0).fresh_t == 0
    assert water_targets([], [sink("d", 10, 0)], "COD", 0).fresh_t == 10
    assert water_targets([source("s", 10, 0)], [], "COD", 0).waste_t == 10
    assert water_allocation([], [], {"COD": 0}).flows == ()
    assert water_allocation([source("s", 10, 0)], [], {"COD": 0}).flows == (WaterFlow("s", "", 10),)


def test_fresh_water_need_not_be_clean():
    # mixed with fresh water of 10, half of each makes 30
    found = water_targets([source("s", 10, 50)], [sink("d", 10, 30)], "COD", 10)
    assert found.fresh_t == pytest.approx(5)
    # a cleaner source helps a sink that fresh water cannot serve
    found = water_targets([source("s", 10, 0)], [sink("d", 10, 5)], "COD", 10)
    assert found.fresh_t == 0
    found = water_targets([source("s", 5, 0)], [sink("d", 10, 5)], "COD", 10)
    assert found.fresh_t == pytest.approx(5)


def test_a_sink_that_nothing_serves_is_refused_by_name():
    sinks = [sink("boiler", 10, 5), sink("wash", 10, 50)]
    with pytest.raises(InputError) as error:
        water_targets([source("s", 4, 0)], sinks, "COD", 10)
    (problem,) = error.value.problems
    assert problem.code == "discover.water_too_strict"
    assert problem.values["names"] == ["boiler"]
    with pytest.raises(InputError, match="COD"):
        water_allocation([source("s", 4, 0)], sinks, {"COD": 10})


def test_a_sink_without_a_limit_takes_anything():
    found = water_targets([source("s", 10, 1e4)], [sink("d", 15, math.inf)], "COD", 0)
    assert found.fresh_t == 5
    assert water_allocation([source("s", 10, 1e4)], [sink("d", 15, math.inf)], {"COD": 0}).fresh_t == pytest.approx(5)


def test_a_process_says_what_it_cannot_be():
    assert FOUR_PROCESSES[0].alone_t(100) == math.inf
    for change in ({"load_g": 0}, {"inlet": -1}, {"outlet": 0}, {"load_g": math.nan}, {"outlet": math.inf}):
        with pytest.raises(InputError, match="1"):
            replace(FOUR_PROCESSES[0], **change)


FLOW = st.floats(0.5, 100)
LEVEL = st.integers(0, 500).map(float)
FIRM = st.sampled_from("ab")
SOURCES = st.lists(st.tuples(FLOW, LEVEL, FIRM), max_size=6).map(
    lambda found: [source(f"s{i}", *row) for i, row in enumerate(found)]
)
SINKS = st.lists(st.tuples(FLOW, LEVEL, FIRM), min_size=1, max_size=6).map(
    lambda found: [sink(f"d{i}", *row) for i, row in enumerate(found)]
)


@given(SOURCES, SINKS, st.sampled_from([0.0, 7.0, 40.0]))
def test_the_cascade_finds_what_the_linear_programme_finds(sources, sinks, fresh):
    try:
        found = water_targets(sources, sinks, "COD", fresh)
    except InputError:
        assume(any(s.limit["COD"] < fresh for s in sinks))
        with pytest.raises(InputError):
            water_allocation(sources, sinks, {"COD": fresh})
        return
    best = water_allocation(sources, sinks, {"COD": fresh})
    slack = 1e-5 * sum(s.flow_t for s in sinks)
    assert best.fresh_t == pytest.approx(found.fresh_t, abs=slack)
    assert best.waste_t == pytest.approx(found.waste_t, abs=slack)


@given(SOURCES, SINKS)
def test_water_balances_and_sharing_never_costs(sources, sinks):
    site = site_water(sources, sinks, "COD", 0)
    for found in (site.together, *site.alone):
        given_ = sum(s.flow_t for s in sources if found.firm in ("", s.firm))
        needed = sum(s.flow_t for s in sinks if found.firm in ("", s.firm))
        if found is site.together:
            given_, needed = sum(s.flow_t for s in sources), sum(s.flow_t for s in sinks)
        assert found.fresh_t + given_ == pytest.approx(found.waste_t + needed)
        assert found.reused_t == pytest.approx(needed - found.fresh_t, abs=1e-9)
        assert min(found.fresh_t, found.waste_t) >= 0
        assert found.fresh_t <= needed * (1 + 1e-9)
        assert found.surplus_g.min() >= 0
    assert site.gain_t >= -1e-6


@given(SOURCES, SINKS, st.floats(0.01, 100), st.floats(0.01, 100), st.randoms())
def test_order_and_units_do_not_matter(sources, sinks, flow, level, random):
    found = water_targets(sources, sinks, "COD", 0)
    changed = [source(s.id, s.flow_t * flow, s.concentration["COD"] * level) for s in sources]
    wanted = [sink(s.id, s.flow_t * flow, s.limit["COD"] * level) for s in sinks]
    random.shuffle(changed)
    random.shuffle(wanted)
    again = water_targets(changed, wanted, "COD", 0)
    assert again.fresh_t == pytest.approx(found.fresh_t * flow, abs=1e-6 * flow)
    assert again.waste_t == pytest.approx(found.waste_t * flow, abs=1e-6 * flow)


# --- several contaminants --------------------------------------------------------------------------------------------
def test_the_contaminant_that_limits_each_sink_counts():
    sources = [source("salty", 10, 0, Cl=100), source("foul", 10, 100, Cl=0)]
    sinks = [sink("d", 10, 50, Cl=20)]
    # 2 of the salty, 5 of the foul, 3 fresh
    found = water_allocation(sources, sinks, {"COD": 0, "Cl": 0})
    assert (found.fresh_t, found.waste_t) == pytest.approx((3, 13))
    assert {(f.source, f.sink): pytest.approx(f.flow_t) for f in found.flows} == {
        ("salty", "d"): 2, ("foul", "d"): 5, ("", "d"): 3, ("salty", ""): 8, ("foul", ""): 5,
    }  # fmt: skip
    assert water_allocation(sources, sinks, {"COD": 0}).fresh_t == pytest.approx(0)


TWO = st.tuples(FLOW, LEVEL, LEVEL)


@given(st.lists(TWO, max_size=5), st.lists(TWO, min_size=1, max_size=5))
def test_several_contaminants_need_no_less_than_each_and_limits_are_kept(given_, needed):
    sources = [source(f"s{i}", flow, a, Cl=b) for i, (flow, a, b) in enumerate(given_)]
    sinks = [sink(f"d{i}", flow, a, Cl=b) for i, (flow, a, b) in enumerate(needed)]
    found = water_allocation(sources, sinks, {"COD": 0, "Cl": 0})
    slack = 1e-5 * sum(s.flow_t for s in sinks)
    for name in ("COD", "Cl"):
        assert found.fresh_t >= water_targets(sources, sinks, name, 0).fresh_t - slack
        load = {s.id: 0.0 for s in sinks}
        concentration = {s.id: s.concentration[name] for s in sources} | {"": 0.0}
        for f in found.flows:
            if f.sink:
                load[f.sink] += f.flow_t * concentration[f.source]
        assert all(load[s.id] <= s.flow_t * s.limit[name] + 500 * slack for s in sinks)
    for s in sources:
        assert sum(f.flow_t for f in found.flows if f.source == s.id) == pytest.approx(s.flow_t, abs=slack)
    for s in sinks:
        assert sum(f.flow_t for f in found.flows if f.sink == s.id) == pytest.approx(s.flow_t, abs=slack)


# --- what is refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("bad", "code"), [
    (source("s", -1, 5), "water_number"), (source("s", math.nan, 5), "water_number"),
    (source("s", 1, -5), "water_number"), (source("s", 1, math.nan), "water_number"),
    (source("s", 1, math.inf), "water_number"), (sink("s", 1, math.nan), "water_number"),
    (sink("s", math.inf, 1), "water_number"), (source("", 1, 5), "water_nameless"),
    (source("s", 1, 5, firm=" "), "water_nameless"), (WaterSource("s", "a", 1, {"Cl": 1}), "water_unknown"),
    (WaterSink("s", "a", 1, {}), "water_unknown"),
])  # fmt: skip
def test_bad_water_is_refused(bad, code):
    sides = ([bad], []) if isinstance(bad, WaterSource) else ([], [bad])
    for call in (
        lambda: water_targets(*sides, "COD", 0),
        lambda: site_water(*sides, "COD", 0),
        lambda: water_allocation(*sides, {"COD": 0}),
    ):
        with pytest.raises(InputError) as error:
            call()
        assert [p.code for p in error.value.problems] == [f"discover.{code}"]


def test_all_problems_come_together():
    with pytest.raises(InputError) as error:
        water_targets([source("s", 1, 5), source("s", -1, 5)], [sink("s", 1, math.nan)], "COD", math.inf)
    assert [p.code.split(".")[1] for p in error.value.problems] == [
        "water_number", "water_doubled", "water_number", "water_number",
    ]  # fmt: skip
    with pytest.raises(InputError) as error:
        water_allocation([], [], {})
    assert error.value.problems[0].code == "discover.water_no_contaminant"


# --- what stands in for what -----------------------------------------------------------------------------------------
def test_every_row_names_known_water_in_two_languages_with_a_source():
    order = quality_order()
    assert len(order) == len(rows("water_quality.csv")) > 30
    assert len({(s.water, s.instead_of) for s in order}) == len(order)
    for s in order:
        for code in (s.water, s.instead_of):
            assert descends(code, "water")
            assert not material(code).group
        assert s.water != s.instead_of
        assert s.fit in ("direct", "treated", "ask")
        assert s.checked in ("seen", "recalled", "judgement")
        assert s.source
        assert s.condition.en.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in s.condition.zh)


def test_as_it_is_no_two_waters_stand_in_for_each_other():
    direct = {(s.water, s.instead_of) for s in quality_order() if s.fit == "direct"}
    reach = set(direct)
    for _ in range(len(direct)):
        reach |= {(a, d) for a, b in reach for c, d in direct if b == c}
    assert all(a != b for a, b in reach)


def test_stand_ins_come_in_the_order_of_effort():
    fits = [s.fit for s in stand_ins("water.cooling")]
    assert fits == sorted(fits, key=["direct", "treated", "ask"].index)
    assert "water.reclaimed" in {s.water for s in stand_ins("water.cooling") if s.fit == "direct"}
    assert all(s.fit != "direct" for s in stand_ins("water.demineralised"))
    assert stand_ins("water.sewage") == ()
    with pytest.raises(LabelError):
        stand_ins("water.nothing")


def test_what_a_water_can_replace():
    assert replaceable()["water.reclaimed"] == ("water.cooling",)
    assert "water.sewage" not in replaceable()
    assert replaceable(["treated"])["water.sewage"] == ("water.reclaimed",)
    assert sum(map(len, replaceable(["direct", "treated", "ask"]).values())) == len(quality_order())
