"""Discovery as a whole: conditions, rivals, several years, one firm alone, scaling, real knowledge."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discoveries import (
    CEMENT,
    STEEL,
    asked,
    bought,
    cap,
    codes,
    firm,
    found,
    kind,
    known,
    made,
    only,
    park,
    replaced,
    slag,
)
from lichen.discover.find import best_of_each, carried, discover, facts_of, only_for, ways
from lichen.discover.settings import Settings
from lichen.discover.streams import supplies
from lichen.discover.values import COMPONENTS, MOST_RIVALS
from lichen.errors import LabelError
from lichen.knowledge.read import knowledge
from parks import flow, steelworks

LIMESTONE = replaced("mineral.limestone", rate=1.0)
FREE_LIME = {"composition": {"fCaO": 0.06}}


# --- conditions ------------------------------------------------------------------------------------------------------
def test_a_required_limit_that_fails_rules_out_and_an_advisable_one_is_said():
    result = found(park(slag(**FREE_LIME)), kind(conditions=[asked()]))
    assert result.opportunities == ()
    (one,) = result.failed
    assert (one.fails, one.checks[0].verdict, one.place) == (True, "not met", 0)
    one = only(found(park(slag(**FREE_LIME)), kind(conditions=[asked(severity="advisable")])))
    assert (one.fails, one.checks[0].verdict) == (False, "not met")
    assert "not_met" in codes(one.remedies)
    assert one.components["fit"] == 0


@pytest.mark.parametrize(
    ("condition", "facts", "verdict"),
    [
        (asked(), {"composition": {"fCaO": 0.04}}, "met"), (asked(), {}, "ask"),
        (asked(quantity="moisture", limit=5), {"moisture": 0.04}, "met"),
        (asked(quantity="heating value", operator=">=", limit=6, unit="GJ/t"), {"heating_value": (6300, "kJ/kg")}, "met"),
        (asked(quantity="distance", limit=14, unit="km"), {}, "met"),
        (asked(quantity="distance", limit=13, unit="km"), {}, "not met"),
        (asked(quantity="form", substances=("liquid",), operator="", limit=None, unit=""), {"phase": "slurry"}, "met"),
        (asked(quantity="form", substances=("solid",), operator="", limit=None, unit=""), {}, "met"),
        (asked(quantity="grading", operator="", limit=None, unit=""), {}, "ask"),
    ],
)  # fmt: skip
def test_conditions_are_checked_with_what_is_known(condition, facts, verdict):
    one = only(found(park(slag(**facts)), kind(conditions=[replace(condition, severity="advisable")])))
    assert one.checks[0].verdict == verdict


def test_of_several_rows_the_largest_that_is_not_used_speaks():
    (one,) = supplies(
        park(
            slag(5, moisture=0.5),
            slag(9, "steel", moisture=0.1),
            slag(10, unit="kg/a"),
            slag(99, fate="sold", moisture=0.9),
        ),
        2012,
    )
    assert facts_of(one, 3.0).moisture == 0.1
    assert facts_of(one, 3.0).distance_km == 3
    assert facts_of(replace(one, idle=()), None).moisture == 0.9


def test_a_condition_of_two_types_is_checked_once():
    one = only(found(park(slag()), kind("a", conditions=[asked()]), kind("b", conditions=[asked(), asked("d")])))
    assert [c.condition.id for c in one.checks] == ["c", "d"]


# --- distance and years ----------------------------------------------------------------------------------------------
def test_what_is_too_far_is_left_out_and_what_nobody_knows_is_not():
    assert only(found(park(slag()), kind())).distance_km == pytest.approx(1.33 * 10.0075, abs=0.01)
    assert found(park(slag()), kind(), most_km=13.0).opportunities == ()
    assert only(found(park(slag()), kind(), most_km=14.0)).distance_km < 14
    assert only(found(park(slag()), kind(), most_km=5.0, distances={("cement", "steel"): 4.5})).distance_km == 4.5
    nowhere = (firm("steel", STEEL, (26.0, 106.0)), firm("cement", CEMENT))
    one = only(found(park(slag(), firms=nowhere), kind(), most_km=0.001))
    assert (one.distance_km, one.components["distance"]) == (None, 0.5)
    (ask,) = [q for q in one.questions if q.code == "discover.ask_place"]
    assert ask.where.key == "cement"


def test_only_the_flows_of_the_year_count():
    inventory = park(slag(100), slag(900, year=2013), bought("limestone", 70), bought("limestone", 500, year=2013))
    item = kind(replaces=[LIMESTONE])
    assert only(found(inventory, item)).quantity.value == 70
    assert only(found(inventory, item, year=2013)).quantity.value == 500
    assert found(inventory, item, year=2014).opportunities == ()


@pytest.mark.parametrize(
    ("name", "role", "unit", "by"),
    [("steel slag", "waste", "t/a", "road"), ("reclaimed water", "water", "t/a", "water"), ("low-pressure steam", "heat", "GJ/a", "network"),
     ("hydrogen", "by-product", "Nm3/a", "network"), ("electricity", "electricity", "MWh/a", "network"), ("low-pressure steam", "heat", "t/a", "network")],
)  # fmt: skip
def test_how_a_stream_travels(name, role, unit, by):
    (one,) = supplies(park(flow("steel", "", "out", role, name, 5, unit)), 2012)
    assert carried(one) == by


# --- several firms ---------------------------------------------------------------------------------------------------
def rivals(n=2, m=1):
    firms = [firm(f"s{i}", STEEL, (26.0 + i / 100, 106.0)) for i in range(n)] + [
        firm(f"c{i}", CEMENT, (26.5 + i / 100, 106.0)) for i in range(m)
    ]
    flows = [slag(100 + i, who=f"s{i}") for i in range(n)] + [bought("limestone", 50, who=f"c{i}") for i in range(m)]
    return park(*flows, firms=tuple(firms))


def test_two_donors_compete_for_one_receiver():
    result = found(rivals(), kind(replaces=[LIMESTONE]))
    assert [(o.id[:2], o.rivals, o.rival_count, o.place) for o in result.opportunities] == [
        ("s0", (1,), 1, 1),
        ("s1", (0,), 1, 2),
    ]


def test_rivals_want_the_same_supply_or_fill_the_same_demand():
    result = found(rivals(2, 3), kind(replaces=[LIMESTONE]))
    for one in result.opportunities:
        expected = {
            i for i, o in enumerate(result.opportunities) if o is not one and (o.donor == one.donor or o.receiver == one.receiver)
        }  # fmt: skip
        assert set(one.rivals) == expected
        assert one.rival_count == len(expected) == 3


def test_of_many_rivals_the_best_at_each_end_are_named_and_all_counted():
    result = found(rivals(40, 30), kind(replaces=[LIMESTONE]))
    for at in (0, 7, 500, 1199):
        one = result.opportunities[at]
        givers = [i for i, o in enumerate(result.opportunities) if i != at and o.receiver == one.receiver]
        takers = [i for i, o in enumerate(result.opportunities) if i != at and o.donor == one.donor]
        assert list(one.rivals) == sorted({*givers[:MOST_RIVALS], *takers[:MOST_RIVALS]})
        assert one.rival_count == len(givers) + len(takers) == 39 + 29


def test_streams_without_a_need_are_rivals_for_their_supply_alone():
    inventory = park(slag(), flow("steel", "", "out", "waste", "coal fly ash", 5, fate="stored"))
    result = found(inventory, kind(), kind("ash", streams=["ash.fly.coal"]), kind("b", receivers=["city"]))
    assert {o.id: o.rival_count for o in result.opportunities} == {
        "steel>slag.steel>cement": 1,
        "steel>slag.steel>city": 1,
        "steel>ash.fly.coal>cement": 0,
    }


def test_one_firm_alone_keeps_its_places_in_the_park():
    inventory = replace(rivals(3, 2), flows=(*rivals(3, 2).flows, flow("s0", "p1", "out", "waste", "mystery", 1)))
    result = found(inventory, kind(replaces=[LIMESTONE]), kind("anchor", receivers=["2614"]))
    part = only_for(result, "s0")
    assert {o.id for o in part.opportunities} == {"s0>slag.steel>c0", "s0>slag.steel>c1"}
    for one in part.opportunities:
        whole = result.opportunities[one.place - 1]
        assert replace(one, rivals=whole.rivals) == whole
        there = {result.opportunities[r].id for r in whole.rivals}
        assert {part.opportunities[r].id for r in one.rivals} == there & {o.id for o in part.opportunities}
    assert [q.where.key for q in part.questions] == ["s0 · p1"]
    assert all("s0" in a.donors for a in part.anchors)
    assert len(part.anchors) == 1
    nobody = only_for(result, "x")
    assert (nobody.opportunities, nobody.failed, nobody.anchors, nobody.questions) == ((), (), (), ())
    receiver = only_for(result, "c0")
    assert {o.receiver.id for o in receiver.opportunities} == {"c0"}
    assert receiver.anchors == ()


def test_the_best_of_each_stream():
    result = found(rivals(2, 3), kind(replaces=[LIMESTONE]))
    best = best_of_each(result)
    assert [o.donor.id for o in best] == list(dict.fromkeys(o.donor.id for o in result.opportunities))
    assert ways(result)["documented"] == 6


# --- identities ------------------------------------------------------------------------------------------------------
@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 1e4), st.lists(st.floats(1, 1e5), min_size=3, max_size=3))
def test_scaling_all_quantities_scales_quantities_and_leaves_the_rest(scale, values):
    def scaled(ratio):
        firms = (firm("s0", STEEL, (26.0, 106.0)), firm("s1", STEEL, (26.2, 106.0)), firm("c0", CEMENT, (26.05, 106.0)))
        first, second, need = (v * ratio for v in values)
        return park(
            slag(first, who="s0"),
            slag(second, who="s1"),
            bought("limestone", need, who="c0"),
            made("portland cement", need * 2, who="c0"),
            firms=firms,
        )

    item = kind(replaces=[LIMESTONE], caps=[cap("cement.portland", 0.3)])
    one, other = (found(scaled(ratio), item) for ratio in (1.0, scale))
    by_id = {o.id: o for o in other.opportunities}
    assert set(by_id) == {o.id for o in one.opportunities}
    for o in one.opportunities:
        after = by_id[o.id]
        assert after.quantity.value == pytest.approx(o.quantity.value * scale)
        assert after.score == pytest.approx(o.score)
        assert after.gains.resource.high == pytest.approx(o.gains.resource.high * scale)
        for name in COMPONENTS:
            assert after.components[name] == pytest.approx(o.components[name])


def test_a_users_own_type_is_found_like_any_other():
    base = known(
        kind(
            "mine",
            donors=[CEMENT],
            receivers=[STEEL],
            streams=["cement.clinker"],
            replaces=[replaced("mineral.limestone", "mass")],
        )
    )
    waste = flow("cement", "", "out", "waste", "cement clinker", 8, fate="stored")
    one = only(discover(park(waste, bought("limestone", 5, who="steel")), 2012, base))
    assert (one.types, one.quantity.value, one.rate) == (("mine",), 5, 1.0)
    assert one.rank_range == (1, 1)


def test_an_industry_that_is_none_is_told():
    with pytest.raises(LabelError, match="9999"):
        found(park(slag(), firms=(firm("steel", "9999"), firm("cement", CEMENT))), kind())


def test_the_shipped_knowledge_on_a_steelworks():
    works = steelworks()
    works = replace(works, firms=(replace(works.firms[0], industry="3110"), *works.firms[1:]))
    result = discover(works, 2012, knowledge(), Settings(draws=20))
    best = best_of_each(result)[0]
    assert best.id == "steel>slag.bf.granulated>cement"
    assert best.way == "documented"
    assert "implemented" in codes(best.reasons)
    # 20 % of 1010 t of cement; the 206 t of steel slag that it takes are no stream of this type
    assert best.quantity.value == pytest.approx(202)
    assert "cap" in best.limits
    assert best.gains.co2.value > 100
    assert all(o.donor.id != o.receiver.id for o in result.opportunities)
    assert result.questions == ()
    assert result.anchors
    assert all(a.donors == ("steel",) for a in result.anchors)


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "a>b>c", "=HYPERLINK(1)", "", "\u202egnp.exe", "名" * 5000, "a\x00b\n"]
)
def test_hostile_names_and_codes_do_nothing(name):
    firms = (replace(firm(name, STEEL), name=name), firm("cement", CEMENT))
    inventory = park(slag(who=name), flow(name, name, "out", "waste", "mystery " + name, 1), firms=firms)
    result = found(inventory, kind(), kind("b", receivers=["2614"]))
    assert only(result).donor.name == name
    assert [list(a.takes) for a in result.anchors] == [["slag.steel"]]
    for lang in ("en", "zh"):
        for note in (*result.questions, *only(result).questions):
            assert "\n" not in note.text(lang)
            assert len(note.text(lang)) < 1000


def test_of_similar_receivers_the_nearest_are_looked_at_and_the_rest_counted():
    kin = tuple(firm(f"k{i:02d}", "3012", (26.0 + i / 100, 106.0)) for i in range(32))
    told = firm("z", "3012", (28.0, 106.0))
    flows = (slag(100), bought("limestone", 5, who="z"))
    inventory = park(*flows, firms=(firm("steel", STEEL, (26.0, 106.0)), *kin[::-1], told))
    result = found(inventory, kind(replaces=[replaced("mineral.limestone", rate=1.0)]))
    similar = {o.receiver.id for o in result.opportunities if o.way == "similar"}
    assert result.left_out == 33 - len(similar) - sum(o.way != "similar" for o in result.opportunities)
    assert similar | {o.receiver.id for o in result.opportunities} >= {"z", *(f"k{i:02d}" for i in range(29))}
    assert len(similar) == 30
    assert found(park(slag()), kind()).left_out == 0


# --- places that are likely wrong -----------------------------------------------------------------------------------
def scattered(at):
    """A donor, a receiver at a place, and three firms near the donor."""
    near = [(26.0, 106.0), (26.1, 106.0), (26.0, 106.1), (26.1, 106.1)]
    firms = (
        firm("steel", STEEL, near[0]),
        firm("cement", CEMENT, at),
        *(firm(f"x{i}", "48", p) for i, p in enumerate(near[1:])),
    )
    return park(slag(), bought("limestone", 50), firms=firms)


def test_a_place_that_is_told_to_be_wrong_is_asked_about_and_not_ranked_by():
    one = only(found(scattered((0.0, 0.0)), kind()))
    assert one.distance_km is None
    assert one.components["distance"] == 0.5
    assert one.misplaced == ("cement",)
    (ask,) = [q for q in one.questions if q.code == "discover.ask_far_place"]
    assert ask.where.key == "cement"
    assert "discover.ask_place" not in {q.code for q in one.questions}
    near = only(found(scattered((26.05, 106.05)), kind()))
    assert near.distance_km < 20
    assert near.misplaced == ()
    assert near.score > one.score


def test_the_longest_way_does_not_rule_out_what_is_likely_a_slip():
    assert only(found(scattered((0.0, 0.0)), kind(), most_km=50.0)).distance_km is None


def test_a_told_distance_is_believed_whatever_the_place():
    one = only(found(scattered((0.0, 0.0)), kind(), distances={("steel", "cement"): 700.0}))
    assert one.distance_km == 700
    assert "discover.ask_far_place" not in {q.code for q in one.questions}
