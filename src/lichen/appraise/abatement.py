"""The abatement cost curve: how much CO2 can be avoided, and at what cost.

Blocks of a positive cost stand in the order of cost per tonne: that is the cheapest way to any amount. Blocks of a
negative cost must not: of two measures that save the same money, the one that avoids *less* CO2 has the more negative
cost per tonne, and would come first. They are ranked by NPV, or by Pareto dominance (more money and more CO2), and
stand before the others, since they pay by themselves.

References
----------
Taylor, S. (2012) The ranking of negative-cost emissions reduction measures. Energy Policy 48, 430-438.
doi:10.1016/j.enpol.2012.05.065
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lichen.appraise._checks import PriceYear, check_choice, check_money, check_number, check_same_money
from lichen.errors import InputError, Problem, Problems, Where
from lichen.figures import Text

Ranking = Literal["npv", "pareto"]


@dataclass(frozen=True)
class Option:
    """A measure that may avoid CO2.

    Parameters
    ----------
    id
        Unique in its curve.
    npv
        Net present value [currency].
    co2_t
        CO2 avoided, discounted as the money was [tCO2].
    currency, price_year
        Money of the NPV.
    name
        Name in English and Chinese.
    """

    id: str
    npv: float
    co2_t: float
    currency: str
    price_year: PriceYear
    name: Text = Text("")

    @property
    def per_tonne(self) -> float | None:
        """Cost per tonne [currency/tCO2]; ``None`` where nothing is avoided. Negative ones do not rank."""
        return -self.npv / self.co2_t if self.co2_t > 0 else None


@dataclass(frozen=True)
class Block:
    """A measure in its place on the curve.

    Parameters
    ----------
    option
        The measure.
    start_t, end_t
        From where to where it reaches on the axis of CO2 [tCO2].
    per_tonne
        Its height [currency/tCO2]; the area is minus its NPV.
    ranked_by
        "npv", "pareto" or "cost": what put it where it stands.
    layer
        Pareto layer, 1 the best; 0 where not ranked so.
    """

    option: Option
    start_t: float
    end_t: float
    per_tonne: float
    ranked_by: Literal["npv", "pareto", "cost"]
    layer: int = 0


@dataclass(frozen=True)
class Curve:
    """An abatement cost curve.

    Parameters
    ----------
    blocks
        In their order: those that pay by themselves, then by rising cost per tonne.
    without_saving
        Measures that avoid no CO2, and so have no place on the curve.
    currency, price_year
        Money of the curve.
    notes
        What a reader must know.
    """

    blocks: tuple[Block, ...]
    without_saving: tuple[Option, ...]
    currency: str
    price_year: PriceYear
    notes: tuple[Problem, ...]

    def at_cost(self, per_tonne: float) -> float:
        """Return the CO2 avoided by all measures that cost ``per_tonne`` or less [tCO2]."""
        return sum(b.option.co2_t for b in self.blocks if b.per_tonne <= per_tonne)


def dominates(one: Option, other: Option) -> bool:
    """Whether ``one`` has at least as much NPV and avoids at least as much CO2, and more of either."""
    return one.npv >= other.npv and one.co2_t >= other.co2_t and (one.npv, one.co2_t) != (other.npv, other.co2_t)


def pareto_layers(options: Sequence[Option]) -> tuple[tuple[Option, ...], ...]:
    """Return options in layers: the first is dominated by none, the next only by those before, and so on."""
    left, layers = list(options), []
    while left:
        best = tuple(o for o in left if not any(dominates(other, o) for other in left))
        layers.append(best)
        left = [o for o in left if o not in best]
    return tuple(layers)


def abatement_curve(options: Sequence[Option], negative: Ranking = "npv") -> Curve:
    """Return the abatement cost curve of measures that do not exclude or change one another.

    Parameters
    ----------
    options
        Measures, all in one money.
    negative
        How measures of negative cost are ranked: "npv" or "pareto" (layers, within a layer by NPV).

    Raises
    ------
    InputError
        With every fault of the measures.
    """
    _check(options, negative)
    saving = [o for o in options if o.co2_t > 0]
    paying = [o for o in saving if o.npv > 0]
    layer = {o.id: i + 1 for i, os in enumerate(pareto_layers(paying)) for o in os} if negative == "pareto" else {}
    paying.sort(key=lambda o: (layer.get(o.id, 0), -o.npv, -o.co2_t, o.id))
    costly = sorted((o for o in saving if o.npv <= 0), key=lambda o: (-o.npv / o.co2_t, -o.co2_t, o.id))
    blocks, at = [], 0.0
    for option in (*paying, *costly):
        cost = 0.0 - option.npv / option.co2_t
        ranked: Literal["npv", "pareto", "cost"] = negative if option.npv > 0 else "cost"
        blocks.append(Block(option, at, at + option.co2_t, cost, ranked, layer.get(option.id, 0)))
        at += option.co2_t
    without = tuple(o for o in options if o.co2_t <= 0)
    notes = []
    if len(paying) > 1:
        code = f"appraise.curve_{negative}"
        notes.append(Problem(code, Where(), "note", {"names": [o.id for o in paying]}))
    if without:
        notes.append(Problem("appraise.curve_without", Where(), "warning", {"names": [o.id for o in without]}))
    return Curve(tuple(blocks), without, options[0].currency, options[0].price_year, tuple(notes))


def _check(options: Sequence[Option], negative: str) -> None:
    problems = Problems()
    check_choice(problems, "negative", negative, ("npv", "pareto"))
    if not options:
        problems.add("appraise.no_options", Where(key="options"))
    ids = [o.id for o in options]
    for name in dict.fromkeys(i for i in ids if ids.count(i) > 1 or not i.strip()):
        problems.add("appraise.doubled", Where(key="options"), name=name or "–")
    for option in options:
        check_number(problems, f"{option.id}.npv", option.npv)
        check_number(problems, f"{option.id}.co2_t", option.co2_t)
        check_money(problems, option.currency, option.price_year)
    check_same_money(problems, [(o.id, o.currency, o.price_year) for o in options])
    problems.raise_if_errors(InputError)
