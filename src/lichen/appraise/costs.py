"""Costs and prices with unit, currency, year, kind and source: what ships, a study's own, and the one that fits.

The shipped figures are in ``data/costs.csv``, each with its source; items, keys and units are in ``costs.toml``. What
nobody has told is ``None``, never a guess. A price of another year or currency is converted with an index and rates
that have a source, and its note says from what.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from lichen.appraise._checks import check_money
from lichen.appraise._cost_items import ITEMS, Item, rules, without_currency
from lichen.appraise._cost_rows import Found, read_rows
from lichen.appraise.prices import PriceIndex, figure_at, figure_in
from lichen.errors import InputError, Problems, Where
from lichen.figures import Figure, Kind
from lichen.knowledge.read import knowledge
from lichen.knowledge.values import Knowledge
from lichen.sheets import Sheet, read_sheets
from lichen.units import currency_of, factor, same_dimension
from lichen.vocabulary.materials import ancestors, material, materials

PIVOT = "CNY"
"""Currency that two others are converted through where there is no rate between them."""


@dataclass(frozen=True)
class Cost:
    """A cost or price: what of (item and key), the figure, and whether the study gave it itself."""

    item: Item
    key: str
    figure: Figure
    own: bool = False


@dataclass(frozen=True)
class CostBook:
    """Costs, and the money that they are wanted in.

    Parameters
    ----------
    costs
        A study's own and what ships, in any order.
    currency
        Code, e.g. ``CNY``.
    price_year
        Year whose prices amounts are given at.
    index
        Prices by year in ``currency``.
    rates
        Exchange rates of single years, in units such as ``CNY/USD``.
    """

    costs: tuple[Cost, ...]
    currency: str
    price_year: int
    index: PriceIndex
    rates: tuple[Figure, ...] = ()

    def __post_init__(self) -> None:
        problems = Problems()
        check_money(problems, self.currency, self.price_year)
        problems.raise_if_errors(InputError)


# --- reading ---------------------------------------------------------------------------------------------------------
def read_costs(path: str | Path, base: Knowledge | None = None) -> tuple[Cost, ...]:
    """Return a study's own costs and prices from a CSV or workbook; the columns are in ``docs/costs-file.md``.

    Parameters
    ----------
    path
        The file; headings in English or Chinese.
    base
        What counts as known: a study's own exchange types may be keys. Default: the knowledge base as it ships.

    Raises
    ------
    FileError
        If the file cannot be opened.
    InputError
        With every problem of every row: unknown items, keys and headings, units that do not fit or name no currency,
        no year or source, numbers out of bounds, ranges upside down, the same thing twice.
    """
    return costs_of(read_sheets(path), base)


def costs_of(sheets: Sequence[Sheet], base: Knowledge | None = None) -> tuple[Cost, ...]:
    """Return a study's own costs and prices from sheets that were opened already; see :func:`read_costs`."""
    return _costs(sheets, base or knowledge(), own=True)


@functools.cache
def shipped_costs() -> tuple[Cost, ...]:
    """Return the costs and prices that ship, in the order of their file; they pass the checks of a study's own."""
    return _costs([_shipped("costs.csv")], knowledge(), own=False)


def _costs(sheets: Sequence[Sheet], base: Knowledge, own: bool) -> tuple[Cost, ...]:
    problems = Problems()
    found: list[Found] = read_rows(sheets, base, problems)
    problems.raise_if_errors(InputError)
    return tuple(Cost(row.rule.item, row.key, row.figure, own) for row in found)


def _shipped(name: str) -> Sheet:
    records = csv.reader(io.StringIO(_text(name)))
    return Sheet(name, "", tuple(tuple(cell or None for cell in record) for record in records))


def _text(name: str) -> str:
    return (files("lichen.appraise") / "data" / name).read_text(encoding="utf-8")


