"""What of a park needs attention: each point with the rows that it speaks of and the way to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from lichen.errors import Language, Problem
from lichen.inventory.partners import Handover
from lichen.inventory.values import Flow, Inventory
from lichen.report.park_pictures import material_name
from lichen.report.svg import format_number
from lichen.report.texts import Words
from lichen.web.models import FirmRow
from lichen.web.overview import Overview
from lichen.web.policy import Action, Scope, reach
from lichen.web.rows import reached

MOST = 12
"""Rows of a point that are listed; the others are counted."""


@dataclass(frozen=True)
class Point:
    """One thing that needs attention.

    Parameters
    ----------
    key
        Its words.
    count
        How many rows it speaks of.
    shown
        The first of them: what is said, and the address of its page; an empty one where there is none.
    """

    key: str
    count: int
    shown: tuple[tuple[str, str], ...]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.shown)


def attention(scope: Scope, found: Overview, lang: Language) -> list[Point]:
    """Return the points of what an account reads that are not empty, the gravest first."""
    return linked(scope, told(found, reached(scope), lang))


def linked(scope: Scope, points: Iterable[Sequence[Any]]) -> list[Point]:
    """Return points with the ways to the pages of their firms."""
    ids = dict(reach(scope, Action.READ_ROWS, FirmRow).values_list("code", "pk"))

    def page(code: str) -> str:
        return reverse("firm", args=[scope.park.slug, ids[code]]) if code in ids else ""

    return [Point(key, count, tuple((text, page(code)) for text, code in rows)) for key, count, rows in points]


def told(found: Overview, inventory: Inventory, lang: Language) -> list[tuple[str, int, list[tuple[str, str]]]]:
    """Return the points that are not empty: key, number of rows, and the first of them with the code of their firm."""
    said = Words(lang)
    names = {f.id: f.name for f in inventory.firms}

    def point(key: str, rows: Iterable[tuple[str, str]]) -> tuple[str, int, list[tuple[str, str]]]:
        listed = list(rows)
        return f"attention_{key}", len(listed), listed[:MOST]

    def residual(value: float, layer: str) -> str:
        return f"{layer} {format_number(value, 3)} {'GJ/a' if layer == 'energy' else 't/a'}"

    def asked(handover: Handover) -> str:
        return handover.donor if handover.into else handover.receiver

    def carbon(flow: Flow, problem: Problem) -> str:
        return f"{names[flow.firm]}: {material_name(flow.material or flow.given, said)} – {problem.found(lang)}"

    points = [
        point("balances", ((f"{names[b.name[0]]} · {b.name[1]}: {residual(b.residual, b.layer)}", b.name[0])
                           for b in found.open_balances)),
        point("one_sided", (
            (f"{names[h.donor]} → {names[h.receiver]}: {material_name(h.material, said)}", asked(h))
            for h in found.one_sided)),
        point("silent", ((names[code], code) for code in found.silent)),
        point("unknown", ((carbon(f, p), f.firm) for f, p in found.unknown)),
        point("unnamed", ((f"{name} ({count})", "") for name, count in found.unnamed)),
        point("unplaced", ((names[code], code) for code in found.unplaced)),
    ]  # fmt: skip
    return [p for p in points if p[1]]
