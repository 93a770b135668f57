"""Small surveys for tests: a good one, changes to it, and workbooks made by hand."""

import json
import subprocess
import sys
import zipfile

import xlsxwriter

from lichen.figures import Figure
from lichen.inventory.dictionary import ENTITIES, SHEETS, columns
from lichen.inventory.records import as_records
from lichen.inventory.values import Firm, Flow, Inventory, Process
from lichen.sheets import Sheet

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def inventory():
    """Return two firms with a process each and three flows."""

    def flow(firm, given, value):
        quantity = Figure(value, "t/a", "measured", "scale", year=2012)
        return Flow(firm, "p", "out", "by-product", "slag.steel", given, quantity, 2012)

    return Inventory(
        tuple(Firm(f, f.upper(), "3120") for f in ("s1", "p1")), tuple(Process(f, "p", "P") for f in ("s1", "p1")),
        (flow("s1", "钢渣", 2.5), flow("s1", "steel slag powder", 3.5), flow("p1", "钢渣", 4.5)),
    )  # fmt: skip


def sheets_of(found, file="s.xlsx"):
    """Return an inventory as the sheets of a survey, with the dictionary's keys as headings."""
    records = as_records(found)
    return [
        Sheet(file, SHEETS[e][0], (tuple(c.key for c in columns(e)), *(tuple(r[c.key] for c in columns(e)) for r in records[e])))
        for e in ENTITIES
    ]  # fmt: skip


def changed(entity, row, sheets=None, **cells):
    """Return a good survey with cells of one row changed; ``quantity_unit`` is the column ``quantity unit``."""
    sheets = list(sheets or sheets_of(inventory()))
    number = ENTITIES.index(entity)
    keys = list(sheets[number].rows[0])
    rows = [list(r) for r in sheets[number].rows]
    for name, value in cells.items():
        rows[row][keys.index(name if name in keys else f"{name.removesuffix('_unit')} unit")] = value
    sheets[number] = Sheet(sheets[number].file, sheets[number].name, tuple(map(tuple, rows)))
    return sheets


def write(path, sheets, **options):
    """Write sheets as a workbook."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "nan_inf_to_errors": True, **options}) as book:
        for sheet in sheets:
            made = book.add_worksheet(sheet.name)
            for i, row in enumerate(sheet.rows):
                for j, cell in enumerate(row):
                    if isinstance(cell, str):
                        made.write_string(i, j, cell)
                    elif cell is not None:
                        made.write(i, j, cell)
    return path


def xml_cell(value):
    """Return a cell of a worksheet's XML, without its place."""
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
    return "<c/>" if value is None else f"<c><v>{value}</v></c>"


def package(path, sheets, more=()):
    """Write a workbook by hand: name → text of ``sheetData``, and other parts by path."""
    names = list(sheets)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        + "".join(f'<sheet name="{n}" sheetId="{i}" r:id="rId{i}"/>' for i, n in enumerate(names, 1)) + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(f'<Relationship Id="rId{i}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i in range(1, len(names) + 1))
        + "</Relationships>",
        **{f"xl/worksheets/sheet{i}.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{sheets[n]}</sheetData></worksheet>' for i, n in enumerate(names, 1)},
        **dict(more),
    }  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in parts.items():
            archive.writestr(
                name, text if isinstance(text, bytes) or text.startswith("<?xml") else f'<?xml version="1.0"?>{text}'
            )
    return path


def rows_xml(rows):
    """Return rows as the text of ``sheetData``."""
    return "".join(f"<row>{''.join(map(xml_cell, row))}</row>" for row in rows)


_CHILD = """
import json, resource, sys, time
start = time.perf_counter()
from lichen.errors import LichenError
from lichen.inventory.survey import read_survey
try:
    found = read_survey(sys.argv[1])
    problems, flows = found.problems, len(found.inventory.flows)
except LichenError as error:
    problems, flows = error.problems, 0
peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
try:  # on Linux a process starts with the peak of who started it: a large test process
    with open("/proc/self/status") as status:
        peaks[0] = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
except OSError:
    pass
unit = 2**30 if sys.platform == "darwin" else 2**20
print(json.dumps({"problems": [[p.code, p.where.sheet, p.where.cell] for p in problems], "flows": flows,
                  "cpu": time.process_time(), "peak": max(peaks) / unit}))
"""


def read_apart(path):
    """Read a survey in a process of its own; return its problems, flows, CPU time [s] and peak memory [GiB]."""
    done = subprocess.run([sys.executable, "-c", _CHILD, str(path)], capture_output=True, check=True, timeout=300)
    return json.loads(done.stdout)


def offered(book, sheet, first=3):
    """Return the words of the drop-down list of each column (from 0) that has one, from row ``first`` on if given."""
    found = {}
    for rule in sheet.data_validations.dataValidation:
        name, _, area = rule.formula1.rpartition("!")
        words = [cell.value for row in book[name.strip("'")][area.replace("$", "")] for cell in row]
        (place,) = rule.sqref.ranges
        assert rule.errorStyle == "warning"
        assert first in (None, place.min_row)
        assert place.max_row > 2000
        found[place.min_col - 1] = words
    return found
