"""Values of the knowledge base. Nothing here reads or computes.

A code of an industry is one of GB/T 4754-2017, of any level, or :data:`CITY`. A code of a material may be a heading of
the vocabulary (``fuel``): it stands for everything below it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from lichen.figures import Figure, Text

CITY = "city"
"""Donor or receiver that is no firm: households, shops, public services, and what they throw away."""
Basis = Literal["", "mass", "heat", "volume", "content"]
"""What is equal before and after where no rate is published: 1 t for 1 t, 1 GJ for 1 GJ …; "content" means the
substance that counts (nitrogen, free lime). It is a first guess, not a published rate."""
Status = Literal["implemented", "planned", "feasibility", "studied", "reported"]
"""State of an exchange elsewhere; "reported": named as existing, by a source that does not state how it is known."""
STATUSES: tuple[Status, ...] = get_args(Status)
Carbon = Literal["", "none", "fossil", "biogenic", "mixed"]
"""Carbon that leaves as CO2 when the stream is used; empty: not known."""
Quantity = Literal[
    "composition", "moisture", "heating value", "temperature", "distance", "form", "grading", "other"
]  # fmt: skip
Operator = Literal["", "<=", "<", ">=", ">", "="]
Severity = Literal["required", "advisable"]
Checked = Literal["seen", "recalled", "second hand", "judgement", "user"]
"""How something was taken from its source: "seen" in it or in a text that quotes it, "recalled" from it and still to be
compared, "second hand" as a collection cites it, "judgement" of an engineer, "user": by who added the row."""


@dataclass(frozen=True)
class Reference:
    """A source.

    Parameters
    ----------
    key
        As rows name it: an id of ``sources.csv``, ``M:case,source,number``, or a citation in full.
    citation
        In words.
    doi, url, year
        Empty, and 0, where not known.
    checked, note
        How it was looked at, and what to beware of.
    """

    key: str
    citation: str
    doi: str = ""
    url: str = ""
    year: int = 0
    checked: Checked = "user"
    note: str = ""


@dataclass(frozen=True)
class Condition:
    """What must hold, as a limit that can be checked or as a question to ask.

    Parameters
    ----------
    id
        Identifier.
    quantity
        What it is about; "grading" and "other" can only be asked.
    substances
        Names of the substance of "composition", of which a survey has one: ``("fCaO", "游离氧化钙")``; or the allowed
        forms ("solid", "gas" …) of "form".
    operator, limit, unit
        The limit, e.g. ``<= 4 %``; composition and moisture [% or 1], temperature [°C], distance [km]. No operator: a
        question.
    severity
        "required": the exchange fails without it; "advisable": it should be known or makes it better.
    ask
        The question, in both languages.
    checked, source, note
        Where the limit comes from, and what to beware of.
    asked_of
        Who knows the answer.
    """

    id: str
    quantity: Quantity
    substances: tuple[str, ...]
    operator: Operator
    limit: float | None
    unit: str
    severity: Severity
    ask: Text
    checked: Checked
    source: Reference
    note: str = ""
    asked_of: Literal["donor", "receiver"] = "donor"

    @property
    def is_limit(self) -> bool:
        """Whether there is a limit to check against."""
        return bool(self.operator) or (self.quantity == "form" and bool(self.substances))


@dataclass(frozen=True)
class Technology:
    """A treatment step; ``energy`` and ``cost`` only where a source gives them."""

    id: str
    name: Text
    what: Text
    energy: Figure | None = None
    cost: Figure | None = None
    note: str = ""


@dataclass(frozen=True)
class Standard:
    """A standard, what it limits, whether it is in force, and how it was looked at."""

    id: str
    code: str
    title: Text
    status: str
    limits: Text
    checked: Checked
    source: str
    note: str = ""


@dataclass(frozen=True)
class Substitution:
    """What one unit of the stream replaces.

    Parameters
    ----------
    material
        Code of the material that is no longer bought; it may be a heading.
    basis
        What is equal before and after, where that is known.
    rate
        Amount replaced by one unit of the stream [material/stream]; ``None``: not known.
    """

    material: str
    basis: Basis
    rate: Figure | None


@dataclass(frozen=True)
class Cap:
    """How much of the receiver's input or product the stream may be at most.

    Parameters
    ----------
    of
        Code of the material whose share is capped, e.g. ``cement.portland``.
    low, high
        The share [1]; a cement of a kind holds at least ``low``. ``None``: no such end.
    source
        Standard or study.
    """

    of: str
    low: float | None
    high: float | None
    source: Reference


@dataclass(frozen=True)
class Evidence:
    """That the exchange is known from a case: the case's id (empty: none), its state there, and who says so."""

    case: str
    status: Status
    source: Reference


