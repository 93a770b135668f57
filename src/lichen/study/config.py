"""What a study says: the values of ``study.toml``. Nothing here reads or computes.

A study names its tables and how each is made, the satellite accounts, the economies that join them, and the scenarios.
Paths are relative to the study's folder. Field by field the reference is in ``docs/study-file.md``, generated from the
types here and the words in ``schema.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lichen.economy.open import Layout
from lichen.figures import Figure, Source, Text
from lichen.scenario.exchange import Exchange, ExchangeBook, Limit, Product
from lichen.scenario.intervention import Intervention
from lichen.study.config_appraisal import Appraising, Settling

LocationQuotient = Literal["SLQ", "CILQ", "FLQ", "AFLQ"]
QuantitySet = Literal["none", "existing", "designed", "implemented"]


@dataclass(frozen=True)
class Update:
    """A table of another year: GRAS update of table ``of`` to the outputs in ``margins``."""

    of: str
    margins: str
    year: int


@dataclass(frozen=True)
class Regionalise:
    """A city's table from the parent table ``of`` by location quotients and the shares in a file."""

    of: str
    shares: str
    year: int
    method: LocationQuotient = "FLQ"
    delta: float = 0.3
    region: Text = Text("")
    final_share: Figure | None = None


@dataclass(frozen=True)
class Aggregate:
    """Table ``of`` added up to the classification ``to`` of the vocabulary, or by the file ``concordance``."""

    of: str
    to: str = ""
    concordance: str = ""


@dataclass(frozen=True)
class Domestic:
    """Table ``of`` with imports taken out proportionally."""

    of: str
    reexports: bool = False


@dataclass(frozen=True)
class TableStep:
    """One table: read from a file, or made from another table. Exactly one way is named."""

    id: str
    file: str = ""
    sheet: str = ""
    layout: Layout = "auto"
    decimal: Literal["", ".", ","] = ""
    update: Update | None = None
    regionalise: Regionalise | None = None
    aggregate: Aggregate | None = None
    domestic: Domestic | None = None


@dataclass(frozen=True)
class City:
    """How a parent region's account becomes the city's: by the shares of its sectors, closed on a published total.

    Parameters
    ----------
    shares, year
        File of shares and the year taken.
    direct
        Share of final users' own flows.
    close_on
        File of published totals of the city; all flows are scaled by one factor to meet it. Empty: not scaled.
    """

    shares: str
    year: int
    direct: Figure
    close_on: str = ""


@dataclass(frozen=True)
class SatelliteStep:
    """Satellite accounts of one year, read from a file and mapped to the sectors of ``table``."""

    id: str
    file: str
    table: str
    year: int = 0
    sheet: str = ""
    classification: str = ""
    city: City | None = None
    decimal: Literal["", ".", ","] = ""


@dataclass(frozen=True)
class EconomyStep:
    """A table joined to satellite accounts; ``exchanges_present`` are in its numbers already.

    ``price_index`` is the price level of its year on any common base [1]; without it years are compared in current
    prices, and decoupling is not judged.
    """

    id: str
    year: int
    table: str
    satellites: tuple[str, ...]
    name: Text = Text("")
    exchanges_present: QuantitySet | Mapping[str, Figure] = "none"
    price_index: Figure | None = None


@dataclass(frozen=True)
class ScenarioStep:
    """A scenario: an economy, the quantities of exchanges that flow, interventions, and its reference."""

    id: str
    economy: str
    name: Text = Text("")
    exchanges: QuantitySet | Mapping[str, Figure] = "none"
    interventions: tuple[str, ...] = ()
    reference: str = ""
    note: Text = Text("")


@dataclass(frozen=True)
class Published:
    """A figure of the literature, shown beside a result and never used in one."""

    id: str
    figure: Figure
    what: Text
    source: str
    note: Text = Text("")


@dataclass(frozen=True)
class Comparison:
    """Which of our results stands beside which published figures, and why they differ."""

    scenario: str
    measure: Literal["saving", "share", "total", "saving per stream"]
    published: tuple[str, ...]
    exchange: str = ""
    reasons: Text = Text("")


