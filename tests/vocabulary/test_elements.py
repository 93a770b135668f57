"""Elements and formulas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.vocabulary._files import rows
from lichen.vocabulary.elements import elements, mass_shares, respelled


@pytest.mark.parametrize(
    ("formula", "element", "share"),
    [
        ("CaO", "Ca", 40.078 / 56.077),
        ("Fe2O3", "Fe", 2 * 55.845 / (2 * 55.845 + 3 * 15.999)),
        ("P2O5", "P", 2 * 30.974 / (2 * 30.974 + 5 * 15.999)),
        ("Ca3(PO4)2", "P", 2 * 30.974 / (3 * 40.078 + 2 * (30.974 + 4 * 15.999))),
        ("CaSO4·2H2O", "H", 4 * 1.008 / (40.078 + 32.06 + 4 * 15.999 + 2 * 18.015)),
        ("Fe", "Fe", 1.0),
        ("Ca5(PO4)3F", "F", 18.998 / (5 * 40.078 + 3 * (30.974 + 4 * 15.999) + 18.998)),
        ("Al2(SO4)3", "S", 3 * 32.06 / (2 * 26.982 + 3 * (32.06 + 4 * 15.999))),
    ],
)
def test_shares_of_known_substances(formula, element, share):
    found = mass_shares(formula)
    assert found[element] == pytest.approx(share, rel=1e-12)
    assert sum(found.values()) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(
    "text", ["", "fCaO", "Xx2", "free lime", "2", "Ca(OH", "CaO)", "()", "Ca2.", "水", "C" * 61, "Ca O"]
)
def test_what_is_no_formula_has_no_shares(text):
    assert mass_shares(text) == {}


@given(st.text(alphabet="CaOHFeSi()2345·. xX", max_size=12))
def test_any_text_gives_shares_that_add_up_or_nothing(text):
    found = mass_shares(text)
    assert not found or (sum(found.values()) == pytest.approx(1) and min(found.values()) >= 0)


def test_every_element_has_names_a_weight_and_a_source():
    assert len(elements()) == len(rows("elements.csv"))
    for row in rows("elements.csv"):
        assert row["name_en"]
        assert row["name_zh"]
        assert row["source"]
        assert 1 <= float(row["weight"]) < 240
    assert elements()["Fe"].name("zh") == "铁"


@pytest.mark.parametrize(("name", "meant"), [
    ("Cao", "CaO"), ("SIO2", "SiO2"), ("sio2", "SiO2"), ("FE2O3", "Fe2O3"), ("NACL", "NaCl"), ("CaO", ""), ("CO", ""), ("KI", ""),
    ("ash", ""), ("Ash", ""), ("LOI", ""), ("COD", ""), ("cao", ""), ("氧化钙", ""), ("X" * 100, ""),
])  # fmt: skip
def test_a_formula_with_wrong_capitals_is_known_by_its_letters(name, meant):
    assert respelled(name) == meant
