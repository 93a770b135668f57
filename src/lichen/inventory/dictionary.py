"""The data dictionary of the flow database: what each field is called, may hold, and means, in both languages.

Survey workbook, importer, export and documentation are made from it, so that they cannot differ.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, get_args

from lichen.errors import Language
from lichen.figures import Text

Entity = Literal["firm", "process", "flow"]
ENTITIES: tuple[Entity, ...] = get_args(Entity)
FieldType = Literal[
    "text", "code", "choice", "number", "integer", "year", "date", "period", "material", "composition", "months",
    "layers", "pedigree",
]  # fmt: skip
SHEETS: dict[Entity, tuple[str, str]] = {
    "firm": ("Firms", "企业"), "process": ("Processes", "工序"), "flow": ("Flows", "物流能流"),
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One field of an entity.

    Parameters
    ----------
    entity, name
        ``flow`` and ``quantity``.
    type
        What it holds.
    required
        Whether it may be empty.
    unit, units
        Fixed unit of a number, or the units to choose from in the column beside it.
    low, high
        Range of a number.
    choices, choices_zh, default
        Allowed words in English (as they are stored) and Chinese, and the one an empty cell means.
    labels, helps
        Label and help in English and Chinese.
    """

    entity: str
    name: str
    type: FieldType
    required: bool
    unit: str
    units: tuple[str, ...]
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    choices_zh: tuple[str, ...]
    default: str
    labels: tuple[str, str]
    helps: tuple[str, str]

    def label(self, lang: Language) -> str:
        """Return the label in ``lang``."""
        return self.labels[lang == "zh"]

    def words(self, lang: Language) -> tuple[str, ...]:
        """Return the allowed words in ``lang``."""
        return self.choices_zh if lang == "zh" else self.choices

    def help(self, lang: Language) -> str:
        """Return the help in ``lang``."""
        return self.helps[lang == "zh"]


@functools.cache
def fields(entity: Entity) -> tuple[Field, ...]:
    """Return the fields of an entity in the order of the workbook."""
    return tuple(described(entity, name, entry) for name, entry in _data()[entity].items())


@functools.cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("lichen.inventory").joinpath("dictionary.toml").read_text(encoding="utf-8"))


def field(entity: Entity, name: str) -> Field:
    """Return one field; ``KeyError`` if there is none."""
    for found in fields(entity):
        if found.name == name:
            return found
    raise KeyError(f"{entity}.{name}")


def examples(entity: Entity, lang: Language) -> tuple[dict[str, Any], ...]:
    """Return the rows of the sheet of examples by column key: texts and units in ``lang``, choices as stored."""
    return tuple(
        {key: value[lang] if isinstance(value, dict) else value for key, value in row.items()}
        for row in _data()["example"][entity]
    )


def described(entity: str, name: str, entry: dict[str, Any]) -> Field:
    """Return a field from its entry in a data dictionary."""
    return Field(
        entity,
        name,
        entry["type"],
        entry.get("required", False),
        entry.get("unit", ""),
        tuple(entry.get("units", ())),
        entry.get("low"),
        entry.get("high"),
        tuple(entry.get("choices", ())),
        tuple(entry.get("choices_zh", entry.get("choices", ()))),
        entry.get("default", ""),
        (entry["en"], entry["zh"]),
        (entry["help_en"], entry["help_zh"]),
    )


@dataclass(frozen=True)
class Column:
    """One column of a sheet: a field, or the unit of the number before it."""

    field: Field
    is_unit: bool = False

    @property
    def key(self) -> str:
        """Name of the column in files: ``quantity`` or ``quantity unit``."""
        return f"{self.field.name} unit" if self.is_unit else self.field.name

    def label(self, lang: Language) -> str:
        """Return the heading in ``lang``."""
        if not self.is_unit:
            return self.field.label(lang)
        return f"{self.field.label(lang)}：单位" if lang == "zh" else f"{self.field.label(lang)}: unit"


@functools.cache
def choice_text(entity: Entity, key: str, value: str) -> Text:
    """Return a choice of a field in both languages; what is none stands as it is.

    >>> choice_text("flow", "fate", "sold").zh
    '外售'
    """
    item = next(field for field in fields(entity) if field.name == key)
    return Text(value, item.choices_zh[item.choices.index(value)] if value in item.choices else value)


@functools.cache
def columns(entity: Entity) -> tuple[Column, ...]:
    """Return the columns of an entity's sheet."""
    return columns_of(fields(entity))


def columns_of(given: Iterable[Field]) -> tuple[Column, ...]:
    """Return the columns of a sheet: each field, and a unit column after numbers with several units."""
    found: list[Column] = []
    for item in given:
        found.append(Column(item))
        if item.units:
            found.append(Column(item, is_unit=True))
    return tuple(found)
