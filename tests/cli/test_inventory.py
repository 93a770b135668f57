"""``lichen inventory``: every command as its user calls it, its exit codes, its JSON."""

import json

import openpyxl
import pytest

from calls import call
from lichen.figures import Figure
from lichen.inventory.store import load, save
from lichen.inventory.values import Firm, Flow, Inventory
from lichen.inventory.workbook import write_inventory
from lichen.vocabulary.industries import industries
from lichen.vocabulary.materials import materials
from lichen.vocabulary.profiles import profiled
from naming import save as save_model


def lichen(*arguments):
    return call("inventory", *arguments)


def inventory(value=2.5, firm="s1"):
    figure = Figure(value, "t/a", "measured", "scale", year=2012)
    return Inventory(
        (Firm(firm, "Steel", "3120"),), (), (Flow(firm, "", "out", "by-product", "slag.steel", "钢渣", figure, 2012),)
    )


@pytest.fixture
def book(tmp_path):
    return write_inventory(inventory(), tmp_path / "s.xlsx", "en")


@pytest.fixture
def faulty(tmp_path):
    path = write_inventory(inventory(1.0, "bad"), tmp_path / "f.xlsx", "en")
    made = openpyxl.load_workbook(path)
    made["Flows"]["F3"] = "a lot"
    made.save(path)
    return path


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_template(tmp_path, lang):
    done = lichen("template", "--out", tmp_path / "t.xlsx", "--sector", "3120", "--lang", lang)
    assert done.code == 0
    assert ("企业" if lang == "zh" else "Firms") in openpyxl.load_workbook(tmp_path / "t.xlsx").sheetnames
    assert lichen("check", tmp_path / "t.xlsx").code == 0
    assert not done.err.startswith("warning")
    assert lichen("template", "--out", tmp_path / "t.xlsx", "--sector", "99999").code == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_template_for_an_industry_without_a_profile_says_so(tmp_path, lang):
    done = lichen("template", "--out", tmp_path / "t.xlsx", "--sector", "8411", "--lang", lang)
    assert done.code == 0
    assert "8411" in done.err
    assert "3011 3012" in done.err
    assert "lichen inventory sectors --profile" in done.err
    assert lichen("check", tmp_path / "t.xlsx").code == 0


def test_a_name_in_the_place_of_a_code_leads_to_the_code(tmp_path):
    done = lichen("template", "--out", tmp_path / "t.xlsx", "--sector", "steel")
    assert done.code == 1
    assert "3120 Steelmaking" in done.err
    assert "lichen inventory sectors" in done.err


@pytest.mark.parametrize(("lang", "text", "name"), [("en", "steelmaking", "Steelmaking"), ("zh", "炼钢", "炼钢")])
def test_sectors(lang, text, name):
    done = lichen("sectors", text, "--lang", lang)
    assert done.code == 0
    lines = done.out.splitlines()
    assert [line.split()[:2] for line in lines] == [["312", name], ["3120", name]]
    assert [("usual flows known" in line or "有常见物流" in line) for line in lines] == [False, True]
    told = json.loads(lichen("sectors", text, "--json").out)
    assert [(i["code"], i["zh"], i["profile"]) for i in told] == [("312", "炼钢", False), ("3120", "炼钢", True)]


def test_all_sectors_those_with_a_profile_and_none():
    every = json.loads(lichen("sectors", "--json").out)
    assert len(every) == len(industries())
    known = json.loads(lichen("sectors", "--profile", "--json").out)
    assert tuple(i["code"] for i in known) == profiled()
    assert [i for i in every if i["profile"]] == known
    done = lichen("sectors", "qqqq", "--lang", "en")
    assert (done.code, done.out) == (1, "")
    assert "qqqq" in done.err


@pytest.mark.parametrize(("lang", "first"), [("en", "steel slag"), ("zh", "钢渣")])
def test_materials(lang, first):
    done = lichen("materials", "鋼渣", "--lang", lang)
    assert done.code == 0
    assert done.out.startswith(first)
    assert "slag.steel" in done.out
    told = json.loads(lichen("materials", "slag", "--json").out)
    assert {"slag.bf", "slag.steel"} <= {m["code"] for m in told}
    assert "slag" not in {m["code"] for m in told}  # a group is no material
    assert {"code", "en", "zh", "synonyms"} == set(told[0])


def test_all_materials_and_none():
    every = json.loads(lichen("materials", "--json").out)
    assert [m["code"] for m in every] == [m.code for m in materials() if not m.group]
    done = lichen("materials", "qqqq", "--json")
    assert (done.code, json.loads(done.out)) == (1, [])


@pytest.mark.parametrize("name", ["none/t.xlsx", "t.csv", "t"])
def test_places_that_cannot_be_written(tmp_path, name):
    save(inventory(), tmp_path)
    for arguments in (("template",), ("export", tmp_path)):
        done = lichen(*arguments, "--out", tmp_path / name)
        assert done.code == 1
        assert "cannot be written" in done.err
        assert not (tmp_path / name).exists()


