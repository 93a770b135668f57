"""A study from its folder to its result: the scaffold, faults in it, and the Guiyang example."""

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from lichen.economy.read import read_satellites, read_table
from lichen.errors import StudyError
from lichen.study.answer import answer
from lichen.study.flows import run_flows
from lichen.study.load import load_study
from lichen.study.new import new_study
from lichen.study.run import check_study, run_study
from lichen.study.write import as_dict, write_results

GUIYANG = Path(__file__).parents[2] / "examples" / "guiyang"


@pytest.fixture
def study(tmp_path):
    new_study(tmp_path / "town")
    return tmp_path / "town"


@pytest.fixture(scope="module")
def guiyang():
    return run_study(GUIYANG)


def edit(folder, name, old, new, count=1):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} is not in {name}"
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def errors(folder):
    return [p for p in check_study(folder) if p.severity == "error"]


def one_error(folder):
    found = errors(folder)
    assert len(found) == 1, [str(p) for p in found]
    return found[0]


# --- the scaffold ---------------------------------------------------------------------------------------------------
def test_scaffold_runs_as_it_is(study):
    result = run_study(study)
    assert errors(study) == []
    uis = result.assessments["UIS"]
    # 40 kt more slag, 80 % additional, S = 0.9: 28.8 kt clinker at 0.53 + 0.15 × 2 t CO2 each
    assert uis.exchanges[0].saved["clinker"] == pytest.approx(28_800)
    assert uis.exchanges[0].saved["coal"] == pytest.approx(28_800 * 0.15)
    assert uis.exchanges[0].onsite["CO2"] == pytest.approx(-28_800 * (0.53 + 0.15 * 2) / 1e6)
    assert uis.change("CO2") < 0


def test_intervention_adds_to_the_exchange(study):
    result = run_study(study)
    assert result.assessments["UIS+efficient"].change("CO2") < result.assessments["UIS"].change("CO2") - 0.05


def test_new_study_overwrites_nothing(study):
    with pytest.raises(StudyError) as error:
        new_study(study)
    assert error.value.problems[0].code == "study.not_empty"


def test_study_file_itself_may_be_named(study):
    assert run_study(study / "study.toml").assessments.keys() == {"UIS", "UIS+efficient"}


