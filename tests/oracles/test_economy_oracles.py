"""Known answers of the economy. Each number was computed independently of Lichen."""

import numpy as np
import pytest

from lichen.economy.accounts import Economy
from lichen.economy.balance import gras, ras
from lichen.economy.leontief import Leontief
from lichen.economy.multipliers import multiplier_moments
from lichen.economy.paths import structural_paths
from lichen.economy.regionalise import cilq, flq, slq
from lichen.economy.table import Satellites, Table
from lichen.testing import small_table


@pytest.fixture
def system() -> Leontief:
    table = small_table()
    return Leontief(table.intermediate, table.output)


def test_k1_miller_blair_chapter_2(system):
    """Miller & Blair (2009), ch. 2."""
    table = small_table()
    np.testing.assert_allclose(table.coefficients(), [[0.15, 0.25], [0.2, 0.05]])
    np.testing.assert_allclose(system.inverse(), [[1.254125, 0.330033], [0.264026, 1.122112]], atol=5e-7)
    np.testing.assert_allclose(system.solve(np.array([350.0, 1700.0])), (1000, 2000))
    np.testing.assert_allclose(system.solve(np.array([600.0, 1500.0])), (1247.5248, 1841.5842), atol=5e-5)
    np.testing.assert_allclose(system.solve_transposed(np.ones(2)), (1.518152, 1.452145), atol=5e-7)


def test_k7_ras():
    """Miller & Blair (2009), 7.4.2."""
    A0 = np.array([[0.120, 0.100, 0.049], [0.210, 0.247, 0.265], [0.026, 0.249, 0.145]])
    x, u, v = np.array([421.0, 284, 283]), (245, 136, 159), (251, 107, 182)
    expected = [[0.392423, 0.121879, 0.159633], [0.150899, 0.066149, 0.189700], [0.052877, 0.188733, 0.293776]]
    np.testing.assert_allclose(ras(A0 * x, u, v).matrix / x, expected, atol=5e-7)


def test_k8_gras_with_an_only_negative_column():
    """Temurshoev, Miller & Bouwmeester (2013)."""
    result = gras([[7, 3, 5, -3], [2, 9, 8, 0], [-2, 0, 2, 0]], (15, 26, -1), (9, 16, 17, -2))
    expected = [
        [8.424341, 3.375237, 5.200422, -2], [3.000998, 12.624763, 10.374239, 0], [-2.425339, 0, 1.425339, 0]
    ]  # fmt: skip
    np.testing.assert_allclose(result.matrix, expected, atol=5e-7)


def test_k9_production_and_consumption():
    """Kitzes (2013)."""
    table = Table(
        ("a", "b"), [[8, 5], [4, 2]], [[3], [6]], ("f",), ("consumption",), [[4, 5]], ("v",), [16, 12], unit="USD"
    )
    accounts = Economy(table, Satellites(("q",), ("",), ("t",), ("a", "b"), [[8, 4]])).accounts()
    np.testing.assert_allclose(Leontief(table.intermediate, table.output).inverse(), [[8 / 3, 4 / 3], [0.8, 1.6]])
    np.testing.assert_allclose(accounts.production, [[8, 4]])
    np.testing.assert_allclose(accounts.consumption, [[4.8, 7.2]])


def test_k10_paths(system):
    """A search that prunes on a node's own contribution never sees the top path: its start emits nothing."""
    table = small_table()
    paths = structural_paths(
        system, table.coefficients(), [0.5, 0.0], [350.0, 1700.0], table.sectors, cutoff=1.0
    )  # fmt: skip
    assert paths.total == pytest.approx(500)
    assert paths.contributions[0] == pytest.approx(212.5)
    assert paths.names(0) == ("manufacturing", "agriculture")
    assert paths.found == 14
    assert paths.contributions.sum() == pytest.approx(491.75)


def test_k11_quotients():
    nation, region = (100, 200, 300, 400), (20, 15, 30, 35)
    np.testing.assert_allclose(slq(region, nation), (2, 0.75, 1, 0.875))
    np.testing.assert_allclose(flq(region, nation, 0.3) / cilq(region, nation), 0.551435, atol=5e-7)
    np.testing.assert_allclose(flq(region, nation, 0.3)[0], (1.102870, 1.470493, 1.102870, 1.260422), atol=5e-7)


def test_k12_moments_of_multipliers(system):
    mean, sd = multiplier_moments(system, [0.5, 0.2], [0.05, 0.04])
    np.testing.assert_allclose(mean, (0.679868, 0.389439), atol=5e-7)
    np.testing.assert_allclose(sd, (0.063589, 0.047822), atol=5e-7)
