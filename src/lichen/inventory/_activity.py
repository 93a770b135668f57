"""How much a firm made of what a sector profile counts by, and in which of several ways: as it tells, or asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lichen.errors import Language, Problem, Where
from lichen.figures import Figure, Text
from lichen.inventory.amounts import amount, element_share
from lichen.inventory.values import Firm, Flow, Inventory, Process
from lichen.units import factor, same_dimension
from lichen.vocabulary.elements import mass_shares
from lichen.vocabulary.materials import descends, material_named, material_text
from lichen.vocabulary.names import alike, is_chinese, plain
from lichen.vocabulary.profiles import Profile

TAKEN = frozenset({
    ("4411", "coal.raw"), ("4411", "gas.so2"), ("4417", "waste.msw"), ("7820", "waste.msw"), ("4620", "water.sewage"),
    ("2221", "waste.paper"), ("1311", "food.grain"),
})  # fmt: skip
"""Industry and activity of profiles that count by what is taken in; all others count by what is made."""
WORDS: Mapping[str, tuple[str, ...]] = {
    "bf-bof": ("bof", "converter", "basic oxygen", "转炉", "长流程"),
    "eaf": ("eaf", "arc furnace", "电炉", "电弧炉", "短流程"),
    "sulphuric acid from sulphur": ("sulphur burning", "from sulphur", "硫磺"),
    "sulphuric acid from pyrite": ("pyrite", "硫铁矿", "黄铁矿"),
    "ammonia from natural gas": ("natural gas", "天然气"),
    "ammonia by partial oxidation": ("partial oxidation", "gasification", "coal", "煤", "气化"),
    "paper from recovered paper": ("recovered paper", "waste paper", "recycled", "废纸", "再生纸"),
    "paper mill": ("virgin pulp", "wood pulp", "木浆", "原生浆"),
    "ethanol from maize": ("maize", "corn", "玉米"),
    "ethanol from molasses": ("molasses", "糖蜜"),
}
"""Words in the name of a firm's process that say which way of making a product it is: our reading."""
SURE = 85.0
"""How alike the names of a process and of a profile must be to mean the same [0 to 100]."""


@dataclass(frozen=True)
class Question:
    """What to ask a firm, since nothing can be filled in for it or what it told is unusual.

    Parameters
    ----------
    firm
        Code of the firm.
    about
        What the question is of: a code of ``messages/estimate.toml``, e.g. "estimate.variant".
    material
        Code of the material it is about; empty: of no one material.
    values
        What fills the words; a :class:`~lichen.figures.Text` where it differs by language.
    """

    firm: str
    about: str
    material: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def problem(self) -> Problem:
        """The question as a note; ``found`` says why, ``mend`` what to ask."""
        return Problem(self.about, Where(key=self.firm), "note", self.values)

    def text(self, lang: Language) -> str:
        """Return firm, reason and what to ask in one line."""
        return self.problem.text(lang)


@dataclass(frozen=True)
class Case:
    """A firm with its processes, its flows of the year, and whether it has flows of other years."""

    firm: Firm
    processes: tuple[Process, ...]
    flows: tuple[Flow, ...]
    other_years: bool

    def ask(self, about: str, code: str = "", /, **values: Any) -> Question:
        """Return a question to this firm, about the material ``code``."""
        return Question(self.firm.id, about, code, values)


def cases(inventory: Inventory, year: int) -> Iterable[Case]:
    """Yield every firm of an inventory as it was in a year."""
    flows: dict[str, list[Flow]] = {}
    processes: dict[str, list[Process]] = {}
    for f in inventory.flows:
        flows.setdefault(f.firm, []).append(f)
    for p in inventory.processes:
        processes.setdefault(p.firm, []).append(p)
    for firm in inventory.firms:
        mine = flows.get(firm.id, [])
        now = tuple(f for f in mine if f.year == year)
        yield Case(firm, tuple(processes.get(firm.id, ())), now, len(now) < len(mine))


