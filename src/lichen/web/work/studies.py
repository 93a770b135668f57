"""A whole study that somebody sent: read, and written into a park that is empty."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from lichen.errors import Problem, StudyError
from lichen.web import jobs
from lichen.web.jobs import Made, Progress, Stopped, job
from lichen.web.models import Job, JobFile, Park, User
from lichen.web.store import Conflict, Origin
from lichen.web.studies import fill, read_study
from lichen.web.zips import unpack

KIND = "study"
SENT = "sent.zip"
"""File of the job with what was sent; it goes when the study is in the park, or another one is sent."""


def submit(park: Park, name: str, content: bytes, user: User) -> Job:
    """Ask for a study to be brought into a park.

    Parameters
    ----------
    park, name, content
        The park, and the ZIP file that was sent.
    user
        Who sent it.
    """
    params = {"name": name, "sent": hashlib.sha256(content).hexdigest(), "user": user.pk}
    with transaction.atomic():
        found = jobs.submit(park, KIND, params, user)
        JobFile.objects.filter(job__park=park, job__kind=KIND, name=SENT).delete()
        JobFile.objects.create(job=found, name=SENT, content=content)
    return found


@job(KIND)
def bring(park: Park, params: Mapping[str, Any], progress: Progress) -> Made:
    """Read a study and fill the park with it, together with the end of the job."""
    progress(0.02, "reading")
    # who runs it again made another job of the same study
    sent = JobFile.objects.filter(job__park=park, job__about=jobs.about(KIND, params), name=SENT).first()
    if sent is None:
        raise Stopped
    with tempfile.TemporaryDirectory(prefix="lichen-") as folder:
        brought = read_study(unpack(params["name"], bytes(sent.content), Path(folder)))
    progress(0.6, "writing")

    def write() -> None:
        try:
            fill(park, brought, Origin(User.objects.get(pk=params["user"]), params["name"]))
        except Conflict:
            raise StudyError((Problem("workbench.park_not_empty"),)) from None
        JobFile.objects.filter(job__park=park, job__kind=KIND, name=SENT).delete()

    return Made(len(brought.inventory.firms), write=write)
