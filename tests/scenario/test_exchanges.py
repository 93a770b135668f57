"""From an exchange to entries of the accounts, each by hand, and the checks that it can happen."""

from dataclasses import replace

import numpy as np
import pytest

from lichen.errors import ScenarioError
from lichen.scenario.changes import Changes, solve
from lichen.scenario.effects import Payment, unit_effects
from lichen.scenario.exchange import Need, Replacement
from lichen.scenario.exchanges import (
    check_possible,
    check_quantities,
    city_columns,
    effects_changes,
    exchange_changes,
    local_share,
    local_share_of_final,
    quantity,
)

COAL, POWER, CEMENT, STEEL, SERVICES, TRANSPORT = range(6)


def codes(problems):
    return [p.code for p in problems]


def column(changes: Changes, j: int) -> np.ndarray:
    return changes.intermediate[:, changes.columns.index(j)]


def test_slag_is_booked_where_it_belongs(town):
    """10 kt: in 10 000 CNY the receiver saves 60 coal and 40 − 25 power, and pays 15 to carriers and 20 to the donor."""
    changes = exchange_changes(town.economy(), town.book(), town.slag(), 10_000)
    assert changes.columns == (CEMENT, STEEL)
    np.testing.assert_allclose(column(changes, CEMENT), [-60, -15, 0, 20, 0, 15], atol=1e-12)
    np.testing.assert_allclose(column(changes, STEEL), [0, 0, 0, -20, -10, 0], atol=1e-12)
    np.testing.assert_allclose(changes.satellites, [[0, 0, -6640, 0, 0, 0], [0] * 6], atol=1e-9)
    assert not changes.final.any()
    assert not changes.imported.any()
    assert not changes.direct.any()


