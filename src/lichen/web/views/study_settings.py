"""The settings of a park's study: what is set, and forms to change it."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from lichen.appraise.risk import contract_outline
from lichen.errors import Language, Problem, StudyError
from lichen.figures import KINDS, Text
from lichen.report.texts import Words
from lichen.study.schema import NAMED, SECTIONS, Setting, section, settings_of
from lichen.units import unit_name
from lichen.web import study_settings
from lichen.web.middleware import Request, current
from lichen.web.models import Change
from lichen.web.policy import Action, log, reach, rule
from lichen.web.setting_forms import form_names, text_of, written_of
from lichen.web.setting_places import Place, first_tables, place_of
from lichen.web.study_settings import Said
from lichen.web.texts import catalogue, words

STATUS = {"problems": 422, "conflict": 409}
MOST_CHANGES = 50


@dataclass(frozen=True)
class Line:
    """A key on the page of all settings: its value as text, or what is usual; the tables under it."""

    setting: Setting
    value: str
    usual: str
    under: tuple[tuple[str, str], ...] = ()
    add: str = ""


@dataclass(frozen=True)
class Field:
    """One field of a form."""

    name: str
    label: str
    value: str
    kind: str
    choices: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True)
class Group:
    """A key in a form: its fields, what is wrong, what is usual."""

    setting: Setting
    fields: tuple[Field, ...]
    problems: tuple[Problem, ...]
    usual: str

    @property
    def lines(self) -> str:
        """What its lines are: values, or names with values; empty where it has none."""
        shape = self.setting.shape
        return "values" if shape in ("list", "wholes") else "pairs" if shape in ("numbers", "words") else ""


@rule(get=Action.READ_SETTINGS)
def listing(request: Request, **named: Any) -> HttpResponse:
    """Show what the park's study sets."""
    lang = current()
    problems: tuple[Problem, ...] = ()
    try:
        now = study_settings.said(request.scope.park)
    except StudyError as error:
        now, problems = Said("", {}), error.problems
    places = [Place((name,), section(name)) for name in SECTIONS]
    shown = [(p.setting, _lines(p.text, p.settings, now.data.get(p.text, {}), lang)) for p in places]
    changes = reach(request.scope, Action.READ_SETTINGS, Change).order_by("-id").select_related("by")[:MOST_CHANGES]
    return render(request, "web/settings.html", {"sections": shown, "problems": problems, "changes": changes})


@rule(get=Action.READ_SETTINGS, post=Action.WRITE_SETTINGS)
def edit(request: Request, **named: Any) -> HttpResponse:
    """Show a table of the settings as a form, or save what was written in it."""
    park, lang, at = request.scope.park, current(), request.GET.get("at", "")
    place = place_of(at)
    try:
        now = study_settings.said(park)
    except StudyError:
        return redirect("settings", park=park.slug)
    table = place.table(now.data) if place is not None else None
    if place is None or table is None:
        raise Http404
    written, outcome, problems = _starting(place, table), "shown", {}
    if request.method == "POST":
        written = {name: "\n".join(request.POST.getlist(name)) for name in written}
        try:
            if request.POST.get("remove") == "yes":
                done = study_settings.remove(park, place, request.POST.get("version", ""), request.user, "browser")
            else:
                version = request.POST.get("version", "")
                done = study_settings.save(park, place, written, version, request.user, "browser")
        except StudyError as error:
            done = study_settings.Saved("problems", {"": error.problems})
        outcome, problems = done.outcome, dict(done.problems)
        if outcome in ("saved", "unchanged"):
            return _done(request, place, outcome)
        if outcome == "gone":
            raise Http404
        now = study_settings.said(park)
    return render(request, "web/settings_form.html", {
        "place": place, "seen": now.version, "outcome": outcome, "others": problems.get("", ()),
        "errors": sum(map(len, problems.values())),
        "groups": groups_of(place.settings, written, problems, lang),
        "first": [
            (s, groups_of(settings_of(s.record or object), written, problems, lang, f"{s.key}/"))
            for s in first_tables(place)
        ],
        "under": [line for line in _lines(place.text, place.settings, table, lang) if line.under or line.add],
        "theirs": _theirs(place, place.table(now.data) or {}, written) if outcome == "conflict" else [],
        "sources": _sources(now.data, lang), "removable": not place.new and place.above and bool(table),
    }, status=STATUS.get(outcome, 200))  # fmt: skip


def _done(request: Request, place: Place, outcome: str) -> HttpResponse:
    """Say that it was saved, and go back to what the table stands in."""
    park = request.scope.park
    if outcome == "saved":
        log("settings changed", park=park, by=request.user, about=place.text)
    messages.success(request, words("saved" if outcome == "saved" else "nothing_changed", current()))
    return redirect("settings", park=park.slug)


def _starting(place: Place, table: Mapping[str, Any]) -> dict[str, str]:
    written = written_of(place.settings, table)
    for setting in first_tables(place):
        blank = written_of(settings_of(setting.record or object), {})
        written |= {f"{setting.key}/{name}": text for name, text in blank.items()}
    return written


def groups_of(
    settings: Sequence[Setting], written: Mapping[str, str], problems: Mapping[str, Sequence[Problem]],
    lang: Language, start: str = "",
) -> list[Group]:  # fmt: skip
    """Return the keys of a form with what is written and what is wrong at each."""
    return [
        Group(s, _fields(s, written, lang, start), tuple(problems.get(start + s.key, ())), _usual(s, lang))
        for s in settings if form_names(s)
    ]  # fmt: skip


