"""Every problem of an exchange book is found, at its place, together with all others."""

from dataclasses import replace

import pytest

from lichen.errors import Where
from lichen.figures import Text
from lichen.scenario.check import check_book
from lichen.scenario.exchange import Need, OnSite, Product, Replacement, Transport


def check(town, book, **changes):
    given = {"sectors": town.sectors, "accounts": ("CO2", "water"), "money": "10000 CNY", "file": "exchanges.toml"}
    return list(check_book(book, **given | changes))


def keys(problems):
    return [(p.code.removeprefix("scenario."), p.where.key) for p in problems]


def test_a_sound_book_has_no_problem(town):
    book = town.book(town.slag(), town.heat(), town.plastics(), limits=(town.cap(),))
    assert check(town, book) == []


def test_doubled_ids(town):
    book = town.book(town.slag(), town.slag(), limits=(town.cap(), town.cap()))
    book = replace(book, products=(*book.products, book.products[0]))
    assert [(p.code, p.where.key, p.values["id"]) for p in check(town, book)] == [
        ("scenario.doubled", "exchange", "slag"), ("scenario.doubled", "product", "coal"), ("scenario.doubled", "limit", "cap")]  # fmt: skip


CASES = [
    (lambda t: t.slag(donor="steell"), [("unknown_sector", "exchange.slag.donor")]),
    (lambda t: t.slag(receiver="market"), [("unknown_sector", "exchange.slag.receiver")]),
    (lambda t: t.plastics(receiver="city"), [("city_to_city", "exchange.plastics")]),
    (lambda t: t.slag(include=False), [("no_reason", "exchange.slag")]),
    (lambda t: t.slag(include=False, exclude_reason=Text("", "单位待询问"), designed=t.figure(300, "GJ")), []),
    (lambda t: t.heat(designed=t.figure(300, "tons/year")), [("does_not_fit", "exchange.heat.designed")]),
    (lambda t: t.slag(existing=t.figure(-5, "t/a")), [("negative_quantity", "exchange.slag.existing")]),
    (lambda t: t.slag(implemented=t.figure(5, "t")), [("does_not_fit", "exchange.slag.implemented")]),
    (lambda t: t.slag(available=t.figure(5, "GJ/a")), [("does_not_fit", "exchange.slag.available")]),
    (lambda t: t.slag(additionality=t.figure(1.1, "1")), [("share", "exchange.slag.additionality")]),
    (lambda t: t.slag(additionality=t.figure(80, "%")), []),
    (lambda t: t.slag(additionality=t.figure(120, "%")), [("share", "exchange.slag.additionality")]),
    (lambda t: t.slag(additionality=t.figure(0.5, "t")), [("does_not_fit", "exchange.slag.additionality")]),
    (lambda t: t.slag(price=t.figure(20, "USD/t")), [("currency", "exchange.slag.price")]),
    (lambda t: t.slag(price=t.figure(20, "t/t")), [("does_not_fit", "exchange.slag.price")]),
    (lambda t: t.slag(price=t.figure(20, "CNY/GJ")), [("does_not_fit", "exchange.slag.price")]),
    (lambda t: t.slag(price=t.figure(-20, "CNY/t")), [("negative_price", "exchange.slag.price")]),
    (lambda t: t.slag(own_carbon=t.figure(1, "t/t")), [("does_not_fit", "exchange.slag.own_carbon")]),
    (
        lambda t: t.slag(disposal=replace(t.slag().disposal, supplier="tip")),
        [("unknown_sector", "exchange.slag.disposal.supplier")],
    ),
    (lambda t: t.slag(disposal=replace(t.slag().disposal, supplier="own")), []),
    (
        lambda t: t.slag(transport=replace(t.slag().transport, supplier="own")),
        [("unknown_sector", "exchange.slag.transport.supplier")],
    ),
    (
        lambda t: t.slag(transport=replace(t.slag().transport, distance=t.figure(3, "h"))),
        [("does_not_fit", "exchange.slag.transport.distance")],
    ),
    (
        lambda t: t.slag(transport=replace(t.slag().transport, tariff=t.figure(3, "CNY/t"))),
        [("does_not_fit", "exchange.slag.transport")],
    ),
    (lambda t: t.slag(replaces=()), [("replaces_nothing", "exchange.slag")]),
    (
        lambda t: t.slag(replaces=(Replacement("klinker", t.figure(1, "t/t")),)),
        [("unknown_product", "exchange.slag.replaces")],
    ),
    (
        lambda t: t.slag(replaces=(Replacement("clinker", t.figure(1, "GJ/t")),)),
        [("does_not_fit", "exchange.slag.replaces.clinker")],
    ),
    (
        lambda t: t.slag(replaces=(Replacement("clinker", t.figure(-0.1, "t/t")),)),
        [("rate_negative", "exchange.slag.replaces.clinker")],
    ),
    (
        lambda t: t.slag(replaces=(Replacement("clinker", t.figure(3.5, "t/t")),)),
        [("rate_high", "exchange.slag.replaces.clinker")],
    ),
    (lambda t: t.slag(replaces=(Replacement("clinker", t.figure(800, "kg/t")),)), []),
    (
        lambda t: t.slag(replaces=(Replacement("clinker", t.figure(3500, "kg/t")),)),
        [("rate_high", "exchange.slag.replaces.clinker")],
    ),
    (lambda t: t.slag(replaces=(Replacement("electricity", t.figure(100, "kWh/t")),)), []),
    (lambda t: t.slag(needs=(Need("power", t.figure(1, "kWh/t")),)), [("unknown_product", "exchange.slag.needs")]),
    (
        lambda t: t.slag(needs=(Need("electricity", t.figure(1, "t/t")),)),
        [("does_not_fit", "exchange.slag.needs.electricity")],
    ),
    (
        lambda t: t.slag(needs=(Need("electricity", t.figure(-1, "kWh/t")),)),
        [("negative_amount", "exchange.slag.needs.electricity")],
    ),
    (
        lambda t: t.slag(
            transport=Transport(t.figure(-5, "km"), t.figure(1, "CNY/(t km)"), t.slag().transport.supplier)
        ),
        [("negative_amount", "exchange.slag.transport.distance")],
    ),
]


