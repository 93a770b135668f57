import datetime
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter

from lichen.errors import FileError
from lichen.sheets import LIMITS, Sheet, cell_name, find_sheet, is_blank, read_sheets


def workbook(path, sheets):
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for (row, column), value in cells.items():
                sheet.write(row, column, value)
    return path


def code_of(path, **kwargs):
    with pytest.raises(FileError) as caught:
        read_sheets(path, **kwargs)
    (problem,) = caught.value.problems
    for lang in ("en", "zh"):
        assert problem.text(lang)
    return problem.code.removeprefix("sheets.")


@pytest.mark.parametrize(
    ("place", "name"), [((0, 0), "A1"), ((4, 25), "Z5"), ((4, 28), "AC5"), ((1048575, 16383), "XFD1048576")]
)
def test_cell_name(place, name):
    assert cell_name(*place) == name


# --- CSV


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "UTF-16"),
        ("gbk", "GB18030 (GBK)"),
        ("gb18030", "GB18030 (GBK)"),
    ],
)
def test_csv_encodings_and_separators(tmp_path, codec, encoding, separator):
    path = tmp_path / "t.csv"
    text = f'代码{separator}名称{separator}\r\n01{separator}"农业{separator}林业"\r\n'
    path.write_bytes(text.encode(codec))
    (sheet,) = read_sheets(path)
    assert sheet.rows == (("代码", "名称"), ("01", f"农业{separator}林业"))
    assert (sheet.file, sheet.name) == ("t.csv", "")
    assert [note.values["encoding"] for note in sheet.notes] == ([encoding] if encoding else [])


