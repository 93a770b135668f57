"""A table that is released again: what two tables tell together is held against the rules, by an attack of our own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from lichen.release import Rules, Version, release, release_again, sum_table
from lichen.release.table import flat

RULES = Rules()
FIRST = {"a": ("x", 40.0), "b": ("x", 35.0), "c": ("x", 30.0), "d": ("x", 25.0), "e": ("y", 50.0), "f": ("y", 45.0),
         "g": ("y", 40.0), "h": ("y", 30.0)}  # fmt: skip


def version(contributions, released):
    return Version(contributions, frozenset(c.nodes[0] for c in released.cells if c.state == "withheld"))


def with_values(values, of=FIRST):
    return {firm: (leaf, values.get(firm, value)) for firm, (leaf, value) in of.items()}


def test_a_first_table_is_that_of_a_single_release():
    rows = list(FIRST.values())
    table = sum_table([flat("by", ["x", "y"], "all")], list(FIRST), [[leaf] for leaf, _ in rows], [v for _, v in rows])
    assert release_again(FIRST, "all") == release(table).released


def test_the_same_figures_may_be_told_again():
    first = release_again(FIRST, "all")
    assert release_again(FIRST, "all", [version(FIRST, first)]) == first


@pytest.mark.parametrize("changed", [{"a": 47.0}, {"a": 47.0, "b": 39.0}, {"a": 33.0}, {"a": 47.0, "e": 58.0}])
def test_a_change_of_too_few_firms_is_not_told(changed):
    first = release_again(FIRST, "all")
    assert all(c.state == "released" for c in first.cells)
    assert release_again(with_values(changed), "all", [version(FIRST, first)]) is None


def test_a_firm_that_joins_or_leaves_alone_is_not_told():
    first = release_again(FIRST, "all")
    for after in (
        FIRST | {"new": ("x", 20.0)},
        {f: v for f, v in FIRST.items() if f != "d"},
        FIRST | {"a": ("y", 40.0)},
    ):
        assert release_again(after, "all", [version(FIRST, first)]) is None


def test_many_changes_may_be_told():
    first = release_again(FIRST, "all")
    after = {firm: (leaf, value * (1.1 + 0.01 * i)) for i, (firm, (leaf, value)) in enumerate(FIRST.items())}
    again = release_again(after, "all", [version(FIRST, first)])
    assert again is not None
    assert all(c.state == "released" for c in again.cells)


def test_a_change_is_not_told_in_two_steps_either():
    """Back and forth over three tables: the third together with the first tells what the second hid."""
    first = release_again(FIRST, "all")
    grown = {firm: (leaf, value * (1.1 + 0.01 * i)) for i, (firm, (leaf, value)) in enumerate(FIRST.items())}
    second = release_again(grown, "all", [version(FIRST, first)])
    assert release_again(with_values({"a": 47.0}), "all", [version(FIRST, first), version(grown, second)]) is None


def test_negative_figures_are_told_once():
    figures = FIRST | {"i": ("y", -5.0)}
    first = release_again(figures, "all")
    assert first is not None
    assert release_again(figures, "all", [version(figures, first)]) is None


def upper_bound(tables, victim, at, attacker):
    """Return the most that an attacker can think a firm contributed to a version: he knows all sums that were told, his own
    figures, who reports where, and who changed nothing."""
    firms = sorted({f for contributions, _ in tables for f in contributions})
    place = {(f, v): i for i, (f, v) in enumerate((f, v) for f in firms for v in range(len(tables)))}
    rows, sums, bounds = [], [], [(0, None)] * len(place)
    for v, (contributions, told) in enumerate(tables):
        for cell in told.cells:
            if cell.state != "withheld":
                row = np.zeros(len(place))
                for f, (leaf, _) in contributions.items():
                    if cell.nodes[0] in (leaf, "all"):
                        row[place[f, v]] = 1
                rows.append(row)
                sums.append(cell.value)
        for f in firms:
            if f not in contributions:
                bounds[place[f, v]] = (0, 0)
            elif f == attacker:
                bounds[place[f, v]] = (contributions[f][1], contributions[f][1])
            if v and contributions.get(f) == tables[v - 1][0].get(f):
                row = np.zeros(len(place))
                row[place[f, v]], row[place[f, v - 1]] = 1, -1
                rows.append(row)
                sums.append(0.0)
    cost = np.zeros(len(place))
    cost[place[victim, at]] = -1
    found = linprog(cost, A_eq=np.array(rows) if rows else None, b_eq=sums if rows else None, bounds=bounds)
    return np.inf if found.status == 3 else -found.fun


sizes = st.floats(1, 100).map(lambda x: round(x, 2))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("xyz"), sizes), min_size=5, max_size=9), st.data())
def test_no_two_tables_together_come_close_to_a_firm(firms, data):
    before = {f"f{i}": pair for i, pair in enumerate(firms)}
    first = release_again(before, "all")
    after = dict(before)
    for firm in data.draw(st.lists(st.sampled_from(sorted(before)), unique=True)):
        after[firm] = (before[firm][0], data.draw(sizes))
    for firm in data.draw(st.lists(st.sampled_from(sorted(before)), unique=True, max_size=2)):
        after.pop(firm, None)
    again = release_again(after, "all", [version(before, first)]) if after else None
    tables = [(before, first)] + ([(after, again)] if again is not None else [])
    for at, (contributions, _) in enumerate(tables):
        for victim, (_, value) in contributions.items():
            for attacker in (None, *(f for f in before if f != victim)):
                bound = upper_bound(tables, victim, at, attacker)
                assert bound >= value * (1 + RULES.closeness) - 1e-6 * value, (victim, at, attacker, bound)