@pytest.mark.parametrize(("make", "expected"), CASES, ids=range(len(CASES)))
def test_exchanges(town, make, expected):
    problems = check(town, town.book(make(town)))
    assert [(code.removeprefix("units."), key) for code, key in keys(problems)] == expected
    assert all(p.where.file == "exchanges.toml" for p in problems)
    assert all(p.text("zh") for p in problems)
    notes = {"negative_price": "note", "rate_high": "warning", "replaces_nothing": "warning"}
    for problem in problems:
        assert problem.severity == notes.get(problem.code.split(".")[1], "error")


PRODUCTS = [
    (lambda t: Product("x", "t"), [("no_supplier", "product.x")]),
    (lambda t: Product("x", "t", supplier="coal"), [("no_supplier", "product.x")]),
    (lambda t: Product("x", "t", made_by="receiver", supplier="coal"), [("made_and_bought", "product.x")]),
    (lambda t: Product("x", "t", made_by="receiver", price=t.figure(1, "CNY/t")), [("made_and_bought", "product.x")]),
    (lambda t: Product("x", "t", supplier="kohl", price=t.figure(1, "CNY/t")), [("unknown_sector", "product.x.supplier")]),
    (lambda t: Product("x", "t", supplier="coal", price=t.figure(1, "CNY/kWh")), [("does_not_fit", "product.x.price")]),
    (lambda t: Product("x", "tt", supplier="coal", price=t.figure(1, "CNY/t")), [("unknown", "product.x.price")]),
    (lambda t: replace(t.products()[2], id="x", made_by="", supplier="coal", price=t.figure(1, "CNY/t")), [("bought_with_input", "product.x.input")]),
    (lambda t: Product("x", "t", made_by="receiver", onsite=(OnSite("SO2", t.figure(1, "t/t")),)), [("unknown_account", "product.x.onsite")]),
    (lambda t: Product("x", "t", made_by="receiver", onsite=(OnSite("CO2", t.figure(1, "t/t")),)), [("does_not_fit", "product.x.onsite.amount")]),
    (lambda t: Product("x", "t", made_by="receiver", onsite=(OnSite("water", t.figure(1, "m3/t")),)), []),
    (lambda t: Product("x", "t", made_by="receiver", onsite=(OnSite("water", t.figure(1, "m3/a")),)), [("does_not_fit", "product.x.onsite.amount")]),
    (lambda t: Product("x", "tt", made_by="receiver", onsite=(OnSite("water", t.figure(1, "m3/t")),)), [("unknown", "product.x.onsite.amount")]),
    (lambda t: replace(t.products()[3], id="x", input=(replace(t.products()[3].input[0], product="y"),)), [("unknown_product", "product.x.input")]),
    (lambda t: replace(t.products()[3], id="x", input=(replace(t.products()[3].input[0], amount=t.figure(1, "GJ/t")),)), [("does_not_fit", "product.x.input.clinker")]),
    (lambda t: replace(t.products()[3], id="x", input=(replace(t.products()[3].input[0], product="x"),)), [("product_cycle", "product.x")]),
]  # fmt: skip


