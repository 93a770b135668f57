"""A survey as a whole: correct firms go in, faulty ones wait, every problem names its cell."""

import pytest

from lichen.errors import FileError
from lichen.inventory.survey import read_survey, survey_of
from lichen.inventory.values import Inventory
from lichen.inventory.workbook import write_template
from lichen.sheets import Sheet, read_sheets

FIRMS = [("Firm code", "Name of the firm", "Industry (GB/T 4754)"), ("s1", "Steel", "3120"), ("p1", "Power", "4411")]
PROCESSES = [("Firm code", "Process code", "Process"), ("s1", "bof", "converter"), ("p1", "boiler", "boiler")]
FLOWS = [
    ("Firm code", "Process code", "In or out", "Role", "Material", "Quantity", "Quantity: unit", "Year", "How it is known"),
    ("s1", "bof", "out", "by-product", "steel slag", 12.0, "万吨/年", 2012.0, "measured"),
    ("s1", None, "in", "electricity", "electricity", 5.0, "GWh/a", 2012.0, "reported"),
    ("p1", "boiler", "out", "by-product", "coal fly ash", 30.0, "kt/a", 2012.0, "estimated"),
]  # fmt: skip


def sheets(firms=FIRMS, processes=PROCESSES, flows=FLOWS):
    named = (("Firms", firms), ("Processes", processes), ("Flows", flows))
    return [Sheet("s.xlsx", name, tuple(tuple(r) for r in rows)) for name, rows in named if rows is not None]


def changed(rows, row, column, value):
    rows = [list(r) for r in rows]
    rows[row][column] = value
    return rows


def read(**parts):
    return survey_of("s.xlsx", sheets(**parts))


def told(survey):
    return sorted((p.code.partition(".")[2], p.where.sheet, p.where.cell) for p in survey.problems)


def ids(survey):
    return [f.id for f in survey.inventory.firms]


def test_good():
    found = read()
    assert found.problems == ()
    assert found.ok
    assert ids(found) == ["s1", "p1"]
    assert len(found.inventory.flows) == 3
    assert found.inventory.flows[0].quantity.source == "s.xlsx F2"
    assert found.inventory.flows[1].process == ""


def test_a_faulty_firm_waits_as_a_whole_and_the_others_go_in():
    found = read(flows=changed(FLOWS, 1, 5, "a lot"))
    assert told(found) == [("not_a_number", "Flows", "F2")]
    assert ids(found) == ["p1"]
    assert found.waiting == ("s1",)
    assert {x.firm for x in (*found.inventory.processes, *found.inventory.flows)} == {"p1"}


def test_every_problem_is_told_with_its_cell():
    firms = changed(changed(FIRMS, 1, 1, None), 1, 2, "9999")
    flows = changed(changed(changed(FLOWS, 1, 6, "CNY/t"), 1, 7, "soon"), 2, 3, "junk")
    found = read(firms=firms, flows=flows)
    assert told(found) == [
        ("empty", "Firms", "B2"), ("not_a_number", "Flows", "H2"), ("not_one_of", "Flows", "D3"),
        ("unit_misfit", "Flows", "G2"), ("unknown_industry", "Firms", "C2"),
    ]  # fmt: skip
    assert ids(found) == ["p1"]


def test_a_number_without_a_unit_and_a_unit_without_a_number():
    assert told(read(flows=changed(FLOWS, 1, 6, None))) == [("no_unit", "Flows", "G2")]
    flows = [[*r, x] for r, x in zip(FLOWS, ["Stock at the end of the year: unit", "kt", None, None], strict=True)]
    assert read(flows=flows).problems == ()


def test_doubled_firms_and_rows():
    found = read(firms=[*FIRMS, FIRMS[1]])
    assert told(found) == [("doubled_firm", "Firms", "A4")]
    assert ids(found) == ["p1"]
    found = read(flows=[*FLOWS, FLOWS[1]])
    assert told(found) == [("doubled_row", "Flows", "A5")]
    assert ids(found) == ["p1"]
    found = read(processes=[*PROCESSES, PROCESSES[1]])
    assert told(found) == [("doubled_row", "Processes", "A4")]
    other_name = changed([*FLOWS, FLOWS[1]], 4, 4, "钢渣")
    assert told(read(flows=other_name)) == [("doubled_row", "Flows", "A5")]


@pytest.mark.parametrize("code", ["S1", "ｓ1", "s１"])
def test_codes_that_differ_in_case_or_width_only_are_told(code):
    found = read(firms=[*FIRMS, [code, *FIRMS[1][1:]]])
    assert FIRMS[1][0] == "s1"
    assert [(p.code, p.where.cell) for p in found.problems if p.severity == "error"] == [("inventory.like_firm", "A4")]
    assert ids(found) == ["p1"]


