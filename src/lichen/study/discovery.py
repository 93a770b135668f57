"""Discovery on a study: its firms with estimates, its own knowledge, its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lichen.discover.find import discover, only_for
from lichen.discover.settings import Settings, setting, weights_of
from lichen.discover.values import Discovery
from lichen.errors import LabelError, Problem, Problems, StudyError, Where
from lichen.knowledge.store import load as load_knowledge
from lichen.knowledge.values import Knowledge
from lichen.labelled import suggest
from lichen.numerals import parse_number
from lichen.sheets import read_sheets
from lichen.study.config import Discovering
from lichen.study.flows import FlowResult, home, run_flows


@dataclass(frozen=True, eq=False)
class DiscoveryResult:
    """What discovery finds for a study.

    Parameters
    ----------
    flows
        The firms' flows of the year, with estimates.
    base
        What counted as known.
    settings
        Weights and distances.
    found
        Opportunities, best first.
    findings
        Warnings and notes.
    """

    flows: FlowResult
    base: Knowledge
    settings: Settings
    found: Discovery
    findings: tuple[Problem, ...]


def run_discovery(folder: str | Path, year: int = 0, grid: str = "") -> DiscoveryResult:
    """Find what the firms of a study could do together.

    Parameters
    ----------
    folder
        The study's folder.
    year
        Year of the flows; 0: as for :func:`lichen.study.flows.run_flows`.
    grid
        Factor of electricity by its id; empty: as the study says.

    Raises
    ------
    StudyError
        If there is no inventory, no flow of that year, or a setting is wrong.
    InputError
        If the study's own knowledge cannot be used.
    """
    return discovery_of(folder, run_flows(folder, year, grid))


def discovery_of(folder: str | Path, flows: FlowResult) -> DiscoveryResult:
    """Find what the firms of a study could do together, from flows that were counted already."""
    base = load_knowledge(home(folder))
    given = flows.loaded.study.discover if flows.loaded else Discovering()
    settings = _settings(home(folder), given, flows)
    return DiscoveryResult(flows, base, settings, discover(flows.inventory, flows.year, base, settings), flows.findings)


def _settings(folder: Path, given: Discovering, flows: FlowResult) -> Settings:
    codes = {f.id for f in flows.inventory.firms}
    return Settings(
        weights=weights_of(given.weights), road_factor=given.road_factor or setting("road_factor"),
        most_km=given.most_km, distances=_distances(folder / given.distances, codes) if given.distances else {},
        grid=flows.grid, draws=given.draws, seed=given.seed,
    )  # fmt: skip


def _distances(path: Path, codes: set[str]) -> Mapping[tuple[str, str], float]:
    """Return the ways in a file with the columns from, to, km; every row at fault is told.

    Raises
    ------
    StudyError
        If a row names no firm or no distance.
    FileError
        If the file cannot be opened.
    """
    problems = Problems()
    found: dict[tuple[str, str], float] = {}
    (sheet, *_) = read_sheets(path)
    head = [str(cell or "").strip().lower() for cell in (sheet.rows[0] if sheet.rows else ())]
    if not {"from", "to", "km"} <= set(head):
        problems.add("discover.no_distances", sheet.place, found=head or ["–"])
        problems.raise_if_errors(StudyError)
    places = [head.index(name) for name in ("from", "to", "km")]
    for number, _ in enumerate(sheet.rows[1:], start=1):
        one, other, cell = (sheet.cell(number, j) for j in places)
        for firm, j in ((one, places[0]), (other, places[1])):
            if str(firm) not in codes:
                problems.add("discover.no_firm", sheet.where(number, j), firm=str(firm), known=sorted(codes))
        where: Where = sheet.where(number, places[2])
        km = parse_number(cell, None, where)
        if isinstance(km, Problem):
            problems.extend([km])
        elif km < 0:
            problems.add("discover.negative_distance", where, found=km)
        else:
            found[str(one), str(other)] = km
    problems.raise_if_errors(StudyError)
    return found


def only_for_firm(result: DiscoveryResult, firm: str) -> DiscoveryResult:
    """Return what concerns one firm.

    Raises
    ------
    LabelError
        If there is no such firm; the nearest code is named.
    """
    codes = [f.id for f in result.flows.inventory.firms]
    if firm not in codes:
        near = suggest(firm, codes) or "–"
        raise LabelError((Problem("inventory.no_such_firm", values={"firm": firm, "near": near}),))
    return replace(result, found=only_for(result.found, firm))
