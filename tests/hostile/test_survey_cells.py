"""What firms write into cells, by mistake or on purpose: the cell is named, and a marked copy can be sent back."""

import csv

import openpyxl
import pytest

from lichen.inventory.dictionary import columns
from lichen.inventory.store import FILES, save
from lichen.inventory.survey import read_survey, survey_of
from lichen.inventory.workbook import write_inventory, write_marked
from lichen.sheets import Sheet, cell_name, read_sheets
from surveys import changed, inventory, sheets_of, write

KEYS = {entity: [c.key for c in columns(entity)] for entity in ("firm", "process", "flow")}
NAMES = {"firm": "Firms", "process": "Processes", "flow": "Flows"}


def place(entity, key, row=2):
    return NAMES[entity], cell_name(row - 1, KEYS[entity].index(key))


def told(sheets, severity):
    """Return code and cell of the problems of one severity, each told in both languages with its cell."""
    found = survey_of("s.xlsx", sheets)
    for p in found.problems:
        assert p.where.cell in p.text("en")
        assert p.where.cell in p.text("zh")
    return [(p.code.partition(".")[2], p.where.sheet, p.where.cell) for p in found.problems if p.severity == severity]


def added(**values):
    """Return a good survey with one more flow of the first firm."""
    sheets = sheets_of(inventory())
    row = {**dict(zip(KEYS["flow"], sheets[2].rows[1], strict=True)), "year": 2013, **values}
    rows = (*sheets[2].rows, tuple(row[k] for k in KEYS["flow"]))
    return [*sheets[:2], Sheet("s.xlsx", "Flows", rows)]


@pytest.mark.parametrize(
    ("key", "cell", "code"),
    [
        # numbers
        ("quantity", "1,234", "ambiguous"), ("quantity", "1.234", "ambiguous"), ("quantity", "１，２３４", "ambiguous"),
        ("quantity", "nan", "not_finite"), ("quantity", float("nan"), "not_finite"), ("quantity", "1e400", "not_finite"),
        ("quantity", float("inf"), "not_finite"), ("quantity", "9" * 70, "too_long"), ("quantity", "=1+1", "not_a_number"),
        ("quantity", "#REF!", "error_cell"), ("quantity", "\x00", "not_a_number"), ("quantity", "12 t", "not_a_number"),
        ("quantity", "①", "not_a_number"), ("quantity", "10²", "not_a_number"), ("quantity", True, "truth"),
        ("quantity", "/", "no_value"), ("quantity", "50 %", "percent"), ("quantity", "1 2", "grouping"),
        # beyond what can be
        ("quantity", -1, "range"), ("quantity", "−3", "range"), ("moisture", 100.1, "range"), ("moisture", "108%", "range"),
        ("from_stock", 120, "range"), ("temperature", -300, "range"), ("year", 12, "range"), ("year", 2012.5, "not_whole"),
        ("composition", "CaO 60; SiO2 60", "composition_sum"), ("composition", "CaO -4", "range"), ("months", "1;2;3", "months"),
        # units and currencies
        ("quantity unit", "t", "unit_misfit"), ("quantity unit", "CNY/t", "unit_misfit"), ("quantity unit", "bananas/a", "unknown"),
        ("quantity unit", None, "no_unit"), ("quantity unit", "T/a", "unknown"), ("quantity unit", "(((", "unknown"),
        ("quantity unit", "t**9999999", "unknown"), ("quantity unit", "x" * 5000, "too_long"),
        # words
        ("direction", "outwards", "not_one_of"), ("role", "垃圾", "not_one_of"), ("process", "p\u202e", "control"),
        ("note", "a\x00b", "control"), ("note", "x" * 70_000, "too_long"), ("pedigree", "1;2;3;4;5", "pedigree"),
        ("given_on", "31.12.2012", "date"),
    ],
)  # fmt: skip
def test_a_bad_cell_of_a_flow_is_named_and_marked(tmp_path, key, cell, code):
    sheets = changed("flow", 1, **{key: cell})
    found = survey_of("s.xlsx", sheets)
    where = place("flow", key)
    first = next(p for p in found.problems if p.severity == "error")
    assert (first.code.partition(".")[2], first.where.sheet, first.where.cell) == (code, *where)
    assert [f.id for f in found.inventory.firms] == ["p1"]
    book = openpyxl.load_workbook(write_marked(sheets, found.problems, tmp_path / "m.xlsx", "zh"))
    assert book["Flows"][where[1]].comment.text


