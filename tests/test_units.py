"""Spellings of units, and the many that are refused."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.errors import UnitError, Where
from lichen.units import _tables, convert, currency_of, factor, parse_unit, same_dimension, unit_name


@pytest.mark.parametrize(("text", "to", "ratio"), [
    ("万吨/年", "t/a", 1e4), ("万吨/年", "kt/a", 10), ("亿千瓦时", "kWh", 1e8), ("亿kWh", "GJ", 360_000), ("千克/吨", "t/t", 1e-3),
    ("千瓦时/吨", "kWh/t", 1), ("万千瓦时/万元", "kWh/CNY", 1), ("t/万元", "t/CNY", 1e-4), ("tce/10000 CNY", "tce/CNY", 1e-4),
    ("10000 CNY", "CNY", 1e4), ("M CNY", "CNY", 1e6), ("million EUR", "EUR", 1e6), ("10^6 CNY/a", "CNY/a", 1e6), ("10^4 t", "t", 1e4), ("1e8 CNY", "CNY", 1e8), ("百万吨", "t", 1e6), ("万亿元", "CNY", 1e12),
    ("kg CO2/kWh", "tCO2/GJ", 1 / 3.6), ("t CO2e", "tCO2", 1), ("吨二氧化碳/吨", "tCO2/t", 1), ("kgCO2/t", "tCO2/t", 1e-3),
    ("CNY/(t km)", "CNY/tkm", 1), ("CNY/t km", "CNY/tkm", 1), ("元/(吨·公里)", "CNY/tkm", 1), ("CNY/t/km", "CNY/tkm", 1),
    ("CNY/(t/a)", "CNY·a/t", 1), ("(t/a)·km", "tkm/a", 1), ("m³", "m3", 1), ("㎏", "kg", 1), ("１００００元", "CNY", 1e4),
    ("吨标准煤", "GJ", 29.3076), ("kcal", "kJ", 4.1868), ("%", "1", 0.01), ("度/月", "kWh/a", 12), ("t/d", "t/a", 365),
    ("t/h", "t/a", 8760), ("t/t", "1", 1), ("1/t", "1/kg", 1e-3), ("吨", "Mg", 1), ("  t  /  a ", "t/a", 1), ("万 t CO2", "tCO2", 1e4),
    ("千人", "person", 1e3), ("tons/year", "t/a", 1),
])  # fmt: skip
def test_spellings(text, to, ratio):
    assert factor(text, to) == pytest.approx(ratio, rel=1e-12)
    assert convert(2.0, text, to) == pytest.approx(2 * ratio, rel=1e-12)


@pytest.mark.parametrize("text", [
    "", " ", "t/", "/t", "*t", "//t", "t//a", "t/·a", "()", "t()", "(t", "t)", ")(t", "t//(t", "t(km)", "(t)(km)", "(t) km", "CNY/(t km",
    "万", "万/年", "t 万", "10000", "t千", "(万)", "t/(a)h", "·", "t··a", "kt·", "tonn", "T", "MT", "KG", "t CO", "m4", "kVA", "吨煤",
    "1.5 t", "2 t", "t^2", "t2", "t\x00", "t;a", "GJ/", "1/", "°C", "t" * 61, "½ t", "mmt", "billion t",
])  # fmt: skip
def test_refused(text):
    with pytest.raises(UnitError) as error:
        parse_unit(text, Where(file="f"))
    problem = error.value.problems[0]
    assert problem.code in ("units.unknown", "units.empty", "units.too_long")
    assert problem.where.file == "f"
    assert problem.text("en").isprintable()


@pytest.mark.parametrize("bad", [None, 1, 1.5, [], b"t"])
def test_what_is_no_text_is_refused(bad):
    with pytest.raises(UnitError):
        parse_unit(bad)


def test_the_nearest_spelling_is_named():
    with pytest.raises(UnitError) as error:
        parse_unit("kWhh/t")
    assert error.value.problems[0].values["near"] == "kWh"
    assert error.value.problems[0].values["part"] == "kWhh"


@pytest.mark.parametrize(("text", "to"), [
    ("t/a", "GJ/a"), ("t CO2", "t"), ("tce", "t"), ("USD", "CNY"), ("m3", "Nm3"), ("t", "t/a"), ("kWh", "tCO2"), ("1", "t"),
    ("person", "1"), ("CNY/t·km", "CNY/tkm"), ("CNY/t", "CNY/tkm"),
])  # fmt: skip
def test_what_does_not_fit_is_not_converted(text, to):
    """Tonnes of heat; carbon dioxide with limestone; one currency in another."""
    with pytest.raises(UnitError) as error:
        factor(text, to, Where(key="k"))
    assert error.value.problems[0].code == "units.does_not_fit"
    assert error.value.problems[0].where.key == "k"
    assert not same_dimension(text, to)


def test_places_are_not_mixed_up_by_the_memory_of_answers():
    for key in ("one", "two"):
        with pytest.raises(UnitError) as error:
            factor("t", "GJ", Where(key=key))
        assert error.value.problems[0].where.key == key


def test_currency():
    assert currency_of("万元/t") == "CNY"
    assert currency_of("USD/(t km)") == "USD"
    assert currency_of("t/a") == ""


def test_a_unit_writes_itself():
    assert str(parse_unit("万吨/年")) == "10000 t/a"
    assert str(parse_unit("CNY/(t km)")) == "CNY/(t·km)"
    assert str(parse_unit("1/t")) == "1/t"


def test_every_spelling_stands_for_itself_and_says_one_thing():
    spellings, definitions = _tables()
    for text, name in spellings.items():
        assert name in definitions
        assert factor(text, name) == pytest.approx(1.0)


ALPHABET = [
    *"tkgaMGJWhCNYmLd元吨万亿千百年度人公里克焦日方·/*×() .0128^e%-$₂²",
    "tCO2",
    "kWh",
    "CNY",
    "t CO2",
    "万吨",
    "10^4",
    "(",
    ")",
    "/",
    " ",
]


def test_ten_thousand_random_texts_never_crash_and_what_passes_is_made_of_known_parts():
    chance = random.Random(20071)
    spellings, _ = _tables()
    letters = set("".join(spellings)) | set("万亿千百0123456789e^/·*×() ")
    passed = 0
    for _ in range(10_000):
        text = "".join(chance.choice(ALPHABET) for _ in range(chance.randint(1, 9)))
        try:
            unit = parse_unit(text)
        except UnitError:
            continue
        passed += 1
        assert unit.scale > 0
        assert set(text) <= letters | set("₂²（）"), text
        assert text.count("(") == text.count(")"), text
        assert text.strip()[0] not in "/·*×)", text
        assert text.strip()[-1] not in "/·*×(", text
        assert not any(
            pair in text.replace(" ", "") for pair in ("//", "/·", "·/", "()", ")(", "*/", "/*", "/×", "(/")
        ), text
        assert factor(text, "t") if same_dimension(text, "t") else True
    assert 50 < passed < 5000


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=70))
def test_any_text(text):
    told = [text]
    try:
        parse_unit(text)
    except UnitError as error:
        told = [error.text("en"), error.text("zh")]
    assert text == "" or all(told)


@settings(deadline=None)
@given(
    st.sampled_from(["t", "kg", "GJ", "kWh", "tce", "CNY", "tCO2", "km", "a", "h"]),
    st.sampled_from(["t", "kg", "GJ", "MJ", "a", "d"]),
)
def test_there_and_back(one, two):
    """x/(y) to SI-like units and back is one; 万 on both sides cancels."""
    assert factor(f"万{one}/万{two}", f"{one}/{two}") == pytest.approx(1)
    assert factor(f"{one}/({two}/{one})", f"{one}·{one}/{two}") == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "english"),
    [("万吨/年", "×10⁴ t/a"), ("亿元", "×10⁸ CNY"), ("百万元", "×10⁶ CNY"), ("元/吨", "CNY/t"), ("吨", "t"),
     ("kt/a", "kt/a"), ("10^4 CNY", "10^4 CNY"), ("袋/年", "袋/年"), ("", "")],
)  # fmt: skip
def test_units_are_written_in_the_readers_language_where_they_are_known(text, english):
    assert unit_name(text, "en") == english
    assert unit_name(text, "zh") == text
