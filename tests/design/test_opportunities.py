"""Opportunities become a network: rivals share, costs are asked for, quantities come back."""

from dataclasses import replace
from math import inf

import pytest

from lichen.design.binding import binding
from lichen.design.carriage import Carriage, HeatLine, carriage
from lichen.design.layout import Content, Layout, Plant, Size, Stage, Via
from lichen.design.network import Limit
from lichen.design.opportunities import chosen, content_of, contents_not_known, prepare
from lichen.design.pipes import Operation
from lichen.design.solve import solve
from lichen.design.terms import terms
from lichen.discover.find import discover
from lichen.figures import Figure
from lichen.inventory.values import Firm, Flow, Inventory, Place
from lichen.knowledge.read import knowledge


def figure(value, unit, **more):
    return Figure(value, unit, "assumed", "test", year=2012, **more)


def flow(firm, direction, role, material, amount, **more):
    return Flow(
        firm, "", direction, role, material, material, Figure(amount, "kt/a", "measured", "scale"), 2012, **more
    )


def place(lat):
    return Place(lat, 106.0, "WGS84", (lat, 106.0))


FIRMS = (
    Firm("power", "Power station", "4411", place(26.0)), Firm("power2", "Power station 2", "4411", place(26.5)),
    Firm("cement", "Cement works", "3011", place(26.1)),
)  # fmt: skip
FLOWS = (
    flow("power", "out", "by-product", "ash.fly.coal", 300, fate="stored"),
    flow("power2", "out", "by-product", "ash.fly.coal", 800, fate="landfill", price=(-15.0, "CNY/t")),
    flow("cement", "in", "raw material", "cement.clinker", 900, price=(260.0, "CNY/t")),
)
COSTS = {
    ("transport", "road"): figure(0.5, "CNY/(t km)", low=0.4, high=0.7),
    ("transport_co2", "road"): figure(0.0001, "tCO2/(t km)"),
    ("treatment", "ash.fly.coal"): figure(20.0, "CNY/t"), ("disposal", "ash.fly.coal"): figure(10.0, "CNY/t"),
}  # fmt: skip


def lookup(costs):
    def find(item, *keys, per):
        for key in keys:
            found = costs.get((item, key))
            if found is not None:
                return found
        return None

    return find


@pytest.fixture(scope="module")
def base():
    return knowledge()


@pytest.fixture(scope="module")
def found(base):
    ways = discover(Inventory(FIRMS, (), FLOWS), 2012, base).opportunities
    return [replace(o, rate=o.rate or 1.0, bounded=True) for o in ways if o.receiver.id == "cement"]


def priced(found, base, costs=COSTS, **more):
    return [terms(o, lookup(costs), base, **more) for o in found]


def test_terms_come_from_the_firm_first_and_say_so(found, base):
    far = next(t for t in priced(found, base) if t.one.donor.id == "power2")
    near = next(t for t in priced(found, base) if t.one.donor.id == "power")
    assert (far.disposal.value, far.disposal.kind) == (15.0, "reported")  # it pays 15 to get rid of it
    assert "power2" in far.disposal.source
    assert (near.disposal.value, near.disposal.kind) == (10.0, "assumed")
    assert near.price.to("CNY/t") == 260.0
    assert near.carriage.cost.to("CNY/t") == pytest.approx(0.5 * near.one.distance_km)
    assert near.carriage.cost.low == pytest.approx(0.4 * near.one.distance_km)
    assert near.cost == pytest.approx(20 + 0.5 * near.one.distance_km)
    assert near.saved == pytest.approx(10 + 260 * near.one.rate)
    assert near.known
    assert {name for name, _ in near.figures()} == {"disposal", "price", "treatment", "carriage", "carriage CO2"}


def test_co2_is_less_carriage_and_treatment(found, base):
    with_grid = priced(found, base, grid="grid_guizhou_2021")[0]
    plain = priced(found, base, {k: v for k, v in COSTS.items() if k[0] != "transport_co2"})[0]
    one = plain.one
    gross = one.gains.co2.value / one.quantity.value
    assert plain.co2 == pytest.approx(gross)
    assert priced(found, base)[0].co2 == pytest.approx(gross - 0.0001 * one.distance_km)
    assert with_grid.co2 <= priced(found, base)[0].co2


