"""Structural paths and moments of multipliers."""

import itertools

import numpy as np
import pytest

from lichen.economy.leontief import Leontief
from lichen.economy.multipliers import multiplier_moments
from lichen.economy.paths import structural_paths
from lichen.errors import EconomyError, LabelError


def economy(n: int, seed: int, density: float = 1.0):
    rng = np.random.default_rng(seed)
    Z = rng.random((n, n)) * (rng.random((n, n)) < density)
    A = Z / np.maximum(Z.sum(axis=0), 1e-9) * rng.uniform(0.4, 0.7, n)
    return Leontief(A, np.ones(n)), A, rng.random(n), rng.random(n), tuple(f"s{i}" for i in range(n))


def by_hand(A, s, f, orders: int) -> dict[tuple[int, ...], float]:
    found = {}
    for order in range(orders + 1):
        for path in itertools.product(range(len(s)), repeat=order + 1):
            flow = f[path[0]]
            for buyer, supplier in itertools.pairwise(path):
                flow *= A[supplier, buyer]
            found[path] = s[path[-1]] * flow
    return found


def test_paths_are_those_counted_by_hand():
    system, A, s, f, sectors = economy(3, 1)
    result = structural_paths(system, A, s, f, sectors, threshold=1e-9, max_order=5, max_paths=10**6)
    expected = by_hand(A, s, f, 5)
    assert result.found == len(expected)
    for chain, value in zip(result.chains, result.contributions, strict=True):
        assert value == pytest.approx(expected[tuple(int(i) for i in chain if i >= 0)], rel=1e-12)
    assert (np.diff(np.abs(result.contributions)) <= 0).all()


def test_nothing_above_the_cutoff_is_missed():
    system, A, s, f, sectors = economy(4, 2)
    result = structural_paths(system, A, s, f, sectors, cutoff=0.01, max_order=6, max_paths=10**6)
    large = {p for p, value in by_hand(A, s, f, 6).items() if value >= 0.01}
    assert large <= {tuple(int(i) for i in chain if i >= 0) for chain in result.chains}


def test_paths_and_remainder_are_the_total():
    system, A, s, f, sectors = economy(20, 3)
    result = structural_paths(system, A, s, f, sectors, threshold=1e-3, max_paths=50)
    assert len(result.contributions) == 50 < result.found
    assert result.contributions.sum() + result.remainder == pytest.approx(result.total)
    assert result.total == pytest.approx(s @ np.linalg.solve(np.eye(20) - A, f))
    assert 0 < result.coverage < 1


def test_signs_are_kept():
    system, A, s, f, sectors = economy(4, 4)
    f[1], s[2], A[0, 3] = -f[1], -s[2], -0.1
    system = Leontief(A, np.ones(4))
    result = structural_paths(system, A, s, f, sectors, threshold=1e-7, max_paths=10**6)
    assert (result.contributions < 0).any()
    assert abs(result.remainder) < 1e-3
    expected = by_hand(A, s, f, 3)
    for chain, value in zip(result.chains[:50], result.contributions[:50], strict=True):
        path = tuple(int(i) for i in chain if i >= 0)
        assert value == pytest.approx(expected.get(path, value))


def test_limits():
    system, A, s, f, sectors = economy(5, 5)
    result = structural_paths(system, A, s, f, sectors, threshold=1e-6, max_order=2, max_paths=10**6)
    assert result.orders.max() == 2
    assert result.chains.shape[1] == 3
    direct = structural_paths(system, A, s, f, sectors, max_order=0)
    np.testing.assert_allclose(sorted(direct.contributions), sorted(s * f))
    with pytest.raises(EconomyError, match="100") as error:
        structural_paths(system, A, s, f, sectors, threshold=1e-9, max_nodes=100)
    assert error.value.text("zh")


@pytest.mark.parametrize(
    ("what", "value"),
    [("threshold", 0.0), ("threshold", float("nan")), ("cutoff", -1.0), ("max_order", -1), ("max_paths", 0)],
)
def test_limits_out_of_range_are_named(what, value):
    with pytest.raises(EconomyError) as error:
        structural_paths(*economy(3, 1), **{what: value})
    assert error.value.problems[0].code == "paths.range"
    for lang in ("en", "zh"):
        assert error.value.text(lang)


def test_bad_cells_are_named():
    system, A, s, f, sectors = economy(3, 1)
    with pytest.raises(LabelError):
        structural_paths(system, A, s * np.nan, f, sectors)


def test_nothing_emitted_nothing_found():
    system, A, s, f, sectors = economy(3, 1)
    for zero in ((0 * s, f), (s, 0 * f)):
        result = structural_paths(system, A, *zero, sectors)
        assert (result.found, result.total, result.coverage) == (0, 0.0, 1.0)
        assert len(result.frame()) == 0


def test_negative_cells_without_a_bound_are_refused():
    for A in (np.array([[0.0, -1.5], [1.5, 0.0]]), np.array([[0.0, -1.0], [1.0, 0.0]])):
        with pytest.raises(EconomyError) as error:
            structural_paths(Leontief(A, np.ones(2)), A, [1, 1], [1, 1], ("a", "b"))
        assert error.value.problems[0].code == "paths.bound"
        assert error.value.text("zh")


def test_as_a_frame():
    system, A, s, f, sectors = economy(3, 1)
    result = structural_paths(system, A, s, f, sectors, threshold=0.01)
    frame = result.frame()
    assert list(frame.columns) == ["path", "order", "contribution", "share", "cumulative"]
    assert frame["cumulative"].iloc[-1] == pytest.approx(result.coverage)
    assert frame["path"].iloc[0] == " ← ".join(result.names(0))
    assert len(result.names(0)) == frame["order"].iloc[0] + 1


def test_114_sectors():
    assert structural_paths(*economy(114, 6, density=0.3), threshold=1e-5).found > 1000


def test_moments_without_spread_are_the_multipliers():
    system, A, s, _, _ = economy(300, 7)
    mean, sd = multiplier_moments(system, s, 0 * s)
    np.testing.assert_allclose(mean, np.linalg.solve((np.eye(300) - A).T, s))
    assert not sd.any()


def test_moments_agree_with_the_inverse():
    system, A, s, f, _ = economy(5, 8)
    _, sd = multiplier_moments(system, s, f)
    np.testing.assert_allclose(sd, np.sqrt((np.linalg.inv(np.eye(5) - A) ** 2).T @ f**2))
    with pytest.raises(EconomyError, match="standard deviation"):
        multiplier_moments(system, s, -f)
