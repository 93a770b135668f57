"""Forms of a park's settings: the texts of their fields, and the values that they say."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from lichen.errors import Problem, StudyError
from lichen.figures import Figure
from lichen.numerals import parse_number
from lichen.study.schema import Setting, settings_of
from lichen.web.setting_places import Data

LONGEST = 2000
"""Longest text of a field."""
FIGURE = tuple(f.name for f in fields(Figure) if f.name != "varies_with")
IN_FORMS = ("text", "texts", "number", "whole", "yes", "choice", "choices", "list", "wholes", "numbers", "words",
            "figure")  # fmt: skip
"""Shapes that a form takes; tables have forms of their own."""


def form_names(setting: Setting) -> tuple[str, ...]:
    """Return the names of the fields that a key has in a form."""
    if setting.shape == "figure":
        return tuple(f"{setting.key}.{part}" for part in FIGURE)
    if setting.shape == "texts":
        return f"{setting.key}.en", f"{setting.key}.zh"
    return (setting.key,) if setting.shape in IN_FORMS else ()


def written_of(settings: Iterable[Setting], table: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a form that says what a table says."""
    found: dict[str, str] = {}
    for setting in settings:
        value = table.get(setting.key)
        if setting.shape in ("figure", "texts"):
            parts = value if isinstance(value, Mapping) else {}
            found.update({name: text_of(parts.get(name.rpartition(".")[2])) for name in form_names(setting)})
        elif setting.shape in IN_FORMS:
            found[setting.key] = text_of(value)
    return found


def text_of(value: Any) -> str:
    """Return a value as a field of a form has it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.15g}"
        case Mapping():
            return "\n".join(f"{key} = {text_of(one)}" for key, one in value.items())
        case list() | tuple():
            return "\n".join(map(text_of, value))
    return str(value)


def values_of(
    settings: Iterable[Setting], written: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, list[Problem]]]:
    """Return the values that a form says, by key, and what cannot be read; what is empty is left out."""
    values: dict[str, Any] = {}
    problems: dict[str, list[Problem]] = {}
    for setting in settings:
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


def first_of(setting: Setting, written: Mapping[str, str]) -> tuple[list[Data], dict[str, list[Problem]]]:
    """Return the first table of a list as a form says it, its fields named ``key/field``, and what cannot be read."""
    assert setting.record is not None
    start = f"{setting.key}/"
    own = {name.removeprefix(start): text for name, text in written.items() if name.startswith(start)}
    values, problems = values_of(settings_of(setting.record), own)
    return [values], {start + key: found for key, found in problems.items()}
