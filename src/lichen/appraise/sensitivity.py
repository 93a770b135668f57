"""What a result depends on: tornado, break-even values, grids of two inputs, and draws from all ranges.

A model is any function of named values, each in the unit of its figure, that returns one number: NPV as a rule, since
it always exists. Figures that vary with one another (``varies_with``) have one cause and move together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from lichen.appraise._checks import check_number, check_whole
from lichen.errors import InputError, Problems, Where
from lichen.figures import Figure
from lichen.labelled import Array
from lichen.uncertainty import triangular

Model = Callable[[Mapping[str, float]], float]
Figures = Mapping[str, Figure]


@dataclass(frozen=True)
class Bar:
    """One bar of a tornado.

    Parameters
    ----------
    names
        The figure, or the figures that vary with one another.
    at_low, at_high
        Result with them at the low and at the high end of their ranges, all others at their values.
    base
        Result with all at their values.
    """

    names: tuple[str, ...]
    at_low: float
    at_high: float
    base: float

    @property
    def swing(self) -> float:
        """From the lowest to the highest of the three results."""
        three = (self.at_low, self.at_high, self.base)
        return max(three) - min(three)

    @property
    def turns(self) -> bool:
        """Whether the base lies outside both ends: the result turns inside the range, and the bar may hide more."""
        return not min(self.at_low, self.at_high) <= self.base <= max(self.at_low, self.at_high)


@dataclass(frozen=True)
class Tornado:
    """Bars from the widest to the narrowest, and the figures that have no range and so no bar."""

    base: float
    bars: tuple[Bar, ...]
    without_range: tuple[str, ...]


def tornado(model: Model, figures: Figures) -> Tornado:
    """Return what the range of each figure does to the result, one at a time.

    Parameters
    ----------
    model
        Function of named values.
    figures
        Inputs by name.
    """
    base = {name: figure.value for name, figure in figures.items()}
    middle = _result(model, base, "base")
    bars = []
    for names in _groups(figures):
        low = {n: _low(figures[n]) for n in names}
        high = {n: _high(figures[n]) for n in names}
        ends = [_result(model, {**base, **end}, ", ".join(names)) for end in (low, high)]
        bars.append(Bar(names, ends[0], ends[1], middle))
    fixed = tuple(name for name, figure in figures.items() if not _has_range(figure))
    return Tornado(middle, tuple(sorted(bars, key=lambda bar: (-bar.swing, bar.names))), fixed)


@dataclass(frozen=True)
class BreakEven:
    """Values of one input at which the result meets a target.

    Parameters
    ----------
    name
        The input.
    values
        All that were found, rising [unit of the figure]; empty: none in the range that was searched.
    low, high
        Range that was searched [unit of the figure].
    """

    name: str
    values: tuple[float, ...]
    low: float
    high: float


def break_even(
    model: Model, figures: Figures, name: str, low: float | None = None, high: float | None = None,
    target: float = 0.0, steps: int = 200,
) -> BreakEven:  # fmt: skip
    """Return the values of one input at which the result meets the target, all others at their values.

    The range is cut into equal steps; where the result crosses the target within a step, the crossing is found. Two
    crossings within one step are missed.

    Parameters
    ----------
    model, figures
        Function of named values, and its inputs.
    name
        The input that is changed.
    low, high
        Range to search [unit of the figure]; the figure's own unless given.
    target
        Result to meet.
    steps
        Number of steps.
    """
    low, high = _search_range(figures, name, low, high, steps)
    base = {n: figure.value for n, figure in figures.items()}

    def gap(value: float) -> float:
        return _result(model, {**base, name: float(value)}, name) - target

    points = np.linspace(low, high, steps + 1)
    gaps = [gap(point) for point in points]
    found = [float(p) for p, g in zip(points, gaps, strict=True) if g == 0]
    crossed = [i for i in range(steps) if np.sign(gaps[i]) * np.sign(gaps[i + 1]) < 0]
    found += [float(brentq(gap, points[i], points[i + 1], xtol=1e-300, rtol=1e-14, maxiter=300)) for i in crossed]
    return BreakEven(name, tuple(sorted(found)), low, high)


def two_way(
    model: Model, figures: Figures, rows: tuple[str, Sequence[float]], columns: tuple[str, Sequence[float]]
) -> Array:
    """Return the result for every pair of values of two inputs ``(n_rows, n_columns)``, all others at their values.

    Parameters
    ----------
    model, figures
        Function of named values, and its inputs.
    rows, columns
        Name of an input and its values [unit of the figure].
    """
    problems = Problems()
    for name, values in (rows, columns):
        _check_name(problems, figures, name)
        for value in values:
            check_number(problems, name, value)
    if rows[0] == columns[0]:
        problems.add("appraise.doubled", Where(key="two_way"), name=rows[0])
    problems.raise_if_errors(InputError)
    base = {n: figure.value for n, figure in figures.items()}
    where = f"{rows[0]}, {columns[0]}"
    pairs = ({rows[0]: float(a), columns[0]: float(b)} for a in rows[1] for b in columns[1])
    cells = [_result(model, {**base, **pair}, where) for pair in pairs]
    grid = np.array(cells, dtype=np.float64).reshape(len(rows[1]), len(columns[1]))
    grid.flags.writeable = False
    return grid


@dataclass(frozen=True, eq=False)
class Sampled:
    """Results of draws from all ranges.

    Parameters
    ----------
    results
        One a draw ``(draws,)``.
    inputs
        What was drawn, by name, each ``(draws,)`` [unit of the figure].
    seed
        Seed of the draws.
    """

    results: Array
    inputs: Mapping[str, Array]
    seed: int

    def quantile(self, q: float) -> float:
        """Return the q-quantile, 0 ≤ q ≤ 1."""
        return float(np.quantile(self.results, q))

    def chance_above(self, limit: float = 0.0) -> float:
        """Return the share of draws with a result above ``limit`` [1]."""
        return float(np.mean(self.results > limit))

    def rank_correlations(self) -> dict[str, float]:
        """Return Spearman's rank correlation of each input with the result [1], largest in size first."""
        if np.ptp(self.results) == 0:
            return dict.fromkeys(self.inputs, 0.0)
        from scipy.stats import rankdata

        ranks = rankdata(self.results)
        found = {n: float(np.corrcoef(rankdata(v), ranks)[0, 1]) for n, v in self.inputs.items()}
        return dict(sorted(found.items(), key=lambda item: -abs(item[1])))


