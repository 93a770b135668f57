"""What the firms of a park could do together, in the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lichen.web.jobs import Made, Progress, job, steady
from lichen.web.models import Park
from lichen.web.opportunities import FILE, KIND, add_handles, search


@job(KIND, quick=True)
def run(park: Park, params: Mapping[str, Any], progress: Progress) -> Made:
    """Search for opportunities; those that are new get the rows that addresses and consents refer to."""
    progress(0.1, "searching")
    (summary, files), revision = steady(park, search)
    content = files[FILE]
    assert isinstance(content, bytes)
    return Made(summary, files, revision, lambda: add_handles(park, content))
