import os
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

from lichen.economy._published_layout import bare
from lichen.economy.published import _vocabulary, published_sheets, published_table, read_all_published, read_published
from lichen.errors import FileError, InputError
from lichen.sheets import Sheet, read_sheets

NAMES = ["农 业", "煤炭\n工业", "建筑业"]
Z = np.array([[20.0, 30, 5], [15, 80, 25], [10, 30, 20]])
#          农村 城镇 政府 固定 存货 出口 调出
F = np.array([[10.0, 40, 10, 5, 0, 5, 5], [10, 30, 10, 60, 0, 30, 10], [20, 40, 20, 0, 0, 10, 0]])
IMPORT, INFLOW, ERROR = np.array([20.0, 50, 0]), np.array([10.0, 20, 0]), np.array([0.0, 0, -5])
X = Z.sum(axis=1) + F.sum(axis=1) - IMPORT - INFLOW + ERROR
V = np.array([[10.0, 20, 30], [5, 10, 15], [5, 10, 10]])
V = np.vstack([V, X - Z.sum(axis=0) - V.sum(axis=0)])
VA = ["劳动者报酬   ", "生产税净额", "固定资产折旧", "营业盈余"]


def printed(top=1, title=True, codes=True, code_word="代码", x=X, z=Z, swap=False, extra=()):
    """Return the cells of a sheet as the bureau prints it."""
    n, cells = 3, {}
    if title:
        cells |= {
            (0, 0): "某 某 省 2007 年 投 入 产 出 表\n（按当年生产者价格计算）",
            (1, 0): "制表单位：某某省统计局",
            (1, 40): "单位：万元",
        }
    head = top + 1
    for column, text in [(3, "中间使用"), (7, "最终使用"), (18, "进口"), (19, "调入 "), (20, "其他"), (21, "总产出")]:
        cells[head, column] = text
    leaving = ["调出", "出口 "] if swap else ["出口 ", "调出"]
    for column, text in [
        (7, "最终消费"),
        (12, "资本形成总额"),
        (15, leaving[0]),
        (16, leaving[1]),
        (17, "最终使用合计"),
    ]:
        cells[head + 1, column] = text
    for column, text in [
        (7, "居民消费支出"),
        (10, "政府消费"),
        (11, "合计"),
        (12, "固定资本形成\n总额"),
        (13, "存货增加"),
        (14, "小计"),
    ]:
        cells[head + 2, column] = text
    for column, text in [
        *[(3 + i, name) for i, name in enumerate(NAMES)],
        (6, "中间使用合计"),
        (7, "农村消费"),
        (8, "城镇消费"),
        (9, "小计"),
    ]:
        cells[head + 3, column] = text
    first = head + 4
    if codes:
        if code_word:
            cells[first, 0] = code_word
        cells |= {(first, 3 + i): str(i + 1) for i in range(n)} | {(first, 6 + i): float(n + 1 + i) for i in range(16)}
        first += 1
    leave = F[:, [6, 5]] if swap else F[:, [5, 6]]
    full = np.column_stack(
        [
            z,
            z.sum(1),
            F[:, 0],
            F[:, 1],
            F[:, :2].sum(1),
            F[:, 2],
            F[:, :3].sum(1),
            F[:, 3],
            F[:, 4],
            F[:, 3:5].sum(1),
            leave,
            F.sum(1),
            IMPORT,
            INFLOW,
            ERROR,
            x,
        ]
    )
    for i in range(n):
        cells |= (
            {(first + i, 1): NAMES[i].replace("\n", ""), (first + i, 2): str(i + 1)}
            if codes
            else {(first + i, 1): NAMES[i]}
        )
        cells |= {(first + i, 3 + j): value for j, value in enumerate(full[i])}
    lower = [
        ("", "中间投入合计", z.sum(0)),
        *[("增加值" if i == 0 else "", VA[i], V[i]) for i in range(4)],
        ("", "增加值合计", V.sum(0)),
        ("总投入", "", x),
    ]
    for i, (group, name, values) in enumerate(lower):
        row = first + n + i
        cells |= {(row, 0): group or None, (row, 1): name or None} | {(row, 3 + j): v for j, v in enumerate(values)}
        if codes:
            cells[row, 2] = str(n + 1 + i)
    bottom = first + n + len(lower)
    cells |= {(bottom + 2, 3 + j): 0.0 for j in range(3)} | {(first + i, 24): 0.0 for i in range(n)}
    cells |= dict(extra)
    return {place: value for place, value in cells.items() if value is not None}


