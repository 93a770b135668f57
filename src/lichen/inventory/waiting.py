"""Firms that are still waiting: a faulty workbook was sent back, and nothing of theirs has come in since.

An import puts a copy of a faulty workbook into ``inventory/returned``. It stays there when the firm comes in later, so
the copies are compared with what is stored: a firm waits if it is not stored, or if the study's history has nothing of
it since the copy was written and the copy says something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from lichen.errors import LichenError
from lichen.inventory.store import FOLDER, differences, history, merged
from lichen.inventory.survey import Survey, read_survey
from lichen.inventory.values import Inventory

RETURNED = "returned"
"""Folder in a study's inventory that holds copies of faulty workbooks."""
MOST_COPIES = 100
"""Copies that are looked at, the newest first."""


def waiting_firms(study: str | Path, stored: Inventory) -> Mapping[str, str]:
    """Return the firms of a study that are still waiting, with the name of the newest copy that waits for them.

    Copies that cannot be read, or that are no survey, tell of no firm.

    Parameters
    ----------
    study
        Its folder.
    stored
        Its inventory.
    """
    copies = [p for p in (Path(study) / FOLDER / RETURNED).glob("*.xlsx") if p.is_file()]
    if not copies:
        return {}
    copies.sort(key=lambda p: (p.stat().st_mtime, p.name), reverse=True)
    came = _came(study)
    found: dict[str, str] = {}
    for path in copies[:MOST_COPIES]:
        try:
            survey = read_survey(path)
        except LichenError:
            continue
        for firm in _of(survey, stored):
            if came.get(firm, 0) < int(path.stat().st_mtime):
                found.setdefault(firm, path.name)
    return dict(sorted(found.items()))


def _of(survey: Survey, stored: Inventory) -> Iterator[str]:
    """Yield the firms of a copy that are faulty in it, or of which it says something else than what is stored."""
    yield from survey.waiting
    changed = {c.firm for c in differences(stored, merged(stored, survey.inventory, survey.entities))}
    yield from (f.id for f in survey.inventory.firms if f.id in changed)


def _came(study: str | Path) -> Mapping[str, float]:
    """Return when something of each firm came in last [s since 1970]; nothing where the history cannot be read."""
    try:
        return {entry["firm"]: datetime.fromisoformat(entry["time"]).timestamp() for entry in history(study)}
    except (LichenError, ValueError, TypeError):
        return {}