def test_the_same_flow_in_another_year_or_to_another_partner_is_another_row():
    assert read(flows=changed([*FLOWS, FLOWS[1]], 4, 7, 2013.0)).ok
    assert read(flows=changed([*FLOWS, FLOWS[1]], 4, 1, None)).ok


def test_an_unknown_firm_keeps_the_nearest_waiting():
    found = read(flows=changed(FLOWS, 1, 0, "s11"))
    assert told(found) == [("unknown_firm", "Flows", "A2"), ("unknown_process", "Flows", "B2")]
    assert "s1" in found.waiting
    assert ids(found) == ["p1"]


def test_a_far_firm_harms_no_one_where_there_are_several():
    found = read(flows=changed(changed(FLOWS, 1, 0, "zinc"), 1, 1, None))
    assert told(found) == [("unknown_firm", "Flows", "A2")]
    assert found.waiting == ("zinc",)
    assert ids(found) == ["s1", "p1"]


def test_a_row_without_a_firm_may_be_any_firms():
    for process in ("bof", None):
        found = read(flows=changed(changed(FLOWS, 1, 0, None), 1, 1, process))
        assert told(found) == [("empty", "Flows", "A2")]
        assert found.inventory == Inventory()
        assert found.waiting == ("p1", "s1")


def test_an_unknown_process():
    found = read(flows=changed(FLOWS, 1, 1, "bofx"))
    assert told(found) == [("unknown_process", "Flows", "B2")]
    assert "bof" in found.problems[0].text("en")
    assert ids(found) == ["p1"]
    # the process of another firm is none of one's own
    assert told(read(flows=changed(FLOWS, 1, 1, "boiler"))) == [("unknown_process", "Flows", "B2")]


@pytest.mark.parametrize("column", range(9))
def test_a_missing_column_keeps_all_waiting_and_nothing_breaks(column):
    flows = [[c for j, c in enumerate(r) if j != column] for r in FLOWS]
    found = read(flows=flows)
    if column == 1:  # the process may be left out
        assert found.ok
        return
    assert not found.ok
    assert found.inventory == Inventory()
    assert found.waiting[:1] == ("p1",)


@pytest.mark.parametrize("column", range(3))
def test_a_missing_column_of_firms(column):
    found = read(firms=[[c for j, c in enumerate(r) if j != column] for r in FIRMS])
    assert ("no_column", "Firms", "A1") in told(found)
    assert found.inventory == Inventory()


def test_headings_moved_reordered_and_in_other_languages():
    zh = ("企业代码", "工序代码", "投入/产出", "类别", "物料", "数量", "数量：单位", "年份", "数据类型")
    plain = read().inventory
    for top in (zh, [h.upper() for h in FLOWS[0]], [f" {h} " for h in FLOWS[0]],
                ["firm", "process", "direction", "role", "material", "quantity", "quantity unit", "year", "quality"]):  # fmt: skip
        flows = [top, *FLOWS[1:]]
        assert read(flows=flows).inventory == plain
    turned = [list(reversed(r)) for r in FLOWS]
    moved = [("Survey 2012",), (), *[(None, None, *r) for r in turned]]
    found = read(flows=moved)
    assert found.problems == ()
    assert [(f.given, f.quantity.value) for f in found.inventory.flows] == [
        (f.given, f.quantity.value) for f in plain.flows
    ]


def test_a_doubled_column_is_refused_and_an_unknown_one_is_warned_of():
    flows = [[*FLOWS[0], "数量"], *[[*r, 99.0] for r in FLOWS[1:]]]
    found = read(flows=flows)
    assert told(found) == [("doubled_column", "Flows", "J1")]
    assert found.inventory == Inventory()
    flows = [[*FLOWS[0], "Moisure [%]"], *[[*r, 8.0] for r in FLOWS[1:]]]
    found = read(flows=flows)
    assert told(found) == [("unknown_column", "Flows", "J1")]
    assert found.ok
    assert "Moisture" in found.problems[0].text("en")


def test_a_sheet_of_ours_without_headings_loses_nothing_silently():
    found = read(flows=[("a", "b"), *FLOWS[1:]])
    assert told(found) == [("no_heading", "Flows", "A1")]
    assert found.inventory == Inventory()
    assert found.waiting == ("p1", "s1")


def test_other_sheets_are_left_alone():
    extra = [Sheet("s.xlsx", "Sheet9", (("to do", "call"), (1.0, 2.0))), Sheet("s.xlsx", "Flows2", ())]
    assert survey_of("s.xlsx", [*extra, *reversed(sheets())]).inventory.firms == read().inventory.firms
    assert survey_of("s.xlsx", list(reversed(sheets()))).ok


