"""The data that ship: every row stands on a source, names what exists, and says what it is."""

import csv
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from lichen.knowledge.conditions import Facts, check, check_all, industry_fits, material_fits
from lichen.knowledge.read import STORY, knowledge
from lichen.knowledge.records import linked
from lichen.knowledge.values import CITY
from lichen.units import parse_unit
from lichen.vocabulary.factors import factor
from lichen.vocabulary.industries import industry
from lichen.vocabulary.materials import descends, material
from lichen.vocabulary.names import is_chinese

DATA = files("lichen.knowledge") / "data"
GUIYANG = Path(__file__).resolve().parents[2] / "examples" / "guiyang"


def table(name):
    return list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines()))


@pytest.fixture(scope="module")
def base():
    return knowledge()


def test_the_library_is_read_once():
    assert knowledge() is knowledge()


@pytest.mark.parametrize(
    "name", ["exchange_types.csv", "conditions.csv", "technologies.csv", "standards.csv", "sources.csv", "cases.csv"]
)
def test_ids_are_unique(name):
    ids = [row["id"] for row in table(name)]
    assert len(ids) == len(set(ids)) > 0


def test_every_documented_type_is_there(base):
    assert len(base.types) == 177


def test_names_are_in_both_languages(base):
    for item in (*base.types.values(), *base.cases.values(), *base.technologies.values()):
        assert item.name.en, item.id
        assert not is_chinese(item.name.en), item.id
        assert is_chinese(item.name.zh) or item.name.zh.isascii() is False, item.id
    for condition in base.conditions.values():
        assert condition.ask.en.endswith(("?", ".", ")")), condition.id
        assert is_chinese(condition.ask.zh), condition.id


def test_remarks_are_in_both_languages(base):
    for item in base.types.values():
        for text in (item.carbon_note, item.additionality, item.hazard, item.note):
            assert bool(text.en) == bool(text.zh), item.id
    for case in base.cases.values():
        for part in STORY:
            assert bool(getattr(case, part).en) == bool(getattr(case, part).zh), (case.id, part)


def test_every_type_has_donor_receiver_stream_and_source(base):
    for item in base.types.values():
        assert item.donors, item.id
        assert item.receivers, item.id
        assert item.streams, item.id
        assert item.evidence, item.id
        assert all(e.source.citation for e in item.evidence), item.id


def test_no_code_stands_beside_one_above_it(base):
    for item in base.types.values():
        for codes in (item.donors, item.receivers):
            plain = [c for c in codes if c != CITY]
            assert not [(a, b) for a in plain for b in plain if a != b and a.startswith(b)], item.id


def test_streams_are_what_donors_can_have(base):
    """Where the vocabulary names the maker of a solid residue, a donor lies in its division or deals in wastes."""
    dealers = {CITY, "4210", "4220", "7820"}
    for item in base.types.values():
        makers = {material(s).gbt4754[:2] for s in item.streams if material(s).form == "solid" and material(s).gbt4754}
        if makers and not dealers & set(item.donors):
            assert makers & {d[:2] for d in item.donors} or item.id in KNOWN_OTHERWISE, (item.id, makers, item.donors)


KNOWN_OTHERWISE = {
    "fgd-gypsum-steel-cement", "coke-fines-steel", "gypsum-alumina-residue", "silica-fume", "residue-carbon-black",
    "smelter-refractory-construction", "nickel-ammonium-sulphate", "aluminous-slag-coagulant", "car-scrap-foundry",
    "car-aluminium", "car-sludge-cement", "rubber-recycling", "activated-carbon-reactivation", "spent-shale-cement",
    "coke-ammonium-sulphate", "catalyst-cement", "refinery-sulphur-fertiliser", "refinery-sulphur-chemicals",
    "biomass-power", "boiler-ash-polishing", "pharma-yeast-farm", "zirconia-ammonium-chloride", "lime-mud",
    "car-scrap-dies", "talc-casing",
}  # fmt: skip
"""Types whose vocabulary entry names another usual maker: read by eye."""


