"""Designs and their appraisals: run on the study as the park has it, and kept with that study."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lichen.errors import LANGUAGES, Language, LichenError, Problem
from lichen.figures import KINDS, Text
from lichen.monitor.read import read_terms
from lichen.report.appraisal import appraisal_context
from lichen.report.design import design_context, outcome_text
from lichen.report.texts import Words
from lichen.study.appraisal import AppraisalResult, appraisal_of
from lichen.study.appraisal_frame import study_risks
from lichen.study.appraisal_tables import write_appraisal
from lichen.study.design import DesignResult, design_of, sides
from lichen.study.design_accounts import NetworkAccounts, network_accounts
from lichen.study.design_frame import study_costs
from lichen.study.design_tables import write_design
from lichen.study.discovery import discovery_of
from lichen.study.flows import run_flows
from lichen.vocabulary.materials import material
from lichen.web.designs import overrides_of
from lichen.web.follow_files import export_terms
from lichen.web.jobs import Made, Progress, job, steady
from lichen.web.models import JobFile, Park
from lichen.web.opportunities import facts
from lichen.web.rows import key_of
from lichen.web.studies import unzipped, zipped

STUDY, NETWORK, ASKED, FACTS = "study.zip", "network.exchanges.toml", "asked.json", "facts.json"
"""Files of a run: its study, its exchanges by sectors, its questions, and what disclosure needs of each exchange."""
MOST_ASKED = 200
QUESTIONS: Mapping[str, str] = {
    "design.ask_transport": "transport", "design.ask_treatment": "treatment", "design.ask_disposal": "disposal",
    "design.ask_price": "price", "design.no_treatment": "treatment", "design.ask_rate": "rate",
}  # fmt: skip
"""Questions that a row of costs answers, and the item of that row."""


@job("design")
def run(park: Park, params: Mapping[str, Any], progress: Progress) -> Made:
    """Design a network and keep its page in both languages, its tables, and the study that it was made from."""
    progress(0.02, "reading")
    study, revision = steady(park, zipped)
    with unzipped(study) as folder:
        result = _designed(folder, params, progress)
        progress(0.85, "accounts")
        accounts, notes = _accounts(result)
        progress(0.9, "writing")
        files: dict[str, str | bytes] = {
            STUDY: study, ASKED: json.dumps(_asked(result), ensure_ascii=False),
            FACTS: json.dumps(_facts(result), ensure_ascii=False),
        }  # fmt: skip
        for lang in LANGUAGES:
            context = design_context(result, accounts, Words(lang))
            context["finding_rows"] += [("", "warning", "", p.found(lang), p.mend(lang)) for p in notes]
            files[page_name(lang)] = json.dumps(context, ensure_ascii=False)
            files |= written(lambda out, lang=lang: write_design(result, accounts, out, lang), lang)
    return Made(_value(result), files, revision)


def page_name(lang: Language) -> str:
    """Return the name of the file that holds what a run's page shows."""
    return f"page.{lang}.json"


def _designed(folder: Path, params: Mapping[str, Any], progress: Progress) -> DesignResult:
    progress(0.05, "flows")
    flows = run_flows(folder, params.get("year", 0))
    progress(0.2, "discovery")
    discovery = discovery_of(folder, flows)
    progress(0.35, "solving")
    overrides = overrides_of(params)
    costs = study_costs(folder, discovery)
    return design_of(discovery, costs, overrides, params.get("what_ifs", ()), params.get("second", ""),
                     params.get("points", 9), read_terms(folder))  # fmt: skip


def _accounts(result: DesignResult) -> tuple[NetworkAccounts | None, tuple[Problem, ...]]:
    """Return the network in the economy of the study; where that cannot be, what stands in the way."""
    try:
        return network_accounts(result), ()
    except LichenError as error:
        return None, error.problems


def written(write: Any, lang: Language) -> dict[str, bytes]:
    """Return the files that a writer of results makes: workbooks, texts and tables, by names with the language."""
    with TemporaryDirectory(prefix="lichen-") as name:
        paths = write(Path(name))
        found = {}
        for path in paths:
            key = path.name if path.name == NETWORK else f"{path.stem}.{lang}{path.suffix}"
            found[key] = path.read_bytes()
        return found


