"""The inventory of a study: its files, what an import would change, and the history of every value.

A study keeps its inventory in ``inventory/firms.csv``, ``processes.csv`` and ``flows.csv``, with the dictionary's keys
as headings; ``history.jsonl`` holds a line for every change ever made. Files are replaced whole, never half.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lichen.errors import FileError, Problem, Problems, Where
from lichen.files import alone, fingerprint, replace_files
from lichen.inventory.dictionary import ENTITIES, Entity, columns
from lichen.inventory.records import as_records
from lichen.inventory.survey import Survey, survey_of
from lichen.inventory.values import Inventory
from lichen.sheets import read_sheets

FOLDER, HISTORY = "inventory", "history.jsonl"
FILES: dict[Entity, str] = {"firm": "firms.csv", "process": "processes.csv", "flow": "flows.csv"}
KEYS: dict[Entity, tuple[str, ...]] = {
    "firm": ("id",),
    "process": ("firm", "id"),
    "flow": ("firm", "process", "direction", "role", "material", "year", "fate", "partner"),
}
"""What makes a row the same row in two versions of an inventory."""


def save(inventory: Inventory, study: str | Path) -> None:
    """Write the inventory of a study; all its files are replaced when all are written."""
    with alone(Path(study)):
        (Path(study) / FOLDER).mkdir(exist_ok=True)
        replace_files(_texts(inventory, study))


def _texts(inventory: Inventory, study: str | Path) -> dict[Path, str]:
    """Return the files of an inventory as texts."""
    texts: dict[Path, str] = {}
    for entity, rows in as_records(inventory).items():
        out = io.StringIO()
        keys = [c.key for c in columns(entity)]
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(keys)
        writer.writerows([row[key] for key in keys] for row in rows)
        texts[_file(study, entity)] = out.getvalue()
    return texts


def _file(study: str | Path, entity: Entity) -> Path:
    return Path(study) / FOLDER / FILES[entity]


def _text(value: Any) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def load(study: str | Path) -> Inventory:
    """Return the inventory of a study; empty if it has none.

    Raises
    ------
    FileError
        If the files were changed by hand into something that is no inventory, with every cell at fault.
    """
    return load_survey(study).inventory


def load_survey(study: str | Path) -> Survey:
    """Return the inventory of a study with the warnings on its files; see :func:`load`."""
    folder = Path(study) / FOLDER
    if folder.exists() and not folder.is_dir():
        raise FileError((Problem("inventory.no_folder", Where(file=FOLDER)),))
    sheets = [s for entity in ENTITIES if _file(study, entity).exists() for s in read_sheets(_file(study, entity))]
    if not sheets:
        return Survey(FOLDER, Inventory(), (), ())
    found = survey_of(FOLDER, sheets, own=True)
    errors = [p for p in found.problems if p.severity == "error"]
    if errors:
        raise FileError(tuple(errors))
    return found


def _history_with(study: str | Path, changes: Iterable[tuple[str, Change]]) -> str:
    """Return the history of a study with changes added: each with the time (UTC) and the file it came from."""
    path = Path(study) / FOLDER / HISTORY
    before = path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else ""
    if before and not before.endswith("\n"):
        before += "\n"  # a line that was cut off stays apart from what follows
    time = datetime.now(UTC).isoformat(timespec="seconds")
    line_of = json.JSONEncoder(ensure_ascii=False).encode
    return before + "".join(line_of({"time": time, "file": file, **c.as_dict()}) + "\n" for file, c in changes)


WHATS = ("new", "gone", "changed")
_NEEDED = {"time", "file", "entity", "firm", "row", "what"}


def history(study: str | Path, firm: str = "") -> list[dict[str, Any]]:
    """Return all changes of a study, oldest first, or those of one firm.

    Raises
    ------
    FileError
        If a line of the history cannot be read.
    """
    path = Path(study) / FOLDER / HISTORY
    if not path.exists():
        return []
    if not path.is_file():
        raise FileError((Problem("inventory.history_no_file", Where(file=HISTORY)),))
    problems = Problems()
    found = entries_of(path, HISTORY, problems)
    problems.raise_if_errors(FileError)
    return [entry for _, entry in found if not firm or entry["firm"] == firm]


def entries_of(path: Path, file: str, problems: Problems) -> list[tuple[int, dict[str, Any]]]:
    """Return the lines of a file of history with their numbers (from 1); add one that is none as of ``file``."""
    found = []
    # a line ends with its newline: a text may hold other separators that Python takes for one
    for number, line in enumerate(path.read_bytes().removesuffix(b"\n").split(b"\n"), start=1):
        try:
            entry = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict) or not entry.keys() >= _NEEDED or entry["what"] not in WHATS:
            problems.add("inventory.history", Where(file=file), line=number)
            continue
        found.append((number, entry))
    return found


@dataclass(frozen=True)
class Change:
    """One difference between two versions: a row that is new or gone, or a value that is another.

    Parameters
    ----------
    entity, firm, row
        Which row: its entity, its firm, and its key in words.
    what
        "new", "gone" or "changed".
    field, before, after
        For "changed": the column and its values.
    """

    entity: Entity
    firm: str
    row: str
    what: str
    field: str = ""
    before: str = ""
    after: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the change as plain text fields; empty ones are left out."""
        return {k: v for k, v in vars(self).items() if v}


