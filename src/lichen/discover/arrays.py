"""What the candidate search is given: streams as arrays, rules that join them, and what counts in a score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lichen.errors import InputError, Problems, Where
from lichen.labelled import Array

Codes = npt.NDArray[np.int64]
_BOUNDS = {
    "latitude": (-90.0, 90.0), "longitude": (-180.0, 180.0), "quantity": (0.0, 1e60), "capacity": (0.0, 1e60),
}  # fmt: skip
_LIMITS = {"rate": (1e-60, 1e60), "cap": (1e-60, 1.0), "max_km": (0.0, 1e60), "evidence": (0.0, 1.0)}


@dataclass(frozen=True, eq=False)
class Streams:
    """Supplies or demands, one entry a stream; arrays are copied and read-only.

    Parameters
    ----------
    materials, industries
        Codes that ``material`` and ``industry`` point into: the vocabulary's materials, and GB/T 4754 of any level.
    material, industry
        Position in the list ``(n,)``; -1: not known, which no rule fits that asks for one.
    firm
        Number of the firm ``(n,)``; below 0: not known. A firm does not exchange with itself.
    latitude, longitude
        Place in WGS84 ``(n,)`` [°]; NaN: not known.
    quantity
        Amount ``(n,)`` [t/a, or one unit for each material]; NaN: not known; 0: there is nothing to exchange.
    capacity
        Of demands: the most that each can take of any stream ``(n,)`` [unit of the stream]; NaN, or ``None`` for all:
        no cap.

    Raises
    ------
    InputError
        Arrays of other lengths, positions outside the lists, places that are none, amounts below 0 or infinite.
    """

    materials: tuple[str, ...]
    industries: tuple[str, ...]
    material: Codes
    industry: Codes
    firm: Codes
    latitude: Array
    longitude: Array
    quantity: Array
    capacity: Array | None = None

    def __post_init__(self) -> None:
        problems = Problems()
        put = object.__setattr__
        put(self, "materials", tuple(self.materials))
        put(self, "industries", tuple(self.industries))
        for name in ("material", "industry", "firm"):
            put(self, name, _array(getattr(self, name), np.int64, name, problems))
        if self.capacity is None:
            put(self, "capacity", np.full(len(self.material), np.nan))
        for name in _BOUNDS:
            put(self, name, _array(getattr(self, name), np.float64, name, problems))
        problems.raise_if_errors(InputError)
        for name in ("industry", "firm", *_BOUNDS):
            if len(getattr(self, name)) != len(self.material):
                problems.add("candidates.shape", what=name, found=len(getattr(self, name)), wanted=len(self.material))
        problems.raise_if_errors(InputError)
        _check_codes(self.material, self.materials, "material", problems)
        _check_codes(self.industry, self.industries, "industry", problems)
        for name, (lower, upper) in _BOUNDS.items():
            _check_numbers(getattr(self, name), name, lower, upper, problems)
        problems.raise_if_errors(InputError)

    def __len__(self) -> int:
        return len(self.material)

    def part(self, first: int, last: int) -> Streams:
        """Return the streams from ``first`` to before ``last``."""
        names = ("material", "industry", "firm", *_BOUNDS)
        cut = {name: getattr(self, name)[first:last] for name in names}
        return Streams(self.materials, self.industries, **cut)


@dataclass(frozen=True)
class Rule:
    """Which stream may replace what, where, and how much of it.

    Parameters
    ----------
    id
        Unique name.
    streams, demands
        Codes of what is given, and of what is asked for or replaced; a code stands for everything below it.
    donors, receivers
        Codes of industries; a code stands for all that begin with it. Empty: any, known or not.
    rate
        Amount of the demand that one unit of the stream replaces [unit of the demand/unit of the stream];
        ``None``: not known, then no quantity is.
    cap
        Largest share of the demand that may be replaced, above 0 and at most 1; ``None``: all of it.
    max_km
        Largest distance [km], the road factor included; ``None``: any.
    evidence
        How well it is known to work, 0 to 1.
    """

    id: str
    streams: tuple[str, ...]
    demands: tuple[str, ...]
    donors: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    rate: float | None = 1.0
    cap: float | None = None
    max_km: float | None = None
    evidence: float = 1.0


@dataclass(frozen=True)
class Weights:
    """What counts in a score; see :func:`lichen.discover.search.search`.

    Parameters
    ----------
    unknown
        What a part counts whose figure is not known, 0 to 1.
    half_km
        Distance at which the part of the distance is one half [km]; ``None``: distance does not count.
    half_quantity
        Quantity at which its part is one half [unit of the stream]; ``None``: the amount does not count.
    evidence, fit
        Exponents of the two parts, 0 or more; 0: it does not count, 2: twice.
    """

    unknown: float
    half_km: float | None = None
    half_quantity: float | None = None
    evidence: float = 1.0
    fit: float = 1.0


def check_rules(rules: Iterable[Rule], problems: Problems) -> None:
    """Add what is wrong with ``rules``."""
    seen: set[str] = set()
    for rule in rules:
        where = Where(key=rule.id)
        if rule.id in seen:
            problems.add("candidates.rule_doubled", where, rule=rule.id)
        seen.add(rule.id)
        for side in ("streams", "demands"):
            if not getattr(rule, side):
                problems.add("candidates.rule_empty", where, rule=rule.id, side=side)
        for what, (lower, upper) in _LIMITS.items():
            value = getattr(rule, what)
            if value is None and what != "evidence":
                continue
            if value is None or not lower <= value <= upper:
                problems.add(
                    "candidates.rule_number", where, rule=rule.id, what=what, found=value,
                    lower=f"{lower:g}", upper=f"{upper:g}",
                )  # fmt: skip


def check_weights(weights: Weights, problems: Problems) -> None:
    """Add what is wrong with ``weights``."""
    number(weights.unknown, "unknown", 0.0, 1.0, problems)
    for name in ("half_km", "half_quantity"):
        if getattr(weights, name) is not None:
            number(getattr(weights, name), name, 1e-60, 1e60, problems)
    number(weights.evidence, "evidence", 0.0, 100.0, problems)
    number(weights.fit, "fit", 0.0, 100.0, problems)


def number(value: float, what: str, lower: float, upper: float, problems: Problems) -> None:
    """Add a problem if an option is not between its bounds."""
    if not lower <= value <= upper:
        problems.add("candidates.option", what=what, found=value, lower=f"{lower:g}", upper=f"{upper:g}")


def whole(value: int, what: str, problems: Problems) -> None:
    """Add a problem if an option is not a whole number above 0."""
    if not isinstance(value, int | np.integer) or value < 1:
        problems.add("candidates.whole", what=what, found=value)


def _array(values: Any, kind: type, what: str, problems: Problems) -> npt.NDArray[Any]:
    """Return a read-only copy of one dimension; whole numbers are not made of fractions, nor numbers of text."""
    whole_numbers = kind is np.int64
    if np.ma.isMaskedArray(values):  # masked: not known
        values = np.ma.filled(values if whole_numbers else values.astype(np.float64), -1 if whole_numbers else np.nan)
    try:
        found = np.asarray(values)
    except ValueError:  # rows of different lengths
        found = np.empty((0, 0))
    if found.ndim != 1 or (found.size and found.dtype.kind not in ("iu" if whole_numbers else "iuf")):
        problems.add("candidates.not_whole" if whole_numbers else "candidates.not_numbers", what=what)
        return np.empty(0, kind)
    copy: npt.NDArray[Any] = np.array(found, dtype=kind)
    copy.flags.writeable = False
    return copy


def _check_codes(positions: Codes, codes: tuple[str, ...], what: str, problems: Problems) -> None:
    wrong = (positions < -1) | (positions >= len(codes))
    if wrong.any():
        k = int(np.argmax(wrong))
        problems.add(
            "candidates.code", what=what, stream=k, found=int(positions[k]), count=len(codes), last=len(codes) - 1
        )


def _check_numbers(values: Array, what: str, lower: float, upper: float, problems: Problems) -> None:
    wrong = (values < lower) | (values > upper)
    if wrong.any():
        k = int(np.argmax(wrong))
        problems.add(
            "candidates.number", what=what, stream=k, found=float(values[k]), count=int(wrong.sum()),
            lower=f"{lower:g}", upper=f"{upper:g}",
        )  # fmt: skip
