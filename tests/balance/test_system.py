"""Variables, constraints, their language, and systems made from networks."""

import numpy as np
import pytest

from lichen.balance.language import parse_constraint, parse_constraints
from lichen.balance.network import Concentration, Flow, TransferCoefficient, flow_network
from lichen.balance.reconcile import reconcile
from lichen.balance.system import Constraint, System, Variable
from lichen.errors import InputError, LabelError


def codes(error) -> list[str]:
    return [p.code for p in error.value.problems]


def test_parts_of_a_constraint():
    c = parse_constraint('2*F1 + "heat, site A"*0.5 − 3e1 = F3×TC34 - .5', "balance")
    assert c.name == "balance"
    assert c.linear == {"F1": 2.0, "heat, site A": 0.5}
    assert c.products == ((-1.0, "F3", "TC34"),)
    assert c.constant == -29.5
    assert c.bilinear
    assert c.names() == {"F1", "heat, site A", "F3", "TC34"}


@pytest.mark.parametrize(
    ("text", "linear", "constant"),
    [
        ("F1=F2", {"F1": 1.0, "F2": -1.0}, 0.0),
        ("-F1 = -3", {"F1": -1.0}, 3.0),
        ("F1 + F1 = 4", {"F1": 2.0}, -4.0),
        ("0 = 2*3*F1", {"F1": -6.0}, 0.0),
        ("钢渣 - F1:Fe - F1@Fe = 0", {"钢渣": 1.0, "F1:Fe": -1.0, "F1@Fe": -1.0}, 0.0),
    ],
)
def test_what_a_constraint_says(text, linear, constant):
    c = parse_constraint(text)
    assert (c.linear, c.constant, c.products) == (linear, constant, ())
    assert c.name == text


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1), ("F1", 3), ("F1 = ", 6), ("= F1", 1), ("F1 + = F2", 6), ("F1 F2 = 0", 4), ("2F1 = 0", 2), ("F1 = F2 = F3", 9),
        ("F1 ++ F2 = 0", 5), ("F1*F2*F3 = 0", 7), ("F1/F2 = 0", 3), ("(F1) = 0", 1), ("__import__('os') = 0", 11), ("F1 = 1e400", 6),
        ('"F1 = 0', 1), ("F1 = 0;", 7), ("F1**2 = 0", 4), ("F1 = \x00", 6), ("F1 = 1e60*1e60", 11), ('"" = 0', 1),
    ],
)  # fmt: skip
def test_what_cannot_be_read_names_its_column(text, column):
    with pytest.raises(InputError) as error:
        parse_constraint(text, "c1")
    (problem,) = error.value.problems
    assert problem.values["column"] == column
    assert problem.where.key == "c1"
    assert str(column) in problem.text("en")
    assert problem.text("zh")


def test_all_unreadable_constraints_come_together():
    with pytest.raises(InputError) as error:
        parse_constraints({"a": "F1 = ", "b": "F1 = F2", "c": "F1"})
    assert [p.where.key for p in error.value.problems] == ["a", "c"]


def test_long_texts_are_read_or_refused():
    assert len(parse_constraint("+".join(f"F{i}" for i in range(100_000)) + " = 0").linear) == 100_000
    for text in ("F1" * 400_000 + " = 0", "+" * 900_000, '"' * 900_000, "1" * 900_000, "F1*" * 300_000):
        with pytest.raises(InputError):
            parse_constraint(text + "?")
    with pytest.raises(InputError) as error:
        parse_constraint("F" * 2_000_000)
    assert codes(error) == ["reconcile.long"]


@pytest.mark.parametrize(
    ("variable", "code"),
    [
        (Variable("F1", 1.0), "without_sd"),
        (Variable("F1", sd=1.0), "sd_alone"),
        (Variable("F1", 1.0, 0.0), "sd"),
        (Variable("F1", 1.0, -1.0), "sd"),
        (Variable("F1", constant=True), "constant_without_value"),
        (Variable("F1", 1.0, 0.1, constant=True), "constant_with_sd"),
        (Variable("F1", float("nan"), 1.0), "number"),
        (Variable("F1", 1.0, float("inf")), "number"),
        (Variable("F1", 1e300, 1.0), "number"),
        (Variable("F1", lower=2.0, upper=1.0), "bounds_crossed"),
        (Variable("F1", -1.0, constant=True, lower=0.0), "constant_outside"),
        (Variable(" F1", 1.0, 1.0), "name"),
        (Variable("", 1.0, 1.0), "name"),
    ],
)
def test_a_variable_is_measured_constant_or_unmeasured(variable, code):
    with pytest.raises(InputError) as error:
        System((variable,), ())
    assert codes(error) == [f"reconcile.{code}"]
    assert error.value.text("zh")


def test_a_constant_may_say_sd_zero():
    assert not System((Variable("F1", 1.0, 0.0, constant=True),), ()).measured.any()


