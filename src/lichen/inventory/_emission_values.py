"""Values of an emission inventory: lines, totals, what is not known. See :mod:`lichen.inventory.emissions`."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from lichen.errors import Problem
from lichen.figures import KINDS, Kind, Text, Used
from lichen.inventory.values import Flow

Scope = Literal["scope 1 fuel", "scope 1 process", "scope 2 electricity", "scope 2 heat"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
SCOPE_1: tuple[Scope, ...] = SCOPES[:2]
Method = Literal["heat", "quantity", "carbon", "carbon in", "carbonate", "product", "leaving", "grid", "bought heat"]
METHODS: Mapping[Method, Text] = {
    "heat": Text("fuel × heating value × CO2 by heat × share oxidised", "燃料 × 热值 × 单位热值CO2 × 氧化率"),
    "quantity": Text("fuel × CO2 by quantity × share oxidised", "燃料 × 单位用量CO2 × 氧化率"),
    "carbon": Text("fuel × carbon content × 44/12 × share oxidised", "燃料 × 含碳量 × 44/12 × 氧化率"),
    "carbon in": Text("carbon of an input of a process × 44/12, all of it", "工艺投入物的碳 × 44/12（全部）"),
    "carbonate": Text("carbonate × CO2 that it sets free", "碳酸盐 × 分解CO2"),
    "product": Text(
        "product × process CO2, its reductants or carbonates included", "产品 × 过程CO2（含还原剂或碳酸盐）"
    ),
    "leaving": Text(
        "carbon that leaves with a product or gas × 44/12, taken off", "随产品或煤气带走的碳 × 44/12（扣除）"
    ),
    "grid": Text("bought electricity × factor of the grid", "外购电力 × 电网因子"),
    "bought heat": Text("bought heat × factor", "外购热力 × 因子"),
}
"""How a line was reckoned, in words."""


@dataclass(frozen=True)
class EmissionLine:
    """CO2 of one flow.

    Parameters
    ----------
    firm, process, industry
        Whose; process as in the flow; industry of the firm in GB/T 4754-2017.
    scope, method
        Where it counts; how it was reckoned (:data:`METHODS`).
    co2_t
        [tCO2/a]; negative: carbon that leaves and is taken off.
    sd_amount_t, sd_factor_t
        Standard deviations from the amount and from the factor, at one sigma [tCO2/a].
    factor
        Id of the factor that ``sd_factor_t`` belongs to; lines with one factor err together.
    kind
        "measured" to "assumed".
    used, by
        Factors by id; figures of the vocabulary the amount was converted with.
    flow, share
        The flow it comes from, and the share of it that counts [1].
    oxidation
        Share of the carbon oxidised [1].
    biogenic
        Whether it stands apart from the totals.
    partner
        The firm of the inventory it comes from or goes to; empty: none.
    """

    firm: str
    process: str
    industry: str
    scope: Scope
    method: Method
    co2_t: float
    sd_amount_t: float
    sd_factor_t: float
    factor: str
    kind: Kind
    used: tuple[Used, ...]
    by: tuple[str, ...]
    flow: Flow
    share: float = 1.0
    oxidation: float = 1.0
    biogenic: bool = False
    partner: str = ""

    @property
    def material(self) -> str:
        """Code of the fuel, input or product."""
        return self.flow.material

    @property
    def sd_t(self) -> float:
        """Standard deviation [tCO2/a]."""
        return math.hypot(self.sd_amount_t, self.sd_factor_t)


@dataclass(frozen=True)
class Unknown:
    """A flow whose CO2 is not known: it is in no total. ``problem`` says why, and what would help."""

    flow: Flow
    problem: Problem

    @property
    def reason(self) -> str:
        """Last part of the problem's code, e.g. ``no_factor``."""
        return self.problem.code.rpartition(".")[2]


@dataclass(frozen=True)
class Exchanged:
    """CO2 of a line that the park counts a second time at another of its firms."""

    seller: str
    line: EmissionLine


@dataclass(frozen=True)
class CO2:
    """A sum of lines: value and standard deviation [tCO2/a], and its weakest kind."""

    value_t: float
    sd_t: float
    kind: Kind


def co2_sum(lines: Iterable[EmissionLine]) -> CO2:
    """Return the sum of lines: errors of amounts are independent, those of one factor move together."""
    lines = tuple(lines)
    by_factor: dict[str, float] = {}
    for line in lines:
        by_factor[line.factor] = by_factor.get(line.factor, 0.0) + math.copysign(line.sd_factor_t, line.co2_t)
    spread = math.hypot(*(line.sd_amount_t for line in lines), *by_factor.values())
    kind = KINDS[max((KINDS.index(line.kind) for line in lines), default=0)]
    return CO2(math.fsum(line.co2_t for line in lines), spread, kind)


@dataclass(frozen=True)
class EmissionInventory:
    """CO2 of firms in a year, line by line.

    Parameters
    ----------
    year
        Year of the flows.
    lines
        Every line, biogenic ones too.
    unknowns
        Flows whose CO2 is not known.
    exchanged
        Lines that the park counts twice.
    notes
        What a reader must know.
    industries
        Firm → its industry; firms without lines too.
    """

    year: int
    lines: tuple[EmissionLine, ...]
    unknowns: tuple[Unknown, ...] = ()
    exchanged: tuple[Exchanged, ...] = ()
    notes: tuple[Problem, ...] = ()
    industries: Mapping[str, str] = field(default_factory=dict)

    def of(
        self, scopes: Collection[Scope] = SCOPES, *, firm: str | None = None, biogenic: bool = False
    ) -> tuple[EmissionLine, ...]:
        """Return the lines of some scopes, of one firm or all; biogenic ones instead of the others."""
        return tuple(
            line for line in self.lines
            if line.scope in scopes and line.biogenic == biogenic and firm in (None, line.firm)
        )  # fmt: skip

    def by_firm(self, scopes: Collection[Scope] = SCOPES) -> dict[str, CO2]:
        """Return firm → its CO2, biogenic apart; firms without lines have none."""
        return self._by(lambda line: line.firm, scopes, self.industries)

    def by_industry(self, scopes: Collection[Scope] = SCOPES) -> dict[str, CO2]:
        """Return industry → CO2 of its firms, biogenic apart."""
        return self._by(lambda line: line.industry, scopes, self.industries.values())

    def by_scope(self) -> dict[Scope, CO2]:
        """Return scope → CO2, biogenic apart."""
        return {scope: co2_sum(self.of((scope,))) for scope in SCOPES}

    def _by(self, key: Callable[[EmissionLine], str], scopes: Collection[Scope], keys: Iterable[str]) -> dict[str, CO2]:
        groups: dict[str, list[EmissionLine]] = {name: [] for name in keys}
        for line in self.of(scopes):
            groups.setdefault(key(line), []).append(line)
        return {name: co2_sum(lines) for name, lines in groups.items()}

    @property
    def sum_of_firms(self) -> CO2:
        """Scopes 1 and 2 of all firms: what firms exchange counts at both [tCO2/a]."""
        return co2_sum(self.of())

    @property
    def park(self) -> CO2:
        """Scopes 1 and 2 of the firms taken together: each tonne counts once [tCO2/a]."""
        twice = {id(item.line) for item in self.exchanged}
        return co2_sum(line for line in self.of() if id(line) not in twice)

    @property
    def biogenic(self) -> CO2:
        """CO2 of biomass, apart from every other total [tCO2/a]."""
        return co2_sum(self.of(biogenic=True))
