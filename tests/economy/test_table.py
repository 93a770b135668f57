"""Tables and satellite accounts: what is refused, what is named, and that nothing changes afterwards."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from lichen.economy.accounts import Economy
from lichen.economy.table import Origin, Satellites, Table, inverse_or_zero, no_satellites
from lichen.errors import EconomyError, LabelError
from lichen.testing import assert_balanced, small_satellites, small_table


def codes(error) -> list[str]:
    return [p.code for p in error.value.problems]


def test_coefficients_of_k1():
    np.testing.assert_allclose(small_table().coefficients(), [[0.15, 0.25], [0.2, 0.05]])


def test_zero_output_gives_zero_coefficients():
    np.testing.assert_array_equal(inverse_or_zero(np.array([2.0, 0.0, -4.0])), [0.5, 0, -0.25])


@pytest.mark.parametrize(("block", "spot", "cell"), [
    ("intermediate", (1, 0), "manufacturing × agriculture"), ("final_demand", (0, 0), "agriculture × 1"),
    ("value_added", (0, 1), "1 × manufacturing"), ("output", (1,), "manufacturing"),
])  # fmt: skip
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_cells_that_are_not_finite_are_named(block, spot, cell, bad):
    values = getattr(small_table(), block).copy()
    values[spot] = bad
    with pytest.raises(LabelError) as error:
        replace(small_table(), **{block: values})
    assert codes(error) == ["labels.not_finite"]
    assert error.value.problems[0].values["cell"] == cell
    assert error.value.problems[0].values["what"] == block.replace("_", " ")


def test_faults_of_all_blocks_come_together():
    with pytest.raises(LabelError) as error:
        replace(small_table(), intermediate=[["x", 1], [2, 3]], output=[1.0], value_added=[[np.nan, 1]],
                imported_intermediate=np.full((2, 2), np.inf), imported_final=np.zeros((1, 1)))  # fmt: skip
    assert codes(error) == [
        "labels.not_numbers",
        "labels.not_finite",
        "labels.shape",
        "labels.not_finite",
        "labels.shape",
    ]


def test_imported_cells_are_named():
    with pytest.raises(LabelError) as error:
        replace(small_table(), imported_final=np.array([[0.0], [np.nan]]))
    assert error.value.problems[0].values["cell"] == "manufacturing × 1"


@pytest.mark.parametrize(("changes", "code"), [
    ({"sectors": ("a", "a")}, "labels.doubled"), ({"final_labels": ("",)}, "labels.empty"),
    ({"value_added_labels": (" v",)}, "labels.padded"), ({"final_roles": ("demand",)}, "table.roles"),
    ({"final_roles": ()}, "table.roles"), ({"sector_units": ("t",)}, "labels.shape"), ({"treatment": "net"}, "table.treatment"),
])  # fmt: skip
def test_labels_roles_and_treatment(changes, code):
    with pytest.raises(LabelError) as error:
        replace(small_table(), **changes)
    assert codes(error) == [code]
    assert error.value.text("en")


def test_a_table_has_sectors():
    with pytest.raises(LabelError) as error:
        Table((), np.zeros((0, 0)), np.zeros((0, 1)), ("c",), ("consumption",), np.zeros((1, 0)), ("v",), np.zeros(0))
    assert codes(error) == ["table.no_sectors"]


def test_arrays_are_copied_and_read_only():
    Z = np.array([[150.0, 500.0], [200.0, 100.0]])
    table = replace(small_table(), intermediate=Z)
    Z[0, 0] = 1e9
    assert table.intermediate[0, 0] == 150
    for block in ("intermediate", "final_demand", "value_added", "output"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(table, block)[0] = 1.0
    with pytest.raises(FrozenInstanceError):
        table.output = np.ones(2)


def test_arrays_handed_over_are_not_copied():
    table = small_table()
    Z = table.intermediate.copy()
    other = replace(table, intermediate=Z, copy=False)
    assert other.intermediate is Z
    assert other.output is table.output
    assert not Z.flags.writeable


def test_a_changed_table_leaves_no_stale_result():
    economy = Economy(small_table(), small_satellites())
    first = economy.accounts()
    table = replace(small_table(), intermediate=[[100.0, 500.0], [200.0, 100.0]], final_demand=[[400.0], [1700.0]],
                    value_added=[[700.0, 1400.0]])  # fmt: skip
    changed = replace(economy, table=table)
    assert changed.accounts().multipliers[0, 0] < first.multipliers[0, 0]
    np.testing.assert_allclose(changed.leontief.solve(table.final_total()), table.output)
    assert economy.accounts() is first


def test_findings_and_origin():
    origin = Origin("Land", note="read").derived("balanced", kind="estimated")
    assert origin.note == "read; balanced"
    assert origin.kind == "estimated"
    assert small_table().n == 2
    assert not small_table().hybrid
    assert small_table().columns("export") == []
    assert_balanced(small_table())
    with pytest.raises(AssertionError):
        assert_balanced(replace(small_table(), output=[1001.0, 2000.0]))


def test_frames():
    frame = small_table().frame()
    assert frame.loc["agriculture", "manufacturing"] == 500
    assert frame.loc["value added", "manufacturing"] == 1400
    assert np.isnan(frame.loc["value added", "output"])
    assert frame.loc["manufacturing", "output"] == 2000
    satellites = replace(small_satellites(), direct_labels=("homes",), direct=[[7.0]])
    assert satellites.frame().loc["CO2"].tolist() == ["t CO2", 500.0, 0.0, 7.0]


# --- satellite accounts ---------------------------------------------------------------------------------------------
def parts(**changes) -> Satellites:
    given = {
        "accounts": ("CO2", "CO2", "jobs"), "components": ("coal", "process", ""), "units": ("t CO2", "t CO2", "person"),
        "sectors": ("a", "b"), "values": [[1.0, 2.0], [3.0, 0.0], [5.0, 6.0]], "direct_labels": ("rural", "urban"),
        "direct": [[1.0, 2.0], [0.0, 0.5], [0.0, 0.0]], "kinds": ("measured", "assumed", "reported"),
    }  # fmt: skip
    return Satellites(**given | changes)


def test_components_add_up_and_keep_the_weakest_kind():
    total = parts().totals()
    assert total.accounts == total.labels == ("CO2", "jobs")
    assert parts().labels == ("CO2/coal", "CO2/process", "jobs")
    np.testing.assert_allclose(total.values, [[4, 2], [5, 6]])
    np.testing.assert_allclose(total.direct_total, [3.5, 0])
    assert total.kinds == ("assumed", "reported")
    assert total.totals() is total


@pytest.mark.parametrize(("changes", "code"), [
    ({"components": ("coal", "coal", "")}, "labels.doubled"), ({"units": ("t CO2", "kt CO2", "person")}, "table.units_differ"),
    ({"units": ("t CO2",)}, "labels.shape"), ({"kinds": ("measured",)}, "labels.shape"), ({"values": np.ones((3, 3))}, "labels.shape"),
    ({"values": [[np.nan, 0], [0, 0], [0, 0]]}, "labels.not_finite"), ({"direct": np.ones((3, 1))}, "labels.shape"),
    ({"direct": np.full((3, 2), np.inf)}, "labels.not_finite"), ({"sectors": ("a", "")}, "labels.empty"),
])  # fmt: skip
def test_satellites_refuse(changes, code):
    with pytest.raises(LabelError) as error:
        parts(**changes)
    assert code in codes(error)


def test_satellites_need_the_sectors_of_the_table():
    with pytest.raises(EconomyError) as error:
        Economy(small_table(), parts())
    assert codes(error) == ["table.satellites_differ"]
    assert error.value.problems[0].values["missing"] == ["agriculture", "manufacturing"]
    with pytest.raises(EconomyError):
        Economy(small_table(), replace(small_satellites(), sectors=("manufacturing", "agriculture")))


def test_no_satellites():
    economy = Economy(small_table())
    assert economy.accounts().labels == ()
    assert no_satellites(("a",)).values.shape == (0, 1)
    assert economy.accounts().multipliers.shape == (0, 2)


def test_labels_of_a_data_frame_must_be_the_tables():
    import pandas as pd

    table = small_table()
    names = list(table.sectors)
    frame = pd.DataFrame(table.intermediate, index=names, columns=names)
    np.testing.assert_array_equal(replace(table, intermediate=frame).intermediate, table.intermediate)
    with pytest.raises(LabelError) as error:
        replace(table, intermediate=frame.loc[names[::-1]])
    assert [p.code for p in error.value.problems] == ["table.frame_labels"]


def test_arrays_handed_over_are_no_promise_for_later_ones():
    table = replace(small_table(), copy=False)
    given = np.array(table.output)
    replace(table, output=given)
    assert given.flags.writeable
