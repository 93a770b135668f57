"""Reconcile the flows of a park: what must hold, the values nearest to what was told, and who stands out.

Three kinds of statements are laws here; everything else stays as told:

- a process that is declared completely listed for a layer: Σ in = Σ out, for mass or Σ f·c with contents c;
- what a firm hands from process to process: Σ given = Σ taken, where both name the own firm as partner (what is reused
  on site without a partner may go to a process that nobody listed);
- what a firm hands to another firm: Σ given = Σ taken, where both tell it.

The flows that these tie together form groups; each group is reconciled by itself, and gross errors are sought in it one
by one. Errors of quantities and contents are those of the flow (:func:`lichen.inventory.amounts.relative_sd`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lichen.balance.accounts import belongs
from lichen.balance.gross_errors import GlobalTest, GrossError, Stop, global_test, serial_elimination
from lichen.balance.reconcile import Estimate
from lichen.balance.system import Constraint, System, Variable
from lichen.errors import LANGUAGES, BalanceError, Problem, Where
from lichen.figures import Text
from lichen.inventory.amounts import amount, relative_sd, unit_of
from lichen.inventory.dictionary import choice_text
from lichen.inventory.partners import Handover, firms_by_name, handovers
from lichen.inventory.values import Flow, Inventory
from lichen.units import same_dimension
from lichen.vocabulary.quality import variation

DRY = "dry"
"""Layer of handovers whose sides tell different moistures: then dry mass is what is equal."""
BASES = ("t/a", "GJ/a", "m3/a", "Nm3/a")
"""Units that flows are compared in, the first that a flow can be said in."""


@dataclass(frozen=True)
class Law:
    """A statement that must hold: a completely listed process, or a handover that both sides tell.

    Parameters
    ----------
    kind
        "process", "inside" or "between".
    firms
        Whose.
    name
        Process code, or material code.
    layer
        What is balanced; empty for handovers: there the flows themselves are equal, or :data:`DRY`.
    flows
        The flows in it.
    free
        Flows that count as free of the layer, since they name no content.
    """

    kind: str
    firms: tuple[str, ...]
    name: str
    layer: str
    flows: tuple[Flow, ...]
    free: tuple[Flow, ...] = ()

    @property
    def text(self) -> str:
        """What must hold, in one line."""
        return " · ".join(part for part in (*dict.fromkeys(self.firms), self.name, self.layer) if part)


@dataclass(frozen=True)
class Reconciled:
    """A flow and what reconciliation says of it, in ``unit``.

    Parameters
    ----------
    flow
        As told.
    unit
        t/a, GJ/a, m3/a or Nm3/a.
    told, told_sd
        Its amount as told; ``None`` if it was not.
    estimate
        Reconciled value, standard deviation, class.
    z
        Size of its adjustment in standard deviations [1]; ``None`` where nothing can be adjusted.
    gross
        Whether it was released as a gross error: then the estimate rests on the others alone.
    """

    flow: Flow
    unit: str
    told: float
    told_sd: float
    estimate: Estimate
    z: float | None
    gross: bool = False


@dataclass(frozen=True)
class Group:
    """Flows that laws tie together, reconciled.

    Parameters
    ----------
    laws
        What holds among them.
    flows
        The flows.
    before, after
        Global test of all that was told, and after gross errors were released.
    stopped
        Why the search for gross errors ended.
    suspects
        Flows and contents that explain the error equally well, where it could not be decided.
    contents
        Contents that were released as gross errors.
    failed
        What is wrong where no values meet the laws; then there are no flows.
    """

    laws: tuple[Law, ...]
    flows: tuple[Reconciled, ...]
    before: GlobalTest | None
    after: GlobalTest | None
    stopped: Stop | None
    suspects: tuple[str, ...] = ()
    contents: tuple[GrossError, ...] = ()
    failed: tuple[Problem, ...] = ()

    @property
    def firms(self) -> tuple[str, ...]:
        """Firms of the group."""
        return tuple(dict.fromkeys(name for law in self.laws for name in law.firms))


@dataclass(frozen=True)
class ParkReconciliation:
    """What reconciliation says of a park.

    Parameters
    ----------
    groups
        Flows that hang together, the largest first.
    one_sided
        Handovers that only one side tells: nothing to compare.
    unlike
        Handovers told in units that cannot be compared.
    """

    groups: tuple[Group, ...]
    one_sided: tuple[Handover, ...]
    unlike: tuple[Handover, ...]

    @property
    def gross_errors(self) -> tuple[Reconciled, ...]:
        """Flows that were released as gross errors."""
        return tuple(r for group in self.groups for r in group.flows if r.gross)


def basis(flow: Flow) -> str:
    """Return the unit a flow is compared in; empty if it can be said in none."""
    if amount(flow, "mass") is not None:
        return "t/a"
    return next((unit for unit in BASES if same_dimension(flow.quantity.unit, unit)), "")


def _value(flow: Flow) -> float:
    mass = amount(flow, "mass")
    return mass.value if mass is not None else flow.quantity.to(basis(flow))


def laws(inventory: Inventory, year: int) -> tuple[tuple[Law, ...], tuple[Handover, ...], tuple[Handover, ...]]:
    """Return what must hold in a year, handovers that one side tells, and those in units that cannot be compared."""
    flows = [f for f in inventory.flows if f.year == year and f.quantity.value > 0]
    found: list[Law] = []
    for process in inventory.processes:
        mine = [f for f in flows if (f.firm, f.process) == (process.firm, process.id)]
        for layer in process.closed:
            law = _process_law(process.firm, process.id, layer, mine)
            found += [law] if law else []
    one_sided, unlike = [], []
    for h in handovers([f for f in flows if f.partner], firms_by_name(inventory)):
        units = {basis(f) for f in (*h.out, *h.into)}
        if not h.both_tell:
            one_sided += [h]
        elif len(units) > 1 or "" in units:
            unlike.append(h)
        else:
            kind = "inside" if h.internal else "between"
            both = (*h.out, *h.into)
            moist = {f.moisture for f in both}
            layer = DRY if len(moist) > 1 and None not in moist and units == {"t/a"} else ""
            found.append(Law(kind, (h.donor, h.receiver), h.material, layer, both))
    return tuple(found), tuple(one_sided), tuple(unlike)


def _process_law(firm: str, process: str, layer: str, flows: Iterable[Flow]) -> Law | None:
    """Return the balance of a completely listed process; ``None`` if it has flows on one side only."""
    mine = [f for f in flows if belongs(f, layer)]
    holding = tuple(f for f in mine if amount(f, layer) is not None)
    if len({f.direction for f in holding}) < 2:
        return None
    return Law("process", (firm,), process, layer, holding, tuple(f for f in mine if f not in holding))


def reconcile_park(inventory: Inventory, year: int, level: float = 0.95) -> ParkReconciliation:
    """Reconcile the flows of a park in a year.

    Parameters
    ----------
    inventory
        Firms, processes, flows.
    year
        Only its flows count.
    level
        Confidence of the tests [1].
    """
    all_laws, one_sided, unlike = laws(inventory, year)
    groups = [_solved(tied, level) for tied in _tied(all_laws)]
    return ParkReconciliation(tuple(sorted(groups, key=lambda g: -len(g.flows))), one_sided, unlike)


def _tied(all_laws: Iterable[Law]) -> list[list[Law]]:
    """Return the laws in groups that share flows."""
    groups: dict[int, list[Law]] = {}
    group_of: dict[int, int] = {}
    for number, law in enumerate(all_laws):
        mine = [law]
        for old in sorted({group_of[id(f)] for f in law.flows if id(f) in group_of}):
            mine = [*groups.pop(old), *mine]
        groups[number] = mine
        for flow in (f for one in mine for f in one.flows):
            group_of[id(flow)] = number
    return list(groups.values())


def flow_name(flow: Flow) -> str:
    """Return what a flow is called in a reconciliation: firm, process, direction, material, where it goes."""
    return _flow_name(flow, flow.fate, flow.role)


def _flow_name(flow: Flow, fate: str, role: str) -> str:
    arrow = "→" if flow.direction == "out" else "←"
    ends = f"{arrow} {flow.partner or fate}".strip()
    return " · ".join(part for part in (flow.firm, flow.process, f"{flow.given} {ends}", role) if part)


def flow_text(flow: Flow) -> Text:
    """Return the same in both languages, in the words of the survey."""
    fate, role = (choice_text("flow", key, value) for key, value in (("fate", flow.fate), ("role", flow.role)))
    return Text(*(_flow_name(flow, fate.text(lang), role.text(lang)) for lang in LANGUAGES))


def _solved(tied: list[Law], level: float) -> Group:
    flows = list({id(f): f for law in tied for f in law.flows}.values())
    names: dict[int, str] = {}
    for flow in flows:
        name = flow_name(flow)
        taken = sum(other == name or other.startswith(f"{name} #") for other in names.values())
        names[id(flow)] = f"{name} #{taken + 1}" if taken else name
    try:
        system = _system(tied, flows, names)
        found = serial_elimination(system, level)
        before = found.gross_errors[0].before if found.gross_errors else global_test(found.result, level)
    except BalanceError as error:
        place = Where(key=tied[0].text)
        failed = tuple(Problem(p.code, place, p.severity, p.values) for p in error.problems)
        return Group(tuple(tied), (), None, None, None, failed=failed)
    released = {e.name: e for e in found.gross_errors}
    rows = []
    for flow in flows:
        estimate = found.result[names[id(flow)]]
        gross = released.get(estimate.name)
        told = _value(flow)
        z = gross.z if gross else None
        if z is None and estimate.adjustment_sd and estimate.adjustment is not None:
            z = abs(estimate.adjustment) / estimate.adjustment_sd
        rows.append(Reconciled(flow, basis(flow), told, told * relative_sd(flow), estimate, z, gross is not None))
    contents = tuple(e for e in found.gross_errors if e.name not in names.values())
    return Group(tuple(tied), tuple(rows), before, global_test(found.result, level), found.stopped, found.suspects,
                 contents)  # fmt: skip


def _system(tied: Iterable[Law], flows: Iterable[Flow], names: Mapping[int, str]) -> System:
    variables = [
        Variable(names[id(f)], _value(f), _value(f) * relative_sd(f), lower=0.0, guess=_value(f)) for f in flows
    ]
    constraints: list[Constraint] = []
    contents: dict[str, Variable] = {}
    for law in tied:
        linear: dict[str, float] = {}
        products: list[tuple[float, str, str]] = []
        for flow in law.flows:
            name, sign = names[id(flow)], 1.0 if flow.direction == "in" else -1.0
            content = _content(flow, law.layer, name)
            if content is None:
                linear[name] = sign
            elif content.value != 0:
                contents[content.name] = content
                products.append((sign, name, content.name))
        constraints.append(Constraint(_free_name(law.text, constraints), linear, tuple(products)))
    return System((*variables, *contents.values()), tuple(constraints))


def _free_name(name: str, constraints: Iterable[Constraint]) -> str:
    taken = sum(c.name == name or c.name.startswith(f"{name} #") for c in constraints)
    return f"{name} #{taken + 1}" if taken else name


def _content(flow: Flow, layer: str, name: str) -> Variable | None:
    """Return the content of a flow in a layer as a variable; ``None`` where the flow itself is what is balanced."""
    if layer == DRY and flow.moisture:
        return Variable(f"{name}:{DRY}", 1 - flow.moisture, max(flow.moisture * relative_sd(flow), 1e-4), lower=0.0,
                        upper=1.0, kind="concentration")  # fmt: skip
    told = amount(flow, layer) if layer and layer != DRY else None
    if told is None or (unit_of(layer) == basis(flow) and told.value == _value(flow)):
        return None
    value = told.value / _value(flow)
    sd = variation("estimated") if told.by else relative_sd(flow)
    upper = None if layer == "energy" else 1.0
    if value == 0:
        return Variable(f"{name}:{layer}", 0.0, constant=True)
    return Variable(f"{name}:{layer}", value, value * sd, lower=0.0, upper=upper, kind="concentration")
