"""CO2 of Guizhou's end uses in 2007: from the energy balance by our factors, against the CEADs inventory.

Figures: National Bureau of Statistics of China, China Energy Statistical Yearbook 2008, energy balance of Guizhou (physical
quantity); CEADs, Shan et al. (2018) Sci. Data 5, 170201, doi:10.1038/sdata.2017.201. The factors of the set "ceads" are
implied by the same two sources, as a median over the cells: what is tested is that flows, units, categories and sectors
lead back to every cell, and that the factors hold in all of them.
"""

import csv
import os
from pathlib import Path

import pytest

from lichen.figures import Figure
from lichen.inventory.emissions import emission_inventory
from lichen.inventory.values import Firm, Flow, Inventory
from lichen.sheets import read_sheets

DATA = os.environ.get("LICHEN_REAL_DATA", "")
TOLERANCE = 1e-5
"""Relative; the factors are rounded to six digits. The largest deviation of a cell is 2.1e-6."""

FUELS = {
    "原煤": ("coal.raw", "Raw Coal"), "洗精煤": ("coal.cleaned", "Cleaned Coal"), "型煤": ("coal.briquettes", "Briquettes"),
    "焦炭": ("coke.metallurgical", "Coke"), "焦炉煤气": ("gas.coke-oven", "Coke Oven Gas"), "汽油": ("oil.gasoline", "Gasoline"),
    "煤油": ("oil.kerosene", "Kerosene"), "柴油": ("oil.diesel", "Diesel Oil"), "燃料油": ("oil.fuel", "Fuel Oil"),
    "液化石油气": ("gas.lpg", "LPG"), "天然气": ("gas.natural", "Natural Gas"),
}  # fmt: skip
USES = {
    "农、林、牧、渔、水利业": ("01", "Farming, Forestry, Animal Husbandry, Fishery and Water Conservancy"),
    "建筑业": ("47", "Construction"),
    "交通运输、仓储和邮政业": ("54", "Transportation, Storage, Post and Telecommunication Services"),
    "批发、零售业和住宿、餐饮业": ("52", "Wholesale, Retail Trade and Catering Services"),
    "其他": ("", "Others"), "城镇": ("", "Urban"), "乡村": ("", "Rural"),
}  # fmt: skip
"""End uses other than industry: row of the energy balance → industry and sector of CEADs."""


def burnt(use, fuel, quantity, unit):
    return Flow(use, "", "in", "fuel", FUELS[fuel][0], fuel, Figure(quantity, unit, "reported", "balance"), 2007)


def co2_mt(flows, factor_set="ceads"):
    """Return (use, CEADs column) → CO2 [Mt/a], and the whole inventory."""
    firms = tuple(Firm(use, use, USES[use][0]) for use in dict.fromkeys(flow.firm for flow in flows))
    found = emission_inventory(Inventory(firms, (), tuple(flows)), 2007, factor_set=factor_set)
    column = dict(FUELS.values())
    return {(line.firm, column[line.material]): line.co2_t / 1e6 for line in found.lines}, found


@pytest.mark.parametrize(
    ("use", "uses", "wanted"),
    [
        ("建筑业", {"原煤": 6.6, "焦炭": 0.6, "汽油": 1.62, "柴油": 7.81}, 0.41480),
        ("交通运输、仓储和邮政业", {"原煤": 8.85, "焦炭": 0.17, "焦炉煤气": 0.43, "汽油": 57.78, "煤油": 7.5, "柴油": 119.48,
                       "燃料油": 19.07}, 6.40334),
        ("城镇", {"原煤": 63.14, "型煤": 16, "焦炭": 1.67, "焦炉煤气": 0.94, "液化石油气": 7.42, "天然气": 0.1}, 1.53328),
        ("乡村", {"原煤": 842.15, "型煤": 18.5, "煤油": 0.48}, 12.56527),
    ],
)  # fmt: skip
def test_end_uses_by_figures_of_the_balance(use, uses, wanted):
    """Quantities in 10 000 t and 100 million m3; CO2 in Mt as CEADs gives it, rounded to five places."""
    gases = ("焦炉煤气", "天然气")
    flows = [burnt(use, fuel, size, "亿m3/年" if fuel in gases else "万吨/年") for fuel, size in uses.items()]
    _, found = co2_mt(flows)
    assert not found.unknowns
    assert found.sum_of_firms.value_t / 1e6 == pytest.approx(wanted, rel=2e-5)


