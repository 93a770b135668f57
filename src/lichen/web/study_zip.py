"""A whole study as a ZIP file: given out, and whether one that was sent is taken."""

from __future__ import annotations

import weakref
from typing import Any

from django.http import FileResponse
from django.http.response import HttpResponseBase

from lichen.web.middleware import current
from lichen.web.models import Park, User
from lichen.web.policy import log
from lichen.web.studies import whole_zipped
from lichen.web.texts import words

LARGEST_ZIP = 64 * 2**20
"""Largest study that is taken, packed [bytes]."""


def study_answer(park: Park, by: User) -> HttpResponseBase:
    """Return a park's study as a ZIP file; the audit hears of it."""
    log("study exported", park=park, by=by)
    content = whole_zipped(park)
    answer = FileResponse(content, as_attachment=True, filename=f"{park.slug}.zip", content_type="application/zip")
    weakref.finalize(answer, content.close)  # also of an answer that nobody reads to its end
    return answer


def refused(sent: Any, empty: bool) -> str:
    """Return why a file is not taken for a study; nothing where it is."""
    if not empty:
        return words("study_not_empty", current())
    if sent is None or sent.size is None:
        return words("no_zip", current())
    return words("too_large", current(), most=LARGEST_ZIP // 2**20) if sent.size > LARGEST_ZIP else ""
