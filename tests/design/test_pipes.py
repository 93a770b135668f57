"""Pipes: by hand, against a field computed by other means, against another implementation, and as sizes to choose from."""

from dataclasses import replace
from math import inf, log10, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.design import _pipe
from lichen.design.network import Demand, Facility, Link, Measure, Network, Node, Stream, Supply
from lichen.design.pipe_sizes import pipe, pipes, rows, water
from lichen.design.pipes import (
    HOURS_OF_MONTHS,
    Operation,
    Route,
    capacity_mw,
    delivered_share,
    design_velocity,
    energy_gj,
    full_load_hours,
    heat_pipe_steps,
    load_of_months,
    loss_coefficients,
    loss_gj,
    pumping_mwh,
    size_for,
    supply_at_end_c,
    water_pipe_steps,
)
from lichen.design.solve import solve
from lichen.errors import InputError
from lichen.figures import Figure

RUN = Operation(supply_c=90.0, return_c=50.0, ground_c=10.0, gradient=100.0, roughness_mm=0.05)
GROUND = Route(length_km=2.0, depth_m=1.0, gap_m=0.2, ground=1.5, insulation=0.027)
COSTS = {"DN50": 500.0, "DN100": 800.0, "DN150": 1100.0, "DN200": 1400.0}


def test_data_have_a_source_and_rise():
    for name in ("pipes.csv", "water.csv"):
        assert all(row["source"] and row["checked"] in ("seen", "recalled") for row in rows(name))
    sizes = list(pipes().values())
    assert [p.inner for p in sizes] == sorted(p.inner for p in sizes)
    assert all(p.inner < p.outer < p.casing - 2 * p.casing_wall for p in sizes)
    assert (sizes[0].id, sizes[-1].id) == ("DN20", "DN1000")
    assert sizes[0].fastest == inf


def test_water_is_as_dense_as_the_tables_say():
    assert water(70.0).rho == pytest.approx(978.2, abs=0.1)
    assert water(25.0).mu == pytest.approx(0.89e-3, rel=0.02)
    assert water(100.0).c_p == pytest.approx(4216, abs=3)
    with pytest.raises(InputError, match=r"from 0\.0 to 150\.0"):
        water(151.0)


def test_what_a_pair_carries_by_hand():
    """DN100 at 1 m/s and 40 K: 978 kg/m³ · 4186 J/(kg K) · 9.009e-3 m² · 40 K = 1.4755 MW."""
    slow = replace(pipe("DN100"), fastest=1.0)
    assert slow.area == pytest.approx(9.0087e-3, rel=1e-4)
    assert capacity_mw(slow, RUN) == pytest.approx(978.17 * 4186.1 * 9.0087e-3 * 40 / 1e6, rel=1e-4)
    assert capacity_mw(slow, replace(RUN, return_c=70.0)) == pytest.approx(0.735, rel=0.01)
    assert design_velocity(pipe("DN1000"), replace(RUN, gradient=1e4)) == 3.5


@given(st.sampled_from(list(pipes().values())), st.floats(1, 1000), st.floats(0.01, 1), st.floats(20, 140))
def test_velocity_and_gradient_are_inverse(size, R, k, celsius):
    w = water(celsius)
    v = _pipe.velocity(R, size.inner, k / 1000, w.rho, w.mu)
    Re = w.rho * v * size.inner / w.mu
    again = _pipe.gradient(v * (1 - 1e-12), size.inner, k / 1000, w.rho, w.mu)
    if abs(Re - _pipe.LAMINAR) > 1:
        assert again == pytest.approx(R, rel=1e-6)
    else:
        assert again <= R * (1 + 1e-6)


@given(st.floats(4e3, 1e8), st.floats(1e-6, 0.05))
def test_friction_agrees_with_an_explicit_formula(Re, k_d):
    """Haaland, S. E. (1983), whose error is below 2 % of √f, and the laminar law."""
    haaland = (-1.8 * log10((k_d / 3.7) ** 1.11 + 6.9 / Re)) ** -2
    assert _pipe.friction(Re, k_d) == pytest.approx(haaland, rel=0.04)
    assert _pipe.friction(1000.0, k_d) == pytest.approx(0.064)
    assert _pipe.gradient(0.0, 0.1, 1e-5, 1000.0, 1e-3) == 0


