"""Assessment: what adds up must add up, and each tonne counts once."""

from dataclasses import replace

import numpy as np
import pytest

from lichen.economy.table import Satellites
from lichen.errors import ScenarioError
from lichen.scenario.assess import Base, Scenario, assess, check_scenario, outcome, winners_and_losers
from lichen.scenario.changes import Changes, solve
from lichen.scenario.exchange import Product, Replacement
from lichen.scenario.intervention import CellChange, Intervention

NONE, EXISTING = Scenario("none", {}), Scenario("existing", {"slag": 5000.0})
UIS = Scenario("UIS", {"slag": 20_000.0, "heat": 20_000.0, "plastics": 1000.0})


@pytest.fixture
def base(economy, town) -> Base:
    return Base(economy, town.book(town.slag(), town.heat(), town.plastics(), limits=(town.cap(),)), {"slag": 5000.0})


def test_per_exchange_and_interaction_are_the_total(base):
    found = assess(base, UIS, EXISTING)
    assert [r.id for r in found.exchanges] == ["slag", "heat", "plastics"]
    for account in ("CO2", "water"):
        parts = sum(r.onsite[account] + r.upstream[account] for r in found.exchanges)
        assert parts + found.interaction[account] == pytest.approx(found.change(account))
        assert abs(found.interaction[account]) < 0.02 * abs(found.change(account))
    assert found.relative_change("CO2") == pytest.approx(found.change("CO2") / found.before.accounts.total("CO2"))


def test_onsite_is_the_process_balance(base):
    found = {r.id: r for r in assess(base, UIS, EXISTING).exchanges}
    assert found["slag"].onsite["CO2"] == pytest.approx(-0.664 * 15_000)
    assert found["heat"].onsite["CO2"] == pytest.approx(-2000)
    assert found["plastics"].onsite["CO2"] == pytest.approx(-250)
    assert found["slag"].saved == pytest.approx({"clinker": 12_000, "coal": 1800, "electricity": 1_200_000})
    assert found["slag"].needed == pytest.approx({"electricity": 750_000})
    assert found["slag"].waste_avoided == pytest.approx(15_000)
    assert found["heat"].waste_avoided == pytest.approx(20_000)
    assert found["slag"].upstream["CO2"] < 0


def test_money_of_the_parties(base):
    """Slag 15 kt: donor 20 + 10 CNY/t; receiver 60 + 40 − 25 − 15 − 20; suppliers −60 − 40 + 25 − 10 + 15 [10 000 CNY]."""
    found = {r.id: r for r in assess(base, UIS, EXISTING).exchanges}
    slag, heat, plastics = (found[name] for name in ("slag", "heat", "plastics"))
    assert (slag.donor_money, slag.receiver_money, slag.supplier_money) == pytest.approx((45, 60, -105))
    assert (heat.donor_money, heat.receiver_money, heat.supplier_money) == pytest.approx((28, 20, -48))
    assert (plastics.donor_money, plastics.receiver_money, plastics.supplier_money) == pytest.approx((36, 45, -81))
    for one in found.values():  # the payment between the parties cancels: what they gain, suppliers lose
        assert one.donor_money + one.receiver_money + one.supplier_money == pytest.approx(0, abs=1e-9)


def test_own_disposal_saves_money_and_takes_none_from_suppliers(town):
    exchange = town.slag(
        disposal=replace(town.slag().disposal, supplier="own"), replaces=(), needs=(), transport=None, price=None
    )
    found = assess(Base(town.economy(), town.book(exchange), {}), Scenario("s", {"slag": 1000.0}), NONE).exchanges[0]
    assert (found.donor_money, found.supplier_money) == (pytest.approx(1), 0)
    assert found.total("CO2") == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("credit", "share"), [("donor", 1), ("receiver", 0), ("shared", 0.5)])
def test_credit_adds_to_the_total(economy, town, credit, share):
    base = Base(economy, town.book(town.slag(credit=credit)), {})
    found = assess(base, Scenario("s", {"slag": 20_000.0}), NONE).exchanges[0]
    assert sum(found.credit.values()) == pytest.approx(found.total("CO2"))
    assert found.credit["donor"] == pytest.approx(share * found.total("CO2"))


def test_credit_of_an_account_in_parts(town):
    satellites = Satellites(("CO2", "CO2"), ("coal", "process"), ("t CO2",) * 2, town.sectors, np.full((2, 6), 1e6))
    base = Base(
        town.economy(satellites=satellites),
        town.book(
            town.slag(), products=tuple(replace(p, onsite=()) if p.id == "cement" else p for p in town.products())
        ),
        {},
    )
    found = assess(base, Scenario("s", {"slag": 20_000.0}), NONE).exchanges[0]
    assert sum(found.credit.values()) == pytest.approx(found.total("CO2/coal") + found.total("CO2/process"))
    assert found.credit["donor"] < -6640


