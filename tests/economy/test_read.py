import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lichen.economy.read import read_satellites, read_table
from lichen.economy.table import Origin, Table
from lichen.economy.write import write_table
from lichen.errors import FileError, InputError

PAGE = Path(__file__).parents[2] / "docs" / "table-layout.md"


def example(name):
    text = PAGE.read_text(encoding="utf-8")
    return re.search(rf"<!-- example: {re.escape(name)} -->\n```csv\n(.*?)```", text, re.DOTALL)[1]


@pytest.fixture
def table_file(tmp_path):
    """Return a function that writes the example of the docs page with some replacements."""

    def make(*changes, name="table.csv", source="table.csv"):
        text = example(source)
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return make


def found(caught):
    for problem in caught.value.problems:
        assert problem.text("zh")
        assert problem.text("en")
    return {(p.code.split(".", 1)[1], p.where.cell) for p in caught.value.problems if p.severity == "error"}


def problems_of(path, **kwargs):
    with pytest.raises(InputError) as caught:
        read_table(path, **kwargs)
    return found(caught)


# --- tables


def test_the_example_of_the_page(table_file):
    table = read_table(table_file())
    assert table.sectors == ("farms", "works", "services")
    assert table.final_labels == ("households", "capital", "export", "import")
    assert table.final_roles == ("consumption", "investment", "export", "import")
    assert table.value_added_labels == ("wages", "surplus")
    assert (table.unit, table.treatment, table.sector_units) == ("10000 CNY", "as published", ())
    note = "prices: producers' prices; three sectors, imports in a negative column"
    assert table.origin == Origin("Two Valleys / 两河", 2007, "", "assumed", "made up for this page", note)
    np.testing.assert_array_equal(table.intermediate.sum(axis=1) + table.final_total(), table.output)
    np.testing.assert_array_equal(table.intermediate.sum(axis=0) + table.value_added.sum(axis=0), table.output)
    assert table.findings == ()


def test_rows_in_another_order_follow_the_columns(table_file, tmp_path):
    text = example("table.csv")
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("intermediate,farms"))
    lines[at], lines[at + 2] = lines[at + 2], lines[at]
    (tmp_path / "o.csv").write_text("\n".join(lines), encoding="utf-8")
    table = read_table(tmp_path / "o.csv")
    np.testing.assert_array_equal(table.intermediate, read_table(table_file()).intermediate)
    np.testing.assert_array_equal(table.output, [100, 200, 150])
    assert [p.code for p in table.findings] == ["read.reordered"]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ([("farms,20,30", "farms,abc,nan")], {("not_a_number", "C13"), ("not_finite", "D13")}),
        ([("farms,20,30", "farms,,-")], {("empty", "C13"), ("no_value", "D13")}),
        ([("farms,20,30", "farms,1e999,TRUE")], {("not_finite", "C13"), ("not_a_number", "D13")}),
        ([("farms,20,30", "farms,1.234,30")], {("ambiguous", "C13")}),
        ([("label,,farms,works", "label,,farms,farms")], {("doubled", "D12"), ("unknown_row", "B14")}),
        ([("label,,farms,works", "label,,farms,")], {("no_label", "D12"), ("unknown_row", "B14")}),
        ([("label,,farms", "label,,farm")], {("unknown_row", "B13"), ("no_row", "C12")}),
        ([("intermediate,works", "intermediate,farms")], {("doubled", "B14"), ("no_row", "D12")}),
        ([("intermediate,works", "intermediate,")], {("no_label", "B14"), ("no_row", "D12")}),
        ([("intermediate,works", "intermediates,works")], {("role", "A14"), ("no_row", "D12")}),
        ([("intermediate,works", "consumption,works")], {("role_place", "A14"), ("no_row", "D12")}),
        ([("consumption,investment", "value_added,investment")], {("role_place", "F11")}),
        ([("consumption,investment", "consumtion,investment")], {("role", "F11")}),
        ([("import,output\n", "import,error\n")], {("no_output", "A11")}),
        ([("export,import,output", "output,import,output")], {("output_twice", "J11")}),
        ([("year,2007", "year,07")], {("year", "B3")}),
        ([("year,2007", "yaer,2007")], {("key", "A3")}),
        ([("year,2007", "year,2007\nyear,2008")], {("key_doubled", "A4")}),
        ([("year,2007", "year,2007,x")], {("beside_key", "C3")}),
        ([("treatment,as published", "treatment,net")], {("treatment", "B6")}),
        ([("kind,assumed", "kind,guessed")], {("kind", "B7")}),
        ([("lichen,table,1", "lichen,table,2")], {("version", "B1")}),
        ([("output,output,100,200", "output,output,100,201")], {("output_differs", "D18")}),
        ([("output,output,100", "output,output,100,200,150\noutput,output,100")], {("row_twice", "A19")}),
        ([("wages,40,40,70", "wages,40,40,70,5")], {("extra", "F16")}),
        ([("wages", "surplus")], {("doubled", "B17")}),
        ([("5,10,-30,100", "5,10,-30,100,7")], {("beyond", "K13")}),
        ([("role,label,", "role,labels,")], {("header", "A11")}),
        ([("role,label,intermediate,intermediate,intermediate,", "role,label,export,error,export,")],
         {("no_sectors", "A11"), ("unknown_row", "B13"), ("unknown_row", "B14"), ("unknown_row", "B15")}),
    ],
)  # fmt: skip
def test_bad_tables_name_their_cells(table_file, changes, wanted):
    errors = problems_of(table_file(*changes))
    missing = {(c, a) for c, a in wanted if (c, a) not in errors}
    assert not missing, errors


