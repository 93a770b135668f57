"""Checks of an economy: each fault is named with the sectors at fault."""

from dataclasses import replace

import numpy as np
import pytest

from lichen.economy.accounts import Economy
from lichen.economy.checks import check_productive, check_table, require_productive_change, residuals, spectral_radius
from lichen.economy.leontief import Leontief
from lichen.economy.table import Satellites, Table
from lichen.errors import EconomyError, Problem
from lichen.testing import small_table


def table_of(A, x, **changes) -> Table:
    """Return a balanced table with these coefficients; final demand and value added follow."""
    A, x = np.array(A, dtype=float), np.array(x, dtype=float)
    n = len(x)
    Z = A * x
    return Table(**{
        "sectors": tuple("abcdefgh"[:n]), "intermediate": Z, "final_demand": (x - Z.sum(axis=1))[:, None], "final_labels": ("f",),
        "final_roles": ("consumption",), "value_added": (x - Z.sum(axis=0))[None, :], "value_added_labels": ("v",), "output": x,
        "unit": "USD"} | changes)  # fmt: skip


def found(problems, severity="error") -> list[str]:
    return [p.code for p in problems if p.severity == severity]


def refused(*given) -> dict[str, dict]:
    with pytest.raises(EconomyError) as error:
        Economy(*given)
    assert error.value.text("zh")
    return {p.code: p.values for p in error.value.problems if p.severity == "error"}


def test_a_good_table_has_nothing_to_say():
    assert len(check_table(small_table())) == 0
    assert Economy(small_table()).findings == ()


def test_unbalanced_rows_and_columns_are_named():
    table = replace(small_table(), output=[1000.0, 2010.0])
    values = refused(table)
    assert values["checks.unbalanced_row"]["sector"] == "manufacturing"
    assert values["checks.unbalanced_row"]["gap"] == "10.00"
    assert values["checks.unbalanced_column"]["sector"] == "manufacturing"
    assert Economy(table, tolerance=0.01).table is table


def test_only_the_unbalanced_side_is_named():
    assert set(refused(replace(small_table(), value_added=[[640.0, 1400.0]]))) == {"checks.unbalanced_column"}
    assert set(refused(replace(small_table(), final_demand=[[350.0], [1690.0]]))) == {"checks.unbalanced_row"}


def test_tolerance_is_relative_to_the_mean_for_small_sectors():
    table = table_of([[0.1, 0.1], [0.1, 0.1]], [1.0, 1e6])
    off = replace(table, output=[1.5, 1e6])
    assert found(check_table(off)) == []
    assert found(check_table(replace(table, output=[1000.0, 1e6]))) == [
        "checks.unbalanced_row",
        "checks.unbalanced_column",
    ]


def test_columns_of_hybrid_tables_do_not_add_up_and_rows_do():
    table = replace(small_table(), sector_units=("t", "USD"), value_added=[[0.0, 0.0]])
    np.testing.assert_array_equal(residuals(table)[1], 0)
    assert found(check_table(table)) == []
    off = replace(table, output=[1001.0, 2e9])
    assert found(check_table(off)) == ["checks.unbalanced_row"] * 2


def test_imports_belong_to_the_columns():
    imported = np.array([[10.0, 0.0], [0.0, 5.0]])
    table = replace(small_table(), imported_intermediate=imported, value_added=[[640.0, 1395.0]], treatment="domestic")
    assert found(check_table(table)) == []


def test_zero_output():
    idle = table_of([[0.2, 0], [0, 0]], [100, 0])
    assert found(check_table(idle), "note") == ["checks.zero_output"]
    economy = Economy(idle, Satellites(("q",), ("",), ("t",), ("a", "b"), [[5.0, 0.0]]))
    assert np.isfinite(economy.accounts().multipliers).all()
    buying = replace(idle, intermediate=[[20.0, 5.0], [0, 0]], final_demand=[[75.0], [0.0]], value_added=[[80.0, -5.0]])
    assert refused(buying)["checks.zero_output_inputs"] == {"sector": "b", "inputs": "5.00"}