def _value(result: DesignResult) -> dict[str, Any]:
    """Return what lists and comparisons of runs show."""
    money, outcome = result.money, result.outcome
    gap = result.solution.gap
    return {
        "year": result.discovery.flows.year, "objective": result.given.objective, "second": result.second,
        "currency": money.currency, "price_year": money.price_year, "start": money.start, "years": money.years,
        "rate": money.rate.to("1/a"), "carbon_price": money.per_tonne, "existing": result.given.existing,
        "gain": outcome.gain, "co2_t": outcome.co2_avoided, "waste_t": outcome.waste_avoided,
        "water_m3": outcome.water_saved, "investment": outcome.investment, "jobs": outcome.jobs,
        "count": outcome.exchanges, "gap": gap if gap < float("inf") else None,
        "asked": len([a for a in result.asked if a.question.severity != "note"]),
        "text": {lang: outcome_text(result, Words(lang)) for lang in LANGUAGES},
        "exchanges": [_exchange(result, one) for one in result.flowing],
    }  # fmt: skip


def _exchange(result: DesignResult, one: Any) -> dict[str, Any]:
    terms, o = one.terms, one.terms.one
    donor, receiver = sides(result, one) if terms.known else (None, None)
    stream, replaced = material(o.stream), material(o.replaces) if o.replaces else None
    return {
        "id": o.id, "donor": o.donor.id, "donor_name": o.donor.name, "receiver": o.receiver.id,
        "receiver_name": o.receiver.name, "stream": _both(stream), "replaces": _both(replaced) if replaced else None,
        "quantity": one.quantity, "unit": o.unit, "km": o.distance_km,
        "gain": result.frame.margin(terms) * one.quantity if terms.known else None, "donor_gain": donor,
        "receiver_gain": receiver, "co2_t": terms.co2 * one.quantity if terms.co2 is not None else None,
        "kind": max((f.kind for _, f in terms.figures()), key=KINDS.index, default="assumed"),
    }  # fmt: skip


def _facts(result: DesignResult) -> dict[str, Any]:
    """Return what is known of each exchange as an opportunity, its quantity that of the network; see disclosure."""
    filled = frozenset(key_of("flow", flow) for flow in result.discovery.flows.estimated.added)
    return {
        one.terms.one.id: {**facts(replace(one.terms.one, rivals=()), result.discovery, filled),
                           "quantity": [one.quantity] * 3}
        for one in result.flowing
    }  # fmt: skip


def _both(known: Any) -> dict[str, str]:
    return {lang: known.name(lang) for lang in LANGUAGES}


def _asked(result: DesignResult) -> list[dict[str, Any]]:
    """Return the questions, with the row of costs that answers each where one does."""
    found = []
    for asked in result.asked[:MOST_ASKED]:
        question = asked.question
        item = QUESTIONS.get(question.code, "")
        wanted = question.values.get("wanted", "")
        found.append({
            "code": question.code, "note": question.severity == "note", "count": asked.count,
            "waiting_t": asked.waiting_t, "item": item, "key": str(question.values.get("key", "")) if item else "",
            "unit": str(wanted.en if isinstance(wanted, Text) else wanted) if item else "",
            "found": {lang: question.found(lang) for lang in LANGUAGES},
            "mend": {lang: question.mend(lang) for lang in LANGUAGES},
        })  # fmt: skip
    return found


# --- appraisal -------------------------------------------------------------------------------------------------------
@job("appraisal")
def appraise(park: Park, params: Mapping[str, Any], progress: Progress) -> Made:
    """Appraise a design: its study is laid out and designed again as it was, which gives the same network."""
    progress(0.02, "reading")
    kept = JobFile.objects.get(job__park=park, job_id=params["of"], name=STUDY)
    with unzipped(bytes(kept.content)) as folder:
        export_terms(park, folder)  # what was agreed since is what the firms will pay
        design = _designed(folder, params["settings"] | {"second": "", "what_ifs": ()}, progress)
        progress(0.6, "appraising")
        appraising = {key: params[key] for key in ("paid_by", "draws") if key in params}
        result = appraisal_of(design, study_risks(folder, design, appraising), appraising)
        progress(0.9, "writing")
        files: dict[str, str | bytes] = {}
        for lang in LANGUAGES:
            context = appraisal_context(result, Words(lang), params.get("top", 20))
            files[page_name(lang)] = json.dumps(context, ensure_ascii=False)
            files |= written(lambda out, lang=lang: write_appraisal(result, out, lang), lang)
    return Made(_worth(result), files, kept.job.revision)


def _worth(result: AppraisalResult) -> dict[str, Any]:
    money, whole = result.design.money, result.whole
    return {
        "currency": money.currency, "price_year": money.price_year, "years": money.years,
        "npv": whole.npv if whole is not None else None, "count": len(result.exchanges),
    }  # fmt: skip
