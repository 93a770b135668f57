"""Appraisal of a study end to end: by hand, against the design, and whatever should change nothing."""

import html
import math
from dataclasses import replace

import numpy as np
import pytest

from appraisals import ASH, CEMENT, CLINKER, COSTS, FIRMS, flow, study
from discoveries import firm
from follow_ups import write
from lichen.appraise import TaxRules, equal_gain, price_interval
from lichen.appraise.costs import shipped_rates
from lichen.appraise.exchange import deal_of
from lichen.errors import InputError, StudyError, language
from lichen.inventory.values import Process
from lichen.report.appraisal import appraisal_html
from lichen.study.appraisal import run_appraisal
from lichen.study.appraisal_tables import appraisal_as_dict, appraisal_tables
from lichen.study.appraisal_tax import after_tax
from lichen.study.design import run_design

EXCHANGE = "power>ash.fly.coal>cement"
FEW = {"draws": 50}
KM = 13.310051103953528
PLANT = """
[[design.plant]]
id = "mill"
serves = ["ash.fly.coal"]
at = "cement"
operation = { value = 5, unit = "CNY/t", kind = "reported", source = "made-up", year = 2012 }
[[design.plant.size]]
id = "small"
capacity = { value = 60, unit = "kt/a", kind = "reported", source = "made-up" }
investment = { value = 3, unit = "百万元", kind = "reported", source = "made-up", year = 2012 }
[[design.plant.size]]
id = "large"
capacity = { value = 200, unit = "kt/a", kind = "reported", source = "made-up" }
investment = { value = 4, unit = "百万元", kind = "reported", source = "made-up", year = 2012 }
"""


def run(folder, overrides=None, **appraising):
    return run_appraisal(folder, 0, "", overrides, FEW | appraising)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return run(study(tmp_path_factory.mktemp("a") / "s"))


def annuity(rate=0.08, years=10):
    return (1 - (1 + rate) ** -years) / rate


# --- by hand ---------------------------------------------------------------------------------------------------------
def test_two_firms_by_hand(plain):
    (one,) = plain.exchanges
    way = one.chosen.terms.one.distance_km
    donor = 50_000 * 20 * annuity()
    receiver = 50_000 * (260 * 0.7 - 15 - 0.5 * way) * annuity() - 2e6
    assert one.id == EXCHANGE
    assert one.both.npv == pytest.approx(donor + receiver, rel=1e-12)
    assert [m.npv for m in one.sides] == pytest.approx([donor, receiver], rel=1e-12)
    present = 50_000 * annuity()
    assert (one.interval.low, one.interval.high) == pytest.approx((-20, receiver / present))
    assert one.interval.unit == "CNY/t"
    assert one.equal.price == pytest.approx((receiver - donor) / present / 2)
    assert one.equal.donor == pytest.approx(one.equal.receiver)
    assert one.proportional.donor == pytest.approx(0, abs=1e-6)  # the receiver invests alone
    each = 50_000 * (20 + 182 - 15 - 0.5 * way)
    assert one.both.payback == pytest.approx(2e6 / each)
    assert one.levelised == pytest.approx((2e6 / annuity() / 50_000) + 15 + 0.5 * way)
    assert one.both.benefit_cost == pytest.approx(
        50_000 * 202 * annuity() / (2e6 + 50_000 * (15 + 0.5 * way) * annuity())
    )
    rate = one.both.rates.only
    assert sum(each / (1 + rate) ** t for t in range(1, 11)) == pytest.approx(2e6, rel=1e-9)
    co2 = one.chosen.terms.co2 * 50_000
    assert one.exchange.co2.tolist() == pytest.approx([0, *[co2] * 10])
    assert one.abatement.per_tonne == pytest.approx(-one.both.npv / (co2 * annuity()))
    assert not one.abatement.rankable


def test_the_whole_of_one_exchange_is_that_exchange(plain):
    assert plain.whole.npv == pytest.approx(plain.exchanges[0].both.npv, rel=1e-12)
    assert plain.donors.net.sum() == pytest.approx(10 * 50_000 * 20)
    assert (plain.donors.net + plain.receivers.net).tolist() == pytest.approx(plain.flow.net.tolist())
    assert plain.curve.blocks[0].ranked_by == "npv"
    assert plain.range.quantile(0.5) == pytest.approx(plain.exchanges[0].range.quantile(0.5), rel=0.2)


