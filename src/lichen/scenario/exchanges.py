"""From exchanges and quantities to changes of the accounts, and the checks that they can happen at all."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from lichen.economy.accounts import Economy
from lichen.economy.table import ENTERING, LEAVING, Table
from lichen.errors import Problems, ScenarioError, Where
from lichen.figures import Figure
from lichen.labelled import Array, suggest
from lichen.scenario.changes import Changes
from lichen.scenario.effects import Draw, Effect, Payment, Purchase, SiteFlow, central, is_city, unit_effects
from lichen.scenario.exchange import CITY, OWN, STREAM_UNIT, Exchange, ExchangeBook
from lichen.units import factor

Quantities = Mapping[str, float]
"""Exchange id → quantity a year, in t or GJ."""


def quantity(exchange: Exchange, figure: Figure | None, draw: Draw = central) -> float:
    """Return a quantity of the stream in t/a or GJ/a; 0 where the exchange has none."""
    if figure is None:
        return 0.0
    return draw(figure) * factor(figure.unit, f"{STREAM_UNIT[exchange.carrier]}/a")


def local_share(table: Table, row: int, column: int) -> float:
    """Return the share of a purchase that is of local origin: of the cell, or of the row where the cell is empty.

    What no local sector makes is imported, under either treatment of imports.
    """
    imported = table.imported_intermediate
    cell = () if imported is None else (table.intermediate[row, column], imported[row, column])
    return _share(table, row, cell)


def local_share_of_final(table: Table, row: int, category: int) -> float:
    """Return the share of a final user's purchase that is of local origin; as :func:`local_share`."""
    imported = table.imported_final
    cell = () if imported is None else (table.final_demand[row, category], imported[row, category])
    return _share(table, row, cell)


def _share(table: Table, row: int, cell: tuple[float, ...]) -> float:
    if table.output[row] == 0:
        return 0.0
    imported, final = table.imported_intermediate, table.imported_final
    at_home = [k for k, role in enumerate(table.final_roles) if role not in (*LEAVING, *ENTERING)]
    pairs = [cell] if cell else []
    if imported is not None:
        pairs.append((table.intermediate[row].sum(), imported[row].sum()))
    if final is not None:
        pairs.append((table.final_demand[row, at_home].sum(), final[row, at_home].sum()))
    for local, foreign in pairs:
        if local >= 0 and foreign >= 0 and local + foreign > 0:
            return float(local / (local + foreign))
    return 1.0


def city_columns(table: Table, row: int) -> dict[int, float]:
    """Return the consumption categories that share what the city spends on a row, as their spending on it stands.

    Raises
    ------
    ScenarioError
        If the table has no consumption column.
    """
    columns = table.columns("consumption")
    if not columns:
        problems = Problems()
        problems.add("scenario.no_consumption")
        problems.raise_if_errors(ScenarioError)
    for spent in (table.final_demand[row, columns], table.final_demand[:, columns].sum(axis=0)):
        if (spent >= 0).all() and spent.sum() > 0:
            return dict(zip(columns, map(float, spent / spent.sum()), strict=True))
    return {columns[-1]: 1.0}