def sheet_of(cells, name="GZ"):
    height = max(r for r, _ in cells) + 1
    width = max(c for _, c in cells) + 1
    return Sheet("w.xls", name, tuple(tuple(cells.get((r, c)) for c in range(width)) for r in range(height)))


def codes(table):
    for problem in table.findings:
        assert problem.text("en")
        assert problem.text("zh")
    return {p.code.removeprefix("published.") for p in table.findings}


def assert_values(table):
    np.testing.assert_array_equal(table.intermediate, Z)
    np.testing.assert_array_equal(table.output, X)
    np.testing.assert_array_equal(table.value_added, V)
    by_name = {name: table.final_demand[:, j] for j, name in enumerate(table.final_labels)}
    for j, name in enumerate(
        ("rural_households", "urban_households", "government", "fixed_capital", "inventory", "export", "outflow")
    ):
        np.testing.assert_array_equal(by_name[name], F[:, j])
    for name, values in (("import", -IMPORT), ("inflow", -INFLOW), ("error", ERROR)):
        np.testing.assert_array_equal(by_name[name], values)
    assert len(by_name) == 10
    np.testing.assert_allclose(table.intermediate.sum(axis=1) + table.final_total(), table.output)


@pytest.mark.parametrize("top", [1, 4])
@pytest.mark.parametrize("swap", [False, True])
def test_printed_sheet_is_read_by_meaning(top, swap):
    table = published_table(sheet_of(printed(top, swap=swap)))
    assert_values(table)
    assert table.sectors == ("农业", "煤炭工业", "建筑业")
    assert table.value_added_labels == ("compensation", "production_tax", "depreciation", "surplus")
    assert (table.origin.region, table.origin.year, table.unit) == ("某某省", 2007, "10000 CNY")
    assert table.origin.source == "某某省统计局: 某某省2007年投入产出表 (sheet GZ, w.xls)"
    assert table.origin.note == "prices: 当年生产者价格"
    found = codes(table)
    assert {"starts", "around", "padded", "signs", "error_share"} <= found
    assert ("unusual_order" in found) == swap
    assert not found & {"row_gap", "column_gap", "subtotal", "input_output"}
    start = next(p for p in table.findings if p.code == "published.starts")
    assert start.where.cell == f"D{top + 7}"


@pytest.mark.parametrize("options", [{"title": False, "top": -1}, {"codes": False}, {"code_word": ""}])
def test_sheets_without_title_codes_or_the_word_for_code(options):
    table = published_table(sheet_of(printed(**options)), region="R", year=2008, unit="10000 CNY")
    assert_values(table)
    assert (table.origin.region, table.origin.year) == ("R", 2008)


def test_what_is_not_said_is_a_warning():
    found = codes(published_table(sheet_of(printed(title=False, top=-1))))
    assert {"no_region", "no_year", "no_unit"} <= found


def test_a_missing_code_is_a_note():
    cells = printed()
    del cells[(8, 2)]
    table = published_table(sheet_of(cells))
    assert_values(table)
    assert "missing_codes" in codes(table)


def test_rows_in_another_order_follow_the_columns():
    cells = printed()
    for column in range(25):
        a, b = cells.pop((7, column), None), cells.pop((9, column), None)
        cells |= {(9, column): a} if a is not None else {}
        cells |= {(7, column): b} if b is not None else {}
    table = published_table(sheet_of(cells))
    assert_values(table)
    assert "reordered" in codes(table)


def test_names_that_differ_between_row_and_column_are_told():
    table = published_table(sheet_of(printed(extra={(7, 1): "农业和林业"}.items())))
    assert_values(table)
    assert "names_differ" in codes(table)


