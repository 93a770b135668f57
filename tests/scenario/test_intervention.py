"""General interventions, each type by hand."""

from dataclasses import replace

import numpy as np
import pytest

from lichen.errors import ScenarioError
from lichen.scenario.assess import Base, Scenario, outcome
from lichen.scenario.changes import solve
from lichen.scenario.exchange import ExchangeBook
from lichen.scenario.intervention import (
    CellChange,
    Intervention,
    Substitute,
    check_interventions,
    intervention_changes,
    relative_change,
)

COAL, POWER, CEMENT, STEEL, SERVICES, TRANSPORT = range(6)


@pytest.fixture
def cells(town):
    def make(matrix, rows, columns, technical, penetration=1.0, substitute=None, factor=1.0):
        other = None if substitute is None else Substitute(substitute, town.figure(factor, "1"))
        return CellChange(matrix, rows, columns, town.figure(technical, "1"), town.figure(penetration, "1"), other)

    return make


def act(kind, *changes, **more) -> Intervention:
    return Intervention("i", kind, changes, **more)


@pytest.mark.parametrize(("kind", "technical", "penetration", "change"), [
    ("efficiency", -0.1, 0.5, -0.05), ("sharing", -0.3, 1.0, -0.3), ("substitution", -1.0, 0.2, -0.2), ("rebound", -0.2, 0.5, -0.1),
    ("life_extension", 1.0, 1.0, -0.5), ("life_extension", 0.25, 0.5, -0.1), ("life_extension", -0.5, 1.0, 1.0),
])  # fmt: skip
def test_relative_changes(kind, technical, penetration, change):
    assert relative_change(kind, technical, penetration) == pytest.approx(change)


def test_efficiency_of_purchases(economy, cells):
    """10 % less power in half of all steel and cement: 8000 and 5000 fall by 5 %."""
    changes = intervention_changes(
        economy, act("efficiency", cells("intermediate", ("power",), ("steel", "cement"), -0.1, 0.5))
    )
    assert changes.columns == (CEMENT, STEEL)
    np.testing.assert_allclose(changes.intermediate[POWER], [-250, -400])
    assert np.abs(changes.intermediate).sum() == pytest.approx(650)
    assert not changes.final.any()


def test_local_and_imported_purchases_fall_together(town, cells):
    economy = town.economy("domestic")
    changes = intervention_changes(economy, act("efficiency", cells("intermediate", ("coal",), ("power",), -0.1)))
    assert changes.intermediate[COAL, 0] == pytest.approx(-640)
    assert changes.imported[COAL, 0] == pytest.approx(-160)


def test_substitution(town, cells):
    """A tenth of the coal of the power plants gives way to services, at 1.5 of money for one."""
    economy = town.economy("domestic")
    change = cells("intermediate", ("coal",), ("power",), -0.1, 1.0, "services", 1.5)
    changes = intervention_changes(economy, act("substitution", change))
    assert changes.intermediate[SERVICES, 0] == pytest.approx(960)
    assert changes.imported[SERVICES, 0] == pytest.approx(240)
    assert changes.intermediate.sum() == pytest.approx(320)


def test_substitution_in_final_demand(economy, cells):
    change = cells("final_demand", ("transport",), ("homes",), -0.2, 0.5, "services", 0.8)
    final = intervention_changes(economy, act("substitution", change)).final
    assert final[TRANSPORT, 0] == pytest.approx(-1000)
    assert final[SERVICES, 0] == pytest.approx(800)
    assert np.abs(final).sum() == pytest.approx(1800)


def test_life_extension(town, cells):
    """Buildings last a quarter longer: investment in cement falls by a fifth."""
    final = intervention_changes(
        town.economy(), act("life_extension", cells("final_demand", ("cement",), ("investment",), 0.25))
    ).final
    assert final[CEMENT, 2] == pytest.approx(-8000)
    assert np.count_nonzero(final) == 1


