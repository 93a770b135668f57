"""Values of the flow database: firms, their processes, the flows in and out. Nothing here computes or reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from lichen.figures import Figure, Kind, Text

Disclosure = Literal["public", "park", "private"]
Datum = Literal["WGS84", "GCJ-02", "BD-09"]
Direction = Literal["in", "out"]
Role = Literal[
    "raw material", "fuel", "product", "by-product", "waste", "emission", "water", "heat", "electricity"
]  # fmt: skip
ROLES: tuple[Role, ...] = get_args(Role)
Fate = Literal[
    "", "sold", "reused on site", "given away", "treated", "landfill", "stored", "incinerated", "discharged", "unknown"
]  # fmt: skip
FATES: tuple[Fate, ...] = get_args(Fate)
Size = Literal["", "large", "medium", "small", "micro"]
Phase = Literal["", "solid", "slurry", "liquid", "gas"]
Hazard = Literal["", "no", "yes", "unknown"]
LAYERS = ("mass", "water", "energy")
"""What is balanced beside chemical elements."""
LAYER_NAMES = {"mass": Text("mass", "物质"), "water": Text("water", "水"), "energy": Text("energy", "能")}
"""What the layers are called; an element by its symbol."""


@dataclass(frozen=True)
class Place:
    """A place as declared, and in WGS84 [°]."""

    latitude: float
    longitude: float
    datum: Datum
    wgs84: tuple[float, float]


@dataclass(frozen=True)
class Firm:
    """A firm.

    Parameters
    ----------
    id, name
        Code, the same in every sheet and year; registered name.
    industry
        Class of GB/T 4754-2017, or the leading digits that are known.
    place
        Where it is; ``None`` if not given.
    employees, revenue
        Persons; gross output value [10000 CNY/a]; ``None`` if not given.
    disclosure
        Who may see its data.
    size
        Class of the statistics office; empty if not given.
    """

    id: str
    name: str
    industry: str
    place: Place | None = None
    employees: int | None = None
    revenue: float | None = None
    disclosure: Disclosure = "park"
    size: Size = ""


@dataclass(frozen=True)
class Process:
    """A process of a firm.

    Parameters
    ----------
    firm, id, name
        Whose; its code; what is done.
    product
        Material it mainly makes, as the firm names it.
    capacity, output
        How much of it it could and did make [as spelled].
    hours
        It ran [h/a].
    season
        Shares of its operation in twelve months, adding up to 1; empty: even.
    closed
        For what all its inputs and outputs are listed: "mass", "water", "energy", or an element.
    """

    firm: str
    id: str
    name: str
    product: str = ""
    capacity: tuple[float, str] | None = None
    output: tuple[float, str] | None = None
    hours: float | None = None
    season: tuple[float, ...] = ()
    closed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    """One flow of a firm or process, in or out, in one year.

    Parameters
    ----------
    firm, process
        Whose; an empty process is the firm as a whole.
    direction, role
        "in" or "out"; what it is to the firm.
    material, given
        Code in the vocabulary (empty: unknown there), and the name as the firm wrote it.
    quantity
        Amount a year as given, with kind and source [t/a, GJ/a, m3/a, Nm3/a or a multiple]; its range is the firm's
        uncertainty.
    year
        Year the quantity speaks of.
    from_stock
        Share of it that was taken from earlier years' stock [1]; ``None`` if not given.
    pedigree
        Reliability, completeness, year, place, technology: 1 (best) to 4; empty if not given.
    moisture
        Water in the moist mass [1]; ``None`` if not given.
    composition
        Substance → share of the dry mass [1].
    heating_value
        Lower heating value as received [as spelled].
    temperature, pressure
        [°C], [MPa, gauge].
    phase, hazard
        Empty: as usual for the material; not answered.
    fate, partner
        Where it goes today, to or from whom.
    price
        [as spelled]; negative: the firm pays to get rid of it.
    stock
        At the end of the year [as spelled].
    months
        Shares of twelve months, adding up to 1; empty: even.
    given_by, given_on
        Who filled it in, and the date (ISO 8601).
    disclosure
        Who may see it; empty: as the firm.
    """

    firm: str
    process: str
    direction: Direction
    role: Role
    material: str
    given: str
    quantity: Figure
    year: int
    moisture: float | None = None
    composition: Mapping[str, float] = field(default_factory=dict)
    heating_value: tuple[float, str] | None = None
    temperature: float | None = None
    fate: Fate = ""
    partner: str = ""
    price: tuple[float, str] | None = None
    stock: tuple[float, str] | None = None
    months: tuple[float, ...] = ()
    disclosure: Disclosure | Literal[""] = ""
    note: str = ""
    from_stock: float | None = None
    pedigree: tuple[int, ...] = ()
    pressure: float | None = None
    phase: Phase = ""
    hazard: Hazard = ""
    given_by: str = ""
    given_on: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, str, int, str]:
        """What makes a flow one flow: firm, process, direction, role, material, year, fate."""
        return (self.firm, self.process, self.direction, self.role, self.material or self.given, self.year, self.fate)

    @property
    def kind(self) -> Kind:
        """How its quantity is known."""
        return self.quantity.kind


@dataclass(frozen=True)
class Inventory:
    """Everything firms have told: firms, processes, flows."""

    firms: tuple[Firm, ...] = ()
    processes: tuple[Process, ...] = ()
    flows: tuple[Flow, ...] = ()

    def of_firm(self, name: str) -> Inventory:
        """Return what belongs to one firm."""
        return Inventory(
            tuple(f for f in self.firms if f.id == name), tuple(p for p in self.processes if p.firm == name),
            tuple(f for f in self.flows if f.firm == name),
        )  # fmt: skip
