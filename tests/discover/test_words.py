"""What is said of an opportunity: why, what to ask whom, what would help; in both languages."""

from dataclasses import replace

import pytest

from discoveries import (
    CEMENT,
    SOURCE,
    STEEL,
    asked,
    bought,
    cap,
    codes,
    firm,
    found,
    kind,
    known,
    made,
    only,
    park,
    replaced,
    slag,
)
from lichen.discover.find import discover
from lichen.discover.settings import Settings
from lichen.discover.water_quality import replaceable
from lichen.discover.words import name_questions
from lichen.figures import Text
from lichen.knowledge.values import CITY, Case, Evidence, Technology
from lichen.vocabulary.materials import material_text
from lichen.vocabulary.meaning import NameModel
from naming import encode
from parks import flow

LIMESTONE = replaced("mineral.limestone", rate=1.0)


def case(code):
    empty = Text("")
    return Case(
        code, Text(f"{code.title()}: slag in cement", f"{code}市：钢渣"), "CN", "", "", 0, *(empty,) * 6, (), ()
    )


def with_cases(*states):
    item = replace(kind(), evidence=tuple(Evidence(c, s, SOURCE) for c, s in states))
    base = known(item, cases=[case(c) for c, _ in states if c])
    return only(discover(park(slag()), 2012, base, Settings(draws=0)))


def test_cases_are_named_and_those_that_did_it_go_before():
    one = with_cases(("alpha", "planned"), ("beta", "implemented"), ("beta", "implemented"))
    (why,) = one.reasons
    assert why.code == "discover.implemented"
    assert why.found("en") == "Known of such firms: Beta."
    assert "beta市" in why.found("zh")
    assert with_cases(("alpha", "planned"), ("gamma", "studied")).reasons[0].found("en").endswith("Alpha, Gamma.")
    assert with_cases(("", "implemented")).reasons[0].code == "discover.known_type"
    assert len(with_cases(*((f"c{i}", "implemented") for i in range(9))).reasons[0].values["cases"]) == 6


def test_each_way_says_why():
    assert codes(found(park(slag(), bought("steel slag", 200))).opportunities[0].reasons) == [
        "same_material",
        "limited_by_supply",
    ]
    elsewhere = kind(donors=["2614"], receivers=["2614"], replaces=[LIMESTONE])
    assert (
        codes(found(park(slag(), bought("limestone", 5)), elsewhere).opportunities[0].reasons)[0] == "known_substitute"
    )
    hot = flow("steel", "", "out", "heat", "high-temperature waste heat", 9, "GJ/a", temperature=400)
    one = only(found(park(hot, bought("low-pressure steam", 9, "GJ/a", role="heat", temperature=100))))
    assert codes(one.reasons)[0] == "good_enough"


def test_hazards_doubts_and_what_is_used_already():
    item = kind(hazard=Text("dust", "粉尘"), additionality=Text("often sold", "多已出售"), streams=["slag"])
    item = replace(item, streams=("slag.steel.eaf",))
    one = only(found(park(slag(75, hazard="yes"), slag(25, fate="sold")), item))
    assert codes(one.reasons) == ["known_type", "only_possible", "additionality", "hazard", "partly_used", "hazardous"]
    assert "25%" in one.reasons[4].text("en")
    assert "粉尘" in one.reasons[3].text("zh")
    dross = flow("steel", "", "out", "waste", "aluminium salt slag", 5)
    assert dross.material
    assert "hazardous" in codes(only(found(park(dross), kind(streams=[dross.material]))).reasons)


def test_limits_are_named_only_where_the_other_side_is_known():
    assert "limited_by_supply" not in codes(only(found(park(slag()), kind())).reasons)
    unknown_rate = only(found(park(slag(), bought("limestone", 500)), kind(replaces=[replaced("mineral.limestone")])))
    assert "limited_by_supply" not in codes(unknown_rate.reasons)
    assert codes(unknown_rate.remedies) == []
    both = kind(replaces=[LIMESTONE], caps=[cap("cement.portland", 0.2)])
    one = only(found(park(slag(5), bought("limestone", 500), made("portland cement", 500)), both))
    assert (codes(one.reasons)[-1], codes(one.remedies)) == ("limited_by_supply", ["more_donors"])
    one = only(found(park(slag(500), bought("limestone", 5)), both))
    assert (codes(one.reasons)[-1], codes(one.remedies)) == ("limited_by_demand", ["more_receivers"])
    one = only(found(park(slag(500), made("portland cement", 500)), both))
    assert (codes(one.reasons)[-1], codes(one.remedies)) == ("limited_by_cap", ["more_receivers"])


def test_storage_would_help_where_months_are_the_limit():
    half = (1 / 6,) * 6 + (0.0,) * 6
    steam = flow("steel", "", "out", "heat", "low-pressure steam", 12, "GJ/a", months=half, fate="discharged")
    one = only(found(park(steam, bought("low-pressure steam", 12, "GJ/a", role="heat"))))
    assert "storage" in codes(one.remedies)