def test_the_loss_of_another_implementation():
    """U₁, U₂ as computed by the MESIDO library (v1, ``_edr_pipes.json``) for LOGSTOR's series 1: 2.3 W/(m K) of ground
    with 15.4 W/(m² K) at its surface, 1 m above the casing, 2 casings between axes; it counts the steel as well.
    """
    published = {
        "DN20": (0.14264250, 0.00364196), "DN25": (0.17603033, 0.00554452), "DN100": (0.29964840, 0.01144488),
        "DN200": (0.45767992, 0.02098848), "DN450": (0.51574762, 0.01706893),
    }  # fmt: skip
    for name, both in published.items():
        size = pipe(name)
        depth = 1 + size.casing / 2 + 2.3 * (1 / 15.4 - _pipe.R_0)
        found = loss_coefficients(size, Route(1.0, depth, size.casing, 2.3, 0.027))
        assert found == pytest.approx(both, rel=2e-4)


def field(size, route, sign):
    """Return the loss of one pipe per K [W/(m K)], both at 1 K (or −1 K) above the ground: multipoles of all orders,
    fitted to temperature and heat flow around the casing; the foam is an annulus that conducts in all directions.
    """
    a, b, N = size.outer / 2, size.casing / 2, 8
    c = complex((size.casing + route.gap_m) / 2, -(route.depth_m + _pipe.R_0 * route.ground))
    foam = size.casing - 2 * size.casing_wall
    R_i = _pipe.layers((size.outer, foam, size.casing), (route.insulation, _pipe.LAMBDA_PE))
    k_i = np.log(b / a) / (2 * pi * R_i)  # of an even annulus with the same resistance
    phi = np.linspace(0, 2 * pi, 96, endpoint=False)

    def ground(z):
        def whole(f):
            return f(z) - f(z.conj()) + sign * (f(-z.conj()) - f(-z))

        parts = [whole(lambda u: -np.log(abs(u - c)))]
        for n in range(1, N + 1):
            parts += [whole(lambda u, n=n, p=p: (p * (b / (u - c)) ** n).real) for p in (1, 1j)]
        return np.stack(parts, axis=1)

    def annulus(r):
        parts = [np.full(len(phi), np.log(r / a))]
        for n in range(1, N + 1):
            shape = (r**n - a ** (2 * n) * r**-n) / b**n
            parts += [shape * np.cos(n * phi), shape * np.sin(n * phi)]
        return np.stack(parts, axis=1)

    little = 1e-5 * b
    at = [c + r * np.exp(1j * phi) for r in (b - little, b, b + little)]
    ground_flow = route.ground * (ground(at[2]) - ground(at[0])) / (2 * little)
    annulus_flow = k_i * (annulus(b + little) - annulus(b - little)) / (2 * little)
    A = np.block([[ground(at[1]), -annulus(b)], [ground_flow * b, -annulus_flow * b]])
    x = np.linalg.lstsq(A, np.concatenate([np.ones(len(phi)), np.zeros(len(phi))]), rcond=None)[0]
    return -2 * pi * k_i * x[1 + 2 * N]


@pytest.mark.parametrize("name", ["DN20", "DN100", "DN400", "DN1000"])
@pytest.mark.parametrize(("gap", "foam"), [(0.15, 0.024), (0.5, 0.035)])
def test_the_loss_is_that_of_the_field(name, gap, foam):
    """The lowest order alone is at most 1 % above all orders, 3 % for the largest pipes."""
    size, route = pipe(name), replace(GROUND, gap_m=gap, insulation=foam, depth_m=1.6)
    u_1, u_2 = loss_coefficients(size, route)
    most = 1.01 if size.casing < 1 else 1.03
    assert 1 <= (u_1 - u_2) / field(size, route, 1) <= most
    assert 1 <= (u_1 + u_2) / field(size, route, -1) <= most


def test_the_loss_of_a_year_by_hand():
    u_1, u_2 = loss_coefficients(pipe("DN100"), GROUND)
    assert loss_gj(pipe("DN100"), GROUND, RUN, 8760.0) == pytest.approx(
        ((u_1 - u_2) * (90 - 10) + (u_1 - u_2) * (50 - 10)) * 2000 * 8760 * 3600 / 1e9
    )
    assert loss_gj(pipe("DN100"), GROUND, replace(RUN, ground_c=0.0), 10) > loss_gj(pipe("DN100"), GROUND, RUN, 10)


