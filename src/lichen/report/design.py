"""A designed network as a page: which exchanges, how much, at whose gain, what binds, what was left out and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from lichen.design.opportunities import NEED, OWN_SIZE, Chosen
from lichen.discover.values import Opportunity, exactly
from lichen.errors import Language
from lichen.figures import KINDS
from lichen.report import svg
from lichen.report._bars import DeltaRow, diverging_bar_chart
from lichen.report._front import FrontPoint, front_chart
from lichen.report.discovery import amount_text, firm_name
from lichen.report.html import environment, finding_rows, write_page
from lichen.report.map import MapLine, MapPoint, park_map
from lichen.report.park_pictures import material_name
from lichen.report.sankey import SankeyKind, SankeyLink, exchange_network
from lichen.report.svg import Caption, format_number
from lichen.report.texts import Words
from lichen.study.design import DesignResult, kinds_used
from lichen.study.design_accounts import NetworkAccounts
from lichen.study.design_tables import Bound, bounds, built, front_points
from lichen.study.what_if import WhatIf, words_of

SHOWN_LOSSES, SHOWN_BINDING, SHOWN_LEFT, SHOWN_ASKED, SHOWN_SECTORS = 10, 12, 40, 25, 14
UNITS = {"co2": "kt CO2/a", "waste": "kt/a", "water": "10³ m³/a", "jobs": "person"}


def write_design_report(
    result: DesignResult, accounts: NetworkAccounts | None, folder: Path, lang: Language
) -> Path:  # fmt: skip
    """Write ``design.html`` into ``folder`` and return its path; :class:`StudyError` if it cannot be written."""
    return write_page(design_html(result, accounts, lang), folder, "design.html")


def design_html(result: DesignResult, accounts: NetworkAccounts | None, lang: Language) -> str:
    """Return the page as HTML text."""
    words = Words(lang)
    flows = result.discovery.flows
    return (
        environment()
        .get_template("design.html.j2")
        .render(
            w=words, lang=lang, title=flows.title.text(lang), year=flows.year, **design_context(result, accounts, words)
        )
    )


def design_context(result: DesignResult, accounts: NetworkAccounts | None, words: Words) -> dict[str, Any]:
    """Return what the page shows."""
    shape = result.structure
    findings = [*result.discovery.findings, *result.findings, *(accounts.left_out if accounts else ())]
    return {
        "finding_rows": finding_rows(findings, words),
        "cards": _cards(result, words), "outcome": outcome_text(result, words), "terms": _terms(result, words),
        "kinds": _kinds(result, words), "map_svg": _safe(_map(result, words)),
        "network_svg": _safe(_network(result, words)),
        "rows": [_row(one, result, words) for one in result.flowing],
        "stages": [stage.start for stage in result.frame.layout.stages], "currency": result.money.currency,
        "built": [
            (_plant_name(name, result, words), size if size != OWN_SIZE else "", start)
            for name, size, start in built(result)
        ],
        "binding": _binding(result, words),
        "tried": [_tried_row(i, result, words) for i in range(len(result.tried))],
        "losses": _losses(result, words),
        "losses_more": max(0, sum(x.kind == "firm" and x.links > 0 for x in result.losses) - SHOWN_LOSSES),
        "losses_svg": _safe(_losses_chart(result, words)),
        "shape": (words("network_shape", firms=shape.firms, links=shape.links,
                        connectance=format_number(100 * shape.connectance, 2),
                        hub=_firm_name(shape.hub, result, words)) if shape.links else ""),
        "front_svg": _safe(_front(result, words)),
        "front": [(format_number(_scaled(a, result.given.objective), 4), format_number(_scaled(b, result.second), 4),
                   f"{100 * gap:.2g} %") for a, b, gap, _ in front_points(result)],
        "front_heads": [_axis(n, result, words) for n in (result.given.objective, result.second) if n],
        "accounts": _accounts(accounts, words) if accounts else None,
        "existing": _existing(result, words), "left": _left(result, words), "asked": _asked(result, words),
    }  # fmt: skip


def network_context(result: DesignResult, words: Words, top: int = 12) -> dict[str, Any]:
    """Return what a study's report shows of the network: what it brings, its picture, its largest exchanges."""
    asked = [a for a in result.asked if a.question.severity != "note"]
    return {
        "outcome": outcome_text(result, words), "network_svg": _safe(_network(result, words)),
        "rows": [_row(one, result, words) for one in result.flowing[:top]], "currency": result.money.currency,
        "more": max(len(result.flowing) - top, 0), "asked": len(asked),
    }  # fmt: skip


