"""Mapping files: foreign tables become surveys, every fault is told at the original cell or the mapping's own key."""

import math
import os
import re
import tomllib
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lichen.errors import FileError
from lichen.inventory import _mapping_matrix, _mapping_read, _mapping_values
from lichen.inventory.dictionary import ENTITIES, columns
from lichen.inventory.mapping import read_mapped, read_mapping, shipped_mappings, survey_by
from lichen.inventory.store import apply_import, load, prepare_import
from lichen.sheets import Sheet

HEADINGS = ("Code", "Plant", "Branch", "Country", "Slag t", "Coal", "Coal unit", "Hours")
ROWS = [
    ("A1", "Steelworks", "steel", "AT", "1.200,5", "30", "kt/a", "7800"),
    ("B2", "Power plant", "power", "AT", "", "12,5", "t/a", ""),
    ("C3", "Dairy", "milk", "DE", "0", "-", "", ""),
]

ABOUT = """
[mapping]
version = 1
en = "Plants"
source = "Register of plants"
quality = "reported"
year = 2014
"""
READ = """
[read]
decimal = ","
"""
TABLES = """
[table.industry]
steel = "3120"
power = "4411"
milk = "144"
"""
FIRM = """
[firm]
id = "x-{Code}"
name = "{Plant} ({Country})"
industry = { from = "{Branch}", table = "industry" }
"""
SLAG = """
[[flow]]
direction = "out"
role = "by-product"
material = "steel slag"
quantity = { from = "{Slag t}", unit = "t/a" }
"""
COAL = """
[[flow]]
direction = "in"
role = "fuel"
material = "raw coal"
quantity = { from = "{Coal}", unit = "{Coal unit}" }
quality = "estimated"
"""
WHOLE = ABOUT + READ + TABLES + FIRM + SLAG + COAL


def sheet(rows=ROWS, headings=HEADINGS, name="", above=()):
    return Sheet("plants.csv", name, (*above, tuple(headings), *(tuple(r) for r in rows)))


def mapping(tmp_path, text=WHOLE, name="plants"):
    path = tmp_path / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


def read(tmp_path, text=WHOLE, *sheets):
    return survey_by(mapping(tmp_path, text), "plants.csv", sheets or (sheet(),))


def told(survey, *severities):
    wanted = severities or ("error", "warning")
    return [(p.code, p.where.cell or p.where.key) for p in survey.problems if p.severity in wanted]


def amounts(survey):
    return {(f.firm, f.given): (f.quantity.value, f.quantity.unit) for f in survey.inventory.flows}


def changed(row, column, value, rows=ROWS):
    rows = [list(r) for r in rows]
    rows[row][HEADINGS.index(column)] = value
    return rows


# --- rows ---------------------------------------------------------------------------------------------------------------


def test_a_row_becomes_a_firm_and_its_flows(tmp_path):
    found = read(tmp_path)
    assert told(found) == []
    assert [(f.id, f.name, f.industry) for f in found.inventory.firms] == [
        ("x-A1", "Steelworks (AT)", "3120"), ("x-B2", "Power plant (AT)", "4411"), ("x-C3", "Dairy (DE)", "144"),
    ]  # fmt: skip
    assert amounts(found) == {
        ("x-A1", "steel slag"): (1200.5, "t/a"), ("x-A1", "raw coal"): (30.0, "kt/a"),
        ("x-B2", "raw coal"): (12.5, "t/a"), ("x-C3", "steel slag"): (0.0, "t/a"),
    }  # fmt: skip
    coal = next(f for f in found.inventory.flows if f.given == "raw coal")
    assert (coal.kind, coal.year, coal.quantity.source) == ("estimated", 2014, "Register of plants")
    assert coal.material == "coal.raw"


def test_what_is_left_out_is_counted(tmp_path):
    text = WHOLE.replace('material = "steel slag"', 'material = "steel slag"\nskip = ["empty", "zero"]')
    found = read(tmp_path, text)
    skipped = {p.where.key: p.values for p in found.problems if p.code == "mapping.skipped"}
    assert skipped == {
        "flow[1]": {"empty": 1, "zero": 1, "filtered": 0}, "flow[2]": {"empty": 1, "zero": 0, "filtered": 0},
    }  # fmt: skip
    bare = next(p for p in found.problems if p.code == "mapping.bare_rows")
    assert (bare.values["count"], bare.where.cell) == (1, "A4")


def test_an_empty_cell_is_an_error_where_the_file_says_so(tmp_path):
    found = read(tmp_path, WHOLE.replace('material = "steel slag"', 'material = "steel slag"\nskip = []'))
    assert told(found) == [("inventory.empty", "E3")]
    assert found.waiting == ("x-B2",)


def test_a_process_and_its_flows(tmp_path):
    process = '[process]\nid = "{Branch}"\nname = "all of {Plant}"\nhours = "{Hours}"\n'
    found = read(tmp_path, WHOLE.replace("[[flow]]", process + "[[flow]]", 1))
    assert told(found) == []
    assert [(p.firm, p.id, p.hours) for p in found.inventory.processes][:2] == [
        ("x-A1", "steel", 7800.0), ("x-B2", "power", None),
    ]  # fmt: skip
    assert {f.process for f in found.inventory.flows if f.firm == "x-A1"} == {"steel"}
    assert "process" in found.entities
    assert "process" not in read(tmp_path).entities


def test_rows_of_one_firm_are_one_firm(tmp_path):
    rows = [ROWS[0], (*ROWS[0][:4], "", "2", "t/a", "")]
    text = WHOLE.replace('quality = "estimated"', 'quality = "estimated"\nnote = "row {@row}"\npartner = "{@row}"')
    found = read(tmp_path, text, sheet(rows))
    assert told(found) == []
    assert len(found.inventory.firms) == 1
    assert [f.note for f in found.inventory.flows if f.role == "fuel"] == ["row 2", "row 3"]


