"""What all parts of the API share: how refusals are said, and how long lists are asked for."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from ninja import Schema
from ninja.parser import Parser
from pydantic import Field

from lichen.errors import InputError, Problem, Where
from lichen.files import no_text

MOST = 1000


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


REFUSED = {400: ProblemsOut, 404: ProblemsOut, 409: ProblemsOut, 422: ProblemsOut, 428: ProblemsOut}


class TextParser(Parser):
    """Reads bodies; one with a text that no database keeps is refused before anything looks at it."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return what a body says; :class:`InputError` with the place of a null character or half a character."""
        found = json.loads(request.body)
        at = no_text(found)
        if at is not None:
            raise InputError((Problem("workbench.no_text", Where(key=at)),))
        return found
