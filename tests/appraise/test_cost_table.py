"""Costs as rows of text: in and out again they are the same, and no cell is a formula."""

import csv
import io
from pathlib import Path

import pytest

from lichen.appraise.cost_table import cost_key, cost_record, costs_csv, sheet_of, write_costs
from lichen.appraise.costs import costs_of, read_costs, shipped_costs
from lichen.errors import InputError

GUIYANG = Path(__file__).parents[2] / "examples" / "guiyang" / "costs.csv"


def test_the_costs_of_guiyang_are_the_same_again(tmp_path):
    costs = read_costs(GUIYANG)
    records = [cost_record(cost) for cost in costs]
    assert costs_of([sheet_of(records)]) == costs
    path = tmp_path / "costs.csv"
    path.write_text(costs_csv(records), encoding="utf-8")
    assert read_costs(path) == costs


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_workbook_of_costs_reads_as_it_was_written(tmp_path, lang):
    costs = read_costs(GUIYANG)
    path = write_costs([cost_record(c) for c in costs], tmp_path / "c.xlsx", lang)
    assert read_costs(path) == costs


def test_what_ships_can_be_a_studys_own():
    told = [c for c in shipped_costs() if c.item == "carbon_price"]
    again = costs_of([sheet_of([cost_record(c) for c in told])])
    assert [c.figure for c in again] == [c.figure for c in told]
    assert all(c.own for c in again)


def test_a_row_is_told_apart_as_the_reader_tells_it():
    records = [cost_record(c) for c in read_costs(GUIYANG)]
    keys = [cost_key(c) for c in read_costs(GUIYANG)]
    assert len(set(keys)) == len(keys)
    with pytest.raises(InputError, match="already"):
        costs_of([sheet_of([*records, records[0]])])


def test_text_is_no_formula(tmp_path):
    record = {**cost_record(read_costs(GUIYANG)[0]), "note": '=HYPERLINK("http://x")'}
    path = write_costs([record], tmp_path / "c.xlsx", "en")
    assert read_costs(path)[0].figure.note == '=HYPERLINK("http://x")'
    assert next(csv.DictReader(io.StringIO(costs_csv([record]))))["note"] == record["note"]
