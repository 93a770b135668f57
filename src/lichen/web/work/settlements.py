"""A newcomer's workbook against what the park asks of new firms, and which links it would open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lichen.errors import LANGUAGES
from lichen.figures import Figure
from lichen.report.settlement import settlement_context
from lichen.report.texts import Words
from lichen.study.settlement import read_amount, run_settlement
from lichen.study.settlement_tables import write_settlement
from lichen.web.jobs import Made, Progress, job, steady
from lichen.web.models import JobFile, Park
from lichen.web.studies import unzipped, zipped
from lichen.web.work.designs import page_name, written

AMOUNTS = {"value_added": ("CNY/a", "5000 万元/a"), "land": ("ha", "12 ha")}
"""Amounts that a survey does not tell: the unit of each, and an example."""


def amount(name: str, text: str) -> Figure:
    """Return an amount of a newcomer as somebody wrote it.

    Raises
    ------
    StudyError
        If it is none.
    """
    return read_amount(text, AMOUNTS[name][0], name, AMOUNTS[name][1])


@job("settlement")
def run(park: Park, params: Mapping[str, Any], progress: Progress) -> Made:
    """Check a newcomer, or say only what the park looks for."""
    progress(0.02, "reading")
    study, revision = steady(park, zipped)
    with unzipped(study) as folder:
        workbook = None
        if params.get("file"):
            kept = JobFile.objects.get(job__park=park, name=params["file"])
            workbook = folder.parent / kept.name  # beside the study, so that nothing of it is overwritten
            workbook.write_bytes(bytes(kept.content))
        added, land = (amount(name, params[name]) if params.get(name) else None for name in AMOUNTS)
        progress(0.1, "discovery")
        result = run_settlement(folder, workbook, value_added=added, land=land)
        progress(0.9, "writing")
        files: dict[str, str | bytes] = {}
        for lang in LANGUAGES:
            files[page_name(lang)] = json.dumps(settlement_context(result, Words(lang)), ensure_ascii=False)
            files |= written(lambda out, lang=lang: write_settlement(result, out, lang), lang)
    return Made({"firms": [{"id": n.firm.id, "name": n.firm.name, "verdict": n.verdict} for n in result.newcomers]},
                files, revision)  # fmt: skip
