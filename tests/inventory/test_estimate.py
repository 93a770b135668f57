"""Sector profiles fill what firms did not tell, or ask; what is told is never touched."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.errors import LabelError
from lichen.figures import Figure
from lichen.inventory._activity import BASES, TAKEN, WORDS, _way, groups
from lichen.inventory.estimate import PREFIX, estimate, is_estimate, share_by_kind
from lichen.inventory.values import Firm, Flow, Inventory, Process
from lichen.vocabulary.industries import industries
from lichen.vocabulary.materials import material
from lichen.vocabulary.profiles import profiles

YEAR = 2012


def flow(direction, role, code, value, unit="t/a", process="", kind="measured", firm="f", year=YEAR, **more):
    figure = Figure(value, unit, kind, "scale")
    return Flow(firm, process, direction, role, code, material(code).name_en if code else "?", figure, year, **more)


def out(code, value, unit="t/a", role="product", **more):
    return flow("out", role, code, value, unit, **more)


def into(code, value, unit="t/a", role="raw material", **more):
    return flow("in", role, code, value, unit, **more)


def park(industry, *flows, processes=()):
    return Inventory((Firm("f", "F", industry),), tuple(processes), tuple(flows))


def added(found):
    return {(f.direction, f.material): f for f in found.added}


def asked(found):
    return [(q.about.partition(".")[2], q.material) for q in found.questions]


def process(code, name, product="", output=None):
    return Process("f", code, name, product, output=output)


def test_what_goes_with_an_intermediate_that_is_taken_in_is_asked_about_not_filled_in():
    converter = process("c", "converter steelmaking", "crude steel")
    steel = out("metal.steel.crude", 1_500_000, process="c")
    alone = added(estimate(park("3120", steel, processes=[converter]), YEAR))
    bought = estimate(park("3120", steel, into("metal.iron.pig", 1_400_000, process="c"), processes=[converter]), YEAR)
    gone = {("in", "ore.iron"), ("in", "coal.coking"), ("out", "slag.bf")}
    assert gone <= set(alone)
    assert set(added(bought)) == set(alone) - gone
    assert {("bought", code) for _, code in gone} <= set(asked(bought))
    own = park("3120", steel, out("metal.iron.pig", 1_400_000), into("metal.iron.pig", 1_400_000, process="c"),
               processes=[converter])  # fmt: skip
    assert gone <= set(added(estimate(own, YEAR))), "hot metal from its own furnace"


# --- what is filled in -----------------------------------------------------------------------------------------------
def test_ash_of_a_power_plant_from_the_coal_it_burns():
    found = estimate(
        park("4411", into("coal.raw", 100, "万吨/年", "fuel", process="b1"), processes=[process("b1", "锅炉")]), YEAR
    )
    fly = added(found)["out", "ash.fly.coal"]
    assert fly.quantity.value == pytest.approx(212_500)
    assert (fly.quantity.unit, fly.kind, fly.process, fly.role, fly.fate) == (
        "t/a",
        "estimated",
        "b1",
        "by-product",
        "unknown",
    )
    assert (fly.partner, fly.year, fly.given) == ("", YEAR, "coal fly ash")
    assert fly.quantity.source.startswith(PREFIX + "one tonne of ash")
    assert fly.note == "profile: 4411 | coal power | coal.raw | 0.2125 t/t | 1e+06 t/a"
    assert set(added(found)) == {("out", "ash.fly.coal"), ("out", "ash.bottom.coal")}
    assert asked(found) == [("activity", "")]  # desulphurisation: how much SO2 was removed
    assert "sulphur dioxide (the amount removed)" in found.questions[0].text("en")
    assert "二氧化硫（脱除量）" in found.questions[0].text("zh")


def test_the_range_is_that_of_the_profile():
    found = estimate(park("3140", out("metal.ferroalloy.simn", 10, "kt/a")), YEAR)
    q = added(found)["out", "slag.ferroalloy.simn"].quantity
    assert (q.value, q.low, q.high) == (pytest.approx(15_500), pytest.approx(9_000), pytest.approx(22_000))
    assert found.questions == ()


def test_the_output_of_a_process_tells_the_activity_too():
    made = process("k", "furnace", "silicomanganese", (10, "kt/a"))
    slag = added(estimate(park("3140", processes=[made]), YEAR))["out", "slag.ferroalloy.simn"]
    assert (slag.quantity.value, slag.process) == (pytest.approx(15_500), "k")
    flows = estimate(park("3140", out("metal.ferroalloy.simn", 4, "kt/a"), processes=[made]), YEAR)
    assert added(flows)["out", "slag.ferroalloy.simn"].quantity.value == pytest.approx(6_200)  # a flow says its year


def test_the_output_of_a_process_is_asked_about_where_the_firm_has_other_years():
    made = process("k", "furnace", "silicomanganese", (10, "kt/a"))
    found = estimate(park("3140", into("electricity", 1, "GWh/a", "electricity", year=2011), processes=[made]), YEAR)
    assert (found.added, asked(found)) == ((), [("year", "metal.ferroalloy.simn")])


def test_what_two_products_take_of_one_material_is_one_flow():
    found = estimate(park("2622", out("fertiliser.dap", 100), out("fertiliser.map", 200)), YEAR)
    ammonia = added(found)["in", "chemical.alkali.ammonia"]
    assert len(found.added) == 1
    assert ammonia.quantity.value == pytest.approx(25.8 + 29.6)
    assert ammonia.note.count("|") == 8
    assert ammonia.quantity.source.count("stoichiometry") == 1


def test_a_sum_has_the_ranges_of_its_parts():
    found = estimate(park("3011", out("cement.clinker", 100), out("cement.portland", 100)), YEAR)
    power = added(found)["in", "electricity"].quantity
    assert (power.value, power.low, power.high, power.unit) == (pytest.approx(10_600), 9_400, 12_300, "kWh/a")


def test_electricity_counts_by_any_name_and_in_any_unit():
    found = estimate(park("4411", out("electricity.own", 3.6, "TJ/a", "electricity")), YEAR)
    assert added(found)["in", "coal.bituminous"].quantity.value == pytest.approx(300.7)
    assert added(found)["in", "coal.bituminous"].quantity.unit == "tce/a"


def test_coal_in_heat_counts_by_its_heating_value():
    found = estimate(park("4411", into("coal.raw", 2090.8, "GJ/a", "fuel")), YEAR)
    assert added(found)["out", "ash.fly.coal"].quantity.value == pytest.approx(21.25)


def test_an_activity_of_nothing_adds_nothing():
    assert estimate(park("3140", out("metal.ferroalloy.simn", 0)), YEAR).added == ()


# --- what was told stays ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("code", ["slag.ferroalloy.simn", "slag.ferroalloy"])
def test_a_told_flow_takes_the_place_of_the_estimate(code):
    steps = park("3140", out("metal.ferroalloy.simn", 100))
    first = estimate(steps, YEAR)
    assert len(first.added) == 1
    measured = out(code, 99, role="by-product")
    second = estimate(replace(steps, flows=(*steps.flows, measured)), YEAR)
    assert (second.added, second.inventory.flows) == ((), (*steps.flows, measured))
    again = estimate(replace(first.inventory, flows=(*first.inventory.flows, measured)), YEAR)
    assert again == second  # also where estimates were left in
    assert estimate(first.inventory, YEAR) == first


def test_flows_of_another_direction_or_year_are_no_answer():
    steps = park(
        "3140", out("metal.ferroalloy.simn", 100), into("slag.ferroalloy.simn", 5),
        out("slag.ferroalloy.simn", 5, role="by-product", year=2011),
    )  # fmt: skip
    assert set(added(estimate(steps, YEAR))) == {("out", "slag.ferroalloy.simn")}


@pytest.mark.parametrize(
    ("industry", "product", "fuel", "filled"),
    [
        ("3011", "cement.clinker", "coal.raw", False),
        ("3011", "cement.clinker", "coke.petroleum", False),  # one fuel: any other is it
        ("3110", "metal.iron.pig", "coal.raw", False),
        ("3110", "metal.iron.pig", "coke.metallurgical", True),  # coke is not the coal that is injected
    ],
)
def test_another_fuel_of_the_group_or_of_a_process_with_one_fuel_is_the_fuel(industry, product, fuel, filled):
    found = estimate(park(industry, out(product, 100), into(fuel, 1, role="fuel")), YEAR)
    assert (("in", "coal.bituminous") in added(found)) == filled


@given(st.lists(st.tuples(st.sampled_from(["3011", "3120", "3110", "4411", "2622", "1340", "2612"]), st.sampled_from(["in", "out"]),
                          st.sampled_from([p.material for p in profiles() if p.material] + [p.activity for p in profiles() if p.activity]),
                          st.floats(0, 1e6)), max_size=6))  # fmt: skip
def test_estimates_are_added_and_nothing_else_changes(rows):
    firms = tuple(Firm(code, code, code) for code in {r[0] for r in rows})
    flows = tuple(flow(side, "product", code, value, firm=firm) for firm, side, code, value in rows)
    found = estimate(Inventory(firms, (), flows), YEAR)
    assert found.inventory.flows == (*flows, *found.added)
    assert all(is_estimate(f) and f.quantity.value > 0 and not f.partner for f in found.added)
    assert not any(is_estimate(f) for f in flows)
    assert not any(material(f.material).group for f in found.added)
    assert len({f.key for f in found.added}) == len(found.added)
    told = {(f.firm, f.direction, f.material) for f in flows}
    assert not told & {(f.firm, f.direction, f.material) for f in found.added}
    for lang in ("en", "zh"):
        assert all(q.text(lang) for q in found.questions)


# --- what is asked ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("processes", "slag"),
    [
        ([process("c", "氧气顶吹转炉")], "slag.steel.bof"),
        ([process("eaf-1", "steel shop")], "slag.steel.eaf"),
        ([process("s", "melting", "crude steel (electric arc furnace)")], "slag.steel.eaf"),
        ([process("s", "steel shop")], None),
        ([process("s", "converter and arc furnace")], None),
        ([], None),
    ],
)
def test_the_way_of_making_is_read_from_the_names_of_processes_or_asked(processes, slag):
    found = estimate(park("3120", out("metal.steel.crude", 1000), processes=processes), YEAR)
    if slag:
        assert ("out", slag) in added(found)
        assert ("variant", "metal.steel.crude") not in asked(found)
        assert ("group", "residue") not in asked(found)  # a check of the sum of slag, dust and sludge
        assert len({f.process for f in found.added}) == 1
    else:
        assert (found.added, asked(found)) == ((), [("variant", "metal.steel.crude")])
        assert "高炉—转炉炼钢（长流程）、电弧炉炼钢（短流程）" in found.questions[0].text("zh")
        assert "converter, steelmaking by electric arc furnace" in found.questions[0].text("en")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("row", [g.first for g in groups(profiles())], ids=lambda p: p.process)
def test_the_names_that_the_template_fills_in_say_the_way(row, lang):
    variants = [g for g in groups(profiles(row.industry)) if g.first.activity == row.activity]
    ways = [_way(process(code, row.process_name.text(lang)), variants) for code in ("p1", row.process)]
    own = next(g for g in variants if g.first.process == row.process)
    assert ways == [own, own]


@pytest.mark.parametrize("kiln", [("clinker", "窑"), ("b", "水泥熟料煅烧"), ("b", "clinker burning")])
def test_flows_belong_to_the_process_that_has_the_code_or_a_name_of_the_profile(kiln):
    made = [process("a", "grinding of Portland cement"), process(*kiln)]
    found = estimate(park("3011", out("cement.clinker", 100), processes=made), YEAR)
    assert {f.process for f in found.added} == {kiln[0]}


def test_two_ways_in_one_firm_are_told_apart_by_process():
    both = [process("c", "转炉"), process("e", "电炉")]
    apart = estimate(
        park(
            "3120",
            out("metal.steel.crude", 1000, process="c"),
            out("metal.steel.crude", 500, process="e"),
            processes=both,
        ),
        YEAR,
    )
    assert added(apart)["out", "slag.steel.bof"].quantity.value == pytest.approx(126)
    assert added(apart)["out", "slag.steel.eaf"].quantity.value == pytest.approx(84.5)
    together = estimate(park("3120", out("metal.steel.crude", 1500), processes=both), YEAR)
    assert (together.added, asked(together)) == ((), [("variant", "metal.steel.crude")])
    strange = [*both, process("x", "third")]
    one_too_many = (out("metal.steel.crude", 1, process="x"), out("metal.steel.crude", 1000, process="c"))
    assert asked(estimate(park("3120", *one_too_many, processes=strange), YEAR)) == [("variant", "metal.steel.crude")]


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ({}, None),
        ({"composition": {"P2O5": 0.5}}, 250),
        ({"composition": {"H3PO4": 1.0}}, 500 * 0.72424),
        ({"composition": {"P2O5": 0.5}, "moisture": 0.2}, 200),
        ({"composition": {"F": 0.01}}, None),
    ],
)
def test_what_is_counted_as_p2o5_needs_the_content(more, value):
    found = estimate(park("2622", out("chemical.acid.phosphoric", 100, **more)), YEAR)
    if value is None:
        assert (found.added, asked(found)) == ((), [("basis", "chemical.acid.phosphoric")])
    else:
        assert added(found)["out", "gypsum.phospho"].quantity.value == pytest.approx(value, rel=1e-4)


def test_what_is_counted_dry_needs_the_moisture_and_is_dry():
    pulp = estimate(park("2211", out("paper.pulp", 100)), YEAR)
    assert asked(pulp) == [("basis", "paper.pulp")]
    liquor = added(estimate(park("2211", out("paper.pulp", 100, moisture=0.1)), YEAR))["out", "chemical.black-liquor"]
    assert (liquor.quantity.value, liquor.moisture) == (pytest.approx(153), 0.0)
    sludge = added(estimate(park("4620", into("water.sewage", 1000, "万m3/年", "water")), YEAR))["out", "sludge.sewage"]
    assert (sludge.quantity.value, sludge.quantity.unit, sludge.moisture) == (pytest.approx(2.35e6), "kg/a", 0.0)


def test_paddy_is_told_by_name_and_removal_is_asked():
    grain = into("food.grain", 100)
    assert asked(estimate(park("1311", grain), YEAR)) == [("basis", "food.grain")]
    assert (
        added(estimate(park("1311", replace(grain, given="稻谷")), YEAR))["out", "biomass.husk.rice"].quantity.value
        == 20
    )
    assert asked(estimate(park("4411", into("gas.so2", 10), into("coal.raw", 1, role="fuel")), YEAR)) == [
        ("basis", "gas.so2")
    ]


def test_what_the_answers_are_there_for_is_not_asked():
    flows = [out("gypsum.phospho", 500, role="by-product"), into("chemical.acid.sulphuric", 270)]
    assert asked(estimate(park("2622", out("chemical.acid.phosphoric", 100), *flows), YEAR)) == []
    assert ("activity", "") not in asked(
        estimate(park("2651", into("chemical.carbide", 1), out("residue.carbide-slag", 1)), YEAR)
    )


@pytest.mark.parametrize(
    ("inventory", "about"),
    [
        (park("31", out("metal.steel.crude", 1)), "industry"),
        (park("3140"), "activity"),
        (park("7820"), "activity"),
        (park("3012", out("cement.lime.hydrated", 1)), "kind"),
        (park("3140", out("metal.ferroalloy.simn", 1, "m3/a")), "unit"),
        (park("3011", out("cement.portland", 1)), "group"),
        (park("3011", out("cement.portland", 1)), "own"),
        (park("3011", out("cement.clinker", 1)), "condition"),
    ],
)
def test_questions_in_both_languages(inventory, about):
    questions = [q for q in estimate(inventory, YEAR).questions if q.about == f"estimate.{about}"]
    assert len(questions) == 1
    problem = questions[0].problem
    assert (problem.severity, problem.where.key) == ("note", "f")
    assert problem.found("en")
    assert problem.mend("en")
    assert questions[0].text("zh").startswith("f：")
    assert "Text(" not in questions[0].text("zh") + questions[0].text("en")


def test_a_coarse_industry_names_the_classes_and_fills_nothing():
    found = estimate(park("31", out("metal.ferroalloy.simn", 1)), YEAR)
    assert (found.added, found.questions[0].values["classes"]) == ((), ["3110", "3120", "3140"])


def test_industries_without_a_profile_or_without_a_code():
    assert estimate(park("65"), YEAR).questions == ()
    assert estimate(park(""), YEAR).questions == ()
    with pytest.raises(LabelError):
        estimate(park("9999"), YEAR)


def test_a_smelter_that_buys_alumina_makes_none():
    found = estimate(park("3216", out("metal.aluminium", 100), into("chemical.alumina", 193)), YEAR)
    assert ("in", "ore.bauxite") not in added(found)
    assert ("out", "sludge.red-mud") not in added(found)
    bought = estimate(park("3216", out("metal.aluminium", 100)), YEAR)
    assert ("own", "chemical.alumina") in asked(bought)


def test_what_the_own_industry_makes_is_asked_and_not_bought_by_estimate():
    found = estimate(park("3011", out("cement.clinker", 100)), YEAR)
    assert ("own", "cement.raw-meal") in asked(found)
    assert ("in", "cement.raw-meal") not in added(found)


def test_a_product_with_a_profile_of_its_own_is_not_asked_about_as_a_kind_of_another():
    assert asked(estimate(park("3216", out("metal.aluminium.secondary", 1), out("slag.aluminium.salt", 1)), YEAR)) == []


def test_another_water_is_the_water():
    assert (
        estimate(park("1513", out("food.beer", 100, "m3/a"), into("water.tap", 300, "m3/a", "water")), YEAR)
        .added[0]
        .material
        == "food.spent-grain"
    )
    assert ("in", "water.fresh") in added(estimate(park("1513", out("food.beer", 100, "m3/a")), YEAR))


# --- what is told far from the usual ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("told", "far"), [(900, True), (401, True), (399, False), (126, False), (51, False), (49, True)]
)
def test_far_from_the_usual_is_asked_and_stays(told, far):
    slag = out("slag.steel.bof", told, role="by-product")
    found = estimate(park("3120", out("metal.steel.crude", 1000), slag, processes=[process("c", "转炉")]), YEAR)
    assert (("far", "slag.steel.bof") in asked(found)) == far
    assert slag in found.inventory.flows
    if told == 900:
        text = next(q for q in found.questions if q.about == "estimate.far").text("en")
        assert "BOF slag (out): the firm tells 0.9 t/t, usual are 0.1 to 0.2" in text


def test_what_comes_from_stock_is_not_of_the_year():
    slag = out("slag.steel.bof", 900, role="by-product", from_stock=0.8)
    found = estimate(park("3120", out("metal.steel.crude", 1000), slag, processes=[process("c", "转炉")]), YEAR)
    assert ("far", "slag.steel.bof") not in asked(found)


@pytest.mark.parametrize(
    ("clinker", "tells"),
    [
        ((100, "kWh/t"), []),
        ((300, "kWh/t"), ["f: electricity (in): the firm tells 30 000 kWh/a, usual are 9 400 to 12 300"]),
    ],
)
def test_what_serves_two_products_is_compared_with_both(clinker, tells):
    power = into("electricity", clinker[0] * 100, "kWh/a", "electricity")
    found = estimate(park("3011", out("cement.clinker", 100), out("cement.portland", 100), power), YEAR)
    texts = [q.text("en") for q in found.questions if q.about == "estimate.far"]
    assert [t.split(".  ")[0].startswith(w) for t, w in zip(texts, tells, strict=True)] == [True] * len(tells)


def test_told_and_usual_meet_in_another_layer_or_not_at_all():
    gas = into("gas.natural", 10, "t/a", "raw material")
    ammonia = [process("n", "natural gas reforming")]
    found = estimate(park("2621", out("chemical.alkali.ammonia", 100), gas, processes=ammonia), YEAR)
    assert ("far", "gas.natural") in asked(found)
    unknown = out("slag.ferroalloy.simn", 1, "m3/a", "by-product")
    assert asked(estimate(park("3140", out("metal.ferroalloy.simn", 100), unknown), YEAR)) == []


def test_only_the_like_is_compared():
    sludge = out("sludge.sewage", 12, "kt/a", "waste")
    sewage = into("water.sewage", 1000, "万m3/年", "water")
    assert asked(estimate(park("4620", sewage, sludge), YEAR)) == []  # dry or wet is not told
    assert asked(estimate(park("4620", sewage, replace(sludge, moisture=0.8)), YEAR)) == []
    assert asked(estimate(park("4620", sewage, replace(sludge, moisture=0.2)), YEAR)) == [("far", "sludge.sewage")]
    coke, heat = out("coke.metallurgical", 100), out("heat.waste.coke", 45_000, "kWh/a", "heat")
    assert ("far", "heat.waste.coke") not in asked(estimate(park("2521", coke, heat), YEAR))
    assert ("far", "heat.waste.coke") in asked(estimate(park("2521", coke, replace(heat, role="electricity")), YEAR))
    ore = [into("ore.iron", 1400), into("ore.iron.sinter", 1500)]  # sinter is made of the ore
    steel = park("3120", out("metal.steel.crude", 1000), *ore, processes=[process("c", "转炉")])
    assert ("far", "ore.iron") not in asked(estimate(steel, YEAR))


# --- the tables beside the profiles ----------------------------------------------------------------------------------
def test_tables_name_what_the_profiles_hold():
    rows = profiles()
    assert {(p.industry, p.activity) for p in rows} >= TAKEN
    ways = {}
    for p in rows:
        ways.setdefault((p.industry, p.activity), {}).setdefault(p.process, p)
    assert {name for some in ways.values() if len(some) > 1 for name in some} == set(WORDS)
    assert {p.basis for p in rows} - {""} == set(BASES)
    assert {p.industry for p in rows} <= {i.code for i in industries()}
    assert all(p.ratio.unit.partition("/")[2] == p.activity_unit for p in rows if p.activity)


def test_rows_that_hold_only_under_a_condition():
    conditional = {(p.process, p.material) for p in profiles() if {"where", "scrap-only"} & set(p.ratio.note.split())}
    assert conditional == {
        ("blast furnace", "heat.pressure"), ("coke ovens", "heat.waste.coke"), ("bf-bof", "gas.converter"),
        ("eaf", "scrap.steel"), ("eaf", "ore.iron"), ("clinker", "electricity.waste-heat"),
        ("secondary aluminium (rotary furnace)", "slag.aluminium.salt"),
    }  # fmt: skip


# --- the headline ----------------------------------------------------------------------------------------------------
def test_shares_by_kind_in_mass():
    told = park(
        "3140", out("metal.ferroalloy.simn", 100), into("ore.manganese", 200, kind="reported"), into("water.fresh", 1e6, "m3/a", "water"),
        into("electricity", 4, "GWh/a", "electricity"), into("mineral.silica", 45, kind="assumed"), out("", 3, "m3/a", "waste"),
        out("metal.ferroalloy.simn", 100, year=2011),
    )  # fmt: skip
    found = share_by_kind(estimate(told, YEAR).inventory, YEAR)
    assert found.total == pytest.approx(500)
    assert found.shares == pytest.approx({"measured": 0.2, "reported": 0.4, "estimated": 0.31, "assumed": 0.09})
    assert (found.filled, found.converted, found.unit) == (pytest.approx(0.31), 0, "t/a")
    assert [f.given for f in found.unconverted] == ["?"]
    assert share_by_kind(told, YEAR, "water").total == 1e6
    assert share_by_kind(told, YEAR, "Mn").shares == {}


def test_shares_by_kind_in_energy():
    told = park(
        "4411",
        into("coal.raw", 100, role="fuel"),
        out("electricity", 0.2, "GWh/a", "electricity"),
        into("", 3, role="fuel"),
    )
    found = share_by_kind(told, YEAR, "energy")
    assert found.total == pytest.approx(2090.8 + 720)
    assert found.converted == pytest.approx(2090.8 / 2810.8)  # by the vocabulary's heating value
    assert (found.shares["measured"], found.unit, len(found.unconverted)) == (1, "GJ/a", 1)


def test_nothing_has_no_shares():
    found = share_by_kind(Inventory(), YEAR)
    assert (found.total, found.shares, found.filled, found.unconverted) == (0, {}, 0, ())


def test_an_unknown_output_stops_nothing():
    kiln = Firm("k", "Brick works", "3031")
    rows = [
        Flow("k", "", "in", "fuel", "coal.raw", "raw coal", Figure(6, "kt/a", "measured", "s"), 2012),
        Flow("k", "", "out", "waste", "", "a waste that nobody knows", Figure(1, "kt/a", "measured", "s"), 2012),
    ]
    assert len(estimate(Inventory((kiln,), (), tuple(rows)), 2012).inventory.flows) >= 2
