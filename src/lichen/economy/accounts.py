"""An economy: a table joined to satellite accounts, checked once, solved on demand; and the accounts it gives.

Two accounts of the same total: **production** books an emission where it happens, **consumption** books it to the
sector whose product finally serves demand (the carbon footprint, CFP). Direct emissions of final users stand apart and
belong to both.

References
----------
Leontief, W. (1970) Rev. Econ. Stat. 52(3), 262-271. doi:10.2307/1926294
Kitzes, J. (2013) Resources 2(4), 489-503. doi:10.3390/resources2040489
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from lichen.economy.checks import BALANCE_TOLERANCE, check_productive, check_satellites, check_table, sums
from lichen.economy.leontief import Leontief, ghosh_output
from lichen.economy.table import (
    ENTERING,
    LEAVING,
    Satellites,
    Table,
    inverse_or_zero,
    no_satellites,
    require_same_sectors,
)
from lichen.errors import EconomyError, LabelError, Problem, Problems
from lichen.labelled import Array, Labels, aligned, frozen

if TYPE_CHECKING:
    import pandas as pd

Account = Literal["production", "consumption", "multipliers", "intensities"]


@dataclass(frozen=True, eq=False)
class Accounts:
    """Footprint accounts of an economy; m accounts, n sectors, k final-demand categories.

    Parameters
    ----------
    labels, units
        m account labels and units.
    sectors, final_labels
        n and k labels.
    output
        x ``(n,)`` [money/a].
    intensities
        S, direct flow per output ``(m, n)`` [unit/money]; zero where output is zero.
    multipliers
        M = S L, flow along the supply chain per unit of final demand ``(m, n)`` [unit/money].
    production
        Flow where it happens ``(m, n)`` [unit/a].
    consumption
        M f̂: flow by the sector whose product is finally used ``(m, n)`` [unit/a]; adds up to ``production``.
    by_category
        Flow by final-demand category ``(m, k)`` [unit/a]; adds up to the same total.
    direct
        Flows of final users themselves ``(m,)`` [unit/a], in neither of the above.
    treatment
        How imports stand in the table.
    """

    labels: Labels
    units: tuple[str, ...]
    sectors: Labels
    final_labels: Labels
    output: Array
    intensities: Array
    multipliers: Array
    production: Array
    consumption: Array
    by_category: Array
    direct: Array
    treatment: str

    def __post_init__(self) -> None:
        for name in ("output", "intensities", "multipliers", "production", "consumption", "by_category", "direct"):
            array = getattr(self, name)
            array.flags.writeable = False

    def row(self, account: str) -> int:
        """Return the position of an account; :class:`LabelError` if it is not there."""
        if account not in self.labels:
            problems = Problems()
            problems.add("labels.missing", what="satellite accounts", label=account)
            problems.raise_if_errors(LabelError)
        return self.labels.index(account)

    def total(self, account: str) -> float:
        """Return the total of an account, direct flows of final users included [unit/a]."""
        i = self.row(account)
        return float(self.production[i].sum() + self.direct[i])

    def frame(self, what: Account | Literal["by_category"] = "consumption") -> pd.DataFrame:
        """Return one of the accounts as a pandas DataFrame, accounts × sectors (or × categories)."""
        import pandas as pd

        columns = self.final_labels if what == "by_category" else self.sectors
        return pd.DataFrame(getattr(self, what), index=list(self.labels), columns=list(columns))


@dataclass(frozen=True, eq=False)
class Economy:
    """A table and its satellite accounts, checked once; the factorised system and the accounts are made when asked for.

    Parameters
    ----------
    table
        The input-output table.
    satellites
        Satellite accounts with the same sectors in the same order.
    tolerance
        Largest relative residual of rows and columns.

    Attributes
    ----------
    findings
        Warnings and notes of all checks.

    Raises
    ------
    EconomyError
        With every error found: unbalanced rows and columns, unproductive A, flows of sectors without output.

    Examples
    --------
    >>> from lichen.testing import small_table
    >>> economy = Economy(small_table())
    >>> economy.leontief.solve(economy.table.final_total()).round(6).tolist()
    [1000.0, 2000.0]
    """

    table: Table
    satellites: Satellites = None  # type: ignore[assignment]  # no satellites: replaced by an empty value below
    tolerance: float = BALANCE_TOLERANCE
    findings: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        satellites: Satellites | None = self.satellites
        if satellites is None:
            satellites = no_satellites(self.table.sectors)
            object.__setattr__(self, "satellites", satellites)
        require_same_sectors(self.table, satellites)
        of = sums(self.table)
        problems = check_table(self.table, self.tolerance, of)
        problems.extend(check_satellites(self.table, satellites))
        problems.raise_if_errors(EconomyError)
        problems.extend(check_productive(self.table, self.leontief, of))
        problems.raise_if_errors(EconomyError)
        object.__setattr__(self, "findings", problems.as_tuple())

    @cached_property
    def leontief(self) -> Leontief:
        """I − A, factorised."""
        return Leontief(self.table.intermediate, self.table.output)

    @cached_property
    def intensities(self) -> Array:
        """S = F x̂⁻¹ ``(m, n)`` [unit/money]."""
        found = np.asarray(self.satellites.values * inverse_or_zero(self.table.output))
        found.flags.writeable = False
        return found

    @cached_property
    def solved(self) -> Array:
        """L f and L·1 of the economy as it is ``(n, 2)``, from which scenarios start."""
        solved = self.leontief.solve(np.column_stack([self.table.final_total(), np.ones(self.table.n)]))
        solved.flags.writeable = False
        return solved

    @cached_property
    def purchases(self) -> Array:
        """What each sector buys from others, local and imported ``(n,)`` [money/a]."""
        bought = self.table.intermediate.sum(axis=0)
        if self.table.imported_intermediate is not None:
            bought = bought + self.table.imported_intermediate.sum(axis=0)
        bought.flags.writeable = False
        return np.asarray(bought)

    def output_for(self, final_demand: Mapping[str, float] | Array) -> Array:
        """Return x = L f for another final demand ``(n,)`` [money/a], given by sector name or in sector order."""
        return self.leontief.solve(self._by_sector(final_demand, "final demand"))

    def output_multipliers(self) -> Array:
        """Return the output that one unit of final demand of each sector calls for ``(n,)``: column sums of L."""
        return self.leontief.solve_transposed(np.ones(self.table.n))

    def ghosh_output(self, primary_inputs: Mapping[str, float] | Array) -> Array:
        """Return output in the supply-driven Ghosh model for other primary inputs ``(n,)`` [money/a]."""
        inputs = self._by_sector(primary_inputs, "primary inputs")
        return ghosh_output(self.leontief, self.table.output, inputs)

    def _by_sector(self, values: Mapping[str, float] | Array, what: str) -> Array:
        if isinstance(values, Mapping):
            return aligned(values, self.table.sectors, what)
        return frozen(values, (self.table.n,), what)

    def accounts(self) -> Accounts:
        """Return production and consumption accounts, multipliers and final demand by category."""
        return self._accounts

    @cached_property
    def _accounts(self) -> Accounts:
        table, satellites = self.table, self.satellites
        multipliers = self.leontief.solve_transposed(self.intensities.T).T
        return Accounts(
            labels=satellites.labels, units=satellites.units, sectors=table.sectors, final_labels=table.final_labels,
            output=table.output.copy(), intensities=self.intensities, multipliers=multipliers,
            production=satellites.values.copy(), consumption=multipliers * table.final_total(),
            by_category=multipliers @ table.final_demand, direct=satellites.direct_total,
            treatment=table.treatment,
        )  # fmt: skip

    def exported(self) -> Array:
        """Return flows embodied in what leaves the region, exports and outflow ``(m,)`` [unit/a]."""
        columns = self.table.columns(*LEAVING)
        return np.asarray(self.accounts().by_category[:, columns].sum(axis=1))

    def entering(self) -> Array:
        """Return the negative part that imports and inflow take off a table as published ``(m,)`` [unit/a]."""
        columns = self.table.columns(*ENTERING)
        return np.asarray(self.accounts().by_category[:, columns].sum(axis=1))
