import datetime
import time
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lichen.errors import Problem, UnitError, Where, language
from lichen.numerals import LONGEST, decimal_of, parse_number, read_number, shown, shown_apart

READ = {
    "0": 0.0, "42": 42.0, "-7": -7.0, "+5": 5.0, "1,234.5": 1234.5, "1.234,5": 1234.5, "1.234.567": 1234567.0,
    "1,234,567": 1234567.0, "1 234,5": 1234.5, "1'234.567": 1234.567, "1\u2009234": 1234.0, "1\u202f234.5": 1234.5,
    "12.5": 12.5, "0.123": 0.123, "0,123": 0.123, "1234.567": 1234.567, ".5": 0.5, "5.": 5.0, "1.2345": 1.2345,
    "１２３": 123.0, "１，２３４．５": 1234.5, "－３": -3.0, "\u22123": -3.0, "３．５％": 0.035, "12.5%": 0.125,
    "12 %": 0.12, "3.5万": 35000.0, "1.2亿": 1.2e8, "2万亿": 2e12, "0.1萬": 1000.0, "1e5": 1e5, "1.234E-3": 1.234e-3,
    "-1.5e+3": -1500.0, " 8 ": 8.0, "1,234.567,": None,
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), [(t, v) for t, v in READ.items() if v is not None])
def test_reads(text, value):
    assert read_number(text) == value


REFUSED = {
    "": "empty", "  ": "empty", "\u3000": "empty", "-": "no_value", "–": "no_value", "—": "no_value", "n/a": "no_value",
    "N/A": "no_value", "…": "no_value", "22.347": "ambiguous", "1,234": "ambiguous", "-1.234": "ambiguous",
    "1.234%": "ambiguous", "1.234万": "ambiguous", "12,34,567": "grouping", "1,23,456.7": "grouping",
    "1 23": "grouping", "1.234 567": "grouping", "1,234.567,8": "grouping", "0,123,456": "grouping",
    "1.2.3": "grouping", "1 234'567": "grouping", "nan": "not_finite", "NaN": "not_finite", "inf": "not_finite",
    "-Infinity": "not_finite", "1e400": "not_finite", "9e999999": "not_finite", "#DIV/0!": "error_cell",
    "#N/A": "error_cell", "2007-01-02": "date", "2007年1月2日": "date", "abc": "not_a_number", "1_000": "not_a_number",
    "10²": "not_a_number", "①": "not_a_number", "½": "not_a_number", "٣": "not_a_number", "1,234.567,": "grouping",
    "0x10": "not_a_number", "12 万吨": "not_a_number", "--5": "not_a_number", "5-": "not_a_number",
    "(5)": "not_a_number", "=1+1": "not_a_number", "1e5e5": "not_a_number", "1" * (LONGEST + 1): "too_long",
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), REFUSED.items())
def test_refuses(text, code):
    found = parse_number(text)
    assert isinstance(found, Problem)
    assert found.code == f"numerals.{code}"
    for lang in ("en", "zh"):
        assert found.text(lang)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "empty"), (True, "truth"), (datetime.date(2007, 1, 2), "date"), (datetime.datetime(2007, 1, 2), "date"),
        (datetime.time(1), "date"), (datetime.timedelta(1), "date"), (float("nan"), "not_finite"),
        (float("inf"), "not_finite"), (10**400, "not_finite"), ([1], "not_a_number"), (1j, "not_a_number"),
    ],
)  # fmt: skip
def test_native_values_that_are_no_numbers(value, code):
    assert parse_number(value).code == f"numerals.{code}"


@pytest.mark.parametrize("value", [3, 3.5, np.float64(2.5), np.int64(4)])
def test_native_numbers(value):
    assert read_number(value) == float(value)


def test_a_stated_decimal_sign_settles_what_is_ambiguous():
    # GIZ wrote "22.347" for twenty-two thousand
    assert read_number("22.347", decimal=",") == 22347
    assert read_number("22.347", decimal=".") == 22.347
    assert read_number("1,234", decimal=".") == 1234
    assert read_number("1,234万", decimal=",") == 12340


@pytest.mark.parametrize(("text", "decimal"), [("12,5", "."), ("12.5", ","), ("1.234,5", "."), ("1,234,567", ",")])
def test_a_number_that_contradicts_the_stated_sign_is_refused(text, decimal):
    assert parse_number(text, decimal).code == "numerals.contradicts"


