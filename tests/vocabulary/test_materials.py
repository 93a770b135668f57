"""Materials: the data keep their promises, and names are found, suggested or asked about, never guessed."""

import csv
import subprocess
import sys
from collections import defaultdict
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.errors import LabelError
from lichen.units import parse_unit
from lichen.vocabulary import materials as module
from lichen.vocabulary.industries import industry
from lichen.vocabulary.materials import (
    ancestors,
    below,
    descends,
    match_material,
    material,
    material_named,
    materials,
)
from lichen.vocabulary.names import alike, is_chinese, plain

DATA = files("lichen.vocabulary") / "data"


def table(name):
    return list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines()))


ROWS = table("materials.csv")
EWC = {row["code"]: row for row in table("ewc.csv")}
AMBIGUOUS = table("ambiguous_names.csv")
FORMS = {"solid", "liquid", "gas", "heat", "electricity", "water"}
ROLES = {"raw material", "fuel", "product", "by-product", "waste", "water", "heat", "electricity", "emission"}


def test_codes_are_unique_and_every_parent_exists():
    codes = [row["code"] for row in ROWS]
    assert len(codes) == len(set(codes)) >= 250
    assert all(row["parent"] in codes for row in ROWS if row["parent"])


def test_the_hierarchy_has_no_cycle_and_only_groups_and_kinds_of_a_material_have_children():
    for item in materials():
        above = ancestors(item.code)  # would not end in a cycle
        assert item.code not in above
        assert len(above) < 6
    assert all(below(item.code) for item in materials() if item.group)


def test_codes_forms_and_roles_are_of_the_closed_lists():
    for item in materials():
        assert item.code.replace(".", "").replace("-", "").isalnum()
        assert item.code.isascii()
        assert item.code == item.code.lower()
        assert item.form in FORMS
        assert item.role in ROLES
        assert item.name_en
        assert item.name_zh
        assert is_chinese(item.name_zh)
        assert not is_chinese(item.name_en)


def test_no_two_materials_share_a_name_and_no_ambiguous_name_is_one():
    owners = defaultdict(set)
    for item in materials():
        for name in item.names():
            assert plain(name), (item.code, name)
            owners[plain(name)].add(item.code)
    assert {name: codes for name, codes in owners.items() if len(codes) > 1} == {}
    assert [row["name"] for row in AMBIGUOUS if plain(row["name"]) in owners] == []
    assert len({plain(row["name"]) for row in AMBIGUOUS}) == len(AMBIGUOUS)


def test_waste_codes_are_of_the_european_list_and_the_hazard_agrees():
    for item in materials():
        if not item.ewc:
            assert item.hazard == ""
            continue
        entry = EWC[item.ewc]
        expected = "possible" if entry["entry"] == "mirror" else entry["hazardous"]
        assert item.hazard == expected, item.code
    assert set(EWC) == {row["ewc"] for row in ROWS if row["ewc"]}


def test_codes_that_have_a_mirror_are_only_possibly_hazardous():
    for code in ("scrap.weee", "scrap.pcb", "scrap.appliances", "residue.carbon", "residue.activated-carbon"):
        assert material(code).hazard == "possible", code
    assert material("residue.carbide-slag").hazard == "yes"  # calcium hydroxide has no mirror in the European list


def test_natural_gypsum_is_gypsum_but_no_by_product_of_its_kind():
    assert ancestors("gypsum.natural") == ("gypsum",)
    assert not descends("gypsum.natural", "gypsum.fgd")
    assert {"gypsum.natural", "gypsum.fgd"} <= {m.code for m in match_material("gypsum", most=50) if m.how == "group"}


def test_industries_are_of_gb_t_4754():
    for item in materials():
        if item.gbt4754:
            assert industry(item.gbt4754).code == item.gbt4754


def test_harmonised_system_codes_are_chapters_headings_or_subheadings():
    assert all(len(item.hs) in (0, 2, 4, 6) and (item.hs or "0").isdecimal() for item in materials())


def test_every_number_has_a_source_and_lies_in_a_sane_range():
    limits = {"density": (5e-5, 25), "heating value": (1, 130), "heating value by volume": (1, 60), "carbon": (0, 1)}
    for row in ROWS:
        for value, source in (
            ("density_t_m3", "density_source"),
            ("lhv_gj_t", "lhv_source"),
            ("lhv_mj_m3", "lhv_m3_source"),
            ("carbon_t_t", "carbon_source"),
        ):
            assert bool(row[value]) == bool(row[source]), (row["code"], value)
    for item in materials():
        for name, figure in item.figures.items():
            parse_unit(figure.unit)
            low, high = limits[name]
            assert low <= figure.value <= high, (item.code, name)