def test_cities_and_links(base):
    assert base.types["scrap-steel"].donors[0] == CITY
    assert linked(base.types["scrap-steel"].receivers, "CN42-2007") == ("14",)
    assert linked(base.types["fly-ash-cement"].donors, "ISIC4") == ("35",)
    assert linked([CITY], "ISIC4") == ()


def test_a_factor_of_own_carbon_is_of_carbon(base):
    for item in base.types.values():
        if item.carbon_factor:
            assert "CO2" in factor(item.carbon_factor).unit, item.id
            assert item.carbon in ("fossil", "mixed"), item.id


def test_carbon_of_fossil_streams_is_not_zero(base):
    for item in base.types.values():
        if any(descends(s, parent) for s in item.streams for parent in ("waste.plastic", "coal.gangue", "waste.tyres")):
            assert item.carbon in ("fossil", "mixed"), item.id


def test_figures_that_are_known(base):
    slag = base.types["carbide-slag-cement"]
    assert slag.replaces[0].rate.value == pytest.approx(432 / 315, rel=1e-3)
    assert slag.co2.value == pytest.approx(184 / 315, rel=1e-3)
    assert slag.caps[0].high == pytest.approx(0.68)
    assert base.types["gangue-power"].replaces[0].rate.value == pytest.approx(42 / 140)
    assert base.types["ggbs-cement"].co2.value == pytest.approx(2.6 / 3.4, rel=0.01)
    assert [s.rate.value for s in base.types["scrap-steel"].replaces] == [1.4, 0.8, 0.3]
    ash = base.types["fly-ash-cement"]
    assert [(c.low, c.high) for c in ash.caps] == [(0.05, 0.2), (0.2, 0.4)]
    assert ash.co2 is None  # not published: stays unknown
    assert base.types["fly-ash-brick"].replaces[0].rate is None


def test_rates_of_the_study_of_guiyang_are_the_same_there(base):
    study = tomllib.loads((GUIYANG / "exchanges.toml").read_text(encoding="utf-8"))
    there = {e["id"]: next(r["rate"] for r in e["replaces"]) for e in study["exchange"] if e["id"] in base.types}
    for name in ("steel-slag-cement", "phosphorus-slag-cement", "fly-ash-cement"):
        first, wanted = base.types[name].replaces[0], there[name]
        assert first.material == "cement.clinker"
        assert (first.rate.value, first.rate.low, first.rate.high, first.rate.unit, first.rate.kind) == tuple(
            wanted[key] for key in ("value", "low", "high", "unit", "kind")
        )  # fmt: skip
        assert study["sources"][wanted["source"]]["title"].split()[1].split("-")[0] in first.rate.source  # the standard
        assert "study of Guiyang" in base.types[name].rate_note


def test_figures_that_belong_to_something_else_stay_out(base):
    """CO2 per tonne of crude steel, per year, or an outlier is no CO2 per tonne of the stream."""
    for name in ("steel-slag-carbonation", "steel-waste-heat-power", "chemical-steam-refinery", "paper-recycling"):
        assert base.types[name].co2 is None
        assert base.types[name].note.en


def test_guiyang_by_2018(base):
    def state(name):
        return {e.status for e in base.types[name].evidence if e.case == "guiyang" and e.source.key == "su12093650"}

    for name in ("steel-slag-cement", "phosphorus-slag-cement", "aluminium-slag-cement", "gangue-power",
                 "fly-ash-cement", "scrap-steel"):  # fmt: skip
        assert state(name) == {"implemented"}, name
    assert state("plastics-furnace") == state("steel-heat-city") == {"planned"}


def test_steel_slag_knows_that_the_standard_changed(base):
    assert "not-blended-gb175" in [c.id for c in base.types["steel-slag-cement"].conditions]
    assert base.standards["gb-175-2007"].status.startswith("superseded")
    assert all("superseded" in cap.source.note for cap in base.types["ggbs-cement"].caps)


