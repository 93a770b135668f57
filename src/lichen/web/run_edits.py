"""Work asked for, stopped, removed and shown to firms, from a page or the API; the audit hears of each."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from lichen.errors import LichenError, Problem
from lichen.web import jobs
from lichen.web.models import Job, JobFile, JobState, Park, User
from lichen.web.policy import log
from lichen.web.run_models import Run, RunKind, RunRelease
from lichen.web.sent import plain_name
from lichen.web.work.settlements import AMOUNTS, amount

PAYERS = ("receiver", "donor")
"""Who may pay treatment, carriage and equipment."""
STARTED: Mapping[str, str] = {
    RunKind.DESIGN: "design started", RunKind.APPRAISAL: "appraisal started", RunKind.SCENARIO: "scenario started",
    RunKind.SETTLEMENT: "settlement started",
}  # fmt: skip
ENDS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv", ".txt")


def _short(job: Job) -> str:
    return f"#{str(job.pk)[:8]}"


def ask(park: Park, kind: RunKind, params: Mapping[str, Any], by: User) -> Job:
    """Ask for a run; its parameters have a ``name``."""
    made = jobs.submit(park, kind, params, by)
    log(STARTED[kind], park=park, by=by, about=f"{params['name']} {_short(made)}")
    return made


def ask_appraisal(run: Run, paid_by: str, by: User) -> Job | None:
    """Ask for the appraisal of a design; ``None`` where it is none that is done."""
    if run.kind != RunKind.DESIGN or run.state != JobState.DONE:
        return None
    params: dict[str, Any] = {"of": str(run.pk), "name": run.name, "settings": dict(run.params)}
    if paid_by in PAYERS:
        params["paid_by"] = paid_by
    return ask(run.park, RunKind.APPRAISAL, params, by)


def amounts_of(written: Mapping[str, str]) -> tuple[dict[str, str], dict[str, tuple[Problem, ...]]]:
    """Return the amounts of a newcomer as they were written, and what is wrong with them."""
    told = {name: written.get(name, "").strip()[:60] for name in AMOUNTS}
    problems: dict[str, tuple[Problem, ...]] = {}
    for name, text in told.items():
        try:
            amount(name, text) if text else None
        except LichenError as found:
            problems[name] = found.problems
    return told, problems


def ask_settlement(park: Park, written: Mapping[str, str], sent: UploadedFile[Any] | None, by: User) -> Job:
    """Ask for a check of a newcomer; its workbook is kept with the job under a name of its own."""
    name = plain_name(sent.name or "", "newcomer") if sent is not None else ""
    end = PurePath(name).suffix.lower()
    file = f"newcomer-{uuid.uuid4().hex}{end if end in ENDS else '.xlsx'}" if sent is not None else ""
    params = {"name": name, "file": file, **{key: text for key, text in written.items() if text}}
    with transaction.atomic():
        made = ask(park, RunKind.SETTLEMENT, params, by)
        if sent is not None:
            JobFile.objects.create(job=made, name=file, content=sent.read())
    return made


def stop(job: Job, by: User) -> bool:
    """Stop a job; ``False`` if it had ended."""
    if not jobs.stop(job):
        return False
    log("job stopped", park=job.park, by=by, about=f"{job.kind} {_short(job)}")
    return True


def remove(run: Run, by: User) -> bool:
    """Remove a run that has ended, with its files; ``False`` if it is under way."""
    if run.open:
        return False
    log("run removed", park=run.park, by=by, about=f"{run.kind} {run.name} {_short(run)}")
    run.delete()
    return True


def show_firms(run: Run, shown: bool, by: User) -> bool:
    """Let firms see what a design holds for each of them, or take that back; ``False`` if it is none that is done."""
    if run.kind != RunKind.DESIGN or run.state != JobState.DONE:
        return False
    about = f"{run.name} {_short(run)}"
    if shown:
        _, new = RunRelease.objects.get_or_create(run=run, defaults={"by": by, "park": run.park})
        if new:
            log("design released", park=run.park, by=by, about=about)
    elif RunRelease.objects.filter(run=run).delete()[0]:
        log("design taken back", park=run.park, by=by, about=about)
    return True
