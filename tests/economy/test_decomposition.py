"""Structural decomposition and LMDI-I."""

from itertools import permutations

import numpy as np
import pytest

from lichen.economy.decomposition import chain, footprint, footprint_factors, lmdi, structural
from lichen.errors import EconomyError, LabelError

RNG = np.random.default_rng(3)


def year(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    A = rng.random((4, 4)) * 0.2
    return footprint_factors(rng.random((2, 4)), np.linalg.inv(np.eye(4) - A), rng.random((4, 3)))


@pytest.mark.parametrize("method", ["mean", "polar"])
def test_parts_add_up(method):
    first, last = year(1), year(2)
    result = structural(first, last, combine=footprint, method=method)
    assert result.factors == ("intensity", "structure", "mix", "level")
    assert result.effects.shape == (4, 2, 3)
    np.testing.assert_allclose(result.effects.sum(axis=0), result.change, atol=1e-12)
    np.testing.assert_allclose(result.change, footprint(*last.values()) - footprint(*first.values()))
    assert sum(result.totals().values()) == pytest.approx(result.change.sum())
    assert result.method == method


def test_the_mean_is_the_mean_over_all_orders():
    first, last = (list(year(i).values()) for i in (1, 2))
    parts = np.zeros((4, 2, 3))
    orders = list(permutations(range(4)))
    for order in orders:
        now = list(first)
        for k in order:
            before = footprint(*now)
            now[k] = last[k]
            parts[k] += (footprint(*now) - before) / len(orders)
    result = structural(year(1), year(2), combine=footprint)
    np.testing.assert_allclose(result.effects, parts, atol=1e-13)


def test_polar_of_two_factors_is_the_midpoint():
    result = structural({"a": 2.0, "b": 3.0}, {"a": 5.0, "b": 7.0}, method="polar")
    np.testing.assert_allclose(result.effects, (3 * 5, 4 * 3.5))
    np.testing.assert_allclose(structural({"a": 2.0, "b": 3.0}, {"a": 5.0, "b": 7.0}).effects, (15, 14))


def test_one_factor_has_it_all():
    assert structural({"a": 2.0}, {"a": 5.0}).totals() == {"a": 3.0}


def test_a_factor_that_does_not_change_has_no_part():
    first, last = year(1), year(2) | {"structure": year(1)["structure"]}
    assert np.abs(structural(first, last, combine=footprint).effects[1]).max() < 1e-15


def test_chain_multiplies_scalars_and_matrices():
    np.testing.assert_allclose(chain(np.eye(2), np.array(3.0), np.ones(2)), (3, 3))


def test_factors_of_a_footprint():
    factors = footprint_factors([1.0, 2.0], np.eye(2), [[1.0, 0.0], [3.0, 0.0]])
    np.testing.assert_allclose(factors["mix"], [[0.25, 0], [0.75, 0]])
    np.testing.assert_allclose(factors["level"], (4, 0))
    with pytest.raises(EconomyError, match="2") as error:
        footprint_factors([1.0, 2.0], np.eye(2), [[1.0, 1.0], [3.0, -1.0]])
    assert error.value.text("zh")


@pytest.mark.parametrize(
    ("start", "end", "more", "kind", "code"),
    [
        ({}, {}, {}, EconomyError, "decomposition.none"),
        ({"a": 1.0}, {"b": 1.0}, {}, LabelError, "decomposition.names"),
        ({"a": [1.0]}, {"a": [1.0, 2.0]}, {}, LabelError, "decomposition.shape"),
        ({"a": [np.nan]}, {"a": [1.0]}, {}, LabelError, "labels.not_finite"),
        ({"a": 1.0}, {"a": 1.0}, {"method": "some"}, EconomyError, "decomposition.method"),
        ({str(i): 1.0 for i in range(13)}, {str(i): 1.0 for i in range(13)}, {}, EconomyError, "decomposition.many"),
    ],
)
def test_what_is_refused(start, end, more, kind, code):
    with pytest.raises(kind) as error:
        structural(start, end, **more)
    assert error.value.problems[0].code == code
    for lang in ("en", "zh"):
        assert error.value.text(lang)


def test_lmdi_adds_up_and_is_symmetric_in_time():
    first = {"activity": RNG.random(5), "share": RNG.random(5), "intensity": RNG.random(5)}
    last = {name: RNG.random(5) for name in first}
    result, back = lmdi(first, last), lmdi(last, first)
    np.testing.assert_allclose(result.effects.sum(axis=0), result.change, atol=1e-14)
    np.testing.assert_allclose(back.effects, -result.effects, atol=1e-14)
    assert result.method == "LMDI-I"


def test_lmdi_known_value():
    """E = 10 → 24: activity 2 → 3, intensity 5 → 8; L = 14 / ln 2.4."""
    result = lmdi({"a": [2.0], "i": [5.0]}, {"a": [3.0], "i": [8.0]})
    L = 14 / np.log(2.4)
    np.testing.assert_allclose(result.effects[:, 0], (L * np.log(1.5), L * np.log(1.6)))


def test_lmdi_without_change_and_with_tiny_change():
    result = lmdi({"a": [2.0, 2.0], "i": [5.0, 5.0]}, {"a": [2.0, 2.0 * (1 + 1e-14)], "i": [5.0, 5.0]})
    assert result.effects[0, 0] == 0
    np.testing.assert_allclose(result.effects[0, 1], 1e-13, rtol=0.2)
    swap = lmdi({"a": [2.0], "i": [8.0]}, {"a": [4.0], "i": [4.0]})
    np.testing.assert_allclose(swap.effects[:, 0], (16 * np.log(2), -16 * np.log(2)))


def test_lmdi_zeros_are_limits_of_small_numbers():
    start = {"a": np.array([0.0, 3.0, 0.0, 0.0, 0.0]), "b": np.array([2.0, 2.0, 0.0, 1.0, 1.0]), "c": np.ones(5) * 7}
    end = {"a": np.array([4.0, 0.0, 5.0, 0.0, 3.0]), "b": np.array([3.0, 3.0, 2.0, 1.0, 0.0]), "c": np.ones(5) * 6}
    result = lmdi(start, end)
    np.testing.assert_allclose(result.effects.sum(axis=0), result.change)
    np.testing.assert_allclose(result.effects[:, 0], (72, 0, 0))
    np.testing.assert_allclose(result.effects[:, 1], (-42, 0, 0))
    np.testing.assert_allclose(result.effects[:, 2], (30, 30, 0))
    np.testing.assert_allclose(result.effects[:, 3:], 0)
    tiny = 1e-300
    near = lmdi({"a": [tiny], "b": [2.0], "c": [7.0]}, {"a": [4.0], "b": [3.0], "c": [6.0]})
    np.testing.assert_allclose(near.effects[:, 0], (72, 0, 0), atol=0.1)


def test_lmdi_refuses_negatives():
    with pytest.raises(EconomyError, match="“a”") as error:
        lmdi({"a": [1.0]}, {"a": [-1.0]})
    assert error.value.text("zh")
