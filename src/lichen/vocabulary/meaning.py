"""Names by meaning: a model of word vectors on this machine finds names that are spelled otherwise.

The model is a folder that the user names: a static model as the package ``model2vec`` reads it, one vector for each
token. Nothing is ever downloaded. It proposes and decides nothing: what is found by it says so, with the model's name.

A similarity means nothing by itself, for models differ. Two names count as alike if they are nearer to each other than
:data:`ALIKE` of all pairs of different materials of the vocabulary are, for the same model.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lichen.errors import FileError, InputError, Problems, Where
from lichen.labelled import Array
from lichen.vocabulary.materials import Match, material, materials

Positions = npt.NDArray[np.int64]
VARIABLE = "LICHEN_NAME_MODEL"
"""Variable of the environment that names the folder of a model where nothing else does."""
ALIKE = 0.99
"""Share of the pairs of different materials that are less alike than what is proposed; own judgement."""
_LAYOUTS = (
    ("model.safetensors", "tokenizer.json", "config.json"),
    ("model.safetensors", "tokenizer.json", "config_sentence_transformers.json"),
    ("0_StaticEmbedding/model.safetensors", "0_StaticEmbedding/tokenizer.json", "config_sentence_transformers.json"),
)
"""Files of a static model; a folder without them would be looked for on the net."""
_SAME = 1e-6
"""What a similarity may lack of 1 where two names are the same for a model."""


@dataclass(frozen=True, eq=False)
class NameModel:
    """A model that turns names into vectors.

    Parameters
    ----------
    name
        What it is called: the name of its folder.
    encode
        Returns one vector a text, ``(n, d)``; all zeros for a text of which it knows no part.
    """

    name: str
    encode: Callable[[Sequence[str]], Array]

    def vectors(self, texts: Sequence[str]) -> Array:
        """Return unit vectors ``(n, d)`` of texts; zeros where no part of the text is known."""
        found = np.asarray(self.encode(list(texts)), dtype=np.float64)
        length = np.linalg.norm(found, axis=1, keepdims=True)
        return np.asarray(found / np.where(length > 0, length, 1.0))

    @cached_property
    def _names(self) -> tuple[tuple[str, ...], Positions, tuple[str, ...], Array]:
        """Return codes of materials, where the names of each begin, the names, and their vectors.

        A name that the model cannot tell from that of another material is none that it knows, e.g. a Chinese one for an
        English model: its vector is zero.
        """
        codes: list[str] = []
        starts: list[int] = []
        names: list[str] = []
        for item in materials():
            if not item.group:
                codes.append(item.code)
                starts.append(len(names))
                names += item.names()
        vectors, owner = self.vectors(names), np.repeat(np.arange(len(starts)), np.diff([*starts, len(names)]))
        same = vectors @ vectors.T >= 1 - _SAME
        vectors[(same & (owner[:, None] != owner)).any(axis=1)] = 0.0
        return tuple(codes), np.array(starts), tuple(names), vectors

    @cached_property
    def _between(self) -> Array:
        """Return how alike the materials are ``(n, n)``: the most of their names, no more than 1."""
        _, starts, _, vectors = self._names
        names = vectors @ vectors.T
        return np.maximum.reduceat(np.maximum.reduceat(names, starts, axis=0), starts, axis=1).clip(-1.0, 1.0)

    @cached_property
    def least(self) -> float:
        """Similarity from which on two names are alike [1]."""
        pairs = self._between[np.triu_indices(len(self._between), 1)]
        return float(max(np.quantile(pairs, ALIKE), 1e-9))

    def nearest(self, text: str, most: int = 5) -> tuple[Match, ...]:
        """Return the materials whose names are alike to a text, the nearest first; never ``known``."""
        codes, starts, names, vectors = self._names
        near = vectors @ self.vectors([text])[0]
        best = np.maximum.reduceat(near, starts)
        ends = (*starts[1:], len(names))
        found = []
        for place in np.argsort(-best, kind="stable")[: max(most, 1)]:
            if best[place] < self.least:
                break
            first = int(starts[place])
            name = names[first + int(np.argmax(near[first : ends[place]]))]
            found.append(Match(codes[place], name, round(100.0 * float(min(best[place], 1.0)), 1), "meaning"))
        return tuple(found)

    @cached_property
    def _kin(self) -> Mapping[str, Mapping[str, float]]:
        codes = self._names[0]
        near = self._between >= self.least
        np.fill_diagonal(near, False)
        return {
            code: {codes[j]: float(self._between[i, j]) for j in np.flatnonzero(near[i])}
            for i, code in enumerate(codes)
        }

    def alike(self, code: str) -> Mapping[str, float]:
        """Return the materials of the same form whose names are alike to those of ``code``, with their similarity.

        Raises
        ------
        LabelError
            If there is no such material.
        """
        form = material(code).form
        return {other: near for other, near in self._kin.get(code, {}).items() if material(other).form == form}


def model_folder(named: str = "", home: Path | None = None) -> Path | None:
    """Return the folder of the model that is named, or that :data:`VARIABLE` names; ``None``: none is.

    Parameters
    ----------
    named
        Path of a folder; empty: as the environment says.
    home
        What a path that is not absolute is relative to, if it is ``named``.
    """
    if named:
        return (home or Path()) / Path(named).expanduser()
    given = os.environ.get(VARIABLE, "")
    return Path(given).expanduser() if given else None


def open_model(folder: Path) -> NameModel:
    """Return the model in a folder of this machine.

    Raises
    ------
    InputError
        If the package that reads models is not installed.
    FileError
        If there is no folder, or no static model in it that knows any name of the vocabulary.
    """
    problems = Problems()
    where = Where(file=str(folder))
    if not folder.is_dir():
        problems.add("meaning.no_folder", where)
    elif not any(all((folder / name).is_file() for name in layout) for layout in _LAYOUTS):
        problems.add("meaning.no_model", where, needed=list(_LAYOUTS[0]))
    problems.raise_if_errors(FileError)
    try:
        from model2vec import StaticModel
    except ImportError:
        problems.add("meaning.no_package", where)
        raise InputError(problems.as_tuple()) from None
    try:
        static = StaticModel.from_pretrained(folder)
        model = NameModel(folder.resolve().name, lambda texts: static.encode(texts, use_multiprocessing=False))
        sound = np.isfinite(model.vectors(["steel slag", "钢渣"])).all() and np.isfinite(model.least)
        known = bool(np.abs(model._names[3]).any())
    except Exception as error:  # the package and its readers raise errors of many kinds, some of no class of theirs
        problems.add("meaning.unreadable", where, why=f"{type(error).__name__}: {error}")
        raise FileError(problems.as_tuple()) from error
    if not sound or not known:
        problems.add("meaning.no_names", where)
    problems.raise_if_errors(FileError)
    return model
