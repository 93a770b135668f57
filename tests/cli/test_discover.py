"""``lichen discover``."""

import csv
import json

import pytest

from calls import call
from lichen.inventory.store import save
from parks import steelworks


@pytest.fixture
def park(tmp_path):
    save(steelworks(), tmp_path)
    return tmp_path


def rows(folder):
    with (folder / "opportunities.csv").open(encoding="utf-8-sig", newline="") as file:
        heading, *found = csv.reader(file)
    assert len(set(heading)) == len(heading), "two columns of one name"
    return [dict(zip(heading, row, strict=True)) for row in found]


@pytest.mark.parametrize(("lang", "words"), [("en", "granulated blast furnace slag"), ("zh", "粒化高炉矿渣")])
def test_it_prints_the_best_and_writes_page_tables_and_sheets(park, lang, words):
    done = call("discover", park, "--lang", lang, "--sheets", 1)
    assert done.code == 0
    assert words in done.out
    results = park / "results"
    assert {"discover.html", "opportunities.csv", "opportunities.xlsx"} <= {f.name for f in results.iterdir()}
    assert len(list((results / "sheets").iterdir())) == 2
    assert [r["rank"] for r in rows(results)] == [str(n + 1) for n in range(len(rows(results)))]


def test_json_is_plain_and_goes_to_another_folder(park, tmp_path):
    done = call("discover", park, "--json", "--out", tmp_path / "o")
    assert json.loads(done.out)["opportunities"]
    assert not (park / "results").exists()


def test_what_concerns_one_firm_leaves_the_results_of_the_park(park):
    call("discover", park)
    before = (park / "results" / "opportunities.csv").read_bytes()
    done = call("discover", park, "--for", "cement")
    assert done.code == 0
    assert (park / "results" / "opportunities.csv").read_bytes() == before
    own = park / "results" / "for-cement"
    assert all("cement" in (r["donor"], r["receiver"]) for r in rows(own))
    assert "only what concerns cement" in (own / "discover.html").read_text(encoding="utf-8")


def test_an_unknown_firm_is_told_with_the_nearest(park):
    done = call("discover", park, "--for", "cemnt")
    assert done.code == 1
    assert "cement" in done.err


def test_a_study_may_begin_beside_firms_that_came_in(park):
    (park / ".lichen.lock").touch()
    assert call("new", park).code == 0
    assert call("discover", park, "--year", 2012).code == 0
