"""One more scenario of a study: some quantities of its own exchanges, and of exchanges of a designed network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lichen.errors import Problem, StudyError, Where
from lichen.figures import Figure, Text
from lichen.scenario.exchange import ExchangeBook
from lichen.study.config import ExchangeFile, Loaded, ScenarioStep
from lichen.study.result import StudyResult
from lichen.study.run import Progress, quantity_figures, solve_study

ID = "picked"
"""Id of the scenario where it has no name."""


def with_exchanges(loaded: Loaded, more: ExchangeFile) -> Loaded:
    """Return a study whose book holds the exchanges of a designed network too; its own products go before theirs."""
    own, known = {p.id for p in loaded.book.products}, {e.id for e in loaded.book.exchanges}
    book = ExchangeBook(
        (*loaded.book.exchanges, *(e for e in more.exchange if e.id not in known)),
        (*loaded.book.products, *(p for p in more.product if p.id not in own)),
        (*loaded.book.limits, *more.limit), loaded.book.account,
    )  # fmt: skip
    return replace(loaded, book=book, sources={**more.sources, **loaded.sources})


def run_picked(
    loaded: Loaded, reference: str, quantities: Mapping[str, Figure], name: Text = Text(""),
    progress: Progress = lambda stage: None,
) -> StudyResult:  # fmt: skip
    """Return what picked quantities change beside a scenario of the study.

    Parameters
    ----------
    loaded
        The study; its book holds every exchange that is picked, see :func:`with_exchanges`.
    reference
        Scenario of the study that it stands beside: its economy, its interventions, and its quantities where no
        exchange of that id is picked.
    quantities, name
        Exchange id → quantity a year; 0 stops what flows in the reference. What it is called.
    progress
        As for :func:`lichen.study.run.run_study`.

    Raises
    ------
    StudyError
        If there is no such scenario, or with every reason why this one cannot happen.
    """
    steps = {s.id: s for s in loaded.study.scenario}
    if reference not in steps:
        values = {"what": "scenario", "id": reference, "known": list(steps) or "–"}
        raise StudyError((Problem("study.unknown_id", Where(key="reference"), values=values),))
    before = steps[reference]
    picked = {**quantity_figures(loaded.book, before.exchanges), **quantities}
    own = name.en if name.en and name.en != reference else ID
    step = ScenarioStep(own, before.economy, name, picked, before.interventions, reference)
    # of the others only what the reference itself is compared with is asked for
    study = replace(loaded.study, scenario=(replace(before, reference=""), step),
                    economy=tuple(e for e in loaded.study.economy if e.id == before.economy),
                    report=replace(loaded.study.report, scenario=own, comparison=()))  # fmt: skip
    return solve_study(replace(loaded, study=study), progress)
