"""One row as somebody writes it in a form: what it would mean, with every problem at its field.

A draft is the firm with all its rows, the one changed; the library reads the whole as it reads a study's files, so that
a form finds what the check of a workbook finds.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lichen.errors import Language, Problem
from lichen.inventory.dictionary import ENTITIES, Column, Entity, columns
from lichen.inventory.values import Inventory
from lichen.units import unit_name
from lichen.vocabulary.materials import materials
from lichen.web.kept import Kept
from lichen.web.models import FirmRow, Row
from lichen.web.rows import Item, items, key_of, place_of, read, rows_of

GROUPS: Mapping[Entity, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "firm": (
        ("group_what", ("id", "name", "industry", "size")),
        ("group_place", ("latitude", "longitude", "datum")),
        ("group_size", ("employees", "revenue")),
        ("group_trust", ("disclosure",)),
    ),
    "process": (
        ("group_what", ("firm", "id", "name", "product")),
        ("group_amount", ("capacity", "output", "hours", "season")),
        ("group_check", ("closed",)),
    ),
    "flow": (
        ("group_what", ("firm", "process", "direction", "role", "material")),
        ("group_amount", ("quantity", "year", "quality", "uncertainty", "pedigree")),
        ("group_ends", ("fate", "partner", "price")),
        ("group_nature", ("phase", "moisture", "composition", "temperature", "pressure", "heating_value", "hazard")),
        ("group_time", ("months", "stock", "from_stock")),
        ("group_trust", ("source", "given_by", "given_on", "disclosure", "note")),
    ),
}
"""The fields of a form in groups; each field of the dictionary once."""


@dataclass(frozen=True)
class Draft:
    """A firm with one row as written.

    Parameters
    ----------
    entity, written
        What it describes; what stands in the fields, by column key.
    after
        The firm with it; ``None`` where there is an error.
    item
        The row's own value, where there is no error.
    at_fields
        Problems by column key.
    others
        Problems elsewhere: the row breaks something, or something else is wrong already.
    """

    entity: Entity
    written: Mapping[str, str]
    after: Inventory | None
    item: Item | None
    at_fields: Mapping[str, tuple[Problem, ...]]
    others: tuple[Problem, ...]

    @property
    def key(self) -> str:
        """Key of the row's value."""
        assert self.item is not None
        return key_of(self.entity, self.item)


def draft(rows: Mapping[Entity, Sequence[Row]], entity: Entity, row: Row | None, written: Mapping[str, str]) -> Draft:
    """Return what a form says.

    Parameters
    ----------
    rows
        The firm it belongs to with all its rows, by entity; nothing for a new firm.
    entity, row
        What it describes, and which row it changes; ``None`` for a new one.
    written
        Texts by column key.
    """
    own = {key: text.strip() for key, text in written.items() if text.strip()}
    records: dict[Entity, list[Mapping[str, Any]]] = {e: [r.values for r in rows.get(e, ())] for e in ENTITIES}
    mine = [n for n, other in enumerate(rows.get(entity, ())) if row is not None and other.pk == row.pk]
    place = mine[0] if mine else len(records[entity])
    # a row in which nothing is written would be taken for a blank line
    records[entity][place : place + 1] = [own or {key: text for key, text in _DEFAULTS[entity].items() if text}]
    found = read(records)
    at_fields: dict[str, list[Problem]] = {}
    others: list[Problem] = []
    for problem in found.problems:
        where = place_of(problem)
        if where and where[:2] == (entity, place):
            at_fields.setdefault(where[2], []).append(problem)
        elif problem.severity == "error":
            others.append(problem)
    item = items(found.inventory)[entity][place] if found.ok else None
    return Draft(entity, written, found.inventory if found.ok else None, item,
                 {key: tuple(problems) for key, problems in at_fields.items()}, tuple(others))  # fmt: skip


_DEFAULTS: Mapping[Entity, Mapping[str, str]] = {e: {c.key: c.field.default for c in columns(e)} for e in ENTITIES}


