"""Design of a study's network: from its opportunities, costs and limits to exchanges, quantities, plants and phases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lichen.appraise.costs import Cost
from lichen.design.binding import Binding, binding
from lichen.design.layout import Content
from lichen.design.opportunities import Chosen, Prepared, chosen, contents_not_known, need, prepare
from lichen.design.pareto import Front, front
from lichen.design.program import program
from lichen.design.resilience import Loss, losses
from lichen.design.robust import Scenario, robust, scenario_graph
from lichen.design.solve import Settings, Solution, solve
from lichen.design.structure import Structure, structure
from lichen.design.terms import Terms
from lichen.errors import InputError, Problem, Where
from lichen.figures import Figure, Text
from lichen.monitor.read import read_terms
from lichen.monitor.values import Agreed
from lichen.study.agreed import beside_agreed
from lichen.study.config import Designing
from lichen.study.design_frame import MONEY_OBJECTIVES, Frame, Money, frame, frame_terms, frame_vias, study_costs
from lichen.study.discovery import DiscoveryResult, run_discovery
from lichen.study.flows import home
from lichen.study.what_if import WhatIf, changed, read_what_if
from lichen.vocabulary.materials import material

LACKS = {
    "rate": Text("how much it replaces", "替代率"), "need": Text("the receiver's need", "受方需求"),
    "disposal": Text("the cost of disposal", "处置费"), "price": Text("the price of what it replaces", "被替代品价格"),
    "treatment": Text("the cost of treatment", "处理费"), "carriage": Text("the cost of carriage", "运费"),
}  # fmt: skip
SMALL = 1e-6
"""Part of what is feasible below which an exchange does not flow [1]."""
MOST_LOSSES = 400
"""Links above which only the loss of firms is looked at."""


@dataclass(frozen=True)
class Outcome:
    """A network beside doing nothing.

    Parameters
    ----------
    gain
        Net present value: what doing nothing costs less what the network costs [currency]; ``None``: not all is priced.
    co2_avoided, waste_avoided, water_saved
        A year, in the mean of those that count [tCO2/a, t/a, m3/a].
    investment
        In all stages, for what the optimiser decides [currency].
    exchanges
        How many flow.
    jobs
        That they bring, as far as it is told [person].
    """

    gain: float | None
    co2_avoided: float
    waste_avoided: float
    water_saved: float
    investment: float
    exchanges: int
    jobs: float = 0.0


@dataclass(frozen=True)
class Tried:
    """What a change would make of the network, designed anew; of a firm that closes also with what is built as it is.

    ``kept``: what is still gained if nothing is rebuilt [currency]; ``None``: not asked for. ``notes``: why there is no
    network.
    """

    what_if: WhatIf
    outcome: Outcome | None
    kept: float | None
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A figure that is missing: the question, and how many opportunities wait for it and how much of them [t/a]."""

    question: Problem
    count: int
    waiting_t: float


@dataclass(frozen=True, eq=False)
class DesignResult:
    """A study's network.

    Parameters
    ----------
    frame
        What it is designed from, and what was asked.
    prepared, solution, outcome
        The problem, its best network, what it brings.
    chosen
        What becomes of each opportunity that took part.
    reasons
        Id of an opportunity that does not flow → why.
    binding, losses, structure
        What limits it; what the loss of one firm, stream or exchange costs; its shape.
    front, second
        Networks between two objectives, and the second of them; ``None`` and empty: not asked for.
    tried
        What changes would make of it.
    ranges
        "low", "high" → its net present value if all supplies and needs are at that end of their ranges, what is built
        being one decision for all [currency]; empty where money does not count.
    asked
        Figures that are missing, those first that most opportunities wait for.
    findings
        Warnings and notes.
    agreed
        Exchange → the terms that its two firms agreed on.
    """

    frame: Frame
    prepared: Prepared
    solution: Solution
    outcome: Outcome
    chosen: tuple[Chosen, ...]
    reasons: Mapping[str, Problem]
    binding: tuple[Binding, ...]
    losses: tuple[Loss, ...]
    structure: Structure
    front: Front | None
    second: str
    tried: tuple[Tried, ...]
    ranges: Mapping[str, float]
    asked: tuple[Asked, ...]
    findings: tuple[Problem, ...]
    agreed: Mapping[str, Agreed] = field(default_factory=dict)

    @property
    def given(self) -> Designing:
        """What was asked."""
        return self.frame.given

    @property
    def money(self) -> Money:
        """Currency, price year, years, rates."""
        return self.frame.money

    @property
    def discovery(self) -> DiscoveryResult:
        """The opportunities."""
        return self.frame.discovery

    @property
    def flowing(self) -> tuple[Chosen, ...]:
        """The exchanges of the network, those that gain most a year first."""
        found = [c for c in self.chosen if flows(c)]
        return tuple(sorted(found, key=lambda c: (-self.frame.margin(c) * c.quantity, c.terms.one.id)))


