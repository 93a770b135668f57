"""Checks of conditions against what is known of a flow and of the way between two firms."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from lichen.errors import UnitError
from lichen.knowledge.values import CITY, Condition
from lichen.units import factor, same_dimension
from lichen.vocabulary.industries import within
from lichen.vocabulary.materials import descends
from lichen.vocabulary.names import plain

Verdict = Literal["met", "not met", "told", "ask"]
"""Outcome of a check: "told": a question whose answer is known; "ask": what is needed is not known."""
Fit = Literal["yes", "possible", "no"]
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "=": operator.eq,
}  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What is known of a flow and its way; whatever is not known stays ``None``.

    Parameters
    ----------
    composition
        Substance → share of the dry mass [1].
    moisture
        Water in the moist mass [1].
    heating_value
        Lower heating value as received: number and unit, e.g. ``(6.3, "GJ/t")``.
    temperature_c
        [°C].
    distance_km
        From donor to receiver [km].
    form
        "solid", "liquid", "gas", "water", "heat" or "electricity".
    """

    composition: Mapping[str, float] = field(default_factory=dict)
    moisture: float | None = None
    heating_value: tuple[float, str] | None = None
    temperature_c: float | None = None
    distance_km: float | None = None
    form: str = ""


def check(condition: Condition, facts: Facts) -> Verdict:
    """Return whether a condition holds, fails, or must be asked.

    A limit at its very number is kept by ``<=`` and ``>=``. A heating value in another dimension (by volume instead
    of by mass) cannot be compared and is asked.
    """
    if condition.quantity == "form":
        if not facts.form or not condition.substances:
            return "told" if facts.form else "ask"
        return "met" if facts.form in condition.substances else "not met"
    value = _value(condition, facts)
    if value is None:
        return "ask"
    if not condition.operator or condition.limit is None:
        return "told"
    return "met" if _COMPARE[condition.operator](value, condition.limit) else "not met"


def check_all(conditions: Iterable[Condition], facts: Facts) -> dict[str, Verdict]:
    """Return condition id → verdict, in the order of the conditions."""
    return {condition.id: check(condition, facts) for condition in conditions}


def _value(condition: Condition, facts: Facts) -> float | None:
    """Return what the condition speaks of, in the condition's unit; ``None``: not known."""
    if condition.quantity == "composition":
        found = _share(condition, facts.composition)
        return None if found is None else found * factor("1", condition.unit or "1")
    if condition.quantity == "moisture":
        return None if facts.moisture is None else facts.moisture * factor("1", condition.unit or "1")
    if condition.quantity == "temperature":
        return facts.temperature_c
    if condition.quantity == "distance":
        return None if facts.distance_km is None else facts.distance_km * factor("km", condition.unit or "km")
    if condition.quantity == "heating value" and facts.heating_value is not None:
        number, unit = facts.heating_value
        if not condition.unit:
            return number
        try:
            fits = same_dimension(unit, condition.unit)
        except UnitError:
            return None
        return number * factor(unit, condition.unit) if fits else None
    return None


def _share(condition: Condition, composition: Mapping[str, float]) -> float | None:
    """Return the share of the first of the condition's substances that was analysed."""
    named = {plain(name): share for name, share in composition.items()}
    return next((named[plain(name)] for name in condition.substances if plain(name) in named), None)


def industry_fits(industry: str, wanted: Iterable[str]) -> Fit:
    """Return whether a firm's industry is among ``wanted``, by the hierarchy of GB/T 4754-2017.

    Parameters
    ----------
    industry
        The firm's class, or the leading digits that are known; :data:`~lichen.knowledge.values.CITY` for the city.
    wanted
        Donors or receivers of an exchange type.

    Returns
    -------
    "yes" or "possible" or "no"
        "possible": the firm told fewer digits than the type asks for.

    Raises
    ------
    LabelError
        A code that is none.
    """
    best: Fit = "no"
    for code in wanted:
        if CITY in (industry, code):
            if industry == code:
                return "yes"
        elif within(industry, code):
            return "yes"
        elif within(code, industry):
            best = "possible"
    return best


def material_fits(material: str, wanted: Iterable[str]) -> Fit:
    """Return whether a material is one of ``wanted`` or below it ("yes"), or a heading above one ("possible")."""
    best: Fit = "no"
    for code in wanted:
        if descends(material, code):
            return "yes"
        if descends(code, material):
            best = "possible"
    return best
