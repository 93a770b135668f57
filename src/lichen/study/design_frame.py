"""What a network is designed within: costs looked up, money, stages, plants, limits; every setting checked first."""

from __future__ import annotations

import csv
import functools
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Any

from lichen.appraise.costs import Cost, CostBook, converted, cost_book, find, read_costs
from lichen.appraise.discounting import Discounting
from lichen.design.carriage import Carriage, HeatLine, Lookup, carriage, given_off, per_what
from lichen.design.layout import Content, Layout, Plant, Size, Stage, Via
from lichen.design.network import Limit
from lichen.design.opportunities import Chosen
from lichen.design.pipes import Operation
from lichen.design.terms import Terms, terms
from lichen.discover.distance import road_distance
from lichen.discover.values import Opportunity
from lichen.errors import LichenError, Problem, Problems, StudyError, Where
from lichen.figures import Figure, Text
from lichen.inventory.amounts import amount
from lichen.inventory.values import Firm, Place
from lichen.labelled import suggest
from lichen.study.config import Designing, HeatPipe, SharedPlant
from lichen.study.design_existing import Existing, freed
from lichen.study.discovery import DiscoveryResult
from lichen.study.flows import home
from lichen.study.stages import stage_problems
from lichen.units import same_dimension
from lichen.vocabulary.materials import descends, materials

CURRENCY = "CNY"
MOST_YEARS = 100
MONEY_OBJECTIVES = ("npv", "cost")


@dataclass(frozen=True)
class Money:
    """The money of a design.

    Parameters
    ----------
    currency, price_year
        Of all amounts.
    start, years
        First year of operation, and how many count. What is built first is paid at the end of the year before: the base
        year, to which all is discounted.
    rate, carbon_price
        [1/a], [currency/tCO2]; ``None``: no carbon price.
    """

    currency: str
    price_year: int
    start: int
    years: int
    rate: Figure
    carbon_price: Figure | None

    @property
    def discounting(self) -> Discounting:
        """How payments are discounted."""
        return Discounting(self.rate.to("1/a"), "real", self.start - 1)

    def stage(self, start: int, years: int) -> Stage:
        """Return some years alike: flows are paid at the end of each, what is built at the end of the year before."""
        factors = self.discounting.factors(range(start - 1, start + years))
        return Stage(start, years, float(factors[1:].mean()), float(factors[0]))

    @property
    def per_tonne(self) -> float:
        """Carbon price [currency/tCO2]; 0 where there is none."""
        return self.carbon_price.to(f"{self.currency}/tCO2") if self.carbon_price is not None else 0.0


@dataclass(frozen=True, eq=False)
class Frame:
    """What a network is designed within.

    Parameters
    ----------
    discovery, given, money
        Opportunities; settings of the study and the call; money.
    book, lookup
        Costs, and how they are found in the money of the design.
    layout, plants
        Stages and limits; shared plants with the firm or place they stand at.
    existing
        Exchanges that flow today and may be given up.
    carriage
        Times what carriage costs, for a change that is tried.
    findings
        Notes on the way.
    """

    discovery: DiscoveryResult
    given: Designing
    money: Money
    book: CostBook
    lookup: Lookup
    layout: Layout
    plants: tuple[tuple[SharedPlant, Plant, Firm | None], ...]
    existing: tuple[Existing, ...] = ()
    carriage: float = 1.0
    findings: tuple[Problem, ...] = ()

    def margin(self, one: Terms | Chosen) -> float:
        """Return what a unit of an exchange gains both sides together, with the carbon price [currency/unit].

        Of terms, on its own way; of an exchange of the network, on the ways it takes.
        """
        return one.saved - one.cost + self.money.per_tonne * (one.co2 or 0.0)


