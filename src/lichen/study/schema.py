"""What can be set in ``study.toml``, for whoever makes forms or a reference: keys, shapes, choices, meanings."""

from __future__ import annotations

import dataclasses
import functools
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from lichen.figures import Figure, Text
from lichen.study.config import Study

Shape = Literal["text", "texts", "number", "whole", "yes", "choice", "choices", "list", "wholes", "numbers", "words",
                "figure", "record", "records", "figures by name", "texts by name", "other"]  # fmt: skip
"""What a key takes: one text, one in both languages, a number, a whole number, yes or no, one or some of a list, texts
or whole numbers, a table of numbers or of texts, a figure, a table, tables, figures or texts that each have a name of
their own, or what no form can take."""
NAMED: Mapping[Shape, Shape] = {"figures by name": "figure", "texts by name": "texts"}
"""What stands under each name."""
SECTIONS = ("flows", "discover", "design", "appraise", "settle")
"""Tables of ``study.toml`` that set how a study of firms is done."""


@dataclass(frozen=True)
class Setting:
    """A key of a study's text files.

    Parameters
    ----------
    key, shape
        Its name, and what it takes.
    name, meaning
        What readers call it; what it means.
    needed, default
        Whether it must be given; what holds where it is not.
    choices
        Values that it may have; empty: any.
    record
        Type of the tables that stand under it.
    """

    key: str
    shape: Shape
    name: Text
    meaning: Text
    needed: bool
    default: Any
    choices: tuple[str, ...] = ()
    record: type | None = None


@functools.cache
def dictionary() -> Mapping[str, Mapping[str, str]]:
    """Return the words for every class and key of a study's text files, by ``Class`` and ``Class.key``."""
    return tomllib.loads(files("lichen.study").joinpath("schema.toml").read_text(encoding="utf-8"))


@functools.cache
def settings_of(kind: type) -> tuple[Setting, ...]:
    """Return the keys of a table, in order."""
    hints = typing.get_type_hints(kind)
    return tuple(_setting(kind, field, hints[field.name]) for field in dataclasses.fields(kind))


@functools.cache
def section(name: str) -> Setting:
    """Return one of :data:`SECTIONS` as a key of the study; ``KeyError`` if it is none."""
    if name not in SECTIONS:
        raise KeyError(name)
    return next(s for s in settings_of(Study) if s.key == name)


def _setting(kind: type, field: dataclasses.Field[Any], hint: Any) -> Setting:
    said = dictionary()[f"{kind.__name__}.{field.name}"]
    plain = field.name.replace("_", " ")
    shape, choices, record = _shape(hint)
    needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    default = field.default if field.default is not dataclasses.MISSING else (
        None if needed or not callable(field.default_factory) else field.default_factory()
    )  # fmt: skip
    name = Text(said.get("name_en", plain[:1].upper() + plain[1:]), said.get("name_zh", field.name))
    return Setting(field.name, shape, name, _meaning(said), needed, default, choices, record)


def _meaning(said: Mapping[str, str]) -> Text:
    """Return what a key means to who fills in a form; what speaks of the file is for its reader."""
    return Text(said.get("page_en", said["en"]), said.get("page_zh", said["zh"]))


def _shape(hint: Any) -> tuple[Shape, tuple[str, ...], type | None]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _shape(next(a for a in args if a is not type(None)))
    if origin is Literal:
        return "choice", tuple(map(str, args)), None
    if origin is tuple:
        shape, choices, record = _shape(args[0])
        several: Mapping[Shape, Shape] = {"choice": "choices", "text": "list", "whole": "wholes", "record": "records"}
        return several.get(shape, "other"), choices, record
    if isinstance(origin, type) and issubclass(origin, Mapping):
        tables: Mapping[Any, Shape] = {
            float: "numbers", str: "words", Figure: "figures by name", Text: "texts by name",
        }  # fmt: skip
        return tables.get(args[1], "other"), (), None
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        named: Mapping[type, Shape] = {Figure: "figure", Text: "texts"}
        return named.get(hint, "record"), (), None if hint in named else hint
    plain: Mapping[Any, Shape] = {str: "text", float: "number", int: "whole", bool: "yes"}
    return plain.get(hint, "other"), (), None
