"""The emission lines of one firm: which products hold which inputs, what is burnt, what leaves, what is bought."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from lichen.errors import Problem, Severity, Where
from lichen.inventory._emission_carbon import Held, by_carbonate, by_factor, held, held_as_input
from lichen.inventory._emission_values import EmissionLine, Method, Scope, Unknown
from lichen.inventory.boundary import INSIDE, Crossing
from lichen.inventory.values import Flow
from lichen.numerals import shown, shown_apart
from lichen.vocabulary.emission_links import GRID, NONE, EmissionLink, FactorSet, emission_link, is_any
from lichen.vocabulary.materials import material

Way = Literal["inputs", "factor", "unknown"]
"""How the CO2 of a product's process is reckoned: by carbon in less carbon out; by the product's factor; not at all."""
_MADE = ("product", "by-product")
_LEAVES = ("product", "by-product", "waste")
_IDLE = ("water", "emission")
_REDUCTANTS = ("coke", "coal.coking")
"""Fuels that are told as fuel and yet reduce ores, or become the coke that does."""


@dataclass(frozen=True)
class Made:
    """A product whose process sets CO2 free, and the way that is reckoned."""

    crossing: Crossing
    link: EmissionLink
    way: Way


@dataclass
class FirmLines:
    """Lines, unknowns and notes of a firm, as they are found."""

    firm: str
    industry: str
    crossings: tuple[Crossing, ...]
    factor_set: FactorSet
    grid: str
    lines: list[EmissionLine] = field(default_factory=list)
    unknowns: list[Unknown] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    @cached_property
    def bought(self) -> tuple[Crossing, ...]:
        """In-flows that come from outside the firm."""
        return tuple(c for c in self.crossings if c.flow.direction == "in" and c.share > 0)

    @cached_property
    def handled(self) -> frozenset[str]:
        """Materials that the firm takes in or gives out."""
        return frozenset(c.flow.material for c in self.crossings if c.flow.material)

    @cached_property
    def out(self) -> frozenset[str]:
        """Products and by-products."""
        return frozenset(
            c.flow.material for c in self.crossings
            if c.flow.direction == "out" and c.flow.role in _MADE and c.flow.material
        )  # fmt: skip

    @cached_property
    def made(self) -> tuple[Made, ...]:
        """Products whose processes set CO2 free."""
        found = []
        takes_in = {c.flow.material for c in self.bought if c.flow.material}
        for c in self.crossings:
            if c.flow.direction == "in" or c.flow.role not in _MADE or not c.flow.material:
                continue
            link = emission_link(c.flow.material, "product", factor_set=self.factor_set, industry=self.industry,
                                 takes_in=takes_in, handles=self.handled)  # fmt: skip
            if link is not None and link.factor != NONE:
                found.append(Made(c, link, self._way(link)))
        return tuple(found)

    def _way(self, link: EmissionLink) -> Way:
        """Return "inputs" where carbon inputs of the product are told and the carbon of each is known."""
        inputs = [
            c.flow for c in self.bought
            if is_any(c.flow.material, link.inputs)
            and (c.flow.role != "fuel" or is_any(c.flow.material, _REDUCTANTS))
        ]  # fmt: skip
        if inputs and all(held_as_input(flow, self.factor_set) is not None for flow in inputs):
            return "inputs"
        return "factor" if link.has_factor else "unknown"

    def links(self, *ways: Way) -> tuple[EmissionLink, ...]:
        """Return the links of products that are reckoned in one of ``ways``."""
        return tuple(dict.fromkeys(made.link for made in self.made if made.way in ways))

    @cached_property
    def counted(self) -> frozenset[str]:
        """Materials made here whose carbon is counted with what they are made of."""
        active = self.links("inputs", "factor")
        return frozenset(code for link in active for code in (link.material, *link.leaving, *link.leaving_factor))

    def tell(self, name: str, flow: Flow, severity: Severity = "warning") -> None:
        """Add a flow whose CO2 is not known."""
        where = Where(key=" / ".join(part for part in (flow.firm, flow.process) if part))
        values = {
            "material": flow.given or flow.material,
            "quantity": f"{shown(flow.quantity.value, 6)} {flow.quantity.unit}",
        }
        self.unknowns.append(Unknown(flow, Problem(f"emissions.{name}", where, severity, values)))

    def note(self, name: str, severity: Severity = "note", **values: object) -> None:
        """Add a note on the firm."""
        self.notes.append(Problem(f"emissions.{name}", Where(key=self.firm), severity, values))

    def add(
        self, c: Crossing, found: Held, scope: Scope, share: float, *, method: Method | None = None,
        biogenic: bool = False,
    ) -> None:  # fmt: skip
        """Add a line: ``share`` of what a flow holds; a negative share is taken off."""
        size = abs(share)
        self.lines.append(EmissionLine(
            self.firm, c.flow.process, self.industry, scope, method or found.method, found.co2_t * share,
            found.sd_amount_t * size, found.sd_factor_t * size, found.factor, found.kind, found.used, found.by, c.flow,
            size, found.oxidation, biogenic, c.partner,
        ))  # fmt: skip


def firm_lines(firm: str, industry: str, crossings: Iterable[Crossing], factor_set: FactorSet, grid: str) -> FirmLines:
    """Return the emission lines of a firm from its flows of one year; an empty ``grid``: no scope 2."""
    firm_ = FirmLines(firm, industry, tuple(crossings), factor_set, grid)
    for c in firm_.crossings:
        if c.flow.direction == "in":
            _take_in(firm_, c)
    _process(firm_)
    _leaving(firm_)
    _told_on_both_levels(firm_)
    _own_use(firm_)
    return firm_


def _take_in(firm: FirmLines, c: Crossing) -> None:
    """Add what an in-flow emits: burnt, decomposed, as input of a process, or bought as electricity or heat."""
    flow = c.flow
    use = next((u for u in ("electricity", "heat") if is_any(flow.material, (u,))), "")
    if use or flow.role in ("electricity", "heat"):
        if firm.grid and c.share > 0:
            _scope_2(firm, c, use or flow.role)
        return
    if flow.role in _IDLE:
        return
    if not flow.material:
        if flow.role == "fuel":
            _unnamed_fuel(firm, c)
        return
    link = emission_link(flow.material, "fuel", factor_set=firm.factor_set, industry=firm.industry)
    share = _share(firm, c, link)
    covered = _covering(firm, flow)
    if share <= 0:
        return
    if covered is not None:
        product = material(covered.material)
        firm.note("covered", material=flow.given or flow.material, field=product.name("en"), zh=product.name("zh"))
    elif flow.role == "fuel":
        _burn(firm, c, link, share)
    elif is_any(flow.material, _balanced(firm)):
        _carbon_in(firm, c, link, share)
    else:
        _raw(firm, c, link, share)


def _unnamed_fuel(firm: FirmLines, c: Crossing) -> None:
    found = held(c.flow, None)
    if found is None:
        firm.tell("unnamed", c.flow)
    else:
        firm.add(c, found, "scope 1 fuel", c.share)


def _share(firm: FirmLines, c: Crossing, link: EmissionLink | None) -> float:
    """Return the share of an in-flow whose carbon is not counted elsewhere in the firm [1].

    A gas belongs to who makes it, unless another party is named. A fuel that the firm makes itself counts here where
    its carbon was not counted before: coal of the own mine.
    """
    if link is not None and any(is_any(code, link.made_with) for code in firm.out):
        return c.share if c.named else 0.0
    if c.share < 1 and c.flow.role == "fuel" and not is_any(c.flow.material, firm.counted):
        return 1.0
    return c.share


def _covering(firm: FirmLines, flow: Flow) -> EmissionLink | None:
    """Return the product whose factor already holds an in-flow; ``None``: no product's does."""
    reduces = flow.role != "fuel" or is_any(flow.material, _REDUCTANTS)
    for link in firm.links("factor"):
        groups = (*link.covers_fuel, *((*link.inputs, *link.covers) if reduces else ()))
        if is_any(flow.material, groups):
            return link
    return None