def test_all_problems_come_together(table_file):
    path = table_file(
        ("year,2007", "year,x"), ("20,30,5", "x1,30,5"), ("40,40,70", "40,,70"), ("15,20,30", "15,20,inf")
    )
    assert problems_of(path) == {("year", "B3"), ("not_a_number", "C13"), ("empty", "D16"), ("not_finite", "E17")}


def test_many_problems_of_a_kind_are_counted(tmp_path):
    n = 20
    head = "role,label," + "intermediate," * n + "output\nlabel,," + ",".join(f"s{i}" for i in range(n)) + ",x\n"
    rows = "".join(f"intermediate,s{i}," + "?," * n + "1\n" for i in range(n))
    path = tmp_path / "t.csv"
    path.write_text("lichen,table,1\n\n" + head + rows)
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert len(caught.value.problems) == 51
    assert caught.value.problems[-1].values["count"] == n * n - 50


def test_another_file_is_refused_with_a_hint(tmp_path):
    for text in ("a,b\n1,2\n", "lichen,table,1\n", "role,label\n"):
        (tmp_path / "t.csv").write_text(text)
        with pytest.raises(FileError) as caught:
            read_table(tmp_path / "t.csv")
        assert caught.value.problems[0].code == "read.no_table"


def test_decimal_commas(table_file):
    semicolons = example("table.csv").replace(";", " ").replace(",", ";").replace("20;30;5;", "20,5;1.030,25;5;")
    path = table_file(name="d.csv")
    path.write_text(semicolons, encoding="utf-8")
    assert read_table(path).intermediate[0].tolist() == [20.5, 1030.25, 5]
    path.write_text(semicolons.replace("15;80;25", "1.234;80;25"), encoding="utf-8")
    assert read_table(path).intermediate[1, 0] == 1234
    path.write_text(semicolons.replace("15;80;25", "1.5;80;25"), encoding="utf-8")
    assert problems_of(path) == {("contradicts", "C14")}


def test_ambiguity_is_settled_by_the_caller(table_file):
    path = table_file(("farms,20,30", "farms,1.234,30"))
    assert read_table(path, decimal=".").intermediate[0, 0] == 1.234
    assert read_table(path, decimal=",").intermediate[0, 0] == 1234


def test_gbk_is_read_with_a_note(table_file):
    path = table_file(("farms,works", "农业,works"), ("intermediate,farms", "intermediate,农业"))
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))
    table = read_table(path)
    assert table.sectors[0] == "农业"
    assert [p.code for p in table.findings] == ["sheets.encoding"]


def hybrid():
    return Table(
        ("01", "=steel", "煤炭, 洗选"), np.arange(9.0).reshape(3, 3) / 7, np.array([[1 / 3, -1e-300], [5e-324, 1e300], [0.1, -0.0]]),
        ("+c", "进口"), ("consumption", "import"), np.full((1, 3), 2 / 3), ("@va \"q\"",), np.array([1 / 9, 2e17, 3]),
        "10000 CNY", ("10000 CNY", "t", "GJ"), "domestic", np.ones((3, 3)) / 11, np.zeros((3, 2)),
        Origin("R", 2012, "CN42-2007", "estimated", "a, \"b\"", "n; m"),
    )  # fmt: skip


