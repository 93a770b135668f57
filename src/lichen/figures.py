"""A figure: a number with unit, range, kind and source. Every number a result rests on is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from lichen.errors import Language, Problems, UnitError, Where
from lichen.units import factor, parse_unit

Kind = Literal["measured", "reported", "estimated", "assumed"]
"""How a number came about, from best to weakest."""
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Text:
    """A text in English and Chinese."""

    en: str
    zh: str = ""

    def text(self, lang: Language) -> str:
        """Return the text in ``lang``, or in English if it was not given in Chinese."""
        return (self.zh if lang == "zh" else self.en) or self.en


@dataclass(frozen=True)
class Figure:
    """One number as a user gives it.

    Parameters
    ----------
    value, unit
        The number and its unit, as spelled by the user.
    kind
        "measured", "reported", "estimated" or "assumed".
    source
        Identifier of a source of the study, or a citation.
    low, high
        Range that holds the true value in nine of ten cases [unit]; a study asks for it where a figure is estimated
        or assumed. ``None``: not known.
    year
        Year it speaks of; 0 if not said.
    note
        What a reader must know.
    varies_with
        Name of a group; figures of one group are drawn together, since one cause moves them (heat value and carbon).
    """

    value: float
    unit: str
    kind: Kind
    source: str
    low: float | None = None
    high: float | None = None
    year: int = 0
    note: str = ""
    varies_with: str = ""

    def __post_init__(self) -> None:
        problems = Problems()
        parse_unit(self.unit)
        numbers = [v for v in (self.value, self.low, self.high) if v is not None]
        if any(v != v or abs(v) == float("inf") for v in numbers):
            problems.add("figures.not_finite", value=numbers)
        elif (self.low is None) != (self.high is None):
            problems.add("figures.half_range", value=self.value)
        elif self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            problems.add("figures.range", value=self.value, low=self.low, high=self.high)
        if self.kind not in KINDS:
            problems.add("figures.kind", found=str(self.kind), allowed=list(KINDS))
        if not self.source.strip():
            problems.add("figures.no_source", value=self.value)
        problems.raise_if_errors(UnitError)

    def to(self, unit: str, where: Where | None = None) -> float:
        """Return the value in ``unit``; :class:`UnitError` if it does not fit."""
        return self.value * factor(self.unit, unit, where)

    def range_in(self, unit: str) -> tuple[float, float]:
        """Return low and high in ``unit``; both are the value where no range was given."""
        ratio = factor(self.unit, unit)
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        return low * ratio, high * ratio


@dataclass(frozen=True)
class Used:
    """A figure and the place it is used at, for the list of inputs in a report."""

    key: str
    figure: Figure


def share_by_kind(used: Iterable[Used]) -> dict[Kind, float]:
    """Return the share of figures of each kind; empty if there are none."""
    kinds = [item.figure.kind for item in used]
    return {kind: kinds.count(kind) / len(kinds) for kind in KINDS} if kinds else {}


@dataclass(frozen=True)
class Source:
    """A source that figures refer to; ``name`` is what pictures call it, e.g. ``Huan & Han (2022)``."""

    title: str
    name: str = ""
    year: int = 0
    doi: str = ""
    url: str = ""
    note: str = ""
    authors: str = ""
    publisher: str = ""