@pytest.mark.parametrize(("make", "expected"), PRODUCTS, ids=range(len(PRODUCTS)))
def test_products(town, make, expected):
    book = town.book()
    problems = check(town, replace(book, products=(*book.products, make(town))))
    found = [(code.removeprefix("units."), key) for code, key in keys(problems)]
    assert [f for f in found if not f[0].startswith("unknown_") or f in expected] == expected or found == expected


def test_circles_over_several_products(town):
    part = town.products()[2].input[0]
    made = [Product(a, "t", made_by="receiver", input=(replace(part, product=b),)) for a, b in ("ab", "bc", "ca", "da")]
    book = town.book(products=(*town.products(), *made))
    assert keys(check(town, book)) == [
        ("product_cycle", "product.a"),
        ("product_cycle", "product.b"),
        ("product_cycle", "product.c"),
    ]


def test_limits(town):
    book = town.book(town.slag(), town.heat(), town.slag(id="other", receiver="steel"), limits=(
        town.cap(share=1.2), town.cap(id="b", base=-1, receiver="cementt", exchanges=()), town.cap(id="c", exchanges=("slaag", "heat", "other")),
        town.cap(id="d", share=0.2, exchanges=("slag",)),
    ))  # fmt: skip
    bad = replace(town.cap(id="e"), share=town.figure(20, "%"), base=town.figure(1, "GJ/a"))
    book = replace(book, limits=(*book.limits, bad))
    assert keys(check(town, book)) == [
        ("share", "limit.cap.share"), ("unknown_sector", "limit.b.receiver"), ("unknown_exchange", "limit.c"), ("limit_of_other", "limit.c"),
        ("limit_of_other", "limit.c"), ("units.does_not_fit", "limit.e.base"),
    ]  # fmt: skip


def test_carbon_of_the_stream_needs_an_account_for_it(town):
    problems = check(town, town.book(town.plastics()), accounts=())
    assert ("unknown_account", "exchange.plastics.own_carbon") in keys(problems)


@pytest.mark.parametrize("money", ["", "t", "10000"])
def test_a_table_without_a_currency_is_told(town, money):
    problems = check(town, town.book(town.slag(needs=(), transport=None, disposal=None)), money=money)
    assert ("currency", "exchange.slag.price") in keys(problems)


def test_all_problems_come_together(town):
    exchange = town.slag(
        donor="x", receiver="y", price=town.figure(1, "USD/t"), replaces=(Replacement("z", town.figure(1, "1")),)
    )
    problems = check(town, town.book(exchange))
    assert len(problems) == 4
    assert problems[0].where == Where(file="exchanges.toml", key="exchange.slag.donor")
