"""Small networks, random and by hand, and an oracle that shares no code with the design of networks."""

import itertools
from dataclasses import replace
from math import inf

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog

from lichen.design.network import Demand, Facility, Limit, Link, Measure, Network, Node, Period, Step, Stream, Supply

COST = Measure("cost", "CNY", money=True, asked=True)
CO2 = Measure("co2", "tCO2")
MEASURES = (COST, CO2)


def ash_and_cement(**changes):
    """Two power stations, two users of ash, one shared mill; by hand: see the tests."""
    given = {
        "measures": MEASURES,
        "streams": (Stream("ash", "t"), Stream("ground", "t")),
        "nodes": tuple(Node(n) for n in ("east", "west", "mill", "cement", "bricks")),
        "supplies": (
            Supply("east", "ash", 100.0, {"cost": 20.0, "co2": 0.0}),
            Supply("west", "ash", 50.0, {"cost": 20.0, "co2": 0.0}),
        ),
        "demands": (
            Demand("cement", "ground", 90.0, {"cost": 60.0, "co2": 0.8}),
            Demand("bricks", "ash", 40.0, {"cost": 5.0, "co2": 0.0}),
        ),
        "links": (
            Link("east>mill", "east", "mill", "ash", {"cost": 2.0, "co2": 0.01}),
            Link("west>mill", "west", "mill", "ash", {"cost": 6.0, "co2": 0.03}),
            Link("grinding", "mill", "mill", "ash", {"cost": 10.0, "co2": 0.05}, becomes="ground", rate=0.9),
            Link("mill>cement", "mill", "cement", "ground", {"cost": 1.0, "co2": 0.005}),
            Link("east>bricks", "east", "bricks", "ash", {"cost": 30.0, "co2": 0.1}),
            Link("west>bricks", "west", "bricks", "ash", {"cost": 3.0, "co2": 0.02}),
        ),
        "facilities": (
            Facility(
                "mill",
                {"grinding": 1.0},
                (
                    Step("small", 60.0, {"cost": 1500.0, "co2": 0.0}),
                    Step("large", 120.0, {"cost": 2400.0, "co2": 0.0}),
                ),
            ),
        ),
    }
    return Network(**(given | changes))


def best_by_force(network, weights):
    """Return the least objective: every choice of steps, each a linear program with nothing folded in.

    ``inf`` where nothing is feasible. One stage only; no blends. What can wait is put into a stock and taken from it in
    each period; over the stage that adds up to nothing.
    """
    choices = []
    for plant in network.facilities:
        options = [None, *range(len(plant.steps))]
        if plant.state == "kept":
            options = [0]
        choices.append(options)
    return min((_program(network, weights, pick) for pick in itertools.product(*choices)), default=inf)


def _sum(coefficients, weights):
    return sum(weights.get(m, 0.0) * c for m, c in coefficients.items())


def _program(network, weights, pick):
    names = [(t, k.id) for t in range(len(network.periods)) for k in network.links]
    column = {name: j for j, name in enumerate(names)}
    cost, bounds = [], []
    for period in network.periods:
        for k in network.links:
            cost.append(period.times * _sum(k.per_unit, weights))
            bounds.append((k.least, None if k.capacity == inf else k.capacity))
        assert period.discount == 1.0 or set(weights) == {"cost"}
        cost[-len(network.links) :] = [c * period.discount for c in cost[-len(network.links) :]]
    places = {(k.origin, k.stream) for k in network.links} | {(k.target, k.becomes or k.stream) for k in network.links}
    places |= {(e.node, e.stream) for e in (*network.supplies, *network.demands)}
    eq, eq_value, ub, ub_value = [], [], [], []

    def new(c, low, high):
        cost.append(c)
        bounds.append((low, high))
        return len(cost) - 1

    waits = {s.id for s in network.streams if s.storable}
    stocks = {place: {} for place in places if place[1] in waits}
    for t, period in enumerate(network.periods):
        weight = period.times * period.discount
        for node, stream in sorted(places):
            row = {}
            for k in network.links:
                if (k.origin, k.stream) == (node, stream):
                    row[column[t, k.id]] = row.get(column[t, k.id], 0.0) - 1.0
                if (k.target, k.becomes or k.stream) == (node, stream):
                    row[column[t, k.id]] = row.get(column[t, k.id], 0.0) + k.rate
            value = 0.0
            for s in network.supplies:
                if (s.node, s.stream) == (node, stream):
                    amount = s.amount[t] if isinstance(s.amount, tuple) else s.amount
                    value -= amount
                    if not s.must:
                        row[new(weight * _sum(s.left, weights), 0.0, None)] = -1.0
            for d in network.demands:
                if (d.node, d.stream) == (node, stream):
                    amount = d.amount[t] if isinstance(d.amount, tuple) else d.amount
                    value += amount
                    if not d.must:
                        row[new(weight * _sum(d.short, weights), 0.0, amount)] = 1.0
            if stream in waits:
                taken = new(0.0, None, None)
                row[taken] = 1.0
                stocks[node, stream][taken] = period.times
            eq.append(row)
            eq_value.append(value)
    eq += stocks.values()
    eq_value += [0.0] * len(stocks)
    fixed = 0.0
    for plant, chosen in zip(network.facilities, pick, strict=True):
        room, least = plant.standing, 0.0
        if chosen is not None:
            room, least = room + plant.steps[chosen].capacity, plant.steps[chosen].least
            fixed += _sum(plant.steps[chosen].fixed, weights)
        for t in range(len(network.periods)):
            ub.append({column[t, k]: w for k, w in plant.links.items()})
            ub_value.append(room)
            if least:
                ub.append({column[t, k]: -w for k, w in plant.links.items()})
                ub_value.append(-least)
    for limit in network.limits:
        assert not limit.measures
        for sign, value in ((1, limit.high), (-1, -limit.low)):
            if abs(value) < inf:
                ub.append({column[t, k]: sign * w for t in range(len(network.periods)) for k, w in limit.links.items()})
                ub_value.append(value)

    def matrix(rows):
        found = np.zeros((len(rows), len(cost)))
        for i, row in enumerate(rows):
            for j, value in row.items():
                found[i, j] = value
        return found if len(rows) else None

    done = linprog(cost, matrix(ub), ub_value or None, matrix(eq), eq_value or None, bounds, method="highs-ds")
    return done.fun + fixed if done.status == 0 else inf


