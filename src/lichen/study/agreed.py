"""What the two firms of an exchange agreed on, beside the network that is designed and what it is worth to each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lichen.appraise.costs import CostBook, converted
from lichen.appraise.parties import Deal
from lichen.design.opportunities import Chosen
from lichen.errors import LichenError, Problem, Severity, Where
from lichen.figures import Figure, Text
from lichen.monitor.terms import duration_text, price_text, quantity_text
from lichen.monitor.values import Agreed
from lichen.numerals import shown
from lichen.units import factor, same_dimension

SLACK = 1e-6
"""A quantity is less or more than agreed where it differs by more than this share [1]."""


@dataclass(frozen=True)
class AtAgreed:
    """An exchange at the price that was agreed.

    Parameters
    ----------
    terms
        What was agreed.
    price
        In the money of the design [currency/unit]; ``None``: none is agreed, or it cannot be converted.
    donor, receiver
        Net present values at it [currency].
    notes
        Who loses at it, and what is not counted.
    """

    terms: Agreed
    price: float | None
    donor: float | None
    receiver: float | None
    notes: tuple[Problem, ...]


def at_agreed(terms: Agreed, deal: Deal, book: CostBook, last_year: int) -> AtAgreed:
    """Return what an exchange is worth to both sides at the agreed price, the same in real money in every year.

    Parameters
    ----------
    terms, deal
        What was agreed; the exchange without a price.
    book
        Currency, price year, index and rates that the price is converted by.
    last_year
        Last year that counts.
    """
    where, notes = Where(key=terms.exchange), list[Problem]()
    price = donor = receiver = None
    if terms.price is not None:
        told = Figure(terms.price, terms.price_unit, "reported", terms.source, year=terms.price_year)
        try:
            price = converted(book, told, deal.price_unit, "price").value
        except LichenError as error:
            values = {
                "price": f"{terms.price:g} {terms.price_unit}",
                "unit": deal.price_unit,
                "reason": error.problems[0],
            }
            notes.append(Problem("appraise.agreed_not_converted", where, "warning", values))
    if price is not None:
        donor, receiver = deal.npv_at(price)
        for side, worth in ((Text("donor", "供方"), donor), (Text("receiver", "受方"), receiver)):
            if worth < 0:
                values = {"side": side, "loss": shown(-worth / 1e6, 3), "currency": deal.donor.currency}
                notes.append(Problem("appraise.agreed_loses", where, "warning", values))
        if terms.adjustment == "fixed":
            notes.append(Problem("appraise.agreed_fixed", where, "note", {}))
    if terms.end is not None and terms.end.last.year < last_year:
        notes.append(Problem("appraise.agreed_short", where, "note", {"end": str(terms.end), "last": last_year}))
    return AtAgreed(terms, price, donor, receiver, tuple(notes))


def agreed_texts(terms: Agreed | None) -> dict[str, Text]:
    """Return term of a contract → what was agreed on it, in words."""
    if terms is None:
        return {}
    found = {"price": price_text(terms), "quantity": quantity_text(terms), "duration": duration_text(terms)}
    return {term: text for term, text in found.items() if text is not None}


def beside_agreed(made: Iterable[Chosen], agreed: Mapping[str, Agreed]) -> Iterator[Problem]:
    """Yield exchanges in which the network moves less or more than agreed, and terms of what is no opportunity."""
    by_id = {one.terms.one.id: one for one in made}
    for name, terms in agreed.items():
        one = by_id.get(name)
        if one is None:
            yield Problem("design.agreed_unmatched", Where(key=name), "note", {"exchange": name})
            continue
        unit = one.terms.one.unit
        least = terms.quantity if terms.low is None else terms.low
        if not terms.unit or not same_dimension(terms.unit, unit):
            continue
        ratio, moved = factor(terms.unit, unit), one.quantity
        values = {"exchange": name, "found": shown(moved, 4), "unit": unit}
        if least is not None and moved < least * ratio * (1 - SLACK):
            severity: Severity = "note" if terms.low is None else "warning"
            told = values | {"bound": shown(least * ratio, 4)}
            yield Problem("design.less_than_agreed", Where(key=name), severity, told)
        if terms.high is not None and moved > terms.high * ratio * (1 + SLACK):
            told = values | {"bound": shown(terms.high * ratio, 4)}
            yield Problem("design.more_than_agreed", Where(key=name), "warning", told)
