"""Survey files made to hurt: the process lives, memory stays below 1 GB, and the answer comes in seconds."""

import io
import zipfile

import openpyxl
import pytest
import xlsxwriter

from lichen.errors import LichenError
from lichen.inventory.survey import read_survey
from lichen.inventory.workbook import write_inventory, write_marked
from lichen.sheets import read_sheets
from surveys import MAIN, changed, inventory, package, read_apart, rows_xml, sheets_of, write

SECONDS, GIB = 20, 1.0
FLOW = ("s1", "p", "out", "by-product", "钢渣", 1.5, "t/a", 2012, "measured")
FLOW_KEYS = ("firm", "process", "direction", "role", "material", "quantity", "quantity unit", "year", "quality")


def told(path):
    """Return the problems of a file, each told in both languages."""
    try:
        problems = read_survey(path).problems
    except LichenError as error:
        problems = error.problems
    assert all(p.text("en") and p.text("zh") for p in problems)
    return problems


def codes(path, severity="error"):
    return [(p.code, p.where.sheet, p.where.cell) for p in told(path) if p.severity == severity]


def within_bounds(path):
    """Read a file apart; hold time and memory; return its problems."""
    found = read_apart(path)
    assert found["cpu"] < SECONDS
    assert found["peak"] < GIB
    assert found["flows"] == 0
    return [tuple(p) for p in found["problems"]]


def firms_and_processes():
    return {"Firms": rows_xml([("id", "name", "industry"), ("s1", "S", "3120")]),
            "Processes": rows_xml([("firm", "id", "name"), ("s1", "p", "P")])}  # fmt: skip


# --- size --------------------------------------------------------------------------------------------------------


def test_a_cell_at_the_far_corner_costs_the_child(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "s.xlsx")) as book:
        sheet = book.add_worksheet("Flows")
        sheet.write_row(0, 0, FLOW_KEYS)
        sheet.write_string(1_048_575, 16_383, "x")
    assert within_bounds(tmp_path / "s.xlsx") == [("sheets.too_much_memory", "", "")]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_million_rows(tmp_path, kind):
    path = tmp_path / f"s.{kind}"
    if kind == "csv":
        line = ",".join(map(str, FLOW)) + "\n"
        path.write_text(",".join(FLOW_KEYS) + "\n" + line * 1_000_000, encoding="utf-8")
    else:
        rows = "".join(f"<row><c><v>{i}</v></c><c><v>{i * 7919 % 1000}</v></c></row>" for i in range(1_000_000))
        package(path, {**firms_and_processes(), "Flows": rows_xml([FLOW_KEYS]) + rows})
    found = within_bounds(path)
    assert found == [("inventory.too_many_rows", "" if kind == "csv" else "Flows", "A500002")]


def test_a_wall_of_wrong_cells_is_told_in_short(tmp_path):
    lines = "".join(f"s{i},p{i},out?,by?{i},slag {i},1.{i}.2,t{i % 2000},{i},?\n" for i in range(20_000))
    (tmp_path / "s.csv").write_text(",".join(FLOW_KEYS) + "\n" + lines, encoding="utf-8")
    found = within_bounds(tmp_path / "s.csv")
    assert ("units.unknown", "", "G2") in found
    assert ("inventory.more", "", "") in found
    assert len(found) < 12_000


def test_sixteen_thousand_headings(tmp_path):
    (tmp_path / "s.csv").write_text(",".join([*FLOW_KEYS, *(f"note {i}" for i in range(16_000))]) + "\n")
    found = within_bounds(tmp_path / "s.csv")
    assert found[0] == ("inventory.unknown_column", "", "J1")
    assert len(found) == 1001


# --- containers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["one part", "many parts", "a part within the ratio"])
def test_zip_bombs(tmp_path, what):
    path = write_inventory(inventory(), tmp_path / "s.xlsx", "en")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        if what == "one part":
            archive.writestr("xl/bomb.xml", b"0" * 2**27)
        elif what == "many parts":
            for i in range(5000):
                archive.writestr(f"xl/{i}.xml", "")
        else:  # less than 16 MiB may be as empty as it likes: it is read, and holds nothing
            archive.writestr("xl/bomb.xml", b"0" * 2**23)
    found = read_apart(path)
    assert found["cpu"] < SECONDS
    assert found["peak"] < GIB
    assert [p[0] for p in found["problems"] if p[0] != "inventory.unknown_material"] == (
        [] if what == "a part within the ratio" else ["sheets.unpacks"]
    )


