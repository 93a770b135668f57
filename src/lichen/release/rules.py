"""Whether a sum of firms' contributions may be told: at least three firms, dominance, p % rule.

Contributions count by absolute value, so that negative ones hide nobody.
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from lichen.errors import InputError, Problems

Array = npt.NDArray[np.float64]
Why = Literal["few", "dominance", "closeness", "zeros"]
"""Which rule a sum fails: too few firms, two of them dominate, one can be estimated closely, all report zero."""
SLACK: Final = 1e-9
"""Share of a sum below which a breach of a rule is rounding."""


@functools.cache
def _defaults() -> Mapping[str, Any]:
    return tomllib.loads(files("lichen.release").joinpath("rules.toml").read_text(encoding="utf-8"))


def default(name: str) -> float:
    """Return a number of the rules that ship; its source stands in ``rules.toml``."""
    return float(_defaults()[name]["value"])


def _whole(name: str) -> int:
    return int(default(name))


@dataclass(frozen=True)
class Rules:
    """What a sum must pass to be released.

    Parameters
    ----------
    least_firms
        Firms (holdings) that must contribute; zero is no contribution.
    dominant, dominance
        The ``dominant`` largest contributions may be at most this share [1] of the sum.
    closeness
        p of the p % rule [1]: whoever subtracts his own contribution from a sum must not come closer to another's than
        this share of it.
    base
        Released sums are rounded to multiples of it; 0: not rounded.

    Raises
    ------
    InputError
        If a rule cannot be.
    """

    least_firms: int = _whole("least_firms")
    dominant: int = _whole("dominant")
    dominance: float = default("dominance")
    closeness: float = default("closeness")
    base: float = 0.0

    def __post_init__(self) -> None:
        problems = Problems()
        for name, fine, allowed in (
            ("least_firms", self.least_firms >= 3, "≥ 3"),
            ("dominant", self.dominant >= 1, "≥ 1"),
            ("dominance", 0 < self.dominance < 1, "0 … 1"),
            ("closeness", 0 < self.closeness <= 1, "0 … 1"),
            ("base", 0 <= self.base < math.inf, "≥ 0"),
        ):
            if not fine:
                problems.add("release.bad_rule", name=name, found=getattr(self, name), allowed=allowed)
        problems.raise_if_errors(InputError)


@dataclass(frozen=True)
class Judgement:
    """What the rules say of a sum.

    Parameters
    ----------
    why
        Rules that it fails; empty: it may be told.
    need
        How far from the truth an outsider's bounds must stay on either side, if it may not be told [unit of the sum].
    """

    why: tuple[Why, ...] = ()
    need: float = 0.0


def judge(contributions: Array, rules: Rules, reporters: int | None = None, least: float = 0.0) -> Judgement:
    """Return whether a sum may be told.

    Parameters
    ----------
    contributions
        ``(h,)``, what each holding contributes; zeros count for nothing.
    rules
        The rules.
    reporters
        Holdings that report, also zero; ``None``: as many as contribute.
    least
        How far from zero a sum of zeros must be possible.
    """
    sizes = np.sort(np.abs(contributions[contributions != 0]))[::-1]
    if not len(sizes):
        return Judgement(("zeros",), least) if reporters else Judgement()
    total = float(sizes.sum())
    top, largest = float(sizes[: rules.dominant].sum()), float(sizes[0])
    close = rules.closeness * largest - float(sizes[2:].sum())
    dominated = top / rules.dominance - total
    slack = SLACK * total
    why: list[Why] = []
    if len(sizes) < rules.least_firms:
        why.append("few")
    if dominated > slack:
        why.append("dominance")
    if close > slack:
        why.append("closeness")
    if not why:
        return Judgement()
    return Judgement(tuple(why), max(close, dominated, rules.closeness * largest if "few" in why else 0.0))
