"""The network of a study: settings, what-if, accounts, tables; each fault with its key."""

import csv
import io
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lichen.errors import InputError, Problems, StudyError, language
from lichen.inventory.store import load, save
from lichen.report.design import design_html
from lichen.scenario.check import check_book
from lichen.study.config import ExchangeFile
from lichen.study.design import design_of, flows, run_design
from lichen.study.design_accounts import network_accounts
from lichen.study.design_frame import study_costs
from lichen.study.design_tables import design_as_dict, design_tables, exchanges_text, front_points, write_design
from lichen.study.discovery import run_discovery
from lichen.study.load import read_file
from lichen.study.what_if import read_money, words_of
from parks import steelworks

GUIYANG = Path(__file__).parents[2] / "examples" / "guiyang"


@pytest.fixture(scope="module")
def found():
    return run_discovery(GUIYANG)


@pytest.fixture(scope="module")
def network(found):
    tries = ("close=power-01", "price=coal:+30%", "carbon=100", "supply=power-01:-50%", "transport:x2", "rate=4%")
    return design_of(found, study_costs(GUIYANG, found), what_ifs=tries, second="co2", points=4)


@pytest.fixture(scope="module")
def accounts(network):
    return network_accounts(network)


def designed(found, text="", what_ifs=(), folder=GUIYANG, **overrides):
    return design_of(found, study_costs(folder, found, overrides), overrides, what_ifs)


def codes(error):
    for lang in ("en", "zh"):
        with language(lang):
            assert str(error.value)
    return {(p.code, p.where.key) for p in error.value.problems}


def test_the_gain_is_the_sum_of_what_the_exchanges_gain(network):
    layout = network.frame.layout
    by_hand = sum(network.frame.margin(c.terms) * c.quantity for c in network.flowing) * layout.worth
    paid = sum(c.terms.investment.to("CNY") for c in network.flowing if c.terms.investment is not None)
    assert network.outcome.investment == pytest.approx(paid)
    by_hand -= paid
    assert network.outcome.gain == pytest.approx(by_hand, rel=1e-6)
    assert network.outcome.exchanges == len(network.flowing) > 10
    tonnes = sum(c.quantity for c in network.flowing if c.terms.unit == "t")
    assert network.outcome.waste_avoided == pytest.approx(tonnes, rel=1e-6)
    co2 = sum((c.terms.co2 or 0.0) * c.quantity for c in network.flowing)
    assert network.outcome.co2_avoided == pytest.approx(co2, rel=1e-6)
    rate = network.money.rate.to("1/a")
    assert layout.worth == pytest.approx((1 - (1 + rate) ** -10) / rate)


def test_nobody_gives_more_than_he_has_nor_takes_more_than_he_needs(network):
    given, taken = {}, {}
    for c in network.flowing:
        o = c.terms.one
        given[o.donor.id, o.stream] = given.get((o.donor.id, o.stream), 0.0) + c.quantity
        if o.demand is not None:
            key = (o.receiver.id, o.demand.material)
            taken[key] = taken.get(key, 0.0) + c.quantity * o.rate
    for c in network.flowing:
        o = c.terms.one
        assert given[o.donor.id, o.stream] <= o.supply.unused.value * (1 + 1e-6)
        if o.demand is not None:
            assert taken[o.receiver.id, o.demand.material] <= o.demand.amount.value * (1 + 1e-6)


def test_every_opportunity_flows_or_has_a_reason(network):
    ids = {t.one.id for t in (*network.prepared.kept, *network.prepared.left_out)}
    going = {c.terms.one.id for c in network.chosen if flows(c)}
    assert going | set(network.reasons) == ids
    assert not going & set(network.reasons)
    for reason in network.reasons.values():
        assert reason.text("en")
        assert reason.text("zh")


def test_changes_move_the_gain_as_they_must(network):
    tried = {t.what_if.text: t for t in network.tried}
    before = network.outcome.gain
    assert tried["close=power-01"].outcome.gain < before
    assert tried["close=power-01"].kept <= tried["close=power-01"].outcome.gain * (1 + 1e-9)
    assert tried["price=coal:+30%"].outcome.gain >= before  # what replaces coal is worth more
    assert tried["carbon=100"].outcome.gain > before
    assert tried["supply=power-01:-50%"].outcome.gain < before
    assert tried["transport:x2"].outcome.gain < before
    assert tried["rate=4%"].outcome.gain > before
    for one in network.tried:
        assert words_of(one.what_if, "en") != words_of(one.what_if, "zh")


