"""Water by quality: the least fresh water of firms and of a site, for one contaminant or several.

**One contaminant.** With sources S (flow, concentration c), sinks D (flow, highest concentration z) and fresh water of
concentration c0, sinks can be served if and only if, at every concentration C, what the sources can dilute covers what
the sinks ask for:

    Σ S (C − c)⁺ + F (C − c0)⁺ ≥ Σ D (C − z)⁺    and    Σ S + F ≥ Σ D

The least F that meets this is the target of the water cascade; the C at which it is met with equality is the pinch.

**Several contaminants.** Sources keep their concentrations, so the mixing limits of the sinks are linear in the flows
from source to sink: the least fresh water is a linear programme, and exact.

Flows are in t/a, concentrations in mg/L: a tonne of water with 1 mg/L carries 1 g. All flows of one call may be in
another unit of mass a time instead.

References
----------
Wang, Y. P. & Smith, R. (1994) Wastewater minimisation. Chem. Eng. Sci. 49(7), 981-1006.
doi:10.1016/0009-2509(94)80006-5: limiting water profiles.
El-Halwagi, M. M., Gabriel, F. & Harell, D. (2003) Rigorous graphical targeting for resource conservation via material
recycle/reuse networks. Ind. Eng. Chem. Res. 42(19), 4319-4328. doi:10.1021/ie030318a.
Manan, Z. A., Tan, Y. L. & Foo, D. C. Y. (2004) Targeting the minimum water flow rate using water cascade analysis
technique. AIChE J. 50(12), 3169-3183. doi:10.1002/aic.10235.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lichen.errors import InputError, Problems, Where
from lichen.labelled import Array

TOLERANCE = 1e-9
"""Water and load below this share of all count as none [1]."""


@dataclass(frozen=True)
class WaterSource:
    """Water that a firm gives off: ``flow_t`` [t/a] with ``concentration`` by contaminant [mg/L]."""

    id: str
    firm: str
    flow_t: float
    concentration: Mapping[str, float]


@dataclass(frozen=True)
class WaterSink:
    """Water that a firm needs: ``flow_t`` [t/a] with at most ``limit`` by contaminant [mg/L]; infinite: no limit."""

    id: str
    firm: str
    flow_t: float
    limit: Mapping[str, float]


@dataclass(frozen=True)
class WaterProcess:
    """A process that gives a fixed load to its water, in limiting data.

    Parameters
    ----------
    id, firm, contaminant
        Its name, whose it is, and of what the load is.
    load_g
        What it gives to the water [g/a].
    inlet, outlet
        Highest concentrations of the water that comes and goes [mg/L].

    Raises
    ------
    InputError
        If the load is not positive, or the outlet not above the inlet.
    """

    id: str
    firm: str
    contaminant: str
    load_g: float
    inlet: float
    outlet: float

    def __post_init__(self) -> None:
        problems = Problems()
        if not (0 < self.load_g < math.inf and 0 <= self.inlet < self.outlet < math.inf):
            problems.add(
                "discover.water_process", Where(key=self.id), load=self.load_g, inlet=self.inlet, outlet=self.outlet
            )
        problems.raise_if_errors(InputError)

    @property
    def limiting_flow_t(self) -> float:
        """Flow that takes the load between the highest concentrations [t/a]."""
        return self.load_g / (self.outlet - self.inlet)

    def alone_t(self, fresh: float) -> float:
        """Return the flow that takes the load from fresh water of a concentration [mg/L] to the outlet [t/a].

        Infinite where fresh water is no cleaner than the outlet may be.
        """
        return self.load_g / (self.outlet - fresh) if fresh < self.outlet else math.inf

    def pair(self) -> tuple[WaterSource, WaterSink]:
        """Return the process as a source and a sink of its limiting flow."""
        flow = self.limiting_flow_t
        return (
            WaterSource(self.id, self.firm, flow, {self.contaminant: self.outlet}),
            WaterSink(self.id, self.firm, flow, {self.contaminant: self.inlet}),
        )


@dataclass(frozen=True, eq=False)
class WaterTargets:
    """Least fresh water and waste water of some sources and sinks.

    Parameters
    ----------
    firm
        Whose; empty: of several firms.
    fresh_t, waste_t, reused_t
        Fresh water taken, waste water given off, water of sources used in sinks [t/a].
    pinches
        Concentrations below which no cleaner water may be spared [mg/L]. Empty: flow alone decides, or no fresh water
        is needed.
    concentration, surplus_g
        Cascade: concentrations, rising [mg/L], and the load that water cleaner than each could still take beyond what
        the sinks ask for, fresh water included [g/a].
    """

    firm: str
    fresh_t: float
    waste_t: float
    reused_t: float
    pinches: tuple[float, ...]
    concentration: Array
    surplus_g: Array


@dataclass(frozen=True, eq=False)
class SiteWater:
    """Targets of each firm ``alone`` and of all firms ``together``."""

    alone: tuple[WaterTargets, ...]
    together: WaterTargets

    @property
    def gain_t(self) -> float:
        """Fresh water that sharing saves [t/a]; waste water falls by the same."""
        return sum(t.fresh_t for t in self.alone) - self.together.fresh_t


@dataclass(frozen=True)
class WaterFlow:
    """Water of a source to a sink [t/a]; an empty source is fresh water, an empty sink is waste."""

    source: str
    sink: str
    flow_t: float


@dataclass(frozen=True)
class WaterAllocation:
    """Least fresh water for several contaminants [t/a], and one of the allocations that reach it."""

    fresh_t: float
    waste_t: float
    flows: tuple[WaterFlow, ...]


def water_targets(
    sources: Sequence[WaterSource], sinks: Sequence[WaterSink], contaminant: str, fresh: float
) -> WaterTargets:  # fmt: skip
    """Return the least fresh water for one contaminant.

    Parameters
    ----------
    sources, sinks
        Water given off and needed.
    contaminant
        What is followed; every source and sink must tell its concentration.
    fresh
        Concentration of the fresh water [mg/L].

    Raises
    ------
    InputError
        Naming everything that cannot be used, and sinks that neither fresh water nor a source can serve.
    """
    _check(sources, sinks, {contaminant: fresh})
    return _targets(sources, sinks, contaminant, fresh)


def site_water(
    sources: Sequence[WaterSource], sinks: Sequence[WaterSink], contaminant: str, fresh: float
) -> SiteWater:  # fmt: skip
    """Return the targets of each firm alone and of all together; see :func:`water_targets`."""
    _check(sources, sinks, {contaminant: fresh})
    firms: dict[str, tuple[list[WaterSource], list[WaterSink]]] = {}
    for source in sources:
        firms.setdefault(source.firm, ([], []))[0].append(source)
    for sink in sinks:
        firms.setdefault(sink.firm, ([], []))[1].append(sink)
    alone = tuple(_targets(*own, contaminant, fresh) for own in firms.values())
    return SiteWater(alone, _targets(sources, sinks, contaminant, fresh))


def _targets(
    sources: Sequence[WaterSource], sinks: Sequence[WaterSink], contaminant: str, fresh: float
) -> WaterTargets:  # fmt: skip
    S, D = _numbers(s.flow_t for s in sources), _numbers(s.flow_t for s in sinks)
    c = _numbers(s.concentration[contaminant] for s in sources)
    z = _numbers(s.limit[contaminant] for s in sinks)
    C = np.unique(np.concatenate([c, z[np.isfinite(z)], [fresh]]))
    span = C - fresh
    surplus = _above(C, c, S) - _above(C, z, D)
    small = TOLERANCE * float(C.max()) * float(S.sum() + D.sum())
    _refuse_too_strict(sinks, z, C[(surplus < -small) & (span <= 0)], fresh)
    lack = np.divide(-surplus, span, out=np.zeros_like(C), where=span > 0)
    by_flow = float(D.sum() - S.sum())
    least = max(float(lack.max()), by_flow, 0.0)
    least = least if least > TOLERANCE * float(S.sum() + D.sum()) else 0.0
    full = surplus + least * np.maximum(span, 0.0)
    full = np.where(np.abs(full) > small, full, 0.0)
    pinches = C[(full == 0) & (span > 0)] if least and lack.max() >= least * (1 - TOLERANCE) else C[:0]
    waste = max(0.0, least - by_flow)
    firms = {s.firm for s in sources} | {s.firm for s in sinks}
    C.flags.writeable = full.flags.writeable = False
    return WaterTargets(
        firms.pop() if len(firms) == 1 else "", least, waste, float(D.sum()) - least, tuple(pinches.tolist()), C, full
    )  # fmt: skip


def _numbers(values: Iterable[float]) -> Array:
    return np.array(list(values), dtype=np.float64)


def _above(C: Array, c: Array, flow: Array) -> Array:
    """Return ``Σ flow (C − c)⁺`` for each C: the load that water of concentrations c takes up to C [g/a]."""
    finite = np.isfinite(c)
    order = np.argsort(c[finite], kind="stable")
    c, flow = c[finite][order], flow[finite][order]
    upto = np.searchsorted(c, C, side="right")
    sums, loads = (np.concatenate([[0.0], np.cumsum(v)]) for v in (flow, flow * c))
    return np.asarray(C * sums[upto] - loads[upto])


def _refuse_too_strict(sinks: Sequence[WaterSink], z: Array, lacking: Array, fresh: float) -> None:
    problems = Problems()
    if lacking.size:
        names = [s.id for s, limit in zip(sinks, z.tolist(), strict=True) if limit < lacking[0]]
        problems.add("discover.water_too_strict", names=names, fresh=fresh)
    problems.raise_if_errors(InputError)


def water_allocation(
    sources: Sequence[WaterSource], sinks: Sequence[WaterSink], fresh: Mapping[str, float]
) -> WaterAllocation:  # fmt: skip
    """Return the least fresh water for several contaminants at once.

    Parameters
    ----------
    sources, sinks
        Water given off and needed.
    fresh
        Concentration of the fresh water by contaminant [mg/L]; these are the contaminants that are followed.

    Raises
    ------
    InputError
        Naming everything that cannot be used; if no allocation meets the limits.
    """
    _check(sources, sinks, fresh)
    if not sinks:
        flows = [WaterFlow(s.id, "", s.flow_t) for s in sources if s.flow_t]
        return WaterAllocation(0.0, math.fsum(s.flow_t for s in sources), tuple(flows))
    found = _solve(sources, sinks, fresh)
    n, m = len(sources), len(sinks)
    names = [*(s.id for s in sources), ""]
    small = TOLERANCE * max(s.flow_t for s in sinks)
    used = [
        WaterFlow(names[i], sinks[j].id, float(found[i, j])) for i in range(n + 1) for j in range(m)
        if found[i, j] > small
    ]  # fmt: skip
    left = np.maximum(_numbers(s.flow_t for s in sources) - found[:n].sum(axis=1), 0.0)
    waste = [WaterFlow(s.id, "", float(q)) for s, q in zip(sources, left, strict=True) if q > small]
    return WaterAllocation(float(found[n].sum()), float(left.sum()), (*used, *waste))


def _solve(sources: Sequence[WaterSource], sinks: Sequence[WaterSink], fresh: Mapping[str, float]) -> Array:
    """Return the flows from each source, and from fresh water in the last row, to each sink [t/a]."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, diags_array, eye_array, kron, vstack

    n, m = len(sources), len(sinks)
    D, S = _numbers(s.flow_t for s in sinks), _numbers(s.flow_t for s in sources)
    unit = float(D.max()) or 1.0
    serve: Any = kron(np.ones((1, n + 1)), eye_array(m), format="csr")
    limits: list[Any] = [kron(eye_array(n, n + 1), np.ones((1, m)), format="csr")]
    bounds: list[Array] = [S / unit]
    for name, clean in fresh.items():
        c = _numbers([*(s.concentration[name] for s in sources), clean])
        z = _numbers(s.limit[name] for s in sinks)
        bound = np.flatnonzero(np.isfinite(z))
        scale = np.where(z > 0, z, c.max() or 1.0)  # Σ flow (c/z − 1) ≤ 0
        mixing, allowed = (csr_array(diags_array(v))[bound] for v in (1 / scale, np.where(z > 0, 1.0, 0.0)))
        limits.append(kron(c[None, :], mixing) - kron(np.ones((1, n + 1)), allowed))
        bounds.append(np.zeros(len(bound)))
    cost = np.concatenate([np.zeros(n * m), np.ones(m)])
    solved = linprog(
        cost,
        A_ub=vstack(limits, format="csr"),
        b_ub=np.concatenate(bounds),
        A_eq=serve,
        b_eq=D / unit,
        method="highs-ipm",
    )
    if solved.status != 0:
        problems = Problems()
        problems.add("discover.water_infeasible", names=list(fresh), why=str(solved.message))
        problems.raise_if_errors(InputError)
    return np.asarray(solved.x, dtype=np.float64).reshape(n + 1, m) * unit


