"""Follow-up of a study: what was planned, what was built, where exchanges stand. It needs a folder ``follow-up/``."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lichen.errors import Problem, Problems, StudyError, Where
from lichen.figures import Text
from lichen.indicators.material_flows import Indicator
from lichen.inventory.store import load_survey
from lichen.labelled import suggest
from lichen.monitor.board import Reached, Standing, board, milestones_on
from lichen.monitor.dictionary import word
from lichen.monitor.measures import with_sizes
from lichen.monitor.plan import Line, compare
from lichen.monitor.read import has_follow_up, read_follow_up
from lichen.monitor.targets import TargetLine, against_targets
from lichen.monitor.terms import Held, terms_on
from lichen.monitor.values import BUILT, FollowUp, Measure, Target
from lichen.study.config import Loaded
from lichen.study.flows import FlowResult, has_inventory, home, run_flows
from lichen.study.load import STUDY_FILE, load_study
from lichen.units import same_dimension

NOT_BUILT: Final = "not implemented"
"""A status in exchanges.toml that fits every state in which nothing runs."""
UNBUILT: Final = Text(NOT_BUILT, "未实施")
Worked = tuple[int, Mapping[str, Indicator]]
"""A year and the indicators of the firms' flows in it."""


@dataclass(frozen=True, eq=False)
class FollowResult:
    """What following a study gives on a day.

    Parameters
    ----------
    title
        Of the study, or the name of its folder.
    date, year
        The day that standings and milestones are told for, and the last year of plan and actual.
    follow
        The files.
    names
        Exchange → its name, where the study has one.
    standings, lines, terms
        The board; plan against actual; what was agreed, and whether it holds and is kept.
    measures
        With the sizes of firms, by the year.
    milestones, targets
        What is due and done; indicators against their targets.
    findings
        Warnings and notes.
    loaded
        The study's text files; ``None`` where there are none.
    """

    title: Text
    date: datetime.date
    year: int
    follow: FollowUp
    names: Mapping[str, Text]
    standings: tuple[Standing, ...]
    lines: tuple[Line, ...]
    measures: tuple[Measure, ...]
    milestones: tuple[Reached, ...]
    targets: tuple[TargetLine, ...]
    findings: tuple[Problem, ...]
    loaded: Loaded | None = None
    terms: tuple[Held, ...] = ()

    def name(self, exchange: str) -> Text:
        """Return what an exchange is called."""
        return self.names.get(exchange, Text(exchange, exchange))


def run_follow(
    folder: str | Path, date: datetime.date | None = None, year: int = 0, loaded: Loaded | None = None,
    flows: FlowResult | None = None,
) -> FollowResult:  # fmt: skip
    """Follow the exchanges and measures of a study.

    Parameters
    ----------
    folder
        The study's folder; ``follow-up/`` must be in it, ``study.toml`` need not.
    date
        The day that is asked for; ``None``: the last that the files tell something of.
    year
        Last year of plan and actual; 0: the year of ``date``.
    loaded, flows
        The study's text files and the firms' flows, where they were made already.

    Raises
    ------
    StudyError
        If there is nothing to follow.
    FileError
        If a file cannot be read, with every cell at fault.
    """
    place = home(folder)
    problems = Problems()
    if not has_follow_up(place):
        problems.add("follow.none", Where(file=place.name), folder=str(place))
        problems.raise_if_errors(StudyError)
    if loaded is None and (place / STUDY_FILE).exists():
        loaded = load_study(place)
    follow = read_follow_up(place)
    open_rows = bool(open_targets(follow))

    def worked_out() -> Worked | None:
        found = flows if flows is not None or not (open_rows and has_inventory(place)) else run_flows(place)
        return (found.year, found.indicators) if found is not None else None

    return follow_of(
        follow, loaded.study.title if loaded else Text(place.resolve().name), date, year, sizes=_sizes(place),
        worked_out=worked_out, loaded=loaded,
    )  # fmt: skip


