"""Rows of a survey: what is remembered, what is told, and when looking for near names ends."""

import pytest

from lichen.errors import Where
from lichen.inventory import _rows
from lichen.inventory._rows import MOST_SUGGESTIONS, MOST_TOLD, Nearest, Told, find_heading, read_rows
from lichen.inventory.survey import survey_of
from lichen.sheets import Sheet
from surveys import changed, inventory, sheets_of


def test_of_one_kind_a_thousand_are_told_and_the_others_counted():
    problems = Told()
    for i in range(MOST_TOLD + 5):
        problems.add("inventory.empty", Where("s", "Flows", f"A{i + 2}"), field="x", zh="x")
        problems.add(
            "inventory.small_percent", Where("s", "Flows", "B2"), "warning", field="x", zh="x", found="1", meant="1"
        )
    problems.add("inventory.empty", Where("s", "Firms", "A2"), field="x", zh="x")
    found = problems.as_tuple()
    assert len(found) == 2 * MOST_TOLD + 1 + 2
    assert [(p.code, p.where.sheet, p.severity, p.values) for p in found[-2:]] == [
        ("inventory.more", "Flows", "error", {"count": 5, "first": "A2"}),
        ("inventory.more", "Flows", "warning", {"count": 5, "first": "B2"}),
    ]
    assert "A2" in found[-2].text("en")
    assert "A2" in found[-2].text("zh")


def test_near_names_are_looked_for_once_and_not_for_ever(monkeypatch):
    asked = []
    monkeypatch.setattr(_rows, "suggest", lambda name, known: asked.append(name) or known[0])
    nearest = Nearest()
    assert [nearest.to("a", ["x"]), nearest.to("a", ["x"]), nearest.to("a", ["y"], of="f")] == ["x", "x", "y"]
    assert asked == ["a", "a"]
    for i in range(2 * MOST_SUGGESTIONS):
        nearest.to(f"b{i}", ["x"])
    assert len(asked) == MOST_SUGGESTIONS
    assert nearest.tired
    assert nearest.to("something new", ["x"]) == ""


def test_where_so_many_firms_are_unknown_that_no_name_is_looked_for_all_wait():
    good = sheets_of(inventory())
    rows = [(f"unheard of {i}", *good[2].rows[1][1:]) for i in range(MOST_SUGGESTIONS + 1)]
    found = survey_of("s.xlsx", [*good[:2], Sheet("s.xlsx", "Flows", (*good[2].rows, *rows))])
    assert found.inventory.firms == ()


@pytest.mark.parametrize("cell", [True, 1, 1.0, "1"])
def test_what_is_remembered_of_a_column_is_not_taken_for_another_type(cell):
    for first in (True, 1, 1.0, "1"):
        sheets = changed("flow", 2, changed("flow", 1, quantity=first), quantity=cell)
        problems = [(p.code, p.where.cell) for p in survey_of("s.xlsx", sheets).problems if p.severity == "error"]
        assert problems == [("numerals.truth", f"F{n}") for n, c in ((2, first), (3, cell)) if c is True]


def test_the_problem_of_a_repeated_cell_is_told_at_each_place():
    sheets = changed("flow", 3, changed("flow", 2, changed("flow", 1, role="垃圾"), role="垃圾"), role="垃圾")
    cells = [p.where.cell for p in survey_of("s.xlsx", sheets).problems if p.code == "inventory.not_one_of"]
    assert cells == ["D2", "D3", "D4"]


def test_a_sheet_with_too_many_rows_is_not_read_and_all_wait(monkeypatch):
    sheets = sheets_of(inventory())
    monkeypatch.setattr(_rows, "MOST_ROWS", 2)
    found = survey_of("s.xlsx", sheets)
    assert [(p.code, p.where.cell) for p in found.problems if p.severity == "error"] == [
        ("inventory.too_many_rows", "A4")
    ]
    assert found.waiting == ("p1", "s1")
    assert read_rows(sheets[2], find_heading(sheets[2]), Told(), own=False) is None


def test_the_upper_end_of_a_number_with_units_counts_in_the_first_unit_of_its_kind():
    for value, unit, fits in ((5000, "kcal/kg", True), (150, "GJ/t", True), (0.2, "GJ/kg", False), (151, "MJ/Nm3", False),
                              (36_000, "kJ/m3", True), (35_900, "kcal/kg", False)):  # fmt: skip
        found = survey_of("s.xlsx", changed("flow", 1, heating_value=value, heating_value_unit=unit))
        errors = [p for p in found.problems if p.severity == "error"]
        assert [(p.code, p.where.cell) for p in errors] == ([] if fits else [("inventory.range", "N2")]), (value, unit)
        assert all(unit in p.text("en") for p in errors)


@pytest.mark.parametrize(("value", "unit", "fits"), [
    (1e13, "t/a", True), (2e13, "t/a", False), (2e13, "kg/a", True), (1e300, "t/a", False), (1e300, "GJ/a", False),
    (2e15, "kWh/a", True), (3e16, "kWh/a", False), (1e10, "万吨/年", False), (2e13, "m3/a", False),
])  # fmt: skip
def test_more_than_the_world_uses_is_out_of_range(value, unit, fits):
    found = survey_of("s.xlsx", changed("flow", 2, quantity=value, quantity_unit=unit))
    assert [p.code for p in found.problems if p.severity == "error"] == ([] if fits else ["inventory.range"])


def test_a_substance_with_wrong_capitals_is_warned_of_and_goes_in():
    found = survey_of("s.xlsx", changed("flow", 2, composition="Cao 42; SiO2 15"))
    assert [(p.code, p.values["meant"]) for p in found.problems if p.code == "inventory.substance"] == [
        ("inventory.substance", "CaO")
    ]
    assert found.ok
