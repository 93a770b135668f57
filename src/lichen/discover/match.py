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
6. *Names*, if a model of names is given: the stream is called alike to what the other buys, or to a stream of a type.

A firm that told nothing of what it takes in is supposed to take in what is usual in its industry, for "same material"
alone: there is no demand, and it fits "possibly".

One pair of firms and one stream is one candidate: the surest way counts, the types of the others are kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lichen.discover.kinship import material_kinship, nearest, nearest_industry
from lichen.discover.streams import is_heat
from lichen.discover.values import Demand, Likeness, Supply, Way
from lichen.inventory.values import Firm, Flow
from lichen.knowledge.conditions import Fit, industry_fits, material_fits
from lichen.knowledge.values import CITY, ExchangeType, Substitution
from lichen.vocabulary.materials import ancestors, material
from lichen.vocabulary.meaning import NameModel

WAYS: tuple[Way, ...] = (
    "documented",
    "same material",
    "heat level",
    "water quality",
    "known substitute",
    "similar",
    "names",
)
"""From the surest to the weakest."""
_PLACES = {way: place for place, way in enumerate(WAYS)}
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
    doubtful
        Whether the receiver told what it buys, and what its type needs is not among it.
    supposed
        Whether the receiver told nothing, and its need is what is usual in its industry.
    likeness
        What the stream is called alike to, where only names speak for it.
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
    doubtful: bool = False
    supposed: bool = False
    likeness: Likeness | None = None


