"""Aggregates that leave the house: figures by sector, protected by :mod:`lichen.release`, frozen as told."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from django.http import HttpResponse
from django.utils import timezone

from lichen.balance.accounts import balances
from lichen.balance.coverage import co2_by_firm
from lichen.indicators.material_flows import accounts
from lichen.inventory.emissions import emission_inventory
from lichen.inventory.values import Inventory
from lichen.release import Released, Rules, Version, release_again
from lichen.vocabulary.industries import links
from lichen.vocabulary.sectors import concordance, sectors
from lichen.web import walls
from lichen.web.followed_models import ReleasedTable, Withdrawal
from lichen.web.middleware import current
from lichen.web.models import FlowRow, Park, User
from lichen.web.policy import log, public_tables
from lichen.web.rows import whole
from lichen.web.sent import saved
from lichen.web.store import locked
from lichen.web.texts import words

Figure = Literal["waste", "waste_used", "co2", "energy", "water"]
FIGURES: tuple[Figure, ...] = get_args(Figure)
UNITS: Mapping[str, str] = {
    "waste": "t/a", "waste_used": "t/a", "co2": "tCO2/a", "energy": "GJ/a", "water": "t/a",
}  # fmt: skip
TOTAL: Final = "total"
BASE, CLASSIFICATION = "CN42-2007", "UIS13"
"""Tables are by the 13 sectors of urban-industrial symbiosis: finer ones would be withheld nearly wholly."""


def contributions(inventory: Inventory, figure: Figure, year: int) -> dict[str, tuple[str, float]]:
    """Return firm → (sector of its industry, amount a year) of the firms that report flows of a year.

    waste, waste_used: solid waste of industry as it is generated and used; co2: direct, of fuels and processes; energy:
    what comes into the firm; water: fresh water from outside.
    """
    telling = {f.firm for f in inventory.flows if f.year == year}
    found = _amounts(inventory, figure, year)
    return {f.id: (sector_of(f.industry), found.get(f.id, 0.0)) for f in inventory.firms if f.id in telling}


@functools.cache
def sector_of(industry: str) -> str:
    """Return the sector of :data:`CLASSIFICATION` that most of an industry's division belongs to."""
    bridge = concordance(BASE, CLASSIFICATION)
    row = bridge.weights[bridge.source_labels.index(links(industry, BASE)[0].to)]
    return str(bridge.target_labels[int(np.argmax(row))])


def _amounts(inventory: Inventory, figure: Figure, year: int) -> dict[str, float]:
    if figure == "co2":
        return co2_by_firm(emission_inventory(inventory, year))
    if figure == "energy":
        return {b.name[0]: b.inputs.value for b in balances(inventory, year, "firm") if b.layer == "energy"}
    account = {"waste": "waste_generated", "waste_used": "waste_used", "water": "water_fresh"}[figure]
    found: dict[str, float] = {}
    for entry in accounts(inventory, year):
        firm = entry.link.receiver if figure == "water" else entry.link.giver
        if firm and account in entry.accounts and entry.link.amount is not None:
            found[firm] = found.get(firm, 0.0) + entry.link.amount.value * entry.accounts[account]
    return found


@dataclass(frozen=True)
class Proposal:
    """A table that could be released.

    Parameters
    ----------
    contributions
        Who contributes what: it never leaves the house.
    released
        What would be told; ``None``: nothing may, beside what was told before.
    """

    contributions: Mapping[str, tuple[str, float]]
    released: Released | None


def propose(park: Park, figure: Figure, year: int, rules: Rules | None = None) -> Proposal:
    """Return what may be told of a figure, beside all that was told of it before."""
    made = contributions(whole(park), figure, year)
    if not made:
        return Proposal({}, None)
    earlier = [
        Version({firm: (leaf, value) for firm, (leaf, value) in row.contributions.items()},
                frozenset(c["node"] for c in row.table["cells"] if c["state"] == "withheld"))
        for row in ReleasedTable.objects.filter(park=park, figure=figure, year=year).order_by("id")
    ]  # fmt: skip
    return Proposal(made, release_again(made, TOTAL, earlier, rules))


def as_table(figure: str, released: Released) -> dict[str, Any]:
    """Return a released table as it is kept and shown: the total first, then the sectors."""
    cells = [
        {"node": c.nodes[0], "state": c.state, "value": c.value, "firms": c.firms}
        for c in released.cells
    ]  # fmt: skip
    order = [TOTAL, *sectors(CLASSIFICATION).codes]
    return {"unit": UNITS[figure], "cells": sorted(cells, key=lambda c: order.index(str(c["node"])))}


def make_release(park: Park, figure: Figure, year: int, by: User) -> ReleasedTable | None:
    """Release a table: what is told is frozen, with its date and the rules; ``None``: nothing may be told."""
    rules = Rules()
    with locked(park) as park:
        found = propose(park, figure, year, rules)
        if found.released is None:
            return None
        made = ReleasedTable.objects.create(
            park=park, figure=figure, year=year, rules=asdict(rules), table=as_table(figure, found.released),
            contributions={firm: list(pair) for firm, pair in found.contributions.items()}, by=by,
            time=timezone.now(),
        )  # fmt: skip
        log("table released", park=park, by=by, about=f"{figure} {year}")
        return made


def withdraw_release(row: ReleasedTable, by: User) -> None:
    """Show a released table no more; it still counts as told."""
    _, new = Withdrawal.objects.get_or_create(
        release=row, defaults={"park": row.park, "by": by, "time": timezone.now()}
    )
    if new:
        log("table withdrawn", park=row.park, by=by, about=f"{row.figure} {row.year}")


# --- showing ---------------------------------------------------------------------------------------------------------
def years_of(park: Park) -> list[int]:
    """Return the years of which a table could be made, the newest first."""
    told = FlowRow.objects.filter(park=park).order_by().values_list("year", flat=True).distinct()
    return sorted(told, reverse=True)


def cells(table: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return name and cell of each row of a released table."""
    return [(node_name(cell["node"]), cell) for cell in table["cells"]]


def node_name(node: str) -> str:
    """Return what a row of a released table is called."""
    names = sectors(CLASSIFICATION).names(current())
    return words("released_total", current()) if node == TOTAL else names.get(node, node)


def newest(rows: list[ReleasedTable]) -> list[ReleasedTable]:
    """Return the newest table of each figure and year, newest years first."""
    found: dict[tuple[str, int], ReleasedTable] = {}
    for row in rows:  # newest first
        found.setdefault((row.figure, row.year), row)
    return sorted(found.values(), key=lambda r: (-r.year, FIGURES.index(r.figure)))


def opened(slug: str) -> list[ReleasedTable]:
    """Return the tables of a park that anybody may see; the address has no role, so the park is opened here."""
    walls.enter(Park.objects.filter(slug=slug).first())
    return list(public_tables(slug))


HEADINGS = ("figure", "year", "sector", "name", "state", "value", "firms", "unit", "released on")


def csv_answer(rows: list[ReleasedTable], name: str) -> HttpResponse:
    """Return the newest of some released tables as a CSV file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADINGS)
    for row in newest(rows):
        for sector, c in cells(row.table):
            told = ("" if c[key] is None else c[key] for key in ("value", "firms"))
            writer.writerow((row.figure, row.year, c["node"], sector, c["state"], *told, row.table["unit"],
                             row.time.date()))  # fmt: skip
    return saved(out.getvalue(), f"{name}.csv", "text/csv; charset=utf-8")
