"""The part of the API that speaks of the settings of a park's study."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpResponse
from ninja import Router, Schema, Status

from lichen.errors import StudyError
from lichen.study.schema import SECTIONS
from lichen.web import study_settings
from lichen.web.api_base import REFUSED, UNSEEN, refused, seen_tag
from lichen.web.middleware import Request
from lichen.web.policy import Action, log, rule

router = Router()
SETTINGS = "/parks/{slug:park}/settings"
Section = Literal["flows", "discover", "design", "appraise", "settle"]


class SettingsOut(Schema):
    """The tables of study.toml that set how a study of firms is done; what they leave out is as usual."""

    version: str
    flows: dict[str, Any]
    discover: dict[str, Any]
    design: dict[str, Any]
    appraise: dict[str, Any]
    settle: dict[str, Any]


class SectionIn(Schema):
    """A whole section, as study.toml has it."""

    values: dict[str, Any]


def _shown(response: HttpResponse, park: Any) -> dict[str, Any]:
    now = study_settings.said(park)
    response["ETag"] = f'"{now.version}"'
    return {"version": now.version, **{name: now.data.get(name, {}) for name in SECTIONS}}


@router.get(SETTINGS, response={200: SettingsOut, **REFUSED}, url_name="settings")
@rule(get=Action.READ_SETTINGS)
def settings(request: Request, response: HttpResponse, park: str) -> Any:
    """Return what the park's study sets."""
    try:
        return _shown(response, request.scope.park)
    except StudyError as error:
        return refused({}, error.problems)


@router.put(SETTINGS, response={200: SettingsOut, **REFUSED}, url_name="put_settings")
@rule(put=Action.WRITE_SETTINGS)
def put_settings(request: Request, response: HttpResponse, park: str, of: Section, body: SectionIn) -> Any:
    """Change a section as a whole, e.g. ``?of=settle``."""
    seen = seen_tag(request)
    if not seen:
        return UNSEEN
    try:
        done = study_settings.put_section(request.scope.park, of, body.values, seen, request.user)
        if done.outcome == "conflict":
            return Status(409, {"detail": "conflict"})
        if done.outcome == "problems":
            return refused(done.problems)
        if done.outcome == "saved":
            log("settings changed", park=request.scope.park, by=request.user, about=of)
        return _shown(response, request.scope.park)
    except StudyError as error:
        return refused({}, error.problems)
