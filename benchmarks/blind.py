"""Blind test of discovery: ``python -m benchmarks.blind [--out FILE] [--maestri FILE] [--model FOLDER] [--quick]``.

Each documented exchange of a case is hidden, with all that rests on that case alone; given are sectors and streams. How
often is the right receiver among the first ten? Written to docs/benchmarks-discovery.md, beside simpler rankings.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import blind_page
from benchmarks.blind_file import parks_of_file
from benchmarks.blind_names import Hits, hidden_names
from benchmarks.blind_parks import STREAM, YEAR, Needs, Park, cases_of, park, without
from benchmarks.blind_scores import (
    Quality,
    Ranker,
    by_codes,
    by_exchange,
    by_words,
    chance,
    mean,
    of_discovery,
    right_use,
)
from lichen.discover.find import discover
from lichen.discover.settings import Settings
from lichen.discover.values import Opportunity
from lichen.knowledge.maestri import read_maestri
from lichen.knowledge.read import knowledge
from lichen.knowledge.values import Knowledge
from lichen.vocabulary.meaning import open_model

REPOSITORY = Path(__file__).resolve().parent.parent
SETTINGS = Settings(draws=0)
BASELINES: dict[str, Ranker] = {"codes": by_codes, "names": by_words, "chance": chance}
NEEDS: tuple[Needs, ...] = ("told", "usual", "none")
Keep = Callable[[Opportunity], bool]


def _ways(*ways: str) -> Keep:
    return lambda o: o.way in ways


STEPS: dict[str, Keep] = {
    "documented only": _ways("documented"),
    "+ same material": _ways("documented", "same material"),
    "+ heat level, water quality": _ways("documented", "same material", "heat level", "water quality"),
    "+ known substitute, need told": lambda o: o.way != "similar" and (o.way != "known substitute" or bool(o.demand)),
    "+ known substitute, need not told": lambda o: o.way != "similar",
    "+ similar (all)": lambda _: True,
}
"""Ways that count, one more in each step."""


@dataclass(frozen=True)
class Row:
    """One hidden exchange and how well each ranking placed it.

    Parameters
    ----------
    case, type
        Whose; the exchange type.
    shared
        Whether another case attests the type too: then it is known without this case.
    firms
        Firms of the park.
    quality
        Ranking → quality.
    """

    case: str
    type: str
    shared: bool
    firms: int
    quality: dict[str, Quality]


@dataclass(frozen=True)
class Findings:
    """All that is shown: rows by what is known of needs; draws of strangers; what a file and a model of names add."""

    rows: dict[str, list[Row]]
    draws: dict[str, Quality]
    unseen: list[Row]
    names: Names | None = None


@dataclass(frozen=True)
class Names:
    """What a model of names adds: hidden names by language; quality of discovery by what is known of needs."""

    model: str
    hits: Mapping[str, Hits]
    quality: Mapping[str, Quality]


def rows_of(given: Park, known: Knowledge, more: dict[str, Knowledge], baselines: dict[str, Ranker]) -> list[Row]:
    """Return a row for each hidden exchange of a park.

    Parameters
    ----------
    given
        The park.
    known
        What is known; Lichen and the baselines rank with it.
    more
        Name → other knowledge that Lichen ranks with too.
    baselines
        Name → ranking beside Lichen.
    """
    found = discover(given.inventory, YEAR, known, SETTINGS).opportunities
    parts = {"Lichen": _quality(given, found), "right use": _quality(given, found, use=True)}
    for name, keep in STEPS.items():
        parts[name] = _quality(given, [o for o in found if keep(o)])
    for name, base in more.items():
        parts[name] = _quality(given, discover(given.inventory, YEAR, base, SETTINGS).opportunities)
    for name, rank in baselines.items():
        parts[name] = by_exchange(given.hidden, lambda h, rank=rank: rank(given, known, h.donor, h.stream))  # type: ignore[misc]
    types = dict.fromkeys(h.type for h in given.hidden)
    firms = len(given.inventory.firms)
    return [Row(given.case, t, t in known.types, firms, {n: part[t] for n, part in parts.items()}) for t in types]


def _quality(given: Park, found: Sequence[Opportunity], use: bool = False) -> dict[str, Quality]:
    if use:
        return by_exchange(
            given.hidden, lambda h: of_discovery(found, h.donor, h.stream), lambda h: right_use(found, h)
        )  # fmt: skip
    return by_exchange(given.hidden, lambda h: of_discovery(found, h.donor, h.stream))


def measure(base: Knowledge, cases: Iterable[str], needs: Needs, others: int = 30, seed: int = 1) -> list[Row]:
    """Return the rows of some cases, each hidden from what is known when it is its turn."""
    rows: list[Row] = []
    for case in cases:
        given = park(base, case, others, seed, needs)
        known = without(base, case)
        more = {
            "strict": without(base, case, strict=True),
            "leakage allowed": base,
            "unlisted": replace(known, listed={}),
        }
        rows += rows_of(given, known, more, BASELINES)
    return rows


def draws_of(base: Knowledge, cases: Sequence[str], most: int) -> dict[str, Quality]:
    """Return Lichen's quality, needs usual, for other draws and numbers of strangers."""
    found = {}
    for others, seeds in ((30, (1, 2, 3, 4, 5)), (60, (1,)), (most, (1,))):
        for seed in seeds:
            parts = []
            for case in cases:
                given = park(base, case, others, seed, "usual")
                made = discover(given.inventory, YEAR, without(base, case), SETTINGS).opportunities
                parts += _quality(given, made).values()
            name = f"{others} strangers, draw {seed}" if others < most else "strangers of all other sectors"
            found[name] = mean(parts)
    return found


def with_names(base: Knowledge, cases: Sequence[str], folder: Path) -> Names:
    """Return what a model of names adds."""
    model = open_model(folder)
    settings = replace(SETTINGS, names=model)
    quality = {}
    for needs in NEEDS:
        parts: list[Quality] = []
        for case in cases:
            given = park(base, case, needs=needs)
            parts += _quality(
                given, discover(given.inventory, YEAR, without(base, case), settings).opportunities
            ).values()
        quality[needs] = mean(parts)
    return Names(model.name, hidden_names(model), quality)


def unseen_rows(base: Knowledge, file: Path) -> list[Row]:
    """Return the rows of the exchanges of a file that no exchange type cites."""
    rows: list[Row] = []
    for given, known in parks_of_file(base, read_maestri(file).exchanges):
        rows += rows_of(given, known, {"unlisted": replace(known, listed={})}, BASELINES)
    return rows


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description="Blind test of discovery")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "benchmarks-discovery.md")
    parser.add_argument(
        "--maestri", type=Path, help="a file of the MAESTRI Exchanges Database, for exchanges never read"
    )
    parser.add_argument("--model", type=Path, help="a folder with a static model of names")
    parser.add_argument("--quick", action="store_true", help="three cases, one draw")
    given = parser.parse_args()
    base = knowledge()
    cases = cases_of(base)[:3] if given.quick else cases_of(base)
    found = Findings(
        {needs: measure(base, cases, needs) for needs in NEEDS},
        {} if given.quick else draws_of(base, cases, 1000),
        unseen_rows(base, given.maestri) if given.maestri else [],
        with_names(base, cases, given.model) if given.model else None,
    )
    given.out.write_text(blind_page.text(found, STREAM), encoding="utf-8")
    print(given.out)


if __name__ == "__main__":
    main()
