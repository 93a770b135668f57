"""The register of efficiency measures: what they cost, save and avoid, by category and by size of firm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lichen.monitor.values import BUILT, OVER, Measure


@dataclass(frozen=True)
class Part:
    """A sum over measures, and how many of them it knows: what is not told is in no sum.

    Parameters
    ----------
    value
        The sum; ``None``: nobody told.
    known
        Measures that told.
    """

    value: float | None
    known: int


@dataclass(frozen=True)
class MeasureTotal:
    """Measures of one group in one currency.

    Parameters
    ----------
    name, currency
        The group; empty currency: no money was told.
    count
        Measures.
    investment, saving, saved_once
        [currency], [currency/a], and [currency] as told without a year.
    energy_gj, co2_t, co2_once_t
        [GJ/a], [tCO2/a], and [tCO2] as told without a year.
    payback_years
        Investment over saving a year of the measures that told both [a]; ``None``: none did, or they save nothing.
    payback_of
        Measures that told both.
    questions
        What must be asked before it counts: firm, as told, question.
    """

    name: str
    currency: str
    count: int
    investment: Part
    saving: Part
    saved_once: Part
    energy_gj: Part
    co2_t: Part
    co2_once_t: Part
    payback_years: float | None
    payback_of: int
    questions: tuple[tuple[str, str, str], ...]


def is_done(measure: Measure) -> bool:
    """Whether a measure works."""
    return measure.state in BUILT


def is_ahead(measure: Measure) -> bool:
    """Whether a measure may still come."""
    return measure.state not in (*BUILT, *OVER)


def with_sizes(measures: Iterable[Measure], sizes: Mapping[str, str]) -> tuple[Measure, ...]:
    """Return measures with the size of the firm from ``sizes`` (firm → size) where a row names none."""
    return tuple(m if m.size else replace(m, size=sizes.get(m.firm, "")) for m in measures)


def by_category(measures: Iterable[Measure]) -> tuple[MeasureTotal, ...]:
    """Return totals by category, largest saving first."""
    return _grouped(measures, lambda m: m.category)


def by_size(measures: Iterable[Measure]) -> tuple[MeasureTotal, ...]:
    """Return totals by size of firm; an empty name: not known."""
    return _grouped(measures, lambda m: m.size)


def by_year(measures: Iterable[Measure]) -> tuple[MeasureTotal, ...]:
    """Return totals by year; an empty name: not told."""
    found = _grouped(measures, lambda m: str(m.year or ""))
    return tuple(sorted(found, key=lambda t: t.name))


def overall(measures: Iterable[Measure]) -> tuple[MeasureTotal, ...]:
    """Return the totals of all measures, one a currency."""
    return _grouped(measures, lambda m: "")


def _grouped(measures: Iterable[Measure], key: Callable[[Measure], str]) -> tuple[MeasureTotal, ...]:
    groups: dict[tuple[str, str], list[Measure]] = {}
    for measure in measures:
        groups.setdefault((key(measure), measure.currency), []).append(measure)
    made = [_total(name, currency, rows) for (name, currency), rows in groups.items()]
    return tuple(sorted(made, key=lambda t: -(t.saving.value or 0.0)))


def _total(name: str, currency: str, rows: Sequence[Measure]) -> MeasureTotal:
    both = [m for m in rows if m.investment is not None and m.saving is not None]
    invested, saved = sum(m.investment or 0.0 for m in both), sum(m.saving or 0.0 for m in both)
    return MeasureTotal(
        name, currency, sum(m.count for m in rows), _part(rows, "investment"), _part(rows, "saving"),
        _part(rows, "saved_once"), _part(rows, "energy_gj"), _part(rows, "co2_t"), _part(rows, "co2_once_t"),
        invested / saved if saved > 0 else None, sum(m.count for m in both),
        tuple((m.firm, m.told, m.question) for m in rows if m.question),
    )  # fmt: skip


def _part(rows: Sequence[Measure], name: str) -> Part:
    told = [(m.count, getattr(m, name)) for m in rows if getattr(m, name) is not None]
    return Part(sum(value for _, value in told) if told else None, sum(count for count, _ in told))
