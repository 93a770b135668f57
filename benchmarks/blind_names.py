"""What a model of names adds: names hidden from the vocabulary, and the blind test of discovery with the model.

Each name of a material that has others is hidden in turn; is the material among the first that are proposed for it?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lichen.vocabulary.materials import materials
from lichen.vocabulary.meaning import NameModel
from lichen.vocabulary.names import alike, is_chinese, plain

FIRST = 3
"""Proposals of each kind that a question shows."""


@dataclass(frozen=True)
class Hits:
    """Share of hidden names whose material is found, and how many were hidden.

    Parameters
    ----------
    spelled, spelled_more
        Among the first :data:`FIRST` by spelling; among twice as many.
    meant
        Among the first :data:`FIRST` by the model.
    both
        Among the first :data:`FIRST` of either.
    count
        Names that were hidden.
    """

    spelled: float
    spelled_more: float
    meant: float
    both: float
    count: int


def hidden_names(model: NameModel) -> Mapping[str, Hits]:
    """Return how often a hidden name leads to its material, by the language of the name."""
    names = [(name, item.code) for item in materials() if not item.group for name in dict.fromkeys(item.names())]
    codes = np.array([code for _, code in names])
    plains = [plain(name) for name, _ in names]
    vectors = model.vectors([name for name, _ in names])
    found: dict[str, list[tuple[bool, bool, bool]]] = {"English": [], "Chinese": []}
    for place, (name, code) in enumerate(names):
        others = np.array([p != plains[place] for p in plains])
        if not (others & (codes == code)).any():
            continue  # its only name
        spelled = np.array([alike(plains[place], other) for other in plains])
        meant = vectors @ vectors[place]
        near = [_first(np.where(others, s, -1.0), codes, 2 * FIRST) for s in (spelled, meant)]
        hits = (code in near[0][:FIRST], code in near[0], code in near[1][:FIRST])
        found["Chinese" if is_chinese(name) else "English"].append(hits)
    return {language: _hits(rows) for language, rows in found.items()}


def _hits(rows: list[tuple[bool, bool, bool]]) -> Hits:
    table = np.array(rows)
    both = table[:, 0] | table[:, 2]
    return Hits(*(float(part.mean()) for part in (*table.T, both)), len(rows))


def _first(scores: np.ndarray, codes: np.ndarray, most: int) -> list[str]:
    """Return the codes of the best scores, each once; of equal ones the first in the vocabulary."""
    found: dict[str, None] = {}
    for place in np.argsort(-scores, kind="stable"):
        if scores[place] <= 0 or len(found) == most:
            break
        found.setdefault(str(codes[place]))
    return list(found)
