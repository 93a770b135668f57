"""Aggregation of tables and satellite accounts."""

from dataclasses import replace

import numpy as np
import pytest

from lichen.economy.aggregate import aggregate, aggregate_satellites
from lichen.economy.table import Origin, Satellites, Table
from lichen.economy.treatment import domestic
from lichen.errors import EconomyError, LabelError
from lichen.testing import assert_balanced
from lichen.vocabulary.concordance import Concordance


def table() -> Table:
    rng = np.random.default_rng(1)
    Z, F = rng.random((4, 4)), np.column_stack([rng.random((4, 2)), -0.1 * rng.random(4)])
    x = Z.sum(axis=1) + F.sum(axis=1)
    return Table(
        ("a", "b", "c", "d"), Z, F, ("f", "e", "m"), ("consumption", "export", "import"), (x - Z.sum(axis=0))[None, :],
        ("v",), x, unit="USD",
    )  # fmt: skip


JOIN = Concordance.from_rows(
    [("a", "X", 1), ("b", "X", 1), ("c", "X", 0.25), ("c", "Y", 0.75), ("d", "Y", 1)],
    source_labels="dcba", target_labels="XY", target="TWO",
)  # fmt: skip


@pytest.mark.parametrize("treated", [table, lambda: domestic(table())])
def test_totals_and_balance_are_kept(treated):
    before = treated()
    after = aggregate(before, JOIN)
    assert after.sectors == ("X", "Y")
    assert_balanced(after, 1e-12)
    for block in ("intermediate", "final_demand", "value_added", "output", "imported_intermediate", "imported_final"):
        if getattr(before, block) is not None:
            np.testing.assert_allclose(getattr(after, block).sum(), getattr(before, block).sum())
    assert after.treatment == before.treatment
    assert after.origin.classification == "TWO"
    assert "from 4 sectors to TWO" in after.origin.note


def test_cells_are_added_up():
    before, after = table(), aggregate(table(), JOIN)
    Z = before.intermediate
    np.testing.assert_allclose(after.output[0], before.output[[0, 1]].sum() + 0.25 * before.output[2])
    np.testing.assert_allclose(
        after.intermediate[1, 1], Z[3, 3] + 0.75 * (Z[2, 3] + Z[3, 2]) + 0.75**2 * Z[2, 2]
    )  # fmt: skip


def test_the_unnamed_target_is_counted():
    assert "to 2 sectors" in aggregate(table(), replace(JOIN, target="")).origin.note


def test_a_split_is_told_and_makes_an_estimate():
    after = aggregate(table(), JOIN)
    assert after.origin.kind == "estimated"
    assert [(p.code, p.values["names"]) for p in after.findings] == [("concordance.split", ["c"])]
    assert [p.code for p in aggregate_satellites(accounts(), JOIN).findings] == ["concordance.split"]
    whole = Concordance("abcd", "XY", np.eye(2)[[0, 0, 1, 1]])
    assert aggregate(table(), whole).origin.kind == "reported"
    assert not aggregate(table(), whole).findings
    assumed = replace(table(), origin=Origin(kind="assumed"))
    assert aggregate(assumed, JOIN).origin.kind == "assumed"


def test_sectors_must_be_the_sources():
    with pytest.raises(LabelError, match="e"):
        aggregate(replace(table(), sectors=("a", "b", "c", "e")), JOIN)


def test_rows_in_different_units_are_not_added_up():
    hybrid = replace(table(), sector_units=("USD", "t", "USD", "USD"))
    with pytest.raises(EconomyError) as error:
        aggregate(hybrid, JOIN)
    assert error.value.problems[0].code == "concordance.units_differ"
    assert "USD, t" in error.value.text("en")
    assert "X" in error.value.text("zh")
    apart = Concordance("abcd", ("A", "B", "C", "none"), np.eye(4)[[0, 1, 2, 2]], allow_empty=True)
    assert aggregate(hybrid, apart).sector_units == ("USD", "t", "USD", "USD")


def accounts(**changes) -> Satellites:
    given = {"accounts": ("CO2", "CO2"), "components": ("coal", "oil"), "units": ("t", "t"), "sectors": tuple("abcd"),
             "values": np.arange(8.0).reshape(2, 4)}  # fmt: skip
    return Satellites(**given | changes)


def test_satellites_keep_totals():
    after = aggregate_satellites(accounts(direct_labels=("households",), direct=[[1.0], [2.0]]), JOIN)
    np.testing.assert_allclose(after.values, [[1.5, 4.5], [4 + 5 + 1.5, 4.5 + 7]])
    np.testing.assert_allclose(after.direct, [[1.0], [2.0]])
    assert after.labels == ("CO2/coal", "CO2/oil")
    assert aggregate_satellites(
        accounts(accounts=(), components=(), units=(), values=np.zeros((0, 4))), JOIN
    ).values.shape == (0, 2)


def test_final_users_become_direct_flows():
    users = Concordance("abcd", ("X", "households_urban", "households_rural"), np.eye(3)[[0, 0, 1, 2]],
                        final_users=("households_urban", "households_rural"))  # fmt: skip
    after = aggregate_satellites(accounts(direct_labels=("households_rural",), direct=[[10.0], [20.0]]), users)
    assert after.sectors == ("X",)
    assert after.direct_labels == ("households_rural", "households_urban")
    np.testing.assert_allclose(after.direct, [[13.0, 2.0], [27.0, 6.0]])
    np.testing.assert_allclose(after.values, [[1.0], [9.0]])
    with pytest.raises(EconomyError, match="households_urban"):
        aggregate(table(), users)