def candidates(
    supplies: Sequence[Supply], demands: Sequence[Demand], firms: Sequence[Firm], types: Iterable[ExchangeType],
    water: Mapping[str, tuple[str, ...]] | None = None, approach_k: float = 0.0, supposed: Sequence[Demand] = (),
    names: NameModel | None = None,
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
    supposed
        What firms that told nothing usually take in.
    names
        A model that finds names that are alike.
    """
    types = tuple(types)
    sides, usual = _sides(demands, firms, types), _sides(supposed, (), ())
    found: dict[tuple[str, str, str], Candidate] = {}
    for supply in supplies:
        for made in (
            *_documented(supply, sides), *_same(supply, sides), *_water(supply, sides, water or {}),
            *_heat(supply, sides, approach_k), *_substitutes(supply, sides), *_taken(supply, sides),
            *_similar(supply, sides), *_akin(supply, sides), *_supposed(supply, usual),
            *(_named(supply, sides, names) if names is not None else ()),
        ):  # fmt: skip
            key = (supply.firm.id, supply.material, made.receiver.id)
            best = found.get(key)
            found[key] = made if best is None else _surer(best, made)
    return tuple(found.values())


@dataclass(frozen=True)
class _Sides:
    """Needs and takers by what is asked of them, so that no pair is looked at in vain.

    Parameters
    ----------
    exactly, kinds
        Demands by their material; by their material and every heading above it.
    of_firm
        Demands by firm, and material or heading.
    heat, telling
        Demands of heat; firms that told any demand.
    firms
        Firms and the city, by industry.
    types
        What counts as known.
    takers, kin
        Firms that a type's receivers may be, and firms of their kind, by id of the type; made when first asked for.
    fitting, near
        Types that a stream may be of, and types of it and its kin, by the stream; made when first asked for.
    """

    exactly: Mapping[str, Sequence[Demand]]
    kinds: Mapping[str, Sequence[Demand]]
    of_firm: Mapping[tuple[str, str], Sequence[Demand]]
    heat: Sequence[Demand]
    telling: Collection[str]
    firms: Mapping[str, Sequence[Firm]]
    types: Sequence[ExchangeType]
    takers: dict[str, Sequence[tuple[Firm, Fit]]] = field(default_factory=dict)
    kin: dict[str, Sequence[tuple[Firm, float]]] = field(default_factory=dict)
    fitting: dict[str, Sequence[tuple[ExchangeType, Fit]]] = field(default_factory=dict)
    near: dict[str, Sequence[tuple[ExchangeType, float]]] = field(default_factory=dict)

    def types_for(self, stream: str) -> Sequence[tuple[ExchangeType, Fit]]:
        """Return the types that a stream may be of, with how well it fits."""
        if stream not in self.fitting:
            fits = ((item, material_fits(stream, item.streams)) for item in self.types)
            self.fitting[stream] = [(item, fit) for item, fit in fits if fit != "no"]
        return self.fitting[stream]

    def types_near(self, stream: str) -> Sequence[tuple[ExchangeType, float]]:
        """Return the types of the stream itself (1) and of its kin, with how near they are."""
        if stream not in self.near:
            levelled = material(stream).form in LEVELLED
            nears = (
                (item, 1.0 if material_fits(stream, item.streams) == "yes" else 0.0 if levelled else
                 nearest(stream, item.streams)) for item in self.types
            )  # fmt: skip
            self.near[stream] = [(item, near) for item, near in nears if near]
        return self.near[stream]

    def takers_of(self, item: ExchangeType) -> Sequence[tuple[Firm, Fit]]:
        """Return the firms that may be receivers of a type, with how well they fit."""
        if item.id not in self.takers:
            fits = ((here, industry_fits(industry, item.receivers)) for industry, here in self.firms.items())
            self.takers[item.id] = [(firm, fit) for here, fit in fits if fit != "no" for firm in here]
        return self.takers[item.id]

    def kin_of(self, item: ExchangeType) -> Sequence[tuple[Firm, float]]:
        """Return the firms that are no receivers of a type but of their kind, with how near they are."""
        if item.id not in self.kin:
            others = ((here, nearest_industry(industry, item.receivers)) for industry, here in self.firms.items()
                      if industry_fits(industry, item.receivers) == "no")  # fmt: skip
            self.kin[item.id] = [(firm, kinship) for here, kinship in others if 0 < kinship < 1 for firm in here]
        return self.kin[item.id]


def _sides(demands: Sequence[Demand], firms: Sequence[Firm], types: Iterable[ExchangeType]) -> _Sides:
    exactly: dict[str, list[Demand]] = {}
    kinds: dict[str, list[Demand]] = {}
    of_firm: dict[tuple[str, str], list[Demand]] = {}
    for demand in demands:
        exactly.setdefault(demand.material, []).append(demand)
        for code in (demand.material, *ancestors(demand.material)):
            kinds.setdefault(code, []).append(demand)
            of_firm.setdefault((demand.firm.id, code), []).append(demand)
    by_industry: dict[str, list[Firm]] = {}
    for firm in (*firms, CITY_FIRM):
        by_industry.setdefault(firm.industry, []).append(firm)
    heat, telling = [d for d in demands if is_heat(d.flows)], {d.firm.id for d in demands}
    return _Sides(exactly, kinds, of_firm, heat, telling, by_industry, tuple(types))


def _surer(one: Candidate, other: Candidate) -> Candidate:
    """Return the surer of two candidates; types that say the same of it come together, a told demand beats none.

    A demand that another type or kin speaks of is not taken over: gangue that goes into cement for clay replaces no
    coal there, though it does in power plants.
    """
    best, rest = (one, other) if _order(one) <= _order(other) else (other, one)
    if (rest.way, rest.kinship) == (best.way, best.kinship) and rest.replaces in (best.replaces, ""):
        known = {t.id for t in best.types}
        best.types += [t for t in rest.types if t.id not in known]
    if best.demand is None and rest.demand is not None and rest.way not in ("known substitute", "similar", "names"):
        best.demand, best.replaces, best.substitution = rest.demand, rest.replaces, rest.substitution
    return best


def _order(one: Candidate) -> tuple[int, bool, float, bool, bool, float, str]:
    """Return what the surest comes first by; the order of rows decides nothing."""
    untold = one.substitution is not None and one.substitution.rate is None
    size = one.demand.amount.value if one.demand is not None else 0.0
    return _PLACES[one.way], one.fit != "yes", -one.kinship, one.demand is None, untold, -size, one.replaces


def _documented(supply: Supply, sides: _Sides) -> Iterator[Candidate]:
    for item, stream in sides.types_for(supply.material):
        donor = industry_fits(supply.firm.industry, item.donors)
        for firm, receiver in sides.takers_of(item) if donor != "no" else ():
            fit: Fit = "possible" if "possible" in (stream, donor, receiver) else "yes"
            yield from _replacing(supply, firm, sides, item, "documented", fit)


def _taken(supply: Supply, sides: _Sides) -> Iterator[Candidate]:
    """Yield firms of a sector that takes the stream elsewhere, from donors of other sectors."""
    for item, stream in sides.types_for(supply.material):
        for firm, receiver in sides.takers_of(item) if stream == "yes" else ():
            yield from _replacing(supply, firm, sides, item, "known substitute", receiver)


def _replacing(
    supply: Supply, firm: Firm, sides: _Sides, item: ExchangeType, way: Way, fit: Fit, kinship: float = 1.0
) -> Iterator[Candidate]:
    """Yield a candidate for each demand that the type says is replaced; without one, a candidate without demand.

    Where the receiver's sector alone does not make it plausible, the type needs a demand that is told: without one it
    is only possible, and doubtful where the receiver told other needs.
    """
    if firm.id == supply.firm.id:
        return
    told = False
    for substitution in item.replaces:
        for demand in sides.of_firm.get((firm.id, substitution.material), ()):
            told = True
            yield Candidate(supply, firm, demand, demand.material, way, [item], fit, substitution, kinship)
    if not told:
        fit = "possible" if item.needs_demand else fit
        first = item.replaces[0] if item.replaces else None
        doubtful = item.needs_demand and firm.id in sides.telling
        yield Candidate(supply, firm, None, first.material if first else "", way, [item], fit, first, kinship, doubtful)


def _others(supply: Supply, demands: Iterable[Demand]) -> Iterator[Demand]:
    """Yield the demands of other firms."""
    return (demand for demand in demands if demand.firm.id != supply.firm.id)


def _same(supply: Supply, sides: _Sides) -> Iterator[Candidate]:
    for code in (supply.material, *ancestors(supply.material)):
        for demand in _others(supply, sides.exactly.get(code, ())):
            yield Candidate(supply, demand.firm, demand, demand.material, "same material")


def _water(supply: Supply, sides: _Sides, water: Mapping[str, tuple[str, ...]]) -> Iterator[Candidate]:
    for code in water.get(supply.material, ()):
        for demand in _others(supply, sides.exactly.get(code, ())):
            yield Candidate(supply, demand.firm, demand, demand.material, "water quality")


def _heat(supply: Supply, sides: _Sides, approach_k: float) -> Iterator[Candidate]:
    """Yield needs of heat that a source is hot enough for; where a temperature is not told, it is asked for."""
    if not is_heat(supply.flows):
        return
    hot = hottest(supply.idle)
    for demand in _others(supply, sides.heat):
        need = hottest(demand.flows)
        if demand.unit == supply.unit and (hot is None or need is None or hot >= need + approach_k):
            yield Candidate(supply, demand.firm, demand, demand.material, "heat level")


def hottest(flows: Iterable[Flow]) -> float | None:
    """Return the highest temperature that some flows tell [°C]; ``None``: none tells one."""
    return max((f.temperature for f in flows if f.temperature is not None), default=None)


def _substitutes(supply: Supply, sides: _Sides) -> Iterator[Candidate]:
    """Yield needs of what the stream replaces elsewhere, whatever the sectors."""
    for item, stream in sides.types_for(supply.material):
        for substitution in item.replaces if stream == "yes" else ():
            for demand in _others(supply, sides.kinds.get(substitution.material, ())):
                yield Candidate(
                    supply, demand.firm, demand, demand.material, "known substitute", [item], "yes", substitution
                )


def _similar(supply: Supply, sides: _Sides) -> Iterator[Candidate]:
    """Yield firms that take a stream of the same kind, and firms of the kind of those that take the stream."""
    for item, near in sides.types_near(supply.material):
        takers: Iterable[tuple[Firm, Fit, float]] = ((firm, fit, near) for firm, fit in sides.takers_of(item))
        if near == 1:
            takers = ((firm, "yes", kinship) for firm, kinship in sides.kin_of(item))
        for firm, fit, kinship in takers:
            for made in _replacing(supply, firm, sides, item, "similar", fit, kinship):
                made.substitution = made.substitution if near == 1 else None  # a rate is of the stream it is told for
                yield made


def _akin(supply: Supply, sides: _Sides) -> Iterator[Candidate]:
    """Yield firms that buy a material of the stream's kind."""
    if material(supply.material).form in LEVELLED:
        return
    for code, demands in sides.exactly.items():
        kinship = material_kinship(supply.material, code)
        for demand in _others(supply, demands) if 0 < kinship < 1 else ():
            yield Candidate(supply, demand.firm, demand, code, "similar", kinship=kinship)


def _supposed(supply: Supply, usual: _Sides) -> Iterator[Candidate]:
    """Yield firms that told nothing, by what is usual in their industry: there is no demand, it is asked for."""
    for made in _same(supply, usual):
        made.demand, made.fit, made.supposed = None, "possible", True
        yield made


def _named(supply: Supply, sides: _Sides, names: NameModel) -> Iterator[Candidate]:
    """Yield firms that buy what is called alike to the stream, and firms that take such a stream by a type."""
    if material(supply.material).form in LEVELLED:
        return
    for code, near in names.alike(supply.material).items():
        likeness = Likeness(code, near, names.name)
        for demand in _others(supply, sides.exactly.get(code, ())):
            yield Candidate(supply, demand.firm, demand, code, "names", kinship=near, likeness=likeness)
        for item, stream in sides.types_for(code):
            for firm, fit in sides.takers_of(item) if stream == "yes" else ():
                for made in _replacing(supply, firm, sides, item, "names", fit, near):
                    made.substitution, made.likeness = None, likeness  # a rate is of the stream it is told for
                    yield made
