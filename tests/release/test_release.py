"""Release of sums over firms: rules, known answers, and attackers that come no closer than they may."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.errors import InputError, LabelError
from lichen.release import OUTSIDER, Dimension, Rules, choose, flat, interval, judge, release, sum_table, tree
from lichen.release.attack import Need, bound, breaches
from lichen.release.suppress import costs, judge_cells, open_unions
from sums import Attacker, closest, drawn

RULES = Rules()


def column(values, total="all", **rest):
    """Sectors a, b, c … with the contributions given for each."""
    rows = [(f"{s}{i}", (s,), v) for s, parts in values.items() for i, v in enumerate(parts)]
    return sum_table([flat("sector", list(values), total)], *zip(*rows, strict=True), **rest)


# --- the rules -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ((50, 30, 20, 10), ()),
        ((50, 30), ("few", "dominance", "closeness")),
        ((50, 30, 0), ("few", "dominance", "closeness")),  # zero is no contribution
        ((100, 60, 20), ("dominance",)),  # 160 of 180 are 89 %
        ((100, 10, 9), ("dominance", "closeness")),  # what is left, 9, is less than a tenth of 100
        ((-50, 30, 20, 10), ()),
        ((100, -60, 20), ("dominance",)),  # by absolute value
    ],
)
def test_rules(parts, why):
    assert judge(np.array(parts, dtype=float), RULES).why == why


def test_at_the_limit_nothing_is_broken():
    assert judge(np.array([50.0, 35.0, 10.0, 5.0]), RULES).why == ()  # exactly 85 %
    assert judge(np.array([100.0, 60.0, 10.0]), Rules(dominance=0.99)).why == ()  # exactly a tenth is left


def test_nobody_and_zeros():
    assert judge(np.zeros(3), RULES, 0) == judge(np.zeros(0), RULES)
    assert judge(np.zeros(3), RULES, 3, 0.5).why == ("zeros",)
    assert judge(np.zeros(3), RULES, 3, 0.5).need == 0.5


@pytest.mark.parametrize("bad", [{"least_firms": 2}, {"dominant": 0}, {"dominance": 1.0}, {"closeness": 0.0},
                                 {"base": -1.0}, {"base": float("inf")}, {"closeness": float("nan")}])  # fmt: skip
def test_rules_that_cannot_be_are_refused(bad):
    with pytest.raises(InputError, match=next(iter(bad))):
        Rules(**bad)


# --- known answers -------------------------------------------------------------------------------------------------
SAFE = (10, 9, 8, 7)


def test_a_table_that_breaks_no_rule_is_told_whole():
    done = release(column({"a": SAFE, "b": (5, 5, 5, 5)}))
    assert [c.state for c in done.released.cells] == ["released"] * 3
    assert done.told == 1.0
    assert done.released.cell("all").value == 54
    assert done.released.cell("a").firms == 4


def test_one_withheld_cell_takes_another_with_it_the_cheapest():
    done = release(column({"a": (30,), "b": SAFE, "c": (4, 4, 4, 4), "d": (20, 20, 20, 20)}))
    assert {c.nodes[0] for c in done.released.cells if c.state == "withheld"} == {"a", "c"}
    assert done.released.cell("a").value is None
    assert done.released.cell("a").firms is None
    why = {r.nodes[0]: r.note.text("en") for r in done.reasons}
    assert "1 contributing" in why["a"]
    assert "for others" in why["c"]
    # outside nobody learns which of the two it was
    assert done.released.cell("a").text("en") == done.released.cell("c").text("en")


def test_two_firms_alone_in_two_cells_need_a_third():
    # all - released = a + b: either firm would subtract its own number
    done = release(column({"a": (30,), "b": (40,), "c": SAFE, "d": (50, 50, 50, 50)}))
    assert {c.nodes[0] for c in done.released.cells if c.state == "withheld"} == {"a", "b", "c"}


def test_a_cell_that_one_firm_fills_protects_nobody_from_that_firm():
    table = column({"a": (30,), "b": (3000, 1, 1, 1), "c": SAFE})
    done = release(table)
    assert closest(table, done, RULES.closeness)[0] >= RULES.closeness * (1 - 1e-6)


def test_too_small_a_partner_is_not_enough():
    # c holds 1: with a and c withheld, a is known to within 1 of 1000
    done = release(column({"a": (1000,), "b": (300, 300, 300, 300), "c": (0.25, 0.25, 0.25, 0.25)}))
    assert done.released.cell("b").state == "withheld"


def test_an_only_child_is_its_parent():
    rows = [("f1", ("s1",), 5.0), *((f"g{i}", ("s2",), 10.0 + i) for i in range(5)),
            *((f"h{i}", ("s3",), 10.0 + i) for i in range(5))]  # fmt: skip
    side = tree("sector", {"s1": ("g1", "park"), "s2": ("g2", "park"), "s3": ("g3", "park")})
    done = release(sum_table([side], *zip(*rows, strict=True)))
    assert done.released.cell("s1").state == done.released.cell("g1").state == "withheld"
    assert done.released.cell("park").state == "released"


def test_what_is_left_below_a_withheld_group_is_looked_at_too():
    # park - g2 - a tells b + c, even where g1 is withheld: park = g1 + g2, g1 = a + b + c
    side = tree("sector", {"a": ("g1", "park"), "b": ("g1", "park"), "c": ("g2", "park"), "d": ("g2", "park")})
    rows = [*((f"a{i}", ("a",), 10.0) for i in range(4)), ("b0", ("b",), 5.0), ("c0", ("c",), 6.0),
            *((f"d{i}", ("d",), 20.0) for i in range(4))]  # fmt: skip
    table = sum_table([side], *zip(*rows, strict=True))
    place = {table.nodes(i)[0]: i for i in range(len(table.sums))}
    withheld = np.zeros(len(table.sums), dtype=bool)
    withheld[[place[n] for n in ("g1", "g2", "b", "c")]] = True
    unions = [set(cells) for cells, _ in open_unions(table, withheld, RULES)]
    assert {place["b"], place["c"]} in unions
    assert closest(table, release(table), RULES.closeness)[0] >= RULES.closeness * (1 - 1e-6)


def test_firms_of_one_owner_are_one():
    parts = {"a": (10, 10, 10), "b": SAFE, "c": SAFE}
    assert release(column(parts)).released.cell("a").state == "released"
    owned = release(column(parts, holdings={"a0": "x", "a1": "x"}))
    assert owned.released.cell("a").state == "withheld"
    assert "2 contributing" in owned.reasons[1].note.text("en")


def test_rows_of_one_firm_in_one_cell_are_one_contribution():
    rows = [("f", ("a",), 10.0), ("f", ("a",), 10.0), ("g", ("a",), 10.0)]
    assert "few" in release(sum_table([flat("sector", ["a"])], *zip(*rows, strict=True))).reasons[0].why


def test_cells_without_firms_are_told_and_protect_nobody():
    table = sum_table([flat("sector", ["a", "b", "c"], "all")], ["f", *"wxyz"], [("a",), *[("b",)] * 4],
                      [30.0, 10, 9, 8, 7])  # fmt: skip
    done = release(table)
    assert done.released.cell("c").state == "no firm"
    assert done.released.cell("c").value == 0
    assert "No firm" in done.released.cell("c").text("en")
    assert done.released.cell("b").state == "withheld"


def test_zeros_that_firms_report_are_not_told():
    done = release(column({"a": (0, 0, 0, 0), "b": SAFE, "c": SAFE}))
    assert done.released.cell("a").state == "withheld"
    low, high = Attacker(column({"a": (0, 0, 0, 0), "b": SAFE, "c": SAFE}), done.released).interval([1])
    assert low == 0 < high


def test_every_cell_may_have_to_go():
    done = release(column({"a": (5,), "b": (6,)}))
    assert {c.state for c in done.released.cells} == {"withheld"}
    assert done.told == 0.0


def test_an_empty_table():
    done = release(sum_table([flat("sector", ["a"], "all")], [], [], []))
    assert {c.state for c in done.released.cells} == {"no firm"}
    assert done.told == 1.0


def test_firm_by_year_only_tells_the_years():
    rows = [(f"f{f}", (f"f{f}", y), 10.0 + f) for f in range(6) for y in ("2017", "2018")]
    sides = [flat("firm", [f"f{f}" for f in range(6)], "all"), flat("year", ["2017", "2018"])]
    done = release(sum_table(sides, *zip(*rows, strict=True)))
    assert done.released.cell("all", "2017").state == "released"
    assert {done.released.cell(f"f{f}", y).state for f in range(6) for y in ("2017", "2018")} == {"withheld"}


def test_rounding_shows_multiples_and_withholds_the_same():
    table = column({"a": (10.4, 9, 8, 7), "b": (1,), "c": SAFE})
    exact, rounded = release(table), release(table, Rules(base=5))
    assert [c.state for c in exact.released.cells] == [c.state for c in rounded.released.cells]
    assert all(c.value % 5 == 0 for c in rounded.released.cells if c.value is not None)


def test_negative_contributions_leave_no_bound():
    table = column({"a": (30,), "b": (10, -9, 8, 7), "c": (5, 5, 5, 5)})
    done = release(table)
    assert table.signed
    low, high = interval(table, done.pattern.withheld, 1)
    assert low == -np.inf
    assert high == np.inf


def test_the_reasons_in_both_languages():
    for lang, word in (("en", "Withheld"), ("zh", "不公布")):
        for one in release(column({"a": (30,), "b": (3000, 1, 1, 1), "c": SAFE, "d": (0, 0, 0)})).reasons:
            if one.why:
                assert word in one.note.text(lang)


# --- tables that cannot be -----------------------------------------------------------------------------------------
def test_rows_at_fault_are_all_told():
    with pytest.raises(LabelError) as error:
        sum_table([flat("sector", ["steel", "cement"], "all")], ["f", "g", "h"], [("stel",), ("all",), ("steel",)],
                  [1.0, 2.0, float("nan")])  # fmt: skip
    text = error.value.text("en")
    assert "steel" in text
    assert "all" in text
    assert "nan" in text


@pytest.mark.parametrize("make", [
    lambda: Dimension("d", ("a", "a"), (-1, -1)), lambda: Dimension("d", ("a", "b"), (1, 0)),
    lambda: Dimension("d", (), ()), lambda: Dimension("d", ("a",), (7,)), lambda: Dimension("d", ("a", "b"), (-1,)),
    lambda: tree("d", {"a": ("g", "p"), "b": ("g", "q")}),
    lambda: sum_table([flat("a", [f"{i}" for i in range(300)]), flat("b", [f"{i}" for i in range(300)])], [], [], []),
])  # fmt: skip
def test_dimensions_that_are_no_trees_are_refused(make):
    with pytest.raises(LabelError):
        make()


def test_an_unknown_cell_is_told_with_the_nearest():
    done = release(column({"steel": SAFE}))
    with pytest.raises(LabelError, match="steel"):
        done.released.cell("stel")


# --- attackers -----------------------------------------------------------------------------------------------------
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(6, 16), st.integers(3, 5), st.integers(0, 2), st.sampled_from([0, 5]))
def test_nobody_comes_closer_than_the_rules_allow(seed, firms, sectors, years, owners):
    table = drawn(seed, firms, sectors, years=years, owners=owners)
    done = release(table)
    distance, case = closest(table, done, RULES.closeness)
    assert distance >= RULES.closeness * (1 - 1e-5), case


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(6, 12))
def test_nobody_does_where_numbers_may_be_negative(seed, firms):
    table = drawn(seed, firms, 4, signed=True)
    done = release(table)
    for who in (None, *range(len(table.holdings))):
        attacker = Attacker(table, done.released, who)
        for cell in np.flatnonzero(done.pattern.withheld):
            others = [h for h in np.flatnonzero(table.shares[:, cell]) if h != who]
            own = 0.0 if who is None else table.shares[who, cell]
            if len(others) == 1:
                low, high = attacker.interval([cell])
                part = float(table.shares[others[0], cell])
                assert high - own - part >= RULES.closeness * abs(part) * (1 - 1e-5)
                assert part - (low - own) >= RULES.closeness * abs(part) * (1 - 1e-5)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(8, 14))
def test_nor_to_what_a_firm_tells_of_all_that_is_withheld(seed, firms):
    table = drawn(seed, firms, 4, years=2)
    done = release(table)
    leaves = np.flatnonzero(done.pattern.withheld & table.leaf())
    for who in (None, *range(len(table.holdings))):
        attacker = Attacker(table, done.released, who)
        for whom in range(len(table.holdings)):
            cells = leaves[table.shares[whom, leaves] != 0]
            part = float(table.shares[whom, cells].sum())
            if whom != who and len(cells) > 1 and part > 0:
                own = 0.0 if who is None else float(table.shares[who, cells].sum())
                assert attacker.interval(cells)[1] - own >= part * (1 + RULES.closeness * (1 - 1e-5))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.3, 1.0]))
def test_a_stricter_p_is_kept_too(seed, p):
    table = drawn(seed, 12, 4)
    done = release(table, Rules(closeness=p))
    distance, case = closest(table, done, p)
    assert distance >= p * (1 - 1e-5), case


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_outsiders_stay_away_from_the_need_on_both_sides(seed):
    table = drawn(seed, 12, 4, years=2)
    done = release(table)
    attacker = Attacker(table, done.released)
    for cell in np.flatnonzero(done.pattern.primary):
        need, total = done.pattern.judgements[cell].need, float(table.sums[cell])
        low, high = attacker.interval([cell])
        assert high - total >= need * (1 - 1e-5)
        assert total - low >= min(need, total) * (1 - 1e-5) - 1e-9


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_released_sums_and_their_differences_pass_the_rules(seed):
    table = drawn(seed, 14, 5, years=2)
    done = release(table)
    states = [c.state for c in done.released.cells]
    for cell, state in enumerate(states):
        if state == "released":
            assert not judge(table.shares[:, cell], RULES, int(table.reports[:, cell].sum())).why
    for row in table.relations.toarray():
        (parent,) = np.flatnonzero(row == 1)
        hidden = np.flatnonzero((row == -1) & done.pattern.withheld)
        if not done.pattern.withheld[parent] and len(hidden):
            assert not judge(table.shares[:, hidden].sum(axis=1), RULES).why


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_interval_is_the_attackers(seed):
    table = drawn(seed, 12, 4, years=2)
    done = release(table)
    for who in (OUTSIDER, 0, 1):
        attacker = Attacker(table, done.released, None if who == OUTSIDER else who)
        for cell in np.flatnonzero(done.pattern.withheld)[:6]:
            low, high = interval(table, done.pattern.withheld, int(cell), who)
            theirs = attacker.interval([cell])
            if abs(table.sums[cell]) > 0:
                assert low == pytest.approx(theirs[0], rel=1e-5, abs=1e-5)
                far = table.sums[cell] * 100
                assert high == pytest.approx(theirs[1], rel=1e-5, abs=1e-5) or min(high, theirs[1]) >= far


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_bound_by_prices_holds_for_every_pattern(seed):
    table = drawn(seed, 10, 4)
    rng = np.random.default_rng(seed)
    primary = choose(table, RULES).primary
    if not primary.any():
        return
    cell = int(np.flatnonzero(primary)[0])
    need = Need((cell,), 1, OUTSIDER, max(0.1 * float(table.sums[cell]), 0.1))
    first = bound(table, primary, need)
    for _ in range(4):
        other = primary | (rng.random(len(primary)) < 0.4)
        assert bound(table, other, need).reach <= first.weights[other].sum() * (1 + 1e-6) + 1e-6


# --- how much is withheld ------------------------------------------------------------------------------------------
def _safe(table, withheld, rules):
    sizes = np.abs(table.shares[table.shares != 0])
    judged = judge_cells(table, rules, rules.closeness * float(sizes.min()))
    needed = np.array([j.need for j in judged])
    return not any(open_unions(table, withheld, rules)) and not breaches(table, withheld, needed, rules)


@pytest.mark.parametrize("seed", range(12))
def test_no_cheaper_pattern_is_safe(seed):
    table = drawn(seed, 9, 4)
    done = release(table)
    cost = costs(table)
    free = np.flatnonzero(~done.pattern.primary & (table.reports.sum(axis=0) > 0))
    best = min(
        float(cost[withheld].sum())
        for size in range(len(free) + 1) for extra in itertools.combinations(free, size)
        if _safe(table, withheld := done.pattern.primary | np.isin(np.arange(len(cost)), extra), RULES)
    )  # fmt: skip
    assert float(cost[done.pattern.withheld].sum()) <= best * 1.002 + 1e-9


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.001, 1000))
def test_the_unit_does_not_matter(seed, scale):
    table = drawn(seed, 12, 4)
    places = [(table.nodes(int(c))) for c in range(len(table.sums))]
    leaf = table.leaf()
    rows = [(h, places[c], float(table.shares[i, c]) * scale) for i, h in enumerate(table.holdings)
            for c in np.flatnonzero(table.reports[i] & leaf)]  # fmt: skip
    scaled = sum_table(table.dimensions, *zip(*rows, strict=True))
    assert release(scaled).pattern.primary.tolist() == release(table).pattern.primary.tolist()


def test_it_ends_where_rounds_run_out(monkeypatch):
    monkeypatch.setattr("lichen.release.suppress.MOST_ROUNDS", 0)
    table = drawn(5, 14, 5, years=2)
    done = release(table)
    assert closest(table, done, RULES.closeness)[0] >= RULES.closeness * (1 - 1e-5)


def test_where_no_program_answers_all_is_withheld(monkeypatch):
    monkeypatch.setattr("lichen.release.suppress.MOST_NODES", 0)

    class Nothing:
        x = None

    monkeypatch.setattr("lichen.release.suppress.milp", lambda *a, **k: Nothing())
    done = release(column({"a": (30,), "b": SAFE, "c": SAFE}))
    assert {c.state for c in done.released.cells} == {"withheld"}
