"""Who could give what to whom: candidates, by what is documented, by materials, by quality.

1. *Documented*: the donor's sector and stream and the receiver's sector are those of an exchange type. Sectors and
   materials fit through their hierarchies; a firm that told fewer digits fits "possibly".
2. *Same material*: what one throws away is what the other buys, or a kind of it.
3. *Water quality*, *heat level*: it is good enough for the use.
4. *Known substitute*: the stream replaces what the other buys, or such firms take it, but the exchange types know it
   between other sectors.
5. *Similar*: one end is not what is known but its kin (:mod:`lichen.discover.kinship`): another stream of the same kind
   to a receiver that is known, the known stream to another receiver of the same kind, or a stream of the kind of what
   the other buys. One step and no more. Heat and water have levels and qualities instead: no kin of them.

One pair of firms and one stream is one candidate: the surest way counts, the types of the others are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lichen.discover.kinship import material_kinship, nearest, nearest_industry
from lichen.discover.values import Demand, Supply, Way
from lichen.inventory.values import Firm, Flow
from lichen.knowledge.conditions import Fit, industry_fits, material_fits
from lichen.knowledge.values import CITY, ExchangeType, Substitution
from lichen.vocabulary.materials import descends, material

WAYS: tuple[Way, ...] = ("documented", "same material", "heat level", "water quality", "known substitute", "similar")
"""From the surest to the weakest."""
CITY_FIRM = Firm(CITY, "city", CITY)
"""The city as a partner, where no firm of the inventory stands for it."""
LEVELLED = ("heat", "water", "electricity")
"""Forms of which a level or a quality decides what they are good for, not what they are called."""


@dataclass
class Candidate:
    """A pair of firms and a stream on the way to an opportunity.

    Parameters
    ----------
    supply, receiver
        What is there; who could take it.
    demand, replaces
        What it would replace there: the receiver's demand, if it told one, and the material.
    way, types, fit
        How it was found.
    substitution
        What the type says of rate and basis; ``None``: one for one.
    kinship
        How near it is to what is known [0 to 1]; below 1 only if it is similar.
    """

    supply: Supply
    receiver: Firm
    demand: Demand | None
    replaces: str
    way: Way
    types: list[ExchangeType] = field(default_factory=list)
    fit: Fit = "yes"
    substitution: Substitution | None = None
    kinship: float = 1.0


def candidates(
    supplies: Sequence[Supply], demands: Sequence[Demand], firms: Sequence[Firm], types: Iterable[ExchangeType],
    water: Mapping[str, tuple[str, ...]] | None = None, approach_k: float = 0.0,
) -> tuple[Candidate, ...]:  # fmt: skip
    """Return every pair of firms that a stream could join, the surest way of each.

    Parameters
    ----------
    supplies, demands
        Both sides.
    firms
        All firms: a receiver may have told no demand.
    types
        Exchange types that count as known.
    water
        Water → waters whose place it can take.
    approach_k
        What a heat source must be hotter than the need [K].
    """
    types = tuple(types)
    found: dict[tuple[str, str, str], Candidate] = {}
    by_firm: dict[str, list[Demand]] = {}
    for demand in demands:
        by_firm.setdefault(demand.firm.id, []).append(demand)
    for supply in supplies:
        for made in (
            *_documented(supply, by_firm, firms, types), *_same(supply, demands), *_water(supply, demands, water or {}),
            *_heat(supply, demands, approach_k), *_substitutes(supply, demands, types),
            *_taken(supply, by_firm, firms, types), *_similar(supply, by_firm, firms, types), *_akin(supply, demands),
        ):  # fmt: skip
            key = (supply.firm.id, supply.material, made.receiver.id)
            best = found.get(key)
            if best is None:
                found[key] = made
            else:
                found[key] = _surer(best, made)
    return tuple(found.values())


def _surer(one: Candidate, other: Candidate) -> Candidate:
    """Return the surer of two candidates; types that say the same of it come together, a told demand beats none.

    A demand that another type or kin speaks of is not taken over: gangue that goes into cement for clay replaces no
    coal there, though it does in power plants.
    """
    best, rest = sorted((one, other), key=_order)
    known = {t.id for t in best.types}
    if (rest.way, rest.kinship) == (best.way, best.kinship) and rest.replaces in (best.replaces, ""):
        best.types += [t for t in rest.types if t.id not in known]
    if best.demand is None and rest.demand is not None and rest.way not in ("known substitute", "similar"):
        best.demand, best.replaces, best.substitution = rest.demand, rest.replaces, rest.substitution
    return best


def _order(one: Candidate) -> tuple[int, bool, float, bool, bool, float, str]:
    """Return what the surest comes first by; the order of rows decides nothing."""
    untold = one.substitution is not None and one.substitution.rate is None
    size = one.demand.amount.value if one.demand is not None else 0.0
    return WAYS.index(one.way), one.fit != "yes", -one.kinship, one.demand is None, untold, -size, one.replaces


def _documented(
    supply: Supply, by_firm: Mapping[str, list[Demand]], firms: Sequence[Firm], types: Iterable[ExchangeType]
) -> Iterator[Candidate]:
    for item in types:
        fits = (material_fits(supply.material, item.streams), industry_fits(supply.firm.industry, item.donors))
        if "no" in fits:
            continue
        for firm in (*firms, CITY_FIRM):
            fit = industry_fits(firm.industry, item.receivers)
            if fit == "no" or firm.id == supply.firm.id:
                continue
            weakest: Fit = "possible" if "possible" in (*fits, fit) else "yes"
            yield from _replacing(supply, firm, by_firm.get(firm.id, []), item, "documented", weakest)


def _replacing(
    supply: Supply, firm: Firm, mine: Sequence[Demand], item: ExchangeType, way: Way, fit: Fit, kinship: float = 1.0
) -> Iterator[Candidate]:
    """Yield a candidate for each demand that the type says is replaced; without one, a candidate without demand.

    Where the receiver's sector alone does not make it plausible, the type needs a demand that is told; a receiver that
    told nothing of what it buys possibly has it.
    """
    any_demand = False
    for demand in mine:
        for substitution in item.replaces:
            if descends(demand.material, substitution.material):
                any_demand = True
                yield Candidate(supply, firm, demand, demand.material, way, [item], fit, substitution, kinship)
    if not any_demand and not (item.needs_demand and mine):
        fit = "possible" if item.needs_demand else fit
        first = item.replaces[0] if item.replaces else None
        yield Candidate(supply, firm, None, first.material if first else "", way, [item], fit, first, kinship)


def _same(supply: Supply, demands: Iterable[Demand]) -> Iterator[Candidate]:
    for demand in demands:
        if demand.firm.id != supply.firm.id and descends(supply.material, demand.material):
            yield Candidate(supply, demand.firm, demand, demand.material, "same material")


def _water(supply: Supply, demands: Iterable[Demand], water: Mapping[str, tuple[str, ...]]) -> Iterator[Candidate]:
    takes = water.get(supply.material, ())
    for demand in demands:
        if demand.firm.id != supply.firm.id and demand.material in takes:
            yield Candidate(supply, demand.firm, demand, demand.material, "water quality")


def _heat(supply: Supply, demands: Iterable[Demand], approach_k: float) -> Iterator[Candidate]:
    """Yield needs of heat that a source is hot enough for; where a temperature is not told, it is asked for."""
    if not _is_heat(supply.flows):
        return
    hot = hottest(supply.idle)
    for demand in demands:
        if demand.firm.id == supply.firm.id or not _is_heat(demand.flows) or demand.unit != supply.unit:
            continue
        need = hottest(demand.flows)
        if hot is None or need is None or hot >= need + approach_k:
            yield Candidate(supply, demand.firm, demand, demand.material, "heat level")


def _is_heat(flows: Iterable[Flow]) -> bool:
    return all(f.role == "heat" for f in flows)


def hottest(flows: Iterable[Flow]) -> float | None:
    """Return the highest temperature that some flows tell [°C]; ``None``: none tells one."""
    return max((f.temperature for f in flows if f.temperature is not None), default=None)


def _substitutes(supply: Supply, demands: Sequence[Demand], types: Iterable[ExchangeType]) -> Iterator[Candidate]:
    """Yield needs of what the stream replaces elsewhere, whatever the sectors."""
    for item in types:
        if material_fits(supply.material, item.streams) != "yes":
            continue
        for demand in demands:
            if demand.firm.id != supply.firm.id and any(descends(demand.material, s.material) for s in item.replaces):
                yield from _replacing(supply, demand.firm, [demand], item, "known substitute", "yes")


def _taken(
    supply: Supply, by_firm: Mapping[str, list[Demand]], firms: Sequence[Firm], types: Iterable[ExchangeType]
) -> Iterator[Candidate]:
    """Yield firms of a sector that takes the stream elsewhere, from donors of other sectors."""
    for item in types:
        if material_fits(supply.material, item.streams) != "yes":
            continue
        for firm in (*firms, CITY_FIRM):
            fit = industry_fits(firm.industry, item.receivers)
            if fit != "no" and firm.id != supply.firm.id:
                yield from _replacing(supply, firm, by_firm.get(firm.id, []), item, "known substitute", fit)


def _similar(
    supply: Supply, by_firm: Mapping[str, list[Demand]], firms: Sequence[Firm], types: Iterable[ExchangeType]
) -> Iterator[Candidate]:
    """Yield firms that take a stream of the same kind, and firms of the kind of those that take the stream."""
    for item in types:
        fits = material_fits(supply.material, item.streams) == "yes"
        near = 1.0 if fits else _near(supply, item.streams)
        if not near:
            continue
        for firm in (*firms, CITY_FIRM):
            fit = industry_fits(firm.industry, item.receivers)
            kinship = near if fit != "no" else nearest_industry(firm.industry, item.receivers) if fits else 0.0
            if firm.id != supply.firm.id and 0 < kinship < 1:
                weakest: Fit = "possible" if fit == "possible" else "yes"
                for made in _replacing(supply, firm, by_firm.get(firm.id, []), item, "similar", weakest, kinship):
                    made.substitution = made.substitution if fits else None  # a rate is of the stream it is told for
                    yield made


def _near(supply: Supply, streams: Iterable[str]) -> float:
    return 0.0 if material(supply.material).form in LEVELLED else nearest(supply.material, streams)


def _akin(supply: Supply, demands: Iterable[Demand]) -> Iterator[Candidate]:
    """Yield firms that buy a material of the stream's kind."""
    if material(supply.material).form in LEVELLED:
        return
    for demand in demands:
        kinship = material_kinship(supply.material, demand.material)
        if demand.firm.id != supply.firm.id and 0 < kinship < 1:
            yield Candidate(supply, demand.firm, demand, demand.material, "similar", kinship=kinship)
