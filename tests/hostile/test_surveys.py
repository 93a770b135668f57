"""Surveys made to hurt: the process lives, answers in seconds, names the cell, and lets no faulty firm in."""

import time
import zipfile

import pytest
import xlsxwriter

from lichen.errors import LichenError, Where
from lichen.figures import Figure
from lichen.inventory.dictionary import ENTITIES, SHEETS, columns
from lichen.inventory.records import as_records
from lichen.inventory.survey import read_survey, survey_of
from lichen.inventory.values import Firm, Flow, Inventory, Process
from lichen.inventory.workbook import write_inventory, write_marked
from lichen.sheets import Sheet, read_sheets

HERE = Where("s.xlsx", "Flows", "F2")


def inventory():
    def flow(firm, given, value):
        return Flow(
            firm,
            "p",
            "out",
            "by-product",
            "slag.steel",
            given,
            Figure(value, "t/a", "measured", "scale", year=2012),
            2012,
        )

    return Inventory(
        tuple(Firm(f, f.upper(), "3120") for f in ("s1", "p1")), tuple(Process(f, "p", "P") for f in ("s1", "p1")),
        (flow("s1", "钢渣", 2.5), flow("s1", "steel slag powder", 3.5), flow("p1", "钢渣", 4.5)),
    )  # fmt: skip


GOOD = tuple(
    Sheet("s.xlsx", SHEETS[e][0], (tuple(c.key for c in columns(e)), *(tuple(r[c.key] for c in columns(e)) for r in as_records(inventory())[e])))
    for e in ENTITIES
)  # fmt: skip


def told(path, seconds=20):
    """Return the problems of a file, each told in both languages, in bounded time."""
    start = time.perf_counter()
    try:
        problems = read_survey(path).problems
    except LichenError as error:
        problems = error.problems
    assert time.perf_counter() - start < seconds
    assert all(p.text("en") and p.text("zh") for p in problems)
    return problems


def test_a_cell_at_the_far_corner(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "s.xlsx")) as book:
        sheet = book.add_worksheet("Flows")
        sheet.write_string(0, 0, "Firm code")
        sheet.write_string(1_048_575, 16_383, "x")
    assert told(tmp_path / "s.xlsx", 60)


def test_a_zip_bomb(tmp_path):
    write_inventory(inventory(), tmp_path / "s.xlsx", "en")
    with zipfile.ZipFile(tmp_path / "s.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b"0" * 2**27)
    assert [p.code for p in told(tmp_path / "s.xlsx", 5)] == ["sheets.unpacks"]


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_truncated_file(tmp_path, share):
    data = write_inventory(inventory(), tmp_path / "s.xlsx", "en").read_bytes()
    (tmp_path / "s.xlsx").write_bytes(data[: int(len(data) * share)])
    assert [p.code for p in told(tmp_path / "s.xlsx")] == ["sheets.broken"]


def test_renamed_files_and_text_that_is_none(tmp_path):
    data = write_inventory(inventory(), tmp_path / "s.xlsx", "en").read_bytes()
    (tmp_path / "a.csv").write_bytes(data)
    (tmp_path / "b.xlsx").write_bytes(b"firm,id\n")
    (tmp_path / "c.csv").write_bytes(b"id,name,industry\ns1,a\0b,3120\n")
    (tmp_path / "d.csv").write_bytes(b"\n \n")
    codes = [[p.code for p in told(tmp_path / n)] for n in ("a.csv", "b.xlsx", "c.csv", "d.csv")]
    assert codes == [["sheets.renamed"], ["sheets.renamed"], ["sheets.not_text"], ["sheets.empty"]]


def test_gbk_with_bidi_marks_names_the_cell(tmp_path):
    (tmp_path / "a.csv").write_text(
        "企业代码,企业名称,行业代码（GB/T 4754）\ns1,钢\u202e铁,３１２０\n", encoding="gb18030"
    )
    assert [(p.code, p.where.cell) for p in told(tmp_path / "a.csv") if p.severity == "error"] == [
        ("inventory.control", "B2"), ("inventory.unknown_industry", "C2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "code"),
    [("1e400", "numerals.not_finite"), ("1,234", "numerals.ambiguous"), ("１，２３４", "numerals.ambiguous"), ("nan", "numerals.not_finite"),
     ("=1+1", "numerals.not_a_number"), (float("inf"), "numerals.not_finite"), ("\x01", "numerals.not_a_number"), (-1, "inventory.range")],
)  # fmt: skip
def test_a_bad_quantity_names_its_cell_and_the_copy_is_marked(tmp_path, cell, code):
    sheets = changed("flow", 1, "quantity", cell)
    found = survey_of("s.xlsx", sheets)
    errors = [p for p in found.problems if p.severity == "error"]
    assert [(p.code, p.where.sheet, p.where.cell) for p in errors] == [(code, "Flows", "F2")]
    assert [f.id for f in found.inventory.firms] == ["p1"]
    assert len(read_sheets(write_marked(sheets, found.problems, tmp_path / "m.xlsx", "zh"))) == 5


def test_full_width_digits_are_digits():
    found = survey_of("s.xlsx", changed("flow", 1, "quantity", "１２３４．５"))
    assert found.inventory.flows[0].quantity.value == 1234.5


def changed(entity, row, key, value):
    sheets = list(GOOD)
    number = ENTITIES.index(entity)
    rows = [list(r) for r in GOOD[number].rows]
    rows[row][[c.key for c in columns(entity)].index(key)] = value
    sheets[number] = Sheet("s.xlsx", GOOD[number].name, tuple(map(tuple, rows)))
    return sheets
