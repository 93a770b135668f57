"""Values of the rows that a table holds; a row with an error gives none, and every error is told with its cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import cast

from lichen.errors import UnitError
from lichen.figures import Text
from lichen.knowledge import _rows
from lichen.knowledge._rows import Row
from lichen.knowledge.columns import column, columns
from lichen.knowledge.values import (
    Basis,
    Cap,
    Carbon,
    Checked,
    Condition,
    ExchangeType,
    Operator,
    Quantity,
    Reference,
    Severity,
    Standard,
    Substitution,
    Technology,
)
from lichen.units import factor, parse_unit, same_dimension
from lichen.vocabulary.factors import factors

_FORMS = ("solid", "liquid", "gas", "heat", "electricity", "water")
_UNITS: Mapping[str, tuple[str, ...]] = {
    "composition": ("1",), "moisture": ("1",), "heating value": ("GJ/t", "MJ/m3", "MJ/Nm3"), "distance": ("km",),
}  # fmt: skip
"""Units that the limit of a quantity may have, besides °C for temperature."""

MOST_REPLACED = 1e6
"""Most of one material that a unit of another can take the place of; more is a slip of the decimal point."""


def both(row: Row, name: str) -> Text:
    """Return a text that stands in two columns; where one language is missing the other stands for it."""
    english, chinese = row.text(f"{name}_en"), row.text(f"{name}_zh")
    return Text(english or chinese, chinese)


def own_rows(rows: Sequence[Row], taken: Mapping[str, Mapping[str, str]]) -> list[Row]:
    """Return the rows that are not the library's own; ids that stand twice or that the library has are told.

    Parameters
    ----------
    rows
        Rows of a file.
    taken
        Rows of the library as texts, by id. A row that is equal to one of them in every column that the file has, as
        an exported file holds it, is left out with one note for all. One that differs is an error: it needs an id of
        its own.
    """
    first: dict[str, Row] = {}
    own, same = [], []
    for row in rows:
        name = row.text("id")
        if name in taken and not (other := _differing(row, taken[name])):
            same.append(row)
            continue
        own.append(row)
        if name in taken:
            row.tell("knowledge.taken_id", "id", found=name, columns=other)
        elif name and name in first:
            row.tell("knowledge.doubled_id", "id", found=name, row=first[name].number + 1)
        first.setdefault(name, row)
    if same:
        same[0].problems.add("knowledge.same_as_library", same[0].sheet.place, "note", count=len(same))
    return own


def _differing(row: Row, other: Mapping[str, str]) -> list[str]:
    """Return the columns in which a row differs from one of the library."""
    return [name for name, text in row.texts.items() if text != " ".join(other.get(name, "").split())]


def standard_or_source(row: Row, name: str, text: str, standards: Mapping[str, Standard]) -> Reference | None:
    """Return the standard or the source that an entry names."""
    if (standard := standards.get(text)) is not None:
        words = f"{standard.code} {standard.title.en}"
        return Reference(standard.id, words, checked=standard.checked, note=standard.status)
    return _rows.one_reference(row, name, text)


def condition(row: Row, standards: Mapping[str, Standard]) -> Condition | None:
    """Return the condition of a row; ``None`` if something is wrong with it."""
    name = _rows.identifier(row)
    quantity = _rows.choice(row, column("conditions", "quantity"), row.text("quantity"))
    sign = _rows.choice(row, column("conditions", "operator"), row.text("operator"))
    severity = _rows.choice(row, column("conditions", "severity"), row.text("severity"))
    checked = _rows.choice(row, column("conditions", "checked"), row.text("checked")) or "user"
    asked = _rows.choice(row, column("conditions", "asked_of"), row.text("asked_of"))
    limit = _rows.number(row, "limit", row.text("limit"))
    substances = tuple(part.strip() for part in row.text("substance").split("|") if part.strip())
    _limit(row, quantity, sign, substances)
    if not row.text("ask_en") and not row.text("ask_zh"):
        row.tell("knowledge.empty", "ask_en")
    source = standard_or_source(row, "source", row.text("source"), standards)
    if row.faulty or source is None:
        return None
    return Condition(
        name, cast(Quantity, quantity), substances, cast(Operator, sign), limit, row.text("unit"),
        cast(Severity, severity), both(row, "ask"), cast(Checked, checked), source, row.text("note"),
        "receiver" if asked == "receiver" else "donor",
    )  # fmt: skip


def _limit(row: Row, quantity: str, sign: str, substances: tuple[str, ...]) -> None:
    """Tell a limit that cannot be checked."""
    given = {name: row.text(name) for name in ("operator", "limit", "unit")}
    if quantity == "form":
        for word in substances:
            if word not in _FORMS:
                row.tell("knowledge.not_one_of", "substance", found=word, near="–", allowed=list(_FORMS))
    if any(given.values()) and not all(given.values()):
        row.tell("knowledge.half_limit", next(name for name, text in given.items() if not text))
        return
    if not sign:
        return
    if quantity in ("grading", "other", "form"):
        row.tell("knowledge.no_limit_here", "operator", quantity=quantity)
    elif quantity == "composition" and not substances:
        row.tell("knowledge.empty", "substance")
    elif quantity == "temperature":
        if given["unit"] != "°C":
            row.tell("knowledge.unit_misfit", "unit", found=given["unit"], allowed=["°C"])
    elif (found := _rows.unit(row, "unit", given["unit"])) and quantity in _UNITS:
        allowed = _UNITS[quantity]
        if not any(same_dimension(found, other) for other in allowed):
            row.tell("knowledge.unit_misfit", "unit", found=found, allowed=list(allowed))


class Builder:
    """Makes exchange types of rows; knows the ids that a row may name."""

    def __init__(
        self, conditions: Mapping[str, Condition], technologies: Mapping[str, Technology],
        standards: Mapping[str, Standard], cases: Collection[str],
    ) -> None:  # fmt: skip
        self.conditions, self.technologies, self.standards, self.cases = conditions, technologies, standards, cases

    def exchange_type(self, row: Row) -> ExchangeType | None:
        """Return the exchange type of a row; ``None`` if something is wrong with it."""
        name = _rows.identifier(row)
        if not row.text("name_en") and not row.text("name_zh"):
            row.tell("knowledge.empty", "name_en")
        carbon = _rows.choice(row, column("exchange_types", "carbon"), row.text("carbon"))
        factor_ids = _rows.known_ids(row, "carbon_factor", [f.id for f in factors("co2_")])
        co2 = _rows.figure(row, "co2")
        if co2 is not None and not any(
            unit.endswith("CO2") and power == 1 for unit, power in parse_unit(co2.unit).powers
        ):
            row.tell("knowledge.unit_misfit", "co2_unit", found=co2.unit, allowed=["tCO2/t", "kgCO2/GJ"])
        evidence = _rows.evidence(row, "known_from", self.cases)
        sources = _rows.references(row, "sources")
        if not row.text("known_from") and not row.text("sources"):
            row.tell("knowledge.no_sources", "sources")
        judgement = _rows.known_ids(row, "judgement", [c.name for c in columns("exchange_types")])
        needs = _rows.choice(row, column("exchange_types", "needs_demand"), row.text("needs_demand")) == "yes"
        if needs and not row.parts("replaces"):
            row.tell("knowledge.needs_what", "needs_demand")
        found = ExchangeType(
            name, both(row, "name"), _rows.industry_codes(row, "donor"), _rows.industry_codes(row, "receiver"),
            tuple(dict.fromkeys(_rows.material_codes(row, "stream"))), _substitutions(row), row.text("rate_note"),
            self._caps(row),
            tuple(self.conditions[i] for i in _rows.known_ids(row, "conditions", self.conditions)),
            tuple(self.technologies[i] for i in _rows.known_ids(row, "treatment", self.technologies)),
            cast(Carbon, carbon), factor_ids[0] if factor_ids else "", both(row, "carbon"), co2, row.text("co2_note"),
            both(row, "additionality"), both(row, "hazard"), evidence, sources,
            tuple(self.standards[i] for i in _rows.known_ids(row, "standards", self.standards)), judgement,
            both(row, "note"), needs,
        )  # fmt: skip
        return None if row.faulty else found

    def _caps(self, row: Row) -> tuple[Cap, ...]:
        materials = _rows.material_codes(row, "cap_of")
        count = len(row.parts("cap_of"))
        cells = {name: row.beside(name, count) for name in ("cap_low", "cap_high", "cap_unit", "cap_source")}
        caps = []
        for place in range(count):
            texts = {name: entries[place] for name, entries in cells.items()}
            low, high = (self._share(row, name, texts) for name in ("cap_low", "cap_high"))
            if not texts["cap_low"] and not texts["cap_high"]:
                row.tell("knowledge.empty", "cap_high")
            if low is not None and high is not None and low > high:
                row.tell("knowledge.upside_down", "cap_low", low=texts["cap_low"], high=texts["cap_high"])
            if not texts["cap_source"]:
                row.tell("knowledge.no_source", "cap_source", number="cap_high")
            source = standard_or_source(row, "cap_source", texts["cap_source"], self.standards)
            if source is not None and place < len(materials):
                caps.append(Cap(materials[place], low, high, source))
        return tuple(caps)

    def _share(self, row: Row, name: str, texts: Mapping[str, str]) -> float | None:
        """Return an end of a cap as a share [1]."""
        value = _rows.number(row, name, texts[name])
        if value is None:
            return None
        if not texts["cap_unit"]:
            row.tell("knowledge.no_unit", "cap_unit", number=name)
            return None
        found = _rows.unit(row, "cap_unit", texts["cap_unit"])
        if not found:
            return None
        try:
            share = value * factor(found, "1")
        except UnitError:
            row.tell("knowledge.unit_misfit", "cap_unit", found=found, allowed=["%", "1"])
            return None
        if not 0 <= share <= 1:
            row.tell("knowledge.share", name, found=f"{value:g} {found}")
        return share


def _substitutions(row: Row) -> tuple[Substitution, ...]:
    """Return what is replaced, with basis and rate by place."""
    materials = _rows.material_codes(row, "replaces")
    count = len(row.parts("replaces"))
    bases = row.beside("rate_basis", count)
    if len(row.places("rate_basis")) == 1:
        bases = (bases[0],) * count if count else ()
    if not count:
        for name in ("rate", "rate_unit", "rate_kind", "rate_source"):
            row.beside(name, 0)
        return ()
    found = []
    for place in range(count):
        basis = _rows.choice(row, column("exchange_types", "rate_basis"), bases[place])
        rate = _rows.figure(row, "rate", place, count)
        if rate is not None and not 0 < rate.value <= MOST_REPLACED:
            row.tell("knowledge.rate", "rate", found=f"{rate.value:g} {rate.unit}", most=f"{MOST_REPLACED:g}")
        if place < len(materials):
            found.append(Substitution(materials[place], cast(Basis, basis), rate))
    return tuple(found)
