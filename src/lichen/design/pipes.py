"""Pipes for heat and water as sizes for the optimiser: what they carry, lose and need to be pumped.

A heat pipe is a pair, supply and return, of pre-insulated steel pipes in the ground (EN 253). Formulas hold for water
that stays liquid, supplied with 40 to 150 °C; steam and its condensate are another matter. Water's density, heat
capacity and viscosity are those at the mean of supply and return. Costs per metre are the caller's, never a default.

See :mod:`lichen.design._pipe` for formulas and sources, :mod:`lichen.design.pipe_sizes` for sizes and water.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from lichen.design import _pipe
from lichen.design.network import Step
from lichen.design.pipe_sizes import Pipe, pipe, pipes, unknown_sizes, water
from lichen.design.steps import along, undominated, within
from lichen.errors import InputError, Problems, Where
from lichen.figures import Figure

GJ_PER_MWH = 3.6
HOURS_OF_MONTHS = tuple(24.0 * days for days in (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31))
"""Hours of the months of a common year [h]."""
Load = Sequence[tuple[float, float]]
"""Power delivered [MW] and for how long [h]: a load duration curve in steps."""
Costs = Mapping[str, float | Figure]
"""Size, e.g. "DN100" → cost per metre of trench, pipes laid."""


@dataclass(frozen=True)
class Route:
    """Where a pair of pipes lies.

    Parameters
    ----------
    length_km
        Of the trench.
    depth_m, gap_m
        From the surface to the axes; between the casings.
    ground, insulation
        Conductivity of the ground and of the foam [W/(m K)].
    """

    length_km: float
    depth_m: float
    gap_m: float
    ground: float
    insulation: float


@dataclass(frozen=True)
class Operation:
    """How it is run.

    Parameters
    ----------
    supply_c, return_c, ground_c
        Temperatures; the ground's is that of the undisturbed surface layer, its mean over the time that counts [°C].
    gradient
        Fall of pressure along a pipe that sizes it [Pa/m].
    roughness_mm
        Of the steel within [mm].
    """

    supply_c: float
    return_c: float
    ground_c: float
    gradient: float
    roughness_mm: float

    @property
    def mean_c(self) -> float:
        """Mean of supply and return [°C]."""
        return (self.supply_c + self.return_c) / 2


def load_of_months(gj: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Return the load of twelve months' deliveries [GJ]: each month's mean power for all its hours.

    Peaks within a month are not seen: a pipe sized by it is too small for them.

    Raises
    ------
    InputError
        If there are not twelve numbers that are 0 or more.
    """
    problems = Problems()
    if len(gj) != len(HOURS_OF_MONTHS):
        problems.add("design.months", found=len(gj))
    for amount in gj:
        within("delivery", amount, 0.0, inf, problems)
    problems.raise_if_errors(InputError)
    return tuple((amount / GJ_PER_MWH / h, h) for amount, h in zip(gj, HOURS_OF_MONTHS, strict=True))


def energy_gj(load: Load) -> float:
    """Return what a load delivers [GJ]; of a peak and its full-load hours: ``[(peak, hours)]``."""
    return GJ_PER_MWH * sum(mw * hours for mw, hours in load)


def full_load_hours(load: Load) -> float:
    """Return for how long the peak would have to last to deliver as much [h]."""
    peak = max((mw for mw, _ in load), default=0.0)
    return energy_gj(load) / GJ_PER_MWH / peak if peak > 0 else 0.0


def design_velocity(size: Pipe, operation: Operation) -> float:
    """Return the velocity that the gradient gives, at most the fastest that is allowed [m/s]."""
    w = water(operation.mean_c)
    found = _pipe.velocity(operation.gradient, size.inner, operation.roughness_mm / 1000, w.rho, w.mu)
    return min(found, size.fastest)


def capacity_mw(size: Pipe, operation: Operation) -> float:
    """Return the heat that a pair carries [MW]: Q = ρ c_p (π d²/4) v ΔT.

    Raises
    ------
    InputError
        If temperatures are not those of a water network.
    """
    _check(operation).raise_if_errors(InputError)
    w = water(operation.mean_c)
    spread = operation.supply_c - operation.return_c
    return w.rho * w.c_p * size.area * design_velocity(size, operation) * spread / 1e6


