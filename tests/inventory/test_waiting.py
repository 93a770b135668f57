"""Firms that are still waiting: told while it is true, and not once they came in."""

import os

import openpyxl
import pytest

from calls import call
from lichen.figures import Figure
from lichen.inventory.store import load, save
from lichen.inventory.values import Firm, Flow, Inventory
from lichen.inventory.waiting import waiting_firms
from lichen.inventory.workbook import write_inventory

HOUR = 3600


def inventory(*values):
    """Return a firm for each value, s1, s2 …, with one flow."""
    firms = [f"s{i}" for i in range(1, len(values) + 1)]
    return Inventory(
        tuple(Firm(f, f"Steel {f}", "3120") for f in firms), (),
        tuple(Flow(f, "", "out", "by-product", "slag.steel", "钢渣", Figure(v, "t/a", "measured", "scale", year=2012), 2012)
              for f, v in zip(firms, values, strict=True)),
    )  # fmt: skip


@pytest.fixture
def study(tmp_path):
    (tmp_path / "study").mkdir()
    return tmp_path / "study"


def given(tmp_path, *values, faulty=(), name="book"):
    """Write a workbook; rows in ``faulty`` (from 1) have a quantity that is none."""
    path = write_inventory(inventory(*values), tmp_path / f"{name}.xlsx", "en")
    book = openpyxl.load_workbook(path)
    (column,) = [c.column_letter for c in book["Flows"][1] if str(c.value).startswith("Quantity")][:1]
    for row in faulty:
        book["Flows"][f"{column}{row + 2}"] = "a lot"
    book.save(path)
    return path


def bring_in(study, path):
    done = call("inventory", "import", path, "--into", study, "--yes")
    for copy in (study / "inventory" / "returned").glob("*.xlsx"):
        os.utime(copy, (copy.stat().st_mtime - HOUR,) * 2)  # the next import is an hour later
    return done


def waits(study):
    return waiting_firms(study, load(study))


def test_a_study_without_returned_workbooks_waits_for_nobody(study):
    save(inventory(1.0), study)
    assert waits(study) == {}


def test_a_faulty_firm_waits_until_it_comes_in(study, tmp_path):
    assert bring_in(study, given(tmp_path, 1.0, 2.0, faulty=[2])).code == 1
    assert waits(study) == {"s2": "book-to-mend.xlsx"}
    assert bring_in(study, given(tmp_path, 1.0, 2.0, name="mended")).code == 0
    assert (study / "inventory" / "returned" / "book-to-mend.xlsx").exists()
    assert waits(study) == {}


def test_a_firm_that_was_there_waits_with_its_newer_workbook(study, tmp_path):
    bring_in(study, given(tmp_path, 1.0, 2.0))
    bring_in(study, given(tmp_path, 1.0, 3.0, faulty=[2], name="newer"))
    later = (study / "inventory" / "returned" / "newer-to-mend.xlsx").stat().st_mtime + 2 * HOUR
    os.utime(study / "inventory" / "returned" / "newer-to-mend.xlsx", (later, later))
    assert waits(study) == {"s2": "newer-to-mend.xlsx"}


def test_a_mended_copy_that_nobody_imported_still_waits(study, tmp_path):
    bring_in(study, given(tmp_path, 1.0, 2.0, faulty=[2]))
    copy = study / "inventory" / "returned" / "book-to-mend.xlsx"
    write_inventory(inventory(1.0, 2.0), copy, "en")
    assert waits(study) == {"s2": "book-to-mend.xlsx"}
    bring_in(study, copy)
    os.utime(copy)
    assert waits(study) == {}, "what it says is stored"


def test_copies_that_are_no_survey_tell_of_nobody(study, tmp_path):
    bring_in(study, given(tmp_path, 1.0))
    folder = study / "inventory" / "returned"
    folder.mkdir()
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 no zip")
    (folder / "folder.xlsx").mkdir()
    openpyxl.Workbook().save(folder / "empty.xlsx")
    assert waits(study) == {}


def test_a_history_that_cannot_be_read_hides_no_firm(study, tmp_path):
    bring_in(study, given(tmp_path, 1.0, 2.0, faulty=[2]))
    (study / "inventory" / "history.jsonl").write_text("nonsense\n", encoding="utf-8")
    assert waits(study) == {"s2": "book-to-mend.xlsx"}


@pytest.mark.parametrize("command", ["balance", "discover"])
def test_commands_warn_of_waiting_firms(study, tmp_path, command):
    bring_in(study, given(tmp_path, 1.0, 2.0, faulty=[2]))
    done = call(command, study)
    assert done.code == 0
    assert "s2" in done.err
    assert "book-to-mend.xlsx" in done.err
    bring_in(study, given(tmp_path, 1.0, 2.0, name="mended"))
    assert "book-to-mend" not in call(command, study).err
