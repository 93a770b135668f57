"""One page for the meeting of two firms about one opportunity, as HTML and PDF: only what both may see.

Quantities of level *park* are shown as bands, private ones not at all; prices and partners never are. See
:mod:`lichen.discover.visibility`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from lichen.discover.find import best_of_each
from lichen.discover.values import Opportunity, Span
from lichen.discover.visibility import level_of, shown_amount, shown_name, strictest
from lichen.errors import Language, Problem, Problems, StudyError
from lichen.inventory.values import Disclosure
from lichen.knowledge.values import Knowledge
from lichen.report.discovery import SCALES
from lichen.report.html import environment, write_page
from lichen.report.park_pictures import material_name
from lichen.report.svg import format_number
from lichen.report.texts import Words
from lichen.study.discovery import DiscoveryResult

CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Zen Hei",
)
"""Fonts that can write Chinese, the first that the machine has is taken."""
MOST_LINES = 8


def write_sheets(result: DiscoveryResult, folder: Path, lang: Language, most: int) -> list[Path]:
    """Write a sheet (HTML and PDF) for the best opportunity of each of ``most`` streams; return the paths.

    Raises
    ------
    StudyError
        If the folder cannot be written to, or a PDF in Chinese is wanted and no font can write it.
    """
    written: list[Path] = []
    _clear(folder)
    for one in best_of_each(result.found)[:most]:
        name = _file_name(one)
        written.append(write_page(sheet_html(one, result, lang), folder, f"{name}.html"))
        path = folder / f"{name}.pdf"
        try:
            path.write_bytes(sheet_pdf(one, result, lang))
        except OSError as error:
            problems = Problems()
            problems.add("study.cannot_write", path=str(path), reason=str(error))
            problems.raise_if_errors(StudyError)
        written.append(path)
    return written


def _file_name(one: Opportunity) -> str:
    """Return a name that a file system takes, and that does not tell who a private firm is."""
    ends = ("private" if f.disclosure == "private" else f.id for f in (one.donor, one.receiver))
    donor, receiver = (re.sub(r"[^\w.-]+", "_", end)[:40] for end in ends)
    return f"{one.place:03d}-{donor}-{one.stream}-{receiver}"


def _clear(folder: Path) -> None:
    """Take away the sheets of an earlier run: their places in the list may be others now."""
    if folder.is_dir():
        for path in folder.iterdir():
            if re.fullmatch(r"\d{3}-.+-.+-.+\.(html|pdf)", path.name):
                path.unlink()


def sheet_html(one: Opportunity, result: DiscoveryResult, lang: Language) -> str:
    """Return the sheet as HTML text."""
    words = Words(lang)
    return environment().get_template("sheet.html.j2").render(w=words, lang=lang, s=sheet(one, result, words))


def sheet_pdf(one: Opportunity, result: DiscoveryResult, lang: Language) -> bytes:
    """Return the sheet as PDF.

    Raises
    ------
    StudyError
        If no font on this machine can write Chinese and the sheet has Chinese in it.
    """
    import typst

    shown = sheet(one, result, Words(lang))
    data = json.dumps(shown | {"fonts": fonts_of(shown)}, ensure_ascii=False)
    template = files("lichen.report").joinpath("templates", "sheet.typ").read_bytes()
    return bytes(typst.compile(template, sys_inputs={"data": data}))


def fonts_of(shown: dict[str, Any]) -> list[str]:
    """Return the fonts of a sheet: one that can write Chinese where there is Chinese to write."""
    import typst

    known = set(typst.Fonts().families())
    chinese = [name for name in CHINESE_FONTS if name in known]
    if not chinese and re.search(r"[\u4e00-\u9fff]", json.dumps(shown, ensure_ascii=False)):
        problems = Problems()
        problems.add("discover.no_font", fonts=list(CHINESE_FONTS))
        problems.raise_if_errors(StudyError)
    return [name for name in ("Noto Sans", "DejaVu Sans") if name in known][:1] + chinese[:1] or ["Libertinus Serif"]


def sheet(one: Opportunity, result: DiscoveryResult, words: Words) -> dict[str, Any]:
    """Return what the sheet shows: words and plain lists, the same for HTML and PDF."""
    lang = words.lang
    donor, receiver = shown_name(one.donor).text(lang), shown_name(one.receiver).text(lang)
    stream = material_name(one.stream, words)
    replaces = material_name(one.replaces, words) if one.replaces else ""
    level = strictest(one)
    return {
        "title": words("sheet_title"), "stream": stream, "ends": f"{donor} → {receiver}",
        "what": words("sheet_what", donor=donor, receiver=receiver, stream=stream,
                      replaces=replaces or words("unnamed")),
        "facts": _facts(one, level, words), "known": _known(one, result.base, lang),
        "conditions": [(c.condition.ask.text(lang), _verdict(c.verdict, one, words)) for c in one.checks][:MOST_LINES],
        "ask_donor": _asked(one, one.donor.id, lang), "ask_receiver": _asked(one, one.receiver.id, lang),
        "treatment": [t.name.text(lang) for t in _treatment(one, result.base)],
        "hazards": [n.found(lang) for n in one.reasons if n.code in ("discover.hazard", "discover.hazardous")],
        "labels": {name: words(f"sheet_{name}") for name in ("known", "conditions", "ask_of", "treatment", "hazards",
                                                             "next", "signed", "footer")}
                  | {"donor": donor, "receiver": receiver, "facts": words("sheet_facts")},
        "steps": [words(f"sheet_step_{i}") for i in range(1, 6)],
        "year": str(result.flows.year), "study": result.flows.title.text(lang),
    }  # fmt: skip


def _verdict(verdict: str, one: Opportunity, words: Words) -> str:
    """Return whether a condition holds, where the stream's content is no secret: a verdict bounds it."""
    if verdict != "ask" and level_of(one.donor, one.supply.flows) == "private":
        return words("sheet_private")
    return words.known("verdict", verdict)