class _Writer:
    """Collects the effects of one exchange as changes; state of one call of :func:`exchange_changes`."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy
        self.place = {label: i for i, label in enumerate(economy.table.sectors)}
        self.local: dict[int, Array] = {}
        self.imported: dict[int, Array] = {}
        none = Changes.none(economy)
        self.final, self.satellites, self.direct = none.final.copy(), none.satellites.copy(), none.direct.copy()
        self.to_city = none.to_city.copy()

    def purchase(self, effect: Purchase, exchange: Exchange, amount: float) -> None:
        if effect.supplier == OWN:
            return
        row = self.place[effect.supplier]
        party = exchange.donor if effect.buyer == "donor" else exchange.receiver
        money = effect.money * amount * factor(effect.currency, self.economy.table.unit)
        if is_city(party):
            for category, part in city_columns(self.economy.table, row).items():
                self.final[row, category] += money * part * local_share_of_final(self.economy.table, row, category)
            return
        column = self.place[party]
        share = local_share(self.economy.table, row, column)
        self._column(self.local, column)[row] += money * share
        self._column(self.imported, column)[row] += money * (1 - share)

    def payment(self, effect: Payment, exchange: Exchange, amount: float) -> None:
        # a by-product is a negative input of its maker (Stone 1961): the receiver's purchase calls for no production;
        # what the city is paid is income of households, a primary input of the payer
        money = effect.money * amount * factor(effect.currency, self.economy.table.unit)
        if is_city(exchange.donor):
            self.to_city[self.place[exchange.receiver]] += money
            return
        donor = self.place[exchange.donor]
        if is_city(exchange.receiver):
            for category, part in city_columns(self.economy.table, donor).items():
                self.final[donor, category] += money * part
        else:
            self._column(self.local, self.place[exchange.receiver])[donor] += money
        self._column(self.local, donor)[donor] -= money

    def site_flow(self, effect: SiteFlow, exchange: Exchange, amount: float) -> None:
        satellites = self.economy.satellites
        row = satellites.accounts.index(effect.account)
        change = effect.amount * amount * factor(effect.amount_unit, satellites.units[row])
        party = exchange.donor if effect.party == "donor" else exchange.receiver
        if is_city(party):
            self.direct[row] += change
        else:
            self.satellites[row, self.place[party]] += change

    def _column(self, block: dict[int, Array], column: int) -> Array:
        self.local.setdefault(column, np.zeros(self.economy.table.n))
        self.imported.setdefault(column, np.zeros(self.economy.table.n))
        return block[column]

    def changes(self) -> Changes:
        columns = tuple(sorted(self.local))
        empty = np.zeros((self.economy.table.n, 0))
        local = np.column_stack([self.local[j] for j in columns]) if columns else empty
        imported = np.column_stack([self.imported[j] for j in columns]) if columns else empty
        return Changes(columns, local, imported, self.final, self.satellites, self.direct, self.to_city)


def exchange_changes(
    economy: Economy, book: ExchangeBook, exchange: Exchange, amount: float, draw: Draw = central
) -> Changes:
    """Return the changes that ``amount`` units a year of the stream make to the economy.

    Parameters
    ----------
    economy
        The base economy.
    book, exchange
        Checked by :func:`check_book`.
    amount
        Additional quantity [t/a or GJ/a]; negative takes an existing exchange out.
    draw
        Gives each figure its value.
    """
    return effects_changes(economy, exchange, unit_effects(exchange, book, draw), amount)


def effects_changes(economy: Economy, exchange: Exchange, effects: list[Effect], amount: float) -> Changes:
    """Return the changes of known unit effects; see :func:`exchange_changes`."""
    writer = _Writer(economy)
    for effect in effects:
        match effect:
            case Purchase():
                writer.purchase(effect, exchange, amount)
            case Payment():
                writer.payment(effect, exchange, amount)
            case SiteFlow():
                writer.site_flow(effect, exchange, amount)
            case _:  # resources are physical, not in the accounts
                pass
    return writer.changes()


def check_names(book: ExchangeBook, quantities: Quantities, where: Where | None = None) -> Problems:
    """Return an error for each quantity of an exchange that is not in the book, or that is no number."""
    problems = Problems()
    known = [e.id for e in book.exchanges]
    for name, amount in quantities.items():
        if name not in known:
            problems.add("scenario.unknown_exchange", where, exchange=name, near=suggest(name, known) or "–")
        elif not math.isfinite(amount):
            problems.add("scenario.quantity_not_finite", where, exchange=name, amount=str(amount))
    return problems


def check_quantities(book: ExchangeBook, quantities: Quantities, where: Where | None = None) -> Problems:
    """Return an error for each donor who gives more than he has and each receiver who takes more than he may."""
    problems = check_names(book, quantities, where)
    for exchange in book.included():
        amount = quantities.get(exchange.id, 0.0)
        if amount < 0:
            problems.add("scenario.negative_quantity", where, exchange=exchange.id, amount=f"{amount:,.6g}")
        if exchange.available is not None:
            available = quantity(exchange, exchange.available)
            if amount > available * (1 + 1e-12):
                problems.add("scenario.more_than_available", where, exchange=exchange.id, amount=f"{amount:,.6g}",
                             available=f"{available:,.6g}", unit=f"{STREAM_UNIT[exchange.carrier]}/a")  # fmt: skip
    for limit in book.limits:
        taken = sum(quantities.get(name, 0.0) for name in limit.exchanges)
        most = limit.share.to("1") * limit.base.to("t/a")
        if taken > most * (1 + 1e-12):
            problems.add("scenario.limit", where, limit=limit.id, amount=f"{taken:,.6g}", most=f"{most:,.6g}",
                         exchanges=list(limit.exchanges))  # fmt: skip
    return problems


def check_possible(economy: Economy, changes: Changes) -> Problems:
    """Return an error for each purchase or flow that falls below zero, and for each sector that no longer works.

    Parameters
    ----------
    economy
        The base economy.
    changes
        Without the payments for by-products, which are negative inputs by design.
    """
    problems = Problems()
    table, satellites = economy.table, economy.satellites
    imported = table.imported_intermediate
    for c, j in enumerate(changes.columns):
        have = table.intermediate[:, j] + (0 if imported is None else imported[:, j])
        _check_bought(table, table.sectors[j], have, changes.intermediate[:, c] + changes.imported[:, c], problems)
        if table.output[j] == 0 and (changes.intermediate[:, c].any() or changes.imported[:, c].any()):
            problems.add("scenario.no_output", sector=table.sectors[j])
    for k in table.columns("consumption"):
        _check_bought(table, table.final_labels[k], table.final_demand[:, k], changes.final[:, k], problems)
    for j in map(int, np.flatnonzero((table.output == 0) & changes.satellites.any(axis=0))):
        problems.add("scenario.no_output", sector=table.sectors[j])
    for name in dict.fromkeys(satellites.accounts):
        rows = [i for i, account in enumerate(satellites.accounts) if account == name]
        have = np.append(satellites.values[rows].sum(axis=0), satellites.direct_total[rows].sum())
        change = np.append(changes.satellites[rows].sum(axis=0), changes.direct[rows].sum())
        names = (*table.sectors, CITY)
        low = -1e-9 * max(1.0, float(have.max(initial=0)))
        for j in map(int, np.flatnonzero((change < 0) & (have + change < low))):
            problems.add("scenario.more_than_emitted", account=name, sector=names[j], has=f"{have[j]:,.6g}",
                         avoided=f"{-change[j]:,.6g}", unit=satellites.units[rows[0]])  # fmt: skip
    return problems


def _check_bought(table: Table, buyer: str, have: Array, change: Array, problems: Problems) -> None:
    low = -1e-9 * max(1.0, float(np.abs(have).max()))
    for i in np.flatnonzero((change < 0) & (have + change < low) & ~((have < 0) & (change >= have))):
        problems.add("scenario.more_than_bought", supplier=table.sectors[i], buyer=buyer,
                     bought=f"{have[i]:,.6g}", replaced=f"{-change[i]:,.6g}", unit=table.unit)  # fmt: skip


def require(problems: Problems) -> None:
    """Raise :class:`ScenarioError` if there is an error among ``problems``."""
    problems.raise_if_errors(ScenarioError)
