"""Sizes of plants and pipes as steps for the optimiser: economies of scale, and which sizes cannot be best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import inf, isfinite

from lichen.design.network import Rate, Step
from lichen.errors import InputError, Problems, UnitError, Where
from lichen.figures import Figure
from lichen.units import currency_of, factor


def scaled_steps(
    reference_capacity: float, reference_cost: float | Figure, exponent: float, sizes: Iterable[float],
    measure: str = "cost",
) -> tuple[Step, ...]:  # fmt: skip
    """Return steps whose cost grows with a power of capacity: C = C₀ (K / K₀)ⁿ.

    n = 0.6 is the six-tenths rule; with n < 1 one large plant costs less than two small ones. It holds for plants of
    one kind, within about a factor of ten around the reference. The exponent is never a default: it differs from kind
    to kind (Williams, R. (1947) Chem. Eng. 54(12), 124–125; Peters, M. S., Timmerhaus, K. D. and West, R. E. (2003)
    Plant Design and Economics for Chemical Engineers, 5th ed., McGraw-Hill).

    Parameters
    ----------
    reference_capacity, reference_cost
        Capacity in a period [unit of the stream] and cost of a plant that is known.
    exponent
        n [1], above 0.
    sizes
        Capacities to choose from [unit of the stream].
    measure
        What the cost is counted as.

    Raises
    ------
    InputError
        If a number is not above 0, or no size is given.
    """
    found, problems = sorted(set(sizes)), Problems()
    for what, value in (
        ("reference_capacity", reference_capacity),
        ("exponent", exponent),
        *(("size", k) for k in found),
    ):
        within(what, value, 0.0, inf, problems, above=True)
    within("reference_cost", reference_cost.value if isinstance(reference_cost, Figure) else reference_cost, 0.0, inf,
           problems)  # fmt: skip
    if not found:
        problems.add("design.no_size")
    problems.raise_if_errors(InputError)
    return tuple(
        Step(f"{K:g}", K, {measure: times(reference_cost, (K / reference_capacity) ** exponent)}) for K in found
    )


def undominated(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps that could be best, by rising capacity: no other holds as much and brings no more of anything.

    A step whose figures are of different units, or unknown, is compared in what is known of both.
    """
    ordered = sorted(steps, key=lambda s: (s.capacity, -_sum(s.fixed)))
    kept: list[Step] = []
    for step in reversed(ordered):
        if not any(_as_good(other, step) for other in kept):
            kept.append(step)
    return tuple(reversed(kept))


def times(rate: float | Figure, k: float, unit: str = "") -> float | Figure:
    """Return a figure or number times k, a figure with its range; ``unit``: what a figure is then in."""
    if not isinstance(rate, Figure):
        return rate * k
    low, high = (None if end is None else end * k for end in (rate.low, rate.high))
    return replace(rate, value=rate.value * k, low=low, high=high, unit=unit or rate.unit)


def along(per_metre: float | Figure, metres: float, where: Where, problems: Problems) -> float | Figure:
    """Return a cost per metre over a length; a figure has to be money per metre."""
    if not isinstance(per_metre, Figure):
        return per_metre * metres
    money = currency_of(per_metre.unit)
    try:
        return times(per_metre, metres * factor(per_metre.unit, f"{money}/m"), money)
    except UnitError:
        problems.add("design.unit", where, measure="cost_per_m", found=per_metre.unit, wanted="CNY/m")
        return 0.0


def within(
    what: str, value: float, low: float, high: float, problems: Problems, where: Where | None = None, *,
    above: bool = False,
) -> None:  # fmt: skip
    """Check that a number lies between two others; ``above``: the lower one is not allowed itself."""
    if isfinite(value) and low <= value <= high and not (above and value == low):
        return
    code = "design.above" if above else "design.range"
    problems.add(code, where, what=what, found=value, low=low, high=high if isfinite(high) else "–")


def _number(rate: Rate) -> float | None:
    return rate.value if isinstance(rate, Figure) else rate


def _sum(fixed: Mapping[str, Rate]) -> float:
    return sum(_number(rate) or 0.0 for rate in fixed.values())


def _as_good(other: Step, step: Step) -> bool:
    """Whether a step that holds at least as much brings no more of anything, and asks for no more."""
    if other.capacity < step.capacity or other.least > step.least:
        return False
    for measure in {*other.fixed, *step.fixed}:
        one, two = other.fixed.get(measure, 0.0), step.fixed.get(measure, 0.0)
        if isinstance(one, Figure) and isinstance(two, Figure) and one.unit != two.unit:
            return False
        one, two = _number(one), _number(two)
        if one is None or two is None or one > two:
            return False
    return True