def test_rows_that_contradict_each_other_are_told(tmp_path):
    rows = [ROWS[0], ("A1", "Foundry", *ROWS[0][2:4], "", "", "", ""), ROWS[1]]
    found = read(tmp_path, WHOLE, sheet(rows))
    assert told(found) == [("mapping.differs", "B3")]
    problem = found.problems[0]
    assert (problem.values["found"], problem.values["before"]) == ("Foundry (AT)", "Steelworks (AT)")
    assert "B2" in problem.values["first"]
    assert found.waiting == ("x-A1",)
    assert [f.id for f in found.inventory.firms] == ["x-B2"]


def test_flows_that_stand_twice_name_both_cells(tmp_path):
    rows = [ROWS[0], (*ROWS[0][:4], "", "2", "t/a", "")]
    found = read(tmp_path, WHOLE, sheet(rows))
    assert told(found) == [("inventory.doubled_row", "F3")]
    assert "F2" in found.problems[-1].values["first"]


@pytest.mark.parametrize(("condition", "kept"), [
    ('is = "AT"', ["A1", "B2"]),
    ('is = " at "', ["A1", "B2"]),
    ('not = "AT"', ["C3"]),
    ('in = ["DE", "FR"]', ["C3"]),
    ('not_in = ["DE", "FR"]', ["A1", "B2"]),
])  # fmt: skip
def test_filters_of_rows(tmp_path, condition, kept):
    found = read(tmp_path, WHOLE.replace("[read]", f'[read]\nonly = [{{ column = "Country", {condition} }}]'))
    assert [f.id for f in found.inventory.firms] == [f"x-{k}" for k in kept]
    note = next(p for p in found.problems if p.code == "mapping.filtered")
    assert (note.where.key, note.values["count"]) == ("read.only[1]", 3 - len(kept))


@pytest.mark.parametrize(("filled", "kept"), [("true", ["x-A1"]), ("false", ["x-B2", "x-C3"])])
def test_filters_of_filled_cells_and_of_flows(tmp_path, filled, kept):
    only = f'[read]\nonly = [{{ column = "@H", filled = {filled} }}]'
    assert [f.id for f in read(tmp_path, WHOLE.replace("[read]", only)).inventory.firms] == kept
    text = WHOLE.replace(
        'material = "raw coal"', f'material = "raw coal"\nonly = [{{ column = "Hours", filled = {filled} }}]'
    )
    coal = [f.firm for f in read(tmp_path, text).inventory.flows if f.role == "fuel"]
    assert coal == (["x-A1"] if filled == "true" else ["x-B2"])


def test_no_row_left_is_an_error(tmp_path):
    found = read(tmp_path, WHOLE.replace("[read]", '[read]\nonly = [{ column = "Country", is = "FR" }]'))
    assert told(found) == [("mapping.nothing", "")]
    assert not found.ok
    assert found.inventory.firms == ()


# --- cells --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "expected"), [("12,5", 12.5), ("1.234", 1234.0), ("1.234,5", 1234.5), (7.25, 7.25), ("3 万", 30000.0)]
)
def test_numbers_by_the_signs_of_the_file(tmp_path, cell, expected):
    found = read(tmp_path, WHOLE, sheet(changed(0, "Slag t", cell)))
    assert amounts(found)["x-A1", "steel slag"][0] == expected


@pytest.mark.parametrize(("column", "cell", "code", "place"), [
    ("Slag t", "12.5", "numerals.contradicts", "E2"),
    ("Slag t", "a lot", "numerals.not_a_number", "E2"),
    ("Slag t", "-3", "inventory.range", "E2"),
    ("Slag t", "5 %", "inventory.percent", "E2"),
    ("Coal unit", "GJ/t", "inventory.unit_misfit", "G2"),
    ("Coal unit", "", "inventory.no_unit", "G2"),
    ("Coal unit", "tuns", "units.unknown", "G2"),
    ("Plant", "", "inventory.empty", "B2"),
    ("Plant", "a\x07b", "inventory.control", "B2"),
    ("Branch", "steal", "mapping.not_in_table", "C2"),
    ("Code", "", "mapping.no_id", "A2"),
])  # fmt: skip
def test_faults_are_told_once_at_the_original_cell(tmp_path, column, cell, code, place):
    found = read(tmp_path, WHOLE, sheet(changed(0, column, cell)))
    assert told(found) == [(code, place)]
    assert {p.where.file for p in found.problems if p.severity == "error"} == {"plants.csv"}
    assert [f.id for f in found.inventory.firms] == ["x-B2", "x-C3"]
    assert not any(f.firm == "x-A1" for f in found.inventory.flows)
    assert found.waiting == (() if column == "Code" else ("x-A1",))


def test_all_faults_of_a_file_come_together(tmp_path):
    rows = changed(1, "Coal", "some", changed(0, "Branch", "steal", changed(0, "Slag t", "a lot")))
    assert sorted(told(read(tmp_path, WHOLE, sheet(rows)))) == [
        ("mapping.not_in_table", "C2"), ("numerals.not_a_number", "E2"), ("numerals.not_a_number", "F3"),
    ]  # fmt: skip


def test_unknown_texts_become_else_and_the_nearest_is_named(tmp_path):
    rows = sheet(changed(0, "Branch", "steal"))
    assert next(p for p in read(tmp_path, WHOLE, rows).problems).values["near"] == "steel"
    found = read(tmp_path, WHOLE.replace('table = "industry"', 'table = "industry", else = "41"'), rows)
    assert found.inventory.firms[0].industry == "41"


