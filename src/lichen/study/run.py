"""Run a study: build its economies, solve its scenarios, compare them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from lichen.errors import LichenError, Problem, Problems, StudyError, Where
from lichen.figures import Figure
from lichen.indicators import decoupling
from lichen.monitor.read import has_follow_up, read_follow_up, read_terms
from lichen.scenario.assess import Assessment, Base, Scenario, assess, check_scenario, outcome
from lichen.scenario.changes import Outcome
from lichen.scenario.check import check_book
from lichen.scenario.exchange import ExchangeBook
from lichen.scenario.exchanges import quantity
from lichen.scenario.intervention import check_interventions
from lichen.study.build import Built, build
from lichen.study.config import Comparison, Designing, EconomyStep, Loaded, QuantitySet, ScenarioStep
from lichen.study.design import DesignResult, design_of
from lichen.study.design_frame import study_costs
from lichen.study.discovery import DiscoveryResult, discovery_of
from lichen.study.flows import has_inventory, home, run_flows
from lichen.study.follow import run_follow
from lichen.study.load import STUDY_FILE, all_figures, load_study
from lichen.study.result import Compared, Decoupling, Grouping, StudyResult
from lichen.uncertainty import Spread, sample_changes
from lichen.units import factor
from lichen.vocabulary.sectors import concordance

Progress = Callable[[str], None]
"""Called with the name of each stage as it begins."""


def run_study(folder: str | Path, progress: Progress = lambda stage: None) -> StudyResult:
    """Run the study in ``folder``.

    Parameters
    ----------
    folder
        The study's folder.
    progress
        Called with "read", "build", "check", "solve", "sample" as each stage begins.

    Raises
    ------
    StudyError
        With every problem found; nothing partial is returned.
    """
    progress("read")
    accounts = solve_study(load_study(folder), progress)
    loaded, problems = accounts.loaded, Problems()
    flows = run_flows(folder, loaded=loaded, built=accounts.built) if has_inventory(folder) else None
    discovery = discovery_of(folder, flows) if flows else None
    network = _network(folder, loaded, discovery, problems) if discovery else None
    return replace(
        accounts,
        findings=_unique([*accounts.findings, *problems]),
        flows=flows,
        discovery=discovery,
        network=network,
        follow=run_follow(folder, loaded=loaded, flows=flows) if has_follow_up(home(folder)) else None,
    )


def solve_study(loaded: Loaded, progress: Progress = lambda stage: None) -> StudyResult:
    """Build the economies of a study, solve its scenarios and compare them; what its firms do is not looked at.

    Raises
    ------
    StudyError
        With every problem found; nothing partial is returned.
    """
    needs_scenarios(loaded)
    progress("build")
    built = build(loaded)
    progress("check")
    bases, scenarios, problems = checked(loaded, built)
    problems.raise_if_errors(StudyError)
    progress("solve")
    outcomes = {s.id: outcome(bases[s.economy], scenarios[s.id]) for s in loaded.study.scenario}
    assessments = {
        s.id: assess(bases[s.economy], scenarios[s.id], scenarios[s.reference])
        for s in loaded.study.scenario if s.reference
    }  # fmt: skip
    progress("sample")
    spreads = _spreads(loaded, bases, scenarios)
    return StudyResult(
        loaded=loaded, built=built, outcomes=outcomes, assessments=assessments, spreads=spreads,
        grouping=_grouping(loaded, built), decoupling=_decoupling(loaded, outcomes),
        compared=_compared(loaded, assessments, outcomes, spreads),
        findings=_unique([*built.problems, *problems]), figures=(*all_figures(loaded), *built.inputs),
    )  # fmt: skip


def _network(
    folder: str | Path, loaded: Loaded, discovery: DiscoveryResult, problems: Problems
) -> DesignResult | None:  # fmt: skip
    """Return the network of a study that has costs or says how to design one; what stands in the way is told."""
    given = loaded.study.design
    if given == Designing() and not (home(folder) / given.costs).exists():
        return None
    try:
        return design_of(discovery, study_costs(folder, discovery), agreed=read_terms(folder))
    except LichenError as error:
        problems.extend([replace(p, severity="warning") for p in error.problems])
        return None


NO_SCENARIOS = "study.no_scenarios"
"""Code of the problem that a study is of a park's firms alone."""


def needs_scenarios(loaded: Loaded) -> None:
    """Raise :class:`StudyError` if a study has no scenarios of an economy."""
    if not loaded.study.scenario:
        raise StudyError((Problem(NO_SCENARIOS, Where(file=STUDY_FILE)),))


