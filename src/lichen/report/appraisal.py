"""An appraisal as a page: what all and each exchange is worth, prices, abatement cost, sensitivity, risks, contract."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from lichen.appraise.cash_flow import CashFlow
from lichen.appraise.parties import Opening
from lichen.appraise.risk import grave, mode_name, mode_question, readiness_levels
from lichen.errors import Language, Problem
from lichen.figures import KINDS
from lichen.inventory.values import Firm
from lichen.report.charts import BlockPart, Caption, Line, SwingRow, block_chart, line_chart, tornado_chart
from lichen.report.discovery import firm_name
from lichen.report.html import environment, finding_rows, number, percent, write_page
from lichen.report.park_pictures import material_name
from lichen.report.svg import format_number
from lichen.report.texts import Words
from lichen.study.agreed import agreed_texts
from lichen.study.appraisal import AppraisalResult, Appraised, total_co2
from lichen.study.appraisal_case import payer_of

MILLION = 1e6
MOST_BARS = 12
"""Bars of a tornado; the rest is in the tables."""
GRAVE = 10
"""Severity from which a risk is named apart: people or environment are harmed, or a firm stands still."""


def write_appraisal_report(result: AppraisalResult, folder: Path, lang: Language, top: int) -> Path:
    """Write ``appraise.html`` into ``folder`` and return its path; :class:`StudyError` if it cannot be written."""
    return write_page(appraisal_html(result, lang, top), folder, "appraise.html")


def appraisal_html(result: AppraisalResult, lang: Language, top: int) -> str:
    """Return the page as HTML text; the ``top`` exchanges that gain most are told at length."""
    words, flows = Words(lang), result.design.discovery.flows
    return (
        environment()
        .get_template("appraise.html.j2")
        .render(
            w=words, lang=lang, title=flows.title.text(lang), year=flows.year, **appraisal_context(result, words, top)
        )
    )


def appraisal_context(result: AppraisalResult, words: Words, top: int) -> dict[str, Any]:
    """Return what the page shows."""
    shown = result.exchanges[:top]
    return {
        "unit": words("million_once", currency=result.design.money.currency),
        "money_line": _money_line(result, words), "cards": _cards(result, words),
        "rows": [row_of(a, words) for a in result.exchanges],
        "cash_svg": _markup(_cash(result, words)), "curve_svg": _markup(_curve(result, words)),
        "curve_rows": _curve_rows(result, words), "tax": _tax_rows(result, words), "plants": _plant_rows(result, words),
        "details": [_detail(result, a, place, words) for place, a in enumerate(shown, 1)],
        "more": len(result.exchanges) - len(shown), "kinds": _kinds(result, words), "levels": _levels(words),
        "grave": [_risk_row(r, words) for r in grave(result.given.risks, GRAVE)],
        "finding_rows": finding_rows(result.findings, words),
    }  # fmt: skip


def _markup(drawn: str) -> Markup:
    return Markup(drawn)  # noqa: S704  # our own, escaped


def who(one: Appraised, words: Words) -> str:
    """Return donor, receiver and stream in one line."""
    ends, stream = _ends(one, words), material_name(one.chosen.terms.one.stream, words)
    return f"{ends[0]} → {ends[1]}: {stream}"


def _ends(one: Appraised, words: Words) -> tuple[str, str]:
    pair: tuple[Firm, Firm] = (one.chosen.terms.one.donor, one.chosen.terms.one.receiver)
    return firm_name(pair[0], words), firm_name(pair[1], words)


def millions(value: float | None) -> str:
    """Return an amount of money in millions."""
    return "–" if value is None else format_number(value / MILLION, 3)


def _money_line(result: AppraisalResult, words: Words) -> str:
    money = result.design.money
    carbon = words("money_no_carbon")
    if money.carbon_price is not None:
        carbon = words("with_carbon_price", price=number(money.per_tonne, 3), currency=money.currency)
    return words("money_line", currency=money.currency, price_year=money.price_year, base=money.start - 1,
                 first=money.start, years=money.years, rate=percent(money.rate.to("1/a"), 1),
                 source=money.rate.source) + " " + carbon  # fmt: skip


def _cards(result: AppraisalResult, words: Words) -> list[tuple[str, str, str]]:
    if result.whole is None or result.flow is None:
        return []
    unit = words("million_once", currency=result.design.money.currency)
    small = ""
    if result.range is not None:
        low, high = (millions(result.range.quantile(q)) for q in (0.05, 0.95))
        small = " · " + words("range90", low=low, high=high)
    both = sum(not a.interval.empty for a in result.exchanges)
    return [
        (millions(result.whole.npv), unit, words("card_both_npv") + small),
        (millions(-float(result.flow.of("investment").sum())), unit, words("card_invest")),
        (format_number(float(total_co2(result).max()) / 1e3, 3), "kt CO2/a", words("card_co2_avoided")),
        (f"{both} / {len(result.exchanges)}", "", words("card_both_gain")),
    ]


def row_of(one: Appraised, words: Words) -> dict[str, Any]:
    """Return what a table shows of an exchange, in words."""
    rates = one.both.rates
    ranges = " … ".join(millions(one.range.quantile(q)) for q in (0.05, 0.95)) if one.range else ""
    invested = -float(one.donor.of("investment").sum() + one.receiver.of("investment").sum())
    only = percent(rates.only, 1) if rates.only is not None else words("irr_not_one", n=len(rates.all))
    prices = f"{number(one.interval.low, 3)} … {number(one.interval.high, 3)}"
    cost = one.abatement.per_tonne
    return {
        "who": who(one, words), "quantity": _amount(one), "npv": millions(one.both.npv), "range": ranges,
        "invested": millions(invested) if invested else words("none_told"), "irr": only if invested else "–",
        "payback": _years(one.both.discounted_payback, words) if invested else "–",
        "prices": words("no_price") if one.interval.empty else prices, "limits": prices,
        "price_unit": "" if one.interval.empty else one.interval.unit,
        "equal": number(one.equal.price, 3) if one.equal else "–",
        "per_tonne": "–" if cost is None else words("negative") if cost < 0 else format_number(cost, 3),
        "level": one.readiness.level,
    }  # fmt: skip


def _amount(one: Appraised) -> str:
    value, unit = float(one.exchange.quantity.max()), one.exchange.amount.unit
    return f"{format_number(value, 3)} {unit}"


def _years(value: float | None, words: Words) -> str:
    return words("never") if value is None else words("years_n", n=format_number(value, 2))


# --- pictures --------------------------------------------------------------------------------------------------------
def _cash(result: AppraisalResult, words: Words) -> str:
    """Return cumulative cash of donors, receivers and both, not discounted, without the price between them."""
    if result.flow is None or result.donors is None or result.receivers is None:
        return ""

    def line(name: str, flow: CashFlow) -> Line:
        sums = np.cumsum(flow.net) / MILLION
        return Line(name, tuple((year, float(s)) for year, s in zip(flow.years, sums, strict=True)))

    unit = words("million_once", currency=result.design.money.currency)
    caption = Caption(words("cumulative_cash"), words("cumulative_note"), unit, unit, width=900)
    return line_chart(caption, [
        line(words("both_together"), result.flow), line(words("donors_alone"), result.donors),
        line(words("receivers_alone"), result.receivers),
    ])  # fmt: skip


def _curve(result: AppraisalResult, words: Words) -> str:
    if result.curve is None or not result.curve.blocks:
        return ""
    unit = f"{result.design.money.currency}/t CO2"
    blocks = [
        BlockPart(b.option.name.text(words.lang), b.option.co2_t / 1e3, b.per_tonne, plain=b.ranked_by != "cost")
        for b in result.curve.blocks
    ]
    caption = Caption(words("abatement_curve"), words("abatement_note"), unit, unit, width=900)
    return block_chart(caption, blocks, words("abatement_across"), (words("by_cost"), words("by_npv")))


def _curve_rows(result: AppraisalResult, words: Words) -> list[tuple[str, ...]]:
    blocks = result.curve.blocks if result.curve else ()
    return [
        (str(n), b.option.name.text(words.lang), format_number(b.option.co2_t / 1e3, 3), millions(b.option.npv),
         words("negative") if b.per_tonne < 0 else format_number(b.per_tonne, 3)) for n, b in enumerate(blocks, 1)
    ]  # fmt: skip


def _tornado(one: Appraised, currency: str, words: Words) -> str:
    rows = [
        SwingRow(words("comma").join(one.names[n].text(words.lang) for n in bar.names), bar.at_low / MILLION,
                 bar.at_high / MILLION)
        for bar in one.bars.bars[:MOST_BARS] if bar.swing > 0
    ]  # fmt: skip
    if not rows:
        return ""
    unit = words("million_once", currency=currency)
    caption = Caption(f"{words('tornado')} · {who(one, words)}", words("tornado_note"), unit, unit, width=900)
    return tornado_chart(caption, one.bars.base / MILLION, rows, (words("at_low"), words("at_high")))


# --- tables ----------------------------------------------------------------------------------------------------------
def _tax_rows(result: AppraisalResult, words: Words) -> dict[str, Any]:
    found = result.taxed
    if found is None:
        return {}
    by_id = {a.id: a for a in result.exchanges}
    rows = []
    for name, after in found.each.items():
        sides = found.sides.get(name)
        ends = tuple(map(millions, sides)) if sides else ("–", "–")
        rows.append((who(by_id[name], words), millions(by_id[name].both.npv), millions(after), *ends))
    return {
        "rows": rows, "rate": percent(found.rules.rate, 1), "source": found.rules.source,
        "inflation": percent(found.inflation, 1), "years": found.rules.years, "whole": millions(found.whole),
        "losses": words.known("losses", found.rules.losses),
    }  # fmt: skip


def _plant_rows(result: AppraisalResult, words: Words) -> list[dict[str, Any]]:
    by_id = {a.id: a for a in result.exchanges}
    return [
        {
            "name": plant.name, "exact": plant.fair.exact, "stable": plant.objections.in_core,
            "objects": [[who(by_id[m], words) for m in o.members] for o in plant.objections.objections[:3]],
            "rows": [(who(by_id[n], words), millions(paid), millions(plant.fair.of(n)), millions(plant.alone[n]))
                     for n, paid in plant.by_quantity.items()],
        }
        for plant in result.shares
    ]  # fmt: skip


def _kinds(result: AppraisalResult, words: Words) -> list[tuple[str, str, float]]:
    kinds = [f.kind for a in result.exchanges for f in a.figures.values()]
    return [(k, words(k), kinds.count(k) / len(kinds)) for k in KINDS] if kinds else []


def _levels(words: Words) -> list[tuple[int, str]]:
    return [(level, text.text(words.lang)) for level, text in readiness_levels().items()]


def _detail(result: AppraisalResult, one: Appraised, place: int, words: Words) -> dict[str, Any]:
    currency, lang = result.design.money.currency, words.lang
    ends, told = _ends(one, words), result.given.of(one.id)
    step = one.readiness.next_step
    payer = payer_of(result.given.settings, one.id)
    evidence = told.evidence.text(lang) if told is not None and told.level else ""
    return row_of(one, words) | {
        "place": place, "unit_price": one.interval.unit, "donor": ends[0], "receiver": ends[1],
        "plant": one.chosen.plant,
        "invests": one.exchange.invests, "payer": words("donor" if payer == "donor" else "receiver"),
        "stream": material_name(one.chosen.terms.one.stream, words), "id": one.id,
        "payments": _payments(one, lang), "yearly": millions(one.both.yearly),
        "sides": (millions(one.sides[0].npv), millions(one.sides[1].npv)),
        "irr_all": [percent(r.rate, 1) for r in one.both.rates.all],
        "irr_notes": _texts(one.both.rates.notes, lang) if one.exchange.invests else [words("no_investment_note")],
        "simple": _years(one.both.payback, words) if one.exchange.invests else "–",
        "levelised": number(one.levelised, 3),
        "ratio": number(one.both.benefit_cost, 3), "co2": format_number(float(one.exchange.co2.max()), 3),
        "chance": percent(one.range.chance_above(), 0) if one.range else "–",
        "abatement": _texts(one.abatement.notes, lang), "gain_each": millions(one.equal.donor) if one.equal else "–",
        "proportional": number(one.proportional.price, 3) if one.proportional else "–",
        "told": _told(one, words), "agreed": _agreed(one, words),
        "opens": [_opening(o, words) for o in one.opens], "contract": one.contract,
        "longest": result.given.settings.longest,
        "heat": _heat(one, lang), "tornado_svg": _markup(_tornado(one, currency, words)),
        "fixed": [one.names[n].text(lang) for n in one.bars.without_range],
        "figures": _figure_rows(one, words),
        "risks": [_risk_line(one, line, words) for line in one.risks],
        "level_text": one.readiness.meaning.text(lang), "next_level": step.text(lang) if step else "",
        "evidence": evidence or (one.ready_note.found(lang) if one.ready_note else ""),
        "terms": [(t.name.text(lang), t.question.text(lang), _term_known(one, t.id, words),
                   t.agreed.text(lang) if t.agreed else "") for t in one.terms],
    }  # fmt: skip


def _payments(one: Appraised, lang: Language) -> list[tuple[str, str, str]]:
    """Return name, side, and what each payment comes to in its fullest year."""
    rows = []
    for side, flow in (("donor", one.donor), ("receiver", one.receiver)):
        for line in flow.lines:
            largest = float(line.amounts[int(np.argmax(np.abs(line.amounts)))])
            if largest:
                name = one.names[line.name].text(lang) if line.name in one.names else line.name
                rows.append((name, side, millions(largest)))
    return rows


def _told(one: Appraised, words: Words) -> list[str]:
    """Return what firms told of prices of the same stream, those who give it and those who take it."""
    said = []
    for direction in ("out", "in"):
        found = [t for t in one.told if t.direction == direction]
        if found:
            ends = [number(end, 3) for end in (min(t.price for t in found), max(t.price for t in found))]
            firms = words("comma").join(dict.fromkeys(t.firm for t in found))
            prices = " … ".join(dict.fromkeys(ends))
            way = words.known("told_of", direction)
            said.append(words("price_told", firms=firms, prices=prices, unit=found[0].unit, way=way))
    return said


def _agreed(one: Appraised, words: Words) -> list[str]:
    """Return what is agreed, what it is worth to both, and what to know of it."""
    at = one.agreed
    if at is None:
        return []
    said = words("comma").join(text.text(words.lang) for text in agreed_texts(at.terms).values())
    found = [words("agreed_text", said=said, source=at.terms.source)]
    if at.price is not None and at.donor is not None and at.receiver is not None:
        unit = words("million_once", currency=one.exchange.currency)
        found.append(words("agreed_worth", price=number(at.price, 4), price_unit=one.interval.unit, unit=unit,
                           donor=millions(at.donor), receiver=millions(at.receiver)))  # fmt: skip
    return [*found, *_texts(at.notes, words.lang)]


def _term_known(one: Appraised, term: str, words: Words) -> str:
    """Return what the appraisal says to a term of a contract; empty: nothing."""
    amount, open_checks = one.exchange.amount, [c for c in one.chosen.terms.one.checks if c.verdict == "ask"]
    if term == "quantity" and amount.low is not None and amount.high is not None:
        ends = (f"{format_number(end, 3)}" for end in (amount.low, amount.high))
        return words("term_quantity", amount=_amount(one), low=next(ends), high=next(ends))
    if term == "price" and not one.interval.empty:
        row = row_of(one, words)
        return words("term_price", prices=row["limits"], unit=one.interval.unit, equal=row["equal"])
    if term == "duration":
        return words("term_duration", years=len(one.exchange.years) - 1)
    if term == "specification" and open_checks:
        return words("term_specification", n=len(open_checks))
    return ""


def _opening(opening: Opening, words: Words) -> str:
    name = opening.lever.name.text(words.lang)
    if opening.value is None:
        return words("opens_never", name=name)
    side = ""
    if opening.lever.id == "subsidy":
        side = words.known("subsidy_to", "donor" if opening.lever.donor.any() else "receiver")
        return words("opens_at", name=name + side, value=millions(opening.value),
                     unit=words("million_once", currency=opening.lever.unit))  # fmt: skip
    return words("opens_at", name=name, value=number(opening.value, 3), unit=opening.lever.unit)


def _heat(one: Appraised, lang: Language) -> dict[str, Any]:
    if isinstance(one.heat, Problem):
        return {"why": f"{one.heat.found(lang)} {one.heat.mend(lang)}"}
    if not one.heat:
        return {}
    supply = one.heat[0].supply
    return {
        "why": "", "capacity": format_number(supply.capacity_kw, 3),
        "rows": [(number(h.capacity, 3), number(h.variable, 3), _texts(h.notes, lang)) for h in one.heat],
        "currency": supply.currency,
    }  # fmt: skip


def _figure_rows(one: Appraised, words: Words) -> list[dict[str, str]]:
    even = {e.name: e for e in one.even}
    rows = []
    for name, f in one.figures.items():
        found = even.get(name)
        values = words("comma").join(format_number(v, 3) for v in found.values) if found else ""
        none = words("none_up_to", high=format_number(found.high, 3)) if found else "–"
        rows.append({
            "name": one.names[name].text(words.lang), "value": _value(f.value, f.unit),
            "range": "" if f.low is None or f.high is None else f"{_value(f.low)} – {_value(f.high)}",
            "kind": words(f.kind), "kind_key": f.kind, "source": f.source, "even": values or none,
        })  # fmt: skip
    return rows


def _value(value: float, unit: str = "1") -> str:
    return format_number(value, 4) + ("" if unit == "1" else f" {unit}")


def _risk_line(one: Appraised, line: Any, words: Words) -> dict[str, Any]:
    return {
        "mode": mode_name(line.mode).text(words.lang), "ask": mode_question(line.mode).text(words.lang),
        "known": _texts(line.known, words.lang), "judged": [_risk_row(r, words) for r in line.judged],
    }  # fmt: skip


def _risk_row(risk: Any, words: Words) -> tuple[str, ...]:
    marks = f"{risk.severity} × {risk.occurrence} × {risk.detection} = {risk.priority}"
    return risk.exchange, mode_name(risk.mode).text(words.lang), risk.description, marks, risk.owner, risk.mitigation


def _texts(notes: Sequence[Problem], lang: Language) -> list[str]:
    return [f"{n.found(lang)} {n.mend(lang)}".strip() for n in notes]
