"""The candidate search, against a plain double loop, and by its rules one by one."""

import dataclasses
import functools
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.discover import _best, _near
from lichen.discover.arrays import Rule, Streams, Weights
from lichen.discover.search import Candidates, search, search_partitioned
from lichen.errors import InputError, LabelError, language
from lichen.vocabulary.materials import ancestors

MATERIALS = ("slag.steel", "slag.phosphorus", "slag", "ash.fly.coal", "mineral.limestone", "cement.clinker")
INDUSTRIES = ("30", "3011", "3012", "31", "311", "city")
PLACES = (0.0, 0.1, 0.15, 26.5, 26.6, 106.7, -179.95, 179.95)
WEIGHTS = Weights(unknown=0.5, half_km=30.0, half_quantity=100.0)
NAN = math.nan


def streams(rows, materials=MATERIALS, industries=INDUSTRIES):
    """Streams of (material, industry, firm, latitude, longitude, quantity[, capacity])."""
    full = [(*row, NAN)[:7] for row in rows]
    material, industry, firm, latitude, longitude, quantity, capacity = zip(*full, strict=True) if full else [()] * 7
    return Streams(
        materials, industries, [materials.index(m) if m else -1 for m in material],
        [industries.index(i) if i else -1 for i in industry], firm, latitude, longitude, quantity, capacity,
    )  # fmt: skip


def one(material="slag.steel", industry="3011", firm=1, latitude=26.5, longitude=106.7, quantity=100.0, capacity=NAN):
    return streams([(material, industry, firm, latitude, longitude, quantity, capacity)])


def found(supply, demand, rule, weights=WEIGHTS, **options):
    return search(supply, demand, [rule], weights=weights, **options)


# --- the double loop ------------------------------------------------------------------------------------------------
def haversine(a, b, c, d):
    a, b, c, d = map(math.radians, (a, b, c, d))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * 6371.0088 * math.asin(min(math.sqrt(h), 1.0))


def fits(streams, k, materials, industries):
    m, i = streams.material[k], streams.industry[k]
    if m < 0 or not {streams.materials[m], *ancestors(streams.materials[m])} & set(materials):
        return False
    return not industries or (i >= 0 and any(streams.industries[i].startswith(p) for p in industries))


def judged(supplies, demands, rule, w, s, d, road):
    """Return (distance, quantity, score) of a pair, or None."""
    if not (fits(supplies, s, rule.streams, rule.donors) and fits(demands, d, rule.demands, rule.receivers)):
        return None
    if supplies.firm[s] == demands.firm[d] >= 0:
        return None
    km = road * haversine(supplies.latitude[s], supplies.longitude[s], demands.latitude[d], demands.longitude[d])
    if rule.max_km is not None and km > rule.max_km:
        return None
    q, wanted, capacity = supplies.quantity[s], demands.quantity[d], demands.capacity[d]
    if 0 in (q, wanted, capacity):
        return None
    score = rule.evidence**w.evidence
    score *= w.unknown if math.isnan(km) else 0.5 ** (km / w.half_km)
    if rule.rate is None or math.isnan(q) or math.isnan(wanted):
        return km, NAN, score * w.unknown**w.fit * w.unknown
    limits = [q, wanted / rule.rate]
    if rule.cap is not None:
        limits.append(rule.cap * wanted / rule.rate)
    if not math.isnan(capacity):
        limits.append(capacity)
    quantity = min(limits)
    return km, quantity, score * (quantity / min(limits[:2])) ** w.fit * quantity / (quantity + w.half_quantity)


def double_loop(supplies, demands, rules, weights, road):
    every = {
        (s, d, r): judged(supplies, demands, rule, weights, s, d, road)
        for s in range(len(supplies)) for d in range(len(demands)) for r, rule in enumerate(rules)
    }  # fmt: skip
    return {key: value for key, value in every.items() if value is not None}


