"""What discovery finds in a park, as plain values: made in the background, kept as one file, read from there.

These values hold everything. A facilitator sees them; what a firm sees of them is made by :mod:`lichen.web.disclosure`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lichen.discover.values import COMPONENTS, Opportunity, Span
from lichen.discover.visibility import level_of
from lichen.errors import Problem
from lichen.inventory.values import Firm, Flow
from lichen.knowledge.values import CITY
from lichen.report.discovery import discovery_context
from lichen.report.texts import Words
from lichen.study.discovery import DiscoveryResult, discovery_of
from lichen.web.balance import LANGUAGES, park_flows, study_files
from lichen.web.jobs import Standing, standing
from lichen.web.kept import Kept
from lichen.web.models import FirmRow, Job, JobFile, Park
from lichen.web.models import Opportunity as Handle
from lichen.web.rows import key_of, whole

FILE = "opportunities.json.gz"
KIND = "opportunities"
DRAWN = 20
Facts = Mapping[str, Any]
_found = Kept(6)


def search(park: Park) -> tuple[dict[str, Any], dict[str, bytes | str]]:
    """Return a summary of what discovery finds in a park, and files: all of it, and pictures by language."""
    with study_files(park) as (folder, loaded):
        result = discovery_of(folder, park_flows(park, whole(park), loaded))
    filled = frozenset(key_of("flow", flow) for flow in result.flows.estimated.added)
    every = [facts(one, result, filled) for one in result.found.opportunities]
    files: dict[str, bytes | str] = {FILE: gzip.compress(json.dumps(every, ensure_ascii=False).encode(), 5, mtime=0)}
    summary: dict[str, Any] = {"count": len(every), "year": result.flows.year,
                               "weights": dict(result.settings.weights)}  # fmt: skip
    for lang in LANGUAGES:
        shown = discovery_context(result, Words(lang), DRAWN)
        for name in ("map", "network"):
            files[f"{lang}-{name}.svg"] = str(shown[f"{name}_svg"])
        summary[lang] = {name: shown[name] for name in ("cards", "anchors", "failed", "asked")}
    return summary, files


def key_of_opportunity(one: Opportunity) -> str:
    """Return what tells an opportunity from others, as a digest that fits a column."""
    return hashlib.sha256(one.id.encode()).hexdigest()


def facts(one: Opportunity, result: DiscoveryResult, filled: Collection[str] = ()) -> dict[str, Any]:
    """Return everything that is known of an opportunity as values for JSON; words in both languages.

    ``filled`` holds the keys of flows that nobody told: they were estimated, and no row of the database tells them.
    """
    ranked = result.found.opportunities
    steps = {t.id: t for name in one.types if name in result.base.types for t in result.base.types[name].treatment}
    return {
        "key": key_of_opportunity(one), "place": one.place, "rank": list(one.rank_range), "score": one.score,
        "components": {c: (one.components or {}).get(c) for c in COMPONENTS},
        "donor": _end(one.donor, one.supply.flows, filled), "receiver": _end(one.receiver, _told(one), filled),
        "stream": one.stream, "replaces": one.replaces, "way": one.way, "fit": one.fit,
        "types": list(one.types), "unit": one.unit, "quantity": _span(one.quantity), "bounded": one.bounded,
        "months": list(one.months), "distance": one.distance_km,
        "supply": {"unused": _span(one.supply.unused), "used": _span(one.supply.used), "kind": one.supply.kind},
        "demand": None if one.demand is None else {
            "material": one.demand.material, "amount": _span(one.demand.amount), "unit": one.demand.unit,
            "kind": one.demand.kind},
        "gains": {"co2": _span(one.gains.co2), "money": _span(one.gains.money), "resource": _span(one.gains.resource),
                  "resource_unit": one.demand.unit if one.demand else one.unit},
        "reasons": [_said(p) for p in one.reasons], "remedies": [_said(p) for p in one.remedies],
        "questions": [{"of": "receiver" if q.where.key == one.receiver.id else "donor"} | _said(q)
                      for q in one.questions],
        "checks": [{lang: c.condition.ask.text(lang) for lang in LANGUAGES}
                   | {"verdict": c.verdict, "severity": c.condition.severity} for c in one.checks],
        "treatment": [{"id": t.id} | {lang: t.name.text(lang) for lang in LANGUAGES} for t in steps.values()],
        "rivals": [key_of_opportunity(ranked[r]) for r in one.rivals], "rival_count": one.rival_count,
        "content": _content(one.supply.flows),
        "prices": {"supply": _prices(one.supply.flows), "demand": _prices(one.demand.flows if one.demand else ())},
    }  # fmt: skip


def _told(one: Opportunity) -> tuple[Flow, ...]:
    return (*(one.demand.flows if one.demand else ()), *one.counted)


def _end(firm: Firm, flows: tuple[Flow, ...], filled: Collection[str]) -> dict[str, Any]:
    """Return one side: who it is, the strictest level of what it told ("public": nothing), the keys of its rows."""
    keys = dict.fromkeys(key_of("flow", flow) for flow in flows)
    level = level_of(firm, flows) if flows and firm.id != CITY else "public"
    return {
        "code": firm.id, "name": firm.name, "industry": firm.industry, "city": firm.id == CITY, "told": bool(flows),
        "level": level, "flows": [key for key in keys if key not in filled],
    }  # fmt: skip


def _span(span: Span | None) -> list[float] | None:
    return None if span is None else [span.low, span.value, span.high]


def _said(problem: Problem) -> dict[str, str]:
    words: dict[str, str] = {lang: f"{problem.found(lang)} {problem.mend(lang)}".strip() for lang in LANGUAGES}
    return words | {"code": problem.code.rsplit(".", 1)[-1]}


def _content(flows: Iterable[Flow]) -> dict[str, Any]:
    """Return what the donor told of the stream's quality; of several rows the first that tells it speaks."""
    rows = list(flows)
    return {
        "composition": next((dict(f.composition) for f in rows if f.composition), {}),
        "moisture": next((f.moisture for f in rows if f.moisture is not None), None),
        "heating_value": next((list(f.heating_value) for f in rows if f.heating_value is not None), None),
        "temperature": next((f.temperature for f in rows if f.temperature is not None), None),
    }


