"""Assessment of scenarios against their reference: in total, by sector, by exchange; each tonne once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lichen.economy.accounts import Economy
from lichen.errors import Problems
from lichen.labelled import Array
from lichen.scenario.changes import Changes, Outcome, add, solve
from lichen.scenario.check import check_book
from lichen.scenario.effects import (
    Draw,
    Effect,
    Payment,
    Purchase,
    Resource,
    SiteFlow,
    central,
    new_share,
    unit_effects,
)
from lichen.scenario.exchange import OWN, Exchange, ExchangeBook
from lichen.scenario.exchanges import (
    Quantities,
    check_names,
    check_possible,
    check_quantities,
    effects_changes,
    require,
)
from lichen.scenario.intervention import Intervention, check_interventions, intervention_changes
from lichen.units import factor


@dataclass(frozen=True, eq=False)
class Scenario:
    """What happens: which quantities flow, and which interventions apply.

    Parameters
    ----------
    id
        Name.
    quantities
        Exchange id → quantity a year [t/a or GJ/a]; exchanges that are not named do not happen.
    interventions
        General interventions.
    """

    id: str
    quantities: Mapping[str, float]
    interventions: tuple[Intervention, ...] = ()


@dataclass(frozen=True, eq=False)
class Base:
    """An economy as its table shows it, with the exchanges that were already part of it.

    Parameters
    ----------
    economy
        Table and satellite accounts.
    book
        Exchanges, products, limits.
    observed
        Quantities that flowed when the table was made: they are in its numbers already.
    """

    economy: Economy
    book: ExchangeBook
    observed: Quantities


@dataclass(frozen=True)
class ExchangeResult:
    """What one exchange does between reference and scenario.

    Parameters
    ----------
    id, amount
        The exchange and its change of quantity a year [t/a or GJ/a].
    saved
        Product id → amount no longer needed [unit/a]: R = S·M, and the inputs of products made on site.
    needed
        Product id → amount needed in addition [unit/a].
    waste_avoided
        W: the additional part of M, which would have gone to waste [t/a or GJ/a].
    onsite
        Change of flows at the receiver, by account [unit/a].
    upstream
        Change along the supply chains, by account [unit/a].
    donor_money, receiver_money, supplier_money
        Gain of the two parties and change of sales of suppliers [money/a, in the table's unit]; the payment between the
        parties is in both.
    credit
        Change of the study's account booked to donor and receiver; they add up to ``onsite + upstream``.
    """

    id: str
    amount: float
    saved: Mapping[str, float]
    needed: Mapping[str, float]
    waste_avoided: float
    onsite: Mapping[str, float]
    upstream: Mapping[str, float]
    donor_money: float
    receiver_money: float
    supplier_money: float
    credit: Mapping[str, float]

    def total(self, account: str) -> float:
        """Return on-site and upstream change of an account together [unit/a]."""
        return self.onsite[account] + self.upstream[account]


@dataclass(frozen=True, eq=False)
class Assessment:
    """A scenario against its reference.

    Parameters
    ----------
    scenario, reference
        Their ids.
    before, after
        Outcomes of reference and scenario.
    exchanges
        Result of each exchange whose quantity differs, taken alone from the reference.
    interaction
        Account → what the exchanges (and interventions) do together beyond the sum of each alone [unit/a].
    """

    scenario: str
    reference: str
    before: Outcome
    after: Outcome
    exchanges: tuple[ExchangeResult, ...]
    interaction: Mapping[str, float]

    def change(self, account: str) -> float:
        """Return the change of an account's total, direct flows of final users included [unit/a]."""
        return self.after.accounts.total(account) - self.before.accounts.total(account)

    def relative_change(self, account: str) -> float:
        """Return the change as a share of the reference's total [1]; NaN where that is zero."""
        total = self.before.accounts.total(account)
        return self.change(account) / total if total else float("nan")


def scenario_changes(base: Base, scenario: Scenario, draw: Draw = central, payments: bool = True) -> Changes:
    """Return what a scenario changes in the base economy; quantities count against what flowed already.

    Parameters
    ----------
    base, scenario
        The economy with what it holds already, and what is to be.
    draw
        Gives each figure its value.
    payments
        Whether payments between the parties, negative inputs of the donor, are part of it.
    """
    parts = [Changes.none(base.economy)]
    for exchange in base.book.included():
        amount = scenario.quantities.get(exchange.id, 0.0) - base.observed.get(exchange.id, 0.0)
        if amount:
            effects = [e for e in unit_effects(exchange, base.book, draw) if payments or not isinstance(e, Payment)]
            parts.append(effects_changes(base.economy, exchange, effects, amount))
    parts.extend(intervention_changes(base.economy, i, draw) for i in scenario.interventions)
    return add(*parts)


def check_scenario(base: Base, scenario: Scenario) -> Problems:
    """Return every reason why a scenario cannot happen: limits, supply, purchases and flows below zero."""
    problems = check_quantities(base.book, scenario.quantities)
    problems.extend(check_names(base.book, base.observed))
    if problems.ok:
        problems.extend(check_possible(base.economy, scenario_changes(base, scenario, payments=False)))
    return problems


def _require_sound(base: Base, scenarios: Sequence[Scenario]) -> None:
    economy = base.economy
    require(check_book(base.book, economy.table.sectors, economy.satellites.accounts, economy.table.unit))
    for scenario in scenarios:
        require(check_interventions(scenario.interventions, economy))
        require(check_scenario(base, scenario))


def outcome(base: Base, scenario: Scenario) -> Outcome:
    """Return the economy under a scenario.

    Raises
    ------
    ScenarioError
        With every exchange that gives or takes more than there is.
    EconomyError
        If the changed table cannot be solved.
    """
    _require_sound(base, [scenario])
    return solve(base.economy, scenario_changes(base, scenario))


def assess(base: Base, scenario: Scenario, reference: Scenario, draw: Draw = central) -> Assessment:
    """Return the assessment of ``scenario`` against ``reference`` on the same base economy.

    Raises
    ------
    ScenarioError
        If one of the two cannot happen.
    """
    _require_sound(base, [reference, scenario])
    start = scenario_changes(base, reference, draw)
    before, after = solve(base.economy, start), solve(base.economy, scenario_changes(base, scenario, draw))
    results = []
    for exchange in base.book.included():
        amount = scenario.quantities.get(exchange.id, 0.0) - reference.quantities.get(exchange.id, 0.0)
        if amount:
            results.append(_alone(base, exchange, amount, start, before, draw))
    accounts = tuple(before.accounts.labels)
    interaction = {
        name: after.accounts.total(name) - before.accounts.total(name) - sum(r.total(name) for r in results)
        for name in accounts
    }
    return Assessment(scenario.id, reference.id, before, after, tuple(results), interaction)


def _alone(
    base: Base, exchange: Exchange, amount: float, start: Changes, before: Outcome, draw: Draw
) -> ExchangeResult:
    """Return what one exchange does when it alone is added to the reference."""
    effects = unit_effects(exchange, base.book, draw)
    own = effects_changes(base.economy, exchange, effects, amount)
    after = solve(base.economy, add(start, own))
    names = before.accounts.labels
    total = {name: after.accounts.total(name) - before.accounts.total(name) for name in names}
    onsite = {name: float(own.satellites[i].sum() + own.direct[i]) for i, name in enumerate(names)}
    donor, receiver, supplier = _money(effects, amount, base.economy.table.unit)
    resources = [e for e in effects if isinstance(e, Resource)]
    parts = zip(names, base.economy.satellites.accounts, strict=True)
    booked = sum(total[name] for name, account in parts if account == base.book.account)
    to_donor = {"donor": 1.0, "receiver": 0.0, "shared": 0.5}[exchange.credit]
    return ExchangeResult(
        id=exchange.id, amount=amount,
        saved=_added([(e.product, -e.amount * amount) for e in resources if e.cause != "needed"]),
        needed=_added([(e.product, e.amount * amount) for e in resources if e.cause == "needed"]),
        waste_avoided=amount * new_share(exchange, draw), onsite=onsite,
        upstream={name: total[name] - onsite[name] for name in names},
        donor_money=donor, receiver_money=receiver, supplier_money=supplier,
        credit={"donor": booked * to_donor, "receiver": booked * (1 - to_donor)},
    )  # fmt: skip


def _added(pairs: Sequence[tuple[str, float]]) -> dict[str, float]:
    result: dict[str, float] = {}
    for name, amount in pairs:
        result[name] = result.get(name, 0.0) + amount
    return result


def _money(effects: Sequence[Effect], amount: float, unit: str) -> tuple[float, float, float]:
    """Return the gains of donor and receiver and the change of suppliers' sales, in the table's unit a year."""
    donor = receiver = supplier = 0.0
    for effect in effects:
        match effect:
            case Purchase():
                money = effect.money * amount * factor(effect.currency, unit)
                supplier += 0.0 if effect.supplier == OWN else money
                if effect.buyer == "donor":
                    donor -= money
                else:
                    receiver -= money
            case Payment():
                money = effect.money * amount * factor(effect.currency, unit)
                donor += money
                receiver -= money
            case SiteFlow() | Resource():
                pass
    return donor, receiver, supplier


def winners_and_losers(assessment: Assessment, what: str = "value_added") -> Array:
    """Return the change of the value added that a sector keeps, or of an account's consumption footprint ``(n,)``."""
    if what == "value_added":
        return np.asarray(assessment.after.value_kept - assessment.before.value_kept)
    row = assessment.after.accounts.row(what)
    return np.asarray(assessment.after.accounts.consumption[row] - assessment.before.accounts.consumption[row])
