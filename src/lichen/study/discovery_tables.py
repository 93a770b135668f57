"""Opportunities of a study as tables: CSV, one XLSX, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lichen.discover.values import COMPONENTS, Opportunity, Span
from lichen.errors import Language, Problem
from lichen.study.discovery import DiscoveryResult
from lichen.study.tables import Cells, as_objects, or_nan, write_tables
from lichen.vocabulary.industries import industry
from lichen.vocabulary.materials import material


def write_discovery(result: DiscoveryResult, folder: Path, lang: Language) -> list[Path]:
    """Write opportunities.json, CSV tables and opportunities.xlsx into ``folder`` and return their paths.

    Raises
    ------
    StudyError
        If the folder cannot be written to.
    """
    texts = {"opportunities.json": json.dumps(discovery_as_dict(result, lang), ensure_ascii=False, indent=1)}
    return write_tables(folder, "opportunities", discovery_tables(result, lang), texts)


def discovery_as_dict(result: DiscoveryResult, lang: Language) -> dict[str, Any]:
    """Return all results as plain values for JSON; what does not exist is null."""
    tables = {name: as_objects(cells) for name, cells in discovery_tables(result, lang).items()}
    return {
        "lichen_opportunities": 1, "title": asdict(result.flows.title), "year": result.flows.year,
        "weights": dict(result.settings.weights), **tables,
    }  # fmt: skip


def discovery_tables(result: DiscoveryResult, lang: Language) -> dict[str, Cells]:
    """Return name → table for all results, in plain cells."""
    return {
        "opportunities": [*_opportunities(result, lang)],
        "opportunities_failed": [*_failed(result, lang)],
        "missing_firms": [*_anchors(result, lang)],
        "firm_questions": [("firm", "found", "ask"), *((q.where.key, q.found(lang), q.mend(lang))
                                                       for q in result.found.questions)],
    }  # fmt: skip


def _span(span: Span | None) -> tuple[float, float, float]:
    return (or_nan(None),) * 3 if span is None else (span.low, span.value, span.high)


def _join(notes: Iterable[Problem], lang: Language) -> str:
    return " ".join(f"{n.found(lang)} {n.mend(lang)}".strip() for n in notes)


def _name(code: str, lang: Language) -> str:
    return material(code).name(lang) if code else ""


def _opportunities(result: DiscoveryResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("rank", "rank low", "rank high", "score", *(f"score of {c}" for c in COMPONENTS), "found by",
           "exchange types", "fit", "donor", "donor name", "stream", "stream name", "receiver",
           "receiver name", "replaces", "replaces name", "unit", "quantity low",
           "quantity", "quantity high", "receiver's need known", "limited by",
           *(f"month {m}" for m in range(1, 13)), "replaced per unit of stream", "distance [km]",
           "replaced low", "replaced", "replaced high", "replaced unit", "CO2 avoided low [t/a]",
           "CO2 avoided [t/a]", "CO2 avoided high [t/a]", "saved by both low [CNY/a]", "saved by both [CNY/a]",
           "saved by both high [CNY/a]", "supply known as", "demand known as", "reasons", "questions",
           "what would help", "rivals", "number of rivals")  # fmt: skip
    ranked = result.found.opportunities
    for one in ranked:
        yield (one.place, *one.rank_range, one.score, *((one.components or {})[c] for c in COMPONENTS),
               *_what(one, lang), *_span(one.quantity), one.demand is not None, "; ".join(one.limits),
               *(one.months or ("",) * 12), or_nan(one.rate), or_nan(one.distance_km), *_span(one.gains.resource),
               one.demand.unit if one.demand else one.unit,
               *_span(one.gains.co2), *_span(one.gains.money), one.supply.kind, one.demand.kind if one.demand else "",
               _join(one.reasons, lang), _join(one.questions, lang), _join(one.remedies, lang),
               "; ".join(str(ranked[r].place) for r in one.rivals), one.rival_count)  # fmt: skip


def _what(one: Opportunity, lang: Language) -> tuple[Any, ...]:
    return (one.way, "; ".join(one.types), one.fit, one.donor.id, one.donor.name, one.stream, _name(one.stream, lang),
            one.receiver.id, one.receiver.name, one.replaces, _name(one.replaces, lang), one.unit)  # fmt: skip


def _failed(result: DiscoveryResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("donor", "stream", "receiver", "replaces", "unit", "unused", "condition that does not hold")
    for one in result.found.failed:
        why = "; ".join(c.condition.ask.text(lang) for c in one.checks if c.rules_out)
        yield (one.donor.id, one.stream, one.receiver.id, one.replaces, one.unit, one.supply.unused.value, why)


def _anchors(result: DiscoveryResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("industry", "name", "could take at most [t/a]", "material", "of it [t/a]", "exchange types", "donors")
    for anchor in result.found.anchors:
        for code, span in anchor.takes.items():
            yield (anchor.industry, industry(anchor.industry).name(lang), anchor.total.value, code, span.value,
                   "; ".join(anchor.types), "; ".join(anchor.donors))  # fmt: skip
