"""Stages of a design as the study says them, checked before anything is designed."""

from __future__ import annotations

from collections.abc import Iterator

from lichen.errors import Problem, Where
from lichen.study.config import Designing
from lichen.units import currency_of


def stage_problems(given: Designing) -> Iterator[Problem]:
    """Yield budgets that are no money, and those of stages that there are none of.

    Parameters
    ----------
    given
        Settings of a design; with a first year of 0, which the flows will tell, any year before the second stage may be
        the first.
    """
    named = {"budget": given.budget, **{f"budgets.{name}": figure for name, figure in given.budgets.items()}}
    for key, figure in named.items():
        if figure is not None and not currency_of(figure.unit):
            where = Where(key=f"design.{key}.unit")
            yield Problem("costs.no_currency", where, values={"found": figure.unit, "allowed": ["CNY"]})
    starts = tuple(year for year in (given.start, *given.stages) if year)
    for name in given.budgets:
        year = int(name) if name.isascii() and name.isdecimal() and len(name) < 5 else -1
        first = not given.start and (not given.stages or 0 < year < given.stages[0])
        if year not in (0, *starts) and not (first and year > 0):
            known = [str(start) for start in starts]
            yield Problem("design.no_stage", Where(key=f"design.budgets.{name}"),
                          values={"found": name, "known": known or "–"})  # fmt: skip
