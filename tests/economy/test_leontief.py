"""The Leontief system against the explicit inverse."""

import numpy as np
import pytest

from lichen.economy.leontief import Inverted, Leontief, Updated, ghosh_output
from lichen.errors import EconomyError
from lichen.testing import small_table


def random_flows(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(1, 10, n)
    A = rng.random((n, n))
    return A / A.sum(axis=0) * rng.uniform(0.2, 0.8, n) * x, x


@pytest.fixture
def k1() -> Leontief:
    table = small_table()
    return Leontief(table.intermediate, table.output)


def test_k1(k1):
    np.testing.assert_allclose(k1.inverse(), [[1.254125, 0.330033], [0.264026, 1.122112]], atol=5e-7)
    np.testing.assert_allclose(k1.solve(np.array([600.0, 1500.0])), (1247.5248, 1841.5842), atol=5e-5)
    np.testing.assert_allclose(k1.solve_transposed(np.ones(2)), (1.518152, 1.452145), atol=5e-7)


def test_the_given_arrays_are_left_alone():
    Z, x = random_flows(5)
    before = Z.copy()
    b = np.ones((5, 2))
    Leontief(Z, x).solve(b)
    np.testing.assert_array_equal(Z, before)
    np.testing.assert_array_equal(b, 1.0)


@pytest.mark.parametrize("n", [1, 3, 40, 300])
def test_solves_are_the_inverse(n):
    Z, x = random_flows(n, n)
    L = np.linalg.inv(np.eye(n) - Z / x)
    system, b = Leontief(Z, x), np.random.default_rng(0).random((n, 3))
    np.testing.assert_allclose(system.solve(b), L @ b)
    np.testing.assert_allclose(system.solve(b[:, 0]), L @ b[:, 0])
    np.testing.assert_allclose(system.solve_transposed(b), L.T @ b)
    np.testing.assert_allclose(Inverted(system).solve(b), L @ b)
    np.testing.assert_allclose(Inverted(system).solve_transposed(b), L.T @ b)
    assert system.solve(b[:, :0]).shape == (n, 0)


def test_condition_is_near_the_true_one():
    Z, x = random_flows(30)
    true = np.linalg.cond(np.eye(30) - Z / x, 1)
    assert true / 3 < Leontief(Z, x).condition <= true * (1 + 1e-9)


def test_condition_of_a_nearly_singular_system():
    assert Leontief(np.array([[1 - 1e-14, 0], [0, 0.5]]), np.ones(2)).condition > 1e13


@pytest.mark.parametrize(("Z", "position"), [([[1.0, 0], [0, 0.5]], 1), ([[0.5, 0.5], [0.5, 0.5]], 2)])
def test_a_singular_system_is_refused(Z, position):
    with pytest.raises(EconomyError) as error:
        Leontief(np.array(Z), np.ones(2))
    assert error.value.problems[0].code == "table.singular"
    assert error.value.problems[0].values["position"] == position


@pytest.mark.parametrize("columns", [[], [3], [7, 0], [0, 1, 2, 3, 4, 5, 6, 7]])
def test_an_update_is_a_new_system(columns):
    Z, x = random_flows(8)
    rng = np.random.default_rng(2)
    dA = rng.normal(0, 0.02, (8, len(columns)))
    A = Z / x
    A[:, columns] += dA
    L, b = np.linalg.inv(np.eye(8) - A), rng.random((8, 2))
    for base in (Leontief(Z, x), Inverted(Leontief(Z, x))):
        system = Updated(base, np.array(columns, dtype=np.intp), dA)
        np.testing.assert_allclose(system.solve(b), L @ b)
        np.testing.assert_allclose(system.solve(b[:, 0]), L @ b[:, 0])
        np.testing.assert_allclose(system.solve_transposed(b), L.T @ b)
        np.testing.assert_allclose(system.solve_transposed(b[:, 0]), L.T @ b[:, 0])


def test_updates_of_updates():
    Z, x = random_flows(6)
    one, two = np.full((6, 1), 0.01), np.full((6, 2), -0.01)
    system = Updated(Updated(Leontief(Z, x), np.array([1]), one), np.array([1, 4]), two)
    A = Z / x
    A[:, [1]] += one
    A[:, [1, 4]] += two
    np.testing.assert_allclose(system.solve(np.ones(6)), np.linalg.solve(np.eye(6) - A, np.ones(6)))


def test_an_update_that_makes_the_system_singular_is_refused(k1):
    with pytest.raises(EconomyError) as error:
        # column 1 becomes (1, 0): the sector uses its whole output itself
        k1.updated([0], np.array([[0.85], [-0.2]]))
    assert error.value.problems[0].code == "table.singular_change"


def test_ghosh_is_the_direct_inverse_of_the_allocation():
    Z, x = random_flows(12)
    v = np.random.default_rng(3).random(12)
    direct = v @ np.linalg.inv(np.eye(12) - Z / x[:, None])
    np.testing.assert_allclose(ghosh_output(Leontief(Z, x), x, v), direct)


def test_ghosh_gives_back_the_output_for_the_tables_own_inputs(k1):
    table = small_table()
    np.testing.assert_allclose(ghosh_output(k1, table.output, table.value_added.sum(axis=0)), table.output)
