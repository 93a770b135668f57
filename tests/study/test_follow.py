"""Following a study: Guiyang's eight exchanges, Chengdu's sums, sizes and indicators from the firms' flows."""

import datetime
import json
import shutil
from pathlib import Path

import pytest

from follow_ups import follow_up, write
from lichen.errors import StudyError
from lichen.inventory.store import save
from lichen.report.follow import follow_html
from lichen.study.follow import run_follow
from lichen.study.follow_tables import follow_as_dict, not_kept, questions
from lichen.study.run import check_study
from parks import steelworks

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
D = datetime.date
HEAD = "exchange,year,quantity,quantity unit,kind,source"


@pytest.fixture(scope="module")
def guiyang():
    return run_follow(EXAMPLES / "guiyang")


def test_guiyang_is_what_the_paper_tells(guiyang):
    states = {s.exchange: s.state for s in guiyang.standings}
    assert len(states) == 8
    assert states["aluminium-slag-cement"] == "scaled down"
    assert [name for name, state in states.items() if state == "idea"] == ["plastics-furnace", "waste-heat-city"]
    lines = {(line.exchange, line.year): line for line in guiyang.lines}
    assert {k: v.actual for k, v in lines.items() if k[1] == 2012} == {
        ("steel-slag-cement", 2012): 30000, ("fly-ash-cement", 2012): 50000, ("scrap-steel", 2012): 30000}  # fmt: skip
    assert {k[0]: v.planned for k, v in lines.items() if k[1] == 2018} == {
        "steel-slag-cement": 120000, "phosphorus-slag-cement": 500000, "aluminium-slag-cement": 400000,
        "gangue-power": 100000, "fly-ash-cement": 200000, "plastics-furnace": 10000, "waste-heat-city": None,
        "scrap-steel": 100000}  # fmt: skip
    assert lines["aluminium-slag-cement", 2018].share == 0.5
    assert lines["plastics-furnace", 2018].verdict == "none"


def test_guiyangs_doubtful_heat_is_kept_as_told_and_not_counted(guiyang):
    (line,) = [x for x in guiyang.lines if x.exchange == "waste-heat-city"]
    assert line.verdict == "to ask"
    assert [q[1] for q in questions(guiyang)] == ["Heat exchange (300 tons/year)"]


def test_guiyangs_files_agree_with_its_exchanges(guiyang):
    assert guiyang.findings == ()
    book = {e.id: e for e in guiyang.loaded.book.exchanges}
    for line in guiyang.lines:
        if line.year == 2018 and line.planned is not None:
            assert line.planned == book[line.exchange].designed.value
            assert line.actual == book[line.exchange].implemented.value


def test_chengdus_sums_are_told_and_its_co2_is_asked_about():
    result = run_follow(EXAMPLES / "chengdu")
    (measure,) = result.measures
    assert (measure.count, measure.investment, measure.saved_once) == (108, 5e7, 3.6e7)
    assert measure.saving is measure.co2_t is measure.co2_once_t is None
    assert "22.347" in questions(result)[0][1]


def test_the_date_is_the_last_that_the_files_tell_of(tmp_path):
    write(tmp_path, "events.csv", "exchange,date,state\nslag,2015-06,idea\n")
    assert run_follow(tmp_path).date == D(2015, 6, 30)
    write(tmp_path, "actual.csv", f"{HEAD}\nslag,2016,5,t/a,reported,s\n")
    assert run_follow(tmp_path).date == D(2016, 12, 31)
    assert run_follow(tmp_path, D(2015, 7, 1)).lines == ()
    assert len(run_follow(tmp_path, D(2015, 7, 1), year=2016).lines) == 1
    shutil.rmtree(tmp_path / "follow-up")
    write(tmp_path, "planned.csv", f"{HEAD}\nslag,2020,5,t/a,reported,s\n")
    assert run_follow(tmp_path).date == D(2020, 12, 31)


def test_nothing_to_follow_is_told(tmp_path):
    with pytest.raises(StudyError, match="--start"):
        run_follow(tmp_path)


