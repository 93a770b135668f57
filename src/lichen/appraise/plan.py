"""A project as engineers plan it, and the cash flow it means: construction, operation, replacements, what is left.

The rules:

1. Construction takes one year or more; the investment is paid in the shares that are given, the first in ``start``.
2. Operation follows in the next year and lasts ``life`` years; yearly payments are the same in each of them.
3. A part with a shorter life is paid again when it has served its life, as long as a year of operation follows.
4. What is left is the residual value in the last year, as given; nothing is assumed where none is given.
5. Every figure names its currency in its unit and its price year in ``year``; all are at the prices of one year.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from lichen.appraise._checks import PriceYear, check_choice, check_money, check_number, check_whole, check_year
from lichen.appraise.cash_flow import SIGNS, CashFlow, CashKind, Line
from lichen.errors import InputError, Problems, UnitError, Where
from lichen.figures import Figure
from lichen.units import currency_of, factor, same_dimension

YEARLY: tuple[CashKind, ...] = ("operation", "saving", "revenue", "tax", "subsidy")


@dataclass(frozen=True)
class Yearly:
    """A payment of every year of operation.

    Parameters
    ----------
    kind
        "operation", "saving", "revenue", "tax" or "subsidy".
    amount
        Its size [currency/a]; of operation and tax the cost, as a positive number.
    name
        What it is; unique in its plan.
    """

    kind: CashKind
    amount: Figure
    name: str


@dataclass(frozen=True)
class Part:
    """A part that is replaced when it has served its life.

    Parameters
    ----------
    name
        What it is; unique in its plan.
    cost
        What a new one costs [currency].
    life
        Years of operation it serves.
    """

    name: str
    cost: Figure
    life: int


@dataclass(frozen=True)
class Plan:
    """A project.

    Parameters
    ----------
    start
        First year of construction.
    life
        Years of operation.
    investment
        All of the investment, with the first set of parts [currency].
    currency, price_year
        Money of the plan; every figure must be in it.
    construction
        Shares of the investment by year of construction; they add up to 1.
    yearly
        Payments of every year of operation.
    parts
        What is replaced on the way.
    residual
        What is left in the last year [currency]; negative: what dismantling costs. ``None``: nothing.
    subsidy
        Support that is paid once, in the first year [currency].
    """

    start: int
    life: int
    investment: Figure
    currency: str
    price_year: int
    construction: tuple[float, ...] = (1.0,)
    yearly: tuple[Yearly, ...] = ()
    parts: tuple[Part, ...] = ()
    residual: Figure | None = None
    subsidy: Figure | None = None

    def __post_init__(self) -> None:
        problems = Problems()
        check_money(problems, self.currency, self.price_year)
        check_year(problems, "start", self.start)
        check_whole(problems, "life", self.life, 1, 200)
        _check_shares(problems, self.construction)
        names = [*(item.name for item in self.yearly), *(part.name for part in self.parts)]
        for name in dict.fromkeys(n for n in names if names.count(n) > 1 or not n.strip()):
            problems.add("appraise.doubled", Where(key="plan"), name=name or "–")
        for item in self.yearly:
            check_choice(problems, item.name, item.kind, YEARLY)
        for part in self.parts:
            check_whole(problems, f"{part.name}.life", part.life, 1, 200)
        for key, figure in _figures(self):
            _check_figure(problems, key, figure, self.currency, self.price_year, yearly=key in _yearly_keys(self))
            if key != "residual" and not (key.startswith("yearly.") and _may_be_negative(self, key)):
                check_number(problems, key, figure.value, 0.0)
        problems.raise_if_errors(InputError)

    @property
    def years(self) -> tuple[int, ...]:
        """Years from the start of construction to the last of operation ``(n,)``."""
        return tuple(range(self.start, self.start + len(self.construction) + self.life))

    @property
    def operating(self) -> tuple[int, ...]:
        """Years of operation."""
        return self.years[len(self.construction) :]

    def figures(self) -> dict[str, Figure]:
        """Return all figures by name: ``investment``, ``residual``, ``subsidy``, ``yearly.NAME``, ``parts.NAME``."""
        return dict(_figures(self))

    def with_values(self, values: Mapping[str, float]) -> Plan:
        """Return the plan with other values of some figures, each in its figure's own unit; ranges are dropped."""
        figures, problems = self.figures(), Problems()
        for name in values:
            if name not in figures:
                problems.add("appraise.no_figure", Where(key=name), known=list(figures))
        problems.raise_if_errors(InputError)
        new = {n: replace(f, value=float(values[n]), low=None, high=None) for n, f in figures.items() if n in values}
        return replace(
            self,
            investment=new.get("investment", self.investment), residual=new.get("residual", self.residual),
            subsidy=new.get("subsidy", self.subsidy),
            yearly=tuple(replace(y, amount=new.get(f"yearly.{y.name}", y.amount)) for y in self.yearly),
            parts=tuple(replace(p, cost=new.get(f"parts.{p.name}", p.cost)) for p in self.parts),
        )  # fmt: skip