def assert_same(a, b):
    for name in (
        "sectors",
        "final_labels",
        "final_roles",
        "value_added_labels",
        "unit",
        "sector_units",
        "treatment",
        "origin",
    ):
        assert getattr(a, name) == getattr(b, name), name
    for name in ("intermediate", "final_demand", "value_added", "output", "imported_intermediate", "imported_final"):
        one, two = getattr(a, name), getattr(b, name)
        assert (one is None) == (two is None), name
        if one is not None:
            assert one.tobytes() == two.tobytes(), name


@pytest.mark.parametrize("ending", ["csv", "xlsx", "XLSX"])
def test_round_trip_is_exact(tmp_path, ending):
    table = hybrid()
    write_table(table, tmp_path / f"t.{ending}")
    assert_same(table, read_table(tmp_path / f"t.{ending}"))
    assert [p.name for p in tmp_path.iterdir()] == [f"t.{ending}"]


def test_without_imported_final_zeros_are_written(tmp_path):
    write_table(replace(hybrid(), imported_final=None), tmp_path / "t.csv")
    assert not read_table(tmp_path / "t.csv").imported_final.any()


LABEL = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Co", "Cn")), min_size=1, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.data())
def test_round_trip_of_any_table(tmp_path, data):
    usable = LABEL.filter(lambda s: s.strip() == s and s not in ("nan", "None") and "\ufeff" not in s)
    sectors = tuple(data.draw(st.lists(usable, min_size=1, max_size=4, unique=True)))
    n = len(sectors)
    numbers = st.floats(-1e300, 1e300, allow_subnormal=True)
    flows = data.draw(hnp.arrays(float, (n, n), elements=numbers))
    final = data.draw(hnp.arrays(float, (n, 2), elements=numbers))
    table = Table(sectors, flows, final, ("c", "m"), ("consumption", "import"), flows[:1], ("v",), flows[:, 0])
    for ending in ("csv", "xlsx"):
        write_table(table, tmp_path / f"t.{ending}")
        assert_same(table, read_table(tmp_path / f"t.{ending}", decimal="."))


