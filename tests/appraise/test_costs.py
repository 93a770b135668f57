"""Costs and prices: what ships, a study's own file, what is found and how it is converted."""

import csv
import io
import itertools
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.appraise._cost_items import ITEMS, closed_keys, cost_columns, known_keys, rules
from lichen.appraise._cost_rows import MOST_ROWS
from lichen.appraise.costs import (
    Cost,
    CostBook,
    cost_book,
    find,
    known,
    read_costs,
    shipped_costs,
    shipped_indices,
    shipped_rates,
)
from lichen.appraise.prices import PriceIndex
from lichen.errors import FileError, InputError
from lichen.figures import Figure
from lichen.knowledge.read import knowledge
from lichen.sheets import XLSX_OPTIONS
from lichen.units import currency_of, same_dimension
from lichen.vocabulary.materials import ancestors, material, materials

HEAD = "item,key,value,low,high,unit,kind,source,year,note"
INDEX = PriceIndex({2010: 100.0, 2012: 110.0, 2015: 99.0, 2016: 121.0}, "test index", "test")


def figure(value, unit="CNY/t", year=2012, **more):
    return Figure(value, unit, more.pop("kind", "reported"), more.pop("source", "test"), year=year, **more)


def book(*costs, currency="CNY", year=2012, rates=()):
    return CostBook(costs, currency, year, INDEX, rates)