def test_a_scenario_equal_to_its_reference_changes_nothing(base):
    found = assess(base, UIS, replace(UIS, id="same"))
    assert found.exchanges == ()
    assert found.change("CO2") == 0
    assert found.interaction == {"CO2": 0, "water": 0}
    assert not winners_and_losers(found).any()


def test_what_flowed_already_is_in_the_table(base):
    """The reference with the existing exchanges is the table itself; without them, they are taken out of it."""
    assert solve(base.economy, Changes.none(base.economy)).accounts.total("CO2") == pytest.approx(
        outcome(base, EXISTING).accounts.total("CO2")
    )
    assert outcome(base, NONE).accounts.total("CO2") > outcome(base, EXISTING).accounts.total("CO2")


def test_existing_in_and_out_of_the_reference_fit_together(base):
    whole, new, old = assess(base, UIS, NONE), assess(base, UIS, EXISTING), assess(base, EXISTING, NONE)
    for account in ("CO2", "water"):
        assert whole.change(account) == pytest.approx(new.change(account) + old.change(account), rel=1e-9)
    assert whole.exchanges[0].onsite["CO2"] == pytest.approx(
        new.exchanges[0].onsite["CO2"] + old.exchanges[0].onsite["CO2"]
    )
    assert whole.exchanges[0].amount == 20_000
    back = assess(base, EXISTING, UIS)
    assert back.change("CO2") == pytest.approx(-new.change("CO2"))


def test_only_the_additional_part_counts(economy, town):
    whole = assess(Base(economy, town.book(town.slag()), {}), Scenario("s", {"slag": 10_000.0}), NONE)
    half = assess(
        Base(economy, town.book(town.slag(additionality=town.figure(50, "%"))), {}),
        Scenario("s", {"slag": 20_000.0}),
        NONE,
    )
    assert half.change("CO2") == pytest.approx(whole.change("CO2"))
    assert half.exchanges[0].waste_avoided == pytest.approx(10_000)
    assert half.exchanges[0].donor_money == pytest.approx(whole.exchanges[0].donor_money)


def test_upstream_is_the_footprint_of_what_is_no_longer_bought(town):
    """With purchases alone and no production change elsewhere, upstream is the multiplier times money, to first order."""
    economy = town.economy()
    exchange = town.slag(
        replaces=(Replacement("electricity", town.figure(1, "kWh/t")),),
        needs=(),
        price=None,
        disposal=None,
        transport=None,
    )
    found = assess(Base(economy, town.book(exchange), {}), Scenario("s", {"slag": 100.0}), NONE).exchanges[0]
    assert found.upstream["CO2"] == pytest.approx(-economy.accounts().multipliers[0, 1] * 100 * 0.5 / 1e4, rel=1e-3)
    assert found.onsite["CO2"] == 0


def test_excluded_exchanges_count_nowhere(economy, town):
    book = town.book(town.slag(include=False, exclude_reason=town.slag().name), town.plastics())
    found = assess(Base(economy, book, {}), Scenario("s", {"slag": 20_000.0, "plastics": 1000.0}), NONE)
    assert [r.id for r in found.exchanges] == ["plastics"]


def test_interventions_are_what_remains(base, town):
    change = CellChange("intensity", ("CO2",), ("power",), town.figure(-0.1, "1"), town.figure(1, "1"))
    scenario = replace(EXISTING, id="i", interventions=(Intervention("i", "efficiency", (change,)),))
    found = assess(base, scenario, EXISTING)
    assert found.exchanges == ()
    assert found.interaction["CO2"] == pytest.approx(found.change("CO2")) == pytest.approx(-9e4)


def test_winners_and_losers(base):
    found = assess(base, UIS, EXISTING)
    moved = winners_and_losers(found)
    assert moved[0] < 0  # mines sell less
    assert moved[2] > 0  # cement saves
    paid = found.after.to_city.sum() - found.before.to_city.sum()
    assert paid == pytest.approx(30, rel=1e-3)  # for 1 kt of plastics at 300 CNY/t
    assert moved.sum() == pytest.approx(found.after.value_added.sum() - found.before.value_added.sum() - paid)
    assert winners_and_losers(found, "CO2").sum() == pytest.approx(
        found.after.accounts.consumption[0].sum() - found.before.accounts.consumption[0].sum())  # fmt: skip