def size_for(mw: float, operation: Operation) -> Pipe:
    """Return the smallest size that carries a power [MW].

    Raises
    ------
    InputError
        If even the largest does not.
    """
    problems, largest = Problems(), list(pipes().values())[-1]
    within("power", mw, 0.0, capacity_mw(largest, operation), problems)
    problems.raise_if_errors(InputError)
    return next((p for p in pipes().values() if capacity_mw(p, operation) >= mw), largest)


def loss_coefficients(size: Pipe, route: Route) -> tuple[float, float]:
    """Return U₁ and U₂ of one of the two pipes [W/(m K)]; the pair loses 2 (U₁ − U₂) per K above the ground's.

    Raises
    ------
    InputError
        If the route is impossible.
    """
    _check_route(route, size).raise_if_errors(InputError)
    foam = size.casing - 2 * size.casing_wall
    R_i = _pipe.layers((size.outer, foam, size.casing), (route.insulation, _pipe.LAMBDA_PE))
    return _pipe.pair(size.casing, R_i, route.depth_m, size.casing + route.gap_m, route.ground)


def loss_gj(size: Pipe, route: Route, operation: Operation, hours: float) -> float:
    """Return the heat that the pair loses while it is warm for some hours [GJ]; it does not depend on the load."""
    _check(operation).raise_if_errors(InputError)
    u_1, u_2 = loss_coefficients(size, route)
    watts = 2 * (u_1 - u_2) * (operation.mean_c - operation.ground_c) * route.length_km * 1000
    return watts * hours * 3600 / 1e9


def supply_at_end_c(size: Pipe, route: Route, operation: Operation, mw: float) -> float:
    """Return the temperature of the supply at the far end [°C] when a power [MW] is sent, the return as it is.

    0 MW: the water stands, and is as warm as the ground lets it be.
    """
    _check(operation).raise_if_errors(InputError)
    u_1, u_2 = loss_coefficients(size, route)
    level = operation.ground_c + u_2 / u_1 * (operation.return_c - operation.ground_c)
    if mw <= 0:
        return level
    capacity = mw * 1e6 / (operation.supply_c - operation.return_c)
    return _pipe.far(operation.supply_c, level, u_1, route.length_km * 1000, capacity)


def pumping_mwh(size: Pipe, route: Route, operation: Operation, load: Load, efficiency: float) -> float:
    """Return the electricity for pumping through both pipes [MWh]: Σ Δp V̇ h / η; bends, valves and stations apart.

    Flow follows the load at constant temperatures. With ``[(peak, full-load hours)]`` it is an upper bound, since
    friction grows faster than flow.

    Raises
    ------
    InputError
        If the efficiency is not above 0 and up to 1, or temperatures are not those of a water network.
    """
    problems = _check(operation)
    within("efficiency", efficiency, 0.0, 1.0, problems, above=True)
    problems.raise_if_errors(InputError)
    w, k, total = water(operation.mean_c), operation.roughness_mm / 1000, 0.0
    for mw, hours in load:
        volume = mw * 1e6 / (w.rho * w.c_p * (operation.supply_c - operation.return_c))  # [m³/s]
        fall = 2 * route.length_km * 1000 * _pipe.gradient(volume / size.area, size.inner, k, w.rho, w.mu)
        total += fall * volume * hours / efficiency / 1e6
    return total


def delivered_share(size: Pipe, route: Route, operation: Operation, load: Load, warm_hours: float) -> float:
    """Return what of the heat sent arrives [1]: the ``rate`` of a link that carries this load.

    The loss hardly depends on what flows; with half the load the share lost is about twice as large.
    """
    arrives = energy_gj(load)
    lost = loss_gj(size, route, operation, warm_hours)
    return arrives / (arrives + lost) if arrives > 0 else 0.0


def heat_pipe_steps(
    length_km: float, operation: Operation, load: Load, cost_per_m: Costs, measure: str = "cost"
) -> tuple[Step, ...]:
    """Return the sizes of a pair of pipes as steps of a facility.

    Parameters
    ----------
    length_km, operation
        Length of the trench; how it is run.
    load
        What is sent in one period of the network: its peak and its shape. A size carries so much energy in a period
        that the peak of a load of this shape just fits [GJ].
    cost_per_m
        Size → cost per metre of trench; only these sizes are offered. Figures: money per metre.
    measure
        What costs are counted as.

    Returns
    -------
    tuple of Step
        By rising capacity, without sizes that another undercuts, nor any beyond the first that carries the peak.

    Raises
    ------
    InputError
        If a size is not known, temperatures are not those of a water network, or there is no load.
    """
    problems = _check(operation)
    problems.extend(_check_load(load))
    problems.raise_if_errors(InputError)
    hours = full_load_hours(load)
    held = {name: GJ_PER_MWH * hours * capacity_mw(pipe(name), operation) for name in _sizes(cost_per_m)}
    return _steps(held, energy_gj(load), length_km, cost_per_m, measure)


