"""Costs as a file: taken over, from a page or the API, and given out."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.http import HttpResponse

from lichen.appraise.cost_table import write_costs
from lichen.errors import Language, LichenError, Problem
from lichen.web import costs
from lichen.web.models import Park, User
from lichen.web.policy import Action, Scope, log, reach
from lichen.web.run_models import CostRow
from lichen.web.sent import XLSX, saved

LARGEST = 5 * 2**20
"""Largest file of costs that is taken [bytes]."""


@dataclass(frozen=True)
class Taken:
    """What became of a file of costs.

    Parameters
    ----------
    ok
        Whether it was taken over: nothing in it is wrong.
    rows, changed
        How many costs it holds, and how many rows that changed.
    problems
        What is wrong with it, or worth knowing.
    """

    ok: bool
    rows: int
    changed: int
    problems: tuple[Problem, ...]


def take_file(park: Park, name: str, content: bytes, whole: bool, by: User) -> Taken:
    """Take a file of costs over; ``whole``: rows that it does not hold go."""
    try:
        sheets = costs.sheets_in(name, content)
    except LichenError as error:
        return Taken(False, 0, 0, error.problems)
    told, count = costs.take(park, sheets, whole, by, name)
    if told.ok:
        log("costs sent", park=park, by=by, about=f"{name}: {count}")
    return Taken(told.ok, len(told.costs), count, told.problems)


def costs_answer(scope: Scope, lang: Language, by: User) -> HttpResponse:
    """Return the costs as a workbook, to be changed and sent back."""
    rows = reach(scope, Action.READ_COSTS, CostRow)
    log("costs exported", park=scope.park, by=by)
    with tempfile.TemporaryDirectory(prefix="lichen-") as folder:
        content = write_costs([row.values for row in rows], Path(folder) / "costs.xlsx", lang).read_bytes()
    return saved(content, "costs.xlsx", XLSX)
