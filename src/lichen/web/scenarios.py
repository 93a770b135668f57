"""Scenarios that somebody picks: which exchanges of the study and of a design flow, and how much of each."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lichen.errors import Language, LichenError, Problem, Problems, StudyError
from lichen.figures import Figure
from lichen.report.svg import format_number
from lichen.report.texts import Words
from lichen.scenario.exchange import CITY, STREAM_UNIT, Exchange
from lichen.study.build import build
from lichen.study.config import ExchangeFile, Loaded, ScenarioStep
from lichen.study.load import load_study, read_file
from lichen.study.one_scenario import with_exchanges
from lichen.study.run import quantity_figures
from lichen.study.what_if import read_money
from lichen.vocabulary.sectors import classifications, sectors
from lichen.web.kept import Kept
from lichen.web.models import JobFile, Park, StudyFile
from lichen.web.run_models import Run
from lichen.web.studies import study_of, unzipped, zipped
from lichen.web.work.designs import NETWORK

LONGEST = 60


@dataclass(frozen=True)
class Pick:
    """An exchange to pick: its ends, its amounts in the study, what is written, and what is wrong with that."""

    exchange: Exchange
    name: str
    donor: str
    receiver: str
    unit: str
    existing: str
    designed: str
    written: str
    problems: tuple[Problem, ...]


def network_of(run: Run | None) -> ExchangeFile:
    """Return the exchanges of a design by sectors; none where it has no economy to stand in."""
    kept = JobFile.objects.filter(job=run, name=NETWORK).first() if run is not None else None
    if kept is None:
        return ExchangeFile()
    problems = Problems()
    with tempfile.TemporaryDirectory(prefix="lichen-") as folder:
        path = Path(folder) / NETWORK
        path.write_bytes(bytes(kept.content))
        found = read_file(path, ExchangeFile, problems)
    problems.raise_if_errors(StudyError)
    return found if found is not None else ExchangeFile()


def study_with(park: Park, run: Run | None) -> Loaded | None:
    """Return the park's study with the exchanges of a design; ``None`` where it has no economy with scenarios.

    Raises
    ------
    StudyError
        With everything that is wrong with its text files.
    """
    loaded = study_of(park)
    if loaded is None or not loaded.study.economy or not loaded.study.scenario:
        return None
    return with_exchanges(loaded, network_of(run))


def reference_of(loaded: Loaded, wanted: str = "") -> ScenarioStep:
    """Return the scenario that a new one stands beside: the one that is wanted, else the report's reference."""
    steps = {s.id: s for s in loaded.study.scenario}
    shown = steps[loaded.study.report.scenario]
    return steps.get(wanted) or steps[shown.reference or shown.id]


def quantity_of(exchange: Exchange, text: str) -> Figure:
    """Return a quantity a year as somebody wrote it; a bare number is in t/a or GJ/a.

    Raises
    ------
    StudyError
        If it is none.
    """
    found = read_money(text, f"{STREAM_UNIT[exchange.carrier]}/a", exchange.id)
    return replace(found, source="picked")


def read_picks(loaded: Loaded, written: Mapping[str, str]) -> tuple[dict[str, str], dict[str, tuple[Problem, ...]]]:
    """Return what is picked, by exchange, and what is wrong."""
    picked, problems = {}, {}
    for exchange in loaded.book.included():
        text = written.get(exchange.id, "").strip()[:LONGEST]
        if text:
            picked[exchange.id] = text
            try:
                quantity_of(exchange, text)
            except LichenError as error:
                problems[exchange.id] = error.problems
    return picked, problems


def quantities(loaded: Loaded, picked: Mapping[str, str]) -> dict[str, Figure]:
    """Return exchange id → quantity; see :func:`quantity_of`."""
    return {e.id: quantity_of(e, picked[e.id]) for e in loaded.book.included() if e.id in picked}


def picks(
    park: Park, loaded: Loaded, written: Mapping[str, str], problems: Mapping[str, tuple[Problem, ...]], lang: Language
) -> list[Pick]:  # fmt: skip
    """Return the exchanges to pick from."""
    names = sector_names(park, lang)
    return [
        Pick(e, e.name.text(lang) or e.id, names.get(e.donor, e.donor), names.get(e.receiver, e.receiver),
             f"{STREAM_UNIT[e.carrier]}/a", _amount(e.existing), _amount(e.designed), written.get(e.id, ""),
             problems.get(e.id, ()))
        for e in loaded.book.included()
    ]  # fmt: skip


def _amount(figure: Figure | None) -> str:
    return f"{format_number(figure.value, 6)} {figure.unit}" if figure is not None else ""


def sector_names(park: Park, lang: Language) -> dict[str, str]:
    """Return what the sectors of the park's economies are called; only the city where these cannot be made."""
    files = list(StudyFile.objects.filter(park=park).values_list("pk", flat=True))
    found: dict[str, str] = {CITY: Words(lang)("city")}
    for name in _classifications.get(("classifications", park.pk, tuple(files)), lambda: _used(park)):
        found = {**sectors(name).names(lang), **found}
    return found


_classifications = Kept(8)


def _used(park: Park) -> tuple[str, ...]:
    """Return the lists of sectors of the park's economies, by making them."""
    with unzipped(zipped(park)) as folder:
        try:
            economies = build(load_study(folder)).economies.values()
        except LichenError:
            return ()
    names = dict.fromkeys(economy.table.origin.classification for economy in economies)
    return tuple(name for name in names if name in classifications())


def written_of(loaded: Loaded, step: ScenarioStep) -> dict[str, str]:
    """Return the quantities of a scenario of the study as somebody would write them."""
    return {name: _amount(figure) for name, figure in quantity_figures(loaded.book, step.exchanges).items()}


def starting(loaded: Loaded, run: Run | None) -> dict[str, Any]:
    """Return what a new scenario begins with: the amounts of the design, where one was chosen."""
    return {e.id: _amount(e.designed) for e in network_of(run).exchange} if run is not None else {}
