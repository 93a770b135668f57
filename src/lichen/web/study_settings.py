"""What a park's ``study.toml`` sets, as forms read and write it; all else in the file stays as it was."""

from __future__ import annotations

import copy
import hashlib
import re
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import tomlkit
from django.db.models import F
from django.utils import timezone

from lichen.appraise.risk import contract_outline
from lichen.errors import LichenError, Problem, Problems, StudyError, Where
from lichen.study.config import Study
from lichen.study.load import STUDY_FILE, load_study
from lichen.study.schema import SECTIONS, section, settings_of
from lichen.study.settlement import check_thresholds
from lichen.study.stages import stage_problems
from lichen.web.models import Change, Park, StudyFile, User
from lichen.web.setting_forms import FIGURE, IN_FORMS, first_of, form_names, text_of, values_of
from lichen.web.setting_places import (
    NAME,
    VALUE,
    Data,
    Place,
    count_at,
    drop,
    first_tables,
    part_text,
    put,
    put_named,
    table_at,
)
from lichen.web.store import locked
from lichen.web.toml_edit import edited

ENTITY = "setting"
MOST = 400
"""Most tables under a key."""
Outcome = Literal["saved", "unchanged", "problems", "conflict", "gone"]
NAMES = frozenset({"design.no_stage", "appraise.term"})
"""Problems with the name that something stands under."""


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
        table = place.table(now.data)
        if table is None or (place.new and count_at(now.data, place) >= MOST):
            return Saved("gone", {})
        values, problems = values_of(place.settings, written)
        for setting in first_tables(place):
            values[setting.key], more = first_of(setting, written)
            problems.update(more)
        if place.named and not problems:
            problems = _named_faults(now, place, values)
        if problems:
            return Saved("problems", {key: tuple(found) for key, found in problems.items()})
        wanted = copy.deepcopy(dict(now.data))
        _name_sources([values, *(t for s in first_tables(place) for t in values[s.key])], wanted, park)
        kept = {s.key for s in place.settings if s.shape not in IN_FORMS}
        new = {**{key: value for key, value in table.items() if key in kept}, **values}
        if new == table and not place.new:
            return Saved("unchanged", {})
        if place.named:
            put_named(wanted, place, new[NAME], new[VALUE])
            place = replace(place, path=(*place.path[:-1], new[NAME]))
        else:
            put(wanted, place.path, new)
        return _written(park, now, wanted, place, by, file)


def _named_faults(now: Said, place: Place, values: Mapping[str, Any]) -> dict[str, list[Problem]]:
    """Return what is wrong with a name and its value: one is missing, or something else has the name."""
    name = values.get(NAME, "")
    taken = name != place.path[-1] and name in (table_at(now.data, place.path[:-1]) or {})
    problems = {NAME: [Problem("appraise.doubled", values={"name": name})]} if taken or not name else {}
    for setting in place.settings:
        if setting.key == VALUE and VALUE not in values:
            problems[VALUE] = [Problem("study.missing_key", values={"name": setting.name})]
    return problems


def put_section(park: Park, name: str, values: Mapping[str, Any], version: str, by: User | None) -> Saved:
    """Make a whole section say what a program says, as TOML has it.

    Raises
    ------
    StudyError
        If ``study.toml`` is no TOML.
    """
    place = Place((name,), section(name))
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
        if place.new or not place.table(now.data):
            return Saved("gone", {})
        drop(wanted, place.path)
        return _written(park, now, wanted, place, by, file)


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
            study = load_study(name).study
            check_thresholds(study.settle.threshold)
        except LichenError as error:
            return error.problems
    problems = Problems()
    problems.extend([*stage_problems(study.design), *_term_problems(study)])
    return problems.as_tuple()


def _term_problems(study: Study) -> Iterator[Problem]:
    """Yield terms said to be agreed that no contract has."""
    for told in study.appraise.exchange:
        for term, text in told.agreed.items():
            try:
                contract_outline({term: text}, heat=True)
            except LichenError as error:
                where = Where(key=f"appraise.exchange[{told.id}].agreed.{term}")
                yield from (replace(p, where=where) for p in error.problems)


def _at_fields(problems: Iterable[Problem], place: Place, data: Any) -> dict[str, tuple[Problem, ...]]:
    """Return problems by the field of the form that they stand at."""
    path = place.path if not place.new else (*place.path[:-1], count_at(data, place) - 1)
    start, keys = "", {s.key for s in place.settings if form_names(s)} | {s.key for s in first_tables(place)}
    names = {s.key: s.name for s in place.settings}
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
        own_key = problem.where.key if re.match(rf"{re.escape(start)}(?![\w-])", problem.where.key) else ""
        key = own_key.removeprefix(start).lstrip(".")
        if own_key and place.named:
            key = NAME if problem.code in NAMES else VALUE
        field, _, inner = re.sub(r"\[[^\]]*\]\.?", "/", key).partition("/")
        field = field.split(".")[0]
        field = "" if field not in keys else f"{field}/{inner.split('.')[0]}" if inner else field
        own = replace(problem, where=replace(problem.where, file="", key="")) if field else problem
        if own.code == "study.missing_key" and field in names:
            part = own_key.rpartition(".")[2]
            inside = part in FIGURE and (place.named or part != field)
            own = replace(own, values={"name": part_text(part) if inside else names[field]})
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
    return {key: text_of(value)}