def water_pipe_steps(
    length_km: float, celsius: float, gradient: float, roughness_mm: float, most_m3: float, hours: float,
    cost_per_m: Costs, measure: str = "cost",
) -> tuple[Step, ...]:  # fmt: skip
    """Return the sizes of one pipe for water, with the inner diameters and velocities of ``data/pipes.csv``.

    Parameters
    ----------
    length_km, celsius
        Length; temperature of the water.
    gradient, roughness_mm
        Fall of pressure that sizes the pipe [Pa/m]; roughness [mm].
    most_m3, hours
        What flows at most in a period [m³], and in how many full-load hours of it [h].
    cost_per_m, measure
        As for :func:`heat_pipe_steps`.

    Raises
    ------
    InputError
        If a size is not known or a number is out of range.
    """
    problems, w = Problems(), water(celsius)
    for what, value in (("gradient", gradient), ("roughness", roughness_mm), ("most_m3", most_m3), ("hours", hours)):
        within(what, value, 0.0, inf, problems, above=True)
    problems.raise_if_errors(InputError)
    held = {}
    for name in _sizes(cost_per_m):
        size = pipe(name)
        v = min(_pipe.velocity(gradient, size.inner, roughness_mm / 1000, w.rho, w.mu), size.fastest)
        held[name] = v * size.area * 3600 * hours
    return _steps(held, most_m3, length_km, cost_per_m, measure)


def _steps(
    held: Mapping[str, float], most: float, length_km: float, cost_per_m: Costs, measure: str
) -> tuple[Step, ...]:
    """Return steps from what each size holds in a period."""
    problems = Problems()
    within("length_km", length_km, 0.0, inf, problems, above=True)
    steps = []
    for name, capacity in held.items():
        where = Where(key=name)
        value = cost_per_m[name]
        within("cost_per_m", value.value if isinstance(value, Figure) else value, 0.0, inf, problems, where)
        steps.append(Step(name, capacity, {measure: along(value, 1000 * length_km, where, problems)}))
    problems.raise_if_errors(InputError)
    useful = {s.id for s in undominated(replace(s, capacity=min(s.capacity, most)) for s in steps)}
    return tuple(step for step in steps if step.id in useful)


def _sizes(cost_per_m: Costs) -> list[str]:
    """Return the sizes that have a cost, from the smallest."""
    problems = unknown_sizes(cost_per_m)
    if not cost_per_m:
        problems.add("design.no_size")
    problems.raise_if_errors(InputError)
    return [name for name in pipes() if name in cost_per_m]


def _check(operation: Operation) -> Problems:
    """Check that water stays liquid and gives heat."""
    problems, o = Problems(), operation
    within("supply_c", o.supply_c, 40.0, 150.0, problems)
    within("return_c", o.return_c, 0.0, o.supply_c, problems)
    if o.return_c == o.supply_c:
        problems.add("design.contradiction", Where(key="return_c"), low=o.return_c, high=o.supply_c)
    within("ground_c", o.ground_c, -20.0, 40.0, problems)
    within("gradient", o.gradient, 0.0, inf, problems, above=True)
    within("roughness_mm", o.roughness_mm, 0.0, inf, problems, above=True)
    return problems


def _check_route(route: Route, size: Pipe) -> Problems:
    problems = Problems()
    within("length_km", route.length_km, 0.0, inf, problems)
    within("gap_m", route.gap_m, 0.0, inf, problems)
    within("depth_m", route.depth_m, size.casing / 2, inf, problems)
    within("ground", route.ground, 0.0, inf, problems, above=True)
    within("insulation", route.insulation, 0.0, inf, problems, above=True)
    return problems


def _check_load(load: Load) -> Problems:
    problems = Problems()
    for mw, hours in load:
        within("load", mw, 0.0, inf, problems)
        within("hours", hours, 0.0, inf, problems)
    if problems.ok:
        within("load", energy_gj(load), 0.0, inf, problems, above=True)
    return problems
