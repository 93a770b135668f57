"""Read the data files of this package."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Iterable, Mapping
from importlib.resources import files

from lichen.errors import LabelError, Problems
from lichen.labelled import suggest


@functools.cache
def rows(name: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of ``data/<name>``."""
    text = (files("lichen.vocabulary") / "data" / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text)))


def parts(cell: str) -> tuple[str, ...]:
    """Return the entries of a cell that holds several, parted by semicolons."""
    return tuple(part for part in (text.strip() for text in cell.split(";")) if part)


def number(cell: str) -> float | None:
    """Return the number of a cell, or ``None`` if it is empty."""
    return float(cell) if cell else None


def unknown(what: str, label: str, known: Iterable[str]) -> None:
    """Raise :class:`LabelError` that names the nearest of ``known``."""
    problems = Problems()
    problems.add("labels.unknown", what=what, label=label, near=suggest(label, list(known)) or "–")
    problems.raise_if_errors(LabelError)