def test_sensitivity_is_that_of_the_figures(plain):
    (one,) = plain.exchanges
    bars = {bar.names[0]: bar for bar in one.bars.bars}
    assert bars["price"].at_low == pytest.approx(one.both.npv - 60 * 0.7 * 50_000 * annuity())
    assert bars["investment"].at_high == pytest.approx(one.both.npv - 1e6)
    assert bars["carriage"].at_low > one.both.npv > bars["carriage"].at_high
    assert one.bars.without_range == ("discount rate",)
    even = {e.name: e for e in one.even}
    (price,) = even["price"].values
    assert price == pytest.approx(260 - one.both.npv / (0.7 * 50_000 * annuity()), rel=1e-9)
    assert even["treatment"].values == ()
    assert even["treatment"].high == 45
    assert set(one.names) == set(one.figures)


def test_who_pays_changes_the_sides_and_not_the_sum(tmp_path, plain):
    (mine,), (other,) = plain.exchanges, run(study(tmp_path / "s"), paid_by="donor").exchanges
    assert other.both.npv == pytest.approx(mine.both.npv, rel=1e-12)
    assert other.interval.width == pytest.approx(mine.interval.width)
    assert other.interval.low > mine.interval.low
    one = f'[[appraise.exchange]]\nid = "{EXCHANGE}"\npaid_by = "donor"'
    (told,) = run(study(tmp_path / "t", settings=one)).exchanges
    assert told.interval == other.interval


def test_own_rates_of_firms(tmp_path, plain):
    rate = '{ value = 20, unit = "%/a", kind = "reported", source = "made-up" }'
    (other,) = run(study(tmp_path / "s", settings=f"[appraise]\nreceiver_rate = {rate}")).exchanges
    assert other.both.npv == pytest.approx(plain.exchanges[0].both.npv)  # together at the design's rate
    assert other.sides[0].npv == pytest.approx(plain.exchanges[0].sides[0].npv)
    assert other.sides[1].npv < plain.exchanges[0].sides[1].npv
    assert other.deal.receiver_discounting.rate == 0.2


# --- against the design ----------------------------------------------------------------------------------------------
TWO = (*FIRMS, firm("power2", "4411", (26.2, 106.0)))
TWO_FLOWS = (ASH, flow("power2", "out", "by-product", "ash.fly.coal", 30, fate="landfill"), CLINKER, CEMENT)


@pytest.mark.parametrize(
    ("flows", "overrides", "settings"),
    [
        (TWO_FLOWS, {}, ""),
        (TWO_FLOWS, {"stages": (2016,)}, ""),
        (TWO_FLOWS, {"objective": "waste"}, ""),
        (TWO_FLOWS, {"years": 3, "months": False}, ""),
    ],
)
def test_the_sum_is_the_gain_of_the_design(tmp_path, flows, overrides, settings):
    carbon = 'carbon_price = { value = 60, unit = "CNY/tCO2", kind = "reported", source = "made-up", year = 2012 }'
    found = run(study(tmp_path / "s", flows=flows, firms=TWO, settings=settings, design=carbon), overrides)
    assert len(found.exchanges) == 2
    assert sum(a.both.npv for a in found.exchanges) == pytest.approx(found.design.outcome.gain, rel=1e-9)
    assert found.whole.npv == pytest.approx(found.design.outcome.gain, rel=1e-9)
    assert -found.flow.of("investment").sum() == pytest.approx(found.design.outcome.investment)


def test_a_shared_plant_is_divided(tmp_path):
    costs = "".join(line for line in COSTS.splitlines(keepends=True) if not line.startswith("investment"))
    costs = costs.replace("treatment,ash.fly.coal,15,10,25", "treatment,ash.fly.coal,40,30,50")
    found = run(study(tmp_path / "s", costs, TWO_FLOWS, TWO, settings=PLANT), {"months": False})
    (plant,) = found.shares
    assert {a.chosen.plant for a in found.exchanges} == {"mill"}
    total = 4e6 + 80_000 * 5 * annuity()
    assert sum(plant.by_quantity.values()) == pytest.approx(total)
    assert plant.fair.values.sum() == pytest.approx(total)
    assert plant.by_quantity[EXCHANGE] == pytest.approx(4e6 * 5 / 8 + 50_000 * 5 * annuity())
    assert plant.alone[EXCHANGE] == pytest.approx(3e6 + 50_000 * 5 * annuity())
    # of the investment alone: 3 + 3 apart, 4 together, so each bears 2
    assert plant.fair.of(EXCHANGE) == pytest.approx(2e6 + 50_000 * 5 * annuity())
    assert plant.objections.in_core
    assert found.whole.npv == pytest.approx(found.design.outcome.gain, rel=1e-9)
    names = [line.name for line in found.exchanges[0].receiver.lines]
    assert "investment in mill" in names
    assert "treatment" not in names


