"""``lichen balance``."""

import json

import pytest
from typer.testing import CliRunner

from lichen.cli import app
from lichen.inventory.store import save
from parks import steelworks


@pytest.fixture
def park(tmp_path):
    save(steelworks(slag_taken=320.0), tmp_path)
    return tmp_path


def call(*args):
    return CliRunner().invoke(app, [str(a) for a in args])


@pytest.mark.parametrize(("lang", "words"), [("en", "gross error: cement"), ("zh", "粗大误差：cement")])
def test_it_prints_balances_and_gross_errors_and_writes_the_page(park, lang, words):
    done = call("balance", park, "--lang", lang)
    assert done.exit_code == 0
    assert words in done.stdout
    assert (park / "results" / "balance.html").exists()
    assert "Fe" in done.stdout


def test_json_and_another_folder(park, tmp_path):
    done = call("balance", park, "--json", "--out", tmp_path / "o", "--year", 2012, "--lang", "en")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["year"] == 2012
    assert (tmp_path / "o" / "balance.xlsx").exists()


def test_a_study_without_firms_is_told(tmp_path):
    done = call("balance", tmp_path / "nowhere", "--lang", "en")
    assert done.exit_code != 0
    assert "has no firms" in str(done.exception)
