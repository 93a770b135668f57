"""The history of a park in and out with a study: of firms' rows in ``inventory/``, of all else in the study's folder.

A line that came in is never taken for one of ours: it has an author in words, or none, and no account.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lichen.errors import Problems, Where
from lichen.files import no_text
from lichen.inventory import dictionary as inventory
from lichen.inventory.store import FOLDER, HISTORY, entries_of
from lichen.web.costs import ENTITY as COST
from lichen.web.models import Change, Park
from lichen.web.own_tables import is_name, moment, who
from lichen.web.policy import REGISTERS
from lichen.web.study_settings import ENTITY as SETTING

ROWS = f"{FOLDER}/{HISTORY}"
FILES: Mapping[str, Sequence[str]] = {ROWS: inventory.ENTITIES, HISTORY: (COST, *REGISTERS, SETTING)}
"""Files of history, and what each speaks of."""
TEXTS = ("file", "entity", "firm", "row", "what", "field", "before", "after", "by")
LONGEST: Mapping[str, int] = {"file": 500, "firm": 500, "field": 60}
"""Characters of a text, where the database bounds it."""
OF_FIRMS = (*inventory.ENTITIES, "measure")
"""What belongs to a firm, which reads the history of it."""


def read_history(folder: Path, problems: Problems) -> tuple[Change, ...]:
    """Return the history of a study's folder as rows without a park, and add each line that is none."""
    found: list[Change] = []
    for name, entities in FILES.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            continue
        for number, entry in entries_of(path, name, problems):
            change = _change(entry, entities)
            if change is None:
                problems.add("workbench.history_line", Where(name), line=number, of=list(entities))
            else:
                found.append(change)
    return tuple(found)


def _change(entry: Mapping[str, Any], entities: Sequence[str]) -> Change | None:
    """Return a line as a row; ``None`` if it is none of these entities, or no database would keep it."""
    texts, time = {key: entry.get(key, "") for key in TEXTS}, moment(entry["time"])
    if time is None or not all(isinstance(t, str) and no_text(t) is None for t in texts.values()):
        return None
    if texts["entity"] not in entities or not is_name(texts["by"]):
        return None
    if bool(texts["firm"]) != (texts["entity"] in OF_FIRMS):
        return None
    if any(len(texts[name]) > most for name, most in LONGEST.items()):
        return None
    return Change(time=time, author=texts.pop("by"), **texts)


def export_history(park: Park, folder: Path, name: str = ROWS) -> None:
    """Write one of :data:`FILES`; none where nothing was changed."""
    told = Change.objects.filter(park=park, entity__in=FILES[name]).select_related("by")
    lines = [json.dumps(entry_of(change), ensure_ascii=False) + "\n" for change in told]
    if lines:
        (folder / name).write_text("".join(lines), encoding="utf-8", newline="")


def entry_of(change: Change) -> dict[str, str]:
    """Return a change as a line of a study's history."""
    whens = {"time": change.time.isoformat(timespec="seconds"), "by": who(change), "file": change.file}
    rest = {key: getattr(change, key) for key in ("entity", "firm", "row", "what", "field", "before", "after")}
    needed = ("time", "file", "entity", "firm", "row", "what")
    return {key: value for key, value in {**whens, **rest}.items() if value or key in needed}
