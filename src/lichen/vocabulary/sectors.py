"""Sector lists and the concordances between them, from ``data/sectors.csv`` and ``data/concordances.csv``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lichen.errors import LabelError, Language, Problems, current_language
from lichen.labelled import Labels, suggest
from lichen.vocabulary._files import rows
from lichen.vocabulary.concordance import Concordance

FINAL_USERS = "households"
"""Targets that begin with this word are final users, not sectors."""


@dataclass(frozen=True)
class Sectors:
    """A sector list.

    Parameters
    ----------
    classification
        Name of the list, e.g. ``CN42-2007``.
    codes
        n codes, the labels of tables in this classification.
    names_en, names_zh
        n names.
    sources
        n citations.
    """

    classification: str
    codes: Labels
    names_en: tuple[str, ...]
    names_zh: tuple[str, ...]
    sources: tuple[str, ...]

    def names(self, lang: Language | None = None) -> dict[str, str]:
        """Return the name of each code in ``lang`` (default: the current language)."""
        chinese = (lang or current_language()) == "zh"
        return dict(zip(self.codes, self.names_zh if chinese else self.names_en, strict=True))


def classifications() -> tuple[str, ...]:
    """Return the names of all sector lists."""
    return tuple(dict.fromkeys(row["classification"] for row in rows("sectors.csv")))


def sectors(classification: str) -> Sectors:
    """Return the sector list ``classification``, e.g. ``sectors("CN42-2007").names("zh")``.

    Raises
    ------
    LabelError
        If there is no such list.
    """
    found = [row for row in rows("sectors.csv") if row["classification"] == classification]
    if not found:
        problems = Problems()
        near = suggest(classification, classifications())
        known = [near] * bool(near) + [name for name in classifications() if name != near]
        problems.add("concordance.unknown_classification", found=classification, known=known)
        problems.raise_if_errors(LabelError)
    codes, english, chinese, sources = (
        tuple(row[column] for row in found) for column in ("code", "name_en", "name_zh", "source")
    )
    return Sectors(classification, codes, english, chinese, sources)


def concordance(
    from_classification: str, to_classification: str, sizes: Mapping[str, float] | None = None
) -> Concordance:
    """Return the concordance between two sector lists, with codes as labels.

    Targets that begin with ``households`` are final users and stand after the sectors.

    Parameters
    ----------
    from_classification, to_classification
        Names of the lists.
    sizes
        Size of each target (e.g. its output, by code) for sources that are split by output; any unit, 0 or more.

    Raises
    ------
    LabelError
        An unknown list, a pair without a concordance, or sizes that are missing or all 0.
    """
    source, target = sectors(from_classification), sectors(to_classification)
    pair = (from_classification, to_classification)
    found = [row for row in rows("concordances.csv") if (row["from_classification"], row["to_classification"]) == pair]
    if not found:
        pairs = dict.fromkeys((r["from_classification"], r["to_classification"]) for r in rows("concordances.csv"))
        problems = Problems()
        problems.add("concordance.unknown_pair", source=pair[0], target=pair[1], known=[f"{a} → {b}" for a, b in pairs])
        problems.raise_if_errors(LabelError)
    targets = dict.fromkeys((*target.codes, *(row["to"] for row in found if row["to"].startswith(FINAL_USERS))))
    return Concordance.from_rows(
        [(row["from"], row["to"], row["share"]) for row in found], source_labels=source.codes,
        target_labels=list(targets), sizes=sizes, source=source.classification, target=target.classification,
        final_users=list(targets)[len(target.codes) :], allow_empty=True,
    )  # fmt: skip
