"""Follow-up as a page of its own and as a section of a study's report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup

from lichen.errors import Language
from lichen.monitor.board import Standing
from lichen.monitor.dictionary import word
from lichen.monitor.measures import MeasureTotal
from lichen.monitor.plan import COUNTED, Line, Sum, cumulative, summed, totals
from lichen.monitor.targets import TargetLine
from lichen.monitor.terms import Held, duration_text, price_text, quantity_text
from lichen.monitor.values import BUILT
from lichen.report.charts import Bar, BarRow, Caption, bar_chart
from lichen.report.html import environment, finding_rows, number, percent, write_page
from lichen.report.svg import format_number
from lichen.report.texts import Words
from lichen.study.follow import FollowResult
from lichen.study.follow_tables import measure_groups, not_kept, overdue, questions
from lichen.units import factor, same_dimension, unit_name

MOST_BARS = 40
DRAWN = (("t/a", 1e3, "kt/a"), ("GJ/a", 1e3, "TJ/a"), ("m3/a", 1e3, "10³ m³/a"), ("Nm3/a", 1e3, "10³ Nm³/a"))
"""Unit of a picture, how many of it are one of the unit that is shown, and that unit."""


def write_follow_report(result: FollowResult, folder: Path, lang: Language, stalled: int | None = None) -> Path:
    """Write ``follow-up.html`` into ``folder`` and return its path; :class:`StudyError` if it cannot be written."""
    return write_page(follow_html(result, lang, stalled), folder, "follow-up.html")


def follow_html(result: FollowResult, lang: Language, stalled: int | None = None) -> str:
    """Return the page as HTML text; what is in one state for more than ``stalled`` days and not built is marked."""
    words = Words(lang)
    return environment().get_template("follow.html.j2").render(
        w=words, lang=lang, title=result.title.text(lang), follow=follow_context(result, words, stalled),
        finding_rows=finding_rows(result.findings, words),
    )  # fmt: skip


def follow_context(result: FollowResult, words: Words, stalled: int | None = None) -> dict[str, Any]:
    """Return what the page shows."""
    lang = words.lang
    return {
        "date": result.date.isoformat(),
        "cards": [*_cards(result, words)],
        "late": [p.text(lang) for p in overdue(result)],
        "not_kept": [p.text(lang) for p in not_kept(result)],
        "standings": [_standing(one, result, words, stalled) for one in result.standings],
        "pictures": [*_pictures(result, words)],
        "lines": [_line(one, result, words) for one in result.lines],
        "years": [_sum(one, one.name, result, words) for one in totals(result.lines)],
        "cumulative": [_sum(one, result.name(one.name).text(lang), result, words) for one in cumulative(result.lines)],
        "measures": [
            (words.known("measures", group), [_measure(one, group, words) for one in rows])
            for group, rows in measure_groups(result)
            if rows and not (group in ("size", "year") and all(not one.name for one in rows))
        ],
        "terms": [{"name": result.name(t.terms.exchange).text(lang)} | terms_row(t, words) for t in result.terms],
        "milestones": [
            (one.milestone.milestone, result.name(one.milestone.exchange).text(lang), str(one.milestone.due),
             str(one.milestone.done) if one.done else "", one.late_days, one.milestone.owner)
            for one in result.milestones
        ],
        "targets": [target_row(one, words) for one in result.targets],
        "questions": [(result.name(of).text(lang), told, ask) for of, told, ask in questions(result)],
    }  # fmt: skip


def _cards(result: FollowResult, words: Words) -> Iterator[tuple[str, str, str]]:
    """Yield number, unit, what."""
    if result.standings:
        built = sum(one.state in BUILT for one in result.standings)
        yield f"{built}", "", words("card_built", all=len(result.standings))
    years = [one for one in totals(result.lines) if one.counted]
    if years:
        last = max(years, key=lambda one: (int(one.name), one.counted))
        share = "–" if last.share is None else percent(last.share, 0)
        yield share, "", words("card_share_reached", year=last.name, n=last.counted)
    waiting = [line for line in result.lines if line.verdict == "not reported"]
    if result.lines:
        yield f"{len(waiting)}", "", words("card_not_reported")
    done = dict(measure_groups(result))["done"]
    if done:
        yield f"{sum(one.count for one in done)}", "", words("card_measures")
    late = overdue(result)
    if late or result.milestones or any(one.due for one in result.standings):
        yield f"{len(late)}", "", words("card_late")


def _standing(one: Standing, result: FollowResult, words: Words, stalled: int | None) -> dict[str, Any]:
    lang = words.lang
    return {
        "name": result.name(one.exchange).text(lang), "state": word("event", "state", one.state).text(lang),
        "built": one.state in BUILT, "since": str(one.since), "days": one.days, "owner": one.owner,
        "next": one.next_step, "due": str(one.due or ""), "late": one.overdue_days,
        "stalls": stalled is not None and one.stalls(stalled),
        "history": [
            (str(e.date), word("event", "state", e.state).text(lang), e.note, e.who, e.source) for e in one.history
        ],
    }  # fmt: skip


def _pictures(result: FollowResult, words: Words) -> Iterator[tuple[str, Markup]]:
    """Yield heading and picture: planned beside actual, for each kind of unit."""
    for unit, scale, shown in DRAWN:
        lines = [one for one in result.lines if one.verdict in COUNTED and same_dimension(one.unit, unit)]
        rows = [_bars(one, factor(one.unit, unit) / scale, result, words) for one in lines[-MOST_BARS:]]
        if rows:
            caption = Caption(words("plan_chart"), words("plan_note"), value_label=shown, unit=shown, width=900)
            series = (words("planned_qty"), words("actual_qty"))
            yield words("plan_chart"), Markup(bar_chart(caption, series, rows))  # noqa: S704  # our own, escaped


def _bars(one: Line, ratio: float, result: FollowResult, words: Words) -> BarRow:
    planned, actual, low, high = (
        (v or 0.0) * ratio for v in (one.planned, one.actual, one.actual_low, one.actual_high)
    )  # fmt: skip
    name = f"{result.name(one.exchange).text(words.lang)} · {one.year}"
    return BarRow(name, (Bar(planned), Bar(actual, low, high) if low < high else Bar(actual)))


def _line(one: Line, result: FollowResult, words: Words) -> dict[str, Any]:
    kinds = [(t.quantity.kind if t and t.quantity else "") for t in (one.plan, one.reached)]
    sources = [t.source for t in (one.plan, one.reached) if t is not None]
    return {
        "name": result.name(one.exchange).text(words.lang), "year": one.year,
        "unit": unit_name(one.unit, words.lang), "planned": number(one.planned),
        "actual": number(one.actual), "difference": number(one.difference),
        "share": "–" if one.share is None else percent(one.share, 0), "verdict": words.known("verdict", one.verdict),
        "key": one.verdict, "note": one.note.text(words.lang),
        "co2": " / ".join(number(v) for v in (one.co2_planned_t, one.co2_actual_t))
               if one.co2_planned_t is not None or one.co2_actual_t is not None else "",
        "money": f"{number(one.money_planned)} / {number(one.money_actual)} {one.currency}/a" if one.currency else "",
        "kind": kinds[1] or kinds[0], "kind_name": words(kinds[1] or kinds[0]) if any(kinds) else "",
        "sources": "; ".join(_named(source, result) for source in dict.fromkeys(sources)),
        "notes": "; ".join(dict.fromkeys(t.note for t in (one.plan, one.reached) if t is not None and t.note)),
    }  # fmt: skip


def terms_row(one: Held, words: Words) -> dict[str, Any]:
    """Return agreed terms as they are shown."""
    lang, terms = words.lang, one.terms
    price, quantity = price_text(terms), quantity_text(terms)
    years = [
        f"{year.year}: " + (f"{number(year.quantity)} · " if year.quantity is not None else "")
        + words.known("keeping", year.keeping) for year in one.years
    ]  # fmt: skip
    return {
        "price": price.text(lang) if price else "",
        "quantity": quantity.text(lang) if quantity else "", "duration": duration_text(terms).text(lang),
        "force": words.known("force", one.force), "key": one.force, "days_left": one.days_left,
        "years": words("comma").join(years), "kept": all(year.keeping == "kept" for year in one.years),
        "source": terms.source, "note": terms.note,
    }  # fmt: skip


def _named(source: str, result: FollowResult) -> str:
    """Return what a source is called, where the study describes it."""
    known = result.loaded.sources.get(source) if result.loaded else None
    return (known.name or source) if known else source


def _sum(one: Sum, name: str, result: FollowResult, words: Words) -> dict[str, Any]:
    return {
        "name": name, "unit": unit_name(one.unit, words.lang), "planned": number(one.planned if one.counted else None),
        "actual": number(one.actual if one.counted else None), "difference": number(one.difference),
        "share": "–" if one.share is None else percent(one.share, 0), "counted": one.counted,
        "unplanned": one.unplanned, "asked": one.to_ask,
        "missing": words("comma").join(result.name(n).text(words.lang) for n in one.unreported),
    }  # fmt: skip


def _measure(one: MeasureTotal, group: str, words: Words) -> dict[str, Any]:
    name = word("measure", group, one.name).text(words.lang) if group in ("category", "size") else one.name
    money = one.currency
    nobody = words("all_measures") if group in ("done", "ahead") else words("not_known")

    def told(value: float | None, known: int, unit: str) -> str:
        return f"{summed(value, unit)}{'' if known in (0, one.count) else ' ' + words('known_of', n=known)}"

    saving = told(one.saving.value, one.saving.known, f"{money}/a")
    if one.saved_once.value is not None:
        once = f"{summed(one.saved_once.value, money)} {words('no_year')}"
        saving = once if one.saving.value is None else f"{saving}; {once}"
    co2 = told(one.co2_t.value, one.co2_t.known, "t/a")
    if one.co2_once_t.value is not None:
        once = f"{summed(one.co2_once_t.value, 't')} {words('no_year')}"
        co2 = once if one.co2_t.value is None else f"{co2}; {once}"
    return {
        "name": name or nobody, "count": one.count,
        "investment": told(one.investment.value, one.investment.known, money), "saving": saving,
        "energy": told(one.energy_gj.value, one.energy_gj.known, "GJ/a"), "co2": co2,
        "payback": "–" if one.payback_years is None else f"{format_number(one.payback_years, 2)} a"
                   + ("" if one.payback_of == one.count else " " + words("known_of", n=one.payback_of)),
    }  # fmt: skip


def target_row(one: TargetLine, words: Words) -> dict[str, Any]:
    """Return an indicator against its target as it is shown."""
    t = one.target
    known = words.known("indicator", t.indicator)
    return {
        "name": known, "year": t.year, "unit": unit_name(t.unit, words.lang),
        "direction": word("target", "direction", t.direction).text(
            words.lang), "target": number(t.target), "value": number(one.value), "computed": one.computed,
        "gap": number(one.gap), "met": words.known("met", one.met), "key": one.met, "source": t.source, "note": t.note,
    }  # fmt: skip