# --- faults -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "old", "new", "code", "place"),
    [
        ("study.toml", 'account = "CO2"', 'acount = "CO2"', "study.unknown_key", "report.acount"),
        ("study.toml", 'file = "table.csv" ', "", "study.one_way", "table[town]"),
        ("study.toml", 'file = "table.csv" ', 'file = "tabel.csv"', "sheets.missing", "tabel.csv"),
        ("study.toml", 'file = "table.csv" ', 'file = "../../etc/passwd"', "study.outside", "table[town]"),
        ("study.toml", 'economy = "2020"', 'economy = "2021"', "study.unknown_id", "scenario[BAU].economy"),
        ("study.toml", 'reference = "BAU"', 'reference = "BUA"', "study.unknown_id", "scenario[UIS].reference"),
        ("study.toml", 'exchanges = "designed"', 'exchanges = "desinged"', "study.not_one_of", "scenario[UIS].exchanges"),
        ("study.toml", 'title = {', "title = {{", "study.not_toml", "study.toml"),
        ("study.toml", 'interventions = ["efficient-power"]', 'interventions = ["x"]', "study.unknown_id", "UIS+efficient"),
        ("exchanges.toml", 'value = 6, unit = "万吨/年"', 'value = 6, unit = "万吨/日x"', "units.unknown", "designed"),
        ("exchanges.toml", 'value = 6, unit = "万吨/年"', 'value = "six", unit = "万吨/年"', "study.wrong_type", "designed"),
        ("exchanges.toml", 'value = 6, unit = "万吨/年"', 'value = nan, unit = "万吨/年"', "figures.not_finite", "designed"),
        ("exchanges.toml", 'value = 6, unit = "万吨/年"', 'value = 6, unit = "GJ/a"', "units.does_not_fit", "designed"),
        ("exchanges.toml", 'value = 60, unit = "CNY/t", low = 30, high = 90', 'value = 60, unit = "CNY/t"', "figures.no_range", "price"),
        ("exchanges.toml", 'value = 60, unit = "CNY/t", low = 30, high = 90', 'value = 60, unit = "CNY/t", low = 70, high = 90', "figures.range", "price"),
        ("exchanges.toml", 'value = 60, unit = "CNY/t", low = 30, high = 90', 'value = 60, unit = "USD/t", low = 30, high = 90', "scenario.currency", "price"),
        ("exchanges.toml", 'donor = "metals"', 'donor = "metal"', "scenario.unknown_sector", "slag-cement"),
        ("exchanges.toml", 'product = "clinker"', 'product = "klinker"', "scenario.unknown_product", "replaces"),
        ("exchanges.toml", 'rate = { value = 0.9', 'rate = { value = -0.9, low = -1, high = 1, unit = "t/t", kind = "assumed", source = "made-up" }\nx = { value = 0.9', "study.unknown_key", "replaces"),
        ("exchanges.toml", 'source = "made-up", year = 2020 }\ndesigned', 'source = "nowhere", year = 2020 }\ndesigned', "study.unknown_source", "existing"),
        ("exchanges.toml", 'share = { value = 0.2', 'share = { value = 0.1', "scenario.limit", "scenario[UIS]"),
        ("table.csv", "600,900,2600", "600,nan,2600", "numerals.not_finite", "D13"),
        ("table.csv", "600,900,2600", "600,about 900,2600", "numerals.not_a_number", "D13"),
        ("table.csv", "600,900,2600", "600,9000,2600", "checks.unbalanced_row", "mining"),
        ("table.csv", "label,,mining,cement", "label,,mining,mining", "read.doubled", "D12"),
        ("emissions.csv", "CO2,fuel,cement,0.16", "CO2,fuel,cememt,0.16", "read.unknown_sector", "emissions.csv"),
        ("interventions.toml", 'rows = ["mining"]', 'rows = ["minning"]', "scenario.unknown_cell", "efficient-power"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_place(study, name, old, new, code, place):
    edit(study, name, old, new)
    found = errors(study)
    assert code in {p.code for p in found}, [(p.code, str(p)) for p in found]
    told = [p for p in found if p.code == code]
    assert any(place in p.text("en") for p in told), [p.text("en") for p in told]
    for problem in found:  # in both languages, and with a remedy
        assert problem.text("zh") != problem.text("en")
        assert problem.mend("en")
    with pytest.raises(StudyError):
        run_study(study)


@pytest.mark.parametrize("key", ["exchanges", "interventions", "published"])
@pytest.mark.parametrize("path", ["/dev/null", "../elsewhere.toml", "x/../../elsewhere.toml", "link.toml"])
def test_text_files_lie_in_the_folder_of_the_study(study, key, path):
    """What lies elsewhere is not opened: it may have no end, and its words are nobody's who made the study."""
    (study.parent / "elsewhere.toml").write_text('secret = "7-2026"\n', encoding="utf-8")
    (study / "link.toml").symlink_to("../elsewhere.toml")
    text = re.sub(rf"(?m)^{key} = .*\n", "", (study / "study.toml").read_text(encoding="utf-8"))
    (study / "study.toml").write_text(f'{key} = "{path}"\n{text}', encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(study)
    assert [(p.code, str(p.where)) for p in caught.value.problems] == [("study.outside", f"study.toml, {key}")]
    assert "secret" not in str(caught.value)
    assert path in caught.value.problems[0].found("en")


def test_all_faults_come_together(study):
    edit(study, "exchanges.toml", 'donor = "metals"', 'donor = "metal"')
    edit(study, "exchanges.toml", 'supplier = "power"', 'supplier = "powr"')
    edit(study, "exchanges.toml", 'product = "clinker"', 'product = "klinker"')
    assert {p.code for p in errors(study)} == {"scenario.unknown_sector", "scenario.unknown_product"}
    assert len(errors(study)) == 3


def test_faults_of_all_tables_and_accounts_come_together(study):
    edit(study, "table.csv", "600,900,2600", "600,x,2600")
    edit(study, "emissions.csv", "CO2,fuel,power,1.40", "CO2,fuel,power,lots")
    codes = [p.where.file for p in errors(study)]
    assert "table.csv" in codes


def test_missing_folder_and_empty_folder(tmp_path):
    for folder in (tmp_path / "none", tmp_path):
        assert one_error(folder).code == "study.missing_file"


def test_a_circle_of_tables_is_named(study):
    edit(study, "study.toml", 'file = "table.csv" ', 'domestic = { of = "town" } ')
    assert "study.circle" in {p.code for p in errors(study)}


def test_references_must_share_the_economy(study):
    edit(
        study,
        "study.toml",
        '[[scenario]]\nid = "BAU"',
        '[[economy]]\nid = "other"\nyear = 2021\ntable = "town"\nsatellites = ["accounts"]\n\n[[scenario]]\nid = "BAU"',
    )
    edit(study, "study.toml", 'economy = "2020"\nexchanges = "existing"', 'economy = "other"\nexchanges = "existing"')
    assert {p.code for p in errors(study)} == {"study.different_economy"}


def test_more_saved_than_bought_is_refused(study):
    edit(study, "exchanges.toml", "price = { value = 500", "price = { value = 50000")
    edit(study, "exchanges.toml", "low = 400, high = 700", "low = 400, high = 70000")
    assert "scenario.more_than_bought" in {p.code for p in errors(study)}


def test_zero_output_sector_with_emissions_is_named(study):
    with (study / "table.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    for row in rows:  # power makes nothing and buys nothing any more
        if row and row[0] in ("intermediate", "value_added", "output"):
            row[5] = "0"
            if row[1] == "power":
                row[2:] = ["0"] * (len(row) - 2)
    with (study / "table.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    told = [p for p in errors(study) if p.code == "checks.zero_output_emissions"]
    assert ["power" in p.text("en") for p in told] == [True, True]  # CO2 and jobs


# --- results ------------------------------------------------------------------------------------------------------------
def test_results_are_written_and_agree(study, tmp_path):
    result = run_study(study)
    written = write_results(result, tmp_path / "out", "en")
    names = {p.name for p in written}
    assert {"results.json", "results.xlsx", "scenarios.csv", "exchanges.csv", "sectors.csv", "inputs.csv"} <= names
    data = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    row = next(r for r in data["scenarios"] if r["scenario"] == "UIS" and r["account"] == "CO2")
    assert row["change"] == pytest.approx(result.assessments["UIS"].change("CO2"))
    assert row["unit"] == "Mt CO2"
    assert row["imports"] == "as published"
    with (tmp_path / "out" / "scenarios.csv").open(encoding="utf-8-sig") as file:
        same = next(r for r in csv.DictReader(file) if r["scenario"] == "UIS" and r["account"] == "CO2")
    assert float(same["change"]) == pytest.approx(row["change"])
    from python_calamine import CalamineWorkbook

    sheet = (
        CalamineWorkbook.from_path(str(tmp_path / "out" / "results.xlsx")).get_sheet_by_name("scenarios").to_python()
    )
    column = sheet[0].index("change")
    assert any(r[0] == "UIS" and r[column] == pytest.approx(row["change"]) for r in sheet[1:])


def test_every_figure_is_listed_with_source_and_kind(study):
    rows = as_dict(run_study(study), "en")["inputs"]
    assert len(rows) > 20
    assert all(r["source"] and r["kind"] in ("measured", "reported", "estimated", "assumed") for r in rows)
    assert any(r["place"] == "exchange[slag-cement].replaces[clinker].rate" and r["value"] == 0.9 for r in rows)


def test_text_that_looks_like_a_formula_stays_text(study, tmp_path):
    edit(study, "exchanges.toml", 'name = { en = "Slag to cement"', 'name = { en = "=cmd|calc!A1"')
    write_results(run_study(study), tmp_path / "out", "en")
    text = (tmp_path / "out" / "exchanges.csv").read_text(encoding="utf-8-sig")
    assert "'=cmd|calc!A1" in text
    from python_calamine import CalamineWorkbook

    cells = (
        CalamineWorkbook.from_path(str(tmp_path / "out" / "results.xlsx")).get_sheet_by_name("exchanges").to_python()
    )
    assert any("=cmd|calc!A1" in row for row in cells)


def test_the_same_run_gives_the_same_numbers(study):
    first, second = run_study(study), run_study(study)
    assert json.dumps(as_dict(first, "en")) == json.dumps(as_dict(second, "en"))


# --- Guiyang ------------------------------------------------------------------------------------------------------------
def test_guiyang_closes_on_published_totals(guiyang):
    for scenario, total in (("BL2002", 20.9049553), ("BAU2007", 24.6878915), ("BAU2012", 29.9054813)):
        assert guiyang.outcomes[scenario].accounts.total("CO2") == pytest.approx(total, rel=1e-9)


def test_guiyang_existing_exchanges_in_and_out_of_the_reference_fit_together(guiyang):
    total = {s: guiyang.outcomes[s].accounts.total("CO2") for s in guiyang.outcomes}
    new, everything = (guiyang.assessments[s].change("CO2") for s in ("UIS2012", "UIS2012-all"))
    assert total["UIS2012"] == pytest.approx(total["UIS2012-all"], rel=1e-12)
    assert everything - new == pytest.approx(total["BAU2012"] - total["BAU2012-none"])
    assert everything < new < 0


def test_guiyang_heat_is_kept_and_counts_nowhere(guiyang):
    heat = next(e for e in guiyang.loaded.book.exchanges if e.id == "waste-heat-city")
    assert (heat.designed.value, heat.designed.unit) == (300, "t/a")
    assert not heat.include
    assert heat.exclude_reason.en
    assert heat.exclude_reason.zh
    assert all(one.id != heat.id for a in guiyang.assessments.values() for one in a.exchanges)


def test_guiyang_quantities_are_the_papers(guiyang):
    designed = {e.id: e.designed.value for e in guiyang.loaded.book.exchanges if e.include}
    assert sorted(designed.values()) == [10_000, 100_000, 100_000, 120_000, 200_000, 400_000, 500_000]
    assert guiyang.assessments["BUILT2018"].change("CO2") > guiyang.assessments["UIS2012"].change("CO2")


def test_guiyang_totals_by_sector_and_exchange_add_up(guiyang):
    for assessment in guiyang.assessments.values():
        parts = sum(one.total("CO2") for one in assessment.exchanges) + assessment.interaction["CO2"]
        assert parts == pytest.approx(assessment.change("CO2"), rel=1e-9)
        for outcome in (assessment.before, assessment.after):
            accounts = outcome.accounts
            assert accounts.consumption.sum() == pytest.approx(accounts.production.sum(), rel=1e-9)
            assert result_sum(guiyang, accounts.consumption[0]) == pytest.approx(accounts.consumption[0].sum())


def result_sum(result, values):
    return result.grouped(values).sum()


def test_guiyang_is_shown_in_thirteen_sectors_and_says_what_it_rests_on(guiyang):
    assert len(guiyang.grouping.labels) == 13
    assert guiyang.grouping.names("zh")["IN_NMMI"]
    np.testing.assert_allclose(guiyang.grouping.weights.sum(axis=1), 1)
    assert sum(guiyang.kinds.values()) == pytest.approx(1)
    assert guiyang.kinds["assumed"] > 0.3
    for lang in ("en", "zh"):
        assert len(answer(guiyang, lang)) == 3
    assert guiyang.built.tables["guiyang-2012"].origin.kind == "assumed"
    assert guiyang.built.tables["guizhou-2012"].origin.kind == "estimated"


def test_guiyang_stands_beside_the_papers_and_within_its_own_range(guiyang):
    saving = next(c for c in guiyang.compared if c.comparison.measure == "saving")
    assert [p.figure.value for p in saving.published] == [1.0, 1.09]
    assert saving.low < saving.value < saving.high
    assert saving.comparison.reasons.zh


def test_guiyang_table_is_the_published_one():
    table = read_table(GUIYANG / "tables" / "guizhou_2007.csv")
    assert table.output.sum() == pytest.approx(64_284_603.3, rel=1e-8)
    assert table.unit == "10000 CNY"
    np.testing.assert_allclose(table.output, table.intermediate.sum(axis=1) + table.final_total(), atol=0.02)


def test_guiyang_emissions_add_up_to_the_published_totals():
    from lichen.vocabulary.sectors import sectors

    for year, total in ((2002, 86.317), (2007, 171.977), (2012, 232.278)):
        found = read_satellites(GUIYANG / "emissions" / "guizhou_co2.csv", sectors("CEADS47").codes, year)
        assert found.totals().values.sum() + found.direct_total.sum() == pytest.approx(total, abs=2e-3)


# --- a park without an economy --------------------------------------------------------------------------------------
def test_a_study_of_firms_alone_is_in_order_and_says_what_a_run_needs(tmp_path):
    shutil.copytree(GUIYANG / "inventory", tmp_path / "inventory")
    (tmp_path / "study.toml").write_text(
        'title = { en = "Park", zh = "园区" }\n[design]\nyears = 8\n', encoding="utf-8"
    )
    found = check_study(tmp_path)
    assert [(p.code, p.severity) for p in found] == [("study.no_scenarios", "note")]
    with pytest.raises(StudyError) as error:
        run_study(tmp_path)
    assert [p.code for p in error.value.problems] == ["study.no_scenarios"]
    flows = run_flows(tmp_path)
    assert flows.title.zh == "园区"
    assert flows.loaded.study.design.years == 8


def test_scenarios_need_one_to_show(study):
    edit(study, "study.toml", 'scenario = "UIS"', "", 1)
    assert one_error(study).code == "study.missing_key"
