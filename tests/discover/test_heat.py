"""Heat by temperature: targets of published problems, matches of donors and receivers, what must always hold."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from lichen.discover.heat import (
    HeatStream,
    carnot_factor,
    heat_matches,
    heat_targets,
    monthly_targets,
    site_heat,
)
from lichen.discover.limits import limit, limits
from lichen.errors import InputError, LabelError

EVEN = (1 / 12,) * 12
WINTER = (0.25, 0.25, *[0.0] * 8, 0.25, 0.25)
SUMMER = (*[0.0] * 5, 0.5, 0.5, *[0.0] * 5)


def hot(name, firm, supply, target, heat, **more):
    return HeatStream(name, firm, supply, target, heat, "hot", **more)


def cold(name, firm, supply, target, heat, **more):
    return HeatStream(name, firm, supply, target, heat, "cold", **more)


def problem(*rows):
    return [HeatStream(f"{i}", f"firm {i % 2}", *row) for i, row in enumerate(rows)]


# Recomputed; data and results as published.
FOUR_STREAMS = problem((20, 135, 230), (170, 60, 330), (80, 140, 240), (150, 30, 180))
"""Kemp, I. C. (2007) Pinch Analysis and Process Integration, 2nd ed.; first in Linnhoff et al. (1982) A User Guide."""
TWO_REACTORS = problem((20, 180, 32), (250, 40, 31.5), (140, 230, 27), (200, 80, 30))
"""Smith, R. (2005) Chemical Process Design and Integration, ch. 16."""
DESIGN_METHOD = problem((150, 60, 180), (90, 60, 240), (20, 125, 262.5), (25, 100, 225))
"""Linnhoff, B. & Hindmarsh, E. (1983) Chem. Eng. Sci. 38(5), 745-763."""


# --- targets ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("streams", "approach", "utilities", "pinch", "recovered"),
    [
        (FOUR_STREAMS, 10, (20, 60), (90, 80), 450),
        (TWO_REACTORS, 10, (7.5, 10), (150, 140), 51.5),
        (DESIGN_METHOD, 20, (107.5, 40), (90, 70), 380),
    ],
)
def test_published_problems(streams, approach, utilities, pinch, recovered):
    found = heat_targets(streams, approach)
    assert (found.hot_utility, found.cold_utility) == pytest.approx(utilities)
    assert found.pinch_of_streams() == (pytest.approx(pinch),)
    assert found.recovered == pytest.approx(recovered)


def test_the_grand_composite_curve():
    found = heat_targets(FOUR_STREAMS, 10)
    assert found.level.tolist() == [165, 145, 140, 85, 55, 25]
    assert found.flow == pytest.approx([20, 80, 82.5, 0, 75, 60])
    assert not found.flow.flags.writeable
    assert not found.level.flags.writeable


def test_an_isothermal_stream_is_exact():
    steam, boiler = hot("steam", "a", 120, 120, 10), cold("boiler", "b", 110, 110, 6)
    met = heat_targets([steam, boiler], 10)
    assert (met.hot_utility, met.cold_utility, met.recovered) == (0, 4, 6)
    missed = heat_targets([steam, boiler], 10.001)
    assert (missed.hot_utility, missed.cold_utility, missed.recovered) == (6, 10, 0)
    assert met.level.tolist() == [115, 115]
    assert met.flow.tolist() == [0, 4]


def test_half_a_step_has_two_rows_and_a_pinch_between_them():
    found = heat_targets([cold("boiler", "a", 110, 110, 6), hot("water", "a", 120, 100, 10)], 10)
    assert found.level.tolist() == [115, 115, 95]
    assert found.flow.tolist() == [6, 0, 10]
    assert found.pinch_of_streams() == ((120, 110),)


def test_levels_that_meet_exactly_are_not_parted_by_rounding():
    found = heat_targets([hot("h", "a", 90.3, 90.3, 1), cold("c", "a", 80.3, 80.3, 1)], 10)
    assert found.hot_utility == 0
    found = heat_targets([hot("h", "a", 0.1 + 0.2, 0.3, 1), cold("c", "a", -0.7, -0.7, 1)], 1)
    assert found.hot_utility == 0


def test_a_threshold_problem_has_no_pinch():
    found = heat_targets([hot("h", "a", 200, 100, 50), cold("c", "a", 20, 40, 20)], 10)
    assert (found.hot_utility, found.cold_utility) == (0, 30)
    assert found.pinches == ()
    assert heat_targets([hot("h", "a", 200, 100, 50)], 10).recovered == 0


def test_where_nothing_fits_the_gap_between_is_the_pinch():
    found = heat_targets([hot("h", "a", 50, 30, 5), cold("c", "a", 150, 200, 7)], 10)
    assert (found.hot_utility, found.cold_utility, found.recovered) == pytest.approx((7, 5, 0))
    assert found.pinches == (155, 45)


def test_no_streams_and_streams_without_heat():
    for streams in ([], [hot("h", "a", 90, 40, 0)]):
        found = heat_targets(streams, 10)
        assert (found.hot_utility, found.cold_utility, found.recovered) == (0, 0, 0)
        assert found.flow.size == 0
    assert site_heat([], 10).gain == 0


def test_firms_alone_and_together():
    found = site_heat(FOUR_STREAMS, 10)
    assert [t.firm for t in found.alone] == ["firm 0", "firm 1"]
    assert [(t.hot_utility, t.cold_utility) for t in found.alone] == [(470, 0), (0, 510)]
    assert (found.hot_alone, found.gain) == (470, pytest.approx(450))
    assert found.together.hot_utility == pytest.approx(20)
    assert found.together.firm == ""
    # carrier: an approach of 10 on either side is 20 between the streams
    direct = heat_targets(FOUR_STREAMS, 20)
    assert found.hot_by_carrier == pytest.approx(direct.hot_utility)
    assert found.cold_by_carrier == pytest.approx(direct.cold_utility)
    assert found.gain_by_carrier < found.gain


@pytest.mark.parametrize(("approach", "by_carrier"), [(10, 0), (7.5, 6), (7, 6)])
def test_a_carrier_needs_the_approach_twice(approach, by_carrier):
    found = site_heat([hot("steam", "a", 120, 120, 10), cold("boiler", "b", 105, 105, 6)], approach)
    assert found.gain == 6
    assert found.gain_by_carrier == by_carrier
    assert found.cold_by_carrier == 10 - by_carrier


def test_a_firm_serves_itself_first_and_its_pocket_is_not_shared():
    # a's 200 °C heat serves its own 100 °C need; b wants 150 °C and gets it only directly
    streams = [hot("furnace", "a", 200, 200, 5), cold("dryer", "a", 100, 100, 5), cold("still", "b", 150, 150, 5),
               hot("warm", "b", 120, 120, 5)]  # fmt: skip
    found = site_heat(streams, 10)
    assert found.alone[0].hot_utility == 0
    assert found.hot_alone == found.hot_by_carrier == 5
    assert found.together.hot_utility == 0


def test_what_a_firm_has_left_is_cut_where_its_pocket_ends():
    # alone: 10 needed above 150, 20 given between 150 and 50, 10 needed between 50 and 0 → 10 given above 100
    a = [cold("a1", "a", 145, 195, 10), hot("a2", "a", 155, 55, 20), cold("a3", "a", -5, 45, 10)]
    b = cold("b", "b", 105, 145, 8)
    found = site_heat([*a, b], 10)
    assert (found.alone[0].hot_utility, found.alone[0].cold_utility) == (10, 10)
    # given at the levels 150 to 100, an approach lower 140 to 90; needed at 110 to 150, 2 of them above 140
    assert found.gain_by_carrier == pytest.approx(6)


def test_months_are_balanced_each_by_itself():
    streams = [hot("h", "a", 150, 100, 12, months=WINTER), cold("c", "b", 40, 90, 12, months=SUMMER)]
    assert heat_targets(streams, 10).hot_utility == 0
    found = monthly_targets(streams, 10)
    assert sum(t.hot_utility for t in found) == pytest.approx(12)
    assert [t.recovered for t in found] == [0] * 12
    even = monthly_targets([replace(streams[0], months=()), streams[1]], 10)
    assert sum(t.recovered for t in even) == pytest.approx(2)


def test_power():
    assert hot("h", "a", 90, 40, 3.6 * 8000, hours=8000).power_mw == pytest.approx(1)
    assert hot("h", "a", 90, 40, 1).power_mw is None


TEMPERATURE = st.integers(-20, 400).map(float)
STREAM = st.builds(
    lambda firm, a, b, heat, side: HeatStream("", firm, a, b, heat, side if a == b else ""),
    st.sampled_from("abc"), TEMPERATURE, TEMPERATURE, st.floats(0.1, 1000), st.sampled_from(["hot", "cold"]),
)  # fmt: skip
STREAMS = st.lists(STREAM, min_size=1, max_size=7).map(
    lambda streams: [replace(s, id=str(i)) for i, s in enumerate(streams)]
)
APPROACH = st.sampled_from([0.0, 5.0, 10.0, 33.0])


def by_transport(streams, approach):
    """Least hot utility by a transport problem: streams cut at every level, heat goes from pieces down to pieces."""
    shifted = [(s, sorted(t + (-approach if s.hot else approach) / 2 for t in (s.supply_c, s.target_c)))
               for s in streams]  # fmt: skip
    levels = sorted({t for _, ends in shifted for t in ends})
    pieces = []
    for s, (low, high) in shifted:
        inner = [t for t in levels if low <= t <= high]
        if low == high:
            pieces.append((s.hot, low, low, s.heat))
        pieces += [(s.hot, a, b, s.heat * (b - a) / (high - low)) for a, b in itertools.pairwise(inner)]
    gives, needs = [p for p in pieces if p[0]], [p for p in pieces if not p[0]]
    if not gives or not needs:
        return sum(p[3] for p in needs)
    allowed = np.array([[0 if g[1] >= n[1] and g[2] >= n[2] else 1 for n in needs] for g in gives])
    n, m = allowed.shape
    A = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    b = np.array([p[3] for p in gives + needs])
    best = linprog(-np.ones(n * m), A_ub=A, b_ub=b, bounds=[(0, None if not x else 0) for x in allowed.ravel()])
    return sum(p[3] for p in needs) + best.fun


@given(STREAMS, APPROACH)
def test_the_problem_table_finds_what_a_transport_problem_finds(streams, approach):
    found = heat_targets(streams, approach)
    assert found.hot_utility == pytest.approx(by_transport(streams, approach), abs=1e-5)


@given(STREAMS, APPROACH)
def test_heat_balances(streams, approach):
    found = heat_targets(streams, approach)
    given_, needed = (sum(s.heat for s in streams if s.hot == side) for side in (True, False))
    assert found.hot_utility + given_ == pytest.approx(found.cold_utility + needed)
    assert found.recovered == pytest.approx(given_ - found.cold_utility, abs=1e-6)
    assert min(found.hot_utility, found.cold_utility) >= 0
    assert found.flow.min() >= 0
    assert found.flow[0] == pytest.approx(found.hot_utility)
    assert found.flow[-1] == pytest.approx(found.cold_utility, abs=1e-6)


@given(STREAMS, APPROACH)
def test_sharing_never_costs_and_directly_is_best(streams, approach):
    site = site_heat(streams, approach)
    slack = 1e-6 * sum(s.heat for s in streams)
    assert site.together.hot_utility <= site.hot_by_carrier + slack
    assert site.hot_by_carrier <= site.hot_alone + slack
    cold_alone = sum(t.cold_utility for t in site.alone)
    assert cold_alone - site.cold_by_carrier == pytest.approx(site.gain_by_carrier, abs=slack)
    assert cold_alone - site.together.cold_utility == pytest.approx(site.gain, abs=slack)


@given(STREAMS, APPROACH, st.floats(0.01, 100), st.integers(-50, 50), st.randoms())
def test_order_scale_and_origin_do_not_matter(streams, approach, scale, shift, random):
    found = heat_targets(streams, approach)
    changed = [replace(s, heat=s.heat * scale, supply_c=s.supply_c + shift, target_c=s.target_c + shift)
               for s in streams]  # fmt: skip
    random.shuffle(changed)
    again = heat_targets(changed, approach)
    slack = 1e-8 * scale * sum(s.heat for s in streams)
    assert again.hot_utility == pytest.approx(scale * found.hot_utility, abs=slack)
    assert again.recovered == pytest.approx(scale * found.recovered, abs=slack)
    assert again.level == pytest.approx(found.level + shift)


@given(STREAMS)
def test_a_closer_approach_never_needs_more(streams):
    utilities = [heat_targets(streams, approach).hot_utility for approach in (0, 5, 10, 33)]
    assert all(a <= b + 1e-6 for a, b in itertools.pairwise(utilities))


@given(STREAMS, APPROACH, st.lists(st.sampled_from([(), EVEN, WINTER, SUMMER]), min_size=7, max_size=7))
def test_heat_that_is_not_stored_saves_no_more(streams, approach, months):
    streams = [replace(s, months=m) for s, m in zip(streams, months, strict=False)]
    assert sum(t.recovered for t in monthly_targets(streams, approach)) <= (
        heat_targets(streams, approach).recovered + 1e-6 * sum(s.heat for s in streams)
    )


# --- matches ---------------------------------------------------------------------------------------------------------
def test_what_arrives_is_taken_less_the_loss():
    donor = hot("flue gas", "steel", 150, 60, 180)
    receivers = [cold("drying", "food", 80, 140, 240), cold("wash", "dye", 60, 60, 100)]
    first, second = heat_matches([donor], receivers, 10, [[1, 2]], 0.02, ambient_c=20)
    assert (first.donor, first.receiver, first.donor_firm, first.receiver_firm) == (
        "flue gas", "drying", "steel", "food",
    )  # fmt: skip
    # above 90 °C the donor has 120, 0.98 of it arrives
    assert (first.taken, first.delivered, first.lost) == pytest.approx((120, 117.6, 2.4))
    assert (first.margin_k, second.margin_k) == (0, 80)
    assert (second.delivered, second.taken) == pytest.approx((100, 100 / 0.98**2))
    assert second.exergy == pytest.approx(second.taken * carnot_factor(150, 60, 20))
    assert heat_matches([donor], receivers, 10, [[1, 2]], 0.02)[0].exergy is None


def test_a_donor_that_is_too_cold_preheats_or_does_nothing():
    warm = hot("warm", "a", 60, 40, 10)
    (found,) = heat_matches([warm], [cold("boiler", "b", 15, 95, 8), cold("hot", "b", 55, 80, 9)], 10, [[0, 0]], 0)
    assert found.receiver == "boiler"
    assert found.margin_k == -45
    assert found.delivered == pytest.approx(8 * (50 - 15) / 80)


def test_months_overlap():
    donor = hot("kiln", "a", 200, 200, 120, months=EVEN)
    heating, pool = cold("heating", "b", 70, 70, 100, months=WINTER), cold("pool", "c", 30, 30, 4, months=SUMMER)
    untold = cold("untold", "d", 70, 70, 50)
    found = {m.receiver: m for m in heat_matches([donor], [heating, pool, untold], 10, [[0, 0, 0]], 0.0)}
    assert found["heating"].months == pytest.approx([10, 10, *[0] * 8, 10, 10])
    assert found["heating"].delivered == pytest.approx(40)
    assert found["pool"].delivered == pytest.approx(4)
    assert found["untold"].months == ()
    assert found["untold"].delivered == 50
    (winter,) = heat_matches([replace(donor, months=SUMMER)], [heating, untold], 10, [[0, 0]], 0.0)
    assert winter.receiver == "untold"


def test_matches_are_ranked_and_a_firm_is_no_match_of_itself():
    donors = [hot("d1", "a", 120, 120, 5), hot("d2", "b", 130, 130, 5)]
    receivers = [cold("r1", "a", 60, 60, 5), cold("r2", "c", 60, 60, 9)]
    found = heat_matches(donors, receivers, 10, [[1, 1], [1, 2]], 0.0)
    assert [(m.donor, m.receiver) for m in found] == [("d2", "r1"), ("d2", "r2"), ("d1", "r2")]
    assert heat_matches([], receivers, 10, np.empty((0, 2)), 0.0) == ()
    assert heat_matches(donors, [], 10, np.empty((2, 0)), 0.0) == ()


@given(STREAMS, STREAMS, APPROACH, st.floats(0, 0.2), st.floats(0, 30))
def test_a_match_is_the_target_of_its_two_streams_after_the_loss(some, others, approach, loss, km):
    supplies = [replace(s, id="s" + s.id, firm="a") for s in some if s.hot]
    demands = [replace(s, id="d" + s.id, firm="b") for s in others if not s.hot]
    found = heat_matches(supplies, demands, approach, np.full((len(supplies), len(demands)), km), loss)
    told = {(m.donor, m.receiver): m for m in found}
    for s in supplies:
        for d in demands:
            pair = heat_targets([replace(s, heat=s.heat * (1 - loss) ** km), d], approach)
            match = told.get((s.id, d.id))
            assert (match.delivered if match else 0) == pytest.approx(pair.recovered, abs=1e-6)
            if match:
                assert match.taken == pytest.approx(match.delivered + match.lost)
                assert match.taken <= s.heat * (1 + 1e-9)


@pytest.mark.parametrize(("supply", "target", "ambient", "factor"), [
    (120, 120, 20, 1 - 293.15 / 393.15), (20, 20, 20, 0),
    (126.85, 26.85, 26.85, 1 - 300 * math.log(4 / 3) / 100), (26.85, 126.85, 26.85, 1 - 300 * math.log(4 / 3) / 100),
])  # fmt: skip
def test_carnot(supply, target, ambient, factor):
    assert carnot_factor(supply, target, ambient) == pytest.approx(factor)


def test_cold_has_a_negative_factor():
    assert carnot_factor(-10, -10, 20) < 0


# --- what is refused -------------------------------------------------------------------------------------------------
GOOD = hot("h", "a", 90, 40, 1)


@pytest.mark.parametrize(("bad", "code"), [
    ({"heat": -1}, "heat_number"), ({"heat": math.nan}, "heat_number"), ({"supply_c": math.inf}, "heat_number"),
    ({"target_c": -300}, "heat_number"), ({"hours": 0}, "heat_number"), ({"target_c": 90, "side": ""}, "heat_no_side"),
    ({"side": "cold"}, "heat_side"), ({"side": "warm"}, "heat_side"), ({"firm": " "}, "heat_nameless"),
    ({"id": ""}, "heat_nameless"), ({"months": (1.0,)}, "heat_months"), ({"months": (1.0,) * 12}, "heat_months"),
    ({"months": (math.nan,) * 12}, "heat_months"), ({"months": (2.0, -1.0, *[0.0] * 10)}, "heat_months"),
])  # fmt: skip
def test_bad_streams_are_refused(bad, code):
    for call in (heat_targets, site_heat, monthly_targets):
        with pytest.raises(InputError) as error:
            call([replace(GOOD, **bad)], 10)
        assert [p.code for p in error.value.problems] == [f"discover.{code}"]


def test_all_problems_come_together():
    streams = [GOOD, GOOD, replace(GOOD, id="x", heat=-1, firm="")]
    with pytest.raises(InputError) as error:
        heat_targets(streams, -1)
    assert sorted(p.code.split(".")[1] for p in error.value.problems) == [
        "heat_approach", "heat_doubled", "heat_nameless", "heat_number",
    ]  # fmt: skip
    assert "“h”" in error.value.text("zh")


@pytest.mark.parametrize(("change", "code"), [
    ({"loss_per_km": 1}, "discover.heat_loss"), ({"loss_per_km": math.nan}, "discover.heat_loss"),
    ({"approach_k": math.inf}, "discover.heat_approach"), ({"distance_km": [[-1]]}, "discover.heat_distance"),
    ({"distance_km": [[math.nan]]}, "labels.not_finite"), ({"distance_km": [1]}, "labels.shape"),
    ({"ambient_c": -300}, "discover.heat_number"), ({"supplies": [replace(GOOD, supply_c=10, side="")]},
                                                    "discover.heat_wrong_side"),
])  # fmt: skip
def test_bad_matches_are_refused(change, code):
    call = {"supplies": [GOOD], "demands": [cold("c", "b", 10, 30, 1)], "approach_k": 10, "distance_km": [[1]],
            "loss_per_km": 0.01}  # fmt: skip
    with pytest.raises(InputError) as error:
        heat_matches(**(call | change))
    assert [p.code for p in error.value.problems] == [code]


# --- figures of the literature ---------------------------------------------------------------------------------------
def test_limits_have_sources_and_ranges():
    assert limits()
    for found in limits().values():
        assert 0 < found.low <= found.high
        assert found.source
        assert found.applies_to
        assert found.applies_to_zh
        assert found.checked in ("seen", "recalled", "judgement")
    assert limit("approach_chemical").unit == "K"
    with pytest.raises(LabelError, match="approach_chemical"):
        limit("aproach_chemical")