def _safe(text: str) -> Markup:
    return Markup(text)  # noqa: S704  # our own, escaped


def money_text(value: float | None, result: DesignResult, words: Words) -> str:
    """Return an amount of money in millions."""
    return "–" if value is None else f"{format_number(value / 1e6, 4)} {_million(result, words)}"


def _million(result: DesignResult, words: Words) -> str:
    return words("million_once", currency=result.money.currency)


def what_if_text(question: WhatIf, result: DesignResult, words: Words) -> str:
    """Return a change that was tried in words, with names for codes."""
    named = _firm_name if question.kind in ("close", "supply") else lambda code, _, said: material_name(code, said)
    return words_of(question, words.lang, named(question.key, result, words) if question.key else "")


def outcome_text(result: DesignResult, words: Words) -> str:
    """Return in a sentence what the network brings; where nothing flows, what that hangs on."""
    o, money = result.outcome, result.money
    if not result.flowing:
        waiting = sum(reason.code == "design.incomplete" for reason in result.reasons.values())
        asked = sum(a.question.severity != "note" for a in result.asked)
        every = len(result.reasons)
        if waiting:
            return words("design_waits", waiting=waiting, every=every, asked=asked)
        return words("design_nothing", every=every)
    gap = 100 * result.solution.gap
    sure = words("design_proven") if gap <= 0.01 else words("design_gap", gap=format_number(gap, 2))
    gain = words("design_unpriced") if o.gain is None else words(
        "design_gain", gain=money_text(o.gain, result, words), years=money.years,
        rate=format_number(100 * money.rate.to("1/a"), 2), price_year=money.price_year,
    )  # fmt: skip
    if o.gain is not None and {"low", "high"} <= set(result.ranges):
        low, high = (format_number(result.ranges[end] / 1e6, 3) for end in ("low", "high"))
        gain += words("design_range", low=low, high=high, currency=money.currency)
    water = words("design_water", water=format_number(o.water_saved / 1e6, 3)) if o.water_saved > 1 else ""
    jobs = words("design_jobs", jobs=format_number(o.jobs, 3)) if o.jobs > 0 else ""
    return words(
        "design_outcome", exchanges=o.exchanges, co2=format_number(o.co2_avoided / 1e3, 3),
        waste=format_number(o.waste_avoided / 1e3, 3), more=water + jobs, gain=gain, sure=sure,
    )  # fmt: skip


def _cards(result: DesignResult, words: Words) -> list[tuple[str, str, str]]:
    """Return number, unit, what."""
    o, money = result.outcome, result.money
    gain = "–" if o.gain is None else format_number(o.gain / 1e6, 4)
    cards = [
        (gain, _million(result, words), words("card_npv", years=money.years)),
        (str(o.exchanges), "", words("card_exchanges", left=len(result.reasons))),
        (format_number(o.co2_avoided / 1e3, 3), "kt CO2/a", words("card_co2_avoided")),
        (format_number(o.waste_avoided / 1e3, 3), "kt/a", words("card_waste_avoided")),
    ]
    if o.investment:
        cards.append((format_number(o.investment / 1e6, 3), _million(result, words), words("card_investment")))
    return cards


def _terms(result: DesignResult, words: Words) -> str:
    money = result.money
    carbon = words("no_carbon_price") if money.carbon_price is None else words(
        "carbon_price_told", price=format_number(money.per_tonne, 3), unit=f"{money.currency}/tCO2")  # fmt: skip
    return words(
        "design_terms", objective=words.known("gain", result.given.objective), currency=money.currency,
        price_year=money.price_year, start=money.start, years=money.years,
        rate=format_number(100 * money.rate.to("1/a"), 2), source=money.rate.source, carbon=carbon,
    ) + _ways(result, words)  # fmt: skip


def _ways(result: DesignResult, words: Words) -> str:
    """Return how many opportunities of other ways were not let in."""
    others = [o for o in result.discovery.found.opportunities if o.way not in result.given.ways]
    kinds = dict.fromkeys(words.known("way", o.way) for o in others)
    return words("design_ways", count=len(others), kinds=", ".join(kinds)) if others else ""


