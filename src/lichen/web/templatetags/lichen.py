"""What templates can say: words in the page's language, numbers, times, problems."""

from __future__ import annotations

import datetime
import functools
import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from lichen.appraise.cost_table import cost_columns
from lichen.errors import Language, Problem
from lichen.figures import KINDS
from lichen.inventory.dictionary import SHEETS, Entity, columns, field, fields
from lichen.monitor import dictionary as follow_dictionary
from lichen.report.html import percent as _percent
from lichen.report.svg import format_number
from lichen.report.texts import Words
from lichen.study.schema import Setting
from lichen.units import unit_name
from lichen.vocabulary.industries import industries
from lichen.vocabulary.materials import material_named
from lichen.web.cost_forms import cost_heading
from lichen.web.drafts import known_materials, material_said
from lichen.web.middleware import current
from lichen.web.models import Change
from lichen.web.rows import field_text
from lichen.web.setting_places import setting_path
from lichen.web.texts import catalogue, words

register = template.Library()


@register.simple_tag
def w(key: str, **values: Any) -> str:
    """Return words of the page's language."""
    return words(key, current(), **values)


@register.simple_tag
def said(group: str, name: str) -> str:
    """Return the words for ``group_name``, or the name itself where there are none."""
    key = f"{group}_{name}".replace(" ", "_").replace("-", "_")
    return words(key, current()) if key in catalogue() else name


@register.simple_tag
def r(key: str, **values: Any) -> str:
    """Return words of the library's reports, in the page's language."""
    return Words(current())(key, **values)


@register.filter
def twice(sd: float) -> float:
    """Return half the range that holds a value in 95 of 100 cases, from its standard deviation."""
    return 1.96 * sd


@register.filter
def known(name: str, group: str) -> str:
    """Return the report's words for a value of a group, e.g. the way in which an opportunity was found."""
    return Words(current()).known(group, name)


@register.filter
def report_word(name: str, group: str) -> str:
    """Return the report's words for ``group_name``."""
    return Words(current())(f"{group}_{name}")


@register.filter
def share(value: float) -> str:
    """Return a share as a number of per cent."""
    return format_number(value * 100, 3)


@register.filter
def number(value: Any, digits: int = 4) -> str:
    """Return a number with significant digits; a dash where there is none."""
    return "–" if value is None or value == "" else format_number(float(value), digits)


@register.filter
def times(value: Any, factor: str) -> float | None:
    """Return a number times a factor; nothing where there is none."""
    return None if value is None else float(value) * float(factor)


@register.filter
def last_year(result: Any) -> int:
    """Return the last year that a design counts."""
    return int(result["start"] + result["years"] - 1)


@register.filter
def run_name(value: Any) -> str:
    """Return the name of a run; the time it was asked for where it was given none."""
    return when(value) if isinstance(value, datetime.datetime) else str(value)


@register.filter
def settings_told(params: Any) -> list[tuple[str, str]]:
    """Return the settings of a run in words."""
    lang, found = current(), []
    for name, value in params.items():
        key = next((k for k in (f"design_{name}", f"scenario_{name}", f"settlement_{name}") if k in catalogue()), "")
        if key and name not in ("design", "file"):
            text = value if isinstance(value, list) else [value]
            group = {"objective": "gain", "second": "gain", "ways": "way"}.get(name, "")
            shown = [Words(lang).known(group, str(part)) if group else _amount_said(name, str(part)) for part in text]
            found.append((words(key, lang), ", ".join(shown)))
    return found


def _amount_said(name: str, text: str) -> str:
    """Return a setting in words; an amount of money with its unit in the page's language."""
    number_unit = re.fullmatch(r"([−+\-\d.,\s]+)(\D.*)", text)
    return f"{number_unit[1].strip()} {unit(number_unit[2].strip())}" if number_unit else said(name, text)


@register.filter
def percent(share: float) -> str:
    """Return a share in whole per cent."""
    return _percent(share, 0)


@register.filter
def when(time: datetime.datetime) -> str:
    """Return a time to the minute, in UTC."""
    return timezone.localtime(time, datetime.UTC).strftime("%Y-%m-%d %H:%M")