def test_numbers_that_are_known():
    assert material("coal.raw").lhv_gj_t == 20.908
    assert material("gas.natural").lhv_mj_m3 == 38.931
    assert material("coke.metallurgical").carbon_t_t == 0.83
    assert material("gas.co2").carbon_t_t == pytest.approx(12.011 / 44.009, rel=1e-3)
    assert material("gas.hydrogen").density_t_m3 == pytest.approx(0.0899e-3, rel=2e-3)
    assert material("slag.steel").lhv_gj_t is None  # unknown stays empty


def test_descent():
    assert descends("slag.bf.granulated", "slag")
    assert descends("slag", "slag")
    assert not descends("ash.fly.coal", "slag")
    assert ancestors("slag.bf.granulated") == ("slag.bf", "slag")
    assert "slag.steel.bof" in below("slag")


def test_an_unknown_code_is_refused_with_the_nearest():
    with pytest.raises(LabelError) as error:
        material("slag.steal")
    assert "slag.steel" in str(error.value)


def test_a_material_has_its_name_in_both_languages():
    assert material("gypsum.fgd").name("en") == "FGD gypsum"
    assert material("gypsum.fgd").name("zh") == "脱硫石膏"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FGD gypsum", "gypsum.fgd"), ("脱硫石膏", "gypsum.fgd"), ("脫硫石膏", "gypsum.fgd"),
        ("  ＦＧＤ　Ｇｙｐｓｕｍ ", "gypsum.fgd"), ("flue-gas desulfurization gypsum", "gypsum.fgd"),
        ("鋼渣", "slag.steel"), ("GGBFS", "slag.bf.ground"), ("水渣", "slag.bf.granulated"),
        ("黄磷渣", "slag.phosphorus"), ("磷石膏", "gypsum.phospho"), ("赤泥", "sludge.red-mud"),
        ("bauxite residue", "sludge.red-mud"), ("电石泥", "residue.carbide-slag"), ("粉煤灰", "ash.fly.coal"),
        ("垃圾焚烧飞灰", "ash.fly.msw"), ("scrap tires", "waste.tyres"), ("aluminum scrap", "scrap.aluminium"),
        ("中水", "water.reclaimed"), ("MP steam", "heat.steam.medium"), ("低温余热", "heat.waste.low"),
        ("Sulfuric Acid", "chemical.acid.sulphuric"), ("H₂SO₄", "chemical.acid.sulphuric"), ("蔗 渣", "food.bagasse"),
        ("slag.steel", "slag.steel"), ("地沟油", "waste.cooking-oil"), ("高炉煤气", "gas.blast-furnace"),
    ],
)  # fmt: skip
def test_a_name_in_any_spelling_is_known(text, code):
    first = match_material(text)[0]
    assert (first.code, first.how, first.known, first.score) == (code, "exact", True, 100.0)
    assert material_named(text).code == code


