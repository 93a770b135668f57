"""Reconciliation against dense linear algebra, classification, bounds, contradictions."""

import numpy as np
import pytest
import scipy.linalg as la
from scipy.optimize import minimize

from lichen.balance import _projection, _statistics
from lichen.balance.language import parse_constraints
from lichen.balance.reconcile import reconcile
from lichen.balance.system import Constraint, System, Variable
from lichen.errors import BalanceError, LabelError


def system(variables: dict, constraints: list[str], **more) -> System:
    """[value, sd], a number (constant) or None (unmeasured); ``more`` are bounds ``name=(lower, upper)``."""
    made = []
    for name, given in variables.items():
        lower, upper = more.get(name, (None, None))
        if isinstance(given, tuple):
            made.append(Variable(name, *given, lower=lower, upper=upper))
        else:
            made.append(Variable(name, given, constant=given is not None, lower=lower, upper=upper))
    return System(tuple(made), parse_constraints(constraints))


def random_system(seed: int, n: int = 14, m: int = 7, unmeasured: float = 0.3) -> System:
    """A network with small whole coefficients, values that fit roughly, some unmeasured and constant variables."""
    rng = np.random.default_rng(seed)
    A = rng.choice([-2.0, -1.0, 0.0, 0.0, 0.0, 1.0], (m, n))
    A[A.any(axis=1) == 0, 0] = 1.0
    x = rng.lognormal(1, 1, n)
    variables = []
    for j in range(n):
        lot = rng.random()
        if lot < unmeasured:
            variables.append(Variable(f"x{j}"))
        elif lot < unmeasured + 0.05:
            variables.append(Variable(f"x{j}", float(x[j]), constant=True))
        else:
            variables.append(Variable(f"x{j}", float(x[j] * rng.normal(1, 0.1)), float(0.1 * x[j])))
    constraints = tuple(
        Constraint(f"c{k}", {f"x{j}": A[k, j] for j in range(n) if A[k, j]}, constant=float(-A[k] @ x))
        for k in range(m)
    )
    return System(tuple(variables), constraints)


def dense(problem: System):
    """Values, variances (NaN if unobservable), adjustment variances, rank: by orthogonal complements."""
    M, U = np.flatnonzero(problem.measured), np.flatnonzero(~problem.measured & ~problem.constant)
    x = np.nan_to_num(problem.given)
    x[U] = 0
    J = problem.jacobian(x).toarray()
    b = -problem.residuals(np.where(problem.constant, x, 0.0))
    P = la.null_space(J[:, U].T).T if len(U) else np.eye(len(J))
    A = P @ J[:, M]
    V = np.diag(problem.sd[M] ** 2)
    S = la.pinvh(A @ V @ A.T, rtol=1e-12)
    x[M] = problem.given[M] - V @ A.T @ S @ (A @ problem.given[M] - P @ b)
    change = V @ A.T @ S @ A @ V
    cov = V - change
    variance, moved = np.zeros(len(x)), np.zeros(len(x))
    variance[M], moved[M] = cov.diagonal(), change.diagonal()
    if len(U):
        B = la.pinv(J[:, U])
        x[U] = B @ (b - J[:, M] @ x[M])
        variance[U] = (B @ J[:, M] @ cov @ J[:, M].T @ B.T).diagonal()
        lost = np.abs(la.null_space(J[:, U])).max(axis=1, initial=0) > 1e-9
        variance[U[lost]] = np.nan
    return x, variance, moved, np.linalg.matrix_rank(A, tol=1e-9)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("path", ["usual", "dense blocks", "sparse factor"])
