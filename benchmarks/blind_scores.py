"""How good a ranking is, and the simple ways to rank receivers that Lichen is compared with.

A ranking is given as scores: receiver → score; who is not in it was not found. Equal scores are ties, and what is
measured is the mean over all orders of the tied: no name and no order of a file decides.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from benchmarks.blind_parks import Hidden, Park
from lichen.discover.values import Opportunity
from lichen.knowledge.values import CITY, ExchangeType, Knowledge
from lichen.vocabulary.industries import industry
from lichen.vocabulary.materials import ancestors, descends, material
from lichen.vocabulary.names import plain

FIRST = 10
"""Places that count for recall."""
Scores = Mapping[str, float]
Ranker = Callable[[Park, Knowledge, str, str], Scores]
"""Park, what is known, donor firm, stream → scores of receivers."""


@dataclass(frozen=True)
class Quality:
    """Recall in the first :data:`FIRST` places, mean reciprocal rank, mean number of firms ranked."""

    recall: float
    reciprocal: float
    ranked: float


def place(scores: Scores, right: str, also_right: Iterable[str] = ()) -> Quality:
    """Return how well one right receiver is placed; other right ones are taken out of the ranking first.

    >>> place({"a": 2.0, "b": 1.0, "c": 1.0}, "c")
    Quality(recall=1.0, reciprocal=0.4166666666666667, ranked=3)
    """
    if right not in scores:
        return Quality(0.0, 0.0, len(scores))
    left = [s for name, s in scores.items() if name == right or name not in set(also_right)]
    own = scores[right]
    before, tied = sum(s > own for s in left), sum(s == own for s in left)
    recall = min(max(FIRST - before, 0) / tied, 1.0)
    return Quality(recall, sum(1 / (before + k) for k in range(1, tied + 1)) / tied, len(scores))


def mean(parts: Iterable[Quality]) -> Quality:
    """Return the mean of several; of none: all zero."""
    found = list(parts)
    n = len(found) or 1
    return Quality(
        sum(q.recall for q in found) / n, sum(q.reciprocal for q in found) / n, sum(q.ranked for q in found) / n
    )  # fmt: skip


def by_exchange(
    hidden: Iterable[Hidden], ranking: Callable[[Hidden], Scores], may_be: Callable[[Hidden], bool] = lambda _: True
) -> dict[str, Quality]:
    """Return exchange type → its quality, the mean over its pairs of firms and streams.

    Parameters
    ----------
    hidden
        What should be found.
    ranking
        Scores of the receivers for a donor's stream.
    may_be
        Whether what was found for it counts, e.g. because the use is right too.
    """
    hidden = list(hidden)
    right: dict[tuple[str, str], set[str]] = {}
    for one in hidden:
        right.setdefault((one.donor, one.stream), set()).add(one.receiver)
    parts: dict[str, list[Quality]] = {}
    for one in hidden:
        found = place(ranking(one), one.receiver, right[one.donor, one.stream] - {one.receiver})
        parts.setdefault(one.type, []).append(found if may_be(one) else Quality(0.0, 0.0, found.ranked))
    return {name: mean(found) for name, found in parts.items()}


# --- rankings -------------------------------------------------------------------------------------------------------
def chance(park: Park, base: Knowledge, donor: str, stream: str) -> Scores:
    """Every firm is as good as any other."""
    return {f.id: 0.0 for f in park.inventory.firms if f.id != donor}


def by_codes(park: Park, base: Knowledge, donor: str, stream: str) -> Scores:
    """Codes alone, without hierarchies of industries: 2 for an exchange on record of the same code, 1 for a need.

    On record is an exchange type with a stream of the same code (of the vocabulary or of the waste list) from the
    donor's division to the receiver's. A need counts if it has the code of the stream or a code above it.
    """
    divisions = {f.id: f.industry if f.industry == CITY else f.industry[:2] for f in park.inventory.firms}
    known = [t for t in base.types.values() if any(_same_code(stream, s) for s in t.streams)
             and divisions[donor] in _divisions(t.donors)]  # fmt: skip
    takers = {division for item in known for division in _divisions(item.receivers)}
    above = (stream, *ancestors(stream))
    needy = {f.firm for f in park.inventory.flows if f.direction == "in" and f.material in above}
    scores = {name: 2.0 * (d in takers) + (name in needy) for name, d in divisions.items() if name != donor}
    return {name: s for name, s in scores.items() if s > 0}


def _same_code(one: str, other: str) -> bool:
    ewc = material(one).ewc
    return one == other or (bool(ewc) and ewc == material(other).ewc)


def _divisions(codes: Iterable[str]) -> set[str]:
    return {code if code == CITY else code[:2] for code in codes}


def by_words(park: Park, base: Knowledge, donor: str, stream: str) -> Scores:
    """Names alone: the stream's against those of needs, and stream and sectors together against those of types."""
    needs: dict[str, set[str]] = {}
    for flow in park.inventory.flows:
        if flow.direction == "in":
            needs.setdefault(flow.firm, set()).add(flow.material)
    sector = {f.id: f.industry for f in park.inventory.firms}
    scores = {}
    for name, code in sector.items():
        if name != donor:
            by_need = max((_alike(_named(stream), _named(need)) for need in needs.get(name, ())), default=0.0)
            asked = [f"{a} {b} {c}" for a, b, c in
                     zip(_sector(sector[donor]), _named(stream), _sector(code), strict=True)]  # fmt: skip
            by_type = max((_alike(asked, (t.name.en, t.name.zh)) for t in base.types.values()), default=0.0)
            scores[name] = max(by_need, by_type)
    return scores


def _alike(one: Iterable[str], other: Iterable[str]) -> float:
    """Return how alike names are in English or in Chinese, 0 to 100, whichever is more."""
    (en, zh), (other_en, other_zh) = one, other
    english = fuzz.token_set_ratio(_plain(en), _plain(other_en)) if en and other_en else 0.0
    return max(english, fuzz.ratio(_plain(zh), _plain(other_zh)) if zh and other_zh else 0.0)


_plain = functools.cache(plain)


def _named(code: str) -> tuple[str, str]:
    return material(code).name_en, material(code).name_zh


def _sector(code: str) -> tuple[str, str]:
    return ("city", "城市") if code == CITY else (industry(code).name_en, industry(code).name_zh)


def of_discovery(found: Iterable[Opportunity], donor: str, stream: str) -> dict[str, float]:
    """Return the scores of what Lichen found for a donor's stream."""
    return {o.receiver.id: round(o.score, 12) for o in found if (o.donor.id, o.stream) == (donor, stream)}


def right_use(found: Iterable[Opportunity], one: Hidden) -> bool:
    """Whether Lichen names the use that is documented: what is replaced, or nothing where nothing is known."""
    uses = {o.replaces for o in found if (o.donor.id, o.stream, o.receiver.id) == (one.donor, one.stream, one.receiver)}
    if not one.replaces:
        return bool(uses)
    return any(use and descends(use, code) for use in uses for code in one.replaces)


def attested(item: ExchangeType, hidden: Iterable[str]) -> bool:
    """Whether a type rests on something else than hidden cases, or on no case at all."""
    cases = set(item.cases)
    return not cases or bool(cases - set(hidden))
