"""Cash flows: signs, years, money; prices, plans and tax by rules that are written down."""

from dataclasses import replace

import numpy as np
import pytest

from flows import at, codes, figure, flow, lines
from lichen.appraise import (
    CashFlow,
    Discounting,
    Line,
    Part,
    Plan,
    PriceIndex,
    TaxRules,
    Yearly,
    by_year,
    depreciation,
    figure_at,
    figure_in,
    nominal_rate,
    npv,
    plan_cash_flow,
    real_rate,
    to_currency,
    to_nominal,
    to_price_year,
    to_real,
    together,
    with_tax,
)
from lichen.errors import InputError, UnitError

INDEX = PriceIndex({2019: 90.0, 2020: 100.0, 2021: 102.0, 2022: 105.0}, "test", "test prices")
RATE = figure(7.0, "CNY/USD")


def plan(**changes):
    given = {
        "start": 2020, "life": 5, "investment": figure(1000.0), "currency": "CNY", "price_year": 2020,
        "yearly": (Yearly("operation", figure(50, "CNY/a"), "upkeep"), Yearly("saving", figure(0.03, "万元/a"), "coal")),
    }  # fmt: skip
    return Plan(**given | changes)


# --- cash flows ----------------------------------------------------------------------------------------------------------
def test_net_and_kinds_add_up():
    one = lines(investment=[-100, 0], operation=[0, -5], saving=[0, 60])
    assert one.net.tolist() == [-100, 55]
    assert one.of("operation", "saving").tolist() == [0, 55]
    assert one.is_real


def test_values_are_copied_and_still():
    given = np.array([1.0, 2.0])
    one = flow(given)
    given[0] = 9
    assert one.net.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        one.lines[0].amounts[0] = 3


def test_all_faults_come_together():
    with pytest.raises(InputError) as error:
        CashFlow(
            (2020, 2022),
            (Line("investment", [5, -1]), Line("revenue", [float("nan"), 1]), Line("bribe", [0, 0]), Line("tax", [1])),
            "", 0,
        )  # fmt: skip
    assert codes(error) == ["currency", "price_year", "years_gap", "sign", "amounts", "choice", "shape"]
    for lang in ("en", "zh"):
        assert "2020: nan" in error.value.text(lang)


@pytest.mark.parametrize(("changes", "expected"), [
    ({"years": ()}, ["no_years", "shape"]), ({"years": (2020, 2020)}, ["years_gap"]), ({"years": (2020.5, 2021.5)}, ["not_whole"]),
    ({"lines": ()}, ["no_lines"]), ({"lines": (Line("revenue", ["1", "2"]),)}, ["not_numbers"]),
    ({"lines": (Line("subsidy", [0, -1]),)}, ["sign"]), ({"lines": (Line("operation", [0, 1]),)}, ["sign"]),
    ({"lines": (Line("revenue", [1e19, 0]),)}, ["amounts"]), ({"lines": (Line("revenue", [[1, 2]]),)}, ["shape"]),
    ({"currency": "yuan"}, ["currency"]), ({"price_year": None}, ["price_year"]), ({"price_year": True}, ["not_whole"]),
    ({"price_year": "2020"}, ["price_year"]), ({"price_year": 20}, ["not_whole"]),
])  # fmt: skip
def test_faults(changes, expected):
    given = {"years": (2020, 2021), "lines": (Line("revenue", [1, 2]),), "currency": "CNY", "price_year": 2020}
    with pytest.raises(InputError) as error:
        CashFlow(**given | changes)
    assert codes(error) == expected


def test_together_joins_years_and_refuses_mixed_money():
    both = together(flow([1, 2], 2020), flow([10], 2022), flow([100], 2019))
    assert both.years == (2019, 2020, 2021, 2022)
    assert both.net.tolist() == [100, 1, 2, 10]
    with pytest.raises(InputError) as error:
        together(flow([1]), flow([1], currency="USD", price_year=2021))
    assert codes(error) == ["mixed_currencies", "mixed_price_years"]
    with pytest.raises(InputError):
        together()


def test_amounts_by_year():
    assert by_year((2020, 2021, 2022), {2021: 5}).tolist() == [0, 5, 0]
    with pytest.raises(InputError) as error:
        by_year((2020, 2021), {2019: 1, 2023: 1})
    assert codes(error) == ["years_outside"]


def test_a_cash_flow_is_not_turned_round():
    with pytest.raises(InputError) as error:
        flow([1, 2]).scaled(-1)
    assert codes(error) == ["out_of_range"]


# --- prices --------------------------------------------------------------------------------------------------------------
def test_nominal_and_back():
    real = flow([100, 100, 100])
    nominal = to_nominal(real, INDEX)
    assert nominal.net == pytest.approx([100, 102, 105])
    assert nominal.price_year == "nominal"
    assert to_real(nominal, INDEX, 2020).net == pytest.approx(real.net)
    assert to_price_year(real, INDEX, 2022).net == pytest.approx([105] * 3)
    assert to_real(nominal, INDEX, 2022).net == pytest.approx(to_price_year(real, INDEX, 2022).net)


