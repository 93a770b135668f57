"""What all parts of the API share: how refusals are said, which version a request saw, how long lists are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest
from ninja import Schema, Status
from ninja.parser import Parser
from pydantic import Field

from lichen.errors import InputError, Problem, Where
from lichen.files import no_text
from lichen.monitor.dictionary import Entity, columns
from lichen.web.rows import text_of
from lichen.web.views.pages import whole_number

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
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    return whole_number(text) or None


def texts_of(values: Mapping[str, Value], entity: Entity) -> dict[str, str] | None:
    """Return values as a form would send them; ``None`` if a key is none of follow-up's dictionary."""
    keys = {c.key for c in columns(entity)}
    return None if set(values) - keys else {key: text_of(value) for key, value in values.items()}


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
