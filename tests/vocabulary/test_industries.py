"""Industries of GB/T 4754-2017 and their links to other lists."""

import csv
from importlib.resources import files

import pytest

from lichen.errors import LabelError
from lichen.vocabulary.industries import LINKED, find_industries, industries, industry, links, within
from lichen.vocabulary.names import is_chinese
from lichen.vocabulary.sectors import sectors


def test_levels_hang_together():
    codes = {item.code for item in industries()}
    length = {"division": 2, "group": 3, "class": 4}
    for item in industries():
        assert len(item.code) == length[item.level]
        assert item.code.isdecimal()
        assert item.name_zh == item.name_zh.strip() != ""
        assert item.parent == ("" if item.level == "division" else item.code[:-1])
        assert not item.parent or item.parent in codes
    assert len(codes) == len(industries())


def test_mining_manufacturing_and_supply_are_complete():
    divisions = {item.code for item in industries("division")}
    assert {f"{n:02}" for n in range(1, 98)} == divisions
    wanted = [item for item in industries("class") if "06" <= item.division <= "46"]
    assert len(wanted) == 666
    assert {item.division for item in wanted} == {f"{n:02}" for n in range(6, 47)}


def test_names_and_a_slip_of_the_printed_list():
    assert industry("3011").name("zh") == "水泥制造"
    assert industry("3011").name("en") == "Cement"
    assert industry("374").name_zh == "航空、航天器及设备制造"
    assert industry("3741").name_zh == "飞机制造"
    assert industry("311").name_zh == "炼铁"  # a group of one class
    assert all(item.name_en for item in industries("division"))


def test_an_english_name_falls_back_to_what_stands_above():
    assert industry("305").name("en") == "Non-metallic mineral products (305)"
    assert industry("3029").name("en") == "Non-metallic mineral products (3029)"
    for item in industries():
        assert not is_chinese(item.name("en"))
        assert item.name("en") == item.name_en or item.name("en").endswith(f"({item.code})")


def test_an_unknown_code_is_refused_with_the_nearest():
    with pytest.raises(LabelError, match="301"):
        industry("30111")
    with pytest.raises(LabelError, match="ISIC4"):
        links("30", "ISIC")


@pytest.mark.parametrize(
    ("text", "codes"),
    [("steelmaking", ["312", "3120"]), ("炼钢", ["312", "3120"]), ("煉鋼", ["312", "3120"]), ("311", ["311", "3110"]),
     ("Cements", ["3011"]), ("  ", []), ("", []), ("qqqq", []), ("水泥制造业", ["3011"]),
     ("钢铁", ["311", "3110", "312", "3120"]), ("魑魅", [])],
)  # fmt: skip
def test_industries_are_found_by_code_and_by_name(text, codes):
    assert [item.code for item in find_industries(text)][: max(len(codes), 1)] == codes


def test_a_name_in_the_place_of_a_code_leads_to_the_code():
    with pytest.raises(LabelError) as error:
        industry("steel")
    (problem,) = error.value.problems
    for lang in ("en", "zh"):
        assert "312" in problem.text(lang)
        assert "lichen inventory sectors" in problem.text(lang)
    with pytest.raises(LabelError) as error:
        industry("qqqq")
    for lang in ("en", "zh"):
        assert not any(sign in error.value.text(lang) for sign in ("–", "nearest", "最接近", "[["))


def test_within():
    assert within("3011", "30")
    assert within("3011", "301")
    assert not within("3011", "31")


@pytest.mark.parametrize("to", LINKED)
def test_every_division_of_industry_has_one_main_link(to):
    for item in industries("division"):
        found = links(item.code, to)
        if item.code == "97" and to == "CN42-2007":
            assert found == ()
            continue
        assert [link.main for link in found] == [True] + [False] * (len(found) - 1)
        assert all(link.one_to_one == (len(found) == 1) for link in found)
        assert len(found) == 1 or all(link.note for link in found)


def test_links_go_to_codes_that_exist():
    text = (files("lichen.vocabulary") / "data" / "industry_links.csv").read_text(encoding="utf-8")
    known = {"CN42-2007": set(sectors("CN42-2007").codes), "ISIC4": {f"{n:02}" for n in range(1, 100)}}
    for row in csv.DictReader(text.splitlines()):
        assert row["to"] in known[row["to_classification"]], row
        assert row["source"]


@pytest.mark.parametrize(
    ("code", "sector", "isic"),
    [("0610", "02", "05"), ("2619", "12", "20"), ("3011", "13", "23"), ("3120", "14", "24"), ("4411", "23", "35"),
     ("4620", "25", "36"), ("1340", "06", "10"), ("2521", "11", "19"), ("7820", "37", "38")],
)  # fmt: skip
def test_links_that_are_known(code, sector, isic):
    assert links(code, "CN42-2007")[0].to == sector
    assert links(code, "ISIC4")[0].to == isic
