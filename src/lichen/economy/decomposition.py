"""Decomposition of a change between two years into the parts of its factors; the parts add up to the change.

Structural decomposition: e = S L F, or any product of factors. The part of a factor depends on the order in which
factors are changed; the mean over all n! orders, or of the two polar orders (first to last, last to first), is
reported. LMDI-I: for direct emissions, e_i = Π_k x_ki.

References
----------
Dietzenbacher, E. & Los, B. (1998) Econ. Syst. Res. 10(4), 307-324. doi:10.1080/09535319800000023
Ang, B. W. (2005) Energy Policy 33(7), 867-871. doi:10.1016/j.enpol.2003.10.010: LMDI-I.
Ang, B. W. (2015) Energy Policy 86, 233-238. doi:10.1016/j.enpol.2015.07.007
Ang, B. W. & Liu, N. (2007) Energy Policy 35(1), 238-246. doi:10.1016/j.enpol.2005.11.001: zeros, analytical limits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from math import factorial
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from lichen.economy.table import inverse_or_zero
from lichen.errors import EconomyError, LabelError, Problems
from lichen.labelled import Array, Labels, frozen

Factors = Mapping[str, npt.ArrayLike]
Method = Literal["mean", "polar"]
METHODS: tuple[Method, ...] = get_args(Method)
MOST_FACTORS = 12
"""Factors of a full mean: it needs 2ⁿ products."""


@dataclass(frozen=True, eq=False)
class Decomposition:
    """A change and its parts.

    Parameters
    ----------
    factors
        n names.
    effects
        Part of each factor ``(n, …)`` [unit/a]; adds up to ``change`` along the first axis.
    change
        Second year less first ``(…)`` [unit/a].
    method
        "mean", "polar" or "LMDI-I".
    """

    factors: Labels
    effects: Array
    change: Array
    method: str

    def totals(self) -> dict[str, float]:
        """Return the part of each factor, added up over everything else."""
        return {name: float(effect.sum()) for name, effect in zip(self.factors, self.effects, strict=True)}


def chain(*factors: Array) -> Array:
    """Return the matrix product of the factors from left to right; scalars multiply."""
    return reduce(lambda a, b: np.asarray(a @ b if a.ndim and b.ndim else a * b), factors)


def footprint(S: Array, L: Array, mix: Array, level: Array) -> Array:
    """Return e = S L (mix · level) ``(m, k)``, the product of :func:`footprint_factors`."""
    return np.asarray(S @ L @ (mix * level))


def footprint_factors(S: npt.ArrayLike, L: npt.ArrayLike, F: npt.ArrayLike) -> dict[str, Array]:
    """Return the factors of a footprint for :func:`structural` with ``combine=footprint``.

    Parameters
    ----------
    S
        Direct intensities ``(m, n)`` [unit/money].
    L
        Leontief inverse ``(n, n)`` [-].
    F
        Final demand by category ``(n, k)`` [money/a].

    Returns
    -------
    dict
        ``intensity`` S, ``structure`` L, ``mix`` F / ΣF ``(n, k)`` [-] and ``level`` ΣF by category ``(k,)`` [money/a].

    Raises
    ------
    EconomyError
        A category whose cells add up to 0 without being 0.
    """
    S, L, F = np.atleast_2d(np.asarray(S, float)), np.asarray(L, float), np.asarray(F, float)
    level = F.sum(axis=0)
    if (lost := (level == 0) & F.any(axis=0)).any():
        problems = Problems()
        problems.add("decomposition.level", columns=[str(j + 1) for j in np.flatnonzero(lost)])
        problems.raise_if_errors(EconomyError)
    return {"intensity": S, "structure": L, "mix": F * inverse_or_zero(level), "level": level}


def structural(
    start: Factors, end: Factors, *, combine: Callable[..., Array] = chain, method: Method = "mean"
) -> Decomposition:
    """Decompose the change of a product of factors.

    Parameters
    ----------
    start, end
        The factors of both years by name, same names, order and shapes [any unit].
    combine
        The product: takes the factors in their order and returns an array [unit/a]; matrix product by default.
    method
        "mean": over all n! orders, by the 2ⁿ distinct products they need, n at most 12. "polar": of the two polar
        orders.

    Returns
    -------
    Decomposition
        Effects ``(n, …)`` in the shape of the product.

    Raises
    ------
    LabelError
        Names or shapes that differ; cells that are not finite.
    EconomyError
        No factor, too many, or an unknown method.
    """
    first, last = _checked(start, end)
    names, n, problems = tuple(first), len(first), Problems()
    if method not in METHODS:
        problems.add("decomposition.method", found=str(method), allowed=list(METHODS))
    if method == "mean" and n > MOST_FACTORS:
        problems.add("decomposition.many", found=n, allowed=MOST_FACTORS)
    problems.raise_if_errors(EconomyError)

    def product(changed: int) -> Array:
        """Return the product with the factors in the bit set ``changed`` taken from the second year."""
        return np.asarray(combine(*(last[k] if changed >> i & 1 else first[k] for i, k in enumerate(names))), float)

    effects = _all_orders(product, n) if method == "mean" else _polar(product, n)
    return Decomposition(names, effects, np.asarray(product((1 << n) - 1) - product(0)), method)


def _all_orders(product: Callable[[int], Array], n: int) -> Array:
    """Return the mean over all n! orders: each set of factors changed before k counts |set|! (n − |set| − 1)! times."""
    values = [product(changed) for changed in range(1 << n)]
    effects = np.zeros((n, *values[0].shape))
    for changed, value in enumerate(values):
        size = changed.bit_count()
        for k in range(n):
            if not changed >> k & 1:
                weight = factorial(size) * factorial(n - size - 1) / factorial(n)
                effects[k] += weight * (values[changed | 1 << k] - value)
    return effects


def _polar(product: Callable[[int], Array], n: int) -> Array:
    """Return the mean of the orders first to last and last to first."""
    everything = (1 << n) - 1
    rising = [product((1 << k) - 1) for k in range(n + 1)]
    falling = [product(everything & ~((1 << k) - 1)) for k in range(n + 1)]
    return np.asarray([(rising[k + 1] - rising[k] + falling[k] - falling[k + 1]) / 2.0 for k in range(n)])


def _checked(start: Factors, end: Factors) -> tuple[dict[str, Array], dict[str, Array]]:
    problems = Problems()
    if not start:
        problems.add("decomposition.none")
        problems.raise_if_errors(EconomyError)
    if list(start) != list(end):
        problems.add("decomposition.names", start=list(start), end=list(end))
        problems.raise_if_errors(LabelError)
    for name in start:
        if np.shape(start[name]) != np.shape(end[name]):
            problems.add(
                "decomposition.shape", name=name, start=str(np.shape(start[name])), end=str(np.shape(end[name]))
            )
    problems.raise_if_errors(LabelError)
    first, last = ({k: frozen(v, np.shape(v), f"factor {k}") for k, v in side.items()} for side in (start, end))
    return first, last


def lmdi(start: Factors, end: Factors) -> Decomposition:
    """Decompose the change of e_i = Π_k x_ki by LMDI-I, additive: Δe_k = L(e¹, e⁰) ln(x¹_k / x⁰_k).

    L(a, b) = (a − b) / ln(a / b) is the logarithmic mean. Zeros are treated by their analytical limits, not by a small
    number: where e appears or vanishes, the whole change goes to the factors that were or became 0, in equal parts;
    where e is 0 in both years, all parts are 0.

    Parameters
    ----------
    start, end
        Factors of both years by name, each ``(n,)`` or any one shape, 0 or more [any unit].

    Returns
    -------
    Decomposition
        Effects ``(n_factors, n)`` [unit of the product].

    Raises
    ------
    LabelError
        Names or shapes that differ; cells that are not finite.
    EconomyError
        Negative factors.
    """
    first, last = _checked(start, end)
    problems = Problems()
    for name in first:
        if (first[name] < 0).any() or (last[name] < 0).any():
            problems.add("decomposition.negative", name=name)
    problems.raise_if_errors(EconomyError)
    x0, x1 = np.stack(np.broadcast_arrays(*first.values())), np.stack(np.broadcast_arrays(*last.values()))
    e0, e1 = x0.prod(axis=0), x1.prod(axis=0)
    gone, come = (x1 == 0).sum(axis=0, dtype=float), (x0 == 0).sum(axis=0, dtype=float)
    log = np.log(np.where(x1 > 0, x1, 1.0)) - np.log(np.where(x0 > 0, x0, 1.0))
    effects = log * _logarithmic_mean(e0, e1, log.sum(axis=0)) * ((gone == 0) & (come == 0))
    effects += (x0 == 0) * inverse_or_zero(come) * e1 - (x1 == 0) * inverse_or_zero(gone) * e0
    return Decomposition(tuple(first), np.asarray(effects), np.asarray(e1 - e0), "LMDI-I")


def _logarithmic_mean(e0: Array, e1: Array, t: Array) -> Array:
    """Return L(e¹, e⁰) with t = ln(e¹ / e⁰), without cancellation where the two are near each other."""
    size = np.abs(t)
    ratio = np.divide(-np.expm1(-size), size, out=np.ones_like(size), where=size > 0)
    return np.asarray(np.maximum(e0, e1) * ratio)
