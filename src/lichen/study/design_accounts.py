"""The designed network in the input-output accounts: its exchanges as changes of the study's economy, sector by sector.

Firms become the sectors of their industries. What an exchange replaces is a product of the study's own exchanges where
``[design] products`` says which; else it is counted as bought, at the price of the design, from the sector whose
industry makes it, with the CO2 of burning it where it is a fuel. What cannot be said in the accounts is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lichen.balance.coverage import BASE, sector_shares
from lichen.design.opportunities import Chosen
from lichen.design.terms import Terms
from lichen.discover.gains import co2_of
from lichen.errors import Problem, Problems, StudyError, Where
from lichen.figures import KINDS, Figure, Kind, Text
from lichen.knowledge.values import CITY
from lichen.scenario.assess import Assessment, Base, Scenario, assess
from lichen.scenario.exchange import (
    OWN,
    Disposal,
    Exchange,
    ExchangeBook,
    OnSite,
    Product,
    Replacement,
    Transport,
)
from lichen.study.build import build
from lichen.study.config import Loaded, ScenarioStep
from lichen.study.design import SMALL, DesignResult
from lichen.study.run import checked
from lichen.vocabulary.emission_links import emission_link
from lichen.vocabulary.industries import links
from lichen.vocabulary.materials import ancestors, material
from lichen.vocabulary.sectors import classifications

CARRIERS = {"t": "mass", "GJ": "energy"}
ROAD_FREIGHT = "54"
"""Industry (GB/T 4754-2017) whose sector carries what goes by road; other modes count there too: one sector has all."""


@dataclass(frozen=True, eq=False)
class NetworkAccounts:
    """The network beside the study's reference scenario.

    Parameters
    ----------
    assessment
        By sector, and exchange by exchange.
    economy, scenario
        Id of the economy, and of the reference that the network is added to.
    book
        The network's exchanges and products, as an exchange file has them.
    sectors
        Labels, and their names in both languages.
    left_out
        Exchanges of the network that the accounts do not hold, and why.
    """

    assessment: Assessment
    economy: str
    scenario: str
    book: ExchangeBook
    sectors: Mapping[str, Text]
    left_out: tuple[Problem, ...]


def network_accounts(result: DesignResult) -> NetworkAccounts | None:
    """Return what the network changes in the study's economy; ``None`` where there is no economy to change.

    Raises
    ------
    StudyError
        If the study's own scenarios are wrong.
    """
    loaded = result.discovery.flows.loaded
    if loaded is None or not loaded.study.scenario or not result.flowing:
        return None
    built = build(loaded)
    bases, scenarios, problems = checked(loaded, built)
    problems.raise_if_errors(StudyError)
    reference = _reference(loaded, result)
    base = bases[reference.economy]
    classification = base.economy.table.origin.classification
    if classification not in classifications():
        return None
    sizes = dict(zip(base.economy.table.sectors, map(float, base.economy.table.output), strict=True))
    maker = _Maker(loaded, classification, sector_shares(classification, sizes), base.economy.table.sectors)
    left: list[Problem] = []
    made = [maker.exchange(key, group) for key, group in _groups(result, maker, left).items()]
    book = ExchangeBook(tuple(made), tuple(maker.products.values()), (), loaded.book.account)
    whole = replace(
        loaded.book, exchanges=(*loaded.book.exchanges, *book.exchanges),
        products=(*loaded.book.products, *(p for p in book.products if p.id not in maker.own)),
    )  # fmt: skip
    before = scenarios[reference.id]
    network = {e.id: e.designed.to("t/a" if e.carrier == "mass" else "GJ/a") for e in made}
    after = Scenario("network", {**before.quantities, **network}, before.interventions)
    found = assess(Base(base.economy, whole, base.observed), after, before)
    names = maker.names()
    return NetworkAccounts(found, reference.economy, reference.id, book, names, tuple(left))


def _reference(loaded: Loaded, result: DesignResult) -> ScenarioStep:
    """Return the scenario that the network is put beside."""
    steps = {s.id: s for s in loaded.study.scenario}
    wanted = result.given.scenario
    if wanted and wanted not in steps:
        problems = Problems()
        problems.add("study.unknown_id", Where(key="design.scenario"), what="scenario", id=wanted, known=list(steps))
        problems.raise_if_errors(StudyError)
    shown = steps[loaded.study.report.scenario]
    return steps[wanted or shown.reference or shown.id]


Key = tuple[str, str, str, str]
"""Sector of the donor, sector of the receiver, stream, product."""


def _groups(result: DesignResult, maker: _Maker, left: list[Problem]) -> dict[Key, list[Chosen]]:
    """Return the network's exchanges by sectors, stream and product; what cannot be said is told."""
    found: dict[Key, list[Chosen]] = {}
    for one in result.flowing:
        terms = one.terms
        if one.quantity <= SMALL * terms.one.quantity.value:  # it flows in an earlier stage only
            continue
        donor, receiver = (maker.sector(firm.id, firm.industry) for firm in (terms.one.donor, terms.one.receiver))
        where = Where(key=terms.one.id)
        if terms.unit not in CARRIERS:
            left.append(Problem("design.no_carrier", where, "note", {"unit": terms.unit}))
        elif not donor or not receiver:
            left.append(
                Problem("design.no_sector", where, "note", {"donor": donor or "–", "receiver": receiver or "–"})
            )
        elif not (product := maker.product(terms)):
            left.append(Problem("design.no_product", where, "note", {"material": terms.one.replaces}))
        else:
            found.setdefault((donor, receiver, terms.one.stream, product), []).append(one)
    return found


