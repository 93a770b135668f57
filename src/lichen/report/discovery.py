"""What a study's firms could do together, as a page: map, network, the ranked list with reasons and questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from lichen.discover.find import best_of_each
from lichen.discover.values import COMPONENTS, Opportunity, Span
from lichen.errors import Language, Problem
from lichen.inventory.values import Firm
from lichen.knowledge.values import CITY
from lichen.report import svg
from lichen.report.html import environment, finding_rows, write_page
from lichen.report.map import MapLine, MapPoint, park_map
from lichen.report.park_pictures import material_name
from lichen.report.sankey import SankeyKind, SankeyLink, exchange_network
from lichen.report.svg import Caption, format_number
from lichen.report.texts import Words
from lichen.study.discovery import DiscoveryResult
from lichen.vocabulary.industries import industry

DRAWN = 20
"""Opportunities in map and network."""
SCALES = {
    "t/a": (1e3, "kt/a"), "GJ/a": (1e3, "TJ/a"), "m3/a": (1e3, "10³ m³/a"), "Nm3/a": (1e3, "10³ Nm³/a"),
    "tCO2/a": (1e3, "kt CO2/a"), "CNY/a": (1e6, "M CNY/a"),
}  # fmt: skip
"""Unit → how many of it are one of the unit that large amounts are shown in."""
WAY_COLOURS = {
    "documented": "#2F8F6B", "same material": svg.BETTER, "known substitute": "#B08D3C", "water quality": "#5C86B0",
    "heat level": svg.WORSE, "similar": "#8A8A8A", "names": "#B9B9B9",
}  # fmt: skip


def write_discovery_report(result: DiscoveryResult, folder: Path, lang: Language, top: int) -> Path:
    """Write ``discover.html`` into ``folder`` and return its path; :class:`StudyError` if it cannot be written."""
    return write_page(discovery_html(result, lang, top), folder, "discover.html")


def discovery_html(result: DiscoveryResult, lang: Language, top: int) -> str:
    """Return the page as HTML text: the best opportunity of the ``top`` best streams, others as alternatives."""
    words = Words(lang)
    return environment().get_template("discover.html.j2").render(
        w=words, lang=lang, title=result.flows.title.text(lang), year=result.flows.year, firm=result.firm,
        finding_rows=finding_rows(result.findings, words), **discovery_context(result, words, top),
    )  # fmt: skip


def discovery_context(result: DiscoveryResult, words: Words, top: int) -> dict[str, Any]:
    """Return what the page shows."""
    found = result.found
    shown = best_of_each(found)[:top]
    return {
        "cards": _cards(result, words),
        "map_svg": Markup(_map(result, words)),  # noqa: S704  # our own, escaped
        "network_svg": Markup(_network(shown[:DRAWN], words)) if shown else "",  # noqa: S704
        "rows": [_row(one, found.opportunities, words) for one in shown],
        "more": len(found.opportunities) - len(shown),
        "failed": [(_who(o, words), [c.condition.ask.text(words.lang) for c in o.checks if c.rules_out])
                   for o in found.failed],
        "anchors": [
            {
                "name": industry(a.industry).name(words.lang), "code": a.industry, "total": a.total.value / 1e3,
                "takes": [(material_name(m, words), s.value / 1e3) for m, s in list(a.takes.items())[:5]],
                "types": [result.base.types[t].name.text(words.lang) for t in a.types[:4]], "donors": len(a.donors),
            }
            for a in found.anchors[:12]
        ],
        "asked": [p.text(words.lang) for p in found.questions],
        "weights": [(words(f"component_{c}"), result.settings.weights[c]) for c in COMPONENTS],
    }  # fmt: skip


def summary_context(result: DiscoveryResult, words: Words, top: int = 12) -> dict[str, Any]:
    """Return what a study's report shows of the opportunities: pictures, and the best of each stream in a table."""
    best = best_of_each(result.found)[:top]
    ranked = result.found.opportunities
    return {
        "map_svg": Markup(_map(result, words)),  # noqa: S704  # our own, escaped
        "network_svg": Markup(_network(best, words)) if best else "",  # noqa: S704
        "rows": [_row(one, ranked, words) for one in best], "total": len(ranked),
    }  # fmt: skip


def firm_name(firm: Firm, words: Words) -> str:
    """Return what a firm is called on a page."""
    return words("city") if firm.id == CITY else firm.name


def _who(one: Opportunity, words: Words) -> str:
    stream = material_name(one.stream, words)
    return f"{firm_name(one.donor, words)} → {firm_name(one.receiver, words)}: {stream}"


def _cards(result: DiscoveryResult, words: Words) -> list[tuple[str, str, str]]:
    """Return number, unit, what."""
    found = result.found.opportunities
    unused = {(o.donor.id, o.stream): o.supply.unused.value for o in found if o.unit == "t/a"}
    documented = sum(o.way == "documented" for o in found)
    asked = len({q.text("en") for o in found[:50] for q in o.questions})
    return [
        (str(len(found)), "", words("card_found", documented=documented)),
        (format_number(sum(unused.values()) / 1e6, 3), "Mt/a", words("card_unused")),
        (str(len(result.found.failed)), "", words("card_failed")),
        (str(asked), "", words("card_asked")),
    ]


