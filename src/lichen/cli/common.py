"""What the commands share: language, problems, output."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lichen import errors
from lichen.errors import FileError, Problem, Where

if TYPE_CHECKING:
    from rich.console import Console

INPUT_ERRORS, WRONG_CALL, INTERNAL, STOPPED = 1, 2, 3, 130
MOST_CHANGES = 40


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


def existing(study: Path) -> None:
    """Refuse a folder that is not there, lest a slip of the pen look like an empty one."""
    if not study.is_dir():
        raise FileError((Problem("inventory.no_study", values={"folder": str(study)}),))


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Tell a place that cannot be written to as an error of the input, not of Lichen."""
    try:
        yield
    except TimeoutError:
        raise FileError((Problem("inventory.busy", Where(str(place))),)) from None
    except OSError as error:
        values = {"reason": error.strerror or type(error).__name__}
        raise FileError((Problem("sheets.not_written", Where(str(place)), values=values),)) from None


def agree(yes: bool, count: int) -> None:
    """Ask whether to write; where nobody can be asked, or the answer is no, nothing is written and the call ends."""
    if yes:
        return
    if sys.stdin.isatty() and typer.confirm(say(f"Write {count} changes?", f"写入 {count} 项变化？")):
        return
    typer.echo(say("Nothing was written; call again with --yes.", "未写入任何内容；请加 --yes 再次运行。"), err=True)
    raise typer.Exit(WRONG_CALL)


CHANGES = {"new": ("new", "新增"), "gone": ("gone", "删除"), "changed": ("changed", "修改")}
"""What an import does to a row, in both languages."""


def show_changes(changes: Sequence[Any], row: Callable[[Any], str], column: Callable[[Any], str]) -> None:
    """Print what an import would change: what happens, the row, and of a changed cell both values."""
    if not changes:
        typer.echo(say("nothing changes", "没有变化"))
    for change in changes[:MOST_CHANGES]:
        value = f" {column(change)}: {change.before or '–'} → {change.after or '–'}" if change.what == "changed" else ""
        typer.echo(f"{say(*CHANGES[change.what])}  {row(change)}{value}")
    if len(changes) > MOST_CHANGES:
        typer.echo(say(f"… and {len(changes) - MOST_CHANGES} more", f"……另有 {len(changes) - MOST_CHANGES} 项"))
