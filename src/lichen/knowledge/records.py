"""Values of the knowledge base as plain fields, for JSON and for files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lichen.figures import Figure, Text
from lichen.knowledge.values import CITY, Cap, Case, Condition, ExchangeType, Reference, Standard, Technology
from lichen.vocabulary.industries import industry, links

_LISTS = (("sectors", "CN42-2007"), ("isic", "ISIC4"))


def linked(codes: Iterable[str], to_classification: str) -> tuple[str, ...]:
    """Return the sectors of another list ("CN42-2007" or "ISIC4") that industries belong to, each once.

    The city belongs to none. NACE Rev. 2 has the divisions of ISIC Rev. 4.
    """
    found = (link.to for code in codes if code != CITY for link in links(code, to_classification))
    return tuple(dict.fromkeys(found))


def text_record(text: Text) -> dict[str, str] | None:
    """Return a text in both languages; ``None`` if it is empty."""
    return {"en": text.en, "zh": text.zh} if text.en or text.zh else None


def figure_record(figure: Figure | None) -> dict[str, Any] | None:
    """Return a figure as plain fields; ``None`` if there is none."""
    if figure is None:
        return None
    return {
        "value": figure.value, "unit": figure.unit, "low": figure.low, "high": figure.high, "kind": figure.kind,
        "source": figure.source, "year": figure.year or None, "note": figure.note,
    }  # fmt: skip


def reference_record(source: Reference) -> dict[str, Any]:
    """Return a source as plain fields; empty ones are left out."""
    return {key: value for key, value in vars(source).items() if value}


def condition_record(condition: Condition) -> dict[str, Any]:
    """Return a condition as plain fields."""
    return {
        "id": condition.id, "quantity": condition.quantity, "substances": list(condition.substances),
        "operator": condition.operator, "limit": condition.limit, "unit": condition.unit,
        "severity": condition.severity, "asked_of": condition.asked_of, "ask": text_record(condition.ask),
        "checked": condition.checked, "source": condition.source.citation, "note": condition.note,
    }  # fmt: skip


def technology_record(step: Technology) -> dict[str, Any]:
    """Return a treatment step as plain fields."""
    return {
        "id": step.id, "name": text_record(step.name), "what": text_record(step.what),
        "energy": figure_record(step.energy), "cost": figure_record(step.cost), "note": step.note,
    }  # fmt: skip


def standard_record(standard: Standard) -> dict[str, Any]:
    """Return a standard as plain fields."""
    return {
        "id": standard.id, "code": standard.code, "title": text_record(standard.title), "status": standard.status,
        "limits": text_record(standard.limits), "checked": standard.checked, "source": standard.source,
        "note": standard.note,
    }  # fmt: skip


def _cap(cap: Cap) -> dict[str, Any]:
    return {"of": cap.of, "low": cap.low, "high": cap.high, "source": cap.source.citation, "note": cap.source.note}


def _party(codes: tuple[str, ...]) -> dict[str, Any]:
    names = {code: {"en": industry(code).name("en"), "zh": industry(code).name("zh")} for code in codes if code != CITY}
    return {"gbt4754": list(codes), "names": names, **{key: list(linked(codes, name)) for key, name in _LISTS}}


def type_record(item: ExchangeType) -> dict[str, Any]:
    """Return an exchange type as plain fields."""
    return {
        "id": item.id, "name": text_record(item.name), "status": item.status, "donors": _party(item.donors),
        "receivers": _party(item.receivers), "streams": list(item.streams),
        "replaces": [{"material": s.material, "basis": s.basis, "rate": figure_record(s.rate)} for s in item.replaces],
        "needs_demand": item.needs_demand, "rate_note": item.rate_note, "caps": [_cap(cap) for cap in item.caps],
        "conditions": [condition_record(c) for c in item.conditions],
        "treatment": [technology_record(step) for step in item.treatment],
        "carbon": {"own": item.carbon, "factor": item.carbon_factor, "note": text_record(item.carbon_note)},
        "co2": figure_record(item.co2), "co2_note": item.co2_note,
        "additionality": text_record(item.additionality), "hazard": text_record(item.hazard),
        "evidence": [{"case": e.case, "status": e.status, "source": reference_record(e.source)} for e in item.evidence],
        "sources": [reference_record(s) for s in item.sources],
        "standards": [s.id for s in item.standards], "judgement": list(item.judgement), "note": text_record(item.note),
    }  # fmt: skip


def case_record(case: Case) -> dict[str, Any]:
    """Return a case as plain fields."""
    story: Mapping[str, Text] = {
        "challenge": case.challenge, "barriers": case.barriers, "approach": case.approach,
        "discovery": case.discovery, "preconditions": case.preconditions, "lessons": case.lessons,
    }  # fmt: skip
    return {
        "id": case.id, "name": text_record(case.name), "country": case.country, "place": case.place,
        "years": case.years, "maestri": case.maestri or None,
        **{name: text_record(told) for name, told in story.items()},
        "results": [{"what": text_record(r.what), **(figure_record(r.figure) or {})} for r in case.results],
        "sources": [reference_record(s) for s in case.sources], "note": case.note,
    }  # fmt: skip
