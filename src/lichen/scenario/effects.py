"""What one unit of a stream changes: purchases, payments, on-site flows, resources. The process balance of an exchange.

Paper eqs. 5-6 (doi:10.3390/su12093650): ``R = S × M`` resources saved, ``W = M`` waste avoided. Here each of them is
followed to the purchase it replaces and to the flow at the place of use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from lichen.figures import Figure
from lichen.scenario.exchange import CITY, STREAM_UNIT, Exchange, ExchangeBook, Party, Product
from lichen.units import currency_of, factor, same_dimension

Draw = Callable[[Figure], float]
"""Returns the value of a figure in its own unit: the figure's value, or one drawn from its range."""


def central(figure: Figure) -> float:
    """Return the figure's value: the :data:`Draw` of a deterministic run."""
    return figure.value


@dataclass(frozen=True)
class Purchase:
    """Money a party spends on a supplying sector's product, per unit of stream [currency/unit]; negative if saved."""

    buyer: Party
    supplier: str
    product: str
    money: float
    currency: str


@dataclass(frozen=True)
class Payment:
    """Money the receiver pays the donor, per unit of stream [currency/unit]. It calls for no production."""

    money: float
    currency: str


@dataclass(frozen=True)
class SiteFlow:
    """A flow of a satellite account at a party, per unit of stream [amount_unit/unit]; negative if avoided."""

    account: str
    amount: float
    amount_unit: str
    cause: Literal["replaced", "avoided input", "needed", "own carbon"]
    party: Party = "receiver"


@dataclass(frozen=True)
class Resource:
    """A product saved (negative) or used in addition (positive), per unit of stream [product unit/unit]."""

    product: str
    amount: float
    cause: Literal["replaced", "avoided input", "needed"]


Effect = Purchase | Payment | SiteFlow | Resource


def unit_effects(exchange: Exchange, book: ExchangeBook, draw: Draw = central) -> list[Effect]:
    """Return all effects of one unit of the stream, in the order they are written in the study.

    The part of a stream that is not additional was used elsewhere before and only changes its user: what it saves,
    needs and costs here it saved, needed and cost there. So only the additional part has effects.

    Parameters
    ----------
    exchange, book
        The exchange and the products it refers to; checked before.
    draw
        Gives each figure its value.
    """
    unit = STREAM_UNIT[exchange.carrier]
    new = new_share(exchange, draw)
    effects: list[Effect] = []
    for replaced in exchange.replaces:
        product = book.product(replaced.product)
        rate = draw(replaced.rate) * factor(replaced.rate.unit, f"{product.unit}/{unit}")
        effects.extend(_use(product, -rate * new, "replaced", "receiver", book, draw))
    for need in exchange.needs:
        product = book.product(need.product)
        amount = draw(need.amount) * factor(need.amount.unit, f"{product.unit}/{unit}")
        effects.extend(_use(product, amount * new, "needed", need.party, book, draw))
    effects.extend(_logistics(exchange, unit, new, draw))
    if exchange.own_carbon is not None:
        amount = draw(exchange.own_carbon) * factor(exchange.own_carbon.unit, f"tCO2/{unit}")
        effects.append(SiteFlow(book.account, amount * new, "tCO2", "own carbon"))
    return effects


def new_share(exchange: Exchange, draw: Draw = central) -> float:
    """Return the share of the stream that would otherwise go unused, 0 to 1, however wide its range is drawn."""
    figure = exchange.additionality
    return 1.0 if figure is None else min(1.0, max(0.0, draw(figure) * factor(figure.unit, "1")))


def _logistics(exchange: Exchange, unit: str, new: float, draw: Draw) -> Iterator[Effect]:
    """Yield payment, avoided disposal and transport."""
    if exchange.price is not None:
        price, currency = _money(exchange.price, unit, draw)
        yield Payment(price * new, currency)
    if exchange.disposal is not None:
        cost, currency = _money(exchange.disposal.cost, unit, draw)
        yield Purchase("donor", exchange.disposal.supplier, "disposal", -cost * new, currency)
    if exchange.transport is not None:
        transport = exchange.transport
        distance = draw(transport.distance) * factor(transport.distance.unit, "km")
        tariff, currency = _money(transport.tariff, "tkm", draw)
        yield Purchase(transport.paid_by, transport.supplier, "transport", tariff * distance * new, currency)


def _money(figure: Figure, unit: str, draw: Draw) -> tuple[float, str]:
    currency = currency_of(figure.unit)
    return draw(figure) * factor(figure.unit, f"{currency or 'CNY'}/{unit}"), currency


def _use(
    product: Product, amount: float, cause: Literal["replaced", "avoided input", "needed"], party: Party,
    book: ExchangeBook, draw: Draw,
) -> Iterator[Effect]:  # fmt: skip
    """Yield what using ``amount`` units of a product means: its purchase, or its inputs if it is made on site."""
    yield Resource(product.id, amount, cause)
    if product.price is not None and not product.made_by:
        price, currency = _money(product.price, product.unit, draw)
        yield Purchase(party, product.supplier, product.id, price * amount, currency)
    for flow in product.onsite:
        target = amount_unit(flow.amount.unit, product.unit) or "tCO2"
        each = draw(flow.amount) * factor(flow.amount.unit, f"{target}/{product.unit}")
        yield SiteFlow(flow.account, each * amount, target, cause, party)
    deeper: Literal["avoided input", "needed"] = "needed" if cause == "needed" else "avoided input"
    for part in product.input if product.made_by else ():
        child = book.product(part.product)
        each = draw(part.amount) * factor(part.amount.unit, f"{child.unit}/{product.unit}")
        yield from _use(child, amount * each, deeper, party, book, draw)


def amount_unit(unit: str, per: str) -> str:
    """Return the numerator of ``unit`` given that it is per ``per``: tCO2/t per t → tCO2; empty if it is none known."""
    candidates = ("tCO2", "t", "GJ", "m3", "Nm3", "person", "piece", "1")
    return next((c for c in candidates if same_dimension(unit, f"{c}/({per})")), "")


def is_city(sector: str) -> bool:
    """Whether a party is the city itself, not a sector."""
    return sector == CITY