def test_rivals_share_a_demand_and_the_nearer_one_wins(found, base):
    prepared = prepare(priced(found, base))
    assert prepared.left_out == ()
    solution = solve(prepared.network)
    assert solution.status == "optimal"
    amounts = {c.terms.one.id: c.quantity for c in chosen(solution, prepared)}
    near = next(o for o in found if o.donor.id == "power")
    far = next(o for o in found if o.donor.id == "power2")
    assert amounts[near.id] == pytest.approx(near.quantity.value)
    total = sum(amounts.values())
    assert amounts[far.id] <= far.quantity.value + 1e-6
    saved = sum(amounts[o.id] * o.rate for o in found)
    by_hand = sum(
        amounts[o.id] * (0.5 * o.distance_km + 20.0) for o in found
    ) + 10 * (300_000 - amounts[near.id]) + 15 * (800_000 - amounts[far.id]) + 260 * (900_000 - saved)  # fmt: skip
    assert solution.objective == pytest.approx(by_hand, rel=1e-9)
    assert solution.measures["waste"] == pytest.approx(1_100_000 - total)


def test_every_missing_cost_is_asked_for(found, base):
    bare = priced([replace(o, distance_km=None) for o in found], base, {})
    near = next(t for t in bare if t.one.donor.id == "power")
    assert {q.code for q in near.questions if q.severity == "warning"} == {
        "design.ask_treatment", "design.ask_disposal", "design.ask_distance",
    }  # fmt: skip
    prepared = prepare(bare)
    assert len(prepared.left_out) == len(found)
    assert prepared.network.links == ()
    assert solve(prepared.network).objective == 0


def test_without_money_nothing_has_to_be_priced(found, base):
    bare = priced(found, base, {})
    prepared = prepare(bare, Layout(money=False))
    solution = solve(prepared.network, "waste")
    assert solution.measures["waste"] < 1_100_000
    assert prepared.left_out == ()


def test_a_receiver_whose_need_is_not_known_takes_no_part(found, base):
    unknown = priced([replace(o, bounded=False) for o in found], base)
    assert prepare(unknown).network.links == ()
    assert {q.code for t in unknown for q in t.questions} >= {"design.ask_need"}
    no_rate = priced([replace(o, rate=None) for o in found], base)
    assert prepare(no_rate, Layout(money=False)).network.links == ()
    assert {q.code for t in no_rate for q in t.questions} >= {"design.ask_rate"}


def test_no_mode_reaches_so_far(found, base):
    short = COSTS | {("reach", "road"): figure(20.0, "km")}
    made = {t.one.donor.id: t for t in priced(found, base, short)}
    assert not made["power"].too_far
    assert made["power2"].too_far  # half a degree and more
    assert made["power2"].questions == ()
    assert [t.one.donor.id for t in prepare(made.values()).left_out] == ["power2"]


def test_the_cheapest_mode_is_taken_with_its_handling(found, base):
    both = COSTS | {("transport", "rail"): figure(0.1, "CNY/(t km)"), ("handling", "rail"): figure(12.0, "CNY/t")}
    one = found[0]
    at = lookup(both)
    assert carriage(one, 20.0, at, modes=("road", "rail")).mode == "road"  # 10 against 14
    far = carriage(one, 200.0, at, modes=("road", "rail"))
    assert (far.mode, far.cost.to("CNY/t")) == ("rail", pytest.approx(32.0))
    assert carriage(one, None, at) is None


def test_equipment_of_its_own_is_built_only_if_it_pays(found, base):
    dear = COSTS | {("investment", o.id): figure(1e9, "CNY") for o in found}
    prepared = prepare(priced(found, base, dear))
    assert all(c.quantity == 0 for c in chosen(solve(prepared.network), prepared))
    cheap = COSTS | {("investment", found[0].id): figure(1000.0, "CNY")}
    prepared = prepare(priced(found, base, cheap))
    assert [f.id for f in prepared.network.facilities] == [f"own {found[0].id}"]
    solution = solve(prepared.network)
    assert solution.flow(found[0].id) > 0
    assert solution.measures["investment"] == pytest.approx(1000)
    none = solve(prepare(priced(found, base, cheap), Layout(budget={0: 999.0})).network)
    assert none.flow(found[0].id) == 0


