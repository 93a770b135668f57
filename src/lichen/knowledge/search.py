"""Find exchange types: by donor, receiver, material and case, or by words in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from lichen.errors import Language, current_language
from lichen.knowledge.conditions import industry_fits, material_fits
from lichen.knowledge.values import CITY, Case, ExchangeType, Knowledge
from lichen.vocabulary.industries import industries, industry
from lichen.vocabulary.materials import match_material, material
from lichen.vocabulary.names import alike, plain

HitKind = Literal["exchange type", "case"]
WORST = 60.0
"""Hits that score below this are not shown [0 to 100]."""
_MOST_MATERIALS = 6
_NAMED, _BELOW, _ABOVE, _REPLACED, _BY_STORY, _BY_INDUSTRY = 0.95, 0.9, 0.8, 0.7, 70.0, 75.0
"""What a hit counts: stream named itself, below or above a named one, what is replaced; words of a story, industry."""


@dataclass(frozen=True)
class Hit:
    """Something that was found: what, its id and name, how near it is [0 to 100], and the words that matched."""

    kind: HitKind
    id: str
    name: str
    score: float
    why: str


def select(
    base: Knowledge, donor: str = "", receiver: str = "", material: str = "", case: str = ""
) -> tuple[ExchangeType, ...]:
    """Return the exchange types that fit every filter that is given.

    Parameters
    ----------
    base
        The knowledge base.
    donor, receiver
        A code of GB/T 4754-2017 of any level, or "city"; fits what is above and below it.
    material
        Code of a material that is given or replaced; fits what is above and below it.
    case
        Id of a case that the type is known from.

    Raises
    ------
    LabelError
        A code that is none, with the nearest.
    """
    for code in (donor, receiver):
        if code and code != CITY:
            industry(code)
    return tuple(
        item for item in base.types.values()
        if (not donor or industry_fits(donor, item.donors) != "no")
        and (not receiver or industry_fits(receiver, item.receivers) != "no")
        and (not material or material_fits(material, (*item.streams, *(s.material for s in item.replaces))) != "no")
        and (not case or case in item.cases)
    )  # fmt: skip


def search(base: Knowledge, text: str, most: int = 20, lang: Language | None = None) -> tuple[Hit, ...]:
    """Return exchange types and cases that a text may mean, the likeliest first.

    Parameters
    ----------
    base
        The knowledge base.
    text
        Words in Chinese or English: a material, an industry, a place, a name.
    most
        Most hits to return.
    lang
        Language of names in the answer; default: the current one.
    """
    key = plain(text)
    if not key:
        return ()
    lang = lang or current_language()
    best: dict[tuple[HitKind, str], Hit] = {}
    for hit in (*_by_name(base, key, lang), *_by_material(base, text, lang), *_by_industry(base, key, lang)):
        known = best.get((hit.kind, hit.id))
        if hit.score >= WORST and (known is None or hit.score > known.score):
            best[hit.kind, hit.id] = hit
    rounded = (replace(hit, score=round(hit.score, 1)) for hit in best.values())
    ranked = sorted(rounded, key=lambda hit: (-hit.score, hit.kind != "exchange type", hit.id))
    return tuple(ranked[:most])


def _near(key: str, words: str) -> float:
    """Return how near a plain text is to words; words that hold it whole count much."""
    other = plain(words)
    if not other:
        return 0.0
    if key == other:
        return 100.0
    inside = key in other if not key.isascii() else f" {key} " in f" {other} "
    return max(alike(key, other), 85.0 if inside and len(key) > 1 else 0.0)


def _by_name(base: Knowledge, key: str, lang: Language) -> Iterator[Hit]:
    for item in base.types.values():
        for words in (item.id.replace("-", " "), item.name.en, item.name.zh):
            yield Hit("exchange type", item.id, item.name.text(lang), _near(key, words), words)
    for case in base.cases.values():
        for words in (case.id.replace("-", " "), case.name.en, case.name.zh, case.place):
            yield Hit("case", case.id, case.name.text(lang), _near(key, words), words)
        yield from _by_story(case, key, lang)


def _by_story(case: Case, key: str, lang: Language) -> Iterator[Hit]:
    for told in (case.challenge, case.barriers, case.approach, case.discovery, case.preconditions, case.lessons):
        for words in (told.en, told.zh):
            inside = key in plain_long(words) if not key.isascii() else f" {key} " in f" {plain_long(words)} "
            if inside and len(key) > 1:
                yield Hit("case", case.id, case.name.text(lang), _BY_STORY, words)


def plain_long(text: str) -> str:
    """Return a long text in the form in which names are compared, sentence by sentence."""
    return " ".join(plain(part) for part in text.replace("。", ".").replace("；", ".").split("."))


def _by_material(base: Knowledge, text: str, lang: Language) -> Iterator[Hit]:
    """Yield the types of the materials that a text may mean; what is given counts more than what is replaced."""
    for match in match_material(text, most=_MOST_MATERIALS):
        name = material(match.code).name(lang)
        for item in base.types.values():
            fits = material_fits(match.code, item.streams)
            if fits != "no":
                part = _NAMED if match.code in item.streams else _BELOW if fits == "yes" else _ABOVE
                yield Hit("exchange type", item.id, item.name.text(lang), match.score * part, name)
            elif material_fits(match.code, [s.material for s in item.replaces]) == "yes":
                yield Hit("exchange type", item.id, item.name.text(lang), match.score * _REPLACED, name)


def _by_industry(base: Knowledge, key: str, lang: Language) -> Iterator[Hit]:
    """Yield the types of an industry whose name or code the text is."""
    codes = {i.code for i in industries() if key in (i.code, plain(i.name_zh), plain(i.name_en))}
    codes |= {CITY} if key in (CITY, "城市") else set()
    for code in codes:
        name = code if code == CITY else industry(code).name(lang)
        for item in base.types.values():
            if industry_fits(code, (*item.donors, *item.receivers)) != "no":
                yield Hit("exchange type", item.id, item.name.text(lang), _BY_INDUSTRY, name)
