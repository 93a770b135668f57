"""The MAESTRI layout: what can be mapped is, known faults are told, the rest stays open."""

import csv
import io
import os
from collections import Counter
from pathlib import Path

import openpyxl
import pytest

from lichen.errors import LANGUAGES, FileError
from lichen.knowledge.maestri import NEEDED, OPTIONAL, divisions_of, read_maestri
from lichen.knowledge.read import knowledge

REAL = os.environ.get("LICHEN_REAL_DATA", "")
COLUMNS = (*NEEDED, *OPTIONAL)
ROW = {
    "exchange_id": "31,29,7", "donor_business": "Iron and steel production", "donor_nace": "2410",
    "receiver_business": "Cement", "receiver_nace": "2351", "waste": "Steel slag", "ewc": "100202",
    "ewc_hazardous": "No", "status": "Implemented", "donor_company": "ND", "final_use": "Raw material",
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def make(*changes):
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows([{"exchange_id": f"31,29,{i}"} | {k: v for k, v in ROW.items() if k != "exchange_id"} | c
                          for i, c in enumerate(changes, start=1)])  # fmt: skip
        (tmp_path / "m.csv").write_text(out.getvalue(), encoding="utf-8")
        return read_maestri(tmp_path / "m.csv")

    return make


def told(report, *, notes=False):
    for p in report.problems:
        for lang in LANGUAGES:
            assert p.mend(lang)
    return [p.code.removeprefix("knowledge.") for p in report.problems if notes or p.severity != "note"]


def test_a_plain_row(read):
    report = read({})
    (found,) = report.exchanges
    assert (found.id, found.case, found.source, found.number) == ("M:31,29,1", 31, 29, 1)
    assert (found.waste, found.material, found.codes, found.hazardous) == (
        "Steel slag",
        "slag.steel",
        ("100202",),
        False,
    )
    assert found.status == "implemented"
    assert found.receiver.industries == ("30",)
    assert found.donor.industries == ("31", "32")  # NACE 24 is ferrous and non-ferrous
    assert found.donor.company == ""
    assert told(report) == []
    assert told(report, notes=True) == ["maestri_industry"]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"waste": "COG"}, ["maestri_contradicts"]),
        ({"waste": "BFG (blast furnace gas)"}, ["maestri_contradicts"]),
        ({"waste": "Hydrogen", "ewc": "160903", "ewc_hazardous": "Yes"}, ["maestri_contradicts"]),
        ({"exchange_id": "16,30,35"}, ["maestri_source"]),
        ({"exchange_id": "16,20,35"}, []),
        ({"exchange_id": "32,30,35"}, []),
        ({"ewc": "999999"}, ["maestri_waste_code"]),
        ({"ewc": "1002"}, ["maestri_waste_code"]),
        ({"ewc_hazardous": "Yes"}, ["maestri_hazard"]),
        ({"status": "Running"}, ["maestri_status"]),
        ({"status": ""}, ["maestri_status"]),
        ({"status": "under feasibility study"}, []),
        ({"exchange_id": "31,29"}, ["maestri_id"]),
        ({"exchange_id": ""}, ["maestri_id"]),
    ],
)
def test_faults(read, changes, wanted):
    report = read(changes)
    assert told(report) == wanted
    assert len(report.exchanges) == (0 if "maestri_id" in wanted else 1)


def test_a_gas_keeps_its_name_and_loses_its_code(read):
    (found,) = read({"waste": "Coke oven gas"}).exchanges
    assert (found.material, found.codes, found.hazardous) == ("gas.coke-oven", (), None)
    (found,) = read({"waste": "Hydrogen", "ewc": "160505"}).exchanges
    assert (found.material, found.codes) == ("gas.hydrogen", ("160505",))


def test_doubled_rows(read):
    report = read({"exchange_id": "1,1,1"}, {"exchange_id": "1, 1,1"}, {})
    assert [e.id for e in report.exchanges] == ["M:1,1,1", "M:31,29,3"]
    (problem,) = [p for p in report.problems if p.severity == "error"]
    assert problem.values["row"] == 2


