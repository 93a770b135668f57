"""The report of a study as one HTML page: it opens offline, prints well, and runs no script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from lichen.errors import Language, Problem
from lichen.figures import KINDS, Used
from lichen.indicators import compare_outcomes
from lichen.report import pictures
from lichen.report.design import network_context
from lichen.report.discovery import summary_context
from lichen.report.flows import flow_context
from lichen.report.follow import follow_context
from lichen.report.html import decimals, environment, finding_rows, fixed, number, percent, write_page
from lichen.report.svg import format_number
from lichen.report.texts import Words
from lichen.scenario.assess import Assessment, ExchangeResult, winners_and_losers
from lichen.scenario.exchange import Exchange
from lichen.scenario.exchanges import quantity
from lichen.study.answer import answer, scaled
from lichen.study.config import TableStep
from lichen.study.result import StudyResult, name_of, range_text


def write_report(result: StudyResult, folder: Path, lang: Language) -> Path:
    """Write ``report.html`` into ``folder`` and return its path.

    Raises
    ------
    StudyError
        If the folder cannot be written to.
    """
    return write_page(report_html(result, lang), folder, "report.html")


def report_html(result: StudyResult, lang: Language) -> str:
    """Return the report as HTML text."""
    words = Words(lang)
    return environment().get_template("report.html.j2").render(
        w=words, lang=lang, result=result, study=result.loaded.study, answer=answer(result, lang),
        flows=flow_context(result.flows, words) if result.flows else None,
        found=summary_context(result.discovery, words) if result.discovery else None,
        designed=network_context(result.network, words) if result.network else None,
        follow=follow_context(result.follow, words) if result.follow else None,
        finding_rows=finding_rows(_findings(result), words),
        **_pictures(result, words), **_tables(result, words),
    )  # fmt: skip


def scenario_context(result: StudyResult, words: Words) -> dict[str, Any]:
    """Return what the page of one scenario shows, the headline's: its effects by exchange and by sector."""
    report = result.loaded.study.report
    names = ("contributions", "eco", "added", "footprint", "footprints")
    drawn, told = _pictures(result, words), _tables(result, words)
    kept = ("flow_digits", "money_digits", "sector_digits", "added_digits", "rest", "cards", "sector_rows")
    return {
        **{f"{name}_svg": drawn[f"{name}_svg"] for name in names}, **{name: told[name] for name in kept},
        "money_unit": told["money_unit"],
        "exchange_rows": [row for row in told["exchange_rows"] if row["result"]],
        "answer": answer(result, words.lang), "finding_rows": finding_rows(result.findings, words),
        "report": {"account": report.account, "unit": report.unit, "value": report.value},
    }  # fmt: skip


def _findings(result: StudyResult) -> tuple[Problem, ...]:
    """Return what all parts of a study found."""
    parts = (result.flows, result.follow)
    return (*result.findings, *(p for part in parts if part is not None for p in part.findings))


def _pictures(result: StudyResult, words: Words) -> dict[str, Any]:
    """Return all pictures as markup; empty where a study has nothing to draw."""
    drawn = {
        "network": pictures.network(result, words) if result.loaded.book.exchanges else "",
        "footprints": pictures.footprints(result, words), "direct": pictures.direct_by_component(result, words),
        "years": pictures.over_years(result, words), "contributions": "", "eco": "", "added": "", "footprint": "",
    }  # fmt: skip
    headline = result.headline
    if headline is not None:
        drawn |= {
            "contributions": pictures.contributions(result, headline, words),
            "eco": pictures.eco_efficiency(result, headline, words),
            "added": pictures.winners_by_value(result, headline, words),
            "footprint": pictures.winners_by_footprint(result, headline, words),
        }
    found: dict[str, Any] = {f"{name}_svg": Markup(svg) for name, svg in drawn.items()}  # noqa: S704  # our own, escaped
    found["literature"] = [(c, Markup(pictures.literature(c, result.loaded.sources, words))) for c in result.compared]  # noqa: S704
    return found


