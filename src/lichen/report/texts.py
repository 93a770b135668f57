"""The words of the report in both languages."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from lichen.errors import Language
from lichen.vocabulary.sectors import classifications, sectors


@functools.cache
def _catalogue() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("lichen.report").joinpath("texts.toml").read_text(encoding="utf-8"))


class Words:
    """The words of one language: ``words("answer")``, ``words("scaled", id=…, factor=…)``."""

    def __init__(self, lang: Language) -> None:
        self.lang: Language = lang

    def __call__(self, key: str, **values: Any) -> str:
        """Return the words for ``key`` with values filled in; ``KeyError`` if there are none."""
        text = _catalogue()[key][self.lang]
        return text.format(**values) if values else text

    def known(self, group: str, name: str) -> str:
        """Return the words for ``group.name``, or the name itself where a user brought his own."""
        entry = _catalogue().get(f"{group}.{name}")
        return entry[self.lang] if entry else name.replace("_", " ")

    def sector(self, classification: str, code: str) -> str:
        """Return the name of a sector of a list, or its code where the list is not known."""
        known = sectors(classification).names(self.lang) if classification in classifications() else {}
        return known.get(code, code)