def frame(
    discovery: DiscoveryResult, costs: Sequence[Cost], overrides: Mapping[str, Any], second: str = ""
) -> Frame:  # fmt: skip
    """Return what a study's network is designed within.

    Parameters
    ----------
    discovery, costs
        Opportunities; the study's own costs, which go before what ships.
    overrides, second
        As for :func:`lichen.study.design.run_design`.

    Raises
    ------
    StudyError
        With every setting that cannot be used.
    """
    given = _given(discovery, overrides)
    year = discovery.flows.year
    given = replace(given, price_year=given.price_year or year, start=given.start or year + 1)
    called: dict[str, Any] = {
        n: replace(f, year=given.price_year) for n, f in overrides.items() if isinstance(f, Figure) and not f.year
    }
    given = replace(given, **called)
    problems = Problems()
    _check(given, discovery, second, problems)
    problems.raise_if_errors(StudyError)
    book = cost_book(given.price_year, costs, CURRENCY)
    money = Money(
        CURRENCY, given.price_year, given.start, given.years, _rate(book, given, problems),
        _at(book, given.carbon_price, f"{CURRENCY}/tCO2", "carbon_price", problems),
    )  # fmt: skip
    layout = _layout(book, given, money, second, discovery, problems)
    plants = tuple(_plant(book, plant, discovery, money, problems) for plant in given.plant)
    problems.raise_if_errors(StudyError)
    lookup = functools.lru_cache(maxsize=None)(functools.partial(find, book))
    made = Frame(discovery, given, money, book, lookup, layout, plants, findings=problems.as_tuple())
    if given.existing == "kept":
        return made
    found, existing, notes = freed(discovery, lambda one: all_known(_terms_of(made, one)))
    layout = replace(made.layout, today={e.id: e.quantity for e in existing})
    return replace(made, discovery=found, existing=existing, layout=layout, findings=(*made.findings, *notes))


def all_known(one: Terms) -> bool:
    """Whether an exchange can take part where money counts."""
    return one.known and one.sized and not one.too_far


def _terms_of(asked: Frame, one: Opportunity) -> Terms:
    given, grid = asked.given, asked.discovery.flows.grid
    heat = _heat_line(given.heat_pipe) if given.heat_pipe is not None else None
    return terms(one, asked.lookup, asked.discovery.base, asked.money.currency, given.modes, grid, heat)


def _given(discovery: DiscoveryResult, overrides: Mapping[str, Any]) -> Designing:
    loaded = discovery.flows.loaded
    return replace(loaded.study.design if loaded else Designing(), **overrides)


def study_costs(
    folder: str | Path, discovery: DiscoveryResult, overrides: Mapping[str, Any] | None = None
) -> tuple[Cost, ...]:  # fmt: skip
    """Return the costs in a study's folder; the file need not be there unless it has another name than usual.

    Raises
    ------
    StudyError
        If the file is not there, or not in the folder.
    FileError
        If it cannot be opened.
    InputError
        With every problem of every row.
    """
    place, name, problems = home(folder), _given(discovery, overrides or {}).costs, Problems()
    path = (place / name).resolve()
    workbook = path.with_suffix(".xlsx")
    if not path.exists() and name == Designing().costs and workbook.exists():
        path = workbook
    if not path.is_relative_to(place.resolve()):
        problems.add("study.outside", Where(key="design.costs"), path=name)
    elif not path.exists() and name != Designing().costs:
        problems.add("study.missing_file", Where(key="design.costs"), path=name)
    problems.raise_if_errors(StudyError)
    if not path.exists():
        return ()
    return read_costs(path, discovery.base)


def frame_terms(asked: Frame) -> tuple[Terms, ...]:
    """Return the terms of the opportunities that may take part."""
    given, today = asked.given, {e.id for e in asked.existing}
    may = [
        o for o in asked.discovery.found.opportunities
        if (o.way in given.ways and o.id not in given.exclude) or o.id in today
    ]  # fmt: skip
    return tuple(_terms_of(asked, o) for o in may)