def test_error_names_the_place():
    with pytest.raises(UnitError) as caught, language("en"):
        read_number("1.234", where=Where("a.xlsx", "S", "B2"))
    assert str(caught.value).startswith("a.xlsx, sheet S, cell B2: “1.234” can be read in two ways")


@pytest.mark.parametrize(
    ("cells", "sign"),
    [
        (["a", 1.5, None, "1.234", "1,234"], None), (["1.234", "12.5"], "."), (["0,123"], ","), (["1,234.5"], "."),
        (["1.234.567"], ","), (["1 234,567"], ","), (["1.234e5"], "."), (["1'234.567"], "."), ([], None),
        (["１２．５"], "."), (["x" * 10**6 + ".5"], None), (["3.5万"], "."), (["1.2.3"], None),
    ],
)  # fmt: skip
def test_decimal_of(cells, sign):
    assert decimal_of(cells) == sign


@given(st.text(alphabet="0123456789.+-", max_size=12))
def test_what_is_a_number_without_a_decimal_sign_known_is_the_same_with_it(text):
    plain, pointed = parse_number(text), parse_number(text, ".")
    if isinstance(plain, float):
        assert pointed == plain or pointed.code == "numerals.contradicts"


@given(st.lists(st.text(alphabet="0123456789.,．，' ", max_size=10), max_size=6))
def test_decimal_of_many_is_what_each_alone_says(cells):
    signs = {sign for cell in cells if (sign := decimal_of([cell]))}
    found = decimal_of(cells)
    if len(signs) == 2:
        assert found.code == "numerals.contradiction"
        assert (decimal_of([found.values["point"]]), decimal_of([found.values["comma"]])) == (".", ",")
    else:
        assert found == next(iter(signs), None)


def test_decimal_of_tells_a_contradiction():
    found = decimal_of(["1.234", "12.5", "7", "3,14"])
    assert found.code == "numerals.contradiction"
    assert found.values == {"point": "12.5", "comma": "3,14"}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_is_read_back(number):
    assert read_number(repr(number), decimal=".") == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_both_conventions_with_thousands_are_read_exactly(number):
    english = f"{number:,}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert read_number(english) == read_number(german) == float(Decimal(number))


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_a_problem(text):
    found = parse_number(text)
    assert isinstance(found, float | Problem)
    decimal_of([text])


@given(st.text(alphabet="0123456789.,' -+eE%万", max_size=40), st.sampled_from([None, ".", ","]))
def test_number_like_text_never_fails_otherwise(text, decimal):
    assert isinstance(parse_number(text, decimal), float | Problem)


@pytest.mark.parametrize(
    "text", ["1" * 100_000, "1," * 50_000, " " * 100_000, "." * 100_000, "１" * 100_000, "-" * 100_000]
)
def test_hostile_length_is_refused_early(text):
    start = time.process_time()
    for _ in range(100):
        assert parse_number(text).code == "numerals.too_long"
        decimal_of([text])
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.0, "0"), (1, "1"), (2.5, "2.5"), (0.1, "0.1"), (12.34, "12.3"), (999.6, "1 000"), (1234, "1 230"),
     (29_412.3, "29 400"), (2_940_000, "2 940 000"), (-29_412, "-29 400"), (0.000_12, "0.00012"), (1e-5, "1e-05"),
     (999_999_999_999, "1 000 000 000 000"), (1e15, "1e+15"), (float("inf"), "inf"), (float("nan"), "nan")],
)  # fmt: skip
def test_numbers_are_shown_as_a_reader_writes_them(value, text):
    assert shown(value) == text


def test_more_digits_where_three_do_not_do():
    assert shown(1234.5, 6) == "1 234.5"
    assert shown_apart(1234, 1231) == ["1 234", "1 231"]
    assert shown_apart(1234, 1234) == ["1 230", "1 230"]
    assert shown_apart(1.0, 1.0 + 2**-52) == ["1", "1"]  # as far as digits go


@given(st.floats(-1e14, 1e14).filter(lambda x: x == 0 or abs(x) > 1e-3), st.integers(1, 12))
def test_what_is_shown_reads_back_to_its_digits(value, digits):
    found = parse_number(shown(value, digits), ".")
    assert found == pytest.approx(value, rel=0.5 * 10 ** (1 - digits), abs=0)
    assert found == float(f"{value:.{digits}g}")
