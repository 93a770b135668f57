"""``lichen knowledge``: every command as its user calls it, its exit codes, its JSON."""

import json

import openpyxl
import pytest

from calls import call
from lichen.knowledge.read import knowledge
from lichen.knowledge.store import csv_text, own_additions

ROW = {"id": "mine", "name_en": "Mine", "donor": "3120", "receiver": "3011", "stream": "slag.steel", "sources": "own"}
COUNT = len(knowledge().types)


def lichen(*arguments):
    return call("knowledge", *arguments)


@pytest.fixture
def own(tmp_path):
    def make(**changes):
        path = tmp_path / "own.csv"
        path.write_text(csv_text("exchange_types", [ROW | changes]), encoding="utf-8")
        return path

    return make


def test_list():
    done = lichen("list")
    assert done.code == 0
    assert f"{COUNT} of {COUNT}" in done.out
    done = lichen("list", "--donor", "city", "--receiver", "3011", "--lang", "zh")
    assert "tyres-kiln" in done.out
    assert "废轮胎用于水泥窑" in done.out
    assert "fly-ash-cement" not in done.out
    found = json.loads(lichen("list", "--material", "slag.steel", "--case", "jinan", "--json").out)
    assert {t["id"] for t in found} == {"steel-slag-cement", "steel-slag-carbonation"}


@pytest.mark.parametrize(
    "arguments", [("--donor", "9999"), ("--receiver", "town"), ("--material", "slag.steal"), ("--case", "kawasak")]
)
def test_filters_that_are_none(arguments):
    done = lichen("list", *arguments)
    assert done.code == 1
    assert "nearest" in done.err or "finds codes" in done.err
    assert "–" not in done.err


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", ["types", "cases", "technologies", "standards", "conditions"])
def test_show_tells_everything_there_is(kind, lang):
    for name, value in list(getattr(knowledge(), kind).items())[::7]:
        done = lichen("show", name, "--lang", lang)
        assert done.code == 0
        label = getattr(value, "name", None) or getattr(value, "title", None) or value.ask
        assert label.text(lang) in done.out
        assert json.loads(lichen("show", name, "--json").out)["id"] == name


def test_show_a_type():
    done = lichen("show", "fly-ash-cement")
    for part in ("4411 Thermal power", "coal fly ash (ash.fly.coal)", ">5% ≤20%", "superseded by GB 175-2023",
                 "LOI", "recalled, to be compared", "liuzhou: planned", "not known", "engineering judgement"):  # fmt: skip
        assert part in done.out, part
    record = json.loads(lichen("show", "fly-ash-cement", "--json").out)
    assert record["donors"]["sectors"] == ["23"]
    assert record["donors"]["isic"] == ["35"]
    assert (record["replaces"][0]["rate"]["value"], record["replaces"][0]["rate"]["kind"]) == (0.7, "assumed")
    assert record["needs_demand"] is False
    assert record["caps"][0] == {
        "of": "cement.portland", "low": 0.05, "high": 0.2, "source": "GB 175-2007 Common Portland cement",
        "note": "superseded by GB 175-2023",
    }  # fmt: skip
    assert record["evidence"][0]["case"] == "liuzhou"


def test_show_tells_that_a_demand_is_needed():
    assert json.loads(lichen("show", "co2-industrial-gas", "--json").out)["needs_demand"] is True
    assert "only for a receiver that tells a demand" in lichen("show", "co2-industrial-gas").out
    assert "须" in lichen("show", "co2-industrial-gas", "--lang", "zh").out
    assert "only for a receiver" not in lichen("show", "fly-ash-cement").out


@pytest.mark.parametrize("name", ["all.xlsx", "all.csv"])
def test_what_is_exported_passes_the_check(tmp_path, name):
    assert lichen("export", "--out", tmp_path / name).code == 0
    done = lichen("check", tmp_path / name)
    assert done.code == 0, done.out
    assert f"{COUNT} rows are the library's own" in done.out
    assert "nothing changes" in lichen("import", tmp_path / name, "--into", tmp_path / "town").out


def test_show_a_case_lists_its_exchanges():
    done = lichen("show", "kawasaki")
    assert "plastics-furnace" in done.out
    assert "13,300,000,000 JPY/a" in done.out
    assert "paper-recycling" in json.loads(lichen("show", "kawasaki", "--json").out)["exchange_types"]


def test_show_nothing():
    done = lichen("show", "fly-ash-cemnt")
    assert done.code == 1
    assert "fly-ash-cement" in done.err


def test_search():
    assert "steel-slag-cement" in lichen("search", "钢渣").out
    assert "废钢" in lichen("search", "scrap", "steel", "--lang", "zh").out
    hits = json.loads(lichen("search", "Kawasaki", "--top", 1, "--json").out)
    assert [(h["kind"], h["id"]) for h in hits] == [("case", "kawasaki")]
    assert "nothing found" in lichen("search", "zzzzqqqq", "--lang", "en").out
    assert lichen("search").code == 2


