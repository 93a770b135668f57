"""The pictures of a study's report: from a result to SVG texts. What is drawn is decided here, how in ``charts``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lichen.figures import Source
from lichen.indicators import compare_outcomes
from lichen.labelled import Array
from lichen.report.charts import (
    Bar,
    BarRow,
    Caption,
    ChangeRow,
    DeltaRow,
    Estimate,
    Line,
    StackRow,
    WaterfallStep,
    bar_chart,
    comparison_chart,
    diverging_bar_chart,
    dumbbell_chart,
    line_chart,
    stacked_bar_chart,
    waterfall_chart,
)
from lichen.report.sankey import SankeyLink, exchange_kinds, exchange_network
from lichen.report.texts import Words
from lichen.scenario.assess import Assessment, winners_and_losers
from lichen.scenario.exchange import CITY, STREAM_UNIT, Exchange
from lichen.scenario.exchanges import quantity
from lichen.study.answer import scaled
from lichen.study.result import Compared, StudyResult
from lichen.units import factor
from lichen.vocabulary.sectors import classifications, sectors

MOST_COMPONENTS = 6
"""Fuels drawn apart in the chart of direct emissions; smaller ones are added up."""


def network(result: StudyResult, words: Words) -> str:
    """Donors and receivers with what existed and what the headline's scenario adds."""
    names = sector_names(result, words)
    links: list[SankeyLink] = []
    for exchange in result.loaded.book.exchanges:
        ends = (names.get(exchange.donor, exchange.donor), names.get(exchange.receiver, exchange.receiver))
        stream = exchange.stream.text(words.lang)
        if not exchange.include:
            figure = exchange.designed
            links.append(
                SankeyLink(*ends, None, stream, "excluded", text=f"{stream} ({figure.value:g} {figure.unit}?)")
            )
            continue
        if exchange.carrier != "mass":  # one diagram, one unit: flows of energy are drawn without a width
            amount = quantity(exchange, exchange.designed)
            links.append(SankeyLink(*ends, None, stream, "new", text=f"{stream} ({amount:,.0f} GJ/a)"))
            continue
        links += _mass_links(result, exchange, ends, stream)
    kinds = exchange_kinds(words("existing"), words("new"), words("excluded"))
    caption = Caption(words("network"), words("network_lead"), unit="kt/a", width=900)
    return exchange_network(caption, links, kinds)


def _mass_links(result: StudyResult, exchange: Exchange, ends: tuple[str, str], stream: str) -> list[SankeyLink]:
    headline = result.headline
    wanted = result.scenario(result.loaded.study.report.scenario).exchanges
    figure = getattr(exchange, wanted) if isinstance(wanted, str) and wanted != "none" else exchange.designed
    before, after = quantity(exchange, exchange.existing), quantity(exchange, figure)
    if headline is None:
        before = 0.0
    kept, new = min(before, after) / 1000, max(after - before, 0.0) / 1000
    both = f"{stream} {before / 1000:,.0f} → {after / 1000:,.0f} kt/a" if kept and new else None
    links = []
    if kept:
        links.append(SankeyLink(*ends, kept, stream, "existing", text="" if both else None))
    if new:
        links.append(SankeyLink(*ends, new, stream, "new", text=both))
    return links


def sector_names(result: StudyResult, words: Words) -> dict[str, str]:
    """Return the name of each sector of the study's tables, and of the city."""
    names: dict[str, str] = {CITY: words("city")}
    for table in result.built.tables.values():
        known = table.origin.classification in classifications()
        found = sectors(table.origin.classification).names(words.lang) if known else {s: s for s in table.sectors}
        names.update({s: n for s, n in found.items() if s not in names})
    return names


def contributions(result: StudyResult, assessment: Assessment, words: Words) -> str:
    """From the reference's total by each exchange to the scenario's."""
    account, unit = result.loaded.study.report.account, result.loaded.study.report.unit
    scale = scaled(result, "account", assessment)
    names = {e.id: e.name.text(words.lang) for e in result.loaded.book.exchanges}
    ranked = sorted(assessment.exchanges, key=lambda one: one.total(account))
    changes = np.array([one.total(account) * scale for one in ranked])
    steps = [WaterfallStep(names[one.id], _seen(changes, i, 1e-3)) for i, one in enumerate(ranked)]
    rest = assessment.interaction[account] * scale
    if abs(rest) > 1e-4 * abs(assessment.change(account) * scale):
        steps.append(WaterfallStep(words("interventions"), rest))
    start = WaterfallStep(assessment.reference, assessment.before.accounts.total(account) * scale)
    caption = Caption(
        words("contributions"), value_label=f"{account} [{unit}/a]", unit=f"{unit}/a", width=860, digits=3
    )
    return waterfall_chart(caption, start, steps, assessment.scenario, cut_note=words("cut_note"))