def test_as_dense_algebra_says(seed, path, monkeypatch):
    if path == "dense blocks":
        monkeypatch.setattr(_projection, "FILL", 0)
        monkeypatch.setattr(_statistics, "SPARSE_SHARE", 0.0)
    elif path == "sparse factor":
        monkeypatch.setattr(_statistics, "DENSE", 0)
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 30))
    problem = random_system(seed, n, int(rng.integers(1, n)), float(rng.uniform(0, 0.7)))
    x, variance, moved, rank = dense(problem)
    result = reconcile(problem)
    known = ~np.isnan(variance)
    assert [e.sd is not None for e in result.estimates] == known.tolist()
    np.testing.assert_allclose(result.values[known], x[known], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(
        [e.sd**2 for e in result.estimates if e.sd is not None], variance[known], rtol=1e-7, atol=1e-10
    )
    change = [e.adjustment_sd**2 for e in result.estimates if e.adjustment_sd is not None]
    np.testing.assert_allclose(change, moved[problem.measured], rtol=1e-7, atol=1e-10)
    assert result.freedom == rank
    assert result.residual < 1e-12
    assert (result.names("redundant") != ()) == (rank > 0)


@pytest.mark.parametrize("seed", range(5))
def test_covariances(seed):
    problem = random_system(seed, 12, 6, 0.3)
    result = reconcile(problem)
    names = [e.name for e in result.estimates if e.sd is not None]
    C = result.covariance(names)
    np.testing.assert_allclose(np.sqrt(np.abs(C.diagonal())), [result[n].sd for n in names], atol=1e-9)
    np.testing.assert_allclose(C, C.T, atol=1e-12)
    # a balance has no variance
    for c in problem.constraints:
        if c.names() <= set(names):
            a = np.array([c.linear.get(n, 0.0) for n in names])
            assert abs(a @ C @ a) < 1e-9


def test_covariance_of_what_is_not_there():
    result = reconcile(system({"a": (1.0, 0.1), "b": None, "c": None}, ["a = b + c"]))
    assert result["b"].status == result["c"].status == "unobservable"
    with pytest.raises(LabelError):
        result.covariance(["a", "b"])
    with pytest.raises(LabelError):
        result["d"]


def test_unobservable_variables_stay_near_their_guess():
    variables = (
        Variable("a", 160.0, 16.0),
        Variable("b", guess=80.0),
        Variable("c", guess=80.0),
        Variable("d", guess=5.0),
    )
    result = reconcile(System(variables, parse_constraints(["a = b + c"])))
    assert result.values == pytest.approx([160.0, 80.0, 80.0, 5.0])
    assert result.names("unobservable") == ("b", "c", "d")
    assert result["a"].status == "non-redundant"
    assert result["a"].adjustment_sd == 0


def test_nothing_to_reconcile():
    result = reconcile(system({"a": (1.0, 0.1), "b": None, "c": 3.0}, []))
    assert [e.status for e in result.estimates] == ["non-redundant", "unobservable", "constant"]
    assert (result.freedom, result.objective, result.residual) == (0, 0.0, 0.0)
    assert result["a"].sd == pytest.approx(0.1)
    assert reconcile(System((), ())).values.shape == (0,)
    only = reconcile(system({"c": 3.0, "d": 3.0}, ["c = d"]))
    assert only.values == pytest.approx([3.0, 3.0])


def test_two_instruments_are_pooled():
    result = reconcile(system({"a": (10.0, 1.0), "b": (13.0, 2.0)}, ["a = b"]))
    assert result["a"].value == pytest.approx((10 / 1 + 13 / 4) / (1 + 1 / 4))
    assert result["a"].sd == result["b"].sd == pytest.approx((1 / (1 + 1 / 4)) ** 0.5)


def test_errors_of_very_different_size():
    """A large flow known to 10 % beside small ones known well: nothing cancels."""
    result = reconcile(
        system(
            {"water": (1e9, 1e8), "b": (10.0, 1e-3), "c": (20.0, 1e-3), "d": (30.01, 1e-3)},
            ["water = b + c", "water = d"],
        )
    )
    assert result["water"].value == pytest.approx(30.00666666666, rel=1e-9)
    assert result["water"].sd == pytest.approx(1e-3 * (2 / 3) ** 0.5, rel=1e-9)
    assert result["d"].adjustment_sd == pytest.approx(1e-3 * (1 / 3) ** 0.5, rel=1e-9)


@pytest.mark.parametrize("doubled", [["a = b + c", "2*a = 2*b + 2*c"], ["a = b + c", "b + c = d", "a = d"]])
def test_dependent_constraints_count_once(doubled):
    result = reconcile(system({"a": (10.0, 1.0), "b": (4.0, 1.0), "c": (5.0, 1.0), "d": (9.5, 1.0)}, doubled))
    assert result.freedom == len(doubled) - 1


def test_contradictory_constants_name_their_constraints():
    problem = system(
        {"in": 10.0, "mid": None, "out": 12.0, "x": (1.0, 0.1), "y": (1.0, 0.1)}, ["in = mid", "mid = out", "x = y"],
    )  # fmt: skip
    with pytest.raises(BalanceError) as error:
        reconcile(problem)
    (found,) = error.value.problems
    assert found.code == "reconcile.contradiction"
    assert sorted(found.values["constraints"]) == ["in = mid", "mid = out"]
    assert sorted(found.values["constants"]) == ["in", "out"]
    assert found.values["gap"] == pytest.approx(2.0)
    assert found.text("zh")


def test_contradictory_equations_without_constants():
    with pytest.raises(BalanceError) as error:
        reconcile(system({"a": (1.0, 0.1), "b": (1.0, 0.1)}, ["a + b = 2", "a + b = 3"]))
    assert sorted(error.value.problems[0].values["constraints"]) == ["a + b = 2", "a + b = 3"]


def test_bounds_that_bind_and_bounds_that_do_not():
    variables = {"a": (10.0, 1.0), "b": (11.0, 1.0), "c": (-0.5, 1.0)}
    free = reconcile(system(variables, ["a = b + c"]))
    assert free["c"].value < 0
    result = reconcile(system(variables, ["a = b + c"], c=(0.0, None), a=(0.0, 100.0)))
    assert result.values == pytest.approx([10.5, 10.5, 0.0])
    assert result["c"].status == "at bound"
    assert result["c"].sd == 0
    assert result["a"].sd == pytest.approx(0.5**0.5)
    assert result.freedom == 2
    assert result.objective == pytest.approx(0.5**2 * 2 + 0.5**2)


def test_a_bound_on_an_unmeasured_flow():
    result = reconcile(system({"a": (10.0, 1.0), "b": (11.0, 1.0), "c": None}, ["a = b + c"], c=(0.0, None)))
    assert result.values == pytest.approx([10.5, 10.5, 0.0])
    assert [e.status for e in result.estimates] == ["redundant", "redundant", "at bound"]


def test_a_bound_that_only_keeps_an_unobservable_flow_in_place_decides_nothing():
    variables = (
        Variable("a", 10.0, 1.0),
        Variable("b", guess=100.0, lower=0.0),
        Variable("c", guess=1.0, lower=0.0, upper=8.0),
    )
    result = reconcile(System(variables, parse_constraints(["a = b + c"])))
    assert result["a"].value == pytest.approx(10.0)
    assert result.names("unobservable") == ("b", "c")
    assert result["b"].value + result["c"].value == pytest.approx(10.0)
    assert 0 <= result["c"].value <= 8


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("walk", [False, True])
def test_bounded_least_squares_as_a_general_optimiser_finds(seed, walk, monkeypatch):
    if walk:
        monkeypatch.setattr("lichen.balance._bounds.PASSES", 0)
    rng = np.random.default_rng(seed)
    n, m = 8, 3
    A = rng.choice([-1.0, 0.0, 1.0], (m, n))
    inside = rng.random(n)
    read = inside + rng.normal(0, 0.7, n)
    variables = tuple(
        Variable(f"x{j}", float(read[j]), float(0.2 + rng.random()), lower=0.0, upper=1.0) for j in range(n)
    )
    constraints = tuple(
        Constraint(
            f"c{k}", {f"x{j}": A[k, j] for j in range(n) if A[k, j]} or {"x0": 0.0}, constant=float(-A[k] @ inside)
        )
        for k in range(m)
    )
    problem = System(variables, constraints)
    result = reconcile(problem)
    best = minimize(
        lambda x: (((x - read) / problem.sd) ** 2).sum(), inside, jac=lambda x: 2 * (x - read) / problem.sd**2, bounds=[(0, 1)] * n,
        constraints=[{"type": "eq", "fun": lambda x: A @ (x - inside), "jac": lambda x: A}], method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    assert result.objective <= best.fun * (1 + 1e-7) + 1e-9
    np.testing.assert_allclose(result.values, best.x, atol=2e-5)
    assert result.values.min() >= -1e-12
    assert result.values.max() <= 1 + 1e-12
    assert result.residual < 1e-12


def test_infeasible_bounds_name_constraints_and_bounds():
    problem = system(
        {"a": 10.0, "b": None, "c": None, "x": (1.0, 1.0), "y": (2.0, 1.0)}, ["a = b + c", "x = y"], b=(0.0, 4.0), c=(0.0, 5.0),
    )  # fmt: skip
    with pytest.raises(BalanceError) as error:
        reconcile(problem)
    (found,) = error.value.problems
    assert found.code == "reconcile.infeasible"
    assert found.values["constraints"] == ["a = b + c"]
    assert found.values["bounds"] == ["b", "c"]
    assert found.text("zh")


BILINEAR = ["F1*c1 = F2*c2 + F3*c3", "F1 = F2 + F3"]


def test_flow_times_concentration():
    values = {
        "F1": (100.0, 5.0),
        "F2": (60.0, 3.0),
        "F3": None,
        "c1": (0.3, 0.01),
        "c2": (0.4, 0.01),
        "c3": (0.2, 0.02),
    }
    problem = system(values, BILINEAR)
    result = reconcile(problem)
    x = {e.name: e.value for e in result.estimates}
    assert x["F1"] * x["c1"] == pytest.approx(x["F2"] * x["c2"] + x["F3"] * x["c3"], rel=1e-12)
    start = np.nan_to_num(problem.given, nan=40.0)
    sd = np.nan_to_num(problem.sd, nan=1e9)
    best = minimize(
        lambda x: (((x - start) / sd) ** 2).sum(), start,
        constraints=[{"type": "eq", "fun": problem.residuals}], method="SLSQP", options={"ftol": 1e-15, "maxiter": 1000},
    )  # fmt: skip
    assert result.objective <= best.fun + 1e-9
    np.testing.assert_allclose(result.values, best.x, rtol=1e-4)
    assert result["F3"].status == "observable"
    assert 1 < result.iterations < 20


def test_bilinear_with_bounds():
    values = {
        "F1": (100.0, 5.0),
        "F2": (104.0, 3.0),
        "F3": (1.0, 2.0),
        "c1": (0.42, 0.01),
        "c2": (0.4, 0.01),
        "c3": (0.2, 0.02),
    }
    result = reconcile(system(values, BILINEAR, F3=(0.0, None)))
    assert result["F3"].value == 0
    assert result["F3"].status == "at bound"
    assert result["F1"].value == pytest.approx(result["F2"].value)
    assert result["c1"].value == pytest.approx(result["c2"].value)
    assert result["c3"].status == "non-redundant"


def test_a_bilinear_system_without_solution_says_where():
    with pytest.raises(BalanceError) as error:
        reconcile(system({"a": (1.0, 0.1), "b": (1.0, 0.1)}, ["a*b = -1", "a = b"]))
    assert error.value.problems[0].code == "reconcile.no_end"
    assert "a*b = -1" in str(error.value)


def test_a_contradiction_inside_a_bilinear_system():
    values = {
        "F1": (100.0, 5.0),
        "F2": (60.0, 3.0),
        "c1": (0.3, 0.01),
        "c2": (0.4, 0.01),
        "in": 10.0,
        "mid": None,
        "out": 12.0,
    }
    with pytest.raises(BalanceError) as error:
        reconcile(system(values, ["F1*c1 = F2*c2", "in = mid", "mid = out"]))
    (found,) = error.value.problems
    assert found.code == "reconcile.contradiction"
    assert sorted(found.values["constraints"]) == ["in = mid", "mid = out"]


def test_infeasible_bounds_inside_a_bilinear_system():
    values = {
        "F1": (100.0, 5.0),
        "F2": (60.0, 3.0),
        "c1": (0.3, 0.01),
        "c2": (0.4, 0.01),
        "a": 10.0,
        "b": None,
        "c": None,
    }
    with pytest.raises(BalanceError) as error:
        reconcile(system(values, ["F1*c1 = F2*c2", "a = b + c"], b=(0.0, 4.0), c=(0.0, 5.0)))
    assert "a = b + c" in str(error.value)


def test_too_few_linearisations_are_not_passed_off_as_a_result():
    values = {"F1": (100.0, 5.0), "F2": (60.0, 3.0), "c1": (0.3, 0.01), "c2": (0.4, 0.01)}
    with pytest.raises(BalanceError):
        reconcile(system(values, ["F1*c1 = F2*c2"]), iterations=2)


def test_dependent_only_at_the_solution():
    """Balances of mass and of two substances that make up the whole mass: three equations, two independent."""
    values = {
        "F1": (100.0, 5.0),
        "F2": (60.0, 3.0),
        "F3": (38.0, 3.0),
        "p1": (0.3, 0.01),
        "p2": (0.4, 0.01),
        "p3": (0.2, 0.02),
    }
    values |= {"q1": (0.69, 0.01), "q2": (0.61, 0.01), "q3": (0.79, 0.02)}
    constraints = [
        "F1 = F2 + F3",
        "F1*p1 = F2*p2 + F3*p3",
        "F1*q1 = F2*q2 + F3*q3",
        "p1 + q1 = 1",
        "p2 + q2 = 1",
        "p3 + q3 = 1",
    ]
    result = reconcile(system(values, constraints))
    assert result.freedom == 5
    assert result.residual < 1e-9


def test_estimates_tell_their_adjustment():
    result = reconcile(system({"a": (10.0, 1.0), "b": None}, ["a = b"]))
    assert result["a"].adjustment == 0
    assert result["b"].adjustment is None
    assert result["b"].sd == pytest.approx(1.0)
    assert not result.values.flags.writeable
