"""Eco-efficiency of sectors, its change, and decoupling between years. Always beside the absolute change.

References
----------
WBCSD (2000) Eco-efficiency: creating more value with less impact; ISO 14045:2012.
Sustainability 2020, 12(9), 3650, eq. 1. doi:10.3390/su12093650: sectoral eco-efficiency from IO output and footprint.
Tapio, P. (2005) Transport Policy 12(2), 137-151. doi:10.1016/j.tranpol.2005.01.001: decoupling states.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lichen.labelled import Array, Labels
from lichen.scenario.changes import Outcome

Numerator = Literal["output", "value_added"]
Denominator = Literal["consumption", "production"]


def eco_efficiency(value: Array, impact: Array) -> Array:
    """Return value over impact ``(n,)`` [money/unit]; NaN where there is no impact, for which it does not exist.

    Parameters
    ----------
    value
        Output or value added by sector ``(n,)`` [money/a].
    impact
        Environmental impact by sector ``(n,)`` [unit/a].
    """
    result = np.full(value.shape, np.nan)
    np.divide(value, impact, out=result, where=impact != 0)
    return result


@dataclass(frozen=True, eq=False)
class EcoEfficiency:
    """Eco-efficiency of sectors before and after, beside the absolute change of impact.

    Parameters
    ----------
    sectors
        n labels.
    before, after
        Eco-efficiency ``(n,)`` [money/unit]; NaN where there is no impact.
    impact_before, impact_after
        Impact ``(n,)`` [unit/a].
    value_before, value_after
        Output or value added ``(n,)`` [money/a].
    """

    sectors: Labels
    before: Array
    after: Array
    impact_before: Array
    impact_after: Array
    value_before: Array
    value_after: Array

    @property
    def relative_change(self) -> Array:
        """Change of eco-efficiency relative to before ``(n,)`` [1]."""
        return np.asarray(self.after / self.before - 1.0)

    @property
    def hidden_rise(self) -> Array:
        """Sectors whose eco-efficiency rose while their impact rose too ``(n,)`` [bool]."""
        with np.errstate(invalid="ignore"):
            return np.asarray((self.after > self.before) & (self.impact_after > self.impact_before))


def compare_outcomes(
    before: Outcome, after: Outcome, account: str, value: Numerator = "output", impact: Denominator = "consumption",
    groups: Array | None = None, labels: Labels | None = None,
) -> EcoEfficiency:  # fmt: skip
    """Return eco-efficiency by sector before and after.

    Parameters
    ----------
    before, after
        Outcomes with the same sectors.
    account
        Satellite account, e.g. ``CO2``.
    value
        "output" (as in the paper) or "value_added".
    impact
        "consumption" (carbon footprint, as in the paper) or "production" (what the sector itself emits).
    groups, labels
        Weights ``(n, g)`` and g labels to add sectors up before dividing.
    """
    weights = np.eye(len(before.accounts.sectors)) if groups is None else groups
    rows = [getattr(o.accounts, impact)[o.accounts.row(account)] @ weights for o in (before, after)]
    values = [(o.accounts.output if value == "output" else o.value_added) @ weights for o in (before, after)]
    return EcoEfficiency(
        sectors=labels or before.accounts.sectors,
        before=eco_efficiency(values[0], rows[0]), after=eco_efficiency(values[1], rows[1]),
        impact_before=rows[0], impact_after=rows[1], value_before=values[0], value_after=values[1],
    )  # fmt: skip


DecouplingState = Literal[
    "absolute decoupling", "relative decoupling", "coupling", "expansive negative decoupling",
    "recessive decoupling", "recessive coupling", "weak negative decoupling", "strong negative decoupling",
    "no growth",
]  # fmt: skip


def decoupling(
    value_before: float, value_after: float, impact_before: float, impact_after: float
) -> tuple[float, DecouplingState]:
    """Return Tapio's elasticity of impact to value and the state it means; NaN and "no growth" if value is unchanged.

    Elasticities between 0.8 and 1.2 count as coupling. Where value grows: impact falls, absolute decoupling; elasticity
    below 0.8, relative decoupling; above 1.2, expansive negative decoupling. Where it shrinks, the recessive states.
    """
    growth = value_after / value_before - 1.0
    change = impact_after / impact_before - 1.0
    if growth == 0:
        return float("nan"), "no growth"
    elasticity = change / growth
    if growth > 0:
        if change < 0:
            return elasticity, "absolute decoupling"
        if elasticity < 0.8:
            return elasticity, "relative decoupling"
        return elasticity, "coupling" if elasticity <= 1.2 else "expansive negative decoupling"
    if change > 0:
        return elasticity, "strong negative decoupling"
    if elasticity > 1.2:
        return elasticity, "recessive decoupling"
    return elasticity, "recessive coupling" if elasticity >= 0.8 else "weak negative decoupling"
