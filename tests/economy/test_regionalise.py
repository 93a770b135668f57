"""Location quotients and the table of a city."""

from dataclasses import replace

import numpy as np
import pytest

from lichen.economy.accounts import Economy
from lichen.economy.regionalise import METHODS, aflq, cilq, flq, quotients, regionalise, slq
from lichen.economy.table import Origin, Table
from lichen.errors import EconomyError, LabelError
from lichen.testing import assert_balanced, small_table

NATION, REGION = (100, 200, 300, 400), (20, 15, 30, 35)
STOCK = 1


def province() -> Table:
    Z = np.array([[20.0, 30.0, 4.0], [10.0, 40.0, 6.0], [5.0, 15.0, 10.0]])
    F = np.array([[40.0, -6.0, 20.0, -8.0, 0.5], [50.0, 4.0, 30.0, -20.0, 0.0], [60.0, 0.0, 0.0, -5.0, 0.0]])
    x = Z.sum(axis=1) + F.sum(axis=1)
    return Table(
        ("farm", "works", "services"), Z, F, ("households", "stocks", "outflow", "inflow", "other"),
        ("consumption", "inventory", "outflow", "inflow", "error"), (x - Z.sum(axis=0))[None, :] * [[0.6], [0.4]],
        ("wages", "surplus"), x, origin=Origin("Province", 2007, "C3", source="bureau"),
    )  # fmt: skip


def city(**changes) -> Table:
    given = {"output": (30.0, 60.0, 25.0), "region": "City", "source": "yearbook"} | changes
    return regionalise(province(), given.pop("output"), **given)


def test_quotients_of_a_sector_at_home_nowhere():
    np.testing.assert_allclose(slq((1, 0, 1), (2, 0, 2)), (1, 0, 1))
    q = cilq((1, 0, 1), (2, 1, 2))
    np.testing.assert_allclose(q[:, 1], 0)
    np.testing.assert_allclose(q[1], 0)


def test_flq_shrinks_with_size():
    assert (flq(REGION, NATION, 0.3) < cilq(REGION, NATION)).all()
    np.testing.assert_allclose(flq(REGION, NATION, 0.0), cilq(REGION, NATION))
    np.testing.assert_allclose(flq(NATION, NATION, 0.3), 1.0)


def test_aflq_raises_what_specialised_buyers_get():
    more = aflq(REGION, NATION) / flq(REGION, NATION)
    np.testing.assert_allclose(more[:, 0], np.log2(3.0))
    np.testing.assert_allclose(more[:, 1:], 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_shares_are_shares(method):
    q = quotients(REGION, NATION, method)
    assert q.shape == (4, 4)
    assert (q >= 0).all()
    assert (q <= 1).all()


def test_slq_is_the_same_for_all_buyers():
    np.testing.assert_allclose(quotients(REGION, NATION, "SLQ")[:, 2], (1, 0.75, 1, 0.875))


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: slq((-1, 2), (1, 2), ("a", "b")), "regionalise.negative"),
        (lambda: slq((0, 0), (1, 2)), "regionalise.no_total"),
        (lambda: slq((1, 2), (1, 0)), "regionalise.not_in_parent"),
        (lambda: flq(REGION, NATION, 1.0), "regionalise.delta"),
        (lambda: flq(REGION, NATION, -0.1), "regionalise.delta"),
        (lambda: flq(REGION, NATION, float("nan")), "regionalise.delta"),
        (lambda: aflq(NATION, REGION), "regionalise.total_larger"),
        (lambda: flq((0, 0), (0, 0)), "regionalise.no_total"),
        (lambda: quotients(REGION, NATION, "XLQ"), "regionalise.method"),
    ],
)
def test_quotients_refuse(call, code):
    with pytest.raises(EconomyError) as error:
        call()
    assert error.value.problems[0].code == code
    for lang in ("en", "zh"):
        assert error.value.text(lang)


@pytest.mark.parametrize("method", METHODS)
def test_the_city_balances(method):
    table = city(method=method)
    assert_balanced(table, 1e-14)
    assert table.treatment == "domestic"
    assert table.final_labels == ("households", "stocks", "outflow")
    assert table.final_roles == ("consumption", "inventory", "outflow")
    assert (table.intermediate >= 0).all()
    assert (table.imported_intermediate >= 0).all()
    assert (table.final_demand[:, [0, 2]] >= 0).all()
    assert (table.imported_final[:, [0, 2]] >= 0).all()


def test_needs_and_value_added_are_the_parents_technology():
    parent, table = province(), city()
    needs = table.intermediate + table.imported_intermediate
    np.testing.assert_allclose(needs / table.output, parent.coefficients())
    np.testing.assert_allclose(table.value_added / table.output, parent.value_added / parent.output)


def test_final_demand_is_a_share_of_the_parents():
    parent, table = province(), city()
    share = table.value_added.sum() / parent.value_added.sum()
    wanted = table.final_demand[:, :2] + table.imported_final[:, :2]
    np.testing.assert_allclose(wanted, parent.final_demand[:, :2] * share)
    assert f"{share:.6g}, the region's share of value added" in table.origin.note
    table = city(final_share={"stocks": 0.5, "households": 0.25})
    np.testing.assert_allclose(
        table.final_demand[:, :2] + table.imported_final[:, :2], parent.final_demand[:, :2] * (0.25, 0.5)
    )
    assert "0.25 (households)" in table.origin.note
    assert city(final_share=0.0).final_demand[:, 0].sum() == 0


