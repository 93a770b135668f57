"""The part of the API that speaks of the knowledge library: exchange types, cases, technologies, standards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

from ninja import Query, Router, Schema, Status
from pydantic import Field

from lichen.errors import LANGUAGES, Language, language
from lichen.knowledge.values import Knowledge
from lichen.web.api_base import REFUSED, Pages
from lichen.web.knowledge import Entry, base_of, entries, found, lines, related
from lichen.web.middleware import Request, current
from lichen.web.policy import Action, rule

router = Router()
Kind = Literal["type", "case", "technology", "standard"]
KNOWLEDGE = "/parks/{slug:park}/knowledge"


class SaidOut(Schema):
    """A text in both languages."""

    en: str
    zh: str


class NamedOut(Schema):
    """An entry in a list: its name, and a line that says more of it."""

    kind: Kind
    id: str
    name: SaidOut
    more: SaidOut


class NamedRowsOut(Schema):
    """Some entries, and how many there are."""

    count: int
    rows: list[NamedOut]


class LineOut(Schema):
    """A line of an entry; one without a label is text."""

    label: str
    text: str


class LinesOut(Schema):
    """An entry's lines in both languages."""

    en: list[LineOut]
    zh: list[LineOut]


class EntryOut(Schema):
    """Everything about an entry, with its sources, and the entries that it speaks of or that speak of it."""

    kind: Kind
    id: str
    name: SaidOut
    lines: LinesOut
    related: list[NamedOut]


class Wanted(Pages):
    """Which entries are wanted: of a kind, or what words may mean, of all kinds unless one is named."""

    kind: Kind | None = None
    q: str = Field("", max_length=100)


def _names(base: Knowledge, lang: Language) -> dict[tuple[str, str], Entry]:
    return {(e.kind, e.id): e for kind in get_args(Kind) for e in entries(base, kind, lang)}


def _both(base: Knowledge, rows: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return entries with names in both languages; what a list found says of itself goes before."""
    names = {lang: _names(base, lang) for lang in LANGUAGES}
    told = [(e, {lang: names[lang].get((e.kind, e.id), e) for lang in LANGUAGES}) for e in rows]
    return [
        {"kind": e.kind, "id": e.id, "name": {lang: own.name for lang, own in by.items()},
         "more": {lang: own.more for lang, own in by.items()}} for e, by in told
    ]  # fmt: skip


@router.get(KNOWLEDGE, response={200: NamedRowsOut, **REFUSED}, url_name="knowledge")
@rule(get=Action.READ_KNOWLEDGE)
def search(request: Request, park: str, wanted: Query[Wanted]) -> Any:
    """List entries by name, or those that words may mean, the likeliest first."""
    base, lang = base_of(request.scope), current()
    if wanted.q.strip():
        rows = [e for e in found(base, wanted.q.strip(), lang) if wanted.kind in (None, e.kind)]
    else:
        rows = [e for kind in get_args(Kind) if wanted.kind in (None, kind) for e in entries(base, kind, lang)]
    return {"count": len(rows), "rows": _both(base, rows[wanted.offset : wanted.offset + wanted.limit])}


@router.get(f"{KNOWLEDGE}/entry", response={200: EntryOut, **REFUSED}, url_name="knowledge_entry")
@rule(get=Action.READ_KNOWLEDGE)
def entry(request: Request, park: str, kind: Kind, id: str) -> Any:  # noqa: A002  # the name in the address
    """Return everything about an entry, with its sources."""
    base, name, told = base_of(request.scope), {}, {}
    for lang in LANGUAGES:
        with language(lang):
            said = lines(base, kind, id)
        if said is None:
            return Status(404, {"detail": "not found"})
        name[lang] = said[0][1]
        told[lang] = [{"label": label, "text": text} for label, text in said[1:]]
    return {"kind": kind, "id": id, "name": name, "lines": told,
            "related": _both(base, related(base, kind, id, current()))}  # fmt: skip
