"""Reading follow-up/: headings in both languages, CSV and XLSX, every problem with its place; nothing is guessed."""

import datetime

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.errors import FileError
from lichen.monitor import has_follow_up, read_follow_up
from lichen.monitor.dictionary import ENTITIES, FILES, columns, fields, word

HEAD = "exchange,year,quantity,quantity unit,kind,source"


def write(folder, name, text):
    place = folder / "follow-up"
    place.mkdir(exist_ok=True)
    (place / name).write_text(text, encoding="utf-8")


def codes(folder):
    with pytest.raises(FileError) as error:
        read_follow_up(folder)
    return [(p.code, p.where.file, p.where.cell) for p in error.value.problems if p.severity == "error"]


def test_chinese_and_english_headings_say_the_same(tmp_path):
    write(tmp_path, "actual.csv", f"{HEAD},co2,co2 unit\nslag,2018,12.5,kt/a,measured,meter,3,ktCO2/a\n")
    english = read_follow_up(tmp_path).actual[0]
    write(
        tmp_path,
        "actual.csv",
        "来源,交换,年份,数量,数量：单位,数据类型,减排量,减排量：单位\nmeter,slag,2018,12.5,kt/a,实测,3,ktCO2/a\n",
    )
    chinese = read_follow_up(tmp_path).actual[0]
    assert (english.quantity, english.co2_t, english.source) == (chinese.quantity, chinese.co2_t, chinese.source)
    assert english.quantity.kind == "measured"
    assert english.co2_t == 3000


def test_a_workbook(tmp_path):
    (tmp_path / "follow-up").mkdir()
    with xlsxwriter.Workbook(str(tmp_path / "follow-up" / "events.xlsx")) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate((("交换", "日期", "状态", "期限", "下一步"), ("slag", None, "已签约", 2019, "call"))):
            sheet.write_row(i, 0, row)
        sheet.write_datetime(1, 1, datetime.datetime(2018, 6, 30), book.add_format({"num_format": "yyyy-mm-dd"}))
    (event,) = read_follow_up(tmp_path).events
    assert (str(event.date), event.state, str(event.due)) == ("2018-06-30", "agreed", "2019")


def test_a_number_with_two_meanings_is_asked_about(tmp_path):
    write(
        tmp_path,
        "measures.csv",
        "firm,measure,category,state,co2,co2 unit,kind,source\nall,108 measures,several,implemented,22.347,tCO2,reported,GIZ\n",
    )
    assert codes(tmp_path) == [("numerals.ambiguous", "measures.csv", "E2")]


def test_another_number_of_the_file_decides(tmp_path):
    text = "firm,measure,category,state,co2,co2 unit,kind,source\na,x,several,implemented,22.347,tCO2,reported,s\nb,y,pumps,idea,{},tCO2/a,reported,s\n"
    for other, value in (("1.5", 22.347), ('"1,5"', 22347.0)):
        write(tmp_path, "measures.csv", text.format(other))
        assert read_follow_up(tmp_path).measures[0].co2_once_t == value


def test_decimal_signs_that_contradict_are_told(tmp_path):
    write(tmp_path, "actual.csv", f'{HEAD}\na,2018,1.5,t/a,reported,s\nb,2018,"1,5",t/a,reported,s\n')
    assert codes(tmp_path)[0][0] == "numerals.contradiction"


def test_what_cannot_be_counted_is_kept_as_told_with_a_question(tmp_path):
    write(tmp_path, "planned.csv", f"{HEAD},told,question\nheat,2018,,,reported,paper,300 tons/year,which unit?\n")
    (row,) = read_follow_up(tmp_path).planned
    assert row.quantity is None
    assert (row.told, row.question) == ("300 tons/year", "which unit?")


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("actual.csv", f"{HEAD}\nslag,2018,,,reported,s\n", [("follow.nothing", "C2")]),
        ("actual.csv", f"{HEAD},told,question\nslag,2018,,,reported,s,much,\n", [("follow.no_question", "H2")]),
        ("actual.csv", f"{HEAD}\nslag,2018,5,,reported,s\n", [("inventory.no_unit", "D2")]),
        ("actual.csv", f"{HEAD}\nslag,2018,5,kWh,reported,s\n", [("inventory.unit_misfit", "D2")]),
        ("actual.csv", f"{HEAD}\nslag,2018,-5,t/a,reported,s\n", [("inventory.range", "C2")]),
        ("actual.csv", f"{HEAD}\nslag,2018,5,t/a,guess,s\n", [("inventory.not_one_of", "E2")]),
        ("actual.csv", f"{HEAD}\nslag,2018,5,t/a,reported,s\nslag,2018,6,t/a,reported,s\n", [("follow.doubled", "A3")]),
        ("actual.csv", f"{HEAD},low,high\nslag,2018,5,t/a,reported,s,6,7\n", [("figures.range", "C2")]),
        ("actual.csv", f"{HEAD},low,high\nslag,2018,5,t/a,reported,s,4,\n", [("figures.half_range", "C2")]),
        ("actual.csv", "exchange,year,quantity\nslag,2018,5\n",
         [("inventory.no_column", "A1"), ("inventory.no_column", "A1"), ("inventory.no_unit", "C2")]),
        ("actual.csv", f"{HEAD},年份\nslag,2018,5,t/a,reported,s,2018\n", [("inventory.doubled_column", "G1")]),
        ("actual.csv", "a,b\n1,2\n", [("follow.no_heading", "")]),
        ("events.csv", "exchange,date,state\nslag,3/4/2018,idea\n", [("inventory.period", "B2")]),
        ("events.csv", "exchange,date,state\nslag,2017,implemented\nslag,2018,idea\n", [("follow.cannot_follow", "A3")]),
        ("measures.csv", "firm,measure,category,state,kind,source,investment,investment unit,saving,saving unit\n"
                         "a,m,pumps,idea,reported,s,5,CNY,5,EUR/a\n", [("follow.two_currencies", "J2")]),
        ("measures.csv", "firm,measure,category,state,kind,source,told\na,m,pumps,idea,reported,s,much\n",
         [("follow.no_question", "A2")]),
        ("targets.csv", "indicator,year,direction,target,unit,source\nx,2015,at least,5,bananas,s\n", [("units.unknown", "E2")]),
        ("milestones.csv", "milestone,due\nopen,soon\n", [("inventory.period", "B2")]),
        ("actual.csv", "\0\0\1", [("sheets.not_text", "")]),
    ],
)  # fmt: skip
def test_faults_are_told_with_their_cell(tmp_path, name, text, wanted):
    write(tmp_path, name, text)
    assert [(code, cell) for code, _, cell in codes(tmp_path)] == wanted


