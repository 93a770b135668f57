"""What every page shares: templates and their filters, numbers as they are shown, findings, writing a file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from lichen.errors import Problem, Problems, StudyError
from lichen.report.svg import THIN_SPACE, format_number
from lichen.report.texts import Words

NO_BREAK = "\u00a0"


def write_page(html: str, folder: Path, name: str) -> Path:
    """Write a page into ``folder`` and return its path; :class:`StudyError` if it cannot be written."""
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(html, encoding="utf-8", newline="")
    except OSError as error:
        problems = Problems()
        problems.add("study.cannot_write", path=str(folder), reason=str(error))
        problems.raise_if_errors(StudyError)
    return path


def body_html(template: str, words: Words, context: Mapping[str, Any]) -> str:
    """Return what a page says without its frame and heading, to be shown within another page.

    Parameters
    ----------
    template
        Name of the page, e.g. ``design.html.j2``.
    words, context
        Its words; what it shows, as it was or as JSON kept it.
    """
    shown = {key: markup_again(value, key) for key, value in context.items()}
    page = environment().get_template(template)
    return page.render(w=words, lang=words.lang, layout="_bare.html.j2", **shown)


def markup_again(value: Any, key: str = "") -> Any:
    """Return a value that JSON kept with its pictures as markup: they stand under names that end with "svg"."""
    if isinstance(value, str) and key.endswith("svg"):
        return Markup(value)  # noqa: S704  # our own, escaped when it was drawn
    if isinstance(value, Mapping):
        return {k: markup_again(v, str(k)) for k, v in value.items()}
    return [markup_again(v) for v in value] if isinstance(value, list | tuple) else value


def environment() -> jinja2.Environment:
    """Return where the pages' templates are, with their filters and the version of Lichen."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("lichen.report"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {"number": number, "fixed": fixed, "percent": percent}
    made.globals["version"] = _version()
    return made


def _version() -> str:
    try:
        return version("lichen")
    except PackageNotFoundError:
        return "–"


def number(value: Any, digits: int = 4) -> str:
    """Return a number with significant digits; a dash where there is none."""
    return "–" if value is None or value != value else format_number(float(value), digits)


def percent(share: float, digits: int = 1, plus: bool = False) -> str:
    """Return a share in percent, unbroken, with a minus of its own width; what rounds to nothing is 0."""
    return f"{fixed(share * 100, digits, plus=plus)}{NO_BREAK}%"


def fixed(value: float, decimals: int, plus: bool = True) -> str:
    """Return a number with as many decimals as its column has; what rounds to nothing is 0, NaN a dash."""
    if value != value:
        return "–"
    text = f"{value:+,.{decimals}f}" if plus else f"{value:,.{decimals}f}"
    return "0" if not text.strip("+-0.,") else text.replace("-", "−").replace(",", THIN_SPACE)


def decimals(values: Iterable[float], digits: int = 3) -> int:
    """Return the decimals that show the largest of ``values`` with ``digits`` significant digits."""
    largest = max((abs(v) for v in values if v == v), default=0.0)
    return 0 if largest == 0 else max(0, digits - 1 - math.floor(math.log10(largest)))


def finding_rows(findings: Iterable[Problem], words: Words) -> list[tuple[str, str, str, str, str]]:
    """Return findings, errors first: severity in words and as a key, place, what was found, how to mend it."""
    ranked = sorted(findings, key=lambda p: ("error", "warning", "note").index(p.severity))
    return [
        (words("note_severity" if p.severity == "note" else p.severity), p.severity, p.where.text(words.lang),
         p.found(words.lang), p.mend(words.lang)) for p in ranked
    ]  # fmt: skip