# --- what should change nothing --------------------------------------------------------------------------------------
def same(one, other):
    assert one.whole.npv == pytest.approx(other.whole.npv, rel=1e-9)
    assert [a.interval.low for a in one.exchanges] == pytest.approx([a.interval.low for a in other.exchanges])
    assert [a.interval.high for a in one.exchanges] == pytest.approx([a.interval.high for a in other.exchanges])
    assert [a.both.rates.only for a in one.exchanges] == pytest.approx([a.both.rates.only for a in other.exchanges])


def test_units_change_nothing(tmp_path, plain):
    costs = COSTS.replace("260,200,300,CNY/t", "0.26,0.2,0.3,元/kg").replace(
        "2000000,1500000,3000000,CNY", "200,150,300,万元"
    )
    ash = flow("power", "out", "by-product", "ash.fly.coal", 50_000_000, "kg/a", fate="stored")
    same(run(study(tmp_path / "s", costs, (ash, CLINKER, CEMENT))), plain)


def test_a_currency_changes_nothing(tmp_path, plain):
    rate = next(r for r in shipped_rates() if r.year == 2012 and "USD" in r.unit).to("CNY/USD")
    ends = ",".join(f"{v / rate!r}" for v in (260, 200, 300))
    same(run(study(tmp_path / "s", COSTS.replace("260,200,300,CNY/t", f"{ends},USD/t"))), plain)


def test_a_firm_that_does_nothing_changes_nothing(tmp_path, plain):
    same(run(study(tmp_path / "s", firms=(*FIRMS, firm("idle", "4310", (26.3, 106.3))))), plain)


def test_a_firm_in_two_gains_the_same_in_all(tmp_path, plain):
    twin = firm("power2", "4411", (26.0, 106.0))
    halves = tuple(flow(n, "out", "by-product", "ash.fly.coal", 25, fate="stored") for n in ("power", "power2"))
    half = COSTS.replace("2000000,1500000,3000000", "1000000,750000,1500000")
    costs = half + half.splitlines()[-1].replace("power>", "power2>") + "\n"
    found = run(study(tmp_path / "s", costs, (*halves, CLINKER, CEMENT), (*FIRMS, twin)))
    assert len(found.exchanges) == 2
    assert found.whole.npv == pytest.approx(plain.whole.npv, rel=1e-9)
    assert found.exchanges[0].interval.high == pytest.approx(plain.exchanges[0].interval.high)
    assert found.range.quantile(0.9) == pytest.approx(plain.range.quantile(0.9), rel=0.1)  # one cause moves both


def test_the_same_seed_gives_the_same_range(tmp_path, plain):
    again = run(study(tmp_path / "s"))
    assert np.array_equal(again.range.results, plain.range.results)
    other = run(study(tmp_path / "t"), seed=1)
    assert not np.array_equal(other.range.results, plain.range.results)
    assert run(study(tmp_path / "u"), draws=0).range is None


# --- no price --------------------------------------------------------------------------------------------------------
DEAR = COSTS.replace("treatment,ash.fly.coal,15,10,25", "treatment,ash.fly.coal,240,200,300")


def test_an_empty_interval_says_what_opens_it(tmp_path):
    found = run(study(tmp_path / "s", DEAR), {"objective": "waste"}, longest=12)
    (one,) = found.exchanges
    assert one.both.npv < 0
    assert one.interval.empty
    assert (one.equal, one.proportional) == (None, None)
    opens = {(o.lever.id, bool(o.lever.donor.any())): o.value for o in one.opens}
    lacks = -one.both.npv
    assert opens["landfill_tax", True] == pytest.approx(lacks / (50_000 * annuity()))
    assert opens["carbon_price", False] == pytest.approx(lacks / (one.exchange.co2[1] * annuity()))
    assert opens["subsidy", False] == pytest.approx(lacks)
    assert one.contract is None
    assert found.curve.blocks[0].ranked_by == "cost"
    assert one.abatement.rankable