@pytest.mark.parametrize(("sign", "cell", "good"), [
    ('"."', "1.234,5", True), ('"."', "1 234,5", False), ('""', "1.234,5", False), ('""', "1234,5", True), ('"\'"', "1'234,5", True),
])  # fmt: skip
def test_thousands_sign(tmp_path, sign, cell, good):
    found = read(tmp_path, WHOLE.replace("[read]", f"[read]\nthousands = {sign}"), sheet(changed(0, "Slag t", cell)))
    assert told(found) == ([] if good else [("mapping.thousands", "E2")])


def test_without_a_sign_doubtful_numbers_are_refused_and_clear_ones_decide(tmp_path):
    text = WHOLE.replace('decimal = ","', "")
    assert ("numerals.ambiguous", "E2") in told(read(tmp_path, text, sheet(changed(0, "Slag t", "1.234", [ROWS[0]]))))
    assert amounts(read(tmp_path, text, sheet(changed(0, "Slag t", "1.234"))))["x-A1", "steel slag"][0] == 1234.0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.floats(1e-6, 1e8), st.floats(1e-3, 1e5), st.sampled_from(".,"))
def test_a_number_times_a_factor(tmp_path, number, times, decimal):
    cell = repr(number) if decimal == "." else repr(number).replace(".", ",")
    text = WHOLE.replace('unit = "t/a"', f'unit = "t/a", times = {times!r}').replace(
        'decimal = ","', f'decimal = "{decimal}"'
    )
    found = read(tmp_path, text, sheet(changed(0, "Slag t", cell, [(*ROWS[0][:4], "", "", "", "")])))
    assert math.isclose(amounts(found)["x-A1", "steel slag"][0], number * times, rel_tol=1e-12)


GEOM = [(*ROWS[0][:7], "SRID=4326;POINT(15.5 47.25)")]
PLACE = """latitude = { from = "{Hours}", after = " ", before = ")" }
longitude = { from = "{Hours}", after = "POINT(", before = " " }
"""


def test_parts_of_a_text(tmp_path):
    text = WHOLE.replace("[[flow]]", PLACE + "[[flow]]", 1).replace('decimal = ","', 'decimal = "."')
    rows = changed(0, "Slag t", "1200.5", GEOM)
    place = read(tmp_path, text, sheet(rows)).inventory.firms[0].place
    assert (place.latitude, place.longitude) == (47.25, 15.5)
    assert read(tmp_path, text, sheet(changed(0, "Hours", "", rows))).inventory.firms[0].place is None
    found = read(tmp_path, text, sheet(changed(0, "Hours", "15.5/47.25", rows)))
    assert {(p.code, p.where.cell, p.values["key"]) for p in found.problems if p.severity == "error"} == {
        ("mapping.no_sign", "H2", "firm.latitude"), ("mapping.no_sign", "H2", "firm.longitude"),
    }  # fmt: skip


def test_what_is_taken_where_a_cell_is_empty(tmp_path):
    text = WHOLE.replace('from = "{Slag t}"', 'from = "{Slag t}", or = "{Coal}"')
    assert amounts(read(tmp_path, text))["x-B2", "steel slag"] == (12.5, "t/a")
    rows = sheet(changed(1, "Slag t", "n/a"))
    assert amounts(read(tmp_path, text, rows))["x-B2", "steel slag"] == (12.5, "t/a")


def test_braces_letters_cells_and_places(tmp_path):
    text = WHOLE.replace('name = "{Plant} ({Country})"', 'name = "{{{@B}}} {title} {@sheet}/{@file}"')
    text += '\n[part]\ntitle = { cell = "A1", after = "of " }\n'
    found = read(tmp_path, text, sheet(name="S", above=[("List of plants",)]))
    assert found.inventory.firms[0].name == "{Steelworks} plants S/plants.csv"


def test_year_from_a_cell_above(tmp_path):
    text = WHOLE.replace("year = 2014", 'year = { cell = "A1", after = "－" }')
    assert {f.year for f in read(tmp_path, text, sheet(above=[("plants-2007",)])).inventory.flows} == {2007}
    found = read(tmp_path, text, sheet(above=[("plants 2007",)]))
    assert set(told(found)) == {("mapping.no_sign", "A1")}


def test_a_constant_spelled_like_a_heading_is_asked_about(tmp_path):
    found = read(tmp_path, WHOLE.replace('name = "{Plant} ({Country})"', 'name = "plant"'))
    assert told(found) == [("mapping.column_meant", "firm.name"), ("inventory.doubled_name", "firm.name")]
    assert found.problems[0].text("en").endswith("“{plant}”.")


def test_a_fault_of_the_mapping_file_is_told_once_at_its_key(tmp_path):
    found = read(tmp_path, WHOLE.replace('material = "raw coal"', 'material = "black stuff"'))
    assert told(found) == [("inventory.unknown_material", "flow[2].material")]
    assert found.problems[-1].where.file == "plants.toml"
    assert found.ok


# --- sheets and headings ---------------------------------------------------------------------------------------------------


def test_headings_are_found_wherever_they_stand(tmp_path):
    found = read(tmp_path, WHOLE, sheet(changed(0, "Slag t", "a lot"), above=[("List",), (), ("as of 2014", "Plant")]))
    assert told(found) == [("numerals.not_a_number", "E5")]
    headings = [h.upper().replace(" ", "\n ") for h in HEADINGS]
    assert len(read(tmp_path, WHOLE, sheet(headings=headings)).inventory.firms) == 3


def test_first_and_last_row(tmp_path):
    found = read(tmp_path, WHOLE.replace("[read]", "[read]\nheading = 1\nfirst = 3\nlast = 3"))
    assert [f.id for f in found.inventory.firms] == ["x-B2"]