@pytest.mark.parametrize(
    ("text", "code", "within"),
    [
        ("granulatd slag", "slag.bf.granulated", 1), ("phosphogypsom", "gypsum.phospho", 1),
        ("alumium dross", "slag.aluminium.dross", 1), ("steel slg", "slag.steel", 1), ("hot watr", "heat.water.hot", 1),
        ("red mud from alumina", "sludge.red-mud", 1), ("二级粉煤灰F类", "ash.fly.coal", 1),
        ("某厂磷石膏", "gypsum.phospho", 1), ("转炉钢渣(一级)", "slag.steel.bof", 1), ("脫硫石羔", "gypsum.fgd", 1),
        ("造纸厂白泥", "sludge.lime-mud", 1), ("铁尾矿砂", "tailings.iron", 1), ("黄磷炉渣渣", "slag.phosphorus", 1),
        ("生活污水处理厂脱水污泥", "sludge.sewage", 2), ("废旧塑料颗粒", "waste.plastic", 1),
        ("spent grain from brewery", "food.spent-grain", 2), ("电炉粉尘", "dust.eaf", 3), ("高炉水淬矿渣", "slag.bf.granulated", 3),
    ],
)  # fmt: skip
def test_what_is_only_like_a_name_is_suggested_and_not_known(text, code, within):
    found = match_material(text)
    assert not any(match.known for match in found)
    assert code in [match.code for match in found[:within]], found
    assert all(50 <= match.score < 100 for match in found)
    assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)
    assert material_named(text) is None


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("slag", "slag"),
        ("渣", "slag"),
        ("灰", "ash"),
        ("泥", "sludge"),
        ("石膏", "gypsum"),
        ("余热", "heat.waste"),
        ("coal", "coal"),
    ],
)
def test_a_heading_is_no_answer_and_offers_what_is_below_it(text, group):
    found = match_material(text, most=6)
    assert found[0].code == group
    assert {match.how for match in found} == {"group"}
    assert not any(match.known for match in found)
    assert all(descends(match.code, group) for match in found)
    assert material_named(text) is None


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("炉渣", "ash.bottom.coal", "slag.steel"), ("fly ash", "ash.fly.coal", "ash.fly.msw"),
        ("飞灰", "ash.fly.coal", "ash.fly.msw"), ("白泥", "sludge.lime-mud", "residue.soda"),
        ("菌渣", "residue.antibiotic", "food.mushroom"), ("煤气", "gas.coke-oven", "gas.blast-furnace"),
        ("電爐渣", "slag.steel.eaf", "slag.phosphorus"), ("锰渣", "residue.manganese", "slag.ferroalloy.simn"),
        ("wastewater", "water.sewage", "water.industrial-effluent"),
    ],
)  # fmt: skip
def test_a_name_used_for_several_materials_is_asked_about(text, one, other):
    found = [match for match in match_material(text) if match.how == "ambiguous"]
    assert {one, other} <= {match.code for match in found}
    assert not any(match.known for match in match_material(text, 50))
    assert found[0].ask.en
    assert found[0].ask.text("zh") != found[0].ask.en
    assert material_named(text) is None


def test_ambiguous_names_point_to_materials():
    for row in AMBIGUOUS:
        codes = row["codes"].split(";")
        assert len(codes) == len(set(codes)) >= 2
        assert all(material(code) for code in codes)
        assert row["ask_en"]
        assert is_chinese(row["ask_zh"])


def test_a_code_of_waste_suggests_what_has_it():
    found = match_material("06 09 04")
    assert [(m.code, m.how, m.known) for m in found] == [("gypsum.phospho", "code", False)]


@pytest.mark.parametrize("text", ["", "   ", "—", "zzqqxx", "?!", "123"])
def test_nothing_is_made_of_nothing(text):
    assert match_material(text) == ()
    assert material_named(text) is None


def test_most_limits_the_answer_and_each_material_comes_once():
    assert len(match_material("slag", 3)) == 3
    found = match_material("steel slag", 50)
    assert len({match.code for match in found}) == len(found)


@given(st.text(max_size=300))
def test_any_text_gets_an_answer_and_only_names_are_known(text):
    found = match_material(text)
    assert len(found) <= 5
    known = {plain(name) for item in materials() for name in (*item.names(), item.code)}
    assert all(plain(text) in known for match in found if match.known)


@given(st.sampled_from([name for item in materials() if not item.group for name in item.names()]))
def test_every_name_finds_its_material(name):
    for text in (name, name.upper(), f" {name}  ", name.replace("-", " ")):
        assert match_material(text, 1)[0].known


def test_plain_keeps_what_tells_materials_apart():
    assert plain("gas") == "gas"
    assert plain("ashes") == plain("Ash")
    assert plain("slags") == "slag"
    assert plain("P.O 42.5") == "p o 42.5"
    assert plain("high-alumina") == "high alumina"
    assert plain("钢 渣（II级）") == "钢渣 ii级"
    assert len(plain("渣" * 10_000)) == 200


def test_names_in_different_scripts_are_not_alike():
    assert alike("slag", "渣") == 0
    assert alike("钢渣", "钢渣") == 100


def test_reading_is_lazy():
    code = (
        "import sys, lichen; assert not any(m.startswith(('rapidfuzz', 'lichen.vocabulary')) for m in sys.modules);"
        "import lichen.vocabulary.materials as m; assert 'rapidfuzz' not in sys.modules;"
        "assert m.material_named('slag') is None; assert 'rapidfuzz' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_materials_cannot_be_changed():
    with pytest.raises(AttributeError):
        material("slag.steel").name_en = "x"
    assert isinstance(module.materials(), tuple)
