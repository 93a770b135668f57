"""The tools that search the same region. ``prepare`` runs before the clock, ``work`` under it.

The peers get what the rules allow already expanded to materials and industries, and return the best only (pandas: also
the count of all pairs). Lichen's clock holds the checks of all streams, the expansion, and the count.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from benchmarks import discover_data as data

R = 6371.0088
Sides = dict[str, dict[str, np.ndarray]]
Best = dict[str, np.ndarray]
"""supply, demand, rule, score ``(most,)``; found, where it is counted."""


class Lichen:
    """``search``."""

    processes = 1

    def prepare(self, sides: Sides, rules: list[dict[str, Any]]) -> Any:
        """Load the module."""
        import lichen.discover.search  # noqa: F401  # loaded before the clock starts

        return sides, rules

    def work(self, prepared: Any, most: int) -> Best:
        """Make and check the streams, and search."""
        from lichen.discover.arrays import Rule, Streams, Weights
        from lichen.discover.search import search, search_partitioned

        sides, rules = prepared
        supplies, demands = (Streams(data.MATERIALS, data.CODES, **sides[side]) for side in ("supply", "demand"))
        weights = Weights(0.5, data.HALF_KM, data.HALF_QUANTITY)
        made = [Rule(**rule) for rule in rules]
        options = {"weights": weights, "most": most, "above": data.above}
        if self.processes == 1:
            found = search(supplies, demands, made, **options)
        else:
            with ProcessPoolExecutor(self.processes) as pool:
                found = search_partitioned(supplies, demands, made, blocks=self.processes, map_=pool.map, **options)
        names = ("supply", "demand", "rule", "score")
        return {name: getattr(found, name) for name in names} | {"found": np.array(found.found)}


class LichenPool(Lichen):
    """``search_partitioned`` over two processes."""

    processes = 2


def tables(sides: Sides, rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Return data frames of streams, of what rules allow on each side, and of the rules."""
    import pandas as pd

    frames = {side: pd.DataFrame(columns).rename_axis("id").reset_index() for side, columns in sides.items()}
    frames["gives"] = pd.DataFrame(data.expanded(rules, "streams", "donors"))
    frames["takes"] = pd.DataFrame(data.expanded(rules, "demands", "receivers"))
    numbers = [(r, rule.get("rate", 1.0), rule.get("cap"), rule.get("evidence", 1.0)) for r, rule in enumerate(rules)]
    frames["rules"] = pd.DataFrame(numbers, columns=["rule", "rate", "cap", "evidence"]).astype({"cap": float})
    return frames


class Pandas:
    """Merge on the rule, then filter by distance."""

    def prepare(self, sides: Sides, rules: list[dict[str, Any]]) -> Any:
        """Make the data frames."""
        return tables(sides, rules)

    def work(self, t: Any, most: int) -> Best:
        """Merge, filter, score, sort."""
        s = t["supply"].merge(t["gives"], on=["material", "industry"]).drop(columns=["material", "industry"])
        d = t["demand"].merge(t["takes"], on=["material", "industry"]).drop(columns=["material", "industry"])
        p = s.merge(d, on="rule", suffixes=("_s", "_d"))
        p = p[p["firm_s"] != p["firm_d"]]
        a, b = np.radians(p["latitude_s"]), np.radians(p["latitude_d"])
        turn = np.radians(p["longitude_d"] - p["longitude_s"])
        h = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(turn / 2) ** 2
        p = p.assign(km=2 * R * np.arcsin(np.sqrt(h)))
        p = p[p["km"] <= data.MAX_KM].merge(t["rules"], on="rule")
        wanted = p["quantity_d"] / p["rate"]
        smaller = np.minimum(p["quantity_s"], wanted)
        quantity = smaller.clip(upper=(p["cap"] * wanted).fillna(np.inf)).clip(upper=p["capacity"].fillna(np.inf))
        p["score"] = (
            p["evidence"] * np.exp2(-p["km"] / data.HALF_KM) * quantity / smaller
            * quantity / (quantity + data.HALF_QUANTITY)
        )  # fmt: skip
        best = p.sort_values(["score", "id_s", "id_d", "rule"], ascending=[False, True, True, True]).head(most)
        return {
            "supply": best["id_s"].to_numpy(), "demand": best["id_d"].to_numpy(), "rule": best["rule"].to_numpy(),
            "score": best["score"].to_numpy(), "found": np.array(len(p)),
        }  # fmt: skip