def test_a_cap_is_shared(found, base):
    capped = [replace(o, rooms={("same", "cement.portland"): 1000.0}) for o in found]
    prepared = prepare(priced(capped, base))
    assert sum(c.quantity for c in chosen(solve(prepared.network), prepared)) == pytest.approx(1000)
    # two kinds of additions to one product get no more together than the larger cap leaves
    apart = [replace(o, rooms={(o.donor.id, "cement.portland"): 700.0 + 300 * n}) for n, o in enumerate(found)]
    prepared = prepare(priced(apart, base))
    amounts = [c.quantity for c in chosen(solve(prepared.network), prepared)]
    assert sum(amounts) == pytest.approx(1000)
    assert min(amounts) <= 700 + 1e-6


def test_stages_and_discounting(found, base):
    one, two = Stage(2013, 3, 0.8, 1.0), Stage(2016, 5, 0.5, 0.7)
    dear = COSTS | {("investment", o.id): figure(1e6, "CNY") for o in found}
    every = priced(found, base, dear)
    layout = Layout((one, two), budget={2013: 0.0})
    prepared = prepare(every, layout)
    solution = solve(prepared.network)
    amounts = {c.terms.one.id: c.by_stage for c in chosen(solution, prepared)}
    assert all(first == 0 < second for first, second in amounts.values())  # nothing may be built in the first stage
    flat = solve(prepare(priced(found, base)).network)
    gain_a_year = float(flat.program.constant[0]) - flat.objective
    gained = float(solution.program.constant[0]) - solution.objective
    assert gained == pytest.approx(gain_a_year * 5 * 0.5 - 2 * 1e6 * 0.7, rel=1e-9)
    assert layout.worth == pytest.approx(3 * 0.8 + 5 * 0.5)


def test_months_give_the_same_year_where_all_can_wait(found, base):
    every = priced(found, base)
    year = solve(prepare(every).network)
    months = prepare(every, Layout(months=True))
    assert len(months.network.periods) == 12
    again = solve(months.network)
    assert again.objective == pytest.approx(year.objective, rel=1e-9)
    assert sum(c.quantity for c in chosen(again, months)) == pytest.approx(year.flows.sum())


def test_a_carbon_price_pays_for_a_longer_way(found, base):
    poor = COSTS | {("treatment", "ash.fly.coal"): figure(250.0, "CNY/t")}
    every = priced(found, base, poor)
    none = solve(prepare(every).network)
    assert none.flows.sum() == 0
    some = solve(prepare(every, Layout(carbon_price=500.0)).network)
    assert some.flows.sum() > 0


def test_the_least_that_is_worth_starting_for(found, base):
    tight = [replace(o, demand=replace(o.demand, amount=o.demand.amount.times(0.3))) for o in found]
    prepared = prepare(priced(tight, base), Layout(least=0.9))
    for one in chosen(solve(prepared.network), prepared):
        assert one.quantity == 0 or one.share >= 0.9 - 1e-9


def test_a_shared_plant_is_built_where_it_is_cheaper(found, base):
    costs = COSTS | {("treatment", "ash.fly.coal"): figure(120.0, "CNY/t")}
    every = priced(found, base, costs)
    plant = Plant("mill", "Mill", (Size("small", 2e5, 5e5), Size("large", 1.2e6, 2e6)), operation=10.0, delivered=0.98)
    vias = [Via(t, plant, 0.5 * (t.one.distance_km or 0), 1.0, t.co2 or 0.0) for t in every]
    alone, shared = solve(prepare(every).network), prepare(every, vias=vias)
    solution = solve(shared.network)
    assert solution.objective < alone.objective
    assert "mill" in solution.steps()
    going = [c for c in chosen(solution, shared) if c.quantity > 0]
    assert {c.plant for c in going} == {"mill"}
    assert solution.measures["investment"] in (5e5, 2e6)
    treated = sum(solution.flow(name) for name in shared.network.facilities[-1].links)
    assert sum(c.quantity for c in going) == pytest.approx(0.98 * treated)
    # what it treats needs no treatment of its own: it takes part without one
    bare = {k: v for k, v in costs.items() if k[0] != "treatment"}
    untreated = priced(found, base, bare)
    ways = [Via(t, plant, 1.0, 1.0, 0.0) for t in untreated]
    assert len(prepare(untreated, vias=ways).kept) == len(found)
    assert prepare(untreated).kept == ()