def _tables(result: StudyResult, words: Words) -> dict[str, Any]:
    headline = result.headline
    kinds = result.kinds
    files = {name.key for name in result.built.inputs}
    exchange_rows = _exchange_rows(result, headline, words) if headline else []
    sector_rows = _sector_rows(result, headline, words) if headline else []
    done = [row["result"] for row in exchange_rows if row["result"]]
    rest = (
        headline.interaction[result.loaded.study.report.account] * scaled(result, "account", headline)
        if headline
        else 0
    )
    return {
        "flow_digits": decimals(r["total"] for r in done),
        "money_digits": decimals(r["donor"] for r in done),
        "sector_digits": decimals(r["footprint_change"] for r in sector_rows),
        "added_digits": decimals(r["added"] for r in sector_rows),
        "rest": rest,
        "cards": _cards(result, headline, words) if headline else [],
        "exchange_rows": exchange_rows,
        "sector_rows": sector_rows,
        "excluded": [e for e in result.loaded.book.exchanges if not e.include],
        "scenario_rows": _scenario_rows(result, words),
        "money_unit": words("million", currency=pictures.currency(result, headline)) if headline else "",
        "table_rows": [_table_row(result, step, words) for step in result.loaded.study.table],
        "kinds_text": words("comma").join(f"{words(k)} {percent(kinds.get(k, 0), 0)}" for k in KINDS) if kinds else "–",
        "kind_shares": [(k, words(k), kinds.get(k, 0.0)) for k in KINDS],
        "own_figures": [u for u in result.figures if u.key not in files],
        "file_figures": [u for u in result.figures if u.key in files],
        "figure_row": lambda used: _figure_row(used, words),
        "name_of": name_of,
    }


def _cards(result: StudyResult, headline: Assessment, words: Words) -> list[tuple[str, str, str]]:
    """Return the headline's numbers: number, unit and what, small print."""
    report = result.loaded.study.report
    scale = scaled(result, "account", headline)
    spread = result.spreads.get(headline.scenario)
    small = ""
    if spread is not None:
        low, high = spread.quantile(0.05) * scale, spread.quantile(0.95) * scale
        small = words("range90", low=fixed(low, 2), high=fixed(high, 2))
    waste = sum(one.waste_avoided for one in headline.exchanges) / 1000
    weak = result.kinds.get("estimated", 0.0) + result.kinds.get("assumed", 0.0)
    return [
        (format_number(headline.change(report.account) * scale, 3, plus=True), f"{report.unit}/a",
         words("card_change", account=report.account) + (f" · {small}" if small else "")),
        (percent(headline.relative_change(report.account), plus=True), "", words("card_share")),
        (format_number(waste, 3), "kt/a", words("card_waste")),
        (percent(weak, 0), "", words("card_weak")),
    ]  # fmt: skip


def _exchange_rows(result: StudyResult, headline: Assessment, words: Words) -> list[dict[str, Any]]:
    account = result.loaded.study.report.account
    flow, money = scaled(result, "account", headline), scaled(result, "money", headline)
    by_id = {one.id: one for one in headline.exchanges}
    names = pictures.sector_names(result, words)
    return [
        _exchange_row(e, by_id.get(e.id), account, flow, money, names, result, words)
        for e in result.loaded.book.exchanges if e.include
    ]  # fmt: skip


def _exchange_row(
    exchange: Exchange, one: ExchangeResult | None, account: str, flow: float, money: float,
    names: Mapping[str, str], result: StudyResult, words: Words,
) -> dict[str, Any]:  # fmt: skip
    scale = 1e-3 if exchange.carrier == "mass" else 1.0
    products = {p.id: p for p in result.loaded.book.products}
    rates = [
        f"{name_of(products[r.product].name, r.product, words.lang)} {r.rate.value:g} {r.rate.unit}"
        for r in exchange.replaces
    ]
    row = {
        "name": exchange.name.text(words.lang),
        "donor": names.get(exchange.donor, exchange.donor),
        "receiver": names.get(exchange.receiver, exchange.receiver),
        "unit": pictures.stream_unit(exchange),
        "status": words.known("status", exchange.status),
        "rates": "; ".join(rates),
        "existing": quantity(exchange, exchange.existing) * scale,
        "designed": quantity(exchange, exchange.designed) * scale,
        "implemented": quantity(exchange, exchange.implemented) * scale,
        "result": None,
    }
    if one is not None:
        row["result"] = {
            "more": one.amount * scale, "onsite": one.onsite[account] * flow, "upstream": one.upstream[account] * flow,
            "total": one.total(account) * flow, "donor": one.donor_money * money,
            "receiver": one.receiver_money * money, "supplier": one.supplier_money * money,
            "saved": [
                f"{name_of(products[p].name, p, words.lang)} {number(a, 3)} {products[p].unit}/a"
                for p, a in one.saved.items()
            ],
        }  # fmt: skip
    return row


