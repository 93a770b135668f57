"""Indicators of authorities against their targets, year by year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from lichen.monitor.values import Target
from lichen.units import factor, same_dimension

Met = Literal["met", "not met", "not reported", "no target"]


@dataclass(frozen=True)
class TargetLine:
    """An indicator in one year.

    Parameters
    ----------
    target
        The row.
    value
        What it is [unit]; ``None``: not known.
    computed
        Whether the value was worked out from the firms' flows, not told.
    met
        Whether it meets the target.
    gap
        How far it is beyond the target in the wanted direction [unit]; negative: it falls short. ``None``: not known.
    """

    target: Target
    value: float | None
    computed: bool
    met: Met
    gap: float | None


def against_targets(
    targets: Iterable[Target], computed: Mapping[tuple[str, int], tuple[float, str]] | None = None
) -> tuple[TargetLine, ...]:
    """Return each indicator and year with its gap.

    Parameters
    ----------
    targets
        Rows of the file.
    computed
        (indicator, year) → value and unit ("1" or "t/a") as worked out, for rows of such a unit that give no value.
    """
    return tuple(
        _line(target, computed or {}) for target in sorted(targets, key=lambda t: (t.indicator, t.year))
    )  # fmt: skip


def _line(target: Target, computed: Mapping[tuple[str, int], tuple[float, str]]) -> TargetLine:
    value, worked_out = target.value, False
    found = computed.get((target.indicator, target.year))
    if value is None and found is not None and same_dimension(found[1], target.unit):
        value, worked_out = found[0] * factor(found[1], target.unit), True
    if target.target is None:
        return TargetLine(target, value, worked_out, "no target", None)
    if value is None:
        return TargetLine(target, None, False, "not reported", None)
    gap = value - target.target if target.direction == "at least" else target.target - value
    slack = 1e-9 * max(abs(value), abs(target.target))
    return TargetLine(target, value, worked_out, "met" if gap >= -slack else "not met", gap)