def test_a_longer_contract_opens_an_interval(tmp_path):
    costs = COSTS.replace("2000000,1500000,3000000", "64000000,60000000,66000000")
    (one,) = run(study(tmp_path / "s", costs), {"objective": "waste"}).exchanges
    assert one.interval.empty
    assert one.contract == 11
    each = 50_000 * (20 + 182 - 15 - 0.5 * one.chosen.terms.one.distance_km)
    assert each * annuity(years=10) < 64e6 < each * annuity(years=11)


def test_nothing_pays(tmp_path):
    found = run(study(tmp_path / "s", DEAR))
    assert found.exchanges == ()
    assert (found.whole, found.flow, found.curve, found.range) == (None, None, None, None)
    assert "appraise.no_exchanges" in [p.code for p in found.findings]
    for lang in ("en", "zh"):
        assert appraisal_as_dict(found, lang)["appraise_exchanges"] == []


def test_what_is_not_priced_is_refused_with_its_questions(tmp_path):
    costs = "".join(line for line in COSTS.splitlines(keepends=True) if not line.startswith(("treatment", "price")))
    with pytest.raises(StudyError) as caught:
        run(study(tmp_path / "s", costs), {"objective": "waste"})
    codes = [p.code for p in caught.value.problems]
    assert codes[0] == "appraise.unpriced"
    assert "design.ask_price" in codes


# --- heat ------------------------------------------------------------------------------------------------------------
HEAT = "steel>heat.waste.medium>laundry"
HEAT_COSTS = f"""item,key,value,low,high,unit,kind,source,year,note
price,heat.water.hot,60,50,70,CNY/GJ,reported,test,2012,
treatment,heat.waste.medium,3,2,4,CNY/GJ,reported,test,2012,
transport,pipe,2,1,3,CNY/(GJ km),assumed,test,2012,
investment,{HEAT},4000000,3000000,5000000,CNY,estimated,test,2012,
"""
LINE = """
[design.heat_pipe]
supply_c = 115.0
return_c = 65.0
ground_c = 10.0
gradient = 100.0
roughness_mm = 0.1
depth_m = 1.0
gap_m = 0.2
ground = 1.5
insulation = 0.03
full_load_hours = 5000.0
"""


def heat_study(folder, settings="", costs=HEAT_COSTS):
    firms = (firm("steel", "3120", (26.0, 106.0)), firm("laundry", "80", (26.015, 106.0)))
    flows = (
        flow("steel", "out", "heat", "heat.waste.medium", 80, "TJ/a", temperature=140.0, fate="discharged"),
        flow("laundry", "in", "heat", "heat.water.hot", 60, "TJ/a", temperature=80.0),
    )
    return study(folder, costs, flows, firms, settings)


def test_heat_has_a_price_in_two_parts(tmp_path):
    (one,) = run(heat_study(tmp_path / "s")).exchanges
    heat = float(one.exchange.quantity.max())
    assert one.exchange.unit == "GJ"
    first, second = one.heat
    assert first.supply.capacity_kw == pytest.approx(heat * 1e6 / 3600 / 8760)  # no more than the mean is known
    assert first.supply.donor_fixed == pytest.approx(4e6 / annuity())
    assert first.variable == pytest.approx(first.supply.donor_marginal)
    assert second.variable == pytest.approx(60.0)
    for price in one.heat:
        assert price.gains(heat)[0] == pytest.approx(price.gains(heat)[1])
        assert price.gains(heat)[0] * annuity() == pytest.approx(one.both.npv / 2)
    assert {t.id for t in one.terms} >= {"capacity_price", "temperature"}


