"""The figures and pictures of a large park's overview, in the background."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lichen.web.attention import told
from lichen.web.balance import LANGUAGES
from lichen.web.jobs import Made, Progress, job, steady
from lichen.web.models import FirmRow, Park
from lichen.web.overview import KIND, figures, overview_of
from lichen.web.pictures import MAP_FILE, map_values, pictures_of, ties_of
from lichen.web.rows import gathered


@job(KIND, quick=True)
def run(park: Park, params: Mapping[str, Any], progress: Progress) -> Made:
    """Make the figures of ``params["year"]``; 0: of the newest that has flows."""
    # firms that are as they were are not read again: a worker makes these figures again and again
    inventory, revision = steady(park, lambda now: gathered(list(FirmRow.objects.filter(park=now))))
    progress(0.3, "counting")
    year = int(params["year"]) or max((f.year for f in inventory.flows), default=0)
    found = overview_of(inventory, year)
    value = figures(found)
    files: dict[str, str | bytes] = {}
    for n, lang in enumerate(LANGUAGES):
        progress(0.5 + 0.2 * n, "drawing")
        value[lang] = told(found, inventory, lang)
        files |= {f"{lang}-{name}.svg": str(svg) for name, svg in pictures_of(inventory, year, lang).items()}
        values = map_values(inventory.firms, ties_of(inventory, year, lang), lang)
        files[f"{lang}-{MAP_FILE}"] = json.dumps(values, ensure_ascii=False)
    return Made(value, files, revision)