def test_headings_of_two_rows(tmp_path):
    top = ("Code", "Plant", "Branch", "Country", "Waste", None, "Coal unit", "Hours")
    low = (None, None, None, None, "slag", "dust", None, None)
    text = (
        WHOLE.replace("[read]", "[read]\nheading = [1, 2]")
        .replace("{Slag t}", "{Waste slag}")
        .replace("{Coal}", "{Waste dust}")
    )
    found = read(tmp_path, text, Sheet("plants.csv", "", (top, low, *ROWS)))
    assert amounts(found)["x-A1", "steel slag"] == (1200.5, "t/a")
    assert amounts(found)["x-A1", "raw coal"] == (30.0, "kt/a")


def test_a_table_without_headings(tmp_path):
    text = WHOLE.replace("[read]", "[read]\nheading = 0")
    for letter, heading in zip("ABCDEFGH", HEADINGS, strict=True):
        text = text.replace(f"{{{heading}}}", f"{{@{letter}}}")
    assert len(read(tmp_path, text, Sheet("plants.csv", "", tuple(ROWS))).inventory.firms) == 3


def test_sheets_by_name_number_and_all(tmp_path):
    book = [sheet([ROWS[0]], name="North"), sheet([ROWS[1]], name="South"), Sheet("plants.csv", "Notes", (("x",),))]
    picks = {'"south"': ["x-B2"], "1": ["x-A1"], '"*"': ["x-A1", "x-B2"], None: ["x-A1"]}
    for given_, ids in picks.items():
        text = WHOLE if given_ is None else WHOLE.replace("[read]", f"[read]\nsheet = {given_}")
        found = read(tmp_path, text, *book)
        assert [f.id for f in found.inventory.firms] == ids
        others = [p.values["sheets"] for p in found.problems if p.code == "mapping.other_sheets"]
        assert others == ({'"*"': [["Notes"]], None: [["South", "Notes"]]}.get(given_, []))


def test_faults_of_several_sheets_name_their_sheet(tmp_path):
    book = [
        sheet(changed(0, "Slag t", "a lot", [ROWS[0]]), name="North"),
        sheet(changed(0, "Code", "Z", [ROWS[1]]), name="South"),
    ]
    found = read(tmp_path, WHOLE.replace("[read]", '[read]\nsheet = "*"'), *book)
    assert [(p.where.sheet, p.where.cell) for p in found.problems if p.severity == "error"] == [("North", "E2")]


def refused(code, tmp_path, text=WHOLE, *sheets):
    with pytest.raises(FileError) as caught:
        read(tmp_path, text, *sheets)
    found = [p for p in caught.value.problems if p.code == code]
    assert found, caught.value.text("en")
    assert all(p.text("en") and p.text("zh") for p in caught.value.problems)
    return found[0]


def test_a_sheet_or_column_that_is_not_there(tmp_path):
    assert (
        refused(
            "mapping.no_sheet", tmp_path, WHOLE.replace("[read]", '[read]\nsheet = "Nord"'), sheet(name="North")
        ).values["near"]
        == "North"
    )
    assert refused("mapping.no_sheet", tmp_path, WHOLE.replace("[read]", "[read]\nsheet = 2")).values["sheet"] == "2"
    problem = refused("mapping.no_column", tmp_path, WHOLE.replace("{Coal}", "{Coals}"))
    assert (problem.where.file, problem.where.key) == ("plants.toml", "flow[2].quantity.from")
    assert (problem.values["near"], problem.values["row"]) == ("Coal", 1)
    assert (
        refused("mapping.column_twice", tmp_path, WHOLE, sheet(headings=[*HEADINGS[:7], "coal"])).values["column"]
        == "Coal"
    )
    assert refused("mapping.no_headings", tmp_path, WHOLE, sheet(headings=list("abcdefgh"))).where.file == "plants.csv"


