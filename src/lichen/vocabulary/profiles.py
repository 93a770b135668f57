"""Sector profiles: what a plant usually takes and gives per unit of its main product, for firms that have no data yet.

Each row of ``data/profiles.csv`` is one ratio with its source. A profile makes a question to ask, not a measurement:
what is filled in with it is estimated and is marked so.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from lichen.figures import Figure, Kind, Text
from lichen.vocabulary._files import number, rows
from lichen.vocabulary.industries import industry, within
from lichen.vocabulary.materials import Role

Direction = Literal["in", "out"]
Checked = Literal["seen", "recalled", "derived"]
"""How the value was taken from its source: "seen" in it or in a text that quotes it, "recalled" from it and still to be
compared with it, "derived" by own calculation as the source says."""


@dataclass(frozen=True)
class Profile:
    """One ratio of a profile.

    Parameters
    ----------
    industry, process
        Class of GB/T 4754-2017, and the process: a steelworks with a blast furnace is not one with an arc furnace.
    activity, activity_unit, basis
        Material of the main product (empty: people), the unit it is counted in, and what of it is counted (P2O5, dry).
    material, direction, role
        What flows in or out.
    ratio
        Amount per unit of activity.
    checked
        How the value was taken from its source.
    """

    industry: str
    process: str
    activity: str
    activity_unit: str
    basis: str
    material: str
    direction: Direction
    role: Role
    ratio: Figure
    checked: Checked

    @property
    def process_name(self) -> Text:
        """Name of the process in English and Chinese; ``process`` is its code, and stands where there is no name."""
        return _process_names().get(self.process, Text(self.process))


@functools.cache
def _process_names() -> Mapping[str, Text]:
    return {row["process"]: Text(row["en"], row["zh"]) for row in rows("process_names.csv")}


def profiled() -> tuple[str, ...]:
    """Return the codes of the industries that have a profile, in order."""
    return tuple(sorted({row["industry"] for row in rows("profiles.csv")}))


@functools.cache
def profiles(code: str = "") -> tuple[Profile, ...]:
    """Return every ratio, or those of the industry ``code`` and of what it is part of or what is part of it.

    Raises
    ------
    LabelError
        If there is no such industry.
    """
    wanted = industry(code).code if code else ""
    return tuple(
        Profile(
            row["industry"], row["process"], row["activity"], row["activity_unit"], row["basis"], row["material"],
            cast(Direction, row["direction"]), cast(Role, row["role"]),
            Figure(
                float(row["value"]), row["unit"], cast(Kind, row["kind"]), row["source"], number(row["low"]),
                number(row["high"]), int(row["year"] or 0), row["note"],
            ),
            cast(Checked, row["checked"]),
        )
        for row in rows("profiles.csv")
        if row["industry"].startswith(wanted) or wanted.startswith(row["industry"])
    )  # fmt: skip


@functools.cache
def usual_inputs(code: str) -> tuple[str, ...]:
    """Return the materials that an industry usually takes in, each once; of a city none is told.

    By its profile, and by ``data/usual_inputs.csv``: what the explanations of GB/T 4754-2017 say that a class makes its
    products from. It makes a question to ask, not a fact about a firm.

    Raises
    ------
    LabelError
        If there is no such industry.

    >>> usual_inputs("2914")
    ('waste.rubber',)
    """
    told = [p.material for p in profiles(code) if p.direction == "in"]
    explained = [row["material"] for row in rows("usual_inputs.csv") if within(code, row["industry"])]
    return tuple(dict.fromkeys((*told, *explained)))
