"""Values: an input-output table, its satellite accounts, and where they come from. Nothing here computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from lichen.errors import EconomyError, LabelError, Problem, Problems
from lichen.figures import KINDS as KINDS
from lichen.figures import Kind as Kind
from lichen.labelled import Array, Labels, as_labels, frozen

if TYPE_CHECKING:
    import pandas as pd

Role = Literal["consumption", "investment", "inventory", "export", "outflow", "import", "inflow", "error"]
"""What a final-demand column is. ``import`` and ``inflow`` (from other provinces) hold negative numbers."""
ROLES: tuple[Role, ...] = get_args(Role)
LEAVING: tuple[Role, ...] = ("export", "outflow")
ENTERING: tuple[Role, ...] = ("import", "inflow")

Treatment = Literal["as published", "domestic"]
"""``as published``: imports stand as negative final demand; ``domestic``: flows are of domestic origin only."""
TREATMENTS: tuple[Treatment, ...] = get_args(Treatment)


@dataclass(frozen=True)
class Origin:
    """Where a table comes from.

    Parameters
    ----------
    region, year
        What it describes; year 0 means not said.
    classification
        Name of the sector list in the vocabulary, e.g. ``CN42-2007``; empty if not said.
    kind
        "measured", "reported", "estimated" or "assumed".
    source, note
        Citation, and what a reader must know. Functions that derive a table write here what they did.
    """

    region: str = ""
    year: int = 0
    classification: str = ""
    kind: Kind = "reported"
    source: str = ""
    note: str = ""

    def derived(self, what: str, **changes: Any) -> Origin:
        """Return this origin with ``what`` appended to the note."""
        return replace(self, note="; ".join(p for p in (self.note, what) if p), **changes)


@dataclass(frozen=True, eq=False)
class Table:
    """A symmetric input-output table; each row adds up to its output.

    Parameters
    ----------
    sectors
        n labels.
    intermediate
        Z, purchases of column from row ``(n, n)`` [unit/a].
    final_demand
        Final uses by category ``(n, k)`` [unit/a]; imports and inflow negative.
    final_labels, final_roles
        k labels and k roles (:data:`Role`).
    value_added
        Primary inputs by kind ``(p, n)`` [unit/a].
    value_added_labels
        p labels.
    output
        x, total output ``(n,)`` [unit/a].
    unit
        Unit of money, e.g. ``10000 CNY``.
    sector_units
        For hybrid tables the unit of each row, n texts; empty if all rows are in ``unit``.
    treatment
        How imports stand (:data:`Treatment`).
    imported_intermediate, imported_final
        Imported flows ``(n, n)`` and ``(n, k)``, where the table keeps them apart (domestic treatment).
    origin
        Region, year, classification, kind, source.
    findings
        What the reader or a derivation found worth knowing.
    copy
        ``False`` hands the arrays over: they are not copied, and become read-only.

    Raises
    ------
    LabelError
        Labels empty, padded or doubled; shapes that differ; cells that are not finite.
    """

    sectors: Labels
    intermediate: Array
    final_demand: Array
    final_labels: Labels
    final_roles: tuple[Role, ...]
    value_added: Array
    value_added_labels: Labels
    output: Array
    unit: str = ""
    sector_units: tuple[str, ...] = ()
    treatment: Treatment = "as published"
    imported_intermediate: Array | None = None
    imported_final: Array | None = None
    origin: Origin = field(default_factory=Origin)
    findings: tuple[Problem, ...] = ()
    copy: bool = True

    def __post_init__(self) -> None:
        sectors = as_labels(self.sectors, "sectors")
        final = as_labels(self.final_labels, "final demand")
        primary = as_labels(self.value_added_labels, "value added")
        n, k, p = len(sectors), len(final), len(primary)
        problems = Problems()
        if not n:
            problems.add("table.no_sectors")
        if len(self.final_roles) != k or any(role not in ROLES for role in self.final_roles):
            problems.add("table.roles", found=list(self.final_roles), allowed=list(ROLES))
        if self.sector_units and len(self.sector_units) != n:
            problems.add("labels.shape", what="sector units", found=len(self.sector_units), wanted=n)
        if self.treatment not in TREATMENTS:
            problems.add("table.treatment", found=self.treatment, allowed=list(TREATMENTS))
        problems.raise_if_errors(LabelError)
        arrays: dict[str, tuple[Any, tuple[int, ...]]] = {
            "intermediate": (self.intermediate, (n, n)),
            "final_demand": (self.final_demand, (n, k)),
            "value_added": (self.value_added, (p, n)),
            "output": (self.output, (n,)),
        }
        if self.imported_intermediate is not None:
            arrays["imported_intermediate"] = (self.imported_intermediate, (n, n))
        if self.imported_final is not None:
            arrays["imported_final"] = (self.imported_final, (n, k))
        along = {"intermediate": sectors, "imported_intermediate": sectors, "final_demand": final,
                 "imported_final": final, "value_added": sectors}  # fmt: skip
        for name, (values, shape) in arrays.items():
            _check_frame(values, primary if name == "value_added" else sectors, along.get(name), name, problems)
            try:
                array = frozen(values, shape, name.replace("_", " "), copy=self.copy)
            except LabelError as error:
                problems.extend(_with_names(error.problems, values, sectors, name))
            else:
                object.__setattr__(self, name, array)
        problems.raise_if_errors(LabelError)
        object.__setattr__(self, "copy", True)  # said of the arrays given now, not of those a later replace gives
        object.__setattr__(self, "sectors", sectors)
        object.__setattr__(self, "final_labels", final)
        object.__setattr__(self, "value_added_labels", primary)

    @property
    def n(self) -> int:
        """Number of sectors."""
        return len(self.sectors)

    @property
    def hybrid(self) -> bool:
        """Whether rows stand in different units."""
        return bool(self.sector_units)

    def columns(self, *roles: Role) -> list[int]:
        """Return the positions of the final-demand columns with one of ``roles``."""
        return [i for i, role in enumerate(self.final_roles) if role in roles]

    def final_total(self) -> Array:
        """Return f, final demand over all categories ``(n,)`` [unit/a]."""
        return np.asarray(self.final_demand.sum(axis=1))

    def coefficients(self) -> Array:
        """Return A = Z x̂⁻¹ ``(n, n)`` [unit/unit]; zero columns where output is zero."""
        return np.asarray(self.intermediate * inverse_or_zero(self.output))

    def frame(self) -> pd.DataFrame:
        """Return the whole table as one pandas DataFrame: sectors and value added × sectors, final demand, output."""
        import pandas as pd

        block = np.hstack([self.intermediate, self.final_demand, self.output[:, None]])
        lower = np.full((len(self.value_added_labels), block.shape[1]), np.nan)
        lower[:, : self.n] = self.value_added
        return pd.DataFrame(
            np.vstack([block, lower]),
            index=[*self.sectors, *self.value_added_labels],
            columns=[*self.sectors, *self.final_labels, "output"],
        )


def _check_frame(values: Any, rows: Labels, columns: Labels | None, name: str, problems: Problems) -> None:
    """Report a pandas object whose labels are not the table's in the same order: its numbers would be misread."""
    given = (getattr(values, "index", None), getattr(values, "columns", None))
    if hasattr(values, "to_numpy"):
        for labels, wanted in zip(given, (rows, columns), strict=True):
            if labels is not None and wanted is not None and tuple(map(str, labels)) != wanted:
                problems.add("table.frame_labels", block=name.replace("_", " "), found=list(map(str, labels)),
                             wanted=list(wanted))  # fmt: skip


