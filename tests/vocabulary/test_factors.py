"""Factors: every row is a figure, and ids are found or refused with the nearest."""

import csv
from importlib.resources import files

import pytest

from lichen.errors import LabelError, language
from lichen.vocabulary.factors import factor, factors

ROWS = list(csv.DictReader((files("lichen.vocabulary") / "data" / "factors.csv").read_text("utf-8").splitlines()))


def test_ids_are_unique_and_every_row_is_a_figure_with_source():
    ids = [row["id"] for row in ROWS]
    assert len(ids) == len(set(ids)) == len(factors())  # Figure checks unit, kind, range and source of each
    assert all(item.name.en and item.name.zh for item in factors())


@pytest.mark.parametrize(
    ("beginning", "unit"),
    [("lhv_", ("GJ/t", "MJ/m3")), ("co2_heat_", ("tCO2/GJ",)), ("oxidation_", ("1",)), ("grid_", ("tCO2/MWh",))],
)
def test_the_beginning_of_an_id_says_the_dimension(beginning, unit):
    from lichen.units import same_dimension

    found = factors(beginning)
    assert found
    assert all(any(same_dimension(item.figure.unit, u) for u in unit) for item in found)


def test_factors_that_are_known():
    assert factor("co2_clinker").to("kgCO2/t") == pytest.approx(538)
    assert factor("co2_heat_lignite").value == 101
    assert factor("grid_guizhou_2022").to("tCO2/MWh") == pytest.approx(0.4989)
    assert factor("grid_region_south_2021").to("tCO2/MWh") == pytest.approx(0.4326)
    assert factor("co2_aluminium_prebake").value == 1.6
    assert factor("co2_magnesite").value == pytest.approx(44.009 / 84.313, rel=1e-4)
    assert factor("co2_soda_ash_use").value == pytest.approx(44.009 / 105.988, rel=1e-3)


def test_fuel_times_heat_times_carbon_times_oxidation():
    coke = factor("lhv_coke").to("GJ/t") * factor("co2_heat_coke").to("tCO2/GJ") * factor("oxidation_coke").to("1")
    assert 2.7 < coke < 3.1  # CEADs implies 2.88 for Guizhou 2007
    assert coke == pytest.approx(factor("co2_ceads_coke").value, rel=0.02)


def test_oxidation_is_a_share_and_grids_are_plausible():
    assert all(0.8 <= item.figure.value <= 1 for item in factors("oxidation_"))
    assert all(0.05 <= item.figure.to("tCO2/MWh") <= 1.3 for item in factors("grid_"))
    assert len(factors("grid_region_")) == 14
    assert len(factors("grid_")) >= 30 * 2 + 14


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(LabelError) as error, language("en"):
        factor("co2_clinkr")
    assert "co2_clinker" in error.value.text("en")
    assert "co2_clinker" in error.value.text("zh")


def test_nothing_begins_with_nonsense():
    assert factors("zzz") == ()


@pytest.mark.parametrize(
    ("name", "code"),
    [("lhv_raw_coal", "coal.raw"), ("lhv_coke", "coke.metallurgical"), ("lhv_diesel_oil", "oil.diesel"),
     ("lhv_lignite", "coal.lignite"), ("lhv_petroleum_coke", "coke.petroleum"), ("lhv_coal_tar", "chemical.tar"),
     ("lhv_black_liquor", "chemical.black-liquor"), ("lhv_wheat_straw", "biomass.straw.wheat")],
)  # fmt: skip
def test_a_material_and_its_factor_say_the_same(name, code):
    from lichen.vocabulary.materials import material

    assert factor(name).to("GJ/t") == material(code).lhv_gj_t
    assert factor(name).source == material(code).figures["heating value"].source
