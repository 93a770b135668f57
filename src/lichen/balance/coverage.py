"""How much of a sector's statistics the firms of an inventory account for.

Firms are put into sectors by their industry (GB/T 4754-2017 → 42 sectors of 2007 → another list by its concordance),
their amounts are added up, and stand beside the sector's account. A sector whose firms exceed its statistics is told:
a unit, a double count, a firm of another region, or statistics that leave small firms out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lichen.economy.table import Satellites
from lichen.errors import LabelError, Problem, Problems, UnitError
from lichen.figures import Text
from lichen.inventory.emissions import SCOPE_1, EmissionInventory, Scope
from lichen.inventory.values import Firm
from lichen.labelled import suggest
from lichen.numerals import shown, shown_apart
from lichen.units import factor
from lichen.vocabulary.industries import links
from lichen.vocabulary.sectors import concordance, sectors

BASE = "CN42-2007"
"""The list that industries are linked to."""
ABOVE = 1e-6
"""How far firms may exceed a statistic before it is told [1]."""


@dataclass(frozen=True)
class SectorCoverage:
    """Firms of one sector beside its statistic.

    Parameters
    ----------
    sector
        Label of the sector.
    firms_sum, statistic
        In the unit of the account [unit/a].
    firms
        Codes of the firms with an amount.
    divided
        Those of them that are in several sectors: by a share of each, or wholly here as their main one.
    """

    sector: str
    firms_sum: float
    statistic: float
    firms: tuple[str, ...]
    divided: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """Firms over statistic [1]; ``None``: the statistic is zero."""
        return self.firms_sum / self.statistic if self.statistic else None

    @property
    def above(self) -> bool:
        """Whether the firms exceed the statistic."""
        return self.firms_sum > self.statistic * (1 + ABOVE)


@dataclass(frozen=True)
class Coverage:
    """Firms beside statistics, sector by sector.

    Parameters
    ----------
    account, unit, classification
        What is compared, in which unit, by which list of sectors.
    sectors
        Every sector of the account, in its order.
    unmapped
        Firm → its amount, of firms whose sector is not known [unit/a].
    notes
        What a reader must know.
    source
        Source of the statistics.
    """

    account: str
    unit: str
    classification: str
    sectors: tuple[SectorCoverage, ...]
    unmapped: Mapping[str, float]
    notes: tuple[Problem, ...]
    source: str = ""

    def __getitem__(self, sector: str) -> SectorCoverage:
        return next(item for item in self.sectors if item.sector == sector)

    @property
    def firms_sum(self) -> float:
        """All firms, those without a sector too [unit/a]."""
        return sum(item.firms_sum for item in self.sectors) + sum(self.unmapped.values())

    @property
    def statistic(self) -> float:
        """All sectors [unit/a]."""
        return sum(item.statistic for item in self.sectors)

    @property
    def share(self) -> float | None:
        """Firms with a sector over statistics, all sectors together [1]."""
        mapped = sum(item.firms_sum for item in self.sectors)
        return mapped / self.statistic if self.statistic else None


def co2_by_firm(emissions: EmissionInventory, scopes: Iterable[Scope] = SCOPE_1) -> dict[str, float]:
    """Return firm → CO2 [tCO2/a], without biogenic; statistics of sectors are direct emissions: scope 1."""
    return {firm: found.value_t for firm, found in emissions.by_firm(tuple(scopes)).items()}


def coverage(
    amounts: Mapping[str, float], unit: str, firms: Sequence[Firm], statistics: Satellites, account: str, *,
    classification: str = BASE, component: str = "", sizes: Mapping[str, float] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Coverage:  # fmt: skip
    """Return firms' amounts summed to sectors beside an account of these sectors.

    Parameters
    ----------
    amounts, unit
        Firm → amount, and its unit, e.g. ``tCO2``.
    firms
        The firms, with their industries.
    statistics, account, component
        Satellite accounts, the one to compare with, and one part of it; empty: all its parts.
    classification
        List of the accounts' sectors: ``CN42-2007``, or one that a concordance leads to from there.
    sizes
        Size of each sector of ``classification``, for a concordance that splits by output.
    labels
        Code of a sector → its label in the accounts; left out: codes are labels.

    Returns
    -------
    Coverage
        In the unit of the account. A division that belongs to several sectors is counted in its main one.

    Raises
    ------
    LabelError
        An account, part, list or label that is not there.
    UnitError
        Units of different kinds.
    """
    rows = _rows(statistics, account, component)
    of = statistics.units[rows[0]]
    ratio = _ratio(unit, of)
    codes = _labels(classification, labels, statistics.sectors)
    statistic = np.asarray(statistics.values[rows].sum(axis=0))
    placed = _placed(
        {name: value * ratio for name, value in amounts.items()}, firms, sector_shares(classification, sizes)
    )
    found = tuple(
        _sector(label, float(statistic[i]), placed.get(next((c for c in codes if codes[c] == label), ""), {}))
        for i, label in enumerate(statistics.sectors)
    )
    unmapped = {name: value for name, (value, _) in placed.get("", {}).items()}
    notes = _notes(found, unmapped, of, _names(classification, codes))
    return Coverage(account, of, classification, found, unmapped, notes, statistics.source)


Placed = dict[str, dict[str, tuple[float, bool]]]
"""Sector, or empty text → firm → its amount there, and whether other sectors came into question."""


def _placed(amounts: Mapping[str, float], firms: Sequence[Firm], weights: Mapping[str, Mapping[str, float]]) -> Placed:
    industries = {firm.id: firm.industry for firm in firms}
    placed: Placed = {}
    for name, value in amounts.items():
        found = links(industries[name], BASE) if industries.get(name) else ()
        targets = weights[found[0].to] if found else {}
        several = len(found) > 1 or len(targets) > 1
        for code, share in (targets or {"": 1.0}).items():
            placed.setdefault(code, {})[name] = (value * share, several)
    return placed


def _sector(label: str, statistic: float, members: Mapping[str, tuple[float, bool]]) -> SectorCoverage:
    divided = tuple(name for name, (_, several) in members.items() if several)
    return SectorCoverage(label, sum(v for v, _ in members.values()), statistic, tuple(members), divided)


def _rows(statistics: Satellites, account: str, component: str) -> list[int]:
    """Return the rows of an account, or of one part of it."""
    problems = Problems()
    rows = [i for i, name in enumerate(statistics.accounts) if name == account]
    if not rows:
        near = suggest(account, list(statistics.accounts)) or "–"
        problems.add("labels.unknown", what="satellite accounts", label=account, near=near)
    elif component:
        parts = [statistics.components[i] for i in rows]
        rows = [i for i in rows if statistics.components[i] == component]
        if not rows:
            near = suggest(component, parts) or "–"
            problems.add("labels.unknown", what=f"components of {account}", label=component, near=near)
    problems.raise_if_errors(LabelError)
    return rows


def _ratio(unit: str, wanted: str) -> float:
    """Return how many of the account's unit one ``unit`` is; "a year" may stand in either or be left out."""
    try:
        return factor(unit, wanted)
    except UnitError as error:
        for first, second in ((f"{unit}/a", wanted), (unit, f"{wanted}/a")):
            try:
                return factor(first, second)
            except UnitError:
                continue
        raise error