# --- the mapping file ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new", "code", "key"), [
    ('source = "Register of plants"', "", "missing_key", "mapping"),
    ('quality = "reported"', "", "missing_key", "mapping"),
    ('quality = "reported"', 'quality = "guessed"', "inventory.not_one_of", "mapping.quality"),
    ("year = 2014", "", "missing_key", "flow[1]"),
    ("year = 2014", "year = 1066", "inventory.range", "mapping.year"),
    ("version = 1", "version = 2", "missing_key", "mapping"),
    ('en = "Plants"', "", "missing_key", "mapping"),
    ("[firm]", "[firms]", "unknown_key", "firms"),
    ('name = "{Plant}', 'nmae = "{Plant}', "unknown_key", "firm.nmae"),
    ('name = "{Plant} ({Country})"', "", "missing_key", "firm"),
    ('name = "{Plant} ({Country})"', "name = true", "wrong_type", "firm.name"),
    ('name = "{Plant} ({Country})"', 'name = ["a"]', "wrong_type", "firm.name"),
    ('name = "{Plant} ({Country})"', 'name = "{Plant"', "braces", "firm.name"),
    ('name = "{Plant} ({Country})"', 'name = "{}"', "braces", "firm.name"),
    ('name = "{Plant} ({Country})"', 'name = "{@4}"', "braces", "firm.name"),
    ('name = "{Plant} ({Country})"', 'name = "{@label}"', "braces", "firm.name"),
    ('name = "{Plant} ({Country})"', "name = { }", "missing_key", "firm.name"),
    ('name = "{Plant} ({Country})"', 'name = { from = "Plant" }', "wrong_type", "firm.name.from"),
    ('name = "{Plant} ({Country})"', 'name = { from = "{Plant}", times = 2 }', "unknown_key", "firm.name.times"),
    ('name = "{Plant} ({Country})"', 'name = { from = "{Plant}", else = "x" }', "missing_key", "firm.name"),
    ('name = "{Plant} ({Country})"', 'name = { cell = "1A" }', "wrong_type", "firm.name.cell"),
    ('table = "industry"', 'table = "industries"', "unknown_table", "firm.industry.table"),
    ('steel = "3120"', 'steel = "9999"', "inventory.unknown_industry", "table.industry.steel"),
    ('steel = "3120"', 'steel = "3120"\n" STEEL " = "31"', "twice", 'table.industry." STEEL "'),
    ("[table.industry]", "[table]\nindustry = 3\n[x]", "wrong_type", "table.industry"),
    (', unit = "t/a"', "", "missing_key", "flow[1]"),
    ('unit = "t/a"', 'unit = "t/m"', "inventory.unit_misfit", "flow[1].quantity.unit"),
    ('unit = "t/a"', 'unit = "t/a", times = 0', "wrong_type", "flow[1].quantity.times"),
    ('unit = "t/a"', 'unit = "t/a", time = 2', "unknown_key", "flow[1].quantity.time"),
    ('role = "fuel"', 'role = "fule"', "inventory.not_one_of", "flow[2].role"),
    ('role = "fuel"', 'role = "fuel"\n"quantity unit" = "t/a"', "twice", "flow[2].quantity"),
    ('role = "fuel"', 'role = "fuel"\nskip = ["none"]', "wrong_type", "flow[2].skip"),
    ('role = "fuel"', 'role = "fuel"\nfirm = "x"', "unknown_key", "flow[2].firm"),
    ('role = "fuel"', 'role = "fuel"\ntemperature = "hot"', "numerals.not_a_number", "flow[2].temperature"),
    ("[read]", "[read]\nsheet = 0", "wrong_type", "read.sheet"),
    ("[read]", "[read]\nheading = [2, 1]", "wrong_type", "read.heading"),
    ("[read]", "[read]\nheading = [0, 1]", "wrong_type", "read.heading"),
    ("[read]", "[read]\nfirst = 0", "wrong_type", "read.first"),
    ("[read]", "[read]\nthousands = ','", "wrong_type", "read.thousands"),
    ('decimal = ","', 'decimal = ";"', "wrong_type", "read.decimal"),
    ("[read]", '[read]\nonly = [{ column = "Country" }]', "missing_key", "read.only[1]"),
    ("[read]", '[read]\nonly = [{ is = "AT" }]', "missing_key", "read.only[1]"),
    ("[read]", '[read]\nonly = [{ column = "Country", in = "AT" }]', "wrong_type", "read.only[1].in"),
    ("[read]", '[read]\nonly = [{ column = "Country", filled = 1 }]', "wrong_type", "read.only[1].filled"),
    ("[read]", '[read]\nonly = "all"', "wrong_type", "read.only"),
    ("[read]", '[[caution]]\nzh = "x"\n[read]', "missing_key", "caution[1]"),
    ("[mapping]", "[part]\nx = 1\n[process]\nid = 'x'\n[mapping]", "missing_key", "process"),
])  # fmt: skip
def test_a_wrong_mapping_file_is_refused_with_its_key(tmp_path, old, new, code, key):
    assert old in WHOLE
    code = code if "." in code else f"mapping.{code}"
    problem = refused(code, tmp_path, WHOLE.replace(old, new, 1))
    assert (problem.where.file, problem.where.key) == ("plants.toml", key)


def test_unknown_keys_come_together_with_the_nearest_and_what_is_allowed(tmp_path):
    text = WHOLE.replace('name = "{Plant}', 'nmae = "{Plant}').replace('role = "fuel"', 'rolle = "fuel"')
    with pytest.raises(FileError) as caught:
        mapping(tmp_path, text)
    unknown = {p.where.key: p.values for p in caught.value.problems if p.code == "mapping.unknown_key"}
    assert {k: v["near"] for k, v in unknown.items()} == {"firm.nmae": "name", "flow[2].rolle": "role"}
    assert "industry" in unknown["firm.nmae"]["allowed"]


def test_every_column_of_the_dictionary_can_be_filled_but_the_owner(tmp_path):
    for entity in ENTITIES:
        block = "[[flow]]" if entity == "flow" else f"[{entity}]"
        text = (
            f'{WHOLE}\n{block}\nzzz = "x"\n' if entity == "process" else WHOLE.replace(block, f'{block}\nzzz = "x"', 1)
        )
        allowed = refused("mapping.unknown_key", tmp_path, text).values["allowed"].split(", ")
        assert {c.key for c in columns(entity)} - {"firm"} <= set(allowed)


@pytest.mark.parametrize(("content", "code"), [
    (b"[mapping", "not_toml"), (b"\xff\xfe\x00", "unreadable"), (b"a = " + b"[" * 5000, "not_toml"),
    (b"#" * 1_000_001, "too_large"),
])  # fmt: skip
def test_files_that_are_no_mapping_files(tmp_path, content, code):
    path = tmp_path / "m.toml"
    path.write_bytes(content)
    with pytest.raises(FileError) as caught:
        read_mapping(path)
    assert [p.code for p in caught.value.problems] == [f"mapping.{code}"]


@pytest.mark.parametrize("name", ["hotmap", "none.toml", "plants.csv", ""])
def test_a_mapping_file_that_is_not_there(name):
    with pytest.raises(FileError) as caught:
        read_mapping(name)
    problem = caught.value.problems[0]
    assert problem.code == "mapping.unknown"
    assert "hotmaps" in problem.values["shipped"]
    assert problem.values["near"] == ("hotmaps" if name == "hotmap" else "–")


_LEAF = st.one_of(st.none().map(lambda _: ""), st.booleans(), st.integers(-3, 3), st.floats(allow_nan=True), st.text(max_size=6),
                  st.sampled_from(["{Plant}", "{", "{@A}", "t/a", "*"]), st.dates())  # fmt: skip
