"""Plan against actual by year: difference, share reached, what is not reported; nothing missing is taken as zero."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from lichen.errors import Problem
from lichen.monitor.values import Told
from lichen.numerals import shown, shown_apart
from lichen.units import factor, same_dimension

Verdict = Literal[
    "reached", "within range", "partly", "none", "not reported", "not planned", "to ask", "unlike units"
]  # fmt: skip
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
COUNTED: tuple[Verdict, ...] = ("reached", "within range", "partly", "none")
"""Verdicts of lines where both sides are numbers of one kind."""


@dataclass(frozen=True)
class Line:
    """One exchange in one year.

    Parameters
    ----------
    exchange, year, unit
        What, when, and the unit of the numbers: the plan's, else that of what was reached.
    planned, actual
        Quantities [unit]; ``None``: not told, or not countable.
    actual_low, actual_high
        Range of what was reached [unit]; both are the value where no range is known.
    verdict
        What to make of it.
    questions
        What must be asked before it counts.
    co2_planned_t, co2_actual_t
        CO2 avoided [tCO2/a].
    money_planned, money_actual, currency
        Gain of all parties [currency/a]; where the two have different currencies, what was reached is left out.
    plan, reached
        The rows themselves.
    """

    exchange: str
    year: int
    unit: str
    planned: float | None
    actual: float | None
    actual_low: float | None
    actual_high: float | None
    verdict: Verdict
    questions: tuple[str, ...]
    co2_planned_t: float | None
    co2_actual_t: float | None
    money_planned: float | None
    money_actual: float | None
    currency: str
    plan: Told | None
    reached: Told | None

    @property
    def difference(self) -> float | None:
        """Reached less planned [unit]; ``None`` where either is no number."""
        return None if self.planned is None or self.actual is None else self.actual - self.planned

    @property
    def share(self) -> float | None:
        """Reached over planned [1]; ``None`` where either is no number or the plan is zero."""
        return None if self.actual is None or not self.planned else self.actual / self.planned

    @property
    def note(self) -> Problem:
        """What to make of it, in words."""
        texts = shown_apart(*(v for v in (self.planned, self.actual) if v is not None))
        values = {
            "exchange": self.exchange, "year": self.year, "unit": self.unit,
            "planned": texts[0] if self.planned is not None else "", "actual": texts[-1] if self.actual is not None
            else "", "share": "" if self.share is None else f"{self.share:.0%}",
            "told": "; ".join(t.told for t in (self.plan, self.reached) if t is not None and t.told),
        }  # fmt: skip
        return Problem(f"follow.is_{self.verdict.replace(' ', '_')}", severity="note", values=values)


def compare(planned: Iterable[Told], actual: Iterable[Told], through: int | None = None) -> tuple[Line, ...]:
    """Return plan and actual side by side, by exchange in the order of the plan, then by year.

    Parameters
    ----------
    planned, actual
        Rows; one an exchange and year.
    through
        Last year that is looked at; ``None``: all.
    """
    plans = {(t.exchange, t.year): t for t in planned if through is None or t.year <= through}
    reached = {(t.exchange, t.year): t for t in actual if through is None or t.year <= through}
    order = {name: i for i, name in enumerate(dict.fromkeys(name for name, _ in (*plans, *reached)))}
    keys = sorted({*plans, *reached}, key=lambda key: (order[key[0]], key[1]))
    return tuple(_line(*key, plans.get(key), reached.get(key)) for key in keys)


def _line(exchange: str, year: int, plan: Told | None, reached: Told | None) -> Line:
    figures = [t.quantity for t in (plan, reached) if t is not None and t.quantity is not None]
    unit = figures[0].unit if figures else ""
    fits = len(figures) < 2 or same_dimension(figures[1].unit, unit)
    want = plan.quantity.value if plan and plan.quantity else None
    have = reached.quantity if reached and fits else None
    low, high = have.range_in(unit) if have else (None, None)
    got = have.to(unit) if have else None
    currency = next((t.currency for t in (plan, reached) if t is not None and t.currency), "")
    other = bool(reached and reached.currency and reached.currency != currency)
    return Line(
        exchange, year, unit, want, got, low, high, _verdict(plan, reached, want, got, high, fits),
        tuple(t.question for t in (plan, reached) if t is not None and t.question),
        plan.co2_t if plan else None, reached.co2_t if reached else None, plan.money if plan else None,
        reached.money if reached and not other else None, currency, plan, reached,
    )  # fmt: skip


def _verdict(
    plan: Told | None, reached: Told | None, want: float | None, got: float | None, high: float | None, fits: bool
) -> Verdict:
    if not fits:
        return "unlike units"
    if (plan is not None and want is None) or (reached is not None and got is None):
        return "to ask"
    if plan is None:
        return "not planned"
    if want is None or got is None or high is None:
        return "not reported"
    if got >= want * (1 - 1e-9):
        return "reached"
    if high >= want:
        return "within range"
    return "partly" if got > 0 else "none"


@dataclass(frozen=True)
class Sum:
    """Several lines together: only those count where both sides are numbers.

    Parameters
    ----------
    name, unit
        Exchange or year, and the unit.
    planned, actual
        Sums [unit] over the lines that count.
    counted
        Lines that count.
    unreported_years
        Years (of an exchange) or exchanges (of a year) that are planned and not reported.
    unplanned
        Lines with an actual quantity and no plan.
    to_ask
        Lines that cannot count before something is asked, or whose units differ.
    """

    name: str
    unit: str
    planned: float
    actual: float
    counted: int
    unreported: tuple[str, ...]
    unplanned: int
    to_ask: int

    @property
    def difference(self) -> float | None:
        """Reached less planned [unit]; ``None`` where nothing counts."""
        return self.actual - self.planned if self.counted else None

    @property
    def share(self) -> float | None:
        """Reached over planned [1], where both are known; ``None`` where nothing counts or the plan is zero."""
        return self.actual / self.planned if self.counted and self.planned else None


def cumulative(lines: Sequence[Line]) -> tuple[Sum, ...]:
    """Return each exchange over all its years; a year that is not reported is in neither sum, and is named."""
    return tuple(
        made
        for name in dict.fromkeys(line.exchange for line in lines)
        for made in _sums(name, [line for line in lines if line.exchange == name], by_year=True)
    )


def totals(lines: Sequence[Line]) -> tuple[Sum, ...]:
    """Return each year over all exchanges, for each kind of unit apart; what cannot be added is not."""
    return tuple(
        made
        for year in sorted({line.year for line in lines})
        for made in _sums(str(year), [line for line in lines if line.year == year], by_year=False)
    )


def _sums(name: str, lines: Sequence[Line], by_year: bool) -> list[Sum]:
    found: list[Sum] = []
    rest = list(lines)
    while rest:
        unit = next((line.unit for line in rest if line.unit), "")
        alike = [line for line in rest if not line.unit or same_dimension(line.unit, unit)]
        found.append(_sum(name, unit, alike, by_year))
        rest = [line for line in rest if line not in alike]
    return found


def _sum(name: str, unit: str, lines: Sequence[Line], by_year: bool) -> Sum:
    counted = [line for line in lines if line.verdict in COUNTED]
    unreported = [line for line in lines if line.verdict == "not reported"]
    return Sum(
        name, unit, _added(counted, unit, "planned"), _added(counted, unit, "actual"), len(counted),
        tuple(str(line.year) if by_year else line.exchange for line in unreported),
        sum(line.verdict == "not planned" for line in lines),
        sum(line.verdict in ("to ask", "unlike units") for line in lines),
    )  # fmt: skip


def _added(lines: Sequence[Line], unit: str, side: str) -> float:
    return float(sum(getattr(line, side) * factor(line.unit, unit) for line in lines))


def summed(value: float | None, unit: str) -> str:
    """Return an amount with its unit, or a dash."""
    return "–" if value is None else f"{shown(value)} {unit}"
