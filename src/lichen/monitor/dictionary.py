"""The data dictionary of follow-up: what each file of ``follow-up/`` holds, in both languages."""

from __future__ import annotations

import functools
import tomllib
from importlib.resources import files
from typing import Any, Final, Literal, get_args

from lichen.figures import Text
from lichen.inventory.dictionary import Column, Field, columns_of, described

Entity = Literal["event", "planned", "actual", "terms", "measure", "milestone", "target"]
ENTITIES: tuple[Entity, ...] = get_args(Entity)
FOLDER: Final = "follow-up"
FILES: dict[Entity, str] = {
    "event": "events", "planned": "planned", "actual": "actual", "terms": "terms", "measure": "measures",
    "milestone": "milestones", "target": "targets",
}  # fmt: skip
"""Entity → name of its file, without the ending."""
TITLES: dict[Entity, tuple[str, str]] = {
    "event": ("Log of exchanges", "交换事件记录"), "planned": ("Planned quantities", "计划数量"),
    "actual": ("Actual quantities", "实际数量"), "terms": ("Agreed terms", "商定条款"),
    "measure": ("Efficiency measures", "节能措施"),
    "milestone": ("Milestones", "里程碑"), "target": ("Targets of indicators", "指标目标"),
}  # fmt: skip


@functools.cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("lichen.monitor").joinpath("dictionary.toml").read_text(encoding="utf-8"))


@functools.cache
def fields(entity: Entity) -> tuple[Field, ...]:
    """Return the fields of a file, in order; actual quantities have those of planned ones."""
    entries = _data()["planned" if entity == "actual" else entity]
    return tuple(described(entity, name, entry) for name, entry in entries.items())


@functools.cache
def columns(entity: Entity) -> tuple[Column, ...]:
    """Return the columns of a file: each field, and a unit column after numbers with several units."""
    return columns_of(fields(entity))


def word(entity: Entity, name: str, choice: str) -> Text:
    """Return a choice of a field in both languages; the choice itself where it is none of them."""
    (field,) = (f for f in fields(entity) if f.name == name)
    return Text(choice, dict(zip(field.choices, field.choices_zh, strict=True)).get(choice, choice))