def test_real_and_nominal_npv_agree():
    """1 + i = (1 + r)(1 + π): with steady inflation both give the same value at the base year."""
    real, inflation = flow([-100.0, 30, 40, 50, 20]), 0.03
    index = PriceIndex({2020 + k: (1 + inflation) ** k for k in range(5)}, "test")
    nominal = npv(to_nominal(real, index), at(nominal_rate(0.08, inflation), basis="nominal"))
    assert nominal == pytest.approx(npv(real, at(0.08)), rel=1e-12)
    assert real_rate(nominal_rate(0.08, 0.03), 0.03) == pytest.approx(0.08)
    with pytest.raises(InputError) as error:
        real_rate(-1.0, float("nan"))
    assert codes(error) == ["rate", "not_number"]


def test_a_real_rate_is_not_used_on_nominal_amounts():
    with pytest.raises(InputError) as error:
        npv(to_nominal(flow([1, 2]), INDEX), at(0.05))
    assert codes(error) == ["basis"]


def test_nothing_is_extrapolated():
    with pytest.raises(InputError) as error:
        to_nominal(flow([1] * 5), INDEX)
    assert "2023, 2024" in error.value.text("en")
    for wrong, call in (
        (flow([1, 2]), lambda f: to_real(f, INDEX, 2020)),
        (to_nominal(flow([1, 2]), INDEX), lambda f: to_nominal(f, INDEX)),
    ):
        with pytest.raises(InputError) as error:
            call(wrong)
        assert codes(error)[0].startswith("is_")


def test_index_faults():
    with pytest.raises(InputError) as error:
        PriceIndex({2020: 0.0, 20: 1.0, 2021: float("nan")}, " ")
    assert codes(error) == ["not_above", "not_whole", "not_number", "no_source"]


def test_figures_at_another_year_and_in_another_currency():
    cost = figure(10.0, "万元/a", 8.0, 12.0, year=2019)
    moved = figure_at(cost, INDEX, 2020)
    assert (moved.value, moved.low, moved.high, moved.year) == pytest.approx((100 / 9, 80 / 9, 120 / 9, 2020))
    assert "2019 → 2020" in moved.note
    dollars = figure_in(figure(70.0, "万元/a"), replace(RATE, unit="CNY/USD"), "USD")
    assert (dollars.value, dollars.unit) == (pytest.approx(100_000), "USD/a")
    assert figure_in(figure(5.0, "USD/t"), RATE, "CNY").to("CNY/t") == pytest.approx(35)


def test_currency_needs_the_rate_of_the_price_year():
    usd = flow([10, 20], currency="USD")
    assert to_currency(usd, RATE, "CNY").net.tolist() == [70, 140]
    assert to_currency(usd, RATE, "CNY").currency == "CNY"
    for rate, expected in ((replace(RATE, year=2019), ["rate_year"]), (replace(RATE, unit="CNY/t"), ["does_not_fit"]),
                           (replace(RATE, value=-7.0), ["not_above"])):  # fmt: skip
        with pytest.raises(InputError) as error:
            to_currency(usd, rate, "CNY")
        assert [code.split(".")[-1] for code in codes(error)] == expected
    with pytest.raises(InputError) as error:
        to_currency(usd, RATE, "RMB")
    assert codes(error) == ["currency"]
    with pytest.raises(InputError) as error:
        figure_in(figure(5.0, "t"), replace(RATE, year=0), "CNY")
    assert codes(error) == ["no_currency", "rate_year"]
    with pytest.raises(InputError) as error:
        figure_at(figure(5.0, year=0), INDEX, 2020)
    assert codes(error) == ["figure_year"]


@pytest.mark.parametrize("factor", [0.1, 7.3, 1e6])
def test_npv_scales_with_the_currency(factor):
    one = flow([-100, 60, 70])
    other = to_currency(one, figure(factor, "JPY/CNY"), "JPY")
    assert npv(other, at(0.1)) == pytest.approx(factor * npv(one, at(0.1)), rel=1e-12)


# --- plans ---------------------------------------------------------------------------------------------------------------
def test_a_plan_becomes_years():
    found = plan_cash_flow(plan(construction=(0.4, 0.6), residual=figure(-30), subsidy=figure(5, "万元")))
    assert found.years == tuple(range(2020, 2027))
    assert found.of("investment").tolist() == [-400, -600, 0, 0, 0, 0, 0]
    assert found.of("operation").tolist() == [0, 0, -50, -50, -50, -50, -50]
    assert found.of("saving").tolist() == [0, 0, 300, 300, 300, 300, 300]
    assert found.of("residual").tolist() == [0, 0, 0, 0, 0, 0, -30]
    assert found.of("subsidy").tolist() == [50_000, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("life", "part", "paid"), [(5, 2, {2022, 2024}), (4, 2, {2022}), (5, 5, set()), (3, 1, {2021, 2022})]
)
def test_parts_are_replaced_while_operation_follows(life, part, paid):
    found = plan_cash_flow(plan(life=life, parts=(Part("filter", figure(10), part),)))
    again = found.lines[1].amounts
    assert {year for year, amount in zip(found.years, again, strict=True) if amount} == paid
    assert set(again.tolist()) <= {0.0, -10.0}


