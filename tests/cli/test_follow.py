"""``lichen follow``."""

import csv
import json

import pytest

from calls import call
from follow_ups import follow_up, write
from lichen.study.follow import run_follow
from lichen.study.follow_tables import start_follow


@pytest.fixture
def full(tmp_path):
    follow_up(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("lang", "words"), [("en", "late: "), ("zh", "逾期：")])
def test_the_command_prints_and_writes(full, lang, words):
    done = call("follow", full, "--date", "2018-01-01", "--stalled-after", 100, "--lang", lang)
    assert done.code == 0
    assert words in done.out
    assert {"follow-up.html", "follow_up.json", "follow_up.xlsx", "follow_plan.csv"} <= {
        f.name for f in (full / "results").iterdir()}  # fmt: skip
    with (full / "results" / "follow_plan.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 3


def test_the_command_as_json_and_with_a_wrong_date(full, tmp_path):
    assert json.loads(call("follow", full, "--json", "--date", "2018", "--out", tmp_path / "o").out)["year"] == 2018
    wrong = call("follow", full, "--date", "3/4/2018")
    assert wrong.code == 1
    assert "2018-06-30" in wrong.err
    assert call("follow", full, "--out", tmp_path / "p").code == 0  # today


def test_start_writes_what_is_missing_and_leaves_what_is_there(tmp_path):
    write(tmp_path, "events.csv", "exchange,date,state\nslag,2016,idea\n")
    assert call("follow", tmp_path, "--start", "--lang", "zh").code == 0
    assert sorted(f.name for f in (tmp_path / "follow-up").iterdir()) == [
        "actual.csv", "events.csv", "measures.csv", "milestones.csv", "planned.csv", "targets.csv",
        "terms.csv"]  # fmt: skip
    assert "交换" in (tmp_path / "follow-up" / "planned.csv").read_text(encoding="utf-8-sig")
    assert run_follow(tmp_path).standings[0].exchange == "slag"  # what was written can be read
    assert start_follow(tmp_path, "en") == []
    assert call("follow", tmp_path / "nowhere", "--start").code == 1


@pytest.mark.parametrize(("lang", "words"), [("en", ("20 CNY/t at prices", "ended", "agreed: ")),
                                             ("zh", ("20 元/吨", "已截止", "商定："))])  # fmt: skip
def test_agreed_terms_are_printed(tmp_path, lang, words):
    write(tmp_path, "events.csv", "exchange,date,state\nslag,2016,implemented\n")
    write(tmp_path, "terms.csv", "exchange,start,end,price,price unit,source\nslag,2016,2016,20,元/吨,contract\n")
    done = call("follow", tmp_path, "--date", "2018", "--lang", lang)
    assert done.code == 0
    flat = " ".join(done.out.split())
    assert all(word in flat for word in words), flat
    with (tmp_path / "results" / "follow_terms.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["standing"] for row in csv.DictReader(file)] == ["ended"]
