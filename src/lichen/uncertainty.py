"""Uncertainty of scenarios' results: figures are drawn from their ranges, the scenarios are solved again.

Each figure with a range follows a triangular distribution whose 5 % and 95 % points are ``low`` and ``high`` and whose
mode is the value; a figure without a range is fixed. A range on one side of zero says the sign: nothing is drawn beyond
zero. Figures that vary with one another (``varies_with``) share one draw. Draws are Latin hypercube samples, so a seed
gives the same result, and all scenarios see the same draws. Tables and satellite accounts are taken as given; their
uncertainty is named in the report, not quantified.

References
----------
McKay, M. D., Beckman, R. J. & Conover, W. J. (1979) Technometrics 21(2), 239-245. doi:10.2307/1268522
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from lichen.economy.leontief import Inverted
from lichen.figures import Figure
from lichen.labelled import Array
from lichen.scenario.assess import Base, Scenario
from lichen.scenario.changes import Changes, add, total_after
from lichen.scenario.effects import Draw
from lichen.scenario.exchanges import Quantities, exchange_changes, quantity
from lichen.scenario.intervention import intervention_changes


@dataclass(frozen=True, eq=False)
class Spread:
    """Sampled results.

    Parameters
    ----------
    samples
        One value a draw ``(draws,)``.
    seed
        Seed of the draws.
    """

    samples: Array
    seed: int

    def quantile(self, q: float) -> float:
        """Return the q-quantile, 0 ≤ q ≤ 1."""
        return float(np.quantile(self.samples, q))


def figures_of(value: Any) -> Iterator[Figure]:
    """Yield every figure inside a value, once each."""
    seen: set[int] = set()
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Figure):
            if id(item) not in seen:
                seen.add(id(item))
                yield item
        elif isinstance(item, tuple | list):
            stack.extend(reversed(item))
        elif is_dataclass(item):
            stack.extend(getattr(item, f.name) for f in reversed(fields(item)))


def triangular(low: float, mode: float, high: float) -> Callable[[Array], Array]:
    """Return the quantile function of the triangular distribution with these 5 % and 95 % points.

    The ends ``a < low`` and ``b > high`` are found so that the mass below ``low`` and above ``high`` is 5 % each:
    with ``p = mode − a``, ``q = b − mode``, ``w = p + q`` the conditions are ``(p − l)² = 0.05 w p`` and
    ``(q − h)² = 0.05 w q`` where ``l = mode − low``, ``h = high − mode``; solved by iteration. Where the mode is one of
    the two points, 5 % beyond it cannot be had, and the distribution ends there.
    """
    left, right = mode - low, high - mode
    p, q = left, right
    for _ in range(200):
        width = p + q
        p = left + np.sqrt(0.05 * width * p) if left else 0.0
        q = right + np.sqrt(0.05 * width * q) if right else 0.0
    if p + q == 0:
        return lambda u: np.full_like(u, mode)
    peak = p / (p + q)

    def quantile(u: Array) -> Array:
        below = mode - p + np.sqrt(u * (p + q) * p)
        above = mode + q - np.sqrt((1 - u) * (p + q) * q)
        return np.asarray(np.where(u < peak, below, above))

    return quantile


def draw_figures(figures: Sequence[Figure], draws: int, seed: int) -> Array:
    """Return one row of values a draw ``(draws, len(figures))``, each in its figure's own unit."""
    values = np.empty((draws, len(figures)))
    groups = list(dict.fromkeys(f.varies_with or str(id(f)) for f in figures))
    if not figures:
        return values
    from scipy.stats import qmc  # takes most of a second to load, which only who draws shall wait for

    uniform = qmc.LatinHypercube(len(groups), rng=np.random.default_rng(seed)).random(draws)
    for i, figure in enumerate(figures):
        assert figure.low is not None
        assert figure.high is not None
        drawn = uniform[:, groups.index(figure.varies_with or str(id(figure)))]
        values[:, i] = triangular(figure.low, figure.value, figure.high)(drawn)
        if figure.low >= 0 or figure.high <= 0:
            values[:, i] = np.maximum(values[:, i], 0.0) if figure.low >= 0 else np.minimum(values[:, i], 0.0)
    return values


def sample_changes(
    base: Base, pairs: Mapping[str, tuple[Scenario, Scenario]], account: str, draws: int = 500, seed: int = 0,
    progress: Callable[[int], None] = lambda done: None, quantities: Mapping[str, Mapping[str, Figure]] | None = None,
) -> dict[str, Spread]:  # fmt: skip
    """Return samples of the change of an account between scenarios and their references [unit/a].

    Parameters
    ----------
    base
        Economy and exchanges; the deterministic run has been checked.
    pairs
        Name → (scenario, reference).
    account
        Satellite account.
    draws, seed
        Number of draws and seed.
    progress
        Called with the number of draws done, after each.
    quantities
        Scenario id → exchange id → the figure its quantity comes from, and under an empty id those of
        ``base.observed``: these are drawn too. Quantities without a figure are fixed.
    """
    book = base.book
    given = quantities or {}
    acting = {i.id: i for s in _scenarios(pairs) for i in s.interventions}
    amounts = tuple(figure for each in given.values() for figure in each.values())
    used = [f for f in figures_of((*book.included(), *book.products, *acting.values(), *amounts)) if _uncertain(f)]
    values = draw_figures(used, draws, seed)
    column = {id(f): i for i, f in enumerate(used)}
    samples = {name: np.empty(draws) for name in pairs}
    system = Inverted(base.economy.leontief)
    for d in range(draws):
        draw = _draw_of(column, values[d])
        units = _unit_changes(base, draw)
        acts = {name: intervention_changes(base.economy, i, draw) for name, i in acting.items()}
        observed = _drawn(base, base.observed, given.get("", {}), draw)
        totals = {}
        for s in _scenarios(pairs):
            parts = [acts[i.id] for i in s.interventions]
            wanted = _drawn(base, s.quantities, given.get(s.id, {}), draw)
            parts += [unit * more for e, unit in units.items() if (more := wanted.get(e, 0.0) - observed.get(e, 0.0))]
            changes = add(*parts) if parts else Changes.none(base.economy)
            totals[s.id] = total_after(base.economy, changes, account, system)
        for name, (scenario, reference) in pairs.items():
            samples[name][d] = totals[scenario.id] - totals[reference.id]
        progress(d + 1)
    for array in samples.values():
        array.flags.writeable = False
    return {name: Spread(array, seed) for name, array in samples.items()}


def _scenarios(pairs: Mapping[str, tuple[Scenario, Scenario]]) -> list[Scenario]:
    return list({s.id: s for pair in pairs.values() for s in pair}.values())


def _draw_of(column: Mapping[int, int], row: Array) -> Draw:
    def draw(figure: Figure) -> float:
        i = column.get(id(figure))
        return figure.value if i is None else float(row[i])

    return draw


def _unit_changes(base: Base, draw: Draw) -> dict[str, Changes]:
    """Return what one unit of each exchange changes: effects are proportional to the quantity."""
    return {e.id: exchange_changes(base.economy, base.book, e, 1.0, draw) for e in base.book.included()}


def _drawn(base: Base, fixed: Quantities, figures: Mapping[str, Figure], draw: Draw) -> dict[str, float]:
    """Return quantities with those that come from figures drawn anew [t/a or GJ/a]."""
    by_id = {e.id: e for e in base.book.included()}
    return {**fixed, **{name: quantity(by_id[name], f, draw) for name, f in figures.items() if name in by_id}}


def _uncertain(figure: Figure) -> bool:
    return figure.low is not None and figure.high is not None and figure.high > figure.low