_NODE = st.recursive(_LEAF, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(
    st.sampled_from(["from", "cell", "unit", "times", "table", "column", "is", "in", "id", "or", "x"]), inner, max_size=3)), max_leaves=6)  # fmt: skip
_PATHS = [("mapping",), ("mapping", "source"), ("mapping", "version"), ("caution",), ("read",), ("read", "sheet"), ("read", "heading"), ("read", "decimal"),
          ("read", "only"), ("part",), ("table",), ("table", "industry"), ("firm",), ("firm", "id"), ("firm", "latitude"), ("process",), ("flow",),
          ("matrix",), ("matrix", "labels"), ("matrix", "row"), ("matrix", "column"), ("matrix", "leave_out_rows")]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(_PATHS), _NODE)
def test_no_mapping_file_crashes(path, node):
    from lichen.inventory import mapping as module

    data = tomllib.loads(WHOLE)
    place = data
    for name in path[:-1]:
        place = place.setdefault(name, {})
    place[path[-1]] = node
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_toml", lambda _: data)
        patch.setattr(module.Path, "is_file", lambda _: True)
        try:
            found = survey_by(read_mapping("m.toml"), "plants.csv", [sheet()])
        except FileError as error:
            found = error
    assert all(p.text("en") and p.text("zh") for p in found.problems)


# --- matrices ------------------------------------------------------------------------------------------------------------


BALANCE = [
    ("6-24  黔地能源平衡表(实物量)-2009",),
    (),
    ("项        目", "Item", "煤合计", "原煤", "热力", "电力", "其他能源"),
    (None, None, "(万吨)", "(万吨)", "(百亿千焦)", "(亿千瓦时)", "(万吨标煤)"),
    (None, None, "Coal", "Raw"),
    ("一.可供本地区消费的能源量", "Supply", 99.0, 99.0),
    ("四.终端消费量", "Final", 30.0, 30.0, 7.0, 4.5),
    ("  1.农、林、牧、渔、水利业", "Farming", 5.0, 5.0, None, 0.5),
    ("  2.工业", "Industry", 20.0, 20.0, 7.0, 3.0),
    ("    #用作原料、材料", "Non-energy", 2.0, 2.0),
    ("  6.生活消费", "Residential", 5.0, 5.0, None, 1.0),
    ("     城镇", "Urban", 1.0, 1.0, None, 0.75),
    ("     乡村", "Rural", 4.0, 4.0, None, 0.25),
    ("五.平衡差额", "Difference", 1.0, 1.0),
    ("  2.工业", "again", 20.0, 20.0),
]


def balance(changes=(), rows=BALANCE):
    rows = [list(r) for r in rows]
    for row, column, value in changes:
        rows[row - 1][column] = value
    return Sheet("balance.xls", "Sheet1", tuple(tuple(r) for r in rows))


@pytest.fixture
def short(tmp_path):
    """The shipped mapping with the columns and rows of the small table only."""
    text = (Path(__file__).parents[2] / "src/lichen/inventory/mappings/energy-balance.toml").read_text(encoding="utf-8")
    keep = {"原煤", "热力", "电力", "其他能源"}
    lines = [x for x in text.splitlines() if not (x.startswith('"') and x.split('"')[1] not in keep)]
    text = "\n".join(lines).replace('"油品合计"', '"Coal"')
    for label in ("3.建筑业", "4.交通运输、仓储和邮政业", "5.批发、零售业和住宿、餐饮业", "7.其他"):
        text = text.replace(f'[matrix.row."{label}"]', f'[matrix.row."{label}"]\noptional = true')
    return text


def codes(survey):
    return [(p.code, p.where.cell or p.where.key) for p in survey.problems
            if p.severity != "note" and p.code not in ("mapping.caution", "inventory.unknown_material")]  # fmt: skip


def test_an_energy_balance_becomes_flows_into_users(tmp_path, short):
    found = survey_by(mapping(tmp_path, short), "balance.xls", [balance()])
    assert codes(found) == []
    assert [f.id for f in found.inventory.firms] == ["黔地-agriculture", "黔地-industry", "黔地-urban", "黔地-rural"]
    assert amounts(found)["黔地-industry", "热力"] == (70.0, "TJ/a")
    assert amounts(found)["黔地-industry", "原煤"] == (20.0, "万吨/年")
    assert Counter(f.role for f in found.inventory.flows) == {"fuel": 4, "electricity": 4, "heat": 1}
    flow = found.inventory.flows[0]
    assert (flow.year, flow.kind, flow.direction, flow.material) == (2009, "reported", "in", "coal.raw")
    assert flow.quantity.source.endswith("黔地能源平衡表(实物量)-2009")
    bare = next(p for p in found.problems if p.code == "mapping.bare_cells")
    assert bare.values == {"empty": 7, "zero": 0}


@pytest.mark.parametrize(("change", "code", "place", "all_wait"), [
    ((9, 3, "a lot"), "numerals.not_a_number", "D9", False),
    ((9, 3, -1.0), "inventory.range", "D9", False),
    ((4, 3, "(吨)"), "mapping.other_unit", "D4", True),
    ((3, 6, "其它能源"), None, "", False),
    ((12, 0, "城 市"), "mapping.no_label", "matrix.row.城镇", True),
    ((14, 0, "六.差额"), "mapping.doubled_label", "A15", True),
    ((7, 0, "四、终端消费量"), "mapping.no_label", "matrix.begin", True),
    ((7, 3, 40.0), "mapping.total", "D7", False),
])  # fmt: skip
def test_faults_of_a_matrix(tmp_path, short, change, code, place, all_wait):
    made = mapping(tmp_path, short)
    if code is None:
        with pytest.raises(FileError) as caught:
            survey_by(made, "balance.xls", [balance([change])])
        assert [(p.code, p.values["near"]) for p in caught.value.problems] == [("mapping.no_column", "其它能源")]
        return
    found = survey_by(made, "balance.xls", [balance([change])])
    assert (code, place) in codes(found)
    assert (found.inventory.firms == ()) == (all_wait or place == "matrix.begin")
    if not all_wait and code != "mapping.total":
        assert found.waiting == ("黔地-industry",)


