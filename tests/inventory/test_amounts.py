"""What a flow amounts to in each layer, and how sure that is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.figures import Figure
from lichen.inventory.amounts import METERED, Amount, amount, element_share, layers_of, relative_sd, total, unit_of
from lichen.inventory.values import Flow
from lichen.vocabulary.materials import material


def flow(name, value, unit, role="fuel", kind="measured", low=None, high=None, **more):
    code = name if "." in name or name in ("water", "electricity", "gypsum") else ""
    return Flow("a", "", "in", role, code, name, Figure(value, unit, kind, "x", low, high), 2012, **more)


@pytest.mark.parametrize(
    ("item", "layer", "value", "kind"),
    [
        (flow("coal.raw", 2, "万吨/年"), "mass", 20_000, "measured"),
        (flow("coal.raw", 100, "t/a"), "energy", 2090.8, "estimated"),
        (flow("coal.raw", 100, "t/a", heating_value=(5000, "kcal/kg")), "energy", 100 * 5 * 4.1868, "measured"),
        (flow("coal.raw", 2090.8, "GJ/a"), "mass", 100, "estimated"),
        (flow("coal.raw", 2090.8, "GJ/a", heating_value=(10.454, "GJ/t")), "mass", 200, "measured"),
        (flow("coal.raw", 1000, "tce/a", kind="reported"), "energy", 29_307.6, "reported"),
        (flow("gas.coke-oven", 1e6, "m3/a"), "energy", 17_350, "estimated"),
        (flow("gas.coke-oven", 1e6, "Nm3/a"), "energy", 17_350 * METERED, "estimated"),
        (flow("gas.coke-oven", 1e6, "Nm3/a", heating_value=(18, "MJ/Nm3")), "energy", 18_000, "measured"),
        (flow("gas.coke-oven", 1e6, "Nm3/a", heating_value=(18, "MJ/m3")), "energy", 18_000 * METERED, "measured"),
        (flow("gas.co2", 1e6, "Nm3/a", "by-product"), "mass", 1963, "estimated"),
        (flow("gas.co2", 1e6, "m3/a", "by-product"), "mass", 1963 / METERED, "estimated"),
        (flow("water.fresh", 3, "万m3/年", "water"), "mass", 30_000, "measured"),
        (flow("water.fresh", 3, "m3/a", "water"), "water", 3, "measured"),
        (flow("electricity", 1, "GWh/a", "electricity"), "energy", 3600, "measured"),
        (flow("slag.steel.bof", 100, "t/a", "by-product", moisture=0.08), "water", 8, "measured"),
        (flow("slag.steel.bof", 100, "t/a", "by-product", moisture=0.1, composition={"CaO": 0.4, "Ca": 0.02}),
         "Ca", 100 * 0.9 * (0.4 * 40.078 / 56.077 + 0.02), "measured"),
    ],
)  # fmt: skip
def test_amounts(item, layer, value, kind):
    found = amount(item, layer)
    assert found.value == pytest.approx(value, rel=1e-9)
    assert found.kind == kind
    assert found.sd == pytest.approx(found.value * relative_sd(item))
    assert bool(found.by) == (kind == "estimated")


@pytest.mark.parametrize(
    ("item", "layer"),
    [
        (flow("electricity", 1, "GWh/a", "electricity"), "mass"),
        (flow("heat.waste", 1, "TJ/a", "heat"), "mass"),
        (flow("slag.steel.bof", 1, "t/a", "by-product"), "Fe"),
        (flow("slag.steel.bof", 1, "t/a", "by-product", composition={"CaO": 0.4}), "Fe"),
        (flow("slag.steel.bof", 1, "t/a", "by-product"), "energy"),
        (flow("slag.steel.bof", 1, "m3/a", "by-product"), "mass"),
        (flow("nobody knows", 1, "m3/a", "waste"), "mass"),
        (flow("coal.raw", 1, "t/a", heating_value=(18, "MJ/m3")), "energy"),
        (flow("gypsum", 1, "t/a", "by-product"), "C"),
    ],
)
def test_what_cannot_be_said_is_unknown(item, layer):
    assert amount(item, layer) is None


def test_carbon_of_a_fuel_is_the_vocabularys_where_the_firm_gives_none():
    code = next(m for m in ("coal.anthracite", "coal.coking", "coke.metallurgical") if material(m).carbon_t_t)
    found = amount(flow(code, 10, "t/a"), "C")
    assert found.value == pytest.approx(10 * material(code).carbon_t_t)
    assert found.kind == "estimated"
    assert "carbon" in found.by[0]
    own = amount(flow(code, 10, "t/a", composition={"C": 0.5}), "C")
    assert (own.value, own.kind, own.by) == (5, "measured", ())


def test_the_standard_deviation_comes_from_the_firm_then_from_scores_then_from_the_kind():
    assert relative_sd(flow("coal.raw", 100, "t/a", low=90.2, high=109.8)) == pytest.approx(0.05)
    assert relative_sd(flow("coal.raw", 100, "t/a", pedigree=(2, 3, 1, 1, 1))) == pytest.approx(
        math.hypot(0.068, 0.068)
    )
    assert relative_sd(flow("coal.raw", 100, "t/a", kind="assumed")) == pytest.approx(0.623)
    assert relative_sd(flow("coal.raw", 0, "t/a")) == pytest.approx(0.023)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e3)), max_size=6))
def test_a_total_adds_values_and_squares(pairs):
    found = total([Amount(v, s, "reported") for v, s in pairs])
    assert found.value == pytest.approx(sum(v for v, _ in pairs))
    assert found.sd**2 == pytest.approx(sum(s * s for _, s in pairs))


def test_a_total_is_as_weak_as_its_weakest_part():
    found = total([Amount(1, 0, "measured"), Amount(1, 0, "assumed", ("a", "b")), Amount(1, 0, "reported", ("b",))])
    assert (found.kind, found.by) == ("assumed", ("a", "b"))
    assert total([]) == Amount(0, 0.0, "measured")


def test_layers_and_their_units():
    flows = [flow("x", 1, "t/a", composition={"CaO": 0.4, "P2O5": 0.1, "free lime": 0.01})]
    assert layers_of(flows) == ("mass", "water", "energy", "Ca", "P")
    assert [unit_of(layer) for layer in ("mass", "energy", "Fe")] == ["t/a", "GJ/a", "t/a"]
    assert element_share(flows[0], "Mg") is None
