"""2 000 mutated workbooks and 100 000 strings: nothing crashes, nothing takes long, no faulty firm comes in.

Most workbooks are changed as they lie in memory, since what is tried is the reading of cells; a part goes through real
files, and a part has bytes of its container or of its XML changed.
"""

import io
import random
import time
import zipfile
from dataclasses import replace

import pytest

from lichen.errors import FileError, LichenError, Where
from lichen.inventory.dictionary import Column, field
from lichen.inventory.fields import parse_cell
from lichen.inventory.survey import read_survey, survey_of
from lichen.inventory.workbook import write_inventory, write_marked
from lichen.numerals import parse_number
from lichen.sheets import cell_name, read_sheets
from lichen.units import parse_unit
from surveys import inventory, sheets_of, write

IN_MEMORY, THROUGH_FILES, BYTES, STRINGS = 1700, 200, 100, 100_000
BLOCKS = 20
HERE = Where("s.xlsx", "Flows", "F2")
GOOD = tuple(sheets_of(inventory()))
NASTY = [
    None, "", " ", "\0", "\u202e", "nan", "1e400", "1,234", "=cmd", "+1", "@SUM", "名", "s1", "s2", "p", "t/a", "t", "x" * 70_000, -1, 0, 1e308,
    float("inf"), float("nan"), True, "２０１２", "50 %", "CaO 200", ";" * 50, "#REF!", "id", "Firm code", "企业代码", "in", "out", 2012.5,
    "electricity", "kWh/a", "m3/a", "mass; Fe", "sold", 0.08, "1;" * 12, "钢渣", "12万", "1.234,5", "\ud800", "\ufeff", "\u200b", "a\nb", 10**400, 5000.0,
]  # fmt: skip


def mutated(chance):
    """Return the good survey with one to six changes: cells, rows doubled, lost, shuffled, columns moved."""
    sheets = [[list(r) for r in sheet.rows] for sheet in GOOD]
    for _ in range(chance.randint(1, 6)):
        rows = chance.choice([s for s in sheets if s])
        what = chance.random()
        if what < 0.7:
            row = chance.choice(rows)
            if row:
                row[chance.randrange(len(row))] = chance.choice(NASTY)
        elif what < 0.8:
            rows.insert(chance.randrange(len(rows) + 1), list(chance.choice(rows)))
        elif what < 0.88 and len(rows) > 1:
            rows.pop(chance.randrange(len(rows)))
        elif what < 0.94:
            chance.shuffle(rows)
        else:  # a column is lost, with its heading
            j = chance.randrange(len(rows[0]) or 1)
            for row in rows:
                del row[j : j + 1]
    return [replace(s, rows=tuple(map(tuple, rows))) for s, rows in zip(GOOD, sheets, strict=True)]


