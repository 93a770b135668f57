"""Shapley values: known games, the four axioms, sampled against exact; the core."""

import itertools
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import codes
from lichen.appraise import core_check, saving_game, shapley
from lichen.errors import InputError, LabelError

RELAXED = settings(deadline=None, max_examples=60)


def random_game(n, seed):
    rng = np.random.default_rng(seed)
    names = tuple("abcdefghijkl"[:n])
    gains = {frozenset(c): float(rng.normal(0, 10)) for k in range(1, n + 1) for c in itertools.combinations(names, k)}
    gains[frozenset()] = 0.0
    return names, gains.__getitem__


def by_orders(names, game):
    """Return Shapley values by their definition: the mean over all n! orders."""
    total = dict.fromkeys(names, 0.0)
    for order in itertools.permutations(names):
        for i, name in enumerate(order):
            total[name] += game(frozenset(order[: i + 1])) - game(frozenset(order[:i]))
    return [total[name] / factorial(len(names)) for name in names]


# --- known games ---------------------------------------------------------------------------------------------------------
def test_the_glove_game():
    """Two left gloves and one right: 1/6, 1/6, 2/3 (any textbook)."""

    def gloves(members):
        return float(min(len(members & {"l1", "l2"}), len(members & {"r"})))

    assert shapley(("l1", "l2", "r"), gloves).values == pytest.approx([1 / 6, 1 / 6, 2 / 3])
    check = core_check(("l1", "l2", "r"), gloves, [1 / 6, 1 / 6, 2 / 3])
    assert check.in_core is False
    assert [o.members for o in check.objections] == [("l1", "r"), ("l2", "r")]
    assert check.objections[0].excess == pytest.approx(1 / 6)
    assert core_check(("l1", "l2", "r"), gloves, [0, 0, 1]).in_core is True


def test_the_airport_game():
    """A runway of lengths 1, 2, 4 costs the longest; each stretch is shared by those who need it (Littlechild & Owen 1973)."""
    need = {"a": 1.0, "b": 2.0, "c": 4.0}
    shares = shapley(tuple(need), lambda members: max((need[m] for m in members), default=0.0))
    assert shares.values == pytest.approx([1 / 3, 1 / 3 + 1 / 2, 1 / 3 + 1 / 2 + 2])
    assert (shares.of("c"), shares.exact, shares.errors.tolist()) == (pytest.approx(17 / 6), True, [0, 0, 0])


def test_a_shared_plant_with_economies_of_scale():
    size = {"a": 10.0, "b": 20.0, "c": 70.0}
    game = saving_game(lambda members: 5 * sum(size[m] for m in members) ** 0.6)
    shares = shapley(tuple(size), game)
    saved = sum(5 * s**0.6 for s in size.values()) - 5 * 100**0.6
    assert shares.values.sum() == pytest.approx(saved)
    assert (shares.values > 0).all()
    assert game(frozenset(["a"])) == game(frozenset()) == 0
    check = core_check(tuple(size), game, shares.values)
    assert (check.in_core, check.looked_at, check.complete) == (True, 6, True)
    assert check.left_over == pytest.approx(0)


# --- axioms --------------------------------------------------------------------------------------------------------------
@RELAXED
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_all_is_given_out_as_the_definition_says(n, seed):
    names, game = random_game(n, seed)
    shares = shapley(names, game)
    assert shares.values.sum() == pytest.approx(game(frozenset(names)), abs=1e-9)
    if n <= 5:
        assert shares.values == pytest.approx(by_orders(names, game), abs=1e-9)


@RELAXED
@given(st.integers(1, 5), st.integers(0, 10_000), st.floats(0.01, 1e6))
def test_additive_and_scaled(n, seed, factor):
    names, one = random_game(n, seed)
    _, other = random_game(n, seed + 1)
    both = shapley(names, lambda s: factor * one(s) + other(s)).values
    assert both == pytest.approx(
        factor * shapley(names, one).values + shapley(names, other).values, abs=1e-8 * (1 + factor)
    )


@RELAXED
@given(st.integers(1, 5), st.integers(0, 10_000), st.floats(-5, 5))
def test_a_firm_that_does_nothing_gets_nothing_and_changes_nothing(n, seed, own):
    names, game = random_game(n, seed)
    more = shapley((*names, "idle"), lambda s: game(s - {"idle"}))
    assert more.of("idle") == pytest.approx(0, abs=1e-12)
    assert more.values[:-1] == pytest.approx(shapley(names, game).values, abs=1e-9)
    loner = shapley((*names, "loner"), lambda s: game(s - {"loner"}) + (own if "loner" in s else 0.0))
    assert loner.of("loner") == pytest.approx(own, abs=1e-9)