def _fields(setting: Setting, written: Mapping[str, str], lang: Language, start: str) -> tuple[Field, ...]:
    found = []
    for name in form_names(setting):
        part = name.rpartition(".")[2] if "." in name else ""
        label = words(f"setting_{part}", lang) if part else setting.name.text(lang)
        value = written.get(start + name, "")
        options: tuple[str, ...] = setting.choices
        kind = {"figure": "text", "texts": "text", "list": "lines", "wholes": "lines", "numbers": "lines",
                "words": "lines", "yes": "choice"}.get(setting.shape, setting.shape)  # fmt: skip
        if setting.shape == "yes":
            options = ("yes", "no")
        if part == "kind":
            kind, options = "choice", KINDS
        if part in ("note", "zh", "en", "source") or (kind == "text" and setting.shape == "text"):
            kind = "source" if part == "source" else "long"
        chosen = value.split("\n")
        named = tuple((one, choice_name(one, lang), one in chosen) for one in options)
        found.append(Field(start + name, label, value, kind, named))
    return tuple(found)


def choice_name(value: str, lang: Language) -> str:
    """Return what a choice is called."""
    if value in KINDS:
        return Words(lang)(value)
    if value in _terms():
        return _terms()[value].text(lang)
    key = f"choice_{value}".replace(" ", "_").replace("-", "_")
    return words(key, lang) if key in catalogue() else value


@functools.cache
def _terms() -> Mapping[str, Text]:
    """Return what the terms of a contract are called."""
    return {term.id: term.name for term in contract_outline(heat=True)}


def _usual(setting: Setting, lang: Language) -> str:
    """Return what holds where a key is not given."""
    if setting.needed or setting.default in (None, "", (), {}, 0) or isinstance(setting.default, Text):
        return ""
    return "" if setting.record is not None else _shown(setting, setting.default, lang)


def _shown(setting: Setting, value: Any, lang: Language) -> str:
    """Return a value as a reader has it."""
    if value is None or value in ("", (), [], {}):
        return ""
    if isinstance(value, Text):
        return value.text(lang)
    if setting.shape == "figure" and isinstance(value, Mapping):
        ends = f" ({value['low']:g} – {value['high']:g})" if "low" in value and "high" in value else ""
        kind = choice_name(str(value.get("kind", "")), lang)
        return f"{text_of(value.get('value'))} {unit_name(str(value.get('unit', '')), lang)}{ends} · {kind}"
    if setting.shape == "texts" and isinstance(value, Mapping):
        return str(value.get(lang) or value.get("en", ""))
    if setting.shape in ("choice", "choices"):
        return ", ".join(choice_name(str(one), lang) for one in ([value] if isinstance(value, str) else value))
    if isinstance(value, bool):
        return choice_name("yes" if value else "no", lang)
    if isinstance(value, Mapping):
        return "; ".join(f"{key} = {one if not isinstance(one, Mapping) else '…'}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _lines(above: str, settings: Sequence[Setting], table: Any, lang: Language) -> list[Line]:
    """Return the keys of a table as lines, with the tables and the named values under each."""
    found = []
    given = table if isinstance(table, Mapping) else {}
    for setting in settings:
        value = given.get(setting.key)
        if setting.shape == "records":
            several = value if isinstance(value, list) else []
            under = tuple((f"{above}.{setting.key}.{n}", _title(one, setting, lang)) for n, one in enumerate(several))
            new = above.rpartition(".")[2] == "new"
            found.append(Line(setting, "", "", under, "" if new else f"{above}.{setting.key}.new"))
        elif setting.shape in NAMED:
            given_names = value.items() if isinstance(value, Mapping) else ()
            one = replace(setting, shape=NAMED[setting.shape])
            under = tuple(
                (f"{above}.{setting.key}.{name}", f"{choice_name(name, lang)} · {_shown(one, told, lang)}")
                for name, told in given_names
            )
            new = above.rpartition(".")[2] == "new"
            found.append(Line(setting, "", "", under, "" if new else f"{above}.{setting.key}.new"))
        elif setting.shape == "record":
            there = ((f"{above}.{setting.key}", words("setting_set", lang)),) if value else ()
            found.append(Line(setting, "", "", there, "" if value else f"{above}.{setting.key}"))
        else:
            found.append(Line(setting, _shown(setting, value, lang), _usual(setting, lang)))
    return found


def _title(table: Any, setting: Setting, lang: Language) -> str:
    """Return what a table in a list is called: its name, its code, and its bounds where it has some."""
    if not isinstance(table, Mapping) or setting.record is None:
        return "–"
    parts = {s.key: _shown(s, table.get(s.key), lang) for s in settings_of(setting.record)}
    ends = [
        f"{s.name.text(lang)} {parts[s.key].rpartition(' · ')[0]}"
        for s in settings_of(setting.record) if s.shape == "figure" and parts[s.key]
    ]  # fmt: skip
    return " · ".join([parts.get("name") or parts.get("id") or "–", *ends])


def _theirs(place: Place, table: Mapping[str, Any], written: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return what somebody else saved meanwhile beside what is written, by field."""
    now = written_of(place.settings, table)
    return [(name, text, written.get(name, "")) for name, text in now.items() if text != written.get(name, "")]


def _sources(data: Mapping[str, Any], lang: Language) -> list[tuple[str, str]]:
    """Return the sources of the study to choose from."""
    found = data.get("sources", {})
    known = found.items() if isinstance(found, Mapping) else ()
    return [(key, str(one.get("title", ""))) for key, one in known if isinstance(one, Mapping)]
