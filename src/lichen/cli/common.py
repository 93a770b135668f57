"""What the commands share: language, problems, output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lichen import errors
from lichen.errors import Problem

if TYPE_CHECKING:
    from rich.console import Console

INPUT_ERRORS, INTERNAL, STOPPED = 1, 3, 130


class Language(StrEnum):
    """Languages of output."""

    en = "en"
    zh = "zh"


Lang = Annotated[Language | None, typer.Option("--lang", help="Language of output: en or zh. Default: the system's.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]


def set_language(lang: Language | None) -> None:
    """Use ``lang`` for messages of this process, if it was given."""
    if lang is not None:
        errors._language.set(lang.value)


def say(en: str, zh: str) -> str:
    """Return one of two texts by the current language."""
    return zh if errors.current_language() == "zh" else en


def console(stderr: bool = False) -> Console:
    """Return a rich console; colours and width follow the terminal."""
    from rich.console import Console

    # names of firms may look like markup: they are text
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def tell(problems: Iterable[Problem], stderr: bool = True, most: int = 200) -> None:
    """Print problems, errors first, and how many there are."""
    ranked = sorted(problems, key=lambda p: ("error", "warning", "note").index(p.severity))
    words = {"error": say("error", "错误"), "warning": say("warning", "警告"), "note": say("note", "提示")}
    for problem in ranked[:most]:
        typer.echo(f"{words[problem.severity]}: {problem.text()}", err=stderr)
    if len(ranked) > most:
        typer.echo(say(f"… and {len(ranked) - most} more", f"……另有 {len(ranked) - most} 条"), err=stderr)
    counts = {s: sum(p.severity == s for p in ranked) for s in words}
    if ranked:
        typer.echo(", ".join(f"{n} × {words[s]}" for s, n in counts.items() if n), err=stderr)


def print_json(value: Any) -> None:
    """Print a value as JSON; NaN is null."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False))


def problems_json(problems: Sequence[Problem]) -> list[dict[str, str]]:
    """Return problems as plain text fields."""
    return [p.as_dict() for p in problems]


def wrote(path: Path) -> None:
    """Say that a file was written."""
    typer.echo(say(f"wrote {path}", f"已写入 {path}"), err=True)
