"""Opportunities become a network: rivals share, costs are asked for, quantities come back."""

from dataclasses import replace

import pytest

from lichen.design.from_opportunities import Costs, chosen, prepare
from lichen.design.solve import solve
from lichen.discover.find import discover
from lichen.figures import Figure
from lichen.inventory.values import Firm, Flow, Inventory, Place
from lichen.knowledge.read import knowledge


def figure(value, unit):
    return Figure(value, unit, "assumed", "test", year=2012)


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
COSTS = Costs(
    transport={"t": figure(0.5, "CNY/(t km)")}, transport_co2={"t": figure(0.0001, "tCO2/(t km)")},
    treatment={"ash.fly.coal": figure(20.0, "CNY/t")}, disposal={"ash.fly.coal": figure(10.0, "CNY/t")},
)  # fmt: skip


@pytest.fixture(scope="module")
def found():
    ways = discover(Inventory(FIRMS, (), FLOWS), 2012, knowledge()).opportunities
    return [replace(o, rate=o.rate or 1.0) for o in ways if o.receiver.id == "cement"]


def test_rivals_share_a_demand_and_the_nearer_one_wins(found):
    assert {o.donor.id for o in found} == {"power", "power2"}
    prepared = prepare(found, COSTS)
    assert prepared.left_out == ()
    solution = solve(prepared.network)
    assert solution.status == "optimal"
    amounts = {c.id: c.quantity for c in chosen(solution, found)}
    near = next(o for o in found if o.donor.id == "power")
    far = next(o for o in found if o.donor.id == "power2")
    assert amounts[near.id] == pytest.approx(near.quantity.value)
    total = sum(amounts.values())
    assert total <= max(o.demand.amount.value / o.rate if o.demand else 1e12 for o in found) + 1e-6
    assert amounts[far.id] <= far.quantity.value + 1e-6
    left = 1_100_000 - total
    saved = sum(amounts[o.id] * o.rate for o in found)
    by_hand = sum(
        amounts[o.id] * (0.5 * o.distance_km + 20.0) for o in found
    ) + 10 * (300_000 - amounts[near.id]) + 15 * (800_000 - amounts[far.id]) + 260 * (900_000 - saved)  # fmt: skip
    assert solution.objective == pytest.approx(by_hand, rel=1e-9)
    assert solution.measures["waste"] == pytest.approx(left)


def test_every_missing_cost_is_asked_for_once(found):
    bare = prepare([replace(o, distance_km=None) for o in found], Costs())
    codes = [q.code for q in bare.questions]
    assert set(codes) == {
        "design.ask_transport", "design.ask_treatment", "design.ask_disposal", "design.ask_distance",
    }  # fmt: skip
    assert codes.count("design.ask_transport") == 1
    assert codes.count("design.ask_disposal") == 1  # the other station told what it pays
    assert codes.count("design.ask_distance") == 2
    assert sorted(bare.left_out) == sorted(o.id for o in found)
    assert bare.network.links == ()
    for question in bare.questions:
        assert "CNY" in question.text("zh") or question.code == "design.ask_distance"
    assert solve(bare.network).objective == 0


def test_a_price_or_a_rate_that_is_not_known_is_asked_for(found):
    asked = prepare([replace(o, demand=None, rate=None) for o in found], COSTS)
    assert {q.code for q in asked.questions} == {"design.ask_price", "design.ask_rate"}
    priced = replace(COSTS, price={o.replaces: figure(260.0, "CNY/t") for o in found})
    told = prepare([replace(o, demand=None) for o in found], priced)
    assert told.left_out == ()
    amounts = chosen(solve(told.network), found)
    cap = next(o.quantity.value for o in found if "cap" in o.limits)
    assert sum(c.quantity for c in amounts) == pytest.approx(cap)  # by the cement standard, shared
    assert {c.id: c.share for c in amounts}[next(o.id for o in found if o.donor.id == "power")] == pytest.approx(1)


def test_a_plant_of_its_own_is_built_only_if_it_pays(found):
    dear = replace(COSTS, fixed={o.id: figure(1e9, "CNY") for o in found})
    assert all(c.quantity == 0 for c in chosen(solve(prepare(found, dear).network), found))
    cheap = replace(COSTS, fixed={found[0].id: figure(1000.0, "CNY")})
    network = prepare(found, cheap).network
    assert [f.id for f in network.facilities if f.steps] == [f"own {found[0].id}"]
    assert solve(network).flow(found[0].id) > 0


def test_a_cap_is_shared(found):
    capped = [replace(o, limits=("cap",), quantity=replace(o.quantity, value=1000.0), types=("same",)) for o in found]
    solution = solve(prepare(capped, COSTS).network)
    assert sum(c.quantity for c in chosen(solution, capped)) == pytest.approx(1000)


def test_co2_that_is_not_known_is_said(found):
    unknown = [replace(o, gains=replace(o.gains, co2=None)) for o in found]
    prepared = prepare(unknown, COSTS)
    assert [q.code for q in prepared.questions] == ["design.carbon_unknown"] * len(found)
    assert solve(prepared.network).measures["co2"] >= 0