CELL = 0.3
"""Side of a cell of the grid [°]; a supply stands in every cell that a demand within the distance may lie in."""
THETA = data.MAX_KM / R
"""The distance as an angle [rad]; it reaches as far north as that, and east as far as asin(sin θ / cos latitude)."""
BEST = f"""
    kept AS (
        SELECT p.*, least(quantity_s, quantity_d / rate) AS smaller, evidence,
               least(quantity_s, quantity_d / rate, coalesce(cap * quantity_d / rate, 1e300),
                     coalesce(capacity, 1e300)) AS quantity
        FROM (
            SELECT s.id AS supply, d.id AS demand, s.rule, s.quantity AS quantity_s, d.quantity AS quantity_d, capacity,
                   2 * {R} * asin(sqrt(pow(sin(radians(d.latitude - s.latitude) / 2), 2)
                       + cos(radians(s.latitude)) * cos(radians(d.latitude))
                       * pow(sin(radians(d.longitude - s.longitude) / 2), 2))) AS km
            FROM s JOIN d USING (%s) WHERE s.firm <> d.firm
        ) p JOIN rules USING (rule) WHERE km <= {data.MAX_KM}
    )
    SELECT supply, demand, rule, evidence * pow(2, -km / {data.HALF_KM}) * quantity / smaller
           * quantity / (quantity + {data.HALF_QUANTITY}) AS score
    FROM kept ORDER BY score DESC, supply, demand, rule LIMIT $most
"""
PLAIN = """
    WITH s AS (SELECT * FROM supply JOIN gives USING (material, industry)),
         d AS (SELECT * FROM demand JOIN takes USING (material, industry)),
"""
GRID = f"""
    WITH rows AS (
        SELECT *, degrees(asin(sin({THETA}) / cos(radians(latitude)))) + 1e-9 AS reach,
               unnest(range(floor((latitude - {np.degrees(THETA)}) / {CELL})::BIGINT,
                            floor((latitude + {np.degrees(THETA)}) / {CELL})::BIGINT + 1)) AS y
        FROM supply JOIN gives USING (material, industry)),
    s AS (
        SELECT *, unnest(range(floor((longitude - reach) / {CELL})::BIGINT,
                               floor((longitude + reach) / {CELL})::BIGINT + 1)) AS x
        FROM rows),
    d AS (
        SELECT *, floor(latitude / {CELL})::BIGINT AS y, floor(longitude / {CELL})::BIGINT AS x
        FROM demand JOIN takes USING (material, industry)),
"""


class DuckDB:
    """Plain SQL: join on the rule, filter by distance."""

    query = PLAIN + BEST % "rule"

    def prepare(self, sides: Sides, rules: list[dict[str, Any]]) -> Any:
        """Make the tables."""
        import duckdb

        base = duckdb.connect()
        base.execute(f"SET threads = {os.cpu_count()}")
        for name, frame in tables(sides, rules).items():
            base.register("frame", frame)
            absent = {"demand": "capacity", "rules": "cap"}.get(name)
            values = f"* REPLACE (nullif({absent}, 'nan'::DOUBLE) AS {absent})" if absent else "*"
            base.execute(f"CREATE TABLE {name} AS SELECT {values} FROM frame")
            base.unregister("frame")
        return base

    def work(self, base: Any, most: int) -> Best:
        """Ask for the best."""
        return dict(base.execute(self.query, {"most": most}).fetchnumpy())


class DuckDBGrid(DuckDB):
    """SQL over a grid: a supply stands in each cell within reach, joined on rule and cell."""

    query = GRID + BEST % "rule, y, x"


class PolarsGrid:
    """The same grid in polars, by its streaming engine."""

    def prepare(self, sides: Sides, rules: list[dict[str, Any]]) -> Any:
        """Make the data frames."""
        import polars as pl

        return {name: pl.from_pandas(frame, nan_to_null=True) for name, frame in tables(sides, rules).items()}

    def work(self, t: Any, most: int) -> Best:
        """Join and ask for the best."""
        import polars as pl

        col, north = pl.col, float(np.degrees(THETA))
        cell = lambda place: (place / CELL).floor().cast(pl.Int32)  # noqa: E731
        reach = (np.sin(THETA) / col("latitude").radians().cos()).arcsin().degrees() + 1e-9
        both = ["material", "industry"]
        s = (
            t["supply"].lazy().join(t["gives"].lazy(), on=both).drop(both)
            .with_columns(y=pl.int_ranges(cell(col("latitude") - north), cell(col("latitude") + north) + 1))
            .explode("y")
            .with_columns(x=pl.int_ranges(cell(col("longitude") - reach), cell(col("longitude") + reach) + 1))
            .explode("x")
        )  # fmt: skip
        d = t["demand"].lazy().join(t["takes"].lazy(), on=both).drop(both)
        d = d.with_columns(y=cell(col("latitude")).cast(pl.Int64), x=cell(col("longitude")).cast(pl.Int64))
        a, b = col("latitude").radians(), col("latitude_d").radians()
        turn = (col("longitude_d") - col("longitude")).radians()
        h = ((b - a) / 2).sin() ** 2 + a.cos() * b.cos() * (turn / 2).sin() ** 2
        wanted = col("quantity_d") / col("rate")
        best = (
            s.join(d, on=["rule", "y", "x"], suffix="_d").filter(col("firm") != col("firm_d"))
            .with_columns(km=2 * R * h.sqrt().arcsin()).filter(col("km") <= data.MAX_KM)
            .join(t["rules"].lazy(), on="rule")
            .with_columns(smaller=pl.min_horizontal("quantity", wanted))
            .with_columns(can=pl.min_horizontal("smaller", col("cap") * wanted, "capacity"))
            .select(
                col("id").alias("supply"), col("id_d").alias("demand"), "rule",
                score=col("evidence") * (-col("km") / data.HALF_KM * np.log(2.0)).exp() * col("can") / col("smaller")
                * col("can") / (col("can") + data.HALF_QUANTITY),
            )
            .sort("score", "supply", "demand", "rule", descending=[True, False, False, False]).head(most)
            .collect(engine="streaming")
        )  # fmt: skip
        return {name: best[name].to_numpy() for name in best.columns}


TOOLS: dict[str, Any] = {
    "lichen": Lichen(), "lichen, 2 processes": LichenPool(), "pandas merge": Pandas(), "duckdb": DuckDB(),
    "duckdb, grid": DuckDBGrid(), "polars, grid": PolarsGrid(),
}  # fmt: skip
NEEDS = {"pandas merge": "pandas", "duckdb": "duckdb", "duckdb, grid": "duckdb", "polars, grid": "polars"}
NO_GRID = ("pandas merge", "duckdb")
"""Tools that make every pair that rules allow, wherever it is."""
