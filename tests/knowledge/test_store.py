"""A study's own rows, and files to give away: what is written reads back the same."""

import csv
import io
import os

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.errors import FileError, InputError
from lichen.knowledge.columns import columns
from lichen.knowledge.read import knowledge, read_additions
from lichen.knowledge.store import apply_import, csv_text, file_of, load, own_additions, prepare_import
from lichen.knowledge.write import export, records

ROW = {
    "id": "mine", "name_en": "Mine", "donor": "3120", "receiver": "3011", "stream": "slag.steel", "sources": "own",
    "conditions": "my-limit",
}  # fmt: skip
LIMIT = {
    "id": "my-limit", "quantity": "moisture", "operator": "<=", "limit": "5", "unit": "%", "severity": "required",
    "ask_zh": "含水率是多少？", "source": "own",
}  # fmt: skip


def files(folder, row=ROW, limit=LIMIT):
    (folder / "t.csv").write_text(csv_text("exchange_types", [row]), encoding="utf-8")
    (folder / "c.csv").write_text(csv_text("conditions", [limit]), encoding="utf-8")
    return [folder / "t.csv", folder / "c.csv"]


def imported(folder, study, **more):
    planned = prepare_import(study, read_additions(files(folder, **more)))
    apply_import(study, planned)
    return planned


def test_a_study_without_own_rows(tmp_path):
    assert own_additions(tmp_path).types == {}
    assert load(tmp_path).types == knowledge().types


def test_import_and_load(tmp_path):
    planned = imported(tmp_path, tmp_path / "study")
    assert [(c.table, c.id, c.what) for c in planned.changes] == [
        ("exchange_types", "mine", "new"), ("conditions", "my-limit", "new"),
    ]  # fmt: skip
    base = load(tmp_path / "study")
    assert base.types["mine"].conditions[0].limit == 5
    assert set(base.types) - set(knowledge().types) == {"mine"}


def test_a_second_import_shows_what_differs_and_keeps_the_rest(tmp_path):
    study = tmp_path / "study"
    imported(tmp_path, study)
    assert imported(tmp_path, study).changes == ()
    planned = imported(tmp_path, study, row=ROW | {"receiver": "3021", "note_en": "n"})
    assert [(c.column, c.before, c.after) for c in planned.changes] == [
        ("receiver", "3011", "3021"), ("note_en", "", "n"),
    ]  # fmt: skip
    imported(tmp_path, study, row=ROW | {"id": "second"})
    assert set(own_additions(study).types) == {"mine", "second"}


def test_files_with_two_decimal_signs_become_one(tmp_path):
    rate = {
        "replaces": "mineral.clay",
        "rate_basis": "mass",
        "rate_unit": "t/t",
        "rate_kind": "assumed",
        "rate_source": "own",
    }
    for name, number in (("a", "0.8"), ("b", "0,85"), ("c", "2")):
        imported(tmp_path, tmp_path / "study", row=ROW | rate | {"id": name, "rate": number})
    types = own_additions(tmp_path / "study").types
    assert [types[name].replaces[0].rate.value for name in "abc"] == [0.8, 0.85, 2]
    assert imported(tmp_path, tmp_path / "study", row=ROW | rate | {"id": "b", "rate": "0,85"}).changes == ()