def test_workbook_labels_are_text_never_formulas(tmp_path):
    import zipfile

    write_table(hybrid(), tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_writing_errors(tmp_path):
    for path, code in ((tmp_path / "t.ods", "read.ending"), (tmp_path / "no" / "t.csv", "sheets.not_written")):
        with pytest.raises(FileError) as caught:
            write_table(hybrid(), path)
        assert caught.value.problems[0].code == code


def test_sheet_is_found_by_its_first_cell(tmp_path):
    path = tmp_path / "w.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("about").write(0, 0, "hello")
        for name in ("t1",):
            sheet = book.add_worksheet(name)
            for r, line in enumerate(
                [
                    ["lichen", "table", 1],
                    ["year", 2007],
                    [],
                    ["role", "label", "intermediate", "output"],
                    ["label", None, 1, "output"],
                    ["intermediate", 1, 0.5, 1],
                    ["value_added", "v", 0.5],
                ]
            ):
                sheet.write_row(r, 0, line)
    table = read_table(path)
    assert (table.sectors, table.origin.year, table.final_labels) == (("1",), 2007, ())
    with pytest.raises(FileError, match="about"):
        read_table(path, sheet="abuot")


# --- satellite accounts


SECTORS = ("farms", "works", "services")


def test_long_and_wide_examples_agree(table_file):
    long = read_satellites(table_file(source="accounts.csv", name="a.csv"), SECTORS)
    wide = read_satellites(table_file(source="wide.csv", name="w.csv"), SECTORS)
    assert long.labels == wide.labels == ("CO2/coal", "CO2/process", "jobs")
    assert long.units == wide.units == ("Mt", "Mt", "persons")
    assert long.direct_labels == wide.direct_labels == ("households",)
    np.testing.assert_array_equal(long.values, wide.values)
    np.testing.assert_array_equal(long.direct, wide.direct)
    assert long.kinds == ("reported", "estimated", "reported")
    assert long.source == "made up for this page"
    assert long.findings == ()


def test_order_follows_the_table_and_absent_sectors_are_noted(table_file):
    accounts = read_satellites(table_file(source="accounts.csv", name="a.csv"), ("works", "farms", "mines", "services"))
    assert accounts.values[0].tolist() == [1.25, 0, 0, 0.05]
    assert [(p.code, p.values["label"]) for p in accounts.findings] == [("read.sector_without", "mines")]


def test_direct_labels_may_be_named(table_file):
    path = table_file(("households,0.3", "tourists,0.3"), source="accounts.csv", name="a.csv")
    assert read_satellites(path, SECTORS, direct=["tourists"]).direct_labels == ("tourists",)
    with pytest.raises(InputError) as caught:
        read_satellites(path, SECTORS)
    assert found(caught) == {("unknown_sector", "C5")}


def test_years(table_file):
    path = table_file(("0.3,Mt,2007", "0.3,Mt,2008"), source="accounts.csv", name="a.csv")
    with pytest.raises(InputError) as caught:
        read_satellites(path, SECTORS)
    assert found(caught) == {("choose_year", "")}
    assert read_satellites(path, SECTORS, year=2008).labels == ("CO2/coal",)
    with pytest.raises(InputError) as caught:
        read_satellites(path, SECTORS, year=2009)
    assert ("year_absent", "") in found(caught)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ([("works,1.25", "work,1.25")], {("unknown_sector", "C2")}),
        ([("works,1.25", ",1.25")], {("no_label", "C2")}),
        ([("works,1.25", "works,")], {("empty", "D2")}),
        ([("works,1.25", "works,1.234"), ("0.05", "1"), ("0.4", "2"), ("0.3", "3")], {("ambiguous", "D2")}),
        ([("services,0.05,Mt", "services,0.05,kt")], {("unit_differs", "E3")}),
        ([("services,0.05,Mt", "services,0.05,")], {("no_unit", "E3")}),
        ([("services,0.05", "works,0.05")], {("value_twice", "D3")}),
        ([("Mt,2007,reported", "Mt,2007,guess")], {("kind", "G2")}),
        ([("Mt,2007,reported", "Mt,x,reported")], {("year", "F2")}),
        ([("CO2,coal,works", ",coal,works")], {("no_label", "A2")}),
        ([("kind,source", "kinds,source")], {("column", "G1")}),
        ([("kind,source", "unit,source")], {("key_doubled", "G1")}),
    ],
)  # fmt: skip
def test_bad_long_accounts(table_file, changes, wanted):
    path = table_file(*changes, source="accounts.csv", name="a.csv")
    with pytest.raises(InputError) as caught:
        read_satellites(path, SECTORS)
    assert wanted <= found(caught)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ([("jobs [persons]", "jobs")], {("head", "D1")}),
        ([("CO2/process [Mt]", "CO2/coal [Mt]")], {("key_doubled", "C1")}),
        ([("CO2/process [Mt]", "CO2/process [kt]")], {("unit_differs", "C1")}),
        ([("farms,0,0,52000", "farms,0,,52000")], {("empty", "C2")}),
        ([("farms,0,0,52000\n", "")], {("no_row", "A1")}),
        ([("farms,0,0,52000", "farms,0,0,52000,9")], {("beyond", "E2")}),
        ([("services,", "farms,")], {("value_twice", "B4"), ("no_row", "A1")}),
    ],
)  # fmt: skip
def test_bad_wide_accounts(table_file, changes, wanted):
    path = table_file(*changes, source="wide.csv", name="w.csv")
    with pytest.raises(InputError) as caught:
        read_satellites(path, SECTORS)
    assert wanted <= found(caught)


def test_neither_layout(tmp_path):
    (tmp_path / "a.csv").write_text("industry,CO2\nx,1\n")
    with pytest.raises(FileError) as caught:
        read_satellites(tmp_path / "a.csv", SECTORS)
    assert caught.value.problems[0].code == "read.no_satellites"


def test_accounts_in_a_workbook_with_several_sheets(tmp_path):
    path = tmp_path / "w.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("a").write_row(0, 0, ["x"])
        sheet = book.add_worksheet("CO2")
        for r, line in enumerate([[], ["sector", "CO2 [Mt]"], ["farms", 1], [], ["works", 2.5], ["services", 0]]):
            sheet.write_row(r, 0, line)
    with pytest.raises(FileError):
        read_satellites(path, SECTORS)
    assert read_satellites(path, SECTORS, sheet="CO2").values.tolist() == [[1, 2.5, 0]]
