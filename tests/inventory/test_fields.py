"""One cell: what each type takes, and what it says of the rest."""

import datetime

import pytest

from lichen.errors import Where
from lichen.inventory.dictionary import Column, field
from lichen.inventory.fields import LONGEST_TEXT, Named, parse_cell
from lichen.vocabulary.names import is_chinese

HERE = Where("s.xlsx", "Flows", "C7")


def read(name, cell, is_unit=False, decimal=None):
    entity, _, own = name.partition(".")
    return parse_cell(Column(field(entity, own), is_unit), cell, HERE, decimal)


def fault(name, cell, is_unit=False):
    found = read(name, cell, is_unit)
    assert found.value is None
    (problem,) = found.problems
    assert problem.severity == "error"
    assert problem.where == HERE
    assert problem.text("en")
    assert problem.text("zh")
    return problem.code


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("firm.id", "  steel  works\t1 ", "steel works 1"), ("firm.id", 7.0, "7"), ("firm.id", "007", "007"),
        ("flow.note", "=cmd|'/c calc'!A1", "=cmd|'/c calc'!A1"), ("flow.note", "※ 含水率 5‰ … ‘旧’", "※ 含水率 5‰ … ‘旧’"),
        ("flow.direction", "OUT", "out"), ("flow.direction", "产出", "out"), ("flow.direction", " 投入 ", "in"),
        ("flow.role", "By-product", "by-product"), ("flow.role", "副产品", "by-product"),
        ("flow.fate", "堆存", "stored"), ("flow.quality", "实测", "measured"), ("firm.datum", "gcj-02", "GCJ-02"),
        ("firm.datum", None, "WGS84"), ("firm.disclosure", "", "park"), ("flow.disclosure", None, None),
        ("flow.quantity", "１２３４", 1234.0), ("flow.quantity", "12万", 120000.0), ("flow.quantity", "1,234.5", 1234.5),
        ("flow.quantity", 0, 0.0), ("flow.price", "-10", -10.0), ("flow.price", "−10", -10.0),
        ("flow.year", 2012.0, 2012.0), ("flow.year", "2012", 2012.0), ("firm.employees", "3 200", 3200.0),
        ("flow.moisture", "8 %", 8.0), ("flow.moisture", "8％", 8.0), ("flow.moisture", 0, 0.0), ("flow.moisture", 100, 100.0),
        ("flow.uncertainty", "5%", 5.0),
        ("firm.industry", 3120.0, "3120"), ("firm.industry", "31", "31"), ("firm.industry", "0610", "0610"),
        ("flow.composition", "CaO 42; SiO2 15", {"CaO": 0.42, "SiO2": 0.15}),
        ("flow.composition", "CaO:42%；SiO2＝15 ％\nFe 18;", {"CaO": 0.42, "SiO2": 0.15, "Fe": 0.18}),
        ("flow.composition", "氧化钙 42；水0.5", {"氧化钙": 0.42, "水": 0.005}),
        ("flow.composition", "Ca(OH)2 100", {"Ca(OH)2": 1.0}),
        ("flow.months", "1;1;1;1;1;1;1;1;1;1;1;1", (1 / 12,) * 12),
        ("process.closed", "mass; Fe, P", ("mass", "Fe", "P")), ("process.closed", "物质；水 能量;水", ("mass", "water", "energy")),
        ("flow.pedigree", "1; 2;3、4 １", (1, 2, 3, 4, 1)), ("flow.from_stock", "25 %", 25.0), ("flow.phase", "浆状", "slurry"),
        ("flow.given_on", "2012-12-31", "2012-12-31"), ("flow.given_on", datetime.date(2012, 12, 31), "2012-12-31"),
        ("flow.given_on", datetime.datetime(2012, 12, 31, 8), "2012-12-31"), ("flow.hazard", "是", "yes"), ("firm.size", "大型", "large"),
        ("flow.months", "24,0 0;0；0，0 0 0 0 0 0 0", (1.0, *[0.0] * 11)),
    ],
)  # fmt: skip
def test_good_cells(name, cell, value):
    found = read(name, cell)
    assert found.problems == ()
    assert found.value == (pytest.approx(value) if isinstance(value, float | dict | tuple) else value)