def follow_of(
    follow: FollowUp, title: Text, date: datetime.date | None = None, year: int = 0, *,
    sizes: Mapping[str, str] | None = None, names: Mapping[str, Text] | None = None,
    worked_out: Callable[[], Worked | None] | None = None, loaded: Loaded | None = None,
) -> FollowResult:  # fmt: skip
    """Follow exchanges and measures whose rows were read already.

    Parameters
    ----------
    follow, title
        The rows, and what they belong to.
    date, year
        As in :func:`run_follow`.
    sizes, names
        Firm → its size; exchange → its name, before those of the study.
    worked_out
        Asked for year and indicators of the firms' flows if a target gives no value; may give ``None``.
    loaded
        The study's text files, if there are some.
    """
    problems = Problems()
    problems.extend(follow.problems)
    day = date or _latest(follow)
    through = year or day.year
    standings = board(follow.events, day)
    problems.extend([*_beside_study(follow, standings, loaded, day)])
    measures = tuple(m for m in with_sizes(follow.measures, sizes or {}) if not m.year or m.year <= through)
    known = {e.id: e.name for e in loaded.book.exchanges if e.name.en or e.name.zh} if loaded else {}
    return FollowResult(
        title=title, date=day, year=through, follow=follow, names={**known, **(names or {})},
        standings=standings, lines=compare(follow.planned, follow.actual, through), measures=measures,
        milestones=milestones_on(follow.milestones, day), targets=_targets(follow, worked_out, problems),
        findings=problems.as_tuple(), loaded=loaded, terms=terms_on(follow.terms, follow.actual, day),
    )  # fmt: skip


def open_targets(follow: FollowUp) -> tuple[Target, ...]:
    """Return the rows of indicators that give no value and may be worked out from the firms' flows."""
    return tuple(t for t in follow.targets if t.value is None and " " not in t.indicator)


def _latest(follow: FollowUp) -> datetime.date:
    """Return the last day that the files tell something of: event, reached quantity, milestone, measure."""
    days = [e.date.last for e in follow.events] + [m.done.last for m in follow.milestones if m.done]
    years = [t.year for t in follow.actual] + [m.year for m in follow.measures if m.year]
    years += [t.year for t in follow.targets if t.value is not None]
    days += [datetime.date(y, 12, 31) for y in years]
    planned = [*(t.year for t in follow.planned), *(t.year for t in follow.targets)]
    return max(days or [datetime.date(y, 12, 31) for y in planned] or [datetime.date(1970, 1, 1)])


def _sizes(place: Path) -> dict[str, str]:
    return {f.id: f.size for f in load_survey(place).inventory.firms} if has_inventory(place) else {}


def _beside_study(
    follow: FollowUp, standings: tuple[Standing, ...], loaded: Loaded | None, day: datetime.date
) -> Iterator[Problem]:
    """Yield exchanges that the study does not know, and states that its exchanges contradict."""
    if loaded is None or not loaded.book.exchanges:
        return
    known = {e.id: e for e in loaded.book.exchanges}
    for name in follow.exchanges:
        if name not in known and ">" not in name:  # a name of the design's own is none of the study's exchanges
            near = suggest(name, list(known)) or "–"
            yield Problem("follow.unknown_exchange", severity="warning", values={"exchange": name, "near": near})
    newest = max((e.date.last for e in follow.events), default=day)
    for one in standings if day >= newest else ():
        status = known[one.exchange].status if one.exchange in known else one.state
        fits = one.state not in BUILT if status == NOT_BUILT else status == one.state
        if not fits:
            values = {"exchange": one.exchange, "log": word("event", "state", one.state),
                      "study": UNBUILT if status == NOT_BUILT else word("event", "state", status)}  # fmt: skip
            yield Problem("follow.says_otherwise", severity="warning", values=values)


def _targets(
    follow: FollowUp, worked_out: Callable[[], Worked | None] | None, problems: Problems
) -> tuple[TargetLine, ...]:  # fmt: skip
    """Return indicators against targets; what the file does not tell is taken from the firms' flows of that year."""
    open_rows = open_targets(follow)
    flows = worked_out() if open_rows and worked_out is not None else None
    computed: dict[tuple[str, int], tuple[float, str]] = {}
    for row in open_rows if flows is not None else ():
        year, indicators = flows or (0, {})
        found = indicators.get(row.indicator)
        if found is None or found.value is None or row.year != year:
            continue
        if same_dimension(found.unit, row.unit):
            computed[row.indicator, row.year] = (found.value, found.unit)
        else:
            problems.add("follow.not_added", row.where, "warning", indicator=row.indicator, unit=row.unit,
                         found=found.unit)  # fmt: skip
    return against_targets(follow.targets, computed)