def test_names_fit_and_every_problem_is_told():
    with pytest.raises(InputError) as error:
        System(
            (Variable("F1", 1.0), Variable("F2"), Variable("F2")),
            (Constraint("c", {"F3": 1.0}), Constraint("c", {"F1": float("inf")}), Constraint("d")),
        )  # fmt: skip
    assert codes(error) == [
        "reconcile.doubled", "reconcile.doubled", "reconcile.without_sd", "reconcile.unknown", "reconcile.number", "reconcile.empty",
    ]  # fmt: skip
    assert "“F1”" in str(error.value) or "“F2”" in str(error.value)


def test_residuals_and_slopes_agree_with_differences():
    variables = tuple(Variable(n, 1.0, 1.0) for n in "abcd")
    system = System(variables, parse_constraints(["a*b - 2*c*d + 3*a = 5", "a*a - b = 0", "c = d"]))
    assert not system.linear
    x, h = np.array([1.5, -2.0, 0.7, 3.0]), 1e-6
    J = system.jacobian(x).toarray()
    for j in range(4):
        step = np.eye(4)[j] * h
        np.testing.assert_allclose(
            J[:, j], (system.residuals(x + step) - system.residuals(x - step)) / (2 * h), atol=1e-8
        )
    assert system.residuals(x)[0] == pytest.approx(1.5 * -2 - 2 * 0.7 * 3 + 4.5 - 5)
    assert system.sizes(x)[0] == pytest.approx(3 + 4.2 + 4.5 + 5)


def test_products_with_a_constant_are_linear():
    variables = (Variable("F1", 1.0, 1.0), Variable("TC", 0.5, constant=True), Variable("F2"))
    assert System(variables, (parse_constraint("F2 = TC*F1"),)).linear


FLOWS = (
    Flow("ore", None, "furnace", 100.0, 5.0), Flow("scrap", None, "furnace", 20.0, 2.0),
    Flow("iron", "furnace", None), Flow("slag", "furnace", "cement", 58.0, 4.0), Flow("clinker", "cement", None, 60.0, 4.0),
)  # fmt: skip


def test_a_network_of_mass_and_iron():
    system = flow_network(
        ["furnace", "cement"], FLOWS,
        [Concentration("ore", "Fe", 0.6, 0.02), Concentration("scrap", "Fe", 0.95, 0.01), Concentration("iron", "Fe", 0.97, constant=True),
         Concentration("slag", "Fe")],
        [TransferCoefficient("iron yield", "furnace", "iron", 0.93, 0.03, substance="Fe")],
    )  # fmt: skip
    result = reconcile(system)
    value = {e.name: e.value for e in result.estimates}
    assert value["ore"] + value["scrap"] == pytest.approx(value["iron"] + value["slag"], rel=1e-12)
    assert value["slag"] == pytest.approx(value["clinker"], rel=1e-12)
    for flow in ("ore", "scrap", "iron", "slag"):
        assert value[f"{flow}@Fe"] == pytest.approx(value[flow] * value[f"{flow}:Fe"], rel=1e-10)
    assert value["iron@Fe"] == pytest.approx(value["iron yield"] * (value["ore@Fe"] + value["scrap@Fe"]), rel=1e-10)
    assert result["iron"].status == result["slag:Fe"].status == result["clinker@Fe"].status == "observable"
    assert result["ore:Fe"].status == "redundant"
    assert 0 < value["slag:Fe"] < 0.2
    assert [c.name for c in system.constraints][:4] == ["furnace", "cement", "furnace: Fe", "cement: Fe"]


def test_mass_transfer_coefficient_of_several_inputs():
    system = flow_network(
        ["furnace", "cement"], FLOWS, transfer_coefficients=[TransferCoefficient("TC", "furnace", "slag")]
    )
    result = reconcile(system)
    assert result["TC"].value == pytest.approx(result["slag"].value / (result["ore"].value + result["scrap"].value))
    assert result["TC"].status == "observable"


def test_a_network_names_everything_that_does_not_fit():
    with pytest.raises(InputError) as error:
        flow_network(
            ["a", "b", "idle"],
            [Flow("F1", "a", "b"), Flow("F2", "a", "a"), Flow("F3", None, "nowhere"), Flow("F4", "b", None)],
            [Concentration("F9", "Fe"), Concentration("F1", " ")],
            [TransferCoefficient("T1", "b", "F1"), TransferCoefficient("T2", "a", "F1")],
        )  # fmt: skip
    assert sorted(codes(error)) == sorted(
        f"reconcile.{c}" for c in ("nowhere", "no_process", "no_flow", "no_substance", "not_leaving", "no_flows")
    )
    with pytest.raises(InputError) as error:
        flow_network(["a"], [Flow("F1", "a", None)], (), [TransferCoefficient("T1", "a", "F1")])
    assert codes(error) == ["reconcile.nothing_enters"]
    with pytest.raises(LabelError):
        flow_network(["a", "a"], [])
    with pytest.raises(InputError) as error:
        flow_network(["a"], [Flow("F1", None, "a"), Flow("F1", "a", None)])
    assert codes(error) == ["reconcile.doubled"]