@pytest.mark.parametrize(
    ("name", "cell", "code"),
    [
        ("firm.id", None, "inventory.empty"), ("firm.name", " \u3000\n", "inventory.empty"), ("flow.quantity", "", "inventory.empty"),
        ("firm.name", "x" * (LONGEST_TEXT + 1), "inventory.too_long"),
        ("firm.name", "a\0b", "inventory.control"), ("firm.name", "a\u202eb", "inventory.control"),
        ("firm.name", "a\u200bb", "inventory.control"), ("firm.name", "a\u2066b", "inventory.control"),
        ("flow.direction", "outwards", "inventory.not_one_of"), ("flow.role", "垃圾", "inventory.not_one_of"),
        ("flow.quality", True, "inventory.not_one_of"), ("flow.role", "x" * 10_000, "inventory.not_one_of"),
        ("flow.quantity", -1, "inventory.range"), ("flow.quantity", "1,234", "numerals.ambiguous"),
        ("flow.quantity", "1.234", "numerals.ambiguous"), ("flow.quantity", "1e400", "numerals.not_finite"),
        ("flow.quantity", float("inf"), "numerals.not_finite"), ("flow.quantity", float("nan"), "numerals.not_finite"),
        ("flow.quantity", "nan", "numerals.not_finite"), ("flow.quantity", True, "numerals.truth"),
        ("flow.quantity", datetime.date(2012, 1, 1), "numerals.date"), ("flow.quantity", "=1+1", "numerals.not_a_number"),
        ("flow.quantity", "12 t", "numerals.not_a_number"), ("flow.quantity", "#REF!", "numerals.error_cell"),
        ("flow.quantity", "/", "numerals.no_value"), ("flow.quantity", "50 %", "inventory.percent"),
        ("flow.quantity", "9" * 65, "numerals.too_long"), ("flow.quantity", "10²", "numerals.not_a_number"),
        ("process.closed", "mass; everything", "inventory.layers"), ("flow.pedigree", "1;2;3", "inventory.pedigree"),
        ("flow.pedigree", "1;2;3;4;5", "inventory.pedigree"), ("flow.given_on", "2012-13-01", "inventory.date"),
        ("flow.given_on", 41274.0, "inventory.date"), ("flow.from_stock", 120, "inventory.range"),
        ("flow.moisture", 100.1, "inventory.range"), ("flow.moisture", "108 %", "inventory.range"),
        ("flow.moisture", "8 %%", "numerals.not_a_number"), ("flow.moisture", "%", "numerals.not_a_number"),
        ("flow.temperature", -300, "inventory.range"), ("flow.year", 2012.5, "inventory.not_whole"),
        ("flow.year", 12, "inventory.range"), ("flow.year", datetime.date(2012, 1, 1), "numerals.date"),
        ("firm.employees", 1.5, "inventory.not_whole"), ("firm.latitude", 91, "inventory.range"),
        ("process.hours", 8785, "inventory.range"),
        ("firm.industry", "9999", "inventory.unknown_industry"), ("firm.industry", "steel", "inventory.unknown_industry"),
        ("firm.industry", 610, "inventory.unknown_industry"),
        ("flow.composition", "CaO42", "inventory.composition"), ("flow.composition", "CaO", "inventory.composition"),
        ("flow.composition", "42", "inventory.composition"), ("flow.composition", "CaO 42 SiO2 15", "inventory.composition"),
        ("flow.composition", "CaO 42,5", "inventory.composition"), ("flow.composition", "CaO -4", "inventory.range"),
        ("flow.composition", "CaO 60; SiO2 60", "inventory.composition_sum"), ("flow.composition", "CaO nan", "inventory.composition"),
        ("flow.composition", "C 10; C 20", "inventory.composition_twice"), ("flow.composition", "CaO 101", "inventory.range"),
        ("flow.months", "1;2;3", "inventory.months"), ("flow.months", "0;" * 12, "inventory.months"),
        ("flow.months", "-1" + ";1" * 11, "inventory.months"), ("flow.months", "a" + ";1" * 11, "inventory.months"),
        ("flow.months", "1e308;" * 12, "inventory.months"), ("flow.months", 8.3, "inventory.months"),
    ],
)  # fmt: skip
def test_bad_cells(name, cell, code):
    assert fault(name, cell) == code