def _prices(flows: Iterable[Flow]) -> list[list[Any]]:
    return [list(price) for price in dict.fromkeys(f.price for f in flows if f.price is not None)]


@dataclass(frozen=True)
class Found:
    """The last result of discovery in a park.

    Parameters
    ----------
    standing
        The job that it is of, and the one that renews it.
    facts
        Everything that is known of each opportunity by its key, best first.
    handles
        The rows of the database by key; what has none concerns a firm that is gone.
    """

    standing: Standing
    facts: Mapping[str, Facts]
    handles: Mapping[str, Handle]

    def of(self, handle: Handle) -> Facts | None:
        """Return what is known of an opportunity; ``None``: it is found no more."""
        return self.facts.get(handle.key)


def found_in(park: Park, handles: Iterable[Handle]) -> Found:
    """Return the last result of discovery as far as the handles in reach go."""
    now = standing(park, KIND, {})
    if now.done is None:
        return Found(now, {}, {})
    job = now.done
    every: Mapping[str, Facts] = _found.get(job.pk, lambda: _read(job))
    mine = {handle.key: handle for handle in handles}
    return Found(now, {key: f for key, f in every.items() if key in mine}, mine)


def _read(job: Job) -> dict[str, Facts]:
    content = JobFile.objects.get(job=job, name=FILE).content
    return {entry["key"]: entry for entry in json.loads(gzip.decompress(bytes(content)))}


def add_handles(park: Park, content: bytes) -> None:
    """Make the rows of opportunities that have none yet; an opportunity of a firm that is gone gets none."""
    every = json.loads(gzip.decompress(content))
    firms = {firm.code: firm for firm in FirmRow.objects.filter(park=park).only("id", "code")}
    known = set(Handle.objects.filter(park=park).values_list("key", flat=True))
    made = [
        Handle(park=park, key=f["key"], donor=firms.get(f["donor"]["code"]), receiver=firms.get(f["receiver"]["code"]))
        for f in every
        if f["key"] not in known and all(f[end]["city"] or f[end]["code"] in firms for end in ("donor", "receiver"))
    ]
    Handle.objects.bulk_create(made, batch_size=500, ignore_conflicts=True)
