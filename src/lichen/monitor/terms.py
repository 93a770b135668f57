"""Terms that two firms agreed on: whether they can be, what holds on a day, and whether what flows keeps to them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lichen.errors import Problems
from lichen.figures import Text
from lichen.monitor.dictionary import word
from lichen.monitor.values import Agreed, Told
from lichen.numerals import shown
from lichen.units import same_dimension, unit_name

Force = Literal["to come", "in force", "ended"]
Keeping = Literal["kept", "below", "above", "unlike units"]


@dataclass(frozen=True)
class Kept:
    """What flowed in a whole year of the terms [unit of the terms], and whether that keeps to their bounds."""

    year: int
    quantity: float | None
    keeping: Keeping


@dataclass(frozen=True)
class Held:
    """Agreed terms on a day.

    Parameters
    ----------
    terms, force
        The terms, and whether they hold.
    days_left
        Days to their end; ``None``: they have none, or do not hold.
    years
        What flowed in the years that they hold from end to end, as far as it was told.
    """

    terms: Agreed
    force: Force
    days_left: int | None
    years: tuple[Kept, ...]


def bounds_kept(low: float | None, value: float | None, high: float | None) -> bool:
    """Whether numbers that are told rise from the lower bound over the value to the upper one."""
    told = [number for number in (low, value, high) if number is not None]
    return told == sorted(told)


def refuse_overlaps(terms: Sequence[Agreed], problems: Problems) -> None:
    """Add a problem at each terms that hold on days on which earlier ones of the same exchange do."""
    latest = datetime.date.max
    for n, one in enumerate(terms):
        for other in terms[:n]:
            ends = [t.end.last if t.end is not None else latest for t in (one, other)]
            if other.exchange == one.exchange and one.start.first <= ends[1] and other.start.first <= ends[0]:
                problems.add("follow.terms_overlap", one.where, exchange=one.exchange, start=str(other.start),
                             end=str(other.end or ""))  # fmt: skip
                break


def terms_on(terms: Iterable[Agreed], actual: Iterable[Told], date: datetime.date) -> tuple[Held, ...]:
    """Return all terms as they stand on a day, by exchange in the order of the file, then by their first day."""
    told = list(actual)
    order: dict[str, int] = {}
    rows = list(terms)
    for one in rows:
        order.setdefault(one.exchange, len(order))
    return tuple(_held(one, told, date) for one in sorted(rows, key=lambda t: (order[t.exchange], t.start.first)))


def _held(terms: Agreed, actual: Iterable[Told], date: datetime.date) -> Held:
    if date < terms.start.first:
        force: Force = "to come"
    else:
        force = "in force" if terms.holds(date, date) else "ended"
    left = (terms.end.last - date).days if force == "in force" and terms.end is not None else None
    years = tuple(
        _kept(terms, one) for one in actual
        if one.exchange == terms.exchange and one.year <= date.year and one.quantity is not None
        and terms.holds(datetime.date(one.year, 1, 1), datetime.date(one.year, 12, 31))
    )  # fmt: skip
    return Held(terms, force, left, years if terms.unit else ())


def _kept(terms: Agreed, told: Told) -> Kept:
    assert told.quantity is not None
    if not same_dimension(told.quantity.unit, terms.unit):
        return Kept(told.year, None, "unlike units")
    quantity = told.quantity.to(terms.unit)
    low, high = told.quantity.range_in(terms.unit)
    if terms.low is not None and high < terms.low:
        return Kept(told.year, quantity, "below")
    return Kept(told.year, quantity, "above" if terms.high is not None and low > terms.high else "kept")


def latest_terms(terms: Iterable[Agreed]) -> dict[str, Agreed]:
    """Return exchange → the terms of it that begin last."""
    return {one.exchange: one for one in sorted(terms, key=lambda t: t.start.first)}


def price_text(terms: Agreed) -> Text | None:
    """Return the agreed price in words; ``None`` if none is agreed."""
    if terms.price is None:
        return None
    adjusted = word("terms", "adjustment", terms.adjustment)
    parts = []
    for lang, year, tied in (
        ("en", f" at prices of {terms.price_year}", "; "), ("zh", f"（{terms.price_year} 年价格）", "；"),
    ):  # fmt: skip
        unit = unit_name(terms.price_unit, lang)  # type: ignore[arg-type]  # both are languages
        said = f"{shown(terms.price, 6)} {unit}{_ends(terms.price_low, terms.price_high)}{year}"
        more = [text for text in (adjusted.text(lang), terms.index) if text]  # type: ignore[arg-type]
        parts.append(tied.join([said, *more]))
    return Text(*parts)


def quantity_text(terms: Agreed) -> Text | None:
    """Return the agreed quantity in words; ``None`` if none is agreed."""
    if terms.quantity is None and terms.low is None and terms.high is None:
        return None
    value = "–" if terms.quantity is None else shown(terms.quantity, 6)
    ends = _ends(terms.low, terms.high)
    return Text(f"{value} {unit_name(terms.unit, 'en')}{ends}", f"{value} {unit_name(terms.unit, 'zh')}{ends}")


def duration_text(terms: Agreed) -> Text:
    """Return from when until when the terms hold, in words."""
    if terms.end is None:
        return Text(f"from {terms.start}, no end agreed", f"自 {terms.start} 起，未约定截止")
    return Text(f"from {terms.start} to {terms.end}", f"{terms.start} 至 {terms.end}")


def _ends(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    return f" ({' – '.join('…' if end is None else shown(end, 6) for end in (low, high))})"
