"""All real zeros of ``f(s) = Σ a_i exp(−t_i s)``, with multiplicities. With ``s = ln(1 + r)`` it is NPV by rate.

With ``m`` the smallest exponent, ``exp(m s) f(s)`` has the zeros of ``f``, and its derivative has one term fewer.
Between two neighbouring zeros of the derivative it is monotone, so holds one zero at most, which bisection finds from
a change of sign (Rolle). The zeros of the derivative are found in the same way, down to one change of sign among
coefficients, where there is exactly one zero (Descartes' rule, true for real exponents too; Laguerre 1883). No zero
is lost, and exponents need not be whole: payments in the middle of a year are no special case.

A zero of the derivative where ``|f| ≤ TOUCH · Σ |a_i| exp(−t_i s)`` is a multiple zero of ``f``: its multiplicity is
one more than in the derivative. Two zeros nearer than rounding of the amounts can tell are one of these.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from lichen.labelled import Array

TOUCH = 1e-12
"""Relative size below which f counts as zero where it turns."""
Root = tuple[float, int]


def roots(amounts: Array, times: Array) -> list[Root]:
    """Return all zeros of ``f`` in rising order of s, each with its multiplicity.

    Parameters
    ----------
    amounts, times
        Coefficients and exponents ``(n,)``; the exponents differ. Coefficients of 0 are left out.

    Returns
    -------
    list
        ``(s, multiplicity)``; empty also where all coefficients are 0.
    """
    kept = amounts != 0
    a, t = amounts[kept], times[kept]
    order = np.argsort(t)
    return _roots(a[order], t[order])


def _roots(a: Array, t: Array) -> list[Root]:
    changes = int((np.sign(a[:-1]) != np.sign(a[1:])).sum())
    if changes == 0:
        return []
    low, high = _bounds(a, t)
    turns = [] if changes == 1 else _roots(_scaled(a[1:] * (t[0] - t[1:])), t[1:])
    turns = [(s, k) for s, k in turns if low < s < high]
    found: list[Root] = []
    before, sign = low, float(np.sign(a[-1]))
    for s, multiplicity in [*turns, (high, 0)]:
        value = _relative(s, a, t) if multiplicity else float(np.sign(a[0]))
        touches = multiplicity > 0 and abs(value) <= TOUCH
        if not touches and sign * value < 0:
            found.append((float(brentq(_relative, before, s, (a, t), xtol=1e-15, rtol=1e-15, maxiter=500)), 1))
        if touches:
            found.append((s, multiplicity + 1))
        before, sign = s, 0.0 if touches else float(np.sign(value))
    return found


def _relative(s: float, a: Array, t: Array) -> float:
    """Return f over the sum of the sizes of its terms, between −1 and 1."""
    exponents = -t * s
    terms = a * np.exp(exponents - exponents.max())
    return float(terms.sum() / np.abs(terms).sum())


def _scaled(a: Array) -> Array:
    return np.asarray(a / np.abs(a).max())


def _bounds(a: Array, t: Array) -> tuple[float, float]:
    """Return ends between which all zeros lie: outside, the last or the first term outweighs all others."""
    gap = float(np.diff(t).min())
    sizes = np.log(np.abs(a))
    low = np.logaddexp(0.0, sizes[:-1].max() - sizes[-1]) / gap
    high = np.logaddexp(0.0, sizes[1:].max() - sizes[0]) / gap
    return -float(low) - 1e-3, float(high) + 1e-3
