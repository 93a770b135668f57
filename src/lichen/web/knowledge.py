"""The library of what works elsewhere, for pages: what is in it, what words find, each entry with its sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lichen.errors import Language, LichenError
from lichen.knowledge import words
from lichen.knowledge.read import knowledge
from lichen.knowledge.search import search
from lichen.knowledge.store import load
from lichen.knowledge.values import ExchangeType, Knowledge
from lichen.report.texts import Words
from lichen.vocabulary.names import plain
from lichen.web.balance import study_files
from lichen.web.kept import Kept
from lichen.web.models import StudyFile
from lichen.web.policy import Action, Scope

KINDS = ("type", "case", "technology", "standard")
MOST, MOST_CASES = 60, 3
_bases = Kept(8)


@dataclass(frozen=True)
class Entry:
    """An entry in a list: its kind and id, its name, and what says more of it in a line."""

    kind: str
    id: str
    name: str
    more: str = ""


def base_of(scope: Scope) -> Knowledge:
    """Return the library; for who works on the study, with the study's own entries beside it.

    A study whose own entries cannot be used has none here; the jobs say what is wrong with them.
    """
    own = StudyFile.objects.filter(park=scope.park, path__startswith="knowledge/")
    if not scope.everywhere(Action.READ_ROWS) or not own.exists():
        return knowledge()
    return _bases.get((scope.park.pk, scope.park.revision), lambda: _with_own(scope))


def _with_own(scope: Scope) -> Knowledge:
    try:
        with study_files(scope.park) as (folder, _):
            return load(folder)
    except LichenError:
        return knowledge()


def entries(base: Knowledge, kind: str, lang: Language) -> list[Entry]:
    """Return all entries of a kind, by name."""
    made: Iterable[Entry]
    if kind == "case":
        made = (Entry(kind, c.id, c.name.text(lang), " · ".join(p for p in (c.place, c.country, c.years) if p))
                for c in base.cases.values())  # fmt: skip
    elif kind == "technology":
        made = (Entry(kind, t.id, t.name.text(lang), t.what.text(lang)) for t in base.technologies.values())
    elif kind == "standard":
        made = (Entry(kind, s.id, f"{s.code} {s.title.text(lang)}", s.status) for s in base.standards.values())
    else:
        made = (Entry("type", t.id, t.name.text(lang), _where(base, t, lang)) for t in base.types.values())
    return sorted(made, key=lambda e: plain(e.name))


def _where(base: Knowledge, one: ExchangeType, lang: Language) -> str:
    """Return where a type of exchange is done or studied; empty where no place is known."""
    names = [base.cases[c].name.text(lang) for c in one.cases if c in base.cases]
    if not one.status or not names:
        return ""
    said, shown = Words(lang).known("elsewhere", one.status), names[:MOST_CASES] + ["…"] * (len(names) > MOST_CASES)
    return f"{said}：{'、'.join(shown)}" if lang == "zh" else f"{said} {', '.join(shown)}"


def found(base: Knowledge, text: str, lang: Language) -> list[Entry]:
    """Return entries of all kinds that words may mean: types and cases the likeliest first, then what has the words."""
    hits = [Entry({"exchange type": "type"}.get(h.kind, h.kind), h.id, h.name) for h in search(base, text, MOST, lang)]
    key = plain(text)
    rest = [e for kind in ("technology", "standard") for e in entries(base, kind, lang)
            if key and key in plain(f"{e.id} {e.name} {e.more}")]  # fmt: skip
    return hits + rest[:MOST]


def lines(base: Knowledge, kind: str, name: str) -> list[tuple[str, str]] | None:
    """Return an entry as labels and texts in the current language, its name first; ``None`` if there is none."""
    said: Iterator[str]
    if kind == "type" and name in base.types:
        said = words.type_lines(base.types[name])
    elif kind == "case" and name in base.cases:
        said = words.case_lines(base.cases[name], [t for t in base.types.values() if name in t.cases])
    elif kind == "technology" and name in base.technologies:
        said = words.technology_lines(base.technologies[name])
    elif kind == "standard" and name in base.standards:
        said = words.standard_lines(base.standards[name])
    else:
        return None
    return [("", next(said)), *(_split(line) for line in said)]


def _split(line: str) -> tuple[str, str]:
    """Return the label and the text of a line; a line without a label is text."""
    places = [at for mark in (": ", "：") if 0 < (at := line.find(mark)) <= 24]
    if not places:
        return "", line
    at = min(places)
    return line[:at].strip(), line[at + 1 :].strip()


def related(base: Knowledge, kind: str, name: str, lang: Language) -> list[Entry]:
    """Return the entries that an entry speaks of, and those that speak of it."""
    types = [t for t in base.types.values() if name in _named(t, kind)]
    made = [Entry("type", t.id, t.name.text(lang)) for t in types] if kind != "type" else []
    if kind == "type" and name in base.types:
        item = base.types[name]
        made += [Entry("case", c, base.cases[c].name.text(lang)) for c in item.cases if c in base.cases]
        made += [Entry("technology", t.id, t.name.text(lang)) for t in item.treatment]
        made += [Entry("standard", s.id, f"{s.code} {s.title.text(lang)}") for s in item.standards]
    return made


def _named(item: ExchangeType, kind: str) -> tuple[str, ...]:
    if kind == "case":
        return tuple(item.cases)
    if kind == "technology":
        return tuple(t.id for t in item.treatment)
    return tuple(s.id for s in item.standards) if kind == "standard" else ()