def sample(model: Model, figures: Figures, draws: int, seed: int) -> Sampled:
    """Return results of the model for draws from the ranges of its inputs; inputs without a range are fixed.

    Distributions are those of :mod:`lichen.uncertainty`: triangular, with the value as mode and ``low`` and ``high``
    as 5 % and 95 % points, nothing beyond zero where a range lies on one side of it; a Latin hypercube, one column a
    group.

    Parameters
    ----------
    model, figures
        Function of named values, and its inputs.
    draws, seed
        Number of draws and seed; the same seed gives the same draws.
    """
    problems = Problems()
    check_whole(problems, "draws", draws, 1, 10_000_000)
    check_whole(problems, "seed", seed, 0, 2**63 - 1)
    problems.raise_if_errors(InputError)
    inputs: dict[str, Array] = {}
    groups = _groups(figures)
    from scipy.stats import qmc  # takes most of a second to load, which only who draws shall wait for

    uniform = qmc.LatinHypercube(len(groups), rng=np.random.default_rng(seed)).random(draws) if groups else None
    for i, names in enumerate(groups):
        assert uniform is not None
        for name in names:
            inputs[name] = _drawn(figures[name], uniform[:, i])
    base = {name: figure.value for name, figure in figures.items()}
    results = np.empty(draws)
    for d in range(draws):
        values = {**base, **{name: float(drawn[d]) for name, drawn in inputs.items()}}
        results[d] = _result(model, values, f"draw {d + 1}")
    for array in (results, *inputs.values()):
        array.flags.writeable = False
    return Sampled(results, inputs, seed)


def _drawn(figure: Figure, uniform: Array) -> Array:
    """Return values of a figure at points of its distribution ``(draws,)``."""
    low, high = _low(figure), _high(figure)
    values = triangular(low, figure.value, high)(uniform)
    return np.maximum(values, 0.0) if low >= 0 else np.minimum(values, 0.0) if high <= 0 else values


def _low(figure: Figure) -> float:
    return figure.value if figure.low is None else figure.low


def _high(figure: Figure) -> float:
    return figure.value if figure.high is None else figure.high


def _has_range(figure: Figure) -> bool:
    return _high(figure) > _low(figure)


def _groups(figures: Figures) -> list[tuple[str, ...]]:
    """Return names of figures with a range, those that vary with one another together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, figure in figures.items():
        if _has_range(figure):
            key = ("group", figure.varies_with) if figure.varies_with else ("name", name)
            groups.setdefault(key, []).append(name)
    return [tuple(names) for names in groups.values()]


def _result(model: Model, values: Mapping[str, float], where: str) -> float:
    """Return the result of the model; what is no finite number is refused."""
    result = model(values)
    problems = Problems()
    check_number(problems, f"result ({where})", result, -1e300, 1e300)
    problems.raise_if_errors(InputError)
    return float(result)


def _check_name(problems: Problems, figures: Figures, name: str) -> None:
    if name not in figures:
        problems.add("appraise.no_figure", Where(key=name), known=list(figures))


def _search_range(
    figures: Figures, name: str, low: float | None, high: float | None, steps: int
) -> tuple[float, float]:
    problems = Problems()
    _check_name(problems, figures, name)
    check_whole(problems, "steps", steps, 1, 1_000_000)
    problems.raise_if_errors(InputError)
    figure = figures[name]
    low, high = figure.low if low is None else low, figure.high if high is None else high
    if low is None or high is None:
        problems.add("appraise.no_range", Where(key=name))
    elif (
        all([check_number(problems, f"{name}.low", low), check_number(problems, f"{name}.high", high)]) and low >= high
    ):
        problems.add("appraise.range", Where(key=name), low=low, high=high)
    problems.raise_if_errors(InputError)
    assert low is not None
    assert high is not None
    return float(low), float(high)