def test_sectors_by_place_when_nothing_else_fits():
    table = published_table(sheet_of(printed(codes=False, extra={(6, 1): "农业和林业"}.items())))
    assert_values(table)
    assert "by_place" in codes(table)


def test_published_signs_are_found():
    cells = printed()
    for i in range(3):
        cells[7 + i, 18], cells[7 + i, 20] = -IMPORT[i], -ERROR[i]
    table = published_table(sheet_of(cells))
    assert_values(table)
    signs = next(p for p in table.findings if p.code == "published.signs")
    assert signs.values == {"added": ["import"], "subtracted": ["inflow", "error"]}


def test_odd_numbers_are_findings():
    z = Z.copy()
    z[0, 1], z[1, 0] = -3, 400
    x = X.copy()
    x[2] = 0
    table = published_table(sheet_of(printed(z=z, x=x, extra={(10, 4): 1.0, (0, 9): 5.0}.items())))
    assert {
        "negative_flows", "zero_output", "inputs_without_output", "column_above_one", "row_gap", "column_gap", "subtotal", "around",
    } <= codes(table)  # fmt: skip
    z = Z.copy()
    z[1, 0] = 100
    cells = printed(z=z)
    cells[(14, 3)] = -300.0
    table = published_table(sheet_of(cells))
    assert {"negative_value_added", "negative_total_value_added"} <= codes(table)


def errors_of(cells, **kwargs):
    with pytest.raises(InputError) as caught:
        published_table(sheet_of(cells), **kwargs)
    return {(p.code.split(".", 1)[1], p.where.cell) for p in caught.value.problems if p.severity == "error"}


def test_cells_that_cannot_be_used_come_together():
    cells = printed(extra={(7, 4): "n/a", (8, 8): "#REF!", (12, 4): True}.items())
    del cells[(8, 3)]
    assert errors_of(cells) == {("no_value", "E8"), ("error_cell", "I9"), ("truth", "E13"), ("empty", "D9")}


def test_blanks_are_zero_only_when_asked():
    cells = printed()
    del cells[(9, 13)]
    assert errors_of(cells) == {("empty", "N10")}
    table = published_table(sheet_of(cells), blank_is_zero=True)
    assert_values(table)
    assert "blanks" in codes(table)


def test_unknown_and_doubled_headers():
    assert errors_of(printed(extra={(4, 13): "再投资"}.items())) == {("unknown_column", "N7")}
    assert errors_of(printed(extra={(2, 18): "总产出"}.items())) == {("twice", "V7")}
    assert ("twice", "T7") in errors_of(printed(extra={(2, 19): "进口"}.items()))
    assert ("twice", "A13") in errors_of(printed(extra={(12, 1): "劳动者报酬"}.items()))
    assert ("unknown_row", "A13") in errors_of(printed(extra={(12, 1): "劳务"}.items()))


def test_rows_and_columns_that_do_not_fit():
    cells = printed()
    for column in range(25):
        cells.pop((9, column), None)
    assert ("not_square", "D7") in errors_of(cells)
    cells[(9, 3)] = 5.0
    assert ("unnamed_row", "D10") in errors_of(cells)


def test_no_value_added_and_only_its_total():
    cells = printed()
    for row in range(11, 15):
        for column in range(25):
            cells.pop((row, column), None)
    table = published_table(sheet_of(cells))
    assert table.value_added_labels == ("value_added",)
    for column in range(25):
        cells.pop((15, column), None)
    assert errors_of(cells) == {("no_value_added", "A7")}


def test_sheets_without_a_table_say_so(tmp_path):
    for cells in ({(0, 0): "代码"}, {(8, 63): 0.0}, {(0, 0): "中间使用", (0, 1): "进口", (0, 2): "总产出"}):
        with pytest.raises(FileError) as caught:
            published_table(sheet_of(cells, "Sheet31"))
        assert caught.value.problems[0].code == "published.no_table"
        assert "Sheet31" in str(caught.value)


