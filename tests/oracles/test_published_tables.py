"""The 30 provinces of 2007 as published: each is read, checked, footprinted. Needs the workbook: LICHEN_REAL_DATA."""

import os
from pathlib import Path

import numpy as np
import pytest

from lichen.economy.accounts import Economy
from lichen.economy.aggregate import aggregate
from lichen.economy.published import read_all_published, read_published
from lichen.economy.table import Satellites
from lichen.errors import EconomyError
from lichen.testing import assert_balanced
from lichen.vocabulary.sectors import concordance

DATA = os.environ.get("LICHEN_REAL_DATA", "")
pytestmark = pytest.mark.skipif(not DATA, reason="LICHEN_REAL_DATA does not name a folder")


@pytest.fixture(scope="module")
def provinces():
    return read_all_published(Path(DATA) / "raw" / "china_provinces_2007_42.xls")


def with_flows(table, seed=0):
    """Return satellite accounts with flows in proportion to output, so that none is where nothing is made."""
    rng = np.random.default_rng(seed)
    return Satellites(("CO2",), ("",), ("t CO2",), table.sectors, (rng.random(table.n) * table.output)[None, :])


def test_all_thirty_are_read_and_footprinted(provinces):
    assert len(provinces) == 30
    for name, table in provinces.items():
        assert table.n == 42, name
        economy = Economy(table, with_flows(table))
        accounts = economy.accounts()
        np.testing.assert_allclose(accounts.consumption.sum(), accounts.production.sum(), rtol=1e-5, err_msg=name)
        np.testing.assert_allclose(accounts.by_category.sum(), accounts.production.sum(), rtol=1e-5, err_msg=name)
        np.testing.assert_allclose(economy.output_for(table.final_total()), table.output, rtol=1e-4,
                                   atol=1e-5 * table.output.max(), err_msg=name)  # fmt: skip


def test_known_faults_are_told(provinces):
    codes = {name: {p.code for p in Economy(t, with_flows(t)).findings} for name, t in provinces.items()}
    assert "checks.column_above_one" in codes["GAN"]
    assert "checks.negative_flow" in codes["CHQ"]
    assert "checks.zero_output" in codes["GZH"]
    assert "checks.negative_value_added" in codes["GZH"]


def test_every_province_adds_up_to_thirteen_sectors(provinces):
    for table in provinces.values():
        sizes = dict(zip(table.sectors, table.output, strict=True))
        small = aggregate(table, concordance("CN42-2007", "UIS13", sizes))
        assert small.n == 13
        np.testing.assert_allclose(small.output.sum(), table.output.sum())
        assert_balanced(small, 1e-4)


def test_domestic_treatment_works_or_names_the_sectors(provinces):
    from lichen.economy.treatment import domestic

    worked, told = 0, "-"
    for table in provinces.values():
        try:
            made = domestic(table)
        except EconomyError as error:
            told = error.problems[0].mend("zh")
        else:
            worked += 1
            assert_balanced(made, 1e-4)
            Economy(made)
        assert told
    assert worked >= 1


@pytest.mark.parametrize(
    "name", ["guizhou_2007_42", "china_2002_42", "china_2010_41", "china_2012_139", "china_2017_42"]
)
def test_tables_as_csv_are_economies(name):
    table = read_published(Path(DATA) / "io" / f"{name}.csv")
    economy = Economy(table, with_flows(table), tolerance=1e-3)
    accounts = economy.accounts()
    np.testing.assert_allclose(accounts.consumption.sum(), accounts.production.sum(), rtol=1e-3)
