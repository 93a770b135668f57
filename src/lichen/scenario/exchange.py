"""Values of an exchange: who gives what to whom, what it replaces, what it needs, and what it costs. Nothing computes.

A stream of ``M`` units a year goes from donor to receiver and takes the place of ``S·M`` units of a product (``S``: the
substitution rate). A product is bought from a supplying sector, or made by the receiver itself, in which case its
own inputs and on-site emissions fall away with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from lichen.figures import Figure, Text

CITY = "city"
"""The donor or receiver that is no sector: households and the municipality."""

OWN = "own"
"""The supplier of a service that the donor does himself: money is saved, nothing is bought less from another sector."""

State = Literal["idea", "contact", "feasibility", "agreed", "implemented", "scaled down", "stopped", "rejected"]
"""What has become of an exchange: steps on the way, built in full or smaller, ended after it ran, never built."""
STATES: tuple[State, ...] = get_args(State)
Status = Literal[State, "not implemented"]
"""A state, or the word of a source that names none."""
STATUSES: tuple[Status, ...] = get_args(Status)
Credit = Literal["donor", "receiver", "shared"]
Party = Literal["donor", "receiver"]
Carrier = Literal["mass", "energy"]
STREAM_UNIT: dict[Carrier, str] = {"mass": "t", "energy": "GJ"}


@dataclass(frozen=True)
class OnSite:
    """A flow at the place of use, per unit of product, e.g. CO2 of a fuel burnt or of limestone calcined."""

    account: str
    amount: Figure
    what: Text = Text("")


@dataclass(frozen=True)
class Input:
    """An input of a product that is made on site, per unit of that product."""

    product: str
    amount: Figure


@dataclass(frozen=True)
class Product:
    """Something an exchange replaces or needs.

    Parameters
    ----------
    id, unit
        Name in the study and physical unit.
    supplier, price
        Sector that sells it and its price [money/unit]; for a product that is bought.
    made_by
        "receiver" for a product the receiver makes itself from ``input``; then it has no supplier.
    onsite
        Flows where it is used or made, per unit.
    """

    id: str
    unit: str
    name: Text = Text("")
    supplier: str = ""
    price: Figure | None = None
    made_by: Literal["", "receiver"] = ""
    input: tuple[Input, ...] = ()
    onsite: tuple[OnSite, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Replacement:
    """What the receiver no longer needs: ``rate`` is S, units of product per unit of stream."""

    product: str
    rate: Figure


@dataclass(frozen=True)
class Need:
    """What the exchange needs in addition, per unit of stream, e.g. electricity for grinding."""

    product: str
    amount: Figure
    party: Party = "receiver"


@dataclass(frozen=True)
class Transport:
    """Carriage of the stream: distance [km], tariff [money/(t km)], the sector that carries, and who pays."""

    distance: Figure
    tariff: Figure
    supplier: str
    paid_by: Party = "receiver"


@dataclass(frozen=True)
class Disposal:
    """Disposal that falls away: the sector that sells it (``own``: the donor's own yard) and its cost [money/unit]."""

    supplier: str
    cost: Figure


@dataclass(frozen=True)
class Exchange:
    """One exchange (synergy): donor + stream + receiver + what it replaces.

    Parameters
    ----------
    donor, receiver
        Sectors of the table, or ``city``.
    carrier
        "mass" (stream in t) or "energy" (stream in GJ); quantities must fit it.
    existing, designed, implemented
        Quantities a year: in the base year, as planned, as built.
    additionality
        Share of the stream that would otherwise go unused; the rest only changes its user and has no effect.
    credit
        To whom the saving is booked when it is shown by party; totals count it once.
    price
        What the receiver pays the donor [money/unit].
    own_carbon
        CO2 of the stream itself where it is burnt [tCO2/unit].
    available
        What the donor has a year, where known.
    include, exclude_reason
        ``include = false`` keeps the exchange in the data and out of every total, for the reason given.
    """

    id: str
    name: Text
    stream: Text
    donor: str
    receiver: str
    designed: Figure
    carrier: Carrier = "mass"
    existing: Figure | None = None
    implemented: Figure | None = None
    available: Figure | None = None
    status: Status = "idea"
    additionality: Figure | None = None
    credit: Credit = "shared"
    price: Figure | None = None
    disposal: Disposal | None = None
    own_carbon: Figure | None = None
    replaces: tuple[Replacement, ...] = ()
    needs: tuple[Need, ...] = ()
    transport: Transport | None = None
    include: bool = True
    exclude_reason: Text = Text("")
    note: str = ""


@dataclass(frozen=True)
class Limit:
    """What a receiver may take at most: the streams of ``exchanges`` together, per unit of its own product.

    Parameters
    ----------
    share
        Stream per unit of the receiver's product, at most, e.g. additions to cement under a standard.
    base
        The receiver's own output of that product a year.
    """

    id: str
    receiver: str
    exchanges: tuple[str, ...]
    share: Figure
    base: Figure
    name: Text = Text("")
    note: str = ""


@dataclass(frozen=True)
class ExchangeBook:
    """All exchanges of a study with the products and limits they refer to."""

    exchanges: tuple[Exchange, ...] = ()
    products: tuple[Product, ...] = ()
    limits: tuple[Limit, ...] = ()
    account: str = "CO2"

    def included(self) -> tuple[Exchange, ...]:
        """Return the exchanges that count in totals."""
        return tuple(e for e in self.exchanges if e.include)

    def product(self, name: str) -> Product:
        """Return a product; the book is checked, so it is there."""
        return next(p for p in self.products if p.id == name)
