"""Workbooks out: the template, an export that reads back the same, a copy with the faulty cells marked."""

import datetime

import openpyxl
import pytest

from lichen.errors import FileError, Problem
from lichen.figures import Figure
from lichen.inventory._look import HIGH_HEADING, MATERIALS
from lichen.inventory.dictionary import ENTITIES
from lichen.inventory.dictionary import SHEETS as NAMES
from lichen.inventory.prefill import usual_rows
from lichen.inventory.survey import read_survey, survey_of
from lichen.inventory.values import Firm, Flow, Inventory, Place, Process
from lichen.inventory.workbook import write_inventory, write_marked, write_template
from lichen.sheets import Sheet, read_sheets
from surveys import offered

ODD = ("=cmd|'/c calc'!A1", "+1", "@SUM(A1)", "-2", "https://example.org", "007", "1e5", "'x", "_x0041_", "TRUE", "名")


def inventory(text="plain"):
    quantity = Figure(1.234, "万吨/年", "estimated", text, 1.234 * 0.95, 1.234 * 1.05, 2012)
    return Inventory(
        (Firm("s1", text, "3120", Place(26.6, 106.7, "WGS84", (26.6, 106.7)), 12, 0.1 + 0.2, "private"),),
        (Process("s1", text, text, "crude steel", (25.5, "kt/a"), (2.0, "万吨/年"), 7800.0),),
        (Flow("s1", text, "out", "by-product", "slag.steel", "钢渣", quantity, 2012, 0.081, {"CaO": 0.42}, (20.0, "GJ/t"),
              300.0, "sold", text, (-10.0, "元/吨"), (3.0, "万吨"), (0.25, 0.75, *[0.0] * 10), "park", text),),
    )  # fmt: skip


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_export_reads_back_the_same_and_holds_no_formula(tmp_path, text, lang):
    path = write_inventory(inventory(text), tmp_path / "e.xlsx", lang)
    found = read_survey(path)
    assert {p.code for p in found.problems} == {"inventory.own_partner"}
    assert found.inventory == inventory(text)
    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("n", "s")
                assert cell.hyperlink is None


def test_an_empty_export_is_an_empty_survey(tmp_path):
    assert read_survey(write_inventory(Inventory(), tmp_path / "e.xlsx", "en")).inventory == Inventory()


SHEETS = (
    Sheet("s.xlsx", "Firms", (("Firm code", "Name of the firm", "Industry (GB/T 4754)"), ("s1", "=cmd", "9999"), ("s2", "ok"))),
    Sheet("s.xlsx", "Sheet2", ((1.5, True, datetime.date(2012, 1, 2)), ("a\x01b", float("inf"), "x" * 40_000))),
)  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_marked_copy_colours_and_comments_the_faulty_cells(tmp_path, lang):
    survey = survey_of("s.xlsx", SHEETS)
    path = write_marked(SHEETS, survey.problems, tmp_path / "m.xlsx", lang)
    book = openpyxl.load_workbook(path)
    sheet = book["Firms"]
    assert {c.coordinate for row in sheet.iter_rows() for c in row if c.comment} == {"C2", "C3"}
    assert sheet["C2"].fill.fgColor.rgb == "FFF8B9A0"
    assert sheet["C3"].fill.fgColor.rgb == "FFF8B9A0"
    assert sheet["A2"].fill.fgColor.rgb != "FFF8B9A0"
    faults = {p.where.cell: p for p in survey.problems}
    assert faults["C2"].found(lang) in sheet["C2"].comment.text
    assert faults["C3"].mend(lang) in sheet["C3"].comment.text
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=cmd", "s")


def test_a_mended_copy_goes_in(tmp_path):
    path = write_marked(SHEETS, survey_of("s.xlsx", SHEETS).problems, tmp_path / "m.xlsx", "en")
    book = openpyxl.load_workbook(path)
    book["Firms"]["C2"], book["Firms"]["C3"] = "3120", "31"
    book.save(path)
    assert [f.id for f in read_survey(path).inventory.firms] == ["s1", "s2"]


def test_a_warning_has_another_colour(tmp_path):
    where = SHEETS[0].where(1, 0)
    problem = Problem("inventory.unknown_material", where, "warning", {"found": "\x01\ud800\u202e", "near": "–"})
    book = openpyxl.load_workbook(write_marked(SHEETS, [problem], tmp_path / "m.xlsx", "en"))
    assert book["Firms"]["A2"].fill.fgColor.rgb == "FFFBE7B2"
    assert "\x01" not in book["Firms"]["A2"].comment.text


def test_names_of_sheets_that_a_workbook_does_not_allow(tmp_path):
    names = ["", "a/b[1]:*?", "x" * 60, "x" * 60, "X" * 31, "'q'", "History", "a_b_1____"]
    sheets = [Sheet("s.ods", name, (("a",),)) for name in names]
    path = write_marked(sheets, [], tmp_path / "m.xlsx", "en")
    assert len(read_sheets(path)) == len(names)


def test_a_place_that_cannot_be_written_to_is_told(tmp_path):
    for write in (lambda p: write_template(p, "en"), lambda p: write_inventory(inventory(), p, "zh")):
        with pytest.raises(FileError) as error:
            write(tmp_path / "none" / "t.xlsx")
        assert error.value.problems[0].code == "sheets.not_written"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_prefilled_rows_stand_below_the_help(tmp_path, lang):
    rows = {"flow": [{"process": "p", "direction": "out", "role": "waste", "material": "=x", "quantity unit": "t/a"}]}
    book = openpyxl.load_workbook(write_template(tmp_path / "t.xlsx", lang, rows))
    sheet = book["物流能流" if lang == "zh" else "Flows"]
    assert [c.value for c in sheet[3]][:5] == [
        None,
        "p",
        *(("产出", "废物") if lang == "zh" else ("out", "waste")),
        "=x",
    ]
    assert sheet["E3"].data_type == "s"
    assert book.sheetnames[0] == ("说明" if lang == "zh" else "Instructions")