def _heat_line(told: HeatPipe) -> HeatLine:
    operation = Operation(told.supply_c, told.return_c, told.ground_c, told.gradient, told.roughness_mm)
    return HeatLine(operation, told.depth_m, told.gap_m, told.ground, told.insulation, told.full_load_hours)


def frame_vias(asked: Frame, every: Sequence[Terms]) -> tuple[Via, ...]:
    """Return the ways of opportunities through shared plants, where a way to and from them is known."""
    ways = (
        _via(asked, one, plant, firm)
        for told, plant, firm in asked.plants
        for one in every if any(_serves(name, one) for name in told.serves)
    )  # fmt: skip
    return tuple(via for via in ways if via is not None)


def _serves(name: str, one: Terms) -> bool:
    return name in one.one.types or descends(one.one.stream, name)


def _via(asked: Frame, terms: Terms, plant: Plant, firm: Firm | None) -> Via | None:
    one, settings = terms.one, asked.discovery.settings
    if terms.unit != plant.unit:
        return None

    def way(start: Firm, end: Firm) -> Carriage | None:
        km = road_distance(start, end, settings.road_factor, settings.distances)
        return carriage(one, km, asked.lookup, terms.currency, asked.given.modes)

    if firm is None:
        first, second = way(one.donor, one.receiver), None
    else:
        first, second = way(one.donor, firm), way(firm, one.receiver)
    if first is None or (firm is not None and second is None):
        return None
    per = f"{terms.currency}/{terms.unit}"
    costs = [0.0 if leg is None else asked.carriage * leg.cost.to(per) for leg in (first, second)]
    given = given_off(first, terms.unit) + given_off(second, terms.unit) - given_off(terms.carriage, terms.unit)
    return Via(terms, plant, costs[0], costs[1], (terms.co2 or 0.0) - given)


# --- settings --------------------------------------------------------------------------------------------------------
def _check(given: Designing, discovery: DiscoveryResult, second: str, problems: Problems) -> None:
    """Tell every setting that cannot be."""
    whole = Text(f"a whole number from 1 to {MOST_YEARS}", f"1 至 {MOST_YEARS} 的整数")
    after = Text("years after the first, rising, within the years that count", "晚于首年、依次递增、在计算期内的年份")
    share = Text("a number from 0 to 1", "0 至 1 的数")
    above = Text("a number above 0", "大于 0 的数")
    year = Text("a year from 1950 to 2200", "1950 至 2200 的年份")
    starts = (given.start, *given.stages)
    rising = all(a < b for a, b in itertools.pairwise(starts))
    for name, found, fine, wanted in (
        ("years", given.years, 1 <= given.years <= MOST_YEARS, whole),
        ("start", given.start, 1950 <= given.start <= 2200, year),
        ("price_year", given.price_year, 1950 <= given.price_year <= 2200, year),
        ("stages", list(given.stages), rising and starts[-1] < given.start + given.years, after),
        ("least", given.least, 0 <= given.least <= 1, share),
        ("gap", given.gap, 0 <= given.gap <= 1, share),
        ("time_s", given.time_s, given.time_s > 0 and isfinite(given.time_s), above),
    ):
        if not fine:
            problems.add("design.bad_setting", Where(key=f"design.{name}"), name=name, found=found, wanted=wanted)
    if given.discount_rate is not None and same_dimension(given.discount_rate.unit, "1/a"):
        rate = given.discount_rate.to("1/a")
        if not -0.5 < rate <= 1:
            wanted = Text("a rate up to 100 % a year, e.g. 8 %/a", "每年不超过 100 % 的折现率，例如 8 %/a")
            problems.add("design.bad_setting", Where(key="design.discount_rate"), name="discount_rate",
                         found=f"{100 * rate:g} %/a", wanted=wanted)  # fmt: skip
    if {given.objective, second} == set(MONEY_OBJECTIVES):
        second_wanted = Text("another objective: npv and cost are the same", "其他目标：npv 与 cost 相同")
        problems.add("design.bad_setting", Where(key="pareto"), name="pareto", found=second, wanted=second_wanted)
    objectives = ("npv", "cost", "co2", "waste", "water", "jobs")
    if second and (second not in objectives or second == given.objective):
        problems.add("design.bad_setting", Where(key="pareto"), name="pareto", found=second,
                     wanted=Text(", ".join(o for o in objectives if o != given.objective)))  # fmt: skip
    _check_products(given, discovery, problems)
    known = [o.id for o in discovery.found.opportunities]
    for name in given.exclude:
        if name not in known:
            near = suggest(name, known) or "–"
            problems.add("design.no_opportunity", Where(key="design.exclude"), severity="warning", name=name, near=near)


