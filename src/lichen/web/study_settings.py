"""What a park's ``study.toml`` sets, as forms read and write it; all else in the file stays as it was."""

from __future__ import annotations

import copy
import hashlib
import math
import re
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import tomlkit
from django.db.models import F
from django.utils import timezone

from lichen.errors import LichenError, Problem, StudyError
from lichen.figures import Figure
from lichen.numerals import parse_number
from lichen.study.load import STUDY_FILE, load_study
from lichen.study.schema import SECTIONS, Setting, section, settings_of
from lichen.study.settlement import check_thresholds
from lichen.web.models import Change, Park, StudyFile, User
from lichen.web.store import locked
from lichen.web.toml_edit import edited

ENTITY = "setting"
MOST, LONGEST = 400, 2000
"""Most tables under a key; longest text of a field."""
FIGURE = tuple(f.name for f in fields(Figure) if f.name != "varies_with")
IN_FORMS = ("text", "texts", "number", "whole", "yes", "choice", "choices", "list", "wholes", "numbers", "words",
            "figure")  # fmt: skip
"""Shapes that a form takes; tables have forms of their own."""
Outcome = Literal["saved", "unchanged", "problems", "conflict", "gone"]
Data = MutableMapping[str, Any]


@dataclass(frozen=True)
class Place:
    """A table of the settings that an address names.

    Parameters
    ----------
    path
        Keys and places in lists from the top of ``study.toml``; the last is ``None`` for one that is to be added.
    kind
        What it is.
    setting
        The key that it stands under.
    """

    path: tuple[str | int | None, ...]
    kind: type
    setting: Setting

    @property
    def text(self) -> str:
        """As addresses have it, ``design.plant.0``."""
        return ".".join("new" if part is None else str(part) for part in self.path)

    @property
    def new(self) -> bool:
        """Whether it is to be added."""
        return self.path[-1] is None

    @property
    def above(self) -> str:
        """The table that it stands in, as addresses have it; empty for a section."""
        path = self.path[:-2] if not isinstance(self.path[-1], str) else self.path[:-1]
        return ".".join(map(str, path))


@dataclass(frozen=True)
class Said:
    """The text of a park's ``study.toml``, its values, and what tells it from other versions."""

    text: str
    data: Mapping[str, Any]

    @property
    def version(self) -> str:
        """Return what tells this text from others."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Saved:
    """What came of saving: problems by field, ``""`` for those elsewhere."""

    outcome: Outcome
    problems: Mapping[str, tuple[Problem, ...]]


def place_of(text: str) -> Place | None:
    """Return the table that an address names; ``None`` if there can be none."""
    parts = text.split(".")
    if parts[0] not in SECTIONS or len(parts) > 9:
        return None
    setting = section(parts[0])
    path: list[str | int | None] = [parts[0]]
    rest = parts[1:]
    while rest:
        assert setting.record is not None
        found = next((s for s in settings_of(setting.record) if s.key == rest[0] and s.record is not None), None)
        if found is None or path[-1] is None:
            return None
        setting = found
        path.append(rest.pop(0))
        if setting.shape == "records":
            number = rest.pop(0) if rest else ""
            if not re.fullmatch(r"new|[0-9]{1,3}", number):
                return None
            path.append(None if number == "new" else int(number))
    assert setting.record is not None
    return Place(tuple(path), setting.record, setting)


def said(park: Park) -> Said:
    """Return what a park's ``study.toml`` says; without one what a new one begins with.

    Raises
    ------
    StudyError
        If it is no TOML.
    """
    file = StudyFile.objects.filter(park=park, path=STUDY_FILE).first()
    if file is None:
        text = tomlkit.dumps({"title": {"en": park.name, "zh": park.name_zh or park.name}})
    else:
        text = bytes(file.content).decode("utf-8-sig", errors="replace")
    try:
        return Said(text, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise StudyError((Problem("study.not_toml", values={"reason": str(error)}),)) from None


def table_at(data: Any, path: Iterable[str | int | None]) -> Mapping[str, Any] | None:
    """Return a table of the settings; empty where it is to be added, ``None`` where its list has no such place."""
    for part in path:
        if part is None:
            return {}
        if isinstance(part, int):
            if not isinstance(data, list) or part >= len(data):
                return None
            data = data[part]
        else:
            data = data.get(part, {}) if isinstance(data, Mapping) else {}
    return data if isinstance(data, Mapping) else {}


def first_tables(place: Place) -> tuple[Setting, ...]:
    """Return the lists of tables that cannot be empty, of a table to be added: its form asks for their first."""
    return tuple(s for s in settings_of(place.kind) if place.new and s.needed and s.shape == "records")


def _first_of(setting: Setting, written: Mapping[str, str]) -> tuple[list[Data], dict[str, list[Problem]]]:
    """Return the first table of a list as a form says it, its fields named ``key/field``, and what cannot be read."""
    assert setting.record is not None
    start = f"{setting.key}/"
    own = {name.removeprefix(start): text for name, text in written.items() if name.startswith(start)}
    values, problems = values_of(setting.record, own)
    return [values], {start + key: found for key, found in problems.items()}


# --- forms -----------------------------------------------------------------------------------------------------------
def form_names(setting: Setting) -> tuple[str, ...]:
    """Return the names of the fields that a key has in a form."""
    if setting.shape == "figure":
        return tuple(f"{setting.key}.{part}" for part in FIGURE)
    if setting.shape == "texts":
        return f"{setting.key}.en", f"{setting.key}.zh"
    return (setting.key,) if setting.shape in IN_FORMS else ()


def written_of(kind: type, table: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a form that says what a table says."""
    found: dict[str, str] = {}
    for setting in settings_of(kind):
        value = table.get(setting.key)
        if setting.shape in ("figure", "texts"):
            parts = value if isinstance(value, Mapping) else {}
            found.update({name: _text(parts.get(name.rpartition(".")[2])) for name in form_names(setting)})
        elif setting.shape in IN_FORMS:
            found[setting.key] = _text(value)
    return found


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.15g}"
        case Mapping():
            return "\n".join(f"{key} = {_text(one)}" for key, one in value.items())
        case list() | tuple():
            return "\n".join(map(_text, value))
    return str(value)


