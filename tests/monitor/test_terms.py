"""Agreed terms: read with every fault at its cell, what holds on a day, and whether what flows keeps to them."""

import datetime

import pytest

from follow_ups import write
from lichen.errors import FileError
from lichen.monitor import Agreed, latest_terms, read_follow_up, read_terms, terms_on
from lichen.monitor.terms import bounds_kept, duration_text, price_text, quantity_text
from lichen.periods import parse_period

HEAD = (
    "exchange,start,end,price,price unit,price_low,price_high,adjustment,index,quantity,quantity unit,low,high,source"
)
ROW = "slag,2024,2026-06,20,元/吨,15,25,随其他指数,cement price index,8,万吨/年,6,9,contract 7"
ACTUAL = "exchange,year,quantity,quantity unit,kind,source"
D = datetime.date


def read(folder, *rows, actual=()):
    write(folder, "terms.csv", "\n".join([HEAD, *rows]) + "\n")
    if actual:
        write(folder, "actual.csv", "\n".join([ACTUAL, *actual]) + "\n")
    return read_follow_up(folder)


def test_terms_are_read_in_the_units_and_words_of_the_file(tmp_path):
    (one,) = read(tmp_path, ROW).terms
    assert (one.price, one.price_unit, one.price_low, one.price_high, one.price_year) == (20, "元/吨", 15, 25, 2024)
    assert (one.adjustment, one.quantity, one.unit, one.low, one.high) == ("other index", 8, "万吨/年", 6, 9)
    assert one.holds(D(2024, 1, 1), D(2026, 6, 30))
    assert not one.holds(D(2024, 1, 1), D(2026, 7, 1))
    assert not one.holds(D(2023, 12, 31), D(2024, 1, 1))


def test_terms_in_words_have_the_units_of_the_language(tmp_path):
    (one,) = read(tmp_path, ROW).terms
    assert price_text(one).en == "20 CNY/t (15 – 25) at prices of 2024; other index; cement price index"
    assert price_text(one).zh == "20 元/吨 (15 – 25)（2024 年价格）；随其他指数；cement price index"
    assert (quantity_text(one).en, quantity_text(one).zh) == ("8 ×10⁴ t/a (6 – 9)", "8 万吨/年 (6 – 9)")
    assert duration_text(one).en == "from 2024 to 2026-06"
    bare = Agreed("a", parse_period("2024"), "s", quantity=5, unit="t/a")
    assert price_text(bare) is None
    assert duration_text(bare).zh == "自 2024 起，未约定截止"


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("slag,2024,,,,,,,,,,,,c", [("follow.no_terms", "D2")]),
        ("slag,2024,2023,20,CNY/t,,,,,,,,,c", [("follow.terms_order", "C2")]),
        ("slag,2024,,20,CNY/t,21,,,,,,,,c", [("follow.terms_bounds", "F2")]),
        ("slag,2024,,20,CNY/t,,19,,,,,,,c", [("follow.terms_bounds", "G2")]),
        ("slag,2024,,,,,,,,5,t/a,6,,c", [("follow.terms_bounds", "L2")]),
        ("slag,2024,,,,,,,,,,6,5,c", [("follow.no_unit_of_bounds", "K2"), ("follow.terms_bounds", "L2")]),
        ("slag,2024,,20,,,,,,,,,,c", [("inventory.no_unit", "E2")]),
        ("slag,2024,,20,t/a,,,,,,,,,c", [("inventory.unit_misfit", "E2")]),
        ("slag,2024,,20,CNY/t,,,sometimes,,,,,,c", [("inventory.not_one_of", "H2")]),
        ("slag,soon,,20,CNY/t,,,,,,,,,c", [("inventory.period", "B2")]),
        ("slag,2024,,20,CNY/t,,,,,,,,,", [("inventory.empty", "N2")]),
    ],
)
def test_what_cannot_be_is_told_at_its_cell(tmp_path, row, wanted):
    with pytest.raises(FileError) as error:
        read(tmp_path, row)
    assert [(p.code, p.where.cell) for p in error.value.problems if p.severity == "error"] == wanted