def test_workbook_with_several_tables(tmp_path):
    path = tmp_path / "w.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, cells in {"A": printed(), "B": printed(4), "Sheet3": {(8, 63): 0.0}}.items():
            sheet = book.add_worksheet(name)
            for (row, column), value in cells.items():
                sheet.write(row, column, value)
    assert published_sheets(path) == ("A", "B")
    assert_values(read_published(path, "B"))
    assert list(read_all_published(path)) == ["A", "B"]
    with pytest.raises(FileError) as caught:
        read_published(path)
    assert caught.value.problems[0].values["names"] == ["A", "B"]
    with pytest.raises(FileError) as caught:
        read_published(path, "Sheet3")
    assert caught.value.problems[0].code == "published.no_table"
    with pytest.raises(FileError):
        read_published(path, "C")


def test_coded_csv_and_plain_names(tmp_path):
    lines = [
        "Code,Description,DescriptionInChinese,01,02,TIU,FU101,FU102,THC,FU103,TC,FU201,FU202,GCF,EX,TFU,IM,ERR,GO",
        "01,Farms,农业,1.5,2,3.5,1,1,2,1,3,1,0,1,1,5,0.5,0.5,8.5",
        "02,Works,工业,2,3,5,1,1,2,1,3,1,0,1,1,5,1,-0.5,8.5",
        "TII,,中间投入合计,3.5,5,8.5",
        "VA001,,劳动者报酬,5,3.5,8.5",
        "TVA,,增加值合计,5,3.5,8.5",
        "TI,,总投入,8.5,8.5,17",
    ]
    (tmp_path / "c.csv").write_text("\n".join(lines), encoding="utf-8")
    table = read_published(tmp_path / "c.csv", year=2010)
    assert table.sectors == ("农业", "工业")
    assert table.final_roles == (
        "consumption",
        "consumption",
        "consumption",
        "investment",
        "inventory",
        "export",
        "import",
        "error",
    )
    np.testing.assert_allclose(table.intermediate.sum(axis=1) + table.final_total(), table.output)
    assert not codes(table) & {"row_gap", "column_gap", "subtotal"}


def non_competitive(origin="Imports"):
    return "\n".join([
        "Code,Description,DescriptionInChinese,Origin,01,02,TIU,TC,FU201,FU202,EX,TFU,GO",
        "01,Farms,农业,Domestic,1.5,2,3.5,3,1,0,1,5,8.5", "02,Works,工业,Domestic,2,3,5,3,1,0,1,5,10",
        f"01,Farms,农业,{origin},0.5,0,0.5,1,0,0,0,1,1.5", f"02,Works,工业,{origin},0,0.5,0.5,0,1,0,0,1,1.5",
        "TII,,中间投入合计,TOT,4,5.5,9.5", "VA001,,劳动者报酬,TOT,4.5,4.5,9", "TVA,,增加值合计,TOT,4.5,4.5,9",
        "TI,,总投入,TOT,8.5,10,18.5"])  # fmt: skip


def test_non_competitive_csv_is_domestic(tmp_path):
    (tmp_path / "c.csv").write_text(non_competitive(), encoding="utf-8")
    table = read_published(tmp_path / "c.csv")
    assert table.treatment == "domestic"
    assert table.final_labels == ("consumption", "fixed_capital", "inventory", "export")
    assert table.imported_intermediate.tolist() == [[0.5, 0], [0, 0.5]]
    assert table.imported_final.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0]]
    assert not codes(table) & {"row_gap", "column_gap", "subtotal", "input_output"}


