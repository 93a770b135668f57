"""The results of a study's flows as tables: CSV, one XLSX, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lichen.balance.accounts import LEVELS
from lichen.balance.park import flow_name
from lichen.errors import Language
from lichen.inventory.amounts import unit_of
from lichen.inventory.emissions import METHODS
from lichen.study.flows import FlowResult
from lichen.study.tables import Cells, as_objects, finding_rows, or_nan, write_tables


def write_flows(result: FlowResult, folder: Path, lang: Language) -> list[Path]:
    """Write balance.json, CSV tables and balance.xlsx into ``folder`` and return their paths.

    Raises
    ------
    StudyError
        If the folder cannot be written to.
    """
    texts = {"balance.json": json.dumps(flows_as_dict(result, lang), ensure_ascii=False, indent=1)}
    return write_tables(folder, "balance", flow_tables(result, lang), texts)


def flows_as_dict(result: FlowResult, lang: Language) -> dict[str, Any]:
    """Return all results as plain values for JSON; what does not exist is null."""
    tables = {name: as_objects(cells) for name, cells in flow_tables(result, lang).items()}
    return {"lichen_balance": 1, "title": asdict(result.title), "year": result.year, **tables}


def flow_tables(result: FlowResult, lang: Language) -> dict[str, Cells]:
    """Return name → table for all results, in plain cells."""
    return {
        "balances": [*_balances(result)],
        "reconciled": [*_reconciled(result)],
        "laws": [*_laws(result, lang)],
        "estimates": [*_estimates(result)],
        "questions": [*_questions(result, lang)],
        "emissions": [*_emissions(result, lang)],
        "coverage": [*_coverage(result)],
        "flow_indicators": [*_indicators(result, lang)],
        "balance_findings": [*finding_rows(result.findings, lang)],
    }


def _balances(result: FlowResult) -> Iterator[Sequence[Any]]:
    yield ("level", "firm or sector", "process", "layer", "in", "in sd", "out", "out sd", "not accounted for", "sd",
           "z", "unit", "declared complete", "suspicious", "flows unknown in it", "weakest kind",
           "figures used")  # fmt: skip
    for level in LEVELS:
        for b in result.balances[level]:
            name = (*b.name, "", "")[:2]
            by = "; ".join(dict.fromkeys((*b.inputs.by, *b.outputs.by)))
            kinds = max((b.inputs.kind, b.outputs.kind), key=("measured", "reported", "estimated", "assumed").index)
            yield (level, *name, b.layer, b.inputs.value, b.inputs.sd, b.outputs.value, b.outputs.sd, b.residual, b.sd,
                   or_nan(b.z), unit_of(b.layer), b.closed, b.suspicious, len(b.unknown), kinds, by)  # fmt: skip


def _reconciled(result: FlowResult) -> Iterator[Sequence[Any]]:
    yield ("firm", "process", "direction", "role", "material", "name", "partner", "unit", "told", "told sd",
           "reconciled", "sd", "z", "class", "gross error", "kind")  # fmt: skip
    for group in result.reconciliation.groups:
        for r in group.flows:
            f = r.flow
            yield (f.firm, f.process, f.direction, f.role, f.material, f.given, f.partner, r.unit, r.told, r.told_sd,
                   r.estimate.value, or_nan(r.estimate.sd), or_nan(r.z), r.estimate.status, r.gross,
                   f.kind)  # fmt: skip


def _laws(result: FlowResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("group", "kind", "law", "flows", "counted as free of it", "test as told", "limit", "test after",
           "limit after", "stopped", "suspects", "contents released", "failed")  # fmt: skip
    for number, group in enumerate(result.reconciliation.groups, start=1):
        tests = [t for test in (group.before, group.after) for t in
                 ((test.gamma, test.critical) if test else (or_nan(None),) * 2)]  # fmt: skip
        for law in group.laws:
            yield (number, law.kind, law.text, len(law.flows), "; ".join(map(flow_name, law.free)), *tests,
                   group.stopped or "", "; ".join(group.suspects), "; ".join(e.name for e in group.contents),
                   " ".join(p.text(lang) for p in group.failed))  # fmt: skip


def _estimates(result: FlowResult) -> Iterator[Sequence[Any]]:
    yield ("firm", "process", "direction", "role", "material", "value", "low", "high", "unit", "source")
    for f in result.estimated.added:
        q = f.quantity
        yield (
            f.firm,
            f.process,
            f.direction,
            f.role,
            f.material,
            q.value,
            or_nan(q.low),
            or_nan(q.high),
            q.unit,
            q.source,
        )


def _questions(result: FlowResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("firm", "material", "why", "ask")
    for q in result.estimated.questions:
        yield (q.firm, q.material, q.problem.found(lang), q.problem.mend(lang))


def _emissions(result: FlowResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("firm", "process", "industry", "scope", "material", "name", "tCO2/a", "sd of amount", "sd of factor", "kind",
           "method", "factors", "figures used", "share counted", "biogenic", "bought from")  # fmt: skip
    for line in result.emissions.lines:
        factors = "; ".join(f"{u.key} {u.figure.value:g} {u.figure.unit}: {u.figure.source}" for u in line.used)
        yield (line.firm, line.process, line.industry, line.scope, line.material, line.flow.given, line.co2_t,
               line.sd_amount_t, line.sd_factor_t, line.kind, METHODS[line.method].text(lang), factors,
               "; ".join(line.by), line.share, line.biogenic, line.partner)  # fmt: skip
    for unknown in result.emissions.unknowns:
        f = unknown.flow
        yield (f.firm, f.process, "", "unknown", f.material, f.given, or_nan(None), or_nan(None), or_nan(None), f.kind,
               unknown.problem.found(lang), "", "", or_nan(None), False, "")  # fmt: skip


def _coverage(result: FlowResult) -> Iterator[Sequence[Any]]:
    yield ("sector", "firms", "statistic", "unit", "share", "above", "codes of firms")
    for item in result.coverage.sectors if result.coverage else ():
        yield (item.sector, item.firms_sum, item.statistic, result.coverage.unit if result.coverage else "",
               or_nan(item.share), item.above, "; ".join(item.firms))  # fmt: skip


def _indicators(result: FlowResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("indicator", "name", "value", "sd", "unit", "numerator", "denominator", "estimated or assumed",
           "flows left out", "definition", "source", "definition ours")  # fmt: skip
    for key, item in result.indicators.items():
        below = item.denominator.value if item.denominator else None
        yield (key, item.name.text(lang), or_nan(item.value), or_nan(item.sd), item.unit, item.numerator.value,
               or_nan(below), item.estimated, len(item.left_out), item.definition.text(lang), item.source,
               item.ours)  # fmt: skip