def _with_names(problems: tuple[Problem, ...], values: npt.ArrayLike, sectors: Labels, block: str) -> list[Problem]:
    """Give the problems of a block with cells that are not finite the names of row and column."""
    named = []
    for problem in problems:
        if problem.code == "labels.not_finite":
            first = np.argwhere(~np.isfinite(np.asarray(values, dtype=float)))[0]
            spots = [sectors[i] if i < len(sectors) else str(i + 1) for i in first]
            if block == "value_added":
                spots[0] = str(first[0] + 1)
            if block in ("final_demand", "imported_final"):
                spots[1] = str(first[1] + 1)
            problem = replace(problem, values={**problem.values, "cell": " × ".join(spots)})
        named.append(problem)
    return named


def inverse_or_zero(values: Array) -> Array:
    """Return 1/values, and 0 where the value is 0. For outputs: a sector without output has no coefficients."""
    result = np.zeros_like(values)
    np.divide(1.0, values, out=result, where=values != 0)
    return result


@dataclass(frozen=True, eq=False)
class Satellites:
    """Satellite accounts: what each sector emits, takes, or employs, and what final users emit themselves.

    Parameters
    ----------
    accounts
        m names, e.g. ``CO2``; several rows may share one name and differ in ``components``.
    components
        m names of parts, e.g. a fuel or ``process``; empty text for an account without parts.
    units
        m units; rows of one account share their unit.
    sectors
        n labels.
    values
        F ``(m, n)`` [unit/a].
    direct_labels, direct
        Labels of final users (e.g. ``households_urban``) and their own direct flows ``(m, h)`` [unit/a].
    kinds
        m kinds (:data:`Kind`).
    source
        Citation.

    Raises
    ------
    LabelError
        Labels, shapes or cells that cannot be used.
    """

    accounts: tuple[str, ...]
    components: tuple[str, ...]
    units: tuple[str, ...]
    sectors: Labels
    values: Array
    direct_labels: Labels = ()
    direct: Array | None = None
    kinds: tuple[Kind, ...] = ()
    source: str = ""
    findings: tuple[Problem, ...] = ()
    copy: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "sectors", as_labels(self.sectors, "sectors"))
        object.__setattr__(self, "direct_labels", as_labels(self.direct_labels, "final users"))
        m, n, h = len(self.accounts), len(self.sectors), len(self.direct_labels)
        as_labels(self.labels, "satellite accounts")
        problems = Problems()
        for what, given in (
            ("components", self.components),
            ("units", self.units),
            ("kinds", self.kinds or self.units),
        ):
            if len(given) != m:
                problems.add("labels.shape", what=what, found=len(given), wanted=m)
        unit_of: dict[str, str] = {}
        for account, unit in zip(self.accounts, self.units, strict=False):
            if unit_of.setdefault(account, unit) != unit:
                problems.add("table.units_differ", account=account, first=unit_of[account], second=unit)
        problems.raise_if_errors(LabelError)
        object.__setattr__(self, "values", frozen(self.values, (m, n), "satellite accounts", copy=self.copy))
        direct = np.zeros((m, h)) if self.direct is None else self.direct
        object.__setattr__(self, "direct", frozen(direct, (m, h), "direct flows of final users", copy=self.copy))
        object.__setattr__(self, "copy", True)
        object.__setattr__(self, "kinds", tuple(self.kinds) or ("reported",) * m)

    @property
    def labels(self) -> Labels:
        """M labels: the account, and its component after a slash."""
        pairs = zip(self.accounts, self.components, strict=False)
        return tuple(f"{account}/{part}" if part else account for account, part in pairs)

    @property
    def direct_total(self) -> Array:
        """Direct flows of final users ``(m,)`` [unit/a]."""
        assert self.direct is not None
        return np.asarray(self.direct.sum(axis=1))

    def totals(self) -> Satellites:
        """Return the accounts with their components added up."""
        names = tuple(dict.fromkeys(self.accounts))
        if names == self.accounts and not any(self.components):
            return self
        add = np.array([[float(name == account) for account in self.accounts] for name in names])
        assert self.direct is not None
        worst = {name: max((self.kinds[i] for i in np.flatnonzero(add[r])), key=KINDS.index)
                 for r, name in enumerate(names)}  # fmt: skip
        return replace(
            self, accounts=names, components=("",) * len(names),
            units=tuple(self.units[self.accounts.index(name)] for name in names),
            values=add @ self.values, direct=add @ self.direct, kinds=tuple(worst[name] for name in names), copy=False,
        )  # fmt: skip

    def frame(self) -> pd.DataFrame:
        """Return accounts × (sectors, final users) as a pandas DataFrame."""
        import pandas as pd

        assert self.direct is not None
        data = np.hstack([self.values, self.direct])
        frame = pd.DataFrame(data, index=list(self.labels), columns=[*self.sectors, *self.direct_labels])
        frame.insert(0, "unit", list(self.units))
        return frame


def no_satellites(sectors: Sequence[str]) -> Satellites:
    """Return satellite accounts without rows, for a table that has none."""
    return Satellites((), (), (), tuple(sectors), np.zeros((0, len(sectors))))


def require_same_sectors(table: Table, satellites: Satellites) -> None:
    """Raise :class:`EconomyError` unless both have the same sectors in the same order."""
    if table.sectors != satellites.sectors:
        problems = Problems()
        missing = [s for s in table.sectors if s not in satellites.sectors]
        unknown = [s for s in satellites.sectors if s not in table.sectors]
        problems.add("table.satellites_differ", missing=missing or "–", unknown=unknown or "–")
        problems.raise_if_errors(EconomyError)