def _map(result: DiscoveryResult, words: Words) -> str:
    drawn = best_of_each(result.found)[:DRAWN]
    busy = {end.id for o in drawn for end in (o.donor, o.receiver)}
    firms = sorted(result.flows.inventory.firms, key=lambda f: f.id not in busy)
    points = [
        MapPoint(f.id, f.name, *f.place.wgs84, colour=svg.INK if f.id in busy else svg.AXIS)
        for f in firms if f.place is not None
    ]  # fmt: skip
    largest = max((o.quantity.value for o in drawn if o.unit == "t/a"), default=1.0)
    lines = [
        MapLine(o.donor.id, o.receiver.id, o.quantity.value / largest if o.unit == "t/a" else 0.1,
                WAY_COLOURS[o.way], f"{_who(o, words)}")
        for o in drawn
    ]  # fmt: skip
    caption = Caption(words("opportunity_map"), words("opportunity_map_note", n=len(drawn)), width=900)
    return park_map(caption, points, lines)


def _network(shown: Sequence[Opportunity], words: Words) -> str:
    links = []
    for one in shown:
        ends = firm_name(one.donor, words), firm_name(one.receiver, words)
        stream = material_name(one.stream, words)
        if one.unit == "t/a":
            text = None if one.bounded else f"{stream} (≤ {format_number(one.quantity.value / 1e3, 3)} kt/a)"
            links.append(SankeyLink(*ends, one.quantity.value / 1e3, stream, one.way, text=text))
        else:
            links.append(
                SankeyLink(*ends, None, stream, one.way, text=f"{stream} ({amount_text(one.quantity, one.unit)})")
            )
    kinds = [SankeyKind(way, words.known("way", way), colour) for way, colour in WAY_COLOURS.items()]
    caption = Caption(words("opportunity_network"), "", unit="kt/a", width=900)
    return exchange_network(caption, links, kinds)


def amount_text(span: Span, unit: str, digits: int = 3) -> str:
    """Return an amount in a unit of a fitting size."""
    scale, name = SCALES[unit] if abs(span.value) >= 1e3 else (1.0, unit)
    return f"{format_number(span.value / scale, digits)} {name}"


def _range(span: Span | None, unit: str) -> str:
    """Return an amount with its range; a dash where it is not known."""
    if span is None:
        return "–"
    if max(map(abs, (span.low, span.value, span.high))) < 1e-6:  # what is left of a difference of equals
        return f"0 {unit}"
    text = amount_text(span, unit)
    scale = 1e3 if unit != "CNY/a" else 1e6
    ends = sorted((span.low, span.high))
    divided = [e / (scale if abs(span.value) >= 1e3 else 1.0) for e in ends]
    return text if ends[0] == ends[1] else f"{text} ({format_number(divided[0], 3)} … {format_number(divided[1], 3)})"


def _row(one: Opportunity, ranked: Sequence[Opportunity], words: Words) -> dict[str, Any]:
    lang = words.lang
    components = one.components or {}
    resource_unit = one.demand.unit if one.demand else one.unit
    return {
        "place": one.place, "range": one.rank_range, "way": words.known("way", one.way), "colour": WAY_COLOURS[one.way],
        "donor": firm_name(one.donor, words), "receiver": firm_name(one.receiver, words),
        "stream": material_name(one.stream, words),
        "replaces": material_name(one.replaces, words) if one.replaces else "",
        "quantity": ("" if one.bounded else "≤ ") + _range(one.quantity, one.unit),
        "distance": _way(one),
        "co2": _range(one.gains.co2, "tCO2/a"), "money": _range(one.gains.money, "CNY/a"),
        "resource": _range(one.gains.resource, resource_unit),
        "score": one.score, "kind": one.supply.kind, "kind_name": words(one.supply.kind),
        "components": [(words(f"component_{c}"), components[c]) for c in COMPONENTS],
        "months": [format_number(m, 2) for m in one.months],
        "reasons": _texts(one.reasons, lang), "remedies": _texts(one.remedies, lang),
        "questions": [(firm_name(_firm(q, one), words), q.found(lang)) for q in one.questions],
        "checks": [(c.condition.ask.text(lang), words.known("verdict", c.verdict)) for c in one.checks
                   if c.verdict in ("met", "not met")],
        "alternatives": _alternatives(one, ranked, words), "rivals": _rivals(one, ranked, words),
    }  # fmt: skip


def _alternatives(one: Opportunity, ranked: Sequence[Opportunity], words: Words) -> list[str]:
    """Return who else could take the stream: rank, name, feasible amount, way; at most six."""
    return [
        f"{other.place}. {firm_name(other.receiver, words)} ({'' if other.bounded else '≤ '}"
        f"{amount_text(other.quantity, other.unit)}, {_way(other)})"
        for r in one.rivals if (other := ranked[r]).donor.id == one.donor.id and other.stream == one.stream
    ][:6]  # fmt: skip


def _rivals(one: Opportunity, ranked: Sequence[Opportunity], words: Words) -> list[str]:
    """Return which other donors want to fill the same demand; at most six."""
    return [
        f"{other.place}. {_who(other, words)}"
        for r in one.rivals if (other := ranked[r]).donor.id != one.donor.id
    ][:6]  # fmt: skip


def _way(one: Opportunity) -> str:
    return "–" if one.distance_km is None else f"{one.distance_km:.0f} km"


def _firm(question: Problem, one: Opportunity) -> Firm:
    return one.receiver if question.where.key == one.receiver.id else one.donor


def _texts(notes: Iterable[Problem], lang: Language) -> list[str]:
    return [f"{n.found(lang)} {n.mend(lang)}".strip() for n in notes]
