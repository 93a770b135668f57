"""Tables to measure on: random flows of a given density, made from a seed; balanced and productive by construction."""

from __future__ import annotations

from pathlib import Path

import numpy as np

STRESSORS = 10
DENSITY = 0.3
NAMES = ("Z", "Y", "V", "x", "F")


def make(n: int, seed: int = 1, heavy_column: bool = False) -> dict[str, np.ndarray]:
    """Return Z (n, n), Y (n, 3), V (2, n), x (n,), F (10, n); half of all output is final demand.

    With ``heavy_column`` the first sector buys for 1.1 times its output: a loss, so that the cheap proof of
    productivity (all columns of A below one) fails and the full checks run.
    """
    random = np.random.default_rng(seed)
    Z = random.random((n, n))
    Z *= random.random((n, n)) < DENSITY
    Y = random.uniform(0.5, 1.5, (n, 3)) * Z.sum(axis=1).mean() / 3
    x = Z.sum(axis=1) + Y.sum(axis=1)
    if heavy_column:
        more = Z[:, 0] * (1.1 * x[0] / Z[:, 0].sum() - 1.0)
        Z[:, 0] += more
        Y[:, 0] -= more
    V = (x - Z.sum(axis=0)) * np.array([[0.6], [0.4]])
    return {"Z": Z, "Y": Y, "V": V, "x": x, "F": random.random((STRESSORS, n))}


def save(folder: Path, data: dict[str, np.ndarray]) -> None:
    """Write the arrays, so that making them leaves no trace in the memory of the process that is measured."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        np.save(folder / f"{name}.npy", data[name])


def load(folder: Path) -> dict[str, np.ndarray]:
    """Read what :func:`save` wrote."""
    return {name: np.load(folder / f"{name}.npy") for name in NAMES}