@pytest.mark.parametrize(
    ("name", "unit"),
    [("flow.quantity", "万吨/年"), ("flow.quantity", "t/month"), ("flow.quantity", "MWh/a"), ("flow.price", "元/吨"),
     ("flow.heating_value", "kcal/kg"), ("flow.stock", "万吨"), ("process.capacity", "GWh/a"), ("flow.quantity", " t/a ")],
)  # fmt: skip
def test_units_that_fit(name, unit):
    assert read(name, unit, True).value == unit.strip()


@pytest.mark.parametrize(
    ("name", "unit", "code"),
    [("flow.quantity", "t", "inventory.unit_misfit"), ("flow.quantity", "CNY/t", "inventory.unit_misfit"),
     ("flow.price", "t/a", "inventory.unit_misfit"), ("flow.price", "1/t", "inventory.unit_misfit"),
     ("flow.stock", "t/a", "inventory.unit_misfit"), ("flow.heating_value", "GJ/a", "inventory.unit_misfit")],
)  # fmt: skip
def test_units_that_do_not_fit(name, unit, code):
    assert fault(name, unit, True) == code


@pytest.mark.parametrize(
    "unit", ["bananas/a", "t/", "/a", "t//a", "(((", "t**9999999", "x" * 5000, "=cmd", "\u202et/a", "__import__('os')"]
)
def test_units_that_are_none(unit):
    found = read("flow.quantity", unit, True)
    assert found.value is None
    assert found.problems
    assert all(p.text("zh") and p.code.startswith(("units.", "inventory.unit_misfit")) for p in found.problems)


def test_an_unknown_material_is_warned_of_with_suggestions_and_kept():
    found = read("flow.material", "steel slagg")
    assert found.value == Named("steel slagg", "")
    (problem,) = found.problems
    assert (problem.code, problem.severity) == ("inventory.unknown_material", "warning")
    assert "slag" in problem.text("en").lower()
    assert read("flow.material", "钢渣").value == Named("钢渣", read("flow.material", "steel slag").value.code)
    assert read("flow.material", "钢渣").problems == ()
    assert read("flow.material", "qqqqzzzz").value == Named("qqqqzzzz", "")
    assert fault("flow.material", "a\u202eb") == "inventory.control"


def test_a_group_of_materials_is_not_a_material():
    found = read("flow.material", "slag")
    assert found.value == Named("slag", "")
    assert [p.severity for p in found.problems] == ["warning"]


def test_the_decimal_sign_of_the_file_decides():
    assert read("flow.quantity", "1.234", decimal=".").value == 1.234
    assert read("flow.quantity", "1,234", decimal=",").value == 1.234
    assert read("flow.quantity", "1,234", decimal=".").value == 1234.0


def test_a_percentage_that_a_spreadsheet_turned_into_a_share_is_asked_about():
    found = read("flow.moisture", 0.08)
    assert found.value == 0.08
    assert [(p.code, p.severity) for p in found.problems] == [("inventory.small_percent", "warning")]
    assert "write 8" in found.problems[0].text("en")
    assert read("flow.moisture", "0.08").problems == ()


def test_an_industry_that_lost_its_zero_is_found_again():
    assert "0610" in read("firm.industry", 610).problems[0].text("en")


def test_a_choice_shows_what_is_allowed_once():
    told = read("firm.datum", "WGS").problems[0]
    assert "WGS84, GCJ-02, BD-09." in told.mend("en")
    assert "WGS84、GCJ-02、BD-09。" in told.mend("zh")
    assert all(choice.en for choice in read("flow.disclosure", "secret").problems[0].values["allowed"])


def test_every_choice_is_shown_in_the_language_of_the_message():
    for name in ("flow.role", "flow.fate", "flow.direction", "flow.quality"):
        told = read(name, "nonsense").problems[0]
        english, chinese = told.mend("en"), told.mend("zh")
        assert "…" not in english + chinese
        assert not is_chinese(english)
    assert "堆存" in read("flow.fate", "仓").problems[0].mend("zh")
    assert "stored" not in read("flow.fate", "仓").problems[0].mend("zh")
    assert "投入、产出" in read("flow.direction", "x").problems[0].mend("zh")