@dataclass(frozen=True)
class Group:
    """Rows of a profile with one process and one activity.

    Parameters
    ----------
    rows
        One or more rows of equal industry, process, activity, unit and basis.
    """

    rows: tuple[Profile, ...]

    @property
    def first(self) -> Profile:
        """A row, for what they have in common."""
        return self.rows[0]

    @property
    def taken(self) -> bool:
        """Whether it counts by what is taken in."""
        return (self.first.industry, self.first.activity) in TAKEN

    @property
    def unit(self) -> str:
        """Unit of the activity a year."""
        return f"{self.first.activity_unit}/a"


def groups(rows: Iterable[Profile]) -> tuple[Group, ...]:
    """Return rows in groups, in the order of the file."""
    found: dict[tuple[str, ...], list[Profile]] = {}
    for p in rows:
        found.setdefault((p.industry, p.process, p.activity, p.activity_unit, p.basis), []).append(p)
    return tuple(Group(tuple(some)) for some in found.values())


@dataclass(frozen=True)
class Told:
    """One place where a firm tells an activity: a flow, or the output of a process.

    Parameters
    ----------
    process
        Of which process; empty: the firm as a whole.
    flow
        The flow; for an output of a process, a flow made of it.
    """

    process: str
    flow: Flow
    is_output: bool = False


@dataclass(frozen=True)
class Activity:
    """How much of an activity there was by one way: amount [unit of the group] and where it was told."""

    group: Group
    value: float
    process: str


def told(case: Case, group: Group, known: frozenset[str]) -> tuple[list[Told], list[Question]]:
    """Return where a firm tells the activity of a group, and what must be asked of it.

    Parameters
    ----------
    known
        Activities of all groups: what is one of them is not asked about as a kind of another.
    """
    code = group.first.activity
    if not code:
        return [], []
    side = "in" if group.taken else "out"
    flows = [f for f in case.flows if f.direction == side and f.material and descends(f.material, code)]
    same = [f for f in flows if f.material == code or code == "electricity"]
    if same:
        return [Told(f.process, f) for f in same], []
    outputs = [] if group.taken else [p for p in case.processes if p.output and _makes(p, code)]
    if outputs and case.other_years:
        return [], [case.ask("estimate.year", code, activity=material_text(code))]
    if outputs:
        return [Told(p.id, _as_flow(p, code), True) for p in outputs], []
    kinds = {f.material: material_text(f.material) for f in flows if f.material not in known}
    return [], [
        case.ask("estimate.kind", code, activity=material_text(code), found=list(kinds.values()))
    ] if kinds else []


def _makes(process: Process, code: str) -> bool:
    found = material_named(process.product) if process.product else None
    return found is not None and found.code == code


def _as_flow(process: Process, code: str) -> Flow:
    assert process.output is not None
    value, unit = process.output
    figure = Figure(value, unit, "reported", "output of the process")
    return Flow(process.firm, process.id, "out", "product", code, process.product, figure, 0)


def choose(case: Case, variants: list[Group], places: list[Told]) -> tuple[list[tuple[Group, list[Told]]], bool]:
    """Return which places belong to which variant, and whether that is sure for all of them.

    Parameters
    ----------
    variants
        Ways of making one product, one or more.
    places
        Where the firm tells how much it made of it.
    """
    if len(variants) == 1:
        return [(variants[0], places)], True
    ways = {p.id: way for p in case.processes if (way := _way(p, variants)) is not None}
    named = [way for way in variants if way in ways.values()]
    split: list[tuple[Group, list[Told]]] = []
    left = list(places)
    for way in named:
        mine = [t for t in left if ways.get(t.process) is way or (not t.process and len(named) == 1)]
        left = [t for t in left if t not in mine]
        if mine:
            split.append((way, mine))
    return (split, True) if not left else ([], False)