def flows(one: Chosen) -> bool:
    """Whether an exchange flows in any stage."""
    return any(quantity > SMALL * one.terms.one.quantity.value for quantity in one.by_stage)


def run_design(
    folder: str | Path, year: int = 0, grid: str = "", overrides: Mapping[str, Any] | None = None,
    what_ifs: Sequence[str] = (), second: str = "", points: int = 9,
) -> DesignResult:  # fmt: skip
    """Design the network of a study's firms.

    Parameters
    ----------
    folder, year, grid
        As for :func:`lichen.study.flows.run_flows`.
    overrides
        Fields of :class:`~lichen.study.config.Designing` that go before those of the study.
    what_ifs
        Changes to try, e.g. ``close=FIRM`` or ``price=coal:+30%``; see :func:`lichen.study.what_if.read_what_if`.
    second, points
        Second objective of a front, and how many points it has; empty: no front.

    Raises
    ------
    StudyError
        If a setting cannot be used.
    InputError
        If the study's costs are wrong, or no network meets the limits: then which of them cannot hold together.
    FileError
        If the file of agreed terms cannot be read, with every cell at fault.
    """
    discovery = run_discovery(folder, year, grid)
    costs = study_costs(folder, discovery, overrides)
    return design_of(discovery, costs, overrides, what_ifs, second, points, read_terms(home(folder)))


def design_of(
    discovery: DiscoveryResult, costs: Sequence[Cost], overrides: Mapping[str, Any] | None = None,
    what_ifs: Sequence[str] = (), second: str = "", points: int = 9, agreed: Mapping[str, Agreed] | None = None,
) -> DesignResult:  # fmt: skip
    """Design the network from opportunities that were found and costs that were read; see :func:`run_design`.

    ``agreed``: exchange → terms that its two firms agreed on, which the network is held against.
    """
    asked = frame(discovery, costs, overrides or {}, second)
    questions = [read_what_if(text, asked) for text in what_ifs]
    every = frame_terms(asked)
    prepared, solution = _solved(asked, every)
    if not solution.found:
        raise InputError(solution.notes())
    made = chosen(solution, prepared)
    found = DesignResult(
        asked, prepared, solution, _outcome(asked, solution, made), made, {}, binding(solution), _losses(solution),
        structure([(c.terms.one.donor.id, c.terms.one.receiver.id, c.quantity) for c in made if flows(c)]), None,
        second, (), _ranges(asked, prepared, solution, made), _asked(every, prepared, asked),
        (*asked.findings, *solution.notes(), *_not_told(asked, made), *beside_agreed(made, agreed or {})),
        agreed or {},
    )  # fmt: skip
    first = asked.given.objective
    points_found = front(prepared.network, first, second, points, _settings(asked)) if second else None
    return replace(
        found, reasons=_reasons(found), front=points_found,
        tried=tuple(_tried(question, asked, every, found) for question in questions),
    )  # fmt: skip


TIE = 1e-5
"""What money counts beside another objective, as a share of what both can come to [1]."""


def given_objective(asked: Frame, every: Sequence[Terms]) -> str | dict[str, float]:
    """Return what the optimiser makes least: of two networks alike in the objective, the one that costs less."""
    objective = asked.given.objective
    if objective in MONEY_OBJECTIVES:
        return objective
    sign = -1.0 if objective == "jobs" else 1.0
    each = {"co2": [abs(t.co2 or 0.0) for t in every], "jobs": [t.jobs.value if t.jobs else 0.0 for t in every]}
    brings = each.get(objective, [1.0] * len(every))
    most = sum(t.one.quantity.value * brought for t, brought in zip(every, brings, strict=True))
    money = sum(t.one.quantity.value * (t.cost + abs(t.saved)) for t in every if t.known)
    money += sum(t.investment.to(t.currency) for t in every if t.investment is not None)
    return {objective: sign, "cost": TIE * most / money} if most and money else {objective: sign}


def _settings(asked: Frame) -> Settings:
    return Settings(time_s=asked.given.time_s, gap=asked.given.gap)


def _solved(asked: Frame, every: Sequence[Terms]) -> tuple[Prepared, Solution]:
    prepared = prepare(every, asked.layout, frame_vias(asked, every))
    return prepared, solve(prepared.network, given_objective(asked, every), _settings(asked))


