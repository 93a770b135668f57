"""A risk register from a file: both languages, and every fault with its cell."""

import pytest

from lichen.appraise.risk_table import LONGEST, read_risks, risk_columns
from lichen.errors import FileError, InputError
from lichen.sheets import Sheet
from surveys import write

HEAD = "exchange,mode,description,severity,occurrence,detection,owner,mitigation\n"
GOOD = "a>b>c,quantity,ash runs short,7,4,3,Li,yard\n"
KNOWN = ("a>b>c", "d>e>f")


def read(tmp_path, text, name="risks.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_risks(tmp_path / name, KNOWN)


def faults(tmp_path, text):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    for problem in caught.value.problems:
        assert problem.text("en") != problem.text("zh")
    return [(p.code.split(".")[1], p.where.cell) for p in caught.value.problems]


def test_risks_come_by_priority(tmp_path):
    found = read(tmp_path, HEAD + GOOD + "d>e>f,partner closes,mine ends,10,7,4,Wang,second source\n,,,,,,,\n")
    assert [r.priority for r in found.risks] == [280, 84]
    assert (found.risks[1].mode, found.risks[1].owner, found.risks[1].severity) == ("quantity", "Li", 7)
    assert found.notes == ()


def test_chinese_headings_and_modes_in_a_workbook(tmp_path):
    heads = tuple(said["heading_zh"] for said in risk_columns().values())
    row = ("a>b>c", "合作方关停", "煤矿关闭", 10, 7.0, 4, "王", "备用来源")
    path = write(tmp_path / "r.xlsx", [Sheet("r.xlsx", "风险", (("登记",), heads, row))])
    (risk,) = read_risks(path, KNOWN).risks
    assert (risk.mode, risk.occurrence, risk.mitigation) == ("partner closes", 7, "备用来源")


def test_a_row_of_another_exchange_is_left_out_and_said(tmp_path):
    found = read(tmp_path, HEAD + GOOD + GOOD.replace("a>b>c", "a>b>x"))
    assert len(found.risks) == 1
    assert [(p.code, p.severity, p.where.cell) for p in found.notes] == [("risks.no_exchange", "warning", "A3")]
    assert "a>b>c" in found.notes[0].text("en")


@pytest.mark.parametrize("mark", ["0", "11", "-3", "7.5", "high", "１２", "1e1", "=1+1", "007", "∞"])
@pytest.mark.parametrize("column", ["severity", "occurrence", "detection"])
def test_marks_that_are_none(tmp_path, mark, column):
    cells = GOOD.strip().split(",")
    place = list(risk_columns()).index(column)
    cells[place] = mark
    assert faults(tmp_path, HEAD + ",".join(cells) + "\n") == [("bad_mark", f"{'ABCDEFGH'[place]}2")]


def test_all_faults_are_told_together(tmp_path):
    rows = "a>b>c,quantty,x,7,4,3,Li,yard\na>b>c,quality,,7,4,3,,yard\na>b>c,price,y,70,4,3,Li,yard\n" + GOOD + GOOD
    assert faults(tmp_path, HEAD + rows) == [
        ("unknown_mode", "B2"), ("empty", "C3"), ("empty", "G3"), ("bad_mark", "D4"), ("doubled", "A6"),
    ]  # fmt: skip


def test_columns_that_are_missing_unknown_or_doubled(tmp_path):
    assert ("no_column", "A1") in faults(tmp_path, "exchange,mode,description\na>b>c,quality,x\n")
    assert faults(tmp_path, HEAD.replace("owner,", "owner,sevrity,owner,") + GOOD.replace("Li,", "Li,,,")) == [
        ("unknown_column", "H1"), ("unknown_column", "I1"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "\n\n", "a,b,c\n1,2,3\n", "exchange\nx\n"])
def test_what_is_no_register(tmp_path, text):
    assert [code for code, _ in faults(tmp_path, text)] == ["no_table" if text.strip() else "empty"]


def test_long_and_unprintable_texts(tmp_path):
    bad = GOOD.replace("yard", "y" * (LONGEST + 1)).replace("Li", "L\x07i")
    assert faults(tmp_path, HEAD + bad) == [("bad_text", "G2"), ("bad_text", "H2")]


def test_too_many_rows(tmp_path):
    rows = "".join(GOOD.replace("ash", f"ash {i}") for i in range(10_001))
    assert [code for code, _ in faults(tmp_path, HEAD + rows)] == ["too_many"]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileError):
        read_risks(tmp_path / "nowhere.csv", KNOWN)


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A1", "<script>alert(1)</script>", "{owner}", "%s%n", "'; DROP"])
def test_hostile_texts_are_texts(tmp_path, text):
    found = read(tmp_path, HEAD + f'a>b>c,quality,"{text}",1,1,1,"{text}","{text}"\n')
    assert found.risks[0].description == text