def _facts(one: Opportunity, level: Disclosure, words: Words) -> list[tuple[str, str]]:
    """Return label and value of what both may see."""
    supply = shown_amount(one.supply.unused, level_of(one.donor, one.supply.flows))
    rows = [(words("sheet_unused"), _shown(supply, one.unit, level_of(one.donor, one.supply.flows), words))]
    if one.demand is not None:
        need_level = level_of(one.receiver, one.demand.flows)
        need = shown_amount(one.demand.amount, need_level)
        rows.append((words("sheet_need", material=material_name(one.demand.material, words)),
                     _shown(need, one.demand.unit, need_level, words)))  # fmt: skip
    most = "" if one.bounded else "≤ "
    rows.append((words("feasible"), most + _shown(shown_amount(one.quantity, level), one.unit, level, words)))
    if one.gains.co2 is not None and one.gains.co2.value > 0:
        rows.append((words("saved_co2"), _shown(shown_amount(one.gains.co2, level), "tCO2/a", level, words)))
    hidden = "private" in (one.donor.disclosure, one.receiver.disclosure)
    distance = "–" if one.distance_km is None or hidden else f"{one.distance_km:.0f} km"
    rows.append((words("distance"), distance))
    temperature = max((f.temperature for f in one.supply.flows if f.temperature is not None), default=None)
    if temperature is not None and level != "private":
        shown = f"{temperature:g} °C" if level == "public" else f"≈ {50 * round(temperature / 50):g} °C"
        rows.append((words("sheet_temperature"), shown))
    rows.append((words("sheet_known_as"), words(one.supply.kind)))
    return rows


def _shown(span: Span | None, unit: str, level: Disclosure, words: Words) -> str:
    """Return an amount as both may see it: the number, its band, or that only the facilitator knows it."""
    if span is None:
        return words("sheet_private")
    scale, name = SCALES[unit] if span.high >= 1e3 else (1.0, unit)
    if level == "public":
        return f"{format_number(span.value / scale, 3)} {name}"
    return f"{format_number(span.low / scale, 3)} – {format_number(span.high / scale, 3)} {name}"


def _known(one: Opportunity, base: Knowledge, lang: Language) -> list[str]:
    lines = []
    for item in (base.types[name] for name in one.types if name in base.types):
        states: dict[str, list[str]] = {}
        for evidence in item.evidence:
            case = base.cases.get(evidence.case)
            if case is not None:
                states.setdefault(evidence.status, []).append(case.name.text(lang).split(":")[0].split("：")[0])
        said = "; ".join(f"{Words(lang).known('elsewhere', s)}: {', '.join(dict.fromkeys(names))}"
                         for s, names in states.items())  # fmt: skip
        lines.append(f"{item.name.text(lang)}{' – ' + said if said else ''}")
    return lines[:4]


def _treatment(one: Opportunity, base: Knowledge) -> list[Any]:
    return list({t.id: t for name in one.types if name in base.types for t in base.types[name].treatment}.values())


def _asked(one: Opportunity, firm: str, lang: Language) -> list[str]:
    """Return the questions to one firm; what it is asked about the other is not among them."""
    mine: Sequence[Problem] = [q for q in one.questions if q.where.key == firm]
    return [q.found(lang) for q in mine][:MOST_LINES]
