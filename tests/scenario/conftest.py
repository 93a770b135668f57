"""A town of six sectors with slag, heat and plastics to give away; numbers chosen so that results can be had by hand."""

import numpy as np
import pytest

from lichen.economy.accounts import Economy
from lichen.economy.table import Satellites, Table
from lichen.economy.treatment import domestic
from lichen.figures import Figure, Text
from lichen.scenario.exchange import (
    Disposal,
    Exchange,
    ExchangeBook,
    Input,
    Limit,
    Need,
    OnSite,
    Product,
    Replacement,
    Transport,
)

SECTORS = ("coal", "power", "cement", "steel", "services", "transport")
FINAL = ("homes", "government", "investment", "exports", "imports")


def figure(value: float, unit: str, *span: float, group: str = "") -> Figure:
    low, high = span or (None, None)
    return Figure(value, unit, "assumed", "s", low, high, varies_with=group)


def town_table() -> Table:
    """Coal is imported to 20 %, steel to 10 % of what is used at home [10 000 CNY]."""
    Z = np.array([
        [1000, 8000, 6000, 9000, 500, 100], [1500, 2000, 5000, 8000, 4000, 1000], [100, 100, 1000, 200, 3000, 300],
        [800, 500, 500, 15000, 2000, 1000], [1000, 2000, 3000, 4000, 20000, 5000], [900, 600, 2500, 3000, 4000, 1000],
    ], dtype=float)  # fmt: skip
    F = np.array([
        [300, 100, 0, 0, -5000], [6000, 1500, 0, 1000, 0], [300, 0, 40000, 5000, 0],
        [200, 0, 30000, 35000, -5000], [40000, 25000, 0, 0, 0], [10000, 2000, 1000, 15000, 0],
    ], dtype=float)  # fmt: skip
    x = Z.sum(axis=1) + F.sum(axis=1)
    return Table(SECTORS, Z, F, FINAL, ("consumption", "consumption", "investment", "export", "import"),
                 (x - Z.sum(axis=0))[None, :], ("value added",), x, unit="10000 CNY")  # fmt: skip


def town_satellites() -> Satellites:
    return Satellites(
        ("CO2", "water"), ("", ""), ("t CO2", "m3"), SECTORS,
        [[2e4, 9e5, 1.2e6, 2.5e6, 5e4, 2e5], [1e5, 9e5, 2e5, 8e5, 3e5, 1e4]], ("homes",), [[1e5], [4e5]],
    )  # fmt: skip


def products() -> tuple[Product, ...]:
    return (
        Product("coal", "t", supplier="coal", price=figure(500, "CNY/t"), onsite=(OnSite("CO2", figure(2, "tCO2/t")),)),
        Product("electricity", "kWh", supplier="power", price=figure(0.5, "CNY/kWh")),
        Product("clinker", "t", made_by="receiver", onsite=(OnSite("CO2", figure(0.53, "tCO2/t")),),
                input=(Input("coal", figure(150, "kg/t")), Input("electricity", figure(100, "kWh/t")))),
        Product("cement", "t", made_by="receiver", onsite=(OnSite("water", figure(0.2, "m3/t")),),
                input=(Input("clinker", figure(75, "%")),)),
    )  # fmt: skip


def slag(**changes) -> Exchange:
    """Slag of the steel plant in place of clinker."""
    given = {
        "id": "slag", "name": Text("slag"), "stream": Text("slag"), "donor": "steel", "receiver": "cement",
        "designed": figure(20, "kt/a"), "existing": figure(5, "kt/a"), "price": figure(20, "CNY/t"),
        "disposal": Disposal("services", figure(10, "CNY/t")), "replaces": (Replacement("clinker", figure(0.8, "t/t")),),
        "needs": (Need("electricity", figure(50, "kWh/t")),),
        "transport": Transport(figure(30, "km"), figure(0.5, "CNY/(t km)"), "transport"), "available": figure(100, "kt/a"),
    }  # fmt: skip
    return Exchange(**given | changes)


