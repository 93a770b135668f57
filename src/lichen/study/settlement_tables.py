"""What a park asks of new firms, and what a newcomer brings, as tables: CSV, one XLSX, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lichen.discover.values import Anchor
from lichen.errors import Language
from lichen.study.settlement import SettlementResult
from lichen.study.tables import Cells, as_objects, finding_rows, or_nan, write_tables
from lichen.vocabulary.industries import industry
from lichen.vocabulary.materials import material


def write_settlement(result: SettlementResult, folder: Path, lang: Language) -> list[Path]:
    """Write settle.json, CSV tables and settle.xlsx into ``folder`` and return their paths.

    Raises
    ------
    StudyError
        If the folder cannot be written to.
    """
    texts = {"settle.json": json.dumps(settlement_as_dict(result, lang), ensure_ascii=False, indent=1)}
    return write_tables(folder, "settle", settlement_tables(result, lang), texts)


def settlement_as_dict(result: SettlementResult, lang: Language) -> dict[str, Any]:
    """Return all results as plain values for JSON; what does not exist is null."""
    flows = result.discovery.flows
    tables = {name: as_objects(cells) for name, cells in settlement_tables(result, lang).items()}
    verdicts = {n.firm.id: n.verdict for n in result.newcomers}
    return {
        "lichen_settlement": 1, "title": asdict(flows.title), "year": flows.year, "verdicts": verdicts, **tables,
    }  # fmt: skip


def settlement_tables(result: SettlementResult, lang: Language) -> dict[str, Cells]:
    """Return name → table for all results, in plain cells."""
    return {
        "settle_criteria": [*_criteria(result, lang)], "settle_firms_wanted": [*_wanted(result, lang)],
        "settle_checks": [*_checks(result, lang)], "settle_numbers": [*_numbers(result, lang)],
        "settle_links": [*_links(result, lang)], "settle_findings": [*finding_rows(result.findings, lang)],
    }  # fmt: skip


def _criteria(result: SettlementResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("threshold", "name", "of", "per", "at least", "unit of it", "at most", "unit of it (at most)", "required",
           "kind", "source", "year", "note")  # fmt: skip
    for one in result.thresholds:
        first = one.low or one.high
        assert first is not None
        low, high = ((f.value, f.unit) if f else (or_nan(None), "") for f in (one.low, one.high))
        yield (one.id, one.name.text(lang), one.of, one.per, *low, *high, one.required, first.kind, first.source,
               first.year or "", one.note.text(lang))  # fmt: skip


def _wanted(result: SettlementResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("industry", "name", "could", "material", "amount [t/a]", "exchange types", "firms of the park")

    def rows(could: str, anchors: Sequence[Anchor]) -> Iterator[Sequence[Any]]:
        for anchor in anchors:
            for code, span in anchor.takes.items():
                yield (anchor.industry, industry(anchor.industry).name(lang), could, material(code).name(lang),
                       span.value, "; ".join(anchor.types), "; ".join(anchor.donors))  # fmt: skip

    yield from rows("take", result.could_take)
    yield from rows("give in place of", result.could_give)


def _checks(result: SettlementResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("firm", "threshold", "found", "at least", "at most", "unit", "verdict", "required", "lacks")
    for new in result.newcomers:
        for c in new.checks:
            lacks = " ".join(f"{p.found(lang)} {p.mend(lang)}".strip() for p in c.found.lacks)
            yield (new.firm.id, c.threshold.name.text(lang) or c.threshold.id, or_nan(c.found.value), or_nan(c.low),
                   or_nan(c.high), c.unit, c.verdict, c.threshold.required, lacks)  # fmt: skip


def _numbers(result: SettlementResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("firm", "quantity", "amount", "unit", "lacks")
    for new in result.newcomers:
        for q in new.numbers.values():
            lacks = " ".join(p.found(lang) for p in q.lacks)
            yield (new.firm.id, q.name, or_nan(q.value), q.unit, lacks)


def _links(result: SettlementResult, lang: Language) -> Iterator[Sequence[Any]]:
    yield ("firm", "link", "donor", "stream", "receiver", "replaces", "quantity", "unit", "receiver's need known",
           "distance [km]", "CO2 avoided [t/a]", "way", "rank")  # fmt: skip
    for new in result.newcomers:
        for word, found in (("gives", new.gives), ("takes", new.takes), ("is a rival of", new.rivals)):
            for o in found:
                yield (new.firm.id, word, o.donor.name, material(o.stream).name(lang), o.receiver.name,
                       material(o.replaces).name(lang) if o.replaces else "", o.quantity.value, o.unit, o.bounded,
                       or_nan(o.distance_km), or_nan(o.gains.co2.value if o.gains.co2 else None), o.way,
                       o.place)  # fmt: skip
