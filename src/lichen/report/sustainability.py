"""The sustainability report of a park, as a page and as PDF: only what may leave the house.

Figures of firms come as released tables; sums over efficiency measures are held against the same rules here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from lichen.errors import Language
from lichen.monitor.dictionary import word
from lichen.monitor.measures import is_done
from lichen.monitor.values import STATES, Measure
from lichen.release import Rules, judge
from lichen.report.follow import target_row
from lichen.report.html import environment, number
from lichen.report.sheet import fonts_of
from lichen.report.texts import Words
from lichen.study.follow import FollowResult


@dataclass(frozen=True)
class PublicTable:
    """A released table.

    Parameters
    ----------
    heading, note, unit
        What it tells, its date and definition, the unit of its numbers.
    rows
        Name → number; ``None``: withheld.
    """

    heading: str
    note: str
    unit: str
    rows: Sequence[tuple[str, float | None]]


def sustainability(title: str, tables: Sequence[PublicTable], follow: FollowResult, lang: Language) -> dict[str, Any]:
    """Return what the report shows: words and plain lists, the same for page and PDF."""
    words = Words(lang)
    states = {s: sum(one.state == s for one in follow.standings) for s in STATES}
    return {
        "lang": lang, "title": title, "heading": words("sustainability"), "lead": words("sustainability_lead"),
        "date": words("as_of", date=follow.date.isoformat()),
        "tables": [_table(t, words) for t in tables], "no_tables": words("no_released") if not tables else "",
        "exchanges_heading": words("exchanges_by_state"),
        "exchanges": [(word("event", "state", s).text(lang), str(n)) for s, n in states.items() if n],
        "measures_heading": words("measures_done"), "measures": _measures(follow.measures, words),
        "targets_heading": words("targets"), "targets": [*_targets(follow, words)],
        "withheld_note": words("withheld_note"), "withheld": words("withheld"),
        "heads": {"indicator_name": words("indicator_name"), "year": words("year"), "target": words("target"),
                  "value": words("value")},
    }  # fmt: skip


def _table(table: PublicTable, words: Words) -> dict[str, Any]:
    rows = [(name, words("withheld") if value is None else number(value)) for name, value in table.rows]
    return {"heading": table.heading, "note": table.note, "unit": table.unit, "rows": rows}


def _measures(measures: Sequence[Measure], words: Words) -> list[tuple[str, str]]:
    """Return sums over what was implemented; one that would tell on a firm is withheld."""
    done = [m for m in measures if is_done(m)]
    if not done:
        return []
    found = [(words("measures_count"), str(sum(m.count for m in done)))]
    for key, name, unit in (("investment", "investment", ""), ("saving", "cost_saved", "/a"),
                            ("energy_gj", "energy_saved", "GJ/a"), ("co2_t", "saved_co2", "t/a")):  # fmt: skip
        for currency in dict.fromkeys(m.currency for m in done) if key in ("investment", "saving") else ("",):
            told = [m for m in done if getattr(m, key) is not None and (not currency or m.currency == currency)]
            if told:
                shown = f"{currency}{unit}"
                found.append((words(name), _sum(told, key, shown, words)))
    return found


def _sum(measures: Sequence[Measure], key: str, unit: str, words: Words) -> str:
    by_firm: dict[str, float] = {}
    for m in measures:
        by_firm[m.firm] = by_firm.get(m.firm, 0.0) + float(getattr(m, key))
    values = np.array(list(by_firm.values()))
    if judge(values, Rules(), len(values)).why:
        return words("withheld")
    return f"{number(float(values.sum()))} {unit}"


def _targets(follow: FollowResult, words: Words) -> Sequence[Mapping[str, Any]]:
    """Return indicators that the park told itself; those worked out from firms' flows stay in the house."""
    return [target_row(one, words) for one in follow.targets if not one.computed]


def sustainability_html(shown: Mapping[str, Any]) -> str:
    """Return the report as HTML text; ``shown`` is of :func:`sustainability`."""
    words = Words(shown["lang"])
    return environment().get_template("sustainability.html.j2").render(w=words, **{"s": shown, "lang": words.lang})


def sustainability_pdf(shown: Mapping[str, Any]) -> bytes:
    """Return the report as PDF; ``shown`` is of :func:`sustainability`.

    Raises
    ------
    StudyError
        If no font on this machine can write Chinese and the report has Chinese in it.
    """
    import typst

    data = json.dumps({**shown, "fonts": fonts_of(dict(shown))}, ensure_ascii=False)
    template = files("lichen.report").joinpath("templates", "sustainability.typ").read_bytes()
    return bytes(typst.compile(template, sys_inputs={"data": data}))
