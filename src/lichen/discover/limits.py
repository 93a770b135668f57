"""Figures for heat recovery as the literature gives them, from ``data/limits.csv``: to choose from, never filled in."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, cast

from lichen.errors import LabelError, Problems
from lichen.labelled import suggest

Checked = Literal["seen", "recalled", "judgement"]
"""How a row was taken from its source: "seen" in it, "recalled" from it and still to be compared with it, "judgement":
our own engineering reading."""


@dataclass(frozen=True)
class Limit:
    """A usual range of a figure.

    Parameters
    ----------
    name, unit
        What it is of.
    low, high
        Range that the source calls usual [unit].
    applies_to
        Where it is usual, in English.
    applies_to_zh
        The same in Chinese.
    source, checked
        Where it is from, and how it was taken.
    """

    name: str
    low: float
    high: float
    unit: str
    applies_to: str
    applies_to_zh: str
    source: str
    checked: Checked


@functools.cache
def rows(name: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of ``data/<name>`` of this package."""
    text = (files("lichen.discover") / "data" / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text)))


@functools.cache
def limits() -> Mapping[str, Limit]:
    """Return every limit by name."""
    return {
        row["name"]: Limit(
            row["name"], float(row["low"]), float(row["high"]), row["unit"], row["applies_to"], row["applies_to_zh"],
            row["source"], cast(Checked, row["checked"]),
        )
        for row in rows("limits.csv")
    }  # fmt: skip


def limit(name: str) -> Limit:
    """Return one limit.

    Raises
    ------
    LabelError
        If there is none of this name.
    """
    found = limits().get(name)
    if found is None:
        raise _unknown("limits.csv", name, limits())
    return found


def _unknown(what: str, label: str, known: Iterable[str]) -> LabelError:
    problems = Problems()
    problems.add("labels.unknown", what=what, label=label, near=suggest(label, list(known)) or "–")
    return LabelError(problems.as_tuple())