def _kinds(result: DesignResult, words: Words) -> list[tuple[str, str, float]]:
    """Return kind, its name, and its share of the figures that the network rests on [%]."""
    found = kinds_used(result)
    total = sum(found.values())
    return [(kind, words(kind), 100 * found[kind] / total) for kind in KINDS if found[kind]] if total else []


def _who(one: Opportunity, words: Words) -> str:
    stream = material_name(one.stream, words)
    return f"{firm_name(one.donor, words)} → {firm_name(one.receiver, words)}: {stream}"


def _map(result: DesignResult, words: Words) -> str:
    going = result.flowing
    busy = {end.id for c in going for end in (c.terms.one.donor, c.terms.one.receiver)}
    firms = sorted(result.discovery.flows.inventory.firms, key=lambda f: f.id not in busy)
    points = [
        MapPoint(f.id, f.name, *f.place.wgs84, colour=svg.INK if f.id in busy else svg.AXIS)
        for f in firms if f.place is not None
    ]  # fmt: skip
    largest = max((c.quantity for c in going if c.terms.unit == "t"), default=1.0)
    lines = [
        MapLine(c.terms.one.donor.id, c.terms.one.receiver.id, c.quantity / largest if c.terms.unit == "t" else 0.1,
                svg.BETTER, f"{_who(c.terms.one, words)}, {_quantity(c)}")
        for c in going
    ]  # fmt: skip
    return park_map(Caption(words("network_map"), words("network_map_note"), width=900), points, lines)


def _quantity(one: Chosen) -> str:
    return amount_text(exactly(one.quantity), one.terms.one.unit)


def _network(result: DesignResult, words: Words) -> str:
    links = []
    for one in result.flowing:
        o = one.terms.one
        ends, stream = (firm_name(o.donor, words), firm_name(o.receiver, words)), material_name(o.stream, words)
        if one.terms.unit == "t":
            links.append(SankeyLink(*ends, one.quantity / 1e3, stream, "new"))
        else:
            links.append(SankeyLink(*ends, None, stream, "new", text=f"{stream} ({_quantity(one)})"))
    if not links:
        return ""
    kinds = [SankeyKind("new", words("network_new"), svg.BETTER)]
    return exchange_network(Caption(words("network_picture"), "", unit="kt/a", width=900), links, kinds)


def _row(one: Chosen, result: DesignResult, words: Words) -> dict[str, Any]:
    t, o = one.terms, one.terms.one
    margin = result.frame.margin(one)
    weakest = max((f.kind for _, f in t.figures()), key=KINDS.index, default="assumed")
    per = f"{t.currency}/{t.unit}"
    parts = [
        (words.known("term", name), f"{format_number(f.to(unit), 3)} {unit}", words(f.kind), f.source)
        for name, f in t.figures() for unit in [_shown_unit(name, t.currency, t.unit, t.replaced_unit)]
    ]  # fmt: skip
    return {
        "id": o.id, "donor": firm_name(o.donor, words), "receiver": firm_name(o.receiver, words),
        "stream": material_name(o.stream, words), "replaces": material_name(o.replaces, words) if o.replaces else "–",
        "quantity": _quantity(one), "share": 100 * one.share,
        "distance": "–" if o.distance_km is None else f"{o.distance_km:.0f} km",
        "mode": words.known("mode", t.carriage.mode) if t.carriage else "–",
        "plant": one.plant, "margin": format_number(margin, 3) if one.priced else "–", "per": per,
        "gain": format_number(margin * one.quantity / 1e6, 3) if one.priced else "–",
        "co2": format_number(one.co2 * one.quantity / 1e3, 3) if one.co2 is not None else "–",
        "kind": weakest, "kind_name": words(weakest), "parts": parts,
        "stages": [amount_text(exactly(q), o.unit) for q in one.by_stage],
    }  # fmt: skip


def _shown_unit(name: str, currency: str, unit: str, replaced: str) -> str:
    own = {
        "price": f"{currency}/{replaced}",
        "investment": currency,
        "carriage CO2": f"kgCO2/{unit}",
        "jobs": f"person/({unit}/a)",
    }
    return own.get(name, f"{currency}/{unit}")


