"""Problems and errors: what was found, where, what is allowed, how to mend it.

Everything that can be wrong with an input is a :class:`Problem`. A reader or a check adds every problem to a
:class:`Problems` collector and raises once, so that a user sees all of them together::

    LichenError
    ├── InputError          a file, cell, number, unit or label that cannot be used
    │   ├── FileError       a file that is missing, unreadable, too large, or not what it claims to be
    │   ├── LabelError      labels that are doubled, missing, unknown or do not match
    │   └── UnitError       a unit or a number that is unknown, ambiguous or does not fit
    ├── EconomyError        a table that is not an economy: unbalanced, unproductive, not finite, infeasible margins
    ├── BalanceError        balances that cannot be met: contradictory constants, bounds that leave nothing
    ├── ScenarioError       an exchange or intervention that cannot happen
    └── StudyError          a study that does not say what it must

The words live in ``messages/<first part of the code>.toml``, in English and Chinese, so that one problem can be told in
either language: ``str(problem)`` uses the current language, ``problem.text("zh")`` a given one. A part in double
brackets, ``[[; the nearest is “{near}”]]``, is left out where a value in it is empty: no text, no list, or "–".
"""

from __future__ import annotations

import functools
import os
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def _language_of_environment() -> Language:
    for name in ("LICHEN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


_language: ContextVar[Language | None] = ContextVar("lichen_language", default=None)


def current_language() -> Language:
    """Return the language of messages: the one set by :func:`language`, else the environment's."""
    return _language.get() or _language_of_environment()


@contextmanager
def language(lang: Language) -> Iterator[None]:
    """Tell messages in ``lang`` ("en" or "zh") inside the ``with`` block."""
    token = _language.set(lang)
    try:
        yield
    finally:
        _language.reset(token)


@dataclass(frozen=True)
class Where:
    """The place of a problem: file, sheet and cell, or a key inside a text file."""

    file: str = ""
    sheet: str = ""
    cell: str = ""
    key: str = ""

    def text(self, lang: Language | None = None) -> str:
        """Return the place in one line, e.g. ``table.xlsx, sheet Z, cell C5``."""
        chinese = (lang or current_language()) == "zh"
        parts = [
            self.file,
            (f"工作表 {self.sheet}" if chinese else f"sheet {self.sheet}") if self.sheet else "",
            (f"单元格 {self.cell}" if chinese else f"cell {self.cell}") if self.cell else "",
            self.key,
        ]
        return ("，" if chinese else ", ").join(_plain(p) for p in parts if p)

    def __str__(self) -> str:
        return self.text()


def _plain(text: str) -> str:
    """Return text that comes from a user without control characters and cut where very long."""
    text = "".join(c if c.isprintable() else "�" for c in text)
    return text if len(text) <= 300 else text[:297] + "…"


@functools.cache
def _catalogue(area: str) -> Mapping[str, Mapping[str, str]]:
    path = files("lichen.messages") / f"{area}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


_OPTIONAL = re.compile(r"\[\[([^\[\]]*\{[^\[\]]*)\]\]")
"""A part of a message that is left out where a value in it is empty; ``[[product]]`` holds none and is plain text."""


def _is_empty(value: Any) -> bool:
    """Whether a value says nothing: no text, a dash, or a list of such."""
    return all(map(_is_empty, value)) if isinstance(value, list | tuple) else value in (None, "", "–")


def _kept(template: str, values: Mapping[str, Any]) -> str:
    """Return a template without its optional parts that have an empty value, and without the others' brackets."""

    def part(found: re.Match[str]) -> str:
        names = [name for _, name, _, _ in string.Formatter().parse(found[1]) if name]
        return "" if any(_is_empty(values[name]) for name in names) else found[1]

    return _OPTIONAL.sub(part, template)


MOST_LISTED = 12
"""Entries of a list that a message shows: every closed list of choices fits."""


class _Plain(string.Formatter):
    """Formatter that shows text values without control characters and cuts very long ones."""

    def __init__(self, lang: Language = "en") -> None:
        self.separator = "、" if lang == "zh" else ", "

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, str):
            value = _plain(value)
        elif isinstance(value, list | tuple):
            shown = [str(v) for v in value[:MOST_LISTED]]
            more = [f"… ({len(value)})"] if len(value) > MOST_LISTED else []
            return self.format_field(self.separator.join(shown + more), format_spec)
        return str(super().format_field(value, format_spec))