@RELAXED
@given(st.integers(2, 6), st.integers(0, 10_000))
def test_equals_are_treated_equally_and_order_does_not_matter(n, seed):
    names, game = random_game(n, seed)
    first, second = names[:2]

    def even(s):
        swapped = frozenset({first: second, second: first}.get(m, m) for m in s)
        return game(s) + game(swapped)

    shares = shapley(names, even)
    assert shares.of(first) == pytest.approx(shares.of(second), abs=1e-9)
    back = shapley(tuple(reversed(names)), game)
    assert back.values[::-1] == pytest.approx(shapley(names, game).values, abs=1e-9)


# --- sampled -------------------------------------------------------------------------------------------------------------
def big_game(n=15):
    rng = np.random.default_rng(5)
    size = {f"f{i}": float(s) for i, s in enumerate(rng.uniform(5, 50, n))}
    return tuple(size), saving_game(lambda members: 3 * sum(size[m] for m in sorted(members)) ** 0.7)


def test_sampled_shares_tell_their_error_and_give_all_out():
    names, game = big_game()
    shares = shapley(names, game, draws=200, seed=1)
    assert not shares.exact
    assert shares.draws == 200
    assert shares.values.sum() == pytest.approx(game(frozenset(names)), rel=1e-12)
    assert (shares.errors > 0).all()
    again, other = shapley(names, game, draws=200, seed=1), shapley(names, game, draws=2000, seed=2)
    assert (again.values == shares.values).all()
    assert (np.abs(shares.values - other.values) < 5 * np.hypot(shares.errors, other.errors)).all()
    assert other.errors.mean() == pytest.approx(shares.errors.mean() / np.sqrt(10), rel=0.25)


def test_sampled_agrees_with_a_game_that_has_a_closed_form():
    """The runway again, with 14 parties: the share of a party is the sum of its stretches over those who need them."""
    need = {f"p{k:02}": float(k) for k in range(1, 15)}
    expected = np.cumsum([1 / (14 - k) for k in range(14)])
    shares = shapley(tuple(need), lambda members: max((need[m] for m in members), default=0.0), draws=3000, seed=0)
    assert (np.abs(shares.values - expected) < 5 * shares.errors).all()


def test_core_of_many_is_only_looked_into():
    names, game = big_game()
    shares = shapley(names, game, draws=300, seed=1).values
    check = core_check(names, game, shares, draws=100, seed=0)
    assert (check.in_core, check.looked_at, check.complete) == (None, 100, False)
    unfair = np.zeros(len(names))
    unfair[0] = game(frozenset(names))
    assert core_check(names, game, unfair, draws=100, seed=0).in_core is False


def test_twelve_are_exact():
    names = tuple("abcdefghijkl")
    shares = shapley(names, lambda s: float(len(s)) ** 2)
    assert shares.exact
    assert shares.values == pytest.approx([12.0] * 12)


# --- faults --------------------------------------------------------------------------------------------------------------
def test_faults():
    for call, expected in (
        (lambda: shapley(("a",), lambda s: 1.0), ["empty_coalition"]),
        (lambda: shapley((), lambda s: 0.0), ["no_parties"]),
        (lambda: shapley(("a",), lambda s: float("nan") if s else 0.0), ["not_number"]),
        (lambda: shapley(big_game()[0], big_game()[1]), ["many_parties"]),
        (lambda: shapley(*big_game(), draws=1, seed=-1), ["not_whole", "not_whole"]),
        (lambda: core_check(("a", "b"), lambda s: float(len(s)), [1.0]), ["shape"]),
        (lambda: core_check(("a", "b"), lambda s: float(len(s)), [1.0, float("nan")]), ["not_numbers"]),
        (lambda: core_check(("a", "b"), lambda s: float(len(s)), [1.0, 2.0]), ["not_all_given"]),
        (lambda: core_check(*big_game(), [0.0] * 15), ["many_parties"]),
    ):
        with pytest.raises(InputError) as error:
            call()
        assert codes(error) == expected
    with pytest.raises(LabelError):
        shapley(("a", "a"), lambda s: 0.0)
