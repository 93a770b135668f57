"""Which water can stand in for which, where a survey tells no concentrations; from ``data/water_quality.csv``.

Most rows are engineering judgement and say so: a row makes a question to ask, not a permit.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from lichen.discover.limits import Checked, rows
from lichen.figures import Text
from lichen.vocabulary.materials import material

Fit = Literal["direct", "treated", "ask"]
"""How a water stands in: "direct": as it is, in the usual case; "treated": after the treatment named; "ask": it depends
on concentrations that must be asked for."""


@dataclass(frozen=True)
class StandIn:
    """A water that can stand in for another, for surveys without concentrations.

    Parameters
    ----------
    water, instead_of
        Materials of the vocabulary.
    fit
        How.
    condition
        What must hold or be done, in English and Chinese.
    source, checked
        Where it is from; see :data:`lichen.discover.limits.Checked`.
    """

    water: str
    instead_of: str
    fit: Fit
    condition: Text
    source: str
    checked: Checked


@functools.cache
def quality_order() -> tuple[StandIn, ...]:
    """Return every water that can stand in for another, from ``data/water_quality.csv``."""
    return tuple(
        StandIn(
            r["water"], r["instead_of"], cast(Fit, r["fit"]), Text(r["en"], r["zh"]), r["source"],
            cast(Checked, r["checked"]),
        )
        for r in rows("water_quality.csv")
    )  # fmt: skip


def stand_ins(code: str) -> tuple[StandIn, ...]:
    """Return what can stand in for the water ``code``: direct first, then treated, then to be asked about.

    Raises
    ------
    LabelError
        If there is no such material.
    """
    wanted = material(code).code
    order: tuple[Fit, ...] = ("direct", "treated", "ask")
    return tuple(sorted((s for s in quality_order() if s.instead_of == wanted), key=lambda s: order.index(s.fit)))


_DIRECT: tuple[Fit, ...] = ("direct",)


def replaceable(fits: Collection[Fit] = _DIRECT) -> Mapping[str, tuple[str, ...]]:
    """Return for each water what it can stand in for in one of these ways, by codes of materials."""
    found: dict[str, list[str]] = {}
    for row in quality_order():
        if row.fit in fits:
            found.setdefault(row.water, []).append(row.instead_of)
    return {water: tuple(others) for water, others in found.items()}