def test_the_front_has_points_of_which_none_is_better_in_both(network):
    points = front_points(network)
    assert len(points) >= 2
    for a in points:
        assert not any(b[0] > a[0] + 1 and b[1] > a[1] + 1e-3 for b in points)
    assert max(p[0] for p in points) == pytest.approx(network.outcome.gain, rel=1e-3)


def test_the_accounts_hold_the_network(network, accounts):
    assert accounts.scenario == "BAU2012"
    assert accounts.assessment.change("CO2") < 0
    told = sum(e.designed.value for e in accounts.book.exchanges if e.carrier == "mass")
    assert told == pytest.approx(sum(c.quantity for c in network.flowing if c.terms.unit == "t"))
    assert {p.code for p in accounts.left_out} <= {"design.no_carrier", "design.no_sector", "design.no_product"}
    by_id = {e.id: e for e in accounts.book.exchanges}
    ash = next(e for n, e in by_id.items() if "ash.fly.coal" in n)
    assert ash.replaces[0].product == "clinker"  # the study's own product, with the CO2 of its kiln


def test_the_network_is_a_file_that_a_study_can_use(accounts, network, tmp_path):
    path = tmp_path / "exchanges.toml"
    path.write_text(exchanges_text(accounts.book), encoding="utf-8")
    problems = Problems()
    read = read_file(path, ExchangeFile, problems)
    assert problems.ok, problems.as_tuple()
    assert {e.id: e.designed.value for e in read.exchange} == {e.id: e.designed.value for e in accounts.book.exchanges}
    assert read.product == accounts.book.products
    economy = accounts.assessment.before.accounts
    book = replace(accounts.book, exchanges=read.exchange, products=read.product)
    assert check_book(book, economy.sectors, economy.labels, "10000 CNY").ok
    used = {f.source for p in read.product for f in (p.price,) if f} | {e.designed.source for e in read.exchange}
    assert used <= set(read.sources)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tables_json_and_page_say_the_same(network, accounts, lang, tmp_path):
    write_design(network, accounts, tmp_path, lang)
    plain = json.loads((tmp_path / "design.json").read_text(encoding="utf-8"))
    assert plain == json.loads(json.dumps(design_as_dict(network, accounts, lang)))
    rows = list(csv.reader(io.StringIO((tmp_path / "network.csv").read_text(encoding="utf-8-sig"))))
    assert len(rows) - 1 == len(network.flowing) == len(plain["network"])
    for name, cells in design_tables(network, accounts, lang).items():
        assert len(set(cells[0])) == len(cells[0]), name
        assert all(len(row) == len(cells[0]) for row in cells), name
    page = design_html(network, accounts, lang)
    assert ("No other network" if lang == "en" else "没有更优的网络") in page
    assert "<script" not in page
    first = network.flowing[0].terms.one
    assert first.donor.name in page


def test_without_costs_the_figures_are_asked_for(found, tmp_path):
    study = tmp_path / "g"
    shutil.copytree(GUIYANG, study, ignore=shutil.ignore_patterns("results"))
    (study / "costs.csv").unlink()
    bare = designed(found, folder=study)
    assert bare.outcome.gain == 0
    codes_asked = {a.question.code for a in bare.asked}
    assert {"design.ask_price", "design.ask_treatment", "design.ask_disposal", "design.ask_rate"} <= codes_asked
    counts = [a.count for a in bare.asked if a.question.severity != "note"]
    assert counts == sorted(counts, reverse=True)
    assert network_accounts(bare) is None
    page = design_html(bare, None, "en")
    assert (
        f"{sum(r.code == 'design.incomplete' for r in bare.reasons.values())} of {len(bare.reasons)} opportunities wait"
        in page
    )
    assert "0 exchanges would" not in page
    waste = designed(found, folder=study, objective="waste")
    assert waste.outcome.gain is None  # not all are priced
    assert waste.outcome.waste_avoided > 1e5
    assert design_html(waste, None, "zh")