def _said(value: Any, lang: Language) -> Any:
    """Return a value in ``lang``, where it has words in both languages (:class:`lichen.figures.Text`)."""
    if isinstance(value, list | tuple):
        return [_said(part, lang) for part in value]
    return value.text(lang) if hasattr(value, "text") else value


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong or worth knowing.

    Parameters
    ----------
    code
        ``area.name``; the words are in ``messages/area.toml`` under ``[name]`` with keys ``en``, ``en_mend``, ``zh``,
        ``zh_mend``.
    where
        The place.
    severity
        "error": the input is refused; "warning": the result may mislead; "note": worth knowing.
    values
        The values that fill the words; what has a method ``text(lang)`` is said in the language of the words.
    """

    code: str
    where: Where = field(default_factory=Where)
    severity: Severity = "error"
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, lang: Language | None = None) -> str:
        """Return place, finding and remedy in one line."""
        lang = lang or current_language()
        place, found, mend = self.where.text(lang), self.found(lang), self.mend(lang)
        gap = "" if lang == "zh" else " "
        colon = "：" if lang == "zh" else ": "
        return (f"{place}{colon}" if place else "") + found + (gap + mend if mend else "")

    def found(self, lang: Language | None = None) -> str:
        """Return what was found, without the place."""
        return self._words(lang or current_language(), "")

    def mend(self, lang: Language | None = None) -> str:
        """Return what is allowed and how to mend it; empty for a bare note."""
        return self._words(lang or current_language(), "_mend")

    def _words(self, lang: Language, part: str) -> str:
        area, _, name = self.code.partition(".")
        values = {key: _said(value, lang) for key, value in self.values.items()}
        return _Plain(lang).vformat(_kept(_catalogue(area)[name].get(lang + part, ""), values), (), values).strip()

    def as_dict(self, lang: Language | None = None) -> dict[str, str]:
        """Return the problem as plain text fields for JSON."""
        return {
            "code": self.code, "severity": self.severity, "where": self.where.text(lang),
            "found": self.found(lang), "mend": self.mend(lang),
        }  # fmt: skip

    def __str__(self) -> str:
        return self.text()


class LichenError(Exception):
    """Base of all errors that Lichen raises on purpose; ``problems`` holds each finding."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(problems)

    def text(self, lang: Language | None = None) -> str:
        """Return all problems, one a line."""
        return "\n".join(p.text(lang) for p in self.problems)

    def __str__(self) -> str:
        return self.text()


class InputError(LichenError):
    """Something in a file cannot be used."""


class FileError(InputError):
    """A file is missing, unreadable, too large, or not what it claims to be."""


class LabelError(InputError):
    """Labels are doubled, missing, unknown, or do not match."""


class UnitError(InputError, ValueError):
    """A unit or a number is unknown, ambiguous, or does not fit."""


class EconomyError(LichenError):
    """A table is not an economy: unbalanced, unproductive, not finite, or its margins cannot be met."""


class BalanceError(LichenError):
    """Balances cannot be met: contradictory constants, bounds that leave nothing, no convergence."""


class ScenarioError(LichenError):
    """An exchange or an intervention cannot happen as it is written."""


class StudyError(LichenError):
    """A study does not say what it must, or says it wrongly."""


class Problems:
    """Collects problems so that they can be reported together.

    >>> problems = Problems()
    >>> problems.add("table.no_sectors")
    >>> problems.ok
    False
    """

    def __init__(self) -> None:
        self._all: list[Problem] = []

    def add(self, code: str, where: Where | None = None, severity: Severity = "error", **values: Any) -> None:
        """Add one problem."""
        self._all.append(Problem(code, where or Where(), severity, values))

    def extend(self, problems: Iterator[Problem] | tuple[Problem, ...] | list[Problem] | Problems) -> None:
        """Add many problems."""
        self._all.extend(problems)

    @property
    def ok(self) -> bool:
        """Whether no problem is an error."""
        return not any(p.severity == "error" for p in self._all)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def as_tuple(self) -> tuple[Problem, ...]:
        """Return the problems, as they came."""
        return tuple(self._all)

    def raise_if_errors(self, kind: type[LichenError]) -> None:
        """Raise ``kind`` with all errors (and the warnings beside them) if there is an error."""
        if self._all and not self.ok:
            raise kind(tuple(sorted(self._all, key=lambda p: ("error", "warning", "note").index(p.severity))))
