"""The part of the API that speaks of parks: their figures, what needs attention, the history of every value."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from ninja import Query, Router, Schema, Status
from pydantic import Field

from lichen.web.api_base import ABSENT, NOBODY, REFUSED, Pages, ProblemsOut, page_of
from lichen.web.attention import told
from lichen.web.drafts import warnings_of
from lichen.web.middleware import Request, current
from lichen.web.models import Change
from lichen.web.overview import figures_of, overview
from lichen.web.people import NotMade, made_park
from lichen.web.policy import Action, parks_of, reach, rule
from lichen.web.rows import reached

router = Router()


class ParkOut(Schema):
    """A park."""

    slug: str
    name: str
    name_zh: str


class FiguresOut(ParkOut):
    """A park with the figures of what the account may read; amounts in t/a and tCO2/a."""

    revision: int
    year: int | None = None
    firms: int = 0
    flows: int = 0
    share_by_kind: dict[str, float] = Field(default_factory=dict)
    mass_in: float | None = None
    mass_out: float | None = None
    direct_co2: float | None = None


class ChangeOut(Schema):
    """One change of a value; ``author``: who did it, as the study says that it came in with; none of changes here."""

    time: str
    by: str
    author: str | None = None
    file: str
    entity: str
    firm: str
    row: str
    what: str
    field: str
    before: str
    after: str


class HistoryPages(Pages):
    """Which changes are wanted; ``q``: of rows with these words in their name."""

    q: str = Field("", max_length=100)


class ChangesOut(Schema):
    """Some changes, newest first, and how many there are."""

    count: int
    rows: list[ChangeOut]


class RowOfPointOut(Schema):
    """A row that needs attention, and the code of the firm whose page tells more; empty where there is none."""

    text: str
    firm: str


class PointOut(Schema):
    """Something that needs attention: how many rows, and the first of them."""

    key: str
    count: int
    rows: list[RowOfPointOut]


class AttentionOut(Schema):
    """What needs attention in a year, the gravest first; none and no year where there are no flows."""

    year: int | None
    points: list[PointOut]
    being_renewed: bool = False


class WarningOut(Schema):
    """Something worth knowing in a firm's rows: at the firm itself, a process or a flow, by number."""

    code: str
    severity: str
    text: str
    entity: str
    row: int | None


@router.get("/parks", response={200: list[ParkOut], **NOBODY}, url_name="parks")
@rule(get="account")
def parks(request: Request) -> Any:
    """List the parks of the account."""
    return list(parks_of(request.user))


class NewParkIn(Schema):
    """A park and its administrator."""

    slug: str = Field(max_length=60)
    name: str = Field(max_length=200)
    name_zh: str = Field("", max_length=200)
    email: str = Field(max_length=254)


class NewParkOut(Schema):
    """A new park; a link with which its administrator sets a password, if there is none yet."""

    slug: str
    administrator: str
    link: str


@router.post("/parks", response={201: NewParkOut, **REFUSED}, url_name="add_park")
@rule(post="operator")
def add_park(request: Request, body: NewParkIn) -> Any:
    """Make a park and invite its administrator: for who operates the installation."""
    try:
        park, person, link = made_park(request.user, body.slug, body.name, body.name_zh, body.email)
    except NotMade as error:
        return Status(422, {"detail": str(error)})
    except ValidationError:
        return Status(422, {"detail": "no e-mail address"})
    address = request.build_absolute_uri(link) if link else ""
    return Status(201, {"slug": park.slug, "administrator": person.email, "link": address})


@router.get("/parks/{slug:park}", response={200: FiguresOut, 422: ProblemsOut, **ABSENT}, url_name="park")
@rule(get=Action.SEE_PARK)
def park(request: Request, park: str, year: int = 0) -> Any:
    """Return a park with its figures of a year, the newest if none is named."""
    own, (found, _) = request.scope.park, figures_of(request.scope, _year(year))
    base = {"slug": own.slug, "name": own.name, "name_zh": own.name_zh, "revision": own.revision}
    if found is None:
        return base
    return {**found, **base, "share_by_kind": found["shares"]}


def _year(year: int) -> int:
    return year if 0 < year < 10_000 else 0


@router.get(
    "/parks/{slug:park}/attention", response={200: AttentionOut, 422: ProblemsOut, **ABSENT}, url_name="attention"
)
@rule(get=Action.SEE_PARK)
def attention(request: Request, park: str, year: int = 0) -> Any:
    """Return what of a year needs attention, as far as the account reads it."""
    scope, lang = request.scope, current()
    found, now = figures_of(scope, _year(year))
    points: Any = []
    if found is not None and now is not None:
        points = found[lang]
    elif found is not None:
        made = overview(scope, found["year"])
        points = told(made, reached(scope), lang) if made is not None else []
    return {"year": found["year"] if found else None, "being_renewed": now is not None and now.open is not None,
            "points": [
                {"key": key.removeprefix("attention_"), "count": count,
                 "rows": [{"text": text, "firm": code} for text, code in rows]} for key, count, rows in points
            ]}  # fmt: skip


@router.get("/parks/{slug:park}/firms/{int:firm}/warnings", response={200: list[WarningOut], **ABSENT},
            url_name="warnings")  # fmt: skip
@rule(get=Action.READ_ROWS)
def warnings(request: Request, park: str, firm: int) -> Any:
    """List what is worth knowing of a firm's rows."""
    row, lang = request.scope.firm, current()
    assert row is not None
    return [
        {"code": p.code, "severity": p.severity, "text": f"{p.found(lang)} {p.mend(lang)}",
         "entity": at.entity if at is not None else "", "row": at.pk if at is not None else None}
        for p, at in warnings_of(row)
    ]  # fmt: skip


def _changes(rows: QuerySet[Change], pages: HistoryPages) -> Any:
    rows = rows.order_by("-id").select_related("by")
    rows = rows.filter(row__icontains=pages.q.strip()) if pages.q.strip() else rows
    names = ("file", "entity", "firm", "row", "what", "field", "before", "after")
    return page_of(rows, pages, lambda c: {
        "time": c.time.isoformat(), "by": str(c.by or ""), "author": c.author, **{n: getattr(c, n) for n in names},
    })  # fmt: skip


@router.get("/parks/{slug:park}/history", response={200: ChangesOut, **REFUSED}, url_name="history")
@rule(get=Action.READ_HISTORY)
def history(request: Request, park: str, pages: Query[HistoryPages]) -> Any:
    """List every change in reach, newest first."""
    return _changes(reach(request.scope, Action.READ_HISTORY, Change), pages)


@router.get("/parks/{slug:park}/costs/history", response={200: ChangesOut, **REFUSED}, url_name="costs_history")
@rule(get=Action.READ_COSTS)
def costs_history(request: Request, park: str, pages: Query[HistoryPages]) -> Any:
    """List the changes of costs, newest first."""
    return _changes(reach(request.scope, Action.READ_COSTS, Change), pages)


@router.get("/parks/{slug:park}/settings/history", response={200: ChangesOut, **REFUSED}, url_name="settings_history")
@rule(get=Action.READ_SETTINGS)
def settings_history(request: Request, park: str, pages: Query[HistoryPages]) -> Any:
    """List the changes of the study's settings, newest first."""
    return _changes(reach(request.scope, Action.READ_SETTINGS, Change), pages)