def values_of(kind: type, written: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, list[Problem]]]:
    """Return the values that a form says, by key, and what cannot be read; what is empty is left out."""
    values: dict[str, Any] = {}
    problems: dict[str, list[Problem]] = {}
    for setting in settings_of(kind):
        parts = {name: written.get(name, "").strip()[:LONGEST] for name in form_names(setting)}
        if not any(parts.values()):
            continue
        try:
            values[setting.key] = _value(setting, parts)
        except StudyError as error:
            problems.setdefault(setting.key, []).extend(error.problems)
    return values, problems


def _value(setting: Setting, parts: Mapping[str, str]) -> Any:
    text = parts.get(setting.key, "")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    match setting.shape:
        case "number":
            return _number(text)
        case "whole":
            return _whole(text)
        case "yes":
            return text == "yes"
        case "choices" | "list":
            return lines
        case "wholes":
            return [_whole(part) for line in lines for part in re.split(r"[\s,;，；、]+", line) if part]
        case "numbers":
            return {key: _number(one) for key, one in _pairs(lines)}
        case "words":
            return dict(_pairs(lines))
        case "texts":
            en, zh = parts[f"{setting.key}.en"], parts[f"{setting.key}.zh"]
            return {"en": en or zh, **({"zh": zh} if zh else {})}
        case "figure":
            return _figure({name.rpartition(".")[2]: text for name, text in parts.items() if text})
    return text


def _number(text: str) -> float:
    found = parse_number(text)
    if isinstance(found, Problem):
        raise StudyError((found,))
    return found


def _whole(text: str) -> int | float:
    found = _number(text)
    return int(found) if math.isfinite(found) and found == int(found) else found


def _pairs(lines: Sequence[str]) -> list[tuple[str, str]]:
    found = [re.split(r"\s*[=＝:：]\s*", line, maxsplit=1) for line in lines]
    wrong = [line for line, pair in zip(lines, found, strict=True) if len(pair) != 2]
    if wrong:
        raise StudyError(tuple(Problem("workbench.no_pair", values={"found": line[:60]}) for line in wrong))
    return [(key, value) for key, value in found]


def _figure(parts: Mapping[str, str]) -> dict[str, Any]:
    numbers = {name: _number(parts[name]) for name in ("value", "low", "high") if name in parts}
    whole = {"year": _whole(parts["year"])} if "year" in parts else {}
    texts = {name: parts[name] for name in ("unit", "kind", "source", "note") if name in parts}
    found = {**numbers, **texts, **whole}
    return {name: found[name] for name in FIGURE if name in found}


