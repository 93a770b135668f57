"""Several parties that share a plant: what each may claim (Shapley), and whether a group would do better alone (core).

A game says what each coalition of parties gains by itself: ``v(S)``, with ``v(∅) = 0``. The Shapley value of a party
is the mean of what it adds over all orders in which parties could join, ``φ_i = Σ_{S ∌ i} |S|! (n − |S| − 1)! / n! ·
(v(S ∪ i) − v(S))``. It divides up all of the gain, treats equals equally, and gives nothing to who adds nothing. It
need not lie in the core, even where there is one.

References
----------
Shapley, L. S. (1953) A value for n-person games. Contributions to the Theory of Games II, 307-317.
Castro, J., Gómez, D. & Tejada, J. (2009) Polynomial calculation of the Shapley value based on sampling. Computers &
Operations Research 36(5), 1726-1730. doi:10.1016/j.cor.2008.04.004
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
import numpy.typing as npt

from lichen.appraise._checks import check_number, check_whole
from lichen.errors import InputError, Problems, Where
from lichen.labelled import Array, Labels, as_labels

Game = Callable[[frozenset[str]], float]
"""What a coalition gains by itself [currency]."""
EXACT = 12
"""Parties up to which all coalitions are looked at: 4096."""


@dataclass(frozen=True, eq=False)
class Shares:
    """Shapley values.

    Parameters
    ----------
    parties
        n labels.
    values
        Share of each ``(n,)`` [currency]; they add up to the gain of all.
    errors
        Standard error of each ``(n,)`` [currency]; 0 where exact.
    draws
        Number of orders that were drawn; 0 where exact.
    """

    parties: Labels
    values: Array
    errors: Array
    draws: int

    @property
    def exact(self) -> bool:
        """Whether all coalitions were looked at."""
        return self.draws == 0

    def of(self, party: str) -> float:
        """Return the share of a party [currency]."""
        return float(self.values[self.parties.index(party)])


def shapley(parties: Sequence[str], game: Game, draws: int | None = None, seed: int | None = None) -> Shares:
    """Return the Shapley value of each party.

    Parameters
    ----------
    parties
        n labels.
    game
        Gain of a coalition; of the empty one it must be 0.
    draws, seed
        For more than 12 parties: number of random orders, 2 or more, and their seed.

    Raises
    ------
    InputError
        If the empty coalition gains something, a gain is not finite, or draws are needed and not given.
    """
    parties = as_labels(parties, "parties")
    value = _checked(parties, game)
    if len(parties) <= EXACT:
        shares = _exact(parties, value)
        return Shares(parties, _still(shares), _still(np.zeros(len(parties))), 0)
    problems = Problems()
    if draws is None or seed is None:
        problems.add("appraise.many_parties", Where(key="parties"), found=len(parties), allowed=EXACT)
    else:
        check_whole(problems, "draws", draws, 2, 10_000_000)
        check_whole(problems, "seed", seed, 0, 2**63 - 1)
    problems.raise_if_errors(InputError)
    assert draws is not None
    assert seed is not None
    added = _sampled(parties, value, draws, np.random.default_rng(seed))
    error = added.std(axis=0, ddof=1) / np.sqrt(draws)
    return Shares(parties, _still(added.mean(axis=0)), _still(error), draws)


@dataclass(frozen=True)
class Objection:
    """A coalition that gains more by itself than its members are given; ``excess`` says how much [currency]."""

    members: Labels
    excess: float


@dataclass(frozen=True)
class CoreCheck:
    """Whether an allocation is in the core.

    Parameters
    ----------
    objections
        Coalitions that would do better alone, the worst first.
    left_over
        Gain of all less what is given out [currency].
    looked_at
        Coalitions that were looked at.
    complete
        Whether these were all; if not, no objection only means that none was met with.
    """

    objections: tuple[Objection, ...]
    left_over: float
    looked_at: int
    complete: bool

    @property
    def in_core(self) -> bool | None:
        """Whether all is given out and nobody objects; ``None`` where not all coalitions were looked at."""
        if self.objections:
            return False
        return True if self.complete else None


def core_check(
    parties: Sequence[str], game: Game, given: Sequence[float] | Array, draws: int | None = None,
    seed: int | None = None,
) -> CoreCheck:  # fmt: skip
    """Return which coalitions would do better alone.

    Parameters
    ----------
    parties, game
        As in :func:`shapley`.
    given
        What each party is given ``(n,)`` [currency]; together the gain of all, or it is refused.
    draws, seed
        For more than 12 parties: number of random coalitions, and their seed.
    """
    parties = as_labels(parties, "parties")
    value, n = _checked(parties, game), len(parties)
    total, shares = value(frozenset(parties)), np.asarray(given, dtype=np.float64)
    problems = Problems()
    if not np.isfinite(shares).all():
        problems.add("appraise.not_numbers", Where(key="given"))
    if shares.shape != (n,):
        problems.add("appraise.shape", Where(key="given"), found=str(shares.shape), wanted=n)
    if n > EXACT and (draws is None or seed is None):
        problems.add("appraise.many_parties", Where(key="parties"), found=n, allowed=EXACT)
    problems.raise_if_errors(InputError)
    slack = 1e-9 * max(abs(total), float(np.abs(shares).sum()))
    left = total - float(shares.sum())
    if abs(left) > slack:
        problems.add("appraise.not_all_given", Where(key="given"), given=f"{shares.sum():.10g}", gain=f"{total:.10g}")
    problems.raise_if_errors(InputError)
    chosen = (
        _coalitions(n)[1:-1] if n <= EXACT else np.random.default_rng(seed).integers(0, 2, (int(draws or 0), n)) == 1
    )
    found: dict[Labels, Objection] = {}
    for row in chosen:
        members = tuple(p for p, inside in zip(parties, row, strict=True) if inside)
        excess = value(frozenset(members)) - float(shares[row].sum())
        if excess > slack:
            found[members] = Objection(members, excess)
    worst_first = sorted(found.values(), key=lambda o: (-o.excess, o.members))
    return CoreCheck(tuple(worst_first), left, len(chosen), n <= EXACT)


def saving_game(cost: Game) -> Game:
    """Return the game of what coalitions save by a common plant: the costs of each alone less the cost together.

    Parameters
    ----------
    cost
        Cost of a plant for a coalition [currency], as a cost above 0.
    """

    def saved(members: frozenset[str]) -> float:
        return sum(cost(frozenset([one])) for one in sorted(members)) - cost(members) if members else 0.0

    return saved


def _checked(parties: Labels, game: Game) -> Game:
    """Return the game with a memory, and each gain checked."""
    problems, known = Problems(), {}
    if not parties:
        problems.add("appraise.no_parties", Where(key="parties"))
    empty = game(frozenset())
    if check_number(problems, "game (–)", empty) and empty != 0:
        problems.add("appraise.empty_coalition", Where(key="game"), found=f"{empty:g}")
    problems.raise_if_errors(InputError)

    def value(members: frozenset[str]) -> float:
        if members not in known:
            gain, wrong = game(members), Problems()
            check_number(wrong, f"game ({', '.join(sorted(members)) or '–'})", gain)
            wrong.raise_if_errors(InputError)
            known[members] = float(gain)
        return known[members]

    return value


def _exact(parties: Labels, value: Game) -> Array:
    """Return Shapley values from all 2^n coalitions ``(n,)``."""
    n = len(parties)
    codes, inside = np.arange(2**n), _coalitions(n)
    gains = np.array([value(frozenset(p for p, one in zip(parties, row, strict=True) if one)) for row in inside])
    sizes = inside.sum(axis=1)
    weights = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)] + [0.0])
    shares = np.empty(n)
    for i in range(n):
        without = codes[~inside[:, i]]
        shares[i] = weights[sizes[without]] @ (gains[without | (1 << i)] - gains[without])
    return shares


def _coalitions(n: int) -> npt.NDArray[np.bool_]:
    """Return all coalitions, row by row, who is inside ``(2^n, n)``; the number of the row has these bits."""
    return np.asarray(((np.arange(2**n)[:, None] >> np.arange(n)) & 1) == 1)


def _sampled(parties: Labels, value: Game, draws: int, rng: np.random.Generator) -> Array:
    """Return what each party adds in random orders ``(draws, n)``."""
    added = np.empty((draws, len(parties)))
    for d in range(draws):
        members: frozenset[str] = frozenset()
        before = 0.0
        for i in rng.permutation(len(parties)):
            members |= {parties[i]}
            after = value(members)
            added[d, i] = after - before
            before = after
    return added


def _still(array: Array) -> Array:
    array.flags.writeable = False
    return array
