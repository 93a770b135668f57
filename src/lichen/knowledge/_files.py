"""Read the data files of this package."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Mapping
from importlib.resources import files


@functools.cache
def text(name: str) -> str:
    """Return the text of ``data/<name>``."""
    return (files("lichen.knowledge") / "data" / name).read_text(encoding="utf-8")


@functools.cache
def rows(name: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of ``data/<name>``."""
    return tuple(csv.DictReader(io.StringIO(text(name))))