def test_limits_bind_and_contradict(found, base):
    every = priced(found, base)
    free = solve(prepare(every).network)
    most = -free.measures["co2"] / 2
    held = solve(prepare(every, Layout(limits=(Limit("co2", -most, inf, {"co2": 1.0}),))).network)
    assert held.measures["co2"] == pytest.approx(-most)
    never = solve(prepare(every, Layout(limits=(Limit("co2", -inf, -1e9, {"co2": 1.0}),))).network)
    assert never.status == "infeasible"
    assert never.conflict


def test_an_exchange_of_several_steps_adds_their_costs(found, base):
    kind = next(k for k in base.types.values() if len(k.treatment) > 1 and k.id)
    one = replace(found[0], types=(kind.id,), stream="slag.steel.bof")
    costs = {("treatment", step.id): figure(5.0, "CNY/t", low=4.0, high=7.0) for step in kind.treatment}
    made = terms(one, lookup(costs), base)
    n = len(kind.treatment)
    assert (made.treatment.value, made.treatment.low, made.treatment.high) == (5.0 * n, 4.0 * n, 7.0 * n)
    missing = dict(list(costs.items())[1:])
    assert terms(one, lookup(missing), base).treatment is None


def test_no_treatment_counts_as_nothing_and_is_said(found, base):
    bare = next(k for k in base.types.values() if not k.treatment)
    made = terms(replace(found[0], types=(bare.id,)), lookup({}), base)
    assert (made.treatment.value, made.treatment.kind) == (0.0, "assumed")
    assert "design.no_treatment" in {q.code for q in made.questions}


def test_carriage_can_say_its_co2():
    way = Carriage("road", figure(5.0, "CNY/t"), figure(0.002, "tCO2/t"))
    assert way.co2.to("kgCO2/t") == pytest.approx(2)


HEAT = HeatLine(Operation(115.0, 65.0, 12.0, 100.0, 0.1), 1.0, 0.2, 1.6, 0.027, 4000.0)


def heat_park(km_north, months=()):
    firms = (
        Firm("steel", "Steelworks", "3120", place(26.0)), Firm("laundry", "Laundry", "80", place(26.0 + km_north / 111)),
    )  # fmt: skip
    rows = (
        Flow("steel", "", "out", "heat", "heat.waste.medium", "waste heat", Figure(80, "TJ/a", "measured", "meter"), 2012,
             temperature=180.0, fate="discharged"),
        Flow("laundry", "", "in", "heat", "heat.water.hot", "hot water", Figure(60, "TJ/a", "measured", "meter"), 2012,
             temperature=100.0, price=(45.0, "CNY/GJ"), months=months),
    )  # fmt: skip
    return Inventory(firms, (), rows)


