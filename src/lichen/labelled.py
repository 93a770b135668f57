"""Labelled arrays: labels match exactly, numbers are finite, nothing is filled.

The rules (each has a test):

1. Labels are text, not empty, without leading or trailing blanks, and unique.
2. Two labelled values are joined only if their labels are the same set; the order may differ and is followed.
3. A missing or an unknown label is an error that names it and the nearest known label. Nothing is filled with zero.
4. NaN and infinity are errors that name their cell.
5. Arrays inside values are read-only; a value never changes after it was made.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lichen.errors import LabelError, Problems, Where

Array = npt.NDArray[np.float64]
Labels = tuple[str, ...]


def as_labels(labels: Sequence[Any], what: str, where: Where | None = None) -> Labels:
    """Return ``labels`` as a tuple of text after checking rule 1.

    Raises
    ------
    LabelError
        Naming every empty, padded or doubled label.
    """
    problems = Problems()
    texts = tuple(str(label) for label in labels)
    seen: dict[str, int] = {}
    for position, text in enumerate(texts):
        if not text.strip() or text in ("nan", "None"):
            problems.add("labels.empty", where, what=what, position=position + 1)
        elif text != text.strip():
            problems.add("labels.padded", where, what=what, label=text)
        elif text in seen:
            problems.add("labels.doubled", where, what=what, label=text, first=seen[text] + 1, second=position + 1)
        seen.setdefault(text, position)
    problems.raise_if_errors(LabelError)
    return texts


def suggest(label: str, known: Sequence[str]) -> str:
    """Return the known label nearest to ``label``, or an empty text."""
    near = difflib.get_close_matches(label, known, n=1, cutoff=0.6)
    return near[0] if near else ""


def match(labels: Sequence[str], wanted: Sequence[str], what: str, where: Where | None = None) -> list[int]:
    """Return for each of ``wanted`` its position in ``labels``; the two must be the same set.

    Raises
    ------
    LabelError
        Naming every missing, unknown and doubled label.
    """
    labels = as_labels(labels, what, where)
    problems = Problems()
    position = {label: i for i, label in enumerate(labels)}
    for label in wanted:
        if label not in position:
            problems.add("labels.missing", where, what=what, label=label)
    known = set(wanted)
    for label in labels:
        if label not in known:
            problems.add("labels.unknown", where, what=what, label=label, near=suggest(label, list(wanted)) or "–")
    problems.raise_if_errors(LabelError)
    return [position[label] for label in wanted]


def aligned(values: Mapping[str, float], wanted: Sequence[str], what: str, where: Where | None = None) -> Array:
    """Return the values in the order of ``wanted``, shape ``(len(wanted),)``, read-only."""
    order = match(list(values), wanted, what, where)
    numbers = list(values.values())
    return frozen([numbers[i] for i in order], (len(wanted),), what, where)


def frozen(
    values: npt.ArrayLike, shape: tuple[int, ...], what: str, where: Where | None = None, copy: bool = True
) -> Array:
    """Return ``values`` as a finite, read-only array of ``shape``.

    With ``copy=False`` a float64 array is taken over as it is and made read-only for its giver too.

    Raises
    ------
    LabelError
        If the shape differs, or a cell is NaN or infinite.
    """
    problems = Problems()
    try:
        if np.ma.isMaskedArray(values):
            values = np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
        if np.asarray(values).dtype.kind in "US":  # numpy would read "1.234" as a number, and guess which
            raise TypeError
        array = np.array(values, dtype=np.float64) if copy else np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        problems.add("labels.not_numbers", where, what=what)
        problems.raise_if_errors(LabelError)
    with np.errstate(over="ignore", invalid="ignore"):
        plain = bool(np.isfinite(array.sum()))
    if array.shape != shape:
        problems.add("labels.shape", where, what=what, found=str(array.shape), wanted=str(shape))
    elif not plain and not (finite := np.isfinite(array)).all():
        # a sum that overflows is not a fault of one cell, hence the second look
        places = np.argwhere(~finite)
        first = tuple(int(i) for i in places[0])
        problems.add(
            "labels.not_finite", where, what=what, count=len(places), value=str(array[first]),
            cell=", ".join(str(i + 1) for i in first),
        )  # fmt: skip
    problems.raise_if_errors(LabelError)
    array.flags.writeable = False
    return array