def lists_of(path, name):
    book = openpyxl.load_workbook(path)
    return offered(book, book[name], first=None)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_export_can_be_filled_on(tmp_path, lang):
    path = write_inventory(inventory(), tmp_path / "e.xlsx", lang)
    flows = "物流能流" if lang == "zh" else "Flows"
    template = write_template(tmp_path / "t.xlsx", lang)
    assert lists_of(path, flows) == lists_of(template, flows) != {}
    book = openpyxl.load_workbook(path)
    assert (book["Lists"].sheet_state, book[MATERIALS].sheet_state) == ("hidden", "visible")
    assert book.active.title == NAMES["firm"][lang == "zh"]


def look(path):
    """Return of each sheet what a reader sees beside its values: frozen rows, widths, heights, colours, lists."""
    book = openpyxl.load_workbook(path)
    return {
        sheet.title: (
            sheet.sheet_state, sheet.freeze_panes, {k: d.width for k, d in sheet.column_dimensions.items()},
            [sheet.row_dimensions[i].height for i in (1, 2)],
            [[(c.fill.fgColor.rgb, c.font.b, c.font.i) for c in row] for row in sheet.iter_rows(max_row=2)],
            lists_of(path, sheet.title),
        )
        for sheet in book
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("said_in", ["en", "zh"])
def test_a_marked_template_looks_like_the_template_and_goes_on(tmp_path, lang, said_in):
    rows = usual_rows("3120", lang)
    rows["firm"][0] |= {"id": "s1", "name": "S", "industry": "9999"}
    path = write_template(tmp_path / "t.xlsx", lang, rows)
    sheets = read_sheets(path)
    marked = write_marked(sheets, survey_of("t.xlsx", sheets).problems, tmp_path / "m.xlsx", said_in)
    before, after = look(path), look(marked)
    for entity in ENTITIES:
        name = NAMES[entity][lang == "zh"]
        assert after[name] == before[name]
    assert after["Lists"][0] == "hidden"
    assert after[MATERIALS] == before[MATERIALS]
    assert list(after) == list(before)
    # mended, it goes in; marked again, it does not grow
    again = read_sheets(marked)
    assert [s.rows for s in again] == [s.rows for s in sheets]
    twice = write_marked(again, survey_of("m.xlsx", again).problems, tmp_path / "mm.xlsx", said_in)
    assert look(twice) == after
    book = openpyxl.load_workbook(marked)
    book[NAMES["firm"][lang == "zh"]]["C3"] = "3120"
    book.save(marked)
    assert [f.id for f in read_survey(marked).inventory.firms] == ["s1"]


def test_headings_that_stand_lower_and_a_heading_that_is_marked(tmp_path):
    head = ("Firm code", "Name of the firm", "Industry (GB/T 4754)", "Colour")
    sheets = [Sheet("s.xlsx", "Firms", (("Survey of 2012",), (), head, ("s1", "S", "3120", "red")))]
    path = write_marked(sheets, survey_of("s.xlsx", sheets).problems, tmp_path / "m.xlsx", "en")
    sheet = openpyxl.load_workbook(path)["Firms"]
    assert sheet.freeze_panes == "C4"
    assert sheet["A3"].fill.fgColor.rgb == "FFD9DEE3"
    assert sheet["D3"].fill.fgColor.rgb == "FFFBE7B2"
    assert sheet["D3"].comment
    assert sheet["A4"].fill.fgColor.rgb == "00000000"
    assert sheet.row_dimensions[3].height == pytest.approx(HIGH_HEADING, abs=0.5)
    assert sheet.row_dimensions[4].height is None


def test_a_sheet_of_a_firm_that_is_called_lists_is_kept(tmp_path):
    firms = Sheet("s.xlsx", "Firms", (("id", "name", "industry"), ("s1", "S", "3120")))
    own = Sheet("s.xlsx", "Lists", (("our telephone numbers",),))
    hidden = Sheet("s.xlsx", "secret", (("x",),), hidden=True)
    book = openpyxl.load_workbook(write_marked([hidden, own, firms], [], tmp_path / "m.xlsx", "zh"))
    assert book.sheetnames == ["secret", "Lists~2", "Firms", MATERIALS, "Lists"]
    assert book["Lists~2"]["A1"].value == "our telephone numbers"
    assert [s.sheet_state for s in book] == ["hidden", "visible", "visible", "visible", "hidden"]
    assert book.active.title == "Lists~2"
    choices = {w for words in offered(book, book["Firms"], first=None).values() for w in words}
    assert choices == set()  # the sheet has no column with a list


def test_a_foreign_table_gets_no_lists(tmp_path):
    book = openpyxl.load_workbook(write_marked([Sheet("s.csv", "Lists", (("a", "b"),))], [], tmp_path / "m.xlsx", "en"))
    assert book.sheetnames == ["Lists"]
    assert book["Lists"].sheet_state == "visible"
    only = Sheet("s.xlsx", "x", (("a",),), hidden=True)
    assert openpyxl.load_workbook(write_marked([only], [], tmp_path / "o.xlsx", "en"))["x"].sheet_state == "visible"