def test_a_heat_line_is_built_and_loses_heat(tmp_path):
    rows = [r for r in HEAT_COSTS.splitlines() if not r.startswith(("transport", "investment"))]
    rows += [
        f"heat_pipe,{n},{c},,,CNY/m,reported,test,2012," for n, c in (("DN100", 4000), ("DN150", 5500), ("DN200", 7000))
    ]
    found = run(heat_study(tmp_path / "s", LINE, "\n".join(rows) + "\n"), {"years": 10})
    (one,) = found.exchanges
    line = one.chosen.terms.line
    assert 0.8 < line.delivered < 1
    assert one.exchange.quantity.max() == pytest.approx(one.chosen.quantity * line.delivered)
    paid = {x.name: x for x in one.receiver.lines}["heat line"].amounts
    assert -paid[0] == pytest.approx(found.design.outcome.investment)
    assert found.whole.npv == pytest.approx(found.design.outcome.gain, rel=1e-9)


def test_a_contracted_capacity_and_share_are_taken(tmp_path):
    told = '{ value = 3, unit = "MW", kind = "reported", source = "made-up" }'
    more = f'[appraise]\nvariable_share = 0.5\n[[appraise.exchange]]\nid = "{HEAT}"\ncapacity = {told}'
    result = run(heat_study(tmp_path / "s", more))
    (price,) = result.exchanges[0].heat
    assert price.supply.capacity_kw == pytest.approx(3000)
    assert "appraise.least_capacity" not in [p.code for p in result.findings]


# --- tax -------------------------------------------------------------------------------------------------------------
TAX = """
[appraise.tax]
write_off = 10
inflation = { value = 0, unit = "%/a", kind = "reported", source = "made-up" }
"""


def test_tax_by_hand_without_inflation(tmp_path, plain):
    found = run(study(tmp_path / "s", settings=TAX))
    (one,) = found.exchanges
    each = 50_000 * (20 + 182 - 15 - 0.5 * one.chosen.terms.one.distance_km)
    by_hand = (each - 0.25 * (each - 2e5)) * annuity() - 2e6  # written off in ten years of operation
    assert found.taxed.each[one.id] == pytest.approx(by_hand, rel=1e-9)
    assert found.taxed.whole == pytest.approx(by_hand, rel=1e-9)
    assert found.taxed.rules.rate == 0.25
    assert "Enterprise Income Tax" in found.taxed.rules.source
    donor, receiver = found.taxed.sides[one.id]
    assert donor + receiver == pytest.approx(by_hand, rel=1e-9)
    assert plain.taxed is None


def test_inflation_without_depreciation_changes_no_real_value(plain):
    rules = TaxRules(0.25, 1, 2013, "refunded", "test")
    flow_ = plain.exchanges[0].donor  # no investment: tax is a share of each year's money
    found = [after_tax(flow_, plain.design.money.discounting, rules, rise) for rise in (0.0, 0.03, 0.1)]
    assert found == pytest.approx([0.75 * plain.exchanges[0].sides[0].npv] * 3, rel=1e-9)


# --- risks and contract ----------------------------------------------------------------------------------------------
def test_risks_are_known_or_to_be_judged_never_invented(tmp_path, plain):
    (one,) = plain.exchanges
    assert [line.mode for line in one.risks] == [
        "quantity",
        "quality",
        "permit",
        "price",
        "partner closes",
        "technology",
    ]
    assert all(line.judged == () for line in one.risks)
    asked = next(line for line in one.risks if line.mode == "quality").known
    assert len(asked) == len([c for c in one.chosen.terms.one.checks if c.verdict == "ask"])
    assert one.readiness.level == 1
    folder = study(tmp_path / "s")
    text = f"exchange,mode,description,severity,occurrence,detection,owner,mitigation\n{EXCHANGE},quality,carbon too high,7,4,2,Li,weekly test\n"
    (folder / "risks.csv").write_text(text, encoding="utf-8")
    (judged,) = run(folder).exchanges
    quality = next(line for line in judged.risks if line.mode == "quality")
    assert [r.priority for r in quality.judged] == [56]
    assert quality.known == asked


def test_a_range_that_turns_the_gain_is_told(tmp_path):
    costs = COSTS.replace("price,cement.clinker,260,200,300", "price,cement.clinker,60,10,100")
    (one,) = run(study(tmp_path / "s", costs)).exchanges
    price = next(line for line in one.risks if line.mode == "price").known
    assert "risks.price_turns" in [p.code for p in price]
    for lang, word in (("en", "cement clinker"), ("zh", "水泥熟料")):
        assert word in price[0].found(lang)