def test_plan_faults_come_together():
    with pytest.raises(InputError) as error:
        plan(
            life=-3, investment=figure(-1000), construction=(0.5, 0.6), residual=figure(1, "USD"),
            yearly=(Yearly("operation", figure(1, "CNY"), "x"), Yearly("gift", figure(1, "t/a", year=0), "x")),
        )  # fmt: skip
    assert codes(error) == [
        "not_whole", "shares", "doubled", "choice", "out_of_range", "mixed_currencies", "units.does_not_fit", "no_currency", "figure_year",
    ]  # fmt: skip
    with pytest.raises(InputError) as error:
        plan(investment=figure(1000, year=2015))
    assert codes(error) == ["mixed_price_years"]
    with pytest.raises(UnitError):
        figure(float("nan"))


def test_other_values_go_into_a_plan():
    base = plan(parts=(Part("filter", figure(10), 2),), residual=figure(5), subsidy=figure(6))
    values = {"investment": 900, "residual": 1, "subsidy": 2, "yearly.coal": 0.04, "parts.filter": 7}
    assert set(base.figures()) == {*values, "yearly.upkeep"}
    found = plan_cash_flow(base.with_values(values))
    assert found.of("investment").sum() == pytest.approx(-900 - 2 * 7)
    assert found.of("saving")[1] == pytest.approx(400)
    assert (found.of("residual")[-1], found.of("subsidy")[0]) == (1, 2)
    with pytest.raises(InputError) as error:
        base.with_values({"yearly.wood": 1})
    assert codes(error) == ["no_figure"]


# --- tax -----------------------------------------------------------------------------------------------------------------
RULES = TaxRules(0.25, 4, 2021, "refunded", "test")
NOMINAL = lines(
    price_year="nominal", investment=[-1000, 0, 0, -200, 0], saving=[0, 400, 400, 400, 400], operation=[0, -50, -50, -50, -50],
)  # fmt: skip


def test_straight_line_and_declining_balance():
    assert depreciation(NOMINAL, RULES).tolist() == [0, 250, 250, 250 + 50, 250 + 150]
    declining = replace(RULES, method="declining balance", decline=0.4)
    first = [400, 240, 144, 216]
    assert depreciation(NOMINAL, declining) == pytest.approx([0, first[0], first[1], first[2] + 80, first[3] + 120])


@pytest.mark.parametrize("method", ["straight line", "declining balance"])
@pytest.mark.parametrize("years", [1, 3, 10])
def test_all_investment_is_written_off(method, years):
    rules = replace(RULES, method=method, decline=0.3, years=years)
    assert depreciation(NOMINAL, rules).sum() == pytest.approx(1200)


def test_tax_shield_closed_form():
    """After tax, NPV is the taxed margin and the tax shield of straight-line depreciation (any textbook)."""
    one = lines(price_year="nominal", investment=[-1000, 0, 0, 0, 0], saving=[0, 400, 400, 400, 400])
    discounting = Discounting(0.1, "nominal", 2020)
    factor = (1 - 1.1**-4) / 0.1
    expected = -1000 + factor * (400 * 0.75 + 0.25 * 250)
    assert npv(with_tax(one, RULES), discounting) == pytest.approx(expected, rel=1e-12)


def test_losses_are_carried_oldest_first_and_lapse():
    one = lines(price_year="nominal", investment=[0] * 6, revenue=[-100, -30, 60, 50, 40, 200])
    carried = replace(RULES, losses="carried")
    assert with_tax(one, carried).of("tax") == pytest.approx([0, 0, 0, 0, -0.25 * 20, -50])
    short = replace(carried, carry_years=2)
    assert with_tax(one, short).of("tax") == pytest.approx([0, 0, 0, -0.25 * 20, -10, -50])
    assert with_tax(one, RULES).of("tax").sum() == pytest.approx(-0.25 * 220)


def test_subsidies_are_taxed_as_the_rules_say():
    one = lines(price_year="nominal", subsidy=[100, 0])
    assert with_tax(one, RULES).of("tax").tolist() == [-25, 0]
    assert with_tax(one, replace(RULES, tax_subsidy=False)).of("tax").tolist() == [0, 0]


def test_tax_faults():
    with pytest.raises(InputError) as error:
        with_tax(flow([1, 2]), RULES)
    assert codes(error) == ["tax_real"]
    with pytest.raises(InputError) as error:
        TaxRules(1.5, 0, 1, "kept", "", "declining balance", 0.0, -1)
    assert codes(error) == ["out_of_range", "not_whole", "not_whole", "choice", "not_above", "not_whole", "no_source"]
