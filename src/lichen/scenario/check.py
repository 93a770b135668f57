"""Checks of a study's exchanges against the table they are to change: all problems at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from lichen.errors import Problems, UnitError, Where
from lichen.figures import Figure
from lichen.labelled import suggest
from lichen.scenario.effects import amount_unit
from lichen.scenario.exchange import CITY, OWN, STREAM_UNIT, Exchange, ExchangeBook, Product
from lichen.units import currency_of, factor, same_dimension

HIGHEST_RATE = 3.0
"""Substitution rate in mass per mass above which a warning is given: one tonne of scrap replaces about 1.4 t of ore."""


def check_book(
    book: ExchangeBook, sectors: Sequence[str], accounts: Sequence[str], money: str, file: str = ""
) -> Problems:
    """Return every problem of the exchanges, products and limits of a study.

    Parameters
    ----------
    book
        The exchanges.
    sectors, accounts
        Sectors and satellite accounts of the table.
    money
        Currency unit of the table, e.g. ``10000 CNY``.
    file
        Name of the file, for the messages.
    """
    check = _Check(book, sectors, accounts, money, file)
    check.names()
    for product in book.products:
        check.product(product)
    check.cycles()
    for exchange in book.exchanges:
        check.exchange(exchange)
    check.limits()
    return check.problems


class _Check:
    """The state of one check: the book, what is known, and the problems so far."""

    def __init__(
        self, book: ExchangeBook, sectors: Sequence[str], accounts: Sequence[str], money: str, file: str
    ) -> None:
        self.book, self.sectors, self.accounts, self.money, self.file = book, sectors, accounts, money, file
        self.products = {p.id: p for p in book.products}
        self.problems = Problems()
        try:
            self.currency = currency_of(money)
        except UnitError:
            self.currency = ""

    def where(self, *key: str) -> Where:
        return Where(file=self.file, key=".".join(key))

    def add(self, code: str, *key: str, **values: Any) -> None:
        self.problems.add(f"scenario.{code}", self.where(*key), **values)

    def names(self) -> None:
        for what, ids in (
            ("exchange", [e.id for e in self.book.exchanges]),
            ("product", [p.id for p in self.book.products]),
            ("limit", [x.id for x in self.book.limits]),
        ):
            for name in sorted({i for i in ids if ids.count(i) > 1}):
                self.add("doubled", what, what=what, id=name)

    def unit(self, figure: Figure, wanted: str, *key: str) -> float | None:
        """Return the value in ``wanted``; None with the problems noted if it does not fit."""
        try:
            return figure.to(wanted, self.where(*key))
        except UnitError as error:
            self.problems.extend(error.problems)
            return None

    def price(self, figure: Figure, per: str, *key: str) -> None:
        currency, table = currency_of(figure.unit), self.currency
        if currency and currency != table:
            self.add("currency", *key, found=currency, wanted=table or f"“{self.money}”")
        else:
            self.unit(figure, f"{currency or table or 'CNY'}/{per}", *key)
        if figure.value < 0:
            self.problems.add("scenario.negative_price", self.where(*key), severity="note", value=figure.value)

    def sector(self, name: str, *key: str, city: bool = False) -> None:
        if name not in self.sectors and not (city and name == CITY):
            self.add("unknown_sector", *key, sector=name, near=suggest(name, list(self.sectors)) or "–")

    def known_product(self, name: str, *key: str) -> Product | None:
        if name not in self.products:
            self.add("unknown_product", *key, product=name, near=suggest(name, list(self.products)) or "–")
        return self.products.get(name)

    def account(self, name: str, *key: str) -> None:
        if name not in self.accounts:
            self.add("unknown_account", *key, account=name, known=list(self.accounts) or "–")

    def any_amount(self, figure: Figure, per: str, *key: str) -> None:
        """Check that a figure is an amount of something per unit of product."""
        try:
            if not amount_unit(figure.unit, per):
                self.unit(figure, f"GJ/{per}", *key)
        except UnitError as error:
            self.problems.extend(replace(p, where=self.where(*key)) for p in error.problems)

    def product(self, product: Product) -> None:
        at = ("product", product.id)
        if product.made_by:
            if product.supplier or product.price:
                self.add("made_and_bought", *at, product=product.id)
        elif not product.supplier or product.price is None:
            self.add("no_supplier", *at, product=product.id)
        else:
            self.sector(product.supplier, *at, "supplier")
            self.price(product.price, product.unit, *at, "price")
            if product.input:  # its maker's purchases stand in the table already
                self.add("bought_with_input", *at, "input", product=product.id)
        for flow in product.onsite:
            self.account(flow.account, *at, "onsite")
            if flow.account == self.book.account:
                self.unit(flow.amount, f"tCO2/{product.unit}", *at, "onsite", "amount")
            else:
                self.any_amount(flow.amount, product.unit, *at, "onsite", "amount")
        for part in product.input:
            child = self.known_product(part.product, *at, "input")
            if child is not None:
                self.unit(part.amount, f"{child.unit}/{product.unit}", *at, "input", child.id)

    def cycles(self) -> None:
        """Report products that need themselves."""
        for start in self.products:
            seen: set[str] = set()
            stack = [p.product for p in self.products[start].input]
            while stack:
                name = stack.pop()
                if name == start:
                    self.add("product_cycle", "product", start, product=start)
                    break
                if name in self.products and name not in seen:
                    seen.add(name)
                    stack.extend(p.product for p in self.products[name].input)

    def exchange(self, exchange: Exchange) -> None:
        at = ("exchange", exchange.id)
        self.sector(exchange.donor, *at, "donor", city=True)
        self.sector(exchange.receiver, *at, "receiver", city=True)
        if not exchange.include:
            if not exchange.exclude_reason.en and not exchange.exclude_reason.zh:
                self.add("no_reason", *at, exchange=exchange.id)
            return
        if exchange.donor == exchange.receiver == CITY:
            self.add("city_to_city", *at, exchange=exchange.id)
        unit = STREAM_UNIT[exchange.carrier]
        for name in ("existing", "designed", "implemented", "available"):
            figure = getattr(exchange, name)
            if figure is not None:
                self.quantity(figure, unit, *at, name)
        if exchange.additionality is not None:
            self.share(exchange.additionality, *at, "additionality")
        if exchange.price is not None:
            self.price(exchange.price, unit, *at, "price")
        if exchange.own_carbon is not None:
            self.unit(exchange.own_carbon, f"tCO2/{unit}", *at, "own_carbon")
            self.account(self.book.account, *at, "own_carbon")
        for key, supplier, figure, per in _bought_services(exchange, unit):
            if not (key == "disposal" and supplier == OWN):
                self.sector(supplier, *at, key, "supplier")
            self.price(figure, per, *at, key)
        if exchange.transport is not None:
            self.unit(exchange.transport.distance, "km", *at, "transport", "distance")
            self.not_negative(exchange.transport.distance, *at, "transport", "distance")
            self.not_negative(exchange.transport.tariff, *at, "transport", "tariff")
        self.products_of(exchange, unit)

    def not_negative(self, figure: Figure, *key: str) -> None:
        if figure.value < 0:
            self.add("negative_amount", *key, value=figure.value)

    def quantity(self, figure: Figure, unit: str, *key: str) -> None:
        self.unit(figure, f"{unit}/a", *key)
        if figure.value < 0:
            self.add("negative_quantity", *key, exchange=key[1], amount=figure.value)

    def share(self, figure: Figure, *key: str) -> None:
        share = self.unit(figure, "1", *key)
        if share is not None and not 0 <= share <= 1:
            self.add("share", *key, value=f"{share:g}")

    def products_of(self, exchange: Exchange, unit: str) -> None:
        at = ("exchange", exchange.id)
        if not exchange.replaces:
            self.problems.add("scenario.replaces_nothing", self.where(*at), severity="warning", exchange=exchange.id)
        for replaced in exchange.replaces:
            product = self.known_product(replaced.product, *at, "replaces")
            if product is not None:
                self.rate(replaced.rate, product, unit, *at, "replaces", product.id)
        for need in exchange.needs:
            product = self.known_product(need.product, *at, "needs")
            if product is not None:
                self.unit(need.amount, f"{product.unit}/{unit}", *at, "needs", product.id)
                self.not_negative(need.amount, *at, "needs", product.id)

    def rate(self, figure: Figure, product: Product, unit: str, *key: str) -> None:
        """Check S: its unit, not negative, and not implausibly high where both are masses."""
        rate = self.unit(figure, f"{product.unit}/{unit}", *key)
        if rate is not None and rate < 0:
            self.add("rate_negative", *key, value=f"{rate:g}")
        elif rate is not None and unit == "t" and same_dimension(product.unit, "t"):
            rate *= factor(product.unit, "t")
            if rate > HIGHEST_RATE:
                self.problems.add("scenario.rate_high", self.where(*key), severity="warning", value=f"{rate:g}",
                                  highest=HIGHEST_RATE)  # fmt: skip

    def limits(self) -> None:
        exchanges = {e.id: e for e in self.book.exchanges}
        ids = list(exchanges)
        for limit in self.book.limits:
            at = ("limit", limit.id)
            self.sector(limit.receiver, *at, "receiver", city=True)
            self.share(limit.share, *at, "share")
            self.unit(limit.base, "t/a", *at, "base")
            for name in limit.exchanges:
                if name not in ids:
                    self.add("unknown_exchange", *at, exchange=name, near=suggest(name, ids) or "–")
                elif exchanges[name].receiver != limit.receiver or exchanges[name].carrier != "mass":
                    self.add("limit_of_other", *at, limit=limit.id, exchange=name, receiver=limit.receiver)


def _bought_services(exchange: Exchange, unit: str) -> Iterator[tuple[str, str, Figure, str]]:
    if exchange.disposal is not None:
        yield "disposal", exchange.disposal.supplier, exchange.disposal.cost, unit
    if exchange.transport is not None:
        yield "transport", exchange.transport.supplier, exchange.transport.tariff, "tkm"