def test_readiness_and_terms_as_the_study_tells(tmp_path):
    told = f'[[appraise.exchange]]\nid = "{EXCHANGE}"\nlevel = 4\nevidence = {{ en = "samples of May", zh = "五月样品" }}\nagreed = {{ duration = {{ en = "ten years", zh = "十年" }} }}'
    (one,) = run(study(tmp_path / "s", settings=told)).exchanges
    assert (one.readiness.level, one.readiness.evidence, one.ready_note) == (4, "samples of May", None)
    assert {t.id: t.agreed.zh for t in one.terms if t.agreed} == {"duration": "十年"}


def test_prices_that_firms_told_stand_beside(tmp_path):
    ash = replace(ASH, price=(-12.0, "CNY/t"))
    (one,) = run(study(tmp_path / "s", flows=(ash, CLINKER, CEMENT))).exchanges
    (told,) = one.told
    assert (told.firm, told.price, told.unit, told.year) == ("power", -12.0, "CNY/t", 2012)
    assert one.interval.low == pytest.approx(-12)  # what it pays today


AGREED = "exchange,start,end,price,price unit,price_year,adjustment,quantity,quantity unit,low,high,source\n"


def agreed(folder, *rows, parties=""):
    write(folder, "terms.csv", AGREED + "\n".join(rows) + "\n")
    if parties:
        write(folder, "parties.csv", parties)
    return run(folder)


def test_an_exchange_is_worth_to_both_what_the_agreed_price_makes_of_it(tmp_path, plain):
    row = f"{EXCHANGE},2013,2015,30,元/吨,2012,fixed,5,万吨/年,4,6,contract 7"
    result = agreed(study(tmp_path / "s"), row)
    (one,), (before,) = result.exchanges, plain.exchanges
    assert one.agreed.price == pytest.approx(30)
    assert one.agreed.donor == pytest.approx(before.sides[0].npv + 30 * 50_000 * annuity())
    assert one.agreed.receiver == pytest.approx(before.sides[1].npv - 30 * 50_000 * annuity())
    assert one.both.npv == before.both.npv  # the price moves money and makes none
    assert [n.code for n in one.agreed.notes] == ["appraise.agreed_fixed", "appraise.agreed_short"]
    assert {t.id: t.agreed.en for t in one.terms if t.agreed} == {
        "price": "30 CNY/t at prices of 2012; fixed", "quantity": "5 ×10⁴ t/a (4 – 6)", "duration": "from 2013 to 2015",
    }  # fmt: skip
    table = appraisal_tables(result, "en")["appraise_prices"]
    said = dict(zip(table[0], table[1], strict=True))
    assert (said["agreed price"], said["agreed until"]) == (pytest.approx(30), "2015")
    for lang, words in (("en", "At 30 CNY/t the donor's net present value is"), ("zh", "按 30 CNY/t 计，供方净现值")):
        assert words in html.unescape(appraisal_html(result, lang, 5))


@pytest.mark.parametrize(("price", "side"), [(-40, "donor"), (1000, "receiver")])
def test_who_loses_at_the_agreed_price_is_told(tmp_path, price, side):
    result = agreed(study(tmp_path / "s"), f"{EXCHANGE},2013,,{price},CNY/t,2012,,,,,,contract 7")
    (told,) = [p for p in result.findings if p.code == "appraise.agreed_loses"]
    assert told.values["side"].en == side
    (one,) = result.exchanges
    assert min(one.agreed.donor, one.agreed.receiver) < 0 < max(one.agreed.donor, one.agreed.receiver)
    assert not one.interval.low <= price <= one.interval.high


def test_an_agreed_price_that_cannot_be_converted_is_told_and_not_counted(tmp_path):
    result = agreed(study(tmp_path / "s"), f"{EXCHANGE},2013,,3,CNY/GJ,2012,,,,,,contract 7")
    (one,) = result.exchanges
    assert (one.agreed.price, one.agreed.donor) == (None, None)
    assert "appraise.agreed_not_converted" in {p.code for p in result.findings}


