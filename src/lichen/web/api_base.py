"""What all parts of the API share: how refusals are said, which version a request saw, how long lists are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Schema, Status, UploadedFile
from ninja.parser import Parser
from pydantic import Field

from lichen.errors import InputError, Problem, Where
from lichen.files import no_text
from lichen.web.rows import text_of
from lichen.web.sent import whole_number

MOST = 1000
Value = str | int | float | None


class ProblemOut(Schema):
    """Something wrong, or worth knowing, with the field it stands at."""

    field: str
    code: str
    severity: str
    found: str
    mend: str


class ProblemsOut(Schema):
    """Why something was not done."""

    detail: str
    problems: list[ProblemOut] = Field(default_factory=list)


class Pages(Schema):
    """Which rows are wanted."""

    limit: int = Field(100, ge=1, le=MOST)
    offset: int = Field(0, ge=0, le=2**31)


REFUSED = dict.fromkeys((400, 401, 404, 409, 422, 428), ProblemsOut)
ABSENT = dict.fromkeys((400, 401, 404), ProblemsOut)
NOBODY = dict.fromkeys((400, 401), ProblemsOut)


class TextParser(Parser):
    """Reads bodies; one with a text that no database keeps is refused before anything looks at it."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return what a body says; :class:`InputError` with the place of a null character or half a character."""
        found = json.loads(request.body)
        at = no_text(found)
        if at is not None:
            raise InputError((Problem("workbench.no_text", Where(key=at)),))
        return found


def file_of(kind: str) -> dict[str, Any]:
    """Return how the description says that an operation answers with a file."""
    return {"responses": {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}}}}}}


def seen(request: HttpRequest) -> int | None:
    """Return the version that a request says it saw; ``None`` if it says none that could be."""
    return whole_number(seen_tag(request)) or None


def seen_tag(request: HttpRequest) -> str:
    """Return the ETag in a request's ``If-Match``; empty if there is none."""
    return request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')


def texts_of(values: Mapping[str, Value]) -> dict[str, str]:
    """Return values as a form would send them."""
    return {key: text_of(value) for key, value in values.items()}


def page_of(rows: QuerySet[Any] | Sequence[Any], pages: Pages, told: Callable[[Any], Any]) -> dict[str, Any]:
    """Return how many rows there are, and those that are wanted as ``told`` tells each."""
    count = rows.count() if isinstance(rows, QuerySet) else len(rows)
    return {"count": count, "rows": [told(row) for row in rows[pages.offset : pages.offset + pages.limit]]}


def too_large(file: UploadedFile | None, most: int) -> Any:
    """Return the answer to a file of more than so many bytes; nothing where it is none."""
    if file is None or (file.size or 0) <= most:
        return None
    return Status(422, {"detail": f"more than {most // 2**20} MiB"})


def unknown_keys(values: Mapping[str, Value], known: Collection[str]) -> Any:
    """Return the answer to values under keys that are not known; nothing where all are."""
    unknown = sorted(set(values) - set(known))
    return Status(422, {"detail": f"unknown keys: {', '.join(k[:60] for k in unknown[:8])}"}) if unknown else None


UNSEEN = Status(428, {"detail": "say in If-Match which version you saw"})


def listed(problems: Mapping[str, Iterable[Problem]], others: Iterable[Problem] = ()) -> list[dict[str, str]]:
    """Return problems by field, and those at none, as the API tells them."""
    pairs = [(key, p) for key, found in problems.items() for p in found] + [("", p) for p in others]
    return [
        {"field": key or p.where.key, "code": p.code, "severity": p.severity, "found": p.found(), "mend": p.mend()}
        for key, p in pairs
    ]  # fmt: skip


def refused(problems: Mapping[str, Iterable[Problem]], others: Iterable[Problem] = (), detail: str = "problems") -> Any:
    """Return the answer to what cannot be done because of problems."""
    return Status(422, {"detail": detail, "problems": listed(problems, others)})
