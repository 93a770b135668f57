"""A study's firms: their flows balanced, reconciled, counted. It needs an inventory; ``study.toml`` may say more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lichen.balance.accounts import LEVELS, Balance, Level, balances
from lichen.balance.park import ParkReconciliation, reconcile_park
from lichen.errors import Problem, Problems, StudyError, Where
from lichen.figures import Text
from lichen.inventory.amounts import layers_of
from lichen.inventory.store import FOLDER, load
from lichen.inventory.values import Inventory
from lichen.study.config import Loaded
from lichen.study.load import STUDY_FILE, load_study

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
        As the firms told it.
    year
        The year that is balanced.
    balances
        By level, for the layers that its flows can be said in.
    reconciliation
        Flows that meet what must hold.
    findings
        Warnings and notes.
    """

    title: Text
    inventory: Inventory
    year: int
    balances: Mapping[Level, tuple[Balance, ...]]
    reconciliation: ParkReconciliation
    findings: tuple[Problem, ...]


def has_inventory(folder: str | Path) -> bool:
    """Whether a study has firms."""
    return (home(folder) / FOLDER / "firms.csv").exists()


def home(folder: str | Path) -> Path:
    """Return the folder of a study that is named by its folder or its ``study.toml``."""
    folder = Path(folder)
    return folder.parent if folder.name == STUDY_FILE else folder


def run_flows(folder: str | Path, year: int = 0, loaded: Loaded | None = None) -> FlowResult:
    """Balance and reconcile the flows of a study's firms.

    Parameters
    ----------
    folder
        The study's folder; ``inventory/`` must be in it, ``study.toml`` need not.
    year
        Year to balance; 0: as the study says, else the newest that has flows.
    loaded
        The study's text files, where they were read already.

    Raises
    ------
    StudyError
        If there is no inventory, or no flow of that year.
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
    inventory = load(place)
    years = sorted({f.year for f in inventory.flows})
    chosen = year or (loaded.study.flows.year if loaded else 0) or (years[-1] if years else 0)
    if chosen not in years:
        problems.add("flows.no_year", Where(file=place.name), year=chosen, years=years or ["–"])
        problems.raise_if_errors(StudyError)
    left = [f for f in inventory.flows if f.year != chosen]
    if left:
        problems.add("flows.other_years", severity="note", count=len(left), year=chosen)
    title = loaded.study.title if loaded else Text(place.resolve().name)
    return FlowResult(
        title, inventory, chosen, {level: balances(inventory, chosen, level, _layers(inventory)) for level in LEVELS},
        _reconciled(inventory, chosen, problems), problems.as_tuple(),
    )  # fmt: skip


def _layers(inventory: Inventory) -> tuple[str, ...]:
    declared = {layer for p in inventory.processes for layer in p.closed}
    known = layers_of(list(inventory.flows))
    return tuple(layer for layer in known if layer in ("mass", "water", "energy", *SHOWN_ELEMENTS) or layer in declared)


def _reconciled(inventory: Inventory, year: int, problems: Problems) -> ParkReconciliation:
    found = reconcile_park(inventory, year)
    for group in found.groups:
        problems.extend(list(group.failed))
        if group.after is not None and not group.after.passed:
            name = "flows.tied" if group.stopped == "tied" else "flows.contradiction"
            problems.add(name, Where(key=", ".join(group.firms)), severity="warning", suspects=group.suspects,
                         laws=[law.text for law in group.laws])  # fmt: skip
    for handover in found.unlike:
        units = sorted({f.quantity.unit for f in (*handover.out, *handover.into)})
        problems.add("flows.unlike", Where(key=f"{handover.donor} → {handover.receiver}"), severity="warning",
                     material=handover.material, units=units)  # fmt: skip
    return found
