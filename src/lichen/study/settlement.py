"""A new firm before it settles: whether it meets what the park asks, and which links it would open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from lichen.discover.anchors import missing_donors
from lichen.discover.find import discover
from lichen.discover.streams import demands
from lichen.discover.values import Anchor, Opportunity
from lichen.errors import InputError, LichenError, Problem, Problems, StudyError, UnitError, Where
from lichen.figures import Figure
from lichen.indicators.intensity import NAMES, UNITS, Quantity, quantities, ratio
from lichen.inventory.estimate import estimate
from lichen.inventory.store import merged
from lichen.inventory.survey import read_survey
from lichen.inventory.values import Firm, Inventory
from lichen.knowledge.conditions import industry_fits
from lichen.numerals import parse_number
from lichen.study.config_appraisal import Settling, Threshold
from lichen.study.discovery import DiscoveryResult, run_discovery
from lichen.units import same_dimension

Verdict = Literal["met", "not met", "not known"]
IDEA = "similar"
"""Way of an opportunity that is only an idea: it is known of something near by."""


@dataclass(frozen=True)
class Checked:
    """A threshold, what the newcomer has, and whether that meets it.

    Parameters
    ----------
    threshold, unit
        What is asked, and the unit of all numbers.
    found
        The newcomer's number, and what it lacks where there is none.
    low, high
        Ends in ``unit``; ``None``: no such end.
    verdict
        "met", "not met" or "not known".
    """

    threshold: Threshold
    unit: str
    found: Quantity
    low: float | None
    high: float | None
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Newcomer:
    """A firm that wants to settle.

    Parameters
    ----------
    firm, numbers
        Who, and what it uses, gives off and makes as told.
    checks
        Every threshold of the park.
    gives, takes
        Opportunities that it would open, best first.
    rivals
        Exchanges that are possible today and would have it as a rival for the same stream or need; ideas from similar
        exchanges are no rivals.
    fills
        Missing kinds of firms that it is one of.
    """

    firm: Firm
    numbers: Mapping[str, Quantity]
    checks: tuple[Checked, ...]
    gives: tuple[Opportunity, ...]
    takes: tuple[Opportunity, ...]
    rivals: tuple[Opportunity, ...]
    fills: tuple[Anchor, ...]

    @property
    def sure(self) -> tuple[Opportunity, ...]:
        """Links that are more than an idea from a similar exchange."""
        return tuple(o for o in (*self.gives, *self.takes) if o.way != IDEA)

    @property
    def verdict(self) -> Verdict:
        """Whether all that is required is met."""
        required = {c.verdict for c in self.checks if c.threshold.required}
        worst: tuple[Verdict, ...] = ("not met", "not known")
        return next((v for v in worst if v in required), "met")


@dataclass(frozen=True, eq=False)
class SettlementResult:
    """What a park tells investors, and what a newcomer would be to it.

    Parameters
    ----------
    discovery
        The park as it is.
    thresholds
        What it asks of new firms.
    could_take, could_give
        Kinds of firms that are not there: who could take what nobody uses, who could give in place of what is bought.
    newcomers
        Those of the workbook; none: only the criteria were asked for.
    findings
        Warnings and notes.
    """

    discovery: DiscoveryResult
    thresholds: tuple[Threshold, ...]
    could_take: tuple[Anchor, ...]
    could_give: tuple[Anchor, ...]
    newcomers: tuple[Newcomer, ...]
    findings: tuple[Problem, ...]


def run_settlement(
    folder: str | Path, workbook: str | Path | None = None, year: int = 0, grid: str = "",
    value_added: Figure | None = None, land: Figure | None = None,
) -> SettlementResult:  # fmt: skip
    """Check a newcomer's survey against a park, or say only what the park looks for.

    Parameters
    ----------
    folder, year, grid
        As for :func:`lichen.study.flows.run_flows`.
    workbook
        The newcomer's survey; ``None``: none.
    value_added, land
        Of the newcomer, where a threshold asks for them: a survey tells neither.

    Raises
    ------
    StudyError
        If a threshold cannot be used.
    InputError
        If the survey has errors, tells of no firm, or of one that is in the park already.
    """
    park = run_discovery(folder, year, grid)
    given = park.flows.loaded.study.settle if park.flows.loaded else Settling()
    check_thresholds(given.threshold)
    inventory = park.flows.inventory
    could_give = missing_donors(demands(inventory, park.flows.year), inventory.firms, park.base.types.values())
    problems = Problems()
    if not given.threshold:
        problems.add("settle.no_thresholds", severity="note")
    newcomers: tuple[Newcomer, ...] = ()
    if workbook is not None:
        told = _read(Path(workbook), park, problems)
        if (value_added is not None or land is not None) and len(told.firms) > 1:
            problems.add("settle.several", Where(file=Path(workbook).name), firms=[f.id for f in told.firms])
        problems.raise_if_errors(InputError)
        newcomers = _newcomers(park, told, given.threshold, could_give, value_added, land)
    return SettlementResult(park, given.threshold, park.found.anchors, could_give, newcomers,
                            (*park.findings, *problems.as_tuple()))  # fmt: skip


_AMOUNT = re.compile(r"\s*([0-9][0-9 .,]*?)\s*([^0-9.,\s].*?)\s*")


def read_amount(text: str, unit: str, option: str, example: str) -> Figure:
    """Return an amount that a call tells with its unit, e.g. "12 ha"; a year's amount may leave the year out.

    Raises
    ------
    StudyError
        If it is no amount above 0 in a unit like ``unit``.
    """
    where, found = Where(key=option), _AMOUNT.fullmatch(text)
    value = parse_number(found[1], None, where) if found is not None else None
    spelled = found[2] if found is not None else ""
    fits = False
    if spelled:
        try:
            fits = any(same_dimension(spelled, one) for one in (unit, unit.removesuffix("/a")))
        except UnitError as error:
            raise StudyError(tuple(replace(p, where=where) for p in error.problems)) from None
    if isinstance(value, Problem):
        raise StudyError((value,))
    if value is None or value <= 0 or not fits:
        values = {"text": text, "wanted": unit, "example": example}
        raise StudyError((Problem("settle.amount", where, values=values),))
    return Figure(value, spelled, "reported", option)


def check_thresholds(thresholds: Sequence[Threshold]) -> None:
    """Raise :class:`StudyError` that names every threshold that cannot be."""
    problems, seen = Problems(), set()
    for one in thresholds:
        where = Where(key=f"settle.threshold[{one.id}]")
        if one.id in seen:
            problems.add("appraise.doubled", where, name=one.id)
        seen.add(one.id)
        if one.low is None and one.high is None:
            problems.add("settle.no_end", where)
        if (one.of == "waste used") != (one.per == "waste"):
            problems.add("settle.used_of_waste", where)
        if one.of == one.per:
            problems.add("settle.same", where, of=NAMES[one.of])
        _check_ends(one, where, problems)
    problems.raise_if_errors(StudyError)


def _check_ends(one: Threshold, where: Where, problems: Problems) -> None:
    base = "1" if UNITS[one.of] == UNITS[one.per] else f"{UNITS[one.of]}/{UNITS[one.per]}"
    yearly = base if base == "1" else f"{UNITS[one.of]}/({UNITS[one.per]}·a)"
    ends = [figure for figure in (one.low, one.high) if figure is not None]
    for figure in ends:
        if not any(same_dimension(figure.unit, unit) for unit in (base, yearly)):
            problems.add("settle.unit", where, unit=figure.unit, wanted=base)
            return
    if len(ends) == 2 and ends[0].value > ends[1].to(ends[0].unit):
        low, high = (f"{figure.value:g} {figure.unit}" for figure in ends)
        problems.add("settle.ends", where, low=low, high=high)


def _read(path: Path, park: DiscoveryResult, problems: Problems) -> Inventory:
    """Return a newcomer's survey, its flows in the year of the park's; an error anywhere is told with its cell."""
    survey = read_survey(path)
    problems.extend(survey.problems)
    there, told = {f.id for f in park.flows.inventory.firms}, survey.inventory
    if survey.ok and not told.firms:
        problems.add("settle.no_firm", Where(file=path.name))
    for firm in told.firms:
        if firm.id in there:
            problems.add("settle.known_firm", Where(file=path.name), firm=firm.id)
    years = sorted({f.year for f in told.flows})
    year = park.flows.year
    if years and year not in years:
        problems.add("settle.other_year", Where(file=path.name), "warning", told=years[-1], year=year)
        flows = tuple(replace(f, year=year) for f in told.flows if f.year == years[-1])
        told = replace(told, flows=flows)
    return told


def _newcomers(
    park: DiscoveryResult, told: Inventory, thresholds: Sequence[Threshold], could_give: Sequence[Anchor],
    value_added: Figure | None, land: Figure | None,
) -> tuple[Newcomer, ...]:  # fmt: skip
    year, before = park.flows.year, {o.id for o in park.found.opportunities}
    together = merged(park.flows.inventory, estimate(told, year).inventory)
    after = discover(together, year, park.base, park.settings).opportunities
    made = []
    for firm in told.firms:
        gives = tuple(o for o in after if o.donor.id == firm.id)
        takes = tuple(o for o in after if o.receiver.id == firm.id)
        known = quantities(told, firm, year, park.flows.grid, value_added, land)
        mine = {i for i, o in enumerate(after) if firm.id in (o.donor.id, o.receiver.id) and o.way != IDEA}
        rivals = tuple(o for o in after if o.id in before and o.way != IDEA and mine & set(o.rivals))
        fills = tuple(
            a for a in (*park.found.anchors, *could_give) if industry_fits(firm.industry, [a.industry]) != "no"
        )
        checks = tuple(_checked(one, known) for one in thresholds)
        made.append(Newcomer(firm, known, checks, gives, takes, rivals, fills))
    return tuple(made)


def _checked(one: Threshold, known: Mapping[str, Quantity]) -> Checked:
    """Return whether a newcomer meets a threshold; told in the unit of the threshold."""
    first = one.low or one.high
    assert first is not None
    try:
        found = ratio(dict(known), one.of, one.per, first.unit)
    except LichenError as error:  # the unit was checked: what is told has another
        found = Quantity(one.id, None, first.unit, error.problems)
    low, high = (None if figure is None else figure.to(first.unit) for figure in (one.low, one.high))
    verdict: Verdict = "not known"
    if found.value is not None:
        meets = (low is None or found.value >= low) and (high is None or found.value <= high)
        verdict = "met" if meets else "not met"
    return Checked(one, first.unit, found, low, high, verdict)