def test_labels_that_are_new_are_told_and_not_read(tmp_path, short):
    rows = [*BALANCE[:11], ("  8.航天", "Space", 1.0, 1.0), *BALANCE[11:]]
    rows[2] = (*rows[2], "氢")
    found = survey_by(mapping(tmp_path, short), "balance.xls", [balance(rows=rows)])
    assert codes(found) == [("mapping.new_label", "H3"), ("mapping.new_label", "A12")]
    assert len(found.inventory.firms) == 4


def test_a_firm_of_a_matrix_has_no_column(tmp_path, short):
    made = mapping(tmp_path, short.replace('name = "{region} 工业（终端消费）"', 'name = "{region} {@heading}"'))
    found = survey_by(made, "balance.xls", [balance()])
    assert codes(found) == [("inventory.empty", 'matrix.row."2.工业".name')]
    assert found.waiting == ("黔地-industry",)


def test_rows_of_a_matrix_can_be_processes_of_one_firm(tmp_path):
    text = (
        ABOUT
        + """
[firm]
id = "mill"
name = "Paper mill"
industry = "22"
[[flow]]
direction = "in"
role = "water"
material = "{@heading}"
[matrix]
labels = "{Unit}"
[matrix.row]
"pulping" = { process = { id = "{@label}", name = "Pulping" } }
"drying" = { process = { id = "{@label}", name = "Drying" }, flow = { temperature = 80 } }
[matrix.column]
"fresh water" = { unit = "m3/a", times = 1000 }
"condensate" = { quantity = { from = "{@value}", unit = "m3/a" } }
"""
    )
    rows = (("Unit", "fresh water", "condensate"), ("pulping", 5.0, None), ("drying", 2.0, 7.0))
    found = read(tmp_path, text, Sheet("mill.csv", "", rows))
    assert told(found) == []
    assert len(found.inventory.firms) == 1
    assert [(f.process, f.given, f.quantity.value, f.temperature) for f in found.inventory.flows] == [
        ("pulping", "fresh water", 5000.0, None), ("drying", "fresh water", 2000.0, 80.0), ("drying", "condensate", 7.0, 80.0),
    ]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "key"), [
    ('labels = "{@A}"', "", "missing_key", "matrix"),
    ('labels = "{@A}"', 'labels = "{@file}"', "wrong_type", "matrix.labels"),
    ("units = 1", "units = -1", "wrong_type", "matrix.units"),
    ("units = 1", "unit = 1", "unknown_key", "matrix.unit"),
    ("[[flow]]", "[[flow]]\n[[flow]]", "missing_key", ""),
    ('industry = "41"', "", "missing_key", 'matrix.row."2.工业"'),
    ('industry = "41"', 'industry = "41"\noptional = 1', "wrong_type", 'matrix.row."2.工业".optional'),
    ('unit = "TJ/a"', 'unit = "TJ"', "inventory.unit_misfit", "matrix.column.热力.unit"),
    ('unit = "TJ/a", ', "", "missing_key", "matrix.column.热力"),
    ('unit = "TJ/a"', 'unit = "TJ/a", quantity = 3', "twice", "matrix.column.热力.quantity"),
    ('leave_out_columns = ["', 'leave_out_columns = [3, "', "wrong_type", "matrix.leave_out_columns"),
    ("[firm]", "[read]\nheading = 0\n[firm]", "wrong_type", "read.heading"),
    ("[firm]", "[read]\nonly = []\n[firm]", "unknown_key", "read.only"),
])  # fmt: skip
def test_a_wrong_matrix_is_refused_with_its_key(tmp_path, short, old, new, code, key):
    assert old in short
    with pytest.raises(FileError) as caught:
        mapping(tmp_path, short.replace(old, new, 1))
    code = code if "." in code else f"mapping.{code}"
    assert (code, key) in [(p.code, p.where.key) for p in caught.value.problems], caught.value.text("en")


# --- the ones that come along ------------------------------------------------------------------------------------------------


def test_shipped_mappings():
    assert [m.name for m in shipped_mappings()] == ["energy-balance", "hotmaps"]
    for made in shipped_mappings():
        assert made.title.en
        assert made.title.zh
        assert made.source
        assert all(c.en and c.zh for c in made.cautions)


SITES = """"SiteID";"CompanyName";"SiteName";"Country";"geom";"Subsector";"DataSource";"Emissions_ETS_2014";"Emissions_EPRTR_2014";"Production";"Fuel_Demand";"Excess_Heat_100-200C";"Excess_Heat_200-500C";"Excess_Heat_500C";"Excess_Heat_Total"
1;"Zement AG";"Werk Süd";"Austria";"SRID=4326;POINT(15.5 47.25)";"Cement";"ETS/EPRTR";90000.00;91000.00;120000.50;110.25;0.00;16.50;0.00;16.50
2;"";"Stahlwerk";"Austria";"";"Iron and steel";"EPRTR";;500000.00;;;5.00;0.00;7.00;12.00
3;"";"Heizwerk";"Austria";"";"Other non-classified";"ETS";100.00;;;;0.00;0.00;0.00;0.00
4;"";"Hütte";"Austria";"";"Glas";"ETS";100.00;;;;0.00;0.00;0.00;0.00
"""