def _balanced(firm: FirmLines) -> tuple[str, ...]:
    """Return the materials whose carbon counts as it comes in, for the products reckoned by inputs."""
    return tuple(code for link in firm.links("inputs") for code in (*link.inputs, *link.covers))


def _burn(firm: FirmLines, c: Crossing, link: EmissionLink | None, share: float) -> None:
    if link is not None and link.factor == NONE:
        return
    found = held(c.flow, link)
    if found is not None:
        oxidation = link.oxidation_in(firm.industry) if link else ""
        biogenic = link is not None and link.biogenic
        firm.add(c, found.oxidised(oxidation), "scope 1 fuel", share, biogenic=biogenic)
    else:
        firm.tell("no_amount" if link is not None and link.has_factor else "no_factor", c.flow)


def _carbon_in(firm: FirmLines, c: Crossing, link: EmissionLink | None, share: float) -> None:
    found = held_as_input(c.flow, firm.factor_set)
    if found is None:
        firm.tell("no_carbon", c.flow)
        return
    method: Method = "carbonate" if found.method == "carbonate" else "carbon in"
    biogenic = link is not None and link.biogenic
    firm.add(c, found, "scope 1 process", share, method=method, biogenic=biogenic)


def _raw(firm: FirmLines, c: Crossing, link: EmissionLink | None, share: float) -> None:
    """Add a raw material that no product accounts for: a carbonate is decomposed, other carbon is told."""
    carbonate = emission_link(c.flow.material, "carbonate", industry=firm.industry)
    if carbonate is None:
        if link is not None and link.factor != NONE and not link.biogenic:
            firm.tell("feedstock", c.flow, "note")
    elif carbonate.has_factor:
        found = by_carbonate(c.flow, carbonate)
        if found is None:
            firm.tell("no_amount", c.flow)
        else:
            firm.add(c, found, "scope 1 process", share)
    elif carbonate.factor != NONE:
        firm.tell("use_unknown", c.flow)