def test_treatment_is_said_once_in_both_languages():
    step = Technology("g", Text("grinding", "粉磨"), Text(""))
    base = known(replace(kind("a"), treatment=(step,)), replace(kind("b"), treatment=(step,)))
    one = only(discover(park(slag()), 2012, base, Settings(draws=0)))
    (help_,) = one.remedies
    assert help_.found("zh").count("粉磨") == help_.found("en").count("grinding") == 1


def test_everything_that_is_not_known_is_asked_of_who_knows_it():
    firms = (firm("steel", STEEL), firm("cement", CEMENT))
    untold = slag(5, fate="")
    untold = replace(untold, quantity=replace(untold.quantity, kind="estimated"))
    one = only(found(park(untold, firms=firms), kind(replaces=[replaced("mineral.limestone")], conditions=[asked()])))
    assert [(q.code.split(".")[1], q.where.key) for q in one.questions] == [
        ("ask_condition", "steel"), ("ask_demand", "cement"), ("ask_rate", "cement"), ("ask_supply", "steel"),
        ("ask_fate", "steel"), ("ask_place", "steel"),
    ]  # fmt: skip
    assert "石灰石" in one.questions[1].text("zh")
    need = bought("limestone", 9)
    need = replace(need, quantity=replace(need.quantity, kind="estimated"))
    one = only(found(park(slag(), need), kind(replaces=[LIMESTONE])))
    assert codes(one.questions) == ["ask_price", "ask_estimated_demand"]


def test_the_city_is_not_asked_where_it_is_or_what_it_buys():
    one = only(found(park(slag()), kind(receivers=[CITY], replaces=[replaced("mineral.limestone", "mass")])))
    assert codes(one.questions) == []


def test_a_fate_that_is_told_once_is_not_asked():
    assert "ask_fate" in codes(only(found(park(slag(5, fate="unknown"), slag(4, fate="sold")), kind())).questions)
    assert "ask_fate" not in codes(only(found(park(slag(5, fate=""), slag(4, fate="stored")), kind())).questions)


@pytest.mark.parametrize(
    ("source", "need", "expected"),
    [(None, None, {"steel", "cement"}), (200, None, {"cement"}), (None, 100, {"steel"}), (200, 100, set())],
)
def test_temperatures_that_are_not_told_are_asked_for(source, need, expected):
    heat = flow(
        "steel", "", "out", "heat", "high-temperature waste heat", 9, "GJ/a", temperature=source, fate="discharged"
    )
    one = only(found(park(heat, bought("low-pressure steam", 9, "GJ/a", role="heat", temperature=need))))
    assert {q.where.key for q in one.questions if "emperature" in q.text("en") or "°C" in q.text("en")} == expected


def test_what_a_water_must_meet_is_asked():
    water = flow("steel", "", "out", "water", "reclaimed water", 9, "m3/a", fate="discharged")
    one = only(found(park(water, bought("cooling water", 9, "m3/a", role="water")), water=replaceable()))
    ask = next(q for q in one.questions if q.code != "discover.ask_price")
    assert (ask.code, ask.where.key) == ("discover.ask_condition", "steel")
    assert "GB/T 19923" in ask.text("en")
    assert "GB/T 19923" in ask.text("zh")


def test_names_that_are_not_known_are_asked_once_with_what_is_near():
    inventory = park(
        flow("steel", "p", "out", "waste", "steel slagg", 1), flow("steel", "p", "in", "raw material", "steel slagg", 1),
        flow("steel", "p", "out", "waste", "qqqqqq", 1, year=2011), flow("cement", "", "out", "waste", "zzqxj", 1), slag(),
    )  # fmt: skip
    first, second = name_questions(inventory, 2012)
    assert first.where.key == "steel · p"
    assert "steel slag" in first.mend("en")
    assert second.where.key == "cement"
    assert second.mend("zh")


def test_a_model_of_names_proposes_beside_what_is_spelled_alike():
    inventory = park(flow("steel", "", "out", "waste", "cuprous clinkery", 1), slag())
    (plain,) = name_questions(inventory, 2012)
    (one,) = name_questions(inventory, 2012, NameModel("tiny", encode))
    for lang, word in (("en", "By the model “tiny”"), ("zh", "按名称模型“tiny”")):
        assert word in one.mend(lang)
        assert "copper slag (100 %)" in one.mend(lang)
        assert "tiny" not in plain.mend(lang)
    inventory = park(flow("steel", "", "out", "waste", "copper slagg", 1), slag())
    (one,) = name_questions(inventory, 2012, NameModel("tiny", encode))
    assert one.mend("en").count("copper slag") == 1, "what is spelled alike is not proposed again"


def test_a_condition_of_two_types_with_one_question_is_asked_once():
    same = asked("d")
    same = replace(same, ask=asked("c").ask)
    one = only(found(park(slag()), kind("a", conditions=[asked("c")]), kind("b", conditions=[same])))
    assert codes(one.questions) == ["ask_condition", "ask_rate"]
    assert material_text("slag.steel") == Text("steel slag", "钢渣")


def test_a_condition_of_the_receiver_is_asked_of_the_receiver():
    kiln = replace(
        asked("kiln", quantity="other", substances=(), operator="", limit=None, unit=""), asked_of="receiver"
    )
    ask = only(found(park(slag()), kind("a", conditions=[kiln]))).questions[0]
    assert (ask.code, ask.where.key) == ("discover.ask_plant", "cement")