@pytest.mark.parametrize("table", ["exchange_types", "conditions"])
def test_a_file_of_a_study_that_lost_its_headings_is_told_not_dropped(tmp_path, table):
    imported(tmp_path, tmp_path / "study")
    file = file_of(tmp_path / "study", table)
    file.write_text("".join(file.read_text(encoding="utf-8").splitlines(keepends=True)[1:]), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load(tmp_path / "study")
    assert ("knowledge.no_table", file.name) in [(p.code, p.where.file) for p in error.value.problems]


def test_faulty_rows_are_refused_and_nothing_is_written(tmp_path):
    found = read_additions(files(tmp_path, row=ROW | {"sources": ""}))
    with pytest.raises(InputError):
        prepare_import(tmp_path / "study", found)
    assert not (tmp_path / "study").exists()


def test_files_spoiled_by_hand_are_told(tmp_path):
    study = tmp_path / "study"
    imported(tmp_path, study)
    path = file_of(study, "exchange_types")
    path.write_text(path.read_text(encoding="utf-8").replace("3011", "xxxx"), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load(study)
    assert error.value.problems[0].code == "knowledge.unknown_industry"


def test_a_write_that_fails_changes_nothing(tmp_path, monkeypatch):
    study = tmp_path / "study"
    imported(tmp_path, study)
    before = {p.name: p.read_bytes() for p in (study / "knowledge").iterdir()}
    planned = prepare_import(study, read_additions(files(tmp_path, row=ROW | {"receiver": "3021"})))

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        apply_import(study, planned)
    assert {p.name: p.read_bytes() for p in (study / "knowledge").iterdir()} == before


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_library_as_a_workbook_reads_back(tmp_path, lang):
    path = export(tmp_path / "all.xlsx", records(), lang)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[:2] == ["exchange_types", "conditions"]
    assert len(book.sheetnames) == 3
    assert book["exchange_types"].max_row == len(knowledge().types) + 1
    found = read_additions([path])
    assert found.ok
    # nothing is added; a note for each table counts the library's rows
    assert [(p.code, p.severity) for p in found.problems] == [("knowledge.same_as_library", "note")] * 2
    counts = {p.values["count"] for p in found.problems}
    assert counts == {len(knowledge().types), len(knowledge().conditions)}
    assert found.types == found.conditions == {}
    assert prepare_import(tmp_path / "study", found).changes == ()


def test_an_export_that_was_edited_gives_the_own_rows(tmp_path):
    rows = [dict(row) for row in records()["exchange_types"]]
    rows.append(rows[0] | {"id": "my-slag", "donor": "3120"})
    path = export(tmp_path / "all.csv", {"exchange_types": rows, "conditions": ()})
    found = read_additions([path])
    assert found.ok
    assert set(found.types) == {"my-slag"}
    assert [row["id"] for row in found.records["exchange_types"]] == ["my-slag"]


def test_a_changed_row_of_the_library_needs_an_id_of_its_own(tmp_path):
    rows = [dict(row) for row in records()["exchange_types"]]
    rows[3]["receiver"] = "3031"
    found = read_additions([export(tmp_path / "all.csv", {"exchange_types": rows, "conditions": ()})])
    (wrong,) = [p for p in found.problems if p.severity == "error"]
    assert (wrong.code, wrong.where.cell, wrong.values["columns"]) == ("knowledge.taken_id", "A5", ["receiver"])
    assert "new identifier" in wrong.mend("en")
    assert found.types == {}


def test_a_row_that_was_emptied_in_part_is_a_change(tmp_path):
    rows = [dict(row) for row in records()["exchange_types"]][:2]
    rows[1]["note_en"] = ""
    found = read_additions([export(tmp_path / "two.csv", {"exchange_types": rows, "conditions": ()})])
    assert sorted(p.code for p in found.problems) == ["knowledge.same_as_library", "knowledge.taken_id"]


def test_own_rows_export_and_read_back(tmp_path):
    study = tmp_path / "study"
    imported(tmp_path, study)
    own = own_additions(study).records
    path = export(tmp_path / "own.xlsx", own)
    assert read_additions([path]).types == own_additions(study).types
    text = export(tmp_path / "own.csv", own).read_text(encoding="utf-8")
    assert next(csv.DictReader(io.StringIO(text)))["id"] == "mine"
    everything = records(study)
    assert everything["exchange_types"][-1]["id"] == "mine"
    assert len(everything["exchange_types"]) == len(knowledge().types) + 1


def test_formulas_stay_text(tmp_path):
    path = export(tmp_path / "x.xlsx", {"exchange_types": [ROW | {"note_en": "=1+1"}], "conditions": []})
    sheet = openpyxl.load_workbook(path)["exchange_types"]
    position = [c.value for c in sheet[1]].index("note_en") + 1
    assert sheet.cell(2, position).data_type == "s"
    assert sheet.cell(2, position).value == "=1+1"


@pytest.mark.parametrize("name", ["x.txt", "none/x.csv", "x"])
def test_places_that_cannot_be_written(tmp_path, name):
    with pytest.raises(FileError) as error:
        export(tmp_path / name, records())
    assert error.value.problems[0].code == "sheets.not_written"
    (tmp_path / "folder.xlsx").mkdir()
    with pytest.raises(FileError):
        export(tmp_path / "folder.xlsx", records())


WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Co", "Cn")), min_size=1, max_size=40).map(
    lambda s: " ".join(s.split())
).filter(lambda s: bool(s) and s.isprintable())  # fmt: skip
NUMBERS = st.floats(0.01, 99).map(lambda x: f"{x:.2f}")


@settings(max_examples=60, deadline=None)
@given(
    WORDS, WORDS, st.lists(st.sampled_from(["3120", "30", "city", "0610"]), min_size=1, unique=True),
    st.lists(st.sampled_from(["ore.iron", "coal.raw", "fuel"]), unique=True), NUMBERS, NUMBERS,
)  # fmt: skip
def test_what_is_written_reads_back_the_same(tmp_path_factory, name, note, donors, replaces, rate, share):
    folder = tmp_path_factory.mktemp("round")
    count = len(replaces)
    row = ROW | {
        "conditions": "", "name_en": name, "note_en": note, "donor": "; ".join(donors), "replaces": "; ".join(replaces),
        "rate": "; ".join([rate] * count), "rate_unit": "; ".join(["t/t"] * count),
        "rate_kind": "; ".join(["assumed"] * count), "rate_source": "; ".join(["own"] * count),
        "cap_of": "cement", "cap_high": share, "cap_unit": "%", "cap_source": "own",
    }  # fmt: skip
    (folder / "a.csv").write_text(csv_text("exchange_types", [row]), encoding="utf-8")
    first = read_additions([folder / "a.csv"])
    assert first.ok, [p.text("en") for p in first.problems]
    (folder / "b.csv").write_text(csv_text("exchange_types", first.records["exchange_types"]), encoding="utf-8")
    second = read_additions([folder / "b.csv"])
    assert second.types == first.types
    assert second.records == first.records
    found = first.types["mine"]
    assert found.donors == tuple(donors)
    assert [s.rate.value for s in found.replaces] == [float(rate)] * count
    assert found.caps[0].high == pytest.approx(float(share) / 100)
    assert set(first.records["exchange_types"][0]) == {c.name for c in columns("exchange_types")}
