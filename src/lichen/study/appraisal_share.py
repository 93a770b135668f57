"""What several exchanges pay for the plant that they share: by quantity, and by Shapley values of its cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lichen.appraise.coalition import EXACT, CoreCheck, Shares, core_check, saving_game, shapley
from lichen.study.appraisal_case import Shared
from lichen.study.appraisal_ways import years_of
from lichen.study.design import DesignResult

DRAWS = 2000
"""Orders that are drawn where more than twelve share a plant: the standard error is told."""


@dataclass(frozen=True)
class PlantShare:
    """What each exchange bears of a shared plant, as present value [currency].

    Parameters
    ----------
    plant, name
        Code and name.
    by_quantity
        Exchange → its part by quantity: of the investment, and operation of what it brings itself.
    alone
        Exchange → what the smallest plant that is large enough for it alone would cost.
    fair
        Shapley values of the cost.
    objections
        Whether a group would pay less alone than by quantity; of more than twelve only some groups are looked at.
    """

    plant: str
    name: str
    by_quantity: Mapping[str, float]
    alone: Mapping[str, float]
    fair: Shares
    objections: CoreCheck


def plant_share(found: DesignResult, shared: Shared, seed: int) -> PlantShare:
    """Return how the cost of a shared plant can be divided.

    Parameters
    ----------
    found
        The network.
    shared
        The plant.
    seed
        Of the orders that are drawn where more than twelve share it.
    """
    years = years_of(found)
    factors = found.money.discounting.factors(years)
    names = tuple(shared.intake)
    sizes = sorted(shared.plant.sizes, key=lambda s: s.investment)
    built = shared.plant.sizes[shared.size].investment
    paid = float(factors[shared.year - years[0]])
    running = {n: float(factors @ amount) * shared.plant.operation for n, amount in shared.intake.items()}

    def cost(members: frozenset[str]) -> float:
        if not members:
            return 0.0
        most = float(np.max(sum((shared.intake[n] for n in sorted(members)), np.zeros(len(years)))))
        enough = [s.investment for s in sizes if s.capacity >= most * (1 - 1e-9)]
        size = built if len(members) == len(names) or not enough else enough[0]
        return size * paid + sum(running[n] for n in sorted(members))

    draws = (None, None) if len(names) <= EXACT else (DRAWS, seed)
    quantity = {n: built * paid * share + running[n] for n, share in shared.shares.items()}
    alone = {n: cost(frozenset([n])) for n in names}
    saved = [alone[n] - quantity[n] for n in names]
    return PlantShare(
        shared.plant.id, shared.plant.name, quantity, alone, shapley(names, cost, *draws),
        core_check(names, saving_game(cost), saved, *draws),
    )  # fmt: skip