coordinates = st.one_of(st.sampled_from(PLACES), st.just(NAN))
amounts = st.one_of(st.sampled_from([0.0, 1.0, 50.0, 1e4]), st.floats(0.001, 1e6), st.just(NAN))
row = st.tuples(
    st.sampled_from(MATERIALS), st.sampled_from(INDUSTRIES), st.integers(-2, 4),
    st.one_of(st.sampled_from([x for x in PLACES if abs(x) <= 90]), st.just(NAN)), coordinates, amounts,
    st.one_of(st.just(NAN), amounts),
)  # fmt: skip
some = st.lists(row, max_size=8).map(streams)
codes = st.lists(st.sampled_from(MATERIALS), min_size=1, max_size=3).map(tuple)
sectors = st.lists(st.sampled_from(["30", "3011", "31", "3", "city", "45"]), max_size=2).map(tuple)
one_rule = st.builds(
    Rule, id=st.just("r"), streams=codes, demands=codes, donors=sectors, receivers=sectors,
    rate=st.one_of(st.none(), st.floats(0.1, 3.0)), cap=st.one_of(st.none(), st.floats(0.01, 1.0)),
    max_km=st.sampled_from([None, 0.0, 14.0, 30.0, 400.0, 19_000.0, 30_000.0]), evidence=st.floats(0.0, 1.0),
)  # fmt: skip
some_rules = st.lists(one_rule, max_size=4).map(
    lambda rules: [dataclasses.replace(rule, id=str(k)) for k, rule in enumerate(rules)]
)
some_weights = st.builds(
    Weights, unknown=st.floats(0.0, 1.0), half_km=st.floats(1.0, 1000.0), half_quantity=st.floats(0.1, 1e4),
    evidence=st.sampled_from([0.0, 1.0, 2.0]), fit=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(some, some, some_rules, some_weights, st.sampled_from([1.0, 1.3]))
def test_it_finds_what_a_double_loop_finds(supplies, demands, rules, weights, road):
    result = search(supplies, demands, rules, weights=weights, road_factor=road)
    wanted = double_loop(supplies, demands, rules, weights, road)
    keys = list(zip(result.supply.tolist(), result.demand.tolist(), result.rule.tolist(), strict=True))
    assert sorted(keys) == sorted(wanted)
    assert result.found == len(wanted)
    for column, values in enumerate((result.distance_km, result.quantity, result.score)):
        expected = np.array([wanted[key][column] for key in keys])
        np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-9)
    assert not np.isnan(result.score).any()
    assert ((result.score >= 0) & (result.score <= 1)).all()
    order = list(zip(-result.score, keys, strict=True))
    assert order == sorted(order)


def limited(result: Candidates, most, per_supply):
    """Return the positions in a full result of the best of each supply, and of these the best."""
    places, taken = [], {}
    for place, s in enumerate(result.supply.tolist()):
        taken[s] = taken.get(s, 0) + 1
        if per_supply is None or taken[s] <= per_supply:
            places.append(place)
    return places[:most]


def same(one: Candidates, other: Candidates, places=slice(None)):
    for field in dataclasses.fields(Candidates):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name == "found":
            assert a == b
        else:
            np.testing.assert_array_equal(a, b[places], err_msg=field.name)


limits = st.one_of(st.none(), st.integers(1, 6))


@settings(max_examples=150, deadline=None)
@given(some, some, some_rules, some_weights, limits, limits, st.integers(1, 9))
def test_limits_and_blocks_change_nothing_else(supplies, demands, rules, weights, most, per_supply, blocks):
    every = search(supplies, demands, rules, weights=weights)
    result = search(supplies, demands, rules, weights=weights, most=most, per_supply=per_supply)
    same(result, every, limited(every, most, per_supply))
    parted = search_partitioned(
        supplies, demands, rules, blocks=blocks, weights=weights, most=most, per_supply=per_supply
    )
    same(parted, result)


