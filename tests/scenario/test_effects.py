"""The process balance of an exchange, per unit of stream, against numbers had by hand."""

from dataclasses import replace

import pytest

from lichen.scenario.effects import Payment, Purchase, Resource, SiteFlow, amount_unit, new_share, unit_effects
from lichen.scenario.exchange import Need, Product, Replacement


def purchases(effects):
    return [
        (e.buyer, e.supplier, e.product, pytest.approx(e.money), e.currency) for e in effects if isinstance(e, Purchase)
    ]


def flows(effects):
    return [
        (e.account, pytest.approx(e.amount), e.amount_unit, e.cause, e.party)
        for e in effects
        if isinstance(e, SiteFlow)
    ]


def resources(effects):
    return [(e.product, pytest.approx(e.amount), e.cause) for e in effects if isinstance(e, Resource)]


def test_slag_for_clinker(town):
    """S = 0.8: 0.8 t clinker, hence 0.12 t coal (60 CNY, 0.24 tCO2), 80 kWh (40 CNY), 0.424 tCO2 of the stone."""
    effects = unit_effects(town.slag(), town.book(town.slag()))
    assert resources(effects) == [
        ("clinker", -0.8, "replaced"), ("coal", -0.12, "avoided input"), ("electricity", -80, "avoided input"),
        ("electricity", 50, "needed"),
    ]  # fmt: skip
    assert purchases(effects) == [
        ("receiver", "coal", "coal", -60, "CNY"), ("receiver", "power", "electricity", -40, "CNY"),
        ("receiver", "power", "electricity", 25, "CNY"), ("donor", "services", "disposal", -10, "CNY"),
        ("receiver", "transport", "transport", 15, "CNY"),
    ]  # fmt: skip
    assert flows(effects) == [
        ("CO2", -0.424, "tCO2", "replaced", "receiver"),
        ("CO2", -0.24, "tCO2", "avoided input", "receiver"),
    ]
    assert [(e.money, e.currency) for e in effects if isinstance(e, Payment)] == [(pytest.approx(20), "CNY")]


def test_what_is_made_of_what_is_made(town):
    """Cement of 75 % clinker: two steps down, and an account other than carbon on the way."""
    exchange = town.slag(replaces=(Replacement("cement", town.figure(1, "t/t")),), needs=())
    effects = unit_effects(exchange, town.book(exchange))
    assert resources(effects) == [
        ("cement", -1, "replaced"), ("clinker", -0.75, "avoided input"), ("coal", -0.1125, "avoided input"),
        ("electricity", -75, "avoided input"),
    ]  # fmt: skip
    assert flows(effects) == [
        ("water", -0.2, "m3", "replaced", "receiver"), ("CO2", -0.3975, "tCO2", "avoided input", "receiver"),
        ("CO2", -0.225, "tCO2", "avoided input", "receiver"),
    ]  # fmt: skip


def test_the_part_that_was_used_before_only_changes_its_user(town):
    whole = unit_effects(town.slag(), town.book())
    half = unit_effects(town.slag(additionality=town.figure(50, "%")), town.book())
    for one, two in zip(whole, half, strict=True):
        size = "money" if isinstance(one, Purchase | Payment) else "amount"
        assert getattr(two, size) == pytest.approx(getattr(one, size) / 2)
    nothing = unit_effects(town.slag(additionality=town.figure(0, "1")), town.book())
    assert all(getattr(e, "money", getattr(e, "amount", 0)) == 0 for e in nothing)


@pytest.mark.parametrize(("drawn", "share"), [(1.3, 1.0), (-0.2, 0.0), (0.4, 0.4)])
def test_a_drawn_share_stays_a_share(town, drawn, share):
    exchange = town.slag(additionality=town.figure(0.9, "t/t", 0.5, 1))
    assert new_share(exchange, lambda _: drawn) == share
    assert new_share(town.slag()) == 1


def test_own_carbon_of_the_stream(town):
    effects = unit_effects(town.plastics(), town.book())
    assert flows(effects) == [
        ("CO2", -3.0, "tCO2", "replaced", "receiver"),
        ("CO2", 2.75, "tCO2", "own carbon", "receiver"),
    ]


def test_energy_streams_count_in_gigajoules(town):
    effects = unit_effects(town.heat(), town.book())
    assert resources(effects) == [("coal", -0.05, "replaced"), ("electricity", 2, "needed")]
    assert purchases(effects) == [("receiver", "coal", "coal", -25, "CNY"), ("donor", "power", "electricity", 1, "CNY")]


def test_what_the_donor_burns_is_emitted_at_the_donor(town):
    exchange = town.slag(replaces=(), needs=(Need("coal", town.figure(20, "kg/t"), "donor"),))
    assert flows(unit_effects(exchange, town.book())) == [("CO2", 0.04, "tCO2", "needed", "donor")]


def test_who_pays_the_carrier(town):
    exchange = town.slag(replaces=(), needs=(), disposal=None, price=None)
    exchange = replace(exchange, transport=replace(exchange.transport, paid_by="donor"))
    assert purchases(unit_effects(exchange, town.book())) == [("donor", "transport", "transport", 15, "CNY")]


def test_inputs_of_what_is_bought_stand_in_the_table_and_are_not_counted_again(town):
    clinker = replace(town.products()[2], made_by="", supplier="cement", price=town.figure(300, "CNY/t"), onsite=())
    book = town.book(products=(clinker, *town.products()[:2]))
    effects = unit_effects(town.slag(needs=(), disposal=None, transport=None), book)
    assert purchases(effects) == [("receiver", "cement", "clinker", -240, "CNY")]
    assert resources(effects) == [("clinker", -0.8, "replaced")]


def test_figures_are_drawn(town):
    exchange = town.slag()
    drawn = {id(exchange.replaces[0].rate): 0.4}
    effects = unit_effects(exchange, town.book(exchange), lambda f: drawn.get(id(f), f.value))
    assert resources(effects)[0] == ("clinker", -0.4, "replaced")


@pytest.mark.parametrize(("unit", "per", "found"), [
    ("kgCO2/t", "t", "tCO2"), ("kg/t", "t", "t"), ("MJ/kWh", "kWh", "GJ"), ("m3/t", "t", "m3"), ("Nm3/GJ", "GJ", "Nm3"),
    ("person/t", "t", "person"), ("CNY/t", "t", ""), ("t CO2/(t km)", "tkm", "tCO2"), ("t/a", "t", ""),
])  # fmt: skip
def test_numerators(unit, per, found):
    assert amount_unit(unit, per) == found


def test_a_product_is_looked_up_by_name(town):
    assert isinstance(town.book().product("coal"), Product)