def test_imported_shares_follow_the_cell(town):
    """Coal is imported to a fifth: the local mine loses 48 of 60. By-products are always local."""
    economy = town.economy("domestic")
    changes = exchange_changes(economy, town.book(), town.slag(), 10_000)
    np.testing.assert_allclose(column(changes, CEMENT), [-48, -15, 0, 20, 0, 15], atol=1e-12)
    imported = changes.imported[:, changes.columns.index(CEMENT)]
    np.testing.assert_allclose(imported, [-12, 0, 0, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(column(changes, STEEL), [0, 0, 0, -20, -10, 0], atol=1e-12)


def test_heat_to_the_city(town):
    """20 TJ: the city saves 1000 t coal (50) and 2000 t CO2 of its own, pays 30; the donor needs 2 of its own power."""
    changes = exchange_changes(town.economy(), town.book(), town.heat(), 20_000)
    assert changes.columns == (POWER,)
    np.testing.assert_allclose(column(changes, POWER), [0, 2 - 30, 0, 0, 0, 0], atol=1e-12)
    # homes buy 300 of coal, government 100; 6000 and 1500 of power
    np.testing.assert_allclose(changes.final[COAL], [-37.5, -12.5, 0, 0, 0])
    np.testing.assert_allclose(changes.final[POWER], [24, 6, 0, 0, 0])
    np.testing.assert_allclose(changes.direct, [-2000, 0])
    assert not changes.satellites.any()


def test_what_the_city_no_longer_buys_is_partly_imported(town):
    changes = exchange_changes(town.economy("domestic"), town.book(), town.heat(), 20_000)
    assert changes.final[COAL].sum() == pytest.approx(-40)
    assert changes.final[POWER].sum() == pytest.approx(30)


def test_plastics_of_the_city(town):
    """1 kt: the city saves disposal of 6; the 30 it is paid are income, in the value added of the payer who does not keep it."""
    economy = town.economy()
    changes = exchange_changes(economy, town.book(), town.plastics(), 1000)
    assert changes.columns == (STEEL,)
    np.testing.assert_allclose(column(changes, STEEL), [-75, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(changes.final[SERVICES], [-6 * 40 / 65, -6 * 25 / 65, 0, 0, 0])
    np.testing.assert_allclose(changes.satellites[0], [0, 0, 0, -250, 0, 0])
    np.testing.assert_allclose(changes.to_city, [0, 0, 0, 30, 0, 0])
    free = exchange_changes(economy, town.book(), town.plastics(price=None), 1000)
    np.testing.assert_array_equal(free.intermediate, changes.intermediate)
    before, after = solve(economy, Changes.none(economy)), solve(economy, changes)
    assert after.value_added[STEEL] - before.value_added[STEEL] == pytest.approx(75, rel=0.05)
    assert after.value_kept[STEEL] - before.value_kept[STEEL] == pytest.approx(45, rel=0.1)


def test_what_the_donor_burns(town):
    exchange = town.slag(
        replaces=(), price=None, disposal=None, transport=None, needs=(Need("coal", town.figure(20, "kg/t"), "donor"),)
    )
    changes = exchange_changes(town.economy(), town.book(), exchange, 10_000)
    assert changes.columns == (STEEL,)
    np.testing.assert_allclose(column(changes, STEEL), [10, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(changes.satellites[0], [0, 0, 0, 400, 0, 0])
    city = town.plastics(price=None, disposal=None, own_carbon=None, replaces=(), needs=exchange.needs)
    changes = exchange_changes(town.economy(), town.book(), city, 1000)
    np.testing.assert_allclose(changes.direct, [40, 0])
    assert changes.final[COAL].sum() == pytest.approx(1)


def test_a_payment_for_a_by_product_calls_for_no_production(economy, town):
    """Stone: a by-product is a negative input of its maker. Money moves; output and emissions do not, in any sector."""
    book = town.book()
    before = solve(economy, Changes.none(economy))
    for exchange, gain in ((town.slag(), True), (town.heat(), False)):
        payment = [e for e in unit_effects(exchange, book) if isinstance(e, Payment)]
        changes = effects_changes(economy, exchange, payment, 20_000)
        after = solve(economy, changes)
        np.testing.assert_allclose(after.accounts.output, before.accounts.output, rtol=1e-12)
        np.testing.assert_allclose(after.accounts.production, before.accounts.production, rtol=1e-12)
        moved = after.value_added - before.value_added
        if gain:
            np.testing.assert_allclose(moved, [0, 0, -40, 40, 0, 0], atol=1e-8)
        else:  # the city pays the power plant out of its final demand
            np.testing.assert_allclose(moved, [0, 30, 0, 0, 0, 0], atol=1e-8)
            assert (after.final - before.final).sum() == pytest.approx(30)


def test_own_disposal_is_bought_from_nobody(town):
    exchange = town.slag(disposal=replace(town.slag().disposal, supplier="own"))
    changes = exchange_changes(town.economy(), town.book(), exchange, 10_000)
    np.testing.assert_allclose(column(changes, STEEL), [0, 0, 0, -20, 0, 0], atol=1e-12)


def test_donor_and_receiver_in_one_sector(town):
    exchange = town.slag(receiver="steel", disposal=None, transport=None)
    changes = exchange_changes(town.economy(), town.book(), exchange, 10_000)
    np.testing.assert_allclose(column(changes, STEEL), [-60, -15, 0, 0, 0, 0], atol=1e-12)


def test_quantities_and_signs(town):
    economy = town.economy()
    plus = exchange_changes(economy, town.book(), town.slag(), 10_000)
    minus = exchange_changes(economy, town.book(), town.slag(), -10_000)
    np.testing.assert_allclose(plus.intermediate, -minus.intermediate)
    assert quantity(town.slag(), town.slag().designed) == pytest.approx(20_000)
    assert quantity(town.heat(), town.heat().designed) == pytest.approx(20_000)
    assert quantity(town.slag(), None) == 0


# --- local and imported -----------------------------------------------------------------------------------------------
def test_local_shares(town):
    table = town.table("domestic")
    assert local_share(table, COAL, CEMENT) == pytest.approx(0.8)
    assert local_share(table, STEEL, CEMENT) == pytest.approx(0.9)
    assert local_share_of_final(table, STEEL, 0) == pytest.approx(0.9)
    assert local_share(town.table(), COAL, CEMENT) == 1
    assert local_share_of_final(town.table(), COAL, 0) == 1


def test_an_empty_cell_takes_the_share_of_its_row(town):
    table = town.table("domestic")
    Z, M = table.intermediate.copy(), table.imported_intermediate.copy()
    Z[COAL, CEMENT] = M[COAL, CEMENT] = 0
    M[COAL, COAL] *= 2
    share = Z[COAL].sum() / (Z[COAL].sum() + M[COAL].sum())
    assert local_share(replace(table, intermediate=Z, imported_intermediate=M), COAL, CEMENT) == pytest.approx(share)


def test_a_row_sold_to_final_users_only_is_as_local_as_they_buy_it(town):
    table = town.table("domestic")
    Z, M = table.intermediate.copy(), table.imported_intermediate.copy()
    Z[COAL] = M[COAL] = 0
    assert local_share(replace(table, intermediate=Z, imported_intermediate=M), COAL, CEMENT) == pytest.approx(0.8)
    bare = replace(table, intermediate=Z, imported_intermediate=M, imported_final=None)
    assert local_share(bare, COAL, CEMENT) == 1


def test_what_nobody_makes_here_is_imported(town):
    """As published too: a purchase from a sector without output would otherwise give it a negative output."""
    published = replace(town.table(), output=[0.0, *town.table().output[1:]])
    assert local_share(published, COAL, CEMENT) == 0
    assert local_share_of_final(published, COAL, 0) == 0


def test_saving_what_nobody_makes_here_saves_imports(town):
    table, satellites = town.table(), town.economy().satellites
    Z, F = table.intermediate.copy(), table.final_demand.copy()
    Z[:, COAL] = 0
    F[COAL, 4] -= table.output[COAL]
    F[:, 1] += table.intermediate[:, COAL]
    F[COAL, 1] -= table.intermediate[COAL, COAL]
    F[COAL, 4] += table.intermediate[COAL, COAL]
    x = Z.sum(axis=1) + F.sum(axis=1)
    x[COAL] = 0
    values = satellites.values.copy()
    values[:, COAL] = 0
    F[COAL, 4] -= Z[COAL].sum() + F[COAL].sum()
    idle = replace(table, intermediate=Z, final_demand=F, output=x, value_added=(x - Z.sum(axis=0))[None, :])
    economy = town.economy(satellites=replace(satellites, values=values))
    economy = replace(economy, table=idle)
    changes = exchange_changes(economy, town.book(), town.slag(), 10_000)
    assert column(changes, CEMENT)[COAL] == 0
    assert changes.imported[COAL, changes.columns.index(CEMENT)] == pytest.approx(-60)
    before, after = solve(economy, Changes.none(economy)), solve(economy, changes)
    assert after.accounts.output[COAL] == pytest.approx(0, abs=10)  # others buy a little less; not the 60
    assert after.value_added[CEMENT] - before.value_added[CEMENT] == pytest.approx(60 + 15 - 15 - 20, abs=1)


def test_columns_of_the_city(town):
    table = town.table()
    assert city_columns(table, COAL) == {0: 0.75, 1: 0.25}
    assert city_columns(table, CEMENT) == {0: 1.0, 1: 0.0}
    nothing = replace(table, final_demand=table.final_demand * np.array([[0], [1], [1], [1], [1], [1]]))
    shares = city_columns(nothing, COAL)
    assert shares[0] == pytest.approx(56_500 / 85_000)  # as all the rest they buy
    assert sum(shares.values()) == pytest.approx(1)
    assert city_columns(replace(table, final_demand=0 * table.final_demand), COAL) == {1: 1.0}
    with pytest.raises(ScenarioError) as error:
        city_columns(replace(table, final_roles=("investment",) * 5), COAL)
    assert error.value.problems[0].code == "scenario.no_consumption"


# --- what cannot happen ---------------------------------------------------------------------------------------------
def test_quantities_beyond_supply_and_limits(town):
    book = town.book(town.slag(), town.slag(id="ash", available=None), limits=(town.cap(exchanges=("slag", "ash")),))
    assert codes(check_quantities(book, {"slag": 100_000, "ash": 100_000})) == []
    problems = check_quantities(book, {"slag": 100_001, "ash": 100_000})
    assert codes(problems) == ["scenario.more_than_available", "scenario.limit"]
    assert [p.values for p in problems][1]["most"] == "200,000"
    assert codes(check_quantities(book, {"ash": -1})) == ["scenario.negative_quantity"]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_quantities_are_numbers_of_known_exchanges(town, bad):
    book = town.book(town.slag())
    assert "scenario.quantity_not_finite" in codes(check_quantities(book, {"slag": bad}))
    problems = check_quantities(book, {"slags": 1.0})
    assert codes(problems) == ["scenario.unknown_exchange"]
    assert next(iter(problems)).values["near"] == "slag"


def test_more_than_is_bought(town):
    economy = town.economy()
    changes = exchange_changes(economy, town.book(), town.slag(price=None), 1_100_000)
    problems = check_possible(economy, changes)
    assert codes(problems) == ["scenario.more_than_bought"]
    values = next(iter(problems)).values
    assert (values["supplier"], values["buyer"], values["bought"], values["replaced"]) == (
        "coal",
        "cement",
        "6,000",
        "6,600",
    )


def test_more_than_is_bought_from_ones_own_sector(town):
    economy = town.economy()
    exchange = town.slag(receiver="coal", price=None, needs=(), transport=None, disposal=None)
    problems = check_possible(economy, exchange_changes(economy, town.book(), exchange, 180_000))
    assert [(p.values["supplier"], p.values["buyer"]) for p in problems if p.code == "scenario.more_than_bought"] == [
        ("coal", "coal")
    ]


def test_more_than_the_city_buys_or_emits(town):
    economy = town.economy()
    problems = check_possible(economy, exchange_changes(economy, town.book(), town.heat(price=None), 200_000))
    assert codes(problems) == ["scenario.more_than_bought"] * 2
    assert {p.values["buyer"] for p in problems} == {"homes", "government"}
    cheap = replace(town.products()[0], price=town.figure(1, "CNY/t"))
    book = town.book(products=(cheap, *town.products()[1:]))
    problems = check_possible(economy, exchange_changes(economy, book, town.heat(price=None), 1_100_000))
    assert codes(problems) == ["scenario.more_than_emitted"]
    assert next(iter(problems)).values["sector"] == "city"


def test_more_than_is_emitted(town):
    economy = town.economy()
    cheap = replace(town.products()[2], input=())
    book = town.book(products=(*town.products()[:2], cheap))
    problems = check_possible(economy, exchange_changes(economy, book, town.slag(), 3_000_000))
    assert [p.values["sector"] for p in problems if p.code == "scenario.more_than_emitted"] == ["cement"]


def test_a_negative_cell_may_shrink_with_its_column(town):
    """A scaled negative cell stays negative: that is no purchase saved."""
    table = town.table()
    Z = table.intermediate.copy()
    Z[2, 0] = -100
    economy = replace(town.economy(), table=replace(table, intermediate=Z), tolerance=1.0)
    none = Changes.none(economy)
    delta = np.zeros((6, 1))
    delta[2] = -10
    assert codes(check_possible(economy, replace(none, columns=(0,), intermediate=delta, imported=0 * delta))) == []


def test_closed_sectors_take_and_give_nothing(town):
    table = town.table()
    idle = table.output.copy()
    idle[CEMENT] = 0
    economy = town.economy()
    object.__setattr__(economy, "table", replace(table, output=idle))
    changes = exchange_changes(economy, town.book(), town.slag(), 10_000)
    assert codes(check_possible(economy, changes)) == ["scenario.no_output", "scenario.no_output"]


def test_replacing_nothing_changes_only_logistics(town):
    exchange = town.slag(replaces=(Replacement("clinker", town.figure(0, "1")),), needs=())
    changes = exchange_changes(town.economy(), town.book(), exchange, 10_000)
    assert not changes.satellites.any()
