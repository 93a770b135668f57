"""Plain tables: what they say, what is refused, and optima that are known."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.design.plain import from_cap, read_plain
from lichen.design.solve import solve
from lichen.errors import InputError

NODES = "node,supply,demand\na,10,\nb,,4\nc,,5\n"
ARCS = "from,to,cost [CNY/t],fixed cost [CNY],capacity\na,b,1,5,\nb,c,1,,\na,c,3,2,\n"


def tables(folder, nodes=NODES, arcs=ARCS):
    (folder / "nodes.csv").write_text(nodes, encoding="utf-8")
    (folder / "arcs.csv").write_text(arcs, encoding="utf-8")
    return read_plain(folder / "nodes.csv", folder / "arcs.csv")


def test_a_fixed_charge_network(tmp_path):
    """All by b: 9 + 5 + 5; c apart: 4 + 5 + 15 + 2."""
    network = tables(tmp_path)
    found = solve(network)
    assert found.objective == pytest.approx(9 + 5 + 5)
    assert found.flow("a>b") == pytest.approx(9)
    assert network.measures[0].unit == "CNY"
    assert network.streams[0].unit == "t"


def test_streams_rates_treatment_and_prices(tmp_path):
    nodes = "node,stream,supply,demand,must,left cost [CNY/t],short cost [CNY/t]\na,ash,10,,yes,,\nb,ground,,8,,,50\na,dust,3,,,7,\n"
    arcs = (
        "from,to,stream,becomes,rate,cost [CNY/t],co2 [tCO2/t],least,id\n"
        "a,a,ash,ground,0.5,2,0.1,,mill\na,b,ground,,,1,0,1,\n"
    )
    found = solve(tables(tmp_path, nodes, arcs))
    assert found.flow("mill") == pytest.approx(10)
    assert found.flow("a>b ground") == pytest.approx(5)
    assert found.objective == pytest.approx(20 + 5 + 3 * 50 + 3 * 7)
    assert found.measures["co2"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("nodes", "arcs", "said"),
    [
        (NODES, ARCS.replace("cost [CNY/t],f", "cost,f"), "has no unit"),
        (NODES, ARCS.replace("fixed cost [CNY]", "fixed cost"), "has no unit"),
        (NODES, ARCS.replace("fixed cost [CNY]", "fixed cost [USD]"), "is given in USD"),
        (NODES, "from,to,cost [t]\na,b,1\nb,c,1\n", "no currency"),
        (NODES, ARCS.replace("capacity", "capacty"), "nearest is “capacity”"),
        (NODES, ARCS.replace("from", "start"), "no column “from”"),
        (NODES, ARCS.replace("b,c,1", "b,,1"), "“to” is empty"),
        (NODES, ARCS.replace("b,c,1", "b,c,one"), "one"),
        (NODES, ARCS.replace("b,c,1", "b,d,1"), "no node “d”"),
        (NODES, ARCS.replace("b,c,1", "b,c,"), "No value is given"),
        (NODES.replace("a,10", "a,-10"), ARCS, "negative"),
        ("node,supply,demand,must\na,10,,perhaps\nb,,4,\nc,,5,\n", ARCS, "“must” is “perhaps”"),
        ("node,supply,demand,left cost [CNY/m3]\na,10,,1\nb,,4,\nc,,5,\n", ARCS, "several units"),
        (NODES, "from,to,rate,fixed cost [CNY],cost [CNY/t]\na,b,2,5,1\nb,c,,,1\n", "no capacity"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, nodes, arcs, said):
    with pytest.raises(InputError, match=said):
        solve(tables(tmp_path, nodes, arcs))


def by_force(capacity, fixed, demand, cost):
    """Return the least cost of a location problem by every choice of warehouses (linear programs by scipy)."""
    from scipy.optimize import linprog

    m, n, best = len(capacity), len(demand), float("inf")
    for chosen in itertools.product([0, 1], repeat=m):
        A_ub = [[demand[j] * (i == k) for i in range(m) for j in range(n)] for k in range(m)]
        A_eq = [[float(j == k) for i in range(m) for j in range(n)] for k in range(n)]
        room = [c * o for c, o in zip(capacity, chosen, strict=True)]
        done = linprog([cost[j][i] for i in range(m) for j in range(n)], A_ub, room, A_eq, [1.0] * n, (0, None))
        if done.status == 0:
            best = min(best, done.fun + sum(f * o for f, o in zip(fixed, chosen, strict=True)))
    return best


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_locations_of_warehouses_against_every_choice(tmp_path_factory, data):
    m, n = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 5))
    demand = data.draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))
    capacity = data.draw(st.lists(st.integers(5, 30), min_size=m, max_size=m))
    fixed = data.draw(st.lists(st.integers(0, 99), min_size=m, max_size=m))
    cost = [data.draw(st.lists(st.integers(0, 99), min_size=m, max_size=m)) for _ in range(n)]
    text = f"{m} {n}\n" + "\n".join(f"{c} {f}." for c, f in zip(capacity, fixed, strict=True)) + "\n"
    text += "\n".join(f"{d}\n {' '.join(map(str, row))}" for d, row in zip(demand, cost, strict=True))
    found = solve(tables(tmp_path_factory.mktemp("cap"), *from_cap(text)))
    best = by_force(capacity, fixed, demand, cost)
    assert found.objective == pytest.approx(best, rel=1e-6, abs=1e-5)


def test_cap_files_that_are_none():
    assert from_cap("1 1 capacity 5 2 8", capacity=7.0)[0].splitlines()[1] == "w1,7.0,,7.0,5.0"
    with pytest.raises(InputError, match="word “capacity”"):
        from_cap("1 1 capacity 5 2 8")
    with pytest.raises(InputError, match="5 numbers are there, 6 belong"):
        from_cap("1 1 7 5 2")
    with pytest.raises(InputError, match="numbers are there"):
        from_cap("warehouse")
