"""Spans add up, scale and are compared end by end; what fails is told from what is asked."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from discoveries import asked, found, kind, only, park, slag
from lichen.discover.values import COMPONENTS, Anchor, Check, Span

SPANS = st.tuples(*(st.floats(0, 1e9),) * 3).map(lambda t: Span(*sorted(t)))


@given(SPANS, SPANS, st.floats(0, 1e3))
def test_spans(one, other, ratio):
    assert one.plus(other) == other.plus(one)
    assert one.plus(Span(0, 0, 0)) == one
    for made in (one.plus(other), one.times(ratio), one.least(other)):
        assert 0 <= made.low <= made.value <= made.high
    assert one.least(other) == other.least(one)
    assert one.least(one) == one
    assert one.least(other).value in (one.value, other.value)


def test_only_a_required_condition_that_does_not_hold_fails():
    one = only(found(park(slag()), kind()))
    for verdict in ("met", "told", "ask", "not met"):
        for severity in ("required", "advisable"):
            checked = replace(one, checks=(Check(asked(severity=severity), verdict),))
            assert checked.fails == (verdict == "not met" and severity == "required")
    assert one.id == "steel>slag.steel>cement"
    assert len(COMPONENTS) == 6


def test_an_anchor_adds_up_what_it_could_take():
    assert Anchor("3011", (), {"a": Span(1, 2, 3), "b": Span(10, 20, 30)}, ()).total == Span(11, 22, 33)
    assert Anchor("3011", (), {}, ()).total == Span(0, 0, 0)