def test_origins_that_are_unknown_or_short(tmp_path):
    (tmp_path / "c.csv").write_text(non_competitive("Elsewhere"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_published(tmp_path / "c.csv")
    assert "published.origin" in {p.code for p in caught.value.problems}
    text = non_competitive().replace("02,Works,工业,Imports,0,0.5,0.5,0,1,0,0,1,1.5\n", "")
    (tmp_path / "c.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_published(tmp_path / "c.csv")
    assert "published.not_square" in {p.code for p in caught.value.problems}


def test_bare():
    assert bare(" 农 业\n（ＧＯ）") == "农业(go)"
    assert bare(1.0) == bare(None) == bare("x" * 1000) == ""


def test_known_names_become_codes(tmp_path):
    sectors = _vocabulary()["CN42-2007"]
    names = [name for _, name in sectors]
    names[0] = "农、林、牧、渔业及其他"
    header = ",".join(["", *(f'"{name}"' for name in names), "rural", "gfcf", "exp", "imp", "x"])
    lines = [header]
    for i, name in enumerate(names):
        lines.append(",".join([f'"{name}"', *("1.5" if i == j else "0" for j in range(42)), "1", "1", "1", "1", "3.5"]))
    lines.append(",".join(["VA_labour", *["2"] * 42]))
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    table = read_published(tmp_path / "t.csv")
    assert table.sectors == tuple(code for code, _ in sectors)
    assert table.origin.classification == "CN42-2007"
    assert "other_words" in codes(table)
    assert not codes(table) & {"row_gap", "column_gap", "unknown_row"}


# --- the real files, where they are at hand


REAL = os.environ.get("LICHEN_REAL_DATA", "")
real = pytest.mark.skipif(not REAL, reason="LICHEN_REAL_DATA does not name a folder")


@real
def test_all_thirty_provinces():
    tables = read_all_published(Path(REAL) / "raw" / "china_provinces_2007_42.xls")
    assert len(tables) == 30
    for name, table in tables.items():
        assert table.n == 42
        assert table.origin.classification == "CN42-2007"
        assert table.sectors[0] == "01"
        gap = np.abs(table.intermediate.sum(axis=1) + table.final_total() - table.output)
        assert gap.max() <= 3e-6 * table.output.mean(), name
        gap = np.abs(table.intermediate.sum(axis=0) + table.value_added.sum(axis=0) - table.output)
        assert gap.max() <= 3e-6 * table.output.mean(), name
        assert (name == "HAI") == ("no_year" in codes(table))
        assert (name == "SHD") == ("unusual_order" in codes(table))
    starts = {n: next(p.where.cell for p in t.findings if p.code == "published.starts") for n, t in tables.items()}
    assert {n for n, cell in starts.items() if cell != "D9"} == {"HAI"}
    above = {n for n, t in tables.items() if "column_above_one" in codes(t)}
    assert above == {"GAN", "XIN"}
    share = next(p.values["share"] for p in tables["GAN"].findings if p.code == "published.error_share")
    assert share == "59.5 %"


@real
def test_empty_sheets_of_the_real_workbook():
    path = Path(REAL) / "raw" / "china_provinces_2007_42.xls"
    for name in ("Sheet31", "Sheet32", "Sheet33", "Sheet34"):
        with pytest.raises(FileError, match=name):
            read_published(path, name)


@real
def test_sheet_and_csv_of_guizhou_agree():
    sheet = read_published(Path(REAL) / "raw" / "china_provinces_2007_42.xls", "GZH")
    plain = read_published(Path(REAL) / "io" / "guizhou_2007_42.csv")
    assert sheet.sectors == plain.sectors
    assert sheet.final_labels == plain.final_labels
    np.testing.assert_allclose(sheet.intermediate, plain.intermediate, rtol=1e-12)
    np.testing.assert_allclose(sheet.final_demand, plain.final_demand, rtol=1e-12)
    np.testing.assert_allclose(sheet.output, plain.output, rtol=1e-12)


@real
@pytest.mark.parametrize(
    ("name", "n", "treatment"),
    [("china_2002_42", 42, "as published"), ("china_2010_41", 41, "as published"), ("china_2012_139", 139, "as published"),
     ("china_2017_42", 42, "domestic")],
)  # fmt: skip
def test_national_tables(name, n, treatment):
    table = read_published(Path(REAL) / "io" / f"{name}.csv", region="China", year=int(name[6:10]), unit="10000 CNY")
    assert (table.n, table.treatment) == (n, treatment)
    np.testing.assert_allclose(table.intermediate.sum(axis=1) + table.final_total(), table.output, rtol=1e-9)
    assert not codes(table) & {"no_year", "no_unit", "no_region", "subtotal", "row_gap", "column_gap"}


@real
def test_real_sheets_open_quickly():
    sheets = read_sheets(Path(REAL) / "raw" / "china_provinces_2007_42.xls")
    assert len(sheets) == 34