def test_the_far_end_is_that_of_small_steps():
    size = pipe("DN100")
    u_1, u_2 = loss_coefficients(size, GROUND)
    w = 0.5e6 / 40
    T = 90.0
    for _ in range(20000):
        T -= (u_1 * (T - 10) - u_2 * (50 - 10)) * 0.1 / w
    assert supply_at_end_c(size, GROUND, RUN, 0.5) == pytest.approx(T, abs=1e-3)
    assert supply_at_end_c(size, GROUND, RUN, 1e9) == pytest.approx(90)
    assert 10 < supply_at_end_c(size, GROUND, RUN, 0.0) < 50


def test_pumping_by_hand():
    """1 MW in DN100: 6.11 l/s, 0.678 m/s; f ≈ 0.0189, so that 4 km lose 1.59 bar: 1.0 kW of water power."""
    found = pumping_mwh(pipe("DN100"), GROUND, RUN, [(1.0, 1000.0)], 0.6)
    volume = 1e6 / (978.17 * 4186.1 * 40)
    v = volume / 9.0087e-3
    fall = 0.0189 * 4000 / 0.1071 * 978.17 * v**2 / 2
    assert found == pytest.approx(fall * volume / 0.6 / 1000, rel=0.02)
    assert pumping_mwh(pipe("DN100"), GROUND, RUN, [(0.0, 10.0)], 0.6) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(1, 1000)), min_size=1, max_size=6))
def test_a_peak_for_its_full_load_hours_needs_most_pumping(load):
    peak = max(mw for mw, _ in load)
    if peak < 0.05:
        return
    blunt = [(peak, full_load_hours(load))]
    assert energy_gj(blunt) == pytest.approx(energy_gj(load))
    one, other = (pumping_mwh(pipe("DN100"), GROUND, RUN, given, 1.0) for given in (load, blunt))
    assert one <= other * 1.02 + 1e-9  # the friction factor falls a little with flow


def test_loads():
    assert sum(HOURS_OF_MONTHS) == 8760
    flat = load_of_months([3.6 * h for h in HOURS_OF_MONTHS])
    assert [mw for mw, _ in flat] == pytest.approx([1.0] * 12)
    assert full_load_hours(flat) == pytest.approx(8760)
    assert energy_gj([(2.0, 1000.0)]) == pytest.approx(7200)
    assert full_load_hours([]) == 0
    with pytest.raises(InputError, match="11 deliveries"):
        load_of_months([1.0] * 11)
    with pytest.raises(InputError, match="-1"):
        load_of_months([-1.0] * 12)


def test_sizes_as_steps():
    """3 MW need DN150; DN200 carries more than that and costs more, so it is no choice."""
    load = [(3.0, 2000.0)]
    steps = heat_pipe_steps(2.0, RUN, load, COSTS)
    assert [s.id for s in steps] == ["DN50", "DN100", "DN150"]
    assert size_for(3.0, RUN).id == "DN150"
    assert steps[1].capacity == pytest.approx(3.6 * 2000 * capacity_mw(pipe("DN100"), RUN))
    assert steps[1].fixed == {"cost": 1_600_000.0}
    assert [s.id for s in heat_pipe_steps(2.0, RUN, load, COSTS | {"DN200": 900.0})] == ["DN50", "DN100", "DN200"]
    assert [s.id for s in heat_pipe_steps(2.0, RUN, load, COSTS | {"DN200": 400.0})] == ["DN200"]
    priced = Figure(8.0, "万元/km", "estimated", "s", low=6.0, high=10.0)
    figure = heat_pipe_steps(2.0, RUN, load, {"DN100": priced})[0].fixed["cost"]
    assert figure.to("CNY") == pytest.approx(160_000)
    assert (figure.low, figure.high) == pytest.approx((120_000, 200_000))
    assert [s.id for s in heat_pipe_steps(1.0, RUN, [(1e4, 1.0)], COSTS)] == list(COSTS)


