"""What a park looks for in new firms, and how a newcomer fits it, as a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lichen.discover.find import best_of_each
from lichen.discover.values import Anchor, Discovery, Opportunity
from lichen.errors import Language
from lichen.figures import Figure
from lichen.indicators.intensity import NAMES, Quantity
from lichen.report.discovery import WAY_COLOURS, amount_text, firm_name
from lichen.report.html import environment, finding_rows, write_page
from lichen.report.park_pictures import material_name
from lichen.report.svg import format_number
from lichen.report.texts import Words
from lichen.study.config_appraisal import Threshold
from lichen.study.settlement import Checked, Newcomer, SettlementResult
from lichen.vocabulary.industries import industry

MOST_KINDS, MOST_LINKS = 12, 30


def write_settlement_report(result: SettlementResult, folder: Path, lang: Language) -> Path:
    """Write ``settle.html`` into ``folder`` and return its path; :class:`StudyError` if it cannot be written."""
    return write_page(settlement_html(result, lang), folder, "settle.html")


def settlement_html(result: SettlementResult, lang: Language) -> str:
    """Return the page as HTML text."""
    words, flows = Words(lang), result.discovery.flows
    return (
        environment()
        .get_template("settle.html.j2")
        .render(w=words, lang=lang, title=flows.title.text(lang), year=flows.year, **settlement_context(result, words))
    )


def settlement_context(result: SettlementResult, words: Words) -> dict[str, Any]:
    """Return what the page shows."""
    return {
        "thresholds": [_threshold(t, result, words) for t in result.thresholds],
        "could_take": [_kind(a, result, words) for a in result.could_take[:MOST_KINDS]],
        "could_give": [_kind(a, result, words) for a in result.could_give[:MOST_KINDS]],
        "newcomers": [_newcomer(n, words) for n in result.newcomers],
        "finding_rows": finding_rows(result.findings, words),
    }  # fmt: skip


def _threshold(one: Threshold, result: SettlementResult, words: Words) -> dict[str, Any]:
    loaded = result.discovery.flows.loaded
    figures = [f for f in (one.low, one.high) if f is not None]
    sources = loaded.sources if loaded else {}
    said = [sources[f.source].title if f.source in sources else f.source for f in figures]
    return {
        "name": threshold_name(one, words), "what": _what(one, words), "ends": _ends(one.low, one.high, words),
        "required": one.required, "source": words("comma").join(dict.fromkeys(said)), "note": one.note.text(words.lang),
    }  # fmt: skip


def threshold_name(one: Threshold, words: Words) -> str:
    """Return what a threshold is called: its name, or what it is of."""
    return one.name.text(words.lang) or _what(one, words)


def _what(one: Threshold, words: Words) -> str:
    return words("of_per", of=NAMES[one.of].text(words.lang), per=NAMES[one.per].text(words.lang))


def _ends(low: Figure | None, high: Figure | None, words: Words) -> str:
    told = []
    if low is not None:
        told.append(words("at_least", value=f"{format_number(low.value, 4)} {low.unit}"))
    if high is not None:
        told.append(words("at_most", value=f"{format_number(high.value, 4)} {high.unit}"))
    return words("comma").join(told)


def _kind(anchor: Anchor, result: SettlementResult, words: Words) -> dict[str, Any]:
    types = result.discovery.base.types
    return {
        "name": industry(anchor.industry).name(words.lang), "code": anchor.industry,
        "total": format_number(anchor.total.value / 1e3, 3),
        "streams": [f"{material_name(m, words)} {format_number(s.value / 1e3, 3)}"
                    for m, s in list(anchor.takes.items())[:5]],
        "types": [types[t].name.text(words.lang) for t in anchor.types[:4]], "firms": len(anchor.donors),
    }  # fmt: skip


def _newcomer(new: Newcomer, words: Words) -> dict[str, Any]:
    return {
        "name": new.firm.name, "id": new.firm.id, "industry": industry(new.firm.industry).name(words.lang),
        "verdict": words.known("settle", new.verdict), "verdict_key": new.verdict,
        "checks": [check_row(c, words) for c in new.checks],
        "numbers": [_number(q, words) for q in new.numbers.values()],
        "gives": [link_row(o, words) for o in _best(new.gives)[:MOST_LINKS]],
        "takes": [link_row(o, words) for o in _best(new.takes)[:MOST_LINKS]],
        "rivals": [link_row(o, words) for o in _best(new.rivals)[:MOST_LINKS]],
        "fills": list(dict.fromkeys(industry(a.industry).name(words.lang) for a in new.fills)),
        "count": len(new.sure), "ideas": len(new.gives) + len(new.takes) - len(new.sure),
    }  # fmt: skip


def _best(found: Sequence[Opportunity]) -> tuple[Opportunity, ...]:
    """Return the best opportunity of each donor's stream."""
    return best_of_each(Discovery(tuple(found), (), (), ()))


def check_row(one: Checked, words: Words) -> dict[str, Any]:
    """Return what a table shows of a threshold that was checked, in words."""
    value = "–" if one.found.value is None else f"{format_number(one.found.value, 4)} {one.unit}"
    lacks = [f"{p.found(words.lang)} {p.mend(words.lang)}".strip() for p in one.found.lacks]
    return {
        "name": threshold_name(one.threshold, words), "found": value, "required": one.threshold.required,
        "ends": _ends(one.threshold.low, one.threshold.high, words), "verdict": words.known("settle", one.verdict),
        "key": {"met": "", "not met": "error", "not known": "estimated"}[one.verdict], "lacks": lacks,
    }  # fmt: skip


def _number(one: Quantity, words: Words) -> tuple[str, str, str]:
    value = "–" if one.value is None else f"{format_number(one.value, 4)} {one.unit}"
    return NAMES[one.name].text(words.lang), value, " ".join(p.found(words.lang) for p in one.lacks)


def link_row(one: Opportunity, words: Words) -> dict[str, str]:
    """Return what a table shows of a link, in words."""
    bound = "" if one.bounded else "≤ "
    return {
        "donor": firm_name(one.donor, words), "receiver": firm_name(one.receiver, words),
        "stream": material_name(one.stream, words), "way": words.known("way", one.way), "colour": WAY_COLOURS[one.way],
        "replaces": material_name(one.replaces, words) if one.replaces else "–",
        "quantity": bound + amount_text(one.quantity, one.unit),
        "distance": "–" if one.distance_km is None else f"{one.distance_km:.0f} km",
        "co2": "–" if one.gains.co2 is None else amount_text(one.gains.co2, "tCO2/a"),
    }  # fmt: skip