# --- writing ---------------------------------------------------------------------------------------------------------
def save(park: Park, place: Place, written: Mapping[str, str], version: str, by: User | None, file: str) -> Saved:
    """Make a table of the settings say what a form says, where the whole study is still sound with it.

    Raises
    ------
    StudyError
        If ``study.toml`` is no TOML.
    """
    with locked(park) as park:
        now = said(park)
        if now.version != version:
            return Saved("conflict", {})
        table = table_at(now.data, place.path)
        if table is None or (place.new and len(_list_at(now.data, place.path)) >= MOST):
            return Saved("gone", {})
        values, problems = values_of(place.kind, written)
        for setting in first_tables(place):
            values[setting.key], more = _first_of(setting, written)
            problems.update(more)
        if problems:
            return Saved("problems", {key: tuple(found) for key, found in problems.items()})
        wanted = copy.deepcopy(dict(now.data))
        _name_sources([values, *(t for s in first_tables(place) for t in values[s.key])], wanted, park)
        kept = {s.key for s in settings_of(place.kind) if s.shape not in IN_FORMS}
        new = {**{key: value for key, value in table.items() if key in kept}, **values}
        if new == table and not place.new:
            return Saved("unchanged", {})
        _put(wanted, place.path, new)
        return _written(park, now, wanted, place, by, file)


def put_section(park: Park, name: str, values: Mapping[str, Any], version: str, by: User | None) -> Saved:
    """Make a whole section say what a program says, as TOML has it.

    Raises
    ------
    StudyError
        If ``study.toml`` is no TOML.
    """
    place = Place((name,), section(name).record or object, section(name))
    with locked(park) as park:
        now = said(park)
        if now.version != version:
            return Saved("conflict", {})
        if now.data.get(name, {}) == values:
            return Saved("unchanged", {})
        return _written(park, now, {**now.data, name: dict(values)}, place, by, "API")


def remove(park: Park, place: Place, version: str, by: User | None, file: str) -> Saved:
    """Remove a table of the settings.

    Raises
    ------
    StudyError
        If ``study.toml`` is no TOML.
    """
    with locked(park) as park:
        now = said(park)
        if now.version != version:
            return Saved("conflict", {})
        wanted = copy.deepcopy(dict(now.data))
        if place.new or not table_at(now.data, place.path) or not _drop(wanted, place.path):
            return Saved("gone", {})
        return _written(park, now, wanted, place, by, file)


def _list_at(data: Any, path: Sequence[str | int | None]) -> Sequence[Any]:
    above = table_at(data, path[:-2]) or {}
    found = above.get(str(path[-2]), ())
    return found if isinstance(found, list) else ()


def _name_sources(tables: Iterable[Data], wanted: Data, park: Park) -> None:
    """Let figures name their sources by id: a text that is none is the title of a source, found or added."""
    known: dict[str, Any] = {}
    for file in StudyFile.objects.filter(park=park, path__endswith=".toml"):
        try:
            known.update(tomllib.loads(bytes(file.content).decode("utf-8-sig")).get("sources", {}))
        except (ValueError, RecursionError, AttributeError, TypeError):
            continue
    for value in (one for table in tables for one in table.values()):
        text = value.get("source", "") if isinstance(value, dict) else ""
        if not text or text in known:
            continue
        same = next((key for key, one in known.items() if isinstance(one, dict) and one.get("title") == text), "")
        if not same:
            same = next(f"source-{n}" for n in range(1, len(known) + 2) if f"source-{n}" not in known)
            known[same] = {"title": text, **({"year": value["year"]} if value.get("year") else {})}
            wanted.setdefault("sources", {})[same] = known[same]
        value["source"] = same


def _put(data: Any, path: Sequence[str | int | None], table: Mapping[str, Any]) -> None:
    """Put a table at its place, making what it stands in."""
    for part, following in pairwise(path):
        empty: Any = {} if isinstance(following, str) else []
        data = data[part] if isinstance(part, int) else data.setdefault(part, empty)
    last = path[-1]
    if last is None:
        data.append(dict(table))
    else:
        data[last] = dict(table)


