"""What a firm sees of an opportunity, step by step; lists, filters, orders, pages and the API know nothing else.

Step 1: class of the material, band of the quantity, band of the distance. Step 2, when both consent: names, materials,
known cases, questions; quantities as the firms' own levels allow (:mod:`lichen.discover.visibility`). Step 3:
composition, prices and the quantity as a number, between the two. What a firm told itself it always sees. Ranks,
scores, rivals and joint gains in money are of the whole park: no firm sees them.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from lichen.discover.values import Span
from lichen.discover.visibility import STRICT, shown_amount
from lichen.errors import Language
from lichen.inventory.values import Disclosure
from lichen.report.discovery import SCALES
from lichen.report.svg import format_number
from lichen.vocabulary.materials import material, materials
from lichen.web.consent import State
from lichen.web.models import DETAILS, NAMES, FirmRow, FlowRow, Opportunity
from lichen.web.opportunities import Facts
from lichen.web.texts import words

KM = (5.0, 20.0, 50.0, 100.0)
"""Where the bands of distances end [km]."""
LEAST_CLASS = 4
"""Materials that a class must have, so that it names none of them."""
OPEN_REASONS = frozenset({
    "implemented", "documented", "known_type", "same_material", "known_substitute", "known_receiver", "similar", "akin",
    "good_enough", "additionality", "hazard", "hazardous",
})  # fmt: skip
"""Reasons that tell nothing of what either firm told."""
OTHER = {"donor": "receiver", "receiver": "donor"}


def class_name(code: str, lang: Language) -> str:
    """Return the class of a material: its heading in the vocabulary, or, where that is too narrow, its form."""
    if not code:
        return "–"
    head = code.split(".", 1)[0]
    if head == "gas":  # gases stand under several headings, some of them narrow
        return words("form_of_gas", lang)
    if head in _wide():
        return material(head).name(lang)
    return words(f"form_of_{material(code).form}", lang)


@functools.cache
def _wide() -> frozenset[str]:
    """Return the headings of the vocabulary under which enough materials stand."""
    codes = {m.code for m in materials()}
    counts = Counter(code.split(".", 1)[0] for code in codes)
    return frozenset(head for head, count in counts.items() if head in codes and count >= LEAST_CLASS)


def levels_now(found: Iterable[Facts], firms: Mapping[str, FirmRow]) -> Mapping[str, Disclosure]:
    """Return the levels of rows and firms as they are now: a firm that closed something is not shown older results.

    Keys of flows and codes of firms → level; what is gone is private.
    """
    keys = {key for f in found for side in OTHER for key in f[side]["flows"]}
    levels: dict[str, Disclosure] = dict.fromkeys(keys, "private")
    own: dict[str, Disclosure] = {code: firm.values.get("disclosure") or "park" for code, firm in firms.items()}
    codes = {firm.pk: code for code, firm in firms.items()}
    for row in FlowRow.objects.filter(firm__in=list(codes), key__in=keys).only("key", "firm_id", "values"):
        levels[row.key] = row.values.get("disclosure") or own[codes[row.firm_id]]
    return levels | own


def level_of_side(end: Facts, levels: Mapping[str, Disclosure]) -> Disclosure:
    """Return the strictest of what held when the opportunity was found and of what holds now."""
    if not end["told"]:
        return "public"
    told = [levels.get(key, "private") for key in end["flows"]]
    now = told or [levels.get(end["code"], "private")]
    return max([end["level"], *now], key=STRICT.index)


def view(
    handle: Opportunity, f: Facts, side: str, state: State, levels: Mapping[str, Disclosure], lang: Language
) -> dict[str, Any]:
    """Return what the firm at ``side`` sees of an opportunity: nothing but what its step opens.

    Parameters
    ----------
    handle
        The opportunity's row; its id tells nothing.
    f
        Everything that is known of it.
    side
        "donor" or "receiver": the firm's own.
    state
        What both sides consent to.
    levels
        See :func:`levels_now`.
    lang
        Language of the words.
    """
    other = OTHER[side]
    step = state.step
    level = level_of_side(f[other], levels)
    if step >= DETAILS:
        level = "public"
    elif step < NAMES and level == "public":
        level = "park"
    shown: dict[str, Any] = {
        "id": str(handle.pk), "side": side, "step": step, "seen": state.count,
        "own_consent": getattr(state, side), "other_consent": getattr(state, other),
        **_materials(f, side, step, lang), **_amount(f, level), **_distance(f, other, step, levels), "other": "",
    }  # fmt: skip
    if step >= NAMES:
        shown |= _named(f, other, lang)
    if step >= DETAILS:
        shown |= {"content": f["content"], "prices": f["prices"],
                  "checks": [{"text": c[lang], "verdict": c["verdict"]} for c in f["checks"]]}  # fmt: skip
    return shown


def _materials(f: Facts, side: str, step: int, lang: Language) -> dict[str, str]:
    """Return the stream and what it replaces: what is own, or consented to, by name, the rest by class."""
    own_stream, own_need = side == "donor", side == "receiver" and f["demand"] is not None
    stream = material(f["stream"]).name(lang) if own_stream or step >= NAMES else class_name(f["stream"], lang)
    if not f["replaces"]:
        replaces = "–"
    elif own_need or step >= NAMES:
        replaces = material(f["replaces"]).name(lang)
    else:
        replaces = class_name(f["replaces"], lang)
    return {"stream": stream, "replaces": replaces}


def _amount(f: Facts, level: Disclosure) -> dict[str, Any]:
    """Return the feasible quantity as the level allows: a number, a band, or nothing."""
    span = shown_amount(Span(*f["quantity"]), level)
    if span is None:
        return {"quantity": "", "quantity_low": None, "quantity_high": None, "unit": f["unit"]}
    low, high = (span.value, span.value) if level == "public" else (span.low, span.high)
    scale, name = SCALES[f["unit"]] if high >= 1e3 else (1.0, f["unit"])
    ends = [format_number(end / scale, 3) for end in (low, high)]
    text = f"{ends[0]} {name}" if low == high else f"{ends[0]} – {ends[1]} {name}"
    return {"quantity": text, "quantity_low": low, "quantity_high": high, "unit": f["unit"]}


def _distance(f: Facts, other: str, step: int, levels: Mapping[str, Disclosure]) -> dict[str, Any]:
    """Return the band of the distance; of a private firm only when its name is known."""
    private = not f[other]["city"] and "private" in (levels.get(f[other]["code"], "private"), f[other]["level"])
    km = f["distance"]
    if km is None or (private and step < NAMES):
        return {"distance": "", "distance_up_to": None}
    low, high = max((k for k in KM if k <= km), default=0.0), min((k for k in KM if k > km), default=None)
    return {"distance": f"> {low:g} km" if high is None else f"{low:g} – {high:g} km", "distance_up_to": high}


def _named(f: Facts, other: str, lang: Language) -> dict[str, Any]:
    """Return what two firms that know each other's names see."""
    name = words("the_city", lang) if f[other]["city"] else f[other]["name"]
    asked = {end: [q[lang] for q in f["questions"] if q["of"] == end] for end in OTHER}
    return {
        "other": name, "way": f["way"], "types": f["types"],
        "reasons": [p[lang] for p in f["reasons"] if p["code"] in OPEN_REASONS],
        "conditions": [c[lang] for c in f["checks"]], "questions": asked,
        "treatment": [(t["id"], t[lang]) for t in f["treatment"]],
    }  # fmt: skip


def order_of(shown: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what a firm's list is ordered by: only what it shows."""
    low, up_to = shown["quantity_low"], shown["distance_up_to"]
    return (-shown["step"], shown["unit"], -(low or 0.0), KM[-1] * 2 if up_to is None else up_to, shown["id"])