@pytest.mark.parametrize(
    ("row", "code"),
    [("5,万吨/年,,", None), ("60,kt/a,60,", "design.less_than_agreed"), ("40,kt/a,,40", "design.more_than_agreed"),
     ("60,kt/a,,", "design.less_than_agreed"), ("3,GJ/a,3,", None)],
)  # fmt: skip
def test_the_network_is_held_against_the_agreed_quantities(tmp_path, row, code):
    folder = study(tmp_path / "s")
    write(folder, "terms.csv", f"{AGREED}{EXCHANGE},2013,,30,CNY/t,2012,,{row},contract 7\n")
    found = [p.code for p in run_design(folder).findings if "agreed" in p.code]
    assert found == ([code] if code else [])


def test_terms_of_the_log_are_matched_by_what_the_exchange_came_from(tmp_path):
    row = "ash,2013,,30,CNY/t,2012,,,,,,contract 7"
    alone = agreed(study(tmp_path / "s"), row)
    assert alone.exchanges[0].agreed is None
    assert "design.agreed_unmatched" in {p.code for p in alone.findings}
    known = agreed(study(tmp_path / "t"), row, parties=f"exchange,origin\nash,{EXCHANGE}\n")
    assert known.exchanges[0].agreed.price == pytest.approx(30)


def test_the_studys_own_words_on_a_term_go_before_the_register(tmp_path):
    told = f'[[appraise.exchange]]\nid = "{EXCHANGE}"\nagreed = {{ price = {{ en = "as last year", zh = "同去年" }} }}'
    row = f"{EXCHANGE},2013,,30,CNY/t,2012,,,,,,contract 7"
    (one,) = agreed(study(tmp_path / "s", settings=told), row).exchanges
    assert {t.id: t.agreed.en for t in one.terms if t.agreed} == {
        "price": "as last year", "duration": "from 2013, no end agreed",
    }  # fmt: skip


# --- settings that cannot be -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("[appraise]\nlongest = 0\ndraws = -1\nseed = -1\nvariable_share = 1.5", ["bad_setting"] * 4),
        (f'[[appraise.exchange]]\nid = "{EXCHANGE}"\nlevel = 10', ["bad_setting", "no_evidence"]),
        (f'[[appraise.exchange]]\nid = "{EXCHANGE}"\nagreed = {{ duraton = {{ en = "x" }} }}', ["term"]),
        (f'[[appraise.exchange]]\nid = "{EXCHANGE}"\ncapacity = {{ value = 3, unit = "t/a", kind = "reported", source = "made-up" }}', ["does_not_fit"]),
        (TAX.replace("write_off = 10", "write_off = 0"), ["not_whole"]),
        (TAX.replace("value = 0, unit = \"%/a\"", "value = -100, unit = \"%/a\""), ["rate"]),
        ('[appraise]\nrisks = "../r.csv"', ["outside"]),
        ('[appraise]\nrisks = "other.csv"', ["missing_file"]),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_told(tmp_path, settings, told):
    with pytest.raises(StudyError) as caught:
        run_appraisal(study(tmp_path / "s", settings=settings))
    assert [p.code.split(".")[1] for p in caught.value.problems] == told
    for lang in ("en", "zh"):
        with language(lang):
            assert str(caught.value)


def test_an_exchange_that_is_not_in_the_network_is_a_warning(tmp_path):
    found = run(study(tmp_path / "s", settings='[[appraise.exchange]]\nid = "power>ash.fly.coal>cemnt"'))
    (warning,) = [p for p in found.findings if p.code == "appraise.no_such_exchange"]
    assert EXCHANGE in warning.text("zh")


def test_a_faulty_register_stops_with_its_cells(tmp_path):
    folder = study(tmp_path / "s")
    (folder / "risks.csv").write_text("exchange,mode\nx,y\n", encoding="utf-8")
    with pytest.raises(InputError, match="severity"):
        run(folder)


def test_no_investment_is_said(tmp_path):
    costs = "".join(line for line in COSTS.splitlines(keepends=True) if not line.startswith("investment"))
    found = run(study(tmp_path / "s", costs))
    assert "appraise.no_investment_told" in [p.code for p in found.findings]
    assert found.exchanges[0].both.rates.only is None


