"""Surveys that are too large to be looked at while a page waits: what they would change, and taking them over."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from lichen.errors import Language, Problem, StudyError
from lichen.inventory.workbook import write_marked
from lichen.web import jobs
from lichen.web.jobs import Made, Progress, Stopped, job
from lichen.web.models import Job, Park, Upload, User
from lichen.web.policy import Scope, log, scope_of
from lichen.web.store import Conflict
from lichen.web.surveys import Planned, apply, plan, told

CHECK, TAKE = "survey check", "survey"
MARKED = "to-mend.xlsx"
"""File of the check with the copy whose cells are marked."""


def submit(upload: Upload, kind: str, user: User, lang: Language) -> Job:
    """Ask for the check of a survey, or for taking it over; who asks reads what comes of it in a language."""
    return jobs.submit(upload.park, kind, {"upload": str(upload.pk), "user": user.pk, "lang": lang}, user)


def jobs_of(upload: Upload) -> QuerySet[Job]:
    """Return the jobs about a survey, newest first."""
    return Job.objects.filter(park=upload.park_id, kind__in=(CHECK, TAKE), params__upload=str(upload.pk)).order_by(
        "-created", "-id"
    )


def drop(upload: Upload) -> None:
    """Forget a survey; what is under way about it ends."""
    for found in jobs_of(upload):
        jobs.stop(found)
    upload.delete()


def _opened(park: Park, params: Mapping[str, Any], progress: Progress) -> tuple[Scope, Upload, Planned]:
    """Return a survey and what it would change, as its sender may now."""
    progress(0.02, "reading")
    upload = Upload.objects.filter(park=park, pk=params["upload"]).select_related("user").first()
    if upload is None:  # somebody said no meanwhile
        raise Stopped
    try:
        scope = scope_of(User.objects.get(pk=params["user"]), park.slug)
    except Http404:
        raise Stopped from None
    return scope, upload, plan(scope, upload.name, bytes(upload.content))


@job(CHECK)
def check(park: Park, params: Mapping[str, Any], progress: Progress) -> Made:
    """Find out what a survey would change, and what is wrong with it."""
    _, upload, found = _opened(park, params, progress)
    progress(0.7, "writing")
    files: dict[str, str | bytes] = {}
    if found.sheets and found.problems:
        with tempfile.TemporaryDirectory(prefix="lichen-") as folder:
            path = write_marked(found.sheets, found.problems, Path(folder) / MARKED, params["lang"])
            files[MARKED] = path.read_bytes()

    def write() -> None:
        Upload.objects.filter(pk=upload.pk).update(seen=dict(found.seen))

    return Made(told(found), files, write=write)


@job(TAKE)
def take(park: Park, params: Mapping[str, Any], progress: Progress) -> Made:
    """Take a survey over; what it changes is written together with the end of the job."""
    scope, upload, found = _opened(park, params, progress)
    progress(0.6, "survey_writing")

    def write() -> None:
        try:
            count = apply(scope, upload, found, scope.user)
        except Conflict:
            raise StudyError((Problem("workbench.survey_conflict"),)) from None
        Upload.objects.filter(pk=upload.pk).update(content=b"")  # its page says what came of it, until it is closed
        log("survey taken over", park=park, by=scope.user, about=f"{upload.name}: {count}")

    return Made(len(found.changes), write=write)
