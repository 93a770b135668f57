"""The headline figures of a park, by the library, from the values that an account may read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lichen.balance.accounts import Balance, balances
from lichen.errors import Problem
from lichen.figures import Kind
from lichen.inventory.emissions import SCOPE_1, EmissionInventory, co2_sum, emission_inventory
from lichen.inventory.estimate import share_by_kind
from lichen.inventory.partners import Handover, firms_by_name, handovers
from lichen.inventory.values import Flow, Inventory
from lichen.web.jobs import Standing, standing
from lichen.web.kept import Kept
from lichen.web.models import FlowRow
from lichen.web.policy import Action, Scope, reach
from lichen.web.rows import reached, reader


@dataclass(frozen=True)
class Overview:
    """Figures of one year.

    Parameters
    ----------
    year, years
        The year and all that have flows.
    firms, flows
        How many there are; flows of the year.
    shares, filled
        How the park's mass is known, by kind [1], and how much of it was filled in [1].
    mass
        What comes into and leaves the park by mass; ``None`` if that cannot be said.
    emissions
        CO2 of the firms.
    open_balances
        Processes said to be completely listed whose balance does not close.
    silent
        Codes of firms without a flow in the year.
    unplaced
        Codes of firms without a place.
    unnamed
        Materials outside the vocabulary, and how often they are named.
    one_sided
        What one of two firms tells and the other does not.
    unknown
        Flows whose CO2 cannot be said, and why.
    """

    year: int
    years: tuple[int, ...]
    firms: int
    flows: int
    shares: Mapping[Kind, float]
    mass: Balance | None
    emissions: EmissionInventory
    open_balances: tuple[Balance, ...]
    silent: tuple[str, ...]
    unplaced: tuple[str, ...]
    unnamed: tuple[tuple[str, int], ...]
    one_sided: tuple[Handover, ...]
    unknown: tuple[tuple[Flow, Problem], ...]

    @property
    def direct_co2_t(self) -> float:
        """CO2 of fuels and processes [tCO2/a]."""
        return co2_sum(self.emissions.of(SCOPE_1)).value_t

    @property
    def weak(self) -> float:
        """Share of the mass that is estimated or assumed [1]."""
        return self.shares.get("estimated", 0.0) + self.shares.get("assumed", 0.0)


LARGE = 1500
"""Flows from which on a park's figures are made in the background [-]: those of 600 take half a second, once."""
KIND = "overview"
_overviews = Kept(32)


def is_large(scope: Scope) -> bool:
    """Whether the account reads a whole park that is too large to be counted while a browser waits."""
    return (scope.everywhere(Action.READ_ROWS)
            and reach(scope, Action.READ_ROWS, FlowRow)[LARGE - 1 : LARGE].exists())  # fmt: skip


def figures(found: Overview) -> dict[str, Any]:
    """Return what pages and the API show of an overview, as values for JSON; amounts in t/a and tCO2/a."""
    mass = found.mass
    return {
        "year": found.year, "years": list(found.years), "firms": found.firms, "flows": found.flows,
        "shares": dict(found.shares), "weak": found.weak, "direct_co2": found.direct_co2_t,
        "mass_in": mass.inputs.value if mass else None, "mass_out": mass.outputs.value if mass else None,
    }  # fmt: skip


def figures_of(scope: Scope, year: int = 0) -> tuple[dict[str, Any] | None, Standing | None]:
    """Return the figures of a year, and the jobs that make them where the park is large.

    No figures: there are no flows of that year to be read, or the first job is not done.
    """
    if not is_large(scope):
        found = overview(scope, year)
        return (figures(found) if found else None), None
    flows = reach(scope, Action.READ_ROWS, FlowRow)
    if year and not flows.filter(year=year).exists():
        return None, None
    now = standing(scope.park, KIND, {"year": year})
    return (now.done.result if now.done else None), now


def overview(scope: Scope, year: int = 0) -> Overview | None:
    """Return the figures of a year, the newest if none is named; ``None`` if there are no flows of it to be read."""
    inventory = reached(scope)
    years = {f.year for f in inventory.flows}
    chosen = year or max(years, default=0)
    return _overviews.get((*reader(scope), chosen), lambda: overview_of(inventory, chosen)) if chosen in years else None


def overview_of(inventory: Inventory, year: int) -> Overview:
    """Return the figures of an inventory in a year."""
    flows = [f for f in inventory.flows if f.year == year]
    telling = {f.firm for f in flows}
    emissions = emission_inventory(inventory, year)
    handed = handovers(flows, firms_by_name(inventory))
    return Overview(
        year=year, years=tuple(sorted({f.year for f in inventory.flows}, reverse=True)), firms=len(inventory.firms),
        flows=len(flows), shares=share_by_kind(inventory, year, "mass").shares,
        mass=next((b for b in balances(inventory, year, "park") if b.layer == "mass"), None), emissions=emissions,
        open_balances=tuple(b for b in balances(inventory, year, "process") if b.closed and b.suspicious),
        silent=tuple(f.id for f in inventory.firms if f.id not in telling),
        unplaced=tuple(f.id for f in inventory.firms if f.place is None),
        unnamed=tuple(Counter(f.given for f in flows if not f.material).most_common()),
        one_sided=tuple(h for h in handed if not h.internal and not h.both_tell),
        unknown=tuple((u.flow, u.problem) for u in emissions.unknowns),
    )  # fmt: skip