# --- tables ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tables_hold_every_exchange_and_rows_of_one_length(plain, lang):
    for name, cells in appraisal_tables(plain, lang).items():
        assert len(set(cells[0])) == len(cells[0]), name
        assert {len(row) for row in cells} == {len(cells[0])}, name
    plain_values = appraisal_as_dict(plain, lang)
    row = plain_values["appraise_exchanges"][0]
    assert row["exchange"] == EXCHANGE
    assert row["NPV [CNY]"] == pytest.approx(plain.whole.npv)
    flows = plain_values["appraise_cash_flow"]
    assert sum(r["amount [CNY]"] for r in flows) == pytest.approx(plain.flow.net.sum())
    assert not any(isinstance(v, float) and math.isnan(v) for r in plain_values["appraise_prices"] for v in r.values())


def test_a_wear_out_is_paid_again_and_said(tmp_path):
    costs = COSTS + "life,grinding,4,,,a,reported,test,2012,\n"
    base = run(study(tmp_path / "b"))
    steps = [s.id for s in base.design.discovery.base.types["fly-ash-cement"].treatment]
    found = run(study(tmp_path / "s", costs.replace("life,grinding", f"life,{steps[0]}")))
    (one,) = found.exchanges
    assert one.receiver.of("investment").tolist() == pytest.approx([-2e6, 0, 0, 0, -2e6, 0, 0, 0, -2e6, 0, 0])
    assert found.whole.npv < found.design.outcome.gain
    assert "appraise.worn_out" in [p.code for p in found.findings]


def test_deals_agree_with_the_library(plain):
    (one,) = plain.exchanges
    deal = deal_of(one.exchange, *[plain.design.money.discounting] * 2)
    assert price_interval(deal) == one.interval
    assert equal_gain(deal) == one.equal


def test_a_process_with_a_season_needs_no_more(tmp_path, plain):
    from lichen.inventory.store import load, save

    folder = study(tmp_path / "s")
    inventory = load(folder)
    save(replace(inventory, processes=(Process("power", "boiler", "boiler", season=(1 / 12,) * 12),)), folder)
    same(run(folder), plain)


# --- what is known of risks ------------------------------------------------------------------------------------------
def notes(folder, **more):
    (one,) = run(study(folder, **more)).exchanges
    return {line.mode: [p.code.split(".")[1] for p in line.known] for line in one.risks}, one


def test_what_is_hazardous_estimated_or_failed_is_said(tmp_path):
    ash = replace(ASH, hazard="yes", quantity=replace(ASH.quantity, kind="estimated"), composition={"MgO": 0.01})
    known, one = notes(tmp_path / "s", flows=(ash, CLINKER, CEMENT))
    assert known["permit"][0] == "declared_hazardous"
    assert "quantity_kind" in known["quantity"]
    assert known["partner closes"] == ["closes", "closes"]
    for line in one.risks:
        for problem in line.known:
            assert problem.text("en") != problem.text("zh")


def test_a_need_that_nobody_told_and_months_are_said(tmp_path):
    known, one = notes(tmp_path / "s", flows=(ASH, CEMENT))
    assert "need_untold" in known["quantity"]
    assert one.figures["quantity"].kind == "measured"


def test_heat_without_months_has_no_season(tmp_path):
    (one,) = run(heat_study(tmp_path / "s")).exchanges
    known = {line.mode: [p.code.split(".")[1] for p in line.known] for line in one.risks}
    assert "no_season" in known["quantity"]


def test_an_exchange_that_is_known_from_nowhere_begins_with_a_trial(plain):
    from lichen.study.appraisal_risks import risk_lines

    (one,) = plain.exchanges
    strange = replace(
        one.chosen,
        terms=replace(one.chosen.terms, one=replace(one.chosen.terms.one, types=(), months=(1.0,) * 11 + (3.0,))),
    )
    lines = {x.mode: x for x in risk_lines(plain.design, strange, one.bars, one.names, ())}
    assert [p.code for p in lines["technology"].known] == ["risks.no_status"]
    season = next(p for p in lines["quantity"].known if p.code == "risks.season")
    assert (season.values["least"], season.values["most"]) == ("1", "3")


def test_what_fits_on_paper_is_said_and_stays_an_idea(plain):
    from lichen.study.appraisal_risks import readiness_of

    one = plain.exchanges[0].chosen
    met = tuple(replace(c, verdict="met") for c in one.terms.one.checks)
    fits = replace(one, terms=replace(one.terms, one=replace(one.terms.one, checks=met)))
    level, note = readiness_of(fits, None)
    assert (level.level, note.code) == (1, "risks.on_paper")