@pytest.fixture
def table(tmp_path):
    def write(*rows, head=HEAD, name="costs.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_text("\n".join([head, *rows]) + "\n", encoding=encoding)
        return path

    return write


def told(path):
    with pytest.raises(InputError) as error:
        read_costs(path)
    problems = error.value.problems
    for problem in problems:
        assert problem.text("en")
        assert problem.text("zh")
    return {(p.code, p.where.cell) for p in problems}


# --- what ships ----------------------------------------------------------------------------------------------------------
def test_what_ships_passes_the_checks_of_a_users_own_file():
    assert len(shipped_costs()) >= 150
    assert not any(cost.own for cost in shipped_costs())
    assert {cost.item for cost in shipped_costs()} <= set(ITEMS)


@pytest.mark.parametrize("cost", shipped_costs(), ids=lambda c: f"{c.item}-{c.key}-{c.figure.year}")
def test_each_shipped_figure_has_source_year_and_a_key_that_exists(cost):
    assert len(cost.figure.source) > 3
    assert 2000 <= cost.figure.year <= 2030
    assert cost.key in known_keys(rules()[cost.item], knowledge()).values()
    assert bool(currency_of(cost.figure.unit)) == rules()[cost.item].in_money


@pytest.mark.parametrize("year", [2005, 2012, 2018, 2024])
def test_each_shipped_figure_can_be_told_at_the_prices_of_any_year_of_the_index(year):
    made = cost_book(year)
    for item in ITEMS:
        for unit in rules()[item].units:
            for key, found in known(made, item, unit).items():
                assert found.unit == unit, (item, key)
                assert found.year == year or not rules()[item].in_money


def test_shipped_prices_of_several_years_have_each_year_once():
    seen = [(c.item, c.key, c.figure.unit, c.figure.year) for c in shipped_costs()]
    assert len(seen) == len(set(seen))


def test_estimated_and_assumed_figures_that_ship_have_a_range_or_say_that_they_are_one_observation():
    for cost in shipped_costs():
        if cost.figure.kind in ("estimated", "assumed") and cost.figure.low is None:
            assert "one ten-day period" in cost.figure.note or "second hand" in cost.figure.note, cost


def test_index_levels_are_the_chain_of_the_published_rates():
    text = (files("lichen.appraise") / "data" / "price_index.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    for before, after in itertools.pairwise(rows):
        if before["index"] == after["index"]:
            assert int(after["year"]) == int(before["year"]) + 1
            rate = float(after["level"]) / float(before["level"]) * 100
            assert rate == pytest.approx(float(after["preceding_year_100"]), abs=2e-4)
    assert set(shipped_indices()) == {"china_cpi", "china_ppi"}
    assert all(set(range(2004, 2026)) == set(index.values) for index in shipped_indices().values())


def test_rates_cover_the_years_of_the_indices_and_are_of_the_right_size():
    pairs = {(rate.unit, rate.year) for rate in shipped_rates()}
    for unit, low, high in (
        ("CNY/USD", 6, 8.3),
        ("CNY/EUR", 6.5, 11),
        ("CNY/JPY", 0.04, 0.09),
        ("CNY/KRW", 0.004, 0.009),
    ):
        assert {year for u, year in pairs if u == unit} == set(range(2004, 2026))
        assert all(low < rate.value < high for rate in shipped_rates() if rate.unit == unit)


def test_dollar_rates_agree_with_those_of_the_world_bank_to_two_digits():
    published = {
        2005: 8.19,
        2008: 6.95,
        2009: 6.83,
        2010: 6.77,
        2011: 6.46,
    }  # Shandong Statistical Yearbook 2014, after WDI
    ours = {rate.year: rate.value for rate in shipped_rates() if rate.unit == "CNY/USD"}
    assert all(ours[year] == pytest.approx(value, abs=0.006) for year, value in published.items())


def test_the_dictionary_is_whole_in_both_languages():
    for rule in rules().values():
        assert all(rule.meanings)
        assert rule.heading_zh
        assert rule.units
        assert (rule.keys in ("material", "treatment", "size", "lasting", "pair")) or closed_keys(rule.keys)
    assert [column.name for column in cost_columns()] == HEAD.split(",")


# --- a study's own file --------------------------------------------------------------------------------------------------
def test_a_file_in_english_and_one_in_chinese_say_the_same(table):
    english = read_costs(table(
        "transport,road,0.5,0.4,0.6,CNY/(t km),reported,contract 12,2015,",
        "disposal,slag.steel,30,,,CNY/t,measured,ledger,2013,paid to the yard",
        "heat_pipe,DN100,900,,,CNY/m,estimated,quotation,2020,",
        "treatment,grinding,28,,,CNY/t,assumed,board,2020,",
        "discount_rate,own,9,,,%/a,assumed,board,2020,",
    ))  # fmt: skip
    chinese = read_costs(table(
        "运输,公路,0.5,0.4,0.6,元/(t km),报表,contract 12,2015,",
        "处置,钢渣,30,,,元/吨,实测,ledger,2013年,paid to the yard",
        "热力管道,DN 100,900,,,元/m,推算,quotation,2020,",
        "处理,grinding,28,,,元/t,假设,board,2020,",
        "折现率,自有,9,,,%/a,假设,board,2020,",
        head="项目,对象,数值,下限,上限,单位,类型,来源,年份,备注", encoding="gb18030",
    ))  # fmt: skip
    assert [(c.item, c.key, c.figure.value, c.figure.year, c.figure.kind) for c in english] == [
        (c.item, c.key, c.figure.value, c.figure.year, c.figure.kind) for c in chinese
    ]
    assert all(cost.own for cost in english)
    assert english[0].figure.range_in("CNY/(t km)") == (0.4, 0.6)


def test_the_two_tables_of_the_page_are_read_and_say_the_same(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "costs-file.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in page.split("```csv\n")[1:]]
    read = []
    for number, block in enumerate(blocks):
        (tmp_path / f"{number}.csv").write_text(block, encoding="utf-8")
        read.append(
            [
                (c.item, c.key, c.figure.value, c.figure.low, c.figure.year)
                for c in read_costs(tmp_path / f"{number}.csv")
            ]
        )
    assert len(blocks) == 2
    assert len(read[0]) == 4
    assert read[0] == read[1]


def test_a_workbook_is_read_where_its_headings_stand(tmp_path):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    with xlsxwriter.Workbook(tmp_path / "costs.xlsx", XLSX_OPTIONS) as made:
        made.add_worksheet("remarks").write(0, 0, "nothing here")
        sheet = made.add_worksheet("费用")
        sheet.write_row(0, 0, ["Costs of the park"])
        sheet.write_row(2, 0, HEAD.split(","))
        sheet.write_row(3, 0, ["price", "cement.portland", 310, 290, 330, "CNY/t", "reported", "invoices", 2016, None])
    (cost,) = read_costs(tmp_path / "costs.xlsx")
    assert (cost.item, cost.key, cost.figure.value, cost.figure.year) == ("price", "cement.portland", 310, 2016)


def test_own_exchange_types_may_be_keys(table):
    base = replace(knowledge(), types={**knowledge().types, "our-own": next(iter(knowledge().types.values()))})
    path = table("treatment,our-own,12,,,CNY/t,assumed,board,2020,")
    assert read_costs(path, base)[0].key == "our-own"
    assert told(path) == {("costs.unknown_key", "B2")}


def test_a_header_alone_is_a_file_without_costs(table):
    assert read_costs(table()) == ()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("transprot,road,1,,,CNY/(t km),reported,x,2015,", {("costs.unknown_item", "A2")}),
        ("transport,raod,1,,,CNY/(t km),reported,x,2015,", {("costs.unknown_key", "B2")}),
        ("disposal,slag.stel,1,,,CNY/t,reported,x,2015,", {("costs.unknown_key", "B2")}),
        ("heat_pipe,DN111,1,,,CNY/m,reported,x,2015,", {("costs.unknown_key", "B2")}),
        ("transport,road,1,,,CNY/t,reported,x,2015,", {("costs.unit_misfit", "F2")}),
        ("transport,road,1,,,t km,reported,x,2015,", {("costs.no_currency", "F2")}),
        ("reach,road,50,,,CNY,reported,x,2015,", {("costs.unit_misfit", "F2")}),
        ("disposal,slag,1,,,CNY/furlong,reported,x,2015,", {("units.unknown", "F2")}),
        ("disposal,slag,-1,,,CNY/t,reported,x,2015,", {("costs.out_of_bounds", "C2")}),
        ("disposal,slag,1,-2,3,CNY/t,reported,x,2015,", {("costs.out_of_bounds", "D2")}),
        ("reach,road,0,,,km,reported,x,2015,", {("costs.out_of_bounds", "C2")}),
        ("life,heat-pipe,201,,,a,reported,x,2015,", {("costs.out_of_bounds", "C2")}),
        ("tax_rate,own,101,,,%,reported,x,2015,", {("costs.out_of_bounds", "C2")}),
        ("discount_rate,own,1.5,,,1/a,reported,x,2015,", {("costs.out_of_bounds", "C2")}),
        ("discount_rate,own,8%,,,%/a,reported,x,2015,", {("costs.percent_twice", "C2")}),
        ("disposal,slag,5,6,7,CNY/t,reported,x,2015,", {("costs.range", "C2")}),
        ("disposal,slag,5,4,,CNY/t,reported,x,2015,", {("costs.half_range", "E2")}),
        ("disposal,slag,5,,6,CNY/t,reported,x,2015,", {("costs.half_range", "D2")}),
        ("disposal,slag,5,dear,7,CNY/t,reported,x,2015,", {("numerals.not_a_number", "D2")}),
        ("disposal,slag,1e19,,,CNY/t,reported,x,2015,", {("costs.out_of_bounds", "C2")}),
        ("price,slag,-1e19,,,CNY/t,reported,x,2015,", {("costs.out_of_bounds", "C2")}),
        ("disposal,slag,NaN,,,CNY/t,reported,x,2015,", {("numerals.not_finite", "C2")}),
        ("disposal,slag,inf,,,CNY/t,reported,x,2015,", {("numerals.not_finite", "C2")}),
        ("disposal,slag,dear,,,CNY/t,reported,x,2015,", {("numerals.not_a_number", "C2")}),
        ("disposal,slag,1.234,,,CNY/t,reported,x,2015,", {("numerals.ambiguous", "C2")}),
        ("disposal,slag,5,,,CNY/t,reported,,2015,", {("costs.empty", "H2")}),
        ("disposal,slag,5,,,CNY/t,reported,x,,", {("costs.empty", "I2")}),
        ("disposal,slag,,,,CNY/t,reported,x,2015,", {("costs.empty", "C2")}),
        ("disposal,slag,5,,,CNY/t,reported,x,last year,", {("costs.bad_year", "I2")}),
        ("disposal,slag,5,,,CNY/t,reported,x,20155,", {("costs.bad_year", "I2")}),
        ("disposal,slag,5,,,CNY/t,published,x,2015,", {("costs.unknown_kind", "G2")}),
        (f"disposal,slag,5,,,CNY/t,reported,{'x' * 1001},2015,", {("costs.too_long", "H2")}),
        ("disposal,slag,5,,,CNY/t,reported,x\u202e,2015,", {("costs.control", "H2")}),
    ],
)
def test_one_fault_is_told_once_with_its_cell(table, row, expected):
    assert told(table(row)) == expected


def test_all_faults_of_all_rows_are_told_together(table):
    path = table(
        "rent,road,1,,,CNY/t,reported,x,2015,",
        "disposal,slag,-1,,,USD/t,guess,,2015,",
        "price,coal.raw,dear,,,t,measured,x,2,",
    )
    assert told(path) == {
        ("costs.unknown_item", "A2"), ("costs.out_of_bounds", "C3"), ("costs.empty", "H3"), ("costs.unknown_kind", "G3"),
        ("numerals.not_a_number", "C4"), ("costs.no_currency", "F4"), ("costs.bad_year", "I4"),
    }  # fmt: skip


def test_the_nearest_key_is_named_and_a_material_by_its_name(table):
    with pytest.raises(InputError) as error:
        read_costs(table("disposal,stel slag,5,,,CNY/t,reported,x,2015,"))
    assert "slag.steel" in error.value.text("en")
    assert "slag.steel" in error.value.text("zh")


@pytest.mark.parametrize(
    ("second", "doubled"),
    [
        ("disposal,slag.steel,9,,,USD/t,reported,x,2016,", True),  # another currency is no other dimension
        ("disposal,钢渣,9,,,元/kg,reported,x,2015,", True),
        ("disposal,slag.steel,9,,,CNY/m3,reported,x,2015,", False),
        ("disposal,slag.steel.bof,9,,,CNY/t,reported,x,2015,", False),
    ],
)
def test_the_same_thing_twice_is_refused(table, second, doubled):
    path = table("disposal,slag.steel,5,,,CNY/t,reported,x,2015,", second)
    if doubled:
        assert told(path) == {("costs.doubled", "B3")}
    else:
        assert len(read_costs(path)) == 2


def test_prices_may_stand_once_for_each_year(table):
    first = "price,coal.raw,500,,,CNY/t,reported,x,2015,"
    assert len(read_costs(table(first, "price,coal.raw,600,,,CNY/t,reported,x,2016,"))) == 2
    assert told(table(first, "price,coal.raw,600,,,CNY/t,reported,x,2015,")) == {("costs.doubled", "B3")}


def test_columns_that_lack_or_are_unknown_or_doubled_are_told(table):
    assert told(table("price,coal.raw,500,CNY/t,x", head="item,key,value,unit,surce")) == {
        ("costs.no_column", "A1"), ("costs.unknown_column", "E1"),
    }  # fmt: skip
    row = "price,coal.raw,500,,,CNY/t,reported,x,2015,,7"
    assert told(table(row, head=HEAD + ",value")) == {("costs.unknown_column", "K1")}


def test_files_that_are_no_table_of_costs_are_refused(table, tmp_path):
    assert told(table("1,2", head="from,to")) == {("costs.no_table", "")}
    with pytest.raises(FileError):
        read_costs(tmp_path / "nothing.csv")


def test_a_wall_of_junk_is_told_in_bounded_time(table):
    rows = [f"disposal,junk{n},1,,,CNY/t,reported,x,2015," for n in range(MOST_ROWS + 1)]
    codes = {code for code, _ in told(table(*rows))}
    assert codes == {"costs.too_many", "costs.unknown_key"}


CELLS = st.one_of(
    st.sampled_from(
        ["", "-", "1e999", "9" * 80, "=1+1", "#REF!", "0", "1,5", "CNY/t", "元", "DN", "slag", "price", "2015", "%"]
    ),
    st.text(st.characters(blacklist_characters='"\r\n,;\t\0', blacklist_categories=["Cs"]), max_size=12),
)


@given(st.lists(st.lists(CELLS, min_size=10, max_size=10), min_size=1, max_size=5))
def test_whatever_the_cells_hold_it_is_read_or_told(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("fuzz") / "costs.csv"
    path.write_text("\n".join([HEAD, *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")
    try:
        found = read_costs(path)
    except InputError as refused:
        words = [problem.text(lang) for problem in refused.problems for lang in ("en", "zh")]
    else:
        words = [cost.figure.source for cost in found]
    assert all(words)


# --- finding -------------------------------------------------------------------------------------------------------------
def test_the_first_known_key_is_taken_and_none_is_no_guess():
    made = book(Cost("treatment", "grinding", figure(20)), Cost("treatment", "slag.steel", figure(30)))
    assert find(made, "treatment", "steel-slag-cement", "grinding", "slag.steel", per="CNY/t").value == 20
    assert find(made, "treatment", "slag.steel", "grinding", per="CNY/t").value == 30
    assert find(made, "treatment", "drying", per="CNY/t") is None
    assert find(made, "disposal", "slag.steel", per="CNY/t") is None
    assert find(made, "treatment", per="CNY/t") is None


def test_a_studys_own_goes_before_what_ships_whatever_its_key():
    made = book(
        Cost("treatment", "steel-slag-cement", figure(20)), Cost("treatment", "slag", figure(30), own=True),
    )  # fmt: skip
    assert find(made, "treatment", "steel-slag-cement", "slag.steel", per="CNY/t").value == 30
    assert find(made, "treatment", "steel-slag-cement", per="CNY/t").value == 20


def test_the_nearest_material_above_is_taken_and_said():
    made = book(Cost("disposal", "slag", figure(10)), Cost("disposal", "slag.steel", figure(30, note="yard")))
    found = find(made, "disposal", "slag.steel.bof", per="CNY/t")
    assert (found.value, found.note) == (30, "yard; of slag.steel, taken for slag.steel.bof")
    assert find(made, "disposal", "slag.bf", per="CNY/t").note == "of slag, taken for slag.bf"
    assert find(made, "disposal", "slag.steel", per="CNY/t").note == "yard"
    assert find(made, "disposal", "ash", per="CNY/t") is None


def test_a_price_of_a_product_is_none_of_the_waste_below_it():
    made = book(Cost("price", "chemical.acid.sulphuric", figure(400)), Cost("price", "coal", figure(500)))
    assert find(made, "price", "chemical.acid.sulphuric.spent", per="CNY/t") is None
    assert find(made, "price", "coal.gangue", per="CNY/t") is None
    assert find(made, "price", "coal.raw", per="CNY/t").value == 500
    tax = book(Cost("waste_tax", "chemical.acid.sulphuric", figure(400)))
    assert find(tax, "waste_tax", "chemical.acid.sulphuric.spent", per="CNY/t").value == 400


@given(st.sampled_from([m.code for m in materials()]), st.data())
def test_whoever_takes_a_figure_stands_below_it(code, data):
    given_for = data.draw(st.sampled_from([m.code for m in materials()]))
    found = find(book(Cost("disposal", given_for, figure(1))), "disposal", code, per="CNY/t")
    assert (found is not None) == (given_for in (code, *ancestors(code)))


def test_figures_of_another_dimension_are_no_answer():
    made = book(Cost("price", "gas.lng", figure(4000)), Cost("price", "gas.lng", figure(80, "CNY/GJ")))
    assert find(made, "price", "gas.lng", per="CNY/GJ").value == 80
    assert find(made, "price", "gas.lng", per="CNY/t").value == 4000
    assert find(made, "price", "gas.lng", per="CNY/Nm3") is None


def test_of_several_years_the_nearest_is_taken_of_two_the_later():
    made = [Cost("price", "coal.raw", figure(v, year=y)) for v, y in ((100, 2010), (200, 2015), (300, 2016))]
    assert find(book(*made, year=2010), "price", "coal.raw", per="CNY/t").value == 100
    assert find(book(*made, year=2016), "price", "coal.raw", per="CNY/t").value == 300
    tied = [Cost("price", "coal.raw", figure(v, year=y)) for v, y in ((100, 2010), (200, 2016))]
    index = PriceIndex({2010: 1.0, 2013: 1.0, 2016: 1.0}, "flat")
    assert find(CostBook(tuple(tied), "CNY", 2013, index), "price", "coal.raw", per="CNY/t").value == 200


def test_everything_told_of_an_item_a_studys_own_first():
    made = book(
        Cost("heat_pipe", "DN50", figure(900, "CNY/m")), Cost("heat_pipe", "DN100", figure(1200, "CNY/m")),
        Cost("heat_pipe", "DN50", figure(500, "CNY/m"), own=True),
    )  # fmt: skip
    assert {key: f.value for key, f in known(made, "heat_pipe", "CNY/km").items()} == {"DN50": 5e5, "DN100": 1.2e6}


# --- converting ----------------------------------------------------------------------------------------------------------
def test_the_year_by_hand():
    made = book(Cost("disposal", "slag", figure(90, year=2015, low=80.0, high=100.0)), year=2016)
    found = find(made, "disposal", "slag", per="CNY/t")
    assert found.value == pytest.approx(90 * 121 / 99)
    assert (found.low, found.high) == pytest.approx((80 * 121 / 99, 100 * 121 / 99))
    assert found.year == 2016
    assert "2015 → 2016: test index" in found.note


def test_currency_year_and_unit_by_hand():
    rate = Figure(7.0, "CNY/EUR", "reported", "bank", year=2015)
    made = book(Cost("heat_pipe", "DN100", figure(500, "EUR/m", 2015)), year=2016, rates=(rate,))
    found = find(made, "heat_pipe", "DN100", per="CNY/km")
    assert found.value == pytest.approx(500 * 7 * 121 / 99 * 1000)
    assert found.unit == "CNY/km"
    assert "7 CNY/EUR (bank)" in found.note
    assert "2015 → 2016" in found.note
    assert found.source == "test"


def test_two_foreign_currencies_go_through_the_yuan():
    rates = (
        Figure(7.0, "CNY/EUR", "reported", "bank", year=2012),
        Figure(0.16, "USD/CNY", "reported", "bank", year=2012),
    )
    made = book(Cost("carbon_price", "eu_ets", figure(50, "EUR/tCO2")), currency="USD", rates=rates)
    found = find(made, "carbon_price", "eu_ets", per="USD/tCO2")
    assert found.value == pytest.approx(50 * 7 * 0.16)


def test_a_rate_of_another_year_is_not_taken():
    rate = Figure(7.0, "CNY/EUR", "reported", "bank", year=2015)
    made = book(Cost("disposal", "slag", figure(9, "EUR/t")), rates=(rate,))
    with pytest.raises(InputError) as error:
        find(made, "disposal", "slag", per="CNY/t")
    assert [p.code for p in error.value.problems] == ["costs.no_conversion", "costs.no_rate"]
    assert "EUR" in error.value.text("en")
    assert "2012" in error.value.text("zh")


def test_a_year_that_the_index_lacks_is_a_problem_that_names_it():
    made = book(Cost("disposal", "slag", figure(9, year=2003)))
    with pytest.raises(InputError) as error:
        find(made, "disposal", "slag.steel", per="CNY/t")
    assert [p.code for p in error.value.problems] == ["costs.no_conversion", "appraise.index_years"]
    assert "disposal slag" in error.value.text("en")
    assert "2003" in error.value.text("en")


def test_what_is_no_money_is_not_moved_in_time():
    made = book(Cost("life", "heat-pipe", figure(30, "a", 1995)), Cost("discount_rate", "own", figure(8, "%/a", 2003)))
    assert find(made, "life", "heat-pipe", per="a").year == 1995
    assert find(made, "discount_rate", "own", per="1/a").value == pytest.approx(0.08)


def test_zero_keeps_its_range():
    made = book(Cost("disposal", "slag", figure(0, "CNY/kg", low=0.0, high=0.01)))
    found = find(made, "disposal", "slag", per="CNY/t")
    assert (found.value, found.low, found.high) == (0, 0, pytest.approx(10))


@given(st.floats(0.01, 1e6), st.sampled_from([2010, 2012, 2015, 2016]), st.sampled_from([2010, 2012, 2015, 2016]))
def test_there_and_back_is_the_same(value, there, back):
    once = find(book(Cost("disposal", "slag", figure(value, year=back)), year=there), "disposal", "slag", per="CNY/t")
    again = find(book(Cost("disposal", "slag", once), year=back), "disposal", "slag", per="CNY/t")
    assert again.value == pytest.approx(value)


def test_what_is_asked_wrongly_is_told():
    with pytest.raises(InputError, match=r"CNY/t"):
        find(book(currency="EUR"), "disposal", "slag", per="CNY/t")
    with pytest.raises(InputError, match="rent"):
        find(book(), "rent", "slag", per="CNY/t")
    with pytest.raises(InputError, match="index"):
        cost_book(2012, currency="EUR")
    with pytest.raises(InputError):
        CostBook((), "XYZ", 2012, INDEX)
    with pytest.raises(InputError):
        CostBook((), "CNY", 12, INDEX)


def test_a_book_in_euros_with_its_own_index():
    index = PriceIndex(dict.fromkeys(range(2004, 2026), 100.0), "flat")
    found = find(cost_book(2016, currency="EUR", index=index), "heat_pipe", "DN100", per="EUR/m")
    assert found.value == 670


def test_known_cases_of_what_ships():
    made = cost_book(2012)
    assert find(made, "transport", "rail", per="CNY/(t km)").value == pytest.approx(0.1151)
    assert find(made, "waste_tax", "slag.steel.bof", per="CNY/t").note.count("of slag, taken for slag.steel.bof") == 1
    assert find(cost_book(2018), "waste_tax", "tailings.iron", per="CNY/t").value == pytest.approx(15)
    assert find(cost_book(2022), "carbon_price", "china_ets", per="CNY/tCO2").value == pytest.approx(55.3)
    assert find(made, "disposal", "slag.steel", per="CNY/t") is None, "no source, no default"
    assert find(made, "discount_rate", "own", "social_china", per="1/a").value == pytest.approx(0.08)


def test_pipes_cost_and_lose_more_the_wider_they_are():
    costs = [f.value for f in known(cost_book(2016), "heat_pipe", "CNY/m").values()]
    assert costs == sorted(costs)
    losses = [f.value for f in known(cost_book(2016), "heat_pipe_loss", "W/m").values()]
    assert losses[0] == min(losses)
    assert 10 < losses[0] < losses[-1] < 80


def test_carbon_means_are_turnover_over_volume():
    turnover = {2021: 7661.23 / 178.78935, 2022: 2814.004694 / 50.889493, 2023: 14444 / 212, 2024: 18114 / 189}
    ours = {c.figure.year: c.figure.value for c in shipped_costs() if c.key == "china_ets"}
    assert all(ours[year] == pytest.approx(value, abs=0.06) for year, value in turnover.items())


def test_units_of_rules_do_not_overlap():
    for rule in rules().values():
        for i, one in enumerate(rule.units):
            assert not any(same_dimension(one, other) for other in rule.units[i + 1 :])


def test_no_shipped_price_is_of_a_heading_that_would_spill_over():
    assert not [c.key for c in shipped_costs() if c.item == "price" and material(c.key).group]
