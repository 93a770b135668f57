"""The exchange board follows from the log alone."""

import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.monitor import Event, Milestone, board, check_log, goes_back, may_follow, milestones_on
from lichen.monitor.board import BACK, FORWARD
from lichen.monitor.values import STATES
from lichen.periods import day, parse_period

D = datetime.date


def event(date, state, exchange="slag", **rest):
    return Event(exchange, parse_period(date), state, **rest)


LOG = (
    event("2015-03-01", "idea", owner="Li"),
    event("2016", "feasibility", next_step="visit the kiln", due=parse_period("2017-02")),
    event("2017-05-01", "agreed", owner="Wang"),
    event("2018", "implemented"),
)


@pytest.mark.parametrize(
    ("date", "state", "since", "owner"),
    [("2015-03-01", "idea", "2015-03-01", "Li"), ("2016-12-30", "idea", "2015-03-01", "Li"),
     ("2016-12-31", "feasibility", "2016", "Li"), ("2017-05-01", "agreed", "2017-05-01", "Wang"),
     ("2020-01-01", "implemented", "2018", "Wang")],
)  # fmt: skip
def test_the_state_on_a_day(date, state, since, owner):
    (one,) = board(LOG, D.fromisoformat(date))
    assert (one.state, str(one.since), one.owner) == (state, since, owner)


def test_before_the_first_event_it_is_not_on_the_board():
    assert board(LOG, D(2015, 2, 28)) == ()


def test_a_next_step_is_late_until_an_event_closes_it():
    assert board(LOG, D(2017, 2, 28))[0].overdue_days == 0
    assert board(LOG, D(2017, 3, 10))[0].overdue_days == 10
    assert board(LOG, D(2017, 5, 1))[0].overdue_days == 0
    assert board(LOG, D(2017, 5, 1))[0].due is None


def test_the_same_state_again_does_not_start_anew():
    log = (*LOG[:1], event("2016-03-01", "idea", next_step="call"))
    (one,) = board(log, D(2017, 3, 1))
    assert one.days == 731
    assert one.quiet_days == 365
    assert one.stalls(700)
    assert not one.stalls(731)


def test_what_runs_or_has_ended_never_stalls():
    for state in ("implemented", "scaled down", "stopped", "rejected"):
        assert not board((event("2010", state, note="why"),), D(2020, 1, 1))[0].stalls(1)


@given(st.permutations(LOG), st.dates(D(2014, 1, 1), D(2021, 1, 1)))
def test_the_order_of_rows_does_not_matter(log, date):
    assert board(log, date) == board(LOG, date)


@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=8))
def test_a_log_is_refused_just_where_a_step_is_not_allowed(states):
    log = [event(f"{2000 + i}", state, note="because") for i, state in enumerate(states)]
    allowed = all(may_follow(a, b) for a, b in pairwise(states))
    assert check_log(log).ok == allowed


def test_every_state_has_its_rules_and_no_step_is_both():
    assert set(FORWARD) == set(BACK) == set(STATES)
    for state in STATES:
        assert not set(FORWARD[state]) & set(BACK[state])
        assert may_follow(state, state)
        assert not goes_back(state, state)


def test_a_step_back_needs_a_reason_and_the_message_names_what_may_follow():
    back = (event("2015", "agreed"), event("2016", "contact"))
    assert [p.code for p in check_log(back)] == ["follow.no_reason"]
    assert check_log((back[0], event("2016", "contact", note="the buyer withdrew"))).ok
    (wrong,) = check_log((event("2015", "implemented"), event("2016", "rejected", note="x")))
    assert "stopped" in wrong.text("en")
    assert "已停止" in wrong.text("zh")


def test_warnings_and_notes():
    log = (event("2016", "idea", next_step="call"), event("2015", "idea"), event("2017", "rejected"))
    assert sorted(p.code for p in check_log(log)) == ["follow.no_due", "follow.out_of_order", "follow.say_why"]
    assert check_log(log).ok


def test_milestones():
    rows = (
        Milestone("b", parse_period("2018"), done=parse_period("2019-01-10")),
        Milestone("a", parse_period("2017-06")),
    )
    a, b = milestones_on(rows, D(2018, 6, 30))
    assert (a.done, a.late_days) == (False, 365)
    assert (b.done, b.late_days) == (False, -184)
    assert milestones_on(rows, D(2020, 1, 1))[1].done
    assert milestones_on(rows, D(2020, 1, 1))[1].late_days == 10
    assert milestones_on((Milestone("c", day(D(2018, 1, 1))),), D(2018, 1, 1))[0].late_days == 0
