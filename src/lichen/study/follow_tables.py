"""Follow-up of a study as tables: CSV, one XLSX, JSON; and empty files to begin with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lichen.errors import Language, Problem
from lichen.figures import Text
from lichen.monitor.dictionary import ENTITIES, FILES, FOLDER, columns
from lichen.monitor.measures import MeasureTotal, by_category, by_size, by_year, is_ahead, is_done, overall
from lichen.monitor.plan import Sum, cumulative, totals
from lichen.monitor.read import ENDINGS
from lichen.monitor.values import BUILT
from lichen.numerals import shown
from lichen.study.follow import FollowResult
from lichen.study.tables import Cells, as_csv, as_objects, finding_rows, or_nan, write_tables
from lichen.units import unit_name


def write_follow(result: FollowResult, folder: Path, lang: Language) -> list[Path]:
    """Write follow_up.json, CSV tables and follow_up.xlsx into ``folder`` and return their paths.

    Raises
    ------
    StudyError
        If the folder cannot be written to.
    """
    texts = {"follow_up.json": json.dumps(follow_as_dict(result, lang), ensure_ascii=False, indent=1)}
    return write_tables(folder, "follow_up", follow_tables(result, lang), texts)


def follow_as_dict(result: FollowResult, lang: Language) -> dict[str, Any]:
    """Return all results as plain values for JSON; what does not exist is null."""
    tables = {name.removeprefix("follow_"): as_objects(cells) for name, cells in follow_tables(result, lang).items()}
    return {
        "lichen_follow_up": 1, "title": asdict(result.title), "date": result.date.isoformat(), "year": result.year,
        **tables,
    }  # fmt: skip


def follow_tables(result: FollowResult, lang: Language) -> dict[str, Cells]:
    """Return name → table for all results, in plain cells."""
    return {
        "follow_board": [*_board(result)],
        "follow_plan": [*_plan(result, lang)],
        "follow_cumulative": [*_sums(cumulative(result.lines), "exchange")],
        "follow_by_year": [*_sums(totals(result.lines), "year")],
        "follow_terms": [*_terms(result, lang)],
        "follow_measures": [*_measures(result)],
        "follow_milestones": [*_milestones(result)],
        "follow_targets": [*_targets(result)],
        "follow_questions": [*_questions(result)],
        "follow_findings": [*finding_rows(result.findings, lang)],
    }


def _board(result: FollowResult) -> Iterator[Sequence[Any]]:
    yield ("exchange", "name", "state", "since", "days in state", "owner", "next step", "due", "overdue [days]",
           "quiet [days]", "events")  # fmt: skip
    for one in result.standings:
        yield (one.exchange, result.name(one.exchange).en, one.state, str(one.since), one.days, one.owner,
               one.next_step, str(one.due or ""), one.overdue_days, one.quiet_days, len(one.history))  # fmt: skip


def _plan(result: FollowResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("exchange", "year", "unit", "planned", "actual", "actual low", "actual high", "difference", "share reached",
           "verdict", "in words", "CO2 planned [t/a]", "CO2 actual [t/a]", "money planned", "money actual", "currency",
           "planned known as", "actual known as", "planned source", "actual source")  # fmt: skip
    for one in result.lines:
        figures = [told.quantity if told else None for told in (one.plan, one.reached)]
        yield (one.exchange, one.year, one.unit, or_nan(one.planned), or_nan(one.actual), or_nan(one.actual_low),
               or_nan(one.actual_high), or_nan(one.difference), or_nan(one.share), one.verdict, one.note.text(lang),
               or_nan(one.co2_planned_t), or_nan(one.co2_actual_t), or_nan(one.money_planned),
               or_nan(one.money_actual), one.currency, *(f.kind if f else "" for f in figures),
               one.plan.source if one.plan else "", one.reached.source if one.reached else "")  # fmt: skip


def _sums(sums: Sequence[Sum], what: str) -> Iterator[Sequence[Any]]:
    yield (what, "unit", "planned", "actual", "difference", "share reached", "counted", "not reported", "not planned",
           "to ask")  # fmt: skip
    for one in sums:
        none = not one.counted
        yield (one.name, one.unit, or_nan(None if none else one.planned), or_nan(None if none else one.actual),
               or_nan(one.difference), or_nan(one.share), one.counted, "; ".join(one.unreported), one.unplanned,
               one.to_ask)  # fmt: skip


def _terms(result: FollowResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("exchange", "from", "until", "standing", "days left", "price", "price at least", "price at most",
           "price unit", "price year", "adjustment", "index", "quantity", "at least", "at most", "unit", "year",
           "actual", "keeping", "source", "other terms")  # fmt: skip
    for one in result.terms:
        t = one.terms
        told = (t.exchange, str(t.start), str(t.end or ""), one.force, or_nan(one.days_left), or_nan(t.price),
                or_nan(t.price_low), or_nan(t.price_high), t.price_unit, t.price_year, t.adjustment, t.index,
                or_nan(t.quantity), or_nan(t.low), or_nan(t.high), t.unit)  # fmt: skip
        for year in one.years:
            yield (*told, year.year, or_nan(year.quantity), year.keeping, t.source, t.note)
        if not one.years:
            yield (*told, "", or_nan(None), "", t.source, t.note)


def measure_groups(result: FollowResult) -> tuple[tuple[str, tuple[MeasureTotal, ...]], ...]:
    """Return the groups that measures are added up in: name of the grouping → totals."""
    done = [m for m in result.measures if is_done(m)]
    return (
        ("done", overall(done)), ("ahead", overall([m for m in result.measures if is_ahead(m)])),
        ("category", by_category(done)), ("size", by_size(done)), ("year", by_year(done)),
    )  # fmt: skip


def _measures(result: FollowResult) -> Iterator[Sequence[Any]]:
    yield ("grouped by", "group", "currency", "measures", "investment", "investment known of", "saving a year",
           "saving known of", "saving without a year", "energy saved [GJ/a]", "energy known of", "CO2 avoided [t/a]",
           "CO2 known of", "CO2 without a year [t]", "payback [a]", "payback of")  # fmt: skip
    for group, rows in measure_groups(result):
        for one in rows:
            yield (group, one.name, one.currency, one.count, or_nan(one.investment.value), one.investment.known,
                   or_nan(one.saving.value), one.saving.known, or_nan(one.saved_once.value),
                   or_nan(one.energy_gj.value), one.energy_gj.known, or_nan(one.co2_t.value), one.co2_t.known,
                   or_nan(one.co2_once_t.value), or_nan(one.payback_years), one.payback_of)  # fmt: skip


def _milestones(result: FollowResult) -> Iterator[Sequence[Any]]:
    yield ("milestone", "exchange", "due", "done on", "done", "late [days]", "owner", "note")
    for one in result.milestones:
        m = one.milestone
        yield (m.milestone, m.exchange, str(m.due), str(m.done or "") if one.done else "", one.done, one.late_days,
               m.owner, m.note)  # fmt: skip


def _targets(result: FollowResult) -> Iterator[Sequence[Any]]:
    yield ("indicator", "year", "direction", "target", "value", "unit", "gap", "met", "worked out", "source")
    for one in result.targets:
        t = one.target
        yield (t.indicator, t.year, t.direction, or_nan(t.target), or_nan(one.value), t.unit, or_nan(one.gap), one.met,
               one.computed, t.source)  # fmt: skip


def questions(result: FollowResult) -> tuple[tuple[str, str, str], ...]:
    """Return what must be asked before it counts: of whom or what, as told, the question."""
    told = [t for line in result.lines for t in (line.plan, line.reached) if t is not None and t.question]
    return (
        *((t.exchange, t.told, t.question) for t in told),
        *((m.firm, m.told, m.question) for m in result.measures if m.question),
    )


def _questions(result: FollowResult) -> Iterator[Sequence[Any]]:
    yield ("of", "as told", "question")
    yield from questions(result)


def start_follow(folder: Path, lang: Language) -> list[Path]:
    """Write the missing files of ``follow-up/`` with headings only, and return their paths.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    written = []
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    for entity in ENTITIES:
        if not any((place / f"{FILES[entity]}{end}").exists() for end in ENDINGS):
            path = place / f"{FILES[entity]}.csv"
            path.write_text(as_csv([[c.label(lang) for c in columns(entity)]]), encoding="utf-8", newline="")
            written.append(path)
    return written


