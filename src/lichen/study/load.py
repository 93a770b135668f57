"""Read a study's text files into values, with every problem at once and the place of each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from lichen.errors import Problem, Problems, StudyError, UnitError, Where
from lichen.figures import Figure, Source, Text, Used
from lichen.files import no_text
from lichen.labelled import suggest
from lichen.scenario.exchange import ExchangeBook
from lichen.study.config import ExchangeFile, InterventionFile, Loaded, PublishedFile, Study

STUDY_FILE = "study.toml"
LARGEST_TEXT_FILE = 20_000_000
T = TypeVar("T")


def load_study(folder: str | Path) -> Loaded:
    """Return the study in ``folder`` as its text files say it; tables are not opened.

    Parameters
    ----------
    folder
        The study's folder, or its ``study.toml``.

    Raises
    ------
    StudyError
        With every problem of all text files.
    """
    folder = Path(folder)
    if folder.name == STUDY_FILE:
        folder = folder.parent
    problems = Problems()
    study = read_file(folder / STUDY_FILE, Study, problems)
    problems.raise_if_errors(StudyError)
    assert study is not None
    exchanges = _optional(folder, study, "exchanges", ExchangeFile, problems)
    interventions = _optional(folder, study, "interventions", InterventionFile, problems)
    published = _optional(folder, study, "published", PublishedFile, problems)
    problems.raise_if_errors(StudyError)
    loaded = Loaded(
        folder=str(folder), study=study,
        book=ExchangeBook(exchanges.exchange, exchanges.product, exchanges.limit, study.report.account),
        interventions=interventions.intervention, published=published.published,
        sources={**study.sources, **exchanges.sources, **interventions.sources, **published.sources},
    )  # fmt: skip
    problems.extend(_check_figures(loaded))
    problems.raise_if_errors(StudyError)
    return loaded


def _optional(folder: Path, study: Study, key: str, kind: type[T], problems: Problems) -> T:
    """Return the file that a key of the study names, which must lie in its folder; empty: it names none."""
    name: str = getattr(study, key)
    if not (folder / name).resolve().is_relative_to(folder.resolve()):
        problems.add("study.outside", Where(STUDY_FILE, key=key), path=name)
        return kind()
    found = read_file(folder / name, kind, problems) if name else None
    return kind() if found is None else found


def read_file(path: Path, kind: type[T], problems: Problems) -> T | None:
    """Return a TOML file as a value of ``kind``; ``None`` with problems added if it cannot be."""
    where = Where(file=path.name)
    try:
        if path.stat().st_size > LARGEST_TEXT_FILE:
            problems.add("study.too_large", where, size=path.stat().st_size)
            return None
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        problems.add("study.missing_file", where, path=str(path))
        return None
    except (OSError, UnicodeDecodeError) as error:
        problems.add("study.unreadable", where, reason=str(error))
        return None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problems.add("study.not_toml", where, reason=str(error))
        return None
    at = no_text(data)
    if at is not None:
        problems.add("study.no_text", replace(where, key=at))
        return None
    try:
        return _adapter(kind).validate_python(data)
    except ValidationError as error:
        problems.extend(_as_problems(error, data, where))
        return None


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    if kind not in _ADAPTERS:
        _forbid_unknown(kind, set())
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def _forbid_unknown(kind: Any, seen: set[Any]) -> None:
    """Let pydantic refuse unknown keys and turned types in a dataclass and all dataclasses inside it."""
    import typing

    if kind in seen:
        return
    seen.add(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        kind.__pydantic_config__ = ConfigDict(extra="forbid", strict=False, allow_inf_nan=True)  # type: ignore[attr-defined]
        hints = typing.get_type_hints(kind)
        for item in fields(kind):
            _forbid_unknown(hints[item.name], seen)
    for part in typing.get_args(kind):
        _forbid_unknown(part, seen)


def _as_problems(error: ValidationError, data: Any, where: Where) -> list[Problem]:
    found = []
    for detail in error.errors():
        key = _key(detail["loc"], data)
        place = replace(where, key=key)
        context = detail.get("ctx", {})
        name = str(detail["loc"][-1]) if detail["loc"] else ""
        match detail["type"]:
            case "missing":
                found.append(Problem("study.missing_key", place, values={"name": name}))
            case "unexpected_keyword_argument" | "extra_forbidden":
                found.append(Problem("study.unknown_key", place, values={"name": name}))
            case "literal_error":
                found.append(Problem("study.not_one_of", place, values={
                    "found": str(detail["input"]), "allowed": str(context.get("expected", ""))}))  # fmt: skip
            case "value_error" if isinstance(context.get("error"), UnitError):
                found += [replace(p, where=place) for p in context["error"].problems]
            case kind:
                found.append(Problem("study.wrong_type", place, values={
                    "found": f"{detail['input']!r:.80}", "wanted": _WANTED.get(kind.split("_")[0], kind)}))  # fmt: skip
    return found


_WANTED = {
    "string": "text", "float": "a number", "int": "a whole number", "bool": "true or false", "tuple": "a list",
    "dict": "a table", "dataclass": "a table", "mapping": "a table",
}  # fmt: skip


def _key(loc: Iterable[str | int], data: Any) -> str:
    """Return the place in the TOML file, with the id of list items: ``exchange[steel-slag].price.unit``."""
    text = ""
    for part in loc:
        if isinstance(part, int):
            data = data[part] if isinstance(data, list) and part < len(data) else None
            name = data.get("id") if isinstance(data, Mapping) else None
            text += f"[{name if isinstance(name, str) else part + 1}]"
        else:
            data = data.get(part) if isinstance(data, Mapping) else None
            text += f".{part}" if text else part
    return text


def used_figures(value: Any, key: str = "") -> list[Used]:
    """Return every figure inside a value with the place it stands at."""
    if isinstance(value, Figure):
        return [Used(key, value)]
    if isinstance(value, Mapping):
        return [u for k, v in value.items() for u in used_figures(v, f"{key}.{k}" if key else str(k))]
    if isinstance(value, tuple | list):
        found = []
        for i, item in enumerate(value):
            name = getattr(item, "id", None) or getattr(item, "product", None) or str(i + 1)
            found += used_figures(item, f"{key}[{name}]")
        return found
    if is_dataclass(value) and not isinstance(value, type | Text | Source):
        return [
            u for f in fields(value) for u in used_figures(getattr(value, f.name), f"{key}.{f.name}" if key else f.name)
        ]
    return []


def all_figures(loaded: Loaded) -> list[Used]:
    """Return every figure that a study's results rest on; published figures are not among them."""
    book = loaded.book
    return [
        *used_figures(loaded.study), *used_figures(book.exchanges, "exchange"),
        *used_figures(book.products, "product"), *used_figures(book.limits, "limit"),
        *used_figures(loaded.interventions, "intervention"),
    ]  # fmt: skip


def _check_figures(loaded: Loaded) -> Problems:
    """Return an error for each figure whose source is not described, or that is a guess without a range."""
    problems = Problems()
    for used in all_figures(loaded):
        decided = used.key.startswith("design.")  # a budget or a bound is a decision, not a guess
        if used.figure.low is None and used.figure.kind in ("estimated", "assumed") and not decided:
            problems.add("figures.no_range", Where(key=used.key), value=used.figure.value, kind=used.figure.kind)
    published = [Used(f"published[{p.id}]", p.figure) for p in loaded.published]
    for used in [*all_figures(loaded), *published]:
        if used.figure.source not in loaded.sources:
            problems.add("study.unknown_source", Where(key=used.key), source=used.figure.source,
                         near=suggest(used.figure.source, list(loaded.sources)) or "–")  # fmt: skip
    return problems