@pytest.mark.parametrize(
    ("fuel", "quantity", "wanted"),
    [("汽油", 8.75, 0.256090), ("煤油", 1.12, 0.033994), ("柴油", 13.74, 0.425091), ("燃料油", 15.28, 0.484119)],
)
def test_oil_burnt_in_industry_comes_to_the_sum_of_its_forty_sectors(fuel, quantity, wanted):
    """Beyond the uses the factors are implied by: oil has no use as a raw material there; coal and coke have."""
    found = emission_inventory(Inventory((), (), (burnt("工业", fuel, quantity, "万吨/年"),)), 2007, factor_set="ceads")
    assert found.sum_of_firms.value_t / 1e6 == pytest.approx(wanted, rel=2e-5)


def test_the_defaults_of_the_guidelines_count_more_coal_and_about_the_same_oil():
    """So the set matters: raw coal by its yearbook heating value and IPCC carbon is a quarter above CEADs'."""
    flows = [burnt("乡村", "原煤", 842.15, "万吨/年"), burnt("乡村", "煤油", 0.48, "万吨/年")]
    ours, theirs = co2_mt(flows, "ipcc")[0], co2_mt(flows)[0]
    assert 1.2 < ours["乡村", "Raw Coal"] / theirs["乡村", "Raw Coal"] < 1.3
    assert ours["乡村", "Kerosene"] / theirs["乡村", "Kerosene"] == pytest.approx(1, abs=0.02)


@pytest.fixture(scope="module")
def balance():
    """Every cell of the end uses: flows."""
    (sheet,) = read_sheets(Path(DATA) / "energy" / "guizhou_energy_balance_2007.xls")
    head, units = sheet.rows[3], sheet.rows[4]
    flows = []
    for row in sheet.rows:
        use = str(row[0] or "").strip().partition(".")[2] or str(row[0] or "").strip() if row else ""
        if use not in USES:
            continue
        for column, fuel in enumerate(head):
            if fuel in FUELS and column < len(row) and row[column]:
                unit = {"(万吨)": "万吨/年", "(亿立方米)": "亿立方米/年"}[units[column]]
                flows.append(burnt(use, fuel, float(row[column]), unit))
    return flows


@pytest.fixture(scope="module")
def published():
    """(use, CEADs column) → CO2 [Mt], without empty cells."""
    path = Path(DATA) / "emissions" / "guizhou_co2_1997_2019_by_sector_fuel.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {row[""]: row for row in csv.DictReader(file) if row["year"] == "2007"}
    columns = [column for _, column in FUELS.values()]
    cells = {(use, column): float(rows[name][column]) for use, (_, name) in USES.items() for column in columns}
    totals = {use: float(rows[name]["Scope 1 Total"]) for use, (_, name) in USES.items()}
    return {key: value for key, value in cells.items() if value}, totals


needs_files = pytest.mark.skipif(not DATA, reason="LICHEN_REAL_DATA does not name a folder")


@needs_files
def test_every_cell_of_the_end_uses(balance, published):
    ours, found = co2_mt(balance)
    cells, _ = published
    assert ours.keys() == cells.keys()
    assert len(cells) == 40
    assert not found.unknowns
    for key, wanted in cells.items():
        assert ours[key] == pytest.approx(wanted, rel=TOLERANCE), key


@needs_files
def test_every_sector_and_the_sum(balance, published):
    _, found = co2_mt(balance)
    _, totals = published
    firms = found.by_firm()
    for use, wanted in totals.items():
        assert firms[use].value_t / 1e6 == pytest.approx(wanted, rel=TOLERANCE), use
    assert found.sum_of_firms.value_t / 1e6 == pytest.approx(sum(totals.values()), rel=TOLERANCE)


@needs_files
def test_the_defaults_of_the_guidelines_agree_where_the_factors_were_not_taken_from_ceads(balance, published):
    """Independent of the implied factors: heating value × IPCC carbon × oxidation. Coal differs, oil and coke do not."""
    ours, _ = co2_mt(balance, "ipcc")
    cells, _ = published

    def above(column):
        return (
            sum(v for (_, c), v in ours.items() if c == column) / sum(v for (_, c), v in cells.items() if c == column)
            - 1
        )

    for column in ("Coke", "Gasoline", "Kerosene", "Diesel Oil", "Fuel Oil", "LPG", "Natural Gas"):
        assert abs(above(column)) < 0.02, column
    assert above("Raw Coal") == pytest.approx(0.233, abs=0.01)
    assert above("Briquettes") == pytest.approx(0.463, abs=0.01)
    assert above("Coke Oven Gas") == pytest.approx(-0.339, abs=0.01)
