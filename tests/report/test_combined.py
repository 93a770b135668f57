"""Reports of the workbench: for the committee, for a firm, for the public; nothing but released sums in the last."""

import datetime
from dataclasses import replace

import pytest

from follow_ups import follow_up
from lichen.errors import StudyError
from lichen.figures import Text
from lichen.inventory.store import save
from lichen.monitor.values import Measure
from lichen.report.combined import combined_html
from lichen.report.sustainability import PublicTable, sustainability, sustainability_html, sustainability_pdf
from lichen.study.flows import run_flows
from lichen.study.follow import follow_of, run_follow
from parks import steelworks

DAY = datetime.date(2017, 6, 30)


@pytest.fixture
def study(tmp_path):
    save(steelworks(), tmp_path)
    follow_up(tmp_path)
    return tmp_path


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_committee_reads_open_steps_first(study, lang):
    page = combined_html(run_flows(study), run_follow(study, DAY), "Town & park", "committee", lang)
    assert "Town &amp; park" in page
    assert page.index("call") < page.index("<figure")
    assert "&lt;b&gt;slag&lt;/b&gt;" in page
    assert "<b>slag" not in page
    assert ("逾期" if lang == "zh" else "late") in page


def test_a_firm_reads_its_balances(study):
    page = combined_html(run_flows(study), None, "Steelworks", "firm", "en")
    assert "about this firm alone" in page
    assert "It is for the facilitator" not in page
    assert "blast furnace" in page


@pytest.mark.parametrize("reader", ["committee", "firm"])
def test_a_page_without_anything_says_what_to_do(reader):
    assert "Nothing was told yet" in combined_html(None, None, "Town", reader, "en")


def of(*measures):
    return replace(follow_of(_nothing(), Text("Town"), DAY), measures=measures)


def _nothing():
    from lichen.monitor.values import FollowUp

    return FollowUp()


def measure(firm, co2, **more):
    return Measure(firm, "pump", "pumps", "implemented", "s", co2_t=co2, **more)


@pytest.mark.parametrize(("measures", "told"), [
    ([("a", 10), ("b", 12), ("c", 14)], "36 t/a"), ([("a", 10), ("b", 12)], "withheld"), ([("a", 10), ("a", 12), ("a", 14)], "withheld"),
    ([("a", 1000), ("b", 1), ("c", 1)], "withheld"), ([("a", 500), ("b", 480), ("c", 10)], "withheld"),
])  # fmt: skip
def test_a_sum_over_measures_must_pass_the_rules(measures, told):
    shown = sustainability("Town", [], of(*(measure(*m) for m in measures)), "en")
    assert dict(shown["measures"])["CO2 avoided"] == told


def test_what_is_not_built_counts_for_nothing():
    ideas = [replace(measure(f, 10), state="idea") for f in "abc"]
    assert sustainability("Town", [], of(*ideas), "en")["measures"] == []


def test_currencies_are_added_up_apart():
    rows = [measure(f, None, investment=10.0, currency=c) for f in "abc" for c in ("CNY", "EUR")]
    found = [value for name, value in sustainability("Town", [], of(*rows), "en")["measures"] if name == "investment"]
    assert found == ["30 CNY", "30 EUR"]


TABLE = PublicTable("Waste <2012>", "note #strong[x]", "t/a", [("all", 4800.0), ("brewery", None)])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_page_and_pdf(lang, study):
    shown = sustainability("Town #pagebreak()", [TABLE], run_follow(study, DAY), lang)
    page = sustainability_html(shown)
    assert "Waste &lt;2012&gt;" in page
    assert ("不予公布" if lang == "zh" else "withheld") in page
    try:
        assert sustainability_pdf(shown).startswith(b"%PDF")
    except StudyError as error:
        assert lang == "zh"
        assert [p.code for p in error.problems] == ["discover.no_font"]  # noqa: PT017


def test_a_report_without_a_table_says_so(study):
    assert "No table has been released yet" in sustainability_html(
        sustainability("T", [], run_follow(study, DAY), "en")
    )
