"""Published and independently computed reconciliations, to the digits given; each case names its source."""

import tomllib
from pathlib import Path

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

CASES = tomllib.loads((Path(__file__).parent / "reconciliation.toml").read_text(encoding="utf-8"))["case"]
EVERY = pytest.mark.parametrize("case", CASES, ids=[c["id"] for c in CASES])
DIGITS = 1e-9
"""Of the independent computation; its standard deviations in nonlinear cases are good to 2e-9."""


def system(case) -> System:
    variables = []
    for name, given in case["variables"].items():
        kind = "transfer coefficient" if name.startswith("TC") else "flow"
        if isinstance(given, list):
            value, sd = given or (None, None)
            variables.append(Variable(name, value, sd, kind=kind))
        else:
            variables.append(Variable(name, given, constant=True, kind=kind))
    return System(tuple(variables), parse_constraints(case["constraints"]))


def test_all_cases_are_here():
    assert len(CASES) == 8
    assert all(c["source"] for c in CASES)


@EVERY
def test_published_values(case):
    result = reconcile(system(case))
    published = case.get("published", {"value": {}})
    tolerance = {"abs": published.get("abs", 0.0), "rel": published.get("rel", 0.0)}
    for name, value in published["value"].items():
        assert result[name].value == pytest.approx(value, **tolerance)
    for name, sd in published.get("sd", {}).items():
        assert result[name].sd == pytest.approx(sd, **tolerance)
    for name, observable in published.get("observable", {}).items():
        assert result[name].status == ("observable" if observable else "unobservable")


@EVERY
def test_computed_values_and_classes(case):
    result, computed = reconcile(system(case)), case["computed"]
    for name, value in computed["value"].items():
        assert result[name].value == pytest.approx(value, rel=DIGITS)
    for name, sd in computed["sd"].items():
        assert result[name].sd == pytest.approx(sd, rel=DIGITS)
    for name, observable in computed.get("observable", {}).items():
        assert (result[name].sd is not None) == observable
    for name, redundant in computed.get("redundant", {}).items():
        assert (result[name].status == "redundant") == redundant
    assert result.residual <= 1e-12


@EVERY
def test_computed_statistics(case):
    problem = system(case)
    result, computed = reconcile(problem), case["computed"]
    test = global_test(result)
    assert test.gamma == pytest.approx(computed["gamma"], rel=DIGITS)
    assert test.freedom == computed["freedom"]
    assert test.critical == pytest.approx(computed["critical"], rel=DIGITS)
    assert test.p == pytest.approx(computed["p"], rel=DIGITS)
    z, quality = measurement_test(result), local_quality(result)
    for name, expected in computed["z"].items():
        assert z[name] == pytest.approx(expected, rel=1e-8)  # the smallest are differences of nearly equal numbers
        assert quality[name] == pytest.approx(expected / 1.96, rel=1e-8)
    assert {name for name, value in z.items() if value is not None} == set(computed["z"])
    if "nodal" in computed:
        assert list(nodal_test(problem).values()) == pytest.approx(computed["nodal"], rel=DIGITS)


@pytest.mark.parametrize("case", [c for c in CASES if "deletions" in c["computed"]], ids=lambda c: c["id"])
def test_serial_elimination(case):
    problem = system(case)
    result, found = reconcile(problem), serial_elimination(problem)
    for name, deletion in deletions(result).items():
        expected = case["computed"]["deletions"][name]
        assert deletion.gamma == pytest.approx(expected["gamma"], rel=DIGITS)
        assert deletion.drop == pytest.approx(expected["drop"], rel=DIGITS)
        assert deletion.estimate == pytest.approx(expected["estimate"], rel=DIGITS)
    assert [error.name for error in found.gross_errors] == case["elimination"]["released"]
    assert found.stopped == case["elimination"]["stopped"]
    released = found.gross_errors[0]
    expected = case["computed"]["deletions"][released.name]
    assert released.estimate == pytest.approx(expected["estimate"], rel=DIGITS)
    assert released.after.gamma == pytest.approx(expected["gamma"], rel=DIGITS)
