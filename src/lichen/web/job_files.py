"""Files that jobs and runs made, to be saved."""

from __future__ import annotations

from django.http import Http404, HttpResponse

from lichen.web.models import Job, JobFile, User
from lichen.web.policy import log
from lichen.web.run_models import Run
from lichen.web.sent import saved
from lichen.web.work.designs import ASKED, FACTS

HIDDEN = ("page.en.json", "page.zh.json", ASKED, FACTS)
"""Files of a run that only its page reads."""


def job_file(job: Job, name: str) -> HttpResponse:
    """Return a file that a job made; ``Http404`` if there is none of that name."""
    found = JobFile.objects.filter(job=job, name=name).first()
    if found is None:
        raise Http404
    return saved(bytes(found.content), found.name)


def run_file(run: Run, name: str, by: User) -> HttpResponse:
    """Return a file that a run made, but none of :data:`HIDDEN`; the audit hears of it."""
    if name in HIDDEN:
        raise Http404
    answer = job_file(run, name)
    log("run exported", park=run.park, by=by, about=f"{run.name} {name}")
    return answer
