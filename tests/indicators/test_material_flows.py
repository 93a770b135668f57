"""Material flows of small parks worked by hand, and what must hold for every park."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.figures import Figure
from lichen.indicators._links import links
from lichen.indicators.material_flows import accounts, definitions, flow_indicators
from lichen.inventory.estimate import estimate
from lichen.inventory.values import FATES, Firm, Flow, Inventory
from lichen.vocabulary.materials import material
from lichen.vocabulary.quality import variation

YEAR = 2012
FIRMS = (
    Firm("mine", "Coal mine", "0610"), Firm("power", "Power plant", "4411"), Firm("cement", "贵州水泥厂", "3011"),
    Firm("shop", "Shop", "52"),
)  # fmt: skip


def flow(firm, direction, role, code, value, partner="", fate="", unit="t/a", process="", kind="measured", **more):
    name = material(code).name_en if code else "?"
    figure = Figure(value, unit, kind, "scale")
    return Flow(firm, process, direction, role, code, name, figure, YEAR, partner=partner, fate=fate, **more)


PARK = (
    # a mine: 100 coal to the plant, 20 sold outside, 15 gangue to the heap, 5 gangue to the cement works
    flow("mine", "out", "product", "coal.raw", 100, "power", process="pit"),
    flow("mine", "out", "product", "coal.raw", 20, "a trader", process="pit"),
    flow("mine", "out", "waste", "coal.gangue", 15, fate="landfill", process="pit"),
    flow("mine", "out", "waste", "coal.gangue", 5, "cement", "given away", process="pit"),
    flow("mine", "in", "fuel", "oil.diesel", 2, "a trader"),
    # a plant: the coal, told again; ash: 10 to the cement works by name (2 of them from the pond), 6 to the pond, 4 sold away, 3 of no fate
    flow("power", "in", "fuel", "coal.raw", 104, "mine", kind="assumed"),
    flow("power", "in", "raw material", "mineral.limestone", 8),
    flow("power", "out", "by-product", "ash.fly.coal", 10, "贵州水泥厂", "sold", from_stock=0.2),
    flow("power", "out", "by-product", "ash.fly.coal", 6, fate="stored"),
    flow("power", "out", "by-product", "ash.fly.coal", 4, "far away", "sold"),
    flow("power", "out", "by-product", "ash.bottom.coal", 3, fate="unknown", kind="estimated"),
    flow("power", "out", "emission", "emission.co2", 200),
    flow("power", "out", "electricity", "electricity", 9, "a grid", unit="GWh/a"),
    flow("power", "in", "water", "water.fresh", 500, unit="m3/a"),
    flow("power", "in", "water", "water.fresh", 1500, "power", unit="m3/a"),
    # a cement works: 50 limestone, the ash and gangue told too, 7 slag from outside; dust back to the kiln; cement sold
    flow("cement", "in", "raw material", "mineral.limestone", 50),
    flow("cement", "in", "raw material", "ash.fly.coal", 10, "Power plant"),
    flow("cement", "in", "fuel", "coal.gangue", 5, "mine"),
    flow("cement", "in", "raw material", "slag.bf.granulated", 7, "steelworks"),
    flow("cement", "out", "by-product", "dust.cement-kiln", 1, fate="reused on site"),
    flow("cement", "out", "product", "cement.portland", 60, fate="sold"),
    flow("cement", "out", "waste", "residue.refractory", 2, fate="treated"),
    flow("cement", "out", "waste", "waste.oil.mineral", 1, "a works", "sold"),
    flow("cement", "out", "waste", "", 1, fate="sold"),
)  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return flow_indicators(Inventory(FIRMS, (), PARK), YEAR)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("extraction", 100 + 20 + 5),  # the gangue that is used is taken out too
        ("imports", 2 + 8 + 50 + 7),
        ("exports", 20 + 4 + 60 + 1 + 1),
        ("dmi", 125 + 67),
        ("dmc", 192 - 86),
        ("ptb", 67 - 86),
        ("dpo", 200),
        ("nas", 6 - 2),
        ("treated", 2),
        ("unknown", 3),
        ("residual", 192 - 86 - 200 - 4 - 2 - 3),
        ("unused", 15),
        ("between", 100 + 5 + 10),
        ("inside", 1),
        ("exchanged", 5 + 10),
        ("secondary", 7 + 10 + 1 + 5),
    ],
)
def test_totals_of_a_small_park(found, name, value):
    assert found[name].value == pytest.approx(value)
    assert (found[name].unit, found[name].denominator) == ("t/a", None)


@pytest.mark.parametrize(
    ("name", "above", "below"),
    [
        ("secondary_share", 23, 192 + 10 + 1 + 5),
        ("cyclical_use_rate", 11, 192 + 11),
        ("circular_material_use", 11 + 6, 106 + 17),  # sold outside: 4 ash, 1 oil, 1 of no known name
        ("input_cycling", 11, 106 + 11),
        # gangue 5 of 20; ash 10, 2 of them from the pond, and 4, of 8 + 6 + 4 + 3; dust 1 of 1; bricks 0 of 2
        ("solid_waste_utilisation", 5 + 10 + 4 + 1, 20 + 21 + 2 + 1 + 2),
        ("solid_waste_known", 20, 46 - 3),
        ("water_reuse", 1500, 2000),
    ],
)
def test_rates_of_a_small_park(found, name, above, below):
    assert found[name].numerator.value == pytest.approx(above)
    assert found[name].denominator.value == pytest.approx(below)
    assert found[name].value == pytest.approx(above / below)
    assert found[name].unit == "1"


def test_a_liquid_is_no_solid_waste_and_an_unknown_form_is_told(found):
    assert found["hazardous_utilisation"].value is None  # the oil is hazardous, but not solid
    assert found["hazardous_utilisation"].sd is None
    assert [f.given for f in found["solid_waste_utilisation"].left_out] == ["?"]


def test_each_says_how_much_of_it_is_estimated_and_how_sure_it_is(found):
    assert found["unknown"].estimated == 1
    assert found["solid_waste_utilisation"].estimated == pytest.approx(3 / 46)
    assert found["between"].estimated == 0  # the mine's measured tonnes count, not the plant's guess
    assert found["unknown"].sd == pytest.approx(3 * variation("estimated"))
    sd = variation("measured")
    assert found["dpo"].sd == pytest.approx(200 * sd)
    assert found["water_reuse"].sd == pytest.approx(math.hypot(1500 * 0.25, 500 * 0.75) / 2000 * sd)


def test_definitions_are_in_both_languages_and_have_a_source(found):
    used = {name for x in accounts(Inventory(FIRMS, (), PARK), YEAR) for name in x.accounts}
    assert list(found) == list(definitions())
    for name, x in found.items():
        assert x.name.en != x.name.zh, name
        assert x.definition.en.endswith("."), name
        assert x.definition.zh.endswith("。"), name
        assert x.source, name
        assert x.ours or "Eurostat" in x.source, name
    rare = {"secondary_import_fuel", "hazardous_generated", "hazardous_used", "hazardous_stock_used"}
    named = {
        n for d in definitions().values() for part in ("numerator", "denominator", "left_out") for n in d.get(part, {})
    }
    assert named <= used | rare


# --- where a flow goes -----------------------------------------------------------------------------------------------
def ways(*flows, firms=FIRMS):
    return [x.way for x in links(Inventory(firms, (), flows), YEAR)]


@pytest.mark.parametrize(
    ("item", "way"),
    [
        (flow("cement", "in", "raw material", "gypsum.fgd", 1), "import"),
        (flow("cement", "in", "raw material", "gypsum.fgd", 1, "POWER PLANT"), "between"),
        (flow("cement", "in", "raw material", "gypsum.fgd", 1, "cement"), "inside"),
        (flow("cement", "out", "product", "cement.clinker", 1), "export"),
        (flow("cement", "out", "waste", "dust.cement-kiln", 1), "unknown"),
        (flow("cement", "out", "waste", "dust.cement-kiln", 1, "someone"), "export"),
        (flow("cement", "out", "waste", "dust.cement-kiln", 1, fate="given away"), "export"),
        (flow("cement", "out", "waste", "dust.cement-kiln", 1, fate="reused on site"), "inside"),
        (flow("cement", "out", "waste", "dust.cement-kiln", 1, fate="landfill"), "store"),
        (flow("cement", "out", "waste", "dust.cement-kiln", 1, "cement", "landfill"), "store"),
        (flow("cement", "out", "waste", "dust.cement-kiln", 1, "a tip", "landfill"), "export"),
        (flow("cement", "out", "waste", "dust.cement-kiln", 1, "mine", "landfill"), "between"),
        (flow("cement", "out", "waste", "dust.cement-kiln", 1, fate="incinerated"), "treated"),
        (flow("cement", "out", "waste", "dust.cement-kiln", 1, fate="discharged"), "nature"),
        (flow("cement", "out", "emission", "emission.dust", 1, "sky"), "nature"),
    ],
)
def test_where_a_flow_goes(item, way):
    assert ways(item) == [way]


@pytest.mark.parametrize("fate", ["landfill", "stored", "treated"])
def test_what_a_firm_of_the_park_takes_to_keep_is_no_use_and_counts_where_the_giver_says(fate):
    given = flow("power", "out", "waste", "ash.fly.coal", 5, "shop", fate)
    found = flow_indicators(Inventory(FIRMS, (), (given,)), YEAR)
    assert (found["exchanged"].value, found["solid_waste_utilisation"].value) == (0, 0)
    assert found["nas" if fate != "treated" else "treated"].value == 5
    taken = flow("shop", "in", "waste", "ash.fly.coal", 5, "power")
    assert flow_indicators(Inventory(FIRMS, (), (given, taken)), YEAR)["nas"].value == 0  # the taker may say more


@pytest.mark.parametrize(
    "item",
    [
        flow("power", "in", "water", "water.fresh", 1, unit="m3/a"),
        flow("power", "out", "heat", "heat.steam.low", 1),
        flow("power", "out", "emission", "gas.flue", 1),
        flow("power", "out", "waste", "food.dairy-effluent", 1),
        flow("power", "in", "electricity", "electricity", 1, unit="GWh/a"),
        replace(flow("power", "in", "raw material", "", 1), given="助燃空气"),
        replace(flow("power", "in", "fuel", "coal.raw", 1), year=YEAR - 1),
    ],
)
def test_what_does_not_count(item):
    assert ways(item) == []


def test_what_names_no_partner_may_stay_inside():
    """Pig iron from furnace to converter: one process gives it, another takes it, and neither says to whom."""
    firm = (Firm("s", "Steelworks", "3120"),)
    iron = (
        flow("s", "out", "product", "metal.iron.pig", 100, process="bf"),
        flow("s", "in", "raw material", "metal.iron.pig", 70, process="bof"),
    )
    found = flow_indicators(Inventory(firm, (), iron), YEAR)
    assert {n: found[n].value for n in ("exports", "imports", "inside")} == pytest.approx(
        {"exports": 30, "imports": 0, "inside": 70}
    )
    reused = (
        flow("s", "out", "by-product", "scrap.steel", 10, fate="reused on site", process="mill"),
        flow("s", "in", "raw material", "scrap.steel", 25, process="bof"),
    )
    found = flow_indicators(Inventory(firm, (), reused), YEAR)
    assert {n: found[n].value for n in ("exports", "imports", "inside")} == pytest.approx(
        {"exports": 0, "imports": 15, "inside": 10}
    )
    assert found["secondary"].value == pytest.approx(25)


def test_a_name_that_two_firms_share_is_nobody():
    twins = (Firm("a", "Twin", "3011"), Firm("b", "Twin", "3011"), Firm("c", "C", "3011"))
    assert ways(flow("c", "out", "product", "cement.clinker", 1, "twin"), firms=twins) == ["export"]
    assert ways(flow("c", "out", "product", "cement.clinker", 1, "a"), firms=twins) == ["between"]


def test_both_sides_by_material_and_the_surer_side_counts():
    told = (
        flow("power", "out", "by-product", "ash.fly.coal.cfb", 10, "cement", kind="assumed"),
        flow("cement", "in", "raw material", "ash.fly.coal", 12, "power", kind="measured"),
        flow("power", "out", "by-product", "ash.bottom.coal", 4, "cement"),
        replace(flow("power", "out", "waste", "", 1, "cement"), given="STUFF"),
        replace(flow("cement", "in", "raw material", "", 1, "power", unit="m3/a"), given="stuff"),
    )
    found = links(Inventory(FIRMS, (), told), YEAR)
    assert [(x.amount.value, len(x.told)) for x in found] == [(12, 2), (4, 1), (1, 2)]
    unknown = flow_indicators(Inventory(FIRMS, (), told[-1:]), YEAR)["between"]
    assert (unknown.value, [f.given for f in unknown.left_out]) == (0, ["stuff"])


def test_the_receiver_says_what_is_burnt():
    told = (
        flow("power", "out", "waste", "coal.gangue", 10, "cement"),
        flow("cement", "in", "fuel", "coal.gangue", 6, "power", kind="assumed"),
        flow("cement", "in", "raw material", "coal.gangue", 4, "power", kind="assumed"),
    )
    found = flow_indicators(Inventory(FIRMS, (), told), YEAR)
    assert (found["between"].value, found["secondary"].value, found["cyclical_use_rate"].numerator.value) == (10, 10, 4)
    alone = flow_indicators(Inventory(FIRMS, (), told[:1]), YEAR)
    assert alone["cyclical_use_rate"].numerator.value == 0  # gangue is a fuel where nobody says more


def test_hazardous_waste_stands_apart():
    told = (
        flow("power", "out", "waste", "ash.fly.coal", 1, fate="landfill", hazard="yes"),
        flow("power", "out", "waste", "ash.fly.coal", 3, fate="sold", hazard="yes"),
        flow("cement", "out", "waste", "residue.carbide-slag", 4, fate="sold", hazard="no"),
        flow("shop", "out", "waste", "waste.paper", 9, fate="sold"),  # no industry
        flow("power", "out", "waste", "sludge.industrial", 9, fate="sold", phase="liquid"),
    )
    found = flow_indicators(Inventory(FIRMS, (), told), YEAR)
    assert (found["hazardous_utilisation"].value, found["solid_waste_utilisation"].denominator.value) == (0.75, 4)


# --- what is taken from nature ---------------------------------------------------------------------------------------
def extracted(*flows, industry="0610"):
    return flow_indicators(Inventory((Firm("m", "M", industry),), (), flows), YEAR)


def test_a_washery_takes_nothing_from_nature():
    found = extracted(
        flow("m", "out", "raw material", "coal.raw", 100, "m", process="pit"),
        flow("m", "in", "raw material", "coal.raw", 100, "m", process="washery"),
        flow("m", "out", "product", "coal.cleaned", 70, fate="sold", process="washery"),
        flow("m", "out", "waste", "coal.gangue", 30, fate="landfill", process="washery"),
    )
    values = {name: found[name].value for name in ("extraction", "inside", "exports", "nas", "unused", "residual")}
    assert values == {"extraction": 100, "inside": 100, "exports": 70, "nas": 30, "unused": 0, "residual": 0}


def test_tailings_are_ore_and_waste_rock_is_not():
    found = extracted(
        flow("m", "out", "product", "ore.iron", 40, fate="sold"),
        flow("m", "out", "waste", "tailings.iron", 60, fate="stored"),
        flow("m", "out", "waste", "mineral.overburden", 300, fate="landfill"),
        industry="0810",
    )
    values = {name: found[name].value for name in ("extraction", "nas", "unused", "residual")}
    assert values == {"extraction": 100, "nas": 60, "unused": 300, "residual": 0}


def test_what_comes_from_stock_was_taken_in_before():
    values = {
        name: x.value
        for name, x in extracted(
            flow("m", "out", "product", "coal.raw", 40, fate="sold", from_stock=0.25),
            flow("m", "in", "raw material", "biomass.wood", 10, "a trader", from_stock=0.5),
        ).items()
    }
    assert (values["extraction"], values["imports"], values["nas"]) == (30, 5, -15)
    assert values["residual"] == 30 + 5 - 40 + 15


def test_a_mine_may_burn_its_own_coal():
    burnt = flow("m", "in", "fuel", "coal.raw", 1, "m", process="pit")
    assert extracted(flow("m", "out", "product", "coal.raw", 40, process="pit"), burnt)["extraction"].value == 40


def test_materials_at_the_top_of_the_vocabulary_are_not_of_one_group():
    assert material("residue.soda").parent == material("residue.carbide-slag").parent == ""
    product = flow("m", "out", "product", "residue.soda", 40)
    assert extracted(product, flow("m", "in", "raw material", "residue.carbide-slag", 1))["extraction"].value == 40
    assert extracted(product, flow("m", "in", "raw material", "residue.soda", 1))["extraction"].value == 0


def test_only_mining_takes_from_nature():
    assert extracted(flow("m", "out", "product", "mineral.limestone", 40), industry="3011")["extraction"].value == 0


# --- what must hold for every park -----------------------------------------------------------------------------------
CODES = (
    "coal.raw",
    "coal.gangue",
    "ash.fly.coal",
    "slag.bf",
    "slag.bf.granulated",
    "cement.clinker",
    "mineral.limestone",
    "",
)
flows_of_any_park = st.lists(
    st.builds(
        flow, st.sampled_from([f.id for f in FIRMS]), st.sampled_from(["in", "out"]),
        st.sampled_from(["raw material", "fuel", "product", "by-product", "waste", "emission"]), st.sampled_from(CODES),
        st.floats(0.1, 1e6), st.sampled_from(["", "mine", "power", "cement", "shop", "outside"]), st.sampled_from(FATES),
        st.sampled_from(["t/a", "kt/a", "m3/a"]), kind=st.sampled_from(["measured", "estimated"]),
        from_stock=st.sampled_from([None, 0.0, 0.25, 1.0]),
    ),
    max_size=12,
)  # fmt: skip


@given(flows_of_any_park)
def test_identities(flows):
    found = flow_indicators(Inventory(FIRMS, (), tuple(flows)), YEAR)
    v = {name: x.value for name, x in found.items()}
    assert v["dmi"] == pytest.approx(v["extraction"] + v["imports"])
    assert v["dmc"] == pytest.approx(v["extraction"] + v["ptb"], abs=1e-6)
    outputs = v["exports"] + v["dpo"] + v["nas"] + v["treated"] + v["unknown"]
    assert v["dmi"] == pytest.approx(outputs + v["residual"], rel=1e-9, abs=1e-3)
    for name in (
        "solid_waste_utilisation",
        "solid_waste_known",
        "hazardous_utilisation",
        "secondary_share",
        "cyclical_use_rate",
    ):
        assert v[name] is None or -1e-9 <= v[name] <= 1 + 1e-9, name
    assert all(0 <= x.estimated <= 1 + 1e-9 and (x.sd is None or x.sd >= 0) for x in found.values())


@given(flows_of_any_park, st.sampled_from([0.001, 3.0, 1e4]))
def test_scaling_all_flows_scales_totals_and_leaves_shares(flows, k):
    scaled = [replace(f, quantity=replace(f.quantity, value=f.quantity.value * k)) for f in flows]
    before, after = (flow_indicators(Inventory(FIRMS, (), tuple(some)), YEAR) for some in (flows, scaled))
    for name, x in before.items():
        y = after[name]
        if x.value is None or (x.denominator and x.denominator.value < 1e-6 * x.denominator.sd):
            continue  # differences of large numbers that are next to nothing
        factor = k if x.denominator is None else 1
        size = max(abs(x.value), x.sd) * factor
        assert y.value == pytest.approx(x.value * factor, rel=1e-6, abs=1e-6 * size), name
        assert y.sd == pytest.approx(x.sd * factor, rel=1e-6, abs=1e-6 * size), name
        assert y.estimated == pytest.approx(x.estimated), name
        assert len(y.left_out) == len(x.left_out), name


@given(
    st.lists(st.tuples(st.floats(1, 1e4), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8)
)
def test_a_park_whose_firms_balance_has_no_residual(chain):
    """A chain of firms: each takes in more, passes a part on, sells, stores and emits the rest. The park balances too."""
    firms = tuple(Firm(f"f{i}", f"F {i}", "3011") for i in range(len(chain)))
    flows, carried = [], 0.0
    for i, (bought, passed, sold, stored) in enumerate(chain):
        if carried:
            flows.append(flow(f"f{i}", "in", "raw material", "slag.bf", carried, f"F {i - 1}"))
        total = bought + carried
        carried = total * passed if i + 1 < len(chain) else 0.0
        rest = total - carried
        flows += [
            flow(f"f{i}", "in", "raw material", "mineral.limestone", bought),
            flow(f"f{i}", "out", "product", "cement.clinker", rest * sold, fate="sold"),
            flow(f"f{i}", "out", "waste", "dust.cement-kiln", rest * (1 - sold) * stored, fate="landfill"),
            flow(f"f{i}", "out", "emission", "emission.co2", rest * (1 - sold) * (1 - stored)),
        ]
        if carried:
            flows.append(flow(f"f{i}", "out", "by-product", "slag.bf", carried, f"f{i + 1}"))
    found = flow_indicators(Inventory(firms, (), tuple(flows)), YEAR)
    assert found["residual"].value == pytest.approx(0, abs=1e-6 * found["dmi"].value)
    assert found["dmi"].value == pytest.approx(sum(bought for bought, *_ in chain))


@given(flows_of_any_park)
def test_telling_the_other_side_as_well_changes_no_total(flows):
    """What the giver tells, and the receiver tells again in the same words, counts once."""
    names = {f.id for f in FIRMS}
    told = [f for f in flows if f.direction == "out" and f.partner in names - {f.firm} and f.fate in ("", "sold")]
    mirror = [
        replace(f, firm=f.partner, partner=f.firm, direction="in", fate="", from_stock=None, role="raw material")
        for f in told
    ]
    before, after = (flow_indicators(Inventory(FIRMS, (), tuple(some)), YEAR) for some in (told, [*told, *mirror]))
    for name in ("between", "exchanged", "imports", "nas", "solid_waste_utilisation"):
        assert after[name].value == pytest.approx(before[name].value), name


def test_estimates_show_in_the_share_that_is_estimated():
    steel = Inventory(
        (Firm("s", "S", "3140"),), (), (flow("s", "out", "product", "metal.ferroalloy.simn", 100, fate="sold"),)
    )
    found = flow_indicators(estimate(steel, YEAR).inventory, YEAR)
    assert (found["solid_waste_utilisation"].value, found["solid_waste_utilisation"].estimated) == (0, 1)
    assert found["solid_waste_known"].value is None
    assert found["unknown"].value == pytest.approx(155)


def test_an_empty_park_has_totals_of_nothing():
    found = flow_indicators(Inventory(), YEAR)
    assert {x.value for x in found.values()} == {0, None}
