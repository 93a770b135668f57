"""The flows of a park's firms as a page of their own and as a section of a study's report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup

from lichen.balance.accounts import Balance
from lichen.balance.park import Group, Law, Reconciled
from lichen.errors import Language
from lichen.inventory.amounts import HALF_WIDTH
from lichen.inventory.emissions import SCOPE_1, SCOPES
from lichen.inventory.values import Flow
from lichen.report.html import environment, finding_rows, fixed, percent, write_page
from lichen.report.park_pictures import SHOWN_UNITS, material_name, park_sankey
from lichen.report.svg import format_number
from lichen.report.texts import Words
from lichen.study.flows import FlowResult
from lichen.vocabulary.industries import industry

SCOPE_2 = tuple(s for s in SCOPES if s not in SCOPE_1)
SHOWN_LAYERS = ("mass", "energy", "water")


def write_flow_report(result: FlowResult, folder: Path, lang: Language) -> Path:
    """Write ``balance.html`` into ``folder`` and return its path; :class:`StudyError` if it cannot be written."""
    return write_page(flow_report_html(result, lang), folder, "balance.html")


def flow_report_html(result: FlowResult, lang: Language) -> str:
    """Return the page of a park's flows as HTML text."""
    words = Words(lang)
    return environment().get_template("balance.html.j2").render(
        w=words, lang=lang, title=result.title.text(lang), finding_rows=finding_rows(result.findings, words),
        flows=flow_context(result, words),
    )  # fmt: skip


def flow_context(result: FlowResult, words: Words) -> dict[str, Any]:
    """Return what the section on flows shows."""
    names = {f.id: f.name for f in result.inventory.firms}
    groups = result.reconciliation.groups
    return {
        "year": result.year,
        "lead": _lead(result, words),
        "cards": _cards(result, words),
        "sankeys": [*_sankeys(result, words)],
        "balances": [(layer, _unit(layer), [*_balance_rows(result, layer, words)]) for layer in SHOWN_LAYERS],
        "listed": [_listed_row(b, names) for b in result.balances["process"] if b.closed],
        "groups": [_group_row(g, names, words) for g in groups],
        "gross": [_gross_row(r, names, words) for r in result.reconciliation.gross_errors],
        "reconciled": [_reconciled_row(r, names, words) for g in groups for r in g.flows],
        "estimated": [_estimated_row(f, names, words) for f in result.estimated.added],
        "questions": [q.text(words.lang) for q in result.estimated.questions],
        "co2": [*_co2_rows(result, words)],
        "co2_unknown": [f"{names[u.flow.firm]}: {_named(u.flow, words)} – {u.problem.found(words.lang)}" for u in
                        result.emissions.unknowns],
        "co2_biogenic": result.emissions.biogenic.value_t / 1e3,
        "scopes": [(words.known("scope", s), s in ("scope 1 fuel", "scope 1 process"), v.value_t / 1e3, v.sd_t / 1e3)
                   for s, v in result.emissions.by_scope().items() if v.value_t],
        "covered": result.coverage,
        "indicators": [*_indicator_rows(result, words)],
        "one_sided": [
            (names[h.donor], names[h.receiver], material_name(h.material, words), "out" if h.out else "in")
            for h in result.reconciliation.one_sided if not h.internal
        ],
    }  # fmt: skip


def _unit(layer: str) -> str:
    return SHOWN_UNITS.get(layer, "kt/a")


def _lead(result: FlowResult, words: Words) -> str:
    """Return how much of the park's mass is not measured or reported: the first thing to know."""
    mass = result.shares["mass"]
    weak = sum(mass.shares.get(kind, 0.0) for kind in ("estimated", "assumed"))
    return words("flows_lead", weak=percent(weak, 0), filled=percent(mass.filled, 1), kinds=words("comma").join(
        f"{words(kind)} {percent(share, 0)}" for kind, share in mass.shares.items() if share) or "–")  # fmt: skip


