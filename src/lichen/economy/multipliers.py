"""Moments of multipliers when intensities are uncertain and A is fixed: a closed form, nothing is sampled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lichen.economy.leontief import System
from lichen.errors import EconomyError, Problems
from lichen.labelled import Array, frozen

_BLOCK = 256


def multiplier_moments(system: System, s_mean: npt.ArrayLike, s_sd: npt.ArrayLike) -> tuple[Array, Array]:
    """Return mean and standard deviation of the multipliers M_j = Σ_i s_i L_ij for independent intensities.

    E[M] = Lᵀ E[s]; Var[M_j] = Σ_i L_ij² Var[s_i]. Exact for any distribution of s, as M is linear in s.

    Parameters
    ----------
    system
        Factorised I − A, taken as known.
    s_mean, s_sd
        Mean and standard deviation of direct intensities ``(n,)`` [unit/money]; sd 0 or more.

    Returns
    -------
    tuple of Array
        Mean and standard deviation ``(n,)`` [unit/money]. Columns of L are solved for in blocks, L is never held.

    References
    ----------
    Miller, R. E. & Blair, P. D. (2009) Input-Output Analysis, 2nd ed., ch. 2 and 6. doi:10.1017/CBO9780511626982
    """
    n = system.n
    mean, sd = frozen(s_mean, (n,), "mean intensities"), frozen(s_sd, (n,), "standard deviations of intensities")
    problems = Problems()
    if (sd < 0).any():
        problems.add("paths.range", what="standard deviation", found=f"{sd.min():g}", allowed="≥ 0")
    problems.raise_if_errors(EconomyError)
    variance = np.zeros(n)
    for first in range(0, n, _BLOCK):
        columns = np.arange(first, min(n, first + _BLOCK))
        unit = np.zeros((n, len(columns)))
        unit[columns, np.arange(len(columns))] = 1.0
        variance[columns] = sd**2 @ system.solve(unit) ** 2
    return system.solve_transposed(np.array(mean)), np.sqrt(variance)