def _firm_name(code: str, result: DesignResult, words: Words) -> str:
    firms = {f.id: f for f in result.discovery.flows.inventory.firms}
    return firm_name(firms[code], words) if code in firms else words("city") if code == "city" else code


def _plant_name(name: str, result: DesignResult, words: Words) -> str:
    known = {told.id: told.name.text(words.lang) or told.id for told, _, _ in result.frame.plants}
    if name.startswith("own "):
        one = next((c.terms.one for c in result.chosen if c.terms.one.id == name[4:]), None)
        return words("own_equipment", who=_who(one, words)) if one is not None else name
    return known.get(name, name)


def _binding(result: DesignResult, words: Words) -> list[tuple[str, str, str]]:
    """Return what binds, the dearest first: in words, how much a year, what one more unit a year brings."""
    money = result.given.objective in ("npv", "cost")
    found = []
    for one in bounds(result)[:SHOWN_BINDING]:
        per = f" {one.unit}/a" if one.unit else ""
        limit = format_number(one.limit, 3) + (per if len(one.period) == 4 else f" {one.unit} ({one.period})")
        gain = f"{format_number(one.gain, 3)} {result.money.currency}"
        found.append((_bound_name(one, result, words), limit, gain if money else "–"))
    return found


def _bound_name(one: Bound, result: DesignResult, words: Words) -> str:
    """Return what binds in words."""
    firm, _, stream = one.name.partition(" · ")
    kept = {t.one.id: t for t in result.prepared.kept}
    if one.kind in ("supply", "demand", "must") and stream:
        code = stream.removeprefix(NEED)
        told = {"firm": _firm_name(firm, result, words), "material": material_name(code, words)}
        if one.kind == "supply":
            return words("binds_supply", **told)
        return words("binds_demand", **told) if one.kind == "demand" else words("binds_must", **told)
    if one.name in kept:
        return words("binds_feasible", who=_who(kept[one.name].one, words))
    if one.name.startswith("cap "):
        receiver, kind = one.name.split(" ")[1:3]
        types = result.discovery.base.types
        name = types[kind].name.text(words.lang) if kind in types else material_name(kind, words)
        return words("binds_cap", firm=_firm_name(receiver, result, words), type=name)
    return _plant_name(one.name, result, words)


def _tried_row(at: int, result: DesignResult, words: Words) -> dict[str, Any]:
    one, before = result.tried[at], result.outcome.gain
    gain = one.outcome.gain if one.outcome is not None else None
    change = None if gain is None or before is None else gain - before
    return {
        "what": what_if_text(one.what_if, result, words), "gain": money_text(gain, result, words),
        "change": "–" if change is None else f"{format_number(change / 1e6, 3, plus=True)} {_million(result, words)}",
        "kept": money_text(one.kept, result, words), "exchanges": one.outcome.exchanges if one.outcome else "–",
        "co2": format_number(one.outcome.co2_avoided / 1e3, 3) if one.outcome else "–",
        "notes": [p.text(words.lang) for p in one.notes],
    }  # fmt: skip


def _losses(result: DesignResult, words: Words) -> list[tuple[str, int, str]]:
    firms = [x for x in result.losses if x.kind == "firm" and x.links][:SHOWN_LOSSES]
    return [(_firm_name(x.name, result, words), x.links, _loss_text(x.fixed, result, words)) for x in firms]


def _loss_text(value: float, result: DesignResult, words: Words) -> str:
    if not math.isfinite(value):
        return "∞"
    if result.given.objective in ("npv", "cost"):
        return money_text(value, result, words)
    return format_number(value, 4)


def _losses_chart(result: DesignResult, words: Words) -> str:
    if result.given.objective not in ("npv", "cost"):
        return ""
    firms = [x for x in result.losses if x.kind == "firm" and x.links and math.isfinite(x.fixed) and x.fixed > 0]
    rows = [DeltaRow(_firm_name(x.name, result, words), -x.fixed / 1e6) for x in firms[:SHOWN_LOSSES]]
    if not rows:
        return ""
    unit = _million(result, words)
    return diverging_bar_chart(
        Caption(words("losses_title"), value_label=unit, unit=unit, width=860), rows, better="higher"
    )


def _scaled(value: float, objective: str) -> float:
    return value / {"npv": 1e6, "cost": 1e6, "jobs": 1.0}.get(objective, 1e3)