@functools.cache
def shipped_indices() -> Mapping[str, PriceIndex]:
    """Return the price indices that ship, by name: ``china_cpi`` (consumers), ``china_ppi`` (producers)."""
    levels: dict[str, dict[int, float]] = {}
    sources: dict[str, str] = {}
    for row in csv.DictReader(io.StringIO(_text("price_index.csv"))):
        levels.setdefault(row["index"], {})[int(row["year"])] = float(row["level"])
        sources[row["index"]] = row["source"]
    return {name: PriceIndex(values, sources[name], name) for name, values in levels.items()}


@functools.cache
def shipped_rates() -> tuple[Figure, ...]:
    """Return the exchange rates that ship: averages of years, in CNY for one unit of the other currency."""
    kinds: dict[str, Kind] = {"reported": "reported", "estimated": "estimated"}
    return tuple(
        Figure(float(row["value"]), row["unit"], kinds[row["kind"]], row["source"], None, None, int(row["year"]),
               row["note"])
        for row in csv.DictReader(io.StringIO(_text("exchange_rates.csv")))
    )  # fmt: skip


def cost_book(
    price_year: int, own: Sequence[Cost] = (), currency: str = "CNY", index: PriceIndex | None = None
) -> CostBook:
    """Return a book of a study's own costs and what ships.

    Parameters
    ----------
    price_year
        Year whose prices amounts are wanted at.
    own
        The study's own, from :func:`read_costs`.
    currency
        Code of the currency that amounts are wanted in.
    index
        Prices by year in ``currency``; default: China's producer prices, which fit amounts in CNY only.

    Raises
    ------
    InputError
        If another currency than CNY comes without an index, or currency or year are none.
    """
    problems = Problems()
    if index is None and currency != "CNY":
        problems.add("costs.no_index", Where(key="currency"), currency=currency)
    problems.raise_if_errors(InputError)
    return CostBook((*own, *shipped_costs()), currency, price_year, index or shipped_indices()["china_ppi"],
                    shipped_rates())  # fmt: skip


# --- finding ---------------------------------------------------------------------------------------------------------
def find(book: CostBook, item: Item, *keys: str, per: str) -> Figure | None:
    """Return the cost or price that fits best, or ``None`` if nobody has told one.

    A study's own figures go before what ships; among each, the first of ``keys`` that is known is taken. A figure of a
    material holds for the materials below it: the nearest above is taken, and the note says so; a price of a product
    does not hold for a waste below it. Of several years (see ``by_year`` of the item) the one nearest to the price year
    is taken, of two equally near the later.

    Parameters
    ----------
    book
        Costs, currency and price year.
    item, keys
        What is wanted, and of what, the best first.
    per
        Unit of the answer, e.g. ``CNY/t``; figures of another dimension are no answer. Its currency must be the
        book's.

    Returns
    -------
    Figure or None
        In the unit ``per``, at the prices of the book's year where it is money; its note says what it was converted
        from. Its ``year`` is then the price year.

    Raises
    ------
    InputError
        If a figure was found but cannot be converted, or ``item``, or the currency of ``per``, is not the book's.
    """
    _check_wanted(book, item, per)
    for own in (True, False):
        fitting = _fitting(book, item, per, own)
        for key in keys if fitting else ():
            for code in _chain(item, key):
                if code in fitting:
                    return converted(book, _beneath(fitting[code], key).figure, per, f"{item} {code}")
    return None


def known(book: CostBook, item: Item, per: str) -> Mapping[str, Figure]:
    """Return key → figure of everything that is told of an item, in the unit ``per``; see :func:`find`."""
    _check_wanted(book, item, per)
    found = _fitting(book, item, per, own=False) | _fitting(book, item, per, own=True)
    return {key: converted(book, cost.figure, per, f"{item} {key}") for key, cost in found.items()}


def _check_wanted(book: CostBook, item: Item, per: str) -> None:
    problems = Problems()
    if item not in ITEMS:
        problems.add("appraise.choice", Where(key="item"), found=str(item), allowed=list(ITEMS))
    if currency_of(per) not in ("", book.currency):
        problems.add("costs.other_currency", Where(key="per"), unit=per, currency=book.currency)
    problems.raise_if_errors(InputError)


