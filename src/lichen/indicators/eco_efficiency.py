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

from lichen.labelled import Array, Labels, as_labels, frozen, match
from lichen.scenario.changes import Outcome

Numerator = Literal["output", "value_added"]
Denominator = Literal["consumption", "production"]


def eco_efficiency(value: Array, impact: Array) -> Array:
    """Return value over impact ``(n,)`` [money/unit]; NaN where the impact is not positive: there it does not exist.

    Footprints of sectors whose net final demand is negative (imports of a table as published) are negative; value over
    them would rise as they approach zero, and mean nothing.

    Parameters
    ----------
    value
        Output or value added by sector ``(n,)`` [money/a].
    impact
        Environmental impact by sector ``(n,)`` [unit/a].
    """
    result = np.full(value.shape, np.nan)
    np.divide(value, impact, out=result, where=impact > 0)
    return result


@dataclass(frozen=True, eq=False)
class EcoEfficiency:
    """Eco-efficiency of sectors before and after, beside the absolute change of impact.

    Parameters
    ----------
    sectors
        n labels.
    before, after
        Eco-efficiency ``(n,)`` [money/unit]; NaN where the impact is not positive.
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

    def __post_init__(self) -> None:
        for name in ("before", "after", "impact_before", "impact_after", "value_before", "value_after"):
            getattr(self, name).flags.writeable = False

    @property
    def relative_change(self) -> Array:
        """Change of eco-efficiency relative to the size of before ``(n,)`` [1]; NaN where there is none before."""
        result = np.full(self.before.shape, np.nan)
        np.divide(self.after - self.before, np.abs(self.before), out=result, where=np.nan_to_num(self.before) != 0)
        return result

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
    sectors = before.accounts.sectors
    match(after.accounts.sectors, sectors, "sectors")
    weights = np.eye(len(sectors)) if groups is None else groups
    labels = as_labels(sectors if labels is None else labels, "groups")
    weights = frozen(weights, (len(sectors), len(labels)), "groups")
    rows = [getattr(o.accounts, impact)[o.accounts.row(account)] @ weights for o in (before, after)]
    values = [(o.accounts.output if value == "output" else o.value_added) @ weights for o in (before, after)]
    return EcoEfficiency(
        sectors=labels,
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

    An impact that was zero before and is not after has grown beyond all measure; value must have been there before.
    Elasticities between 0.8 and 1.2 count as coupling. Where value grows: impact falls, absolute decoupling; elasticity
    below 0.8, relative decoupling; above 1.2, expansive negative decoupling. Where it shrinks, the recessive states.
    """
    growth = _growth(value_before, value_after)
    change = _growth(impact_before, impact_after)
    if growth == 0 or value_before == 0:
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


def _growth(before: float, after: float) -> float:
    """Return the change relative to the size of before; infinite where there was nothing before [1]."""
    if before == 0:
        return 0.0 if after == 0 else float("inf") if after > 0 else float("-inf")
    return (after - before) / abs(before)