@register.filter
def found(problem: Problem) -> str:
    """Return what was found."""
    return problem.found(current())


@register.filter
def mend(problem: Problem) -> str:
    """Return how to mend it."""
    return problem.mend(current())


@register.filter
def place(problem: Problem) -> str:
    """Return where it is."""
    return problem.where.text(current())


@register.filter
def park_name(park: Any) -> str:
    """Return the name of a park in the page's language."""
    return str((park.name_zh if current() == "zh" else park.name) or park.name)


@register.filter
def sheet(entity: Entity) -> str:
    """Return what the rows of an entity are called."""
    return SHEETS[entity][current() == "zh"]


@register.filter
def unit(text: str) -> str:
    """Return a unit as a reader of the page's language writes it, where it is a known one."""
    return unit_name(str(text or ""), current())


@register.filter
def setting_name(setting: Setting) -> str:
    """Return what a key of the study's settings is called."""
    return setting.name.text(current())


@register.filter
def setting_meaning(setting: Setting) -> str:
    """Return what a key of the study's settings means, without what only the file's reader needs."""
    plain = re.sub(r"[,，:：]\s*`[\[{][^`]*[\]}]`", "", setting.meaning.text(current()))
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", plain).replace("`", "")


@register.filter
def label(key: str, entity: Entity) -> str:
    """Return the heading of a column of the flow database, of costs, or of follow-up."""
    return _label(key, entity, current())


@functools.cache
def _label(key: str, entity: Entity, lang: Language) -> str:
    if entity == "cost":  # type: ignore[comparison-overlap]  # rows of costs have a dictionary of their own
        return next((cost_heading(c, lang) for c in cost_columns() if c.name == key), key)
    known = columns(entity) if entity in SHEETS else follow_dictionary.columns(entity)
    return next((c.label(lang) for c in known if c.key == key), key)


@register.filter
def row_said(row: str, entity: str) -> str:
    """Return what a history calls a row, in the page's language; of follow-up it says which register it stands in."""
    if entity in follow_dictionary.TITLES:
        return f"{follow_dictionary.TITLES[entity][current() == 'zh']} · {row}"
    return _row_said(row, current()) if entity == "flow" else row


def _row_said(row: str, lang: Language) -> str:
    """Return a flow's firm, process, direction, role, material, year, fate, partner; what is not told is left out."""
    parts = row.split(" · ")
    sides, roles, fates = (_choices(f"flow.{name}", lang) for name in ("direction", "role", "fate"))
    at = next((n for n in (1, 2) if n < len(parts) - 2 and parts[n] in sides and parts[n + 1] in roles), 0)
    if not at:
        return row
    told = [sides[parts[at]], roles[parts[at + 1]], _material_given(parts[at + 2], lang)]
    return " · ".join([*parts[:at], *told, *(fates.get(part, part) for part in parts[at + 3 :])])


@functools.lru_cache(5000)
def _material_given(name: str, lang: Language) -> str:
    """Return the name of a material that somebody gave by any of its names; other words as they are."""
    found = material_named(name)
    return found.name(lang) if found is not None else name


@register.filter
def word(choice: str, name: str) -> str:
    """Return a choice of follow-up in the page's language; ``name`` is ``event.state``."""
    entity, _, own = name.partition(".")
    return follow_dictionary.word(entity, own, choice).text(current())  # type: ignore[arg-type]


@register.filter
def card_name(card: Any) -> str:
    """Return what an exchange is called in the page's language."""
    return str(card.name(current()))


@register.filter
def choice(value: str, name: str) -> str:
    """Return a stored choice in the page's language; ``name`` is ``flow.role``."""
    return _choices(name, current()).get(value, value)


@functools.cache
def _choices(name: str, lang: Language) -> dict[str, str]:
    entity, _, own = name.partition(".")
    chosen = field(entity, own)  # type: ignore[arg-type]
    return dict(zip(chosen.choices, chosen.words(lang), strict=True))


@register.filter
def industry_name(code: str) -> str:
    """Return the name of an industry, or the code where it is not known."""
    return _industries(current()).get(code, code)


@functools.cache
def _industries(lang: Language) -> dict[str, str]:
    return {i.code: i.name(lang) for i in industries()}


@register.filter
def material_name(code: str) -> str:
    """Return the name of a material, or what the firm calls it where the vocabulary does not know it."""
    return material_said(code, current())


@register.filter
def of(mapping: Any, key: Any) -> Any:
    """Return an entry of a mapping; nothing where there is none."""
    return mapping.get(key, "")


@register.filter
def plain(value: Any) -> str:
    """Return a value as it is written in a field: a whole number without its decimals."""
    return field_text(value)


@register.simple_tag
def material_options() -> SafeString:
    """Return the materials of the vocabulary to choose from."""
    return _material_options(current())


@functools.cache
def _material_options(lang: Language) -> SafeString:
    return format_html_join("", '<option value="{}">', ((name,) for name in known_materials(lang)))


@register.simple_tag
def industry_options() -> SafeString:
    """Return the industries to choose from: codes with their names."""
    return _industry_options(current())


@functools.cache
def _industry_options(lang: Language) -> SafeString:
    return format_html_join("", '<option value="{}">{} {}', ((i.code, i.code, i.name(lang)) for i in industries()))


def _escaped(value: Any) -> str:
    """Return a value as text of a page; Django's own way asks of each whether it is safe already, which none is."""
    return html.escape(str(value))


@register.simple_tag
def options(pairs: Iterable[tuple[str, str]], chosen: Any) -> SafeString:
    """Return choices of a field from their values and words, one chosen."""
    told = (
        f'<option value="{_escaped(value)}"{" selected" if value == chosen else ""}>{_escaped(name)}</option>'
        for value, name in pairs
    )
    return mark_safe("".join(told))  # noqa: S308  # each is escaped


def _elsewhere(author: str) -> str:
    """Return who did something as a study's file says it, marked so that nobody takes it for an account of ours."""
    return f'{_escaped(author)} <span class="badge">{_escaped(words("from_study", current()))}</span>'


@register.simple_tag
def sender(one: Any) -> SafeString:
    """Return who sent a document or noted an event: an account, or a name in a study that came in."""
    told = _elsewhere(one.author) if one.author is not None else _escaped("–" if one.by is None else one.by)
    return mark_safe(told)  # noqa: S308  # each is escaped


@register.simple_tag
def change_rows(changes: Iterable[Change]) -> SafeString:
    """Return the rows of a history, in one piece as those of flows."""
    lang = current()
    rows = []
    for c in changes:
        by = str(c.by) if c.by_id is not None else words("by_system", lang)
        told = _cell("", by) if c.author is None else f"<td>{_elsewhere(c.author)}</td>"
        what = f'<span class="badge {_escaped(c.what)}">{_escaped(said("what", c.what))}</span>'
        if c.entity == "setting":
            *path, of = setting_path(f"{c.row}.{c.field}", lang)
            row = " · ".join(path)
        else:
            row, of = row_said(c.row, c.entity), label(c.field, c.entity)  # type: ignore[arg-type]
        file = _cell("nowrap", words("by_browser", lang)) if c.file == "browser" else _cell("", c.file)
        before, after = (_value_said(c, value, lang) for value in (c.before, c.after))
        cells = (
            _cell("nowrap", when(c.time)), told, file, f"<td>{what}</td>",
            _cell("", row), _cell("", of), _cell("was", before or "–"), _cell("", after or "–"),
        )  # fmt: skip
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return mark_safe("\n".join(rows))  # noqa: S308  # each is escaped


def _value_said(change: Change, value: str, lang: Language) -> str:
    """Return a value of a history as a reader has it: units, and in settings how a number is known."""
    if change.field.endswith("unit"):
        return unit_name(value, lang)
    if change.field == "kind" and value in KINDS:
        return Words(lang)(value)
    return _choices_said(change.entity, change.field, lang).get(value, value)


@functools.cache
def _choices_said(entity: str, name: str, lang: Language) -> Mapping[str, str]:
    """Return what the choices of a field are called, by the key that is stored; nothing where it has none."""
    if entity in SHEETS:
        known: Iterable[Any] = fields(entity)
    elif entity in follow_dictionary.TITLES:
        known = follow_dictionary.fields(entity)
    else:
        return {}
    found = next((f for f in known if f.name == name), None)
    return dict(zip(found.choices, found.words(lang), strict=True)) if found is not None else {}


@register.simple_tag
def firm_rows(shown: Iterable[tuple[Any, Mapping[str, Any]]], slug: str, reads: bool) -> SafeString:
    """Return the rows of a table of firms; in one piece, as those of flows."""
    firms, lang = reverse("firms", args=[slug]), current()
    levels, named = _choices("firm.disclosure", lang), _industries(lang)
    rows = []
    for f, told in shown:
        name = f'<a href="{firms}{f.pk}/">{_escaped(f.name)}</a>' if reads else _escaped(f.name)
        cells = [
            f'<td class="name">{name}</td>', _cell("", f.code),
            _cell("", f"{f.industry} {named.get(f.industry, f.industry)}"),
        ]  # fmt: skip
        if reads:
            level = f.values.get("disclosure", "")
            cells += [
                _cell("n", told["count"]), _cell("n", told["newest"] or "–"), _cell("", levels.get(level, level))
            ]  # fmt: skip
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return mark_safe("\n".join(rows))  # noqa: S308  # each is escaped


@register.simple_tag
def flow_rows(flows: Iterable[Any], slug: str, with_firm: bool, partners: Mapping[str, str]) -> SafeString:
    """Return the rows of a table of flows; in one piece, for tables are long and templates slow.

    ``partners`` are the names of firms by the code that a row tells.
    """
    firms, lang = reverse("firms", args=[slug]), current()
    rows = (_flow_row(f, firms, with_firm, partners, lang) for f in flows)
    return mark_safe("\n".join(rows))  # noqa: S308  # each is escaped


def _flow_row(f: Any, firms: str, with_firm: bool, partners: Mapping[str, str], lang: Language) -> str:
    values, firm = f.values, f"{firms}{f.firm_id}/"
    word = {name: _choices(f"flow.{name}", lang) for name in ("direction", "role", "quality", "fate")}
    half = values.get("uncertainty")
    quantity = number(values.get("quantity"), 6)
    around = "" if half is None else f'<span class="muted"> ± {number(half, 3)} %</span>'
    cells = [
        _cell("", f.process or "–"),
        _cell("nowrap", _listed(word["direction"].get(f.direction, f.direction), word["role"].get(f.role, f.role))),
        f'<td class="name"><a href="{firm}flows/{f.pk}/" title="{_escaped(values.get("material", ""))}">'
        f"{_escaped(material_said(f.material, lang))}</a></td>",
        f'<td class="n">{quantity} {_escaped(unit_name(values.get("quantity unit", ""), lang))}{around}</td>',
        _cell("n", f.year),
        f'<td><span class="kind {_escaped(f.quality)}">'
        f"{_escaped(word['quality'].get(f.quality, f.quality))}</span></td>",
        f'<td title="{_escaped(f.partner)}">'
        f"{_escaped(_listed(word['fate'].get(values.get('fate') or '', ''), partners.get(f.partner, f.partner)))}</td>",
        f'<td class="source" title="{_escaped(values.get("source", ""))}">{_escaped(values.get("source", ""))}</td>',
    ]  # fmt: skip
    if with_firm:
        cells.insert(0, f'<td class="name"><a href="{firm}">{_escaped(f.firm__name)}</a></td>')
    return f"<tr>{''.join(cells)}</tr>"


def _listed(*parts: str) -> str:
    """Return what is known of some parts, in one line."""
    return " · ".join(filter(None, parts))


def _cell(name: str, value: Any) -> str:
    return f'<td class="{name}">{_escaped(value)}</td>' if name else f"<td>{_escaped(value)}</td>"
