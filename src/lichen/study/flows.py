"""A study's firms: their flows balanced, reconciled, counted. It needs an inventory; ``study.toml`` may say more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lichen.balance.accounts import LEVELS, Balance, Level, balances
from lichen.balance.coverage import Coverage, co2_by_firm, coverage
from lichen.balance.park import DRY, Law, ParkReconciliation, flow_name, flow_text, reconcile_park
from lichen.errors import LANGUAGES, Problem, Problems, StudyError, Where
from lichen.figures import Text
from lichen.indicators.material_flows import Indicator, flow_indicators
from lichen.inventory.amounts import layers_of
from lichen.inventory.emissions import EmissionInventory, emission_inventory
from lichen.inventory.estimate import Estimated, Shares, estimate, share_by_kind
from lichen.inventory.store import FOLDER, load_survey
from lichen.inventory.values import LAYER_NAMES, Inventory
from lichen.inventory.waiting import RETURNED, waiting_firms
from lichen.study.build import Built, build
from lichen.study.config import FlowSettings, Loaded
from lichen.study.load import STUDY_FILE, load_study
from lichen.vocabulary.sectors import classifications

SHOWN_ELEMENTS = ("C", "Fe", "Al", "P", "S", "Ca", "Si")
"""Elements that are balanced where compositions name them; others where a process declares them."""


@dataclass(frozen=True, eq=False)
class FlowResult:
    """What a study's inventory gives for one year.

    Parameters
    ----------
    title
        Of the study, or the name of its folder.
    inventory
        As the firms told it, with the estimates of what they did not tell.
    year
        The year that is balanced.
    estimated
        Which flows were estimated, and what to ask the firms.
    shares
        By layer ("mass", "energy"): how the flows are known.
    balances
        By level, for the layers that its flows can be said in.
    reconciliation
        Flows that meet what must hold.
    emissions
        CO2 of the firms.
    coverage
        Firms beside the statistics of their sectors; ``None`` where the study names no economy.
    indicators
        Material flow indicators by name.
    findings
        Warnings and notes.
    grid
        Factor of bought electricity by its id; empty: none was named.
    loaded
        The study's text files; ``None`` where there is only an inventory.
    """

    title: Text
    inventory: Inventory
    year: int
    estimated: Estimated
    shares: Mapping[str, Shares]
    balances: Mapping[Level, tuple[Balance, ...]]
    reconciliation: ParkReconciliation
    emissions: EmissionInventory
    coverage: Coverage | None
    indicators: Mapping[str, Indicator]
    findings: tuple[Problem, ...]
    grid: str = ""
    loaded: Loaded | None = None


def has_inventory(folder: str | Path) -> bool:
    """Whether a study has firms."""
    return (home(folder) / FOLDER / "firms.csv").exists()


def home(folder: str | Path) -> Path:
    """Return the folder of a study that is named by its folder or its ``study.toml``."""
    folder = Path(folder)
    return folder.parent if folder.name == STUDY_FILE else folder


def run_flows(
    folder: str | Path, year: int = 0, grid: str = "", loaded: Loaded | None = None, built: Built | None = None
) -> FlowResult:
    """Balance, reconcile and count the flows of a study's firms.

    Parameters
    ----------
    folder
        The study's folder; ``inventory/`` must be in it, ``study.toml`` need not.
    year
        Year to balance; 0: as the study says, else the newest that has flows.
    grid
        Factor of bought electricity by its id; empty: as the study says.
    loaded, built
        The study's text files and its economies, where they were made already.

    Raises
    ------
    StudyError
        If there is no inventory, no flow of that year, or a setting names what is not there.
    FileError
        If the inventory cannot be read, with every cell at fault.
    """
    place = home(folder)
    problems = Problems()
    if not has_inventory(place):
        problems.add("flows.no_inventory", Where(file=place.name), folder=str(place))
        problems.raise_if_errors(StudyError)
    if loaded is None and (place / STUDY_FILE).exists():
        loaded = load_study(place)
    stored = load_survey(place)
    problems.extend([p for p in stored.problems if p.severity == "warning"])
    _tell_waiting(place, stored.inventory, problems)
    title = Text(place.resolve().name)
    return flows_of(stored.inventory, title, year, grid, loaded, built, problems.as_tuple(), place.name)


def flows_of(
    told: Inventory, title: Text, year: int = 0, grid: str = "", loaded: Loaded | None = None,
    built: Built | None = None, warnings: Sequence[Problem] = (), place: str = "",
) -> FlowResult:  # fmt: skip
    """Balance, reconcile and count the flows of an inventory; see :func:`run_flows`.

    Parameters
    ----------
    told
        As the firms told it.
    title
        Used where there is no study.
    year, grid, loaded, built
        As for :func:`run_flows`.
    warnings
        On what was told, to be among the findings.
    place
        Where the inventory is from, for problems.

    Raises
    ------
    StudyError
        If there is no flow of that year, or a setting names what is not there.
    """
    problems = Problems()
    problems.extend(list(warnings))
    given = loaded.study.flows if loaded else FlowSettings()
    chosen = _year(told, year or given.year, place, problems)
    estimated = estimate(told, chosen)
    inventory = estimated.inventory
    grid = grid or given.grid
    emissions = emission_inventory(inventory, chosen, grid=grid)
    problems.extend(list(emissions.notes))
    covered = _coverage(loaded, built, inventory, emissions, problems) if loaded and given.economy else None
    return FlowResult(
        title=loaded.study.title if loaded else title, inventory=inventory, year=chosen,
        estimated=estimated, shares={layer: share_by_kind(inventory, chosen, layer) for layer in ("mass", "energy")},
        balances={level: balances(inventory, chosen, level, _layers(inventory)) for level in LEVELS},
        reconciliation=_reconciled(inventory, chosen, problems), emissions=emissions, coverage=covered,
        indicators=flow_indicators(inventory, chosen), findings=problems.as_tuple(), grid=grid, loaded=loaded,
    )  # fmt: skip


def _tell_waiting(place: Path, told: Inventory, problems: Problems) -> None:
    """Say which firms have not come in because their workbooks have errors."""
    found = waiting_firms(place, told)
    if found:
        problems.add("flows.waiting", Where(file=f"{FOLDER}/{RETURNED}"), severity="warning", count=len(found),
                     firms=list(found), files=list(dict.fromkeys(found.values())))  # fmt: skip


def _year(inventory: Inventory, wanted: int, place: str, problems: Problems) -> int:
    """Return the year to balance, and say what is left out."""
    years = sorted({f.year for f in inventory.flows})
    chosen = wanted or (years[-1] if years else 0)
    if chosen not in years:
        problems.add("flows.no_year", Where(file=place), year=chosen, years=years or ["–"])
        problems.raise_if_errors(StudyError)
    left = sum(f.year != chosen for f in inventory.flows)
    if left:
        problems.add("flows.other_years", severity="note", count=left, year=chosen)
    return chosen


def _coverage(
    loaded: Loaded, built: Built | None, inventory: Inventory, emissions: EmissionInventory, problems: Problems
) -> Coverage | None:
    """Return the firms' direct CO2 beside the account of the economy that the study names.

    ``None``, and said so, where the sectors of its table are of no known list: firms cannot be put into them.
    """
    name = loaded.study.flows.economy
    known = [e.id for e in loaded.study.economy]
    if name not in known:
        problems.add("study.unknown_id", Where(key="flows.economy"), what="economy", id=name, known=known)
        problems.raise_if_errors(StudyError)
    economy = (built or build(loaded)).economies[name]
    table = economy.table
    if table.origin.classification not in classifications():
        problems.add("flows.no_classification", Where(key=f"economy[{name}]"), severity="warning",
                     known=list(classifications()))  # fmt: skip
        return None
    sizes = dict(zip(table.sectors, map(float, table.output), strict=True))
    found = coverage(co2_by_firm(emissions), "tCO2/a", inventory.firms, economy.satellites, loaded.study.report.account,
                     classification=table.origin.classification, sizes=sizes)  # fmt: skip
    problems.extend(list(found.notes))
    return found


def _layers(inventory: Inventory) -> tuple[str, ...]:
    declared = {layer for p in inventory.processes for layer in p.closed}
    known = layers_of(list(inventory.flows))
    return tuple(layer for layer in known if layer in ("mass", "water", "energy", *SHOWN_ELEMENTS) or layer in declared)


def _law_text(law: Law) -> Text:
    """Return what must hold, its layer in both languages."""
    layer = {**LAYER_NAMES, DRY: Text("dry", "干基")}.get(law.layer, Text(law.layer))
    en, zh = (law.text.removesuffix(law.layer) + layer.text(lang) for lang in LANGUAGES)
    return Text(en, zh)


def _reconciled(inventory: Inventory, year: int, problems: Problems) -> ParkReconciliation:
    found = reconcile_park(inventory, year)
    for group in found.groups:
        problems.extend(list(group.failed))
        if group.after is not None and not group.after.passed:
            name = "flows.tied" if group.stopped == "tied" else "flows.contradiction"
            spoken = {flow_name(r.flow): flow_text(r.flow) for r in group.flows}
            problems.add(name, Where(key=", ".join(group.firms)), severity="warning",
                         suspects=[spoken.get(suspect, suspect) for suspect in group.suspects],
                         laws=[_law_text(law) for law in group.laws])  # fmt: skip
    for handover in found.unlike:
        units = sorted({f.quantity.unit for f in (*handover.out, *handover.into)})
        problems.add("flows.unlike", Where(key=f"{handover.donor} → {handover.receiver}"), severity="warning",
                     material=handover.material, units=units)  # fmt: skip
    return found
