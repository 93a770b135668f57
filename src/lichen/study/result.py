"""What a run of a study gives: one value that report, files and command line read. It computes no more than sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lichen.errors import Language, Problem
from lichen.figures import Figure, Text, Used, share_by_kind
from lichen.indicators import DecouplingState
from lichen.labelled import Array, Labels
from lichen.scenario.assess import Assessment
from lichen.scenario.changes import Outcome
from lichen.study.build import Built
from lichen.study.config import Comparison, Loaded, Published, ScenarioStep
from lichen.study.design import DesignResult
from lichen.study.discovery import DiscoveryResult
from lichen.study.flows import FlowResult
from lichen.study.follow import FollowResult
from lichen.uncertainty import Spread
from lichen.vocabulary.sectors import sectors


@dataclass(frozen=True, eq=False)
class Grouping:
    """Sectors added up for figures and tables.

    Parameters
    ----------
    labels
        g labels of groups.
    weights
        ``(n, g)``; every sector goes to groups in shares that add up to 1.
    classification
        Name of the groups' list; empty: sectors as computed.
    """

    labels: Labels
    weights: Array
    classification: str = ""

    def names(self, lang: Language) -> dict[str, str]:
        """Return label → name."""
        return sectors(self.classification).names(lang) if self.classification else {s: s for s in self.labels}


@dataclass(frozen=True)
class Decoupling:
    """Growth of value and of an account between two economies without further exchanges.

    ``state`` is ``None`` where prices are current, since inflation would pass for decoupling.
    """

    before: str
    after: str
    value_growth: float
    impact_growth: float
    elasticity: float
    state: DecouplingState | None


@dataclass(frozen=True)
class Compared:
    """One of our results beside published figures.

    Parameters
    ----------
    value, low, high, unit
        Ours, with its range where it was sampled.
    published
        Theirs.
    """

    comparison: Comparison
    value: float
    low: float | None
    high: float | None
    unit: str
    published: tuple[Published, ...]


@dataclass(frozen=True, eq=False)
class StudyResult:
    """Everything a run of a study gives.

    Parameters
    ----------
    loaded, built
        The study as written, and its tables, accounts and economies.
    outcomes
        Scenario id → outcome.
    assessments
        Scenario id → assessment against its reference, for scenarios that have one.
    spreads
        Scenario id → sampled change of the headline account [unit/a].
    grouping
        Sectors as they are shown.
    decoupling, compared
        Between years; beside the literature.
    findings
        Warnings and notes of all steps.
    figures
        What the results rest on.
    flows, discovery
        What the firms' flows give, and what firms could do together; ``None`` if the study has no firms.
    network
        The designed network; ``None`` if the study has neither costs nor a word on how to design one.
    follow
        What was planned and what was reached; ``None`` if nothing is followed.
    """

    loaded: Loaded
    built: Built
    outcomes: Mapping[str, Outcome]
    assessments: Mapping[str, Assessment]
    spreads: Mapping[str, Spread]
    grouping: Grouping
    decoupling: tuple[Decoupling, ...]
    compared: tuple[Compared, ...]
    findings: tuple[Problem, ...]
    figures: tuple[Used, ...]
    flows: FlowResult | None = None
    discovery: DiscoveryResult | None = None
    network: DesignResult | None = None
    follow: FollowResult | None = None

    def scenario(self, name: str) -> ScenarioStep:
        """Return a scenario as the study says it."""
        return next(s for s in self.loaded.study.scenario if s.id == name)

    @property
    def headline(self) -> Assessment | None:
        """The assessment of the report's scenario; ``None`` if it has no reference."""
        return self.assessments.get(self.loaded.study.report.scenario)

    def grouped(self, values: Array) -> Array:
        """Add values by sector up to the groups shown."""
        return np.asarray(values @ self.grouping.weights)

    @property
    def kinds(self) -> Mapping[str, float]:
        """Share of the figures that results rest on, by kind."""
        return {str(k): v for k, v in share_by_kind(self.figures).items()}


def name_of(text: Text, identifier: str, lang: Language) -> str:
    """Return the name of something, or its id if it was given none."""
    return text.text(lang) or identifier


def range_text(figure: Figure) -> str:
    """Return the range of a figure as ``low – high``; empty if it has none."""
    return "" if figure.low is None or figure.high is None else f"{figure.low:g} – {figure.high:g}"