def _not_told(asked: Frame, made: Sequence[Chosen]) -> Iterator[Problem]:
    """Yield what a reader must know that the network's numbers do not hold."""
    going = [c for c in made if flows(c)]
    bare = [c for c in going if c.terms.investment is None and not c.plant]
    if bare and asked.layout.money:
        values = {"count": len(bare), "ids": [c.terms.one.id for c in bare]}
        yield Problem("design.no_investment", severity="warning", values=values)
    dark = [c for c in going if c.co2 is None]
    if dark:
        counts = asked.money.per_tonne or asked.given.objective == "co2"
        values = {"count": len(dark), "of": len(going), "ids": [c.terms.one.id for c in dark]}
        yield Problem("design.carbon_partly", severity="warning" if counts else "note", values=values)
    if asked.given.objective == "jobs" and not any(c.terms.jobs is not None for c in made):
        yield Problem("design.no_jobs", severity="warning", values={})
    if asked.layout.money and not any(cost.own for cost in asked.book.costs):
        yield Problem("design.no_own_costs", severity="warning", values={"file": asked.given.costs})


def _outcome(asked: Frame, solution: Solution, made: Sequence[Chosen]) -> Outcome:
    """Return what a network brings beside doing nothing, where all columns are 0 but for exchanges of today."""
    before = dict(zip((m.id for m in solution.graph.measures), solution.program.constant, strict=True))
    gained = {name: float(before[name]) - total for name, total in solution.measures.items()}
    for name, today in _today(asked, made).items():
        gained[name] -= today
    going = [c for c in made if flows(c)]
    priced = all(c.priced for c in going)
    years = asked.money.years
    return Outcome(
        gained["cost"] if priced else None, gained["co2"] / years, gained["waste"] / years, gained["water"] / years,
        solution.measures["investment"], len(going), solution.measures["jobs"] / years,
    )  # fmt: skip


def _today(asked: Frame, made: Sequence[Chosen]) -> dict[str, float]:
    """Return what the exchanges of today bring that may be given up, in all years."""
    own, years = {c.terms.one.id: c.terms for c in made}, asked.money.years
    found = {"cost": 0.0, "co2": 0.0, "waste": 0.0}
    for today in asked.existing:
        terms = own.get(today.id)
        if terms is None:  # one of its firms has closed: it brings nothing without the network either
            continue
        found["cost"] += asked.margin(terms) * today.quantity * asked.layout.worth
        found["co2"] += (terms.co2 or 0.0) * today.quantity * years
        found["waste"] += today.quantity * years if terms.unit == "t" else 0.0
    return found


def _ranges(
    asked: Frame, prepared: Prepared, solution: Solution, made: Sequence[Chosen]
) -> dict[str, float]:  # fmt: skip
    """Return the net present value at the ends of the ranges of all supplies and needs."""
    objective = asked.given.objective
    if objective not in MONEY_OBJECTIVES or not prepared.kept or asked.layout.least:
        return {}  # a least amount that the low end cannot reach would decide for all
    ends = [Scenario("given"), *(_scenario(end, prepared) for end in ("low", "high"))]
    found = robust(solution.graph, ends, objective, "mean", _settings(asked))
    cost = solution.graph.position("cost")
    today = _today(asked, made)["cost"]
    return {
        one.id: float(program(scenario_graph(solution.graph, one)).constant[cost]) - found.objectives[one.id] - today
        for one in ends if one.id in found.objectives and one.id != "given"
    }  # fmt: skip


def _scenario(end: str, prepared: Prepared) -> Scenario:
    """Return all supplies and needs at one end of their ranges."""
    supply: dict[tuple[str, str], float] = {}
    demand: dict[tuple[str, str], float] = {}
    for t in prepared.kept:
        one = t.one
        spans = [(supply, (one.donor.id, one.stream), one.supply.unused)]
        if one.demand is not None:
            spans.append((demand, (one.receiver.id, need(t)), one.demand.amount))
        for factors, place, span in spans:
            if span.value > 0:
                factors[place] = max(getattr(span, end), 0.0) / span.value
    return Scenario(end, supply, demand)


def _losses(solution: Solution) -> tuple[Loss, ...]:
    few = solution.graph.n_links * solution.graph.n_periods <= MOST_LOSSES * 12
    return losses(solution, ("firm", "stream", "link") if few else ("firm",), free=False)


def _tried(question: WhatIf, asked: Frame, every: Sequence[Terms], found: DesignResult) -> Tried:
    """Design the network anew after a change."""
    other, left = changed(question, asked, every)
    prepared, solution = _solved(other, left)
    kept: float | None = None
    if question.kind == "close" and found.outcome.gain is not None:
        lost = next((x.fixed for x in found.losses if x.kind == "firm" and x.name == question.key), 0.0)
        kept = found.outcome.gain - lost
    if not solution.found:
        return Tried(question, None, kept, solution.notes())
    return Tried(question, _outcome(other, solution, chosen(solution, prepared)), kept)


