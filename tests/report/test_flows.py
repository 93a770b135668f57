"""The page of a park's flows and its pictures."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from lichen.inventory.store import save
from lichen.inventory.values import Inventory
from lichen.report import report_html
from lichen.report.flows import flow_context, flow_report_html, write_flow_report
from lichen.report.park_pictures import MOST_UNITS, material_name, park_sankey
from lichen.report.texts import Words
from lichen.study.flows import run_flows
from lichen.study.new import new_study
from lichen.study.run import run_study
from parks import flow, steelworks


@pytest.fixture
def result(tmp_path):
    save(steelworks(slag_taken=320.0), tmp_path)
    return run_flows(tmp_path)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_says_what_a_facilitator_asks(result, lang, tmp_path):
    page = flow_report_html(result, lang)
    words = Words(lang)
    for key in ("flows_private", "balances", "listed", "reconciliation", "gross_errors", "must_hold", "whole_park"):
        assert words(key) in page, key
    for firm in result.inventory.firms:
        assert firm.name in page
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ElementTree.fromstring(svg)
    assert page.count("<svg") == 4
    assert "<script" not in page
    assert write_flow_report(result, tmp_path / "out", lang).read_text(encoding="utf-8") == page


def test_gross_errors_stand_in_the_page_with_both_values(result):
    context = flow_context(result, Words("en"))
    (gross,) = context["gross"]
    assert gross["flow"] == "Cement works · mill: steel slag ← Steelworks"
    assert gross["told"].startswith("320 ± 16")
    assert gross["others"].startswith("200")
    assert [r["suspicious"] for r in context["listed"]] == [False, False, True]


def test_a_studys_report_has_the_section_only_with_firms(tmp_path):
    folder = tmp_path / "s"
    new_study(folder)
    heading = Words("en")("reconciliation_lead")
    assert heading not in report_html(run_study(folder), "en")
    save(steelworks(), folder)
    assert heading in report_html(run_study(folder), "en")


def test_names_of_firms_do_nothing_in_the_page(tmp_path):
    park = steelworks()
    evil = "<script>alert(1)</script>"
    save(replace(park, firms=tuple(replace(f, name=f"{evil}{i}") for i, f in enumerate(park.firms))), tmp_path)
    assert "<script" not in flow_report_html(run_flows(tmp_path), "en")


def texts(svg):
    return " ".join(
        "".join(node.itertext()) for node in ElementTree.fromstring(svg).iter() if node.tag.endswith(("text", "title"))
    )


def test_the_picture_leaves_water_out_of_mass_and_keeps_exchanges():
    park = replace(
        steelworks(), flows=(*steelworks().flows, flow("cement", "", "in", "water", "fresh water", 9000, "m3/a"))
    )
    shown = texts(park_sankey(park, 2012, "mass", "firm", Words("en")))
    assert "steel slag" in shown
    assert "water intake" not in shown
    assert "water intake" in texts(park_sankey(park, 2012, "water", "firm", Words("en")))
    assert "钢渣" in texts(park_sankey(park, 2012, "mass", "sector", Words("zh")))
    assert "Fe in, through and out" in park_sankey(park, 2012, "Fe", "sector", Words("en"))


def test_nothing_to_draw_is_no_picture():
    assert park_sankey(Inventory(), 2012, "mass", "firm", Words("en")) == ""
    assert park_sankey(steelworks(), 1999, "mass", "firm", Words("en")) == ""


def test_many_firms_are_added_up_and_nothing_is_lost():
    park = steelworks()
    base = replace(park.firms[2], id="x")
    firms = tuple(replace(base, id=f"f{i}", name=f"Firm {i}") for i in range(40))
    flows = tuple(
        replace(park.flows[0], firm=f"f{i}", quantity=replace(park.flows[0].quantity, value=100.0, low=None, high=None))
        for i in range(40)
    )
    shown = texts(park_sankey(Inventory(firms, (), flows), 2012, "mass", "firm", Words("en")))
    assert sum(f"Firm {i}" in shown.split("→")[0] or f"Firm {i} " in shown for i in range(40)) <= 40
    assert "others" in shown
    assert f"{(40 - MOST_UNITS['firm'] + 1) * 100 / 1000:g} kt/a" in shown


def test_a_material_outside_the_vocabulary_keeps_its_name():
    assert material_name("Mystery dust", Words("zh")) == "Mystery dust"
    assert material_name("slag.steel", Words("zh")) == "钢渣"
