"""Which kind of firm is missing: who could take most of what nobody uses, the settlement question of a park."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lichen.discover.values import Anchor, Demand, Span, Supply
from lichen.inventory.values import Firm
from lichen.knowledge.conditions import industry_fits, material_fits
from lichen.knowledge.values import CITY, ExchangeType


def anchors(supplies: Sequence[Supply], firms: Sequence[Firm], types: Iterable[ExchangeType]) -> tuple[Anchor, ...]:
    """Return the kinds of firms that are not there, those that could take most tonnes of unused streams first.

    Only streams in tonnes count; how much a new firm would take depends on its size, which is not known.

    Parameters
    ----------
    supplies
        What is there.
    firms
        The firms that are there.
    types
        Exchange types that count as known.
    """
    takes: dict[str, dict[tuple[str, str], Span]] = {}
    known: dict[str, list[str]] = {}
    donors: dict[str, list[str]] = {}
    there = {f.industry for f in firms}
    for item in types:
        mine = [
            s for s in supplies
            if s.unit == "t/a" and s.unused.value > 0 and material_fits(s.material, item.streams) == "yes"
            and industry_fits(s.firm.industry, item.donors) != "no"
        ]  # fmt: skip
        for code in item.receivers if mine else ():
            if code == CITY or any(industry_fits(industry, [code]) != "no" for industry in there):
                continue
            known.setdefault(code, []).append(item.id)
            for supply in mine:
                takes.setdefault(code, {})[supply.firm.id, supply.material] = supply.unused
                donors.setdefault(code, []).append(supply.firm.id)
    found = [
        Anchor(code, tuple(known[code]), _by_material(streams), tuple(dict.fromkeys(donors[code])))
        for code, streams in takes.items()
    ]
    return tuple(sorted(found, key=lambda a: (-a.total.value, a.industry)))


def missing_donors(
    needed: Sequence[Demand], firms: Sequence[Firm], types: Iterable[ExchangeType]
) -> tuple[Anchor, ...]:
    """Return the kinds of firms that are not there and could give what stands in for what the park buys.

    The other way round than :func:`anchors`: ``takes`` is what of each material is bought today and could be replaced
    [t/a], ``donors`` the firms that buy it. How much a new firm has is not known.

    Parameters
    ----------
    needed
        What firms buy.
    firms
        The firms that are there.
    types
        Exchange types that count as known.
    """
    brings: dict[str, dict[tuple[str, str], Span]] = {}
    known: dict[str, list[str]] = {}
    there = {f.industry for f in firms}
    for item in types:
        wanted = [s.material for s in item.replaces]
        mine = [
            d for d in needed
            if d.unit == "t/a" and d.amount.value > 0 and material_fits(d.material, wanted) == "yes"
            and industry_fits(d.firm.industry, item.receivers) != "no"
        ]  # fmt: skip
        for code in item.donors if mine else ():
            if code == CITY or any(industry_fits(industry, [code]) != "no" for industry in there):
                continue
            known.setdefault(code, []).append(item.id)
            for demand in mine:
                brings.setdefault(code, {})[demand.firm.id, demand.material] = demand.amount
    found = [
        Anchor(code, tuple(known[code]), _by_material(streams), tuple(dict.fromkeys(firm for firm, _ in streams)))
        for code, streams in brings.items()
    ]
    return tuple(sorted(found, key=lambda a: (-a.total.value, a.industry)))


def _by_material(streams: Mapping[tuple[str, str], Span]) -> dict[str, Span]:
    """Add up what firms have of each material."""
    sums: dict[str, Span] = {}
    for (_, name), span in streams.items():
        sums[name] = sums[name].plus(span) if name in sums else span
    return dict(sorted(sums.items(), key=lambda entry: -entry[1].value))