def test_a_gate_fee_is_possible(economy, town):
    """The donor pays: the receiver's negative purchase is no purchase saved."""
    base = Base(economy, town.book(town.slag(price=town.figure(-50, "CNY/t"))), {})
    paid = assess(base, Scenario("s", {"slag": 100_000.0}), NONE)
    free = assess(Base(economy, town.book(town.slag(price=None)), {}), Scenario("s", {"slag": 100_000.0}), NONE)
    assert paid.change("CO2") == pytest.approx(free.change("CO2"), rel=0.01)
    assert paid.exchanges[0].donor_money == pytest.approx(free.exchanges[0].donor_money - 500)
    moved = paid.after.value_added - free.after.value_added
    np.testing.assert_allclose(moved[[2, 3]], [500, -500], rtol=0.05)


def test_taking_an_existing_exchange_out_needs_no_payment_in_the_table(town):
    exchange = town.slag(price=town.figure(2000, "CNY/t"), available=None)
    base = Base(town.economy(), town.book(exchange), {"slag": 50_000.0})  # 10 000, while the table shows 500
    assert check_scenario(base, NONE).ok


# --- refusals -------------------------------------------------------------------------------------------------------
def code(error) -> str:
    return error.value.problems[0].code


@pytest.mark.parametrize(("quantities", "expected"), [
    ({"slag": 200_001.0}, "scenario.more_than_available"), ({"slag": -1.0}, "scenario.negative_quantity"),
    ({"slag": float("nan")}, "scenario.quantity_not_finite"), ({"salg": 1.0}, "scenario.unknown_exchange"),
    ({"heat": 1e6}, "scenario.more_than_bought"),
])  # fmt: skip
def test_what_cannot_happen_is_refused(base, quantities, expected):
    with pytest.raises(ScenarioError) as error:
        assess(base, Scenario("s", quantities), NONE)
    assert code(error) == expected
    with pytest.raises(ScenarioError):
        assess(base, NONE, Scenario("s", quantities))
    with pytest.raises(ScenarioError):
        outcome(base, Scenario("s", quantities))


def test_limits_hold_for_all_exchanges_together(economy, town):
    book = town.book(town.slag(available=None), limits=(town.cap(share=0.01),))
    with pytest.raises(ScenarioError) as error:
        outcome(Base(economy, book, {}), Scenario("s", {"slag": 10_001.0}))
    assert code(error) == "scenario.limit"


def test_what_is_said_to_flow_already_must_be_known(base):
    problems = check_scenario(replace(base, observed={"slagg": 5.0}), NONE)
    assert [p.code for p in problems] == ["scenario.unknown_exchange"]


def test_books_that_are_not_sound_are_told_not_stumbled_over(economy, town):
    loop = Product("loop", "t", made_by="receiver", input=(replace(town.products()[2].input[0], product="loop"),))
    for exchange, expected in (
        (town.slag(donor="nobody"), "scenario.unknown_sector"),
        (town.slag(replaces=(Replacement("gold", town.figure(1, "t/t")),)), "scenario.unknown_product"),
        (town.slag(replaces=(Replacement("loop", town.figure(1, "t/t")),)), "scenario.product_cycle"),
    ):
        book = town.book(exchange, products=(*town.products(), loop))
        with pytest.raises(ScenarioError) as error:
            outcome(Base(economy, book, {}), Scenario("s", {"slag": 1.0}))
        assert expected in {p.code for p in error.value.problems}


def test_no_share_of_nothing(town):
    satellites = Satellites(("CO2", "water"), ("", ""), ("t CO2", "m3"), town.sectors, np.zeros((2, 6)))
    book = town.book(town.slag(replaces=(), needs=()))
    found = assess(Base(town.economy(satellites=satellites), book, {}), Scenario("s", {"slag": 1.0}), NONE)
    assert np.isnan(found.relative_change("CO2"))


def test_one_exchange_alone_is_seen_from_its_reference(economy, town):
    """Where one exchange is all that differs it is the whole change, whatever else the reference holds."""
    change = CellChange("intensity", ("CO2",), ("power",), town.figure(-0.9, "1"), town.figure(1, "1"))
    clean = Scenario("clean", {"plastics": 5000.0}, (Intervention("i", "efficiency", (change,)),))
    base = Base(economy, town.book(town.slag(), town.plastics()), {})
    found = assess(base, Scenario("s", {"plastics": 5000.0, "slag": 20_000.0}, clean.interventions), clean)
    assert found.exchanges[0].total("CO2") == pytest.approx(found.change("CO2"), rel=1e-9)
    dirty = assess(base, Scenario("s", {"slag": 20_000.0}), NONE)
    assert (
        found.exchanges[0].upstream["CO2"] > dirty.exchanges[0].upstream["CO2"] + 200
    )  # clean power saved is worth less