def region(n, seed, ties=False):
    """A region with towns; with ``ties`` only a few different scores occur."""
    rng = np.random.default_rng(seed)
    towns = rng.uniform((25, 105), (27, 108), (12, 2))
    place = towns[rng.integers(0, 12, n)] + (0 if ties else rng.normal(0, 0.1, (n, 2)))
    place[rng.random(n) < 0.03] = NAN
    quantity = rng.choice([1.0, 2.0], n) if ties else rng.lognormal(3, 2, n)
    return Streams(
        MATERIALS, INDUSTRIES, rng.integers(-1, len(MATERIALS), n), rng.integers(-1, len(INDUSTRIES), n),
        rng.integers(0, n // 3, n), place[:, 0], place[:, 1], quantity,
        np.where(rng.random(n) < 0.5, NAN, rng.lognormal(2, 2, n) if not ties else 1.0),
    )  # fmt: skip


REGION_RULES = (
    Rule("same", ("slag.steel",), ("slag.steel",), max_km=40.0),
    Rule("group", ("slag",), ("mineral.limestone", "cement.clinker"), ("30",), (), 0.8, 0.3, 60.0, 0.7),
    Rule("far", ("ash.fly.coal",), ("cement.clinker",), (), ("31",), None, None, None, 0.9),
)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("most", "per_supply"), [(50, None), (None, 3), (40, 2), (1000, 5)])
def test_small_blocks_and_little_room_give_the_same(monkeypatch, ties, most, per_supply):
    supplies, demands = region(800, 1, ties), region(600, 2, ties)
    weights = Weights(0.5) if ties else WEIGHTS
    every = search(supplies, demands, REGION_RULES, weights=weights)
    assert every.found > 5_000
    monkeypatch.setattr(_near, "BLOCK", 150)
    monkeypatch.setattr(_best, "_ROOM", 100)
    result = search(supplies, demands, REGION_RULES, weights=weights, most=most, per_supply=per_supply)
    same(result, every, limited(every, most, per_supply))
    for blocks in (1, 2, 7, 400, 1000):
        same(search_partitioned(supplies, demands, REGION_RULES, blocks=blocks, weights=weights, most=most,
                                per_supply=per_supply), result)  # fmt: skip


def test_memory_is_bounded_by_what_is_asked_for(monkeypatch):
    monkeypatch.setattr(_best, "_ROOM", 100)
    sizes = []
    sort = _best.Best._sort
    monkeypatch.setattr(_best.Best, "_sort", lambda self: (sizes.append(self._size), sort(self)))
    monkeypatch.setattr(_near, "BLOCK", 150)
    result = search(region(800, 1), region(600, 2), REGION_RULES, weights=WEIGHTS, most=20)
    assert sizes
    assert max(sizes) < 1000 < result.found / 5


def test_blocks_can_be_sent_to_other_processes():
    def sent(function, parts):
        return [pickle.loads(pickle.dumps(function))(pickle.loads(pickle.dumps(part))) for part in parts]

    supplies, demands = region(200, 3), region(200, 4)
    whole = search(supplies, demands, REGION_RULES, weights=WEIGHTS, most=30)
    parted = search_partitioned(supplies, demands, REGION_RULES, blocks=3, map_=sent, weights=WEIGHTS, most=30)
    same(parted, whole)


def test_the_order_of_streams_and_rules_changes_no_pair():
    supplies, demands = region(150, 5), region(150, 6)
    turned = Streams(
        MATERIALS, INDUSTRIES,
        *(getattr(supplies, f.name)[::-1] for f in dataclasses.fields(Streams) if f.name not in ("materials", "industries")),
    )  # fmt: skip
    one_way = search(supplies, demands, REGION_RULES, weights=WEIGHTS)
    other = search(turned, demands, REGION_RULES[::-1], weights=WEIGHTS)
    a = sorted(zip(one_way.supply, one_way.demand, one_way.rule, one_way.score, strict=True))
    b = sorted(zip(149 - other.supply, other.demand, 2 - other.rule, other.score, strict=True))
    assert a == b


# --- hierarchy and sectors --------------------------------------------------------------------------------------------
def test_a_code_stands_for_everything_below_it():
    demand = one("mineral.limestone", "30", 2)
    assert len(found(one("slag.steel"), demand, Rule("r", ("slag",), ("mineral.limestone",)))) == 1
    assert len(found(one("slag"), demand, Rule("r", ("slag",), ("mineral.limestone",)))) == 1
    assert len(found(one("slag"), demand, Rule("r", ("slag.steel",), ("mineral.limestone",)))) == 0
    assert len(found(one("ash.fly.coal"), demand, Rule("r", ("slag",), ("mineral.limestone",)))) == 0


def test_a_code_named_twice_or_with_its_parent_gives_each_pair_once():
    result = found(
        one(), one("mineral.limestone", "30", 2), Rule("r", ("slag", "slag.steel", "slag"), ("mineral.limestone",) * 2)
    )
    assert result.found == len(result) == 1