def test_hotmaps(tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text(SITES, encoding="utf-8")
    found = read_mapped(path, read_mapping("hotmaps"))
    assert [(f.id, f.industry) for f in found.inventory.firms] == [("hotmaps-1", "3011"), ("hotmaps-2", "31")]
    assert found.inventory.firms[0].place.wgs84 == (47.25, 15.5)
    errors = [(p.code, p.where.cell, p.values["near"]) for p in found.problems if p.severity == "error"]
    assert errors == [("mapping.not_in_table", "F5", "Glass")]
    assert found.waiting == ("hotmaps-4",)
    flows = {
        (f.firm[-1], f.given, f.temperature): (f.quantity.value, f.quantity.unit, f.kind) for f in found.inventory.flows
    }
    assert flows == {
        ("1", "cement", None): (120000.5, "t/a", "estimated"), ("1", "fuel mix", None): (110.25, "GWh/a", "estimated"),
        ("1", "medium-temperature waste heat", 200.0): (16.5, "GWh/a", "estimated"),
        ("1", "carbon dioxide emission", None): (90000.0, "t/a", "reported"),
        ("2", "low-temperature waste heat", 100.0): (5.0, "GWh/a", "estimated"),
        ("2", "high-temperature waste heat", 500.0): (7.0, "GWh/a", "estimated"),
        ("2", "carbon dioxide emission", None): (500000.0, "t/a", "reported"),
    }  # fmt: skip


def test_what_was_read_goes_into_a_study_and_comes_back(tmp_path):
    found = read(tmp_path)
    apply_import(tmp_path, prepare_import(tmp_path, [found]))
    assert load(tmp_path) == found.inventory
    assert prepare_import(tmp_path, [read(tmp_path)]).changes == ()


def test_workbooks_too(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Plants"
    for row in (("List of plants",), HEADINGS, (12, "Steelworks", "steel", "AT", 1200.5, None, None, 7800), ROWS[1]):
        book.active.append(row)
    book.save(tmp_path / "plants.xlsx")
    found = read_mapped(tmp_path / "plants.xlsx", mapping(tmp_path))
    assert [f.id for f in found.inventory.firms] == ["x-12", "x-B2"]
    assert amounts(found)["x-12", "steel slag"] == (1200.5, "t/a")


# --- the reference ----------------------------------------------------------------------------------------------------

ROOT = Path(__file__).parents[2]


def example(kind):
    page = (ROOT / "docs" / "mapping-files.md").read_text(encoding="utf-8")
    return re.search(rf"^<!-- example: .* -->\n```{kind}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)[1]


def test_the_worked_example_of_the_reference_does_what_the_page_says(tmp_path):
    (tmp_path / "kilns.csv").write_text(example("csv"), encoding="utf-8")
    found = read_mapped(tmp_path / "kilns.csv", mapping(tmp_path, example("toml"), "kilns"))
    assert told(found) == [("numerals.not_a_number", "E5")]
    assert found.waiting == ("kiln-4",)
    assert [(f.id, f.name, f.industry) for f in found.inventory.firms] == [
        ("kiln-1", "Nordkalk Works, Valley", "3012"), ("kiln-2", "Brickyard East, Valley", "3031"),
    ]  # fmt: skip
    assert amounts(found) == {
        ("kiln-1", "quicklime"): (12.5, "kt/a"), ("kiln-1", "natural gas"): (2_400_000.0, "Nm3/a"),
        ("kiln-1", "medium-temperature waste heat"): (31_000.0, "GJ/a"), ("kiln-2", "raw coal"): (1800.0, "t/a"),
    }  # fmt: skip


def test_the_reference_names_every_key():
    page = (ROOT / "docs" / "mapping-files.md").read_text(encoding="utf-8")
    keys = [*_mapping_read._TOP, *_mapping_read._MAPPING, *_mapping_read._READ, *_mapping_read._VALUE, "times", "unit",
            *_mapping_read._ONLY, *_mapping_read._SKIP, *_mapping_matrix._KEYS, *_mapping_matrix._COLUMN]  # fmt: skip
    assert [k for k in keys if not re.search(rf"`[^`\n]*\b{k}\b[^`\n]*`", page)] == []
    places = (*_mapping_values.PLACES, *_mapping_values.MATRIX_PLACES)
    assert [p for p in places if f"`{{{p}}}`" not in page] == []


# --- real files -----------------------------------------------------------------------------------------------------------

DATA = os.environ.get("LICHEN_REAL_DATA", "")
real = pytest.mark.skipif(not DATA, reason="LICHEN_REAL_DATA does not name a folder")


@real
def test_all_plants_of_hotmaps():
    found = read_mapped(Path(DATA) / "facilities" / "hotmaps_industrial_database.csv", read_mapping("hotmaps"))
    assert found.ok
    left = next(p.values["count"] for p in found.problems if p.code == "mapping.filtered")
    assert len(found.inventory.firms) + left == 5029
    heat = sum(f.quantity.value for f in found.inventory.flows if f.role == "heat")
    assert heat == pytest.approx(93735.97, rel=1e-6)
    assert len({f.firm for f in found.inventory.flows if f.role == "heat"}) == 1057


@real
def test_the_energy_balance_of_guizhou():
    found = read_mapped(Path(DATA) / "energy" / "guizhou_energy_balance_2007.xls", read_mapping("energy-balance"))
    assert found.ok
    assert codes(found) == []
    assert {f.year for f in found.inventory.flows} == {2007}
    coal = {f.firm: f.quantity.value for f in found.inventory.flows if f.material == "coal.raw"}
    assert sum(coal.values()) == pytest.approx(3864.97)
    assert coal["贵州-rural"] == 842.15
    heat = {f.firm: f.quantity.to("GJ/a") for f in found.inventory.flows if f.role == "heat"}
    assert heat == pytest.approx({"贵州-industry": 3569.45e4, "贵州-urban": 8e4})