def test_zero_output_with_emissions_is_named():
    idle = table_of([[0.2, 0], [0, 0]], [100, 0])
    satellites = Satellites(("q", "r"), ("coal", ""), ("t", "GJ"), ("a", "b"), [[5.0, 1.25], [0.0, 0.0]])
    values = refused(idle, satellites)
    assert values["checks.zero_output_emissions"] == {"sector": "b", "account": "q/coal", "value": "1.25", "unit": "t"}


def test_negative_output():
    assert refused(table_of([[0.2, 0], [0, 0]], [100, -3]))["checks.negative_output"]["sector"] == "b"


def test_negative_cells_are_told_and_may_stay():
    table = table_of([[0.2, -0.1], [0.3, 0.1]], [100, 100])
    economy = Economy(table)
    assert found(economy.findings, "warning") == ["checks.negative_flow"]
    warning = economy.findings[0].values
    assert (warning["row"], warning["column"], warning["value"]) == ("a", "b", "-10.00")


def test_negative_value_added_and_columns_above_one():
    table = table_of([[0.9, 0.1], [0.3, 0.1]], [100, 100])
    problems = check_table(table)
    assert found(problems, "note") == ["checks.negative_value_added"]
    assert found(problems, "warning") == ["checks.column_above_one"]
    assert next(p for p in problems if p.severity == "warning").values == {"sector": "a", "total": "1.200"}
    assert Economy(table).leontief.solve(np.ones(2)).min() > 0  # ρ(A) is about 0.93: still productive


def test_an_unproductive_table_is_refused_with_its_sectors():
    A = np.array([[0.7, 0.6, 0.0], [0.6, 0.7, 0.0], [0.1, 0.0, 0.2]])
    values = refused(table_of(A, [10, 10, 10]))
    assert spectral_radius(A) > 1
    assert values["checks.unproductive"]["sectors"][0] in ("a", "b")
    assert values["checks.unproductive"]["heavy"][0] == "a (1.400)"


@pytest.mark.parametrize("seed", range(40))
def test_productive_is_a_spectral_radius_below_one(seed):
    rng = np.random.default_rng(seed)
    A = rng.random((6, 6)) * (rng.random((6, 6)) < 0.5)
    A *= rng.uniform(0.7, 1.3) / max(spectral_radius(A), 1e-3)
    table = table_of(A, np.full(6, 10.0))
    ok = check_productive(table, Leontief(table.intermediate, table.output)).ok
    assert ok == (spectral_radius(A) < 1)


def test_negative_flows_that_only_cancel_are_doubtful():
    table = table_of([[0.2, -0.5], [1.6, 0.2]], [100, 100])  # (I − A)⁻¹·1 = (0.21, 1.67), ρ(|A|) = 0.2 + √0.8
    problems = check_productive(table, Leontief(table.intermediate, table.output))
    assert found(problems, "warning") == ["checks.maybe_unproductive"]
    assert next(iter(problems)).values["radius"] == "1.0944"
    harder = table_of([[0.2, -0.9], [1.2, 0.2]], [100, 100])
    assert found(check_productive(harder, Leontief(harder.intermediate, harder.output))) == ["checks.unproductive"]


def test_ill_conditioned():
    table = table_of([[1 - 1e-12, 0], [0, 0.5]], [100, 100])
    assert "checks.ill_conditioned" in found(
        check_productive(table, Leontief(table.intermediate, table.output)), "warning"
    )


def test_findings_of_reader_and_accounts_are_kept():
    note = Problem("table.no_sectors", severity="note")
    satellites = Satellites(("q",), ("",), ("t",), ("agriculture", "manufacturing"), [[1.0, 1.0]], findings=(note,))
    assert Economy(replace(small_table(), findings=(note,)), satellites).findings == (note, note)


def test_a_change_must_stay_productive():
    require_productive_change(np.ones(2), ("a", "b"))
    with pytest.raises(EconomyError) as error:
        require_productive_change(np.array([1.0, -2.0]), ("a", "b"))
    assert error.value.problems[0].values["sectors"] == ["b"]