def _unit(objective: str, result: DesignResult, words: Words) -> str:
    return UNITS.get(objective) or _million(result, words)


def _axis(objective: str, result: DesignResult, words: Words) -> str:
    return f"{words.known('gain', objective)} [{_unit(objective, result, words)}]"


def _front(result: DesignResult, words: Words) -> str:
    points = front_points(result)
    if len(points) < 2:
        return ""
    first, second = result.given.objective, result.second
    best = max(range(len(points)), key=lambda i: points[i][0])
    drawn = [
        FrontPoint(_scaled(b, second), _scaled(a, first), i == best,
                   f"{format_number(_scaled(a, first), 4)} {_unit(first, result, words)}, "
                   f"{format_number(_scaled(b, second), 4)} {_unit(second, result, words)}")
        for i, (a, b, _, _) in enumerate(points)
    ]  # fmt: skip
    caption = Caption(words("front_title"), words("front_note"), width=760,
                      value_label=_axis(second, result, words))  # fmt: skip
    return front_chart(caption, drawn, _axis(first, result, words))


def _accounts(accounts: NetworkAccounts, words: Words) -> dict[str, Any]:
    """Return the change of the study's account, sector by sector."""
    found = accounts.assessment
    before, after = found.before.accounts, found.after.accounts
    account = accounts.book.account
    row = before.labels.index(account) if account in before.labels else 0
    unit = before.units[row]
    change = after.consumption[row] - before.consumption[row]
    order = sorted(range(len(change)), key=lambda j: -abs(change[j]))[:SHOWN_SECTORS]
    factor = 1e3 if unit == "Mt CO2" else 1.0
    shown = "kt CO2" if unit == "Mt CO2" else unit
    rows = [
        DeltaRow(_sector(before.sectors[j], accounts, words), float(change[j]) * factor)
        for j in sorted(order, key=lambda j: change[j]) if abs(change[j]) > 1e-9
    ]  # fmt: skip
    caption = Caption(words("network_sectors"), value_label=shown, unit=shown, width=860)
    total = found.change(before.labels[row])
    added = after.output.sum() - before.output.sum()
    return {
        "sentence": words("network_accounts", change=format_number(total * factor, 3, plus=True), unit=shown,
                          share=format_number(100 * found.relative_change(before.labels[row]), 2, plus=True),
                          scenario=accounts.scenario, count=len(accounts.book.exchanges)),
        "svg": _safe(diverging_bar_chart(caption, rows)) if rows else "", "output": float(added),
        "worse": [_sector(before.sectors[j], accounts, words) for j in range(len(change)) if change[j] > 1e-9],
    }  # fmt: skip


def _sector(code: str, accounts: NetworkAccounts, words: Words) -> str:
    name = accounts.sectors.get(code)
    return f"{code} {name.text(words.lang)}" if name is not None else code


def _existing(result: DesignResult, words: Words) -> list[tuple[str, str, str]]:
    """Return the exchanges of today that may be given up: who, how much today, how much in the network."""
    made = {c.terms.one.id: c for c in result.chosen}
    return [
        (_who(made[e.id].terms.one, words), amount_text(exactly(e.quantity), f"{e.unit}/a"), _quantity(made[e.id]))
        for e in result.frame.existing
    ]  # fmt: skip


def _left(result: DesignResult, words: Words) -> list[tuple[str, str, str, str]]:
    """Return the largest that do not flow: who, feasible alone, why, what could change it."""
    every = {t.one.id: t.one for t in (*result.prepared.left_out, *result.prepared.kept)}
    ranked = sorted(result.reasons, key=lambda n: (result.reasons[n].code == "design.incomplete", every[n].place))
    lang = words.lang
    return [
        (_who(every[n], words), amount_text(every[n].quantity, every[n].unit), result.reasons[n].found(lang),
         result.reasons[n].mend(lang))
        for n in ranked[:SHOWN_LEFT]
    ]  # fmt: skip


def _asked(result: DesignResult, words: Words) -> Sequence[tuple[int, str, str, str]]:
    lang = words.lang
    return [
        (a.count, f"{format_number(a.waiting_t / 1e3, 3)} kt/a" if a.waiting_t else "–", a.question.found(lang),
         a.question.mend(lang))
        for a in result.asked[:SHOWN_ASKED] if a.question.severity != "note"
    ]  # fmt: skip