number = st.integers(0, 20).map(float)


@st.composite
def networks(draw, decisions=True, musts=True, periods=1, streams=2, waits=False):
    """Random networks: suppliers, a plant, users, one or two streams, shared and own facilities."""
    suppliers, users = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    names = [f"m{k}" for k in range(draw(st.integers(1, streams)))]
    nodes = [f"s{i}" for i in range(suppliers)] + [f"u{j}" for j in range(users)] + ["plant"]
    amount = st.tuples(*[number] * periods) if periods > 1 else number
    supplies = [
        Supply(f"s{i}", m, draw(amount), {"cost": draw(number)}, must=musts and draw(st.integers(0, 9)) == 0)
        for i in range(suppliers)
        for m in names
    ]
    demands = [
        Demand(f"u{j}", m, draw(amount), {"cost": draw(number)}, must=musts and draw(st.integers(0, 4)) == 0)
        for j in range(users)
        for m in names
    ]
    links = []
    for m in names:
        for i in range(suppliers):
            ends = [f"u{j}" for j in range(users)] + ["plant"]
            for end in ends:
                if draw(st.booleans()):
                    capacity = draw(st.one_of(st.just(inf), number))
                    links.append(Link(f"s{i}>{end} {m}", f"s{i}", end, m, {"cost": draw(number)}, capacity=capacity))
        links += [
            Link(f"plant>u{j} {m}", "plant", f"u{j}", m, {"cost": draw(number)}, rate=draw(st.sampled_from([0.5, 1.0])))
            for j in range(users)
            if draw(st.booleans())
        ]
    leaves, arrives = {(k.origin, k.stream) for k in links}, {(k.target, k.stream) for k in links}
    supplies = [replace(s, must=s.must and (s.node, s.stream) in leaves) for s in supplies]
    demands = [replace(d, must=d.must and (d.node, d.stream) in arrives) for d in demands]
    facilities = []
    if decisions and links:
        for number_of, chosen in enumerate(
            draw(st.lists(st.sets(st.sampled_from(range(len(links))), min_size=1, max_size=3), max_size=3))
        ):
            steps = tuple(
                Step(f"{k}", draw(number), {"cost": draw(st.integers(0, 60).map(float))})
                for k in range(draw(st.integers(1, 2)))
            )
            steps = tuple(
                Step(s.id, s.capacity, s.fixed, draw(st.sampled_from([0.0, 0.0, s.capacity / 2]))) for s in steps
            )
            state = draw(st.sampled_from(["new", "new", "new", "free"]))
            facilities.append(Facility(f"f{number_of}", {links[k].id: 1.0 for k in chosen}, steps, state))
    limits = ()
    if links and draw(st.booleans()):
        limits = (Limit("road", high=draw(number), links={k.id: 1.0 for k in links[::2]}),)
    times = tuple(Period(f"p{t}", times=draw(st.sampled_from([1.0, 2.0]))) for t in range(periods))
    return Network(
        (COST,), tuple(Stream(m, "t", storable=waits and (m == "m0" or draw(st.booleans()))) for m in names), tuple(Node(n) for n in nodes), tuple(supplies),
        tuple(demands), tuple(links), tuple(facilities), limits, periods=times,
    )  # fmt: skip