def test_an_own_hierarchy_can_be_given():
    supply = Streams(("a.b.c",), ("x",), [0], [0], [1], [0.0], [0.0], [5.0])
    demand = Streams(("q",), ("x",), [0], [0], [2], [0.0], [0.0], [5.0])
    above = {"a.b.c": ("a.b", "a"), "a.b": ("a",), "a": (), "q": ()}
    for code, count in {"a.b.c": 1, "a.b": 1, "a": 1, "q": 0}.items():
        assert len(found(supply, demand, Rule("r", (code,), ("q",)), above=above.__getitem__)) == count


@pytest.mark.parametrize(
    ("donors", "receivers", "count"),
    [((), (), 1), (("30",), (), 1), (("301",), (), 1), (("3012",), (), 0), (("31",), (), 0), (("31", "30"), (), 1),
     ((), ("31",), 1), ((), ("3110",), 0), (("30",), ("30",), 0)],
)  # fmt: skip
def test_industries_are_prefixes(donors, receivers, count):
    rule = Rule("r", ("slag",), ("mineral.limestone",), donors, receivers)
    assert len(found(one(industry="3011"), one("mineral.limestone", "311", 2), rule)) == count


def test_an_unknown_industry_fits_only_where_any_does():
    supply = one(industry=None)
    assert len(found(supply, one("mineral.limestone", "30", 2), Rule("r", ("slag",), ("mineral.limestone",)))) == 1
    assert (
        len(
            found(
                supply, one("mineral.limestone", "30", 2), Rule("r", ("slag",), ("mineral.limestone",), ("city", "30"))
            )
        )
        == 0
    )


def test_an_unknown_material_fits_nothing():
    assert len(found(one(None), one("mineral.limestone", "30", 2), Rule("r", ("slag",), ("mineral.limestone",)))) == 0


# --- firms --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("donor", "receiver", "count"), [(1, 2, 1), (1, 1, 0), (-1, -1, 1), (-2, -2, 1), (0, 0, 0), (-2, -1, 1)])  # fmt: skip
def test_a_firm_does_not_exchange_with_itself(donor, receiver, count):
    assert len(found(one(firm=donor), one("slag.steel", "30", receiver), Rule("r", ("slag",), ("slag",)))) == count


# --- places -------------------------------------------------------------------------------------------------------------
def test_one_degree_of_latitude():
    result = found(one(latitude=26.0), one(latitude=27.0, firm=2), Rule("r", ("slag",), ("slag",)), road_factor=1.25)
    assert result.distance_km[0] == pytest.approx(1.25 * math.pi / 180 * 6371.0088, rel=1e-12)


def test_the_road_factor_counts_for_the_limit():
    near, far = one(latitude=26.0), one(latitude=26.1, firm=2)  # 11.1 km
    rule = Rule("r", ("slag",), ("slag",), max_km=12.0)
    assert len(found(near, far, rule)) == 1
    assert len(found(near, far, rule, road_factor=1.2)) == 0


def test_the_limit_itself_is_within():
    supply, demand = one(latitude=26.0), one(latitude=26.1, firm=2)
    km = float(found(supply, demand, Rule("r", ("slag",), ("slag",))).distance_km[0])
    assert len(found(supply, demand, Rule("r", ("slag",), ("slag",), max_km=km))) == 1
    assert len(found(supply, demand, Rule("r", ("slag",), ("slag",), max_km=km * (1 - 1e-11)))) == 0


def test_the_180th_meridian_and_the_poles_are_no_borders():
    rule = Rule("r", ("slag",), ("slag",), max_km=30.0)
    across = found(one(latitude=0.0, longitude=179.9), one(latitude=0.0, longitude=-179.9, firm=2), rule)
    assert across.distance_km[0] == pytest.approx(22.239, abs=1e-3)
    assert len(found(one(latitude=89.9, longitude=0.0), one(latitude=89.9, longitude=180.0, firm=2), rule)) == 1