@dataclass(frozen=True)
class ExchangeType:
    """A kind of exchange: who can give what to whom in place of what, under which conditions.

    Parameters
    ----------
    id, name
        Identifier and name.
    donors, receivers
        Codes of GB/T 4754-2017 of any level, or :data:`CITY`; any of them.
    streams
        Codes of materials; any of them, or of what is below them.
    replaces
        What is no longer bought.
    rate_note
        What to know of the rates.
    caps
        Limits on the share in the receiver's input or product.
    conditions
        What must hold or must be asked.
    treatment
        Steps between donor and receiver.
    carbon, carbon_factor, carbon_note
        Own carbon of the stream, the factor of :mod:`lichen.vocabulary.factors` that counts it (empty: none named).
    co2, co2_note
        CO2 avoided per unit of the stream as published [tCO2/t]; ``None``: not known. To compare with, not to compute
        with.
    additionality, hazard, note
        Remarks in both languages.
    evidence, sources
        Where it is known from, and further sources.
    standards
        Standards that speak of it.
    judgement
        Columns of this row that are engineering judgement and not a source's statement.
    needs_demand
        Whether the class of the receiver is not enough to think of it: only a firm that tells a demand of what is
        replaced comes into question.
    """

    id: str
    name: Text
    donors: tuple[str, ...]
    receivers: tuple[str, ...]
    streams: tuple[str, ...]
    replaces: tuple[Substitution, ...]
    rate_note: str
    caps: tuple[Cap, ...]
    conditions: tuple[Condition, ...]
    treatment: tuple[Technology, ...]
    carbon: Carbon
    carbon_factor: str
    carbon_note: Text
    co2: Figure | None
    co2_note: str
    additionality: Text
    hazard: Text
    evidence: tuple[Evidence, ...]
    sources: tuple[Reference, ...]
    standards: tuple[Standard, ...]
    judgement: tuple[str, ...]
    note: Text
    needs_demand: bool = False

    @property
    def cases(self) -> tuple[str, ...]:
        """Ids of the cases it is known from, each once."""
        return tuple(dict.fromkeys(e.case for e in self.evidence if e.case))

    @functools.cached_property
    def status(self) -> Status | None:
        """The most advanced state that is known; ``None`` without evidence. "reported" counts after "implemented"."""
        order: tuple[Status, ...] = ("implemented", "reported", "planned", "feasibility", "studied")
        known = {e.status for e in self.evidence}
        return next((s for s in order if s in known), None)


@dataclass(frozen=True)
class Result:
    """A figure that a case reports: what it is, the figure with its source."""

    what: Text
    figure: Figure


@dataclass(frozen=True)
class Case:
    """A place where symbiosis was tried.

    Parameters
    ----------
    id, name, country, place, years
        What and where; the country by ISO 3166 code; empty where not known.
    maestri
        Number of the case in the MAESTRI Exchanges Database; 0: not there.
    challenge, barriers, approach, discovery, preconditions, lessons
        The story in our words; empty where no source tells it.
    results
        Figures.
    sources, note
        Who tells it, and what to beware of.
    """

    id: str
    name: Text
    country: str
    place: str
    years: str
    maestri: int
    challenge: Text
    barriers: Text
    approach: Text
    discovery: Text
    preconditions: Text
    lessons: Text
    results: tuple[Result, ...]
    sources: tuple[Reference, ...]
    note: str = ""


@dataclass(frozen=True)
class Knowledge:
    """All that is known, by id.

    ``listed`` are uses of a stream that a public catalogue lists, whoever the donor is: types without donors.
    """

    types: Mapping[str, ExchangeType]
    conditions: Mapping[str, Condition]
    technologies: Mapping[str, Technology]
    standards: Mapping[str, Standard]
    cases: Mapping[str, Case]
    sources: Mapping[str, Reference]
    listed: Mapping[str, ExchangeType] = field(default_factory=dict)
    _known: dict[tuple[str, ...], tuple[ExchangeType, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def known(self, ids: Iterable[str]) -> tuple[ExchangeType, ...]:
        """Return the exchange types and listed uses of some ids, those of unknown ids left out."""
        key = tuple(ids)
        if key not in self._known:
            self._known[key] = tuple(
                t for name in key if (t := self.types.get(name) or self.listed.get(name)) is not None
            )
        return self._known[key]
