"""Changes to try on a network: a firm that closes, a price that moves, a supply that shrinks."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from lichen.design.carriage import Carriage
from lichen.design.terms import Terms
from lichen.errors import Problem, Problems, StudyError, UnitError, Where
from lichen.figures import Figure, Text
from lichen.labelled import suggest
from lichen.numerals import parse_number
from lichen.study.design_frame import Frame
from lichen.units import currency_of, same_dimension
from lichen.vocabulary.materials import descends, material_named, materials

Kind = Literal["close", "price", "disposal", "transport", "supply", "carbon", "rate"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_FACTOR, MOST_RATE, MOST_CARBON = 1000.0, 1.0, 1e5
"""Changes beyond these are slips of the pen: a factor; a rate [1/a], which 6 for 6 % would be; a price [per tCO2]."""


@dataclass(frozen=True)
class WhatIf:
    """A change to try.

    Parameters
    ----------
    text
        As it was asked.
    kind, key
        What changes, and of what: "close" FIRM, "price" or "disposal" MATERIAL (and all below it), "transport" (all),
        "supply" FIRM, "carbon" and "rate" (nothing).
    factor, value
        Times so much [1]; or the new value [currency/tCO2, 1/a].
    """

    text: str
    kind: Kind
    key: str = ""
    factor: float = 1.0
    value: float = math.nan


def read_what_if(text: str, asked: Frame) -> WhatIf:
    """Return a change from words.

    ``close=FIRM``, ``price=MATERIAL:+30%``, ``disposal=MATERIAL:-50%``, ``transport:+20%``, ``supply=FIRM:-40%``,
    ``carbon=100`` [currency/tCO2], ``rate=6%``.

    Raises
    ------
    StudyError
        If it cannot be understood, or names what is not there.
    """
    problems = Problems()
    head, _, change = text.partition(":")
    kind, _, key = (part.strip() for part in head.partition("="))
    where = Where(key=f"what-if {text}")
    if kind not in KINDS:
        problems.add("design.what_if", where, found=text, near=suggest(kind, list(KINDS)) or "–", known=list(KINDS))
        problems.raise_if_errors(StudyError)
    if (change and kind in ("close", "carbon", "rate")) or (key and kind == "transport"):
        raise StudyError((Problem("design.what_if_change", where, values={"found": text, "text": text}),))
    if kind in ("carbon", "rate"):
        return WhatIf(text, kind, value=_value(key, text, where, kind))  # type: ignore[arg-type]
    if kind in ("close", "supply"):
        firms = [f.id for f in asked.discovery.flows.inventory.firms]
        if key not in firms:
            problems.add("inventory.no_such_firm", where, firm=key, near=suggest(key, firms) or "–")
    elif kind != "transport":
        named = material_named(key)
        key = named.code if named is not None else key
        codes = [m.code for m in materials()]
        if key not in codes:
            problems.add("design.what_if_material", where, found=key, near=suggest(key, codes) or "–")
    problems.raise_if_errors(StudyError)
    return WhatIf(text, kind, key, 1.0 if kind == "close" else _factor(change, text, where))  # type: ignore[arg-type]


def _factor(change: str, text: str, where: Where) -> float:
    """Return 1.3 for "+30%", 0.5 for "-50%", 2 for "x2"."""
    change = change.strip().replace("−", "-").replace("％", "%")
    if change[:1] in ("+", "-") and change.endswith("%"):
        found = parse_number(change[1:-1].strip(), ".", where)
        if not isinstance(found, Problem):
            factor = 1 + (found if change[0] == "+" else -found) / 100
            if 0 <= factor <= MOST_FACTOR:
                return factor
    elif change[:1] in ("x", "×"):
        found = parse_number(change[1:].strip(), ".", where)
        if not isinstance(found, Problem) and 0 <= found <= MOST_FACTOR:
            return found
    raise StudyError((Problem("design.what_if_change", where, values={"found": change or "–", "text": text}),))


def _value(given: str, text: str, where: Where, kind: str) -> float:
    given = given.strip().replace("％", "%")
    found = parse_number(given.removesuffix("%").strip(), ".", where)
    if isinstance(found, Problem) or found < 0:
        raise StudyError((Problem("design.what_if_change", where, values={"found": given or "–", "text": text}),))
    value = found / 100 if given.endswith("%") else found
    if value > (MOST_RATE if kind == "rate" else MOST_CARBON):
        raise StudyError((Problem("design.what_if_change", where, values={"found": given, "text": text}),))
    return value


def changed(question: WhatIf, asked: Frame, every: Sequence[Terms]) -> tuple[Frame, tuple[Terms, ...]]:
    """Return the frame and the terms after a change."""
    kind, key = question.kind, question.key
    if kind in ("carbon", "rate"):
        return _money(question, asked), tuple(every)
    if kind == "transport":
        asked = replace(asked, carriage=asked.carriage * question.factor)
    if kind == "close":
        left = tuple(t for t in every if key not in (t.one.donor.id, t.one.receiver.id))
        return asked, left
    return asked, tuple(_moved(t, question) for t in every)


def _money(question: WhatIf, asked: Frame) -> Frame:
    """Return a frame with another carbon price or discount rate."""
    money, per = asked.money, f"{asked.money.currency}/tCO2"
    if question.kind == "carbon":
        price = Figure(question.value, per, "assumed", question.text, question.value, question.value, money.price_year)
        layout = replace(asked.layout, carbon_price=question.value)
        return replace(asked, money=replace(money, carbon_price=price), layout=layout)
    rate = Figure(question.value, "1/a", "assumed", question.text, question.value, question.value)
    money = replace(money, rate=rate)
    stages = tuple(money.stage(s.start, s.years) for s in asked.layout.stages)
    return replace(asked, money=money, layout=replace(asked.layout, stages=stages))


def _moved(terms: Terms, question: WhatIf) -> Terms:
    """Return the terms with a price, a tariff or a supply times the factor."""
    factor, one = question.factor, terms.one
    if question.kind == "price":
        own = one.demand.material if one.demand else one.replaces
        if terms.price is not None and (descends(own, question.key) or descends(one.replaces, question.key)):
            return replace(terms, price=_times(terms.price, factor))
    elif question.kind == "disposal":
        if terms.disposal is not None and descends(one.stream, question.key):
            return replace(terms, disposal=_times(terms.disposal, factor))
    elif question.kind == "transport":
        if terms.carriage is not None:
            way = Carriage(terms.carriage.mode, _times(terms.carriage.cost, factor), terms.carriage.co2)
            return replace(terms, carriage=way)
    elif one.donor.id == question.key:
        supply = replace(one.supply, unused=one.supply.unused.times(factor))
        return replace(terms, one=replace(one, supply=supply, quantity=one.quantity.times(min(factor, 1.0))))
    return terms


def _times(figure: Figure, factor: float) -> Figure:
    low, high = ((None, None) if figure.low is None or figure.high is None
                 else sorted((figure.low * factor, figure.high * factor)))  # fmt: skip
    return replace(figure, value=figure.value * factor, low=low, high=high)


WORDS: dict[Kind, Text] = {
    "close": Text("{key} closes", "{key} 关停"),
    "price": Text("price of {key} × {factor:g}", "{key} 价格 × {factor:g}"),
    "disposal": Text("disposal of {key} × {factor:g}", "{key} 处置费 × {factor:g}"),
    "transport": Text("transport × {factor:g}", "运费 × {factor:g}"),
    "supply": Text("what {key} has × {factor:g}", "{key} 供应量 × {factor:g}"),
    "carbon": Text("carbon price {value:g}", "碳价 {value:g}"),
    "rate": Text("discount rate {value:g}", "折现率 {value:g}"),
}


def words_of(question: WhatIf, lang: str, name: str = "") -> str:
    """Return a change in words, with a name in place of the code it is about."""
    text = WORDS[question.kind]
    return (text.zh if lang == "zh" else text.en).format(
        key=name or question.key, factor=question.factor, value=question.value
    )


_AMOUNT = re.compile(r"\s*([+-]?[0-9][0-9.,_ \u2009\u202f']*(?:[eE][+-]?[0-9]+)?)\s*(.*?)\s*")


def read_money(text: str, unit: str, option: str) -> Figure:
    """Return an amount that was asked for in a call, e.g. "5000 万元"; a bare number is in ``unit``.

    Its year is 0: that of the design's prices.

    Raises
    ------
    StudyError
        If it is no amount in a unit of that kind, or negative.
    """
    where, found = Where(key=option), _AMOUNT.fullmatch(text)
    if found is None:
        raise StudyError((Problem("design.no_money", where, values={"found": text, "wanted": unit}),))
    value, spelled = parse_number(found[1], None, where), found[2] or unit
    try:
        currency = currency_of(spelled)
        fits = same_dimension(spelled.replace(currency, "CNY") if currency else spelled, unit)
    except UnitError as error:
        raise StudyError(tuple(replace(p, where=where) for p in error.problems)) from None
    if isinstance(value, Problem):
        raise StudyError((value,))
    if value < 0 or not fits:
        raise StudyError((Problem("design.no_money", where, values={"found": text, "wanted": unit}),))
    return Figure(value, spelled, "assumed", option, value, value)