def footprints(result: StudyResult, words: Words) -> str:
    """Footprint of each group of sectors in the plain scenario of every economy and in the headline's."""
    report = result.loaded.study.report
    chosen = shown_scenarios(result)
    bars = [
        result.grouped(result.outcomes[s].accounts.consumption[result.outcomes[s].accounts.row(report.account)])
        * account_scale(result, s)
        for s in chosen
    ]
    rows = [
        BarRow(name, tuple(Bar(_seen(values, g)) for values in bars))
        for g, name in enumerate(result.grouping.names(words.lang)[k] for k in result.grouping.labels)
    ]
    caption = Caption(
        words("footprint_chart"), value_label=f"{report.account} [{report.unit}/a]", unit=f"{report.unit}/a", width=860
    )
    return bar_chart(caption, chosen, rows)


def _seen(values: Array, place: int, least: float = 1e-9) -> float:
    """Return a value, or 0 where it is less than the share ``least`` of the largest and could not be seen."""
    return float(values[place]) if abs(values[place]) > least * np.abs(values).max() else 0.0


def shown_scenarios(result: StudyResult) -> list[str]:
    """Return the scenarios drawn side by side: one of each economy by the decoupling table, and the headline's two."""
    chain = [result.decoupling[0].before, *(d.after for d in result.decoupling)] if result.decoupling else []
    report = result.loaded.study.report.scenario
    headline = result.headline
    return list(dict.fromkeys([*chain, *([headline.reference] if headline else []), report]))


def account_scale(result: StudyResult, scenario: str) -> float:
    """Return the number that turns a scenario's account into the report's unit."""
    report = result.loaded.study.report
    accounts = result.outcomes[scenario].accounts
    return factor(accounts.units[accounts.row(report.account)], report.unit)


def direct_by_component(result: StudyResult, words: Words) -> str:
    """Own emissions of each group by fuel and process, in the economy of the headline; empty if there are no parts."""
    report = result.loaded.study.report
    step = next(e for e in result.loaded.study.economy if e.id == result.scenario(report.scenario).economy)
    parts: dict[str, Array] = {}
    for name in step.satellites:
        satellites = result.built.satellites[name]
        for i, account in enumerate(satellites.accounts):
            if account == report.account and satellites.components[i]:
                scale = factor(satellites.units[i], report.unit)
                part = result.grouped(satellites.values[i]) * scale
                parts[satellites.components[i]] = parts.get(satellites.components[i], 0.0) + part
    if not parts:
        return ""
    shown = _largest(parts)
    names = result.grouping.names(words.lang)
    rows = [
        StackRow(names[label], tuple(float(part[g]) for part in shown.values()))
        for g, label in enumerate(result.grouping.labels)
    ]
    caption = Caption(
        words("direct_chart"), value_label=f"{report.account} [{report.unit}/a]", unit=f"{report.unit}/a", width=860
    )
    return stacked_bar_chart(caption, [words.known("component", name) for name in shown], rows)


def _largest(parts: Mapping[str, Array]) -> dict[str, Array]:
    ranked = sorted(parts, key=lambda name: -float(np.abs(parts[name]).sum()))
    shown = {name: parts[name] for name in ranked[:MOST_COMPONENTS]}
    if ranked[MOST_COMPONENTS:]:
        shown["other"] = np.asarray(sum(parts[name] for name in ranked[MOST_COMPONENTS:]))
    return shown


def eco_efficiency(result: StudyResult, assessment: Assessment, words: Words) -> str:
    """Eco-efficiency of each group before and after, on a logarithmic axis where the groups differ much."""
    report = result.loaded.study.report
    eco = compare_outcomes(assessment.before, assessment.after, report.account, report.value, "consumption",
                           result.grouping.weights, result.grouping.labels)  # fmt: skip
    money, scale = scaled(result, "money", assessment), scaled(result, "account", assessment)
    names = result.grouping.names(words.lang)
    rows = [
        ChangeRow(names[label], float(eco.before[g] * money / scale), float(eco.after[g] * money / scale))
        for g, label in enumerate(eco.sectors)
        if np.isfinite(eco.before[g]) and np.isfinite(eco.after[g]) and min(eco.before[g], eco.after[g]) > 0
    ]
    values = [row.before for row in rows]
    log = bool(values) and max(values) > 30 * min(values)
    million = words("million", currency=currency(result, assessment)).removesuffix("/a").removesuffix("/年")
    unit = f"{million}/{report.unit}"
    caption = Caption(words("eco_chart", value=words(report.value)), value_label=unit, unit=unit, width=860)
    return dumbbell_chart(
        caption, rows, before_label=assessment.reference, after_label=assessment.scenario, better="higher", log=log
    )