def test_the_same_place_and_the_other_end_of_the_world():
    assert found(one(), one(firm=2), Rule("r", ("slag",), ("slag",), max_km=0.0)).distance_km[0] == 0
    antipode = one(latitude=-26.5, longitude=-73.3, firm=2)
    half = math.pi * 6371.0088
    assert found(one(), antipode, Rule("r", ("slag",), ("slag",))).distance_km[0] == pytest.approx(half, rel=1e-7)
    assert len(found(one(), antipode, Rule("r", ("slag",), ("slag",), max_km=half - 10))) == 0


@pytest.mark.parametrize(("latitude", "longitude"), [(NAN, 106.7), (26.5, NAN), (NAN, NAN)])
def test_an_unknown_place_is_kept_and_scored_as_unknown(latitude, longitude):
    rule = Rule("r", ("slag",), ("slag",), max_km=1.0)
    for supply, demand in ((one(latitude=latitude, longitude=longitude), one(firm=2)),
                           (one(), one(firm=2, latitude=latitude, longitude=longitude))):  # fmt: skip
        result = found(supply, demand, rule, Weights(0.25, half_km=10.0))
        assert np.isnan(result.distance_km[0])
        assert result.score[0] == 0.25
        assert len(found(supply, demand, rule, unknown_places=False)) == 0


# --- quantities ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("supply", "demand", "capacity", "rate", "cap", "quantity", "fit"),
    [
        (100.0, 300.0, NAN, 1.0, None, 100.0, 1.0),
        (100.0, 30.0, NAN, 1.0, None, 30.0, 1.0),
        (100.0, 30.0, NAN, 0.5, None, 60.0, 1.0),  # half as good: it takes twice as much
        (100.0, 300.0, NAN, 1.0, 0.2, 60.0, 0.6),
        (100.0, 300.0, 25.0, 1.0, 0.2, 25.0, 0.25),
        (NAN, 300.0, 25.0, 1.0, None, NAN, 0.5),
        (100.0, NAN, NAN, 1.0, 0.2, NAN, 0.5),
        (100.0, 300.0, NAN, None, None, NAN, 0.5),
    ],
)
def test_the_quantity_is_the_smallest_of_all_limits(supply, demand, capacity, rate, cap, quantity, fit):
    rule = Rule("r", ("slag",), ("mineral.limestone",), rate=rate, cap=cap)
    result = found(
        one(quantity=supply), one("mineral.limestone", "30", 2, quantity=demand, capacity=capacity), rule, Weights(0.5)
    )
    np.testing.assert_allclose(result.quantity, [quantity])
    np.testing.assert_allclose(result.score, [fit])


@pytest.mark.parametrize(
    ("supply", "demand", "capacity"),
    [(0.0, 1.0, NAN), (1.0, 0.0, NAN), (1.0, 1.0, 0.0), (0.0, NAN, NAN), (NAN, 0.0, NAN), (NAN, NAN, 0.0)],
)
def test_where_nothing_can_flow_there_is_no_candidate(supply, demand, capacity):
    for rate in (1.0, None):
        rule = Rule("r", ("slag",), ("mineral.limestone",), rate=rate)
        assert (
            len(
                found(one(quantity=supply), one("mineral.limestone", "30", 2, quantity=demand, capacity=capacity), rule)
            )
            == 0
        )


def test_the_capacity_of_a_supply_does_not_count():
    assert len(found(one(capacity=0.0), one(firm=2), Rule("r", ("slag",), ("slag",)))) == 1


# --- score --------------------------------------------------------------------------------------------------------------
def test_each_part_of_the_score():
    rule = Rule("r", ("slag",), ("slag",), cap=0.5, evidence=0.8)
    supply, demand = one(latitude=26.0), one(firm=2, latitude=26.0 + math.degrees(20 / 6371.0088))  # 20 km, 50 of 100 t
    for weights, score in {
        Weights(0.0, evidence=0.0, fit=0.0): 1.0,
        Weights(0.0, fit=0.0): 0.8,
        Weights(0.0, evidence=2.0, fit=0.0): 0.64,
        Weights(0.0, evidence=0.0): 0.5,
        Weights(0.0, evidence=0.0, fit=2.0): 0.25,
        Weights(0.0, 20.0, evidence=0.0, fit=0.0): 0.5,
        Weights(0.0, 10.0, evidence=0.0, fit=0.0): 0.25,
        Weights(0.0, None, 50.0, evidence=0.0, fit=0.0): 0.5,
        Weights(0.0, 20.0, 50.0): 0.8 * 0.5 * 0.5 * 0.5,
    }.items():
        assert found(supply, demand, rule, weights).score[0] == pytest.approx(score, rel=1e-9)


