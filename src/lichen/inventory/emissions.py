"""CO2 of firms from their flows: fuels, processes, bought electricity and heat, line by line with factor and source.

Two things are never done: a flow without a factor does not count as zero, it is told; and carbon is not counted
twice. A factor of a product that holds its reductants is used only where the firm tells none of them; where it does,
carbon in less carbon out is used. Gases made and burnt in one firm are counted with the coal or coke they come from;
gas that goes to another firm counts where it is burnt and is taken off where it is made.
"""

from __future__ import annotations

from collections.abc import Mapping

from lichen.errors import InputError, Problem, Problems, Where
from lichen.inventory._emission_firm import FirmLines, firm_lines, gas_counted_by_maker, industries_of
from lichen.inventory._emission_values import CO2 as CO2
from lichen.inventory._emission_values import METHODS as METHODS
from lichen.inventory._emission_values import SCOPE_1 as SCOPE_1
from lichen.inventory._emission_values import SCOPES as SCOPES
from lichen.inventory._emission_values import EmissionInventory as EmissionInventory
from lichen.inventory._emission_values import EmissionLine as EmissionLine
from lichen.inventory._emission_values import Exchanged as Exchanged
from lichen.inventory._emission_values import Scope as Scope
from lichen.inventory._emission_values import Unknown as Unknown
from lichen.inventory._emission_values import co2_sum as co2_sum
from lichen.inventory.boundary import Crossing, crossings
from lichen.inventory.values import Inventory
from lichen.labelled import suggest
from lichen.numerals import shown
from lichen.vocabulary.emission_links import SETS, FactorSet, emission_link
from lichen.vocabulary.factors import factor, factors

GRIDS = "grid_"
"""Beginning of the ids of grid factors."""


def emission_inventory(
    inventory: Inventory, year: int, *, grid: str = "", factor_set: FactorSet = "ipcc"
) -> EmissionInventory:
    """Return the CO2 of firms in a year.

    Parameters
    ----------
    inventory
        Firms and flows.
    year
        Year of the flows that count.
    grid
        Id of the factor for bought electricity, e.g. ``grid_guizhou_2022``; empty: scope 2 is not reckoned.
    factor_set
        Factors of fuels: "ipcc" (defaults of the IPCC and of Chinese guidelines) or "ceads" (as the CEADs inventories
        count).

    Returns
    -------
    EmissionInventory
        In tCO2/a; biogenic CO2 apart.

    Raises
    ------
    InputError
        A grid factor or set that is not known.

    References
    ----------
    IPCC (2006) Guidelines for National Greenhouse Gas Inventories, vol. 2, ch. 2 and vol. 3, ch. 2 to 4.
    NDRC (2013) Guidelines for accounting and reporting of greenhouse gas emissions of enterprises, first batch.
    """
    _check(grid, factor_set)
    firms = {firm.id: firm.industry for firm in inventory.firms}
    groups: dict[str, list[Crossing]] = {}
    for crossing in crossings(inventory, year):
        groups.setdefault(crossing.flow.firm, []).append(crossing)
    industries = industries_of(firms, groups)
    found = {
        name: firm_lines(name, industries[name], groups.get(name, ()), factor_set, grid) for name in industries
    }  # fmt: skip
    lines = tuple(line for firm in found.values() for line in firm.lines)
    exchanged, told = _exchanged(lines, found)
    notes = (*_grid_notes(grid, year), *(note for firm in found.values() for note in firm.notes), *told)
    unknowns = tuple(item for firm in found.values() for item in firm.unknowns)
    return EmissionInventory(year, lines, unknowns, exchanged, notes, industries)


def _check(grid: str, factor_set: str) -> None:
    problems = Problems()
    known = [item.id for item in factors(GRIDS)]
    if grid and grid not in known:
        problems.add("emissions.not_grid", found=grid, near=suggest(grid, known) or known[0])
    if factor_set not in SETS:
        problems.add("emissions.no_set", found=str(factor_set), allowed=list(SETS))
    problems.raise_if_errors(InputError)


def _grid_notes(grid: str, year: int) -> tuple[Problem, ...]:
    if not grid:
        return (Problem("emissions.no_grid", severity="note"),)
    of = factor(grid).year
    if of == year:
        return ()
    return (Problem("emissions.grid_year", severity="warning", values={"grid": grid, "of": of, "year": year}),)


def _exchanged(
    lines: tuple[EmissionLine, ...], firms: Mapping[str, FirmLines]
) -> tuple[tuple[Exchanged, ...], tuple[Problem, ...]]:
    """Return the lines that count at two firms of the park, and what is to be told of them."""
    twice: list[Exchanged] = []
    notes: list[Problem] = []
    for line in lines:
        if not line.partner or line.flow.direction == "out":
            continue
        if line.scope not in SCOPE_1:
            twice.append(Exchanged(line.partner, line))
            continue
        link = emission_link(line.material, "fuel") if line.material else None
        seller = firms[line.partner]
        if link is not None and link.made_with and gas_counted_by_maker(seller, line.material):
            twice.append(Exchanged(line.partner, line))
            values = {"gas": line.flow.given, "seller": line.partner, "buyer": line.firm, "co2": shown(line.co2_t)}
            notes.append(Problem("emissions.not_taken_off", Where(key=line.partner), "warning", values))
    return tuple(twice), tuple(notes)