def test_check(book, faulty, tmp_path):
    assert lichen("check", book).code == 0
    done = lichen("check", book, faulty, "--marked", tmp_path / "back")
    assert done.code == 1
    assert "F3" in done.out
    assert openpyxl.load_workbook(tmp_path / "back" / "f-to-mend.xlsx")["Flows"]["F3"].comment
    done = lichen("check", book, faulty, tmp_path / "none.xlsx", "--json")
    told = json.loads(done.out)
    assert (done.code, told["ok"]) == (1, False)
    assert told["files"] == [
        {"file": "s.xlsx", "firms": ["s1"], "waiting": [], "flows": 1},
        {"file": "f.xlsx", "firms": [], "waiting": ["bad"], "flows": 0},
    ]
    assert {p["code"] for p in told["problems"]} == {"numerals.not_a_number", "sheets.missing"}


def test_the_decimal_sign_can_be_said(tmp_path):
    path = write_inventory(inventory(), tmp_path / "s.xlsx", "en")
    made = openpyxl.load_workbook(path)
    made["Flows"]["F3"] = "1.234"
    made.save(path)
    done = lichen("check", path)
    assert done.code == 1
    assert "--decimal" in done.out
    for sign, value in ((".", 1.234), (",", 1234.0)):
        assert lichen("check", path, "--decimal", sign).code == 0
        town = tmp_path / f"town{value}"
        assert lichen("import", path, "--into", town, "--decimal", sign, "--yes").code == 0
        assert load(town).flows[0].quantity.value == value
    assert lichen("check", path, "--decimal", ";").code == 2


def test_two_faulty_files_of_one_name_are_both_marked(faulty, tmp_path):
    (tmp_path / "other").mkdir()
    second = tmp_path / "other" / "f.xlsx"
    second.write_bytes(faulty.read_bytes())
    assert lichen("check", faulty, second, "--marked", tmp_path / "back").code == 1
    assert len(list((tmp_path / "back").iterdir())) == 2


def test_import_waits_for_a_yes(book, tmp_path):
    done = lichen("import", book, "--into", tmp_path / "town")
    assert done.code == 2
    assert "Nothing was written" in done.err
    assert not (tmp_path / "town").exists()
    assert lichen("import", book).code == 2


def test_import_puts_correct_firms_in_and_faulty_ones_wait(book, faulty, tmp_path):
    town = tmp_path / "town"
    done = lichen("import", book, faulty, "--into", town, "--yes")
    assert done.code == 1
    assert load(town) == inventory()
    assert "waiting: bad" in done.out
    assert (town / "inventory" / "returned" / "f-to-mend.xlsx").exists()
    done = lichen("import", book, "--into", town, "--yes")
    assert done.code == 0
    assert "nothing changes" in done.out


def test_second_import_shows_the_differences(book, tmp_path):
    town = tmp_path / "town"
    save(inventory(), tmp_path / "unchanged")
    assert lichen("history", tmp_path / "unchanged").out == "no change is written down\n"
    lichen("import", book, "--into", town, "--yes")
    later = write_inventory(inventory(3.5), tmp_path / "later.xlsx", "zh")
    done = lichen("import", later, "--into", town)
    assert "quantity: 2.5 → 3.5" in done.out
    assert load(town) == inventory()
    assert lichen("import", later, "--into", town, "-y").code == 0
    entries = json.loads(lichen("history", town, "--json").out)
    assert [e["what"] for e in entries] == ["new", "new", "changed"]
    assert "2.5 → 3.5" in lichen("history", town, "--firm", "s1").out
    assert lichen("import", book, later, "--into", town, "-y").code == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_show_and_export(tmp_path, lang):
    save(inventory(), tmp_path)
    assert "Steel" in lichen("show", tmp_path, "--lang", lang).out
    assert "钢渣" in lichen("show", tmp_path, "--firm", "s1", "--lang", lang).out
    assert json.loads(lichen("show", tmp_path, "--json").out)["flow"][0]["quantity"] == 2.5
    assert lichen("export", tmp_path, "--out", tmp_path / "e.xlsx", "--lang", lang).code == 0
    done = lichen("import", tmp_path / "e.xlsx", "--into", tmp_path, "--lang", "en")
    assert "nothing changes" in done.out


def test_merge(tmp_path):
    save(inventory(), tmp_path / "a")
    save(inventory(9.0, "p1"), tmp_path / "b")
    assert lichen("merge", tmp_path / "b", "--into", tmp_path / "a").code == 2
    assert lichen("merge", tmp_path / "b", "--into", tmp_path / "a", "--yes").code == 0
    assert [f.id for f in load(tmp_path / "a").firms] == ["s1", "p1"]