@dataclass(frozen=True)
class Reporting:
    """What the report shows first.

    Parameters
    ----------
    scenario
        Scenario of the headline.
    account, unit
        Account of the headline and the unit it is shown in.
    classification
        Sectors are added up to it for figures and tables; empty: as computed.
    draws, seed
        Draws of the uncertainty analysis (0: none) and their seed.
    """

    scenario: str = ""
    account: str = "CO2"
    unit: str = "Mt CO2"
    classification: str = ""
    value: Literal["output", "value_added"] = "output"
    draws: int = 500
    seed: int = 2012
    comparison: tuple[Comparison, ...] = ()


@dataclass(frozen=True)
class FlowSettings:
    """How the flows of a study's firms are counted.

    Parameters
    ----------
    year
        Year that is balanced; 0: the newest that has flows.
    grid
        Factor of purchased electricity, by its id in the vocabulary; empty: not counted.
    economy
        Economy whose accounts the firms are compared with; empty: none.
    """

    year: int = 0
    grid: str = ""
    economy: str = ""


@dataclass(frozen=True)
class Discovering:
    """How opportunities between the study's firms are found and ranked.

    Parameters
    ----------
    weights
        Component of the score → weight; what is not named has the weight that ships.
    road_factor
        Way by road over great circle [1]; 0: the one that ships.
    most_km
        Longest way [km]; 0: no limit.
    distances
        File with the columns from, to, km, by the codes of firms; empty: by their places.
    draws, seed
        Draws of the weights for the range of ranks (0: none) and their seed.
    model
        Folder of a model of names; empty: the one that the environment names, if any.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    road_factor: float = 0.0
    most_km: float = 0.0
    distances: str = ""
    draws: int = 200
    seed: int = 2012
    model: str = ""


@dataclass(frozen=True)
class DesignLimit:
    """A bound on what the designed network brings: a measure between two ends, over all years."""

    id: str
    measure: Literal["cost", "co2", "waste", "water", "investment"]
    low: Figure | None = None
    high: Figure | None = None


@dataclass(frozen=True)
class ContentLimit:
    """What share of a product may be of some substances, as far as they come with streams of the network.

    Parameters
    ----------
    id, product
        Name; code of the product; all firms that make it are bound, or only ``firm``.
    substances
        Name in compositions → factor, e.g. ``{ Na2O = 1, K2O = 0.658 }``.
    most
        Share of the product's mass [1].
    """

    id: str
    product: str
    substances: Mapping[str, float]
    most: Figure
    firm: str = ""


@dataclass(frozen=True)
class PlantSize:
    """A size that a shared plant can have: what it treats a year at most, and what it costs once."""

    id: str
    capacity: Figure
    investment: Figure


@dataclass(frozen=True)
class SharedPlant:
    """A treatment plant that several exchanges may share.

    Parameters
    ----------
    id, name
        Code and name.
    serves
        Exchange types or streams that it treats.
    size
        Of which at most one is built.
    operation
        Per unit treated.
    delivered
        Share of what it takes in that it hands over [1]; not given: all.
    at, latitude, longitude
        Firm that it stands at, or where it is in WGS84 [°].
    """

    id: str
    serves: tuple[str, ...]
    size: tuple[PlantSize, ...]
    operation: Figure
    name: Text = Text("")
    delivered: Figure | None = None
    at: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class HeatPipe:
    """How hot-water lines between firms are run and laid; nothing of it is assumed where it is not given.

    Parameters
    ----------
    supply_c, return_c, ground_c
        Temperatures of the water and the undisturbed ground [°C].
    gradient, roughness_mm
        Fall of pressure that sizes a pipe [Pa/m]; roughness of the steel [mm].
    depth_m, gap_m
        From the surface to the axes; between the casings [m].
    ground, insulation
        Conductivities [W/(m K)].
    full_load_hours
        Hours a year that the peak would last to deliver as much, where firms told no months [h/a].
    """

    supply_c: float
    return_c: float
    ground_c: float
    gradient: float
    roughness_mm: float
    depth_m: float
    gap_m: float
    ground: float
    insulation: float
    full_load_hours: float


@dataclass(frozen=True)
class Designing:
    """How a network is designed from the opportunities between the study's firms.

    Parameters
    ----------
    objective
        What is best: the largest net present value ("npv", "cost": the least cost, which is the same network), most CO2
        avoided, least waste left, least fresh water, most jobs.
    price_year
        Year at whose prices money is told; 0: the year of the flows.
    start, years
        First year of operation (0: the year after the flows), and how many years count.
    stages
        Later years at whose start something may be built too.
    discount_rate, carbon_price
        [1/a]; [money/tCO2]. Not given: the rate that ships with its source; no carbon price.
    budget, budgets
        Most that may be invested in all stages; in each, by its first year.
    costs
        File of the study's own costs; it need not be there.
    plant, heat_pipe
        Shared plants that may be built; how hot-water lines are run and laid.
    modes, ways
        How goods may be carried; opportunities of which ways may take part.
    exclude
        Ids of opportunities that may not: DONOR>STREAM>RECEIVER.
    existing
        Whether what flows today stays, or may be given up for something better.
    least
        Smallest part of what is feasible that an exchange is worth starting for [1].
    months
        Whether what cannot wait in a yard is balanced month by month, where a profile is told.
    limit
        Other bounds.
    scenario
        Scenario that the network is put beside in the accounts; empty: the reference of the report's.
    products
        Material → product of the study's exchanges that it counts as in the accounts.
    time_s, gap
        At most so long [s]; stop where no network can be better by more than this share [1].
    """

    objective: Literal["npv", "cost", "co2", "waste", "water", "jobs"] = "npv"
    price_year: int = 0
    start: int = 0
    years: int = 10
    stages: tuple[int, ...] = ()
    discount_rate: Figure | None = None
    carbon_price: Figure | None = None
    budget: Figure | None = None
    budgets: Mapping[str, Figure] = field(default_factory=dict)
    costs: str = "costs.csv"
    modes: tuple[Literal["road", "rail", "water", "belt"], ...] = ("road",)
    ways: tuple[
        Literal["documented", "same material", "known substitute", "water quality", "heat level", "similar"], ...
    ] = ("documented", "same material", "water quality", "heat level")
    exclude: tuple[str, ...] = ()
    existing: Literal["kept", "free"] = "kept"
    least: float = 0.0
    months: bool = True
    limit: tuple[DesignLimit, ...] = ()
    content: tuple[ContentLimit, ...] = ()
    plant: tuple[SharedPlant, ...] = ()
    heat_pipe: HeatPipe | None = None
    scenario: str = ""
    products: Mapping[str, str] = field(default_factory=dict)
    time_s: float = 60.0
    gap: float = 1e-4


@dataclass(frozen=True)
class Study:
    """A whole study as its folder says it.

    Parameters
    ----------
    title, region, question
        What it is about.
    table, satellites, economy, scenario, report
        The chain: tables, accounts, economies that join them, scenarios, what is shown first. A study of
        a park's firms alone has none of them.
    exchanges, interventions, published
        Names of the files that hold them; empty if there are none.
    flows, discover, design, appraise, settle
        How the flows of the firms in ``inventory/`` are counted; how opportunities between them are found; how a
        network is designed from these and appraised; what the park asks of new firms.
    sources
        Sources by id; those of the other files are added.
    """

    title: Text
    region: Text = Text("")
    question: Text = Text("")
    table: tuple[TableStep, ...] = ()
    economy: tuple[EconomyStep, ...] = ()
    scenario: tuple[ScenarioStep, ...] = ()
    report: Reporting = field(default_factory=Reporting)
    satellites: tuple[SatelliteStep, ...] = ()
    exchanges: str = ""
    interventions: str = ""
    published: str = ""
    flows: FlowSettings = FlowSettings()
    discover: Discovering = field(default_factory=Discovering)
    design: Designing = field(default_factory=Designing)
    appraise: Appraising = field(default_factory=Appraising)
    settle: Settling = field(default_factory=Settling)
    note: Text = Text("")
    sources: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True)
class ExchangeFile:
    """``exchanges.toml``: products, exchanges, limits, sources."""

    exchange: tuple[Exchange, ...] = ()
    product: tuple[Product, ...] = ()
    limit: tuple[Limit, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True)
class InterventionFile:
    """``interventions.toml``."""

    intervention: tuple[Intervention, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True)
class PublishedFile:
    """``published.toml``: figures of the literature."""

    published: tuple[Published, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True)
class Loaded:
    """A study with everything its text files say."""

    folder: str
    study: Study
    book: ExchangeBook
    interventions: tuple[Intervention, ...]
    published: tuple[Published, ...]
    sources: Mapping[str, Source]
