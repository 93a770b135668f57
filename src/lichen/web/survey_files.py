"""Workbooks of surveys: the one to be filled, the one that was sent with its cells marked, what an account may read."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from django.http import Http404, HttpResponse

from lichen.errors import Language
from lichen.inventory.prefill import usual_rows
from lichen.inventory.workbook import write_inventory, write_marked, write_template
from lichen.vocabulary.profiles import profiled
from lichen.web.models import JobFile, JobState, Upload, User
from lichen.web.policy import Scope, log
from lichen.web.rows import reached
from lichen.web.sent import XLSX, saved
from lichen.web.surveys import plan
from lichen.web.work.surveys import MARKED, jobs_of


def template_answer(sector: str, lang: Language) -> HttpResponse:
    """Return an empty workbook, or one with what firms of an industry usually have."""
    rows = usual_rows(sector, lang) if sector in profiled() else {}
    return _workbook("survey.xlsx", lambda path: write_template(path, lang, rows))


def marked_answer(scope: Scope, upload: Upload, lang: Language) -> HttpResponse:
    """Return a survey with the cells at fault marked; ``Http404`` for what cannot be opened: it has no cells."""
    kept = JobFile.objects.filter(job__in=jobs_of(upload).filter(state=JobState.DONE), name=MARKED).first()
    if kept is not None:
        return saved(bytes(kept.content), MARKED, XLSX)
    found = plan(scope, upload.name, bytes(upload.content))
    if not found.sheets:
        raise Http404
    return _workbook(MARKED, lambda path: write_marked(found.sheets, found.problems, path, lang))


def inventory_answer(scope: Scope, lang: Language, by: User) -> HttpResponse:
    """Return what the account may read as a survey workbook; the audit hears of it."""
    log("inventory exported", park=scope.park, by=by)
    return _workbook(f"{scope.park.slug}-inventory.xlsx", lambda path: write_inventory(reached(scope), path, lang))


def _workbook(name: str, write: Callable[[Path], Path]) -> HttpResponse:
    with tempfile.TemporaryDirectory(prefix="lichen-") as folder:
        return saved(write(Path(folder) / "book.xlsx").read_bytes(), name, XLSX)
