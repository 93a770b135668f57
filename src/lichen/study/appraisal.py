"""Appraisal of a study's designed network: each exchange for both sides together and for each, and all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lichen.appraise.abatement import Curve, Option, abatement_curve
from lichen.appraise.cash_flow import CashFlow, together
from lichen.appraise.exchange import RATE, Exchange, cash_flows, deal_of, npv_of
from lichen.appraise.heat_price import HeatPrice
from lichen.appraise.measures import AbatementCost, Measures, abatement_cost, levelised_cost, measure
from lichen.appraise.parties import (
    Deal,
    Opening,
    PriceInterval,
    Sharing,
    equal_gain,
    price_interval,
    proportional_gain,
)
from lichen.appraise.risk import Readiness, Term
from lichen.appraise.sensitivity import BreakEven, Sampled, Tornado, break_even, sample, tornado
from lichen.design.opportunities import Chosen
from lichen.errors import InputError, Problem, Problems, StudyError, Where
from lichen.figures import Figure, Text
from lichen.labelled import Array
from lichen.sheets import Sheet
from lichen.study.agreed import AtAgreed, at_agreed
from lichen.study.appraisal_case import CARBON, exchanges_of, shared_of
from lichen.study.appraisal_frame import Given, given_of, study_risks
from lichen.study.appraisal_prices import Told, heat_prices, openings, prices_told, shortest
from lichen.study.appraisal_risks import RiskLine, readiness_of, risk_lines, terms_of
from lichen.study.appraisal_share import PlantShare, plant_share
from lichen.study.appraisal_tax import Taxed, taxed
from lichen.study.appraisal_ways import going, ways_of
from lichen.study.appraisal_words import figure_names
from lichen.study.design import DesignResult, run_design
from lichen.vocabulary.materials import material

SEARCHED = 3.0
"""Break-even values are looked for from 0 to so many times the value, or over a wider range of the figure."""


@dataclass(frozen=True, eq=False)
class Appraised:
    """An exchange, appraised.

    Parameters
    ----------
    chosen, exchange
        What the network makes of it, and its payments.
    donor, receiver
        Cash flows of both sides, without the price between them.
    both, sides
        Measures of both together, and of donor and receiver without the price.
    abatement, levelised
        Cost per tonne of CO2 without the carbon price; cost of delivering a unit [currency/unit].
    deal, interval
        The two sides, and the prices at which neither loses.
    equal, proportional
        Prices by two rules; ``None``: no price leaves both a gain, or nobody invests.
    opens, contract
        Where no price does, what opens the interval, and the shortest contract that does [a] (``None``: none tried).
    told, heat
        What firms told of prices of the same stream; of heat, prices in two parts.
    figures, names
        Inputs with their ranges, and what they are called.
    bars, even, range
        Tornado, break-even values, draws of NPV (``None``: not asked for).
    risks, readiness, ready_note, terms
        Failure modes, readiness with what is known of it, terms of a contract.
    agreed
        The exchange at the price that its two firms agreed on; ``None``: nothing is agreed.
    """

    chosen: Chosen
    exchange: Exchange
    donor: CashFlow
    receiver: CashFlow
    both: Measures
    sides: tuple[Measures, Measures]
    abatement: AbatementCost
    levelised: float
    deal: Deal
    interval: PriceInterval
    equal: Sharing | None
    proportional: Sharing | None
    opens: tuple[Opening, ...]
    contract: int | None
    told: tuple[Told, ...]
    heat: tuple[HeatPrice, ...] | Problem
    figures: Mapping[str, Figure]
    names: Mapping[str, Text]
    bars: Tornado
    even: tuple[BreakEven, ...]
    range: Sampled | None
    risks: tuple[RiskLine, ...]
    readiness: Readiness
    ready_note: Problem | None
    terms: tuple[Term, ...]
    agreed: AtAgreed | None

    @property
    def id(self) -> str:
        """DONOR>STREAM>RECEIVER."""
        return self.exchange.id


@dataclass(frozen=True, eq=False)
class AppraisalResult:
    """A study's network, appraised.

    Parameters
    ----------
    design, given
        The network, and what was asked.
    exchanges
        Those that gain both sides together most first.
    flow, whole
        Cash flow and measures of all together.
    donors, receivers
        Cash flows of all donors and of all receivers.
    curve
        Abatement cost curve; ``None``: no exchange.
    shares
        How shared plants are paid for.
    taxed
        After tax; ``None``: the study asks for none.
    range
        Draws of the NPV of all; ``None``: not asked for.
    findings
        Warnings and notes.
    """

    design: DesignResult
    given: Given
    exchanges: tuple[Appraised, ...]
    flow: CashFlow | None
    whole: Measures | None
    donors: CashFlow | None
    receivers: CashFlow | None
    curve: Curve | None
    shares: tuple[PlantShare, ...]
    taxed: Taxed | None
    range: Sampled | None
    findings: tuple[Problem, ...]


def run_appraisal(
    folder: str | Path, year: int = 0, grid: str = "", overrides: Mapping[str, Any] | None = None,
    appraising: Mapping[str, Any] | None = None,
) -> AppraisalResult:  # fmt: skip
    """Appraise the network that is designed for a study.

    Parameters
    ----------
    folder, year, grid, overrides
        As for :func:`lichen.study.design.run_design`.
    appraising
        Fields of :class:`~lichen.study.config_appraisal.Appraising` that go before those of the study.

    Raises
    ------
    StudyError
        If a setting cannot be used.
    InputError
        If costs or the risk register are wrong, or no network meets the limits.
    """
    design = run_design(folder, year, grid, overrides)
    return appraisal_of(design, study_risks(folder, design, appraising), appraising)


def appraisal_of(
    design: DesignResult, risks: Sequence[Sheet] = (), appraising: Mapping[str, Any] | None = None
) -> AppraisalResult:
    """Appraise a network that was designed already; see :func:`run_appraisal`.

    Parameters
    ----------
    design, appraising
        The network; settings that go before the study's.
    risks
        Sheets of the risk register.

    Raises
    ------
    StudyError
        If not all that costs or saves money is known: a network that was designed for something else than money.
    """
    ways = ways_of(design)
    chosen, shared = going(design, ways), shared_of(design, ways)
    _refuse_unpriced(chosen)
    given = given_of(risks, design, [c.terms.one.id for c in chosen], appraising or {})
    made = exchanges_of(design, given.settings, chosen, ways, shared)
    every = [_appraised(design, given, c, made[c.terms.one.id]) for c in chosen]
    every.sort(key=lambda a: (-a.both.npv, a.id))
    flows = [side for one in every for side in (one.donor, one.receiver)]
    flow = together(*flows) if flows else None
    curve = abatement_curve([_option(one) for one in every], given.settings.negative) if every else None
    return AppraisalResult(
        design, given, tuple(every), flow, measure(flow, design.money.discounting) if flow else None,
        together(*(a.donor for a in every)) if every else None,
        together(*(a.receiver for a in every)) if every else None,
        curve, tuple(plant_share(design, s, given.settings.seed) for s in shared.values()),
        taxed(design, given, every, flow) if flow and given.tax else None, _whole_range(design, given, every),
        (*design.findings, *given.findings, *(curve.notes if curve else ()), *_notes(design, given, every)),
    )  # fmt: skip


def _refuse_unpriced(chosen: Sequence[Chosen]) -> None:
    problems = Problems()
    for one in chosen:
        terms = one.terms
        shared = one.plant and terms.disposal is not None and terms.price is not None
        if not terms.known and not shared:
            problems.add("appraise.unpriced", Where(key=one.terms.one.id))
            problems.extend([q for q in one.terms.questions if q.severity == "warning"])
    problems.raise_if_errors(StudyError)


def _notes(design: DesignResult, given: Given, every: Sequence[Appraised]) -> Iterator[Problem]:
    """Say what a reader must know of the whole."""
    if not every:
        yield Problem("appraise.no_exchanges", Where(), "warning")
    today = [e.id for e in design.frame.existing if e.id in {a.id for a in every}]
    if today:
        yield Problem("appraise.flows_today", Where(), "note", {"names": today})
    bare = [a.id for a in every if not a.exchange.invests]
    if bare:
        yield Problem("appraise.no_investment_told", Where(), "warning", {"names": bare, "count": len(bare)})
    worn = [a.id for a in every for p in a.exchange.payments if p.once and np.count_nonzero(p.times) > 1]
    if worn:
        yield Problem("appraise.worn_out", Where(), "note", {"names": worn})
    for one in every:
        yield from one.agreed.notes if one.agreed is not None else ()
        told = given.of(one.id)
        if one.exchange.unit == "GJ" and (told is None or told.capacity is None):
            yield Problem("appraise.least_capacity", Where(key=one.id), "note")


def _appraised(design: DesignResult, given: Given, chosen: Chosen, one: Exchange) -> Appraised:
    discounting, told, agreed = design.money.discounting, given.of(one.id), design.agreed.get(one.id)
    donor, receiver = cash_flows(one)
    both = together(donor, receiver)
    deal = deal_of(one, *given.discountings(one.id, discounting))
    interval = price_interval(deal)
    names = figure_names(chosen, one)
    figures = one.figures(design.money.rate)
    worth = npv_of(one, discounting)
    bars = tornado(worth, figures)
    plain = together(*cash_flows(one.without(CARBON)))
    ready, note = readiness_of(chosen, told)
    return Appraised(
        chosen, one, donor, receiver, measure(both, discounting),
        (measure(donor, deal.donor_discounting), measure(receiver, deal.receiver_discounting)),
        abatement_cost(plain, one.co2, discounting), levelised_cost(both, one.quantity, discounting), deal, interval,
        None if interval.empty else equal_gain(deal), _proportional(deal, interval),
        openings(deal, one, given) if interval.empty else (), shortest(one, deal, given) if interval.empty else None,
        prices_told(design, chosen), heat_prices(design, given, chosen, one), figures, names, bars,
        tuple(_even(worth, figures, name) for name in figures if figures[name].value > 0),
        sample(worth, figures, given.settings.draws, given.settings.seed) if given.settings.draws else None,
        risk_lines(design, chosen, bars, names, given.risks), ready, note,
        terms_of(chosen, told, agreed),
        at_agreed(agreed, deal, design.frame.book, one.years[-1]) if agreed is not None else None,
    )  # fmt: skip


def _proportional(deal: Deal, interval: PriceInterval) -> Sharing | None:
    try:
        return None if interval.empty else proportional_gain(deal)
    except InputError:  # nobody invests: there is nothing to be in proportion to
        return None


def _even(worth: Any, figures: Mapping[str, Figure], name: str) -> BreakEven:
    figure = figures[name]
    low = min(0.0, figure.value if figure.low is None else figure.low)
    high = max(SEARCHED * figure.value, figure.value if figure.high is None else figure.high)
    return break_even(worth, figures, name, low, high)


def _option(one: Appraised) -> Option:
    """Return an exchange as a measure that avoids CO2, without what a carbon price brings."""
    stream = material(one.chosen.terms.one.stream)
    ends = one.chosen.terms.one.donor.name, one.chosen.terms.one.receiver.name
    name = Text(*(f"{ends[0]} → {ends[1]}: {word}" for word in (stream.name("en"), stream.name("zh"))))
    tonnes = one.abatement.co2_t
    worth = -one.abatement.per_tonne * tonnes if one.abatement.per_tonne is not None else one.both.npv
    return Option(one.id, worth, tonnes, one.exchange.currency, one.exchange.price_year, name)


def _whole_range(design: DesignResult, given: Given, every: Sequence[Appraised]) -> Sampled | None:
    """Return draws of the NPV of all exchanges; figures of one cause move together."""
    if not every or not given.settings.draws:
        return None
    figures: dict[str, Figure] = {RATE: design.money.rate}
    parts = []
    for one in every:
        keys = {name: f"{one.id} {name}" for name in one.figures if name != RATE}
        figures |= {key: _moving(one, name, one.figures[name]) for name, key in keys.items()}
        parts.append((npv_of(one.exchange, design.money.discounting), keys))

    def worth(values: Mapping[str, float]) -> float:
        return sum(
            part({RATE: values[RATE], **{name: values[key] for name, key in keys.items()}}) for part, keys in parts
        )

    return sample(worth, figures, given.settings.draws, given.settings.seed)


def _moving(one: Appraised, name: str, figure: Figure) -> Figure:
    """Return a figure with the cause that moves it: one source of one thing is wrong the same way everywhere."""
    terms = one.chosen.terms
    cause = {
        "quantity": f"{terms.one.donor.id} {terms.one.stream}",
        "price": terms.one.demand.material if terms.one.demand else terms.one.replaces,
        "carriage": terms.carriage.mode if terms.carriage else "",
    }.get(name, terms.one.stream)
    if name == CARBON or name.startswith(("operation of", "investment in")):
        cause = ""  # one figure for all
    if name == "investment":
        cause = one.id
    return replace(figure, varies_with=figure.varies_with or f"{name} {cause} {figure.source}")


def total_co2(result: AppraisalResult) -> Array:
    """Return the CO2 that all exchanges avoid each year ``(n,)`` [tCO2/a]."""
    rows = [one.exchange.co2 for one in result.exchanges]
    return np.sum(rows, axis=0) if rows else np.zeros(0)
