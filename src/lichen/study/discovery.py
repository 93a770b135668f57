"""Discovery on a study: its firms with estimates, its own knowledge, its settings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lichen.discover.find import discover, only_for
from lichen.discover.settings import Settings, setting, weights_of
from lichen.discover.values import Discovery
from lichen.errors import LabelError, Problem, Problems, StudyError, Where
from lichen.figures import Text
from lichen.knowledge.store import load as load_knowledge
from lichen.knowledge.values import Knowledge
from lichen.labelled import suggest
from lichen.numerals import Decimal, decimal_of, parse_number
from lichen.sheets import Cell, Sheet, is_blank, read_sheets
from lichen.study.config import Discovering
from lichen.study.flows import FlowResult, home, run_flows
from lichen.vocabulary.meaning import NameModel, model_folder, open_model


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
    firm
        The firm that all opportunities concern; empty: the whole park.
    """

    flows: FlowResult
    base: Knowledge
    settings: Settings
    found: Discovery
    findings: tuple[Problem, ...]
    firm: str = ""


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
    found = discover(flows.inventory, flows.year, base, settings)
    notes = Problems()
    if found.left_out:
        most = f"{setting('most_similar'):g}"
        notes.add("discover.left_out", severity="note", count=found.left_out, most=most)
    return DiscoveryResult(flows, base, settings, found, (*flows.findings, *notes.as_tuple()))


def _settings(folder: Path, given: Discovering, flows: FlowResult) -> Settings:
    _refuse_impossible(given)
    codes = {f.id for f in flows.inventory.firms}
    return Settings(
        weights=weights_of(given.weights), road_factor=given.road_factor or setting("road_factor"),
        most_km=given.most_km, distances=_distances(folder, given.distances, codes) if given.distances else {},
        grid=flows.grid, draws=given.draws, seed=given.seed, names=_names(folder, given.model),
    )  # fmt: skip


def _names(folder: Path, model: str) -> NameModel | None:
    found = model_folder(model, folder)
    return None if found is None else open_model(found)


MOST_DRAWS = 10_000


def _refuse_impossible(given: Discovering) -> None:
    """Raise :class:`StudyError` that names every setting that cannot be."""
    problems = Problems()
    factor, most = given.road_factor, given.most_km
    way = Text("0 for the one that ships, or a number from 1 on", "0（默认值）或不小于 1 的数")
    far = Text("kilometres, 0 or more; 0: no limit", "不小于 0 的公里数；0 表示不限")
    count = Text(f"a whole number from 0 to {MOST_DRAWS}", f"0 至 {MOST_DRAWS} 的整数")
    seed = Text("a whole number, 0 or more", "不小于 0 的整数")
    for name, found, fine, wanted in (
        ("road_factor", factor, factor == 0 or 1 <= factor < math.inf, way),
        ("most_km", most, 0 <= most < math.inf, far),
        ("draws", given.draws, 0 <= given.draws <= MOST_DRAWS, count),
        ("seed", given.seed, given.seed >= 0, seed),
    ):
        if not fine:
            problems.add("discover.bad_setting", Where(key=f"discover.{name}"), name=name, found=found, wanted=wanted)
    problems.raise_if_errors(StudyError)


def _distances(folder: Path, name: str, codes: set[str]) -> Mapping[tuple[str, str], float]:
    """Return the ways in a file of the study with the columns from, to, km; every row at fault is told.

    Raises
    ------
    StudyError
        If the file is not in the study's folder, or a row names no firm or no distance.
    FileError
        If the file cannot be opened.
    """
    problems = Problems()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        problems.add("study.outside", Where(key="discover.distances"), path=name)
        problems.raise_if_errors(StudyError)
    (sheet, *_) = read_sheets(path)
    head = [str(cell or "").strip().lower() for cell in (sheet.rows[0] if sheet.rows else ())]
    if not {"from", "to", "km"} <= set(head):
        problems.add("discover.no_distances", sheet.place, found=head or ["–"])
        problems.raise_if_errors(StudyError)
    places = [head.index(column) for column in ("from", "to", "km")]
    decimal = decimal_of([sheet.cell(number, places[2]) for number in range(1, len(sheet.rows))])
    found: dict[tuple[str, str], float] = {}
    for number in range(1, len(sheet.rows)):
        if not all(is_blank(cell) for cell in sheet.rows[number]):
            _read_way(sheet, number, places, None if isinstance(decimal, Problem) else decimal, codes, found, problems)
    problems.raise_if_errors(StudyError)
    return found


def _read_way(
    sheet: Sheet, number: int, places: Sequence[int], decimal: Decimal | None, codes: set[str],
    found: dict[tuple[str, str], float], problems: Problems,
) -> None:  # fmt: skip
    """Add the way of a row to ``found``, or what is wrong with it to ``problems``."""
    one, other = (_code(sheet.cell(number, place)) for place in places[:2])
    for firm, place in ((one, places[0]), (other, places[1])):
        if firm not in codes:
            problems.add("discover.no_firm", sheet.where(number, place), firm=firm, known=sorted(codes))
    where = sheet.where(number, places[2])
    km = parse_number(sheet.cell(number, places[2]), decimal, where)
    if isinstance(km, Problem):
        problems.extend([km])
    elif km < 0:
        problems.add("discover.negative_distance", where, found=km)
    elif found.setdefault((one, other), km) != km:
        problems.add("discover.doubled_distance", where, one=one, other=other, first=found[one, other], second=km)


def _code(cell: Cell) -> str:
    """Return the code of a firm; a spreadsheet takes the code 101 for a number."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


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
    return replace(result, found=only_for(result.found, firm), firm=firm)