def _scenario_rows(result: StudyResult, words: Words) -> list[dict[str, Any]]:
    report = result.loaded.study.report
    rows = []
    for step in result.loaded.study.scenario:
        scale = pictures.account_scale(result, step.id)
        assessment, spread = result.assessments.get(step.id), result.spreads.get(step.id)
        rows.append({
            "id": step.id, "name": name_of(step.name, step.id, words.lang), "note": step.note.text(words.lang),
            "total": result.outcomes[step.id].accounts.total(report.account) * scale,
            "reference": step.reference, "headline": step.id == report.scenario,
            "change": assessment.change(report.account) * scale if assessment else None,
            "share": assessment.relative_change(report.account) if assessment else None,
            "low": spread.quantile(0.05) * scale if spread else None,
            "high": spread.quantile(0.95) * scale if spread else None,
        })  # fmt: skip
    return rows


def _sector_rows(result: StudyResult, headline: Assessment, words: Words) -> list[dict[str, Any]]:
    report = result.loaded.study.report
    eco = compare_outcomes(headline.before, headline.after, report.account, report.value, "consumption",
                           result.grouping.weights, result.grouping.labels)  # fmt: skip
    scale, money = scaled(result, "account", headline), scaled(result, "money", headline)
    row = headline.before.accounts.row(report.account)
    own = [result.grouped(o.accounts.production[row]) * scale for o in (headline.before, headline.after)]
    added = result.grouped(winners_and_losers(headline)) * money
    names = result.grouping.names(words.lang)
    return [
        {
            "code": label if names[label] != label else "",
            "name": names[label],
            "own": own[0][g],
            "own_change": own[1][g] - own[0][g],
            "footprint": eco.impact_before[g] * scale,
            "footprint_change": (eco.impact_after - eco.impact_before)[g] * scale,
            "eco": eco.before[g] * money / scale,
            "eco_change": eco.relative_change[g],
            "added": added[g],
            "hidden": bool(eco.hidden_rise[g]),
        }
        for g, label in enumerate(result.grouping.labels)
    ]


def _table_row(result: StudyResult, step: TableStep, words: Words) -> dict[str, str]:
    table = result.built.tables[step.id]
    if step.update:
        made = words("step_update", of=step.update.of, year=step.update.year, file=step.update.margins)
    elif step.regionalise:
        r = step.regionalise
        region = r.region.text(words.lang)
        made = words(
            "step_regionalise", region=region, of=r.of, method=r.method, delta=r.delta, file=r.shares, year=r.year
        )
    elif step.aggregate:
        made = words("step_aggregate", of=step.aggregate.of, to=step.aggregate.to)
    elif step.domestic:
        made = words("step_domestic", of=step.domestic.of)
    else:
        made = words("step_file", file=step.file)
    return {
        "id": step.id, "made": made, "unit": table.unit, "kind": words(table.origin.kind),
        "treatment": words(table.treatment.replace(" ", "_")), "source": table.origin.source,
    }  # fmt: skip


def _figure_row(used: Used, words: Words) -> dict[str, str]:
    f = used.figure
    return {
        "place": used.key, "value": f"{f.value:g}", "unit": f.unit, "range": range_text(f), "kind": words(f.kind),
        "kind_key": f.kind, "source": f.source, "note": f.note, "year": str(f.year or ""),
    }  # fmt: skip