class _Maker:
    """Makes exchanges and products of the accounts: the study's own products first."""

    def __init__(
        self, loaded: Loaded, classification: str, shares: Mapping[str, Mapping[str, float]], sectors: Sequence[str]
    ) -> None:
        self.own = {p.id: p for p in loaded.book.products}
        self.names_of = loaded.study.design.products
        self.account = loaded.book.account
        self.classification, self.shares, self.sectors = classification, shares, set(sectors)
        self.products: dict[str, Product] = {}

    def sector(self, firm: str, industry: str) -> str:
        """Return the main sector of an industry; empty: none is known."""
        if firm == CITY:
            return CITY
        found = links(industry, BASE) if industry else ()
        spread = self.shares.get(found[0].to, {}) if found else {}
        best = max(spread, key=lambda code: spread[code], default="")
        return best if best in self.sectors else ""

    def product(self, terms: Terms) -> str:
        """Return the id of what is replaced, made where it is not there; empty: it cannot be said."""
        one = terms.one
        code = one.demand.material if one.demand else one.replaces
        for name in (code, one.replaces, *ancestors(code)):
            if (own := self.names_of.get(name, "")) in self.own:
                self._take(own)
                return own
        supplier = self.sector("", material(code).gbt4754) if code else ""
        if not supplier or terms.price is None or terms.replaced_unit not in CARRIERS:
            return ""
        burnt = emission_link(code, "fuel")
        onsite: tuple[OnSite, ...] = ()
        if burnt is not None and one.demand is not None:
            given = co2_of(code, one.demand.unit, one.demand.flows)
            if given:
                unit = f"tCO2/{terms.replaced_unit}"
                onsite = (OnSite(self.account, _figure(given, unit, "estimated", "emission factor of the vocabulary")),)
        known = material(code)
        price = terms.price
        if price.low is None:
            price = replace(price, low=price.value, high=price.value)
        self.products.setdefault(
            code, Product(code, terms.replaced_unit, Text(known.name("en"), known.name("zh")), supplier, price,
                          onsite=onsite, note="made by the design of the network"),
        )  # fmt: skip
        return code

    def _take(self, name: str) -> None:
        """Take over a product of the study, and what it is made of."""
        if name in self.own and name not in self.products:
            self.products[name] = self.own[name]
            for part in self.own[name].input:
                self._take(part.product)

    def exchange(self, key: Key, group: Sequence[Chosen]) -> Exchange:
        """Return what some firms do as one exchange of their sectors; numbers are means by quantity."""
        donor, receiver, stream, product = key
        first = group[0].terms
        unit = first.unit
        size = sum(c.quantity for c in group)

        def mean(of: Sequence[float]) -> float:
            return sum(c.quantity * value for c, value in zip(group, of, strict=True)) / size

        figures = [f for c in group for _, f in c.terms.figures()]
        kind: Kind = max((f.kind for f in figures), key=KINDS.index, default="estimated")
        money = first.currency
        rate = mean([c.terms.one.rate or 0.0 for c in group])
        disposal = mean([c.terms.disposal.to(f"{money}/{unit}") if c.terms.disposal else 0.0 for c in group])
        km = mean([c.terms.one.distance_km or 0.0 for c in group])
        carried = mean([c.terms.carriage.cost.to(f"{money}/{unit}") if c.terms.carriage else 0.0 for c in group])
        transport = None
        if unit == "t" and km > 0 and carried > 0:
            tariff = _figure(carried / km, f"{money}/(t km)", kind, "design")
            transport = Transport(_figure(km, "km", "estimated", "design"), tariff, self.sector("", ROAD_FREIGHT))
        own = mean([_own_carbon(c.terms) for c in group])
        known = material(stream)
        name = Text(known.name("en"), known.name("zh"))
        return Exchange(
            f"network {donor} {stream} {receiver} {product}", name, name, donor, receiver,
            _figure(size, f"{unit}/a", kind, "design"), CARRIERS[unit],  # type: ignore[arg-type]
            disposal=Disposal(OWN, _figure(disposal, f"{money}/{unit}", kind, "design")) if disposal > 0 else None,
            own_carbon=_figure(own, f"tCO2/{unit}", "estimated", "design") if own > 0 else None,
            replaces=(Replacement(product, _rate(group, rate, f"{first.replaced_unit}/{unit}")),),
            transport=transport, note="; ".join(c.terms.one.id for c in group),
        )  # fmt: skip

    def names(self) -> dict[str, Text]:
        """Return label → name of each sector."""
        from lichen.vocabulary.sectors import sectors

        known = sectors(self.classification)
        en, zh = known.names("en"), known.names("zh")
        return {code: Text(en[code], zh[code]) for code in known.codes}


def _rate(group: Sequence[Chosen], rate: float, unit: str) -> Figure:
    """Return a mean rate with the range that the sources of the rates give."""
    low = high = rate
    for one in group:
        quantity, replaced = one.terms.one.quantity, one.terms.one.gains.resource
        if replaced is not None and quantity.low > 0 and quantity.high > 0:
            found = replaced.low / quantity.low, replaced.high / quantity.high
            low, high = min(low, *found), max(high, *found)
    return Figure(rate, unit, "estimated", "design", low, high)


def _own_carbon(terms: Terms) -> float:
    """Return the fossil CO2 that a unit of the stream gives off itself [tCO2/unit]; what is not known counts as 0."""
    return terms.one.gains.own_co2 or 0.0


def _figure(value: float, unit: str, kind: Kind, source: str) -> Figure:
    span = (value, value) if kind in ("estimated", "assumed") else (None, None)
    return Figure(value, unit, kind, source, *span)
