"""Write a study's results: results.json, tables as CSV, one XLSX."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lichen.errors import Language
from lichen.indicators import compare_outcomes
from lichen.study.answer import answer
from lichen.study.result import StudyResult, name_of
from lichen.study.tables import Cells, as_objects, finding_rows, json_value, or_nan, write_tables


def write_results(result: StudyResult, folder: Path, lang: Language) -> list[Path]:
    """Write results.json, CSV tables and results.xlsx into ``folder`` and return their paths.

    Raises
    ------
    StudyError
        If the folder cannot be written to.
    """
    texts = {"results.json": json.dumps(as_dict(result, lang), ensure_ascii=False, indent=1)}
    return write_tables(folder, "results", result_tables(result, lang), texts)


# --- tables ------------------------------------------------------------------------------------------
def result_tables(result: StudyResult, lang: Language) -> dict[str, Cells]:
    """Return name → table for all results, in plain cells."""
    return {
        "scenarios": [*_scenarios(result, lang)],
        "exchanges": [*_exchanges(result, lang)],
        "sectors": [*_sectors(result, lang)],
        "sector_changes": [*_changes(result, lang)],
        "comparison": [*_comparison(result, lang)],
        "inputs": [*_inputs(result)],
        "findings": [*finding_rows(result.findings, lang)],
    }


def _scenarios(result: StudyResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("scenario", "name", "economy", "reference", "account", "unit", "total", "change", "relative change", "p05",
           "p95", "output", "value added", "money unit", "imports")  # fmt: skip
    for step in result.loaded.study.scenario:
        outcome, assessment = result.outcomes[step.id], result.assessments.get(step.id)
        unit = result.built.economies[step.economy].table.unit
        for account, account_unit in zip(outcome.accounts.labels, outcome.accounts.units, strict=True):
            change = assessment.change(account) if assessment else math.nan
            relative = assessment.relative_change(account) if assessment else math.nan
            spread = result.spreads.get(step.id) if account == result.loaded.study.report.account else None
            yield (step.id, name_of(step.name, step.id, lang), step.economy, step.reference, account, account_unit,
                   outcome.accounts.total(account), change, relative, spread.quantile(0.05) if spread else math.nan,
                   spread.quantile(0.95) if spread else math.nan, float(outcome.accounts.output.sum()),
                   float(outcome.value_added.sum()), unit, outcome.accounts.treatment)  # fmt: skip


def _exchanges(result: StudyResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield (
        "scenario",
        "reference",
        "exchange",
        "name",
        "donor",
        "receiver",
        "stream unit",
        "change of quantity",
        "waste avoided",
        "account",
        "account unit",
        "on site",
        "upstream",
        "total",
        "credit donor",
        "credit receiver",
        "donor gains",
        "receiver gains",
        "suppliers' sales",
        "money unit",
        "saved",
        "needed",
    )
    book = {e.id: e for e in result.loaded.book.exchanges}
    units = {p.id: p.unit for p in result.loaded.book.products}
    for assessment in result.assessments.values():
        accounts = assessment.before.accounts
        money = result.built.economies[result.scenario(assessment.scenario).economy].table.unit
        for one in assessment.exchanges:
            exchange = book[one.id]
            for account, unit in zip(accounts.labels, accounts.units, strict=True):
                main = account == result.loaded.study.report.account
                yield (assessment.scenario, assessment.reference, one.id, exchange.name.text(lang), exchange.donor,
                       exchange.receiver, "t/a" if exchange.carrier == "mass" else "GJ/a", one.amount,
                       one.waste_avoided, account, unit, one.onsite[account], one.upstream[account],
                       one.total(account), one.credit["donor"] if main else math.nan,
                       one.credit["receiver"] if main else math.nan, one.donor_money, one.receiver_money,
                       one.supplier_money, money, _amounts(one.saved, units), _amounts(one.needed, units))  # fmt: skip


def _amounts(amounts: Any, units: dict[str, str]) -> str:
    return "; ".join(f"{name} {amount:.6g} {units[name]}/a" for name, amount in amounts.items())


def _sectors(result: StudyResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("scenario", "sector", "name", "output", "value added", "money unit", "account", "unit", "production",
           "consumption footprint", "eco-efficiency (output / footprint)", "eco-efficiency (value added / footprint)",
           "eco-efficiency (output / own)")  # fmt: skip
    names = result.grouping.names(lang)
    for step in result.loaded.study.scenario:
        outcome = result.outcomes[step.id]
        accounts = outcome.accounts
        output, added = result.grouped(accounts.output), result.grouped(outcome.value_added)
        unit = result.built.economies[step.economy].table.unit
        for i, account in enumerate(accounts.labels):
            own, footprint = result.grouped(accounts.production[i]), result.grouped(accounts.consumption[i])
            for g, label in enumerate(result.grouping.labels):
                yield (step.id, label, names[label], output[g], added[g], unit, account, accounts.units[i], own[g],
                       footprint[g], _ratio(output[g], footprint[g]), _ratio(added[g], footprint[g]),
                       _ratio(output[g], own[g]))  # fmt: skip


def _ratio(value: float, impact: float) -> float:
    return float(value / impact) if impact else math.nan


def _changes(result: StudyResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("scenario", "reference", "sector", "name", "account", "unit", "footprint before", "footprint after",
           "eco-efficiency before", "eco-efficiency after", "relative change", "rise hidden by efficiency",
           "output change", "value added change", "own flows change")  # fmt: skip
    names, report = result.grouping.names(lang), result.loaded.study.report
    for assessment in result.assessments.values():
        before, after = assessment.before, assessment.after
        added = result.grouped(after.value_kept - before.value_kept)
        output = result.grouped(after.accounts.output - before.accounts.output)
        for i, account in enumerate(before.accounts.labels):
            eco = compare_outcomes(before, after, account, report.value, "consumption", result.grouping.weights,
                                   result.grouping.labels)  # fmt: skip
            own = result.grouped(after.accounts.production[i] - before.accounts.production[i])
            for g, label in enumerate(eco.sectors):
                yield (assessment.scenario, assessment.reference, label, names[label], account,
                       before.accounts.units[i], eco.impact_before[g], eco.impact_after[g], eco.before[g], eco.after[g],
                       eco.relative_change[g], bool(eco.hidden_rise[g]), output[g], added[g], own[g])  # fmt: skip


def _comparison(result: StudyResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield (
        "scenario",
        "measure",
        "ours",
        "low",
        "high",
        "unit",
        "published",
        "published unit",
        "what",
        "source",
        "reasons",
    )
    for line in result.compared:
        for published in line.published or ():
            yield (line.comparison.scenario, line.comparison.measure, line.value, or_nan(line.low), or_nan(line.high),
                   line.unit, published.figure.value, published.figure.unit, published.what.text(lang),
                   published.source, line.comparison.reasons.text(lang))  # fmt: skip


def _inputs(result: StudyResult) -> Iterator[Sequence[Any]]:
    yield ("place", "value", "unit", "low", "high", "kind", "source", "year", "note")
    for used in result.figures:
        f = used.figure
        yield (used.key, f.value, f.unit, or_nan(f.low), or_nan(f.high), f.kind, f.source, f.year or "", f.note)


# --- JSON ------------------------------------------------------------------------------------------
def as_dict(result: StudyResult, lang: Language) -> dict[str, Any]:
    """Return all results as plain values for JSON; what does not exist is null."""
    study = result.loaded.study
    tables = {name: as_objects(cells) for name, cells in result_tables(result, lang).items()}
    return {
        "lichen_results": 1, "title": asdict(study.title), "region": asdict(study.region),
        "answer": answer(result, lang), "figures_by_kind": dict(result.kinds),
        "decoupling": [{k: json_value(v) for k, v in asdict(d).items()} for d in result.decoupling],
        "tables_used": [_table_used(result, step.id) for step in study.table],
        "scaled": result.built.scales, **tables,
    }  # fmt: skip


def _table_used(result: StudyResult, name: str) -> dict[str, Any]:
    table = result.built.tables[name]
    return {"id": name, **asdict(table.origin), "unit": table.unit, "treatment": table.treatment, "sectors": table.n}
