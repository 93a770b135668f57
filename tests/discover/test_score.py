"""The score: its parts by hand, its mean, ranks as a permutation, ranges that hold the rank."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discoveries import STEEL, asked, bought, firm, found, kind, only, park, replaced, slag
from lichen.discover.score import evidence, fit, nearness, ranked, score_of, size, sureness, used_share
from lichen.discover.settings import Settings, default_weights, setting, weights_of
from lichen.discover.values import COMPONENTS, Check, Span
from parks import flow

SHARES = st.floats(0, 1)


def test_evidence_of_each_way():
    def of(*flows, firms=None, **more):
        return only(found(park(*flows, firms=firms), kind(**more))).components["evidence"]

    need = bought("limestone", 5)
    assert of(slag()) == 1.0
    assert of(slag(), status="planned") == 0.6
    assert of(slag(), status="") == 0.3
    assert of(slag(), firms=(firm("steel", "31"), firm("cement", "3011"))) == 0.7
    assert of(slag(), need, receivers=["2614"], donors=["2614"], replaces=[replaced("mineral.limestone")]) == 0.5
    assert of(slag(), bought("steel slag", 5), receivers=["2614"], donors=["2614"]) == 0.7
    hot = flow("steel", "", "out", "heat", "high-temperature waste heat", 9, "GJ/a", temperature=400)
    assert of(hot, bought("low-pressure steam", 9, "GJ/a", role="heat", temperature=100)) == 0.5


def test_the_best_state_of_several_types_counts():
    from lichen.discover.match import Candidate

    one = Candidate(None, None, None, "", "documented", [kind(status="studied"), kind(status="reported")])
    assert evidence(one) == 0.8


def test_fit_counts_an_open_question_half():
    checks = [Check(asked(), v) for v in ("met", "told", "ask", "not met")]
    assert fit(checks) == 0.625
    assert fit(checks[:2]) == 1
    assert fit([]) == 0.5


@pytest.mark.parametrize(
    ("by", "half"),
    [("road", "distance_median"), ("water", "distance_median_water"), ("network", "distance_median_network")],
)
def test_nearness_is_one_half_at_its_distance(by, half):
    assert nearness(setting(half), by) == 0.5
    assert nearness(0, by) == 1
    assert nearness(3 * setting(half), by) == 0.25
    assert nearness(None, by) == 0.5


def test_the_share_that_is_used():
    unused = Span(0, 200, 300)
    assert used_share(Span(0, 50, 60), unused, True) == 0.25
    assert used_share(Span(0, 200, 60), unused, False) == 0.5
    assert used_share(Span(0, 0, 0), Span(0, 0, 0), True) == 0


def test_how_sure_both_sides_are():
    assert sureness(["measured", "reported"]) == pytest.approx(0.9)
    assert sureness(["measured", None]) == 0.5


@given(st.lists(SHARES, min_size=6, max_size=6), st.lists(st.floats(0.001, 1e3), min_size=6, max_size=6))
def test_the_score_is_a_mean(values, weights):
    components, chosen = dict(zip(COMPONENTS, values, strict=True)), dict(zip(COMPONENTS, weights, strict=True))
    score = score_of(components, chosen)
    assert min(values) - 1e-9 <= score <= max(values) + 1e-9
    assert score_of(components, {k: v * 7 for k, v in chosen.items()}) == pytest.approx(score)


def several(n, draw=None):
    """Opportunities of one unit that differ in size and distance."""
    firms = tuple(firm(f"f{i}", STEEL, (26 + i / 50, 106.0)) for i in range(n))
    inventory = park(
        *(slag(10.0 ** (i % 4 + 1) + i, who=f"f{i}") for i in range(n)),
        firms=(*firms, firm("c", "3011", (26.1, 106.0))),
    )
    return found(inventory, kind()).opportunities


@given(
    st.permutations(range(12)),
    st.lists(st.floats(0, 1), min_size=6, max_size=6).filter(lambda w: sum(w) > 0.01),
    st.integers(0, 40),
)
def test_ranks_are_a_permutation_whatever_the_order(order, weights, draws):
    items = several(12)
    chosen = Settings(weights=weights_of(dict(zip(COMPONENTS, weights, strict=True))), draws=draws)
    best = ranked(items, chosen)
    again = ranked([items[i] for i in order], chosen)
    assert [o.id for o in best] == [o.id for o in again]
    assert sorted(o.id for o in best) == sorted(o.id for o in items)
    assert all(a.score >= b.score - 1e-12 for a, b in pairwise(best))
    assert all(0 <= o.score <= 1 and 0 <= o.components["gain"] <= 1 for o in best)
    assert all(1 <= o.rank_range[0] <= o.rank_range[1] <= 12 for o in best)
    if not draws:
        assert [o.rank_range for o in best] == [(i, i) for i in range(1, 13)]


def test_the_largest_of_each_unit_gains_most():
    gains = {o.donor.id: o.components["gain"] for o in ranked(several(4), Settings(draws=0))}
    assert gains["f3"] == 0.5  # half: no need is known
    assert sorted(gains, key=gains.get) == ["f0", "f1", "f2", "f3"]


def test_nothing_to_rank():
    assert ranked([], Settings()) == ()


def test_one_weight_alone_decides_and_its_ranks_hardly_move():
    best = ranked(several(12), Settings(weights=weights_of(dict.fromkeys(COMPONENTS, 0) | {"distance": 1}), draws=50))
    distances = [round(o.distance_km, 6) for o in best]
    assert distances == sorted(distances)
    assert all(o.rank_range == (i, i) for i, o in enumerate(best, start=1) if distances.count(distances[i - 1]) == 1)


def test_the_same_seed_gives_the_same_ranges_and_they_mostly_hold_the_rank():
    items = several(12)
    first, second = (ranked(items, Settings(draws=100, seed=3)) for _ in range(2))
    assert first == second
    inside = sum(o.rank_range[0] <= i <= o.rank_range[1] for i, o in enumerate(first, start=1))
    assert inside >= 11
    assert any(o.rank_range[0] < o.rank_range[1] for o in first)


def test_an_opportunity_without_a_quantity_gains_nothing():
    (one,) = several(1)
    zero = replace(one, quantity=Span(0, 0, 0))
    assert ranked([zero], Settings(draws=0))[0].components["gain"] == 0
    assert default_weights()["gain"] > 0


@pytest.mark.parametrize(("quantity", "expected"), [(1e6, 1), (1e4, 0.5), (100, 0), (1, 0), (0, 0)])
def test_size_beside_the_largest_over_four_powers_of_ten(quantity, expected):
    assert size(quantity, 1e6) == pytest.approx(expected)
    assert size(quantity * 1e-9, 1e-3) == pytest.approx(expected)


def test_nothing_is_large_beside_nothing():
    assert size(0, 0) == 0