def hold(sheets):
    """Read a survey; hold what must be true of every answer, and return it; ``None`` if there is none of ours in it."""
    start = time.perf_counter()
    try:
        found = survey_of("s.xlsx", sheets)
    except FileError:
        return None
    assert time.perf_counter() - start < 5
    assert all(p.text("en") and p.text("zh") for p in found.problems)
    firms = {f.id for f in found.inventory.firms}
    assert not firms & set(found.waiting)
    assert {x.firm for x in (*found.inventory.processes, *found.inventory.flows)} <= firms
    faulty = {(p.where.sheet, int(p.where.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
              for p in found.problems if p.severity == "error" and p.where.cell}  # fmt: skip
    for name, number in faulty:
        sheet = next(s for s in sheets if s.name == name)
        key = next((r.index(h) for r in sheet.rows for h in ("firm", "id") if h in r), 0)
        assert str(sheet.cell(number - 1, key)) not in firms
    # what went in is whole: it can be written, and read again as it is
    again = survey_of("s.xlsx", sheets_of(found.inventory))
    assert again.inventory == found.inventory
    return found


@pytest.mark.parametrize("block", range(BLOCKS))
def test_mutated_surveys(block):
    each = IN_MEMORY // BLOCKS
    for seed in range(block * each, block * each + each):
        hold(mutated(random.Random(seed)))


@pytest.mark.parametrize("block", range(BLOCKS))
def test_mutated_workbooks_through_files(tmp_path, block):
    each = THROUGH_FILES // BLOCKS
    for seed in range(block * each, block * each + each):
        sheets = [replace(s, rows=tuple(tuple(c if not isinstance(c, str) else c[:32_000].encode("utf-8", "replace").decode() for c in r) for r in s.rows))
                  for s in mutated(random.Random(10_000 + seed))]  # fmt: skip
        path = tmp_path / f"{seed}.xlsx"
        try:
            write(path, sheets)
        except (OverflowError, TypeError):  # a number that no workbook can hold
            continue
        nulls = {(s.name, cell_name(i, j)) for s in sheets for i, row in enumerate(s.rows) for j, c in enumerate(row)
                 if isinstance(c, str) and "\0" in c}  # fmt: skip
        if nulls:
            with pytest.raises(FileError) as error:
                read_sheets(path)
            assert {(p.where.sheet, p.where.cell) for p in error.value.problems if p.code == "sheets.null"} == nulls
            write(
                path,
                [
                    replace(
                        s,
                        rows=tuple(tuple(c.replace("\0", "") if isinstance(c, str) else c for c in r) for r in s.rows),
                    )
                    for s in sheets
                ],
            )
        read = read_sheets(path)
        found = hold([replace(s, file="s.xlsx") for s in read])
        if found is not None and seed % 4 == 0:
            marked = write_marked(read, found.problems, tmp_path / "m.xlsx", "en")
            assert [s.name for s in read_sheets(marked)][: len(read)] == [s.name for s in read]


@pytest.mark.parametrize("block", range(BLOCKS // 2))
def test_workbooks_with_changed_bytes(tmp_path, block):
    whole = write_inventory(inventory(), tmp_path / "s.xlsx", "en").read_bytes()
    each = 2 * BYTES // BLOCKS
    for seed in range(block * each, block * each + each):
        chance = random.Random(seed)
        data = changed_bytes(whole, chance) if seed % 2 else changed_xml(whole, chance)
        (tmp_path / "t.xlsx").write_bytes(data)
        start = time.perf_counter()
        try:
            problems = read_survey(tmp_path / "t.xlsx").problems
        except LichenError as error:
            problems = error.problems
        assert time.perf_counter() - start < 20
        assert all(p.text("en") and p.text("zh") for p in problems)


def changed_bytes(data, chance):
    """Change some bytes of the container, or cut it."""
    raw = bytearray(data)
    for _ in range(chance.choice([1, 5, 50])):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(raw[: chance.choice([len(raw), len(raw), len(raw) // 2])])


def changed_xml(data, chance):
    """Change the XML inside; the container stays whole."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            raw = bytearray(old.read(name))
            if name.startswith("xl/"):
                for _ in range(chance.choice([1, 3])):
                    raw[chance.randrange(len(raw))] = chance.randrange(32, 127)
            new.writestr(name, bytes(raw))
    return out.getvalue()


UNIT_PIECES = ["t", "a", "/", "吨", "年", "万", "k", "m3", "GJ", "CNY", "元", "*", "^", "**", "(", ")", "-1", "2", "9" * 9, " ", ".", "°C", "%", "\u202e",
               "µ", "Nm3", "tce", "·", "×", "亿", "_", "\0", "１", "{}", "%s"]  # fmt: skip
NUMBER_PIECES = ["1", "２", "0", ".", ",", "'", " ", "-", "+", "e", "E", "万", "亿", "%", "9" * 30, "，", "\u00a0", "²", "nan", "∞", "=", "x", "\0", "．", "234",
                 "−", "五", "#", "/", "{}"]  # fmt: skip


@pytest.mark.parametrize("block", range(BLOCKS))
def test_unit_strings(block):
    chance = random.Random(block)
    column = Column(field("flow", "quantity"), is_unit=True)
    start = time.process_time()
    for _ in range(STRINGS // 2 // BLOCKS):
        text = "".join(chance.choices(UNIT_PIECES, k=chance.randint(1, 7)))
        found = parse_cell(column, text, HERE, near=False)
        assert (found.value is None) == bool(found.problems or not text.strip())
        if found.value is not None:  # what is taken is a unit to everybody
            assert parse_unit(found.value).scale > 0
    assert time.process_time() - start < 20


@pytest.mark.parametrize("block", range(BLOCKS))
def test_number_strings(block):
    chance = random.Random(block)
    column = Column(field("flow", "quantity"))
    start = time.process_time()
    for _ in range(STRINGS // 2 // BLOCKS):
        text = "".join(chance.choices(NUMBER_PIECES, k=chance.randint(1, 9)))
        for decimal in (None, ".", ","):
            found = parse_cell(column, text, HERE, decimal)
            assert (found.value is None) == bool(found.problems)
            if found.value is not None:
                assert 0 <= found.value < float("inf")
                assert found.value == parse_number(text, decimal)
    assert time.process_time() - start < 20