@settings(max_examples=100, deadline=None)
@given(
    st.floats(0, 500), st.floats(0, 500), st.floats(0.05, 1), st.floats(0.05, 1), st.floats(1, 1e5), st.floats(1, 1e5)
)
def test_the_score_is_monotone(near, far, weak, strong, little, much):
    near, far = sorted((near, far))
    weak, strong = sorted((weak, strong))
    little, much = sorted((little, much))

    def score(km=10.0, evidence=0.5, quantity=10.0, cap=0.5):
        rule = Rule("r", ("slag",), ("slag",), evidence=evidence, cap=cap)
        place = 26.0 + math.degrees(km / 6371.0088)
        return found(one(latitude=26.0, quantity=quantity), one(firm=2, latitude=place, quantity=quantity), rule).score[
            0
        ]

    assert score(km=near) >= score(km=far) - 1e-12
    assert score(evidence=weak) <= score(evidence=strong)
    assert score(cap=weak) <= score(cap=strong)
    assert score(quantity=little) <= score(quantity=much)


def test_equal_scores_stand_in_the_order_of_supply_demand_and_rule():
    many = streams([("slag.steel", "30", -1, 26.5, 106.7, 1.0)] * 4)
    rules = [Rule(name, ("slag",), ("slag",)) for name in "ab"]
    result = search(many, many, rules, weights=Weights(1.0), most=5)
    assert result.supply.tolist() == [0] * 5
    assert result.demand.tolist() == [0, 0, 1, 1, 2]
    assert result.rule.tolist() == [0, 1, 0, 1, 0]
    assert result.found == 32


def test_results_are_read_only():
    result = found(one(), one(firm=2), Rule("r", ("slag",), ("slag",)))
    with pytest.raises(ValueError, match="read-only"):
        result.score[0] = 1.0


# --- nothing ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("blocks", [None, 1, 3])
def test_nothing_gives_nothing(blocks):
    run = search if blocks is None else functools.partial(search_partitioned, blocks=blocks)
    rule, nothing = Rule("r", ("slag",), ("slag",)), streams([])
    for supplies, demands, rules in ((nothing, one(), [rule]), (one(), nothing, [rule]), (one(), one(firm=2), [])):
        result = run(supplies, demands, rules, weights=WEIGHTS, most=3, per_supply=2)
        assert len(result) == result.found == 0
        assert result.supply.dtype == np.int64
    no_lists = Streams((), (), [-1], [-1], [1], [0.0], [0.0], [1.0])
    assert len(run(no_lists, no_lists, [rule], weights=WEIGHTS)) == 0


# --- what is refused ----------------------------------------------------------------------------------------------------
GOOD = {"material": [0], "industry": [0], "firm": [1], "latitude": [0.0], "longitude": [0.0], "quantity": [1.0]}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"material": [6]}, "material of stream 0 is 6"),
        ({"industry": [-2]}, "industry of stream 0 is -2"),
        ({"material": [0.5]}, "material is not"),
        ({"material": ["0"]}, "material is not"),
        ({"firm": [[1]]}, "firm is not"),
        ({"quantity": [[1.0], [1.0, 2.0]]}, "quantity is not"),
        ({"quantity": ["1.234"]}, "quantity is not"),
        ({"quantity": [1.0, 2.0]}, "quantity has 2 entries"),
        ({"quantity": [-1.0]}, "quantity of stream 0 is -1"),
        ({"quantity": [math.inf]}, "quantity of stream 0 is inf"),
        ({"capacity": [-1.0]}, "capacity of stream 0"),
        ({"latitude": [91.0]}, "latitude of stream 0 is 91"),
        ({"longitude": [181.0]}, "longitude of stream 0"),
    ],
)
def test_streams_that_cannot_be(change, text):
    with pytest.raises(InputError) as caught, language("en"):
        Streams(MATERIALS, INDUSTRIES, **{**GOOD, **change})
    assert text in caught.value.text("en")
    assert caught.value.text("zh")


