"""The inventory of a study: imports, differences, history, merging, files replaced whole."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lichen.errors import FileError
from lichen.figures import Figure
from lichen.inventory.store import (
    FILES,
    apply_import,
    differences,
    history,
    load,
    load_survey,
    merged,
    prepare_import,
    save,
)
from lichen.inventory.survey import Survey
from lichen.inventory.values import Firm, Flow, Inventory, Place, Process


def flow(firm="s1", process="bof", value=1.234, unit="t/a", **more):
    return Flow(firm, process, "out", "by-product", "slag.steel", "钢渣", Figure(value, unit, "measured", "scale", year=2012), 2012, **more)  # fmt: skip


def inventory(value=1.234, firm="s1"):
    return Inventory(
        (Firm(firm, "Steel, \"old\" works", "3120", Place(26.6, 106.7, "WGS84", (26.6, 106.7)), 12, 1.234),),
        (Process(firm, "bof", "=cmd", "", (1.234, "t/a"), None, 7800.0),),
        (flow(firm, value=value, moisture=0.081, note="@SUM(A1)", months=(0.5, 0.5, *[0.0] * 10)),),
    )  # fmt: skip


def survey(value, name="s.xlsx", firm="s1"):
    return Survey(name, inventory(value, firm), (), ())


def put(study, *surveys):
    planned = prepare_import(study, surveys)
    apply_import(study, planned)
    return planned


def test_a_study_without_an_inventory(tmp_path):
    assert load(tmp_path) == Inventory()
    assert history(tmp_path) == []


@pytest.mark.parametrize("value", [1.234, 12.0, 1e-7, 123456.789, 0.0, 1e12, 0.1 + 0.2])
def test_saved_and_loaded_is_the_same(tmp_path, value):
    save(inventory(value), tmp_path)
    assert load(tmp_path) == inventory(value)
    save(Inventory(), tmp_path)
    assert load(tmp_path) == Inventory()


def test_import_then_the_same_then_another(tmp_path):
    first = put(tmp_path, survey(1.0))
    assert {c.what for c in first.changes} == {"new"}
    assert len(first.changes) == 3
    assert prepare_import(tmp_path, [survey(1.0)]).changes == ()
    before = {p.name: p.read_bytes() for p in (tmp_path / "inventory").iterdir()}
    planned = prepare_import(tmp_path, [survey(2.0)])
    assert {p.name: p.read_bytes() for p in (tmp_path / "inventory").iterdir()} == before
    (change,) = planned.changes
    assert change.as_dict() == {
        "entity": "flow", "firm": "s1", "row": "s1 · bof · out · by-product · 钢渣 · 2012", "what": "changed",
        "field": "quantity", "before": "1.0", "after": "2.0",
    }  # fmt: skip
    apply_import(tmp_path, planned)
    assert load(tmp_path).flows[0].quantity.value == 2.0


def test_history_holds_every_change(tmp_path):
    put(tmp_path, survey(1.0))
    put(tmp_path, survey(2.0, "later.xlsx"), survey(5.0, "other.xlsx", "p1"))
    entries = history(tmp_path)
    assert [e["what"] for e in entries] == ["new"] * 3 + ["changed"] + ["new"] * 3
    assert [e["file"] for e in entries] == ["s.xlsx"] * 3 + ["later.xlsx"] + ["other.xlsx"] * 3
    assert [e["firm"] for e in history(tmp_path, "p1")] == ["p1"] * 3
    assert history(tmp_path, "nobody") == []


def test_history_survives_strange_names(tmp_path):
    put(tmp_path, survey(1.0, "a\u2028b\x85c\udcff.xlsx"))
    assert len(history(tmp_path)) == 3


@pytest.mark.parametrize("line", ["{", "5", "{}", "null", "[" * 100_000, '{"time": 1}', "\udcff"])
def test_a_damaged_history_names_the_line(tmp_path, line):
    put(tmp_path, survey(1.0))
    path = tmp_path / "inventory" / "history.jsonl"
    path.write_bytes(path.read_bytes() + line.encode("utf-8", "surrogateescape") + b"\n")
    with pytest.raises(FileError) as error:
        history(tmp_path, "s1")
    assert [p.values["line"] for p in error.value.problems] == [4]


def test_a_firm_that_comes_again_replaces_all_of_its_own_and_nothing_else(tmp_path):
    put(tmp_path, survey(1.0), survey(1.0, "b.xlsx", "p1"))
    fewer = replace(inventory(1.0), flows=())
    planned = put(tmp_path, Survey("s.xlsx", fewer, (), ()))
    assert [(c.what, c.entity, c.firm) for c in planned.changes] == [("gone", "flow", "s1")]
    assert [f.firm for f in load(tmp_path).flows] == ["p1"]


def test_a_file_without_flows_says_nothing_of_flows(tmp_path):
    put(tmp_path, survey(1.0))
    only = Inventory((replace(inventory().firms[0], name="New name"),))
    planned = put(tmp_path, Survey("firms.csv", only, (), (), ("firm",)))
    assert [(c.what, c.field) for c in planned.changes] == [("changed", "name")]
    assert len(load(tmp_path).flows) == 1
    other = Inventory(only.firms, (Process("s1", "new", "New"),))
    put(tmp_path, Survey("two.xlsx", other, (), (), ("firm", "process")))
    assert {p.id for p in load(tmp_path).processes} == {"bof", "new"}


def test_merging_takes_the_others_firms_over():
    ours, theirs = inventory(1.0), inventory(2.0)
    assert merged(ours, theirs) == theirs
    both = merged(ours, inventory(1.0, "p1"))
    assert [f.id for f in both.firms] == ["s1", "p1"]
    assert merged(ours, Inventory()) == ours
    assert differences(ours, ours) == []


def test_two_files_of_one_firm_are_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(FileError) as error:
        prepare_import(tmp_path, [survey(1.0), survey(2.0, "t.xlsx")])
    assert "s.xlsx" in error.value.text("en")
    assert "t.xlsx" in error.value.text("zh")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_files(tmp_path, monkeypatch, step):
    put(tmp_path, survey(1.0))
    before = {p.name: p.read_bytes() for p in (tmp_path / "inventory").iterdir()}

    def broken(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), broken)
        with pytest.raises(OSError, match="disk full"):
            save(inventory(9.0), tmp_path)
    assert {p.name: p.read_bytes() for p in (tmp_path / "inventory").iterdir()} == before


def test_a_write_that_fails_in_the_last_file_changes_none(tmp_path, monkeypatch):
    put(tmp_path, survey(1.0))
    before = load(tmp_path)
    calls = []

    def third(handle):
        calls.append(handle)
        if len(calls) == 3:
            raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", third)
        with pytest.raises(OSError, match="disk full"):
            save(inventory(9.0, "p1"), tmp_path)
    assert load(tmp_path) == before
    assert len(list((tmp_path / "inventory").iterdir())) == 4


@pytest.mark.parametrize(
    ("entity", "old", "new", "cell"),
    [
        ("flow", "1.234,t/a", "many,t/a", "F2"), ("flow", "measured", "guessed", "I2"), ("flow", "s1,bof", ",bof", "A2"),
        ("flow", "s1,bof", "s2,bof", "A2"), ("process", "s1,bof", "s1,bot", "B2"), ("firm", "3120", "9999", "C2"),
        ("flow", "firm,process", "f,p,q", "A1"), ("flow", "1.234,t/a,2012,measured", ",,,", "F2"),
    ],
)  # fmt: skip
def test_damage_by_hand_is_refused_with_its_cell(tmp_path, entity, old, new, cell):
    save(inventory(), tmp_path)
    path = tmp_path / "inventory" / FILES[entity]
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FileError) as error:
        load(tmp_path)
    assert cell in [p.where.cell for p in error.value.problems]
    assert all(p.where.file in FILES.values() for p in error.value.problems)


def test_a_row_emptied_by_hand_is_not_lost_in_silence(tmp_path):
    save(inventory(), tmp_path)
    path = tmp_path / "inventory" / "flows.csv"
    head = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(f"{head}\n,bof,out,by-product,钢渣\n", encoding="utf-8")
    with pytest.raises(FileError):
        load(tmp_path)


def test_a_missing_file_of_firms(tmp_path):
    save(inventory(), tmp_path)
    (tmp_path / "inventory" / "firms.csv").unlink()
    with pytest.raises(FileError) as error:
        load(tmp_path)
    assert {p.code for p in error.value.problems} == {"inventory.unknown_firm"}


def test_two_imports_at_once_lose_nothing(tmp_path):
    first, second = prepare_import(tmp_path, [survey(1.0)]), prepare_import(tmp_path, [survey(2.0, "b.xlsx", "p1")])
    apply_import(tmp_path, first)
    with pytest.raises(FileError) as error:
        apply_import(tmp_path, second)
    assert [p.code for p in error.value.problems] == ["inventory.changed_meanwhile"]
    put(tmp_path, survey(2.0, "b.xlsx", "p1"))
    assert {f.id for f in load(tmp_path).firms} == {"s1", "p1"}
    assert len(history(tmp_path)) == 6


def test_many_writers_wait_for_each_other(tmp_path):
    def write(i):
        for _ in range(50):
            try:
                return put(tmp_path, survey(1.0, f"{i}.xlsx", f"f{i}"))
            except FileError:
                continue

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    assert {f.id for f in load(tmp_path).firms} == {f"f{i}" for i in range(6)}
    assert {e["firm"] for e in history(tmp_path)} == {f"f{i}" for i in range(6)}


def test_inventory_and_history_are_written_together_or_not_at_all(tmp_path):
    put(tmp_path, survey(1.0))
    path = tmp_path / "inventory" / "history.jsonl"
    path.unlink()
    path.mkdir()
    with pytest.raises(FileError) as error:
        put(tmp_path, survey(2.0))
    assert [p.code for p in error.value.problems] == ["inventory.history_no_file"]
    assert load(tmp_path).flows[0].quantity.value == 1.0
    with pytest.raises(FileError):
        history(tmp_path)


def test_a_line_that_was_cut_off_stays_apart_from_what_follows(tmp_path):
    put(tmp_path, survey(1.0))
    path = tmp_path / "inventory" / "history.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    put(tmp_path, survey(2.0))
    with pytest.raises(FileError) as error:
        history(tmp_path)
    assert [p.values["line"] for p in error.value.problems] == [3]
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[-1])["after"] == "2.0"


def test_permissions_stay_and_links_are_followed(tmp_path):
    put(tmp_path, survey(1.0))
    flows = tmp_path / "inventory" / "flows.csv"
    assert flows.stat().st_mode & 0o044
    flows.chmod(0o664)
    elsewhere = tmp_path / "elsewhere.csv"
    flows.rename(elsewhere)
    flows.symlink_to(elsewhere)
    put(tmp_path, survey(2.0))
    assert flows.is_symlink()
    assert "2.0" in elsewhere.read_text(encoding="utf-8")
    assert elsewhere.stat().st_mode & 0o777 == 0o664


def test_an_inventory_that_is_a_file_is_told(tmp_path):
    (tmp_path / "inventory").write_text("x", encoding="utf-8")
    with pytest.raises(FileError) as error:
        load(tmp_path)
    assert [p.code for p in error.value.problems] == ["inventory.no_folder"]


def test_the_warnings_of_a_studys_own_files_are_kept(tmp_path):
    save(inventory(), tmp_path)
    path = tmp_path / "inventory" / "flows.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("钢渣", "钢渣渣"), encoding="utf-8")
    assert "inventory.unknown_material" in [p.code for p in load_survey(tmp_path).problems]


def test_rows_that_are_equal_are_no_difference_whatever_their_numbers_are_made_of():
    whole = replace(
        inventory(2.0), flows=(flow(value=2, moisture=0.081, note="@SUM(A1)", months=(0.5, 0.5, *[0.0] * 10)),)
    )
    assert differences(inventory(2.0), whole) == []
    other = replace(whole, flows=(replace(whole.flows[0], material="slag"),))
    assert differences(whole, other) == []  # the code follows from the name, which is the same


def test_numbers_of_numpy_are_saved_as_numbers(tmp_path):
    save(inventory(np.float64(1.5)), tmp_path)
    assert load(tmp_path) == inventory(1.5)


def sourced(source, value=1.0):
    figure = Figure(value, "t/a", "measured", source, year=2012)
    return Inventory((Firm("s1", "Steel", "3120"),), (), (replace(flow(process=""), quantity=figure),))


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("book.xlsx F3", "book.xlsx F17", []),
        ("my book F3", "my book AB1048576", []),
        ("book.xlsx F3", "newer.xlsx F3", ["source"]),
        ("scale", "books", ["source"]),
        ("book.xlsx F3", "scale", ["source"]),
        ("report 2012", "report 2013", ["source"]),
    ],
)
def test_a_row_that_only_moved_in_its_file_is_no_change(before, after, changed):
    assert [c.field for c in differences(sourced(before), sourced(after))] == changed


def test_a_row_that_moved_and_changed_tells_what_changed():
    assert [c.field for c in differences(sourced("b.xlsx F3"), sourced("b.xlsx F4", 2.0))] == ["quantity"]
