"""An appraisal as tables: CSV, one XLSX, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lichen.appraise.risk import mode_name
from lichen.errors import Language, Problem
from lichen.study.appraisal import AppraisalResult, Appraised
from lichen.study.tables import Cells, as_objects, finding_rows, or_nan, write_tables
from lichen.vocabulary.materials import material


def write_appraisal(result: AppraisalResult, folder: Path, lang: Language) -> list[Path]:
    """Write appraise.json, CSV tables and appraise.xlsx into ``folder`` and return their paths.

    Raises
    ------
    StudyError
        If the folder cannot be written to.
    """
    texts = {"appraise.json": json.dumps(appraisal_as_dict(result, lang), ensure_ascii=False, indent=1)}
    return write_tables(folder, "appraise", appraisal_tables(result, lang), texts)


def appraisal_as_dict(result: AppraisalResult, lang: Language) -> dict[str, Any]:
    """Return all results as plain values for JSON; what does not exist is null."""
    money, flows = result.design.money, result.design.discovery.flows
    tables = {name: as_objects(cells) for name, cells in appraisal_tables(result, lang).items()}
    return {
        "lichen_appraisal": 1, "title": asdict(flows.title), "year": flows.year, "currency": money.currency,
        "price_year": money.price_year, "base_year": money.start - 1, "years": money.years,
        "discount_rate": money.rate.to("1/a"), "carbon_price": money.per_tonne if money.carbon_price else None,
        **tables,
    }  # fmt: skip


def appraisal_tables(result: AppraisalResult, lang: Language) -> dict[str, Cells]:
    """Return name → table for all results, in plain cells."""
    return {
        "appraise_exchanges": [*_exchanges(result, lang)], "appraise_prices": [*_prices(result, lang)],
        "appraise_total": [*_total(result)], "appraise_cash_flow": [*_cash_flow(result, lang)],
        "appraise_abatement": [*_abatement(result, lang)], "appraise_sensitivity": [*_sensitivity(result, lang)],
        "appraise_figures": [*_figures(result, lang)], "appraise_plants": [*_plants(result)],
        "appraise_risks": [*_risks(result, lang)], "appraise_contract": [*_contract(result, lang)],
        "appraise_findings": [*finding_rows(result.findings, lang)],
    }  # fmt: skip


def rates_text(one: Appraised, lang: Language) -> str:
    """Return all internal rates of return in percent, and what to say where there is not exactly one."""
    rates = "; ".join(f"{100 * r.rate:.4g} %" for r in one.both.rates.all)
    words = " ".join(f"{n.found(lang)} {n.mend(lang)}".strip() for n in one.both.rates.notes)
    return " ".join(part for part in (rates, words) if part)


def _who(one: Appraised, lang: Language) -> tuple[Any, ...]:
    opportunity = one.chosen.terms.one
    return (one.id, opportunity.donor.name, material(opportunity.stream).name(lang), opportunity.receiver.name)


def _exchanges(result: AppraisalResult, lang: Language) -> Iterator[Sequence[Any]]:
    m = result.design.money.currency
    after = result.taxed.each if result.taxed else {}
    yield ("exchange", "donor", "stream", "receiver", "quantity", "unit", f"investment [{m}]", f"NPV [{m}]",
           f"NPV low [{m}]", f"NPV high [{m}]", "chance of a gain", f"NPV of donor without price [{m}]",
           f"NPV of receiver without price [{m}]", f"NPV after tax [{m}]", "internal rates of return",
           "internal rate of return, if one", "modified rate", "payback [a]", "discounted payback [a]",
           f"NPV as yearly payment [{m}/a]", f"levelised cost [{m}/unit]", "benefit over cost",
           "CO2 avoided a year [t/a]", f"cost per t CO2 [{m}/t]", "rankable by cost per t CO2", "plant",
           "readiness", "evidence")  # fmt: skip
    for one in result.exchanges:
        ends = (one.range.quantile(0.05), one.range.quantile(0.95), one.range.chance_above()) if one.range else None
        only = one.both.rates.only
        note = one.ready_note
        yield (*_who(one, lang), float(one.exchange.quantity.max()), one.exchange.amount.unit,
               _invested(one), one.both.npv, *(ends or (or_nan(None),) * 3), one.sides[0].npv, one.sides[1].npv,
               or_nan(after.get(one.id)), rates_text(one, lang), or_nan(only), or_nan(one.both.modified_rate),
               or_nan(one.both.payback), or_nan(one.both.discounted_payback), one.both.yearly, one.levelised,
               or_nan(one.both.benefit_cost), float(one.exchange.co2.max()), or_nan(one.abatement.per_tonne),
               one.abatement.rankable, one.chosen.plant, one.readiness.level,
               _said(note, lang) if note else one.readiness.evidence)  # fmt: skip


def _invested(one: Appraised) -> float:
    return -float(one.donor.of("investment").sum() + one.receiver.of("investment").sum())


def _said(problem: Problem, lang: Language) -> str:
    return f"{problem.found(lang)} {problem.mend(lang)}".strip()


def _agreed(one: Appraised) -> tuple[Any, ...]:
    at = one.agreed
    if at is None:
        return (or_nan(None), "", "", or_nan(None), or_nan(None))
    end = str(at.terms.end or "")
    return (or_nan(at.price), str(at.terms.start), end, or_nan(at.donor), or_nan(at.receiver))


def _prices(result: AppraisalResult, lang: Language) -> Iterator[Sequence[Any]]:
    m = result.design.money.currency
    yield ("exchange", "donor", "stream", "receiver", "unit", "lowest (donor's limit)", "highest (receiver's limit)",
           "both gain", "equal gain", "each gains at it", "in proportion to investment", "told by firms",
           "what opens it", "shortest contract that opens it [a]", "agreed price", "agreed from", "agreed until",
           f"NPV of donor at agreed price [{m}]", f"NPV of receiver at agreed price [{m}]",
           "heat: capacity price [per kW a]",
           "heat: price per GJ", "heat: capacity [kW]", "heat: why no price")  # fmt: skip
    for one in result.exchanges:
        told = "; ".join(f"{t.firm} {t.direction} {t.price:g} ({t.year})" for t in one.told)
        opens = "; ".join(
            f"{o.lever.name.text(lang)}: {'–' if o.value is None else f'{o.value:.6g} {o.lever.unit}'}"
            for o in one.opens
        )
        heats = one.heat if isinstance(one.heat, tuple) else ()
        heat = ("; ".join(f"{h.capacity:.6g}" for h in heats), "; ".join(f"{h.variable:.6g}" for h in heats))
        yield (*_who(one, lang), one.interval.unit, one.interval.low, one.interval.high, not one.interval.empty,
               or_nan(one.equal.price if one.equal else None), or_nan(one.equal.donor if one.equal else None),
               or_nan(one.proportional.price if one.proportional else None), told, opens, or_nan(one.contract),
               *_agreed(one), *heat, or_nan(heats[0].supply.capacity_kw if heats else None),
               _said(one.heat, lang) if isinstance(one.heat, Problem) else "")  # fmt: skip


def _total(result: AppraisalResult) -> Iterator[Sequence[Any]]:
    m, whole = result.design.money.currency, result.whole
    yield ("measure", "value", "low", "high", "unit")
    if whole is None or result.flow is None:
        return
    ends = (result.range.quantile(0.05), result.range.quantile(0.95)) if result.range else (or_nan(None),) * 2
    none = (or_nan(None),) * 2
    yield ("NPV", whole.npv, *ends, m)
    yield ("investment", -float(result.flow.of("investment").sum()), *none, m)
    yield ("NPV after tax", or_nan(result.taxed.whole if result.taxed else None), *none, m)
    yield ("internal rate of return, if one", or_nan(whole.rates.only), *none, "1/a")
    yield ("payback", or_nan(whole.payback), *none, "a")
    yield ("discounted payback", or_nan(whole.discounted_payback), *none, "a")
    yield ("benefit over cost", or_nan(whole.benefit_cost), *none, "1")
    yield ("chance of a gain", or_nan(result.range.chance_above() if result.range else None), *none, "1")


def _cash_flow(result: AppraisalResult, lang: Language) -> Iterator[Sequence[Any]]:
    m = result.design.money.currency
    yield ("exchange", "side", "kind", "payment", "year", f"amount [{m}]")
    for one in result.exchanges:
        for side, flow in (("donor", one.donor), ("receiver", one.receiver)):
            for line in flow.lines:
                name = one.names[line.name].text(lang) if line.name in one.names else line.name
                for year, amount in zip(flow.years, line.amounts, strict=True):
                    if amount:
                        yield (one.id, side, line.kind, name, year, float(amount))


def _abatement(result: AppraisalResult, lang: Language) -> Iterator[Sequence[Any]]:
    m = result.design.money.currency
    yield ("place", "exchange", "name", "from [t CO2]", "to [t CO2]", f"cost [{m}/t CO2]", "ranked by",
           f"NPV without carbon price [{m}]")  # fmt: skip
    for place, block in enumerate(result.curve.blocks if result.curve else (), 1):
        yield (place, block.option.id, block.option.name.text(lang), block.start_t, block.end_t, block.per_tonne,
               block.ranked_by, block.option.npv)  # fmt: skip


def _sensitivity(result: AppraisalResult, lang: Language) -> Iterator[Sequence[Any]]:
    m = result.design.money.currency
    yield ("exchange", "figure", "value", "low", "high", "unit", f"NPV at low [{m}]", f"NPV at high [{m}]",
           "break-even values", "searched from", "searched to")  # fmt: skip
    for one in result.exchanges:
        bars = {name: bar for bar in one.bars.bars for name in bar.names}
        even = {e.name: e for e in one.even}
        for name, figure in one.figures.items():
            bar, at = bars.get(name), even.get(name)
            yield (one.id, one.names[name].text(lang), figure.value, or_nan(figure.low), or_nan(figure.high),
                   figure.unit, or_nan(bar.at_low if bar else None), or_nan(bar.at_high if bar else None),
                   "; ".join(f"{v:.6g}" for v in at.values) if at else "", or_nan(at.low if at else None),
                   or_nan(at.high if at else None))  # fmt: skip


def _figures(result: AppraisalResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("exchange", "figure", "value", "low", "high", "unit", "kind", "source", "year", "note")
    for one in result.exchanges:
        for name, f in one.figures.items():
            yield (one.id, one.names[name].text(lang), f.value, or_nan(f.low), or_nan(f.high), f.unit, f.kind, f.source,
                   f.year or "", f.note)  # fmt: skip


def _plants(result: AppraisalResult) -> Iterator[Sequence[Any]]:
    m = result.design.money.currency
    yield ("plant", "exchange", f"by quantity [{m}]", f"Shapley value [{m}]", f"standard error [{m}]",
           f"alone [{m}]", "by quantity: nobody does better alone")  # fmt: skip
    for plant in result.shares:
        for name, paid in plant.by_quantity.items():
            place = plant.fair.parties.index(name)
            stable = plant.objections.in_core
            yield (plant.plant, name, paid, plant.fair.of(name), float(plant.fair.errors[place]), plant.alone[name],
                   "" if stable is None else stable)  # fmt: skip


def _risks(result: AppraisalResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("exchange", "mode", "known", "description", "severity", "occurrence", "detection", "priority", "owner",
           "mitigation")  # fmt: skip
    for one in result.exchanges:
        for line in one.risks:
            known = " ".join(_said(p, lang) for p in line.known)
            mode = mode_name(line.mode).text(lang)
            for risk in line.judged:
                yield (line.exchange, mode, known, risk.description, risk.severity, risk.occurrence, risk.detection,
                       risk.priority, risk.owner, risk.mitigation)  # fmt: skip
            if not line.judged:
                yield (line.exchange, mode, known, *("",) * 7)


def _contract(result: AppraisalResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("exchange", "term", "to agree on", "agreed")
    for one in result.exchanges:
        for term in one.terms:
            agreed = term.agreed.text(lang) if term.agreed else ""
            yield (one.id, term.name.text(lang), term.question.text(lang), agreed)