def heat(**changes) -> Exchange:
    """Heat of the power plant to the city, in place of coal in stoves."""
    given = {
        "id": "heat", "name": Text("heat"), "stream": Text("heat"), "donor": "power", "receiver": "city", "carrier": "energy",
        "designed": figure(20, "TJ/a"), "price": figure(15, "CNY/GJ"), "replaces": (Replacement("coal", figure(50, "kg/GJ")),),
        "needs": (Need("electricity", figure(2, "kWh/GJ"), "donor"),),
    }  # fmt: skip
    return Exchange(**given | changes)


def plastics(**changes) -> Exchange:
    """Waste plastics of the city in place of coal in the steel plant; their own carbon counts."""
    given = {
        "id": "plastics", "name": Text("plastics"), "stream": Text("plastics"), "donor": "city", "receiver": "steel",
        "designed": figure(1, "kt/a"), "price": figure(300, "CNY/t"), "disposal": Disposal("services", figure(60, "CNY/t")),
        "own_carbon": figure(2.75, "tCO2/t"), "replaces": (Replacement("coal", figure(1.5, "t/t")),),
    }  # fmt: skip
    return Exchange(**given | changes)


def book_of(*exchanges: Exchange, **changes) -> ExchangeBook:
    return ExchangeBook(**{"exchanges": exchanges, "products": products()} | changes)


def cap(share: float = 0.2, base: float = 1000, **changes) -> Limit:
    return Limit(
        **{
            "id": "cap",
            "receiver": "cement",
            "exchanges": ("slag",),
            "share": figure(share, "1"),
            "base": figure(base, "kt/a"),
        }
        | changes
    )


def fresh(economy: Economy, changes) -> Economy:
    """Return the changed economy made from nothing: a new table, solved by the explicit inverse, and checked as any other."""
    table, satellites = economy.table, economy.satellites
    Z, columns = table.intermediate.copy(), list(changes.columns)
    Z[:, columns] += changes.intermediate
    M = np.zeros_like(Z) if table.imported_intermediate is None else table.imported_intermediate.copy()
    M[:, columns] += changes.imported
    F = table.final_demand + changes.final
    live = table.output != 0
    A = np.divide(Z, table.output, out=np.zeros_like(Z), where=live)
    x = np.linalg.inv(np.eye(table.n) - A) @ F.sum(axis=1)
    grown = np.divide(x, table.output, out=np.zeros_like(x), where=live)
    new = Table(
        table.sectors, Z * grown, F, table.final_labels, table.final_roles, (x - (Z + M).sum(axis=0) * grown)[None, :], ("v",), x,
        unit=table.unit, treatment=table.treatment, imported_intermediate=M * grown,
    )  # fmt: skip
    flows = (satellites.values + changes.satellites) * grown
    direct = np.column_stack([satellites.direct, changes.direct])
    return Economy(new, Satellites(satellites.accounts, satellites.components, satellites.units, table.sectors, flows,
                                   (*satellites.direct_labels, "more"), direct), tolerance=1e-9)  # fmt: skip


class Town:
    """The builders above, as one fixture."""

    figure, slag, heat, plastics, book, cap, products, fresh = map(
        staticmethod, (figure, slag, heat, plastics, book_of, cap, products, fresh)
    )
    sectors, final = SECTORS, FINAL

    @staticmethod
    def table(treatment: str = "as published") -> Table:
        return town_table() if treatment == "as published" else domestic(town_table())

    @staticmethod
    def economy(treatment: str = "as published", **changes) -> Economy:
        return Economy(Town.table(treatment), **{"satellites": town_satellites()} | changes)


@pytest.fixture(scope="session")
def town() -> type[Town]:
    return Town


@pytest.fixture(params=["as published", "domestic"])
def economy(request) -> Economy:
    return Town.economy(request.param)
