"""The page of opportunities: what a facilitator asks, in both languages, and nothing of a name at work."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from discoveries import CEMENT, STEEL, asked, bought, cap, firm, found, kind, known, made, park, replaced, slag
from lichen.discover.find import only_for
from lichen.discover.settings import Settings
from lichen.discover.values import Span
from lichen.figures import Text
from lichen.inventory.store import save
from lichen.report.discovery import (
    DRAWN,
    SCALES,
    WAY_COLOURS,
    amount_text,
    discovery_context,
    discovery_html,
    firm_name,
    write_discovery_report,
)
from lichen.report.texts import Words
from lichen.study.discovery import only_for_firm, run_discovery
from lichen.study.discovery_tables import discovery_tables
from parks import flow, steelworks


@pytest.fixture(scope="module")
def flows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("park")
    save(steelworks(), folder)
    return run_discovery(folder)


def page_of(flows, inventory, *types, **settings):
    """A result with another park and other types."""
    return replace(
        flows, flows=replace(flows.flows, inventory=inventory), base=known(*types), settings=Settings(draws=0),
        found=found(inventory, *types, **settings), findings=(),
    )  # fmt: skip


FULL = park(
    slag(9000, price=(-30, "CNY/t"), composition={"fCaO": 0.06}, months=(1 / 6,) * 6 + (0.0,) * 6), bought("cement clinker", 800),
    made("portland cement", 1000), flow("steel", "", "out", "waste", "mystery", 4),
    flow("steel", "", "out", "water", "softened water", 5000, "m3/a", fate="discharged"), bought("softened water", 60, "m3/a", role="water"),
)  # fmt: skip
TYPE = kind(
    replaces=[replaced("cement.clinker", "mass")],
    caps=[cap("cement.portland", 0.2)],
    conditions=[asked(severity="advisable")],
)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_says_what_a_facilitator_asks(flows, lang, tmp_path):
    words = Words(lang)
    page = discovery_html(flows, lang, 5)
    for key in (
        "opportunities",
        "ranked_list",
        "opportunity_network",
        "score",
        "feasible",
        "in_place_of",
        "flows_private",
    ):
        assert words(key) in page, key
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ElementTree.fromstring(svg)
    assert "<script" not in page
    assert write_discovery_report(flows, tmp_path / "out", lang, 5).read_text(encoding="utf-8") == page


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_opportunity_in_full(flows, lang):
    words = Words(lang)
    result = page_of(flows, FULL, TYPE)
    context = discovery_context(result, words, 20)
    row = next(r for r in context["rows"] if r["stream"] == words_of("slag.steel", lang))
    assert row["quantity"] == "200 t/a (190 … 210)"
    assert row["resource"].startswith("200 t/a")
    assert row["co2"].startswith("167 tCO2/a")
    assert row["money"].startswith("0.006 M CNY/a")
    assert row["distance"] == "13 km"
    assert row["checks"] == [(asked().ask.text(lang), words.known("verdict", "not met"))]
    assert row["months"] == []
    assert [name for name, _ in row["components"]] == [words(f"component_{c}") for c in result.settings.weights]
    page = discovery_html(result, lang, 20)
    for text in (row["quantity"], row["stream"], words("better"), words("conditions")):
        assert text in page
    assert context["asked"]
    assert "mystery" in context["asked"][0]


def words_of(code, lang):
    from lichen.vocabulary.materials import material

    return material(code).name(lang)


def test_what_is_not_known_is_a_dash_and_at_most(flows):
    firms = (firm("steel", STEEL), firm("cement", CEMENT))
    context = discovery_context(page_of(flows, park(slag(100), firms=firms), kind()), Words("en"), 20)
    (row,) = context["rows"]
    assert row["quantity"] == "≤ 100 t/a (95 … 105)"
    assert [row[k] for k in ("distance", "co2", "money", "resource", "replaces")] == ["–", "–", "–", "–", ""]
    assert (row["months"], row["rivals"], row["alternatives"]) == ([], [], [])
    assert context["map_svg"] == ""
    assert "≤" in context["network_svg"]


def test_more_than_is_shown_is_counted_and_few_are_drawn(flows):
    firms = tuple(firm(f"f{i}", STEEL, (26 + i / 100, 106.0)) for i in range(30))
    inventory = park(*(slag(10 + i, who=f"f{i}") for i in range(30)), firms=(*firms, firm("c", CEMENT, (26.1, 106.1))))
    result = page_of(flows, inventory, kind())
    context = discovery_context(result, Words("en"), 25)
    assert (len(context["rows"]), context["more"]) == (25, 5)
    assert context["map_svg"].count('stroke-opacity="0.55"') == DRAWN
    assert len(ElementTree.fromstring(str(context["map_svg"])).findall(".//{http://www.w3.org/2000/svg}circle")) == 31
    cards = context["cards"]
    assert cards[0][0] == "30"
    assert cards[1][:2] == ("0.000735", "Mt/a")
    assert discovery_context(result, Words("en"), 1000)["more"] == 0


def test_one_firms_page_names_only_what_is_on_it(flows):
    firms = (*(firm(f"s{i}", STEEL) for i in range(9)), firm("c", CEMENT), firm("d", CEMENT))
    needs = [bought("limestone", 50, who=who) for who in ("c", "d")]
    inventory = park(*(slag(10 + i, who=f"s{i}") for i in range(9)), *needs, firms=firms)
    result = page_of(flows, inventory, kind(replaces=[replaced("mineral.limestone", rate=1.0)]))
    for code in ("s0", "c", "s8"):
        part = replace(result, found=only_for(result.found, code))
        (row, *others) = discovery_context(part, Words("en"), 20)["rows"]
        assert len(row["alternatives"]) == (code != "c")
        assert len(row["rivals"]) == (6 if code == "c" else 0)
        assert len(others) == (8 if code == "c" else 0)
        assert f"Firm {code}" in discovery_html(part, "en", 20)
        assert row["place"] == part.found.opportunities[0].place
    rows = {
        (r[13], r[17]): (r[0], r[-2], r[-1])
        for r in discovery_tables(only_for_firm(result, "s8"), "en")["opportunities"]
    }
    whole = {(o.donor.id, o.receiver.id): o.place for o in result.found.opportunities}
    assert {k: v[0] for k, v in rows.items() if k in whole} == {k: v for k, v in whole.items() if k[0] == "s8"}
    assert rows["s8", "c"][1:] == (str(whole["s8", "d"]), 9)


def test_what_is_ruled_out_says_why(flows):
    result = page_of(flows, park(slag(composition={"fCaO": 0.06})), kind(conditions=[asked()]))
    context = discovery_context(result, Words("zh"), 20)
    assert context["rows"] == []
    ((who, why),) = context["failed"]
    both = page_of(
        flows, park(slag(composition={"fCaO": 0.06})), kind(conditions=[asked(), asked("d", severity="advisable")])
    )
    assert discovery_context(both, Words("zh"), 20)["failed"][0][1] == ["问 c"]
    assert "钢渣" in who
    assert why == ["问 c"]
    page = discovery_html(result, "zh", 20)
    assert "问 c" in page
    assert Words("zh")("nothing_found") in page


def test_missing_firms_stand_with_what_they_could_take(flows):
    result = page_of(flows, park(slag(5000)), kind(receivers=["2614"]))
    (anchor,) = discovery_context(result, Words("en"), 20)["anchors"]
    assert (anchor["code"], anchor["total"], anchor["takes"], anchor["types"]) == (
        "2614",
        5.0,
        [("steel slag", 5.0)],
        ["Type t"],
    )


def test_an_empty_park_is_a_page_too(flows):
    result = page_of(flows, park(firms=()))
    assert Words("en")("nothing_found") in discovery_html(result, "en", 20)
    context = discovery_context(result, Words("en"), 20)
    assert (context["map_svg"], context["network_svg"], context["rows"], context["anchors"]) == ("", "", [], [])


def test_the_city_has_a_name_in_both_languages(flows):
    result = page_of(flows, park(slag()), kind(receivers=["city"]))
    (one,) = result.found.opportunities
    assert firm_name(one.receiver, Words("zh")) == Words("zh")("city")
    assert Words("zh")("city") in discovery_html(result, "zh", 5)


def test_each_question_stands_with_who_is_asked(flows):
    firms = (firm("steel", STEEL), firm("cement", CEMENT))
    result = page_of(flows, park(slag(fate=""), firms=firms), kind(replaces=[replaced("mineral.limestone", "mass")]))
    (row,) = discovery_context(result, Words("en"), 5)["rows"]
    assert [who for who, _ in row["questions"]] == ["Firm cement", "Firm steel", "Firm steel"]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{ 7*7 }}", '" onmouseover="x()', "名\u202e\x00" * 50])
def test_names_do_nothing_in_the_page(flows, name):
    firms = (replace(firm("steel", STEEL, (26.0, 106.0)), name=name), firm("cement", CEMENT, (26.1, 106.0)))
    inventory = park(slag(), flow("steel", "", "out", "waste", name, 3), firms=firms)
    item = replace(kind(), name=Text(name, name), hazard=Text(name, name))
    page = discovery_html(page_of(flows, inventory, item, kind("b", receivers=["2614"])), "en", 5)
    assert "<script" not in page
    assert 'onmouseover="x' not in page
    assert ">49<" not in page
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ElementTree.fromstring(svg)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (999, "t/a", "999 t/a"),
        (1000, "t/a", "1 kt/a"),
        (-2500, "tCO2/a", "−2.5 kt CO2/a"),
        (5e6, "CNY/a", "5 M CNY/a"),
        (0, "GJ/a", "0 GJ/a"),
    ],
)
def test_amounts_in_a_unit_of_a_fitting_size(value, unit, text):
    assert amount_text(Span(value, value, value), unit).replace("\u2212", "−") == text


def test_every_unit_and_way_has_its_words_and_colour():
    from typing import get_args

    from lichen.discover.streams import UNITS
    from lichen.discover.values import Way

    assert set(UNITS) <= set(SCALES)
    assert set(WAY_COLOURS) == set(get_args(Way))
    for way in get_args(Way):
        assert Words("zh").known("way", way) != way