def test_hazardous_streams_carry_a_remark(base):
    for item in base.types.values():
        if any(material(s).hazard == "yes" for s in item.streams):
            assert item.hazard.en, item.id


def test_limits_are_checkable_and_say_where_they_come_from(base):
    facts = Facts(
        {"fCaO": 0.01, "LOI": 0.05, "SO3": 0.01, "P2O5": 0.01, "Cl": 0.0001, "Al2O3": 0.4, "SiO2": 0.9}, 0.005,
        (12.0, "GJ/t"), 200.0, 1.0,
    )  # fmt: skip
    limits = [c for c in base.conditions.values() if c.is_limit]
    assert len(limits) >= 20
    for condition in limits:
        assert check(condition, facts) == "met", condition.id
        assert condition.source.citation
        assert condition.unit == "°C" or parse_unit(condition.unit)
    for condition in base.conditions.values():
        judged = condition.source.citation == "engineering judgement"
        assert judged == (condition.checked == "judgement"), condition.id


def test_every_condition_technology_and_standard_is_used(base):
    used = {c.id for t in base.types.values() for c in t.conditions}
    assert used == set(base.conditions)
    steps = {s.id for t in base.types.values() for s in t.treatment}
    assert steps == set(base.technologies)
    named = {s.id for t in base.types.values() for s in t.standards} | {c.source.key for c in base.conditions.values()}
    named |= {cap.source.key for t in base.types.values() for cap in t.caps}
    assert set(base.standards) <= named


def test_every_source_is_used_or_is_the_workbook(base):
    used = {e.source.key for t in base.types.values() for e in t.evidence}
    used |= {s.key for t in (*base.types.values(), *base.listed.values()) for s in t.sources}
    used |= {cap.source.key for t in base.types.values() for cap in t.caps}
    used |= {c.source.key for c in base.conditions.values()} | {s.key for c in base.cases.values() for s in c.sources}
    texts = [f.source for t in base.types.values() for s in t.replaces if (f := s.rate)]
    texts += [t.co2.source for t in base.types.values() if t.co2]
    texts += [r.figure.source for c in base.cases.values() for r in c.results]
    for key, source in base.sources.items():
        assert key in used or source.citation in texts, key


def test_every_case_is_told_or_known_from_a_type(base):
    from_types = {c for t in base.types.values() for c in t.cases}
    told = {c.id for c in base.cases.values() if any(getattr(c, part).en for part in STORY)}
    assert from_types | told == set(base.cases)
    for name in ("guiyang", "liuzhou", "jinan", "kawasaki", "ulsan", "kalundborg", "teda", "rizhao", "guitang",
                 "kwinana", "gladstone", "taranto", "chengdu-cetdz"):  # fmt: skip
        assert name in told
        assert base.cases[name].sources


def test_results_of_cases(base):
    kawasaki = {r.what.en: r.figure for r in base.cases["kawasaki"].results}
    footprint = kawasaki["Life cycle carbon footprint saved"]
    assert footprint.value == pytest.approx(30.92 - 26.66)
    assert footprint.value == pytest.approx(2.76 + 1.16 + 0.34)
    saved = [r.figure for r in base.cases["chengdu-cetdz"].results if r.figure.unit == "tCO2"]
    assert [f.value for f in saved] == [22347]  # the source prints 22.347


def test_a_maestri_case_is_the_case_of_its_references(base):
    numbers = {c.maestri: c.id for c in base.cases.values() if c.maestri}
    assert len(numbers) == sum(1 for c in base.cases.values() if c.maestri)
    for item in base.types.values():
        for e in item.evidence:
            if e.source.key.startswith("M:"):
                assert numbers[int(e.source.key[2:].split(",")[0])] == e.case, (item.id, e.source.key)


def test_what_rests_on_the_slip_of_case_16_says_so(base):
    found = [e.source for t in base.types.values() for e in t.evidence if e.source.key.startswith("M:16,30,")]
    assert found
    assert all(s.note for s in found)
    clean = [e.source for t in base.types.values() for e in t.evidence if e.source.key.startswith("M:16,20,")]
    assert clean
    assert not any(s.note for s in clean)