def test_nothing_of_ours_at_all():
    for rows in ((), (("a", "b"), ("c", "d"))):
        with pytest.raises(FileError) as error:
            survey_of("s.xlsx", [Sheet("s.xlsx", "Sheet1", rows)])
        assert [p.code for p in error.value.problems] == ["inventory.no_sheet"]
    assert survey_of("s.xlsx", sheets([FIRMS[0]], [PROCESSES[0]], [FLOWS[0]])).inventory == Inventory()


def test_an_empty_template_is_an_empty_survey(tmp_path):
    found = read_survey(write_template(tmp_path / "t.xlsx", "zh"))
    assert found.inventory == Inventory()
    assert found.problems == ()


def test_rows_left_as_the_template_filled_them_are_noted_once_a_sheet():
    left = [None, "bof", "out", "waste", "sludge", None, "t/a", None, None]
    found = read(flows=[*FLOWS, left, left], processes=[*PROCESSES, (None, "x", "x")])
    assert told(found) == [("left_open", "Flows", ""), ("left_open", "Processes", "")]
    assert [p.severity for p in found.problems] == ["note", "note"]
    assert ids(found) == ["s1", "p1"]


def test_a_prefilled_row_the_firm_has_begun_is_not_left_out():
    begun = [None, "bof", "out", "waste", "sludge", None, "t/a", 2012.0, None]
    found = read(flows=[*FLOWS, begun])
    assert ("empty", "Flows", "A5") in told(found)
    assert not found.inventory.firms


def test_a_row_of_words_that_are_headings_elsewhere_is_data():
    firms = [*FIRMS, ("name", "Name of the firm", "3120")]
    assert ids(read(firms=firms)) == ["s1", "p1", "name"]


def test_half_a_place():
    top = (*FIRMS[0], "Latitude", "Longitude")
    found = read(firms=[top, (*FIRMS[1], 26.6, None), (*FIRMS[2], 26.6, 106.7)])
    assert told(found) == [("empty", "Firms", "E2")]
    assert ids(found) == ["p1"]
    found = read(firms=[top, (*FIRMS[1], 126.6, 106.7), FIRMS[2]])
    assert told(found) == [("range", "Firms", "D2")]


def test_uncertainty_is_a_range():
    top = (*FLOWS[0], "Uncertainty ± [%]")
    flows = [top, (*FLOWS[1], 5.0), (*FLOWS[2], 250.0), (*FLOWS[3][:5], 0.0, *FLOWS[3][6:], 5.0)]
    first, second, third = (f.quantity for f in read(flows=flows).inventory.flows)
    assert (first.low, first.high) == pytest.approx((11.4, 12.6))
    assert (second.low, second.high) == pytest.approx((0.0, 17.5))
    assert (third.low, third.high) == (None, None)


def test_a_range_beyond_all_numbers_is_told():
    found = read(flows=[(*FLOWS[0], "uncertainty"), (*FLOWS[1][:5], 1.7e308, *FLOWS[1][6:], 50.0), *FLOWS[2:]])
    assert told(found) == [("range", "Flows", "F2")]
    assert ids(found) == ["p1"]


def test_csv_files_in_two_encodings(tmp_path):
    text = "企业代码,企业名称,行业代码（GB/T 4754）\ns1,示例钢铁,3120\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    (tmp_path / "b.csv").write_text(text, encoding="gbk")
    one, two = read_survey(tmp_path / "a.csv"), read_survey(tmp_path / "b.csv")
    assert one.inventory == two.inventory
    assert one.problems == ()
    assert one.entities == ("firm",)
    assert [(p.code, p.severity) for p in two.problems] == [("sheets.encoding", "note")]


def test_the_decimal_sign_of_a_csv_is_read_from_its_numbers(tmp_path):
    top = "firm,name,id,hours,output,output unit\n".replace("firm,name,id", "firm,id,name")
    rows = "s1,a,A,7800,{},t/a\ns1,b,B,100,1234567.5,t/a\n"
    firms = [Sheet("s", "Firms", tuple(map(tuple, FIRMS)))]
    for number, decided in (("1.234", rows), ("1.234", rows.replace("1234567.5", "10"))):
        (tmp_path / "p.csv").write_text(top + decided.format(number), encoding="utf-8")
        found = survey_of("p.csv", [*firms, *read_sheets(tmp_path / "p.csv")])
        codes = [p.code for p in found.problems]
        assert codes == ([] if decided is rows else ["numerals.ambiguous"])


def test_a_strange_file_name_makes_no_strange_source():
    found = survey_of("a \u202e  b\n\udcff.xlsx", sheets())
    assert found.inventory.flows[0].quantity.source == "a b.xlsx F2"