@pytest.mark.parametrize(("start", "fine"), [("2026-07", True), ("2026-06-30", False), ("2023", True), ("2025", False)])
def test_terms_of_one_exchange_do_not_overlap(tmp_path, start, fine):
    end = "2023" if start == "2023" else ""
    other = f"slag,{start},{end},30,CNY/t,,,,,,,,,contract 8"
    if fine:
        assert latest_terms(read(tmp_path, ROW, other).terms)["slag"].price == (20 if start == "2023" else 30)
    else:
        with pytest.raises(FileError) as error:
            read(tmp_path, ROW, other)
        assert [(p.code, p.where.cell) for p in error.value.problems] == [("follow.terms_overlap", "B3")]
    assert len(read(tmp_path, ROW, other.replace("slag", "ash")).terms) == 2  # another exchange may


@pytest.mark.parametrize(
    ("date", "force", "left"), [(D(2023, 12, 31), "to come", None), (D(2024, 1, 1), "in force", 911),
                                (D(2026, 6, 30), "in force", 0), (D(2026, 7, 1), "ended", None)],
)  # fmt: skip
def test_terms_stand_otherwise_on_other_days(tmp_path, date, force, left):
    (held,) = terms_on(read(tmp_path, ROW).terms, (), date)
    assert (held.force, held.days_left) == (force, left)


def test_years_are_held_against_the_bounds_where_the_terms_hold_all_year(tmp_path):
    told = [f"slag,{year},{value},reported,s" for year, value in
            ((2023, "1,t/a"), (2024, "50000,t/a"), (2025, "95,kt/a"), (2026, "1,t/a"))]  # fmt: skip
    found = read(tmp_path, ROW, actual=told)
    (held,) = terms_on(found.terms, found.actual, D(2027, 1, 1))
    assert [(y.year, y.keeping) for y in held.years] == [(2024, "below"), (2025, "above")]
    assert held.years[0].quantity == pytest.approx(5)  # 万吨/年
    (early,) = terms_on(found.terms, found.actual, D(2024, 12, 31))
    assert [y.year for y in early.years] == [2024]
    heat = read(tmp_path, ROW, actual=["slag,2024,5,GJ/a,reported,s"])
    assert terms_on(heat.terms, heat.actual, D(2027, 1, 1))[0].years[0].keeping == "unlike units"


def test_bounds_are_kept_as_far_as_they_are_told():
    assert bounds_kept(None, None, None)
    assert bounds_kept(1, None, 1)
    assert not bounds_kept(2, None, 1)
    assert bounds_kept(None, 0, 0)


# --- the names that they have in design and appraisal ---------------------------------------------------------------
def test_parties_are_read_as_users_save_them(tmp_path):
    write(tmp_path, "terms.csv", f"{HEAD}\n{ROW}\n")
    (tmp_path / "follow-up" / "parties.csv").write_bytes(
        "origin;exchange;title\nsteel>slag>cement;slag;矿渣\n".encode("gbk")
    )
    assert list(read_terms(tmp_path)) == ["steel>slag>cement"]


@pytest.mark.parametrize(
    ("parties", "code", "place"),
    [
        (b"exchange,title\nslag,Slag\n", "follow.table_columns", "follow-up/parties.csv, cell A1"),
        (b'exchange,origin\n"slag,x\n', "sheets.bad_csv", "follow-up/parties.csv"),
        (b"exchange,origin\nslag,\xff\xff\n", "sheets.not_text", "follow-up/parties.csv"),
    ],
)
def test_parties_that_cannot_be_read_are_told(tmp_path, parties, code, place):
    write(tmp_path, "terms.csv", f"{HEAD}\n{ROW}\n")
    (tmp_path / "follow-up" / "parties.csv").write_bytes(parties)
    with pytest.raises(FileError) as caught:
        read_terms(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.code, str(problem.where)) == (code, place)
