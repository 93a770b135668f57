"""``lichen appraise``."""

import csv
import json

import pytest

from appraisals import COSTS, study
from calls import call


@pytest.fixture
def folder(tmp_path):
    return study(tmp_path / "s")


def test_it_prints_what_each_is_worth_and_writes_page_and_tables(folder):
    done = call("appraise", folder, "--draws", 20)
    assert done.code == 0
    assert "power → cement" in done.out
    assert "net present value 58.5 million CNY" in done.out
    names = {f.name for f in (folder / "results").iterdir()}
    assert {"appraise.html", "appraise.json", "appraise.xlsx", "appraise_exchanges.csv", "appraise_risks.csv"} <= names
    with (folder / "results" / "appraise_prices.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert float(row["lowest (donor's limit)"]) == pytest.approx(-20)


def test_json_goes_to_another_folder_and_speaks_chinese(folder, tmp_path):
    done = call("appraise", folder, "--json", "--out", tmp_path / "o", "--lang", "zh", "--draws", 0)
    told = json.loads(done.out)
    assert told["appraise_exchanges"][0]["stream"] == "粉煤灰"
    assert told["discount_rate"] == 0.08
    assert not (folder / "results").exists()


def test_what_is_asked_in_the_call_goes_before_the_study(folder):
    told = json.loads(
        call("appraise", folder, "--json", "--rate", "0%", "--carbon-price", "0.006 万元/tCO2", "--years", 5, "--paid-by", "donor", "--draws", 0).out
    )  # fmt: skip
    assert (told["discount_rate"], told["years"]) == (0.0, 5)
    assert told["carbon_price"] == pytest.approx(60)
    (row,) = told["appraise_exchanges"]
    assert row["NPV of donor without price [CNY]"] < 0


@pytest.mark.parametrize(
    "bad", [("--rate", "much"), ("--rate", "-5%"), ("--carbon-price", "10 t"), ("--years", "1000")]
)
def test_what_cannot_be_is_told(folder, bad):
    done = call("appraise", folder, *bad)
    assert done.code in (1, 2)
    assert done.err


def test_a_network_of_nothing_is_no_failure(tmp_path):
    dear = COSTS.replace("treatment,ash.fly.coal,15,10,25", "treatment,ash.fly.coal,240,200,300")
    done = call("appraise", study(tmp_path / "s", dear))
    assert done.code == 0
    assert "no exchange" in done.err


def test_a_study_without_firms_is_told(tmp_path):
    done = call("appraise", tmp_path)
    assert done.code == 1
    assert "no firms" in done.err