def test_problems_of_all_files_come_together(tmp_path):
    write(tmp_path, "actual.csv", f"{HEAD}\nslag,2018,,,reported,s\n")
    write(tmp_path, "events.csv", "exchange,date,state\nslag,soon,idea\n")
    assert {file for _, file, _ in codes(tmp_path)} == {"actual.csv", "events.csv"}


def test_two_files_of_one_table_are_refused(tmp_path):
    write(tmp_path, "actual.csv", HEAD)
    write(tmp_path, "actual.xlsx", HEAD)
    assert codes(tmp_path)[0][0] == "follow.two_files"


def test_too_many_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("lichen.monitor.read.MOST_ROWS", 2)
    write(tmp_path, "actual.csv", HEAD + "\nslag,2018,5,t/a,reported,s" * 4)
    assert codes(tmp_path)[0][0] == "inventory.too_many_rows"


def test_unknown_columns_are_warned_of_and_blank_rows_left_out(tmp_path):
    write(tmp_path, "actual.csv", f"\n{HEAD},,quantty\n,,,,,\nslag,2018,5,t/a,reported,s,,1\n")
    follow = read_follow_up(tmp_path)
    assert len(follow.actual) == 1
    assert [p.code for p in follow.problems] == ["inventory.unknown_column"]


def test_money_and_targets_and_milestones(tmp_path):
    write(tmp_path, "actual.csv", f"{HEAD},money,money unit\nslag,2018,5,t/a,reported,s,3,万元/年\n")
    write(
        tmp_path,
        "targets.csv",
        "indicator,year,direction,target,value,unit,source\nuse,2015,at least,60,,%,HJ 274-2015\n",
    )
    write(tmp_path, "milestones.csv", "milestone,exchange,due,done\nopen,slag,2018-06,2018-07-01\n")
    follow = read_follow_up(tmp_path)
    assert (follow.actual[0].money, follow.actual[0].currency) == (30000, "CNY")
    assert (follow.targets[0].target, follow.targets[0].value) == (60, None)
    assert str(follow.milestones[0].done) == "2018-07-01"
    assert follow.exchanges == ("slag",)


def test_nothing_to_follow(tmp_path):
    assert not has_follow_up(tmp_path)
    assert read_follow_up(tmp_path).exchanges == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), max_size=8), max_size=6), st.sampled_from(ENTITIES))
def test_any_file_is_read_or_refused_in_words(tmp_path_factory, rows, entity):
    folder = tmp_path_factory.mktemp("junk")
    head = ",".join(c.key for c in columns(entity))
    body = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    (folder / "follow-up").mkdir()
    (folder / "follow-up" / f"{FILES[entity]}.csv").write_bytes(f"{head}\n{body}".encode("utf-8", "replace"))
    refused = ()
    try:
        read_follow_up(folder)
    except FileError as error:
        refused = error.problems
    assert all(p.text("en") and p.text("zh") for p in refused)


def test_the_dictionary_is_whole():
    for entity in ENTITIES:
        for field in fields(entity):
            assert len(field.choices) == len(field.choices_zh)
            assert all(field.labels)
            assert all(field.helps)
        labels = [c.label(lang) for lang in ("en", "zh") for c in columns(entity)]
        assert len(set(labels)) == len(labels)
    assert word("event", "state", "agreed").text("zh") == "已签约"
    assert word("event", "state", "mine").text("zh") == "mine"
