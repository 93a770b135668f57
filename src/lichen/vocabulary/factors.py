"""Emission, heat and energy factors from ``data/factors.csv``; each row has its unit, its source and what to beware of.

Ids read from the general to the particular: ``lhv_coke`` (lower heating value), ``co2_heat_coke`` (CO2 from burning, by
heat, full oxidation), ``oxidation_coke``, ``co2_clinker`` (process), ``grid_guizhou_2022`` (electricity).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from lichen.figures import Figure, Kind, Text
from lichen.vocabulary._files import number, rows, unknown


@dataclass(frozen=True)
class Factor:
    """A factor: its id, what it is called, and the figure."""

    id: str
    name: Text
    figure: Figure


@functools.cache
def _table() -> Mapping[str, Factor]:
    return {row["id"]: _factor(row) for row in rows("factors.csv")}


def _factor(row: Mapping[str, str]) -> Factor:
    figure = Figure(
        float(row["value"]), row["unit"], cast(Kind, row["kind"]), row["source"], number(row["low"]),
        number(row["high"]), int(row["year"] or 0), row["note"],
    )  # fmt: skip
    return Factor(row["id"], Text(row["name_en"], row["name_zh"]), figure)


def factors(beginning: str = "") -> tuple[Factor, ...]:
    """Return every factor whose id begins with ``beginning``, e.g. ``grid_``, in the order of the file."""
    return tuple(item for item in _table().values() if item.id.startswith(beginning))


def factor(id: str) -> Figure:  # noqa: A002
    """Return the figure of the factor ``id``.

    >>> factor("co2_clinker").to("kgCO2/t")
    538.0

    Raises
    ------
    LabelError
        If there is no such factor; the nearest id is named.
    """
    table = _table()
    if id not in table:
        unknown("factors", id, table)
    return table[id].figure