def test_a_heat_line_is_sized_and_loses_heat(base):
    costs = {("heat_pipe", name): figure(cost, "CNY/m") for name, cost in
             (("DN65", 3000.0), ("DN100", 4000.0), ("DN150", 5500.0), ("DN200", 7000.0), ("DN300", 11000.0))}  # fmt: skip
    costs |= {("treatment", code): figure(2.0, "CNY/GJ") for code in ("heat.waste.medium",)}
    found = [o for o in discover(heat_park(1.5), 2012, base).opportunities if o.unit == "GJ/a"]
    made = [terms(o, lookup(costs), base, heat=HEAT) for o in found]
    one = next(t for t in made if t.line is not None)
    assert one.known
    assert one.disposal.value == 0  # heat that is let off costs nothing
    assert 0.8 < one.line.delivered < 1
    prepared = prepare([one], Layout(stages=(Stage(2013, 10, 0.67, 1.0),)))
    (line,) = [f for f in prepared.network.facilities if f.id.startswith("line ")]
    km = one.one.distance_km
    assert {s.id for s in line.steps} <= {"DN65", "DN100", "DN150", "DN200", "DN300"}
    assert all(
        s.fixed["cost"].to("CNY") == pytest.approx(costs["heat_pipe", s.id].value * km * 1000) for s in line.steps
    )
    solution = solve(prepared.network)
    (built,) = solution.steps().values()
    assert solution.measures["investment"] == pytest.approx(costs["heat_pipe", built].value * km * 1000)
    sent = solution.flow(one.one.id) / 1
    assert sent <= one.one.quantity.value + 1e-6
    far = [o for o in discover(heat_park(60), 2012, base).opportunities if o.unit == "GJ/a"]
    none = prepare(
        [terms(o, lookup(costs), base, heat=HEAT) for o in far], Layout(stages=(Stage(2013, 10, 0.67, 1.0),))
    )
    assert solve(none.network).flows.sum() == 0  # a line of 60 km does not pay


def test_a_need_hotter_than_the_water_gets_no_line(base):
    costs = {("heat_pipe", "DN100"): figure(4000.0, "CNY/m"), ("treatment", "heat.waste.medium"): figure(2.0, "CNY/GJ")}
    cool = HeatLine(Operation(80.0, 50.0, 12.0, 100.0, 0.1), 1.0, 0.2, 1.6, 0.027, 4000.0)
    found = [o for o in discover(heat_park(1.5), 2012, base).opportunities if o.unit == "GJ/a"]
    made = [terms(o, lookup(costs), base, heat=cool) for o in found]
    assert all(t.line is None for t in made)
    assert "design.ask_transport" in {q.code for t in made for q in t.questions}


def test_months_size_a_line_for_the_peak(base):
    winter = (0.2, 0.18, 0.12, 0.06, 0.02, 0.02, 0.02, 0.02, 0.04, 0.08, 0.1, 0.14)
    costs = {("heat_pipe", n): figure(c, "CNY/m") for n, c in (("DN100", 4000.0), ("DN150", 5500.0), ("DN200", 7000.0))}
    costs |= {("treatment", "heat.waste.medium"): figure(2.0, "CNY/GJ")}
    found = [o for o in discover(heat_park(1.5, winter), 2012, base).opportunities if o.unit == "GJ/a"]
    one = next(t for t in (terms(o, lookup(costs), base, heat=HEAT) for o in found) if t.line is not None)
    assert len(one.line.load) == 12
    prepared = prepare([one], Layout(stages=(Stage(2013, 10, 0.67, 1.0),), months=True))
    solution = solve(prepared.network)
    assert solution.flows.shape == (12, 1)
    assert solution.flows[0, 0] > solution.flows[6, 0]


def test_what_gets_into_a_product_is_limited_where_it_is_known(found, base):
    salty = [
        replace(o, supply=replace(o.supply, idle=tuple(replace(f, composition={"Cl": 0.01}) for f in o.supply.idle)))
        if o.donor.id == "power" else o for o in found
    ]  # fmt: skip
    every = priced(salty, base)
    rule = Content("Cl", "cement", "cement.portland", {"Cl": 1.0}, 500.0)
    prepared = prepare(every, Layout(contents=(rule,)))
    solution = solve(prepared.network)
    near = next(t for t in every if t.one.donor.id == "power")
    far = next(t for t in every if t.one.donor.id == "power2")
    assert content_of(near, rule) == pytest.approx(0.01)
    assert content_of(far, rule) is None
    assert solution.flow(near.one.id) == pytest.approx(50_000)
    assert [t.one.donor.id for t, _ in contents_not_known(prepared.kept, Layout(contents=(rule,)))] == ["power2"]
    assert "Cl 0" in [b.name for b in binding(solution)]