@pytest.mark.parametrize(
    ("cell", "value"),
    [("12万", 120_000.0), ("１２３４．５", 1234.5), ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1 234,5", 1234.5), ("0.5亿", 5e7),
     ("12 345 678", 12_345_678.0), ("1.2e3", 1200.0), (" 7 ", 7.0)],
)  # fmt: skip
def test_numbers_as_people_write_them(cell, value):
    found = survey_of("s.xlsx", changed("flow", 1, quantity=cell))
    assert found.ok
    assert found.inventory.flows[0].quantity.value == value


@pytest.mark.parametrize("unit", ["元", "1/t", "/t", "t/a", "t", None, "元/年"])
def test_a_price_without_its_currency_or_unit(unit):
    assert told(changed("flow", 1, price=-10, price_unit=unit), "error")[0][1:] == place("flow", "price unit")


@pytest.mark.parametrize(
    ("cells", "code", "key"),
    [
        ({"material": "electricity", "role": "electricity", "quantity unit": "t/a"}, "electricity_unit", "quantity unit"),
        ({"material": "电力", "role": "electricity", "quantity unit": "m3/a"}, "electricity_unit", "quantity unit"),
        ({"material": "watts unheard of", "role": "electricity", "quantity unit": "t/a"}, "electricity_unit", "quantity unit"),
        ({"material": "district heat", "role": "heat", "quantity unit": "t/a"}, "heat_unit", "quantity unit"),
        ({"material": "steel slag", "quantity unit": "kWh/a"}, "no_mass", "quantity unit"),
        ({"material": "limestone", "quantity unit": "m3/a"}, "no_mass", "quantity unit"),
        ({"material": "limestone", "quantity unit": "Nm3/a"}, "no_mass", "quantity unit"),
        ({"material": "tap water", "role": "water", "quantity unit": "GJ/a"}, "no_mass", "quantity unit"),
        ({"heating_value": 3, "heating_value unit": "MJ/Nm3"}, "heating_value_unit", "heating_value unit"),
        ({"fate": "sold", "partner": "S1"}, "own_partner", "partner"),
        ({"fate": "given away", "partner": "s1"}, "own_partner", "partner"),
        ({"direction": "in", "from_stock": 20}, "stock_of_input", "from_stock"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_warned_of_at_its_cell(cells, code, key):
    assert (code, *place("flow", key, 5)) in told(added(**cells), "warning")
    assert told(added(**cells), "error") == []


@pytest.mark.parametrize(
    "cells",
    [
        {"material": "electricity", "role": "electricity", "quantity unit": "MWh/a"}, {"material": "原煤", "quantity unit": "tce/a"},
        {"material": "steam", "role": "heat", "quantity unit": "t/a"}, {"material": "tap water", "role": "water", "quantity unit": "m3/a"},
        {"material": "natural gas", "role": "fuel", "quantity unit": "Nm3/a"}, {"material": "natural gas", "role": "fuel", "quantity unit": "万m3/年"},
        {"material": "limestone", "quantity unit": "kt/a"}, {"material": "coal gangue", "quantity unit": "GJ/a", "heating_value": 6, "heating_value unit": "GJ/t"},
        {"material": "raw coal", "role": "fuel", "heating_value": 5000, "heating_value unit": "kcal/kg"},
        {"fate": "reused on site", "partner": "s1"}, {"fate": "sold", "partner": "p1"}, {"fate": "sold"}, {"from_stock": 20},
    ],
)  # fmt: skip
def test_what_can_be_is_not_warned_of(cells):
    known = {"electricity_unit", "heat_unit", "no_mass", "heating_value_unit", "own_partner", "stock_of_input"}
    found = survey_of("s.xlsx", added(**cells))
    assert found.ok
    assert not known & {p.code.partition(".")[2] for p in found.problems}


def test_a_heating_value_beyond_every_fuel_is_refused_whatever_its_unit():
    for value, unit in ((151, "GJ/t"), (5000, "MJ/kg"), (40_000, "kcal/kg"), (200, "MJ/Nm3"), (36_000, "MJ/m3")):
        sheets = changed("flow", 1, heating_value=value, heating_value_unit=unit)
        assert told(sheets, "error") == [("range", *place("flow", "heating_value"))]


def closed(into, out, layer="mass", half=None):
    """Return a survey whose first process is completely listed in a layer and takes and gives so much."""
    sheets = changed("process", 1, closed=layer)
    sheets = changed("flow", 1, sheets, quantity=out, uncertainty=half)
    sheets = changed("flow", 2, sheets, direction="in", role="raw material", quantity=into, uncertainty=half)
    return sheets


@pytest.mark.parametrize(
    ("into", "out", "half", "warned"),
    [(100, 120, 5, True), (100, 104, 5, False), (100, 90, 5, False), (0, 1, 5, True), (100, 104, 1, True), (100, 100, None, False)],
)  # fmt: skip
def test_more_leaves_a_closed_process_than_enters_it(into, out, half, warned):
    expected = [("output_above_input", *place("process", "closed"))] if warned else []
    found = told(closed(into, out, half=half), "warning")
    assert [p for p in found if p[0] == "output_above_input"] == expected
    assert [p for p in told(closed(into, out, "water", half), "warning") if p[0] == "output_above_input"] == []


def test_more_iron_leaves_than_enters():
    sheets = changed("flow", 2, closed(100, 50, "Fe", 5), composition="Fe 10")
    sheets = changed("flow", 1, sheets, composition="Fe2O3 50")
    assert ("output_above_input", *place("process", "closed")) in told(sheets, "warning")


def test_output_above_capacity():
    for capacity, unit, warned in ((9, "t/a", True), (9, "kt/a", False), (10, "t/a", False), (9, "MW", False)):
        sheets = changed("process", 1, capacity=capacity, capacity_unit=unit, output=10, output_unit="t/a")
        expected = [("above_capacity", *place("process", "output"))] if warned else []
        assert [p for p in told(sheets, "warning") if p[0] == "above_capacity"] == expected


@pytest.mark.parametrize(
    ("entity", "key", "code"), [("firm", "id", "doubled_firm"), ("process", "firm", "doubled_row"), ("flow", "firm", "doubled_row")]
)  # fmt: skip
def test_duplicates_are_named_and_their_firm_waits(entity, key, code):
    sheets = sheets_of(inventory())
    number = list(KEYS).index(entity)
    rows = sheets[number].rows
    sheets[number] = Sheet("s.xlsx", sheets[number].name, (*rows, rows[1]))
    assert told(sheets, "error") == [(code, *place(entity, key, len(rows) + 1))]
    assert [f.id for f in survey_of("s.xlsx", sheets).inventory.firms] == ["p1"]


def test_one_firm_under_two_codes():
    assert told(changed("firm", 2, name="s1"), "warning")[-1] == ("doubled_name", *place("firm", "name", 3))
    apart = changed(
        "firm", 2, changed("firm", 1, latitude=26.5, longitude=106.5), name="S1", latitude=26.6, longitude=106.5
    )
    assert "doubled_name" not in [code for code, _, _ in told(apart, "warning")]


FORMULAS = (
    "=cmd|'/c calc'!A1",
    "+1",
    "@SUM(A1)",
    "-2+3",
    "\u2212x",
    '=HYPERLINK("http://x")',
    "'=1",
    "%0A=1",
    "_x003D_1",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_is_stored_and_given_back_as_text(tmp_path, text):
    found = survey_of("s.xlsx", changed("flow", 1, changed("firm", 1, name=text), note=text, source=text))
    assert found.ok
    assert found.inventory.firms[0].name == found.inventory.flows[0].note == text
    path = write_inventory(found.inventory, tmp_path / "e.xlsx", "en")
    assert read_survey(path).inventory == found.inventory
    for sheet in openpyxl.load_workbook(path):
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"n", "s"}
        assert not any(cell.hyperlink for row in sheet.iter_rows() for cell in row)
    save(found.inventory, tmp_path)
    with (tmp_path / "inventory" / FILES["firm"]).open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1][1] == text


def test_texts_that_are_formulas_survive_a_workbook(tmp_path):
    path = write(tmp_path / "s.xlsx", changed("flow", 1, note="=1+1"))
    assert read_sheets(path)[2].cell(1, KEYS["flow"].index("note")) == "=1+1"
    assert read_survey(path).inventory.flows[0].note == "=1+1"
