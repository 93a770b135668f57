"""Files made to hurt: every one ends in a clear error or a right table, in bounded time."""

import random
import time
import zipfile

import numpy as np
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lichen.economy.published import published_sheets, read_published
from lichen.economy.read import read_satellites, read_table
from lichen.errors import InputError, LabelError, LichenError
from lichen.sheets import read_sheets

GOOD = (
    "lichen,table,1\nyear,2007\n\nrole,label,intermediate,intermediate,consumption,output\nlabel,,a,b,c,x\n"
    "intermediate,a,1,2,3,6\nintermediate,b,1,1,2,4\nvalue_added,v,4,1\n"
)


def try_all(path):
    """Read a file in every way; only our own errors may come out, and each tells itself in both languages."""
    for read in (
        lambda: read_table(path), lambda: read_satellites(path, ("a", "b")), lambda: read_published(path),
        lambda: published_sheets(path),
    ):  # fmt: skip
        told = ["read"]
        try:
            read()
        except LichenError as error:
            told = [error.text("en"), error.text("zh")]
        assert all(told)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(tmp_path, data):
    (tmp_path / "t.csv").write_bytes(data)
    try_all(tmp_path / "t.csv")


WORDS = st.sampled_from(
    ["lichen", "table", "role", "label", "intermediate", "output", "value_added", "unit", "1", "-1.5", "1.234", "nan", "", "a", "b",
     "代码", "总产出", "中间使用", "进口", "其他", "小计", "合计", "总投入", "劳动者报酬", "Code", "GO", "IM", "TIU", "EX", "Origin", "Imports",
     "account", "sector", "value", "CO2 [Mt]", "households", "\n", '"'])  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=8), max_size=10))
def test_words_of_the_layouts_in_any_order(tmp_path, rows):
    import csv

    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    try_all(tmp_path / "t.csv")


@pytest.mark.parametrize("seed", range(60))
def test_a_good_table_with_one_cell_changed(tmp_path, seed):
    chance = random.Random(seed)
    lines = [line.split(",") for line in GOOD.splitlines()]
    line = chance.choice([line for line in lines if line])
    line[chance.randrange(len(line))] = chance.choice(
        ["", "nan", "∞", "=1+1", "\u202e", "a", "1e308", "1,5", '"', "\ufeff", "０"]
    )
    path = tmp_path / "t.csv"
    path.write_text("\n".join(",".join(line) for line in lines), encoding="utf-8")
    try_all(path)


def test_overflowing_sums_are_no_fault(tmp_path):
    (tmp_path / "t.csv").write_text(GOOD.replace("1,2,3,6", "1e308,1e308,1e308,1e308"))
    with np.errstate(over="ignore"):
        assert read_table(tmp_path / "t.csv", decimal=".").intermediate[0, 0] == 1e308


def test_labels_that_read_as_nothing(tmp_path):
    (tmp_path / "t.csv").write_text(GOOD.replace(",a,", ",nan,"))
    with pytest.raises(LabelError):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize(
    "text",
    ["," * 2_000_000, ",\n" * 500_000, "a" * 100_000 + ",b", "lichen" + "\n" * 500_000, '"' + "a,b\n" * 20_000,
     "role,label" + ",intermediate" * 20_000, "lichen,table,1\n" + "year,2007\n" * 50_000,
     "lichen,table,1\nrole,label" + ",bad" * 50_000 + "\nlabel,", "account,sector,value,unit\n" + "CO2,a,1,t\n" * 50_000,
     "代码," + "进口," * 50_000 + "总产出,中间使用\n1,2,3"],
)  # fmt: skip
def test_long_files_end_in_bounded_time(tmp_path, text):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    start = time.process_time()
    try_all(tmp_path / "t.csv")
    assert time.process_time() - start < 20


def test_a_wall_of_wrong_cells_gives_a_short_answer(tmp_path):
    n = 150
    text = (
        "lichen,table,1\n\nrole,label"
        + ",intermediate" * n
        + ",output\nlabel,,"
        + ",".join(f"s{i}" for i in range(n))
        + ",x\n"
    )
    text += "".join(f"intermediate,s{i}," + "?," * n + "?\n" for i in range(n))
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "t.csv")
    assert len(caught.value.problems) < 60


def test_entities_in_xml_are_not_expanded(tmp_path):
    path = tmp_path / "w.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("s").write(0, 0, "x")
    evil = tmp_path / "evil.xlsx"
    bomb = '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9)
    )
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(evil, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/sharedStrings.xml":
                data = (
                    bomb
                    + ']><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&j;</t></si></sst>'
                ).encode()
            target.writestr(name, data)
    try:
        (sheet,) = read_sheets(evil)
    except InputError:
        return
    assert len(str(sheet.rows)) < 1000


@pytest.mark.parametrize("seed", range(25))
def test_damaged_workbooks(tmp_path, seed):
    path = tmp_path / "w.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("s")
        for r, line in enumerate(GOOD.splitlines()):
            sheet.write_row(r, 0, line.split(","))
    data = bytearray(path.read_bytes())
    chance = random.Random(seed)
    for _ in range(chance.choice([1, 5, 50])):
        data[chance.randrange(len(data))] = chance.randrange(256)
    path.write_bytes(bytes(data[: chance.choice([len(data), len(data) // 2])]))
    try_all(path)
