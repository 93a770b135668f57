"""Parks for the blind test: what is hidden of a case, what is still known without it, and firms to choose among.

What is known is reduced by the whole case: its evidence is taken away, and a type that nothing else attests is dropped.
Cases of one place (:data:`SAME_PLACE`) are hidden together. A park holds a firm for each sector that the hidden types
name, and firms of other sectors, drawn with a fixed seed, among which the right receiver must be found.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from lichen.figures import Figure
from lichen.inventory.values import Firm, Flow, Inventory, Role
from lichen.knowledge.conditions import industry_fits
from lichen.knowledge.values import CITY, ExchangeType, Knowledge
from lichen.vocabulary.materials import descends, material
from lichen.vocabulary.profiles import usual_inputs

YEAR = 2012
STREAM, NEED = 1e3, 1e6
"""Amount of every stream and of every need [t/a, GJ/a or m3/a]: it tells nothing, and receivers are large enough."""
SAME_PLACE = (("guiyang", "kaiyang", "guizhou", "wengfu"), ("shenyang", "tiexi"), ("nanning", "nanning-shizuo"))
"""Cases of one place or told by one source: to hide one and know the other would be no test."""

Needs = Literal["told", "usual", "none"]
"""What is known of what firms take in: "told": the case's firms tell what their exchanges replace, as a survey would
bring it; "usual": only what profiles and the types of other cases say of a sector; "none": nothing."""


@dataclass(frozen=True)
class Hidden:
    """A pair of firms and a stream of a documented exchange, hidden from what is known.

    Parameters
    ----------
    type
        Id of the exchange type that documents it.
    donor, stream, receiver
        Code of the donor firm, of the material, of the receiver firm.
    replaces
        What it replaces there: codes of materials.
    """

    type: str
    donor: str
    stream: str
    receiver: str
    replaces: tuple[str, ...]


@dataclass(frozen=True)
class Park:
    """A case as a park: who is there with which streams, and the exchanges that should be found."""

    case: str
    inventory: Inventory
    hidden: tuple[Hidden, ...]


def hidden_with(case: str) -> tuple[str, ...]:
    """Return the cases that are hidden with a case: itself, and those of the same place."""
    return next((group for group in SAME_PLACE if case in group), (case,))


def without(base: Knowledge, case: str, strict: bool = False) -> Knowledge:
    """Return what is known without a case.

    Parameters
    ----------
    base
        All that is known.
    case
        Id of the case.
    strict
        Drop every type that the case attests, even if another case does too: then only similar types can help.
    """
    gone = hidden_with(case)
    kept: dict[str, ExchangeType] = {}
    for item in base.types.values():
        left = tuple(e for e in item.evidence if e.case not in gone)
        if left == item.evidence:
            kept[item.id] = item
        elif not strict and any(e.case for e in left):
            kept[item.id] = replace(item, evidence=left)
    return replace(base, types=kept)


def documented(base: Knowledge, case: str) -> tuple[ExchangeType, ...]:
    """Return the types that a case attests."""
    return tuple(item for item in base.types.values() if case in item.cases)


def cases_of(base: Knowledge) -> tuple[str, ...]:
    """Return the cases that attest a type, in the order of the knowledge base."""
    named = {case for item in base.types.values() for case in item.cases}
    return tuple(case for case in base.cases if case in named)


def park(base: Knowledge, case: str, others: int = 30, seed: int = 1, needs: Needs = "told") -> Park:
    """Return a case as a park.

    Parameters
    ----------
    base
        All that is known.
    case
        Id of the case.
    others
        Firms of other sectors; as many as there are if that is less.
    seed
        Of the draw of their sectors.
    needs
        What is known of what firms take in; see :data:`Needs`. Strangers have what is usual in their sector.
    """
    hidden = documented(base, case)
    sectors = tuple(dict.fromkeys(code for item in hidden for code in (*item.donors, *item.receivers)))
    firms = tuple(Firm(firm_id(code), firm_id(code), code) for code in sectors)
    supplies = dict.fromkeys((code, s) for item in hidden for code in item.donors for s in item.streams)
    wanted = dict.fromkeys((code, s.material) for item in hidden for code in item.receivers for s in item.replaces)
    flows = [flow(firm_id(code), "out", name) for code, name in supplies]
    strangers = tuple(Firm(firm_id(code), firm_id(code), code) for code in strange(base, case, sectors, others, seed))
    if needs == "told":
        flows += [flow(firm_id(code), "in", name) for code, name in wanted]
    if needs != "none":
        known = without(base, case)
        guessed = (*firms, *strangers) if needs == "usual" else strangers
        flows += [flow(f.id, "in", name) for f in guessed for name in usual_needs(known, f.industry)]
    return Park(case, Inventory((*firms, *strangers), (), tuple(flows)), tuple(_triples(hidden)))


def _triples(hidden: Iterable[ExchangeType]) -> Iterator[Hidden]:
    for item in hidden:
        for donor in item.donors:
            for receiver in item.receivers:
                if donor != receiver:
                    for stream in item.streams:
                        replaces = tuple(s.material for s in item.replaces)
                        yield Hidden(item.id, firm_id(donor), stream, firm_id(receiver), replaces)


def strange(base: Knowledge, case: str, sectors: Iterable[str], count: int, seed: int) -> list[str]:
    """Return sectors of firms that have no part in the case: none lies within one of its sectors, or around it."""
    every = {code for item in base.types.values() for code in (*item.donors, *item.receivers)} - {CITY}
    pool = sorted(code for code in every if not any(_same(code, own) for own in sectors))
    return sorted(random.Random(f"{seed} {case}").sample(pool, min(count, len(pool))))


def _same(code: str, other: str) -> bool:
    return industry_fits(code, [other]) != "no"


def usual_needs(base: Knowledge, code: str) -> tuple[str, ...]:
    """Return what a sector usually takes in: by its profile, and what exchange types replace there."""
    by_types = [s.material for item in base.types.values() if code in item.receivers for s in item.replaces]
    by_profile = () if code == CITY else usual_inputs(code)
    return tuple(dict.fromkeys((*by_types, *by_profile)))


def firm_id(code: str) -> str:
    """Return the code of the firm that stands for a sector."""
    return code if code == CITY else f"firm-{code}"


def flow(firm: str, direction: str, name: str) -> Flow:
    """Return a flow of :data:`STREAM` or :data:`NEED`, in the role and unit that its form asks for."""
    role, unit = _role(name, direction)
    quantity = Figure(NEED if direction == "in" else STREAM, unit, "reported", "blind test")
    return Flow(firm, "", "in" if direction == "in" else "out", role, name, name, quantity, YEAR)


def _role(name: str, direction: str) -> tuple[Role, str]:
    form = material(name).form
    if form == "water":
        return "water", "m3/a"
    if form == "heat":
        return "heat", "GJ/a"
    if form == "electricity":
        return "electricity", "GJ/a"
    if direction == "out":
        return "by-product", "t/a"
    return ("fuel" if descends(name, "fuel") else "raw material"), "t/a"