@dataclass(frozen=True)
class Entry:
    """One field of a form, ready to be shown."""

    key: str
    label: str
    help: str
    kind: str
    value: str
    required: bool
    problems: tuple[Problem, ...]
    choices: tuple[tuple[str, str], ...] = ()
    unit: Entry | None = None
    fixed: bool = False

    @property
    def worst(self) -> str:
        """The gravest problem: "error", "warning", or nothing."""
        found = {p.severity for p in (*self.problems, *(self.unit.problems if self.unit else ()))}
        return "error" if "error" in found else "warning" if found else ""


@dataclass(frozen=True)
class Group:
    """Some fields under a heading."""

    heading: str
    entries: tuple[Entry, ...]


def entries(
    entity: Entity, written: Mapping[str, str], problems: Mapping[str, tuple[Problem, ...]], lang: Language,
    fixed: frozenset[str] = frozenset(), offered: Mapping[str, tuple[tuple[str, str], ...]] | None = None,
) -> list[Group]:  # fmt: skip
    """Return the fields of a form in groups.

    Parameters
    ----------
    entity, written, problems, lang
        What is described; texts and problems by column key; the language.
    fixed
        Keys that cannot be changed.
    offered
        Values to choose from by key, where the dictionary has none: the processes of the firm.
    """
    by_key = {c.key: c for c in columns(entity)}
    found = []
    for heading, names in GROUPS[entity]:
        group = [entry(by_key, name, written, problems, lang, fixed, offered or {}) for name in names if name != "firm"]
        found.append(Group(heading, tuple(group)))
    return found


def entry(
    by_key: Mapping[str, Column], name: str, written: Mapping[str, str], problems: Mapping[str, tuple[Problem, ...]],
    lang: Language, fixed: frozenset[str], offered: Mapping[str, tuple[tuple[str, str], ...]],
) -> Entry:  # fmt: skip
    """Return one field of a form, with its unit beside it."""
    field = by_key[name].field
    unit = None
    if f"{name} unit" in by_key:
        chosen = written.get(f"{name} unit", "")
        words = (*((chosen,) if chosen and chosen not in field.units else ()), *field.units)
        options = (("", "–"), *((w, unit_name(w, lang)) for w in words))
        unit = Entry(f"{name} unit", by_key[f"{name} unit"].label(lang), "", "choice", chosen, False,
                     problems.get(f"{name} unit", ()), options)  # fmt: skip
    choices: tuple[tuple[str, str], ...] = tuple(zip(field.choices, field.words(lang), strict=True))
    kind: str = field.type
    if name in offered:
        choices, kind = offered[name], "choice"
    elif choices and "" not in field.choices and not field.default and not (field.required and written.get(name)):
        choices = (("", "–"), *choices)
    value = written.get(name, "") or (field.default if kind == "choice" else "")
    return Entry(name, field.label(lang), field.help(lang), kind, value, field.required, problems.get(name, ()),
                 tuple((v, w or "–") for v, w in choices), unit, name in fixed)  # fmt: skip


@functools.cache
def material_names(lang: Language) -> Mapping[str, str]:
    """Return code → name of every material."""
    return {m.code: m.name(lang) for m in materials()}


def material_said(code: str, lang: Language) -> str:
    """Return the name of a material, or what the firm calls it where the vocabulary does not know it."""
    return material_names(lang).get(code, code)


def known_materials(lang: Language) -> list[str]:
    """Return the names of materials to choose from."""
    return sorted(material_names(lang).values())


_warnings = Kept(20_000)


def warnings_of(firm: FirmRow) -> list[tuple[Problem, Row | None]]:
    """Return what the library warns of in a firm's rows, each with its row."""
    return _warnings.get((firm.pk, firm.revision), lambda: _read_warnings(firm))


def _read_warnings(firm: FirmRow) -> list[tuple[Problem, Row | None]]:
    rows = rows_of(firm)
    found = read({entity: [row.values for row in rows[entity]] for entity in ENTITIES}).problems
    places = [(p, place_of(p)) for p in found]
    return [(p, rows[place[0]][place[1]] if place else None) for p, place in places]
