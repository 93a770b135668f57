"""A study's flows: from its inventory to balances, tables and findings."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lichen.errors import FileError, InputError, StudyError
from lichen.inventory.store import save
from lichen.study.flow_tables import flow_tables, flows_as_dict, write_flows
from lichen.study.flows import has_inventory, home, run_flows
from lichen.study.new import new_study
from lichen.study.run import run_study
from parks import flow, steelworks


def told(result):
    """Return the findings of balances; emissions have their own."""
    return [p for p in result.findings if not p.code.startswith("emissions.")]


GUIYANG = Path(__file__).parents[2] / "examples" / "guiyang"


@pytest.fixture
def park(tmp_path):
    save(steelworks(slag_taken=320.0), tmp_path)
    return tmp_path


def test_an_inventory_alone_is_enough(park):
    result = run_flows(park)
    assert has_inventory(park)
    assert result.year == 2012
    assert result.title.en == park.name
    assert [b.level for b in result.balances["park"]] == ["park"] * 4
    assert len(result.reconciliation.gross_errors) == 1
    assert told(result) == []
    assert home(park / "study.toml") == park


def test_a_study_names_the_year_and_shows_its_flows(tmp_path):
    folder = tmp_path / "s"
    new_study(folder)
    assert run_study(folder).flows is None
    flows = steelworks().flows
    save(replace(steelworks(), flows=(*flows, *(replace(f, year=2013) for f in flows[:3]))), folder)
    assert run_flows(folder).year == 2013
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text + "\n[flows]\nyear = 2012\n", encoding="utf-8")
    result = run_study(folder)
    assert result.flows.year == 2012
    assert result.flows.title == result.loaded.study.title
    (note,) = told(result.flows)
    assert (note.code, note.severity, note.values["count"]) == ("flows.other_years", "note", 3)


def test_what_cannot_be_balanced_is_told(park, tmp_path):
    with pytest.raises(StudyError, match="has no firms"):
        run_flows(tmp_path / "nowhere")
    with pytest.raises(StudyError, match="no flows of 1999"):
        run_flows(park, year=1999)
    save(replace(steelworks(), flows=()), park)
    with pytest.raises(StudyError, match="no flows"):
        run_flows(park)
    (park / "inventory" / "flows.csv").write_text("nonsense", encoding="utf-8")
    with pytest.raises(FileError):
        run_flows(park)


def test_contradictions_and_units_that_do_not_compare_are_warnings(tmp_path):
    flows = (
        flow("steel", "bf", "in", "raw material", "iron ore", 100, composition={"Fe": 0.6}),
        flow("steel", "bf", "out", "product", "pig iron", 100, composition={"Fe": 0.9}),
        flow("steel", "", "out", "heat", "low-pressure steam", 10, "GJ/a", partner="cement"),
        flow("cement", "", "in", "heat", "low-pressure steam", 4, "t/a", partner="steel"),
    )
    save(replace(steelworks(), flows=flows), tmp_path)
    codes = [p.code for p in told(run_flows(tmp_path))]
    assert codes == ["inventory.output_above_input", "flows.tied", "flows.unlike"]


def test_two_small_errors_that_no_single_flow_explains(tmp_path):
    flows = tuple(
        flow("steel", "bf", direction, "product" if direction == "out" else "raw material", name, value, half=0.02)
        for direction, name, value in (("in", "iron ore", 100), ("in", "limestone", 100), ("out", "pig iron", 95), ("out", "steel slag", 101))
    )  # fmt: skip
    park = steelworks()
    closed = tuple(replace(p, closed=("mass",)) if p.id == "bf" else p for p in park.processes)
    save(replace(park, processes=closed, flows=flows), tmp_path)
    assert [p.code for p in told(run_flows(tmp_path))] == ["flows.contradiction"]


def test_tables_hold_every_row_and_json_is_plain(park):
    result = run_flows(park)
    tables = flow_tables(result, "en")
    for cells in tables.values():
        assert {len(row) for row in cells} == {len(cells[0])}
    assert len(tables["reconciled"]) == 1 + sum(len(g.flows) for g in result.reconciliation.groups)
    assert len(tables["laws"]) == 1 + 5
    assert len(tables["balances"]) == 1 + sum(len(found) for found in result.balances.values())
    told = json.loads(json.dumps(flows_as_dict(result, "zh"), allow_nan=False))
    assert told["year"] == 2012
    (gross,) = [r for r in told["reconciled"] if r["gross error"]]
    assert gross["told"] == 320


def test_files_are_written_or_the_place_is_told(park, tmp_path):
    written = write_flows(run_flows(park), tmp_path / "out", "en")
    assert [p.name for p in written] == [
        "balance.json", "balances.csv", "reconciled.csv", "laws.csv", "estimates.csv", "questions.csv", "emissions.csv",
        "coverage.csv", "flow_indicators.csv", "balance_findings.csv", "balance.xlsx",
    ]  # fmt: skip
    assert all(p.stat().st_size for p in written)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StudyError):
        write_flows(run_flows(park), tmp_path / "file", "en")


def test_estimates_take_part_and_are_named(park):
    result = run_flows(park, grid="grid_guizhou_2021")
    assert all(f in result.inventory.flows for f in result.estimated.added)
    assert result.emissions.park.value_t > 0
    assert result.indicators["dmi"].value > 0
    assert result.coverage is None
    rows = flow_tables(result, "en")["estimates"]
    assert len(rows) == 1 + len(result.estimated.added)
    with pytest.raises(InputError, match="grid"):
        run_flows(park, grid="grid_of_nowhere")


def test_firms_are_compared_with_the_economy_that_the_study_names(tmp_path):
    folder = tmp_path / "s"
    new_study(folder)
    save(steelworks(), folder)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    economy = run_study(folder).loaded.study.economy[0].id
    (folder / "study.toml").write_text(text + f'\n[flows]\neconomy = "{economy}"\n', encoding="utf-8")
    found = run_flows(folder)
    assert found.coverage is None
    assert "flows.no_classification" in [p.code for p in found.findings]
    (folder / "study.toml").write_text(text + '\n[flows]\neconomy = "nowhere"\n', encoding="utf-8")
    with pytest.raises(StudyError, match="nowhere"):
        run_flows(folder)


def test_the_firms_of_guiyang_beside_its_sectors():
    found = run_flows(GUIYANG).coverage
    assert found.statistic == pytest.approx(28.36, rel=0.01)  # 29.91 less what households burn
    assert 0.5 < found.share < 1
    assert [s.sector for s in found.sectors if s.above] == ["12", "13", "14"]


def test_a_process_that_is_completely_listed_gets_no_estimates(tmp_path):
    flows = (
        flow("steel", "bf", "in", "raw material", "iron ore", 160),
        flow("steel", "bf", "out", "product", "pig iron", 100),
    )
    park = replace(steelworks(), flows=flows, firms=tuple(replace(f, industry="3110") for f in steelworks().firms))
    save(park, tmp_path)
    assert run_flows(tmp_path).estimated.added
    save(replace(park, processes=tuple(replace(p, closed=("mass",)) for p in park.processes)), tmp_path)
    assert run_flows(tmp_path).estimated.added == ()
