"""What all parts of the API share: how refusals are said, and how long lists are asked for."""

from __future__ import annotations

from ninja import Schema
from pydantic import Field

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
