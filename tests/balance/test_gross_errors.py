"""Tests for gross errors and serial elimination."""

import pytest

from lichen.balance.gross_errors import (
    deletions,
    global_test,
    local_quality,
    measurement_test,
    nodal_test,
    serial_elimination,
)
from lichen.balance.language import parse_constraints
from lichen.balance.reconcile import reconcile
from lichen.balance.system import System, Variable


def chain(*read: float, sd: float = 1.0) -> System:
    """Flows in a row that should all be equal."""
    variables = tuple(Variable(f"F{i}", value, sd) for i, value in enumerate(read))
    return System(variables, parse_constraints([f"F{i} = F{i + 1}" for i in range(len(read) - 1)]))


def test_global_test_of_good_and_bad_measurements():
    good, bad = global_test(reconcile(chain(10.0, 10.5, 9.8))), global_test(reconcile(chain(10.0, 10.5, 20.0)))
    assert good.passed
    assert good.p > 0.5
    assert not bad.passed
    assert bad.freedom == good.freedom == 2
    assert good.critical == pytest.approx(5.991464547)
    assert global_test(reconcile(chain(10.0, 10.5, 9.8)), level=0.99).critical == pytest.approx(9.210340372)


def test_nothing_to_test_without_redundancy():
    problem = System((Variable("a", 1.0, 0.1), Variable("b")), parse_constraints(["a = b"]))
    result = reconcile(problem)
    test = global_test(result)
    assert (test.passed, test.freedom, test.p) == (True, 0, 1.0)
    assert measurement_test(result) == {"a": None}
    assert nodal_test(problem) == {"a = b": None}
    assert deletions(result) == {}
    assert serial_elimination(problem).stopped == "no redundancy"


def test_constants_and_local_quality():
    problem = System((Variable("a", 11.0, 0.5), Variable("b", 10.0, constant=True)), parse_constraints(["a = b"]))
    result = reconcile(problem)
    assert measurement_test(result) == {"a": pytest.approx(2.0), "b": None}
    assert local_quality(result) == {"a": pytest.approx(2.0 / 1.96), "b": None}
    assert nodal_test(problem)["a = b"] == pytest.approx(2.0)


def test_a_constraint_of_constants_has_no_nodal_test():
    problem = System(
        (Variable("a", 1.0, constant=True), Variable("b", 1.0, constant=True)), parse_constraints(["a = b"])
    )
    assert nodal_test(problem) == {"a = b": None}


def test_deletions_are_what_releasing_gives():
    problem = chain(10.0, 10.4, 13.0, 9.7)
    result = reconcile(problem)
    for name, deletion in deletions(result).items():
        variables = tuple(Variable(v.name) if v.name == name else v for v in problem.variables)
        again = reconcile(System(variables, problem.constraints))
        assert deletion.gamma == pytest.approx(again.objective)
        assert deletion.estimate == pytest.approx(again[name].value)
        assert deletion.drop == pytest.approx(result.objective - again.objective)


def test_two_gross_errors_are_found_one_by_one():
    found = serial_elimination(chain(10.0, 10.1, 30.0, 9.9, 10.2, 22.0, 9.8))
    assert [e.name for e in found.gross_errors] == ["F2", "F5"]
    assert found.stopped == "accepted"
    assert found.suspects == ()
    assert [e.error for e in found.gross_errors] == pytest.approx([18.0, 12.0], abs=0.1)
    assert found.gross_errors[0].after.gamma == found.gross_errors[1].before.gamma
    assert found.result["F2"].status == "observable"
    assert found.result["F2"].value == pytest.approx(10.0)


def test_suspects_that_cannot_be_told_apart():
    found = serial_elimination(chain(10.0, 20.0))
    assert found.stopped == "tied"
    assert found.suspects == ("F0", "F1")
    assert found.gross_errors == ()


def test_no_measurement_stands_out():
    # many small contradictions: γ is large, no z is
    found = serial_elimination(chain(*[10.0 + 1.9 * (-1) ** i for i in range(12)]), level=0.95)
    assert found.stopped == "nothing stands out"
    assert found.suspects


def test_limit():
    found = serial_elimination(chain(10.0, 10.1, 30.0, 9.9, 10.2, 22.0, 9.8), most=1)
    assert found.stopped == "limit"
    assert [e.name for e in found.gross_errors] == ["F2"]
    assert found.suspects == ("F5",)


def test_a_released_bilinear_measurement():
    variables = [
        Variable("F1", 100.0, 2.0), Variable("F2", 60.0, 1.0), Variable("F3", 40.0, 1.0), Variable("c1", 0.32, 0.005),
        Variable("c2", 0.4, 0.005), Variable("c3", 0.5, 0.005), Variable("c3b", 0.2, 0.005), Variable("c3c", 0.2, 0.005),
    ]  # fmt: skip
    constraints = ["F1 = F2 + F3", "F1*c1 = F2*c2 + F3*c3", "c3 = c3b", "c3 = c3c"]
    found = serial_elimination(System(tuple(variables), parse_constraints(constraints)))
    assert [e.name for e in found.gross_errors] == ["c3"]
    assert found.gross_errors[0].estimate == pytest.approx(0.2, abs=0.005)
    assert found.stopped == "accepted"