def test_stages_with_budgets_and_the_start(found):
    staged = designed(found, stages=(2016,), years=8)
    assert [s.years for s in staged.frame.layout.stages] == [3, 5]
    assert all(len(c.by_stage) == 2 for c in staged.chosen)
    whole = designed(found, years=8)
    assert staged.outcome.gain == pytest.approx(whole.outcome.gain, rel=1e-6)


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ({"years": 0}, "design.years"), ({"start": 12}, "design.start"), ({"price_year": 3000}, "design.price_year"),
        ({"stages": (2012,)}, "design.stages"), ({"stages": (2050,)}, "design.stages"), ({"least": 2.0}, "design.least"),
        ({"gap": -1.0}, "design.gap"), ({"time_s": math.inf}, "design.time_s"), ({"costs": "../x.csv"}, "design.costs"),
        ({"costs": "nowhere.csv"}, "design.costs"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(found, overrides, key):
    with pytest.raises(StudyError) as caught:
        designed(found, **overrides)
    assert key in {where for _, where in codes(caught)}


def test_all_wrong_settings_are_told_at_once(found):
    with pytest.raises(StudyError) as caught:
        designed(found, years=0, gap=-1.0, least=3.0)
    assert len(caught.value.problems) >= 3


def test_an_excluded_opportunity_takes_no_part_and_an_unknown_one_is_told(found, network):
    first = network.flowing[0].terms.one.id
    other = designed(found, exclude=(first, "nobody>x>y"))
    assert first not in {t.one.id for t in (*other.prepared.kept, *other.prepared.left_out)}
    assert other.outcome.gain <= network.outcome.gain
    assert "design.no_opportunity" in {p.code for p in other.findings}


@pytest.mark.parametrize(
    "text",
    ["closes=power-01", "close=pwer-01", "price=unobtainium:+30%", "price=coal", "price=coal:30", "carbon=dear",
     "carbon=-5", "supply=power-01:-130%", "", "transport:+x%"],
)  # fmt: skip
def test_a_change_that_cannot_be_understood_is_told(found, text):
    with pytest.raises(StudyError) as caught:
        designed(found, what_ifs=(text,))
    assert codes(caught)


def test_money_of_a_call():
    assert read_money("5000 万元", "CNY", "--budget").to("CNY") == 5e7
    assert read_money("60", "CNY/tCO2", "--carbon-price").to("CNY/tCO2") == 60
    for wrong in ("much", "60 t", "-3", "5 parsec", "1.234 CNY"):
        with pytest.raises(StudyError):
            read_money(wrong, "CNY", "--budget")


def test_limits_that_cannot_hold_together_are_named(found):
    from lichen.figures import Figure
    from lichen.study.config import DesignLimit

    never = DesignLimit("deep", "co2", high=Figure(-1e9, "tCO2", "assumed", "test", -1e9, -1e9))
    with pytest.raises(InputError) as caught:
        designed(found, limit=(never,))
    assert "design.conflict" in {p.code for p in caught.value.problems}


def test_a_firm_that_does_nothing_changes_nothing(found, network, tmp_path):
    from lichen.inventory.values import Firm

    study = tmp_path / "g"
    shutil.copytree(GUIYANG, study, ignore=shutil.ignore_patterns("results"))
    told = load(study)
    save(replace(told, firms=(*told.firms, Firm("idle-01", "Idle", "3311"))), study)
    again = run_design(study)
    assert again.outcome.gain == pytest.approx(network.outcome.gain, rel=1e-6)


def test_a_park_without_a_study_file(tmp_path):
    save(steelworks(), tmp_path)
    (tmp_path / "costs.csv").write_text(
        "item,key,value,low,high,unit,kind,source,year,note\n"
        "treatment,slag.bf.granulated,30,20,40,CNY/t,assumed,own,2012,\n"
        "disposal,slag,10,0,25,CNY/t,assumed,own,2012,\n"
        "price,cement.clinker,260,200,320,CNY/t,assumed,own,2012,\n", encoding="utf-8",
    )  # fmt: skip
    found = run_design(tmp_path)
    assert network_accounts(found) is None
    assert design_html(found, None, "en")


def test_costs_that_are_wrong_are_told_with_their_cells(found, tmp_path):
    study = tmp_path / "g"
    shutil.copytree(GUIYANG, study, ignore=shutil.ignore_patterns("results"))
    (study / "costs.csv").write_text(
        "item,key,value,unit,kind,source,year\nprice,coal,450,t,reported,x,2012\nrent,coal,1,CNY/t,reported,x,2012\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        designed(found, folder=study)
    assert {p.where.cell for p in caught.value.problems} >= {"D2", "A3"}


def test_freed_exchanges_are_given_up_only_for_something_better(found, network):
    free = designed(found, existing="free")
    assert free.frame.existing
    assert free.outcome.gain >= network.outcome.gain * (1 - 1e-9)
    ids = {c.terms.one.id for c in free.chosen}
    assert {e.id for e in free.frame.existing} <= ids
    assert "design.not_freed" in {p.code for p in free.findings}
    for lang in ("en", "zh"):
        assert design_html(free, None, lang)


def test_ranges_hold_the_gain(network):
    assert network.ranges["low"] < network.outcome.gain < network.ranges["high"]


def test_jobs_are_counted_as_far_as_they_are_told(found, tmp_path):
    study = tmp_path / "g"
    shutil.copytree(GUIYANG, study, ignore=shutil.ignore_patterns("results"))
    with (study / "costs.csv").open("a", encoding="utf-8") as file:
        file.write("jobs,ash.fly.coal,0.0001,0.00005,0.0002,person/(t/a),assumed,test,2012,\n")
    most = designed(found, folder=study, objective="jobs")
    tonnes = sum(c.quantity for c in most.flowing if c.terms.one.stream == "ash.fly.coal")
    assert tonnes > 0
    assert most.outcome.jobs == pytest.approx(0.0001 * tonnes)
    both = design_of(found, study_costs(study, found), second="jobs", points=3)
    assert both.outcome.jobs <= most.outcome.jobs * (1 + 1e-9)
    assert max(p[1] for p in front_points(both)) == pytest.approx(most.outcome.jobs, rel=1e-3)


def test_a_rate_that_is_asked_for_can_be_told(found, tmp_path):
    study = tmp_path / "g"
    shutil.copytree(GUIYANG, study, ignore=shutil.ignore_patterns("results"))
    before = designed(found, folder=study)
    asked = next(a.question for a in before.asked if a.question.code == "design.ask_rate")
    key, wanted = asked.values["key"], asked.values["wanted"]
    with (study / "costs.csv").open("a", encoding="utf-8") as file:
        file.write(f"rate,{key},0.5,0.4,0.6,{wanted},assumed,test,2012,\n")
    after = designed(found, folder=study)
    assert key not in {a.question.values.get("key") for a in after.asked if a.question.code == "design.ask_rate"}


def test_caps_hold_for_all_donors_together(network):
    together = {}
    for c in network.flowing:
        for (_, of), left in c.terms.one.rooms.items():
            key = (c.terms.one.receiver.id, of)
            amount, most = together.get(key, (0.0, 0.0))
            together[key] = amount + c.quantity, max(most, left)
    assert together
    assert all(amount <= most * (1 + 1e-6) for amount, most in together.values())


def test_a_stage_in_which_nothing_may_be_built(found):
    from lichen.figures import Figure

    none = Figure(0.0, "CNY", "reported", "own", year=2012)
    late = designed(found, stages=(2016,), budgets={"2013": none})
    assert all(c.by_stage[0] == 0 or c.terms.investment is None for c in late.flowing)
    assert network_accounts(late) is not None


def test_freed_exchanges_of_a_firm_that_closes(found):
    free = designed(found, existing="free", what_ifs=("close=cement-02",))
    assert free.tried[0].outcome is not None


@pytest.mark.parametrize(
    "text", ["rate=6", "price=coal:x1e300", "transport=rail:+20%", "close=power-01:+3%", "carbon=1e9"]
)
def test_changes_beyond_reason_are_refused(found, text):
    with pytest.raises(StudyError):
        designed(found, what_ifs=(text,))


def test_products_that_are_not_there_are_told(found):
    with pytest.raises(StudyError) as caught:
        designed(found, products={"coal.raw": "cole", "unobtainium": "coal"})
    assert {p.where.key for p in caught.value.problems} == {"design.products.coal.raw", "design.products.unobtainium"}