def test_several_codes_in_a_cell(read):
    (found,) = read({"waste": "Urban waste", "ewc": "200108 / 200125"}).exchanges
    assert found.codes == ("200108", "200125")
    (found,) = read({"waste": "Urban waste", "ewc": "ND"}).exchanges
    assert (found.codes, found.hazardous) == ((), None)


@pytest.mark.parametrize(
    ("waste", "ewc", "material"),
    [
        ("Fly ash", "100102", "ash.fly.coal"), ("Fly ash", "190113", "ash.fly.msw"), ("Fly ash", "", ""),
        ("Steam", "", "heat.steam"), ("Waste heat", "", "heat.waste"), ("Boiler ash", "100101", ""),
        ("Marc and dregs", "020704", ""), ("Waste plastics (AMP)", "070213", "waste.plastic"),
    ],
)  # fmt: skip
def test_materials(read, waste, ewc, material):
    report = read({"waste": waste, "ewc": ewc})
    assert report.exchanges[0].material == material
    assert ("maestri_material" in told(report, notes=True)) == (not material)


@pytest.mark.parametrize(
    ("business", "nace", "industries"),
    [
        ("Urban entity", "", ("city",)), ("Paper mill", "1712", ("22",)), ("Farm", "011/012", divisions_of("01")),
        ("Mixed", "2012/2030", divisions_of("20")), ("Any", "99", divisions_of("99")), ("Any", "", ()), ("ND", "ND", ()),
        ("Any", "24a", ()),
    ],
)  # fmt: skip
def test_industries(read, business, nace, industries):
    report = read({"donor_business": business, "donor_nace": nace, "receiver_nace": "1712"})
    assert report.exchanges[0].donor.industries == industries
    unclear = len(industries) != 1 and business != "ND"
    assert ("maestri_industry" in told(report, notes=True)) == unclear


def test_what_is_open_is_told_once(read):
    report = read({"waste": "Moon dust"}, {"waste": "Moon dust"}, {"waste": "Star dust"})
    assert Counter(told(report, notes=True))["maestri_material"] == 2


def test_a_workbook_without_leading_zeros(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["A title"])
    book.active.append([name.replace("_", " ").title() for name in COLUMNS])
    book.active.append([{"ewc": 10102, "donor_nace": 510}.get(name, ROW.get(name)) for name in COLUMNS])
    book.save(tmp_path / "m.xlsx")
    (found,) = read_maestri(tmp_path / "m.xlsx").exchanges
    assert found.codes == ("010102",)
    assert (found.donor.nace, found.donor.industries) == ("0510", ("06",))


def test_another_layout_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("exchange_id,waste\n1,2\n", encoding="utf-8")
    with pytest.raises(FileError) as error:
        read_maestri(tmp_path / "x.csv")
    assert "donor_nace" in error.value.text("en")
    assert "waste" not in error.value.problems[0].values["missing"]


@pytest.mark.skipif(not REAL, reason="LICHEN_REAL_DATA does not name a folder")
def test_the_real_file():
    report = read_maestri(Path(REAL) / "maestri_exchanges_clean.csv")
    assert len(report.exchanges) == 425
    count = Counter(told(report))
    assert count["maestri_source"] == 24
    assert count["maestri_hazard"] == 2
    assert count["maestri_status"] == count["maestri_waste_code"] == count["maestri_doubled"] == 0
    wrong = {p.values["waste"]: p.values["code"] for p in report.problems if p.code == "knowledge.maestri_contradicts"}
    assert wrong["COG"] == wrong["BFG (blast furnace gas)"] == "100202"
    assert "Hydrogen" in wrong
    assert sum(bool(e.material) for e in report.exchanges) > 220


@pytest.mark.skipif(not REAL, reason="LICHEN_REAL_DATA does not name a folder")
def test_the_library_cites_rows_that_exist_with_their_status():
    rows = {e.id: e for e in read_maestri(Path(REAL) / "maestri_exchanges_clean.csv").exchanges}
    for item in knowledge().types.values():
        for e in item.evidence:
            if e.source.key.startswith("M:"):
                assert rows[e.source.key].status == e.status, (item.id, e.source.key)