def test_sharing_with_the_service_it_needs(town, cells):
    changes = intervention_changes(town.economy(), act(
        "sharing", cells("final_demand", ("transport",), ("homes",), -0.3), cells("final_demand", ("services",), ("homes",), 0.05)))  # fmt: skip
    np.testing.assert_allclose(changes.final[:, 0], [0, 0, 0, 0, 2000, -3000])


def test_rebound_spends_a_share_of_what_is_saved_on_the_own_mix(town, cells):
    """Homes save 3000 of 56 800; a third is spent again as before."""
    economy = town.economy()
    change = cells("final_demand", ("transport",), ("homes", "investment"), -0.3)
    final = intervention_changes(economy, act("rebound", change, rebound=town.figure(1 / 3, "1"))).final
    spending = economy.table.final_demand[:, 0]
    np.testing.assert_allclose(final[:, 0], spending / 56_800 * 1000 + np.array([0, 0, 0, 0, 0, -3000]))
    np.testing.assert_allclose(final[:, 2], [0, 0, 0, 0, 0, -300])  # investors do not spend what they save
    assert final[:, 0].sum() == pytest.approx(-2000)


def test_no_rebound_where_more_is_spent(town, cells):
    change = cells("final_demand", ("transport",), ("homes",), 0.3)
    final = intervention_changes(town.economy(), act("efficiency", change, rebound=town.figure(1, "1"))).final
    assert final[:, 0].sum() == pytest.approx(3000)


def test_intensity(town, cells):
    economy = town.economy()
    changes = intervention_changes(
        economy, act("efficiency", cells("intensity", ("CO2",), ("power", "steel"), -0.2, 0.5))
    )
    np.testing.assert_allclose(changes.satellites, [[0, -9e4, 0, -2.5e5, 0, 0], [0] * 6])
    after = solve(economy, changes)
    np.testing.assert_allclose(after.accounts.output, economy.table.output)
    assert after.accounts.total("CO2") == pytest.approx(economy.accounts().total("CO2") - 3.4e5)


def test_star_means_all(town, cells):
    economy = town.economy()
    changes = intervention_changes(economy, act("efficiency", cells("intensity", ("*",), ("*",), -0.5)))
    np.testing.assert_allclose(changes.satellites, -economy.satellites.values / 2)
    changes = intervention_changes(economy, act("efficiency", cells("intermediate", ("*",), ("*",), -0.5)))
    np.testing.assert_allclose(changes.intermediate, -economy.table.intermediate / 2)


def test_halved_coefficients_are_a_new_leontief_inverse(town, cells):
    economy = town.economy()
    changes = intervention_changes(economy, act("efficiency", cells("intermediate", ("*",), ("*",), -0.5)))
    A = economy.table.coefficients() / 2
    expected = np.linalg.inv(np.eye(6) - A) @ economy.table.final_total()
    np.testing.assert_allclose(solve(economy, changes).accounts.output, expected)


def test_what_nobody_makes_here_is_imported(town, cells):
    economy = town.economy()
    idle = economy.table.output.copy()
    idle[COAL] = 0
    object.__setattr__(economy, "table", replace(economy.table, output=idle))
    changes = intervention_changes(economy, act("efficiency", cells("intermediate", ("coal",), ("power",), -0.1)))
    assert not changes.intermediate.any()
    assert changes.imported[COAL, 0] == pytest.approx(-800)


def test_figures_are_drawn_and_shares_stay_shares(town, cells):
    change = cells("intensity", ("CO2",), ("power",), -0.2, 0.5)
    drawn = {id(change.technical): -3.0, id(change.penetration): 1.7}
    changes = intervention_changes(town.economy(), act("efficiency", change), lambda f: drawn.get(id(f), f.value))
    assert changes.satellites[0, POWER] == pytest.approx(-9e5)


def test_percent_is_understood(town, cells):
    change = replace(
        cells("intensity", ("CO2",), ("power",), 0), technical=town.figure(-20, "%"), penetration=town.figure(50, "%")
    )
    assert intervention_changes(town.economy(), act("efficiency", change)).satellites[0, POWER] == pytest.approx(-9e4)