def _check_products(given: Designing, discovery: DiscoveryResult, problems: Problems) -> None:
    """Tell materials and products of ``[design] products`` that are not there."""
    codes = {m.code for m in materials()}
    loaded = discovery.flows.loaded
    products = [p.id for p in loaded.book.products] if loaded is not None else []
    for code, product in given.products.items():
        where = Where(key=f"design.products.{code}")
        if code not in codes:
            problems.add("design.what_if_material", where, found=code, near=suggest(code, sorted(codes)) or "–")
        if product not in products:
            problems.add("study.unknown_id", where, what="product", id=product, known=products or ["–"])


def _at(book: CostBook, figure: Figure | None, per: str, key: str, problems: Problems) -> Figure | None:
    """Return a figure of the study in the money of the design; what cannot be is told."""
    if figure is None:
        return None
    try:
        return converted(book, figure, per, key)
    except LichenError as error:
        problems.extend([replace(p, where=Where(key=f"design.{key}")) for p in error.problems])
        return None


def _rate(book: CostBook, given: Designing, problems: Problems) -> Figure:
    """Return the discount rate: the study's, or the one that ships."""
    found = _at(book, given.discount_rate, "1/a", "discount_rate", problems) or find(
        book, "discount_rate", "social_china", per="1/a"
    )
    if found is None:
        problems.add("design.no_rate", Where(key="design.discount_rate"))
        problems.raise_if_errors(StudyError)
    assert found is not None
    return found


def _layout(
    book: CostBook, given: Designing, money: Money, second: str, discovery: DiscoveryResult, problems: Problems
) -> Layout:  # fmt: skip
    starts, end = (given.start, *given.stages), given.start + given.years
    stages = [money.stage(first, after - first) for first, after in zip(starts, (*given.stages, end), strict=True)]
    budget: dict[int, float] = {}
    wrong = tuple(stage_problems(given))
    problems.extend(wrong)
    for name, figure in () if wrong else (("0", given.budget), *given.budgets.items()):
        amount = _at(book, figure, money.currency, "budgets" if name != "0" else "budget", problems)
        if amount is not None:
            budget[int(name)] = amount.to(money.currency)
    limits = tuple(_limit(book, limit, money, problems) for limit in given.limit)
    counts = (
        {given.objective, second} & set(MONEY_OBJECTIVES)
        or budget
        or any(limit.measure in ("cost", "investment") for limit in given.limit)
    )
    contents = tuple(_contents(book, given, discovery, problems))
    return Layout(
        tuple(stages), money.per_tonne, budget, given.least, given.months, bool(counts), limits, contents,
        needs=_own_use(discovery),
    )  # fmt: skip


def _own_use(discovery: DiscoveryResult) -> dict[tuple[str, str], float]:
    """Return what receivers that buy none of a material use of it, their own making included [t/a]."""
    flows = discovery.flows
    wanted = {(o.receiver.id, o.replaces) for o in discovery.found.opportunities if o.demand is None and o.replaces}
    found: dict[tuple[str, str], float] = {}
    for flow in flows.inventory.flows:
        if flow.year != flows.year or flow.direction != "in" or not flow.material:
            continue
        for firm, replaced in wanted:
            if firm == flow.firm and descends(flow.material, replaced) and (mass := amount(flow, "mass")) is not None:
                found[firm, replaced] = found.get((firm, replaced), 0.0) + mass.value
    return found


