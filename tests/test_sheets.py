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
from surveys import package


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


def sheet_child():
    import runpy

    import lichen.sheets

    return runpy.run_path(str(Path(lichen.sheets.__file__).with_name("_sheet_child.py")))


def test_the_child_keeps_a_text_once_and_types_apart():
    rows = sheet_child()["trimmed"]([["a" * 5, 1.0, True], ["".join("a" for _ in range(5)), True, 1.0, ""]])
    assert rows[0][0] is rows[1][0]
    assert [[type(c) for c in row] for row in rows] == [[str, float, bool], [str, bool, float]]


def test_the_child_forgets_texts_that_are_too_many():
    child = sheet_child()
    most = child["MOST_TEXTS"]
    rows = child["trimmed"]([[f"t{i}"] for i in range(most + 2)] + [["t0"], [""], ["", "x"]])
    assert [row[0] for row in rows[:3]] == ["t0", "t1", "t2"]
    assert rows[most + 2 :] == [("t0",), (), (None, "x")]


@pytest.mark.parametrize(("letters", "number"), [(b"A", 0), (b"Z", 25), (b"AA", 26), (b"AC", 28), (b"XFD", 16383)])
def test_column_number(letters, number):
    assert sheet_child()["column_number"](letters) == number
    assert cell_name(0, number) == f"{letters.decode()}1"


def test_errors_and_formulas_without_a_value_are_no_empty_cells(tmp_path):
    cells = (
        '<c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>A1&amp;"x"</f><v /></c><c r="C1"><f>1</f><v></v></c><c r="D1"><f t="shared" si="0"/></c>'
        '<c r="E1" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="F1" t="e"><v>#N/A</v></c><c r="G1" t="str"><f>"y"</f><v>y</v></c><c r="I1"/>'
        '<c r="J1"><v>3</v></c>'
    )
    sheets = {"Ä &amp; B": f'<row r="1">{cells}</row>', "S2": '<row r="1"><c r="A1"><f>2</f></c></row>'}
    first, second = read_sheets(package(tmp_path / "w.xlsx", sheets))
    assert first.name == "Ä & B"
    assert first.rows == ((2.0, '=A1&"x"', "=1", "=", "#DIV/0!", "#N/A", "y", None, None, 3.0),)
    assert second.rows == (("=2",),)


def test_formulas_at_places_that_are_none():
    rows = [[1.0]]
    sheet_child()["say"](rows, [(0, 2**14, "x"), (2**20, 0, "x"), (1, 2, "=1"), (0, 0, "=9")])
    assert rows == [[1.0], ["", "", "=1"]]


def test_formulas_are_found_across_the_pieces_a_sheet_is_read_in(tmp_path):
    filler = "".join(
        f'<row r="{i}"><c r="A{i}"><v>{i}</v></c><c r="B{i}"><f>{"1+" * 40}1</f><v /></c></row>'
        for i in range(1, 20_001)
    )
    (sheet,) = read_sheets(package(tmp_path / "w.xlsx", {"S": filler}))
    assert {row[1] for row in sheet.rows} == {"=" + "1+" * 40 + "1"}
    assert len(sheet.rows) == 20_000


def test_hidden_sheets_are_known(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "w.xlsx") as book:
        for name in ("a", "hidden", "b"):
            book.add_worksheet(name).write(0, 0, 1)
        book.get_worksheet_by_name("b").hide()
        book.get_worksheet_by_name("hidden").very_hidden()
    assert [(s.name, s.hidden) for s in read_sheets(tmp_path / "w.xlsx")] == [
        ("a", False),
        ("hidden", True),
        ("b", True),
    ]


def test_csv_keeps_a_text_once(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("name,x\nname,x\n")
    (sheet,) = read_sheets(path)
    assert sheet.rows[0][0] is sheet.rows[1][0]


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