def _scope_2(firm: FirmLines, c: Crossing, use: str) -> None:
    code = c.flow.material if is_any(c.flow.material, (use,)) else ("electricity" if use == "electricity" else "")
    link = emission_link(code, "electricity" if use == "electricity" else "heat") if code else None
    if link is None or not (link.has_factor or link.factor in (GRID, NONE)):
        firm.tell("no_factor", c.flow)
        return
    if link.factor == NONE:
        return
    id = firm.grid if link.factor == GRID else link.factor  # noqa: A001
    found = by_factor(c.flow, id)
    if found is None:
        firm.tell("no_amount", c.flow)
    elif use == "electricity":
        firm.add(c, found, "scope 2 electricity", c.share, method="grid")
    else:
        firm.add(c, found, "scope 2 heat", c.share, method="bought heat")


def _process(firm: FirmLines) -> None:
    """Add the process CO2 of products by their factors."""
    for made in firm.made:
        share = made.crossing.share if made.link.counts == "sold" else 1.0
        if share <= 0 or made.way == "inputs":
            continue
        if made.way == "unknown":
            firm.tell("no_route", made.crossing.flow)
            continue
        found = by_factor(made.crossing.flow, made.link.factor, made.link.ratio)
        if found is None:
            firm.tell("no_amount", made.crossing.flow)
        else:
            firm.add(made.crossing, found, "scope 1 process", share, method="product")


def _leaving(firm: FirmLines) -> None:
    """Take off the carbon that leaves with products and gases, at most what came in."""
    groups = [code for link in firm.links("inputs") for code in link.leaving]
    groups += [code for link in firm.links("factor") for code in link.leaving_factor]
    outs: list[tuple[Crossing, Held]] = []
    for c in firm.crossings:
        if is_any(c.flow.material, groups) and _leaves(c):
            found = held_as_input(c.flow, firm.factor_set)
            if found is None:
                firm.tell("carbon_leaving", c.flow)
            else:
                outs.append((c, found))
    most, wanted = _came_in(firm), sum(found.co2_t * c.share for c, found in outs)
    if wanted > most * (1 + 1e-9):
        leaves, came = shown_apart(wanted, most)
        firm.note("more_leaves", "warning", leaves=leaves, came=came)
    ratio = min(most / wanted, 1.0) if wanted > 0 else 0.0
    for c, found in outs:
        if ratio * c.share * found.co2_t > 0:
            firm.add(c, found, "scope 1 process", -ratio * c.share, method="leaving")


def _came_in(firm: FirmLines) -> float:
    """Return the CO2 that the lines of processes hold before anything is taken off [tCO2/a]."""
    balanced = _balanced(firm)
    return sum(
        line.co2_t for line in firm.lines
        if not line.biogenic and (line.method in ("carbon in", "product") or is_any(line.material, balanced))
    )  # fmt: skip


def _leaves(c: Crossing) -> bool:
    """Whether an out-flow takes its carbon to another party; a gas only where one is named or it is sold."""
    flow = c.flow
    if flow.direction == "in" or c.share <= 0 or flow.role not in _LEAVES or flow.fate == "discharged":
        return False
    given = c.named or flow.fate in ("sold", "given away")
    gas = flow.phase == "gas" or material(flow.material).form == "gas"
    return given or not (gas or flow.fate == "incinerated")


def _told_on_both_levels(firm: FirmLines) -> None:
    """Note fuels that are told for the firm as a whole and for its processes: they may be told twice."""
    levels: dict[str, set[bool]] = {}
    for line in firm.lines:
        if line.flow.direction == "in":
            levels.setdefault(line.material, set()).add(bool(line.process))
    both = [material(code).name() for code, found in levels.items() if len(found) > 1 and code]
    if both:
        firm.note("both_levels", "warning", materials=both)


def _own_use(firm: FirmLines) -> None:
    """Tell fuels of the firm's own that are used on site without saying where they go in."""
    goes_in = {c.flow.material for c in firm.crossings if c.flow.direction == "in"}
    for c in firm.crossings:
        flow = c.flow
        link = emission_link(flow.material, "fuel") if flow.material else None
        if flow.direction == "in" or flow.fate != INSIDE or link is None or link.factor == NONE:
            continue
        known = is_any(flow.material, firm.counted) or any(is_any(code, link.made_with) for code in firm.out)
        if not known and flow.material not in goes_in:
            firm.tell("own_use", flow)


def gas_counted_by_maker(firm: FirmLines, code: str) -> bool:
    """Whether a firm's own CO2 holds a gas it makes and does not take it off: who takes it in counts it again."""
    return is_any(code, firm.counted) and not any(
        line.method == "leaving" and line.material == code for line in firm.lines
    )


def industries_of(firms: Mapping[str, str], used: Collection[str]) -> dict[str, str]:
    """Return firm → industry of the firms told, and of those that only flows name."""
    return {**dict(firms), **{name: "" for name in used if name not in firms}}