ENTITIES = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))


@pytest.mark.parametrize("reference", ["&j;", "&file;"])
@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_entities_are_neither_expanded_nor_fetched(tmp_path, part, reference):
    (tmp_path / "secret.txt").write_text("secret")
    kind = f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{ENTITIES}<!ENTITY file SYSTEM "file://{tmp_path}/secret.txt">]>'
    strings = f'<sst xmlns="{MAIN}"><si><t>{reference}</t></si></sst>'
    path = package(tmp_path / "s.xlsx", firms_and_processes(), {"xl/sharedStrings.xml": strings})
    evil = tmp_path / "evil.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(evil, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            if name == part:
                text = text.replace("?>", "?>" + kind, 1).replace("s1", reference).replace("Firms", reference)
            new.writestr(name, text)
    try:
        cells = [c for sheet in read_sheets(evil) for row in (*sheet.rows, (sheet.name,)) for c in row]
    except LichenError:
        return
    assert all(len(str(c)) < 100 and "secret" not in str(c) for c in cells)


def test_encrypted_renamed_and_truncated(tmp_path):
    data = write_inventory(inventory(), tmp_path / "s.xlsx", "en").read_bytes()
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    cases = {
        "a.xlsx": (ole + "EncryptedPackage".encode("utf-16-le") + bytes(600), "encrypted"), "b.csv": (data, "renamed"),
        "c.xlsx": (b"firm,id\ns1,p\n", "renamed"), "d.xls": (b"<html><table></table></html>", "renamed"),
        "e.xlsx": (b"%PDF-1.7", "renamed"), "f.xlsx": (data[: len(data) // 2], "broken"), "g.xlsx": (data[:40], "broken"),
        "h.csv": (b"", "empty"), "i.csv": (b"firm,id\ns1,a\0b\n", "not_text"), "j.csv": (b'firm,id\n"s1,p\n', "bad_csv"),
    }  # fmt: skip
    for name, (content, code) in cases.items():
        (tmp_path / name).write_bytes(content)
        assert [p.code for p in told(tmp_path / name)] == [f"sheets.{code}"], name
    assert told(tmp_path / "j.csv")[0].values["row"] == 2


def test_macros_are_not_read_and_do_not_come_along(tmp_path):
    path = write(tmp_path / "s.xlsx", sheets_of(inventory()))
    macro = tmp_path / "s.xlsm"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(macro, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(
                b"spreadsheetml.sheet.main+xml", b"spreadsheetml.sheet.macroEnabled.main+xml"))  # fmt: skip
        new.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + b"Shell cmd" * 100)
    assert read_survey(macro).inventory == read_survey(path).inventory
    marked = write_marked(read_sheets(macro), told(macro), tmp_path / "m.xlsx", "en")
    with zipfile.ZipFile(marked) as archive:
        assert not [n for n in archive.namelist() if "vba" in n.lower()]


# --- what a spreadsheet can hide in a cell -----------------------------------------------------------------------


def with_formula(tmp_path, key, formula, value):
    """Write a good survey whose first flow has a formula in one column."""
    good = sheets_of(inventory())
    path = write(tmp_path / "plain.xlsx", good)
    book = openpyxl.load_workbook(path)
    place = good[2].rows[0].index(key)
    book["Flows"].cell(2, place + 1).value = formula
    book.save(tmp_path / "s.xlsx")  # openpyxl writes formulas without values
    if value is not None:
        out = io.BytesIO()
        with zipfile.ZipFile(tmp_path / "s.xlsx") as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                new.writestr(name, old.read(name).replace(b"</f><v />", f"</f><v>{value}</v>".encode()))
        (tmp_path / "s.xlsx").write_bytes(out.getvalue())
    return tmp_path / "s.xlsx"


def test_a_formula_counts_by_its_value(tmp_path):
    for formula in ("=1+1.5", "=[1]Sheet1!A1", '=HYPERLINK("https://example.org/?"&A1)', "=WEBSERVICE(A1)"):
        found = read_survey(with_formula(tmp_path, "quantity", formula, 12.5))
        assert [f.quantity.value for f in found.inventory.flows] == [12.5, 3.5, 4.5]


@pytest.mark.parametrize(("key", "cell"), [("quantity", "F2"), ("moisture", "L2"), ("year", "H2"), ("direction", "C2")])
def test_a_formula_without_a_value_is_not_taken_for_an_empty_cell(tmp_path, key, cell):
    path = with_formula(tmp_path, key, "=A1&B1", None)
    assert [(sheet, place) for _, sheet, place in codes(path)] == [("Flows", cell)]
    assert "=A1&B1" in told(path)[0].text("en")


@pytest.mark.parametrize("sign", ["#DIV/0!", "#REF!", "#N/A"])
@pytest.mark.parametrize(("key", "cell"), [("quantity", "F2"), ("moisture", "L2")])
def test_a_cell_with_an_error_is_not_taken_for_an_empty_one(tmp_path, key, cell, sign):
    good = sheets_of(inventory())
    write(tmp_path / "plain.xlsx", good)
    book = openpyxl.load_workbook(tmp_path / "plain.xlsx")
    book["Flows"].cell(2, good[2].rows[0].index(key) + 1).value = sign
    book.save(tmp_path / "s.xlsx")
    assert b't="e"' in zipfile.ZipFile(tmp_path / "s.xlsx").read("xl/worksheets/sheet3.xml")
    assert codes(tmp_path / "s.xlsx") == [("numerals.error_cell", "Flows", cell)]


def test_merged_cells_leave_the_rows_below_without_a_firm(tmp_path):
    good = sheets_of(inventory())
    write(tmp_path / "s.xlsx", good)
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    book["Flows"].merge_cells("A2:A3")
    book.save(tmp_path / "s.xlsx")
    assert codes(tmp_path / "s.xlsx") == [("inventory.empty", "Flows", "A3")]


def test_hidden_sheets_rows_and_columns_are_read_and_a_hidden_sheet_is_told(tmp_path):
    write(tmp_path / "s.xlsx", changed("flow", 1, quantity=-1))
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    book["Flows"].sheet_state = "veryHidden"
    book["Firms"].row_dimensions[2].hidden = True
    book["Firms"].column_dimensions["C"].hidden = True
    book.save(tmp_path / "s.xlsx")
    assert codes(tmp_path / "s.xlsx") == [("inventory.range", "Flows", "F2")]
    assert ("inventory.hidden_sheet", "Flows", "") in codes(tmp_path / "s.xlsx", "warning")


def test_two_sheets_of_one_entity_are_both_read_and_what_stands_twice_is_told(tmp_path):
    good = sheets_of(inventory())
    old = type(good[2])(good[2].file, "Flows (old)", good[2].rows)
    write(tmp_path / "s.xlsx", [*good, old])
    assert {(code, sheet) for code, sheet, _ in codes(tmp_path / "s.xlsx")} == {
        ("inventory.doubled_row", "Flows (old)")
    }


def test_dates_and_percentages_that_a_spreadsheet_made(tmp_path):
    good = sheets_of(inventory())
    write(tmp_path / "s.xlsx", good)
    keys = good[2].rows[0]
    for key, value, style, code, severity in (
        ("quantity", 41274, "yyyy-mm-dd", "numerals.date", "error"), ("year", 41274, "yyyy", "numerals.date", "error"),
        ("quantity", 0.5, "h:mm", "numerals.date", "error"), ("given_on", 41274, "0", "inventory.date", "error"),
        ("moisture", 0.08, "0%", "inventory.small_percent", "warning"),
    ):  # fmt: skip
        book = openpyxl.load_workbook(tmp_path / "s.xlsx")
        cell = book["Flows"].cell(2, keys.index(key) + 1)
        cell.value, cell.number_format = value, style
        book.save(tmp_path / "t.xlsx")
        assert (code, "Flows", cell.coordinate) in codes(tmp_path / "t.xlsx", severity), (key, style)


def test_gbk_and_utf_16_with_bidi_marks_name_the_cell(tmp_path):
    text = "企业代码,企业名称,行业代码（GB/T 4754）\ns1,钢\u202e铁,３１２０\n"
    for encoding in ("gb18030", "utf-16"):
        (tmp_path / "a.csv").write_text(text, encoding=encoding)
        assert codes(tmp_path / "a.csv") == [("inventory.control", "", "B2"), ("inventory.unknown_industry", "", "C2")]
        assert codes(tmp_path / "a.csv", "note") == [("sheets.encoding", "", "")]