def _asked(every: Sequence[Terms], prepared: Prepared, asked: Frame) -> tuple[Asked, ...]:
    """Return the questions, each once, those first that most opportunities wait for."""
    known: dict[tuple[str, ...], Problem] = {}
    count: Counter[tuple[str, ...]] = Counter()
    waiting: Counter[tuple[str, ...]] = Counter()
    contents = [
        (t, Problem("design.ask_content", Where(key=t.one.id), "warning", _content_values(t, content)))
        for t, content in contents_not_known(prepared.kept, asked.layout)
    ]
    for terms, question in (*((t, q) for t in every for q in t.questions), *contents):
        key = _question_key(question)
        known.setdefault(key, question)
        count[key] += 1
        waiting[key] += terms.one.quantity.value if terms.unit == "t" else 0.0  # type: ignore[assignment]
    ranked = sorted(known, key=lambda key: (known[key].severity == "note", -count[key], -waiting[key], key))
    return tuple(Asked(known[key], count[key], float(waiting[key])) for key in ranked)


def _content_values(terms: Terms, content: Content) -> dict[str, object]:
    known = material(terms.one.stream)
    return {"stream": Text(known.name("en"), known.name("zh")), "substances": list(content.substances),
            "donor": terms.one.donor.name}  # fmt: skip


def _question_key(question: Problem) -> tuple[str, ...]:
    """Return what tells a question from others: who is named as an example does not."""
    own = question.code in ("design.ask_distance", "design.ask_replaced", "design.ask_need")
    told = (str(value) for name, value in question.values.items() if own or name not in ("donor", "receiver"))
    return (question.code, *told)


def _reasons(found: DesignResult) -> dict[str, Problem]:
    """Return for each opportunity that does not flow why."""
    reasons = {t.one.id: _incomplete(t) for t in found.prepared.left_out}
    going = found.flowing
    for one in found.chosen:
        if not flows(one):
            reasons[one.terms.one.id] = _why_not(one, going, found)
    return reasons


def _incomplete(terms: Terms) -> Problem:
    if terms.too_far:
        values = {"km": terms.one.distance_km, "reach": terms.reach_km}
        return Problem("design.too_far", severity="note", values=values)
    lacks = [LACKS[name] for name, figure in (
        ("rate", terms.one.rate), ("need", terms.one.bounded or None), ("disposal", terms.disposal),
        ("price", terms.price), ("treatment", terms.treatment), ("carriage", terms.carriage),
    ) if figure is None]  # fmt: skip
    return Problem("design.incomplete", severity="note", values={"lacks": lacks})


def _why_not(one: Chosen, going: Sequence[Chosen], found: DesignResult) -> Problem:
    terms, margin = one.terms, found.frame.margin(one)
    money = found.frame.layout.money
    if money and margin <= 0:
        values = {"cost": one.cost, "saved": one.cost + margin, "unit": f"{terms.currency}/{terms.unit}"}
        return Problem("design.does_not_pay", severity="note", values=values)
    if money and terms.investment is not None:
        worth = margin * terms.one.quantity.value * found.frame.layout.worth
        paid = terms.investment.to(terms.currency)
        if worth < paid:
            values = {"worth": worth / 1e6, "paid": paid / 1e6, "currency": terms.currency}
            return Problem("design.too_dear", severity="note", values=values)
    same = [
        c for c in going
        if (c.terms.one.donor.id, c.terms.one.stream) == (terms.one.donor.id, terms.one.stream)
    ]  # fmt: skip
    if same and sum(c.quantity for c in same) >= (1 - 1e-6) * terms.one.supply.unused.value:
        names = [c.terms.one.receiver.name for c in same]
        return Problem("design.supply_taken", severity="note", values={"by": names})
    rivals = [
        c for c in going
        if c.terms.one.receiver.id == terms.one.receiver.id and c.terms.one.replaces == terms.one.replaces
    ]  # fmt: skip
    if rivals:
        names = list(dict.fromkeys(c.terms.one.donor.name for c in rivals))
        return Problem("design.room_taken", severity="note", values={"by": names})
    return Problem("design.others_better", severity="note", values={})


def sides(found: DesignResult, one: Chosen) -> tuple[float, float]:
    """Return what donor and receiver gain a year before a price between them [currency/a].

    The donor saves the disposal; the receiver what is replaced, and pays treatment and carriage and is paid for the
    carbon. Equipment is not counted: it is paid once.
    """
    terms = one.terms
    per = f"{terms.currency}/{terms.unit}"
    donor = terms.disposal.to(per) * one.quantity if terms.disposal is not None else 0.0
    return donor, found.frame.margin(terms) * one.quantity - donor


def kinds_used(found: DesignResult) -> Counter[str]:
    """Return how the figures that the network's exchanges rest on are known."""
    return Counter(figure.kind for c in found.flowing for _, figure in c.terms.figures())


def figures_of(found: DesignResult) -> list[tuple[str, str, Figure]]:
    """Return exchange, what of, and figure, for all that flow."""
    return [(c.terms.one.id, name, figure) for c in found.flowing for name, figure in c.terms.figures()]