def plan_cash_flow(plan: Plan) -> CashFlow:
    """Return the cash flow that a plan means.

    Parameters
    ----------
    plan
        The project.

    Returns
    -------
    CashFlow
        At the prices of the plan's price year, from the first year of construction to the last of operation.
    """
    years, building = plan.years, len(plan.construction)
    paid = np.zeros(len(years))
    paid[:building] = -_money(plan.investment, plan.currency) * np.array(plan.construction)
    lines = [Line("investment", paid, "investment")]
    for part in plan.parts:
        again = np.zeros(len(years))
        again[building + part.life - 1 : len(years) - 1 : part.life] = -_money(part.cost, plan.currency)
        lines.append(Line("investment", again, part.name))
    for item in plan.yearly:
        each = np.zeros(len(years))
        sign = -1 if item.kind in ("operation", "tax") else 1
        each[building:] = sign * _money(item.amount, plan.currency, yearly=True)
        lines.append(Line(item.kind, each, item.name))
    for kind, figure, position in (("residual", plan.residual, -1), ("subsidy", plan.subsidy, 0)):
        if figure is not None:
            once = np.zeros(len(years))
            once[position] = _money(figure, plan.currency)
            lines.append(Line(kind, once, kind))  # type: ignore[arg-type]
    return CashFlow(years, tuple(lines), plan.currency, plan.price_year)


def _money(figure: Figure, currency: str, yearly: bool = False) -> float:
    """Return a figure as money, or as money a year."""
    return figure.to(f"{currency}/a" if yearly else currency)


def _figures(plan: Plan) -> Iterator[tuple[str, Figure]]:
    yield "investment", plan.investment
    for name, figure in (("residual", plan.residual), ("subsidy", plan.subsidy)):
        if figure is not None:
            yield name, figure
    for item in plan.yearly:
        yield f"yearly.{item.name}", item.amount
    for part in plan.parts:
        yield f"parts.{part.name}", part.cost


def _yearly_keys(plan: Plan) -> set[str]:
    return {f"yearly.{item.name}" for item in plan.yearly}


def _may_be_negative(plan: Plan, key: str) -> bool:
    """Whether a yearly payment may have either sign: a saving that is a loss in a bad case."""
    return any(f"yearly.{item.name}" == key and item.kind not in SIGNS for item in plan.yearly)


def _check_shares(problems: Problems, shares: tuple[float, ...]) -> None:
    good = [check_number(problems, "construction", share, 0.0, 1.0) for share in shares]
    if not shares or (all(good) and abs(sum(shares) - 1) > 1e-9):
        problems.add("appraise.shares", Where(key="construction"), found=f"{sum(shares):g}")


def _check_figure(
    problems: Problems, key: str, figure: Figure, currency: str, price_year: PriceYear, yearly: bool
) -> None:
    """Add what is wrong with the unit and year of a cost."""
    wanted = f"{currency}/a" if yearly else currency
    found = currency_of(figure.unit)
    if not found:
        problems.add("appraise.no_currency", Where(key=key), unit=figure.unit)
    elif found != currency:
        problems.add("appraise.mixed_currencies", Where(key=key), found=[currency, found])
    elif not same_dimension(figure.unit, wanted):
        try:
            factor(figure.unit, wanted, Where(key=key))
        except UnitError as error:
            problems.extend(error.problems)
    if not figure.year:
        problems.add("appraise.figure_year", Where(key=key), value=figure.value, unit=figure.unit)
    elif figure.year != price_year:
        problems.add("appraise.mixed_price_years", Where(key=key), found=[str(price_year), str(figure.year)])