def test_what_is_wrong_with_pipes_is_told_together():
    wrong = Operation(supply_c=200.0, return_c=-5.0, ground_c=99.0, gradient=0.0, roughness_mm=-1.0)
    with pytest.raises(InputError) as caught:
        heat_pipe_steps(1.0, wrong, [(1.0, 1.0)], COSTS)
    assert len(caught.value.problems) == 5
    assert "大于" in "".join(p.text("zh") for p in caught.value.problems)
    for given_wrong, words in (
        ((1.0, RUN, [], COSTS), "load"),
        ((1.0, RUN, [(-1.0, 5.0)], COSTS), "-1"),
        ((0.0, RUN, [(1.0, 5.0)], COSTS), "length_km"),
        ((1.0, RUN, [(1.0, 5.0)], {}), "No size"),
        ((1.0, RUN, [(1.0, 5.0)], {"DN101": 1.0}), "DN100"),
        ((1.0, RUN, [(1.0, 5.0)], {"DN100": -1.0}), "cost_per_m"),
        ((1.0, RUN, [(1.0, 5.0)], {"DN100": Figure(1.0, "CNY/t", "assumed", "s")}), "CNY/t"),
        ((1.0, RUN, [(1.0, 5.0)], {"DN100": Figure(1.0, "t/m", "assumed", "s")}), "t/m"),
    ):
        with pytest.raises(InputError, match=words):
            heat_pipe_steps(*given_wrong)
    with pytest.raises(InputError, match="contradict"):
        capacity_mw(pipe("DN100"), replace(RUN, return_c=90.0))
    with pytest.raises(InputError, match="depth_m"):
        loss_coefficients(pipe("DN1000"), replace(GROUND, depth_m=0.5))
    with pytest.raises(InputError, match="efficiency"):
        pumping_mwh(pipe("DN100"), GROUND, RUN, [(1.0, 1.0)], 0.0)
    with pytest.raises(InputError, match="power"):
        size_for(1e6, RUN)


def test_the_best_pipe_in_a_network():
    """By hand: DN100 carries 1.6 MW, DN150 all 3 MW; the rest is bought at 30 a GJ."""
    load = [(3.0, 2000.0)]
    rate = delivered_share(size_for(3.0, RUN), GROUND, RUN, load, 8760.0)
    assert rate == pytest.approx(21600 / (21600 + loss_gj(pipe("DN150"), GROUND, RUN, 8760.0)))
    assert delivered_share(pipe("DN100"), GROUND, RUN, [(0.0, 1.0)], 8760.0) == 0
    steps = heat_pipe_steps(2.0, RUN, load, {name: cost / 10 for name, cost in COSTS.items()})

    def network(bought):
        return Network(
            (Measure("cost", "CNY", money=True),), (Stream("heat", "GJ"),), (Node("works"), Node("town")),
            (Supply("works", "heat", 1e6, {"cost": 0.0}),), (Demand("town", "heat", 21600.0, {"cost": bought}),),
            (Link("pipe", "works", "town", "heat", {"cost": 0.5}, rate=rate),),
            (Facility("pair", {"pipe": 1.0}, steps),),
        )  # fmt: skip

    found = solve(network(30.0))
    by_hand = {None: 21600 * 30.0}
    for step in steps:
        arrives = min(step.capacity * rate, 21600.0)
        by_hand[step.id] = step.fixed["cost"] + arrives / rate * 0.5 + (21600 - arrives) * 30
    assert found.objective == pytest.approx(min(by_hand.values()))
    assert found.steps() == {"pair": min(by_hand, key=by_hand.get)}
    assert solve(network(0.5)).steps() == {}


def test_water_pipes():
    steps = water_pipe_steps(1.0, 15.0, 100.0, 0.1, 400_000.0, 8760.0, COSTS)
    v = steps[0].capacity / 3600 / 8760 / pipe("DN50").area
    w = water(15.0)
    assert _pipe.gradient(v, pipe("DN50").inner, 1e-4, w.rho, w.mu) == pytest.approx(100, rel=1e-6)
    assert [s.id for s in steps][-1] == "DN150"
    assert sqrt(steps[0].fixed["cost"]) == pytest.approx(sqrt(500_000))
    with pytest.raises(InputError, match="hours"):
        water_pipe_steps(1.0, 15.0, 100.0, 0.1, 1.0, 0.0, COSTS)
