"""Who could give what to whom: each way, through both hierarchies, never to itself, whatever the order."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discoveries import CEMENT, STEEL, bought, firm, found, kind, known, only, park, replaced, slag
from lichen.discover.find import discover
from lichen.discover.match import CITY_FIRM, WAYS, hottest
from lichen.discover.settings import Settings
from lichen.discover.water_quality import replaceable
from lichen.inventory.values import Firm
from lichen.knowledge.values import CITY
from lichen.vocabulary.meaning import NameModel
from naming import encode
from parks import flow

LIMESTONE = replaced("mineral.limestone", rate=1.0)


def ways(result, way):
    """What was found one way."""
    return [(o.id, o.way, o.fit) for o in result.opportunities if o.way == way]


# --- documented: both hierarchies ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("donor", "receiver", "streams", "fit"),
    [
        ("3120", "3011", ["slag.steel"], "yes"),
        ("3120", "3011", ["slag"], "yes"),
        ("3120", "3011", ["slag.steel.eaf"], "possible"),
        ("31", "3011", ["slag.steel"], "possible"),
        ("3120", "30", ["slag.steel"], "possible"),
        ("3120", "3012", ["slag.steel"], None),
        ("3110", "3011", ["slag.steel"], None),
        ("3120", "3011", ["slag.phosphorus"], None),
        ("3120", "31", ["slag.steel"], None),
    ],
)
def test_sectors_and_streams_fit_downwards_and_possibly_upwards(donor, receiver, streams, fit):
    firms = (firm("steel", donor), firm("cement", receiver))
    result = found(park(slag(), firms=firms), kind(streams=streams))
    assert ways(result, "documented") == ([("steel>slag.steel>cement", "documented", fit)] if fit else [])


def test_a_wide_type_holds_for_all_below_it():
    firms = (firm("steel", STEEL), firm("cement", CEMENT), firm("lime", "3012"))
    result = found(park(slag(), firms=firms), kind(donors=["31"], receivers=["30"]))
    assert ways(result, "documented") == [(f"steel>slag.steel>{to}", "documented", "yes") for to in ("cement", "lime")]


def test_nobody_exchanges_with_himself():
    firms = (firm("steel", STEEL),)
    inventory = park(
        slag(), bought("steel slag", 5, who="steel"), bought("limestone", 5, who="steel"),
        flow("steel", "", "out", "heat", "high-temperature waste heat", 9, "GJ/a", temperature=400),
        bought("low-pressure steam", 9, "GJ/a", who="steel", role="heat", temperature=100),
        flow("steel", "", "out", "water", "softened water", 9, "m3/a"), bought("process water", 9, "m3/a", who="steel", role="water"),
        firms=firms,
    )  # fmt: skip
    assert found(inventory, kind(receivers=[STEEL], replaces=[LIMESTONE]), water=replaceable()).opportunities == ()


def test_the_city_takes_what_a_type_says_it_takes():
    result = found(park(slag()), kind(receivers=[CITY]))
    one = only(result)
    assert (one.receiver, one.distance_km, one.bounded) == (CITY_FIRM, None, False)
    assert ways(found(park(slag()), kind(donors=[CITY])), "documented") == []
    assert found(park(slag()), kind(receivers=["city"]), most_km=0.1).opportunities != ()


def test_a_type_without_what_it_replaces():
    one = only(found(park(slag(), bought("limestone", 5)), kind()))
    assert (one.replaces, one.demand, one.rate) == ("", None, None)


def test_of_several_needs_the_one_with_a_rate_then_the_largest_whatever_the_order():
    flows = [slag(), bought("limestone", 30), bought("iron ore", 70), bought("cement clinker", 5)]
    replaces = [replaced("mineral.limestone"), replaced("ore.iron"), replaced("cement.clinker", rate=1.0)]
    for order in (flows, flows[::-1]):
        assert only(found(park(*order), kind(replaces=replaces))).replaces == "cement.clinker"
        assert only(found(park(*order), kind(replaces=replaces[:2]))).replaces == "ore.iron"


def test_types_of_one_pair_are_kept_together():
    one = only(
        found(
            park(slag(), bought("limestone", 5)),
            kind("a", replaces=[LIMESTONE]),
            kind("b"),
            kind("c", receivers=["3012"]),
        )
    )
    assert one.types == ("a", "b")
    assert one.replaces == "mineral.limestone"


def test_a_documented_pair_without_a_need_takes_the_need_of_another_way():
    one = only(found(park(slag(), bought("steel slag", 40)), kind(replaces=[replaced("ore.iron")])))
    assert (one.way, one.replaces, one.demand.amount.value) == ("documented", "slag.steel", 40)
    assert one.types == ("t",)


# --- materials alone -------------------------------------------------------------------------------------------------
def test_what_one_throws_away_the_other_buys_or_a_kind_of_it():
    firms = (firm("steel", STEEL), firm("cement", "4610"))
    assert ways(found(park(slag(), bought("steel slag", 5), firms=firms)), "same material") == [
        ("steel>slag.steel>cement", "same material", "yes")
    ]
    kinds = park(flow("steel", "", "out", "waste", "hydrated lime", 5), bought("quicklime", 5), firms=firms)
    assert len(ways(found(kinds), "same material")) == 1
    other = park(flow("steel", "", "out", "waste", "quicklime", 5), bought("hydrated lime", 5), firms=firms)
    assert ways(found(other), "same material") == []


def test_a_known_substitute_needs_no_sector():
    firms = (firm("steel", "4610"), firm("cement", "4610"))
    item = kind(replaces=[LIMESTONE])
    one = only(found(park(slag(), bought("limestone", 5), firms=firms), item))
    assert (one.way, one.types, one.rate) == ("known substitute", ("t",), 1.0)
    assert ways(found(park(slag(), bought("iron ore", 5), firms=firms), item), "known substitute") == []


def test_the_surest_way_counts():
    inventory = park(slag(), bought("limestone", 5), bought("steel slag", 9))
    item = kind(replaces=[LIMESTONE])
    assert only(found(inventory, item)).way == "documented"
    assert only(found(inventory, replace(item, donors=("3110",)))).way == "same material"
    assert WAYS.index("documented") == 0


# --- water and heat --------------------------------------------------------------------------------------------------
def waste_heat(temperature, value=100, **more):
    return flow(
        "steel",
        "",
        "out",
        "heat",
        "high-temperature waste heat",
        value,
        "GJ/a",
        **({"fate": "discharged", "temperature": temperature} | more),
    )


def needs(temperature, value=1000, name="low-pressure steam"):
    return bought(name, value, "GJ/a", role="heat", temperature=temperature)


def test_water_that_is_good_enough():
    water = flow("steel", "", "out", "water", "softened water", 100, "t/a", fate="discharged")
    one = only(found(park(water, bought("process water", 60, "m3/a", role="water")), water=replaceable()))
    assert (one.way, one.quantity.value, one.unit) == ("water quality", 60, "m3/a")
    worse = flow("steel", "", "out", "water", "industrial wastewater", 100, "m3/a", fate="discharged")
    ruled = found(park(worse, bought("process water", 60, "m3/a", role="water")), water=replaceable())
    assert ways(ruled, "water quality") == []


@pytest.mark.parametrize(
    ("source", "need", "there"),
    [(160, 150, True), (159.9, 150, False), (None, 150, True), (160, None, True), (20, 150, False)],
)
def test_heat_flows_down_only_and_keeps_its_distance(source, need, there):
    result = found(park(waste_heat(source), needs(need)))
    assert [o.way for o in result.opportunities] == ["heat level"] * there
    assert result.failed == ()


def test_a_documented_source_that_is_too_cold_is_ruled_out_and_says_so():
    result = found(
        park(waste_heat(100), needs(150)), kind(streams=["heat.waste"], replaces=[replaced("heat.steam", "heat")])
    )
    assert result.opportunities == ()
    (one,) = result.failed
    assert [c.condition.id for c in one.checks if c.verdict == "not met"] == ["hot-enough"]
    assert "160" in one.checks[0].condition.ask.text("zh")


def test_only_the_hot_part_of_a_source_counts():
    inventory = park(waste_heat(300, 10), waste_heat(40, 5000), waste_heat(None, 70), needs(150))
    one = only(found(inventory))
    assert (one.quantity.value, one.supply.unused.value) == (10, 10)
    assert [c.verdict for c in one.checks] == ["met"]
    one = only(
        found(
            park(waste_heat(40, 5000), waste_heat(None, 70), needs(150)),
            kind(streams=["heat.waste"], replaces=[replaced("heat.steam", "heat")]),
        )
    )
    assert one.quantity.value == 70
    assert [c.verdict for c in one.checks] == ["ask"]


def test_heat_that_is_used_already_makes_nothing_hot():
    inventory = park(waste_heat(400, fate="sold", partner="elsewhere"), waste_heat(40), needs(150))
    assert found(inventory).opportunities == found(inventory).failed == ()


def test_steam_for_steam_needs_no_exchanger():
    steam = flow("steel", "", "out", "heat", "low-pressure steam", 100, "GJ/a", fate="discharged", temperature=150)
    assert only(found(park(steam, needs(150)))).way == "same material"
    colder = found(park(replace(steam, temperature=149.0), needs(150)))
    assert (len(colder.opportunities), len(colder.failed)) == (0, 1)


def test_heat_in_other_units_is_asked_for():
    steam = flow("steel", "", "out", "heat", "low-pressure steam", 100, "t/a", fate="discharged", temperature=150)
    one = only(found(park(steam, needs(120))))
    assert (one.rate, one.bounded) == (None, False)
    assert hottest([steam, replace(steam, temperature=170.0), replace(steam, temperature=None)]) == 170
    assert hottest([]) is None


# --- identities ------------------------------------------------------------------------------------------------------
FIRMS = tuple(
    firm(f"f{i}", industry, (26 + i / 10, 106.0))
    for i, industry in enumerate((STEEL, "31", CEMENT, "30", "2614", "4411"))
)
NAMES = (
    "steel slag",
    "limestone",
    "cement clinker",
    "low-pressure steam",
    "high-temperature waste heat",
    "softened water",
    "process water",
    "raw coal",
)
ROLES = {
    "low-pressure steam": "heat",
    "high-temperature waste heat": "heat",
    "softened water": "water",
    "process water": "water",
}
TYPES = (
    kind("a", replaces=[LIMESTONE]), kind("b", donors=["31"], receivers=["30", CITY], streams=["slag"], replaces=[replaced("cement.clinker", "mass")]),
    kind("c", donors=["44"], receivers=["3120"], streams=["heat.waste"], replaces=[replaced("heat.steam", "heat")]),
)  # fmt: skip


@st.composite
def parks(draw):
    rows = draw(st.lists(st.tuples(
        st.sampled_from([f.id for f in FIRMS]), st.booleans(), st.sampled_from(NAMES), st.sampled_from([0.0, 1.0, 50.0, 1234.5]),
        st.sampled_from(["", "stored", "sold"]), st.none() | st.sampled_from([60.0, 200.0]),
    ), max_size=14))  # fmt: skip
    unit = {"heat": "GJ/a", "water": "m3/a"}
    flows = []
    for who, out, name, value, fate, temperature in rows:
        role = ROLES.get(name, "by-product" if out else "raw material")
        more = {"temperature": temperature} if role == "heat" else {}
        flows.append(
            flow(
                who,
                "",
                "out" if out else "in",
                role,
                name,
                value,
                unit.get(role, "t/a"),
                **more | ({"fate": fate} if out else {}),
            )
        )
    return park(*flows, firms=FIRMS)


def plain(result):
    return [
        (
            o.id,
            o.way,
            o.types,
            o.replaces,
            round(o.quantity.value, 6),
            o.limits,
            round(o.score, 9),
            o.rank_range,
            o.place,
        )
        for o in result.opportunities
    ]


@settings(max_examples=80, deadline=None)
@given(parks(), st.randoms(use_true_random=False))
def test_the_order_of_firms_and_rows_does_not_matter(inventory, random):
    flows, firms = list(inventory.flows), list(inventory.firms)
    random.shuffle(flows)
    random.shuffle(firms)
    shuffled = replace(inventory, flows=tuple(flows), firms=tuple(firms))
    chosen = Settings(draws=5)
    one, other = (discover(i, 2012, known(*TYPES), chosen) for i in (inventory, shuffled))
    assert plain(one) == plain(other)
    assert [o.id for o in one.failed] == [o.id for o in other.failed]
    assert [(a.industry, round(a.total.value, 6)) for a in one.anchors] == [
        (a.industry, round(a.total.value, 6)) for a in other.anchors
    ]


@settings(max_examples=80, deadline=None)
@given(parks())
def test_what_is_found_holds_together(inventory):
    result = discover(inventory, 2012, known(*TYPES), Settings(draws=7))
    n = len(result.opportunities)
    assert [o.place for o in result.opportunities] == list(range(1, n + 1))
    assert len({o.id for o in result.opportunities}) == n
    for one in result.opportunities:
        assert one.donor.id != one.receiver.id
        assert 0 < one.quantity.value <= one.supply.unused.value * (1 + 1e-9)
        assert one.supply.unused.value <= sum(f.quantity.value for f in one.supply.flows) * (1 + 1e-9)
        if one.demand and one.rate:
            assert one.quantity.value * one.rate <= one.demand.amount.value * (1 + 1e-9)
        assert set(one.components) == {"evidence", "fit", "quantity", "distance", "gain", "data"}
        assert all(0 <= c <= 1 for c in (*one.components.values(), one.score))
        assert 1 <= one.rank_range[0] <= one.rank_range[1] <= n
        for rival in one.rivals:
            other = result.opportunities[rival]
            assert other is not one
            assert (other.donor, other.stream) == (one.donor, one.stream) or other.receiver == one.receiver
        assert one.rival_count == len(one.rivals)
        for lang in ("en", "zh"):
            assert all(p.text(lang) for p in (*one.reasons, *one.questions, *one.remedies))


def test_an_empty_park_has_nothing():
    result = found(park(firms=()), *TYPES)
    assert (result.opportunities, result.failed, result.anchors, result.questions) == ((), (), (), ())


def test_a_firm_called_city_is_no_city():
    firms = (firm("steel", STEEL, (26.0, 106.0)), Firm("city", "City Cement", CEMENT))
    one = only(found(park(slag(), firms=firms), kind(replaces=[LIMESTONE])))
    assert one.receiver.name == "City Cement"
    assert {q.code for q in one.questions} >= {"discover.ask_demand", "discover.ask_place"}


def test_a_type_that_needs_a_demand_is_doubtful_where_others_were_told():
    needy = replace(kind(replaces=[LIMESTONE]), needs_demand=True)
    doubtful = only(found(park(slag(), bought("iron ore", 5)), needy))
    untold = only(found(park(slag()), needy))
    told = only(found(park(slag(), bought("limestone", 5)), needy))
    assert [(o.fit, o.doubtful) for o in (doubtful, untold, told)] == [
        ("possible", True),
        ("possible", False),
        ("yes", False),
    ]
    evidence = [o.components["evidence"] for o in (doubtful, untold, told)]
    assert evidence == sorted(evidence)
    assert evidence[0] == pytest.approx(0.3 * evidence[1])
    assert "discover.doubtful" in [n.code for n in doubtful.reasons]


# --- listed uses and usual needs ------------------------------------------------------------------------------------
LISTED = kind("listed", donors=(), receivers=(CEMENT,), status="reported")


def test_a_listed_use_holds_whoever_the_donor_is():
    base = replace(known(), listed={"listed": LISTED})
    firms = (firm("mine", "0810"), firm("cement", CEMENT), firm("lime", "3012"))
    result = discover(park(slag(who="mine"), firms=firms), 2012, base, Settings(draws=0))
    first, kin = result.opportunities
    assert (first.receiver.id, first.way, first.types, first.demand) == (
        "cement",
        "known substitute",
        ("listed",),
        None,
    )
    assert [r.code for r in first.reasons][:1] == ["discover.listed"]
    assert (kin.receiver.id, kin.way) == ("lime", "similar")
    assert not result.anchors, "a catalogue names no donors, so it asks for no firm"


def test_a_documented_type_goes_before_a_listed_use():
    base = replace(known(kind()), listed={"listed": LISTED})
    (one,) = discover(park(slag()), 2012, base, Settings(draws=0)).opportunities
    assert (one.way, one.types) == ("documented", ("t",))


def test_a_firm_that_told_nothing_is_asked_whether_it_takes_in_what_is_usual():
    firms = (firm("tyres", "2911"), firm("reclaim", "2914"))
    rubber = flow("tyres", "", "out", "waste", "waste rubber", 5, fate="landfilled")
    (one,) = found(park(rubber, firms=firms)).opportunities
    assert (one.receiver.id, one.way, one.fit, one.supposed) == ("reclaim", "same material", "possible", True)
    assert one.demand is None
    assert not one.bounded
    assert [r.code for r in one.reasons] == ["discover.usual_input"]
    assert {"discover.ask_demand"} <= {q.code for q in one.questions}
    assert "discover.ask_rate" not in {q.code for q in one.questions}


def test_a_firm_that_told_what_it_takes_in_is_not_supposed_to_take_in_more():
    firms = (firm("tyres", "2911"), firm("reclaim", "2914"))
    rubber = flow("tyres", "", "out", "waste", "waste rubber", 5, fate="landfilled")
    assert not found(park(rubber, bought("limestone", 5, who="reclaim"), firms=firms)).opportunities


@pytest.mark.parametrize("industry", ["", CITY])
def test_nothing_is_usual_where_the_industry_is_not_told(industry):
    rubber = flow("tyres", "", "out", "waste", "waste rubber", 5, fate="landfilled")
    firms = (firm("tyres", "2911"), firm("who", industry))
    assert not found(park(rubber, firms=firms)).opportunities


# --- names ----------------------------------------------------------------------------------------------------------
def tailings_are_slag(texts):
    return encode([text.replace("tailings", "slag") for text in texts]) + 0.1 * encode(texts)


MODEL = NameModel("tiny", tailings_are_slag)


def test_what_is_called_alike_is_found_by_names_alone_and_says_so():
    firms = (firm("mine", "0911"), firm("works", "3011"))
    tailings = flow("mine", "", "out", "waste", "copper tailings", 5, fate="stored")
    inventory = park(tailings, bought("copper slag", 100, who="works"), firms=firms)
    assert not found(inventory).opportunities
    (one,) = found(inventory, names=MODEL).opportunities
    assert (one.way, one.replaces, one.rate, one.likeness.material, one.likeness.model) == (
        "names", "slag.copper", None, "slag.copper", "tiny",
    )  # fmt: skip
    assert 0 < one.likeness.similarity <= 1
    (reason,) = [r for r in one.reasons if r.code == "discover.by_names"]
    for lang in ("en", "zh"):
        assert "tiny" in reason.text(lang)
    assert "goes into" not in reason.text("en")
    known_way = found(park(slag(), bought("steel slag", 100)), names=MODEL).opportunities
    assert [o.way for o in known_way if o.receiver.id == "cement"] == ["same material"], "what is surer goes before"


def test_a_stream_called_alike_to_that_of_a_type_goes_where_the_type_goes():
    firms = (firm("mine", "0911"), firm("works", "3011"))
    tailings = flow("mine", "", "out", "waste", "copper tailings", 5, fate="stored")
    slags = kind(streams=("slag.copper",), replaces=[LIMESTONE])
    (one,) = found(park(tailings, firms=firms), slags, names=MODEL).opportunities
    assert (one.way, one.types, one.rate) == ("names", ("t",), None)
    assert "Type t" in next(r for r in one.reasons if r.code == "discover.by_names").text("en")
    sure = found(park(flow("mine", "", "out", "waste", "copper slag", 5, fate="stored"), firms=firms), slags)
    assert one.components["evidence"] <= sure.opportunities[0].components["evidence"]


def test_heat_and_water_have_no_names():
    firms = (firm("a", STEEL), firm("b", CEMENT))
    warm = flow("a", "", "out", "water", "softened water", 9, "m3/a")
    inventory = park(warm, bought("tap water", 9, "m3/a", who="b", role="water"), firms=firms)
    assert not [o for o in found(inventory, names=MODEL, water={}).opportunities if o.way == "names"]
