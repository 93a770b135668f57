"""Identities that hold for any economy, any exchange and any intervention."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.economy.accounts import Economy
from lichen.economy.leontief import Inverted
from lichen.economy.table import Satellites, Table
from lichen.economy.treatment import domestic
from lichen.figures import Figure, Text
from lichen.scenario.assess import Base, Scenario, assess, scenario_changes
from lichen.scenario.changes import Changes, add, solve, total_after
from lichen.scenario.exchange import (
    Disposal,
    Exchange,
    ExchangeBook,
    Input,
    Need,
    OnSite,
    Product,
    Replacement,
    Transport,
)
from lichen.scenario.exchanges import exchange_changes
from lichen.scenario.intervention import CellChange, Intervention, intervention_changes
from lichen.testing import assert_balanced

RELAXED = settings(deadline=None, max_examples=60)
SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(2, 24)
TREATMENTS = st.booleans()


def figure(value: float, unit: str) -> Figure:
    return Figure(float(value), unit, "assumed", "s")


def economy_of(seed: int, n: int, home_only: bool) -> Economy:
    rng = np.random.default_rng(seed)
    A = rng.random((n, n)) + 0.05
    A *= rng.uniform(0.2, 0.8, n) / A.sum(axis=0)
    homes, exports, m = rng.uniform(100, 1000, n), rng.uniform(0, 300, n), rng.random(n) * 0.5
    x = np.linalg.solve(np.eye(n) - (1 - m)[:, None] * A, (1 - m) * homes + exports)
    Z = A * x
    F = np.column_stack([homes, exports, -m * (Z.sum(axis=1) + homes)])
    table = Table(tuple(f"s{i}" for i in range(n)), Z, F, ("homes", "exports", "imports"), ("consumption", "export", "import"),
                  (x - Z.sum(axis=0))[None, :], ("v",), x, unit="CNY")  # fmt: skip
    satellites = Satellites(("CO2", "water"), ("", ""), ("t CO2", "m3"), table.sectors, rng.uniform(10, 100, (2, n)),
                            ("homes",), rng.uniform(10, 100, (2, 1)))  # fmt: skip
    return Economy(domestic(table) if home_only else table, satellites)


def book_of(seed: int, n: int) -> ExchangeBook:
    """Return three exchanges between any parties, the city among them; unit quantities move little."""
    rng = np.random.default_rng(seed + 1)

    def sector() -> str:
        return f"s{rng.integers(n)}"

    products = (
        Product("bought", "t", supplier=sector(), price=figure(rng.uniform(0.1, 2), "CNY/t"), onsite=(OnSite("CO2", figure(rng.random(), "tCO2/t")),)),
        Product("made", "kWh", made_by="receiver", input=(Input("bought", figure(rng.random(), "t/kWh")),),
                onsite=(OnSite("water", figure(rng.random(), "m3/kWh")),)),
    )  # fmt: skip
    exchanges = []
    for i in range(3):
        donor, receiver = [(sector(), sector()), ("city", sector()), (sector(), "city")][rng.integers(3)]
        exchanges.append(Exchange(
            f"e{i}", Text("e"), Text("e"), donor, receiver, figure(1, "t/a"), price=figure(rng.normal(), "CNY/t"),
            additionality=figure(rng.random(), "1"), credit=("donor", "receiver", "shared")[i], disposal=Disposal(sector(), figure(rng.random(), "CNY/t")),
            replaces=(Replacement("made", figure(rng.random(), "kWh/t")),), own_carbon=figure(rng.random(), "tCO2/t"),
            needs=(Need("bought", figure(rng.random(), "t/t"), ("donor", "receiver")[i % 2]),),
            transport=Transport(figure(10, "km"), figure(rng.random() / 10, "CNY/tkm"), sector()),
        ))  # fmt: skip
    return ExchangeBook(tuple(exchanges), products)


def some_intervention(seed: int, n: int) -> Intervention:
    rng = np.random.default_rng(seed + 2)
    cells = [
        CellChange("intermediate", (f"s{rng.integers(n)}",), ("*",), figure(-rng.random() / 5, "1"), figure(rng.random(), "1")),
        CellChange("final_demand", ("*",), ("homes",), figure(-rng.random() / 10, "1"), figure(rng.random(), "1")),
        CellChange("intensity", ("CO2",), ("*",), figure(rng.normal() / 5, "1"), figure(rng.random(), "1")),
    ]  # fmt: skip
    return Intervention("i", "rebound", tuple(cells), rebound=figure(rng.random(), "1"))


def scenarios_of(seed: int, n: int, with_intervention: bool = True) -> tuple[Scenario, Scenario, Scenario]:
    rng = np.random.default_rng(seed + 3)
    made = [Scenario(str(k), {f"e{i}": float(rng.uniform(0, 0.5)) for i in range(3)}) for k in range(3)]
    if with_intervention:
        made[0] = Scenario("0", made[0].quantities, (some_intervention(seed, n),))
    return tuple(made)


@RELAXED
@given(SEEDS, SIZES, TREATMENTS)
def test_a_low_rank_scenario_is_a_new_balanced_economy(seed, n, home_only):
    economy = economy_of(seed, n, home_only)
    base = Base(economy, book_of(seed, n), {})
    changes = scenario_changes(base, scenarios_of(seed, n)[0])
    outcome, table = solve(economy, changes), economy.table
    at = list(changes.columns)
    Z, M = (
        table.intermediate.copy(),
        np.zeros((n, n)) if table.imported_intermediate is None else table.imported_intermediate.copy(),
    )
    Z[:, at] += changes.intermediate
    M[:, at] += changes.imported
    F = table.final_demand + changes.final
    x = np.linalg.inv(np.eye(n) - Z / table.output) @ F.sum(axis=1)
    grown = x / table.output
    new = Table(table.sectors, Z * grown, F, table.final_labels, table.final_roles, (x - (Z + M).sum(axis=0) * grown)[None, :], ("v",),
                x, unit="CNY", imported_intermediate=M * grown, treatment=table.treatment)  # fmt: skip
    assert_balanced(new, 1e-11)
    accounts = Economy(new, Satellites(("CO2", "water"), ("", ""), ("t CO2", "m3"), table.sectors,
                                       (economy.satellites.values + changes.satellites) * grown)).accounts()  # fmt: skip
    for name in ("output", "intensities", "multipliers", "production", "consumption", "by_category"):
        np.testing.assert_allclose(getattr(outcome.accounts, name), getattr(accounts, name), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(outcome.value_added, new.value_added[0], rtol=1e-8, atol=1e-8)
    imports = (M * grown).sum()
    np.testing.assert_allclose(outcome.value_added.sum() + imports, outcome.final.sum(), rtol=1e-9)


@RELAXED
@given(SEEDS, SIZES, TREATMENTS)
def test_totals_of_all_accounts_agree(seed, n, home_only):
    economy = economy_of(seed, n, home_only)
    base = Base(economy, book_of(seed, n), {})
    changes = scenario_changes(base, scenarios_of(seed, n)[0])
    accounts = solve(economy, changes).accounts
    np.testing.assert_allclose(accounts.consumption.sum(axis=1), accounts.production.sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(accounts.by_category.sum(axis=1), accounts.production.sum(axis=1), rtol=1e-9)
    for account in ("CO2", "water"):
        np.testing.assert_allclose(
            total_after(economy, changes, account, Inverted(economy.leontief)), accounts.total(account), rtol=1e-9
        )


@RELAXED
@given(SEEDS, SIZES, TREATMENTS)
def test_changes_between_scenarios_chain_and_reverse(seed, n, home_only):
    base = Base(economy_of(seed, n, home_only), book_of(seed, n), {"e0": 0.1})
    one, two, three = scenarios_of(seed, n)
    first, second, whole = assess(base, two, one), assess(base, three, two), assess(base, three, one)
    scale = base.economy.accounts().total("CO2")
    assert abs(first.change("CO2") + second.change("CO2") - whole.change("CO2")) < 1e-9 * scale
    assert abs(assess(base, one, two).change("CO2") + first.change("CO2")) < 1e-9 * scale
    assert assess(base, one, one).change("CO2") == 0


@RELAXED
@given(SEEDS, SIZES, TREATMENTS)
def test_each_tonne_counts_once(seed, n, home_only):
    base = Base(economy_of(seed, n, home_only), book_of(seed, n), {})
    found = assess(base, *scenarios_of(seed, n)[:2])
    scale = found.before.accounts.total("CO2")
    parts = sum(r.total("CO2") for r in found.exchanges) + found.interaction["CO2"]
    assert abs(parts - found.change("CO2")) < 1e-9 * scale
    for one in found.exchanges:
        assert abs(sum(one.credit.values()) - one.total("CO2")) < 1e-9 * scale
        assert abs(one.donor_money + one.receiver_money + one.supplier_money) < 1e-9 * max(abs(one.donor_money), 1)


@RELAXED
@given(SEEDS, SIZES, TREATMENTS, st.floats(-5, 5))
def test_effects_are_proportional_to_the_quantity(seed, n, home_only, amount):
    economy, book = economy_of(seed, n, home_only), book_of(seed, n)
    for exchange in book.exchanges:
        unit, many = exchange_changes(economy, book, exchange, 1.0), exchange_changes(economy, book, exchange, amount)
        for name in ("intermediate", "imported", "final", "satellites", "direct"):
            np.testing.assert_allclose(getattr(many, name), getattr(unit * amount, name), atol=1e-12)


@RELAXED
@given(SEEDS, SIZES, TREATMENTS, st.floats(-20, 20))
def test_a_price_moves_money_and_nothing_else(seed, n, home_only, price):
    """Whatever is paid for a by-product, every sector's output and flows stay as they were."""
    economy, book = economy_of(seed, n, home_only), book_of(seed, n)
    bare = ExchangeBook(tuple(
        replace(e, replaces=(), needs=(), disposal=None, transport=None, own_carbon=None, price=figure(price, "CNY/t")) for e in book.exchanges
    ), book.products)  # fmt: skip
    changes = add(Changes.none(economy), *(exchange_changes(economy, bare, e, 1.0) for e in bare.exchanges))
    outcome = solve(economy, changes)
    np.testing.assert_allclose(outcome.accounts.output, economy.table.output, rtol=1e-9)
    np.testing.assert_allclose(outcome.accounts.production, economy.satellites.values, rtol=1e-9)
    # gains of some are losses of others, or final demand of the city
    np.testing.assert_allclose(
        outcome.value_added.sum() - economy.table.value_added.sum(), changes.final.sum(), atol=1e-7
    )


@RELAXED
@given(SEEDS, SIZES, TREATMENTS, st.floats(0, 1))
def test_full_rebound_spends_all_that_was_saved(seed, n, home_only, share):
    economy = economy_of(seed, n, home_only)
    change = CellChange("final_demand", ("s0", "s1"), ("homes",), figure(-0.3, "1"), figure(1, "1"))
    saved = intervention_changes(economy, Intervention("i", "sharing", (change,))).final.sum()
    left = intervention_changes(
        economy, Intervention("i", "rebound", (change,), rebound=figure(share, "1"))
    ).final.sum()
    np.testing.assert_allclose(left, saved * (1 - share), atol=1e-9)