def _drop(data: Any, path: Sequence[str | int | None]) -> bool:
    for part in path[:-1]:
        data = data[part]
    del data[path[-1]]
    return True


def _written(park: Park, now: Said, wanted: Data, place: Place, by: User | None, file: str) -> Saved:
    """Write a study that is sound, and its history; else say what is wrong with it."""
    text = edited(now.text, wanted)
    found = _faults(park, text, wanted)
    if found:
        before = {(p.code, p.where.key) for p in _faults(park, now.text, now.data)}
        fresh = [p for p in found if (p.code, p.where.key) not in before] if before else found
        return Saved("problems", _at_fields(fresh or found, place, wanted))
    StudyFile.objects.update_or_create(park=park, path=STUDY_FILE, defaults={"content": text.encode()})
    _history(park, now.data, wanted, by, file)
    Park.objects.filter(pk=park.pk).update(revision=F("revision") + 1)
    return Saved("saved", {})


def _faults(park: Park, text: str, data: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return what is wrong with a park's text files with this ``study.toml``."""
    with tempfile.TemporaryDirectory(prefix="lichen-") as name:
        for file in StudyFile.objects.filter(park=park, path__endswith=".toml"):
            path = Path(name) / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(file.content))
        (Path(name) / STUDY_FILE).write_text(text, encoding="utf-8")
        try:
            check_thresholds(load_study(name).study.settle.threshold)
        except LichenError as error:
            return error.problems
    return ()


def _at_fields(problems: Iterable[Problem], place: Place, data: Any) -> dict[str, tuple[Problem, ...]]:
    """Return problems by the field of the form that they stand at."""
    path = place.path if not place.new else (*place.path[:-1], len(_list_at(data, place.path)) - 1)
    start, keys = "", {s.key for s in settings_of(place.kind)}
    names = {s.key: s.name for s in settings_of(place.kind)}
    for setting in first_tables(place):
        assert setting.record is not None
        names |= {f"{setting.key}/{s.key}": s.name for s in settings_of(setting.record)}
    for part in path:
        if isinstance(part, int):
            data = data[part]
            named = data.get("id") if isinstance(data, Mapping) else None
            start += f"[{named if isinstance(named, str) else part + 1}]"
        else:
            data = data[part]
            start += f".{part}" if start else str(part)
    found: dict[str, tuple[Problem, ...]] = {}
    for problem in problems:
        key = problem.where.key.removeprefix(start).lstrip(".") if problem.where.key.startswith(start) else ""
        field, _, inner = re.sub(r"\[[^\]]*\]\.?", "/", key).partition("/")
        field = field.split(".")[0]
        field = "" if field not in keys else f"{field}/{inner.split('.')[0]}" if inner else field
        own = replace(problem, where=replace(problem.where, file="", key="")) if field else problem
        if own.code == "study.missing_key" and field in names:
            own = replace(own, values={"name": names[field]})
        found[field] = (*found.get(field, ()), own)
    return found


def _history(park: Park, before: Mapping[str, Any], after: Mapping[str, Any], by: User | None, file: str) -> None:
    """Write what changed, a line for each value."""
    old, new = _flat(before), _flat(after)
    time = timezone.now()
    Change.objects.bulk_create(
        Change(park=park, time=time, by=by, file=file, entity=ENTITY, firm="", row=key.rpartition(".")[0], row_id=None,
               field=key.rpartition(".")[2][:60], before=old.get(key, ""), after=new.get(key, ""),
               what="changed" if key in old and key in new else "new" if key in new else "gone")
        for key in dict.fromkeys((*old, *new)) if old.get(key, "") != new.get(key, "")
    )  # fmt: skip


def _flat(value: Any, key: str = "") -> dict[str, str]:
    """Return every value inside the settings as text, by its place."""
    if not key:
        return {k: v for name in (*SECTIONS, "sources") if name in value for k, v in _flat(value[name], name).items()}
    if isinstance(value, Mapping):
        return {k: v for name, one in value.items() for k, v in _flat(one, f"{key}.{name}").items()}
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        names = [one.get("id") if isinstance(one, Mapping) else None for one in value]
        return {
            k: v
            for n, one in enumerate(value)
            for k, v in _flat(one, f"{key}[{names[n] if isinstance(names[n], str) else n + 1}]").items()
        }
    return {key: _text(value)}
