"""What bounds and steers a network made of opportunities: stages, budgets, shared plants, contents of products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lichen.design.network import Limit
from lichen.design.terms import Terms


@dataclass(frozen=True)
class Size:
    """A size of a shared plant: its name, what it treats a year at most [unit], what it costs once [currency]."""

    id: str
    capacity: float
    investment: float


@dataclass(frozen=True)
class Plant:
    """A plant that several exchanges may share: what it treats needs no treatment of its own.

    Parameters
    ----------
    id, name
        Code and name.
    sizes
        Of which at most one is built; what larger ones cost less per unit are economies of scale.
    operation
        Per unit treated [currency/unit].
    delivered
        Share of what it takes in that it hands over [1].
    unit
        Of what it treats.
    """

    id: str
    name: str
    sizes: tuple[Size, ...]
    operation: float = 0.0
    delivered: float = 1.0
    unit: str = "t"


@dataclass(frozen=True)
class Via:
    """An opportunity that goes through a shared plant.

    Parameters
    ----------
    terms, plant
        Which; its own treatment and carriage do not count then.
    there, onward
        Cost of the ways from the donor to the plant and from it to the receiver [currency/unit].
    co2
        Avoided by a unit that is handed over [tCO2/unit].
    """

    terms: Terms
    plant: Plant
    there: float
    onward: float
    co2: float


@dataclass(frozen=True)
class Stage:
    """Years that are alike, at whose start something may be built.

    Parameters
    ----------
    start, years
        First year, and how many there are.
    discount
        Mean present value of one unit of money in one of them [1].
    built
        Present value of one unit paid for what is built [1].
    """

    start: int
    years: int = 1
    discount: float = 1.0
    built: float = 1.0


@dataclass(frozen=True)
class Content:
    """What may get into a receiver's product at most with the streams that it takes.

    Parameters
    ----------
    id, receiver, product
        Which; whose; code of the product.
    substances
        Name of a substance, as compositions have it → how much it counts, e.g. Na2O 1 and K2O 0.658.
    most
        All streams together [t/a].
    """

    id: str
    receiver: str
    product: str
    substances: Mapping[str, float]
    most: float


@dataclass(frozen=True)
class Layout:
    """What bounds and steers the network.

    Parameters
    ----------
    stages
        One after the other.
    carbon_price
        Per tonne of CO2 [currency/tCO2]; part of the cost.
    budget
        Most that may be invested in a stage, by its first year; with the key 0, in all of them [currency].
    least
        An exchange flows at least so much of what is feasible, or not at all [1]; not used where months are balanced.
    months
        Whether what cannot wait in a yard is balanced month by month.
    money
        Whether money counts: only then everything has to be priced.
    limits
        Others, over the measures of the network.
    contents
        What may get into products at most.
    today
        Exchanges that flow today and may be given up → how much [unit/a].
    needs
        Firm and material → what it uses a year, its own included [unit/a]; for receivers that buy none of it.
    """

    stages: tuple[Stage, ...] = (Stage(0),)
    carbon_price: float = 0.0
    budget: Mapping[int, float] = field(default_factory=dict)
    least: float = 0.0
    months: bool = False
    money: bool = True
    limits: tuple[Limit, ...] = ()
    contents: tuple[Content, ...] = ()
    today: Mapping[str, float] = field(default_factory=dict)
    needs: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @property
    def worth(self) -> float:
        """Present value of one unit of money in each year [1]."""
        return sum(stage.years * stage.discount for stage in self.stages)