def _way(process: Process, variants: list[Group]) -> Group | None:
    """Return the one variant that a process's code, name and product mean, or ``None``."""
    text = plain(f"{process.id} {process.name} {process.product}")
    fits = [way for way in variants if any(_holds(text, word) for word in WORDS.get(way.first.process, ()))]
    if not fits:
        fits = [way for way in variants if _named(process, way.first)]
    return fits[0] if len(fits) == 1 else None


def _named(process: Process, row: Profile) -> bool:
    """Whether a process bears the code of a profile's process, or a name like one of its names."""
    name, said = plain(process.name), row.process_name
    return process.id == row.process or any(alike(name, plain(n)) >= SURE for n in (row.process, said.en, said.zh))


def _holds(text: str, word: str) -> bool:
    word = plain(word)
    if is_chinese(word):
        return word in text
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None


def measure(case: Case, group: Group, places: list[Told]) -> Activity | Question:
    """Return how much of the activity there was, counted as the profile counts it, or what must be asked for that."""
    total = 0.0
    first = group.first
    for place in places:
        value = _in_unit(place.flow, first.activity_unit)
        if value is None:
            unit = place.flow.quantity.unit
            return case.ask(
                "estimate.unit", first.activity, activity=material_text(first.activity), found=unit, wanted=group.unit
            )
        share = _counted(place.flow, first)
        if share is None:
            return case.ask(
                "estimate.basis", first.activity, activity=material_text(first.activity), basis=BASES[first.basis],
                material=[material_text(p.material) for p in group.rows],
            )  # fmt: skip
        total += value * share
    return Activity(group, total, _process(case, group, places))


def _in_unit(flow: Flow, unit: str) -> float | None:
    """Return a flow's quantity in a unit of mass, volume or energy a year, or ``None``."""
    wanted = f"{unit}/a"
    if same_dimension(flow.quantity.unit, wanted):
        return flow.quantity.to(wanted)
    layer = "mass" if same_dimension(wanted, "t/a") else "energy" if same_dimension(wanted, "GJ/a") else ""
    found = amount(flow, layer) if layer else None
    if found is None:
        return None
    return found.value * factor("t/a" if layer == "mass" else "GJ/a", wanted)


BASES = {
    "P2O5": Text("P2O5", "P2O5"),
    "dry": Text("dry mass", "干基质量"),
    "removed": Text("the amount removed", "脱除量"),
    "paddy": Text("paddy", "稻谷"),
}


def _counted(flow: Flow, row: Profile) -> float | None:
    """Return the share of a flow that a profile counts [1]; ``None``: the firm does not say."""
    if not row.basis:
        return 1.0
    if row.basis == "dry":
        if not same_dimension(row.activity_unit, "t"):
            return 1.0  # what is dry is the flow, not the cubic metres it is counted by
        return None if flow.moisture is None else 1 - flow.moisture
    if row.basis == "P2O5":
        phosphorus = element_share(flow, "P")
        return None if phosphorus is None else phosphorus / mass_shares("P2O5")["P"]
    if row.basis == "paddy":
        return 1.0 if any(word in plain(flow.given) for word in ("paddy", "稻谷")) else None
    return None


def _process(case: Case, group: Group, places: list[Told]) -> str:
    """Return the firm's process that fits a group, if there is exactly one; else nothing."""
    known = {t.process for t in places}
    if len(known) == 1 and known != {""}:
        return known.pop()
    makes = {p.id for p in case.processes if not group.taken and _makes(p, group.first.activity)}
    named = {p.id for p in case.processes if _named(p, group.first)}
    for some in (makes, named) if known <= {""} else ():
        if len(some) == 1:
            return some.pop()
    return ""


def of_year(flow: Flow) -> Flow:
    """Return a flow without what was taken from earlier years' stock."""
    if not flow.from_stock:
        return flow
    q = flow.quantity
    kept = 1 - flow.from_stock
    low, high = (None if x is None else x * kept for x in (q.low, q.high))
    return replace(flow, quantity=replace(q, value=q.value * kept, low=low, high=high), from_stock=None)
