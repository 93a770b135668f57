"""What is known of an exchange's risks, its readiness, and what a contract has to settle. Nothing is judged here.

Marks of severity, occurrence and detection come from the study's own register, or stay open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lichen.appraise.risk import (
    FAILURE_MODES,
    FailureMode,
    Readiness,
    Risk,
    Term,
    contract_outline,
)
from lichen.appraise.sensitivity import Tornado
from lichen.design.opportunities import Chosen
from lichen.discover.quantity import storable
from lichen.errors import Problem, Where
from lichen.figures import Text
from lichen.knowledge.values import ExchangeType
from lichen.monitor.values import Agreed
from lichen.numerals import shown
from lichen.study.agreed import agreed_texts
from lichen.study.config_appraisal import AppraisedExchange
from lichen.study.design import DesignResult

KIND_WORDS = {
    "measured": Text("measured", "实测"), "reported": Text("reported", "报表"), "estimated": Text("estimated", "推算"),
    "assumed": Text("assumed", "假设"),
}  # fmt: skip
LIMIT_WORDS = {
    "supply": Text("what the donor has", "供方数量"), "demand": Text("what the receiver needs", "受方需求"),
    "cap": Text("a standard's cap", "标准限值"), "months": Text("the months of both", "双方月度分布"),
}  # fmt: skip
STATUS_WORDS = {
    "implemented": Text("implemented", "已实施"), "reported": Text("reported", "有报道"),
    "planned": Text("planned", "规划中"), "feasibility": Text("looked into for feasibility", "可行性研究"),
    "studied": Text("studied", "研究中"),
}  # fmt: skip


@dataclass(frozen=True)
class RiskLine:
    """A failure mode of an exchange: what is known of it, and the study's own judgements; none: to be judged."""

    exchange: str
    mode: FailureMode
    known: tuple[Problem, ...]
    judged: tuple[Risk, ...]


def risk_lines(
    found: DesignResult, one: Chosen, bars: Tornado, names: Mapping[str, Text], register: Sequence[Risk]
) -> tuple[RiskLine, ...]:
    """Return a line for each failure mode of an exchange.

    Parameters
    ----------
    found, one
        The network, and the exchange in it.
    bars, names
        What each figure does to the gain of both together, and what figures are called.
    register
        The study's own risks.
    """
    types = [found.discovery.base.types[t] for t in one.terms.one.types if t in found.discovery.base.types]
    known: Mapping[FailureMode, Iterator[Problem]] = {
        "quantity": _quantity(one), "quality": _quality(one), "permit": _permit(one, types),
        "price": _price(found, bars, names), "partner closes": _closes(found, one), "technology": _technology(types),
    }  # fmt: skip
    mine = [r for r in register if r.exchange == one.terms.one.id]
    return tuple(
        RiskLine(one.terms.one.id, mode, tuple(known[mode]), tuple(r for r in mine if r.mode == mode))
        for mode in FAILURE_MODES
    )


def _note(code: str, **values: object) -> Problem:
    return Problem(f"risks.{code}", Where(), "note", values)


def _quantity(one: Chosen) -> Iterator[Problem]:
    opportunity, share = one.terms.one, one.share or 1.0
    span, unit = opportunity.quantity, opportunity.unit
    if span.low < span.high:
        ends = shown(span.low * share, 4), shown(span.high * share, 4)
        limits = [LIMIT_WORDS[name] for name in opportunity.limits] or [Text("–")]
        yield _note("quantity_range", low=ends[0], high=ends[1], unit=unit, limits=limits)
    kinds = [opportunity.supply.kind, *([opportunity.demand.kind] if opportunity.demand else [])]
    for kind in dict.fromkeys(k for k in kinds if k != "measured"):
        yield _note("quantity_kind", kind=KIND_WORDS[kind])
    if opportunity.demand is None:
        yield _note("need_untold")
    if opportunity.months:
        least, most = (shown(end, 4) for end in (min(opportunity.months), max(opportunity.months)))
        yield _note("season", least=least, most=most, unit=f"{one.terms.unit}/month")
    elif not storable(opportunity.supply):
        yield _note("no_season")


def _quality(one: Chosen) -> Iterator[Problem]:
    for check in one.terms.one.checks:
        if check.verdict in ("ask", "not met"):
            code = "condition_open" if check.verdict == "ask" else "condition_failed"
            yield _note(code, ask=check.condition.ask)


def _permit(one: Chosen, types: Sequence[ExchangeType]) -> Iterator[Problem]:
    if any(f.hazard == "yes" for f in one.terms.one.supply.flows):
        yield _note("declared_hazardous")
    for kind in types:
        if kind.hazard.en or kind.hazard.zh:
            yield _note("hazard", text=kind.hazard)
    standards = {s.code: s for kind in types for s in kind.standards}
    if standards:
        yield _note("standards", names=list(standards))


def _price(found: DesignResult, bars: Tornado, names: Mapping[str, Text]) -> Iterator[Problem]:
    for bar in bars.bars:
        if bars.base > 0 > min(bar.at_low, bar.at_high):
            ends = sorted((bar.at_low, bar.at_high))
            low, high = (shown(end / 1e6, 4) for end in ends)
            unit = Text(f"million {found.money.currency}", f"百万 {found.money.currency}")
            yield _note("price_turns", name=[names[n] for n in bar.names], low=low, high=high, unit=unit)
    if bars.without_range:
        yield _note("price_no_range", names=[names[n] for n in bars.without_range])


def _closes(found: DesignResult, one: Chosen) -> Iterator[Problem]:
    gain = found.outcome.gain
    for firm in (one.terms.one.donor, one.terms.one.receiver):
        loss = next((x.fixed for x in found.losses if x.kind == "firm" and x.name == firm.id), None)
        if loss is not None and gain and found.given.objective in ("npv", "cost"):
            ends = shown(loss / 1e6, 4), shown(gain / 1e6, 4)
            yield _note("closes", firm=firm.name, loss=ends[0], gain=ends[1], currency=found.money.currency)


def _technology(types: Sequence[ExchangeType]) -> Iterator[Problem]:
    steps = {step.id: step.name for kind in types for step in kind.treatment}
    if steps:
        yield _note("steps", names=list(steps.values()))
    best = next((kind for kind in types if kind.status is not None), None)
    if best is None:
        yield _note("no_status")
    else:
        yield _note("status", status=STATUS_WORDS[str(best.status)], count=len(best.cases))


def readiness_of(one: Chosen, told: AppraisedExchange | None) -> tuple[Readiness, Problem | None]:
    """Return how ready an exchange is as the study tells it; else 1, with what the calculation knows of it."""
    if told is not None and told.level:
        return Readiness(one.terms.one.id, told.level, told.evidence.en or told.evidence.zh), None
    opportunity = one.terms.one
    sure = all(s is not None and s.kind in ("measured", "reported") for s in (opportunity.supply, opportunity.demand))
    holds = bool(opportunity.checks) and all(c.verdict in ("met", "told") for c in opportunity.checks)
    known = _note("on_paper" if sure and holds else "idea")
    return Readiness(opportunity.id, 1, known.found("en")), known


def terms_of(one: Chosen, told: AppraisedExchange | None, agreed: Agreed | None = None) -> tuple[Term, ...]:
    """Return the terms that a contract should settle; what is agreed, and what the study says is, stands in them."""
    heat = one.terms.unit == "GJ"
    return contract_outline({**agreed_texts(agreed), **(told.agreed if told is not None else {})}, heat)