def _fitting(book: CostBook, item: Item, per: str, own: bool) -> dict[str, Cost]:
    """Return key → figure of an item in the dimension of ``per``; of several years the nearest."""
    found: dict[str, Cost] = {}
    wanted = without_currency(per)
    for cost in book.costs:
        if cost.item != item or cost.own != own or not same_dimension(without_currency(cost.figure.unit), wanted):
            continue
        before = found.get(cost.key)
        if before is None or _nearness(cost, book) > _nearness(before, book):
            found[cost.key] = cost
    return found


def _nearness(cost: Cost, book: CostBook) -> tuple[int, int]:
    return -abs(cost.figure.year - book.price_year), cost.figure.year


@functools.cache
def _codes() -> frozenset[str]:
    return frozenset(item.code for item in materials())


def _chain(item: Item, key: str) -> Iterator[str]:
    """Yield a key, and the materials above it where figures hold for those below."""
    rule = rules()[item]
    yield key
    if rule.has_ancestors and key in _codes():
        for code in ancestors(key):
            if not rule.same_role or _is_left(code) == _is_left(key):
                yield code


def _is_left(code: str) -> bool:
    """Whether a material is what a process leaves, and not what it is run for."""
    return material(code).role in ("waste", "by-product")


def _beneath(cost: Cost, key: str) -> Cost:
    """Return a cost with a note that it is of something above ``key``."""
    if cost.key == key:
        return cost
    note = "; ".join(part for part in (cost.figure.note, f"of {cost.key}, taken for {key}") if part)
    return replace(cost, figure=replace(cost.figure, note=note))


# --- converting ------------------------------------------------------------------------------------------------------
def converted(book: CostBook, figure: Figure, per: str, what: str = "") -> Figure:
    """Return a figure in the unit ``per`` and, where it is money, in the book's money.

    Parameters
    ----------
    book
        Currency, price year, index, rates.
    figure
        A cost or price, or another number.
    per
        Unit of the answer.
    what
        What it is, for errors.

    Raises
    ------
    InputError
        If its year or currency has no index or rate.
    UnitError
        If the unit does not fit.
    """
    before = figure
    if currency_of(figure.unit):
        try:
            figure = _in_currency(book, figure)
            if figure.year != book.price_year:
                figure = figure_at(figure, book.index, book.price_year)
        except InputError as error:
            problems = Problems()
            problems.add("costs.no_conversion", Where(key=what), unit=before.unit, year=before.year or "–",
                         currency=book.currency, price_year=book.price_year)  # fmt: skip
            problems.extend(error.problems)
            raise InputError(problems.as_tuple()) from None
    ratio = factor(figure.unit, per)
    low, high = (None if end is None else end * ratio for end in (figure.low, figure.high))
    return replace(figure, value=figure.value * ratio, unit=per, low=low, high=high)


def _in_currency(book: CostBook, figure: Figure) -> Figure:
    """Return a figure in the book's currency, at the rate of the figure's year; through :data:`PIVOT` if need be."""
    old = currency_of(figure.unit)
    if old == book.currency:
        return figure
    direct = _rate(book, old, book.currency, figure.year)
    if direct is not None:
        return figure_in(figure, direct, book.currency)
    first, second = (_rate(book, PIVOT, other, figure.year) for other in (old, book.currency))
    if first is None or second is None:
        problems = Problems()
        missing = [name for name, rate in ((old, first), (book.currency, second)) if rate is None and name != PIVOT]
        problems.add("costs.no_rate", Where(key="rates"), missing=missing, year=figure.year, pivot=PIVOT)
        raise InputError(problems.as_tuple())
    return figure_in(figure_in(figure, first, PIVOT), second, book.currency)


def _rate(book: CostBook, one: str, other: str, year: int) -> Figure | None:
    """Return the exchange rate between two currencies in a year, whichever way round it is given."""
    pair = {f"{one}/{other}", f"{other}/{one}"}
    return next((r for r in book.rates if r.year == year and any(same_dimension(r.unit, unit) for unit in pair)), None)
