"""Links of materials to factors: every row names what exists and says why; the nearest row that fits is found."""

import csv
from importlib.resources import files

import pytest

from lichen.errors import LabelError
from lichen.units import same_dimension
from lichen.vocabulary.emission_links import CARBON, GRID, NONE, UNKNOWN, emission_link, emission_links, is_any
from lichen.vocabulary.factors import factor
from lichen.vocabulary.industries import industry
from lichen.vocabulary.materials import below, material, materials

LINKS = emission_links()
ROWS = list(
    csv.DictReader((files("lichen.vocabulary") / "data" / "emission_links.csv").read_text("utf-8").splitlines())
)


def test_every_row_names_what_exists_and_says_why():
    assert len(LINKS) == len(ROWS) > 100
    for link in LINKS:
        for code in (link.material, *link.takes_in, *link.without, *link.made_with, *link.inputs, *link.covers,
                     *link.covers_fuel, *link.leaving, *link.leaving_factor):  # fmt: skip
            material(code)
        if link.has_factor:
            factor(link.factor)
        if link.oxidation:
            assert same_dimension(factor(link.oxidation).unit, "1")
        for code in (*link.industries, *link.oxidation_not_in):
            industry(code)
        assert link.source.strip(), link.material
        assert link.set in ("", "ipcc", "ceads")


@pytest.mark.parametrize("link", LINKS, ids=lambda link: f"{link.material} {link.use} {link.factor}")
def test_the_use_and_the_factor_fit_together(link):
    units = {"fuel": ("tCO2/GJ", "tCO2/t", "tCO2/m3"), "carbonate": ("tCO2/t",), "product": ("tCO2/t",),
             "electricity": ("tCO2/MWh",), "heat": ("tCO2/GJ",)}[link.use]  # fmt: skip
    words = {"fuel": (CARBON, NONE, UNKNOWN), "electricity": (GRID, NONE, UNKNOWN)}.get(link.use, (NONE, UNKNOWN))
    if link.has_factor:
        assert any(same_dimension(factor(link.factor).unit, unit) for unit in units)
    else:
        assert link.factor in words
    assert bool(link.counts) == (link.use == "product")
    if link.use != "product":
        assert (link.inputs, link.covers, link.covers_fuel, link.leaving, link.leaving_factor) == ((),) * 5
    if link.use != "fuel":
        assert (link.oxidation, link.made_with, link.biogenic) == ("", (), False)


def test_no_row_stands_behind_one_that_always_fits():
    seen = {}
    for link in LINKS:
        key = (link.material, link.use)
        always = not (link.industries or link.takes_in or link.without)
        for earlier in seen.get(key, ()):
            assert earlier.set not in ("", link.set), link
        if always:
            seen.setdefault(key, []).append(link)


def test_gases_that_processes_make_name_their_makers():
    for code in ("gas.coke-oven", "gas.blast-furnace", "gas.converter", "gas.phosphorus-tail", "gas.carbide-tail"):
        assert emission_link(code, "fuel").made_with, code


def test_biomass_stands_apart_and_nothing_fossil_does():
    for code in below("biomass"):
        assert emission_link(code, "fuel").biogenic, code
    for group in ("coal", "coke", "oil"):
        for code in below(group):
            assert not emission_link(code, "fuel").biogenic, code


def test_every_fuel_of_the_vocabulary_has_a_row_so_that_none_is_forgotten():
    missing = [m.code for m in materials() if is_any(m.code, ("fuel", "coal", "coke", "oil", "gas.fuel", "biomass"))
               and not m.group and emission_link(m.code, "fuel") is None]  # fmt: skip
    assert missing == []


@pytest.mark.parametrize(
    ("code", "use", "more", "wanted"),
    [
        ("coal.raw", "fuel", {}, "co2_heat_bituminous"),
        ("coal.raw", "fuel", {"factor_set": "ceads"}, "co2_ceads_raw_coal"),
        ("coal.raw", "fuel", {"factor_set": "ceads", "industry": "4710"}, "co2_ceads_raw_coal_fields"),
        ("coal.raw", "fuel", {"factor_set": "ceads", "industry": "3011"}, "co2_ceads_raw_coal"),
        ("coke.breeze", "fuel", {}, "co2_heat_coke"),
        ("coke.petroleum.calcined", "fuel", {}, "co2_heat_petroleum_coke"),
        ("biomass.straw.rice", "fuel", {"factor_set": "ceads"}, "co2_heat_solid_biomass"),
        ("metal.aluminium", "product", {}, "co2_aluminium_prebake"),
        ("metal.aluminium.secondary", "product", {}, NONE),
        ("metal.ferroalloy.feni", "product", {}, UNKNOWN),
        ("metal.steel.crude", "product", {"takes_in": ("ore.iron.pellets",)}, "co2_bof_steel"),
        ("metal.steel.crude", "product", {"takes_in": ("scrap.steel.turnings",)}, "co2_eaf_steel"),
        ("metal.steel.crude", "product", {"takes_in": ("scrap.steel", "ore.iron"), "handles": ("ore.iron",)},
         "co2_bof_steel"),
        ("metal.steel.crude", "product", {}, UNKNOWN),
        ("cement.portland", "product", {"takes_in": ("mineral.limestone",)}, "co2_cement_process"),
        ("cement.portland", "product", {"takes_in": ("mineral.limestone",), "handles": ("cement.clinker",)}, NONE),
        ("mineral.limestone", "carbonate", {"industry": "3110"}, "co2_limestone"),
        ("mineral.limestone", "carbonate", {"industry": "3021"}, NONE),
        ("mineral.limestone", "carbonate", {"industry": "3041"}, "co2_limestone"),
        ("mineral.limestone", "carbonate", {"industry": "1011"}, UNKNOWN),
        ("mineral.limestone", "carbonate", {"industry": None}, "co2_limestone"),
        ("electricity.grid", "electricity", {}, GRID),
        ("electricity.photovoltaic", "electricity", {}, NONE),
        ("heat.steam.low", "heat", {}, "co2_heat_purchased"),
        ("heat.waste.coke", "heat", {}, NONE),
        ("heat.cold", "heat", {}, UNKNOWN),
    ],
)  # fmt: skip
def test_the_row_that_fits(code, use, more, wanted):
    assert emission_link(code, use, **more).factor == wanted


def test_what_has_no_row_has_none():
    assert emission_link("ore.bauxite", "fuel") is None
    assert emission_link("coal.raw", "product") is None
    assert not is_any("", ("coal",))


def test_power_plants_oxidise_all():
    link = emission_link("coal.raw", "fuel")
    assert link.oxidation_in("4411") == ""
    assert link.oxidation_in("3011") == link.oxidation_in("") == "oxidation_bituminous"


def test_hydrated_lime_holds_lime_by_stoichiometry():
    from lichen.vocabulary.elements import mass_shares

    wanted = mass_shares("Ca(OH)2")["Ca"] / mass_shares("CaO")["Ca"]
    assert emission_link("cement.lime.hydrated", "product").ratio == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(("code", "more"), [("coal.rw", {}), ("coal.raw", {"factor_set": "ceds"})])
def test_unknown_names_are_refused_with_the_nearest(code, more):
    with pytest.raises(LabelError) as error:
        emission_link(code, "fuel", **more)
    assert ("coal.raw" if not more else "ceads") in str(error.value)