def test_check(own):
    done = lichen("check", own())
    assert done.code == 0
    assert "1 exchange types" in done.out
    done = lichen("check", own(donor="xx", sources=""))
    assert done.code == 1
    assert "own.csv, cell D2" in done.out
    told = json.loads(lichen("check", own(donor="xx"), "--json").out)
    assert (told["ok"], told["exchange_types"]) == (False, 0)
    assert [p["code"] for p in told["problems"]] == ["knowledge.unknown_industry"]
    assert lichen("check", "none.csv").code == 1


def test_check_a_maestri_file(tmp_path, own):
    path = tmp_path / "m.csv"
    path.write_text(
        "exchange_id,donor_business,donor_nace,receiver_business,receiver_nace,waste,ewc,status\n"
        '"31,29,4",Steel,2410,Cement,2351,COG,100202,Planned\n',
        encoding="utf-8",
    )
    done = lichen("check", path)
    assert done.code == 0
    assert "MAESTRI: 1 rows" in done.out
    assert "COG" in done.out
    told = json.loads(lichen("check", path, own(), "--json").out)
    assert told["maestri"] == [{"rows": 1, "material": 1, "donor": 0, "receiver": 1}]
    assert told["exchange_types"] == 1


def test_import_waits_for_a_yes(own, tmp_path):
    town = tmp_path / "town"
    done = lichen("import", own(), "--into", town)
    assert done.code == 2
    assert "Nothing was written" in done.err
    assert not town.exists()
    assert lichen("import", own(), "--into", town, "--yes").code == 0
    assert set(own_additions(town).types) == {"mine"}
    assert "nothing changes" in lichen("import", own(), "--into", town).out
    done = lichen("import", own(receiver="3021"), "--into", town)
    assert "receiver: 3011 → 3021" in done.out
    assert own_additions(town).types["mine"].receivers == ("3011",)


def test_import_as_json(own, tmp_path):
    told = json.loads(lichen("import", own(), "--into", tmp_path / "town", "--yes", "--json").out)
    assert told["written"] is True
    assert told["changes"][0]["id"] == "mine"


def test_import_refuses_faulty_rows(own, tmp_path):
    done = lichen("import", own(stream="moon dust"), "--into", tmp_path / "town", "--yes")
    assert done.code == 1
    assert "moon dust" in done.err
    assert not (tmp_path / "town").exists()
    (tmp_path / "file").write_text("x")
    done = lichen("import", own(), "--into", tmp_path / "file", "--yes")
    assert done.code == 1
    assert "cannot be written" in done.err


def test_own_rows_show_up(own, tmp_path):
    town = tmp_path / "town"
    lichen("import", own(), "--into", town, "--yes")
    assert f"{COUNT + 1} of {COUNT + 1}" in lichen("list", "--study", town).out
    assert "Mine" in lichen("show", "mine", "--study", town).out
    assert "mine" in lichen("search", "Mine", "--study", town).out
    assert lichen("show", "mine").code == 1
    for command in (("list",), ("show", "mine"), ("search", "x"), ("export", "--out", tmp_path / "x.csv")):
        done = lichen(*command, "--study", tmp_path / "none")
        assert done.code == 1
        assert "no study" in done.err


def test_export(own, tmp_path):
    town = tmp_path / "town"
    lichen("import", own(), "--into", town, "--yes")
    assert lichen("export", "--out", tmp_path / "all.xlsx", "--study", town).code == 0
    assert openpyxl.load_workbook(tmp_path / "all.xlsx")["exchange_types"].max_row == COUNT + 2
    assert lichen("export", "--out", tmp_path / "mine.csv", "--study", town, "--own").code == 0
    assert len((tmp_path / "mine.csv").read_text(encoding="utf-8").splitlines()) == 2
    assert lichen("export", "--out", tmp_path / "empty.csv", "--own").code == 0
    assert len((tmp_path / "empty.csv").read_text(encoding="utf-8").splitlines()) == 1
    done = lichen("export", "--out", tmp_path / "x.txt")
    assert done.code == 1
    assert "cannot be written" in done.err


def test_headings_without_rows_are_no_correct_file(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("id,donor,receiver,stream\n", encoding="utf-8")
    done = call("knowledge", "check", path)
    assert done.code == 1
    assert "no row" in done.out
    refused = call("knowledge", "import", path, "--into", tmp_path, "--yes")
    assert refused.code == 1
    told = json.loads(call("knowledge", "check", path, "--json").out)
    assert [p["code"] for p in told["problems"]] == ["knowledge.no_rows"]