def _contents(
    book: CostBook, given: Designing, discovery: DiscoveryResult, problems: Problems
) -> Iterator[Content]:  # fmt: skip
    """Yield what may get into the products that firms make: what ships, and what the study says."""
    rules = [
        (row["substance"], row["product"], {row["substance"]: float(row["factor"])},
         Figure(float(row["most"]), row["unit"], "reported", row["source"]).to("1"), "")
        for row in _shipped_contents()
    ]  # fmt: skip
    for told in given.content:
        most = _at(book, told.most, "1", f"content[{told.id}].most", problems)
        if most is not None:
            rules.append((told.id, told.product, dict(told.substances), most.to("1"), told.firm))
    flows = discovery.flows
    for name, product, substances, share, firm in rules:
        made: dict[str, float] = {}
        for flow in flows.inventory.flows:
            of = flow.material and flow.direction == "out" and flow.role == "product" and flow.year == flows.year
            if of and descends(flow.material, product) and firm in ("", flow.firm):
                mass = amount(flow, "mass")
                made[flow.firm] = made.get(flow.firm, 0.0) + (mass.value if mass is not None else 0.0)
        for maker, tonnes in made.items():
            yield Content(f"{name} in {product} of {maker}", maker, product, substances, share * tonnes)


@functools.cache
def _shipped_contents() -> tuple[Mapping[str, str], ...]:
    text = (files("lichen.design") / "data" / "contents.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text)))


UNITS = {"cost": CURRENCY, "investment": CURRENCY, "co2": "tCO2", "waste": "t", "water": "m3"}


def _limit(book: CostBook, limit: Any, money: Money, problems: Problems) -> Limit:
    ends = []
    for figure, endless in ((limit.low, -float("inf")), (limit.high, float("inf"))):
        found = _at(book, figure, UNITS[limit.measure], f"limit[{limit.id}]", problems)
        ends.append(endless if found is None else found.to(UNITS[limit.measure]))
    return Limit(limit.id, ends[0], ends[1], {limit.measure: 1.0})


def _plant(
    book: CostBook, told: SharedPlant, discovery: DiscoveryResult, money: Money, problems: Problems
) -> tuple[SharedPlant, Plant, Firm | None]:  # fmt: skip
    """Return a shared plant and where it stands."""
    key = f"plant[{told.id}]"
    firms = {f.id: f for f in discovery.flows.inventory.firms}
    if told.at and told.at not in firms:
        problems.add("inventory.no_such_firm", Where(key=f"design.{key}.at"), firm=told.at,
                     near=suggest(told.at, list(firms)) or "–")  # fmt: skip
    unit = per_what(told.operation.unit.split("/", 1)[-1]) if "/" in told.operation.unit else "t"
    sizes = []
    for size in told.size:
        capacity = _at(book, size.capacity, f"{unit}/a", f"{key}.capacity", problems)
        paid = _at(book, size.investment, money.currency, f"{key}.investment", problems)
        if capacity is not None and paid is not None:
            sizes.append(Size(size.id, capacity.to(f"{unit}/a"), paid.to(money.currency)))
    per = f"{money.currency}/{unit}"
    operation = _at(book, told.operation, per, f"{key}.operation", problems)
    delivered = told.delivered.to("1") if told.delivered is not None else 1.0
    plant = Plant(
        told.id, told.name.en or told.id, tuple(sizes), operation.to(per) if operation else 0.0, delivered, unit
    )  # fmt: skip
    firm = firms.get(told.at)
    if firm is None and told.latitude is not None and told.longitude is not None:
        spot = (told.latitude, told.longitude)
        firm = Firm(told.id, plant.name, "", Place(*spot, "WGS84", spot))
    return told, plant, firm
