"""Which emission factor belongs to which material, from ``data/emission_links.csv``; each row says why.

A row is for a material or a group and holds for what is below it, unless a row nearer to the material fits. Of several
rows for one material the first that fits is taken: some are for an industry, some for who takes in or makes something.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from lichen.vocabulary._files import number, parts, rows, unknown
from lichen.vocabulary.materials import ancestors, descends

Use = Literal["fuel", "carbonate", "product", "electricity", "heat"]
"""Burnt; decomposed; made, with CO2 from its process; bought power; bought heat."""
FactorSet = Literal["ipcc", "ceads"]
"""Defaults of the IPCC and of Chinese guidelines; factors that reproduce the CEADs inventories."""
SETS: tuple[FactorSet, ...] = get_args(FactorSet)
Counts = Literal["", "made", "sold"]
CARBON, NONE, UNKNOWN, GRID = "carbon", "none", "unknown", "grid"
"""Words that stand for a factor: by carbon content; no CO2; not known; the grid that the user names."""


@dataclass(frozen=True)
class EmissionLink:
    """A material, what is done with it, and the factor for that.

    Parameters
    ----------
    material, use, set
        Code of a material or group; what is done with it; empty set: in both.
    factor
        Id of a factor, or one of :data:`CARBON`, :data:`NONE`, :data:`UNKNOWN`, :data:`GRID`.
    ratio
        Multiplies the factor [1].
    oxidation, oxidation_not_in
        Id of the share of carbon oxidised, and industries where it does not hold: there all is.
    industries
        Beginnings of GB/T 4754-2017 codes that the row is for; empty: all.
    takes_in, without
        Materials, one of which the firm must take in; none of which it may take in or give out.
    made_with
        Products whose maker makes this gas too: its carbon is counted with what goes into them.
    counts
        Of a product: all that is "made", or only what is "sold".
    inputs
        Carbon that the product's factor already holds: where the firm tells it, it is counted instead of the factor.
    covers, covers_fuel
        More that the factor holds: in-flows that are not fuels; in-flows that are.
    leaving, leaving_factor
        What takes carbon away again where inputs are counted; where the factor is.
    biogenic
        Whether its CO2 stands apart from the total.
    source
        Source or judgement behind the row.
    """

    material: str
    use: Use
    set: FactorSet | Literal[""]
    factor: str
    ratio: float
    oxidation: str
    oxidation_not_in: tuple[str, ...]
    industries: tuple[str, ...]
    takes_in: tuple[str, ...]
    without: tuple[str, ...]
    made_with: tuple[str, ...]
    counts: Counts
    inputs: tuple[str, ...]
    covers: tuple[str, ...]
    covers_fuel: tuple[str, ...]
    leaving: tuple[str, ...]
    leaving_factor: tuple[str, ...]
    biogenic: bool
    source: str

    @property
    def has_factor(self) -> bool:
        """Whether its factor is the id of a factor."""
        return self.factor not in (CARBON, NONE, UNKNOWN, GRID)

    def oxidation_in(self, industry: str) -> str:
        """Return the id of the share oxidised in an industry; empty: all is."""
        return "" if begins(industry, self.oxidation_not_in) else self.oxidation


def begins(code: str, beginnings: Collection[str]) -> bool:
    """Whether a code begins with one of ``beginnings``."""
    return any(code.startswith(b) for b in beginnings)


def is_any(material: str, groups: Collection[str]) -> bool:
    """Whether a material is one of ``groups`` or stands below one of them."""
    return bool(material) and _under(material, frozenset(groups))


@functools.lru_cache(65_536)
def _under(material: str, groups: frozenset[str]) -> bool:
    return any(descends(material, group) for group in groups)


@functools.cache
def emission_links() -> tuple[EmissionLink, ...]:
    """Return every row, in the order of the file."""
    return tuple(_link(row) for row in rows("emission_links.csv"))


def _link(row: Mapping[str, str]) -> EmissionLink:
    return EmissionLink(
        row["material"], cast(Use, row["use"]), cast(FactorSet, row["set"]), row["factor"], number(row["ratio"]) or 1.0,
        row["oxidation"], parts(row["oxidation_not_in"]), parts(row["industries"]), parts(row["with"]),
        parts(row["without"]), parts(row["made_with"]), cast(Counts, row["counts"]), parts(row["inputs"]),
        parts(row["covers"]), parts(row["covers_fuel"]), parts(row["leaving"]), parts(row["leaving_factor"]),
        row["biogenic"] == "yes", row["source"],
    )  # fmt: skip


@functools.cache
def _by_place() -> Mapping[tuple[str, Use], tuple[EmissionLink, ...]]:
    found: dict[tuple[str, Use], tuple[EmissionLink, ...]] = {}
    for link in emission_links():
        found[link.material, link.use] = (*found.get((link.material, link.use), ()), link)
    return found


def emission_link(
    material: str, use: Use, *, factor_set: FactorSet = "ipcc", industry: str | None = "",
    takes_in: Collection[str] = (), handles: Collection[str] = (),
) -> EmissionLink | None:  # fmt: skip
    """Return the row that fits best: of the material itself, else of the nearest group above it; ``None``: none does.

    Parameters
    ----------
    material, use
        Code of a material; what is done with it.
    factor_set
        One of :data:`SETS`.
    industry
        Code of the firm in GB/T 4754-2017; ``None``: rows are taken whatever industry they are for.
    takes_in, handles
        Materials that the firm takes in; that it takes in or gives out.

    Raises
    ------
    LabelError
        An unknown material or set.

    >>> emission_link("biomass.straw.rice", "fuel").factor
    'co2_heat_solid_biomass'
    """
    if factor_set not in SETS:
        unknown("sets of emission factors", factor_set, SETS)
    for code in (material, *ancestors(material)):
        for link in _by_place().get((code, use), ()):
            if link.set in ("", factor_set) and _fits(link, industry, takes_in, handles):
                return link
    return None


def _fits(link: EmissionLink, industry: str | None, takes_in: Collection[str], handles: Collection[str]) -> bool:
    return (
        (not link.industries or industry is None or begins(industry, link.industries))
        and (not link.takes_in or any(is_any(code, link.takes_in) for code in takes_in))
        and not any(is_any(code, link.without) for code in handles)
    )