def _labels(classification: str, labels: Mapping[str, str] | None, known: Sequence[str]) -> dict[str, str]:
    """Return code → label of each sector of the list."""
    codes = {code: (labels or {}).get(code, code) for code in sectors(classification).codes}
    problems = Problems()
    for label in codes.values():
        if label not in known:
            near = suggest(label, list(known)) or "–"
            problems.add("labels.unknown", what="sectors of the accounts", label=label, near=near)
    problems.raise_if_errors(LabelError)
    return codes


def sector_shares(classification: str, sizes: Mapping[str, float] | None) -> dict[str, dict[str, float]]:
    """Return sector of the 42 of 2007 → sector of another list → share [1]; ``sizes`` split by output."""
    if classification == BASE:
        return {code: {code: 1.0} for code in sectors(BASE).codes}
    bridge = concordance(BASE, classification, sizes)
    return {
        code: {
            target: float(share) for target, share in zip(bridge.target_labels, row, strict=True)
            if share and target not in bridge.final_users
        }
        for code, row in zip(bridge.source_labels, bridge.weights, strict=True)
    }  # fmt: skip


def _names(classification: str, codes: Mapping[str, str]) -> dict[str, Text]:
    """Return label → code and name of each sector."""
    of = sectors(classification)
    en, zh = of.names("en"), of.names("zh")
    return {label: Text(f"{code} {en[code]}", f"{code} {zh[code]}") for code, label in codes.items()}


def _notes(
    found: Iterable[SectorCoverage], unmapped: Mapping[str, float], unit: str, names: Mapping[str, Text]
) -> tuple[Problem, ...]:  # fmt: skip
    problems = Problems()
    for item in found:
        name = names.get(item.sector, item.sector)
        if item.above:
            firms, statistic = shown_apart(item.firms_sum, item.statistic)
            problems.add("emissions.above_statistic", severity="warning", sector=name, unit=unit,
                         firms=firms, statistic=statistic, count=len(item.firms))  # fmt: skip
        if item.divided:
            problems.add(
                "emissions.divided",
                severity="note",
                sector=names.get(item.sector, item.sector),
                names=list(item.divided),
            )
    if unmapped:
        problems.add("emissions.unmapped", severity="warning", names=list(unmapped), unit=unit,
                     amount=shown(sum(unmapped.values())))  # fmt: skip
    return problems.as_tuple()