def currency(result: StudyResult, assessment: Assessment) -> str:
    """Return the currency of the table a scenario rests on."""
    from lichen.units import currency_of

    unit = result.built.economies[result.scenario(assessment.scenario).economy].table.unit
    return currency_of(unit) or unit


def winners_by_value(result: StudyResult, assessment: Assessment, words: Words) -> str:
    """Change of value added by group."""
    change = result.grouped(winners_and_losers(assessment))
    base = result.grouped(assessment.before.value_kept)
    change = change * scaled(result, "money", assessment)
    base = base * scaled(result, "money", assessment)
    unit = words("million", currency=currency(result, assessment))
    caption = Caption(words("winners_added"), value_label=unit, unit=unit, width=860)
    return diverging_bar_chart(caption, _ranked(result, change, base, words), better="higher",
                               better_label=words("gain"), worse_label=words("loss"))  # fmt: skip


def winners_by_footprint(result: StudyResult, assessment: Assessment, words: Words) -> str:
    """Change of the footprint by group."""
    report = result.loaded.study.report
    scale = scaled(result, "account", assessment)
    row = assessment.before.accounts.row(report.account)
    base = result.grouped(assessment.before.accounts.consumption[row]) * scale
    change = result.grouped(assessment.after.accounts.consumption[row]) * scale - base
    caption = Caption(
        words("winners_footprint"),
        value_label=f"{report.account} [{report.unit}/a]",
        unit=f"{report.unit}/a",
        width=860,
    )
    return diverging_bar_chart(caption, _ranked(result, change, base, words), better="lower",
                               better_label=words("falls"), worse_label=words("rises"))  # fmt: skip


def _ranked(result: StudyResult, change: Array, base: Array, words: Words) -> list[DeltaRow]:
    names = result.grouping.names(words.lang)
    rows = [
        DeltaRow(
            names[label], _seen(change, g, 1e-4), f"{change[g] / base[g]:+.2%}".replace("-", "−") if base[g] else ""
        )
        for g, label in enumerate(result.grouping.labels)
    ]
    return sorted(rows, key=lambda r: -r.change)


def over_years(result: StudyResult, words: Words) -> str:
    """The account's total of each economy by year, as an index of the first; empty for fewer than two."""
    if not result.decoupling:
        return ""
    report = result.loaded.study.report
    chain = [result.decoupling[0].before, *(d.after for d in result.decoupling)]
    years = {e.id: e.year for e in result.loaded.study.economy}
    impact, value = [], []
    for name in chain:
        outcome, year = result.outcomes[name], years[result.scenario(name).economy]
        total = outcome.accounts.output.sum() if report.value == "output" else outcome.value_added.sum()
        impact.append((year, outcome.accounts.total(report.account) * account_scale(result, name)))
        value.append((year, float(total)))
    lines = [
        Line(report.account, tuple((y, v / impact[0][1] * 100) for y, v in impact)),
        Line(words(report.value), tuple((y, v / value[0][1] * 100) for y, v in value), dashed=True),
    ]
    caption = Caption(words("years"), value_label=f"{impact[0][0]} = 100", width=860)
    return line_chart(caption, lines)


def literature(compared: Compared, sources: Mapping[str, Source], words: Words) -> str:
    """One of our results beside published figures."""
    ours = Estimate(words("ours"), compared.value, compared.low, compared.high, ours=True)
    rows = [ours]
    for published in compared.published:
        value = published.figure.value * (
            1 if "%" in compared.unit else factor(published.figure.unit.removesuffix("/a"), compared.unit)
        )
        rows.append(Estimate(sources[published.source].name or published.source, value, source=published.figure.note))
    title = compared.published[0].what.text(words.lang) if compared.published else compared.comparison.measure
    caption = Caption(title, value_label=compared.unit, unit=compared.unit, width=860)
    return comparison_chart(caption, rows, ours_label=words("ours"), published_label=words("published"))


def stream_unit(exchange: Exchange) -> str:
    """Return the unit a stream's quantities are shown in."""
    return "kt/a" if STREAM_UNIT[exchange.carrier] == "t" else "GJ/a"
