"""Scenarios: picked exchanges in the park's economy, kept with page, tables and the sectors' changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lichen.errors import LANGUAGES, Language, Problem, StudyError
from lichen.figures import Text
from lichen.report.page import scenario_context
from lichen.report.texts import Words
from lichen.study.answer import answer
from lichen.study.load import load_study
from lichen.study.one_scenario import run_picked, with_exchanges
from lichen.study.result import StudyResult
from lichen.study.tables import json_value
from lichen.study.write import write_results
from lichen.web.jobs import Made, Progress, job, steady
from lichen.web.models import Park
from lichen.web.run_models import Run
from lichen.web.scenarios import network_of, quantities
from lichen.web.studies import unzipped, zipped
from lichen.web.work.designs import STUDY, page_name, written


@job("scenario")
def run(park: Park, params: Mapping[str, Any], progress: Progress) -> Made:
    """Run a scenario beside one of the study's."""
    progress(0.02, "reading")
    design = Run.objects.filter(park=park, pk=params["design"]).first() if params.get("design") else None
    if params.get("design") and design is None:
        raise StudyError((Problem("workbench.no_design"),))
    study, revision = steady(park, zipped)
    with unzipped(study) as folder:
        loaded = with_exchanges(load_study(folder), network_of(design))
        name = params.get("name", "")
        progress(0.1, "accounts")
        result = run_picked(loaded, params["reference"], quantities(loaded, params["quantities"]), Text(name, name))
        progress(0.8, "writing")
        files: dict[str, str | bytes] = {STUDY: study}
        contexts = {}
        for lang in LANGUAGES:
            contexts[lang] = scenario_context(result, Words(lang))
            files[page_name(lang)] = json.dumps(contexts[lang], ensure_ascii=False)
            files |= written(lambda out, lang=lang: write_results(result, out, lang), lang)
    return Made(_value(result, contexts), files, revision)


def _value(result: StudyResult, contexts: Mapping[Language, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what lists and comparisons show."""
    report = result.loaded.study.report
    assessment, step = result.assessments[report.scenario], result.scenario(report.scenario)
    names = {e.id: e.name for e in result.loaded.book.exchanges}
    keys = ("own_change", "footprint", "footprint_change", "eco", "eco_change", "added")
    rows = zip(*(contexts[lang]["sector_rows"] for lang in LANGUAGES), strict=True)

    return {
        "reference": step.reference, "economy": step.economy, "account": report.account, "unit": report.unit,
        "total_unit": assessment.before.accounts.units[assessment.before.accounts.row(report.account)],
        "change": assessment.change(report.account), "relative": json_value(assessment.relative_change(report.account)),
        "before": assessment.before.accounts.total(report.account),
        "text": {lang: " ".join(answer(result, lang)[:1]) for lang in LANGUAGES},
        "exchanges": [
            {"id": one.id, "name": {lang: names[one.id].text(lang) for lang in LANGUAGES}, "amount": one.amount,
             "change": one.total(report.account)}
            for one in assessment.exchanges
        ],
        "sectors": [
            {"code": en["code"] or en["name"], "name": {"en": en["name"], "zh": zh["name"]},
             **{key: json_value(en[key]) for key in keys}}
            for en, zh in rows
        ],
        "money_unit": {lang: contexts[lang]["money_unit"] for lang in LANGUAGES},
    }  # fmt: skip
