"""The balance of a park, or of what an account may read of it: the library's results as plain values for pages.

Of the whole park it is made in the background and kept; of a firm's own flows at once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lichen.balance.gross_errors import GlobalTest
from lichen.errors import Language
from lichen.figures import Text
from lichen.inventory.values import Flow, Inventory
from lichen.report.flows import flow_context
from lichen.report.html import finding_rows
from lichen.report.texts import Words
from lichen.study.config import Loaded
from lichen.study.flows import FlowResult, flows_of
from lichen.study.load import STUDY_FILE, load_study
from lichen.web.kept import Kept
from lichen.web.models import Park, StudyFile
from lichen.web.policy import Scope
from lichen.web.rows import key_of, reached, reader, whole

LANGUAGES: tuple[Language, ...] = ("en", "zh")
_balances = Kept(16)


@contextmanager
def study_files(park: Park) -> Iterator[tuple[Path, Loaded | None]]:
    """Yield a folder with a park's study files beside its inventory, and what they say; it is gone afterwards.

    Raises
    ------
    StudyError
        If the files are no study.
    """
    with tempfile.TemporaryDirectory(prefix="lichen-") as name:
        folder = Path(name) / park.slug
        folder.mkdir()
        for file in StudyFile.objects.filter(park=park):
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(file.content))
        yield folder, load_study(folder) if (folder / STUDY_FILE).exists() else None


def park_flows(park: Park, told: Inventory, loaded: Loaded | None, year: int = 0) -> FlowResult:
    """Return a park's flows of a year, balanced, reconciled and counted, as ``lichen balance`` does."""
    return flows_of(told, Text(park.name, park.name_zh or park.name), year, loaded=loaded, place=park.slug)


def park_balance(park: Park, year: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the balance of a whole park as plain values, and its pictures by file name."""
    with study_files(park) as (_, loaded):
        told = whole(park)
        result = park_flows(park, told, loaded, year)
        years = sorted({f.year for f in told.flows}, reverse=True)
        return plain_values(result, years)


def own_balance(scope: Scope, year: int) -> tuple[dict[str, Any], dict[str, str]] | None:
    """Return the balance of what an account may read; ``None`` if there are no flows of that year."""
    told = reached(scope)
    years = sorted({f.year for f in told.flows}, reverse=True)
    chosen = year or max(years, default=0)
    if chosen not in years:
        return None
    title = Text(scope.park.name, scope.park.name_zh or scope.park.name)
    key = (*reader(scope), chosen)
    return _balances.get(key, lambda: plain_values(flows_of(told, title, chosen, place=scope.park.slug), years))


def plain_values(result: FlowResult, years: list[int]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return results as values for JSON, by language where they are words, and pictures by file name."""
    made: dict[str, Any] = {"year": result.year, "years": years}
    pictures: dict[str, str] = {}
    for lang in LANGUAGES:
        words = Words(lang)
        shown = flow_context(result, words)
        for n, (_, svg, _at_once) in enumerate(shown["sankeys"]):
            pictures[f"{lang}-{n}.svg"] = str(svg)
        shown["sankeys"] = [(heading, f"{lang}-{n}.svg", at_once)
                            for n, (heading, _, at_once) in enumerate(shown["sankeys"])]  # fmt: skip
        shown["groups"] = [_group(group) for group in shown["groups"]]
        shown["covered"] = None if shown["covered"] is None else _covered(result, words)
        gross = [r.flow for r in result.reconciliation.gross_errors]
        every = [r.flow for g in result.reconciliation.groups for r in g.flows]
        shown["gross"] = _with_keys(shown["gross"], gross)
        shown["reconciled"] = _with_keys(shown["reconciled"], every)
        shown["findings"] = finding_rows(result.findings, words)
        made[lang] = shown
    return made, pictures


def _with_keys(rows: list[dict[str, Any]], flows: list[Flow]) -> list[dict[str, Any]]:
    """Return rows with the key of the row of the database that each speaks of."""
    return [row | {"key": key_of("flow", flow)} for row, flow in zip(rows, flows, strict=True)]


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    contents = [{"name": c.name, "measured": c.measured, "estimate": c.estimate} for c in group["contents"]]
    tests = {name: _test(group[name]) for name in ("before", "after")}
    return {**group, **tests, "contents": contents, "suspects": list(group["suspects"])}


def _test(test: GlobalTest | None) -> dict[str, Any] | None:
    return None if test is None else {"gamma": test.gamma, "critical": test.critical, "passed": test.passed}


def _covered(result: FlowResult, words: Words) -> dict[str, Any]:
    found = result.coverage
    assert found is not None
    rows = [
        {"sector": words.sector(found.classification, r.sector), "firms_sum": r.firms_sum, "statistic": r.statistic,
         "share": r.share, "above": r.above, "firms": len(r.firms)}
        for r in found.sectors if r.firms
    ]  # fmt: skip
    return {"unit": found.unit, "account": found.account, "rows": rows, "firms_sum": found.firms_sum,
            "statistic": found.statistic, "share": found.share}  # fmt: skip
