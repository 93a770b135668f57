"""``lichen design``."""

import json
from pathlib import Path

import pytest

from calls import call

GUIYANG = Path(__file__).parents[2] / "examples" / "guiyang"
NODES = "node,supply,demand,left cost [CNY/t],short cost [CNY/t]\nash,100,,20,\nmill,,80,,60\n"
ARCS = "from,to,cost [CNY/t],capacity\nash,mill,5,70\n"


@pytest.mark.parametrize(("lang", "words"), [("en", "exchanges would keep"), ("zh", "项交换每年可使")])
def test_it_prints_the_network_and_writes_page_and_tables(tmp_path, lang, words):
    done = call("design", GUIYANG, "--lang", lang, "--out", tmp_path, "--what-if", "close=power-01")
    assert done.code == 0, done.err
    assert words in done.out
    written = {f.name for f in tmp_path.iterdir()}
    assert {"design.html", "design.xlsx", "design.json", "network.csv", "network.exchanges.toml"} <= written


def test_json_is_plain(tmp_path):
    done = call("design", GUIYANG, "--json", "--out", tmp_path, "--objective", "co2", "--carbon-price", "60", "--budget",
                "1000 万元", "--years", 5)  # fmt: skip
    found = json.loads(done.out)
    assert (found["objective"], found["carbon_price"], found["years"]) == ("co2", 60, 5)
    assert found["network"]


def test_a_plain_network_is_solved_from_two_tables(tmp_path):
    (tmp_path / "nodes.csv").write_text(NODES, encoding="utf-8")
    (tmp_path / "arcs.csv").write_text(ARCS, encoding="utf-8")
    done = call("design", "--network", tmp_path / "nodes.csv", tmp_path / "arcs.csv", "--json")
    assert done.code == 0, done.err + done.out
    found = json.loads(done.out)
    assert found["objective"] == pytest.approx(70 * 5 + 30 * 20 + 10 * 60)
    assert list(found["flows"].values()) == [70]
    told = call("design", "--network", tmp_path / "nodes.csv", tmp_path / "arcs.csv", "--out", tmp_path / "o")
    assert "optimal" in told.out
    assert (tmp_path / "o" / "flows.csv").exists()


def test_what_is_missing_or_wrong_is_told(tmp_path):
    assert call("design").code == 1
    assert "folder" in call("design").err
    assert call("design", tmp_path / "nowhere").code == 1
    done = call("design", GUIYANG, "--what-if", "close=pwer-01", "--out", tmp_path)
    assert done.code == 1
    assert "power-01" in done.err
    wrong = call("design", GUIYANG, "--budget", "much", "--out", tmp_path)
    assert (wrong.code, "--budget" in wrong.err, "much" in wrong.err) == (1, True, True)
    (tmp_path / "nodes.csv").write_text("node,supply\na,-5\n", encoding="utf-8")
    (tmp_path / "arcs.csv").write_text("from,to,capacity\na,b,-1\n", encoding="utf-8")
    bad = call("design", "--network", tmp_path / "nodes.csv", tmp_path / "arcs.csv")
    assert bad.code == 1
    assert "b" in bad.err