def _cards(result: FlowResult, words: Words) -> list[tuple[str, str, str]]:
    """Return number, unit, what."""
    park = next((b for b in result.balances["park"] if b.layer == "mass"), None)
    flows = [f for f in result.inventory.flows if f.year == result.year]
    groups = result.reconciliation.groups
    gross = len(result.reconciliation.gross_errors) + sum(len(g.contents) for g in groups)
    used = result.indicators["solid_waste_utilisation"]
    co2 = result.emissions.park
    return [
        (str(len(result.inventory.firms)), "", words("card_firms", flows=len(flows))),
        (format_number(park.inputs.value / 1e6, 3) if park else "–", "Mt/a", words("card_inputs")),
        (format_number(co2.value_t / 1e6, 3), "Mt CO2/a",
         words("card_co2", low=format_number((co2.value_t - HALF_WIDTH * co2.sd_t) / 1e6, 3),
               high=format_number((co2.value_t + HALF_WIDTH * co2.sd_t) / 1e6, 3))),
        ("–" if used.value is None else percent(used.value, 0), "", words("card_waste_used")),
        (f"{gross}", "", words("card_gross", laws=sum(len(g.laws) for g in groups))),
    ]  # fmt: skip


def _sankeys(result: FlowResult, words: Words) -> Iterator[tuple[str, Markup, bool]]:
    """Yield heading, picture, and whether it is shown at once."""
    for layer in SHOWN_LAYERS:
        for by in ("sector", "firm"):
            picture = park_sankey(result.inventory, result.year, layer, by, words)
            if picture:
                heading = f"{words(f'sankey_{layer}')} · {words(f'by_{by}')} [{_unit(layer)}]"
                yield heading, Markup(picture), by == "sector" and layer == "mass"  # noqa: S704  # our own, escaped


def _balance_rows(result: FlowResult, layer: str, words: Words) -> Iterator[dict[str, Any]]:
    for level in ("park", "sector"):
        for b in result.balances[level]:
            if b.layer == layer:
                name = words("whole_park") if level == "park" else industry(b.name[0]).name(words.lang)
                yield {
                    "name": name, "main": level == "park", "in": b.inputs.value / 1e3, "out": b.outputs.value / 1e3,
                    "residual": b.residual / 1e3, "sd": b.sd / 1e3, "unknown": len(b.unknown),
                }  # fmt: skip


def _listed_row(b: Balance, names: dict[str, str]) -> dict[str, Any]:
    return {
        "name": f"{names[b.name[0]]} · {b.name[1]}", "layer": b.layer, "unit": _unit(b.layer),
        "in": b.inputs.value / 1e3, "out": b.outputs.value / 1e3, "residual": b.residual / 1e3, "sd": b.sd / 1e3,
        "z": b.z, "suspicious": b.suspicious,
    }  # fmt: skip


def _law_text(law: Law, names: dict[str, str], words: Words) -> str:
    if law.kind == "process":
        layer = words(law.layer) if law.layer in SHOWN_LAYERS else law.layer
        return f"{names[law.firms[0]]} · {law.name} ({layer})"
    what = material_name(law.name, words)
    if law.kind == "inside":
        return f"{names[law.firms[0]]}: {what}"
    return f"{names[law.firms[0]]} → {names[law.firms[1]]}: {what}"


def _group_row(group: Group, names: dict[str, str], words: Words) -> dict[str, Any]:
    return {
        "laws": [_law_text(law, names, words) for law in group.laws],
        "flows": len(group.flows),
        "quiet": not group.failed and group.before is not None and group.before.passed,
        "before": group.before,
        "after": group.after,
        "stopped": words.known("stopped", group.stopped) if group.stopped else "",
        "suspects": group.suspects,
        "contents": group.contents,
        "failed": [p.text(words.lang) for p in group.failed],
    }


def _named(flow: Flow, words: Words) -> str:
    """Return a flow's material in the page's language, or as the firm names it where the vocabulary does not."""
    return material_name(flow.material or flow.given, words)