# --- checks ---------------------------------------------------------------------------------------------------------
def test_sound_interventions_have_no_problem(town, cells):
    changes = [
        cells("intermediate", ("*",), ("power",), -0.1, 1, "services"), cells("final_demand", ("coal",), ("homes", "exports"), -1),
        cells("intensity", ("water",), ("*",), 0.3),
    ]  # fmt: skip
    assert len(check_interventions([act("substitution", *changes, rebound=town.figure(1, "1"))], town.economy())) == 0


@pytest.mark.parametrize(("matrix", "rows", "columns", "near"), [
    ("intermediate", ("coals",), ("power",), "coal"), ("intermediate", ("coal",), ("homes",), "–"),
    ("final_demand", ("coal",), ("home",), "homes"), ("intensity", ("CO",), ("power",), "CO2"), ("intensity", ("CO2",), ("pwr",), "power"),
])  # fmt: skip
def test_unknown_cells(town, cells, matrix, rows, columns, near):
    problems = list(
        check_interventions([act("efficiency", cells(matrix, rows, columns, -0.1))], town.economy(), "i.toml")
    )
    assert [p.code for p in problems] == ["scenario.unknown_cell"]
    assert problems[0].values["near"] == near
    assert problems[0].where.key == "intervention.i.change[0]"
    assert problems[0].where.file == "i.toml"


def test_sizes_are_checked_all_at_once(town, cells):
    bad = replace(
        cells("intensity", ("CO2",), ("power",), 0), technical=town.figure(5, "t"), penetration=town.figure(1, "GJ")
    )
    changes = [cells("intensity", ("CO2",), ("power",), -1.1), cells("intensity", ("CO2",), ("power",), -0.1, 1.1), bad]
    problems = check_interventions([act("efficiency", *changes, rebound=town.figure(2, "1"))], town.economy())
    assert [p.code for p in problems] == [
        "scenario.below_zero", "scenario.share", "units.does_not_fit", "units.does_not_fit", "scenario.share"]  # fmt: skip
    assert all(p.text("zh") for p in problems)
    percent = replace(changes[0], technical=town.figure(-50, "%"), penetration=town.figure(90, "%"))
    assert len(check_interventions([act("efficiency", percent)], town.economy())) == 0
    gone = cells("final_demand", ("coal",), ("homes",), -1)
    assert [p.code for p in check_interventions([act("life_extension", gone)], town.economy())] == [
        "scenario.below_zero"
    ]


def test_what_a_type_needs(town, cells):
    problems = check_interventions([
        act("substitution", cells("intermediate", ("coal",), ("power",), -0.1)),
        act("substitution", cells("intermediate", ("coal",), ("power",), -0.1, 1, "servces")),
        act("rebound", cells("final_demand", ("coal",), ("homes",), -0.1)),
        act("substitution", cells("intensity", ("CO2",), ("power",), -0.1, 1, "water")),
    ], town.economy())  # fmt: skip
    assert [p.code for p in problems] == [
        "scenario.no_substitute", "scenario.unknown_cell", "scenario.no_rebound", "scenario.substitute_intensity"]  # fmt: skip
    assert "{ row = …" in next(iter(problems)).text("en")


def test_a_substitute_with_a_factor_that_is_no_number(town, cells):
    change = replace(
        cells("intermediate", ("coal",), ("power",), -0.1), substitute=Substitute("services", town.figure(1, "t"))
    )
    assert [p.code for p in check_interventions([act("substitution", change)], town.economy())] == [
        "units.does_not_fit"
    ]


def test_scenarios_refuse_interventions_that_are_not_sound(town, cells):
    base = Base(town.economy(), ExchangeBook(), {})
    with pytest.raises(ScenarioError) as error:
        outcome(base, Scenario("s", {}, (act("efficiency", cells("intermediate", ("x",), ("power",), -0.1)),)))
    assert error.value.problems[0].code == "scenario.unknown_cell"
    twice = act("efficiency", *[cells("intermediate", ("coal",), ("power",), -0.6)] * 2)
    with pytest.raises(ScenarioError) as error:
        outcome(base, Scenario("s", {}, (twice,)))
    assert error.value.problems[0].code == "scenario.more_than_bought"
