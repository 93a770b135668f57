"""Numbers of discovery that are choices, from ``data/settings.csv``: each with its source, or said to be judgement."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from lichen.discover.limits import rows
from lichen.discover.values import COMPONENTS, Component
from lichen.errors import InputError, Problems, Where
from lichen.labelled import suggest
from lichen.vocabulary.meaning import NameModel


@functools.cache
def table() -> Mapping[str, Mapping[str, str]]:
    """Return the rows of ``data/settings.csv`` by id."""
    return {row["id"]: row for row in rows("settings.csv")}


def setting(name: str) -> float:
    """Return a number of ``data/settings.csv`` in its unit."""
    return float(table()[name]["value"])


def default_weights() -> dict[Component, float]:
    """Return the weights of the score as they ship; they add up to 1."""
    return {name: setting(f"weight_{name}") for name in COMPONENTS}


@dataclass(frozen=True)
class Settings:
    """What a study may choose.

    Parameters
    ----------
    weights
        Component → weight, 0 or more; what is not named has the weight that ships.
    road_factor
        Way by road over great circle [1].
    most_km
        Longest way [km]; 0: none.
    distances
        Ways by the codes of donor and receiver [km]; they go before places.
    grid
        Factor of electricity, by its id in the vocabulary; empty: its CO2 is not known.
    draws, seed
        Draws of the weights for the range of ranks (0: none).
    names
        A model that finds names that are alike; ``None``: none.
    misplaced
        Codes of firms whose place is not believed; ways to and from them are not known, unless ``distances`` has them.
    """

    weights: Mapping[Component, float] = field(default_factory=default_weights)
    road_factor: float = field(default_factory=lambda: setting("road_factor"))
    most_km: float = 0.0
    distances: Mapping[tuple[str, str], float] = field(default_factory=dict)
    grid: str = ""
    draws: int = 200
    seed: int = 2012
    names: NameModel | None = None
    misplaced: frozenset[str] = frozenset()


def weights_of(given: Mapping[str, float]) -> dict[Component, float]:
    """Return all weights, those of ``given`` in place of the ones that ship.

    Raises
    ------
    InputError
        An unknown name, a negative or infinite weight, or nothing but zeros.
    """
    problems = Problems()
    for name, weight in given.items():
        if name not in COMPONENTS:
            problems.add("discover.unknown_weight", Where(key=f"discover.weights.{name}"), name=name,
                         near=suggest(name, list(COMPONENTS)) or "–", known=list(COMPONENTS))  # fmt: skip
        elif not 0 <= weight < float("inf"):
            problems.add("discover.bad_weight", Where(key=f"discover.weights.{name}"), name=name, found=weight)
    made = {name: given.get(name, weight) for name, weight in default_weights().items()}
    if problems.ok and not sum(made.values()) > 0:
        problems.add("discover.no_weight", Where(key="discover.weights"))
    problems.raise_if_errors(InputError)
    return made
