"""From processes, flows, concentrations and transfer coefficients to a reconciliation problem.

Every process is balanced: Σ in = Σ out, for mass and for each substance. A change of stock is a flow from or to
outside.
With F the mass flow, c the concentration, s the substance and TC the transfer coefficient:

    Σ_in F − Σ_out F = 0              F@s − F · c_s = 0
    Σ_in F@s − Σ_out F@s = 0          F_out − TC · Σ_in F = 0   (of mass or of a substance)

Variables are named ``flow``, ``flow@substance`` (substance flow) and ``flow:substance`` (concentration). A flow without
a concentration has an unmeasured substance flow: nothing is taken for zero. What is free of a substance is said so:
``Concentration("F1", "Fe", 0.0, constant=True)``.

References
----------
Brunner, P. H. & Rechberger, H. (2016) Handbook of Material Flow Analysis, 2nd ed., ch. 2. doi:10.1201/9781315313450
Cencic, O. & Rechberger, H. (2008) J. Environ. Eng. Manage. 18(1), 3-7: STAN.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lichen.balance.system import Constraint, Kind, System, Variable
from lichen.errors import InputError, Problems, Where
from lichen.labelled import as_labels


@dataclass(frozen=True)
class Flow:
    """A mass flow [t/a] between two processes; None is outside. Not negative unless ``lower`` says so."""

    name: str
    source: str | None
    target: str | None
    value: float | None = None
    sd: float | None = None
    constant: bool = False
    lower: float | None = 0.0
    upper: float | None = None
    guess: float | None = None


@dataclass(frozen=True)
class Concentration:
    """The concentration of a substance in a flow [t/t]; without a value it is computed where it can be."""

    flow: str
    substance: str
    value: float | None = None
    sd: float | None = None
    constant: bool = False
    lower: float | None = 0.0
    upper: float | None = 1.0
    guess: float | None = None

    @property
    def name(self) -> str:
        """Name of the variable."""
        return f"{self.flow}:{self.substance}"


@dataclass(frozen=True)
class TransferCoefficient:
    """The share [-] of what enters a process that leaves by ``flow``, of mass or of one ``substance``."""

    name: str
    process: str
    flow: str
    value: float | None = None
    sd: float | None = None
    constant: bool = False
    substance: str = ""
    lower: float | None = 0.0
    upper: float | None = 1.0
    guess: float | None = None


def flow_network(
    processes: Sequence[str],
    flows: Iterable[Flow],
    concentrations: Iterable[Concentration] = (),
    transfer_coefficients: Iterable[TransferCoefficient] = (),
) -> System:
    """Return the balances of a network as a system.

    Parameters
    ----------
    processes
        Names of the balanced processes.
    flows
        Flows between processes, from and to outside [t/a].
    concentrations
        Concentrations of substances [t/t]; each substance named is balanced around every process.
    transfer_coefficients
        Shares of the input of a process [-].

    Raises
    ------
    InputError
        Naming every process, flow and coefficient that does not fit.
    """
    known = as_labels(processes, "processes")
    flows, concentrations, shares = tuple(flows), tuple(concentrations), tuple(transfer_coefficients)
    _check(known, flows, concentrations, shares)
    layers = dict.fromkeys(["", *(c.substance for c in concentrations), *(t.substance for t in shares)])
    entering, leaving = _ends(known, flows)
    variables = [_variable(f, "flow") for f in flows]
    constraints: list[Constraint] = []
    for layer in layers:
        if layer:
            variables += [Variable(_in(layer, f), lower=f.lower) for f in flows]
        constraints += [_balance(p, layer, entering[p], leaving[p]) for p in known]
    variables += [_variable(c, "concentration") for c in concentrations]
    constraints += [_content(c) for c in concentrations]
    variables += [_variable(t, "transfer coefficient") for t in shares]
    constraints += [_share(t, entering[t.process]) for t in shares]
    return System(tuple(variables), tuple(constraints))


def _ends(processes: Sequence[str], flows: Sequence[Flow]) -> tuple[dict[str, list[Flow]], dict[str, list[Flow]]]:
    """Return the flows into and out of each process."""
    entering: dict[str, list[Flow]] = {p: [] for p in processes}
    leaving: dict[str, list[Flow]] = {p: [] for p in processes}
    for flow in flows:
        if flow.target is not None:
            entering[flow.target].append(flow)
        if flow.source is not None:
            leaving[flow.source].append(flow)
    return entering, leaving


def _in(layer: str, flow: Flow | str) -> str:
    """Return the variable of a flow in a layer; mass is the layer without a name."""
    name = flow if isinstance(flow, str) else flow.name
    return f"{name}@{layer}" if layer else name


def _variable(given: Flow | Concentration | TransferCoefficient, kind: Kind) -> Variable:
    return Variable(given.name, given.value, given.sd, given.constant, given.lower, given.upper, kind, given.guess)


def _balance(process: str, layer: str, entering: list[Flow], leaving: list[Flow]) -> Constraint:
    terms = {_in(layer, f): 1.0 for f in entering} | {_in(layer, f): -1.0 for f in leaving}
    return Constraint(f"{process}: {layer}" if layer else process, terms)


def _content(c: Concentration) -> Constraint:
    return Constraint(f"{c.flow}@{c.substance}", {_in(c.substance, c.flow): 1.0}, ((-1.0, c.flow, c.name),))


def _share(t: TransferCoefficient, entering: list[Flow]) -> Constraint:
    products = tuple((-1.0, _in(t.substance, f), t.name) for f in entering)
    return Constraint(t.name, {_in(t.substance, t.flow): 1.0}, products)


def _check(
    processes: Sequence[str],
    flows: Sequence[Flow],
    concentrations: Sequence[Concentration],
    shares: Sequence[TransferCoefficient],
) -> None:
    """Raise what does not fit; doubled names are found by the system."""
    problems, known = Problems(), set(processes)
    by_name = {f.name: f for f in flows}
    for f in flows:
        for end in (f.source, f.target):
            if end is not None and end not in known:
                problems.add("reconcile.no_process", Where(key=f.name), name=end)
        if f.source == f.target:
            problems.add("reconcile.nowhere", Where(key=f.name), process=f.source or "–")
    for c in concentrations:
        if c.flow not in by_name:
            problems.add("reconcile.no_flow", Where(key=c.name), name=c.flow)
        if not c.substance.strip():
            problems.add("reconcile.no_substance", Where(key=c.name))
    for t in shares:
        if t.flow not in by_name or by_name[t.flow].source != t.process:
            problems.add("reconcile.not_leaving", Where(key=t.name), flow=t.flow, process=t.process)
        elif not any(f.target == t.process for f in flows):
            problems.add("reconcile.nothing_enters", Where(key=t.name), process=t.process)
    touched = {end for f in flows for end in (f.source, f.target)}
    for process in processes:
        if process not in touched:
            problems.add("reconcile.no_flows", Where(key=process))
    problems.raise_if_errors(InputError)
