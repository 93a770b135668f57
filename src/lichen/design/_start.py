"""A good network to start from, found by linear programs: fixed charges spread over what flows (slope scaling).

Kim, D. and Pardalos, P. M. (1999) Oper. Res. Lett. 24(4), 195–203, doi:10.1016/S0167-6377(99)00004-8.
"""

from __future__ import annotations

from math import inf
from time import perf_counter

import numpy as np

from lichen.design._highs import Lp, Raw, holds, opened, run
from lichen.labelled import Array

ROUNDS = 12
LEAST = 200
"""Programs with fewer whole columns need no help."""
SHARE = 0.15
"""Of the time, at most, for the start."""


def good_start(lp: Lp, time_s: float = inf) -> Array | None:
    """Return columns that hold all constraints, or ``None`` where rounding up what is built does not give them."""
    whole = lp.whole
    if whole.sum() < LEAST:
        return None
    begun, best, best_value = perf_counter(), None, inf
    relaxed = Lp(lp.A, lp.row_low, lp.row_high, lp.low, lp.high, np.zeros(len(whole), bool), lp.cost)
    h = opened(relaxed)
    places = np.flatnonzero(whole).astype(np.int32)
    raw = run(h, False, SHARE * time_s)
    for _ in range(ROUNDS):
        if raw.status != "optimal":
            return best
        found = _rounded(lp, raw)
        if found is not None and found @ lp.cost < best_value:
            best, best_value = found, float(found @ lp.cost)
        if perf_counter() - begun > SHARE * time_s:
            break
        used = raw.x[places]
        scaled = np.where(used > 1e-9, lp.cost[places] / np.maximum(used, 1e-9), lp.cost[places] * 1e3)
        h.changeColsCost(len(places), places, np.ascontiguousarray(scaled))
        raw = run(h, False, SHARE * time_s - (perf_counter() - begun))
    return best


def _rounded(lp: Lp, raw: Raw) -> Array | None:
    """Build all that is used, and check that it is a network."""
    x = np.clip(raw.x, lp.low, lp.high)
    x[lp.whole] = np.ceil(x[lp.whole] - 1e-9)
    return x if holds(lp, x) else None
