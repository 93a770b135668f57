"""``lichen settle``."""

import json

import pytest

from appraisals import BRICK, newcomer, study, threshold
from appraisals import BRICK_FLOWS as FLOWS
from calls import call


@pytest.fixture
def folder(tmp_path):
    return study(tmp_path / "s", settings=threshold(high=0.4))


def test_it_says_whether_a_firm_fits_and_which_links_it_opens(folder, tmp_path):
    done = call("settle", folder, newcomer(tmp_path, FLOWS, [BRICK]), "--value-added", "4000 万元", "--land", "30 亩")
    assert done.code == 0
    assert "thresholds: met" in done.out
    assert "links to firms of the park" in done.out
    assert "coal fly ash" in done.out
    assert {"settle.html", "settle.json", "settle.xlsx"} <= {f.name for f in (folder / "results").iterdir()}


def test_criteria_need_no_workbook(folder, tmp_path):
    done = call("settle", folder, "--json", "--lang", "zh", "-o", tmp_path / "o")
    told = json.loads(done.out)
    assert told["verdicts"] == {}
    assert len(told["settle_criteria"]) == 1
    assert told["settle_firms_wanted"]


@pytest.mark.parametrize("bad", [("--land", "big"), ("--value-added", "4000 t")])
def test_amounts_that_cannot_be_are_told(folder, tmp_path, bad):
    done = call("settle", folder, newcomer(tmp_path, FLOWS, [BRICK]), *bad)
    assert done.code == 1
    assert "12 ha" in done.err or "万元" in done.err


def test_a_workbook_that_is_not_there(folder, tmp_path):
    done = call("settle", folder, tmp_path / "no.xlsx")
    assert done.code == 1