def test_decimal_commas_do_not_mislead_the_separator(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a;b;c\n1,5;2,5;3,5\n")
    assert read_sheets(path)[0].rows[1] == ("1,5", "2,5", "3,5")


def test_separators_in_quotes_do_not_count(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('"a;b;c;d",x\n1,2\n')
    assert read_sheets(path)[0].rows == (("a;b;c;d", "x"), ("1", "2"))


def test_excel_separator_line_is_obeyed_and_row_numbers_stay(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"sep=;\r\na,b;c\r\n")
    assert read_sheets(path)[0].rows == ((), ("a,b", "c"))


def test_ragged_rows_are_kept_and_empty_cells_are_none(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,b,c,,\n1\n\n,,2\n"multi\nline",x\n\n\n')
    (sheet,) = read_sheets(path)
    assert sheet.rows == (("a", "b", "c"), ("1",), (), (None, None, "2"), ("multi\nline", "x"))
    assert sheet.cell(1, 5) is sheet.cell(9, 9) is sheet.cell(-1, 0) is None
    assert str(sheet.where(3, 2).cell) == "C4"


def test_one_column_without_separator(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a\nb\n")
    assert read_sheets(path)[0].rows == (("a",), ("b",))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"), (b" \n\n", "empty"), (b"a,b\n1,\x002\n", "not_text"), (b"a,\xff\xff\xff", "not_text"),
        (b"\xff\xfea", "not_text"), ("a,b".encode("utf-16-le"), "not_text"), (b'a,b\n"1,2\n3,4\n', "bad_csv"),
        (b'a,b\n"x"y,2\n', "bad_csv"), (b'a,"' + b"x" * 200_000 + b'"\n', "bad_csv"),
    ],
)  # fmt: skip
def test_csv_that_is_refused(tmp_path, data, code):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    assert code_of(path) == code


def test_csv_limits(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" * 1000)
    assert code_of(path, limits=replace(LIMITS, file=100)) == "too_large"
    assert code_of(path, limits=replace(LIMITS, cells=100)) == "too_many_cells"


# --- workbooks


def test_workbook_cells_and_types(tmp_path):
    cells = {(1, 1): "文", (2, 3): 1.5, (3, 0): True, (4, 0): datetime.date(2007, 1, 2), (5, 0): "01"}
    path = workbook(tmp_path / "w.xlsx", {"空": {}, "数据": cells})
    empty, sheet = read_sheets(path)
    assert empty.rows == ()
    assert sheet.name == "数据"
    assert sheet.rows == ((), (None, "文"), (None, None, None, 1.5), (True,), (datetime.date(2007, 1, 2),), ("01",))
    assert str(sheet.where(2, 3)).startswith("w.xlsx")


def test_only_the_wanted_sheet_is_filled(tmp_path):
    path = workbook(tmp_path / "w.xlsx", {"a": {(0, 0): 1}, "b": {(0, 0): 2}})
    assert [bool(s.rows) for s in read_sheets(path, only=["b"])] == [False, True]


def test_far_cell_costs_the_child_not_the_program(tmp_path):
    path = workbook(tmp_path / "far.xlsx", {"a": {(0, 0): 1, (1048575, 16383): 2}})
    assert code_of(path) == "too_much_memory"
    path = workbook(tmp_path / "far2.xlsx", {"a": {(0, 0): 1, (200_000, 1000): 2}})
    assert code_of(path, limits=replace(LIMITS, memory=512 * 2**20)) in ("too_much_memory", "too_slow")


def test_time_limit(tmp_path):
    path = workbook(tmp_path / "w.xlsx", {"a": {(0, 0): 1}})
    assert code_of(path, limits=replace(LIMITS, seconds=0)) == "too_slow"


def test_missing_folder_and_odd_files(tmp_path):
    (tmp_path / "table.xlsx").write_bytes(b"x")
    with pytest.raises(FileError) as caught:
        read_sheets(tmp_path / "tabel.xlsx")
    assert caught.value.problems[0].values["near"] == "table.xlsx"
    assert code_of(tmp_path / "no" / "such") == "missing"
    assert code_of(tmp_path) == "folder"
    assert code_of("/dev/null") == "no_file"


def test_unreadable_file(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("a")
    monkeypatch.setattr(Path, "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    assert code_of(path) == "unreadable"


def test_renamed_files(tmp_path):
    book = workbook(tmp_path / "w.xlsx", {"a": {(0, 0): 1}}).read_bytes()
    for name, data in {
        "w.csv": book, "t.xlsx": b"a,b\n1,2\n", "h.xls": b"<html><table></table></html>",
        "doc.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le") + bytes(600),
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(data)
        assert code_of(tmp_path / name) == "renamed"
    with zipfile.ZipFile(tmp_path / "z.xlsx", "w") as archive:
        archive.writestr("a.txt", "x")
    assert code_of(tmp_path / "z.xlsx") == "renamed"


def test_truncated_and_corrupt_workbooks(tmp_path):
    data = workbook(tmp_path / "w.xlsx", {"a": {(0, 0): 1}}).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(data[: len(data) // 2])
    assert code_of(tmp_path / "cut.xlsx") == "broken"
    with zipfile.ZipFile(tmp_path / "bad.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/workbook.xml", "not xml <")
    assert code_of(tmp_path / "bad.xlsx") == "broken"
    name = "Workbook".encode("utf-16-le")
    (tmp_path / "bad.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + name + bytes(600))
    assert code_of(tmp_path / "bad.xls") == "broken"


def test_encrypted_workbooks(tmp_path):
    package = "EncryptedPackage".encode("utf-16-le")
    (tmp_path / "e.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + package + bytes(600))
    assert code_of(tmp_path / "e.xlsx") == "encrypted"
    data = bytearray(workbook(tmp_path / "w.xlsx", {"a": {(0, 0): 1}}).read_bytes())
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    (tmp_path / "f.xlsx").write_bytes(data)
    assert code_of(tmp_path / "f.xlsx") == "encrypted"


def test_zip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (64 * 2**20))
    assert code_of(path) == "unpacks"
    with zipfile.ZipFile(tmp_path / "many.xlsx", "w") as archive:
        for i in range(5000):
            archive.writestr(f"{i}", "")
        archive.writestr("[Content_Types].xml", "<x/>")
    assert code_of(tmp_path / "many.xlsx") == "unpacks"


def test_the_child_may_only_answer_with_plain_values(tmp_path, monkeypatch):
    import pickle

    path = workbook(tmp_path / "w.xlsx", {"a": {(0, 0): 1}})
    answer = pickle.dumps(("ok", [("a", [(Path("/"),)])]))
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: subprocess.CompletedProcess(a, 0, answer, b""))
    assert code_of(path) == "too_much_memory"


def test_the_child_starts_without_us_and_without_numpy():
    import lichen.sheets

    child = Path(lichen.sheets.__file__).with_name("_sheet_child.py")
    text = f"import runpy, sys; runpy.run_path({str(child)!r}); assert 'numpy' not in sys.modules and 'lichen' not in sys.modules"
    subprocess.run([sys.executable, "-I", "-c", text], check=True)


def test_what_the_child_does(tmp_path):
    import runpy

    import lichen.sheets

    child = runpy.run_path(str(Path(lichen.sheets.__file__).with_name("_sheet_child.py")))
    assert child["trimmed"]([["", "a", ""], ["", ""], [0.0, "", False], [""]]) == [(None, "a"), (), (0.0, None, False)]
    data = workbook(tmp_path / "w.xlsx", {"a": {(1, 1): 2.0}, "b": {(0, 0): 1}}).read_bytes()
    assert child["read"](data, ["a"]) == [("a", [(), (None, 2.0)]), ("b", [])]


# --- helpers


def test_find_sheet():
    a, b, empty = Sheet("f", "Z", (("x",),)), Sheet("f", "Final ", (("y",),)), Sheet("f", "Notes", ())
    assert find_sheet([a, b], "Z") is a
    assert find_sheet([a, b], "Final") is b
    assert find_sheet([a, empty]) is a
    for sheets, name, code in [
        ([a, b], None, "choose"),
        ([empty], None, "none"),
        ([], None, "none"),
        ([a, b], "Finel", "unknown"),
    ]:
        with pytest.raises(FileError) as caught:
            find_sheet(sheets, name)
        assert caught.value.problems[0].code == f"sheets.{code}"
    assert caught.value.problems[0].values["near"] == "Final "


def test_is_blank():
    assert [is_blank(x) for x in (None, " ", "", 0, False, "a")] == [True, True, True, False, False, False]
