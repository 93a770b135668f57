"""The words of the pages in both languages."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from lichen.errors import Language


@functools.cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return key → language → words."""
    return tomllib.loads(files("lichen.web").joinpath("texts.toml").read_text(encoding="utf-8"))


def words(key: str, lang: Language, **values: Any) -> str:
    """Return the words for ``key`` with values filled in; ``KeyError`` if there are none."""
    text = catalogue()[key][lang]
    return text.format(**values) if values else text
