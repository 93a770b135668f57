"""Changes and their solution against a new table made and solved from nothing."""

from dataclasses import replace

import numpy as np
import pytest

from lichen.economy.accounts import Economy
from lichen.economy.leontief import Inverted
from lichen.economy.table import Satellites
from lichen.errors import EconomyError, LabelError, ScenarioError
from lichen.scenario.changes import Changes, add, rows_of, solve, total_after
from lichen.scenario.exchanges import exchange_changes
from lichen.testing import assert_balanced, small_satellites, small_table


def some_changes(economy: Economy, town) -> Changes:
    exchanges = [(town.slag(), 20_000), (town.heat(), 20_000), (town.plastics(), 1000)]
    return add(*(exchange_changes(economy, town.book(), e, q) for e, q in exchanges))


def test_no_change_is_the_economy_itself(economy):
    outcome = solve(economy, Changes.none(economy))
    accounts = economy.accounts()
    for name in ("output", "multipliers", "production", "consumption", "by_category", "direct"):
        np.testing.assert_allclose(getattr(outcome.accounts, name), getattr(accounts, name), rtol=1e-12, atol=1e-6)
    np.testing.assert_allclose(outcome.value_added, economy.table.value_added.sum(axis=0))


def test_a_scenario_is_a_new_table_solved_from_nothing(economy, town):
    changes = some_changes(economy, town)
    outcome, new = solve(economy, changes), town.fresh(economy, changes)
    assert_balanced(new.table, 1e-12)
    accounts = new.accounts()
    for name in ("output", "intensities", "multipliers", "production", "consumption", "by_category", "direct"):
        np.testing.assert_allclose(getattr(outcome.accounts, name), getattr(accounts, name), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(outcome.value_added, new.table.value_added.sum(axis=0))
    np.testing.assert_allclose(outcome.final, new.table.final_demand)
    assert outcome.accounts.treatment == economy.table.treatment


def test_value_added_and_imports_are_final_demand(economy, town):
    changes = some_changes(economy, town)
    outcome, table = solve(economy, changes), economy.table
    imports = 0.0
    imported = (
        np.zeros((table.n, table.n)) if table.imported_intermediate is None else table.imported_intermediate.copy()
    )
    imported[:, list(changes.columns)] += changes.imported
    imports = (imported * (outcome.accounts.output / table.output)).sum()
    assert outcome.value_added.sum() + imports == pytest.approx(outcome.final.sum())


def test_accounts_of_an_outcome_sum_to_one_total(economy, town):
    accounts = solve(economy, some_changes(economy, town)).accounts
    np.testing.assert_allclose(accounts.consumption.sum(axis=1), accounts.production.sum(axis=1))
    np.testing.assert_allclose(accounts.by_category.sum(axis=1), accounts.production.sum(axis=1))


@pytest.mark.parametrize("columns", [3, 20])
def test_many_columns_give_the_same_as_few(columns):
    """Above a quarter of the columns a new factorisation is made; it must not matter."""
    rng = np.random.default_rng(1)
    n = 40
    A = rng.random((n, n)) / n * 0.8
    x = rng.uniform(50, 100, n)
    table = replace(small_table(), sectors=tuple(f"s{i}" for i in range(n)), intermediate=A * x,
                    final_demand=(x - A @ x)[:, None], value_added=(x * (1 - A.sum(axis=0)))[None, :], output=x)  # fmt: skip
    economy = Economy(table, Satellites(("CO2",), ("",), ("t CO2",), table.sectors, rng.random((1, n))))
    none, at = Changes.none(economy), tuple(range(columns))
    changes = replace(none, columns=at, intermediate=rng.normal(0, 0.05, (n, columns)), imported=np.zeros((n, columns)))
    Z = table.intermediate.copy()
    Z[:, at] += changes.intermediate
    expected = np.linalg.solve(np.eye(n) - Z / x, table.final_total())
    np.testing.assert_allclose(solve(economy, changes).accounts.output, expected)
    np.testing.assert_allclose(total_after(economy, changes, "CO2", Inverted(economy.leontief)),
                               (economy.satellites.values[0] / x) @ expected)  # fmt: skip


def test_total_after_is_the_total_of_the_outcome(economy, town):
    changes = some_changes(economy, town)
    for account in ("CO2", "water"):
        found = total_after(economy, changes, account, Inverted(economy.leontief))
        assert found == pytest.approx(solve(economy, changes).accounts.total(account), rel=1e-12)


def test_accounts_in_parts(town):
    satellites = Satellites(("CO2", "CO2"), ("coal", "process"), ("t CO2",) * 2, town.sectors, np.full((2, 6), 1e6))
    economy = town.economy(satellites=satellites)
    changes = exchange_changes(economy, town.book(), town.slag(), 20_000)
    assert rows_of(economy, "CO2") == [0, 1]
    assert rows_of(economy, "CO2/process") == [1]
    with pytest.raises(LabelError):
        rows_of(economy, "water")
    accounts = solve(economy, changes).accounts
    whole = total_after(economy, changes, "CO2", economy.leontief)
    assert whole == pytest.approx(accounts.total("CO2/coal") + accounts.total("CO2/process"))


def test_changes_add_and_scale(economy, town):
    one = exchange_changes(economy, town.book(), town.slag(), 1.0)
    other = exchange_changes(economy, town.book(), town.plastics(), 1000.0)
    many = add(one * 20_000, other)
    np.testing.assert_allclose(solve(economy, many).accounts.output,
                               solve(economy, add(other, 20_000 * one)).accounts.output)  # fmt: skip
    assert many.columns == tuple(sorted(set(one.columns) | set(other.columns)))
    np.testing.assert_allclose(many.satellites, 20_000 * one.satellites + other.satellites)


def test_outcomes_are_read_only(economy):
    outcome = solve(economy, Changes.none(economy))
    for array in (outcome.value_added, outcome.final, outcome.accounts.output):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_change_that_eats_all_output_is_refused(economy):
    none = Changes.none(economy)
    eaten = np.zeros((6, 1))
    eaten[2, 0] = economy.table.output[2]  # cement would use more cement than it makes
    with pytest.raises(EconomyError) as error:
        solve(economy, replace(none, columns=(2,), intermediate=eaten, imported=np.zeros((6, 1))))
    assert error.value.problems[0].code == "checks.unproductive"


def test_a_negative_output_is_refused(economy):
    none = Changes.none(economy)
    final = none.final.copy()
    final[2, 2] = -60_000.0
    with pytest.raises(ScenarioError) as error:
        solve(economy, replace(none, final=final))
    assert error.value.problems[0].code == "scenario.negative_output"
    assert error.value.problems[0].values["sector"] == "cement"
    assert "10000 CNY" in str(error.value)


def test_columns_of_hybrid_tables_have_no_value_added():
    table = replace(small_table(), sector_units=("t", "USD"), value_added=np.zeros((1, 2)))
    economy = Economy(table, small_satellites())
    outcome = solve(economy, Changes.none(economy))
    np.testing.assert_array_equal(outcome.value_added, 0)
    final = np.array([[-2000.0], [0.0]])
    with pytest.raises(ScenarioError) as error:
        solve(economy, replace(Changes.none(economy), final=final))
    assert error.value.problems[0].values["unit"] == "t"