def check_study(folder: str | Path) -> tuple[Problem, ...]:
    """Return every problem, warning and note of a study; nothing is solved.

    Raises nothing for a study that is wrong: its errors are among the problems returned.
    """
    problems = Problems()
    try:
        loaded = load_study(folder)
        built = build(loaded)
        problems.extend(built.problems)
        problems.extend(checked(loaded, built)[2])
        if not loaded.study.scenario:
            problems.add(NO_SCENARIOS, Where(file=STUDY_FILE), severity="note")
        problems.extend(read_follow_up(home(folder)).problems)
    except LichenError as error:
        problems.extend(error.problems)
    return _unique(problems)


def _unique(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple({p.text("en"): p for p in problems}.values())


def _prepare(loaded: Loaded, built: Built) -> tuple[dict[str, Base], dict[str, Scenario]]:
    """Return the base of each economy and each scenario with its quantities in t/a or GJ/a."""
    bases = {
        step.id: Base(built.economies[step.id], loaded.book, quantities(loaded.book, step.exchanges_present))
        for step in loaded.study.economy
    }  # fmt: skip
    known = {i.id: i for i in loaded.interventions}
    scenarios = {
        step.id: Scenario(step.id, quantities(loaded.book, step.exchanges), tuple(known[i] for i in step.interventions))
        for step in loaded.study.scenario
    }  # fmt: skip
    return bases, scenarios


def quantity_figures(book: ExchangeBook, given: QuantitySet | Mapping[str, Figure]) -> dict[str, Figure]:
    """Return exchange id → the figure of its quantity, for a set named in the study or for figures given one by one."""
    if given == "none":
        return {}
    if isinstance(given, str):
        return {e.id: f for e in book.included() if isinstance(f := getattr(e, given), Figure)}
    return {name: given[name] for name in given if name in {e.id for e in book.included()}}


def _step(loaded: Loaded, economy: str) -> EconomyStep:
    return next(e for e in loaded.study.economy if e.id == economy)


def quantities(book: ExchangeBook, given: QuantitySet | Mapping[str, Figure]) -> dict[str, float]:
    """Return exchange id → quantity [t/a or GJ/a] of a set named in the study, or of figures given one by one."""
    by_id = {e.id: e for e in book.included()}
    return {name: quantity(by_id[name], figure) for name, figure in quantity_figures(book, given).items()}


def checked(loaded: Loaded, built: Built) -> tuple[dict[str, Base], dict[str, Scenario], Problems]:
    """Return bases and scenarios with all problems; they are empty where the exchanges are not sound."""
    problems = Problems()
    for step in loaded.study.economy:
        economy = built.economies[step.id]
        problems.extend(check_book(loaded.book, economy.table.sectors, economy.satellites.accounts,
                                   economy.table.unit, loaded.study.exchanges))  # fmt: skip
        used = {i for s in loaded.study.scenario if s.economy == step.id for i in s.interventions}
        mine = [i for i in loaded.interventions if i.id in used]
        problems.extend(check_interventions(mine, economy, loaded.study.interventions))
    _check_given(loaded, problems)
    if not problems.ok:
        return {}, {}, problems
    bases, scenarios = _prepare(loaded, built)
    for scenario in loaded.study.scenario:
        where = Where(key=f"scenario[{scenario.id}]")
        for problem in check_scenario(bases[scenario.economy], scenarios[scenario.id]):
            problems.extend([replace(problem, where=where)])
    return bases, scenarios, problems


def _check_given(loaded: Loaded, problems: Problems) -> None:
    """Check quantities given one by one, references and comparisons."""
    study = loaded.study
    ids = [e.id for e in loaded.book.exchanges]
    steps: list[tuple[str, QuantitySet | Mapping[str, Figure]]] = [
        *((f"economy[{e.id}].exchanges_present", e.exchanges_present) for e in study.economy),
        *((f"scenario[{s.id}].exchanges", s.exchanges) for s in study.scenario),
    ]
    for key, given in steps:
        if not isinstance(given, str):
            for name in given:
                if name not in ids:
                    problems.add("study.unknown_id", Where(key=key), what="exchange", id=name, known=ids)
    economy_of = {s.id: s.economy for s in study.scenario}
    for scenario in study.scenario:
        if scenario.reference and economy_of[scenario.reference] != scenario.economy:
            problems.add("study.different_economy", Where(key=f"scenario[{scenario.id}].reference"),
                         scenario=scenario.id, reference=scenario.reference)  # fmt: skip
    referenced = {s.id for s in study.scenario if s.reference}
    figures = [p.id for p in loaded.published]
    for comparison in study.report.comparison:
        where = Where(key="report.comparison")
        if comparison.scenario not in economy_of:
            problems.add("study.unknown_id", where, what="scenario", id=comparison.scenario, known=list(economy_of))
        elif comparison.measure != "total" and comparison.scenario not in referenced:
            problems.add("study.nothing_to_compare", where, id=comparison.scenario)
        for name in comparison.published:
            if name not in figures:
                problems.add("study.unknown_id", where, what="published", id=name, known=figures or "–")


def _spreads(loaded: Loaded, bases: Mapping[str, Base], scenarios: Mapping[str, Scenario]) -> dict[str, Spread]:
    report = loaded.study.report
    spreads: dict[str, Spread] = {}
    for economy, base in bases.items():
        pairs = {
            s.id: (scenarios[s.id], scenarios[s.reference])
            for s in loaded.study.scenario if s.reference and s.economy == economy
        }  # fmt: skip
        if pairs and report.draws:
            figures = {s.id: quantity_figures(loaded.book, s.exchanges) for s in loaded.study.scenario}
            figures[""] = quantity_figures(loaded.book, _step(loaded, economy).exchanges_present)
            found = sample_changes(base, pairs, report.account, report.draws, report.seed, quantities=figures)
            spreads.update(found)
    return spreads


def _grouping(loaded: Loaded, built: Built) -> Grouping:
    """Return how the sectors of the headline's economy are added up."""
    scenario = next(s for s in loaded.study.scenario if s.id == loaded.study.report.scenario)
    table = built.economies[scenario.economy].table
    target = loaded.study.report.classification
    if not target or target == table.origin.classification:
        return Grouping(table.sectors, np.eye(table.n), table.origin.classification)
    sizes = dict(zip(table.sectors, table.output, strict=True))
    mapping = concordance(table.origin.classification, target, sizes)
    order = [mapping.source_labels.index(s) for s in table.sectors]
    return Grouping(mapping.target_labels, mapping.weights[order], target)


def _decoupling(loaded: Loaded, outcomes: Mapping[str, Outcome]) -> tuple[Decoupling, ...]:
    """Compare economies of consecutive years, each by the first scenario without added interventions or exchanges."""
    report = loaded.study.report
    steps = sorted(loaded.study.economy, key=lambda e: e.year)
    chosen = [(step, _plain_scenario(loaded.study.scenario, step)) for step in steps]
    known = [(step, s) for step, s in chosen if s is not None]
    found = []
    for (one, first), (two, second) in pairwise(known):
        real = one.price_index is not None and two.price_index is not None
        sums = []
        for step, scenario in ((one, first), (two, second)):
            result = outcomes[scenario.id]
            value = float((result.accounts.output if report.value == "output" else result.value_added).sum())
            prices = step.price_index.to("1") if real and step.price_index is not None else 1.0
            sums.append((value / prices, result.accounts.total(report.account)))
        elasticity, state = decoupling(sums[0][0], sums[1][0], sums[0][1], sums[1][1])
        found.append(Decoupling(first.id, second.id, sums[1][0] / sums[0][0] - 1, sums[1][1] / sums[0][1] - 1,
                                elasticity, state if real else None))  # fmt: skip
    return tuple(found)


def _plain_scenario(scenarios: Iterable[ScenarioStep], economy: EconomyStep) -> ScenarioStep | None:
    mine = [s for s in scenarios if s.economy == economy.id and not s.interventions]
    return next((s for s in mine if s.exchanges == economy.exchanges_present), mine[0] if mine else None)


def _compared(
    loaded: Loaded, assessments: Mapping[str, Assessment], outcomes: Mapping[str, Outcome],
    spreads: Mapping[str, Spread],
) -> tuple[Compared, ...]:  # fmt: skip
    report = loaded.study.report
    published = {p.id: p for p in loaded.published}
    found = []
    for comparison in report.comparison:
        value, low, high, unit = _measured(comparison, report.account, assessments, outcomes, spreads)
        mine = tuple(published[name] for name in comparison.published)
        if mine and not unit.startswith("%"):
            wanted = mine[0].figure.unit.removesuffix("/a")
            ratio = factor(unit, wanted)
            value, unit = value * ratio, wanted
            low, high = (None if v is None else v * ratio for v in (low, high))
        found.append(Compared(comparison, value, low, high, unit, mine))
    return tuple(found)


def _measured(
    comparison: Comparison, account: str, assessments: Mapping[str, Assessment], outcomes: Mapping[str, Outcome],
    spreads: Mapping[str, Spread],
) -> tuple[float, float | None, float | None, str]:  # fmt: skip
    """Return our value of a measure with its range and unit."""
    accounts = outcomes[comparison.scenario].accounts
    unit = accounts.units[accounts.row(account)]
    if comparison.measure == "total":
        return accounts.total(account), None, None, unit
    assessment = assessments[comparison.scenario]
    if comparison.measure == "saving per stream":
        one = next(r for r in assessment.exchanges if r.id == comparison.exchange)
        return -one.total(account) / one.amount, None, None, f"{unit}/t"
    saving, spread = -assessment.change(account), spreads.get(comparison.scenario)
    low, high = (None, None) if spread is None else (-spread.quantile(0.95), -spread.quantile(0.05))
    if comparison.measure == "saving":
        return saving, low, high, unit
    percent = assessment.before.accounts.total(account) / 100
    low, high = (None if v is None else v / percent for v in (low, high))
    return saving / percent, low, high, "%"
