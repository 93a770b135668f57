"""A region drawn for the candidate search: supplies, demands and rules. Same seed, same region.

What is drawn: firms, one for every five supplies, each with one of 40 industries, at a plant and up to some kilometres
from it (normal, ``SPREAD_KM`` north and east); streams of a firm drawn at random, of 800 materials in 40 groups of 20,
the k-th most frequent drawn in proportion to ``k ** -SKEW``; amounts log-normal around 400 t/a; a capacity for three
demands in ten. Rules, all within ``MAX_KM``: each material for itself (800), and 200 substitutions of a material, or in
one case of ten of a whole group, by another, most between named industries, with a rate, half of them with a cap.

The plants are those of the Hotmaps industrial database and of the power plants of China by the World Resources
Institute, where ``LICHEN_REAL_DATA`` names a folder with ``facilities/hotmaps_industrial_database.csv`` and
``facilities/WRI_China.csv``; else 7500 places around 150 centres of towns.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

GROUPS, EACH, INDUSTRIES, SUBSTITUTIONS = 40, 20, 40, 200
MAX_KM, SPREAD_KM, SKEW = 30.0, 3.0, 0.85
KM_A_DEGREE = 111.195
MATERIALS = tuple(f"g{k:02d}.m{m:02d}" for k in range(GROUPS) for m in range(EACH))
CODES = tuple(str(10 + k) + "11" for k in range(INDUSTRIES))
HALF_KM, HALF_QUANTITY = 30.0, 100.0
"""What counts in the scores that are compared; any would do."""


def above(code: str) -> Sequence[str]:
    """Return the group of a material."""
    return (code[:3],) if len(code) > 3 else ()


def plants(seed: int) -> tuple[np.ndarray, str]:
    """Return latitude and longitude ``(n, 2)`` [°], and where they are from."""
    folder = Path(os.environ.get("LICHEN_REAL_DATA", "")) / "facilities"
    hotmaps, china = folder / "hotmaps_industrial_database.csv", folder / "WRI_China.csv"
    if not (hotmaps.is_file() and china.is_file()):
        rng = np.random.default_rng(seed)
        centres = np.column_stack([rng.uniform(36, 60, 150), rng.uniform(-8, 40, 150)])
        return centres[rng.integers(0, 150, 7500)] + rng.normal(0, 0.4, (7500, 2)), "drawn around 150 centres"
    import pandas as pd

    points = pd.read_csv(hotmaps, sep=";")["geom"].astype(str).str.extract(r"POINT\(([-\d.]+) ([-\d.]+)\)")
    europe = points[[1, 0]].astype(float).to_numpy()
    asia = pd.read_csv(china, encoding="latin-1")[["Latitude", "Longitude"]].astype(float).to_numpy()
    both = np.vstack([europe, asia])
    return both[np.isfinite(both).all(axis=1)], "plants of Hotmaps and WRI"


def region(n: int, seed: int = 1) -> tuple[dict[str, dict[str, np.ndarray]], str]:
    """Return ``n`` supplies and ``n`` demands as columns, and where the places are from."""
    rng = np.random.default_rng(seed)
    places, source = plants(seed)
    firms = max(n // 5, 1)
    home = places[rng.integers(0, len(places), firms)]
    north, east = rng.normal(0.0, SPREAD_KM / KM_A_DEGREE, (2, firms))
    latitude = home[:, 0] + north
    longitude = home[:, 1] + east / np.cos(np.radians(home[:, 0]))
    industry = rng.integers(0, INDUSTRIES, firms)
    frequency = np.arange(1.0, len(MATERIALS) + 1) ** -SKEW
    frequency = rng.permutation(frequency / frequency.sum())
    sides = {}
    for side in ("supply", "demand"):
        firm = rng.integers(0, firms, n)
        columns = {
            "material": rng.choice(len(MATERIALS), n, p=frequency), "industry": industry[firm], "firm": firm,
            "latitude": latitude[firm], "longitude": longitude[firm], "quantity": rng.lognormal(np.log(400.0), 2.0, n),
        }  # fmt: skip
        if side == "demand":
            columns["capacity"] = np.where(rng.random(n) < 0.3, rng.lognormal(np.log(200.0), 2.0, n), np.nan)
        sides[side] = columns
    return sides, source


def rules(seed: int = 1) -> list[dict[str, Any]]:
    """Return the rules as the fields of :class:`lichen.discover.arrays.Rule`."""
    rng = np.random.default_rng(seed + 1000)
    made: list[dict[str, Any]] = [
        {"id": code, "streams": (code,), "demands": (code,), "max_km": MAX_KM} for code in MATERIALS
    ]
    for k in range(SUBSTITUTIONS):
        stream, demand = rng.choice(len(MATERIALS), 2, replace=False)
        code = MATERIALS[stream]
        made.append({
            "id": f"substitution {k}", "streams": (code[:3] if rng.random() < 0.1 else code,),
            "demands": (MATERIALS[demand],), "donors": _divisions(rng), "receivers": _divisions(rng),
            "rate": float(rng.uniform(0.3, 1.0)), "cap": float(rng.uniform(0.1, 0.5)) if rng.random() < 0.5 else None,
            "max_km": MAX_KM, "evidence": float(rng.uniform(0.3, 1.0)),
        })  # fmt: skip
    return made


def _divisions(rng: np.random.Generator) -> tuple[str, ...]:
    """Return up to eight divisions; in one case of four none, which means any."""
    if rng.random() < 0.25:
        return ()
    return tuple(sorted(CODES[k][:2] for k in rng.choice(INDUSTRIES, rng.integers(1, 9), replace=False)))


def expanded(made: list[dict[str, Any]], codes: str, industries: str) -> dict[str, np.ndarray]:
    """Return rule, material and industry of all that rules allow on a side: what the peers join with."""
    rows = [
        (r, m, i)
        for r, rule in enumerate(made)
        for m, material in enumerate(MATERIALS) if {material, *above(material)} & set(rule[codes])
        for i, industry in enumerate(CODES) if industry.startswith(rule.get(industries) or "")
    ]  # fmt: skip
    return dict(zip(("rule", "material", "industry"), np.array(rows).T.copy(), strict=True))


def pairs_before_distance(sides: dict[str, dict[str, np.ndarray]], made: list[dict[str, Any]]) -> int:
    """Return how many pairs of supply and demand the rules allow wherever they are."""
    counts = []
    for side, codes, industries in (("supply", "streams", "donors"), ("demand", "demands", "receivers")):
        table = expanded(made, codes, industries)
        cell = np.bincount(sides[side]["material"] * INDUSTRIES + sides[side]["industry"],
                           minlength=len(MATERIALS) * INDUSTRIES)  # fmt: skip
        counts.append(np.bincount(table["rule"], cell[table["material"] * INDUSTRIES + table["industry"]], len(made)))
    return int(counts[0] @ counts[1])