def differences(before: Inventory, after: Inventory) -> list[Change]:
    """Return every difference between two versions of an inventory, in the order of the rows."""
    found: list[Change] = []
    for entity in ENTITIES:
        old, new = ({_key(entity, item): item for item in _items(version, entity)} for version in (before, after))
        for key in dict.fromkeys([*old, *new]):
            first, second = old.get(key), new.get(key)
            if first == second:
                continue
            words = " · ".join(k for k in key if k)
            if first is None or second is None:
                name, brief = _brief(entity, first or second)
                ends = ("", brief) if first is None else (brief, "")
                found.append(Change(entity, key[0], words, "new" if first is None else "gone", name, *ends))
                continue
            one, other = _record(entity, first), _record(entity, second)
            for column in columns(entity):
                a, b = _text(one[column.key]), _text(other[column.key])
                if a != b and not (column.key == "source" and _moved(a, b)):
                    found.append(Change(entity, key[0], words, "changed", column.key, a, b))
    return found


_BRIEF: Mapping[Entity, tuple[str, ...]] = {
    "firm": ("name",), "process": ("output", "capacity", "name"), "flow": ("quantity",),
}  # fmt: skip
"""Columns that say most of a row that came or went; the first that is told does."""


def _brief(entity: Entity, item: Any) -> tuple[str, str]:
    record = _record(entity, item)
    name = next((name for name in _BRIEF[entity] if _text(record.get(name))), "")
    return name, " ".join(filter(None, (_text(record.get(key)) for key in (name, f"{name} unit"))))


_CELL = re.compile(r"(.+) [A-Z]{1,3}[1-9][0-9]*")
"""A source that a reader gave: the file and the cell."""


def _moved(one: str, other: str) -> bool:
    """Whether two sources are cells of one file: a row that only moved says nothing new."""
    before, after = _CELL.fullmatch(one), _CELL.fullmatch(other)
    return before is not None and after is not None and before[1] == after[1]


def _items(inventory: Inventory, entity: Entity) -> tuple[Any, ...]:
    return {"firm": inventory.firms, "process": inventory.processes, "flow": inventory.flows}[entity]


def _record(entity: Entity, item: Any) -> dict[str, Any]:
    part = {"firm": Inventory(firms=(item,)), "process": Inventory(processes=(item,)), "flow": Inventory(flows=(item,))}
    return as_records(part[entity])[entity][0]


def _key(entity: Entity, item: Any) -> tuple[str, ...]:
    """Return the values of :data:`KEYS`; the material is told apart as the firm names it."""
    return tuple([str(getattr(item, "given" if name == "material" else name)) for name in KEYS[entity]])


def merged(inventory: Inventory, firms: Inventory, entities: Sequence[Entity] = ENTITIES) -> Inventory:
    """Return ``inventory`` with everything of the firms in ``firms`` replaced by what is said there.

    Entities that are not in ``entities`` were not spoken of: processes and flows of the firms stay as they are, and so
    does a process that a flow which stays names.
    """
    told = {f.id for f in firms.firms}
    flows = (*(f for f in inventory.flows if f.firm not in told or "flow" not in entities), *firms.flows)
    said = {(p.firm, p.id) for p in firms.processes}
    named = {(f.firm, f.process) for f in flows} - said
    return Inventory(
        (*(f for f in inventory.firms if f.id not in told), *firms.firms),
        (*(p for p in inventory.processes if p.firm not in told or (p.firm, p.id) in named
           or ("process" not in entities and (p.firm, p.id) not in said)), *firms.processes),
        flows,
    )  # fmt: skip


@dataclass(frozen=True)
class Import:
    """What an import of surveys would do, before it is done.

    Parameters
    ----------
    surveys
        What each file holds, with its problems.
    result
        The inventory after it.
    changes
        Differences to the inventory before.
    seen
        Fingerprint of the study's files when they were read.
    """

    surveys: tuple[Survey, ...]
    result: Inventory
    changes: tuple[Change, ...]
    seen: str


def prepare_import(study: str | Path, surveys: Sequence[Survey]) -> Import:
    """Return what importing ``surveys`` into a study would change; nothing is written.

    Raises
    ------
    FileError
        If the study's inventory cannot be read, or two files speak of one firm.
    """
    seen = _seen(study)
    before = load(study)
    problems = Problems()
    owner: dict[str, str] = {}
    after = before
    for survey in surveys:
        for firm in survey.inventory.firms:
            if firm.id in owner:
                problems.add("inventory.two_files", Where(file=survey.file), firm=firm.id, other=owner[firm.id])
            owner[firm.id] = survey.file
        after = merged(after, survey.inventory, survey.entities)
    problems.raise_if_errors(FileError)
    return Import(tuple(surveys), after, tuple(differences(before, after)), seen)


def _seen(study: str | Path) -> str:
    return fingerprint(_file(study, entity) for entity in ENTITIES)


def apply_import(study: str | Path, planned: Import) -> None:
    """Write a prepared import: inventory and history together, or nothing.

    Raises
    ------
    FileError
        If another import has changed the study since this one was prepared.
    OSError
        If the files cannot be written.
    """
    with alone(Path(study)):
        (Path(study) / FOLDER).mkdir(exist_ok=True)
        if _seen(study) != planned.seen:
            raise FileError((Problem("inventory.changed_meanwhile", Where(file=FOLDER)),))
        history_file = Path(study) / FOLDER / HISTORY
        if history_file.exists() and not history_file.is_file():
            raise FileError((Problem("inventory.history_no_file", Where(file=HISTORY)),))
        replace_files({**_texts(planned.result, study), history_file: _history_with(study, _by_file(planned))})


def _by_file(planned: Import) -> list[tuple[str, Change]]:
    """Return the changes with the file that each comes from, file by file."""
    found = []
    for survey in planned.surveys:
        told = {f.id for f in survey.inventory.firms}
        found += [(survey.file, c) for c in planned.changes if c.firm in told]
    return found
