"""Cash flows for tests of appraisal."""

from lichen.appraise import CashFlow, Discounting, Line
from lichen.figures import Figure


def flow(amounts, start=2020, currency="CNY", price_year=2020, kind="revenue"):
    """Return a cash flow of one line, of a kind that may have either sign."""
    return CashFlow(tuple(range(start, start + len(amounts))), (Line(kind, amounts),), currency, price_year)


def lines(start=2020, price_year=2020, currency="CNY", **by_kind):
    """Return a cash flow with one line a kind."""
    n = len(next(iter(by_kind.values())))
    rows = tuple(Line(kind, amounts) for kind, amounts in by_kind.items())
    return CashFlow(tuple(range(start, start + n)), rows, currency, price_year)


def at(rate, base_year=2020, timing="end", basis="real"):
    return Discounting(rate, basis, base_year, timing)


def figure(value, unit="CNY", low=None, high=None, year=2020, **more):
    return Figure(value, unit, "assumed", "test", low, high, year, **more)


def codes(error):
    """Return the codes of all problems of a caught error."""
    return [problem.code.removeprefix("appraise.") for problem in error.value.problems]