def test_all_that_is_wrong_with_streams_is_told_together():
    with pytest.raises(InputError) as caught:
        Streams(MATERIALS, INDUSTRIES, **{**GOOD, "latitude": [95.0], "quantity": [-1.0], "material": [9]})
    assert [p.code for p in caught.value.problems] == ["candidates.code", "candidates.number", "candidates.number"]


def test_masked_entries_are_unknown():
    masked = np.ma.masked_array
    made = Streams(MATERIALS, INDUSTRIES, masked([3], [True]), **{**{k: v for k, v in GOOD.items() if k != "material"},
                   "quantity": masked([5], [True])})  # fmt: skip
    assert made.material[0] == -1
    assert np.isnan(made.quantity[0])


def test_streams_do_not_change_with_what_they_were_made_of():
    given_ = np.array([1.0])
    made = Streams(MATERIALS, INDUSTRIES, **{**GOOD, "quantity": given_})
    given_[0] = 2.0
    assert made.quantity[0] == 1.0
    assert not made.quantity.flags.writeable


@pytest.mark.parametrize(
    "change",
    [{"rate": 0.0}, {"rate": -1.0}, {"rate": NAN}, {"cap": 0.0}, {"cap": 1.1}, {"max_km": -1.0}, {"max_km": NAN},
     {"evidence": 1.1}, {"evidence": NAN}, {"evidence": None}, {"streams": ()}, {"demands": ()}],
)  # fmt: skip
def test_rules_that_cannot_be(change):
    rule = dataclasses.replace(Rule("the rule", ("slag",), ("slag",)), **change)
    with pytest.raises(InputError) as caught:
        found(one(), one(), rule)
    assert len(caught.value.problems) == 1
    for lang in ("en", "zh"):
        assert "the rule" in caught.value.text(lang)


@pytest.mark.parametrize(
    ("weights", "options"),
    [(Weights(1.1), {}), (Weights(NAN), {}), (Weights(0.5, half_km=0.0), {}), (Weights(0.5, half_quantity=-1.0), {}),
     (Weights(0.5, evidence=-1.0), {}), (Weights(0.5, fit=NAN), {}), (WEIGHTS, {"most": 0}), (WEIGHTS, {"most": 2.5}),
     (WEIGHTS, {"per_supply": -1}), (WEIGHTS, {"road_factor": 0.9}), (WEIGHTS, {"road_factor": NAN})],
)  # fmt: skip
def test_weights_and_options_that_cannot_be(weights, options):
    with pytest.raises(InputError) as caught:
        found(one(), one(), Rule("r", ("slag",), ("slag",)), weights, **options)
    code = "candidates.whole" if options.keys() & {"most", "per_supply"} else "candidates.option"
    assert [p.code for p in caught.value.problems] == [code]


def test_everything_wrong_with_rules_and_options_is_told_together():
    rules = [Rule("a", (), ("slag",), evidence=2.0), Rule("a", ("slag",), ("slag",), rate=0.0)]
    with pytest.raises(InputError) as caught:
        search(one(), one(), rules, weights=Weights(3.0), most=0)
    assert sorted(p.code.partition(".")[2] for p in caught.value.problems) == [
        "option", "rule_doubled", "rule_empty", "rule_number", "rule_number", "whole",
    ]  # fmt: skip


@pytest.mark.parametrize("blocks", [0, -1, 1.5])
def test_blocks_that_cannot_be(blocks):
    with pytest.raises(InputError, match="blocks"):
        search_partitioned(one(), one(), [], blocks=blocks, weights=WEIGHTS)


def test_unknown_materials_are_named():
    strange = Streams(("slag.steel", "slak", "mineral.limestoen"), ("30",), [0], [0], [1], [0.0], [0.0], [1.0])
    rule = Rule("r", ("slag",), ("slag",))
    with pytest.raises(LabelError) as caught:
        found(strange, one(), rule)
    assert len(caught.value.problems) == 2
    assert "limestone" in caught.value.text("en")
    with pytest.raises(LabelError, match="gypsom"):
        found(one(), one(), dataclasses.replace(rule, demands=("gypsom",)))