def test_studies_and_firms_that_are_not_there(tmp_path):
    none = tmp_path / "none"
    for arguments in (("show", none), ("history", none), ("export", none, "--out", tmp_path / "e.xlsx"),
                      ("merge", none, "--into", tmp_path)):  # fmt: skip
        done = lichen(*arguments)
        assert done.code == 1
        assert "no study" in done.err
    save(inventory(), tmp_path)
    done = lichen("show", tmp_path, "--firm", "s11")
    assert done.code == 1
    assert "“s1”" in done.err


@pytest.mark.parametrize("option", ["--marked", "--into"])
def test_a_file_where_a_folder_should_be(book, faulty, tmp_path, option):
    (tmp_path / "x").write_text("x")
    arguments = ("check", faulty, "--marked", tmp_path / "x") if option == "--marked" else (
        "import", book, "--into", tmp_path / "x", "--yes")  # fmt: skip
    done = lichen(*arguments)
    assert done.code == 1
    assert "cannot be written" in done.err


LAYOUT = """
[mapping]
version = 1
en = "Wells"
source = "Register of wells"
quality = "measured"
year = 2020
[firm]
id = "{Well}"
name = "{Well}"
industry = "4610"
[[flow]]
direction = "out"
role = "water"
material = "groundwater"
quantity = { from = "{Water}", unit = "m3/a" }
"""


@pytest.fixture
def wells(tmp_path):
    (tmp_path / "wells.toml").write_text(LAYOUT, encoding="utf-8")
    path = tmp_path / "wells.csv"
    path.write_text("Well;Water\nw1;250.5\nw2;a lot\n", encoding="utf-8")
    return path


def test_foreign_tables_by_a_mapping_file(wells, tmp_path):
    layout = tmp_path / "wells.toml"
    done = lichen("check", wells, "--mapping", layout, "--marked", tmp_path / "back", "--json")
    told = json.loads(done.out)
    assert done.code == 1
    assert told["files"] == [{"file": "wells.csv", "firms": ["w1"], "waiting": ["w2"], "flows": 1}]
    assert [p["where"] for p in told["problems"]] == ["wells.csv, cell B3"]
    marked = openpyxl.load_workbook(tmp_path / "back" / "wells-to-mend.xlsx").active
    assert marked["B3"].comment
    assert marked["B2"].comment is None
    done = lichen("import", wells, "--into", tmp_path / "town", "--mapping", layout, "-y")
    assert done.code == 1
    assert [f.id for f in load(tmp_path / "town").firms] == ["w1"]
    wells.write_text("Well;Water\nw1;260.5\n", encoding="utf-8")
    done = lichen("import", wells, "--into", tmp_path / "town", "--mapping", layout, "-y")
    assert done.code == 0
    assert "quantity: 250.5 → 260.5" in done.out
    wells.write_text("Well;Water\nw1;1.234\n", encoding="utf-8")
    assert lichen("check", wells, "--mapping", layout).code == 1
    assert lichen("check", wells, "--mapping", layout, "--decimal", ",").code == 0


def test_a_mapping_file_that_cannot_be_used(wells, tmp_path):
    done = lichen("check", wells, "--mapping", "hotmap")
    assert done.code == 1
    assert "“hotmaps”" in done.err
    done = lichen("check", wells, "--mapping", "hotmaps")
    assert done.code == 1
    assert "wells.csv" in done.out
    assert "SiteID" in done.out
    (tmp_path / "wells.toml").write_text(LAYOUT.replace("[firm]", "[firma]"), encoding="utf-8")
    done = lichen("import", wells, "--into", tmp_path / "town", "--mapping", tmp_path / "wells.toml", "-y")
    assert done.code == 1
    assert "firma" in done.err
    assert not (tmp_path / "town").exists()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_mappings_that_come_along(lang):
    done = lichen("mappings", "--lang", lang)
    assert done.code == 0
    assert "hotmaps" in done.out
    assert ("省级能源平衡表" if lang == "zh" else "Energy balance of a Chinese province") in done.out
    listed = json.loads(lichen("mappings", "--json", "--lang", lang).out)
    assert [m["name"] for m in listed] == ["energy-balance", "hotmaps"]
    assert all(m["title"] and m["source"] and m["quality"] for m in listed)


def test_a_model_of_names_adds_materials(tmp_path):
    model = save_model(tmp_path / "words")
    assert "slag.copper" not in lichen("materials", "cuprous clinkery", "--json").out
    told = json.loads(lichen("materials", "cuprous clinkery", "--model", model, "--json").out)
    assert "slag.copper" in [m["code"] for m in told]
    assert len(told) <= 25
    every = json.loads(lichen("materials", "--model", model, "--json").out)
    assert len(every) > 300
    refused = lichen("materials", "slag", "--model", tmp_path / "none")
    assert refused.code == 1
    assert "should be a folder" in refused.err


def test_a_file_that_is_not_there_is_told_and_nothing_else(tmp_path):
    done = lichen("import", tmp_path / "none.xlsx", "--into", tmp_path, "--yes")
    assert done.code == 1
    assert "There is no such file" in done.err
    assert done.out == ""
    assert not (tmp_path / "inventory").exists()
