"""Discounting: what a payment of a later year is worth at the end of the base year.

Two conventions. "end": all payments of a year are made at its end, ``t = year − base_year``. "middle": payments of
years after the base year are made in the middle of it, ``t = year − base_year − ½``; those of the base year and
before stay at their year's end. The factor is ``(1 + r)^−t``. A real rate goes with real amounts, a nominal rate with
nominal ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lichen.appraise._checks import check_choice, check_rate, check_year
from lichen.appraise.cash_flow import CashFlow
from lichen.errors import InputError, Problems, Where
from lichen.labelled import Array

Timing = Literal["end", "middle"]
Basis = Literal["real", "nominal"]


@dataclass(frozen=True)
class Discounting:
    """How payments are discounted.

    Parameters
    ----------
    rate
        Rate above −1 [1/a].
    basis
        "real" or "nominal"; must be that of the amounts.
    base_year
        Year to whose end all is discounted.
    timing
        "end" or "middle" of the year.
    """

    rate: float
    basis: Basis
    base_year: int
    timing: Timing = "end"

    def __post_init__(self) -> None:
        problems = Problems()
        check_rate(problems, "rate", self.rate)
        check_choice(problems, "basis", self.basis, ("real", "nominal"))
        check_year(problems, "base_year", self.base_year)
        check_choice(problems, "timing", self.timing, ("end", "middle"))
        problems.raise_if_errors(InputError)

    def factors(self, years: Sequence[int]) -> Array:
        """Return discount factors ``(n,)`` [1]; a rate so near −1 that they overflow is refused."""
        with np.errstate(over="ignore"):
            found = np.asarray((1 + self.rate) ** -times(years, self.base_year, self.timing))
        problems = Problems()
        if not np.isfinite(found).all():
            problems.add("appraise.rate", Where(key="rate"), found=f"{self.rate:g}")
        problems.raise_if_errors(InputError)
        return found


def times(years: Sequence[int], base_year: int, timing: Timing) -> Array:
    """Return when payments are made, counted from the end of the base year ``(n,)`` [a]."""
    t = np.asarray(years, dtype=np.float64) - base_year
    return np.where(t > 0, t - 0.5, t) if timing == "middle" else t


def check_basis(problems: Problems, flow: CashFlow, discounting: Discounting, where: str = "basis") -> None:
    """Add a problem where a real rate meets nominal amounts, or the other way round."""
    found = "real" if flow.is_real else "nominal"
    if found != discounting.basis:
        problems.add("appraise.basis", Where(key=where), rate=discounting.basis, amounts=found)


def present(flow: CashFlow, amounts: Array, discounting: Discounting) -> float:
    """Return the present value of amounts in the years of a cash flow [unit of the amounts].

    Raises
    ------
    InputError
        If a real rate meets nominal amounts, or the other way round.
    """
    problems = Problems()
    check_basis(problems, flow, discounting)
    problems.raise_if_errors(InputError)
    return float(discounting.factors(flow.years) @ amounts)
