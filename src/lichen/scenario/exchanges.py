"""From exchanges and quantities to changes of the accounts, and the checks that they can happen at all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lichen.economy.accounts import Economy
from lichen.economy.table import Table
from lichen.errors import Problems, ScenarioError, Where
from lichen.figures import Figure
from lichen.labelled import Array
from lichen.scenario.changes import Changes
from lichen.scenario.effects import Draw, Effect, Payment, Purchase, SiteFlow, central, is_city, unit_effects
from lichen.scenario.exchange import OWN, STREAM_UNIT, Exchange, ExchangeBook
from lichen.units import factor

Quantities = Mapping[str, float]
"""Exchange id → quantity a year, in t or GJ."""


def quantity(exchange: Exchange, figure: Figure | None, draw: Draw = central) -> float:
    """Return a quantity of the stream in t/a or GJ/a; 0 where the exchange has none."""
    if figure is None:
        return 0.0
    return draw(figure) * factor(figure.unit, f"{STREAM_UNIT[exchange.carrier]}/a")


def local_share(table: Table, row: int, column: int) -> float:
    """Return the share of a purchase that is of local origin: of the cell, of the row where the cell is empty, else 1."""
    imported = table.imported_intermediate
    if imported is None:
        return 1.0
    for local, foreign in (
        (table.intermediate[row, column], imported[row, column]),
        (table.intermediate[row].sum(), imported[row].sum()),
    ):
        if local + foreign > 0:
            return float(local / (local + foreign))
    return 0.0


class _Writer:
    """Collects the effects of one exchange as changes; state of one call of :func:`exchange_changes`."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy
        self.place = {label: i for i, label in enumerate(economy.table.sectors)}
        self.local: dict[int, Array] = {}
        self.imported: dict[int, Array] = {}
        self.zero = Changes.none(economy)

    def purchase(self, effect: Purchase, exchange: Exchange, amount: float) -> None:
        if effect.supplier == OWN:
            return
        row = self.place[effect.supplier]
        party = exchange.donor if effect.buyer == "donor" else exchange.receiver
        money = effect.money * amount * factor(effect.currency, self.economy.table.unit)
        if is_city(party):
            self.zero.final[row, self._paying_category()] += money
            return
        column = self.place[party]
        share = local_share(self.economy.table, row, column)
        self._column(self.local, column)[row] += money * share
        self._column(self.imported, column)[row] += money * (1 - share)

    def payment(self, effect: Payment, exchange: Exchange, amount: float) -> None:
        # a by-product is a negative input of its maker (Stone 1961): the receiver's purchase calls for no production
        if is_city(exchange.donor) or is_city(exchange.receiver):
            return
        money = effect.money * amount * factor(effect.currency, self.economy.table.unit)
        donor, receiver = self.place[exchange.donor], self.place[exchange.receiver]
        self._column(self.local, receiver)[donor] += money
        self._column(self.local, donor)[donor] -= money

    def site_flow(self, effect: SiteFlow, exchange: Exchange, amount: float) -> None:
        satellites = self.economy.satellites
        row = satellites.accounts.index(effect.account)
        change = effect.amount * amount * factor(effect.amount_unit, satellites.units[row])
        if is_city(exchange.receiver):
            self.zero.direct[row] += change
        else:
            self.zero.satellites[row, self.place[exchange.receiver]] += change

    def _column(self, block: dict[int, Array], column: int) -> Array:
        self.local.setdefault(column, np.zeros(self.economy.table.n))
        self.imported.setdefault(column, np.zeros(self.economy.table.n))
        return block[column]

    def _paying_category(self) -> int:
        return self.economy.table.columns("consumption")[-1]

    def changes(self) -> Changes:
        columns = tuple(sorted(self.local))
        empty = np.zeros((self.economy.table.n, 0))
        local = np.column_stack([self.local[j] for j in columns]) if columns else empty
        imported = np.column_stack([self.imported[j] for j in columns]) if columns else empty
        zero = self.zero
        return Changes(columns, local, imported, zero.final, zero.satellites, zero.direct)


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


def check_quantities(book: ExchangeBook, quantities: Quantities, where: Where | None = None) -> Problems:
    """Return an error for each donor who gives more than he has and each receiver who takes more than he may."""
    problems = Problems()
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
    """Return an error for each purchase or on-site flow that falls below zero: more is replaced than there is."""
    problems = Problems()
    table, satellites = economy.table, economy.satellites
    imported = table.imported_intermediate
    for c, j in enumerate(changes.columns):
        have = table.intermediate[:, j] + (0 if imported is None else imported[:, j])
        change = changes.intermediate[:, c] + changes.imported[:, c]
        for i in map(int, np.flatnonzero((change < 0) & (have + change < -1e-9 * max(1.0, float(np.abs(have).max()))))):
            if i != j:  # the diagonal also holds payments for by-products
                problems.add("scenario.more_than_bought", supplier=table.sectors[i], buyer=table.sectors[j],
                             bought=f"{have[i]:,.6g}", replaced=f"{-change[i]:,.6g}", unit=table.unit)  # fmt: skip
    for name in dict.fromkeys(satellites.accounts):
        rows = [i for i, account in enumerate(satellites.accounts) if account == name]
        have = satellites.values[rows].sum(axis=0)
        change = changes.satellites[rows].sum(axis=0)
        for j in np.flatnonzero((change < 0) & (have + change < -1e-9 * max(1.0, float(have.max(initial=0))))):
            problems.add("scenario.more_than_emitted", account=name, sector=table.sectors[j], has=f"{have[j]:,.6g}",
                         avoided=f"{-change[j]:,.6g}", unit=satellites.units[rows[0]])  # fmt: skip
    return problems


def require(problems: Problems) -> None:
    """Raise :class:`ScenarioError` if there is an error among ``problems``."""
    problems.raise_if_errors(ScenarioError)
