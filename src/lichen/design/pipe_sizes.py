"""Sizes of pipes that are sold, and what water is like: ``data/pipes.csv``, ``data/water.csv``.

Pre-insulated steel pipes after EN 253, series 1. Each row says where it is from, and whether it was seen there.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import inf, pi

import numpy as np

from lichen.design.steps import within
from lichen.errors import InputError, Problems
from lichen.labelled import suggest


@dataclass(frozen=True)
class Pipe:
    """A size.

    Parameters
    ----------
    id
        "DN20" to "DN1000".
    inner, outer
        Diameters of the steel pipe [m].
    casing, casing_wall
        Outer diameter of the casing, and how thick it is [m].
    fastest
        Velocity that is not exceeded [m/s]; ``inf``: no source says one.
    """

    id: str
    inner: float
    outer: float
    casing: float
    casing_wall: float
    fastest: float

    @property
    def area(self) -> float:
        """Cross-section [m²]."""
        return pi * self.inner**2 / 4


@dataclass(frozen=True)
class Water:
    """Density [kg/m³], heat capacity [J/(kg K)] and viscosity [Pa s]."""

    rho: float
    c_p: float
    mu: float


@functools.cache
def pipes() -> Mapping[str, Pipe]:
    """Return every size by name, from the smallest."""
    found = {}
    for row in rows("pipes.csv"):
        inner, outer, casing, wall = (
            float(row[key]) / 1000 for key in ("inner_mm", "outer_mm", "casing_mm", "casing_wall_mm")
        )
        found[row["pipe"]] = Pipe(row["pipe"], inner, outer, casing, wall, float(row["fastest_m_s"] or inf))
    return found


def pipe(name: str) -> Pipe:
    """Return a size.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    unknown_sizes([name]).raise_if_errors(InputError)
    return pipes()[name]


def water(celsius: float) -> Water:
    """Return what water is like at a temperature from 0 to 150 °C, at 1 MPa; between rows linear.

    Raises
    ------
    InputError
        If the temperature lies outside.
    """
    problems = Problems()
    within("temperature", celsius, 0.0, 150.0, problems)
    problems.raise_if_errors(InputError)
    T, *columns = _water()
    rho, c_p, mu = (float(np.interp(celsius, T, column)) for column in columns)
    return Water(rho, c_p, mu * 1e-6)


def unknown_sizes(names: Iterable[str]) -> Problems:
    """Return a problem for each size that there is none of."""
    problems = Problems()
    for name in names:
        if name not in pipes():
            near = suggest(name, list(pipes())) or "–"
            problems.add("design.no_pipe", None, name=name, near=near, known=list(pipes()))
    return problems


@functools.cache
def _water() -> tuple[tuple[float, ...], ...]:
    keys = ("temperature_c", "density_kg_m3", "heat_capacity_j_kg_k", "viscosity_upa_s")
    return tuple(tuple(float(row[key]) for row in rows("water.csv")) for key in keys)


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of ``data/<name>`` of this package."""
    text = (files("lichen.design") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))