def _check(sources: Sequence[WaterSource], sinks: Sequence[WaterSink], fresh: Mapping[str, float]) -> None:
    """Collect what is wrong with the arguments and raise once."""
    problems = Problems()
    if not fresh:
        problems.add("discover.water_no_contaminant")
    for name, value in fresh.items():
        if not (math.isfinite(value) and value >= 0):
            problems.add("discover.water_number", what=f"fresh, {name}", found=value)
    for streams in (sources, sinks):
        seen: set[str] = set()
        for stream in streams:
            if stream.id in seen:
                problems.add("discover.water_doubled", Where(key=stream.id), id=stream.id)
            seen.add(stream.id)
            _check_stream(stream, fresh, problems)
    problems.raise_if_errors(InputError)


def _check_stream(stream: WaterSource | WaterSink, fresh: Mapping[str, float], problems: Problems) -> None:
    where, sink = Where(key=stream.id), isinstance(stream, WaterSink)
    values = stream.limit if isinstance(stream, WaterSink) else stream.concentration
    if not stream.id.strip() or not stream.firm.strip():
        problems.add("discover.water_nameless", where, id=stream.id, firm=stream.firm)
    if not (math.isfinite(stream.flow_t) and stream.flow_t >= 0):
        problems.add("discover.water_number", where, what="flow_t", found=stream.flow_t)
    for name in fresh:
        if name not in values:
            problems.add("discover.water_unknown", where, name=name)
        elif not values[name] >= 0 or (not sink and math.isinf(values[name])):
            problems.add("discover.water_number", where, what=name, found=values[name])