def test_the_origin_says_what_was_done():
    origin = city(year=2012, kind="assumed", method="AFLQ", delta=0.2).origin
    assert (origin.region, origin.year, origin.kind, origin.source) == ("City", 2012, "assumed", "bureau; yearbook")
    assert "City from Province by AFLQ (δ = 0.2)" in origin.note
    assert city().origin.year == 2007
    assert "δ" not in city(method="SLQ").origin.note


def test_a_sector_supplies_at_most_what_it_makes():
    table = city(output=(2.0, 60.0, 60.0), final_share=1.0, method="SLQ")
    assert_balanced(table, 1e-14)
    codes = {p.code: p for p in table.findings}
    assert codes["regionalise.final_cut"].values["count"] >= 1
    assert table.final_demand[:, 2].min() == 0
    tight = city(output=(0.5, 90.0, 0.5), method="SLQ", final_share=0.1)
    assert_balanced(tight, 1e-14)


def test_final_demand_is_cut_first():
    parent = Table(
        ("coal", "power"), [[0.0, 80.0], [0.0, 0.0]], [[25.0, -5.0], [100.0, 0.0]], ("households", "inflow"),
        ("consumption", "inflow"), [[100.0, 20.0]], ("v",), [100.0, 100.0],
    )  # fmt: skip
    result = regionalise(parent, (60, 100), region="C", source="s", method="SLQ", final_share=0.5)
    assert_balanced(result, 1e-14)
    assert [p.code for p in result.findings] == ["regionalise.final_cut"]
    assert result.intermediate[0, 1] == pytest.approx(60.0)
    assert result.final_demand[0, 0] == 0


def test_intermediate_cut_is_found():
    parent = Table(
        ("coal", "power", "rest"), [[0.0, 90.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
        [[10.0], [100.0], [800.0]], ("households",), ("consumption",), [[100.0, 10.0, 800.0]], ("v",),
        [100.0, 100.0, 800.0],
    )  # fmt: skip
    result = regionalise(parent, (20, 100, 10), region="C", source="s", method="SLQ")
    assert_balanced(result, 1e-14)
    codes = {p.code: p.values for p in result.findings}
    assert codes["regionalise.intermediate_cut"]["names"] == ["coal"]
    assert result.intermediate[0, 1] == pytest.approx(20.0)
    assert result.imported_intermediate[0, 1] == pytest.approx(70.0)
    assert result.final_demand[0, 0] == 0


def test_stocks_drawn_down_are_split_and_never_cut():
    table = city(output=(4.0, 60.0, 60.0), method="SLQ", final_share=0.5)
    local = min(1.0, slq((4, 60, 60), province().output)[0])
    np.testing.assert_allclose(table.final_demand[0, STOCK], -6.0 * 0.5 * local)
    np.testing.assert_allclose(table.imported_final[0, STOCK], -6.0 * 0.5 * (1 - local))
    assert_balanced(table, 1e-14)


def test_absent_sectors_are_imported():
    table = city(output={"works": 60.0, "farm": 0.0, "services": 20.0})
    assert not table.intermediate[0].any()
    assert not table.intermediate[:, 0].any()
    assert table.imported_intermediate[0].sum() > 0
    Economy(table)


def test_a_column_named_outflow_in_the_parent_is_no_clash():
    parent = replace(province(), final_labels=("outflow", "stocks", "away", "inflow", "other"))
    table = regionalise(parent, (30, 60, 25), region="C", source="s")
    assert table.final_labels == ("outflow", "stocks", "outflow (rest)")


def test_rounding_of_the_parent_is_closed_in_value_added():
    parent = province()
    off = replace(parent, value_added=parent.value_added * (1 + 1e-8))
    assert_balanced(regionalise(off, (30, 60, 25), region="C", source="s"), 1e-14)


def test_larger_than_the_parent_is_told():
    table = city(output=(20.0, 150.0, 25.0), final_share=0.5)
    assert "regionalise.larger" in [p.code for p in table.findings]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"output": (-1.0, 60.0, 25.0)}, "regionalise.negative"),
        ({"final_share": 1.2}, "regionalise.share"),
        ({"final_share": {"households": -0.1, "stocks": 0.1}}, "regionalise.share"),
        ({"method": "Flegg"}, "regionalise.method"),
        ({"output": (300.0, 300.0, 300.0), "method": "SLQ"}, "regionalise.default_share"),
        ({"delta": 2.0}, "regionalise.delta"),
    ],
)
def test_what_is_refused(changes, code):
    with pytest.raises(EconomyError) as error:
        city(**changes)
    assert code in [p.code for p in error.value.problems]
    for lang in ("en", "zh"):
        assert error.value.text(lang)


def test_parents_that_are_refused():
    parent, given = province(), {"region": "C", "source": "s"}
    bad = {
        "regionalise.treatment": city(),
        "regionalise.hybrid": replace(parent, sector_units=("t", "USD", "USD")),
        "regionalise.parent_unbalanced": replace(parent, value_added=parent.value_added * 1.1),
        "regionalise.default_share": replace(
            small_table(), value_added=[[0.0, 0.0]], intermediate=[[300.0, 1000], [700, 1000]]
        ),
    }
    for code, table in bad.items():
        with pytest.raises(EconomyError) as error:
            regionalise(table, table.output * 0.1, **given)
        assert error.value.problems[0].code == code
    none = replace(small_table(), output=[1000.0, 0.0], intermediate=[[150.0, 0], [200, 0]])
    with pytest.raises(EconomyError, match="manufacturing"):
        regionalise(none, (10, 5), **given)
    with pytest.raises(LabelError):
        city(final_share={"households": 0.1})