def test_what_contradicts_the_study_is_warned_of(tmp_path):
    shutil.copytree(EXAMPLES / "guiyang", tmp_path / "g", ignore=shutil.ignore_patterns("inventory"))
    write(tmp_path / "g", "events.csv",
          "exchange,date,state\nplastics-furnace,2018,agreed\ngangue-power,2018,agreed\nscrap-stel,2018,idea\n"
          "waste-heat-city,2018,implemented\n")  # fmt: skip
    result = run_follow(tmp_path / "g")
    assert sorted((p.code, p.values["exchange"]) for p in result.findings) == [
        ("follow.says_otherwise", "gangue-power"), ("follow.says_otherwise", "waste-heat-city"),
        ("follow.unknown_exchange", "scrap-stel")]  # fmt: skip
    assert any("scrap-steel" in p.text("en") for p in result.findings)
    # at an earlier day the study's status, which is of today, says nothing
    assert all(p.code != "follow.says_otherwise" for p in run_follow(tmp_path / "g", D(2017, 1, 1)).findings)
    write(tmp_path / "g", "events.csv", "exchange,date,state\nplastics-furnace,soon,agreed\n")
    assert "inventory.period" in {p.code for p in check_study(tmp_path / "g")}


def test_sizes_and_indicators_come_from_the_firms(tmp_path):
    save(steelworks(), tmp_path)
    firm = steelworks().firms[0]
    write(tmp_path, "measures.csv",
          f"firm,measure,category,state,kind,source\n{firm.id},m,pumps,implemented,reported,s\n")  # fmt: skip
    write(tmp_path, "targets.csv",
          "indicator,year,direction,target,value,unit,source\n"
          "solid_waste_utilisation,2012,at least,10,,%,HJ 274-2015\nsolid_waste_utilisation,2011,at least,10,,%,s\n"
          "solid_waste_utilisation,2012,at least,10,,t/a,s\nour own rate,2012,at most,3,2,1,s\n")  # fmt: skip
    result = run_follow(tmp_path)
    assert result.measures[0].size == firm.size
    found = {(t.target.indicator, t.target.year, t.target.unit): t for t in result.targets}
    worked = found["solid_waste_utilisation", 2012, "%"]
    assert worked.computed
    assert 0 <= worked.value <= 100
    assert found["solid_waste_utilisation", 2011, "%"].met == "not reported"
    assert found["our own rate", 2012, "1"].met == "met"
    assert [p.code for p in result.findings] == ["follow.not_added"]


@pytest.fixture
def full(tmp_path):
    follow_up(tmp_path)
    return tmp_path


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_shows_all_parts_and_no_markup_of_users(full, lang):
    html = follow_html(run_follow(full, D(2018, 1, 1)), lang, 100)
    assert "&lt;b&gt;slag&lt;/b&gt;" in html
    assert "<b>slag</b>" not in html
    for word in {"en": ("Milestones", "stalls", "not reported", "units differ", "2 a", "366 days late", "not met"),
                 "zh": ("里程碑", "停滞", "未报告", "单位不同类", "未达到")}[lang]:  # fmt: skip
        assert word in html, word


def test_json_has_no_nan_and_what_is_absent_is_null(full):
    found = json.loads(json.dumps(follow_as_dict(run_follow(full, D(2018, 1, 1)), "en"), allow_nan=False))
    by = {(row["exchange"], row["year"]): row for row in found["plan"]}
    assert by["ash", 2017]["actual"] is None
    assert by["ash", 2017]["verdict"] == "not reported"
    assert [row["overdue [days]"] for row in found["board"]] == [550, 0]


@pytest.mark.parametrize(("lang", "words"), [("en", "Agreed terms to look at"), ("zh", "须关注的商定条款")])
def test_agreed_terms_are_followed(tmp_path, lang, words):
    write(tmp_path, "events.csv", "exchange,date,state\nslag,2020,implemented\n")
    write(tmp_path, "actual.csv", f"{HEAD}\nslag,2021,5,kt/a,measured,scales\n")
    write(tmp_path, "terms.csv", "exchange,start,end,price,price unit,quantity,quantity unit,low,source\n"
          "slag,2021,2022,-12,CNY/t,8,kt/a,6,contract 7\n")  # fmt: skip
    found = run_follow(tmp_path, D(2023, 1, 31))
    assert [p.code for p in not_kept(found)] == ["follow.terms_ended", "follow.terms_below"]
    assert not [*not_kept(run_follow(tmp_path, D(2020, 12, 31)))]
    table = follow_as_dict(found, "en")["terms"][0]
    assert (table["price"], table["standing"], table["year"], table["keeping"]) == (-12, "ended", 2021, "below")
    page = follow_html(found, lang)
    assert words in page
    assert "-12 CNY/t" in page
    assert "contract 7" in page
