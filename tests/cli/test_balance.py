"""``lichen balance``."""

import json

import pytest

from calls import call
from lichen.inventory.store import save
from parks import steelworks


@pytest.fixture
def park(tmp_path):
    save(steelworks(slag_taken=320.0), tmp_path)
    return tmp_path


@pytest.mark.parametrize(("lang", "words"), [("en", "gross error: cement"), ("zh", "粗大误差：cement")])
def test_it_prints_balances_and_gross_errors_and_writes_the_page(park, lang, words):
    done = call("balance", park, "--lang", lang)
    assert done.code == 0
    assert words in done.out
    assert (park / "results" / "balance.html").exists()


def test_json_and_another_folder(park, tmp_path):
    done = call("balance", park, "--json", "--out", tmp_path / "o", "--year", 2012, "--lang", "en")
    assert done.code == 0
    assert json.loads(done.out)["year"] == 2012
    assert (tmp_path / "o" / "balance.xlsx").exists()


def test_a_study_without_firms_is_told(tmp_path):
    done = call("balance", tmp_path / "nowhere", "--lang", "en")
    assert done.code == 1
    assert "has no firms" in done.err
