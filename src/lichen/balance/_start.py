"""Where the search starts: measured values as they are, unmeasured ones from the balances where one gives them."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from statistics import median

import numpy as np

from lichen.balance.system import Constraint, System
from lichen.labelled import Array

_ONE = 1.0
"""Where nothing is measured of a kind."""


def starting_point(system: System) -> Array:
    """Return first values of all variables ``(n,)`` within their bounds [unit of each variable].

    Measured and constant variables: their values. Unmeasured: the guess; else what a constraint gives of which it is
    the only unknown, in turn; else the median magnitude of the measured variables of its kind; else 1.
    """
    known = {v.name: float(v.value) for v in system.variables if v.value is not None}
    known |= {v.name: float(v.guess) for v in system.variables if v.value is None and v.guess is not None}
    _spread(system, known)
    typical = _typical(system)
    x = np.array([known.get(v.name, typical.get(v.kind, _ONE)) for v in system.variables], dtype=np.float64)
    lower, upper = system.bounds
    return np.asarray(np.where(system.measured, x, np.clip(x, lower, upper)))


def _typical(system: System) -> dict[str, float]:
    sizes: dict[str, list[float]] = defaultdict(list)
    for v in system.variables:
        if v.value:
            sizes[v.kind].append(abs(v.value))
    return {kind: median(found) for kind, found in sizes.items()}


def _spread(system: System, known: dict[str, float]) -> None:
    """Add to ``known`` what constraints with one unknown give; each is looked at when it has come to that."""
    constraints = system.constraints
    unknown = [{name for name in c.names() if name not in known} for c in constraints]
    holders: dict[str, list[int]] = defaultdict(list)
    for k, names in enumerate(unknown):
        for name in names:
            holders[name].append(k)
    ready = deque(k for k, names in enumerate(unknown) if len(names) == 1)
    while ready:
        k = ready.popleft()
        if len(unknown[k]) != 1:
            continue
        (name,) = unknown[k]
        value = _solved(constraints[k], name, known)
        if value is None or not math.isfinite(value):
            continue
        known[name] = value
        for other in holders[name]:
            unknown[other].discard(name)
            if len(unknown[other]) == 1:
                ready.append(other)


def _solved(constraint: Constraint, name: str, known: dict[str, float]) -> float | None:
    """Return the value of the only unknown of a constraint; None if it drops out or stands squared."""
    slope, rest = constraint.linear.get(name, 0.0), constraint.constant
    rest += sum(a * known[n] for n, a in constraint.linear.items() if n != name)
    for c, a, b in constraint.products:
        if a == name == b:
            return None
        if name in (a, b):
            slope += c * known[b if a == name else a]
        else:
            rest += c * known[a] * known[b]
    return -rest / slope if abs(slope) > 0 else None