def test_judgement_is_named(base):
    """What replaces what is a reading, except where a source says so."""
    for item in base.types.values():
        if item.conditions and all(c.checked == "judgement" for c in item.conditions):
            assert "conditions" in item.judgement, item.id
        if any(s.basis and s.rate is None for s in item.replaces):
            assert {"rate_basis", "replaces", "conditions"} & set(item.judgement), item.id


def test_industries_are_read_as_they_should_be():
    assert industry("2519").name_zh == "其他原油制造"  # crude oil of oil shale
    assert industry("3216").name("en") == "Alumina and aluminium smelting"


def test_broad_codes_are_deliberate(base):
    """A code of two digits is named in ``judgement``, or the note says why it is so broad."""
    for item in base.types.values():
        for column, codes in (("donor", item.donors), ("receiver", item.receivers)):
            for code in codes:
                if code != CITY and len(code) == 2:
                    assert column in item.judgement or code in item.note.en, (item.id, column, code)


def test_demand_is_told_of_each_row_and_of_something(base):
    assert {row["needs_demand"] for row in table("exchange_types.csv")} == {"yes", "no"}
    for item in base.types.values():
        assert item.replaces or not item.needs_demand, item.id


@pytest.mark.parametrize(
    ("name", "industry_code"),
    [
        ("red-mud-iron", "3140"), ("red-mud-iron", "3391"), ("organic-waste-fuel", "4610"), ("scrap-steel", "3140"),
        ("chlorine-water", "4620"), ("bf-slag-glass", "3057"), ("ggbs-cement", "3023"), ("fgd-gypsum-board", "3011"),
        ("plastics-ammonia", "2641"), ("bauxite-residue-water", "4610"), ("paper-recycling", "2231"),
        ("phosphogypsum-acid-cement", "3011"), ("power-steam-neighbours", "2770"), ("battery-lead", "4210"),
    ],
)  # fmt: skip
def test_who_cannot_take_it_is_no_receiver(base, name, industry_code):
    assert industry_fits(industry_code, base.types[name].receivers) == "no"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("co2-industrial-gas", "gas.co2"), ("fermentation-co2-gas", "gas.co2"), ("co2-residue-carbonation", "gas.co2"),
        ("gypsum-alumina-residue", "gypsum.natural"), ("red-mud-iron", "ore.iron"), ("car-aluminium", "scrap.aluminium"),
        ("residue-carbon-black", "chemical.tar"), ("lime-dust-tio2", "cement.lime"), ("talc-casing", "coal.peat"),
        ("sugar-heat-greenhouse", "gas.natural"), ("incinerator-steam", "heat.steam"), ("high-al-ash-alumina", "ore.bauxite"),
    ],
)  # fmt: skip
def test_where_the_class_is_not_enough_a_demand_is_needed(base, name, what):
    assert base.types[name].needs_demand
    assert any(descends(what, s.material) for s in base.types[name].replaces)


@pytest.mark.parametrize(
    ("name", "bought"),
    [
        ("residue-carbon-black", "oil.fuel"), ("fly-ash-alloy", "mineral.silica"), ("silica-fume", "cement.portland"),
        ("biogas-industry", "coal.raw"), ("organic-waste-fuel", "coke.breeze"), ("co2-industrial-gas", "coke.metallurgical"),
    ],
)  # fmt: skip
def test_a_demand_that_others_of_the_class_have_too_is_none(base, name, bought):
    """Titanium dioxide burns fuel oil, ferrosilicon buys silica, phosphorus buys coke: that makes them no receiver."""
    assert not any(descends(bought, s.material) for s in base.types[name].replaces)


def test_a_class_that_holds_other_makers_is_never_enough(base):
    """Of industrial gas and phosphorus, alumina and smelting, colours and carbon black, one class each."""
    for item in base.types.values():
        if {"2619", "3216", "2643", "3212", "2613", "2669"} & set(item.receivers):
            assert item.needs_demand or item.id == "reclaimed-water-industry", item.id