def overdue(result: FollowResult) -> list[Problem]:
    """Return next steps and milestones that are late, as sentences."""
    found = [
        Problem("follow.late_step", severity="note", values={
            "exchange": result.name(one.exchange), "step": one.next_step, "due": str(one.due),
            "days": one.overdue_days, "owner": one.owner})
        for one in result.standings if one.overdue_days
    ]  # fmt: skip
    found += [
        Problem("follow.late_milestone", severity="note", values={
            "milestone": one.milestone.milestone, "due": str(one.milestone.due), "days": one.late_days,
            "owner": one.milestone.owner})
        for one in result.milestones if not one.done and one.late_days > 0
    ]  # fmt: skip
    return found


def not_kept(result: FollowResult) -> Iterator[Problem]:
    """Yield terms that ended while their exchange runs on, and years in which less or more flowed than agreed."""
    newest = {one.terms.exchange: one for one in result.terms if one.force != "to come"}
    running = {one.exchange for one in result.standings if one.state in BUILT}
    for name, one in newest.items():
        if one.force == "ended" and one.terms.end is not None and name in running:
            days = (result.date - one.terms.end.last).days
            values = {"exchange": result.name(name), "end": str(one.terms.end), "days": days}
            yield Problem("follow.terms_ended", severity="note", values=values)
    for one in result.terms:
        for year in one.years:
            bound = one.terms.low if year.keeping == "below" else one.terms.high
            if year.keeping in ("below", "above") and year.quantity is not None and bound is not None:
                unit = Text(unit_name(one.terms.unit, "en"), unit_name(one.terms.unit, "zh"))
                values = {"exchange": result.name(one.terms.exchange), "quantity": shown(year.quantity, 4),
                          "unit": unit, "year": year.year, "bound": shown(bound, 4)}  # fmt: skip
                yield Problem(f"follow.terms_{year.keeping}", severity="note", values=values)
