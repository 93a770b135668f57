"""Settings of a design run as its form has them, and what they mean to the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from lichen.errors import LichenError, Problem, StudyError
from lichen.figures import Figure, Text
from lichen.study.config import Designing
from lichen.study.what_if import read_money
from lichen.web.models import Park
from lichen.web.studies import study_of

OBJECTIVES: tuple[str, ...] = get_args(get_type_hints(Designing)["objective"])
WAYS: tuple[str, ...] = get_args(get_args(get_type_hints(Designing)["ways"])[0])
EXISTING: tuple[str, ...] = get_args(get_type_hints(Designing)["existing"])
MOST_WHAT_IFS, LONGEST, MOST_SECONDS, MOST_POINTS = 20, 200, 600, 25
MONEY = {"budget": "CNY", "carbon_price": "CNY/tCO2", "rate": "1/a"}
"""Amounts of a form, and the unit of a bare number; a rate may end with %."""
NUMBERS = {"years": (1, 100), "year": (1950, 2200), "points": (2, MOST_POINTS), "time_s": (1, MOST_SECONDS)}
"""Whole numbers of a form, and their bounds; all may be left empty."""


@dataclass(frozen=True)
class Asked:
    """What a form asks for: plain values for JSON, and what is wrong by field."""

    settings: Mapping[str, Any]
    problems: Mapping[str, tuple[Problem, ...]]


def read_settings(written: Mapping[str, str], ways: Sequence[str], what_ifs: str) -> Asked:
    """Return what a form asks for.

    Parameters
    ----------
    written
        Texts by field; what is empty is as the study says.
    ways
        Ways of opportunities that may take part; none: as the study says.
    what_ifs
        Changes to try, one a line.
    """
    problems: dict[str, list[Problem]] = {}
    settings: dict[str, Any] = {"name": written.get("name", "").strip()[:LONGEST]}
    for field, allowed in (("objective", OBJECTIVES), ("second", OBJECTIVES), ("existing", EXISTING)):
        text = written.get(field, "").strip()
        if text and text not in allowed:
            problems.setdefault(field, []).append(_bad(field, text, Text(", ".join(allowed))))
        elif text:
            settings[field] = text
    for field in MONEY:
        text = written.get(field, "").strip()
        if text:
            settings[field] = text[:LONGEST]
            try:
                money(field, text)
            except LichenError as error:
                problems.setdefault(field, []).extend(error.problems)
    for field, (low, high) in NUMBERS.items():
        text = written.get(field, "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) < 5 and low <= int(text) <= high):
            wanted = Text(f"a whole number from {low} to {high}", f"{low} 至 {high} 的整数")
            problems.setdefault(field, []).append(_bad(field, text, wanted))
        elif text:
            settings[field] = int(text)
    if ways:
        settings["ways"] = [w for w in WAYS if w in ways]
    changes = [line.strip()[:LONGEST] for line in what_ifs.splitlines() if line.strip()]
    if len(changes) > MOST_WHAT_IFS:
        wanted = Text(f"{MOST_WHAT_IFS} lines at most", f"不超过 {MOST_WHAT_IFS} 行")
        problems.setdefault("what_ifs", []).append(_bad("what_ifs", str(len(changes)), wanted))
    elif changes:
        settings["what_ifs"] = changes
    return Asked(settings, {field: tuple(found) for field, found in problems.items()})


def _bad(field: str, found: str, wanted: Text) -> Problem:
    return Problem("design.bad_setting", values={"name": field, "found": found[:60], "wanted": wanted})


def money(field: str, text: str) -> Figure:
    """Return an amount of a form.

    Raises
    ------
    StudyError
        If it is no amount of that kind.
    """
    unit = MONEY[field]
    spelled = f"{text}/a" if field == "rate" and text.endswith(("%", "％")) else text
    return read_money(spelled, unit, field)


def overrides_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields of :class:`~lichen.study.config.Designing` that a run has in place of the study's."""
    found: dict[str, Any] = {n: settings[n] for n in ("objective", "existing", "years") if n in settings}
    for field, name in (("budget", "budget"), ("carbon_price", "carbon_price"), ("rate", "discount_rate")):
        if field in settings:
            found[name] = money(field, settings[field])
    if "ways" in settings:
        found["ways"] = tuple(settings["ways"])
    if "time_s" in settings:
        found["time_s"] = float(settings["time_s"])
    return found


def said_by_study(park: Park) -> Designing:
    """Return what the park's study says of designs; the usual where it says nothing, or cannot be read."""
    try:
        loaded = study_of(park)
    except StudyError:
        return Designing()
    return loaded.study.design if loaded is not None else Designing()
