"""The tools that are compared. ``prepare`` runs before the clock starts, ``work`` under it, ``results`` after it.

The peers get their data frames and objects made before the clock; Lichen's clock holds the making and checking too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Data = dict[str, np.ndarray]
Results = dict[str, np.ndarray]


class Floor:
    """What any tool must do: build I − A, one LU, and the back-solves. No labels, no checks."""

    def prepare(self, data: Data) -> Data:
        """Hand over the arrays."""
        import scipy.linalg  # noqa: F401  # loaded before the clock starts

        return data

    def work(self, data: Data) -> Results:
        """Multipliers, output, production and consumption accounts."""
        from scipy.linalg import lu_factor, lu_solve

        Z, Y, x, F = data["Z"], data["Y"], data["x"], data["F"]
        M = Z * (-1.0 / x)
        M.flat[:: len(x) + 1] += 1.0
        lu = lu_factor(M.T, overwrite_a=True, check_finite=False)  # of the transpose, in place
        f, S = Y.sum(axis=1), F / x
        multipliers = lu_solve(lu, S.T, check_finite=False).T
        output = lu_solve(lu, f, trans=1, check_finite=False)
        return {"multipliers": multipliers, "output": output, "production": S * output, "consumption": multipliers * f}

    def results(self, answer: Results) -> Results:
        """Return the arrays."""
        return answer


class Lichen:
    """Table, satellites, every check, accounts."""

    copy = False
    inverse = False

    def prepare(self, data: Data) -> tuple[Data, dict[str, Any]]:
        """Make the labels."""
        import lichen.economy.accounts  # noqa: F401  # loaded before the clock starts

        sectors = _sectors(data)
        accounts = tuple(f"stressor {i}" for i in range(len(data["F"])))
        return data, {"sectors": sectors, "accounts": accounts}

    def economy(self, prepared: tuple[Data, dict[str, Any]]) -> Any:
        """Make and check the economy."""
        from lichen.economy.accounts import Economy
        from lichen.economy.table import Satellites, Table

        data, labels = prepared
        m = len(labels["accounts"])
        table = Table(
            labels["sectors"], data["Z"], data["Y"], ("households", "investment", "exports"),
            ("consumption", "investment", "export"), data["V"], ("wages", "surplus"), data["x"], copy=self.copy,
        )  # fmt: skip
        satellites = Satellites(labels["accounts"], ("",) * m, ("t",) * m, labels["sectors"], data["F"], copy=self.copy)
        return Economy(table, satellites)

    def work(self, prepared: tuple[Data, dict[str, Any]]) -> tuple[Any, Any]:
        """Make and check the economy, and its accounts."""
        economy = self.economy(prepared)
        return economy.accounts(), economy.leontief.inverse() if self.inverse else None

    def results(self, answer: tuple[Any, Any]) -> Results:
        """Return the arrays."""
        accounts = answer[0]
        return {name: getattr(accounts, name) for name in ("multipliers", "output", "production", "consumption")}


class LichenCopying(Lichen):
    """As Lichen by default: the arrays are copied first."""

    copy = True


class LichenInverse(Lichen):
    """Lichen, and the Leontief inverse itself, which the peers always make."""

    inverse = True


class Pymrio:
    """IOSystem.calc_all of a system with one extension."""

    def prepare(self, data: Data) -> Any:
        """Make the IOSystem and its extension."""
        import pandas as pd
        import pymrio

        index = pd.MultiIndex.from_product([["region"], _sectors(data)], names=["region", "sector"])
        final = pd.MultiIndex.from_product([["region"], ["households", "investment", "exports"]],
                                           names=["region", "category"])  # fmt: skip
        stressors = pd.Index([f"stressor {i}" for i in range(len(data["F"]))], name="stressor")
        system = pymrio.IOSystem(Z=pd.DataFrame(data["Z"], index=index, columns=index),
                                 Y=pd.DataFrame(data["Y"], index=index, columns=final))  # fmt: skip
        system.stressors = pymrio.Extension("stressors", F=pd.DataFrame(data["F"], index=stressors, columns=index))
        return system

    def work(self, system: Any) -> Any:
        """Compute everything."""
        return system.calc_all()

    def results(self, system: Any) -> Results:
        """Return the arrays."""
        extension = system.stressors
        return {
            "multipliers": extension.M.to_numpy(), "output": system.x.to_numpy()[:, 0],
            "production": extension.D_pba.to_numpy(), "consumption": extension.D_cba.to_numpy(),
        }  # fmt: skip


class Mario:
    """MARIO's Database: coefficients, inverse, multipliers and footprints; nothing that the accounts do not need."""

    def prepare(self, data: Data) -> Any:
        """Make the Database without computing anything."""
        import mario
        import pandas as pd

        sectors = list(_sectors(data))
        index = pd.MultiIndex.from_product([["region"], ["Sector"], sectors])
        final = pd.MultiIndex.from_product([["region"], ["Consumption category"],
                                            ["exports", "households", "investment"]])  # fmt: skip
        stressors = [f"stressor {i}" for i in range(len(data["F"]))]
        wages = ["surplus", "wages"]
        units = {
            "Sector": pd.DataFrame("EUR", index=sectors, columns=["unit"]),
            "Satellite account": pd.DataFrame("t", index=stressors, columns=["unit"]),
            "Factor of production": pd.DataFrame("EUR", index=wages, columns=["unit"]),
        }
        return mario.Database(
            name="benchmark", table="IOT", Z=pd.DataFrame(data["Z"], index=index, columns=index),
            E=pd.DataFrame(data["F"], index=stressors, columns=index),
            V=pd.DataFrame(data["V"][::-1], index=wages, columns=index),
            Y=pd.DataFrame(data["Y"][:, [2, 0, 1]], index=index, columns=final),
            EY=pd.DataFrame(0.0, index=stressors, columns=final), units=units, calc_all=False,
        )  # fmt: skip

    def work(self, database: Any) -> Any:
        """Compute coefficients, the inverse, multipliers and footprints."""
        database.calc_all(["z", "e", "w", "f", "F"])
        return database

    def results(self, database: Any) -> Results:
        """Return the arrays."""
        found = database.matrices["baseline"]
        return {
            "multipliers": found["f"].to_numpy(), "output": found["X"].to_numpy()[:, 0],
            "production": found["E"].to_numpy(), "consumption": found["F"].to_numpy(),
        }  # fmt: skip


TOOLS: dict[str, Any] = {
    "floor": Floor(), "lichen": Lichen(), "lichen, arrays copied": LichenCopying(),
    "lichen, with the inverse": LichenInverse(), "pymrio": Pymrio(), "mario": Mario(),
}  # fmt: skip


def _sectors(data: Data) -> tuple[str, ...]:
    return tuple(f"sector {i:05d}" for i in range(len(data["x"])))