def _flow_text(r: Reconciled, names: dict[str, str], words: Words) -> str:
    where = f" · {r.flow.process}" if r.flow.process else ""
    arrow = "→" if r.flow.direction == "out" else "←"
    other = names.get(r.flow.partner, r.flow.partner)
    return f"{names[r.flow.firm]}{where}: {_named(r.flow, words)} {arrow} {other}".rstrip(" →←")


def _amount(value: float, sd: float | None, unit: str) -> str:
    scale = 1e3 if abs(value) >= 1e4 else 1.0
    shown = {"t/a": "kt/a", "GJ/a": "TJ/a", "m3/a": "10³ m³/a", "Nm3/a": "10³ Nm³/a"}[unit] if scale > 1 else unit
    error = "" if sd is None else f" ± {format_number(HALF_WIDTH * sd / scale, 2)}"
    return f"{format_number(value / scale, 4)}{error} {shown}"


def _gross_row(r: Reconciled, names: dict[str, str], words: Words) -> dict[str, str]:
    return {
        "flow": _flow_text(r, names, words), "told": _amount(r.told, r.told_sd, r.unit),
        "others": _amount(r.estimate.value, r.estimate.sd, r.unit), "z": format_number(r.z or 0.0, 2),
    }  # fmt: skip


def _reconciled_row(r: Reconciled, names: dict[str, str], words: Words) -> dict[str, Any]:
    return {
        "flow": _flow_text(r, names, words), "told": _amount(r.told, r.told_sd, r.unit),
        "value": _amount(r.estimate.value, r.estimate.sd, r.unit),
        "change": f"{fixed((r.estimate.value / r.told - 1) * 100, 1)} %" if r.told else "–",
        "z": r.z, "gross": r.gross,
        "status": words("gross_error") if r.gross else words.known("status_flow", r.estimate.status),
    }  # fmt: skip


def _estimated_row(flow: Flow, names: dict[str, str], words: Words) -> dict[str, str]:
    q = flow.quantity
    low, high = q.range_in(q.unit)
    return {
        "firm": names[flow.firm], "process": flow.process,
        "direction": words("comes_out" if flow.direction == "out" else "goes_in"),
        "material": _named(flow, words),
        "value": f"{format_number(q.value, 3)} {q.unit}",
        "range": "" if q.low is None else f"{format_number(low, 3)} … {format_number(high, 3)}",
        "source": q.source,
    }  # fmt: skip


def _co2_rows(result: FlowResult, words: Words) -> Iterator[dict[str, Any]]:
    """Yield CO2 by division of GB/T 4754, direct and bought, the largest first."""
    sums: dict[str, list[float]] = {}
    for scopes, place in ((SCOPE_1, 0), (SCOPE_2, 1)):
        for code, found in result.emissions.by_industry(scopes).items():
            sums.setdefault(code[:2], [0.0, 0.0])[place] += found.value_t / 1e3
    for code, (direct, bought) in sorted(sums.items(), key=lambda entry: -entry[1][0] - entry[1][1]):
        if direct or bought:
            yield {"name": industry(code).name(words.lang) if code else "–", "direct": direct, "bought": bought}


def _indicator_rows(result: FlowResult, words: Words) -> Iterator[dict[str, Any]]:
    for found in result.indicators.values():
        share = found.unit == "1"
        scale = 1.0 if share else 1e-3
        value = "–" if found.value is None else (
            percent(found.value, 1) if share else f"{format_number(found.value * scale, 4)} kt/a")  # fmt: skip
        half = None if found.sd is None or found.value is None else HALF_WIDTH * found.sd * scale
        error = "" if half is None else percent(half, 1) if share else format_number(half, 2)
        yield {
            "name": found.name.text(words.lang), "value": value, "error": error,
            "definition": found.definition.text(words.lang), "source": found.source, "ours": found.ours,
            "weak": found.estimated, "left_out": len(found.left_out),
        }  # fmt: skip