def test_integrated_steelworks_give_what_a_blast_furnace_gives(base):
    for item in base.types.values():
        if any(descends(s, "slag.bf") or s == "gas.blast-furnace" for s in item.streams):
            assert {"3110", "3120"} <= set(item.donors), item.id
        if "gas.coke-oven" in item.streams:
            assert {"2521", "3110", "3120"} <= set(item.donors), item.id


def test_what_only_some_works_of_a_class_can_take_is_asked(base):
    def asked(name):
        return {c.id for c in base.types[name].conditions if c.severity == "required"}

    for name in ("red-mud-iron", "plastics-furnace", "mill-scale-sinter", "coke-fines-steel", "chromium-slag-steel"):
        assert "has-blast-furnace" in asked(name), name
    for item in base.types.values():
        if item.receivers == ("3011",) and any(c.id in ("chlorine-kiln", "alkali-cement") for c in item.conditions):
            assert "has-kiln" in asked(item.id), item.id
    assert "residue-area" in asked("gypsum-alumina-residue") & asked("co2-residue-carbonation")


def test_blast_furnace_slag_without_more_leads_to_the_question_whether_it_is_granulated(base):
    for name in ("ggbs-cement", "ggbs-concrete"):
        slag = base.types[name]
        assert material_fits("slag.bf", slag.streams) == "possible"
        assert material_fits("slag.bf.granulated", slag.streams) == "yes"
        assert check_all(slag.conditions, Facts())["granulated"] == "ask"
        assert next(c for c in slag.conditions if c.id == "granulated").severity == "required"


def test_gypsum_for_board_is_calcined_and_gypsum_for_cement_is_not(base):
    board, cement = base.types["fgd-gypsum-board"], base.types["fgd-gypsum-cement"]
    assert (board.receivers, cement.receivers) == (("3024",), ("3011",))
    assert "calcination" in [s.id for s in board.treatment]
    assert "calcination" not in [s.id for s in cement.treatment]
    assert "gypsum-chloride" in {c.id for c in board.conditions} - {c.id for c in cement.conditions}
    assert "gypsum-standard" in {c.id for c in cement.conditions} - {c.id for c in board.conditions}


def test_cool_heat_does_not_reach_the_city_without_a_heat_pump(base):
    cool = Facts(temperature_c=35)
    for item in base.types.values():
        if CITY in item.receivers and any(descends(s, "heat") and s != "heat.cold" for s in item.streams):
            steps, verdicts = {s.id for s in item.treatment}, check_all(item.conditions, cool)
            if "heat-pump" in steps:
                assert verdicts["heat-pump-supply"] == "ask", item.id
            else:
                assert verdicts["heat-temperature"] == "not met", item.id
    limit = base.conditions["heat-temperature"]
    assert (limit.severity, limit.checked) == ("required", "judgement")
    assert check(limit, Facts(temperature_c=95)) == "met"


def test_power_from_heat_takes_no_cool_heat(base):
    for item in base.types.values():
        if {"4411", "4419"} & set(item.receivers):
            assert not [s for s in item.streams if descends("heat.waste.low", s)], item.id


def test_nothing_replaces_the_heading_of_all_fuels(base):
    """It holds coke breeze and peat: a waste that burns does not stand for them."""
    assert not [t.id for t in base.types.values() if any(s.material == "fuel" for s in t.replaces)]


def test_an_identifier_stands_for_one_thing(base):
    tables = (base.types, base.conditions, base.technologies, base.standards, base.cases)
    names = [name for found in tables for name in found]
    assert len(names) == len(set(names))


def test_what_only_the_receiver_knows_is_asked_of_the_receiver():
    sides = {c.id: c.asked_of for c in knowledge().conditions.values()}
    assert (sides["has-kiln"], sides["granulated"]) == ("receiver", "donor")
